//! The canonical form of a request: one text for all the ways in which the same request can be
//! written down, so that both sides hash the same bytes.
//!
//! The form is written piece by piece into a [`Sink`]. Verification hashes the pieces as they
//! come and never holds the text; [`canonical_request`] collects them, for tests and for people
//! who look for a difference.
//!
//! AWS: IAM user guide, "Create a signed AWS API request", step 1; RFC 3986 sections 2.3, 5.2.4.

use std::borrow::Cow;

use aws_lc_rs::digest;
use strongroom_model::pieces::pieces;

use super::SignedParts;

/// Where canonical text goes.
pub(super) trait Sink {
    /// Appends some bytes.
    fn put(&mut self, bytes: &[u8]);
}

impl Sink for Vec<u8> {
    fn put(&mut self, bytes: &[u8]) {
        self.extend_from_slice(bytes);
    }
}

/// A SHA-256 that gathers small pieces on the stack before it hashes them.
///
/// The canonical request of an SDK has some 25 pieces and fits the buffer, so that the library
/// is called once.
pub(super) struct Sha256 {
    buffer: [u8; 1024],
    filled: usize,
    spilled: Option<digest::Context>,
}

impl Sha256 {
    pub(super) fn new() -> Self {
        Self {
            buffer: [0; 1024],
            filled: 0,
            spilled: None,
        }
    }

    fn gathered(&self) -> &[u8] {
        self.buffer.get(..self.filled).unwrap_or_default()
    }

    fn spill(&mut self, more: &[u8]) {
        let mut context = self
            .spilled
            .take()
            .unwrap_or_else(|| digest::Context::new(&digest::SHA256));
        context.update(self.gathered());
        context.update(more);
        self.filled = 0;
        self.spilled = Some(context);
    }

    /// The hash of everything that was put.
    pub(super) fn finish(self) -> digest::Digest {
        match self.spilled {
            None => digest::digest(
                &digest::SHA256,
                self.buffer.get(..self.filled).unwrap_or_default(),
            ),
            Some(mut context) => {
                context.update(self.buffer.get(..self.filled).unwrap_or_default());
                context.finish()
            }
        }
    }
}

impl Sink for Sha256 {
    fn put(&mut self, bytes: &[u8]) {
        let end = self.filled + bytes.len();
        match self.buffer.get_mut(self.filled..end) {
            Some(space) => {
                space.copy_from_slice(bytes);
                self.filled = end;
            }
            None => self.spill(bytes),
        }
    }
}

/// The parts in one piece, which lies in `room` if there is enough of it.
pub(super) fn joined<'r>(parts: &[&[u8]], room: &'r mut [u8]) -> Cow<'r, [u8]> {
    let mut length = 0;
    for part in parts {
        let end = length + part.len();
        match room.get_mut(length..end) {
            Some(space) => space.copy_from_slice(part),
            None => return Cow::Owned(parts.concat()),
        }
        length = end;
    }
    Cow::Borrowed(room.get(..length).unwrap_or_default())
}

/// The request cannot be the one that was signed: its path does not begin at the root, a header
/// on the list is absent, or the list is not in canonical form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct NotAsSigned;

/// Writes the canonical request.
///
/// `signed_headers` is the client's own list, and exactly its headers are covered. A `presigned`
/// request covers its query without the signature.
pub(super) fn put_canonical_request(
    sink: &mut impl Sink,
    parts: &SignedParts<'_>,
    signed_headers: &str,
    payload_hash: &[u8],
    presigned: bool,
) -> Result<(), NotAsSigned> {
    // Without its first slash a path would read like one with it.
    if !parts.path.is_empty() && !parts.path.starts_with('/') {
        return Err(NotAsSigned);
    }
    sink.put(parts.method.as_bytes());
    sink.put(b"\n");
    put_path(sink, parts.path);
    sink.put(b"\n");
    put_query(sink, parts.query, presigned);
    sink.put(b"\n");
    put_headers(sink, parts, signed_headers)?;
    sink.put(b"\n");
    sink.put(signed_headers.as_bytes());
    sink.put(b"\n");
    sink.put(payload_hash);
    Ok(())
}

/// The canonical request as a text, with the given list of signed headers.
///
/// Returns nothing when a listed header is absent or the list is not in canonical form: no
/// signature can be right then.
#[must_use]
pub fn canonical_request(
    parts: &SignedParts<'_>,
    signed_headers: &str,
    presigned: bool,
) -> Option<Vec<u8>> {
    let payload_hash = hex(digest::digest(&digest::SHA256, parts.body).as_ref());
    let mut text = Vec::with_capacity(512);
    put_canonical_request(&mut text, parts, signed_headers, &payload_hash, presigned).ok()?;
    Some(text)
}

