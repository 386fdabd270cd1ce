//! Double encryption: suites 2 and 3, the ciphertexts of keys in custom key stores.
//!
//! What our own material encrypts is the inner layer. A key outside of this house, in an external
//! key manager or a hardware module, encrypts the inner layer once more; neither party alone can
//! decrypt, and the outside never sees a plaintext.
//!
//! ```text
//! 0    100  header, with suite 2 or 3
//! 100  32   commitment of the inner layer
//! 132  1    m, length of the metadata, at most 20
//! 133  m    metadata of whoever made the outer layer
//! ..   1    v, length of the initialization vector: 12 or 16
//! ..   v    initialization vector of the outer layer
//! ..   16   tag of the outer layer
//! ..   n+16 the inner ciphertext and tag, encrypted
//! ```
//!
//! The outer layer authenticates the header and the hash of the encryption context.

use strongroom_model::EncryptionContext;

use crate::{
    CryptoError,
    aead::TAG_BYTES,
    header::{COMMITMENT_BYTES, HEADER_BYTES},
    kdf::{context_hash, sha256},
};

/// Longest metadata that an outer layer may carry. AWS: XKS proxy API, "Encrypt".
pub const METADATA_BYTES: usize = 20;
/// Longest inner layer: 4,096 bytes and their tag.
pub const INNER_BYTES: usize = 4096 + TAG_BYTES;
/// What the outer layer authenticates: the header and the hash of the context.
pub const OUTER_AAD_BYTES: usize = HEADER_BYTES + 32;

const HEAD_BYTES: usize = HEADER_BYTES + COMMITMENT_BYTES;

/// The outer layer, as whoever makes it gives it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OuterLayer<'a> {
    /// What its maker wants to see again.
    pub metadata: &'a [u8],
    /// Its initialization vector.
    pub iv: &'a [u8],
    /// Its tag.
    pub tag: &'a [u8; TAG_BYTES],
    /// The inner layer, encrypted.
    pub ciphertext: &'a [u8],
}

/// The inner layer of a message, which the outside is to encrypt.
///
/// # Errors
/// [`CryptoError::InvalidCiphertext`] when these are not the bytes of an inner layer.
pub fn inner_of(message: &[u8]) -> Result<&[u8], CryptoError> {
    match message.split_at_checked(HEAD_BYTES) {
        Some((_, inner)) if inner.len() >= TAG_BYTES => Ok(inner),
        _ => Err(CryptoError::InvalidCiphertext),
    }
}

/// What the outer layer of this message has to authenticate.
///
/// # Errors
/// [`CryptoError::InvalidCiphertext`] when the message is too short for a header.
pub fn outer_aad(
    message: &[u8],
    context: &EncryptionContext,
) -> Result<[u8; OUTER_AAD_BYTES], CryptoError> {
    let header = message
        .first_chunk::<HEADER_BYTES>()
        .ok_or(CryptoError::InvalidCiphertext)?;
    let mut aad = [0u8; OUTER_AAD_BYTES];
    aad[..HEADER_BYTES].copy_from_slice(header);
    aad[HEADER_BYTES..].copy_from_slice(&context_hash(context));
    Ok(aad)
}

/// The ciphertext: the message with its outer layer in place of the inner one.
///
/// # Errors
/// [`CryptoError::InvalidCiphertext`] when the layer is not one that can be written down, or is
/// not the encryption of something as long as the inner layer.
pub fn enclose(message: &[u8], outer: &OuterLayer<'_>) -> Result<Vec<u8>, CryptoError> {
    let inner = inner_of(message)?;
    if outer.ciphertext.len() != inner.len() || !outer.fits() {
        return Err(CryptoError::InvalidCiphertext);
    }
    let head = message
        .first_chunk::<HEAD_BYTES>()
        .ok_or(CryptoError::InvalidCiphertext)?;
    let length = |bytes: &[u8]| u8::try_from(bytes.len()).map_err(|_| CryptoError::TooLong);
    let mut blob = Vec::with_capacity(HEAD_BYTES + 64 + outer.ciphertext.len());
    blob.extend_from_slice(head);
    blob.push(length(outer.metadata)?);
    blob.extend_from_slice(outer.metadata);
    blob.push(length(outer.iv)?);
    blob.extend_from_slice(outer.iv);
    blob.extend_from_slice(outer.tag);
    blob.extend_from_slice(outer.ciphertext);
    Ok(blob)
}

