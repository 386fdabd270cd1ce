//! What a proposed key policy would have meant for the calls of the past.
//!
//! The journal is read again, and every call that was about the key is judged once under the
//! policy that the key has and once under the proposed one, from what the entry tells of it. What
//! no entry tells is not guessed: where it could matter, the call is counted among those that
//! cannot be judged, with what is missing.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    path::{Path, PathBuf},
    sync::Arc,
};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use strongroom_auth::{
    Caller, ConditionKey, Explanation, Principal, SessionFacts, Standing, explain,
    explain::PrincipalFit, policy::PrincipalPattern,
};
use strongroom_model::Timestamp;
use strongroom_store::journal::read_back_to;

use super::{
    facts::date,
    suppose::{SimulationError, SupposedFacts, Use, no, no_service_calls, parts},
};
use crate::{aside, call::Key, error::KmsError, record::PolicyRecord, service::Service};

/// Lines of the journal that are read before they are judged.
const BATCH: usize = 4096;
/// Lines stand in the order in which calls ended, but for this long: threads overtake each other,
/// and a clock is set back now and then.
const OUT_OF_ORDER_MILLIS: i64 = 3_600_000;
/// Groups that are told apart; what comes on top is counted in one.
const GROUPS: usize = 10_000;
/// Verdicts that are kept, for calls that differ in their time alone.
const VERDICTS: usize = 20_000;
/// A user agent of this many bytes may have been cut off.
const USER_AGENT_BYTES: usize = 1000;
/// Stands for the id of a request that an entry does not have.
const ABSENT: &str = "-";

/// A policy that is proposed for a key, and how far to look back.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WhatIf {
    /// The ARN of the key, or its id.
    pub key: String,
    /// The policy.
    pub policy: String,
    /// How far to look back, in milliseconds.
    pub since_millis: i64,
}

/// What the policy would have meant.
#[derive(Debug, Serialize)]
pub struct Effects {
    /// The ARN of the key.
    pub key: String,
    /// From when on calls were looked at.
    pub since: String,
    /// Calls about the key whose permission was decided and that were judged again.
    pub judged: u64,
    /// Those that were allowed, and that the proposed policy would deny.
    pub newly_denied: Tally,
    /// Those that were denied, and that the proposed policy would allow.
    pub newly_allowed: Tally,
    /// Those that the proposed policy decides differently from then, and the present state too:
    /// policies, identities or grants have changed meanwhile.
    pub changed_meanwhile: Tally,
    /// Those that cannot be judged from the record.
    pub not_judged: Tally,
    /// What the verdicts take for granted, in sentences.
    pub assumptions: Vec<String>,
}

/// Calls, grouped by principal and action.
#[derive(Debug, Default, Serialize)]
pub struct Tally {
    /// How many there are.
    pub calls: u64,
    /// The groups, the largest first.
    pub groups: Vec<Group>,
}

/// Calls of one principal that are alike.
#[derive(Debug, Serialize)]
pub struct Group {
    /// The principal's ARN.
    pub principal: String,
    /// The action.
    pub action: String,
    /// Why they could not be judged, or what the verdict depends on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub because: Option<String>,
    /// How many there are.
    pub calls: u64,
    /// When the first ended.
    pub first: String,
    /// When the last ended.
    pub last: String,
    /// The id of the request of the last.
    pub request_id: String,
}

/// What became of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Verdict {
    Same,
    NewlyDenied,
    NewlyAllowed(Option<&'static str>),
    ChangedMeanwhile,
    NotJudged(String),
}

/// Groups in the making.
#[derive(Default)]
struct Groups(BTreeMap<(String, String, Option<String>), Group>);

