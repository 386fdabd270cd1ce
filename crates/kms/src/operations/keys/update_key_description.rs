//! UpdateKeyDescription: a new description for a KMS key.
//!
//! AWS: API reference, "UpdateKeyDescription".

use strongroom_model::shapes::UpdateKeyDescriptionRequest;

use crate::{
    call::{Attempt, Call},
    change::Change,
    uses,
};

/// Replaces the description; it may be empty.
///
/// # Errors
///
/// - `KMSInvalidStateException`: the key is pending deletion.
pub(crate) async fn update_key_description(
    call: &Call<'_>,
    input: &UpdateKeyDescriptionRequest,
) -> Attempt<()> {
    let key = call.find_key(&input.key_id).await?;
    let key = call
        .permit::<uses::UpdateKeyDescription>(key)
        .await?
        .usable()?;
    let mut record = key.record().clone();
    record.description.clone_from(&input.description);
    call.commit(Change::key(&key, &record)?).await
}
