//! Behaviour of the whole service that no single file owns: states, aliases, deletion,
//! revocation, retries.

mod corruption;
mod custody;
mod denial;
mod domains;
mod grants;
mod imports;
mod key_stores;
mod last_use;
mod patience;
mod permission;
mod quotas;
mod rotation;
mod states;
mod vitals;

use std::sync::Arc;

use strongroom_model::{
    Plaintext,
    enums::{KeyState, OriginType},
    errors::ErrorCode,
    operations::{Input, Output},
    shapes::*,
};

use crate::{
    record::{Deletion, KeyRecord},
    testing::{Bench, START, symmetric_key},
};

fn create_alias(name: &str, target: &str) -> Input {
    Input::CreateAlias(CreateAliasRequest {
        alias_name: name.to_owned(),
        target_key_id: target.to_owned(),
    })
}

fn update_alias(name: &str, target: &str) -> Input {
    Input::UpdateAlias(UpdateAliasRequest {
        alias_name: name.to_owned(),
        target_key_id: target.to_owned(),
    })
}

fn delete_alias(name: &str) -> Input {
    Input::DeleteAlias(DeleteAliasRequest {
        alias_name: name.to_owned(),
    })
}

fn schedule(key: &str, days: i32) -> Input {
    Input::ScheduleKeyDeletion(ScheduleKeyDeletionRequest {
        key_id: key.to_owned(),
        pending_window_in_days: Some(days),
    })
}

fn describe(key: &str) -> Input {
    Input::DescribeKey(DescribeKeyRequest {
        key_id: key.to_owned(),
        grant_tokens: None,
    })
}

fn disable(key: &str) -> Input {
    Input::DisableKey(DisableKeyRequest {
        key_id: key.to_owned(),
    })
}

fn disconnect(store: &str) -> Input {
    Input::DisconnectCustomKeyStore(DisconnectCustomKeyStoreRequest {
        custom_key_store_id: store.to_owned(),
    })
}

fn encrypt(key: &str) -> Input {
    Input::Encrypt(EncryptRequest {
        dry_run: None,
        encryption_algorithm: None,
        encryption_context: None,
        grant_tokens: None,
        key_id: key.to_owned(),
        plaintext: Plaintext::new(b"attack at dawn".to_vec()),
    })
}

fn decrypt(blob: &[u8]) -> Input {
    Input::Decrypt(DecryptRequest {
        ciphertext_blob: Some(blob.to_vec()),
        dry_run: None,
        dry_run_modifiers: None,
        encryption_algorithm: None,
        encryption_context: None,
        grant_tokens: None,
        key_id: None,
        recipient: None,
    })
}

fn list_aliases(key: Option<&str>) -> Input {
    Input::ListAliases(ListAliasesRequest {
        key_id: key.map(str::to_owned),
        limit: None,
        marker: None,
    })
}

async fn aliases(bench: &Bench, key: Option<&str>) -> Vec<(String, String)> {
    let Ok(Output::ListAliases(page)) = bench.call(list_aliases(key)).await else {
        panic!("no listing");
    };
    let entry = |alias: AliasListEntry| (alias.alias_name.unwrap(), alias.target_key_id.unwrap());
    page.aliases.unwrap().into_iter().map(entry).collect()
}

