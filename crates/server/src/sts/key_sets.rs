//! Fetching the documents of identity providers: a GET over HTTPS, bounded in size and time.
//!
//! Addresses are those that the operator declared with the provider, or that the provider's own
//! configuration names, so they may be of a private network. The certificate is checked by those
//! that the system trusts; redirections are not followed.

use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Empty, Limited};
use hyper::{Request, Uri, client::conn::http1, header};
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use strongroom_kms::sts::{FetchError, KeySetSource};
use strongroom_store::BoxFuture;
use tokio::{net::TcpStream, sync::OnceCell};
use tokio_rustls::TlsConnector;

use crate::custom_key_stores::client_tls;

/// Bytes of a document at most. Ours; key sets of large providers take some kilobytes.
const DOCUMENT_BYTES: usize = 256 << 10;
/// How long a document may take. Ours: SDKs wait a minute for STS.
const PATIENCE: Duration = Duration::from_secs(5);

/// Who fetches documents of identity providers.
#[derive(Default)]
pub struct ProviderDocuments {
    /// The certificates that the system trusts, read when they are first needed.
    tls: OnceCell<TlsConnector>,
}

impl KeySetSource for ProviderDocuments {
    fn fetch<'a>(&'a self, url: &'a str) -> BoxFuture<'a, Result<Vec<u8>, FetchError>> {
        Box::pin(async move {
            match tokio::time::timeout(PATIENCE, self.get(url)).await {
                Ok(fetched) => fetched,
                Err(_) => Err(failed(url, "it took too long")),
            }
        })
    }
}

impl ProviderDocuments {
    async fn get(&self, url: &str) -> Result<Vec<u8>, FetchError> {
        let uri: Uri = url.parse().map_err(|error| failed(url, error))?;
        let (Some("https"), Some(authority)) = (uri.scheme_str(), uri.authority()) else {
            return Err(failed(url, "it is no address of HTTPS"));
        };
        let host = authority.host().trim_matches(['[', ']']).to_owned();
        let port = authority.port_u16().unwrap_or(443);
        let stream = TcpStream::connect((host.as_str(), port)).await;
        let stream = stream.map_err(|error| failed(url, error))?;
        let name = ServerName::try_from(host).map_err(|error| failed(url, error))?;
        let tls = self.tls().await.map_err(|error| failed(url, error))?;
        let stream = tls.connect(name, stream).await;
        let stream = stream.map_err(|error| failed(url, error))?;
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream))
            .await
            .map_err(|error| failed(url, error))?;
        let connection = tokio::spawn(connection);
        let path = uri.path_and_query().map_or("/", |path| path.as_str());
        let request = Request::get(path)
            .header(header::HOST, authority.as_str())
            .header(header::ACCEPT, "application/json")
            .header(header::CONNECTION, "close")
            .body(Empty::<Bytes>::new())
            .map_err(|error| failed(url, error))?;
        let answer = sender.send_request(request).await;
        let answer = answer.map_err(|error| failed(url, error))?;
        let status = answer.status();
        if !status.is_success() {
            return Err(failed(url, format_args!("it answers {status}")));
        }
        let body = Limited::new(answer.into_body(), DOCUMENT_BYTES)
            .collect()
            .await;
        connection.abort();
        let body = body.map_err(|error| failed(url, error))?;
        Ok(body.to_bytes().to_vec())
    }

    async fn tls(&self) -> Result<&TlsConnector, String> {
        self.tls
            .get_or_try_init(async || {
                let made = tokio::task::spawn_blocking(|| client_tls(None)).await;
                made.map_err(|error| error.to_string())?
                    .map_err(|error| error.to_string())
            })
            .await
    }
}

fn failed(url: &str, cause: impl std::fmt::Display) -> FetchError {
    FetchError(format!("{url}: {cause}"))
}
