//! What a policy hears when it asks about a request.
//!
//! Answers are worked out when they are asked for, and borrowed from the request where they stand
//! in it; a request about which no policy asks anything costs nothing. What has to be read from
//! the store first, such as the aliases of the key, is noted as missing, and the question is put
//! again once it is there.
//!
//! AWS: developer guide, "AWS KMS condition keys"; IAM user guide, "AWS global condition context
//! keys". Defaults are filled in as `authorization.md` §4 says.

use std::{
    borrow::Cow,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicU8, Ordering},
    },
};

use strongroom_auth::{
    ConditionKey, Facts, Values,
    condition_key::fold,
    grant::{ContextConstraint, Terms},
};
use strongroom_crypto::{AttestedRecipient, Platform};
use strongroom_model::{
    AccountId, EncryptionContext, Region, Timestamp,
    enums::{EncryptionAlgorithmSpec, KeySpec, KeyUsageType, MessageType, OriginType},
    operations::Input,
    shapes::{CreateGrantRequest, CreateKeyRequest, RecipientInfo, Tag},
};

use super::topics::{Topic, Topics};
use crate::{
    addressee::Addressee,
    audit::{Entry, hex},
    call::Key,
    error::KmsError,
    layout::Home,
    record::{GrantRecord, KeyRecord, KeyTag},
    service::Service,
    uses::KeyUse as _,
};

/// Days that a key waits for its deletion when the request does not say.
const DEFAULT_WINDOW_DAYS: i32 = 30;
/// Days between rotations when the request does not say.
const DEFAULT_PERIOD_DAYS: i32 = 365;

/// What an operation knows of a question beside its input.
#[derive(Clone, Copy, Default)]
pub(crate) struct Aside<'a> {
    /// Whether only a ciphertext names the key.
    pub(crate) named_by_ciphertext: bool,
    /// Whether ReEncrypt ends at the key at which it begins.
    pub(crate) same_key: Option<bool>,
    /// The grant that is to be retired.
    pub(crate) retired: Option<&'a GrantRecord>,
    /// The terms of the grant that is to be created, if they can be told.
    pub(crate) child: Option<&'a Terms>,
}

/// The key that a question is about.
#[derive(Clone, Copy)]
pub(crate) enum Subject<'a> {
    /// None, or one of which nothing is known.
    Nothing,
    /// A key that was looked up.
    Key(&'a Key),
    /// A key as it will be.
    Future(&'a Home, &'a KeyRecord),
    /// The key that CreateKey asks for.
    Wanted(&'a CreateKeyRequest),
}

/// A request, in progress or remembered.
#[derive(Clone, Copy)]
pub(crate) struct Request<'a> {
    pub(crate) service: &'a Service,
    pub(crate) entry: &'a Entry,
    pub(crate) input: &'a Input,
    pub(crate) now: Timestamp,
}

/// What is known of a request about one use of one resource.
pub(crate) struct RequestFacts<'a> {
    request: Request<'a>,
    topics: Topics,
    action: &'static str,
    owner: AccountId,
    region: &'a Region,
    subject: Subject<'a>,
    aside: Aside<'a>,
    read: OnceRead,
    /// What was asked for and is not there yet, as the bits of [`Missing`].
    missing: AtomicU8,
}

/// What is found out when it is first asked for.
#[derive(Default)]
struct OnceRead {
    aliases: OnceLock<Arc<[String]>>,
    unused_days: OnceLock<i64>,
    attested: OnceLock<Option<Arc<AttestedRecipient>>>,
}

/// What was found out about a request because somebody asked.
#[derive(Clone, Default)]
pub(crate) struct Read {
    aliases: Option<Arc<[String]>>,
    unused_days: Option<i64>,
    attested: Option<Option<Arc<AttestedRecipient>>>,
}

/// Something that has to be read from the store before a question can be answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Missing {
    Aliases = 1,
    LastUse = 2,
}

/// What is known of a key, and of one that does not exist yet.
struct Properties<'a> {
    spec: KeySpec,
    usage: Option<KeyUsageType>,
    origin: OriginType,
    multi_region: Option<&'static str>,
    tags: &'a [KeyTag],
}

