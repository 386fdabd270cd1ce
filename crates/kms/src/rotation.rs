//! How another material of a key becomes the current one.
//!
//! Nothing that was encrypted before is touched: each ciphertext names the material that made
//! it, and old materials stay for as long as their key.
//!
//! AWS: developer guide, "Rotating AWS KMS keys"; cryptographic details guide, "Rotating KMS
//! keys".

use strongroom_model::{KeyId, Timestamp, enums::RotationType};

use crate::{
    audit::ServiceEvent,
    change::Change,
    error::KmsError,
    layout::Home,
    material_set::MaterialRows,
    new_key,
    record::{CurrentMaterial, KeyRecord, MaterialRecord, Rotated},
    service::Service,
};

/// Makes new material and makes it current; the record is not put yet.
pub(crate) async fn to_new_material(
    service: &Service,
    home: &Home,
    id: KeyId,
    record: &mut KeyRecord,
    kind: RotationType,
    now: Timestamp,
    change: &mut Change,
) -> Result<ServiceEvent, KmsError> {
    let material = service.new_material(record.spec).await?;
    let sequence = record.next_sequence();
    let (material_id, wrapped) =
        new_key::wrap(service, home, id, record, &material, sequence).await?;
    let row = MaterialRecord {
        sequence,
        created: now,
        wrapped: Some(wrapped),
        rotated: Some(Rotated { date: now, kind }),
        import: None,
    };
    let material_id = material_id.to_string();
    change.put(&home.materials(id).row(&material_id), &row)?;
    let current = CurrentMaterial {
        id: material_id,
        sequence,
    };
    made_current(service, home, id, record, current, kind)
}

/// Makes the imported material that waits for it current; the record is not put yet.
///
/// # Errors
/// `KMSInvalidStateException` when none is waiting, or not every Region has it yet.
pub(crate) async fn to_pending_material(
    service: &Service,
    home: &Home,
    id: KeyId,
    record: &mut KeyRecord,
    now: Timestamp,
    change: &mut Change,
) -> Result<ServiceEvent, KmsError> {
    let kind = RotationType::OnDemand;
    let none = || KmsError::no_pending_material(&home.key_arn(id));
    let mut rows = MaterialRows::read(service, home, id).await?;
    let pending = record.materials.pending.take();
    let pending = pending
        .filter(|pending| pending.awaited_in.is_empty())
        .ok_or_else(none)?;
    let mut row = rows.get(&pending.id).cloned().ok_or_else(none)?;
    row.rotated = Some(Rotated { date: now, kind });
    rows.put(home, id, &pending.id, row, change)?;
    rows.summarize(record);
    let current = CurrentMaterial {
        id: pending.id,
        sequence: pending.sequence,
    };
    made_current(service, home, id, record, current, kind)
}

fn made_current(
    service: &Service,
    home: &Home,
    id: KeyId,
    record: &mut KeyRecord,
    current: CurrentMaterial,
    kind: RotationType,
) -> Result<ServiceEvent, KmsError> {
    let event = service
        .event("RotateKey", home, id)?
        .with("currentKeyMaterialId", &current.id)
        .with("keyId", id)
        .with("keyOrigin", record.origin.as_str());
    let previous = record.material.replace(current);
    Ok(event
        .with(
            "previousKeyMaterialId",
            previous.map(|previous| previous.id).unwrap_or_default(),
        )
        .with("rotationType", kind.as_str()))
}
