//! Sign: a signature that anybody with the public key can check.
//!
//! AWS: API reference, "Sign".

use strongroom_model::{
    enums::MessageType,
    shapes::{SignRequest, SignResponse},
};

use super::check_message;
use crate::{
    call::{Attempt, Call},
    uses,
};

/// Signs a message, its digest, or for ML-DSA its μ, as `message_type` says.
///
/// The signature is in the form that other libraries expect: for ECDSA and SM2 a DER sequence, for
/// RSA, Ed25519 and ML-DSA bytes of a fixed length; the salt of PSS is as long as the digest.
///
/// # Errors
///
/// - `InvalidKeyUsageException`: the key is not for signing, or not by this algorithm.
/// - `DisabledException`, `KMSInvalidStateException`: the key's state.
/// - `ValidationException`: a message type that the algorithm does not take, or a digest of the
///   wrong length.
/// - `DryRunOperationException`: all is well and the request is a dry run.
pub(crate) async fn sign(call: &Call<'_>, input: &SignRequest) -> Attempt<SignResponse> {
    let key = call.find_key_or_alias(&input.key_id).await?;
    let key = call.permit::<uses::Sign>(key).await?.usable()?;
    let algorithm = input.signing_algorithm;
    let message_type = input.message_type.unwrap_or(MessageType::Raw);
    check_message(&key, algorithm, message_type, &input.message)?;

    let material = call.material(&key).await?;
    let signature = material.sign(algorithm, message_type, &input.message)?;
    Ok(SignResponse {
        key_id: Some(key.arn().text()),
        signature: Some(signature),
        signing_algorithm: Some(algorithm),
    })
}
