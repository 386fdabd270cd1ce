//! The part of STS that is spoken here: GetCallerIdentity over the query protocol.
//!
//! The AWS CLI and Terraform ask it before anything else, and systems that use a presigned
//! request as a proof of identity ask nothing but it. Answers are XML.
//!
//! AWS: STS API reference, "GetCallerIdentity", "Common errors".

use std::{borrow::Cow, fmt::Write as _};

use strongroom_auth::SignatureError;
use strongroom_kms::{CallerIdentity, KmsError, RequestId};

use crate::http::Answer;

const NAMESPACE: &str = "https://sts.amazonaws.com/doc/2011-06-15/";
const VERSION: &str = "2011-06-15";

/// An action of STS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Who am I?
    GetCallerIdentity,
}

/// An action that is not one of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UnknownAction {
    /// The request names no action.
    Missing,
    /// The request names this one, in this version of the API.
    Named {
        /// The action.
        action: String,
        /// The version, the present one when the request names none.
        version: String,
    },
}

/// The longest name that is repeated in an error.
const SHOWN_CHARACTERS: usize = 64;

/// The action that a request asks for: in the form of its body, or in its query when it has no
/// body. A request need not say which version of the API it means.
///
/// # Errors
/// When it asks for anything else.
pub fn action(query: &str, body: &[u8]) -> Result<Action, UnknownAction> {
    let form = std::str::from_utf8(body).unwrap_or_default();
    let text = if form.is_empty() { query } else { form };
    let Some(action) = parameter(text, "Action") else {
        return Err(UnknownAction::Missing);
    };
    let version = parameter(text, "Version").unwrap_or(Cow::Borrowed(VERSION));
    match (action.as_ref(), version.as_ref()) {
        ("GetCallerIdentity", VERSION) => Ok(Action::GetCallerIdentity),
        (action, version) => {
            let shown = |text: &str| text.chars().take(SHOWN_CHARACTERS).collect();
            Err(UnknownAction::Named {
                action: shown(action),
                version: shown(version),
            })
        }
    }
}

/// The first value of a parameter of a form or query.
fn parameter<'a>(text: &'a str, name: &str) -> Option<Cow<'a, str>> {
    text.split('&').find_map(|pair| {
        let (key, value) = pair.split_once('=')?;
        (decoded(key) == name).then(|| decoded(value))
    })
}

/// A name or value of a form: plus signs are spaces there, and the rest is percent-encoded.
fn decoded(text: &str) -> Cow<'_, str> {
    if !text.contains(['+', '%']) {
        return Cow::Borrowed(text);
    }
    let spaced = text.replace('+', " ");
    let bytes = strongroom_auth::sigv4::percent_decode(&spaced);
    Cow::Owned(String::from_utf8_lossy(&bytes).into_owned())
}

/// The answer to GetCallerIdentity.
#[must_use]
pub fn caller_identity(identity: &CallerIdentity, id: RequestId) -> Answer {
    let mut xml = String::with_capacity(512);
    let CallerIdentity {
        account,
        arn,
        user_id,
    } = identity;
    // Writing to a String cannot fail.
    let _ = write!(
        xml,
        "<GetCallerIdentityResponse xmlns=\"{NAMESPACE}\">\n  <GetCallerIdentityResult>\n    \
         <Arn>{}</Arn>\n    <UserId>{}</UserId>\n    <Account>{account}</Account>\n  \
         </GetCallerIdentityResult>\n  <ResponseMetadata>\n    <RequestId>{id}</RequestId>\n  \
         </ResponseMetadata>\n</GetCallerIdentityResponse>\n",
        escaped(arn),
        escaped(user_id),
    );
    Answer::xml(200, xml)
}