async fn blob(bench: &Bench, key: &str) -> Vec<u8> {
    match bench.call(encrypt(key)).await {
        Ok(Output::Encrypt(output)) => output.ciphertext_blob.unwrap(),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn what_is_encrypted_under_an_alias_is_decrypted_after_the_alias_moved() {
    let bench = Bench::new().await;
    let (old, new) = (bench.key().await.key_id, bench.key().await.key_id);
    bench.call(create_alias("alias/app", &old)).await.unwrap();
    let made_before = blob(&bench, "alias/app").await;
    bench.call(update_alias("alias/app", &new)).await.unwrap();
    for (blob, key) in [(made_before, &old), (blob(&bench, "alias/app").await, &new)] {
        let Ok(Output::Decrypt(output)) = bench.call(decrypt(&blob)).await else {
            panic!()
        };
        assert_eq!(output.plaintext.unwrap().expose(), b"attack at dawn");
        assert!(output.key_id.unwrap().ends_with(key.as_str()));
    }
}

#[tokio::test]
async fn an_alias_is_in_one_place_at_a_time() {
    let bench = Bench::new().await;
    let (a, b) = (bench.key().await.key_id, bench.key().await.key_id);
    bench.call(create_alias("alias/x", &a)).await.unwrap();
    bench.call(update_alias("alias/x", &b)).await.unwrap();
    let expected = vec![("alias/x".to_owned(), b.clone())];
    assert_eq!(aliases(&bench, None).await, expected);
    assert_eq!(aliases(&bench, Some(&b)).await, expected);
    assert_eq!(aliases(&bench, Some(&a)).await, []);
    bench.call(delete_alias("alias/x")).await.unwrap();
    assert_eq!(aliases(&bench, None).await, []);
    assert_eq!(aliases(&bench, Some(&b)).await, []);
}

#[tokio::test]
async fn a_thousand_concurrent_updates_of_one_alias_all_succeed() {
    let bench = Arc::new(Bench::new().await);
    let (a, b) = (bench.key().await.key_id, bench.key().await.key_id);
    bench.call(create_alias("alias/busy", &a)).await.unwrap();
    let mut calls = Vec::new();
    for at in 0..1000 {
        let bench = Arc::clone(&bench);
        let target = if at % 2 == 0 { a.clone() } else { b.clone() };
        calls.push(tokio::spawn(async move {
            bench
                .call(update_alias("alias/busy", &target))
                .await
                .map(|_| ())
        }));
    }
    for call in calls {
        call.await.unwrap().unwrap();
    }
    let listed = aliases(&bench, None).await;
    assert_eq!(listed.len(), 1);
    let of = |key: String| {
        let bench = Arc::clone(&bench);
        async move { aliases(&bench, Some(&key)).await }
    };
    assert_eq!([of(a).await, of(b).await].concat(), listed);
}

#[tokio::test]
async fn the_fifty_first_alias_of_a_key_is_one_too_many() {
    let bench = Bench::new().await;
    let (full, other) = (bench.key().await.key_id, bench.key().await.key_id);
    for at in 0..50 {
        bench
            .call(create_alias(&format!("alias/{at}"), &full))
            .await
            .unwrap();
    }
    bench
        .call(create_alias("alias/other", &other))
        .await
        .unwrap();
    let quota = (
        ErrorCode::LimitExceededException,
        "Aliases per key quota for this account in this region is 50, current usage is 50."
            .to_owned(),
    );
    assert_eq!(bench.refused(create_alias("alias/50", &full)).await, quota);
    assert_eq!(
        bench.refused(update_alias("alias/other", &full)).await,
        quota
    );
    // An alias that stays where it is needs no place.
    bench.call(update_alias("alias/7", &full)).await.unwrap();
    bench.call(delete_alias("alias/7")).await.unwrap();
    bench
        .call(update_alias("alias/other", &full))
        .await
        .unwrap();
}

#[tokio::test]
async fn a_key_is_gone_at_its_date_and_its_aliases_can_be_created_again() {
    let bench = Bench::new().await;
    let (old, new) = (bench.key().await.key_id, bench.key().await.key_id);
    bench.call(create_alias("alias/app", &old)).await.unwrap();
    let made_before = blob(&bench, &old).await;
    bench.call(schedule(&old, 7)).await.unwrap();
    bench.advance_days(7);

    let (code, message) = bench.refused(describe(&old)).await;
    assert_eq!(code, ErrorCode::NotFoundException);
    assert!(
        message.ends_with(&format!("key/{old}' does not exist")),
        "{message}"
    );
    assert_eq!(aliases(&bench, None).await, []);
    let (code, _) = bench.refused(decrypt(&made_before)).await;
    assert_eq!(code, ErrorCode::AccessDeniedException);
    let (code, _) = bench.refused(update_alias("alias/app", &new)).await;
    assert_eq!(code, ErrorCode::NotFoundException);

    bench.call(create_alias("alias/app", &new)).await.unwrap();
    bench.service.maintain().await;
    assert_eq!(
        aliases(&bench, None).await,
        vec![("alias/app".to_owned(), new.clone())]
    );
    assert_eq!(aliases(&bench, Some(&new)).await.len(), 1);
    let rows = bench
        .backend
        .scan(strongroom_store::KeyRange::all(), 1000)
        .await
        .unwrap()
        .rows;
    let names: Vec<_> = rows
        .iter()
        .map(|row| String::from_utf8_lossy(&row.key).into_owned())
        .collect();
    let left: Vec<_> = names
        .iter()
        .filter(|name| name.contains(&old) && !name.starts_with("outbox/"))
        .collect();
    assert_eq!(
        left,
        vec![&format!("region/111122223333/us-east-1/tombstone/{old}")]
    );
}

#[tokio::test]
async fn a_key_pending_deletion_can_be_left_and_not_joined() {
    let bench = Bench::new().await;
    let (leaving, joining) = (bench.key().await.key_id, bench.key().await.key_id);
    bench
        .call(create_alias("alias/app", &leaving))
        .await
        .unwrap();
    bench.call(schedule(&leaving, 7)).await.unwrap();
    bench
        .call(update_alias("alias/app", &joining))
        .await
        .unwrap();
    let (code, message) = bench.refused(update_alias("alias/app", &leaving)).await;
    assert_eq!(code, ErrorCode::KMSInvalidStateException);
    assert!(
        message.ends_with(&format!("key/{leaving} is pending deletion.")),
        "{message}"
    );
}

#[tokio::test]
async fn a_disabled_key_encrypts_nothing_from_the_moment_the_call_returns() {
    let bench = Bench::new().await;
    let key = bench.key().await.key_id;
    blob(&bench, &key).await;
    bench.call(disable(&key)).await.unwrap();
    let (code, message) = bench.refused(encrypt(&key)).await;
    assert_eq!(code, ErrorCode::DisabledException);
    assert!(message.ends_with(" is disabled."), "{message}");
}

#[tokio::test]
async fn the_key_of_an_aws_service_is_made_on_first_use_and_cannot_be_joined() {
    let bench = Bench::new().await;
    let own = bench.key().await.key_id;
    assert_eq!(aliases(&bench, None).await, []);
    blob(&bench, "alias/aws/s3").await;
    let listed = aliases(&bench, None).await;
    assert_eq!(listed[0].0, "alias/aws/s3");
    let managed = listed[0].1.clone();
    let (code, _) = bench.refused(create_alias("alias/mine", &managed)).await;
    assert_eq!(code, ErrorCode::AccessDeniedException);
    let (code, _) = bench.refused(disable(&managed)).await;
    assert_eq!(code, ErrorCode::AccessDeniedException);
    let (code, message) = bench.refused(update_alias("alias/aws/s3", &own)).await;
    assert_eq!(
        (code, message.as_str()),
        (ErrorCode::NotAuthorizedException, "")
    );
    let (code, _) = bench.refused(describe("alias/aws/nothing")).await;
    assert_eq!(code, ErrorCode::NotFoundException);
}

#[tokio::test]
async fn another_account_cannot_tell_a_key_from_none() {
    let bench = Bench::with(Box::new(strongroom_auth::Enforced)).await;
    let there = bench.key().await.arn.unwrap();
    let nowhere = format!("{}0", &there[..there.len() - 1]);
    let hear = |reference: String| {
        let bench = &bench;
        async move {
            let error = bench
                .call_as("444455556666", encrypt(&reference))
                .await
                .unwrap_err();
            (error.code(), error.message().unwrap().to_owned())
        }
    };
    assert_eq!(hear(there).await, hear(nowhere).await);
}

#[tokio::test]
async fn an_alias_of_an_external_key_may_wait_for_its_material() {
    let bench = Bench::new().await;
    let external = CreateKeyRequest {
        origin: Some(OriginType::External),
        ..symmetric_key()
    };
    let key = bench.key_like(external).await;
    assert_eq!(key.key_state, Some(KeyState::PendingImport));
    bench
        .call(create_alias("alias/later", &key.key_id))
        .await
        .unwrap();
    let (code, message) = bench.refused(encrypt("alias/later")).await;
    assert_eq!(code, ErrorCode::KMSInvalidStateException);
    assert!(message.ends_with(" is pending import."), "{message}");
}

#[test]
fn a_key_is_alive_until_its_date() {
    let mut key: KeyRecord = serde_json::from_value(serde_json::json!({
        "created": START, "spec": "SYMMETRIC_DEFAULT", "usage": "ENCRYPT_DECRYPT",
        "origin": "AWS_KMS", "manager": "CUSTOMER", "enabled": true,
        "a member of a later version": 1
    }))
    .unwrap();
    let date = strongroom_model::Timestamp::from_millis(START);
    assert!(key.alive(date));
    key.deletion = Some(Deletion {
        date,
        window_days: 7,
    });
    assert!(key.alive(date.plus_millis(-1)));
    assert!(!key.alive(date));
}

#[tokio::test]
async fn what_was_read_often_is_not_used_after_it_changed() {
    let bench = Bench::new().await;
    let key = bench.key().await.key_id;
    for round in 0..3 {
        let description = format!("round {round}");
        let update = UpdateKeyDescriptionRequest {
            key_id: key.clone(),
            description: description.clone(),
        };
        bench
            .call(Input::UpdateKeyDescription(update))
            .await
            .unwrap();
        for _ in 0..40 {
            let Ok(Output::DescribeKey(described)) = bench.call(describe(&key)).await else {
                panic!("the key is gone");
            };
            let found = described.key_metadata.unwrap().description;
            assert_eq!(found.as_deref(), Some(&*description));
        }
    }
}
