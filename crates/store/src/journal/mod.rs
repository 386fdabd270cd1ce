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
//! A disk that neither takes nor refuses is waited for, but not for ever: whoever waits longer
//! than [`JournalSettings::patience`] is told so, and from then on lines are refused until the
//! sync that is under way has come to its end. So what waits for such a disk is bounded.

mod checkpoint;
mod collected;
mod entry;
mod fold;
mod follow;
mod gathering;
mod index;
mod ledger;
#[cfg(test)]
mod ledger_tests;
mod medium;
mod note;
mod outbox;
mod proof;
mod reader;
mod sealer;
mod signers;
mod snapshot;
mod space;
mod state;
mod tail;
#[cfg(test)]
mod tests;
pub mod tree;
mod unsealed;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, TryLockError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use tokio::sync::{Notify, oneshot, watch};

use crate::backend::StoreError;
use crate::durations::{Durations, Spread};
use crate::patience::{PATIENCE, within};

pub use checkpoint::{
    Checkpoint, CheckpointFollower, FoldMark, Kept, Place, Told, newest_checkpoint, origin,
};
pub use entry::{EntryBytes, EntryError, OWN as OWN_MEMBERS, write_canonical};
pub use fold::{Compared, Fault, Finding, Fold, RowMark, compare, digest, fold, fold_since};
pub use follow::{Follower, Lines};
pub use ledger::{Files, LedgerFault, LedgerFaultKind, LedgerSummary, verify_ledger};
pub use medium::MemoryLog;
pub use note::{
    CheckSignature, Note, NoteKey, NoteKeyKind, NoteSignature, Term, TrustedKey, TrustedKeys,
};
pub use outbox::{OUTBOX_CLEARED, OUTBOX_PREFIX, SyncedOutbox, newest_in_outbox, outbox_key};
pub use proof::{
    Proof, ProofError, Wanted, check_proof, journal_folder, prove_consistency, prove_inclusion,
};
pub use reader::{
    ChainFault, ChainFaultKind, ChainSummary, Line, read, read_back_to, summarize_chain,
    verify_chain,
};
pub use sealer::{Notary, Pace, Signer};
pub use signers::public_keys;
pub use tail::Torn;

use gathering::Batch;
use medium::{Folder, Medium, Segment};
use space::Space;
use state::{FileLimits, Mark, Promise, State};

/// The number of a line. The first one is 1.
pub type Seq = u64;
/// The SHA-256 of a line.
pub type Hash = [u8; 32];

/// How large a file grows before the journal goes on in the next one.
const FILE_BYTES: u64 = 64 << 20;
/// How old a file grows.
const FILE_AGE: Duration = Duration::from_hours(24);
/// How long a line waits for a sync that nobody waits for. Half of what is promised, since the
/// sync itself takes time.
const RELAXED_SYNC: Duration = Duration::from_millis(50);
/// Unsynced bytes above which appends wait for the disk even in relaxed mode, so that a disk
/// that cannot keep up slows callers down instead of filling memory.
const UNSYNCED_BYTES: usize = 8 << 20;

/// How a journal is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JournalSettings {
    /// When an append returns.
    pub durability: Durability,
    /// How large a file grows before the journal goes on in the next one.
    pub file_bytes: u64,
    /// How old it grows, from its first line on.
    pub file_age: Option<Duration>,
    /// How often checkpoints are made.
    pub pace: Pace,
    /// Of a hundred parts of the disk, how many have to be left for a call to be recorded.
    pub reserve_percent: u8,
    /// How long a call waits for the disk.
    pub patience: Duration,
}

impl JournalSettings {
    /// Files of 64 MiB or a day, checkpoints after ten seconds or 4,096 lines, no reserve, ten
    /// seconds of patience.
    #[must_use]
    pub fn of(durability: Durability) -> Self {
        Self {
            durability,
            file_bytes: FILE_BYTES,
            file_age: Some(FILE_AGE),
            pace: Pace::default(),
            reserve_percent: 0,
            patience: PATIENCE,
        }
    }
}

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
    /// A checkpoint vouches for lines that are not there any more.
    #[error(
        "The journal was cut off: it ends at line {last}, and the checkpoint in {} (line {line}) \
         vouches for {sealed} lines. Restore the journal from a copy, or move its folder away to \
         begin a new one.",
        file.display()
    )]
    CutOff {
        /// The last line that is there.
        last: Seq,
        /// The last line that was there when the checkpoint was made.
        sealed: Seq,
        /// The file with the checkpoint.
        file: PathBuf,
        /// Its place in that file, from 1.
        line: u64,
    },
    /// The disk has less space left than its reserve.
    #[error(
        "less than {percent} % of the disk is free, which is the reserve (audit.reserve_percent)"
    )]
    Reserve {
        /// Of a hundred parts of the disk, how many are the reserve.
        percent: u8,
    },
    /// The line was written, and its disk has not answered in time. It is there, and safe once
    /// the disk answers.
    #[error("the disk of the journal has not answered within {} ms", patience.as_millis())]
    TimedOut {
        /// How long it was waited for.
        patience: Duration,
    },
    /// The disk does not answer what it was told before. Nothing of the line is there.
    #[error(
        "the journal takes no records, since its disk has not answered for more than {} ms",
        patience.as_millis()
    )]
    Stalled {
        /// How long it was waited for.
        patience: Duration,
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
    patience: Duration,
    pace: Pace,
    dir: Option<PathBuf>,
    torn: Option<Torn>,
    clearing: tokio::sync::Mutex<()>,
    gatherings: gathering::Gatherings,
    syncer: Option<JoinHandle<()>>,
    sealer: Mutex<Option<JoinHandle<()>>>,
}

