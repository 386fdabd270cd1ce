//! `userIdentity`: who called, as CloudTrail tells it.
//!
//! AWS: CloudTrail user guide, "CloudTrail userIdentity element".

use std::{cell::RefCell, sync::Arc};

use strongroom_auth::{Caller, Principal, SessionFacts};

use super::json::Object;

/// Callers whose members each thread has at hand.
const AT_HAND: usize = 16;

/// A caller, and what [`write_caller`] wrote of it.
type Known = Option<(Arc<Caller>, Vec<u8>)>;

thread_local! {
    static KNOWN: RefCell<[Known; AT_HAND]> = const { RefCell::new([const { None }; AT_HAND]) };
}

/// Hands out the members of the caller in the eyes of its own account. They are written once for
/// as long as it stays the same value, which is that of many calls.
pub(super) fn with_members(caller: &Arc<Caller>, use_them: impl FnOnce(&[u8])) {
    KNOWN.with_borrow_mut(|known| {
        let at = Arc::as_ptr(caller).addr() / size_of::<Caller>() % AT_HAND;
        #[expect(clippy::indexing_slicing, reason = "a remainder is below its divisor")]
        let known = &mut known[at];
        if known
            .as_ref()
            .is_none_or(|(of, _)| !Arc::ptr_eq(of, caller))
        {
            let mut members = Object::part();
            write_caller(&mut members, caller);
            *known = Some((Arc::clone(caller), members.into_members()));
        }
        if let Some((_, members)) = known {
            use_them(members);
        }
    });
}

fn write_caller(out: &mut Object, caller: &Caller) {
    out.word("accessKeyId", caller.access_key_id.as_str());
    out.word("accountId", &caller.account.text());
    out.text("arn", &caller.arn());
    out.text("principalId", &caller.user_id());
    let facts = caller.standing.session_facts.as_ref();
    if facts.is_some() || matches!(caller.principal, Principal::AssumedRole { .. }) {
        out.object("sessionContext", |out| write_session(out, caller, facts));
    }
    out.word("type", type_of(&caller.principal));
    if let Principal::User { name, .. } = &caller.principal {
        out.text("userName", name);
    }
}

/// The caller in the eyes of another account whose keys it used.
pub(super) fn write_other_account(out: &mut Object, caller: &Caller) {
    out.word("accountId", &caller.account.text());
    out.text("principalId", &caller.user_id());
    out.word("type", "AWSAccount");
}

/// The service itself.
pub(super) fn write_service(out: &mut Object, account: &str) {
    out.word("accountId", account);
    out.word("invokedBy", INTERNAL);
}

/// What stands for an address and a user agent of the service itself.
pub(super) const INTERNAL: &str = "AWS Internal";

/// What CloudTrail calls this kind of caller.
fn type_of(principal: &Principal) -> &'static str {
    match principal {
        Principal::Root => "Root",
        Principal::User { .. } => "IAMUser",
        Principal::AssumedRole { .. } => "AssumedRole",
    }
}

