//! The encryption context.

use std::{cmp::Ordering, collections::BTreeMap, fmt};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Non-secret pairs that a ciphertext is bound to.
///
/// Keys and values are compared exactly and the order does not matter; an absent context and an
/// empty one are the same. AWS: developer guide, "Encryption context".
///
/// A context is made once and read often, so its texts lie in one piece of memory.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct EncryptionContext {
    /// Key, value, key, value, and so on, sorted by the UTF-8 bytes of the keys.
    text: String,
    /// Where each key and its value end in the text.
    ends: Vec<[usize; 2]>,
}

impl EncryptionContext {
    /// The context without pairs.
    #[must_use]
    pub const fn empty() -> Self {
        Self {
            text: String::new(),
            ends: Vec::new(),
        }
    }

    /// The pairs, sorted by the UTF-8 bytes of their keys.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &str)> {
        let mut start = 0;
        self.ends.iter().map(move |ends| {
            let pair = self.pair(start, *ends);
            [_, start] = *ends;
            pair
        })
    }

    fn pair(&self, start: usize, [middle, end]: [usize; 2]) -> (&str, &str) {
        let text = |from, to| self.text.get(from..to).unwrap_or_default();
        (text(start, middle), text(middle, end))
    }

    /// Whether there are no pairs.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The value of a key.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&str> {
        let (mut from, mut to) = (0, self.ends.len());
        while from < to {
            let middle = usize::midpoint(from, to);
            let before = middle.checked_sub(1).and_then(|at| self.ends.get(at));
            let start = before.map_or(0, |[_, end]| *end);
            let (found, value) = self.pair(start, *self.ends.get(middle)?);
            match found.cmp(key) {
                Ordering::Less => from = middle + 1,
                Ordering::Equal => return Some(value),
                Ordering::Greater => to = middle,
            }
        }
        None
    }

    /// The number of bytes in all keys and values together.
    #[must_use]
    pub fn size_bytes(&self) -> usize {
        self.text.len()
    }

    /// The canonical bytes that ciphertexts are bound to, drawn in `docs/formats.md`: the number
    /// of pairs, then each pair sorted by key, every text with its length in front. No two
    /// contexts share them.
    #[must_use]
    pub fn canonical(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(4 + self.size_bytes() + 8 * self.ends.len());
        self.put_canonical(|part| bytes.extend_from_slice(part));
        bytes
    }

    /// Hands out the canonical bytes part by part.
    pub fn put_canonical(&self, mut put: impl FnMut(&[u8])) {
        put(&length(self.ends.len()));
        for (key, value) in self.iter() {
            for text in [key, value] {
                put(&length(text.len()));
                put(text.as_bytes());
            }
        }
    }
}

/// A length as four big-endian bytes. Requests are at most 1 MiB, so every length fits.
fn length(bytes: usize) -> [u8; 4] {
    u32::try_from(bytes).unwrap_or(u32::MAX).to_be_bytes()
}

/// Of pairs with the same key the last one counts.
impl<K: AsRef<str>, V: AsRef<str>> FromIterator<(K, V)> for EncryptionContext {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(pairs: I) -> Self {
        let mut pairs: Vec<(K, V)> = pairs.into_iter().collect();
        pairs.sort_by(|(one, _), (other, _)| one.as_ref().cmp(other.as_ref()));
        let size = |(key, value): &(K, V)| key.as_ref().len() + value.as_ref().len();
        let mut text = String::with_capacity(pairs.iter().map(size).sum());
        let mut ends = Vec::with_capacity(pairs.len());
        let same_key = |(one, _): &(K, V), (other, _): &(K, V)| one.as_ref() == other.as_ref();
        for (key, value) in pairs.chunk_by(same_key).filter_map(<[_]>::last) {
            text.push_str(key.as_ref());
            let middle = text.len();
            text.push_str(value.as_ref());
            ends.push([middle, text.len()]);
        }
        Self { text, ends }
    }
}

impl From<BTreeMap<String, String>> for EncryptionContext {
    fn from(pairs: BTreeMap<String, String>) -> Self {
        pairs.into_iter().collect()
    }
}

impl fmt::Debug for EncryptionContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

impl Serialize for EncryptionContext {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter())
    }
}

impl<'de> Deserialize<'de> for EncryptionContext {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        BTreeMap::<String, String>::deserialize(deserializer).map(Self::from)
    }
}

#[cfg(test)]
mod tests {
    use proptest::{collection::btree_map, prelude::*};

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

    #[test]
    fn of_two_pairs_with_one_key_the_last_one_counts() {
        let context = EncryptionContext::from_iter([("k", "1"), ("a", ""), ("k", "2")]);
        assert_eq!(
            context,
            EncryptionContext::from_iter([("a", ""), ("k", "2")])
        );
        assert_eq!(context.size_bytes(), 3);
    }

    #[test]
    fn equal_texts_that_are_cut_elsewhere_are_other_contexts() {
        let contexts = [("ab", ""), ("a", "b"), ("", "ab")].map(|pair| [pair]);
        for (at, one) in contexts.iter().enumerate() {
            for (other_at, other) in contexts.iter().enumerate() {
                let same =
                    EncryptionContext::from_iter(*one) == EncryptionContext::from_iter(*other);
                assert_eq!(same, at == other_at);
            }
        }
    }

    proptest! {
        #[test]
        fn a_context_is_a_sorted_map(pairs in btree_map(".{0,3}", ".{0,3}", 0..9), other in ".{0,3}") {
            let context: EncryptionContext = pairs.iter().rev().collect();
            let expected = pairs.iter().map(|(key, value)| (key.as_str(), value.as_str()));
            prop_assert!(context.iter().eq(expected));
            prop_assert_eq!(context.iter().len(), pairs.len());
            for key in pairs.keys().chain([&other]) {
                prop_assert_eq!(context.get(key), pairs.get(key).map(String::as_str));
            }
            let json = serde_json::to_string(&context).unwrap();
            prop_assert_eq!(&json, &serde_json::to_string(&pairs).unwrap());
            prop_assert_eq!(serde_json::from_str::<EncryptionContext>(&json).unwrap(), context);
        }
    }
}
