//! What the journal knows about its own end, under one lock.
//!
//! A line passes through three places. *Accepted* lines wait in `backlog` while the medium
//! cannot take them; *written* ones are in the file but may be lost with the power; *synced*
//! ones are safe. Until a line is synced its body is kept in memory (`unsynced`), because after
//! a failed sync the kernel may drop the bytes it could not write and call the file clean: the
//! lines have to be written again, and a later sync alone would prove nothing.

use std::collections::VecDeque;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant, SystemTime};

use aws_lc_rs::digest::{SHA256, digest};
use bytes::BytesMut;
use tokio::sync::oneshot;

use super::entry::EntryBytes;
use super::medium::{Medium, Segment};
use super::sealer::Sealing;
use super::{Hash, JournalError, Seq, SyncedOutbox};

/// Bytes of bodies that are kept in one piece of memory.
const KEPT_BYTES: usize = 64 << 10;

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

/// Where the number of a durable line is awaited.
pub(super) type Waiter = oneshot::Sender<Result<Seq, JournalError>>;
/// What comes of it.
pub(super) type Awaited = oneshot::Receiver<Result<Seq, JournalError>>;

/// What the writer of a line was promised.
pub(super) enum Promise {
    /// It is in the store's outbox as well, under this id.
    Outbox(u64),
    /// It was answered for when it was written.
    Written,
    /// Somebody waits until it is durable.
    Durable(Waiter),
}

struct Line {
    seq: Seq,
    body: EntryBytes,
    promise: Promise,
}

/// Memory for bodies, many in a piece. Otherwise the syncing thread would give back the memory
/// of every single call, and meet the callers at the allocator.
#[derive(Default)]
struct Kept(BytesMut);

