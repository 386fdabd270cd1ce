//! What stores must not share, and the changes that keep it so.
//!
//! The stores of an account and Region are one set, whose row every change of a name or address
//! touches; so a commit can be conditional on the whole set (decision 8). Endpoints, endpoint
//! services and clusters are shared by the whole installation and have a row each.

use std::{collections::BTreeMap, sync::Arc};

use strongroom_model::{Timestamp, enums::XksProxyConnectivityType, limits};
use strongroom_store::Revision;

use super::KeyStore;
use crate::{
    call::Permitted,
    change::Change,
    error::KmsError,
    layout::{self, Home, RowKey},
    record::{
        ClaimRecord, ConnectingRecord, Connection, ExternalConfig, KeyStoreKeysRecord,
        KeyStoreKind, KeyStoreNames, KeyStoreRecord, KeyStoreSetRecord,
    },
    service::Service,
    shelves::Stored,
    uses,
};

/// The stores of an account and Region, by what has to be unique among them.
pub(crate) struct Names {
    home: Home,
    stored: Option<Arc<Stored<KeyStoreSetRecord>>>,
}

impl Names {
    pub(crate) async fn of(service: &Service, home: &Home) -> Result<Self, KmsError> {
        Ok(Self {
            home: home.clone(),
            stored: service.shelves().get(&home.key_store_set()).await?,
        })
    }

    fn all(&self) -> impl Iterator<Item = (&String, &KeyStoreNames)> {
        self.stored
            .iter()
            .flat_map(|stored| stored.record.stores.iter())
    }

    /// The store of this name.
    pub(crate) fn id_of(&self, name: &str) -> Option<&str> {
        self.all()
            .find_map(|(id, names)| (names.name == name).then_some(id.as_str()))
    }

    /// Whether there may be one store more.
    pub(crate) fn check_quota(&self) -> Result<(), KmsError> {
        let usage = self.all().count();
        if usage >= limits::KEY_STORES_PER_ACCOUNT {
            return Err(KmsError::key_store_quota(usage));
        }
        Ok(())
    }

    /// Whether the store `own` may have this name.
    pub(crate) fn check_name(&self, own: Option<&str>, name: &str) -> Result<(), KmsError> {
        match self.id_of(name) {
            Some(holder) if own != Some(holder) => Err(KmsError::key_store_name_in_use(name)),
            _ => Ok(()),
        }
    }

    /// Whether the store `own` may have this proxy.
    pub(crate) fn check_uri(
        &self,
        own: Option<&str>,
        config: &ExternalConfig,
    ) -> Result<(), KmsError> {
        let uri = uri_of(config);
        let taken = self
            .all()
            .any(|(id, names)| own != Some(id.as_str()) && names.uri.as_ref() == Some(&uri));
        if taken {
            return Err(KmsError::proxy_uri_in_use(&config.endpoint, &config.path));
        }
        Ok(())
    }

    /// The set with or without one of its stores, provided that it is still as it was read.
    fn put(
        &self,
        change: &mut Change,
        id: &str,
        store: Option<&KeyStoreRecord>,
    ) -> Result<(), KmsError> {
        let mut set = match &self.stored {
            Some(stored) => stored.record.clone(),
            None => KeyStoreSetRecord::default(),
        };
        match store {
            Some(record) => set.stores.insert(id.to_owned(), names_of(record)),
            None => set.stores.remove(id),
        };
        let row = self.home.key_store_set();
        let revision = self.stored.as_ref().map(|stored| stored.revision);
        change.provided(&row, revision).put(&row, &set)?;
        Ok(())
    }
}

fn names_of(record: &KeyStoreRecord) -> KeyStoreNames {
    KeyStoreNames {
        name: record.name.clone(),
        uri: match &record.kind {
            KeyStoreKind::ExternalKeyStore(config) => Some(uri_of(config)),
            KeyStoreKind::AwsCloudhsm(_) => None,
        },
    }
}

/// Host names do not tell cases apart; paths do.
fn uri_of(config: &ExternalConfig) -> String {
    format!("{}{}", config.endpoint.to_ascii_lowercase(), config.path)
}

/// What one store takes from the rest of the installation, and gives back.
pub(crate) struct Claims<'s> {
    service: &'s Service,
    home: &'s Home,
    holder: String,
    rows: BTreeMap<String, ClaimedRow>,
}

