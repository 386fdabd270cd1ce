//! What the journal knows about its own end, under one lock.
//!
//! A line passes through three places. *Accepted* lines wait in `backlog` while the medium
//! cannot take them; *written* ones are in the file but may be lost with the power; *synced*
//! ones are safe. Until a line is synced it is kept in memory (`unsynced`), because after a
//! failed sync the kernel may drop the bytes it could not write and call the file clean: the
//! lines have to be written again, and a later sync alone would prove nothing.

use std::collections::VecDeque;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant, SystemTime};

use aws_lc_rs::digest::{SHA256, digest};
use tokio::sync::oneshot;

use super::entry::EntryBytes;
use super::gathering::Answer;
use super::medium::{Medium, Segment};
use super::sealer::Sealing;
use super::{Hash, JournalError, Seq, SyncedOutbox};

/// Memory for lines that are not synced yet which is kept, whether or not it was needed last.
const KEPT_BYTES: usize = 256 << 10;

/// A point in the journal: the end of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Mark {
    /// The number of the line; 0 before the first one.
    pub(super) seq: Seq,
    /// The file that goes on behind the line, by the number of its first line.
    pub(super) file: Seq,
    /// Where it goes on: where the line ends in it; 0 if the line was the last of the file before.
    pub(super) length: u64,
    /// The line's hash; zeros before the first one.
    pub(super) hash: Hash,
}

impl Default for Mark {
    /// Before the first line.
    fn default() -> Self {
        Self {
            seq: 0,
            file: 1,
            length: 0,
            hash: Hash::default(),
        }
    }
}

/// Who waits until everything is safe.
pub(super) type Waiter = oneshot::Sender<Result<Seq, JournalError>>;

/// What the writer of a line was promised.
pub(super) enum Promise {
    /// It is in the store's outbox as well, under this id.
    Outbox(u64),
    /// It was answered for when it was written.
    Written,
}

/// What is to be done once a line is safe. Most were answered for before, and ask for nothing.
enum Due {
    /// This record may leave the store's outbox.
    Outbox(u64),
    /// Whoever waits for the lines from this one on is to be told.
    Answer(Seq, Answer),
}

/// Lines that are written and not synced yet, as they are in the file. Their memory is used again
/// and again.
#[derive(Default)]
struct Unsynced {
    /// Those that the sync under way makes safe.
    syncing: Vec<u8>,
    /// Those that came since it began.
    since: Vec<u8>,
}

impl Unsynced {
    fn len(&self) -> usize {
        self.syncing.len() + self.since.len()
    }

    /// Whatever was written so far is being synced.
    fn begin_sync(&mut self) {
        debug_assert!(self.syncing.is_empty(), "one sync at a time");
        std::mem::swap(&mut self.syncing, &mut self.since);
    }

    /// The sync has succeeded.
    fn end_sync(&mut self) {
        let used = self.syncing.len();
        self.syncing.clear();
        // What a burst took is given back once it is over.
        if self.syncing.capacity() > KEPT_BYTES.max(4 * used) {
            self.syncing = Vec::with_capacity(KEPT_BYTES.max(2 * used));
        }
    }

    /// Each line, in order, without its newline.
    fn lines(&self) -> impl Iterator<Item = &[u8]> {
        [&self.syncing, &self.since]
            .into_iter()
            .flat_map(|lines| lines.split_inclusive(|byte| *byte == b'\n'))
            .map(|line| line.strip_suffix(b"\n").unwrap_or(line))
    }

    fn clear(&mut self) {
        self.syncing.clear();
        self.since.clear();
    }
}

pub(super) struct State {
    medium: Box<dyn Medium>,
    segment: Arc<dyn Segment>,
    limits: FileLimits,
    /// When the file was begun.
    began: SystemTime,
    written: Mark,
    synced: Mark,
    unsynced: Unsynced,
    /// How many bytes they have; read without the lock by calls.
    unsynced_bytes: Arc<AtomicUsize>,
    /// What is due once they are safe, each with the last line that it asks for.
    due: VecDeque<(Seq, Due)>,
    backlog: VecDeque<(EntryBytes, Promise)>,
    /// Who waits until everything up to a line is safe.
    flushes: Vec<(Seq, Waiter)>,
    /// The file may hold bytes after `written`.
    dirty: bool,
    /// The last sync failed, and nothing has succeeded since.
    broken: Option<String>,
    /// The medium refused the last line that it was given.
    refused: bool,
    synced_outbox: Vec<SyncedOutbox>,
    /// Somebody waits for the next sync, so it must not wait for its turn.
    pub(super) urgent: bool,
    pub(super) closed: bool,
    /// Since when a sync is under way.
    pub(super) syncing: Option<Instant>,
    /// How long that may take before no more lines are taken.
    patience: Duration,
    pub(super) sealing: Sealing,
}

