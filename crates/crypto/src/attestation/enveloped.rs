//! The answer to an attested caller: CMS EnvelopedData (RFC 5652, section 6) in DER.
//!
//! One recipient, by the identifier of its key; RSAES-OAEP with SHA-256 and MGF1 of SHA-256
//! (RFC 4055, section 4.1) around a key for AES-256-CBC.

use aws_lc_rs::{
    cipher::{AES_256, DecryptionContext, PaddedBlockEncryptingKey, UnboundCipherKey},
    rsa::{OAEP_SHA256_MGF1SHA256, OaepPublicEncryptingKey},
};
use cms::{
    content_info::{CmsVersion, ContentInfo},
    enveloped_data::{
        EncryptedContentInfo, EnvelopedData, KeyTransRecipientInfo, RecipientIdentifier,
        RecipientInfo, RecipientInfos,
    },
};
use der::{
    Decode as _, Encode as _,
    asn1::{Any, ObjectIdentifier, OctetString, SetOfVec},
};
use spki::AlgorithmIdentifierOwned;
use x509_cert::ext::pkix::SubjectKeyIdentifier;
use zeroize::Zeroize as _;

use crate::{CryptoError, Random, memory::LockedBytes};

/// `id-data`, `id-envelopedData` (RFC 5652).
const DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.1");
const ENVELOPED_DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.3");
/// `id-RSAES-OAEP` (RFC 4055).
const RSAES_OAEP: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.7");
/// `id-aes256-CBC` (RFC 3565).
const AES_256_CBC: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.1.42");

/// `RSAES-OAEP-params` in DER: hash SHA-256, mask MGF1 of SHA-256, empty label.
const OAEP_PARAMETERS: [u8; 49] = [
    0x30, 0x2f, // SEQUENCE
    0xa0, 0x0f, 0x30, 0x0d, // [0] hashAlgorithm: SHA-256
    0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, //
    0xa1, 0x1c, 0x30, 0x1a, // [1] maskGenAlgorithm: MGF1
    0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x08, //
    0x30, 0x0d, // of SHA-256
    0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00,
];

/// Encrypts to the one recipient.
pub(super) fn enclose(
    recipient: &OaepPublicEncryptingKey,
    key_identifier: [u8; 20],
    plaintext: &[u8],
    random: &Random,
) -> Result<Vec<u8>, CryptoError> {
    let content_key = LockedBytes::filled(32, |key| random.fill(key))?;
    let (iv, content) = encrypt_content(content_key.bytes(), plaintext)?;
    let mut wrapped = vec![0u8; recipient.ciphertext_size()];
    let length = recipient
        .encrypt(
            &OAEP_SHA256_MGF1SHA256,
            content_key.bytes(),
            &mut wrapped,
            None,
        )
        .map_err(|_| CryptoError::LibraryFailure)?
        .len();
    wrapped.truncate(length);
    encode(key_identifier, wrapped, iv, content).map_err(|_| CryptoError::TooLong)
}

/// AES-256-CBC with the padding of RFC 5652, section 6.3, in a buffer that never moves.
fn encrypt_content(key: &[u8], plaintext: &[u8]) -> Result<([u8; 16], Vec<u8>), CryptoError> {
    let cipher = UnboundCipherKey::new(&AES_256, key)
        .and_then(PaddedBlockEncryptingKey::cbc_pkcs7)
        .map_err(|_| CryptoError::LibraryFailure)?;
    let mut content = Vec::with_capacity(plaintext.len() + 16);
    content.extend_from_slice(plaintext);
    match cipher.encrypt(&mut content) {
        Ok(DecryptionContext::Iv128(iv)) => {
            let iv: &[u8] = iv.as_ref();
            let iv = iv.try_into().map_err(|_| CryptoError::LibraryFailure)?;
            Ok((iv, content))
        }
        _ => {
            content.zeroize();
            Err(CryptoError::LibraryFailure)
        }
    }
}

fn encode(
    key_identifier: [u8; 20],
    wrapped: Vec<u8>,
    iv: [u8; 16],
    content: Vec<u8>,
) -> der::Result<Vec<u8>> {
    let recipient = KeyTransRecipientInfo {
        version: CmsVersion::V2,
        rid: RecipientIdentifier::SubjectKeyIdentifier(SubjectKeyIdentifier(OctetString::new(
            key_identifier,
        )?)),
        key_enc_alg: AlgorithmIdentifierOwned {
            oid: RSAES_OAEP,
            parameters: Some(Any::from_der(&OAEP_PARAMETERS)?),
        },
        enc_key: OctetString::new(wrapped)?,
    };
    let enveloped = EnvelopedData {
        version: CmsVersion::V2,
        originator_info: None,
        recip_infos: RecipientInfos(SetOfVec::try_from(vec![RecipientInfo::Ktri(recipient)])?),
        encrypted_content: EncryptedContentInfo {
            content_type: DATA,
            content_enc_alg: AlgorithmIdentifierOwned {
                oid: AES_256_CBC,
                parameters: Some(Any::encode_from(&OctetString::new(iv)?)?),
            },
            encrypted_content: Some(OctetString::new(content)?),
        },
        unprotected_attrs: None,
    };
    ContentInfo {
        content_type: ENVELOPED_DATA,
        content: Any::encode_from(&enveloped)?,
    }
    .to_der()
}
