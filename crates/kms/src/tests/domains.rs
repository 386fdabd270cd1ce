//! Domain keys rotate by time: new wraps under the new version at once, old ones step by step,
//! and a version that nothing refers to is destroyed.

use std::collections::BTreeSet;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use strongroom_auth::decision::Open;
use strongroom_crypto::wrapping_version;
use strongroom_model::{
    enums::{AlgorithmSpec, OriginType, WrappingKeySpec},
    operations::Input,
    shapes::{CreateKeyRequest, GetParametersForImportRequest, RotateKeyOnDemandRequest},
};
use strongroom_store::{KeyRange, envelope::HEADER_BYTES, journal};

use super::{blob, decrypt, schedule};
use crate::{
    call::Interruption,
    change::Change,
    layout::{Home, RowKey},
    record::MaterialRecord,
    testing::{Bench, symmetric_key},
};

const HOME: &str = "111122223333/us-east-1";

async fn domain_rows(bench: &Bench) -> Vec<u32> {
    let prefix = format!("custody/domain/{HOME}/");
    let page = bench
        .backend
        .scan(KeyRange::prefix(prefix.as_str()), 100)
        .await;
    let rows = page.unwrap().rows;
    rows.iter()
        .map(|row| {
            let name = std::str::from_utf8(&row.key).unwrap();
            name.strip_prefix(&prefix).unwrap().parse().unwrap()
        })
        .collect()
}

/// The versions under which material stands wrapped.
async fn wrapped_under(bench: &Bench) -> BTreeSet<u32> {
    let prefix = format!("region/{HOME}/material/");
    let page = bench
        .backend
        .scan(KeyRange::prefix(prefix), 10_000)
        .await
        .unwrap();
    page.rows
        .iter()
        .map(|row| {
            let payload = &row.value[HEADER_BYTES..row.value.len() - 32];
            let record: MaterialRecord = serde_json::from_slice(payload).unwrap();
            wrapping_version(&STANDARD.decode(record.wrapped.unwrap()).unwrap()).unwrap()
        })
        .collect()
}

#[tokio::test]
async fn a_domain_key_is_replaced_when_its_time_is_over_and_then_destroyed() {
    let bench = Bench::new().await;
    let mut made = Vec::new();
    for _ in 0..120 {
        let key = bench.key().await.key_id;
        made.push(blob(&bench, &key).await);
    }
    bench.advance_days(29);
    bench.service.maintain().await;
    assert_eq!(domain_rows(&bench).await, [1]);

    bench.advance_days(1);
    bench.service.maintain().await;
    assert_eq!(domain_rows(&bench).await, [1, 2]);
    // One round does a bounded part of the work; here it is enough for all.
    assert_eq!(wrapped_under(&bench).await, BTreeSet::from([2]));
    // The old version goes after a whole pass that met nothing of it.
    bench.service.maintain().await;
    assert_eq!(domain_rows(&bench).await, [2]);
    bench.service.maintain().await;
    assert_eq!(domain_rows(&bench).await, [2]);

    let fresh = bench.restarted(Box::new(Open)).await;
    for blob in &made {
        fresh.call(decrypt(blob)).await.unwrap();
    }
    let key = fresh.key().await.key_id;
    blob(&fresh, &key).await;
    assert_eq!(wrapped_under(&bench).await, BTreeSet::from([2]));

    // The next one comes thirty days after this one.
    fresh.advance_days(30);
    for _ in 0..3 {
        fresh.service.maintain().await;
    }
    assert_eq!(domain_rows(&bench).await, [3]);
    assert_eq!(wrapped_under(&bench).await, BTreeSet::from([3]));
    for blob in &made {
        fresh.call(decrypt(blob)).await.unwrap();
    }
}

