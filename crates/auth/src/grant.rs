//! What a grant says: to whom, for which operations, under which constraints, and who may end it.
//!
//! A grant only allows. It names one grantee principal; it never expires; and whatever a policy
//! denies stays denied. Here stands what its words mean; where grants are kept is the service's
//! affair.
//!
//! AWS: developer guide, "Grants in AWS KMS"; API reference, "CreateGrant".

use serde::{Deserialize, Serialize};
use strongroom_model::{AccountId, EncryptionContext, Partition, enums::GrantOperation};

use crate::{
    decision::{GrantCover, GranteeKind},
    identity::{Caller, Principal},
    policy::PrincipalPattern,
};

/// Whom a grant names. It is kept as it was given, since ListGrants shows it so.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum GrantPrincipal {
    /// The ARN of an account's root, a user, a role, or a session.
    Principal(String),
    /// An AWS service.
    Service(String),
}

impl GrantPrincipal {
    /// Reads the ARN of a principal in a partition. Account ids, unique ids, groups and `*` are
    /// nobody that a grant could name.
    #[must_use]
    pub fn parse(text: &str, partition: Partition) -> Option<(Self, PrincipalPattern)> {
        let here = text
            .strip_prefix("arn:")?
            .strip_prefix(partition.as_str())?;
        let pattern = PrincipalPattern::parse_aws(text)?;
        let parsed = (Self::Principal(text.to_owned()), pattern);
        here.starts_with(':').then_some(parsed)
    }

    /// The text, which no principal of the other kind can have.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Principal(text) | Self::Service(text) => text,
        }
    }

    /// The account that the principal is or belongs to; an AWS service belongs to none.
    #[must_use]
    pub fn account(&self) -> Option<AccountId> {
        match self {
            Self::Principal(text) => PrincipalPattern::parse_aws(text)?.account(),
            Self::Service(_) => None,
        }
    }

    /// Whether it is the caller: the user itself, a role or the session that it is in, the root
    /// of an account.
    #[must_use]
    pub fn is(&self, caller: &Caller) -> bool {
        self.names(caller)
            .is_some_and(|kind| kind != GranteeKind::Account)
    }

    /// Whether it is the caller's whole account, whose policies then decide for the caller.
    #[must_use]
    pub fn is_account_of(&self, caller: &Caller) -> bool {
        matches!(
            self.names(caller),
            Some(GranteeKind::Account | GranteeKind::Root)
        )
    }

    /// How the principal, if at all, names the caller.
    #[must_use]
    pub fn names(&self, caller: &Caller) -> Option<GranteeKind> {
        let Self::Principal(text) = self else {
            return None;
        };
        // Most grants of a key are somebody else's, which their last letters tell.
        let name = match &caller.principal {
            Principal::Root => "root",
            Principal::User { name, .. } => name,
            Principal::AssumedRole { role_name, .. } => role_name,
        };
        let session = match &caller.principal {
            Principal::AssumedRole { session_name, .. } => session_name,
            Principal::Root | Principal::User { .. } => name,
        };
        if ![name, session, "root"]
            .iter()
            .any(|end| text.ends_with(end))
        {
            return None;
        }
        let account = caller.account.text();
        let rest = text
            .strip_prefix("arn:")?
            .strip_prefix(caller.partition.as_str())?;
        let (service, rest) = rest.strip_prefix(':')?.split_once("::")?;
        let resource = rest.strip_prefix(&*account)?.strip_prefix(':')?;
        let joined = |text: &str, parts: &[&str]| {
            let mut left = Some(text);
            for part in parts {
                left = left.and_then(|left| left.strip_prefix(part));
            }
            left == Some("")
        };
        match (service, &caller.principal) {
            ("iam", Principal::Root) if resource == "root" => Some(GranteeKind::Root),
            ("iam", _) if resource == "root" => Some(GranteeKind::Account),
            ("iam", Principal::User { path, name, .. }) => {
                joined(resource, &["user", path, name]).then_some(GranteeKind::User)
            }
            (
                "iam",
                Principal::AssumedRole {
                    role_path,
                    role_name,
                    ..
                },
            ) => joined(resource, &["role", role_path, role_name]).then_some(GranteeKind::Role),
            (
                "sts",
                Principal::AssumedRole {
                    role_name,
                    session_name,
                    ..
                },
            ) => joined(resource, &["assumed-role/", role_name, "/", session_name])
                .then_some(GranteeKind::Session),
            _ => None,
        }
    }
}

