//! Material ids, and the two keys that make them and the tags of ciphertext headers.
//!
//! Both keys are secrets of one installation, carried unchanged through every rotation: the ids
//! are public and must not change. Ids are keyed because an unkeyed hash would let anyone test
//! guesses of weak imported material.

use std::fmt;

use strongroom_model::{AccountId, KeyId, Partition};

use crate::{
    CryptoError, Job, ServiceKey,
    framing::length,
    kdf::{self, sha256},
    labels,
    memory::LockedBytes,
};

/// AWS's `KeyMaterialId`: which of a key's materials, as 64 lower-case hex digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MaterialId([u8; 32]);

impl MaterialId {
    /// The id with these bytes, as ciphertext headers carry it.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Parses exactly 64 lower-case hex digits.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut bytes = [0u8; 32];
        crate::framing::read_hex(text, &mut bytes).then_some(Self(bytes))
    }

    /// The bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for MaterialId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&crate::framing::hex(&self.0))
    }
}

impl fmt::Debug for MaterialId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// `K_mid` and `K_hdr`: the keys of material ids and of header tags.
pub struct IdentifierKeys {
    material_id: LockedBytes,
    header: LockedBytes,
}

impl IdentifierKeys {
    /// The published constants of `dev`, so that ciphertexts made under a seed stay valid in
    /// every development folder. They protect nothing and are not meant to.
    #[must_use]
    pub fn development() -> Self {
        let constant = |label: &str| LockedBytes::copy_of(&sha256(label.as_bytes()));
        Self {
            material_id: constant(labels::DEV_MATERIAL_ID),
            header: constant(labels::DEV_HEADER),
        }
    }

    /// The keys of an installation, from its service keys for [`Job::MaterialId`] and
    /// [`Job::Header`].
    ///
    /// # Errors
    /// [`CryptoError::WrongJob`] when either is a key for something else.
    pub fn new(material_id: ServiceKey, header: ServiceKey) -> Result<Self, CryptoError> {
        Ok(Self {
            material_id: material_id.into_key_for(&Job::MaterialId)?,
            header: header.into_key_for(&Job::Header)?,
        })
    }

    /// `HMAC(K_mid, lp(partition) || lp(account) || lp(key id) || material)`.
    pub(crate) fn material_id(
        &self,
        partition: Partition,
        account: AccountId,
        key_id: KeyId,
        material: &[u8],
    ) -> MaterialId {
        let (partition, account, key_id) =
            (partition.as_str(), account.to_string(), key_id.to_string());
        MaterialId(kdf::hmac(
            self.material_id.bytes(),
            &[
                &length(partition.len()),
                partition.as_bytes(),
                &length(account.len()),
                account.as_bytes(),
                &length(key_id.len()),
                key_id.as_bytes(),
                material,
            ],
        ))
    }

    /// The first eight bytes of `HMAC(K_hdr, the first 64 bytes of a ciphertext)`.
    pub(crate) fn header_tag(&self, prefix: &[u8; 64]) -> [u8; 8] {
        let [a, b, c, d, e, f, g, h, ..] = kdf::hmac(self.header.bytes(), &[prefix]);
        [a, b, c, d, e, f, g, h]
    }
}

impl fmt::Debug for IdentifierKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("IdentifierKeys")
    }
}
