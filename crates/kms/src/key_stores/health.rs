//! Whether the proxies of connected external key stores are well, asked every few minutes.
//!
//! The state of a store is no statement of health: one whose proxy does not answer stays
//! connected, and calls go on asking it. What was found is in the log when it changes, and in the
//! metrics.
//!
//! AWS: XKS proxy API, "GetHealthStatus", where the operation is called `KmsHealthCheck`.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use super::{KeyStore, Secrets, about_ourselves, outside::ProxyFault};
use crate::{
    error::KmsError,
    layout::{self, Home},
    record::{ClaimRecord, KeyStoreKind},
    service::Service,
    shelves::Listed,
};

/// What the check is called in what a proxy is told.
const OPERATION: &str = "KmsHealthCheck";
/// Endpoints that are read at once.
const PAGE: usize = 100;

/// What was found when the proxies were asked last.
#[derive(Debug, Default)]
pub(crate) struct Health {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// When to ask again; none before the first time.
    due: Option<Instant>,
    /// Whether the proxies are being asked.
    asking: bool,
    found: HashMap<(Home, String), bool>,
}

/// How many connected external key stores had proxies that were well when they were asked last.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct KeyStoreHealth {
    /// Stores whose proxy was well.
    pub well: usize,
    /// Stores whose proxy failed, refused or could not be reached.
    pub unwell: usize,
}

impl Health {
    /// Whether it is time to ask. Whoever is told so has to ask, and to say so when it is over.
    fn begin(&self, every: Duration) -> bool {
        let mut state = self.lock();
        let now = Instant::now();
        let due = *state.due.get_or_insert_with(|| now + every);
        if state.asking || now < due {
            return false;
        }
        state.asking = true;
        state.due = Some(now + every);
        true
    }

    /// Takes over what was found; without anything, what was found the time before stays.
    fn end(&self, found: Option<HashMap<(Home, String), bool>>) {
        let mut state = self.lock();
        state.asking = false;
        if let Some(found) = found {
            state.found = found;
        }
    }

    /// What was found of a store the time before.
    fn of(&self, store: &KeyStore) -> Option<bool> {
        let name = (store.home.clone(), store.id.clone());
        self.lock().found.get(&name).copied()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Service {
    /// Asks the proxies of connected stores whether they are well, if it is time to. The answers
    /// are not waited for.
    pub(crate) fn check_key_stores(self: &Arc<Self>) {
        let every = self.outside().health_check_every;
        if every.is_zero() || !self.key_store_checks().begin(every) {
            return;
        }
        let service = Arc::clone(self);
        tokio::spawn(async move {
            let found = match ask_all(&service).await {
                Ok(found) => Some(found),
                Err(error) => {
                    let cause = error.cause().unwrap_or_default();
                    tracing::warn!(cause, "external key stores will be asked again");
                    None
                }
            };
            service.key_store_checks().end(found);
        });
    }

    /// What the proxies of connected external key stores said when they were asked last.
    #[must_use]
    pub fn key_store_health(&self) -> KeyStoreHealth {
        let state = self.key_store_checks().lock();
        let well = state.found.values().filter(|well| **well).count();
        KeyStoreHealth {
            well,
            unwell: state.found.len() - well,
        }
    }
}

/// Asks the proxy of every connected store, one after the other: each has an answer, or none,
/// within the patience of KMS.
async fn ask_all(service: &Service) -> Result<HashMap<(Home, String), bool>, KmsError> {
    let mut found = HashMap::new();
    let mut after: Option<String> = None;
    loop {
        let page: Listed<ClaimRecord> = service
            .shelves()
            .list(&layout::all_endpoint_claims(), after.as_deref(), PAGE)
            .await?;
        after = page.rows.last().map(|(name, _)| name.clone());
        for holder in page.rows.into_iter().flat_map(|(_, claim)| claim.holders) {
            let Some((home, id)) = layout::parse_store(&holder) else {
                continue;
            };
            if let Some(healthy) = ask(service, &home, &id).await? {
                found.insert((home, id), healthy);
            }
        }
        if !page.more || after.is_none() {
            return Ok(found);
        }
    }
}

/// Whether the proxy of a store is well; none for a store that is not connected.
async fn ask(service: &Service, home: &Home, id: &str) -> Result<Option<bool>, KmsError> {
    // It may be gone since its claim was read.
    let Ok(store) = KeyStore::find(service, home, id).await else {
        return Ok(None);
    };
    let KeyStoreKind::ExternalKeyStore(config) = &store.record().kind else {
        return Ok(None);
    };
    if !store.is_connected() {
        return Ok(None);
    }
    let proxy = Secrets::of(service, &store).proxy(config)?;
    let about = about_ourselves(service.custody().random(), OPERATION)?;
    let answer = service.outside().proxies.health(&proxy, &about).await;
    tell(service.key_store_checks().of(&store), &store, answer);
    Ok(Some(answer.is_ok()))
}

/// Says what is new.
fn tell(before: Option<bool>, store: &KeyStore, answer: Result<(), ProxyFault>) {
    let KeyStore { id, home, .. } = store;
    let Home { account, region } = home;
    match (before, answer) {
        (None | Some(true), Err(fault)) => {
            tracing::warn!(store = id, %account, %region, %fault, "an external key store is not well");
        }
        (Some(false), Ok(())) => {
            tracing::info!(store = id, %account, %region, "an external key store is well again");
        }
        (None | Some(true), Ok(())) | (Some(false), Err(_)) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_time_to_ask_after_every_pause_and_never_twice_at_once() {
        let health = Health::default();
        assert!(!health.begin(Duration::from_secs(300)), "not at the start");
        let health = Health::default();
        let every = Duration::from_millis(20);
        assert!(!health.begin(every));
        std::thread::sleep(every);
        assert!(health.begin(every));
        std::thread::sleep(every);
        assert!(!health.begin(every), "the last time is not over");
        health.end(None);
        assert!(health.begin(every));
    }
}
