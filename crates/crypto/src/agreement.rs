//! Keys that agree on a secret with somebody else's.

use strongroom_model::{Plaintext, enums::KeySpec};

use crate::{
    CryptoError, KeyMaterial,
    curve::EcdhKey,
    first_use::{self, Job},
    material::Kind,
    sm2::Sm2AgreementKey,
};

/// A private key for ECDH, parsed once.
///
/// It lives in the library's memory and is wiped there.
pub struct AgreementKey(Side);

enum Side {
    Ecdh(EcdhKey),
    Sm2(Sm2AgreementKey),
}

impl AgreementKey {
    /// Makes the material of a key agreement key ready.
    ///
    /// # Errors
    /// [`CryptoError::Unsuitable`] when the material is of another key spec or that does not
    /// agree on secrets; [`CryptoError::SelfTestFailed`] when the algorithm gives a wrong known
    /// answer.
    pub fn new(material: &KeyMaterial, spec: KeySpec) -> Result<Self, CryptoError> {
        first_use::proven(Job::Agree, spec)?;
        Self::unproven(material, spec)
    }

    pub(crate) fn unproven(material: &KeyMaterial, spec: KeySpec) -> Result<Self, CryptoError> {
        let bytes = material.bytes_of(spec)?;
        match Kind::of(spec) {
            Kind::Curve(curve) => EcdhKey::new(curve, bytes).map(Side::Ecdh),
            Kind::Sm2 => Sm2AgreementKey::new(bytes).map(Side::Sm2),
            _ => Err(CryptoError::Unsuitable),
        }
        .map(Self)
    }

    /// The public key, as DER SubjectPublicKeyInfo.
    #[must_use]
    pub fn public_key(&self) -> &[u8] {
        match &self.0 {
            Side::Ecdh(key) => key.public_key(),
            Side::Sm2(key) => key.public_key(),
        }
    }

    /// The secret shared with the owner of a public key, given as DER SubjectPublicKeyInfo: the
    /// raw x-coordinate, as wide as the field.
    ///
    /// # Errors
    /// [`CryptoError::InvalidPublicKey`] when that is not a point on the same named curve.
    pub fn derive(&self, peer: &[u8]) -> Result<Plaintext, CryptoError> {
        match &self.0 {
            Side::Ecdh(key) => key.derive(peer),
            Side::Sm2(key) => key.derive(peer),
        }
    }
}

impl std::fmt::Debug for AgreementKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("AgreementKey")
    }
}
