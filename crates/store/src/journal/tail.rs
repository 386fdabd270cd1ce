//! Where the journal ends, found without reading all of it.
//!
//! The last lines of the newest file are read and checked as a chain. What a crash can leave
//! there is cut off: a line without its newline, and lines with holes, which power failures
//! leave where blocks were never written. Lines that are well formed and still do not continue
//! each other are not a crash's doing, and the journal refuses to go on from them.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use super::reader::Own;
use super::state::{Mark, hash, unavailable};
use super::{Hash, JournalError, Seq, UNSYNCED_BYTES, medium};

/// How much of the end is read at first. It grows if it holds no sound line to start from.
const WINDOW_BYTES: u64 = 256 << 10;
/// The most that a crash can have damaged: everything unsynced, and as much again written
/// while it was being synced.
const CRASH_BYTES: u64 = 2 * UNSYNCED_BYTES as u64;

/// What was cut off the end of a journal when it was opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Torn {
    /// The file.
    pub file: PathBuf,
    /// The number that the first line cut off would have had.
    pub seq: Seq,
    /// How many bytes were cut off.
    pub bytes: u64,
    /// Where they are kept, if there was more than one incomplete line.
    pub kept_in: Option<PathBuf>,
}

/// The end of a journal.
pub(super) struct End {
    /// The file to go on in; none if there is no file yet.
    pub(super) file: Option<File>,
    pub(super) mark: Mark,
    pub(super) torn: Option<Torn>,
}

/// The sound part of one file.
struct Sound {
    /// Number and hash of its last line, if it has one.
    last: Option<(Seq, Hash)>,
    /// Where that line ends.
    length: u64,
}

/// Finds the end, and cuts off what a crash left behind it.
pub(super) fn recover(dir: &Path) -> Result<End, JournalError> {
    let mut files = medium::list(dir).map_err(unavailable)?;
    let Some((first_seq, path)) = files.pop() else {
        return Ok(End {
            file: None,
            mark: Mark::default(),
            torn: None,
        });
    };
    let file = open(&path).map_err(unavailable)?;
    let sound = sound_part(&file, &path, first_seq)?;
    let (seq, hash) = match sound.last {
        Some(last) => last,
        None => end_of_earlier(&files, first_seq, &path)?,
    };
    let torn = cut(&file, &path, sound.length, seq + 1).map_err(unavailable)?;
    if let Some(torn) = &torn {
        tracing::warn!(
            file = %torn.file.display(), seq = torn.seq, bytes = torn.bytes,
            "the journal ended in a line that was not complete; it was cut off"
        );
    }
    Ok(End {
        file: Some(file),
        mark: Mark {
            seq,
            file: first_seq,
            length: sound.length,
            hash,
        },
        torn,
    })
}

/// The last line before `first_seq`, when the newest file has none yet. Earlier files were
/// synced before the newest was begun, so there is nothing to forgive in them.
fn end_of_earlier(
    files: &[(u64, PathBuf)],
    first_seq: Seq,
    newest: &Path,
) -> Result<(Seq, Hash), JournalError> {
    let Some((first, path)) = files.last() else {
        return if first_seq == 1 {
            Ok((0, Hash::default()))
        } else {
            Err(altered(newest, 1, "the files before it are missing"))
        };
    };
    let file = open(path).map_err(unavailable)?;
    let sound = sound_part(&file, path, *first)?;
    let complete = file.metadata().map_err(unavailable)?.len() == sound.length;
    match sound.last {
        Some((seq, hash)) if complete && seq + 1 == first_seq => Ok((seq, hash)),
        _ => Err(altered(path, 1, "its last lines are missing")),
    }
}

fn open(path: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).write(true).open(path)
}

fn altered(file: &Path, line: u64, what: &str) -> JournalError {
    JournalError::Altered {
        file: file.to_path_buf(),
        line,
        what: what.to_owned(),
    }
}

