//! AES-256-GCM, the one cipher of the house.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};

use crate::CryptoError;

/// Length of an AES-256 key.
pub(crate) const KEY_BYTES: usize = 32;
/// Length of an initialization vector. NIST SP 800-38D, section 8.2.2.
pub(crate) const IV_BYTES: usize = 12;
/// Length of an authentication tag.
pub(crate) const TAG_BYTES: usize = 16;

/// Encrypts `data` in place and gives its tag. The pair of key and IV must never come again.
pub(crate) fn seal(
    key: &[u8],
    iv: &[u8; IV_BYTES],
    aad: &[u8],
    data: &mut [u8],
) -> Result<[u8; TAG_BYTES], CryptoError> {
    let tag = cipher(key)?
        .seal_in_place_separate_tag(Nonce::assume_unique_for_key(*iv), Aad::from(aad), data)
        .map_err(|_| CryptoError::LibraryFailure)?;
    let mut out = [0u8; TAG_BYTES];
    out.copy_from_slice(tag.as_ref());
    Ok(out)
}

/// Checks and decrypts `sealed`, a ciphertext with its tag, in place.
///
/// The first bytes of the buffer are then the plaintext, and they are what is returned. On
/// failure the buffer holds nothing of use, and [`CryptoError::Unauthentic`] is the answer.
pub(crate) fn open<'a>(
    key: &[u8],
    iv: &[u8; IV_BYTES],
    aad: &[u8],
    sealed: &'a mut [u8],
) -> Result<&'a mut [u8], CryptoError> {
    cipher(key)?
        .open_in_place(Nonce::assume_unique_for_key(*iv), Aad::from(aad), sealed)
        .map_err(|_| CryptoError::Unauthentic)
}

fn cipher(key: &[u8]) -> Result<LessSafeKey, CryptoError> {
    UnboundKey::new(&AES_256_GCM, key)
        .map(LessSafeKey::new)
        .map_err(|_| CryptoError::LibraryFailure)
}