impl Groups {
    fn add(&mut self, event: &Event, action: &str, because: Option<String>) {
        let mut name = (event.principal.clone(), action.to_owned(), because);
        if self.0.len() >= GROUPS && !self.0.contains_key(&name) {
            name = (
                "*".to_owned(),
                "*".to_owned(),
                Some(format!("more than {GROUPS} principals and actions")),
            );
        }
        let group = self.0.entry(name);
        let group = group.or_insert_with_key(|(principal, action, because)| Group {
            principal: principal.clone(),
            action: action.clone(),
            because: because.clone(),
            calls: 0,
            first: event.time.clone(),
            last: event.time.clone(),
            request_id: event.request_id.clone(),
        });
        group.calls += 1;
        if event.time < group.first {
            group.first.clone_from(&event.time);
        }
        if event.time >= group.last {
            group.last.clone_from(&event.time);
            group.request_id.clone_from(&event.request_id);
        }
    }

    fn tally(self) -> Tally {
        let mut groups: Vec<_> = self.0.into_values().collect();
        groups.sort_by_key(|group| std::cmp::Reverse(group.calls));
        Tally {
            calls: groups.iter().map(|group| group.calls).sum(),
            groups,
        }
    }
}

/// What an entry tells of a call about the key.
struct Event {
    principal: String,
    time: String,
    request_id: String,
    at: Timestamp,
    /// Whether the uses below were allowed.
    allowed: bool,
    /// What the call did to the key, by the names of actions.
    actions: Vec<&'static str>,
    entry: Value,
}

impl Service {
    /// What a proposed key policy would have meant for the calls of the past.
    ///
    /// # Errors
    /// A sentence about the question, or what failed.
    pub async fn what_if(&self, what_if: &WhatIf) -> Result<Effects, SimulationError> {
        let now = self.now();
        let since = now.plus_millis(what_if.since_millis.saturating_neg());
        let dir = self.journal_dir().await?;
        let begins = date(since.plus_millis(-OUT_OF_ORDER_MILLIS));
        let key = self.key_of_the_journal(&dir, &begins, &what_if.key).await?;
        let policy = self.proposed(&key, &what_if.policy).await?;
        let head = self.journal_head();
        let arn = key.arn().text();

        let mut found = Found::default();
        let mut verdicts = HashMap::new();
        let lines = aside("what-if", move || lines_since(&dir, &begins)).await;
        let mut lines = lines.map_err(KmsError::internal)??;
        loop {
            let (wanted, from) = (arn.clone(), date(since));
            let read = aside("what-if", move || batch(lines, head, &wanted, &from)).await;
            let (events, rest) = read.map_err(KmsError::internal)??;
            for event in events {
                self.judge_event(&key, &policy, &event, &mut verdicts, &mut found)
                    .await?;
            }
            match rest {
                Some(rest) => lines = rest,
                None => break,
            }
        }
        Ok(Effects {
            key: arn,
            since: date(since),
            judged: found.judged,
            newly_denied: found.denied.tally(),
            newly_allowed: found.allowed.tally(),
            changed_meanwhile: found.changed.tally(),
            not_judged: found.not_judged.tally(),
            assumptions: vec![
                "The identities, grants, tags and aliases of the present are taken, whatever they \
                 were at the time of a call."
                    .to_owned(),
                "Uses of the key whose permission an entry does not tell, because the call failed \
                 before or was refused for another resource, are not counted."
                    .to_owned(),
            ],
        })
    }

    /// The key that an ARN names, or an id that entries of the journal mention.
    async fn key_of_the_journal(
        &self,
        dir: &Path,
        begins: &str,
        name: &str,
    ) -> Result<Key, SimulationError> {
        let arn = if name.starts_with("arn:") {
            name.to_owned()
        } else {
            let (dir, ending) = (dir.to_owned(), [":key/", name].concat());
            let begins = begins.to_owned();
            let found = aside("what-if", move || {
                lines_since(&dir, &begins).map(|lines| mentioned(lines, &ending))
            });
            let found = found.await.map_err(KmsError::internal)??;
            let mut found = found.into_iter();
            match (found.next(), found.next()) {
                (Some(arn), None) => arn,
                (None, _) => {
                    return Err(no(format!(
                        "no call to a key with the id {name} is in the journal of that time; give its \
                         ARN"
                    )));
                }
                (Some(_), Some(_)) => {
                    return Err(no(format!(
                        "there are keys with the id {name} in several Regions; give the ARN"
                    )));
                }
            }
        };
        let key = match parts(&arn) {
            Some((home, id)) if id.starts_with("key/") => self.present_key(&home, id).await?,
            _ => return Err(no(format!("{arn} is not the ARN of a key"))),
        };
        key.ok_or_else(|| no(format!("there is no {arn}")))
    }

