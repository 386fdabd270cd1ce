use std::collections::BTreeMap;

use serde_json::{Value, json};
use strongroom_auth::{CredentialSource as _, Principal, decision::Open, policy::PrincipalPattern};
use strongroom_model::{AccountId, SecretAccessKey};

use super::{
    Act, Boundary, Declared, DeclaredKind, Document, IdentityError, Owner, ProviderDeclaration,
    ProviderKeys, RoleDeclaration, UserDeclaration,
};
use crate::{
    layout,
    record::NoteRecord,
    seed::{Seed, SeededAccessKey, SeededIdentity},
    testing::Bench,
};

fn account() -> AccountId {
    AccountId::parse("111122223333").unwrap()
}

fn allow(action: &str) -> Document {
    Document(format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Action":"{action}","Resource":"*"}}]}}"#
    ))
}

fn trust() -> Document {
    Document(
        r#"{"Statement":[{"Effect":"Allow","Principal":{"AWS":"111122223333"},"Action":"sts:AssumeRole"}]}"#
            .to_owned(),
    )
}

fn user(name: &str) -> Act {
    Act::CreateUser {
        name: name.to_owned(),
        path: None,
        tags: BTreeMap::new(),
        permissions_boundary: None,
    }
}

fn group(name: &str) -> Act {
    Act::CreateGroup {
        name: name.to_owned(),
        path: None,
    }
}

fn role(name: &str) -> Act {
    Act::CreateRole {
        name: name.to_owned(),
        path: Some("/team/".to_owned()),
        tags: BTreeMap::new(),
        trust: trust(),
        permissions_boundary: None,
        max_session_duration_seconds: None,
    }
}

fn join(user: &str, group: &str) -> Act {
    Act::AddUserToGroup {
        user: user.to_owned(),
        group: group.to_owned(),
    }
}

fn put(owner: Owner, name: &str, document: Document) -> Act {
    Act::PutPolicy {
        owner,
        name: name.to_owned(),
        document,
    }
}

impl Bench {
    async fn act(&self, act: Act) -> Value {
        self.service.act(account(), act).await.unwrap().told
    }

    async fn act_refused(&self, act: Act) -> String {
        match self.service.act(account(), act).await.unwrap_err() {
            IdentityError::Refused { code, message } => format!("{code}: {message}"),
            other => panic!("{other}"),
        }
    }

    /// A new access key of a user: its id and its secret.
    async fn access_key(&self, user: &str) -> (String, SecretAccessKey) {
        let act = Act::CreateAccessKey {
            user: Some(user.to_owned()),
        };
        let made = self.service.act(account(), act).await.unwrap();
        let id = made.told["AccessKey"]["AccessKeyId"].as_str().unwrap();
        (id.to_owned(), made.secret.unwrap())
    }

    /// The names of the policies that count for whoever calls with an access key.
    async fn policies(&self, access_key: &str) -> Vec<String> {
        let credential = self
            .service
            .look_up(access_key, None)
            .await
            .unwrap()
            .found()
            .unwrap();
        let standing = &credential.caller.standing;
        standing
            .policies
            .iter()
            .map(|it| it.name.to_string())
            .collect()
    }
}

