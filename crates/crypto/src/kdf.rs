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
use strongroom_model::EncryptionContext;
use zeroize::{Zeroize, Zeroizing};

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
    let parts = [label.as_bytes(), &[0], context, &bits.to_be_bytes()];
    let (short, long);
    let fixed = if let Some(gathered) = Gathered::of(&parts) {
        short = gathered;
        short.bytes()
    } else {
        long = parts.concat();
        &long
    };
    kbkdf_ctr_hmac(algorithm()?, secret, fixed, output).map_err(|_| CryptoError::LibraryFailure)
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

/// Calls the library once. Nothing when the parts are too long for that.
fn hmac_of_short(key: &[u8], parts: &[&[u8]]) -> Option<[u8; 32]> {
    let message = Zeroizing::new(Gathered::of(parts)?);
    ffi::hmac_sha256(key, message.bytes())
}

fn hmac_of_long(key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    let mut context = hmac::Context::with_key(&hmac::Key::new(hmac::HMAC_SHA256, key));
    for part in parts {
        context.update(part);
    }
    array(context.sign().as_ref())
}

/// SHA-256 of the canonical bytes of an encryption context.
pub(crate) fn context_hash(context: &EncryptionContext) -> [u8; 32] {
    let mut gathered = Gathered::default();
    let mut is_short = true;
    context.put_canonical(|part| is_short = is_short && gathered.add(part).is_some());
    if is_short {
        sha256(gathered.bytes())
    } else {
        sha256(&context.canonical())
    }
}

/// SHA-256.
pub(crate) fn sha256(bytes: &[u8]) -> [u8; 32] {
    array(digest::digest(&digest::SHA256, bytes).as_ref())
}

/// Short parts, one after another on the stack, so that the library is called once for all of
/// them and nothing is allocated.
struct Gathered {
    bytes: [u8; 256],
    length: usize,
}

impl Gathered {
    /// These parts. Nothing when they are too long.
    fn of(parts: &[&[u8]]) -> Option<Self> {
        let mut gathered = Self::default();
        parts.iter().try_for_each(|part| gathered.add(part))?;
        Some(gathered)
    }

    fn add(&mut self, part: &[u8]) -> Option<()> {
        let end = self.length + part.len();
        self.bytes.get_mut(self.length..end)?.copy_from_slice(part);
        self.length = end;
        Some(())
    }

    fn bytes(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or_default()
    }
}

impl Default for Gathered {
    fn default() -> Self {
        Self {
            bytes: [0; 256],
            length: 0,
        }
    }
}

impl Zeroize for Gathered {
    fn zeroize(&mut self) {
        let used = self.bytes.get_mut(..self.length);
        used.unwrap_or_default().zeroize();
    }
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
    fn short_and_long_contexts_are_hashed_and_derived_from_alike() {
        for length in [0, 1, 200, 239, 240, 241, 5000] {
            let context = EncryptionContext::from_iter([("key", "v".repeat(length))]);
            let canonical = context.canonical();
            assert_eq!(context_hash(&context), sha256(&canonical), "{length}");
            let mut derived = [0u8; 32];
            derive(&[7; 32], "strongroom/test/v1", &canonical, &mut derived).unwrap();
            let counter = 1u32.to_be_bytes();
            let bits = 256u32.to_be_bytes();
            let parts: [&[u8]; 5] = [&counter, b"strongroom/test/v1", &[0], &canonical, &bits];
            assert_eq!(derived, hmac_of_long(&[7; 32], &parts), "{length}");
        }
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
