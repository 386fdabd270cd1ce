//! May this caller do that? The answer, its reason, and the texts of a refusal.
//!
//! Nothing here knows an operation: a [`Question`] names an action on a resource and an
//! [`Authorizer`] answers it: [`Open`] in development, [`Enforced`] by policies and grants. What
//! is not allowed is denied.
//!
//! [`decide`] asks every policy first (`evaluate`) and then concludes, in one
//! place, what follows from their answers. [`explain`](crate::explain()) asks at greater length and
//! concludes in the same place.
//!
//! AWS: IAM user guide, "Policy evaluation logic"; KMS developer guide, "Troubleshooting AWS KMS
//! permissions".

use serde::Serialize;
use strongroom_model::AccountId;

use crate::{
    condition_key::Facts,
    evaluate::{Findings, Reach, Request},
    identity::Caller,
    policy::{KeyPolicy, TrustPolicy},
};

pub use crate::evaluate::Applicant;

/// One thing that a caller wants to do to one resource.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    /// Who wants it.
    pub caller: &'a Caller,
    /// The action in its canonical spelling, for example `kms:ReEncryptTo`.
    pub action: &'static str,
    /// What it is to be done to.
    pub resource: Resource<'a>,
    /// Whether AWS offers the operation to other accounts.
    pub cross_account_allowed: bool,
    /// Whether only a ciphertext names the key: the refusal must not name it either.
    pub named_by_ciphertext: bool,
    /// What is known of the request.
    pub facts: &'a dyn Facts,
    /// The key policy; none for what has none (account, alias, grant, key store). A key without
    /// one is closed to everybody.
    pub key_policy: Option<&'a KeyPolicy>,
    /// Whether one of the key's grants covers the action.
    pub grant: GrantCover,
}

/// Whether a usable grant of the key covers the action, and how it names the caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GrantCover {
    /// No grant does.
    No,
    /// One does, in favour of this.
    To(GranteeKind),
}

/// How the grantee principal of a grant names the caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum GranteeKind {
    /// The user itself.
    User,
    /// The role whose session the caller is.
    Role,
    /// The session itself.
    Session,
    /// The account, whose root is calling.
    Root,
    /// The account, somebody else of which is calling: its own policies have to allow it too.
    Account,
}

impl GrantCover {
    /// The nearness of a grant that names the caller itself.
    pub(crate) const NEAREST: u8 = 3;

    /// How near it comes to the caller, to find the best of several.
    #[must_use]
    pub fn nearness(self) -> u8 {
        self.reach().map_or(0, |reach| match reach {
            Reach::Account => 1,
            Reach::Role => 2,
            Reach::Caller => Self::NEAREST,
        })
    }

    /// What of the caller's own side has to agree.
    pub(crate) fn reach(self) -> Option<Reach> {
        match self {
            Self::No => None,
            Self::To(GranteeKind::Account) => Some(Reach::Account),
            Self::To(GranteeKind::Role) => Some(Reach::Role),
            Self::To(GranteeKind::User | GranteeKind::Session | GranteeKind::Root) => {
                Some(Reach::Caller)
            }
        }
    }
}

/// What an action is done to.
#[derive(Clone, Copy, Debug)]
pub struct Resource<'a> {
    /// The account it belongs to.
    pub owner: AccountId,
    /// Its ARN, or `*` for an operation without a resource.
    pub arn: &'a str,
    /// What it is.
    pub kind: ResourceKind,
    /// Whether it is an AWS managed key, whose key policy cannot be changed.
    pub aws_managed: bool,
}

/// The kinds of resources that actions are done to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResourceKind {
    /// The account as a whole: operations that create or list.
    Account,
    /// A KMS key.
    Key,
    /// An alias, which has no policy of its own.
    Alias,
    /// A grant that is to be retired, for somebody who may by the grant's own words or as one of
    /// its accounts. Only the caller's own policies speak of it, so the owner is the caller's
    /// account, whoever owns the key.
    Grant {
        /// Whether the grant names the caller: then no policy has to allow it, and one may deny.
        names_caller: bool,
    },
    /// A custom key store.
    CustomKeyStore,
    /// A role that somebody wants to assume.
    Role,
}

/// The answer to a [`Question`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Decision {
    /// Yes, and why.
    Allow(Grounds),
    /// No, and why.
    Deny(Denial),
}

