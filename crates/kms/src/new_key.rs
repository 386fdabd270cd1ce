//! The rows of a key that comes into being: by CreateKey, by the first use of an AWS managed
//! key, or by a seed.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use strongroom_crypto::{KeyMaterial, MaterialId};
use strongroom_model::{
    KeyId, Timestamp,
    enums::{KeyManagerType, OriginType, RotationType},
    limits,
};

use crate::{
    change::Change,
    error::KmsError,
    layout::{Home, KEY_COUNT_SHARDS},
    material::binding_of,
    record::{
        CurrentMaterial, Import, KeyCountRecord, KeyRecord, MaterialRecord, PolicyRecord, Rotated,
    },
    service::Service,
};

/// The key policy of a key that was created without one.
pub(crate) fn default_policy(home: &Home) -> PolicyRecord {
    let partition = home.region.partition();
    PolicyRecord::new(strongroom_auth::policy::default_key_policy(
        home.account,
        partition,
    ))
}

/// The key with its material, and the change that stores it.
///
/// Material is generated unless `given`, oldest first, by a seed; the last one is current. A key of
/// Origin EXTERNAL without any waits for its import.
///
/// # Errors
/// `LimitExceededException` when the account has all the keys it may have in the Region.
pub(crate) async fn change(
    service: &Service,
    home: &Home,
    id: KeyId,
    mut record: KeyRecord,
    policy: PolicyRecord,
    given: Vec<KeyMaterial>,
    now: Timestamp,
) -> Result<(KeyRecord, Change), KmsError> {
    // Before anything is judged: the making may take seconds, and others create keys meanwhile.
    let materials = if given.is_empty() && record.origin != OriginType::External {
        vec![service.new_material(record.spec).await?]
    } else {
        given
    };
    let mut change = Change::new();
    change
        .provided(&home.key(id), None)
        .provided(&home.tombstone(id), None);
    // Keys that AWS manages are not the account's, and count for nobody.
    if record.manager == KeyManagerType::Customer {
        check_quota(service, home, now).await?;
        count(service, home, id, &mut change).await?;
    }

    for (sequence, material) in (1..).zip(&materials) {
        let (material_id, wrapped) = wrap(service, home, id, &record, material, sequence).await?;
        let external = record.origin == OriginType::External;
        let kind = if external {
            RotationType::OnDemand
        } else {
            RotationType::Automatic
        };
        let row = MaterialRecord {
            sequence,
            created: now,
            wrapped: Some(wrapped),
            rotated: (sequence > 1).then_some(Rotated { date: now, kind }),
            import: external.then(Import::default),
        };
        change.put(&home.materials(id).row(&material_id.to_string()), &row)?;
        record.material = Some(CurrentMaterial {
            id: material_id.to_string(),
            sequence,
        });
    }
    change.put_new_key(home, id, &record)?;
    change.put(&home.policy(id), &policy)?;
    Ok((record, change))
}

/// The id under which a material of the key is known.
pub(crate) fn id(
    service: &Service,
    home: &Home,
    key_id: KeyId,
    material: &KeyMaterial,
) -> MaterialId {
    let keys = service.custody().identifiers();
    material.id(keys, home.region.partition(), home.account, key_id)
}

/// The id of a material of the key, and the material wrapped as it is stored, in base64.
pub(crate) async fn wrap(
    service: &Service,
    home: &Home,
    key_id: KeyId,
    record: &KeyRecord,
    material: &KeyMaterial,
    sequence: u32,
) -> Result<(MaterialId, String), KmsError> {
    let custody = service.custody();
    let id = id(service, home, key_id, material);
    let domains = custody.domain(home).await?;
    let binding = binding_of(home, key_id, record, id, sequence);
    let wrapped = material.wrap(domains.in_use()?, &binding, custody.random())?;
    Ok((id, STANDARD.encode(wrapped)))
}

/// Whether the account may have one more key in the Region.
///
/// The count is exact but for keys that are being created in other shards at this moment.
///
/// # Errors
/// `LimitExceededException`.
pub(crate) async fn check_quota(
    service: &Service,
    home: &Home,
    now: Timestamp,
) -> Result<(), KmsError> {
    let mut total = 0u64;
    for shard in 0..KEY_COUNT_SHARDS {
        let stored = service.shelves().get(&home.key_count(shard)).await?;
        total = total.saturating_add(stored.map_or(0, |stored| stored.record.count));
    }
    let quota = limits::KEYS_PER_ACCOUNT;
    if total >= quota {
        // Keys whose deletion date has passed do not count, even before they are swept.
        total = total.saturating_sub(service.shelves().lapsed(now).await?.of(home));
    }
    if total >= quota {
        return Err(KmsError::key_quota(quota, total));
    }
    Ok(())
}

/// Counts the key in its shard.
pub(crate) async fn count(
    service: &Service,
    home: &Home,
    id: KeyId,
    change: &mut Change,
) -> Result<(), KmsError> {
    let row = home.key_count(Home::key_count_shard(id));
    let stored = service.shelves().get(&row).await?;
    let count = stored.as_ref().map_or(0, |stored| stored.record.count);
    change.provided(&row, stored.map(|stored| stored.revision));
    let count = count.saturating_add(1);
    change.put(&row, &KeyCountRecord { count })?;
    Ok(())
}
