//! Credential scopes: the day, Region and service that a signature is good for.

use std::fmt;

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
        let mut rest = Some(credential);
        let mut next = || {
            let (part, after) = cut(rest?, b'/');
            rest = after;
            Some(part)
        };
        let (access_key_id, date, region, service, terminator) =
            (next()?, next()?, next()?, next()?, next()?);
        if next().is_some() {
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

/// A text up to an ASCII character, and what comes behind it, if it is there at all.
///
/// Signatures are made of short pieces, for which a plain look at each byte is several times
/// as fast as the library's search, which is prepared for long texts.
pub(super) fn cut(text: &str, at: u8) -> (&str, Option<&str>) {
    let place = text.bytes().position(|byte| byte == at);
    match place.and_then(|place| Some((text.get(..place)?, text.get(place + 1..)?))) {
        Some((before, after)) => (before, Some(after)),
        None => (text, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_cut_at_the_first_place() {
        assert_eq!(cut("a/b/c", b'/'), ("a", Some("b/c")));
        assert_eq!(cut("/", b'/'), ("", Some("")));
        assert_eq!(cut("ä", b'/'), ("ä", None));
        assert_eq!(cut("ä/ö", b'/'), ("ä", Some("ö")));
    }

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