/// Why something is allowed, for the audit entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grounds {
    /// The caller is the root of the account that owns the resource.
    AccountRoot,
    /// Development mode without `--enforce`, in the caller's own account.
    OpenOwnAccount,
    /// Development mode without `--enforce`, in another account.
    OpenOtherAccount,
    /// The fixed key policy of an AWS managed key.
    AwsManagedKeyPolicy,
    /// The key policy names the caller, its role, or everybody; for a caller of another account,
    /// its own policies allow it too.
    KeyPolicy,
    /// The caller's own policies, to which the key policy, if there is a key, leaves it.
    IdentityPolicy,
    /// A grant.
    Grant,
    /// The trust policy of a role names the caller.
    RoleTrustPolicy,
}

impl Grounds {
    /// The reason as audit entries quote it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AccountRoot => "account-root",
            Self::OpenOwnAccount => "open-own-account",
            Self::OpenOtherAccount => "open-other-account",
            Self::AwsManagedKeyPolicy => "aws-managed-key-policy",
            Self::KeyPolicy => "key-policy",
            Self::IdentityPolicy => "identity-policy",
            Self::Grant => "grant",
            Self::RoleTrustPolicy => "role-trust-policy",
        }
    }
}

/// Why something is denied. Each form has one text, which is AWS's.
///
/// AWS: IAM user guide, "Troubleshoot access denied error messages".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Denial {
    /// No policy of this kind allows the action.
    Implicit(PolicyKind),
    /// A policy of this kind denies the action.
    Explicit(PolicyKind),
    /// A resource of another account, about which nothing is told, not even whether it exists.
    Hidden,
    /// A key that only the ciphertext names, about which nothing is told.
    HiddenByCiphertext,
}

/// The kinds of policies that refusals name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PolicyKind {
    /// The caller's own policies.
    Identity,
    /// The key policy.
    Resource,
    /// The ceiling of a user or role.
    PermissionsBoundary,
    /// The ceiling of a session.
    Session,
    /// The ceiling of an account.
    ServiceControl,
    /// The trust policy of a role.
    RoleTrust,
}

impl PolicyKind {
    /// The name in `because no … allows the action`.
    fn name(self) -> &'static str {
        match self {
            Self::Identity => "identity-based policy",
            Self::Resource => "resource-based policy",
            Self::PermissionsBoundary => "permissions boundary",
            Self::Session => "session policy",
            Self::ServiceControl => "service control policy",
            Self::RoleTrust => "role trust policy",
        }
    }

    /// The name after `with an explicit deny in`.
    fn name_with_article(self) -> &'static str {
        match self {
            Self::Identity => "an identity-based policy",
            Self::Resource => "a resource-based policy",
            Self::PermissionsBoundary => "a permissions boundary",
            Self::Session => "a session policy",
            Self::ServiceControl => "a service control policy",
            Self::RoleTrust => "a role trust policy",
        }
    }
}

impl Denial {
    /// The reason as audit entries quote it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Implicit(PolicyKind::Identity) => "identity-implicit",
            Self::Implicit(PolicyKind::Resource) => "resource-implicit",
            Self::Implicit(PolicyKind::PermissionsBoundary) => "boundary-implicit",
            Self::Implicit(PolicyKind::Session) => "session-implicit",
            Self::Implicit(PolicyKind::ServiceControl) => "service-control-implicit",
            Self::Implicit(PolicyKind::RoleTrust) => "role-trust-implicit",
            Self::Explicit(PolicyKind::Identity) => "identity-explicit",
            Self::Explicit(PolicyKind::Resource) => "resource-explicit",
            Self::Explicit(PolicyKind::PermissionsBoundary) => "boundary-explicit",
            Self::Explicit(PolicyKind::Session) => "session-explicit",
            Self::Explicit(PolicyKind::ServiceControl) => "service-control-explicit",
            Self::Explicit(PolicyKind::RoleTrust) => "role-trust-explicit",
            Self::Hidden => "hidden",
            Self::HiddenByCiphertext => "hidden-by-ciphertext",
        }
    }

    /// The text of the AccessDeniedException that answers a question.
    #[must_use]
    pub fn message(self, question: &Question<'_>) -> String {
        self.text(
            &question.caller.arn(),
            question.action,
            question.resource.arn,
        )
    }

    /// The text for a caller's ARN, an action and a resource's ARN.
    #[must_use]
    pub fn text(self, caller: &str, action: &str, resource: &str) -> String {
        let refused = format!("User: {caller} is not authorized to perform: {action}");
        match self {
            Self::Implicit(kind) => format!(
                "{refused} on resource: {resource} because no {} allows the {action} action",
                kind.name()
            ),
            Self::Explicit(kind) => format!(
                "{refused} on resource: {resource} with an explicit deny in {}",
                kind.name_with_article()
            ),
            Self::Hidden => format!(
                "{refused} on this resource because the resource does not exist in this Region, \
                 no resource-based policies allow access, or a resource-based policy explicitly \
                 denies access"
            ),
            Self::HiddenByCiphertext => "The ciphertext refers to a customer master key that \
                 does not exist, does not exist in this region, or you are not allowed to access."
                .to_owned(),
        }
    }
}

