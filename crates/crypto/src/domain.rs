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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_domain_key_unwraps_only_under_its_own_name() {
        let random = Random::system();
        let root = RootKey::generate(1, &random).unwrap();
        let (here, there) = (
            Region::parse("eu-west-1").unwrap(),
            Region::parse("eu-west-2").unwrap(),
        );
        let name = DomainKeyName {
            cluster_id: "cluster",
            partition: Partition::Aws,
            account: AccountId::parse("111122223333").unwrap(),
            region: &here,
            version: 4,
        };
        let key = DomainKey::generate(4, &random).unwrap();
        let record = key.wrap(&root, &name, &random).unwrap();
        let back = DomainKey::unwrap(&root, &name, &record).unwrap();
        assert_eq!(back.version(), 4);
        assert_eq!(back.key.bytes(), key.key.bytes());

        let other_account = AccountId::parse("111122223334").unwrap();
        for (field, wrong) in [
            (
                "cluster",
                DomainKeyName {
                    cluster_id: "cluste",
                    ..name
                },
            ),
            (
                "partition",
                DomainKeyName {
                    partition: Partition::AwsCn,
                    ..name
                },
            ),
            (
                "account",
                DomainKeyName {
                    account: other_account,
                    ..name
                },
            ),
            (
                "Region",
                DomainKeyName {
                    region: &there,
                    ..name
                },
            ),
            ("version", DomainKeyName { version: 5, ..name }),
        ] {
            let refused = DomainKey::unwrap(&root, &wrong, &record).unwrap_err();
            assert_eq!(refused, CryptoError::Unauthentic, "{field}");
        }
    }

    #[test]
    fn a_domain_key_needs_the_root_key_that_wrapped_it() {
        let random = Random::system();
        let region = Region::parse("eu-west-1").unwrap();
        let name = DomainKeyName {
            cluster_id: "cluster",
            partition: Partition::Aws,
            account: AccountId::DEVELOPMENT,
            region: &region,
            version: 1,
        };
        let old = RootKey::generate(1, &random).unwrap();
        let new = RootKey::generate(2, &random).unwrap();
        let key = DomainKey::generate(1, &random).unwrap();
        let record = key.wrap(&old, &name, &random).unwrap();
        assert_eq!(
            DomainKey::unwrap(&new, &name, &record).unwrap_err(),
            CryptoError::WrongVersion {
                needed: 1,
                at_hand: 2
            }
        );

        // A record whose version number is rewritten does not pass either.
        let mut renumbered = record.clone();
        renumbered[5] = 2;
        assert_eq!(
            DomainKey::unwrap(&new, &name, &renumbered).unwrap_err(),
            CryptoError::Unauthentic
        );

        // Wrapping it again is how a rotation of the root key carries it over.
        let again = DomainKey::unwrap(&old, &name, &record)
            .unwrap()
            .wrap(&new, &name, &random)
            .unwrap();
        let back = DomainKey::unwrap(&new, &name, &again).unwrap();
        assert_eq!(back.key.bytes(), key.key.bytes());
    }

    #[test]
    fn a_domain_key_is_not_wrapped_under_the_name_of_another_version() {
        let random = Random::system();
        let region = Region::parse("eu-west-1").unwrap();
        let name = DomainKeyName {
            cluster_id: "cluster",
            partition: Partition::Aws,
            account: AccountId::DEVELOPMENT,
            region: &region,
            version: 2,
        };
        let root = RootKey::generate(1, &random).unwrap();
        let key = DomainKey::generate(1, &random).unwrap();
        assert_eq!(
            key.wrap(&root, &name, &random).unwrap_err(),
            CryptoError::WrongVersion {
                needed: 2,
                at_hand: 1
            }
        );
    }
}
