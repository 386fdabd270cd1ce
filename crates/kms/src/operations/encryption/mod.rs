//! Encryption and decryption under a KMS key.
//!
//! AWS: developer guide, "Encrypting and decrypting"; `docs/formats.md` draws the ciphertext.

mod decrypt;
mod encrypt;
mod re_encrypt;

pub(crate) use decrypt::decrypt;
pub(crate) use encrypt::encrypt;
pub(crate) use re_encrypt::re_encrypt;

use strongroom_crypto::CiphertextHeader;
use strongroom_model::{
    EncryptionContext, Plaintext,
    enums::{DryRunModifierType, EncryptionAlgorithmSpec},
    limits,
};

use crate::{
    call::{Authorized, Call, Found, Key, Permitted},
    error::KmsError,
    material::{Opens, Seals},
    specs::{self, Family},
    uses::KeyUse,
};

/// Refuses a context that the key cannot be used with: any at all for an asymmetric key, and one
/// that is larger than any that can be encrypted with. AWS documents no limit; ours is 8,192 bytes
/// of keys and values.
pub(crate) fn check_context<U: KeyUse>(
    key: &Authorized<Key, U>,
    context: Option<&EncryptionContext>,
) -> Result<(), KmsError> {
    let limit = limits::ENCRYPTION_CONTEXT_BYTES;
    match context {
        Some(context) if !context.is_empty() && !is_symmetric(key) => {
            Err(KmsError::context_with_asymmetric())
        }
        Some(context) if context.size_bytes() > limit => Err(KmsError::validation(format!(
            "The encryption context must not be larger than {limit} bytes."
        ))),
        _ => Ok(()),
    }
}

/// Whether a key that encrypts is a symmetric one.
pub(crate) fn is_symmetric(key: &Key) -> bool {
    specs::family(key.record().spec) == Family::Symmetric
}

/// Refuses an algorithm that the key does not support.
fn check_algorithm<U: KeyUse>(
    key: &Authorized<Key, U>,
    algorithm: EncryptionAlgorithmSpec,
) -> Result<(), KmsError> {
    let spec = key.record().spec;
    if specs::encrypts_by(spec, algorithm) {
        Ok(())
    } else {
        Err(KmsError::algorithm(algorithm.as_str(), spec.as_str()))
    }
}

/// Refuses more plaintext than the key encrypts at once.
fn check_length<U: Seals>(
    key: &Authorized<Key, U>,
    algorithm: EncryptionAlgorithmSpec,
    plaintext: &Plaintext,
) -> Result<(), KmsError> {
    let spec = key.record().spec;
    match specs::plaintext_bytes(spec, algorithm) {
        Some(most) if plaintext.len() > most => Err(KmsError::plaintext_too_long(
            algorithm.as_str(),
            spec.as_str(),
            most,
        )),
        _ => Ok(()),
    }
}

/// What a request that decrypts says of its source.
struct Source<'a> {
    ciphertext: Option<&'a [u8]>,
    key_id: Option<&'a str>,
    algorithm: EncryptionAlgorithmSpec,
    /// The dry run is to judge permissions alone.
    ignore_ciphertext: bool,
}

impl<'a> Source<'a> {
    fn new(
        ciphertext: Option<&'a [u8]>,
        key_id: Option<&'a str>,
        algorithm: Option<EncryptionAlgorithmSpec>,
        dry_run: Option<bool>,
        modifiers: Option<&[DryRunModifierType]>,
    ) -> Self {
        let asked =
            modifiers.is_some_and(|all| all.contains(&DryRunModifierType::IgnoreCiphertext));
        Self {
            ciphertext,
            key_id,
            algorithm: algorithm.unwrap_or(EncryptionAlgorithmSpec::SymmetricDefault),
            ignore_ciphertext: asked && dry_run == Some(true),
        }
    }

    /// The ciphertext, unless a dry run is to judge permissions alone.
    fn ciphertext(&self) -> Option<&'a [u8]> {
        self.ciphertext.filter(|_| !self.ignore_ciphertext)
    }

    /// Reads the header of the ciphertext, then finds the key that the request or it names.
    ///
    /// # Errors
    /// - `InvalidCiphertextException`: the blob is not one of ours, or was damaged.
    /// - `ValidationException`: the ciphertext of an asymmetric key, which names no key, without
    ///   a `KeyId`.
    async fn find(
        &self,
        call: &Call<'_>,
    ) -> Result<(Found<Key>, Option<CiphertextHeader>), KmsError> {
        let symmetric = self.algorithm == EncryptionAlgorithmSpec::SymmetricDefault;
        let header = match self.ciphertext {
            Some(blob) if symmetric && !self.ignore_ciphertext => {
                Some(call.service().read_header(blob)?)
            }
            Some(_) => None,
            None if self.ignore_ciphertext => None,
            None => {
                return Err(KmsError::validation(
                    "1 validation error detected: Value null at 'ciphertextBlob' failed to \
                     satisfy constraint: Member must not be null",
                ));
            }
        };
        let key = match (self.key_id, &header) {
            (Some(reference), _) => call.find_key_or_alias(reference).await?,
            (None, Some(header)) => call.find_key_of(header).await?,
            (None, None) => return Err(KmsError::validation("KeyId must not be null")),
        };
        Ok((key, header))
    }

    /// Permits the key. `same_key` is what ReEncrypt knows of its two.
    ///
    /// # Errors
    /// `AccessDeniedException`: the key is gone, elsewhere or not permitted.
    async fn permit<U: Opens>(
        &self,
        call: &Call<'_>,
        key: Found<Key>,
        same_key: Option<bool>,
    ) -> Result<Permitted<Key, U>, KmsError> {
        match self.key_id {
            Some(_) => call.permit_one_of_two::<U>(key, same_key).await,
            None => call.permit_named_by_ciphertext::<U>(key, same_key).await,
        }
    }

    /// Refuses a key that the request names and that did not make the ciphertext. That wins over
    /// the usage and state of the key.
    ///
    /// # Errors
    /// `IncorrectKeyException`.
    fn check_maker(&self, key: &Key, header: Option<&CiphertextHeader>) -> Result<(), KmsError> {
        let made_by = |header: &CiphertextHeader| {
            header.account == key.home().account && header.key_id == key.id()
        };
        match header {
            Some(header) if !made_by(header) => Err(KmsError::incorrect_key()),
            _ => Ok(()),
        }
    }
}
