//! ML-DSA keys, FIPS 204.
//!
//! Stored as PKCS#8 around the seed, 54 bytes in all three sizes. RFC 9881, section 6. The context
//! string is always empty.

use aws_lc_rs::signature::{
    KeyPair as _, ML_DSA_44, ML_DSA_44_SIGNING, ML_DSA_65, ML_DSA_65_SIGNING, ML_DSA_87,
    ML_DSA_87_SIGNING, ParsedPublicKey, PqdsaKeyPair, PqdsaSigningAlgorithm,
    PqdsaVerificationAlgorithm,
};
use strongroom_model::enums::{MessageType, SigningAlgorithmSpec};

use crate::{
    CryptoError, Random,
    asn1::{self, PrivateKeyInfo, Reader, SEED},
    ffi::LibraryKey,
    memory::LockedBytes,
};

const SEED_BYTES: usize = 32;

/// One of the three sizes.
pub(crate) struct MlDsa {
    /// The AlgorithmIdentifier.
    pub(crate) algorithm: [u8; 13],
    signing: &'static PqdsaSigningAlgorithm,
    verification: &'static PqdsaVerificationAlgorithm,
}

/// The AlgorithmIdentifier that ends in this number.
const fn algorithm(last: u8) -> [u8; 13] {
    [
        0x30, 0x0b, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x03, last,
    ]
}

impl MlDsa {
    pub(crate) const ML_DSA_44: Self = Self {
        algorithm: algorithm(0x11),
        signing: &ML_DSA_44_SIGNING,
        verification: &ML_DSA_44,
    };
    pub(crate) const ML_DSA_65: Self = Self {
        algorithm: algorithm(0x12),
        signing: &ML_DSA_65_SIGNING,
        verification: &ML_DSA_65,
    };
    pub(crate) const ML_DSA_87: Self = Self {
        algorithm: algorithm(0x13),
        signing: &ML_DSA_87_SIGNING,
        verification: &ML_DSA_87,
    };

    /// A new private key.
    pub(crate) fn generate(&self, random: &Random) -> Result<LockedBytes, CryptoError> {
        let seed = LockedBytes::filled(SEED_BYTES, |seed| random.fill(seed))?;
        Ok(asn1::private_key_info(
            &self.algorithm,
            &[SEED],
            &[seed.bytes()],
        ))
    }

    /// A public key that verifies messages.
    pub(crate) fn verifier(&self, public_key: &[u8]) -> Result<ParsedPublicKey, CryptoError> {
        ParsedPublicKey::new(self.verification, public_key)
            .map_err(|_| CryptoError::InvalidPublicKey)
    }

    /// The stored form of a private key from outside, which must be its seed.
    pub(crate) fn import(&self, pkcs8: &[u8]) -> Result<LockedBytes, CryptoError> {
        seed_of(pkcs8, &self.algorithm, SEED_BYTES)
            .map(|seed| asn1::private_key_info(&self.algorithm, &[SEED], &[seed]))
            .ok_or(CryptoError::InvalidMaterial)
    }
}

/// The seed in the PKCS#8 of a post-quantum key that holds nothing else.
pub(crate) fn seed_of<'a>(pkcs8: &'a [u8], algorithm: &[u8], length: usize) -> Option<&'a [u8]> {
    let info = PrivateKeyInfo::read(pkcs8, algorithm)?;
    let seed = Reader::only(info.key, SEED)?;
    (seed.len() == length && info.public_key.is_none()).then_some(seed)
}

/// A key that signs.
pub(crate) struct MlDsaKey {
    size: &'static MlDsa,
    /// For messages.
    pair: PqdsaKeyPair,
    /// For message representatives.
    key: LibraryKey,
    verifier: ParsedPublicKey,
    public_key: Vec<u8>,
}

impl MlDsaKey {
    pub(crate) fn new(size: &'static MlDsa, pkcs8: &[u8]) -> Result<Self, CryptoError> {
        let pair = PqdsaKeyPair::from_pkcs8(size.signing, pkcs8)
            .map_err(|_| CryptoError::InvalidMaterial)?;
        let public = pair.public_key().as_ref();
        Ok(Self {
            size,
            key: LibraryKey::parse(pkcs8).ok_or(CryptoError::InvalidMaterial)?,
            verifier: size.verifier(public)?,
            public_key: asn1::public_key_info(&size.algorithm, public),
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
        let mut signature = vec![0; self.size.signing.signature_len()];
        match mu(algorithm, message_type, message)? {
            Some(mu) => self.key.sign_mu(mu, &mut signature),
            None => self
                .pair
                .sign(message, &mut signature)
                .ok()
                .filter(|length| *length == signature.len())
                .map(|_| ()),
        }
        .ok_or(CryptoError::LibraryFailure)?;
        Ok(signature)
    }

    pub(crate) fn verify(
        &self,
        algorithm: SigningAlgorithmSpec,
        message_type: MessageType,
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), CryptoError> {
        let valid = match mu(algorithm, message_type, message)? {
            Some(mu) => self.key.verify_mu(mu, signature),
            None => self.verifier.verify_sig(message, signature).is_ok(),
        };
        valid.then_some(()).ok_or(CryptoError::InvalidSignature)
    }
}

/// The message representative, if that is what was handed in. FIPS 204, algorithm 7, line 6.
fn mu(
    algorithm: SigningAlgorithmSpec,
    message_type: MessageType,
    message: &[u8],
) -> Result<Option<&[u8; 64]>, CryptoError> {
    match (algorithm, message_type) {
        (SigningAlgorithmSpec::MlDsaShake256, MessageType::Raw) => Ok(None),
        (SigningAlgorithmSpec::MlDsaShake256, MessageType::ExternalMu) => message
            .try_into()
            .map(Some)
            .map_err(|_| CryptoError::Unsuitable),
        _ => Err(CryptoError::Unsuitable),
    }
}
