//! Calls that nobody made: whether somebody could do something, as things are or under a policy
//! that is only proposed.
//!
//! The question is put to the same evaluation as that of a call. What it rests on is read and
//! nothing is written: not the state of a key that is overdue, not the last use. What a call would
//! have brought along, such as its encryption context, is given; what is neither given nor follows
//! from the state counts as absent, and whoever asks is told if a policy wanted to know it.

use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::{Arc, Mutex, PoisonError},
};

use serde::{Deserialize, Serialize};
use strongroom_auth::{
    Caller, ConditionKey, Decision, Denial, Explanation, Facts, GrantCover, NamedPolicy, Principal,
    Question, Resource, ResourceKind, Standing, Values, decide,
    decision::Grounds,
    explain,
    identity::development_caller,
    policy::{DocumentError, IdentityPolicy, KeyPolicy, PrincipalPattern},
};
use strongroom_model::{
    AccountId, EncryptionContext, KeyRef, Region,
    key_ref::{NamedAlias, NamedKey},
};

use super::{
    facts::{date, topic_of},
    grants::{Considered, cover},
    topics::{ACCOUNT_USE_TOPICS, KEY_USE_TOPICS, Topics},
};
use crate::{
    call::Key,
    error::KmsError,
    identities::PARTITION,
    layout::Home,
    managed,
    record::PolicyRecord,
    service::Service,
    uses::{ACCOUNT_USES, ALIAS_USES, Grants, KEY_USES, KeyUseRow, Reach},
};

/// How the condition keys of an encryption context begin.
const CONTEXT: &str = "kms:EncryptionContext:";
/// The name of the session of a role that is named without one.
const SESSION: &str = "simulated";

/// Whether somebody may do something, to be answered without doing it.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Simulation {
    /// The ARN of the root of an account, a user, a role, or a role's session.
    pub principal: String,
    /// The action: `kms:Decrypt`.
    pub action: String,
    /// The ARN of a key or an alias, or `*`.
    pub resource: String,
    /// What the request has under condition keys, in the order in which it was given.
    pub context: Vec<(String, String)>,
    /// Policies in place of those that are stored.
    pub proposed: Proposed,
}

/// Policies in place of those that are stored.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Proposed {
    /// The key policy.
    pub key_policy: Option<String>,
    /// A policy in place of all identity policies of the principal.
    pub identity_policy: Option<String>,
}

/// The answer to a [`Simulation`].
#[derive(Clone, Debug, Serialize)]
pub struct Simulated {
    /// The decision, and why.
    #[serde(flatten)]
    pub explanation: Explanation,
    /// Condition keys that a policy asked for and that were not given: they counted as absent.
    pub not_given: Vec<String>,
    /// What was given and does not count, in sentences.
    pub ignored: Vec<String>,
}

