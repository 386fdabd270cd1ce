//! The keys that sign checkpoints of the journal, and the check of what they signed.
//!
//! The pair is made of one service key, so there is one secret to wrap, and both halves have the
//! same version. It signs nothing else, and nothing of the API reaches it.

use aws_lc_rs::signature::{
    ED25519, Ed25519KeyPair, KeyPair as _, ML_DSA_65, ML_DSA_65_SIGNING, PqdsaKeyPair,
    UnparsedPublicKey,
};

use crate::{
    CryptoError, Job, ServiceKey,
    asn1::{self, SEED},
    kdf, labels,
    ml_dsa::MlDsa,
};

/// Signs checkpoints with Ed25519 and with ML-DSA-65.
pub struct AuditSigner {
    version: u32,
    ed25519: Ed25519KeyPair,
    ml_dsa_65: PqdsaKeyPair,
}

/// What both keys have, or make of one text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditPair {
    /// Of Ed25519: a public key of 32 bytes, or a signature of 64.
    pub ed25519: Vec<u8>,
    /// Of ML-DSA-65: a public key of 1,952 bytes, or a signature of 3,309.
    pub ml_dsa_65: Vec<u8>,
}

impl AuditSigner {
    /// Makes the pair of a service key.
    ///
    /// # Errors
    /// [`CryptoError::WrongJob`] when it is for something else.
    pub fn new(key: ServiceKey) -> Result<Self, CryptoError> {
        let version = key.version();
        let secret = key.into_key_for(&Job::AuditSigner)?;
        let seed = |label| kdf::derive_key(secret.bytes(), label, b"");
        let ed25519 = Ed25519KeyPair::from_seed_unchecked(seed(labels::AUDIT_ED25519)?.bytes())
            .map_err(|_| CryptoError::LibraryFailure)?;
        let ml_dsa_65 = asn1::private_key_info(
            &MlDsa::ML_DSA_65.algorithm,
            &[SEED],
            &[seed(labels::AUDIT_ML_DSA_65)?.bytes()],
        );
        let ml_dsa_65 = PqdsaKeyPair::from_pkcs8(&ML_DSA_65_SIGNING, ml_dsa_65.bytes())
            .map_err(|_| CryptoError::LibraryFailure)?;
        Ok(Self {
            version,
            ed25519,
            ml_dsa_65,
        })
    }

    /// Which edition this is.
    #[must_use]
    pub fn version(&self) -> u32 {
        self.version
    }

    /// The public keys.
    #[must_use]
    pub fn public_keys(&self) -> AuditPair {
        AuditPair {
            ed25519: self.ed25519.public_key().as_ref().to_vec(),
            ml_dsa_65: self.ml_dsa_65.public_key().as_ref().to_vec(),
        }
    }

    /// Signs the text of a checkpoint with both.
    ///
    /// # Errors
    /// [`CryptoError::LibraryFailure`].
    pub fn sign(&self, text: &[u8]) -> Result<AuditPair, CryptoError> {
        let ed25519 = self
            .ed25519
            .try_sign(text)
            .map_err(|_| CryptoError::LibraryFailure)?;
        let mut ml_dsa_65 = vec![0; ML_DSA_65_SIGNING.signature_len()];
        let length = self
            .ml_dsa_65
            .sign(text, &mut ml_dsa_65)
            .map_err(|_| CryptoError::LibraryFailure)?;
        ml_dsa_65.truncate(length);
        Ok(AuditPair {
            ed25519: ed25519.as_ref().to_vec(),
            ml_dsa_65,
        })
    }

    /// Whether an Ed25519 signature of a text verifies.
    #[must_use]
    pub fn verifies_ed25519(public_key: &[u8], text: &[u8], signature: &[u8]) -> bool {
        let key = UnparsedPublicKey::new(&ED25519, public_key);
        key.verify(text, signature).is_ok()
    }

    /// Whether an ML-DSA-65 signature of a text verifies, with an empty context.
    #[must_use]
    pub fn verifies_ml_dsa_65(public_key: &[u8], text: &[u8], signature: &[u8]) -> bool {
        let key = UnparsedPublicKey::new(&ML_DSA_65, public_key);
        key.verify(text, signature).is_ok()
    }
}

impl std::fmt::Debug for AuditSigner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "AuditSigner({})", self.version)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Random;

    fn signer() -> AuditSigner {
        let key = ServiceKey::generate(Job::AuditSigner, 1, &Random::system()).unwrap();
        AuditSigner::new(key).unwrap()
    }

    #[test]
    fn each_half_verifies_what_it_signed_and_nothing_else() {
        let (signer, other) = (signer(), signer());
        let keys = signer.public_keys();
        let signed = signer.sign(b"checkpoint").unwrap();
        let verify = [
            AuditSigner::verifies_ed25519,
            AuditSigner::verifies_ml_dsa_65,
        ];
        let halves = |pair: &AuditPair| [pair.ed25519.clone(), pair.ml_dsa_65.clone()];
        let parts = verify.into_iter().zip(halves(&keys)).zip(halves(&signed));
        for (((verify, key), signature), other) in parts.zip(halves(&other.public_keys())) {
            assert!(verify(&key, b"checkpoint", &signature));
            assert!(!verify(&key, b"checkpoints", &signature));
            assert!(!verify(&other, b"checkpoint", &signature));
            assert!(!verify(&key[1..], b"checkpoint", &signature));
            let mut altered = signature.clone();
            altered[20] ^= 1;
            assert!(!verify(&key, b"checkpoint", &altered));
        }
        assert_eq!((keys.ed25519.len(), keys.ml_dsa_65.len()), (32, 1952));
        assert_eq!((signed.ed25519.len(), signed.ml_dsa_65.len()), (64, 3309));
    }

    #[test]
    fn a_service_key_of_another_job_is_refused() {
        let other = ServiceKey::generate(Job::Marker, 1, &Random::system()).unwrap();
        assert_eq!(AuditSigner::new(other).unwrap_err(), CryptoError::WrongJob);
    }
}
