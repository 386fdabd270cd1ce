//! What a request claims about its signature, and how the claim is checked.
//!
//! The checks keep the order of AWS's front door, because which of two faults is named can be
//! seen from outside: how the signature is written, what it covers, the date, the clock, the
//! credential, its scope, and only then the secret (`authorization.md` §1.5).

use std::{
    borrow::Cow,
    fmt::{self, Write as _},
};

use aws_lc_rs::digest;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use strongroom_model::{
    Timestamp,
    pieces::{cut, pieces},
};

use super::{
    Protocol, SignatureError, SignedParts,
    canonical::{Sha256, hex, joined, put_canonical_request},
    error::Fault,
    key::SigningKey,
    presigned,
    scope::{CredentialParts, Scope, TERMINATOR},
    time::{BasicTime, basic},
};

/// The one algorithm. SigV4A is not offered: the KMS model does not ask for it.
pub(super) const ALGORITHM: &str = "AWS4-HMAC-SHA256";

/// What a request says about its own signature. Nothing of it is proven.
#[derive(Clone)]
pub struct Claim<'a> {
    pub(super) protocol: Protocol,
    pub(super) form: Form,
    pub(super) credential: Cow<'a, str>,
    pub(super) signed_headers: Cow<'a, str>,
    pub(super) signature: Cow<'a, str>,
    pub(super) session_token: Option<Cow<'a, str>>,
    pub(super) time: BasicTime,
    pub(super) requested_at: Timestamp,
}

/// Where the signature was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// In the `Authorization` header.
    Header,
    /// In the query string, good for some seconds.
    Presigned { validity_seconds: i64 },
}

/// What this endpoint expects of a claim.
#[derive(Clone, Copy)]
pub struct Expectation<'a> {
    /// The wall clock.
    pub now: Timestamp,
    /// The service names that a credential may be scoped to; the first is named in messages.
    pub services: &'a [&'a str],
    /// Whether the endpoint serves a Region.
    pub serves_region: &'a (dyn Fn(&str) -> bool + Sync),
}

/// A claim that fits the clock and the endpoint. What remains is to look up the secret and
/// [verify](CheckedClaim::verify).
#[derive(Clone, Debug)]
pub struct CheckedClaim<'a>(Claim<'a>);

impl fmt::Debug for Claim<'_> {
    /// Shows who claims to have signed and when, not what would help to sign again.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Claim")
            .field("credential", &self.credential)
            .field("signed_headers", &self.signed_headers)
            .field("requested_at", &self.requested_at)
            .finish_non_exhaustive()
    }
}

impl<'a> Claim<'a> {
    /// Reads a request's claim from its `Authorization` header or its query.
    ///
    /// # Errors
    ///
    /// When there is no signature, or two; when it is not written as it should be; when it does
    /// not cover the headers that decide what the request means; or when its date is no date.
    pub fn parse(parts: &SignedParts<'a>, protocol: Protocol) -> Result<Self, SignatureError> {
        let header = parts.header("authorization");
        let query = presigned::Parameters::find(parts.query);
        match (header, query) {
            (None, None) => Err(SignatureError::missing(protocol)),
            (Some(_), Some(_)) => Err(SignatureError::new(protocol, Fault::Invalid, "")),
            (Some(header), None) => Self::from_header(parts, header, protocol),
            (None, Some(query)) => query.claim(parts, protocol),
        }
    }