/// Why a simulation cannot be answered.
#[derive(Debug, thiserror::Error)]
pub enum SimulationError {
    /// The question makes no sense, in a sentence.
    #[error("{0}")]
    Question(String),
    /// A policy that is proposed is none.
    #[error("the proposed identity policy is refused: {0}")]
    IdentityPolicy(#[from] DocumentError),
    /// A policy that is proposed is none.
    #[error("the proposed key policy is refused: {0}")]
    KeyPolicy(KmsError),
    /// What has to be read for it cannot be.
    #[error(transparent)]
    Failed(#[from] KmsError),
}

pub(super) fn no(sentence: impl Into<String>) -> SimulationError {
    SimulationError::Question(sentence.into())
}

/// An action on a kind of resource, from the table of uses.
#[derive(Clone, Copy)]
pub(super) struct Use {
    pub(super) action: &'static str,
    reach: Reach,
    grants: Grants,
    topics: Topics,
}

impl Use {
    /// The use of a key whose action is this one, in any spelling.
    pub(super) fn of_key(action: &str) -> Option<Self> {
        let named = |row: &&KeyUseRow| row.action.eq_ignore_ascii_case(action);
        let row = KEY_USES.iter().find(named)?;
        let (_, topics) = KEY_USE_TOPICS.iter().find(|(name, _)| *name == row.name)?;
        Some(Self {
            action: row.action,
            reach: row.reach,
            grants: row.grants,
            topics: *topics,
        })
    }

    fn of_alias(action: &str) -> Option<Self> {
        let mut rows = ALIAS_USES.iter();
        let (_, action) = rows.find(|(_, known)| known.eq_ignore_ascii_case(action))?;
        Some(Self::of_own(action, Topics::NONE))
    }

    fn of_account(action: &str) -> Option<Self> {
        let mut rows = ACCOUNT_USES.iter();
        let (use_name, action) = rows.find(|(_, known)| known.eq_ignore_ascii_case(action))?;
        let mut rows = ACCOUNT_USE_TOPICS.iter();
        let (_, topics) = rows.find(|(name, _)| name == use_name)?;
        Some(Self::of_own(action, *topics))
    }

    fn of_own(action: &'static str, topics: Topics) -> Self {
        Self {
            action,
            reach: Reach::OwnAccount,
            grants: Grants::DoNotCount,
            topics,
        }
    }
}

/// What a question is about.
enum Target {
    Key(Box<Key>),
    Alias(Home, String),
    Account,
}

/// What is known of a request that was not made, or not now.
#[derive(Default)]
pub(super) struct SupposedFacts {
    topics: Option<Topics>,
    values: HashMap<ConditionKey, Vec<String>>,
    /// The pairs themselves, which grants compare.
    context: BTreeMap<String, String>,
    /// Whether the whole encryption context is known, even if it is empty.
    pub(super) context_is_known: bool,
    /// Whether all tags of the request are known, even if there are none.
    pub(super) tags_are_known: bool,
    /// Keys that a policy asked for and of which nothing is known.
    wanted: Mutex<BTreeSet<String>>,
}

impl SupposedFacts {
    pub(super) fn of(use_: Use) -> Self {
        Self {
            topics: Some(use_.topics),
            ..Self::default()
        }
    }

    /// Adds a value under a key, by the name that policies have for it.
    pub(super) fn add(&mut self, name: &str, value: impl Into<String>) {
        let value = value.into();
        let start = name.get(..CONTEXT.len()).unwrap_or_default();
        if start.eq_ignore_ascii_case(CONTEXT)
            && let Some(pair) = name.get(CONTEXT.len()..)
        {
            self.context.insert(pair.to_owned(), value.clone());
            let keys = self.values.entry(ConditionKey::EncryptionContextKeys);
            keys.or_default().push(pair.to_owned());
            self.context_is_known = true;
        }
        let key = ConditionKey::parse(name);
        self.values.entry(key).or_default().push(value);
    }

    /// Sets a key, also to nothing, unless it has a value.
    pub(super) fn assume(&mut self, key: ConditionKey, values: Vec<String>) {
        self.values.entry(key).or_insert(values);
    }

    /// Whether the use has the key.
    fn has(&self, key: &ConditionKey) -> bool {
        match (topic_of(key), self.topics) {
            (Some(topic), Some(topics)) => topics.contains(topic),
            _ => true,
        }
    }

    pub(super) fn encryption_context(&self) -> EncryptionContext {
        self.context.clone().into()
    }

    /// What was asked for and is not known, since this was last called.
    pub(super) fn take_wanted(&self) -> BTreeSet<String> {
        let mut wanted = self.wanted.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut *wanted)
    }

    fn note(&self, key: &ConditionKey) {
        let mut wanted = self.wanted.lock().unwrap_or_else(PoisonError::into_inner);
        wanted.insert(key.to_string());
    }

    /// Fills in what follows from the state of a key, and from the defaults of requests.
    pub(super) async fn fill_in(&mut self, service: &Service, key: &Key) -> Result<(), KmsError> {
        use ConditionKey as K;
        let record = key.record();
        let one = |text: &str| vec![text.to_owned()];
        self.assume(K::KeySpec, one(record.spec.as_str()));
        self.assume(K::CustomerMasterKeySpec, one(record.spec.as_str()));
        self.assume(K::KeyUsage, one(record.usage.as_str()));
        self.assume(K::CustomerMasterKeyUsage, one(record.usage.as_str()));
        self.assume(K::KeyOrigin, one(record.origin.as_str()));
        let relatives = record.multi_region.as_ref();
        self.assume(
            K::MultiRegion,
            one(if relatives.is_some() { "true" } else { "false" }),
        );
        let kind = relatives.map(|relatives| {
            let primary = relatives.primary == key.home().region;
            (if primary { "PRIMARY" } else { "REPLICA" }).to_owned()
        });
        self.assume(K::MultiRegionKeyType, kind.into_iter().collect());
        for tag in &record.tags {
            let name = ["aws:ResourceTag/", &tag.key].concat();
            self.assume(K::parse(&name), one(&tag.value));
        }
        let aliases = service.permissions().aliases_of(service, key).await?;
        self.assume(K::ResourceAliases, aliases.to_vec());
        Ok(())
    }
}

impl Facts for SupposedFacts {
    fn values<'f>(&'f self, key: &ConditionKey) -> Values<'f> {
        if !self.has(key) {
            return Values::Absent;
        }
        if let Some(values) = self.values.get(key) {
            return values
                .iter()
                .map(|value| Cow::from(value.as_str()))
                .collect();
        }
        let known = match key {
            // What the key or its policy does not have, nobody has to give.
            ConditionKey::ResourceTag(_) => true,
            ConditionKey::EncryptionContext(_) | ConditionKey::EncryptionContextKeys => {
                self.context_is_known
            }
            ConditionKey::RequestTag(_) => self.tags_are_known,
            _ => false,
        };
        if !known {
            self.note(key);
        }
        Values::Absent
    }
}

