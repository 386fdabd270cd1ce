//! Canonical JSON, written member by member into one buffer.
//!
//! There is a way to write texts, numbers, dates and encryption contexts, and none to write
//! bytes or a secret.

use std::{io::Write as _, net::IpAddr};

use strongroom_model::{EncryptionContext, Timestamp};
use strongroom_store::{EntryBytes, journal::OWN_MEMBERS};

use super::text::{push_address, push_date, push_hex, push_time};

/// A JSON object being written, member by member, in the order given.
pub(crate) struct Object {
    bytes: Vec<u8>,
    /// How deep in objects and lists the writer is.
    depth: u32,
    /// Where each of the journal's own members goes, as far as that is known.
    places: [usize; OWN_MEMBERS.len()],
    placed: usize,
}

impl Object {
    /// The object that is a line of the journal.
    pub(super) fn new() -> Self {
        Self::in_memory(EntryBytes::memory(), 0)
    }

    /// An object that becomes the value of a member later.
    pub(super) fn part() -> Self {
        Self::in_memory(Vec::new(), 1)
    }

    fn in_memory(mut bytes: Vec<u8>, depth: u32) -> Self {
        bytes.push(b'{');
        Self {
            bytes,
            depth,
            places: [0; OWN_MEMBERS.len()],
            placed: 0,
        }
    }

    fn name(&mut self, name: &str) {
        self.comma();
        if self.depth == 0 {
            // Most names are told apart by their first letter.
            self.leave_room(|own| own.bytes().lt(name.bytes()));
        }
        self.bytes.push(b'"');
        self.bytes.extend_from_slice(name.as_bytes());
        self.bytes.extend_from_slice(b"\":");
    }

    fn comma(&mut self) {
        if self.bytes.last() != Some(&b'{') {
            self.bytes.push(b',');
        }
    }

    /// Notes this place for the journal's own members that belong before what comes next.
    fn leave_room(&mut self, belongs: impl Fn(&str) -> bool) {
        while OWN_MEMBERS.get(self.placed).is_some_and(|own| belongs(own)) {
            if let Some(place) = self.places.get_mut(self.placed) {
                *place = self.bytes.len();
            }
            self.placed += 1;
        }
    }

    /// A text.
    pub(super) fn text(&mut self, name: &str, text: &str) {
        self.name(name);
        self.escaped(text);
    }

    /// A text that needs no escaping: identifiers and words of our own.
    pub(super) fn word(&mut self, name: &str, word: &str) {
        debug_assert!(!needs_escaping(word), "{word}");
        self.name(name);
        self.quoted(word);
    }

    /// A list of texts.
    pub(super) fn words<T>(&mut self, name: &str, items: &[T], text: impl Fn(&T) -> &str) {
        self.name(name);
        self.bytes.push(b'[');
        for (at, item) in items.iter().enumerate() {
            if at > 0 {
                self.bytes.push(b',');
            }
            self.escaped(text(item));
        }
        self.bytes.push(b']');
    }

    /// JSON that is written already.
    pub(super) fn raw(&mut self, name: &str, json: &[u8]) {
        self.name(name);
        self.bytes.extend_from_slice(json);
    }

    /// A number.
    pub(super) fn integer(&mut self, name: &str, number: impl Into<i64>) {
        self.name(name);
        // Writing into memory cannot fail.
        let _infallible = write!(self.bytes, "{}", number.into());
    }

    /// A truth value.
    pub(super) fn boolean(&mut self, name: &str, value: bool) {
        self.raw(name, if value { b"true" } else { b"false" });
    }

    /// A date of a request or a response.
    pub(super) fn date(&mut self, name: &str, at: Timestamp) {
        self.name(name);
        self.bytes.push(b'"');
        push_date(&mut self.bytes, at);
        self.bytes.push(b'"');
    }

    /// A time of the entry itself.
    pub(super) fn time(&mut self, name: &str, at: Timestamp) {
        self.name(name);
        self.bytes.push(b'"');
        push_time(&mut self.bytes, at);
        self.bytes.push(b'"');
    }

    /// An IP address.
    pub(super) fn address(&mut self, name: &str, address: IpAddr) {
        self.name(name);
        self.bytes.push(b'"');
        push_address(&mut self.bytes, address);
        self.bytes.push(b'"');
    }

    /// A digest or an id, in hexadecimal digits.
    pub(super) fn digest(&mut self, name: &str, digest: &[u8; 32]) {
        self.name(name);
        self.bytes.push(b'"');
        push_hex(&mut self.bytes, digest);
        self.bytes.push(b'"');
    }

    /// An encryption context; an empty one is as good as none.
    pub(super) fn context(&mut self, name: &str, context: &EncryptionContext) {
        if context.is_empty() {
            return;
        }
        // RFC 8785 sorts by UTF-16 code units, which differ from bytes where a name has
        // characters from U+E000 on.
        let apart = |(key, _): (&str, &str)| key.bytes().any(|byte| byte >= 0xee);
        if context.iter().any(apart) {
            self.pairs(name, context.iter().collect());
        } else {
            self.object(name, |object| {
                context.iter().for_each(|pair| object.pair(pair))
            });
        }
    }

