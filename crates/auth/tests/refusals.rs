//! Every row of the table of refusals (`authorization.md` §1.5), with its type, code, status and
//! text, in the header form and in the presigned one.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod common;

use common::{
    ACCESS_KEY_ID, ENDED_TOKEN, NOW, OneKey, Request, SESSION_KEY_ID, SESSION_TOKEN, knock,
    knock_at,
};
use strongroom_auth::{Protocol, SignatureError};
use strongroom_model::errors::ErrorCode;

const MISMATCH: &str = "The request signature we calculated does not match the signature you \
    provided. Check your AWS Secret Access Key and signing method. Consult the service \
    documentation for details.";

/// Type, code, KMS status, STS status.
type Row = (ErrorCode, &'static str, u16, u16);

const MISSING: Row = (
    ErrorCode::MissingAuthenticationTokenException,
    "MissingAuthenticationToken",
    400,
    403,
);
const INCOMPLETE: Row = (
    ErrorCode::IncompleteSignatureException,
    "IncompleteSignature",
    400,
    400,
);
const INVALID: Row = (
    ErrorCode::InvalidSignatureException,
    "SignatureDoesNotMatch",
    400,
    403,
);
const UNRECOGNIZED: Row = (
    ErrorCode::UnrecognizedClientException,
    "InvalidClientTokenId",
    400,
    403,
);
const EXPIRED: Row = (ErrorCode::ExpiredTokenException, "ExpiredToken", 400, 403);

fn check_error(refused: &SignatureError, row: Row, message: &str) {
    let (json_code, query_code, json_status, query_status) = row;
    assert_eq!(refused.message(), message);
    assert_eq!(refused.json_code(), json_code, "{message}");
    assert_eq!(refused.query_code(), query_code, "{message}");
    let status = match refused.protocol() {
        Protocol::Json => json_status,
        Protocol::Query => query_status,
    };
    assert_eq!(refused.http_status(), status, "{message}");
}

/// Checks a refusal of a header-signed request, the same for KMS and STS.
fn check(request: &Request, row: Row, message: &str) {
    let refused = knock(request, Protocol::Json).expect_err(message);
    check_error(&refused, row, message);
    let sts = request.clone().for_sts();
    let refused = knock(&sts, Protocol::Query).expect_err(message);
    check_error(&refused, row, message);
}

fn check_presigned(request: &Request, row: Row, message: &str) {
    let refused = knock(request, Protocol::Query).expect_err(message);
    check_error(&refused, row, message);
}

trait Edit: Sized {
    /// Replaces a text in the `Authorization` header.
    fn authorization(self, from: &str, to: &str) -> Self;
    /// Replaces a text in the query.
    fn query(self, from: &str, to: &str) -> Self;
    fn without(self, header: &str) -> Self;
    /// The same fault in a request to STS.
    fn for_sts(self) -> Self;
}

impl Edit for Request {
    fn authorization(mut self, from: &str, to: &str) -> Self {
        let header = self
            .headers
            .iter_mut()
            .find(|(name, _)| name == "authorization");
        let (_, value) = header.expect("a signed request");
        let text = String::from_utf8(value.clone()).unwrap();
        assert!(text.contains(from), "{from}");
        *value = text.replace(from, to).into_bytes();
        self
    }

    fn query(mut self, from: &str, to: &str) -> Self {
        assert!(self.query.contains(from), "{from}");
        self.query = self.query.replace(from, to);
        self
    }

    fn without(mut self, header: &str) -> Self {
        self.headers.retain(|(name, _)| name != header);
        self
    }

    fn for_sts(mut self) -> Self {
        for (name, value) in &mut self.headers {
            if name == "authorization" {
                let text = String::from_utf8_lossy(value).replace("/kms/", "/sts/");
                *value = text.into_bytes();
            }
        }
        self
    }
}

fn signed() -> Request {
    Request::list_keys().signed()
}

fn presigned() -> Request {
    Request::get_caller_identity().presign("20260102T030405Z", "60", "")
}

#[test]
fn well_signed_requests_are_let_in() {
    assert!(knock(&signed(), Protocol::Json).is_ok());
    assert!(knock(&presigned(), Protocol::Query).is_ok());
    let sts = Request::list_keys().sign("sts", "host;x-amz-date");
    assert!(knock(&sts, Protocol::Query).is_ok());
}

#[test]
fn no_signature_at_all() {
    let request = Request::list_keys();
    let refused = knock(&request, Protocol::Json).unwrap_err();
    check_error(&refused, MISSING, "Missing Authentication Token");
    let text = "Request is missing Authentication Token";
    check_presigned(&request, MISSING, text);
    check_presigned(
        &presigned().query("X-Amz-Algorithm", "x-amz-algorithm"),
        MISSING,
        text,
    );
}

#[test]
fn header_and_query_both_signed() {
    let mut request = signed();
    request.query = "X-Amz-Algorithm=AWS4-HMAC-SHA256".into();
    check(&request, INVALID, "");
    let mut request = presigned();
    request.add("authorization", "anything");
    check_presigned(&request, INVALID, "");
}

#[test]
fn an_unknown_algorithm() {
    let text = "Unsupported AWS 'algorithm': 'AWS4-HMAC-SHA512'.";
    check(
        &signed().authorization("SHA256", "SHA512"),
        INCOMPLETE,
        text,
    );
    check_presigned(&presigned().query("SHA256", "SHA512"), INCOMPLETE, text);
    let asymmetric = "Unsupported AWS 'algorithm': 'AWS4-ECDSA-P256-SHA256'.";
    check(
        &signed().authorization("HMAC", "ECDSA-P256"),
        INCOMPLETE,
        asymmetric,
    );
    let mut request = signed();
    request.set("authorization", "Basic cm9vdDpodW50ZXIy");
    check(
        &request,
        INCOMPLETE,
        "Unsupported AWS 'algorithm': 'Basic'.",
    );
    request.set("authorization", "");
    check(&request, INCOMPLETE, "Unsupported AWS 'algorithm': ''.");
}

#[test]
fn a_part_that_is_not_key_and_value() {
    let mut request = signed();
    request.set(
        "authorization",
        "AWS4-HMAC-SHA256 Credential=a, half, Signature=b",
    );
    // The header itself is not shown, only its hash.
    check(
        &request,
        INCOMPLETE,
        "'half' not a valid key=value pair (missing equal-sign) in Authorization header: \
         'SRnN5f+/9iH65cCER9cL5dJGM9JO/1/X8cDb8sHyEDY='",
    );
}

#[test]
fn missing_parts_are_listed_together() {
    let mut request = Request::list_keys().without("x-amz-date");
    request.set("authorization", "AWS4-HMAC-SHA256");
    check(
        &request,
        INCOMPLETE,
        "Authorization header requires 'Credential' parameter. Authorization header requires \
         'Signature' parameter. Authorization header requires 'SignedHeaders' parameter. \
         Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. \
         Authorization=YI2YWea8FSxnksZL2ETHbs5elHm9HQufxTLK0W0ffV0=",
    );
    request.add("date", "Fri, 02 Jan 2026 03:04:05 GMT");
    request.set(
        "authorization",
        "AWS4-HMAC-SHA256 Credential=a,SignedHeaders=host",
    );
    check(
        &request,
        INCOMPLETE,
        "Authorization header requires 'Signature' parameter. \
         Authorization=tysBwkZv/5ayeOdpsSHWOEghPQpEZX3VY/3R0el+6VY=",
    );
}

#[test]
fn missing_query_parameters_are_listed_together() {
    let text = "AWS query-string parameters must include 'X-Amz-Credential'. Re-examine the \
        query-string parameters.";
    check_presigned(
        &presigned().query("X-Amz-Credential", "x"),
        INCOMPLETE,
        text,
    );
    let mut request = Request::get_caller_identity();
    request.query = "X-Amz-Algorithm=AWS4-HMAC-SHA256".into();
    check_presigned(
        &request,
        INCOMPLETE,
        "AWS query-string parameters must include 'X-Amz-Credential'. AWS query-string parameters \
         must include 'X-Amz-Signature'. AWS query-string parameters must include \
         'X-Amz-SignedHeaders'. AWS query-string parameters must include 'X-Amz-Date'. Re-examine \
         the query-string parameters.",
    );
}

#[test]
fn a_validity_that_is_no_number_of_seconds_up_to_a_week() {
    for wrong in ["0", "604801", "-1", "1.5", "soon", ""] {
        let request = Request::get_caller_identity().presign("20260102T030405Z", wrong, "");
        let text =
            format!("X-Amz-Expires must be a number of seconds from 1 to 604800. Got '{wrong}'.");
        check_presigned(&request, INCOMPLETE, &text);
    }
}

#[test]
fn presigned_requests_to_kms() {
    let refused = knock(&presigned(), Protocol::Json).unwrap_err();
    let text = "Requests to this service must be signed in the Authorization header.";
    check_error(&refused, INVALID, text);
}

#[test]
fn the_host_not_signed() {
    let text = "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.";
    let request = Request::list_keys().sign("kms", "content-type;x-amz-date;x-amz-target");
    check(&request, INVALID, text);
    let request = presigned().query("SignedHeaders=host", "SignedHeaders=date");
    check_presigned(&request, INVALID, text);
}

#[test]
fn another_required_header_not_signed() {
    let text = |name: &str| format!("'{name}' must be a 'SignedHeader' in the AWS Authorization.");
    let refused = |request: &Request| knock(request, Protocol::Json).unwrap_err();

    let request = Request::list_keys().sign("kms", "host;x-amz-date");
    check_error(&refused(&request), INVALID, &text("x-amz-target"));
    let request = Request::list_keys().sign("kms", "host;x-amz-target");
    check(&request, INVALID, &text("x-amz-date"));
    let mut request = Request::list_keys().without("x-amz-date");
    request.add("date", "Fri, 02 Jan 2026 03:04:05 GMT");
    let request = request.sign("kms", "host;x-amz-target");
    check(&request, INVALID, &text("date"));
    for name in ["x-amz-security-token", "x-amz-content-sha256"] {
        let mut request = Request::list_keys();
        request.add(name, "x");
        check(&request.signed(), INVALID, &text(name));
        let mut request = presigned();
        request.add(name, "x");
        check_presigned(&request, INVALID, &text(name));
    }
}

#[test]
fn a_date_that_is_none() {
    let text = |got: &str| {
        format!(
            "Date must be in ISO-8601 'basic format'. Got '{got}'. See \
             http://en.wikipedia.org/wiki/ISO_8601"
        )
    };
    for wrong in [
        "2026-01-02T03:04:05Z",
        "20260132T030405Z",
        "",
        "Fri, 02 Jan 2026 03:04:05 GMT",
    ] {
        let mut request = signed();
        request.set("x-amz-date", wrong);
        check(&request, INCOMPLETE, &text(wrong));
        let request = presigned().query("20260102T030405Z", &wrong.replace(' ', "%20"));
        check_presigned(&request, INCOMPLETE, &text(wrong));
    }
    let mut twice = signed();
    twice.add("x-amz-date", "20260102T030405Z");
    check(&twice, INCOMPLETE, &text("20260102T030405Z"));
    let mut request = Request::list_keys().without("x-amz-date");
    request.add("date", "yesterday");
    let request = request.sign("kms", "content-type;date;host;x-amz-target");
    check(&request, INCOMPLETE, &text("yesterday"));
}

#[test]
fn a_date_header_serves_in_both_its_formats() {
    for date in [
        "20260102T030405Z",
        "Fri, 02 Jan 2026 03:04:05 GMT",
        "2 Jan 2026 04:04:05 +0100",
    ] {
        let mut request = Request::list_keys().without("x-amz-date");
        request.add("date", date);
        let request = request.sign("kms", "content-type;date;host;x-amz-target");
        assert!(knock(&request, Protocol::Json).is_ok(), "{date}");
    }
}

#[test]
fn clocks_may_differ_by_five_minutes_for_kms_and_fifteen_for_sts() {
    let at = |protocol, seconds: i64| {
        let request = match protocol {
            Protocol::Json => signed(),
            Protocol::Query => Request::list_keys().sign("sts", "host;x-amz-date"),
        };
        let now = NOW.plus_millis(seconds * 1000);
        knock_at(&request, protocol, now, &OneKey::default())
    };
    let check = |protocol, seconds: i64, text: &str| {
        check_error(&at(protocol, seconds).unwrap_err(), INVALID, text);
    };
    for (protocol, minutes) in [(Protocol::Json, 5), (Protocol::Query, 15)] {
        assert!(at(protocol, minutes * 60).is_ok());
        assert!(at(protocol, -minutes * 60).is_ok());
    }
    check(
        Protocol::Json,
        301,
        "Signature expired: 20260102T030405Z is now earlier than 20260102T030406Z \
         (20260102T030906Z - 5 min.)",
    );
    check(
        Protocol::Json,
        -301,
        "Signature not yet current: 20260102T030405Z is still later than 20260102T030404Z \
         (20260102T025904Z + 5 min.)",
    );
    check(
        Protocol::Query,
        901,
        "Signature expired: 20260102T030405Z is now earlier than 20260102T030406Z \
         (20260102T031906Z - 15 min.)",
    );
    check(
        Protocol::Query,
        -901,
        "Signature not yet current: 20260102T030405Z is still later than 20260102T030404Z \
         (20260102T024904Z + 15 min.)",
    );
}

#[test]
fn presigned_requests_are_good_for_a_quarter_of_an_hour_at_most() {
    let at = |expires: &str, seconds: i64| {
        let request = Request::get_caller_identity().presign("20260102T030405Z", expires, "");
        let now = NOW.plus_millis(seconds * 1000);
        knock_at(&request, Protocol::Query, now, &OneKey::default())
    };
    assert!(at("604800", 900).is_ok());
    assert_eq!(
        at("604800", 901).unwrap_err().message(),
        "Signature expired: 20260102T030405Z is now earlier than 20260102T030406Z \
         (20260102T031906Z - 15 min.)"
    );
    assert_eq!(
        at("90", 91).unwrap_err().message(),
        "Signature expired: 20260102T030405Z is now earlier than 20260102T030406Z \
         (20260102T030536Z - 90 sec.)"
    );
    assert!(at("1", -900).is_ok());
    assert_eq!(
        at("1", -901).unwrap_err().message(),
        "Signature not yet current: 20260102T030405Z is still later than 20260102T030404Z \
         (20260102T024904Z + 15 min.)"
    );
    let mut unlimited = presigned();
    unlimited.query = unlimited.query.replace("&X-Amz-Expires=60", "");
    let refused = knock(&unlimited, Protocol::Query).unwrap_err();
    assert_eq!(refused.message(), MISMATCH);
}

#[test]
fn a_credential_without_its_five_parts() {
    let text = |got: &str| {
        format!(
            "Credential must have exactly 5 slash-delimited elements, e.g. \
             keyid/date/region/service/term, got '{got}'"
        )
    };
    for wrong in ["AKID", "AKID/20260102/eu-central-1/kms", "a/b/c/d/e/f"] {
        let mut request = signed();
        let header = format!(
            "AWS4-HMAC-SHA256 Credential={wrong}, \
             SignedHeaders=content-type;host;x-amz-date;x-amz-target, Signature=00"
        );
        request.set("authorization", &header);
        check(&request, INCOMPLETE, &text(wrong));
    }
    let request = presigned().query("%2Faws4_request", "");
    let got = format!("{ACCESS_KEY_ID}/20260102/eu-central-1/sts");
    check_presigned(&request, INCOMPLETE, &text(&got));
}

#[test]
fn a_scope_for_something_else() {
    let headers = "content-type;host;x-amz-date;x-amz-target";
    let region = "Credential should be scoped to a valid region. ";
    let service = "Credential should be scoped to correct service: 'kms'. ";
    let terminator =
        "Credential should be scoped with a valid terminator: 'aws4_request', not 'aws5_request'";
    let date = "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date \
        from HTTP: '20260101' != '20260102', from '20260102T030405Z'.";
    let check = |scope: &str, text: &str| {
        let request = Request::list_keys().sign_with_scope(scope, headers);
        check_error(&knock(&request, Protocol::Json).unwrap_err(), INVALID, text);
    };
    check("20260102/us-east-1/kms/aws4_request", region);
    check("20260102//kms/aws4_request", region);
    check("20260102/eu-central-1/s3/aws4_request", service);
    check("20260102/eu-central-1/kms/aws5_request", terminator);
    check("20260101/eu-central-1/kms/aws4_request", date);
    check(
        "20260101/us-east-1/s3/aws5_request",
        &format!("{region}{service}{terminator} {date}"),
    );
    check(
        "20260101/us-east-1/kms/aws4_request",
        &format!("{region}{date}"),
    );

    let request = presigned().query("eu-central-1%2Fsts", "us-east-1%2Fkms");
    let service = "Credential should be scoped to correct service: 'sts'. ";
    check_presigned(&request, INVALID, &format!("{region}{service}"));
}

#[test]
fn an_access_key_that_is_unknown_inactive_or_not_temporary() {
    let text = "The security token included in the request is invalid.";
    check(
        &signed().authorization(ACCESS_KEY_ID, "AKIDSTRONGROOM000002"),
        UNRECOGNIZED,
        text,
    );
    let request = presigned().query(ACCESS_KEY_ID, "AKIDSTRONGROOM000002");
    check_presigned(&request, UNRECOGNIZED, text);

    let inactive = OneKey { active: false };
    let refused = knock_at(&signed(), Protocol::Json, NOW, &inactive).unwrap_err();
    check_error(&refused, UNRECOGNIZED, text);

    let mut request = Request::list_keys();
    request.add("x-amz-security-token", "token");
    let headers = "content-type;host;x-amz-date;x-amz-security-token;x-amz-target";
    check(&request.sign("kms", headers), UNRECOGNIZED, text);
    let request = Request::get_caller_identity().presign(
        "20260102T030405Z",
        "60",
        "&X-Amz-Security-Token=token",
    );
    check_presigned(&request, UNRECOGNIZED, text);
}

#[test]
fn a_session_that_has_ended() {
    for protocol in [Protocol::Json, Protocol::Query] {
        check_error(
            &SignatureError::expired_session(protocol),
            EXPIRED,
            "The security token included in the request is expired",
        );
    }
}

#[test]
fn a_signature_that_differs() {
    let mut request = signed();
    request.body = b"{ }".to_vec();
    check(&request, INVALID, MISMATCH);
    check(
        &signed().authorization("Signature=", "Signature=0"),
        INVALID,
        MISMATCH,
    );
    check(
        &signed().authorization("content-type;host", "host;content-type"),
        INVALID,
        MISMATCH,
    );
    check(&signed().without("content-type"), INVALID, MISMATCH);
    let request = presigned().query("GetCallerIdentity", "AssumeRole");
    check_presigned(&request, INVALID, MISMATCH);
}

#[test]
fn a_declared_hash_that_is_not_the_bodys() {
    let headers = "content-type;host;x-amz-content-sha256;x-amz-date;x-amz-target";
    let with = |declared: &str| {
        let mut request = Request::list_keys();
        request.add("x-amz-content-sha256", declared);
        request.sign("kms", headers)
    };
    let hash = "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a";
    assert!(knock(&with(hash), Protocol::Json).is_ok());
    for declared in [
        "UNSIGNED-PAYLOAD",
        "STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        &hash.to_uppercase(),
        "",
    ] {
        check(&with(declared), INVALID, MISMATCH);
    }
}

#[test]
fn of_two_faults_the_one_that_aws_checks_first_is_named() {
    // Each step repairs the fault that was named, and the next one shows.
    let mut request = Request::list_keys().without("x-amz-date");
    request.set("authorization", "AWS4-HMAC-SHA512 Credential=x");
    let named = |request: &Request| {
        let refused = knock(request, Protocol::Json).unwrap_err();
        refused.message().chars().take(24).collect::<String>()
    };
    assert_eq!(named(&request), "Unsupported AWS 'algorit");
    request.set("authorization", "AWS4-HMAC-SHA256 Credential=x");
    assert_eq!(named(&request), "Authorization header req");
    request.set("x-amz-date", "tomorrow");
    request.set(
        "authorization",
        "AWS4-HMAC-SHA256 Credential=x, SignedHeaders=a, Signature=0",
    );
    assert_eq!(named(&request), "'Host' or ':authority' m");
    request = request.authorization(
        "SignedHeaders=a",
        "SignedHeaders=host;x-amz-date;x-amz-target",
    );
    assert_eq!(named(&request), "Date must be in ISO-8601");
    request.set("x-amz-date", "20250102T030405Z");
    assert_eq!(named(&request), "Signature expired: 20250");
    request.set("x-amz-date", "20260102T030405Z");
    assert_eq!(named(&request), "Credential must have exa");
    request = request.authorization("Credential=x", "Credential=x/20260102/r/kms/aws4_request");
    assert_eq!(named(&request), "Credential should be sco");
    request = request.authorization("/r/", "/eu-central-1/");
    assert_eq!(named(&request), "The security token inclu");
    request = request.authorization("Credential=x", &format!("Credential={ACCESS_KEY_ID}"));
    assert_eq!(named(&request), "The request signature we");
}

#[test]
fn what_a_stranger_sent_is_echoed_in_part_only() {
    let mut request = signed();
    request.set("authorization", &"é".repeat(100_000));
    let refused = knock(&request, Protocol::Json).unwrap_err();
    assert!(refused.message().len() < 1000);
    request.headers.retain(|(name, _)| name != "authorization");
    request
        .headers
        .push(("authorization".into(), vec![0xff; 1000]));
    let refused = knock(&request, Protocol::Json).unwrap_err();
    check_error(
        &refused,
        INCOMPLETE,
        &format!(
            "Unsupported AWS 'algorithm': '{}…'.",
            "\u{fffd}".repeat(256)
        ),
    );
}

#[test]
fn sessions_come_in_with_their_own_token_until_they_end() {
    let signed = |access_key_id: &str, token: Option<&str>| {
        let mut request = Request::list_keys();
        let mut names = "content-type;host;x-amz-date".to_owned();
        if let Some(token) = token {
            request.add("x-amz-security-token", token);
            names += ";x-amz-security-token";
        }
        let mut request = request.sign("kms", &(names + ";x-amz-target"));
        for (name, value) in &mut request.headers {
            if name == "authorization" {
                let text = String::from_utf8(value.clone()).unwrap();
                // The access key id is not part of what is signed.
                *value = text.replace(ACCESS_KEY_ID, access_key_id).into_bytes();
            }
        }
        request
    };
    let session = signed(SESSION_KEY_ID, Some(SESSION_TOKEN));
    let known = knock(&session, Protocol::Json).unwrap();
    assert_eq!(known.caller.access_key_id.as_str(), SESSION_KEY_ID);

    let invalid = "The security token included in the request is invalid.";
    for request in [
        signed(SESSION_KEY_ID, None),
        signed(SESSION_KEY_ID, Some("forged")),
        signed(ACCESS_KEY_ID, Some(SESSION_TOKEN)),
        signed("ASIASTRONGROOM000002", Some(SESSION_TOKEN)),
    ] {
        check(&request, UNRECOGNIZED, invalid);
    }
    let expired = "The security token included in the request is expired";
    let ended = signed(SESSION_KEY_ID, Some(ENDED_TOKEN));
    check(&ended, EXPIRED, expired);
    // The end of a session is told before a wrong signature is.
    let mut ended = ended;
    ended.body = b"{ }".to_vec();
    check(&ended, EXPIRED, expired);
    let mut session = session;
    session.body = b"{ }".to_vec();
    let refused = knock(&session, Protocol::Json).unwrap_err();
    assert_eq!(refused.query_code(), "SignatureDoesNotMatch");
}
