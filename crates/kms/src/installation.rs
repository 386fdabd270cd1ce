//! An installation: what `strongroom init` makes, a seal opens, and an operator looks after.
//!
//! The root key is random and wrapped by every seal alike; any one of them opens it. Whatever
//! else the installation needs stands wrapped under it, see the module `custody`.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use strongroom_auth::AccessKeyId;
use strongroom_crypto::{
    CryptoError, Job, Random, RootKey, RootKeys,
    seal::{SealError, SealKey, SealRecord, SealSet},
};
use strongroom_model::{AccountId, Region, SecretAccessKey, Timestamp};
use strongroom_store::{
    Backend, Journal, JournalError, KeyRange, Precondition, Revision, StoreError, Write,
    backend::key_text,
};

use crate::{
    audit::{OwnEvent, RequestId, own_event},
    call::Interruption,
    change::Change,
    custody::{Custody, CustodyError},
    error::KmsError,
    identities::IdentityError,
    keeper::{Ring, Roots, SEALS},
    layout,
    notary::AuditNotary,
    patience::Patience,
    record::NoteRecord,
    service::{Service, Settings},
};

/// The note that says what an installation is for.
pub(crate) const PROFILE: &str = "profile";

/// The note that says since when the root key is the one that it is.
const ROOT_KEY: &str = "root-key";

/// Since when the root key is the one that it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct RootKeySince {
    version: u32,
    created: Timestamp,
}

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
    /// There was one, and its seals are gone.
    #[error(
        "the seals of this store are gone, and nothing in it can be opened without them; restore \
         the store from a backup"
    )]
    SealsGone,
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
    revision: Revision,
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
    set: SealSet,
    revision: Revision,
    roots: RootKeys,
    /// The root keys once more, to end a rotation that was interrupted.
    interrupted: Option<RootKeys>,
    random: Random,
    published_identifiers: bool,
    seal_id: String,
}

/// Makes an installation in an empty store.
///
/// # Errors
/// [`InstallationError::Exists`] when the store holds one, [`InstallationError::SealsGone`] when
/// it holds what is left of one.
pub async fn create(
    backend: Arc<dyn Backend>,
    seals: &[SealKey],
    random: Random,
) -> Result<Sealed, InstallationError> {
    if read_seals(&backend).await?.is_some() {
        return Err(InstallationError::Exists);
    }
    let cluster_id = RequestId::new(random.array()?).to_string();
    let roots = RootKeys::new(RootKey::generate(1, &random)?);
    let set = SealSet::create(&cluster_id, &roots, seals, &random)?;
    let absent = vec![Precondition::absent(SEALS.as_bytes())];
    let row = Write::put(SEALS.as_bytes(), set.to_json()?.into_bytes());
    match backend.commit(absent, vec![row]).await {
        Ok(revision) => Ok(Sealed {
            backend,
            set,
            revision,
        }),
        Err(StoreError::Conflict { .. }) => Err(InstallationError::Exists),
        Err(error) => Err(error.into()),
    }
}

/// Reads the seals of the installation in a store, if it holds one.
///
/// # Errors
/// When the store fails, or the seals cannot be read or are gone.
pub async fn find(backend: Arc<dyn Backend>) -> Result<Option<Sealed>, InstallationError> {
    let seals = read_seals(&backend).await?;
    Ok(seals.map(|(set, revision)| Sealed {
        backend,
        set,
        revision,
    }))
}

