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
    /// How the next COMMITs fail in a test.
    #[cfg(test)]
    failing_commits: std::collections::VecDeque<tests::Failure>,
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
            failing_commits: std::collections::VecDeque::new(),
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
        self.end_transaction()
    }

    fn end_transaction(&mut self) -> rusqlite::Result<()> {
        #[cfg(test)]
        if let Some(failure) = self.failing_commits.pop_front() {
            return failure.happen(&self.connection);
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
        let buried = match self.connection.execute(BURY, []) {
            Ok(_) => self.end_transaction(),
            Err(error) => Err(error),
        };
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

fn size(job: &Job) -> usize {
    let one = |write: &Write| match write {
        Write::Put { value, .. } => value.len(),
        Write::Delete { .. } => 0,
    };
    job.writes.iter().map(one).sum()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::backend::Row;
    use crate::embedded::reader::Readers;
    use crate::testing::Scratch;

    /// A way for a COMMIT to fail.
    pub(super) enum Failure {
        /// Without having done anything.
        Before(i32),
        /// After having done everything.
        After,
    }

    impl Failure {
        pub(super) fn happen(self, connection: &Connection) -> rusqlite::Result<()> {
            let code = match self {
                Self::Before(code) => code,
                Self::After => {
                    connection.execute_batch("COMMIT")?;
                    ffi::SQLITE_IOERR_FSYNC
                }
            };
            Err(rusqlite::Error::SqliteFailure(ffi::Error::new(code), None))
        }
    }

    struct Bench {
        folder: Scratch,
        writer: Writer,
    }

    impl Bench {
        fn new() -> Self {
            let folder = Scratch::new();
            let writer = open(folder.path());
            Self { folder, writer }
        }

        /// Serves one group and returns the answers.
        fn serve(&mut self, jobs: Vec<(Vec<Precondition>, Vec<Write>)>) -> Vec<Answer> {
            let (jobs, answers): (Vec<_>, Vec<_>) = jobs
                .into_iter()
                .map(|(preconditions, writes)| {
                    let (reply, answer) = oneshot::channel();
                    let job = Job {
                        preconditions,
                        writes,
                        reply,
                    };
                    (job, answer)
                })
                .unzip();
            self.writer.serve(jobs);
            let answered = answers.into_iter().map(|mut answer| answer.try_recv());
            answered.map(Result::unwrap).collect()
        }

        fn put(&mut self, key: &str) -> Answer {
            self.serve(vec![put(key)]).pop().unwrap()
        }

        fn keys(&self) -> Vec<String> {
            keys(self.folder.path())
        }
    }

    type Answer = Result<Revision, StoreError>;

    fn open(folder: &Path) -> Writer {
        let path = folder.join("store.sqlite");
        let (connection, revision) = schema::open_or_create(&path).unwrap();
        let history = Arc::new(History::starting_at(revision));
        Writer::new(&path, connection, revision, history)
    }

    fn put(key: &str) -> (Vec<Precondition>, Vec<Write>) {
        (Vec::new(), vec![Write::put(key, key.to_owned())])
    }

    fn keys(folder: &Path) -> Vec<String> {
        let readers = Readers::new(&folder.join("store.sqlite"));
        let page = readers.scan(&crate::KeyRange::all(), 1000).unwrap();
        let text = |row: Row| String::from_utf8(row.key).unwrap();
        page.rows.into_iter().map(text).collect()
    }

    /// The files as they would be found if the machine stopped now: without the shared memory
    /// that says how much of the log counts.
    fn as_after_a_crash(folder: &Path) -> Scratch {
        let copy = Scratch::new();
        for name in ["store.sqlite", "store.sqlite-wal"] {
            fs::copy(folder.join(name), copy.path().join(name)).unwrap();
        }
        copy
    }

    fn kind(answer: &Answer) -> Unavailability {
        match answer {
            Err(StoreError::Unavailable { kind, .. }) => *kind,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_group_is_the_same_as_its_commits_one_after_another() {
        let mut bench = Bench::new();
        let only_if_absent = || {
            let condition = Precondition::absent("a");
            (vec![condition], vec![Write::put("a", &b"1"[..])])
        };
        let remove = (Vec::new(), vec![Write::delete("a")]);
        let answers = bench.serve(vec![
            only_if_absent(),
            only_if_absent(),
            (Vec::new(), Vec::new()),
            remove,
            only_if_absent(),
        ]);
        let conflict = Err(StoreError::Conflict { key: b"a".to_vec() });
        assert_eq!(answers, [Ok(1), conflict, Ok(1), Ok(2), Ok(3)]);
    }

    #[test]
    fn a_failed_commit_fails_its_whole_group_and_leaves_nothing() {
        let mut bench = Bench::new();
        bench.put("a").unwrap();
        for code in [
            ffi::SQLITE_FULL,
            ffi::SQLITE_READONLY,
            ffi::SQLITE_IOERR_WRITE,
            ffi::SQLITE_IOERR_FSYNC,
        ] {
            bench
                .writer
                .failing_commits
                .push_back(Failure::Before(code));
            let conflicting = (vec![Precondition::absent("b")], Vec::new());
            let answers = bench.serve(vec![put("b"), conflicting, put("c")]);
            let expected = match code {
                ffi::SQLITE_FULL => Unavailability::Full,
                ffi::SQLITE_READONLY => Unavailability::ReadOnly,
                _ => Unavailability::Failed,
            };
            for answer in &answers {
                assert_eq!(kind(answer), expected);
            }
            assert_eq!(bench.writer.history.newest(), 1);
            assert_eq!(bench.keys(), ["a"]);
            assert_eq!(keys(as_after_a_crash(bench.folder.path()).path()), ["a"]);
        }
        assert_eq!(bench.put("b"), Ok(2));
        assert_eq!(bench.keys(), ["a", "b"]);
    }

    #[test]
    fn a_commit_of_unknown_fate_is_called_uncertain_only_if_it_cannot_be_buried() {
        let mut bench = Bench::new();
        let unsynced = || Failure::Before(ffi::SQLITE_IOERR_FSYNC);
        bench
            .writer
            .failing_commits
            .extend([unsynced(), unsynced()]);
        assert_eq!(kind(&bench.put("a")), Unavailability::Uncertain);
        bench.writer.failing_commits.push_back(unsynced());
        assert_eq!(kind(&bench.put("a")), Unavailability::Failed);
        assert_eq!(bench.put("a"), Ok(1));
    }

    #[test]
    fn a_commit_that_took_effect_against_its_word_is_acknowledged_once_it_is_durable() {
        let mut bench = Bench::new();
        bench.writer.failing_commits.push_back(Failure::After);
        assert_eq!(bench.put("a"), Ok(1));
        assert_eq!(bench.writer.history.newest(), 1);
        assert_eq!(bench.put("b"), Ok(2));
        assert_eq!(bench.keys(), ["a", "b"]);
    }

    /// The frames of a transaction whose sync failed are complete in the log, and nobody sees
    /// them; here they are brought there by hand.
    #[test]
    fn what_is_buried_does_not_come_back_after_a_crash() {
        let mut twin = Bench::new();
        twin.put("a").unwrap();
        let copy = as_after_a_crash(twin.folder.path());
        let mut writer = open(copy.path());
        let log = |folder: &Path| fs::read(folder.join("store.sqlite-wal")).unwrap();
        let before = log(copy.path()).len();

        let many = (0..20).map(|number| Write::put(format!("b{number}"), vec![7; 3000]));
        twin.serve(vec![(Vec::new(), many.collect())])
            .pop()
            .unwrap()
            .unwrap();
        let frames = &log(twin.folder.path())[before..];
        let mut bytes = log(copy.path());
        bytes.extend_from_slice(frames);
        fs::write(copy.path().join("store.sqlite-wal"), bytes).unwrap();

        assert_eq!(keys(copy.path()), ["a"], "the frames are not visible");
        assert_eq!(
            keys(as_after_a_crash(copy.path()).path()).len(),
            21,
            "a crash revives them"
        );
        writer.bury().unwrap();
        assert_eq!(keys(as_after_a_crash(copy.path()).path()), ["a"], "buried");
    }

    #[test]
    fn a_full_disk_fails_commits_and_service_resumes_when_space_returns() {
        let mut bench = Bench::new();
        let limit = |bench: &Bench, pages: u32| {
            let connection = &bench.writer.connection;
            connection
                .query_row(&format!("PRAGMA max_page_count = {pages}"), [], |_| Ok(()))
                .unwrap();
        };
        limit(&bench, 30);
        let big = |number: usize| {
            let key = format!("big{number:03}");
            (Vec::new(), vec![Write::put(key, vec![7; 8000])])
        };
        let mut acknowledged = 0;
        let refused = loop {
            let answers = bench.serve(vec![big(2 * acknowledged), big(2 * acknowledged + 1)]);
            if answers.iter().all(Result::is_ok) {
                acknowledged += 1;
            } else {
                break answers;
            }
        };
        assert!(acknowledged > 2);
        for answer in &refused {
            assert_eq!(kind(answer), Unavailability::Full);
        }
        assert_eq!(bench.keys().len(), 2 * acknowledged);
        // What needs no space is still served.
        let remove = (Vec::new(), vec![Write::delete("big000")]);
        bench.serve(vec![remove]).pop().unwrap().unwrap();
        limit(&bench, 1000);
        bench.serve(vec![big(900)]).pop().unwrap().unwrap();
        assert_eq!(bench.keys().len(), 2 * acknowledged);
    }
}
