//! Typed records over the four verbs of the store, with a cache in front.
//!
//! The cache holds decoded records and remembers absences too. It is exact: a hit counts only
//! if nothing in its neighbourhood changed since the hit was read, and a change says so before
//! its commit is acknowledged. So the state that an acknowledged change replaced can never be
//! used to start an operation.

use std::{
    any::Any,
    collections::HashSet,
    sync::{
        Arc, Mutex, OnceLock, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use bytes::Bytes;
use quick_cache::{Weighter, sync::Cache};
use strongroom_model::{KeyId, Timestamp};
use strongroom_store::{
    Backend, EntryBytes, Journal, KeyRange, Precondition, Revision, Row, StoreError, VersionClock,
    Write,
    envelope::{open_row, seal_row},
    journal::JournalError,
};

use crate::{
    at_hand::AtHand,
    audit::{Events, RowTrace},
    call::Interruption,
    change::{Change, RowWrite},
    custody::{Custody, RowTagKey, Versions},
    error::KmsError,
    holders,
    keeper::Ring,
    layout::{self, Home, Prefix, RowKey, Scope},
    patience::Patience,
    record::{Appointment, DueRecord, Record},
};

/// How long a record is served from the cache: this long for certain, and twice as long at most.
const FRESH: Duration = Duration::from_secs(150);
/// Memory that the cache may take, in bytes, counted roughly.
const CACHE_BYTES: u64 = 64 << 20;
/// The largest row of whose record threads keep copies.
const AT_HAND_BYTES: u32 = 8 << 10;
/// Records that the cache is laid out for at first; it grows with use.
const CACHE_RECORDS: usize = 1024;
/// Neighbourhoods in which changes are noted. A change spoils the hits of its neighbourhood.
const NEIGHBOURHOODS: usize = 4096;
/// Keys whose deletion date has passed that one listing looks at; the sweeper keeps them few.
const LAPSED_SCAN: usize = 1000;

/// The newest row version that a start has to stay above, big-endian. Set back, it protects
/// less; it is not trusted for anything else.
pub(crate) const VERSION_FLOOR: &[u8] = b"version-floor";
/// Notes that every version so far was given.
pub(crate) fn version_floor(versions: &VersionClock) -> Write {
    Write::put(VERSION_FLOOR, versions.next().to_be_bytes().to_vec())
}

/// How far versions may have come since the floor was last noted: an hour of microseconds.
pub(crate) const FLOOR_MARGIN: u64 = 3_600_000_000;

/// A record as it was read: with the version that the journal knows, and the revision that a
/// commit can be conditional on.
#[derive(Debug)]
pub(crate) struct Stored<R> {
    pub(crate) record: R,
    pub(crate) revision: Revision,
    /// The ARN of a key, once it was asked for.
    pub(crate) arn: OnceLock<Arc<str>>,
}

/// A change that is on stable storage: the entries that tell of it, by the ids of their rows in
/// the outbox.
#[derive(Debug)]
pub(crate) struct Committed {
    entries: Vec<(u64, EntryBytes)>,
    /// Keys in other Regions that have to follow.
    summoned: Vec<(Home, KeyId)>,
}

impl Committed {
    /// Tells the journal of the change, and gives the keys in other Regions that have to follow.
    pub(crate) fn copy_to(self, journal: &Journal) -> Vec<(Home, KeyId)> {
        tell(journal, self.entries);
        self.summoned
    }
}

/// Tells the journal of a change by its entries in the outbox.
fn tell(journal: &Journal, entries: Vec<(u64, EntryBytes)>) {
    for (outbox_id, entry) in entries {
        journal.append_outbox(outbox_id, entry);
    }
}

/// Records in one page of a listing, by name.
pub(crate) struct Listed<R> {
    pub(crate) rows: Vec<(String, R)>,
    pub(crate) more: bool,
}

/// The store as typed records.
pub(crate) struct Shelves {
    backend: Arc<dyn Backend>,
    patience: Patience,
    custody: Arc<Custody>,
    journal: Arc<Journal>,
    cache: Cache<String, Slot, BySize>,
    hasher: ahash::RandomState,
    /// The newest revision at which something in each neighbourhood changed.
    changed: Box<[AtomicU64]>,
    at_hand: AtHand<Box<str>, Slot>,
    age: Age,
}

/// The age of the cache, one more for each time that a record may be served.
#[derive(Default)]
struct Age {
    now: AtomicU64,
    since: Mutex<Option<Instant>>,
}

/// What the cache knows of a row.
#[derive(Clone)]
struct Slot {
    /// The row was as it is here when the store was at this revision.
    read_at: Revision,
    /// The age of the cache when it was read.
    age: u64,
    size: u32,
    stored: Option<Arc<dyn Any + Send + Sync>>,
}

impl Slot {
    /// The same, with a copy of its record.
    fn copy<R: Record>(&self, stored: Option<&Stored<R>>) -> Self {
        let copy = |stored: &Stored<R>| Stored {
            record: stored.record.clone(),
            revision: stored.revision,
            // Of its own, so that no reference count is anybody else's.
            arn: OnceLock::new(),
        };
        Self {
            stored: stored.map(|stored| Arc::new(copy(stored)) as _),
            ..*self
        }
    }
}

#[derive(Clone)]
struct BySize;

impl Weighter<String, Slot> for BySize {
    fn weight(&self, key: &String, slot: &Slot) -> u64 {
        // The fixed part stands for the slot, the tables and the decoded record's own overhead.
        u64::try_from(key.len())
            .unwrap_or(u64::MAX)
            .saturating_add(slot.size.into())
            + 256
    }
}

impl Shelves {
    pub(crate) fn new(
        backend: Arc<dyn Backend>,
        patience: Patience,
        custody: Arc<Custody>,
        journal: Arc<Journal>,
    ) -> Self {
        Self {
            backend,
            patience,
            custody,
            journal,
            cache: Cache::with_weighter(CACHE_RECORDS, CACHE_BYTES, BySize),
            hasher: ahash::RandomState::new(),
            changed: (0..NEIGHBOURHOODS).map(|_| AtomicU64::new(0)).collect(),
            at_hand: AtHand::default(),
            age: Age::default(),
        }
    }

    /// Lets records grow old. Called every few seconds.
    pub(crate) fn grow_old(&self) {
        let mut since = self
            .age
            .since
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if since.get_or_insert_with(Instant::now).elapsed() >= FRESH {
            self.age.now.fetch_add(1, Ordering::Relaxed);
            *since = Some(Instant::now());
        }
    }

    /// Whether the store answers.
    ///
    /// # Errors
    /// [`StoreError::Silent`]; those of the read that tries it.
    pub(crate) async fn check(&self) -> Result<(), StoreError> {
        self.patience.check()?;
        let probe = self.patience.read(self.backend.get(b"note/ready")).await;
        probe.map(drop)
    }

    pub(crate) fn backend(&self) -> &Arc<dyn Backend> {
        &self.backend
    }

    /// The record in a row, if there is one.
    pub(crate) async fn get<R: Record>(
        &self,
        key: &RowKey<R>,
    ) -> Result<Option<Arc<Stored<R>>>, KmsError> {
        let name = key.as_str();
        let hash = self.hasher.hash_one(name);
        let changed = self.neighbourhood(hash).load(Ordering::Acquire);
        let age = self.age.now.load(Ordering::Relaxed);
        let holds = |slot: &Slot| slot.read_at >= changed && slot.age + 1 >= age;
        let found = self.at_hand.find(hash, |of, slot| {
            (**of == *name && holds(slot)).then(|| slot.stored.clone())
        });
        if let Some(stored) = found {
            return stored.map(downcast).transpose();
        }
        if let Some(slot) = self.cache.get(name)
            && holds(&slot)
        {
            let stored = slot.stored.clone().map(downcast).transpose()?;
            if slot.size <= AT_HAND_BYTES {
                let copy = || (name.into(), slot.copy(stored.as_deref()));
                self.at_hand.missed(hash, copy);
            }
            return Ok(stored);
        }
        // On the heap, so that a call that finds everything at hand carries no room for this.
        Box::pin(self.load(key)).await
    }

    /// Reads a row from the store, whatever the cache knows, and remembers what was there.
    ///
    /// For rows that are read because another row of the same commit was seen: the cache hears
    /// of a commit a moment after the store has it.
    pub(crate) async fn load<R: Record>(
        &self,
        key: &RowKey<R>,
    ) -> Result<Option<Arc<Stored<R>>>, KmsError> {
        let name = key.as_str();
        let age = self.age.now.load(Ordering::Relaxed);
        let read_at = self.backend.revision();
        let row = self.backend.get(name.as_bytes());
        let row = self.patience.read(row).await?;
        let (stored, size) = match row {
            Some(row) => {
                let size = row.value.len();
                (Some(Arc::new(self.open::<R>(name, row).await?)), size)
            }
            None => (None, 0),
        };
        self.cache.insert(
            name.to_owned(),
            Slot {
                read_at,
                age,
                size: u32::try_from(size).unwrap_or(u32::MAX),
                stored: stored
                    .clone()
                    .map(|stored| stored as Arc<dyn Any + Send + Sync>),
            },
        );
        Ok(stored)
    }

    /// Up to `limit` records of a listing, as [`list`](Self::list) gives them, and the revisions
    /// that commits can be conditional on.
    pub(crate) async fn list_stored<R: Record>(
        &self,
        prefix: &Prefix<R>,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Listed<Stored<R>>, KmsError> {
        let mut range = KeyRange::prefix(prefix.as_str());
        if let Some(name) = after {
            range = range.after(prefix.row(name).as_str().as_bytes());
        }
        let page = self.patience.read(self.backend.scan(range, limit)).await?;
        let mut rows = Vec::with_capacity(page.rows.len());
        for row in page.rows {
            let key = String::from_utf8_lossy(&row.key).into_owned();
            let stored = self.open::<R>(&key, row).await?;
            let name = key
                .strip_prefix(prefix.as_str())
                .unwrap_or_default()
                .to_owned();
            rows.push((name, stored));
        }
        Ok(Listed {
            rows,
            more: page.more,
        })
    }

    /// Up to `limit` records of a listing, in the order of their names, after the name `after`.
    pub(crate) async fn list<R: Record>(
        &self,
        prefix: &Prefix<R>,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Listed<R>, KmsError> {
        let Listed { rows, more } = self.list_stored(prefix, after, limit).await?;
        let record = |(name, stored): (String, Stored<R>)| (name, stored.record);
        Ok(Listed {
            rows: rows.into_iter().map(record).collect(),
            more,
        })
    }

    /// The keys whose deletion date has passed and that the sweeper has not yet removed.
    pub(crate) async fn lapsed(&self, now: Timestamp) -> Result<Lapsed, KmsError> {
        let mut keys = HashSet::new();
        let due: Listed<DueRecord> = self
            .list(&layout::all_due(Appointment::Deletion), None, LAPSED_SCAN)
            .await?;
        for (name, _) in due.rows {
            match layout::parse_due(&name) {
                Some((date, home, id)) if date <= now => keys.insert((home, id)),
                _ => break,
            };
        }
        Ok(Lapsed { keys })
    }

    /// Commits a change and, in the same transaction, the audit entry that tells of it.
    ///
    /// `entry` is handed the rows that the change writes, with their versions and tags. If it
    /// gives more than one entry, each has a row of the outbox. A commit that takes too long is
    /// refused as timed out and may yet happen; the journal is told of it then.
    pub(crate) async fn commit<E: Into<Events>>(
        self: &Arc<Self>,
        change: Change,
        entry: impl FnOnce(&[RowTrace]) -> E,
    ) -> Result<Committed, Interruption> {
        let mut domain_keys = Vec::new();
        self.hold_domain_keys(&change, &mut domain_keys).await?;
        let mut traces = Vec::with_capacity(change.writes.len());
        let mut writes = Vec::with_capacity(change.writes.len() + 1);
        for write in change.writes {
            let version = self.custody.versions().next();
            match write {
                RowWrite::Put { key, payload } => {
                    let keys = self.integrity(&key).await?;
                    let tagger = keys.in_use().map_err(KmsError::from)?;
                    let row = seal_row(key.as_bytes(), version, tagger.version(), tagger, &payload);
                    writes.push(Write::put(key.as_bytes(), row.bytes));
                    traces.push(RowTrace {
                        key,
                        version,
                        tag: Some(row.tag),
                    });
                }
                RowWrite::Remove { key } => {
                    writes.push(Write::delete(key.as_bytes()));
                    traces.push(RowTrace {
                        key,
                        version,
                        tag: None,
                    });
                }
            }
        }
        let mut entries = Vec::with_capacity(1 + change.events.len());
        let events = change.events.iter().map(|event| event.body(&[]));
        for entry in entry(&traces).into().into_iter().chain(events) {
            let outbox_id = self.custody.versions().next();
            let outbox_row = self.custody.outbox_row(outbox_id, &entry);
            writes.push(outbox_row.map_err(KmsError::from)?);
            entries.push((outbox_id, entry));
        }
        let summoned = change.summoned;
        let conditions = change
            .conditions
            .into_iter()
            .map(|(key, expected)| Precondition {
                key: key.into_bytes(),
                expected,
            })
            .chain(domain_keys)
            .collect();

        let shelves = Arc::clone(self);
        let committing = async move {
            let committed = shelves.backend.commit(conditions, writes).await;
            // Even a commit that failed may have happened, if the medium failed at that moment.
            for trace in &traces {
                shelves.forget(&trace.key);
            }
            committed
        };
        let journal = Arc::clone(&self.journal);
        let told = entries.clone();
        // Keys in other Regions that have to follow do so when they are next looked up.
        let landed = move |_| tell(&journal, told);
        match self.patience.commit(committing, landed).await {
            Ok(_) => Ok(Committed { entries, summoned }),
            Err(StoreError::Conflict { key }) => {
                let row = String::from_utf8_lossy(&key).into_owned();
                self.forget(&row);
                if let Some(home) = row.strip_prefix("roster/domain/").and_then(Home::parse) {
                    self.custody.reread_domain(&home);
                }
                Err(Interruption::Moved { row })
            }
            Err(error) => Err(Interruption::Refused(error.into())),
        }
    }

    /// A record that holds wraps may be written only while the domain key under them is sure to
    /// be there: the commit is conditional on the roster. New wraps are made by the version in
    /// use. An older one may stay in a record that is rewritten, and come nowhere else, so that
    /// a version that is being retired is found in fewer and fewer records.
    async fn hold_domain_keys(
        &self,
        change: &Change,
        conditions: &mut Vec<Precondition>,
    ) -> Result<(), Interruption> {
        for write in &change.writes {
            let RowWrite::Put { key, payload } = write else {
                continue;
            };
            let Some((home, holder)) = holders::of(key) else {
                continue;
            };
            let domains = self.custody.domain(&home).await.map_err(KmsError::from)?;
            let rewritten = change
                .conditions
                .iter()
                .any(|(row, judged)| row == key && judged.is_some());
            let roster = Ring::Domain(home.clone()).roster();
            let versions = holder.versions(key, payload)?;
            if versions.is_empty() {
                continue;
            }
            let fits = versions.iter().all(|version| {
                *version == domains.newest() || rewritten && domains.get(*version).is_some()
            });
            if !fits {
                // It was wrapped before a rotation that came in between.
                let row = roster.as_str().to_owned();
                return Err(Interruption::Moved { row });
            }
            let roster = Precondition::unchanged(roster.as_str().as_bytes(), domains.revision());
            if !conditions.contains(&roster) {
                conditions.push(roster);
            }
        }
        Ok(())
    }

    /// Copies to the journal the entries that a crash left in the store.
    pub(crate) async fn recover(&self, journal: &Journal) -> Result<usize, JournalError> {
        let keys = self.custody.integrity(&Scope::Installation).await;
        let keys = keys.map_err(|error| StoreError::corrupt(b"custody/integrity/", error))?;
        let open = |row: &Row| {
            open_row(&row.key, &row.value, &|version| keys.get(version)).map(|row| row.payload)
        };
        journal.reconcile_with(self.backend.as_ref(), &open).await
    }

    /// Removes entries that have reached the journal, and notes how far the versions have come.
    pub(crate) async fn clear_outbox(&self, journal: &Journal) -> Result<(), StoreError> {
        // In the same commit: what the outbox tells a start of versions is gone with it.
        let floor = version_floor(self.custody.versions());
        journal
            .clear_outbox_with(self.backend.as_ref(), &[floor])
            .await?;
        Ok(())
    }

    /// Spoils every cached hit for a row.
    fn forget(&self, name: &str) {
        let now = self.backend.revision();
        let hash = self.hasher.hash_one(name);
        self.neighbourhood(hash).fetch_max(now, Ordering::AcqRel);
        self.cache.remove(name);
    }

    fn neighbourhood(&self, hash: u64) -> &AtomicU64 {
        let at = usize::try_from(hash % NEIGHBOURHOODS as u64).unwrap_or(0);
        #[expect(clippy::indexing_slicing, reason = "a remainder is below its divisor")]
        &self.changed[at]
    }

    async fn integrity(&self, row_key: &str) -> Result<Arc<Versions<RowTagKey>>, KmsError> {
        let scope = Scope::of(row_key)
            .ok_or_else(|| StoreError::corrupt(row_key.as_bytes(), "its key is malformed"))?;
        Ok(self.custody.integrity(&scope).await?)
    }

    async fn open<R: Record>(&self, name: &str, row: Row) -> Result<Stored<R>, KmsError> {
        let payload = self.verify(name, &row.value).await?;
        let record = serde_json::from_slice(&payload)
            .map_err(|error| StoreError::corrupt(name.as_bytes(), error))?;
        Ok(Stored {
            record,
            revision: row.revision,
            arn: OnceLock::new(),
        })
    }

    /// Checks the tag of a row and hands out its content.
    pub(crate) async fn verify(&self, name: &str, value: &Bytes) -> Result<Bytes, KmsError> {
        let keys = self.integrity(name).await?;
        let opened = open_row(name.as_bytes(), value, &|version| keys.get(version))?;
        Ok(opened.payload)
    }
}

fn downcast<R: Record>(stored: Arc<dyn Any + Send + Sync>) -> Result<Arc<Stored<R>>, KmsError> {
    stored
        .downcast::<Stored<R>>()
        .map_err(|_| KmsError::internal("a row was cached as another kind of record"))
}

/// Keys whose time is over although their rows are still there.
pub(crate) struct Lapsed {
    keys: HashSet<(Home, KeyId)>,
}

impl Lapsed {
    pub(crate) fn contains(&self, home: &Home, id: KeyId) -> bool {
        !self.keys.is_empty() && self.keys.contains(&(home.clone(), id))
    }

    /// How many of them belong to an account and Region.
    pub(crate) fn of(&self, home: &Home) -> u64 {
        let count = self.keys.iter().filter(|(owner, _)| owner == home).count();
        u64::try_from(count).unwrap_or(u64::MAX)
    }
}
