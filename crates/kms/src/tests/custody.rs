//! Keys of the installation: each change of them has its record, and one that was taken away is
//! missed.

use std::sync::Arc;

use strongroom_auth::decision::{Enforced, Open};
use strongroom_crypto::{Random, seal::SealKey};
use strongroom_model::{Plaintext, errors::ErrorCode};
use strongroom_store::{KeyRange, Write, journal};

use super::{blob, decrypt, describe};
use crate::{
    installation,
    testing::{Bench, seal_key},
};

const HOME: &str = "111122223333/us-east-1";

async fn take(bench: &Bench, row: &str) -> Vec<u8> {
    let there = bench.backend.get(row.as_bytes()).await.unwrap().unwrap();
    let writes = vec![Write::delete(row)];
    bench.backend.commit(Vec::new(), writes).await.unwrap();
    there.value.to_vec()
}

async fn put(bench: &Bench, row: &str, value: Vec<u8>) {
    let writes = vec![Write::put(row, value)];
    bench.backend.commit(Vec::new(), writes).await.unwrap();
}

async fn rows_under(bench: &Bench, prefix: &str) -> Vec<String> {
    let page = bench.backend.scan(KeyRange::prefix(prefix), 1000).await;
    let rows = page.unwrap().rows.into_iter();
    rows.map(|row| String::from_utf8(row.key).unwrap())
        .collect()
}

