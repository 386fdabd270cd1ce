//! DeriveSharedSecret: the secret that the owner of another key of the same curve derives too.
//!
//! AWS: API reference, "DeriveSharedSecret".

use strongroom_model::shapes::{DeriveSharedSecretRequest, DeriveSharedSecretResponse};

use crate::{
    addressee::Addressee,
    call::{Attempt, Call},
    uses,
};

/// Agrees on a secret with the peer whose public key is given, a DER SubjectPublicKeyInfo. The
/// secret is the x-coordinate as it is, as long as the curve's field; a key is derived from it
/// outside.
///
/// # Errors
///
/// - `InvalidKeyUsageException`: the key is not for key agreement.
/// - `DisabledException`, `KMSInvalidStateException`: the key's state.
/// - `ValidationException`, without a message: the public key is none, or not of the same curve.
///   A dry run tells of it too.
/// - `ValidationException`: the `Recipient` is not attested.
/// - `DryRunOperationException`: all is well and the request is a dry run.
pub(crate) async fn derive_shared_secret(
    call: &Call<'_>,
    input: &DeriveSharedSecretRequest,
) -> Attempt<DeriveSharedSecretResponse> {
    let key = call.find_key_or_alias(&input.key_id).await?;
    let key = call.permit::<uses::DeriveSharedSecret>(key)?;
    let addressee = Addressee::of(call.service(), input.recipient.as_ref())?;
    call.note_addressee(&addressee);
    // Every key with this usage agrees by the one algorithm that the model has.
    let key = key.usable()?;

    let material = call.material_to_judge(&key).await?;
    let secret = material.derive(&input.public_key)?;
    call.stop_if_dry_run()?;
    let answer = addressee.hand_over(call.service(), secret)?;
    Ok(DeriveSharedSecretResponse {
        key_id: Some(key.arn().text()),
        shared_secret: answer.plaintext,
        key_agreement_algorithm: Some(input.key_agreement_algorithm),
        key_origin: Some(key.record().origin),
        ciphertext_for_recipient: answer.ciphertext_for_recipient,
    })
}
