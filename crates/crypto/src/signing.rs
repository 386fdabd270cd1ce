//! Keys that sign.

use strongroom_model::enums::{KeySpec, MessageType, SigningAlgorithmSpec};

use crate::{
    CryptoError, KeyMaterial, Random,
    curve::{Curve, EcdsaKey},
    rsa::{Modulus, RsaSigningKey},
};

/// A private key that signs, with the public key that verifies, parsed once.
///
/// It lives in the library's memory and is wiped there. Which algorithms and message types a key
/// spec offers is for the service to say, in AWS's words; what does not fit is refused here
/// without any.
pub struct SigningKey(Kind);

enum Kind {
    Rsa(RsaSigningKey),
    Ecdsa(EcdsaKey),
}

impl SigningKey {
    /// Makes the material of a signing key ready.
    ///
    /// # Errors
    /// [`CryptoError::Unsuitable`] when the material is of another key spec or that does not
    /// sign.
    pub fn new(material: &KeyMaterial, spec: KeySpec) -> Result<Self, CryptoError> {
        let bytes = material.bytes_of(spec)?;
        if let Some(modulus) = Modulus::of(spec) {
            RsaSigningKey::new(modulus, bytes).map(Kind::Rsa)
        } else if let Some(curve) = Curve::of(spec) {
            EcdsaKey::new(curve, bytes).map(Kind::Ecdsa)
        } else {
            Err(CryptoError::Unsuitable)
        }
        .map(Self)
    }

    /// The public key, as DER SubjectPublicKeyInfo.
    #[must_use]
    pub fn public_key(&self) -> &[u8] {
        match &self.0 {
            Kind::Rsa(key) => key.public_key(),
            Kind::Ecdsa(key) => key.public_key(),
        }
    }

    /// Signs a message, or what stands for it by the message type.
    ///
    /// The signature is in AWS's form: DER for ECDSA and SM2, as long as the modulus for RSA.
    /// The library draws its nonces and salts from its own generator.
    ///
    /// # Errors
    /// [`CryptoError::Unsuitable`] when algorithm, message type or length do not fit the key.
    pub fn sign(
        &self,
        algorithm: SigningAlgorithmSpec,
        message_type: MessageType,
        message: &[u8],
        _random: &Random,
    ) -> Result<Vec<u8>, CryptoError> {
        match &self.0 {
            Kind::Rsa(key) => key.sign(algorithm, message_type, message),
            Kind::Ecdsa(key) => key.sign(algorithm, message_type, message),
        }
    }

    /// Checks a signature.
    ///
    /// # Errors
    /// [`CryptoError::InvalidSignature`] whatever is wrong with the signature;
    /// [`CryptoError::Unsuitable`] as for [`sign`](Self::sign).
    pub fn verify(
        &self,
        algorithm: SigningAlgorithmSpec,
        message_type: MessageType,
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), CryptoError> {
        match &self.0 {
            Kind::Rsa(key) => key.verify(algorithm, message_type, message, signature),
            Kind::Ecdsa(key) => key.verify(algorithm, message_type, message, signature),
        }
    }
}

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SigningKey")
    }
}
