//! Every use in every state that a key can be brought into, against the table.

use strongroom_model::{
    Plaintext,
    enums::{
        DataKeyPairSpec, EncapsulationAlgorithmSpec, ExpirationModelType,
        KeyAgreementAlgorithmSpec, KeySpec, KeyState, KeyUsageType, MacAlgorithmSpec, MessageType,
        OriginType, SigningAlgorithmSpec,
    },
    errors::ErrorCode,
    operations::{Input, Output},
    shapes::*,
};

use super::{
    blob, create_alias, decrypt, delete_alias, describe, disable, disconnect, encrypt,
    grants::{create_grant, create_grant_to_describe, created, list_grants},
    schedule, update_alias,
};
use crate::{
    specs::{self, Algorithms, MessageRule},
    testing::{Bench, key_in, symmetric_key},
    uses::{Cell, KEY_USES, Needs, STATES},
};

/// A request that makes this use of `key`, and of other keys only what every state allows.
///
/// `other` is an enabled key; `alias/on-key` stands for `key` and `alias/on-other` for `other`;
/// the blobs were made under the two keys while they could.
fn request(use_name: &str, key: &str, other: &str, made: &Made) -> Input {
    let key_id = key.to_owned();
    match use_name {
        "Encrypt" => encrypt(key),
        "Decrypt" => decrypt(&made.under_key),
        "ReEncryptFrom" => re_encrypt(&made.under_key, other),
        "ReEncryptTo" => re_encrypt(&made.under_other, key),
        "GenerateDataKey" => Input::GenerateDataKey(GenerateDataKeyRequest {
            dry_run: None,
            encryption_context: None,
            grant_tokens: None,
            key_id,
            key_spec: None,
            number_of_bytes: Some(16),
            recipient: None,
        }),
        "GenerateDataKeyWithoutPlaintext" => {
            Input::GenerateDataKeyWithoutPlaintext(GenerateDataKeyWithoutPlaintextRequest {
                dry_run: None,
                encryption_context: None,
                grant_tokens: None,
                key_id,
                key_spec: None,
                number_of_bytes: Some(16),
            })
        }
        "GenerateDataKeyPair" => Input::GenerateDataKeyPair(GenerateDataKeyPairRequest {
            dry_run: None,
            encryption_context: None,
            grant_tokens: None,
            key_id,
            key_pair_spec: DataKeyPairSpec::EccNistP256,
            recipient: None,
        }),
        "GenerateDataKeyPairWithoutPlaintext" => Input::GenerateDataKeyPairWithoutPlaintext(
            GenerateDataKeyPairWithoutPlaintextRequest {
                dry_run: None,
                encryption_context: None,
                grant_tokens: None,
                key_id,
                key_pair_spec: DataKeyPairSpec::EccNistP256,
            },
        ),
        "Sign" => sign(key),
        "Verify" => Input::Verify(VerifyRequest {
            dry_run: None,
            grant_tokens: None,
            key_id,
            message: message(),
            message_type: None,
            signature: made.under_key.clone(),
            signing_algorithm: SigningAlgorithmSpec::EcdsaSha256,
        }),
        "GenerateMac" => generate_mac(key),
        "VerifyMac" => Input::VerifyMac(VerifyMacRequest {
            dry_run: None,
            grant_tokens: None,
            key_id,
            mac: Plaintext::new(made.under_key.clone()),
            mac_algorithm: MacAlgorithmSpec::HmacSha256,
            message: message(),
        }),
        "DeriveSharedSecret" => Input::DeriveSharedSecret(DeriveSharedSecretRequest {
            dry_run: None,
            grant_tokens: None,
            key_agreement_algorithm: KeyAgreementAlgorithmSpec::Ecdh,
            key_id,
            public_key: made.under_key.clone(),
            recipient: None,
        }),
        "Encapsulate" => encapsulate(key),
        "Decapsulate" => Input::Decapsulate(DecapsulateRequest {
            dry_run: None,
            encapsulation_algorithm: EncapsulationAlgorithmSpec::MlKem,
            grant_tokens: None,
            key_id,
            shared_secret_ciphertext_blob: made.under_key.clone(),
        }),
        "GetPublicKey" => get_public_key(key),
        "DescribeKey" => describe(key),
        "UpdateKeyDescription" => Input::UpdateKeyDescription(UpdateKeyDescriptionRequest {
            key_id,
            description: "new".to_owned(),
        }),
        "EnableKey" => Input::EnableKey(EnableKeyRequest { key_id }),
        "DisableKey" => disable(key),
        "ScheduleKeyDeletion" => schedule(key, 7),
        "CancelKeyDeletion" => Input::CancelKeyDeletion(CancelKeyDeletionRequest { key_id }),
        "GetKeyLastUsage" => Input::GetKeyLastUsage(GetKeyLastUsageRequest { key_id }),
        "EnableKeyRotation" => Input::EnableKeyRotation(EnableKeyRotationRequest {
            key_id,
            rotation_period_in_days: None,
        }),
        "DisableKeyRotation" => Input::DisableKeyRotation(DisableKeyRotationRequest { key_id }),
        "GetKeyRotationStatus" => {
            Input::GetKeyRotationStatus(GetKeyRotationStatusRequest { key_id })
        }
        "ListKeyRotations" => Input::ListKeyRotations(ListKeyRotationsRequest {
            include_key_material: None,
            key_id,
            limit: None,
            marker: None,
        }),
        "RotateKeyOnDemand" => Input::RotateKeyOnDemand(RotateKeyOnDemandRequest { key_id }),
        "GetParametersForImport" => super::imports::parameters(key),
        "ImportKeyMaterial" => Input::ImportKeyMaterial(ImportKeyMaterialRequest {
            encrypted_key_material: Plaintext::new(vec![0; 256]),
            expiration_model: Some(ExpirationModelType::KeyMaterialDoesNotExpire),
            import_token: Plaintext::new(vec![0; 103]),
            import_type: None,
            key_id,
            key_material_description: None,
            key_material_id: None,
            valid_to: None,
        }),
        "DeleteImportedKeyMaterial" => {
            Input::DeleteImportedKeyMaterial(DeleteImportedKeyMaterialRequest {
                key_id,
                key_material_id: None,
            })
        }
        "GetKeyPolicy" => {
            Input::GetKeyPolicy(GetKeyPolicyRequest { key_id, policy_name: None })
        }
        "PutKeyPolicy" => Input::PutKeyPolicy(PutKeyPolicyRequest {
            key_id,
            policy_name: None,
            policy: r#"{"Statement":{"Effect":"Allow","Principal":"*","Action":"kms:*","Resource":"*"}}"#
                .to_owned(),
            bypass_policy_lockout_safety_check: None,
        }),
        "ListKeyPolicies" => Input::ListKeyPolicies(ListKeyPoliciesRequest {
            key_id,
            limit: None,
            marker: None,
        }),
        "TagResource" => Input::TagResource(TagResourceRequest {
            key_id,
            tags: vec![Tag { tag_key: "a".to_owned(), tag_value: "b".to_owned() }],
        }),
        "UntagResource" => Input::UntagResource(UntagResourceRequest {
            key_id,
            tag_keys: vec!["a".to_owned()],
        }),
        "ListResourceTags" => Input::ListResourceTags(ListResourceTagsRequest {
            key_id,
            limit: None,
            marker: None,
        }),
        "CreateGrant" => create_grant(key, None),
        "ReplicateKey" => replicate(key),
        "UpdatePrimaryRegionFrom" | "UpdatePrimaryRegionTo" => {
            Input::UpdatePrimaryRegion(UpdatePrimaryRegionRequest {
                key_id,
                primary_region: THERE.to_owned(),
            })
        }
        "ListGrants" => list_grants(key),
        "RevokeGrant" => Input::RevokeGrant(RevokeGrantRequest {
            dry_run: None,
            grant_id: made.grant.clone(),
            key_id,
        }),
        "RetireGrant" => Input::RetireGrant(RetireGrantRequest {
            dry_run: None,
            grant_id: Some(made.grant.clone()),
            grant_token: None,
            key_id: Some(key_id),
        }),
        "CreateAliasTo" => create_alias("alias/new", key),
        "UpdateAliasFrom" => update_alias("alias/on-key", other),
        "UpdateAliasTo" => update_alias("alias/on-other", key),
        "DeleteAliasFrom" => delete_alias("alias/on-key"),
        other => panic!("the use {other} has no request here"),
    }
}

