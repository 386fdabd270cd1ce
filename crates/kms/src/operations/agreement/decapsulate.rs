//! Decapsulate: the secret that Encapsulate, or somebody with the public key, has made.
//!
//! AWS: API reference, "Decapsulate".

use strongroom_model::shapes::{DecapsulateRequest, DecapsulateResponse};

use crate::{
    call::{Attempt, Call},
    uses,
};

/// Opens an encapsulated secret.
///
/// A ciphertext that was not made under the key gives a secret that nobody else has, and no error:
/// so ML-KEM keeps from telling anything about the key. Whether both sides have the same secret
/// shows when they use it.
///
/// # Errors
///
/// - `InvalidCiphertextException`: the ciphertext does not have the length that the key's spec
///   gives it. A dry run tells of it too.
/// - Those of Encapsulate.
pub(crate) async fn decapsulate(
    call: &Call<'_>,
    input: &DecapsulateRequest,
) -> Attempt<DecapsulateResponse> {
    let key = call.find_key_or_alias(&input.key_id).await?;
    let key = call.permit::<uses::Decapsulate>(key).await?.usable()?;

    let material = call.material_to_judge(&key).await?;
    let secret = material.decapsulate(&input.shared_secret_ciphertext_blob)?;
    call.stop_if_dry_run()?;
    Ok(DecapsulateResponse {
        key_id: Some(key.arn().text()),
        shared_secret: Some(secret),
        encapsulation_algorithm: Some(input.encapsulation_algorithm),
    })
}
