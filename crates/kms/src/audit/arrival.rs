//! How a request came in.

use std::net::IpAddr;

use super::RequestId;

/// How a request came in.
#[derive(Clone, Debug)]
pub struct Arrival {
    /// The id that the answer will carry.
    pub request_id: RequestId,
    /// The address it came from.
    pub source: IpAddr,
    /// The `User-Agent` header, at most 1 KB of it.
    pub user_agent: Option<String>,
    /// What TLS negotiated; absent on a plain connection.
    pub tls: Option<TlsDetails>,
    /// The host that the client asked for. It is recorded with what TLS negotiated.
    pub host: Option<String>,
}

/// What TLS negotiated for the connection of a request.
#[derive(Clone, Debug)]
pub struct TlsDetails {
    /// `TLSv1.3` or `TLSv1.2`.
    pub version: &'static str,
    /// The cipher suite, as IANA names it.
    pub cipher_suite: String,
    /// The key exchange group, as IANA names it.
    pub key_exchange: Option<String>,
}
