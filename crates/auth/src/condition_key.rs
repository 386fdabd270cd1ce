//! Condition keys: what a policy may ask about a request, and where the answers come from.
//!
//! A key is parsed once, with its policy. What follows from the caller is answered by
//! [`decision`](crate::decision); everything else is asked of [`Facts`], and only when a
//! statement that might apply names the key.
//!
//! AWS: IAM user guide, "AWS global condition context keys"; KMS developer guide, "Condition keys
//! for AWS KMS".

use std::{borrow::Cow, fmt};

macro_rules! condition_keys {
    (
        plain { $($name:ident = $text:literal,)* }
        families { $($family:ident = $prefix:literal,)* }
    ) => {
        /// A condition key. What follows a prefix, such as the key of a tag, is kept folded
        /// ([`fold`]).
        #[derive(Clone, Debug, PartialEq, Eq, Hash)]
        #[expect(missing_docs, reason = "the names are AWS's and say all there is")]
        pub enum ConditionKey {
            $($name,)*
            $($family(Box<str>),)*
            /// Any other key, folded: claims of an OIDC token, keys that exist nowhere.
            Other(Box<str>),
        }

        impl ConditionKey {
            /// Every key without a variable part, and its name.
            pub const PLAIN: &[(Self, &str)] = &[$((Self::$name, $text),)*];

            /// Parses the name of a key; letters in capitals do not matter.
            #[must_use]
            pub fn parse(text: &str) -> Self {
                $(if text.eq_ignore_ascii_case($text) {
                    return Self::$name;
                })*
                $(if let Some(rest) = strip_prefix_in_any_case(text, $prefix) {
                    return Self::$family(fold(rest).into());
                })*
                Self::Other(fold(text).into())
            }

            /// Whether the key is one of AWS KMS: `kms:…`.
            #[must_use]
            pub fn is_of_kms(&self) -> bool {
                match self {
                    $(Self::$name => $text.starts_with("kms:"),)*
                    $(Self::$family(_) => $prefix.starts_with("kms:"),)*
                    Self::Other(name) => name.starts_with("kms:"),
                }
            }
        }

        impl fmt::Display for ConditionKey {
            /// The name as AWS writes it, with the variable part folded.
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self {
                    $(Self::$name => f.write_str($text),)*
                    $(Self::$family(rest) => write!(f, "{}{rest}", $prefix),)*
                    Self::Other(name) => f.write_str(name),
                }
            }
        }
    };
}