async fn read_seals(
    backend: &Arc<dyn Backend>,
) -> Result<Option<(SealSet, Revision)>, InstallationError> {
    let Some(row) = backend.get(SEALS.as_bytes()).await? else {
        let anything = backend.scan(KeyRange::all(), 0).await?.more;
        return if anything {
            Err(InstallationError::SealsGone)
        } else {
            Ok(None)
        };
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

    /// Opens the seals.
    ///
    /// # Errors
    /// When the key opens no seal.
    pub async fn unseal(
        self,
        key: &SealKey,
        random: Random,
        published_identifiers: bool,
    ) -> Result<Unsealed, InstallationError> {
        let opened = self.set.unseal(key)?;
        let interrupted = match self.set.previous_version() {
            Some(_) => Some(self.set.unseal(key)?.roots),
            None => None,
        };
        Ok(Unsealed {
            backend: self.backend,
            set: self.set,
            revision: self.revision,
            roots: opened.roots,
            interrupted,
            random,
            published_identifiers,
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

    /// Begins to serve: ends a rotation of the root key that was interrupted, opens the keys of
    /// the installation, brings the journal up to date with the store, and has it sealed from
    /// then on.
    ///
    /// # Errors
    /// When something that the root key wraps does not open or is gone, the journal cannot take
    /// the entries that the store holds for it, or does not go on from its newest checkpoint.
    pub async fn serve(
        mut self,
        journal: Arc<Journal>,
        settings: Settings,
    ) -> Result<Arc<Service>, InstallationError> {
        let roots = Roots {
            keys: Arc::new(self.roots),
            seals: self.revision,
        };
        let patience = Patience::new(journal.patience());
        let custody = Custody::open(
            Arc::clone(&self.backend),
            patience.clone(),
            self.set.cluster_id().to_owned(),
            roots,
            self.random,
            Arc::clone(&settings.clock),
            self.published_identifiers,
        )
        .await?;
        if let Some(roots) = self.interrupted {
            finish_rotation(&mut self.set, &custody, roots, self.revision).await?;
        }
        let custody = Arc::new(custody);
        let told = Arc::clone(&journal);
        let notary = AuditNotary::new(&custody, Arc::clone(&settings.clock));
        let service = Service::new(
            self.backend,
            patience,
            journal,
            Arc::clone(&custody),
            settings,
        )?;
        service.recover().await?;
        told.seal(Box::new(notary))?;
        service.take_over_noted_identities().await?;
        custody.tell(told);
        Ok(Arc::new(service))
    }
}

/// Wraps again what the replaced root key still wraps, then drops it. Each step is one commit,
/// with its record.
async fn finish_rotation(
    set: &mut SealSet,
    custody: &Custody,
    mut roots: RootKeys,
    judged: Revision,
) -> Result<usize, InstallationError> {
    let rewrapped = custody.rewrap().await?;
    set.finish_rotation(&mut roots)?;
    let stored = store_seals(custody, set, judged, "RotateRootKey").await?;
    custody.replace_roots(roots, stored);
    Ok(rewrapped)
}

/// Replaces the seals in one commit with the record of it, and tells at which revision.
async fn store_seals(
    custody: &Custody,
    set: &SealSet,
    judged: Revision,
    event: &str,
) -> Result<Revision, InstallationError> {
    match custody.store_seals(set, judged, event).await {
        Ok(revision) => Ok(revision),
        Err(CustodyError::Store(StoreError::Conflict { .. })) => Err(InstallationError::Raced),
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

    /// Since when the root key is the one that it is, as far as that is known: rotations before
    /// this was noted left no date.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn root_key_since(&self) -> Result<Option<Timestamp>, InstallationError> {
        let version = self.custody().roots().active().version();
        if let Some(since) = self.note::<RootKeySince>(ROOT_KEY).await?
            && since.version == version
        {
            return Ok(Some(since.created));
        }
        if version != 1 {
            return Ok(None);
        }
        // The first root key is as old as the first key that was wrapped by it.
        let roster = Ring::Service(Job::Marker).roster();
        let stored = self.shelves().get(&roster).await?;
        Ok(stored.and_then(|stored| Some(stored.record.versions.first()?.created)))
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
        self.check_journal()?;
        store_seals(self.custody(), &set, revision, "AddSeal").await?;
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
        self.check_journal()?;
        store_seals(self.custody(), &set, revision, "RemoveSeal").await?;
        Ok(())
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
        let (set, revision) = self.read_seals().await?;
        let custody = self.custody();
        let (mut next, roots) = set.begin_rotation(&custody.roots(), keys, custody.random())?;
        let first = keys.first().ok_or(SealError::LastSeal)?;
        let once_more = next.unseal(first)?.roots;
        self.check_journal()?;
        let stored = store_seals(custody, &next, revision, "BeginRootKeyRotation").await?;
        custody.replace_roots(roots, stored);
        let rewrapped = finish_rotation(&mut next, custody, once_more, stored).await?;
        let root_key_version = next.root_key_version();
        let since = RootKeySince {
            version: root_key_version,
            created: self.now(),
        };
        // The rotation is done; without the note nobody knows how old the key is, and no more.
        if let Err(error) = self.set_note(ROOT_KEY, &since).await {
            tracing::warn!(%error, "the age of the root key could not be noted");
        }
        Ok(RootRotation {
            root_key_version,
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
        let (id, secret) = self.new_access_key()?;
        let stored = self.put_access_key(account, None, &id, true, &secret).await;
        stored.map_err(|error| match error {
            IdentityError::Failed(error) => error,
            refused => InstallationError::Service(refused.to_string()),
        })?;
        Ok((id, secret))
    }

    /// Commits a change that an operator makes, with its entry.
    pub(crate) async fn commit_act(
        &self,
        event: &str,
        change: Change,
    ) -> Result<(), InstallationError> {
        let event_id = RequestId::new(self.custody().random().array()?);
        let event = OwnEvent::Operator(event);
        let entry = |rows: &[_]| own_event(event, event_id, self.now(), None, rows);
        match self.shelves().commit(change, entry).await {
            Ok(committed) => {
                self.record_committed(committed).await;
                Ok(())
            }
            Err(Interruption::Moved { row }) => Err(InstallationError::Service(format!(
                "the row {} exists already",
                key_text(row.as_bytes())
            ))),
            Err(Interruption::Refused(error)) => Err(error.into()),
        }
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
