//! GenerateDataKeyWithoutPlaintext: a new data key, encrypted under a KMS key only.
//!
//! AWS: API reference, "GenerateDataKeyWithoutPlaintext".

use strongroom_model::{
    enums::EncryptionAlgorithmSpec::SymmetricDefault,
    shapes::{GenerateDataKeyWithoutPlaintextRequest, GenerateDataKeyWithoutPlaintextResponse},
};

use super::{check_symmetric, length};
use crate::{
    call::{Attempt, Call},
    operations::encryption::check_context,
    uses,
};

/// Makes a data key for later use; the plaintext is wiped here.
///
/// # Errors
///
/// Those of GenerateDataKey.
pub(crate) async fn generate_data_key_without_plaintext(
    call: &Call<'_>,
    input: &GenerateDataKeyWithoutPlaintextRequest,
) -> Attempt<GenerateDataKeyWithoutPlaintextResponse> {
    let key = call.find_key_or_alias(&input.key_id).await?;
    let key = call
        .permit::<uses::GenerateDataKeyWithoutPlaintext>(key)
        .await?;
    let length = length(input.key_spec, input.number_of_bytes)?;
    let key = key.usable()?;
    check_symmetric(&key)?;
    let context = input.encryption_context.as_ref();
    check_context(&key, context)?;

    let material = call.material(&key).await?;
    let data_key = call.service().random_bytes(length)?;
    let ciphertext = material.seal(SymmetricDefault, &data_key, context).await?;
    Ok(GenerateDataKeyWithoutPlaintextResponse {
        ciphertext_blob: Some(ciphertext),
        key_id: Some(key.arn().text()),
        key_material_id: material.id(),
    })
}
