//! Every use in every state that a key can be brought into, against the table.

use strongroom_model::{
    Plaintext,
    enums::{KeyState, OriginType},
    errors::ErrorCode,
    operations::Input,
    shapes::*,
};

use super::{
    blob, create_alias, decrypt, delete_alias, describe, disable, encrypt, schedule, update_alias,
};
use crate::{
    testing::{Bench, symmetric_key},
    uses::{Cell, KEY_USES, STATES},
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
        "DescribeKey" => describe(key),
        "UpdateKeyDescription" => Input::UpdateKeyDescription(UpdateKeyDescriptionRequest {
            key_id,
            description: "new".to_owned(),
        }),
        "EnableKey" => Input::EnableKey(EnableKeyRequest { key_id }),
        "DisableKey" => disable(key),
        "ScheduleKeyDeletion" => schedule(key, 7),
        "CancelKeyDeletion" => Input::CancelKeyDeletion(CancelKeyDeletionRequest { key_id }),
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
        "CreateAliasTo" => create_alias("alias/new", key),
        "UpdateAliasFrom" => update_alias("alias/on-key", other),
        "UpdateAliasTo" => update_alias("alias/on-other", key),
        "DeleteAliasFrom" => delete_alias("alias/on-key"),
        other => panic!("the use {other} has no request here"),
    }
}

pub(super) struct Made {
    pub(super) under_key: Vec<u8>,
    pub(super) under_other: Vec<u8>,
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

/// Two keys with their aliases and ciphertexts; the first one in the state asked for. A key that
/// waits for its import never made a ciphertext.
pub(super) async fn prepared(bench: &Bench, state: KeyState) -> (String, String, Made) {
    let request = match state {
        KeyState::PendingImport => CreateKeyRequest {
            origin: Some(OriginType::External),
            ..symmetric_key()
        },
        _ => symmetric_key(),
    };
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
        _ => blob(bench, &key).await,
    };
    match state {
        KeyState::Disabled => drop(bench.call(disable(&key)).await.unwrap()),
        KeyState::PendingDeletion => drop(bench.call(schedule(&key, 7)).await.unwrap()),
        _ => {}
    }
    (
        key,
        other,
        Made {
            under_key,
            under_other,
        },
    )
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
    ];
    for row in KEY_USES {
        for (state, refusal) in &reachable {
            let needs_a_ciphertext = matches!(row.name, "Decrypt" | "ReEncryptFrom");
            if needs_a_ciphertext && *state == KeyState::PendingImport {
                continue;
            }
            let bench = Bench::new().await;
            let (key, other, made) = prepared(&bench, *state).await;
            let outcome = bench.call(request(row.name, &key, &other, &made)).await;
            let heard = outcome
                .map(|_| ())
                .map_err(|error| (error.code(), error.message().unwrap_or_default().to_owned()));
            let arn = format!("arn:aws:kms:us-east-1:111122223333:key/{key}");
            let expected = match (row.cell(*state), refusal) {
                (Cell::Allow, _) => Ok(()),
                (Cell::NotPending, _) => Err((
                    ErrorCode::KMSInvalidStateException,
                    format!("{arn} is not pending deletion."),
                )),
                (Cell::Refuse, Some((code, is))) => Err((*code, format!("{arn} {is}"))),
                (Cell::Refuse, None) => panic!("{} is never possible", row.name),
            };
            assert_eq!(heard, expected, "{} in {}", row.name, state.as_str());
        }
    }
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
