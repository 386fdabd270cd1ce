//! GenerateDataKeyPair: a new key pair for use outside, its private key in plaintext and encrypted
//! under a KMS key.
//!
//! AWS: API reference, "GenerateDataKeyPair".

use strongroom_model::shapes::{GenerateDataKeyPairRequest, GenerateDataKeyPairResponse};

use super::{pair, permit_pair};
use crate::{
    addressee::Addressee,
    call::{Attempt, Call},
    uses,
};

/// Makes a key pair of the spec asked for: the public key as a DER SubjectPublicKeyInfo, the
/// private key as a DER PKCS#8 PrivateKeyInfo. Decrypt opens the encrypted copy.
///
/// # Errors
///
/// - `UnsupportedOperationException`: the Region has no pairs of that spec.
/// - `InvalidKeyUsageException`: the key is not for encryption; after its state, also: it is an
///   asymmetric one.
/// - `DisabledException`, `KMSInvalidStateException`: the key's state.
/// - `ValidationException`: the `Recipient` is not attested.
/// - `DryRunOperationException`: all is well and the request is a dry run.
pub(crate) async fn generate_data_key_pair(
    call: &Call<'_>,
    input: &GenerateDataKeyPairRequest,
) -> Attempt<GenerateDataKeyPairResponse> {
    let key = call.find_key_or_alias(&input.key_id).await?;
    let spec = input.key_pair_spec;
    let key = permit_pair::<uses::GenerateDataKeyPair>(call, key, spec)?;
    let addressee = Addressee::of(call.service(), input.recipient.as_ref())?;
    call.note_addressee(&addressee);
    let made = pair(call, key, spec, input.encryption_context.as_ref()).await?;
    let answer = addressee.hand_over(call.service(), made.private_key)?;
    Ok(GenerateDataKeyPairResponse {
        private_key_ciphertext_blob: Some(made.private_key_ciphertext),
        private_key_plaintext: answer.plaintext,
        public_key: Some(made.public_key),
        key_id: Some(made.key_id),
        key_pair_spec: Some(spec),
        key_material_id: made.key_material_id,
        ciphertext_for_recipient: answer.ciphertext_for_recipient,
    })
}