pub(super) struct Made {
    /// What the use under test looks at: a ciphertext, a signature, a MAC, a peer's public key.
    pub(super) under_key: Vec<u8>,
    pub(super) under_other: Vec<u8>,
    /// A grant on the first key, or on none if it waits for its import.
    pub(super) grant: String,
}

pub(super) fn re_encrypt(blob: &[u8], destination: &str) -> Input {
    Input::ReEncrypt(ReEncryptRequest {
        ciphertext_blob: Some(blob.to_vec()),
        destination_encryption_algorithm: None,
        destination_encryption_context: None,
        destination_key_id: destination.to_owned(),
        dry_run: None,
        dry_run_modifiers: None,
        grant_tokens: None,
        source_encryption_algorithm: None,
        source_encryption_context: None,
        source_key_id: None,
    })
}

fn message() -> Plaintext {
    Plaintext::new(b"attack at dawn".to_vec())
}

fn sign(key: &str) -> Input {
    Input::Sign(SignRequest {
        dry_run: None,
        grant_tokens: None,
        key_id: key.to_owned(),
        message: message(),
        message_type: None,
        signing_algorithm: SigningAlgorithmSpec::EcdsaSha256,
    })
}

fn generate_mac(key: &str) -> Input {
    Input::GenerateMac(GenerateMacRequest {
        dry_run: None,
        grant_tokens: None,
        key_id: key.to_owned(),
        mac_algorithm: MacAlgorithmSpec::HmacSha256,
        message: message(),
    })
}