    fn from_header(
        parts: &SignedParts<'a>,
        header: &'a [u8],
        protocol: Protocol,
    ) -> Result<Self, SignatureError> {
        // Bytes that are no text become a character that no part may have.
        let incomplete =
            |message: String| Err(SignatureError::new(protocol, Fault::Incomplete, message));
        let text = match std::str::from_utf8(header) {
            Ok(text) => text,
            Err(_) => return incomplete(unsupported(&String::from_utf8_lossy(header))),
        };
        let text = text.trim_matches(' ');
        let (algorithm, fields) = cut(text, b' ');
        if algorithm != ALGORITHM {
            return incomplete(unsupported(algorithm));
        }

        let (mut credential, mut signed_headers, mut signature) = (None, None, None);
        let fields = fields.unwrap_or_default().trim_matches(' ');
        let fields = Some(fields).filter(|fields| !fields.is_empty());
        for field in fields.into_iter().flat_map(|fields| pieces(fields, b',')) {
            let field = field.trim_matches(' ');
            let (name, Some(value)) = cut(field, b'=') else {
                return incomplete(format!(
                    "'{}' not a valid key=value pair (missing equal-sign) in Authorization \
                     header: '{}'",
                    shortened(field),
                    hashed(header)
                ));
            };
            match name {
                "Credential" => credential = Some(value),
                "SignedHeaders" => signed_headers = Some(value),
                "Signature" => signature = Some(value),
                _ => {}
            }
        }
        let date_header = if parts.header("x-amz-date").is_some() {
            Some("x-amz-date")
        } else {
            parts.header("date").map(|_| "date")
        };

        let (Some(credential), Some(signature), Some(signed_headers), Some(date_header)) =
            (credential, signature, signed_headers, date_header)
        else {
            let mut message = String::new();
            for (missing, name) in [
                (credential.is_none(), "Credential"),
                (signature.is_none(), "Signature"),
                (signed_headers.is_none(), "SignedHeaders"),
            ] {
                if missing {
                    message += "Authorization header requires '";
                    message += name;
                    message += "' parameter. ";
                }
            }
            if date_header.is_none() {
                message += "Authorization header requires existence of either a 'X-Amz-Date' or \
                            a 'Date' header. ";
            }
            message += "Authorization=";
            message += &hashed(header);
            return incomplete(message);
        };

        let target = (protocol == Protocol::Json).then_some("x-amz-target");
        let required = [Some(date_header), target];
        require_signed(parts, protocol, signed_headers, required)?;
        let (time, requested_at) = read_date(parts, protocol, date_header)?;
        let session_token = parts
            .header("x-amz-security-token")
            .map(|token| String::from_utf8_lossy(token));
        Ok(Self {
            protocol,
            form: Form::Header,
            credential: credential.into(),
            signed_headers: signed_headers.into(),
            signature: signature.into(),
            session_token,
            time,
            requested_at,
        })
    }