#[tokio::test]
async fn a_user_calls_under_its_path_with_its_policies_and_those_of_its_groups() {
    let bench = Bench::new().await;
    let act = Act::CreateUser {
        name: "alice".to_owned(),
        path: Some("/team/".to_owned()),
        tags: BTreeMap::from([("team".to_owned(), "red".to_owned())]),
        permissions_boundary: Some(Boundary::Document(allow("kms:*"))),
    };
    let made = bench.act(act).await;
    let unique_id = made["User"]["UserId"].as_str().unwrap().to_owned();
    assert!(
        unique_id.starts_with("AIDA") && unique_id.len() == 21,
        "{unique_id}"
    );
    assert_eq!(
        made["User"]["Arn"],
        "arn:aws:iam::111122223333:user/team/alice"
    );
    bench.act(group("auditors")).await;
    bench.act(join("alice", "auditors")).await;
    let alice = || Owner::User("alice".to_owned());
    bench.act(put(alice(), "use", allow("kms:Encrypt"))).await;
    let auditors = Owner::Group("auditors".to_owned());
    bench.act(put(auditors, "look", allow("kms:List*"))).await;

    let (id, secret) = bench.access_key("alice").await;
    let credential = bench
        .service
        .look_up(&id, None)
        .await
        .unwrap()
        .found()
        .unwrap();
    assert!(*credential.secret.secret() == secret && credential.active);
    let caller = &credential.caller;
    assert_eq!(caller.arn(), "arn:aws:iam::111122223333:user/team/alice");
    assert_eq!(caller.user_id(), unique_id);
    assert_eq!(
        bench.policies(&id).await,
        ["user/alice/use", "group/auditors/look"]
    );
    let boundary = caller.standing.boundary.as_ref().unwrap();
    assert_eq!(&*boundary.name, "user/alice/permissions-boundary");
    assert_eq!(&*caller.standing.tags, [("team".into(), "red".into())]);

    // While nothing changes, a caller is one value.
    let again = bench
        .service
        .look_up(&id, None)
        .await
        .unwrap()
        .found()
        .unwrap();
    assert!(std::sync::Arc::ptr_eq(&again.caller, caller));
    // A change counts at the next look, of the user as of its groups.
    let auditors = || Owner::Group("auditors".to_owned());
    bench
        .act(put(auditors(), "more", allow("kms:Describe*")))
        .await;
    let expected = [
        "user/alice/use",
        "group/auditors/look",
        "group/auditors/more",
    ];
    assert_eq!(bench.policies(&id).await, expected);
    let drop = Act::DeletePolicy {
        owner: alice(),
        name: "use".to_owned(),
    };
    bench.act(drop).await;
    bench
        .act(Act::RemoveUserFromGroup {
            user: "alice".to_owned(),
            group: "auditors".to_owned(),
        })
        .await;
    assert!(bench.policies(&id).await.is_empty());
    bench.act(Act::DeleteBoundary { owner: alice() }).await;
    bench
        .act(Act::Tag {
            owner: alice(),
            tags: BTreeMap::from([("Team".to_owned(), "blue".to_owned())]),
        })
        .await;
    let now = bench
        .service
        .look_up(&id, None)
        .await
        .unwrap()
        .found()
        .unwrap();
    assert!(now.caller.standing.boundary.is_none());
    assert_eq!(&*now.caller.standing.tags, [("Team".into(), "blue".into())]);

    // And all of it is there after a restart.
    let bench = bench.restarted(Box::new(Open)).await;
    let now = bench
        .service
        .look_up(&id, None)
        .await
        .unwrap()
        .found()
        .unwrap();
    assert_eq!(now.caller.user_id(), unique_id);
    assert!(*now.secret.secret() == secret);
}

