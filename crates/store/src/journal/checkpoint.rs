//! Checkpoints: what a journal amounts to at one of its lines, in a form that can be signed.
//!
//! The text is that of C2SP, "tlog-checkpoint": origin, size and root, and after them lines of
//! our own, each a word and its values. `docs/formats.md` draws them.
//!
//! Checkpoints stand in files beside the journal's, one for each, named by the same number. A
//! line of such a file is one JSON object with the signed note and what is left of the lines so
//! far, so that the next process goes on without reading them.

use std::{
    fs::{File, OpenOptions},
    io::{self, BufRead as _, BufReader, Read as _, Seek as _, SeekFrom},
    os::unix::fs::{FileExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::{Deserialize, Serialize};

use super::{
    Hash, Seq,
    note::{NOTE_BYTES, Note, NoteKey, hex, number},
    reader::from_hex,
    tree::Range,
};

/// The ending of the names of files with checkpoints.
const ENDING: &str = ".checkpoints";
/// Bytes of a line at most: a note and 64 hashes.
const LINE_BYTES: u64 = 2 * NOTE_BYTES as u64;

/// The rows that ought to exist after a line, as they were written to a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FoldMark {
    /// The number of the last line that was folded.
    pub size: Seq,
    /// The SHA-256 of the file.
    pub digest: Hash,
}

/// What a journal amounts to at one of its lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// The installation whose journal it is.
    pub installation: String,
    /// How many lines there are, which is also the number of the last.
    pub size: Seq,
    /// The root of the tree over all of them.
    pub root: Hash,
    /// The hash of the last of them, as the next line names it.
    pub head: Hash,
    /// The size of the checkpoint before; 0 for the first.
    pub previous: Seq,
    /// When it was made, as in `2026-11-25T22:30:00Z`.
    pub time: String,
    /// The last fold of the store that was written.
    pub fold: Option<FoldMark>,
    /// The size of the last checkpoint before it that handed over to other keys.
    pub handover: Option<Seq>,
    /// The keys that sign all checkpoints behind it, if they are others.
    pub next: Vec<NoteKey>,
}

/// The first line of the checkpoints of an installation, which is also the name of its keys.
#[must_use]
pub fn origin(installation: &str) -> String {
    format!("strongroom/journal/{installation}")
}

impl Checkpoint {
    /// The text that is signed.
    #[must_use]
    pub fn text(&self) -> String {
        let fold = self.fold.map_or_else(String::new, |fold| {
            format!("fold {} {}\n", fold.size, hex(&fold.digest))
        });
        let handover = self
            .handover
            .map_or_else(String::new, |size| format!("handover {size}\n"));
        let next: String = self
            .next
            .iter()
            .map(|key| format!("next {key}\n"))
            .collect();
        format!(
            "{}\n{}\n{}\ninstallation {}\nhead {}\nprevious {}\ntime {}\n{fold}{handover}{next}",
            origin(&self.installation),
            self.size,
            STANDARD.encode(self.root),
            self.installation,
            hex(&self.head),
            self.previous,
            self.time,
        )
    }

    /// Reads the text. Lines that a later version adds are passed over.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut lines = text.strip_suffix('\n')?.split('\n');
        let first = lines.next()?;
        let size = number(lines.next()?)?;
        let root = STANDARD.decode(lines.next()?).ok()?.try_into().ok()?;
        let word = |name: &str, line: Option<&str>| {
            let value = line?.strip_prefix(name)?.strip_prefix(' ')?;
            (!value.is_empty()).then(|| value.to_owned())
        };
        let installation = word("installation", lines.next())?;
        let head = from_hex(&word("head", lines.next())?)?;
        let previous = number(&word("previous", lines.next())?)?;
        let time = word("time", lines.next())?;
        let more: Vec<&str> = lines.collect();
        let find = |name| more.iter().find_map(|line| word(name, Some(line)));
        let fold = match find("fold") {
            Some(fold) => {
                let (size, digest) = fold.split_once(' ')?;
                Some(FoldMark {
                    size: number(size)?,
                    digest: from_hex(digest)?,
                })
            }
            None => None,
        };
        let handover = match find("handover") {
            Some(size) => Some(number(&size)?),
            None => None,
        };
        let next = more
            .iter()
            .filter_map(|line| word("next", Some(line)))
            .map(|key| NoteKey::parse(&key).ok())
            .collect::<Option<Vec<_>>>()?;
        (first == origin(&installation)).then_some(Self {
            installation,
            size,
            root,
            head,
            previous,
            time,
            fold,
            handover,
            next,
        })
    }
}

