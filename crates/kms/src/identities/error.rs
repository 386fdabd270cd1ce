//! Why an act on identities was not carried out, with IAM's codes and sentences.

use strongroom_auth::policy::DocumentError;

use crate::{error::KmsError, installation::InstallationError};

/// Why an act on identities was not carried out.
#[derive(Debug, thiserror::Error)]
pub enum IdentityError {
    /// It cannot be, as things are.
    #[error("{code}: {message}")]
    Refused {
        /// IAM's code.
        code: &'static str,
        /// What the operator is told.
        message: String,
    },
    /// The store failed.
    #[error(transparent)]
    Failed(#[from] InstallationError),
}

impl From<KmsError> for IdentityError {
    fn from(error: KmsError) -> Self {
        Self::Failed(error.into())
    }
}

impl From<DocumentError> for IdentityError {
    fn from(error: DocumentError) -> Self {
        Self::malformed(error.message)
    }
}

impl IdentityError {
    fn refused(code: &'static str, message: impl Into<String>) -> Self {
        let message = message.into();
        Self::Refused { code, message }
    }

    pub(super) fn unknown(kind: &str, name: &str) -> Self {
        let message = match kind {
            "OpenIDConnect Provider" => format!("OpenIDConnect Provider not found for {name}"),
            "managed policy" => format!("Policy {name} was not found."),
            "Access Key" => format!("The Access Key with id {name} cannot be found."),
            _ => format!("The {kind} with name {name} cannot be found."),
        };
        Self::refused("NoSuchEntity", message)
    }

    pub(super) fn exists(kind: &str, name: &str) -> Self {
        if kind == "managed policy" {
            return Self::refused(
                "EntityAlreadyExists",
                format!("A policy called {name} already exists. Duplicate names are not allowed."),
            );
        }
        let mut kind = kind.to_owned();
        if let Some(first) = kind.get_mut(..1) {
            first.make_ascii_uppercase();
        }
        Self::refused(
            "EntityAlreadyExists",
            format!("{kind} with name {name} already exists."),
        )
    }

    /// A managed policy that is not there, or is none of the account, where it is to be attached.
    pub(super) fn not_attachable(arn: &str) -> Self {
        let message = format!("Policy {arn} does not exist or is not attachable.");
        Self::refused("NoSuchEntity", message)
    }

    /// A version that a managed policy does not have.
    pub(super) fn unknown_version(arn: &str, version: u32) -> Self {
        let message =
            format!("Policy {arn} version v{version} does not exist or is not attachable.");
        Self::refused("NoSuchEntity", message)
    }

    /// A text that is no ARN of a managed policy.
    pub(super) fn invalid_arn(text: &str) -> Self {
        Self::refused("InvalidInput", format!("ARN {text} is not valid."))
    }

    pub(super) fn conflict(message: &str) -> Self {
        Self::refused("DeleteConflict", message)
    }

    pub(super) fn limit(message: impl Into<String>) -> Self {
        Self::refused("LimitExceeded", message)
    }

    pub(super) fn quota(name: &str, quota: usize) -> Self {
        Self::limit(format!("Cannot exceed quota for {name}: {quota}"))
    }

    pub(super) fn malformed(message: impl Into<String>) -> Self {
        Self::refused("MalformedPolicyDocument", message)
    }

    pub(super) fn invalid(message: impl Into<String>) -> Self {
        Self::refused("ValidationError", message)
    }

    /// The sentence without the code.
    #[must_use]
    pub fn message(&self) -> String {
        match self {
            Self::Refused { message, .. } => message.clone(),
            Self::Failed(error) => error.to_string(),
        }
    }
}
