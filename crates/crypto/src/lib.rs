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
//! AWS-LC's, but for Argon2id (the `argon2` crate) and SM2 with SM3 (the `sm2` crate).
//!
//! Material is made ready for one job as a [`SymmetricKey`], [`MacKey`], [`SigningKey`],
//! [`EncryptionKey`], [`AgreementKey`] or [`EncapsulationKey`]: parsed once, and only if the
//! algorithm gives its known answers.
//!
//! The formats are drawn to the byte in `docs/formats.md`.

mod aead;
mod agreement;
mod asn1;
mod attestation;
mod audit_signer;
mod curve;
mod data_key;
mod delivery;
mod domain;
mod edwards;
mod encapsulation;
mod encryption;
mod envelope;
mod error;
mod ffi;
mod fingerprint;
mod first_use;
mod framing;
mod grant;
mod header;
mod heap;
mod identifiers;
mod import;
mod kdf;
mod key_store_secret;
mod labels;
pub mod layers;
mod mac;
mod material;
mod memory;
mod message;
mod ml_dsa;
mod process;
mod random;
mod root;
mod rsa;
pub mod seal;
mod self_test;
mod service_key;
mod session;
mod signing;
mod sm2;
#[cfg(test)]
mod tests;

pub use agreement::AgreementKey;
pub use attestation::{AttestationError, AttestationRoots, AttestedRecipient, Platform};
pub use audit_signer::{AuditPair, AuditSigner};
pub use data_key::{data_key, data_key_pair, into_data_key_pair, random_bytes};
pub use delivery::DeliveryKey;
pub use domain::{DomainKey, DomainKeyName};
pub use encapsulation::EncapsulationKey;
pub use encryption::EncryptionKey;
pub use envelope::{SEALED_OVERHEAD_BYTES, wrapping_version};
pub use error::CryptoError;
pub use fingerprint::identity_fingerprint;
pub use first_use::{known_answer_failures, known_answers};
pub use grant::{GrantName, GrantTokenKey, grant_fingerprint};
pub use header::{CIPHERTEXT_OVERHEAD_BYTES, CiphertextHeader, Purpose, Suite};
pub use heap::WipingHeap;
pub use identifiers::{IdentifierKeys, MaterialId};
pub use import::{
    ImportTarget, ImportTerms, ImportTokenKey, WrappingKey, WrappingKeyBinding, public_key_hash,
};
pub use key_store_secret::{KeyStoreSecretKey, KeyStoreSecretKind};
pub use mac::MacKey;
pub use material::{KeyMaterial, MaterialBinding};
pub use memory::{MemoryStatus, status as memory_status};
pub use message::SymmetricKey;
pub use process::{Hardening, give_way, harden, swap_is_on};
pub use random::Random;
pub use root::{RootKey, RootKeys};
pub use self_test::{SelfTestFailure, self_test};
pub use service_key::{CredentialKey, IntegrityKey, Job, MarkerKey, ServiceKey};
pub use session::{SessionSealKey, SessionSecretKey};
pub use signing::SigningKey;
