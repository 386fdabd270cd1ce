//! The syntax of conditions: which operators there are and what may modify them.
//!
//! AWS: IAM user guide, "Condition operators" and "Set operators for multi-valued context keys".

/// One comparison that a request must satisfy for its statement to apply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Condition {
    /// How to compare.
    pub operator: Operator,
    /// The condition key as the policy spells it; letters in capitals do not matter.
    pub key: Box<str>,
    /// The values to compare with; numbers and booleans by their JSON text.
    pub values: Vec<Box<str>>,
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
}
