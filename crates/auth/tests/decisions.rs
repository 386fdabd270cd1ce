//! Who may do what, row by row: what the policies of both sides, ceilings and grants come to
//! together, for keys of the own account and of others, for what has no policy of its own, and for
//! roles (`authorization.md` §2.3, §2.6, §5.5, §6, §7.3). The rows are written by hand from those
//! rules.
//!
//! A policy is told by what it has to say about the question: `allow`, `deny`, `allow+deny`,
//! `other` for one that speaks of something else, and `-` for none at all. Of a key policy and a
//! trust policy it is told whom they allow: `user`, `role`, `session`, `account`, `anyone`; `deny`
//! denies to everybody.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails where it goes wrong"
)]

use std::{borrow::Cow, sync::Arc};

use strongroom_auth::{
    AccessKeyId, Applicant, Caller, ConditionKey, Decision, Facts, GrantCover, GranteeKind,
    NamedPolicy, NoFacts, Principal, Question, Resource, ResourceKind, RoleQuestion, Standing,
    Values, decide, decide_role, explain,
    policy::{IdentityPolicy, KeyPolicy, TrustPolicy},
};
use strongroom_model::{AccountId, Partition};

const HOME: &str = "111122223333";
const ABROAD: &str = "444455556666";
const KEY: &str = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";
const ALIAS: &str = "arn:aws:kms:eu-west-1:111122223333:alias/a";
const ROLE: &str = "arn:aws:iam::111122223333:role/Target";

/// The words of a column; none for `-`.
fn words(column: &str) -> Vec<&str> {
    column.split('+').filter(|word| *word != "-").collect()
}

