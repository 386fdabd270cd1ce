//! The measuring stick: a hyper server that does nothing.
//!
//! It has the settings of Strongroom's own listener, reads the body of each request and answers
//! a fixed JSON text as long as an answer of Encrypt. What it costs is what HTTP costs.

use std::{
    convert::Infallible,
    io::{self, Write as _},
    net::SocketAddr,
};

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::{Request, Response, body::Incoming, header, service::service_fn};
use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::conn::auto,
};
use tokio::net::{TcpListener, TcpStream};

/// The length of every answer.
const ANSWER_BYTES: usize = 400;

/// Serves on `address` until the process is ended, after telling on standard output where.
///
/// # Errors
/// When the address cannot be listened on.
pub fn run(address: SocketAddr) -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    runtime.block_on(serve(address))
}

async fn serve(address: SocketAddr) -> io::Result<()> {
    let listener = TcpListener::bind(address).await?;
    writeln!(io::stdout(), "endpoint: http://{}", listener.local_addr()?)?;
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        tokio::spawn(converse(stream));
    }
}

async fn converse(stream: TcpStream) {
    let mut protocol = auto::Builder::new(TokioExecutor::new());
    protocol
        .http1()
        .title_case_headers(true)
        .half_close(true)
        .max_buf_size(64 * 1024)
        .header_read_timeout(None);
    let service = service_fn(answer);
    // A client that goes away in the middle is not of interest here.
    drop(
        protocol
            .serve_connection(TokioIo::new(stream), service)
            .await,
    );
}

async fn answer(request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    static TEXT: [u8; ANSWER_BYTES] = text();
    drop(request.into_body().collect().await);
    let mut response = Response::new(Full::new(Bytes::from_static(&TEXT)));
    response.headers_mut().insert(
        header::CONTENT_TYPE,
        header::HeaderValue::from_static("application/x-amz-json-1.1"),
    );
    Ok(response)
}

/// `{"x":"aaa…"}`.
const fn text() -> [u8; ANSWER_BYTES] {
    let mut text = [b'a'; ANSWER_BYTES];
    let [b0, b1, b2, b3, b4, b5, .., e1, e0] = &mut text;
    (*b0, *b1, *b2, *b3, *b4, *b5) = (b'{', b'"', b'x', b'"', b':', b'"');
    (*e1, *e0) = (b'"', b'}');
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_answer_is_json_of_the_promised_length() {
        let json: serde_json::Value = serde_json::from_slice(&text()).unwrap();
        assert!(json.is_object());
        assert_eq!(text().len(), 400);
    }
}
