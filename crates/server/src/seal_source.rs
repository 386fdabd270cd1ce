//! Where the key of a seal comes from: `key-file=PATH`, `passphrase` or `passphrase=file:PATH`.
//!
//! A key file is 32 random bytes that only its owner can read, on another volume than the data:
//! next to the database it would protect nothing, so one inside the data folder is refused
//! (decision 22). A passphrase is asked for on the terminal, or is the first line of a file.

use std::{
    fmt, fs,
    io::{self, BufRead as _, Read as _, Write as _},
    os::unix::fs::{MetadataExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
    str::FromStr,
};

use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};
use strongroom_crypto::{
    CryptoError, Random,
    seal::{SealError, SealKey, SealKind},
};
use strongroom_model::{Plaintext, SecretText};
use zeroize::Zeroizing;

/// Bytes of a key file.
const KEY_FILE_BYTES: usize = 32;
/// Bytes of a passphrase at most. Ours.
const PASSPHRASE_BYTES: u64 = 4096;

/// Where the key of one seal comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SealSource {
    /// A file of 32 bytes.
    KeyFile(PathBuf),
    /// A passphrase that is typed.
    Terminal,
    /// A passphrase on the first line of a file.
    PassphraseFile(PathBuf),
}

impl FromStr for SealSource {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const FORMS: &str = "a seal is key-file=PATH, passphrase or passphrase=file:PATH";
        let path = |path: &str| {
            if path.is_empty() {
                Err(FORMS)
            } else {
                Ok(PathBuf::from(path))
            }
        };
        match text.split_once('=') {
            None if text == "passphrase" => Ok(Self::Terminal),
            Some(("key-file", rest)) => path(rest).map(Self::KeyFile),
            Some(("passphrase", rest)) => match rest.strip_prefix("file:") {
                Some(rest) => path(rest).map(Self::PassphraseFile),
                // Whatever stands here may be the passphrase itself, which must not be repeated.
                None => Err(
                    "a passphrase is not given on the command line: use `passphrase` to \
                             be asked for it, or passphrase=file:PATH",
                ),
            },
            _ => Err(FORMS),
        }
    }
}

impl fmt::Display for SealSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::KeyFile(path) => write!(f, "key-file={}", path.display()),
            Self::Terminal => f.write_str("passphrase"),
            Self::PassphraseFile(path) => write!(f, "passphrase=file:{}", path.display()),
        }
    }
}

/// The key of a seal as it was read, on its way to where it opens something. Wiped when dropped.
#[derive(Debug)]
pub struct SealSecret {
    /// Which way of sealing it is for.
    pub kind: SealKind,
    /// The bytes of the key file, or of the passphrase.
    pub bytes: Plaintext,
}

impl SealSecret {
    /// The key that opens.
    ///
    /// # Errors
    /// When a key file has another length, or a passphrase is empty or not UTF-8.
    pub fn key(&self) -> Result<SealKey, SealError> {
        match self.kind {
            SealKind::KeyFile => SealKey::from_key_file(&self.bytes),
            SealKind::Passphrase => {
                let text = std::str::from_utf8(self.bytes.expose());
                let text = text.map_err(|_| SealError::UnknownFormat)?;
                SealKey::from_passphrase(&SecretText::new(text.to_owned()))
            }
        }
    }
}

/// Why the key of a seal cannot be had. Each says what to do.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// A file cannot be read or written.
    #[error("{}: {cause}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        cause: io::Error,
    },
    /// There is no such file.
    #[error("there is no key file {}; name the one that the store was sealed with", path.display())]
    Absent {
        /// The file.
        path: PathBuf,
    },
    /// Others than its owner can read the file.
    #[error(
        "others than its owner can read {}; run `chmod 600 {}`",
        path.display(),
        path.display()
    )]
    Exposed {
        /// The file.
        path: PathBuf,
    },
    /// The file is inside the data folder.
    #[error(
        "{} is inside the data folder, where a key file protects nothing; keep it elsewhere",
        path.display()
    )]
    InsideData {
        /// The file.
        path: PathBuf,
    },
    /// Nobody can be asked for the passphrase.
    #[error("the passphrase cannot be asked for: {cause}; give it with passphrase=file:PATH")]
    Terminal {
        /// What the system said.
        cause: io::Error,
    },
    /// The two passphrases differ.
    #[error("the two passphrases differ; nothing was changed")]
    Differ,
    /// The key is not one.
    #[error("{origin}: {cause}")]
    Unfit {
        /// Where it came from.
        origin: String,
        /// What is wrong with it.
        cause: SealError,
    },
    /// There is no randomness.
    #[error(transparent)]
    Crypto(#[from] CryptoError),
}