    async fn judge_event(
        &self,
        key: &Key,
        policy: &PolicyRecord,
        event: &Event,
        verdicts: &mut HashMap<String, Verdict>,
        found: &mut Found,
    ) -> Result<(), KmsError> {
        for action in &event.actions {
            let Some(use_) = Use::of_key(action) else {
                continue;
            };
            let shape = shape(event, action);
            let verdict = match verdicts.get(&shape) {
                Some(verdict) => verdict.clone(),
                None => {
                    let (verdict, depends_on_time) = self.verdict(key, policy, event, use_).await?;
                    if !depends_on_time && verdicts.len() < VERDICTS {
                        verdicts.insert(shape, verdict.clone());
                    }
                    verdict
                }
            };
            found.add(event, action, verdict);
        }
        Ok(())
    }

    /// What becomes of a use, and whether that depends on its time.
    async fn verdict(
        &self,
        key: &Key,
        policy: &PolicyRecord,
        event: &Event,
        use_: Use,
    ) -> Result<(Verdict, bool), KmsError> {
        let caller = match self.caller_of(event).await? {
            Ok(caller) => caller,
            Err(reason) => return Ok((Verdict::NotJudged(reason), false)),
        };
        let mut facts = facts_of(event, use_, &caller, key);
        facts.fill_in(self, key).await?;
        let (_, wanted) = self
            .judge_supposed(&caller, key, use_, &facts, Some(policy))
            .await?;
        let (_, more) = self
            .judge_supposed(&caller, key, use_, &facts, None)
            .await?;
        let on_time = |name: &String| {
            [ConditionKey::CurrentTime, ConditionKey::EpochTime]
                .iter()
                .any(|key| key.to_string() == *name)
        };
        let depends_on_time = wanted.iter().chain(&more).any(on_time);
        let seconds = event.at.as_millis().div_euclid(1000);
        facts.assume(ConditionKey::CurrentTime, vec![event.time.clone()]);
        facts.assume(ConditionKey::EpochTime, vec![seconds.to_string()]);
        let (proposed, mut unknown) = self
            .judge_supposed(&caller, key, use_, &facts, Some(policy))
            .await?;
        let (present, more) = self
            .judge_supposed(&caller, key, use_, &facts, None)
            .await?;
        unknown.extend(more);
        if is_session(&caller) {
            for policy in [Some(policy), None] {
                let explanation = self
                    .about_key(&caller, key, use_, &facts, policy, explain)
                    .await?;
                unknown.extend(of_session(&explanation));
            }
        }
        if !unknown.is_empty() {
            let keys: Vec<_> = unknown.into_iter().collect();
            let reason = format!(
                "a policy asks for what is not recorded: {}",
                keys.join(", ")
            );
            return Ok((Verdict::NotJudged(reason), depends_on_time));
        }
        let verdict = match (event.allowed, proposed, present) {
            (then, proposed, _) if then == proposed => Verdict::Same,
            (_, proposed, present) if proposed == present => Verdict::ChangedMeanwhile,
            (true, ..) => Verdict::NewlyDenied,
            (false, ..) => Verdict::NewlyAllowed(has_role(&caller).then_some(
                "unless the policy of its session, which is not recorded, stands against it",
            )),
        };
        Ok((verdict, depends_on_time))
    }

