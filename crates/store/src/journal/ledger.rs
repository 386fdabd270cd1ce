//! Whether a journal is as it was written, told from files and public keys alone.
//!
//! The chain tells which line was altered, is missing or stands in the wrong place. Checkpoints
//! tell what the chain cannot: that lines were cut off the end, and that somebody wrote a line
//! and the whole chain behind it anew.

use std::{
    collections::BTreeMap,
    fs::File,
    io::{self, BufRead as _, BufReader},
    path::{Path, PathBuf},
    sync::Arc,
};

use super::{
    Hash, Seq,
    checkpoint::{self, Checkpoint, Kept, Place},
    collected::Collected,
    medium,
    note::{Note, TrustedKeys},
    reader::{Own, RawLine, RawLines},
    signers::Signers,
    state::hash,
    tree::{Range, leaf_hash},
};

/// The files of a journal, or of a part of one.
#[derive(Clone, Debug, Default)]
pub struct Files {
    pub(super) journal: Vec<(Seq, PathBuf)>,
    pub(super) checkpoints: Vec<(Seq, PathBuf)>,
    /// The first file need not be the first one of the journal.
    part: bool,
    /// What a collector was sent, in place of files of a journal.
    collected: Option<Arc<Collected>>,
}

impl Files {
    /// All files of a folder.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn of_folder(dir: &Path) -> io::Result<Self> {
        Ok(Self {
            journal: medium::list(dir)?,
            checkpoints: checkpoint::list(dir)?,
            part: false,
            collected: None,
        })
    }

    /// What a collector was sent by a sink, in files of any name and order: lines of a journal and
    /// of its checkpoints, each once or more often. They may begin in the middle of a journal,
    /// like [`named`](Self::named) files.
    ///
    /// # Errors
    /// The first line that is neither, or that contradicts another one.
    pub fn collected(paths: Vec<PathBuf>) -> Result<Self, LedgerFault> {
        let collected = Collected::read(paths)?;
        let first = collected.first();
        Ok(Self {
            journal: first
                .map(|(seq, path)| (seq, path.to_owned()))
                .into_iter()
                .collect(),
            checkpoints: Vec::new(),
            part: true,
            collected: Some(Arc::new(collected)),
        })
    }

    /// Every record, in order.
    fn lines(&self) -> RawLines {
        match &self.collected {
            Some(collected) => RawLines::collected(Arc::clone(collected)),
            None => RawLines::over(self.journal.clone()),
        }
    }

    /// These files, which have to keep their names. They may begin in the middle of a journal, at
    /// a line for which one of their checkpoints vouches.
    ///
    /// # Errors
    /// With the first that is neither a file of a journal nor one of checkpoints.
    pub fn named(paths: Vec<PathBuf>) -> Result<Self, PathBuf> {
        let mut files = Self {
            part: true,
            ..Self::default()
        };
        for path in paths {
            if let Some(first) = medium::number_of(&path) {
                files.journal.push((first, path));
            } else if let Some(first) = checkpoint::number_of(&path) {
                files.checkpoints.push((first, path));
            } else {
                return Err(path);
            }
        }
        files.journal.sort_unstable();
        files.checkpoints.sort_unstable();
        Ok(files)
    }

    /// Every line of every file of checkpoints, and where it stands. What a crash left of the
    /// last one is left out.
    pub(super) fn each_checkpoint<E: From<io::Error>>(
        &self,
        mut each: impl FnMut(Place, Seq, Result<Kept, &'static str>) -> Result<(), E>,
    ) -> Result<(), E> {
        if let Some(collected) = &self.collected {
            for checkpoint in collected.checkpoints() {
                let (place, kept) = checkpoint?;
                // No name says which of them there may be.
                each(place, 0, kept)?;
            }
        }
        for (at, (first, path)) in self.checkpoints.iter().enumerate() {
            let mut reader = BufReader::new(File::open(path)?);
            let mut line = 0;
            loop {
                let mut bytes = Vec::new();
                if reader.read_until(b'\n', &mut bytes)? == 0 {
                    break;
                }
                line += 1;
                let place = Place {
                    file: path.clone(),
                    line,
                };
                let kept = match bytes.strip_suffix(b"\n") {
                    Some(bytes) => Kept::parse(bytes),
                    None if at + 1 == self.checkpoints.len() => break,
                    None => Err("it is cut off"),
                };
                each(place, *first, kept)?;
            }
        }
        Ok(())
    }
}

