//! An answer and the headers that go with it.
//!
//! AWS: API reference, "Common errors"; `aws-kms/operations.md` §1.2 and §1.3 say which headers
//! KMS sends. `Date` and `Content-Length` are hyper's, on errors as on successes: SDKs correct
//! their clocks by the former, and libmongocrypt reads nothing without the latter.

use std::convert::Infallible;

use bytes::Bytes;
use http_body_util::Full;
use hyper::{
    HeaderMap, Response, StatusCode,
    header::{self, HeaderName, HeaderValue},
};
use strongroom_kms::RequestId;

/// What goes back to the client.
#[derive(Debug)]
pub struct Answer {
    status: StatusCode,
    content_type: HeaderValue,
    body: Bytes,
    error_type: Option<HeaderValue>,
    allow: Option<HeaderValue>,
    close: bool,
    /// Room for its headers.
    headers: HeaderMap,
}

/// The content type of the JSON protocol.
const JSON_1_1: HeaderValue = HeaderValue::from_static("application/x-amz-json-1.1");
/// The content type of the query protocol's answers.
const XML: HeaderValue = HeaderValue::from_static("text/xml");
/// The content type of the health endpoints.
const JSON: HeaderValue = HeaderValue::from_static("application/json");

const REQUEST_ID: HeaderName = HeaderName::from_static("x-amzn-requestid");
const ERROR_TYPE: HeaderName = HeaderName::from_static("x-amzn-errortype");
const NO_CACHE: HeaderValue =
    HeaderValue::from_static("no-cache, no-store, must-revalidate, private");

impl Answer {
    fn new(status: StatusCode, content_type: HeaderValue, body: impl Into<Bytes>) -> Self {
        Self {
            status,
            content_type,
            body: body.into(),
            error_type: None,
            allow: None,
            close: false,
            headers: HeaderMap::new(),
        }
    }

    /// A success of the JSON protocol.
    #[must_use]
    pub fn json(body: impl Into<Bytes>) -> Self {
        Self::new(StatusCode::OK, JSON_1_1, body)
    }

    /// An error of the JSON protocol. A status that is none becomes 500.
    #[must_use]
    pub fn json_error(status: u16, body: impl Into<Bytes>) -> Self {
        Self::new(status_code(status), JSON_1_1, body)
    }

    /// An answer of the query protocol, success or error.
    #[must_use]
    pub fn xml(status: u16, body: impl Into<Bytes>) -> Self {
        Self::new(status_code(status), XML, body)
    }

    /// An answer of a health endpoint.
    pub(super) fn health(status: StatusCode, body: &'static str) -> Self {
        Self::new(status, JSON, body)
    }

    /// An error that the listener gives before any room is asked.
    pub(super) fn refusal(status: StatusCode, body: &'static str) -> Self {
        Self::new(status, JSON_1_1, body)
    }

    /// Names the error in `x-amzn-errortype` too, as AWS's front door does.
    #[must_use]
    pub fn with_error_type(mut self, name: &'static str) -> Self {
        self.error_type = Some(HeaderValue::from_static(name));
        self
    }

    /// The same, with its headers where those of the request were, which are gone: hyper puts
    /// those of the next request there in turn.
    #[must_use]
    pub fn in_place_of(mut self, headers: HeaderMap) -> Self {
        debug_assert!(headers.is_empty(), "they would be sent back");
        self.headers = headers;
        self
    }

    /// Names the method that would have been right (RFC 9110, "405 Method Not Allowed").
    pub(super) fn allowing(mut self, methods: &'static str) -> Self {
        self.allow = Some(HeaderValue::from_static(methods));
        self
    }

    /// The connection ends with this answer, because the request was not read to its end.
    pub(super) fn and_close(mut self) -> Self {
        self.close = true;
        self
    }

    /// The HTTP status.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.status.as_u16()
    }

    /// The body.
    #[must_use]
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    /// The HTTP response. Connections of HTTP/2 are not closed by a header.
    pub(super) fn into_response(self, id: RequestId, http2: bool) -> Response<Full<Bytes>> {
        let mut headers = self.headers;
        // Those that every answer has, and one more.
        headers.reserve(6);
        if let Ok(id) = HeaderValue::from_str(&id.text()) {
            headers.insert(REQUEST_ID, id);
        }
        headers.insert(header::CONTENT_TYPE, self.content_type);
        headers.insert(header::CACHE_CONTROL, NO_CACHE);
        headers.insert(header::EXPIRES, HeaderValue::from_static("0"));
        headers.insert(header::PRAGMA, HeaderValue::from_static("no-cache"));
        if let Some(name) = self.error_type {
            headers.insert(ERROR_TYPE, name);
        }
        if let Some(methods) = self.allow {
            headers.insert(header::ALLOW, methods);
        }
        if self.close && !http2 {
            headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        let mut response = Response::new(Full::new(self.body));
        *response.status_mut() = self.status;
        *response.headers_mut() = headers;
        response
    }
}

fn status_code(status: u16) -> StatusCode {
    StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

/// What hyper is given for each request: an answer, always.
pub(super) type Outcome = Result<Response<Full<Bytes>>, Infallible>;
