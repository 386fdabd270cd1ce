//! DisableKey: a KMS key cannot be used in cryptographic operations any more.
//!
//! AWS: API reference, "DisableKey".

use strongroom_model::shapes::DisableKeyRequest;

use crate::{
    call::{Attempt, Call},
    change::Change,
    uses,
};

/// Disables the key. When this returns, no operation starts under the key.
///
/// # Errors
///
/// - `KMSInvalidStateException`: the key is pending deletion or import.
pub(crate) async fn disable_key(call: &Call<'_>, input: &DisableKeyRequest) -> Attempt<()> {
    let key = call.find_key(&input.key_id).await?;
    let key = call.permit::<uses::DisableKey>(key).await?.usable()?;
    let mut record = key.record().clone();
    record.enabled = false;
    call.commit(Change::key(&key, &record)?).await
}