/// Writes the path without dot segments and repeated slashes, each segment encoded once more.
fn put_path(sink: &mut impl Sink, path: &str) {
    if matches!(path, "" | "/") {
        return sink.put(b"/");
    }
    let mut segments = Vec::new();
    for segment in path.split('/') {
        match segment {
            "" | "." => {}
            ".." => {
                segments.pop();
            }
            other => segments.push(other),
        }
    }
    for segment in &segments {
        sink.put(b"/");
        put_encoded(sink, segment.as_bytes());
    }
    let ends_in_folder = path
        .rsplit('/')
        .next()
        .is_some_and(|last| matches!(last, "" | "." | ".."));
    if segments.is_empty() || ends_in_folder {
        sink.put(b"/");
    }
}

/// Writes the parameters in order, decoded and encoded again.
fn put_query(sink: &mut impl Sink, query: &str, presigned: bool) {
    if query.is_empty() {
        return;
    }
    let encoded = |text: &str| {
        let mut out = Vec::with_capacity(text.len());
        put_encoded(&mut out, &percent_decode(text));
        out
    };
    let mut parameters: Vec<(Vec<u8>, Vec<u8>)> = query
        .split('&')
        .filter(|parameter| !parameter.is_empty())
        .map(|parameter| {
            let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
            (encoded(name), encoded(value))
        })
        .filter(|(name, _)| !(presigned && name == b"X-Amz-Signature"))
        .collect();
    parameters.sort_unstable();
    let mut separator: &[u8] = b"";
    for (name, value) in &parameters {
        sink.put(separator);
        sink.put(name);
        sink.put(b"=");
        sink.put(value);
        separator = b"&";
    }
}

/// Writes the listed headers, each with all its values in order of arrival.
///
/// The list has to be strictly ascending, which also bounds the work by the number of headers
/// that really came.
fn put_headers(
    sink: &mut impl Sink,
    parts: &SignedParts<'_>,
    signed_headers: &str,
) -> Result<(), NotAsSigned> {
    let mut previous = "";
    for name in pieces(signed_headers, b';') {
        if name <= previous || name.bytes().any(|b| b.is_ascii_uppercase()) {
            return Err(NotAsSigned);
        }
        previous = name;
        let mut values = parts
            .headers
            .iter()
            .filter(|(n, _)| *n == name)
            .map(|(_, value)| *value);
        let first = values.next().ok_or(NotAsSigned)?;
        sink.put(name.as_bytes());
        sink.put(b":");
        put_header_value(sink, first);
        for value in values {
            sink.put(b",");
            put_header_value(sink, value);
        }
        sink.put(b"\n");
    }
    Ok(())
}

/// Writes a value without spaces at its ends and with single spaces inside, also inside quotes.
fn put_header_value(sink: &mut impl Sink, value: &[u8]) {
    let value = trim_spaces(value);
    let pairs = value.iter().zip(value.get(1..).unwrap_or_default());
    let doubled = |found, (one, next): (&u8, &u8)| found | ((*one == b' ') & (*next == b' '));
    if !pairs.fold(false, doubled) {
        return sink.put(value);
    }
    let mut separator: &[u8] = b"";
    for word in value.split(|b| *b == b' ').filter(|word| !word.is_empty()) {
        sink.put(separator);
        sink.put(word);
        separator = b" ";
    }
}

fn trim_spaces(mut value: &[u8]) -> &[u8] {
    while let [b' ', rest @ ..] | [rest @ .., b' '] = value {
        value = rest;
    }
    value
}

/// Whether a byte stands for itself in a canonical path or query (RFC 3986, "unreserved").
fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~')
}

/// Writes bytes percent-encoded, with capital digits.
fn put_encoded(sink: &mut impl Sink, bytes: &[u8]) {
    for run in bytes.chunk_by(|a, b| is_unreserved(*a) && is_unreserved(*b)) {
        match run {
            [byte] if !is_unreserved(*byte) => {
                let [high, low] = hex_digits(*byte).map(|digit| digit.to_ascii_uppercase());
                sink.put(&[b'%', high, low]);
            }
            plain => sink.put(plain),
        }
    }
}

/// Decodes `%XX`. Whatever is no such escape stands for itself, the plus sign included.
///
/// Who reads parameters of a presigned request uses this function too, so that what is acted
/// on is what was signed.
#[must_use]
pub fn percent_decode(text: &str) -> Cow<'_, [u8]> {
    if !text.contains('%') {
        return Cow::Borrowed(text.as_bytes());
    }
    let digit = |byte: u8| {
        char::from(byte)
            .to_digit(16)
            .and_then(|d| u8::try_from(d).ok())
    };
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    loop {
        rest = match rest {
            [] => return Cow::Owned(out),
            [b'%', high, low, after @ ..] => match (digit(*high), digit(*low)) {
                (Some(high), Some(low)) => {
                    out.push(high << 4 | low);
                    after
                }
                _ => {
                    out.push(b'%');
                    rest.get(1..).unwrap_or_default()
                }
            },
            [byte, after @ ..] => {
                out.push(*byte);
                after
            }
        };
    }
}

