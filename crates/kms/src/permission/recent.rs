//! The calls of late, with what it takes to put their questions again: for whoever asks why
//! something was allowed or denied.
//!
//! A call that has ended leaves its entry, its input without whatever is secret or large, and the
//! questions that it asked, each with the policies as they were. All of that was there already
//! and is moved or shared, so remembering costs a call next to nothing; explaining, which few
//! calls ever need, does the work. What is remembered is bounded in number and in bytes, and gone
//! with the process.

use std::{collections::VecDeque, sync::Arc};

use strongroom_auth::{
    Decision, Explanation, GrantCover, Question, Resource, ResourceKind, decision::Grounds,
    explain, grant::Terms,
};
use strongroom_model::{AccountId, Plaintext, Region, Timestamp, operations::Input};

use super::{
    Aside, Asking, Basis, Request, RequestFacts, Subject, facts::Read, grants::Considered,
};
use crate::{
    audit::{Entry, RequestId},
    call::Key,
    each_thread::EachThread,
    error::KmsError,
    layout::Home,
    record::{GrantRecord, KeyRecord, PolicyRecord},
    service::Service,
    shelves::Stored,
};

/// Calls that were denied something and are remembered, and the memory that they may take, in
/// bytes, counted roughly.
const DENIED: Bound = Bound {
    calls: 9_728,
    bytes: 30 << 20,
};
/// The same of all others. They are many, and each that is forgotten has to be fetched from far
/// away if it is long ago that it was remembered: these few stay near the processor.
const ALLOWED: Bound = Bound {
    calls: 256,
    bytes: 2 << 20,
};
/// Parts in which they are kept, each by the threads that it is of: memory goes back to the
/// allocator on the thread that took it.
const SHARDS: usize = 8;
/// What a call counts for, beside what is counted one by one.
const CALL_BYTES: usize = 1536;
/// What a policy of a caller counts for.
const POLICY_BYTES: usize = 8192;
/// What a grant that was considered counts for.
const GRANT_BYTES: usize = 1024;
/// What a question counts for, beside what is counted one by one.
const QUESTION_BYTES: usize = 512;

/// A question that was asked, as far as it is not in the request.
#[derive(Clone)]
pub(crate) struct Asked {
    asking: Asking,
    owner: AccountId,
    arn: Arc<str>,
    kind: ResourceKind,
    aws_managed: bool,
    cross_account_allowed: bool,
    named_by_ciphertext: bool,
    same_key: Option<bool>,
    retired: Option<Box<GrantRecord>>,
    /// The terms of a grant that was to be created.
    child: Option<Box<Terms>>,
    basis: Basis,
    grant: GrantCover,
    about: About,
    /// Where the resource will be, if not in the Region of the request.
    region: Option<Region>,
    read: Read,
}

/// The key that a question is about, kept.
#[derive(Clone)]
enum About {
    Nothing,
    Key(Key),
    Future(Home, Box<KeyRecord>),
    Wanted,
}

impl Asked {
    pub(super) fn new(
        question: &Question<'_>,
        asking: Asking,
        basis: Basis,
        subject: Subject<'_>,
        aside: Aside<'_>,
        facts: &RequestFacts<'_>,
    ) -> Self {
        let resource = &question.resource;
        Self {
            asking,
            owner: resource.owner,
            arn: match subject {
                Subject::Key(key) => Arc::clone(key.arn_text()),
                _ => resource.arn.into(),
            },
            kind: resource.kind,
            aws_managed: resource.aws_managed,
            cross_account_allowed: question.cross_account_allowed,
            named_by_ciphertext: question.named_by_ciphertext,
            same_key: aside.same_key,
            retired: aside.retired.map(|grant| Box::new(grant.clone())),
            child: aside.child.map(|terms| Box::new(terms.clone())),
            basis,
            grant: question.grant,
            about: match subject {
                Subject::Nothing => About::Nothing,
                Subject::Key(key) => About::Key(key.clone()),
                Subject::Future(home, record) => {
                    About::Future(home.clone(), Box::new(record.clone()))
                }
                Subject::Wanted(_) => About::Wanted,
            },
            region: facts.elsewhere().cloned(),
            read: facts.read(),
        }
    }

    /// What the question takes, its policy aside, which many share.
    fn bytes(&self) -> usize {
        let grants = self.basis.grants.iter().flatten();
        let grants: usize = grants.map(|named| named.len()).sum();
        QUESTION_BYTES + self.arn.len() + grants.saturating_mul(GRANT_BYTES)
    }

