//! What an operator watches: whether everything is well, how many keys there are and in which
//! states, and what time will do next.
//!
//! Nothing of it is kept in step by calls. [`Service::health`] and [`Service::outlook`] read a
//! few rows; [`Service::census`] walks over every key and gives way while it does, so it belongs
//! in the background, and what it tells is of a little while ago.

use std::{collections::BTreeMap, time::Duration};

use strongroom_crypto::{known_answer_failures, self_test};
use strongroom_model::{
    Timestamp,
    enums::{ConnectionStateType, CustomKeyStoreType, KeySpec, KeyState, OriginType},
};
use tokio::time::Instant;

use crate::{
    error::KmsError,
    installation::{InstallationError, SealInfo},
    layout::{self, Home},
    record::{Appointment, DueRecord, KeyRecord, KeyStoreKind, KeyStoreRecord, RosterRecord},
    service::Service,
    shelves::Listed,
};

/// Rows that are read at a time.
const PAGE: usize = 250;
/// How often the time that a page took is rested after it, so that a census takes a tenth of a
/// processor at most.
const RESTS: u32 = 9;
/// Keys that are counted before there are any rests.
const WITHOUT_REST: usize = 2000;
/// Custom key stores that are told of one by one.
const STORES: usize = 1000;

/// Whether each part of the service is well, or why not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Health {
    /// The store can be read.
    pub store: Result<(), String>,
    /// The journal takes records: its disk is writable and has its reserve.
    pub journal: Result<(), String>,
    /// Every known answer came that was asked for.
    pub self_test: Result<(), String>,
}

impl Health {
    /// Each part by its name.
    pub fn parts(&self) -> [(&'static str, Result<(), String>); 3] {
        [
            ("store", self.store.clone()),
            ("journal", self.journal.clone()),
            ("self-test", self.self_test.clone()),
        ]
    }
}

/// What a few rows tell.
#[derive(Clone, Debug)]
pub struct Outlook {
    /// The time of the service clock at which this was so.
    pub now: Timestamp,
    /// When the next key ceases to exist.
    pub next_deletion: Option<Timestamp>,
    /// When the next key rotates.
    pub next_rotation: Option<Timestamp>,
    /// When the next imported material expires.
    pub next_expiry: Option<Timestamp>,
    /// The seals.
    pub seals: Vec<SealInfo>,
    /// Since when the root key is the one that it is, if that is known.
    pub root_key_since: Option<Timestamp>,
}

/// Keys that are alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kind {
    /// The state.
    pub state: KeyState,
    /// The spec.
    pub spec: KeySpec,
    /// The origin.
    pub origin: OriginType,
}

/// A custom key store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyStoreStanding {
    /// Its id.
    pub id: String,
    /// What it is.
    pub kind: CustomKeyStoreType,
    /// Whether it is connected.
    pub state: ConnectionStateType,
    /// Since when the credential to its proxy is the one that it is, if that is known.
    pub credential_since: Option<Timestamp>,
}

/// What a walk over all keys found.
#[derive(Clone, Debug, Default)]
pub struct Census {
    /// How many keys there are of each kind.
    pub keys: Vec<(Kind, u64)>,
    /// When the oldest key was made.
    pub oldest_key: Option<Timestamp>,
    /// Custom key stores, a thousand at most.
    pub key_stores: Vec<KeyStoreStanding>,
    /// How many domain keys there are.
    pub domain_keys: u64,
    /// How many of them have older versions that something is still wrapped under.
    pub domain_keys_waiting: u64,
    /// Since when the domain key that was not replaced for longest has been in use.
    pub oldest_domain_key: Option<Timestamp>,
    /// How long the walk took.
    pub took: Duration,
}

impl Service {
    /// Whether each part of the service is well, or why not. The store is read and the journal
    /// asked; of the self-tests it is told what came of those that were made.
    pub async fn health(&self) -> Health {
        let probe = self.shelves().check().await;
        let failures = known_answer_failures();
        Health {
            store: probe.map(drop).map_err(|error| error.to_string()),
            journal: self.journal().check().map_err(|error| error.to_string()),
            self_test: if failures.is_empty() {
                Ok(())
            } else {
                let algorithms = failures.join(", ");
                Err(format!("known answers did not come: {algorithms}"))
            },
        }
    }

    /// Asks the known answers of every start once more.
    ///
    /// # Errors
    /// The algorithm that failed. Nothing that this process encrypts can be trusted then.
    pub fn test_again(&self) -> Result<(), String> {
        self_test().map_err(|failure| failure.to_string())
    }

    /// What time will do next, and the seals.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn outlook(&self) -> Result<Outlook, InstallationError> {
        Ok(Outlook {
            now: self.now(),
            next_deletion: self.next(Appointment::Deletion).await?,
            next_rotation: self.next(Appointment::Rotation).await?,
            next_expiry: self.next(Appointment::Expiry).await?,
            seals: self.seals().await?,
            root_key_since: self.root_key_since().await?,
        })
    }

    async fn next(&self, what: Appointment) -> Result<Option<Timestamp>, KmsError> {
        let due: Listed<DueRecord> = self.shelves().list(&layout::all_due(what), None, 1).await?;
        let first = due
            .rows
            .first()
            .and_then(|(name, _)| layout::parse_due(name));
        Ok(first.map(|(date, _, _)| date))
    }

    /// Counts every key. Keys whose time is over do not count, whether they are swept or not.
    ///
    /// # Errors
    /// A sentence for the operator, when the store fails or a row cannot be read.
    pub async fn census(&self) -> Result<Census, String> {
        let walk = Walk::over(self).await;
        walk.map_err(|error| {
            error
                .cause()
                .map_or_else(|| error.to_string(), str::to_owned)
        })
    }
}