/// When the journal goes on in a new file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct FileLimits {
    /// Once the file has so many bytes.
    pub(super) bytes: u64,
    /// Or is so old and has a line.
    pub(super) age: Option<Duration>,
}

impl State {
    pub(super) fn new(
        medium: Box<dyn Medium>,
        segment: Arc<dyn Segment>,
        limits: FileLimits,
        patience: Duration,
        end: Mark,
    ) -> Self {
        Self {
            began: segment.began().unwrap_or_else(SystemTime::now),
            medium,
            segment,
            limits,
            written: end,
            synced: end,
            unsynced: Unsynced::default(),
            unsynced_bytes: Arc::default(),
            due: VecDeque::new(),
            backlog: VecDeque::new(),
            flushes: Vec::new(),
            dirty: false,
            broken: None,
            refused: false,
            synced_outbox: Vec::new(),
            urgent: false,
            closed: false,
            syncing: None,
            patience,
            sealing: Sealing::default(),
        }
    }

    pub(super) fn written(&self) -> Mark {
        self.written
    }

    pub(super) fn synced(&self) -> Mark {
        self.synced
    }

    pub(super) fn segment(&self) -> Arc<dyn Segment> {
        Arc::clone(&self.segment)
    }

    pub(super) fn unsynced_bytes(&self) -> Arc<AtomicUsize> {
        Arc::clone(&self.unsynced_bytes)
    }

    /// Whether there is nothing for the syncing thread to do.
    pub(super) fn is_settled(&self) -> bool {
        self.synced.seq == self.written.seq
            && self.backlog.is_empty()
            && !self.dirty
            && self.broken.is_none()
            && !self.urgent
    }

    /// Fails while the disk does not answer.
    pub(super) fn check_pace(&self) -> Result<(), JournalError> {
        match self.syncing {
            Some(since) if since.elapsed() > self.patience => Err(JournalError::Stalled {
                patience: self.patience,
            }),
            _ => Ok(()),
        }
    }

    /// Fails while lines that were accepted cannot be made safe.
    pub(super) fn check(&self) -> Result<(), JournalError> {
        self.check_pace()?;
        match &self.broken {
            Some(cause) => Err(JournalError::Unavailable {
                cause: cause.clone(),
            }),
            None => Ok(()),
        }
    }

    /// After a line was refused, tries whether the medium would take another one now: as many
    /// bytes as a line has are written where the next one will be, and cut off again. They have
    /// no newline, so that a crash in between leaves what any crash may leave.
    pub(super) fn try_out(&mut self) -> Result<(), JournalError> {
        const LINE: [u8; 1024] = [b' '; 1024];
        if !self.refused {
            return Ok(());
        }
        let written = self.segment.write_at(&LINE, self.written.length);
        self.dirty = self.segment.truncate(self.written.length).is_err();
        written.map_err(unavailable)?;
        self.refused = self.dirty;
        Ok(())
    }

    /// Brings the file to what the journal believes, and writes the accepted lines that wait.
    pub(super) fn settle(&mut self) -> Result<(), JournalError> {
        if self.dirty {
            self.segment
                .truncate(self.written.length)
                .map_err(unavailable)?;
            self.dirty = false;
        }
        while let Some((body, promise)) = self.backlog.pop_front() {
            let outbox = match promise {
                Promise::Outbox(id) => Some(id),
                Promise::Written => None,
            };
            if let Err(error) = self.write([&body], outbox) {
                self.backlog.push_front((body, promise));
                return Err(error);
            }
        }
        Ok(())
    }

    /// Writes several lines with one call to the medium, and returns the number of the first.
    /// If it fails, nothing of them stays in the file.
    pub(super) fn append_many(&mut self, bodies: &[EntryBytes]) -> Result<Seq, JournalError> {
        self.settle()?;
        let first = self.written.seq + 1;
        self.write(bodies, None)?;
        Ok(first)
    }

    /// Has whoever waits for the lines from `first` on told when all that was written is safe.
    pub(super) fn promise(&mut self, first: Seq, answer: Answer) {
        let due = Due::Answer(first, answer);
        self.due.push_back((self.written.seq, due));
    }

