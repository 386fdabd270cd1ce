//! Signature Version 4: is this request from whom it says it is from?
//!
//! A check walks through three types, so that no step can be left out: [`Claim::parse`] reads
//! what the request says about itself, [`Claim::check`] holds that against the clock and this
//! endpoint and gives a [`CheckedClaim`], and [`CheckedClaim::verify`] compares signatures once
//! the secret has been looked up. [`authenticate`] does all of it in AWS's order.
//!
//! AWS: IAM user guide, "Create a signed AWS API request".

mod authenticate;
mod canonical;
mod error;
mod key;
mod presigned;
mod scope;
mod sign;
mod time;
mod verify;

pub use authenticate::{Authenticated, AuthenticationError, authenticate};
pub use canonical::{canonical_request, percent_decode};
pub use error::{Protocol, SignatureError};
pub use key::{SigningKey, SigningSecret};
pub use scope::Scope;
pub use sign::{Signature, Signer};
pub use verify::{CheckedClaim, Claim, Expectation};

/// The parts of a request that a signature covers, as they arrived.
///
/// Nothing is decoded or normalised yet: the path and query are the bytes of the request line,
/// the header values are those of the wire without the surrounding white space.
#[derive(Clone, Copy)]
pub struct SignedParts<'a> {
    /// The HTTP method, in capitals.
    pub method: &'a str,
    /// The path, still percent-encoded.
    pub path: &'a str,
    /// The query string without its question mark, still percent-encoded.
    pub query: &'a str,
    /// Header names in lower case with their values, in order of arrival, duplicates kept. For
    /// HTTP/2 the caller adds `host` from the `:authority` pseudo-header.
    pub headers: &'a [(&'a str, &'a [u8])],
    /// The body.
    pub body: &'a [u8],
}

impl<'a> SignedParts<'a> {
    /// The first value of a header.
    pub(crate) fn header(&self, name: &str) -> Option<&'a [u8]> {
        self.headers
            .iter()
            .find(|(n, _)| *n == name)
            .map(|(_, value)| *value)
    }
}

impl std::fmt::Debug for SignedParts<'_> {
    /// Shows the request line only: headers and body may hold secrets.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SignedParts")
            .field("method", &self.method)
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}