impl Kept {
    /// The same body in this memory.
    fn copy(&mut self, body: &EntryBytes) -> EntryBytes {
        let bytes = body.as_bytes();
        if self.0.capacity() < bytes.len() {
            self.0 = BytesMut::with_capacity(KEPT_BYTES.max(bytes.len()));
        }
        self.0.extend_from_slice(bytes);
        body.kept_in(self.0.split().freeze())
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
    unsynced: VecDeque<Line>,
    /// How many bytes they have; read without the lock by every call.
    unsynced_bytes: Arc<AtomicUsize>,
    kept: Kept,
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
    /// The line being built; kept for its memory.
    line: Vec<u8>,
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
            unsynced: VecDeque::new(),
            unsynced_bytes: Arc::default(),
            kept: Kept::default(),
            backlog: VecDeque::new(),
            flushes: Vec::new(),
            dirty: false,
            broken: None,
            refused: false,
            synced_outbox: Vec::new(),
            line: Vec::with_capacity(2048),
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
        self.unsynced.is_empty()
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
            if let Err((error, promise)) = self.write(&body, promise) {
                self.backlog.push_front((body, promise));
                return Err(error);
            }
        }
        Ok(())
    }

    /// Writes several lines with one call to the medium, and returns the number of the first.
    /// If it fails, nothing of them stays in the file.
    pub(super) fn append_many<'b>(
        &mut self,
        bodies: impl Iterator<Item = &'b EntryBytes> + Clone,
    ) -> Result<Seq, JournalError> {
        self.settle()?;
        self.line.clear();
        let first = self.written.seq + 1;
        let mut end = self.written;
        for body in bodies.clone() {
            let start = self.line.len();
            body.write_line(end.seq + 1, &end.hash, None, &mut self.line);
            let line = self.line.get(start..).unwrap_or_default();
            end = Mark {
                seq: end.seq + 1,
                file: end.file,
                length: end.length + line.len() as u64,
                hash: hash(line.strip_suffix(b"\n").unwrap_or(line)),
            };
        }
        if let Err(error) = self.segment.write_at(&self.line, self.written.length) {
            self.dirty = self.segment.truncate(self.written.length).is_err();
            self.refused = true;
            return Err(unavailable(error));
        }
        self.written = end;
        self.refused = false;
        for (seq, body) in (first..).zip(bodies) {
            let body = self.kept.copy(body);
            self.unsynced_bytes
                .fetch_add(body.as_bytes().len(), Ordering::Relaxed);
            self.unsynced.push_back(Line {
                seq,
                body,
                promise: Promise::Written,
            });
        }
        Ok(first)
    }

    /// Has `waiter` told when a line that was just written is safe.
    pub(super) fn promise(&mut self, seq: Seq, waiter: Waiter) {
        let behind = self.written.seq.saturating_sub(seq);
        let newest = self.unsynced.iter_mut().rev();
        let line = usize::try_from(behind).ok().and_then(|behind| {
            let mut lines = newest.skip(behind);
            lines.next()
        });
        if let Some(line) = line {
            line.promise = Promise::Durable(waiter);
        }
    }

    /// Takes a line that must come, sooner or later.
    pub(super) fn accept(&mut self, body: EntryBytes, promise: Promise) {
        self.backlog.push_back((body, promise));
        if let Err(error) = self.settle() {
            tracing::error!(%error, waiting = self.backlog.len(), "the journal cannot be written");
        }
    }

    fn write(
        &mut self,
        body: &EntryBytes,
        promise: Promise,
    ) -> Result<Seq, (JournalError, Promise)> {
        let seq = self.written.seq + 1;
        let outbox = match promise {
            Promise::Outbox(id) => Some(id),
            Promise::Written | Promise::Durable(_) => None,
        };
        self.line.clear();
        body.write_line(seq, &self.written.hash, outbox, &mut self.line);
        if let Err(error) = self.segment.write_at(&self.line, self.written.length) {
            self.dirty = self.segment.truncate(self.written.length).is_err();
            self.refused = true;
            return Err((unavailable(error), promise));
        }
        self.refused = false;
        let text = self.line.strip_suffix(b"\n").unwrap_or(&self.line);
        self.written = Mark {
            seq,
            file: self.written.file,
            length: self.written.length + self.line.len() as u64,
            hash: hash(text),
        };
        self.unsynced_bytes
            .fetch_add(body.as_bytes().len(), Ordering::Relaxed);
        self.unsynced.push_back(Line {
            seq,
            body: body.clone(),
            promise,
        });
        Ok(seq)
    }

    /// Has `waiter` told when everything written is safe. False if it is already.
    pub(super) fn wait_for_sync(&mut self, waiter: Waiter) -> bool {
        let behind = self.synced.seq < self.written.seq || self.broken.is_some();
        if behind {
            self.flushes.push((self.written.seq, waiter));
        }
        behind
    }

    /// Every line up to `mark` is safe; whoever waited for one is answered.
    pub(super) fn mark_synced(&mut self, mark: Mark) {
        self.broken = None;
        self.synced = mark;
        while self
            .unsynced
            .front()
            .is_some_and(|line| line.seq <= mark.seq)
        {
            let Some(line) = self.unsynced.pop_front() else {
                break;
            };
            self.unsynced_bytes
                .fetch_sub(line.body.as_bytes().len(), Ordering::Relaxed);
            match line.promise {
                Promise::Outbox(id) => {
                    self.synced_outbox.push(SyncedOutbox { id, seq: line.seq });
                    if self.sealing.begun {
                        self.sealing.changes.push(line.seq);
                    }
                }
                Promise::Written => {}
                Promise::Durable(waiter) => {
                    // Whoever does not wait any more does not need the answer.
                    let _ = waiter.send(Ok(line.seq));
                }
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
        let mut again = VecDeque::new();
        for line in self.unsynced.drain(..) {
            if let Promise::Durable(waiter) = line.promise {
                let _ = waiter.send(Err(JournalError::Unavailable {
                    cause: cause.clone(),
                }));
            } else {
                again.push_back((line.body, line.promise));
            }
        }
        for (_, waiter) in self.flushes.drain(..) {
            let _ = waiter.send(Err(JournalError::Unavailable {
                cause: cause.clone(),
            }));
        }
        again.append(&mut self.backlog);
        self.backlog = again;
        self.unsynced_bytes.store(0, Ordering::Relaxed);
        self.written = self.synced;
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
            let mark = self.written;
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