impl SealSource {
    /// Reads the key of a seal that exists, for the store in `data_dir`.
    ///
    /// # Errors
    /// [`SourceError`].
    pub fn read(&self, data_dir: &Path) -> Result<SealSecret, SourceError> {
        match self {
            Self::KeyFile(path) => {
                refuse_inside(path, data_dir)?;
                read_key_file(path)
            }
            Self::Terminal => self.passphrase(ask("Passphrase: ")?),
            Self::PassphraseFile(path) => self.passphrase(first_line(path)?),
        }
    }

    /// Reads the key of a seal that is to be made. A key file that does not exist is made; a
    /// passphrase is asked for twice.
    ///
    /// # Errors
    /// [`SourceError`].
    pub fn read_new(&self, data_dir: &Path, random: &Random) -> Result<SealSecret, SourceError> {
        match self {
            Self::KeyFile(path) => {
                refuse_inside(path, data_dir)?;
                make_key_file(path, random)?;
                read_key_file(path)
            }
            Self::Terminal => {
                let first = ask("New passphrase: ")?;
                if first != ask("The same once more: ")? {
                    return Err(SourceError::Differ);
                }
                self.passphrase(first)
            }
            Self::PassphraseFile(_) => self.read(data_dir),
        }
    }

    fn passphrase(&self, bytes: Plaintext) -> Result<SealSecret, SourceError> {
        if bytes.is_empty() {
            let cause = SealError::EmptyPassphrase;
            return Err(SourceError::Unfit {
                origin: self.to_string(),
                cause,
            });
        }
        Ok(SealSecret {
            kind: SealKind::Passphrase,
            bytes,
        })
    }
}

/// Reads a key file that only its owner can read.
///
/// # Errors
/// [`SourceError`].
pub fn read_key_file(path: &Path) -> Result<SealSecret, SourceError> {
    let failed = |cause: io::Error| match cause.kind() {
        io::ErrorKind::NotFound => SourceError::Absent {
            path: path.to_owned(),
        },
        _ => SourceError::File {
            path: path.to_owned(),
            cause,
        },
    };
    let file = fs::File::open(path).map_err(failed)?;
    let metadata = file.metadata().map_err(failed)?;
    refuse_exposed(path, &metadata)?;
    // One byte more than there may be, in one piece: nothing grows, so no copy is left behind.
    let mut bytes = Vec::with_capacity(KEY_FILE_BYTES + 1);
    let most = u64::try_from(KEY_FILE_BYTES + 1).unwrap_or(u64::MAX);
    let read = file.take(most).read_to_end(&mut bytes);
    let bytes = Plaintext::new(bytes);
    read.map_err(failed)?;
    if bytes.len() != KEY_FILE_BYTES {
        let length = usize::try_from(metadata.len()).unwrap_or(usize::MAX);
        let cause = SealError::KeyFileLength(length);
        return Err(SourceError::Unfit {
            origin: path.display().to_string(),
            cause,
        });
    }
    Ok(SealSecret {
        kind: SealKind::KeyFile,
        bytes,
    })
}

/// Makes a key file of 32 random bytes, durably, unless there is one.
///
/// # Errors
/// [`SourceError`].
pub fn make_key_file(path: &Path, random: &Random) -> Result<(), SourceError> {
    let failed = |cause| SourceError::File {
        path: path.to_owned(),
        cause,
    };
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true).mode(0o600);
    let mut file = match options.open(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => return Ok(()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Err(failed(io::Error::new(
                error.kind(),
                "the folder of this file is not there",
            )));
        }
        opened => opened.map_err(failed)?,
    };
    let mut bytes = Zeroizing::new([0_u8; KEY_FILE_BYTES]);
    random.fill(bytes.as_mut_slice())?;
    file.write_all(bytes.as_slice())
        .and_then(|()| file.sync_all())
        .map_err(failed)?;
    let folder = match path.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    };
    fs::File::open(folder)
        .and_then(|folder| folder.sync_all())
        .map_err(failed)
}

