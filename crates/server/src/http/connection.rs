//! One connection, from its first byte to its end, in one task.
//!
//! All requests of an HTTP/1 connection are answered inside that task: nothing is spawned and
//! nothing is sent between threads for a request. They are answered beside the connection
//! itself ([`Desk`]), so that a client who goes away stops nothing: whatever was asked is done,
//! and recorded. One timer watches the connection; it is armed once for a long rest instead of
//! once for each request (see [`pulse`](super::pulse)).

use std::{
    convert::Infallible,
    future::poll_fn,
    net::SocketAddr,
    pin::pin,
    sync::{Arc, Mutex, PoisonError},
    task::Poll,
    time::Duration,
};

use bytes::Bytes;
use http_body_util::Full;
use hyper::{
    Method, Request as HttpRequest, Response, StatusCode, Version, body::Incoming, header,
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use strongroom_kms::{RequestId, TlsDetails};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
    time::{Instant, sleep_until, timeout},
};

use super::{
    Request, Responder,
    answer::{Answer, Outcome},
    body::{self, BodyFault},
    ids,
    listen::House,
    pulse::{Active, Due, Monitored, Pulse},
};
use crate::tls;

/// Time for the last bytes of a connection that has been asked to close.
const LAST_WORDS: Duration = Duration::from_secs(5);

/// Requests of one HTTP/2 connection that are answered at once. Twice the streams that it may
/// have open: a stream that the client resets is closed, but its call goes on to its end, and
/// a client could go on resetting.
const ACTIVE_STREAMS: u32 = 256;

/// One client's connection.
struct Guest<R> {
    house: Arc<House<R>>,
    peer: SocketAddr,
    tls: Option<TlsDetails>,
    pulse: Arc<Pulse>,
}

/// Serves one connection until it ends, is idle for too long, or the house closes.
pub(super) async fn attend<R: Responder>(
    house: Arc<House<R>>,
    stream: TcpStream,
    peer: SocketAddr,
) {
    // Answers are written whole; waiting for more to send only delays them.
    if stream.set_nodelay(true).is_err() {
        return;
    }
    let Some(acceptor) = &house.tls else {
        return converse(house, stream, peer, None).await;
    };
    match timeout(house.limits.handshake_timeout, acceptor.accept(stream)).await {
        Ok(Ok(stream)) => {
            let details = tls::details(stream.get_ref().1);
            converse(house, stream, peer, details).await;
        }
        Ok(Err(error)) => tracing::debug!(%peer, %error, "the TLS handshake failed"),
        Err(_) => tracing::debug!(%peer, "the TLS handshake took too long"),
    }
}

async fn converse<R: Responder>(
    house: Arc<House<R>>,
    socket: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    peer: SocketAddr,
    tls: Option<TlsDetails>,
) {
    let pulse = Arc::new(Pulse::new());
    let socket = Monitored::new(TokioIo::new(socket), Arc::clone(&pulse));
    let guest = Arc::new(Guest {
        house: Arc::clone(&house),
        peer,
        tls,
        pulse: Arc::clone(&pulse),
    });
    let desk = Arc::new(Desk::default());
    let mut answering = pin!(answer_all(Arc::clone(&guest), Arc::clone(&desk)));
    let service = {
        let desk = Arc::clone(&desk);
        service_fn(move |request| serve_request(Arc::clone(&guest), Arc::clone(&desk), request))
    };
    let limits = &house.limits;

    let mut connection = pin!(house.protocol.serve_connection(socket, service));
    let mut ended = false;
    let mut closing = pin!(house.closing.announced());
    let mut listening_for_closing = false;
    let mut timer = pin!(sleep_until(Instant::now() + limits.idle_timeout));
    // Set once the connection has been asked to close: when it is dropped at the latest, unless
    // requests are being answered.
    let mut last_words: Option<Instant> = None;
    let mut heard_closing = false;

    poll_fn(|cx| {
        // Polled once, to be woken. Polling it each time would take a lock that all connections
        // share; the flag behind it costs nothing.
        let announced = !std::mem::replace(&mut listening_for_closing, true)
            && closing.as_mut().poll(cx).is_ready();
        if !heard_closing && (announced || house.closing.has_begun()) {
            heard_closing = true;
            connection.as_mut().graceful_shutdown();
            last_words = Some(Instant::now() + LAST_WORDS);
        }
        if desk.is_taken() {
            // It never ends.
            let _pending = answering.as_mut().poll(cx);
        }
        while !ended {
            if let Poll::Ready(outcome) = connection.as_mut().poll(cx) {
                ended = true;
                if let Err(error) = outcome {
                    tracing::debug!(%peer, %error, "the connection broke");
                }
            }
            if !desk.is_asked() {
                break;
            }
            let _pending = answering.as_mut().poll(cx);
            if !desk.is_answered() {
                break;
            }
        }
        if ended {
            return if desk.is_taken() {
                Poll::Pending
            } else {
                Poll::Ready(())
            };
        }
        loop {
            let due = match (pulse.due(limits), last_words) {
                (Due::Never, _) => return Poll::Pending,
                (Due::Idle(at) | Due::Head(at), Some(last)) => at.min(last),
                (Due::Idle(at) | Due::Head(at), None) => at,
            };
            if timer.is_elapsed() || timer.deadline() > due {
                timer.as_mut().reset(due);
            }
            if timer.as_mut().poll(cx).is_pending() {
                return Poll::Pending;
            }
            let now = Instant::now();
            if now < due {
                continue;
            }
            let resting = matches!(pulse.due(limits), Due::Idle(_));
            if !resting || last_words.is_some() {
                tracing::debug!(%peer, resting, "the connection was closed for want of progress");
                return Poll::Ready(());
            }
            // A connection that rests is closed politely: HTTP/2 says goodbye first.
            last_words = Some(now + LAST_WORDS);
            connection.as_mut().graceful_shutdown();
            if connection.as_mut().poll(cx).is_ready() {
                return Poll::Ready(());
            }
        }
    })
    .await;
}

