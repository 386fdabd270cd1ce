//! What the generated decoders and encoders do as a whole, rule by rule of the dossier.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use proptest::prelude::*;
use serde_json::{Value, json};
use strongroom_model::{
    context::EncryptionContext,
    enums::*,
    errors::ErrorCode,
    operations::{Input, Operation, Output},
    secret::{GrantToken, Plaintext},
    shapes::*,
    time::Timestamp,
};

use super::{Fault, decode, encode};

fn read(operation: Operation, body: &Value) -> Result<Input, Fault> {
    decode(operation, body.to_string().as_bytes())
}

/// The message of the `ValidationException` that refuses the body.
fn refused(operation: Operation, body: &Value) -> String {
    let fault = read(operation, body).unwrap_err();
    assert_eq!(fault.code, ErrorCode::ValidationException, "{body}");
    fault.message.unwrap()
}

/// Asserts that the body breaks one constraint, in these words.
fn check_one(operation: Operation, body: &Value, expected: &str) {
    let expected = format!("1 validation error detected: {expected}");
    assert_eq!(refused(operation, body), expected);
}

fn serialization_fault(operation: Operation, body: &str) -> Option<String> {
    let fault = decode(operation, body.as_bytes()).unwrap_err();
    assert_eq!(fault.code, ErrorCode::SerializationException, "{body}");
    fault.message
}

fn encrypt(body: &str) -> EncryptRequest {
    match decode(Operation::Encrypt, body.as_bytes()) {
        Ok(Input::Encrypt(request)) => request,
        other => panic!("{body}: {other:?}"),
    }
}

fn written(output: &Output) -> Value {
    serde_json::from_slice(encode(output).expose()).unwrap()
}

// Reading

#[test]
fn every_operation_reads_an_empty_object() {
    let mut read_at_once = Vec::new();
    for operation in Operation::ALL {
        match decode(*operation, b"{}") {
            Ok(input) => {
                assert_eq!(input.operation(), *operation);
                read_at_once.push(operation.name());
            }
            Err(fault) => {
                assert_eq!(fault.code, ErrorCode::ValidationException, "{operation}");
                let message = fault.message.unwrap();
                assert!(message.ends_with("Member must not be null"), "{message}");
            }
        }
        assert_eq!(decode(*operation, b""), decode(*operation, b"{}"));
    }
    assert_eq!(
        read_at_once,
        [
            "CreateKey",
            "DescribeCustomKeyStores",
            "GenerateRandom",
            "ListAliases",
            "ListKeys",
            "ListRetirableGrants",
            "RetireGrant",
        ]
    );
}

#[test]
fn members_are_read_as_their_types() {
    let request = encrypt(
        r#" { "KeyId" : "alias/a", "Plaintext": "aGVsbG8=", "DryRun": true,
              "EncryptionAlgorithm": "SYMMETRIC_DEFAULT",
              "EncryptionContext": {"b": "2", "a": ""}, "GrantTokens": ["t1", "t2"] } "#,
    );
    let context = [("a", ""), ("b", "2")];
    let context = context.map(|(key, value)| (key.to_owned(), value.to_owned()));
    let expected = EncryptRequest {
        dry_run: Some(true),
        encryption_algorithm: Some(EncryptionAlgorithmSpec::SymmetricDefault),
        encryption_context: Some(EncryptionContext::from_iter(context)),
        grant_tokens: Some(["t1", "t2"].map(|t| GrantToken::new(t.to_owned())).into()),
        key_id: "alias/a".to_owned(),
        plaintext: Plaintext::new(b"hello".to_vec()),
    };
    assert_eq!(request, expected);
    let input = Input::Encrypt(request);
    assert!(input.dry_run());
    assert_eq!(input.grant_tokens().len(), 2);
}

