//! What a connection is doing, so that its task knows how long it may go on doing it.
//!
//! A clock reading and an atomic store for each request, instead of a timer: the connection's
//! one timer is armed early and looks here when it fires (see [`connection`](super::connection)).

use std::{
    io,
    ops::Deref,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

use hyper::rt::{Read, ReadBufCursor, Write};
use tokio::time::Instant;

use super::HttpLimits;

/// The state of one connection, shared by its socket, its requests and its task.
pub(super) struct Pulse {
    origin: Instant,
    /// Requests being answered.
    active: AtomicU32,
    /// Whether a request has begun to arrive and is not complete.
    arriving: AtomicBool,
    /// Whether requests share the connection (HTTP/2), where bytes do not mean a request.
    shared: AtomicBool,
    /// When the present state began, in milliseconds since `origin`.
    since: AtomicU64,
}

/// When a connection that does nothing else has to be closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Due {
    /// Not while requests are being answered.
    Never,
    /// It rests between requests.
    Idle(Instant),
    /// The head of a request is overdue.
    Head(Instant),
}

impl Pulse {
    pub(super) fn new() -> Self {
        Self {
            origin: Instant::now(),
            active: AtomicU32::new(0),
            arriving: AtomicBool::new(false),
            shared: AtomicBool::new(false),
            since: AtomicU64::new(0),
        }
    }

    fn mark(&self) {
        let elapsed = self.origin.elapsed().as_millis();
        self.since.store(
            u64::try_from(elapsed).unwrap_or(u64::MAX),
            Ordering::Relaxed,
        );
    }

    /// Bytes came in.
    fn received(&self) {
        let resting = self.active.load(Ordering::Relaxed) == 0
            && !self.arriving.load(Ordering::Relaxed)
            && !self.shared.load(Ordering::Relaxed);
        if resting {
            self.arriving.store(true, Ordering::Relaxed);
            self.mark();
        }
    }

    /// How many requests are being answered.
    pub(super) fn active(&self) -> u32 {
        self.active.load(Ordering::Relaxed)
    }

    /// When this connection is to be closed if nothing more happens.
    pub(super) fn due(&self, limits: &HttpLimits) -> Due {
        if self.active.load(Ordering::Relaxed) > 0 {
            return Due::Never;
        }
        let since = self.origin + Duration::from_millis(self.since.load(Ordering::Relaxed));
        if self.arriving.load(Ordering::Relaxed) {
            Due::Head(since + limits.head_timeout)
        } else {
            Due::Idle(since + limits.idle_timeout)
        }
    }
}

/// One request being answered. It counts from here until it is dropped.
pub(super) struct Active<P: Deref<Target = Pulse>>(P);

impl<P: Deref<Target = Pulse>> Active<P> {
    /// A request's head is complete; `shared` says that others may come beside it.
    pub(super) fn begin(pulse: P, shared: bool) -> Self {
        if shared {
            pulse.shared.store(true, Ordering::Relaxed);
        }
        pulse.active.fetch_add(1, Ordering::Relaxed);
        pulse.arriving.store(false, Ordering::Relaxed);
        Self(pulse)
    }
}

impl<P: Deref<Target = Pulse>> Drop for Active<P> {
    fn drop(&mut self) {
        self.0.mark();
        self.0.active.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A socket that tells the pulse when bytes come in.
pub(super) struct Monitored<I> {
    socket: I,
    pulse: Arc<Pulse>,
}

impl<I> Monitored<I> {
    pub(super) fn new(socket: I, pulse: Arc<Pulse>) -> Self {
        Self { socket, pulse }
    }
}

impl<I: Read + Unpin> Read for Monitored<I> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        let outcome = Pin::new(&mut self.socket).poll_read(cx, buffer);
        if let Poll::Ready(Ok(())) = outcome {
            self.pulse.received();
        }
        outcome
    }
}

impl<I: Write + Unpin> Write for Monitored<I> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.socket).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_shutdown(cx)
    }

    fn is_write_vectored(&self) -> bool {
        self.socket.is_write_vectored()
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.socket).poll_write_vectored(cx, bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_connection_is_due_by_what_it_does() {
        let limits = HttpLimits::default();
        let pulse = Pulse::new();
        let start = Instant::now();
        assert_eq!(pulse.due(&limits), Due::Idle(start + limits.idle_timeout));

        tokio::time::advance(Duration::from_secs(1)).await;
        pulse.received();
        let head = Due::Head(start + Duration::from_secs(1) + limits.head_timeout);
        assert_eq!(pulse.due(&limits), head);
        tokio::time::advance(Duration::from_secs(1)).await;
        pulse.received();
        assert_eq!(pulse.due(&limits), head, "more bytes of a head buy no time");

        let active = Active::begin(&pulse, false);
        assert_eq!(pulse.due(&limits), Due::Never);
        tokio::time::advance(Duration::from_secs(1)).await;
        drop(active);
        let idle = Due::Idle(start + Duration::from_secs(3) + limits.idle_timeout);
        assert_eq!(pulse.due(&limits), idle);
    }

    #[tokio::test(start_paused = true)]
    async fn bytes_of_a_shared_connection_are_not_a_request() {
        let limits = HttpLimits::default();
        let pulse = Pulse::new();
        drop(Active::begin(&pulse, true));
        pulse.received();
        assert!(matches!(pulse.due(&limits), Due::Idle(_)));
    }
}
