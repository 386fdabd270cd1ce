//! A key that is created in a custom key store: what has to be true of store and external key,
//! and what is made outside.
//!
//! AWS: API reference, "CreateKey", `CustomKeyStoreId` and `XksKeyId`.

use strongroom_crypto::MaterialId;
use strongroom_model::{
    KeyId,
    enums::{CustomKeyStoreType, KeySpec, OriginType},
    shapes::CreateKeyRequest,
};

use super::{KeyStore, Secrets, StoreKeys, delete_object, outside::ProxyFault};
use crate::{
    call::{Attempt, Call},
    change::Change,
    error::KmsError,
    record::{ExternalKeyRecord, InKeyStore, KeyRecord, KeyStoreKind},
};

/// Where in a custom key store a new key is to be.
pub(crate) struct NewKeyPlace {
    store: KeyStore,
    xks_key_id: Option<String>,
}

impl NewKeyPlace {
    /// The place that the request asks for; nothing when it asks for none.
    ///
    /// # Errors
    /// `UnsupportedOperationException` for a key that no custom key store can hold,
    /// `CustomKeyStoreNotFoundException`, `ValidationException` when the origin is that of the
    /// other type of store, and `CustomKeyStoreInvalidStateException` when it is not connected.
    pub(crate) async fn choose(
        call: &Call<'_>,
        input: &CreateKeyRequest,
        origin: OriginType,
        spec: KeySpec,
        multi_region: bool,
    ) -> Result<Option<Self>, KmsError> {
        let Some(id) = &input.custom_key_store_id else {
            return Ok(None);
        };
        if spec != KeySpec::SymmetricDefault {
            let what = format!("KeySpec {}", spec.as_str());
            return Err(KmsError::not_in_key_store(&what));
        }
        if multi_region {
            return Err(KmsError::not_in_key_store("A multi-Region key"));
        }
        let store = call.find_key_store(id).await?;
        let fits = match store.record().kind.as_type() {
            CustomKeyStoreType::AwsCloudhsm => OriginType::AwsCloudhsm,
            CustomKeyStoreType::ExternalKeyStore => OriginType::ExternalKeyStore,
        };
        if origin != fits {
            return Err(KmsError::origin_of_other_store(origin, id));
        }
        if !store.is_connected() {
            return Err(KmsError::key_store_state(id, store.state()));
        }
        Ok(Some(Self {
            store,
            xks_key_id: input.xks_key_id.clone(),
        }))
    }

    pub(crate) fn store(&self) -> &KeyStore {
        &self.store
    }

    /// The place, as the record of the key keeps it.
    pub(crate) fn record(&self) -> InKeyStore {
        InKeyStore {
            id: self.store.id.clone(),
            xks_key_id: self.xks_key_id.clone(),
        }
    }

    /// Checks the external key, or makes the object in the hardware module, and adds to the
    /// change what makes the key one of its store.
    ///
    /// # Errors
    /// Those of the external key and of the outside.
    pub(crate) async fn settle(
        &self,
        call: &Call<'_>,
        id: KeyId,
        record: &KeyRecord,
        change: &mut Change,
    ) -> Result<(), KmsError> {
        let service = call.service();
        let keys = StoreKeys::of(service, &self.store).await?;
        change.join_key_store(&self.store, &keys)?;
        let secrets = Secrets::of(service, &self.store);
        match &self.store.record().kind {
            KeyStoreKind::ExternalKeyStore(config) => {
                let external = self.xks_key_id.as_deref().unwrap_or_default();
                let row = self.store.home.external_key(&self.store.id, external);
                if service.shelves().get(&row).await?.is_some() {
                    return Err(KmsError::external_key_in_use(external));
                }
                change
                    .provided(&row, None)
                    .put(&row, &ExternalKeyRecord { key: id })?;

                let proxy = secrets.proxy(config)?;
                let about = call.about();
                let key = service
                    .outside()
                    .proxies
                    .key_metadata(&proxy, external, &about)
                    .await
                    .map_err(ProxyFault::of_new_key)?;
                let unfit = |why| Err(KmsError::external_key_unfit(external, why));
                if !key.is_aes_256 {
                    return unfit("is not a 256-bit AES key");
                }
                if !key.encrypts_and_decrypts {
                    return unfit("is not configured to encrypt and decrypt");
                }
                if !key.is_enabled {
                    return unfit("is not enabled");
                }
                Ok(())
            }
            KeyStoreKind::AwsCloudhsm(config) => {
                let cluster = secrets.cluster(config)?;
                call.note("backingKey", super::backing_key(record));
                let material = record
                    .material
                    .as_ref()
                    .and_then(|current| MaterialId::parse(&current.id))
                    .ok_or_else(|| KmsError::internal("a new key has no material"))?;
                service
                    .outside()
                    .clusters
                    .create_key(
                        &cluster,
                        &call.home().key_arn(id).to_string(),
                        material.as_bytes(),
                    )
                    .await
                    .map_err(super::outside::ClusterFault::of_new_key)
            }
        }
    }

    /// Takes back what was made outside when the key did not come into being.
    pub(crate) async fn after(
        &self,
        call: &Call<'_>,
        id: KeyId,
        committed: Attempt<()>,
    ) -> Attempt<()> {
        if committed.is_err()
            && let KeyStoreKind::AwsCloudhsm(config) = &self.store.record().kind
        {
            let cluster = Secrets::of(call.service(), &self.store).cluster(config)?;
            let label = call.home().key_arn(id).to_string();
            delete_object(call.service(), &cluster, &label).await;
        }
        committed
    }
}
