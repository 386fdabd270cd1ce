//! The four ways in which a request may name a KMS key.

use crate::{
    identifiers::{AccountId, AliasName, KeyId, Partition, Region},
    pieces::fields,
};

/// What a `KeyId` parameter says, before anything was looked up.
///
/// AWS: developer guide, "Key identifiers (KeyId)".
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyRef {
    /// A key id. It is always a key of the caller's own account.
    KeyId(NamedKey),
    /// A key ARN of the request's Region.
    KeyArn(AccountId, NamedKey),
    /// An alias name. It is always an alias of the caller's own account.
    AliasName(NamedAlias),
    /// An alias ARN of the request's Region.
    AliasArn(AccountId, NamedAlias),
}

/// The key id in a [`KeyRef`].
///
/// AWS accepts hexadecimal digits of either case as a well-formed id, yet no key has an id in
/// upper case: such a text names a key that does not exist.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NamedKey {
    /// An id that a key may have.
    Id(KeyId),
    /// A well-formed id in upper case, which no key has.
    Nobody(String),
}

/// The alias name in a [`KeyRef`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NamedAlias {
    /// A name that an alias may have.
    Name(AliasName),
    /// A text that begins with `alias/` and that no alias can have as its name.
    Nobody(String),
}

/// Why a text names no key. The caller hears each of these as a `NotFoundException`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyRefError {
    /// The text is neither an id, nor an alias name, nor an ARN.
    NotAnId(String),
    /// The last part of a key ARN is not a key id.
    NotAnIdInArn(String),
    /// The ARN is of another Region than the request.
    OtherRegion(String),
    /// The text begins with `arn:` and is not the ARN of a key or an alias.
    NotAnArn(String),
}

impl KeyRef {
    /// Reads `text` as it would be understood in `region`.
    ///
    /// # Errors
    /// When the text can name neither a key nor an alias of that Region.
    pub fn parse(text: &str, region: &Region) -> Result<Self, KeyRefError> {
        if text.starts_with("arn:") {
            return Self::parse_arn(text, region);
        }
        if text.starts_with("alias/") {
            return Ok(Self::AliasName(NamedAlias::parse(text)));
        }
        match NamedKey::parse(text) {
            Some(key) => Ok(Self::KeyId(key)),
            None => Err(KeyRefError::NotAnId(text.to_owned())),
        }
    }

    /// Whether the reference goes through an alias.
    #[must_use]
    pub fn is_alias(&self) -> bool {
        matches!(self, Self::AliasName(_) | Self::AliasArn(..))
    }

    /// The account that an ARN names; absent when the caller's own account is meant.
    #[must_use]
    pub fn account(&self) -> Option<AccountId> {
        match self {
            Self::KeyArn(account, _) | Self::AliasArn(account, _) => Some(*account),
            Self::KeyId(_) | Self::AliasName(_) => None,
        }
    }

    fn parse_arn(text: &str, home: &Region) -> Result<Self, KeyRefError> {
        let not_an_arn = || KeyRefError::NotAnArn(text.to_owned());
        let [_arn, partition, service, region, account, resource] =
            fields(text, b':').ok_or_else(not_an_arn)?;
        let account = AccountId::parse(account).map_err(|_| not_an_arn())?;
        if Partition::parse(partition).is_none() || service != "kms" {
            return Err(not_an_arn());
        }
        if region != home.as_str() || partition != home.partition().as_str() {
            return Err(KeyRefError::OtherRegion(region.to_owned()));
        }
        if resource.starts_with("alias/") {
            return Ok(Self::AliasArn(account, NamedAlias::parse(resource)));
        }
        let id = resource.strip_prefix("key/").ok_or_else(not_an_arn)?;
        match NamedKey::parse(id) {
            Some(key) => Ok(Self::KeyArn(account, key)),
            None => Err(KeyRefError::NotAnIdInArn(id.to_owned())),
        }
    }
}

impl NamedKey {
    fn parse(text: &str) -> Option<Self> {
        if let Ok(id) = KeyId::parse(text) {
            return Some(Self::Id(id));
        }
        // Only the digits may be in upper case, not the `mrk-`.
        let lowered = match text.strip_prefix("mrk-") {
            Some(digits) => format!("mrk-{}", digits.to_ascii_lowercase()),
            None => text.to_ascii_lowercase(),
        };
        let digits_only_differ = KeyId::parse(&lowered).is_ok() && !text.starts_with("MRK");
        digits_only_differ.then(|| Self::Nobody(text.to_owned()))
    }
}

impl NamedAlias {
    fn parse(text: &str) -> Self {
        match AliasName::parse(text) {
            Ok(name) => Self::Name(name),
            Err(_) => Self::Nobody(text.to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "1234abcd-12ab-34cd-56ef-1234567890ab";

    fn parse(text: &str) -> Result<KeyRef, KeyRefError> {
        KeyRef::parse(text, &Region::parse("us-east-1").unwrap())
    }

    #[test]
    fn the_four_forms_are_told_apart() {
        let key = NamedKey::Id(KeyId::parse(ID).unwrap());
        let alias = NamedAlias::Name(AliasName::parse("alias/a").unwrap());
        let account = AccountId::parse("111122223333").unwrap();
        assert_eq!(parse(ID), Ok(KeyRef::KeyId(key.clone())));
        assert_eq!(
            parse(&format!("arn:aws:kms:us-east-1:111122223333:key/{ID}")),
            Ok(KeyRef::KeyArn(account, key))
        );
        assert_eq!(parse("alias/a"), Ok(KeyRef::AliasName(alias.clone())));
        assert_eq!(
            parse("arn:aws:kms:us-east-1:111122223333:alias/a"),
            Ok(KeyRef::AliasArn(account, alias))
        );
    }

    #[test]
    fn each_malformed_reference_says_what_is_wrong_with_it() {
        let check = |text: &str, expected| assert_eq!(parse(text), Err(expected), "{text}");
        check("foo", KeyRefError::NotAnId("foo".into()));
        check("mrk-1234", KeyRefError::NotAnId("mrk-1234".into()));
        check(
            "arn:aws:kms:us-east-1:111122223333:key/foo",
            KeyRefError::NotAnIdInArn("foo".into()),
        );
        let elsewhere = format!("arn:aws:kms:us-west-2:111122223333:key/{ID}");
        check(&elsewhere, KeyRefError::OtherRegion("us-west-2".into()));
        for text in [
            "arn:",
            "arn:aws:s3:us-east-1:111122223333:key/x",
            "arn:aws:kms:us-east-1:1:k",
        ] {
            check(text, KeyRefError::NotAnArn(text.into()));
        }
    }

    #[test]
    fn an_upper_case_id_is_well_formed_and_names_nobody() {
        let upper = ID.to_ascii_uppercase();
        assert_eq!(
            parse(&upper),
            Ok(KeyRef::KeyId(NamedKey::Nobody(upper.clone())))
        );
    }
}
