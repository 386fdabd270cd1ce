//! The service: from a decoded request to its reply.

use std::{
    fmt,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use pin_project_lite::pin_project;
use strongroom_auth::{Authorizer, Caller, CredentialError, CredentialSource, LookUp};
use strongroom_crypto::{CiphertextHeader, CryptoError, KeyMaterial, Random};
use strongroom_model::{
    Clock, KeyId, Plaintext, Region, Timestamp,
    enums::{DataKeyPairSpec, KeySpec},
    errors::ErrorCode,
    operations::{Input, Operation, Output},
};
use strongroom_store::{Backend, EntryBytes, Journal, JournalError};

use crate::{
    addressee::Attestation,
    audit::{Arrival, Entry, Events, Outcome, Recorded, Reply, RowTrace, ServiceEvent},
    call::{Attempt, Call, Interruption},
    change::Change,
    credentials::Credentials,
    custody::Custody,
    domains,
    error::KmsError,
    identities::{AccessKeyUses, Compiled},
    key_stores::{Connections, Health, outside::Outside},
    last_use::{LastUses, Promptness, Stamp},
    layout::Home,
    material::Materials,
    multi_region as in_step,
    operations::{
        agreement, aliases, custom_key_stores, data_keys, encryption, grants, imports, keys,
        multi_region, policies, rotation, signing, tags,
    },
    patience::Patience,
    permission::{Asked, Permissions},
    queue::{Queues, Turns},
    rates::{Rates, Throttle},
    rsa_keys::{RsaKeys, RsaMaking, RsaSettings},
    shelves::{Committed, Shelves},
    specs,
    sts::{KeySets, Sessions},
    sweep,
};

/// How often a call runs again because a row that it was judged on has moved.
const ATTEMPTS: usize = 16;

/// What the service may be told about itself.
pub struct Settings {
    /// The AWS services whose managed keys exist on demand, as in `alias/aws/<service>`.
    pub managed_services: Vec<String>,
    /// Whether keys of spec SM2 exist in every Region, and not only in those of China.
    pub sm2_everywhere: bool,
    /// How RSA keys are made.
    pub rsa: RsaSettings,
    /// Who decides what a caller may do.
    pub authorizer: Box<dyn Authorizer>,
    /// The service clock: the time of everything that is stored.
    pub clock: Arc<dyn Clock>,
    /// What attestation documents of enclaves are judged by, if any are taken.
    pub attestation: Option<Attestation>,
    /// How many days a domain key wraps before it is replaced.
    pub domain_key_days: u16,
    /// The Regions that are served; empty for those that the installation was made for.
    pub regions: Vec<Region>,
    /// Who reaches external key store proxies and hardware modules.
    pub outside: Outside,
    /// How often an account may call.
    pub rates: Rates,
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("managed_services", &self.managed_services)
            .field("sm2_everywhere", &self.sm2_everywhere)
            .field("rsa", &self.rsa)
            .field("domain_key_days", &self.domain_key_days)
            .finish()
    }
}

/// A key management service over one store.
pub struct Service {
    shelves: Arc<Shelves>,
    journal: Arc<Journal>,
    custody: Arc<Custody>,
    credentials: Credentials,
    sessions: Sessions,
    key_sets: KeySets,
    compiled: Compiled,
    access_key_uses: AccessKeyUses,
    materials: Materials,
    rsa_keys: RsaKeys,
    last_uses: LastUses,
    permissions: Permissions,
    queues: Queues,
    domain_rounds: tokio::sync::Mutex<domains::Rounds>,
    connections: Connections,
    key_store_checks: Health,
    throttle: Throttle,
    settings: Settings,
}

impl fmt::Debug for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Service")
            .field("settings", &self.settings)
            .finish()
    }
}

/// What STS tells a caller about itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallerIdentity {
    /// The account, as 12 digits.
    pub account: String,
    /// The ARN of the caller.
    pub arn: String,
    /// The unique id of the caller.
    pub user_id: String,
}

