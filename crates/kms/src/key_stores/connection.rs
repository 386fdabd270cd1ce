//! Connecting a store, and disconnecting it: asked for by a call, done after its answer.
//!
//! ConnectCustomKeyStore only notes that the store is being connected, in its record and in a row
//! that is there as long as that is so. The attempt runs after the call, and its outcome is a
//! change of its own: CONNECTED, or FAILED and why. An attempt that ended with its process is
//! found by that row and begun again. An outcome counts only if the store is still being
//! connected, so a disconnection in between wins.
//!
//! AWS: developer guide, "Connection state".

use std::{
    collections::HashSet,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use strongroom_model::{
    enums::{ConnectionErrorCodeType, ConnectionStateType},
    errors::ErrorCode,
    operations::Operation,
};

use super::{KeyStore, Secrets, about_ourselves};
use crate::{
    change::Change,
    error::KmsError,
    layout::{self, Home},
    record::{ConnectingRecord, Connection, KeyStoreKind},
    service::Service,
    shelves::Listed,
};

/// What the events are called that tell of the end of an attempt.
const CONNECTING: &str = "ConnectCustomKeyStore";
const DISCONNECTING: &str = "DisconnectCustomKeyStore";
/// How often a proxy is asked whether it is well before the connection fails. Ours.
const TRIES: usize = 3;
/// The pause between two of them. Ours.
const PAUSE: Duration = Duration::from_millis(300);
/// Attempts that are looked for at once.
const LOOKED_FOR: usize = 100;

/// The attempts of this process.
#[derive(Debug, Default)]
pub(crate) struct Connections {
    asked: Mutex<Vec<(Home, String)>>,
    running: Mutex<HashSet<(Home, String)>>,
}

impl Connections {
    /// Notes that a store is to be connected as soon as the call is over.
    pub(crate) fn ask(&self, store: &KeyStore) {
        let name = (store.home.clone(), store.id.clone());
        let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        asked.push(name);
    }

    fn take(&self) -> Vec<(Home, String)> {
        let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut *asked)
    }

    /// Whether the attempt may begin: there is no other one for the store.
    fn begin(&self, name: &(Home, String)) -> bool {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        running.insert(name.clone())
    }

    fn end(&self, name: &(Home, String)) {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        running.remove(name);
    }
}

impl Service {
    /// Begins the attempts that calls have asked for.
    pub(crate) fn begin_connections(self: &Arc<Self>) {
        for name in self.connections().take() {
            self.begin_connection(name);
        }
    }

    /// Begins the attempts that an earlier process left unfinished.
    pub(crate) async fn resume_connections(self: &Arc<Self>) -> Result<(), KmsError> {
        let waiting: Listed<ConnectingRecord> = self
            .shelves()
            .list(&layout::all_connecting(), None, LOOKED_FOR)
            .await?;
        for (name, _) in waiting.rows {
            if let Some(name) = layout::parse_store(&name) {
                self.begin_connection(name);
            }
        }
        Ok(())
    }

    fn begin_connection(self: &Arc<Self>, name: (Home, String)) {
        if !self.connections().begin(&name) {
            return;
        }
        let service = Arc::clone(self);
        tokio::spawn(async move {
            let (home, id) = &name;
            // What was judged may move: then the store is looked at again.
            let settled = loop {
                match attempt(&service, home, id).await {
                    Ok(false) => {}
                    Ok(true) => break Ok(()),
                    Err(error) => break Err(error),
                }
            };
            if let Err(error) = settled {
                let cause = error.cause().unwrap_or_default();
                tracing::warn!(store = id, cause, "connecting will be tried again");
            }
            service.connections().end(&name);
        });
    }
}

/// Connects a store that is to be connected, or leaves one that is to be disconnected, and notes
/// the outcome. Tells whether that is over.
async fn attempt(service: &Service, home: &Home, id: &str) -> Result<bool, KmsError> {
    let store = match KeyStore::find(service, home, id).await {
        Ok(store) if store.state() == ConnectionStateType::Connecting => store,
        Ok(store) if store.state() == ConnectionStateType::Disconnecting => {
            return leave(service, &store).await;
        }
        Ok(_) => return forget(service, home, id).await,
        Err(error) if error.code() == ErrorCode::CustomKeyStoreNotFoundException => {
            return forget(service, home, id).await;
        }
        Err(error) => return Err(error),
    };
    let connection = match reach(service, &store).await? {
        Ok(()) => Connection {
            state: ConnectionStateType::Connected,
            error: None,
        },
        Err(code) => Connection {
            state: ConnectionStateType::Failed,
            error: Some(code),
        },
    };
    tracing::info!(
        store = id,
        state = connection.state.as_str(),
        error = connection.error.map(|code| code.as_str()),
        "connecting a custom key store is over"
    );
    let state = connection.state;
    let change = Change::key_store_connection(&store, connection)?;
    commit(service, &store.home, id, CONNECTING, state, change).await
}

/// Leaves the cluster of a store. Tells whether that is over.
async fn leave(service: &Service, store: &KeyStore) -> Result<bool, KmsError> {
    if let KeyStoreKind::AwsCloudhsm(config) = &store.record().kind {
        service.outside().clusters.log_out(&config.cluster).await;
    }
    let connection = Connection::disconnected();
    let state = connection.state;
    let change = Change::key_store_connection(store, connection)?;
    commit(
        service,
        &store.home,
        &store.id,
        DISCONNECTING,
        state,
        change,
    )
    .await
}

/// Nothing is to be connected any more; the row that says so goes.
async fn forget(service: &Service, home: &Home, id: &str) -> Result<bool, KmsError> {
    let row = home.connecting(id);
    let Some(stored) = service.shelves().get(&row).await? else {
        return Ok(true);
    };
    let mut change = Change::new();
    change.provided(&row, Some(stored.revision)).remove(&row);
    let state = ConnectionStateType::Disconnected;
    commit(service, home, id, CONNECTING, state, change).await
}

/// Commits what became of it, and tells whether the store was still as it was judged.
async fn commit(
    service: &Service,
    home: &Home,
    id: &str,
    event: &'static str,
    state: ConnectionStateType,
    change: Change,
) -> Result<bool, KmsError> {
    let event = service
        .event_without_key(event, home)?
        .with("connectionState", state.as_str())
        .with("customKeyStoreId", id);
    service.commit_event(change, event).await
}

/// Whether the outside can be reached and accepts us.
async fn reach(
    service: &Service,
    store: &KeyStore,
) -> Result<Result<(), ConnectionErrorCodeType>, KmsError> {
    let secrets = Secrets::of(service, store);
    match &store.record().kind {
        KeyStoreKind::ExternalKeyStore(config) => {
            let proxy = secrets.proxy(config)?;
            let random = service.custody().random();
            let about = about_ourselves(random, Operation::ConnectCustomKeyStore.name())?;
            let mut tries = 0;
            loop {
                tries += 1;
                match service.outside().proxies.health(&proxy, &about).await {
                    Ok(()) => return Ok(Ok(())),
                    Err(fault) if fault.may_pass() && tries < TRIES => {
                        tokio::time::sleep(PAUSE).await;
                    }
                    Err(fault) => return Ok(Err(fault.of_connection())),
                }
            }
        }
        KeyStoreKind::AwsCloudhsm(config) => {
            let cluster = secrets.cluster(config)?;
            let logged_in = service.outside().clusters.log_in(&cluster).await;
            Ok(logged_in.map_err(super::outside::ClusterFault::of_connection))
        }
    }
}
