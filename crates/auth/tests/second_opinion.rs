//! Two evaluators, one answer: random policies, callers and requests are decided by the real one,
//! by its explanation, and by the naive one of `naive`, down to the text of the refusal. And
//! whatever an explanation says would turn a refusal into permission, does.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails where it goes wrong"
)]

mod naive;

use std::{borrow::Cow, collections::BTreeMap, sync::Arc};

use naive::{Told, Who, World};
use proptest::{prelude::*, sample::select};
use serde_json::{Map, Value, json};
use strongroom_auth::{
    AccessKeyId, Caller, ConditionKey, Decision, Facts, GrantCover, GranteeKind, NamedPolicy,
    Principal, Question, Resource, ResourceKind, SessionFacts, Standing, Values, decide, explain,
    explain::{Change, Place, Source},
    policy::{IdentityPolicy, KeyPolicy, condition::Comparison, document::Statement},
};
use strongroom_model::{AccountId, Partition, Timestamp};

const A: &str = "111122223333";
const B: &str = "444455556666";
const KEY: &str = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";
const PROVIDER: &str = "arn:aws:iam::111122223333:oidc-provider/id.example.com";
const ALIAS: &str = "arn:aws:kms:eu-west-1:111122223333:alias/alice-1";

struct Known(BTreeMap<String, Vec<String>>);

impl Facts for Known {
    fn values<'f>(&'f self, key: &ConditionKey) -> Values<'f> {
        let values = self.0.get(&key.to_string().to_lowercase());
        let values = values.into_iter().flatten();
        values.map(|value| Cow::Borrowed(value.as_str())).collect()
    }
}

/// A world as the real evaluator sees it.
struct Real {
    caller: Caller,
    facts: Known,
    key_policy: Option<KeyPolicy>,
    world: World,
}

impl Real {
    fn of(world: &World) -> Self {
        let who = &world.who;
        let (path, name) = who.path_and_name.rsplit_once('/').unwrap_or_default();
        let path = format!("{path}/");
        let principal = match who.kind {
            "root" => Principal::Root,
            "user" => Principal::User {
                path: path.into(),
                name: name.into(),
                unique_id: who.unique_id.as_str().into(),
            },
            _ => Principal::AssumedRole {
                role_path: path.into(),
                role_name: name.into(),
                role_id: who.unique_id.as_str().into(),
                session_name: who.session.as_str().into(),
            },
        };
        let named = |(number, document): (usize, &Value)| NamedPolicy {
            name: format!("policy-{number}").into(),
            policy: Arc::new(IdentityPolicy::parse(&document.to_string()).unwrap()),
        };
        let all = |documents: &[Value]| documents.iter().enumerate().map(named).collect();
        let standing = Standing {
            policies: all(&world.identity),
            boundary: world.boundary.as_ref().map(|one| named((0, one))),
            session: world.session.as_ref().map(|documents| all(documents)),
            tags: who
                .tags
                .iter()
                .map(|(key, value)| (key.as_str().into(), value.as_str().into()))
                .collect(),
            session_facts: who.told.as_ref().map(|told| SessionFacts {
                issued: Timestamp::from_millis(told.issued * 1000),
                expires: Timestamp::from_millis((told.issued + 3600) * 1000),
                federated_provider: told.provider.as_deref().map(Into::into),
                source_identity: told.source_identity.as_deref().map(Into::into),
                claims: told
                    .claims
                    .iter()
                    .map(|(name, value)| (name.as_str().into(), value.as_str().into()))
                    .collect(),
                transitive_tag_keys: Vec::new(),
                mfa: told.mfa,
            }),
        };
        let id = AccessKeyId::parse("AKIDSTRONGROOM000001").unwrap();
        let account = AccountId::parse(&who.account).unwrap();
        Self {
            caller: Caller {
                principal,
                standing: Arc::new(standing),
                ..Caller::root(account, Partition::Aws, id)
            },
            facts: Known(world.facts.clone()),
            key_policy: world
                .key_policy
                .as_ref()
                .map(|document| KeyPolicy::parse(&document.to_string(), &|_| true).unwrap()),
            world: world.clone(),
        }
    }