impl Service {
    pub(crate) fn new(
        backend: Arc<dyn Backend>,
        patience: Patience,
        journal: Arc<Journal>,
        custody: Arc<Custody>,
        settings: Settings,
    ) -> Result<Self, CryptoError> {
        let (told, keys) = (Arc::clone(&journal), Arc::clone(&custody));
        Ok(Self {
            shelves: Arc::new(Shelves::new(backend, patience, keys, told)),
            journal,
            credentials: Credentials::new(),
            sessions: Sessions::new(),
            key_sets: KeySets::new(),
            compiled: Compiled::new(),
            access_key_uses: AccessKeyUses::default(),
            rsa_keys: RsaKeys::new(settings.rsa, custody.random().clone())?,
            custody,
            materials: Materials::new(),
            last_uses: LastUses::default(),
            permissions: Permissions::default(),
            queues: Queues::default(),
            domain_rounds: tokio::sync::Mutex::default(),
            connections: Connections::default(),
            key_store_checks: Health::default(),
            throttle: Throttle::new(settings.rates.clone()),
            settings,
        })
    }

    /// Opens the audit entry of a call whose caller is known.
    ///
    /// It is on the heap, since it goes from hand to hand and stays for a while.
    #[must_use]
    pub fn open(
        &self,
        caller: impl Into<Arc<Caller>>,
        region: Region,
        arrival: Arrival,
    ) -> Box<Entry> {
        let opened = self.now();
        Box::new(Entry::new(caller.into(), region, arrival, opened))
    }

    /// Brings the journal up to date with the store. To be called once, before the first call.
    pub(crate) async fn recover(&self) -> Result<(), JournalError> {
        let copied = self.shelves.recover(&self.journal).await?;
        if copied > 0 {
            tracing::info!(
                copied,
                "entries that a crash had kept from the journal are there now"
            );
        }
        Ok(())
    }

    /// Runs an operation and closes its entry.
    ///
    /// To be polled to its end, whether or not anybody still waits for the reply: a call that is
    /// dropped on its way may be without its record.
    pub async fn answer(self: &Arc<Self>, entry: Box<Entry>, input: Input) -> Reply {
        let operation = input.operation();
        let (reply, now, asked) = self.run(&entry, operation, &input).await;
        self.begin_connections();
        let denied = matches!(
            reply.outcome(),
            Err(error) if error.code() == ErrorCode::AccessDeniedException
        );
        self.permissions.remember(entry, input, now, asked, denied);
        reply
    }

    /// Closes the entry of a call that was refused before it became an operation.
    pub async fn refuse(
        &self,
        entry: Box<Entry>,
        operation: Option<Operation>,
        error: KmsError,
    ) -> Reply {
        let recorded = match operation {
            Some(operation) => {
                let outcome = Outcome {
                    operation,
                    input: None,
                    error: Some(&error),
                };
                self.record_call(&entry, &outcome, None).await
            }
            None => self.record(&entry, "Unknown", true, Some(&error)).await,
        };
        Reply::closed(&entry, Err(error), recorded)
    }

    /// Whether the service can serve, or why not: see [`Health`](crate::vitals::Health).
    ///
    /// # Errors
    /// A sentence for the operator.
    pub async fn ready(&self) -> Result<(), String> {
        let health = self.health().await;
        let failed = health.parts().into_iter().find_map(|(_, part)| part.err());
        failed.map_or(Ok(()), Err)
    }

    /// How many calls were refused because their account calls too often, by group of operations.
    pub fn throttled(&self) -> impl Iterator<Item = (&'static str, u64)> {
        self.throttle.refused()
    }

    /// How many requests to each custom key store were refused because it is asked too often.
    #[must_use]
    pub fn throttled_key_stores(&self) -> Vec<(String, u64)> {
        self.throttle.refused_by_store()
    }

    /// How many changes the store was given since it was made.
    #[must_use]
    pub fn revision(&self) -> u64 {
        self.shelves.backend().revision()
    }

    /// How the making of RSA keys goes.
    #[must_use]
    pub fn rsa_making(&self) -> RsaMaking {
        self.rsa_keys.making()
    }

