//! Keys that encrypt to their public half.

use strongroom_model::{
    Plaintext,
    enums::{EncryptionAlgorithmSpec, KeySpec},
};

use crate::{
    CryptoError, KeyMaterial, Random,
    first_use::{self, Job},
    material::Kind,
    rsa::RsaEncryptionKey,
    sm2::Sm2EncryptionKey,
};

/// A private key that decrypts, with the public key that encrypts, parsed once.
///
/// It lives in the library's memory and is wiped there.
pub struct EncryptionKey(Cipher);

enum Cipher {
    Rsa(RsaEncryptionKey),
    Sm2(Sm2EncryptionKey),
}

impl EncryptionKey {
    /// Makes the material of an asymmetric encryption key ready.
    ///
    /// # Errors
    /// [`CryptoError::Unsuitable`] when the material is of another key spec or that does not
    /// encrypt; [`CryptoError::SelfTestFailed`] when the algorithm gives a wrong known answer.
    pub fn new(material: &KeyMaterial, spec: KeySpec) -> Result<Self, CryptoError> {
        first_use::proven(Job::Encrypt, spec)?;
        Self::unproven(material, spec)
    }

    pub(crate) fn unproven(material: &KeyMaterial, spec: KeySpec) -> Result<Self, CryptoError> {
        let bytes = material.bytes_of(spec)?;
        match Kind::of(spec) {
            Kind::Rsa(modulus) => RsaEncryptionKey::new(modulus, bytes).map(Cipher::Rsa),
            Kind::Sm2 => Sm2EncryptionKey::new(bytes).map(Cipher::Sm2),
            _ => Err(CryptoError::Unsuitable),
        }
        .map(Self)
    }

    /// The public key, as DER SubjectPublicKeyInfo.
    #[must_use]
    pub fn public_key(&self) -> &[u8] {
        match &self.0 {
            Cipher::Rsa(key) => key.public_key(),
            Cipher::Sm2(key) => key.public_key(),
        }
    }

    /// Encrypts a plaintext. Only SM2 draws on `random`; for RSA the library draws the seed from
    /// its own generator.
    ///
    /// # Errors
    /// [`CryptoError::TooLong`] when the key and the algorithm cannot carry so much;
    /// [`CryptoError::Unsuitable`] when the algorithm is not the key's.
    pub fn encrypt(
        &self,
        algorithm: EncryptionAlgorithmSpec,
        plaintext: &[u8],
        random: &Random,
    ) -> Result<Vec<u8>, CryptoError> {
        match &self.0 {
            Cipher::Rsa(key) => key.encrypt(algorithm, plaintext),
            Cipher::Sm2(key) => key.encrypt(algorithm, plaintext, random),
        }
    }

    /// Decrypts a ciphertext.
    ///
    /// # Errors
    /// [`CryptoError::InvalidCiphertext`] whatever is wrong with the ciphertext;
    /// [`CryptoError::Unsuitable`] when the algorithm is not the key's.
    pub fn decrypt(
        &self,
        algorithm: EncryptionAlgorithmSpec,
        ciphertext: &[u8],
    ) -> Result<Plaintext, CryptoError> {
        match &self.0 {
            Cipher::Rsa(key) => key.decrypt(algorithm, ciphertext),
            Cipher::Sm2(key) => key.decrypt(algorithm, ciphertext),
        }
    }
}

impl std::fmt::Debug for EncryptionKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("EncryptionKey")
    }
}
