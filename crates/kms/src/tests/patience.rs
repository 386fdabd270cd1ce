//! A store that does not answer: what callers hear, and what becomes of the change that they
//! were refused.

use std::{collections::HashSet, time::Instant};

use serde_json::Value;

use super::*;
use crate::testing::{Hang, PATIENCE};

const TIMED_OUT: &str =
    "The system timed out while trying to fulfill the request. You can retry the request.";
const ALIAS: &str = "alias/late";

fn tag(key: &str) -> Input {
    Input::TagResource(TagResourceRequest {
        key_id: key.to_owned(),
        tags: vec![Tag {
            tag_key: "a".to_owned(),
            tag_value: "b".to_owned(),
        }],
    })
}

fn timed_out() -> (ErrorCode, String) {
    (ErrorCode::DependencyTimeoutException, TIMED_OUT.to_owned())
}

/// Waits until the service says that it can serve.
async fn ready(bench: &Bench) {
    let begun = Instant::now();
    while let Err(error) = bench.service.ready().await {
        assert!(begun.elapsed() < PATIENCE * 20, "{error}");
        tokio::time::sleep(PATIENCE / 100).await;
    }
}

/// The entries of an operation: their ids, those of their requests, and their error codes.
fn entries(bench: &Bench, operation: &str) -> Vec<(String, String, Option<String>)> {
    let text = |entry: &Value, name: &str| entry[name].as_str().map(str::to_owned);
    let journal = bench.journal();
    let lines = journal
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap());
    lines
        .filter(|entry| entry["eventName"] == operation)
        .map(|entry| {
            let [event, request] = ["eventID", "requestID"].map(|name| text(&entry, name));
            (event.unwrap(), request.unwrap(), text(&entry, "errorCode"))
        })
        .collect()
}

#[tokio::test]
async fn a_change_that_is_waited_for_in_vain_times_out_and_is_told_when_it_comes_about() {
    let bench = Bench::new().await;
    let key = bench.key().await.key_id;
    bench.hang(Hang::Commits);
    let begun = Instant::now();
    assert_eq!(bench.refused(create_alias(ALIAS, &key)).await, timed_out());
    assert!(begun.elapsed() >= PATIENCE);
    // Its entry says so, and nothing says that it was made.
    let told = |codes: &[Option<&str>]| {
        let entries = entries(&bench, "CreateAlias");
        let found: Vec<_> = entries.iter().map(|(_, _, code)| code.as_deref()).collect();
        assert_eq!(found, codes);
        entries
    };
    const DEPENDENCY: Option<&str> = Some("DependencyTimeoutException");
    told(&[DEPENDENCY]);
    assert!(bench.service.ready().await.is_err());
    // What reads goes on, and remembers that there is no such alias.
    blob(&bench, &key).await;
    let (code, _) = bench.refused(describe(ALIAS)).await;
    assert_eq!(code, ErrorCode::NotFoundException);

    bench.hang(Hang::Nothing);
    ready(&bench).await;
    let Ok(Output::DescribeKey(described)) = bench.call(describe(ALIAS)).await else {
        panic!("the absence of the alias is remembered beyond the change");
    };
    assert_eq!(described.key_metadata.unwrap().key_id, key);
    assert_eq!(
        aliases(&bench, None).await,
        [(ALIAS.to_owned(), key.clone())]
    );
    let entries = told(&[DEPENDENCY, None]);
    let events: HashSet<_> = entries.iter().map(|(event, _, _)| event).collect();
    let requests: HashSet<_> = entries.iter().map(|(_, request, _)| request).collect();
    assert_eq!((events.len(), requests.len()), (2, 1));
    bench.call(tag(&key)).await.unwrap();
}

#[tokio::test]
async fn while_a_change_is_late_no_other_is_begun() {
    let bench = Bench::new().await;
    let key = bench.key().await.key_id;
    bench.hang(Hang::Commits);
    assert_eq!(bench.refused(create_alias(ALIAS, &key)).await, timed_out());
    let begun = Instant::now();
    for number in 0..100 {
        let name = format!("alias/never-{number}");
        assert_eq!(bench.refused(create_alias(&name, &key)).await, timed_out());
    }
    // An operation without that exception has the one that all have.
    let (code, _) = bench.refused(tag(&key)).await;
    assert_eq!(code, ErrorCode::KMSInternalException);
    assert!(begun.elapsed() < PATIENCE, "they were not refused at once");
    bench.hang(Hang::Nothing);
    ready(&bench).await;
    assert_eq!(aliases(&bench, None).await, [(ALIAS.to_owned(), key)]);
}

#[tokio::test]
async fn a_thousand_calls_in_flight_are_all_answered_and_change_what_they_are_told() {
    let bench = Arc::new(Bench::new().await);
    let (old, new) = (bench.key().await.key_id, bench.key().await.key_id);
    bench.call(create_alias(ALIAS, &old)).await.unwrap();
    bench.hang(Hang::Commits);
    let begun = Instant::now();
    let mut calls = tokio::task::JoinSet::new();
    for _ in 0..1000 {
        let (bench, new) = (Arc::clone(&bench), new.clone());
        calls.spawn(async move { bench.refused(update_alias(ALIAS, &new)).await });
    }
    for refused in calls.join_all().await {
        assert_eq!(refused, timed_out());
    }
    assert!(begun.elapsed() < PATIENCE * 20);
    bench.hang(Hang::Nothing);
    ready(&bench).await;
    assert_eq!(aliases(&bench, Some(&new)).await.len(), 1);
    let made = entries(&bench, "UpdateAlias");
    let made = made.iter().filter(|(_, _, code)| code.is_none()).count();
    // They raced for one row: the first of them made the change, and the others moved away.
    assert_eq!(made, 1);
}

#[tokio::test]
async fn a_key_that_a_look_up_would_make_is_waited_for_no_longer() {
    let bench = Bench::new().await;
    bench.key().await;
    bench.hang(Hang::Commits);
    assert_eq!(bench.refused(describe("alias/aws/s3")).await, timed_out());
    bench.hang(Hang::Nothing);
    ready(&bench).await;
    bench.call(describe("alias/aws/s3")).await.unwrap();
    assert!(bench.journal().contains("alias/aws/s3"));
}

#[tokio::test]
async fn the_first_key_of_an_account_is_waited_for_no_longer() {
    let bench = Bench::new().await;
    bench.hang(Hang::Commits);
    let create = || Input::CreateKey(symmetric_key());
    assert_eq!(bench.refused(create()).await, timed_out());
    bench.hang(Hang::Nothing);
    ready(&bench).await;
    bench.call(create()).await.unwrap();
}

#[tokio::test]
async fn a_read_that_is_waited_for_in_vain_times_out() {
    let bench = Bench::new().await;
    let key = bench.key().await.key_id;
    let bench = bench
        .restarted(Box::new(strongroom_auth::decision::Open))
        .await;
    bench.hang(Hang::Reads);
    assert_eq!(bench.refused(describe(&key)).await, timed_out());
    assert_eq!(bench.refused(list_aliases(None)).await, timed_out());
    assert_eq!(bench.refused(encrypt(&key)).await, timed_out());
    let (code, _) = bench.refused(tag(&key)).await;
    assert_eq!(code, ErrorCode::KMSInternalException);
    assert!(bench.service.ready().await.is_err());
    bench.hang(Hang::Nothing);
    ready(&bench).await;
    blob(&bench, &key).await;
}