fn encapsulate(key: &str) -> Input {
    Input::Encapsulate(EncapsulateRequest {
        dry_run: None,
        encapsulation_algorithm: EncapsulationAlgorithmSpec::MlKem,
        grant_tokens: None,
        key_id: key.to_owned(),
    })
}

fn get_public_key(key: &str) -> Input {
    Input::GetPublicKey(GetPublicKeyRequest {
        grant_tokens: None,
        key_id: key.to_owned(),
    })
}

/// A key that the use is of: symmetric unless it needs another.
fn key_for(use_name: &str) -> CreateKeyRequest {
    let row = KEY_USES.iter().find(|row| row.name == use_name).unwrap();
    let spec = match row.needs {
        Needs::AnyUsage if use_name == "GetPublicKey" => KeySpec::EccNistP384,
        Needs::AnyUsage if use_name == "ReplicateKey" || has_relatives(use_name) => {
            return CreateKeyRequest {
                multi_region: Some(true),
                ..symmetric_key()
            };
        }
        Needs::AnyUsage | Needs::EncryptDecrypt => return symmetric_key(),
        Needs::SignVerify | Needs::KeyAgreement => KeySpec::EccNistP256,
        Needs::GenerateVerifyMac => KeySpec::Hmac256,
        Needs::EncapsulateDecapsulate => KeySpec::MlKem768,
    };
    key_of(
        spec,
        row.needs.usage().unwrap_or(KeyUsageType::KeyAgreement),
    )
}

/// The Region of replicas.
pub(super) const THERE: &str = "eu-west-1";

fn replicate(key: &str) -> Input {
    Input::ReplicateKey(ReplicateKeyRequest {
        bypass_policy_lockout_safety_check: None,
        description: None,
        key_id: key.to_owned(),
        policy: None,
        replica_region: THERE.to_owned(),
        tags: None,
    })
}

/// Whether the use is of a key that has relatives in another Region.
fn has_relatives(use_name: &str) -> bool {
    use_name.starts_with("UpdatePrimaryRegion")
}

