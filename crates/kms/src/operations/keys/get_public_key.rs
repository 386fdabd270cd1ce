//! GetPublicKey: the public half of an asymmetric KMS key, for use outside.
//!
//! AWS: API reference, "GetPublicKey".

use strongroom_model::shapes::{GetPublicKeyRequest, GetPublicKeyResponse};

use super::AlgorithmLists;
use crate::{
    call::{Attempt, Call},
    error::KmsError,
    specs::{self, Family},
    uses,
};

/// Tells the public key, a DER SubjectPublicKeyInfo, and what it may be used for. A disabled key
/// tells it too (decision 25).
///
/// # Errors
///
/// - `KMSInvalidStateException`: the key's state, which is weighed before its type.
/// - `UnsupportedOperationException`, without a message: the key is not an asymmetric one.
pub(crate) async fn get_public_key(
    call: &Call<'_>,
    input: &GetPublicKeyRequest,
) -> Attempt<GetPublicKeyResponse> {
    let key = call.find_key_or_alias(&input.key_id).await?;
    let key = call.permit::<uses::GetPublicKey>(key).await?.usable()?;
    let (spec, usage) = (key.record().spec, key.record().usage);
    if specs::family(spec) != Family::Asymmetric {
        return Err(KmsError::no_public_key().into());
    }

    let material = call.material(&key).await?;
    let public_key = material.public_key().ok_or_else(KmsError::no_public_key)?;
    let algorithms = AlgorithmLists::of(spec, usage);
    Ok(GetPublicKeyResponse {
        key_id: Some(key.arn().text()),
        public_key: Some(public_key.to_vec()),
        customer_master_key_spec: Some(spec),
        key_spec: Some(spec),
        key_usage: Some(usage),
        encryption_algorithms: algorithms.encryption,
        signing_algorithms: algorithms.signing,
        key_agreement_algorithms: algorithms.agreement,
        encapsulation_algorithms: algorithms.encapsulation,
    })
}