fn write_session(out: &mut Object, caller: &Caller, facts: Option<&SessionFacts>) {
    if let Some(facts) = facts {
        out.object("attributes", |out| {
            out.time("creationDate", facts.issued);
            out.word("mfaAuthenticated", if facts.mfa { "true" } else { "false" });
        });
    }
    if let Principal::AssumedRole {
        role_path,
        role_name,
        role_id,
        ..
    } = &caller.principal
    {
        let (partition, account) = (caller.partition.as_str(), caller.account.text());
        let parts = [
            "arn:", partition, ":iam::", &account, ":role", role_path, role_name,
        ];
        out.object("sessionIssuer", |out| {
            out.word("accountId", &account);
            out.text("arn", &parts.concat());
            out.text("principalId", role_id);
            out.word("type", "Role");
            out.text("userName", role_name);
        });
    }
    if let Some(name) = facts.and_then(|facts| facts.source_identity.as_deref()) {
        out.text("sourceIdentity", name);
    }
    if let Some(facts) = facts
        && let Some(provider) = &facts.federated_provider
    {
        out.object("webIdFederationData", |out| {
            let claims = facts
                .claims
                .iter()
                .map(|(name, value)| (name.as_ref(), value.as_ref()));
            out.pairs("attributes", claims.collect());
            out.text("federatedProvider", provider);
        });
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use strongroom_auth::{AccessKeyId, Standing};
    use strongroom_model::{AccountId, Partition, Timestamp};

    use super::*;

    fn written(principal: Principal, facts: Option<SessionFacts>) -> serde_json::Value {
        let caller = Caller {
            account: AccountId::parse("111122223333").unwrap(),
            partition: Partition::Aws,
            principal,
            access_key_id: AccessKeyId::parse("ASIASTRONGROOM000001").unwrap(),
            standing: Arc::new(Standing {
                session_facts: facts,
                ..Standing::default()
            }),
        };
        let mut out = Object::new();
        write_caller(&mut out, &caller);
        serde_json::from_slice(out.finish().as_bytes()).unwrap()
    }

    fn facts() -> SessionFacts {
        SessionFacts {
            issued: Timestamp::from_millis(1_747_806_465_000),
            expires: Timestamp::from_millis(1_747_810_065_000),
            federated_provider: None,
            source_identity: None,
            claims: Vec::new(),
            transitive_tag_keys: Vec::new(),
            mfa: false,
        }
    }

    fn role() -> Principal {
        Principal::AssumedRole {
            role_path: "/team/".into(),
            role_name: "Dev".into(),
            role_id: "AROAEXAMPLE".into(),
            session_name: "s1".into(),
        }
    }

    fn user() -> Principal {
        Principal::User {
            path: "/".into(),
            name: "alice".into(),
            unique_id: "AIDAEXAMPLE".into(),
        }
    }

    #[test]
    fn callers_are_told_apart_however_often_and_in_whatever_order_they_call() {
        let called = |number: usize| {
            Arc::new(Caller::root(
                AccountId::parse(&format!("{number:012}")).unwrap(),
                Partition::Aws,
                AccessKeyId::parse("AKIASTRONGROOM000001").unwrap(),
            ))
        };
        let callers: Vec<_> = (0..4 * AT_HAND).map(called).collect();
        for caller in callers.iter().chain(callers.iter().rev()) {
            let mut fresh = Object::part();
            write_caller(&mut fresh, caller);
            let mut known = Vec::new();
            with_members(caller, |members| known.extend_from_slice(members));
            assert_eq!(known, fresh.into_members());
        }
    }

    #[test]
    fn a_user_is_named() {
        let expected = serde_json::json!({
            "accessKeyId": "ASIASTRONGROOM000001",
            "accountId": "111122223333",
            "arn": "arn:aws:iam::111122223333:user/alice",
            "principalId": "AIDAEXAMPLE",
            "type": "IAMUser",
            "userName": "alice",
        });
        assert_eq!(written(user(), None), expected);
    }

    #[test]
    fn a_user_with_temporary_credentials_has_a_session_without_an_issuer() {
        let facts = SessionFacts {
            mfa: true,
            ..facts()
        };
        let expected = serde_json::json!({
            "attributes": {"creationDate": "2025-05-21T05:47:45Z", "mfaAuthenticated": "true"},
        });
        assert_eq!(written(user(), Some(facts))["sessionContext"], expected);
    }

    #[test]
    fn a_session_of_a_role_tells_of_the_role_and_of_who_vouched_for_it() {
        let facts = SessionFacts {
            federated_provider: Some(
                "arn:aws:iam::111122223333:oidc-provider/id.example.com".into(),
            ),
            source_identity: Some("alice".into()),
            claims: vec![
                ("id.example.com:sub".into(), "s\"1".into()),
                ("id.example.com:aud".into(), "kms".into()),
            ],
            ..facts()
        };
        let expected = serde_json::json!({
            "accessKeyId": "ASIASTRONGROOM000001",
            "accountId": "111122223333",
            "arn": "arn:aws:sts::111122223333:assumed-role/Dev/s1",
            "principalId": "AROAEXAMPLE:s1",
            "sessionContext": {
                "attributes": {
                    "creationDate": "2025-05-21T05:47:45Z",
                    "mfaAuthenticated": "false",
                },
                "sessionIssuer": {
                    "accountId": "111122223333",
                    "arn": "arn:aws:iam::111122223333:role/team/Dev",
                    "principalId": "AROAEXAMPLE",
                    "type": "Role",
                    "userName": "Dev",
                },
                "sourceIdentity": "alice",
                "webIdFederationData": {
                    "attributes": {"id.example.com:aud": "kms", "id.example.com:sub": "s\"1"},
                    "federatedProvider": "arn:aws:iam::111122223333:oidc-provider/id.example.com",
                },
            },
            "type": "AssumedRole",
        });
        assert_eq!(written(role(), Some(facts)), expected);
    }
}
