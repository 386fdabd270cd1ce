//! AssumeRole, GetSessionToken and GetCallerIdentity: the actions that come with a signature.

use std::{borrow::Cow, sync::Arc};

use strongroom_auth::{
    Applicant, Caller, Decision, Denial, Principal,
    condition_key::fold,
    decision::{Grounds, PolicyKind, RoleQuestion, decide_role},
    policy::{PrincipalPattern, TrustPolicy, document::Version},
};
use strongroom_model::{AccountId, Partition, Timestamp};

use super::{
    AssumeRole, Credentials, GetSessionToken, RoleSession, SessionTag, StsError,
    claims::{Claims, Federation, Holder, Tag},
    facts::RequestFacts,
    issue::issue,
    session_policy,
    told::{self, Told},
};
use crate::{
    audit::Entry,
    error::KmsError,
    identities::Role,
    service::{CallerIdentity, Service},
};

/// How long a session of a role lasts unless the request says otherwise.
const ROLE_SECONDS: i32 = 3600;
/// How long a session lasts at most that another session makes. AWS: IAM user guide, "Roles
/// terms and concepts", role chaining.
const CHAINED_SECONDS: i32 = 3600;
/// How long the own session of a user lasts unless the request says otherwise.
const USER_SECONDS: i32 = 43_200;
/// How long the own session of the root lasts at most.
const ROOT_SECONDS: i32 = 3600;

/// The role that an ARN names.
pub(super) struct RoleName {
    pub(super) partition: Partition,
    pub(super) account: AccountId,
    /// The path, which begins and ends with a slash.
    pub(super) path: Box<str>,
    pub(super) name: Box<str>,
}

impl RoleName {
    pub(super) fn parse(arn: &str) -> Result<Self, StsError> {
        let invalid = || StsError::invalid_arn(arn);
        let Some(PrincipalPattern::Role {
            account,
            path_and_name,
        }) = PrincipalPattern::parse_aws(arn)
        else {
            return Err(invalid());
        };
        let partition = arn.split(':').nth(1).and_then(Partition::parse);
        let at = path_and_name.rfind('/').ok_or_else(invalid)? + 1;
        let (path, name) = path_and_name.split_at(at);
        Ok(Self {
            partition: partition.ok_or_else(invalid)?,
            account,
            path: path.into(),
            name: name.into(),
        })
    }

    /// The role, if there is one of exactly this ARN.
    pub(super) async fn find(
        &self,
        service: &Service,
        arn: &str,
    ) -> Result<Option<Arc<Role>>, KmsError> {
        let role = service.role(self.account, &self.name).await?;
        Ok(role.filter(|role| role.arn() == arn))
    }

    /// Whose session it is: that of the role, or in development that of one which nobody
    /// declared and which is taken at its word.
    pub(super) fn holder(&self, role: Option<&Role>, session_name: &str, chained: bool) -> Holder {
        let (unique_id, path) = match role {
            Some(role) => (role.unique_id.to_string(), &*role.path),
            None => (self.made_up_id(), &*self.path),
        };
        Holder::Role {
            unique_id: unique_id.into(),
            path: path.into(),
            name: self.name.clone(),
            session_name: session_name.into(),
            chained,
            undeclared: role.is_none(),
        }
    }

    /// The unique id of a role that nobody declared: always the same for one account and name.
    fn made_up_id(&self) -> String {
        const LETTERS: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
        let account = self.account.text();
        let digest = strongroom_crypto::identity_fingerprint(&[&account, "role", &self.name]);
        let letters = digest.iter().take(17).map(|byte| {
            let letter = LETTERS.get(usize::from(byte % 32)).copied();
            char::from(letter.unwrap_or(b'A'))
        });
        "AROA".chars().chain(letters).collect()
    }
}

impl Service {
    /// Answers GetCallerIdentity, which needs no permission.
    ///
    /// # Errors
    /// When the entry cannot be recorded.
    pub async fn get_caller_identity(&self, entry: Box<Entry>) -> Result<CallerIdentity, StsError> {
        let caller = entry.caller();
        let identity = CallerIdentity {
            account: caller.account.to_string(),
            arn: caller.arn(),
            user_id: caller.user_id(),
        };
        let told = Told::default();
        self.close_sts(&entry, "GetCallerIdentity", &told, Ok(identity))
            .await
    }