condition_keys! {
    plain {
        PrincipalArn = "aws:PrincipalArn",
        PrincipalAccount = "aws:PrincipalAccount",
        PrincipalType = "aws:PrincipalType",
        PrincipalIsAwsService = "aws:PrincipalIsAWSService",
        UserId = "aws:userid",
        Username = "aws:username",
        TokenIssueTime = "aws:TokenIssueTime",
        MultiFactorAuthPresent = "aws:MultiFactorAuthPresent",
        MultiFactorAuthAge = "aws:MultiFactorAuthAge",
        FederatedProvider = "aws:FederatedProvider",
        SourceIdentity = "aws:SourceIdentity",
        ViaAwsService = "aws:ViaAWSService",
        CurrentTime = "aws:CurrentTime",
        EpochTime = "aws:EpochTime",
        SourceIp = "aws:SourceIp",
        SecureTransport = "aws:SecureTransport",
        UserAgent = "aws:UserAgent",
        RequestedRegion = "aws:RequestedRegion",
        ResourceAccount = "aws:ResourceAccount",
        TagKeys = "aws:TagKeys",
        SourceArn = "aws:SourceArn",
        SourceAccount = "aws:SourceAccount",
        BypassPolicyLockoutSafetyCheck = "kms:BypassPolicyLockoutSafetyCheck",
        CallerAccount = "kms:CallerAccount",
        CustomerMasterKeySpec = "kms:CustomerMasterKeySpec",
        CustomerMasterKeyUsage = "kms:CustomerMasterKeyUsage",
        DataKeyPairSpec = "kms:DataKeyPairSpec",
        EncryptionAlgorithm = "kms:EncryptionAlgorithm",
        EncryptionContextKeys = "kms:EncryptionContextKeys",
        ExpirationModel = "kms:ExpirationModel",
        GrantConstraintSourceArn = "kms:GrantConstraintSourceArn",
        GrantConstraintType = "kms:GrantConstraintType",
        GrantIsForAwsResource = "kms:GrantIsForAWSResource",
        GrantOperations = "kms:GrantOperations",
        GranteePrincipal = "kms:GranteePrincipal",
        GranteeServicePrincipal = "kms:GranteeServicePrincipal",
        KeyAgreementAlgorithm = "kms:KeyAgreementAlgorithm",
        KeyOrigin = "kms:KeyOrigin",
        KeySpec = "kms:KeySpec",
        KeyUsage = "kms:KeyUsage",
        MacAlgorithm = "kms:MacAlgorithm",
        MessageType = "kms:MessageType",
        MultiRegion = "kms:MultiRegion",
        MultiRegionKeyType = "kms:MultiRegionKeyType",
        PrimaryRegion = "kms:PrimaryRegion",
        ReEncryptOnSameKey = "kms:ReEncryptOnSameKey",
        ReplicaRegion = "kms:ReplicaRegion",
        RequestAlias = "kms:RequestAlias",
        ResourceAliases = "kms:ResourceAliases",
        RetiringPrincipal = "kms:RetiringPrincipal",
        RetiringServicePrincipal = "kms:RetiringServicePrincipal",
        RotationPeriodInDays = "kms:RotationPeriodInDays",
        ScheduleKeyDeletionPendingWindowInDays = "kms:ScheduleKeyDeletionPendingWindowInDays",
        SigningAlgorithm = "kms:SigningAlgorithm",
        TrailingDaysWithoutKeyUsage = "kms:TrailingDaysWithoutKeyUsage",
        ValidTo = "kms:ValidTo",
        ViaService = "kms:ViaService",
        WrappingAlgorithm = "kms:WrappingAlgorithm",
        WrappingKeySpec = "kms:WrappingKeySpec",
        DurationSeconds = "sts:DurationSeconds",
        ExternalId = "sts:ExternalId",
        RoleSessionName = "sts:RoleSessionName",
        RequestedSourceIdentity = "sts:SourceIdentity",
        TransitiveTagKeys = "sts:TransitiveTagKeys",
    }
    families {
        PrincipalTag = "aws:PrincipalTag/",
        RequestTag = "aws:RequestTag/",
        ResourceTag = "aws:ResourceTag/",
        EncryptionContext = "kms:EncryptionContext:",
        RecipientAttestation = "kms:RecipientAttestation:",
    }
}

/// The form in which names of condition keys, and the keys of tags and encryption contexts in
/// them, are compared.
#[must_use]
pub fn fold(text: &str) -> Cow<'_, str> {
    let folded = |c: char| !c.is_ascii_uppercase() && c.is_ascii();
    if text.chars().all(folded) {
        Cow::Borrowed(text)
    } else {
        Cow::Owned(text.to_lowercase())
    }
}

fn strip_prefix_in_any_case<'t>(text: &'t str, prefix: &str) -> Option<&'t str> {
    let start = text.get(..prefix.len())?;
    let rest = text.get(prefix.len()..)?;
    start.eq_ignore_ascii_case(prefix).then_some(rest)
}

