//! Conditions: which operators there are, what may modify them, and whether a request holds.
//!
//! The values of a policy are read once, with it. One that its operator cannot read, such as a
//! word where a number is compared, is equal to nothing.
//!
//! AWS: IAM user guide, "Condition operators" and "Set operators for multi-valued context keys".

use std::{borrow::Cow, cmp::Ordering, fmt};

use base64::{Engine as _, engine::general_purpose::STANDARD};

use super::{
    arn::{self, ArnPattern},
    document::Version,
    pattern::{Case, Pattern},
    template::Template,
    value::{self, Decimal, Network},
};
use crate::condition_key::{ConditionKey, Facts, NoFacts, Values};

/// One comparison that a request must satisfy for its statement to apply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Condition {
    /// How to compare.
    pub operator: Operator,
    /// What of the request to compare.
    pub key: ConditionKey,
    /// The condition key as the policy spells it; letters in capitals do not matter.
    pub spelling: Box<str>,
    /// The values to compare with, as the policy has them; numbers and booleans by their JSON
    /// text.
    pub values: Vec<Box<str>>,
    /// The values, read.
    wanted: Wanted,
}

/// The values that a condition compares with.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Wanted {
    Existence(Vec<bool>),
    Texts(Vec<Text<Box<str>>>),
    Letters(Vec<Text<Box<str>>>),
    Patterns(Vec<Text<Pattern>>),
    Arns(Vec<Text<ArnPattern>>),
    Truths(Vec<Text<bool>>),
    Numbers(Relation, Vec<Decimal>),
    Instants(Relation, Vec<i128>),
    Bytes(Vec<Box<[u8]>>),
    Networks(Vec<Network>),
}

/// A value that is the same for every request, or one with variables.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Text<T> {
    Fixed(T),
    Variable(Template),
}

/// How a value of the request has to stand to one of the policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Relation {
    Equal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Relation {
    fn holds<T: Ord>(self, found: &T, wanted: &T) -> bool {
        let order = found.cmp(wanted);
        match self {
            Self::Equal => order == Ordering::Equal,
            Self::Less => order == Ordering::Less,
            Self::LessOrEqual => order != Ordering::Greater,
            Self::Greater => order == Ordering::Greater,
            Self::GreaterOrEqual => order != Ordering::Less,
        }
    }
}

impl Condition {
    /// Reads the values of a condition.
    pub(super) fn new(
        operator: Operator,
        spelling: Box<str>,
        values: Vec<Box<str>>,
        version: Version,
    ) -> Self {
        Self {
            operator,
            key: ConditionKey::parse(&spelling),
            wanted: Wanted::read(operator.comparison, &values, version),
            spelling,
            values,
        }
    }

    /// Whether a request satisfies the condition.
    #[must_use]
    pub fn holds(&self, facts: &dyn Facts) -> bool {
        self.holds_for(&facts.values(&self.key), facts)
    }

    /// Whether a request that has these values under the key satisfies the condition. The values
    /// of other keys are needed for variables.
    #[must_use]
    pub fn holds_for(&self, found: &Values<'_>, facts: &dyn Facts) -> bool {
        let Operator {
            set,
            comparison,
            if_exists,
        } = self.operator;
        let found = found.as_slice();
        if let Wanted::Existence(absent) = &self.wanted {
            return absent.contains(&found.is_empty());
        }
        if found.is_empty() && if_exists {
            return true;
        }
        let negated = comparison.is_negated();
        let equal = |value: &Cow<'_, str>| self.wanted.has(value, facts);
        match set {
            Some(SetOperator::ForAllValues) => found.iter().all(|value| equal(value) != negated),
            Some(SetOperator::ForAnyValue) => found.iter().any(|value| equal(value) != negated),
            None => found.iter().any(equal) != negated,
        }
    }
}

