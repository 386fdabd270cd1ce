//! GenerateDataKey: a new data key, in plaintext and encrypted under a KMS key.
//!
//! AWS: API reference, "GenerateDataKey".

use strongroom_model::shapes::{GenerateDataKeyRequest, GenerateDataKeyResponse};

use super::length;
use crate::{
    call::{Attempt, Call},
    error::KmsError,
    operations::encryption::check_context,
    uses,
};

/// Makes a data key of the length asked for. Decrypt opens the encrypted copy.
///
/// # Errors
///
/// - `ValidationException`: not exactly one of `key_spec` and `number_of_bytes`; said before the
///   key's usage and state are weighed.
/// - `InvalidKeyUsageException`, `DisabledException`, `KMSInvalidStateException`: the key.
pub(crate) async fn generate_data_key(
    call: &Call<'_>,
    input: &GenerateDataKeyRequest,
) -> Attempt<GenerateDataKeyResponse> {
    let key = call.find_key_or_alias(&input.key_id).await?;
    let key = call.permit::<uses::GenerateDataKey>(key)?;
    let length = length(input.key_spec, input.number_of_bytes)?;
    if input.recipient.is_some() {
        return Err(KmsError::recipient_not_built().into());
    }
    let key = key.usable()?;
    check_context(input.encryption_context.as_ref())?;

    let material = call.material(&key).await?;
    let data_key = call.service().random_bytes(length)?;
    let ciphertext = material.seal(&data_key, input.encryption_context.as_ref())?;
    Ok(GenerateDataKeyResponse {
        ciphertext_blob: Some(ciphertext),
        plaintext: Some(data_key),
        key_id: Some(key.arn().to_string()),
        key_material_id: Some(material.id()),
        ciphertext_for_recipient: None,
    })
}
