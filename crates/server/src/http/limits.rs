//! What one client may cost: sizes and patience of the listener.
//!
//! Every loop over bytes that a stranger sends ends at one of these numbers.

use std::time::Duration;

/// Bounds of the listener. The defaults suit a server in production and in development alike.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpLimits {
    /// How many connections are open at once. One more is told so and closed.
    pub connections: usize,
    /// Bytes of one request's head. Session tokens are the largest thing in it.
    pub head_bytes: usize,
    /// Bytes of one request's body; more is answered with 413.
    pub body_bytes: usize,
    /// Time from the first byte of a request to the end of its head.
    pub head_timeout: Duration,
    /// Time for the whole body, once the head has arrived.
    pub body_timeout: Duration,
    /// Time that a connection may rest between two requests.
    pub idle_timeout: Duration,
    /// Time for the TLS handshake.
    pub handshake_timeout: Duration,
    /// Time that requests in flight are given once the server is asked to stop.
    pub drain_timeout: Duration,
}

impl Default for HttpLimits {
    fn default() -> Self {
        Self {
            connections: 10_000,
            head_bytes: 64 * 1024,
            body_bytes: 1024 * 1024,
            head_timeout: Duration::from_secs(10),
            body_timeout: Duration::from_secs(20),
            idle_timeout: Duration::from_secs(75),
            handshake_timeout: Duration::from_secs(10),
            drain_timeout: Duration::from_secs(30),
        }
    }
}

/// Files that are not connections: the store, the journal, the admin socket, the log.
const OTHER_FILES: usize = 128;

impl HttpLimits {
    /// Keeps the number of connections below the process's limit on open files, so that a crowd
    /// of clients cannot take the files that the store and the journal need.
    #[must_use]
    pub fn within_open_files(mut self) -> Self {
        if let Some(files) = open_files_limit() {
            let room = files.saturating_sub(OTHER_FILES).max(files / 2).max(1);
            self.connections = self.connections.min(room);
        }
        self
    }
}

/// The soft limit on open files. Linux: proc_pid_limits(5); absent elsewhere.
pub(crate) fn open_files_limit() -> Option<usize> {
    let limits = std::fs::read_to_string("/proc/self/limits").ok()?;
    soft_limit_of_open_files(&limits)
}

fn soft_limit_of_open_files(limits: &str) -> Option<usize> {
    let line = limits
        .lines()
        .find_map(|line| line.strip_prefix("Max open files"))?;
    line.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_on_open_files_is_read_off_its_line() {
        let table = "Limit                     Soft Limit           Hard Limit           Units\n\
                     Max processes             95915                95915                processes\n\
                     Max open files            1024                 524288               files\n";
        assert_eq!(soft_limit_of_open_files(table), Some(1024));
        assert_eq!(
            soft_limit_of_open_files("Max open files unlimited unlimited files"),
            None
        );
    }

    #[test]
    fn connections_leave_files_for_the_store() {
        let asked = HttpLimits {
            connections: usize::MAX,
            ..HttpLimits::default()
        };
        let limits = asked.within_open_files();
        if let Some(files) = open_files_limit() {
            assert!(limits.connections < files);
        }
    }
}