    async fn explain(
        &self,
        service: &Service,
        request: Request<'_>,
    ) -> Result<Explanation, KmsError> {
        let subject = match (&self.about, request.input) {
            (About::Key(key), _) => Subject::Key(key),
            (About::Future(home, record), _) => Subject::Future(home, record),
            (About::Wanted, Input::CreateKey(input)) => Subject::Wanted(input),
            (About::Nothing | About::Wanted, _) => Subject::Nothing,
        };
        let aside = Aside {
            named_by_ciphertext: self.named_by_ciphertext,
            same_key: self.same_key,
            retired: self.retired.as_deref(),
            child: None,
        };
        let Asking { action, topics, .. } = self.asking;
        let mut facts = RequestFacts::new(request, topics, action, self.owner, subject, aside)
            .knowing(self.read.clone());
        if let Some(region) = &self.region {
            facts = facts.in_region(region);
        }
        let question = Question {
            caller: request.entry.caller(),
            action,
            resource: Resource {
                owner: self.owner,
                arn: &self.arn,
                kind: self.kind,
                aws_managed: self.aws_managed,
            },
            cross_account_allowed: self.cross_account_allowed,
            named_by_ciphertext: self.named_by_ciphertext,
            facts: &facts,
            key_policy: self
                .basis
                .policy
                .as_ref()
                .and_then(|policy| policy.record.compiled()),
            grant: self.grant,
        };
        loop {
            let mut explanation = explain(&question);
            if !facts.is_behind() {
                if let (Some(looked_at), Subject::Key(key)) = (&self.basis.grants, subject) {
                    let considered = Considered {
                        caller: question.caller,
                        key,
                        action,
                        context: facts.context(),
                        child: self.child.as_deref(),
                        looked_at,
                        decided: explanation.decision == Decision::Allow(Grounds::Grant),
                    };
                    explanation.grants = Some(considered.reports(service).await?);
                }
                return Ok(explanation);
            }
            // Something that the decision did not need; it is read as it is now.
            facts.catch_up().await?;
        }
    }
}

/// A call that has ended.
struct Remembered {
    entry: Box<Entry>,
    input: Input,
    now: Timestamp,
    asked: Vec<Asked>,
    bytes: usize,
}

/// The calls of late.
#[derive(Default)]
pub(crate) struct Recent {
    shards: EachThread<Shard, SHARDS>,
}

/// How much is remembered.
#[derive(Clone, Copy)]
struct Bound {
    calls: usize,
    bytes: usize,
}

/// What one thread remembers.
#[derive(Default)]
struct Shard {
    allowed: Calls,
    denied: Calls,
}

#[derive(Default)]
struct Calls {
    calls: VecDeque<Arc<Remembered>>,
    bytes: usize,
}

impl Calls {
    /// Adds a call and forgets the oldest ones, as many as the bound of a shard demands. What is
    /// forgotten is handed out, to be dropped outside of the lock; the memory of the first one
    /// is used again.
    fn push(&mut self, call: Remembered, bound: Bound) -> Forgotten {
        self.bytes += call.bytes;
        let mut gone = Forgotten::default();
        let mut call = Some(call);
        while self.calls.len() + usize::from(call.is_some()) > bound.calls / SHARDS
            || self.bytes > bound.bytes / SHARDS
        {
            let Some(mut oldest) = self.calls.pop_front() else {
                break;
            };
            self.bytes = self.bytes.saturating_sub(oldest.bytes);
            match (Arc::get_mut(&mut oldest), call.take()) {
                (Some(place), Some(call)) => {
                    gone.first = Some(std::mem::replace(place, call));
                    self.calls.push_back(oldest);
                }
                (_, same) => {
                    call = same;
                    gone.others.push(oldest);
                }
            }
        }
        self.calls.extend(call.map(Arc::new));
        gone
    }
}

/// Calls that were forgotten.
#[derive(Default)]
struct Forgotten {
    first: Option<Remembered>,
    others: Vec<Arc<Remembered>>,
}

