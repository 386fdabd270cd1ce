//! Who may do what, where it takes more than a client to try: sessions, ceilings, revocation under
//! load, and principals that come back under an old name.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicU64, Ordering},
};

use strongroom_auth::{Caller, Principal, Standing, decision::Enforced};
use strongroom_model::{
    enums::GrantOperation,
    errors::ErrorCode,
    operations::{Input, Output},
    shapes::*,
};

use super::{
    blob, create_alias, decrypt, describe, encrypt,
    grants::{created, list_grants},
    update_alias,
};
use crate::{
    RequestId,
    change::Change,
    layout::Home,
    record::{AliasRecord, PolicyRecord},
    testing::{Bench, policies, root, session, user},
};

const ACCOUNT: &str = "111122223333";

async fn bench() -> Bench {
    Bench::with(Box::new(Enforced)).await
}

/// A user without policies, with an id of its own under a name that others had before.
fn reborn(name: &str, id: &str) -> Caller {
    Caller {
        principal: Principal::User {
            path: "/".into(),
            name: name.into(),
            unique_id: id.into(),
        },
        ..user(name, "")
    }
}

fn put_policy(key: &str, statements: &str) -> Input {
    Input::PutKeyPolicy(PutKeyPolicyRequest {
        key_id: key.to_owned(),
        policy_name: None,
        policy: key_policy(statements),
        bypass_policy_lockout_safety_check: Some(true),
    })
}

/// A key policy that gives the account everything, and more.
fn key_policy(statements: &str) -> String {
    let comma = if statements.is_empty() { "" } else { "," };
    format!(
        r#"{{"Version":"2012-10-17","Statement":[
            {{"Effect":"Allow","Principal":{{"AWS":"{ACCOUNT}"}},"Action":"kms:*","Resource":"*"}}
            {comma}{statements}]}}"#
    )
}

fn grant(key: &str, grantee: &str, operations: &[GrantOperation]) -> Input {
    Input::CreateGrant(CreateGrantRequest {
        constraints: None,
        dry_run: None,
        grant_tokens: None,
        grantee_principal: Some(grantee.to_owned()),
        grantee_service_principal: None,
        key_id: key.to_owned(),
        name: None,
        operations: operations.to_vec(),
        retiring_principal: None,
        retiring_service_principal: None,
    })
}

fn revoke(key: &str, id: &str) -> Input {
    Input::RevokeGrant(RevokeGrantRequest {
        dry_run: None,
        grant_id: id.to_owned(),
        key_id: key.to_owned(),
    })
}

fn arn(kind: &str, name: &str) -> String {
    let service = if kind == "assumed-role" { "sts" } else { "iam" };
    format!("arn:aws:{service}::{ACCOUNT}:{kind}/{name}")
}

fn allow_encrypt(principal: &str) -> String {
    format!(
        r#"{{"Effect":"Allow","Principal":{{"AWS":"{principal}"}},"Action":"kms:Encrypt","Resource":"*"}}"#
    )
}

/// The same caller under a session policy that allows nothing of KMS.
fn narrowed(caller: &Caller) -> Caller {
    let statement = r#"{"Effect":"Allow","Action":"s3:*","Resource":"*"}"#;
    Caller {
        standing: Arc::new(Standing {
            session: Some(policies(statement)),
            ..(*caller.standing).clone()
        }),
        ..caller.clone()
    }
}

/// Scenarios 39 to 41 and 87 of `authorization.md` §8.
#[tokio::test]
async fn session_policies_are_a_ceiling_for_roles_and_none_for_sessions_by_name() {
    let bench = bench().await;
    let key = bench.key().await.key_id;
    let (one, two) = (session("Dev", "s1", ""), session("Dev", "s2", ""));
    let ceiling = "because no session policy allows the kms:Encrypt action";

    let named = allow_encrypt(&arn("role", "Dev"));
    bench.call(put_policy(&key, &named)).await.unwrap();
    bench.call_by(&one, encrypt(&key)).await.unwrap();
    let message = bench.denied(&narrowed(&one), encrypt(&key)).await;
    assert!(message.ends_with(ceiling), "{message}");

    let named = allow_encrypt(&arn("assumed-role", "Dev/s1"));
    bench.call(put_policy(&key, &named)).await.unwrap();
    bench.call_by(&narrowed(&one), encrypt(&key)).await.unwrap();
    bench.denied(&two, encrypt(&key)).await;

    bench.call(put_policy(&key, "")).await.unwrap();
    bench.denied(&one, encrypt(&key)).await;
    let given = grant(&key, &arn("role", "Dev"), &[GrantOperation::Encrypt]);
    bench.call(given).await.unwrap();
    bench.call_by(&two, encrypt(&key)).await.unwrap();
    bench.denied(&narrowed(&two), encrypt(&key)).await;
}

