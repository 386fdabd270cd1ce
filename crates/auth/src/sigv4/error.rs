//! The answers to a request whose signature is not accepted.
//!
//! The texts are AWS's, collected in the dossier (`authorization.md` §1.5); SDKs read the types,
//! people read the texts.

use std::fmt;

use strongroom_model::errors::ErrorCode;

/// Which of AWS's protocols the request speaks. It decides names and statuses of the errors,
/// how far clocks may differ and what has to be signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// KMS: JSON 1.1, with the operation in `X-Amz-Target`.
    Json,
    /// STS: the query protocol, which answers in XML and also takes presigned requests.
    Query,
}

impl Protocol {
    /// How far the request's time may be from the clock, in minutes, either way.
    #[must_use]
    pub fn skew_minutes(self) -> i64 {
        match self {
            Self::Json => 5,
            Self::Query => 15,
        }
    }
}

/// One refusal at the door: what either protocol calls it, and the text that the caller sees.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignatureError {
    fault: Fault,
    protocol: Protocol,
    message: String,
}

/// The kinds of refusal; each is a row of names and statuses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    MissingToken,
    Incomplete,
    Invalid,
    Unrecognized,
    Expired,
}

/// The text of a signature that differs.
const MISMATCH: &str = "The request signature we calculated does not match the signature you \
    provided. Check your AWS Secret Access Key and signing method. Consult the service \
    documentation for details.";

impl SignatureError {
    pub(super) fn new(protocol: Protocol, fault: Fault, message: impl Into<String>) -> Self {
        Self {
            fault,
            protocol,
            message: message.into(),
        }
    }

    /// The request carries no signature at all.
    #[must_use]
    pub fn missing(protocol: Protocol) -> Self {
        // The two pages of the dossier give these two texts, one for each protocol.
        let text = match protocol {
            Protocol::Json => "Missing Authentication Token",
            Protocol::Query => "Request is missing Authentication Token",
        };
        Self::new(protocol, Fault::MissingToken, text)
    }

    /// The access key is unknown or inactive, or the session token is not its own.
    #[must_use]
    pub fn unrecognized(protocol: Protocol) -> Self {
        let text = "The security token included in the request is invalid.";
        Self::new(protocol, Fault::Unrecognized, text)
    }

    /// The session has ended. AWS writes this text without a full stop.
    #[must_use]
    pub fn expired_session(protocol: Protocol) -> Self {
        let text = "The security token included in the request is expired";
        Self::new(protocol, Fault::Expired, text)
    }

    /// The signature is not the one that the secret gives.
    #[must_use]
    pub fn mismatch(protocol: Protocol) -> Self {
        Self::new(protocol, Fault::Invalid, MISMATCH)
    }

    /// The error's type in JSON 1.1.
    #[must_use]
    pub fn json_code(&self) -> ErrorCode {
        match self.fault {
            Fault::MissingToken => ErrorCode::MissingAuthenticationTokenException,
            Fault::Incomplete => ErrorCode::IncompleteSignatureException,
            Fault::Invalid => ErrorCode::InvalidSignatureException,
            Fault::Unrecognized => ErrorCode::UnrecognizedClientException,
            Fault::Expired => ErrorCode::ExpiredTokenException,
        }
    }

    /// The error's code in the query protocol.
    #[must_use]
    pub fn query_code(&self) -> &'static str {
        match self.fault {
            Fault::MissingToken => "MissingAuthenticationToken",
            Fault::Incomplete => "IncompleteSignature",
            Fault::Invalid => "SignatureDoesNotMatch",
            Fault::Unrecognized => "InvalidClientTokenId",
            Fault::Expired => "ExpiredToken",
        }
    }

    /// The HTTP status: KMS answers 400 to all of these, STS 403 to all but incomplete ones.
    #[must_use]
    pub fn http_status(&self) -> u16 {
        match (self.protocol, self.fault) {
            (Protocol::Json, _) | (Protocol::Query, Fault::Incomplete) => 400,
            (Protocol::Query, _) => 403,
        }
    }

    /// The text for the caller, empty for a request that is signed twice.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The protocol that the refused request spoke.
    #[must_use]
    pub fn protocol(&self) -> Protocol {
        self.protocol
    }
}

impl fmt::Display for SignatureError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.query_code(), self.message)
    }
}

impl std::error::Error for SignatureError {}
