//! Encrypt: up to 4,096 bytes under a KMS key, or what an asymmetric one can take.
//!
//! AWS: API reference, "Encrypt".

use strongroom_model::{
    enums::EncryptionAlgorithmSpec,
    shapes::{EncryptRequest, EncryptResponse},
};

use super::{check_algorithm, check_context, check_length};
use crate::{
    call::{Attempt, Call},
    uses,
};

/// Encrypts the plaintext under the current material of the key, bound to the context.
///
/// Each message has a key of its own, so two encryptions of one plaintext differ. The ciphertext
/// of an asymmetric key is what the algorithm gives and nothing around it, so it names no key, and
/// there is no context to bind. The plaintext is wiped when the input is dropped.
///
/// # Errors
///
/// - `InvalidKeyUsageException`: the key is not for encryption, or not by this algorithm.
/// - `DisabledException`, `KMSInvalidStateException`: the key's state.
/// - `ValidationException`: a context, or too much plaintext, for an asymmetric key.
/// - `DryRunOperationException`: all is well and the request is a dry run.
pub(crate) async fn encrypt(call: &Call<'_>, input: &EncryptRequest) -> Attempt<EncryptResponse> {
    let key = call.find_key_or_alias(&input.key_id).await?;
    let key = call.permit::<uses::Encrypt>(key).await?.usable()?;
    let algorithm = input
        .encryption_algorithm
        .unwrap_or(EncryptionAlgorithmSpec::SymmetricDefault);
    check_algorithm(&key, algorithm)?;
    let context = input.encryption_context.as_ref();
    check_context(&key, context)?;
    check_length(&key, algorithm, &input.plaintext)?;

    let material = call.material(&key).await?;
    let ciphertext = material.seal(algorithm, &input.plaintext, context).await?;
    Ok(EncryptResponse {
        ciphertext_blob: Some(ciphertext),
        key_id: Some(key.arn().text()),
        encryption_algorithm: Some(algorithm),
    })
}
