//! The calls of AWS-LC that `aws-lc-rs` offers no safe way to.
//!
//! There are four: Ed25519ph, ML-DSA over a message representative that somebody else computed
//! (`mu`), ML-KEM with a key that is kept as its seed, and HMAC-SHA-256 of a short message in one
//! call, where `aws-lc-rs` would move a kilobyte of state about four times. Everything else of the library is used
//! through `aws-lc-rs`.
//!
//! The functions are declared by `aws-lc-sys` of the version that `aws-lc-rs` links; their
//! symbols carry that version, so two versions could not be mixed up unnoticed.
#![expect(
    unsafe_code,
    reason = "these functions of the library have no safe interface; each block says why it is sound"
)]

use std::ptr::{NonNull, null_mut};

use aws_lc_sys::{
    CBS, ED25519ph_sign, ED25519ph_verify, EVP_PKEY, EVP_PKEY_CTX, EVP_PKEY_CTX_free,
    EVP_PKEY_CTX_new, EVP_PKEY_decapsulate, EVP_PKEY_encapsulate_deterministic, EVP_PKEY_free,
    EVP_PKEY_get_raw_public_key, EVP_PKEY_sign, EVP_PKEY_sign_init, EVP_PKEY_verify,
    EVP_PKEY_verify_init, EVP_parse_private_key, EVP_sha256, HMAC,
};

/// HMAC-SHA-256. Nothing when the library has no memory. RFC 2104, FIPS 180-4.
pub(crate) fn hmac_sha256(key: &[u8], message: &[u8]) -> Option<[u8; 32]> {
    let mut tag = [0u8; 32];
    let mut length = 0;
    // SAFETY: SHA-256 fills 32 bytes, which `tag` has; `key` and `message` are handed over with
    // their own lengths. The function keeps none of the pointers.
    let filled = unsafe {
        HMAC(
            EVP_sha256(),
            key.as_ptr().cast(),
            key.len(),
            message.as_ptr(),
            message.len(),
            tag.as_mut_ptr(),
            &mut length,
        )
    };
    (!filled.is_null() && length == 32).then_some(tag)
}

/// Signs with Ed25519ph and an empty context: the library hashes the message with SHA-512 and
/// signs the hash. The private key is the seed followed by the public key. RFC 8032, section 5.1.
pub(crate) fn ed25519ph_sign(message: &[u8], private_key: &[u8; 64]) -> Option<[u8; 64]> {
    let mut signature = [0u8; 64];
    let context: &[u8] = &[];
    // SAFETY: `signature` and `private_key` have the 64 bytes that the function writes and
    // reads; `message` and `context` are handed over with their own lengths. The function keeps
    // none of the pointers.
    let done = unsafe {
        ED25519ph_sign(
            signature.as_mut_ptr(),
            message.as_ptr(),
            message.len(),
            private_key.as_ptr(),
            context.as_ptr(),
            context.len(),
        )
    };
    (done == 1).then_some(signature)
}

/// Whether this is the Ed25519ph signature of the message, with an empty context.
pub(crate) fn ed25519ph_verify(
    message: &[u8],
    signature: &[u8; 64],
    public_key: &[u8; 32],
) -> bool {
    let context: &[u8] = &[];
    // SAFETY: `signature` and `public_key` have the 64 and 32 bytes that the function reads;
    // `message` and `context` are handed over with their own lengths. The function keeps none of
    // the pointers.
    let valid = unsafe {
        ED25519ph_verify(
            message.as_ptr(),
            message.len(),
            signature.as_ptr(),
            public_key.as_ptr(),
            context.as_ptr(),
            context.len(),
        )
    };
    valid == 1
}

/// A private key of ML-DSA or ML-KEM in the library's memory, which wipes it when it is freed.
pub(crate) struct LibraryKey(NonNull<EVP_PKEY>);

// SAFETY: the key is owned by this value alone and nothing in it belongs to a thread.
unsafe impl Send for LibraryKey {}
// SAFETY: what is done through a shared reference only reads the key, apart from its count of
// references, which the library changes atomically. It documents a key as usable from several
// threads at once under that condition (openssl/evp.h, "EVP_PKEY").
unsafe impl Sync for LibraryKey {}

impl LibraryKey {
    /// Parses PKCS#8. Post-quantum keys in seed form are expanded.
    pub(crate) fn parse(pkcs8: &[u8]) -> Option<Self> {
        let mut input = CBS {
            data: pkcs8.as_ptr(),
            len: pkcs8.len(),
        };
        // SAFETY: `input` describes exactly the bytes of `pkcs8`, which outlive the call; the
        // result is null or a new key, whose only owner is the value made of it.
        let key = unsafe { EVP_parse_private_key(&raw mut input) };
        NonNull::new(key).map(Self)
    }

