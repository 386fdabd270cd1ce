//! A whole service in memory, on a clock that tests move.

use std::sync::{
    Arc,
    atomic::{AtomicI64, AtomicUsize, Ordering},
};
use std::time::Duration;

use strongroom_auth::{
    AccessKeyId, Authorizer, Caller, NamedPolicy, Principal, Standing, decision::Open,
    policy::IdentityPolicy,
};
use strongroom_crypto::{Random, seal::SealKey};
use strongroom_model::{
    AccountId, Clock, Partition, Plaintext, Region, SecretText, Timestamp,
    enums::{ConnectionStateType, CustomKeyStoreType, OriginType, XksProxyConnectivityType},
    errors::ErrorCode,
    operations::{Input, Output},
    shapes::*,
};
use strongroom_store::{
    Backend, Durability, Journal, KeyRange, Memory, Page, Precondition, Revision, Row, StoreError,
    Write,
    backend::{BoxFuture, Unavailability, Watch},
    journal::JournalSettings,
};
use tokio::sync::watch;

mod sham;

use crate::{
    Arrival, Entry, KmsError, RequestId, Service, Settings,
    installation::{self, InstallationError},
};

/// How long a store that hangs is waited for.
pub(crate) const PATIENCE: Duration = Duration::from_millis(500);

/// The moment at which every test begins.
pub(crate) const START: i64 = 1_764_000_000_000;

/// A clock that stands still until it is moved.
pub(crate) struct TestClock(AtomicI64);

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.0.load(Ordering::SeqCst))
    }
}

/// A store that can be told to stop taking commits, as a crash would.
struct Stopping {
    rows: Memory,
    commits_left: AtomicUsize,
    /// Whether neither reads nor commits are answered, or commits are not.
    hangs: watch::Sender<Hang>,
    /// How often a range was read, and how many rows that brought.
    scans: AtomicUsize,
    rows_scanned: AtomicUsize,
}

impl Backend for Stopping {
    fn get<'a>(&'a self, key: &'a [u8]) -> BoxFuture<'a, Result<Option<Row>, StoreError>> {
        Box::pin(async move {
            self.pass(&[Hang::Reads]).await;
            self.rows.get(key).await
        })
    }

    fn scan<'a>(
        &'a self,
        range: KeyRange,
        limit: usize,
    ) -> BoxFuture<'a, Result<Page, StoreError>> {
        Box::pin(async move {
            self.pass(&[Hang::Reads]).await;
            let page = self.rows.scan(range, limit).await?;
            self.scans.fetch_add(1, Ordering::SeqCst);
            self.rows_scanned
                .fetch_add(page.rows.len(), Ordering::SeqCst);
            Ok(page)
        })
    }

    fn commit<'a>(
        &'a self,
        preconditions: Vec<Precondition>,
        writes: Vec<Write>,
    ) -> BoxFuture<'a, Result<Revision, StoreError>> {
        let one_fewer = |left: usize| left.checked_sub(1);
        let order = Ordering::SeqCst;
        if self
            .commits_left
            .fetch_update(order, order, one_fewer)
            .is_err()
        {
            let stopped = StoreError::unavailable(Unavailability::Failed, "it was stopped");
            return Box::pin(std::future::ready(Err(stopped)));
        }
        Box::pin(async move {
            self.pass(&[Hang::Commits, Hang::Reads]).await;
            self.rows.commit(preconditions, writes).await
        })
    }

    fn watch(&self, after: Revision) -> Result<Watch, StoreError> {
        self.rows.watch(after)
    }

    fn revision(&self) -> Revision {
        self.rows.revision()
    }
}

/// What a store does not answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Hang {
    Nothing,
    Commits,
    /// Nor anything else.
    Reads,
}

impl Stopping {
    /// Waits while the store hangs like that.
    async fn pass(&self, hanging: &[Hang]) {
        let mut hangs = self.hangs.subscribe();
        let answers = hangs.wait_for(|hang| !hanging.contains(hang)).await;
        answers.map(drop).unwrap();
    }
}

/// A service with its clock, its journal's folder and its store.
pub(crate) struct Bench {
    pub(crate) service: Arc<Service>,
    pub(crate) backend: Arc<dyn Backend>,
    pub(crate) folder: Arc<tempfile::TempDir>,
    stopping: Arc<Stopping>,
    clock: Arc<TestClock>,
}