impl Wanted {
    fn read(comparison: Comparison, values: &[Box<str>], version: Version) -> Self {
        use Comparison as C;
        let texts = || {
            let text = |template: &Template| Some(template.text(&NoFacts)?.into());
            with_variables(values, version, text)
        };
        let numbers = |relation| {
            let read = values.iter().filter_map(|text| Decimal::parse(text));
            Self::Numbers(relation, read.collect())
        };
        let instants = |relation| {
            let read = values.iter().filter_map(|text| value::instant(text));
            Self::Instants(relation, read.collect())
        };
        match comparison {
            C::Null => Self::Existence(
                values
                    .iter()
                    .filter_map(|text| value::truth(text))
                    .collect(),
            ),
            C::StringEquals | C::StringNotEquals => Self::Texts(texts()),
            C::StringEqualsIgnoreCase | C::StringNotEqualsIgnoreCase => Self::Letters(texts()),
            C::StringLike | C::StringNotLike => {
                Self::Patterns(with_variables(values, version, |t| pattern(t, &NoFacts)))
            }
            C::ArnEquals | C::ArnLike | C::ArnNotEquals | C::ArnNotLike => {
                Self::Arns(with_variables(values, version, |t| {
                    arn_pattern(t, &NoFacts)
                }))
            }
            C::Bool => Self::Truths(with_variables(values, version, |template| {
                value::truth(&template.text(&NoFacts)?)
            })),
            C::NumericEquals | C::NumericNotEquals => numbers(Relation::Equal),
            C::NumericLessThan => numbers(Relation::Less),
            C::NumericLessThanEquals => numbers(Relation::LessOrEqual),
            C::NumericGreaterThan => numbers(Relation::Greater),
            C::NumericGreaterThanEquals => numbers(Relation::GreaterOrEqual),
            C::DateEquals | C::DateNotEquals => instants(Relation::Equal),
            C::DateLessThan => instants(Relation::Less),
            C::DateLessThanEquals => instants(Relation::LessOrEqual),
            C::DateGreaterThan => instants(Relation::Greater),
            C::DateGreaterThanEquals => instants(Relation::GreaterOrEqual),
            C::BinaryEquals => {
                let read = values
                    .iter()
                    .filter_map(|text| STANDARD.decode(&**text).ok());
                Self::Bytes(read.map(Vec::into_boxed_slice).collect())
            }
            C::IpAddress | C::NotIpAddress => {
                let read = values.iter().filter_map(|text| Network::parse(text));
                Self::Networks(read.collect())
            }
        }
    }

    /// Whether a value of the request stands as it should to one of the policy's. What cannot be
    /// read, or lacks the value of a variable, stands to nothing.
    fn has(&self, found: &str, facts: &dyn Facts) -> bool {
        let text = |template: &Template| template.text(facts);
        match self {
            Self::Existence(_) => false,
            Self::Texts(wanted) => wanted.iter().any(|wanted| match wanted {
                Text::Fixed(wanted) => **wanted == *found,
                Text::Variable(template) => text(template).is_some_and(|wanted| wanted == found),
            }),
            Self::Letters(wanted) => wanted.iter().any(|wanted| match wanted {
                Text::Fixed(wanted) => value::same_letters(wanted, found),
                Text::Variable(template) => {
                    text(template).is_some_and(|wanted| value::same_letters(&wanted, found))
                }
            }),
            Self::Patterns(wanted) => wanted.iter().any(|wanted| match wanted {
                Text::Fixed(wanted) => wanted.matches(found),
                Text::Variable(template) => {
                    pattern(template, facts).is_some_and(|wanted| wanted.matches(found))
                }
            }),
            Self::Arns(wanted) => arn::parts(found).is_some_and(|found| {
                wanted.iter().any(|wanted| match wanted {
                    Text::Fixed(wanted) => wanted.matches(&found),
                    Text::Variable(template) => {
                        arn_pattern(template, facts).is_some_and(|wanted| wanted.matches(&found))
                    }
                })
            }),
            Self::Truths(wanted) => value::truth(found).is_some_and(|found| {
                wanted.iter().any(|wanted| match wanted {
                    Text::Fixed(wanted) => *wanted == found,
                    Text::Variable(template) => {
                        text(template).and_then(|wanted| value::truth(&wanted)) == Some(found)
                    }
                })
            }),
            Self::Numbers(relation, wanted) => Decimal::parse(found)
                .is_some_and(|found| wanted.iter().any(|wanted| relation.holds(&found, wanted))),
            Self::Instants(relation, wanted) => value::instant(found)
                .is_some_and(|found| wanted.iter().any(|wanted| relation.holds(&found, wanted))),
            Self::Bytes(wanted) => STANDARD
                .decode(found)
                .is_ok_and(|found| wanted.iter().any(|wanted| **wanted == *found)),
            Self::Networks(wanted) => value::address(found)
                .is_some_and(|found| wanted.iter().any(|wanted| wanted.contains(found))),
        }
    }
}

