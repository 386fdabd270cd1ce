//! The crypto room: the only place that sees the bytes of a KMS key.
//!
//! Keys stand on one another in levels, and each level is only ever stored wrapped by the one
//! above it:
//!
//! ```text
//! seal key        outside world: key file, passphrase          [`seal`]
//! └ root key      32 random bytes, versioned                   [`RootKey`]
//!   ├ service key one per job: row tags, markers, secrets …    [`ServiceKey`]
//!   └ domain key  one per partition, account and Region        [`DomainKey`]
//!     └ key material   what a KMS key is                       [`KeyMaterial`]
//!       └ message key  derived for one message, never stored   [`SymmetricKey`]
//! ```
//!
//! Three rules hold in every file of this room. Every stored secret is sealed with a name that
//! says exactly which row it is, so moving bytes between rows, keys, accounts, Regions, versions
//! or installations makes opening fail. Nothing leaves but ciphertexts, tags and
//! [`Plaintext`](strongroom_model::Plaintext). No primitive is written here: they are all
//! aws-lc-rs's, and Argon2id is the `argon2` crate's.
//!
//! The formats are drawn to the byte in `docs/formats.md`.

mod aead;
mod agreement;
mod attestation;
mod curve;
mod data_key;
mod der;
mod domain;
mod encryption;
mod envelope;
mod error;
mod framing;
#[cfg(test)]
mod golden_records;
mod header;
mod identifiers;
mod kdf;
mod labels;
mod mac;
mod material;
mod memory;
mod message;
mod process;
#[cfg(test)]
mod published_vectors;
mod random;
mod root;
mod rsa;
pub mod seal;
mod self_test;
mod service_key;
mod signing;

pub use agreement::AgreementKey;
pub use attestation::{AttestationError, AttestationRoots, AttestedRecipient};
pub use data_key::{data_key, data_key_pair, random_bytes};
pub use domain::{DomainKey, DomainKeyName};
pub use encryption::EncryptionKey;
pub use envelope::{SEALED_OVERHEAD_BYTES, wrapping_version};
pub use error::CryptoError;
pub use header::{CIPHERTEXT_OVERHEAD_BYTES, CiphertextHeader, Purpose};
pub use identifiers::{IdentifierKeys, MaterialId};
pub use mac::MacKey;
pub use material::{KeyMaterial, MaterialBinding};
pub use memory::{MemoryStatus, status as memory_status};
pub use message::SymmetricKey;
pub use process::{Hardening, harden, swap_is_on};
pub use random::Random;
pub use root::{RootKey, RootKeys};
pub use self_test::{SelfTestFailure, self_test};
pub use service_key::{CredentialKey, IntegrityKey, Job, MarkerKey, ServiceKey};
pub use signing::SigningKey;