    /// Holds the claim against the clock and this endpoint.
    ///
    /// # Errors
    ///
    /// When the request is too old or too new, when its credential does not have its five parts,
    /// or when it is scoped to another Region, service, terminator or day. Faults of the scope
    /// are reported together.
    pub fn check(self, expected: &Expectation<'_>) -> Result<CheckedClaim<'a>, SignatureError> {
        self.check_clock(expected.now)?;
        let Some(credential) = CredentialParts::parse(&self.credential) else {
            return Err(SignatureError::new(
                self.protocol,
                Fault::Incomplete,
                format!(
                    "Credential must have exactly 5 slash-delimited elements, e.g. \
                     keyid/date/region/service/term, got '{}'",
                    shortened(&self.credential)
                ),
            ));
        };
        self.check_scope(&credential, expected)?;
        Ok(CheckedClaim(self))
    }

    fn check_clock(&self, now: Timestamp) -> Result<(), SignatureError> {
        let skew_minutes = self.protocol.skew_minutes();
        let refuse = |message| Err(SignatureError::new(self.protocol, Fault::Invalid, message));

        let oldest_seconds = match self.form {
            Form::Header => skew_minutes * 60,
            Form::Presigned { validity_seconds } => validity_seconds,
        };
        let oldest = now.plus_millis(oldest_seconds.saturating_mul(-1000));
        if self.requested_at < oldest {
            let span = if oldest_seconds % 60 == 0 {
                format!("{} min.", oldest_seconds / 60)
            } else {
                format!("{oldest_seconds} sec.")
            };
            return refuse(format!(
                "Signature expired: {} is now earlier than {} ({} - {span})",
                self.time,
                basic(oldest),
                basic(now)
            ));
        }
        let newest = now.plus_millis(skew_minutes * 60_000);
        if self.requested_at > newest {
            return refuse(format!(
                "Signature not yet current: {} is still later than {} ({} + {skew_minutes} min.)",
                self.time,
                basic(newest),
                basic(now)
            ));
        }
        Ok(())
    }

    fn check_scope(
        &self,
        credential: &CredentialParts<'_>,
        expected: &Expectation<'_>,
    ) -> Result<(), SignatureError> {
        let Scope {
            date,
            region,
            service,
        } = credential.scope;
        let mut faults = String::new();
        if !(expected.serves_region)(region) {
            faults += "Credential should be scoped to a valid region. ";
        }
        if !expected.services.contains(&service) {
            let wanted = expected.services.first().unwrap_or(&"");
            // Writing to a String cannot fail.
            let _ = write!(
                faults,
                "Credential should be scoped to correct service: '{wanted}'. "
            );
        }
        if credential.terminator != TERMINATOR {
            let _ = write!(
                faults,
                "Credential should be scoped with a valid terminator: '{TERMINATOR}', not '{}'",
                shortened(credential.terminator)
            );
        }
        if date != self.time.date() {
            if !faults.is_empty() && !faults.ends_with(' ') {
                faults.push(' ');
            }
            let _ = write!(
                faults,
                "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date \
                 from HTTP: '{}' != '{}', from '{}'.",
                shortened(date),
                self.time.date(),
                self.time
            );
        }
        if faults.is_empty() {
            Ok(())
        } else {
            Err(SignatureError::new(self.protocol, Fault::Invalid, faults))
        }
    }
}

impl CheckedClaim<'_> {
    /// The access key that the request says it was signed with, and the day, Region and service
    /// that the signature is for.
    #[must_use]
    pub fn signer(&self) -> (&str, Scope<'_>) {
        // `Claim::check` has cut the same text before. Should it not have, the empty access key
        // belongs to nobody.
        CredentialParts::parse(&self.0.credential).map_or_else(
            || ("", Scope::default()),
            |parts| (parts.access_key_id, parts.scope),
        )
    }

    /// The token that goes with temporary credentials.
    #[must_use]
    pub fn session_token(&self) -> Option<&str> {
        self.0.session_token.as_deref()
    }

    /// When the request says it was made, to the second.
    #[must_use]
    pub fn requested_at(&self) -> Timestamp {
        self.0.requested_at
    }

    /// Compares the signature with the one that `key` gives for these parts, in constant time.
    ///
    /// `parts` must be those that the claim was read from.
    ///
    /// # Errors
    ///
    /// When the signatures differ, when a signed header is absent or the list is not in order,
    /// and when `x-amz-content-sha256` was sent and is not the hash of the body. That refuses
    /// `UNSIGNED-PAYLOAD` and the streaming forms, which only S3 knows.
    pub fn verify(&self, parts: &SignedParts<'_>, key: &SigningKey) -> Result<(), SignatureError> {
        let claim = &self.0;
        let payload_hash = hex(digest::digest(&digest::SHA256, parts.body).as_ref());
        let body_is_as_declared = parts
            .headers
            .iter()
            .filter(|(name, _)| *name == "x-amz-content-sha256")
            .all(|(_, declared)| *declared == payload_hash);

        let mut canonical = Sha256::new();
        let presigned = claim.form != Form::Header;
        let covered = put_canonical_request(
            &mut canonical,
            parts,
            &claim.signed_headers,
            &payload_hash,
            presigned,
        );
        let request_hash = hex(canonical.finish().as_ref());
        let (_, scope) = cut(&claim.credential, b'/');
        let string_to_sign: [&[u8]; 7] = [
            ALGORITHM.as_bytes(),
            b"\n",
            claim.time.as_bytes(),
            b"\n",
            scope.unwrap_or_default().as_bytes(),
            b"\n",
            &request_hash,
        ];
        let mut room = [0; 256];
        let string_to_sign = joined(&string_to_sign, &mut room);
        let signed = key.signed(&string_to_sign, claim.signature.as_bytes());
        if signed && covered.is_ok() && body_is_as_declared {
            Ok(())
        } else {
            Err(SignatureError::mismatch(claim.protocol))
        }
    }