fn sound_part(file: &File, path: &Path, first_seq: Seq) -> Result<Sound, JournalError> {
    let length = file.metadata().map_err(unavailable)?.len();
    let mut window = WINDOW_BYTES;
    loop {
        let start = length.saturating_sub(window);
        let size = usize::try_from(length - start)
            .map_err(|error| unavailable(io::Error::other(error)))?;
        let mut bytes = vec![0; size];
        file.read_exact_at(&mut bytes, start).map_err(unavailable)?;
        // Not at the start of the file, so the first line is probably not whole.
        let skipped = if start == 0 {
            Some(0)
        } else {
            bytes
                .iter()
                .position(|byte| *byte == b'\n')
                .map(|at| at + 1)
        };
        let lines = skipped.and_then(|at| bytes.get(at..)).unwrap_or_default();
        let first = if start == 0 { Some(first_seq) } else { None };
        let sound = chained(lines, first).map_err(|(index, what)| {
            altered(path, line_number(file, start, &bytes, index), what)
        })?;
        if sound.last.is_none() && start > 0 {
            window = window.saturating_mul(4);
            continue;
        }
        let kept = start + skipped.unwrap_or(0) as u64 + sound.length;
        if length - kept > CRASH_BYTES {
            let index = lines
                .iter()
                .take(usize::try_from(sound.length).unwrap_or(usize::MAX));
            let index = index.filter(|byte| **byte == b'\n').count();
            let number = line_number(file, start, &bytes, index);
            return Err(altered(path, number, "it is not a line of the journal"));
        }
        return Ok(Sound {
            last: sound.last,
            length: kept,
        });
    }
}

/// The lines of `bytes` that are complete, well formed, and continue each other, up to the
/// first that is not well formed. An error names the line, counted from 0, that is well formed
/// and does not continue the one before.
fn chained(bytes: &[u8], first_seq: Option<Seq>) -> Result<Sound, (usize, &'static str)> {
    let mut sound = Sound {
        last: None,
        length: 0,
    };
    for (index, line) in bytes.split_inclusive(|byte| *byte == b'\n').enumerate() {
        let own = line
            .strip_suffix(b"\n")
            .and_then(|text| Some((Own::parse(text)?, text)));
        let Some((own, text)) = own else {
            break;
        };
        match (sound.last, first_seq) {
            (Some((seq, _)), _) if own.seq != seq + 1 => {
                return Err((index, "its number does not follow the one before"));
            }
            (Some((_, hash)), _) if own.prev_hash != hash => {
                return Err((index, "it does not continue the line before"));
            }
            (None, Some(first)) if own.seq != first => {
                return Err((index, "its number is not the one in the file's name"));
            }
            _ => {}
        }
        sound.last = Some((own.seq, hash(text)));
        sound.length += line.len() as u64;
    }
    Ok(sound)
}

/// The place in the file, from 1, of the line that comes `index` lines after the first whole
/// one in a window. Reads the file before the window, which only an error message is worth.
fn line_number(file: &File, start: u64, window: &[u8], index: usize) -> u64 {
    let mut before = Vec::new();
    let _ = io::Read::read_to_end(
        &mut io::Read::take(ReadAt { file, at: 0 }, start),
        &mut before,
    );
    let newlines = before.iter().filter(|byte| **byte == b'\n').count();
    let partial = usize::from(start > 0 && window.contains(&b'\n'));
    (newlines + partial + index + 1) as u64
}

/// Reads a file from an offset without moving its cursor.
struct ReadAt<'a> {
    file: &'a File,
    at: u64,
}

impl io::Read for ReadAt<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.file.read_at(buffer, self.at)?;
        self.at += count as u64;
        Ok(count)
    }
}

/// Cuts the file at `length`, durably. More than one incomplete line is put aside first.
fn cut(file: &File, path: &Path, length: u64, seq: Seq) -> io::Result<Option<Torn>> {
    let bytes = file.metadata()?.len() - length;
    if bytes == 0 {
        return Ok(None);
    }
    let mut rest = Vec::new();
    io::Read::read_to_end(&mut ReadAt { file, at: length }, &mut rest)?;
    let kept_in = if rest.contains(&b'\n') {
        let aside = path.with_extension(format!("torn-{length}"));
        let mut kept = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&aside)?;
        kept.write_all(&rest)?;
        kept.sync_all()?;
        Some(aside)
    } else {
        None
    };
    file.set_len(length)?;
    file.sync_all()?;
    Ok(Some(Torn {
        file: path.to_path_buf(),
        seq,
        bytes,
        kept_in,
    }))
}
