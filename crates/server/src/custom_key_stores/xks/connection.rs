//! Connections to proxies: TLS that always checks the name, and a pool that keeps them.
//!
//! A proxy that the operator did not declare is reached by its name at port 443, with the
//! certificates that the system trusts, and only at an address of the public internet: a caller
//! cannot make this server knock at doors of its own network.

use std::{
    collections::HashMap,
    error::Error,
    fs, io,
    net::{IpAddr, SocketAddr},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::{Request, client::conn::http1, header};
use hyper_util::rt::TokioIo;
use rustls::{
    ClientConfig, RootCertStore,
    crypto::aws_lc_rs::default_provider,
    pki_types::{CertificateDer, PrivateKeyDer, ServerName, pem::PemObject as _},
};
use strongroom_auth::sigv4::Signature;
use strongroom_kms::outside::ProxyFault;
use tokio::{net::TcpStream, sync::OnceCell};
use tokio_rustls::TlsConnector;
use zeroize::Zeroizing;

use super::super::{ProxyEndpoint, SettingsError};
use crate::{metrics::Metrics, tls::first_to_end};

/// The port of a proxy. AWS: XKS proxy API, "Network".
const PORT: u16 = 443;
/// Bytes of an answer at most: twice what the largest legal one takes. Ours.
const ANSWER_BYTES: usize = 32 << 10;
/// Connections to one proxy that are kept while nobody uses them. Ours.
const KEPT: usize = 64;
/// Where systems keep the certificates that they trust.
const SYSTEM_BUNDLES: [&str; 4] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
];

/// How to reach a proxy.
pub(super) struct Connector {
    /// Address and port; absent for the name itself.
    address: Option<String>,
    declared: bool,
    /// Set from the start for a proxy that was declared, since what the operator named has to be
    /// usable. The certificates that the system trusts are read when they are first needed: they
    /// are many, and most servers never meet a proxy.
    tls: OnceCell<TlsConnector>,
}

impl Connector {
    /// For a proxy that the operator declared.
    pub(super) fn declared(endpoint: &ProxyEndpoint) -> Result<Self, SettingsError> {
        let roots = match &endpoint.ca {
            Some(path) => bundle(path)?,
            None => system_roots(),
        };
        let identity = endpoint
            .client_certificate
            .as_deref()
            .zip(endpoint.client_key.as_deref());
        Ok(Self {
            address: endpoint.address.clone(),
            declared: true,
            tls: OnceCell::new_with(Some(tls(roots, identity)?)),
        })
    }

    /// For every other proxy.
    pub(super) fn public() -> Self {
        Self {
            address: None,
            declared: false,
            tls: OnceCell::new(),
        }
    }

    async fn tls(&self) -> Result<&TlsConnector, ProxyFault> {
        self.tls
            .get_or_try_init(async || {
                let made = tokio::task::spawn_blocking(|| tls(system_roots(), None));
                let cause = match made.await {
                    Ok(Ok(connector)) => return Ok(connector),
                    Ok(Err(error)) => error.to_string(),
                    Err(error) => error.to_string(),
                };
                tracing::warn!(cause, "there is no TLS for external key store proxies");
                Err(ProxyFault::Tls)
            })
            .await
    }

    async fn connect(&self, host: &str, metrics: Option<&Metrics>) -> Result<Sender, ProxyFault> {
        let stream = self.stream(host).await?;
        // A connection that waits for more to send would spend the patience of KMS on it.
        let _ = stream.set_nodelay(true);
        let name = ServerName::try_from(host.to_owned()).map_err(|_| ProxyFault::Tls)?;
        let stream = self.tls().await?.connect(name, stream);
        let stream = stream.await.map_err(|error| {
            tracing::debug!(host, %error, "no TLS with an external key store proxy");
            fault_of(&error, ProxyFault::Tls)
        })?;
        if let Some(metrics) = metrics {
            let shown = stream.get_ref().1.peer_certificates();
            if let Some(not_after) = shown.and_then(first_to_end) {
                metrics.key_stores().note_certificate(host, not_after);
            }
        }
        let (sender, connection) = http1::handshake(TokioIo::new(stream))
            .await
            .map_err(|error| fault_of(&error, ProxyFault::Unreachable))?;
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a connection to an external key store proxy ended");
            }
        });
        Ok(sender)
    }

    async fn stream(&self, host: &str) -> Result<TcpStream, ProxyFault> {
        let named = format!("{host}:{PORT}");
        let address = self.address.as_deref().unwrap_or(&named);
        let found = tokio::net::lookup_host(address).await;
        let addresses: Vec<SocketAddr> = found
            .map_err(|error| {
                tracing::debug!(host, %error, "an external key store proxy has no address");
                ProxyFault::Unreachable
            })?
            .filter(|address| self.declared || is_public(address.ip()))
            .collect();
        match TcpStream::connect(addresses.as_slice()).await {
            Ok(stream) => Ok(stream),
            Err(error) => {
                tracing::debug!(host, %error, "an external key store proxy does not answer");
                Err(ProxyFault::Unreachable)
            }
        }
    }
}

