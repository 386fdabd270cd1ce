//! One seal: the root key, wrapped under one key from outside.

use aws_lc_rs::constant_time::verify_slices_are_equal;
use serde::{Deserialize, Serialize};

use crate::{
    CryptoError, Random, RootKey,
    aead::{self, IV_BYTES, KEY_BYTES, TAG_BYTES},
    framing::{Framed, hex, read_hex},
    kdf, labels,
    memory::LockedBytes,
    seal::{Argon2Parameters, SealError, SealKey, SealKind},
};

const FORMAT: u32 = 1;
/// Bytes of the value that tells a wrong key from a damaged record.
const CHECK_BYTES: usize = 16;

/// A seal as it is stored: self-describing, and without any secret in usable form.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SealRecord {
    format: u32,
    seal_id: String,
    #[serde(rename = "type")]
    kind: SealKind,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    argon2id: Option<Argon2Parameters>,
    root_key_version: u32,
    /// Derived from the seal's key one way, in hex.
    check: String,
    /// Initialization vector of the wrap, in hex.
    nonce: String,
    /// The wrapped root key with its tag, in hex.
    wrapped: String,
}

impl SealRecord {
    /// The id by which the seal is named and removed.
    #[must_use]
    pub fn seal_id(&self) -> &str {
        &self.seal_id
    }

    /// Which way of sealing this is.
    #[must_use]
    pub fn kind(&self) -> SealKind {
        self.kind
    }

    /// How much work the passphrase costs, when it is one.
    #[must_use]
    pub fn argon2id(&self) -> Option<&Argon2Parameters> {
        self.argon2id.as_ref()
    }

    /// Which edition of the root key it wraps.
    #[must_use]
    pub fn root_key_version(&self) -> u32 {
        self.root_key_version
    }

    /// Wraps the root key under a new seal, or under an existing one when its id is given.
    pub(super) fn wrap(
        cluster_id: &str,
        seal_id: Option<&str>,
        root: &RootKey,
        key: &SealKey,
        random: &Random,
    ) -> Result<Self, SealError> {
        let nonce = random.array::<IV_BYTES>()?;
        let seal_id = match seal_id {
            Some(seal_id) => seal_id.to_owned(),
            None => format!("seal-{}", hex(&random.array::<6>()?)),
        };
        let argon2id = match key.kind() {
            SealKind::KeyFile => None,
            SealKind::Passphrase => Some(Argon2Parameters::generate(random)?),
        };
        let mut record = Self {
            format: FORMAT,
            seal_id,
            kind: key.kind(),
            argon2id,
            root_key_version: root.version(),
            check: String::new(),
            nonce: hex(&nonce),
            wrapped: String::new(),
        };
        let wrapping = record.wrapping_key(key)?;
        record.check = hex(&record.check_value(&wrapping)?);
        let mut secret = LockedBytes::copy_of(root.bytes());
        let tag = aead::seal(
            wrapping.bytes(),
            &nonce,
            &record.aad(cluster_id),
            secret.bytes_mut(),
        )?;
        record.wrapped = hex(secret.bytes()) + &hex(&tag);
        Ok(record)
    }

    /// Opens the seal. `None` when the key is another seal's.
    ///
    /// A key that passes the check but does not open the record means that the record, not the
    /// key, is at fault.
    pub(super) fn open(
        &self,
        cluster_id: &str,
        key: &SealKey,
    ) -> Result<Option<RootKey>, SealError> {
        if key.kind() != self.kind {
            return Ok(None);
        }
        let mut check = [0u8; CHECK_BYTES];
        let mut nonce = [0u8; IV_BYTES];
        let mut sealed = [0u8; KEY_BYTES + TAG_BYTES];
        let readable = self.format == FORMAT
            && self.argon2id.is_some() == (self.kind == SealKind::Passphrase)
            && read_hex(&self.check, &mut check)
            && read_hex(&self.nonce, &mut nonce)
            && read_hex(&self.wrapped, &mut sealed);
        if !readable {
            return Err(SealError::UnknownFormat);
        }
        let wrapping = self.wrapping_key(key)?;
        if verify_slices_are_equal(&self.check_value(&wrapping)?, &check).is_err() {
            return Ok(None);
        }
        let mut secret = LockedBytes::copy_of(&sealed);
        aead::open(
            wrapping.bytes(),
            &nonce,
            &self.aad(cluster_id),
            secret.bytes_mut(),
        )
        .map_err(|_| SealError::Tampered(self.seal_id.clone()))?;
        secret.truncate(KEY_BYTES);
        Ok(Some(RootKey::from_bytes(self.root_key_version, secret)?))
    }

    /// The 32 bytes that wrap the root key here.
    fn wrapping_key(&self, key: &SealKey) -> Result<LockedBytes, SealError> {
        match &self.argon2id {
            Some(parameters) => parameters.derive(key.bytes(), &self.seal_id),
            None => Ok(LockedBytes::copy_of(key.bytes())),
        }
    }

    fn check_value(&self, wrapping: &LockedBytes) -> Result<[u8; CHECK_BYTES], CryptoError> {
        let mut check = [0u8; CHECK_BYTES];
        kdf::derive(
            wrapping.bytes(),
            labels::SEAL_CHECK,
            self.seal_id.as_bytes(),
            &mut check,
        )?;
        Ok(check)
    }

    /// What the wrap is bound to: installation, seal, type, root key version, parameters.
    fn aad(&self, cluster_id: &str) -> Vec<u8> {
        self.name(Framed::labelled(labels::SEAL).text(cluster_id))
            .finish()
    }

    fn name(&self, name: Framed) -> Framed {
        let name = name
            .text(&self.seal_id)
            .text(self.kind.name())
            .u32(self.root_key_version);
        match &self.argon2id {
            Some(parameters) => parameters.bind(name),
            None => name,
        }
    }

    /// Adds the whole record to the bytes that the set's MAC is taken over.
    pub(super) fn bind(&self, set: Framed) -> Framed {
        set.u32(self.format).bytes(
            &self
                .name(Framed::default())
                .text(&self.check)
                .text(&self.nonce)
                .text(&self.wrapped)
                .finish(),
        )
    }
}