impl Service {
    /// Whether somebody may do something, and why.
    ///
    /// # Errors
    /// A sentence about the question, or what failed.
    pub async fn simulate(&self, simulation: &Simulation) -> Result<Simulated, SimulationError> {
        let Simulation {
            principal,
            action,
            resource,
            context,
            proposed,
        } = simulation;
        let mut caller = self.supposed_caller(principal).await?;
        if let Some(text) = &proposed.identity_policy {
            if caller.is_root() {
                return Err(no("the root of an account has no identity policies"));
            }
            let policy = NamedPolicy {
                name: "proposed".into(),
                policy: Arc::new(IdentityPolicy::parse(text)?),
            };
            caller.standing = Arc::new(Standing {
                policies: vec![policy],
                ..(*caller.standing).clone()
            });
        }
        let (target, alias) = self.target(resource, action, &caller).await?;
        let use_ = match &target {
            Target::Key(_) => Use::of_key(action),
            Target::Alias(..) => Use::of_alias(action),
            Target::Account => Use::of_account(action),
        };
        let use_ = use_.ok_or_else(|| unsuited(action, resource))?;
        if use_.action == "kms:RetireGrant" {
            return Err(no(
                "who may retire a grant depends on the grant, which no simulation names",
            ));
        }
        let mut facts = SupposedFacts::of(use_);
        let mut ignored = Vec::new();
        for (name, value) in context {
            let key = ConditionKey::parse(name);
            if follows_from_caller(&key) {
                return Err(no(format!(
                    "{name} follows from the principal and cannot be given"
                )));
            }
            if !facts.has(&key) {
                ignored.push(format!(
                    "{} has no {name}, so it does not count.",
                    use_.action
                ));
            }
            facts.add(name, value.as_str());
        }
        if let Some(alias) = alias {
            facts.assume(ConditionKey::RequestAlias, vec![alias]);
        }
        self.fill_in_present(&mut facts, &target, &caller);
        let proposed = match (&target, &proposed.key_policy) {
            (_, None) => None,
            (Target::Key(key), Some(text)) => Some(self.proposed(key, text).await?),
            (_, Some(_)) => {
                return Err(no(format!(
                    "{resource} is no key, and only keys have a policy of their own; \
                     --with-identity-policy proposes one of the principal"
                )));
            }
        };
        let explanation = match &target {
            Target::Key(key) => {
                facts.fill_in(self, key).await?;
                let explained =
                    self.about_key(&caller, key, use_, &facts, proposed.as_ref(), explain);
                let explained = explained.await?;
                self.with_grants(explained, &caller, key, use_, &facts)
                    .await?
            }
            Target::Alias(home, arn) => explain(&Question {
                resource: Resource {
                    owner: home.account,
                    arn,
                    kind: ResourceKind::Alias,
                    aws_managed: false,
                },
                ..bare(&caller, use_, &facts)
            }),
            Target::Account => explain(&bare(&caller, use_, &facts)),
        };
        Ok(Simulated {
            explanation,
            not_given: facts.take_wanted().into_iter().collect(),
            ignored,
        })
    }

