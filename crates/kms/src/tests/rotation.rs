//! Rotation, by the clock and on demand.

use std::sync::Arc;

use strongroom_model::{
    Plaintext, Timestamp,
    enums::{IncludeKeyMaterial, KeyMaterialState, RotationType},
    errors::ErrorCode,
    operations::{Input, Output},
    shapes::*,
};

use super::{blob, decrypt, describe, disable, encrypt, schedule, states::re_encrypt};
use crate::testing::{Bench, START};

pub(super) fn enable_rotation(key: &str, period: Option<i32>) -> Input {
    Input::EnableKeyRotation(EnableKeyRotationRequest {
        key_id: key.to_owned(),
        rotation_period_in_days: period,
    })
}

pub(super) fn rotate(key: &str) -> Input {
    Input::RotateKeyOnDemand(RotateKeyOnDemandRequest {
        key_id: key.to_owned(),
    })
}

fn list(key: &str, include: Option<IncludeKeyMaterial>, paging: Option<(i32, &str)>) -> Input {
    Input::ListKeyRotations(ListKeyRotationsRequest {
        include_key_material: include,
        key_id: key.to_owned(),
        limit: paging.map(|(limit, _)| limit),
        marker: paging.and_then(|(_, marker)| (!marker.is_empty()).then(|| marker.to_owned())),
    })
}

async fn page(bench: &Bench, request: Input) -> ListKeyRotationsResponse {
    match bench.call(request).await {
        Ok(Output::ListKeyRotations(page)) => page,
        other => panic!("{other:?}"),
    }
}

async fn rotations(bench: &Bench, key: &str) -> Vec<RotationsListEntry> {
    page(bench, list(key, None, None)).await.rotations.unwrap()
}

pub(super) async fn materials(bench: &Bench, key: &str) -> Vec<RotationsListEntry> {
    let all = Some(IncludeKeyMaterial::AllKeyMaterial);
    page(bench, list(key, all, None)).await.rotations.unwrap()
}

async fn status(bench: &Bench, key: &str) -> GetKeyRotationStatusResponse {
    let request = GetKeyRotationStatusRequest {
        key_id: key.to_owned(),
    };
    match bench.call(Input::GetKeyRotationStatus(request)).await {
        Ok(Output::GetKeyRotationStatus(status)) => status,
        other => panic!("{other:?}"),
    }
}

async fn next(bench: &Bench, key: &str) -> Option<Timestamp> {
    status(bench, key).await.next_rotation_date
}

async fn current(bench: &Bench, key: &str) -> String {
    match bench.call(describe(key)).await {
        Ok(Output::DescribeKey(output)) => output
            .key_metadata
            .unwrap()
            .current_key_material_id
            .unwrap(),
        other => panic!("{other:?}"),
    }
}

async fn opened(bench: &Bench, blob: &[u8]) -> (Plaintext, String) {
    match bench.call(decrypt(blob)).await {
        Ok(Output::Decrypt(output)) => (output.plaintext.unwrap(), output.key_material_id.unwrap()),
        other => panic!("{other:?}"),
    }
}

fn day(days: i64) -> Timestamp {
    Timestamp::from_millis(START).plus_days(days)
}

