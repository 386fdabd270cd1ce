//! The back end of one node: SQLite, bundled.
//!
//! All commits go through one thread that takes everything that is waiting, judges and applies
//! it in order inside one transaction, and makes it durable with one sync (`writer`). Reads
//! run where they are asked for, on a few connections of their own (`reader`). SQLite shows a
//! reader only what was synced: with `synchronous=FULL` the log is synced before the commit is
//! published to other connections.
//!
//! Rows live in an ordinary table with a unique index over the key. `WITHOUT ROWID` would save
//! the index, but a table keyed by text with values of a kilobyte came out several times larger
//! and slower. SQLite has no page checksums; damage below it is caught by `cell_size_check`
//! where it breaks a page and by each row's own tag where it does not.

mod reader;
mod schema;
mod writer;

use std::path::{Path, PathBuf};
use std::sync::{Arc, mpsc};
use std::thread::JoinHandle;

use rusqlite::ErrorCode;
use tokio::sync::oneshot;

use crate::backend::{
    Backend, BoxFuture, KeyRange, Page, Precondition, Revision, Row, StoreError, Unavailability,
    Watch, Write, check_limits,
};
use crate::history::History;
use reader::Readers;
use writer::{Job, Writer};

/// Why a store file cannot be opened. Each says what to do next.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The file was written by a later version of this program.
    #[error(
        "The store {} has format {found}, written by a newer Strongroom; this one knows formats \
         up to {known}. Start the newer version, or restore a backup that this one made.",
        path.display()
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// The format it has.
        found: i64,
        /// The newest format known here.
        known: i64,
    },
    /// The file is something else.
    #[error(
        "The file {} is not a Strongroom store. Name another data folder, or move the file away.",
        path.display()
    )]
    Foreign {
        /// The file.
        path: PathBuf,
    },
    /// The file cannot be opened or written.
    #[error("The store {} cannot be opened: {cause}.", path.display())]
    Unusable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        cause: String,
    },
}

/// How large a store is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StoreSize {
    /// Bytes of the store, what changed last included.
    pub bytes: u64,
    /// Bytes in it that nothing is in.
    pub free_bytes: u64,
}

/// The embedded store. Dropping it finishes the commits that are waiting and closes the file.
pub struct Embedded {
    readers: Readers,
    history: Arc<History>,
    jobs: Option<mpsc::Sender<Job>>,
    writer: Option<JoinHandle<()>>,
}

impl Embedded {
    /// Opens the store file at `path`, or makes an empty one there, durably.
    ///
    /// Whoever calls this holds the folder ([`DataFolder`](crate::DataFolder)); SQLite's own
    /// locks would let a second process write behind this one's caches.
    ///
    /// # Errors
    ///
    /// [`OpenError`] says what is in the way and what to do.
    pub fn open(path: &Path) -> Result<Self, OpenError> {
        let (connection, revision) = schema::open_or_create(path)?;
        let history = Arc::new(History::starting_at(revision));
        let (jobs, waiting) = mpsc::channel();
        let writer = Writer::new(path, connection, revision, Arc::clone(&history));
        let thread = std::thread::Builder::new()
            .name("store-writer".to_owned())
            .spawn(move || writer.run(&waiting))
            .map_err(|cause| OpenError::Unusable {
                path: path.to_path_buf(),
                cause: cause.to_string(),
            })?;
        Ok(Self {
            readers: Readers::new(path),
            history,
            jobs: Some(jobs),
            writer: Some(thread),
        })
    }

    /// How large the store is. Asked of the file's first page: it costs next to nothing.
    ///
    /// # Errors
    ///
    /// [`StoreError::Unavailable`], [`StoreError::Corrupt`].
    pub fn size(&self) -> Result<StoreSize, StoreError> {
        self.readers.size()
    }

    /// How many rows there are. SQLite counts them one by one, so this takes its time where they
    /// are many.
    ///
    /// # Errors
    ///
    /// [`StoreError::Unavailable`], [`StoreError::Corrupt`].
    pub fn count(&self) -> Result<u64, StoreError> {
        self.readers.count()
    }

    async fn hand_to_writer(
        &self,
        preconditions: Vec<Precondition>,
        writes: Vec<Write>,
    ) -> Result<Revision, StoreError> {
        check_limits(&preconditions, &writes)?;
        let (reply, answer) = oneshot::channel();
        let job = Job {
            preconditions,
            writes,
            reply,
        };
        let jobs = self.jobs.as_ref().ok_or(StoreError::Closed)?;
        jobs.send(job).map_err(|_| StoreError::Closed)?;
        // The thread answers every job it takes; it can only be silent if it died with this one.
        answer.await.unwrap_or_else(|_| {
            Err(StoreError::unavailable(
                Unavailability::Uncertain,
                "the writer stopped",
            ))
        })
    }
}

impl Drop for Embedded {
    fn drop(&mut self) {
        // The thread ends when nobody can send any more and everything sent was served.
        self.jobs = None;
        if let Some(writer) = self.writer.take() {
            // A panic of the thread was printed when it happened.
            let _ = writer.join();
        }
    }
}

impl Backend for Embedded {
    fn get<'a>(&'a self, key: &'a [u8]) -> BoxFuture<'a, Result<Option<Row>, StoreError>> {
        Box::pin(async move { self.readers.get(key) })
    }

    fn scan<'a>(
        &'a self,
        range: KeyRange,
        limit: usize,
    ) -> BoxFuture<'a, Result<Page, StoreError>> {
        Box::pin(async move { self.readers.scan(&range, limit) })
    }

    fn commit<'a>(
        &'a self,
        preconditions: Vec<Precondition>,
        writes: Vec<Write>,
    ) -> BoxFuture<'a, Result<Revision, StoreError>> {
        Box::pin(self.hand_to_writer(preconditions, writes))
    }

    fn watch(&self, after: Revision) -> Result<Watch, StoreError> {
        self.history.watch(after)
    }

    fn revision(&self) -> Revision {
        self.history.newest()
    }
}

/// What an error of SQLite means for whoever asked about `key`. A failure of a COMMIT needs more
/// thought; see [`writer`].
fn store_error(key: &[u8], error: &rusqlite::Error) -> StoreError {
    let kind = match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
            return StoreError::corrupt(key, error);
        }
        Some(ErrorCode::DiskFull) => Unavailability::Full,
        Some(ErrorCode::ReadOnly) => Unavailability::ReadOnly,
        Some(_) => Unavailability::Failed,
        // Not from SQLite but from reading what it returned: a column of another type.
        None => return StoreError::corrupt(key, error),
    };
    StoreError::unavailable(kind, error)
}
