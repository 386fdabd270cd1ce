//! Rows that were altered, swapped or copied behind the service's back are never served.

use strongroom_auth::decision::Open;
use strongroom_model::{enums::KeyState, errors::ErrorCode, operations::Input, shapes::*};
use strongroom_store::{KeyRange, Row, Write};

use super::{
    decrypt, describe, encrypt,
    grants::{
        GRANTEE, RETIRING, create_grant, create_grant_to_describe, dry, list_grants,
        list_grants_to, list_retirable_grants,
    },
    list_aliases, states,
};
use crate::testing::Bench;

async fn rows(bench: &Bench) -> Vec<Row> {
    bench
        .backend
        .scan(KeyRange::all(), 10_000)
        .await
        .unwrap()
        .rows
}

/// The rows that the calls below read, without those of custody, whose damage stops the start,
/// and those on their way to the journal.
async fn tagged_rows(bench: &Bench) -> Vec<Row> {
    let all = rows(bench).await;
    let served = |row: &Row| {
        let key = String::from_utf8_lossy(&row.key);
        let kinds = [
            "/key/",
            "/material/",
            "/policy/",
            "/alias/",
            "/key-alias/",
            "/grant",
            "/retirable/",
        ];
        key.starts_with("region/") && kinds.iter().any(|kind| key.contains(kind))
    };
    all.into_iter().filter(served).collect()
}

async fn overwrite(bench: &Bench, key: &[u8], value: Vec<u8>) {
    bench
        .backend
        .commit(Vec::new(), vec![Write::put(key, value)])
        .await
        .unwrap();
}

/// Calls that together read every tagged row; tells which of them failed and that none lied.
async fn failures(bench: &Bench, key: &str, blob: &[u8]) -> usize {
    let fresh = bench.restarted(Box::new(Open)).await;
    let policy = Input::GetKeyPolicy(GetKeyPolicyRequest {
        key_id: key.to_owned(),
        policy_name: None,
    });
    let requests = [
        describe(key),
        encrypt("alias/on-key"),
        decrypt(blob),
        policy,
        list_aliases(None),
        list_aliases(Some(key)),
        encrypt("alias/on-other"),
        list_grants(key),
        list_grants_to(key, GRANTEE),
        list_retirable_grants(RETIRING, None),
        dry(create_grant_to_describe(key)),
        dry(create_grant(key, None)),
    ];
    let mut failed = 0;
    for request in requests {
        if let Err(error) = fresh.call(request).await
            && error.code() != ErrorCode::DryRunOperationException
        {
            let expected = [
                ErrorCode::KMSInternalException,
                ErrorCode::KeyUnavailableException,
            ];
            assert!(expected.contains(&error.code()), "{error}");
            let cause = error.cause().unwrap();
            assert!(cause.contains("is corrupt"), "{cause}");
            failed += 1;
        }
    }
    failed
}

#[tokio::test]
async fn a_flipped_byte_is_found_at_every_place_of_every_row() {
    let bench = Bench::new().await;
    let (key, _, made) = states::prepared(&bench, "Encrypt", KeyState::Enabled).await;
    assert_eq!(failures(&bench, &key, &made.under_key).await, 0);
    let all = tagged_rows(&bench).await;
    assert!(all.len() >= 16, "{}", all.len());
    for row in all {
        // Every seventh byte, and the first and last ones, which are header and tag.
        let length = row.value.len();
        for at in (0..length).filter(|at| *at < 14 || at % 7 == 0 || at + 4 > length) {
            let mut damaged = row.value.to_vec();
            damaged[at] ^= 0x20;
            overwrite(&bench, &row.key, damaged).await;
            let failed = failures(&bench, &key, &made.under_key).await;
            let name = String::from_utf8_lossy(&row.key).into_owned();
            assert!(failed > 0 || !is_read(&name, &key), "{name} at {at}");
        }
        overwrite(&bench, &row.key, row.value.to_vec()).await;
    }
}

/// Whether one of the calls reads the row: those of the second key's policy and listing are not.
fn is_read(name: &str, key: &str) -> bool {
    name.contains(key) || name.contains("/alias/") || name.contains("/key/")
}

#[tokio::test]
async fn rows_that_were_swapped_or_copied_are_found() {
    let bench = Bench::new().await;
    let (key, other, made) = states::prepared(&bench, "Encrypt", KeyState::Enabled).await;
    let all = tagged_rows(&bench).await;
    let of = |kind: &str, id: &str| {
        let name = format!("region/111122223333/us-east-1/{kind}/{id}");
        all.iter()
            .find(|row| row.key.starts_with(name.as_bytes()))
            .unwrap()
            .clone()
    };
    for kind in ["key", "material", "policy"] {
        let (mine, theirs) = (of(kind, &key), of(kind, &other));
        overwrite(&bench, &mine.key, theirs.value.to_vec()).await;
        assert!(failures(&bench, &key, &made.under_key).await > 0, "{kind}");
        overwrite(&bench, &mine.key, mine.value.to_vec()).await;
    }
    let (mine, theirs) = (of("alias", "on-key"), of("alias", "on-other"));
    overwrite(&bench, &mine.key, theirs.value.to_vec()).await;
    assert!(failures(&bench, &key, &made.under_key).await > 0);
}
