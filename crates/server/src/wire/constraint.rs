//! The constraint layer: what the service model asks of a member, and AWS's words for what was
//! not kept.
//!
//! All broken constraints of a request are reported in one message:
//! `2 validation errors detected: Value '' at 'keyId' failed to satisfy constraint: …; Value …`.

use std::fmt::{self, Write as _};

use strongroom_model::errors::ErrorCode;

use super::{decode::Fault, pattern::Pattern};

/// Violations that one message lists. AWS has no such limit, as far as anyone has seen; without
/// one, a body full of empty tags would be answered, and recorded, at many times its own size.
const LISTED: usize = 100;

/// How long a text, a blob or a list may be.
pub(crate) struct Length {
    pub(crate) min: usize,
    pub(crate) max: usize,
}

impl Length {
    /// No limit: the model has none.
    pub(crate) const ANY: Self = Self {
        min: 0,
        max: usize::MAX,
    };

    /// The constraint that `length` breaks.
    pub(crate) fn broken_by(&self, length: usize) -> Option<Constraint> {
        if length > self.max {
            Some(Constraint::LengthAtMost(self.max))
        } else if length < self.min {
            Some(Constraint::LengthAtLeast(self.min))
        } else {
            None
        }
    }
}

/// What the model asks of a text.
pub(crate) struct Text {
    /// The length in UTF-16 units, which is how Java counts characters.
    pub(crate) length: Length,
    pub(crate) pattern: Option<&'static Pattern>,
}

impl Text {
    /// The constraints that `text` breaks: first its length, then its pattern.
    pub(crate) fn broken_by(&self, text: &str) -> impl Iterator<Item = Constraint> {
        let length = if text.is_ascii() {
            text.len()
        } else {
            text.encode_utf16().count()
        };
        let pattern = self.pattern.filter(|pattern| !pattern.matches(text));
        let length = self.length.broken_by(length).into_iter();
        length.chain(pattern.map(|pattern| Constraint::Pattern(pattern.text)))
    }

    /// All that is asked of the elements of a list: AWS says that much as soon as one of them
    /// breaks any of it.
    pub(crate) fn of_elements(&self) -> Constraint {
        let mut all = String::new();
        let separated = |all: &mut String, constraint: Constraint| {
            let separator = if all.is_empty() { "" } else { ", " };
            write_to(all, format_args!("{separator}{constraint}"));
        };
        if self.length.max != usize::MAX {
            separated(&mut all, Constraint::LengthAtMost(self.length.max));
            separated(&mut all, Constraint::LengthAtLeast(self.length.min));
        }
        if let Some(pattern) = self.pattern {
            separated(&mut all, Constraint::Pattern(pattern.text));
        }
        Constraint::Elements(all)
    }
}

/// A constraint of the model, as AWS words it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Constraint {
    NotNull,
    LengthAtMost(usize),
    LengthAtLeast(usize),
    ValueAtMost(i32),
    ValueAtLeast(i32),
    /// The values of an enum, in square brackets.
    OneOf(&'static str),
    Pattern(&'static str),
    /// What the elements of a list have to keep.
    Elements(String),
}

impl fmt::Display for Constraint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Member must ")?;
        match self {
            Self::NotNull => f.write_str("not be null"),
            Self::LengthAtMost(max) => write!(f, "have length less than or equal to {max}"),
            Self::LengthAtLeast(min) => write!(f, "have length greater than or equal to {min}"),
            Self::ValueAtMost(max) => write!(f, "have value less than or equal to {max}"),
            Self::ValueAtLeast(min) => write!(f, "have value greater than or equal to {min}"),
            Self::OneOf(values) => write!(f, "satisfy enum value set: {values}"),
            Self::Pattern(text) => write!(f, "satisfy regular expression pattern: {text}"),
            Self::Elements(all) => write!(f, "satisfy constraint: [{all}]"),
        }
    }
}

/// What an error shows of the value that broke a constraint.
#[derive(Clone, Copy)]
pub(crate) enum Shown<'a> {
    /// A required member was absent.
    Null,
    /// Nothing: blobs never, and secrets never.
    Nothing,
    /// The value itself.
    Value(&'a str),
}

