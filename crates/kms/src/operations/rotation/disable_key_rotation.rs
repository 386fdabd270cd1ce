//! DisableKeyRotation: a KMS key keeps its current key material.
//!
//! AWS: API reference, "DisableKeyRotation".

use strongroom_model::shapes::DisableKeyRotationRequest;

use super::{check_origin, check_primary, has_rotations};
use crate::{
    call::{Attempt, Call},
    change::Change,
    uses,
};

/// Turns automatic rotation off. Old materials stay and decrypt.
///
/// A key that never rotates, such as an asymmetric one, is left as it is and no error.
///
/// # Errors
///
/// - `DisabledException`, `KMSInvalidStateException`: the key's state.
/// - `UnsupportedOperationException`: the key's material is not AWS KMS's own, or the key is a
///   replica.
pub(crate) async fn disable_key_rotation(
    call: &Call<'_>,
    input: &DisableKeyRotationRequest,
) -> Attempt<()> {
    let key = call.find_key(&input.key_id).await?;
    let key = call
        .permit::<uses::DisableKeyRotation>(key)
        .await?
        .usable()?;
    check_origin(&key)?;
    if !has_rotations(&key) {
        return Ok(());
    }
    check_primary(&key)?;
    let mut record = key.record().clone();
    record.rotation = None;
    call.commit(Change::key(&key, &record)?).await
}
