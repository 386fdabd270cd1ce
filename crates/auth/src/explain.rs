//! Why a decision came out as it did: every statement that was considered, which of them decided,
//! and the smallest change that would have turned a refusal into permission.
//!
//! The statements are asked one element at a time, and what follows from them is concluded where
//! [`decide`](crate::decision::decide) concludes too, so the two cannot disagree about that.
//! Explanations are for those who administer the service; they tell more than a caller may know.

use std::fmt;

use serde::Serialize;
use serde_json::{Value, json};

use crate::{
    condition_key::Facts as _,
    decision::{
        Decision, Denial, GrantCover, GranteeKind, Grounds, PolicyKind, Question, ResourceKind,
        conclude,
    },
    evaluate::{Findings, Reach, Request, ResourceVerdict, Side, Verdict},
    grant::{self, ContextConstraint, Misfit},
    identity::NamedPolicy,
    policy::{
        condition::Condition,
        document::{Effect, Statement},
    },
};

/// Why a decision came out as it did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Explanation {
    /// The decision.
    #[serde(skip)]
    pub decision: Decision,
    /// Whether it is yes.
    pub allowed: bool,
    /// The reason as audit entries quote it.
    pub reason: &'static str,
    /// What the caller is told of a refusal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// The caller's ARN.
    pub caller: String,
    /// The action.
    pub action: &'static str,
    /// The resource's ARN, or `*`.
    pub resource: String,
    /// Every policy that was considered.
    pub policies: Vec<PolicyReport>,
    /// How a grant covers the action, if one does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub grant: Option<GranteeKind>,
    /// The grants of the key, where they could make a difference. Whoever asks fills them in,
    /// since an answer is not made of them one by one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub grants: Option<Vec<GrantReport>>,
    /// The statements that decided. There are none where something was lacking, or where no
    /// statement was needed.
    pub decided_by: Vec<Place>,
    /// What would turn a refusal into permission, if anything would.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remedy: Option<Remedy>,
}

/// Whose policy it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Source {
    /// The key policy.
    KeyPolicy,
    /// One of the caller's own.
    IdentityPolicy,
    /// The caller's permissions boundary.
    PermissionsBoundary,
    /// A session policy.
    SessionPolicy,
}

/// One policy that was considered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PolicyReport {
    /// Whose it is.
    pub source: Source,
    /// Its name; of a key policy, `default`.
    pub name: String,
    /// Its statements.
    pub statements: Vec<StatementReport>,
}

/// One statement that was considered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct StatementReport {
    /// Its place in the policy, from 1.
    pub number: usize,
    /// Its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sid: Option<String>,
    /// What it does where it applies.
    pub effect: Effect,
    /// Whether it applies, which takes all that follows.
    pub applies: bool,
    /// Whether its principals include the caller, and how; identity policies have none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub principal: Option<PrincipalFit>,
    /// Whether it is about the action.
    pub action: bool,
    /// Whether it is about the resource.
    pub resource: bool,
    /// Its conditions.
    pub conditions: Vec<ConditionReport>,
}

/// How the principals of a statement name the caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum PrincipalFit {
    /// Not at all.
    No,
    /// By its account.
    Account,
    /// By the role of its session.
    Role,
    /// Itself, or as everybody.
    Caller,
}

/// One condition of a statement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ConditionReport {
    /// The operator with its modifiers.
    pub operator: String,
    /// The key, as the policy spells it.
    pub key: String,
    /// The values of the policy.
    pub wanted: Vec<String>,
    /// The values of the request; none where the key is absent.
    pub found: Vec<String>,
    /// Whether it holds.
    pub holds: bool,
}

/// A statement of a policy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Place {
    /// Whose policy it is.
    pub source: Source,
    /// The policy's name.
    pub policy: String,
    /// The statement's place in it, from 1.
    pub statement: usize,
    /// The statement's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sid: Option<String>,
}

/// One grant that was considered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct GrantReport {
    /// Its id.
    pub id: String,
    /// Its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Whom it names.
    pub grantee: String,
    /// What it allows.
    pub operations: Vec<&'static str>,
    /// The encryption context that it wants.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub constraint: Option<ContextConstraint>,
    /// How it names the caller, where it covers the action.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub covers: Option<GranteeKind>,
    /// Why it does not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub misfit: Option<Misfit>,
    /// Whether it decided.
    pub decided: bool,
}

/// What would turn a refusal into permission.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Remedy {
    /// In a sentence.
    pub sentence: String,
    /// All of these together.
    pub changes: Vec<Change>,
}