fn document(statements: &[String]) -> String {
    let statements = statements.join(",");
    format!(r#"{{"Version":"2012-10-17","Statement":[{statements}]}}"#)
}

/// A policy of the caller's own side, if there is one.
fn own(column: &str) -> Option<NamedPolicy> {
    let statements: Vec<String> = words(column)
        .into_iter()
        .map(|word| match word {
            "allow" => r#"{"Effect":"Allow","Action":"*","Resource":"*"}"#.to_owned(),
            "deny" => r#"{"Effect":"Deny","Action":"*","Resource":"*"}"#.to_owned(),
            "other" => r#"{"Effect":"Allow","Action":"s3:*","Resource":"*"}"#.to_owned(),
            word => panic!("{word}"),
        })
        .collect();
    (!statements.is_empty()).then(|| NamedPolicy {
        name: "own".into(),
        policy: Arc::new(IdentityPolicy::parse(&document(&statements)).unwrap()),
    })
}

fn caller(account: &str, kind: &str, [identity, boundary, session]: [&str; 3]) -> Caller {
    let standing = Standing {
        policies: own(identity).into_iter().collect(),
        boundary: own(boundary),
        session: own(session).map(|policy| vec![policy]),
        ..Standing::default()
    };
    let principal = match kind {
        "root" => Principal::Root,
        "user" => Principal::User {
            path: "/team/".into(),
            name: "alice".into(),
            unique_id: "AIDAEXAMPLE".into(),
        },
        "session" => Principal::AssumedRole {
            role_path: "/team/".into(),
            role_name: "Dev".into(),
            role_id: "AROAEXAMPLE".into(),
            session_name: "s1".into(),
        },
        kind => panic!("{kind}"),
    };
    let id = AccessKeyId::parse("AKIDSTRONGROOM000001").unwrap();
    Caller {
        principal,
        standing: Arc::new(standing),
        ..Caller::root(AccountId::parse(account).unwrap(), Partition::Aws, id)
    }
}

/// The statements of a key policy or trust policy, about callers of an account.
fn naming(account: &str, column: &str, rest: &str) -> Vec<String> {
    words(column)
        .into_iter()
        .map(|word| {
            let (effect, principal) = match word {
                "user" => ("Allow", format!("arn:aws:iam::{account}:user/team/alice")),
                "role" => ("Allow", format!("arn:aws:iam::{account}:role/team/Dev")),
                "session" => (
                    "Allow",
                    format!("arn:aws:sts::{account}:assumed-role/Dev/s1"),
                ),
                "account" => ("Allow", format!("arn:aws:iam::{account}:root")),
                "anyone" => ("Allow", "*".to_owned()),
                "deny" => ("Deny", "*".to_owned()),
                "deny-account" => ("Deny", format!("arn:aws:iam::{account}:root")),
                // Others that look alike.
                "other" => ("Allow", format!("arn:aws:iam::{account}:user/alice")),
                "other-session" => (
                    "Allow",
                    format!("arn:aws:sts::{account}:assumed-role/Dev/s2"),
                ),
                word => panic!("{word}"),
            };
            format!(r#"{{"Effect":"{effect}","Principal":{{"AWS":"{principal}"}},{rest}}}"#)
        })
        .collect()
}

fn cover(column: &str) -> GrantCover {
    match column {
        "-" => GrantCover::No,
        "user" => GrantCover::To(GranteeKind::User),
        "role" => GrantCover::To(GranteeKind::Role),
        "session" => GrantCover::To(GranteeKind::Session),
        "root" => GrantCover::To(GranteeKind::Root),
        "account" => GrantCover::To(GranteeKind::Account),
        word => panic!("{word}"),
    }
}

fn reason(decision: Decision) -> &'static str {
    match decision {
        Decision::Allow(grounds) => grounds.as_str(),
        Decision::Deny(denial) => denial.as_str(),
    }
}

/// The rows of a table with their columns.
fn rows<const N: usize>(table: &str) -> Vec<[&str; N]> {
    let lines = table.lines().map(str::trim);
    let rows = lines.filter(|line| !line.is_empty() && !line.starts_with('#'));
    rows.map(|line| {
        let columns: Vec<&str> = line.split('|').map(str::trim).collect();
        columns.try_into().unwrap_or_else(|_| panic!("{line}"))
    })
    .collect()
}

/// What is asked about keys besides what a row says.
#[derive(Clone, Copy)]
struct About {
    account: &'static str,
    cross_account: bool,
    by_ciphertext: bool,
    aws_managed: bool,
}

const AT_HOME: About = About {
    account: HOME,
    cross_account: true,
    by_ciphertext: false,
    aws_managed: false,
};
const FROM_ABROAD: About = About {
    account: ABROAD,
    ..AT_HOME
};

/// Rows of: caller, key policy, identity policy, boundary, session policy, grant, answer.
fn check_keys(about: About, table: &str) {
    for row in rows::<7>(table) {
        let [kind, key_policy, identity, boundary, session, grant, answer] = row;
        let caller = caller(about.account, kind, [identity, boundary, session]);
        let rest = r#""Action":"kms:Encrypt","Resource":"*""#;
        let mut statements = naming(about.account, key_policy, rest);
        // A key policy says something; this is about nobody here.
        statements.push(naming("777788889999", "user", rest).remove(0));
        let key_policy = KeyPolicy::parse(&document(&statements), &|_| true).unwrap();
        let question = Question {
            caller: &caller,
            action: "kms:Encrypt",
            resource: Resource {
                owner: AccountId::parse(HOME).unwrap(),
                arn: KEY,
                kind: ResourceKind::Key,
                aws_managed: about.aws_managed,
            },
            cross_account_allowed: about.cross_account,
            named_by_ciphertext: about.by_ciphertext,
            facts: &NoFacts,
            key_policy: Some(&key_policy),
            grant: cover(grant),
        };
        assert_eq!(reason(decide(&question)), answer, "{row:?}");
        assert_eq!(reason(explain(&question).decision), answer, "{row:?}");
    }
}

#[test]
fn a_key_of_the_own_account() {
    check_keys(
        AT_HOME,
        "
        # The key policy is the root of authority: without it nothing counts but a denial.
        user    | -            | -          | -     | -     | - | resource-implicit
        user    | -            | allow      | -     | -     | - | resource-implicit
        user    | other        | allow      | -     | -     | - | resource-implicit
        user    | role         | allow      | -     | -     | - | resource-implicit
        user    | -            | allow      | other | -     | - | resource-implicit
        user    | -            | deny       | -     | -     | - | identity-explicit
        root    | -            | -          | -     | -     | - | resource-implicit
        root    | user         | -          | -     | -     | - | resource-implicit
        session | -            | allow      | -     | -     | - | resource-implicit
        session | user         | allow      | -     | -     | - | resource-implicit
        session | other-session | allow     | -     | -     | - | resource-implicit

        # It names the user: nothing of its own is needed, and no ceiling limits it.
        user    | user         | -          | -     | -     | - | key-policy
        user    | user         | other      | -     | -     | - | key-policy
        user    | user         | allow      | -     | -     | - | key-policy
        user    | user         | -          | other | -     | - | key-policy
        user    | user+account | -          | -     | -     | - | key-policy
        user    | anyone       | -          | -     | -     | - | key-policy
        user    | anyone       | -          | other | -     | - | key-policy

        # Whatever denies, denies.
        user    | user         | deny       | -     | -     | - | identity-explicit
        user    | user         | allow+deny | -     | -     | - | identity-explicit
        user    | user         | -          | deny  | -     | - | boundary-explicit
        user    | user         | allow      | allow+deny | - | - | boundary-explicit
        user    | user+deny    | allow      | -     | -     | - | resource-explicit
        user    | user+deny-account | allow | -     | -     | - | resource-explicit
        session | role         | -          | -     | deny  | - | session-explicit
        root    | account+deny | -          | -     | -     | - | resource-explicit
        root    | account+deny-account | -  | -     | -     | - | resource-explicit
        # And of several the first is told: identity, boundary, session, key policy.
        user    | user+deny    | deny       | deny  | -     | - | identity-explicit
        user    | user+deny    | -          | deny  | -     | - | boundary-explicit
        session | role+deny    | -          | deny  | deny  | - | boundary-explicit
        session | role+deny    | -          | -     | deny  | - | session-explicit

        # It names the role: ceilings limit it, an identity policy is not needed.
        session | role         | -          | -     | -     | - | key-policy
        session | role         | -          | allow | -     | - | key-policy
        session | role         | -          | allow | allow | - | key-policy
        session | role         | -          | other | -     | - | boundary-implicit
        session | role         | allow      | other | -     | - | boundary-implicit
        session | role         | -          | -     | other | - | session-implicit
        session | role         | -          | other | other | - | boundary-implicit
        # It names the session: nothing limits it.
        session | session      | -          | -     | -     | - | key-policy
        session | session      | -          | other | other | - | key-policy
        session | role+session | -          | other | other | - | key-policy
        session | anyone       | -          | other | other | - | key-policy
        session | session      | -          | deny  | -     | - | boundary-explicit

        # It names the account: the caller's own side decides, all of it.
        user    | account      | -          | -     | -     | - | identity-implicit
        user    | account      | other      | -     | -     | - | identity-implicit
        user    | account      | allow      | -     | -     | - | identity-policy
        user    | account      | allow      | allow | -     | - | identity-policy
        user    | account      | allow      | other | -     | - | boundary-implicit
        user    | account      | -          | other | -     | - | identity-implicit
        user    | account      | -          | allow | -     | - | identity-implicit
        user    | account      | allow+deny | -     | -     | - | identity-explicit
        session | account      | allow      | -     | -     | - | identity-policy
        session | account      | allow      | allow | allow | - | identity-policy
        session | account      | -          | allow | allow | - | identity-implicit
        session | account      | allow      | allow | other | - | session-implicit
        session | account      | allow      | other | other | - | boundary-implicit
        session | account      | -          | other | other | - | identity-implicit
        # The root is the account.
        root    | account      | -          | -     | -     | - | key-policy
        root    | anyone       | -          | -     | -     | - | key-policy
        ",
    );
}

#[test]
fn a_grant_on_a_key_of_the_own_account() {
    check_keys(
        AT_HOME,
        "
        user    | -            | -          | -     | -     | user    | grant
        user    | account      | -          | -     | -     | user    | grant
        user    | -            | -          | other | -     | user    | grant
        user    | user         | -          | -     | -     | user    | key-policy
        user    | account      | allow      | -     | -     | user    | identity-policy
        root    | -            | -          | -     | -     | root    | grant
        session | -            | -          | -     | -     | role    | grant
        session | -            | -          | allow | allow | role    | grant
        session | -            | -          | other | other | session | grant
        session | account      | allow      | -     | other | session | grant
        # Ceilings limit a grant to a role as they limit a role that is named.
        session | -            | -          | other | -     | role    | resource-implicit
        session | -            | -          | allow | other | role    | resource-implicit
        session | account      | allow      | -     | other | role    | session-implicit
        # A grant to the account leaves it to the caller's own side.
        user    | -            | -          | -     | -     | account | resource-implicit
        user    | -            | allow      | -     | -     | account | grant
        user    | -            | allow      | other | -     | account | resource-implicit
        session | -            | allow      | -     | other | account | resource-implicit
        # No grant overrides what denies.
        user    | -            | deny       | -     | -     | user    | identity-explicit
        user    | -            | -          | deny  | -     | user    | boundary-explicit
        user    | deny         | -          | -     | -     | user    | resource-explicit
        session | -            | -          | -     | deny  | session | session-explicit
        ",
    );
}

#[test]
fn a_key_of_another_account() {
    check_keys(
        FROM_ABROAD,
        "
        # The own side is told of first, as for a key that is not there.
        user    | -            | -          | -     | -     | - | identity-implicit
        user    | user         | -          | -     | -     | - | identity-implicit
        user    | anyone       | -          | -     | -     | - | identity-implicit
        user    | account      | other      | -     | -     | - | identity-implicit
        user    | user         | allow      | other | -     | - | boundary-implicit
        session | role         | allow      | allow | other | - | session-implicit
        session | session      | allow      | other | -     | - | boundary-implicit
        user    | user         | deny       | -     | -     | - | identity-explicit
        user    | user         | allow      | deny  | -     | - | boundary-explicit
        user    | -            | deny       | -     | -     | - | identity-explicit
        # Nothing is told of the other side.
        user    | -            | allow      | -     | -     | - | hidden
        user    | other        | allow      | -     | -     | - | hidden
        user    | user+deny    | allow      | -     | -     | - | hidden
        root    | -            | -          | -     | -     | - | hidden
        root    | user         | -          | -     | -     | - | hidden
        # Both agree.
        user    | user         | allow      | -     | -     | - | key-policy
        user    | account      | allow      | -     | -     | - | key-policy
        user    | anyone       | allow      | -     | -     | - | key-policy
        user    | user         | allow      | allow | -     | - | key-policy
        session | role         | allow      | -     | -     | - | key-policy
        session | session      | allow      | allow | allow | - | key-policy
        session | account      | allow      | allow | allow | - | key-policy
        root    | account      | -          | -     | -     | - | key-policy
        root    | anyone       | -          | -     | -     | - | key-policy
        # A grant is enough.
        user    | -            | -          | -     | -     | user    | grant
        user    | -            | -          | other | -     | user    | grant
        user    | account      | -          | -     | -     | user    | grant
        session | -            | -          | -     | -     | role    | grant
        session | -            | -          | other | other | session | grant
        root    | -            | -          | -     | -     | root    | grant
        user    | -            | allow      | -     | -     | account | grant
        user    | -            | -          | -     | -     | account | identity-implicit
        session | -            | allow      | -     | other | role    | session-implicit
        user    | -            | deny       | -     | -     | user    | identity-explicit
        user    | deny         | -          | -     | -     | user    | hidden
        ",
    );
}

#[test]
fn what_aws_does_not_offer_across_accounts_stays_at_home() {
    let about = About {
        cross_account: false,
        ..FROM_ABROAD
    };
    check_keys(
        about,
        "
        user    | user         | allow      | -     | -     | -    | hidden
        user    | account      | allow      | -     | -     | -    | hidden
        user    | user         | -          | -     | -     | -    | identity-implicit
        user    | -            | -          | -     | -     | user | identity-implicit
        user    | -            | allow      | -     | -     | user | hidden
        root    | account      | -          | -     | -     | -    | hidden
        ",
    );
    let about = About {
        cross_account: false,
        ..AT_HOME
    };
    check_keys(
        about,
        "
        user    | user         | -          | -     | -     | -    | key-policy
        user    | account      | allow      | -     | -     | -    | identity-policy
        ",
    );
}

#[test]
fn a_key_that_only_the_ciphertext_names_stays_unnamed() {
    let about = About {
        by_ciphertext: true,
        ..AT_HOME
    };
    check_keys(
        about,
        "
        user    | user         | -          | -     | -     | -    | key-policy
        user    | -            | -          | -     | -     | user | grant
        user    | -            | allow      | -     | -     | -    | hidden-by-ciphertext
        user    | account      | -          | -     | -     | -    | hidden-by-ciphertext
        user    | user         | deny       | -     | -     | -    | hidden-by-ciphertext
        user    | user+deny    | -          | -     | -     | -    | hidden-by-ciphertext
        user    | account      | allow      | other | -     | -    | hidden-by-ciphertext
        root    | user         | -          | -     | -     | -    | hidden-by-ciphertext
        ",
    );
    let about = About {
        by_ciphertext: true,
        ..FROM_ABROAD
    };
    check_keys(
        about,
        "
        user    | user         | allow      | -     | -     | -    | key-policy
        user    | user         | -          | -     | -     | -    | hidden-by-ciphertext
        user    | -            | allow      | -     | -     | -    | hidden-by-ciphertext
        root    | -            | -          | -     | -     | -    | hidden-by-ciphertext
        ",
    );
}

#[test]
fn an_aws_managed_key_is_decided_as_others_and_named_apart() {
    let about = About {
        aws_managed: true,
        ..AT_HOME
    };
    check_keys(
        about,
        "
        user    | anyone       | -          | -     | -     | -    | aws-managed-key-policy
        user    | anyone       | deny       | -     | -     | -    | identity-explicit
        user    | -            | allow      | -     | -     | -    | resource-implicit
        root    | account      | -          | -     | -     | -    | aws-managed-key-policy
        user    | account      | -          | -     | -     | -    | identity-implicit
        user    | -            | -          | -     | -     | user | grant
        ",
    );
}

#[test]
fn a_key_without_a_policy_is_closed_but_for_grants() {
    let ask = |account, kind, own, grant| {
        let caller = caller(account, kind, own);
        reason(decide(&Question {
            caller: &caller,
            action: "kms:Encrypt",
            resource: Resource {
                owner: AccountId::parse(HOME).unwrap(),
                arn: KEY,
                kind: ResourceKind::Key,
                aws_managed: false,
            },
            cross_account_allowed: true,
            named_by_ciphertext: false,
            facts: &NoFacts,
            key_policy: None,
            grant: cover(grant),
        }))
    };
    let free = ["allow", "-", "-"];
    assert_eq!(ask(HOME, "user", free, "-"), "resource-implicit");
    assert_eq!(ask(HOME, "root", ["-"; 3], "-"), "resource-implicit");
    assert_eq!(ask(ABROAD, "user", free, "-"), "hidden");
    assert_eq!(ask(HOME, "user", free, "user"), "grant");
}

/// Rows of: caller, identity policy, boundary, session policy, answer.
fn check_others(account: &str, kind: ResourceKind, arn: &str, table: &str) {
    for row in rows::<5>(table) {
        let [who, identity, boundary, session, answer] = row;
        let caller = caller(account, who, [identity, boundary, session]);
        let question = Question {
            caller: &caller,
            action: "kms:CreateAlias",
            resource: Resource {
                owner: AccountId::parse(HOME).unwrap(),
                arn,
                kind,
                aws_managed: false,
            },
            cross_account_allowed: false,
            named_by_ciphertext: false,
            facts: &NoFacts,
            key_policy: None,
            grant: GrantCover::No,
        };
        assert_eq!(reason(decide(&question)), answer, "{kind:?} {row:?}");
        assert_eq!(reason(explain(&question).decision), answer, "{row:?}");
    }
}

#[test]
fn what_has_no_policy_of_its_own_is_decided_by_the_callers_side_alone() {
    let own = "
        user    | -          | -     | -     | identity-implicit
        user    | other      | -     | -     | identity-implicit
        user    | allow      | -     | -     | identity-policy
        user    | allow      | allow | -     | identity-policy
        user    | allow      | other | -     | boundary-implicit
        user    | -          | other | -     | identity-implicit
        user    | allow+deny | -     | -     | identity-explicit
        user    | allow      | deny  | -     | boundary-explicit
        session | allow      | allow | allow | identity-policy
        session | allow      | allow | other | session-implicit
        session | allow      | other | other | boundary-implicit
        session | allow      | -     | deny  | session-explicit
        root    | -          | -     | -     | account-root
        ";
    for (kind, arn) in [
        (ResourceKind::Account, "*"),
        (ResourceKind::Alias, ALIAS),
        (ResourceKind::CustomKeyStore, "*"),
        (
            ResourceKind::Grant {
                names_caller: false,
            },
            KEY,
        ),
    ] {
        check_others(HOME, kind, arn, own);
        check_others(
            ABROAD,
            kind,
            arn,
            "
            user    | -      | -     | - | identity-implicit
            user    | allow  | -     | - | hidden
            user    | allow  | other | - | boundary-implicit
            user    | deny   | -     | - | identity-explicit
            root    | -      | -     | - | hidden
            ",
        );
    }
    // Who is named by the grant needs nothing, and may be denied.
    check_others(
        HOME,
        ResourceKind::Grant { names_caller: true },
        KEY,
        "
        user    | -     | -     | -     | grant
        user    | other | other | -     | grant
        user    | deny  | -     | -     | identity-explicit
        user    | -     | deny  | -     | boundary-explicit
        session | -     | -     | other | grant
        session | -     | -     | deny  | session-explicit
        root    | -     | -     | -     | grant
        ",
    );
}

/// Rows of: caller, trust policy, identity policy, boundary, session policy, answer.
fn check_roles(account: &str, table: &str) {
    for row in rows::<6>(table) {
        let [who, trust, identity, boundary, session, answer] = row;
        let caller = caller(account, who, [identity, boundary, session]);
        let rest = r#""Action":"sts:AssumeRole""#;
        let mut statements = naming(account, trust, rest);
        // It trusts this caller with something else.
        statements.extend(naming(account, "anyone", r#""Action":"sts:TagSession""#));
        let trust = TrustPolicy::parse(&document(&statements)).unwrap();
        let question = RoleQuestion {
            applicant: Applicant::Caller(&caller),
            action: "sts:AssumeRole",
            role_arn: ROLE,
            account: AccountId::parse(HOME).unwrap(),
            trust: &trust,
            facts: &NoFacts,
        };
        assert_eq!(reason(decide_role(&question)), answer, "{row:?}");
    }
}

#[test]
fn a_role_of_the_own_account() {
    check_roles(
        HOME,
        "
        user    | -             | allow      | -     | -     | role-trust-implicit
        user    | other         | allow      | -     | -     | role-trust-implicit
        user    | role          | allow      | -     | -     | role-trust-implicit
        user    | user          | -          | -     | -     | role-trust-policy
        user    | user          | -          | other | -     | role-trust-policy
        user    | anyone        | -          | -     | -     | role-trust-policy
        user    | user+account  | -          | -     | -     | role-trust-policy
        user    | account       | -          | -     | -     | identity-implicit
        user    | account       | allow      | -     | -     | identity-policy
        user    | account       | allow      | other | -     | boundary-implicit
        user    | user          | deny       | -     | -     | identity-explicit
        user    | user          | -          | deny  | -     | boundary-explicit
        user    | user+deny     | allow      | -     | -     | role-trust-explicit
        user    | user+deny-account | allow  | -     | -     | role-trust-explicit
        user    | user+deny     | deny       | -     | -     | identity-explicit
        session | role          | -          | -     | -     | role-trust-policy
        session | role          | -          | allow | allow | role-trust-policy
        session | role          | -          | other | -     | boundary-implicit
        session | role          | -          | -     | other | session-implicit
        session | session       | -          | other | other | role-trust-policy
        session | other-session | allow      | -     | -     | role-trust-implicit
        session | account       | allow      | allow | other | session-implicit
        session | account       | allow      | -     | -     | identity-policy
        # The root assumes nothing.
        root    | account       | -          | -     | -     | identity-implicit
        root    | anyone        | -          | -     | -     | identity-implicit
        root    | deny          | -          | -     | -     | identity-implicit
        ",
    );
}

#[test]
fn a_role_of_another_account() {
    check_roles(
        ABROAD,
        "
        user    | user          | -          | -     | -     | identity-implicit
        user    | -             | -          | -     | -     | identity-implicit
        user    | user+deny     | -          | -     | -     | identity-implicit
        user    | -             | allow      | -     | -     | role-trust-implicit
        user    | user          | allow      | -     | -     | role-trust-policy
        user    | anyone        | allow      | -     | -     | role-trust-policy
        user    | account       | allow      | -     | -     | identity-policy
        user    | user          | allow      | other | -     | boundary-implicit
        user    | user+deny     | allow      | -     | -     | role-trust-explicit
        user    | user          | deny       | -     | -     | identity-explicit
        session | role          | allow      | -     | -     | role-trust-policy
        session | session       | allow      | -     | other | session-implicit
        root    | account       | -          | -     | -     | identity-implicit
        ",
    );
}

/// What a token says.
struct Token;

impl Facts for Token {
    fn values<'f>(&'f self, key: &ConditionKey) -> Values<'f> {
        let known = key.to_string().eq_ignore_ascii_case("id.example.com:sub");
        known
            .then_some(Cow::Borrowed("alice"))
            .into_iter()
            .collect()
    }
}

#[test]
fn a_role_for_whom_a_provider_vouches() {
    const PROVIDER: &str = "arn:aws:iam::111122223333:oidc-provider/id.example.com";
    let check = |statements: &[&str], answer: &str| {
        let statements: Vec<String> = statements
            .iter()
            .map(|it| {
                it.replace('\'', "\"")
                    .replace("PROVIDER", PROVIDER)
                    .replace("ACTION", "\"Action\":\"sts:AssumeRoleWithWebIdentity\"")
            })
            .collect();
        let trust = TrustPolicy::parse(&document(&statements)).unwrap();
        let question = RoleQuestion {
            applicant: Applicant::Federated(PROVIDER),
            action: "sts:AssumeRoleWithWebIdentity",
            role_arn: ROLE,
            account: AccountId::parse(HOME).unwrap(),
            trust: &trust,
            facts: &Token,
        };
        assert_eq!(reason(decide_role(&question)), answer, "{statements:?}");
    };
    let allow = "{'Effect':'Allow','Principal':{'Federated':'PROVIDER'},ACTION}";
    let deny = "{'Effect':'Deny','Principal':'*',ACTION}";
    check(&[allow], "role-trust-policy");
    check(&[allow, deny], "role-trust-explicit");
    check(&[deny], "role-trust-explicit");
    let of = |subject: &str| {
        let condition =
            format!("'Condition':{{'StringEquals':{{'ID.example.com:sub':'{subject}'}}}}");
        allow.replace("ACTION", &format!("ACTION,{condition}"))
    };
    check(&[&of("alice")], "role-trust-policy");
    check(&[&of("bob")], "role-trust-implicit");
    check(
        &[&allow.replace("id.example.com", "id.example.org").replace(
            "PROVIDER",
            "arn:aws:iam::111122223333:oidc-provider/id.example.org",
        )],
        "role-trust-implicit",
    );
    check(
        &[&allow.replace("ACTION", "'Action':'sts:AssumeRole'")],
        "role-trust-implicit",
    );
    // Everybody is not somebody for whom a provider vouches, and neither is an account.
    for anybody in ["'*'", "{'AWS':'*'}", "{'AWS':'111122223333'}"] {
        let statement = format!("{{'Effect':'Allow','Principal':{anybody},ACTION}}");
        check(&[&statement], "role-trust-implicit");
    }
}

fn quoted(text: &str) -> String {
    text.replace('\'', "\"")
}

#[test]
fn faults_of_identity_policies_are_told() {
    const GOOD: &str = "{'Version':'2012-10-17','Statement':[{'Sid':'A1','Effect':'Allow','Action':'kms:*','Resource':'*'}]}";
    IdentityPolicy::parse(&quoted(GOOD)).unwrap();
    let check = |from: &str, to: &str, told: &str| {
        assert!(GOOD.contains(from), "{from}");
        let text = quoted(&GOOD.replacen(from, to, 1));
        let error = IdentityPolicy::parse(&text).unwrap_err();
        assert_eq!(error.message, told, "{text}");
    };
    let syntax = |from: &str, to: &str, detail: &str| {
        check(from, to, &format!("Syntax errors in policy: {detail}."));
    };
    let kind = "a value is of another kind than the policy language has there";
    syntax("'2012-10-17'", "2012", kind);
    syntax("'A1'", "1", kind);
    syntax("'kms:*'", "{}", kind);
    syntax("'kms:*'", "[1]", kind);
    syntax("'kms:*'", "[]", "a list is empty");
    syntax("'Resource':'*'", "'Resource':[]", "a list is empty");
    syntax("[{", "[[{", "the document is no JSON");
    syntax("'Sid'", "'sid'", r#"there is no element "sid""#);
    syntax(
        "'Version'",
        "'Id':'x','Version'",
        r#"there is no element "Id""#,
    );
    syntax(
        "'Statement'",
        "'Statements'",
        r#"there is no element "Statements""#,
    );
    syntax(
        "'Action'",
        "'NotAction':'s3:*','Action'",
        "a statement has an element and its negation",
    );
    syntax("A1", "\u{100}", "a character is not allowed");
    check(
        "2012-10-17",
        "2012-10-18",
        "The policy version must be 2012-10-17 or 2008-10-17.",
    );
    check("'Effect':'Allow',", "", "A statement must have an Effect.");
    check("'Allow'", "'allow'", "An Effect must be Allow or Deny.");
    check(
        "'Action':'kms:*',",
        "",
        "Policy statement must contain actions.",
    );
    check(
        ",'Resource':'*'",
        "",
        "Policy statement must contain resources.",
    );
    check(
        "'kms:*'",
        "'Encrypt'",
        "An action must be * or have the form service:name.",
    );
    let principal = "Policy document should not specify a principal.";
    check("'Effect'", "'Principal':'*','Effect'", principal);
    check(
        "'Effect'",
        "'NotPrincipal':{'AWS':'111122223333'},'Effect'",
        principal,
    );
    check(
        "'Effect'",
        "'Condition':{'StringIs':{'a':'b'}},'Effect'",
        "There is no condition operator StringIs.",
    );
    check(
        "A1",
        "A 1",
        "Statement IDs (SID) must consist of letters and digits.",
    );
    check(
        "[{",
        "[{'Sid':'A1','Effect':'Deny','Action':'*','Resource':'*'},{",
        "Statement IDs (SID) in a single policy must be unique.",
    );
    let long = "kms:".to_owned() + &"x".repeat(2048);
    let text = quoted(&GOOD.replace("kms:*", &long));
    IdentityPolicy::parse(&text).unwrap();
    let error = IdentityPolicy::parse_session(&text).unwrap_err();
    assert_eq!(
        error.message,
        "A session policy has at most 2048 characters."
    );
    for none in ["{}", "{'Statement':[]}", "{'Version':'2012-10-17'}"] {
        let error = IdentityPolicy::parse(&quoted(none)).unwrap_err();
        assert_eq!(
            error.message,
            "Syntax errors in policy: there is no statement."
        );
    }
}

#[test]
fn faults_of_trust_policies_are_told() {
    const GOOD: &str = "{'Version':'2012-10-17','Statement':[{'Effect':'Allow','Principal':{'AWS':'111122223333'},'Action':'sts:AssumeRole'}]}";
    TrustPolicy::parse(&quoted(GOOD)).unwrap();
    let check = |from: &str, to: &str, told: &str| {
        assert!(GOOD.contains(from), "{from}");
        let text = quoted(&GOOD.replacen(from, to, 1));
        let error = TrustPolicy::parse(&text).unwrap_err();
        assert_eq!(error.message, told, "{text}");
    };
    let nobody = "Policy contains a statement with no principal.";
    check("'Principal':{'AWS':'111122223333'},", "", nobody);
    check("{'AWS':'111122223333'}", "{}", nobody);
    check(
        "'Principal'",
        "'NotPrincipal'",
        "A statement with the Effect Allow must not have a NotPrincipal.",
    );
    check(
        ",'Action':'sts:AssumeRole'",
        "",
        "Policy statement must contain actions.",
    );
    check(
        "'Effect'",
        "'Resource':'*','Effect'",
        "Has prohibited field Resource",
    );
    check(
        "'Effect'",
        "'NotResource':'*','Effect'",
        "Has prohibited field Resource",
    );
    let wrong = |principal: &str, detail: &str| {
        let told = format!("Invalid principal in policy: {detail}");
        check("{'AWS':'111122223333'}", principal, &told);
    };
    wrong("{'AWS':'1111'}", r#"no principal: "1111""#);
    wrong(
        "{'AWS':'arn:aws:iam::111122223333:group/admins'}",
        r#"no principal: "arn:aws:iam::111122223333:group/admins""#,
    );
    wrong(
        "{'AWS':'arn:aws:iam::111122223333:user/a*'}",
        r#"no principal: "arn:aws:iam::111122223333:user/a*""#,
    );
    wrong("{'Service':'kms'}", r#"no service: "kms""#);
    wrong("{'Federated':'x y'}", r#"no identity provider: "x y""#);
    wrong(
        "{'CanonicalUser':'abc'}",
        "there are no principals of the kind CanonicalUser here",
    );
    check(
        "{'AWS':'111122223333'}",
        "'alice'",
        "Syntax errors in policy: a principal has no kind.",
    );
    check(
        "'AWS'",
        "'Aws'",
        r#"Syntax errors in policy: there is no element "Aws"."#,
    );
    let long = "sts:".to_owned() + &"x".repeat(2048);
    check(
        "sts:AssumeRole",
        &long,
        "A trust policy has at most 2048 characters, not counting white space.",
    );
}