    /// Who called, as things are now; or why that is nobody.
    async fn caller_of(&self, event: &Event) -> Result<Result<Caller, String>, KmsError> {
        let identity = event.entry.get("userIdentity");
        let field = |name: &str| identity.and_then(|it| it.get(name)).and_then(Value::as_str);
        let pattern = PrincipalPattern::parse_aws(&event.principal);
        let caller = match &pattern {
            Some(pattern) => self.caller_named(pattern).await?,
            None => None,
        };
        let Some(mut caller) = caller else {
            return Ok(Err("the principal does not exist any more".to_owned()));
        };
        if field("principalId") != Some(&caller.user_id()) {
            let reason = "the principal is gone, and another one has its name";
            return Ok(Err(reason.to_owned()));
        }
        let Some(session) = identity.and_then(|it| it.get("sessionContext")) else {
            return Ok(Ok(caller));
        };
        let text = |pointer: &str| session.pointer(pointer).and_then(Value::as_str);
        let issued = text("/attributes/creationDate").and_then(parsed);
        let facts = issued.map(|issued| SessionFacts {
            issued,
            expires: issued,
            federated_provider: text("/webIdFederationData/federatedProvider").map(Into::into),
            source_identity: text("/sourceIdentity").map(Into::into),
            claims: Vec::new(),
            transitive_tag_keys: Vec::new(),
            mfa: text("/attributes/mfaAuthenticated") == Some("true"),
        });
        caller.standing = Arc::new(Standing {
            session_facts: facts,
            ..(*caller.standing).clone()
        });
        Ok(Ok(caller))
    }

    /// The folder of the journal, with everything in it that was appended.
    async fn journal_dir(&self) -> Result<PathBuf, SimulationError> {
        let journal = self.journal();
        journal.flush().await.map_err(KmsError::from)?;
        journal.dir().map(Path::to_owned).ok_or_else(|| {
            no("this server keeps its journal in memory, where it cannot be read again")
        })
    }

    fn journal_head(&self) -> u64 {
        self.journal().head().0
    }
}

/// What was found out so far.
#[derive(Default)]
struct Found {
    judged: u64,
    denied: Groups,
    allowed: Groups,
    changed: Groups,
    not_judged: Groups,
}

impl Found {
    fn add(&mut self, event: &Event, action: &str, verdict: Verdict) {
        let (groups, because) = match verdict {
            Verdict::Same => {
                self.judged += 1;
                return;
            }
            Verdict::NotJudged(reason) => {
                self.not_judged.add(event, action, Some(reason));
                return;
            }
            Verdict::NewlyDenied => (&mut self.denied, None),
            Verdict::NewlyAllowed(unless) => (&mut self.allowed, unless),
            Verdict::ChangedMeanwhile => (&mut self.changed, None),
        };
        self.judged += 1;
        groups.add(event, action, because.map(str::to_owned));
    }
}

type Line = Result<(u64, Value), strongroom_store::journal::ChainFault>;
type Lines = Box<dyn Iterator<Item = Line> + Send>;

/// Reads some lines, and what they tell of calls about a key. What is after the head was written
/// meanwhile, and perhaps not to its end.
fn batch(
    mut lines: Lines,
    head: u64,
    arn: &str,
    since: &str,
) -> Result<(Vec<Event>, Option<Lines>), SimulationError> {
    let mut events = Vec::new();
    for _ in 0..BATCH {
        let Some(line) = lines.next() else {
            return Ok((events, None));
        };
        let (seq, entry) = line.map_err(|fault| no(fault.to_string()))?;
        events.extend(event(entry, arn, since));
        if seq >= head {
            return Ok((events, None));
        }
    }
    Ok((events, Some(lines)))
}

/// The lines of the files in which calls since then are, and perhaps some before.
fn lines_since(dir: &Path, begins: &str) -> Result<Lines, SimulationError> {
    let before = |entry: &Value| {
        let time = entry.get("eventTime").and_then(Value::as_str);
        time.is_some_and(|time| time < begins)
    };
    let lines = read_back_to(dir, &before).map_err(|error| no(error.to_string()))?;
    Ok(Box::new(lines))
}

