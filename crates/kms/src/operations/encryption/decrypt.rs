//! Decrypt: what Encrypt, GenerateDataKey or ReEncrypt made under a KMS key.
//!
//! AWS: API reference, "Decrypt".

use strongroom_model::shapes::{DecryptRequest, DecryptResponse};

use super::{Source, check_algorithm, check_context};
use crate::{
    addressee::Addressee,
    call::{Attempt, Call},
    error::KmsError,
    uses,
};

/// Decrypts under the key and material that the ciphertext itself names; `key_id`, if given,
/// must be that key. The ciphertext of an asymmetric key names none, so `key_id` has to.
///
/// # Errors
///
/// - `InvalidCiphertextException`: damaged, not ours, or another encryption context. Which of
///   these is never told.
/// - `IncorrectKeyException`: `key_id` is another key.
/// - `ValidationException`: no `key_id`, or a context, with the algorithm of an asymmetric key.
/// - `InvalidKeyUsageException`: the key is not for encryption, or not by this algorithm.
/// - `AccessDeniedException`: the key is gone, elsewhere or not permitted.
/// - `ValidationException`: the `Recipient` is not attested.
/// - `DisabledException`, `KMSInvalidStateException`: the key's state.
pub(crate) async fn decrypt(call: &Call<'_>, input: &DecryptRequest) -> Attempt<DecryptResponse> {
    let source = Source::new(
        input.ciphertext_blob.as_deref(),
        input.key_id.as_deref(),
        input.encryption_algorithm,
        input.dry_run,
        input.dry_run_modifiers.as_deref(),
    );
    let (key, header) = source.key::<uses::Decrypt>(call).await?;
    let addressee = Addressee::of(call.service(), input.recipient.as_ref())?;
    call.note_addressee(&addressee);
    let key = key.usable()?;
    check_algorithm(&key, source.algorithm)?;
    let context = input.encryption_context.as_ref();
    check_context(&key, context)?;

    let Some(blob) = source.ciphertext() else {
        call.stop_if_dry_run()?;
        return Err(KmsError::invalid_ciphertext().into());
    };
    let material = call.material_of(&key, header.as_ref()).await?;
    let plaintext = material.open(source.algorithm, blob, context).await?;
    call.stop_if_dry_run()?;
    let answer = addressee.hand_over(call.service(), plaintext)?;
    Ok(DecryptResponse {
        key_id: Some(key.arn().text()),
        plaintext: answer.plaintext,
        encryption_algorithm: Some(source.algorithm),
        key_material_id: material.id().filter(|_| !addressee.is_enclave()),
        ciphertext_for_recipient: answer.ciphertext_for_recipient,
    })
}