/// A checkpoint as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// What it says.
    pub checkpoint: Checkpoint,
    /// With its signatures.
    pub note: Note,
    /// What is left of the lines up to it.
    pub range: Range,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wire {
    note: String,
    range: Vec<String>,
}

impl Kept {
    /// The line of a file of checkpoints, with its newline.
    ///
    /// # Errors
    /// None that can come; the form has no failing parts.
    pub(super) fn line(&self) -> io::Result<Vec<u8>> {
        let wire = Wire {
            note: self.note.to_string(),
            range: self
                .range
                .hashes()
                .iter()
                .map(|hash| STANDARD.encode(hash))
                .collect(),
        };
        let mut line = serde_json::to_vec(&wire).map_err(io::Error::other)?;
        line.push(b'\n');
        Ok(line)
    }

    /// Reads a line, without its newline. Signatures are not checked; that the range gives the
    /// root is.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(line: &[u8]) -> Result<Self, &'static str> {
        const FORM: &str = "it does not have the form of a checkpoint";
        let wire: Wire = serde_json::from_slice(line).map_err(|_| FORM)?;
        let note = Note::parse(&wire.note)?;
        let checkpoint = Checkpoint::parse(&note.text).ok_or(FORM)?;
        let hashes = wire
            .range
            .iter()
            .map(|hash| STANDARD.decode(hash).ok()?.try_into().ok())
            .collect::<Option<Vec<Hash>>>()
            .ok_or(FORM)?;
        let range = Range::of(checkpoint.size, hashes).ok_or(FORM)?;
        if range.root() != checkpoint.root {
            return Err("its hashes do not lead to its root");
        }
        Ok(Self {
            checkpoint,
            note,
            range,
        })
    }
}

/// The file with the checkpoints of the journal file whose first line has this number.
pub(super) fn file_path(dir: &Path, first_seq: Seq) -> PathBuf {
    dir.join(format!("{first_seq:016}{ENDING}"))
}

/// The number in the name of a file with checkpoints; none for any other file.
pub(super) fn number_of(path: &Path) -> Option<Seq> {
    path.file_name()
        .and_then(|name| name.to_str())
        .and_then(|name| name.strip_suffix(ENDING))
        .filter(|digits| digits.len() == 16)
        .and_then(|digits| digits.parse().ok())
}

/// The files with checkpoints in a folder, in order.
pub(super) fn list(dir: &Path) -> io::Result<Vec<(Seq, PathBuf)>> {
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

/// Where a checkpoint was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The file.
    pub file: PathBuf,
    /// The line in it, from 1.
    pub line: u64,
}

/// The newest checkpoint in a folder, and where it is. What a crash left of one that was being
/// written is passed over.
///
/// # Errors
/// When a file cannot be read; within, when the newest is not a checkpoint.
pub fn newest_checkpoint(dir: &Path) -> io::Result<Option<(Place, Result<Kept, &'static str>)>> {
    for (_, path) in list(dir)?.into_iter().rev() {
        let mut bytes = Vec::new();
        File::open(&path)?.read_to_end(&mut bytes)?;
        let whole = bytes.iter().rposition(|byte| *byte == b'\n').unwrap_or(0);
        let lines: Vec<&[u8]> = bytes
            .get(..whole)
            .unwrap_or_default()
            .split(|byte| *byte == b'\n')
            .filter(|line| !line.is_empty())
            .collect();
        if let Some(last) = lines.last() {
            let line = lines.len() as u64;
            return Ok(Some((Place { file: path, line }, Kept::parse(last))));
        }
    }
    Ok(None)
}

