//! Requests that this server makes of its own accord: POST to one HTTP server, over a connection
//! that is kept.
//!
//! What speaks to external key store proxies is another client, since KMS gives them 250 ms and
//! makes many requests at once.

use std::{error::Error, path::Path};

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::{
    HeaderMap, Request, StatusCode, Uri, client::conn::http1, header, http::uri::PathAndQuery,
};
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use crate::custom_key_stores::{SettingsError, client_tls};

/// What a URL has to be.
const URL: &str = "a url is https://HOST/PATH or http://HOST/PATH";

type Sender = http1::SendRequest<Full<Bytes>>;

/// An HTTP server that is sent requests, one at a time.
pub(crate) struct Recipient {
    host: String,
    authority: String,
    path: PathAndQuery,
    port: u16,
    tls: Option<(TlsConnector, ServerName<'static>)>,
    /// Bytes of an answer that are read.
    answer_bytes: usize,
    sender: Option<Sender>,
}

/// An answer.
pub(crate) struct Answered {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    /// Nothing if it is longer than is read.
    pub(crate) body: Option<Bytes>,
}

impl Recipient {
    /// The server at a URL. `place` says to whom it may concern that the URL is none.
    pub(crate) fn at(
        url: &str,
        ca: Option<&Path>,
        answer_bytes: usize,
        place: &str,
    ) -> Result<Self, SettingsError> {
        let wrong = || SettingsError::Wrong {
            place: place.to_owned(),
            what: URL.to_owned(),
        };
        let uri: Uri = url.parse().map_err(|_| wrong())?;
        let (Some(host), Some(authority)) = (uri.host(), uri.authority()) else {
            return Err(wrong());
        };
        // A name and password would go into a header where they do not belong.
        if authority.as_str().contains('@') {
            return Err(wrong());
        }
        let host = host
            .trim_start_matches('[')
            .trim_end_matches(']')
            .to_owned();
        let (port, tls) = match uri.scheme_str() {
            Some("http") => (80, None),
            Some("https") => {
                let name = ServerName::try_from(host.clone()).map_err(|_| wrong())?;
                (443, Some((client_tls(ca)?, name)))
            }
            _ => return Err(wrong()),
        };
        let root = PathAndQuery::from_static("/");
        Ok(Self {
            authority: authority.as_str().to_owned(),
            path: uri.path_and_query().cloned().unwrap_or(root),
            port: uri.port_u16().unwrap_or(port),
            host,
            tls,
            answer_bytes,
            sender: None,
        })
    }

    /// Drops the connection, and what it was in the middle of.
    pub(crate) fn reset(&mut self) {
        self.sender = None;
    }

    /// Sends a request, and reads its answer.
    pub(crate) async fn post(
        &mut self,
        headers: HeaderMap,
        body: Bytes,
    ) -> Result<Answered, Box<dyn Error + Send + Sync>> {
        let mut request = Request::post(self.path.as_str()).body(Full::new(body))?;
        *request.headers_mut() = headers;
        let names = request.headers_mut();
        names.insert(header::HOST, self.authority.parse()?);
        let agent = concat!("strongroom/", env!("CARGO_PKG_VERSION"));
        names.insert(header::USER_AGENT, header::HeaderValue::from_static(agent));
        let kept = self.sender.take().filter(Sender::is_ready);
        let mut sender = match kept {
            Some(sender) => sender,
            None => self.connect().await?,
        };
        let answer = sender.send_request(request).await?;
        let (head, body) = answer.into_parts();
        let read = Limited::new(body, self.answer_bytes).collect().await;
        let body = read.ok().map(http_body_util::Collected::to_bytes);
        if body.is_some() {
            self.sender = Some(sender);
        }
        Ok(Answered {
            status: head.status,
            headers: head.headers,
            body,
        })
    }

    async fn connect(&self) -> Result<Sender, Box<dyn Error + Send + Sync>> {
        let stream = TcpStream::connect((self.host.as_str(), self.port)).await?;
        match &self.tls {
            None => shake_hands(stream).await,
            Some((tls, name)) => shake_hands(tls.connect(name.clone(), stream).await?).await,
        }
    }
}

async fn shake_hands<S>(stream: S) -> Result<Sender, Box<dyn Error + Send + Sync>>
where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send + 'static,
{
    let (sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    tokio::spawn(async move {
        if let Err(error) = connection.await {
            tracing::debug!(%error, "a connection to another server ended");
        }
    });
    Ok(sender)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_read_or_refused_with_its_place() {
        let at = |url| Recipient::at(url, None, 1, "here");
        let plain = at("http://[::1]:4318/a?b=c").unwrap();
        assert_eq!((plain.host.as_str(), plain.port), ("::1", 4318));
        assert_eq!(plain.authority, "[::1]:4318");
        assert_eq!(plain.path, "/a?b=c");
        let tls = at("https://collector.example.com").unwrap();
        assert_eq!(
            (tls.port, tls.path.as_str(), tls.tls.is_some()),
            (443, "/", true)
        );
        for wrong in ["", "collector:4318", "/v1", "grpc://h/", "http://u:p@h/"] {
            let refused = at(wrong).err().map(|error| error.to_string());
            assert_eq!(refused, Some(format!("here: {URL}")), "{wrong}");
        }
    }
}
