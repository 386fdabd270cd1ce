//! What an attacker can do to a signed request, and what anybody can send.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod common;

use aws_credential_types::Credentials;
use aws_sigv4::{
    http_request::{SignableBody, SignableRequest, SignatureLocation, SigningSettings, sign},
    sign::v4,
};
use aws_smithy_runtime_api::client::identity::Identity;
use common::{ACCESS_KEY_ID, NOW, REGION, Request, SECRET, knock, run};
use proptest::prelude::*;
use std::time::{Duration, SystemTime};
use strongroom_auth::{Protocol, sigv4::percent_decode};

/// Signs with AWS's own signer.
fn sign_with_aws(mut request: Request, service: &str, location: SignatureLocation) -> Request {
    let credentials = Credentials::new(ACCESS_KEY_ID, SECRET, None, None, "test");
    let identity: Identity = credentials.into();
    let mut settings = SigningSettings::default();
    settings.signature_location = location;
    if location == SignatureLocation::QueryParams {
        settings.expires_in = Some(Duration::from_secs(60));
    }
    let time = SystemTime::UNIX_EPOCH + Duration::from_millis(NOW.as_millis().unsigned_abs());
    let params = v4::SigningParams::builder()
        .identity(&identity)
        .region(REGION)
        .name(service)
        .time(time)
        .settings(settings)
        .build()
        .unwrap()
        .into();
    let host = request.headers.iter().find(|(name, _)| name == "host");
    let host = String::from_utf8(host.unwrap().1.clone()).unwrap();
    let mut uri = format!("https://{host}{}", request.path);
    if !request.query.is_empty() {
        uri = format!("{uri}?{}", request.query);
    }
    let text = |value: &[u8]| String::from_utf8(value.to_vec()).unwrap();
    let headers: Vec<(String, String)> = request
        .headers
        .iter()
        .map(|(name, value)| (name.clone(), text(value)))
        .collect();
    let signable = SignableRequest::new(
        &request.method,
        uri,
        headers
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str())),
        SignableBody::Bytes(&request.body),
    )
    .unwrap();
    let (instructions, _) = sign(signable, &params).unwrap().into_parts();
    let (headers, parameters) = instructions.into_parts();
    for header in headers {
        request.set(header.name(), header.value());
    }
    for (name, value) in parameters {
        let value: String = value
            .bytes()
            .map(|b| match b {
                b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                    char::from(b).to_string()
                }
                _ => format!("%{b:02X}"),
            })
            .collect();
        request.query = format!("{}&{name}={value}", request.query);
    }
    request
}

/// Every way to change one byte of the method, path, query, signed values or body.
fn changed_in_one_byte(request: &Request, signed: &[&str]) -> Vec<Request> {
    let mut changed = Vec::new();
    let mut in_bytes = |original: &[u8], put: &dyn Fn(&mut Request, Vec<u8>) -> bool| {
        for at in 0..original.len() {
            for replacement in (0..=255u8).filter(|byte| *byte != original[at]) {
                let mut bytes = original.to_vec();
                bytes[at] = replacement;
                let mut copy = request.clone();
                if put(&mut copy, bytes) {
                    changed.push(copy);
                }
            }
        }
    };
    fn text(field: &mut String, bytes: Vec<u8>) -> bool {
        // What is no text does not get through HTTP parsing.
        String::from_utf8(bytes).map(|text| *field = text).is_ok()
    }
    in_bytes(request.method.as_bytes(), &|r, bytes| {
        text(&mut r.method, bytes)
    });
    in_bytes(request.path.as_bytes(), &|r, bytes| {
        text(&mut r.path, bytes)
    });
    in_bytes(request.query.as_bytes(), &|r, bytes| {
        // An escape in other letters is the same escape.
        let before = percent_decode(&request.query).into_owned();
        text(&mut r.query, bytes) && *percent_decode(&r.query) != before
    });
    in_bytes(&request.body, &|r, bytes| {
        r.body = bytes;
        true
    });
    for (index, (name, value)) in request.headers.iter().enumerate() {
        if signed.contains(&name.as_str()) {
            in_bytes(value, &|r, bytes| {
                r.headers[index].1 = bytes;
                true
            });
            in_bytes(name.as_bytes(), &|r, bytes| {
                text(&mut r.headers[index].0, bytes)
            });
        }
    }
    changed
}

#[test]
fn a_request_with_any_byte_changed_is_refused() {
    let request = Request::list_keys().signed();
    let signed = [
        "content-type",
        "host",
        "x-amz-date",
        "x-amz-target",
        "authorization",
    ];
    let changed = changed_in_one_byte(&request, &signed);
    assert!(changed.len() > 50_000);
    for changed in changed {
        assert!(knock(&changed, Protocol::Json).is_err(), "{changed:?}");
    }
}

