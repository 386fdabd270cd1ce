//! What a token says, before anybody knows whether it is true.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Map, Value};
use strongroom_model::Timestamp;

use super::keys::Algorithm;

/// The claim under which AWS takes session tags from a token. AWS: IAM user guide, "Passing
/// session tags using AssumeRoleWithWebIdentity".
const TAGS: &str = "https://aws.amazon.com/tags";
/// The claim under which AWS takes a source identity from a token.
const SOURCE_IDENTITY: &str = "https://aws.amazon.com/source_identity";
/// The longest subject that is taken. OpenID Connect Core 1.0, section 2, "sub".
const SUBJECT_CHARACTERS: usize = 255;

/// A token that was read. Nothing of it is proven.
pub struct WebIdentityToken<'t> {
    /// Header and claims as they were signed.
    pub(super) signed: &'t str,
    pub(super) signature: Vec<u8>,
    pub(super) algorithm: Option<Algorithm>,
    pub(super) key_id: Option<Box<str>>,
    claims: Map<String, Value>,
    issuer: Box<str>,
    subject: Box<str>,
    audiences: Vec<Box<str>>,
    expires: Timestamp,
}

impl std::fmt::Debug for WebIdentityToken<'_> {
    /// Shows whom the token speaks of, not what would help to use it.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WebIdentityToken")
            .field("issuer", &self.issuer)
            .field("subject", &self.subject)
            .finish_non_exhaustive()
    }
}

/// A text is no token that can be taken: not three parts of a signed JWT, or one without the
/// claims that an ID token has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("it is no JWT with the claims iss, sub, aud and exp")]
pub struct NoToken;

impl<'t> WebIdentityToken<'t> {
    /// Reads a token in the compact form of a signed JWT.
    ///
    /// An algorithm that is not one of ours is kept for [`KeySet::verify`](super::KeySet::verify)
    /// to refuse. A header with `crit` asks for something that is not understood here, and is
    /// refused as RFC 7515, section 4.1.11 demands.
    ///
    /// # Errors
    /// [`NoToken`] for any other text.
    pub fn parse(text: &'t str) -> Result<Self, NoToken> {
        let (signed, signature) = text.rsplit_once('.').ok_or(NoToken)?;
        let (header, payload) = signed.split_once('.').ok_or(NoToken)?;
        let header = object(header)?;
        if header.contains_key("crit") {
            return Err(NoToken);
        }
        let algorithm = header.get("alg").and_then(Value::as_str).ok_or(NoToken)?;
        let key_id = match header.get("kid") {
            None => None,
            Some(value) => Some(value.as_str().ok_or(NoToken)?.into()),
        };
        let claims = object(payload)?;
        let text = |name: &str| claims.get(name).and_then(Value::as_str);
        let issuer = text("iss").ok_or(NoToken)?.into();
        let subject: Box<str> = text("sub").ok_or(NoToken)?.into();
        if subject.is_empty() || subject.chars().count() > SUBJECT_CHARACTERS {
            return Err(NoToken);
        }
        let audiences = texts(claims.get("aud").ok_or(NoToken)?).ok_or(NoToken)?;
        let expires = instant(claims.get("exp").ok_or(NoToken)?).ok_or(NoToken)?;
        for optional in ["nbf", "iat"] {
            if let Some(value) = claims.get(optional) {
                instant(value).ok_or(NoToken)?;
            }
        }
        Ok(Self {
            signed,
            signature: decoded(signature)?,
            algorithm: Algorithm::parse(algorithm),
            key_id,
            issuer,
            subject,
            audiences,
            expires,
            claims,
        })
    }

    /// Who is said to have written it, as a URL.
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// Whom it speaks of.
    #[must_use]
    pub fn subject(&self) -> &str {
        &self.subject
    }

    /// For whom it was written: the authorized party where it names one, which AWS takes for the
    /// audience then, or else the audiences.
    #[must_use]
    pub fn audiences(&self) -> Vec<&str> {
        match self.claims.get("azp").and_then(Value::as_str) {
            Some(party) => vec![party],
            None => self.audiences.iter().map(AsRef::as_ref).collect(),
        }
    }

    /// From when on it does not count any more.
    #[must_use]
    pub fn expires(&self) -> Timestamp {
        self.expires
    }