/// Reads values in which variables may stand.
fn with_variables<T>(
    values: &[Box<str>],
    version: Version,
    read: impl Fn(&Template) -> Option<T>,
) -> Vec<Text<T>> {
    let value = |text: &str| {
        let template = Template::parse(text, version);
        if template.has_variables() {
            Some(Text::Variable(template))
        } else {
            read(&template).map(Text::Fixed)
        }
    };
    values.iter().filter_map(|text| value(text)).collect()
}

fn pattern(template: &Template, facts: &dyn Facts) -> Option<Pattern> {
    Some(Pattern::from_atoms(template.atoms(facts)?, Case::Sensitive))
}

fn arn_pattern(template: &Template, facts: &dyn Facts) -> Option<ArnPattern> {
    ArnPattern::from_atoms(&template.atoms(facts)?)
}

/// A condition operator with its modifiers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Operator {
    /// How the values of a multi-valued key count together.
    pub set: Option<SetOperator>,
    /// The comparison itself.
    pub comparison: Comparison,
    /// Whether a request without the key satisfies the condition.
    pub if_exists: bool,
}

/// How the values of a multi-valued key count together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SetOperator {
    /// `ForAllValues:` – each value of the request must satisfy the comparison.
    ForAllValues,
    /// `ForAnyValue:` – one value of the request must.
    ForAnyValue,
}

macro_rules! comparisons {
    ($($name:ident)*) => {
        /// The comparisons, by AWS's names.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[expect(missing_docs, reason = "the names are AWS's and say all there is")]
        pub enum Comparison {
            $($name,)*
        }

        impl Comparison {
            /// All comparisons.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// The name of the operator.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$name => stringify!($name),)*
                }
            }
        }
    };
}

comparisons! {
    StringEquals StringNotEquals
    StringEqualsIgnoreCase StringNotEqualsIgnoreCase
    StringLike StringNotLike
    NumericEquals NumericNotEquals
    NumericLessThan NumericLessThanEquals NumericGreaterThan NumericGreaterThanEquals
    DateEquals DateNotEquals
    DateLessThan DateLessThanEquals DateGreaterThan DateGreaterThanEquals
    Bool BinaryEquals
    IpAddress NotIpAddress
    ArnEquals ArnNotEquals ArnLike ArnNotLike
    Null
}

impl Comparison {
    /// Whether it asks that no value of the policy be met.
    #[must_use]
    pub fn is_negated(self) -> bool {
        match self {
            Self::StringNotEquals
            | Self::StringNotEqualsIgnoreCase
            | Self::StringNotLike
            | Self::NumericNotEquals
            | Self::DateNotEquals
            | Self::NotIpAddress
            | Self::ArnNotEquals
            | Self::ArnNotLike => true,
            Self::StringEquals
            | Self::StringEqualsIgnoreCase
            | Self::StringLike
            | Self::NumericEquals
            | Self::NumericLessThan
            | Self::NumericLessThanEquals
            | Self::NumericGreaterThan
            | Self::NumericGreaterThanEquals
            | Self::DateEquals
            | Self::DateLessThan
            | Self::DateLessThanEquals
            | Self::DateGreaterThan
            | Self::DateGreaterThanEquals
            | Self::Bool
            | Self::BinaryEquals
            | Self::IpAddress
            | Self::ArnEquals
            | Self::ArnLike
            | Self::Null => false,
        }
    }
}

