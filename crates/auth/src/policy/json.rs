//! JSON as policies need it: no member twice, and numbers by their text.
//!
//! Values are cut out of the document unread and opened one level at a time. What a policy may
//! contain is at most five levels deep, so nothing recurses.

use std::{borrow::Cow, collections::HashSet, fmt};

use serde::{
    Deserialize, Deserializer,
    de::{Error as _, MapAccess, Visitor},
};
use serde_json::value::RawValue;

/// A value of the document that was not looked into yet.
#[derive(Clone, Copy)]
pub(super) struct Value<'a>(&'a RawValue);

/// A value of another kind than its place in a policy asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct WrongKind;

impl<'a> Value<'a> {
    /// Reads a whole document.
    pub(super) fn parse(text: &'a str) -> Result<Self, WrongKind> {
        read(text).map(Self)
    }

    /// The value as it stands in the document.
    pub(super) fn raw(self) -> &'a str {
        self.0.get()
    }

    /// The members of an object, in order, each name once.
    pub(super) fn members(self) -> Result<Vec<(Cow<'a, str>, Value<'a>)>, WrongKind> {
        read::<Members<'_>>(self.0.get()).map(|members| members.0)
    }

    /// The elements of a list.
    pub(super) fn elements(self) -> Result<Vec<Value<'a>>, WrongKind> {
        let elements: Vec<&RawValue> = read(self.0.get())?;
        Ok(elements.into_iter().map(Value).collect())
    }

    /// A list's elements, or the value itself where it is none: both mean the same.
    pub(super) fn one_or_more(self) -> Result<Vec<Value<'a>>, WrongKind> {
        if self.is_list() {
            self.elements()
        } else {
            Ok(vec![self])
        }
    }

    /// Whether the value is a list.
    pub(super) fn is_list(self) -> bool {
        self.0.get().starts_with('[')
    }

    /// A string.
    pub(super) fn string(self) -> Result<String, WrongKind> {
        read(self.0.get())
    }

    /// A string, or the text of a number or boolean.
    pub(super) fn scalar(self) -> Result<String, WrongKind> {
        let text = self.0.get();
        match text.bytes().next() {
            Some(b'"') => self.string(),
            Some(b'{' | b'[' | b'n') | None => Err(WrongKind),
            Some(_) => Ok(text.to_owned()),
        }
    }
}

fn read<'a, T: Deserialize<'a>>(text: &'a str) -> Result<T, WrongKind> {
    serde_json::from_str(text).map_err(|_| WrongKind)
}

struct Members<'a>(Vec<(Cow<'a, str>, Value<'a>)>);

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(MembersVisitor)
    }
}

struct MembersVisitor;

impl<'de> Visitor<'de> for MembersVisitor {
    type Value = Members<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut names = HashSet::new();
        let mut members = Vec::new();
        while let Some((name, value)) = map.next_entry::<String, &RawValue>()? {
            if !names.insert(name.clone()) {
                return Err(A::Error::custom("a member comes twice"));
            }
            members.push((Cow::Owned(name), Value(value)));
        }
        Ok(Members(members))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_member_may_come_twice_however_it_is_spelled() {
        let names = |text| {
            let members = Value::parse(text)?.members()?;
            Ok(members
                .into_iter()
                .map(|(name, _)| name.into_owned())
                .collect::<Vec<_>>())
        };
        assert_eq!(names(r#"{"a":1,"A":2}"#), Ok(vec!["a".into(), "A".into()]));
        assert_eq!(names(r#"{"a":1,"a":1}"#), Err(WrongKind));
        assert_eq!(names(r#"{"a":1,"\u0061":1}"#), Err(WrongKind));
        assert_eq!(names("[]"), Err(WrongKind));
        assert_eq!(names("{} {}"), Err(WrongKind));
    }

    #[test]
    fn scalars_are_their_text() {
        let check = |text: &str, expected: Result<&str, WrongKind>| {
            let scalar = Value::parse(text).and_then(Value::scalar);
            assert_eq!(scalar.as_deref().map_err(|e| *e), expected, "{text}");
        };
        check(r#" "a\u0062" "#, Ok("ab"));
        check("1.50", Ok("1.50"));
        check("-1e2", Ok("-1e2"));
        check("true", Ok("true"));
        check("null", Err(WrongKind));
        check("{}", Err(WrongKind));
        check("[1]", Err(WrongKind));
        check("01", Err(WrongKind));
        check("", Err(WrongKind));
    }
}
