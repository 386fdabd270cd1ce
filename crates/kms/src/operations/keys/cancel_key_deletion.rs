//! CancelKeyDeletion: a KMS key that was to be deleted stays.
//!
//! AWS: API reference, "CancelKeyDeletion".

use strongroom_model::shapes::{CancelKeyDeletionRequest, CancelKeyDeletionResponse};

use crate::{
    call::{Attempt, Call},
    change::Change,
    uses,
};

/// Cancels the deletion. The key is Disabled afterwards, not Enabled; one without material is
/// PendingImport again.
///
/// # Errors
///
/// - `KMSInvalidStateException`: the key is not pending deletion.
pub(crate) async fn cancel_key_deletion(
    call: &Call<'_>,
    input: &CancelKeyDeletionRequest,
) -> Attempt<CancelKeyDeletionResponse> {
    let key = call.find_key(&input.key_id).await?;
    let key = call
        .permit::<uses::CancelKeyDeletion>(key)
        .await?
        .usable()?;

    let mut record = key.record().clone();
    record.deletion = None;
    record.deletion_after_replicas = None;
    call.commit(Change::key(&key, &record)?).await?;
    Ok(CancelKeyDeletionResponse {
        key_id: Some(key.arn().text()),
    })
}
