//! Folds that are written down: which rows ought to exist after a line, in a file beside the
//! journal, so that whoever checks the store need not begin at the first line.
//!
//! A file is named by the last line that was folded, `0000000000004096.fold`. Its first line is
//! `{"head":…,"size":…}`, the hash and the number of that line; the others are the rows in the
//! order of their keys, `{"key":…,"tag":…,"version":…}` with a null tag for a row that was
//! removed. Checkpoints name the newest by its SHA-256, so it is as good as they are.

use std::{
    fs::{File, OpenOptions},
    io::{self, BufRead as _, BufReader, BufWriter, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
};

use aws_lc_rs::digest::{Context, SHA256};
use serde::{Deserialize, Serialize};

use super::{
    Hash, Seq,
    checkpoint::FoldMark,
    fold::{Edition, Fold},
    note::hex,
    reader::from_hex,
};

const ENDING: &str = ".fold";

pub(super) fn file_path(dir: &Path, size: Seq) -> PathBuf {
    dir.join(format!("{size:016}{ENDING}"))
}

#[derive(Serialize, Deserialize)]
struct First {
    head: String,
    size: Seq,
}

#[derive(Serialize, Deserialize)]
struct Wire {
    key: String,
    tag: Option<String>,
    version: u64,
}

/// Reads a fold row by row, and whether it was the one that was meant.
struct Reading {
    lines: BufReader<File>,
    sum: Context,
    head: Hash,
}

impl Reading {
    fn open(dir: &Path, mark: FoldMark) -> io::Result<Self> {
        let file = File::open(file_path(dir, mark.size))?;
        let mut reading = Self {
            lines: BufReader::with_capacity(1 << 16, file),
            sum: Context::new(&SHA256),
            head: Hash::default(),
        };
        let first: First = reading.next()?.ok_or_else(strange)?;
        reading.head = from_hex(&first.head).ok_or_else(strange)?;
        if first.size == mark.size {
            Ok(reading)
        } else {
            Err(strange())
        }
    }

    fn next<T: serde::de::DeserializeOwned>(&mut self) -> io::Result<Option<T>> {
        let mut line = Vec::new();
        self.lines.read_until(b'\n', &mut line)?;
        self.sum.update(&line);
        if line.is_empty() {
            return Ok(None);
        }
        serde_json::from_slice(&line)
            .map(Some)
            .map_err(|_| strange())
    }

    fn row(&mut self) -> io::Result<Option<(Vec<u8>, Edition)>> {
        let Some(row) = self.next::<Wire>()? else {
            return Ok(None);
        };
        let tag = match row.tag {
            Some(tag) => Some(from_hex(&tag).ok_or_else(strange)?),
            None => None,
        };
        Ok(Some((row.key.into_bytes(), (row.version, tag))))
    }

    /// After the last row: whether what was read is what the mark says.
    fn finish(self, mark: FoldMark) -> io::Result<Hash> {
        if self.sum.finish().as_ref() == mark.digest {
            Ok(self.head)
        } else {
            Err(strange())
        }
    }
}

fn strange() -> io::Error {
    io::Error::new(
        io::ErrorKind::InvalidData,
        "the file with the fold of the store is not the one that the checkpoint speaks of",
    )
}

/// Reads the fold of which a checkpoint speaks, and the hash of the last line in it.
///
/// # Errors
/// When it cannot be read, or is another.
pub(super) fn read(dir: &Path, mark: FoldMark) -> io::Result<(Fold, Hash)> {
    let mut reading = Reading::open(dir, mark)?;
    let mut fold = Fold::default();
    while let Some((key, (version, tag))) = reading.row()? {
        fold.note(&key, version, tag);
    }
    fold.last_seq = mark.size;
    Ok((fold, reading.finish(mark)?))
}

/// The hash of the last line in a fold.
pub(super) fn head_of(dir: &Path, mark: FoldMark) -> io::Result<Hash> {
    Ok(Reading::open(dir, mark)?.head)
}

/// Writes the fold after the line `size`: the one before, and what the lines since said. Nothing
/// is left behind if that fails. Gives its mark and how many bytes it has.
pub(super) fn write(
    dir: &Path,
    before: Option<FoldMark>,
    since: &Fold,
    (size, head): (Seq, Hash),
) -> io::Result<(FoldMark, u64)> {
    let path = file_path(dir, size);
    let part = path.with_extension("fold.part");
    let written = write_to(&part, dir, before, since, (size, head));
    match written.and_then(|written| {
        std::fs::rename(&part, &path)?;
        crate::folder::sync_dir(dir)?;
        Ok(written)
    }) {
        Ok((digest, bytes)) => Ok((FoldMark { size, digest }, bytes)),
        Err(error) => {
            let _ = std::fs::remove_file(&part);
            Err(error)
        }
    }
}

fn write_to(
    part: &Path,
    dir: &Path,
    before: Option<FoldMark>,
    since: &Fold,
    (size, head): (Seq, Hash),
) -> io::Result<(Hash, u64)> {
    let file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(part)?;
    let mut out = Writing {
        out: BufWriter::with_capacity(1 << 16, file),
        sum: Context::new(&SHA256),
        bytes: 0,
    };
    let head = hex(&head);
    out.line(&First { head, size })?;
    let mut changed = since.editions().peekable();
    if let Some(before) = before {
        let mut reading = Reading::open(dir, before)?;
        while let Some((key, edition)) = reading.row()? {
            while let Some((key, edition)) = changed.next_if(|(other, _)| *other < &key[..]) {
                out.row(key, edition)?;
            }
            let newer = changed.next_if(|(other, _)| *other == &key[..]);
            // The highest version wins, in whatever order they come.
            let edition = newer
                .map(|(_, newer)| newer)
                .filter(|newer| newer.0 > edition.0)
                .unwrap_or(edition);
            out.row(&key, edition)?;
        }
        reading.finish(before)?;
    }
    for (key, edition) in changed {
        out.row(key, edition)?;
    }
    let file = out
        .out
        .into_inner()
        .map_err(io::IntoInnerError::into_error)?;
    file.sync_all()?;
    let mut digest = Hash::default();
    digest.copy_from_slice(out.sum.finish().as_ref());
    Ok((digest, out.bytes))
}

struct Writing {
    out: BufWriter<File>,
    sum: Context,
    bytes: u64,
}

impl Writing {
    fn row(&mut self, key: &[u8], (version, tag): Edition) -> io::Result<()> {
        let key = String::from_utf8(key.to_vec()).map_err(io::Error::other)?;
        let tag = tag.map(|tag| hex(&tag));
        self.line(&Wire { key, tag, version })
    }

    fn line(&mut self, line: &impl Serialize) -> io::Result<()> {
        let mut bytes = serde_json::to_vec(line).map_err(io::Error::other)?;
        bytes.push(b'\n');
        self.sum.update(&bytes);
        self.bytes += bytes.len() as u64;
        self.out.write_all(&bytes)
    }
}

/// How many bytes the fold has that a checkpoint speaks of; none if it is not there.
pub(super) fn bytes_of(dir: &Path, mark: FoldMark) -> Option<u64> {
    let found = std::fs::metadata(file_path(dir, mark.size)).ok()?;
    Some(found.len())
}

/// Removes the folds before the one at `size`, but for one, to which the checkpoint before still
/// refers.
pub(super) fn remove_older(dir: &Path, size: Seq) -> io::Result<()> {
    let mut older = Vec::new();
    for item in std::fs::read_dir(dir)? {
        let path = item?.path();
        let number = path
            .file_name()
            .and_then(|name| name.to_str())
            .and_then(|name| name.strip_suffix(ENDING))
            .and_then(|digits| digits.parse::<Seq>().ok());
        if let Some(number) = number.filter(|number| *number < size) {
            older.push((number, path));
        }
    }
    older.sort_unstable();
    older.pop();
    for (_, path) in older {
        std::fs::remove_file(path)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Scratch;

    fn fold(rows: &[(&str, u64, Option<u8>)]) -> Fold {
        let mut fold = Fold::default();
        for (key, version, tag) in rows {
            fold.note(key.as_bytes(), *version, tag.map(|byte| [byte; 32]));
        }
        fold
    }

    #[test]
    fn a_fold_and_what_came_since_make_the_next() {
        let scratch = Scratch::new();
        let dir = scratch.path();
        let first = fold(&[("b", 1, Some(1)), ("d\"é", 2, Some(2)), ("f", 9, None)]);
        let (one, _) = write(dir, None, &first, (7, [7; 32])).unwrap();
        let (read_one, head) = read(dir, one).unwrap();
        assert_eq!((read_one.get(b"b"), head), (first.get(b"b"), [7; 32]));
        let since = fold(&[
            ("a", 3, Some(3)),
            ("b", 4, None),
            ("f", 8, Some(8)),
            ("z", 5, Some(5)),
        ]);
        let (two, bytes) = write(dir, Some(one), &since, (20, [8; 32])).unwrap();
        assert_eq!(bytes_of(dir, two), Some(bytes));
        let mut expected = fold(&[
            ("a", 3, Some(3)),
            ("b", 4, None),
            ("d\"é", 2, Some(2)),
            ("f", 9, None),
            ("z", 5, Some(5)),
        ]);
        expected.last_seq = 20;
        assert_eq!(read(dir, two).unwrap(), (expected, [8; 32]));
        let (three, _) = write(dir, Some(two), &fold(&[]), (21, [9; 32])).unwrap();
        remove_older(dir, three.size).unwrap();
        assert!(read(dir, one).is_err());
        assert!(read(dir, two).is_ok());
    }

    #[test]
    fn a_fold_that_is_not_the_one_that_is_meant_is_refused() {
        let scratch = Scratch::new();
        let dir = scratch.path();
        let rows = fold(&[("a", 1, Some(1)), ("b", 1, Some(1))]);
        let (mark, _) = write(dir, None, &rows, (7, [7; 32])).unwrap();
        let path = file_path(dir, 7);
        let good = std::fs::read(&path).unwrap();
        for at in 0..good.len() {
            let mut bad = good.clone();
            bad[at] ^= 1;
            std::fs::write(&path, bad).unwrap();
            assert!(read(dir, mark).is_err(), "{at}");
            assert!(write(dir, Some(mark), &rows, (8, [8; 32])).is_err(), "{at}");
        }
        assert!(!file_path(dir, 8).exists());
        assert_eq!(std::fs::read_dir(dir).unwrap().count(), 1);
    }
}