/// The ARNs by which a grant may name the caller itself.
#[must_use]
pub fn names_of(caller: &Caller) -> Vec<String> {
    std::iter::once(caller.arn())
        .chain(role_of(caller))
        .collect()
}

/// The ARN of the role whose session the caller is.
#[must_use]
pub fn role_of(caller: &Caller) -> Option<String> {
    let Caller {
        account, partition, ..
    } = caller;
    match &caller.principal {
        Principal::Root | Principal::User { .. } => None,
        Principal::AssumedRole {
            role_path,
            role_name,
            ..
        } => Some(format!(
            "arn:{partition}:iam::{account}:role{role_path}{role_name}"
        )),
    }
}

/// The ARN by which a grant may name the caller's account.
#[must_use]
pub fn account_of(caller: &Caller) -> String {
    let Caller {
        account, partition, ..
    } = caller;
    format!("arn:{partition}:iam::{account}:root")
}

/// Which of a key's live grants covers an operation of the caller best: one that names the caller
/// before one that names its role, and that before one that names its account.
#[must_use]
pub fn best_cover<'t>(
    grants: impl IntoIterator<Item = &'t Terms>,
    caller: &Caller,
    operation: GrantOperation,
    context: &EncryptionContext,
) -> GrantCover {
    let mut best = GrantCover::No;
    for terms in grants {
        let cover = terms.cover(caller, operation, context);
        if cover.nearness() > best.nearness() {
            best = cover;
        }
        if best.nearness() == GrantCover::NEAREST {
            break;
        }
    }
    best
}

/// The encryption context that a request must have. Keys and values are compared exactly.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ContextConstraint {
    /// These pairs and no others.
    Equals(EncryptionContext),
    /// These pairs, and any others.
    Subset(EncryptionContext),
}

impl ContextConstraint {
    /// The pairs.
    #[must_use]
    pub fn pairs(&self) -> &EncryptionContext {
        match self {
            Self::Equals(pairs) | Self::Subset(pairs) => pairs,
        }
    }

    /// Whether a request with this context may go on.
    #[must_use]
    pub fn admits(&self, context: &EncryptionContext) -> bool {
        match self {
            Self::Equals(pairs) => pairs == context,
            Self::Subset(pairs) => contains(context, pairs),
        }
    }

    /// Whether every context that this admits is admitted by `other` too.
    #[must_use]
    pub fn is_as_strict_as(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Equals(own), other) => other.admits(own),
            (Self::Subset(own), Self::Subset(pairs)) => contains(own, pairs),
            (Self::Subset(_), Self::Equals(_)) => false,
        }
    }
}

fn contains(context: &EncryptionContext, pairs: &EncryptionContext) -> bool {
    pairs
        .iter()
        .all(|(key, value)| context.get(key) == Some(value))
}

/// What a grant says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Terms {
    /// Who may use it.
    pub grantee: GrantPrincipal,
    /// Who may end it, besides those who always may.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retiring: Option<GrantPrincipal>,
    /// What it allows, each once.
    pub operations: Vec<GrantOperation>,
    /// The encryption context that it asks for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub context: Option<ContextConstraint>,
    /// The resource on whose behalf an AWS service has to call.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_arn: Option<String>,
}

/// Why a grant does not cover what somebody wants to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Misfit {
    /// It names somebody else.
    Grantee,
    /// It names somebody else who had the caller's name before.
    FormerPrincipal,
    /// It does not list the operation.
    Operation,
    /// The encryption context is not as it wants it.
    Constraint,
    /// It is for an AWS service that calls on behalf of a resource.
    SourceArn,
    /// The new grant would allow more than this one, or under a weaker constraint.
    NewGrant,
}

