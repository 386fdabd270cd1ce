//! YAML as a tree whose every node knows its line.
//!
//! Only what a seed needs: mappings, sequences and scalars. Anchors, aliases and tags are
//! refused, so a document is never larger than its text; a name that comes twice is refused,
//! because one of the two would be ignored.
//!
//! YAML 1.2.2, section 10.3: the core schema says which plain scalars are null, truth values and
//! numbers.

use std::borrow::Cow;

use saphyr_parser::{Event, Parser, ScalarStyle};
use serde_json::Value;

use super::Wrong;

/// How deep a document may nest. A policy in a user in an account has about ten levels.
const DEPTH: usize = 64;

/// A part of a document.
#[derive(Debug)]
pub(super) struct Node<'a> {
    pub(super) line: usize,
    pub(super) content: Content<'a>,
}

#[derive(Debug)]
pub(super) enum Content<'a> {
    /// A text; `plain` when it stands without quotes and may be something else.
    Scalar {
        text: Cow<'a, str>,
        plain: bool,
    },
    Sequence(Vec<Node<'a>>),
    Mapping(Vec<(Name<'a>, Node<'a>)>),
}

/// The name of a member.
#[derive(Debug)]
pub(super) struct Name<'a> {
    pub(super) line: usize,
    pub(super) text: Cow<'a, str>,
}

/// Parses one document.
pub(super) fn parse(text: &str) -> Result<Node<'_>, Wrong> {
    let mut events = Events {
        parser: Parser::new_from_str(text),
        depth: 0,
    };
    let mut root = None;
    loop {
        match events.next()? {
            (Event::StreamStart | Event::DocumentStart(_) | Event::DocumentEnd, _) => {}
            (Event::StreamEnd, line) => {
                return root.ok_or_else(|| Wrong::at(line, "the seed is empty"));
            }
            (_, line) if root.is_some() => {
                return Err(Wrong::at(line, "a seed is one document"));
            }
            (event, line) => root = Some(events.node(event, line)?),
        }
    }
}

struct Events<'a> {
    parser: Parser<'a, saphyr_parser::StrInput<'a>>,
    depth: usize,
}

impl<'a> Events<'a> {
    fn next(&mut self) -> Result<(Event<'a>, usize), Wrong> {
        match self.parser.next() {
            Some(Ok((event, span))) => Ok((event, span.start.line())),
            Some(Err(error)) => {
                let reason = format!("this is not YAML: {}", error.info());
                Err(Wrong::at(error.marker().line(), reason))
            }
            None => Ok((Event::StreamEnd, 1)),
        }
    }

