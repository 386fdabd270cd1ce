//! Reading the lines of a journal that is being written, as far as they are safe.

use std::{
    fs::File,
    io,
    os::unix::fs::FileExt as _,
    path::{Path, PathBuf},
};

use super::{Seq, medium, reader::Own};

/// Bytes that are read at a time at first.
const READ_BYTES: usize = 128 << 10;
/// Bytes in which two ends of lines are looked for at first.
const PROBE_BYTES: usize = 8 << 10;

/// A place in a journal, from which its lines are read in order.
///
/// Whoever reads says up to which line; that one has to be there. The journal cuts off and writes
/// over only what comes after its last sync.
#[derive(Debug)]
pub struct Follower {
    dir: PathBuf,
    next: Seq,
    open: Option<Open>,
}

#[derive(Debug)]
struct Open {
    file: File,
    first_seq: Seq,
    offset: u64,
}

/// Lines that follow each other.
#[derive(Debug, Default)]
pub struct Lines {
    first: Seq,
    /// The lines with their newlines.
    bytes: Vec<u8>,
    /// Where each line begins and its newline is.
    bounds: Vec<(usize, usize)>,
}

impl Lines {
    /// Each line, without its newline, and its number.
    pub fn iter(&self) -> impl Iterator<Item = (Seq, &[u8])> {
        let line = |(start, end): &(usize, usize)| self.bytes.get(*start..*end).unwrap_or_default();
        (self.first..).zip(self.bounds.iter().map(line))
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.bounds.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.bounds.is_empty()
    }
}

impl Follower {
    /// Reads from the line `next` on.
    #[must_use]
    pub fn from(dir: &Path, next: Seq) -> Self {
        Self {
            dir: dir.to_path_buf(),
            next,
            open: None,
        }
    }

    /// The number of the next line.
    #[must_use]
    pub fn next(&self) -> Seq {
        self.next
    }

    /// The number of the first line of the file that is read; 0 before anything was.
    pub(super) fn file(&self) -> Seq {
        self.open.as_ref().map_or(0, |open| open.first_seq)
    }

    /// The next lines, at least one and up to the line `upto`, in roughly as many bytes. None
    /// when all were read.
    ///
    /// # Errors
    /// When the files cannot be read or do not have these lines.
    pub fn read(&mut self, upto: Seq, bytes: usize) -> io::Result<Option<Lines>> {
        if self.next > upto {
            return Ok(None);
        }
        let mut size = bytes.clamp(1, READ_BYTES);
        loop {
            let open = match &mut self.open {
                Some(open) => open,
                None => self.open.insert(Open::at(&self.dir, self.next)?),
            };
            let mut buffer = vec![0; size];
            let read = read_up_to(&open.file, &mut buffer, open.offset)?;
            if read == 0 {
                // The line is in the next file, whose name is its number.
                if open.first_seq == self.next {
                    return Err(io::Error::other(format!(
                        "line {} of the journal is not there",
                        self.next
                    )));
                }
                *open = Open::beginning(&self.dir, self.next)?;
                continue;
            }
            buffer.truncate(read);
            let mut bounds = Vec::new();
            let mut start = 0;
            let mut seq = self.next;
            for at in memchr::memchr_iter(b'\n', &buffer) {
                if seq > upto {
                    break;
                }
                bounds.push((start, at));
                start = at + 1;
                seq += 1;
            }
            if bounds.is_empty() {
                if read < size {
                    return Err(io::Error::other(format!(
                        "line {} of the journal is not complete",
                        self.next
                    )));
                }
                size = size.saturating_mul(4);
                continue;
            }
            open.offset += start as u64;
            let first = std::mem::replace(&mut self.next, seq);
            return Ok(Some(Lines {
                first,
                bytes: buffer,
                bounds,
            }));
        }
    }
}

impl Open {
    /// The file that begins with this line.
    fn beginning(dir: &Path, first_seq: Seq) -> io::Result<Self> {
        Ok(Self {
            file: File::open(medium::file_path(dir, first_seq))?,
            first_seq,
            offset: 0,
        })
    }

    /// The file that has this line, at its beginning.
    fn at(dir: &Path, seq: Seq) -> io::Result<Self> {
        let files = medium::list(dir)?;
        let (first_seq, _) = files
            .iter()
            .rfind(|(first, _)| *first <= seq)
            .ok_or_else(|| io::Error::other(format!("line {seq} of the journal is not there")))?;
        let mut open = Self::beginning(dir, *first_seq)?;
        let before = open.line_before(seq)?;
        open.offset = before.1;
        let mut left = seq - before.0;
        let mut buffer = vec![0; READ_BYTES];
        while left > 0 {
            let read = read_up_to(&open.file, &mut buffer, open.offset)?;
            let bytes = buffer.get(..read).unwrap_or_default();
            let mut passed = 0;
            for (at, byte) in bytes.iter().enumerate() {
                if *byte == b'\n' && left > 0 {
                    left -= 1;
                    passed = at + 1;
                }
            }
            if left > 0 {
                if read == 0 {
                    // It begins the next file, or is not there; the next read tells.
                    if left == 1 {
                        break;
                    }
                    return Err(io::Error::other(format!(
                        "line {seq} of the journal is not there"
                    )));
                }
                passed = read;
            }
            open.offset += passed as u64;
        }
        Ok(open)
    }
}

