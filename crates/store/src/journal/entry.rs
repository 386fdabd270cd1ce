//! The body of a journal line, and the line made from it.
//!
//! A line is one JSON object in canonical form: members sorted by name, no space between
//! tokens. The caller brings an object without the members that belong to the journal
//! (`outbox`, `prev_hash`, `seq`); these are spliced in where they sort. Finding the places
//! happens when the body is made, outside of the journal's lock.

use std::{cell::RefCell, mem};

use serde_json::Value;

use super::Hash;

/// The journal's own members, in the order in which they sort.
pub const OWN: [&str; 3] = ["outbox", "prev_hash", "seq"];

/// What stands around the hash of the line before: its member, but for the digits.
const PREV_HASH: &[u8] = b"\"prev_hash\":\"";
/// The most that the journal's members take of a line, with their commas and the newline.
const ADDED_BYTES: usize = 160;

/// Room for most bodies, so that they are written without moving.
const BODY_BYTES: usize = 2048;
/// The most memory of bodies that were written and that each thread keeps for those to come.
const SPARE: usize = 32;

thread_local! {
    static MEMORY: RefCell<Vec<Vec<u8>>> = const { RefCell::new(Vec::new()) };
}

/// A body that is fit for the journal. Holding one is proof.
#[derive(Clone, PartialEq, Eq)]
pub struct EntryBytes {
    bytes: Vec<u8>,
    /// Where each of [`OWN`] goes: just before this offset, which is that of a member's name or
    /// of the closing brace.
    places: [usize; 3],
}

/// Why bytes are not fit to be the body of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EntryError {
    /// The bytes are not one JSON object in canonical form.
    #[error("an entry must be one JSON object, its members sorted, without spaces")]
    NotCanonical,
    /// The object has a member that the journal writes itself.
    #[error("an entry must not have a member `outbox`, `prev_hash` or `seq`")]
    Reserved,
}

impl Drop for EntryBytes {
    fn drop(&mut self) {
        let mut memory = mem::take(&mut self.bytes);
        if memory.capacity() == BODY_BYTES {
            memory.clear();
            // A thread that is ending keeps nothing.
            let _ended = MEMORY.try_with(|spare| {
                let mut spare = spare.borrow_mut();
                if spare.len() < SPARE {
                    spare.push(memory);
                }
            });
        }
    }
}

impl EntryBytes {
    /// Memory to write a body in, as its thread has it to spare.
    #[must_use]
    pub fn memory() -> Vec<u8> {
        MEMORY
            .with_borrow_mut(Vec::pop)
            .unwrap_or_else(|| Vec::with_capacity(BODY_BYTES))
    }

    /// Takes bytes that are canonical already, which is the cheap way.
    ///
    /// What is checked is what the journal relies on: one object on one line, its own members
    /// sorted, and none of the reserved ones among them.
    ///
    /// # Errors
    ///
    /// [`EntryError`].
    pub fn from_canonical(bytes: impl Into<Vec<u8>>) -> Result<Self, EntryError> {
        let bytes = bytes.into();
        let mut places = [bytes.len().saturating_sub(1); 3];
        let mut open = [true; 3];
        Scan::of(&bytes).object(|member| {
            for ((place, open), own) in places.iter_mut().zip(&mut open).zip(OWN) {
                if member.name == own.as_bytes() {
                    return Err(EntryError::Reserved);
                }
                if *open && member.name > own.as_bytes() {
                    (*place, *open) = (member.at, false);
                }
            }
            Ok(())
        })?;
        Ok(Self { bytes, places })
    }

    /// The body of a line, its newline left out: what [`write_line`](Self::write_line) put in is
    /// taken out again.
    ///
    /// # Errors
    ///
    /// [`EntryError`] if it is not a line.
    pub(super) fn of_line(line: &[u8]) -> Result<Self, EntryError> {
        let mut body = Vec::with_capacity(line.len());
        body.push(b'{');
        Scan::of(line).object(|member| {
            if !OWN.iter().any(|own| own.as_bytes() == member.name) {
                if body.len() > 1 {
                    body.push(b',');
                }
                body.extend_from_slice(member.text);
            }
            Ok(())
        })?;
        body.push(b'}');
        Self::from_canonical(body)
    }

    /// Takes an object that its writer made canonical, member by member, and the offset at which
    /// each of [`OWN`] goes: that of the first member's name that sorts after it, or of the
    /// closing brace. The cheapest way, for records of every call; a debug build checks it.
    #[must_use]
    pub fn written(bytes: Vec<u8>, places: [usize; 3]) -> Self {
        let entry = Self { bytes, places };
        debug_assert_eq!(
            Self::from_canonical(entry.bytes.clone()).map(|checked| checked.places),
            Ok(entry.places)
        );
        entry
    }

