//! GenerateDataKey: a new data key, in plaintext and encrypted under a KMS key.
//!
//! AWS: API reference, "GenerateDataKey".

use strongroom_model::{
    enums::EncryptionAlgorithmSpec::SymmetricDefault,
    shapes::{GenerateDataKeyRequest, GenerateDataKeyResponse},
};

use super::{check_symmetric, length};
use crate::{
    addressee::Addressee,
    call::{Attempt, Call},
    operations::encryption::check_context,
    uses,
};

/// Makes a data key of the length asked for. Decrypt opens the encrypted copy.
///
/// # Errors
///
/// - `ValidationException`: not exactly one of `key_spec` and `number_of_bytes`; said before the
///   key's usage and state are weighed.
///   A `Recipient` that is not attested.
/// - `InvalidKeyUsageException`: the key is not for encryption; after its state, also: it is an
///   asymmetric one.
/// - `DisabledException`, `KMSInvalidStateException`: the key.
pub(crate) async fn generate_data_key(
    call: &Call<'_>,
    input: &GenerateDataKeyRequest,
) -> Attempt<GenerateDataKeyResponse> {
    let key = call.find_key_or_alias(&input.key_id).await?;
    let key = call.permit::<uses::GenerateDataKey>(key)?;
    let length = length(input.key_spec, input.number_of_bytes)?;
    let addressee = Addressee::of(call.service(), input.recipient.as_ref())?;
    call.note_addressee(&addressee);
    let key = key.usable()?;
    check_symmetric(&key)?;
    let context = input.encryption_context.as_ref();
    check_context(&key, context)?;

    let material = call.material(&key).await?;
    let data_key = call.service().random_bytes(length)?;
    let ciphertext = material.seal(SymmetricDefault, &data_key, context).await?;
    let answer = addressee.hand_over(call.service(), data_key)?;
    Ok(GenerateDataKeyResponse {
        ciphertext_blob: Some(ciphertext),
        plaintext: answer.plaintext,
        key_id: Some(key.arn().text()),
        key_material_id: material.id().filter(|_| !addressee.is_enclave()),
        ciphertext_for_recipient: answer.ciphertext_for_recipient,
    })
}
