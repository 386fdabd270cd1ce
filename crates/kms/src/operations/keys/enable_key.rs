//! EnableKey: a KMS key can be used in cryptographic operations again.
//!
//! AWS: API reference, "EnableKey".

use strongroom_model::shapes::EnableKeyRequest;

use crate::{
    call::{Attempt, Call},
    change::Change,
    uses,
};

/// Enables the key. A key that is enabled already stays so.
///
/// # Errors
///
/// - `KMSInvalidStateException`: the key is pending deletion or import.
pub(crate) async fn enable_key(call: &Call<'_>, input: &EnableKeyRequest) -> Attempt<()> {
    let key = call.find_key(&input.key_id).await?;
    let key = call.permit::<uses::EnableKey>(key).await?.usable()?;
    let mut record = key.record().clone();
    record.enabled = true;
    call.commit(Change::key(&key, &record)?).await
}