    /// Fills `out` with the raw public key, if it is exactly as long.
    pub(crate) fn public_key(&self, out: &mut [u8]) -> Option<()> {
        let mut length = out.len();
        // SAFETY: the key is alive as long as `self`; the function writes at most `length` bytes
        // to `out`, and the number written to `length`.
        let done = unsafe {
            EVP_PKEY_get_raw_public_key(self.0.as_ptr(), out.as_mut_ptr(), &raw mut length)
        };
        (done == 1 && length == out.len()).then_some(())
    }

    /// Fills `signature` with an ML-DSA signature over `mu`, if it is exactly as long.
    pub(crate) fn sign_mu(&self, mu: &[u8; 64], signature: &mut [u8]) -> Option<()> {
        let context = Context::new(self)?;
        let mut length = signature.len();
        // SAFETY: the context is alive and of this key; the second call writes at most `length`
        // bytes to `signature`, having checked that this is enough, and reads 64 from `mu`.
        let done = unsafe {
            EVP_PKEY_sign_init(context.0.as_ptr()) == 1
                && EVP_PKEY_sign(
                    context.0.as_ptr(),
                    signature.as_mut_ptr(),
                    &raw mut length,
                    mu.as_ptr(),
                    mu.len(),
                ) == 1
        };
        (done && length == signature.len()).then_some(())
    }

    /// Whether this is an ML-DSA signature over `mu`.
    pub(crate) fn verify_mu(&self, mu: &[u8; 64], signature: &[u8]) -> bool {
        let Some(context) = Context::new(self) else {
            return false;
        };
        // SAFETY: the context is alive and of this key; the second call reads `signature` and
        // `mu` within their own lengths.
        unsafe {
            EVP_PKEY_verify_init(context.0.as_ptr()) == 1
                && EVP_PKEY_verify(
                    context.0.as_ptr(),
                    signature.as_ptr(),
                    signature.len(),
                    mu.as_ptr(),
                    mu.len(),
                ) == 1
        }
    }

    /// ML-KEM encapsulation to this key's own public half with the given 32 random bytes, filling
    /// `ciphertext` and `secret` if they are exactly as long as the parameter set says.
    pub(crate) fn encapsulate(
        &self,
        random: &[u8; 32],
        ciphertext: &mut [u8],
        secret: &mut [u8],
    ) -> Option<()> {
        let context = Context::new(self)?;
        let mut ciphertext_length = ciphertext.len();
        let mut secret_length = secret.len();
        let mut random_length = random.len();
        // SAFETY: the context is alive and of this key; the function writes to `ciphertext` and
        // `secret` only after checking that the lengths it was given suffice, and reads `random`
        // only after checking that its length is the 32 bytes that the scheme wants.
        let done = unsafe {
            EVP_PKEY_encapsulate_deterministic(
                context.0.as_ptr(),
                ciphertext.as_mut_ptr(),
                &raw mut ciphertext_length,
                secret.as_mut_ptr(),
                &raw mut secret_length,
                random.as_ptr(),
                &raw mut random_length,
            )
        };
        (done == 1 && ciphertext_length == ciphertext.len() && secret_length == secret.len())
            .then_some(())
    }

    /// ML-KEM decapsulation, filling `secret`; nothing when the ciphertext has a wrong length.
    pub(crate) fn decapsulate(&self, ciphertext: &[u8], secret: &mut [u8]) -> Option<()> {
        let context = Context::new(self)?;
        let mut length = secret.len();
        // SAFETY: the context is alive and of this key; the function reads `ciphertext` within
        // its length, and writes to `secret` only after checking that `length` suffices.
        let done = unsafe {
            EVP_PKEY_decapsulate(
                context.0.as_ptr(),
                secret.as_mut_ptr(),
                &raw mut length,
                ciphertext.as_ptr(),
                ciphertext.len(),
            )
        };
        (done == 1 && length == secret.len()).then_some(())
    }
}

impl Drop for LibraryKey {
    fn drop(&mut self) {
        // SAFETY: this value owns one reference to the key and gives it back once.
        unsafe { EVP_PKEY_free(self.0.as_ptr()) }
    }
}

/// One use of a key.
struct Context(NonNull<EVP_PKEY_CTX>);

impl Context {
    fn new(key: &LibraryKey) -> Option<Self> {
        // SAFETY: the key is alive. The context takes a reference of its own to it, by an atomic
        // count, and changes nothing else in it, for all that the pointer is a mutable one. No
        // engine is asked for.
        let context = unsafe { EVP_PKEY_CTX_new(key.0.as_ptr(), null_mut()) };
        NonNull::new(context).map(Self)
    }
}