/// Whether an address is one of the public internet.
fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => {
            let [a, b, ..] = v4.octets();
            let shared = a == 100 && (64..128).contains(&b);
            let reserved = a == 0 || a >= 240;
            !(v4.is_private()
                || v4.is_loopback()
                || v4.is_link_local()
                || v4.is_multicast()
                || v4.is_documentation()
                || shared
                || reserved)
        }
        IpAddr::V6(v6) => match v6.to_ipv4() {
            // Forms of an address of version 4, `::1` among them.
            Some(v4) => is_public(IpAddr::V4(v4)),
            // Global unicast is 2000::/3 (RFC 4291); 6to4 and Teredo tunnel to others.
            None => {
                let [first, second, ..] = v6.segments();
                (first & 0xe000) == 0x2000 && first != 0x2002 && (first, second) != (0x2001, 0)
            }
        },
    }
}

/// A request that has been signed.
pub(super) struct Signed<'a> {
    pub(super) host: &'a str,
    pub(super) path: &'a str,
    pub(super) signature: Signature,
    pub(super) body: Zeroizing<Vec<u8>>,
}

impl Signed<'_> {
    fn to_request(&self) -> Result<Request<Full<Bytes>>, ProxyFault> {
        Request::post(self.path)
            .header(header::HOST, self.host)
            .header(header::CONTENT_TYPE, "application/json")
            .header("x-amz-date", &self.signature.date)
            .header(header::AUTHORIZATION, &self.signature.authorization)
            .body(Full::new(Bytes::copy_from_slice(&self.body)))
            .map_err(|_| ProxyFault::Internal)
    }
}

type Sender = http1::SendRequest<Full<Bytes>>;

/// Connections that nobody uses at the moment, by host name.
pub(super) struct Pool {
    idle: Mutex<HashMap<String, Vec<Sender>>>,
    /// Who is told what certificates there are.
    metrics: Option<Arc<Metrics>>,
}

impl Pool {
    pub(super) fn new(metrics: Option<Arc<Metrics>>) -> Self {
        Self {
            idle: Mutex::default(),
            metrics,
        }
    }

    /// Sends a request and reads the answer: its status and body.
    ///
    /// A connection that was kept may have been closed by the other side meanwhile; then the
    /// request is sent again on another one.
    pub(super) async fn exchange(
        &self,
        connector: &Connector,
        request: &Signed<'_>,
    ) -> Result<(u16, Zeroizing<Vec<u8>>), ProxyFault> {
        loop {
            let kept = self.take(request.host);
            let is_kept = kept.is_some();
            let mut sender = match kept {
                Some(sender) => sender,
                None => {
                    let metrics = self.metrics.as_deref();
                    connector.connect(request.host, metrics).await?
                }
            };
            match sender.send_request(request.to_request()?).await {
                Ok(answer) => {
                    let status = answer.status().as_u16();
                    let body = Limited::new(answer.into_body(), ANSWER_BYTES)
                        .collect()
                        .await
                        .map_err(|_| ProxyFault::InvalidResponse)?;
                    self.keep(request.host, sender);
                    return Ok((status, Zeroizing::new(body.to_bytes().to_vec())));
                }
                Err(error) if is_kept => {
                    tracing::debug!(host = request.host, %error, "a kept connection was closed");
                }
                Err(error) => {
                    tracing::debug!(host = request.host, %error, "no answer");
                    return Err(fault_of(&error, ProxyFault::Unreachable));
                }
            }
        }
    }

    fn take(&self, host: &str) -> Option<Sender> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = idle.get_mut(host)?;
        while let Some(sender) = kept.pop() {
            if sender.is_ready() {
                return Some(sender);
            }
        }
        None
    }

    fn keep(&self, host: &str, sender: Sender) {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = idle.entry(host.to_owned()).or_default();
        kept.retain(|other| !other.is_closed());
        if kept.len() < KEPT {
            kept.push(sender);
        }
    }
}