/// A checkpoint for somebody who follows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// How many lines it vouches for.
    pub size: Seq,
    /// When it was made, as in `2026-11-25T22:30:00Z`.
    pub time: String,
    /// Its line, with the newline.
    pub line: Vec<u8>,
}

/// A place among the checkpoints of a journal, from which they are read in order.
///
/// Like a [`Follower`](super::Follower) of lines, it is told up to where it may read.
#[derive(Debug)]
pub struct CheckpointFollower {
    dir: PathBuf,
    /// The last one that was read.
    after: Seq,
    /// The file, the number in its name, and how far it was read.
    open: Option<(BufReader<File>, Seq, u64)>,
}

impl CheckpointFollower {
    /// Reads those of more than `after` lines.
    #[must_use]
    pub fn after(dir: &Path, after: Seq) -> Self {
        Self {
            dir: dir.to_path_buf(),
            after,
            open: None,
        }
    }

    /// The next one, if it is of `upto` lines at most and is there.
    ///
    /// # Errors
    /// When a file cannot be read, or holds what is none.
    pub fn next(&mut self, upto: Seq) -> io::Result<Option<Told>> {
        loop {
            let (reader, first, offset) = match &mut self.open {
                Some(open) => open,
                None => {
                    let files = list(&self.dir)?;
                    // A checkpoint stands in the last file whose first line it vouches for.
                    let at = files.partition_point(|(first, _)| *first <= self.after + 1);
                    let Some((first, path)) = files.get(at.saturating_sub(1)) else {
                        return Ok(None);
                    };
                    let reader = BufReader::new(File::open(path)?);
                    self.open.insert((reader, *first, 0))
                }
            };
            let mut line = Vec::new();
            reader.read_until(b'\n', &mut line)?;
            if line.last() != Some(&b'\n') {
                let first = *first;
                // It is there later, or in the next file, or a crash left it.
                reader.seek(SeekFrom::Start(*offset))?;
                let next = list(&self.dir)?
                    .into_iter()
                    .find(|(other, _)| *other > first);
                let Some((next, path)) = next else {
                    return Ok(None);
                };
                self.open = Some((BufReader::new(File::open(path)?), next, 0));
                continue;
            }
            let text = line.strip_suffix(b"\n").unwrap_or(&line);
            let kept = Kept::parse(text).map_err(io::Error::other)?;
            let Checkpoint { size, time, .. } = kept.checkpoint;
            if size > upto {
                reader.seek(SeekFrom::Start(*offset))?;
                return Ok(None);
            }
            *offset += line.len() as u64;
            if size > self.after {
                self.after = size;
                return Ok(Some(Told { size, time, line }));
            }
        }
    }
}

/// A file of checkpoints that grows.
pub(super) struct Growing {
    first_seq: Seq,
    file: File,
    length: u64,
}

impl Growing {
    /// Opens the file beside the journal file whose first line has this number. A last line that
    /// is not complete was never promised to anybody, and is cut off.
    pub(super) fn open(dir: &Path, first_seq: Seq) -> io::Result<Self> {
        let path = file_path(dir, first_seq);
        let fresh = !path.exists();
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(&path)?;
        if fresh {
            crate::folder::sync_dir(dir)?;
        }
        let mut length = file.metadata()?.len();
        let window = length.min(LINE_BYTES);
        let mut tail = vec![0; usize::try_from(window).map_err(io::Error::other)?];
        file.read_exact_at(&mut tail, length - window)?;
        let whole = tail.iter().rposition(|byte| *byte == b'\n');
        let kept = whole.map_or(0, |at| at as u64 + 1);
        if kept < window {
            length -= window - kept;
            file.set_len(length)?;
        }
        Ok(Self {
            first_seq,
            file,
            length,
        })
    }

    pub(super) fn first_seq(&self) -> Seq {
        self.first_seq
    }

    /// Adds a line. If that fails, nothing of it stays, or the next one is written over it.
    pub(super) fn append(&mut self, line: &[u8]) -> io::Result<()> {
        let written = self.file.write_all_at(line, self.length);
        if written.is_err() {
            let _ = self.file.set_len(self.length);
        }
        written?;
        self.length += line.len() as u64;
        Ok(())
    }

