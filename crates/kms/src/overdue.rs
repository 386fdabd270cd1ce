//! What time has decided for a key and nobody has written down yet: a rotation that is due, or
//! imported material that has expired.
//!
//! It is written down when somebody next looks the key up, before anything is judged, or by the
//! sweeper, whichever comes first. So a rotation takes effect at the first use after its date,
//! and whoever is first makes the one new material: the others find the key settled.
//!
//! AWS: developer guide, "Rotating AWS KMS keys" and "Setting an expiration time".

use strongroom_model::{KeyId, Timestamp, enums::RotationType};

use crate::{
    audit::ServiceEvent, change::Change, error::KmsError, layout::Home, material_set::MaterialRows,
    record::KeyRecord, rotation, service::Service, shelves::Stored,
};

/// How often a key may move under the hands that settle it. Whoever moves it settles it first,
/// so more than once is rare.
const ATTEMPTS: usize = 16;

/// Writes down everything that time has decided for the key.
pub(crate) async fn settle(
    service: &Service,
    home: &Home,
    id: KeyId,
    now: Timestamp,
) -> Result<(), KmsError> {
    let mut attempts = 0;
    while attempts < ATTEMPTS {
        let key = service.shelves().get(&home.key(id)).await?;
        let Some(key) = key.filter(|key| key.record.alive(now) && key.record.overdue(now)) else {
            return Ok(());
        };
        let expired = key.record.expires_at().is_some_and(|date| date <= now);
        let (change, event) = if expired {
            expire(service, home, id, &key, now).await?
        } else {
            rotate(service, home, id, &key, now).await?
        };
        if !service.commit_event(change, event).await? {
            attempts += 1;
        }
    }
    let row = home.key(id);
    Err(KmsError::internal(format_args!(
        "{row:?} moved {ATTEMPTS} times"
    )))
}

/// The rotation that is due. One new material stands for all dates that passed unseen: nobody
/// could have used those in between.
async fn rotate(
    service: &Service,
    home: &Home,
    id: KeyId,
    key: &Stored<KeyRecord>,
    now: Timestamp,
) -> Result<(Change, ServiceEvent), KmsError> {
    let mut record = key.record.clone();
    let mut change = Change::new();
    let kind = RotationType::Automatic;
    let event =
        rotation::to_new_material(service, home, id, &mut record, kind, now, &mut change).await?;
    record.rotation = record.rotation.map(|rotation| rotation.after(now));
    change.replace_key(home, id, key, &record)?;
    Ok((change, event))
}

/// The wiping of one material that has expired.
async fn expire(
    service: &Service,
    home: &Home,
    id: KeyId,
    key: &Stored<KeyRecord>,
    now: Timestamp,
) -> Result<(Change, ServiceEvent), KmsError> {
    let mut rows = MaterialRows::read(service, home, id).await?;
    let mut record = key.record.clone();
    let mut change = Change::new();
    let expired = rows.expired(now);
    if let Some(material_id) = &expired {
        rows.wipe(home, id, &mut record, material_id, &mut change)?;
        service.materials().forget(home, material_id);
    }
    rows.summarize(&mut record);
    change.replace_key(home, id, key, &record)?;
    let event = service
        .event("DeleteExpiredKeyMaterial", home, id)?
        .with("keyId", id)
        .with("keyMaterialId", expired.unwrap_or_default());
    Ok((change, event))
}