#[tokio::test]
async fn an_access_key_counts_no_more_once_it_is_inactive_deleted_or_without_its_user() {
    let bench = Bench::new().await;
    bench.act(user("alice")).await;
    let (one, _) = bench.access_key("alice").await;
    let (other, _) = bench.access_key("alice").await;
    let third = Act::CreateAccessKey {
        user: Some("alice".to_owned()),
    };
    assert_eq!(
        bench.act_refused(third).await,
        "LimitExceeded: Cannot exceed quota for AccessKeysPerUser: 2"
    );
    let update = |active| Act::UpdateAccessKey {
        id: one.clone(),
        active,
    };
    bench.act(update(false)).await;
    assert!(
        !bench
            .service
            .look_up(&one, None)
            .await
            .unwrap()
            .found()
            .unwrap()
            .active
    );
    bench.act(update(true)).await;
    assert!(
        bench
            .service
            .look_up(&one, None)
            .await
            .unwrap()
            .found()
            .unwrap()
            .active
    );
    bench.act(Act::DeleteAccessKey { id: one.clone() }).await;
    assert!(
        bench
            .service
            .look_up(&one, None)
            .await
            .unwrap()
            .found()
            .is_none()
    );
    assert_eq!(
        bench.act_refused(update(false)).await,
        format!("NoSuchEntity: The Access Key with id {one} cannot be found.")
    );

    let delete = || Act::DeleteUser {
        name: "alice".to_owned(),
    };
    assert_eq!(
        bench.act_refused(delete()).await,
        "DeleteConflict: Cannot delete entity, must delete access keys first."
    );
    let forget = Act::Forget {
        kind: DeclaredKind::User,
        name: "alice".to_owned(),
    };
    bench.act(forget).await;
    assert!(
        bench
            .service
            .look_up(&other, None)
            .await
            .unwrap()
            .found()
            .is_none()
    );
    // Whoever has the name next is somebody else, and has none of the access keys.
    bench.act(user("alice")).await;
    assert!(
        bench
            .service
            .look_up(&other, None)
            .await
            .unwrap()
            .found()
            .is_none()
    );
    let listed = bench
        .act(Act::ListAccessKeys {
            user: Some("alice".to_owned()),
        })
        .await;
    assert_eq!(listed["AccessKeyMetadata"], json!([]));
}

#[tokio::test]
async fn the_root_has_two_access_keys_those_of_earlier_versions_included() {
    let bench = Bench::new().await;
    let (first, _) = bench
        .service
        .create_root_access_key(account())
        .await
        .unwrap();
    // As an earlier version left it: the record of the account did not exist.
    let mut change = crate::change::Change::new();
    change.remove(&layout::account(account()));
    bench.service.commit_act("Test", change).await.unwrap();
    let create = || Act::CreateAccessKey { user: None };
    let second = bench.act(create()).await;
    assert!(
        bench
            .act_refused(create())
            .await
            .starts_with("LimitExceeded")
    );
    let listed = bench.act(Act::ListAccessKeys { user: None }).await;
    let mut ids = vec![
        json!(first.as_str()),
        second["AccessKey"]["AccessKeyId"].clone(),
    ];
    ids.sort_by_key(Value::to_string);
    let listed = listed["AccessKeyMetadata"].as_array().unwrap();
    assert!(
        listed.iter().map(|key| &key["AccessKeyId"]).eq(&ids),
        "{listed:?}"
    );
    // Access keys of the root alone do not make every unknown user of the account nobody.
    assert!(!bench.service.hosts(account()).await.unwrap());
}

#[tokio::test]
async fn names_are_there_once_whatever_their_cases() {
    let bench = Bench::new().await;
    bench.act(user("Alice")).await;
    for name in ["Alice", "alice"] {
        assert_eq!(
            bench.act_refused(user(name)).await,
            "EntityAlreadyExists: User with name Alice already exists."
        );
    }
    let get = Act::GetUser {
        name: "alice".to_owned(),
    };
    assert_eq!(
        bench.act_refused(get).await,
        "NoSuchEntity: The user with name alice cannot be found."
    );
}

