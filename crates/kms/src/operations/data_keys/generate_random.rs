//! GenerateRandom: random bytes from the service's generator, or from that of a hardware module.
//!
//! AWS: API reference, "GenerateRandom".

use strongroom_model::shapes::{GenerateRandomRequest, GenerateRandomResponse};

use crate::{
    addressee::Addressee,
    call::{Attempt, Call},
    error::KmsError,
    key_stores, uses,
};

/// Returns 1 to 1,024 random bytes.
///
/// # Errors
///
/// - `ValidationException`: the number of bytes is missing, or the `Recipient` is not attested.
/// - `CustomKeyStoreNotFoundException`: there is no such custom key store.
/// - `UnsupportedOperationException`: it is an external one, which has no generator.
/// - `CustomKeyStoreInvalidStateException`: it is not connected, or its cluster fails.
pub(crate) async fn generate_random(
    call: &Call<'_>,
    input: &GenerateRandomRequest,
) -> Attempt<GenerateRandomResponse> {
    call.permit_account::<uses::GenerateRandom>()?;
    let bytes = input
        .number_of_bytes
        .and_then(|bytes| usize::try_from(bytes).ok());
    let length = bytes.ok_or_else(|| KmsError::validation("NumberOfBytes is required."))?;
    let store = match &input.custom_key_store_id {
        Some(id) => Some(call.find_key_store(id).await?),
        None => None,
    };
    let addressee = Addressee::of(call.service(), input.recipient.as_ref())?;
    call.note_addressee(&addressee);
    let bytes = match &store {
        Some(store) => key_stores::random_bytes(call.service(), store, length).await?,
        None => call.service().random_bytes(length)?,
    };
    let answer = addressee.hand_over(call.service(), bytes)?;
    Ok(GenerateRandomResponse {
        plaintext: answer.plaintext,
        ciphertext_for_recipient: answer.ciphertext_for_recipient,
    })
}
