//! Where the values in a JSON text are. RFC 8259.
//!
//! A body is not read into a tree: a decoder asks for the members of an object and the elements
//! of a list, gets each as the piece of the body that it is, and reads it as the type that it
//! has to be. That the pieces are JSON is what is checked here, so that nothing that follows can
//! meet anything else. Strings keep their escapes, and no value is too long or nests too deep.

use strongroom_model::pieces::{below, equal, position};

/// A value in the body that has been checked to be JSON, without space around it.
pub(super) type Json<'a> = &'a str;

/// Calls `each` with every member of the object that the text is: what stands between the quotes
/// of its name, and its value. Nothing when the text is no object, or `each` gives nothing.
pub(super) fn members<'a>(
    text: &'a str,
    mut each: impl FnMut(&'a str, Json<'a>) -> Option<()>,
) -> Option<()> {
    let mut cursor = Cursor { text, at: 0 };
    cursor.items(*b"{}", |cursor| {
        let name = cursor.name()?;
        each(name, cursor.value()?)
    })?;
    cursor.rest().is_empty().then_some(())
}

/// Calls `each` with every element of the list that the text is. Nothing when it is no list.
pub(super) fn elements<'a>(text: &'a str, mut each: impl FnMut(Json<'a>)) -> Option<()> {
    let mut cursor = Cursor { text, at: 0 };
    cursor.items(*b"[]", |cursor| cursor.value().map(&mut each))?;
    cursor.rest().is_empty().then_some(())
}

/// How many bytes at the beginning stand for themselves in a string.
pub(super) fn plain(bytes: &[u8]) -> usize {
    let special = |word| below(word, b' ') | equal(word, b'"') | equal(word, b'\\');
    position(bytes, special).unwrap_or(bytes.len())
}