    /// Writes an object in canonical form.
    ///
    /// # Errors
    ///
    /// [`EntryError`].
    pub fn from_value(value: &Value) -> Result<Self, EntryError> {
        let mut bytes = Vec::with_capacity(512);
        write_canonical(value, &mut bytes);
        Self::from_canonical(bytes)
    }

    /// The body without the journal's members.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Writes the line, with its newline, to the end of `line`.
    pub(super) fn write_line(
        &self,
        seq: u64,
        prev_hash: &Hash,
        outbox: Option<u64>,
        line: &mut Vec<u8>,
    ) {
        let [outbox_at, hash_at, seq_at] = self.places;
        let part = |from: usize, to: usize| self.bytes.get(from..to).unwrap_or_default();
        let closing = self.bytes.len().saturating_sub(1);
        line.reserve(self.bytes.len() + ADDED_BYTES);
        // A member is followed by a comma if another one comes after it, and preceded by one if
        // the body's own members before it did not bring theirs.
        let comma_before = |at: usize, line: &mut Vec<u8>| {
            if at == closing && !matches!(line.last(), Some(b'{' | b',')) {
                line.push(b',');
            }
        };
        let comma_after = |at: usize, line: &mut Vec<u8>| {
            if at != closing {
                line.push(b',');
            }
        };
        let mut written = 0;
        if let Some(id) = outbox {
            line.extend_from_slice(part(0, outbox_at));
            comma_before(outbox_at, line);
            line.extend_from_slice(b"\"outbox\":\"");
            push_hex(&id.to_be_bytes(), line);
            line.push(b'"');
            comma_after(outbox_at, line);
            written = outbox_at;
        }
        line.extend_from_slice(part(written, hash_at));
        comma_before(hash_at, line);
        line.extend_from_slice(PREV_HASH);
        push_hex(prev_hash, line);
        line.push(b'"');
        comma_after(hash_at, line);
        line.extend_from_slice(part(hash_at, seq_at));
        comma_before(seq_at, line);
        line.extend_from_slice(b"\"seq\":");
        push_decimal(seq, line);
        comma_after(seq_at, line);
        line.extend_from_slice(part(seq_at, self.bytes.len()));
        line.push(b'\n');
    }
}

impl std::fmt::Debug for EntryBytes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&String::from_utf8_lossy(&self.bytes))
    }
}

/// A member at the top level of an object.
struct Member<'a> {
    name: &'a [u8],
    /// Where it begins.
    at: usize,
    /// All of it, from the quote before its name to the end of its value.
    text: &'a [u8],
}

/// Walks over the top level of an object.
struct Scan<'a> {
    rest: &'a [u8],
    at: usize,
}

impl<'a> Scan<'a> {
    fn of(bytes: &'a [u8]) -> Self {
        Self { rest: bytes, at: 0 }
    }

    /// Shows each member.
    fn object(
        mut self,
        mut each: impl FnMut(Member<'a>) -> Result<(), EntryError>,
    ) -> Result<(), EntryError> {
        self.expect(b'{')?;
        if self.rest == b"}" {
            return Ok(());
        }
        let mut last: Option<&[u8]> = None;
        loop {
            let (at, from) = (self.at, self.rest);
            let name = self.string()?;
            // Names of members are ASCII by house rule, so bytes sort as RFC 8785 wants.
            if last.is_some_and(|last| last >= name) || name.contains(&b'\\') {
                return Err(EntryError::NotCanonical);
            }
            last = Some(name);
            self.expect(b':')?;
            self.value()?;
            let text = from.get(..self.at - at).unwrap_or_default();
            each(Member { name, at, text })?;
            match self.take()? {
                b',' => {}
                b'}' if self.rest.is_empty() => return Ok(()),
                _ => return Err(EntryError::NotCanonical),
            }
        }
    }

    fn take(&mut self) -> Result<u8, EntryError> {
        let (first, rest) = self.rest.split_first().ok_or(EntryError::NotCanonical)?;
        self.rest = rest;
        self.at += 1;
        Ok(*first)
    }

    fn expect(&mut self, byte: u8) -> Result<(), EntryError> {
        if self.take()? == byte {
            Ok(())
        } else {
            Err(EntryError::NotCanonical)
        }
    }

    /// What is between the quotes.
    fn string(&mut self) -> Result<&'a [u8], EntryError> {
        self.expect(b'"')?;
        let text = self.rest;
        let mut length = 0;
        loop {
            match self.take()? {
                b'"' => return text.get(..length).ok_or(EntryError::NotCanonical),
                b'\\' => {
                    self.take()?;
                    length += 2;
                }
                byte if byte < 0x20 => return Err(EntryError::NotCanonical),
                _ => length += 1,
            }
        }
    }

