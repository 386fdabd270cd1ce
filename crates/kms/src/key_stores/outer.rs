//! The outer layer of the ciphertexts of one key in a custom key store.

use strongroom_crypto::layers::{self, OuterLayer};
use strongroom_model::{EncryptionContext, KeyArn};

use super::{
    KeyStore, Secrets,
    outside::{About, ClusterFault, MadeOuterLayer, ProxyFault},
};
use crate::{
    call::Key,
    error::KmsError,
    record::{ExternalConfig, KeyStoreKind},
    service::Service,
};

/// Who makes and opens the outer layer, for one call.
pub(crate) struct Outer<'s> {
    service: &'s Service,
    store: KeyStore,
    arn: KeyArn,
    external_key: Option<String>,
    about: About,
}

impl<'s> Outer<'s> {
    /// The outer layer of a key; nothing for a key that is in no custom key store.
    /// `about` is asked only if there is one.
    pub(crate) fn of(
        service: &'s Service,
        key: &Key,
        about: impl FnOnce() -> About,
    ) -> Option<Self> {
        let store = key.store()?.clone();
        let in_store = key.record().key_store.as_ref()?;
        Some(Self {
            service,
            store,
            arn: key.arn(),
            external_key: in_store.xks_key_id.clone(),
            about: About {
                key_arn: Some(key.arn().to_string()),
                ..about()
            },
        })
    }

    /// The ciphertext that the inner message becomes.
    ///
    /// # Errors
    /// `KMSInvalidStateException`, whatever went wrong outside; `ThrottlingException` when the
    /// store is asked too often.
    pub(crate) async fn enclose(
        &self,
        message: &[u8],
        context: &EncryptionContext,
    ) -> Result<Vec<u8>, KmsError> {
        let inner = layers::inner_of(message)?;
        let aad = layers::outer_aad(message, context)?;
        let outer = self.encrypt(inner, &aad).await?;
        // What cannot be written down is not what was asked for.
        layers::enclose(message, &outer.as_layer()).map_err(|_| match self.store.record().kind {
            KeyStoreKind::ExternalKeyStore(_) => ProxyFault::InvalidResponse.of_use(),
            KeyStoreKind::AwsCloudhsm(_) => ClusterFault::Internal.of_use(&self.arn),
        })
    }

    /// The inner message of a ciphertext.
    ///
    /// # Errors
    /// `InvalidCiphertextException` when the ciphertext has no outer layer, `ThrottlingException`
    /// when the store is asked too often, else `KMSInvalidStateException`.
    pub(crate) async fn open(
        &self,
        blob: &[u8],
        context: &EncryptionContext,
    ) -> Result<Vec<u8>, KmsError> {
        let invalid = |_| KmsError::invalid_ciphertext();
        let outer = OuterLayer::read(blob).map_err(invalid)?;
        let aad = layers::outer_aad(blob, context).map_err(invalid)?;
        let inner = self.decrypt(outer, &aad).await?;
        layers::restore(blob, &inner).map_err(invalid)
    }

    async fn encrypt(&self, inner: &[u8], aad: &[u8]) -> Result<MadeOuterLayer, KmsError> {
        self.service.admit_to_key_store(&self.store.id)?;
        let outside = self.service.outside();
        let secrets = Secrets::of(self.service, &self.store);
        match &self.store.record().kind {
            KeyStoreKind::ExternalKeyStore(config) => {
                let (proxy, key) = (secrets.proxy(config)?, self.external_key(config)?);
                let made = outside
                    .proxies
                    .encrypt(&proxy, key, &self.about, inner, aad)
                    .await;
                made.map_err(ProxyFault::of_use)
            }
            KeyStoreKind::AwsCloudhsm(config) => {
                let (cluster, label) = (secrets.cluster(config)?, self.arn.to_string());
                let made = outside.clusters.encrypt(&cluster, &label, inner, aad).await;
                made.map_err(|fault| fault.of_use(&self.arn))
            }
        }
    }

    async fn decrypt(&self, outer: OuterLayer<'_>, aad: &[u8]) -> Result<Vec<u8>, KmsError> {
        self.service.admit_to_key_store(&self.store.id)?;
        let outside = self.service.outside();
        let secrets = Secrets::of(self.service, &self.store);
        match &self.store.record().kind {
            KeyStoreKind::ExternalKeyStore(config) => {
                let (proxy, key) = (secrets.proxy(config)?, self.external_key(config)?);
                let inner = outside
                    .proxies
                    .decrypt(&proxy, key, &self.about, outer, aad)
                    .await;
                inner.map_err(ProxyFault::of_use)
            }
            KeyStoreKind::AwsCloudhsm(config) => {
                let (cluster, label) = (secrets.cluster(config)?, self.arn.to_string());
                let inner = outside.clusters.decrypt(&cluster, &label, outer, aad).await;
                inner.map_err(|fault| fault.of_use(&self.arn))
            }
        }
    }

    fn external_key(&self, config: &ExternalConfig) -> Result<&str, KmsError> {
        self.external_key.as_deref().ok_or_else(|| {
            let place = &config.endpoint;
            KmsError::internal(format_args!(
                "{} names no external key of {place}",
                self.arn
            ))
        })
    }
}
