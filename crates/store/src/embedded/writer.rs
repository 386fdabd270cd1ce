//! The one thread that writes: group commit.
//!
//! While one group is being synced, the next one gathers; nobody waits for a timer. Each commit
//! of a group is judged on what the ones before it left, so a group is the same as its commits
//! one after another, and a conflict of one does not disturb the others.
//!
//! **When a group fails**, every commit in it is answered `Unavailable`, conflicts included,
//! since they may have been judged against changes that are gone. Up to the COMMIT statement a
//! failure is simple: the transaction is rolled back and nothing of it can reach the file, since
//! SQLite writes the frame that makes a transaction count as the last of all. The same is true
//! of a COMMIT that failed to *write*. A COMMIT that failed to *sync* is another matter: the
//! frames are complete in the log, invisible, and a crash would find and revive them. So before
//! such a group is answered, a small transaction is written over its frames
//! ([`Writer::bury`]). If that succeeds, "failed" is the truth. If it does not, the answer is
//! [`Unavailability::Uncertain`], until the next successful commit buries them.

use std::path::{Path, PathBuf};
use std::sync::{Arc, mpsc};

use bytes::Bytes;
use rusqlite::{Connection, OptionalExtension, ffi, params};
use tokio::sync::oneshot;

use super::{schema, store_error};
use crate::backend::{Changes, Precondition, Revision, StoreError, Unavailability, Write};
use crate::history::History;

/// Commits in one group.
const GROUP_COMMITS: usize = 256;
/// Bytes of values in one group after which it takes no more.
const GROUP_BYTES: usize = 4 << 20;

const REVISION_OF: &str = "SELECT revision FROM rows WHERE key = ?1";
const PUT: &str = "INSERT INTO rows (key, value, revision) VALUES (?1, ?2, ?3)
    ON CONFLICT (key) DO UPDATE SET value = excluded.value, revision = excluded.revision";
const DELETE: &str = "DELETE FROM rows WHERE key = ?1";
const SET_REVISION: &str = "UPDATE state SET revision = ?1";
/// Adds, because SQLite leaves a page alone whose bytes would not change.
const BURY: &str = "UPDATE state SET repairs = repairs + 1";

/// One commit on its way.
pub(super) struct Job {
    pub(super) preconditions: Vec<Precondition>,
    pub(super) writes: Vec<Write>,
    pub(super) reply: oneshot::Sender<Result<Revision, StoreError>>,
}

/// What became of one commit of a group, provided that the group succeeds.
enum Outcome {
    Changed(Changes),
    Unchanged(Revision),
    Conflict(Vec<u8>),
}

/// The thread's state.
pub(super) struct Writer {
    path: PathBuf,
    connection: Connection,
    /// The newest revision that is committed.
    revision: Revision,
    history: Arc<History>,
    /// Fails the next COMMITs in a test, as if they had not been synced.
    #[cfg(test)]
    pub(super) failing_commits: u32,
}

impl Writer {
    pub(super) fn new(
        path: &Path,
        connection: Connection,
        revision: Revision,
        history: Arc<History>,
    ) -> Self {
        Self {
            path: path.to_path_buf(),
            connection,
            revision,
            history,
            #[cfg(test)]
            failing_commits: 0,
        }
    }

    /// Serves until nobody can send any more.
    pub(super) fn run(mut self, waiting: &mpsc::Receiver<Job>) {
        while let Ok(first) = waiting.recv() {
            let mut bytes = size(&first);
            let mut group = vec![first];
            while group.len() < GROUP_COMMITS && bytes < GROUP_BYTES {
                let Ok(job) = waiting.try_recv() else { break };
                bytes += size(&job);
                group.push(job);
            }
            self.serve(group);
        }
    }

    /// Commits a group and answers each of its jobs.
    pub(super) fn serve(&mut self, group: Vec<Job>) {
        let (work, replies): (Vec<_>, Vec<_>) = group
            .into_iter()
            .map(|job| ((job.preconditions, job.writes), job.reply))
            .unzip();
        match self.commit(work) {
            Ok(outcomes) => {
                for (outcome, reply) in outcomes.into_iter().zip(replies) {
                    let answer = match outcome {
                        Outcome::Changed(changes) => {
                            let revision = changes.revision;
                            // Before the answer, so that whoever has it finds the change known.
                            self.history.publish(changes);
                            Ok(revision)
                        }
                        Outcome::Unchanged(revision) => Ok(revision),
                        Outcome::Conflict(key) => Err(StoreError::Conflict { key }),
                    };
                    // Whoever does not wait any more does not need the answer.
                    let _ = reply.send(answer);
                }
            }
            Err(error) => {
                tracing::error!(%error, commits = replies.len(), "a group of commits failed");
                for reply in replies {
                    let _ = reply.send(Err(error.clone()));
                }
            }
        }
    }

    fn commit(
        &mut self,
        work: Vec<(Vec<Precondition>, Vec<Write>)>,
    ) -> Result<Vec<Outcome>, StoreError> {
        match self.apply(work) {
            Ok((outcomes, revision)) if revision == self.revision => {
                self.roll_back();
                Ok(outcomes)
            }
            Ok((outcomes, revision)) => match self.make_durable(revision) {
                Ok(()) => {
                    self.revision = revision;
                    Ok(outcomes)
                }
                Err(error) => {
                    self.after_failed_commit(&error, revision)?;
                    Ok(outcomes)
                }
            },
            Err(error) => {
                self.roll_back();
                Err(error)
            }
        }
    }