impl Recent {
    /// Remembers a call, what it asked, and whether it was denied something.
    pub(super) fn keep(
        &self,
        entry: Box<Entry>,
        mut input: Input,
        now: Timestamp,
        asked: Vec<Asked>,
        denied: bool,
    ) {
        if asked.is_empty() {
            return;
        }
        forget_secrets(&mut input);
        let own: usize = asked.iter().map(Asked::bytes).sum();
        let own = own + CALL_BYTES + size_of_input(&input);
        let mut shard = self.shards.here();
        // A policy that the call before had, too, is counted once.
        let (calls, bound) = if denied {
            (&mut shard.denied, DENIED)
        } else {
            (&mut shard.allowed, ALLOWED)
        };
        let last = calls.calls.back();
        let shared = |policy: &Arc<Stored<PolicyRecord>>| {
            let mut known = last.iter().flat_map(|call| &call.asked);
            known.any(|asked| matches!(&asked.basis.policy, Some(it) if Arc::ptr_eq(it, policy)))
        };
        let policies: usize = asked
            .iter()
            .filter_map(|asked| asked.basis.policy.as_ref())
            .filter(|policy| !shared(policy))
            .map(|policy| policy.record.text.len().saturating_mul(4))
            .sum();
        // So is a caller, with the policies of its own.
        let known = last.is_some_and(|call| std::ptr::eq(call.entry.caller(), entry.caller()));
        let standing = &entry.caller().standing;
        let own_policies = if known {
            0
        } else {
            (standing.policies.len() + standing.session.iter().flatten().count() + 1)
                .saturating_mul(POLICY_BYTES)
        };
        let bytes = own + policies + own_policies;
        let call = Remembered {
            entry,
            input,
            now,
            asked,
            bytes,
        };
        let gone = calls.push(call, bound);
        drop(shard);
        drop(gone);
    }

    fn find(&self, request_id: RequestId) -> Option<Arc<Remembered>> {
        self.shards.all().find_map(|shard| {
            let Shard { allowed, denied } = &*shard;
            let mut calls = allowed.calls.iter().rev().chain(denied.calls.iter().rev());
            calls
                .find(|call| call.entry.request_id() == request_id)
                .cloned()
        })
    }
}

impl Service {
    /// Whether policies are asked: everywhere but in development mode without `--enforce`.
    #[must_use]
    pub fn asks_policies(&self) -> bool {
        !self.authorizer().is_open()
    }

    /// Why each use in a recent call was allowed or denied; nothing for a call that is not
    /// remembered, and for those in development mode, where no policy is asked.
    ///
    /// # Errors
    /// When something that has to be read for it cannot be.
    pub async fn explain(
        &self,
        request_id: &RequestId,
    ) -> Result<Option<Vec<Explanation>>, KmsError> {
        let Some(call) = self.permissions().recent.find(*request_id) else {
            return Ok(None);
        };
        let request = Request {
            service: self,
            entry: &call.entry,
            input: &call.input,
            now: call.now,
        };
        let mut explained = Vec::with_capacity(call.asked.len());
        for asked in &call.asked {
            explained.push(asked.explain(self, request).await?);
        }
        Ok(Some(explained))
    }
}

