//! Custom key stores: where KMS keys have half of themselves outside of this house.
//!
//! A key in a custom key store has key material of ours, as every key has, and a key outside, in
//! an external key manager or a hardware module. Both encrypt, one inside the other (suites 2 and
//! 3 of the ciphertext format), so neither party alone can decrypt.
//!
//! Nothing here knows how the outside is reached: [`outside`] says what is asked of it, and who
//! answers is handed in with the settings.
//!
//! AWS: developer guide, "Custom key stores"; XKS proxy API specification, version 1.

mod changes;
mod connection;
mod faults;
mod health;
mod new_key;
mod outer;
pub mod outside;
mod recorded;
mod secrets;
mod sentences;

pub(crate) use changes::{Claims, Names, StoreKeys, new_record};
pub(crate) use connection::Connections;
pub(crate) use health::Health;
pub use health::KeyStoreHealth;
pub(crate) use new_key::NewKeyPlace;
pub(crate) use outer::Outer;
pub(crate) use recorded::{Note, backing_key};
pub(crate) use secrets::Secrets;

use std::sync::Arc;

use strongroom_crypto::{Random, Suite};
use strongroom_model::{
    Plaintext,
    enums::{ConnectionStateType, CustomKeyStoreType, OriginType},
};

use crate::{
    audit::{RequestId, hex},
    call::Key,
    change::Change,
    error::KmsError,
    layout::Home,
    record::{KeyRecord, KeyStoreKind, KeyStoreRecord},
    service::Service,
    shelves::Stored,
};

/// A custom key store that was looked up.
#[derive(Clone, Debug)]
pub(crate) struct KeyStore {
    pub(crate) home: Home,
    pub(crate) id: String,
    pub(crate) stored: Arc<Stored<KeyStoreRecord>>,
}

impl KeyStore {
    pub(crate) fn record(&self) -> &KeyStoreRecord {
        &self.stored.record
    }

    pub(crate) fn state(&self) -> ConnectionStateType {
        self.record().connection.state
    }

    pub(crate) fn is_connected(&self) -> bool {
        self.state() == ConnectionStateType::Connected
    }

    /// Finds a store of the account and Region.
    ///
    /// # Errors
    /// `CustomKeyStoreNotFoundException`.
    pub(crate) async fn find(service: &Service, home: &Home, id: &str) -> Result<Self, KmsError> {
        // Only what looks like the id of a store can be one; anything else is no row name.
        let stored = if is_id(id) {
            service.shelves().get(&home.key_store(id)).await?
        } else {
            None
        };
        let stored = stored.ok_or_else(|| KmsError::no_such_key_store(id))?;
        Ok(Self {
            home: home.clone(),
            id: id.to_owned(),
            stored,
        })
    }
}

impl KeyStoreKind {
    /// What AWS calls this kind.
    pub(crate) fn as_type(&self) -> CustomKeyStoreType {
        match self {
            Self::AwsCloudhsm(_) => CustomKeyStoreType::AwsCloudhsm,
            Self::ExternalKeyStore(_) => CustomKeyStoreType::ExternalKeyStore,
        }
    }
}

impl KeyRecord {
    /// Whether the key is in a custom key store. Such a key makes no data key pairs, is not
    /// rotated and takes no imported material.
    pub(crate) fn is_in_key_store(&self) -> bool {
        self.key_store.is_some()
    }

    /// The suite of the ciphertexts that the key makes.
    pub(crate) fn suite(&self) -> Suite {
        match (self.is_in_key_store(), self.origin) {
            (true, OriginType::ExternalKeyStore) => Suite::ExternalKeyStore,
            (true, _) => Suite::HardwareModule,
            (false, _) => Suite::Own,
        }
    }
}

/// A new id: `cks-` and 17 hexadecimal digits, as AWS's are.
pub(crate) fn new_id(random: &Random) -> Result<String, KmsError> {
    let mut digits = hex(&random.array::<9>()?);
    digits.truncate(17);
    Ok(format!("cks-{digits}"))
}