#[test]
fn a_presigned_request_with_any_byte_changed_is_refused() {
    let request = Request::get_caller_identity().presign("20260102T030405Z", "60", "");
    let changed = changed_in_one_byte(&request, &["host"]);
    assert!(changed.len() > 20_000);
    for changed in changed {
        assert!(knock(&changed, Protocol::Query).is_err(), "{changed:?}");
    }
}

#[test]
fn headers_added_to_a_signed_one_are_refused() {
    for name in ["content-type", "host", "x-amz-target"] {
        let mut request = Request::list_keys().signed();
        request.add(name, "more");
        assert!(knock(&request, Protocol::Json).is_err(), "{name}");
    }
    let mut request = Request::list_keys().signed();
    request.add("user-agent", "anything");
    request.add("amz-sdk-request", "attempt=1");
    assert!(knock(&request, Protocol::Json).is_ok());
}

fn printable() -> impl Strategy<Value = String> {
    "[ -~]{0,40}"
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn what_awss_signer_signs_is_verified(
        body in prop::collection::vec(any::<u8>(), 0..3000),
        headers in prop::collection::btree_map("x-[a-z]{1,8}", printable(), 0..6),
    ) {
        let mut request = Request::list_keys();
        request.body = body;
        for (name, value) in &headers {
            request.add(name, value);
        }
        request.headers.retain(|(name, _)| name != "x-amz-date");
        let request = sign_with_aws(request, "kms", SignatureLocation::Headers);
        prop_assert!(knock(&request, Protocol::Json).is_ok());

        let mut tampered = request.clone();
        tampered.body.push(0);
        prop_assert!(knock(&tampered, Protocol::Json).is_err());
    }

    #[test]
    fn what_awss_signer_presigns_is_verified(
        path in "(/[A-Za-z0-9._~-]{0,6}){1,4}",
        parameters in prop::collection::vec("[A-Za-z0-9._~-]{1,8}=([A-Za-z0-9._~-]|%20|%2F|%C3%A9){0,8}", 0..6),
    ) {
        let mut request = Request::get_caller_identity();
        request.path = path;
        request.query = parameters.iter().fold(request.query, |all, one| format!("{all}&{one}"));
        let request = sign_with_aws(request, "sts", SignatureLocation::QueryParams);
        prop_assert!(knock(&request, Protocol::Query).is_ok());
    }

    #[test]
    fn anything_may_be_sent_as_authorization(value in prop::collection::vec(any::<u8>(), 0..200)) {
        let mut request = Request::list_keys();
        request.headers.push(("authorization".into(), value));
        prop_assert!(knock(&request, Protocol::Json).is_err());
        prop_assert!(knock(&request, Protocol::Query).is_err());
    }

    #[test]
    fn anything_may_be_sent_in_the_shape_of_an_authorization(
        parts in prop::collection::vec("(Credential|SignedHeaders|Signature|x)=[a-z0-9/;:, =%é]{0,30}", 0..6),
        date in "[0-9TZ]{0,18}",
    ) {
        let mut request = Request::list_keys();
        request.set("x-amz-date", &date);
        request.add("authorization", &format!("AWS4-HMAC-SHA256 {}", parts.join(",")));
        prop_assert!(knock(&request, Protocol::Json).is_err());
    }

    #[test]
    fn anything_may_be_sent_as_query_and_path(query in ".{0,200}", path in ".{0,50}") {
        let mut request = Request::get_caller_identity();
        request.path = path;
        request.query = query;
        prop_assert!(knock(&request, Protocol::Query).is_err());
        request.query = format!("X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Signature=&{}", request.query);
        prop_assert!(knock(&request, Protocol::Query).is_err());
    }

    #[test]
    fn anything_may_be_said_in_the_parameters_of_a_presigned_request(
        credential in ".{0,40}", date in "[0-9TZ%]{0,18}", expires in "[0-9-]{0,22}", headers in ".{0,20}",
    ) {
        let mut request = Request::get_caller_identity();
        request.query = format!(
            "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential={credential}&X-Amz-Date={date}\
             &X-Amz-Expires={expires}&X-Amz-SignedHeaders=host;{headers}&X-Amz-Signature=00"
        );
        prop_assert!(knock(&request, Protocol::Query).is_err());
    }
}

#[test]
fn the_future_of_a_check_can_move_between_threads() {
    fn movable<T: Send>(value: T) -> T {
        value
    }
    let request = Request::list_keys().signed();
    request.with_parts(|parts| {
        let expected = strongroom_auth::Expectation {
            now: NOW,
            services: &["kms"],
            serves_region: &|_| true,
        };
        let source = common::OneKey::default();
        let check = strongroom_auth::sigv4::authenticate(parts, Protocol::Json, &expected, &source);
        assert!(run(movable(check)).is_ok());
    });
}