impl Bench {
    /// A new service that lets everybody do everything in their own account.
    pub(crate) async fn new() -> Self {
        Self::with(Box::new(Open)).await
    }

    pub(crate) async fn with(authorizer: Box<dyn Authorizer>) -> Self {
        let folder = Arc::new(tempfile::tempdir().unwrap());
        let stopping = Arc::new(Stopping {
            rows: Memory::new(),
            commits_left: AtomicUsize::new(usize::MAX),
            hangs: watch::Sender::new(Hang::Nothing),
            scans: AtomicUsize::new(0),
            rows_scanned: AtomicUsize::new(0),
        });
        let backend = Arc::clone(&stopping) as Arc<dyn Backend>;
        let clock = Arc::new(TestClock(AtomicI64::new(START)));
        let seals = [seal_key()];
        let sealed = installation::create(Arc::clone(&backend), &seals, Random::system())
            .await
            .unwrap();
        Self::start(sealed, stopping, folder, clock, authorizer)
            .await
            .unwrap()
    }

    /// The same store, journal and clock under a new service, whose caches are empty.
    pub(crate) async fn restarted(&self, authorizer: Box<dyn Authorizer>) -> Self {
        self.try_restart(authorizer).await.unwrap()
    }

    pub(crate) async fn try_restart(
        &self,
        authorizer: Box<dyn Authorizer>,
    ) -> Result<Self, InstallationError> {
        let backend = Arc::clone(&self.backend);
        let sealed = installation::find(backend).await?.unwrap();
        let (folder, clock) = (Arc::clone(&self.folder), Arc::clone(&self.clock));
        let stopping = Arc::clone(&self.stopping);
        Self::start(sealed, stopping, folder, clock, authorizer).await
    }

    async fn start(
        sealed: installation::Sealed,
        stopping: Arc<Stopping>,
        folder: Arc<tempfile::TempDir>,
        clock: Arc<TestClock>,
        authorizer: Box<dyn Authorizer>,
    ) -> Result<Self, InstallationError> {
        let unsealed = sealed.unseal(&seal_key(), Random::system(), true).await?;
        let journal = JournalSettings {
            // Only a store that hangs is waited for so long.
            patience: PATIENCE,
            ..JournalSettings::of(Durability::Relaxed)
        };
        let journal = Arc::new(Journal::open_as(folder.path(), journal).unwrap());
        let settings = Settings {
            managed_services: vec!["s3".to_owned()],
            sm2_everywhere: true,
            rsa: crate::RsaSettings::WITHOUT_POOL,
            authorizer,
            clock: Arc::clone(&clock) as Arc<dyn Clock>,
            attestation: None,
            domain_key_days: 30,
            regions: Vec::new(),
            outside: sham::outside(),
            rates: crate::Rates::off(),
        };
        let service = unsealed.serve(journal, settings).await?;
        Ok(Self {
            service,
            backend: Arc::clone(&stopping) as Arc<dyn Backend>,
            folder,
            stopping,
            clock,
        })
    }

    /// Lets the store take this many commits and no more.
    pub(crate) fn stop_after(&self, commits: usize) {
        self.stopping.commits_left.store(commits, Ordering::SeqCst);
    }

    /// Has the store answer no more, or again.
    pub(crate) fn hang(&self, hang: Hang) {
        self.stopping.hangs.send_replace(hang);
    }

    /// How often the service has read a range of the store.
    pub(crate) fn scans(&self) -> usize {
        self.stopping.scans.load(Ordering::SeqCst)
    }

    /// How many rows came of that.
    pub(crate) fn rows_scanned(&self) -> usize {
        self.stopping.rows_scanned.load(Ordering::SeqCst)
    }

    /// The time on the clock.
    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Moves the clock.
    pub(crate) fn advance_days(&self, days: i64) {
        self.advance_millis(days * 86_400_000);
    }

    /// Moves the clock.
    pub(crate) fn advance_millis(&self, millis: i64) {
        self.clock.0.fetch_add(millis, Ordering::SeqCst);
    }

    /// Makes a call as the root of an account.
    pub(crate) async fn call_as(&self, account: &str, input: Input) -> Result<Output, KmsError> {
        let entry = self.entry(account, [1; 16]);
        self.service.answer(entry, input).await.into_outcome()
    }

