//! The service's side of every decision: what a question is made of, and what becomes of the
//! answer.
//!
//! A question names an action and a resource, and carries the key policy, the facts that policies
//! may ask about, and the grant that covers the action if there is one. [`strongroom_auth`]
//! answers it. What a decision rests on is read through the exact cache of the shelves: a policy,
//! a grant, a tag or an alias counts from the moment that the call which changed it returned.
//! Policies are compiled once per version; grants are looked at only where policies do not allow,
//! and only those that name the caller.
//!
//! AWS: developer guide, "Troubleshooting key access"; IAM user guide, "Policy evaluation logic".

mod facts;
mod grants;
mod policies;
mod recent;
mod suppose;
pub mod topics;
mod what_if;

pub(crate) use facts::{Aside, Request, RequestFacts, Subject};
pub(crate) use grants::GrantsOfCallers;
use grants::Named;
pub(crate) use recent::Asked;
pub use suppose::{Proposed, Simulated, Simulation, SimulationError};
pub(crate) use topics::Asks;
pub use what_if::{Effects, Group, Tally, WhatIf};

use std::sync::Arc;

use strongroom_auth::{Caller, Decision, Denial, GrantCover, Question, Resource, ResourceKind};
use strongroom_model::{KeyId, Timestamp, errors::ErrorCode, operations::Input};
use strongroom_store::Revision;

use self::{recent::Recent, topics::Topics};
use crate::{
    audit::{Entry, Kind},
    call::{Call, Elsewhere, Key},
    error::KmsError,
    layout::Home,
    managed,
    record::{GrantRecord, PolicyRecord},
    service::Service,
    shelves::Stored,
    uses::{Grants, KeyUseRow, Reach},
};

/// Sets of aliases that are kept.
const ALIAS_SETS: usize = 10_000;
/// Aliases that are read of a key: one more than it may have.
const ALIASES: usize = 64;

/// What a use asks for, as its row says.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asking {
    pub(crate) action: &'static str,
    reach: Reach,
    grants: Grants,
    topics: Topics,
}

impl Asking {
    pub(crate) fn of_key(row: &KeyUseRow, topics: Topics) -> Self {
        Self {
            action: row.action,
            reach: row.reach,
            grants: row.grants,
            topics,
        }
    }

    /// No condition key of KMS applies to an alias.
    pub(crate) fn of_alias(action: &'static str) -> Self {
        Self::of_account(action, Topics::NONE)
    }

    pub(crate) fn of_account(action: &'static str, topics: Topics) -> Self {
        Self {
            action,
            reach: Reach::OwnAccount,
            grants: Grants::DoNotCount,
            topics,
        }
    }
}

/// What decisions are made of, kept ready.
#[derive(Default)]
pub(crate) struct Permissions {
    grants: GrantsOfCallers,
    aliases: Aliases,
    recent: Recent,
}

/// The names of the aliases of keys.
struct Aliases(quick_cache::sync::Cache<(Home, KeyId), AliasNames>);

/// The names of a key's aliases, with the revision of their set.
type AliasNames = (Option<Revision>, Arc<[String]>);

impl Default for Aliases {
    fn default() -> Self {
        Self(quick_cache::sync::Cache::new(ALIAS_SETS))
    }
}

impl Permissions {
    /// Remembers what a call asked, and whether it was denied something.
    pub(crate) fn remember(
        &self,
        entry: Box<Entry>,
        input: Input,
        now: Timestamp,
        asked: Vec<Asked>,
        denied: bool,
    ) {
        self.recent.keep(entry, input, now, asked, denied);
    }

    /// The policy of a key, with its revision. A key without one is closed to everybody.
    async fn policy_of(
        &self,
        service: &Service,
        key: &Key,
    ) -> Result<Option<Arc<Stored<PolicyRecord>>>, KmsError> {
        service.shelves().get(&key.home().policy(key.id())).await
    }

    /// The names of the aliases of a key, or of as many as tell that they are too many.
    pub(crate) async fn aliases_of(
        &self,
        service: &Service,
        key: &Key,
    ) -> Result<Arc<[String]>, KmsError> {
        let (home, id) = (key.home(), key.id());
        let place = (home.clone(), id);
        // The set first: what is listed after it is as new as it is, or newer.
        let set = service.shelves().get(&home.alias_set(id)).await?;
        let revision = set.map(|set| set.revision);
        if let Some((known, names)) = self.aliases.0.get(&place)
            && known == revision
        {
            return Ok(names);
        }
        let shelves = service.shelves();
        let listed = shelves.list(&home.key_aliases(id), None, ALIASES).await?;
        let names = listed
            .rows
            .iter()
            .map(|(name, _)| ["alias/", name].concat());
        let names: Arc<[String]> = names.collect();
        self.aliases.0.insert(place, (revision, Arc::clone(&names)));
        Ok(names)
    }
}

