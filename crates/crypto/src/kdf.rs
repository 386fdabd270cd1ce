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

use zeroize::Zeroizing;

use crate::{CryptoError, ffi, memory::LockedBytes};

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
    hmac_of_short(key, parts).unwrap_or_else(|| hmac_of_long(key, parts))
}

/// Gathers the parts on the stack, so that the library is called once. Nothing when they are too
/// long for that.
fn hmac_of_short(key: &[u8], parts: &[&[u8]]) -> Option<[u8; 32]> {
    let mut message = Zeroizing::new([0u8; 256]);
    let mut length = 0;
    for part in parts {
        let end = length + part.len();
        message.get_mut(length..end)?.copy_from_slice(part);
        length = end;
    }
    ffi::hmac_sha256(key, message.get(..length)?)
}

fn hmac_of_long(key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
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
    fn short_and_long_messages_are_authenticated_alike() {
        let message = [0x5a; 300];
        for length in [0, 1, 63, 64, 255, 256] {
            let (one, two) = message[..length].split_at(length / 3);
            let expected = hmac_of_long(b"key", &[&message[..length]]);
            assert_eq!(hmac_of_short(b"key", &[one, two]), Some(expected));
        }
        assert_eq!(hmac_of_short(b"key", &[&message]), None);
        assert_eq!(hmac(b"key", &[&message]), hmac_of_long(b"key", &[&message]));
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
