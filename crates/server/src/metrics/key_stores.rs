//! The outside of custom key stores, watched: how long it takes, and what it gets wrong.
//!
//! Labels are the ids of stores, which are made here, and there are a thousand of them at most.
//! A proxy that is tried while its store is being created is not counted: that store may never
//! be.
//!
//! AWS: developer guide, "Monitoring external key stores".

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant, SystemTime},
};

use strongroom_crypto::layers::OuterLayer;
use strongroom_kms::outside::{
    About, Cluster, ClusterClient, ClusterFault, ExternalKey, MadeOuterLayer, Outside, Proxy,
    ProxyClient, ProxyFault,
};
use strongroom_model::{Plaintext, operations::Operation};
use strongroom_store::{BoxFuture, Durations};

use super::Metrics;

/// Stores that are told apart.
const STORES: usize = 1000;
/// The store of those that are not.
const OTHERS: &str = "others";
/// Hosts whose certificates are remembered.
const HOSTS: usize = 1000;

/// What proxies are asked for.
pub(super) const XKS_OPERATIONS: [&str; 4] =
    ["GetHealthStatus", "GetKeyMetadata", "Encrypt", "Decrypt"];
/// What hardware modules are asked for.
pub(super) const HSM_OPERATIONS: [&str; 6] = [
    "LogIn",
    "CreateKey",
    "DeleteKey",
    "Encrypt",
    "Decrypt",
    "GenerateRandom",
];

/// What fails, how, and during which operation of KMS.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Failure {
    /// What was asked for.
    pub(super) asked: &'static str,
    /// The operation of KMS; nothing for hardware modules, which are not told of it.
    pub(super) operation: &'static str,
    pub(super) exception: &'static str,
    pub(super) retryable: bool,
}

/// What is counted of one external key store.
#[derive(Debug, Default)]
pub(super) struct Xks {
    pub(super) durations: [Durations; XKS_OPERATIONS.len()],
    pub(super) failures: BTreeMap<Failure, u64>,
    /// The host of its proxy, in lower case.
    pub(super) host: String,
}

/// What is counted of one store on hardware modules.
#[derive(Debug, Default)]
pub(super) struct Hsm {
    pub(super) durations: [Durations; HSM_OPERATIONS.len()],
    pub(super) failures: BTreeMap<Failure, u64>,
}

/// What is counted of all custom key stores.
#[derive(Debug, Default)]
pub struct KeyStoreCounters {
    xks: Mutex<BTreeMap<String, Xks>>,
    hsm: Mutex<BTreeMap<String, Hsm>>,
    /// When the certificate ends that a host showed last.
    certificates: Mutex<BTreeMap<String, SystemTime>>,
    /// How many key managers behind a host are active, degraded and unavailable, as it said last.
    managers: Mutex<BTreeMap<String, [u64; MANAGER_STATES.len()]>>,
}

/// What the XKS proxy API says of key managers.
const MANAGER_STATES: [&str; 3] = ["ACTIVE", "DEGRADED", "UNAVAILABLE"];

/// Remembers what a host said, unless there are too many of them.
fn remember<T>(of: &Mutex<BTreeMap<String, T>>, host: &str, said: T) {
    let mut hosts = lock(of);
    if hosts.contains_key(host) || hosts.len() < HOSTS {
        hosts.insert(host.to_owned(), said);
    }
}

fn lock<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    // Nothing panics while holding it.
    of.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The entry of a store, or that of all others once there are many.
fn entry<'a, T: Default>(stores: &'a mut BTreeMap<String, T>, store: &str) -> &'a mut T {
    let known = stores.contains_key(store) || stores.len() < STORES;
    let name = if known { store } else { OTHERS };
    stores.entry(name.to_owned()).or_default()
}

impl KeyStoreCounters {
    /// A host, in lower case, showed a certificate that is good until then.
    pub(crate) fn note_certificate(&self, host: &str, not_after: SystemTime) {
        remember(&self.certificates, host, not_after);
    }

    /// A host, in lower case, told how many of its key managers are active, degraded and
    /// unavailable.
    pub(crate) fn note_managers(&self, host: &str, states: [u64; MANAGER_STATES.len()]) {
        remember(&self.managers, host, states);
    }

    /// What a host told last of its key managers, by state; nothing if it told nothing yet.
    pub(super) fn managers(&self, host: &str) -> Vec<(&'static str, u64)> {
        let managers = lock(&self.managers);
        let states = managers.get(host).into_iter().flatten().copied();
        MANAGER_STATES.into_iter().zip(states).collect()
    }