/// What was done to a journal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LedgerFaultKind {
    /// A record is not what was written.
    Altered,
    /// A record or a checkpoint is not there, and later ones are.
    Missing,
    /// A record or a checkpoint stands in another place.
    Reordered,
    /// A record stands there a second time.
    Repeated,
    /// Records that were there are gone from the end.
    CutOff,
    /// A checkpoint is not one that the trusted keys signed.
    Forged,
    /// Nothing vouches for any record.
    Unsealed,
    /// A file cannot be read.
    Unreadable,
}

impl LedgerFaultKind {
    /// A word for programs.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Altered => "altered",
            Self::Missing => "missing",
            Self::Reordered => "reordered",
            Self::Repeated => "repeated",
            Self::CutOff => "cut-off",
            Self::Forged => "forged-checkpoint",
            Self::Unsealed => "unsealed",
            Self::Unreadable => "unreadable",
        }
    }
}

/// The first fault of a journal, as a sentence.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what} ({}, line {line})", file.display())]
pub struct LedgerFault {
    /// What was done.
    pub kind: LedgerFaultKind,
    /// The number of the record; of a checkpoint, that of the last record that it speaks of; 0 if
    /// that cannot be said.
    pub seq: Seq,
    /// The file in which it shows.
    pub file: PathBuf,
    /// The line in that file, from 1.
    pub line: u64,
    /// What was found, without the place.
    pub what: String,
}

/// What a sound journal amounts to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LedgerSummary {
    /// The first record that was read.
    pub first: Seq,
    /// The last record.
    pub last: Seq,
    /// How many checkpoints vouch for them.
    pub checkpoints: u64,
    /// The newest of these.
    pub newest: Option<Checkpoint>,
    /// Whether a line was being written when the process ended. Nobody was answered on its
    /// account.
    pub torn: bool,
}

impl LedgerSummary {
    /// The last record that a checkpoint vouches for.
    #[must_use]
    pub fn sealed(&self) -> Seq {
        self.newest.as_ref().map_or(0, |newest| newest.size)
    }

    /// How many records came after the newest checkpoint. The chain connects them, and nothing
    /// shows whether there were more.
    #[must_use]
    pub fn unsealed(&self) -> u64 {
        self.last.saturating_sub(self.sealed())
    }
}

/// What a checkpoint vouches for.
struct Sealed {
    root: Hash,
    head: Hash,
    place: Place,
}

/// Verifies a journal. `witnessed` are checkpoints that were kept elsewhere, each with the file
/// that it came from: what they saw has to be there still.
///
/// # Errors
/// The first fault.
pub fn verify_ledger(
    files: &Files,
    trusted: &TrustedKeys,
    witnessed: &[(PathBuf, Note)],
) -> Result<LedgerSummary, LedgerFault> {
    let mut checkpoints = Checkpoints {
        signers: Signers::of(trusted),
        sealed: BTreeMap::new(),
        newest: None,
        count: 0,
    };
    let start = checkpoints.read(files)?;
    checkpoints.add_witnessed(witnessed)?;
    let mut walk = Walk {
        lines: files.lines(),
        ahead: None,
        before: None,
        last: start.as_ref().map_or(0, |kept| kept.checkpoint.size),
        head: start.as_ref().map_or([0; 32], |kept| kept.checkpoint.head),
        range: start.map(|kept| kept.range).unwrap_or_default(),
        good: 0,
        sealed: &checkpoints.sealed,
        torn: false,
    };
    let first = walk.last + 1;
    walk.good = walk.last;
    while walk.step()? {}
    walk.finish()?;
    if checkpoints.newest.is_none() && walk.last > 0 {
        let (_, file) = files.journal.first().cloned().unwrap_or_default();
        return Err(LedgerFault {
            kind: LedgerFaultKind::Unsealed,
            seq: first,
            file,
            line: 1,
            what: format!("no checkpoint vouches for any of the {} records", walk.last),
        });
    }
    Ok(LedgerSummary {
        first,
        last: walk.last,
        torn: walk.torn,
        checkpoints: checkpoints.count,
        newest: checkpoints.newest,
    })
}

