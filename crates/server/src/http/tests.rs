//! The listener seen from outside, byte by byte, with a responder that answers at once.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::{Duration, Instant},
};

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::{Request as HttpRequest, Version, client::conn::http2};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    net::TcpStream,
    sync::oneshot,
    task::JoinHandle,
};

use super::{Answer, HttpLimits, Request, Responder, listen::listen};
use crate::tls;

/// Gives back the body it was sent, after as many milliseconds as `x-wait` says, and counts.
#[derive(Clone, Default)]
struct Echo {
    begun: Arc<AtomicU32>,
    finished: Arc<AtomicU32>,
}

impl Responder for Echo {
    async fn respond(&self, request: Box<Request>) -> Answer {
        self.begun.fetch_add(1, Ordering::SeqCst);
        let header = |name: &str| request.head.headers.get(name)?.to_str().ok();
        if let Some(wait) = header("x-wait").and_then(|text| text.parse().ok()) {
            tokio::time::sleep(Duration::from_millis(wait)).await;
        }
        self.finished.fetch_add(1, Ordering::SeqCst);
        if header("x-tell").is_some() {
            let tls = request.tls.map(|tls| tls.key_exchange);
            return Answer::json(format!(
                "{:?} {tls:?} {}",
                request.head.version, request.source
            ));
        }
        Answer::json(request.body.expose().to_vec())
    }

    async fn ready(&self) -> Result<(), String> {
        Err("the seal is closed".to_owned())
    }
}

struct House {
    echo: Echo,
    address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    served: JoinHandle<std::io::Result<()>>,
}

impl House {
    fn open(limits: HttpLimits) -> Self {
        Self::open_with(limits, None)
    }

    fn open_with(limits: HttpLimits, tls: Option<Arc<rustls::ServerConfig>>) -> Self {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel();
        let shutdown = async {
            let _ = stopped.await;
        };
        let echo = Echo::default();
        let served = tokio::spawn(listen(listener, echo.clone(), tls, limits, shutdown));
        Self {
            echo,
            address,
            stop: Some(stop),
            served,
        }
    }

    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    /// Sends bytes on a connection of their own and reads until the server closes it.
    async fn exchange(&self, request: &[u8]) -> String {
        let mut stream = self.connect().await;
        stream.write_all(request).await.unwrap();
        everything(&mut stream).await
    }

    fn stop(&mut self) {
        self.stop.take().unwrap().send(()).unwrap();
    }
}

async fn everything(stream: &mut (impl AsyncRead + Unpin)) -> String {
    let mut text = Vec::new();
    // A reset after the answer is as good as an end here.
    let _ = within(stream.read_to_end(&mut text)).await;
    String::from_utf8(text).unwrap()
}

async fn within<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(10), future)
        .await
        .expect("the server did nothing for ten seconds")
}

/// Reads one answer, head and body.
async fn answer(stream: &mut (impl AsyncRead + AsyncWrite + Unpin)) -> (String, String) {
    let mut bytes = Vec::new();
    loop {
        let byte = within(stream.read_u8()).await.unwrap();
        bytes.push(byte);
        if bytes.ends_with(b"\r\n\r\n") {
            break;
        }
    }
    let head = String::from_utf8(bytes).unwrap();
    let length = header(&head, "Content-Length").map_or(0, |text| text.parse().unwrap());
    let mut body = vec![0; length];
    within(stream.read_exact(&mut body)).await.unwrap();
    (head, String::from_utf8(body).unwrap())
}

/// The value of a header spelled exactly like this.
fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    head.lines()
        .find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
}

