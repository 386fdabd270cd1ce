//! Writing JSON: what the generated encoders call for each kind of member.

use std::fmt::{self, Write as _};

use base64::Engine as _;
use strongroom_model::{context::EncryptionContext, secret::Plaintext, time::Timestamp};
use zeroize::Zeroizing;

use super::{base64::base64, json::plain};

/// Room for most answers. Longer ones move once or twice.
const FIRST_CAPACITY: usize = 512;

/// The body of an answer. It may hold a plaintext or a data key, so its bytes are wiped when it
/// is dropped, and `Debug` does not show them.
pub struct SecretBody(Zeroizing<Vec<u8>>);

impl SecretBody {
    /// Lends the bytes for sending.
    #[must_use]
    pub fn expose(&self) -> &[u8] {
        &self.0
    }

    /// The number of bytes.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether the answer has no body.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl AsRef<[u8]> for SecretBody {
    /// As `expose`; a buffer of the HTTP library can own the body through this, and drop it.
    fn as_ref(&self) -> &[u8] {
        self.expose()
    }
}

impl fmt::Debug for SecretBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretBody")
    }
}

/// A body that is being written. It never leaves a copy behind when it grows.
pub(super) struct Body(Zeroizing<Vec<u8>>);

impl Body {
    pub(super) fn new() -> Self {
        Self(Zeroizing::new(Vec::with_capacity(FIRST_CAPACITY)))
    }

    pub(super) fn finish(self) -> SecretBody {
        SecretBody(self.0)
    }

    /// Begins an object or a list.
    pub(super) fn open(&mut self, bracket: u8) {
        self.push(&[bracket]);
    }

    /// Ends it.
    pub(super) fn close(&mut self, bracket: u8) {
        self.push(&[bracket]);
    }

    /// Writes the name of a member, of which none needs an escape.
    pub(super) fn member(&mut self, name: &str) {
        self.comma();
        self.push(b"\"");
        self.push(name.as_bytes());
        self.push(b"\":");
    }

    /// Writes a comma unless this is the first member or element.
    fn comma(&mut self) {
        if !matches!(self.0.last(), Some(b'{' | b'[')) {
            self.push(b",");
        }
    }

    /// Writes a string.
    pub(super) fn text(&mut self, text: &str) {
        self.reserve(text.len() + 2);
        self.push(b"\"");
        let mut rest = text;
        while let Some((plain, special)) = rest.split_at_checked(plain(rest.as_bytes()))
            && !special.is_empty()
        {
            self.push(plain.as_bytes());
            let mut letters = special.chars();
            match letters.next() {
                Some('"') => self.push(b"\\\""),
                Some('\\') => self.push(b"\\\\"),
                Some('\n') => self.push(b"\\n"),
                Some('\r') => self.push(b"\\r"),
                Some('\t') => self.push(b"\\t"),
                Some(control) => self.format(format_args!("\\u{:04x}", u32::from(control))),
                None => {}
            }
            rest = letters.as_str();
        }
        self.push(rest.as_bytes());
        self.push(b"\"");
    }

    /// Writes secret bytes in base64.
    pub(super) fn secret_blob(&mut self, bytes: &Plaintext) {
        self.blob(bytes.expose());
    }

    /// Writes bytes in base64.
    pub(super) fn blob(&mut self, bytes: &[u8]) {
        let encoded = bytes.len().div_ceil(3) * 4;
        self.reserve(encoded + 2);
        self.push(b"\"");
        let start = self.0.len();
        self.0.resize(start + encoded, 0);
        if let Some(room) = self.0.get_mut(start..) {
            let written = base64().encode_slice(bytes, room);
            debug_assert_eq!(written, Ok(encoded));
        }
        self.push(b"\"");
    }

    pub(super) fn integer(&mut self, number: i32) {
        self.format(format_args!("{number}"));
    }

    pub(super) fn boolean(&mut self, value: bool) {
        self.push(if value { b"true" } else { b"false" });
    }

    /// Writes a point in time as seconds since the epoch, with milliseconds as a fraction.
    pub(super) fn timestamp(&mut self, time: Timestamp) {
        self.format(format_args!("{time}"));
    }

    /// Writes an encryption context as an object.
    pub(super) fn context(&mut self, context: &EncryptionContext) {
        self.open(b'{');
        for (key, value) in context.iter() {
            self.comma();
            self.text(key);
            self.push(b":");
            self.text(value);
        }
        self.close(b'}');
    }

    /// Writes a list.
    pub(super) fn list<T>(&mut self, elements: &[T], write: impl Fn(&mut Self, &T)) {
        self.open(b'[');
        for element in elements {
            self.comma();
            write(self, element);
        }
        self.close(b']');
    }

    fn format(&mut self, arguments: fmt::Arguments<'_>) {
        let written = self.write_fmt(arguments);
        debug_assert!(written.is_ok());
    }

    fn push(&mut self, bytes: &[u8]) {
        self.reserve(bytes.len());
        self.0.extend_from_slice(bytes);
    }

    /// Makes room for `more` bytes. A plain `Vec` would leave its old bytes behind unwiped.
    fn reserve(&mut self, more: usize) {
        let needed = self.0.len() + more;
        if needed > self.0.capacity() {
            self.grow(needed);
        }
    }

    fn grow(&mut self, needed: usize) {
        let mut larger = Zeroizing::new(Vec::with_capacity(needed.max(2 * self.0.capacity())));
        larger.extend_from_slice(&self.0);
        self.0 = larger;
    }
}

impl fmt::Write for Body {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.push(text.as_bytes());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use base64::engine::general_purpose::STANDARD;

    use super::*;

    fn written(write: impl FnOnce(&mut Body)) -> String {
        let mut body = Body::new();
        write(&mut body);
        String::from_utf8(body.finish().expose().to_vec()).unwrap()
    }

    #[test]
    fn strings_are_escaped_so_that_any_text_comes_back() {
        let every: String = (0..0x250).filter_map(char::from_u32).chain(['𝄞']).collect();
        for text in ["", "plain", "\"\\\n\r\t\u{0}\u{1f}", "alias/ä", &every] {
            let json = written(|body| body.text(text));
            assert_eq!(serde_json::from_str::<String>(&json).unwrap(), text);
        }
        assert_eq!(written(|body| body.text("\u{1}\n")), r#""\u0001\n""#);
    }

    #[test]
    fn blobs_of_every_length_are_padded_base64() {
        for length in 0..600usize {
            let bytes = vec![0xa5; length];
            let json = written(|body| body.blob(&bytes));
            assert_eq!(json, format!("\"{}\"", STANDARD.encode(&bytes)));
        }
    }

    #[test]
    fn members_and_elements_are_separated() {
        let json = written(|body| {
            body.open(b'{');
            body.member("A");
            body.list(&[1, 2], |body, number| body.integer(*number));
            body.member("B");
            body.list(&[], |body, number| body.integer(*number));
            body.member("C");
            body.timestamp(Timestamp::from_millis(1_593_622_000_191));
            body.close(b'}');
        });
        assert_eq!(json, r#"{"A":[1,2],"B":[],"C":1593622000.191}"#);
    }

    #[test]
    fn a_body_prints_only_its_name() {
        let mut body = Body::new();
        body.text("hush");
        assert_eq!(format!("{:?}", body.finish()), "SecretBody");
    }
}
