//! The journal: every call's record, in an append-only chain of lines.
//!
//! One line is one JSON object in canonical form (RFC 8785 style). The caller writes what
//! happened; the journal adds three members: `seq`, counting from 1 without gaps; `prev_hash`,
//! the SHA-256 of the line before, newline excluded, in hexadecimal (64 zeros in the first
//! line); and on records of mutations `outbox`, the id of the store's row that carried the same
//! record. Lines are in files named by the number of their first line, and the chain runs on
//! from file to file. So a line that was altered, removed or moved is found by reading
//! ([`verify_chain`]); a tail that was cut off is not, which is what signed checkpoints are for.
//!
//! **Durability.** With [`Durability::Strict`] an append returns once its line is durable. One
//! thread syncs; whatever was written while it was busy is served by its next sync, so a hundred
//! calls in flight cost one, and a call alone waits for nobody. With [`Durability::Relaxed`] an
//! append returns once its line is written, without leaving its thread, and the line is synced
//! within 100 ms.
//!
//! **Mutations** do not wait for the journal at all. Their record commits as a row of the
//! store's outbox together with the rows it speaks of (decision 5), and is copied here
//! ([`Journal::append_outbox`]); the row goes once the line is durable ([`Journal::clear_outbox`]),
//! and what a crash left uncopied is copied at the next start ([`Journal::reconcile`]).
//!
//! **Failure.** A line that cannot be written, or in strict mode synced, is refused and leaves
//! nothing behind. Lines that were accepted before are written again when the disk lets them.

mod entry;
mod fold;
mod gathering;
mod medium;
mod outbox;
mod reader;
mod state;
mod tail;
#[cfg(test)]
mod tests;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use tokio::sync::{Notify, oneshot};

use crate::backend::StoreError;

pub use entry::{EntryBytes, EntryError, OWN as OWN_MEMBERS, write_canonical};
pub use fold::{Compared, Fault, Finding, Fold, RowMark, compare, digest, fold};
pub use medium::MemoryLog;
pub use outbox::{OUTBOX_CLEARED, OUTBOX_PREFIX, SyncedOutbox, outbox_key};
pub use reader::{
    ChainFault, ChainFaultKind, ChainSummary, Line, read, summarize_chain, verify_chain,
};
pub use tail::Torn;

use medium::{Folder, Medium, Segment};
use state::{Mark, Promise, State};

/// The number of a line. The first one is 1.
pub type Seq = u64;
/// The SHA-256 of a line.
pub type Hash = [u8; 32];

/// How large a file grows before the journal goes on in the next one.
const FILE_BYTES: u64 = 64 << 20;
/// How long a line waits for a sync that nobody waits for. Half of what is promised, since the
/// sync itself takes time.
const RELAXED_SYNC: Duration = Duration::from_millis(50);
/// Unsynced bytes above which appends wait for the disk even in relaxed mode, so that a disk
/// that cannot keep up slows callers down instead of filling memory.
const UNSYNCED_BYTES: usize = 8 << 20;

/// When an append returns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Durability {
    /// Once the line is on stable storage.
    Strict,
    /// Once the line is written; it is on stable storage within 100 ms.
    Relaxed,
}

