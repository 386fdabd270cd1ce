//! Seed files: what a development server has from its first request on, read from YAML.
//!
//! Whatever is wrong with a file is refused with the file, the line and the reason, before
//! anything of it is planted; see [`strongroom_kms::seed`] for the planting. No refusal quotes a
//! value, because the values next to it are secrets.

mod grant;
mod policy;
mod read;
mod yaml;

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use strongroom_kms::seed::Seed;
use zeroize::Zeroizing;

/// Bytes of a seed file at most. Ours; a thousand keys with policies fit.
const FILE_BYTES: u64 = 16 << 20;

/// Why a seed file is refused.
#[derive(Debug, thiserror::Error)]
pub enum SeedFileError {
    /// The file cannot be read.
    #[error("the seed {} cannot be read: {cause}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        cause: io::Error,
    },
    /// Something in it is wrong.
    #[error("{}:{line}: {reason}", path.display())]
    Wrong {
        /// The file.
        path: PathBuf,
        /// The line, counted from 1.
        line: usize,
        /// What is wrong.
        reason: String,
    },
}

/// What is wrong, and on which line.
#[derive(Debug, PartialEq, Eq)]
struct Wrong {
    line: usize,
    reason: String,
}

impl Wrong {
    fn at(line: usize, reason: impl Into<String>) -> Self {
        let reason = reason.into();
        Self { line, reason }
    }
}

/// What a file is read for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// A seed of a development server.
    Seed,
    /// The identities of a server. It has no keys and no key material; secrets of access keys may
    /// be left to be made.
    Identities,
}

/// Reads a seed file, or a file of identities in the same format.
///
/// # Errors
/// [`SeedFileError`], for the first thing that is wrong.
pub fn load(path: &Path, purpose: Purpose) -> Result<Seed, SeedFileError> {
    let unreadable = |cause| SeedFileError::Unreadable {
        path: path.to_owned(),
        cause,
    };
    let bytes = fs::metadata(path).map_err(unreadable)?.len();
    if bytes > FILE_BYTES {
        return Err(unreadable(io::Error::other("it is larger than 16 MiB")));
    }
    let text = Zeroizing::new(fs::read_to_string(path).map_err(unreadable)?);
    let folder = path.parent().unwrap_or(Path::new(""));
    parse(&text, folder, purpose).map_err(|Wrong { line, reason }| SeedFileError::Wrong {
        path: path.to_owned(),
        line,
        reason,
    })
}

/// Parses a file; what it refers to is in `folder`.
fn parse(text: &str, folder: &Path, purpose: Purpose) -> Result<Seed, Wrong> {
    let place = read::Place { folder, purpose };
    read::seed(&yaml::parse(text)?, &place)
}