fn refuse_exposed(path: &Path, metadata: &fs::Metadata) -> Result<(), SourceError> {
    if metadata.mode() & 0o077 == 0 {
        Ok(())
    } else {
        Err(SourceError::Exposed {
            path: path.to_owned(),
        })
    }
}

/// Refuses a file that is, or would be, inside the data folder, whichever way it is named.
fn refuse_inside(path: &Path, data_dir: &Path) -> Result<(), SourceError> {
    let folder = match path.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    };
    let real = |path: &Path| path.canonicalize();
    let (Ok(folder), Ok(data_dir)) = (real(folder), real(data_dir)) else {
        return Ok(());
    };
    let target = real(path).unwrap_or_else(|_| folder.clone());
    if folder.starts_with(&data_dir) || target.starts_with(&data_dir) {
        return Err(SourceError::InsideData {
            path: path.to_owned(),
        });
    }
    Ok(())
}

/// The first line of a file, without its end.
fn first_line(path: &Path) -> Result<Plaintext, SourceError> {
    let failed = |cause| SourceError::File {
        path: path.to_owned(),
        cause,
    };
    let file = fs::File::open(path).map_err(failed)?;
    let metadata = file.metadata().map_err(failed)?;
    // A pipe or terminal handed in as /dev/fd/N has the mode of its maker.
    if metadata.is_file() {
        refuse_exposed(path, &metadata)?;
    }
    line_of(&mut io::BufReader::with_capacity(1, file)).map_err(failed)
}

/// Reads one line into memory that is wiped.
fn line_of(input: &mut impl io::BufRead) -> io::Result<Plaintext> {
    let mut line = Vec::with_capacity(usize::try_from(PASSPHRASE_BYTES).unwrap_or(4096));
    let read = input
        .by_ref()
        .take(PASSPHRASE_BYTES)
        .read_until(b'\n', &mut line);
    while line
        .last()
        .is_some_and(|last| matches!(last, b'\n' | b'\r'))
    {
        line.pop();
    }
    let line = Plaintext::new(line);
    read?;
    if std::str::from_utf8(line.expose()).is_err() {
        return Err(io::Error::new(
            io::ErrorKind::InvalidData,
            "it is not UTF-8",
        ));
    }
    Ok(line)
}

/// Asks on the terminal, without showing what is typed.
fn ask(prompt: &str) -> Result<Plaintext, SourceError> {
    let failed = |cause| SourceError::Terminal { cause };
    let mut terminal = fs::OpenOptions::new()
        .read(true)
        .write(true)
        .open("/dev/tty")
        .map_err(failed)?;
    terminal.write_all(prompt.as_bytes()).map_err(failed)?;
    let hidden = Hidden::on(&terminal).map_err(failed)?;
    let line = line_of(&mut io::BufReader::with_capacity(1, &terminal));
    drop(hidden);
    terminal.write_all(b"\n").map_err(failed)?;
    line.map_err(failed)
}

/// A terminal that shows nothing of what is typed, until this is dropped.
struct Hidden<'a> {
    terminal: &'a fs::File,
    before: Termios,
}

impl<'a> Hidden<'a> {
    fn on(terminal: &'a fs::File) -> io::Result<Self> {
        let before = tcgetattr(terminal)?;
        let mut hidden = before.clone();
        hidden.local_modes.remove(LocalModes::ECHO);
        hidden.local_modes.insert(LocalModes::ECHONL);
        tcsetattr(terminal, OptionalActions::Flush, &hidden)?;
        Ok(Self { terminal, before })
    }
}

