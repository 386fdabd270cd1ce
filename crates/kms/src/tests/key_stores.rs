//! Custom key stores: what binds a store, its keys and its connection together.

use std::sync::Arc;

use strongroom_auth::decision::Open;
use strongroom_model::{
    Plaintext,
    enums::{ConnectionStateType, ExpirationModelType, KeyState},
    errors::ErrorCode,
    operations::{Input, Output},
    shapes::*,
};

use super::{
    blob, decrypt, describe, disable, disconnect, encrypt,
    imports::parameters,
    rotation::{enable_rotation, rotate},
    schedule,
};
use crate::testing::{Bench, key_in, key_store};

fn connect(store: &str) -> Input {
    Input::ConnectCustomKeyStore(ConnectCustomKeyStoreRequest {
        custom_key_store_id: store.to_owned(),
    })
}

fn delete(store: &str) -> Input {
    Input::DeleteCustomKeyStore(DeleteCustomKeyStoreRequest {
        custom_key_store_id: store.to_owned(),
    })
}

async fn settled(bench: &Bench, store: &str) -> ConnectionStateType {
    loop {
        match bench.connection_of(store).await {
            ConnectionStateType::Connecting => tokio::task::yield_now().await,
            state => return state,
        }
    }
}

async fn state(bench: &Bench, key: &str) -> KeyState {
    match bench.call(describe(key)).await {
        Ok(Output::DescribeKey(described)) => described.key_metadata.unwrap().key_state.unwrap(),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn keys_are_unavailable_while_their_store_is_disconnected() {
    let bench = Bench::new().await;
    let store = bench.key_store().await;
    let key = bench.key_like(key_in(&store, "a")).await.key_id;
    let pending = bench.key_like(key_in(&store, "b")).await.key_id;
    bench.call(schedule(&pending, 7)).await.unwrap();
    let made = blob(&bench, &key).await;

    bench.call(disconnect(&store)).await.unwrap();
    assert_eq!(state(&bench, &key).await, KeyState::Unavailable);
    assert_eq!(state(&bench, &pending).await, KeyState::PendingDeletion);
    for request in [encrypt(&key), decrypt(&made)] {
        let (code, message) = bench.refused(request).await;
        assert_eq!(code, ErrorCode::KMSInvalidStateException);
        assert!(message.ends_with(" is unavailable."), "{message}");
    }
    // What is said of the key meanwhile shows when the store is back.
    bench.call(disable(&key)).await.unwrap();
    assert_eq!(state(&bench, &key).await, KeyState::Unavailable);

    bench.call(connect(&store)).await.unwrap();
    assert_eq!(
        settled(&bench, &store).await,
        ConnectionStateType::Connected
    );
    assert_eq!(state(&bench, &key).await, KeyState::Disabled);
}

#[tokio::test]
async fn a_store_is_deleted_only_when_its_last_key_is_gone() {
    let bench = Bench::new().await;
    let store = bench.key_store().await;
    let key = bench.key_like(key_in(&store, "a")).await.key_id;
    let (code, _) = bench.refused(delete(&store)).await;
    assert_eq!(code, ErrorCode::CustomKeyStoreInvalidStateException);
    bench.call(disconnect(&store)).await.unwrap();
    let (code, _) = bench.refused(delete(&store)).await;
    assert_eq!(code, ErrorCode::CustomKeyStoreHasCMKsException);
    bench.call(schedule(&key, 7)).await.unwrap();
    let (code, _) = bench.refused(delete(&store)).await;
    assert_eq!(code, ErrorCode::CustomKeyStoreHasCMKsException);

    bench.advance_days(7);
    bench.service.maintain().await;
    bench.call(delete(&store)).await.unwrap();
    let (code, _) = bench.refused(connect(&store)).await;
    assert_eq!(code, ErrorCode::CustomKeyStoreNotFoundException);
    // Name and address are free again.
    bench.key_store().await;
}

#[tokio::test]
async fn keys_of_a_store_neither_rotate_nor_take_imported_material() {
    let bench = Bench::new().await;
    let store = bench.key_store().await;
    let key = bench.key_like(key_in(&store, "a")).await;
    let (arn, key_id) = (key.arn.unwrap(), key.key_id);
    let text = format!("{arn} origin is EXTERNAL_KEY_STORE which is not valid for this operation.");
    // Connected or not: the origin is told in either case.
    for connected in [true, false] {
        if !connected {
            bench.call(disconnect(&store)).await.unwrap();
        }
        for request in [
            enable_rotation(&key_id, None),
            Input::DisableKeyRotation(DisableKeyRotationRequest {
                key_id: key_id.clone(),
            }),
            Input::GetKeyRotationStatus(GetKeyRotationStatusRequest {
                key_id: key_id.clone(),
            }),
            rotate(&key_id),
            parameters(&key_id),
            Input::ImportKeyMaterial(ImportKeyMaterialRequest {
                encrypted_key_material: Plaintext::new(vec![0; 256]),
                expiration_model: Some(ExpirationModelType::KeyMaterialDoesNotExpire),
                import_token: Plaintext::new(vec![0; 103]),
                import_type: None,
                key_id: key_id.clone(),
                key_material_description: None,
                key_material_id: None,
                valid_to: None,
            }),
            Input::DeleteImportedKeyMaterial(DeleteImportedKeyMaterialRequest {
                key_id: key_id.clone(),
                key_material_id: None,
            }),
        ] {
            let operation = request.operation().name();
            let refused = bench.refused(request).await;
            let expected = (ErrorCode::UnsupportedOperationException, text.clone());
            assert_eq!(refused, expected, "{operation}");
        }
    }
}

#[tokio::test]
async fn a_key_joins_a_store_or_the_store_goes_but_never_both() {
    for _ in 0..20 {
        let bench = Arc::new(Bench::new().await);
        let store = bench.key_store().await;
        let leaver = {
            let (bench, store) = (Arc::clone(&bench), store.clone());
            tokio::spawn(async move {
                bench.call(disconnect(&store)).await.unwrap();
                bench.call(delete(&store)).await.map(|_| ())
            })
        };
        let joined = bench.call(Input::CreateKey(key_in(&store, "a"))).await;
        let left = leaver.await.unwrap();
        assert_ne!(joined.is_ok(), left.is_ok(), "{joined:?} {left:?}");
    }
}

#[tokio::test]
async fn an_external_key_belongs_to_one_key_of_its_store() {
    let bench = Bench::new().await;
    let store = bench.key_store().await;
    let key = bench.key_like(key_in(&store, "a")).await.key_id;
    let (code, _) = bench.refused(Input::CreateKey(key_in(&store, "a"))).await;
    assert_eq!(code, ErrorCode::XksKeyAlreadyInUseException);
    bench.call(schedule(&key, 7)).await.unwrap();
    let (code, _) = bench.refused(Input::CreateKey(key_in(&store, "a"))).await;
    assert_eq!(code, ErrorCode::XksKeyAlreadyInUseException);
    bench.advance_days(7);
    bench.service.maintain().await;
    bench.key_like(key_in(&store, "a")).await;
}

#[tokio::test]
async fn ten_stores_are_all_there_may_be() {
    let bench = Bench::new().await;
    let request = |at: usize| CreateCustomKeyStoreRequest {
        custom_key_store_name: format!("store {at}"),
        xks_proxy_uri_path: Some(format!("/{at}/kms/xks/v1")),
        ..key_store()
    };
    for at in 0..10 {
        let created = Input::CreateCustomKeyStore(request(at));
        bench.call(created).await.unwrap();
    }
    let (code, message) = bench
        .refused(Input::CreateCustomKeyStore(request(10)))
        .await;
    assert_eq!(code, ErrorCode::LimitExceededException);
    assert!(message.contains("is 10, current usage is 10."), "{message}");
}

#[tokio::test]
async fn connecting_goes_on_in_the_next_process() {
    let bench = Bench::new().await;
    let Ok(Output::CreateCustomKeyStore(created)) =
        bench.call(Input::CreateCustomKeyStore(key_store())).await
    else {
        panic!("no store");
    };
    let store = created.custom_key_store_id.unwrap();
    // The attempt of this process never begins: it ends first.
    let silent = bench.restarted(Box::new(Open)).await;
    silent.note_connecting(&store).await;
    assert_eq!(
        silent.connection_of(&store).await,
        ConnectionStateType::Connecting
    );

    let next = bench.restarted(Box::new(Open)).await;
    next.service.maintain().await;
    assert_eq!(settled(&next, &store).await, ConnectionStateType::Connected);
    let made = next.key_like(key_in(&store, "a")).await.key_id;
    assert!(!blob(&next, &made).await.is_empty());
}

#[tokio::test]
async fn no_secret_of_a_store_is_in_its_rows_or_the_journal() {
    let bench = Bench::new().await;
    bench.key_store().await;
    let rows = bench
        .backend
        .scan(strongroom_store::KeyRange::all(), 1000)
        .await
        .unwrap()
        .rows;
    let outbox = strongroom_store::journal::OUTBOX_PREFIX;
    let kept = rows.iter().filter(|row| !row.key.starts_with(outbox));
    let mut text = String::new();
    for row in kept {
        text += &String::from_utf8_lossy(&row.value);
    }
    assert!(!text.contains("ABCDEFGHIJKLMNOPQRST"));
    let journal = bench.journal();
    // The public half names the credential in the entry, as DescribeCustomKeyStores does.
    assert!(journal.contains(r#""accessKeyId":"ABCDEFGHIJKLMNOPQRST""#));
    assert!(!(journal + &text).contains(&"s".repeat(43)));
}