fn hex_digits(byte: u8) -> [u8; 2] {
    [byte >> 4, byte & 0x0f].map(|nibble| match nibble {
        0..10 => b'0' + nibble,
        _ => b'a' + nibble - 10,
    })
}

/// The lower-case hex digits of a 32-byte hash.
pub(super) fn hex(hash: &[u8]) -> [u8; 64] {
    let mut text = [b'0'; 64];
    for (pair, byte) in text.as_chunks_mut::<2>().0.iter_mut().zip(hash) {
        *pair = hex_digits(*byte);
    }
    text
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn text(write: impl FnOnce(&mut Vec<u8>)) -> String {
        let mut out = Vec::new();
        write(&mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn paths_lose_dots_and_repeated_slashes_and_are_encoded_once_more() {
        let check = |path: &str, expected: &str| {
            assert_eq!(text(|out| put_path(out, path)), expected, "{path}");
        };
        check("", "/");
        check("/", "/");
        check("//", "/");
        check("/./", "/");
        check("/..", "/");
        check("/example/..", "/");
        check("/a/../b", "/b");
        check("/a/b/.", "/a/b/");
        check("//example//", "/example/");
        check("/example space/", "/example%20space/");
        check("/arn%3Aaws", "/arn%253Aaws");
        check("/ሴ", "/%E1%88%B4");
    }

    #[test]
    fn queries_are_sorted_by_name_then_value_after_encoding() {
        let check = |query: &str, expected: &str| {
            assert_eq!(text(|out| put_query(out, query, true)), expected, "{query}");
        };
        check("", "");
        check("a", "a=");
        check("b=2&a=1&a=0", "a=0&a=1&b=2");
        check("a=1&a-b=2", "a=1&a-b=2");
        check("k=%2f+%20", "k=%2F%2B%20");
        check("k=%zz%4", "k=%25zz%254");
        check("&&a=1&", "a=1");
        check("a=b=c", "a=b%3Dc");
        check("X-Amz-Signature=00&a=1", "a=1");
        check("X-Amz-Signatur%65=00&a=1", "a=1");
        assert_eq!(
            text(|out| put_query(out, "X-Amz-Signature=00", false)),
            "X-Amz-Signature=00"
        );
    }

    #[test]
    fn header_values_keep_single_spaces_only() {
        let check = |value: &str, expected: &str| {
            assert_eq!(
                text(|out| put_header_value(out, value.as_bytes())),
                expected
            );
        };
        check("", "");
        check("   ", "");
        check("  a   b  c ", "a b c");
        check("\"a   b\"", "\"a b\"");
        check("a\t\tb", "a\t\tb");
    }

    #[test]
    fn parts_are_joined_wherever_there_is_room() {
        let parts: [&[u8]; 4] = [b"ab", b"", b"c", b"de"];
        for size in 0..8 {
            let mut room = vec![0; size];
            let joined = joined(&parts, &mut room);
            assert_eq!(*joined, *b"abcde");
            assert_eq!(matches!(joined, Cow::Borrowed(_)), size >= 5, "{size}");
        }
    }

    #[test]
    fn a_list_that_is_not_canonical_or_names_absent_headers_covers_nothing() {
        let parts = SignedParts {
            method: "POST",
            path: "/",
            query: "",
            headers: &[("a", b"1"), ("host", b"h"), ("a", b"2")],
            body: b"",
        };
        assert!(canonical_request(&parts, "a;host", false).is_some());
        for list in [
            "", "host;a", "a;a;host", "A;host", "a;host;x", ";host", "host;",
        ] {
            assert_eq!(canonical_request(&parts, list, false), None, "{list}");
        }
    }

    proptest! {
        #[test]
        fn hashing_in_pieces_is_hashing_at_once(pieces in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..700), 0..8)) {
            let mut sink = Sha256::new();
            pieces.iter().for_each(|piece| sink.put(piece));
            let whole = digest::digest(&digest::SHA256, &pieces.concat());
            let pieced = sink.finish();
            prop_assert_eq!(pieced.as_ref(), whole.as_ref());
        }

        #[test]
        fn encoding_then_decoding_is_identity(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
            let encoded = text(|out| put_encoded(out, &bytes));
            let decoded = percent_decode(&encoded);
            prop_assert_eq!(&*decoded, bytes.as_slice());
        }
    }
}
