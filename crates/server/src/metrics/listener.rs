//! The listener of the metrics: a few pages, for whoever may reach its address.
//!
//! It is another one than that of the API, so that a network can keep them apart: nobody signs
//! for these pages. What `/readyz` keeps from strangers on the listener of the API is told here.

use std::{
    convert::Infallible,
    io,
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

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
use serde_json::json;
use tokio::{net::TcpListener, sync::Semaphore};

use super::{Gallery, page};

/// Connections at once. Ours: those who scrape are few.
const CONNECTIONS: usize = 16;
/// How long a connection may take for its next request; scrapes are a minute apart at most.
const REST: Duration = Duration::from_secs(75);
/// The content type of the text format.
const TEXT: HeaderValue = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");

/// The content type of the other pages.
const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// Shows the pages to whoever asks, until it is dropped.
///
/// # Errors
/// When the listener cannot be used at all.
pub async fn exhibit(listener: std::net::TcpListener, gallery: Arc<Gallery>) -> io::Result<()> {
    listener.set_nonblocking(true)?;
    let listener = TcpListener::from_std(listener)?;
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
                let gallery = &gallery;
                async move {
                    let (method, path) = (request.method(), request.uri().path());
                    Ok::<_, Infallible>(answer(gallery, method, path).await)
                }
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

async fn answer(gallery: &Gallery, method: &Method, path: &str) -> Response<Full<Bytes>> {
    let known = ["/metrics", "/livez", "/readyz", "/startupz", "/sealstatus"];
    if !known.contains(&path) {
        let text = "The metrics are at /metrics.\n";
        return told(StatusCode::NOT_FOUND, TEXT, text);
    }
    if method != Method::GET {
        let mut response = told(StatusCode::METHOD_NOT_ALLOWED, TEXT, "Use GET.\n");
        let allow = HeaderValue::from_static("GET");
        response.headers_mut().insert(header::ALLOW, allow);
        return response;
    }
    match path {
        "/metrics" => told(StatusCode::OK, TEXT, page::collect(gallery).await.text()),
        "/livez" => told(StatusCode::OK, JSON, r#"{"status":"alive"}"#),
        // There is no listener before everything is open.
        "/startupz" => told(StatusCode::OK, JSON, r#"{"status":"started"}"#),
        "/sealstatus" => seal_status(gallery).await,
        _ => readiness(gallery).await,
    }
}

/// Whether calls can be answered, part by part.
async fn readiness(gallery: &Gallery) -> Response<Full<Bytes>> {
    let mut reasons = serde_json::Map::new();
    if gallery.stopping.load(Ordering::Relaxed) {
        reasons.insert("server".to_owned(), "it is stopping".into());
    }
    for (part, outcome) in gallery.service.health().await.parts() {
        if let Err(reason) = outcome {
            reasons.insert(part.to_owned(), reason.into());
        }
    }
    if reasons.is_empty() {
        return told(StatusCode::OK, JSON, r#"{"status":"ready"}"#);
    }
    let body = json!({ "status": "not ready", "reasons": reasons });
    told(StatusCode::SERVICE_UNAVAILABLE, JSON, body.to_string())
}

/// Which seals open the store. One that is sealed is not served, and has no listener.
async fn seal_status(gallery: &Gallery) -> Response<Full<Bytes>> {
    match gallery.service.seals().await {
        Ok(seals) => {
            let body = json!({ "sealed": false, "seals": seals });
            told(StatusCode::OK, JSON, body.to_string())
        }
        Err(error) => {
            tracing::warn!(%error, "the seals cannot be read");
            let body = json!({ "reason": error.to_string() });
            told(StatusCode::SERVICE_UNAVAILABLE, JSON, body.to_string())
        }
    }
}

fn told(status: StatusCode, kind: HeaderValue, text: impl Into<Bytes>) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(text.into()));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, kind);
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
