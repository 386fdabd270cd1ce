//! Keys that sign.

use strongroom_model::enums::{KeySpec, MessageType, SigningAlgorithmSpec};

use crate::{
    CryptoError, KeyMaterial, Random,
    curve::EcdsaKey,
    edwards::Ed25519Key,
    first_use::{self, Job},
    material::Kind,
    ml_dsa::MlDsaKey,
    rsa::RsaSigningKey,
    sm2::Sm2SigningKey,
};

/// A private key that signs, with the public key that verifies, parsed once.
///
/// It lives in the library's memory and is wiped there. Which algorithms and message types a key
/// spec offers is for the service to say, in AWS's words; what does not fit is refused here
/// without any.
pub struct SigningKey(Signer);

enum Signer {
    Rsa(RsaSigningKey),
    Ecdsa(EcdsaKey),
    Ed25519(Ed25519Key),
    MlDsa(MlDsaKey),
    Sm2(Sm2SigningKey),
}

impl SigningKey {
    /// Makes the material of a signing key ready.
    ///
    /// # Errors
    /// [`CryptoError::Unsuitable`] when the material is of another key spec or that does not
    /// sign; [`CryptoError::SelfTestFailed`] when the algorithm gives a wrong known answer.
    pub fn new(material: &KeyMaterial, spec: KeySpec) -> Result<Self, CryptoError> {
        first_use::proven(Job::Sign, spec)?;
        Self::unproven(material, spec)
    }

    pub(crate) fn unproven(material: &KeyMaterial, spec: KeySpec) -> Result<Self, CryptoError> {
        let bytes = material.bytes_of(spec)?;
        match Kind::of(spec) {
            Kind::Rsa(modulus) => RsaSigningKey::new(modulus, bytes).map(Signer::Rsa),
            Kind::Curve(curve) => EcdsaKey::new(curve, bytes).map(Signer::Ecdsa),
            Kind::Edwards => Ed25519Key::new(bytes).map(Signer::Ed25519),
            Kind::MlDsa(size) => MlDsaKey::new(size, bytes).map(Signer::MlDsa),
            Kind::Sm2 => Sm2SigningKey::new(bytes).map(Signer::Sm2),
            Kind::Raw(_) | Kind::MlKem(_) => Err(CryptoError::Unsuitable),
        }
        .map(Self)
    }

    /// The public key, as DER SubjectPublicKeyInfo.
    #[must_use]
    pub fn public_key(&self) -> &[u8] {
        match &self.0 {
            Signer::Rsa(key) => key.public_key(),
            Signer::Ecdsa(key) => key.public_key(),
            Signer::Ed25519(key) => key.public_key(),
            Signer::MlDsa(key) => key.public_key(),
            Signer::Sm2(key) => key.public_key(),
        }
    }

    /// Signs a message, or what stands for it by the message type.
    ///
    /// The signature is in AWS's form: DER for ECDSA and SM2, as long as the modulus for RSA, and
    /// of a fixed length for the others.
    /// Only SM2 draws on `random`; for the others the library draws nonces and salts from its
    /// own generator.
    ///
    /// # Errors
    /// [`CryptoError::Unsuitable`] when algorithm, message type or length do not fit the key.
    pub fn sign(
        &self,
        algorithm: SigningAlgorithmSpec,
        message_type: MessageType,
        message: &[u8],
        random: &Random,
    ) -> Result<Vec<u8>, CryptoError> {
        match &self.0 {
            Signer::Rsa(key) => key.sign(algorithm, message_type, message),
            Signer::Ecdsa(key) => key.sign(algorithm, message_type, message),
            Signer::Ed25519(key) => key.sign(algorithm, message_type, message),
            Signer::MlDsa(key) => key.sign(algorithm, message_type, message),
            Signer::Sm2(key) => key.sign(algorithm, message_type, message, random),
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
            Signer::Rsa(key) => key.verify(algorithm, message_type, message, signature),
            Signer::Ecdsa(key) => key.verify(algorithm, message_type, message, signature),
            Signer::Ed25519(key) => key.verify(algorithm, message_type, message, signature),
            Signer::MlDsa(key) => key.verify(algorithm, message_type, message, signature),
            Signer::Sm2(key) => key.verify(algorithm, message_type, message, signature),
        }
    }

    /// Whether the public half verifies what the private half signs, and nothing else.
    pub(crate) fn is_consistent(&self, random: &Random) -> Result<bool, CryptoError> {
        let algorithm = match &self.0 {
            Signer::Rsa(_) => SigningAlgorithmSpec::RsassaPkcs1V15Sha256,
            Signer::Ecdsa(key) => key.algorithm(),
            Signer::Ed25519(_) => SigningAlgorithmSpec::Ed25519Sha512,
            Signer::MlDsa(_) => SigningAlgorithmSpec::MlDsaShake256,
            Signer::Sm2(_) => SigningAlgorithmSpec::Sm2dsa,
        };
        let kind = MessageType::Raw;
        let signature = self.sign(algorithm, kind, b"one", random)?;
        Ok(self.verify(algorithm, kind, b"one", &signature).is_ok()
            && self.verify(algorithm, kind, b"two", &signature).is_err())
    }
}

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SigningKey")
    }
}