    /// Gives a caller temporary credentials of a role. `wall` is the clock on the wall, by which
    /// the caller is told when they end.
    ///
    /// # Errors
    /// With AWS's refusal.
    pub async fn assume_role(
        &self,
        entry: Box<Entry>,
        input: AssumeRole,
        wall: Timestamp,
    ) -> Result<RoleSession, StsError> {
        let mut told = Told {
            request: told::assume_role(&input),
            ..Told::default()
        };
        let outcome = self
            .make_role_session(&entry, &input, wall, &mut told)
            .await;
        if let Ok(session) = &outcome {
            told.response = told::role_session(session);
        }
        self.close_sts(&entry, "AssumeRole", &told, outcome).await
    }

    async fn make_role_session(
        &self,
        entry: &Entry,
        input: &AssumeRole,
        wall: Timestamp,
        told: &mut Told,
    ) -> Result<RoleSession, StsError> {
        let name = RoleName::parse(&input.role_arn)?;
        told.role = Some((input.role_arn.clone(), name.account));
        if input.second_factor.is_some() {
            return Err(StsError::no_such_second_factor());
        }
        if input.provided_contexts {
            return Err(StsError::validation("ProvidedContexts are not supported."));
        }
        let (policy, arns) = (input.policy.as_deref(), &input.policy_arns);
        session_policy::check(self, name.account, policy, arns).await?;
        let caller = entry.caller();
        let inherited = inherited_tags(caller);
        let tags = session_tags(&input.tags, &input.transitive_tag_keys, inherited)?;
        let source_identity = source_identity(caller, input.source_identity.as_deref())?;

        let role = name.find(self, &input.role_arn).await?;
        let facts = RequestFacts {
            entry,
            now: self.now(),
            owner: name.account,
            session_name: &input.session_name,
            duration_seconds: input.duration_seconds,
            external_id: input.external_id.as_deref(),
            source_identity,
            tags: &input.tags,
            transitive_tag_keys: &input.transitive_tag_keys,
            role_tags: role.as_deref().map_or(&[], |role| &role.standing.tags),
            provider: None,
            claims: &[],
        };
        let mut actions = vec!["sts:AssumeRole"];
        if !tags.is_empty() {
            actions.push("sts:TagSession");
        }
        if source_identity.is_some() {
            actions.push("sts:SetSourceIdentity");
        }
        let nobody = trusts_nobody();
        let trust = role.as_deref().map_or(&nobody, |role| &*role.trust);
        for action in actions {
            self.permit_trusted(
                entry,
                &RoleQuestion {
                    applicant: Applicant::Caller(caller),
                    action,
                    role_arn: &input.role_arn,
                    account: name.account,
                    trust,
                    facts: &facts,
                },
            )?;
        }

        let chained = caller.standing.session_facts.is_some()
            && matches!(caller.principal, Principal::AssumedRole { .. });
        let seconds = role_seconds(role.as_deref(), input.duration_seconds, chained)?;
        let claims = Claims {
            holder: name.holder(role.as_deref(), &input.session_name, chained),
            account: name.account,
            partition: name.partition,
            secret_version: 0,
            issued: Timestamp::default(),
            expires: Timestamp::default(),
            source_identity: source_identity.map(Into::into),
            policy: input.policy.as_deref().map(Into::into),
            policy_arns: arns.iter().map(|arn| arn.as_str().into()).collect(),
            tags,
            federation: None,
        };
        self.role_session(claims, seconds, wall)
    }

    /// Makes a session of a role whose claims are complete but for secret and dates.
    pub(super) fn role_session(
        &self,
        claims: Claims,
        seconds: i32,
        wall: Timestamp,
    ) -> Result<RoleSession, StsError> {
        let Holder::Role {
            unique_id,
            name,
            session_name,
            ..
        } = &claims.holder
        else {
            return Err(KmsError::internal("the session of a role has no role").into());
        };
        let (partition, account) = (claims.partition, claims.account);
        let assumed_role_id = [unique_id, ":", session_name].concat();
        let arn = format!("arn:{partition}:sts::{account}:assumed-role/{name}/{session_name}");
        let source_identity = claims.source_identity.as_deref().map(str::to_owned);
        let (credentials, packed_policy_percent) = issue(self, claims, seconds.into(), wall)?;
        Ok(RoleSession {
            credentials,
            assumed_role_id,
            arn,
            packed_policy_percent,
            source_identity,
            web_identity: None,
        })
    }

