//! Grants: what is one and the same, how many there may be, who ends them, what goes with a key.

use std::{collections::BTreeSet, sync::Arc};

use strongroom_auth::{
    Authorizer, Decision, Denial, Grounds, Question, ResourceKind,
    decision::{Enforced, Open, PolicyKind},
};
use strongroom_model::{
    EncryptionContext, GrantId, GrantToken, KeyId, Timestamp,
    enums::GrantOperation,
    errors::ErrorCode,
    operations::{Input, Output},
    shapes::*,
};

use super::{blob, describe, encrypt, schedule};
use crate::{
    KmsError,
    change::Change,
    layout::Home,
    record::{GrantRecord, GrantSetRecord},
    testing::{Bench, START},
};

pub(super) const GRANTEE: &str = "arn:aws:iam::111122223333:user/bob";
pub(super) const RETIRING: &str = "arn:aws:iam::111122223333:role/team/Dev";

pub(super) fn create_grant(key: &str, name: Option<&str>) -> Input {
    Input::CreateGrant(request(key, name))
}

/// A grant as a key of any kind can have it.
pub(super) fn create_grant_to_describe(key: &str) -> Input {
    Input::CreateGrant(CreateGrantRequest {
        operations: vec![GrantOperation::DescribeKey],
        ..request(key, Some("made"))
    })
}

fn request(key: &str, name: Option<&str>) -> CreateGrantRequest {
    CreateGrantRequest {
        constraints: None,
        dry_run: None,
        grant_tokens: None,
        grantee_principal: Some(GRANTEE.to_owned()),
        grantee_service_principal: None,
        key_id: key.to_owned(),
        name: name.map(str::to_owned),
        operations: vec![GrantOperation::Encrypt, GrantOperation::Decrypt],
        retiring_principal: Some(RETIRING.to_owned()),
        retiring_service_principal: None,
    }
}

pub(super) fn dry(input: Input) -> Input {
    match input {
        Input::CreateGrant(request) => Input::CreateGrant(CreateGrantRequest {
            dry_run: Some(true),
            ..request
        }),
        other => other,
    }
}

pub(super) fn list_grants(key: &str) -> Input {
    Input::ListGrants(listing(key))
}

pub(super) fn list_grants_to(key: &str, grantee: &str) -> Input {
    Input::ListGrants(ListGrantsRequest {
        grantee_principal: Some(grantee.to_owned()),
        ..listing(key)
    })
}

fn listing(key: &str) -> ListGrantsRequest {
    ListGrantsRequest {
        grant_id: None,
        grantee_principal: None,
        grantee_service_principal: None,
        key_id: key.to_owned(),
        limit: None,
        marker: None,
    }
}

pub(super) fn list_retirable_grants(principal: &str, limit: Option<i32>) -> Input {
    Input::ListRetirableGrants(ListRetirableGrantsRequest {
        limit,
        marker: None,
        retiring_principal: Some(principal.to_owned()),
        retiring_service_principal: None,
    })
}

fn revoke(key: &str, grant: &str) -> Input {
    Input::RevokeGrant(RevokeGrantRequest {
        dry_run: None,
        grant_id: grant.to_owned(),
        key_id: key.to_owned(),
    })
}

fn retire(token: GrantToken) -> Input {
    Input::RetireGrant(RetireGrantRequest {
        dry_run: None,
        grant_id: None,
        grant_token: Some(token),
        key_id: None,
    })
}

fn retire_by_id(key: &str, grant: &str) -> Input {
    Input::RetireGrant(RetireGrantRequest {
        dry_run: None,
        grant_id: Some(grant.to_owned()),
        grant_token: None,
        key_id: Some(key.to_owned()),
    })
}

/// The grant's id and the token.
pub(super) fn created(outcome: Result<Output, KmsError>) -> (String, GrantToken) {
    match outcome {
        Ok(Output::CreateGrant(made)) => (made.grant_id.unwrap(), made.grant_token.unwrap()),
        other => panic!("{other:?}"),
    }
}