#[tokio::test]
async fn every_step_of_a_rotation_is_in_the_journal() {
    let bench = Bench::new().await;
    bench.key().await;
    bench.advance_days(31);
    for _ in 0..3 {
        bench.service.maintain().await;
    }
    let fresh = bench.restarted(Box::new(Open)).await;
    let told = fresh.journal();
    for (event, row) in [
        (
            "RotateDomainKey",
            format!("custody/domain/{HOME}/0000000002"),
        ),
        ("RewrapKeyMaterial", format!("region/{HOME}/material/")),
        (
            "DestroyDomainKey",
            format!("custody/domain/{HOME}/0000000001"),
        ),
    ] {
        let named = |line: &&str| {
            line.contains(&format!(r#""eventName":"{event}""#)) && line.contains(&row)
        };
        assert_eq!(told.lines().filter(named).count(), 1, "{event}: {told}");
    }
    let fold = journal::fold(bench.folder.path()).unwrap();
    assert_eq!(
        fold.get(format!("custody/domain/{HOME}/0000000001").as_bytes()),
        None
    );
}

#[tokio::test]
async fn what_was_wrapped_before_a_rotation_is_not_stored_after_it() {
    let bench = Bench::new().await;
    let key = bench.key().await.key_id;
    let home = Home::parse(HOME).unwrap();
    let id = strongroom_model::KeyId::parse(&key).unwrap();
    let shelves = bench.service.shelves();
    let listed = shelves.list(&home.materials(id), None, 10).await.unwrap();
    let (name, record): &(String, MaterialRecord) = &listed.rows[0];
    let row: RowKey<MaterialRecord> = home.materials(id).row(name);
    let judged = shelves.get(&row).await.unwrap().unwrap().revision;
    bench.service.custody().rotate_domain(&home).await.unwrap();

    let entry = |_: &[_]| strongroom_store::EntryBytes::from_canonical(&b"{}"[..]).unwrap();
    // As a new row, wrapped under the version that is being retired.
    let mut fresh_row = Change::new();
    let other: RowKey<MaterialRecord> = home.materials(id).row(&"0".repeat(64));
    fresh_row
        .provided(&other, None)
        .put(&other, record)
        .unwrap();
    let outcome = shelves.commit(fresh_row, entry).await;
    assert!(
        matches!(outcome, Err(Interruption::Moved { .. })),
        "{outcome:?}"
    );
    // Over a row that may be wrapped anew by now.
    let mut blind = Change::new();
    blind.put(&row, record).unwrap();
    let outcome = shelves.commit(blind, entry).await;
    assert!(
        matches!(outcome, Err(Interruption::Moved { .. })),
        "{outcome:?}"
    );
    // In its own place, if nothing happened to it.
    let mut rewritten = Change::new();
    rewritten
        .provided(&row, Some(judged))
        .put(&row, record)
        .unwrap();
    shelves.commit(rewritten, entry).await.unwrap();
    // A version that does not exist is none either.
    bench.service.maintain().await;
    bench.service.maintain().await;
    assert_eq!(domain_rows(&bench).await, [2]);
    let now = shelves.get(&row).await.unwrap().unwrap().revision;
    let mut destroyed = Change::new();
    destroyed
        .provided(&row, Some(now))
        .put(&row, record)
        .unwrap();
    let outcome = shelves.commit(destroyed, entry).await;
    assert!(
        matches!(outcome, Err(Interruption::Moved { .. })),
        "{outcome:?}"
    );
}

#[tokio::test]
async fn calls_go_on_while_a_domain_key_is_replaced() {
    let bench = std::sync::Arc::new(Bench::new().await);
    let mut keys = Vec::new();
    for _ in 0..30 {
        let key = bench.key().await.key_id;
        keys.push((key.clone(), blob(&bench, &key).await));
    }
    bench.advance_days(30);
    let tidying = {
        let bench = std::sync::Arc::clone(&bench);
        tokio::spawn(async move {
            for _ in 0..6 {
                bench.service.maintain().await;
                bench.advance_days(31);
                tokio::task::yield_now().await;
            }
        })
    };
    let creating = {
        let bench = std::sync::Arc::clone(&bench);
        tokio::spawn(async move {
            let mut made = Vec::new();
            for _ in 0..30 {
                let key = bench.key().await.key_id;
                made.push(blob(&bench, &key).await);
            }
            made
        })
    };
    for (key, blob) in keys.iter().take(10) {
        bench.call(decrypt(blob)).await.unwrap();
        bench.call(schedule(key, 30)).await.unwrap();
    }
    let made = creating.await.unwrap();
    tidying.await.unwrap();
    for _ in 0..3 {
        bench.service.maintain().await;
    }
    assert_eq!(wrapped_under(&bench).await.len(), 1);
    assert_eq!(domain_rows(&bench).await.len(), 1);
    let fresh = bench.restarted(Box::new(Open)).await;
    for blob in keys.iter().skip(10).map(|(_, blob)| blob).chain(&made) {
        fresh.call(decrypt(blob)).await.unwrap();
    }
}

#[tokio::test]
async fn a_version_that_a_damaged_record_may_need_is_kept() {
    let bench = Bench::new().await;
    let (damaged, sound) = (bench.key().await.key_id, bench.key().await.key_id);
    let made = blob(&bench, &sound).await;
    let prefix = format!("region/{HOME}/material/{damaged}/");
    let row = bench
        .backend
        .scan(KeyRange::prefix(prefix), 1)
        .await
        .unwrap()
        .rows
        .remove(0);
    let mut value = row.value.to_vec();
    value[40] ^= 1;
    let writes = vec![strongroom_store::Write::put(row.key, value)];
    bench.backend.commit(Vec::new(), writes).await.unwrap();
    bench.advance_days(30);
    for _ in 0..4 {
        bench.service.maintain().await;
    }
    assert_eq!(domain_rows(&bench).await, [1, 2]);
    let fresh = bench.restarted(Box::new(Open)).await;
    fresh.call(decrypt(&made)).await.unwrap();
}

#[tokio::test]
async fn a_version_under_a_wrapping_key_waits_until_that_is_gone() {
    let bench = Bench::new().await;
    let external = CreateKeyRequest {
        origin: Some(OriginType::External),
        ..symmetric_key()
    };
    let key = bench.key_like(external).await.key_id;
    let sound = bench.key().await.key_id;
    let made = blob(&bench, &sound).await;
    let parameters = Input::GetParametersForImport(GetParametersForImportRequest {
        key_id: key,
        wrapping_algorithm: AlgorithmSpec::RsaesOaepSha256,
        wrapping_key_spec: WrappingKeySpec::Rsa2048,
    });
    bench.call(parameters).await.unwrap();
    let home = Home::parse(HOME).unwrap();
    bench.service.custody().rotate_domain(&home).await.unwrap();
    for _ in 0..4 {
        bench.service.maintain().await;
    }
    assert_eq!(wrapped_under(&bench).await, BTreeSet::from([2]));
    assert_eq!(domain_rows(&bench).await, [1, 2]);
    bench.advance_days(2);
    for _ in 0..3 {
        bench.service.maintain().await;
    }
    assert_eq!(domain_rows(&bench).await, [2]);
    bench.call(decrypt(&made)).await.unwrap();
}

#[tokio::test]
async fn keys_rotate_while_their_domain_key_does() {
    let bench = Bench::new().await;
    let key = bench.key().await.key_id;
    let home = Home::parse(HOME).unwrap();
    let mut made = Vec::new();
    for _ in 0..4 {
        made.push(blob(&bench, &key).await);
        bench.service.custody().rotate_domain(&home).await.unwrap();
        bench
            .call(Input::RotateKeyOnDemand(RotateKeyOnDemandRequest {
                key_id: key.clone(),
            }))
            .await
            .unwrap();
        bench.service.maintain().await;
    }
    bench.service.maintain().await;
    assert_eq!(domain_rows(&bench).await, [5]);
    let fresh = bench.restarted(Box::new(Open)).await;
    for blob in &made {
        fresh.call(decrypt(blob)).await.unwrap();
    }
}
