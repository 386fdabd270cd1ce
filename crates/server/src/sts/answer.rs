//! Answers: XML, with everything escaped that a caller had a hand in.

use std::borrow::Cow;

use bytes::Bytes;
use strongroom_auth::SignatureError;
use strongroom_kms::{
    CallerIdentity, RequestId,
    sts::{Credentials, RoleSession, StsError},
};
use strongroom_model::Timestamp;
use zeroize::Zeroizing;

use crate::http::Answer;

const NAMESPACE: &str = "https://sts.amazonaws.com/doc/2011-06-15/";

/// The answer to GetCallerIdentity.
#[must_use]
pub(super) fn caller_identity(identity: &CallerIdentity, id: RequestId) -> Answer {
    response("GetCallerIdentity", id, |xml| {
        xml.text("Arn", &identity.arn);
        xml.text("UserId", &identity.user_id);
        xml.text("Account", &identity.account);
    })
}

/// The answer to AssumeRole or AssumeRoleWithWebIdentity.
#[must_use]
pub(super) fn role_session(action: &str, session: &RoleSession, id: RequestId) -> Answer {
    response(action, id, |xml| {
        if let Some(web) = &session.web_identity {
            xml.text("SubjectFromWebIdentityToken", &web.subject);
            xml.text("Audience", &web.audience);
        }
        xml.element("AssumedRoleUser", |xml| {
            xml.text("AssumedRoleId", &session.assumed_role_id);
            xml.text("Arn", &session.arn);
        });
        credentials(xml, &session.credentials);
        if let Some(web) = &session.web_identity {
            xml.text("Provider", &web.provider);
        }
        if let Some(source_identity) = &session.source_identity {
            xml.text("SourceIdentity", source_identity);
        }
        if let Some(percent) = session.packed_policy_percent {
            xml.text("PackedPolicySize", &percent.to_string());
        }
    })
}

/// The answer to GetSessionToken.
#[must_use]
pub(super) fn session_token(given: &Credentials, id: RequestId) -> Answer {
    response("GetSessionToken", id, |xml| credentials(xml, given))
}

fn credentials(xml: &mut Xml, credentials: &Credentials) {
    xml.element("Credentials", |xml| {
        xml.text("AccessKeyId", &credentials.access_key_id);
        xml.text("SecretAccessKey", credentials.secret.expose());
        xml.text("SessionToken", credentials.token.expose());
        xml.text("Expiration", &date(credentials.expires));
    });
}

/// A date and time of day in UTC, to the second.
fn date(at: Timestamp) -> String {
    jiff::Timestamp::from_second(at.as_millis().div_euclid(1000))
        .map(|time| time.to_string())
        .unwrap_or_default()
}

/// The answer to a request that was refused at the door.
#[must_use]
pub fn refused(refusal: &SignatureError, id: RequestId) -> Answer {
    error(
        refusal.http_status(),
        refusal.query_code(),
        refusal.message(),
        id,
    )
}

/// The answer to a request that was refused behind the door, or that failed there.
#[must_use]
pub(super) fn failed(failure: &StsError, id: RequestId) -> Answer {
    error(failure.status(), failure.code(), failure.message(), id)
}

/// The answer when nobody can be asked at present.
#[must_use]
pub fn unavailable(id: RequestId) -> Answer {
    let message = "The service is unavailable. Try again later.";
    error(503, "ServiceUnavailable", message, id)
}

fn response(action: &str, id: RequestId, result: impl FnOnce(&mut Xml)) -> Answer {
    let mut xml = Xml::begin(&[action, "Response"].concat());
    xml.element(&[action, "Result"].concat(), result);
    xml.element("ResponseMetadata", |xml| xml.text("RequestId", &id.text()));
    // The body is wiped when hyper has sent it and lets go.
    Answer::xml(200, Bytes::from_owner(xml.end()))
}

fn error(status: u16, code: &str, message: &str, id: RequestId) -> Answer {
    let mut xml = Xml::begin("ErrorResponse");
    xml.element("Error", |xml| {
        xml.text("Type", if status >= 500 { "Receiver" } else { "Sender" });
        xml.text("Code", code);
        xml.text("Message", message);
    });
    xml.text("RequestId", &id.text());
    Answer::xml(status, Bytes::from_owner(xml.end()))
}

/// Room for every answer: a token takes most of it. A buffer that grows would leave a secret
/// behind in the memory that it moves out of; the allocator wipes that, too.
const BYTES: usize = 12 * 1024;

/// A document being written. It may hold a secret.
struct Xml {
    text: Zeroizing<String>,
    root: String,
    depth: usize,
}

/// A document that was written.
struct Written(Zeroizing<String>);

