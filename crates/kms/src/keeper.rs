//! The rows in which the keys of the installation stand wrapped: which ought to be there, and
//! how they change.
//!
//! Every change of them commits with its record for the journal, like every other change, and
//! with a *roster*: the tagged row that says which versions of a key were made. So a wrapped key
//! that somebody took away is missed, and not made anew as if it had never been; what is wrapped
//! under it would be lost for good behind a fresh key of the same name.

use std::sync::{Arc, OnceLock, PoisonError, RwLock};

use strongroom_crypto::{
    CryptoError, DomainKey, DomainKeyName, IntegrityKey, Job, Random, RootKeys, ServiceKey,
    seal::SealSet, wrapping_version,
};
use strongroom_model::{Clock, Timestamp};
use strongroom_store::{
    Backend, EntryBytes, Journal, KeyRange, Precondition, Revision, StoreError, VersionClock,
    Write,
    envelope::{open_row, seal_row},
    journal::{digest, newest_in_outbox, outbox_key},
};

use crate::{
    audit::{OwnEvent, RequestId, RowTrace, own_event},
    custody::{CustodyError, RowTagKey, Versions},
    holders::HOLDERS,
    layout::{self, Home, RowKey},
    patience::Patience,
    record::{RosterRecord, RosterVersion},
    shelves::{FLOOR_MARGIN, VERSION_FLOOR, version_floor},
};

/// Where the root keys stand under their seals.
pub(crate) const SEALS: &str = "custody/seals";
/// Where everything that the root key wraps stands.
const ALL: &str = "custody/";
/// Wrapped keys read, and wrapped again, at a time.
const PAGE: usize = 100;

/// The root keys, and the row with the seals that they were read from.
#[derive(Clone)]
pub(crate) struct Roots {
    pub(crate) keys: Arc<RootKeys>,
    pub(crate) seals: Revision,
}

/// One key of the installation, all versions of it.
#[derive(Clone)]
pub(crate) enum Ring {
    Service(Job),
    Domain(Home),
}

impl Ring {
    fn prefix(&self) -> String {
        match self {
            Self::Service(Job::InstallationIntegrity) => "custody/integrity/".to_owned(),
            Self::Service(Job::Integrity { account, region }) => {
                format!("custody/integrity/{account}/{region}/")
            }
            Self::Service(job) => format!("custody/service/{}/", job.name()),
            Self::Domain(Home { account, region }) => format!("custody/domain/{account}/{region}/"),
        }
    }

    /// The row of one version.
    pub(crate) fn row(&self, version: u32) -> String {
        format!("{}{version:010}", self.prefix())
    }

    /// The row that says which versions were made.
    pub(crate) fn roster(&self) -> RowKey<RosterRecord> {
        let prefix = self.prefix();
        let name = prefix.strip_prefix(ALL).unwrap_or(&prefix);
        layout::roster(name.strip_suffix('/').unwrap_or(name))
    }

    fn home(&self) -> Option<Home> {
        match self {
            Self::Domain(home) => Some(home.clone()),
            Self::Service(Job::Integrity { account, region }) => Some(Home {
                account: *account,
                region: region.clone(),
            }),
            Self::Service(_) => None,
        }
    }

    /// What a row under `custody/` holds: a version of which key.
    pub(crate) fn of_row(row: &str) -> Option<(Self, u32)> {
        let parts: Vec<&str> = row.split('/').collect();
        let home = |account: &str, region: &str| {
            Some(Home {
                account: strongroom_model::AccountId::parse(account).ok()?,
                region: strongroom_model::Region::parse(region).ok()?,
            })
        };
        let (ring, version) = match parts.as_slice() {
            ["custody", "service", job, version] => {
                (Self::Service(Job::of_installation(job)?), version)
            }
            ["custody", "integrity", version] => {
                (Self::Service(Job::InstallationIntegrity), version)
            }
            ["custody", "integrity", account, region, version] => {
                let Home { account, region } = home(account, region)?;
                (Self::Service(Job::Integrity { account, region }), version)
            }
            ["custody", "domain", account, region, version] => {
                (Self::Domain(home(account, region)?), version)
            }
            _ => return None,
        };
        Some((ring, version.parse().ok()?))
    }
}

