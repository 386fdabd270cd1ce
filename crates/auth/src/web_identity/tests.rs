use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

/// What `tests/web_identity.py` wrote, a second implementation.
fn vectors() -> Value {
    serde_json::from_str(include_str!("../../tests/vectors/web-identity-v1.json")).unwrap()
}

fn keys(vectors: &Value) -> KeySet {
    KeySet::parse(vectors["keys"].to_string().as_bytes()).unwrap()
}

fn part(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode(value.to_string())
}

fn unsigned(header: &Value, claims: &Value) -> String {
    format!("{}.{}.AAAA", part(header), part(claims))
}

fn claims() -> Value {
    json!({"iss": "https://issuer.example", "sub": "user-1", "aud": "a", "exp": 2_000_000_000})
}

#[test]
fn tokens_of_every_algorithm_are_verified_and_no_altered_one() {
    let vectors = vectors();
    let keys = keys(&vectors);
    let tokens = vectors["tokens"].as_object().unwrap();
    assert_eq!(tokens.len(), 9);
    for (algorithm, token) in tokens {
        let text = token.as_str().unwrap();
        let token = WebIdentityToken::parse(text).unwrap();
        assert_eq!(keys.verify(&token), Ok(()), "{algorithm}");
        let (signed, signature) = text.rsplit_once('.').unwrap();
        let (header, _) = signed.split_once('.').unwrap();
        let mut forged = claims();
        forged["sub"] = "user-2".into();
        let forged = format!("{header}.{}.{signature}", part(&forged));
        let token = WebIdentityToken::parse(&forged).unwrap();
        assert_eq!(
            keys.verify(&token),
            Err(NotVerified::Signature),
            "{algorithm}"
        );
        let mut cut = URL_SAFE_NO_PAD.decode(signature).unwrap();
        cut.pop();
        let cut = format!("{signed}.{}", URL_SAFE_NO_PAD.encode(cut));
        let token = WebIdentityToken::parse(&cut).unwrap();
        assert_eq!(
            keys.verify(&token),
            Err(NotVerified::Signature),
            "{algorithm}"
        );
    }
}

#[test]
fn the_key_is_the_one_that_the_token_names() {
    let vectors = vectors();
    let keys = keys(&vectors);
    let check = |name: &str, expected: Result<(), NotVerified>| {
        let token = WebIdentityToken::parse(vectors[name].as_str().unwrap()).unwrap();
        assert_eq!(keys.verify(&token), expected, "{name}");
    };
    check("without_key_id", Ok(()));
    check("another_key_id", Err(NotVerified::UnknownKey));
    check("unknown_key_id", Err(NotVerified::UnknownKey));
    check("key_for_encryption", Err(NotVerified::UnknownKey));
    let critical = WebIdentityToken::parse(vectors["critical"].as_str().unwrap());
    assert_eq!(critical.unwrap_err(), NoToken);
}

#[test]
fn a_public_key_is_no_shared_secret_and_none_is_no_algorithm() {
    let vectors = vectors();
    let keys = keys(&vectors);
    for algorithm in [
        "none", "None", "HS256", "HS512", "ES512", "ES256K", "RS1", "",
    ] {
        let text = unsigned(&json!({"alg": algorithm, "kid": "rsa"}), &claims());
        let token = WebIdentityToken::parse(&text).unwrap();
        assert_eq!(
            keys.verify(&token),
            Err(NotVerified::Algorithm),
            "{algorithm}"
        );
    }
}

#[test]
fn a_key_is_used_for_what_it_is_for_only() {
    let vectors = vectors();
    let token = vectors["tokens"]["RS256"].as_str().unwrap();
    let token = WebIdentityToken::parse(token).unwrap();
    let rsa = vectors["keys"]["keys"][0].clone();
    let check = |member: &str, value: Value, expected: Option<Result<(), NotVerified>>| {
        let mut key = rsa.clone();
        key[member] = value;
        let set = KeySet::parse(json!({"keys": [key]}).to_string().as_bytes());
        let verified = set.ok().map(|set| set.verify(&token));
        assert_eq!(verified, expected, "{member}");
    };
    check("alg", "RS256".into(), Some(Ok(())));
    check("alg", "PS256".into(), Some(Err(NotVerified::UnknownKey)));
    check("alg", "RSA-OAEP".into(), None);
    check("use", "enc".into(), None);
    check("key_ops", json!(["encrypt"]), None);
    check("kty", "EC".into(), None);
    check("n", "*".into(), None);
    let zeros = URL_SAFE_NO_PAD.decode(rsa["n"].as_str().unwrap()).unwrap();
    let zeros = URL_SAFE_NO_PAD.encode([vec![0, 0], zeros].concat());
    check("n", zeros.into(), Some(Ok(())));
    // Too short for a signature to be worth anything.
    check("n", "3Q".into(), Some(Err(NotVerified::Signature)));
}

#[test]
fn what_is_no_key_set_is_refused() {
    for text in [
        "",
        "{}",
        "[]",
        r#"{"keys": []}"#,
        r#"{"keys": 1}"#,
        r#"{"keys": [1, {"kty": "oct", "k": "AAAA"}]}"#,
        r#"{"keys": [{"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"}]}"#,
        r#"{"keys": [{"kty": "OKP", "crv": "Ed25519", "x": "AA"}]}"#,
    ] {
        assert_eq!(
            KeySet::parse(text.as_bytes()).unwrap_err(),
            KeySetError,
            "{text}"
        );
    }
}

