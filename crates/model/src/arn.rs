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

impl fmt::Display for KeyArn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            account,
            region,
            key_id,
        } = self;
        write!(
            f,
            "arn:{}:kms:{region}:{account}:key/{key_id}",
            region.partition()
        )
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