impl Open {
    /// A line at or before this one and not far from it, and where it begins. Every line has its
    /// number, so the place is halved until it is found; a line that has none ends that.
    fn line_before(&self, seq: Seq) -> io::Result<(Seq, u64)> {
        let mut known = (self.first_seq, 0);
        let mut end = self.file.metadata()?.len();
        while end - known.1 > READ_BYTES as u64 {
            let middle = known.1 + (end - known.1) / 2;
            match self.line_behind(middle)? {
                Some((found, begins)) if found > known.0 && found <= seq => {
                    known = (found, begins);
                }
                Some((found, _)) if found > seq => end = middle,
                _ => break,
            }
        }
        Ok(known)
    }

    /// The first line that begins behind a place: its number, and where it begins.
    fn line_behind(&self, place: u64) -> io::Result<Option<(Seq, u64)>> {
        let mut size = PROBE_BYTES;
        loop {
            let mut bytes = vec![0; size];
            let read = read_up_to(&self.file, &mut bytes, place)?;
            bytes.truncate(read);
            let mut lines = bytes.split(|byte| *byte == b'\n');
            let passed = lines.next().map_or(0, <[u8]>::len) + 1;
            let line = lines.next();
            // Without another piece the newline of the line is not there.
            if let (Some(line), Some(_)) = (line, lines.next()) {
                let own = Own::parse(line);
                return Ok(own.map(|own| (own.seq, place + passed as u64)));
            }
            if read < size {
                return Ok(None);
            }
            size = size.saturating_mul(4);
        }
    }
}

fn read_up_to(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
    let mut filled = 0;
    while let Some(space) = buffer.get_mut(filled..).filter(|space| !space.is_empty()) {
        match file.read_at(space, offset + filled as u64) {
            Ok(0) => break,
            Ok(read) => filled += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{
        journal::{Durability, EntryBytes, Journal},
        testing::Scratch,
    };

    #[tokio::test]
    async fn lines_are_read_across_files_from_any_place() {
        let scratch = Scratch::new();
        let journal = Journal::open_with(scratch.path(), Durability::Strict, 1000).unwrap();
        for number in 0..40 {
            let long = "x".repeat(if number % 7 == 0 { 5000 } else { 50 });
            let body = EntryBytes::from_value(&json!({ "long": long, "number": number })).unwrap();
            journal.append(body).await.unwrap();
        }
        drop(journal);
        assert!(medium::list(scratch.path()).unwrap().len() > 4);
        for (from, upto, bytes) in [(1, 40, 1), (1, 40, 1 << 20), (13, 31, 300), (40, 40, 10)] {
            let mut follower = Follower::from(scratch.path(), from);
            let mut seen = Vec::new();
            while let Some(lines) = follower.read(upto, bytes).unwrap() {
                for (seq, line) in lines.iter() {
                    let line: serde_json::Value = serde_json::from_slice(line).unwrap();
                    assert_eq!(line["seq"], seq);
                    seen.push(seq);
                }
            }
            assert_eq!(seen, (from..=upto).collect::<Vec<_>>());
            assert_eq!(follower.next(), upto + 1);
        }
        assert!(Follower::from(scratch.path(), 41).read(41, 10).is_err());
        assert!(Follower::from(scratch.path(), 45).read(45, 10).is_err());
    }

    #[tokio::test]
    async fn any_line_of_a_long_file_is_found_whatever_lines_there_are() {
        let scratch = Scratch::new();
        let journal = Journal::open_with(scratch.path(), Durability::Relaxed, 1 << 30).unwrap();
        for number in 0..3000_u64 {
            let long = "x".repeat(if number % 97 == 0 { 40_000 } else { 300 });
            let body = EntryBytes::from_value(&json!({ "long": long })).unwrap();
            journal.append(body).await.unwrap();
        }
        drop(journal);
        let first = |dir: &Path, seq| {
            let lines = Follower::from(dir, seq).read(seq, 1).unwrap().unwrap();
            let (_, line) = lines.iter().next().unwrap();
            line.to_vec()
        };
        let path = medium::file_path(scratch.path(), 1);
        let text = std::fs::read(&path).unwrap();
        let lines: Vec<_> = text.split(|byte| *byte == b'\n').collect();
        for seq in (1..=3000).step_by(13).chain([2, 98, 99, 3000]) {
            let line = lines[usize::try_from(seq).unwrap() - 1];
            assert_eq!(first(scratch.path(), seq), line, "{seq}");
        }
        // Lines without a number are counted.
        let open = Open::beginning(scratch.path(), 1).unwrap();
        assert!(open.line_before(2900).unwrap().0 > 2000);
        let spoilt = String::from_utf8(text)
            .unwrap()
            .replace("\"seq\":", "\"SEQ\":");
        std::fs::write(&path, spoilt).unwrap();
        assert_eq!(open.line_before(2900).unwrap(), (1, 0));
        let line = String::from_utf8(first(scratch.path(), 2900)).unwrap();
        assert!(line.contains("\"SEQ\":2900"), "{line}");
    }
}
