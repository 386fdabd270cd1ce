//! HMAC keys, one hash for each length.

use aws_lc_rs::hmac;
use strongroom_model::enums::{KeySpec, MacAlgorithmSpec};

use crate::{
    CryptoError, KeyMaterial,
    first_use::{self, Job},
};

/// A key that makes and checks message authentication codes, made ready once.
///
/// The hash's state after the key, which is all that remains of it, lives in the library's memory
/// and is wiped there.
pub struct MacKey {
    algorithm: MacAlgorithmSpec,
    key: hmac::Key,
}

impl MacKey {
    /// Makes the material of an HMAC key ready.
    ///
    /// # Errors
    /// [`CryptoError::Unsuitable`] when the material is of another key spec or that is not one of
    /// HMAC's; [`CryptoError::SelfTestFailed`] when the algorithm gives a wrong known answer.
    pub fn new(material: &KeyMaterial, spec: KeySpec) -> Result<Self, CryptoError> {
        first_use::proven(Job::Mac, spec)?;
        Self::unproven(material, spec)
    }

    pub(crate) fn unproven(material: &KeyMaterial, spec: KeySpec) -> Result<Self, CryptoError> {
        let (algorithm, hash) = match spec {
            KeySpec::Hmac224 => (MacAlgorithmSpec::HmacSha224, hmac::HMAC_SHA224),
            KeySpec::Hmac256 => (MacAlgorithmSpec::HmacSha256, hmac::HMAC_SHA256),
            KeySpec::Hmac384 => (MacAlgorithmSpec::HmacSha384, hmac::HMAC_SHA384),
            KeySpec::Hmac512 => (MacAlgorithmSpec::HmacSha512, hmac::HMAC_SHA512),
            _ => return Err(CryptoError::Unsuitable),
        };
        Ok(Self {
            algorithm,
            key: hmac::Key::new(hash, material.bytes_of(spec)?),
        })
    }

    /// The one algorithm of the key.
    #[must_use]
    pub fn algorithm(&self) -> MacAlgorithmSpec {
        self.algorithm
    }

    /// The code of a message, in full length. It is made to be given away.
    #[must_use]
    pub fn generate(&self, message: &[u8]) -> Vec<u8> {
        hmac::sign(&self.key, message).as_ref().to_vec()
    }

    /// Checks a code, in a time that depends on its length only.
    ///
    /// # Errors
    /// [`CryptoError::InvalidSignature`] unless it is the whole code of this message.
    pub fn verify(&self, message: &[u8], mac: &[u8]) -> Result<(), CryptoError> {
        hmac::verify(&self.key, message, mac).map_err(|_| CryptoError::InvalidSignature)
    }
}

impl std::fmt::Debug for MacKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "MacKey({})", self.algorithm)
    }
}
