//! The data folder of one node, and the lock that keeps a second process out of it.
//!
//! Two processes on one folder would each believe their caches, so the folder is held
//! exclusively for as long as a process lives (decision 10). The lock is the kernel's (`flock`)
//! and goes with the process however it ends; there is no stale lock to remove.

use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// Why a data folder cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// Another process holds the folder.
    #[error(
        "The data folder {} is in use by {holder}. Stop that process first, or give this one \
         a folder of its own.",
        path.display()
    )]
    InUse {
        /// The folder.
        path: PathBuf,
        /// Who holds it, as far as it left its number.
        holder: String,
    },
    /// The folder cannot be made, opened or locked.
    #[error("The data folder {} cannot be used: {cause}.", path.display())]
    Unusable {
        /// The folder.
        path: PathBuf,
        /// What the system said.
        cause: io::Error,
    },
}

/// A data folder that this process holds until the value is dropped.
#[derive(Debug)]
pub struct DataFolder {
    path: PathBuf,
    /// Holds the lock; closing it lets go.
    _lock: File,
}

impl DataFolder {
    /// Holds the folder at `path`, which is made (mode 0700, durably) if it does not exist.
    ///
    /// # Errors
    ///
    /// [`FolderError::InUse`] if another process holds it; [`FolderError::Unusable`] if the
    /// system refuses.
    pub fn hold(path: &Path) -> Result<Self, FolderError> {
        let unusable = |cause| FolderError::Unusable {
            path: path.to_path_buf(),
            cause,
        };
        make_durably(path).map_err(unusable)?;
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(path.join("lock"))
            .map_err(unusable)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(FolderError::InUse {
                    path: path.to_path_buf(),
                    holder: holder(&mut file),
                });
            }
            Err(TryLockError::Error(cause)) => return Err(unusable(cause)),
        }
        // Who holds it is a courtesy to the reader of the refusal; a full disk must not keep
        // the service from starting.
        let _ = note_holder(&mut file);
        Ok(Self {
            path: path.to_path_buf(),
            _lock: file,
        })
    }

    /// The folder itself.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The file of the embedded store.
    #[must_use]
    pub fn store_file(&self) -> PathBuf {
        self.path.join("store.sqlite")
    }

    /// The folder of the journal.
    #[must_use]
    pub fn journal_dir(&self) -> PathBuf {
        self.path.join("journal")
    }
}

fn note_holder(file: &mut File) -> io::Result<()> {
    // Always as long: to shorten a file frees blocks, which a disk may have to be told of.
    writeln!(file, "{:>10}", std::process::id())
}

fn holder(file: &mut File) -> String {
    let mut text = String::new();
    match file.take(20).read_to_string(&mut text) {
        Ok(_) if !text.trim().is_empty() => format!("process {}", text.trim()),
        _ => "another process".to_owned(),
    }
}

/// Makes a folder and whatever leads to it, mode 0700, and syncs the folders that got a new
/// entry, so that it is still there after a power failure.
pub(crate) fn make_durably(path: &Path) -> io::Result<()> {
    if path.is_dir() {
        return Ok(());
    }
    let parent = match path.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    };
    make_durably(parent)?;
    match DirBuilder::new().mode(0o700).create(path) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
        _ => {}
    }
    sync_dir(parent)
}

/// Makes the entries of a folder durable.
pub(crate) fn sync_dir(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;
    use crate::testing::Scratch;

    #[test]
    fn a_folder_is_held_by_one_at_a_time() {
        let scratch = Scratch::new();
        let path = scratch.path().join("data");
        let held = DataFolder::hold(&path).unwrap();
        let refused = DataFolder::hold(&path).unwrap_err().to_string();
        assert_eq!(
            refused,
            format!(
                "The data folder {} is in use by process {}. Stop that process first, or give \
                 this one a folder of its own.",
                path.display(),
                std::process::id()
            )
        );
        drop(held);
        assert!(DataFolder::hold(&path).is_ok());
    }

    #[test]
    fn a_folder_is_made_for_its_owner_alone() {
        let scratch = Scratch::new();
        let path = scratch.path().join("a/b/c");
        let folder = DataFolder::hold(&path).unwrap();
        for made in ["a", "a/b", "a/b/c"] {
            let mode = std::fs::metadata(scratch.path().join(made)).unwrap();
            assert_eq!(mode.permissions().mode() & 0o777, 0o700, "{made}");
        }
        assert_eq!(folder.store_file(), path.join("store.sqlite"));
        assert_eq!(folder.journal_dir(), path.join("journal"));
    }

    #[test]
    fn a_path_that_cannot_be_a_folder_is_named() {
        let scratch = Scratch::new();
        let file = scratch.path().join("file");
        std::fs::write(&file, "").unwrap();
        let refused = DataFolder::hold(&file.join("data"))
            .unwrap_err()
            .to_string();
        assert!(refused.contains("file/data cannot be used: "), "{refused}");
    }
}