impl Drop for Context {
    fn drop(&mut self) {
        // SAFETY: this value owns the context, which nothing refers to any more.
        unsafe { EVP_PKEY_CTX_free(self.0.as_ptr()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::framing::read_hex;

    fn bytes<const N: usize>(text: &str) -> [u8; N] {
        let mut out = [0; N];
        assert!(read_hex(text, &mut out));
        out
    }

    /// RFC 8032, section 7.3.
    #[test]
    fn ed25519ph_gives_the_signature_of_its_rfc() {
        let private_key = bytes(
            "833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42\
             ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
        );
        let public_key = bytes("ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf");
        let expected = bytes(
            "98a70222f0b8121aa9d30f813d683f809e462b469c7ff87639499bb94e6dae41\
             31f85042463c2a355a2003d062adf5aaa10b8c61e636062aaad11c2a26083406",
        );
        assert_eq!(ed25519ph_sign(b"abc", &private_key), Some(expected));
        assert!(ed25519ph_verify(b"abc", &expected, &public_key));
        assert!(!ed25519ph_verify(b"abd", &expected, &public_key));
        let mut altered = expected;
        altered[40] ^= 1;
        assert!(!ed25519ph_verify(b"abc", &altered, &public_key));
    }

    /// `PrivateKeyInfo` of an ML-KEM-768 or an ML-DSA-65 key with this seed.
    fn seeded(algorithm: u8, set: u8, seed: &[u8]) -> Vec<u8> {
        let oid = [0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, algorithm, set];
        let algorithm = [&[0x30, 0x0b, 0x06, 0x09][..], &oid].concat();
        crate::asn1::private_key_info(&algorithm, &[crate::asn1::SEED], &[seed])
            .bytes()
            .to_vec()
    }

    #[test]
    fn buffers_of_a_wrong_length_are_refused_and_nothing_is_written_past_them() {
        let key = LibraryKey::parse(&seeded(4, 2, &[7; 64])).unwrap();
        assert!(key.public_key(&mut [0; 1184]).is_some());
        assert!(key.public_key(&mut [0; 1183]).is_none());
        assert!(key.public_key(&mut [0; 1185]).is_none());
        let mut ciphertext = [0; 1088];
        let mut secret = [0; 32];
        let run = |ciphertext: &mut [u8], secret: &mut [u8]| {
            key.encapsulate(&[9; 32], ciphertext, secret).is_some()
        };
        assert!(!run(&mut [0; 1087], &mut secret));
        assert!(!run(&mut [0; 1089], &mut secret));
        assert!(!run(&mut ciphertext, &mut [0; 31]));
        assert!(run(&mut ciphertext, &mut secret));
        let mut again = [0; 32];
        assert!(key.decapsulate(&ciphertext, &mut again).is_some());
        assert_eq!(secret, again);
        assert!(key.decapsulate(&ciphertext[1..], &mut again).is_none());
        assert!(key.decapsulate(&ciphertext, &mut [0; 31]).is_none());
        assert!(key.decapsulate(&[], &mut again).is_none());
    }

    #[test]
    fn a_key_does_only_what_its_algorithm_does() {
        let kem = LibraryKey::parse(&seeded(4, 2, &[7; 64])).unwrap();
        let signer = LibraryKey::parse(&seeded(3, 0x12, &[7; 32])).unwrap();
        assert!(kem.sign_mu(&[1; 64], &mut [0; 3309]).is_none());
        assert!(!kem.verify_mu(&[1; 64], &[0; 3309]));
        assert!(signer.decapsulate(&[0; 1088], &mut [0; 32]).is_none());
        assert!(
            signer
                .encapsulate(&[1; 32], &mut [0; 1088], &mut [0; 32])
                .is_none()
        );
        let mut signature = [0; 3309];
        assert!(signer.sign_mu(&[1; 64], &mut signature[1..]).is_none());
        assert!(signer.sign_mu(&[1; 64], &mut [0; 3310]).is_none());
        assert!(signer.sign_mu(&[1; 64], &mut signature).is_some());
        assert!(signer.verify_mu(&[1; 64], &signature));
        assert!(!signer.verify_mu(&[2; 64], &signature));
        assert!(!signer.verify_mu(&[1; 64], &signature[1..]));
        assert!(!signer.verify_mu(&[1; 64], &[]));
    }

    #[test]
    fn what_is_no_key_is_refused() {
        for bytes in [&[][..], &[0x30], &[0; 100], &seeded(4, 2, &[7; 63])] {
            assert!(LibraryKey::parse(bytes).is_none());
        }
    }

    #[test]
    fn one_key_serves_several_threads_at_once() {
        let key = LibraryKey::parse(&seeded(3, 0x12, &[7; 32])).unwrap();
        std::thread::scope(|scope| {
            for thread in 0..4u8 {
                let key = &key;
                scope.spawn(move || {
                    for round in 0..5u8 {
                        let mu = [thread ^ round; 64];
                        let mut signature = [0; 3309];
                        assert!(key.sign_mu(&mu, &mut signature).is_some());
                        assert!(key.verify_mu(&mu, &signature));
                    }
                });
            }
        });
    }
}