impl Call<'_> {
    /// Decides a use of a key that was looked up.
    ///
    /// # Errors
    /// `AccessDeniedException`.
    pub(crate) async fn judge_key(
        &self,
        asking: Asking,
        key: &Key,
        aside: Aside<'_>,
    ) -> Result<(), KmsError> {
        let (service, home) = (self.service(), key.home());
        let arn = key.arn_text();
        self.touch(Kind::Key, arn, home);
        let policy = if service.authorizer().is_open() {
            None
        } else {
            service.permissions().policy_of(service, key).await?
        };
        let facts = RequestFacts::new(
            self.request(),
            asking.topics,
            asking.action,
            home.account,
            Subject::Key(key),
            aside,
        );
        let mut question = Question {
            caller: self.caller(),
            action: asking.action,
            resource: Resource {
                owner: home.account,
                arn,
                kind: ResourceKind::Key,
                aws_managed: managed::is(key.record()),
            },
            cross_account_allowed: asking.reach == Reach::AnyAccount,
            named_by_ciphertext: aside.named_by_ciphertext,
            facts: &facts,
            key_policy: policy.as_ref().and_then(|policy| policy.record.compiled()),
            grant: GrantCover::No,
        };
        let mut decision = self.ask(&question, &facts).await?;
        let mut grants = None;
        if may_be_covered(decision) && policy.is_some() && asking.grants == Grants::Count {
            // On the heap: only those whom no policy allows get here.
            let (cover, looked_at) =
                Box::pin(self.cover(key, &facts, asking.action, aside)).await?;
            grants = Some(looked_at);
            if cover != GrantCover::No {
                question.grant = cover;
                decision = self.ask(&question, &facts).await?;
            }
        }
        if let Decision::Deny(denial) = decision
            && home.account != self.caller().account
            && denial != Denial::HiddenByCiphertext
        {
            // Word for word what somebody hears who names a key that is not there.
            let elsewhere = key.named_by().is_none().then_some(arn);
            let told = match elsewhere {
                Some(arn) => self.as_stranger(asking, home.account, arn, aside),
                None => Denial::Hidden,
            };
            decision = Decision::Deny(told);
        }
        let subject = Subject::Key(key);
        let basis = Basis {
            policy: policy.clone(),
            grants,
        };
        self.keep_question(&question, asking, basis, subject, aside, &facts);
        self.conclude(decision, &question)
    }

    /// Decides about a grant that is to be retired, of which only the caller's own policies speak.
    ///
    /// # Errors
    /// `AccessDeniedException`.
    pub(crate) async fn judge_retirement(
        &self,
        asking: Asking,
        key: &Key,
        grant: &GrantRecord,
        names_caller: bool,
    ) -> Result<(), KmsError> {
        let arn = key.arn_text();
        self.touch(Kind::Key, arn, key.home());
        let aside = Aside {
            retired: Some(grant),
            ..Aside::default()
        };
        let facts = RequestFacts::new(
            self.request(),
            asking.topics,
            asking.action,
            key.home().account,
            Subject::Key(key),
            aside,
        );
        let question = Question {
            caller: self.caller(),
            action: asking.action,
            resource: Resource {
                owner: self.home().account,
                arn,
                kind: ResourceKind::Grant { names_caller },
                aws_managed: false,
            },
            cross_account_allowed: asking.reach == Reach::AnyAccount,
            named_by_ciphertext: false,
            facts: &facts,
            key_policy: None,
            grant: GrantCover::No,
        };
        let decision = self.ask(&question, &facts).await?;
        let subject = Subject::Key(key);
        self.keep_question(&question, asking, Basis::default(), subject, aside, &facts);
        self.conclude(decision, &question)
    }

    /// Decides a use of an alias or of the account as a whole, in its own or another Region.
    ///
    /// # Errors
    /// `AccessDeniedException`.
    pub(crate) async fn judge_others(
        &self,
        asking: Asking,
        kind: ResourceKind,
        arn: Arc<str>,
        home: &Home,
        subject: Subject<'_>,
    ) -> Result<(), KmsError> {
        if kind == ResourceKind::Alias {
            self.touch(Kind::Alias, &arn, home);
        }
        let aside = Aside::default();
        let (topics, action) = (asking.topics, asking.action);
        let facts = RequestFacts::new(self.request(), topics, action, home.account, subject, aside)
            .in_region(&home.region);
        let question = Question {
            caller: self.caller(),
            action,
            resource: Resource {
                owner: home.account,
                arn: &arn,
                kind,
                aws_managed: false,
            },
            cross_account_allowed: false,
            named_by_ciphertext: false,
            facts: &facts,
            key_policy: None,
            grant: GrantCover::No,
        };
        let decision = self.ask(&question, &facts).await?;
        self.keep_question(&question, asking, Basis::default(), subject, aside, &facts);
        self.conclude(decision, &question)
    }

    /// What a caller hears of a key of another account that is not there: a word about its own
    /// policies, or nothing.
    pub(crate) fn strangers_denial(
        &self,
        asking: Asking,
        elsewhere: &Elsewhere,
        aside: Aside<'_>,
    ) -> KmsError {
        let Elsewhere { owner, arn } = elsewhere;
        let denial = self.as_stranger(asking, *owner, arn, aside);
        let message = denial.text(&self.caller().arn(), asking.action, arn);
        KmsError::new(ErrorCode::AccessDeniedException, message)
    }

    /// Why a caller may not use a key of another account, as far as it may know: judged without
    /// the key, so that one that is there and one that is not cannot be told apart.
    fn as_stranger(
        &self,
        asking: Asking,
        owner: strongroom_model::AccountId,
        arn: &str,
        aside: Aside<'_>,
    ) -> Denial {
        let nothing = Subject::Nothing;
        let facts = RequestFacts::new(
            self.request(),
            asking.topics,
            asking.action,
            owner,
            nothing,
            aside,
        );
        let question = Question {
            caller: self.caller(),
            action: asking.action,
            resource: Resource {
                owner,
                arn,
                kind: ResourceKind::Key,
                aws_managed: false,
            },
            cross_account_allowed: asking.reach == Reach::AnyAccount,
            named_by_ciphertext: false,
            facts: &facts,
            key_policy: None,
            grant: GrantCover::No,
        };
        match self.service().authorizer().decide(&question) {
            Decision::Deny(denial) => denial,
            Decision::Allow(_) => Denial::Hidden,
        }
    }

    /// Puts a question, again if something had to be read for it.
    async fn ask(
        &self,
        question: &Question<'_>,
        facts: &RequestFacts<'_>,
    ) -> Result<Decision, KmsError> {
        let authorizer = self.service().authorizer();
        loop {
            let decision = authorizer.decide(question);
            if !facts.is_behind() {
                return Ok(decision);
            }
            // On the heap: few policies ask for what has to be read.
            Box::pin(facts.catch_up()).await?;
        }
    }

    /// Keeps the question for whoever wants to know why it was answered so.
    fn keep_question(
        &self,
        question: &Question<'_>,
        asking: Asking,
        basis: Basis,
        subject: Subject<'_>,
        aside: Aside<'_>,
        facts: &RequestFacts<'_>,
    ) {
        if !self.service().authorizer().is_open() {
            self.keep(Asked::new(question, asking, basis, subject, aside, facts));
        }
    }

    fn conclude(&self, decision: Decision, question: &Question<'_>) -> Result<(), KmsError> {
        match decision {
            Decision::Allow(grounds) => {
                self.permitted_by(grounds.as_str());
                Ok(())
            }
            Decision::Deny(denial) => {
                let message = denial.message(question);
                Err(KmsError::new(ErrorCode::AccessDeniedException, message))
            }
        }
    }
}

/// What the answer about a key rests on, for whoever wants to know why it was given.
#[derive(Clone, Default)]
pub(crate) struct Basis {
    policy: Option<Arc<Stored<PolicyRecord>>>,
    /// The grants that may name the caller, where the answer was looked for among them.
    grants: Option<Vec<Named>>,
}

/// Whether a grant could make a difference: nothing overrides what a policy denies.
fn may_be_covered(decision: Decision) -> bool {
    match decision {
        Decision::Allow(_) | Decision::Deny(Denial::Explicit(_)) => false,
        Decision::Deny(Denial::Implicit(_) | Denial::Hidden | Denial::HiddenByCiphertext) => true,
    }
}

/// The id that stays behind when a name is used again: of a user, or of the role of a session.
fn unique_id(caller: &Caller) -> Option<&str> {
    use strongroom_auth::Principal;
    match &caller.principal {
        Principal::Root => None,
        Principal::User { unique_id, .. } => Some(unique_id),
        Principal::AssumedRole { role_id, .. } => Some(role_id),
    }
}