    /// Gives a user, or the root, temporary credentials of its own.
    ///
    /// # Errors
    /// With AWS's refusal.
    pub async fn get_session_token(
        &self,
        entry: Box<Entry>,
        input: GetSessionToken,
        wall: Timestamp,
    ) -> Result<Credentials, StsError> {
        let mut told = Told {
            request: told::get_session_token(&input),
            ..Told::default()
        };
        let outcome = self.make_own_session(entry.caller(), &input, wall);
        if let Ok(credentials) = &outcome {
            told.response = serde_json::json!({ "credentials": told::credentials(credentials) });
        }
        self.close_sts(&entry, "GetSessionToken", &told, outcome)
            .await
    }

    fn make_own_session(
        &self,
        caller: &Caller,
        input: &GetSessionToken,
        wall: Timestamp,
    ) -> Result<Credentials, StsError> {
        if input.second_factor.is_some() {
            return Err(StsError::no_such_second_factor());
        }
        let own_already = caller.standing.session_facts.is_some();
        let (holder, seconds) = match &caller.principal {
            Principal::User {
                name, unique_id, ..
            } if !own_already => {
                let holder = Holder::User {
                    unique_id: (&**unique_id).into(),
                    name: (&**name).into(),
                };
                (holder, input.duration_seconds.unwrap_or(USER_SECONDS))
            }
            Principal::Root if !own_already => {
                let seconds = input.duration_seconds.unwrap_or(ROOT_SECONDS);
                (Holder::Root, seconds.min(ROOT_SECONDS))
            }
            _ => {
                return Err(StsError::access_denied(
                    "Cannot call GetSessionToken with session credentials",
                ));
            }
        };
        let claims = Claims {
            holder,
            account: caller.account,
            partition: caller.partition,
            secret_version: 0,
            issued: Timestamp::default(),
            expires: Timestamp::default(),
            source_identity: None,
            policy: None,
            policy_arns: Vec::new(),
            tags: Vec::new(),
            federation: None::<Federation>,
        };
        let (credentials, _) = issue(self, claims, seconds.into(), wall)?;
        Ok(credentials)
    }

    /// Lets a caller through that may do something with a role, and notes why.
    fn permit_trusted(&self, entry: &Entry, question: &RoleQuestion<'_>) -> Result<(), StsError> {
        let caller = entry.caller();
        if self.authorizer().is_open() {
            let own = caller.account == question.account;
            entry.permitted_by(match own {
                true => Grounds::OpenOwnAccount.as_str(),
                false => Grounds::OpenOtherAccount.as_str(),
            });
            return Ok(());
        }
        if caller.is_root() {
            return Err(StsError::access_denied(
                "Roles may not be assumed by root accounts.",
            ));
        }
        let denial = match decide_role(question) {
            Decision::Allow(grounds) => {
                entry.permitted_by(grounds.as_str());
                return Ok(());
            }
            Decision::Deny(denial) => denial,
        };
        entry.permitted_by(denial.as_str());
        let (caller, action, role) = (caller.arn(), question.action, question.role_arn);
        Err(StsError::access_denied(match denial {
            // What the caller's own side denies says nothing about the role.
            Denial::Explicit(kind) if kind != PolicyKind::RoleTrust => {
                denial.text(&caller, action, role)
            }
            // The same for a role that does not exist and for one that is forbidden.
            _ => {
                format!("User: {caller} is not authorized to perform: {action} on resource: {role}")
            }
        }))
    }

    /// Closes the entry of a call of STS, without which nothing leaves.
    pub(super) async fn close_sts<T>(
        &self,
        entry: &Entry,
        name: &str,
        told: &Told,
        outcome: Result<T, StsError>,
    ) -> Result<T, StsError> {
        let error = outcome.as_ref().err();
        if let Some(error) = error
            && let Some(cause) = error.cause()
        {
            let request_id = entry.request_id();
            tracing::warn!(%request_id, event = name, code = error.code(), cause, "call failed");
        }
        let (first, further) = told
            .events(entry, name, error, self.now())
            .map_err(|error| KmsError::internal(format_args!("the entry of {name}: {error}")))?;
        self.append_events(first, further).await?;
        outcome
    }

