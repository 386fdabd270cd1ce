//! Ed25519 keys, which sign messages (Ed25519) and digests (Ed25519ph).
//!
//! Stored as PKCS#8 version 1 around the seed, 48 bytes. RFC 8410, section 7. Version 2, with the
//! public key in it, is read and not written: not every reader of it knows it.

use aws_lc_rs::signature::{self, Ed25519KeyPair, KeyPair as _, ParsedPublicKey};
use strongroom_model::enums::{MessageType, SigningAlgorithmSpec};

use crate::{
    CryptoError, Random,
    asn1::{self, OCTET_STRING, PrivateKeyInfo, Reader},
    ffi,
    memory::LockedBytes,
};

const ALGORITHM: &[u8] = &[0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70];
const SEED_BYTES: usize = 32;

/// A new private key.
pub(crate) fn generate(random: &Random) -> Result<LockedBytes, CryptoError> {
    let seed = LockedBytes::filled(SEED_BYTES, |seed| random.fill(seed))?;
    Ok(stored_form(seed.bytes()))
}

/// The stored form of a private key from outside.
pub(crate) fn import(pkcs8: &[u8]) -> Result<LockedBytes, CryptoError> {
    let info = PrivateKeyInfo::read(pkcs8, ALGORITHM).ok_or(CryptoError::InvalidMaterial)?;
    let seed = Reader::only(info.key, OCTET_STRING).ok_or(CryptoError::InvalidMaterial)?;
    let pair = pair_of(seed)?;
    if info
        .public_key
        .is_some_and(|public_key| public_key != pair.public_key().as_ref())
    {
        return Err(CryptoError::InvalidMaterial);
    }
    Ok(stored_form(seed))
}

fn stored_form(seed: &[u8]) -> LockedBytes {
    asn1::private_key_info(ALGORITHM, &[OCTET_STRING], &[seed])
}

fn pair_of(seed: &[u8]) -> Result<Ed25519KeyPair, CryptoError> {
    if seed.len() != SEED_BYTES {
        return Err(CryptoError::InvalidMaterial);
    }
    Ed25519KeyPair::from_seed_unchecked(seed).map_err(|_| CryptoError::InvalidMaterial)
}

/// A public key that verifies Ed25519.
pub(crate) fn verifier(public_key: &[u8]) -> Result<ParsedPublicKey, CryptoError> {
    ParsedPublicKey::new(&signature::ED25519, public_key).map_err(|_| CryptoError::InvalidPublicKey)
}

/// A key that signs.
pub(crate) struct Ed25519Key {
    pair: Ed25519KeyPair,
    /// Seed and public key, as the library wants them for Ed25519ph.
    private: LockedBytes,
    verifier: ParsedPublicKey,
    public_key: Vec<u8>,
}

impl Ed25519Key {
    pub(crate) fn new(pkcs8: &[u8]) -> Result<Self, CryptoError> {
        let info = PrivateKeyInfo::read(pkcs8, ALGORITHM).ok_or(CryptoError::InvalidMaterial)?;
        let seed = Reader::only(info.key, OCTET_STRING).ok_or(CryptoError::InvalidMaterial)?;
        let pair = pair_of(seed)?;
        let public = pair.public_key().as_ref();
        Ok(Self {
            private: LockedBytes::joined(&[seed, public]),
            verifier: verifier(public)?,
            public_key: asn1::public_key_info(ALGORITHM, public),
            pair,
        })
    }

    pub(crate) fn public_key(&self) -> &[u8] {
        &self.public_key
    }

    pub(crate) fn sign(
        &self,
        algorithm: SigningAlgorithmSpec,
        message_type: MessageType,
        message: &[u8],
    ) -> Result<Vec<u8>, CryptoError> {
        match Variant::of(algorithm, message_type, message)? {
            Variant::Pure => self
                .pair
                .try_sign(message)
                .map(|signature| signature.as_ref().to_vec())
                .map_err(|_| CryptoError::LibraryFailure),
            Variant::Prehashed => self
                .private
                .bytes()
                .first_chunk()
                .and_then(|private| ffi::ed25519ph_sign(message, private))
                .map(|signature| signature.to_vec())
                .ok_or(CryptoError::LibraryFailure),
        }
    }

    pub(crate) fn verify(
        &self,
        algorithm: SigningAlgorithmSpec,
        message_type: MessageType,
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), CryptoError> {
        let valid = match Variant::of(algorithm, message_type, message)? {
            Variant::Pure => self.verifier.verify_sig(message, signature).is_ok(),
            Variant::Prehashed => {
                let public = self.private.bytes().last_chunk();
                match (signature.try_into(), public) {
                    (Ok(signature), Some(public)) => {
                        ffi::ed25519ph_verify(message, signature, public)
                    }
                    _ => false,
                }
            }
        };
        valid.then_some(()).ok_or(CryptoError::InvalidSignature)
    }
}

/// How a message is signed.
enum Variant {
    Pure,
    /// Ed25519ph over the 64 bytes that were handed in: they count as the message, and are hashed
    /// again. So does AWS (`operations.md` §5.2).
    Prehashed,
}

impl Variant {
    fn of(
        algorithm: SigningAlgorithmSpec,
        message_type: MessageType,
        message: &[u8],
    ) -> Result<Self, CryptoError> {
        match (algorithm, message_type) {
            (SigningAlgorithmSpec::Ed25519Sha512, MessageType::Raw) => Ok(Self::Pure),
            (SigningAlgorithmSpec::Ed25519PhSha512, MessageType::Digest) if message.len() == 64 => {
                Ok(Self::Prehashed)
            }
            _ => Err(CryptoError::Unsuitable),
        }
    }
}
