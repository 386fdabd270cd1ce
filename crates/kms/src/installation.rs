//! An installation: what `strongroom init` makes, a seal opens, and an operator looks after.
//!
//! The root key is random and wrapped by every seal alike; any one of them opens it. Whatever
//! else the installation needs stands wrapped under it, see the module `custody`.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use strongroom_auth::{AccessKeyId, identity::generate_secret_access_key};
use strongroom_crypto::{
    CryptoError, Random, RootKey, RootKeys,
    seal::{SealError, SealKey, SealRecord, SealSet},
};
use strongroom_model::{AccountId, Region, SecretAccessKey};
use strongroom_store::{
    Backend, Journal, JournalError, Precondition, Revision, StoreError, Write, backend::key_text,
};

use crate::{
    audit::{RequestId, operator_event},
    call::Interruption,
    change::Change,
    credentials,
    custody::{self, Custody, CustodyError},
    error::KmsError,
    layout,
    record::NoteRecord,
    service::{Service, Settings},
};

/// The note that says what an installation is for.
const PROFILE: &str = "profile";

/// What an installation is for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Profile {
    /// Whether it is for development: any Region, published identifier keys, seeds and clock
    /// control.
    pub development: bool,
    /// The account whose root was given an access key at the beginning.
    pub account: AccountId,
    /// The Regions that it serves; empty means any.
    pub regions: Vec<Region>,
}

/// Why an installation cannot be made, opened or changed. Each is a sentence for the operator.
#[derive(Debug, thiserror::Error)]
pub enum InstallationError {
    /// There is one already.
    #[error("this store holds an installation already; nothing was changed")]
    Exists,
    /// There is none.
    #[error("this store holds no installation; make one with `strongroom init`")]
    Absent,
    /// The seals say no.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// A key of the installation cannot be had.
    #[error(transparent)]
    Custody(#[from] CustodyError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The journal cannot be brought up to date with the store.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// Randomness failed.
    #[error(transparent)]
    Crypto(#[from] CryptoError),
    /// A record could not be read or written.
    #[error("{0}")]
    Service(String),
    /// Somebody else changed the seals at the same time.
    #[error("the seals were changed by somebody else at this moment; try again")]
    Raced,
}

impl From<KmsError> for InstallationError {
    fn from(error: KmsError) -> Self {
        Self::Service(
            error
                .cause()
                .map_or_else(|| error.to_string(), str::to_owned),
        )
    }
}

/// An installation whose seals have been read and not opened.
pub struct Sealed {
    backend: Arc<dyn Backend>,
    set: SealSet,
}

impl std::fmt::Debug for Sealed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sealed")
            .field("cluster_id", &self.set.cluster_id())
            .finish()
    }
}

/// An installation that was opened and does not serve yet.
pub struct Unsealed {
    backend: Arc<dyn Backend>,
    custody: Custody,
    seal_id: String,
}

/// Makes an installation in an empty store.
///
/// # Errors
/// [`InstallationError::Exists`] when the store holds one.
pub async fn create(
    backend: Arc<dyn Backend>,
    seals: &[SealKey],
    random: Random,
) -> Result<Sealed, InstallationError> {
    let cluster_id = RequestId::new(random.array()?).to_string();
    let roots = RootKeys::new(RootKey::generate(1, &random)?);
    let set = SealSet::create(&cluster_id, &roots, seals, &random)?;
    let absent = vec![Precondition::absent(custody::SEALS.as_bytes())];
    let row = Write::put(custody::SEALS.as_bytes(), set.to_json()?.into_bytes());
    match backend.commit(absent, vec![row]).await {
        Ok(_) => Ok(Sealed { backend, set }),
        Err(StoreError::Conflict { .. }) => Err(InstallationError::Exists),
        Err(error) => Err(error.into()),
    }
}

/// Reads the seals of the installation in a store, if it holds one.
///
/// # Errors
/// When the store fails or the seals cannot be read.
pub async fn find(backend: Arc<dyn Backend>) -> Result<Option<Sealed>, InstallationError> {
    Ok(read_seals(&backend)
        .await?
        .map(|(set, _)| Sealed { backend, set }))
}

async fn read_seals(
    backend: &Arc<dyn Backend>,
) -> Result<Option<(SealSet, Revision)>, InstallationError> {
    let Some(row) = backend.get(custody::SEALS.as_bytes()).await? else {
        return Ok(None);
    };
    Ok(Some((SealSet::from_json(&row.value)?, row.revision)))
}

impl Sealed {
    /// The seals.
    #[must_use]
    pub fn seals(&self) -> &[SealRecord] {
        self.set.seals()
    }

    /// Which seal the key opens.
    ///
    /// # Errors
    /// When it opens none, or the set was altered.
    pub fn verify(&self, key: &SealKey) -> Result<String, InstallationError> {
        Ok(self.set.verify(key)?)
    }