impl<'a> RequestFacts<'a> {
    pub(crate) fn new(
        request: Request<'a>,
        topics: Topics,
        action: &'static str,
        owner: AccountId,
        subject: Subject<'a>,
        aside: Aside<'a>,
    ) -> Self {
        Self {
            request,
            topics,
            action,
            owner,
            region: request.entry.region(),
            subject,
            aside,
            read: OnceRead::default(),
            missing: AtomicU8::new(0),
        }
    }

    /// The same with what was found out before.
    pub(crate) fn knowing(mut self, read: Read) -> Self {
        self.read = OnceRead {
            aliases: read.aliases.map_or_else(OnceLock::new, OnceLock::from),
            unused_days: read.unused_days.map_or_else(OnceLock::new, OnceLock::from),
            attested: read.attested.map_or_else(OnceLock::new, OnceLock::from),
        };
        self
    }

    /// The Region where the resource will be, if it is not that of the request.
    pub(crate) fn elsewhere(&self) -> Option<&Region> {
        (self.region != self.request.entry.region()).then_some(self.region)
    }

    /// What was found out.
    pub(crate) fn read(&self) -> Read {
        Read {
            aliases: self.read.aliases.get().cloned(),
            unused_days: self.read.unused_days.get().copied(),
            attested: self.read.attested.get().cloned(),
        }
    }

    /// The same in another Region, where the resource will be.
    pub(crate) fn in_region(mut self, region: &'a Region) -> Self {
        self.region = region;
        self
    }

    /// Whether something was asked for that has to be read first: the question has to be put
    /// again after [`catch_up`](Self::catch_up).
    pub(crate) fn is_behind(&self) -> bool {
        self.missing.load(Ordering::Relaxed) != 0
    }

    /// Reads what was asked for and was not there.
    pub(crate) async fn catch_up(&self) -> Result<(), KmsError> {
        let missing = self.missing.swap(0, Ordering::Relaxed);
        let Subject::Key(key) = self.subject else {
            return Ok(());
        };
        let service = self.request.service;
        if missing & Missing::Aliases as u8 != 0 {
            let aliases = service.permissions().aliases_of(service, key).await?;
            let _first = self.read.aliases.set(aliases);
        }
        if missing & Missing::LastUse as u8 != 0 {
            let used = service
                .last_uses()
                .of(service, key.home(), key.id())
                .await?;
            let since = used.map_or(key.record().created, |used| {
                used.at.max(key.record().created)
            });
            let unused = self
                .request
                .now
                .as_millis()
                .saturating_sub(since.as_millis());
            let _first = self
                .read
                .unused_days
                .set(unused.div_euclid(86_400_000).max(0));
        }
        Ok(())
    }