/// The ARNs with that ending of resources that lines mention.
fn mentioned(lines: Lines, ending: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (_, entry) in lines.map_while(Result::ok) {
        let arns = resources(&entry).filter(|arn| arn.ends_with(ending));
        found.extend(arns.map(str::to_owned));
    }
    found
}

fn resources(entry: &Value) -> impl Iterator<Item = &str> {
    let list = entry.get("resources").and_then(Value::as_array);
    let list = list.map(Vec::as_slice).unwrap_or_default().iter();
    list.filter_map(|resource| resource.get("ARN").and_then(Value::as_str))
}

/// What an entry tells, if it is one of a call about the key whose permission was decided.
fn event(entry: Value, arn: &str, since: &str) -> Option<Event> {
    let field = |name: &str| entry.get(name).and_then(Value::as_str);
    let time = field("eventTime").filter(|time| *time >= since)?;
    // The owner of a key that another account used is told less of the caller.
    let principal = entry.pointer("/userIdentity/arn")?.as_str()?;
    if field("eventSource") != Some("kms.amazonaws.com") {
        return None;
    }
    let keys: Vec<_> = resources(&entry)
        .filter(|arn| arn.contains(":key/"))
        .collect();
    if !keys.contains(&arn) {
        return None;
    }
    let name = field("eventName")?;
    let permitted = entry.get("grounds").is_some();
    let (allowed, actions) = match field("errorCode") {
        Some("AccessDenied") => (false, vec![refused_action(&entry, arn, name)?]),
        _ if !permitted => return None,
        _ if name == "ReEncrypt" => {
            // In the order in which they were permitted; one that is both is there once.
            let both = ["kms:ReEncryptFrom", "kms:ReEncryptTo"];
            let actions = both.into_iter().enumerate();
            let here = |at: usize| keys.len() == 1 || keys.get(at) == Some(&arn);
            let actions = actions
                .filter(|(at, _)| here(*at))
                .map(|(_, action)| action);
            (true, actions.collect())
        }
        _ => (true, vec![action_of(name)?]),
    };
    Some(Event {
        principal: principal.to_owned(),
        time: time.to_owned(),
        request_id: field("requestID").unwrap_or(ABSENT).to_owned(),
        at: parsed(time)?,
        allowed,
        actions,
        entry,
    })
}

/// The action of a use of a key by an operation with one. Of a grant that is to be retired the
/// key policy has no say.
fn action_of(operation: &str) -> Option<&'static str> {
    let use_ = Use::of_key(&["kms:", operation].concat())?;
    (use_.action != "kms:RetireGrant").then_some(use_.action)
}

/// The action that a refusal names, if it was refused for the key.
fn refused_action(entry: &Value, arn: &str, operation: &str) -> Option<&'static str> {
    let message = entry.get("errorMessage")?.as_str()?;
    let Some((_, rest)) = message.split_once(" is not authorized to perform: ") else {
        // The refusal of a key that only the ciphertext names says nothing.
        return match operation {
            "ReEncrypt" => Some("kms:ReEncryptFrom"),
            _ => action_of(operation),
        };
    };
    let (action, rest) = rest.split_once(" on ")?;
    let here = rest.starts_with("this resource")
        || rest
            .strip_prefix("resource: ")
            .and_then(|rest| rest.strip_prefix(arn))
            .is_some_and(|rest| rest.starts_with(' '));
    let use_ = Use::of_key(action).filter(|use_| use_.action != "kms:RetireGrant");
    use_.filter(|_| here).map(|use_| use_.action)
}

