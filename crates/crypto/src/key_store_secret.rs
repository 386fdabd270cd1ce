//! The secrets of custom key stores, sealed for the store.

use strongroom_model::{AccountId, Region, SecretText};

use crate::{
    CryptoError, Job, Random, ServiceKey, envelope, framing::Framed, labels, memory::LockedBytes,
};

/// Which secret of a custom key store is sealed. The names are stored and must not change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyStoreSecretKind {
    /// The id of the access key to an external key store proxy.
    ProxyAccessKeyId,
    /// The secret of the access key to an external key store proxy.
    ProxySecretAccessKey,
    /// The password of the crypto user.
    Password,
}

impl KeyStoreSecretKind {
    fn name(self) -> &'static str {
        match self {
            Self::ProxyAccessKeyId => "proxy-access-key-id",
            Self::ProxySecretAccessKey => "proxy-secret-access-key",
            Self::Password => "password",
        }
    }
}

/// Seals the secrets of custom key stores, each bound to its store and to what it is.
pub struct KeyStoreSecretKey {
    version: u32,
    key: LockedBytes,
}

impl KeyStoreSecretKey {
    /// Makes such a key of a service key.
    ///
    /// # Errors
    /// [`CryptoError::WrongJob`] when it is for something else.
    pub fn new(key: ServiceKey) -> Result<Self, CryptoError> {
        Ok(Self {
            version: key.version(),
            key: key.into_key_for(&Job::KeyStore)?,
        })
    }

    /// Seals a secret of a store, as the record that is kept.
    ///
    /// # Errors
    /// [`CryptoError::RandomUnavailable`].
    pub fn seal(
        &self,
        owner: (AccountId, &Region, &str),
        kind: KeyStoreSecretKind,
        secret: &SecretText,
        random: &Random,
    ) -> Result<Vec<u8>, CryptoError> {
        envelope::seal(
            &self.key,
            self.version,
            labels::KEY_STORE,
            &self.aad(owner, kind),
            secret.expose().as_bytes(),
            random,
        )
    }

    /// Opens a sealed secret, if it is that one of that store.
    ///
    /// # Errors
    /// [`CryptoError::WrongVersion`] when another version sealed it,
    /// [`CryptoError::Unauthentic`] when it is another secret or was altered.
    pub fn open(
        &self,
        owner: (AccountId, &Region, &str),
        kind: KeyStoreSecretKind,
        sealed: &[u8],
    ) -> Result<SecretText, CryptoError> {
        let mut bytes = envelope::open(
            &self.key,
            self.version,
            labels::KEY_STORE,
            &self.aad(owner, kind),
            sealed,
        )?;
        match String::from_utf8(std::mem::take(&mut *bytes)) {
            Ok(text) => Ok(SecretText::new(text)),
            Err(error) => {
                *bytes = error.into_bytes();
                Err(CryptoError::UnknownFormat)
            }
        }
    }

    fn aad(
        &self,
        (account, region, store_id): (AccountId, &Region, &str),
        kind: KeyStoreSecretKind,
    ) -> Vec<u8> {
        Framed::labelled(labels::KEY_STORE)
            .u32(self.version)
            .display(account)
            .text(region.as_str())
            .text(store_id)
            .text(kind.name())
            .finish()
    }
}

impl std::fmt::Debug for KeyStoreSecretKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "KeyStoreSecretKey({})", self.version)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_opens_only_as_what_it_is_and_for_its_own_store() {
        let random = Random::system();
        let service = ServiceKey::generate(Job::KeyStore, 1, &random).unwrap();
        let key = KeyStoreSecretKey::new(service).unwrap();
        let account = AccountId::parse("111122223333").unwrap();
        let (here, there) = (
            Region::parse("eu-west-1").unwrap(),
            Region::parse("eu-west-2").unwrap(),
        );
        let own = (account, &here, "cks-1");
        let secret = SecretText::new("hush hush".to_owned());
        let kind = KeyStoreSecretKind::Password;
        let sealed = key.seal(own, kind, &secret, &random).unwrap();
        assert_eq!(key.open(own, kind, &sealed).unwrap(), secret);
        for (owner, kind) in [
            ((account, &here, "cks-2"), kind),
            ((account, &there, "cks-1"), kind),
            ((AccountId::DEVELOPMENT, &here, "cks-1"), kind),
            (own, KeyStoreSecretKind::ProxySecretAccessKey),
            (own, KeyStoreSecretKind::ProxyAccessKeyId),
        ] {
            assert_eq!(
                key.open(owner, kind, &sealed),
                Err(CryptoError::Unauthentic)
            );
        }
        for at in 0..sealed.len() {
            let mut altered = sealed.clone();
            altered[at] ^= 1;
            assert!(key.open(own, kind, &altered).is_err(), "{at}");
        }
    }

    #[test]
    fn a_service_key_of_another_job_is_refused() {
        let other = ServiceKey::generate(Job::Credential, 1, &Random::system()).unwrap();
        assert_eq!(
            KeyStoreSecretKey::new(other).unwrap_err(),
            CryptoError::WrongJob
        );
    }
}