    /// Refuses a request whose access key is unknown or inactive, after the work of a
    /// verification, so that time does not tell which access keys exist.
    #[must_use]
    pub fn refuse_unknown(&self, parts: &SignedParts<'_>) -> SignatureError {
        // The outcome is of no interest, and could only be a mismatch.
        drop(self.verify(parts, &SigningKey::of_nobody()));
        SignatureError::unrecognized(self.0.protocol)
    }
}

/// Refuses a list of signed headers that leaves out one that decides what the request means.
///
/// AWS asks for `host`; the date, the target, the token and the body's hash are asked for
/// because a request that does not sign them could be another one.
pub(super) fn require_signed(
    parts: &SignedParts<'_>,
    protocol: Protocol,
    signed_headers: &str,
    required: [Option<&'static str>; 2],
) -> Result<(), SignatureError> {
    let if_sent = |name| parts.header(name).map(|_| name);
    let mut unsigned = [
        Some("host"),
        required[0],
        required[1],
        if_sent("x-amz-security-token"),
        if_sent("x-amz-content-sha256"),
    ];
    for signed in pieces(signed_headers, b';') {
        for name in &mut unsigned {
            *name = name.filter(|name| *name != signed);
        }
    }
    let missing = unsigned.into_iter().flatten().next();
    let missing = missing.map(|name| match name {
        "host" => "Host' or ':authority",
        name => name,
    });
    match missing {
        None => Ok(()),
        Some(name) => Err(SignatureError::new(
            protocol,
            Fault::Invalid,
            format!("'{name}' must be a 'SignedHeader' in the AWS Authorization."),
        )),
    }
}

/// Reads the time of a header-signed request. Two dates are none.
fn read_date(
    parts: &SignedParts<'_>,
    protocol: Protocol,
    name: &'static str,
) -> Result<(BasicTime, Timestamp), SignatureError> {
    let mut values = parts.headers.iter().filter(|(n, _)| *n == name);
    let value = values.next().map(|(_, value)| *value).unwrap_or_default();
    let parsed = match values.next() {
        Some(_) => None,
        None => BasicTime::parse(value).or_else(|| {
            let text = std::str::from_utf8(value).ok()?;
            (name == "date").then(|| BasicTime::parse_http_date(text))?
        }),
    };
    parsed.ok_or_else(|| bad_date(protocol, &String::from_utf8_lossy(value)))
}

/// The refusal of a date that cannot be read.
pub(super) fn bad_date(protocol: Protocol, got: &str) -> SignatureError {
    SignatureError::new(
        protocol,
        Fault::Incomplete,
        format!(
            "Date must be in ISO-8601 'basic format'. Got '{}'. See \
             http://en.wikipedia.org/wiki/ISO_8601",
            shortened(got)
        ),
    )
}

/// The text about an algorithm that is not ours.
pub(super) fn unsupported(algorithm: &str) -> String {
    format!("Unsupported AWS 'algorithm': '{}'.", shortened(algorithm))
}

/// What a stranger sent, short enough to be sent back.
pub(super) fn shortened(text: &str) -> Cow<'_, str> {
    const LONGEST: usize = 256;
    match text.char_indices().nth(LONGEST) {
        None => Cow::Borrowed(text),
        Some((end, _)) => Cow::Owned(format!("{}…", text.get(..end).unwrap_or_default())),
    }
}

/// A stand-in for an `Authorization` header, as AWS prints it: one can recognise one's own and
/// learn nothing from another's.
fn hashed(header: &[u8]) -> String {
    STANDARD.encode(digest::digest(&digest::SHA256, header))
}