    /// Passes over one value, up to the comma or brace that follows it.
    fn value(&mut self) -> Result<(), EntryError> {
        let mut open: usize = 0;
        let mut any = false;
        loop {
            match self.rest.first().ok_or(EntryError::NotCanonical)? {
                b'"' => {
                    self.string()?;
                }
                b'{' | b'[' => {
                    open += 1;
                    self.take()?;
                }
                b',' | b'}' if open == 0 => {
                    return if any {
                        Ok(())
                    } else {
                        Err(EntryError::NotCanonical)
                    };
                }
                b'}' | b']' => {
                    open = open.checked_sub(1).ok_or(EntryError::NotCanonical)?;
                    self.take()?;
                }
                // Spaces, newlines and other control characters.
                ..=0x20 => return Err(EntryError::NotCanonical),
                _ => {
                    self.take()?;
                }
            }
            any = true;
        }
    }
}

/// Writes JSON with sorted members and no spaces, as RFC 8785 does. Numbers are written as
/// serde_json writes them; the journal has integers only, which RFC 8785 writes alike.
pub fn write_canonical(value: &Value, out: &mut Vec<u8>) {
    match value {
        Value::Object(members) => {
            let mut sorted: Vec<_> = members.iter().collect();
            sorted.sort_by(|(a, _), (b, _)| a.encode_utf16().cmp(b.encode_utf16()));
            out.push(b'{');
            for (index, (name, member)) in sorted.into_iter().enumerate() {
                if index > 0 {
                    out.push(b',');
                }
                write_scalar(&Value::String(name.clone()), out);
                out.push(b':');
                write_canonical(member, out);
            }
            out.push(b'}');
        }
        Value::Array(items) => {
            out.push(b'[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push(b',');
                }
                write_canonical(item, out);
            }
            out.push(b']');
        }
        scalar => write_scalar(scalar, out),
    }
}

fn write_scalar(value: &Value, out: &mut Vec<u8>) {
    // `Display` of a scalar is its compact JSON, and cannot fail as writing to a socket could.
    out.extend_from_slice(value.to_string().as_bytes());
}

/// Writes bytes as lower-case hexadecimal digits, as many at a time as a hash has.
pub(super) fn push_hex(bytes: &[u8], out: &mut Vec<u8>) {
    let digit = |nibble: u8| nibble + if nibble < 10 { b'0' } else { b'a' - 10 };
    for bytes in bytes.chunks(size_of::<Hash>()) {
        let mut digits = [0; 2 * size_of::<Hash>()];
        for (pair, byte) in digits.as_chunks_mut().0.iter_mut().zip(bytes) {
            *pair = [digit(byte >> 4), digit(byte & 15)];
        }
        out.extend_from_slice(digits.get(..2 * bytes.len()).unwrap_or_default());
    }
}