    /// Takes one request out of what a custom key store may be asked.
    ///
    /// # Errors
    /// `ThrottlingException`.
    pub(crate) fn admit_to_key_store(&self, id: &str) -> Result<(), KmsError> {
        self.throttle.admit_to_store(id)
    }

    /// Tidies: removes keys whose time is over, wipes secrets that are not in use, rotates
    /// domain keys, goes on with connections that a crash interrupted, and clears entries that
    /// have reached the journal. Called every few seconds.
    pub async fn maintain(self: &Arc<Self>) {
        self.materials.forget_old();
        self.credentials.forget_old();
        self.shelves.grow_old();
        if let Err(error) = sweep::round(self, self.now()).await {
            tracing::warn!(cause = error.cause(), "the sweeper will try again");
        }
        if let Err(error) = self
            .last_uses
            .write_down(self, Promptness::WhenWorthIt)
            .await
        {
            tracing::warn!(
                cause = error.cause(),
                "last uses of keys will be written down later"
            );
        }
        if let Err(error) = self
            .access_key_uses
            .write_down(self, Promptness::WhenWorthIt)
            .await
        {
            tracing::warn!(
                cause = error.cause(),
                "last uses of access keys will be written down later"
            );
        }
        let mut rounds = self.domain_rounds.lock().await;
        if let Err(error) = domains::round(self, &mut rounds, self.now()).await {
            tracing::warn!(cause = error.cause(), "domain keys will be looked at again");
        }
        drop(rounds);
        self.check_key_stores();
        if let Err(error) = self.resume_connections().await {
            tracing::warn!(cause = error.cause(), "connecting will be tried again");
        }
        if let Err(error) = self.shelves.clear_outbox(&self.journal).await {
            tracing::warn!(%error, "entries in the outbox will be cleared later");
        }
    }

    /// Writes down what is still in memory only: when keys were used last. Called once, after
    /// the last call; without it the last minute of that is lost.
    pub async fn finish(&self) {
        if let Err(error) = self.last_uses.write_down(self, Promptness::Now).await {
            tracing::warn!(cause = error.cause(), "last uses of keys are lost");
        }
        if let Err(error) = self.access_key_uses.write_down(self, Promptness::Now).await {
            tracing::warn!(cause = error.cause(), "last uses of access keys are lost");
        }
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.settings.clock.now()
    }

    pub(crate) fn journal(&self) -> &Journal {
        &self.journal
    }

    pub(crate) fn shelves(&self) -> &Arc<Shelves> {
        &self.shelves
    }

    pub(crate) fn custody(&self) -> &Custody {
        &self.custody
    }

    pub(crate) fn materials(&self) -> &Materials {
        &self.materials
    }

    pub(crate) fn last_uses(&self) -> &LastUses {
        &self.last_uses
    }

    /// What decisions are made of, and those that were made lately.
    pub(crate) fn permissions(&self) -> &Permissions {
        &self.permissions
    }

    pub(crate) fn key_sets(&self) -> &KeySets {
        &self.key_sets
    }

    /// Appends what two accounts are told of a call of STS.
    pub(crate) async fn append_events(
        &self,
        first: EntryBytes,
        other: Option<EntryBytes>,
    ) -> Result<(), KmsError> {
        let recorded = Recorded::append(&self.journal, Events::of_accounts(first, other)).await;
        recorded.map(drop).map_err(|error| refused(&error))
    }

    /// When access keys were used last, as far as it is not written down.
    pub(crate) fn access_key_uses(&self) -> &AccessKeyUses {
        &self.access_key_uses
    }

    /// The identities that were looked up lately.
    pub(crate) fn compiled(&self) -> &Compiled {
        &self.compiled
    }

    pub(crate) fn authorizer(&self) -> &dyn Authorizer {
        self.settings.authorizer.as_ref()
    }

    pub(crate) fn attestation(&self) -> Option<&Attestation> {
        self.settings.attestation.as_ref()
    }

    pub(crate) fn domain_key_days(&self) -> u16 {
        self.settings.domain_key_days
    }

