//! GetKeyRotationStatus: whether and when a KMS key rotates by itself.
//!
//! AWS: API reference, "GetKeyRotationStatus".

use strongroom_model::shapes::{GetKeyRotationStatusRequest, GetKeyRotationStatusResponse};

use super::check_origin;
use crate::{
    call::{Attempt, Call},
    uses,
};

/// Tells of automatic rotation in every state of the key.
///
/// A disabled key keeps its schedule without following it; one that is pending deletion answers
/// no and has its schedule back when the deletion is cancelled. Keys that never rotate answer
/// no. A rotation on demand is over when its call returns, so none is ever seen running.
///
/// # Errors
///
/// - `UnsupportedOperationException`: the key's material is not AWS KMS's own.
pub(crate) async fn get_key_rotation_status(
    call: &Call<'_>,
    input: &GetKeyRotationStatusRequest,
) -> Attempt<GetKeyRotationStatusResponse> {
    let key = call.find_key(&input.key_id).await?;
    let key = call
        .permit::<uses::GetKeyRotationStatus>(key)
        .await?
        .usable()?;
    check_origin(&key)?;
    let record = key.record();
    let rotation = record
        .rotation
        .as_ref()
        .filter(|_| record.deletion.is_none());
    Ok(GetKeyRotationStatusResponse {
        key_id: Some(key.arn().text()),
        key_rotation_enabled: Some(rotation.is_some()),
        next_rotation_date: rotation.map(|rotation| rotation.next),
        on_demand_rotation_start_date: None,
        rotation_period_in_days: rotation.map(|rotation| rotation.period_days),
    })
}