#[test]
fn unknown_members_are_ignored_and_null_is_absent() {
    let plain = encrypt(r#"{"KeyId":"k","Plaintext":"AA=="}"#);
    for body in [
        r#"{"KeyId":"k","Plaintext":"AA==","Wat":{"x":[1,2.5e3,"\ud83d\ude00",null]},"keyId":7}"#,
        r#"{"KeyId":"k","Plaintext":"AA==","DryRun":null,"GrantTokens":null,"EncryptionContext":null}"#,
    ] {
        assert_eq!(encrypt(body), plain);
    }
    check_one(
        Operation::DescribeKey,
        &json!({"KeyId": null}),
        "Value null at 'keyId' failed to satisfy constraint: Member must not be null",
    );
}

#[test]
fn of_members_with_the_same_name_the_last_one_counts() {
    assert_eq!(
        encrypt(r#"{"KeyId":"a","Plaintext":"AA==","KeyId":"b"}"#).key_id,
        "b"
    );
    let last_is_null = r#"{"KeyId":"a","Plaintext":"AA==","KeyId":null}"#;
    assert!(decode(Operation::Encrypt, last_is_null.as_bytes()).is_err());
}

#[test]
fn escapes_mean_what_json_says_in_names_and_values() {
    let request = encrypt(
        r#"{"Key\u0049d":"\u0061\/\"\\\b\f\n\r\t\u007e","Plaintext":"\/\u002b\/\/",
            "EncryptionContext":{"k\u00e9y":"\ud834\udd1e"},"GrantTokens":["t\u0031"]}"#,
    );
    assert_eq!(request.key_id, "a/\"\\\u{8}\u{c}\n\r\t~");
    assert_eq!(request.plaintext.expose(), STANDARD.decode("/+//").unwrap());
    let context = request.encryption_context.unwrap();
    assert_eq!(context.get("kéy"), Some("𝄞"));
    let tokens = request.grant_tokens.unwrap();
    assert_eq!(tokens[0].expose(), "t1");
}

#[test]
fn a_body_that_is_not_an_object_is_a_serialization_error() {
    for body in [
        "null",
        "[]",
        "7",
        "\"{}\"",
        "{",
        "}",
        "{}{}",
        "{} x",
        " ",
        "{\"KeyId\"}",
        "{'a':1}",
        "{\"a\":1,}",
        "{\"KeyId\":\"\u{1}\"}",
        r#"{"KeyId":"\ud800"}"#,
        r#"{"KeyId":"\q"}"#,
        r#"{"KeyId":"\ud800\u0041"}"#,
        r#"{"KeyId":"\udc00"}"#,
        "\u{feff}{}",
        "{\"a\":01}",
    ] {
        assert_eq!(serialization_fault(Operation::DescribeKey, body), None);
    }
    for bytes in [
        &b"{\"KeyId\":\"\xff\"}"[..],
        b"{\"\xc3\":1}",
        b"\xff\xfe{\0}\0",
    ] {
        let fault = decode(Operation::DescribeKey, bytes).unwrap_err();
        assert_eq!(fault.code, ErrorCode::SerializationException);
    }
}

#[test]
fn nesting_without_end_is_a_serialization_error() {
    for depth in [129, 100_000, 500_000] {
        for (open, close) in [("[", "]"), (r#"{"a":"#, "}")] {
            let inner = if open == "[" { "" } else { "1" };
            let value = open.repeat(depth) + inner + &close.repeat(depth);
            for name in [
                "Unknown",
                "KeyId",
                "EncryptionContext",
                "GrantTokens",
                "DryRun",
            ] {
                let body = format!(r#"{{"{name}":{value}}}"#);
                serialization_fault(Operation::Encrypt, &body);
            }
            let unclosed = format!(r#"{{"Unknown":{}"#, open.repeat(depth));
            serialization_fault(Operation::Encrypt, &unclosed);
        }
    }
    let fine = "[".repeat(128) + &"]".repeat(128);
    let body = format!(r#"{{"KeyId":"k","Plaintext":"AA==","Unknown":{fine}}}"#);
    assert_eq!(encrypt(&body).key_id, "k");
    let brackets = "[".repeat(300);
    let body = format!(r#"{{"KeyId":"k","Plaintext":"AA==","Unknown":"\"{brackets}"}}"#);
    assert_eq!(encrypt(&body).key_id, "k");
}

#[test]
fn a_member_of_another_type_is_a_serialization_error_in_awss_words() {
    let check = |operation, member: &str, value: &str, expected: Option<&str>| {
        let body = format!(r#"{{"{member}":{value}}}"#);
        assert_eq!(serialization_fault(operation, &body).as_deref(), expected);
    };
    let structure = Some("Start of structure or map found where not expected.");
    let list = Some("Start of list found where not expected.");
    let encrypt = Operation::Encrypt;
    check(
        encrypt,
        "KeyId",
        "7",
        Some("NUMBER_VALUE can not be converted to a String"),
    );
    check(
        encrypt,
        "KeyId",
        "-7",
        Some("NUMBER_VALUE can not be converted to a String"),
    );
    check(
        encrypt,
        "KeyId",
        "true",
        Some("TRUE_VALUE can not be converted to a String"),
    );
    check(encrypt, "KeyId", "{}", structure);
    check(encrypt, "KeyId", "[]", list);
    check(
        encrypt,
        "Plaintext",
        "7",
        Some("NUMBER_VALUE can not be converted to Blob"),
    );
    check(
        encrypt,
        "DryRun",
        "\"true\"",
        Some("STRING_VALUE can not be converted to Boolean"),
    );
    check(
        encrypt,
        "GrantTokens",
        "\"t\"",
        Some("STRING_VALUE can not be converted to list"),
    );
    check(encrypt, "GrantTokens", "{}", structure);
    check(
        encrypt,
        "GrantTokens",
        "[7]",
        Some("NUMBER_VALUE can not be converted to a String"),
    );
    check(
        encrypt,
        "GrantTokens",
        "[null]",
        Some("NULL_VALUE can not be converted to a String"),
    );
    check(encrypt, "EncryptionContext", "[]", list);
    for (value, found) in [("7", "NUMBER"), ("true", "TRUE"), ("null", "NULL")] {
        let expected = format!("{found}_VALUE can not be converted to a String");
        let context = format!(r#"{{"k":{value}}}"#);
        check(encrypt, "EncryptionContext", &context, Some(&expected));
    }
    check(encrypt, "EncryptionContext", r#"{"k":{}}"#, structure);
    // Of several the first is named; a name that is no text comes before them all.
    check(encrypt, "EncryptionContext", r#"{"a":{},"b":1}"#, structure);
    check(
        encrypt,
        "EncryptionContext",
        r#"{"a":{},"\ud800":""}"#,
        None,
    );
    let random = Operation::GenerateRandom;
    let number = Some("STRING_VALUE can not be converted to Integer");
    check(random, "NumberOfBytes", "\"32\"", number);
    for number in [
        "1.5",
        "1.0",
        "1e2",
        "2147483648",
        "-2147483649",
        "99999999999999999999",
    ] {
        let expected = Some("NUMBER_VALUE can not be converted to Integer");
        check(random, "NumberOfBytes", number, expected);
    }
    check(Operation::TagResource, "Tags", "[[]]", list);
    let import = Operation::ImportKeyMaterial;
    let timestamp = Some("STRING_VALUE can not be converted to Timestamp");
    check(import, "ValidTo", "\"2026-01-01T00:00:00Z\"", timestamp);
    check(
        import,
        "ValidTo",
        "1e999",
        Some("NUMBER_VALUE can not be converted to Timestamp"),
    );
}

#[test]
fn base64_needs_the_standard_alphabet_and_its_padding() {
    for text in [
        "AAA", "AA", "A", "AA=", "A===", "A-__", "AA==\\n", " AA==", "AA==AA==", "é",
    ] {
        let body = format!(r#"{{"KeyId":"k","Plaintext":"{text}"}}"#);
        assert_eq!(
            serialization_fault(Operation::Encrypt, &body),
            None,
            "{text}"
        );
    }
}

#[test]
fn timestamps_are_seconds_with_a_fraction() {
    let valid_to = |number: &str| {
        let body = format!(
            r#"{{"KeyId":"k","ImportToken":"AA==","EncryptedKeyMaterial":"AA==","ValidTo":{number}}}"#
        );
        match decode(Operation::ImportKeyMaterial, body.as_bytes()) {
            Ok(Input::ImportKeyMaterial(request)) => request.valid_to.unwrap().as_millis(),
            other => panic!("{number}: {other:?}"),
        }
    };
    assert_eq!(valid_to("1593622000"), 1_593_622_000_000);
    assert_eq!(valid_to("1593622000.191"), 1_593_622_000_191);
    assert_eq!(valid_to("1.5936220001914e9"), 1_593_622_000_191);
    assert_eq!(valid_to("-0.5"), -500);
}

#[test]
fn every_serialization_error_comes_before_any_constraint() {
    // `KeyId` breaks a constraint and is read before `NumberOfBytes`, which has the wrong type.
    for body in [
        r#"{"KeyId":"","NumberOfBytes":"x"}"#,
        r#"{"NumberOfBytes":[]}"#,
    ] {
        serialization_fault(Operation::GenerateDataKey, body);
    }
    let body = r#"{"Tags":[{"TagKey":""},{"TagKey":7}]}"#;
    serialization_fault(Operation::TagResource, body);
}

// Constraints, in AWS's words

#[test]
fn numbers_out_of_range_are_refused_as_recorded() {
    let check = |operation, member: &str, number: i32, at: &str, constraint: &str| {
        check_one(
            operation,
            &json!({"KeyId": "k", member: number}),
            &format!(
                "Value '{number}' at '{at}' failed to satisfy constraint: Member must have value {constraint}"
            ),
        );
    };
    let random = Operation::GenerateRandom;
    check(
        random,
        "NumberOfBytes",
        0,
        "numberOfBytes",
        "greater than or equal to 1",
    );
    check(
        random,
        "NumberOfBytes",
        -5,
        "numberOfBytes",
        "greater than or equal to 1",
    );
    check(
        random,
        "NumberOfBytes",
        1025,
        "numberOfBytes",
        "less than or equal to 1024",
    );
    let rotation = Operation::EnableKeyRotation;
    let at = "rotationPeriodInDays";
    check(
        rotation,
        "RotationPeriodInDays",
        89,
        at,
        "greater than or equal to 90",
    );
    check(
        rotation,
        "RotationPeriodInDays",
        2561,
        at,
        "less than or equal to 2560",
    );
    for operation in [
        Operation::DescribeCustomKeyStores,
        Operation::ListAliases,
        Operation::ListGrants,
        Operation::ListKeyPolicies,
        Operation::ListKeyRotations,
        Operation::ListKeys,
        Operation::ListResourceTags,
    ] {
        check(operation, "Limit", 0, "limit", "greater than or equal to 1");
        check(
            operation,
            "Limit",
            1001,
            "limit",
            "less than or equal to 1000",
        );
        assert!(read(operation, &json!({"KeyId": "k", "Limit": 1000})).is_ok());
    }
}

#[test]
fn values_outside_an_enum_are_refused_with_its_set_in_the_recorded_order() {
    let specs = "RSA_2048, ECC_NIST_P384, ECC_NIST_P256, ECC_NIST_P521, HMAC_384, RSA_3072, \
                 ECC_SECG_P256K1, RSA_4096, SYMMETRIC_DEFAULT, HMAC_256, HMAC_224, HMAC_512, \
                 SM2, ML_DSA_44, ML_DSA_65, ML_DSA_87, ECC_NIST_EDWARDS25519, ML_KEM_512, \
                 ML_KEM_768, ML_KEM_1024";
    check_one(
        Operation::CreateKey,
        &json!({"KeySpec": "HMAC_random"}),
        &format!(
            "Value 'HMAC_random' at 'keySpec' failed to satisfy constraint: Member must satisfy enum value set: [{specs}]"
        ),
    );
    // The oddity: the specs of KMS keys are printed, those of data keys are accepted.
    for operation in [
        Operation::GenerateDataKey,
        Operation::GenerateDataKeyWithoutPlaintext,
    ] {
        check_one(
            operation,
            &json!({"KeyId": "k", "KeySpec": "AES_512"}),
            &format!(
                "Value 'AES_512' at 'keySpec' failed to satisfy constraint: Member must satisfy enum value set: [{specs}]"
            ),
        );
        assert!(read(operation, &json!({"KeyId": "k", "KeySpec": "AES_256"})).is_ok());
    }
    check_one(
        Operation::GenerateMac,
        &json!({"KeyId": "k", "Message": "AA==", "MacAlgorithm": "INVALID"}),
        "Value 'INVALID' at 'macAlgorithm' failed to satisfy constraint: Member must satisfy enum value set: [HMAC_SHA_384, HMAC_SHA_256, HMAC_SHA_224, HMAC_SHA_512]",
    );
    check_one(
        Operation::Encrypt,
        &json!({"KeyId": "k", "Plaintext": "AA==", "EncryptionAlgorithm": "AES"}),
        "Value 'AES' at 'encryptionAlgorithm' failed to satisfy constraint: Member must satisfy enum value set: [RSAES_OAEP_SHA_1, RSAES_OAEP_SHA_256, SM2PKE, SYMMETRIC_DEFAULT]",
    );
    check_one(
        Operation::Sign,
        &json!({"KeyId": "k", "Message": "AA==", "SigningAlgorithm": "x"}),
        "Value 'x' at 'signingAlgorithm' failed to satisfy constraint: Member must satisfy enum value set: [RSASSA_PSS_SHA_256, RSASSA_PSS_SHA_384, RSASSA_PSS_SHA_512, RSASSA_PKCS1_V1_5_SHA_256, RSASSA_PKCS1_V1_5_SHA_384, RSASSA_PKCS1_V1_5_SHA_512, ECDSA_SHA_256, ECDSA_SHA_384, ECDSA_SHA_512, ED25519_SHA_512, ED25519_PH_SHA_512, SM2DSA, ML_DSA_SHAKE_256]",
    );
    check_one(
        Operation::Sign,
        &json!({"KeyId": "k", "Message": "AA==", "SigningAlgorithm": "ECDSA_SHA_256", "MessageType": "raw"}),
        "Value 'raw' at 'messageType' failed to satisfy constraint: Member must satisfy enum value set: [RAW, DIGEST, EXTERNAL_MU]",
    );
    check_one(
        Operation::DeriveSharedSecret,
        &json!({"KeyId": "k", "PublicKey": "AA==", "KeyAgreementAlgorithm": ""}),
        "Value '' at 'keyAgreementAlgorithm' failed to satisfy constraint: Member must satisfy enum value set: [ECDH]",
    );
}

#[test]
fn sign_and_verify_let_symmetric_default_through() {
    let body = json!({
        "KeyId": "k", "Message": "AA==", "Signature": "AA==", "SigningAlgorithm": "SYMMETRIC_DEFAULT",
    });
    match read(Operation::Sign, &body) {
        Ok(Input::Sign(request)) => {
            assert_eq!(
                request.signing_algorithm,
                SigningAlgorithmSpec::SymmetricDefault
            );
        }
        other => panic!("{other:?}"),
    }
    assert!(read(Operation::Verify, &body).is_ok());
}

#[test]
fn values_outside_an_enum_in_a_list_show_the_whole_list() {
    check_one(
        Operation::Decrypt,
        &json!({"CiphertextBlob": "AA==", "DryRunModifiers": ["IGNORE_CIPHERTEXT", "Foo"]}),
        "Value '[IGNORE_CIPHERTEXT, Foo]' at 'dryRunModifiers' failed to satisfy constraint: Member must satisfy constraint: [Member must satisfy enum value set: [IGNORE_CIPHERTEXT]]",
    );
    let message = refused(
        Operation::CreateGrant,
        &json!({"KeyId": "k", "Operations": ["Foo"]}),
    );
    assert!(message.starts_with(
        "1 validation error detected: Value '[Foo]' at 'operations' failed to satisfy constraint: \
         Member must satisfy constraint: [Member must satisfy enum value set: [Decrypt, Encrypt, "
    ));
    assert!(message.ends_with(", Encapsulate, Decapsulate]]"));
}

#[test]
fn blobs_never_show_their_value() {
    let with = |length: usize| json!({"KeyId": "k", "Plaintext": STANDARD.encode(vec![7; length])});
    check_one(
        Operation::Encrypt,
        &with(4097),
        "Value at 'plaintext' failed to satisfy constraint: Member must have length less than or equal to 4096",
    );
    check_one(
        Operation::Encrypt,
        &with(0),
        "Value at 'plaintext' failed to satisfy constraint: Member must have length greater than or equal to 1",
    );
    assert!(read(Operation::Encrypt, &with(4096)).is_ok());
    check_one(
        Operation::Decrypt,
        &json!({"CiphertextBlob": STANDARD.encode([7; 6145])}),
        "Value at 'ciphertextBlob' failed to satisfy constraint: Member must have length less than or equal to 6144",
    );
}

#[test]
fn absent_members_are_null_unless_aws_calls_them_sensitive() {
    assert_eq!(
        refused(
            Operation::Verify,
            &json!({"SigningAlgorithm": "ECDSA_SHA_256"})
        ),
        "3 validation errors detected: \
         Value null at 'keyId' failed to satisfy constraint: Member must not be null; \
         Value at 'message' failed to satisfy constraint: Member must not be null; \
         Value null at 'signature' failed to satisfy constraint: Member must not be null"
    );
    check_one(
        Operation::VerifyMac,
        &json!({"KeyId": "k", "Message": "AA==", "MacAlgorithm": "HMAC_SHA_256"}),
        "Value null at 'mac' failed to satisfy constraint: Member must not be null",
    );
    check_one(
        Operation::Encrypt,
        &json!({"KeyId": "k"}),
        "Value at 'plaintext' failed to satisfy constraint: Member must not be null",
    );
    check_one(
        Operation::CreateAlias,
        &json!({"AliasName": "alias/a"}),
        "Value null at 'targetKeyId' failed to satisfy constraint: Member must not be null",
    );
}

#[test]
fn a_ciphertext_may_be_absent_only_in_a_dry_run_that_ignores_it() {
    let absent =
        "Value null at 'ciphertextBlob' failed to satisfy constraint: Member must not be null";
    let ignoring = json!({"DryRun": true, "DryRunModifiers": ["IGNORE_CIPHERTEXT"]});
    for (operation, key) in [
        (Operation::Decrypt, "KeyId"),
        (Operation::ReEncrypt, "DestinationKeyId"),
    ] {
        for body in [
            json!({}),
            json!({"DryRun": true}),
            json!({"DryRun": true, "DryRunModifiers": []}),
            json!({"DryRun": false, "DryRunModifiers": ["IGNORE_CIPHERTEXT"]}),
            json!({"DryRunModifiers": ["IGNORE_CIPHERTEXT"]}),
        ] {
            let mut body = body;
            body[key] = json!("k");
            check_one(operation, &body, absent);
        }
        let mut body = ignoring.clone();
        body[key] = json!("k");
        assert!(read(operation, &body).is_ok());
    }
    // The error of a member keeps its place in the model's order.
    let message = refused(Operation::Decrypt, &json!({"KeyId": "", "DryRun": true}));
    assert!(message.starts_with(&format!("3 validation errors detected: {absent}; Value ''")));
}

#[test]
fn key_ids_are_ascii_on_every_member() {
    let pattern = r"Member must satisfy regular expression pattern: ^\p{ASCII}+$";
    let check = |operation, body: &Value, value: &str, at: &str| {
        let expected = format!("Value '{value}' at '{at}' failed to satisfy constraint: {pattern}");
        check_one(operation, body, &expected);
    };
    check(
        Operation::DescribeKey,
        &json!({"KeyId": "clé"}),
        "clé",
        "keyId",
    );
    let alias = json!({"AliasName": "alias/a", "TargetKeyId": "clé"});
    check(Operation::UpdateAlias, &alias, "clé", "targetKeyId");
    let source = json!({"CiphertextBlob": "AA==", "DestinationKeyId": "k", "SourceKeyId": "é"});
    check(Operation::ReEncrypt, &source, "é", "sourceKeyId");
    assert_eq!(
        refused(Operation::DescribeKey, &json!({"KeyId": ""})),
        format!(
            "2 validation errors detected: Value '' at 'keyId' failed to satisfy constraint: \
             Member must have length greater than or equal to 1; \
             Value '' at 'keyId' failed to satisfy constraint: {pattern}"
        )
    );
    let long = "k".repeat(2049);
    check_one(
        Operation::DescribeKey,
        &json!({"KeyId": long}),
        &format!(
            "Value '{long}' at 'keyId' failed to satisfy constraint: Member must have length less than or equal to 2048"
        ),
    );
}

#[test]
fn alias_names_keep_the_pattern_of_the_model() {
    check_one(
        Operation::CreateAlias,
        &json!({"AliasName": "alias/a b", "TargetKeyId": "k"}),
        "Value 'alias/a b' at 'aliasName' failed to satisfy constraint: Member must satisfy regular expression pattern: ^[a-zA-Z0-9:/_-]+$",
    );
    for name in ["alias/a:b", "x", "alias/a/b_c-d"] {
        let body = json!({"AliasName": name, "TargetKeyId": "k"});
        assert!(read(Operation::UpdateAlias, &body).is_ok(), "{name}");
    }
}

#[test]
fn elements_of_a_list_of_structures_are_counted_from_one() {
    let check = |tag: Value, expected: &str| {
        check_one(
            Operation::TagResource,
            &json!({"KeyId": "k", "Tags": [tag]}),
            expected,
        );
    };
    let value = "v".repeat(257);
    check(
        json!({"TagKey": "k", "TagValue": value}),
        &format!(
            "Value '{value}' at 'tags.1.member.tagValue' failed to satisfy constraint: Member must have length less than or equal to 256"
        ),
    );
    let key = "k".repeat(129);
    check(
        json!({"TagKey": key, "TagValue": ""}),
        &format!(
            "Value '{key}' at 'tags.1.member.tagKey' failed to satisfy constraint: Member must have length less than or equal to 128"
        ),
    );
    let fine = json!({"TagKey": "k", "TagValue": "v"});
    check_one(
        Operation::CreateKey,
        &json!({"Tags": [fine, {"TagKey": "k"}]}),
        "Value null at 'tags.2.member.tagValue' failed to satisfy constraint: Member must not be null",
    );
}

#[test]
fn elements_of_a_list_of_texts_are_refused_together() {
    check_one(
        Operation::UntagResource,
        &json!({"KeyId": "k", "TagKeys": ["a", ""]}),
        "Value '[a, ]' at 'tagKeys' failed to satisfy constraint: Member must satisfy constraint: [Member must have length less than or equal to 128, Member must have length greater than or equal to 1]",
    );
    check_one(
        Operation::ListKeys,
        &json!({"ResourceOwners": []}),
        "Value '[]' at 'resourceOwners' failed to satisfy constraint: Member must have length greater than or equal to 1",
    );
    check_one(
        Operation::ListKeys,
        &json!({"ResourceOwners": ["SELF", "SELF", "SELF"]}),
        "Value '[SELF, SELF, SELF]' at 'resourceOwners' failed to satisfy constraint: Member must have length less than or equal to 2",
    );
}

#[test]
fn nested_members_have_a_path() {
    check_one(
        Operation::CreateGrant,
        &json!({"KeyId": "k", "Operations": ["Encrypt"], "Constraints": {"SourceArn": "arn:aws:x:y:012345678901"}}),
        "Value 'arn:aws:x:y:012345678901' at 'constraints.sourceArn' failed to satisfy constraint: Member must satisfy regular expression pattern: ^arn:aws[a-z0-9-]*:[a-z0-9-]+:[a-z0-9-]*:[0-9]{12}:.+$",
    );
    let body = json!({
        "CiphertextBlob": "AA==",
        "Recipient": {"KeyEncryptionAlgorithm": "x", "AttestationDocument": ""},
    });
    assert_eq!(
        refused(Operation::Decrypt, &body),
        "2 validation errors detected: \
         Value at 'recipient.attestationDocument' failed to satisfy constraint: \
         Member must have length greater than or equal to 1; \
         Value 'x' at 'recipient.keyEncryptionAlgorithm' failed to satisfy constraint: \
         Member must satisfy enum value set: [RSAES_OAEP_SHA_256]"
    );
}

#[test]
fn errors_show_no_secret() {
    let store = |member: &str, value: Value| {
        let message = refused(
            Operation::CreateCustomKeyStore,
            &json!({"CustomKeyStoreName": "n", member: value}),
        );
        assert!(!message.contains("hush"), "{message}");
        message
    };
    assert_eq!(
        store("KeyStorePassword", json!("hush")),
        "1 validation error detected: Value at 'keyStorePassword' failed to satisfy constraint: Member must have length greater than or equal to 7"
    );
    let credential = json!({"AccessKeyId": "hush", "RawSecretAccessKey": "hush!"});
    let message = store("XksProxyAuthenticationCredential", credential);
    let place = "Value at 'xksProxyAuthenticationCredential.";
    assert_eq!(message.matches(place).count(), 4, "{message}");
    let message = store("XksProxyAuthenticationCredential", json!({}));
    assert_eq!(
        message,
        format!(
            "2 validation errors detected: {place}accessKeyId' failed to satisfy constraint: Member must not be null; \
             {place}rawSecretAccessKey' failed to satisfy constraint: Member must not be null"
        )
    );
    check_one(
        Operation::Decrypt,
        &json!({"CiphertextBlob": "AA==", "GrantTokens": ["hush", ""]}),
        "Value at 'grantTokens' failed to satisfy constraint: Member must satisfy constraint: [Member must have length less than or equal to 8192, Member must have length greater than or equal to 1]",
    );
    check_one(
        Operation::RetireGrant,
        &json!({"GrantToken": ""}),
        "Value at 'grantToken' failed to satisfy constraint: Member must have length greater than or equal to 1",
    );
    check_one(
        Operation::Decrypt,
        &json!({"CiphertextBlob": "AA==", "GrantTokens": vec!["hush"; 11]}),
        "Value at 'grantTokens' failed to satisfy constraint: Member must have length less than or equal to 10",
    );
}

#[test]
fn debug_of_an_input_shows_neither_secrets_nor_blobs() {
    let body = json!({"KeyId": "k", "CiphertextBlob": "aHVzaA==", "GrantTokens": ["hush"]});
    let input = read(Operation::Decrypt, &body).unwrap();
    let text = format!("{input:?}");
    assert!(text.contains("ciphertext_blob: Some(4 bytes)"), "{text}");
    assert!(!text.contains("hush") && !text.contains("104"), "{text}");
}

#[test]
fn lengths_of_texts_are_utf_16_units() {
    let describe = |letter: &str, count| json!({"KeyId": "k", "Description": letter.repeat(count)});
    for (letter, limit) in [("a", 8192), ("ä", 8192), ("𝄞", 4096)] {
        let operation = Operation::UpdateKeyDescription;
        assert!(read(operation, &describe(letter, limit)).is_ok());
        let message = refused(operation, &describe(letter, limit + 1));
        assert!(message.ends_with("Member must have length less than or equal to 8192"));
    }
}

#[test]
fn the_patterns_of_the_model_hold() {
    let check = |operation, base: Value, member: &str, fine: &[&str], broken: &[&str]| {
        let with = |value: &str| {
            let mut body = base.clone();
            body[member] = json!(value);
            body
        };
        for value in fine {
            assert!(read(operation, &with(value)).is_ok(), "{member} {value:?}");
        }
        for value in broken {
            let message = refused(operation, &with(value));
            assert!(
                message.contains("regular expression pattern"),
                "{member} {value:?}"
            );
        }
    };
    let key = json!({"KeyId": "k"});
    let policy = Operation::GetKeyPolicy;
    check(
        policy,
        key.clone(),
        "PolicyName",
        &["default", "a_B9"],
        &["a-b", "ä", ""],
    );
    let replicate = Operation::ReplicateKey;
    let regions = ["us-east-1", "us-gov-west-12"];
    check(
        replicate,
        key.clone(),
        "ReplicaRegion",
        &regions,
        &["useast1", "us-east-", "US-east-1", "us-east-1\n"],
    );
    check(
        Operation::ListKeys,
        json!({}),
        "Marker",
        &["a ÿ"],
        &["\n", "Ā"],
    );
    let grant = json!({"KeyId": "k", "Operations": []});
    let principals = ["arn:aws:iam::1:user/a+b=c,d@e"];
    check(
        Operation::CreateGrant,
        grant.clone(),
        "GranteePrincipal",
        &principals,
        &["a b", "*"],
    );
    let services = ["a.b.c", "ec2.eu.amazonaws.com"];
    check(
        Operation::CreateGrant,
        grant,
        "GranteeServicePrincipal",
        &services,
        &["a.b", "a..b.c"],
    );
    let store = json!({"CustomKeyStoreName": "n"});
    let create = Operation::CreateCustomKeyStore;
    let paths = ["/kms/xks/v1", "/a/b/kms/xks/v12"];
    check(
        create,
        store.clone(),
        "XksProxyUriPath",
        &paths,
        &["/kms/xks/v123", "a/kms/xks/v1"],
    );
    check(
        create,
        store,
        "XksProxyVpcEndpointServiceOwner",
        &["012345678901"],
        &["01234567890a"],
    );
    check(
        Operation::CreateKey,
        json!({}),
        "Policy",
        &["{\"Version\":\t\"2012-10-17\"}\r\n"],
        &["\u{0}", "€"],
    );
}

#[test]
fn an_answer_stays_in_proportion_to_the_request() {
    let tags = vec![json!({}); 50_000];
    let message = refused(Operation::TagResource, &json!({"KeyId": "k", "Tags": tags}));
    assert!(message.len() < 20_000);
}

// Writing

#[test]
fn an_operation_without_output_shape_has_an_empty_body_and_one_without_members_an_object() {
    for output in [Output::UpdateAlias, Output::EnableKey, Output::PutKeyPolicy] {
        assert!(encode(&output).is_empty());
    }
    let connected = Output::ConnectCustomKeyStore(ConnectCustomKeyStoreResponse {});
    assert_eq!(encode(&connected).expose(), b"{}");
    let nothing = Output::ListKeys(ListKeysResponse::default());
    assert_eq!(encode(&nothing).expose(), b"{}");
}

#[test]
fn a_decrypted_plaintext_is_base64_in_the_answer() {
    let output = Output::Decrypt(DecryptResponse {
        key_id: Some("arn:aws:kms:us-east-1:111122223333:key/x".into()),
        plaintext: Some(Plaintext::new(vec![0xff; 4096])),
        encryption_algorithm: Some(EncryptionAlgorithmSpec::SymmetricDefault),
        ..DecryptResponse::default()
    });
    assert_eq!(
        written(&output),
        json!({
            "KeyId": "arn:aws:kms:us-east-1:111122223333:key/x",
            "Plaintext": STANDARD.encode([0xff; 4096]),
            "EncryptionAlgorithm": "SYMMETRIC_DEFAULT",
        })
    );
}

#[test]
fn a_listing_is_written_member_by_member() {
    let output = Output::ListAliases(ListAliasesResponse {
        aliases: Some(vec![
            AliasListEntry {
                alias_name: Some("alias/orders/prod".into()),
                creation_date: Some(Timestamp::from_millis(1_763_900_000_191)),
                last_updated_date: Some(Timestamp::from_millis(1_763_910_000_020)),
                ..AliasListEntry::default()
            },
            AliasListEntry::default(),
        ]),
        next_marker: Some("A\"\\\u{1}ÿ".into()),
        truncated: Some(true),
    });
    assert_eq!(
        written(&output),
        json!({
            "Aliases": [
                {"AliasName": "alias/orders/prod", "CreationDate": 1_763_900_000.191, "LastUpdatedDate": 1_763_910_000.02},
                {},
            ],
            "NextMarker": "A\"\\\u{1}ÿ",
            "Truncated": true,
        })
    );
}

#[test]
fn key_metadata_repeats_a_spec_that_the_deprecated_member_lacks() {
    let output = Output::CreateKey(CreateKeyResponse {
        key_metadata: Some(Box::new(KeyMetadata {
            aws_account_id: Some("111122223333".into()),
            key_id: "k".into(),
            customer_master_key_spec: Some(KeySpec::MlDsa44),
            key_spec: Some(KeySpec::MlDsa44),
            enabled: Some(false),
            signing_algorithms: Some(vec![SigningAlgorithmSpec::MlDsaShake256]),
            multi_region_configuration: Some(MultiRegionConfiguration {
                replica_keys: Some(vec![]),
                ..MultiRegionConfiguration::default()
            }),
            pending_deletion_window_in_days: Some(7),
            ..KeyMetadata::default()
        })),
    });
    assert_eq!(
        written(&output),
        json!({"KeyMetadata": {
            "AWSAccountId": "111122223333",
            "CustomerMasterKeySpec": "ML_DSA_44",
            "Enabled": false,
            "KeyId": "k",
            "KeySpec": "ML_DSA_44",
            "MultiRegionConfiguration": {"ReplicaKeys": []},
            "PendingDeletionWindowInDays": 7,
            "SigningAlgorithms": ["ML_DSA_SHAKE_256"],
        }})
    );
}

#[test]
fn grants_carry_their_context_constraints_and_tokens() {
    let pair = ("k\"".to_owned(), "v".to_owned());
    let output = Output::ListGrants(ListGrantsResponse {
        grants: Some(vec![GrantListEntry {
            constraints: Some(GrantConstraints {
                encryption_context_subset: Some(EncryptionContext::from_iter([pair])),
                ..GrantConstraints::default()
            }),
            operations: Some(vec![GrantOperation::Encrypt, GrantOperation::Decrypt]),
            ..GrantListEntry::default()
        }]),
        next_marker: None,
        truncated: Some(false),
    });
    assert_eq!(
        written(&output),
        json!({
            "Grants": [{
                "Constraints": {"EncryptionContextSubset": {"k\"": "v"}},
                "Operations": ["Encrypt", "Decrypt"],
            }],
            "Truncated": false,
        })
    );
    let output = Output::CreateGrant(CreateGrantResponse {
        grant_id: Some("g".into()),
        grant_token: Some(GrantToken::new("t".into())),
    });
    assert_eq!(written(&output), json!({"GrantId": "g", "GrantToken": "t"}));
}

// Whatever comes

/// A body that has every member, so that mutations reach every reader.
fn full_body() -> Value {
    serde_json::from_str(FULL_BODY).unwrap()
}

const FULL_BODY: &str = r#"{
    "AliasName": "alias/a", "TargetKeyId": "k", "KeyId": "k", "Plaintext": "AA==",
    "CiphertextBlob": "AA==", "Message": "AA==", "Signature": "AA==", "Mac": "AA==",
    "PublicKey": "AA==", "ImportToken": "AA==", "EncryptedKeyMaterial": "AA==",
    "SharedSecretCiphertextBlob": "AA==", "DestinationKeyId": "k", "SourceKeyId": "k",
    "EncryptionContext": {"a": "b"}, "GrantTokens": ["t"], "DryRun": false,
    "DryRunModifiers": ["IGNORE_CIPHERTEXT"], "NumberOfBytes": 32, "KeySpec": "AES_256",
    "KeyPairSpec": "RSA_2048", "SigningAlgorithm": "ECDSA_SHA_256", "Limit": 10,
    "MacAlgorithm": "HMAC_SHA_256", "KeyAgreementAlgorithm": "ECDH", "Marker": "m",
    "EncapsulationAlgorithm": "ML_KEM", "Tags": [{"TagKey": "a", "TagValue": "b"}],
    "TagKeys": ["a"], "Operations": ["Encrypt"], "GranteePrincipal": "arn:aws:iam::1:root",
    "Constraints": {"EncryptionContextEquals": {"a": "b"}}, "ValidTo": 1.5,
    "Recipient": {"KeyEncryptionAlgorithm": "RSAES_OAEP_SHA_256", "AttestationDocument": "AA=="},
    "CustomKeyStoreId": "c", "CustomKeyStoreName": "n", "KeyStorePassword": "1234567",
    "WrappingAlgorithm": "RSAES_OAEP_SHA_256", "WrappingKeySpec": "RSA_2048",
    "Policy": "{}", "PolicyName": "default", "Description": "", "ReplicaRegion": "us-east-1",
    "PrimaryRegion": "us-east-1", "GrantId": "g", "GrantToken": "t",
    "XksProxyAuthenticationCredential": {
        "AccessKeyId": "ABCDEFGHIJKLMNOPQRST",
        "RawSecretAccessKey": "abcdefghijklmnopqrstuvwxyz0123456789/+=abcdef"
    }
}"#;

#[test]
fn the_full_body_is_fine_for_nearly_every_operation() {
    let refused: Vec<_> = Operation::ALL
        .iter()
        .filter(|operation| read(**operation, &full_body()).is_err())
        .map(|operation| operation.name())
        .collect();
    // `KeySpec` cannot suit data keys and KMS keys at once.
    assert_eq!(refused, ["CreateKey"]);
}

/// Asks every operation; a panic fails the test.
fn ask_all(bytes: &[u8]) {
    for operation in Operation::ALL {
        match decode(*operation, bytes) {
            Ok(input) => assert_eq!(input.operation(), *operation),
            Err(fault) => assert!(matches!(
                fault.code,
                ErrorCode::SerializationException | ErrorCode::ValidationException
            )),
        }
    }
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
        proptest::collection::vec(any::<u8>(), 0..20)
            .prop_map(|bytes| Value::from(STANDARD.encode(bytes))),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::hash_map("[A-Za-z]{0,8}", inner, 0..4)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        ask_all(&bytes);
    }

    #[test]
    fn a_mutated_body_never_panics(
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        cut in any::<prop::sample::Index>(),
    ) {
        let mut bytes = full_body().to_string().into_bytes();
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        ask_all(&bytes);
        ask_all(&bytes[..cut.index(bytes.len())]);
    }

    #[test]
    fn a_member_of_any_type_never_panics(
        member in any::<prop::sample::Index>(),
        value in any_json(),
    ) {
        let mut body = full_body();
        let members = body.as_object_mut().unwrap();
        let at = member.index(members.len());
        *members.values_mut().nth(at).unwrap() = value;
        ask_all(body.to_string().as_bytes());
    }

    #[test]
    fn any_text_comes_back_as_it_was_sent(text in any::<String>()) {
        let body = json!({"KeyId": "k", "Plaintext": "AA==", "EncryptionContext": {"k": text}});
        let request = encrypt(&body.to_string());
        let context = request.encryption_context.unwrap();
        prop_assert_eq!(context.get("k"), Some(text.as_str()));
    }

    #[test]
    fn any_blob_comes_back_as_it_was_sent(
        bytes in proptest::collection::vec(any::<u8>(), 1..4096),
    ) {
        let body = json!({"KeyId": "k", "Plaintext": STANDARD.encode(&bytes)});
        let request = encrypt(&body.to_string());
        prop_assert_eq!(request.plaintext.expose(), &bytes);
    }
}
