//! What audit entries say of custom key stores and of the halves of keys in them.
//!
//! The names are those of `additionalEventData`. Values that are lists or objects there are texts
//! that hold JSON, as AWS has them.
//!
//! AWS: developer guide, "CloudTrail log entries" of CreateKey, ScheduleKeyDeletion, DeleteKey and
//! ConnectCustomKeyStore.

use super::KeyStore;
use crate::{
    call::Key,
    record::{KeyRecord, KeyStoreKind},
};

/// A name and its value.
pub(crate) type Note = (&'static str, String);

impl KeyStore {
    /// Which store it is and where it leads.
    pub(crate) fn recorded(&self) -> Vec<Note> {
        let mut notes = vec![("customKeyStoreName", self.record().name.clone())];
        match &self.record().kind {
            KeyStoreKind::AwsCloudhsm(config) => notes.push(("clusterId", config.cluster.clone())),
            KeyStoreKind::ExternalKeyStore(config) => {
                notes.extend([
                    (
                        "xksProxyConnectivity",
                        config.connectivity.as_str().to_owned(),
                    ),
                    ("xksProxyUriEndpoint", config.endpoint.clone()),
                    ("xksProxyUriPath", config.path.clone()),
                ]);
                let service = config.vpc_endpoint_service.clone();
                notes.extend(service.map(|name| ("xksProxyVpcEndpointServiceName", name)));
            }
        }
        notes
    }
}

impl Key {
    /// The custom key store that the key is in, and what of the key is outside.
    pub(crate) fn recorded_place(&self) -> Vec<Note> {
        let (Some(store), Some(place)) = (self.store(), &self.record().key_store) else {
            return Vec::new();
        };
        let mut notes = vec![("customKeyStoreId", place.id.clone())];
        match &store.record().kind {
            KeyStoreKind::AwsCloudhsm(config) => notes.extend([
                ("clusterId", config.cluster.clone()),
                ("backingKeys", backing_keys(self.record())),
            ]),
            KeyStoreKind::ExternalKeyStore(_) => {
                notes.extend(place.xks_key_id.clone().map(|id| ("xksKeyId", id)));
            }
        }
        notes
    }
}

/// The object of a key in a hardware module, whose id is that of the key's material.
pub(crate) fn backing_key(record: &KeyRecord) -> String {
    format!(r#"{{"backingKeyId":"{}"}}"#, backing_key_id(record))
}

/// The same, in a list.
pub(crate) fn backing_keys(record: &KeyRecord) -> String {
    format!("[{}]", backing_key(record))
}

/// The same, and whether it was removed from the module.
pub(crate) fn backing_keys_deletion_status(record: &KeyRecord, deleted: bool) -> String {
    let status = if deleted { "SUCCESS" } else { "FAILURE" };
    let id = backing_key_id(record);
    format!(r#"[{{"backingKeyId":"{id}","deletionStatus":"{status}"}}]"#)
}

fn backing_key_id(record: &KeyRecord) -> &str {
    let material = record.material.as_ref();
    material.map_or("", |material| &material.id)
}