/// A place in a text. What it is asked for begins there; it is then behind it.
struct Cursor<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Cursor<'a> {
    fn rest(&self) -> &'a [u8] {
        self.text.as_bytes().get(self.at..).unwrap_or_default()
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn next(&mut self) -> Option<u8> {
        let byte = self.peek()?;
        self.at += 1;
        Some(byte)
    }

    /// Whether this byte was next. If not, it is still to come.
    fn took(&mut self, byte: u8) -> bool {
        let is_next = self.peek() == Some(byte);
        self.at += usize::from(is_next);
        is_next
    }

    fn space(&mut self) {
        while let Some(b' ' | b'\t' | b'\n' | b'\r') = self.peek() {
            self.at += 1;
        }
    }

    /// What is in these brackets, with commas between.
    fn items(
        &mut self,
        [open, close]: [u8; 2],
        mut item: impl FnMut(&mut Self) -> Option<()>,
    ) -> Option<()> {
        if !self.took(open) {
            return None;
        }
        self.space();
        if self.took(close) {
            return Some(());
        }
        loop {
            item(self)?;
            self.space();
            match self.next()? {
                b',' => self.space(),
                end => return (end == close).then_some(()),
            }
        }
    }

    /// The name of a member, up to its value.
    fn name(&mut self) -> Option<&'a str> {
        let name = self.string()?;
        self.space();
        if !self.took(b':') {
            return None;
        }
        self.space();
        Some(name)
    }

    fn value(&mut self) -> Option<Json<'a>> {
        let start = self.at;
        match self.peek()? {
            b'{' | b'[' => self.nested()?,
            _ => self.scalar()?,
        }
        self.text.get(start..self.at)
    }

    /// A list or an object. The brackets that are open are kept on the heap and not on the
    /// stack, which a body could exhaust.
    fn nested(&mut self) -> Option<()> {
        let mut around = Vec::new();
        let mut within = self.next()?;
        let mut is_first = true;
        loop {
            self.space();
            let close = if within == b'{' { b'}' } else { b']' };
            if self.took(close) {
                match around.pop() {
                    None => return Some(()),
                    Some(bracket) => within = bracket,
                }
                is_first = false;
                continue;
            }
            if !is_first {
                if !self.took(b',') {
                    return None;
                }
                self.space();
            }
            if within == b'{' {
                self.name()?;
            }
            is_first = match self.peek()? {
                bracket @ (b'{' | b'[') => {
                    self.at += 1;
                    around.push(std::mem::replace(&mut within, bracket));
                    true
                }
                _ => {
                    self.scalar()?;
                    false
                }
            };
        }
    }

    /// A value that has no others inside.
    fn scalar(&mut self) -> Option<()> {
        match self.peek()? {
            b'"' => self.string().map(drop),
            b't' => self.word("true"),
            b'f' => self.word("false"),
            b'n' => self.word("null"),
            _ => self.number(),
        }
    }

    /// What stands between the quotes of a string.
    fn string(&mut self) -> Option<&'a str> {
        if !self.took(b'"') {
            return None;
        }
        let start = self.at;
        loop {
            self.at += plain(self.rest());
            match self.next()? {
                b'"' => return self.text.get(start..self.at - 1),
                b'\\' => self.escape()?,
                _ => return None,
            }
        }
    }

    /// What follows a backslash. Whether a `\u` is half of a pair is for whoever reads it.
    fn escape(&mut self) -> Option<()> {
        match self.next()? {
            b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => Some(()),
            b'u' => (0..4).try_for_each(|_| self.next()?.is_ascii_hexdigit().then_some(())),
            _ => None,
        }
    }

    fn word(&mut self, word: &str) -> Option<()> {
        let is_next = self.rest().starts_with(word.as_bytes());
        self.at += word.len();
        is_next.then_some(())
    }

    fn number(&mut self) -> Option<()> {
        self.took(b'-');
        if !self.took(b'0') {
            self.digits()?;
        }
        if self.took(b'.') {
            self.digits()?;
        }
        if self.took(b'e') || self.took(b'E') {
            let _signed = self.took(b'+') || self.took(b'-');
            self.digits()?;
        }
        Some(())
    }

    /// One digit or more.
    fn digits(&mut self) -> Option<()> {
        let length = self
            .rest()
            .iter()
            .take_while(|b| b.is_ascii_digit())
            .count();
        self.at += length;
        (length > 0).then_some(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, value::RawValue};

    use super::*;

    /// The elements of `[text]`, and of `{"n": text}`, which have to be the same.
    fn read(text: &str) -> Option<Vec<Json<'_>>> {
        let mut found = Vec::new();
        elements(text, |element| found.push(element)).map(|()| found)
    }

    fn check(text: &str) {
        let list = format!("[{text}]");
        let expected = serde_json::from_str::<Vec<&RawValue>>(&list).ok();
        let expected = expected.map(|all| all.into_iter().map(RawValue::get).collect());
        assert_eq!(read(&list), expected, "{list}");
        let object = format!("{{\"n\" : {text}}}");
        let mut found = Vec::new();
        let whole = members(&object, |name, value| {
            found.push((name, value));
            Some(())
        });
        let is_json = serde_json::from_str::<&RawValue>(&object).is_ok();
        assert_eq!(whole.is_some(), is_json, "{object}");
        if is_json {
            assert_eq!(found[0], ("n", text_of_first(&object).as_str()), "{object}");
        }
    }

    /// The first value of an object, as another reader sees it.
    fn text_of_first(object: &str) -> String {
        type Members<'a> = std::collections::BTreeMap<String, &'a RawValue>;
        let members: Members<'_> = serde_json::from_str(object).unwrap();
        members["n"].get().to_owned()
    }

    #[test]
    fn values_are_json_and_nothing_else() {
        for text in [
            "",
            " ",
            "1",
            "-1",
            "-",
            "+1",
            "0",
            "00",
            "01",
            "-0",
            "1.",
            "1.5",
            ".5",
            "1e",
            "1e5",
            "1E+5",
            "1e-5",
            "1e+",
            "1.e5",
            "1.5e999",
            "0x1",
            "1 2",
            "1,2",
            "1,",
            ",1",
            "true",
            "tru",
            "truer",
            "True",
            "false",
            "null",
            "nul",
            "NaN",
            "\"\"",
            "\"a\"",
            "\"",
            "\"a",
            "\"\\\"\"",
            "\"\\",
            "\"\\u00e9\"",
            "\"\\u00g9\"",
            "\"\\u00\"",
            "\"\\x\"",
            "\"\\ud800\"",
            "\"\t\"",
            "\"\u{7f}ä𝄞\"",
            "[]",
            "[ ]",
            "[",
            "]",
            "[1",
            "[1,]",
            "[,]",
            "[1 , 2]",
            "[[], {}]",
            "{}",
            "{ }",
            "{",
            "}",
            "{\"a\"}",
            "{\"a\":}",
            "{\"a\":1}",
            "{\"a\":1,}",
            "{,}",
            "{a:1}",
            "{1:1}",
            "{\"a\" : [ { } ] , \"b\" : 2 }",
            "[}",
            "{]",
            "[{\"a\":[1]}]",
            "1}",
            "1]",
            "/**/1",
            "\u{a0}1",
            "\"\\\\\"",
            "\"0123456789abcde\"",
            "\"0123456789abcdef\"",
            "\"0123456789abcde\\n\"",
            "\"0123456789abcdef\n\"",
            "'a'",
        ] {
            check(text);
        }
    }

    #[test]
    fn what_follows_is_not_part_of_it() {
        for text in ["[] ", "[]1", " []", "[]]", "{}", ""] {
            assert_eq!(elements(text, drop), None, "{text}");
        }
        for text in ["{} ", "{}1", " {}", "{}}", "[]", ""] {
            assert_eq!(members(text, |_, _| Some(())), None, "{text}");
        }
    }

    #[test]
    fn nesting_has_no_end() {
        let deep =
            |depth: usize| format!("[{}{}]", "[{\"a\":".repeat(depth) + "1", "}]".repeat(depth));
        let text = deep(100_000);
        assert_eq!(read(&text), Some(vec![&text[1..text.len() - 1]]));
        assert_eq!(read(&text[..text.len() - 1]), None);
    }

    /// JSON, and what is nearly JSON.
    fn nearly_json() -> impl Strategy<Value = String> {
        let token = prop_oneof![
            prop::sample::select(vec![
                "{", "}", "[", "]", ",", ":", " ", "\n", "\"", "\\", "\\u12", "\"a\"", "\"\\n\"",
                "-", "0", "12", ".", "e", "+", "true", "null", "\u{1}", "ä", "\"k\":1", "{}",
                "[1]",
            ])
            .prop_map(str::to_owned),
            any::<char>().prop_map(String::from),
        ];
        prop::collection::vec(token, 0..12).prop_map(|tokens| tokens.concat())
    }

    fn json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<String>().prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 32, 6, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
                prop::collection::btree_map(any::<String>(), inner, 0..6)
                    .prop_map(|members| Value::Object(members.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn another_reader_sees_the_same(text in nearly_json()) {
            check(&text);
        }

        #[test]
        fn every_value_is_taken_and_none_that_is_cut_short(value in json(), indented in any::<bool>(), cut in any::<prop::sample::Index>()) {
            let text = if indented { serde_json::to_string_pretty(&value) } else { serde_json::to_string(&value) }.unwrap();
            check(&text);
            let cut = text.floor_char_boundary(cut.index(text.len()));
            check(&text[..cut]);
        }

        #[test]
        fn plain_bytes_end_at_the_first_special_one(bytes in prop::collection::vec(prop_oneof![9 => 0x20u8.., 1 => any::<u8>()], 0..80)) {
            let special = |byte: &u8| *byte < 0x20 || matches!(byte, b'"' | b'\\');
            prop_assert_eq!(plain(&bytes), bytes.iter().position(special).unwrap_or(bytes.len()));
        }
    }
}