async fn listed(bench: &Bench, input: Input) -> Vec<GrantListEntry> {
    match bench.call(input).await {
        Ok(Output::ListGrants(page) | Output::ListRetirableGrants(page)) => page.grants.unwrap(),
        other => panic!("{other:?}"),
    }
}

fn home() -> Home {
    Home {
        account: strongroom_model::AccountId::parse("111122223333").unwrap(),
        region: strongroom_model::Region::parse("us-east-1").unwrap(),
    }
}

/// The names of all rows that speak of grants.
async fn grant_rows(bench: &Bench) -> Vec<String> {
    let all = strongroom_store::KeyRange::prefix("region/");
    let rows = bench.backend.scan(all, 10_000).await.unwrap().rows;
    let names = rows
        .iter()
        .map(|row| String::from_utf8_lossy(&row.key).into_owned());
    names
        .filter(|name| name.contains("/grant") || name.contains("/retirable/"))
        .collect()
}

#[tokio::test]
async fn one_name_and_the_same_terms_are_one_grant_with_many_tokens() {
    let bench = Bench::new().await;
    let key = bench.key().await.key_id;
    let (id, token) = created(bench.call(create_grant(&key, Some("a"))).await);
    let (again, other) = created(bench.call(create_grant(&key, Some("a"))).await);
    assert_eq!(id, again);
    assert!(token != other);
    // The order of operations is no difference, and neither is one that comes twice.
    let mut same = request(&key, Some("a"));
    same.operations.reverse();
    same.operations.push(GrantOperation::Encrypt);
    assert_eq!(created(bench.call(Input::CreateGrant(same)).await).0, id);
    assert_eq!(listed(&bench, list_grants(&key)).await.len(), 1);

    let mut others = vec![
        request(&key, None),
        request(&key, None),
        request(&key, Some("b")),
    ];
    others.push(CreateGrantRequest {
        operations: vec![GrantOperation::Encrypt],
        ..request(&key, Some("a"))
    });
    others.push(CreateGrantRequest {
        retiring_principal: None,
        ..request(&key, Some("a"))
    });
    others.push(CreateGrantRequest {
        grantee_principal: Some(RETIRING.to_owned()),
        ..request(&key, Some("a"))
    });
    let pairs: EncryptionContext = [("a".to_owned(), "b".to_owned())].into_iter().collect();
    for constraints in [
        GrantConstraints {
            encryption_context_equals: Some(pairs.clone()),
            ..GrantConstraints::default()
        },
        GrantConstraints {
            encryption_context_subset: Some(pairs),
            ..GrantConstraints::default()
        },
    ] {
        others.push(CreateGrantRequest {
            constraints: Some(constraints),
            ..request(&key, Some("a"))
        });
    }
    let mut ids = BTreeSet::from([id.clone()]);
    for request in others {
        ids.insert(created(bench.call(Input::CreateGrant(request)).await).0);
    }
    assert_eq!(ids.len(), 9);
    let entries = listed(&bench, list_grants(&key)).await;
    let in_order: Vec<_> = entries.into_iter().map(|it| it.grant_id.unwrap()).collect();
    assert_eq!(in_order, ids.into_iter().collect::<Vec<_>>());

    // What was revoked is not found again by its name.
    bench.call(revoke(&key, &id)).await.unwrap();
    assert_ne!(
        created(bench.call(create_grant(&key, Some("a"))).await).0,
        id
    );
}

#[tokio::test]
async fn a_thousand_concurrent_calls_with_one_name_make_one_grant() {
    let bench = Arc::new(Bench::new().await);
    let key = bench.key().await.key_id;
    let mut calls = Vec::new();
    for _ in 0..1000 {
        let (bench, key) = (Arc::clone(&bench), key.clone());
        calls.push(tokio::spawn(async move {
            created(bench.call(create_grant(&key, Some("busy"))).await)
        }));
    }
    let mut ids = BTreeSet::new();
    let mut tokens = BTreeSet::new();
    for call in calls {
        let (id, token) = call.await.unwrap();
        ids.insert(id);
        tokens.insert(token.expose().to_owned());
    }
    assert_eq!((ids.len(), tokens.len()), (1, 1000));
    assert_eq!(listed(&bench, list_grants(&key)).await.len(), 1);
}