    /// Until when the certificate is good that a host showed last.
    pub(super) fn certificate(&self, host: &str) -> Option<SystemTime> {
        lock(&self.certificates).get(host).copied()
    }

    pub(super) fn xks(&self) -> MutexGuard<'_, BTreeMap<String, Xks>> {
        lock(&self.xks)
    }

    pub(super) fn hsm(&self) -> MutexGuard<'_, BTreeMap<String, Hsm>> {
        lock(&self.hsm)
    }

    fn note_xks(
        &self,
        proxy: &Proxy,
        about: &About,
        asked: usize,
        took: Duration,
        fault: Option<ProxyFault>,
    ) {
        if about.operation == Operation::CreateCustomKeyStore.name() {
            return;
        }
        let mut stores = lock(&self.xks);
        let store = entry(&mut stores, &proxy.store);
        if let Some(durations) = store.durations.get(asked) {
            durations.note(took);
        }
        let host = proxy.endpoint.strip_prefix("https://");
        let host = host.unwrap_or(&proxy.endpoint);
        if !store.host.eq_ignore_ascii_case(host) {
            store.host = host.to_ascii_lowercase();
        }
        if let Some(fault) = fault {
            let failure = Failure {
                asked: XKS_OPERATIONS.get(asked).copied().unwrap_or_default(),
                operation: about.operation,
                exception: fault.name(),
                retryable: fault.may_pass(),
            };
            *store.failures.entry(failure).or_default() += 1;
        }
    }

    fn note_hsm(
        &self,
        cluster: &Cluster,
        asked: usize,
        took: Duration,
        fault: Option<ClusterFault>,
    ) {
        let mut stores = lock(&self.hsm);
        let store = entry(&mut stores, &cluster.store);
        if let Some(durations) = store.durations.get(asked) {
            durations.note(took);
        }
        if let Some(fault) = fault {
            let failure = Failure {
                asked: HSM_OPERATIONS.get(asked).copied().unwrap_or_default(),
                operation: "",
                exception: fault.name(),
                retryable: matches!(fault, ClusterFault::NoSession | ClusterFault::Unreachable),
            };
            *store.failures.entry(failure).or_default() += 1;
        }
    }
}

/// The same outside, watched.
#[must_use]
pub fn watch_outside(outside: Outside, metrics: &Arc<Metrics>) -> Outside {
    Outside {
        proxies: Box::new(Proxies {
            proxies: outside.proxies,
            metrics: Arc::clone(metrics),
        }),
        clusters: Box::new(Clusters {
            clusters: outside.clusters,
            metrics: Arc::clone(metrics),
        }),
        ..outside
    }
}

struct Proxies {
    proxies: Box<dyn ProxyClient>,
    metrics: Arc<Metrics>,
}

impl Proxies {
    async fn timed<T>(
        &self,
        proxy: &Proxy,
        about: &About,
        asked: usize,
        asking: impl Future<Output = Result<T, ProxyFault>>,
    ) -> Result<T, ProxyFault> {
        let began = Instant::now();
        let outcome = asking.await;
        let fault = outcome.as_ref().err().copied();
        let counters = &self.metrics.key_stores;
        counters.note_xks(proxy, about, asked, began.elapsed(), fault);
        outcome
    }
}

impl ProxyClient for Proxies {
    fn endpoint_of_service(&self, vpc_endpoint_service: &str) -> Option<String> {
        self.proxies.endpoint_of_service(vpc_endpoint_service)
    }

    fn health<'a>(
        &'a self,
        proxy: &'a Proxy,
        about: &'a About,
    ) -> BoxFuture<'a, Result<(), ProxyFault>> {
        let asking = self.proxies.health(proxy, about);
        Box::pin(self.timed(proxy, about, 0, asking))
    }

    fn key_metadata<'a>(
        &'a self,
        proxy: &'a Proxy,
        key: &'a str,
        about: &'a About,
    ) -> BoxFuture<'a, Result<ExternalKey, ProxyFault>> {
        let asking = self.proxies.key_metadata(proxy, key, about);
        Box::pin(self.timed(proxy, about, 1, asking))
    }

    fn encrypt<'a>(
        &'a self,
        proxy: &'a Proxy,
        key: &'a str,
        about: &'a About,
        inner: &'a [u8],
        aad: &'a [u8],
    ) -> BoxFuture<'a, Result<MadeOuterLayer, ProxyFault>> {
        let asking = self.proxies.encrypt(proxy, key, about, inner, aad);
        Box::pin(self.timed(proxy, about, 2, asking))
    }

    fn decrypt<'a>(
        &'a self,
        proxy: &'a Proxy,
        key: &'a str,
        about: &'a About,
        outer: OuterLayer<'a>,
        aad: &'a [u8],
    ) -> BoxFuture<'a, Result<Vec<u8>, ProxyFault>> {
        let asking = self.proxies.decrypt(proxy, key, about, outer, aad);
        Box::pin(self.timed(proxy, about, 3, asking))
    }
}