    fn question(&self) -> Question<'_> {
        let World {
            action,
            owner,
            arn,
            kind,
            cross_account,
            by_ciphertext,
            grant,
            who,
            ..
        } = &self.world;
        Question {
            caller: &self.caller,
            action,
            resource: Resource {
                owner: AccountId::parse(owner).unwrap(),
                arn,
                kind: match *kind {
                    "key" => ResourceKind::Key,
                    "alias" => ResourceKind::Alias,
                    _ => ResourceKind::Account,
                },
                aws_managed: self.world.aws_managed,
            },
            cross_account_allowed: *cross_account,
            named_by_ciphertext: *by_ciphertext,
            facts: &self.facts,
            key_policy: self.key_policy.as_ref(),
            grant: match (*grant, who.kind) {
                ("caller", "user") => GrantCover::To(GranteeKind::User),
                ("caller", "root") => GrantCover::To(GranteeKind::Root),
                ("caller", _) => GrantCover::To(GranteeKind::Session),
                ("role", _) => GrantCover::To(GranteeKind::Role),
                ("account", _) => GrantCover::To(GranteeKind::Account),
                _ => GrantCover::No,
            },
        }
    }

    /// Makes the changes of a remedy.
    fn remedy(&mut self, changes: &[Change]) {
        let mut lifted: Vec<&Place> = Vec::new();
        for change in changes {
            match change {
                Change::LiftDeny { place, .. } => lifted.push(place),
                Change::MeetConditions { place, .. } => self.change(place, |statements, at| {
                    statements[at].conditions.clear();
                }),
                Change::AddStatement { .. } => {}
            }
        }
        lifted.sort_by_key(|place| std::cmp::Reverse(place.statement));
        for place in lifted {
            self.change(place, |statements, at| {
                statements.remove(at);
            });
        }
        for change in changes {
            if let Change::AddStatement { source, statement } = change {
                let text = json!({"Version": "2012-10-17", "Statement": [statement]}).to_string();
                self.add(*source, &text);
            }
        }
    }

    fn change(&mut self, place: &Place, change: impl Fn(&mut Vec<Statement>, usize)) {
        let at = place.statement - 1;
        let standing = Arc::make_mut(&mut self.caller.standing);
        let find = |policies: &mut Vec<NamedPolicy>| {
            let mut policies = policies.iter_mut();
            let named = policies.find(|named| *named.name == *place.policy).unwrap();
            change(&mut Arc::make_mut(&mut named.policy).statements, at);
        };
        match place.source {
            Source::KeyPolicy => change(&mut self.key_policy.as_mut().unwrap().statements, at),
            Source::IdentityPolicy => find(&mut standing.policies),
            Source::SessionPolicy => find(standing.session.as_mut().unwrap()),
            Source::PermissionsBoundary => {
                let boundary = standing.boundary.as_mut().unwrap();
                change(&mut Arc::make_mut(&mut boundary.policy).statements, at);
            }
        }
    }

    fn add(&mut self, source: Source, text: &str) {
        let standing = Arc::make_mut(&mut self.caller.standing);
        let parse = || IdentityPolicy::parse(text).unwrap();
        let named = || NamedPolicy {
            name: "added".into(),
            policy: Arc::new(parse()),
        };
        match source {
            Source::KeyPolicy => {
                let added = KeyPolicy::parse(text, &|_| true).unwrap();
                let policy = self.key_policy.as_mut().unwrap();
                policy.statements.extend(added.statements);
            }
            Source::IdentityPolicy => standing.policies.push(named()),
            Source::SessionPolicy => standing.session.as_mut().unwrap().push(named()),
            Source::PermissionsBoundary => {
                let boundary = standing.boundary.as_mut().unwrap();
                let policy = Arc::make_mut(&mut boundary.policy);
                policy.statements.extend(parse().statements);
            }
        }
    }
}