#[tokio::test]
async fn concurrent_changes_of_the_set_leave_its_count_right() {
    let bench = Arc::new(Bench::new().await);
    let key = bench.key().await.key_id;
    let mut calls = Vec::new();
    for at in 0..60 {
        let (bench, key) = (Arc::clone(&bench), key.clone());
        calls.push(tokio::spawn(async move {
            let (id, token) = created(bench.call(create_grant(&key, None)).await);
            match at % 3 {
                0 => drop(bench.call(revoke(&key, &id)).await.unwrap()),
                1 => drop(bench.call(retire(token)).await.unwrap()),
                _ => {}
            }
        }));
    }
    for call in calls {
        call.await.unwrap();
    }
    let id = KeyId::parse(&key).unwrap();
    let shelves = bench.service.shelves();
    let of_key = shelves.get(&home().grant_set(id)).await.unwrap().unwrap();
    let of_grantee = home().grantee_sets(id).row(GRANTEE);
    let of_grantee = shelves.get(&of_grantee).await.unwrap().unwrap();
    assert_eq!((of_key.record.count, of_grantee.record.count), (20, 20));
    assert_eq!(listed(&bench, list_grants(&key)).await.len(), 20);
    assert_eq!(
        listed(&bench, list_grants_to(&key, GRANTEE)).await.len(),
        20
    );
    assert_eq!(
        listed(&bench, list_retirable_grants(RETIRING, None))
            .await
            .len(),
        20
    );
}

#[tokio::test]
async fn a_grant_that_ends_leaves_no_row() {
    let bench = Bench::new().await;
    let key = bench.key().await.key_id;
    let (id, token) = created(bench.call(create_grant(&key, Some("a"))).await);
    assert_eq!(grant_rows(&bench).await.len(), 6);
    bench.call(revoke(&key, &id)).await.unwrap();
    assert_eq!(grant_rows(&bench).await, Vec::<String>::new());

    let gone = (
        ErrorCode::NotFoundException,
        format!("Grant ID {id} not found"),
    );
    assert_eq!(bench.refused(revoke(&key, &id)).await, gone);
    assert_eq!(bench.refused(retire(token)).await, gone);
    assert_eq!(bench.refused(retire_by_id(&key, &id)).await, gone);
}

#[tokio::test]
async fn the_grants_of_a_key_go_with_it() {
    let bench = Bench::new().await;
    let (key, kept) = (bench.key().await.key_id, bench.key().await.key_id);
    // More than one step of the sweeper removes.
    for at in 0..30 {
        let grantee = format!("arn:aws:iam::111122223333:user/u{at}");
        let request = CreateGrantRequest {
            grantee_principal: Some(grantee),
            ..request(&key, Some("a"))
        };
        bench.call(Input::CreateGrant(request)).await.unwrap();
    }
    let (_, token) = created(bench.call(create_grant(&key, None)).await);
    bench.call(create_grant(&kept, Some("a"))).await.unwrap();
    bench.call(schedule(&key, 7)).await.unwrap();
    assert_eq!(
        listed(&bench, list_retirable_grants(RETIRING, Some(100)))
            .await
            .len(),
        32
    );
    bench.advance_days(7);

    // Before the sweeper comes, nobody sees them any more.
    let left = listed(&bench, list_retirable_grants(RETIRING, Some(100))).await;
    assert!(left.len() <= 1, "{left:?}");
    let gone = (
        ErrorCode::NotFoundException,
        format!("Key 'arn:aws:kms:us-east-1:111122223333:key/{key}' does not exist"),
    );
    assert_eq!(bench.refused(list_grants(&key)).await, gone);
    assert_eq!(bench.refused(retire(token)).await, gone);

    bench.service.maintain().await;
    assert_eq!(
        listed(&bench, list_retirable_grants(RETIRING, None))
            .await
            .len(),
        1
    );
    let rows = grant_rows(&bench).await;
    assert_eq!(rows.len(), 6, "{rows:?}");
    assert!(rows.iter().all(|row| row.contains(&kept)), "{rows:?}");
}