/// What a request has under a condition key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Values<'a> {
    /// Nothing. Not the same as an empty text.
    Absent,
    /// One value.
    One(Cow<'a, str>),
    /// The values of a key that may have several; with none it counts as absent.
    Many(Vec<Cow<'a, str>>),
}

impl<'a> Values<'a> {
    /// One value, or nothing.
    #[must_use]
    pub fn of(value: Option<impl Into<Cow<'a, str>>>) -> Self {
        value.map_or(Self::Absent, |value| Self::One(value.into()))
    }

    /// One boolean.
    #[must_use]
    pub fn boolean(value: bool) -> Self {
        Self::One(Cow::Borrowed(if value { "true" } else { "false" }))
    }

    /// The values.
    #[must_use]
    pub fn as_slice(&self) -> &[Cow<'a, str>] {
        match self {
            Self::Absent => &[],
            Self::One(value) => std::slice::from_ref(value),
            Self::Many(values) => values,
        }
    }
}

impl<'a> FromIterator<Cow<'a, str>> for Values<'a> {
    /// All values, of which there may be none.
    fn from_iter<I: IntoIterator<Item = Cow<'a, str>>>(values: I) -> Self {
        let mut values = values.into_iter();
        match (values.next(), values.next()) {
            (None, _) => Self::Absent,
            (Some(only), None) => Self::One(only),
            (Some(first), Some(second)) => {
                Self::Many([first, second].into_iter().chain(values).collect())
            }
        }
    }
}

/// What is known of a request besides its caller; asked only when a policy asks.
///
/// Dates are given in epoch seconds or ISO 8601, numbers in decimal, addresses as they print.
pub trait Facts: Send + Sync {
    /// What the request has under a key.
    fn values<'f>(&'f self, key: &ConditionKey) -> Values<'f>;
}

impl fmt::Debug for dyn Facts + '_ {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Facts")
    }
}

/// Nothing is known.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoFacts;

impl Facts for NoFacts {
    fn values<'f>(&'f self, _: &ConditionKey) -> Values<'f> {
        Values::Absent
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_known_in_any_case_and_print_as_aws_writes_them() {
        for (key, name) in ConditionKey::PLAIN {
            assert_eq!(ConditionKey::parse(name), *key);
            assert_eq!(ConditionKey::parse(&name.to_uppercase()), *key);
            assert_eq!(key.to_string(), *name);
        }
        let check = |text: &str, expected: ConditionKey, printed: &str| {
            let key = ConditionKey::parse(text);
            assert_eq!(key.to_string(), printed);
            assert_eq!(key, expected, "{text}");
        };
        check(
            "KMS:encryptioncontext:AppName:x",
            ConditionKey::EncryptionContext("appname:x".into()),
            "kms:EncryptionContext:appname:x",
        );
        check(
            "aws:principaltag/Größe",
            ConditionKey::PrincipalTag("größe".into()),
            "aws:PrincipalTag/größe",
        );
        check(
            "kms:RecipientAttestation:PCR0",
            ConditionKey::RecipientAttestation("pcr0".into()),
            "kms:RecipientAttestation:pcr0",
        );
        check(
            "Login.example.com:SUB",
            ConditionKey::Other("login.example.com:sub".into()),
            "login.example.com:sub",
        );
        check(
            "aws:ResourceTag",
            ConditionKey::Other("aws:resourcetag".into()),
            "aws:resourcetag",
        );
    }

    #[test]
    fn keys_of_kms_are_told_from_others() {
        for (text, expected) in [
            ("kms:ViaService", true),
            ("kms:EncryptionContext:a", true),
            ("KMS:Invented", true),
            ("aws:SourceIp", false),
            ("aws:ResourceTag/kms:a", false),
        ] {
            assert_eq!(ConditionKey::parse(text).is_of_kms(), expected, "{text}");
        }
    }

    #[test]
    fn values_count_as_many_only_where_they_are() {
        let collect = |texts: &[&'static str]| texts.iter().map(|t| Cow::from(*t)).collect();
        let check = |values: Values<'_>, expected: Values<'_>| assert_eq!(values, expected);
        check(collect(&[]), Values::Absent);
        check(collect(&["a"]), Values::One("a".into()));
        check(
            collect(&["a", "b"]),
            Values::Many(vec!["a".into(), "b".into()]),
        );
    }
}