    /// From when on it counts: the later of `nbf` and `iat`.
    #[must_use]
    pub fn begins(&self) -> Option<Timestamp> {
        let at = |name: &str| self.claims.get(name).and_then(instant);
        at("nbf").max(at("iat"))
    }

    /// The claims that conditions may ask for, as texts; one with several values comes as often.
    /// `aud` is what [`audiences`](Self::audiences) says, and `oaud` what stood there where that
    /// is something else. Objects are left out.
    #[must_use]
    pub fn conditions(&self) -> Vec<(&str, String)> {
        let mut found = Vec::new();
        for audience in self.audiences() {
            found.push(("aud", audience.to_owned()));
        }
        if self.claims.contains_key("azp") {
            for audience in &self.audiences {
                found.push(("oaud", audience.to_string()));
            }
        }
        for (name, value) in &self.claims {
            if name == "aud" {
                continue;
            }
            match value {
                Value::Array(values) => {
                    for value in values.iter().filter_map(scalar) {
                        found.push((name, value));
                    }
                }
                value => found.extend(scalar(value).map(|value| (name.as_str(), value))),
            }
        }
        found
    }

    /// The session tags that the token asks for, and the keys of those that are transitive.
    ///
    /// # Errors
    /// [`NoToken`] when the claim has another form than AWS documents.
    #[expect(
        clippy::type_complexity,
        reason = "two lists, used once, by one caller"
    )]
    pub fn session_tags(&self) -> Result<(Vec<(&str, &str)>, Vec<&str>), NoToken> {
        let Some(claim) = self.claims.get(TAGS) else {
            return Ok((Vec::new(), Vec::new()));
        };
        let claim = claim.as_object().ok_or(NoToken)?;
        let mut tags = Vec::new();
        if let Some(given) = claim.get("principal_tags") {
            for (key, value) in given.as_object().ok_or(NoToken)? {
                let value = match value {
                    Value::String(value) => value,
                    Value::Array(values) => match values.as_slice() {
                        [Value::String(value)] => value,
                        _ => return Err(NoToken),
                    },
                    _ => return Err(NoToken),
                };
                tags.push((key.as_str(), value.as_str()));
            }
        }
        let transitive = match claim.get("transitive_tag_keys") {
            None => Vec::new(),
            Some(Value::Array(keys)) => keys
                .iter()
                .map(|key| key.as_str().ok_or(NoToken))
                .collect::<Result<_, _>>()?,
            Some(_) => return Err(NoToken),
        };
        Ok((tags, transitive))
    }

    /// The source identity that the token asks for.
    #[must_use]
    pub fn source_identity(&self) -> Option<&str> {
        self.claims.get(SOURCE_IDENTITY).and_then(Value::as_str)
    }
}

fn decoded(part: &str) -> Result<Vec<u8>, NoToken> {
    URL_SAFE_NO_PAD.decode(part).map_err(|_| NoToken)
}

fn object(part: &str) -> Result<Map<String, Value>, NoToken> {
    serde_json::from_slice(&decoded(part)?).map_err(|_| NoToken)
}

/// A date: seconds since the epoch, perhaps with a fraction, in a range that can be meant.
fn instant(value: &Value) -> Option<Timestamp> {
    /// The end of the year 9999.
    const LATEST_SECONDS: f64 = 253_402_300_799.0;
    if let Some(seconds) = value.as_i64() {
        let known = (0..=253_402_300_799).contains(&seconds);
        return known.then(|| Timestamp::from_millis(seconds.saturating_mul(1000)));
    }
    let seconds = value.as_f64()?;
    if !(0.0..=LATEST_SECONDS).contains(&seconds) {
        return None;
    }
    #[expect(
        clippy::cast_possible_truncation,
        reason = "the range was checked, and a fraction of a second does not matter"
    )]
    let whole = seconds as i64;
    Some(Timestamp::from_millis(whole.saturating_mul(1000)))
}

/// A text, or a list of texts that is not empty.
fn texts(value: &Value) -> Option<Vec<Box<str>>> {
    match value {
        Value::String(text) => Some(vec![text.as_str().into()]),
        Value::Array(values) if !values.is_empty() => values
            .iter()
            .map(|value| value.as_str().map(Into::into))
            .collect(),
        _ => None,
    }
}

/// A value as conditions compare it.
fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Bool(_) | Value::Number(_) => Some(value.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}
