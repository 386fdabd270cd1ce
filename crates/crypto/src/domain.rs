//! Domain keys: one per partition, account and Region, above that account's key material.
//!
//! AWS shares one domain key per Region because its HSM is the boundary. Here each account has
//! its own, so that destroying one destroys that account's material everywhere at once, and a
//! leaked one leaks no other account.

use strongroom_model::{AccountId, Partition, Region};

use crate::{
    CryptoError, Random,
    aead::KEY_BYTES,
    envelope,
    framing::Framed,
    labels,
    memory::LockedBytes,
    root::{RootKey, SubKey},
};

/// Which domain key a stored record is. A record opens under no other name.
#[derive(Clone, Copy, Debug)]
pub struct DomainKeyName<'a> {
    /// The installation.
    pub cluster_id: &'a str,
    /// The partition of the Region.
    pub partition: Partition,
    /// The account whose keys it wraps.
    pub account: AccountId,
    /// The Region whose keys it wraps.
    pub region: &'a Region,
    /// The edition, from 1.
    pub version: u32,
}

impl DomainKeyName<'_> {
    fn aad(&self, root_key_version: u32) -> Vec<u8> {
        Framed::labelled(labels::DOMAIN_KEY)
            .text(self.cluster_id)
            .text(self.partition.as_str())
            .display(self.account)
            .text(self.region.as_str())
            .u32(self.version)
            .u32(root_key_version)
            .finish()
    }
}

/// One version of a domain key, in locked memory.
pub struct DomainKey {
    version: u32,
    key: LockedBytes,
}

impl DomainKey {
    /// A new domain key.
    ///
    /// # Errors
    /// [`CryptoError::RandomUnavailable`].
    pub fn generate(version: u32, random: &Random) -> Result<Self, CryptoError> {
        Ok(Self {
            version,
            key: LockedBytes::filled(KEY_BYTES, |key| random.fill(key))?,
        })
    }

    /// Which edition this is.
    #[must_use]
    pub fn version(&self) -> u32 {
        self.version
    }

    /// Wraps the key under the root key, as the record that is stored.
    ///
    /// # Errors
    /// [`CryptoError::RandomUnavailable`]; [`CryptoError::WrongVersion`] when the name is that of
    /// another version.
    pub fn wrap(
        &self,
        root: &RootKey,
        name: &DomainKeyName<'_>,
        random: &Random,
    ) -> Result<Vec<u8>, CryptoError> {
        if name.version != self.version {
            return Err(CryptoError::WrongVersion {
                needed: name.version,
                at_hand: self.version,
            });
        }
        envelope::wrap(
            &root.sub_key(SubKey::WrapDomain)?,
            root.version(),
            &name.aad(root.version()),
            self.key.bytes(),
            random,
        )
    }

    /// Unwraps a stored record, if it is the domain key of that name.
    ///
    /// # Errors
    /// [`CryptoError::WrongVersion`] when another version of the root key wrapped it,
    /// [`CryptoError::Unauthentic`] when it has another name or was altered.
    pub fn unwrap(
        root: &RootKey,
        name: &DomainKeyName<'_>,
        record: &[u8],
    ) -> Result<Self, CryptoError> {
        let key = envelope::unwrap(
            &root.sub_key(SubKey::WrapDomain)?,
            root.version(),
            &name.aad(root.version()),
            record,
        )?;
        if key.bytes().len() != KEY_BYTES {
            return Err(CryptoError::UnknownFormat);
        }
        Ok(Self {
            version: name.version,
            key,
        })
    }

    /// The key itself, for wrapping key material.
    pub(crate) fn key(&self) -> &LockedBytes {
        &self.key
    }
}

impl std::fmt::Debug for DomainKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "DomainKey(version {})", self.version)
    }
}