struct Clusters {
    clusters: Box<dyn ClusterClient>,
    metrics: Arc<Metrics>,
}

impl Clusters {
    async fn timed<T>(
        &self,
        cluster: &Cluster,
        asked: usize,
        asking: impl Future<Output = Result<T, ClusterFault>>,
    ) -> Result<T, ClusterFault> {
        let began = Instant::now();
        let outcome = asking.await;
        let fault = outcome.as_ref().err().copied();
        let counters = &self.metrics.key_stores;
        counters.note_hsm(cluster, asked, began.elapsed(), fault);
        outcome
    }
}

impl ClusterClient for Clusters {
    fn history(&self, cluster: &str) -> Option<String> {
        self.clusters.history(cluster)
    }

    fn is_trust_anchor(&self, cluster: &str, certificate: &str) -> bool {
        self.clusters.is_trust_anchor(cluster, certificate)
    }

    fn check<'a>(&'a self, cluster: &'a str) -> BoxFuture<'a, Result<(), ClusterFault>> {
        self.clusters.check(cluster)
    }

    fn log_in<'a>(&'a self, cluster: &'a Cluster) -> BoxFuture<'a, Result<(), ClusterFault>> {
        let asking = self.clusters.log_in(cluster);
        Box::pin(self.timed(cluster, 0, asking))
    }

    fn log_out<'a>(&'a self, cluster: &'a str) -> BoxFuture<'a, ()> {
        self.clusters.log_out(cluster)
    }

    fn create_key<'a>(
        &'a self,
        cluster: &'a Cluster,
        label: &'a str,
        id: &'a [u8],
    ) -> BoxFuture<'a, Result<(), ClusterFault>> {
        let asking = self.clusters.create_key(cluster, label, id);
        Box::pin(self.timed(cluster, 1, asking))
    }

    fn delete_key<'a>(
        &'a self,
        cluster: &'a Cluster,
        label: &'a str,
    ) -> BoxFuture<'a, Result<(), ClusterFault>> {
        let asking = self.clusters.delete_key(cluster, label);
        Box::pin(self.timed(cluster, 2, asking))
    }

    fn encrypt<'a>(
        &'a self,
        cluster: &'a Cluster,
        label: &'a str,
        inner: &'a [u8],
        aad: &'a [u8],
    ) -> BoxFuture<'a, Result<MadeOuterLayer, ClusterFault>> {
        let asking = self.clusters.encrypt(cluster, label, inner, aad);
        Box::pin(self.timed(cluster, 3, asking))
    }

    fn decrypt<'a>(
        &'a self,
        cluster: &'a Cluster,
        label: &'a str,
        outer: OuterLayer<'a>,
        aad: &'a [u8],
    ) -> BoxFuture<'a, Result<Vec<u8>, ClusterFault>> {
        let asking = self.clusters.decrypt(cluster, label, outer, aad);
        Box::pin(self.timed(cluster, 4, asking))
    }

    fn random<'a>(
        &'a self,
        cluster: &'a Cluster,
        length: usize,
    ) -> BoxFuture<'a, Result<Plaintext, ClusterFault>> {
        let asking = self.clusters.random(cluster, length);
        Box::pin(self.timed(cluster, 5, asking))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stores_beyond_a_thousand_share_one_name() {
        let mut stores: BTreeMap<String, u64> = BTreeMap::new();
        for number in 0..STORES + 5 {
            *entry(&mut stores, &format!("cks-{number:04}")) += 1;
        }
        *entry(&mut stores, "cks-0000") += 1;
        assert_eq!(stores.len(), STORES + 1);
        assert_eq!((stores["cks-0000"], stores[OTHERS]), (2, 5));
    }
}
