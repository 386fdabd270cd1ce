//! Identity policies: what a user, a group or a role may do; also permissions boundaries and
//! session policies.
//!
//! AWS: IAM user guide, "Grammar of the IAM JSON policy language" and "IAM and AWS STS quotas".

use std::collections::HashSet;

use super::document::{Document, Fault, Grammar, Statement, Version};

/// Characters of a managed policy, white space aside. AWS: "IAM and AWS STS quotas".
pub const MANAGED_POLICY_CHARACTERS: usize = 6144;
/// Characters of all inline policies of a user, white space aside. The same page.
pub const USER_POLICIES_CHARACTERS: usize = 2048;
/// Characters of all inline policies of a group, white space aside. The same page.
pub const GROUP_POLICIES_CHARACTERS: usize = 5120;
/// Characters of all inline policies of a role, white space aside. The same page.
pub const ROLE_POLICIES_CHARACTERS: usize = 10_240;
/// Characters of a session policy, white space included. AWS: API reference, "AssumeRole".
pub const SESSION_POLICY_CHARACTERS: usize = 2048;

/// The characters of a document that AWS counts: all but white space.
#[must_use]
pub fn counted_characters(text: &str) -> usize {
    let space = |c: &char| matches!(c, ' ' | '\t' | '\n' | '\r');
    text.chars().filter(|c| !space(c)).count()
}

/// An identity policy that was understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdentityPolicy {
    /// Which language the document is written in.
    pub version: Version,
    /// Its statements, at least one.
    pub statements: Vec<Statement>,
}

/// Why a document is no identity policy or trust policy. AWS's exception for it is
/// `MalformedPolicyDocument`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct DocumentError {
    /// What the caller sees.
    pub message: String,
}

impl From<Fault> for DocumentError {
    fn from(fault: Fault) -> Self {
        let message = match fault {
            Fault::NoPolicy(detail) => format!("Syntax errors in policy: {detail}."),
            Fault::Malformed(message) => message,
            Fault::InvalidPrincipals(detail) | Fault::InvalidArn(detail) => {
                format!("Invalid principal in policy: {detail}")
            }
        };
        Self { message }
    }
}

impl IdentityPolicy {
    /// Reads a document. How long it may be depends on whose it is, and is the caller's to check.
    ///
    /// # Errors
    /// When the document is no identity policy.
    pub fn parse(text: &str) -> Result<Self, DocumentError> {
        let Document {
            version,
            statements,
            ..
        } = Document::read(text, Grammar::Identity)?;
        check_sids(&statements)?;
        Ok(Self {
            version,
            statements,
        })
    }

    /// Reads the session policy of a request to STS.
    ///
    /// # Errors
    /// When the document is longer than 2,048 characters or no identity policy.
    pub fn parse_session(text: &str) -> Result<Self, DocumentError> {
        if text.chars().count() > SESSION_POLICY_CHARACTERS {
            return Err(DocumentError {
                message: format!(
                    "A session policy has at most {SESSION_POLICY_CHARACTERS} characters."
                ),
            });
        }
        Self::parse(text)
    }
}

/// Statements of identity policies are named by letters and digits, each differently.
fn check_sids(statements: &[Statement]) -> Result<(), DocumentError> {
    let refuse = |message: &str| {
        Err(DocumentError {
            message: message.to_owned(),
        })
    };
    let mut seen = HashSet::new();
    for sid in statements.iter().filter_map(|s| s.sid.as_deref()) {
        if !sid.bytes().all(|b| b.is_ascii_alphanumeric()) {
            return refuse("Statement IDs (SID) must consist of letters and digits.");
        }
        if !sid.is_empty() && !seen.insert(sid) {
            return refuse("Statement IDs (SID) in a single policy must be unique.");
        }
    }
    Ok(())
}
