//! The one key derivation of the house: SP 800-108r1 in counter mode with HMAC-SHA-256.
//!
//! `K(i) = HMAC(secret, u32be(i) || label || 0x00 || context || u32be(L in bits))`, i from 1.
//! The counter is the library's; the rest, the fixed input, is built here.

use aws_lc_rs::{
    digest, hmac,
    kdf::{
        KbkdfCtrHmacAlgorithm, KbkdfCtrHmacAlgorithmId, get_kbkdf_ctr_hmac_algorithm,
        kbkdf_ctr_hmac,
    },
};

use crate::{CryptoError, memory::LockedBytes};

/// Fills `output` from the secret, the label and the context.
///
/// The context must be of fixed width or framed by its caller. An output of 64 bytes is two
/// blocks of the function, so its halves are independent keys.
pub(crate) fn derive(
    secret: &[u8],
    label: &str,
    context: &[u8],
    output: &mut [u8],
) -> Result<(), CryptoError> {
    let bits = u32::try_from(output.len() * 8).map_err(|_| CryptoError::TooLong)?;
    let mut fixed = Vec::with_capacity(label.len() + 1 + context.len() + 4);
    fixed.extend_from_slice(label.as_bytes());
    fixed.push(0);
    fixed.extend_from_slice(context);
    fixed.extend_from_slice(&bits.to_be_bytes());
    kbkdf_ctr_hmac(algorithm()?, secret, &fixed, output).map_err(|_| CryptoError::LibraryFailure)
}

/// A derived key of 32 bytes, born in locked memory.
pub(crate) fn derive_key(
    secret: &[u8],
    label: &str,
    context: &[u8],
) -> Result<LockedBytes, CryptoError> {
    LockedBytes::filled(32, |key| derive(secret, label, context, key))
}

/// HMAC-SHA-256 over the parts, one after another.
pub(crate) fn hmac(key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    let mut context = hmac::Context::with_key(&hmac::Key::new(hmac::HMAC_SHA256, key));
    for part in parts {
        context.update(part);
    }
    array(context.sign().as_ref())
}

/// SHA-256.
pub(crate) fn sha256(bytes: &[u8]) -> [u8; 32] {
    array(digest::digest(&digest::SHA256, bytes).as_ref())
}

/// The 32 bytes of a SHA-256 output, which the library hands out as a slice.
fn array(bytes: &[u8]) -> [u8; 32] {
    let mut out = [0u8; 32];
    out.copy_from_slice(bytes);
    out
}

fn algorithm() -> Result<&'static KbkdfCtrHmacAlgorithm, CryptoError> {
    get_kbkdf_ctr_hmac_algorithm(KbkdfCtrHmacAlgorithmId::Sha256).ok_or(CryptoError::LibraryFailure)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_derivation_is_the_published_formula() {
        let (secret, label, context) = ([7u8; 32], "strongroom/test/v1", b"context");
        let block = |i: u32| {
            hmac(
                &secret,
                &[
                    &i.to_be_bytes(),
                    label.as_bytes(),
                    &[0],
                    context,
                    &512u32.to_be_bytes(),
                ],
            )
        };
        let mut derived = [0u8; 64];
        derive(&secret, label, context, &mut derived).unwrap();
        assert_eq!(derived[..32], block(1));
        assert_eq!(derived[32..], block(2));
    }

    #[test]
    fn label_context_and_length_each_matter() {
        let key = |label, context: &[u8]| {
            derive_key(&[1; 32], label, context)
                .unwrap()
                .bytes()
                .to_vec()
        };
        assert_ne!(key("a/v1", b""), key("b/v1", b""));
        assert_ne!(key("a/v1", b""), key("a/v1", b"c"));
        let mut long = [0u8; 64];
        derive(&[1; 32], "a/v1", b"", &mut long).unwrap();
        assert_ne!(key("a/v1", b""), long[..32]);
    }
}