/// On what strength somebody may retire a grant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// The caller is its retiring principal.
    RetiringPrincipal,
    /// The caller is its grantee, and the grant lists RetireGrant.
    Grantee,
    /// The caller's account issued it, owns the key, or is named by it as a whole: the caller's
    /// own policies decide.
    Account,
}

impl Standing {
    /// The reason as audit entries quote it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::RetiringPrincipal => "grant-retiring-principal",
            Self::Grantee => "grant-grantee",
            Self::Account => "grant-account",
        }
    }

    /// Whether the grant itself names the caller, so that no policy has to allow it.
    #[must_use]
    pub fn names_caller(self) -> bool {
        match self {
            Self::RetiringPrincipal | Self::Grantee => true,
            Self::Account => false,
        }
    }
}

impl Terms {
    /// Whether the grant covers an operation of the caller, with the encryption context of the
    /// request. CreateGrant asks [`Self::allow_child`] besides.
    #[must_use]
    pub fn cover(
        &self,
        caller: &Caller,
        operation: GrantOperation,
        context: &EncryptionContext,
    ) -> GrantCover {
        let fit = self.fit(caller, operation, context);
        fit.map_or(GrantCover::No, GrantCover::To)
    }

    /// How the grant names the caller whose operation it covers, or why it does not.
    ///
    /// # Errors
    /// With the first reason why it does not.
    pub fn fit(
        &self,
        caller: &Caller,
        operation: GrantOperation,
        context: &EncryptionContext,
    ) -> Result<GranteeKind, Misfit> {
        // On behalf of a resource only services call.
        if self.source_arn.is_some() {
            return Err(Misfit::SourceArn);
        }
        if !self.operations.contains(&operation) {
            return Err(Misfit::Operation);
        }
        let kind = self.grantee.names(caller).ok_or(Misfit::Grantee)?;
        if self.constraint_admits(operation, context) {
            Ok(kind)
        } else {
            Err(Misfit::Constraint)
        }
    }

    /// Whether the constraint lets a request with this context go on. What has no context is not
    /// constrained, and of CreateGrant the constraint binds the new grant.
    fn constraint_admits(&self, operation: GrantOperation, context: &EncryptionContext) -> bool {
        let free = matches!(
            operation,
            GrantOperation::DescribeKey
                | GrantOperation::RetireGrant
                | GrantOperation::GetPublicKey
                | GrantOperation::CreateGrant
        );
        let constraint = self.context.as_ref();
        free || constraint.is_none_or(|constraint| constraint.admits(context))
    }

    /// On what strength the caller may retire the grant, if at all. `accounts` are the one that
    /// issued it and the one that owns the key.
    #[must_use]
    pub fn standing(&self, caller: &Caller, accounts: [AccountId; 2]) -> Option<Standing> {
        let retiring = self.retiring.as_ref();
        let grantee = self.operations.contains(&GrantOperation::RetireGrant);
        let grantee = grantee.then_some(&self.grantee);
        if retiring.is_some_and(|principal| principal.is(caller)) {
            return Some(Standing::RetiringPrincipal);
        }
        if grantee.is_some_and(|principal| principal.is(caller)) {
            return Some(Standing::Grantee);
        }
        let mut named = retiring.into_iter().chain(grantee);
        let of_account = accounts.contains(&caller.account)
            || named.any(|principal| principal.is_account_of(caller));
        of_account.then_some(Standing::Account)
    }

