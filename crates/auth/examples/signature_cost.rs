//! What a signature check costs: `cargo run --release -p strongroom-auth --example signature_cost`.
//!
//! The request is Encrypt as boto3 sends it: four signed headers, the customary unsigned ones,
//! and a body of 245 bytes. The signing key is remembered, as it is for every request of a day
//! but the first.
#![expect(clippy::print_stdout, reason = "printing is what it is for")]

use std::{error::Error, hint::black_box, sync::Arc, time::Instant};

use strongroom_auth::{Claim, Expectation, Protocol, SignedParts, SigningKeyCache};
use strongroom_model::{SecretAccessKey, Timestamp};

const ROUNDS: u32 = 200_000;

fn main() -> Result<(), Box<dyn Error>> {
    let body = [b'a'; 245];
    let headers: [(&str, &[u8]); 10] = [
        ("host", b"kms.eu-central-1.example.internal"),
        ("accept-encoding", b"identity"),
        ("x-amz-target", b"TrentService.Encrypt"),
        ("content-type", b"application/x-amz-json-1.1"),
        (
            "user-agent",
            b"Boto3/1.40.0 md/Botocore#1.40.0 ua/2.1 os/linux#6.1 md/arch#x86_64",
        ),
        ("x-amz-date", b"20260102T030405Z"),
        (
            "authorization",
            b"AWS4-HMAC-SHA256 Credential=AKIDSTRONGROOM000001/20260102/eu-central-1/kms/\
              aws4_request, SignedHeaders=content-type;host;x-amz-date;x-amz-target, \
              Signature=4fdbd6d1a9c18f8c86b0d72ff4fa1f8a62b8c7b04deb08eb58bbbeca56df9ea9",
        ),
        (
            "amz-sdk-invocation-id",
            b"6ba7b810-9dad-11d1-80b4-00c04fd430c8",
        ),
        ("amz-sdk-request", b"attempt=1"),
        ("content-length", b"245"),
    ];
    let parts = SignedParts {
        method: "POST",
        path: "/",
        query: "",
        headers: &headers,
        body: &body,
    };
    let expected = Expectation {
        now: Timestamp::from_millis(1_767_323_045_000),
        services: &["kms"],
        serves_region: &|region| region == "eu-central-1",
    };
    let secret = Arc::new(SecretAccessKey::new(
        "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY".into(),
    ));
    let keys = SigningKeyCache::new(1000);

    // The signature is not the right one. Finding that out takes as long as finding that it is.
    let check = || {
        let claim = Claim::parse(black_box(&parts), Protocol::Json)?.check(&expected)?;
        let (id, scope) = claim.signer();
        let key = keys.key(id, &scope, &secret);
        claim.verify(&parts, &key)
    };
    let cost = |name: &str, work: &dyn Fn()| {
        let start = Instant::now();
        for _ in 0..ROUNDS {
            work();
        }
        println!("{name}: {:?}", start.elapsed() / ROUNDS);
    };
    cost("whole check, remembered key", &|| {
        let _ = black_box(check());
    });
    let claim = Claim::parse(&parts, Protocol::Json)?.check(&expected)?;
    let (id, scope) = claim.signer();
    let key = keys.key(id, &scope, &secret);
    cost("reading and checking the claim", &|| {
        let _ =
            black_box(Claim::parse(black_box(&parts), Protocol::Json).map(|c| c.check(&expected)));
    });
    cost("finding the key", &|| {
        let _ = black_box(keys.key(id, &scope, &secret));
    });
    cost("canonical form, hashes and comparison", &|| {
        let _ = black_box(claim.verify(&parts, &key));
    });
    Ok(())
}