impl Drop for Hidden<'_> {
    fn drop(&mut self) {
        // A terminal that is gone shows nothing either.
        let _ = tcsetattr(self.terminal, OptionalActions::Flush, &self.before);
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    fn folder() -> tempfile::TempDir {
        tempfile::tempdir().unwrap()
    }

    #[test]
    fn seals_are_named_in_three_ways() {
        for text in ["key-file=/a/b=c", "passphrase", "passphrase=file:/x"] {
            assert_eq!(text.parse::<SealSource>().unwrap().to_string(), text);
        }
        for text in [
            "",
            "key-file",
            "key-file=",
            "keyfile=/a",
            "passphrase=file:",
            "tpm",
        ] {
            assert!(text.parse::<SealSource>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_passphrase_on_the_command_line_is_refused_and_not_repeated() {
        let refused = "passphrase=hush".parse::<SealSource>().unwrap_err();
        assert!(refused.contains("not given on the command line"));
        assert!(!refused.contains("hush"));
    }

    #[test]
    fn a_new_key_file_is_random_and_private_and_an_existing_one_is_kept() {
        let (folder, data) = (folder(), folder());
        let path = folder.path().join("seal.key");
        let source = SealSource::KeyFile(path.clone());
        source.read_new(data.path(), &Random::system()).unwrap();
        let first = fs::read(&path).unwrap();
        assert_eq!(first.len(), 32);
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
        source.read_new(data.path(), &Random::system()).unwrap();
        assert_eq!(fs::read(&path).unwrap(), first);
        source.read(data.path()).unwrap();
    }

    #[test]
    fn key_files_that_protect_nothing_are_refused() {
        let data = folder();
        let elsewhere = folder();
        let random = Random::system();
        let inside = SealSource::KeyFile(data.path().join("seal.key"));
        let refused = inside.read_new(data.path(), &random).unwrap_err();
        assert!(
            matches!(refused, SourceError::InsideData { .. }),
            "{refused}"
        );

        let roundabout = data
            .path()
            .join("../")
            .join(data.path().file_name().unwrap())
            .join("k");
        let refused = SealSource::KeyFile(roundabout)
            .read_new(data.path(), &random)
            .unwrap_err();
        assert!(
            matches!(refused, SourceError::InsideData { .. }),
            "{refused}"
        );

        make_key_file(&data.path().join("real"), &random).unwrap();
        let link = elsewhere.path().join("link");
        std::os::unix::fs::symlink(data.path().join("real"), &link).unwrap();
        let refused = SealSource::KeyFile(link).read(data.path()).unwrap_err();
        assert!(
            matches!(refused, SourceError::InsideData { .. }),
            "{refused}"
        );

        let open = elsewhere.path().join("open");
        make_key_file(&open, &random).unwrap();
        fs::set_permissions(&open, fs::Permissions::from_mode(0o640)).unwrap();
        let refused = SealSource::KeyFile(open).read(data.path()).unwrap_err();
        assert!(matches!(refused, SourceError::Exposed { .. }), "{refused}");
    }

    #[test]
    fn a_key_file_of_another_length_is_named() {
        let (folder, data) = (folder(), folder());
        for length in [0, 31, 33, 64] {
            let path = folder.path().join(format!("k{length}"));
            make_key_file(&path, &Random::system()).unwrap();
            fs::write(&path, vec![7; length]).unwrap();
            let refused = SealSource::KeyFile(path)
                .read(data.path())
                .unwrap_err()
                .to_string();
            assert!(
                refused.contains(&format!("this one holds {length}")),
                "{refused}"
            );
        }
    }

    #[test]
    fn the_passphrase_is_the_first_line_of_its_file() {
        let (folder, data) = (folder(), folder());
        let path = folder.path().join("passphrase");
        make_key_file(&path, &Random::system()).unwrap();
        fs::write(&path, "correct horse\r\nsecond line\n").unwrap();
        assert_eq!(first_line(&path).unwrap().expose(), b"correct horse");
        fs::write(&path, "\n").unwrap();
        let refused = SealSource::PassphraseFile(path)
            .read(data.path())
            .unwrap_err();
        assert!(
            refused.to_string().contains("may not be empty"),
            "{refused}"
        );
    }
}