    /// The encryption context that the question is about.
    pub(crate) fn context(&self) -> Option<&'a EncryptionContext> {
        match self.request.input {
            Input::Encrypt(input) => input.encryption_context.as_ref(),
            Input::Decrypt(input) => input.encryption_context.as_ref(),
            Input::ReEncrypt(input) if self.is_destination() => {
                input.destination_encryption_context.as_ref()
            }
            Input::ReEncrypt(input) => input.source_encryption_context.as_ref(),
            Input::GenerateDataKey(input) => input.encryption_context.as_ref(),
            Input::GenerateDataKeyWithoutPlaintext(input) => input.encryption_context.as_ref(),
            Input::GenerateDataKeyPair(input) => input.encryption_context.as_ref(),
            Input::GenerateDataKeyPairWithoutPlaintext(input) => input.encryption_context.as_ref(),
            Input::CreateGrant(input) => {
                let constraints = input.constraints.as_ref()?;
                constraints
                    .encryption_context_equals
                    .as_ref()
                    .or(constraints.encryption_context_subset.as_ref())
            }
            Input::RetireGrant(_) => {
                let terms = &self.aside.retired?.terms;
                terms.context.as_ref().map(ContextConstraint::pairs)
            }
            _ => None,
        }
    }

    fn is_destination(&self) -> bool {
        self.action == crate::uses::ReEncryptTo::ROW.action
    }

    fn properties(&self) -> Option<Properties<'a>> {
        let (home, record) = match self.subject {
            Subject::Nothing => return None,
            Subject::Wanted(request) => return Some(Properties::wanted(request)),
            Subject::Key(key) => (key.home(), key.record()),
            Subject::Future(home, record) => (home, record),
        };
        Some(Properties {
            spec: record.spec,
            usage: Some(record.usage),
            origin: record.origin,
            multi_region: record.multi_region.as_ref().map(|relatives| {
                if relatives.primary == home.region {
                    "PRIMARY"
                } else {
                    "REPLICA"
                }
            }),
            tags: &record.tags,
        })
    }

    fn wants(&self, missing: Missing) {
        if matches!(self.subject, Subject::Key(_)) {
            self.missing.fetch_or(missing as u8, Ordering::Relaxed);
        }
    }

    /// The aliases of the key. Where they are more than the quota allows they stop granting, as
    /// the evaluation of policies knows.
    fn aliases(&self) -> Values<'_> {
        match self.read.aliases.get() {
            None => {
                self.wants(Missing::Aliases);
                Values::Absent
            }
            Some(aliases) => aliases
                .iter()
                .map(|name| Cow::from(name.as_str()))
                .collect(),
        }
    }

    fn unused_days(&self) -> Values<'_> {
        match self.read.unused_days.get() {
            None => {
                self.wants(Missing::LastUse);
                Values::Absent
            }
            Some(days) => number(*days),
        }
    }

    /// A register of the machine that the caller proves to be in; or nothing, for a caller that
    /// proves nothing. A proof that is none is refused once permission is given.
    fn register(&self, name: &str) -> Values<'_> {
        let attested = self.read.attested.get_or_init(|| {
            let recipient = recipient(self.request.input)?;
            match Addressee::of(self.request.service, Some(recipient)) {
                Ok(Addressee::Enclave(attested)) => Some(Arc::from(attested)),
                _ => None,
            }
        });
        let Some(attested) = attested else {
            return Values::Absent;
        };
        let index = match attested.platform() {
            Platform::Enclave if name == "imagesha384" => Some(0),
            Platform::Enclave => name.strip_prefix("pcr").and_then(index),
            Platform::NitroTpm => name.strip_prefix("nitrotpmpcr").and_then(index),
        };
        let named = |(at, _): &&(u8, Vec<u8>)| Some(*at) == index;
        let register = attested.registers().iter().find(named);
        Values::of(register.map(|(_, bytes)| hex(bytes)))
    }

    fn of_every_request(&self, key: &ConditionKey) -> Values<'_> {
        let arrival = self.request.entry.arrival();
        match key {
            ConditionKey::SourceIp => Values::One(arrival.source.to_string().into()),
            ConditionKey::SecureTransport => Values::boolean(arrival.tls.is_some()),
            ConditionKey::UserAgent => Values::of(arrival.user_agent.as_deref()),
            ConditionKey::CurrentTime => Values::One(date(self.request.now).into()),
            ConditionKey::EpochTime => seconds(self.request.now),
            ConditionKey::RequestedRegion => Values::One(self.region.as_str().into()),
            ConditionKey::ResourceAccount => Values::One(self.owner.to_string().into()),
            ConditionKey::PrincipalIsAwsService | ConditionKey::ViaAwsService => {
                Values::boolean(false)
            }
            _ => Values::Absent,
        }
    }
}

impl Facts for RequestFacts<'_> {
    fn values<'f>(&'f self, key: &ConditionKey) -> Values<'f> {
        use ConditionKey as K;
        let Some(topic) = topic_of(key) else {
            return self.of_every_request(key);
        };
        if !self.topics.contains(topic) {
            return Values::Absent;
        }
        let input = self.request.input;
        match key {
            K::CallerAccount => Values::One(self.request.entry.caller().account.to_string().into()),
            K::KeySpec | K::CustomerMasterKeySpec => {
                Values::of(self.properties().map(|it| it.spec.as_str()))
            }
            K::KeyUsage | K::CustomerMasterKeyUsage => Values::of(
                self.properties()
                    .and_then(|it| it.usage)
                    .map(KeyUsageType::as_str),
            ),
            K::KeyOrigin => Values::of(self.properties().map(|it| it.origin.as_str())),
            K::MultiRegion => match self.properties() {
                Some(it) => Values::boolean(it.multi_region.is_some()),
                None => Values::Absent,
            },
            K::MultiRegionKeyType => Values::of(self.properties().and_then(|it| it.multi_region)),
            K::ResourceAliases => self.aliases(),
            K::ResourceTag(folded) => self
                .properties()
                .map_or(&[][..], |it| it.tags)
                .iter()
                .filter(|tag| fold(&tag.key) == **folded)
                .map(|tag| Cow::from(tag.value.as_str()))
                .collect(),
            K::RequestAlias => match self.subject {
                Subject::Key(key) => Values::of(key.named_by().map(|name| name.as_str())),
                _ => Values::Absent,
            },
            K::EncryptionContext(folded) => self
                .context()
                .into_iter()
                .flat_map(EncryptionContext::iter)
                .filter(|(name, _)| fold(name) == **folded)
                .map(|(_, value)| Cow::from(value))
                .collect(),
            K::EncryptionContextKeys => self
                .context()
                .into_iter()
                .flat_map(EncryptionContext::iter)
                .map(|(name, _)| Cow::from(name))
                .collect(),
            K::EncryptionAlgorithm => {
                Values::of(encryption_algorithm(input, self.is_destination()))
            }
            K::ReEncryptOnSameKey => match self.aside.same_key {
                Some(same) => Values::boolean(same),
                None => Values::Absent,
            },
            K::RecipientAttestation(register) => self.register(register),
            K::TrailingDaysWithoutKeyUsage => self.unused_days(),
            K::GrantConstraintType => Values::of(self.constraint_type()),
            K::RequestTag(folded) => request_tags(input)
                .iter()
                .filter(|tag| fold(&tag.tag_key) == **folded)
                .map(|tag| Cow::from(tag.tag_value.as_str()))
                .collect(),
            K::TagKeys => tag_keys(input),
            // No AWS service calls for anybody here.
            K::GrantIsForAwsResource => Values::boolean(false),
            K::ViaService => Values::Absent,
            _ => parameter(input, topic),
        }
    }
}

