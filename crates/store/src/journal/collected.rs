//! What a collector was sent by a sink: records and checkpoints among each other, some of them
//! more than once, in files of any name.
//!
//! Sorted out they are a part of a journal, and are verified like one. Nothing is copied: where
//! each line stands is remembered, and it is read again when its turn comes.

use std::{
    fs::File,
    io::{self, BufRead as _, BufReader},
    os::unix::fs::FileExt as _,
    path::{Path, PathBuf},
};

use super::{
    Hash, Seq,
    checkpoint::{Kept, Place},
    ledger::{LedgerFault, LedgerFaultKind},
    reader::{Own, RawLine},
    state::hash,
};

/// Where a line stands.
#[derive(Clone, Copy, Debug)]
struct Spot {
    /// The number of the record, or how many records the checkpoint vouches for.
    seq: Seq,
    hash: Hash,
    file: usize,
    /// The line in the file, from 1.
    line: u64,
    offset: u64,
    length: usize,
}

/// What a collector was sent, in order.
#[derive(Debug)]
pub(super) struct Collected {
    files: Vec<PathBuf>,
    records: Vec<Spot>,
    checkpoints: Vec<Spot>,
}

impl Collected {
    /// Sorts out the lines of files.
    ///
    /// # Errors
    /// The first line that is neither a record nor a checkpoint, or the first that came twice and
    /// was not the same.
    pub(super) fn read(files: Vec<PathBuf>) -> Result<Self, LedgerFault> {
        let mut collected = Self {
            files,
            records: Vec::new(),
            checkpoints: Vec::new(),
        };
        for at in 0..collected.files.len() {
            collected.read_file(at)?;
        }
        sort_out(&mut collected.records, |spot| {
            let seq = spot.seq;
            let what = format!("record {seq} came twice, and was not the same");
            collected.files.fault(spot, LedgerFaultKind::Altered, what)
        })?;
        sort_out(&mut collected.checkpoints, |spot| {
            let size = spot.seq;
            let what = format!("two checkpoints of {size} records contradict each other");
            collected.files.fault(spot, LedgerFaultKind::Forged, what)
        })?;
        Ok(collected)
    }

    fn read_file(&mut self, at: usize) -> Result<(), LedgerFault> {
        let Some(path) = self.files.get(at).cloned() else {
            return Ok(());
        };
        let unreadable = |error: io::Error, line| LedgerFault {
            kind: LedgerFaultKind::Unreadable,
            seq: 0,
            file: path.clone(),
            line,
            what: format!("a file cannot be read: {error}"),
        };
        let file = File::open(&path).map_err(|error| unreadable(error, 1))?;
        let mut reader = BufReader::with_capacity(1 << 16, file);
        let (mut offset, mut line) = (0, 0);
        let mut bytes = Vec::new();
        loop {
            bytes.clear();
            let read = reader.read_until(b'\n', &mut bytes);
            let read = read.map_err(|error| unreadable(error, line + 1))?;
            line += 1;
            let Some(text) = bytes.strip_suffix(b"\n") else {
                // It is still being written, or there is no more.
                return Ok(());
            };
            let spot = |seq| Spot {
                seq,
                hash: hash(text),
                file: at,
                line,
                offset,
                length: text.len(),
            };
            if let Some(own) = Own::parse(text) {
                self.records.push(spot(own.seq));
            } else if text.starts_with(b"{\"note\":") {
                match Kept::parse(text) {
                    Ok(kept) => self.checkpoints.push(spot(kept.checkpoint.size)),
                    Err(what) => {
                        let what = format!("a checkpoint was altered: {what}");
                        return Err(self.files.fault(&spot(0), LedgerFaultKind::Forged, what));
                    }
                }
            } else if !text.is_empty() {
                let seq = self.records.last().map_or(0, |last| last.seq) + 1;
                let what = format!("record {seq} was altered");
                return Err(self.files.fault(&spot(seq), LedgerFaultKind::Altered, what));
            }
            offset += read as u64;
        }
    }

    /// The number of the first record, and where it stands.
    pub(super) fn first(&self) -> Option<(Seq, &Path)> {
        let first = self.records.first()?;
        Some((first.seq, self.files.get(first.file)?))
    }

    /// A record.
    pub(super) fn record(&self, at: usize) -> io::Result<Option<RawLine>> {
        let Some(spot) = self.records.get(at) else {
            return Ok(None);
        };
        Ok(Some(RawLine {
            bytes: self.bytes(spot)?,
            file: self.files.path(spot),
            number: spot.line,
            expected: spot.seq,
            complete: true,
        }))
    }

    /// Every checkpoint, and where it stands.
    pub(super) fn checkpoints(
        &self,
    ) -> impl Iterator<Item = io::Result<(Place, Result<Kept, &'static str>)>> {
        self.checkpoints.iter().map(|spot| {
            let place = Place {
                file: self.files.path(spot),
                line: spot.line,
            };
            Ok((place, Kept::parse(&self.bytes(spot)?)))
        })
    }

    fn bytes(&self, spot: &Spot) -> io::Result<Vec<u8>> {
        let mut bytes = vec![0; spot.length];
        let file = File::open(self.files.path(spot))?;
        file.read_exact_at(&mut bytes, spot.offset)?;
        Ok(bytes)
    }
}

/// Files, by their numbers.
trait Numbered {
    fn path(&self, spot: &Spot) -> PathBuf;

    fn fault(&self, spot: &Spot, kind: LedgerFaultKind, what: String) -> LedgerFault {
        LedgerFault {
            kind,
            seq: spot.seq,
            file: self.path(spot),
            line: spot.line,
            what,
        }
    }
}

impl Numbered for Vec<PathBuf> {
    fn path(&self, spot: &Spot) -> PathBuf {
        self.get(spot.file).cloned().unwrap_or_default()
    }
}

/// Puts lines in order, each once.
fn sort_out(
    spots: &mut Vec<Spot>,
    contradiction: impl Fn(&Spot) -> LedgerFault,
) -> Result<(), LedgerFault> {
    // Of lines that came more than once the first stays, whose place is the best to name.
    spots.sort_by_key(|spot| (spot.seq, spot.file, spot.line));
    let mut before: Option<Spot> = None;
    for spot in spots.iter() {
        if let Some(before) = before
            && before.seq == spot.seq
            && before.hash != spot.hash
        {
            return Err(contradiction(spot));
        }
        before = Some(*spot);
    }
    spots.dedup_by_key(|spot| spot.seq);
    Ok(())
}