fn key_of(spec: KeySpec, usage: KeyUsageType) -> CreateKeyRequest {
    CreateKeyRequest {
        key_spec: Some(spec),
        key_usage: Some(usage),
        ..symmetric_key()
    }
}

/// What the use looks at, made while the key could.
async fn made_under(bench: &Bench, use_name: &str, key: &str) -> Vec<u8> {
    let made = match use_name {
        "Verify" => bench.call(sign(key)).await,
        "VerifyMac" => bench.call(generate_mac(key)).await,
        "Decapsulate" => bench.call(encapsulate(key)).await,
        "DeriveSharedSecret" => {
            let peer = bench.key_like(key_for(use_name)).await.key_id;
            bench.call(get_public_key(&peer)).await
        }
        "Sign" | "GenerateMac" | "Encapsulate" | "GetPublicKey" => return Vec::new(),
        _ => return blob(bench, key).await,
    };
    match made.unwrap() {
        Output::Sign(output) => output.signature.unwrap(),
        Output::GenerateMac(output) => output.mac.unwrap().expose().to_vec(),
        Output::Encapsulate(output) => output.shared_secret_ciphertext_blob.unwrap(),
        Output::GetPublicKey(output) => output.public_key.unwrap(),
        other => panic!("{other:?}"),
    }
}

/// Two keys with their aliases and what was made under them; the first one is for the use, and in
/// the state asked for. A key that waits for its import never made anything.
pub(super) async fn prepared(
    bench: &Bench,
    use_name: &str,
    state: KeyState,
) -> (String, String, Made) {
    let request = match state {
        KeyState::PendingImport => CreateKeyRequest {
            origin: Some(OriginType::External),
            ..key_for(use_name)
        },
        KeyState::Unavailable => key_in(&bench.key_store().await, "external"),
        _ => key_for(use_name),
    };
    let store = request.custom_key_store_id.clone();
    let key = bench.key_like(request).await.key_id;
    let other = bench.key().await.key_id;
    bench
        .call(create_alias("alias/on-key", &key))
        .await
        .unwrap();
    bench
        .call(create_alias("alias/on-other", &other))
        .await
        .unwrap();
    let under_other = blob(bench, &other).await;
    let under_key = match state {
        KeyState::PendingImport => Vec::new(),
        _ => made_under(bench, use_name, &key).await,
    };
    let grant = match state {
        // None could be created; which one is asked for does not matter until one can be.
        KeyState::PendingImport => "0".repeat(64),
        _ => created(bench.call(create_grant_to_describe(&key)).await).0,
    };
    if has_relatives(use_name) {
        bench.call(replicate(&key)).await.unwrap();
    }
    let region = region_of(use_name);
    match state {
        KeyState::Disabled => drop(bench.call_in(region, disable(&key)).await.unwrap()),
        KeyState::PendingDeletion => drop(bench.call_in(region, schedule(&key, 7)).await.unwrap()),
        KeyState::Unavailable => {
            let store = disconnect(&store.unwrap());
            drop(bench.call(store).await.unwrap());
        }
        _ => {}
    }
    (
        key,
        other,
        Made {
            under_key,
            under_other,
            grant,
        },
    )
}

/// The Region of the key that the use is of.
pub(super) fn region_of(use_name: &str) -> &'static str {
    match use_name {
        "UpdatePrimaryRegionTo" => THERE,
        _ => "us-east-1",
    }
}

/// The request that makes a use, for the tests of denial.
pub(super) fn request_of(use_name: &str, key: &str, other: &str, made: &Made) -> Input {
    request(use_name, key, other, made)
}