/// One change to a policy or to the request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "change", rename_all = "kebab-case")]
pub enum Change {
    /// A statement that denies must no longer apply.
    LiftDeny {
        /// The statement.
        place: Place,
        /// Its conditions, which hold: a request that fails one of them is not denied.
        conditions: Vec<ConditionReport>,
    },
    /// A statement that allows would apply if the request met its conditions.
    MeetConditions {
        /// The statement.
        place: Place,
        /// The conditions that do not hold.
        conditions: Vec<ConditionReport>,
    },
    /// A statement is lacking.
    AddStatement {
        /// In a policy of this kind.
        source: Source,
        /// The statement.
        statement: Value,
    },
}

/// Decides, and says why.
#[must_use]
pub fn explain(question: &Question<'_>) -> Explanation {
    let request = question.request();
    let policies = consider(question, &request);
    let findings = findings(question, &policies);
    let decision = conclude(question, &findings);
    let (reason, message) = match decision {
        Decision::Allow(grounds) => (grounds.as_str(), None),
        Decision::Deny(denial) => (denial.as_str(), Some(denial.message(question))),
    };
    let remedy = match decision {
        Decision::Allow(_) => None,
        Decision::Deny(_) => remedy(question, &policies, &findings),
    };
    Explanation {
        allowed: matches!(decision, Decision::Allow(_)),
        reason,
        message,
        caller: question.caller.arn(),
        action: question.action,
        resource: question.resource.arn.to_owned(),
        grant: match question.grant {
            GrantCover::No => None,
            GrantCover::To(kind) => Some(kind),
        },
        grants: None,
        decided_by: decided_by(decision, &policies, &findings),
        remedy,
        decision,
        policies,
    }
}

/// Asks every statement of every policy.
fn consider(question: &Question<'_>, request: &Request<'_>) -> Vec<PolicyReport> {
    let standing = &*question.caller.standing;
    let of = |source, named: &NamedPolicy| {
        report(request, source, &named.name, &named.policy.statements)
    };
    let mut policies = Vec::new();
    if question.resource.kind == ResourceKind::Key {
        let statements = question.statements();
        policies.push(report(request, Source::KeyPolicy, "default", statements));
    }
    let own = standing.policies.iter();
    policies.extend(own.map(|named| of(Source::IdentityPolicy, named)));
    let boundary = standing.boundary.iter();
    policies.extend(boundary.map(|named| of(Source::PermissionsBoundary, named)));
    let session = standing.session.iter().flatten();
    policies.extend(session.map(|named| of(Source::SessionPolicy, named)));
    policies
}

fn report(
    request: &Request<'_>,
    source: Source,
    name: &str,
    statements: &[Statement],
) -> PolicyReport {
    let side = match source {
        Source::KeyPolicy => Side::Resource,
        Source::IdentityPolicy | Source::PermissionsBoundary | Source::SessionPolicy => Side::Own,
    };
    let one = |(number, statement): (usize, &Statement)| {
        let principal = (side == Side::Resource).then(|| match request.reach(statement) {
            None => PrincipalFit::No,
            Some(Reach::Account) => PrincipalFit::Account,
            Some(Reach::Role) => PrincipalFit::Role,
            Some(Reach::Caller) => PrincipalFit::Caller,
        });
        let action = request.action_fits(statement);
        let resource = request.resource_fits(statement, side);
        let conditions = statement.conditions.iter();
        let conditions: Vec<_> = conditions
            .map(|condition| condition_report(request, condition, statement.effect, side))
            .collect();
        StatementReport {
            number: number + 1,
            sid: statement.sid.as_deref().map(str::to_owned),
            effect: statement.effect,
            applies: principal != Some(PrincipalFit::No)
                && action
                && resource
                && conditions.iter().all(|condition| condition.holds),
            principal,
            action,
            resource,
            conditions,
        }
    };
    PolicyReport {
        source,
        name: name.to_owned(),
        statements: statements.iter().enumerate().map(one).collect(),
    }
}

fn condition_report(
    request: &Request<'_>,
    condition: &Condition,
    effect: Effect,
    side: Side,
) -> ConditionReport {
    let view = request.view(side);
    let found = view.values(&condition.key);
    ConditionReport {
        operator: condition.operator.to_string(),
        key: condition.spelling.to_string(),
        wanted: condition.values.iter().map(ToString::to_string).collect(),
        found: found.as_slice().iter().map(ToString::to_string).collect(),
        holds: request.holds(condition, effect, side),
    }
}