struct Checkpoints<'a> {
    signers: Signers<'a>,
    sealed: BTreeMap<Seq, Sealed>,
    newest: Option<Checkpoint>,
    count: u64,
}

impl From<io::Error> for LedgerFault {
    fn from(error: io::Error) -> Self {
        Self {
            kind: LedgerFaultKind::Unreadable,
            seq: 0,
            file: PathBuf::new(),
            line: 0,
            what: format!("a file cannot be read: {error}"),
        }
    }
}

impl Checkpoints<'_> {
    /// Reads all checkpoints, and gives the one from which a part of a journal goes on.
    fn read(&mut self, files: &Files) -> Result<Option<Kept>, LedgerFault> {
        let begins = files.journal.first().map_or(1, |(first, _)| *first);
        let mut start = None;
        let mut line_before: Option<Seq> = (!files.part).then_some(0);
        files.each_checkpoint(|place, first, kept| {
            let fault = |kind, seq, what: String| {
                Err(LedgerFault {
                    kind,
                    seq,
                    file: place.file.clone(),
                    line: place.line,
                    what,
                })
            };
            let kept = match kept {
                Ok(kept) => kept,
                Err(what) => {
                    let what = format!("a checkpoint was altered: {what}");
                    return fault(LedgerFaultKind::Forged, 0, what);
                }
            };
            let size = kept.checkpoint.size;
            if let Err(what) = self.signers.take(&kept.note, &kept.checkpoint) {
                let what = format!("the checkpoint of {size} records is forged: {what}");
                return fault(LedgerFaultKind::Forged, size, what);
            }
            let previous = kept.checkpoint.previous;
            if let Some(before) = line_before
                && previous != before
            {
                return if size <= before {
                    let what = format!(
                        "the checkpoint of {size} records stands behind that of {before} records"
                    );
                    fault(LedgerFaultKind::Reordered, size, what)
                } else {
                    let what = format!(
                        "the checkpoint of {previous} records is missing before that of {size} \
                         records"
                    );
                    fault(LedgerFaultKind::Missing, previous, what)
                };
            }
            if size < first || previous >= size {
                let what = format!("the checkpoint of {size} records is not in its file");
                return fault(LedgerFaultKind::Reordered, size, what);
            }
            line_before = Some(size);
            self.count += 1;
            self.sealed.insert(
                size,
                Sealed {
                    root: kept.checkpoint.root,
                    head: kept.checkpoint.head,
                    place,
                },
            );
            self.newest = Some(kept.checkpoint.clone());
            if files.part && size + 1 == begins {
                start = Some(kept);
            }
            Ok(())
        })?;
        Ok(start)
    }

    fn add_witnessed(&mut self, witnessed: &[(PathBuf, Note)]) -> Result<(), LedgerFault> {
        for (file, note) in witnessed {
            let fault = |what: String| LedgerFault {
                kind: LedgerFaultKind::Forged,
                seq: 0,
                file: file.clone(),
                line: 1,
                what,
            };
            let Some(checkpoint) = Checkpoint::parse(&note.text) else {
                return Err(fault("it is not a checkpoint".to_owned()));
            };
            let size = checkpoint.size;
            self.signers.check(note, &checkpoint).map_err(|what| {
                fault(format!(
                    "the checkpoint of {size} records is forged: {what}"
                ))
            })?;
            let place = Place {
                file: file.clone(),
                line: 1,
            };
            let sealed = self.sealed.entry(size).or_insert(Sealed {
                root: checkpoint.root,
                head: checkpoint.head,
                place,
            });
            if sealed.root != checkpoint.root {
                return Err(LedgerFault {
                    kind: LedgerFaultKind::Forged,
                    seq: size,
                    file: file.clone(),
                    line: 1,
                    what: format!(
                        "two checkpoints of {size} records contradict each other: the journal was \
                         written anew, and its own checkpoint signed, after the other one was made"
                    ),
                });
            }
        }
        Ok(())
    }
}

