//! What the generated words promise.

use std::collections::BTreeSet;

use strongroom_model::{
    GrantToken, Plaintext,
    enums::{KeySpec, ResourceOwnerType, SigningAlgorithmSpec},
    errors::ErrorCode,
    operations::{Input, Operation, Output},
    shapes::*,
};

#[test]
fn there_are_56_operations_with_distinct_names() {
    let names: BTreeSet<_> = Operation::ALL.iter().map(|o| o.name()).collect();
    assert_eq!((Operation::ALL.len(), names.len()), (56, 56));
    for operation in Operation::ALL {
        assert_eq!(Operation::parse(operation.name()), Some(*operation));
        assert_eq!(operation.to_string(), operation.name());
    }
    assert_eq!(Operation::parse("encrypt"), None);
}

#[test]
fn an_operation_knows_the_exceptions_of_its_page() {
    let update_alias: BTreeSet<_> = Operation::UpdateAlias.errors().iter().copied().collect();
    assert_eq!(
        update_alias,
        BTreeSet::from([
            ErrorCode::DependencyTimeoutException,
            ErrorCode::KMSInternalException,
            ErrorCode::KMSInvalidStateException,
            ErrorCode::LimitExceededException,
            ErrorCode::NotFoundException,
        ])
    );
}

#[test]
fn statuses_are_400_but_for_the_failures_of_the_service() {
    for error in ErrorCode::ALL {
        let expected = match error.name() {
            "KMSInternalException" | "KeyUnavailableException" | "InternalFailure" => 500,
            "DependencyTimeoutException" | "ServiceUnavailable" => 503,
            _ => 400,
        };
        assert_eq!(error.http_status(), expected, "{error}");
        assert_eq!(ErrorCode::parse(error.name()), Some(*error));
    }
}

#[test]
fn enum_values_are_written_and_read_as_aws_spells_them() {
    for spec in KeySpec::ALL {
        assert_eq!(KeySpec::parse(spec.as_str()), Some(*spec));
        let json = serde_json::to_string(spec).unwrap();
        assert_eq!(json, format!("\"{spec}\""));
        assert_eq!(serde_json::from_str::<KeySpec>(&json).unwrap(), *spec);
    }
    assert!(serde_json::from_str::<KeySpec>("\"RSA_1024\"").is_err());
    assert_eq!(KeySpec::EccSecgP256k1.as_str(), "ECC_SECG_P256K1");
    assert_eq!(ResourceOwnerType::SelfOwned.as_str(), "SELF");
}

#[test]
fn the_overlay_adds_the_algorithm_that_sign_lets_through() {
    let added = SigningAlgorithmSpec::SymmetricDefault;
    assert_eq!(
        SigningAlgorithmSpec::parse("SYMMETRIC_DEFAULT"),
        Some(added)
    );
}

#[test]
fn inputs_and_outputs_know_their_operation_and_what_crosses_all_of_them() {
    let input = Input::Encrypt(EncryptRequest {
        dry_run: Some(true),
        encryption_algorithm: None,
        encryption_context: None,
        grant_tokens: Some(vec![GrantToken::new("hush".into())]),
        key_id: "k".into(),
        plaintext: Plaintext::new(b"hush".to_vec()),
    });
    assert_eq!(input.operation(), Operation::Encrypt);
    assert!(input.dry_run());
    assert_eq!(input.grant_tokens().len(), 1);
    assert!(!format!("{input:?}").contains("hush"));

    let input = Input::ListKeys(ListKeysRequest::default());
    assert!(!input.dry_run());
    assert!(input.grant_tokens().is_empty());

    assert_eq!(Output::UpdateAlias.operation(), Operation::UpdateAlias);
    let output = Output::ListKeys(ListKeysResponse::default());
    assert_eq!(output.operation(), Operation::ListKeys);
}
