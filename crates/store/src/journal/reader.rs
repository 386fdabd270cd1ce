//! Reading the journal from its beginning, and finding the first line that is not as written.

use std::borrow::Cow;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::Deserialize;
use serde_json::Value;

use super::collected::Collected;
use super::state::hash;
use super::{Hash, Seq, medium};

/// One line as it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Its number.
    pub seq: Seq,
    /// Its bytes, without the newline.
    pub bytes: Vec<u8>,
}

/// What is wrong with a line.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChainFaultKind {
    /// It is not what was written.
    #[error("it was altered")]
    Altered,
    /// It is not there, but later ones are.
    #[error("it is missing")]
    Missing,
    /// It is not there, but after later ones or for a second time.
    #[error("the lines are out of order")]
    Reordered,
    /// A checkpoint vouches for another one.
    #[error("it is not the one that the checkpoint vouches for")]
    NotSealed,
    /// A checkpoint vouches for it, and it is not there.
    #[error("it was cut off")]
    CutOff,
    /// It is the last one and incomplete, as a crash leaves it.
    #[error("it is the last one and incomplete")]
    Torn,
    /// The file cannot be read.
    #[error("it cannot be read: {0}")]
    Unreadable(String),
}

/// The first fault of a chain.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("journal line {seq} ({}, line {line}): {kind}", file.display())]
pub struct ChainFault {
    /// The number that the faulty line has or ought to have.
    pub seq: Seq,
    /// The file in which the fault shows.
    pub file: PathBuf,
    /// The place in that file where it shows, from 1.
    pub line: u64,
    /// What is wrong.
    pub kind: ChainFaultKind,
}

/// What a sound chain amounts to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ChainSummary {
    /// The number of the last line, which is also how many there are.
    pub last_seq: Seq,
    /// The hash of the last line.
    pub head: Hash,
}

/// The journal's own members of a line.
pub(super) struct Own {
    pub(super) seq: Seq,
    pub(super) prev_hash: Hash,
    pub(super) outbox: Option<u64>,
}

impl Own {
    /// Reads them from a line; none if it is not a line of a journal.
    pub(super) fn parse(line: &[u8]) -> Option<Self> {
        #[derive(Deserialize)]
        struct Members<'a> {
            seq: Seq,
            #[serde(borrow)]
            prev_hash: Cow<'a, str>,
            #[serde(borrow)]
            outbox: Option<Cow<'a, str>>,
        }
        let members: Members<'_> = serde_json::from_slice(line).ok()?;
        let outbox = match members.outbox {
            Some(id) => Some(u64::from_be_bytes(from_hex(&id)?)),
            None => None,
        };
        Some(Self {
            seq: members.seq,
            prev_hash: from_hex(&members.prev_hash)?,
            outbox,
        })
    }
}

/// Reads lower-case hexadecimal digits of exactly `N` bytes.
pub(super) fn from_hex<const N: usize>(text: &str) -> Option<[u8; N]> {
    let mut bytes = [0; N];
    let digit = |digit: u8| match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    };
    if text.len() != 2 * N {
        return None;
    }
    for (byte, pair) in bytes.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
        let [high, low] = pair else { return None };
        *byte = digit(*high)? << 4 | digit(*low)?;
    }
    Some(bytes)
}

/// Every line of the journal in `dir`, in order, each with its number and parsed. The chain is
/// not checked; [`verify_chain`] does that.
pub fn read(dir: &Path) -> impl Iterator<Item = Result<(Seq, Value), ChainFault>> + use<> {
    parsed(RawLines::of(dir, 1))
}

/// Like [`read`], of the files from the newest back to the first one whose first line is old
/// enough. Of the files in between only the first line is read to find that one.
///
/// # Errors
/// When the folder cannot be read.
pub fn read_back_to(
    dir: &Path,
    old_enough: &dyn Fn(&Value) -> bool,
) -> std::io::Result<impl Iterator<Item = Result<(Seq, Value), ChainFault>> + use<>> {
    let mut files = medium::list(dir)?;
    let begins = files.iter().rposition(|file| {
        let first = RawLines::over(vec![file.clone()]).next();
        let first = first.and_then(|raw| serde_json::from_slice(&raw.ok()?.bytes).ok());
        first.is_some_and(|first: Value| old_enough(&first))
    });
    files.drain(..begins.unwrap_or(0));
    Ok(parsed(RawLines::over(files)))
}