fn operator() -> impl Strategy<Value = String> {
    let name = select(Comparison::ALL.to_vec());
    let set = select(vec!["", "", "ForAllValues:", "ForAnyValue:"]);
    (name, set, any::<bool>()).prop_map(|(comparison, set, if_exists)| {
        let name = comparison.name();
        if comparison == Comparison::Null {
            return name.to_owned();
        }
        format!("{set}{name}{}", if if_exists { "IfExists" } else { "" })
    })
}

fn condition_key() -> impl Strategy<Value = &'static str> {
    select(vec![
        "aws:PrincipalArn",
        "AWS:principalaccount",
        "aws:PrincipalType",
        "aws:PrincipalTag/Team",
        "aws:PrincipalTag/none",
        "aws:username",
        "aws:userid",
        "aws:SourceIp",
        "aws:CurrentTime",
        "aws:SecureTransport",
        "aws:ResourceTag/Purpose",
        "aws:TagKeys",
        "kms:CallerAccount",
        "kms:EncryptionContext:Dept",
        "KMS:encryptioncontextkeys",
        "kms:ResourceAliases",
        "kms:RotationPeriodInDays",
        "kms:Invented",
        "aws:TokenIssueTime",
        "aws:MultiFactorAuthPresent",
        "aws:MultiFactorAuthAge",
        "aws:FederatedProvider",
        "aws:SourceIdentity",
        "id.example.com:SUB",
    ])
}

fn value() -> impl Strategy<Value = Value> {
    select(vec![
        json!("*"),
        json!(""),
        json!("IT"),
        json!("it"),
        json!("I*"),
        json!("a*"),
        json!("alias/t*"),
        json!("alias/team"),
        json!("Dept"),
        json!(A),
        json!(B),
        json!("User"),
        json!("alice"),
        json!("${aws:username}"),
        json!("${aws:username, 'IT'}"),
        json!("${aws:PrincipalTag/Team}"),
        json!("${*}T"),
        json!("arn:aws:iam::111122223333:user/team/${aws:username}"),
        json!("arn:aws:iam::*:role/*"),
        json!("arn:aws:iam:*:user/*"),
        json!(true),
        json!("False"),
        json!(5),
        json!("5.0"),
        json!(90.5),
        json!("2026-01-02"),
        json!("1767312000"),
        json!("10.0.0.0/8"),
        json!("10.1.2.3"),
        json!("2001:db8::/32"),
        json!("AQI="),
        json!(PROVIDER),
        json!("${id.example.com:sub}"),
    ])
}

/// The values of requests, and some of what the policies have.
fn facts() -> impl Strategy<Value = BTreeMap<String, Vec<String>>> {
    let maybe = |key: &'static str, values: &[&[&str]]| {
        let owned = |values: &&[&str]| values.iter().map(|v| (*v).to_owned()).collect::<Vec<_>>();
        let mut all: Vec<Vec<String>> = values.iter().map(owned).collect();
        all.push(Vec::new());
        select(all).prop_map(move |values| (key.to_owned(), values))
    };
    let many: Vec<String> = (0..51).map(|n| format!("alias/t{n}")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    (
        maybe(
            "aws:sourceip",
            &[&["10.1.2.3"], &["192.0.2.1"], &["2001:db8::1"]],
        ),
        maybe(
            "aws:currenttime",
            &[&["1767312000"], &["2026-01-02T01:00:00+01:00"], &["5"]],
        ),
        maybe("aws:securetransport", &[&["true"], &["false"]]),
        maybe("aws:resourcetag/purpose", &[&["IT"], &["it", "IT"]]),
        maybe("aws:tagkeys", &[&["Dept"], &["Dept", "alice"], &["x", "y"]]),
        maybe(
            "kms:encryptioncontext:dept",
            &[&["IT"], &["it"], &["*T"], &[""]],
        ),
        maybe("kms:encryptioncontextkeys", &[&["Dept"], &["Dept", "P"]]),
        maybe(
            "kms:resourcealiases",
            &[&["alias/team"], &["alias/team", "alias/x"], &many],
        ),
        maybe("kms:rotationperiodindays", &[&["5"], &["90.5"], &["five"]]),
        maybe("aws:epochtime", &[&["1767312090"], &["later"]]),
    )
        .prop_map(|(a, b, c, d, e, f, g, h, i, j)| {
            [a, b, c, d, e, f, g, h, i, j].into_iter().collect()
        })
}

