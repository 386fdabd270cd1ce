//! Trust policies: who may assume a role.
//!
//! AWS: IAM user guide, "Roles terms and concepts" and "AWS JSON policy elements: Principal".

use super::{
    document::{Document, Grammar, Statement, Version},
    identity::{DocumentError, counted_characters},
};

/// Characters of a trust policy, white space aside. AWS: "IAM and AWS STS quotas".
pub const TRUST_POLICY_CHARACTERS: usize = 2048;

/// A trust policy that was understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrustPolicy {
    /// Which language the document is written in.
    pub version: Version,
    /// Its statements, at least one.
    pub statements: Vec<Statement>,
}

impl TrustPolicy {
    /// Reads a document.
    ///
    /// # Errors
    /// When the document is no trust policy, or longer than 2,048 characters without white space.
    pub fn parse(text: &str) -> Result<Self, DocumentError> {
        if counted_characters(text) > TRUST_POLICY_CHARACTERS {
            return Err(DocumentError {
                message: format!(
                    "A trust policy has at most {TRUST_POLICY_CHARACTERS} characters, not \
                     counting white space."
                ),
            });
        }
        let Document {
            version,
            statements,
            ..
        } = Document::read(text, Grammar::Trust)?;
        Ok(Self {
            version,
            statements,
        })
    }
}
