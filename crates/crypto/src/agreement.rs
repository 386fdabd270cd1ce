//! Keys that agree on a secret with somebody else's.

use strongroom_model::{Plaintext, enums::KeySpec};

use crate::{
    CryptoError, KeyMaterial,
    curve::{Curve, EcdhKey},
};

/// A private key for ECDH, parsed once.
///
/// It lives in the library's memory and is wiped there.
pub struct AgreementKey(Kind);

enum Kind {
    Ecdh(EcdhKey),
}

impl AgreementKey {
    /// Makes the material of a key agreement key ready.
    ///
    /// # Errors
    /// [`CryptoError::Unsuitable`] when the material is of another key spec or that does not
    /// agree on secrets.
    pub fn new(material: &KeyMaterial, spec: KeySpec) -> Result<Self, CryptoError> {
        let bytes = material.bytes_of(spec)?;
        match Curve::of(spec) {
            Some(curve) => EcdhKey::new(curve, bytes).map(Kind::Ecdh),
            None => Err(CryptoError::Unsuitable),
        }
        .map(Self)
    }

    /// The public key, as DER SubjectPublicKeyInfo.
    #[must_use]
    pub fn public_key(&self) -> &[u8] {
        match &self.0 {
            Kind::Ecdh(key) => key.public_key(),
        }
    }

    /// The secret shared with the owner of a public key, given as DER SubjectPublicKeyInfo: the
    /// raw x-coordinate, as wide as the field.
    ///
    /// # Errors
    /// [`CryptoError::InvalidPublicKey`] when that is not a point on the same named curve.
    pub fn derive(&self, peer: &[u8]) -> Result<Plaintext, CryptoError> {
        match &self.0 {
            Kind::Ecdh(key) => key.derive(peer),
        }
    }
}

impl std::fmt::Debug for AgreementKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("AgreementKey")
    }
}
