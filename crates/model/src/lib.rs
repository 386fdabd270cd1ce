//! The words of AWS KMS.
//!
//! Everything here is a value: identifiers that were parsed, secrets that cannot be printed,
//! the shapes of the 56 operations. This crate does no I/O and reads no clock.

pub mod arn;
pub mod context;
pub mod generated;
pub mod identifiers;
pub mod key_ref;
pub mod limits;
pub mod pieces;
pub mod secret;
pub mod time;

pub use arn::{AliasArn, KeyArn};
pub use context::EncryptionContext;
pub use generated::{enums, errors, operations, shapes};
pub use identifiers::{AccountId, AliasName, GrantId, KeyId, Partition, Region};
pub use key_ref::{KeyRef, KeyRefError};
pub use secret::{
    GrantToken, KeyStorePassword, Plaintext, SecretAccessKey, SecretText, SessionToken,
};
pub use time::{Clock, Timestamp};
