//! The two shapes in which this room stores secrets.
//!
//! A *wrap* is a key under the key above it. It names the version of that key, so that a wrap
//! made before a rotation is recognised:
//!
//! ```text
//! 0   1   format = 1
//! 1   1   algorithm = 1, AES-256-GCM
//! 2   4   version of the wrapping key, big-endian
//! 6  12   initialization vector, random
//! 18  n   ciphertext
//! .. 16   tag
//! ```
//!
//! A *sealed value* is anything else that a service key protects: a marker, a credential. Its
//! key is derived afresh from a random salt, so the bound of 2^32 random IVs under one key
//! (NIST SP 800-38D, section 8.3) is never in sight, however many are made:
//!
//! ```text
//! 0   1   format = 1
//! 1   4   version of the service key, big-endian
//! 5  16   salt, random
//! 21 12   initialization vector, random
//! 33  n   ciphertext
//! .. 16   tag
//! ```

use zeroize::Zeroizing;

use crate::{
    CryptoError, Random,
    aead::{self, IV_BYTES, TAG_BYTES},
    kdf,
    memory::LockedBytes,
};

const FORMAT: u8 = 1;
const AES_256_GCM: u8 = 1;
const SALT_BYTES: usize = 16;

/// How much longer a sealed value is than what it seals.
pub const SEALED_OVERHEAD_BYTES: usize = 1 + 4 + SALT_BYTES + IV_BYTES + TAG_BYTES;

/// Wraps a secret under version `version` of a key. The name in `aad` must include the version.
pub(crate) fn wrap(
    key: &LockedBytes,
    version: u32,
    aad: &[u8],
    secret: &[u8],
    random: &Random,
) -> Result<Vec<u8>, CryptoError> {
    let iv = random.array()?;
    let mut record = Vec::with_capacity(18 + secret.len() + TAG_BYTES);
    record.extend_from_slice(&[FORMAT, AES_256_GCM]);
    record.extend_from_slice(&version.to_be_bytes());
    record.extend_from_slice(&iv);
    seal_onto(&mut record, key.bytes(), &iv, aad, secret)?;
    Ok(record)
}

/// Unwraps a record, giving the secret a place in locked memory.
pub(crate) fn unwrap(
    key: &LockedBytes,
    version: u32,
    aad: &[u8],
    record: &[u8],
) -> Result<LockedBytes, CryptoError> {
    let (needed, iv, sealed) = read_wrap(record)?;
    if needed != version {
        return Err(CryptoError::WrongVersion {
            needed,
            at_hand: version,
        });
    }
    // Decrypted where it stays, so that the plain key never lies in ordinary memory.
    let mut secret = LockedBytes::copy_of(sealed);
    let length = aead::open(key.bytes(), iv, aad, secret.bytes_mut())?.len();
    secret.truncate(length);
    Ok(secret)
}

/// The version of the key that a wrapped record needs above it.
///
/// Records found during a rotation are wrapped by the old or by the new version; this says
/// which. The answer is a hint for choosing a key and is proven only by unwrapping.
///
/// # Errors
/// [`CryptoError::UnknownFormat`] when the bytes are not a wrapped record.
pub fn wrapping_version(record: &[u8]) -> Result<u32, CryptoError> {
    read_wrap(record).map(|(version, _, _)| version)
}

/// The parts of a wrap: version, IV, ciphertext with tag.
fn read_wrap(record: &[u8]) -> Result<(u32, &[u8; IV_BYTES], &[u8]), CryptoError> {
    let ([FORMAT, AES_256_GCM], rest) = record
        .split_first_chunk()
        .ok_or(CryptoError::UnknownFormat)?
    else {
        return Err(CryptoError::UnknownFormat);
    };
    let (version, rest) = rest.split_first_chunk().ok_or(CryptoError::UnknownFormat)?;
    let (iv, sealed) = rest.split_first_chunk().ok_or(CryptoError::UnknownFormat)?;
    Ok((u32::from_be_bytes(*version), iv, sealed))
}