#[tokio::test]
async fn a_group_stays_while_it_has_members_or_policies() {
    let bench = Bench::new().await;
    bench.act(user("alice")).await;
    let unknown = bench.act_refused(join("alice", "nobody")).await;
    assert_eq!(
        unknown,
        "NoSuchEntity: The group with name nobody cannot be found."
    );
    bench.act(group("auditors")).await;
    bench.act(join("alice", "auditors")).await;
    bench.act(join("alice", "auditors")).await;
    let delete = || Act::DeleteGroup {
        name: "auditors".to_owned(),
    };
    let told = "DeleteConflict: Cannot delete entity, must remove users from group first.";
    assert_eq!(bench.act_refused(delete()).await, told);
    let shown = bench
        .act(Act::GetGroup {
            name: "auditors".to_owned(),
        })
        .await;
    assert_eq!(shown["Users"][0]["UserName"], "alice");
    let leave = || Act::RemoveUserFromGroup {
        user: "alice".to_owned(),
        group: "auditors".to_owned(),
    };
    bench.act(leave()).await;
    assert!(bench.act_refused(leave()).await.starts_with("NoSuchEntity"));
    let auditors = Owner::Group("auditors".to_owned());
    bench
        .act(put(auditors.clone(), "look", allow("kms:List*")))
        .await;
    let told = "DeleteConflict: Cannot delete entity, must delete policies first.";
    assert_eq!(bench.act_refused(delete()).await, told);
    let tags = BTreeMap::from([("a".to_owned(), "b".to_owned())]);
    let tag = Act::Tag {
        owner: auditors.clone(),
        tags,
    };
    assert_eq!(
        bench.act_refused(tag).await,
        "ValidationError: Groups have no tags"
    );
    bench
        .act(Act::DeletePolicy {
            owner: auditors,
            name: "look".to_owned(),
        })
        .await;
    bench.act(delete()).await;
}

#[tokio::test]
async fn a_role_has_its_trust_and_its_standing() {
    let bench = Bench::new().await;
    bench.act(role("Dev")).await;
    let dev = || Owner::Role("Dev".to_owned());
    bench.act(put(dev(), "use", allow("kms:*"))).await;
    let made = bench.service.role(account(), "Dev").await.unwrap().unwrap();
    assert_eq!(made.arn(), "arn:aws:iam::111122223333:role/team/Dev");
    assert!(made.unique_id.starts_with("AROA"));
    assert_eq!(made.trust.statements.len(), 1);
    assert_eq!(made.max_session_duration_seconds, 3600);
    assert_eq!(&*made.standing.policies[0].name, "role/Dev/use");
    let update = Act::UpdateRole {
        name: "Dev".to_owned(),
        max_session_duration_seconds: 7200,
    };
    bench.act(update).await;
    bench
        .act(Act::RevokeSessions {
            name: "Dev".to_owned(),
        })
        .await;
    let now = bench.service.role(account(), "Dev").await.unwrap().unwrap();
    assert_eq!(now.max_session_duration_seconds, 7200);
    assert_eq!(now.sessions_not_before, Some(bench.now()));
    assert!(
        bench
            .service
            .role(account(), "dev")
            .await
            .unwrap()
            .is_none()
    );
    let update = Act::UpdateTrust {
        name: "Dev".to_owned(),
        trust: allow("sts:AssumeRole"),
    };
    assert!(
        bench
            .act_refused(update)
            .await
            .starts_with("MalformedPolicyDocument: ")
    );
    let long = Act::UpdateRole {
        name: "Dev".to_owned(),
        max_session_duration_seconds: 43_201,
    };
    assert!(bench.act_refused(long).await.starts_with("ValidationError"));
}

