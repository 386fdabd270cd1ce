//! The encryption context.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Non-secret pairs that a ciphertext is bound to.
///
/// Keys and values are compared exactly and the order does not matter; an absent context and an
/// empty one are the same. AWS: developer guide, "Encryption context".
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct EncryptionContext(BTreeMap<String, String>);

impl EncryptionContext {
    /// The context without pairs.
    #[must_use]
    pub const fn empty() -> Self {
        Self(BTreeMap::new())
    }

    /// The pairs, sorted by the UTF-8 bytes of their keys.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &str)> {
        self.0
            .iter()
            .map(|(key, value)| (key.as_str(), value.as_str()))
    }

    /// Whether there are no pairs.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The value of a key.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key).map(String::as_str)
    }

    /// The number of bytes in all keys and values together.
    #[must_use]
    pub fn size_bytes(&self) -> usize {
        self.0
            .iter()
            .map(|(key, value)| key.len() + value.len())
            .sum()
    }

    /// The canonical bytes that ciphertexts are bound to, drawn in `docs/formats.md`: the number
    /// of pairs, then each pair sorted by key, every text with its length in front. No two
    /// contexts share them.
    #[must_use]
    pub fn canonical(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(4 + self.size_bytes() + 8 * self.0.len());
        bytes.extend_from_slice(&length(self.0.len()));
        for (key, value) in &self.0 {
            for text in [key, value] {
                bytes.extend_from_slice(&length(text.len()));
                bytes.extend_from_slice(text.as_bytes());
            }
        }
        bytes
    }
}

/// A length as four big-endian bytes. Requests are at most 1 MiB, so every length fits.
fn length(bytes: usize) -> [u8; 4] {
    u32::try_from(bytes).unwrap_or(u32::MAX).to_be_bytes()
}

impl From<BTreeMap<String, String>> for EncryptionContext {
    fn from(pairs: BTreeMap<String, String>) -> Self {
        Self(pairs)
    }
}

impl FromIterator<(String, String)> for EncryptionContext {
    fn from_iter<I: IntoIterator<Item = (String, String)>>(pairs: I) -> Self {
        Self(pairs.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn canonical_bytes_are_sorted_and_length_framed() {
        let context: EncryptionContext = [("b", "2"), ("a", "")]
            .map(|(key, value)| (key.to_owned(), value.to_owned()))
            .into_iter()
            .collect();
        assert_eq!(
            context.canonical(),
            [
                0, 0, 0, 2, 0, 0, 0, 1, b'a', 0, 0, 0, 0, 0, 0, 0, 1, b'b', 0, 0, 0, 1, b'2'
            ]
        );
        assert_eq!(EncryptionContext::default().canonical(), [0, 0, 0, 0]);
    }
}