fn events(bench: &Bench, name: &str) -> Vec<String> {
    let wanted = format!(r#""eventName":"{name}""#);
    let journal = bench.journal();
    let lines = journal.lines().filter(|line| line.contains(&wanted));
    lines.map(str::to_owned).collect()
}

#[tokio::test]
async fn a_rotation_takes_effect_at_the_first_use_after_its_date() {
    let bench = Bench::new().await;
    let key = bench.key().await.key_id;
    bench.call(enable_rotation(&key, Some(90))).await.unwrap();
    let (first, before) = (current(&bench, &key).await, blob(&bench, &key).await);
    assert_eq!(next(&bench, &key).await, Some(day(90)));

    bench.advance_days(89);
    assert_eq!(opened(&bench, &blob(&bench, &key).await).await.1, first);
    assert_eq!(rotations(&bench, &key).await, []);
    bench.advance_days(1);
    let after = blob(&bench, &key).await;
    let second = current(&bench, &key).await;
    assert_ne!(first, second);
    assert_eq!(opened(&bench, &after).await.1, second);
    let (plaintext, material) = opened(&bench, &before).await;
    assert_eq!(plaintext.expose(), b"attack at dawn");
    assert_eq!(material, first);

    let [rotation] = &rotations(&bench, &key).await[..] else {
        panic!()
    };
    assert_eq!(rotation.rotation_date, Some(day(90)));
    assert_eq!(rotation.rotation_type, Some(RotationType::Automatic));
    assert_eq!(rotation.key_material_state, Some(KeyMaterialState::Current));
    assert_eq!(next(&bench, &key).await, Some(day(180)));

    let [event] = &events(&bench, "RotateKey")[..] else {
        panic!()
    };
    let details = format!(
        r#""serviceEventDetails":{{"currentKeyMaterialId":"{second}","keyId":"{key}","keyOrigin":"AWS_KMS","previousKeyMaterialId":"{first}","rotationType":"AUTOMATIC"}}"#
    );
    assert!(event.contains(&details), "{event}");
    assert!(
        event.contains(r#""eventType":"AwsServiceEvent""#),
        "{event}"
    );
    assert!(
        event.contains(&format!("/material/{key}/{second}")),
        "{event}"
    );
}

#[tokio::test]
async fn the_sweeper_rotates_what_nobody_uses() {
    let bench = Bench::new().await;
    let key = bench.key().await.key_id;
    bench.call(enable_rotation(&key, None)).await.unwrap();
    bench.advance_days(364);
    bench.service.maintain().await;
    assert_eq!(events(&bench, "RotateKey").len(), 0);
    bench.advance_days(1);
    bench.service.maintain().await;
    assert_eq!(events(&bench, "RotateKey").len(), 1);
    bench.service.maintain().await;
    assert_eq!(events(&bench, "RotateKey").len(), 1);
    bench.advance_days(365);
    bench.service.maintain().await;
    assert_eq!(rotations(&bench, &key).await.len(), 2);
}

#[tokio::test]
async fn many_first_uses_make_one_new_material() {
    let bench = Arc::new(Bench::new().await);
    let key = bench.key().await.key_id;
    bench.call(enable_rotation(&key, Some(90))).await.unwrap();
    bench.advance_days(90);
    let mut calls = Vec::new();
    for _ in 0..200 {
        let (bench, key) = (Arc::clone(&bench), key.clone());
        calls.push(tokio::spawn(async move { blob(&bench, &key).await }));
    }
    let second = current(&bench, &key).await;
    for call in calls {
        assert_eq!(opened(&bench, &call.await.unwrap()).await.1, second);
    }
    assert_eq!(materials(&bench, &key).await.len(), 2);
    assert_eq!(events(&bench, "RotateKey").len(), 1);
}

#[tokio::test]
async fn dates_that_passed_unseen_bring_one_material_and_the_schedule_goes_on() {
    let bench = Bench::new().await;
    let key = bench.key().await.key_id;
    bench.call(enable_rotation(&key, Some(100))).await.unwrap();
    bench.advance_days(350);
    assert_eq!(rotations(&bench, &key).await.len(), 1);
    assert_eq!(next(&bench, &key).await, Some(day(400)));
}

#[tokio::test]
async fn a_disabled_key_lets_its_date_pass_and_rotates_when_it_is_enabled() {
    let bench = Bench::new().await;
    let key = bench.key().await.key_id;
    bench.call(enable_rotation(&key, Some(90))).await.unwrap();
    bench.call(disable(&key)).await.unwrap();
    let (code, _) = bench.refused(enable_rotation(&key, Some(91))).await;
    assert_eq!(code, ErrorCode::DisabledException);
    bench.advance_days(100);
    bench.service.maintain().await;
    let kept = status(&bench, &key).await;
    assert_eq!(kept.key_rotation_enabled, Some(true));
    assert_eq!(kept.rotation_period_in_days, Some(90));
    assert_eq!(rotations(&bench, &key).await, []);

    let enable = Input::EnableKey(EnableKeyRequest {
        key_id: key.clone(),
    });
    bench.call(enable).await.unwrap();
    assert_eq!(rotations(&bench, &key).await.len(), 1);
    assert_eq!(next(&bench, &key).await, Some(day(180)));
}

#[tokio::test]
async fn a_key_pending_deletion_reads_no_and_has_its_schedule_back_when_it_stays() {
    let bench = Bench::new().await;
    let key = bench.key().await.key_id;
    bench.call(enable_rotation(&key, Some(90))).await.unwrap();
    bench.advance_days(80);
    bench.call(schedule(&key, 30)).await.unwrap();
    bench.advance_days(20);
    bench.service.maintain().await;
    let pending = status(&bench, &key).await;
    assert_eq!(pending.key_rotation_enabled, Some(false));
    assert_eq!(pending.next_rotation_date, None);
    assert_eq!(pending.rotation_period_in_days, None);
    let cancel = Input::CancelKeyDeletion(CancelKeyDeletionRequest {
        key_id: key.clone(),
    });
    bench.call(cancel).await.unwrap();
    assert_eq!(next(&bench, &key).await, Some(day(90)));
    assert_eq!(rotations(&bench, &key).await, []);
    let enable = Input::EnableKey(EnableKeyRequest {
        key_id: key.clone(),
    });
    bench.call(enable).await.unwrap();
    assert_eq!(rotations(&bench, &key).await.len(), 1);
}

#[tokio::test]
async fn rotation_that_was_turned_off_leaves_old_material_in_use() {
    let bench = Bench::new().await;
    let key = bench.key().await.key_id;
    bench.call(enable_rotation(&key, Some(90))).await.unwrap();
    bench.advance_days(90);
    let second = current(&bench, &key).await;
    let off = Input::DisableKeyRotation(DisableKeyRotationRequest {
        key_id: key.clone(),
    });
    bench.call(off).await.unwrap();
    bench.advance_days(5000);
    bench.service.maintain().await;
    assert_eq!(current(&bench, &key).await, second);
    assert_eq!(status(&bench, &key).await.key_rotation_enabled, Some(false));
}

#[tokio::test]
async fn a_key_rotates_on_demand_twenty_five_times() {
    let bench = Bench::new().await;
    let key = bench.key().await.key_id;
    bench.call(enable_rotation(&key, Some(90))).await.unwrap();
    let mut made = vec![(blob(&bench, &key).await, current(&bench, &key).await)];
    for _ in 0..25 {
        bench.call(rotate(&key)).await.unwrap();
        made.push((blob(&bench, &key).await, current(&bench, &key).await));
    }
    let (code, message) = bench.refused(rotate(&key)).await;
    assert_eq!(code, ErrorCode::LimitExceededException);
    assert_eq!(
        message,
        format!(
            "The on-demand rotations limit has been reached for the given keyId. No more \
             on-demand rotations can be performed for this key: \
             arn:aws:kms:us-east-1:111122223333:key/{key}"
        )
    );
    for (blob, material) in &made {
        assert_eq!(&opened(&bench, blob).await.1, material);
    }
    // The schedule has not moved, and the limit is not its.
    assert_eq!(next(&bench, &key).await, Some(day(90)));
    bench.advance_days(90);
    assert_eq!(rotations(&bench, &key).await.len(), 26);
    assert_eq!(events(&bench, "RotateKey").len(), 26);

    // ReEncrypt moves to the current material.
    let Ok(Output::ReEncrypt(moved)) = bench.call(re_encrypt(&made[0].0, &key)).await else {
        panic!()
    };
    let last = current(&bench, &key).await;
    assert_eq!(moved.source_key_material_id.as_ref(), Some(&made[0].1));
    assert_eq!(moved.destination_key_material_id, Some(last));
}

#[tokio::test]
async fn on_demand_waits_for_an_automatic_rotation_that_is_near() {
    let bench = Bench::new().await;
    let key = bench.key().await.key_id;
    bench.call(enable_rotation(&key, Some(90))).await.unwrap();
    bench.advance_days(90);
    bench.advance_millis(-20 * 60_000);
    let (code, _) = bench.refused(rotate(&key)).await;
    assert_eq!(code, ErrorCode::ConflictException);
    bench.advance_millis(-1);
    bench.call(rotate(&key)).await.unwrap();
}

#[tokio::test]
async fn a_key_managed_by_aws_rotates_every_year() {
    let bench = Bench::new().await;
    bench.call(encrypt("alias/aws/s3")).await.unwrap();
    let Ok(Output::DescribeKey(described)) = bench.call(describe("alias/aws/s3")).await else {
        panic!()
    };
    let key = described.key_metadata.unwrap().key_id;
    let told = status(&bench, &key).await;
    assert_eq!(told.key_rotation_enabled, Some(true));
    assert_eq!(told.rotation_period_in_days, Some(365));
    bench.advance_days(365);
    bench.service.maintain().await;
    assert_eq!(rotations(&bench, &key).await.len(), 1);
    let (code, _) = bench.refused(rotate(&key)).await;
    assert_eq!(code, ErrorCode::AccessDeniedException);
}

#[tokio::test]
async fn rotations_are_listed_in_pages_oldest_first() {
    let bench = Bench::new().await;
    let key = bench.key().await.key_id;
    for _ in 0..5 {
        bench.call(rotate(&key)).await.unwrap();
        bench.advance_days(1);
    }
    let whole = rotations(&bench, &key).await;
    assert!(whole.is_sorted_by_key(|entry| entry.rotation_date));
    let (mut paged, mut marker) = (Vec::new(), String::new());
    loop {
        let page = page(&bench, list(&key, None, Some((2, &marker)))).await;
        paged.extend(page.rotations.unwrap());
        assert_eq!(page.truncated, Some(page.next_marker.is_some()));
        match page.next_marker {
            Some(next) => marker = next,
            None => break,
        }
    }
    assert_eq!(paged, whole);
    let all = materials(&bench, &key).await;
    assert_eq!(all.len(), 6);
    assert_eq!(all[0].rotation_date, None);
    assert_eq!(
        all[0].key_material_state,
        Some(KeyMaterialState::NonCurrent)
    );
    assert_eq!(all[0].import_state, None);
    // A marker of one listing is none of the other.
    let Some(marker) = page(&bench, list(&key, None, Some((2, ""))))
        .await
        .next_marker
    else {
        panic!()
    };
    let other = list(
        &key,
        Some(IncludeKeyMaterial::AllKeyMaterial),
        Some((2, &marker)),
    );
    assert_eq!(
        bench.refused(other).await.0,
        ErrorCode::InvalidMarkerException
    );
}

#[test]
fn a_schedule_goes_on_from_its_dates() {
    use crate::record::Rotation;
    let check = |late_millis: i64, next: i64| {
        let rotation = Rotation::every(90, day(0));
        let after = rotation.after(day(90).plus_millis(late_millis));
        assert_eq!(after.next, day(next), "{late_millis}");
    };
    check(0, 180);
    check(1, 180);
    check(90 * 86_400_000 - 1, 180);
    check(90 * 86_400_000, 270);
    check(91 * 86_400_000, 270);
}
