//! Published and recorded signatures: AWS's own test cases, and KMS-shaped ones from botocore.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod common;

use std::{fs, path::Path};

use common::{NOW, OneKey, Request, SECRET, knock, knock_at, sha256};
use strongroom_auth::{
    Claim, Expectation, Protocol, SigningSecret,
    sigv4::{SigningKey, canonical_request},
};
use strongroom_model::{SecretAccessKey, Timestamp};

/// Reads a request file: one line, headers with continuation lines, an empty line, the body.
fn read_request(text: &str) -> Request {
    let (head, body) = text.split_once("\n\n").unwrap_or((text, ""));
    let mut lines = head.lines();
    let (method, rest) = lines.next().unwrap().split_once(' ').unwrap();
    let (target, _) = rest.rsplit_once(' ').unwrap();
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let mut request = Request {
        method: method.into(),
        path: path.into(),
        query: query.into(),
        body: body.trim_start_matches('\n').into(),
        ..Request::default()
    };
    for line in lines {
        match line.split_once(':') {
            Some((name, value)) if !line.starts_with(' ') => {
                request.add(&name.to_ascii_lowercase(), value.trim());
            }
            // A continued value, which HTTP gives up for a space (RFC 9112 section 5.2).
            _ => {
                let (_, value) = request.headers.last_mut().unwrap();
                value.extend_from_slice(b" ");
                value.extend_from_slice(line.trim().as_bytes());
            }
        }
    }
    request
}

/// Checks one case of AWS's suite in one of its two forms.
fn check_case(folder: &Path, form: &str) {
    let name = folder.file_name().unwrap().to_string_lossy().into_owned();
    let read = |file: &str| fs::read_to_string(folder.join(format!("{form}-{file}.txt"))).unwrap();
    let request = read_request(&read("signed-request"));
    let presigned = form == "query";

    let canonical = read("canonical-request");
    let signed_headers = canonical.lines().rev().nth(1).unwrap();
    let ours = request.with_parts(|parts| canonical_request(parts, signed_headers, presigned));
    let ours = String::from_utf8(ours.unwrap()).unwrap();

    let (now, _) = (Timestamp::from_millis(1_440_938_160_000), ());
    let expected = Expectation {
        now,
        services: &["service"],
        serves_region: &|region| region == "us-east-1",
    };
    let secret = SigningSecret::new(SecretAccessKey::new(
        "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY".into(),
    ));
    let verified = request.with_parts(|parts| {
        let claim = Claim::parse(parts, Protocol::Query)?.check(&expected)?;
        assert_eq!(claim.signer().0, "AKIDEXAMPLE");
        claim.verify(parts, &secret.key(&claim.signer().1))
    });
    if name == "post-sts-header-after" {
        // The token was added after signing. It says whose credentials these are, so Strongroom
        // wants it signed.
        let refused = verified.unwrap_err();
        assert_eq!(
            refused.query_code(),
            "SignatureDoesNotMatch",
            "{name} {form}"
        );
    } else {
        assert_eq!(ours, canonical, "{name} {form}");
        assert_eq!(verified, Ok(()), "{name} {form}");
    }
}

#[test]
fn the_cases_of_aws_are_verified_in_both_forms() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors");
    let mut cases = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            check_case(&path, "header");
            check_case(&path, "query");
            cases += 1;
        }
    }
    assert_eq!(cases, 31);
}

#[test]
fn list_keys_of_botocore_is_verified() {
    let mut request = Request::list_keys();
    let signed_headers = "content-type;host;x-amz-date;x-amz-target";
    let canonical = request.with_parts(|parts| canonical_request(parts, signed_headers, false));
    assert_eq!(
        sha256(&canonical.unwrap()),
        "7d58e5c73a843b55ed99ef89a4745bec4c76f6341fb724619c2a683de67222c0"
    );
    request.add(
        "authorization",
        "AWS4-HMAC-SHA256 Credential=AKIDSTRONGROOM000001/20260102/eu-central-1/kms/aws4_request, \
         SignedHeaders=content-type;host;x-amz-date;x-amz-target, \
         Signature=21820123ad74fff271072877f864d549501683f2b08603d8396e91dfd1f931b2",
    );
    let authenticated = knock(&request, Protocol::Json).unwrap();
    assert_eq!(authenticated.caller.arn(), "arn:aws:iam::111122223333:root");
    assert_eq!(authenticated.region.as_str(), "eu-central-1");
}

#[test]
fn describe_key_with_a_session_token_is_verified_and_the_token_refused_with_a_permanent_key() {
    let mut request = Request::list_keys();
    request.set("x-amz-target", "TrentService.DescribeKey");
    request.add("x-amz-security-token", "FwoGZXIvEXAMPLETOKEN+/=");
    request.body = br#"{"KeyId": "alias/app"}"#.to_vec();
    let signed_headers = "content-type;host;x-amz-date;x-amz-security-token;x-amz-target";
    let canonical = request.with_parts(|parts| canonical_request(parts, signed_headers, false));
    assert_eq!(
        sha256(&canonical.unwrap()),
        "17d464bb8161bdf2f2d06c51aa4166f2055704fb7b0fc5e93931087b85f75a4b"
    );
    request.add(
        "authorization",
        "AWS4-HMAC-SHA256 Credential=AKIDSTRONGROOM000001/20260102/eu-central-1/kms/aws4_request, \
         SignedHeaders=content-type;host;x-amz-date;x-amz-security-token;x-amz-target, \
         Signature=ca116baacdc8d057641e7e51afb4ced94f4437967e7c8de326d616bcab381e4c",
    );
    let expected = Expectation {
        now: NOW,
        services: &["kms"],
        serves_region: &|_| true,
    };
    request.with_parts(|parts| {
        let claim = Claim::parse(parts, Protocol::Json)
            .unwrap()
            .check(&expected)
            .unwrap();
        assert_eq!(claim.session_token(), Some("FwoGZXIvEXAMPLETOKEN+/="));
        let key = SigningKey::derive(&SecretAccessKey::new(SECRET.into()), &claim.signer().1);
        assert_eq!(claim.verify(parts, &key), Ok(()));
    });
    let refused = knock(&request, Protocol::Json).unwrap_err();
    assert_eq!(refused.query_code(), "InvalidClientTokenId");
}

#[test]
fn get_caller_identity_presigned_by_botocore_is_verified_while_it_is_valid() {
    let mut request = Request::get_caller_identity();
    request.query += "&X-Amz-Algorithm=AWS4-HMAC-SHA256\
        &X-Amz-Credential=AKIDSTRONGROOM000001%2F20260102%2Feu-central-1%2Fsts%2Faws4_request\
        &X-Amz-Date=20260102T030405Z&X-Amz-Expires=60&X-Amz-SignedHeaders=host\
        &X-Amz-Signature=38db1edfe07babcbbc4c0ba1e08a698e2f7021f10aa5d2ede35e4f20f2ea8490";
    assert!(knock(&request, Protocol::Query).is_ok());
    let at = |seconds: i64| {
        let now = NOW.plus_millis(seconds * 1000);
        knock_at(&request, Protocol::Query, now, &OneKey::default())
    };
    assert!(at(60).is_ok());
    assert_eq!(
        at(61).unwrap_err().message(),
        "Signature expired: 20260102T030405Z is now earlier than 20260102T030406Z \
         (20260102T030506Z - 1 min.)"
    );
}