struct ClaimedRow {
    row: RowKey<ClaimRecord>,
    revision: Option<Revision>,
    record: ClaimRecord,
}

impl<'s> Claims<'s> {
    pub(crate) fn new(service: &'s Service, home: &'s Home, store_id: &str) -> Self {
        Self {
            service,
            home,
            holder: format!("{}/{}/{store_id}", home.account, home.region),
            rows: BTreeMap::new(),
        }
    }

    /// Gives back what a store of this kind has taken.
    pub(crate) async fn give_back(&mut self, kind: &KeyStoreKind) -> Result<(), KmsError> {
        for row in self.rows_of(kind) {
            let holder = self.holder.clone();
            let claimed = self.row(row).await?;
            claimed.record.holders.retain(|other| *other != holder);
        }
        Ok(())
    }

    /// Takes what a store of this kind needs.
    ///
    /// # Errors
    /// The exception that says that another store has it.
    pub(crate) async fn take(&mut self, kind: &KeyStoreKind) -> Result<(), KmsError> {
        for row in self.rows_of(kind) {
            let holder = self.holder.clone();
            let claimed = self.row(row.clone()).await?;
            let free = claimed.record.holders.is_empty();
            match kind {
                KeyStoreKind::ExternalKeyStore(config)
                    if layout::claim_of_endpoint(row.as_str()) =>
                {
                    let same = claimed.record.connectivity == Some(config.connectivity);
                    if !free && !same {
                        return Err(KmsError::proxy_endpoint_in_use(&config.endpoint));
                    }
                    claimed.record.connectivity = Some(config.connectivity);
                }
                KeyStoreKind::ExternalKeyStore(config) if !free => {
                    let name = config.vpc_endpoint_service.as_deref().unwrap_or_default();
                    return Err(KmsError::endpoint_service_in_use(name));
                }
                KeyStoreKind::AwsCloudhsm(config) if !free => {
                    return Err(KmsError::cluster_in_use(&config.cluster));
                }
                _ => {}
            }
            claimed.record.holders.push(holder);
        }
        Ok(())
    }

    fn put(self, change: &mut Change) -> Result<(), KmsError> {
        for claimed in self.rows.into_values() {
            change.provided(&claimed.row, claimed.revision);
            if claimed.record.holders.is_empty() {
                change.remove(&claimed.row);
            } else {
                change.put(&claimed.row, &claimed.record)?;
            }
        }
        Ok(())
    }

    async fn row(&mut self, row: RowKey<ClaimRecord>) -> Result<&mut ClaimedRow, KmsError> {
        let name = row.as_str().to_owned();
        if !self.rows.contains_key(&name) {
            let stored = self.service.shelves().get(&row).await?;
            let claimed = ClaimedRow {
                row,
                revision: stored.as_ref().map(|stored| stored.revision),
                record: stored.map_or_else(ClaimRecord::default, |stored| stored.record.clone()),
            };
            self.rows.insert(name.clone(), claimed);
        }
        let claimed = self.rows.get_mut(&name);
        claimed.ok_or_else(|| KmsError::internal("a claim was not kept"))
    }

    fn rows_of(&self, kind: &KeyStoreKind) -> Vec<RowKey<ClaimRecord>> {
        match kind {
            KeyStoreKind::ExternalKeyStore(config) => {
                let region = &self.home.region;
                let mut rows = vec![layout::endpoint_claim(region, &config.endpoint)];
                let in_vpc = config.connectivity == XksProxyConnectivityType::VpcEndpointService;
                if let (true, Some(service)) = (in_vpc, &config.vpc_endpoint_service) {
                    rows.push(layout::endpoint_service_claim(region, service));
                }
                rows
            }
            KeyStoreKind::AwsCloudhsm(config) => vec![layout::cluster_claim(&config.history)],
        }
    }
}

impl Change {
    /// A new store, with what it takes.
    pub(crate) fn create_key_store(
        _permitted: &Permitted<(), uses::CreateCustomKeyStore>,
        id: &str,
        record: &KeyStoreRecord,
        names: &Names,
        claims: Claims<'_>,
    ) -> Result<Self, KmsError> {
        let mut change = Self::new();
        let row = names.home.key_store(id);
        change.provided(&row, None).put(&row, record)?;
        names.put(&mut change, id, Some(record))?;
        claims.put(&mut change)?;
        Ok(change)
    }