struct Shared {
    state: Mutex<State>,
    /// Bytes of lines that are written and not yet synced.
    unsynced_bytes: Arc<AtomicUsize>,
    /// Wakes the syncing thread.
    wake: Condvar,
    /// Wakes whoever clears the outbox.
    outbox: Notify,
    /// Wakes the thread that makes checkpoints.
    seal: Condvar,
    /// The last line that a checkpoint vouches for.
    sealed: AtomicU64,
    /// When this process made a checkpoint last, in seconds since 1970; 0 if it has not.
    sealed_at: AtomicU64,
    /// The last line that is safe, for whoever follows.
    followed: watch::Sender<Seq>,
    /// The last line that a checkpoint vouches for, likewise.
    vouched: watch::Sender<Seq>,
    /// How long syncs take.
    syncs: Durations,
    space: Option<Space>,
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
        Self::open_as(
            dir,
            JournalSettings {
                file_bytes,
                ..JournalSettings::of(durability)
            },
        )
    }

    /// Like [`open`](Self::open), as the settings say.
    ///
    /// # Errors
    ///
    /// As [`open`](Self::open).
    pub fn open_as(dir: &Path, settings: JournalSettings) -> Result<Self, JournalError> {
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
        let space = Space::of(dir.to_path_buf(), settings.reserve_percent);
        let mut journal =
            Self::start(medium, segment, settings, space, end.mark).map_err(state::unavailable)?;
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
            JournalSettings {
                file_bytes: 1 << 20,
                file_age: None,
                ..JournalSettings::of(Durability::Relaxed)
            },
            None,
            Mark::default(),
        )
        .map_err(state::unavailable)?;
        Ok((journal, log))
    }

    fn start(
        medium: Box<dyn Medium>,
        segment: Arc<dyn Segment>,
        settings: JournalSettings,
        space: Option<Space>,
        end: Mark,
    ) -> io::Result<Self> {
        let limits = FileLimits {
            bytes: settings.file_bytes,
            age: settings.file_age,
        };
        let state = State::new(medium, segment, limits, settings.patience, end);
        let shared = Arc::new(Shared {
            unsynced_bytes: state.unsynced_bytes(),
            state: Mutex::new(state),
            wake: Condvar::new(),
            outbox: Notify::new(),
            seal: Condvar::new(),
            sealed: AtomicU64::new(0),
            sealed_at: AtomicU64::new(0),
            followed: watch::Sender::new(end.seq),
            vouched: watch::Sender::new(0),
            syncs: Durations::default(),
            space,
        });
        let thread = Arc::clone(&shared);
        let syncer = std::thread::Builder::new()
            .name("journal-sync".to_owned())
            .spawn(move || thread.sync_until_closed())?;
        Ok(Self {
            shared,
            durability: settings.durability,
            patience: settings.patience,
            pace: settings.pace,
            dir: None,
            torn: None,
            clearing: tokio::sync::Mutex::new(()),
            gatherings: gathering::Gatherings::default(),
            syncer: Some(syncer),
            sealer: Mutex::default(),
        })
    }

    /// Appends a record, and returns its number as soon as the journal's durability is reached.
    ///
    /// # Errors
    ///
    /// [`JournalError::Unavailable`]: the journal did not take the record and nothing of it is
    /// there, so the call it speaks of must be refused. [`JournalError::Reserve`] and
    /// [`JournalError::Stalled`] likewise. After [`JournalError::TimedOut`] the record is there,
    /// and the call must be refused as well.
    pub async fn append(&self, body: EntryBytes) -> Result<Seq, JournalError> {
        let (awaited, durably) = self.gather(body).await;
        if !durably {
            // It is written already, or will be as soon as another thread has written.
            return awaited.await;
        }
        let patience = self.patience;
        let answered = within(patience, awaited).await;
        answered.unwrap_or(Err(JournalError::TimedOut { patience }))
    }

    /// Whether calls are answered once their lines are durable, as things are.
    fn answers_durably(&self) -> bool {
        self.durability == Durability::Strict
            || self.shared.unsynced_bytes.load(Ordering::Relaxed) >= UNSYNCED_BYTES
    }

    /// Appends a record that nobody waits for: what is to be said of a call beyond a line that
    /// the disk has not answered for. Such calls are as few as began before it was known.
    pub fn append_unawaited(&self, body: EntryBytes) {
        let mut state = self.shared.lock();
        let idle = state.is_settled();
        state.accept(body, Promise::Written);
        drop(state);
        if idle {
            self.shared.wake.notify_one();
        }
    }

    /// How long a call waits for the disk.
    #[must_use]
    pub fn patience(&self) -> Duration {
        self.patience
    }

    /// Whether somebody holds the journal's lock, and so probably writes.
    fn is_being_written(&self) -> bool {
        matches!(self.shared.state.try_lock(), Err(TryLockError::WouldBlock))
    }

    /// Writes records, and tells whoever waits for them: now, or once they are durable.
    fn write_batch(&self, batch: &mut Batch) {
        let Some(answer) = batch.answer.take() else {
            return;
        };
        if let Err(error) = self.check_space() {
            return answer.give(Err(error));
        }
        let mut state = self.shared.lock();
        let idle = state.is_settled();
        let ready = if batch.durably {
            state.check_pace()
        } else {
            state.settle().and_then(|()| state.check())
        };
        let written = ready.and_then(|()| state.append_many(&batch.bodies));
        let (answer, wake) = match written {
            Ok(first) if batch.durably => {
                state.promise(first, answer);
                (None, state.hurry())
            }
            Ok(first) => (Some((answer, Ok(first))), idle),
            Err(error) => (Some((answer, Err(error))), false),
        };
        drop(state);
        if wake {
            self.shared.wake.notify_one();
        }
        if let Some((answer, written)) = answer {
            answer.give(written);
        }
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
    /// another one would be refused; [`JournalError::Reserve`] while there is too little space;
    /// [`JournalError::Stalled`] while the disk does not answer. A call that would change
    /// something must be refused then.
    pub fn check(&self) -> Result<(), JournalError> {
        self.check_space()?;
        self.check_medium()
    }

    /// Whether the disk has more space left than its reserve.
    fn check_space(&self) -> Result<(), JournalError> {
        self.shared.space.as_ref().map_or(Ok(()), Space::check)
    }

    /// Whether the medium takes a record, whatever is reserved.
    fn check_medium(&self) -> Result<(), JournalError> {
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
        let (waiting, wake) = {
            let mut state = self.shared.lock();
            state.settle()?;
            let (answer, waiting) = oneshot::channel();
            if !state.wait_for_sync(answer) {
                return Ok(());
            }
            (waiting, state.hurry())
        };
        if wake {
            self.shared.wake.notify_one();
        }
        waiting.await.unwrap_or(Err(JournalError::Closed)).map(drop)
    }

    /// The number and the hash of the newest line; 0 and zeros if there is none.
    #[must_use]
    pub fn head(&self) -> (Seq, Hash) {
        let written = self.shared.lock().written();
        (written.seq, written.hash)
    }

    /// The folder that it is in; none for one in memory.
    #[must_use]
    pub fn dir(&self) -> Option<&Path> {
        self.dir.as_deref()
    }

    /// The number of the last line that is safe, as it grows. Lines up to it are read with a
    /// [`Follower`].
    #[must_use]
    pub fn followed(&self) -> watch::Receiver<Seq> {
        self.shared.followed.subscribe()
    }

    /// The number of the last line that a checkpoint vouches for, as it grows.
    #[must_use]
    pub fn vouched(&self) -> watch::Receiver<Seq> {
        self.shared.vouched.subscribe()
    }

    /// How long it took to have lines on stable storage, sync by sync.
    #[must_use]
    pub fn syncs(&self) -> Spread {
        self.shared.syncs.spread()
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
        self.end_sealing();
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
            let (segment, mark) = (state.segment(), state.begin_sync());
            let began = Instant::now();
            state.syncing = Some(began);
            drop(state);
            let synced = segment.sync();
            self.syncs.note(began.elapsed());
            let mut state = self.lock();
            state.syncing = None;
            match synced {
                Ok(()) => {
                    state.mark_synced(mark);
                    state.rotate_if_full();
                    self.followed.send_replace(state.synced().seq);
                }
                Err(error) => state.sync_failed(&error),
            }
            let cleared = state.has_synced_outbox();
            let seal = state.sealing.calls(state.synced().seq);
            drop(state);
            if seal {
                self.seal.notify_one();
            }
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
