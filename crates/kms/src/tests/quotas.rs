//! How many keys an account may have in a Region. The other quotas are tested with what they
//! limit: aliases, grants and tags of a key, rotations on demand, custom key stores, policies.
//!
//! AWS: developer guide, "Resource quotas"; `operations.md` §9.1.

use strongroom_model::{
    AccountId, Region,
    errors::ErrorCode,
    operations::{Input, Output},
    shapes::{CreateKeyRequest, ReplicateKeyRequest},
};

use super::{describe, schedule};
use crate::{
    change::Change,
    layout::{Home, KEY_COUNT_SHARDS},
    record::KeyCountRecord,
    testing::{Bench, symmetric_key},
};

const HERE: &str = "us-east-1";
const THERE: &str = "eu-west-1";

/// Has an account seem to own so many keys, those that it really has among them.
async fn pretend(bench: &Bench, region: &str, total: u64) {
    let home = Home {
        account: AccountId::parse("111122223333").unwrap(),
        region: Region::parse(region).unwrap(),
    };
    let mut there = Vec::new();
    for shard in 0..KEY_COUNT_SHARDS {
        let stored = bench.service.shelves().get(&home.key_count(shard)).await;
        there.push(stored.unwrap().map_or(0, |stored| stored.record.count));
    }
    // Where no real key is counted.
    let shard = there
        .iter()
        .position(|count| *count == 0 || *count > 1000)
        .unwrap();
    let others: u64 = there.iter().filter(|count| **count <= 1000).sum();
    let count = total - others;
    let mut change = Change::new();
    let row = home.key_count(u8::try_from(shard).unwrap());
    change.put(&row, &KeyCountRecord { count }).unwrap();
    bench.service.commit_act("Test", change).await.unwrap();
}

fn full(usage: u64) -> (ErrorCode, String) {
    let text = format!(
        "Key quota for this account in this region is 100000 but the current usage is {usage}."
    );
    (ErrorCode::LimitExceededException, text)
}

fn create() -> Input {
    Input::CreateKey(symmetric_key())
}

#[tokio::test]
async fn the_key_after_a_hundred_thousand_is_one_too_many() {
    let bench = Bench::new().await;
    bench.key().await;
    pretend(&bench, HERE, 99_999).await;
    bench.key().await;
    assert_eq!(bench.refused(create()).await, full(100_000));
    let external = CreateKeyRequest {
        origin: Some(strongroom_model::enums::OriginType::External),
        ..symmetric_key()
    };
    let external = Input::CreateKey(external);
    assert_eq!(bench.refused(external).await, full(100_000));
    // Another Region and another account have quotas of their own.
    bench.call_in(THERE, create()).await.unwrap();
    bench.call_as("444455556666", create()).await.unwrap();
}

#[tokio::test]
async fn keys_whose_time_is_over_do_not_count_before_they_are_swept() {
    let bench = Bench::new().await;
    let key = bench.key().await.key_id;
    bench.call(schedule(&key, 7)).await.unwrap();
    pretend(&bench, HERE, 100_000).await;
    // One that waits for its deletion counts.
    assert_eq!(bench.refused(create()).await, full(100_000));
    bench.advance_days(8);
    bench.key().await;
    assert_eq!(bench.refused(create()).await, full(100_000));
    // Nor does it count afterwards.
    bench.service.maintain().await;
    assert_eq!(bench.refused(create()).await, full(100_000));
}

#[tokio::test]
async fn a_replica_counts_in_its_region() {
    let bench = Bench::new().await;
    let primary = CreateKeyRequest {
        multi_region: Some(true),
        ..symmetric_key()
    };
    let key = bench.key_like(primary).await.key_id;
    let replicate = |region: &str| {
        Input::ReplicateKey(ReplicateKeyRequest {
            key_id: key.clone(),
            replica_region: region.to_owned(),
            policy: None,
            bypass_policy_lockout_safety_check: None,
            description: None,
            tags: None,
        })
    };
    pretend(&bench, THERE, 100_000).await;
    assert_eq!(bench.refused(replicate(THERE)).await, full(100_000));
    pretend(&bench, THERE, 99_999).await;
    bench.call(replicate(THERE)).await.unwrap();
    let refused = bench.call_in(THERE, create()).await.unwrap_err();
    assert_eq!(refused.code(), ErrorCode::LimitExceededException);
}

#[tokio::test]
async fn keys_that_aws_manages_do_not_count() {
    let bench = Bench::new().await;
    pretend(&bench, HERE, 100_000).await;
    // It comes into being with the first look, in an account that is full as well.
    let Output::DescribeKey(_) = bench.call(describe("alias/aws/s3")).await.unwrap() else {
        panic!("no answer");
    };
    pretend(&bench, HERE, 99_999).await;
    bench.key().await;
    assert_eq!(bench.refused(create()).await, full(100_000));
}