fn post(body: &str) -> String {
    format!(
        "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

#[tokio::test]
async fn answers_carry_the_headers_that_clients_read_in_title_case() {
    let house = House::open(HttpLimits::default());
    let mut stream = house.connect().await;
    for body in ["{}", ""] {
        stream.write_all(post(body).as_bytes()).await.unwrap();
        let (head, echoed) = answer(&mut stream).await;
        assert!(head.starts_with("HTTP/1.1 200 OK\r\n"), "{head}");
        assert_eq!(echoed, body);
        assert_eq!(
            header(&head, "Content-Length"),
            Some(body.len().to_string().as_str())
        );
        assert_eq!(
            header(&head, "Content-Type"),
            Some("application/x-amz-json-1.1")
        );
        assert_eq!(header(&head, "X-Amzn-Requestid").map(str::len), Some(36));
        assert!(header(&head, "Date").is_some());
        assert_eq!(
            header(&head, "Cache-Control"),
            Some("no-cache, no-store, must-revalidate, private")
        );
        assert_eq!(header(&head, "Connection"), None);
    }
}

#[tokio::test]
async fn pipelined_requests_are_answered_in_order() {
    let house = House::open(HttpLimits::default());
    let mut stream = house.connect().await;
    let requests: String = (0..20).map(|n| post(&format!("request {n}"))).collect();
    stream.write_all(requests.as_bytes()).await.unwrap();
    for n in 0..20 {
        assert_eq!(answer(&mut stream).await.1, format!("request {n}"));
    }
}

#[tokio::test]
async fn a_request_may_come_in_pieces_and_chunks() {
    let house = House::open(HttpLimits::default());
    let mut stream = house.connect().await;
    for piece in [
        "POST / HTTP/1.1\r\nHo",
        "st:h\r\nContent-Length:4\r\n\r\n",
        "ab",
        "cd",
    ] {
        stream.write_all(piece.as_bytes()).await.unwrap();
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(answer(&mut stream).await.1, "abcd");
    stream
        .write_all(b"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n3\r\ncde\r\n0\r\n\r\n")
        .await
        .unwrap();
    assert_eq!(answer(&mut stream).await.1, "abcde");
}

#[tokio::test]
async fn a_body_of_the_limit_passes_and_one_byte_more_is_413_with_json() {
    let house = House::open(HttpLimits::default());
    let limit = HttpLimits::default().body_bytes;
    let mut stream = house.connect().await;
    stream
        .write_all(post(&"x".repeat(limit)).as_bytes())
        .await
        .unwrap();
    assert_eq!(answer(&mut stream).await.1.len(), limit);

    // Clients send all of it before they read: the answer has to survive that.
    for excess in [1, 10 * limit] {
        let text = house
            .exchange(post(&"x".repeat(limit + excess)).as_bytes())
            .await;
        assert!(text.starts_with("HTTP/1.1 413 "), "{text}");
        assert_eq!(header(&text, "Connection"), Some("close"));
        assert!(
            text.contains(r#"{"__type":"RequestEntityTooLargeException""#),
            "{text}"
        );
    }

    let chunk = format!("10000\r\n{}\r\n", "x".repeat(0x10000));
    let chunks = format!("{}0\r\n\r\n", chunk.repeat(17));
    let head = "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n";
    let text = house.exchange(format!("{head}{chunks}").as_bytes()).await;
    assert!(text.starts_with("HTTP/1.1 413 "), "{text}");
}

#[tokio::test]
async fn a_client_that_waits_for_permission_gets_it_or_hears_at_once_that_it_is_too_much() {
    let house = House::open(HttpLimits::default());
    let mut stream = house.connect().await;
    let head = |length: usize| {
        format!(
            "POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: {length}\r\n\r\n"
        )
    };
    stream.write_all(head(2).as_bytes()).await.unwrap();
    assert!(answer(&mut stream).await.0.starts_with("HTTP/1.1 100 "));
    stream.write_all(b"ab").await.unwrap();
    assert_eq!(answer(&mut stream).await.1, "ab");

    stream.write_all(head(5_000_000).as_bytes()).await.unwrap();
    let text = everything(&mut stream).await;
    assert!(text.starts_with("HTTP/1.1 413 "), "{text}");
}

#[tokio::test]
async fn slow_heads_and_idle_connections_are_closed_and_slow_bodies_hear_408() {
    let house = House::open(HttpLimits {
        head_timeout: Duration::from_millis(100),
        body_timeout: Duration::from_millis(100),
        idle_timeout: Duration::from_millis(300),
        ..HttpLimits::default()
    });
    let timed = async |request: &str| {
        let start = Instant::now();
        let text = house.exchange(request.as_bytes()).await;
        (text, start.elapsed())
    };
    let (text, elapsed) = timed("POST / HT").await;
    assert!(
        text.is_empty() && elapsed < Duration::from_millis(280),
        "{elapsed:?} {text}"
    );

    let (text, _) = timed("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nab").await;
    assert!(text.starts_with("HTTP/1.1 408 "), "{text}");
    assert!(
        text.contains(r#"{"__type":"RequestTimeoutException""#),
        "{text}"
    );

    // At rest from the start, and at rest after a request.
    let (text, elapsed) = timed("").await;
    assert!(
        text.is_empty() && elapsed >= Duration::from_millis(280),
        "{elapsed:?} {text}"
    );
    let (text, elapsed) = timed(&post("ab")).await;
    assert!(
        text.ends_with("ab") && elapsed >= Duration::from_millis(280),
        "{elapsed:?} {text}"
    );

    // Dripping does not help.
    let mut stream = house.connect().await;
    let start = Instant::now();
    for byte in post("").bytes().cycle() {
        if stream.write_all(&[byte]).await.is_err() || start.elapsed() > Duration::from_secs(5) {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(start.elapsed() < Duration::from_secs(2));
}

#[tokio::test]
async fn a_call_may_take_longer_than_any_patience_with_clients() {
    let house = House::open(HttpLimits {
        head_timeout: Duration::from_millis(50),
        body_timeout: Duration::from_millis(50),
        idle_timeout: Duration::from_millis(50),
        ..HttpLimits::default()
    });
    let mut stream = house.connect().await;
    stream
        .write_all(b"POST / HTTP/1.1\r\nHost: h\r\nX-Wait: 400\r\nContent-Length: 2\r\n\r\nab")
        .await
        .unwrap();
    assert_eq!(answer(&mut stream).await.1, "ab");
}

#[tokio::test]
async fn a_client_that_closed_its_side_is_still_answered() {
    let house = House::open(HttpLimits::default());
    let mut stream = house.connect().await;
    stream
        .write_all(b"POST / HTTP/1.1\r\nHost: h\r\nX-Wait: 100\r\nContent-Length: 2\r\n\r\nab")
        .await
        .unwrap();
    stream.shutdown().await.unwrap();
    assert!(everything(&mut stream).await.ends_with("ab"));
}

#[tokio::test]
async fn what_is_no_call_has_a_status_of_its_own_and_a_json_body() {
    let house = House::open(HttpLimits::default());
    let mut stream = house.connect().await;
    let mut check = async |line: &str, status: &str, allow: Option<&str>, expected: &str| {
        let request = format!("{line} HTTP/1.1\r\nHost: h\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let (head, body) = answer(&mut stream).await;
        assert!(
            head.starts_with(&format!("HTTP/1.1 {status} ")),
            "{line}: {head}"
        );
        assert_eq!(header(&head, "Allow"), allow, "{line}");
        assert_eq!(header(&head, "X-Amzn-Requestid").map(str::len), Some(36));
        assert_eq!(body, expected, "{line}");
    };
    let unknown = r#"{"__type":"UnknownOperationException"}"#;
    check("GET /", "405", Some("POST"), unknown).await;
    check("PUT /", "405", Some("POST"), unknown).await;
    check("POST /x", "404", None, unknown).await;
    check("POST //", "404", None, unknown).await;
    check("GET /healthz", "200", None, r#"{"status":"alive"}"#).await;
    check("GET /readyz", "503", None, r#"{"status":"not ready"}"#).await;
    check("POST /healthz", "405", Some("GET, HEAD"), unknown).await;
    check("GET /?Action=x", "200", None, "").await;
}

#[tokio::test]
async fn a_head_that_is_too_large_or_no_http_is_refused() {
    let house = House::open(HttpLimits::default());
    let long = format!(
        "POST / HTTP/1.1\r\nHost: h\r\nA: {}\r\n\r\n",
        "x".repeat(80_000)
    );
    assert!(
        house
            .exchange(long.as_bytes())
            .await
            .starts_with("HTTP/1.1 431 ")
    );
    assert!(
        house
            .exchange(b"\x16\x03\x01\x02\r\n\r\n")
            .await
            .starts_with("HTTP/1.1 400 ")
    );
    let lengths = "POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab";
    assert!(
        house
            .exchange(lengths.as_bytes())
            .await
            .starts_with("HTTP/1.1 400 ")
    );
    // A session token of several kilobytes is nothing unusual.
    let token = format!(
        "POST / HTTP/1.1\r\nConnection: close\r\nX: {}\r\n\r\n",
        "x".repeat(20_000)
    );
    assert!(
        house
            .exchange(token.as_bytes())
            .await
            .starts_with("HTTP/1.1 200 ")
    );
}

#[tokio::test]
async fn one_connection_too_many_is_told_so_and_a_place_is_free_again_after() {
    let house = House::open(HttpLimits {
        connections: 1,
        ..HttpLimits::default()
    });
    let mut first = house.connect().await;
    first.write_all(post("first").as_bytes()).await.unwrap();
    assert_eq!(answer(&mut first).await.1, "first");
    let mut second = house.connect().await;
    let (head, body) = answer(&mut second).await;
    assert!(head.starts_with("HTTP/1.1 503 "), "{head}");
    assert!(body.contains("ServiceUnavailable"), "{body}");

    drop(first);
    for _ in 0..100 {
        let mut third = house.connect().await;
        if third.write_all(post("third").as_bytes()).await.is_ok()
            && answer(&mut third).await.0.starts_with("HTTP/1.1 200 ")
        {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("the place of a connection that has gone is not given back");
}

#[tokio::test]
async fn shutting_down_closes_the_idle_at_once_and_lets_the_busy_finish() {
    let mut house = House::open(HttpLimits::default());
    let mut fresh = house.connect().await;
    let mut idle = house.connect().await;
    idle.write_all(post("x").as_bytes()).await.unwrap();
    answer(&mut idle).await;
    let mut busy = house.connect().await;
    busy.write_all(b"POST / HTTP/1.1\r\nHost: h\r\nX-Wait: 500\r\nContent-Length: 2\r\n\r\nab")
        .await
        .unwrap();
    tokio::time::sleep(Duration::from_millis(100)).await;

    let start = Instant::now();
    house.stop();
    assert_eq!(everything(&mut idle).await, "");
    assert_eq!(everything(&mut fresh).await, "");
    assert!(start.elapsed() < Duration::from_millis(300));
    assert!(TcpStream::connect(house.address).await.is_err());

    let (head, body) = answer(&mut busy).await;
    assert_eq!(body, "ab");
    assert_eq!(header(&head, "Connection"), Some("close"));
    within(house.served).await.unwrap().unwrap();
}

#[tokio::test]
async fn shutting_down_does_not_wait_for_ever() {
    let mut house = House::open(HttpLimits {
        drain_timeout: Duration::from_millis(100),
        ..HttpLimits::default()
    });
    let mut busy = house.connect().await;
    busy.write_all(b"POST / HTTP/1.1\r\nHost: h\r\nX-Wait: 60000\r\nContent-Length: 2\r\n\r\nab")
        .await
        .unwrap();
    tokio::time::sleep(Duration::from_millis(50)).await;
    house.stop();
    within(house.served).await.unwrap().unwrap();
}

async fn over_http2(io: impl AsyncRead + AsyncWrite + Unpin + Send + 'static) -> Vec<String> {
    let (mut sender, connection) = http2::handshake(TokioExecutor::new(), TokioIo::new(io))
        .await
        .unwrap();
    tokio::spawn(connection);
    let mut bodies = Vec::new();
    for _ in 0..3 {
        let request = HttpRequest::post("http://h/")
            .version(Version::HTTP_2)
            .header("x-tell", "1")
            .body(Full::new(Bytes::from_static(b"{}")))
            .unwrap();
        let response = within(sender.send_request(request)).await.unwrap();
        assert_eq!(response.status(), 200);
        assert!(response.headers().contains_key("x-amzn-requestid"));
        let body = response.into_body().collect().await.unwrap().to_bytes();
        bodies.push(String::from_utf8(body.to_vec()).unwrap());
    }
    bodies
}

#[tokio::test]
async fn http2_is_spoken_by_prior_knowledge() {
    let house = House::open(HttpLimits::default());
    let bodies = over_http2(house.connect().await).await;
    assert_eq!(bodies, ["HTTP/2.0 None 127.0.0.1"; 3]);
}

#[tokio::test]
async fn a_connection_that_is_reset_does_not_stop_its_call() {
    let house = House::open(HttpLimits::default());
    let begun = |count| {
        let echo = house.echo.clone();
        within(async move {
            while echo.begun.load(Ordering::SeqCst) < count {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        })
    };
    for count in 1..=5 {
        let mut stream = house.connect().await;
        let request = post("{}").replace("\r\nHost", "\r\nx-wait: 200\r\nHost");
        stream.write_all(request.as_bytes()).await.unwrap();
        begun(count).await;
        // The connection is reset, and not closed.
        stream.set_zero_linger().unwrap();
        drop(stream);
    }
    let left = house.echo.finished.load(Ordering::SeqCst);
    assert!(left < 5, "somebody waited for an answer");
    within(async {
        while house.echo.finished.load(Ordering::SeqCst) < 5 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    })
    .await;
}

#[tokio::test]
async fn a_stream_that_is_reset_does_not_stop_its_call() {
    let house = House::open(HttpLimits::default());
    let io = TokioIo::new(house.connect().await);
    let (mut sender, connection) = http2::handshake(TokioExecutor::new(), io).await.unwrap();
    tokio::spawn(connection);
    let request = HttpRequest::post("http://h/")
        .header("x-wait", "200")
        .body(Full::new(Bytes::from_static(b"{}")))
        .unwrap();
    let answer = sender.send_request(request);
    let given_up = tokio::time::timeout(Duration::from_millis(50), answer).await;
    assert!(given_up.is_err());
    assert_eq!(house.echo.begun.load(Ordering::SeqCst), 1);
    assert_eq!(house.echo.finished.load(Ordering::SeqCst), 0);
    tokio::time::sleep(Duration::from_millis(400)).await;
    assert_eq!(house.echo.finished.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn tls_offers_both_protocols_and_tells_what_was_negotiated() {
    let folder = tempfile::tempdir().unwrap();
    let files = tls::self_signed(folder.path(), &[]).unwrap();
    let config = tls::server_config(&files.certificate, &files.key).unwrap();
    let house = House::open_with(
        HttpLimits {
            handshake_timeout: Duration::from_millis(200),
            ..HttpLimits::default()
        },
        Some(config),
    );
    let connect = async |protocols: &[&[u8]]| {
        use rustls::pki_types::{CertificateDer, pem::PemObject as _};
        let mut roots = rustls::RootCertStore::empty();
        roots
            .add(CertificateDer::from_pem_file(&files.certificate).unwrap())
            .unwrap();
        let provider = rustls::crypto::aws_lc_rs::default_provider();
        let mut config = rustls::ClientConfig::builder_with_provider(Arc::new(provider))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        config.alpn_protocols = protocols.iter().map(|name| name.to_vec()).collect();
        tokio_rustls::TlsConnector::from(Arc::new(config))
            .connect("127.0.0.1".try_into().unwrap(), house.connect().await)
            .await
            .unwrap()
    };
    let stream = connect(&[b"h2", b"http/1.1"]).await;
    let expected = "HTTP/2.0 Some(Some(\"X25519MLKEM768\")) 127.0.0.1";
    assert_eq!(over_http2(stream).await, [expected; 3]);

    let mut stream = connect(&[]).await;
    stream
        .write_all(b"POST / HTTP/1.1\r\nHost: h\r\nX-Tell: 1\r\n\r\n")
        .await
        .unwrap();
    let (_, body) = answer(&mut stream).await;
    assert_eq!(body, "HTTP/1.1 Some(Some(\"X25519MLKEM768\")) 127.0.0.1");

    // A client that never shakes hands is not waited for.
    let start = Instant::now();
    assert_eq!(everything(&mut house.connect().await).await, "");
    assert!(start.elapsed() < Duration::from_secs(2));
}
