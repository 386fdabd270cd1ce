//! GenerateDataKeyPairWithoutPlaintext: a new key pair for use outside, its private key encrypted
//! under a KMS key only.
//!
//! AWS: API reference, "GenerateDataKeyPairWithoutPlaintext".

use strongroom_model::shapes::{
    GenerateDataKeyPairWithoutPlaintextRequest, GenerateDataKeyPairWithoutPlaintextResponse,
};

use super::{pair, permit_pair};
use crate::{
    call::{Attempt, Call},
    uses,
};

/// Makes a key pair for later use; the plaintext of the private key is wiped here.
///
/// # Errors
///
/// Those of GenerateDataKeyPair.
pub(crate) async fn generate_data_key_pair_without_plaintext(
    call: &Call<'_>,
    input: &GenerateDataKeyPairWithoutPlaintextRequest,
) -> Attempt<GenerateDataKeyPairWithoutPlaintextResponse> {
    let key = call.find_key_or_alias(&input.key_id).await?;
    let spec = input.key_pair_spec;
    let key = permit_pair::<uses::GenerateDataKeyPairWithoutPlaintext>(call, key, spec).await?;
    let made = pair(call, key, spec, input.encryption_context.as_ref()).await?;
    Ok(GenerateDataKeyPairWithoutPlaintextResponse {
        private_key_ciphertext_blob: Some(made.private_key_ciphertext),
        public_key: Some(made.public_key),
        key_id: Some(made.key_id),
        key_pair_spec: Some(spec),
        key_material_id: made.key_material_id,
    })
}