/// Everything that a verdict can depend on but the time.
fn shape(event: &Event, action: &str) -> String {
    let part = |name: &str| event.entry.get(name).map(Value::to_string);
    let parts = [
        "userIdentity",
        "requestParameters",
        "sourceIPAddress",
        "userAgent",
        "awsRegion",
    ];
    let mut text = format!("{action} {} ", event.allowed);
    for name in parts {
        text.push_str(&part(name).unwrap_or_default());
        text.push('\n');
    }
    text.push_str(if event.entry.get("tlsDetails").is_some() {
        "tls"
    } else {
        ""
    });
    text
}

/// What the entry tells that policies may ask about.
fn facts_of(event: &Event, use_: Use, caller: &Caller, key: &Key) -> SupposedFacts {
    use ConditionKey as K;
    let mut facts = SupposedFacts::of(use_);
    let entry = &event.entry;
    let field = |name: &str| entry.get(name).and_then(Value::as_str);
    let one = |text: &str| vec![text.to_owned()];
    if let Some(address) = field("sourceIPAddress") {
        facts.assume(K::SourceIp, one(address));
    }
    match field("userAgent") {
        Some(agent) if agent.len() < USER_AGENT_BYTES => facts.assume(K::UserAgent, one(agent)),
        Some(_) => {}
        None => facts.assume(K::UserAgent, Vec::new()),
    }
    let tls = entry.get("tlsDetails").is_some();
    facts.assume(K::SecureTransport, one(if tls { "true" } else { "false" }));
    if let Some(region) = field("awsRegion") {
        facts.assume(K::RequestedRegion, one(region));
    }
    facts.assume(K::ResourceAccount, one(&key.home().account.text()));
    facts.assume(K::CallerAccount, one(&caller.account.text()));
    no_service_calls(&mut facts);

    let nothing = Value::Object(serde_json::Map::new());
    let parameters = match entry.get("requestParameters") {
        Some(parameters) if parameters.is_object() => parameters,
        _ => &nothing,
    };
    if parameters.get("omitted").is_none() {
        parameters_of(&mut facts, parameters, use_);
    }
    facts
}