/// Answers questions about permission.
pub trait Authorizer: Send + Sync {
    /// Whether the caller may do what is asked.
    fn decide(&self, question: &Question<'_>) -> Decision;

    /// Whether nobody is kept from anything that could be allowed: then callers are taken at
    /// their word, too. Only for development.
    fn is_open(&self) -> bool {
        false
    }
}

/// Whether a caller may do what is asked, by the policies on both sides and by grants.
pub fn decide(question: &Question<'_>) -> Decision {
    let request = question.request();
    conclude(question, &request.findings(question.statements()))
}

/// Policies and grants decide.
#[derive(Clone, Copy, Debug, Default)]
pub struct Enforced;

impl Authorizer for Enforced {
    fn decide(&self, question: &Question<'_>) -> Decision {
        decide(question)
    }
}

impl<'a> Question<'a> {
    /// The question as statements are compared with it.
    pub(crate) fn request(&self) -> Request<'a> {
        let Resource { arn, kind, .. } = self.resource;
        Request::new(
            Applicant::Caller(self.caller),
            self.action,
            arn,
            kind,
            self.facts,
        )
    }

    /// The statements of the key policy, where there is a key.
    pub(crate) fn statements(&self) -> &'a [crate::policy::document::Statement] {
        match (self.resource.kind, self.key_policy) {
            (ResourceKind::Key, Some(policy)) => &policy.statements,
            _ => &[],
        }
    }

    /// Whether the resource is another account's.
    pub(crate) fn is_foreign(&self) -> bool {
        self.resource.owner != self.caller.account
    }
}

/// What follows from the answers of all policies.
pub(crate) fn conclude(question: &Question<'_>, findings: &Findings) -> Decision {
    match weigh(question, findings) {
        Ok(grounds) => Decision::Allow(grounds),
        Err(denial) => deny(question, denial),
    }
}

fn weigh(question: &Question<'_>, findings: &Findings) -> Result<Grounds, Denial> {
    let Question {
        caller, resource, ..
    } = question;
    if let Some(kind) = findings.own_denial() {
        return Err(Denial::Explicit(kind));
    }
    match (resource.kind, question.is_foreign()) {
        (ResourceKind::Key, false) => own_key(question, findings),
        (ResourceKind::Key, true) => foreign_key(question, findings),
        (ResourceKind::Grant { names_caller: true }, _) => Ok(Grounds::Grant),
        (_, foreign) => {
            findings
                .agree(caller, Reach::Account)
                .map_err(Denial::Implicit)?;
            match (foreign, caller.is_root()) {
                (true, _) => Err(Denial::Hidden),
                (false, true) => Ok(Grounds::AccountRoot),
                (false, false) => Ok(Grounds::IdentityPolicy),
            }
        }
    }
}

/// A key of the caller's account: its key policy has to name the caller, or leave it to the
/// account; or a grant does.
fn own_key(question: &Question<'_>, findings: &Findings) -> Result<Grounds, Denial> {
    if findings.resource.denied {
        return Err(Denial::Explicit(PolicyKind::Resource));
    }
    let agree = |reach| findings.agree(question.caller, reach);
    let by_policy = match findings.resource.reach {
        None => Err(PolicyKind::Resource),
        Some(reach) => agree(reach).map(|()| match reach {
            _ if question.resource.aws_managed => Grounds::AwsManagedKeyPolicy,
            Reach::Account => Grounds::IdentityPolicy,
            Reach::Role | Reach::Caller => Grounds::KeyPolicy,
        }),
    };
    let by_grant = question
        .grant
        .reach()
        .is_some_and(|reach| agree(reach).is_ok());
    match by_policy {
        Err(_) if by_grant => Ok(Grounds::Grant),
        // Refusals do not mention grants.
        by_policy => by_policy.map_err(Denial::Implicit),
    }
}