/// Takes out of an input the plaintext, passwords, messages and whatever else no policy asks
/// about.
fn forget_secrets(input: &mut Input) {
    let nothing = || Plaintext::new(Vec::new());
    match input {
        Input::Encrypt(it) => {
            it.plaintext = nothing();
            it.grant_tokens = None;
        }
        Input::Decrypt(it) => {
            it.ciphertext_blob = None;
            it.grant_tokens = None;
            it.recipient = None;
        }
        Input::ReEncrypt(it) => {
            it.ciphertext_blob = None;
            it.grant_tokens = None;
        }
        Input::GenerateDataKey(it) => {
            it.grant_tokens = None;
            it.recipient = None;
        }
        Input::GenerateDataKeyWithoutPlaintext(it) => {
            it.grant_tokens = None;
        }
        Input::GenerateDataKeyPair(it) => {
            it.grant_tokens = None;
            it.recipient = None;
        }
        Input::GenerateDataKeyPairWithoutPlaintext(it) => {
            it.grant_tokens = None;
        }
        Input::GenerateRandom(it) => {
            it.recipient = None;
        }
        Input::Sign(it) => {
            it.message = nothing();
            it.grant_tokens = None;
        }
        Input::Verify(it) => {
            it.message = nothing();
            it.signature = Vec::new();
            it.grant_tokens = None;
        }
        Input::GenerateMac(it) => {
            it.message = nothing();
            it.grant_tokens = None;
        }
        Input::VerifyMac(it) => {
            it.message = nothing();
            it.mac = nothing();
            it.grant_tokens = None;
        }
        Input::DeriveSharedSecret(it) => {
            it.public_key = Vec::new();
            it.grant_tokens = None;
            it.recipient = None;
        }
        Input::Encapsulate(it) => {
            it.grant_tokens = None;
        }
        Input::Decapsulate(it) => {
            it.shared_secret_ciphertext_blob = Vec::new();
            it.grant_tokens = None;
        }
        Input::GetPublicKey(it) => {
            it.grant_tokens = None;
        }
        Input::DescribeKey(it) => {
            it.grant_tokens = None;
        }
        Input::CreateGrant(it) => {
            it.grant_tokens = None;
        }
        Input::RetireGrant(it) => {
            it.grant_token = None;
        }
        Input::ImportKeyMaterial(it) => {
            it.encrypted_key_material = nothing();
            it.import_token = nothing();
        }
        Input::CreateCustomKeyStore(it) => {
            it.key_store_password = None;
            it.xks_proxy_authentication_credential = None;
            it.trust_anchor_certificate = None;
        }
        Input::UpdateCustomKeyStore(it) => {
            it.key_store_password = None;
            it.xks_proxy_authentication_credential = None;
        }
        Input::CreateKey(it) => {
            it.policy = None;
            it.description = None;
        }
        Input::ReplicateKey(it) => {
            it.policy = None;
            it.description = None;
        }
        Input::PutKeyPolicy(it) => {
            it.policy = String::new();
        }
        Input::UpdateKeyDescription(it) => {
            it.description = String::new();
        }
        Input::CancelKeyDeletion(_)
        | Input::ConnectCustomKeyStore(_)
        | Input::CreateAlias(_)
        | Input::DeleteAlias(_)
        | Input::DeleteCustomKeyStore(_)
        | Input::DeleteImportedKeyMaterial(_)
        | Input::DescribeCustomKeyStores(_)
        | Input::DisableKey(_)
        | Input::DisableKeyRotation(_)
        | Input::DisconnectCustomKeyStore(_)
        | Input::EnableKey(_)
        | Input::EnableKeyRotation(_)
        | Input::GetKeyLastUsage(_)
        | Input::GetKeyPolicy(_)
        | Input::GetKeyRotationStatus(_)
        | Input::GetParametersForImport(_)
        | Input::ListAliases(_)
        | Input::ListGrants(_)
        | Input::ListKeyPolicies(_)
        | Input::ListKeyRotations(_)
        | Input::ListKeys(_)
        | Input::ListResourceTags(_)
        | Input::ListRetirableGrants(_)
        | Input::RevokeGrant(_)
        | Input::RotateKeyOnDemand(_)
        | Input::ScheduleKeyDeletion(_)
        | Input::TagResource(_)
        | Input::UntagResource(_)
        | Input::UpdateAlias(_)
        | Input::UpdatePrimaryRegion(_) => {}
    }
}

/// What is left of an input takes, beside its fixed part.
fn size_of_input(input: &Input) -> usize {
    use strongroom_model::EncryptionContext;
    let context = |context: &Option<EncryptionContext>| {
        context.as_ref().map_or(0, |context| {
            context.size_bytes() + 128 * context.iter().len()
        })
    };
    let tags = |tags: &[strongroom_model::shapes::Tag]| {
        let sizes = tags
            .iter()
            .map(|tag| tag.tag_key.len() + tag.tag_value.len() + 64);
        sizes.sum::<usize>()
    };
    match input {
        Input::Encrypt(it) => context(&it.encryption_context),
        Input::Decrypt(it) => context(&it.encryption_context),
        Input::ReEncrypt(it) => {
            context(&it.source_encryption_context) + context(&it.destination_encryption_context)
        }
        Input::GenerateDataKey(it) => context(&it.encryption_context),
        Input::GenerateDataKeyWithoutPlaintext(it) => context(&it.encryption_context),
        Input::GenerateDataKeyPair(it) => context(&it.encryption_context),
        Input::GenerateDataKeyPairWithoutPlaintext(it) => context(&it.encryption_context),
        Input::CreateGrant(_) => 8192,
        Input::CreateKey(it) => tags(it.tags.as_deref().unwrap_or_default()),
        Input::ReplicateKey(it) => tags(it.tags.as_deref().unwrap_or_default()),
        Input::TagResource(it) => tags(&it.tags),
        Input::UntagResource(it) => it.tag_keys.iter().map(|key| key.len() + 32).sum(),
        _ => 0,
    }
}