/// Writes the record of the set of a key's grants, as that many grants would have left it.
async fn pretend(bench: &Bench, key: &str, count: u64) {
    let mut change = Change::new();
    let row = home().grant_set(KeyId::parse(key).unwrap());
    change.put(&row, &GrantSetRecord { count }).unwrap();
    bench.service.commit_act("Test", change).await.unwrap();
}

#[tokio::test]
async fn the_grant_after_fifty_thousand_is_one_too_many() {
    let bench = Bench::new().await;
    let key = bench.key().await.key_id;
    bench.call(create_grant(&key, Some("a"))).await.unwrap();
    pretend(&bench, &key, 49_999).await;
    bench.call(create_grant(&key, None)).await.unwrap();
    let quota = (
        ErrorCode::LimitExceededException,
        "Grants per key quota for this account in this region is 50000, current usage is 50000."
            .to_owned(),
    );
    assert_eq!(bench.refused(create_grant(&key, None)).await, quota);
    assert_eq!(bench.refused(dry(create_grant(&key, None))).await, quota);
    // One that is there already needs no place.
    bench.call(create_grant(&key, Some("a"))).await.unwrap();
}

#[tokio::test]
async fn a_dry_run_changes_nothing() {
    let bench = Bench::new().await;
    let key = bench.key().await.key_id;
    let (id, token) = created(bench.call(create_grant(&key, Some("a"))).await);
    let before = grant_rows(&bench).await;
    let revoke = RevokeGrantRequest {
        dry_run: Some(true),
        grant_id: id,
        key_id: key.clone(),
    };
    let retire = RetireGrantRequest {
        dry_run: Some(true),
        grant_id: None,
        grant_token: Some(token),
        key_id: None,
    };
    for input in [
        dry(create_grant(&key, Some("a"))),
        dry(create_grant(&key, None)),
        Input::RevokeGrant(revoke),
        Input::RetireGrant(retire),
    ] {
        let (code, _) = bench.refused(input).await;
        assert_eq!(code, ErrorCode::DryRunOperationException);
    }
    assert_eq!(grant_rows(&bench).await, before);
}

fn with_tokens(input: Input, tokens: Vec<GrantToken>) -> Input {
    match input {
        Input::Encrypt(request) => Input::Encrypt(EncryptRequest {
            grant_tokens: Some(tokens),
            ..request
        }),
        Input::DescribeKey(request) => Input::DescribeKey(DescribeKeyRequest {
            grant_tokens: Some(tokens),
            ..request
        }),
        Input::CreateGrant(request) => Input::CreateGrant(CreateGrantRequest {
            grant_tokens: Some(tokens),
            ..request
        }),
        other => panic!("{other:?}"),
    }
}

fn copies(token: &GrantToken) -> Vec<GrantToken> {
    vec![GrantToken::new(token.expose().to_owned())]
}