    /// Opens the installation. A rotation of the root key that was interrupted goes on first.
    ///
    /// # Errors
    /// When the key opens no seal, or something that the root key wraps does not open.
    pub async fn unseal(
        mut self,
        key: &SealKey,
        random: Random,
        published_identifiers: bool,
    ) -> Result<Unsealed, InstallationError> {
        let opened = self.set.unseal(key)?;
        let cluster_id = self.set.cluster_id().to_owned();
        let backend = Arc::clone(&self.backend);
        let custody = Custody::open(
            backend,
            cluster_id,
            opened.roots,
            random,
            published_identifiers,
        )
        .await?;
        if self.set.previous_version().is_some() {
            finish_rotation(&self.backend, &mut self.set, &custody, key).await?;
        }
        Ok(Unsealed {
            backend: self.backend,
            custody,
            seal_id: opened.seal_id,
        })
    }
}

impl std::fmt::Debug for Unsealed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Unsealed")
            .field("seal_id", &self.seal_id)
            .finish()
    }
}

impl Unsealed {
    /// The seal that opened.
    #[must_use]
    pub fn seal_id(&self) -> &str {
        &self.seal_id
    }

    /// Begins to serve: brings the journal up to date with the store and opens the shelves.
    ///
    /// # Errors
    /// When the journal cannot take the entries that the store still holds for it.
    pub async fn serve(
        self,
        journal: Arc<Journal>,
        settings: Settings,
    ) -> Result<Arc<Service>, InstallationError> {
        let custody = Arc::new(self.custody);
        let service = Service::new(self.backend, journal, custody, settings)?;
        service.recover().await?;
        Ok(Arc::new(service))
    }
}

/// Wraps again what the replaced root key still wraps, then drops it.
async fn finish_rotation(
    backend: &Arc<dyn Backend>,
    set: &mut SealSet,
    custody: &Custody,
    key: &SealKey,
) -> Result<usize, InstallationError> {
    let rewrapped = custody.rewrap().await?;
    let Some((_, revision)) = read_seals(backend).await? else {
        return Err(InstallationError::Absent);
    };
    let mut roots = set.unseal(key)?.roots;
    set.finish_rotation(&mut roots)?;
    store_seals(backend, set, revision).await?;
    custody.set_roots(roots);
    Ok(rewrapped)
}

async fn store_seals(
    backend: &Arc<dyn Backend>,
    set: &SealSet,
    revision: Revision,
) -> Result<(), InstallationError> {
    let unchanged = vec![Precondition::unchanged(custody::SEALS.as_bytes(), revision)];
    let row = Write::put(custody::SEALS.as_bytes(), set.to_json()?.into_bytes());
    match backend.commit(unchanged, vec![row]).await {
        Ok(_) => Ok(()),
        Err(StoreError::Conflict { .. }) => Err(InstallationError::Raced),
        Err(error) => Err(error.into()),
    }
}

/// What `strongroom seal list` prints of a seal.
#[derive(Clone, Debug, Serialize)]
pub struct SealInfo {
    /// The id.
    pub id: String,
    /// `key-file` or `passphrase`.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// Which edition of the root key it wraps.
    pub root_key_version: u32,
}

impl From<&SealRecord> for SealInfo {
    fn from(record: &SealRecord) -> Self {
        Self {
            id: record.seal_id().to_owned(),
            kind: record.kind().name(),
            root_key_version: record.root_key_version(),
        }
    }
}

/// What became of a rotation of the root key.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct RootRotation {
    /// The edition that is active now.
    pub root_key_version: u32,
    /// Keys that were wrapped again.
    pub rewrapped: usize,
}