/// What the recorded parameters tell.
fn parameters_of(facts: &mut SupposedFacts, parameters: &Value, use_: Use) {
    use ConditionKey as K;
    let value = |name: &str| parameters.get(name).filter(|value| !value.is_null());
    let text = |name: &str| value(name).map(plain);
    let or = |name: &str, default: &str| vec![text(name).unwrap_or_else(|| default.to_owned())];
    let all = |name: &str| -> Vec<String> {
        let list = value(name).and_then(Value::as_array);
        list.into_iter().flatten().map(plain).collect()
    };
    let (context, algorithm, named) = match use_.action {
        "kms:ReEncryptFrom" => ("sourceEncryptionContext", "sourceEncryptionAlgorithm", None),
        "kms:ReEncryptTo" => (
            "destinationEncryptionContext",
            "destinationEncryptionAlgorithm",
            text("destinationKeyId"),
        ),
        // The entry names the key by the ARN that was found.
        "kms:Decrypt" => ("encryptionContext", "encryptionAlgorithm", None),
        _ => ("encryptionContext", "encryptionAlgorithm", text("keyId")),
    };
    let constraints = value("constraints");
    let constraint = |name: &str| {
        constraints
            .and_then(|it| it.get(name))
            .filter(|it| !it.is_null())
    };
    let kinds = ["EncryptionContextEquals", "EncryptionContextSubset"];
    let kind = kinds.into_iter().find_map(|kind| {
        let small = ["e", kind.get(1..)?].concat();
        Some((kind, constraint(&small)?))
    });
    let pairs = value(context).or(kind.map(|(_, pairs)| pairs));
    for (name, value) in pairs.and_then(Value::as_object).into_iter().flatten() {
        facts.add(&["kms:EncryptionContext:", name].concat(), plain(value));
    }
    facts.context_is_known = true;
    if let Some(named) = named {
        let alias = named.find("alias/").and_then(|at| named.get(at..));
        facts.assume(
            K::RequestAlias,
            alias.map(str::to_owned).into_iter().collect(),
        );
    }
    facts.assume(K::EncryptionAlgorithm, or(algorithm, "SYMMETRIC_DEFAULT"));
    facts.assume(K::MessageType, or("messageType", "RAW"));
    facts.assume(K::RotationPeriodInDays, or("rotationPeriodInDays", "365"));
    let window = or("pendingWindowInDays", "30");
    facts.assume(K::ScheduleKeyDeletionPendingWindowInDays, window);
    let plainly = [
        (K::DataKeyPairSpec, "keyPairSpec"),
        (K::SigningAlgorithm, "signingAlgorithm"),
        (K::MacAlgorithm, "macAlgorithm"),
        (K::KeyAgreementAlgorithm, "keyAgreementAlgorithm"),
        (
            K::BypassPolicyLockoutSafetyCheck,
            "bypassPolicyLockoutSafetyCheck",
        ),
        (K::ExpirationModel, "expirationModel"),
        (K::WrappingAlgorithm, "wrappingAlgorithm"),
        (K::WrappingKeySpec, "wrappingKeySpec"),
        (K::GranteePrincipal, "granteePrincipal"),
        (K::GranteeServicePrincipal, "granteeServicePrincipal"),
        (K::RetiringPrincipal, "retiringPrincipal"),
        (K::RetiringServicePrincipal, "retiringServicePrincipal"),
        (K::PrimaryRegion, "primaryRegion"),
        (K::ReplicaRegion, "replicaRegion"),
    ];
    for (key, name) in plainly {
        facts.assume(key, text(name).into_iter().collect());
    }
    let kind = kind.map(|(kind, _)| kind.to_owned());
    facts.assume(K::GrantConstraintType, kind.into_iter().collect());
    let source = constraint("sourceArn").map(plain);
    facts.assume(K::GrantConstraintSourceArn, source.into_iter().collect());
    facts.assume(K::GrantOperations, all("operations"));
    if value("validTo").is_none() {
        facts.assume(K::ValidTo, Vec::new());
    }
    let mut tag_keys = all("tagKeys");
    let tags = value("tags")
        .and_then(Value::as_array)
        .into_iter()
        .flatten();
    for tag in tags {
        let part = |name: &str| tag.get(name).map(plain).unwrap_or_default();
        facts.add(
            &["aws:RequestTag/", &part("tagKey")].concat(),
            part("tagValue"),
        );
        tag_keys.push(part("tagKey"));
    }
    facts.tags_are_known = true;
    facts.assume(K::TagKeys, tag_keys);
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn parsed(time: &str) -> Option<Timestamp> {
    let time: jiff::Timestamp = time.parse().ok()?;
    Some(Timestamp::from_millis(time.as_millisecond()))
}

/// Whether the caller has temporary credentials, of which not everything is recorded.
fn is_session(caller: &Caller) -> bool {
    has_role(caller) || caller.standing.session_facts.is_some()
}

/// Whether the caller is the session of a role, which may have a policy of its own.
fn has_role(caller: &Caller) -> bool {
    matches!(caller.principal, Principal::AssumedRole { .. })
}

/// What policies ask about a session and no entry tells: its tags, and the claims of its token.
fn of_session(explanation: &Explanation) -> BTreeSet<String> {
    let mut unknown = BTreeSet::new();
    let policies = explanation.policies.iter();
    for statement in policies.flat_map(|policy| &policy.statements) {
        let about_it =
            statement.action && statement.resource && statement.principal != Some(PrincipalFit::No);
        for condition in statement.conditions.iter().filter(|_| about_it) {
            let asked = ConditionKey::parse(&condition.key);
            if matches!(
                asked,
                ConditionKey::PrincipalTag(_) | ConditionKey::Other(_)
            ) {
                unknown.insert(condition.key.clone());
            }
            let variable =
                |text: &String| text.to_ascii_lowercase().contains("${aws:principaltag/");
            if condition.wanted.iter().any(variable) {
                unknown.insert("aws:PrincipalTag".to_owned());
            }
        }
    }
    unknown
}
