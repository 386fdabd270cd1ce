//! What GetKeyLastUsage tells.

use strongroom_model::{
    enums::KeyLastUsageTrackingOperation,
    operations::{Input, Output},
    shapes::*,
};

use super::{blob, decrypt, describe, disable, encrypt, schedule, states::re_encrypt};
use crate::testing::Bench;

async fn last_usage(bench: &Bench, key: &str) -> GetKeyLastUsageResponse {
    let request = GetKeyLastUsageRequest {
        key_id: key.to_owned(),
    };
    match bench.call(Input::GetKeyLastUsage(request)).await {
        Ok(Output::GetKeyLastUsage(told)) => told,
        other => panic!("{other:?}"),
    }
}

async fn operation(bench: &Bench, key: &str) -> Option<KeyLastUsageTrackingOperation> {
    last_usage(bench, key).await.key_last_usage?.operation
}

#[tokio::test]
async fn successful_cryptographic_calls_count_and_nothing_else() {
    use KeyLastUsageTrackingOperation as T;
    let bench = Bench::new().await;
    let (key, other) = (bench.key().await.key_id, bench.key().await.key_id);
    bench.call(describe(&key)).await.unwrap();
    let told = last_usage(&bench, &key).await;
    assert_eq!(told.key_id, Some(key.clone()));
    assert_eq!(told.tracking_start_date, told.key_creation_date);
    let nothing = told.key_last_usage.unwrap();
    assert_eq!(nothing.operation, None);
    assert_eq!(nothing.timestamp, None);

    bench.advance_days(1);
    let made = blob(&bench, &key).await;
    let used = last_usage(&bench, &key).await.key_last_usage.unwrap();
    assert_eq!(used.operation, Some(T::Encrypt));
    assert_eq!(used.timestamp, Some(bench.now()));
    let entry = bench.journal();
    let entry = entry
        .lines()
        .rfind(|line| line.contains(r#""eventName":"Encrypt""#))
        .unwrap();
    let (event, request) = (
        used.cloud_trail_event_id.unwrap(),
        used.kms_request_id.unwrap(),
    );
    assert!(
        entry.contains(&format!(r#""eventID":"{event}""#)),
        "{entry}"
    );
    assert!(
        entry.contains(&format!(r#""requestID":"{request}""#)),
        "{entry}"
    );

    bench.advance_days(1);
    bench.call(re_encrypt(&made, &other)).await.unwrap();
    assert_eq!(operation(&bench, &key).await, Some(T::ReEncrypt));
    assert_eq!(operation(&bench, &other).await, Some(T::ReEncrypt));

    // Neither a refused call nor a dry run is a use.
    bench.call(decrypt(&made)).await.unwrap();
    assert_eq!(operation(&bench, &key).await, Some(T::Decrypt));
    let Input::Encrypt(dry) = encrypt(&key) else {
        panic!()
    };
    let dry = EncryptRequest {
        dry_run: Some(true),
        ..dry
    };
    bench.call(Input::Encrypt(dry)).await.unwrap_err();
    bench.call(disable(&key)).await.unwrap();
    bench.call(encrypt(&key)).await.unwrap_err();
    assert_eq!(operation(&bench, &key).await, Some(T::Decrypt));
}

#[tokio::test]
async fn a_use_outlives_the_process_once_it_is_written_down() {
    let bench = Bench::new().await;
    let (key, gone) = (bench.key().await.key_id, bench.key().await.key_id);
    blob(&bench, &key).await;
    blob(&bench, &gone).await;
    // Before that it is in memory only, where a crash takes it.
    let crashed = bench
        .restarted(Box::new(strongroom_auth::decision::Open))
        .await;
    assert_eq!(operation(&crashed, &key).await, None);

    bench.service.finish().await;
    let told = last_usage(&bench, &key).await;
    let restarted = bench
        .restarted(Box::new(strongroom_auth::decision::Open))
        .await;
    assert_eq!(last_usage(&restarted, &key).await, told);
    assert!(restarted.journal().contains("RecordKeyLastUsage"));

    // Nothing of a key outlives the key.
    restarted.call(schedule(&gone, 7)).await.unwrap();
    restarted.advance_days(7);
    restarted.service.maintain().await;
    let row = format!("region/111122223333/us-east-1/last-use/{gone}");
    assert_eq!(restarted.backend.get(row.as_bytes()).await.unwrap(), None);
}

#[tokio::test]
async fn a_use_of_a_key_that_is_gone_is_not_written_down() {
    let bench = Bench::new().await;
    let key = bench.key().await.key_id;
    blob(&bench, &key).await;
    bench.call(schedule(&key, 7)).await.unwrap();
    bench.advance_days(7);
    bench.service.finish().await;
    assert!(!bench.journal().contains("RecordKeyLastUsage"));
}