/// A key of another account: both sides have to allow it, or a grant. Nothing is told of the key
/// and its policy, and of the caller's own side first, so that a key that is not there answers in
/// the same way.
fn foreign_key(question: &Question<'_>, findings: &Findings) -> Result<Grounds, Denial> {
    let agree = |reach| findings.agree(question.caller, reach);
    let offered = question.cross_account_allowed;
    let by_grant = offered
        && question
            .grant
            .reach()
            .is_some_and(|reach| agree(reach).is_ok());
    let own_side = agree(Reach::Account).map_err(Denial::Implicit);
    if !by_grant {
        own_side?;
    }
    if !offered || findings.resource.denied {
        return Err(Denial::Hidden);
    }
    match (findings.resource.reach, own_side) {
        (Some(_), Ok(())) => Ok(Grounds::KeyPolicy),
        _ if by_grant => Ok(Grounds::Grant),
        _ => Err(Denial::Hidden),
    }
}

impl Findings {
    /// The first of the caller's own policies that denies.
    pub(crate) fn own_denial(&self) -> Option<PolicyKind> {
        if self.identity.denied {
            Some(PolicyKind::Identity)
        } else if self.boundary.is_some_and(|verdict| verdict.denied) {
            Some(PolicyKind::PermissionsBoundary)
        } else if self.session.is_some_and(|verdict| verdict.denied) {
            Some(PolicyKind::Session)
        } else {
            None
        }
    }

    /// Whether the caller's own side agrees with what comes this near to it; if not, the first
    /// policy that is lacking.
    pub(crate) fn agree(&self, caller: &Caller, reach: Reach) -> Result<(), PolicyKind> {
        self.lacking(caller, reach).next().map_or(Ok(()), Err)
    }

    /// The policies of the caller's own side that do not allow what comes this near to it.
    pub(crate) fn lacking(
        &self,
        caller: &Caller,
        reach: Reach,
    ) -> impl Iterator<Item = PolicyKind> + use<> {
        let root = caller.is_root();
        let identity = reach == Reach::Account && !root && !self.identity.allowed;
        let ceilings = reach != Reach::Caller && !root;
        let low = |ceiling: Option<crate::evaluate::Verdict>| {
            ceilings && ceiling.is_some_and(|verdict| !verdict.allowed)
        };
        [
            identity.then_some(PolicyKind::Identity),
            low(self.boundary).then_some(PolicyKind::PermissionsBoundary),
            low(self.session).then_some(PolicyKind::Session),
        ]
        .into_iter()
        .flatten()
    }
}

/// May somebody assume a role?
#[derive(Clone, Copy, Debug)]
pub struct RoleQuestion<'a> {
    /// Who wants it.
    pub applicant: Applicant<'a>,
    /// The action, for example `sts:AssumeRole`.
    pub action: &'static str,
    /// The ARN of the role.
    pub role_arn: &'a str,
    /// The account of the role.
    pub account: AccountId,
    /// Whom the role trusts.
    pub trust: &'a TrustPolicy,
    /// What is known of the request.
    pub facts: &'a dyn Facts,
}

/// Whether somebody may assume a role: the role has to trust it, and its own policies have to
/// allow it unless the trust policy of the same account names it.
///
/// The root of an account has no own policies and may assume nothing.
pub fn decide_role(question: &RoleQuestion<'_>) -> Decision {
    let request = Request::new(
        question.applicant,
        question.action,
        question.role_arn,
        ResourceKind::Role,
        question.facts,
    );
    let findings = request.findings(&question.trust.statements);
    let answer = match question.applicant {
        Applicant::Federated(_) if findings.resource.denied => {
            Err(Denial::Explicit(PolicyKind::RoleTrust))
        }
        Applicant::Federated(_) => match findings.resource.reach {
            Some(Reach::Caller) => Ok(Grounds::RoleTrustPolicy),
            _ => Err(Denial::Implicit(PolicyKind::RoleTrust)),
        },
        Applicant::Caller(caller) => trusted(caller, question, &findings),
    };
    answer.map_or_else(Decision::Deny, Decision::Allow)
}

