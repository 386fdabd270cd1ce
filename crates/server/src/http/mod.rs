//! HTTP: bytes within limits become requests, and answers become bytes.
//!
//! One listener carries the JSON protocol of KMS, the query protocol of STS and two health
//! endpoints, over HTTP/1.1 and HTTP/2, plain or under TLS. This module knows connections,
//! sizes and patience; what a request means is for the rooms behind [`Responder`].
//!
//! What is no call of the API is answered like an unknown operation: another path with 404,
//! another method with 405. Every answer has a request id, a date and, when it is an error of
//! ours, a JSON body. The exception are bytes that are no HTTP at all, to which hyper itself
//! gives an empty 400, or 431 when the head is too large.

mod answer;
mod body;
mod connection;
mod front;
mod ids;
mod limits;
mod listen;
mod pulse;
#[cfg(test)]
mod tests;
mod threads;

use std::net::IpAddr;

use hyper::http::request::Parts;
use strongroom_kms::{RequestId, TlsDetails};

pub use answer::Answer;
pub use body::RequestBody;
pub use front::{Front, serve};
pub use limits::HttpLimits;
pub(crate) use limits::open_files_limit;

/// A request that has arrived whole. It cannot be printed: headers carry session tokens.
pub struct Request {
    /// The id that the answer will carry.
    pub id: RequestId,
    /// Method, target, version and headers.
    pub head: Parts,
    /// The body.
    pub body: RequestBody,
    /// The address of the client.
    pub source: IpAddr,
    /// What TLS negotiated; absent on a plain connection.
    pub tls: Option<TlsDetails>,
}

/// What stands behind the listener.
pub trait Responder: Send + Sync + 'static {
    /// Answers one request, whatever it asks for.
    fn respond(&self, request: Box<Request>) -> impl Future<Output = Answer> + Send;

    /// Whether calls can be answered.
    ///
    /// # Errors
    /// With a sentence for the operator when they cannot.
    fn ready(&self) -> impl Future<Output = Result<(), String>> + Send;
}
