//! Encrypt: up to 4,096 bytes under a KMS key.
//!
//! AWS: API reference, "Encrypt".

use strongroom_model::{
    enums::EncryptionAlgorithmSpec,
    shapes::{EncryptRequest, EncryptResponse},
};

use super::{check_algorithm, check_context};
use crate::{
    call::{Attempt, Call},
    uses,
};

/// Encrypts the plaintext under the current material of the key, bound to the context.
///
/// Each message has a key of its own, so two encryptions of one plaintext differ. The plaintext
/// is wiped when the input is dropped.
///
/// # Errors
///
/// - `InvalidKeyUsageException`: the key is not for encryption, or not by this algorithm.
/// - `DisabledException`, `KMSInvalidStateException`: the key's state.
/// - `DryRunOperationException`: all is well and the request is a dry run.
pub(crate) async fn encrypt(call: &Call<'_>, input: &EncryptRequest) -> Attempt<EncryptResponse> {
    let key = call.find_key_or_alias(&input.key_id).await?;
    let key = call.permit::<uses::Encrypt>(key)?.usable()?;
    let algorithm = input
        .encryption_algorithm
        .unwrap_or(EncryptionAlgorithmSpec::SymmetricDefault);
    check_algorithm(&key, algorithm)?;
    check_context(input.encryption_context.as_ref())?;

    let material = call.material(&key).await?;
    let ciphertext = material.seal(&input.plaintext, input.encryption_context.as_ref())?;
    Ok(EncryptResponse {
        ciphertext_blob: Some(ciphertext),
        key_id: Some(key.arn().to_string()),
        encryption_algorithm: Some(algorithm),
    })
}
