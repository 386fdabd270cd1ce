//! Data keys and random bytes.
//!
//! AWS: developer guide, "Data keys".

mod generate_data_key;
mod generate_data_key_pair;
mod generate_data_key_pair_without_plaintext;
mod generate_data_key_without_plaintext;
mod generate_random;

pub(crate) use generate_data_key::generate_data_key;
pub(crate) use generate_data_key_pair::generate_data_key_pair;
pub(crate) use generate_data_key_pair_without_plaintext::generate_data_key_pair_without_plaintext;
pub(crate) use generate_data_key_without_plaintext::generate_data_key_without_plaintext;
pub(crate) use generate_random::generate_random;

use strongroom_model::{
    EncryptionContext, Plaintext,
    enums::{DataKeyPairSpec, DataKeySpec, EncryptionAlgorithmSpec::SymmetricDefault},
};

use super::encryption::{check_context, is_symmetric};
use crate::{
    call::{Attempt, Authorized, Call, Found, Key, Permitted},
    error::KmsError,
    material::Seals,
    specs,
    uses::KeyUse,
};

/// The length in bytes that a request for a data key asks for, by name or by number.
fn length(spec: Option<DataKeySpec>, number_of_bytes: Option<i32>) -> Result<usize, KmsError> {
    let length = match (spec, number_of_bytes) {
        (Some(DataKeySpec::Aes256), None) => Some(32),
        (Some(DataKeySpec::Aes128), None) => Some(16),
        (None, Some(bytes)) => usize::try_from(bytes).ok(),
        _ => None,
    };
    length.ok_or_else(|| KmsError::validation("Please specify either number of bytes or key spec."))
}

/// Refuses an asymmetric key, whose usage was fit. AWS: API reference, "GenerateDataKey".
fn check_symmetric<U: KeyUse>(key: &Authorized<Key, U>) -> Result<(), KmsError> {
    if is_symmetric(key) {
        Ok(())
    } else {
        Err(KmsError::data_key_under_asymmetric())
    }
}

/// What both operations that make a data key pair answer, but for the plaintext.
struct Pair {
    key_id: String,
    key_material_id: Option<String>,
    private_key: Plaintext,
    private_key_ciphertext: Vec<u8>,
    public_key: Vec<u8>,
}

/// The key that is to encrypt the private key of a pair, if the Region has such pairs.
async fn permit_pair<U: Seals>(
    call: &Call<'_>,
    key: Found<Key>,
    spec: DataKeyPairSpec,
) -> Result<Permitted<Key, U>, KmsError> {
    let key = call.permit::<U>(key).await?;
    if call
        .service()
        .offers(specs::of_pair(spec), &call.home().region)
    {
        Ok(key)
    } else {
        Err(KmsError::spec_not_offered("KeyPairSpec", spec.as_str()))
    }
}

/// Makes a pair. Its private key is encrypted as Encrypt would, so Decrypt opens it.
async fn pair<U: Seals>(
    call: &Call<'_>,
    key: Permitted<Key, U>,
    spec: DataKeyPairSpec,
    context: Option<&EncryptionContext>,
) -> Attempt<Pair> {
    let key = key.usable()?;
    if key.record().is_in_key_store() {
        return Err(KmsError::not_in_key_store("A data key pair").into());
    }
    if !is_symmetric(&key) {
        let (arn, of) = (key.arn(), key.record().spec.as_str());
        return Err(KmsError::key_spec(&arn, of, call.operation().name()).into());
    }
    check_context(&key, context)?;

    let material = call.material(&key).await?;
    let (private_key, public_key) = call.service().new_key_pair(spec).await?;
    let private_key_ciphertext = material
        .seal(SymmetricDefault, &private_key, context)
        .await?;
    Ok(Pair {
        key_id: key.arn().text(),
        key_material_id: material.id(),
        private_key,
        private_key_ciphertext,
        public_key,
    })
}
