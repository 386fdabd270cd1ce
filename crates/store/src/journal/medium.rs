//! Where the lines go: files in a folder, or memory.
//!
//! The journal writes at offsets it knows, so that a write that failed halfway can be written
//! over or cut off. The seam is narrow enough that a test can hand in a disk that fails.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use crate::folder::sync_dir;

/// One file of the journal.
pub(super) trait Segment: Send + Sync {
    /// Writes all of `bytes` at `offset`.
    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()>;
    /// Cuts off everything from `length` on.
    fn truncate(&self, length: u64) -> io::Result<()>;
    /// Makes everything written so far durable. May take milliseconds.
    fn sync(&self) -> io::Result<()>;
    /// When it was begun, if that is known.
    fn began(&self) -> Option<SystemTime> {
        None
    }
}

/// What makes new files of the journal.
pub(super) trait Medium: Send {
    /// Makes an empty file for the lines from `first_seq` on, so that the file itself survives
    /// a power failure.
    fn create(&self, first_seq: u64) -> io::Result<Arc<dyn Segment>>;
}

/// The folder of a journal.
pub(super) struct Folder {
    pub(super) dir: PathBuf,
}

impl Medium for Folder {
    fn create(&self, first_seq: u64) -> io::Result<Arc<dyn Segment>> {
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(file_path(&self.dir, first_seq))?;
        // An empty one may be left from a try whose folder could not be synced.
        if file.metadata()?.len() > 0 {
            return Err(io::Error::new(
                io::ErrorKind::AlreadyExists,
                "the journal file that comes next has lines already",
            ));
        }
        sync_dir(&self.dir)?;
        Ok(Arc::new(file))
    }
}

impl Segment for File {
    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        self.write_all_at(bytes, offset)
    }

    fn truncate(&self, length: u64) -> io::Result<()> {
        self.set_len(length)
    }

    fn sync(&self) -> io::Result<()> {
        self.sync_data()
    }

    fn began(&self) -> Option<SystemTime> {
        self.metadata().ok()?.created().ok()
    }
}

/// The file whose first line has this number.
pub(super) fn file_path(dir: &Path, first_seq: u64) -> PathBuf {
    dir.join(format!("{first_seq:016}.jsonl"))
}

/// The journal's files in order, each with the number of its first line. Other files in the
/// folder (a torn tail that was put aside) are none of the chain.
pub(super) fn list(dir: &Path) -> io::Result<Vec<(u64, PathBuf)>> {
    let mut files = Vec::new();
    for item in std::fs::read_dir(dir)? {
        let path = item?.path();
        if let Some(first_seq) = number_of(&path) {
            files.push((first_seq, path));
        }
    }
    files.sort_unstable();
    Ok(files)
}

/// The number in the name of a journal's file; none for any other file.
pub(super) fn number_of(path: &Path) -> Option<u64> {
    path.file_name()
        .and_then(|name| name.to_str())
        .and_then(|name| name.strip_suffix(".jsonl"))
        .filter(|digits| digits.len() == 16)
        .and_then(|digits| digits.parse().ok())
}

/// The lines of a journal in memory, newest file only. Clones show the same lines.
#[derive(Clone, Debug, Default)]
pub struct MemoryLog {
    bytes: Arc<Mutex<Vec<u8>>>,
}

impl MemoryLog {
    /// The lines that are still there, oldest first.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        let bytes = self.bytes.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(&bytes)
            .lines()
            .map(str::to_owned)
            .collect()
    }
}

impl Medium for MemoryLog {
    fn create(&self, _first_seq: u64) -> io::Result<Arc<dyn Segment>> {
        self.truncate(0)?;
        Ok(Arc::new(self.clone()))
    }
}

impl Segment for MemoryLog {
    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        self.truncate(offset)?;
        let mut all = self.bytes.lock().unwrap_or_else(PoisonError::into_inner);
        all.extend_from_slice(bytes);
        Ok(())
    }

    fn truncate(&self, length: u64) -> io::Result<()> {
        let length = usize::try_from(length).map_err(io::Error::other)?;
        let mut bytes = self.bytes.lock().unwrap_or_else(PoisonError::into_inner);
        bytes.truncate(length);
        Ok(())
    }

    fn sync(&self) -> io::Result<()> {
        Ok(())
    }
}
