//! What an operator brings to unseal.

use std::fmt;

use serde::{Deserialize, Serialize};
use strongroom_model::{Plaintext, SecretText};
use unicode_normalization::UnicodeNormalization as _;
use zeroize::Zeroizing;

use crate::{aead::KEY_BYTES, memory::LockedBytes, seal::SealError};

/// The ways to protect the root key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SealKind {
    /// A file of 32 random bytes, kept elsewhere than the data.
    KeyFile,
    /// A passphrase, made into a key by Argon2id.
    Passphrase,
}

impl SealKind {
    /// The name in stored records and on the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::KeyFile => "key-file",
            Self::Passphrase => "passphrase",
        }
    }
}

impl fmt::Display for SealKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::KeyFile => "key file",
            Self::Passphrase => "passphrase",
        })
    }
}

/// The content of a key file, or a passphrase, in locked memory. Dropped as soon as the store is
/// unsealed.
pub struct SealKey {
    kind: SealKind,
    bytes: LockedBytes,
}

impl SealKey {
    /// The bytes that a key file holds.
    ///
    /// # Errors
    /// [`SealError::KeyFileLength`] unless there are exactly 32: text, or a trailing newline, is
    /// more likely the wrong file than a key.
    pub fn from_key_file(bytes: &Plaintext) -> Result<Self, SealError> {
        if bytes.len() != KEY_BYTES {
            return Err(SealError::KeyFileLength(bytes.len()));
        }
        Ok(Self {
            kind: SealKind::KeyFile,
            bytes: LockedBytes::copy_of(bytes.expose()),
        })
    }

    /// A passphrase, brought into Unicode normalization form C so that the same letters typed on
    /// another keyboard give the same key. Nothing is trimmed.
    ///
    /// # Errors
    /// [`SealError::EmptyPassphrase`].
    pub fn from_passphrase(passphrase: &SecretText) -> Result<Self, SealError> {
        if passphrase.is_empty() {
            return Err(SealError::EmptyPassphrase);
        }
        // Room for the longest normal form, so that no growth leaves a copy behind. Unicode
        // Standard Annex 15: form C is at most three times as long in UTF-8.
        let mut normal = Zeroizing::new(String::with_capacity(passphrase.len() * 3));
        normal.extend(passphrase.expose().nfc());
        Ok(Self {
            kind: SealKind::Passphrase,
            bytes: LockedBytes::copy_of(normal.as_bytes()),
        })
    }

    /// Which way of sealing this is for.
    #[must_use]
    pub fn kind(&self) -> SealKind {
        self.kind
    }

    /// The bytes, for deriving or being the seal's key.
    pub(super) fn bytes(&self) -> &[u8] {
        self.bytes.bytes()
    }
}

impl fmt::Debug for SealKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SealKey({})", self.kind.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_file_holds_exactly_32_bytes() {
        for length in [0, 31, 33, 64] {
            let refused = SealKey::from_key_file(&Plaintext::new(vec![7; length])).unwrap_err();
            assert_eq!(refused, SealError::KeyFileLength(length));
        }
        assert!(SealKey::from_key_file(&Plaintext::new(vec![7; 32])).is_ok());
    }

    #[test]
    fn a_passphrase_is_the_same_however_its_letters_are_composed() {
        let key = |text: &str| SealKey::from_passphrase(&SecretText::new(text.into())).unwrap();
        assert_eq!(key("Zu\u{308}rich").bytes(), key("Z\u{fc}rich").bytes());
        assert_ne!(key("zurich").bytes(), key("zurich ").bytes());
    }

    #[test]
    fn an_empty_passphrase_is_refused() {
        let refused = SealKey::from_passphrase(&SecretText::new(String::new())).unwrap_err();
        assert_eq!(refused, SealError::EmptyPassphrase);
    }

    #[test]
    fn a_seal_key_prints_only_its_kind() {
        let key = SealKey::from_passphrase(&SecretText::new("hush".into())).unwrap();
        assert_eq!(format!("{key:?}"), "SealKey(passphrase)");
    }
}
