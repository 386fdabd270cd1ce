//! GenerateMac: a message authentication code.
//!
//! AWS: API reference, "GenerateMac".

use strongroom_model::shapes::{GenerateMacRequest, GenerateMacResponse};

use super::check_mac_algorithm;
use crate::{
    call::{Attempt, Call},
    uses,
};

/// Computes the HMAC of the message, at its full length.
///
/// # Errors
///
/// - `InvalidKeyUsageException`: the key is not for MACs, or not by this algorithm.
/// - `DisabledException`, `KMSInvalidStateException`: the key's state.
/// - `DryRunOperationException`: all is well and the request is a dry run.
pub(crate) async fn generate_mac(
    call: &Call<'_>,
    input: &GenerateMacRequest,
) -> Attempt<GenerateMacResponse> {
    let key = call.find_key_or_alias(&input.key_id).await?;
    let key = call.permit::<uses::GenerateMac>(key).await?.usable()?;
    check_mac_algorithm(&key, input.mac_algorithm)?;

    let material = call.material(&key).await?;
    Ok(GenerateMacResponse {
        key_id: Some(key.arn().text()),
        mac: Some(material.mac(&input.message)?),
        mac_algorithm: Some(input.mac_algorithm),
    })
}
