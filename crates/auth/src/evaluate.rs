//! What each policy says to a question, statement by statement.
//!
//! What follows from it all is [`decision`](crate::decision)'s. Nothing is parsed here, and
//! hardly anything allocated: policies were compiled when they were read.

use std::{borrow::Cow, sync::OnceLock};

use strongroom_model::limits;

use crate::{
    condition_key::{ConditionKey, Facts, Values, fold},
    decision::ResourceKind,
    grant,
    identity::{Caller, NamedPolicy, Principal},
    policy::{
        PrincipalPattern,
        condition::Condition,
        document::{Effect, Listed, Statement, Target},
    },
};

/// Who asks.
#[derive(Clone, Copy, Debug)]
pub enum Applicant<'a> {
    /// Somebody whom we know.
    Caller(&'a Caller),
    /// Somebody whom an identity provider vouches for, by the provider's ARN.
    Federated(&'a str),
}

/// How close a resource policy comes to a caller in what it allows, from far to near.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Reach {
    /// It names the account, whose own policies then decide.
    Account,
    /// It names the role of the caller's session, whose ceilings stay.
    Role,
    /// It names the caller, or everybody.
    Caller,
}

/// What policies of one kind say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Verdict {
    pub(crate) denied: bool,
    pub(crate) allowed: bool,
}

/// What a resource policy says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct ResourceVerdict {
    pub(crate) denied: bool,
    pub(crate) reach: Option<Reach>,
}

/// What all policies say. A ceiling that does not exist says nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Findings {
    pub(crate) identity: Verdict,
    pub(crate) boundary: Option<Verdict>,
    pub(crate) session: Option<Verdict>,
    pub(crate) resource: ResourceVerdict,
}

/// Whose policy is speaking.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    /// The caller's.
    Own,
    /// The resource's.
    Resource,
}

/// A question, made ready to be compared with statements.
pub(crate) struct Request<'q> {
    applicant: Applicant<'q>,
    action: &'static str,
    /// The action in small letters, since policies may write it in any.
    folded_action: String,
    target: Target<'q>,
    kind: ResourceKind,
    facts: &'q dyn Facts,
    principal_arn: OnceLock<String>,
}

impl<'q> Request<'q> {
    pub(crate) fn new(
        applicant: Applicant<'q>,
        action: &'static str,
        arn: &'q str,
        kind: ResourceKind,
        facts: &'q dyn Facts,
    ) -> Self {
        Self {
            applicant,
            action,
            folded_action: action.to_ascii_lowercase(),
            target: Target::new(arn),
            kind,
            facts,
            principal_arn: OnceLock::new(),
        }
    }

