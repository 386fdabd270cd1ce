//! Encapsulate: a new secret that only the private key of a key pair opens.
//!
//! AWS: API reference, "Encapsulate".

use strongroom_model::shapes::{EncapsulateRequest, EncapsulateResponse};

use crate::{
    call::{Attempt, Call},
    uses,
};

/// Makes a secret of 32 bytes, in plaintext and encapsulated under the key. Whoever has the public
/// key can do the same without the service.
///
/// # Errors
///
/// - `InvalidKeyUsageException`: the key is not for encapsulation.
/// - `DisabledException`, `KMSInvalidStateException`: the key's state.
/// - `DryRunOperationException`: all is well and the request is a dry run.
pub(crate) async fn encapsulate(
    call: &Call<'_>,
    input: &EncapsulateRequest,
) -> Attempt<EncapsulateResponse> {
    let key = call.find_key_or_alias(&input.key_id).await?;
    // Every key with this usage encapsulates by the one algorithm that the model has.
    let key = call.permit::<uses::Encapsulate>(key).await?.usable()?;

    let material = call.material(&key).await?;
    let (ciphertext, secret) = material.encapsulate()?;
    Ok(EncapsulateResponse {
        key_id: Some(key.arn().text()),
        shared_secret: Some(secret),
        shared_secret_ciphertext_blob: Some(ciphertext),
        encapsulation_algorithm: Some(input.encapsulation_algorithm),
    })
}
