//! The shape of an identity policy or trust policy in a seed.
//!
//! A mistake in the shape is told with its own line, and then the document is read as IAM reads
//! it, which has the last word. What a key policy may say is checked when the key is planted, by
//! the rules of PutKeyPolicy.
//!
//! AWS: IAM user guide, "IAM JSON policy element reference".

use strongroom_kms::identities::{Document, check_identity_policy, check_trust_policy};

use super::{
    Wrong,
    yaml::{Content, Node},
};

/// What a policy is for, which decides about `Principal`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// What an identity may do: no principal.
    Identity,
    /// Who may assume a role: a principal, no resource.
    Trust,
}

/// Reads a policy document.
pub(super) fn read(document: &Node<'_>, kind: Kind) -> Result<Document, Wrong> {
    check(document, kind)?;
    let text = Document(document.to_json_text());
    let checked = match kind {
        Kind::Identity => check_identity_policy(&text),
        Kind::Trust => check_trust_policy(&text),
    };
    checked.map_err(|error| Wrong::at(document.line, error.message()))?;
    Ok(text)
}

/// Checks the shape of a policy document.
fn check(document: &Node<'_>, kind: Kind) -> Result<(), Wrong> {
    let Content::Mapping(members) = &document.content else {
        return Err(Wrong::at(document.line, "a policy is a mapping"));
    };
    let mut statements = None;
    for (name, value) in members {
        match &*name.text {
            "Version" => version(value)?,
            "Id" if kind == Kind::Trust => scalar(value, "Id")?,
            "Statement" => statements = Some(value),
            other => {
                let reason = format!("a policy has no member `{other}`");
                return Err(Wrong::at(name.line, reason));
            }
        }
    }
    let Some(statements) = statements else {
        return Err(Wrong::at(document.line, "a policy needs a `Statement`"));
    };
    match &statements.content {
        Content::Sequence(all) => all.iter().try_for_each(|one| statement(one, kind)),
        _ => statement(statements, kind),
    }
}

fn version(value: &Node<'_>) -> Result<(), Wrong> {
    match &value.content {
        Content::Scalar { text, .. } if matches!(&**text, "2012-10-17" | "2008-10-17") => Ok(()),
        _ => Err(Wrong::at(
            value.line,
            "`Version` is \"2012-10-17\" or \"2008-10-17\"",
        )),
    }
}

fn statement(statement: &Node<'_>, kind: Kind) -> Result<(), Wrong> {
    let Content::Mapping(members) = &statement.content else {
        return Err(Wrong::at(statement.line, "a statement is a mapping"));
    };
    for (name, value) in members {
        match &*name.text {
            "Sid" => scalar(value, "Sid")?,
            "Effect" => match &value.content {
                Content::Scalar { text, .. } if matches!(&**text, "Allow" | "Deny") => {}
                _ => return Err(Wrong::at(value.line, "`Effect` is Allow or Deny")),
            },
            "Action" | "NotAction" => texts(value, &name.text)?,
            "Resource" | "NotResource" if kind == Kind::Identity => texts(value, &name.text)?,
            "Principal" | "NotPrincipal" if kind == Kind::Trust => {}
            "Condition" => {
                if !matches!(value.content, Content::Mapping(_)) {
                    return Err(Wrong::at(value.line, "`Condition` is a mapping"));
                }
            }
            other => {
                let reason = format!("a statement of this policy has no member `{other}`");
                return Err(Wrong::at(name.line, reason));
            }
        }
    }
    let count = |names: &[&str]| {
        members
            .iter()
            .filter(|(name, _)| names.contains(&&*name.text))
            .count()
    };
    let exactly_one = |names: &[&str]| {
        if count(names) == 1 {
            Ok(())
        } else {
            let reason = format!("a statement has exactly one `{}`", names.join("` or `"));
            Err(Wrong::at(statement.line, reason))
        }
    };
    exactly_one(&["Effect"])?;
    exactly_one(&["Action", "NotAction"])?;
    match kind {
        Kind::Identity => exactly_one(&["Resource", "NotResource"]),
        Kind::Trust => exactly_one(&["Principal", "NotPrincipal"]),
    }
}

fn scalar(value: &Node<'_>, name: &str) -> Result<(), Wrong> {
    match value.content {
        Content::Scalar { .. } if !value.is_null() => Ok(()),
        _ => Err(Wrong::at(value.line, format!("`{name}` is a text"))),
    }
}

fn texts(value: &Node<'_>, name: &str) -> Result<(), Wrong> {
    match &value.content {
        Content::Sequence(items) if !items.is_empty() => {
            items.iter().try_for_each(|item| scalar(item, name))
        }
        Content::Scalar { .. } => scalar(value, name),
        _ => Err(Wrong::at(
            value.line,
            format!("`{name}` is a text or a list of them"),
        )),
    }
}
