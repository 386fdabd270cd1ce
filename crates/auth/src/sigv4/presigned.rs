//! Signatures in the query string.
//!
//! KMS clients never presign. STS `GetCallerIdentity` is presigned by systems that show the URL
//! to somebody else as a proof of identity, so there it is understood, for a quarter of an hour
//! at most (`authorization.md` §1.4).

use std::borrow::Cow;

use super::{
    Protocol, SignatureError, SignedParts,
    canonical::percent_decode,
    error::Fault,
    time::BasicTime,
    verify::{ALGORITHM, Claim, Form, bad_date, require_signed, shortened, unsupported},
};

/// The longest that a presigned request is good for, whatever it says itself.
const VALIDITY_MAX_SECONDS: i64 = 15 * 60;

/// What `X-Amz-Expires` may say. AWS: IAM user guide, "Query string authentication".
const EXPIRES_SECONDS: std::ops::RangeInclusive<i64> = 1..=604_800;

/// The parameters of a presigned request. Where one comes twice, the first counts.
#[derive(Default)]
pub(super) struct Parameters<'a> {
    algorithm: Option<Cow<'a, str>>,
    credential: Option<Cow<'a, str>>,
    date: Option<Cow<'a, str>>,
    expires: Option<Cow<'a, str>>,
    signed_headers: Option<Cow<'a, str>>,
    signature: Option<Cow<'a, str>>,
    session_token: Option<Cow<'a, str>>,
}

impl<'a> Parameters<'a> {
    /// Reads the parameters of a query that says it is signed.
    pub(super) fn find(query: &'a str) -> Option<Self> {
        if query.is_empty() {
            return None;
        }
        let mut found = Self::default();
        for parameter in query.split('&') {
            let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
            let slot = match percent_decode(name).as_ref() {
                b"X-Amz-Algorithm" => &mut found.algorithm,
                b"X-Amz-Credential" => &mut found.credential,
                b"X-Amz-Date" => &mut found.date,
                b"X-Amz-Expires" => &mut found.expires,
                b"X-Amz-SignedHeaders" => &mut found.signed_headers,
                b"X-Amz-Signature" => &mut found.signature,
                b"X-Amz-Security-Token" => &mut found.session_token,
                _ => continue,
            };
            slot.get_or_insert_with(|| decoded(value));
        }
        found.algorithm.is_some().then_some(found)
    }

    /// The claim that these parameters make.
    pub(super) fn claim(
        self,
        parts: &SignedParts<'a>,
        protocol: Protocol,
    ) -> Result<Claim<'a>, SignatureError> {
        let incomplete =
            |message: String| Err(SignatureError::new(protocol, Fault::Incomplete, message));
        if protocol == Protocol::Json {
            // Ours: AWS publishes no text, since no SDK presigns KMS requests.
            return Err(SignatureError::new(
                protocol,
                Fault::Invalid,
                "Requests to this service must be signed in the Authorization header.",
            ));
        }
        match self.algorithm.as_deref() {
            Some(ALGORITHM) => {}
            other => return incomplete(unsupported(other.unwrap_or_default())),
        }
        let (Some(credential), Some(signature), Some(signed_headers), Some(date)) = (
            &self.credential,
            &self.signature,
            &self.signed_headers,
            &self.date,
        ) else {
            let mut message = String::new();
            for (parameter, name) in [
                (&self.credential, "X-Amz-Credential"),
                (&self.signature, "X-Amz-Signature"),
                (&self.signed_headers, "X-Amz-SignedHeaders"),
                (&self.date, "X-Amz-Date"),
            ] {
                if parameter.is_none() {
                    message += "AWS query-string parameters must include '";
                    message += name;
                    message += "'. ";
                }
            }
            return incomplete(message + "Re-examine the query-string parameters.");
        };
        let validity_seconds = match self.expires.as_deref() {
            None => VALIDITY_MAX_SECONDS,
            Some(text) => match text.parse() {
                Ok(seconds) if EXPIRES_SECONDS.contains(&seconds) => {
                    seconds.min(VALIDITY_MAX_SECONDS)
                }
                // Ours: the dossier has no text for it.
                _ => {
                    return incomplete(format!(
                        "X-Amz-Expires must be a number of seconds from 1 to 604800. Got '{}'.",
                        shortened(text)
                    ));
                }
            },
        };
        require_signed(parts, protocol, signed_headers, [None, None])?;
        let (time, requested_at) =
            BasicTime::parse(date.as_bytes()).ok_or_else(|| bad_date(protocol, date))?;
        let session_token = self.session_token.or_else(|| {
            let token = parts.header("x-amz-security-token")?;
            Some(String::from_utf8_lossy(token))
        });
        Ok(Claim {
            protocol,
            form: Form::Presigned { validity_seconds },
            credential: credential.clone(),
            signed_headers: signed_headers.clone(),
            signature: signature.clone(),
            session_token,
            time,
            requested_at,
        })
    }
}

/// A parameter's value as text. Bytes that are none become a character that no part may have.
fn decoded(value: &str) -> Cow<'_, str> {
    match percent_decode(value) {
        Cow::Borrowed(_) => Cow::Borrowed(value),
        Cow::Owned(bytes) => Cow::Owned(String::from_utf8_lossy(&bytes).into_owned()),
    }
}