/// The answer to a request that asks for no action we have.
#[must_use]
pub fn unknown_action(unknown: &UnknownAction, id: RequestId) -> Answer {
    match unknown {
        UnknownAction::Missing => error(
            400,
            "MissingAction",
            "The request is missing an action.",
            id,
        ),
        UnknownAction::Named { action, version } => {
            let message = format!("Could not find operation {action} for version {version}");
            error(400, "InvalidAction", &message, id)
        }
    }
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

/// The answer to a request that failed behind the door: the service's error by the names and
/// statuses of the query protocol.
#[must_use]
pub fn failed(failure: &KmsError, id: RequestId) -> Answer {
    let message = failure.message().unwrap_or_default();
    let name = failure.code().name();
    match failure.code().http_status() {
        503 => unavailable(id),
        500.. => error(500, "InternalFailure", message, id),
        _ if name == "AccessDeniedException" => error(403, "AccessDenied", message, id),
        status => error(
            status,
            name.strip_suffix("Exception").unwrap_or(name),
            message,
            id,
        ),
    }
}

/// The answer when nobody can be asked at present.
#[must_use]
pub fn unavailable(id: RequestId) -> Answer {
    error(
        503,
        "ServiceUnavailable",
        "The service is unavailable. Try again later.",
        id,
    )
}

fn error(status: u16, code: &str, message: &str, id: RequestId) -> Answer {
    let fault = if status >= 500 { "Receiver" } else { "Sender" };
    let mut xml = String::with_capacity(384 + message.len());
    // Writing to a String cannot fail.
    let _ = write!(
        xml,
        "<ErrorResponse xmlns=\"{NAMESPACE}\">\n  <Error>\n    <Type>{fault}</Type>\n    \
         <Code>{}</Code>\n    <Message>{}</Message>\n  </Error>\n  <RequestId>{id}</RequestId>\n\
         </ErrorResponse>\n",
        escaped(code),
        escaped(message),
    );
    Answer::xml(status, xml)
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
    use strongroom_model::errors::ErrorCode;

    use super::*;

    fn id() -> RequestId {
        RequestId::new([0x11; 16])
    }

    fn text(answer: &Answer) -> &str {
        std::str::from_utf8(answer.body()).unwrap()
    }

    #[test]
    fn the_action_is_read_from_the_form_or_the_query() {
        let identity = Ok(Action::GetCallerIdentity);
        assert_eq!(
            action("", b"Action=GetCallerIdentity&Version=2011-06-15"),
            identity
        );
        assert_eq!(
            action("", b"Version=2011-06-15&Action=GetCallerIdentity"),
            identity
        );
        assert_eq!(action("", b"Action=GetCallerIdentity"), identity);
        assert_eq!(
            action("Action=GetCaller%49dentity&X-Amz-Expires=60", b""),
            identity
        );
        assert_eq!(action("Action=x", b"Action=GetCallerIdentity"), identity);
    }

    #[test]
    fn other_actions_are_named_in_the_refusal() {
        let check = |query: &str, body: &[u8], code: &str, message: &str| {
            let unknown = action(query, body).unwrap_err();
            let answer = unknown_action(&unknown, id());
            assert_eq!(answer.status(), 400);
            let expected = format!("<Code>{code}</Code>\n    <Message>{message}</Message>");
            assert!(text(&answer).contains(&expected), "{}", text(&answer));
        };
        check(
            "",
            b"",
            "MissingAction",
            "The request is missing an action.",
        );
        check(
            "",
            b"\xff",
            "MissingAction",
            "The request is missing an action.",
        );
        check(
            "",
            b"Action=AssumeRole",
            "InvalidAction",
            "Could not find operation AssumeRole for version 2011-06-15",
        );
        check(
            "",
            b"Action=GetCallerIdentity&Version=2010-01-01",
            "InvalidAction",
            "Could not find operation GetCallerIdentity for version 2010-01-01",
        );
        check(
            "Action=%3Cb%3E+%00",
            b"",
            "InvalidAction",
            "Could not find operation &lt;b&gt; \u{fffd} for version 2011-06-15",
        );
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
    fn failures_have_the_names_and_statuses_of_the_query_protocol() {
        let check = |code, status: u16, name: &str, side: &str| {
            let answer = failed(&KmsError::new(code, "why"), id());
            assert_eq!(answer.status(), status, "{name}");
            assert!(
                text(&answer).contains(&format!("<Code>{name}</Code>")),
                "{}",
                text(&answer)
            );
            assert!(text(&answer).contains(&format!("<Type>{side}</Type>")));
        };
        check(
            ErrorCode::AccessDeniedException,
            403,
            "AccessDenied",
            "Sender",
        );
        check(
            ErrorCode::KMSInternalException,
            500,
            "InternalFailure",
            "Receiver",
        );
        check(
            ErrorCode::ServiceUnavailable,
            503,
            "ServiceUnavailable",
            "Receiver",
        );
        check(ErrorCode::ValidationException, 400, "Validation", "Sender");
    }
}