fn is_id(text: &str) -> bool {
    text.strip_prefix("cks-").is_some_and(|digits| {
        digits.len() == 17
            && digits
                .bytes()
                .all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
    })
}

/// Who asks the outside for something that no caller asked for.
pub(crate) fn about_ourselves(
    random: &Random,
    operation: &'static str,
) -> Result<outside::About, KmsError> {
    Ok(outside::About {
        request_id: RequestId::new(random.array()?).to_string(),
        operation,
        principal: "AWS Internal".to_owned(),
        key_arn: None,
    })
}

/// Random bytes from the generator of a hardware module.
///
/// # Errors
/// `UnsupportedOperationException` for an external key store; `CustomKeyStoreInvalidStateException`
/// when the store is not connected or its cluster fails; `ThrottlingException` when it is asked
/// too often.
pub(crate) async fn random_bytes(
    service: &Service,
    store: &KeyStore,
    length: usize,
) -> Result<Plaintext, KmsError> {
    let KeyStoreKind::AwsCloudhsm(config) = &store.record().kind else {
        return Err(KmsError::unsupported(
            "GenerateRandom is not supported for an external key store.",
        ));
    };
    if !store.is_connected() {
        return Err(KmsError::key_store_state(&store.id, store.state()));
    }
    service.admit_to_key_store(&store.id)?;
    let cluster = Secrets::of(service, store).cluster(config)?;
    let bytes = service.outside().clusters.random(&cluster, length).await;
    bytes.map_err(outside::ClusterFault::of_random)
}

/// A key whose time is over leaves its custom key store.
///
/// Its object in a hardware module is removed if the store is connected and the module takes the
/// request: what is left there is of no use without our own half, which is gone. What became of
/// it is told, for `additionalEventData` of the event DeleteKey.
pub(crate) async fn leave(
    service: &Service,
    key: &Key,
    change: &mut Change,
) -> Result<Vec<Note>, KmsError> {
    let (Some(store), Some(place)) = (key.store(), &key.record().key_store) else {
        return Ok(Vec::new());
    };
    let keys = StoreKeys::of(service, store).await?;
    change.leave_key_store(store, &keys)?;
    if let Some(external) = &place.xks_key_id {
        change.remove(&key.home().external_key(&place.id, external));
    }
    let mut notes = Vec::new();
    if let KeyStoreKind::AwsCloudhsm(config) = &store.record().kind {
        let label = key.arn().to_string();
        let deleted = if store.is_connected() {
            let cluster = Secrets::of(service, store).cluster(config)?;
            delete_object(service, &cluster, &label).await
        } else {
            let (cluster, store) = (&config.cluster, &store.id);
            tracing::warn!(
                key = label,
                cluster,
                store,
                "the object of a key that is gone stays behind, since its store is not connected"
            );
            false
        };
        notes = key.recorded_place();
        let status = recorded::backing_keys_deletion_status(key.record(), deleted);
        notes.push(("backingKeysDeletionStatus", status));
        notes.sort_unstable();
    }
    Ok(notes)
}

/// Removes an object in a hardware module, or leaves it there and says so.
async fn delete_object(service: &Service, cluster: &outside::Cluster, label: &str) -> bool {
    let deleted = service.outside().clusters.delete_key(cluster, label).await;
    if let Err(fault) = &deleted {
        tracing::warn!(
            key = label,
            cluster = cluster.id,
            %fault,
            "the object of a key that is gone stays behind in its hardware module"
        );
    }
    deleted.is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_look_like_awss() {
        let id = new_id(&Random::system()).unwrap();
        assert!(is_id(&id), "{id}");
        assert_ne!(id, new_id(&Random::system()).unwrap());
        for wrong in [
            "",
            "cks-",
            "cks-0123456789abcdef",
            "cks-0123456789ABCDEF0",
            "cks-0123456789abcdef01",
            "cks-0123456789abcde/0",
        ] {
            assert!(!is_id(wrong), "{wrong}");
        }
    }
}
