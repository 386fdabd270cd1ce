//! The listener of the metrics: one page, for whoever may reach its address.
//!
//! It is another one than that of the API, so that a network can keep them apart: nobody signs
//! for this page.

use std::{convert::Infallible, io, sync::Arc, time::Duration};

use bytes::Bytes;
use http_body_util::Full;
use hyper::{
    Method, Request, Response, StatusCode,
    body::Incoming,
    header::{self, HeaderValue},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::{TokioIo, TokioTimer};
use strongroom_kms::Service;
use strongroom_store::Journal;
use tokio::{net::TcpListener, sync::Semaphore};

use super::{Metrics, page};
use crate::audit::SinkCounters;

/// Connections at once. Ours: those who scrape are few.
const CONNECTIONS: usize = 16;
/// How long a connection may take for its next request; scrapes are a minute apart at most.
const REST: Duration = Duration::from_secs(75);
/// The content type of the text format.
const TEXT: HeaderValue = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");

/// What the page is made from.
pub struct Gallery {
    /// The counters.
    pub metrics: Arc<Metrics>,
    /// The service, which counts the calls that it throttles.
    pub service: Arc<Service>,
    /// The journal.
    pub journal: Arc<Journal>,
    /// Where else the journal goes, by name.
    pub sinks: Vec<(String, Arc<SinkCounters>)>,
}

/// Shows the page to whoever asks, until it is dropped.
///
/// # Errors
/// When the listener cannot be used at all.
pub async fn exhibit(listener: std::net::TcpListener, gallery: Gallery) -> io::Result<()> {
    listener.set_nonblocking(true)?;
    let listener = TcpListener::from_std(listener)?;
    let gallery = Arc::new(gallery);
    let places = Arc::new(Semaphore::new(CONNECTIONS));
    // Dropped with everything in it when this is.
    let mut guests = tokio::task::JoinSet::new();
    loop {
        while guests.try_join_next().is_some() {}
        let Ok(place) = Arc::clone(&places).acquire_owned().await else {
            return Ok(());
        };
        let stream = match listener.accept().await {
            Ok((stream, _)) => stream,
            Err(error) => {
                tracing::debug!(%error, "no connection for metrics can be accepted at present");
                tokio::time::sleep(Duration::from_millis(50)).await;
                continue;
            }
        };
        let gallery = Arc::clone(&gallery);
        guests.spawn(async move {
            let service = service_fn(|request: Request<Incoming>| {
                let response = answer(&gallery, request.method(), request.uri().path());
                async { Ok::<_, Infallible>(response) }
            });
            let served = http1::Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(REST)
                .serve_connection(TokioIo::new(stream), service)
                .await;
            if let Err(error) = served {
                tracing::debug!(%error, "a connection for metrics broke");
            }
            drop(place);
        });
    }
}

fn answer(gallery: &Gallery, method: &Method, path: &str) -> Response<Full<Bytes>> {
    if path != "/metrics" {
        return told(StatusCode::NOT_FOUND, "The metrics are at /metrics.\n");
    }
    if method != Method::GET {
        let mut response = told(StatusCode::METHOD_NOT_ALLOWED, "Use GET.\n");
        let allow = HeaderValue::from_static("GET");
        response.headers_mut().insert(header::ALLOW, allow);
        return response;
    }
    told(StatusCode::OK, page::text(gallery))
}

fn told(status: StatusCode, text: impl Into<Bytes>) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(text.into()));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, TEXT);
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
