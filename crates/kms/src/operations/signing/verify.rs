//! Verify: whether a signature was made by a key.
//!
//! AWS: API reference, "Verify".

use strongroom_model::{
    enums::MessageType,
    shapes::{VerifyRequest, VerifyResponse},
};

use super::check_message;
use crate::{
    call::{Attempt, Call},
    uses,
};

/// Checks a signature. The message type need not be the one that it was made with, as long as the
/// digest comes out the same.
///
/// A dry run tells of a wrong signature too.
///
/// # Errors
///
/// - `KMSInvalidSignatureException`: it is not the key's signature of this message, or no
///   signature at all. The answer never says `false`.
/// - Those of Sign.
pub(crate) async fn verify(call: &Call<'_>, input: &VerifyRequest) -> Attempt<VerifyResponse> {
    let key = call.find_key_or_alias(&input.key_id).await?;
    let key = call.permit::<uses::Verify>(key).await?.usable()?;
    let algorithm = input.signing_algorithm;
    let message_type = input.message_type.unwrap_or(MessageType::Raw);
    check_message(&key, algorithm, message_type, &input.message)?;

    let material = call.material_to_judge(&key).await?;
    material.verify(algorithm, message_type, &input.message, &input.signature)?;
    call.stop_if_dry_run()?;
    Ok(VerifyResponse {
        key_id: Some(key.arn().text()),
        signature_valid: Some(true),
        signing_algorithm: Some(algorithm),
    })
}