/// What the statements say together.
fn findings(question: &Question<'_>, policies: &[PolicyReport]) -> Findings {
    let applying = |source| {
        policies
            .iter()
            .filter(move |policy| policy.source == source)
            .flat_map(|policy| &policy.statements)
            .filter(|statement| statement.applies)
    };
    let says = |source, effect| applying(source).any(|statement| statement.effect == effect);
    let verdict = |source| Verdict {
        denied: says(source, Effect::Deny),
        allowed: says(source, Effect::Allow),
    };
    let allows = applying(Source::KeyPolicy).filter(|one| one.effect == Effect::Allow);
    let standing = &*question.caller.standing;
    Findings {
        identity: verdict(Source::IdentityPolicy),
        boundary: standing
            .boundary
            .is_some()
            .then(|| verdict(Source::PermissionsBoundary)),
        session: standing
            .session
            .is_some()
            .then(|| verdict(Source::SessionPolicy)),
        resource: ResourceVerdict {
            denied: says(Source::KeyPolicy, Effect::Deny),
            reach: allows.filter_map(StatementReport::reach).max(),
        },
    }
}

impl StatementReport {
    fn reach(&self) -> Option<Reach> {
        match self.principal? {
            PrincipalFit::No => None,
            PrincipalFit::Account => Some(Reach::Account),
            PrincipalFit::Role => Some(Reach::Role),
            PrincipalFit::Caller => Some(Reach::Caller),
        }
    }

    fn place(&self, policy: &PolicyReport) -> Place {
        Place {
            source: policy.source,
            policy: policy.name.clone(),
            statement: self.number,
            sid: self.sid.clone(),
        }
    }

    /// The conditions that hold, or those that do not.
    fn conditions_that(&self, hold: bool) -> Vec<ConditionReport> {
        let conditions = self.conditions.iter();
        conditions
            .filter(|one| one.holds == hold)
            .cloned()
            .collect()
    }
}

/// All statements with the policies that they are in.
fn statements(
    policies: &[PolicyReport],
) -> impl Iterator<Item = (&PolicyReport, &StatementReport)> {
    policies
        .iter()
        .flat_map(|policy| policy.statements.iter().map(move |one| (policy, one)))
}

fn decided_by(decision: Decision, policies: &[PolicyReport], findings: &Findings) -> Vec<Place> {
    let wanted = |policy: &PolicyReport, one: &StatementReport| {
        let key_policy = policy.source == Source::KeyPolicy;
        let nearest = key_policy && one.reach() == findings.resource.reach;
        match decision {
            Decision::Allow(Grounds::KeyPolicy | Grounds::AwsManagedKeyPolicy) => {
                one.effect == Effect::Allow && nearest
            }
            Decision::Allow(Grounds::IdentityPolicy) => {
                let own = policy.source == Source::IdentityPolicy;
                one.effect == Effect::Allow && (own || nearest)
            }
            Decision::Allow(_) => false,
            Decision::Deny(Denial::Explicit(kind)) => {
                one.effect == Effect::Deny && Source::of(kind) == Some(policy.source)
            }
            Decision::Deny(Denial::Hidden | Denial::HiddenByCiphertext) => {
                one.effect == Effect::Deny
            }
            Decision::Deny(Denial::Implicit(_)) => false,
        }
    };
    statements(policies)
        .filter(|(policy, one)| one.applies && wanted(policy, one))
        .map(|(policy, one)| one.place(policy))
        .collect()
}

impl Source {
    fn of(kind: PolicyKind) -> Option<Self> {
        match kind {
            PolicyKind::Identity => Some(Self::IdentityPolicy),
            PolicyKind::Resource => Some(Self::KeyPolicy),
            PolicyKind::PermissionsBoundary => Some(Self::PermissionsBoundary),
            PolicyKind::Session => Some(Self::SessionPolicy),
            PolicyKind::ServiceControl | PolicyKind::RoleTrust => None,
        }
    }
}

/// The smallest set of changes after which the answer is yes. Every statement that denies has to
/// go; and of the ways to an Allow, the one that lacks least is taken.
fn remedy(
    question: &Question<'_>,
    policies: &[PolicyReport],
    findings: &Findings,
) -> Option<Remedy> {
    let mut changes: Vec<Change> = statements(policies)
        .filter(|(_, one)| one.applies && one.effect == Effect::Deny)
        .map(|(policy, one)| Change::LiftDeny {
            place: one.place(policy),
            conditions: one.conditions_that(true),
        })
        .collect();
    let ways = match question.resource.kind {
        ResourceKind::Key => ways_to_key(question, policies, findings),
        ResourceKind::Grant { names_caller: true } => vec![Vec::new()],
        _ if question.is_foreign() => Vec::new(),
        _ => vec![lacking(question, policies, findings, Reach::Account)],
    };
    changes.extend(ways.into_iter().min_by_key(Vec::len)?);
    let sentences: Vec<String> = changes.iter().map(ToString::to_string).collect();
    Some(Remedy {
        sentence: sentences.join(" "),
        changes,
    })
}