/// Where the one request that an HTTP/1 connection may have open is answered.
///
/// Hyper drops the answering of a request together with its connection. So it only hands the
/// request in here and comes back for the answer; [`answer_all`] is polled beside the connection
/// by the same task, whenever either may have something for the other, and outlives it.
#[derive(Default)]
struct Desk(Mutex<Work>);

#[derive(Default)]
enum Work {
    #[default]
    None,
    Asked(HttpRequest<Incoming>),
    Taken,
    Answered(Response<Full<Bytes>>),
}

impl Desk {
    fn hand_in(&self, request: HttpRequest<Incoming>) {
        self.with(|work| *work = Work::Asked(request));
    }

    fn is_asked(&self) -> bool {
        self.with(|work| matches!(work, Work::Asked(_)))
    }

    fn take(&self) -> Poll<HttpRequest<Incoming>> {
        self.with(|work| match std::mem::replace(work, Work::Taken) {
            Work::Asked(request) => Poll::Ready(request),
            other => {
                *work = other;
                Poll::Pending
            }
        })
    }

    fn is_taken(&self) -> bool {
        self.with(|work| matches!(work, Work::Taken))
    }

    fn put(&self, response: Response<Full<Bytes>>) {
        self.with(|work| *work = Work::Answered(response));
    }

    fn is_answered(&self) -> bool {
        self.with(|work| matches!(work, Work::Answered(_)))
    }

    fn collect(&self) -> Poll<Response<Full<Bytes>>> {
        self.with(|work| match std::mem::take(work) {
            Work::Answered(response) => Poll::Ready(response),
            other => {
                *work = other;
                Poll::Pending
            }
        })
    }

