//! Other names for the principals of a document, with everything else left as it is.
//!
//! A key policy is kept as the text that was put. Only the principals in it are translated: an
//! account's id to the ARN of its root, and a user or role that is gone to its unique id.
//!
//! AWS: IAM user guide, "AWS JSON policy elements: Principal".

use super::json::{Value, WrongKind};

/// The document with other names for some of its principals of the kind `AWS`; nothing when it
/// has none of them, and when it cannot be read.
///
/// `rename` is told each name and gives another one, or none to leave it.
pub fn rewrite_principals(
    text: &str,
    rename: &mut dyn FnMut(&str) -> Option<String>,
) -> Option<String> {
    let mut changes = Vec::new();
    for value in principals(Value::parse(text).ok()?).ok()? {
        if let Some(name) = rename(&value.string().ok()?) {
            changes.push((value.raw(), serde_json::Value::String(name).to_string()));
        }
    }
    if changes.is_empty() {
        return None;
    }
    let mut written = String::with_capacity(text.len());
    let mut rest = text;
    for (old, new) in changes {
        // Every value is a part of the text, and they come in its order.
        let at = old.as_ptr().addr().checked_sub(rest.as_ptr().addr())?;
        written.push_str(rest.get(..at)?);
        written.push_str(&new);
        rest = rest.get(at.checked_add(old.len())?..)?;
    }
    written.push_str(rest);
    Some(written)
}

/// The principals of the kind `AWS` that a document names, in order.
fn principals(document: Value<'_>) -> Result<Vec<Value<'_>>, WrongKind> {
    let mut found = Vec::new();
    for (name, value) in document.members()? {
        if name != "Statement" {
            continue;
        }
        for statement in value.one_or_more()? {
            for (name, value) in statement.members()? {
                let principals = name == "Principal" || name == "NotPrincipal";
                if !principals || value.string().is_ok() {
                    continue;
                }
                for (kind, value) in value.members()? {
                    if kind == "AWS" {
                        found.extend(value.one_or_more()?);
                    }
                }
            }
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_principals_are_renamed_and_every_other_byte_stays() {
        let text = r#" {"Statement" : [{"Principal" : {"AWS":["a", "b" ], "Service": "a"},
            "Condition":{"ArnEquals":{"aws:PrincipalArn":"a"}}, "Action":"a"},
            {"NotPrincipal":{"AWS":"\u0061"}, "Sid": "a"}, {"Principal":"*"}] } "#;
        let renamed = rewrite_principals(text, &mut |name| (name == "a").then(|| "x\"y".into()));
        let expected = r#" {"Statement" : [{"Principal" : {"AWS":["x\"y", "b" ], "Service": "a"},
            "Condition":{"ArnEquals":{"aws:PrincipalArn":"a"}}, "Action":"a"},
            {"NotPrincipal":{"AWS":"x\"y"}, "Sid": "a"}, {"Principal":"*"}] } "#;
        assert_eq!(renamed.unwrap(), expected);
    }

    #[test]
    fn a_document_without_such_principals_is_left_alone() {
        for text in [
            "",
            "[]",
            r#"{"Statement":{"Principal":"*"}}"#,
            r#"{"Statement":{"Principal":{"AWS":"b"}}}"#,
            r#"{"Statement":{"Principal":{"AWS":{}}}}"#,
        ] {
            let renamed = rewrite_principals(text, &mut |name| (name == "a").then(String::new));
            assert_eq!(renamed, None, "{text}");
        }
    }
}