impl RequestFacts<'_> {
    fn constraint_type(&self) -> Option<&'static str> {
        const EQUALS: &str = "EncryptionContextEquals";
        const SUBSET: &str = "EncryptionContextSubset";
        if let Some(grant) = self.aside.retired {
            return match grant.terms.context.as_ref()? {
                ContextConstraint::Equals(_) => Some(EQUALS),
                ContextConstraint::Subset(_) => Some(SUBSET),
            };
        }
        let Input::CreateGrant(CreateGrantRequest { constraints, .. }) = self.request.input else {
            return None;
        };
        let constraints = constraints.as_ref()?;
        if constraints.encryption_context_equals.is_some() {
            Some(EQUALS)
        } else {
            constraints
                .encryption_context_subset
                .as_ref()
                .map(|_| SUBSET)
        }
    }
}

impl Properties<'static> {
    /// Of a key that CreateKey asks for, with what the operation will fill in.
    fn wanted(request: &CreateKeyRequest) -> Self {
        let deprecated = request
            .customer_master_key_spec
            .and_then(|spec| KeySpec::parse(spec.as_str()));
        let spec = request
            .key_spec
            .or(deprecated)
            .unwrap_or(KeySpec::SymmetricDefault);
        let default = KeyUsageType::EncryptDecrypt;
        let symmetric = spec == KeySpec::SymmetricDefault;
        Self {
            spec,
            usage: request.key_usage.or(symmetric.then_some(default)),
            origin: request.origin.unwrap_or(OriginType::AwsKms),
            multi_region: request.multi_region.unwrap_or(false).then_some("PRIMARY"),
            tags: &[],
        }
    }
}