    /// Whether keys can be in that Region.
    pub(crate) async fn serves(&self, region: &Region) -> Result<bool, KmsError> {
        let settings = &self.settings.regions;
        if !settings.is_empty() {
            return Ok(settings.contains(region));
        }
        let profile = self.profile().await.map_err(KmsError::internal)?;
        let regions = profile.map(|profile| profile.regions).unwrap_or_default();
        Ok(regions.is_empty() || regions.contains(region))
    }

    pub(crate) fn connections(&self) -> &Connections {
        &self.connections
    }

    /// What the proxies of external key stores said of themselves.
    pub(crate) fn key_store_checks(&self) -> &Health {
        &self.key_store_checks
    }

    /// Who reaches the outside of this house.
    pub(crate) fn outside(&self) -> &Outside {
        &self.settings.outside
    }

    pub(crate) fn managed_services(&self) -> &[String] {
        &self.settings.managed_services
    }

    /// Whether keys and data key pairs of this spec exist in the Region.
    pub(crate) fn offers(&self, spec: KeySpec, region: &Region) -> bool {
        specs::offered(spec, region, self.settings.sm2_everywhere)
    }

    /// New material for a key of that spec.
    pub(crate) async fn new_material(&self, spec: KeySpec) -> Result<KeyMaterial, KmsError> {
        if RsaKeys::makes(spec) {
            return self.rsa_keys.take(spec).await;
        }
        Ok(KeyMaterial::generate(spec, self.random())?)
    }

    /// A new key pair for a caller: its private key, and its public one.
    pub(crate) async fn new_key_pair(
        &self,
        pair: DataKeyPairSpec,
    ) -> Result<(Plaintext, Vec<u8>), KmsError> {
        let material = self.new_material(specs::of_pair(pair)).await?;
        Ok(strongroom_crypto::into_data_key_pair(material)?)
    }

    /// Random bytes for a caller.
    pub(crate) fn random_bytes(&self, length: usize) -> Result<Plaintext, KmsError> {
        Ok(strongroom_crypto::random_bytes(length, self.random())?)
    }

    fn random(&self) -> &Random {
        self.custody.random()
    }

    /// Reads the header of a ciphertext, without looking anything up.
    pub(crate) fn read_header(&self, blob: &[u8]) -> Result<CiphertextHeader, KmsError> {
        CiphertextHeader::parse(blob, self.custody.identifiers())
            .map_err(|_| KmsError::invalid_ciphertext())
    }

    /// Whether the journal takes records. A change whose record it could not take is refused
    /// before it is made.
    pub(crate) fn check_journal(&self) -> Result<(), KmsError> {
        Ok(self.journal.check()?)
    }

    /// Tells the journal of a change, and the relatives of what changed. The entry is safe
    /// already, in the transaction of the change; if the journal cannot take it now, it will at
    /// the next start.
    pub(crate) async fn record_committed(&self, committed: Committed) -> Recorded {
        let (recorded, summoned) = Recorded::committed(&self.journal, committed);
        self.spread(summoned).await;
        recorded
    }

    /// Commits what nobody asked for, with the entry that tells of it.
    ///
    /// It runs to its end even if the call that came across it goes away, so that the journal
    /// hears of it at once.
    ///
    /// # Errors
    /// [`Interruption::Moved`] when a row that the change was judged on has moved.
    pub(crate) async fn commit_unasked(
        &self,
        change: Change,
        entry: impl FnOnce(&[RowTrace]) -> EntryBytes + Send + 'static,
    ) -> Attempt<()> {
        self.check_journal()?;
        let (shelves, journal) = (Arc::clone(&self.shelves), Arc::clone(&self.journal));
        let committing = tokio::spawn(async move {
            let committed = shelves.commit(change, entry).await?;
            Ok::<_, Interruption>(committed.copy_to(&journal))
        });
        let summoned = committing.await.map_err(KmsError::internal)??;
        self.spread(summoned).await;
        Ok(())
    }

