//! ListKeyRotations: the key materials that a KMS key has and had.
//!
//! AWS: API reference, "ListKeyRotations", "RotationsListEntry".

use strongroom_model::{
    enums::{ExpirationModelType, ImportState, IncludeKeyMaterial, KeyMaterialState, OriginType},
    shapes::{ListKeyRotationsRequest, ListKeyRotationsResponse, RotationsListEntry},
};

use super::has_rotations;
use crate::{
    call::{Attempt, Call, Key},
    error::KmsError,
    material_set::MaterialRows,
    paging::Paging,
    record::MaterialRecord,
    uses,
};

/// Lists completed rotations, oldest first; or all materials, also the first one, which no
/// rotation brought, and the one that waits for its rotation.
///
/// # Errors
///
/// - `UnsupportedOperationException`: the request asks about the materials of a key that never
///   has a second one.
/// - `InvalidMarkerException`: the marker was not made by the same listing.
pub(crate) async fn list_key_rotations(
    call: &Call<'_>,
    input: &ListKeyRotationsRequest,
) -> Attempt<ListKeyRotationsResponse> {
    let key = call.find_key(&input.key_id).await?;
    let key = call.permit::<uses::ListKeyRotations>(key).await?.usable()?;
    let rotates = has_rotations(&key) && in_house(&key);
    if !rotates && input.include_key_material.is_some() {
        return Err(KmsError::spec_unsupported().into());
    }
    let all = input.include_key_material == Some(IncludeKeyMaterial::AllKeyMaterial);

    let rows = MaterialRows::read(call.service(), key.home(), key.id()).await?;
    let listed: Vec<(String, &str, &MaterialRecord)> = rows
        .iter()
        .filter(|(_, row)| rotates && (all || row.rotated.is_some()))
        .map(|(id, row)| (format!("{:010}", row.sequence), id, row))
        .collect();
    let paging = Paging::new(call, input.limit, 100, 1000, input.marker.as_deref())
        .narrowed_by(if all { "ALL" } else { "ROTATIONS" });
    let listing = key.home().materials(key.id());
    let page = paging.slice(listing.as_str(), &listed, |(name, _, _)| name)?;
    let entries = page
        .rows
        .iter()
        .map(|(_, id, row)| entry(call, &key, id, row));
    Ok(ListKeyRotationsResponse {
        rotations: Some(entries.collect()),
        truncated: Some(page.next_marker.is_some()),
        next_marker: page.next_marker,
    })
}

/// Whether the key's material is held here and not in a key store.
fn in_house(key: &Key) -> bool {
    matches!(
        key.record().origin,
        OriginType::AwsKms | OriginType::External
    )
}

fn entry(call: &Call<'_>, key: &Key, id: &str, row: &MaterialRecord) -> RotationsListEntry {
    let record = key.record();
    let current = record.material.as_ref();
    let state = match &record.materials.pending {
        _ if current.is_some_and(|current| current.id == id) => KeyMaterialState::Current,
        Some(pending) if pending.id == id && pending.awaited_in.is_empty() => {
            KeyMaterialState::PendingRotation
        }
        Some(pending) if pending.id == id => KeyMaterialState::PendingMultiRegionImportAndRotation,
        _ => KeyMaterialState::NonCurrent,
    };
    let present = row.present(call.now());
    let import = row.import.as_ref();
    let valid_to = row.valid_to().filter(|_| present);
    RotationsListEntry {
        key_id: Some(key.arn().text()),
        key_material_id: Some(id.to_owned()),
        key_material_state: Some(state),
        rotation_date: row.rotated.map(|rotated| rotated.date),
        rotation_type: row.rotated.map(|rotated| rotated.kind),
        key_material_description: import.and_then(|import| import.description.clone()),
        import_state: import.map(|_| {
            if present {
                ImportState::Imported
            } else {
                ImportState::PendingImport
            }
        }),
        expiration_model: import.filter(|_| present).map(|_| {
            if valid_to.is_some() {
                ExpirationModelType::KeyMaterialExpires
            } else {
                ExpirationModelType::KeyMaterialDoesNotExpire
            }
        }),
        valid_to,
    }
}
