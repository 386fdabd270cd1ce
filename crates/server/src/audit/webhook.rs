//! A webhook: batches of records by POST, signed.
//!
//! The body is the lines of the journal, as `application/x-ndjson`. The header
//! `X-Strongroom-Signature: t=<seconds>,v1=<hex>` is HMAC-SHA-256 over the time, a full stop and
//! the body. Whatever answers 2xx took the batch; anything else gets it again.

use std::{path::Path, sync::Arc};

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::{Request, Uri, client::conn::http1, header};
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use strongroom_crypto::DeliveryKey;
use strongroom_model::{Clock as _, SecretText};
use strongroom_store::journal::Lines;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use zeroize::Zeroizing;

use super::{settings::SinkSettings, sink::NotDelivered};
use crate::{
    custom_key_stores::{SettingsError, client_tls},
    door::WallClock,
};

/// Bytes of an answer that are read; nothing in it matters.
const ANSWER_BYTES: usize = 16 << 10;
/// Bytes of a secret, at least and at most. Ours.
const SECRET_BYTES: std::ops::RangeInclusive<usize> = 16..=1024;

type Sender = http1::SendRequest<Full<Bytes>>;

/// An HTTP server that takes records.
pub(super) struct Webhook {
    host: String,
    authority: String,
    path: String,
    port: u16,
    tls: Option<(TlsConnector, ServerName<'static>)>,
    key: DeliveryKey,
    sender: Option<Sender>,
}

impl Webhook {
    pub(super) fn new(settings: &SinkSettings) -> Result<Self, SettingsError> {
        let wrong = |what: &str| SettingsError::Wrong {
            place: format!("the audit sink {:?}", settings.name),
            what: what.to_owned(),
        };
        const URL: &str = "a url is https://HOST/PATH or http://HOST/PATH";
        let url = settings.url.as_deref().unwrap_or_default();
        let uri: Uri = url.parse().map_err(|_| wrong(URL))?;
        let (Some(host), Some(authority)) = (uri.host(), uri.authority()) else {
            return Err(wrong(URL));
        };
        let host = host
            .trim_start_matches('[')
            .trim_end_matches(']')
            .to_owned();
        let (port, tls) = match uri.scheme_str() {
            Some("http") => (80, None),
            Some("https") => {
                let name = ServerName::try_from(host.clone()).map_err(|_| wrong(URL))?;
                (443, Some((client_tls(settings.ca.as_deref())?, name)))
            }
            _ => return Err(wrong(URL)),
        };
        let secret = settings.secret_file.as_deref().unwrap_or(Path::new(""));
        Ok(Self {
            authority: authority.as_str().to_owned(),
            path: uri
                .path_and_query()
                .map_or("/", |path| path.as_str())
                .to_owned(),
            port: uri.port_u16().unwrap_or(port),
            host,
            tls,
            key: read_secret(secret)?,
            sender: None,
        })
    }

    pub(super) fn reset(&mut self) {
        self.sender = None;
    }

    pub(super) async fn deliver(&mut self, lines: &Arc<Lines>) -> Result<(), NotDelivered> {
        let mut body = Vec::new();
        let (mut first, mut last) = (0, 0);
        for (seq, line) in lines.iter() {
            if first == 0 {
                first = seq;
            }
            last = seq;
            body.extend_from_slice(line);
            body.push(b'\n');
        }
        let time = WallClock.now().as_millis().div_euclid(1000).to_string();
        let signature = format!("t={time},v1={}", self.key.sign(&time, &body));
        let request = Request::post(&self.path)
            .header(header::HOST, &self.authority)
            .header(header::CONTENT_TYPE, "application/x-ndjson")
            .header(
                header::USER_AGENT,
                concat!("strongroom/", env!("CARGO_PKG_VERSION")),
            )
            .header("x-strongroom-first-seq", first)
            .header("x-strongroom-last-seq", last)
            .header("x-strongroom-signature", signature)
            .body(Full::new(Bytes::from(body)))?;
        let kept = self.sender.take().filter(Sender::is_ready);
        let mut sender = match kept {
            Some(sender) => sender,
            None => self.connect().await?,
        };
        let answer = sender.send_request(request).await?;
        let status = answer.status();
        let read = Limited::new(answer.into_body(), ANSWER_BYTES)
            .collect()
            .await;
        if !status.is_success() {
            return Err(NotDelivered::from(format!("it answered {status}")));
        }
        if read.is_ok() {
            self.sender = Some(sender);
        }
        Ok(())
    }

    async fn connect(&self) -> Result<Sender, NotDelivered> {
        let stream = TcpStream::connect((self.host.as_str(), self.port)).await?;
        match &self.tls {
            None => shake_hands(stream).await,
            Some((tls, name)) => shake_hands(tls.connect(name.clone(), stream).await?).await,
        }
    }
}

async fn shake_hands<S>(stream: S) -> Result<Sender, NotDelivered>
where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send + 'static,
{
    let (sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    tokio::spawn(async move {
        if let Err(error) = connection.await {
            tracing::debug!(%error, "a connection to a webhook ended");
        }
    });
    Ok(sender)
}

/// Reads the secret of a webhook: what stands in the file, without a newline at its end.
fn read_secret(path: &Path) -> Result<DeliveryKey, SettingsError> {
    let text = std::fs::read_to_string(path).map(Zeroizing::new);
    let text = text.map_err(|cause| SettingsError::File {
        path: path.to_owned(),
        cause,
    })?;
    let text = text.trim_end_matches(['\n', '\r']);
    if !SECRET_BYTES.contains(&text.len()) {
        return Err(SettingsError::Wrong {
            place: path.display().to_string(),
            what: "the secret of a webhook has 16 to 1024 bytes".to_owned(),
        });
    }
    Ok(DeliveryKey::new(&SecretText::new(text.to_owned())))
}