    /// Has the relatives of multi-Region keys follow what was just committed. What fails here is
    /// made up for when the key is next looked up, or by the sweeper.
    async fn spread(&self, summoned: Vec<(Home, KeyId)>) {
        for (home, id) in summoned {
            if let Err(error) = in_step::keep_in_step(self, &home, id, self.now()).await {
                let (key, cause) = (home.key_arn(id), error.cause());
                tracing::warn!(%key, cause, "a multi-Region key will follow later");
            }
        }
    }

    /// Commits a service event with the change that it is, and tells whether it was
    /// made; it is not when a row that it was judged on has moved.
    pub(crate) async fn commit_event(
        &self,
        change: Change,
        event: ServiceEvent,
    ) -> Result<bool, KmsError> {
        match self
            .commit_unasked(change, move |rows| event.body(rows))
            .await
        {
            Ok(()) => Ok(true),
            Err(Interruption::Moved { .. }) => Ok(false),
            Err(Interruption::Refused(error)) => Err(error),
        }
    }

    /// A service event about a key, happening now.
    pub(crate) fn event(
        &self,
        name: &'static str,
        home: &Home,
        key: KeyId,
    ) -> Result<ServiceEvent, KmsError> {
        let random = self.random().array()?;
        Ok(ServiceEvent::new(name, random, self.now(), home, Some(key)))
    }

    /// A service event about no key, happening now.
    pub(crate) fn event_without_key(
        &self,
        name: &'static str,
        home: &Home,
    ) -> Result<ServiceEvent, KmsError> {
        let random = self.random().array()?;
        Ok(ServiceEvent::new(name, random, self.now(), home, None))
    }

    async fn run(
        &self,
        entry: &Entry,
        operation: Operation,
        input: &Input,
    ) -> (Reply, Timestamp, Vec<Asked>) {
        let (account, region) = (entry.caller().account, entry.region());
        if let Err(error) = self.throttle.admit(account, region, input) {
            let told = Outcome {
                operation,
                input: Some(input),
                error: Some(&error),
            };
            let recorded = self.record_call(entry, &told, None).await;
            return (
                Reply::closed(entry, Err(error), recorded),
                self.now(),
                Vec::new(),
            );
        }
        let mut turns = Turns::default();
        let mut attempts = 0;
        let mut used = Vec::new();
        let (mut asked, mut now);
        let (outcome, committed) = loop {
            attempts += 1;
            let began = match attempts {
                1 => entry.opened(),
                _ => self.now(),
            };
            let call = Call::new(self, entry, operation, input, began);
            let outcome = dispatch(&call, input).await;
            (asked, now) = (call.take_asked(), call.now());
            match outcome {
                Ok(output) => {
                    used = call.take_uses();
                    break (Ok(output), call.into_committed());
                }
                Err(Interruption::Refused(error)) => break (Err(error), None),
                Err(Interruption::Moved { row }) if attempts < ATTEMPTS => {
                    entry.start_over();
                    self.queues.wait(&mut turns, row).await;
                }
                Err(Interruption::Moved { row }) => {
                    let cause = format!("{row} moved {ATTEMPTS} times");
                    break (Err(KmsError::internal(cause)), None);
                }
            }
        };
        self.queues.leave(&mut turns);
        let outcome = outcome.map_err(|error| error.modelled_by(operation));
        let stamp = Stamp::of(operation, entry).filter(|_| !used.is_empty());
        let told = Outcome {
            operation,
            input: Some(input),
            error: outcome.as_ref().err(),
        };
        let recorded = self.record_call(entry, &told, committed).await;
        let reply = Reply::closed(entry, outcome, recorded);
        if let Some(stamp) = stamp
            && reply.outcome().is_ok()
        {
            self.last_uses.note(&used, &stamp);
        }
        (reply, now, asked)
    }

