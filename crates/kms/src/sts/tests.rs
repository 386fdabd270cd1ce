use std::{collections::BTreeMap, sync::Arc};

use strongroom_auth::{
    Credential, CredentialSource as _, LookUp, Principal,
    decision::{Enforced, Open},
};
use strongroom_model::{AccountId, Region, Timestamp};

use super::{AssumeRole, Credentials, RoleSession, SessionTag, StsError};
use crate::{
    identities::{Act, Document, Owner},
    testing::Bench,
};

const ROLE: &str = "arn:aws:iam::111122223333:role/Dev";
const WALL: Timestamp = Timestamp::from_millis(1_767_323_045_000);
const READ: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"kms:List*","Resource":"*"}]}"#;

fn account() -> AccountId {
    AccountId::parse("111122223333").unwrap()
}

fn trusting(principal: &str) -> Document {
    Document(format!(
        r#"{{"Statement":[{{"Effect":"Allow","Principal":{{"AWS":"{principal}"}},"Action":"sts:*"}}]}}"#
    ))
}

fn create_role() -> Act {
    Act::CreateRole {
        name: "Dev".to_owned(),
        path: None,
        tags: BTreeMap::from([("Team".to_owned(), "blue".to_owned())]),
        trust: trusting("arn:aws:iam::111122223333:user/alice"),
        permissions_boundary: None,
        max_session_duration_seconds: None,
    }
}

fn request() -> AssumeRole {
    AssumeRole {
        role_arn: ROLE.to_owned(),
        session_name: "s1".to_owned(),
        policy_arns: Vec::new(),
        policy: None,
        duration_seconds: None,
        tags: Vec::new(),
        transitive_tag_keys: Vec::new(),
        external_id: None,
        second_factor: None,
        source_identity: None,
        provided_contexts: false,
    }
}

impl Bench {
    /// A role that alice may assume, and alice with an access key.
    async fn with_a_role() -> (Self, String) {
        let bench = Self::with(Box::new(Enforced)).await;
        bench.do_it(create_role()).await;
        let owner = Owner::Role("Dev".to_owned());
        bench.put(owner, "use", READ).await;
        bench
            .do_it(Act::CreateUser {
                name: "alice".to_owned(),
                path: None,
                tags: BTreeMap::new(),
                permissions_boundary: None,
            })
            .await;
        let user = Some("alice".to_owned());
        let made = bench
            .service
            .act(account(), Act::CreateAccessKey { user })
            .await;
        let told = made.unwrap().told;
        let id = told["AccessKey"]["AccessKeyId"]
            .as_str()
            .unwrap()
            .to_owned();
        (bench, id)
    }

    async fn do_it(&self, act: Act) {
        self.service.act(account(), act).await.unwrap();
    }

    async fn put(&self, owner: Owner, name: &str, document: &str) {
        self.do_it(Act::PutPolicy {
            owner,
            name: name.to_owned(),
            document: Document(document.to_owned()),
        })
        .await;
    }

    async fn known(&self, access_key_id: &str, token: Option<&str>) -> Option<Credential> {
        let known = self.service.look_up(access_key_id, token).await;
        known.unwrap().found()
    }

    async fn assume(
        &self,
        access_key_id: &str,
        token: Option<&str>,
        input: AssumeRole,
    ) -> Result<RoleSession, StsError> {
        let caller = self.known(access_key_id, token).await.unwrap().caller;
        let arrival = self.entry("111122223333", [3; 16]).arrival().clone();
        let region = Region::parse("us-east-1").unwrap();
        let entry = self.service.open(caller, region, arrival);
        self.service.assume_role(entry, input, WALL).await
    }

    async fn session(&self, credentials: &Credentials) -> LookUp {
        let (id, token) = (&credentials.access_key_id, credentials.token.expose());
        self.service.look_up(id, Some(token)).await.unwrap()
    }
}

#[tokio::test]
async fn a_session_is_its_role_under_the_ceiling_and_tags_that_it_was_given() {
    let (bench, alice) = Bench::with_a_role().await;
    let input = AssumeRole {
        policy: Some(READ.to_owned()),
        tags: vec![SessionTag {
            key: "team".into(),
            value: "red".into(),
        }],
        transitive_tag_keys: vec!["TEAM".to_owned()],
        source_identity: Some("alice".to_owned()),
        ..request()
    };
    let made = bench.assume(&alice, None, input).await.unwrap();
    assert_eq!(made.credentials.expires, WALL.plus_millis(3_600_000));
    let LookUp::Found(known) = bench.session(&made.credentials).await else {
        panic!("it is the token of a moment ago");
    };
    assert_eq!(*known.secret.secret(), made.credentials.secret);
    assert_eq!(known.caller.arn(), made.arn);
    let standing = &known.caller.standing;
    assert_eq!(&*standing.policies[0].name, "role/Dev/use");
    assert_eq!(standing.session.as_ref().map(Vec::len), Some(1));
    assert_eq!(*standing.tags, [("team".into(), "red".into())]);
    let facts = standing.session_facts.as_ref().unwrap();
    assert_eq!(facts.issued, bench.now());
    assert_eq!(facts.expires, bench.now().plus_millis(3_600_000));
    assert_eq!(facts.source_identity.as_deref(), Some("alice"));
    assert_eq!(*facts.transitive_tag_keys, ["team".into()]);
}