/// The place of a member in the request, as errors spell it: `tags.1.member.tagValue`.
#[derive(Clone, Copy)]
pub(crate) enum Place<'a> {
    /// The request itself.
    Request,
    /// A member of the structure there.
    Member(&'a Place<'a>, &'static str),
    /// An element of the list there; AWS counts from one.
    Element(&'a Place<'a>, usize),
}

impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Request => Ok(()),
            Self::Member(Self::Request, name) => f.write_str(name),
            Self::Member(parent, name) => write!(f, "{parent}.{name}"),
            Self::Element(list, number) => write!(f, "{list}.{number}.member"),
        }
    }
}

/// The constraints that a request has broken so far.
#[derive(Default)]
pub(crate) struct Violations {
    count: usize,
    items: String,
}

impl Violations {
    /// Notes a broken constraint.
    pub(crate) fn add(&mut self, shown: Shown<'_>, place: Place<'_>, constraint: &Constraint) {
        if self.count == LISTED {
            return;
        }
        if self.count > 0 {
            self.items.push_str("; ");
        }
        self.count += 1;
        let items = &mut self.items;
        items.push_str("Value ");
        match shown {
            Shown::Null => items.push_str("null "),
            Shown::Nothing => {}
            Shown::Value(value) => write_to(items, format_args!("'{value}' ")),
        }
        write_to(
            items,
            format_args!("at '{place}' failed to satisfy constraint: {constraint}"),
        );
    }

    /// The input, or the one message with all that it broke.
    pub(crate) fn settle<T>(self, input: Option<T>) -> Result<T, Fault> {
        match input {
            Some(input) if self.count == 0 => Ok(input),
            _ => {
                let Self { count, items } = self;
                let errors = if count == 1 { "error" } else { "errors" };
                Err(Fault {
                    code: ErrorCode::ValidationException,
                    message: Some(format!("{count} validation {errors} detected: {items}")),
                })
            }
        }
    }
}

/// Writes to a `String`, which takes everything.
fn write_to(text: &mut String, arguments: fmt::Arguments<'_>) {
    let written = text.write_fmt(arguments);
    debug_assert!(written.is_ok());
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(violations: Violations) -> String {
        let fault = violations.settle(Some(())).unwrap_err();
        assert_eq!(fault.code, ErrorCode::ValidationException);
        fault.message.unwrap()
    }

    #[test]
    fn one_violation_is_an_error_and_more_are_errors() {
        let mut violations = Violations::default();
        let key_id = Place::Member(&Place::Request, "keyId");
        violations.add(Shown::Value(""), key_id, &Constraint::LengthAtLeast(1));
        let one = "Value '' at 'keyId' failed to satisfy constraint: \
                   Member must have length greater than or equal to 1";
        assert_eq!(
            message(violations),
            format!("1 validation error detected: {one}")
        );

        let mut violations = Violations::default();
        for _ in 0..2 {
            violations.add(Shown::Value(""), key_id, &Constraint::LengthAtLeast(1));
        }
        assert_eq!(
            message(violations),
            format!("2 validation errors detected: {one}; {one}")
        );
    }

    #[test]
    fn lengths_count_utf_16_units_as_java_does() {
        let rule = Text {
            length: Length { min: 2, max: 2 },
            pattern: None,
        };
        for text in ["ab", "äö", "𝄞"] {
            assert_eq!(rule.broken_by(text).next(), None, "{text}");
        }
        let too_long = Some(Constraint::LengthAtMost(2));
        assert_eq!(rule.broken_by("a𝄞").next(), too_long);
        let too_short = Some(Constraint::LengthAtLeast(2));
        assert_eq!(rule.broken_by("ä").next(), too_short);
    }

    #[test]
    fn a_message_lists_a_bounded_number_of_violations() {
        let mut violations = Violations::default();
        for _ in 0..10_000 {
            violations.add(Shown::Null, Place::Request, &Constraint::NotNull);
        }
        let message = message(violations);
        assert!(message.starts_with("100 validation errors detected: "));
        assert!(message.len() < 10_000);
    }

    #[test]
    fn nothing_broken_is_the_input() {
        assert_eq!(Violations::default().settle(Some(7)), Ok(7));
    }
}