    /// The store with other properties.
    pub(crate) fn update_key_store(
        _permitted: &Permitted<(), uses::UpdateCustomKeyStore>,
        store: &KeyStore,
        record: &KeyStoreRecord,
        names: &Names,
        claims: Claims<'_>,
    ) -> Result<Self, KmsError> {
        let mut change = Self::new();
        let row = store.home.key_store(&store.id);
        change
            .provided(&row, Some(store.stored.revision))
            .put(&row, record)?;
        names.put(&mut change, &store.id, Some(record))?;
        claims.put(&mut change)?;
        Ok(change)
    }

    /// The store ceases to be. It holds no key: a key that joined it meanwhile moves the row of
    /// its set.
    ///
    /// # Errors
    /// `CustomKeyStoreHasCMKsException` when it holds keys, those pending deletion among them.
    pub(crate) fn delete_key_store(
        _permitted: &Permitted<(), uses::DeleteCustomKeyStore>,
        store: &KeyStore,
        keys: &StoreKeys,
        names: &Names,
        claims: Claims<'_>,
    ) -> Result<Self, KmsError> {
        if keys.count() > 0 {
            return Err(KmsError::key_store_has_keys(&store.id));
        }
        let mut change = Self::new();
        let row = store.home.key_store(&store.id);
        let set = store.home.key_store_keys(&store.id);
        change
            .provided(&row, Some(store.stored.revision))
            .provided(&set, keys.revision())
            .remove(&row);
        if keys.revision().is_some() {
            change.remove(&set);
        }
        names.put(&mut change, &store.id, None)?;
        claims.put(&mut change)?;
        Ok(change)
    }

    /// The store is, or is to be, connected or disconnected.
    pub(crate) fn key_store_connection(
        store: &KeyStore,
        connection: Connection,
    ) -> Result<Self, KmsError> {
        use strongroom_model::enums::ConnectionStateType::{Connecting, Disconnecting};
        let mut change = Self::new();
        let row = store.home.key_store(&store.id);
        let waiting = store.home.connecting(&store.id);
        let was_waiting = matches!(store.state(), Connecting | Disconnecting);
        let waits = matches!(connection.state, Connecting | Disconnecting);
        let record = KeyStoreRecord {
            connection,
            ..store.record().clone()
        };
        change
            .provided(&row, Some(store.stored.revision))
            .put(&row, &record)?;
        if waits {
            change.put(&waiting, &ConnectingRecord {})?;
        } else if was_waiting {
            change.remove(&waiting);
        }
        Ok(change)
    }

    /// A key joins a store that was judged to be connected.
    pub(crate) fn join_key_store(
        &mut self,
        store: &KeyStore,
        keys: &StoreKeys,
    ) -> Result<(), KmsError> {
        self.provided(
            &store.home.key_store(&store.id),
            Some(store.stored.revision),
        );
        keys.put(self, store, keys.count().saturating_add(1))
    }

    /// A key that is being removed leaves its store.
    pub(crate) fn leave_key_store(
        &mut self,
        store: &KeyStore,
        keys: &StoreKeys,
    ) -> Result<(), KmsError> {
        keys.put(self, store, keys.count().saturating_sub(1))
    }
}

/// The keys of a store, as a set.
pub(crate) struct StoreKeys {
    stored: Option<Arc<Stored<KeyStoreKeysRecord>>>,
}

impl StoreKeys {
    pub(crate) async fn of(service: &Service, store: &KeyStore) -> Result<Self, KmsError> {
        let row = store.home.key_store_keys(&store.id);
        Ok(Self {
            stored: service.shelves().get(&row).await?,
        })
    }

    fn count(&self) -> u64 {
        self.stored.as_ref().map_or(0, |stored| stored.record.count)
    }

    fn revision(&self) -> Option<Revision> {
        self.stored.as_ref().map(|stored| stored.revision)
    }

    fn put(&self, change: &mut Change, store: &KeyStore, count: u64) -> Result<(), KmsError> {
        let row = store.home.key_store_keys(&store.id);
        change
            .provided(&row, self.revision())
            .put(&row, &KeyStoreKeysRecord { count })?;
        Ok(())
    }
}

/// A store as it is when it is new: not connected.
pub(crate) fn new_record(name: &str, kind: KeyStoreKind, now: Timestamp) -> KeyStoreRecord {
    KeyStoreRecord {
        created: now,
        name: name.to_owned(),
        kind,
        connection: Connection::disconnected(),
    }
}
