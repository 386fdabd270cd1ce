//! Documents on the command line, and exports as YAML.

use std::{fs, path::Path};

use serde_json::Value;
use strongroom_kms::identities::{Boundary, Document};

use crate::commands::Failure;

/// A document as it was given: JSON, or the name of a file with or without `file://`.
pub(super) fn given(argument: &str) -> Result<Document, Failure> {
    if argument.trim_start().starts_with('{') {
        return Ok(Document(argument.to_owned()));
    }
    of_file(Path::new(
        argument.strip_prefix("file://").unwrap_or(argument),
    ))
}

/// A permissions boundary as it was given: the ARN of a managed policy, or a document.
pub(super) fn boundary(argument: &str) -> Result<Boundary, Failure> {
    if argument.starts_with("arn:") {
        return Ok(Boundary::Policy(argument.to_owned()));
    }
    given(argument).map(Boundary::Document)
}

/// The document in a file.
pub(super) fn of_file(path: &Path) -> Result<Document, Failure> {
    let text = fs::read_to_string(path);
    text.map(Document)
        .map_err(|error| Failure::new(format_args!("{} cannot be read: {error}", path.display())))
}

/// A value as YAML, in the form that seeds are written in.
pub(super) fn yaml(value: &Value) -> String {
    let mut out = String::new();
    match value {
        Value::Object(members) if members.is_empty() => out.push_str("{}\n"),
        _ => block(value, 0, &mut out),
    }
    out
}

/// Writes a value that begins on a line of its own.
fn block(value: &Value, indent: usize, out: &mut String) {
    match value {
        Value::Object(members) if !members.is_empty() => {
            for (name, value) in members {
                out.push_str(&" ".repeat(indent));
                out.push_str(&scalar(name));
                out.push(':');
                follow(value, indent, out);
            }
        }
        Value::Array(items) if !items.is_empty() => {
            for item in items {
                out.push_str(&" ".repeat(indent));
                out.push('-');
                let mut inner = String::new();
                match item {
                    Value::Object(members) if !members.is_empty() => {
                        block(item, indent + 2, &mut inner);
                        // The first member stands behind the dash.
                        out.push(' ');
                        out.push_str(inner.trim_start());
                    }
                    _ => follow(item, indent, out),
                }
            }
        }
        other => {
            out.push_str(&" ".repeat(indent));
            out.push_str(&flat(other));
            out.push('\n');
        }
    }
}

/// Writes a value behind a name or a dash.
fn follow(value: &Value, indent: usize, out: &mut String) {
    match value {
        Value::Object(members) if !members.is_empty() => {
            out.push('\n');
            block(value, indent + 2, out);
        }
        Value::Array(items) if !items.is_empty() => {
            out.push('\n');
            block(value, indent + 2, out);
        }
        other => {
            out.push(' ');
            out.push_str(&flat(other));
            out.push('\n');
        }
    }
}

fn flat(value: &Value) -> String {
    match value {
        Value::String(text) => scalar(text),
        other => other.to_string(),
    }
}

/// A text without quotes where nobody can take it for something else, and else as JSON has it,
/// which is YAML too.
fn scalar(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-./".contains(c);
    let first = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '/');
    let word = ["true", "false", "null", "yes", "no", "on", "off", "y", "n"];
    let taken = word.contains(&text.to_ascii_lowercase().as_str());
    if first && !taken && text.chars().all(plain) {
        text.to_owned()
    } else {
        Value::from(text).to_string()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_are_written_as_seeds_are() {
        let value = json!({
            "accounts": { "111122223333": {
                "users": { "alice": {
                    "tags": { "team": "red", "yes": "1", "n": "a: b" },
                    "groups": ["auditors", "on"],
                    "access_keys": [{ "id": "AKIA", "status": "Inactive" }, { "id": "AKIB" }],
                    "policies": { "p": { "Statement": [{ "Action": ["kms:*"], "n": 1, "b": true }] } },
                    "empty": {}, "none": [],
                } },
            } },
        });
        let expected = r#"accounts:
  "111122223333":
    users:
      alice:
        access_keys:
          - id: AKIA
            status: Inactive
          - id: AKIB
        empty: {}
        groups:
          - auditors
          - "on"
        none: []
        policies:
          p:
            Statement:
              - Action:
                  - "kms:*"
                b: true
                "n": 1
        tags:
          "n": "a: b"
          team: red
          "yes": "1"
"#;
        assert_eq!(yaml(&value), expected);
        assert_eq!(yaml(&json!({})), "{}\n");
    }
}