    /// The explanation with the grants that could make a difference.
    async fn with_grants(
        &self,
        mut explained: Explanation,
        caller: &Caller,
        key: &Key,
        use_: Use,
        facts: &SupposedFacts,
    ) -> Result<Explanation, KmsError> {
        let by_policy = match explained.decision {
            Decision::Allow(grounds) => grounds != Grounds::Grant,
            Decision::Deny(denial) => matches!(denial, Denial::Explicit(_)),
        };
        if by_policy || use_.grants != Grants::Count {
            return Ok(explained);
        }
        let context = facts.encryption_context();
        let (_, looked_at) = cover(self, caller, key, use_.action, Some(&context), None).await?;
        let considered = Considered {
            caller,
            key,
            action: use_.action,
            context: Some(&context),
            child: None,
            looked_at: &looked_at,
            decided: explained.decision == Decision::Allow(Grounds::Grant),
        };
        explained.grants = Some(considered.reports(self).await?);
        Ok(explained)
    }

    /// A key policy that is proposed, checked as PutKeyPolicy would check it.
    pub(super) async fn proposed(
        &self,
        key: &Key,
        text: &str,
    ) -> Result<PolicyRecord, SimulationError> {
        let read = PolicyRecord::read(self, key.home(), text).await;
        read.map_err(SimulationError::KeyPolicy)
    }

