//! Cutting short texts at an ASCII character.
//!
//! ARNs, credentials and lists of header names are made of short pieces, for which a plain look
//! at each byte is several times as fast as the library's search, which is prepared for long
//! texts.

/// A text up to the first such character, and what comes behind it, if it is there at all.
#[must_use]
pub fn cut(text: &str, at: u8) -> (&str, Option<&str>) {
    let place = text.bytes().position(|byte| byte == at);
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
}