    /// Has the next sync not wait for its turn. True if the syncing thread has to be woken for it.
    pub(super) fn hurry(&mut self) -> bool {
        !std::mem::replace(&mut self.urgent, true) && self.syncing.is_none()
    }

    /// Takes a line that must come, sooner or later.
    pub(super) fn accept(&mut self, body: EntryBytes, promise: Promise) {
        self.backlog.push_back((body, promise));
        if let Err(error) = self.settle() {
            tracing::error!(%error, waiting = self.backlog.len(), "the journal cannot be written");
        }
    }

    /// Writes lines. One that is in the store's outbox comes alone, with its id there.
    fn write<'b>(
        &mut self,
        bodies: impl IntoIterator<Item = &'b EntryBytes>,
        outbox: Option<u64>,
    ) -> Result<(), JournalError> {
        let lines = &mut self.unsynced.since;
        let begins = lines.len();
        let mut end = self.written;
        for body in bodies {
            let start = lines.len();
            body.write_line(end.seq + 1, &end.hash, outbox, lines);
            let text = lines.get(start..lines.len() - 1).unwrap_or_default();
            end = Mark {
                seq: end.seq + 1,
                file: end.file,
                length: end.length + text.len() as u64 + 1,
                hash: hash(text),
            };
            if self.sealing.begun {
                let unsealed = &mut self.sealing.unsealed;
                unsealed.note(&end, text.len(), outbox.is_some());
            }
        }
        let written = lines.get(begins..).unwrap_or_default();
        if let Err(error) = self.segment.write_at(written, self.written.length) {
            lines.truncate(begins);
            self.sealing.unsealed.cut(self.written.seq);
            self.dirty = self.segment.truncate(self.written.length).is_err();
            self.refused = true;
            return Err(unavailable(error));
        }
        self.written = end;
        self.refused = false;
        self.count_unsynced();
        if let Some(id) = outbox {
            self.due.push_back((end.seq, Due::Outbox(id)));
        }
        Ok(())
    }

    fn count_unsynced(&self) {
        let bytes = self.unsynced.len();
        self.unsynced_bytes.store(bytes, Ordering::Relaxed);
    }

    /// Has `waiter` told when everything written is safe. False if it is already.
    pub(super) fn wait_for_sync(&mut self, waiter: Waiter) -> bool {
        let behind = self.synced.seq < self.written.seq || self.broken.is_some();
        if behind {
            self.flushes.push((self.written.seq, waiter));
        }
        behind
    }

    /// Everything written so far is about to be synced.
    pub(super) fn begin_sync(&mut self) -> Mark {
        self.unsynced.begin_sync();
        self.written
    }

    /// Every line up to `mark`, where the sync began, is safe; whoever waited for one is answered.
    pub(super) fn mark_synced(&mut self, mark: Mark) {
        self.broken = None;
        self.synced = mark;
        self.unsynced.end_sync();
        self.count_unsynced();
        while let Some((seq, due)) = self.due.pop_front_if(|(seq, _)| *seq <= mark.seq) {
            match due {
                Due::Outbox(id) => self.synced_outbox.push(SyncedOutbox { id, seq }),
                Due::Answer(first, answer) => answer.give(Ok(first)),
            }
        }
        for (_, waiter) in self.flushes.extract_if(.., |(seq, _)| *seq <= mark.seq) {
            let _ = waiter.send(Ok(mark.seq));
        }
    }

    /// Nothing after the last sync is safe. Lines that somebody waits for are refused and
    /// forgotten; lines that were answered for are written again as soon as that is possible.
    pub(super) fn sync_failed(&mut self, error: &io::Error) {
        let cause = error.to_string();
        tracing::error!(%error, "the journal cannot be synced");
        let refused = || JournalError::Unavailable {
            cause: cause.clone(),
        };
        let mut again = VecDeque::new();
        for (seq, line) in (self.synced.seq + 1..).zip(self.unsynced.lines()) {
            let promise = match self.due.front() {
                Some((_, Due::Answer(first, _))) if *first <= seq => None,
                Some((of, Due::Outbox(id))) if *of == seq => Some(Promise::Outbox(*id)),
                _ => Some(Promise::Written),
            };
            if let Some((_, Due::Answer(_, answer))) =
                self.due.pop_front_if(|(last, _)| *last == seq)
            {
                answer.give(Err(refused()));
            }
            let Some(promise) = promise else { continue };
            match EntryBytes::of_line(line) {
                Ok(body) => again.push_back((body, promise)),
                // It was made of a body that was fit, so there is one in it.
                Err(error) => tracing::error!(seq, %error, "a line of the journal is lost"),
            }
        }
        for (_, waiter) in self.flushes.drain(..) {
            let _ = waiter.send(Err(refused()));
        }
        again.append(&mut self.backlog);
        self.backlog = again;
        self.unsynced.clear();
        self.count_unsynced();
        self.written = self.synced;
        self.sealing.unsealed.cut(self.synced.seq);
        self.dirty = true;
        self.broken = Some(cause);
        if let Err(error) = self.settle() {
            tracing::error!(%error, "the journal cannot be written");
        }
    }

    /// Goes on in a new file once this one is large or old enough and all of it is safe.
    pub(super) fn rotate_if_full(&mut self) {
        let age = || self.began.elapsed().unwrap_or_default();
        let old = self.limits.age.is_some_and(|most| age() >= most);
        if self.written.length < self.limits.bytes && !(old && self.written.length > 0) {
            return;
        }
        if self.synced != self.written {
            let mark = self.begin_sync();
            match self.segment.sync() {
                Ok(()) => self.mark_synced(mark),
                Err(error) => return self.sync_failed(&error),
            }
        }
        match self.medium.create(self.written.seq + 1) {
            Ok(segment) => {
                if self.sealing.begun {
                    self.sealing.closed.push(self.synced);
                }
                self.segment = segment;
                self.began = SystemTime::now();
                self.written.file = self.written.seq + 1;
                self.written.length = 0;
                self.synced = self.written;
            }
            // The old file can go on growing; the next sync tries again.
            Err(error) => tracing::error!(%error, "the journal cannot begin a new file"),
        }
    }

    pub(super) fn take_synced_outbox(&mut self) -> Vec<SyncedOutbox> {
        std::mem::take(&mut self.synced_outbox)
    }

    pub(super) fn has_synced_outbox(&self) -> bool {
        !self.synced_outbox.is_empty()
    }

    /// Puts back what could not be removed from the store, before what came meanwhile.
    pub(super) fn return_synced_outbox(&mut self, mut ids: Vec<SyncedOutbox>) {
        ids.append(&mut self.synced_outbox);
        self.synced_outbox = ids;
    }
}