/// What each way to an Allow for a key lacks.
fn ways_to_key(
    question: &Question<'_>,
    policies: &[PolicyReport],
    findings: &Findings,
) -> Vec<Vec<Change>> {
    let foreign = question.is_foreign();
    if foreign && !question.cross_account_allowed {
        return Vec::new();
    }
    let own_side = |reach| lacking(question, policies, findings, reach);
    // In another account, the caller's own side always has to agree with a policy.
    let policy_side = |reach| own_side(if foreign { Reach::Account } else { reach });
    let mut ways = Vec::new();
    ways.extend(findings.resource.reach.map(policy_side));
    ways.extend(question.grant.reach().map(own_side));
    let near = statements(policies).filter_map(|(policy, one)| {
        let almost = policy.source == Source::KeyPolicy && one.lacks_only_conditions();
        let reach = one.reach().filter(|_| almost)?;
        let mut way = vec![one.meet_conditions(policy)];
        way.extend(policy_side(reach));
        Some(way)
    });
    ways.extend(near);
    if question.key_policy.is_some() && !question.resource.aws_managed {
        let caller = question.caller;
        let names = grant::role_of(caller).map(|role| (role, Reach::Role));
        for (name, reach) in names.into_iter().chain([(caller.arn(), Reach::Caller)]) {
            let mut way = vec![Change::AddStatement {
                source: Source::KeyPolicy,
                statement: json!({
                    "Effect": "Allow",
                    "Principal": {"AWS": name},
                    "Action": question.action,
                    "Resource": "*",
                }),
            }];
            way.extend(policy_side(reach));
            ways.push(way);
        }
    }
    ways
}

/// What the caller's own side lacks to agree with what comes this near to it.
fn lacking(
    question: &Question<'_>,
    policies: &[PolicyReport],
    findings: &Findings,
    reach: Reach,
) -> Vec<Change> {
    let change = |kind: PolicyKind| {
        let source = Source::of(kind)?;
        let near = statements(policies)
            .filter(|(policy, one)| policy.source == source && one.lacks_only_conditions())
            .min_by_key(|(_, one)| one.conditions_that(false).len());
        Some(match near {
            Some((policy, one)) => one.meet_conditions(policy),
            None => Change::AddStatement {
                source,
                statement: json!({
                    "Effect": "Allow",
                    "Action": question.action,
                    "Resource": question.resource.arn,
                }),
            },
        })
    };
    findings
        .lacking(question.caller, reach)
        .filter_map(change)
        .collect()
}

impl StatementReport {
    /// Whether it would allow if the request met its conditions.
    fn lacks_only_conditions(&self) -> bool {
        self.effect == Effect::Allow
            && !self.applies
            && self.principal != Some(PrincipalFit::No)
            && self.action
            && self.resource
    }

    fn meet_conditions(&self, policy: &PolicyReport) -> Change {
        Change::MeetConditions {
            place: self.place(policy),
            conditions: self.conditions_that(false),
        }
    }
}

impl Source {
    /// The policy as a sentence calls it.
    fn called(self, name: &str) -> String {
        match self {
            Self::KeyPolicy => "the key policy".to_owned(),
            Self::IdentityPolicy => format!("the identity policy {name}"),
            Self::PermissionsBoundary => format!("the permissions boundary {name}"),
            Self::SessionPolicy => format!("the session policy {name}"),
        }
    }

    fn some(self) -> &'static str {
        match self {
            Self::KeyPolicy => "the key policy",
            Self::IdentityPolicy => "an identity policy of the caller",
            Self::PermissionsBoundary => "the caller's permissions boundary",
            Self::SessionPolicy => "the session policy",
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "statement {}", self.statement)?;
        if let Some(sid) = &self.sid {
            write!(f, " ({sid})")?;
        }
        write!(f, " of {}", self.source.called(&self.policy))
    }
}

impl fmt::Display for ConditionReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (operator, key) = (&self.operator, &self.key);
        write!(f, "{operator} {key} {}, which ", self.wanted.join(" or "))?;
        if self.found.is_empty() {
            f.write_str("the request does not have")
        } else {
            write!(f, "is {}", self.found.join(", "))
        }
    }
}

impl fmt::Display for Change {
    /// A sentence.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |conditions: &[ConditionReport]| {
            let texts: Vec<String> = conditions.iter().map(ToString::to_string).collect();
            texts.join("; and ")
        };
        match self {
            Self::LiftDeny { place, conditions } if conditions.is_empty() => {
                write!(f, "Remove {place}, which denies it.")
            }
            Self::LiftDeny { place, conditions } => {
                let list = list(conditions);
                write!(
                    f,
                    "Remove {place}, which denies it, or fail its conditions: {list}."
                )
            }
            Self::MeetConditions { place, conditions } => {
                let list = list(conditions);
                write!(f, "Meet the conditions of {place}: {list}.")
            }
            Self::AddStatement { source, statement } => {
                write!(f, "Add to {} the statement {statement}.", source.some())
            }
        }
    }
}
