//! RotateKeyOnDemand: a symmetric KMS key goes on with other key material at once.
//!
//! AWS: API reference, "RotateKeyOnDemand"; developer guide, "Performing on-demand rotation".

use strongroom_model::{
    enums::{OriginType, RotationType},
    limits,
    shapes::{RotateKeyOnDemandRequest, RotateKeyOnDemandResponse},
};

use super::{check_primary, has_rotations};
use crate::{
    call::{Attempt, Call},
    change::Change,
    error::KmsError,
    rotation, uses,
};

/// How near an automatic rotation keeps one on demand away. AWS: "RotateKeyOnDemand",
/// ConflictException: 20 minutes.
const NEAR_MILLIS: i64 = 20 * 60 * 1000;

/// Makes new material current, or, for imported material, the one that waits for it. The
/// automatic schedule stays as it is.
///
/// The rotation is over when this returns.
///
/// # Errors
///
/// - `DisabledException`, `KMSInvalidStateException`: the key's state, told before anything
///   about its kind; or no imported material is waiting.
/// - `UnsupportedOperationException`: the key is not symmetric, stands in a key store or is a
///   replica.
/// - `LimitExceededException`: the key has had all its rotations on demand.
/// - `ConflictException`: it is about to rotate by itself.
pub(crate) async fn rotate_key_on_demand(
    call: &Call<'_>,
    input: &RotateKeyOnDemandRequest,
) -> Attempt<RotateKeyOnDemandResponse> {
    let key = call.find_key(&input.key_id).await?;
    let key = call
        .permit::<uses::RotateKeyOnDemand>(key)
        .await?
        .usable()?;
    let origin = key.record().origin;
    if !has_rotations(&key) {
        return Err(KmsError::spec_unsupported().into());
    }
    if !matches!(origin, OriginType::AwsKms | OriginType::External) {
        return Err(KmsError::origin(&key.arn(), origin.as_str()).into());
    }
    check_primary(&key)?;
    if key.record().on_demand_rotations >= limits::ON_DEMAND_ROTATIONS_PER_KEY {
        return Err(KmsError::on_demand_rotations_used_up(&key.arn()).into());
    }
    let soon = call.now().plus_millis(NEAR_MILLIS);
    if key.record().rotates_at().is_some_and(|date| date <= soon) {
        return Err(KmsError::automatic_rotation_is_near(&key.arn()).into());
    }

    let (service, home, id, now) = (call.service(), key.home(), key.id(), call.now());
    let mut record = key.record().clone();
    record.on_demand_rotations = record.on_demand_rotations.saturating_add(1);
    let mut change = Change::new();
    let event = if origin == OriginType::External {
        rotation::to_pending_material(service, home, id, &mut record, now, &mut change).await?
    } else {
        let kind = RotationType::OnDemand;
        rotation::to_new_material(service, home, id, &mut record, kind, now, &mut change).await?
    };
    change
        .replace_key(home, id, key.stored(), &record)?
        .tell(event);
    call.commit(change).await?;
    Ok(RotateKeyOnDemandResponse {
        key_id: Some(key.arn().text()),
    })
}