/// The hash of a line, without its newline.
pub(super) fn hash(line: &[u8]) -> Hash {
    let mut hash = Hash::default();
    hash.copy_from_slice(digest(&SHA256, line).as_ref());
    hash
}

pub(super) fn unavailable(error: io::Error) -> JournalError {
    JournalError::Unavailable {
        cause: error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_kept_until_the_sync_that_began_after_them_has_ended() {
        let mut unsynced = Unsynced::default();
        let kept = |unsynced: &Unsynced| {
            let lines = unsynced.lines().map(|line| line.to_vec());
            String::from_utf8(lines.collect::<Vec<_>>().concat()).unwrap()
        };
        unsynced.since.extend_from_slice(b"a\nb\n");
        unsynced.begin_sync();
        unsynced.since.extend_from_slice(b"c\n");
        assert_eq!((kept(&unsynced).as_str(), unsynced.len()), ("abc", 6));
        unsynced.end_sync();
        assert_eq!(kept(&unsynced), "c");
        unsynced.begin_sync();
        unsynced.since.extend_from_slice(b"d\n");
        unsynced.clear();
        assert_eq!(unsynced.len(), 0);
    }

    #[test]
    fn memory_is_used_again_and_what_a_burst_took_is_given_back() {
        let mut unsynced = Unsynced::default();
        let mut sync = |bytes: usize| {
            unsynced.since.resize(bytes, b'x');
            unsynced.begin_sync();
            let memory = unsynced.syncing.as_ptr();
            unsynced.end_sync();
            assert!(unsynced.syncing.is_empty());
            (
                memory == unsynced.syncing.as_ptr(),
                unsynced.syncing.capacity(),
            )
        };
        for _ in 0..4 {
            assert!(sync(1 << 20).0);
        }
        assert!(sync(1 << 19).0);
        let (same, capacity) = sync(1000);
        assert!(!same && capacity == KEPT_BYTES);
        let (same, capacity) = sync(1 << 17);
        assert!(!same && capacity == KEPT_BYTES);
        assert!(sync(1000).0);
    }
}