    /// Closes the entry of a call that was refused before it became an action.
    pub async fn refuse_sts(
        &self,
        entry: Box<Entry>,
        action: Option<&'static str>,
        error: StsError,
    ) -> StsError {
        let name = action.unwrap_or("Unknown");
        match self
            .close_sts::<()>(&entry, name, &Told::default(), Err(error))
            .await
        {
            Err(error) => error,
            Ok(()) => KmsError::internal("a refusal was lost").into(),
        }
    }
}

/// The trust policy of a role that does not exist.
pub(super) fn trusts_nobody() -> TrustPolicy {
    TrustPolicy {
        version: Version::V2012,
        statements: Vec::new(),
    }
}

/// How long a session of a role lasts.
pub(super) fn role_seconds(
    role: Option<&Role>,
    asked: Option<i32>,
    chained: bool,
) -> Result<i32, StsError> {
    let seconds = asked.unwrap_or(ROLE_SECONDS);
    if chained && seconds > CHAINED_SECONDS {
        return Err(StsError::validation(
            "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by \
             role chaining.",
        ));
    }
    let longest = role.map(|role| i64::from(role.max_session_duration_seconds));
    if longest.is_some_and(|longest| i64::from(seconds) > longest) {
        return Err(StsError::validation(
            "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.",
        ));
    }
    Ok(seconds)
}

/// The tags that a session hands on to those that it makes.
fn inherited_tags(caller: &Caller) -> Vec<Tag> {
    let Some(facts) = &caller.standing.session_facts else {
        return Vec::new();
    };
    let transitive = |key: &str| facts.transitive_tag_keys.iter().any(|own| **own == *key);
    caller
        .standing
        .tags
        .iter()
        .filter(|(key, _)| transitive(key))
        .map(|(key, value)| Tag {
            key: key.clone(),
            value: value.clone(),
            transitive: true,
        })
        .collect()
}

/// The tags of a session: those that it inherits and those that the request gives it.
pub(super) fn session_tags(
    given: &[SessionTag],
    transitive: &[String],
    mut inherited: Vec<Tag>,
) -> Result<Vec<Tag>, StsError> {
    let transitive: Vec<_> = transitive.iter().map(|key| fold(key)).collect();
    for (at, tag) in given.iter().enumerate() {
        let folded = fold(&tag.key);
        if folded.starts_with("aws:") {
            return Err(StsError::invalid_parameter(
                "Tag keys that begin with aws: are reserved.",
            ));
        }
        if given
            .iter()
            .take(at)
            .any(|other| fold(&other.key) == folded)
        {
            return Err(StsError::invalid_parameter(
                "Duplicate tag keys found. Please note that Tag keys are case insensitive.",
            ));
        }
        if inherited.iter().any(|tag| fold(&tag.key) == folded) {
            return Err(StsError::invalid_parameter(
                "One of the specified transitive tag keys can't be set because it conflicts with \
                 a transitive tag key from the calling session.",
            ));
        }
    }
    let is_given = |key: &Cow<str>| given.iter().any(|tag| fold(&tag.key) == *key);
    if !transitive.iter().all(is_given) {
        return Err(StsError::invalid_parameter(
            "The specified transitive tag key must be included in the requested tags.",
        ));
    }
    inherited.extend(given.iter().map(|tag| Tag {
        key: tag.key.clone(),
        value: tag.value.clone(),
        transitive: transitive.contains(&fold(&tag.key)),
    }));
    Ok(inherited)
}

/// The source identity of a session: once there is one, it stays through all roles.
fn source_identity<'a>(
    caller: &'a Caller,
    asked: Option<&'a str>,
) -> Result<Option<&'a str>, StsError> {
    let facts = caller.standing.session_facts.as_ref();
    match (
        facts.and_then(|facts| facts.source_identity.as_deref()),
        asked,
    ) {
        (Some(set), Some(asked)) if set != asked => Err(StsError::validation(
            "The source identity is already set for this assume role session",
        )),
        (Some(set), _) => Ok(Some(set)),
        (None, Some(asked)) if asked.starts_with("aws:") => Err(StsError::validation(
            "Source identities that begin with aws: are reserved.",
        )),
        (None, asked) => Ok(asked),
    }
}