#[tokio::test]
async fn every_use_answers_in_every_state_as_the_table_says() {
    let reachable = [
        (KeyState::Enabled, None),
        (
            KeyState::Disabled,
            Some((ErrorCode::DisabledException, "is disabled.")),
        ),
        (
            KeyState::PendingDeletion,
            Some((ErrorCode::KMSInvalidStateException, "is pending deletion.")),
        ),
        (
            KeyState::PendingImport,
            Some((ErrorCode::KMSInvalidStateException, "is pending import.")),
        ),
        (
            KeyState::Unavailable,
            Some((ErrorCode::KMSInvalidStateException, "is unavailable.")),
        ),
    ];
    for row in KEY_USES {
        for (state, refusal) in &reachable {
            // A ciphertext, or a grant, that was there before.
            let needs_the_past = matches!(
                row.name,
                "Decrypt" | "ReEncryptFrom" | "RevokeGrant" | "RetireGrant"
            );
            if (needs_the_past || has_relatives(row.name)) && *state == KeyState::PendingImport {
                continue;
            }
            // Custom key stores hold symmetric keys of one Region only.
            let wanted = key_for(row.name);
            let elsewhere = wanted.key_spec.is_some() || wanted.multi_region.is_some();
            if elsewhere && *state == KeyState::Unavailable {
                continue;
            }
            let bench = Bench::new().await;
            let (key, other, made) = prepared(&bench, row.name, *state).await;
            let outcome = bench.call(request(row.name, &key, &other, &made)).await;
            let heard = outcome
                .map(|_| ())
                .map_err(|error| (error.code(), error.message().unwrap_or_default().to_owned()));
            let region = region_of(row.name);
            let arn = format!("arn:aws:kms:{region}:111122223333:key/{key}");
            let expected = match (row.cell(*state), refusal) {
                // Where the state lets the use go on, the origin of the material may not. The key
                // that waits for its import is the one whose material comes from outside; the one
                // that is unavailable stands in a custom key store.
                (Cell::Allow, _) if let Some(refusal) = by_origin(row.name, *state, &arn) => {
                    Err(refusal)
                }
                (Cell::Allow, _) => Ok(()),
                (Cell::NotPending, _) => Err((
                    ErrorCode::KMSInvalidStateException,
                    format!("{arn} is not pending deletion."),
                )),
                // A primary key waits for its replicas to be deleted first.
                (Cell::Refuse, Some((code, _)))
                    if row.name == "UpdatePrimaryRegionFrom"
                        && *state == KeyState::PendingDeletion =>
                {
                    Err((*code, format!("{arn} is pending replica deletion.")))
                }
                (Cell::Refuse, Some((code, is))) => Err((*code, format!("{arn} {is}"))),
                (Cell::Refuse, None) => panic!("{} is never possible", row.name),
            };
            assert_eq!(heard, expected, "{} in {}", row.name, state.as_str());
        }
    }
}

/// How a use is refused in a state that allows it, because of where the material comes from.
fn by_origin(use_name: &str, state: KeyState, arn: &str) -> Option<(ErrorCode, String)> {
    let made = match state {
        KeyState::PendingImport => "EXTERNAL",
        KeyState::Unavailable => "EXTERNAL_KEY_STORE",
        _ => "AWS_KMS",
    };
    let external = state == KeyState::PendingImport;
    let origin = match use_name {
        "EnableKeyRotation" | "DisableKeyRotation" | "GetKeyRotationStatus"
            if made != "AWS_KMS" =>
        {
            made
        }
        "RotateKeyOnDemand" if state == KeyState::Unavailable => made,
        "GetParametersForImport" | "ImportKeyMaterial" | "DeleteImportedKeyMaterial"
            if !external =>
        {
            made
        }
        "ImportKeyMaterial" => {
            let code = ErrorCode::InvalidImportTokenException;
            return Some((code, String::new()));
        }
        _ => return None,
    };
    let message = format!("{arn} origin is {origin} which is not valid for this operation.");
    Some((ErrorCode::UnsupportedOperationException, message))
}

#[test]
fn the_table_has_a_column_for_every_state() {
    for state in KeyState::ALL {
        assert!(STATES.contains(state), "{}", state.as_str());
    }
}

#[tokio::test]
async fn key_usage_is_weighed_before_the_plaintext_is_looked_at() {
    let bench = Bench::new().await;
    let key = bench.key().await.key_id;
    let Input::Encrypt(request) = encrypt(&key) else {
        panic!()
    };
    let rsa = strongroom_model::enums::EncryptionAlgorithmSpec::RsaesOaepSha256;
    let request = EncryptRequest {
        encryption_algorithm: Some(rsa),
        plaintext: Plaintext::new(vec![0; 4096]),
        ..request
    };
    let (code, message) = bench.refused(Input::Encrypt(request)).await;
    assert_eq!(code, ErrorCode::InvalidKeyUsageException);
    assert_eq!(
        message,
        "Algorithm RSAES_OAEP_SHA_256 is incompatible with key spec SYMMETRIC_DEFAULT."
    );
}