    fn caller(&self) -> Option<&'q Caller> {
        match self.applicant {
            Applicant::Caller(caller) => Some(caller),
            Applicant::Federated(_) => None,
        }
    }

    /// What the caller's policies and the resource's say.
    pub(crate) fn findings(&self, resource: &[Statement]) -> Findings {
        let Some(caller) = self.caller() else {
            return Findings {
                resource: self.resource_verdict(resource),
                ..Findings::default()
            };
        };
        let standing = &caller.standing;
        Findings {
            identity: self.verdict(&standing.policies),
            boundary: standing
                .boundary
                .as_ref()
                .map(|policy| self.verdict(std::slice::from_ref(policy))),
            session: standing.session.as_ref().map(|all| self.verdict(all)),
            resource: self.resource_verdict(resource),
        }
    }

    fn verdict(&self, policies: &[NamedPolicy]) -> Verdict {
        let mut verdict = Verdict::default();
        for statement in policies.iter().flat_map(|named| &named.policy.statements) {
            let said = match statement.effect {
                Effect::Allow => &mut verdict.allowed,
                Effect::Deny => &mut verdict.denied,
            };
            *said = *said || self.fits(statement, Side::Own);
        }
        verdict
    }

    fn resource_verdict(&self, statements: &[Statement]) -> ResourceVerdict {
        let mut verdict = ResourceVerdict::default();
        for statement in statements {
            match statement.effect {
                Effect::Deny => {
                    verdict.denied = verdict.denied
                        || (self.reach(statement).is_some()
                            && self.fits(statement, Side::Resource));
                }
                Effect::Allow => {
                    let reach = self.reach(statement);
                    if reach > verdict.reach && self.fits(statement, Side::Resource) {
                        verdict.reach = reach;
                    }
                }
            }
        }
        verdict
    }

    /// Whether action, resource and conditions of a statement fit.
    fn fits(&self, statement: &Statement, side: Side) -> bool {
        self.action_fits(statement)
            && self.resource_fits(statement, side)
            && statement
                .conditions
                .iter()
                .all(|condition| self.holds(condition, statement.effect, side))
    }

    pub(crate) fn action_fits(&self, statement: &Statement) -> bool {
        let list = statement.actions.as_ref();
        list.is_some_and(|list| list.means(|pattern| pattern.matches(&self.folded_action)))
    }

    /// Trust policies do not say which resource, since there is only their role.
    pub(crate) fn resource_fits(&self, statement: &Statement, side: Side) -> bool {
        match &statement.resources {
            None => self.kind == ResourceKind::Role && side == Side::Resource,
            Some(list) => {
                let view = self.view(side);
                list.means(|pattern| pattern.matches(&self.target, &view))
            }
        }
    }

    pub(crate) fn holds(&self, condition: &Condition, effect: Effect, side: Side) -> bool {
        let view = self.view(side);
        let found = view.values(&condition.key);
        // A key with more aliases than the quota allows is not to be reached through them.
        let too_many = condition.key == ConditionKey::ResourceAliases
            && effect == Effect::Allow
            && u64::try_from(found.as_slice().len()).is_ok_and(|n| n > limits::ALIASES_PER_KEY);
        !too_many && condition.holds_for(&found, &view)
    }

    /// How the principals of a statement, if at all, name whoever asks. A statement that denies
    /// needs no more than that.
    pub(crate) fn reach(&self, statement: &Statement) -> Option<Reach> {
        match statement.principals.as_ref()? {
            Listed::In(list) => list.iter().filter_map(|one| self.named_by(one)).max(),
            Listed::NotIn(list) => (!self.is_spared_by(list)).then_some(Reach::Caller),
        }
    }

    fn named_by(&self, principal: &PrincipalPattern) -> Option<Reach> {
        match self.applicant {
            Applicant::Caller(caller) => reach_of(principal, caller),
            Applicant::Federated(provider) => match principal {
                PrincipalPattern::Federated(named) if **named == *provider => Some(Reach::Caller),
                // Everybody may be denied, but nobody is vouched for by this.
                PrincipalPattern::Anyone => Some(Reach::Account),
                _ => None,
            },
        }
    }

    /// Whether a `NotPrincipal` lists whoever asks. Sessions have to be listed with their role,
    /// and nobody with a permissions boundary is spared.
    fn is_spared_by(&self, list: &[PrincipalPattern]) -> bool {
        let lists = |wanted: &dyn Fn(&PrincipalPattern) -> bool| list.iter().any(wanted);
        let Applicant::Caller(caller) = self.applicant else {
            return lists(&|one| self.named_by(one).is_some());
        };
        if caller.standing.boundary.is_some() {
            return false;
        }
        let nearest = |one: &PrincipalPattern| reach_of(one, caller) == Some(Reach::Caller);
        let role = |one: &PrincipalPattern| {
            *one == PrincipalPattern::Anyone || reach_of(one, caller) == Some(Reach::Role)
        };
        match caller.principal {
            Principal::Root | Principal::User { .. } => lists(&nearest),
            Principal::AssumedRole { .. } => lists(&nearest) && lists(&role),
        }
    }

    /// What the request has under condition keys, for policies of one side.
    pub(crate) fn view(&self, side: Side) -> View<'_> {
        View {
            request: self,
            side,
        }
    }

    /// The ARN that `aws:PrincipalArn` is: of a session, its role's.
    fn principal_arn<'r>(&'r self, caller: &Caller) -> &'r str {
        self.principal_arn
            .get_or_init(|| grant::role_of(caller).unwrap_or_else(|| caller.arn()))
    }

    /// Whether AWS offers `kms:CallerAccount` for the action.
    fn has_caller_account(&self) -> bool {
        match self.kind {
            ResourceKind::Key | ResourceKind::Grant { .. } | ResourceKind::CustomKeyStore => true,
            ResourceKind::Account => {
                matches!(self.action, "kms:CreateKey" | "kms:TagResource")
                    || self.action.contains("CustomKeyStore")
            }
            ResourceKind::Alias | ResourceKind::Role => false,
        }
    }
}

/// How a principal of a policy, if at all, names a caller.
fn reach_of(principal: &PrincipalPattern, caller: &Caller) -> Option<Reach> {
    let at_home = principal
        .account()
        .is_none_or(|account| account == caller.account);
    let named = match (principal, &caller.principal) {
        (PrincipalPattern::Anyone, _) | (PrincipalPattern::Account(_), Principal::Root) => {
            Some(Reach::Caller)
        }
        (PrincipalPattern::Account(_), _) => Some(Reach::Account),
        (PrincipalPattern::User { path_and_name, .. }, Principal::User { path, name, .. }) => {
            is_joined(path_and_name, path, name).then_some(Reach::Caller)
        }
        (
            PrincipalPattern::Role { path_and_name, .. },
            Principal::AssumedRole {
                role_path,
                role_name,
                ..
            },
        ) => is_joined(path_and_name, role_path, role_name).then_some(Reach::Role),
        (
            PrincipalPattern::Session {
                role_name: role,
                session_name: session,
                ..
            },
            Principal::AssumedRole {
                role_name,
                session_name,
                ..
            },
        ) => (**role == **role_name && **session == **session_name).then_some(Reach::Caller),
        (PrincipalPattern::UniqueId(id), Principal::User { unique_id, .. }) => {
            (**id == **unique_id).then_some(Reach::Caller)
        }
        (PrincipalPattern::UniqueId(id), Principal::AssumedRole { role_id, .. }) => {
            (**id == **role_id).then_some(Reach::Role)
        }
        _ => None,
    };
    named.filter(|_| at_home)
}