/// The acts of the operator on an installation that is open.
impl Service {
    /// The seals of the installation.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn seals(&self) -> Result<Vec<SealInfo>, InstallationError> {
        let (set, _) = self.read_seals().await?;
        Ok(set.seals().iter().map(SealInfo::from).collect())
    }

    /// Which seal the key opens.
    ///
    /// # Errors
    /// When it opens none.
    pub async fn verify_seal(&self, key: &SealKey) -> Result<String, InstallationError> {
        let (set, _) = self.read_seals().await?;
        Ok(set.verify(key)?)
    }

    /// Adds a seal and tells its id.
    ///
    /// # Errors
    /// When the key opens a seal already.
    pub async fn add_seal(&self, key: &SealKey) -> Result<String, InstallationError> {
        let (mut set, revision) = self.read_seals().await?;
        let id = set.add(&self.custody().roots(), key, self.custody().random())?;
        store_seals(self.shelves().backend(), &set, revision).await?;
        self.record_act("AddSeal").await?;
        Ok(id)
    }

    /// Removes a seal. Rotate the root key afterwards: whoever holds the removed seal and an old
    /// copy of the store still has this root key.
    ///
    /// # Errors
    /// When there is no such seal, or it is the last one.
    pub async fn remove_seal(&self, id: &str) -> Result<(), InstallationError> {
        let (mut set, revision) = self.read_seals().await?;
        set.remove(&self.custody().roots(), id)?;
        store_seals(self.shelves().backend(), &set, revision).await?;
        self.record_act("RemoveSeal").await
    }

    /// Replaces the root key. Domain keys and service keys are wrapped again; no user ciphertext
    /// is touched. A crash in between is made good at the next start.
    ///
    /// # Errors
    /// When the key of a seal is missing among `keys`: a seal that kept the old root key would
    /// open nothing later.
    pub async fn rotate_root_key(
        &self,
        keys: &[SealKey],
    ) -> Result<RootRotation, InstallationError> {
        let backend = self.shelves().backend();
        let (set, revision) = self.read_seals().await?;
        let random = self.custody().random();
        let (mut next, roots) = set.begin_rotation(&self.custody().roots(), keys, random)?;
        let first = keys.first().ok_or(SealError::LastSeal)?;
        store_seals(backend, &next, revision).await?;
        self.custody().set_roots(roots);
        let rewrapped = finish_rotation(backend, &mut next, self.custody(), first).await?;
        self.record_act("RotateRootKey").await?;
        Ok(RootRotation {
            root_key_version: next.root_key_version(),
            rewrapped,
        })
    }

    /// What the installation is for; absent before it was said.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn profile(&self) -> Result<Option<Profile>, InstallationError> {
        self.note(PROFILE).await
    }

    /// Says what the installation is for.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn set_profile(&self, profile: &Profile) -> Result<(), InstallationError> {
        self.set_note(PROFILE, profile).await
    }

    /// A note of the installation.
    ///
    /// # Errors
    /// When the store fails or the note is of another form.
    pub async fn note<T: serde::de::DeserializeOwned>(
        &self,
        name: &str,
    ) -> Result<Option<T>, InstallationError> {
        let stored = self.shelves().get(&layout::note(name)).await?;
        let parse = |value: &serde_json::Value| {
            T::deserialize(value).map_err(|error| InstallationError::Service(error.to_string()))
        };
        stored.map(|stored| parse(&stored.record.value)).transpose()
    }

    /// Replaces a note of the installation.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn set_note<T: Serialize>(
        &self,
        name: &str,
        note: &T,
    ) -> Result<(), InstallationError> {
        let value = serde_json::to_value(note)
            .map_err(|error| InstallationError::Service(error.to_string()))?;
        let mut change = Change::new();
        change.put(&layout::note(name), &NoteRecord { value })?;
        self.commit_act("UpdateNote", change).await
    }

    /// Makes an access key for the root of an account. The secret is told this once.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn create_root_access_key(
        &self,
        account: AccountId,
    ) -> Result<(AccessKeyId, SecretAccessKey), InstallationError> {
        let random = self.custody().random();
        // A generator that fails leaves zeros behind; the check below turns that into an error.
        let mut healthy = true;
        let mut fill = |bytes: &mut [u8]| healthy &= random.fill(bytes).is_ok();
        let id = AccessKeyId::generate(&mut fill);
        let secret = generate_secret_access_key(&mut fill);
        if !healthy {
            return Err(CryptoError::RandomUnavailable.into());
        }
        self.store_access_key(&id, account, None, true, &secret)
            .await?;
        Ok((id, secret))
    }

    pub(crate) async fn store_access_key(
        &self,
        id: &AccessKeyId,
        account: AccountId,
        user: Option<String>,
        active: bool,
        secret: &SecretAccessKey,
    ) -> Result<(), InstallationError> {
        let now = self.now();
        let change = credentials::change(self, id, account, user, active, secret, now)?;
        self.commit_act("CreateAccessKey", change).await
    }

    /// Commits a change that an operator makes, with its entry.
    pub(crate) async fn commit_act(
        &self,
        event: &str,
        change: Change,
    ) -> Result<(), InstallationError> {
        let event_id = RequestId::new(self.custody().random().array()?);
        let entry = |rows: &[_]| operator_event(event, event_id, self.now(), rows);
        match self.shelves().commit(change, entry).await {
            Ok(committed) => {
                self.record_committed(committed);
                Ok(())
            }
            Err(Interruption::Moved { row }) => Err(InstallationError::Service(format!(
                "the row {} exists already",
                key_text(row.as_bytes())
            ))),
            Err(Interruption::Refused(error)) => Err(error.into()),
        }
    }

    async fn record_act(&self, event: &str) -> Result<(), InstallationError> {
        self.commit_act(event, Change::new()).await
    }

    async fn read_seals(&self) -> Result<(SealSet, Revision), InstallationError> {
        read_seals(self.shelves().backend())
            .await?
            .ok_or(InstallationError::Absent)
    }

    /// Whether the tag of a stored row belongs to its key, version and content, as the check of
    /// the whole store asks it.
    ///
    /// # Errors
    /// What is wrong with the row.
    pub async fn check_row(
        &self,
        key: &str,
        value: &bytes::Bytes,
    ) -> Result<(), InstallationError> {
        self.shelves()
            .verify(key, value)
            .await
            .map(|_| ())
            .map_err(InstallationError::from)
    }
}
