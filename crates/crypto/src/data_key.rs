//! Bytes for callers: data keys, and what GenerateRandom gives.

use strongroom_model::Plaintext;

use crate::{CryptoError, Random};

/// A symmetric data key of `length` bytes.
///
/// # Errors
/// [`CryptoError::RandomUnavailable`].
pub fn data_key(length: usize, random: &Random) -> Result<Plaintext, CryptoError> {
    random_bytes(length, random)
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
