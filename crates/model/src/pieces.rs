//! Cutting short texts at an ASCII character.
//!
//! ARNs, credentials and lists of header names are made of short pieces. The library's search is
//! prepared for long texts and takes several times as long for these, and a look at each byte is
//! slower too: here eight bytes are looked at at once, in one machine word.

/// One in each byte of a word.
const ONES: u64 = u64::from_le_bytes([1; 8]);

/// The place of the first byte that `marks` marks.
///
/// `marks` gets eight bytes, the first of them lowest, and gives a word that is not zero if it
/// knows one of them, in which the lowest bit that is set lies in the first such byte.
pub fn position(bytes: &[u8], marks: impl Fn(u64) -> u64) -> Option<usize> {
    let first = |word: [u8; 8]| match marks(u64::from_le_bytes(word)) {
        0 => None,
        marks => Some(marks.trailing_zeros() as usize / 8),
    };
    let (words, rest) = bytes.as_chunks::<8>();
    let mut before = 0;
    for word in words {
        if let Some(place) = first(*word) {
            return Some(before + place);
        }
        before += 8;
    }
    let mut last = [0; 8];
    last.get_mut(..rest.len())?.copy_from_slice(rest);
    let place = first(last).filter(|place| *place < rest.len())?;
    Some(before + place)
}

/// Marks the bytes of a word that are this one, for [`position`].
#[must_use]
pub fn equal(word: u64, byte: u8) -> u64 {
    below(word ^ (ONES * u64::from(byte)), 1)
}

/// Marks the bytes of a word that are below this one, an ASCII character, for [`position`].
///
/// A byte above one that is marked may be marked too: what was borrowed for the subtraction came
/// from there. That does no harm, since the lowest counts.
#[must_use]
pub fn below(word: u64, byte: u8) -> u64 {
    word.wrapping_sub(ONES * u64::from(byte)) & !word & (ONES << 7)
}

/// A text up to the first such character, and what comes behind it, if it is there at all.
#[must_use]
pub fn cut(text: &str, at: u8) -> (&str, Option<&str>) {
    let place = position(text.as_bytes(), |word| equal(word, at));
    match place.and_then(|place| Some((text.get(..place)?, text.get(place + 1..)?))) {
        Some((before, after)) => (before, Some(after)),
        None => (text, None),
    }
}

/// The pieces between all such characters. There is always one, which may be empty.
pub fn pieces(text: &str, at: u8) -> impl Iterator<Item = &str> {
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        let (piece, after) = cut(rest?, at);
        rest = after;
        Some(piece)
    })
}

/// Exactly so many fields, of which the last has what is left. Nothing when there are fewer.
#[must_use]
pub fn fields<const N: usize>(text: &str, at: u8) -> Option<[&str; N]> {
    let mut fields = [""; N];
    let (last, others) = fields.split_last_mut()?;
    let mut rest = text;
    for field in others {
        let (before, after) = cut(rest, at);
        *field = before;
        rest = after?;
    }
    *last = rest;
    Some(fields)
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*};

    use super::*;

    #[test]
    fn a_text_is_cut_at_the_first_place() {
        assert_eq!(cut("a/b/c", b'/'), ("a", Some("b/c")));
        assert_eq!(cut("/", b'/'), ("", Some("")));
        assert_eq!(cut("ä", b'/'), ("ä", None));
        assert_eq!(cut("ä/ö", b'/'), ("ä", Some("ö")));
    }

    #[test]
    fn pieces_are_those_of_the_library() {
        for text in ["", ";", "a", "a;b", ";a;;ä;", "a;"] {
            let expected: Vec<_> = text.split(';').collect();
            assert_eq!(pieces(text, b';').collect::<Vec<_>>(), expected);
        }
    }

    #[test]
    fn the_last_field_has_what_is_left() {
        assert_eq!(fields("a:b:c:d", b':'), Some(["a", "b", "c:d"]));
        assert_eq!(fields("::", b':'), Some(["", "", ""]));
        assert_eq!(fields::<3>("a:b", b':'), None);
        assert_eq!(fields("a:b", b':'), Some(["a:b"]));
    }

    proptest! {
        #[test]
        fn the_first_byte_is_found_wherever_it_is(
            bytes in vec(prop_oneof![any::<u8>(), Just(b' '), Just(0x1f), Just(b'!'), Just(0xa0), Just(0)], 0..40),
        ) {
            let expected = |is: fn(u8) -> bool| bytes.iter().position(|byte| is(*byte));
            prop_assert_eq!(position(&bytes, |word| equal(word, b' ')), expected(|b| b == b' '));
            prop_assert_eq!(position(&bytes, |word| equal(word, 0)), expected(|b| b == 0));
            prop_assert_eq!(position(&bytes, |word| below(word, b' ')), expected(|b| b < b' '));
            prop_assert_eq!(position(&bytes, |word| below(word, 0x7f)), expected(|b| b < 0x7f));
        }
    }
}
