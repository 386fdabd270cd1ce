//! KMS keys: creation, description, state and deletion.
//!
//! AWS: developer guide, "AWS KMS keys".

mod cancel_key_deletion;
mod create_key;
mod describe_key;
mod disable_key;
mod enable_key;
mod get_key_last_usage;
mod get_public_key;
mod list_keys;
mod schedule_key_deletion;
mod update_key_description;

pub(crate) use cancel_key_deletion::cancel_key_deletion;
pub(crate) use create_key::create_key;
pub(crate) use describe_key::describe_key;
pub(crate) use disable_key::disable_key;
pub(crate) use enable_key::enable_key;
pub(crate) use get_key_last_usage::get_key_last_usage;
pub(crate) use get_public_key::get_public_key;
pub(crate) use list_keys::list_keys;
pub(crate) use schedule_key_deletion::schedule_key_deletion;
pub(crate) use update_key_description::update_key_description;

use strongroom_model::{
    KeyId, Region, Timestamp,
    enums::{
        EncapsulationAlgorithmSpec, EncryptionAlgorithmSpec, ExpirationModelType,
        KeyAgreementAlgorithmSpec, KeySpec, KeyState, KeyUsageType, MacAlgorithmSpec,
        MultiRegionKeyType, OriginType, SigningAlgorithmSpec,
    },
    shapes::{KeyMetadata, MultiRegionConfiguration, MultiRegionKey, XksKeyConfigurationType},
};

use crate::{
    call::Key,
    layout::Home,
    record::{InKeyStore, KeyRecord, KeyStoreKind, KeyStoreRecord, MultiRegion},
    specs::{self, Algorithms, Family},
};

/// What AWS tells about a key that was looked up, the custom key store that it is in considered.
fn described(key: &Key, now: Timestamp) -> KeyMetadata {
    let mut metadata = metadata(key.home(), key.id(), key.record(), now);
    if let Some(store) = key.store() {
        let state = key.state();
        metadata.key_state = Some(state);
        metadata.enabled = Some(state == KeyState::Enabled);
        metadata.cloud_hsm_cluster_id = cluster_of(store.record());
    }
    metadata
}

/// The cluster of a CloudHSM key store.
fn cluster_of(store: &KeyStoreRecord) -> Option<String> {
    match &store.kind {
        KeyStoreKind::AwsCloudhsm(config) => Some(config.cluster.clone()),
        KeyStoreKind::ExternalKeyStore(_) => None,
    }
}

/// What AWS tells about a key.
///
/// AWS: API reference, "KeyMetadata". Aliases, tags, policy and rotation are not part of it.
pub(crate) fn metadata(home: &Home, id: KeyId, record: &KeyRecord, now: Timestamp) -> KeyMetadata {
    let state = record.state(now);
    // Imported material has an expiration model while all of it is there.
    let imported = record.origin == OriginType::External && record.has_all_material(now);
    let valid_to = record.materials.valid_to.filter(|_| imported);
    let symmetric = specs::family(record.spec) == Family::Symmetric;
    let algorithms = AlgorithmLists::of(record.spec, record.usage);
    KeyMetadata {
        aws_account_id: Some(home.account.to_string()),
        arn: Some(home.key_arn(id).text()),
        cloud_hsm_cluster_id: None,
        creation_date: Some(record.created),
        current_key_material_id: record
            .material
            .as_ref()
            .filter(|_| symmetric)
            .map(|material| material.id.clone()),
        custom_key_store_id: record.key_store.as_ref().map(|place| place.id.clone()),
        customer_master_key_spec: Some(record.spec),
        deletion_date: record.deletion.as_ref().map(|deletion| deletion.date),
        description: Some(record.description.clone()),
        enabled: Some(state == KeyState::Enabled),
        encapsulation_algorithms: algorithms.encapsulation,
        encryption_algorithms: algorithms.encryption,
        expiration_model: imported.then_some(if valid_to.is_some() {
            ExpirationModelType::KeyMaterialExpires
        } else {
            ExpirationModelType::KeyMaterialDoesNotExpire
        }),
        key_agreement_algorithms: algorithms.agreement,
        key_id: id.to_string(),
        key_manager: Some(record.manager),
        key_spec: Some(record.spec),
        key_state: Some(state),
        key_usage: Some(record.usage),
        mac_algorithms: algorithms.mac,
        multi_region: Some(record.multi_region.is_some()),
        multi_region_configuration: record
            .multi_region
            .as_ref()
            .map(|relatives| relatives_of(home, id, relatives)),
        origin: Some(record.origin),
        pending_deletion_window_in_days: record.deletion_after_replicas,
        signing_algorithms: algorithms.signing,
        valid_to,
        xks_key_configuration: record.key_store.as_ref().and_then(external_key_of),
    }
}

/// The algorithms of a key, in the one member of an answer that its usage calls for.
#[derive(Default)]
struct AlgorithmLists {
    encryption: Option<Vec<EncryptionAlgorithmSpec>>,
    signing: Option<Vec<SigningAlgorithmSpec>>,
    mac: Option<Vec<MacAlgorithmSpec>>,
    agreement: Option<Vec<KeyAgreementAlgorithmSpec>>,
    encapsulation: Option<Vec<EncapsulationAlgorithmSpec>>,
}

impl AlgorithmLists {
    fn of(spec: KeySpec, usage: KeyUsageType) -> Self {
        let mut lists = Self::default();
        match specs::algorithms(spec, usage) {
            Some(Algorithms::Encryption(all)) => lists.encryption = Some(all.to_vec()),
            Some(Algorithms::Signing(all)) => lists.signing = Some(all.to_vec()),
            Some(Algorithms::Mac(all)) => lists.mac = Some(all.to_vec()),
            Some(Algorithms::Agreement(all)) => lists.agreement = Some(all.to_vec()),
            Some(Algorithms::Encapsulation(all)) => lists.encapsulation = Some(all.to_vec()),
            // No key is made with a usage that its spec does not have.
            None => {}
        }
        lists
    }
}

fn external_key_of(place: &InKeyStore) -> Option<XksKeyConfigurationType> {
    let id = place.xks_key_id.clone()?;
    Some(XksKeyConfigurationType { id: Some(id) })
}

fn relatives_of(home: &Home, id: KeyId, relatives: &MultiRegion) -> MultiRegionConfiguration {
    let relative = |region: &Region| MultiRegionKey {
        arn: Some(
            Home {
                account: home.account,
                region: region.clone(),
            }
            .key_arn(id)
            .to_string(),
        ),
        region: Some(region.to_string()),
    };
    let kind = if relatives.primary == home.region {
        MultiRegionKeyType::Primary
    } else {
        MultiRegionKeyType::Replica
    };
    MultiRegionConfiguration {
        multi_region_key_type: Some(kind),
        primary_key: Some(relative(&relatives.primary)),
        replica_keys: Some(relatives.replicas.iter().map(relative).collect()),
    }
}
