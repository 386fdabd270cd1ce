//! The secrets of a custom key store: sealed in its record, opened when the outside is asked.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use strongroom_crypto::KeyStoreSecretKind as Kind;
use strongroom_model::{
    KeyStorePassword, SecretAccessKey, SecretText, shapes::XksProxyAuthenticationCredentialType,
};

use super::{
    KeyStore,
    outside::{Cluster, Proxy},
};
use crate::{
    error::KmsError,
    layout::Home,
    record::{CloudHsmConfig, ExternalConfig, SealedCredential},
    service::Service,
};

/// The secrets of one store, which are bound to its id.
pub(crate) struct Secrets<'s> {
    service: &'s Service,
    home: &'s Home,
    store_id: &'s str,
}

impl<'s> Secrets<'s> {
    pub(crate) fn new(service: &'s Service, home: &'s Home, store_id: &'s str) -> Self {
        Self {
            service,
            home,
            store_id,
        }
    }

    pub(crate) fn of(service: &'s Service, store: &'s KeyStore) -> Self {
        Self::new(service, &store.home, &store.id)
    }

    /// The proxy of a store, with the credential that is kept.
    pub(crate) fn proxy(&self, config: &ExternalConfig) -> Result<Proxy, KmsError> {
        let sealed = &config.credential;
        let secret = self.open(Kind::ProxySecretAccessKey, &sealed.secret_access_key)?;
        Ok(Proxy {
            store: self.store_id.to_owned(),
            endpoint: config.endpoint.clone(),
            path: config.path.clone(),
            region: self.home.region.clone(),
            access_key_id: self.access_key_id(config)?,
            secret: SecretAccessKey::new(secret.expose().to_owned()),
        })
    }

    /// The proxy of a store, with a credential that is about to be kept.
    pub(crate) fn proxy_with(
        &self,
        config: &ExternalConfig,
        credential: &XksProxyAuthenticationCredentialType,
    ) -> Proxy {
        let XksProxyAuthenticationCredentialType {
            access_key_id,
            raw_secret_access_key,
        } = credential;
        Proxy {
            store: self.store_id.to_owned(),
            endpoint: config.endpoint.clone(),
            path: config.path.clone(),
            region: self.home.region.clone(),
            access_key_id: SecretText::new(access_key_id.expose().to_owned()),
            secret: SecretAccessKey::new(raw_secret_access_key.expose().to_owned()),
        }
    }

    /// The id of the access key to the proxy, which AWS shows to who may describe the store.
    pub(crate) fn access_key_id(&self, config: &ExternalConfig) -> Result<SecretText, KmsError> {
        self.open(Kind::ProxyAccessKeyId, &config.credential.access_key_id)
    }

    /// The cluster of a store, with the password that is kept.
    pub(crate) fn cluster(&self, config: &CloudHsmConfig) -> Result<Cluster, KmsError> {
        let password = self.open(Kind::Password, &config.sealed_password)?;
        Ok(Cluster {
            store: self.store_id.to_owned(),
            id: config.cluster.clone(),
            password: KeyStorePassword::new(password.expose().to_owned()),
        })
    }

    pub(crate) fn seal_credential(
        &self,
        credential: &XksProxyAuthenticationCredentialType,
    ) -> Result<SealedCredential, KmsError> {
        Ok(SealedCredential {
            access_key_id: self.seal(Kind::ProxyAccessKeyId, &credential.access_key_id)?,
            secret_access_key: self.seal(
                Kind::ProxySecretAccessKey,
                &credential.raw_secret_access_key,
            )?,
            since: Some(self.service.now()),
        })
    }

    pub(crate) fn seal_password(&self, password: &KeyStorePassword) -> Result<String, KmsError> {
        let text = SecretText::new(password.expose().to_owned());
        self.seal(Kind::Password, &text)
    }

    /// Whether this is the credential that is kept.
    pub(crate) fn is_credential(
        &self,
        config: &ExternalConfig,
        credential: &XksProxyAuthenticationCredentialType,
    ) -> Result<bool, KmsError> {
        let sealed = &config.credential;
        let secret = self.open(Kind::ProxySecretAccessKey, &sealed.secret_access_key)?;
        Ok(self.access_key_id(config)? == credential.access_key_id
            && secret == credential.raw_secret_access_key)
    }

    /// Whether this is the password that is kept.
    pub(crate) fn is_password(
        &self,
        config: &CloudHsmConfig,
        password: &KeyStorePassword,
    ) -> Result<bool, KmsError> {
        Ok(self.cluster(config)?.password == *password)
    }

    fn seal(&self, kind: Kind, secret: &SecretText) -> Result<String, KmsError> {
        let custody = self.service.custody();
        let sealed = custody
            .key_store()
            .seal(self.owner(), kind, secret, custody.random())?;
        Ok(STANDARD.encode(sealed))
    }

    fn open(&self, kind: Kind, sealed: &str) -> Result<SecretText, KmsError> {
        let sealed = STANDARD.decode(sealed).map_err(KmsError::internal)?;
        let key = self.service.custody().key_store();
        Ok(key.open(self.owner(), kind, &sealed)?)
    }

    fn owner(
        &self,
    ) -> (
        strongroom_model::AccountId,
        &strongroom_model::Region,
        &'s str,
    ) {
        (self.home.account, &self.home.region, self.store_id)
    }
}
