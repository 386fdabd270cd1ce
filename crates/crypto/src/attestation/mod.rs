//! Answers for attested callers: an enclave proves what it is, and gets its plaintext encrypted
//! to a key that only it holds.
//!
//! A caller in an enclave sends an attestation document with its request. The document is signed
//! by the enclave's platform, through a chain of certificates that ends at a root which the
//! operator of this service has chosen to trust. It names an RSA public key that the platform
//! vouches for. What would be plaintext in the answer leaves as a CMS message to that key.
//!
//! AWS: developer guide, "Cryptographic attestation support in AWS KMS"; the AWS Nitro Enclaves
//! attestation process, "Attestation document specification". RFC 9052 (COSE), RFC 5652 (CMS).

mod document;
mod enveloped;

use aws_lc_rs::rsa::{OaepPublicEncryptingKey, PublicEncryptingKey};
use rustls_pki_types::{CertificateDer, TrustAnchor, pem::PemObject as _};
use strongroom_model::{Plaintext, Timestamp};

use crate::{CryptoError, Random};

/// Why no answer can be made for an attested caller.
///
/// The caller hears one sentence whatever the cause; the log keeps this one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AttestationError {
    /// A root certificate cannot be read.
    #[error("a root certificate of attestation documents cannot be read")]
    UnreadableRoot,
    /// The document is not a COSE_Sign1 structure with an attestation in it.
    #[error("the attestation document has an unknown form: {0}")]
    UnknownForm(&'static str),
    /// The certificates do not lead to a root that is trusted, or not at this time.
    #[error("the attestation document's certificates do not lead to a trusted root")]
    Untrusted,
    /// The signature is not the certificate's.
    #[error("the attestation document's signature is wrong")]
    WrongSignature,
    /// The document is not of this moment.
    #[error("the attestation document is not of the last five minutes")]
    Stale,
    /// The document carries no RSA public key that can be encrypted to.
    #[error("the attestation document has no RSA public key of 2048 to 4096 bits")]
    NoPublicKey,
    /// The answer could not be encrypted.
    #[error(transparent)]
    Crypto(#[from] CryptoError),
}

/// The root certificates that attestation documents may lead to.
#[derive(Clone, Debug)]
pub struct AttestationRoots {
    anchors: Vec<TrustAnchor<'static>>,
}

impl AttestationRoots {
    /// Reads one or more certificates in PEM.
    ///
    /// # Errors
    /// [`AttestationError::UnreadableRoot`] when there is none, or one that is damaged.
    pub fn from_pem(pem: &[u8]) -> Result<Self, AttestationError> {
        let mut anchors = Vec::new();
        for certificate in CertificateDer::pem_slice_iter(pem) {
            let certificate = certificate.map_err(|_| AttestationError::UnreadableRoot)?;
            let anchor = webpki::anchor_from_trusted_cert(&certificate)
                .map_err(|_| AttestationError::UnreadableRoot)?;
            anchors.push(anchor.to_owned());
        }
        if anchors.is_empty() {
            return Err(AttestationError::UnreadableRoot);
        }
        Ok(Self { anchors })
    }
}

/// What kind of machine an attestation document is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Platform {
    /// A Nitro enclave.
    Enclave,
    /// An instance with a NitroTPM.
    NitroTpm,
}

/// An attested caller, to whom answers can be enclosed.
pub struct AttestedRecipient {
    module_id: String,
    platform: Platform,
    image_digest: Option<Vec<u8>>,
    registers: Vec<(u8, Vec<u8>)>,
    key: OaepPublicEncryptingKey,
    /// What names the key in the answer: the SHA-1 of its bits (RFC 5280, 4.2.1.2).
    key_identifier: [u8; 20],
}

impl AttestedRecipient {
    /// Reads an attestation document and checks everything that it claims.
    ///
    /// `now` is the time of the world outside, since certificates are of that world.
    ///
    /// # Errors
    /// [`AttestationError`], for the log. Callers are told no more than that it is not valid.
    pub fn verify(
        document: &[u8],
        roots: &AttestationRoots,
        now: Timestamp,
    ) -> Result<Self, AttestationError> {
        let attested = document::verify(document, &roots.anchors, now)?;
        let (key, key_identifier) = public_key(attested.public_key.as_deref())?;
        let image_digest = attested
            .registers
            .iter()
            .find_map(|(index, value)| (*index == 0).then(|| value.clone()));
        Ok(Self {
            module_id: attested.module_id,
            platform: attested.platform,
            image_digest,
            registers: attested.registers,
            key,
            key_identifier,
        })
    }

    /// The name of the enclave's module, for the record.
    #[must_use]
    pub fn module_id(&self) -> &str {
        &self.module_id
    }

    /// What kind of machine it is.
    #[must_use]
    pub fn platform(&self) -> Platform {
        self.platform
    }

    /// The measurement of the enclave's image, platform configuration register 0.
    #[must_use]
    pub fn image_digest(&self) -> Option<&[u8]> {
        self.image_digest.as_deref()
    }

    /// The platform configuration registers, by index.
    #[must_use]
    pub fn registers(&self) -> &[(u8, Vec<u8>)] {
        &self.registers
    }

    /// Encrypts a plaintext to the enclave: a CMS EnvelopedData in DER, RSAES-OAEP with SHA-256
    /// around an AES-256-CBC content key.
    ///
    /// # Errors
    /// [`CryptoError`] when the random number generator or the library fails.
    pub fn enclose(&self, plaintext: &Plaintext, random: &Random) -> Result<Vec<u8>, CryptoError> {
        enveloped::enclose(&self.key, self.key_identifier, plaintext.expose(), random)
    }
}

impl std::fmt::Debug for AttestedRecipient {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AttestedRecipient")
            .field("module_id", &self.module_id)
            .finish_non_exhaustive()
    }
}

/// The RSA key of a document, from its SubjectPublicKeyInfo, and the identifier of its bits.
fn public_key(der: Option<&[u8]>) -> Result<(OaepPublicEncryptingKey, [u8; 20]), AttestationError> {
    use der::Decode as _;

    let der = der.ok_or(AttestationError::NoPublicKey)?;
    let none = |_| AttestationError::NoPublicKey;
    let bits = spki::SubjectPublicKeyInfoRef::from_der(der)
        .map_err(|_| AttestationError::NoPublicKey)?
        .subject_public_key;
    let hash = aws_lc_rs::digest::digest(
        &aws_lc_rs::digest::SHA1_FOR_LEGACY_USE_ONLY,
        bits.raw_bytes(),
    );
    let mut identifier = [0u8; 20];
    for (to, from) in identifier.iter_mut().zip(hash.as_ref()) {
        *to = *from;
    }
    let key = PublicEncryptingKey::from_der(der).map_err(|_| AttestationError::NoPublicKey)?;
    if !(2048..=4096).contains(&key.key_size_bits()) {
        return Err(AttestationError::NoPublicKey);
    }
    Ok((OaepPublicEncryptingKey::new(key).map_err(none)?, identifier))
}

#[cfg(test)]
mod tests;
