//! Credential scopes: the day, Region and service that a signature is good for.

use std::fmt;

use strongroom_model::pieces::fields;

/// The last part of every credential.
pub(super) const TERMINATOR: &str = "aws4_request";

/// What a signing key was derived for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Scope<'a> {
    /// Eight digits, the day in UTC.
    pub date: &'a str,
    /// The Region, as the client wrote it.
    pub region: &'a str,
    /// `kms` or `sts`.
    pub service: &'a str,
}

impl fmt::Display for Scope<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            date,
            region,
            service,
        } = self;
        write!(f, "{date}/{region}/{service}/{TERMINATOR}")
    }
}

/// A credential cut at its slashes: `AKID/20260102/eu-west-1/kms/aws4_request`.
#[derive(Clone, Copy, Debug)]
pub(super) struct CredentialParts<'a> {
    pub(super) access_key_id: &'a str,
    pub(super) scope: Scope<'a>,
    pub(super) terminator: &'a str,
}

impl<'a> CredentialParts<'a> {
    /// Cuts a credential, which has exactly five parts.
    pub(super) fn parse(credential: &'a str) -> Option<Self> {
        let [access_key_id, date, region, service, terminator] = fields(credential, b'/')?;
        if terminator.bytes().any(|byte| byte == b'/') {
            return None;
        }
        Some(Self {
            access_key_id,
            scope: Scope {
                date,
                region,
                service,
            },
            terminator,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_have_exactly_five_parts() {
        let parts = CredentialParts::parse("AKID/20260102/eu-west-1/kms/aws4_request").unwrap();
        assert_eq!(parts.access_key_id, "AKID");
        assert_eq!(
            parts.scope.to_string(),
            "20260102/eu-west-1/kms/aws4_request"
        );
        assert!(CredentialParts::parse("////").is_some());
        for wrong in ["", "AKID", "a/b/c/d", "a/b/c/d/e/f", "a/b/c/d/e/"] {
            assert!(CredentialParts::parse(wrong).is_none(), "{wrong}");
        }
    }
}
