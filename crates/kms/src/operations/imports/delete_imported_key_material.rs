//! DeleteImportedKeyMaterial: key material that was imported is no longer here.
//!
//! AWS: API reference, "DeleteImportedKeyMaterial"; developer guide, "Delete imported key
//! material".

use strongroom_model::{
    enums::KeySpec,
    errors::ErrorCode,
    shapes::{DeleteImportedKeyMaterialRequest, DeleteImportedKeyMaterialResponse},
};

use super::check_origin;
use crate::{
    call::{Attempt, Call},
    change::Change,
    error::KmsError,
    material_set::MaterialRows,
    uses,
};

/// Deletes one material, the current one unless the request names another. When this returns, no
/// operation starts under the key: it waits until the same material is imported again, even if
/// others of its materials are still there. Material that waited for its rotation just goes.
///
/// Where there is nothing to delete, nothing happens.
///
/// # Errors
///
/// - `UnsupportedOperationException`: the key's material does not come from outside.
/// - `NotFoundException`: the key never had the material that the request names.
pub(crate) async fn delete_imported_key_material(
    call: &Call<'_>,
    input: &DeleteImportedKeyMaterialRequest,
) -> Attempt<DeleteImportedKeyMaterialResponse> {
    let key = call.find_key(&input.key_id).await?;
    let key = call
        .permit::<uses::DeleteImportedKeyMaterial>(key)?
        .usable()?;
    check_origin(&key)?;
    let (service, home, id) = (call.service(), key.home(), key.id());
    let mut rows = MaterialRows::read(service, home, id).await?;
    let current = key.record().material.as_ref().map(|current| &current.id);
    let material_id = match (&input.key_material_id, current) {
        (Some(named), _) if rows.get(named).is_none() => {
            return Err(KmsError::new(
                ErrorCode::NotFoundException,
                format!("Key material {named} of key {} is not found.", key.arn()),
            )
            .into());
        }
        (Some(named), _) => Some(named.clone()),
        (None, current) => current.cloned(),
    };
    let symmetric = key.record().spec == KeySpec::SymmetricDefault;
    let response = DeleteImportedKeyMaterialResponse {
        key_id: Some(key.arn().text()),
        key_material_id: material_id.clone().filter(|_| symmetric),
    };
    call.tell(&response);
    let there = material_id
        .as_ref()
        .filter(|id| rows.get(id).is_some_and(|row| row.wrapped.is_some()));
    if let Some(material_id) = there {
        let mut record = key.record().clone();
        let mut change = Change::new();
        rows.wipe(home, id, &mut record, material_id, &mut change)?;
        rows.summarize(&mut record);
        change.replace_key(home, id, key.stored(), &record)?;
        call.commit(change).await?;
        service.materials().forget(home, material_id);
    }
    Ok(response)
}
