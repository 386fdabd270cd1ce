//! What a caller of STS is told when a call fails, in AWS's words.
//!
//! AWS: API reference of STS, the errors of each action, and "Common errors".

use std::fmt;

use strongroom_model::errors::ErrorCode;

use crate::error::KmsError;

/// A refusal or failure of one call.
#[derive(Debug)]
pub struct StsError {
    code: &'static str,
    status: u16,
    message: String,
    cause: Option<String>,
}

impl StsError {
    /// An error with its code and HTTP status of the query protocol.
    #[must_use]
    pub fn new(code: &'static str, status: u16, message: impl Into<String>) -> Self {
        Self {
            code,
            status,
            message: message.into(),
            cause: None,
        }
    }

    /// The code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        self.code
    }

    /// The HTTP status.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.status
    }

    /// The text that the caller sees.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// What the log should know and the caller should not.
    #[must_use]
    pub fn cause(&self) -> Option<&str> {
        self.cause.as_deref()
    }

    pub(super) fn because(mut self, cause: impl fmt::Display) -> Self {
        self.cause = Some(cause.to_string());
        self
    }

    pub(super) fn validation(message: impl Into<String>) -> Self {
        Self::new("ValidationError", 400, message)
    }

    pub(super) fn invalid_parameter(message: impl Into<String>) -> Self {
        Self::new("InvalidParameterValue", 400, message)
    }

    pub(super) fn access_denied(message: impl Into<String>) -> Self {
        Self::new("AccessDenied", 403, message)
    }

    pub(super) fn malformed_policy(message: impl Into<String>) -> Self {
        Self::new("MalformedPolicyDocument", 400, message)
    }

    pub(super) fn packed_policy_too_large(message: impl Into<String>) -> Self {
        Self::new("PackedPolicyTooLarge", 400, message)
    }

    pub(super) fn invalid_identity_token(message: impl Into<String>) -> Self {
        Self::new("InvalidIdentityToken", 400, message)
    }

    /// A text of a request that is no ARN of a role.
    pub(super) fn invalid_arn(text: &str) -> Self {
        if text.starts_with("arn:") {
            Self::validation("Request ARN is invalid")
        } else {
            Self::validation(format!("{text} is invalid"))
        }
    }

    /// There are no devices of a second factor here, so none belongs to the caller.
    pub(super) fn no_such_second_factor() -> Self {
        Self::access_denied(
            "MultiFactorAuthentication failed, unable to validate MFA code.  Please verify your \
             MFA serial number is valid and associated with this user.",
        )
    }
}

impl From<KmsError> for StsError {
    /// The service's error by the names and statuses of the query protocol.
    fn from(error: KmsError) -> Self {
        let message = error.message().unwrap_or_default().to_owned();
        let cause = error.cause().map(str::to_owned);
        let name = error.code().name();
        let (code, status, message) = match error.code().http_status() {
            503 => {
                let message = "The service is unavailable. Try again later.".to_owned();
                ("ServiceUnavailable", 503, message)
            }
            500.. => ("InternalFailure", 500, message),
            _ if error.code() == ErrorCode::AccessDeniedException => ("AccessDenied", 403, message),
            status => (
                name.strip_suffix("Exception").unwrap_or(name),
                status,
                message,
            ),
        };
        Self {
            code,
            status,
            message,
            cause,
        }
    }
}

impl fmt::Display for StsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.message)
    }
}

impl std::error::Error for StsError {}