    fn node(&mut self, event: Event<'a>, line: usize) -> Result<Node<'a>, Wrong> {
        let plain_only = |anchor: usize, tagged: bool| {
            if anchor != 0 {
                return Err(Wrong::at(line, "anchors (&) are not read in a seed"));
            }
            if tagged {
                return Err(Wrong::at(line, "tags (!) are not read in a seed"));
            }
            Ok(())
        };
        let content = match event {
            Event::Scalar(text, style, anchor, tag) => {
                plain_only(anchor, tag.is_some())?;
                Content::Scalar {
                    text,
                    plain: style == ScalarStyle::Plain,
                }
            }
            Event::SequenceStart(anchor, tag) => {
                plain_only(anchor, tag.is_some())?;
                self.descend(line)?;
                let mut items = Vec::new();
                loop {
                    match self.next()? {
                        (Event::SequenceEnd, _) => break,
                        (event, line) => items.push(self.node(event, line)?),
                    }
                }
                self.depth -= 1;
                Content::Sequence(items)
            }
            Event::MappingStart(anchor, tag) => {
                plain_only(anchor, tag.is_some())?;
                self.descend(line)?;
                let members = self.members()?;
                self.depth -= 1;
                Content::Mapping(members)
            }
            Event::Alias(_) => {
                return Err(Wrong::at(line, "aliases (*) are not read in a seed"));
            }
            _ => return Err(Wrong::at(line, "this is not YAML that a seed can have")),
        };
        Ok(Node { line, content })
    }

    fn descend(&mut self, line: usize) -> Result<(), Wrong> {
        self.depth += 1;
        if self.depth > DEPTH {
            return Err(Wrong::at(line, "this nests too deeply"));
        }
        Ok(())
    }

    fn members(&mut self) -> Result<Vec<(Name<'a>, Node<'a>)>, Wrong> {
        let mut members: Vec<(Name<'a>, Node<'a>)> = Vec::new();
        loop {
            let (event, line) = self.next()?;
            if event == Event::MappingEnd {
                return Ok(members);
            }
            let Content::Scalar { text, .. } = self.node(event, line)?.content else {
                return Err(Wrong::at(line, "the name of a member is a text"));
            };
            if members.iter().any(|(name, _)| name.text == text) {
                return Err(Wrong::at(line, format!("`{text}` is there twice")));
            }
            let (event, value_line) = self.next()?;
            let value = self.node(event, value_line)?;
            members.push((Name { line, text }, value));
        }
    }
}

impl Node<'_> {
    /// What kind of thing this is, for a refusal.
    pub(super) fn kind(&self) -> &'static str {
        match &self.content {
            Content::Sequence(_) => "a list",
            Content::Mapping(_) => "a mapping",
            Content::Scalar { .. } if self.is_null() => "nothing",
            Content::Scalar { plain: false, .. } => "a text",
            Content::Scalar { .. } => match self.to_json() {
                Value::Bool(_) => "true or false",
                Value::Number(_) => "a number",
                _ => "a text",
            },
        }
    }

    pub(super) fn is_null(&self) -> bool {
        matches!(&self.content, Content::Scalar { text, plain: true }
            if matches!(&**text, "" | "~" | "null" | "Null" | "NULL"))
    }

    /// The same as JSON.
    pub(super) fn to_json(&self) -> Value {
        match &self.content {
            Content::Sequence(items) => items.iter().map(Node::to_json).collect(),
            Content::Mapping(members) => members
                .iter()
                .map(|(name, value)| (name.text.to_string(), value.to_json()))
                .collect(),
            Content::Scalar { .. } if self.is_null() => Value::Null,
            Content::Scalar { text, plain: true } => match &**text {
                "true" | "True" | "TRUE" => Value::Bool(true),
                "false" | "False" | "FALSE" => Value::Bool(false),
                // JSON's numbers are those of the core schema but for a few spellings, which
                // remain texts here.
                text if text.starts_with(|c: char| c.is_ascii_digit() || c == '-') => {
                    match serde_json::from_str(text) {
                        Ok(Value::Number(number)) => Value::Number(number),
                        _ => Value::String(text.to_owned()),
                    }
                }
                text => Value::String(text.to_owned()),
            },
            Content::Scalar { text, plain: false } => Value::String(text.to_string()),
        }
    }

    /// The same as JSON text, its members in the order of the file.
    pub(super) fn to_json_text(&self) -> String {
        let mut text = String::new();
        self.write_json(&mut text);
        text
    }

    fn write_json(&self, out: &mut String) {
        match &self.content {
            Content::Scalar { .. } => out.push_str(&self.to_json().to_string()),
            Content::Sequence(items) => {
                out.push('[');
                for (at, item) in items.iter().enumerate() {
                    if at > 0 {
                        out.push(',');
                    }
                    item.write_json(out);
                }
                out.push(']');
            }
            Content::Mapping(members) => {
                out.push('{');
                for (at, (name, value)) in members.iter().enumerate() {
                    if at > 0 {
                        out.push(',');
                    }
                    out.push_str(&Value::from(&*name.text).to_string());
                    out.push(':');
                    value.write_json(out);
                }
                out.push('}');
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn scalars_are_what_the_core_schema_says() {
        let check = |yaml: &str, expected: Value| {
            assert_eq!(
                parse(yaml).unwrap().to_json(),
                json!({ "it": expected }),
                "{yaml}"
            );
        };
        check("it: null", Value::Null);
        check("it:", Value::Null);
        check("it: ~", Value::Null);
        check("it: true", json!(true));
        check("it: 'true'", json!("true"));
        check("it: 17", json!(17));
        check("it: \"17\"", json!("17"));
        check("it: 2012-10-17", json!("2012-10-17"));
        check("it: kms:*", json!("kms:*"));
        check("it: [a, {b: c}]", json!(["a", { "b": "c" }]));
        check("it: |\n  two\n  lines\n", json!("two\nlines\n"));
    }

    #[test]
    fn json_text_keeps_the_order_of_the_file() {
        let node = parse("Version: \"2012-10-17\"\nStatement: [{Sid: b, Effect: Allow}]").unwrap();
        let text = node.to_json_text();
        let expected = r#"{"Version":"2012-10-17","Statement":[{"Sid":"b","Effect":"Allow"}]}"#;
        assert_eq!(text, expected);
    }

    #[test]
    fn what_a_seed_cannot_have_is_refused_at_its_line() {
        let check = |yaml: &str, line: usize, reason: &str| {
            let wrong = parse(yaml).unwrap_err();
            assert_eq!(wrong.line, line, "{yaml}: {wrong:?}");
            assert!(wrong.reason.contains(reason), "{yaml}: {wrong:?}");
        };
        check("", 1, "empty");
        check("a: 1\nb: 2\na: 3\n", 3, "`a` is there twice");
        check("a: &x 1\nb: *x\n", 1, "anchors");
        check("a: 1\nb: *x\n", 2, "this is not YAML");
        check("a: !!str 1\n", 1, "tags");
        check("a: 1\n---\nb: 2\n", 3, "one document");
        check("a: 1\n b: [\n", 2, "this is not YAML");
        check("{[a]: b}", 1, "name of a member");
        check(&"[".repeat(100), 1, "nests too deeply");
    }
}