    /// Makes a call in another Region.
    pub(crate) async fn call_in(&self, region: &str, input: Input) -> Result<Output, KmsError> {
        let entry = self.entry_in(region, "111122223333", [1; 16]);
        self.service.answer(entry, input).await.into_outcome()
    }

    /// The open entry of a call by the root of an account.
    pub(crate) fn entry(&self, account: &str, request_id: [u8; 16]) -> Box<Entry> {
        self.entry_in("us-east-1", account, request_id)
    }

    fn entry_in(&self, region: &str, account: &str, request_id: [u8; 16]) -> Box<Entry> {
        self.entry_of(root(account), region, request_id)
    }

    /// The open entry of a call by anybody.
    pub(crate) fn entry_of(
        &self,
        caller: Caller,
        region: &str,
        request_id: [u8; 16],
    ) -> Box<Entry> {
        let arrival = Arrival {
            request_id: RequestId::new(request_id),
            source: std::net::IpAddr::from([127, 0, 0, 1]),
            user_agent: None,
            tls: None,
            host: None,
        };
        let region = Region::parse(region).unwrap();
        self.service.open(caller, region, arrival)
    }

    /// Makes a call as anybody.
    pub(crate) async fn call_by(&self, caller: &Caller, input: Input) -> Result<Output, KmsError> {
        let entry = self.entry_of(caller.clone(), "us-east-1", [1; 16]);
        self.service.answer(entry, input).await.into_outcome()
    }

    /// Makes a call as anybody that is denied, and tells how.
    pub(crate) async fn denied(&self, caller: &Caller, input: Input) -> String {
        let error = self.call_by(caller, input).await.unwrap_err();
        assert_eq!(error.code(), ErrorCode::AccessDeniedException, "{error:?}");
        error.message().unwrap_or_default().to_owned()
    }

    /// Makes a call as the root of the account that most tests are about.
    pub(crate) async fn call(&self, input: Input) -> Result<Output, KmsError> {
        self.call_as("111122223333", input).await
    }

    /// Makes a call that is refused, and tells how.
    pub(crate) async fn refused(&self, input: Input) -> (ErrorCode, String) {
        let error = self.call(input).await.unwrap_err();
        (error.code(), error.message().unwrap_or_default().to_owned())
    }

    /// Every line of the journal, as it stands in its files.
    pub(crate) fn journal(&self) -> String {
        let mut files: Vec<_> = walk(self.folder.path());
        files.sort();
        files
            .iter()
            .map(|file| std::fs::read_to_string(file).unwrap())
            .collect()
    }

    /// A new symmetric key.
    pub(crate) async fn key(&self) -> KeyMetadata {
        self.key_like(symmetric_key()).await
    }

    /// A new external key store that is connected.
    pub(crate) async fn key_store(&self) -> String {
        let created = self.call(Input::CreateCustomKeyStore(key_store())).await;
        let Ok(Output::CreateCustomKeyStore(created)) = created else {
            panic!("the store was not created: {created:?}");
        };
        let id = created.custom_key_store_id.unwrap();
        let request = ConnectCustomKeyStoreRequest {
            custom_key_store_id: id.clone(),
        };
        self.call(Input::ConnectCustomKeyStore(request))
            .await
            .unwrap();
        while self.connection_of(&id).await == ConnectionStateType::Connecting {
            tokio::task::yield_now().await;
        }
        id
    }

    /// Commits that a store is to be connected, as a call that ends with its process does.
    pub(crate) async fn note_connecting(&self, id: &str) {
        let home = crate::layout::Home {
            account: AccountId::parse("111122223333").unwrap(),
            region: Region::parse("us-east-1").unwrap(),
        };
        let store = crate::key_stores::KeyStore::find(&self.service, &home, id)
            .await
            .unwrap();
        let connection = crate::record::Connection {
            state: ConnectionStateType::Connecting,
            error: None,
        };
        let change = crate::change::Change::key_store_connection(&store, connection).unwrap();
        let event = self.service.event_without_key("Test", &home).unwrap();
        assert!(self.service.commit_event(change, event).await.unwrap());
    }

    /// What DescribeCustomKeyStores says of the connection of a store.
    pub(crate) async fn connection_of(&self, id: &str) -> ConnectionStateType {
        let request = DescribeCustomKeyStoresRequest {
            custom_key_store_id: Some(id.to_owned()),
            ..DescribeCustomKeyStoresRequest::default()
        };
        match self.call(Input::DescribeCustomKeyStores(request)).await {
            Ok(Output::DescribeCustomKeyStores(stores)) => stores.custom_key_stores.unwrap()[0]
                .connection_state
                .unwrap(),
            other => panic!("{other:?}"),
        }
    }