fn conditions() -> impl Strategy<Value = Option<Value>> {
    let values = prop_oneof![
        3 => value(),
        1 => prop::collection::vec(value(), 0..3).prop_map(Value::Array),
    ];
    let one = (operator(), condition_key(), values);
    let conditions = prop::collection::vec(one, 1..3).prop_map(|list| {
        let mut all = Map::new();
        for (operator, key, values) in list {
            // Refused in key policies, and the same as nothing.
            if operator.starts_with("ForAllValues") && key.contains("EncryptionContext:") {
                continue;
            }
            let keys = all.entry(operator).or_insert_with(|| json!({}));
            keys[key] = values;
        }
        Value::Object(all)
    });
    prop_oneof![
        3 => Just(None),
        2 => conditions.prop_map(Some),
    ]
}

/// Some of a list, as `name` or as `Notname`.
fn some_of(
    name: &'static str,
    negation: u32,
    list: &[&'static str],
) -> impl Strategy<Value = (String, Value)> + use<> {
    let texts = prop::collection::vec(select(list.to_vec()), 1..4);
    let element = prop_oneof![
        8 => Just(name.to_owned()),
        negation => Just(format!("Not{name}")),
    ];
    (element, texts).prop_map(|(element, texts)| (element, json!(texts)))
}

fn statement(with_principal: bool) -> impl Strategy<Value = Value> {
    let actions = some_of(
        "Action",
        2,
        &[
            "*",
            "kms:*",
            "kms:Encrypt",
            "KMS:enc*",
            "kms:De?rypt",
            "kms:ReEncrypt*",
            "s3:*",
            "kms:CreateAlias",
            "kms:CreateKey",
        ],
    );
    let resources = some_of(
        "Resource",
        2,
        &[
            "*",
            "*",
            KEY,
            "arn:aws:kms:*:111122223333:key/*",
            "arn:aws:kms:eu-west-1:*:alias/*",
            "arn:aws:kms:eu-west-1:111122223333:alias/${aws:username}-*",
            "arn:aws:kms:*:key/*",
            "key/*",
        ],
    );
    let principals = some_of(
        "Principal",
        3,
        &[
            "*",
            A,
            B,
            "arn:aws:iam::111122223333:root",
            "arn:aws:iam::444455556666:root",
            "arn:aws:iam::111122223333:user/team/alice",
            "arn:aws:iam::111122223333:user/alice",
            "arn:aws:iam::444455556666:user/carol",
            "arn:aws:iam::111122223333:role/Dev",
            "arn:aws:sts::111122223333:assumed-role/Dev/s1",
            "arn:aws:sts::111122223333:assumed-role/Dev/s2",
            "AIDAAAAAAAAAAAAAALICE",
            "AROAAAAAAAAAAAAAADEV",
        ],
    );
    let allow = prop::bool::weighted(0.75);
    (allow, actions, resources, principals, conditions(), 0u8..20).prop_map(
        move |(allow, actions, resources, (element, names), conditions, rare)| {
            let mut statement = Map::new();
            statement.insert(actions.0, actions.1);
            if rare != 0 || !with_principal {
                statement.insert(resources.0, resources.1);
            }
            let effect = if allow { "Allow" } else { "Deny" };
            statement.insert("Effect".into(), json!(effect));
            if with_principal {
                let element = if allow { "Principal".into() } else { element };
                statement.insert(element, json!({"AWS": names}));
            }
            if let Some(conditions) = conditions {
                statement.insert("Condition".into(), conditions);
            }
            Value::Object(statement)
        },
    )
}

fn policy(with_principal: bool) -> impl Strategy<Value = Value> {
    let statements = prop::collection::vec(statement(with_principal), 1..4);
    (prop::bool::weighted(0.8), statements).prop_map(|(new, statements)| {
        let version = if new { "2012-10-17" } else { "2008-10-17" };
        json!({"Version": version, "Statement": statements})
    })
}

fn who() -> impl Strategy<Value = Who> {
    let one = |account: &str, kind, path_and_name: &str, unique_id: &str| Who {
        account: account.into(),
        kind,
        path_and_name: path_and_name.into(),
        unique_id: unique_id.into(),
        session: "s1".into(),
        tags: Vec::new(),
        told: None,
    };
    let everybody = vec![
        one(A, "user", "/team/alice", "AIDAAAAAAAAAAAAAALICE"),
        one(A, "session", "/Dev", "AROAAAAAAAAAAAAAADEV"),
        one(A, "root", "/", ""),
        one(B, "user", "/carol", "AIDAAAAAAAAAAAAAACAROL"),
        one(B, "root", "/", ""),
    ];
    let tags = select(vec![
        vec![],
        vec![("team".to_owned(), "IT".to_owned())],
        vec![
            ("Team".to_owned(), "a".to_owned()),
            ("TEAM".to_owned(), "IT".to_owned()),
        ],
    ]);
    (select(everybody), tags, prop::option::of(told())).prop_map(|(who, tags, told)| {
        // A session has temporary credentials, and others may.
        let told = told.or_else(|| (who.kind == "session").then(plain));
        Who { tags, told, ..who }
    })
}

/// What credentials tell that a role was assumed with.
fn plain() -> Told {
    Told {
        issued: 1_767_312_000,
        provider: None,
        source_identity: None,
        claims: Vec::new(),
        mfa: false,
    }
}

fn told() -> impl Strategy<Value = Told> {
    let issued = select(vec![1_767_312_000, 5]);
    let source_identity = prop::option::of(select(vec!["alice", "IT"]));
    let claim = prop::option::of(select(vec!["alice", "it", "*"]));
    (issued, source_identity, claim, any::<bool>()).prop_map(|(issued, source, claim, mfa)| Told {
        issued,
        provider: claim.map(|_| PROVIDER.to_owned()),
        source_identity: source.map(str::to_owned),
        claims: claim
            .map(|subject| ("id.example.com:sub".to_owned(), subject.to_owned()))
            .into_iter()
            .collect(),
        mfa,
    })
}

fn world() -> impl Strategy<Value = World> {
    let sides = (
        prop::collection::vec(policy(false), 0..3),
        prop::option::weighted(0.3, policy(false)),
        prop::option::weighted(0.3, prop::collection::vec(policy(false), 0..3)),
        prop::option::weighted(0.95, policy(true)),
    );
    let asked = (
        select(vec![
            ("key", "kms:Encrypt", KEY),
            ("key", "kms:Decrypt", KEY),
            ("key", "kms:ReEncryptTo", KEY),
            ("alias", "kms:CreateAlias", ALIAS),
            ("account", "kms:CreateKey", "*"),
            ("account", "kms:ListKeys", "*"),
        ]),
        prop::bool::weighted(0.8),
        prop::bool::weighted(0.1),
        select(vec!["none", "none", "none", "caller", "role", "account"]),
        prop::bool::weighted(0.2),
    );
    (who(), sides, facts(), asked).prop_map(|(who, sides, facts, asked)| {
        let (identity, boundary, session, key_policy) = sides;
        let ((kind, action, arn), cross_account, by_ciphertext, grant, aws_managed) = asked;
        let root = who.kind == "root";
        let in_session = who.kind == "session";
        World {
            identity: if root { Vec::new() } else { identity },
            boundary: boundary.filter(|_| !root),
            session: session.filter(|_| in_session),
            key_policy,
            facts,
            action,
            // What has no resource belongs to whoever asks.
            owner: if arn == "*" {
                who.account.clone()
            } else {
                A.into()
            },
            arn: arn.into(),
            kind,
            cross_account,
            by_ciphertext,
            aws_managed: aws_managed && kind == "key",
            grant: match (grant, who.kind) {
                ("role", kind) if kind != "session" => "none",
                ("account", "root") => "none",
                (grant, _) => grant,
            },
            who,
        }
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    #[test]
    fn both_evaluators_and_the_explanation_agree(world in world()) {
        let mut real = Real::of(&world);
        let question = real.question();
        let decision = decide(&question);
        let refusal = match decision {
            Decision::Allow(_) => None,
            Decision::Deny(denial) => Some(denial.message(&question)),
        };
        prop_assert_eq!(&refusal, &world.refusal());
        // The same for an AWS managed key, whose policy is told apart.
        let grounds = match decision {
            Decision::Allow(grounds) => grounds.as_str(),
            Decision::Deny(_) => "",
        };
        let at_home = world.who.account == world.owner;
        if world.aws_managed && at_home {
            prop_assert!(["", "aws-managed-key-policy", "grant"].contains(&grounds));
        } else {
            prop_assert!(grounds != "aws-managed-key-policy");
        }

        let explanation = explain(&question);
        prop_assert_eq!(explanation.decision, decision);
        prop_assert_eq!(explanation.message, refusal);
        let foreign = question.caller.account != question.resource.owner;
        match explanation.remedy {
            None if explanation.allowed => {}
            None => {
                let beyond_help = foreign && (!world.cross_account || world.kind != "key");
                // Nobody can add to the key policy of an AWS managed key.
                let beyond_help = beyond_help || world.aws_managed;
                prop_assert!(beyond_help || world.key_policy.is_none());
            }
            Some(remedy) => {
                prop_assert!(!remedy.sentence.is_empty());
                let adds_to_key_policy = remedy.changes.iter().any(|change| {
                    matches!(change, Change::AddStatement { source: Source::KeyPolicy, .. })
                });
                prop_assert!(!(world.aws_managed && adds_to_key_policy));
                real.remedy(&remedy.changes);
                let decision = decide(&real.question());
                prop_assert!(matches!(decision, Decision::Allow(_)), "{:?}", remedy);
            }
        }
    }
}

#[test]
fn random_worlds_are_neither_all_allowed_nor_all_refused() {
    use proptest::{strategy::ValueTree as _, test_runner::TestRunner};
    let mut runner = TestRunner::deterministic();
    let mut seen = BTreeMap::new();
    for _ in 0..2000 {
        let world = world().new_tree(&mut runner).unwrap().current();
        let decision = decide(&Real::of(&world).question());
        let reason = match decision {
            Decision::Allow(grounds) => grounds.as_str(),
            Decision::Deny(denial) => denial.as_str(),
        };
        *seen.entry(reason).or_insert(0) += 1;
    }
    for reason in [
        "key-policy",
        "identity-policy",
        "account-root",
        "grant",
        "aws-managed-key-policy",
        "identity-implicit",
        "identity-explicit",
        "resource-implicit",
        "resource-explicit",
        "boundary-implicit",
        "boundary-explicit",
        "session-implicit",
        "session-explicit",
        "hidden",
        "hidden-by-ciphertext",
    ] {
        assert!(
            seen.get(reason).is_some_and(|count| *count >= 3),
            "{reason}: {seen:?}"
        );
    }
}
