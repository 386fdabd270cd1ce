//! Records that are written together.
//!
//! Calls that are in flight on the same thread want to append within microseconds of each other,
//! so the first of them steps back once, lets the others come, and writes for all of them: one
//! lock, one call to the medium, one word to whoever syncs. A call alone waits for nobody.
//! Threads do not write for each other: waking another one costs more than it saves.

use std::{
    cell::Cell,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

use tokio::sync::oneshot;

use super::{
    EntryBytes, Journal,
    state::{Awaited, Waiter},
};

/// Threads that have a gathering of their own; beyond these they share.
const THREADS: usize = 64;

/// How often whoever leads steps back while another thread is writing, before it waits for that
/// one. Meanwhile more records come, and sleeping on a lock costs more than all of them.
const STEPS_BACK: usize = 4;

/// The records that wait to be written, by the thread that they came on.
#[derive(Debug)]
pub(super) struct Gatherings([Gathering; THREADS]);

impl Default for Gatherings {
    fn default() -> Self {
        Self(std::array::from_fn(|_| Gathering::default()))
    }
}

impl Gatherings {
    /// The one of this thread.
    fn here(&self) -> &Gathering {
        static THREADS_SEEN: AtomicUsize = AtomicUsize::new(0);
        thread_local! {
            static THREAD: Cell<usize> =
                Cell::new(THREADS_SEEN.fetch_add(1, Ordering::Relaxed) % THREADS);
        }
        #[expect(clippy::indexing_slicing, reason = "a remainder is below its divisor")]
        &self.0[THREAD.get()]
    }
}

/// The records of one thread, and whether somebody is about to write them.
#[derive(Debug, Default)]
struct Gathering {
    gathered: Mutex<Gathered>,
}

#[derive(Debug, Default)]
struct Gathered {
    waiting: Vec<Record>,
    led: bool,
}

/// A record that waits to be written.
#[derive(Debug)]
pub(super) struct Record {
    pub(super) body: EntryBytes,
    /// Who is told its number: once it is durable, or once it is written.
    pub(super) answer: Waiter,
    pub(super) durably: bool,
}

/// Whoever writes for all. It does so when dropped, so that a call that is given up on the way
/// leaves nobody waiting.
struct Leader<'j> {
    journal: &'j Journal,
    gathering: &'j Gathering,
}

impl Journal {
    /// Writes a record together with those of other calls. Its number comes once it is durable,
    /// or once it is written.
    pub(super) async fn gather(&self, body: EntryBytes, durably: bool) -> Awaited {
        let gathering = self.gatherings.here();
        let (answer, awaited) = oneshot::channel();
        let record = Record {
            body,
            answer,
            durably,
        };
        if gathering.join(record) {
            let leader = Leader {
                journal: self,
                gathering,
            };
            for _ in 0..STEPS_BACK {
                tokio::task::yield_now().await;
                if !self.is_being_written() {
                    break;
                }
            }
            drop(leader);
        }
        awaited
    }
}

impl Gathering {
    /// Adds a record, and tells whether the caller is to lead.
    fn join(&self, record: Record) -> bool {
        let mut gathered = self.lock();
        gathered.waiting.push(record);
        !std::mem::replace(&mut gathered.led, true)
    }

    /// What is to be written next; when there is nothing, the next record finds a new leader.
    fn take(&self) -> Vec<Record> {
        let mut gathered = self.lock();
        gathered.led = !gathered.waiting.is_empty();
        std::mem::take(&mut gathered.waiting)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Gathered> {
        // Nothing panics while holding it.
        self.gathered.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Leader<'_> {
    fn drop(&mut self) {
        loop {
            let batch = self.gathering.take();
            if batch.is_empty() {
                return;
            }
            self.journal.write_batch(batch);
        }
    }
}
