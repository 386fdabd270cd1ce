//! VerifyMac: whether a message authentication code was made by a key.
//!
//! AWS: API reference, "VerifyMac".

use strongroom_model::shapes::{VerifyMacRequest, VerifyMacResponse};

use super::check_mac_algorithm;
use crate::{
    call::{Attempt, Call},
    uses,
};

/// Computes the HMAC of the message and compares it in constant time. A dry run tells of a wrong
/// one too.
///
/// # Errors
///
/// - `KMSInvalidMacException`: it is not the key's MAC of this message, at its full length. The
///   answer never says `false`.
/// - Those of GenerateMac.
pub(crate) async fn verify_mac(
    call: &Call<'_>,
    input: &VerifyMacRequest,
) -> Attempt<VerifyMacResponse> {
    let key = call.find_key_or_alias(&input.key_id).await?;
    let key = call.permit::<uses::VerifyMac>(key).await?.usable()?;
    check_mac_algorithm(&key, input.mac_algorithm)?;

    let material = call.material_to_judge(&key).await?;
    material.verify_mac(&input.message, &input.mac)?;
    call.stop_if_dry_run()?;
    Ok(VerifyMacResponse {
        key_id: Some(key.arn().text()),
        mac_valid: Some(true),
        mac_algorithm: Some(input.mac_algorithm),
    })
}