/// A census in the making.
struct Walk {
    began: Instant,
    page: Instant,
    seen: usize,
    kinds: Vec<(Kind, u64)>,
    census: Census,
}

impl Walk {
    async fn over(service: &Service) -> Result<Census, KmsError> {
        let now = service.now();
        let mut walk = Self {
            began: Instant::now(),
            page: Instant::now(),
            seen: 0,
            kinds: Vec::new(),
            census: Census::default(),
        };
        let mut after = None;
        loop {
            let rosters = layout::domain_rosters();
            let page: Listed<RosterRecord> = service
                .shelves()
                .list(&rosters, after.as_deref(), PAGE)
                .await?;
            for (_, roster) in &page.rows {
                walk.domain_key(roster);
            }
            after = page.rows.last().map(|(name, _)| name.clone());
            walk.rest(page.rows.len()).await;
            if !page.more {
                break;
            }
        }
        let mut after = None;
        loop {
            let homes = layout::homes();
            let page: Listed<RosterRecord> = service
                .shelves()
                .list(&homes, after.as_deref(), PAGE)
                .await?;
            after = page.rows.last().map(|(name, _)| name.clone());
            walk.rest(page.rows.len()).await;
            for (name, _) in &page.rows {
                if let Some(home) = Home::parse(name) {
                    walk.home(service, &home, now).await?;
                }
            }
            if !page.more {
                break;
            }
        }
        walk.census.keys = walk.kinds;
        walk.census.took = walk.began.elapsed();
        Ok(walk.census)
    }

    fn domain_key(&mut self, roster: &RosterRecord) {
        let Some(newest) = roster.versions.last() else {
            return;
        };
        let census = &mut self.census;
        census.domain_keys += 1;
        census.domain_keys_waiting += u64::from(roster.versions.len() > 1);
        census.oldest_domain_key = earlier(census.oldest_domain_key, newest.created);
    }

    async fn home(
        &mut self,
        service: &Service,
        home: &Home,
        now: Timestamp,
    ) -> Result<(), KmsError> {
        // An account has ten of them at most.
        let stores: Listed<KeyStoreRecord> = service
            .shelves()
            .list(&home.key_stores(), None, PAGE)
            .await?;
        let mut connected = BTreeMap::new();
        for (id, store) in stores.rows {
            let state = store.connection.state;
            connected.insert(id.clone(), state == ConnectionStateType::Connected);
            let credential_since = match &store.kind {
                KeyStoreKind::ExternalKeyStore(config) => config.credential.since,
                KeyStoreKind::AwsCloudhsm(_) => None,
            };
            if self.census.key_stores.len() < STORES {
                self.census.key_stores.push(KeyStoreStanding {
                    id,
                    kind: store.kind.as_type(),
                    state,
                    credential_since,
                });
            }
        }
        let mut after: Option<String> = None;
        loop {
            let page: Listed<KeyRecord> = service
                .shelves()
                .list(&home.keys(), after.as_deref(), PAGE)
                .await?;
            for (_, key) in &page.rows {
                self.key(key, &connected, now);
            }
            after = page.rows.last().map(|(name, _)| name.clone());
            self.rest(page.rows.len()).await;
            if !page.more {
                return Ok(());
            }
        }
    }

    fn key(&mut self, key: &KeyRecord, connected: &BTreeMap<String, bool>, now: Timestamp) {
        if !key.alive(now) {
            return;
        }
        let place = key.key_store.as_ref();
        let reached = place.is_none_or(|place| connected.get(&place.id).is_some_and(|is| *is));
        let state = match key.state(now) {
            state @ (KeyState::PendingDeletion | KeyState::PendingReplicaDeletion) => state,
            _ if !reached => KeyState::Unavailable,
            state => state,
        };
        let kind = Kind {
            state,
            spec: key.spec,
            origin: key.origin,
        };
        match self.kinds.iter_mut().find(|(other, _)| *other == kind) {
            Some((_, count)) => *count += 1,
            None => self.kinds.push((kind, 1)),
        }
        self.census.oldest_key = earlier(self.census.oldest_key, key.created);
    }

    /// Gives way after a page.
    async fn rest(&mut self, rows: usize) {
        self.seen = self.seen.saturating_add(rows);
        if self.seen > WITHOUT_REST {
            tokio::time::sleep(self.page.elapsed().saturating_mul(RESTS)).await;
        } else {
            tokio::task::yield_now().await;
        }
        self.page = Instant::now();
    }
}

fn earlier(one: Option<Timestamp>, other: Timestamp) -> Option<Timestamp> {
    Some(one.map_or(other, |one| one.min(other)))
}