#[tokio::test]
async fn tokens_of_ours_are_taken_everywhere_and_others_nowhere() {
    let bench = Bench::new().await;
    let (key, other) = (bench.key().await.key_id, bench.key().await.key_id);
    let (id, token) = created(bench.call(create_grant(&key, None)).await);
    let elsewhere = Bench::new().await;
    let their_key = elsewhere.key().await.key_id;
    let (_, foreign) = created(elsewhere.call(create_grant(&their_key, None)).await);
    let made = [GrantToken::new("bm90IGEgdG9rZW4".to_owned()), foreign];
    for key in [&key, &other] {
        let calls: [fn(&str) -> Input; 3] = [encrypt, describe, |key| create_grant(key, Some("x"))];
        for call in calls {
            let good = with_tokens(call(key), copies(&token));
            bench.call(good).await.unwrap();
            for bad in &made {
                let mut tokens = copies(&token);
                tokens.extend(copies(bad));
                let refused = bench.refused(with_tokens(call(key), tokens)).await;
                let expected = (ErrorCode::InvalidGrantTokenException, String::new());
                assert_eq!(refused, expected);
            }
        }
    }
    // A token whose grant is gone gives nothing, and is no error.
    bench.call(revoke(&key, &id)).await.unwrap();
    bench
        .call(with_tokens(encrypt(&key), copies(&token)))
        .await
        .unwrap();
    let journal = bench.journal();
    assert!(journal.contains(&id) && !journal.contains(token.expose()));
}

/// Denies what other accounts want, unless a grant names the caller.
struct OnlyWhomGrantsName;

impl Authorizer for OnlyWhomGrantsName {
    fn decide(&self, question: &Question<'_>) -> Decision {
        match question.resource.kind {
            ResourceKind::Grant { names_caller: true } => Decision::Allow(Grounds::AccountRoot),
            ResourceKind::Grant { .. } => Decision::Deny(Denial::Implicit(PolicyKind::Identity)),
            _ => Open.decide(question),
        }
    }
}

