//! EnableKeyRotation: a symmetric KMS key gets new key material at regular intervals.
//!
//! AWS: API reference, "EnableKeyRotation".

use strongroom_model::shapes::EnableKeyRotationRequest;

use super::{check_origin, check_primary, has_rotations};
use crate::{
    call::{Attempt, Call},
    change::Change,
    error::KmsError,
    record::Rotation,
    uses,
};

/// Days between two rotations when the request does not say. AWS: "EnableKeyRotation".
const DEFAULT_PERIOD_DAYS: i32 = 365;

/// Turns automatic rotation on, from now on every so many days. Said again it begins anew, with
/// the period of the latest request.
///
/// # Errors
///
/// - `DisabledException`, `KMSInvalidStateException`: the key's state. It is told before
///   anything about its kind, except that imported material does not rotate by itself.
/// - `UnsupportedOperationException`: the key is not symmetric, its material is not AWS KMS's
///   own, or it is a replica.
pub(crate) async fn enable_key_rotation(
    call: &Call<'_>,
    input: &EnableKeyRotationRequest,
) -> Attempt<()> {
    let key = call.find_key(&input.key_id).await?;
    let key = call
        .permit::<uses::EnableKeyRotation>(key)
        .await?
        .usable()?;
    check_origin(&key)?;
    if !has_rotations(&key) {
        return Err(KmsError::spec_unsupported().into());
    }
    check_primary(&key)?;
    let period_days = input.rotation_period_in_days.unwrap_or(DEFAULT_PERIOD_DAYS);
    let mut record = key.record().clone();
    record.rotation = Some(Rotation::every(period_days, call.now()));
    call.commit(Change::key(&key, &record)?).await
}