    /// Records the entry of a call with its outcome, unless it is safe already because it tells
    /// of a change that was committed.
    ///
    /// # Errors
    /// When the journal cannot take it: the call is refused with this.
    async fn record_call(
        &self,
        entry: &Entry,
        outcome: &Outcome<'_>,
        committed: Option<Committed>,
    ) -> Result<Recorded, KmsError> {
        log_failure(entry, outcome.operation.name(), outcome.error);
        match committed {
            Some(committed) => Ok(self.record_committed(committed).await),
            None => {
                let recorded =
                    Recorded::append(&self.journal, entry.close(outcome, &[], self.now())).await;
                recorded.map_err(|unrecorded| {
                    let error = refused(&unrecorded).modelled_by(outcome.operation);
                    self.contradict(&unrecorded, entry, || {
                        let error = Some(&error);
                        entry.close(&Outcome { error, ..*outcome }, &[], self.now())
                    });
                    error
                })
            }
        }
    }

    /// Records the entry of something that is no operation of the KMS API.
    ///
    /// # Errors
    /// When the journal cannot take it: the call is refused with this.
    async fn record(
        &self,
        entry: &Entry,
        event: &str,
        read_only: bool,
        error: Option<&KmsError>,
    ) -> Result<Recorded, KmsError> {
        log_failure(entry, event, error);
        let body = entry.body(event, read_only, error, self.now());
        let recorded = Recorded::append(&self.journal, body).await;
        recorded.map_err(|unrecorded| {
            let error = refused(&unrecorded);
            self.contradict(&unrecorded, entry, || {
                Events::from(entry.body(event, read_only, Some(&error), self.now()))
            });
            error
        })
    }

    /// After events that are on their way to a disk that has not answered, tells that the caller
    /// heard an error, whatever they say.
    fn contradict(&self, why: &JournalError, entry: &Entry, events: impl FnOnce() -> Events) {
        if !matches!(why, JournalError::TimedOut { .. }) {
            return;
        }
        entry.begin_another();
        for event in events() {
            self.journal.append_unawaited(event);
        }
    }
}

/// What a call hears that the journal did not record.
fn refused(unrecorded: &JournalError) -> KmsError {
    let error = KmsError::from(unrecorded.clone());
    let cause = error.cause();
    tracing::error!(
        cause,
        "a call is refused because the journal cannot record it"
    );
    error
}

/// Logs why a call failed, if there is more to it than the caller is told.
fn log_failure(entry: &Entry, event: &str, error: Option<&KmsError>) {
    if let Some(error) = error
        && let Some(cause) = error.cause()
    {
        let request_id = entry.request_id();
        tracing::warn!(%request_id, event, code = error.code().name(), cause, "call failed");
    }
}

impl CredentialSource for Service {
    async fn look_up(
        &self,
        access_key_id: &str,
        session_token: Option<&str>,
    ) -> Result<LookUp, CredentialError> {
        let found = match session_token {
            None => {
                let credential = self.credentials.look_up(self, access_key_id).await;
                credential.map(|found| found.map_or(LookUp::Unknown, LookUp::Found))
            }
            Some(token) => self.sessions.look_up(self, access_key_id, token).await,
        };
        found.map_err(|error| CredentialError(Box::new(error)))
    }
}

/// Keeps an operation's state on the heap, so that no other call carries room for it.
fn rare<'c, T>(
    operation: impl Future<Output = Attempt<T>> + Send + 'c,
) -> Pin<Box<dyn Future<Output = Attempt<T>> + Send + 'c>> {
    Box::pin(operation)
}

pin_project! {
    /// Keeps an operation's state in the call that runs it, and its code in one place: among
    /// that of all the others, what is needed together would lie far apart.
    struct Often<F> {
        #[pin]
        operation: F,
    }
}

fn often<T>(operation: impl Future<Output = Attempt<T>>) -> impl Future<Output = Attempt<T>> {
    Often { operation }
}

impl<F: Future> Future for Often<F> {
    type Output = F::Output;

    #[inline(never)]
    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        self.project().operation.poll(context)
    }
}