#[tokio::test]
async fn a_boundary_limits_roles_and_accounts_and_not_users_by_name() {
    let bench = bench().await;
    let key = bench.key().await.key_id;
    let bound = |caller: Caller| Caller {
        standing: Arc::new(Standing {
            boundary: policies(r#"{"Effect":"Allow","Action":"s3:*","Resource":"*"}"#).pop(),
            ..(*caller.standing).clone()
        }),
        ..caller
    };
    let alice = bound(user(
        "alice",
        r#"{"Effect":"Allow","Action":"*","Resource":"*"}"#,
    ));
    let message = bench.denied(&alice, encrypt(&key)).await;
    assert!(
        message.contains("no permissions boundary allows"),
        "{message}"
    );
    let named = allow_encrypt(&arn("user", "alice"));
    bench.call(put_policy(&key, &named)).await.unwrap();
    bench.call_by(&alice, encrypt(&key)).await.unwrap();
}

/// Scenario 73: only what the store would never let happen brings a key there.
#[tokio::test]
async fn a_key_with_more_aliases_than_it_may_have_is_not_reached_through_them() {
    let bench = bench().await;
    let key = bench.key().await;
    let reader = user(
        "reader",
        r#"{"Effect":"Allow","Action":"kms:Encrypt","Resource":"*","Condition":
            {"ForAnyValue:StringLike":{"kms:ResourceAliases":"alias/t*"}}}"#,
    );
    let id = strongroom_model::KeyId::parse(&key.key_id).unwrap();
    bench.denied(&reader, encrypt(&key.key_id)).await;
    for at in 0..50 {
        let name = format!("alias/t{at}");
        bench.call(create_alias(&name, &key.key_id)).await.unwrap();
    }
    bench.call_by(&reader, encrypt(&key.key_id)).await.unwrap();

    let home = Home {
        account: strongroom_model::AccountId::parse(ACCOUNT).unwrap(),
        region: strongroom_model::Region::parse("us-east-1").unwrap(),
    };
    let one_more = strongroom_model::AliasName::parse("alias/t50").unwrap();
    let record = AliasRecord {
        target: id,
        created: bench.now(),
        updated: bench.now(),
    };
    let mut change = Change::new();
    let set = bench.service.shelves().get(&home.alias_set(id)).await;
    let set = set.unwrap().unwrap();
    change.put(&home.key_alias(id, &one_more), &record).unwrap();
    change.put(&home.alias_set(id), &set.record).unwrap();
    let event = bench.service.event("Test", &home, id).unwrap();
    assert!(bench.service.commit_event(change, event).await.unwrap());
    let message = bench.denied(&reader, encrypt(&key.key_id)).await;
    assert!(
        message.contains("no identity-based policy allows"),
        "{message}"
    );
}

