//! ImportKeyMaterial: key material that its owner made comes into a KMS key.
//!
//! AWS: API reference, "ImportKeyMaterial"; developer guide, "Import the key material" and
//! "Reimport key material".

use strongroom_model::{
    Region, Timestamp,
    enums::{ExpirationModelType, ImportType, KeySpec, KeyState},
    errors::ErrorCode,
    limits,
    shapes::{ImportKeyMaterialRequest, ImportKeyMaterialResponse},
};

use super::check_origin;
use crate::{
    call::{Attempt, Authorized, Call, Key},
    change::Change,
    error::KmsError,
    import,
    material_set::MaterialRows,
    new_key,
    record::{CurrentMaterial, Import, MaterialRecord, PendingMaterial},
    uses,
};

/// Imports material: the first, which becomes current; the same again, which may change its
/// expiry; or, into a symmetric key that has material, further material, which waits for
/// RotateKeyOnDemand.
///
/// Only the same bytes are ever taken for material that the key has or had: what was encrypted
/// under them would be lost otherwise. The key is Enabled once it has all its material again; a
/// key that was disabled and lacked nothing stays so.
///
/// # Errors
///
/// - `ValidationException`: expiry, import type, description and id that contradict each other
///   or the key.
/// - `KMSInvalidStateException`: the key is pending deletion, or other material is waiting for
///   its rotation.
/// - `UnsupportedOperationException`: the key's material does not come from outside.
/// - `InvalidImportTokenException`, `ExpiredImportTokenException`: the token.
/// - `InvalidCiphertextException`: the material does not unwrap.
/// - `IncorrectKeyMaterialException`: it is not what was expected.
pub(crate) async fn import_key_material(
    call: &Call<'_>,
    input: &ImportKeyMaterialRequest,
) -> Attempt<ImportKeyMaterialResponse> {
    let key = call.find_key(&input.key_id).await?;
    let key = call.permit::<uses::ImportKeyMaterial>(key)?;
    let valid_to = expiry(input, call.now())?;
    if input.key_material_id.is_some() && input.import_type == Some(ImportType::NewKeyMaterial) {
        return Err(KmsError::validation(
            "KeyMaterialId cannot be specified when ImportType is NEW_KEY_MATERIAL.",
        )
        .into());
    }
    let key = key.usable()?;
    check_origin(&key)?;
    let symmetric = key.record().spec == KeySpec::SymmetricDefault;
    if !symmetric {
        refuse_what_only_symmetric_keys_have(input)?;
    }

    let service = call.service();
    let accepted = import::accept(service, &key, &input.import_token, call.now()).await?;
    let material = accepted
        .open(service, &key, &input.encrypted_key_material)
        .await?;

    let (home, id) = (key.home(), key.id());
    let mut rows = MaterialRows::read(service, home, id).await?;
    let mut record = key.record().clone();
    let new_sequence = record.next_sequence();
    let material_id = new_key::id(service, home, id, &material).to_string();
    let known = place(&key, &rows, input, &material_id)?;
    let sequence = known.map_or(new_sequence, |known| known.sequence);
    let (_, wrapped) = new_key::wrap(service, home, id, &record, &material, sequence).await?;
    let kept = known.and_then(|known| known.import.as_ref()?.description.clone());
    let row = MaterialRecord {
        sequence,
        created: known.map_or(call.now(), |known| known.created),
        wrapped: Some(wrapped),
        rotated: known.and_then(|known| known.rotated),
        import: Some(Import {
            description: input.key_material_description.clone().or(kept),
            valid_to,
        }),
    };
    match (&mut record.materials.pending, &record.material) {
        (Some(pending), _) if pending.id == material_id => pending.valid_to = valid_to,
        (_, None) => {
            record.material = Some(CurrentMaterial {
                id: material_id.clone(),
                sequence,
            });
        }
        (pending, Some(_)) if known.is_none() => {
            *pending = Some(PendingMaterial {
                id: material_id.clone(),
                sequence,
                valid_to,
                awaited_in: replicas_of(&key),
            });
        }
        _ => {}
    }
    let mut change = Change::new();
    rows.put(home, id, &material_id, row, &mut change)?;
    rows.summarize(&mut record);
    if key.state() == KeyState::PendingImport && record.has_all_material(call.now()) {
        record.enabled = true;
    }
    change.replace_key(home, id, key.stored(), &record)?;
    if let Some(relatives) = &record.multi_region
        && relatives.primary != home.region
    {
        // The primary waits for this before it can rotate.
        change.summon(&home.at(&relatives.primary), id, &relatives.primary)?;
    }
    accepted.use_up(&key, &mut change);
    let response = ImportKeyMaterialResponse {
        key_id: Some(key.arn().text()),
        key_material_id: symmetric.then_some(material_id),
    };
    call.tell(&response);
    call.commit(change).await?;
    Ok(response)
}