#[tokio::test]
async fn a_session_without_a_policy_has_no_ceiling_and_a_token_is_opened_once() {
    let (bench, alice) = Bench::with_a_role().await;
    let made = bench.assume(&alice, None, request()).await.unwrap();
    let one = bench.session(&made.credentials).await.found().unwrap();
    let other = bench.session(&made.credentials).await.found().unwrap();
    assert!(Arc::ptr_eq(&one.caller, &other.caller));
    assert_eq!(one.caller.standing.session, None);
}

#[tokio::test]
async fn what_its_role_may_counts_at_each_call() {
    let (bench, alice) = Bench::with_a_role().await;
    let made = bench.assume(&alice, None, request()).await.unwrap();
    let policies = async || {
        let known = bench.session(&made.credentials).await.found().unwrap();
        known.caller.standing.policies.len()
    };
    assert_eq!(policies().await, 1);
    bench.put(Owner::Role("Dev".to_owned()), "more", READ).await;
    assert_eq!(policies().await, 2);
    let restarted = bench.restarted(Box::new(Enforced)).await;
    assert!(restarted.session(&made.credentials).await.found().is_some());
}

#[tokio::test]
async fn a_session_ends_with_its_time_and_with_its_role() {
    let (bench, alice) = Bench::with_a_role().await;
    let made = bench.assume(&alice, None, request()).await.unwrap();
    bench.advance_millis(3_599_999);
    assert!(bench.session(&made.credentials).await.found().is_some());
    bench.advance_millis(1);
    let ended = bench.session(&made.credentials).await;
    assert!(matches!(ended, LookUp::Expired), "{ended:?}");

    let made = bench.assume(&alice, None, request()).await.unwrap();
    bench.advance_millis(1);
    let name = "Dev".to_owned();
    bench.do_it(Act::RevokeSessions { name }).await;
    let revoked = bench.session(&made.credentials).await;
    assert!(matches!(revoked, LookUp::Expired), "{revoked:?}");

    let made = bench.assume(&alice, None, request()).await.unwrap();
    let (owner, name) = (Owner::Role("Dev".to_owned()), "use".to_owned());
    bench.do_it(Act::DeletePolicy { owner, name }).await;
    let name = "Dev".to_owned();
    bench.do_it(Act::DeleteRole { name }).await;
    let gone = bench.session(&made.credentials).await;
    assert!(matches!(gone, LookUp::Unknown), "{gone:?}");
}

#[tokio::test]
async fn token_and_access_key_id_belong_together() {
    let (bench, alice) = Bench::with_a_role().await;
    let one = bench
        .assume(&alice, None, request())
        .await
        .unwrap()
        .credentials;
    let other = bench
        .assume(&alice, None, request())
        .await
        .unwrap()
        .credentials;
    let (token, id) = (one.token.expose(), one.access_key_id.as_str());
    for (id, token) in [
        (id, None),
        (id, Some(other.token.expose())),
        (id, Some("")),
        (other.access_key_id.as_str(), Some(token)),
        (alice.as_str(), Some(token)),
        ("", Some(token)),
    ] {
        assert!(bench.known(id, token).await.is_none(), "{id}");
    }
    assert!(bench.known(id, Some(token)).await.is_some());
    // Another installation has other keys.
    let (elsewhere, _) = Bench::with_a_role().await;
    assert!(elsewhere.known(id, Some(token)).await.is_none());
}

#[tokio::test]
async fn a_role_taken_at_its_word_is_nobody_where_callers_are_not() {
    let (bench, _) = Bench::with_a_role().await;
    let open = bench.restarted(Box::new(Open)).await;
    let entry = open.entry("444455556666", [4; 16]);
    let input = AssumeRole {
        role_arn: "arn:aws:iam::444455556666:role/a/Undeclared".to_owned(),
        ..request()
    };
    let made = open.service.assume_role(entry, input, WALL).await.unwrap();
    let known = open.session(&made.credentials).await.found().unwrap();
    assert_eq!(
        known.caller.arn(),
        "arn:aws:sts::444455556666:assumed-role/Undeclared/s1"
    );
    let Principal::AssumedRole { role_path, .. } = &known.caller.principal else {
        panic!("it is a session of a role");
    };
    assert_eq!(&**role_path, "/a/");
    let enforced = open.restarted(Box::new(Enforced)).await;
    assert!(enforced.session(&made.credentials).await.found().is_none());
}

#[tokio::test]
async fn secrets_and_tokens_are_in_no_line_of_the_journal() {
    let (bench, alice) = Bench::with_a_role().await;
    let made = bench.assume(&alice, None, request()).await.unwrap();
    let lines = bench.journal();
    assert!(lines.contains(&made.credentials.access_key_id));
    assert!(!lines.contains(made.credentials.secret.expose()));
    assert!(!lines.contains(made.credentials.token.expose()));
}
