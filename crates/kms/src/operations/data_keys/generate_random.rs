//! GenerateRandom: random bytes from the service's generator.
//!
//! AWS: API reference, "GenerateRandom".

use strongroom_model::{
    errors::ErrorCode,
    shapes::{GenerateRandomRequest, GenerateRandomResponse},
};

use crate::{
    addressee::Addressee,
    call::{Attempt, Call},
    error::KmsError,
    uses,
};

/// Returns 1 to 1,024 random bytes.
///
/// # Errors
///
/// - `ValidationException`: the number of bytes is missing, or the `Recipient` is not attested.
/// - `CustomKeyStoreNotFoundException`: there are no custom key stores to draw from.
pub(crate) async fn generate_random(
    call: &Call<'_>,
    input: &GenerateRandomRequest,
) -> Attempt<GenerateRandomResponse> {
    call.permit_account::<uses::GenerateRandom>()?;
    let bytes = input
        .number_of_bytes
        .and_then(|bytes| usize::try_from(bytes).ok());
    let length = bytes.ok_or_else(|| KmsError::validation("NumberOfBytes is required."))?;
    if let Some(id) = &input.custom_key_store_id {
        return Err(KmsError::new(
            ErrorCode::CustomKeyStoreNotFoundException,
            format!("Custom key store {id} does not exist."),
        )
        .into());
    }
    let addressee = Addressee::of(call.service(), input.recipient.as_ref())?;
    let bytes = call.service().random_bytes(length)?;
    let answer = addressee.hand_over(call.service(), bytes)?;
    Ok(GenerateRandomResponse {
        plaintext: answer.plaintext,
        ciphertext_for_recipient: answer.ciphertext_for_recipient,
    })
}