/// What the checkpoint at a place says is left of the lines up to it.
fn range_at(place: &Place) -> Option<Range> {
    let line = usize::try_from(place.line).ok()?.checked_sub(1)?;
    let mut lines = BufReader::new(File::open(&place.file).ok()?).lines();
    Some(Kept::parse(lines.nth(line)?.ok()?.as_bytes()).ok()?.range)
}

/// Goes through the lines.
struct Walk<'a> {
    lines: RawLines,
    ahead: Option<RawLine>,
    /// Where the last line stands.
    before: Option<Place>,
    last: Seq,
    head: Hash,
    range: Range,
    /// Up to here checkpoints agree.
    good: Seq,
    sealed: &'a BTreeMap<Seq, Sealed>,
    torn: bool,
}

impl Walk<'_> {
    fn next_line(&mut self) -> Result<Option<RawLine>, LedgerFault> {
        if let Some(line) = self.ahead.take() {
            return Ok(Some(line));
        }
        self.lines.next().transpose().map_err(|fault| LedgerFault {
            kind: LedgerFaultKind::Unreadable,
            seq: fault.seq,
            what: format!("record {} cannot be read: {}", fault.seq, fault.kind),
            file: fault.file,
            line: fault.line,
        })
    }

    fn step(&mut self) -> Result<bool, LedgerFault> {
        let Some(raw) = self.next_line()? else {
            return Ok(false);
        };
        self.ahead = self.next_line()?;
        let seq = self.last + 1;
        let fault = |kind, at: Seq, what: String| {
            Err(LedgerFault {
                kind,
                seq: at,
                file: raw.file.clone(),
                line: raw.number,
                what,
            })
        };
        let altered = |at: Seq| format!("record {at} was altered");
        if !raw.complete && self.ahead.is_none() && seq > self.last_sealed() {
            self.torn = true;
            return Ok(false);
        }
        let own = match Own::parse(&raw.bytes) {
            Some(own) if raw.complete => own,
            _ if self.ahead.is_none() && !raw.complete => {
                let what = format!("record {seq} is cut off, and a checkpoint vouches for it");
                return fault(LedgerFaultKind::CutOff, seq, what);
            }
            _ => return fault(LedgerFaultKind::Altered, seq, altered(seq)),
        };
        let found = hash(&raw.bytes);
        let follows = own.prev_hash == self.head;
        if own.seq != seq {
            if follows {
                // The right line in the right place, but for its number.
                return fault(LedgerFaultKind::Altered, seq, altered(seq));
            }
            if own.seq < seq {
                let what = format!("record {} stands here a second time", own.seq);
                return fault(LedgerFaultKind::Repeated, own.seq, what);
            }
            if let Some(place) = self.comes_later(seq)? {
                let what = format!(
                    "record {seq} was moved: here is record {}, and it stands in {}, line {}",
                    own.seq,
                    place.file.display(),
                    place.line
                );
                return fault(LedgerFaultKind::Reordered, seq, what);
            }
            let what = match own.seq - 1 {
                last if last == seq => format!("record {seq} is missing before record {}", own.seq),
                last => format!(
                    "records {seq} to {last} are missing before record {}",
                    own.seq
                ),
            };
            return fault(LedgerFaultKind::Missing, seq, what);
        }
        if !follows {
            let this = self.this_is_altered(seq, found);
            return match (&self.before, this) {
                (Some(before), false) => Err(LedgerFault {
                    kind: LedgerFaultKind::Altered,
                    seq: seq - 1,
                    file: before.file.clone(),
                    line: before.line,
                    what: altered(seq - 1),
                }),
                _ => fault(LedgerFaultKind::Altered, seq, altered(seq)),
            };
        }
        if raw.expected != seq {
            let what = format!("record {seq} is not in the file where it was");
            return fault(LedgerFaultKind::Reordered, seq, what);
        }
        self.range.push(leaf_hash(&found));
        (self.last, self.head) = (seq, found);
        self.before = Some(Place {
            file: raw.file.clone(),
            line: raw.number,
        });
        if let Some(sealed) = self.sealed.get(&seq) {
            let root = self.range.root();
            if sealed.head != found || sealed.root != root {
                let first = self.first_that_differs(seq, sealed);
                let place = format!(
                    "{}, line {}",
                    sealed.place.file.display(),
                    sealed.place.line
                );
                let what = if first == seq {
                    format!("record {seq} was altered: the checkpoint in {place} knows another")
                } else {
                    format!(
                        "one of the records {first} to {seq} was altered and the chain behind it \
                         written anew: the checkpoint in {place} knows others"
                    )
                };
                return fault(LedgerFaultKind::Altered, first, what);
            }
            self.good = seq;
        }
        Ok(true)
    }

    /// The first record that can be another than the one that was sealed, when the records up to
    /// `seq` are not those of its checkpoint although their chain holds.
    fn first_that_differs(&self, seq: Seq, sealed: &Sealed) -> Seq {
        let next = self.ahead.as_ref().and_then(|next| Own::parse(&next.bytes));
        if next.is_some_and(|next| next.prev_hash == sealed.head) {
            return seq;
        }
        // Subtrees that are still as they were hold no such record.
        let mut first = self.good + 1;
        let mut start = 0;
        if let Some(range) = range_at(&sealed.place) {
            let subtrees = (0..64)
                .rev()
                .map(|bit| seq & (1 << bit))
                .filter(|size| *size > 0);
            let hashes = range.hashes().iter().zip(self.range.hashes());
            for (size, (then, now)) in subtrees.zip(hashes) {
                if then != now {
                    break;
                }
                start += size;
                first = first.max(start + 1);
            }
        }
        first.min(seq)
    }

    fn last_sealed(&self) -> Seq {
        self.sealed.last_key_value().map_or(0, |(size, _)| *size)
    }

    /// Whether it is this line that was altered, and not the one before, when it does not continue
    /// that one.
    fn this_is_altered(&self, seq: Seq, found: Hash) -> bool {
        if let Some(sealed) = self.sealed.get(&(seq - 1)) {
            return sealed.head == self.head;
        }
        if let Some(next) = self.ahead.as_ref().and_then(|next| Own::parse(&next.bytes)) {
            return next.prev_hash != found;
        }
        match self.sealed.get(&seq) {
            Some(sealed) => sealed.head != found,
            None => false,
        }
    }

    /// Where the record stands that should have come now, if it comes later.
    fn comes_later(&mut self, seq: Seq) -> Result<Option<Place>, LedgerFault> {
        while let Some(raw) = self.next_line()? {
            if Own::parse(&raw.bytes).is_some_and(|own| own.seq == seq) {
                return Ok(Some(Place {
                    file: raw.file,
                    line: raw.number,
                }));
            }
        }
        Ok(None)
    }

    /// After the last line: whether there ought to be more.
    fn finish(&self) -> Result<(), LedgerFault> {
        let mut beyond = self.sealed.range(self.last + 1..);
        let Some((size, sealed)) = beyond.next_back() else {
            return Ok(());
        };
        let first = self.last + 1;
        let gone = if first == *size {
            format!("record {first} was")
        } else {
            format!("records {first} to {size} were")
        };
        Err(LedgerFault {
            kind: LedgerFaultKind::CutOff,
            seq: first,
            file: sealed.place.file.clone(),
            line: sealed.place.line,
            what: format!(
                "{gone} cut off: the journal ends at record {}, and this checkpoint vouches for \
                 {size} records",
                self.last
            ),
        })
    }
}
