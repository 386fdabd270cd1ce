//! The ARNs of KMS resources.

use std::fmt;

use crate::identifiers::{AccountId, AliasName, KeyId, Region};

/// The ARN of a KMS key: `arn:aws:kms:us-east-1:111122223333:key/…`.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct KeyArn {
    /// The account that owns the key.
    pub account: AccountId,
    /// The Region the key is in.
    pub region: Region,
    /// The id of the key.
    pub key_id: KeyId,
}

impl KeyArn {
    /// The ARN as a text, made in one piece.
    #[must_use]
    pub fn text(&self) -> String {
        let Self {
            account,
            region,
            key_id,
        } = self;
        let partition = region.partition().as_str();
        let region = region.as_str();
        // All that has the same length in every ARN has 63 characters.
        let mut text = String::with_capacity(63 + partition.len() + region.len());
        text.push_str("arn:");
        text.push_str(partition);
        text.push_str(":kms:");
        text.push_str(region);
        text.push(':');
        text.push_str(&account.text());
        text.push_str(":key/");
        text.push_str(&key_id.text());
        text
    }
}

impl fmt::Display for KeyArn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text())
    }
}

impl fmt::Debug for KeyArn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The ARN of an alias: `arn:aws:kms:us-east-1:111122223333:alias/…`.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct AliasArn {
    /// The account that owns the alias.
    pub account: AccountId,
    /// The Region the alias is in.
    pub region: Region,
    /// The name of the alias.
    pub name: AliasName,
}

impl fmt::Display for AliasArn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            account,
            region,
            name,
        } = self;
        write!(
            f,
            "arn:{}:kms:{region}:{account}:{name}",
            region.partition()
        )
    }
}

impl fmt::Debug for AliasArn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arns_are_written_as_aws_writes_them() {
        let account = AccountId::parse("000000000042").unwrap();
        let region = Region::parse("cn-north-1").unwrap();
        let key = KeyArn {
            account,
            region: region.clone(),
            key_id: KeyId::parse("1234abcd-12ab-34cd-56ef-1234567890ab").unwrap(),
        };
        let text =
            "arn:aws-cn:kms:cn-north-1:000000000042:key/1234abcd-12ab-34cd-56ef-1234567890ab";
        assert_eq!(key.text(), text);
        assert_eq!(key.text().capacity(), text.len(), "made in one piece");
        assert_eq!(key.to_string(), text);
        let alias = AliasArn {
            account,
            region,
            name: AliasName::parse("alias/a/b").unwrap(),
        };
        assert_eq!(
            alias.to_string(),
            "arn:aws-cn:kms:cn-north-1:000000000042:alias/a/b"
        );
    }
}