    /// Texts under names that are not ours, in any order; of one name, the first.
    pub(super) fn pairs(&mut self, name: &str, mut pairs: Vec<(&str, &str)>) {
        pairs.sort_by(|(a, _), (b, _)| a.encode_utf16().cmp(b.encode_utf16()));
        pairs.dedup_by(|(a, _), (b, _)| a == b);
        self.object(name, |object| {
            pairs.into_iter().for_each(|pair| object.pair(pair))
        });
    }

    fn pair(&mut self, (key, value): (&str, &str)) {
        self.comma();
        self.escaped(key);
        self.bytes.push(b':');
        self.escaped(value);
    }

    /// An object.
    pub(super) fn object(&mut self, name: &str, members: impl FnOnce(&mut Self)) {
        self.name(name);
        self.braced(members);
    }

    /// An object of at most `limit` bytes: null when it has no members and, when it is larger,
    /// what CloudTrail says in its place.
    pub(super) fn bounded(&mut self, name: &str, limit: usize, members: impl FnOnce(&mut Self)) {
        self.name(name);
        let start = self.bytes.len();
        self.braced(members);
        let size = self.bytes.len() - start;
        if size == 2 {
            self.bytes.truncate(start);
            self.bytes.extend_from_slice(b"null");
        } else if size > limit {
            self.bytes.truncate(start);
            self.braced(|object| {
                object.boolean("omitted", true);
                object.integer("originalSize", i64::try_from(size).unwrap_or(i64::MAX));
                object.word("reason", &format!("{name} too large"));
            });
        }
    }

    fn braced(&mut self, members: impl FnOnce(&mut Self)) {
        self.depth += 1;
        self.bytes.push(b'{');
        members(self);
        self.bytes.push(b'}');
        self.depth -= 1;
    }

    /// A list of objects.
    pub(super) fn list<'t, T: 't>(
        &mut self,
        name: &str,
        items: impl IntoIterator<Item = &'t T>,
        members: impl Fn(&mut Self, &'t T),
    ) {
        self.name(name);
        self.bytes.push(b'[');
        for (at, item) in items.into_iter().enumerate() {
            if at > 0 {
                self.bytes.push(b',');
            }
            self.braced(|object| members(object, item));
        }
        self.bytes.push(b']');
    }

    fn escaped(&mut self, text: &str) {
        if needs_escaping(text) {
            // Writing a text into memory as JSON cannot fail.
            let _infallible = serde_json::to_writer(&mut self.bytes, text);
        } else {
            self.quoted(text);
        }
    }

    fn quoted(&mut self, text: &str) {
        self.bytes.push(b'"');
        self.bytes.extend_from_slice(text.as_bytes());
        self.bytes.push(b'"');
    }

    /// The members of an object that was written apart, for [`splice`](Self::splice).
    pub(super) fn into_members(self) -> Vec<u8> {
        self.bytes
    }

    /// Writes what [`into_members`](Self::into_members) gave.
    pub(super) fn splice(&mut self, members: &[u8]) {
        // Without the brace that it begins with.
        self.bytes
            .extend_from_slice(members.get(1..).unwrap_or_default());
    }

    /// The line, ready for the journal.
    pub(super) fn finish(mut self) -> EntryBytes {
        self.leave_room(|_| true);
        self.bytes.push(b'}');
        EntryBytes::written(self.bytes, self.places)
    }
}

/// Whether a text has characters that JSON does not take as they are.
fn needs_escaping(text: &str) -> bool {
    // Without a way out in the middle, so that many bytes are looked at in one step.
    text.bytes().fold(false, |found, byte| {
        found | (byte < 0x20) | (byte == b'"') | (byte == b'\\')
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn written(members: impl FnOnce(&mut Object)) -> String {
        let mut object = Object::part();
        members(&mut object);
        String::from_utf8(object.into_members()).unwrap() + "}"
    }

    #[test]
    fn an_object_without_members_is_null_and_one_that_is_too_large_is_left_out() {
        assert_eq!(written(|o| o.bounded("a", 9, |_| {})), r#"{"a":null}"#);
        assert_eq!(
            written(|o| o.bounded("a", 9, |o| o.word("b", "c"))),
            r#"{"a":{"b":"c"}}"#
        );
        assert_eq!(
            written(|o| o.bounded("a", 9, |o| o.word("b", "cd"))),
            r#"{"a":{"omitted":true,"originalSize":10,"reason":"a too large"}}"#
        );
    }

    #[test]
    fn a_context_is_sorted_as_canonical_json_is() {
        let pairs = [
            ("\u{1F600}", "1"),
            ("\u{FB33}", "2"),
            ("b\"", "\n"),
            ("a", ""),
        ];
        let pairs = pairs.map(|(key, value)| (key.to_owned(), value.to_owned()));
        let context = EncryptionContext::from(BTreeMap::from(pairs.clone()));
        let value: serde_json::Map<_, _> = pairs
            .into_iter()
            .map(|(key, value)| (key, value.into()))
            .collect();
        let mut expected = Vec::new();
        let value = serde_json::json!({ "x": value });
        strongroom_store::journal::write_canonical(&value, &mut expected);
        let written = written(|o| o.context("x", &context));
        assert_eq!(written, String::from_utf8(expected).unwrap());
    }

    #[test]
    fn an_empty_context_is_as_good_as_none() {
        let empty = EncryptionContext::empty();
        assert_eq!(written(|o| o.context("x", &empty)), "{}");
    }
}