/// Every use that needs a key usage is refused under a key of every other one, and that before
/// the key's state is weighed.
#[tokio::test]
async fn a_use_is_refused_under_keys_of_every_other_usage_whatever_their_state() {
    let bench = Bench::new().await;
    let mut keys = Vec::new();
    for (spec, usage) in [
        (KeySpec::SymmetricDefault, KeyUsageType::EncryptDecrypt),
        (KeySpec::EccNistP256, KeyUsageType::SignVerify),
        (KeySpec::EccNistP256, KeyUsageType::KeyAgreement),
        (KeySpec::Hmac256, KeyUsageType::GenerateVerifyMac),
        (KeySpec::MlKem768, KeyUsageType::EncapsulateDecapsulate),
    ] {
        let key = bench.key_like(key_of(spec, usage)).await.key_id;
        bench.call(disable(&key)).await.unwrap();
        keys.push((key, usage));
    }
    let other = bench.key().await.key_id;
    let made = Made {
        under_key: vec![1; 64],
        under_other: blob(&bench, &other).await,
        grant: String::new(),
    };
    for row in KEY_USES {
        let by_ciphertext = matches!(row.name, "Decrypt" | "ReEncryptFrom");
        let Some(needed) = row.needs.usage().filter(|_| !by_ciphertext) else {
            continue;
        };
        for (key, usage) in keys.iter().filter(|(_, usage)| *usage != needed) {
            let input = request(row.name, key, &other, &made);
            let operation = input.operation().name();
            let heard = bench.refused(input).await;
            let expected = format!(
                "arn:aws:kms:us-east-1:111122223333:key/{key} key usage is {usage} which is not \
                 valid for {operation}."
            );
            assert_eq!(
                heard,
                (ErrorCode::InvalidKeyUsageException, expected),
                "{}",
                row.name
            );
        }
    }
}

#[tokio::test]
async fn a_key_signs_by_its_own_algorithms_and_what_each_takes() {
    let bench = Bench::new().await;
    for spec in KeySpec::ALL {
        let usage = KeyUsageType::SignVerify;
        let Some(Algorithms::Signing(own)) = specs::algorithms(*spec, usage) else {
            continue;
        };
        let key = bench.key_like(key_of(*spec, usage)).await;
        assert_eq!(key.signing_algorithms.as_deref(), Some(own));
        for algorithm in SigningAlgorithmSpec::ALL {
            for message_type in MessageType::ALL {
                for length in [20, 32, 48, 64] {
                    let heard = bench
                        .call(Input::Sign(SignRequest {
                            dry_run: None,
                            grant_tokens: None,
                            key_id: key.key_id.clone(),
                            message: Plaintext::new(vec![7; length]),
                            message_type: Some(*message_type),
                            signing_algorithm: *algorithm,
                        }))
                        .await;
                    let rule = specs::message_rule(*algorithm, *message_type);
                    let (fits, expected) = match rule {
                        _ if !own.contains(algorithm) => (false, "is incompatible with key spec"),
                        MessageRule::Whole => (true, ""),
                        MessageRule::Bytes(digest) => (digest == length, "Digest is invalid"),
                        MessageRule::NotByAlgorithm => (false, "is incompatible with algorithm"),
                        MessageRule::NotByKeySpec => (false, "is incompatible with key spec"),
                    };
                    let case = format!("{spec} {algorithm} {message_type} {length}: {heard:?}");
                    match heard {
                        Ok(_) => assert!(fits, "{case}"),
                        Err(error) => {
                            let message = error.message().unwrap_or_default();
                            assert!(!fits && message.contains(expected), "{case}");
                        }
                    }
                }
            }
        }
    }
}
