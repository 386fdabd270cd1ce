//! Reading a request's body into memory that is wiped.
//!
//! A body may hold a plaintext, key material or a password, so from the moment it leaves the
//! socket's own buffers it lives in [`RequestBody`] and nowhere else.

use std::{fmt, time::Duration};

use bytes::Bytes;
use http_body_util::BodyExt as _;
use hyper::body::{Body as _, Incoming};
use strongroom_store::within;
use zeroize::Zeroizing;

/// The body of a request, wiped when dropped. It prints only its name.
#[derive(Default)]
pub struct RequestBody(Zeroizing<Vec<u8>>);

impl RequestBody {
    fn with_capacity(bytes: usize) -> Self {
        Self(Zeroizing::new(Vec::with_capacity(bytes)))
    }

    /// Lends the bytes: to the signature check and to the decoder.
    #[must_use]
    pub fn expose(&self) -> &[u8] {
        &self.0
    }

    /// Appends, moving to a larger buffer when needed. The smaller one is wiped as it goes,
    /// which the vector's own growth would not do.
    fn append(&mut self, bytes: &[u8]) {
        let length = self.0.len().saturating_add(bytes.len());
        if length > self.0.capacity() {
            let mut larger = Self::with_capacity(length.max(self.0.capacity().saturating_mul(2)));
            larger.0.extend_from_slice(&self.0);
            *self = larger;
        }
        self.0.extend_from_slice(bytes);
    }
}

impl fmt::Debug for RequestBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RequestBody")
    }
}

/// Why a body was not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BodyFault {
    /// It is longer than the limit.
    TooLarge,
    /// It did not arrive in time.
    TooSlow,
    /// The client went away, or its framing is wrong.
    Broken,
}

/// How much of a body that is too large is still taken from the client.
///
/// Most clients send all of a request before they read the answer, and a connection that is
/// closed while bytes are on their way is reset, answer and all.
const DISCARDED_BYTES: usize = 32 * 1024 * 1024;

/// Reads the whole body, or as much as the limits allow.
///
/// `waits` says that the client waits for permission to send (`Expect: 100-continue`): a body
/// announced as too large is then refused without being asked for.
pub(super) async fn read(
    mut body: Incoming,
    limit: usize,
    patience: Duration,
    waits: bool,
) -> Result<RequestBody, BodyFault> {
    let fits = |bytes: u64| usize::try_from(bytes).ok().filter(|bytes| *bytes <= limit);
    if let Some(announced) = fits(body.size_hint().lower()) {
        let mut buffer = RequestBody::with_capacity(announced);
        match within(patience, collect(&mut body, &mut buffer, limit)).await {
            Some(Ok(())) => return Ok(buffer),
            Some(Err(BodyFault::TooLarge)) => {}
            Some(Err(fault)) => return Err(fault),
            None => return Err(BodyFault::TooSlow),
        }
    }
    if !waits {
        // Whether or not the rest comes in time, the answer is the same.
        let _outcome = within(patience, discard(&mut body)).await;
    }
    Err(BodyFault::TooLarge)
}

async fn collect(
    body: &mut Incoming,
    buffer: &mut RequestBody,
    limit: usize,
) -> Result<(), BodyFault> {
    while let Some(data) = next(body).await? {
        if data.len() > limit.saturating_sub(buffer.0.len()) {
            return Err(BodyFault::TooLarge);
        }
        buffer.append(&data);
    }
    Ok(())
}

async fn discard(body: &mut Incoming) -> Result<(), BodyFault> {
    let mut discarded = 0usize;
    while discarded < DISCARDED_BYTES {
        match next(body).await? {
            Some(data) => discarded = discarded.saturating_add(data.len()),
            None => break,
        }
    }
    Ok(())
}

/// The next bytes of the body; trailers end it like nothing.
async fn next(body: &mut Incoming) -> Result<Option<Bytes>, BodyFault> {
    match body.frame().await {
        None => Ok(None),
        Some(Ok(frame)) => Ok(frame.into_data().ok()),
        Some(Err(_)) => Err(BodyFault::Broken),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_buffer_grows_without_losing_bytes() {
        let mut body = RequestBody::with_capacity(2);
        for piece in [&b"ab"[..], b"c", b"", b"defghijk", b"l"] {
            body.append(piece);
        }
        assert_eq!(body.expose(), b"abcdefghijkl");
        assert_eq!(format!("{body:?}"), "RequestBody");
    }
}
