//! Key policies on their way in and out.
//!
//! A policy is kept as the text that was put, with the unique ids of the users and roles that it
//! names. It is compiled when it is first asked, with the ids in place of the names: a user who is
//! deleted and made again is somebody else, to whom the policy gives nothing. Whoever reads the
//! policy sees the names, and the id where nobody has the name any more.
//!
//! AWS: IAM user guide, "AWS JSON policy elements: Principal"; developer guide, "Key policies".

use std::{collections::BTreeMap, sync::Arc};

use strongroom_auth::{
    Caller, Decision, GrantCover, Question, Resource, ResourceKind,
    decision::decide,
    policy::{KeyPolicy, PolicyError, PrincipalPattern, rewrite_principals},
};
use strongroom_model::{AccountId, KeyArn, errors::ErrorCode, limits};

use super::{Aside, Asks as _, RequestFacts, Subject};
use crate::{
    call::Call,
    error::KmsError,
    layout::Home,
    record::PolicyRecord,
    service::Service,
    uses::{KeyUse as _, PutKeyPolicy},
};

impl PolicyRecord {
    /// Reads a policy that somebody wants on a key, and finds out whom it names.
    ///
    /// # Errors
    /// `LimitExceededException` when it is too long; `MalformedPolicyDocumentException` and
    /// `InvalidArnException` when it is none, or names nobody.
    pub(crate) async fn read(service: &Service, home: &Home, text: &str) -> Result<Self, KmsError> {
        let most = limits::KEY_POLICY_BYTES;
        if text.len() > most {
            return Err(KmsError::new(
                ErrorCode::LimitExceededException,
                format!("Policy size must not exceed {most} bytes."),
            ));
        }
        KeyPolicy::parse(text, &|_| true)?;
        let mut names = Vec::new();
        rewrite_principals(text, &mut |name| {
            names.push(name.to_owned());
            None
        });
        let (mut strangers, mut principals) = (Vec::new(), BTreeMap::new());
        for name in names {
            let Some(pattern) = PrincipalPattern::parse_aws(&name) else {
                continue;
            };
            if !service.principal_exists(&pattern).await? {
                strangers.push(pattern);
            } else if let PrincipalPattern::User { .. } | PrincipalPattern::Role { .. } = pattern
                && let Some(id) = service.unique_id(&pattern).await?
            {
                principals.insert(name, id);
            }
        }
        // For AWS's words about principals that do not exist.
        KeyPolicy::parse(text, &|principal| !strangers.contains(principal))?;
        let root = |name: &str| {
            let account = AccountId::parse(name).ok()?;
            Some(format!(
                "arn:{}:iam::{account}:root",
                home.region.partition()
            ))
        };
        let normal = rewrite_principals(text, &mut |name| root(name));
        Ok(Self {
            principals,
            ..Self::new(normal.unwrap_or_else(|| text.to_owned()))
        })
    }

    /// The policy, compiled. One that cannot be read, which no call puts, is none: the key is
    /// closed.
    pub(crate) fn compiled(&self) -> Option<&KeyPolicy> {
        let compile = || {
            let id_of = &mut |name: &str| self.principals.get(name).cloned();
            let bound = rewrite_principals(&self.text, id_of);
            let text = bound.as_deref().unwrap_or(&self.text);
            match KeyPolicy::parse(text, &|_| true) {
                Ok(policy) => Some(Arc::new(policy)),
                Err(error) => {
                    tracing::error!(%error, "a stored key policy cannot be read; its key is closed");
                    None
                }
            }
        };
        self.compiled.get_or_init(compile).as_deref()
    }

    /// The text as it is shown: with the unique ids of users and roles that are gone.
    pub(crate) async fn shown(&self, service: &Service) -> Result<String, KmsError> {
        let mut gone = BTreeMap::new();
        for (name, id) in &self.principals {
            let current = match PrincipalPattern::parse_aws(name) {
                Some(pattern) => service.unique_id(&pattern).await?,
                None => None,
            };
            if current.as_deref() != Some(id) {
                gone.insert(name.as_str(), id);
            }
        }
        if gone.is_empty() {
            return Ok(self.text.clone());
        }
        let id_of = &mut |name: &str| gone.get(name).map(|id| (*id).clone());
        let text = rewrite_principals(&self.text, id_of);
        Ok(text.unwrap_or_else(|| self.text.clone()))
    }
}

impl Call<'_> {
    /// Refuses a policy under which the caller could not put another one: judged with the new
    /// policy, the caller's present policies and the present request.
    ///
    /// # Errors
    /// `MalformedPolicyDocumentException`.
    pub(crate) async fn check_lockout(
        &self,
        policy: &PolicyRecord,
        key: &KeyArn,
        subject: Subject<'_>,
    ) -> Result<(), KmsError> {
        let arn = key.text();
        let (topics, action) = (PutKeyPolicy::TOPICS, PutKeyPolicy::ROW.action);
        let aside = Aside::default();
        let facts = RequestFacts::new(self.request(), topics, action, key.account, subject, aside)
            .in_region(&key.region);
        let root;
        let caller = if !self.service().authorizer().is_open() {
            self.caller()
        } else {
            // Where everybody may do everything, the account should still be able to.
            let Caller {
                partition,
                access_key_id,
                ..
            } = self.caller();
            root = Caller::root(key.account, *partition, access_key_id.clone());
            &root
        };
        let question = Question {
            caller,
            action,
            resource: Resource {
                owner: key.account,
                arn: &arn,
                kind: ResourceKind::Key,
                aws_managed: false,
            },
            cross_account_allowed: false,
            named_by_ciphertext: false,
            facts: &facts,
            key_policy: policy.compiled(),
            grant: GrantCover::No,
        };
        loop {
            let decision = decide(&question);
            if facts.is_behind() {
                facts.catch_up().await?;
                continue;
            }
            return match decision {
                Decision::Allow(_) => Ok(()),
                Decision::Deny(_) => Err(PolicyError::lockout().into()),
            };
        }
    }
}