fn push_decimal(number: u64, out: &mut Vec<u8>) {
    // As many as the largest number has.
    let mut digits = [0; 20];
    let mut left = number;
    let mut begins = digits.len();
    for (at, digit) in digits.iter_mut().enumerate().rev() {
        *digit = b'0' + (left % 10) as u8;
        left /= 10;
        begins = at;
        if left == 0 {
            break;
        }
    }
    out.extend_from_slice(digits.get(begins..).unwrap_or_default());
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn line(body: &str, outbox: Option<u64>) -> String {
        let body = EntryBytes::from_canonical(body.as_bytes().to_vec()).unwrap();
        let mut line = Vec::new();
        body.write_line(7, &[0xab; 32], outbox, &mut line);
        let line = String::from_utf8(line).unwrap();
        line.replace(&"ab".repeat(32), "HASH")
    }

    #[test]
    fn the_journals_members_go_where_they_sort() {
        let check = |body: &str, expected: &str, with_outbox: &str| {
            assert_eq!(line(body, None), format!("{expected}\n"));
            assert_eq!(line(body, Some(0x1f)), format!("{with_outbox}\n"));
        };
        check(
            "{}",
            r#"{"prev_hash":"HASH","seq":7}"#,
            r#"{"outbox":"000000000000001f","prev_hash":"HASH","seq":7}"#,
        );
        check(
            r#"{"a":1}"#,
            r#"{"a":1,"prev_hash":"HASH","seq":7}"#,
            r#"{"a":1,"outbox":"000000000000001f","prev_hash":"HASH","seq":7}"#,
        );
        check(
            r#"{"z":{"a":[1,2]}}"#,
            r#"{"prev_hash":"HASH","seq":7,"z":{"a":[1,2]}}"#,
            r#"{"outbox":"000000000000001f","prev_hash":"HASH","seq":7,"z":{"a":[1,2]}}"#,
        );
        check(
            r#"{"o":"}","p":"\"","q":null,"z":","}"#,
            r#"{"o":"}","p":"\"","prev_hash":"HASH","q":null,"seq":7,"z":","}"#,
            r#"{"o":"}","outbox":"000000000000001f","p":"\"","prev_hash":"HASH","q":null,"seq":7,"z":","}"#,
        );
    }

    #[test]
    fn memory_of_a_body_serves_the_next_one_empty() {
        let mut bytes = EntryBytes::memory();
        let at = bytes.as_ptr();
        bytes.extend_from_slice(br#"{"a":1}"#);
        drop(EntryBytes::from_canonical(bytes).unwrap());
        // Memory of another size is not kept.
        drop(EntryBytes::from_canonical("{}").unwrap());
        let next = EntryBytes::memory();
        assert_eq!((next.as_ptr(), next.len()), (at, 0));
        let other = EntryBytes::memory();
        assert_ne!(other.as_ptr(), at);
        let many: Vec<_> = (0..2 * SPARE).map(|_| EntryBytes::memory()).collect();
        for mut bytes in many {
            bytes.extend_from_slice(b"{}");
            drop(EntryBytes::from_canonical(bytes).unwrap());
        }
        assert_eq!(MEMORY.with_borrow(Vec::len), SPARE);
    }

    #[test]
    fn a_body_that_is_not_canonical_is_refused() {
        let check = |body: &str, expected| {
            let refused = EntryBytes::from_canonical(body.as_bytes().to_vec());
            assert_eq!(refused, Err(expected), "{body}");
        };
        for body in [
            "",
            "{",
            "[]",
            "1",
            "{}{}",
            "{} ",
            r#"{"a": 1}"#,
            r#"{"b":1,"a":1}"#,
            r#"{"a":1,"a":1}"#,
            "{\"a\":\n1}",
            "{\"a\":\"\n\"}",
            r#"{"a":}"#,
            r#"{"a":1,}"#,
            r#"{"a":1]}"#,
            r#"{"a":"1}"#,
            r#"{"\u0061":1}"#,
            r#"{a:1}"#,
        ] {
            check(body, EntryError::NotCanonical);
        }
        for own in OWN {
            check(&format!("{{\"{own}\":1}}"), EntryError::Reserved);
        }
        // Deeper down these names are nobody's.
        assert!(EntryBytes::from_canonical(&br#"{"a":{"seq":1}}"#[..]).is_ok());
    }

    #[test]
    fn canonical_json_sorts_by_utf_16_and_has_no_spaces() {
        let value = json!({"b": [1, {"z": null, "a": true}], "a": "\u{1}\"é", "\u{1F600}": 1, "\u{FB33}": 2});
        let mut out = Vec::new();
        write_canonical(&value, &mut out);
        assert_eq!(
            String::from_utf8(out).unwrap(),
            "{\"a\":\"\\u0001\\\"é\",\"b\":[1,{\"a\":true,\"z\":null}],\"\u{1F600}\":1,\"\u{FB33}\":2}"
        );
    }

    fn json_values() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            ".*".prop_map(Value::from),
        ];
        leaf.prop_recursive(3, 24, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::btree_map(".*", inner, 0..4)
                    .prop_map(|members| Value::Object(members.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn a_line_is_the_canonical_form_of_the_body_with_the_journals_members(
            body in prop::collection::btree_map("[a-zA-Z_]{0,9}", json_values(), 0..6),
            outbox in prop::option::of(any::<u64>()),
            seq in prop_oneof![Just(7), Just(10), Just(u64::MAX), any::<u64>()],
        ) {
            let mut members: serde_json::Map<_, _> = body.into_iter().collect();
            members.retain(|name, _| !OWN.contains(&name.as_str()));
            let entry = EntryBytes::from_value(&Value::Object(members.clone())).unwrap();
            let mut line = Vec::new();
            entry.write_line(seq, &[0; 32], outbox, &mut line);

            let text = line.strip_suffix(b"\n").unwrap();
            let body = EntryBytes::of_line(text).unwrap();
            prop_assert_eq!((body.as_bytes(), body.places), (entry.as_bytes(), entry.places));

            members.insert("seq".to_owned(), json!(seq));
            members.insert("prev_hash".to_owned(), json!("0".repeat(64)));
            if let Some(id) = outbox {
                members.insert("outbox".to_owned(), json!(format!("{id:016x}")));
            }
            let mut expected = Vec::new();
            write_canonical(&Value::Object(members), &mut expected);
            expected.push(b'\n');
            prop_assert_eq!(line, expected);
        }

        #[test]
        fn bytes_from_anywhere_are_judged_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..40)) {
            if let Ok(entry) = EntryBytes::from_canonical(bytes) {
                let mut line = Vec::new();
                entry.write_line(1, &[0; 32], Some(1), &mut line);
                prop_assert_eq!(line.iter().filter(|byte| **byte == b'\n').count(), 1);
                prop_assert!(EntryBytes::of_line(&line[..line.len() - 1]) == Ok(entry));
            }
        }
    }
}