impl fmt::Display for Operator {
    /// The operator as policies spell it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.set {
            None => "",
            Some(SetOperator::ForAllValues) => "ForAllValues:",
            Some(SetOperator::ForAnyValue) => "ForAnyValue:",
        })?;
        f.write_str(self.comparison.name())?;
        f.write_str(if self.if_exists { "IfExists" } else { "" })
    }
}

impl Operator {
    /// Parses an operator: `StringEquals`, `ForAnyValue:StringLike`, `BoolIfExists`.
    ///
    /// `Null` asks about existence itself and takes no modifier.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (set, rest) = match text.split_once(':') {
            None => (None, text),
            Some(("ForAllValues", rest)) => (Some(SetOperator::ForAllValues), rest),
            Some(("ForAnyValue", rest)) => (Some(SetOperator::ForAnyValue), rest),
            Some(_) => return None,
        };
        let (name, if_exists) = match rest.strip_suffix("IfExists") {
            Some(name) => (name, true),
            None => (rest, false),
        };
        let comparison = *Comparison::ALL.iter().find(|c| c.name() == name)?;
        let modified = set.is_some() || if_exists;
        (comparison != Comparison::Null || !modified).then_some(Self {
            set,
            comparison,
            if_exists,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_operator_is_known_with_its_modifiers() {
        for comparison in Comparison::ALL {
            let plain = Operator::parse(comparison.name()).unwrap();
            assert_eq!(plain.comparison, *comparison);
            assert_eq!((plain.set, plain.if_exists), (None, false));
            for (prefix, set) in [
                ("", None),
                ("ForAllValues:", Some(SetOperator::ForAllValues)),
                ("ForAnyValue:", Some(SetOperator::ForAnyValue)),
            ] {
                let name = format!("{prefix}{}IfExists", comparison.name());
                let expected = (*comparison != Comparison::Null).then_some(Operator {
                    set,
                    comparison: *comparison,
                    if_exists: true,
                });
                assert_eq!(Operator::parse(&name), expected, "{name}");
                if let Some(operator) = expected {
                    assert_eq!(operator.to_string(), name);
                }
            }
        }
        assert_eq!(Comparison::ALL.len(), 27);
    }

    #[test]
    fn other_operators_are_refused() {
        for text in [
            "",
            "stringEquals",
            "StringEqual",
            "IfExists",
            "ForAllValues:",
            "ForSomeValues:StringEquals",
            "ForAllValues:Null",
            "ForAllValues:ForAnyValue:StringEquals",
            "StringEqualsIfExistsIfExists",
        ] {
            assert_eq!(Operator::parse(text), None, "{text}");
        }
    }

    /// A request with these values under every key, except that nobody has tags.
    struct Has<'a>(&'a [&'a str]);

    impl Facts for Has<'_> {
        fn values<'f>(&'f self, key: &ConditionKey) -> Values<'f> {
            match key {
                ConditionKey::PrincipalTag(_) => Values::Absent,
                ConditionKey::Username => Values::One("a*".into()),
                _ => self.0.iter().map(|value| Cow::Borrowed(*value)).collect(),
            }
        }
    }

    fn holds(operator: &str, wanted: &[&str], found: &[&str]) -> bool {
        let wanted = wanted.iter().map(|text| (*text).into()).collect();
        let operator = Operator::parse(operator).unwrap();
        Condition::new(operator, "aws:TagKeys".into(), wanted, Version::V2012).holds(&Has(found))
    }

    #[test]
    fn every_comparison_compares_as_its_name_says() {
        let check = |operator: &str, wanted: &str, yes: &[&str], no: &[&str]| {
            let opposite = match operator {
                "IpAddress" => "NotIpAddress".to_owned(),
                other => other
                    .replace("Equals", "NotEquals")
                    .replace("Like", "NotLike"),
            };
            for (found, expected) in [(yes, true), (no, false)] {
                for found in found {
                    let at = format!("{operator} {wanted} {found}");
                    assert_eq!(holds(operator, &[wanted], &[found]), expected, "{at}");
                    if Operator::parse(&opposite).is_some_and(|o| o.comparison.is_negated()) {
                        assert_eq!(holds(&opposite, &[wanted], &[found]), !expected, "{at}");
                    }
                }
            }
        };
        check("StringEquals", "aB*", &["aB*"], &["ab*", "aBc", ""]);
        check("StringEquals", "", &[""], &["a"]);
        check(
            "StringEqualsIgnoreCase",
            "aÄ*",
            &["aÄ*", "Aä*"],
            &["aäc", ""],
        );
        check(
            "StringLike",
            "a*?",
            &["ab", "abc", "a*"],
            &["a", "A*b", "ba"],
        );
        check("StringLike", "*", &["", "a"], &[]);
        check(
            "NumericEquals",
            "5.0",
            &["5", "50e-1"],
            &["5.1", "five", ""],
        );
        check("NumericLessThan", "5", &["4.99", "-6"], &["5", "6", "x"]);
        check("NumericLessThanEquals", "5", &["5", "4"], &["5.01"]);
        check("NumericGreaterThan", "5", &["5.01"], &["5", "4", "x"]);
        check("NumericGreaterThanEquals", "5", &["5", "6"], &["4", "x"]);
        check("NumericEquals", "five", &[], &["5", "five"]);
        let day = "2026-01-02";
        check(
            "DateEquals",
            day,
            &["1767312000", "2026-01-02T00:00:00Z"],
            &["1", "x"],
        );
        check("DateLessThan", day, &["1767311999"], &["1767312000", "x"]);
        check("DateLessThanEquals", day, &["1767312000"], &["1767312001"]);
        check(
            "DateGreaterThan",
            day,
            &["1767312001"],
            &["1767312000", "x"],
        );
        check(
            "DateGreaterThanEquals",
            day,
            &["1767312000"],
            &["1767311999"],
        );
        check("Bool", "true", &["true", "TRUE"], &["false", "1", ""]);
        check("BinaryEquals", "AQI=", &["AQI="], &["AQM=", "!"]);
        check(
            "IpAddress",
            "10.0.0.0/8",
            &["10.1.2.3", "::ffff:10.0.0.1"],
            &["11.0.0.0", "x"],
        );
        check(
            "IpAddress",
            "2001:db8::/32",
            &["2001:db8::1"],
            &["10.1.2.3"],
        );
        let user = "arn:aws:iam::*:user/a*";
        let (yes, no) = ("arn:aws:iam::1:user/a/b:c", "arn:aws:iam:1:1:user/a");
        for operator in ["ArnEquals", "ArnLike"] {
            check(operator, user, &[yes], &[no, "a", "arn:aws:iam::1:user/b"]);
        }
    }

    #[test]
    fn values_of_a_policy_are_alternatives_and_of_a_negation_none_may_be_met() {
        assert!(holds("StringEquals", &["a", "b"], &["b"]));
        assert!(!holds("StringEquals", &["a", "b"], &["c"]));
        assert!(!holds("StringEquals", &[], &["c"]));
        assert!(!holds("StringNotEquals", &["a", "b"], &["b"]));
        assert!(holds("StringNotEquals", &["a", "b"], &["c"]));
        assert!(holds("StringNotEquals", &[], &["c"]));
    }

    #[test]
    fn an_absent_key_holds_where_aws_says_so() {
        for comparison in Comparison::ALL {
            let name = comparison.name();
            if *comparison == Comparison::Null {
                continue;
            }
            let negated = comparison.is_negated();
            assert_eq!(holds(name, &["1"], &[]), negated, "{name}");
            assert!(holds(&format!("{name}IfExists"), &["1"], &[]), "{name}");
            assert!(
                holds(&format!("ForAllValues:{name}"), &["1"], &[]),
                "{name}"
            );
            assert!(
                !holds(&format!("ForAnyValue:{name}"), &["1"], &[]),
                "{name}"
            );
            assert!(
                holds(&format!("ForAnyValue:{name}IfExists"), &["1"], &[]),
                "{name}"
            );
        }
        for (wanted, absent, present) in [
            (&["true"][..], true, false),
            (&["False"], false, true),
            (&["true", "false"], true, true),
            (&["maybe"], false, false),
            (&[], false, false),
        ] {
            assert_eq!(holds("Null", wanted, &[]), absent, "{wanted:?}");
            assert_eq!(holds("Null", wanted, &[""]), present, "{wanted:?}");
            assert_eq!(holds("Null", wanted, &["a", "b"]), present, "{wanted:?}");
        }
    }

    #[test]
    fn sets_are_compared_value_by_value() {
        let check = |operator: &str, found: &[&str], expected: bool| {
            assert_eq!(
                holds(operator, &["a", "b"], found),
                expected,
                "{operator} {found:?}"
            );
        };
        check("ForAllValues:StringEquals", &["a", "b"], true);
        check("ForAllValues:StringEquals", &["a", "c"], false);
        check("ForAnyValue:StringEquals", &["c", "b"], true);
        check("ForAnyValue:StringEquals", &["c", "d"], false);
        check("ForAllValues:StringNotEquals", &["c", "d"], true);
        check("ForAllValues:StringNotEquals", &["c", "a"], false);
        check("ForAnyValue:StringNotEquals", &["c", "a"], true);
        check("ForAnyValue:StringNotEquals", &["b", "a"], false);
        // Without a prefix, as if any value counted; and of a negation none may be met.
        check("StringEquals", &["c", "b"], true);
        check("StringEquals", &["c", "d"], false);
        check("StringNotEquals", &["c", "b"], false);
        check("StringNotEquals", &["c", "d"], true);
    }

    #[test]
    fn variables_stand_for_themselves_and_match_nothing_without_a_value() {
        let check = |operator: &str, wanted: &str, found: &str, expected: bool| {
            assert_eq!(
                holds(operator, &[wanted], &[found]),
                expected,
                "{operator} {wanted}"
            );
        };
        check("StringEquals", "${aws:username}", "a*", true);
        check("StringEqualsIgnoreCase", "${aws:username}", "A*", true);
        check("StringLike", "${aws:username}-*", "a*-x", true);
        check("StringLike", "${aws:username}", "abc", false);
        check("StringLike", "a${*}", "abc", false);
        check("StringLike", "a${*}", "a*", true);
        check(
            "ArnLike",
            "arn:aws:iam::1:user/${aws:username}",
            "arn:aws:iam::1:user/a*",
            true,
        );
        check(
            "ArnLike",
            "arn:aws:iam::1:user/${aws:username}",
            "arn:aws:iam::1:user/ab",
            false,
        );
        check("Bool", "${aws:PrincipalTag/x, 'true'}", "true", true);
        check("StringEquals", "${aws:PrincipalTag/x}", "", false);
        check("StringNotEquals", "${aws:PrincipalTag/x}", "a", true);
        check("StringNotLike", "${aws:PrincipalTag/x}", "a", true);
        // Numbers, dates and addresses have none.
        check("NumericEquals", "${aws:PrincipalTag/x, '1'}", "1", false);
        check(
            "IpAddress",
            "${aws:PrincipalTag/x, '10.0.0.1'}",
            "10.0.0.1",
            false,
        );
    }

    #[test]
    fn in_the_older_version_variables_are_text() {
        let operator = Operator::parse("StringEquals").unwrap();
        let wanted = vec!["${aws:username}".into()];
        let condition = Condition::new(operator, "a:b".into(), wanted, Version::V2008);
        assert!(condition.holds(&Has(&["${aws:username}"])));
        assert!(!condition.holds(&Has(&["a*"])));
    }
}