/// Where each operation lives. There is no catch-all: a newly modelled operation does not
/// compile until it has a home.
async fn dispatch(call: &Call<'_>, input: &Input) -> Attempt<Output> {
    Ok(match input {
        Input::CancelKeyDeletion(input) => {
            Output::CancelKeyDeletion(rare(keys::cancel_key_deletion(call, input)).await?)
        }
        Input::ConnectCustomKeyStore(input) => Output::ConnectCustomKeyStore(
            rare(custom_key_stores::connect_custom_key_store(call, input)).await?,
        ),
        Input::CreateAlias(input) => {
            rare(aliases::create_alias(call, input)).await?;
            Output::CreateAlias
        }
        Input::CreateCustomKeyStore(input) => Output::CreateCustomKeyStore(
            rare(custom_key_stores::create_custom_key_store(call, input)).await?,
        ),
        Input::CreateGrant(input) => {
            Output::CreateGrant(rare(grants::create_grant(call, input)).await?)
        }
        Input::CreateKey(input) => Output::CreateKey(rare(keys::create_key(call, input)).await?),
        Input::Decapsulate(input) => {
            Output::Decapsulate(rare(agreement::decapsulate(call, input)).await?)
        }
        Input::Decrypt(input) => Output::Decrypt(often(encryption::decrypt(call, input)).await?),
        Input::DeleteAlias(input) => {
            rare(aliases::delete_alias(call, input)).await?;
            Output::DeleteAlias
        }
        Input::DeleteCustomKeyStore(input) => Output::DeleteCustomKeyStore(
            rare(custom_key_stores::delete_custom_key_store(call, input)).await?,
        ),
        Input::DeriveSharedSecret(input) => {
            Output::DeriveSharedSecret(often(agreement::derive_shared_secret(call, input)).await?)
        }
        Input::DescribeCustomKeyStores(input) => Output::DescribeCustomKeyStores(
            rare(custom_key_stores::describe_custom_key_stores(call, input)).await?,
        ),
        Input::DescribeKey(input) => {
            Output::DescribeKey(often(keys::describe_key(call, input)).await?)
        }
        Input::DisableKey(input) => {
            rare(keys::disable_key(call, input)).await?;
            Output::DisableKey
        }
        Input::DisconnectCustomKeyStore(input) => Output::DisconnectCustomKeyStore(
            rare(custom_key_stores::disconnect_custom_key_store(call, input)).await?,
        ),
        Input::EnableKey(input) => {
            rare(keys::enable_key(call, input)).await?;
            Output::EnableKey
        }
        Input::Encapsulate(input) => {
            Output::Encapsulate(rare(agreement::encapsulate(call, input)).await?)
        }
        Input::Encrypt(input) => Output::Encrypt(often(encryption::encrypt(call, input)).await?),
        Input::GenerateDataKey(input) => {
            Output::GenerateDataKey(often(data_keys::generate_data_key(call, input)).await?)
        }
        Input::GenerateDataKeyPair(input) => {
            Output::GenerateDataKeyPair(rare(data_keys::generate_data_key_pair(call, input)).await?)
        }
        Input::GenerateDataKeyPairWithoutPlaintext(input) => {
            Output::GenerateDataKeyPairWithoutPlaintext(
                rare(data_keys::generate_data_key_pair_without_plaintext(
                    call, input,
                ))
                .await?,
            )
        }
        Input::GenerateDataKeyWithoutPlaintext(input) => Output::GenerateDataKeyWithoutPlaintext(
            often(data_keys::generate_data_key_without_plaintext(call, input)).await?,
        ),
        Input::GenerateMac(input) => {
            Output::GenerateMac(often(signing::generate_mac(call, input)).await?)
        }
        Input::DeleteImportedKeyMaterial(input) => Output::DeleteImportedKeyMaterial(
            rare(imports::delete_imported_key_material(call, input)).await?,
        ),
        Input::DisableKeyRotation(input) => {
            rare(rotation::disable_key_rotation(call, input)).await?;
            Output::DisableKeyRotation
        }
        Input::EnableKeyRotation(input) => {
            rare(rotation::enable_key_rotation(call, input)).await?;
            Output::EnableKeyRotation
        }
        Input::GetKeyLastUsage(input) => {
            Output::GetKeyLastUsage(rare(keys::get_key_last_usage(call, input)).await?)
        }
        Input::GetKeyRotationStatus(input) => Output::GetKeyRotationStatus(
            rare(rotation::get_key_rotation_status(call, input)).await?,
        ),
        Input::GetParametersForImport(input) => Output::GetParametersForImport(
            rare(imports::get_parameters_for_import(call, input)).await?,
        ),
        Input::ImportKeyMaterial(input) => {
            Output::ImportKeyMaterial(rare(imports::import_key_material(call, input)).await?)
        }
        Input::ListKeyRotations(input) => {
            Output::ListKeyRotations(rare(rotation::list_key_rotations(call, input)).await?)
        }
        Input::ReplicateKey(input) => {
            Output::ReplicateKey(rare(multi_region::replicate_key(call, input)).await?)
        }
        Input::RotateKeyOnDemand(input) => {
            Output::RotateKeyOnDemand(rare(rotation::rotate_key_on_demand(call, input)).await?)
        }
        Input::GenerateRandom(input) => {
            Output::GenerateRandom(often(data_keys::generate_random(call, input)).await?)
        }
        Input::GetKeyPolicy(input) => {
            Output::GetKeyPolicy(rare(policies::get_key_policy(call, input)).await?)
        }
        Input::GetPublicKey(input) => {
            Output::GetPublicKey(often(keys::get_public_key(call, input)).await?)
        }
        Input::ListAliases(input) => {
            Output::ListAliases(rare(aliases::list_aliases(call, input)).await?)
        }
        Input::ListGrants(input) => {
            Output::ListGrants(rare(grants::list_grants(call, input)).await?)
        }
        Input::ListKeyPolicies(input) => {
            Output::ListKeyPolicies(rare(policies::list_key_policies(call, input)).await?)
        }
        Input::ListKeys(input) => Output::ListKeys(rare(keys::list_keys(call, input)).await?),
        Input::ListResourceTags(input) => {
            Output::ListResourceTags(rare(tags::list_resource_tags(call, input)).await?)
        }
        Input::ListRetirableGrants(input) => {
            Output::ListRetirableGrants(rare(grants::list_retirable_grants(call, input)).await?)
        }
        Input::PutKeyPolicy(input) => {
            rare(policies::put_key_policy(call, input)).await?;
            Output::PutKeyPolicy
        }
        Input::ReEncrypt(input) => {
            Output::ReEncrypt(often(encryption::re_encrypt(call, input)).await?)
        }
        Input::RetireGrant(input) => {
            rare(grants::retire_grant(call, input)).await?;
            Output::RetireGrant
        }
        Input::RevokeGrant(input) => {
            rare(grants::revoke_grant(call, input)).await?;
            Output::RevokeGrant
        }
        Input::ScheduleKeyDeletion(input) => {
            Output::ScheduleKeyDeletion(rare(keys::schedule_key_deletion(call, input)).await?)
        }
        Input::Sign(input) => Output::Sign(often(signing::sign(call, input)).await?),
        Input::TagResource(input) => {
            rare(tags::tag_resource(call, input)).await?;
            Output::TagResource
        }
        Input::UntagResource(input) => {
            rare(tags::untag_resource(call, input)).await?;
            Output::UntagResource
        }
        Input::UpdateAlias(input) => {
            rare(aliases::update_alias(call, input)).await?;
            Output::UpdateAlias
        }
        Input::UpdateCustomKeyStore(input) => Output::UpdateCustomKeyStore(
            rare(custom_key_stores::update_custom_key_store(call, input)).await?,
        ),
        Input::UpdateKeyDescription(input) => {
            rare(keys::update_key_description(call, input)).await?;
            Output::UpdateKeyDescription
        }
        Input::UpdatePrimaryRegion(input) => {
            rare(multi_region::update_primary_region(call, input)).await?;
            Output::UpdatePrimaryRegion
        }
        Input::Verify(input) => Output::Verify(often(signing::verify(call, input)).await?),
        Input::VerifyMac(input) => {
            Output::VerifyMac(often(signing::verify_mac(call, input)).await?)
        }
    })
}