    /// Judges and applies every commit, in order, and leaves the transaction open.
    fn apply(
        &self,
        work: Vec<(Vec<Precondition>, Vec<Write>)>,
    ) -> Result<(Vec<Outcome>, Revision), StoreError> {
        self.connection
            .execute_batch("BEGIN IMMEDIATE")
            .map_err(|error| store_error(&[], &error))?;
        let mut revision = self.revision;
        let mut outcomes = Vec::with_capacity(work.len());
        for (preconditions, writes) in work {
            let outcome = match self.first_conflict(preconditions)? {
                Some(key) => Outcome::Conflict(key),
                None => self.write(writes, revision)?,
            };
            if let Outcome::Changed(changes) = &outcome {
                revision = changes.revision;
            }
            outcomes.push(outcome);
        }
        Ok((outcomes, revision))
    }

    fn first_conflict(
        &self,
        preconditions: Vec<Precondition>,
    ) -> Result<Option<Vec<u8>>, StoreError> {
        for Precondition { key, expected } in preconditions {
            let found = self
                .connection
                .prepare_cached(REVISION_OF)
                .and_then(|mut find| find.query_row([&key], |row| row.get(0)).optional())
                .map_err(|error| store_error(&key, &error))?;
            if found != expected {
                return Ok(Some(key));
            }
        }
        Ok(None)
    }

    fn write(&self, writes: Vec<Write>, newest: Revision) -> Result<Outcome, StoreError> {
        let revision = newest + 1;
        let mut changes: Vec<(Vec<u8>, Option<Bytes>)> = Vec::with_capacity(writes.len());
        for write in writes {
            match write {
                Write::Put { key, value } => {
                    self.connection
                        .prepare_cached(PUT)
                        .and_then(|mut put| put.execute(params![key, &value[..], revision]))
                        .map_err(|error| store_error(&key, &error))?;
                    changes.push((key, Some(value)));
                }
                Write::Delete { key } => {
                    let removed = self
                        .connection
                        .prepare_cached(DELETE)
                        .and_then(|mut delete| delete.execute([&key]))
                        .map_err(|error| store_error(&key, &error))?;
                    if removed > 0 {
                        changes.push((key, None));
                    }
                }
            }
        }
        if changes.is_empty() {
            return Ok(Outcome::Unchanged(newest));
        }
        Ok(Outcome::Changed(Changes { revision, changes }))
    }

    fn make_durable(&mut self, revision: Revision) -> rusqlite::Result<()> {
        self.connection
            .prepare_cached(SET_REVISION)?
            .execute([revision])?;
        #[cfg(test)]
        if let Some(left) = self.failing_commits.checked_sub(1) {
            self.failing_commits = left;
            return Err(unsynced());
        }
        self.connection.execute_batch("COMMIT")
    }

    /// Establishes what a failed COMMIT left. Returns without error if, against its own word,
    /// it took effect and is durable now.
    fn after_failed_commit(
        &mut self,
        error: &rusqlite::Error,
        intended: Revision,
    ) -> Result<(), StoreError> {
        self.roll_back();
        if surely_not_written(error) {
            return Err(store_error(&[], error));
        }
        let visible = schema::read_revision(&self.connection).is_ok_and(|found| found == intended);
        if let Err(second) = self.bury() {
            return Err(StoreError::unavailable(
                Unavailability::Uncertain,
                format!("{error}, and then {second}"),
            ));
        }
        if visible {
            self.revision = intended;
            return Ok(());
        }
        Err(StoreError::unavailable(Unavailability::Failed, error))
    }

    /// Makes sure that no transaction is open, whatever SQLite already did by itself.
    fn roll_back(&mut self) {
        if self.connection.is_autocommit() {
            return;
        }
        if let Err(error) = self.connection.execute_batch("ROLLBACK") {
            tracing::error!(%error, "a transaction could not be rolled back");
            // The old connection is closed after the new one is open: closing the last one
            // would let the next one recover from the log, failed transaction included.
            if let Ok(fresh) = schema::open_writer(&self.path) {
                self.connection = fresh;
            }
        }
    }

    /// Writes a transaction over whatever complete frames a failed one left behind in the log.
    /// The first frame is replaced and each frame's checksum continues the one before, so none
    /// of the others counts any more.
    fn bury(&mut self) -> rusqlite::Result<()> {
        self.connection.execute_batch("BEGIN IMMEDIATE")?;
        let buried = (|| {
            self.connection.execute(BURY, [])?;
            #[cfg(test)]
            if let Some(left) = self.failing_commits.checked_sub(1) {
                self.failing_commits = left;
                return Err(unsynced());
            }
            self.connection.execute_batch("COMMIT")
        })();
        if buried.is_err() {
            self.roll_back();
        }
        buried
    }
}

/// Whether a COMMIT that failed like this cannot have left a complete transaction in the log:
/// it failed before or while writing the last frame. A failed `pwrite` through the page cache
/// copies nothing, and a frame that was copied in part fails its checksum.
fn surely_not_written(error: &rusqlite::Error) -> bool {
    let Some(error) = error.sqlite_error() else {
        return false;
    };
    matches!(
        error.extended_code & 0xff,
        ffi::SQLITE_FULL | ffi::SQLITE_READONLY | ffi::SQLITE_BUSY | ffi::SQLITE_NOMEM
    ) || error.extended_code == ffi::SQLITE_IOERR_WRITE
}

#[cfg(test)]
fn unsynced() -> rusqlite::Error {
    rusqlite::Error::SqliteFailure(ffi::Error::new(ffi::SQLITE_IOERR_FSYNC), None)
}

fn size(job: &Job) -> usize {
    let one = |write: &Write| match write {
        Write::Put { value, .. } => value.len(),
        Write::Delete { .. } => 0,
    };
    job.writes.iter().map(one).sum()
}
