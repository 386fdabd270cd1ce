//! Joining fields so that no two lists of fields give the same bytes.
//!
//! Everything that is authenticated is built here: texts carry their length in front, numbers
//! have a fixed width, and two variable-length fields never stand bare beside each other.

use std::fmt::Display;

/// Bytes under construction.
#[derive(Default)]
pub(crate) struct Framed(Vec<u8>);

impl Framed {
    /// Begins with a label, which is a constant without a length: no label is a prefix of
    /// another together with what follows it, since each ends in its version.
    pub(crate) fn labelled(label: &str) -> Self {
        let mut bytes = Vec::with_capacity(256);
        bytes.extend_from_slice(label.as_bytes());
        Self(bytes)
    }

    /// A text or bytes with the length in front, as `u32be(len) || bytes`.
    pub(crate) fn bytes(mut self, field: &[u8]) -> Self {
        self.0.extend_from_slice(&length(field.len()));
        self.0.extend_from_slice(field);
        self
    }

    /// A text with its length in front.
    pub(crate) fn text(self, field: &str) -> Self {
        self.bytes(field.as_bytes())
    }

    /// What a value prints, with its length in front.
    pub(crate) fn display(self, field: impl Display) -> Self {
        self.text(&field.to_string())
    }

    /// Bytes whose number the format fixes, so that they need no length.
    pub(crate) fn fixed<const N: usize>(mut self, field: &[u8; N]) -> Self {
        self.0.extend_from_slice(field);
        self
    }

    /// A number as four big-endian bytes.
    pub(crate) fn u32(self, number: u32) -> Self {
        self.fixed(&number.to_be_bytes())
    }

    /// How many fields of a kind follow.
    pub(crate) fn count(self, fields: usize) -> Self {
        self.fixed(&length(fields))
    }

    /// The joined bytes.
    pub(crate) fn finish(self) -> Vec<u8> {
        self.0
    }
}

/// A length as four big-endian bytes. Everything framed here is far below 4 GiB; a longer field
/// would saturate, and its own bytes would still tell it apart.
pub(crate) fn length(bytes: usize) -> [u8; 4] {
    u32::try_from(bytes).unwrap_or(u32::MAX).to_be_bytes()
}

/// Prints bytes as lower-case hex digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    let digit = |nibble: u8| {
        char::from(match nibble {
            0..10 => b'0' + nibble,
            _ => b'a' + nibble - 10,
        })
    };
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        text.push(digit(byte >> 4));
        text.push(digit(byte & 0x0f));
    }
    text
}

/// Reads exactly as many lower-case hex digits as fill `out`; false when the text is anything
/// else. One value has one spelling, so upper case is refused.
pub(crate) fn read_hex(text: &str, out: &mut [u8]) -> bool {
    // Anything above 15 for what is no digit.
    let nibble = |digit: u8| match digit {
        b'0'..=b'9' => digit - b'0',
        b'a'..=b'f' => digit - b'a' + 10,
        _ => 0xff,
    };
    let (pairs, []) = text.as_bytes().as_chunks::<2>() else {
        return false;
    };
    // Without a way out in the middle, so that many digits are read in one step.
    let seen = pairs
        .iter()
        .zip(&mut *out)
        .fold(0, |seen, ([high, low], byte)| {
            let (high, low) = (nibble(*high), nibble(*low));
            *byte = (high << 4) | (low & 0x0f);
            seen | high | low
        });
    pairs.len() == out.len() && seen <= 0x0f
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hex_reads_back_and_has_one_spelling() {
        let mut out = [0u8; 3];
        assert!(read_hex(&hex(&[0, 0xab, 0xff]), &mut out));
        assert_eq!(out, [0, 0xab, 0xff]);
        for wrong in ["", "00abf", "00ABff", "00abff00", "00abfg", " 0abff"] {
            assert!(!read_hex(wrong, &mut out), "{wrong}");
        }
    }

    #[test]
    fn fields_cannot_flow_into_each_other() {
        let joined = |a: &str, b: &str| Framed::labelled("x/v1").text(a).text(b).finish();
        assert_ne!(joined("ab", "c"), joined("a", "bc"));
        assert_ne!(joined("", "abc"), joined("abc", ""));
        assert_eq!(
            joined("a", ""),
            [b'x', b'/', b'v', b'1', 0, 0, 0, 1, b'a', 0, 0, 0, 0]
        );
    }
}
