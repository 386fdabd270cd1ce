//! The body of an error in the JSON protocol.
//!
//! `{"__type":"NotFoundException","message":"…"}`: the bare name of the exception, and its
//! message under a lower-case name. `AccessDeniedException` spells it `Message`, as the real
//! service does, and errors that AWS sends without a message have no such member at all
//! (`aws-kms/operations.md` §1.3).

use strongroom_model::errors::ErrorCode;

/// The bytes that tell a client of an error.
#[must_use]
pub fn fault(code: ErrorCode, message: Option<&str>) -> Vec<u8> {
    let name = code.name();
    let mut body = Vec::with_capacity(40 + name.len() + message.map_or(0, str::len));
    body.extend_from_slice(b"{\"__type\":\"");
    body.extend_from_slice(name.as_bytes());
    body.push(b'"');
    if let Some(message) = message {
        let member: &[u8] = match code {
            ErrorCode::AccessDeniedException => b",\"Message\":",
            _ => b",\"message\":",
        };
        body.extend_from_slice(member);
        let before = body.len();
        if serde_json::to_writer(&mut body, message).is_err() {
            // Writing a text to memory does not fail. If it did, an empty message is one too.
            body.truncate(before);
            body.extend_from_slice(b"\"\"");
        }
    }
    body.push(b'}');
    body
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_are_spelled_as_aws_spells_them() {
        let check = |code, message, expected: &str| {
            assert_eq!(String::from_utf8(fault(code, message)).unwrap(), expected);
        };
        check(
            ErrorCode::NotFoundException,
            Some("Alias arn:aws:kms:eu-west-1:111122223333:alias/a is not found."),
            r#"{"__type":"NotFoundException","message":"Alias arn:aws:kms:eu-west-1:111122223333:alias/a is not found."}"#,
        );
        check(
            ErrorCode::AccessDeniedException,
            Some("no"),
            r#"{"__type":"AccessDeniedException","Message":"no"}"#,
        );
        check(
            ErrorCode::InvalidCiphertextException,
            None,
            r#"{"__type":"InvalidCiphertextException"}"#,
        );
        check(
            ErrorCode::ValidationException,
            Some("Value 'a\"\n\u{1}é' at"),
            r#"{"__type":"ValidationException","message":"Value 'a\"\n\u0001é' at"}"#,
        );
        check(
            ErrorCode::InvalidSignatureException,
            Some(""),
            r#"{"__type":"InvalidSignatureException","message":""}"#,
        );
    }
}