#[test]
fn the_claims_are_told_as_conditions_compare_them() {
    let vectors = vectors();
    let token = vectors["tokens"]["ES256"].as_str().unwrap();
    let token = WebIdentityToken::parse(token).unwrap();
    assert_eq!(token.issuer(), "https://issuer.example");
    assert_eq!(token.subject(), "user-1");
    assert_eq!(token.audiences(), ["sts.amazonaws.com", "other"]);
    assert_eq!(token.expires().as_millis(), 2_000_000_000_000);
    assert_eq!(token.begins().unwrap().as_millis(), 1_700_000_060_000);
    assert_eq!(token.source_identity(), Some("alice"));
    let (mut tags, transitive) = token.session_tags().unwrap();
    tags.sort_unstable();
    assert_eq!(tags, [("cost", "7"), ("team", "red")]);
    assert_eq!(transitive, ["team"]);
    let conditions = token.conditions();
    let of = |name: &str| -> Vec<&str> {
        let found = conditions.iter().filter(|(key, _)| *key == name);
        found.map(|(_, value)| value.as_str()).collect()
    };
    assert_eq!(of("sub"), ["user-1"]);
    assert_eq!(of("aud"), ["sts.amazonaws.com", "other"]);
    assert_eq!(of("amr"), ["pwd", "otp"]);
    assert_eq!(of("email_verified"), ["true"]);
    assert_eq!(of("level"), ["3"]);
    assert!(of("nested").is_empty());
    assert!(of("oaud").is_empty());
}

#[test]
fn the_authorized_party_takes_the_place_of_the_audience() {
    let mut claims = claims();
    claims["azp"] = "client".into();
    let text = unsigned(&json!({"alg": "RS256"}), &claims);
    let token = WebIdentityToken::parse(&text).unwrap();
    assert_eq!(token.audiences(), ["client"]);
    let conditions = token.conditions();
    let pair = |name: &'static str, value: &str| (name, value.to_owned());
    assert!(conditions.contains(&pair("aud", "client")));
    assert!(conditions.contains(&pair("oaud", "a")));
    assert!(conditions.contains(&pair("azp", "client")));
}

#[test]
fn a_text_without_what_an_id_token_has_is_none() {
    let header = json!({"alg": "RS256"});
    assert!(WebIdentityToken::parse(&unsigned(&header, &claims())).is_ok());
    for name in ["iss", "sub", "aud", "exp"] {
        let mut lacking = claims();
        lacking.as_object_mut().unwrap().remove(name);
        let lacking = unsigned(&header, &lacking);
        assert_eq!(
            WebIdentityToken::parse(&lacking).unwrap_err(),
            NoToken,
            "{name}"
        );
    }
    for (name, value) in [
        ("iss", json!(1)),
        ("sub", json!("")),
        ("sub", json!("x".repeat(256))),
        ("aud", json!([])),
        ("aud", json!([1])),
        ("exp", json!("2000000000")),
        ("exp", json!(-1)),
        ("exp", json!(1e300)),
        ("nbf", json!("soon")),
        ("iat", json!(null)),
    ] {
        let mut wrong = claims();
        wrong[name] = value.clone();
        let wrong = unsigned(&header, &wrong);
        assert!(WebIdentityToken::parse(&wrong).is_err(), "{name} {value}");
    }
    let whole = unsigned(&header, &claims());
    for text in [
        "",
        ".",
        "..",
        "a.b.c",
        "e30.e30.",
        &whole[1..],
        &format!("{whole}.AAAA"),
    ] {
        assert!(WebIdentityToken::parse(text).is_err(), "{text}");
    }
    for header in [
        json!({}),
        json!({"alg": 1}),
        json!({"alg": "RS256", "kid": 1}),
        json!([]),
    ] {
        let text = unsigned(&header, &claims());
        assert!(WebIdentityToken::parse(&text).is_err(), "{header}");
    }
}

#[test]
fn tags_of_another_form_are_refused() {
    for tags in [
        json!([]),
        json!({"principal_tags": []}),
        json!({"principal_tags": {"a": ["b", "c"]}}),
        json!({"principal_tags": {"a": 1}}),
        json!({"transitive_tag_keys": "a"}),
        json!({"transitive_tag_keys": [1]}),
    ] {
        let mut claims = claims();
        claims["https://aws.amazon.com/tags"] = tags.clone();
        let text = unsigned(&json!({"alg": "RS256"}), &claims);
        let token = WebIdentityToken::parse(&text).unwrap();
        assert_eq!(token.session_tags().unwrap_err(), NoToken, "{tags}");
    }
}

#[test]
fn a_token_prints_nothing_that_helps_to_use_it() {
    let text = unsigned(&json!({"alg": "RS256"}), &claims());
    let token = WebIdentityToken::parse(&text).unwrap();
    let printed = format!("{token:?} {:?}", keys(&vectors()));
    assert!(!printed.contains(&text[..20]), "{printed}");
    assert!(printed.contains("KeySet(4 keys)"), "{printed}");
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in "[ -~]{0,200}") {
        let _ = WebIdentityToken::parse(&text);
        let _ = KeySet::parse(text.as_bytes());
    }
}
