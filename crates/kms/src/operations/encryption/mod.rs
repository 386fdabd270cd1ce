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
    call::{Authorized, Call, Key, Permitted},
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

    /// Reads the header of the ciphertext, then finds and permits the key that made it.
    ///
    /// # Errors
    /// - `InvalidCiphertextException`: the blob is not one of ours, or was damaged.
    /// - `ValidationException`: the ciphertext of an asymmetric key, which names no key, without
    ///   a `KeyId`.
    /// - `IncorrectKeyException`: the request names another key. It wins over the usage and
    ///   state of the key that is named.
    /// - `AccessDeniedException`: the key is gone, elsewhere or not permitted.
    async fn key<U: Opens>(
        &self,
        call: &Call<'_>,
    ) -> Result<(Permitted<Key, U>, Option<CiphertextHeader>), KmsError> {
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
        match (self.key_id, header) {
            (Some(reference), header) => {
                let key = call.find_key_or_alias(reference).await?;
                let key = call.permit::<U>(key)?;
                let made_by = |header: &CiphertextHeader| {
                    header.account == key.home().account && header.key_id == key.id()
                };
                if header.as_ref().is_some_and(|header| !made_by(header)) {
                    return Err(KmsError::incorrect_key());
                }
                Ok((key, header))
            }
            (None, Some(header)) => {
                let key = call.find_key_of(&header).await?;
                Ok((call.permit_named_by_ciphertext::<U>(key)?, Some(header)))
            }
            (None, None) => Err(KmsError::validation("KeyId must not be null")),
        }
    }
}
