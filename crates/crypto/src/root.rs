//! The root key: what the seals protect, and what everything else hangs from.

use crate::{CryptoError, Random, aead::KEY_BYTES, kdf, labels, memory::LockedBytes};

/// One version of the root key.
///
/// It is never used as a cipher's key: each use has a sub-key of its own, derived under a label.
/// The bytes live in locked memory for as long as the process is unsealed.
pub struct RootKey {
    version: u32,
    bytes: LockedBytes,
}

/// What a sub-key of the root key is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SubKey {
    /// Wraps domain keys.
    WrapDomain,
    /// Wraps the integrity keys of accounts.
    WrapIntegrity,
    /// Wraps every other service key.
    WrapServiceKeys,
    /// Wraps the key that signs audit checkpoints.
    WrapAuditSigner,
    /// Wraps root keys that this one has replaced, until nothing refers to them.
    WrapPreviousRoot,
    /// Authenticates the set of seals.
    MacSealSet,
}

impl RootKey {
    /// A new root key.
    ///
    /// # Errors
    /// [`CryptoError::RandomUnavailable`].
    pub fn generate(version: u32, random: &Random) -> Result<Self, CryptoError> {
        Ok(Self {
            version,
            bytes: LockedBytes::filled(KEY_BYTES, |key| random.fill(key))?,
        })
    }

    /// Which edition of the root key this is. Versions begin at 1 and only grow.
    #[must_use]
    pub fn version(&self) -> u32 {
        self.version
    }

    /// A root key that was unwrapped by a seal or by its successor.
    pub(crate) fn from_bytes(version: u32, bytes: LockedBytes) -> Result<Self, CryptoError> {
        if bytes.bytes().len() == KEY_BYTES {
            Ok(Self { version, bytes })
        } else {
            Err(CryptoError::UnknownFormat)
        }
    }

    /// The bytes, for a seal to wrap.
    pub(crate) fn bytes(&self) -> &[u8] {
        self.bytes.bytes()
    }

    /// The sub-key for one use.
    pub(crate) fn sub_key(&self, which: SubKey) -> Result<LockedBytes, CryptoError> {
        let label = match which {
            SubKey::WrapDomain => labels::WRAP_DOMAIN,
            SubKey::WrapIntegrity => labels::WRAP_INTEGRITY,
            SubKey::WrapServiceKeys => labels::WRAP_SERVICE_KEYS,
            SubKey::WrapAuditSigner => labels::WRAP_AUDIT_SIGNER,
            SubKey::WrapPreviousRoot => labels::WRAP_PREVIOUS_ROOT,
            SubKey::MacSealSet => labels::MAC_SEAL_SET,
        };
        kdf::derive_key(self.bytes(), label, b"")
    }
}

impl std::fmt::Debug for RootKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "RootKey(version {})", self.version)
    }
}

/// The active root key, and those before it that some record may still need.
#[derive(Debug)]
pub struct RootKeys {
    active: RootKey,
    previous: Vec<RootKey>,
}

impl RootKeys {
    /// A ring of one key.
    #[must_use]
    pub fn new(active: RootKey) -> Self {
        Self {
            active,
            previous: Vec::new(),
        }
    }

    /// A ring during a rotation.
    pub(crate) fn with_previous(active: RootKey, previous: Vec<RootKey>) -> Self {
        Self { active, previous }
    }

    /// Ends a rotation.
    pub(crate) fn forget_previous(&mut self) {
        self.previous.clear();
    }

    /// The version that wraps whatever is written now.
    #[must_use]
    pub fn active(&self) -> &RootKey {
        &self.active
    }

    /// The versions that are only read, newest first. Empty unless a rotation is under way.
    #[must_use]
    pub fn previous(&self) -> &[RootKey] {
        &self.previous
    }

    /// The key that a record needs, by the version that
    /// [`wrapping_version`](crate::wrapping_version) read from it.
    ///
    /// # Errors
    /// [`CryptoError::WrongVersion`] when that version is not in the ring.
    pub fn get(&self, version: u32) -> Result<&RootKey, CryptoError> {
        std::iter::once(&self.active)
            .chain(&self.previous)
            .find(|key| key.version == version)
            .ok_or(CryptoError::WrongVersion {
                needed: version,
                at_hand: self.active.version,
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_use_of_the_root_key_has_a_key_of_its_own() {
        let root = RootKey::generate(1, &Random::system()).unwrap();
        let keys = [
            SubKey::WrapDomain,
            SubKey::WrapIntegrity,
            SubKey::WrapServiceKeys,
            SubKey::WrapAuditSigner,
            SubKey::WrapPreviousRoot,
            SubKey::MacSealSet,
        ]
        .map(|which| root.sub_key(which).unwrap().bytes().to_vec());
        for (at, key) in keys.iter().enumerate() {
            assert_ne!(key, root.bytes());
            assert!(!keys[..at].contains(key), "{at}");
        }
    }

    #[test]
    fn the_ring_gives_the_version_that_a_record_needs() {
        let random = Random::system();
        let key = |version| RootKey::generate(version, &random).unwrap();
        let roots = RootKeys::with_previous(key(3), vec![key(2)]);
        assert_eq!(roots.get(3).unwrap().version(), 3);
        assert_eq!(roots.get(2).unwrap().version(), 2);
        assert_eq!(
            roots.get(1).unwrap_err(),
            CryptoError::WrongVersion {
                needed: 1,
                at_hand: 3
            }
        );
        assert_eq!(
            format!("{roots:?}"),
            "RootKeys { active: RootKey(version 3), previous: [RootKey(version 2)] }"
        );
    }
}
