//! Who an answer's plaintext is for: the caller, or the enclave that the caller proved to be in.
//!
//! AWS: developer guide, "Cryptographic attestation support in AWS KMS"; API reference,
//! "RecipientInfo".

use std::{fmt, sync::Arc};

use strongroom_crypto::{AttestationRoots, AttestedRecipient};
use strongroom_model::{Clock, Plaintext, shapes::RecipientInfo};

use crate::{error::KmsError, service::Service};

/// What attestation documents are judged by.
pub struct Attestation {
    /// The roots that their certificates may lead to.
    pub roots: AttestationRoots,
    /// The clock on the wall: certificates are of the world outside.
    pub clock: Arc<dyn Clock>,
}

impl fmt::Debug for Attestation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Attestation")
            .field("roots", &self.roots)
            .finish_non_exhaustive()
    }
}

/// Who the plaintext of an answer is for.
pub(crate) enum Addressee {
    /// The caller, in plain.
    Caller,
    /// An enclave that was attested: encrypted to its key.
    Enclave(Box<AttestedRecipient>),
}

/// A plaintext as it leaves: in plain or for an enclave, never both.
#[derive(Default)]
pub(crate) struct HandedOver {
    pub(crate) plaintext: Option<Plaintext>,
    pub(crate) ciphertext_for_recipient: Option<Vec<u8>>,
}

impl Addressee {
    /// Reads the `Recipient` of a request and checks its attestation document.
    ///
    /// # Errors
    /// `ValidationException` when the request names an enclave that is not attested, or this
    /// service trusts no root. Better no answer than one in plain.
    pub(crate) fn of(
        service: &Service,
        recipient: Option<&RecipientInfo>,
    ) -> Result<Self, KmsError> {
        let Some(recipient) = recipient else {
            return Ok(Self::Caller);
        };
        let (Some(document), Some(_)) = (
            &recipient.attestation_document,
            recipient.key_encryption_algorithm,
        ) else {
            return Err(KmsError::incomplete_recipient());
        };
        let attestation = service
            .attestation()
            .ok_or_else(KmsError::no_attestation_root)?;
        let now = attestation.clock.now();
        let attested = AttestedRecipient::verify(document, &attestation.roots, now)
            .map_err(KmsError::not_attested)?;
        Ok(Self::Enclave(Box::new(attested)))
    }

    /// Whether the answer is for an enclave.
    pub(crate) fn is_enclave(&self) -> bool {
        matches!(self, Self::Enclave(_))
    }

    /// Hands the plaintext over to whom it is for.
    pub(crate) fn hand_over(
        &self,
        service: &Service,
        plaintext: Plaintext,
    ) -> Result<HandedOver, KmsError> {
        Ok(match self {
            Self::Caller => HandedOver {
                plaintext: Some(plaintext),
                ciphertext_for_recipient: None,
            },
            Self::Enclave(enclave) => HandedOver {
                plaintext: None,
                ciphertext_for_recipient: Some(
                    enclave.enclose(&plaintext, service.custody().random())?,
                ),
            },
        })
    }
}