#[tokio::test]
async fn a_grant_is_retired_by_those_whom_it_names() {
    let bench = Bench::with(Box::new(OnlyWhomGrantsName)).await;
    let key = bench.key().await;
    let (key, arn) = (key.key_id, key.arn.unwrap());
    let root = |account: &str| Some(format!("arn:aws:iam::{account}:root"));
    let grantee = CreateGrantRequest {
        grantee_principal: root("444455556666"),
        operations: vec![GrantOperation::RetireGrant],
        ..request(&key, None)
    };
    let retiring = CreateGrantRequest {
        retiring_principal: root("444455556666"),
        ..request(&key, None)
    };
    let neither = CreateGrantRequest {
        grantee_principal: root("444455556666"),
        ..request(&key, None)
    };
    for (request, may) in [(grantee, true), (retiring, true), (neither, false)] {
        let (id, token) = created(bench.call(Input::CreateGrant(request)).await);
        // The key's own account may as far as its policies say; here they do not.
        let (code, message) = bench.refused(retire_by_id(&key, &id)).await;
        assert_eq!(code, ErrorCode::AccessDeniedException);
        assert!(message.ends_with("no identity-based policy allows the kms:RetireGrant action"));
        // A stranger hears the same of a grant that is there and of one that is not.
        let hear = |id: String| {
            let (bench, arn) = (&bench, &arn);
            async move {
                bench
                    .call_as("777788889999", retire_by_id(arn, &id))
                    .await
                    .unwrap_err()
            }
        };
        let (there, nowhere) = (hear(id.clone()).await, hear("0".repeat(64)).await);
        assert_eq!(there.code(), ErrorCode::AccessDeniedException);
        assert_eq!(there.message(), nowhere.message());

        let outcome = bench.call_as("444455556666", retire(token)).await;
        assert_eq!(outcome.is_ok(), may, "{outcome:?}");
        if may {
            assert!(
                bench
                    .journal()
                    .lines()
                    .last()
                    .unwrap()
                    .contains(r#""grant-"#)
            );
        }
        assert_eq!(
            listed(&bench, list_grants(&key)).await.len(),
            usize::from(!may)
        );
    }
}

#[tokio::test]
async fn the_issuing_account_may_retire_and_only_the_keys_account_revokes() {
    let bench = Bench::new().await;
    let arn = bench.key().await.arn.unwrap();
    let made = bench
        .call_as("444455556666", create_grant(&arn, None))
        .await;
    let (id, _) = created(made);
    let entry = listed(&bench, list_grants(&arn)).await.remove(0);
    assert_eq!(
        entry.issuing_account.unwrap(),
        "arn:aws:iam::444455556666:root"
    );
    let strict = bench.restarted(Box::new(Enforced)).await;
    let error = strict
        .call_as("444455556666", revoke(&arn, &id))
        .await
        .unwrap_err();
    assert_eq!(error.code(), ErrorCode::AccessDeniedException);
    let error = strict
        .call_as("444455556666", retire_by_id(&arn[arn.len() - 36..], &id))
        .await
        .unwrap_err();
    assert_eq!(error.code(), ErrorCode::NotFoundException);
    strict
        .call_as("444455556666", retire_by_id(&arn, &id))
        .await
        .unwrap();
}

#[tokio::test]
async fn grants_on_keys_of_all_accounts_are_listed_where_they_can_be_retired() {
    let bench = Bench::new().await;
    let key = bench.key().await.key_id;
    let symmetric = Input::CreateKey(crate::testing::symmetric_key());
    let Ok(Output::CreateKey(made)) = bench.call_as("444455556666", symmetric).await else {
        panic!()
    };
    let theirs = made.key_metadata.unwrap();
    bench.call(create_grant(&key, None)).await.unwrap();
    bench
        .call_as("444455556666", create_grant(&theirs.key_id, None))
        .await
        .unwrap();
    let keys: Vec<_> = listed(&bench, list_retirable_grants(RETIRING, None))
        .await
        .into_iter()
        .map(|entry| entry.key_id.unwrap())
        .collect();
    assert_eq!(keys.len(), 2);
    assert!(keys.contains(&theirs.arn.unwrap()));
    let foreign = list_retirable_grants("arn:aws:iam::444455556666:root", None);
    let (code, message) = bench.refused(foreign).await;
    assert_eq!(code, ErrorCode::AccessDeniedException);
    assert!(
        message.contains("kms:ListRetirableGrants on this resource"),
        "{message}"
    );
}

#[tokio::test]
async fn the_first_grant_on_the_key_of_an_aws_service_is_like_any_other() {
    let bench = Bench::new().await;
    blob(&bench, "alias/aws/s3").await;
    let Ok(Output::DescribeKey(described)) = bench.call(describe("alias/aws/s3")).await else {
        panic!()
    };
    let key = described.key_metadata.unwrap().key_id;
    let (id, _) = created(bench.call(create_grant(&key, None)).await);
    bench.call(retire_by_id(&key, &id)).await.unwrap();
    let (id, _) = created(bench.call(create_grant(&key, None)).await);
    bench.call(revoke(&key, &id)).await.unwrap();
}

#[test]
fn a_stored_grant_reads_back_and_its_fingerprint_never_changes() {
    let text = format!(
        r#"{{"created":{START},"issuer":"111122223333","name":"workers",
            "grantee":{{"principal":"{GRANTEE}"}},"retiring":{{"service":"logs.amazonaws.com"}},
            "operations":["Encrypt","Decrypt"],"context":{{"subset":{{"b":"2","a":"1"}}}},
            "source_arn":"arn:aws:s3:us-east-1:111122223333:x","of a later version":1}}"#
    );
    let grant: GrantRecord = serde_json::from_str(&text).unwrap();
    assert_eq!(grant.created, Timestamp::from_millis(START));
    let again: GrantRecord = serde_json::from_slice(&serde_json::to_vec(&grant).unwrap()).unwrap();
    assert_eq!(again, grant);
    let fingerprint = grant.fingerprint().unwrap();
    // From a second implementation, after docs/formats.md.
    assert_eq!(
        fingerprint,
        "da9f0f24a3d2c99d135965daf0a3fa3f23681570c157c538c3a7cae96b382e44"
    );
    let unnamed = GrantRecord {
        name: None,
        ..grant
    };
    assert_eq!(unnamed.fingerprint(), None);
    assert!(GrantId::parse(&fingerprint).is_ok());
}