/// TLS is at fault when rustls says so somewhere in the chain of causes: a refusal of our
/// certificate, for one, arrives only after the handshake.
fn fault_of(error: &(dyn Error + 'static), otherwise: ProxyFault) -> ProxyFault {
    let mut cause = Some(error);
    while let Some(error) = cause {
        let inner = error
            .downcast_ref::<io::Error>()
            .and_then(io::Error::get_ref)
            .is_some_and(|inner| inner.is::<rustls::Error>());
        if inner || error.is::<rustls::Error>() {
            return ProxyFault::Tls;
        }
        cause = error.source();
    }
    otherwise
}

/// TLS for whoever else calls outside: trusts what `ca` holds, or what the system trusts.
///
/// # Errors
/// When the file cannot be used.
pub(crate) fn client_tls(ca: Option<&Path>) -> Result<TlsConnector, SettingsError> {
    let roots = match ca {
        Some(path) => bundle(path)?,
        None => system_roots(),
    };
    tls(roots, None)
}

fn tls(
    roots: RootCertStore,
    identity: Option<(&Path, &Path)>,
) -> Result<TlsConnector, SettingsError> {
    let unusable = |error: rustls::Error| SettingsError::Wrong {
        place: identity.map_or_else(
            || "TLS to external key store proxies".to_owned(),
            |(certificate, _)| certificate.display().to_string(),
        ),
        what: error.to_string(),
    };
    let builder = ClientConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(unusable)?
        .with_root_certificates(roots);
    let mut config = match identity {
        None => builder.with_no_client_auth(),
        Some((certificate, key)) => {
            let pem = read(key)?;
            let private = PrivateKeyDer::from_pem_slice(&pem)
                .map_err(|error| wrong(key, format!("there is no private key in it ({error})")))?;
            builder
                .with_client_auth_cert(certificates(certificate)?, private)
                .map_err(unusable)?
        }
    };
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(TlsConnector::from(Arc::new(config)))
}

/// The certificates of a bundle, as those that vouch.
fn bundle(path: &Path) -> Result<RootCertStore, SettingsError> {
    let mut roots = RootCertStore::empty();
    for certificate in certificates(path)? {
        roots
            .add(certificate)
            .map_err(|error| wrong(path, error.to_string()))?;
    }
    Ok(roots)
}

/// The certificates that the system trusts, as far as they can be read. None is not a mistake:
/// then no proxy is trusted that does not bring its own.
fn system_roots() -> RootCertStore {
    let mut roots = RootCertStore::empty();
    let named = std::env::var_os("SSL_CERT_FILE").map(PathBuf::from);
    let files = named
        .into_iter()
        .chain(SYSTEM_BUNDLES.iter().map(PathBuf::from));
    for file in files {
        if let Ok(pem) = fs::read(&file) {
            let certificates = CertificateDer::pem_slice_iter(&pem).filter_map(Result::ok);
            roots.add_parsable_certificates(certificates);
            break;
        }
    }
    roots
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, SettingsError> {
    let pem = read(path)?;
    let certificates: Vec<_> = CertificateDer::pem_slice_iter(&pem)
        .collect::<Result<_, _>>()
        .map_err(|error| wrong(path, error.to_string()))?;
    if certificates.is_empty() {
        return Err(wrong(path, "there is no certificate in it".to_owned()));
    }
    Ok(certificates)
}

fn read(path: &Path) -> Result<Zeroizing<Vec<u8>>, SettingsError> {
    fs::read(path)
        .map(Zeroizing::new)
        .map_err(|cause| SettingsError::File {
            path: path.to_owned(),
            cause,
        })
}

fn wrong(path: &Path, what: String) -> SettingsError {
    SettingsError::Wrong {
        place: path.display().to_string(),
        what,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doors_of_our_own_network_are_told_from_public_ones() {
        for public in ["8.8.8.8", "52.94.1.1", "2600:1f00::1", "::ffff:8.8.8.8"] {
            assert!(is_public(public.parse().unwrap()), "{public}");
        }
        for own in [
            "127.0.0.1",
            "10.0.0.1",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "0.0.0.0",
            "255.255.255.255",
            "224.0.0.1",
            "::1",
            "::",
            "fe80::1",
            "fd00::1",
            "ff02::1",
            "::ffff:127.0.0.1",
            "2002:7f00:1::1",
        ] {
            assert!(!is_public(own.parse().unwrap()), "{own}");
        }
    }
}