impl AsRef<[u8]> for Written {
    fn as_ref(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

impl Xml {
    /// Begins a document; names are our own and need no escaping.
    fn begin(root: &str) -> Self {
        let mut text = Zeroizing::new(String::with_capacity(BYTES));
        for part in ["<", root, " xmlns=\"", NAMESPACE, "\">\n"] {
            text.push_str(part);
        }
        Self {
            text,
            root: root.to_owned(),
            depth: 1,
        }
    }

    fn indent(&mut self) {
        for _ in 0..self.depth {
            self.text.push_str("  ");
        }
    }

    fn element(&mut self, name: &str, content: impl FnOnce(&mut Self)) {
        self.indent();
        for part in ["<", name, ">\n"] {
            self.text.push_str(part);
        }
        self.depth += 1;
        content(self);
        self.depth = self.depth.saturating_sub(1);
        self.indent();
        for part in ["</", name, ">\n"] {
            self.text.push_str(part);
        }
    }

    fn text(&mut self, name: &str, text: &str) {
        self.indent();
        for part in ["<", name, ">", &escaped(text), "</", name, ">\n"] {
            self.text.push_str(part);
        }
    }

    fn end(mut self) -> Written {
        for part in ["</", &self.root, ">\n"] {
            self.text.push_str(part);
        }
        Written(self.text)
    }
}

/// Text as an XML element may hold it. Characters that XML 1.0 cannot hold in any form become
/// the replacement character.
fn escaped(text: &str) -> Cow<'_, str> {
    let plain = |c: char| !matches!(c, '&' | '<' | '>' | '"' | '\'') && is_xml_character(c);
    if text.chars().all(plain) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            other if is_xml_character(other) => out.push(other),
            _ => out.push(char::REPLACEMENT_CHARACTER),
        }
    }
    Cow::Owned(out)
}

/// XML 1.0, section 2.2, "Characters".
fn is_xml_character(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | ' '..='\u{fffd}' | '\u{10000}'..)
}

#[cfg(test)]
mod tests {
    use strongroom_kms::sts::WebIdentity;
    use strongroom_model::{SecretAccessKey, SessionToken};

    use super::*;

    fn id() -> RequestId {
        RequestId::new([0x11; 16])
    }

    fn text(answer: &Answer) -> &str {
        std::str::from_utf8(answer.body()).unwrap()
    }

    #[test]
    fn the_identity_is_told_as_sts_tells_it() {
        let identity = CallerIdentity {
            account: "111122223333".to_owned(),
            arn: "arn:aws:iam::111122223333:user/a&b".to_owned(),
            user_id: "AIDAEXAMPLE".to_owned(),
        };
        let answer = caller_identity(&identity, id());
        assert_eq!(answer.status(), 200);
        assert_eq!(
            text(&answer),
            "<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">\n  \
             <GetCallerIdentityResult>\n    \
             <Arn>arn:aws:iam::111122223333:user/a&amp;b</Arn>\n    \
             <UserId>AIDAEXAMPLE</UserId>\n    \
             <Account>111122223333</Account>\n  \
             </GetCallerIdentityResult>\n  \
             <ResponseMetadata>\n    \
             <RequestId>11111111-1111-4111-9111-111111111111</RequestId>\n  \
             </ResponseMetadata>\n\
             </GetCallerIdentityResponse>\n"
        );
    }

    #[test]
    fn a_session_is_told_as_sts_tells_it() {
        let session = RoleSession {
            credentials: Credentials {
                access_key_id: "ASIAEXAMPLE".to_owned(),
                secret: SecretAccessKey::new("a/b+c".to_owned()),
                token: SessionToken::new("token".to_owned()),
                expires: Timestamp::from_millis(1_767_326_645_999),
            },
            assumed_role_id: "AROAEXAMPLE:s1".to_owned(),
            arn: "arn:aws:sts::111122223333:assumed-role/Dev/s1".to_owned(),
            packed_policy_percent: Some(6),
            source_identity: Some("alice".to_owned()),
            web_identity: Some(WebIdentity {
                provider: "https://issuer.example".to_owned(),
                audience: "sts".to_owned(),
                subject: "<me>".to_owned(),
            }),
        };
        let answer = role_session("AssumeRoleWithWebIdentity", &session, id());
        for part in [
            "<AssumeRoleWithWebIdentityResult>",
            "<SubjectFromWebIdentityToken>&lt;me&gt;</SubjectFromWebIdentityToken>",
            "<AssumedRoleId>AROAEXAMPLE:s1</AssumedRoleId>",
            "<SecretAccessKey>a/b+c</SecretAccessKey>",
            "<SessionToken>token</SessionToken>",
            "<Expiration>2026-01-02T04:04:05Z</Expiration>",
            "<PackedPolicySize>6</PackedPolicySize>",
            "<SourceIdentity>alice</SourceIdentity>",
            "<Provider>https://issuer.example</Provider>",
        ] {
            assert!(text(&answer).contains(part), "{part}: {}", text(&answer));
        }
        let answer = session_token(&session.credentials, id());
        assert!(text(&answer).contains("<GetSessionTokenResult>\n    <Credentials>\n"));
    }

    #[test]
    fn errors_say_whose_fault_it_is_and_cannot_be_made_into_xml() {
        let told = failed(&StsError::new("ValidationError", 400, "'<b>' \u{0}"), id());
        assert_eq!(told.status(), 400);
        let expected = "<Error>\n    <Type>Sender</Type>\n    <Code>ValidationError</Code>\n    \
                        <Message>&#39;&lt;b&gt;&#39; \u{fffd}</Message>\n  </Error>";
        assert!(text(&told).contains(expected), "{}", text(&told));
        let told = unavailable(id());
        assert_eq!(told.status(), 503);
        assert!(text(&told).contains("<Type>Receiver</Type>"));
    }
}
