//! Known answers, asked of the library before a listener opens.
//!
//! A machine whose cryptography is broken must produce nothing at all: a wrong AES is worse than
//! none, because what it wrote can never be read again. The shape follows FIPS 140-3, but this
//! is not a validated module. AWS: developer guide, "Cryptographic details".

use aws_lc_rs::{
    digest,
    key_wrap::{AES_256, AesKek, KeyWrapPadded as _},
};

use crate::{
    Random, aead,
    framing::{hex, read_hex},
    kdf,
};

/// Which known answer did not come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the cryptographic self-test failed: {algorithm}")]
pub struct SelfTestFailure {
    /// The algorithm whose answer was wrong, or "random number generator".
    pub algorithm: &'static str,
}

/// Asks every known answer that is needed before the first key is touched.
///
/// Takes well under a millisecond. May be called again at any time.
///
/// # Errors
/// The first algorithm whose answer is wrong. Nothing may be encrypted or signed after that.
pub fn self_test() -> Result<(), SelfTestFailure> {
    let checks: [Check; 8] = [
        ("random number generator", random_differs),
        ("SHA-256", || sha(&digest::SHA256, SHA256_ABC)),
        ("SHA-384", || sha(&digest::SHA384, SHA384_ABC)),
        ("SHA-512", || sha(&digest::SHA512, SHA512_ABC)),
        ("HMAC-SHA-256", hmac_rfc_4231),
        ("KBKDF", kbkdf),
        ("AES-256-GCM", aes_gcm),
        ("AES-KWP", aes_kwp),
    ];
    checks
        .into_iter()
        .find(|(_, passes)| !passes())
        .map_or(Ok(()), |(algorithm, _)| Err(SelfTestFailure { algorithm }))
}

