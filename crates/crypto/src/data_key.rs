//! Bytes for callers: data keys, and what GenerateRandom gives.

use strongroom_model::{
    Plaintext,
    enums::{DataKeyPairSpec, KeySpec},
};

use crate::{CryptoError, KeyMaterial, Random};

/// A symmetric data key of `length` bytes.
///
/// # Errors
/// [`CryptoError::RandomUnavailable`].
pub fn data_key(length: usize, random: &Random) -> Result<Plaintext, CryptoError> {
    random_bytes(length, random)
}

/// A data key pair: the private key as DER PKCS#8, the public key as DER SubjectPublicKeyInfo.
///
/// Blocks as [`KeyMaterial::generate`] does.
///
/// # Errors
/// As [`KeyMaterial::generate`].
pub fn data_key_pair(
    spec: DataKeyPairSpec,
    random: &Random,
) -> Result<(Plaintext, Vec<u8>), CryptoError> {
    // The specs of pairs are specs of keys too, by the same names.
    let spec = KeySpec::parse(spec.as_str()).ok_or(CryptoError::Unsuitable)?;
    into_data_key_pair(KeyMaterial::generate(spec, random)?)
}

/// Gives a material away as a data key pair, in the forms of [`data_key_pair`]: for pairs that
/// were made before anybody asked for them.
///
/// # Errors
/// [`CryptoError::Unsuitable`] when keys of its spec have no public half.
pub fn into_data_key_pair(material: KeyMaterial) -> Result<(Plaintext, Vec<u8>), CryptoError> {
    let public_key = material.public_key()?;
    Ok((material.into_plaintext(), public_key))
}

/// `length` random bytes.
///
/// # Errors
/// [`CryptoError::RandomUnavailable`].
pub fn random_bytes(length: usize, random: &Random) -> Result<Plaintext, CryptoError> {
    // Filled before it becomes a secret, but in the same buffer: nothing is left behind.
    let mut bytes = zeroize::Zeroizing::new(vec![0u8; length]);
    random.fill(&mut bytes)?;
    Ok(Plaintext::new(std::mem::take(&mut *bytes)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_have_the_length_that_was_asked_for_and_differ() {
        let random = Random::system();
        for length in [1, 16, 32, 64, 1024] {
            assert_eq!(random_bytes(length, &random).unwrap().len(), length);
        }
        assert_ne!(
            data_key(32, &random).unwrap(),
            data_key(32, &random).unwrap()
        );
    }
}