/// Waits until the journal has everything that the outbox had.
async fn settled(bench: &Bench) {
    while !rows_under(bench, "outbox/").await.is_empty() {
        bench.service.maintain().await;
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
}

async fn refusal_of_the_start(bench: &Bench) -> String {
    bench
        .try_restart(Box::new(Open))
        .await
        .err()
        .expect("the start was not refused")
        .to_string()
}

#[tokio::test]
async fn the_journal_knows_every_row_of_custody_and_its_digest() {
    let bench = Bench::new().await;
    bench.key().await;
    settled(&bench).await;
    let fold = journal::fold(bench.folder.path()).unwrap();
    let all = rows_under(&bench, "custody/").await;
    // The seals; two keys of the home; nine of the installation.
    assert_eq!(all.len(), 12, "{all:?}");
    for row in all {
        let value = bench
            .backend
            .get(row.as_bytes())
            .await
            .unwrap()
            .unwrap()
            .value;
        let known = fold.get(row.as_bytes()).unwrap();
        assert_eq!(known.tag, journal::digest(&value), "{row}");
        assert_eq!(fold.untagged(row.as_bytes(), &value), Some(known), "{row}");
    }
}

#[tokio::test]
async fn a_key_that_was_taken_away_is_missed_at_the_start() {
    let bench = Bench::new().await;
    bench.key().await;
    for row in [
        "custody/service/marker/0000000001",
        "custody/service/credential/0000000001",
        "custody/integrity/0000000001",
    ] {
        let value = take(&bench, row).await;
        let said = refusal_of_the_start(&bench).await;
        assert!(said.contains(row) && said.contains("is gone"), "{said}");
        assert!(
            bench.backend.get(row.as_bytes()).await.unwrap().is_none(),
            "{row} was remade"
        );
        put(&bench, row, value).await;
        bench.restarted(Box::new(Open)).await;
    }
    let seals = take(&bench, "custody/seals").await;
    let gone = installation::find(Arc::clone(&bench.backend))
        .await
        .unwrap_err();
    assert!(
        gone.to_string().contains("seals of this store are gone"),
        "{gone}"
    );
    let refused =
        installation::create(Arc::clone(&bench.backend), &[seal_key()], Random::system()).await;
    assert_eq!(refused.unwrap_err().to_string(), gone.to_string());
    put(&bench, "custody/seals", seals).await;
    bench.restarted(Box::new(Open)).await;
}

#[tokio::test]
async fn a_key_of_a_home_that_was_taken_away_is_missed_when_it_is_needed() {
    let bench = Bench::new().await;
    let key = bench.key().await.key_id;
    let made = blob(&bench, &key).await;
    // Without the one, a key cannot be used; without the other, nothing of it can be trusted.
    for (kind, code) in [
        ("domain", ErrorCode::KeyUnavailableException),
        ("integrity", ErrorCode::KMSInternalException),
    ] {
        let row = format!("custody/{kind}/{HOME}/0000000001");
        let value = take(&bench, &row).await;
        // Also when the roster went with it: what was wrapped or tagged is still there.
        let roster = format!("roster/{kind}/{HOME}");
        for with_roster in [false, true] {
            let roster_value = take(&bench, &roster).await;
            if !with_roster {
                put(&bench, &roster, roster_value.clone()).await;
            }
            let fresh = bench.restarted(Box::new(Open)).await;
            let failed = fresh.call(decrypt(&made)).await.unwrap_err();
            assert_eq!(failed.code(), code);
            let cause = failed.cause().unwrap();
            assert!(cause.contains(&row) && cause.contains("is gone"), "{cause}");
            let create = crate::testing::symmetric_key();
            let create = strongroom_model::operations::Input::CreateKey(create);
            fresh.call(create).await.unwrap_err();
            assert!(
                bench.backend.get(row.as_bytes()).await.unwrap().is_none(),
                "{row} was remade"
            );
            put(&bench, &roster, roster_value).await;
        }
        put(&bench, &row, value).await;
        let fresh = bench.restarted(Box::new(Open)).await;
        fresh.call(decrypt(&made)).await.unwrap();
    }
}

#[tokio::test]
async fn an_installation_without_rosters_is_taken_over_as_it_is() {
    let bench = Bench::new().await;
    let key = bench.key().await.key_id;
    let made = blob(&bench, &key).await;
    for roster in rows_under(&bench, "roster/").await {
        take(&bench, &roster).await;
    }
    let fresh = bench.restarted(Box::new(Open)).await;
    fresh.call(decrypt(&made)).await.unwrap();
    fresh.call(describe(&key)).await.unwrap();
    let again = rows_under(&bench, "roster/").await;
    assert_eq!(again.len(), 11, "{again:?}");
    // From now on what is missing is missed.
    take(&bench, "custody/service/marker/0000000001").await;
    let said = refusal_of_the_start(&bench).await;
    assert!(said.contains("is gone"), "{said}");
}

fn other_seal() -> SealKey {
    SealKey::from_key_file(&Plaintext::new(vec![8; 32])).unwrap()
}

#[tokio::test]
async fn a_change_of_the_seals_and_its_record_are_one_commit() {
    let bench = Bench::with(Box::new(Enforced)).await;
    let id = bench.service.add_seal(&other_seal()).await.unwrap();
    let seals = [seal_key(), other_seal()];
    let rotated = bench.service.rotate_root_key(&seals).await.unwrap();
    assert_eq!(rotated.root_key_version, 2);
    bench.service.remove_seal(&id).await.unwrap();
    settled(&bench).await;
    // Each step's line names the row of the seals, in the order of the steps.
    let journal = bench.journal();
    let steps: Vec<&str> = journal
        .lines()
        .filter(|line| line.contains(r#""key":"custody/seals""#))
        .filter_map(|line| line.split(r#""eventName":""#).nth(1)?.split('"').next())
        .collect();
    assert_eq!(
        steps,
        [
            "CreateCustodyKey",
            "AddSeal",
            "BeginRootKeyRotation",
            "RotateRootKey",
            "RemoveSeal"
        ]
    );
    assert!(journal.contains(r#""eventName":"RewrapCustodyKeys""#));
    let fold = journal::fold(bench.folder.path()).unwrap();
    let value = bench
        .backend
        .get(b"custody/seals")
        .await
        .unwrap()
        .unwrap()
        .value;
    assert_eq!(
        fold.get(b"custody/seals").unwrap().tag,
        journal::digest(&value)
    );
}

#[tokio::test]
async fn a_rotation_that_stopped_after_any_commit_goes_on_and_has_its_records() {
    // Commits of a rotation: the seals, the wrapped keys, the seals again.
    for commits in 1..=3 {
        let bench = Bench::new().await;
        let key = bench.key().await.key_id;
        let made = blob(&bench, &key).await;
        settled(&bench).await;
        bench.stop_after(commits);
        let outcome = bench.service.rotate_root_key(&[seal_key()]).await;
        assert_eq!(outcome.is_ok(), commits == 3, "{commits}: {outcome:?}");
        bench.stop_after(usize::MAX);
        let fresh = bench.restarted(Box::new(Open)).await;
        fresh.call(decrypt(&made)).await.unwrap();
        settled(&fresh).await;
        let fold = journal::fold(bench.folder.path()).unwrap();
        for row in rows_under(&bench, "custody/").await {
            let value = bench
                .backend
                .get(row.as_bytes())
                .await
                .unwrap()
                .unwrap()
                .value;
            let known = fold.get(row.as_bytes()).unwrap();
            assert_eq!(known.tag, journal::digest(&value), "{commits}: {row}");
            if row != "custody/seals" {
                assert_eq!(
                    strongroom_crypto::wrapping_version(&value).unwrap(),
                    2,
                    "{row}"
                );
            }
        }
        assert!(fresh.journal().contains(r#""eventName":"RotateRootKey""#));
    }
}

#[tokio::test]
async fn other_keys_sign_the_journal_and_the_first_ones_lead_to_them() {
    let bench = Bench::new().await;
    let first = bench.service.audit_keys().unwrap();
    let rotated = bench.service.rotate_audit_signer().await.unwrap();
    assert_eq!(rotated.audit_signer_version, 2);
    // Rotations of the root key, and starts, change nothing about it.
    bench.service.rotate_root_key(&[seal_key()]).await.unwrap();
    settled(&bench).await;
    let again = bench.restarted(Box::new(Open)).await;
    let second = again.service.rotate_audit_signer().await.unwrap();
    assert_eq!(second.audit_signer_version, 3);
    let told = again.service.audit_keys().unwrap();
    let terms: Vec<_> = told
        .keys()
        .iter()
        .map(|trusted| (trusted.term.first, trusted.term.last))
        .collect();
    let (one, two) = (rotated.handed_over_at, second.handed_over_at);
    let expected = [(1, Some(one)), (one + 1, Some(two)), (two + 1, None)];
    let expected: Vec<_> = expected.into_iter().flat_map(|term| [term, term]).collect();
    assert_eq!(terms, expected);
    assert_eq!(first.keys().len(), 2);
    assert_eq!(first.keys()[0].key, told.keys()[0].key);
    again
        .call(decrypt(&blob(&again, &again.key().await.key_id).await))
        .await
        .unwrap();
    again.service.journal().checkpoint().await.unwrap();
    let files = journal::Files::of_folder(again.folder.path()).unwrap();
    for trusted in [&first, &told] {
        let summary = journal::verify_ledger(&files, trusted, &[]).unwrap();
        assert_eq!(summary.unsealed(), 0);
    }
    for event in ["BeginAuditSignerRotation", "RotateAuditSigner"] {
        let named = format!(r#""eventName":"{event}""#);
        assert_eq!(again.journal().matches(&named).count(), 2, "{event}");
    }
}

#[tokio::test]
async fn keys_that_were_made_and_not_handed_over_to_are_at_the_next_checkpoint() {
    let bench = Bench::new().await;
    let first = bench.service.audit_keys().unwrap();
    let made = bench
        .service
        .custody()
        .add_audit_signer("BeginAuditSignerRotation");
    assert_eq!(made.await.unwrap(), Some(2));
    settled(&bench).await;
    let fresh = bench.restarted(Box::new(Open)).await;
    fresh.key().await;
    fresh.service.journal().checkpoint().await.unwrap();
    assert_eq!(fresh.service.audit_keys().unwrap().keys().len(), 4);
    let files = journal::Files::of_folder(fresh.folder.path()).unwrap();
    journal::verify_ledger(&files, &first, &[]).unwrap();
}

#[tokio::test]
async fn processes_that_follow_each_other_fast_give_out_no_version_twice() {
    let mut bench = Bench::new().await;
    settled(&bench).await;
    for _ in 0..4 {
        // Each ends before it noted how far it came.
        bench.key().await;
        bench.service.journal().flush().await.unwrap();
        bench = bench.restarted(Box::new(Open)).await;
    }
    let journal = bench.journal();
    let versions = |member: &str| -> Vec<u64> {
        let lines = journal.lines().filter_map(|line| line.split(member).nth(1));
        let digits = lines.map(|rest| rest.trim_start_matches('"'));
        digits
            .filter_map(|rest| u64::from_str_radix(rest.get(..16)?, 16).ok())
            .collect()
    };
    let ids = versions(r#""outbox":"#);
    assert!(
        ids.len() > 8 && ids.is_sorted_by(|one, next| one < next),
        "{ids:?}"
    );
}