/// The message again, with the inner layer that the outside has decrypted.
///
/// # Errors
/// [`CryptoError::InvalidCiphertext`] when the blob is too short.
pub fn restore(blob: &[u8], inner: &[u8]) -> Result<Vec<u8>, CryptoError> {
    let head = blob
        .first_chunk::<HEAD_BYTES>()
        .ok_or(CryptoError::InvalidCiphertext)?;
    Ok([head.as_slice(), inner].concat())
}

/// The data integrity value of an outer layer: a hash of it and what it authenticates.
///
/// AWS: XKS proxy API, "Encrypt", `ciphertextDataIntegrityValue`.
#[must_use]
pub fn integrity_value(aad: &[u8], outer: &OuterLayer<'_>) -> [u8; 32] {
    sha256(&[aad, outer.metadata, outer.iv, outer.ciphertext, outer.tag].concat())
}

impl<'a> OuterLayer<'a> {
    /// Reads the outer layer of a ciphertext.
    ///
    /// # Errors
    /// [`CryptoError::InvalidCiphertext`] when the blob has none.
    pub fn read(blob: &'a [u8]) -> Result<Self, CryptoError> {
        Self::cut(blob).ok_or(CryptoError::InvalidCiphertext)
    }

    fn cut(blob: &'a [u8]) -> Option<Self> {
        let (_, rest) = blob.split_at_checked(HEAD_BYTES)?;
        let (&length, rest) = rest.split_first()?;
        let (metadata, rest) = rest.split_at_checked(length.into())?;
        let (&length, rest) = rest.split_first()?;
        let (iv, rest) = rest.split_at_checked(length.into())?;
        let (tag, ciphertext) = rest.split_first_chunk()?;
        let layer = Self {
            metadata,
            iv,
            tag,
            ciphertext,
        };
        layer.fits().then_some(layer)
    }

