//! Policy variables: `${aws:username}` in a value is the name of whoever asks.
//!
//! What is put in stands for itself: a star in a name is a star and never a wildcard. Variables
//! exist in version 2012-10-17 only, and a text that only resembles one is a text.
//!
//! AWS: IAM user guide, "IAM policy elements: Variables and tags".

use std::borrow::Cow;

use super::{document::Version, pattern::Atom};
use crate::condition_key::{ConditionKey, Facts, Values};

/// A text of a policy with its variables.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Template(Vec<Part>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    /// Text as the policy has it; stars may be wildcards.
    Text(Box<str>),
    /// A character that is no wildcard: `${*}`, `${?}`, `${$}`.
    Character(char),
    /// The value of a condition key.
    Variable {
        key: ConditionKey,
        default: Option<Box<str>>,
    },
}

impl Template {
    pub(super) fn parse(text: &str, version: Version) -> Self {
        let mut parts = Vec::new();
        let mut left = text;
        while version == Version::V2012
            && let Some((before, part, after)) = next_variable(left)
        {
            if !before.is_empty() {
                parts.push(Part::Text(before.into()));
            }
            parts.push(part);
            left = after;
        }
        if !left.is_empty() {
            parts.push(Part::Text(left.into()));
        }
        Self(parts)
    }

    /// Whether the text depends on the request.
    pub(super) fn has_variables(&self) -> bool {
        let variable = |part: &Part| matches!(part, Part::Variable { .. });
        self.0.iter().any(variable)
    }

    /// The text where no character is a wildcard, or nothing where a variable has no value.
    pub(super) fn text(&self, facts: &dyn Facts) -> Option<String> {
        let mut text = String::new();
        for part in &self.0 {
            match part {
                Part::Text(own) => text.push_str(own),
                Part::Character(c) => text.push(*c),
                Part::Variable { key, default } => {
                    text.push_str(&value(facts, key, default.as_deref())?);
                }
            }
        }
        Some(text)
    }

    /// The text as parts of a pattern, or nothing where a variable has no value.
    pub(super) fn atoms(&self, facts: &dyn Facts) -> Option<Vec<Atom>> {
        let mut atoms = Vec::new();
        for part in &self.0 {
            match part {
                Part::Text(text) => atoms.extend(text.chars().map(Atom::from)),
                Part::Character(c) => atoms.push(Atom::Char(*c)),
                Part::Variable { key, default } => {
                    let value = value(facts, key, default.as_deref())?;
                    atoms.extend(value.chars().map(Atom::Char));
                }
            }
        }
        Some(atoms)
    }
}

/// The value of a key that has one, or the default.
fn value<'f>(
    facts: &'f dyn Facts,
    key: &ConditionKey,
    default: Option<&'f str>,
) -> Option<Cow<'f, str>> {
    match facts.values(key) {
        Values::One(value) => Some(value),
        Values::Many(mut values) if values.len() == 1 => values.pop(),
        Values::Absent | Values::Many(_) => default.map(Cow::Borrowed),
    }
}

/// The first variable, with what stands before it and after it.
fn next_variable(text: &str) -> Option<(&str, Part, &str)> {
    let mut searched = 0;
    loop {
        let start = searched + text.get(searched..)?.find("${")?;
        let inside = text.get(start + 2..)?;
        let (name, after) = inside.split_once('}')?;
        if let Some(part) = variable(name) {
            return Some((text.get(..start)?, part, after));
        }
        searched = start + 2;
    }
}

/// What stands between the braces.
fn variable(text: &str) -> Option<Part> {
    match text {
        "*" => return Some(Part::Character('*')),
        "?" => return Some(Part::Character('?')),
        "$" => return Some(Part::Character('$')),
        _ => {}
    }
    let (name, default) = match text.split_once(',') {
        None => (text, None),
        Some((name, rest)) => {
            let default = rest.trim_start().strip_prefix('\'')?.strip_suffix('\'')?;
            (name, Some(default.into()))
        }
    };
    let plausible = name.contains(':') && !name.contains(['$', '{', '*', '?']);
    plausible.then(|| Part::Variable {
        key: ConditionKey::parse(name.trim()),
        default,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Alice, who has two aliases and no tags.
    struct Alice;

    impl Facts for Alice {
        fn values<'f>(&'f self, key: &ConditionKey) -> Values<'f> {
            match key {
                ConditionKey::Username => Values::One("al*ice".into()),
                ConditionKey::ResourceAliases => {
                    Values::Many(vec!["alias/a".into(), "alias/b".into()])
                }
                _ => Values::Absent,
            }
        }
    }

    #[test]
    fn variables_are_filled_in_and_texts_like_them_are_not() {
        let check = |text: &str, expected: Option<&str>| {
            let template = Template::parse(text, Version::V2012);
            assert_eq!(template.text(&Alice).as_deref(), expected, "{text}");
            let old = Template::parse(text, Version::V2008);
            assert!(!old.has_variables());
            assert_eq!(old.text(&Alice).as_deref(), Some(text));
        };
        check("", Some(""));
        check("a*", Some("a*"));
        check("${aws:username}", Some("al*ice"));
        check(
            "x-${AWS:UserName}-${aws:username}.",
            Some("x-al*ice-al*ice."),
        );
        check("${aws:PrincipalTag/team}", None);
        check("${aws:PrincipalTag/team, 'red'}", Some("red"));
        check("${aws:PrincipalTag/team,'red'}", Some("red"));
        check("${aws:PrincipalTag/team, ''}", Some(""));
        check("${aws:username, 'red'}", Some("al*ice"));
        check("${kms:ResourceAliases}", None);
        check("${kms:ResourceAliases, 'x'}", Some("x"));
        check("${*}${?}${$}", Some("*?$"));
        check("${$}{aws:username}", Some("${aws:username}"));
        check("${", Some("${"));
        check("${}", Some("${}"));
        check("$aws:username", Some("$aws:username"));
        check("${aws:username", Some("${aws:username"));
        check("${username}", Some("${username}"));
        check("${${aws:username}}", Some("${al*ice}"));
        check("${aws:username, red}", Some("${aws:username, red}"));
    }

    #[test]
    fn only_the_policy_s_own_stars_are_wildcards() {
        let atoms = Template::parse("*${aws:username}${*}", Version::V2012)
            .atoms(&Alice)
            .unwrap();
        let runs = atoms.iter().filter(|atom| **atom == Atom::Run).count();
        assert_eq!((runs, atoms.len()), (1, 8));
        let template = Template::parse("${aws:userid}", Version::V2012);
        assert!(template.has_variables());
        assert_eq!(template.atoms(&Alice), None);
    }
}
