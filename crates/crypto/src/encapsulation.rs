//! Keys that encapsulate: ML-KEM, FIPS 203.
//!
//! Stored as PKCS#8 around the seed `d || z`, 86 bytes in all three sizes. RFC 9935, section 6.

use strongroom_model::{Plaintext, enums::KeySpec};
use zeroize::Zeroizing;

use crate::{
    CryptoError, KeyMaterial, Random,
    asn1::{self, SEED},
    ffi::LibraryKey,
    first_use::{self, Job},
    material::Kind,
    memory::LockedBytes,
    ml_dsa::seed_of,
};

const SEED_BYTES: usize = 64;
/// Length of a shared secret in all three sizes.
const SECRET_BYTES: usize = 32;

/// One of the three sizes. FIPS 203, table 3.
pub(crate) struct MlKem {
    /// The AlgorithmIdentifier.
    pub(crate) algorithm: [u8; 13],
    public_key_bytes: usize,
    ciphertext_bytes: usize,
}

/// The AlgorithmIdentifier that ends in this number.
const fn algorithm(last: u8) -> [u8; 13] {
    [
        0x30, 0x0b, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x04, last,
    ]
}

impl MlKem {
    pub(crate) const ML_KEM_512: Self = Self {
        algorithm: algorithm(1),
        public_key_bytes: 800,
        ciphertext_bytes: 768,
    };
    pub(crate) const ML_KEM_768: Self = Self {
        algorithm: algorithm(2),
        public_key_bytes: 1184,
        ciphertext_bytes: 1088,
    };
    pub(crate) const ML_KEM_1024: Self = Self {
        algorithm: algorithm(3),
        public_key_bytes: 1568,
        ciphertext_bytes: 1568,
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

    /// The stored form of a private key from outside, which must be its seed.
    pub(crate) fn import(&self, pkcs8: &[u8]) -> Result<LockedBytes, CryptoError> {
        seed_of(pkcs8, &self.algorithm, SEED_BYTES)
            .map(|seed| asn1::private_key_info(&self.algorithm, &[SEED], &[seed]))
            .ok_or(CryptoError::InvalidMaterial)
    }
}

/// A private key that decapsulates, with the public key that encapsulates, parsed once.
///
/// It lives in the library's memory and is wiped there.
pub struct EncapsulationKey {
    size: &'static MlKem,
    key: LibraryKey,
    public_key: Vec<u8>,
}

impl EncapsulationKey {
    /// Makes the material of a key encapsulation key ready.
    ///
    /// # Errors
    /// [`CryptoError::Unsuitable`] when the material is of another key spec or that does not
    /// encapsulate; [`CryptoError::SelfTestFailed`] when the algorithm gives a wrong known answer.
    pub fn new(material: &KeyMaterial, spec: KeySpec) -> Result<Self, CryptoError> {
        first_use::proven(Job::Encapsulate, spec)?;
        Self::unproven(material, spec)
    }

    pub(crate) fn unproven(material: &KeyMaterial, spec: KeySpec) -> Result<Self, CryptoError> {
        let pkcs8 = material.bytes_of(spec)?;
        let Kind::MlKem(size) = Kind::of(spec) else {
            return Err(CryptoError::Unsuitable);
        };
        let key = LibraryKey::parse(pkcs8).ok_or(CryptoError::InvalidMaterial)?;
        let mut public_key = vec![0; size.public_key_bytes];
        key.public_key(&mut public_key)
            .ok_or(CryptoError::InvalidMaterial)?;
        Ok(Self {
            size,
            key,
            public_key: asn1::public_key_info(&size.algorithm, &public_key),
        })
    }

    /// The public key, as DER SubjectPublicKeyInfo.
    #[must_use]
    pub fn public_key(&self) -> &[u8] {
        &self.public_key
    }

    /// A fresh secret of 32 bytes, and the ciphertext from which only this key finds it again.
    ///
    /// # Errors
    /// [`CryptoError::RandomUnavailable`].
    pub fn encapsulate(&self, random: &Random) -> Result<(Vec<u8>, Plaintext), CryptoError> {
        let mut seed = Zeroizing::new([0; 32]);
        random.fill(&mut *seed)?;
        let mut ciphertext = vec![0; self.size.ciphertext_bytes];
        let mut secret = Zeroizing::new(vec![0; SECRET_BYTES]);
        self.key
            .encapsulate(&seed, &mut ciphertext, &mut secret)
            .ok_or(CryptoError::LibraryFailure)?;
        Ok((ciphertext, Plaintext::new(std::mem::take(&mut *secret))))
    }

    /// The secret of a ciphertext. A ciphertext that this key's public half did not make gives a
    /// secret that nobody knows, and no error: FIPS 203, algorithm 18.
    ///
    /// # Errors
    /// [`CryptoError::InvalidCiphertext`] only when the ciphertext has not the length of this key
    /// spec's.
    pub fn decapsulate(&self, ciphertext: &[u8]) -> Result<Plaintext, CryptoError> {
        if ciphertext.len() != self.size.ciphertext_bytes {
            return Err(CryptoError::InvalidCiphertext);
        }
        let mut secret = Zeroizing::new(vec![0; SECRET_BYTES]);
        self.key
            .decapsulate(ciphertext, &mut secret)
            .ok_or(CryptoError::LibraryFailure)?;
        Ok(Plaintext::new(std::mem::take(&mut *secret)))
    }
}

impl std::fmt::Debug for EncapsulationKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("EncapsulationKey")
    }
}