fn parsed(lines: RawLines) -> impl Iterator<Item = Result<(Seq, Value), ChainFault>> + use<> {
    lines.map(|raw| {
        let raw = raw?;
        let parsed = serde_json::from_slice::<Value>(&raw.bytes).ok();
        let seq = parsed.as_ref().and_then(|value| value.get("seq")?.as_u64());
        match (seq, parsed) {
            (Some(seq), Some(value)) => Ok((seq, value)),
            _ => Err(raw.fault(raw.expected, raw.unreadable())),
        }
    })
}

/// Every line of the journal in `dir`, in order, up to the first that is not as it was written.
///
/// The fault names the first line that was altered, removed or moved. The last line has nobody
/// after it to vouch for it, nor does anything here show that lines were cut off the end;
/// signed checkpoints and the fold against the store do.
pub fn verify_chain(dir: &Path) -> impl Iterator<Item = Result<Line, ChainFault>> {
    chain_after(dir, ChainSummary::default())
}

/// Like [`verify_chain`], of the lines after one whose number and hash are known.
pub(super) fn chain_after(
    dir: &Path,
    last: ChainSummary,
) -> impl Iterator<Item = Result<Line, ChainFault>> {
    let known = last.last_seq;
    let passed = move |line: &Result<RawLine, _>| {
        // Within the first file that is read, by their places.
        matches!(line, Ok(line) if line.expected <= known)
    };
    let mut lines = RawLines::of(dir, known + 1).peekable();
    while lines.next_if(passed).is_some() {}
    Chain {
        lines,
        last,
        done: false,
    }
}

/// Reads the whole chain and says where it ends.
///
/// # Errors
///
/// The first [`ChainFault`].
pub fn summarize_chain(dir: &Path) -> Result<ChainSummary, ChainFault> {
    let mut summary = ChainSummary::default();
    let mut last = None;
    for line in verify_chain(dir) {
        let line = line?;
        summary.last_seq = line.seq;
        last = Some(line.bytes);
    }
    if let Some(line) = last {
        summary.head = hash(&line);
    }
    Ok(summary)
}

/// A line whose content was not looked at.
pub(super) struct RawLine {
    pub(super) bytes: Vec<u8>,
    pub(super) file: PathBuf,
    /// Its place in the file, from 1.
    pub(super) number: u64,
    /// The number it has if the file's name is right and nothing was moved.
    pub(super) expected: Seq,
    pub(super) complete: bool,
}

impl RawLine {
    fn fault(&self, seq: Seq, kind: ChainFaultKind) -> ChainFault {
        ChainFault {
            seq,
            file: self.file.clone(),
            line: self.number,
            kind,
        }
    }

    fn unreadable(&self) -> ChainFaultKind {
        if self.complete {
            ChainFaultKind::Altered
        } else {
            ChainFaultKind::Torn
        }
    }
}

/// All lines of all files, one file open at a time.
pub(super) struct RawLines {
    files: std::vec::IntoIter<(u64, PathBuf)>,
    open: Option<(BufReader<File>, PathBuf, u64, u64)>,
    failed: Option<ChainFault>,
    /// What a collector was sent, and how many of its records were read.
    collected: Option<(Arc<Collected>, usize)>,
}

impl RawLines {
    /// From the file on that has the line `seq`.
    pub(super) fn of(dir: &Path, seq: Seq) -> Self {
        let (files, failed) = match medium::list(dir) {
            Ok(files) => (files, None),
            Err(error) => (Vec::new(), Some(unreadable(dir, 1, 1, &error))),
        };
        let skip = files.partition_point(|(first, _)| *first <= seq);
        let mut files = files.into_iter();
        if let Some(skip) = skip.checked_sub(2) {
            files.nth(skip);
        }
        Self {
            files,
            open: None,
            failed,
            collected: None,
        }
    }

    /// Of these files, each with the number of its first line.
    pub(super) fn over(files: Vec<(Seq, PathBuf)>) -> Self {
        Self {
            files: files.into_iter(),
            open: None,
            failed: None,
            collected: None,
        }
    }