/// Seals a value under version `version` of a service key.
pub(crate) fn seal(
    key: &LockedBytes,
    version: u32,
    label: &str,
    aad: &[u8],
    value: &[u8],
    random: &Random,
) -> Result<Vec<u8>, CryptoError> {
    let salt = random.array::<SALT_BYTES>()?;
    let iv = random.array()?;
    let mut record = Vec::with_capacity(SEALED_OVERHEAD_BYTES + value.len());
    record.push(FORMAT);
    record.extend_from_slice(&version.to_be_bytes());
    record.extend_from_slice(&salt);
    record.extend_from_slice(&iv);
    let fresh = kdf::derive_key(key.bytes(), label, &salt)?;
    seal_onto(&mut record, fresh.bytes(), &iv, aad, value)?;
    Ok(record)
}

/// Opens a sealed value.
pub(crate) fn open(
    key: &LockedBytes,
    version: u32,
    label: &str,
    aad: &[u8],
    record: &[u8],
) -> Result<Zeroizing<Vec<u8>>, CryptoError> {
    let (needed, salt, iv, sealed) = read_sealed(record)?;
    if needed != version {
        return Err(CryptoError::WrongVersion {
            needed,
            at_hand: version,
        });
    }
    let fresh = kdf::derive_key(key.bytes(), label, salt)?;
    let mut value = Zeroizing::new(sealed.to_vec());
    let length = aead::open(fresh.bytes(), iv, aad, &mut value)?.len();
    value.truncate(length);
    Ok(value)
}

/// The version of the service key that a sealed value needs.
pub(crate) fn sealing_version(record: &[u8]) -> Result<u32, CryptoError> {
    read_sealed(record).map(|(version, _, _, _)| version)
}

type Sealed<'a> = (u32, &'a [u8; SALT_BYTES], &'a [u8; IV_BYTES], &'a [u8]);

/// The parts of a sealed value: version, salt, IV, ciphertext with tag.
fn read_sealed(record: &[u8]) -> Result<Sealed<'_>, CryptoError> {
    let Some((&FORMAT, rest)) = record.split_first() else {
        return Err(CryptoError::UnknownFormat);
    };
    let (version, rest) = rest.split_first_chunk().ok_or(CryptoError::UnknownFormat)?;
    let (salt, rest) = rest.split_first_chunk().ok_or(CryptoError::UnknownFormat)?;
    let (iv, sealed) = rest.split_first_chunk().ok_or(CryptoError::UnknownFormat)?;
    Ok((u32::from_be_bytes(*version), salt, iv, sealed))
}

/// Appends the ciphertext of `secret` and its tag to a record that has room for both.
///
/// The room is reserved before, because a vector that grew would leave the secret behind in the
/// memory it moved out of.
pub(crate) fn seal_onto(
    record: &mut Vec<u8>,
    key: &[u8],
    iv: &[u8; IV_BYTES],
    aad: &[u8],
    secret: &[u8],
) -> Result<(), CryptoError> {
    record.reserve_exact(secret.len() + TAG_BYTES);
    let start = record.len();
    record.extend_from_slice(secret);
    let data = record.get_mut(start..).unwrap_or_default();
    let tag = aead::seal(key, iv, aad, data)?;
    record.extend_from_slice(&tag);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_of_another_form_is_told_apart_from_a_damaged_one() {
        let (key, random) = (LockedBytes::copy_of(&[1; 32]), Random::system());
        let record = wrap(&key, 3, b"name", b"secret", &random).unwrap();
        assert_eq!(
            unwrap(&key, 3, b"name", &record).unwrap().bytes(),
            b"secret"
        );
        for at in [0, 1] {
            let mut other = record.clone();
            other[at] = 2;
            assert_eq!(
                unwrap(&key, 3, b"name", &other).err(),
                Some(CryptoError::UnknownFormat)
            );
            assert_eq!(wrapping_version(&other), Err(CryptoError::UnknownFormat));
        }
        assert_eq!(wrapping_version(&record), Ok(3));
        assert_eq!(
            unwrap(&key, 3, b"other", &record).err(),
            Some(CryptoError::Unauthentic)
        );
    }

    #[test]
    fn a_sealed_value_is_as_much_longer_as_promised() {
        let (key, random) = (LockedBytes::copy_of(&[1; 32]), Random::system());
        let sealed = seal(&key, 1, "test/v1", b"", b"12345", &random).unwrap();
        assert_eq!(sealed.len(), 5 + SEALED_OVERHEAD_BYTES);
        assert_eq!(**open(&key, 1, "test/v1", b"", &sealed).unwrap(), *b"12345");
        assert!(open(&key, 1, "other/v1", b"", &sealed).is_err());
        assert!(open(&key, 1, "test/v1", b"a", &sealed).is_err());
    }
}
