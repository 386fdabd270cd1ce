//! Work that takes its time, on threads that give way to those who answer calls.

use std::{io, thread};

use strongroom_crypto::give_way;
use tokio::sync::oneshot;

/// The niceness of work that somebody waits for. With every processor busy it still gets one part
/// in thirty. Linux: sched(7), "The nice value".
const GIVING_WAY: i32 = 15;
/// The niceness of work that has to keep up with the calls: one part in ten.
const KEEPING_UP: i32 = 10;
/// The niceness of work that nobody waits for: the highest that Linux knows.
const ONLY_WHEN_IDLE: i32 = 19;

/// Does something on a thread of its own that gives way to others. It runs to its end even if
/// nobody waits for it any more.
///
/// # Errors
/// When no thread can be had, or the work panicked.
pub async fn aside<T: Send + 'static>(
    name: &str,
    work: impl FnOnce() -> T + Send + 'static,
) -> io::Result<T> {
    let (done, result) = oneshot::channel();
    thread::Builder::new()
        .name(name.to_owned())
        .spawn(move || {
            set_niceness(GIVING_WAY);
            // Whoever does not wait any more does not need the result.
            let _ = done.send(work());
        })?;
    result.await.map_err(io::Error::other)
}

/// Lets this thread give way to others, but keep up with them.
pub(crate) fn keeps_up() {
    set_niceness(KEEPING_UP);
}

/// Lets this thread run only when no other has anything to do.
pub(crate) fn only_when_idle() {
    set_niceness(ONLY_WHEN_IDLE);
}

fn set_niceness(niceness: i32) {
    if !give_way(niceness) {
        tracing::debug!("a thread for work aside runs like any other");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn work_is_done_elsewhere_and_its_result_comes_back() {
        let here = thread::current().id();
        let there = aside("work", || thread::current().id()).await.unwrap();
        assert_ne!(here, there);
    }

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn it_gives_way_and_the_caller_does_not() {
        // Linux: proc_pid_stat(5); the niceness is the nineteenth field.
        let niceness = || {
            let stat = std::fs::read_to_string("/proc/thread-self/stat").unwrap();
            let (_, fields) = stat.rsplit_once(") ").unwrap();
            fields.split(' ').nth(16).unwrap().parse::<i32>().unwrap()
        };
        let before = niceness();
        assert_eq!(aside("work", niceness).await.unwrap(), GIVING_WAY);
        assert_eq!(niceness(), before);
    }
}
