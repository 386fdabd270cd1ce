//! Finding checkpoints by their sizes without reading what they say.
//!
//! A file of checkpoints has one for every ten seconds of a day, some 6 KB each. Of a file that is
//! asked about, the sizes and places are noted in one pass; only checkpoints that are wanted are
//! parsed.

use std::{
    collections::BTreeMap,
    fs::File,
    io::{self, BufRead as _, BufReader},
    os::unix::fs::FileExt as _,
    path::{Path, PathBuf},
};

use super::{
    Seq,
    checkpoint::{self, Kept},
    note::number,
};

/// Where a checkpoint stands in its file.
#[derive(Clone, Copy)]
struct Spot {
    size: Seq,
    offset: u64,
    length: usize,
}

/// The checkpoints of a journal, by size.
pub(super) struct CheckpointIndex {
    files: Vec<(Seq, PathBuf)>,
    /// What is in those that were asked about, in the order of sizes.
    known: BTreeMap<usize, Vec<Spot>>,
}

impl CheckpointIndex {
    pub(super) fn of_folder(dir: &Path) -> io::Result<Self> {
        Ok(Self::over(checkpoint::list(dir)?))
    }

    /// Over these files, in order.
    pub(super) fn over(files: Vec<(Seq, PathBuf)>) -> Self {
        Self {
            files,
            known: BTreeMap::new(),
        }
    }

    /// The newest checkpoint.
    pub(super) fn newest(&mut self) -> io::Result<Option<Kept>> {
        self.largest_upto(Seq::MAX)
    }

    /// The checkpoint of this size.
    pub(super) fn at(&mut self, size: Seq) -> io::Result<Option<Kept>> {
        let found = self.largest_upto(size)?;
        Ok(found.filter(|kept| kept.checkpoint.size == size))
    }

    /// The largest checkpoint that is of at most this size.
    pub(super) fn largest_upto(&mut self, size: Seq) -> io::Result<Option<Kept>> {
        for at in (0..self.begins_after(size)).rev() {
            let spots = self.spots(at)?;
            let upto = spots.partition_point(|spot| spot.size <= size);
            if let Some(spot) = upto
                .checked_sub(1)
                .and_then(|last| spots.get(last))
                .copied()
            {
                return self.read(at, spot).map(Some);
            }
        }
        Ok(None)
    }

    /// The smallest checkpoint that is of at least this size.
    pub(super) fn smallest_from(&mut self, size: Seq) -> io::Result<Option<Kept>> {
        // What is sealed in the file with this line, or in a later one.
        let first = self.begins_after(size).saturating_sub(1);
        for at in first..self.files.len() {
            let spots = self.spots(at)?;
            let from = spots.partition_point(|spot| spot.size < size);
            if let Some(spot) = spots.get(from).copied() {
                return self.read(at, spot).map(Some);
            }
        }
        Ok(None)
    }

    /// How many files begin at or before this line.
    fn begins_after(&self, size: Seq) -> usize {
        self.files.partition_point(|(first, _)| *first <= size)
    }

    fn spots(&mut self, at: usize) -> io::Result<&[Spot]> {
        if !self.known.contains_key(&at)
            && let Some((_, path)) = self.files.get(at)
        {
            self.known.insert(at, spots_of(path)?);
        }
        Ok(self.known.get(&at).map(Vec::as_slice).unwrap_or_default())
    }

    fn read(&self, at: usize, spot: Spot) -> io::Result<Kept> {
        let (_, path) = self
            .files
            .get(at)
            .ok_or_else(|| io::Error::other("no file"))?;
        let mut line = vec![0; spot.length];
        File::open(path)?.read_exact_at(&mut line, spot.offset)?;
        let bad = |what| {
            let file = path.display();
            let size = spot.size;
            io::Error::other(format!("{file}: the checkpoint of {size} records: {what}"))
        };
        let kept = Kept::parse(&line).map_err(bad)?;
        if kept.checkpoint.size == spot.size {
            Ok(kept)
        } else {
            Err(bad("it is of another size"))
        }
    }
}

fn spots_of(path: &Path) -> io::Result<Vec<Spot>> {
    let mut reader = BufReader::with_capacity(1 << 16, File::open(path)?);
    let mut spots = Vec::new();
    let (mut line, mut offset, mut number) = (Vec::new(), 0, 0_u64);
    loop {
        line.clear();
        let read = reader.read_until(b'\n', &mut line)?;
        number += 1;
        // What a crash left of the last one is none.
        let Some(whole) = line.strip_suffix(b"\n") else {
            break;
        };
        let size = size_of(whole).ok_or_else(|| {
            let file = path.display();
            io::Error::other(format!("{file}, line {number}: it is not a checkpoint"))
        })?;
        spots.push(Spot {
            size,
            offset,
            length: whole.len(),
        });
        offset += read as u64;
    }
    spots.sort_by_key(|spot| spot.size);
    Ok(spots)
}

/// The size in the second line of the note with which a line of a file begins.
fn size_of(line: &[u8]) -> Option<Seq> {
    let start = line.get(..line.len().min(512))?;
    let text = start.utf8_chunks().next()?.valid();
    number(text.strip_prefix("{\"note\":\"")?.split("\\n").nth(1)?)
}