/// Why the journal did not take a line, or cannot be opened.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JournalError {
    /// The medium refused. Nothing of the line is there; a later try may succeed.
    #[error("the journal cannot be written: {cause}")]
    Unavailable {
        /// What the system said.
        cause: String,
    },
    /// The end of the journal is not as it was written, and not as a crash leaves it either.
    #[error(
        "The journal {} was altered at line {line}: {what}. Restore this file from a copy, or \
         move the journal's folder away to begin a new one.",
        file.display()
    )]
    Altered {
        /// The file.
        file: PathBuf,
        /// The line's place in the file, from 1.
        line: u64,
        /// What is wrong.
        what: String,
    },
    /// A line in the middle of the journal is not as it was written.
    #[error(transparent)]
    Broken(#[from] ChainFault),
    /// The records that the store holds for the journal cannot be read or removed.
    #[error("the records in the store's outbox cannot be copied to the journal: {0}")]
    Outbox(#[from] StoreError),
    /// The journal was closed.
    #[error("the journal is closed")]
    Closed,
}

/// The journal of one node, open for appending.
pub struct Journal {
    shared: Arc<Shared>,
    durability: Durability,
    dir: Option<PathBuf>,
    torn: Option<Torn>,
    clearing: tokio::sync::Mutex<()>,
    gathering: gathering::Gathering,
    syncer: Option<JoinHandle<()>>,
}

struct Shared {
    state: Mutex<State>,
    /// Wakes the syncing thread.
    wake: Condvar,
    /// Wakes whoever clears the outbox.
    outbox: Notify,
}

impl Journal {
    /// Opens the journal in the folder `dir`, which is made if absent. Only its tail is read.
    ///
    /// A last line without its newline was being written when the process or the machine
    /// stopped. The newline is the last byte of a line and no call is answered before all of it
    /// is written, so such a line was never answered for: it is cut off. A last line that is
    /// complete is kept, whether or not its caller still heard the answer. After a power
    /// failure the file may also end in lines full of holes that were never synced; they are
    /// cut off as well and kept in a file beside ([`torn`](Self::torn)).
    ///
    /// # Errors
    ///
    /// [`JournalError::Unavailable`] if the folder cannot be used; [`JournalError::Altered`] if
    /// the last lines are well formed but do not form a chain.
    pub fn open(dir: &Path, durability: Durability) -> Result<Self, JournalError> {
        Self::open_with(dir, durability, FILE_BYTES)
    }

    /// Like [`open`](Self::open), with another size at which a new file begins.
    ///
    /// # Errors
    ///
    /// As [`open`](Self::open).
    pub fn open_with(
        dir: &Path,
        durability: Durability,
        file_bytes: u64,
    ) -> Result<Self, JournalError> {
        crate::folder::make_durably(dir).map_err(state::unavailable)?;
        let medium = Box::new(Folder {
            dir: dir.to_path_buf(),
        });
        let end = tail::recover(dir)?;
        let segment: Arc<dyn Segment> = match end.file {
            Some(file) => Arc::new(file),
            None => medium
                .create(end.mark.seq + 1)
                .map_err(state::unavailable)?,
        };
        let mut journal = Self::start(medium, segment, durability, file_bytes, end.mark)
            .map_err(state::unavailable)?;
        journal.dir = Some(dir.to_path_buf());
        journal.torn = end.torn;
        Ok(journal)
    }

    /// A journal that keeps its newest lines in memory, for tests and `--in-memory`.
    ///
    /// # Errors
    ///
    /// [`JournalError::Unavailable`] if the system has no thread to give.
    pub fn in_memory() -> Result<(Self, MemoryLog), JournalError> {
        let log = MemoryLog::default();
        let journal = Self::start(
            Box::new(log.clone()),
            Arc::new(log.clone()),
            Durability::Relaxed,
            1 << 20,
            Mark::default(),
        )
        .map_err(state::unavailable)?;
        Ok((journal, log))
    }

    fn start(
        medium: Box<dyn Medium>,
        segment: Arc<dyn Segment>,
        durability: Durability,
        file_bytes: u64,
        end: Mark,
    ) -> io::Result<Self> {
        let shared = Arc::new(Shared {
            state: Mutex::new(State::new(medium, segment, file_bytes, end)),
            wake: Condvar::new(),
            outbox: Notify::new(),
        });
        let thread = Arc::clone(&shared);
        let syncer = std::thread::Builder::new()
            .name("journal-sync".to_owned())
            .spawn(move || thread.sync_until_closed())?;
        Ok(Self {
            shared,
            durability,
            dir: None,
            torn: None,
            clearing: tokio::sync::Mutex::new(()),
            gathering: gathering::Gathering::default(),
            syncer: Some(syncer),
        })
    }

    /// Appends a record, and returns its number as soon as the journal's durability is reached.
    ///
    /// # Errors
    ///
    /// [`JournalError::Unavailable`]: the journal did not take the record and nothing of it is
    /// there, so the call it speaks of must be refused.
    pub async fn append(&self, body: EntryBytes) -> Result<Seq, JournalError> {
        let relaxed = self.durability == Durability::Relaxed;
        if relaxed && self.shared.lock().unsynced_bytes() < UNSYNCED_BYTES {
            return self.gather(body).await;
        }
        let (answer, waiting) = oneshot::channel();
        {
            let mut state = self.shared.lock();
            state.append(&body, Promise::Durable(answer))?;
            state.urgent = true;
        }
        self.shared.wake.notify_one();
        waiting.await.unwrap_or(Err(JournalError::Closed))
    }

    /// Writes records, and returns the number of the first.
    fn write_many(&self, bodies: Vec<EntryBytes>) -> Result<Seq, JournalError> {
        let mut state = self.shared.lock();
        state.settle()?;
        state.check()?;
        let idle = state.is_settled();
        let first = state.append_many(bodies)?;
        drop(state);
        if idle {
            self.shared.wake.notify_one();
        }
        Ok(first)
    }

    /// Copies the record of a mutation from the store's outbox.
    ///
    /// It cannot fail: the record is durable already, in the same commit as the change. If the
    /// medium refuses the line now, the journal keeps it and writes it when it can. Ask
    /// [`check`](Self::check) before committing the change.
    pub fn append_outbox(&self, id: u64, body: EntryBytes) {
        let mut state = self.shared.lock();
        let idle = state.is_settled();
        state.accept(body, Promise::Outbox(id));
        drop(state);
        if idle {
            self.shared.wake.notify_one();
        }
    }

    /// Whether the journal can take a record now, as far as it knows; after one was refused, it
    /// tries.
    ///
    /// # Errors
    ///
    /// [`JournalError::Unavailable`] while lines that were accepted cannot be made safe, or
    /// another one would be refused. A call that would change something must be refused then.
    pub fn check(&self) -> Result<(), JournalError> {
        let mut state = self.shared.lock();
        state.settle()?;
        state.check()?;
        state.try_out()
    }

    /// Returns when every line written so far is on stable storage.
    ///
    /// # Errors
    ///
    /// [`JournalError::Unavailable`] if the medium refuses.
    pub async fn flush(&self) -> Result<(), JournalError> {
        let waiting = {
            let mut state = self.shared.lock();
            state.settle()?;
            let (answer, waiting) = oneshot::channel();
            if !state.wait_for_sync(answer) {
                return Ok(());
            }
            state.urgent = true;
            waiting
        };
        self.shared.wake.notify_one();
        waiting.await.unwrap_or(Err(JournalError::Closed)).map(drop)
    }

    /// The number and the hash of the newest line; 0 and zeros if there is none.
    #[must_use]
    pub fn head(&self) -> (Seq, Hash) {
        let written = self.shared.lock().written();
        (written.seq, written.hash)
    }

    /// What was cut off when the journal was opened, if anything was. Worth a record of its own.
    #[must_use]
    pub fn torn(&self) -> Option<&Torn> {
        self.torn.as_ref()
    }
}

impl Drop for Journal {
    fn drop(&mut self) {
        self.shared.lock().closed = true;
        self.shared.wake.notify_one();
        if let Some(syncer) = self.syncer.take() {
            // A panic of the thread was printed when it happened.
            let _ = syncer.join();
        }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing panics while holding it.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The syncing thread.
    fn sync_until_closed(&self) {
        loop {
            let mut state = self.wait_for_work();
            let closed = state.closed;
            if closed && state.is_settled() {
                return;
            }
            // What cannot be written now was logged where it happened, and stays accepted.
            let _ = state.settle();
            state.urgent = false;
            let (segment, mark) = (state.segment(), state.written());
            drop(state);
            let synced = segment.sync();
            let mut state = self.lock();
            match synced {
                Ok(()) => {
                    state.mark_synced(mark);
                    state.rotate_if_full();
                }
                Err(error) => state.sync_failed(&error),
            }
            let cleared = state.has_synced_outbox();
            drop(state);
            if cleared {
                self.outbox.notify_one();
            }
            if closed {
                return;
            }
        }
    }

    /// Sleeps while nothing was written, and then until somebody waits or time is up.
    fn wait_for_work(&self) -> MutexGuard<'_, State> {
        let state = self.lock();
        let mut state = self
            .wake
            .wait_while(state, |state| state.is_settled() && !state.closed)
            .unwrap_or_else(PoisonError::into_inner);
        let deadline = Instant::now() + RELAXED_SYNC;
        while !state.urgent && !state.closed {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            state = self
                .wake
                .wait_timeout(state, left)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
        state
    }
}