fn trusted(
    caller: &Caller,
    question: &RoleQuestion<'_>,
    findings: &Findings,
) -> Result<Grounds, Denial> {
    if caller.is_root() {
        return Err(Denial::Implicit(PolicyKind::Identity));
    }
    if let Some(kind) = findings.own_denial() {
        return Err(Denial::Explicit(kind));
    }
    let agree = |reach| findings.agree(caller, reach).map_err(Denial::Implicit);
    let foreign = caller.account != question.account;
    if foreign {
        agree(Reach::Account)?;
    }
    if findings.resource.denied {
        return Err(Denial::Explicit(PolicyKind::RoleTrust));
    }
    let reach = findings
        .resource
        .reach
        .ok_or(Denial::Implicit(PolicyKind::RoleTrust))?;
    agree(reach)?;
    Ok(match reach {
        Reach::Account => Grounds::IdentityPolicy,
        Reach::Role | Reach::Caller => Grounds::RoleTrustPolicy,
    })
}

/// Development mode without `--enforce`: whoever calls may do everything that the caller's own
/// account could be allowed, and to other accounts' resources what AWS offers across accounts
/// (decision 15).
#[derive(Clone, Copy, Debug, Default)]
pub struct Open;

impl Authorizer for Open {
    fn decide(&self, question: &Question<'_>) -> Decision {
        if let Some(denial) = fixed_denial(question) {
            return deny(question, denial);
        }
        if question.resource.owner == question.caller.account {
            Decision::Allow(own_account_grounds(question, Grounds::OpenOwnAccount))
        } else {
            Decision::Allow(Grounds::OpenOtherAccount)
        }
    }

    fn is_open(&self) -> bool {
        true
    }
}

/// What an AWS managed key's policy lets every principal of its account do (decision 19).
const AWS_MANAGED_KEY_ACTIONS: [&str; 10] = [
    "kms:CreateGrant",
    "kms:Decrypt",
    "kms:DescribeKey",
    "kms:Encrypt",
    "kms:GenerateDataKey",
    "kms:GenerateDataKeyPair",
    "kms:GenerateDataKeyPairWithoutPlaintext",
    "kms:GenerateDataKeyWithoutPlaintext",
    "kms:ReEncryptFrom",
    "kms:ReEncryptTo",
];

/// What it lets the account's root do besides: `Describe*`, `Get*`, `List*` and `RevokeGrant`.
const AWS_MANAGED_KEY_ROOT_ACTIONS: [&str; 4] =
    ["kms:Describe", "kms:Get", "kms:List", "kms:RevokeGrant"];

/// Whether the key policy of AWS managed keys has a statement for an action.
fn aws_managed_key_policy_allows(action: &str) -> bool {
    AWS_MANAGED_KEY_ACTIONS.contains(&action)
        || AWS_MANAGED_KEY_ROOT_ACTIONS
            .iter()
            .any(|prefix| action.starts_with(prefix))
}

/// The refusals that hold for every caller and mode.
fn fixed_denial(question: &Question<'_>) -> Option<Denial> {
    let Question {
        caller,
        action,
        resource,
        ..
    } = question;
    let foreign = resource.owner != caller.account;
    if foreign && !question.cross_account_allowed {
        return Some(Denial::Hidden);
    }
    let closed = resource.aws_managed && !aws_managed_key_policy_allows(action);
    match (closed, foreign) {
        (false, false) => None,
        // The condition on kms:CallerAccount keeps other accounts away from AWS managed keys.
        (_, true) if resource.aws_managed => Some(Denial::Hidden),
        (_, true) => None,
        (true, false) => Some(Denial::Implicit(PolicyKind::Resource)),
    }
}

fn own_account_grounds(question: &Question<'_>, otherwise: Grounds) -> Grounds {
    if question.resource.aws_managed {
        Grounds::AwsManagedKeyPolicy
    } else {
        otherwise
    }
}

/// Denies, and keeps silent about a key that only a ciphertext names.
fn deny(question: &Question<'_>, denial: Denial) -> Decision {
    if question.named_by_ciphertext {
        Decision::Deny(Denial::HiddenByCiphertext)
    } else {
        Decision::Deny(denial)
    }
}

#[cfg(test)]
mod tests {
    use strongroom_model::Partition;

    use super::*;
    use crate::{
        condition_key::NoFacts,
        identity::{AccessKeyId, Principal},
    };

    const KEY: &str = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";

    fn account(digits: &str) -> AccountId {
        AccountId::parse(digits).unwrap()
    }

    fn root(digits: &str) -> Caller {
        let id = AccessKeyId::parse("AKIDSTRONGROOM000001").unwrap();
        Caller::root(account(digits), Partition::Aws, id)
    }

    fn alice() -> Caller {
        Caller {
            principal: Principal::User {
                path: "/".into(),
                name: "alice".into(),
                unique_id: "AIDAEXAMPLE".into(),
            },
            ..root("111122223333")
        }
    }