/// Has many callers encrypt without pause, and takes their permission away half-way. No call that
/// began after that had returned succeeds, and none before it fails.
async fn revoked_under_load(
    bench: Bench,
    caller: Caller,
    request: impl Fn() -> Input,
    taking: Input,
) {
    let bench = Arc::new(bench);
    let (gone, stop) = (
        Arc::new(AtomicBool::new(false)),
        Arc::new(AtomicBool::new(false)),
    );
    let counts = [Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0))];
    bench.call_by(&caller, request()).await.unwrap();
    let key = match request() {
        Input::Encrypt(request) => request.key_id,
        other => panic!("{other:?}"),
    };
    let mut callers = Vec::new();
    for _ in 0..8 {
        let (bench, caller, key) = (Arc::clone(&bench), caller.clone(), key.clone());
        let (gone, stop) = (Arc::clone(&gone), Arc::clone(&stop));
        let [before, after] = counts.clone();
        callers.push(tokio::spawn(async move {
            while !stop.load(Ordering::SeqCst) {
                let began_after = gone.load(Ordering::SeqCst);
                let outcome = bench.call_by(&caller, encrypt(&key)).await;
                let ended_before = !gone.load(Ordering::SeqCst);
                if began_after {
                    let error = outcome.expect_err("a call began after its permission was gone");
                    assert_eq!(error.code(), ErrorCode::AccessDeniedException);
                    after.fetch_add(1, Ordering::SeqCst);
                } else if outcome.is_ok() {
                    before.fetch_add(1, Ordering::SeqCst);
                } else {
                    // It may be gone in the store a moment before the call that took it returns.
                    let _unsure = ended_before;
                }
                tokio::task::yield_now().await;
            }
        }));
    }
    let reached = |count: &Arc<AtomicU64>, many| {
        let count = Arc::clone(count);
        async move {
            while count.load(Ordering::SeqCst) < many {
                tokio::task::yield_now().await;
            }
        }
    };
    reached(&counts[0], 200).await;
    bench.call(taking).await.unwrap();
    gone.store(true, Ordering::SeqCst);
    reached(&counts[1], 200).await;
    stop.store(true, Ordering::SeqCst);
    for caller in callers {
        caller.await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_revoked_grant_ends_at_once() {
    let bench = bench().await;
    let key = bench.key().await.key_id;
    let given = grant(&key, &arn("user", "bob"), &[GrantOperation::Encrypt]);
    let (id, _) = created(bench.call(given).await);
    let taking = revoke(&key, &id);
    revoked_under_load(bench, user("bob", ""), || encrypt(&key), taking).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_replaced_key_policy_ends_at_once() {
    let bench = bench().await;
    let key = bench.key().await.key_id;
    let named = allow_encrypt(&arn("user", "bob"));
    bench.call(put_policy(&key, &named)).await.unwrap();
    let taking = put_policy(&key, "");
    revoked_under_load(bench, user("bob", ""), || encrypt(&key), taking).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn access_by_a_tag_ends_with_the_tag() {
    let bench = bench().await;
    let key = bench
        .key_like(CreateKeyRequest {
            tags: Some(vec![Tag {
                tag_key: "Purpose".to_owned(),
                tag_value: "Test".to_owned(),
            }]),
            ..crate::testing::symmetric_key()
        })
        .await
        .key_id;
    let bob = user(
        "bob",
        r#"{"Effect":"Allow","Action":"kms:Encrypt","Resource":"*","Condition":
            {"StringEquals":{"aws:ResourceTag/Purpose":"Test"}}}"#,
    );
    let taking = Input::UntagResource(UntagResourceRequest {
        key_id: key.clone(),
        tag_keys: vec!["Purpose".to_owned()],
    });
    revoked_under_load(bench, bob, || encrypt(&key), taking).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn access_by_an_alias_ends_when_the_alias_moves() {
    let bench = bench().await;
    let (key, other) = (bench.key().await.key_id, bench.key().await.key_id);
    bench.call(create_alias("alias/fin", &key)).await.unwrap();
    let bob = user(
        "bob",
        r#"{"Effect":"Allow","Action":"kms:Encrypt","Resource":"*","Condition":
            {"ForAnyValue:StringEquals":{"kms:ResourceAliases":"alias/fin"}}}"#,
    );
    let taking = update_alias("alias/fin", &other);
    revoked_under_load(bench, bob, || encrypt(&key), taking).await;
}

#[tokio::test]
async fn grants_to_others_are_not_read_however_many_there_are() {
    let bench = bench().await;
    let key = bench.key().await.key_id;
    let encrypting = [GrantOperation::Encrypt];
    for at in 0..300 {
        let name = arn("user", &format!("other-{at}"));
        bench.call(grant(&key, &name, &encrypting)).await.unwrap();
    }
    let mine = grant(&key, &arn("user", "bob"), &encrypting);
    bench.call(mine).await.unwrap();
    let bob = user("bob", "");
    bench.call_by(&bob, encrypt(&key)).await.unwrap();
    // One look at the store for the one grant that names bob, and then none.
    let before = bench.scans();
    for _ in 0..10 {
        bench.call_by(&bob, encrypt(&key)).await.unwrap();
        bench.denied(&user("nobody", ""), encrypt(&key)).await;
    }
    assert_eq!(bench.scans(), before);
    let fresh = bench.restarted(Box::new(Enforced)).await;
    // Whatever a new service reads at its first call has been read.
    fresh.call(encrypt(&key)).await.unwrap();
    let before = fresh.rows_scanned();
    fresh.call_by(&bob, encrypt(&key)).await.unwrap();
    assert_eq!(fresh.rows_scanned() - before, 1);
}

#[tokio::test]
async fn a_grant_is_to_who_had_the_name_when_it_was_made() {
    let bench = bench().await;
    let key = bench.key().await;
    let id = strongroom_model::KeyId::parse(&key.key_id).unwrap();
    let given = grant(&key.key_id, &arn("user", "bob"), &[GrantOperation::Encrypt]);
    let (grant_id, _) = created(bench.call(given).await);
    let home = Home {
        account: strongroom_model::AccountId::parse(ACCOUNT).unwrap(),
        region: strongroom_model::Region::parse("us-east-1").unwrap(),
    };
    // As it would be if bob had been known when it was made.
    let row = home.grant(id, strongroom_model::GrantId::parse(&grant_id).unwrap());
    let stored = bench.service.shelves().get(&row).await.unwrap().unwrap();
    let mut record = stored.record.clone();
    record.grantee_id = Some("AIDABOBTHEFIRST12345".to_owned());
    let mut change = Change::new();
    for row in home.grant_rows(
        id,
        strongroom_model::GrantId::parse(&grant_id).unwrap(),
        &record,
    ) {
        change.put(&row, &record).unwrap();
    }
    let event = bench.service.event("Test", &home, id).unwrap();
    assert!(bench.service.commit_event(change, event).await.unwrap());

    let (first, second) = ("AIDABOBTHEFIRST12345", "AIDABOBTHESECOND1234");
    let key_id = &key.key_id;
    bench
        .call_by(&reborn("bob", first), encrypt(key_id))
        .await
        .unwrap();
    bench.denied(&reborn("bob", second), encrypt(key_id)).await;
    // Nobody is known by the name any more, so the listing tells the id.
    let Ok(Output::ListGrants(listed)) = bench.call(list_grants(key_id)).await else {
        panic!("no listing");
    };
    let entry = listed.grants.unwrap().remove(0);
    assert_eq!(entry.grantee_principal.unwrap(), first);
}

#[tokio::test]
async fn a_key_policy_is_for_who_had_the_name_when_it_was_put() {
    let bench = bench().await;
    let key = bench.key().await;
    let id = strongroom_model::KeyId::parse(&key.key_id).unwrap();
    let home = Home {
        account: strongroom_model::AccountId::parse(ACCOUNT).unwrap(),
        region: strongroom_model::Region::parse("us-east-1").unwrap(),
    };
    let bob = arn("user", "bob");
    let first = "AIDABOBTHEFIRST12345";
    let policy = PolicyRecord {
        principals: [(bob.clone(), first.to_owned())].into(),
        ..PolicyRecord::new(key_policy(&allow_encrypt(&bob)))
    };
    let mut change = Change::new();
    change.put(&home.policy(id), &policy).unwrap();
    let event = bench.service.event("Test", &home, id).unwrap();
    assert!(bench.service.commit_event(change, event).await.unwrap());

    let key_id = &key.key_id;
    bench
        .call_by(&reborn("bob", first), encrypt(key_id))
        .await
        .unwrap();
    let second = reborn("bob", "AIDABOBTHESECOND1234");
    bench.denied(&second, encrypt(key_id)).await;
    let request = GetKeyPolicyRequest {
        key_id: key_id.clone(),
        policy_name: None,
    };
    let Ok(Output::GetKeyPolicy(told)) = bench.call(Input::GetKeyPolicy(request)).await else {
        panic!("no policy");
    };
    let told = told.policy.unwrap();
    assert!(told.contains(first) && !told.contains(&bob), "{told}");
}

#[tokio::test]
async fn a_policy_that_cannot_be_read_closes_its_key() {
    let bench = bench().await;
    let key = bench.key().await;
    let id = strongroom_model::KeyId::parse(&key.key_id).unwrap();
    let home = Home {
        account: strongroom_model::AccountId::parse(ACCOUNT).unwrap(),
        region: strongroom_model::Region::parse("us-east-1").unwrap(),
    };
    let mut change = Change::new();
    let broken = PolicyRecord::new("{}".to_owned());
    change.put(&home.policy(id), &broken).unwrap();
    let event = bench.service.event("Test", &home, id).unwrap();
    assert!(bench.service.commit_event(change, event).await.unwrap());
    bench.denied(&root(ACCOUNT), describe(&key.key_id)).await;
}

#[tokio::test]
async fn recent_calls_are_explained_without_what_was_secret_in_them() {
    let bench = bench().await;
    let key = bench.key().await.key_id;
    let made = blob(&bench, &key).await;
    let ask = |caller: Caller, number: u8, input: Input| {
        let entry = bench.entry_of(caller, "us-east-1", [number; 16]);
        let id = entry.request_id();
        let service = Arc::clone(&bench.service);
        async move {
            let _either = service.answer(entry, input).await;
            service.explain(&id).await.unwrap()
        }
    };
    let reader = user(
        "reader",
        r#"{"Effect":"Allow","Action":"kms:Encrypt","Resource":"*","Condition":
            {"Null":{"kms:ResourceAliases":"false"}}}"#,
    );
    let explained = ask(reader, 2, encrypt(&key)).await.unwrap();
    assert_eq!(explained.len(), 1);
    let explained = ask(root(ACCOUNT), 3, decrypt(&made)).await.unwrap();
    assert_eq!(explained.len(), 1);
    let re_encrypt = super::states::re_encrypt(&made, &key);
    assert_eq!(ask(root(ACCOUNT), 4, re_encrypt).await.unwrap().len(), 2);
    let unknown = RequestId::new([9; 16]);
    assert!(bench.service.explain(&unknown).await.unwrap().is_none());
    let id = RequestId::new([3; 16]);
    assert_eq!(RequestId::parse(&id.to_string()), Some(id));
}