/// Whether a text is a path followed by a name.
fn is_joined(text: &str, path: &str, name: &str) -> bool {
    text.strip_suffix(name).is_some_and(|rest| rest == path)
}

/// What a request has under condition keys, for policies of one side: what follows from the
/// caller, and the facts.
pub(crate) struct View<'r> {
    request: &'r Request<'r>,
    side: Side,
}

impl View<'_> {
    /// What follows from the caller, for keys that do.
    fn of_caller<'f>(&'f self, caller: &'f Caller, key: &ConditionKey) -> Option<Values<'f>> {
        let standing = &*caller.standing;
        let session = standing.session_facts.as_ref();
        let optional = |value: &'f Option<Box<str>>| Values::of(value.as_deref());
        Some(match key {
            ConditionKey::PrincipalArn => Values::of(Some(self.request.principal_arn(caller))),
            ConditionKey::PrincipalAccount => Values::of(Some(caller.account.to_string())),
            ConditionKey::PrincipalType => Values::of(Some(match caller.principal {
                Principal::Root => "Account",
                Principal::User { .. } => "User",
                Principal::AssumedRole { .. } => "AssumedRole",
            })),
            ConditionKey::PrincipalTag(wanted) => {
                let tags = standing.tags.iter();
                let same = tags.filter(|(key, _)| *fold(key) == **wanted);
                same.map(|(_, value)| Cow::Borrowed(&**value)).collect()
            }
            ConditionKey::PrincipalIsAwsService | ConditionKey::ViaAwsService => {
                Values::boolean(false)
            }
            ConditionKey::UserId => Values::of(Some(caller.user_id())),
            ConditionKey::Username => Values::of(match &caller.principal {
                Principal::User { name, .. } => Some(&**name),
                Principal::Root | Principal::AssumedRole { .. } => None,
            }),
            ConditionKey::TokenIssueTime => {
                Values::of(session.map(|session| session.issued.to_string()))
            }
            ConditionKey::MultiFactorAuthPresent => {
                session.map_or(Values::Absent, |session| Values::boolean(session.mfa))
            }
            ConditionKey::MultiFactorAuthAge => self.second_factor_age(caller),
            ConditionKey::FederatedProvider => session.map_or(Values::Absent, |session| {
                optional(&session.federated_provider)
            }),
            ConditionKey::SourceIdentity => {
                session.map_or(Values::Absent, |session| optional(&session.source_identity))
            }
            ConditionKey::CallerAccount if self.request.has_caller_account() => {
                Values::of(Some(caller.account.to_string()))
            }
            ConditionKey::CallerAccount => Values::Absent,
            ConditionKey::Other(name) => {
                let claims = session.map(|session| session.claims.as_slice());
                let mut claims = claims.unwrap_or_default().iter();
                let (_, value) = claims.find(|(key, _)| *fold(key) == **name)?;
                Values::of(Some(&**value))
            }
            _ => return None,
        })
    }

    /// Seconds since the caller proved a second factor: when its temporary credentials were made.
    fn second_factor_age(&self, caller: &Caller) -> Values<'static> {
        let session = caller.standing.session_facts.as_ref();
        let proved = session
            .filter(|session| session.mfa)
            .map(|session| session.issued);
        let now = self.request.facts.values(&ConditionKey::EpochTime);
        let now = now
            .as_slice()
            .first()
            .and_then(|now| now.parse::<i64>().ok());
        let age = proved
            .zip(now)
            .map(|(proved, now)| now - proved.as_millis() / 1000);
        Values::of(age.map(|age| age.to_string()))
    }
}

impl Facts for View<'_> {
    fn values<'f>(&'f self, key: &ConditionKey) -> Values<'f> {
        let of_key = matches!(
            key,
            ConditionKey::ResourceAliases | ConditionKey::ResourceTag(_)
        );
        // Key policies do not know the key's own aliases and tags, and of an alias nothing is
        // known but its ARN.
        if (of_key && self.side == Side::Resource)
            || (self.request.kind == ResourceKind::Alias && (of_key || key.is_of_kms()))
        {
            return Values::Absent;
        }
        self.request
            .caller()
            .and_then(|caller| self.of_caller(caller, key))
            .unwrap_or_else(|| self.request.facts.values(key))
    }
}