    fn question<'a>(caller: &'a Caller, action: &'static str) -> Question<'a> {
        Question {
            caller,
            action,
            resource: Resource {
                owner: account("111122223333"),
                arn: KEY,
                kind: ResourceKind::Key,
                aws_managed: false,
            },
            cross_account_allowed: true,
            named_by_ciphertext: false,
            facts: &NoFacts,
            key_policy: None,
            grant: GrantCover::No,
        }
    }

    #[test]
    fn every_form_of_denial_has_its_text() {
        let check = |denial: Denial, rest: &str| {
            let expected = format!(
                "User: arn:aws:iam::111122223333:user/alice is not authorized to perform: \
                 kms:Encrypt on {rest}"
            );
            assert_eq!(denial.message(&question(&alice(), "kms:Encrypt")), expected);
        };
        for (kind, name, with_article) in [
            (
                PolicyKind::Identity,
                "identity-based policy",
                "an identity-based policy",
            ),
            (
                PolicyKind::Resource,
                "resource-based policy",
                "a resource-based policy",
            ),
            (
                PolicyKind::PermissionsBoundary,
                "permissions boundary",
                "a permissions boundary",
            ),
            (PolicyKind::Session, "session policy", "a session policy"),
            (
                PolicyKind::ServiceControl,
                "service control policy",
                "a service control policy",
            ),
        ] {
            check(
                Denial::Implicit(kind),
                &format!("resource: {KEY} because no {name} allows the kms:Encrypt action"),
            );
            check(
                Denial::Explicit(kind),
                &format!("resource: {KEY} with an explicit deny in {with_article}"),
            );
        }
        check(
            Denial::Hidden,
            "this resource because the resource does not exist in this Region, no resource-based \
             policies allow access, or a resource-based policy explicitly denies access",
        );
        assert_eq!(
            Denial::HiddenByCiphertext.message(&question(&alice(), "kms:Decrypt")),
            "The ciphertext refers to a customer master key that does not exist, does not exist \
             in this region, or you are not allowed to access."
        );
    }

    #[test]
    fn in_the_open_the_own_account_is_free_and_others_as_far_as_aws_goes() {
        let (own, other) = (alice(), root("444455556666"));
        let mut asked = question(&own, "kms:PutKeyPolicy");
        asked.cross_account_allowed = false;
        assert_eq!(
            Open.decide(&asked),
            Decision::Allow(Grounds::OpenOwnAccount)
        );
        asked.caller = &other;
        assert_eq!(Open.decide(&asked), Decision::Deny(Denial::Hidden));
        let asked = question(&other, "kms:Encrypt");
        assert_eq!(
            Open.decide(&asked),
            Decision::Allow(Grounds::OpenOtherAccount)
        );
    }

    #[test]
    fn aws_managed_keys_obey_their_short_policy_in_the_open_too() {
        let (root_here, root_there) = (root("111122223333"), root("444455556666"));
        let check = |caller: &Caller, action, expected: Decision| {
            let mut asked = question(caller, action);
            asked.resource.aws_managed = true;
            assert_eq!(Open.decide(&asked), expected, "{action}");
        };
        for action in AWS_MANAGED_KEY_ACTIONS.into_iter().chain([
            "kms:GetKeyPolicy",
            "kms:GetKeyRotationStatus",
            "kms:ListGrants",
            "kms:ListResourceTags",
            "kms:RevokeGrant",
        ]) {
            check(
                &root_here,
                action,
                Decision::Allow(Grounds::AwsManagedKeyPolicy),
            );
            check(&root_there, action, Decision::Deny(Denial::Hidden));
        }
        for action in [
            "kms:CancelKeyDeletion",
            "kms:CreateAlias",
            "kms:DeleteAlias",
            "kms:DisableKey",
            "kms:EnableKey",
            "kms:EnableKeyRotation",
            "kms:ImportKeyMaterial",
            "kms:PutKeyPolicy",
            "kms:ReplicateKey",
            "kms:RetireGrant",
            "kms:RotateKeyOnDemand",
            "kms:ScheduleKeyDeletion",
            "kms:Sign",
            "kms:TagResource",
            "kms:UntagResource",
            "kms:UpdateAlias",
            "kms:UpdateKeyDescription",
        ] {
            let refused = Decision::Deny(Denial::Implicit(PolicyKind::Resource));
            check(&root_here, action, refused);
            check(&root_there, action, Decision::Deny(Denial::Hidden));
        }
    }
}