    /// Whether the layer keeps the bounds of the format.
    fn fits(&self) -> bool {
        self.metadata.len() <= METADATA_BYTES
            && matches!(self.iv.len(), 12 | 16)
            && (TAG_BYTES..=INNER_BYTES).contains(&self.ciphertext.len())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use strongroom_model::{AccountId, KeyId, Partition, enums::KeySpec};

    use super::*;
    use crate::{
        CiphertextHeader, IdentifierKeys, KeyMaterial, Purpose, Random, Suite, SymmetricKey, aead,
    };

    fn key(suite: Suite) -> SymmetricKey {
        let random = Random::system();
        SymmetricKey::of_suite(
            suite,
            &KeyMaterial::generate(KeySpec::SymmetricDefault, &random).unwrap(),
            &IdentifierKeys::development(),
            Partition::Aws,
            AccountId::parse("111122223333").unwrap(),
            KeyId::from_bits(false, [7; 16]),
        )
        .unwrap()
    }

    /// The outside: AES-256-GCM under a key that this house does not have.
    fn outside(inner: &[u8], aad: &[u8]) -> (Vec<u8>, [u8; 16]) {
        let mut data = inner.to_vec();
        let tag = aead::seal(&[9; 32], &[1; 12], aad, &mut data).unwrap();
        (data, tag)
    }

    fn context() -> EncryptionContext {
        [("a".to_owned(), "b".to_owned())].into_iter().collect()
    }

    fn made(key: &SymmetricKey, plaintext: &[u8]) -> Vec<u8> {
        let random = Random::system();
        let message = key
            .encrypt(Purpose::Encrypt, &context(), plaintext, &random)
            .unwrap();
        let aad = outer_aad(&message, &context()).unwrap();
        let (ciphertext, tag) = outside(inner_of(&message).unwrap(), &aad);
        let outer = OuterLayer {
            metadata: b"v=1",
            iv: &[1; 12],
            tag: &tag,
            ciphertext: &ciphertext,
        };
        enclose(&message, &outer).unwrap()
    }

    fn opened(key: &SymmetricKey, blob: &[u8]) -> Option<Vec<u8>> {
        let outer = OuterLayer::read(blob).ok()?;
        let aad = outer_aad(blob, &context()).unwrap();
        let mut sealed = [outer.ciphertext, outer.tag].concat();
        let inner = aead::open(&[9; 32], &[1; 12], &aad, &mut sealed).ok()?;
        let message = restore(blob, inner).unwrap();
        let plaintext = key.decrypt(&message, &context()).ok()?;
        Some(plaintext.expose().to_vec())
    }

    #[test]
    fn two_layers_come_off_in_turn() {
        for suite in [Suite::ExternalKeyStore, Suite::HardwareModule] {
            let key = key(suite);
            for length in [0, 1, 4096] {
                let plaintext = vec![5; length];
                let blob = made(&key, &plaintext);
                assert_eq!(blob.len(), length + 132 + 1 + 3 + 1 + 12 + 16 + 16);
                let header = CiphertextHeader::parse(&blob, &IdentifierKeys::development());
                assert_eq!(header.unwrap().suite, suite);
                assert_eq!(opened(&key, &blob), Some(plaintext));
            }
        }
    }

    proptest! {
        #[test]
        fn what_is_read_as_an_outer_layer_is_written_the_same(
            head in prop::array::uniform32(any::<u8>()),
            rest in prop::collection::vec(any::<u8>(), 0..200),
            metadata in prop::collection::vec(any::<u8>(), 0..24),
            iv in prop::collection::vec(any::<u8>(), 10..18),
        ) {
            let mut blob = head.repeat(5);
            blob.truncate(HEAD_BYTES);
            blob.push(u8::try_from(metadata.len()).unwrap());
            blob.extend(&metadata);
            blob.push(u8::try_from(iv.len()).unwrap());
            blob.extend(&iv);
            blob.extend(&rest);
            if let Ok(outer) = OuterLayer::read(&blob) {
                let message = restore(&blob, outer.ciphertext).unwrap();
                prop_assert_eq!(enclose(&message, &outer).unwrap(), blob);
            }
        }
    }

    #[test]
    fn neither_layer_opens_once_a_byte_is_altered_or_lost() {
        let key = key(Suite::ExternalKeyStore);
        let blob = made(&key, b"attack at dawn");
        for at in 0..blob.len() {
            let mut altered = blob.clone();
            altered[at] ^= 1;
            // Metadata and the initialization vector are the outside's to judge.
            let outsides = (133..136).contains(&at) || (137..149).contains(&at);
            assert!(outsides || opened(&key, &altered).is_none(), "{at}");
            assert_eq!(opened(&key, &blob[..at]), None, "{at}");
        }
    }

    #[test]
    fn the_data_integrity_value_is_the_published_one() {
        use base64::{Engine as _, engine::general_purpose::STANDARD};
        let bytes = |text| STANDARD.decode(text).unwrap();
        let (iv, ciphertext) = (bytes("HMrlRw85cAJUd5Ax"), bytes("ghxkK1txeDNn3q8Y"));
        let tag: [u8; 16] = bytes("vBxN2ncH1oEkR8WVXpmyYQ==").try_into().unwrap();
        let outer = OuterLayer {
            metadata: b"key_version=1",
            iv: &iv,
            tag: &tag,
            ciphertext: &ciphertext,
        };
        assert_eq!(
            integrity_value(b"project=nile,department=marketing", &outer)[..],
            bytes("qHA/ImC9h5HsLRXqCyPmWgYx7tzyoTplzILbP0fPXsc=")
        );
    }

    #[test]
    fn a_ciphertext_of_one_suite_is_none_of_another() {
        let random = Random::system();
        let material = KeyMaterial::generate(KeySpec::SymmetricDefault, &random).unwrap();
        let of = |suite| {
            SymmetricKey::of_suite(
                suite,
                &material,
                &IdentifierKeys::development(),
                Partition::Aws,
                AccountId::parse("111122223333").unwrap(),
                KeyId::from_bits(false, [7; 16]),
            )
            .unwrap()
        };
        let message = of(Suite::Own)
            .encrypt(Purpose::Encrypt, &context(), b"x", &random)
            .unwrap();
        for suite in [Suite::ExternalKeyStore, Suite::HardwareModule] {
            assert!(of(suite).decrypt(&message, &context()).is_err());
        }
    }

    #[test]
    fn a_layer_that_the_format_has_no_room_for_is_refused() {
        let random = Random::system();
        let message = key(Suite::ExternalKeyStore)
            .encrypt(Purpose::Encrypt, &context(), b"x", &random)
            .unwrap();
        let good = OuterLayer {
            metadata: b"",
            iv: &[0; 12],
            tag: &[0; 16],
            ciphertext: &[0; 17],
        };
        assert!(enclose(&message, &good).is_ok());
        for wrong in [
            OuterLayer {
                metadata: &[0; 21],
                ..good
            },
            OuterLayer {
                iv: &[0; 13],
                ..good
            },
            OuterLayer {
                ciphertext: &[0; 18],
                ..good
            },
        ] {
            assert!(enclose(&message, &wrong).is_err(), "{wrong:?}");
        }
    }
}