/// The topic that a condition key belongs to; none for what is true of every request.
pub(super) fn topic_of(key: &ConditionKey) -> Option<Topic> {
    use ConditionKey as K;
    use Topic as T;
    Some(match key {
        K::CallerAccount => T::CallerAccount,
        K::KeySpec | K::CustomerMasterKeySpec => T::KeySpec,
        K::KeyUsage | K::CustomerMasterKeyUsage => T::KeyUsage,
        K::KeyOrigin => T::KeyOrigin,
        K::MultiRegion => T::MultiRegion,
        K::MultiRegionKeyType => T::MultiRegionKeyType,
        K::ResourceAliases => T::ResourceAliases,
        K::ResourceTag(_) => T::ResourceTag,
        K::ViaService => T::ViaService,
        K::RequestAlias => T::RequestAlias,
        K::EncryptionContext(_) | K::EncryptionContextKeys => T::EncryptionContext,
        K::EncryptionAlgorithm => T::EncryptionAlgorithm,
        K::DataKeyPairSpec => T::DataKeyPairSpec,
        K::SigningAlgorithm => T::SigningAlgorithm,
        K::MessageType => T::MessageType,
        K::MacAlgorithm => T::MacAlgorithm,
        K::KeyAgreementAlgorithm => T::KeyAgreementAlgorithm,
        K::ReEncryptOnSameKey => T::ReEncryptOnSameKey,
        K::RecipientAttestation(_) => T::RecipientAttestation,
        K::BypassPolicyLockoutSafetyCheck => T::BypassPolicyLockoutSafetyCheck,
        K::ExpirationModel => T::ExpirationModel,
        K::ValidTo => T::ValidTo,
        K::WrappingAlgorithm => T::WrappingAlgorithm,
        K::WrappingKeySpec => T::WrappingKeySpec,
        K::GrantConstraintType => T::GrantConstraintType,
        K::GrantConstraintSourceArn => T::GrantConstraintSourceArn,
        K::GrantIsForAwsResource => T::GrantIsForAWSResource,
        K::GrantOperations => T::GrantOperations,
        K::GranteePrincipal => T::GranteePrincipal,
        K::GranteeServicePrincipal => T::GranteeServicePrincipal,
        K::RetiringPrincipal => T::RetiringPrincipal,
        K::RetiringServicePrincipal => T::RetiringServicePrincipal,
        K::PrimaryRegion => T::PrimaryRegion,
        K::ReplicaRegion => T::ReplicaRegion,
        K::RotationPeriodInDays => T::RotationPeriodInDays,
        K::ScheduleKeyDeletionPendingWindowInDays => T::ScheduleKeyDeletionPendingWindowInDays,
        K::TrailingDaysWithoutKeyUsage => T::TrailingDaysWithoutKeyUsage,
        K::RequestTag(_) => T::RequestTag,
        K::TagKeys => T::TagKeys,
        _ => return None,
    })
}

/// What stands in the request under the one parameter that a topic is about.
fn parameter(input: &Input, topic: Topic) -> Values<'_> {
    use Topic as T;
    match (topic, input) {
        (T::DataKeyPairSpec, Input::GenerateDataKeyPair(it)) => text(it.key_pair_spec.as_str()),
        (T::DataKeyPairSpec, Input::GenerateDataKeyPairWithoutPlaintext(it)) => {
            text(it.key_pair_spec.as_str())
        }
        (T::SigningAlgorithm, Input::Sign(it)) => text(it.signing_algorithm.as_str()),
        (T::SigningAlgorithm, Input::Verify(it)) => text(it.signing_algorithm.as_str()),
        (T::MessageType, Input::Sign(it)) => message_type(it.message_type),
        (T::MessageType, Input::Verify(it)) => message_type(it.message_type),
        (T::MacAlgorithm, Input::GenerateMac(it)) => text(it.mac_algorithm.as_str()),
        (T::MacAlgorithm, Input::VerifyMac(it)) => text(it.mac_algorithm.as_str()),
        (T::KeyAgreementAlgorithm, Input::DeriveSharedSecret(it)) => {
            text(it.key_agreement_algorithm.as_str())
        }
        (T::BypassPolicyLockoutSafetyCheck, Input::CreateKey(it)) => {
            flag(it.bypass_policy_lockout_safety_check)
        }
        (T::BypassPolicyLockoutSafetyCheck, Input::PutKeyPolicy(it)) => {
            flag(it.bypass_policy_lockout_safety_check)
        }
        (T::BypassPolicyLockoutSafetyCheck, Input::ReplicateKey(it)) => {
            flag(it.bypass_policy_lockout_safety_check)
        }
        (T::ExpirationModel, Input::ImportKeyMaterial(it)) => {
            Values::of(it.expiration_model.map(|model| model.as_str()))
        }
        (T::ValidTo, Input::ImportKeyMaterial(it)) => match it.valid_to {
            Some(date) => seconds(date),
            None => Values::Absent,
        },
        (T::WrappingAlgorithm, Input::GetParametersForImport(it)) => {
            text(it.wrapping_algorithm.as_str())
        }
        (T::WrappingKeySpec, Input::GetParametersForImport(it)) => {
            text(it.wrapping_key_spec.as_str())
        }
        (T::GrantConstraintSourceArn, Input::CreateGrant(it)) => {
            let constraints = it.constraints.as_ref();
            Values::of(constraints.and_then(|it| it.source_arn.as_deref()))
        }
        (T::GrantOperations, Input::CreateGrant(it)) => {
            let names = it.operations.iter().map(|operation| operation.as_str());
            names.map(Cow::from).collect()
        }
        (T::GranteePrincipal, Input::CreateGrant(it)) => {
            Values::of(it.grantee_principal.as_deref())
        }
        (T::GranteeServicePrincipal, Input::CreateGrant(it)) => {
            Values::of(it.grantee_service_principal.as_deref())
        }
        (T::RetiringPrincipal, Input::CreateGrant(it)) => {
            Values::of(it.retiring_principal.as_deref())
        }
        (T::RetiringServicePrincipal, Input::CreateGrant(it)) => {
            Values::of(it.retiring_service_principal.as_deref())
        }
        (T::PrimaryRegion, Input::UpdatePrimaryRegion(it)) => text(&it.primary_region),
        (T::ReplicaRegion, Input::ReplicateKey(it)) => text(&it.replica_region),
        (T::RotationPeriodInDays, Input::EnableKeyRotation(it)) => number(
            it.rotation_period_in_days
                .unwrap_or(DEFAULT_PERIOD_DAYS)
                .into(),
        ),
        (T::ScheduleKeyDeletionPendingWindowInDays, Input::ScheduleKeyDeletion(it)) => number(
            it.pending_window_in_days
                .unwrap_or(DEFAULT_WINDOW_DAYS)
                .into(),
        ),
        _ => Values::Absent,
    }
}