    fn with<T>(&self, act: impl FnOnce(&mut Work) -> T) -> T {
        // Only the connection's task comes here, and nothing panics meanwhile.
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Answers whatever is handed in at the desk, one request after the other.
async fn answer_all<R: Responder>(guest: Arc<Guest<R>>, desk: Arc<Desk>) -> Infallible {
    loop {
        let request = poll_fn(|_| desk.take()).await;
        let active = Active::begin(guest.pulse.as_ref(), false);
        let response = respond(&guest, request, false).await;
        drop(active);
        desk.put(response);
    }
}

/// Has one request answered.
///
/// One of HTTP/2 gets a task of its own, so that a client that resets the stream cannot stop it
/// half-way.
async fn serve_request<R: Responder>(
    guest: Arc<Guest<R>>,
    desk: Arc<Desk>,
    request: HttpRequest<Incoming>,
) -> Outcome {
    if request.version() != Version::HTTP_2 {
        desk.hand_in(request);
        return Ok(poll_fn(|_| desk.collect()).await);
    }
    if guest.pulse.active() >= ACTIVE_STREAMS {
        let id = ids::next().unwrap_or_else(|_| ids::none());
        return Ok(too_much_at_once().into_response(id, true));
    }
    let active = Active::begin(Arc::clone(&guest.pulse), true);
    let task = tokio::spawn(async move {
        let _active = active;
        respond(&guest, request, true).await
    });
    Ok(match task.await {
        Ok(response) => response,
        // The runtime is going away, or there was a panic in a build that survives it.
        Err(_) => {
            internal_failure().into_response(ids::next().unwrap_or_else(|_| ids::none()), true)
        }
    })
}

async fn respond<R: Responder>(
    guest: &Guest<R>,
    request: HttpRequest<Incoming>,
    http2: bool,
) -> Response<Full<Bytes>> {
    let (id, answer) = match ids::next() {
        Ok(id) => (id, answer(guest, id, request).await),
        Err(error) => {
            tracing::error!(%error, "there is no randomness for a request id");
            (ids::none(), internal_failure())
        }
    };
    answer.into_response(id, http2)
}

/// Sorts out what is not for the API, reads the body, and asks the rooms behind the counter.
async fn answer<R: Responder>(
    guest: &Guest<R>,
    id: RequestId,
    request: HttpRequest<Incoming>,
) -> Answer {
    let (head, body) = request.into_parts();
    match head.uri.path() {
        "/" if head.method == Method::POST => {}
        // Presigned requests of STS come as GET.
        "/" if head.method == Method::GET && head.uri.query().is_some() => {}
        "/" => return wrong_method("POST"),
        "/healthz" | "/readyz" if !matches!(head.method, Method::GET | Method::HEAD) => {
            return wrong_method("GET, HEAD");
        }
        "/healthz" => return Answer::health(StatusCode::OK, r#"{"status":"alive"}"#),
        "/readyz" => return readiness(&guest.house.responder).await,
        _ => return Answer::refusal(StatusCode::NOT_FOUND, UNKNOWN_OPERATION),
    }

    let limits = &guest.house.limits;
    let waits = head
        .headers
        .get(header::EXPECT)
        .is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"100-continue"));
    let body = match body::read(body, limits.body_bytes, limits.body_timeout, waits).await {
        Ok(body) => body,
        Err(fault) => return not_read(fault),
    };
    let request = Box::new(Request {
        id,
        head,
        body,
        source: guest.peer.ip(),
        tls: guest.tls.clone(),
    });
    guest.house.responder.respond(request).await
}

/// The body of what is no call of the API at all. AWS has no text for it either.
const UNKNOWN_OPERATION: &str = r#"{"__type":"UnknownOperationException"}"#;

/// AWS answers another method on its endpoint like an unknown operation. The status says what
/// was wrong with it, which probes and people read.
fn wrong_method(allowed: &'static str) -> Answer {
    Answer::refusal(StatusCode::METHOD_NOT_ALLOWED, UNKNOWN_OPERATION).allowing(allowed)
}

/// Whether calls can be answered. The reason goes to the log: strangers may ask, too.
async fn readiness(responder: &impl Responder) -> Answer {
    match responder.ready().await {
        Ok(()) => Answer::health(StatusCode::OK, r#"{"status":"ready"}"#),
        Err(reason) => {
            tracing::debug!(reason, "not ready");
            Answer::health(StatusCode::SERVICE_UNAVAILABLE, r#"{"status":"not ready"}"#)
        }
    }
}

fn not_read(fault: BodyFault) -> Answer {
    let (status, body) = match fault {
        BodyFault::TooLarge => (
            StatusCode::PAYLOAD_TOO_LARGE,
            r#"{"__type":"RequestEntityTooLargeException","message":"The request body is larger than this service accepts."}"#,
        ),
        BodyFault::TooSlow => (
            StatusCode::REQUEST_TIMEOUT,
            r#"{"__type":"RequestTimeoutException","message":"The request body did not arrive in time."}"#,
        ),
        BodyFault::Broken => (
            StatusCode::BAD_REQUEST,
            r#"{"__type":"SerializationException","message":"The request body could not be read."}"#,
        ),
    };
    Answer::refusal(status, body).and_close()
}

fn too_much_at_once() -> Answer {
    Answer::refusal(
        StatusCode::SERVICE_UNAVAILABLE,
        r#"{"__type":"ServiceUnavailable","message":"Too many requests are open on this connection."}"#,
    )
}

fn internal_failure() -> Answer {
    Answer::refusal(
        StatusCode::INTERNAL_SERVER_ERROR,
        r#"{"__type":"InternalFailure"}"#,
    )
}