    pub(super) fn sync(&self) -> io::Result<()> {
        self.file.sync_data()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        journal::{
            note::{NoteKeyKind, NoteSignature},
            state::hash,
            tree::{Range, leaf_hash},
        },
        testing::Scratch,
    };

    fn key(byte: u8) -> NoteKey {
        NoteKey {
            name: origin("11111111-2222-4333-8444-555555555555"),
            kind: NoteKeyKind::Ed25519,
            public_key: vec![byte; 32],
        }
    }

    fn kept(size: u64) -> Kept {
        let mut range = Range::default();
        for number in 0..size {
            range.push(leaf_hash(&hash(&number.to_be_bytes())));
        }
        let checkpoint = Checkpoint {
            installation: "11111111-2222-4333-8444-555555555555".to_owned(),
            size,
            root: range.root(),
            head: [0xab; 32],
            previous: size - 1,
            time: "2026-11-25T22:30:00Z".to_owned(),
            fold: (size > 2).then_some(FoldMark {
                size: 2,
                digest: [0xcd; 32],
            }),
            handover: (size > 3).then_some(3),
            next: (size > 70).then(|| key(7)).into_iter().collect(),
        };
        let signature = NoteSignature {
            name: origin(&checkpoint.installation),
            key_id: [1, 2, 3, 4],
            bytes: vec![9; 64],
        };
        let note = Note {
            text: checkpoint.text(),
            signatures: vec![signature],
        };
        Kept {
            checkpoint,
            note,
            range,
        }
    }

    #[test]
    fn the_text_is_as_it_is_drawn() {
        let text = kept(3).checkpoint.text();
        let ab = "ab".repeat(32);
        let cd = "cd".repeat(32);
        let root = STANDARD.encode(kept(3).checkpoint.root);
        assert_eq!(
            text,
            format!(
                "strongroom/journal/11111111-2222-4333-8444-555555555555\n3\n{root}\n\
                 installation 11111111-2222-4333-8444-555555555555\nhead {ab}\nprevious 2\n\
                 time 2026-11-25T22:30:00Z\nfold 2 {cd}\n"
            )
        );
    }

    #[test]
    fn what_is_printed_is_read_and_nothing_else() {
        for size in [1, 2, 3, 77] {
            let kept = kept(size);
            let line = kept.line().unwrap();
            let line = line.strip_suffix(b"\n").unwrap();
            assert_eq!(Kept::parse(line).as_ref(), Ok(&kept));
        }
        let text = kept(3).checkpoint.text();
        for bad in [
            text.replace("\n3\n", "\n03\n"),
            text.replace("\n3\n", "\n+3\n"),
            text.replace("installation 1", "installation 2"),
            text.replace("head ab", "head AB"),
            text.replace("previous 2\n", ""),
            text.replace("fold 2 cd", "fold 2 "),
            text.trim_end().to_owned(),
        ] {
            assert_eq!(Checkpoint::parse(&bad), None, "{bad}");
        }
        let later = format!("{text}witness somebody\n");
        assert!(Checkpoint::parse(&later).is_some());
    }

    #[test]
    fn the_newest_checkpoint_is_found_and_a_torn_one_is_none() {
        let scratch = Scratch::new();
        let dir = scratch.path();
        assert_eq!(newest_checkpoint(dir).unwrap(), None);
        let mut file = Growing::open(dir, 1).unwrap();
        for size in [1, 2] {
            file.append(&kept(size).line().unwrap()).unwrap();
        }
        let line = kept(3).line().unwrap();
        file.append(&line[..100]).unwrap();
        let (place, newest) = newest_checkpoint(dir).unwrap().unwrap();
        assert_eq!((place.line, newest), (2, Ok(kept(2))));
        let mut file = Growing::open(dir, 1).unwrap();
        file.append(&line).unwrap();
        Growing::open(dir, 4).unwrap();
        let (place, newest) = newest_checkpoint(dir).unwrap().unwrap();
        assert_eq!((place.line, newest), (3, Ok(kept(3))));
        assert_eq!(place.file, file_path(dir, 1));
    }
}