/// How the call encrypts or decrypts; data keys are always encrypted symmetrically.
fn encryption_algorithm(input: &Input, destination: bool) -> Option<&'static str> {
    let asked = match input {
        Input::Encrypt(it) => it.encryption_algorithm,
        Input::Decrypt(it) => it.encryption_algorithm,
        Input::ReEncrypt(it) if destination => it.destination_encryption_algorithm,
        Input::ReEncrypt(it) => it.source_encryption_algorithm,
        Input::GenerateDataKey(_)
        | Input::GenerateDataKeyWithoutPlaintext(_)
        | Input::GenerateDataKeyPair(_)
        | Input::GenerateDataKeyPairWithoutPlaintext(_) => None,
        _ => return None,
    };
    let algorithm = asked.unwrap_or(EncryptionAlgorithmSpec::SymmetricDefault);
    Some(algorithm.as_str())
}

fn recipient(input: &Input) -> Option<&RecipientInfo> {
    match input {
        Input::Decrypt(it) => it.recipient.as_ref(),
        Input::DeriveSharedSecret(it) => it.recipient.as_ref(),
        Input::GenerateDataKey(it) => it.recipient.as_ref(),
        Input::GenerateDataKeyPair(it) => it.recipient.as_ref(),
        Input::GenerateRandom(it) => it.recipient.as_ref(),
        _ => None,
    }
}

/// The tags that the request wants to put.
fn request_tags(input: &Input) -> &[Tag] {
    match input {
        Input::CreateKey(it) => it.tags.as_deref().unwrap_or_default(),
        Input::ReplicateKey(it) => it.tags.as_deref().unwrap_or_default(),
        Input::TagResource(it) => &it.tags,
        _ => &[],
    }
}

fn tag_keys(input: &Input) -> Values<'_> {
    if let Input::UntagResource(it) = input {
        return it
            .tag_keys
            .iter()
            .map(|key| Cow::from(key.as_str()))
            .collect();
    }
    let tags = request_tags(input).iter();
    tags.map(|tag| Cow::from(tag.tag_key.as_str())).collect()
}

fn message_type(asked: Option<MessageType>) -> Values<'static> {
    text(asked.unwrap_or(MessageType::Raw).as_str())
}

fn text(value: &str) -> Values<'_> {
    Values::One(value.into())
}

fn flag(asked: Option<bool>) -> Values<'static> {
    asked.map_or(Values::Absent, Values::boolean)
}

fn number(value: i64) -> Values<'static> {
    Values::One(value.to_string().into())
}

/// A date and time of day in UTC, to the second, as ISO 8601 writes it.
pub(super) fn date(date: Timestamp) -> String {
    jiff::Timestamp::from_second(date.as_millis().div_euclid(1000))
        .map(|time| time.to_string())
        .unwrap_or_default()
}

/// A date in whole epoch seconds.
fn seconds(date: Timestamp) -> Values<'static> {
    number(date.as_millis().div_euclid(1000))
}

/// The number of a register, written as numbers are.
fn index(text: &str) -> Option<u8> {
    let index: u8 = text.parse().ok()?;
    (index.to_string() == text).then_some(index)
}