/// An algorithm, and whether it gives its known answer.
type Check = (&'static str, fn() -> bool);

/// FIPS 180-4, example of one block: "abc".
const SHA256_ABC: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
const SHA384_ABC: &str = "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed\
                          8086072ba1e7cc2358baeca134c825a7";
const SHA512_ABC: &str = "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a\
                          2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f";

fn random_differs() -> bool {
    let random = Random::system();
    match (random.array::<32>(), random.array::<32>()) {
        (Ok(first), Ok(second)) => first != second && first != [0; 32] && second != [0; 32],
        _ => false,
    }
}

fn sha(algorithm: &'static digest::Algorithm, expected: &str) -> bool {
    hex(digest::digest(algorithm, b"abc").as_ref()) == expected
}

/// RFC 4231, test case 2.
fn hmac_rfc_4231() -> bool {
    hex(&kdf::hmac(b"Jefe", &[b"what do ya want ", b"for nothing?"]))
        == "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
}

/// The derivation of the known-answer vector in `docs/formats.md`, cross-checked there with a
/// second implementation.
fn kbkdf() -> bool {
    let mut secret = [0u8; 32];
    let mut context = [0u8; 132];
    let mut derived = [0u8; 64];
    read_hex(KBKDF_SECRET, &mut secret)
        && read_hex(KBKDF_CONTEXT, &mut context)
        && kdf::derive(&secret, crate::labels::MESSAGE, &context, &mut derived).is_ok()
        && hex(&derived) == KBKDF_DERIVED
}

const KBKDF_SECRET: &str = "e18e7b32fb985b4246f98674ead77b3ec118a6d4cfba68d695d7ea9ec7ce241c";
const KBKDF_CONTEXT: &str = "53524b010101000000000019df6690e51234abcd12ab34cd56ef1234567890ab\
                             1fced1ca66ef69d22b3c7172b174178646e0886af8f0799b9262d567cfa8f7a7\
                             c51bef55d2ee95fd101112131415161718191a1b1c1d1e1fa0a1a2a3a4a5a6a7\
                             a8a9aaab812e920e8579f668f1b7e62e7a13525be39de153614e6937deddd8fb\
                             70915a49";
const KBKDF_DERIVED: &str = "4a130b131ecd41263bbb4a13253b2fd78e37847f8e0ddb422e857d5ecedb807c\
                             a73947d8033b4596afb461fafa8c50eca1091ac68dced3ca97ff03986958b572";

/// "The Galois/Counter Mode of Operation", test case 16; and that an altered tag is refused.
fn aes_gcm() -> bool {
    let mut key = [0u8; 32];
    let mut iv = [0u8; 12];
    let mut aad = [0u8; 20];
    let mut data = [0u8; 76];
    let (plain, room) = data.split_at_mut(60);
    let readable = read_hex(GCM_KEY, &mut key)
        && read_hex(GCM_IV, &mut iv)
        && read_hex(GCM_AAD, &mut aad)
        && read_hex(GCM_PLAINTEXT, plain);
    let Ok(tag) = aead::seal(&key, &iv, &aad, plain) else {
        return false;
    };
    room.copy_from_slice(&tag);
    let sealed = hex(&data) == GCM_SEALED;
    let mut altered = data;
    if let Some(last) = altered.last_mut() {
        *last ^= 1;
    }
    readable
        && sealed
        && aead::open(&key, &iv, &aad, &mut data).is_ok_and(|plain| hex(plain) == GCM_PLAINTEXT)
        && aead::open(&key, &iv, &aad, &mut altered).is_err()
}

const GCM_KEY: &str = "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308";
const GCM_IV: &str = "cafebabefacedbaddecaf888";
const GCM_AAD: &str = "feedfacedeadbeeffeedfacedeadbeefabaddad2";
const GCM_PLAINTEXT: &str = "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72\
                             1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39";
const GCM_SEALED: &str = "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa\
                          8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662\
                          76fc6ece0f4e1768cddf8853bb2d551b";

/// Wycheproof, AES-KWP with a 256-bit key, and that an altered wrap is refused. The vector in
/// RFC 5649 has a 192-bit key, which this service never uses.
fn aes_kwp() -> bool {
    let mut key = [0u8; 32];
    let mut data = [0u8; KWP_DATA.len() / 2];
    let mut wrapped = [0u8; KWP_WRAPPED.len() / 2];
    if !read_hex(KWP_KEY, &mut key)
        || !read_hex(KWP_DATA, &mut data)
        || !read_hex(KWP_WRAPPED, &mut wrapped)
    {
        return false;
    }
    let mut out = [0u8; 64];
    let Ok(kek) = AesKek::new(&AES_256, &key) else {
        return false;
    };
    if kek.wrap_with_padding(&data, &mut out).ok().as_deref() != Some(&wrapped[..]) {
        return false;
    }
    let mut unwrap = |wrapped: &[u8]| {
        let kek = AesKek::new(&AES_256, &key).ok()?;
        let plain = kek.unwrap_with_padding(wrapped, &mut out).ok()?;
        Some(*plain == data)
    };
    let opens = unwrap(&wrapped) == Some(true);
    wrapped[0] ^= 1;
    opens && unwrap(&wrapped).is_none()
}

const KWP_KEY: &str = "1abf4b7fa2bb62a78f09ddab04625dcacdd9e551d1a69b6b162baa53d2700093";
const KWP_DATA: &str = "1723eb9d000916996a";
const KWP_WRAPPED: &str = "db7e73da22219e1baac0f4e955c3db2b900b5d3078f94b59";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_machine_gives_every_known_answer() {
        assert_eq!(self_test(), Ok(()));
    }

    #[test]
    fn a_wrong_answer_is_noticed_and_named() {
        assert!(!sha(&digest::SHA384, SHA256_ABC));
        let failure = SelfTestFailure {
            algorithm: "SHA-384",
        };
        assert_eq!(
            failure.to_string(),
            "the cryptographic self-test failed: SHA-384"
        );
    }
}