    pub(crate) async fn key_like(&self, request: CreateKeyRequest) -> KeyMetadata {
        let Ok(Output::CreateKey(CreateKeyResponse {
            key_metadata: Some(key),
        })) = self.call(Input::CreateKey(request)).await
        else {
            panic!("the key was not created");
        };
        *key
    }
}

fn access_key_id() -> AccessKeyId {
    AccessKeyId::parse("AKIATESTTESTTESTTEST").unwrap()
}

/// The root of an account.
pub(crate) fn root(account: &str) -> Caller {
    let account = AccountId::parse(account).unwrap();
    Caller::root(account, Partition::Aws, access_key_id())
}

/// A user of the account that most tests are about, with these statements in its one policy.
pub(crate) fn user(name: &str, statements: &str) -> Caller {
    Caller {
        principal: Principal::User {
            path: "/".into(),
            name: name.into(),
            unique_id: format!("AIDA{name}").to_uppercase().into(),
        },
        standing: Arc::new(Standing {
            policies: policies(statements),
            ..Standing::default()
        }),
        ..root("111122223333")
    }
}

/// A session of a role of that account, with these statements in the role's one policy.
pub(crate) fn session(role: &str, name: &str, statements: &str) -> Caller {
    Caller {
        principal: Principal::AssumedRole {
            role_path: "/".into(),
            role_name: role.into(),
            role_id: format!("AROA{role}").to_uppercase().into(),
            session_name: name.into(),
        },
        ..user("", statements)
    }
}

/// One policy of these statements, or none.
pub(crate) fn policies(statements: &str) -> Vec<NamedPolicy> {
    if statements.is_empty() {
        return Vec::new();
    }
    let text = format!(r#"{{"Version":"2012-10-17","Statement":[{statements}]}}"#);
    vec![NamedPolicy {
        name: "user/test/own".into(),
        policy: Arc::new(IdentityPolicy::parse(&text).unwrap()),
    }]
}

fn walk(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(walk(&path));
        } else if path
            .extension()
            .is_some_and(|extension| extension == "jsonl")
        {
            files.push(path);
        }
    }
    files
}

/// The key of the one seal.
pub(crate) fn seal_key() -> SealKey {
    SealKey::from_key_file(&Plaintext::new(vec![7; 32])).unwrap()
}

/// CreateKey without parameters.
pub(crate) fn symmetric_key() -> CreateKeyRequest {
    CreateKeyRequest {
        bypass_policy_lockout_safety_check: None,
        custom_key_store_id: None,
        customer_master_key_spec: None,
        description: None,
        key_spec: None,
        key_usage: None,
        multi_region: None,
        origin: None,
        policy: None,
        tags: None,
        xks_key_id: None,
    }
}

/// CreateCustomKeyStore for an external key store.
pub(crate) fn key_store() -> CreateCustomKeyStoreRequest {
    CreateCustomKeyStoreRequest {
        cloud_hsm_cluster_id: None,
        custom_key_store_name: "store".to_owned(),
        custom_key_store_type: Some(CustomKeyStoreType::ExternalKeyStore),
        key_store_password: None,
        trust_anchor_certificate: None,
        xks_proxy_authentication_credential: Some(XksProxyAuthenticationCredentialType {
            access_key_id: SecretText::new("ABCDEFGHIJKLMNOPQRST".to_owned()),
            raw_secret_access_key: SecretText::new("s".repeat(43)),
        }),
        xks_proxy_connectivity: Some(XksProxyConnectivityType::PublicEndpoint),
        xks_proxy_uri_endpoint: Some("https://xks.example.com".to_owned()),
        xks_proxy_uri_path: Some("/kms/xks/v1".to_owned()),
        xks_proxy_vpc_endpoint_service_name: None,
        xks_proxy_vpc_endpoint_service_owner: None,
    }
}

/// CreateKey in an external key store.
pub(crate) fn key_in(store: &str, external: &str) -> CreateKeyRequest {
    CreateKeyRequest {
        custom_key_store_id: Some(store.to_owned()),
        origin: Some(OriginType::ExternalKeyStore),
        xks_key_id: Some(external.to_owned()),
        ..symmetric_key()
    }
}
