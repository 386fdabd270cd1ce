//! The listener: who comes in, how many at once, and how everybody leaves.

use std::{
    convert::Infallible,
    io::{self, Write as _},
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use hyper_util::{
    rt::{TokioExecutor, TokioTimer},
    server::conn::auto,
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{Notify, futures::Notified, mpsc},
};
use tokio_rustls::TlsAcceptor;

use super::{HttpLimits, Responder, connection, threads::Threads};

/// What all connections share.
pub(super) struct House<R> {
    pub(super) responder: R,
    pub(super) tls: Option<TlsAcceptor>,
    pub(super) limits: HttpLimits,
    pub(super) protocol: auto::Builder<TokioExecutor>,
    pub(super) closing: Closing,
    connections: AtomicUsize,
}

/// The announcement that the house closes, made once.
#[derive(Default)]
pub(super) struct Closing {
    begun: AtomicBool,
    bell: Notify,
}

impl Closing {
    /// Completes when closing is announced after this call; [`has_begun`](Self::has_begun) tells
    /// of what was before.
    pub(super) fn announced(&self) -> Notified<'_> {
        self.bell.notified()
    }

    pub(super) fn has_begun(&self) -> bool {
        self.begun.load(Ordering::Acquire)
    }

    fn announce(&self) {
        self.begun.store(true, Ordering::Release);
        self.bell.notify_waiters();
    }
}

/// A place for one connection, given back when dropped.
struct Place<R>(Arc<House<R>>);

impl<R> Place<R> {
    fn take(house: &Arc<House<R>>) -> Option<Self> {
        // Only the accepting task takes places, so nobody can come in between.
        if house.connections.load(Ordering::Relaxed) >= house.limits.connections {
            return None;
        }
        house.connections.fetch_add(1, Ordering::Relaxed);
        Some(Self(Arc::clone(house)))
    }
}

impl<R> Drop for Place<R> {
    fn drop(&mut self) {
        self.0.connections.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Serves until `shutdown` completes, then lets requests in flight finish.
pub(super) async fn listen<R: Responder>(
    listener: std::net::TcpListener,
    responder: R,
    tls: Option<Arc<rustls::ServerConfig>>,
    limits: HttpLimits,
    shutdown: impl Future<Output = ()>,
) -> io::Result<()> {
    listener.set_nonblocking(true)?;
    let listener = TcpListener::from_std(listener)?;
    let drain_timeout = limits.drain_timeout;
    let house = Arc::new(House {
        responder,
        tls: tls.map(TlsAcceptor::from),
        protocol: protocol(&limits),
        limits,
        closing: Closing::default(),
        connections: AtomicUsize::new(0),
    });
    // Every connection holds a sender and never sends: the channel ends with the last of them.
    let (present, mut everybody_gone) = mpsc::channel::<Infallible>(1);

    let mut threads = Threads::new();
    let mut shutdown = pin!(shutdown);
    let mut told_full: Option<Instant> = None;
    loop {
        let accepted = tokio::select! {
            biased;
            () = &mut shutdown => break,
            accepted = listener.accept() => accepted,
        };
        let (stream, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                rest_after(&error).await;
                continue;
            }
        };
        let Some(place) = Place::take(&house) else {
            turn_away(stream, house.tls.is_some());
            if told_full.is_none_or(|told| told.elapsed() >= FULL_LOG_INTERVAL) {
                told_full = Some(Instant::now());
                let limit = house.limits.connections;
                tracing::warn!(limit, "all connections are taken; clients are turned away");
            }
            continue;
        };
        let present = present.clone();
        let given = threads.give(stream, async move |stream| {
            connection::attend(Arc::clone(&place.0), stream, peer).await;
            drop(place);
            drop(present);
        });
        if let Err(error) = given {
            rest_after(&error).await;
        }
    }

    // New clients hear at once that nobody is here.
    drop(listener);
    drop(present);
    house.closing.announce();
    if tokio::time::timeout(drain_timeout, everybody_gone.recv())
        .await
        .is_err()
    {
        let left = house.connections.load(Ordering::Relaxed);
        tracing::warn!(
            left,
            "connections were still busy when the time to finish was over"
        );
    }
    Ok(())
}

/// How hyper speaks HTTP/1.1 and, by ALPN or prior knowledge, HTTP/2.
fn protocol(limits: &HttpLimits) -> auto::Builder<TokioExecutor> {
    let mut protocol = auto::Builder::new(TokioExecutor::new());
    protocol
        .http1()
        // libmongocrypt looks for `Content-Length` in exactly this spelling.
        .title_case_headers(true)
        // A client that has sent its request and closed its side is still owed an answer, and a
        // call that has begun must come to its end.
        .half_close(true)
        .max_buf_size(limits.head_bytes.max(8192))
        // Our own timer knows rest from delay and is not set for each request.
        .header_read_timeout(None);
    protocol
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(128)
        .max_header_list_size(u32::try_from(limits.head_bytes).unwrap_or(u32::MAX))
        .keep_alive_interval(Duration::from_secs(30))
        .keep_alive_timeout(Duration::from_secs(20));
    protocol
}

/// Waits a little when the system is short of something. A client that left before it was let
/// in is no reason to.
async fn rest_after(error: &io::Error) {
    let clients_own = matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::Interrupted
    );
    if !clients_own {
        tracing::warn!(%error, "no connection can be accepted at present");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// How often the log tells that the house is full.
const FULL_LOG_INTERVAL: Duration = Duration::from_secs(10);

/// What a client hears that comes when all places are taken. SDKs try again.
const HOUSE_FULL: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\n\
    Content-Type: application/x-amz-json-1.1\r\n\
    Content-Length: 91\r\n\
    Retry-After: 1\r\n\
    Connection: close\r\n\
    \r\n\
    {\"__type\":\"ServiceUnavailable\",\"message\":\"Too many connections are open. Try again later.\"}";

/// Tells the client that there is no place, at no cost in time or memory. Under TLS there is
/// nothing that could be said before a handshake, so the connection is just closed.
fn turn_away(stream: TcpStream, tls: bool) {
    if tls {
        return;
    }
    // The first write into an empty socket buffer does not block; should it fail, the client
    // is told by the closing connection.
    if let Ok(mut stream) = stream.into_std() {
        let _ = stream.write(HOUSE_FULL);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_answer_of_a_full_house_has_the_length_it_says() {
        let text = std::str::from_utf8(HOUSE_FULL).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        assert!(head.contains(&format!("Content-Length: {}\r\n", body.len())));
        assert!(serde_json::from_str::<serde_json::Value>(body).is_ok());
    }
}