    /// Of what a collector was sent.
    pub(super) fn collected(collected: Arc<Collected>) -> Self {
        Self {
            collected: Some((collected, 0)),
            ..Self::over(Vec::new())
        }
    }

    fn try_next(&mut self) -> Result<Option<RawLine>, ChainFault> {
        if let Some(fault) = self.failed.take() {
            return Err(fault);
        }
        if let Some((collected, read)) = &mut self.collected {
            let record = collected.record(*read);
            *read += 1;
            let (first, path) = collected.first().unwrap_or((1, Path::new("")));
            return record.map_err(|error| unreadable(path, 1, first, &error));
        }
        loop {
            if let Some((reader, path, first, number)) = &mut self.open {
                let mut bytes = Vec::new();
                let read = reader.read_until(b'\n', &mut bytes);
                let expected = *first + *number;
                *number += 1;
                match read {
                    Ok(0) => self.open = None,
                    Ok(_) => {
                        let complete = bytes.last() == Some(&b'\n');
                        if complete {
                            bytes.pop();
                        }
                        return Ok(Some(RawLine {
                            bytes,
                            file: path.clone(),
                            number: *number,
                            expected,
                            complete,
                        }));
                    }
                    Err(error) => return Err(unreadable(path, *number, expected, &error)),
                }
            }
            let Some((first, path)) = self.files.next() else {
                return Ok(None);
            };
            match File::open(&path) {
                Ok(file) => {
                    let reader = BufReader::with_capacity(1 << 16, file);
                    self.open = Some((reader, path, first, 0));
                }
                Err(error) => return Err(unreadable(&path, 1, first, &error)),
            }
        }
    }
}

impl Iterator for RawLines {
    type Item = Result<RawLine, ChainFault>;

    fn next(&mut self) -> Option<Self::Item> {
        let next = self.try_next();
        if next.is_err() {
            // Nothing after an unreadable place can be told apart from what should be there.
            self.open = None;
            self.files = Vec::new().into_iter();
            self.collected = None;
        }
        next.transpose()
    }
}

fn unreadable(file: &Path, line: u64, seq: Seq, error: &std::io::Error) -> ChainFault {
    ChainFault {
        seq,
        file: file.to_path_buf(),
        line,
        kind: ChainFaultKind::Unreadable(error.to_string()),
    }
}

/// Lines, checked against each other.
struct Chain {
    lines: std::iter::Peekable<RawLines>,
    last: ChainSummary,
    done: bool,
}

impl Chain {
    fn check(&mut self, raw: RawLine) -> Result<Line, ChainFault> {
        let seq = self.last.last_seq + 1;
        let last = !matches!(self.lines.peek(), Some(Ok(_)));
        if !raw.complete && last {
            return Err(raw.fault(seq, ChainFaultKind::Torn));
        }
        let Some(own) = Own::parse(&raw.bytes) else {
            return Err(raw.fault(seq, ChainFaultKind::Altered));
        };
        let found = hash(&raw.bytes);
        let follows = own.prev_hash == self.last.head;
        if own.seq == seq && follows {
            self.last = ChainSummary {
                last_seq: seq,
                head: found,
            };
            return Ok(Line {
                seq,
                bytes: raw.bytes,
            });
        }
        let next = match self.lines.peek() {
            Some(Ok(next)) => Own::parse(&next.bytes),
            _ => None,
        };
        let vouched_for = next.as_ref().is_some_and(|next| next.prev_hash == found);
        let (at, kind) = if follows {
            // The right line in the right place, but for its number.
            (seq, ChainFaultKind::Altered)
        } else if own.seq == seq {
            // Either this line or the one before was altered. If the next line still vouches
            // for this one, it was the one before.
            let before = vouched_for || next.is_none();
            let at = if before && seq > 1 { seq - 1 } else { seq };
            (at, ChainFaultKind::Altered)
        } else if own.seq < seq || next.is_some_and(|next| next.seq == seq) {
            (seq, ChainFaultKind::Reordered)
        } else {
            (seq, ChainFaultKind::Missing)
        };
        Err(raw.fault(at, kind))
    }
}

impl Iterator for Chain {
    type Item = Result<Line, ChainFault>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.done {
            return None;
        }
        let checked = self.lines.next()?.and_then(|raw| self.check(raw));
        self.done = checked.is_err();
        Some(checked)
    }
}
