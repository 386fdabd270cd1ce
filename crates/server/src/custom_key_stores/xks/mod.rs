//! External key stores: the client of the XKS proxy API, version 1.
//!
//! Requests are JSON over HTTPS, signed with Signature Version 4 for the service `kms-xks-proxy`.
//! KMS gives a proxy 250 ms for everything, connection and TLS included, so connections are kept
//! and used again. What a proxy says in an error is logged and never shown to a caller.
//!
//! AWS: XKS proxy API specification, version 1.

mod connection;
mod wire;

use std::{collections::HashMap, sync::Arc, time::Duration};

use strongroom_auth::sigv4::Signer;
use strongroom_crypto::layers::OuterLayer;
use strongroom_kms::outside::{About, ExternalKey, MadeOuterLayer, Proxy, ProxyClient, ProxyFault};
use strongroom_model::Clock;
use strongroom_store::BoxFuture;
use zeroize::Zeroizing;

pub(crate) use self::connection::client_tls;
use self::connection::{Connector, Pool, Signed};
use super::{ProxyEndpoint, SettingsError, wall_clock};
use crate::metrics::Metrics;

/// How long KMS waits for a proxy. AWS: XKS proxy API, "Performance".
const PATIENCE: Duration = Duration::from_millis(250);
/// The service that signatures are scoped to. AWS: XKS proxy API, "Authentication".
const SERVICE: &str = "kms-xks-proxy";

/// The proxies that can be reached.
pub(super) struct Proxies {
    /// By host name, in lower case.
    declared: HashMap<String, Declared>,
    /// For those that are not declared.
    others: Connector,
    pool: Pool,
    clock: Arc<dyn Clock>,
    /// Who is told what certificates and key managers there are.
    metrics: Option<Arc<Metrics>>,
}

/// A proxy that the operator declared.
struct Declared {
    endpoint: String,
    service: Option<String>,
    patience: Duration,
    connector: Connector,
}

impl Proxies {
    pub(super) fn new(
        endpoints: &[ProxyEndpoint],
        metrics: Option<Arc<Metrics>>,
    ) -> Result<Self, SettingsError> {
        let mut declared = HashMap::new();
        for endpoint in endpoints {
            declared.insert(
                host_of(&endpoint.endpoint),
                Declared {
                    endpoint: endpoint.endpoint.clone(),
                    service: endpoint.vpc_endpoint_service.clone(),
                    patience: endpoint.timeout_ms.map_or(PATIENCE, Duration::from_millis),
                    connector: Connector::declared(endpoint)?,
                },
            );
        }
        Ok(Self {
            declared,
            others: Connector::public(),
            pool: Pool::new(metrics.clone()),
            clock: wall_clock(),
            metrics,
        })
    }

    /// Asks for one thing under the path of the proxy, and gives the body of a good answer.
    async fn ask(
        &self,
        proxy: &Proxy,
        resource: &str,
        body: Zeroizing<Vec<u8>>,
    ) -> Result<Zeroizing<Vec<u8>>, ProxyFault> {
        let host = host_of(&proxy.endpoint);
        let (connector, patience) = match self.declared.get(&host) {
            Some(declared) => (&declared.connector, declared.patience),
            None => (&self.others, PATIENCE),
        };
        let path = format!("{}{resource}", proxy.path);
        let signer = Signer {
            access_key_id: proxy.access_key_id.expose(),
            secret: &proxy.secret,
            region: proxy.region.as_str(),
            service: SERVICE,
        };
        let signature = signer
            .sign("POST", &host, &path, &body, self.clock.now())
            .ok_or(ProxyFault::Internal)?;
        let request = Signed {
            host: &host,
            path: &path,
            signature,
            body,
        };
        let answer = tokio::time::timeout(patience, self.pool.exchange(connector, &request));
        let answered = match answer.await {
            Ok(Ok((200, body))) => Ok(body),
            Ok(Ok((status, body))) => Err(wire::fault(&host, status, &body)),
            Ok(Err(fault)) => Err(fault),
            Err(_) => Err(ProxyFault::TimedOut),
        };
        if let Err(fault) = &answered {
            tracing::warn!(host, resource, %fault, "an external key store proxy failed");
        }
        answered
    }
}

/// The host name of an endpoint, in lower case.
fn host_of(endpoint: &str) -> String {
    let host = endpoint.strip_prefix("https://").unwrap_or(endpoint);
    host.to_ascii_lowercase()
}

impl ProxyClient for Proxies {
    fn endpoint_of_service(&self, vpc_endpoint_service: &str) -> Option<String> {
        self.declared
            .values()
            .find(|declared| declared.service.as_deref() == Some(vpc_endpoint_service))
            .map(|declared| declared.endpoint.clone())
    }

    fn health<'a>(
        &'a self,
        proxy: &'a Proxy,
        about: &'a About,
    ) -> BoxFuture<'a, Result<(), ProxyFault>> {
        Box::pin(async move {
            let body = wire::health_request(about)?;
            let managers = wire::read_health(&self.ask(proxy, "/health", body).await?)?;
            if let Some(metrics) = &self.metrics {
                let counters = metrics.key_stores();
                counters.note_managers(&host_of(&proxy.endpoint), managers.states());
            }
            managers.any()
        })
    }

    fn key_metadata<'a>(
        &'a self,
        proxy: &'a Proxy,
        key: &'a str,
        about: &'a About,
    ) -> BoxFuture<'a, Result<ExternalKey, ProxyFault>> {
        Box::pin(async move {
            let body = wire::metadata_request(about)?;
            let resource = format!("/keys/{key}/metadata");
            wire::read_metadata(&self.ask(proxy, &resource, body).await?)
        })
    }

    fn encrypt<'a>(
        &'a self,
        proxy: &'a Proxy,
        key: &'a str,
        about: &'a About,
        inner: &'a [u8],
        aad: &'a [u8],
    ) -> BoxFuture<'a, Result<MadeOuterLayer, ProxyFault>> {
        Box::pin(async move {
            let body = wire::encrypt_request(about, inner, aad)?;
            let resource = format!("/keys/{key}/encrypt");
            let answer = self.ask(proxy, &resource, body).await?;
            wire::read_encrypted(&answer, inner.len(), aad)
        })
    }

    fn decrypt<'a>(
        &'a self,
        proxy: &'a Proxy,
        key: &'a str,
        about: &'a About,
        outer: OuterLayer<'a>,
        aad: &'a [u8],
    ) -> BoxFuture<'a, Result<Vec<u8>, ProxyFault>> {
        Box::pin(async move {
            let body = wire::decrypt_request(about, &outer, aad)?;
            let resource = format!("/keys/{key}/decrypt");
            let answer = self.ask(proxy, &resource, body).await?;
            wire::read_decrypted(&answer, outer.ciphertext.len())
        })
    }
}