/// A change of the installation's own rows, and what its record will say of them.
#[derive(Default)]
pub(crate) struct OwnChange {
    conditions: Vec<Precondition>,
    writes: Vec<Write>,
    traces: Vec<RowTrace>,
}

impl OwnChange {
    fn unchanged(&mut self, row: &str, revision: Revision) {
        let condition = Precondition::unchanged(row.as_bytes(), revision);
        self.conditions.push(condition);
    }

    fn absent(&mut self, row: &str) {
        self.conditions.push(Precondition::absent(row.as_bytes()));
    }
}

/// One wrapped key as it was read.
struct WrappedRow {
    name: String,
    version: u32,
    value: bytes::Bytes,
    revision: Revision,
}

/// Keeps the rows.
pub(crate) struct Keeper {
    backend: Arc<dyn Backend>,
    patience: Patience,
    cluster_id: String,
    random: Random,
    clock: Arc<dyn Clock>,
    versions: VersionClock,
    /// Told of every change, once it is up to date with the store.
    journal: OnceLock<Arc<Journal>>,
    roots: RwLock<Roots>,
    /// What tags the rows of the installation, rosters and entries on their way among them.
    tags: Arc<Versions<RowTagKey>>,
}

impl Keeper {
    pub(crate) async fn open(
        backend: Arc<dyn Backend>,
        patience: Patience,
        cluster_id: String,
        roots: Roots,
        random: Random,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, CustodyError> {
        let mut keeper = Self {
            backend,
            patience,
            cluster_id,
            random,
            clock,
            versions: VersionClock::new(),
            journal: OnceLock::new(),
            roots: RwLock::new(roots),
            tags: Arc::new(Versions::none()),
        };
        keeper.raise_floor().await?;
        keeper.tags = Arc::new(keeper.installation_tags().await?);
        Ok(keeper)
    }

    pub(crate) fn cluster_id(&self) -> &str {
        &self.cluster_id
    }

    pub(crate) fn random(&self) -> &Random {
        &self.random
    }

    pub(crate) fn versions(&self) -> &VersionClock {
        &self.versions
    }

    pub(crate) fn tags(&self) -> &Arc<Versions<RowTagKey>> {
        &self.tags
    }

    pub(crate) fn roots(&self) -> Roots {
        let roots = self.roots.read().unwrap_or_else(PoisonError::into_inner);
        roots.clone()
    }

    fn set_roots(&self, roots: Roots) {
        *self.roots.write().unwrap_or_else(PoisonError::into_inner) = roots;
    }

    /// From now on changes are told to the journal at once. Those before wait in the outbox.
    pub(crate) fn tell(&self, journal: Arc<Journal>) {
        // Said once, by the start.
        let _first = self.journal.set(journal);
    }

    /// Makes sure that later versions are greater than those of the last process, even if the
    /// wall clock was set back meanwhile: than those that it noted, with room for what came
    /// after, and than those of entries in the outbox, whose ids are versions too.
    async fn raise_floor(&self) -> Result<(), StoreError> {
        if let Some(row) = self.backend.get(VERSION_FLOOR).await? {
            let floor = <[u8; 8]>::try_from(&row.value[..])
                .map_err(|_| StoreError::corrupt(VERSION_FLOOR, "it is not a row version"))?;
            let floor = u64::from_be_bytes(floor);
            self.versions
                .raise_floor(floor.saturating_add(FLOOR_MARGIN));
        }
        if let Some(newest) = newest_in_outbox(self.backend.as_ref()).await? {
            self.versions.raise_floor(newest);
            let floor = version_floor(&self.versions);
            self.backend.commit(Vec::new(), vec![floor]).await?;
        }
        Ok(())
    }

    /// An entry as a row on its way to the journal, tagged like every other.
    pub(crate) fn outbox_row(&self, id: u64, entry: &EntryBytes) -> Result<Write, CustodyError> {
        outbox_row(&self.tags, id, entry)
    }

    /// Every version of a key that ought to be there, opened. The first is made if there never
    /// was one; when somebody else makes it at the same time, theirs is taken.
    pub(crate) async fn ring<K>(
        &self,
        ring: &Ring,
        open: impl Fn(&RootKeys, u32, &[u8]) -> Result<K, CryptoError>,
        make: impl Fn(&RootKeys) -> Result<Vec<u8>, CryptoError>,
    ) -> Result<Versions<K>, CustodyError> {
        loop {
            let roots = self.roots();
            let roster = self.roster(ring, &self.tags).await?;
            let rows = self.wrapped(ring).await?;
            if let Some((roster, revision)) = roster {
                match opened(ring, &roots, &roster, revision, &rows, &open) {
                    Ok(keys) => return Ok(keys),
                    // What was read fits together only if nothing moved in between.
                    Err(error) => {
                        let now = self.roster(ring, &self.tags).await?;
                        let moved = now.map(|(_, now)| now) != Some(revision);
                        if !moved && self.roots().seals == roots.seals {
                            return Err(error);
                        }
                        continue;
                    }
                }
            }
            let change = if rows.is_empty() {
                if self.was_made(ring).await? {
                    return Err(CustodyError::Missing { row: ring.row(1) });
                }
                self.first(ring, &roots, make(&roots.keys)?, &self.tags)?
            } else {
                self.adopted(ring, &rows, &self.tags)?
            };
            let home = ring.home();
            match self
                .commit(
                    change,
                    &self.tags,
                    OwnEvent::Service("CreateCustodyKey"),
                    home,
                )
                .await
            {
                Ok(_) | Err(CustodyError::Store(StoreError::Conflict { .. })) => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// The keys that tag the installation's rows. Their own roster is tagged by them too.
    async fn installation_tags(&self) -> Result<Versions<RowTagKey>, CustodyError> {
        let ring = Ring::Service(Job::InstallationIntegrity);
        let open = |roots: &RootKeys, version, wrapped: &[u8]| {
            self.open_service(&Job::InstallationIntegrity, roots, version, wrapped)
                .and_then(|key| Ok(RowTagKey::new(IntegrityKey::new(key)?)))
        };
        loop {
            let roots = self.roots();
            let rows = self.wrapped(&ring).await?;
            let change = if rows.is_empty() {
                if self.holds_records().await? {
                    return Err(CustodyError::Missing { row: ring.row(1) });
                }
                let key = ServiceKey::generate(Job::InstallationIntegrity, 1, &self.random)?;
                let active = roots.keys.active();
                let wrapped = key.wrap(active, &self.cluster_id, &self.random)?;
                let tags = Versions::of(1, RowTagKey::new(IntegrityKey::new(key)?));
                let mut change = self.first(&ring, &roots, wrapped, &tags)?;
                self.note_seals(&mut change, &roots).await?;
                (change, tags)
            } else {
                let all = RosterRecord {
                    versions: rows
                        .iter()
                        .map(|row| made(row.version, Timestamp::default()))
                        .collect(),
                };
                let tags = opened(&ring, &roots, &all, 0, &rows, &open)?;
                if let Some((roster, revision)) = self.roster(&ring, &tags).await? {
                    return opened(&ring, &roots, &roster, revision, &rows, &open);
                }
                let mut change = self.adopted(&ring, &rows, &tags)?;
                self.note_seals(&mut change, &roots).await?;
                (change, tags)
            };
            let (change, tags) = change;
            let event = OwnEvent::Service("CreateCustodyKey");
            match self.commit(change, &tags, event, None).await {
                Ok(_) | Err(CustodyError::Store(StoreError::Conflict { .. })) => {}
                Err(error) => return Err(error),
            }
        }
    }

    pub(crate) fn open_service(
        &self,
        job: &Job,
        roots: &RootKeys,
        version: u32,
        wrapped: &[u8],
    ) -> Result<ServiceKey, CryptoError> {
        let root = roots.get(wrapping_version(wrapped)?)?;
        ServiceKey::unwrap(job.clone(), version, root, &self.cluster_id, wrapped)
    }

    pub(crate) fn make_service(&self, job: &Job, roots: &RootKeys) -> Result<Vec<u8>, CryptoError> {
        let key = ServiceKey::generate(job.clone(), 1, &self.random)?;
        key.wrap(roots.active(), &self.cluster_id, &self.random)
    }

    pub(crate) fn open_domain(
        &self,
        home: &Home,
        roots: &RootKeys,
        version: u32,
        wrapped: &[u8],
    ) -> Result<DomainKey, CryptoError> {
        let root = roots.get(wrapping_version(wrapped)?)?;
        DomainKey::unwrap(root, &self.domain_name(home, version), wrapped)
    }

    pub(crate) fn make_domain(
        &self,
        home: &Home,
        roots: &RootKeys,
        version: u32,
    ) -> Result<(DomainKey, Vec<u8>), CryptoError> {
        let key = DomainKey::generate(version, &self.random)?;
        let name = self.domain_name(home, version);
        let wrapped = key.wrap(roots.active(), &name, &self.random)?;
        Ok((key, wrapped))
    }

    fn domain_name<'a>(&'a self, home: &'a Home, version: u32) -> DomainKeyName<'a> {
        DomainKeyName {
            cluster_id: &self.cluster_id,
            partition: home.region.partition(),
            account: home.account,
            region: &home.region,
            version,
        }
    }

    /// The change that stores the first version of a key.
    fn first(
        &self,
        ring: &Ring,
        roots: &Roots,
        wrapped: Vec<u8>,
        tags: &Versions<RowTagKey>,
    ) -> Result<OwnChange, CustodyError> {
        let mut change = OwnChange::default();
        // A root key that was replaced meanwhile must not wrap anything new.
        change.unchanged(SEALS, roots.seals);
        let row = ring.row(1);
        change.absent(&row);
        self.put(&mut change, row, wrapped);
        change.absent(ring.roster().as_str());
        let versions = vec![made(1, self.clock.now())];
        self.put_roster(&mut change, ring, RosterRecord { versions }, tags)?;
        Ok(change)
    }

    /// The change that writes the roster of a key that was made before there were rosters.
    fn adopted(
        &self,
        ring: &Ring,
        rows: &[WrappedRow],
        tags: &Versions<RowTagKey>,
    ) -> Result<OwnChange, CustodyError> {
        let mut change = OwnChange::default();
        change.absent(ring.roster().as_str());
        let now = self.clock.now();
        for row in rows {
            change.unchanged(&row.name, row.revision);
            self.note(&mut change, row.name.clone(), Some(&row.value));
        }
        let versions = rows.iter().map(|row| made(row.version, now)).collect();
        self.put_roster(&mut change, ring, RosterRecord { versions }, tags)?;
        Ok(change)
    }

    /// Whether a key without a roster and without rows was made nevertheless, before there were
    /// rosters: what it protects is there.
    async fn was_made(&self, ring: &Ring) -> Result<bool, StoreError> {
        match ring {
            Ring::Service(Job::Integrity { account, region }) => {
                self.any(KeyRange::prefix(format!("region/{account}/{region}/")))
                    .await
            }
            // These were made before an installation was told what it is for.
            Ring::Service(Job::Marker | Job::Credential | Job::MaterialId | Job::Header) => {
                let profile = layout::note(crate::installation::PROFILE);
                let profile = self.backend.get(profile.as_str().as_bytes());
                Ok(self.patience.read(profile).await?.is_some())
            }
            Ring::Service(_) => Ok(false),
            Ring::Domain(home) => {
                for holder in HOLDERS {
                    if self.any(KeyRange::prefix(home.under(holder.kind))).await? {
                        return Ok(true);
                    }
                }
                Ok(false)
            }
        }
    }

    /// Whether there is any row that is not a wrapped key.
    async fn holds_records(&self) -> Result<bool, StoreError> {
        // A slash is followed by a zero in ASCII.
        let before = KeyRange::between(Vec::new(), ALL);
        let after = KeyRange::all().after(b"custody0");
        Ok(self.any(before).await? || self.any(after).await?)
    }

    async fn any(&self, range: KeyRange) -> Result<bool, StoreError> {
        Ok(self.patience.read(self.backend.scan(range, 0)).await?.more)
    }

    async fn wrapped(&self, ring: &Ring) -> Result<Vec<WrappedRow>, StoreError> {
        let prefix = ring.prefix();
        let rows = KeyRange::prefix(prefix.as_str());
        let page = self.patience.read(self.backend.scan(rows, 1000)).await?;
        let parse = |row: strongroom_store::Row| {
            let name = String::from_utf8_lossy(&row.key).into_owned();
            // A deeper prefix, such as that of another scope, is not a version of this key.
            let version = name.strip_prefix(&prefix)?.parse().ok()?;
            Some(WrappedRow {
                name,
                version,
                value: row.value,
                revision: row.revision,
            })
        };
        Ok(page.rows.into_iter().filter_map(parse).collect())
    }

    async fn roster(
        &self,
        ring: &Ring,
        tags: &Versions<RowTagKey>,
    ) -> Result<Option<(RosterRecord, Revision)>, StoreError> {
        let key = ring.roster();
        let name = key.as_str().as_bytes();
        let Some(row) = self.patience.read(self.backend.get(name)).await? else {
            return Ok(None);
        };
        let opened = open_row(name, &row.value, &|version| tags.get(version))?;
        let roster = serde_json::from_slice(&opened.payload)
            .map_err(|error| StoreError::corrupt(name, error))?;
        Ok(Some((roster, row.revision)))
    }

    fn put(&self, change: &mut OwnChange, row: String, value: Vec<u8>) {
        change
            .writes
            .push(Write::put(row.as_bytes(), value.clone()));
        self.note(change, row, Some(&value));
    }

    fn remove(&self, change: &mut OwnChange, row: String) {
        change.writes.push(Write::delete(row.as_bytes()));
        self.note(change, row, None);
    }

    /// Has the record say what a row without a tag is now.
    fn note(&self, change: &mut OwnChange, key: String, value: Option<&[u8]>) {
        change.traces.push(RowTrace {
            key,
            version: self.versions.next(),
            tag: value.map(digest),
        });
    }

    async fn note_seals(&self, change: &mut OwnChange, roots: &Roots) -> Result<(), StoreError> {
        if let Some(row) = self.backend.get(SEALS.as_bytes()).await? {
            change
                .conditions
                .retain(|known| known.key != SEALS.as_bytes());
            change.unchanged(SEALS, roots.seals);
            self.note(change, SEALS.to_owned(), Some(&row.value));
        }
        Ok(())
    }

    fn put_roster(
        &self,
        change: &mut OwnChange,
        ring: &Ring,
        roster: RosterRecord,
        tags: &Versions<RowTagKey>,
    ) -> Result<(), CustodyError> {
        let key = ring.roster();
        let name = key.as_str();
        let payload = serde_json::to_vec(&roster)
            .map_err(|error| StoreError::corrupt(name.as_bytes(), error))?;
        let tagger = tags.in_use()?;
        let version = self.versions.next();
        let row = seal_row(name.as_bytes(), version, tagger.version(), tagger, &payload);
        change.writes.push(Write::put(name, row.bytes));
        change.traces.push(RowTrace {
            key: name.to_owned(),
            version,
            tag: Some(row.tag),
        });
        Ok(())
    }

    /// Commits a change of own rows together with its record, and tells at which revision.
    async fn commit(
        &self,
        change: OwnChange,
        tags: &Versions<RowTagKey>,
        event: OwnEvent<'_>,
        home: Option<Home>,
    ) -> Result<Revision, CustodyError> {
        let OwnChange {
            conditions,
            mut writes,
            traces,
        } = change;
        let event_id = RequestId::new(self.random.array()?);
        let entry = own_event(event, event_id, self.clock.now(), home.as_ref(), &traces);
        let id = self.versions.next();
        writes.push(outbox_row(tags, id, &entry)?);
        let (backend, journal) = (Arc::clone(&self.backend), self.journal.get().cloned());
        let committing = async move {
            let revision = backend.commit(conditions, writes).await?;
            if let Some(journal) = journal {
                journal.append_outbox(id, entry);
            }
            Ok(revision)
        };
        self.patience.commit(committing, |_| {}).await
    }

    /// Replaces the seals, if they are still those that were judged.
    pub(crate) async fn store_seals(
        &self,
        set: &SealSet,
        judged: Revision,
        event: &str,
    ) -> Result<Revision, CustodyError> {
        let json = set.to_json().map_err(|_| CryptoError::UnknownFormat)?;
        let mut change = OwnChange::default();
        change.unchanged(SEALS, judged);
        self.put(&mut change, SEALS.to_owned(), json.into_bytes());
        let revision = self
            .commit(change, &self.tags, OwnEvent::Operator(event), None)
            .await?;
        let mut roots = self.roots.write().unwrap_or_else(PoisonError::into_inner);
        if roots.seals == judged {
            roots.seals = revision;
        }
        Ok(revision)
    }

    /// Takes over the root keys that a rotation made.
    pub(crate) fn replace_roots(&self, keys: RootKeys, seals: Revision) {
        self.set_roots(Roots {
            keys: Arc::new(keys),
            seals,
        });
    }

    /// Wraps again, under the active root key, every key that an older one still wraps, and
    /// tells how many there were. A crash in the middle leaves the rest for the next run.
    pub(crate) async fn rewrap(&self) -> Result<usize, CustodyError> {
        let roots = self.roots();
        let mut rewrapped = 0;
        let mut range = KeyRange::prefix(ALL);
        loop {
            let page = self.backend.scan(range.clone(), PAGE).await?;
            let mut change = OwnChange::default();
            for row in &page.rows {
                let name = String::from_utf8_lossy(&row.key).into_owned();
                if name != SEALS
                    && let Some(new) = self.rewrapped(&roots.keys, &name, &row.value)?
                {
                    change.unchanged(&name, row.revision);
                    self.put(&mut change, name, new);
                }
            }
            let count = change.writes.len();
            if count > 0 {
                let event = OwnEvent::Service("RewrapCustodyKeys");
                match self.commit(change, &self.tags, event, None).await {
                    Ok(_) => rewrapped += count,
                    // A domain key was destroyed meanwhile: look again.
                    Err(CustodyError::Store(StoreError::Conflict { .. })) => continue,
                    Err(error) => return Err(error),
                }
            }
            match page.rows.last() {
                Some(last) if page.more => range = range.after(&last.key),
                _ => return Ok(rewrapped),
            }
        }
    }

    /// One key wrapped anew, if the active root key does not wrap it yet.
    fn rewrapped(
        &self,
        roots: &RootKeys,
        row: &str,
        wrapped: &[u8],
    ) -> Result<Option<Vec<u8>>, CustodyError> {
        let failed = |cause| CustodyError::Wrapped {
            row: row.to_owned(),
            cause,
        };
        let active = roots.active();
        if wrapping_version(wrapped).map_err(failed)? == active.version() {
            return Ok(None);
        }
        let (ring, version) = Ring::of_row(row)
            .ok_or(CryptoError::UnknownFormat)
            .map_err(failed)?;
        let new = match &ring {
            Ring::Service(job) => self
                .open_service(job, roots, version, wrapped)
                .and_then(|key| key.wrap(active, &self.cluster_id, &self.random)),
            Ring::Domain(home) => self
                .open_domain(home, roots, version, wrapped)
                .and_then(|key| key.wrap(active, &self.domain_name(home, version), &self.random)),
        };
        new.map(Some).map_err(failed)
    }

    /// Makes the next version of a domain key. Nothing when the key changed at this moment.
    pub(crate) async fn add_domain(
        &self,
        home: &Home,
    ) -> Result<Option<(u32, DomainKey, Revision)>, CustodyError> {
        let make = |roots: &RootKeys, version| self.make_domain(home, roots, version);
        let event = OwnEvent::Service("RotateDomainKey");
        self.add(&Ring::Domain(home.clone()), make, event).await
    }

    /// Makes the next version of a service key because the operator said so. Nothing when the key
    /// changed at this moment.
    pub(crate) async fn add_service(
        &self,
        job: &Job,
        event: &str,
    ) -> Result<Option<(u32, ServiceKey, Revision)>, CustodyError> {
        let make = |roots: &RootKeys, version| {
            let key = ServiceKey::generate(job.clone(), version, &self.random)?;
            let wrapped = key.wrap(roots.active(), &self.cluster_id, &self.random)?;
            Ok((key, wrapped))
        };
        let event = OwnEvent::Operator(event);
        self.add(&Ring::Service(job.clone()), make, event).await
    }

    async fn add<K>(
        &self,
        ring: &Ring,
        make: impl Fn(&RootKeys, u32) -> Result<(K, Vec<u8>), CryptoError>,
        event: OwnEvent<'_>,
    ) -> Result<Option<(u32, K, Revision)>, CustodyError> {
        let roots = self.roots();
        let Some((mut roster, revision)) = self.roster(ring, &self.tags).await? else {
            return Ok(None);
        };
        let newest = roster.versions.last().map_or(0, |newest| newest.version);
        let version = newest.checked_add(1).ok_or(CryptoError::TooLong)?;
        let (key, wrapped) = make(&roots.keys, version)?;
        let mut change = OwnChange::default();
        change.unchanged(SEALS, roots.seals);
        change.unchanged(ring.roster().as_str(), revision);
        let row = ring.row(version);
        change.absent(&row);
        self.put(&mut change, row, wrapped);
        roster.versions.push(made(version, self.clock.now()));
        self.put_roster(&mut change, ring, roster, &self.tags)?;
        let revision = self.commit_or_moved(change, event, ring.home()).await?;
        Ok(revision.map(|revision| (version, key, revision)))
    }

    /// Destroys every version of a domain key but the newest, provided that they are still those
    /// that were judged. Nothing when the key changed at this moment.
    pub(crate) async fn destroy_older_domains(
        &self,
        home: &Home,
        judged: Revision,
    ) -> Result<Option<Revision>, CustodyError> {
        let ring = Ring::Domain(home.clone());
        let Some((mut roster, revision)) = self.roster(&ring, &self.tags).await? else {
            return Ok(None);
        };
        if revision != judged {
            return Ok(None);
        }
        let Some(newest) = roster.versions.pop() else {
            return Ok(None);
        };
        let mut change = OwnChange::default();
        change.unchanged(ring.roster().as_str(), revision);
        for old in roster.versions.drain(..) {
            self.remove(&mut change, ring.row(old.version));
        }
        roster.versions.push(newest);
        self.put_roster(&mut change, &ring, roster, &self.tags)?;
        let event = OwnEvent::Service("DestroyDomainKey");
        self.commit_or_moved(change, event, ring.home()).await
    }

    async fn commit_or_moved(
        &self,
        change: OwnChange,
        event: OwnEvent<'_>,
        home: Option<Home>,
    ) -> Result<Option<Revision>, CustodyError> {
        match self.commit(change, &self.tags, event, home).await {
            Ok(revision) => Ok(Some(revision)),
            Err(CustodyError::Store(StoreError::Conflict { .. })) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

fn made(version: u32, created: Timestamp) -> RosterVersion {
    RosterVersion { version, created }
}

fn outbox_row(
    tags: &Versions<RowTagKey>,
    id: u64,
    entry: &EntryBytes,
) -> Result<Write, CustodyError> {
    let (key, tagger) = (outbox_key(id), tags.in_use()?);
    let row = seal_row(&key, id, tagger.version(), tagger, entry.as_bytes());
    Ok(Write::put(key, row.bytes))
}

/// The versions that the roster names, opened.
fn opened<K>(
    ring: &Ring,
    roots: &Roots,
    roster: &RosterRecord,
    revision: Revision,
    rows: &[WrappedRow],
    open: &impl Fn(&RootKeys, u32, &[u8]) -> Result<K, CryptoError>,
) -> Result<Versions<K>, CustodyError> {
    let mut by_version = Vec::with_capacity(roster.versions.len());
    for known in &roster.versions {
        let row = rows
            .iter()
            .find(|row| row.version == known.version)
            .ok_or_else(|| CustodyError::Missing {
                row: ring.row(known.version),
            })?;
        let key =
            open(&roots.keys, row.version, &row.value).map_err(|cause| CustodyError::Wrapped {
                row: row.name.clone(),
                cause,
            })?;
        by_version.push((row.version, Arc::new(key)));
    }
    Ok(Versions::new(by_version, revision))
}