    /// Whether somebody who may create grants by this grant alone may create that one: nothing
    /// is passed on that is not there, and no constraint gets lost on the way.
    #[must_use]
    pub fn allow_child(&self, child: &Self) -> bool {
        let all_there = child
            .operations
            .iter()
            .all(|operation| self.operations.contains(operation));
        let strict = match (&self.context, &child.context) {
            (None, _) => true,
            (Some(_), None) => false,
            (Some(parent), Some(child)) => child.is_as_strict_as(parent),
        };
        let same_source = self.source_arn.is_none() || self.source_arn == child.source_arn;
        self.operations.contains(&GrantOperation::CreateGrant) && all_there && strict && same_source
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::identity::AccessKeyId;

    const ALICE: &str = "arn:aws:iam::111122223333:user/team/alice";
    const ROLE: &str = "arn:aws:iam::111122223333:role/Dev";
    const SESSION: &str = "arn:aws:sts::111122223333:assumed-role/Dev/s1";
    const ROOT: &str = "arn:aws:iam::111122223333:root";

    fn account(digits: &str) -> AccountId {
        AccountId::parse(digits).unwrap()
    }

    fn caller(digits: &str, principal: Principal) -> Caller {
        let id = AccessKeyId::parse("AKIDSTRONGROOM000001").unwrap();
        let root = Caller::root(account(digits), Partition::Aws, id);
        Caller { principal, ..root }
    }

    fn alice() -> Caller {
        let user = Principal::User {
            path: "/team/".into(),
            name: "alice".into(),
            unique_id: "AIDAEXAMPLE".into(),
        };
        caller("111122223333", user)
    }

    fn session(name: &str) -> Caller {
        let role = Principal::AssumedRole {
            role_path: "/".into(),
            role_name: "Dev".into(),
            role_id: "AROAEXAMPLE".into(),
            session_name: name.into(),
        };
        caller("111122223333", role)
    }

    fn root() -> Caller {
        caller("111122223333", Principal::Root)
    }

    fn principal(text: &str) -> GrantPrincipal {
        GrantPrincipal::parse(text, Partition::Aws).unwrap().0
    }

    fn context(pairs: &[(&str, &str)]) -> EncryptionContext {
        let own = |(key, value): &(&str, &str)| ((*key).to_owned(), (*value).to_owned());
        pairs.iter().map(own).collect()
    }

    fn terms(grantee: &str, operations: &[GrantOperation]) -> Terms {
        Terms {
            grantee: principal(grantee),
            retiring: None,
            operations: operations.to_vec(),
            context: None,
            source_arn: None,
        }
    }

    #[test]
    fn principals_are_named_by_arn_of_their_partition() {
        for text in [ALICE, ROLE, SESSION, ROOT] {
            assert_eq!(principal(text).as_str(), text);
            assert_eq!(principal(text).account(), Some(account("111122223333")));
        }
        for text in [
            "*",
            "111122223333",
            "AIDACKCEVSQ6C2EXAMPLE",
            "logs.amazonaws.com",
            "arn:aws:iam::111122223333:group/admins",
            "arn:aws-cn:iam::111122223333:root",
            "arn:awsx:iam::111122223333:root",
        ] {
            assert_eq!(GrantPrincipal::parse(text, Partition::Aws), None, "{text}");
        }
    }

    #[test]
    fn a_principal_is_the_callers_that_it_covers() {
        let check = |text: &str, callers: [bool; 4]| {
            let everybody = [alice(), session("s1"), session("s2"), root()];
            assert_eq!(
                everybody.map(|who| principal(text).is(&who)),
                callers,
                "{text}"
            );
        };
        check(ALICE, [true, false, false, false]);
        check(ROLE, [false, true, true, false]);
        check(SESSION, [false, true, false, false]);
        check(ROOT, [false, false, false, true]);
        check("arn:aws:iam::111122223333:user/alice", [false; 4]);
        check("arn:aws:iam::444455556666:root", [false; 4]);
        assert!(principal(ROOT).is_account_of(&alice()));
        assert!(!principal(ALICE).is_account_of(&alice()));
        let service = GrantPrincipal::Service("logs.amazonaws.com".into());
        assert!(!service.is(&alice()) && service.account().is_none());
    }

    #[test]
    fn a_grant_is_retired_by_those_whom_it_names_and_by_its_accounts() {
        use GrantOperation::{Encrypt, RetireGrant};
        let elsewhere = [account("444455556666"), account("777788889999")];
        let check = |terms: &Terms, who: &Caller, accounts, expected| {
            assert_eq!(terms.standing(who, accounts), expected, "{who:?}");
        };
        let mut grant = terms(ROLE, &[Encrypt]);
        check(&grant, &session("s1"), elsewhere, None);
        check(&grant, &alice(), elsewhere, None);
        for own in [0, 1] {
            let mut accounts = elsewhere;
            accounts[own] = account("111122223333");
            check(&grant, &alice(), accounts, Some(Standing::Account));
        }
        grant.operations.push(RetireGrant);
        check(&grant, &session("s1"), elsewhere, Some(Standing::Grantee));
        check(&grant, &alice(), elsewhere, None);
        grant.retiring = Some(principal(ALICE));
        check(
            &grant,
            &alice(),
            elsewhere,
            Some(Standing::RetiringPrincipal),
        );
        grant.retiring = Some(principal(ROOT));
        check(
            &grant,
            &root(),
            elsewhere,
            Some(Standing::RetiringPrincipal),
        );
        check(&grant, &alice(), elsewhere, Some(Standing::Account));
    }

    #[test]
    fn a_child_has_no_more_than_its_parent() {
        use GrantOperation::{CreateGrant, Decrypt, Encrypt};
        let mut parent = terms(ALICE, &[Decrypt, CreateGrant]);
        let child = |operations: &[GrantOperation], context| Terms {
            context,
            ..terms(ROLE, operations)
        };
        assert!(parent.allow_child(&child(&[Decrypt], None)));
        assert!(parent.allow_child(&child(&[CreateGrant, Decrypt], None)));
        assert!(!parent.allow_child(&child(&[Encrypt], None)));
        assert!(!terms(ALICE, &[Decrypt]).allow_child(&child(&[Decrypt], None)));

        let equals = |pairs: &[(&str, &str)]| Some(ContextConstraint::Equals(context(pairs)));
        let subset = |pairs: &[(&str, &str)]| Some(ContextConstraint::Subset(context(pairs)));
        parent.context = subset(&[("D", "1")]);
        let allowed = |parent: &Terms, context| parent.allow_child(&child(&[Decrypt], context));
        assert!(allowed(&parent, subset(&[("D", "1"), ("E", "2")])));
        assert!(allowed(&parent, equals(&[("D", "1")])));
        assert!(!allowed(&parent, subset(&[("d", "1")])));
        assert!(!allowed(&parent, None));
        parent.context = equals(&[("D", "1")]);
        assert!(allowed(&parent, equals(&[("D", "1")])));
        assert!(!allowed(&parent, subset(&[("D", "1")])));
        assert!(!allowed(&parent, equals(&[("D", "1"), ("E", "2")])));

        parent.context = None;
        parent.source_arn = Some("arn:aws:s3:us-east-1:111122223333:a".into());
        assert!(!allowed(&parent, None));
        let mut same = child(&[Decrypt], None);
        same.source_arn.clone_from(&parent.source_arn);
        assert!(parent.allow_child(&same));
    }

    #[test]
    fn a_grant_covers_the_operations_of_its_grantee_in_its_context() {
        use GrantOperation::{CreateGrant, Decrypt, DescribeKey, Encrypt};
        let to = GrantCover::To;
        let check = |terms: &Terms, who: &Caller, operation, pairs: &[(&str, &str)], expected| {
            let cover = terms.cover(who, operation, &context(pairs));
            assert_eq!(cover, expected, "{operation:?} {pairs:?}");
        };
        let free = |grantee| terms(grantee, &[Decrypt]);
        check(&free(ALICE), &alice(), Decrypt, &[], to(GranteeKind::User));
        check(&free(ALICE), &alice(), Encrypt, &[], GrantCover::No);
        check(&free(ALICE), &root(), Decrypt, &[], GrantCover::No);
        check(
            &free(ROLE),
            &session("s1"),
            Decrypt,
            &[],
            to(GranteeKind::Role),
        );
        check(
            &free(SESSION),
            &session("s1"),
            Decrypt,
            &[],
            to(GranteeKind::Session),
        );
        check(&free(SESSION), &session("s2"), Decrypt, &[], GrantCover::No);
        check(&free(ROOT), &root(), Decrypt, &[], to(GranteeKind::Root));
        check(
            &free(ROOT),
            &alice(),
            Decrypt,
            &[],
            to(GranteeKind::Account),
        );

        let mut bound = terms(ALICE, &[Decrypt, DescribeKey, CreateGrant]);
        bound.context = Some(ContextConstraint::Subset(context(&[("D", "1")])));
        let user = to(GranteeKind::User);
        check(&bound, &alice(), Decrypt, &[("D", "1"), ("E", "2")], user);
        check(&bound, &alice(), Decrypt, &[("E", "2")], GrantCover::No);
        check(&bound, &alice(), Decrypt, &[], GrantCover::No);
        check(&bound, &alice(), DescribeKey, &[], user);
        check(&bound, &alice(), CreateGrant, &[], user);
        bound.source_arn = Some("arn:aws:s3:::a".into());
        check(&bound, &alice(), DescribeKey, &[], GrantCover::No);
    }

    #[test]
    fn the_nearest_of_many_grants_covers() {
        let grants = |names: &[&str]| -> Vec<Terms> {
            let grant = |name: &&str| terms(name, &[GrantOperation::Decrypt]);
            names.iter().map(grant).collect()
        };
        let check = |names: &[&str], expected| {
            let who = session("s1");
            let none = EncryptionContext::empty();
            let cover = best_cover(&grants(names), &who, GrantOperation::Decrypt, &none);
            assert_eq!(cover, expected, "{names:?}");
        };
        check(&[], GrantCover::No);
        check(&[ALICE], GrantCover::No);
        check(&[ROOT, ALICE], GrantCover::To(GranteeKind::Account));
        check(&[ROOT, ROLE, ROOT], GrantCover::To(GranteeKind::Role));
        check(&[ROLE, SESSION, ROOT], GrantCover::To(GranteeKind::Session));
    }

    fn any_context() -> impl Strategy<Value = EncryptionContext> {
        proptest::collection::btree_map("[ab]", "[12]", 0..3)
            .prop_map(|pairs| pairs.into_iter().collect())
    }

    fn any_constraint() -> impl Strategy<Value = ContextConstraint> {
        (any::<bool>(), any_context()).prop_map(|(equals, pairs)| {
            if equals {
                ContextConstraint::Equals(pairs)
            } else {
                ContextConstraint::Subset(pairs)
            }
        })
    }

    /// Every context of at most three pairs over the keys and values in play.
    fn all_contexts() -> Vec<EncryptionContext> {
        let mut all = vec![Vec::new()];
        for key in ["a", "b", "c"] {
            let longer = all.iter().flat_map(|pairs: &Vec<(&str, &str)>| {
                ["1", "2"].map(|value| [pairs.as_slice(), &[(key, value)]].concat())
            });
            let longer: Vec<_> = longer.collect();
            all.extend(longer);
        }
        all.iter().map(|pairs| context(pairs)).collect()
    }

    proptest! {
        #[test]
        fn what_is_as_strict_admits_nothing_more(one in any_constraint(), other in any_constraint()) {
            let more = all_contexts()
                .iter()
                .any(|context| one.admits(context) && !other.admits(context));
            prop_assert_eq!(one.is_as_strict_as(&other), !more);
        }

        #[test]
        fn terms_read_back_as_they_were_written(constraint in proptest::option::of(any_constraint())) {
            let terms = Terms {
                retiring: Some(GrantPrincipal::Service("logs.amazonaws.com".into())),
                context: constraint,
                ..terms(ALICE, GrantOperation::ALL)
            };
            let text = serde_json::to_string(&terms).unwrap();
            prop_assert_eq!(serde_json::from_str::<Terms>(&text).unwrap(), terms);
        }
    }
}