/// When the material is to expire.
fn expiry(input: &ImportKeyMaterialRequest, now: Timestamp) -> Result<Option<Timestamp>, KmsError> {
    let model = input
        .expiration_model
        .unwrap_or(ExpirationModelType::KeyMaterialExpires);
    match (model, input.valid_to) {
        (ExpirationModelType::KeyMaterialDoesNotExpire, None) => Ok(None),
        (ExpirationModelType::KeyMaterialDoesNotExpire, Some(_)) => Err(KmsError::validation(
            "A validTo date must not be set if the ExpirationModel is \
             KEY_MATERIAL_DOES_NOT_EXPIRE",
        )),
        (ExpirationModelType::KeyMaterialExpires, None) => Err(KmsError::validation(
            "A validTo date must be set if the ExpirationModel is KEY_MATERIAL_EXPIRES",
        )),
        (ExpirationModelType::KeyMaterialExpires, Some(date)) => {
            let days = limits::IMPORTED_MATERIAL_MAX_DAYS;
            if date <= now {
                Err(KmsError::validation("ValidTo must be in the future"))
            } else if date > now.plus_days(days) {
                Err(KmsError::validation(format!(
                    "ValidTo must be within {days} days from now"
                )))
            } else {
                Ok(Some(date))
            }
        }
    }
}

/// The one material of an asymmetric or HMAC key has no type, description or id to speak of.
fn refuse_what_only_symmetric_keys_have(input: &ImportKeyMaterialRequest) -> Result<(), KmsError> {
    let given = [
        ("ImportType", input.import_type.is_some()),
        (
            "KeyMaterialDescription",
            input.key_material_description.is_some(),
        ),
        ("KeyMaterialId", input.key_material_id.is_some()),
    ];
    match given.into_iter().find(|(_, given)| *given) {
        Some((member, _)) => Err(KmsError::validation(format!(
            "{member} is supported only for symmetric encryption KMS keys."
        ))),
        None => Ok(()),
    }
}

/// Which of the key's materials this is; none for one that is to be new.
fn place<'r>(
    key: &Authorized<Key, uses::ImportKeyMaterial>,
    rows: &'r MaterialRows,
    input: &ImportKeyMaterialRequest,
    material_id: &str,
) -> Result<Option<&'r MaterialRecord>, KmsError> {
    let incorrect = || KmsError::silent(ErrorCode::IncorrectKeyMaterialException);
    let known = rows.get(material_id);
    let default = if rows.is_empty() {
        ImportType::NewKeyMaterial
    } else {
        ImportType::ExistingKeyMaterial
    };
    match (input.import_type.unwrap_or(default), known) {
        (ImportType::NewKeyMaterial, Some(_)) | (ImportType::ExistingKeyMaterial, None) => {
            Err(incorrect())
        }
        (ImportType::ExistingKeyMaterial, Some(known)) => {
            let expected = input.key_material_id.as_deref();
            if expected.is_some_and(|expected| expected != material_id) {
                return Err(incorrect());
            }
            Ok(Some(known))
        }
        (ImportType::NewKeyMaterial, None) => match &key.record().materials.pending {
            Some(pending) => Err(KmsError::another_material_pending(
                &key.arn(),
                material_id,
                &pending.id,
            )),
            None => Ok(None),
        },
    }
}

/// The Regions that have to import further material before the key can rotate to it.
fn replicas_of(key: &Key) -> Vec<Region> {
    let relatives = key.record().multi_region.as_ref();
    relatives.map_or_else(Vec::new, |relatives| relatives.replicas.clone())
}