    /// Puts a question about a key, under its own policy or a proposed one.
    pub(super) async fn about_key<T>(
        &self,
        caller: &Caller,
        key: &Key,
        use_: Use,
        facts: &SupposedFacts,
        proposed: Option<&PolicyRecord>,
        answer: impl Fn(&Question<'_>) -> T,
    ) -> Result<T, KmsError> {
        let arn = key.arn().text();
        let stored = self.permissions().policy_of(self, key).await?;
        let stored: Option<&KeyPolicy> =
            stored.as_ref().and_then(|policy| policy.record.compiled());
        let context = facts.encryption_context();
        let grant = if use_.grants == Grants::Count {
            cover(self, caller, key, use_.action, Some(&context), None)
                .await?
                .0
        } else {
            GrantCover::No
        };
        Ok(answer(&Question {
            resource: Resource {
                owner: key.home().account,
                arn: &arn,
                kind: ResourceKind::Key,
                aws_managed: managed::is(key.record()),
            },
            cross_account_allowed: use_.reach == Reach::AnyAccount,
            key_policy: proposed.map_or(stored, PolicyRecord::compiled),
            grant,
            ..bare(caller, use_, facts)
        }))
    }

    /// Whether it is allowed, and which condition keys were asked for that are not known.
    pub(super) async fn judge_supposed(
        &self,
        caller: &Caller,
        key: &Key,
        use_: Use,
        facts: &SupposedFacts,
        proposed: Option<&PolicyRecord>,
    ) -> Result<(bool, BTreeSet<String>), KmsError> {
        let decision = self.about_key(caller, key, use_, facts, proposed, decide);
        let allowed = matches!(decision.await?, Decision::Allow(_));
        Ok((allowed, facts.take_wanted()))
    }

    /// Who a principal is, as things are now.
    async fn supposed_caller(&self, arn: &str) -> Result<Caller, SimulationError> {
        let pattern = PrincipalPattern::parse_aws(arn);
        let found = match &pattern {
            Some(pattern) => self.caller_named(pattern).await?,
            None => None,
        };
        found.ok_or_else(|| match pattern {
            Some(
                PrincipalPattern::User { .. }
                | PrincipalPattern::Role { .. }
                | PrincipalPattern::Session { .. },
            ) => no(format!(
                "there is no {arn}; `strongroom identity` shows who there is"
            )),
            _ => no(format!(
                "{arn} is not the ARN of the root of an account, a user, a role or a role's session"
            )),
        })
    }

    /// The root, user or session that a principal names; of a role, a session.
    pub(super) async fn caller_named(
        &self,
        pattern: &PrincipalPattern,
    ) -> Result<Option<Caller>, KmsError> {
        let access_key_id = development_caller(SESSION, PARTITION).access_key_id;
        let caller = |account, principal, standing: &Arc<Standing>| Caller {
            account,
            partition: PARTITION,
            principal,
            access_key_id: access_key_id.clone(),
            standing: Arc::clone(standing),
        };
        let (account, role_name, path, session_name) = match pattern {
            PrincipalPattern::Account(account) => {
                return Ok(Some(Caller::root(*account, PARTITION, access_key_id)));
            }
            PrincipalPattern::User {
                account,
                path_and_name,
            } => {
                let name = path_and_name.rsplit('/').next().unwrap_or_default();
                let user = self.user(*account, name).await?;
                let user = user.filter(|user| [&*user.path, name].concat() == **path_and_name);
                return Ok(user.map(|user| {
                    let principal = Principal::User {
                        path: Arc::clone(&user.path),
                        name: Arc::clone(&user.name),
                        unique_id: Arc::clone(&user.unique_id),
                    };
                    caller(*account, principal, &user.standing)
                }));
            }
            PrincipalPattern::Role {
                account,
                path_and_name,
            } => {
                let name = path_and_name.rsplit('/').next().unwrap_or_default();
                (account, name, Some(&**path_and_name), SESSION)
            }
            PrincipalPattern::Session {
                account,
                role_name,
                session_name,
            } => (account, &**role_name, None, &**session_name),
            _ => return Ok(None),
        };
        let role = self.role(*account, role_name).await?;
        let same = |wanted: &str, found: &str| wanted == [found, role_name].concat();
        let role = role.filter(|role| path.is_none_or(|path| same(path, &role.path)));
        Ok(role.map(|role| {
            let principal = Principal::AssumedRole {
                role_path: Arc::clone(&role.path),
                role_name: Arc::clone(&role.name),
                role_id: Arc::clone(&role.unique_id),
                session_name: session_name.into(),
            };
            caller(*account, principal, &role.standing)
        }))
    }

    /// The resource of that name, and the alias by which it is named.
    async fn target(
        &self,
        resource: &str,
        action: &str,
        caller: &Caller,
    ) -> Result<(Target, Option<String>), SimulationError> {
        if resource == "*" {
            return Ok((Target::Account, None));
        }
        let Some((home, name)) = parts(resource) else {
            return Err(no(format!(
                "{resource} is neither the ARN of a key or an alias nor *"
            )));
        };
        let alias = name.starts_with("alias/").then(|| name.to_owned());
        if alias.is_some() && Use::of_alias(action).is_some() {
            return Ok((Target::Alias(home, resource.to_owned()), None));
        }
        let key = self.present_key(&home, name).await?;
        let key = key.ok_or_else(|| {
            let foreign = if home.account == caller.account {
                ""
            } else {
                " in that account"
            };
            no(format!("there is no {resource}{foreign}"))
        })?;
        Ok((Target::Key(Box::new(key)), alias))
    }

    /// The key of an id or alias, if there is one at this moment. Nothing that is due is done.
    pub(super) async fn present_key(
        &self,
        home: &Home,
        name: &str,
    ) -> Result<Option<Key>, KmsError> {
        let bare = name.strip_prefix("key/").unwrap_or(name);
        let Ok(reference) = KeyRef::parse(bare, &home.region) else {
            return Ok(None);
        };
        let id = match reference {
            KeyRef::KeyId(NamedKey::Id(id)) => id,
            KeyRef::AliasName(NamedAlias::Name(name)) => {
                match self.shelves().get(&home.alias(&name)).await? {
                    Some(alias) => alias.record.target,
                    None => return Ok(None),
                }
            }
            _ => return Ok(None),
        };
        let now = self.now();
        let stored = self.shelves().get(&home.key(id)).await?;
        match stored.filter(|stored| stored.record.alive(now)) {
            Some(stored) => Key::new(self, home, id, stored, now).await.map(Some),
            None => Ok(None),
        }
    }

    /// What is true at this moment of a request that is not made.
    fn fill_in_present(&self, facts: &mut SupposedFacts, target: &Target, caller: &Caller) {
        use ConditionKey as K;
        let now = self.now();
        let home = match target {
            Target::Key(key) => Some(key.home()),
            Target::Alias(home, _) => Some(home),
            Target::Account => None,
        };
        let owner = home.map_or(caller.account, |home| home.account);
        facts.assume(K::ResourceAccount, vec![owner.to_string()]);
        facts.assume(K::CallerAccount, vec![caller.account.to_string()]);
        if let Some(home) = home {
            facts.assume(K::RequestedRegion, vec![home.region.as_str().to_owned()]);
        }
        facts.assume(K::CurrentTime, vec![date(now)]);
        let seconds = now.as_millis().div_euclid(1000);
        facts.assume(K::EpochTime, vec![seconds.to_string()]);
        no_service_calls(facts);
    }
}

/// No AWS service calls for anybody here.
pub(super) fn no_service_calls(facts: &mut SupposedFacts) {
    facts.assume(ConditionKey::ViaService, Vec::new());
    let no = vec!["false".to_owned()];
    facts.assume(ConditionKey::GrantIsForAwsResource, no);
}

/// A question about the caller's own account as a whole.
fn bare<'a>(caller: &'a Caller, use_: Use, facts: &'a SupposedFacts) -> Question<'a> {
    Question {
        caller,
        action: use_.action,
        resource: Resource {
            owner: caller.account,
            arn: "*",
            kind: ResourceKind::Account,
            aws_managed: false,
        },
        cross_account_allowed: false,
        named_by_ciphertext: false,
        facts,
        key_policy: None,
        grant: GrantCover::No,
    }
}

/// Where a resource of KMS is, and what it is called there.
pub(super) fn parts(arn: &str) -> Option<(Home, &str)> {
    let mut fields = arn.splitn(6, ':');
    let mut next = || fields.next();
    let ("arn", _, "kms", region, account, name) =
        (next()?, next()?, next()?, next()?, next()?, next()?)
    else {
        return None;
    };
    let home = Home {
        account: AccountId::parse(account).ok()?,
        region: Region::parse(region).ok()?,
    };
    (name.starts_with("key/") || name.starts_with("alias/")).then_some((home, name))
}

/// Whether the evaluation takes the key from the caller, whatever a request says.
fn follows_from_caller(key: &ConditionKey) -> bool {
    use ConditionKey as K;
    matches!(
        key,
        K::PrincipalArn
            | K::PrincipalAccount
            | K::PrincipalType
            | K::PrincipalTag(_)
            | K::PrincipalIsAwsService
            | K::ViaAwsService
            | K::UserId
            | K::Username
            | K::TokenIssueTime
            | K::MultiFactorAuthPresent
            | K::MultiFactorAuthAge
            | K::FederatedProvider
            | K::SourceIdentity
            | K::CallerAccount
            | K::EncryptionContextKeys
    )
}

/// Why an action cannot be done to a resource.
fn unsuited(action: &str, resource: &str) -> SimulationError {
    let fits = if Use::of_key(action).is_some() {
        "a key"
    } else if Use::of_alias(action).is_some() {
        "an alias"
    } else if Use::of_account(action).is_some() {
        "*"
    } else {
        return no(format!(
            "{action} is no action of KMS; ReEncrypt asks for kms:ReEncryptFrom and \
             kms:ReEncryptTo"
        ));
    };
    no(format!("{action} is not done to {resource} but to {fits}"))
}
