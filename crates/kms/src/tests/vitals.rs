//! What an operator watches.

use strongroom_model::{
    Plaintext, Timestamp,
    enums::{ConnectionStateType, CustomKeyStoreType, KeySpec, KeyState, OriginType},
    operations::Input,
    shapes::{DisableKeyRequest, EnableKeyRotationRequest, EncryptRequest},
};

use super::schedule;
use crate::{
    testing::{Bench, key_in},
    vitals::{Census, Kind},
};

const DAY: i64 = 24 * 60 * 60 * 1000;

fn count(census: &Census, state: KeyState, origin: OriginType) -> u64 {
    let kind = Kind {
        state,
        spec: KeySpec::SymmetricDefault,
        origin,
    };
    let found = census.keys.iter().find(|(other, _)| *other == kind);
    found.map_or(0, |(_, count)| *count)
}

fn after(from: Timestamp, days: i64) -> Option<Timestamp> {
    Some(from.plus_millis(days * DAY))
}

#[tokio::test]
async fn everything_is_well_and_the_first_dates_are_known() {
    let bench = Bench::new().await;
    let health = bench.service.health().await;
    assert!(
        health.parts().iter().all(|(_, part)| part.is_ok()),
        "{health:?}"
    );
    assert_eq!(bench.service.ready().await, Ok(()));
    assert_eq!(bench.service.test_again(), Ok(()));

    let outlook = bench.service.outlook().await.unwrap();
    assert_eq!((outlook.next_rotation, outlook.next_deletion), (None, None));
    assert_eq!(outlook.seals.len(), 1);
    assert_eq!(outlook.root_key_since, Some(bench.now()));

    let began = bench.now();
    for days in [400, 100, 200] {
        let key_id = bench.key().await.key_id;
        let input = EnableKeyRotationRequest {
            key_id,
            rotation_period_in_days: Some(days),
        };
        bench.call(Input::EnableKeyRotation(input)).await.unwrap();
    }
    for days in [20, 9] {
        let key = bench.key().await.key_id;
        bench.call(schedule(&key, days)).await.unwrap();
    }
    bench.advance_days(3);
    let outlook = bench.service.outlook().await.unwrap();
    assert_eq!(outlook.next_rotation, after(began, 100));
    assert_eq!(outlook.next_deletion, after(began, 9));
    assert_eq!(outlook.next_expiry, None);
    assert_eq!(outlook.root_key_since, Some(began));
    assert_eq!(outlook.now, bench.now());
}

#[tokio::test]
async fn keys_are_counted_by_what_they_are_to_their_callers() {
    let bench = Bench::new().await;
    assert!(bench.service.census().await.unwrap().keys.is_empty());
    // More than a page holds.
    for _ in 0..255 {
        bench.key().await;
    }
    let [disabled, gone] = [bench.key().await.key_id, bench.key().await.key_id];
    let disable = DisableKeyRequest { key_id: disabled };
    bench.call(Input::DisableKey(disable)).await.unwrap();
    bench.call(schedule(&gone, 7)).await.unwrap();
    let began = bench.now();
    let store = bench.key_store().await;
    bench.key_like(key_in(&store, "key-1")).await;

    let census = bench.service.census().await.unwrap();
    let own = |state| count(&census, state, OriginType::AwsKms);
    assert_eq!(own(KeyState::Enabled), 255);
    assert_eq!(own(KeyState::Disabled), 1);
    assert_eq!(own(KeyState::PendingDeletion), 1);
    let outside = |census: &Census, state| count(census, state, OriginType::ExternalKeyStore);
    assert_eq!(outside(&census, KeyState::Enabled), 1);
    assert_eq!(census.oldest_key, Some(began));
    assert_eq!((census.domain_keys, census.domain_keys_waiting), (1, 0));
    assert_eq!(census.oldest_domain_key, Some(began));
    let [standing] = census.key_stores.as_slice() else {
        panic!("{:?}", census.key_stores);
    };
    assert_eq!(
        (standing.id.as_str(), standing.kind),
        (store.as_str(), CustomKeyStoreType::ExternalKeyStore)
    );
    assert_eq!(standing.state, ConnectionStateType::Connected);
    assert_eq!(standing.credential_since, Some(began));

    // Whatever its time has come for is gone for the census too, before it is swept.
    bench.advance_days(8);
    let census = bench.service.census().await.unwrap();
    assert_eq!(
        count(&census, KeyState::PendingDeletion, OriginType::AwsKms),
        0
    );
    let total: u64 = census.keys.iter().map(|(_, count)| count).sum();
    assert_eq!(total, 257);
}

#[tokio::test]
async fn a_domain_key_that_was_replaced_is_young_and_waits_for_its_old_version() {
    let bench = Bench::new().await;
    let key_id = bench.key().await.key_id;
    bench.advance_days(40);
    // The round makes the new version; records follow in it and in later ones.
    bench.service.maintain().await;
    let census = bench.service.census().await.unwrap();
    assert_eq!(census.oldest_domain_key, Some(bench.now()));
    let encrypt = EncryptRequest {
        key_id,
        plaintext: Plaintext::new(b"x".to_vec()),
        encryption_context: None,
        grant_tokens: None,
        encryption_algorithm: None,
        dry_run: None,
    };
    bench.call(Input::Encrypt(encrypt)).await.unwrap();
    for _ in 0..10 {
        bench.service.maintain().await;
    }
    let census = bench.service.census().await.unwrap();
    assert_eq!((census.domain_keys, census.domain_keys_waiting), (1, 0));
}