#[tokio::test]
async fn a_provider_says_where_its_keys_are() {
    let bench = Bench::new().await;
    let keys = Document(r#"{"keys":[{"kty":"EC"}]}"#.to_owned());
    let create = Act::CreateOidcProvider {
        url: "https://issuer.example/a".to_owned(),
        provider: ProviderDeclaration {
            client_ids: vec!["sts.amazonaws.com".to_owned()],
            jwks: Some(keys.clone()),
            jwks_url: None,
        },
    };
    let made = bench.act(create).await;
    let arn = "arn:aws:iam::111122223333:oidc-provider/issuer.example/a";
    assert_eq!(made["OpenIDConnectProviderArn"], arn);
    let found = || bench.service.oidc_provider(account(), "issuer.example/a");
    let provider = found().await.unwrap().unwrap();
    assert_eq!(
        (provider.arn(), provider.keys),
        (arn.to_owned(), ProviderKeys::Given(keys.0))
    );
    let update = Act::UpdateOidcProvider {
        url: "https://issuer.example/a".to_owned(),
        client_ids: None,
        jwks: None,
        jwks_url: Some("https://issuer.example/keys".to_owned()),
    };
    bench.act(update).await;
    let keys = found().await.unwrap().unwrap().keys;
    assert_eq!(
        keys,
        ProviderKeys::At("https://issuer.example/keys".to_owned())
    );
    bench
        .act(Act::DeleteOidcProvider {
            url: "https://issuer.example/a".to_owned(),
        })
        .await;
    assert!(found().await.unwrap().is_none());
}

#[tokio::test]
async fn principals_of_accounts_that_are_hosted_have_to_exist() {
    let bench = Bench::new().await;
    let exists = async |text: &str| {
        let principal = PrincipalPattern::parse_aws(text).unwrap();
        bench.service.principal_exists(&principal).await.unwrap()
    };
    let alice = "arn:aws:iam::111122223333:user/alice";
    assert!(exists(alice).await, "nobody looks after the account yet");
    let made = bench.act(user("alice")).await;
    bench.act(role("Dev")).await;
    for known in [
        alice,
        "arn:aws:iam::111122223333:role/team/Dev",
        "arn:aws:sts::111122223333:assumed-role/Dev/s1",
        "arn:aws:iam::111122223333:root",
        "arn:aws:iam::444455556666:user/whoever",
        made["User"]["UserId"].as_str().unwrap(),
    ] {
        assert!(exists(known).await, "{known}");
    }
    for unknown in [
        "arn:aws:iam::111122223333:user/bob",
        "arn:aws:iam::111122223333:user/Alice",
        "arn:aws:iam::111122223333:user/team/alice",
        "arn:aws:iam::111122223333:role/Dev",
        "arn:aws:sts::111122223333:assumed-role/Ops/s1",
        "AIDAAAAAAAAAAAAAAAAAA",
    ] {
        assert!(!exists(unknown).await, "{unknown}");
    }

    let id = async || {
        let principal = PrincipalPattern::parse_aws(alice).unwrap();
        bench.service.unique_id(&principal).await.unwrap()
    };
    let first = id().await.unwrap();
    let back = bench.service.principal_with_id(&first).await.unwrap();
    assert_eq!(back, PrincipalPattern::parse_aws(alice));
    bench
        .act(Act::DeleteUser {
            name: "alice".to_owned(),
        })
        .await;
    assert_eq!(id().await, None);
    bench.act(user("alice")).await;
    assert_ne!(id().await.unwrap(), first);
    assert_eq!(bench.service.principal_with_id(&first).await.unwrap(), None);
}

#[tokio::test]
async fn a_declaration_is_made_so_once_and_told_as_it_is() {
    let bench = Bench::new().await;
    let declared = |action: &str| {
        let declaration = UserDeclaration {
            tags: BTreeMap::from([("team".to_owned(), "red".to_owned())]),
            policies: BTreeMap::from([("p".to_owned(), allow(action))]),
            ..UserDeclaration::default()
        };
        Declared::User("alice".to_owned(), declaration)
    };
    let declare = |action: &str, dry_run| Act::Declare {
        identity: declared(action),
        dry_run,
    };
    let created = json!({ "outcome": "created" });
    let unchanged = json!({ "outcome": "unchanged" });
    let changed = json!({ "outcome": "changed", "what": ["policies/p"] });
    assert_eq!(bench.act(declare("kms:*", true)).await, created);
    assert_eq!(bench.act(Act::Export).await, json!({}));
    assert_eq!(bench.act(declare("kms:*", false)).await, created);
    let before = bench.journal().lines().count();
    assert_eq!(bench.act(declare("kms:*", false)).await, unchanged);
    assert_eq!(bench.act(declare("kms:List*", true)).await, changed);
    assert_eq!(
        bench.journal().lines().count(),
        before,
        "nothing was changed"
    );
    assert_eq!(bench.act(declare("kms:List*", false)).await, changed);
    let exported = bench.act(Act::Export).await;
    let expected = json!({ "users": { "alice": {
        "tags": { "team": "red" },
        "policies": { "p": allow("kms:List*").value() },
    } } });
    assert_eq!(exported, expected);
}

#[tokio::test]
async fn every_act_is_in_the_journal_with_its_names_and_without_a_secret() {
    let bench = Bench::new().await;
    bench.act(user("alice")).await;
    let alice = Owner::User("alice".to_owned());
    bench.act(put(alice, "use", allow("kms:*"))).await;
    let (id, secret) = bench.access_key("alice").await;
    bench
        .act(Act::UpdateAccessKey {
            id: id.clone(),
            active: false,
        })
        .await;
    bench
        .act(Act::Forget {
            kind: DeclaredKind::User,
            name: "alice".to_owned(),
        })
        .await;
    let journal = bench.journal();
    let entries: Vec<Value> = journal
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let told = |event: &str| {
        let entry = entries.iter().find(|entry| entry["eventName"] == event);
        let entry = entry.unwrap_or_else(|| panic!("no {event} in {journal}"));
        assert_eq!(entry["eventType"], "StrongroomOperatorEvent");
        assert_eq!(entry["recipientAccountId"], "111122223333");
        entry["requestParameters"].clone()
    };
    assert_eq!(told("CreateUser"), json!({ "userName": "alice" }));
    let policy = json!({ "policyName": "use", "userName": "alice" });
    assert_eq!(told("PutUserPolicy"), policy);
    let key = json!({ "accessKeyId": id, "userName": "alice" });
    assert_eq!(told("CreateAccessKey"), key);
    let status = json!({ "accessKeyId": id, "status": "Inactive", "userName": "alice" });
    assert_eq!(told("UpdateAccessKey"), status);
    assert_eq!(told("DeleteUser"), json!({ "userName": "alice" }));
    assert!(!journal.contains(secret.expose()));
}

#[tokio::test]
async fn the_last_use_of_an_access_key_is_told_at_once_and_kept() {
    let bench = Bench::new().await;
    bench.act(user("alice")).await;
    let (id, _) = bench.access_key("alice").await;
    let used = |id: &str| Act::GetAccessKeyLastUsed { id: id.to_owned() };
    let told = bench.act(used(&id)).await;
    assert_eq!(told["AccessKeyLastUsed"]["ServiceName"], "N/A");
    let stranger = "AKIANOBODYNOBODYNOBO";
    let sign = |id: &str, service| {
        let id = strongroom_auth::AccessKeyId::parse(id).unwrap();
        let partition = strongroom_model::Partition::Aws;
        let caller = strongroom_auth::Caller::root(account(), partition, id);
        let entry = bench.entry_of(caller, "eu-west-1", [7; 16]);
        bench.service.note_access_key_use(&entry, service);
    };
    sign(stranger, "kms");
    sign(&id, "sts");
    bench.advance_millis(5000);
    sign(&id, "kms");
    let told = bench.act(used(&id)).await;
    assert_eq!(told["AccessKeyLastUsed"]["Region"], "eu-west-1");
    assert_eq!(told["AccessKeyLastUsed"]["ServiceName"], "kms");
    bench.service.finish().await;
    let bench = bench.restarted(Box::new(Open)).await;
    assert_eq!(bench.act(used(&id)).await, told);
    let left = bench
        .service
        .shelves()
        .get(&layout::access_key_use(stranger))
        .await;
    assert!(left.unwrap().is_none());
}

fn seed(secret: &str, action: &str) -> Seed {
    let declaration = UserDeclaration {
        policies: BTreeMap::from([("p".to_owned(), allow(action))]),
        groups: ["auditors".to_owned()].into(),
        ..UserDeclaration::default()
    };
    let at = |line, identity| SeededIdentity {
        line,
        account: account(),
        identity,
    };
    let auditors = Declared::Group("auditors".to_owned(), super::GroupDeclaration::default());
    let dev = Declared::Role("Dev".to_owned(), RoleDeclaration::trusting(trust()));
    Seed {
        identities: vec![
            at(3, Declared::User("alice".to_owned(), declaration)),
            at(9, auditors),
            at(12, dev),
        ],
        access_keys: vec![SeededAccessKey {
            line: 5,
            account: account(),
            user: Some("alice".to_owned()),
            id: strongroom_auth::AccessKeyId::parse("AKIAALICE000000000001").unwrap(),
            secret: Some(SecretAccessKey::new(secret.to_owned())),
            active: true,
        }],
        ..Seed::default()
    }
}

#[tokio::test]
async fn a_seed_plants_identities_with_the_same_ids_everywhere_and_revives_none() {
    let (one, other) = (Bench::new().await, Bench::new().await);
    for bench in [&one, &other] {
        assert_eq!(bench.service.plant(&seed("s", "kms:*")).await.unwrap(), 4);
        assert_eq!(bench.service.plant(&seed("s", "kms:*")).await.unwrap(), 0);
    }
    let id = async |bench: &Bench| {
        let found = bench
            .service
            .look_up("AKIAALICE000000000001", None)
            .await
            .unwrap()
            .found();
        found.unwrap().caller.user_id()
    };
    assert_eq!(id(&one).await, id(&other).await);

    let refused = one
        .service
        .plant(&seed("s", "kms:List*"))
        .await
        .unwrap_err();
    let told = "line 3: the user `alice` is declared differently in this data folder";
    assert_eq!(refused.to_string(), told);
    let refused = one.service.plant(&seed("t", "kms:*")).await.unwrap_err();
    let told =
        "line 5: the access key AKIAALICE000000000001 has another secret in this data folder";
    assert_eq!(refused.to_string(), told);

    // What a command changed does not spoil the next start, and what it deleted stays deleted.
    let alice = Owner::User("alice".to_owned());
    one.act(put(alice, "more", allow("kms:*"))).await;
    let update = Act::UpdateAccessKey {
        id: "AKIAALICE000000000001".to_owned(),
        active: false,
    };
    one.act(update).await;
    assert_eq!(one.service.plant(&seed("s", "kms:*")).await.unwrap(), 0);
    one.act(Act::Forget {
        kind: DeclaredKind::User,
        name: "alice".to_owned(),
    })
    .await;
    assert_eq!(one.service.plant(&seed("s", "kms:*")).await.unwrap(), 0);
    assert!(
        one.service
            .user(account(), "alice")
            .await
            .unwrap()
            .is_none()
    );
    assert!(
        one.service
            .look_up("AKIAALICE000000000001", None)
            .await
            .unwrap()
            .found()
            .is_none()
    );
}

#[tokio::test]
async fn identities_that_an_earlier_version_noted_become_real_ones() {
    let bench = Bench::new().await;
    // As earlier versions left it: notes of what was declared, and access keys by name.
    let policy = allow("kms:*").value();
    let note = |name: &str| layout::note(&format!("identity/111122223333/{name}"));
    let mut change = crate::change::Change::new();
    for (name, value) in [
        ("group/auditors", json!({ "policies": { "look": policy } })),
        (
            "user/alice",
            json!({ "path": "/", "tags": { "n": 7 }, "policies": { "p": policy }, "groups": ["auditors"] }),
        ),
        (
            "role/Dev",
            json!({ "trust": trust().value(), "max_session_duration_seconds": 3600 }),
        ),
        (
            "oidc-provider/https://issuer.example",
            json!({ "client_ids": ["a"], "jwks_file": "jwks.json" }),
        ),
        (
            "user/broken",
            json!({ "policies": { "p": { "Statement": [] } } }),
        ),
    ] {
        change.put(&note(name), &NoteRecord { value }).unwrap();
    }
    let key = strongroom_auth::AccessKeyId::parse("AKIAALICE000000000001").unwrap();
    let other = strongroom_auth::AccessKeyId::parse("AKIABROKEN0000000001").unwrap();
    let secret = SecretAccessKey::new("s".to_owned());
    for (id, user) in [(&key, "alice"), (&other, "broken")] {
        let (service, owner) = (&bench.service, Some(user.to_owned()));
        let made =
            crate::credentials::change(service, id, account(), owner, true, &secret, bench.now());
        change.writes.extend(made.unwrap().writes);
    }
    bench.service.commit_act("Test", change).await.unwrap();

    let bench = bench.restarted(Box::new(Open)).await;
    let credential = bench
        .service
        .look_up(key.as_str(), None)
        .await
        .unwrap()
        .found()
        .unwrap();
    assert!(
        matches!(&credential.caller.principal, Principal::User { unique_id, .. } if unique_id.starts_with("AIDA"))
    );
    assert_eq!(
        bench.policies(key.as_str()).await,
        ["user/alice/p", "group/auditors/look"]
    );
    assert_eq!(
        &*credential.caller.standing.tags,
        [("n".into(), "7".into())]
    );
    assert!(
        bench
            .service
            .role(account(), "Dev")
            .await
            .unwrap()
            .is_some()
    );
    let provider = bench
        .service
        .oidc_provider(account(), "issuer.example")
        .await
        .unwrap();
    assert_eq!(provider.unwrap().keys, ProviderKeys::Discovered);
    assert!(
        bench
            .service
            .user(account(), "broken")
            .await
            .unwrap()
            .is_none()
    );
    // The notes are gone but for the one that was not understood, and a start changes no more.
    let before = bench.journal().lines().count();
    let bench = bench.restarted(Box::new(Open)).await;
    assert_eq!(bench.journal().lines().count(), before);

    // Once the seed is right, its access key comes in again.
    let broken = other.as_str();
    assert!(
        bench
            .service
            .look_up(broken, None)
            .await
            .unwrap()
            .found()
            .is_none()
    );
    let identity = Declared::User("broken".to_owned(), UserDeclaration::default());
    let seed = Seed {
        identities: vec![SeededIdentity {
            line: 3,
            account: account(),
            identity,
        }],
        access_keys: vec![SeededAccessKey {
            line: 5,
            account: account(),
            user: Some("broken".to_owned()),
            id: other.clone(),
            secret: Some(secret),
            active: true,
        }],
        ..Seed::default()
    };
    bench.service.plant(&seed).await.unwrap();
    assert!(
        bench
            .service
            .look_up(broken, None)
            .await
            .unwrap()
            .found()
            .is_some()
    );
}

#[tokio::test]
async fn changes_of_one_identity_at_the_same_time_are_all_made() {
    let bench = Bench::new().await;
    bench.act(group("auditors")).await;
    let changes = (0..8).map(|at| {
        let name = format!("user{at}");
        let bench = &bench;
        async move {
            bench.act(user(&name)).await;
            bench.act(join(&name, "auditors")).await;
        }
    });
    together(changes.collect()).await;
    let shown = bench
        .act(Act::GetGroup {
            name: "auditors".to_owned(),
        })
        .await;
    assert_eq!(shown["Users"].as_array().unwrap().len(), 8);
    for at in 0..8 {
        let name = format!("user{at}");
        bench
            .act(Act::Forget {
                kind: DeclaredKind::User,
                name,
            })
            .await;
    }
    bench
        .act(Act::DeleteGroup {
            name: "auditors".to_owned(),
        })
        .await;
}

/// Drives futures together until all have ended.
async fn together<F: Future<Output = ()>>(futures: Vec<F>) {
    let mut running: Vec<_> = futures.into_iter().map(Box::pin).collect();
    std::future::poll_fn(|context| {
        running.retain_mut(|future| future.as_mut().poll(context).is_pending());
        if running.is_empty() {
            std::task::Poll::Ready(())
        } else {
            std::task::Poll::Pending
        }
    })
    .await;
}
