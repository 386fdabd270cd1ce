//! Makes checkpoints of what was written: a thread that follows the journal.
//!
//! It takes up lines once they are on stable storage, so a checkpoint never vouches for what a
//! power failure can take. What a checkpoint says of lines does not come from their file but from
//! the memory of whoever wrote them ([`Unsealed`]): a line that was altered before it was sealed
//! is not the one that its checkpoint vouches for. Read back are only lines of an earlier process
//! that were not sealed, those that were forgotten because nothing was sealed for long, and those
//! that tell of changes.
//!
//! A checkpoint is made after so many lines or so much time, when a file is closed, and at the
//! end of the process. When a file is closed the rows that ought to exist are written down as
//! well ([`snapshot`]), if as many bytes of lines came since the last time as that file has; so
//! all of them together cost no more writing than the journal itself.

use std::{
    collections::VecDeque,
    fs::File,
    io,
    os::unix::fs::FileExt as _,
    path::{Path, PathBuf},
    sync::{Arc, PoisonError, atomic::Ordering},
    thread::JoinHandle,
    time::{Duration, Instant, SystemTime},
};

use tokio::sync::oneshot;

use super::{
    Hash, Journal, JournalError, Seq, Shared,
    checkpoint::{self, Checkpoint, FoldMark, Growing, Kept},
    fold::Fold,
    follow::Follower,
    medium,
    note::{CheckSignature, Note, NoteKey, NoteSignature, TrustedKeys},
    reader::Own,
    signers, snapshot,
    state::{Mark, State, hash, unavailable},
    tree::{Range, leaf_hash},
    unsealed::{Change, Remembered, Unsealed},
};

/// How long more lines may come before a checkpoint is made, unless somebody waits for it.
const NAP: Duration = Duration::from_millis(100);
/// Lines that are taken up at a time, if no checkpoint is made of fewer.
const LINES: u64 = 1 << 14;
/// Bytes that are read back at a time.
const READ_BYTES: usize = 128 << 10;
/// Rows that are kept in memory until they are written down: some 30 MB.
const ROWS: usize = 200_000;
/// A checkpoint that nobody asked for is synced within this time; one that is lost with the power
/// leaves its lines unsealed and no more.
const SYNC_EVERY: Duration = Duration::from_secs(1);
/// The largest fold that is written while somebody waits for the end of the process.
const LAST_FOLD_BYTES: u64 = 16 << 20;
/// The public keys, beside the journal.
pub(super) const PUBLIC_KEYS: &str = "public-keys";

/// Who signs checkpoints, and with what.
pub trait Notary: Send {
    /// The installation whose journal it is.
    fn installation(&self) -> &str;
    /// What time it is, as in `2026-11-25T22:30:00Z`.
    fn now(&self) -> String;
    /// Readies the thread that it will work on, which nobody waits for.
    fn take_seat(&self) {}
    /// Every pair of keys that it has, the oldest first. There is always one.
    fn signers(&self) -> Vec<Signer>;
    /// The version of the last of these.
    fn newest(&self) -> u32;
    /// How a signature is checked.
    fn check(&self) -> CheckSignature;
    /// Signs a text with the pair of this version.
    ///
    /// # Errors
    /// What failed.
    fn sign(&self, version: u32, text: &str) -> Result<Vec<NoteSignature>, String>;
}

/// Keys that sign together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signer {
    /// Which edition this is.
    pub version: u32,
    /// Their public halves.
    pub keys: Vec<NoteKey>,
}

/// How often checkpoints are made while there are new lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// After so much time.
    pub every: Duration,
    /// Or after so many lines.
    pub entries: u64,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            every: Duration::from_secs(10),
            entries: 4096,
        }
    }
}

impl Journal {
    /// Begins to make checkpoints. To be called once the store's outbox was copied. A journal in
    /// memory has none.
    ///
    /// # Errors
    ///
    /// [`JournalError::Altered`] and [`JournalError::CutOff`] if the journal does not go on from
    /// its newest checkpoint; [`JournalError::Unavailable`] if the folder cannot be used.
    pub fn seal(&self, notary: Box<dyn Notary>) -> Result<(), JournalError> {
        let Some(dir) = self.dir.clone() else {
            return Ok(());
        };
        let mut thread = self.sealer.lock().unwrap_or_else(PoisonError::into_inner);
        if thread.is_some() {
            return Ok(());
        }
        let head = {
            let mut state = self.shared.lock();
            // From here on lines are remembered, and which files were closed.
            let head = state.written();
            state.sealing.begun = true;
            state.sealing.unsealed.begin(head.seq + 1);
            head
        };
        let begun = self.begin_sealing(dir, notary, head);
        match begun {
            Ok(begun) => {
                *thread = Some(begun);
                Ok(())
            }
            Err(error) => {
                self.shared.lock().sealing = Sealing::default();
                Err(error)
            }
        }
    }

    fn begin_sealing(
        &self,
        dir: PathBuf,
        notary: Box<dyn Notary>,
        head: Mark,
    ) -> Result<JoinHandle<()>, JournalError> {
        let (last, signer) = last_checkpoint(&dir, notary.as_ref(), head)?;
        let sealer = Sealer::new(
            Arc::clone(&self.shared),
            dir,
            notary,
            self.pace,
            (last, signer),
            head,
        );
        self.shared
            .sealed
            .store(sealer.range.size(), Ordering::Relaxed);
        self.shared.vouched.send_replace(sealer.range.size());
        std::thread::Builder::new()
            .name("journal-seal".to_owned())
            .spawn(move || sealer.run())
            .map_err(unavailable)
    }

    /// Makes a checkpoint of every line that was written so far. Does nothing if there are none,
    /// as in a journal in memory.
    ///
    /// # Errors
    ///
    /// [`JournalError::Unavailable`] if the medium refuses.
    pub async fn checkpoint(&self) -> Result<(), JournalError> {
        self.flush().await?;
        let asked = {
            let mut state = self.shared.lock();
            if !state.sealing.begun {
                return Ok(());
            }
            let (answer, asked) = oneshot::channel();
            state.sealing.requests.push(answer);
            asked
        };
        self.shared.seal.notify_one();
        asked.await.unwrap_or(Err(JournalError::Closed))
    }

    /// The number of the last line that a checkpoint vouches for.
    #[must_use]
    pub fn sealed(&self) -> Seq {
        self.shared.sealed.load(Ordering::Relaxed)
    }

    /// When this process made a checkpoint last, to the second.
    #[must_use]
    pub fn sealed_at(&self) -> Option<SystemTime> {
        let seconds = self.shared.sealed_at.load(Ordering::Relaxed);
        (seconds > 0).then(|| SystemTime::UNIX_EPOCH + Duration::from_secs(seconds))
    }

    /// Begins to end the thread, and waits for its last checkpoint.
    pub(super) fn end_sealing(&self) {
        let thread = {
            let mut thread = self.sealer.lock().unwrap_or_else(PoisonError::into_inner);
            thread.take()
        };
        if let Some(thread) = thread {
            self.shared.lock().sealing.ending = true;
            self.shared.seal.notify_one();
            // A panic of the thread was printed when it happened.
            let _ = thread.join();
        }
    }
}

/// What the journal and the thread that seals it tell each other, under the journal's lock.
#[derive(Default)]
pub(super) struct Sealing {
    /// There is such a thread.
    pub(super) begun: bool,
    /// What it has not taken up yet.
    pub(super) unsealed: Unsealed,
    /// The ends of files that were closed.
    pub(super) closed: Vec<Mark>,
    /// It sleeps until this line is safe; it does not sleep if there is none.
    awaited: Option<Seq>,
    /// It is to end.
    ending: bool,
    requests: Vec<Request>,
}

impl Sealing {
    /// Whether the thread sleeps, and has something to do now that a line is safe.
    pub(super) fn calls(&self, synced: Seq) -> bool {
        self.awaited
            .is_some_and(|awaited| awaited <= synced || !self.closed.is_empty() || self.is_asked())
    }

    /// Whether somebody waits for a checkpoint.
    fn is_asked(&self) -> bool {
        self.ending || !self.requests.is_empty()
    }
}

type Request = oneshot::Sender<Result<(), JournalError>>;

/// The newest checkpoint, if the journal goes on from it, and the version of the pair that signs
/// the next one.
fn last_checkpoint(
    dir: &Path,
    notary: &dyn Notary,
    head: Mark,
) -> Result<(Option<Kept>, u32), JournalError> {
    let signers = notary.signers();
    let Some((place, kept)) = checkpoint::newest_checkpoint(dir).map_err(unavailable)? else {
        // Whoever has the oldest keys is led to the others from the first line on.
        let oldest = signers.first().map_or(0, |signer| signer.version);
        return Ok((None, oldest));
    };
    let altered = |what: String| JournalError::Altered {
        file: place.file.clone(),
        line: place.line,
        what,
    };
    let kept = kept.map_err(|what| altered(what.to_owned()))?;
    let Checkpoint {
        installation,
        size,
        head: sealed,
        ..
    } = &kept.checkpoint;
    let signer = next_signer(&signers, &kept, notary.check()).map_err(altered)?;
    if installation != notary.installation() {
        return Err(altered(format!("it is of the installation {installation}")));
    }
    if *size > head.seq {
        return Err(JournalError::CutOff {
            last: head.seq,
            sealed: *size,
            file: place.file,
            line: place.line,
        });
    }
    let follows = if *size == head.seq {
        *sealed == head.hash
    } else {
        let mut follower = Follower::from(dir, size + 1);
        let lines = follower.read(size + 1, READ_BYTES).map_err(unavailable)?;
        let next = lines.and_then(|lines| {
            let (_, line) = lines.iter().next()?;
            Some(Own::parse(line)?.prev_hash)
        });
        next == Some(*sealed)
    };
    if !follows {
        return Err(altered(format!(
            "line {size} of the journal is not the one that it vouches for"
        )));
    }
    Ok((Some(kept), signer))
}

/// The version of the pair that signs behind a checkpoint, if one of these signed it.
fn next_signer(signers: &[Signer], last: &Kept, check: CheckSignature) -> Result<u32, String> {
    let signed = |signer: &Signer| {
        let keys = TrustedKeys::new(signer.keys.clone(), check);
        keys.verify(&last.note, last.checkpoint.size)
    };
    let mut refused = Err("there is no key".to_owned());
    for signer in signers.iter().rev() {
        match signed(signer) {
            Ok(()) if last.checkpoint.next.is_empty() => return Ok(signer.version),
            Ok(()) => {
                let next = signers
                    .iter()
                    .find(|other| other.keys == last.checkpoint.next);
                return next.map(|next| next.version).ok_or_else(|| {
                    "it hands over to keys that this installation does not have".to_owned()
                });
            }
            Err(what) => refused = Err(what),
        }
    }
    refused
}

/// Writes the public keys beside the journal, for whoever wants to have a look. Whoever verifies
/// takes them from elsewhere.
fn write_public_keys(dir: &Path, keys: &TrustedKeys) -> io::Result<()> {
    let text: String = keys.keys().iter().map(|key| format!("{key}\n")).collect();
    let path = dir.join(PUBLIC_KEYS);
    match std::fs::read_to_string(&path) {
        Ok(there) if there == text => return Ok(()),
        _ => {}
    }
    let part = dir.join("public-keys.part");
    std::fs::write(&part, text)?;
    File::open(&part)?.sync_all()?;
    std::fs::rename(&part, &path)?;
    crate::folder::sync_dir(dir)
}

/// What the thread is woken with.
struct Look {
    synced: Mark,
    requests: Vec<Request>,
    ending: bool,
}

struct Sealer {
    shared: Arc<Shared>,
    dir: PathBuf,
    notary: Box<dyn Notary>,
    pace: Pace,
    /// Of all lines that were taken up.
    range: Range,
    /// The number of the first line of the file that the last of these is in.
    in_file: Seq,
    /// What comes next, if it could not be taken up yet.
    remembered: Remembered,
    /// How far the bytes of lines were counted.
    counted: Mark,
    /// The size of the newest checkpoint.
    last: Seq,
    /// The version of the pair that signs the next one.
    signer: u32,
    /// The size of the last checkpoint that handed over to another pair.
    handover: Option<Seq>,
    /// When the first line after it was taken up.
    pending: Option<Instant>,
    /// The file as the last process left it: its lines may not be durable yet.
    left: Option<PathBuf>,
    file: Option<Growing>,
    synced: Instant,
    /// Ends of files that were closed and have no checkpoint yet.
    closed: VecDeque<Mark>,
    folding: Folding,
    /// The last try failed, and that was said.
    failing: bool,
}

/// What is known of the rows that ought to exist.
struct Folding {
    mark: Option<FoldMark>,
    /// Bytes of the file that was written last.
    bytes: u64,
    /// Bytes of lines since.
    lines: u64,
    /// Lines of earlier processes, after those that were folded and before those that were taken
    /// up: up to which, and the hash of that one.
    gap: Option<(Seq, Hash)>,
    /// What lines since said.
    since: Fold,
    /// The file that was looked into last, by the number of its first line.
    open: Option<(Seq, File)>,
    due: bool,
    /// No more is written down by this process.
    ended: bool,
}

impl Sealer {
    fn new(
        shared: Arc<Shared>,
        dir: PathBuf,
        notary: Box<dyn Notary>,
        pace: Pace,
        (last, signer): (Option<Kept>, u32),
        head: Mark,
    ) -> Self {
        let (checkpoint, range) = match last {
            Some(kept) => (Some(kept.checkpoint), kept.range),
            None => (None, Range::default()),
        };
        let left = medium::file_path(&dir, head.file);
        let mark = checkpoint.as_ref().and_then(|last| last.fold);
        let found = mark.and_then(|mark| snapshot::bytes_of(&dir, mark));
        // One that is gone is written anew, from the beginning.
        let mark = mark.filter(|_| found.is_some());
        let from = mark.map_or(0, |mark| mark.size);
        let handover = checkpoint
            .as_ref()
            .and_then(|last| match last.next.is_empty() {
                true => last.handover,
                false => Some(last.size),
            });
        let gap = checkpoint
            .filter(|last| last.size > from)
            .map(|last| (last.size, last.head));
        Self {
            folding: Folding {
                mark,
                bytes: found.unwrap_or(0),
                lines: bytes_after(&dir, from),
                gap,
                since: Fold::default(),
                open: None,
                due: false,
                ended: false,
            },
            last: range.size(),
            in_file: 0,
            remembered: Remembered::default(),
            counted: head,
            signer,
            handover,
            range,
            shared,
            dir,
            notary,
            pace,
            pending: None,
            left: Some(left),
            file: None,
            synced: Instant::now(),
            closed: VecDeque::new(),
            failing: false,
        }
    }

    fn run(mut self) {
        self.notary.take_seat();
        self.tell_public_keys();
        loop {
            let look = self.wait();
            let done = self.serve(&look).map_err(|error| {
                if !std::mem::replace(&mut self.failing, true) {
                    tracing::error!(%error, "the journal cannot be sealed; it is tried again");
                }
                unavailable(error)
            });
            if done.is_ok() && std::mem::take(&mut self.failing) {
                tracing::info!("the journal is sealed again");
            }
            for request in look.requests {
                // Whoever does not wait any more does not need the answer.
                let _ = request.send(done.clone());
            }
            if look.ending {
                return;
            }
        }
    }

    /// The line that is worth being woken for: the first after a checkpoint, from which on time
    /// counts, or the last of as many as another one is made of.
    fn awaited(&self) -> Seq {
        let size = self.range.size();
        match self.pending {
            None => size + 1,
            Some(_) => {
                let many = self.last.saturating_add(self.pace.entries);
                many.clamp(size + 1, size + LINES)
            }
        }
    }

    /// Sleeps while there is nothing to do.
    fn wait(&mut self) -> Look {
        let poisoned = PoisonError::into_inner;
        let mut state = self.shared.lock();
        state.sealing.awaited = Some(self.awaited());
        let idle = |state: &mut State| !state.sealing.calls(state.synced().seq);
        let unasked = |state: &mut State| !state.sealing.is_asked();
        let seal = &self.shared.seal;
        let mut state = match self.pending {
            None => seal.wait_while(state, idle).unwrap_or_else(poisoned),
            Some(pending) => {
                let left = self.pace.every.saturating_sub(pending.elapsed());
                let waited = seal.wait_timeout_while(state, left, idle);
                let mut state = waited.unwrap_or_else(PoisonError::into_inner).0;
                state.sealing.awaited = None;
                let nap = NAP.min(self.pace.every);
                let waited = seal.wait_timeout_while(state, nap, unasked);
                waited.unwrap_or_else(PoisonError::into_inner).0
            }
        };
        state.sealing.awaited = None;
        let synced = state.synced();
        let sealing = &mut state.sealing;
        self.closed.extend(sealing.closed.drain(..));
        Look {
            synced,
            requests: std::mem::take(&mut sealing.requests),
            ending: sealing.ending,
        }
    }

    /// Writes the public keys down, with the terms that the checkpoints tell.
    fn tell_public_keys(&self) {
        let pairs: Vec<_> = self
            .notary
            .signers()
            .into_iter()
            .map(|pair| pair.keys)
            .collect();
        let told = signers::public_keys(&self.dir, &pairs, self.notary.check())
            .and_then(|keys| write_public_keys(&self.dir, &keys));
        if let Err(error) = told {
            tracing::warn!(%error, "the public keys of the journal were not written down");
        }
    }

    fn serve(&mut self, look: &Look) -> io::Result<()> {
        if let Some(left) = &self.left {
            // Opened anew, so that an error is told to whoever syncs the journal as well.
            File::open(left)?.sync_data()?;
            self.left = None;
        }
        while let Some(end) = self.closed.front().copied() {
            self.catch_up(end)?;
            self.folding.closes_at_most(u64::MAX);
            self.checkpoint(end, true)?;
            self.closed.pop_front();
        }
        self.catch_up(look.synced)?;
        let last = look.ending || !look.requests.is_empty();
        if last {
            self.folding.closes_at_most(LAST_FOLD_BYTES);
        }
        let old = self
            .pending
            .is_some_and(|since| since.elapsed() >= self.pace.every);
        let many = self.range.size() - self.last >= self.pace.entries;
        if last || old || many {
            self.checkpoint(look.synced, last)?;
        }
        Ok(())
    }

    /// Takes up lines, up to the one that ends there.
    fn catch_up(&mut self, end: Mark) -> io::Result<()> {
        loop {
            self.take_up(end.file)?;
            let next = self.range.size() + 1;
            if next > end.seq {
                break;
            }
            let remembered = {
                let mut state = self.shared.lock();
                let unsealed = &mut state.sealing.unsealed;
                unsealed.take(next, end.seq, &mut self.remembered)
            };
            if let Err(forgotten) = remembered {
                self.read_back(forgotten)?;
            }
        }
        self.folding.lines += match self.counted.file == end.file {
            true => end.length.saturating_sub(self.counted.length),
            false => end.length,
        };
        self.counted = end;
        Ok(())
    }

    /// Takes up what was remembered of lines, all of them in one file.
    fn take_up(&mut self, file: Seq) -> io::Result<()> {
        if self.remembered.hashes.is_empty() {
            return Ok(());
        }
        while let Some(change) = self.remembered.changes.front() {
            self.folding.look_into(&self.dir, change)?;
            self.remembered.changes.pop_front();
        }
        for line in self.remembered.hashes.drain(..) {
            self.range.push(leaf_hash(&line));
        }
        self.in_file = file;
        self.pending.get_or_insert_with(Instant::now);
        Ok(())
    }

    /// Takes up lines of which nothing is remembered, up to the line `upto`.
    fn read_back(&mut self, upto: Seq) -> io::Result<()> {
        let mut follower = Follower::from(&self.dir, self.range.size() + 1);
        while let Some(lines) = follower.read(upto, READ_BYTES)? {
            for (seq, line) in lines.iter() {
                let hash = hash(line);
                self.range.push(leaf_hash(&hash));
                self.folding.take(&self.dir, line, (seq, hash));
                if seq <= self.counted.seq {
                    self.folding.lines += line.len() as u64 + 1;
                }
            }
            self.in_file = follower.file();
            self.pending.get_or_insert_with(Instant::now);
        }
        Ok(())
    }

    /// Makes the checkpoint of a line, if it has none.
    fn checkpoint(&mut self, end: Mark, mut sync: bool) -> io::Result<()> {
        let mut handed = false;
        if end.seq > self.last {
            if self.folding.due
                && let Err(error) = self.folding.write(&self.dir, (end.seq, end.hash))
            {
                // Checks of the store take longer for it, and nothing else is missing.
                tracing::warn!(%error, "the fold of the store was not written down");
            }
            let newest = self.notary.newest();
            let next = if newest == self.signer {
                Vec::new()
            } else {
                let mut signers = self.notary.signers().into_iter();
                let newest = signers.find(|signer| signer.version == newest);
                newest.map(|newest| newest.keys).unwrap_or_default()
            };
            handed = !next.is_empty();
            let checkpoint = Checkpoint {
                installation: self.notary.installation().to_owned(),
                size: end.seq,
                root: self.range.root(),
                head: end.hash,
                previous: self.last,
                time: self.notary.now(),
                fold: self.folding.mark,
                handover: self.handover,
                next,
            };
            let text = checkpoint.text();
            let signatures = self.notary.sign(self.signer, &text);
            let signatures = signatures.map_err(io::Error::other)?;
            let kept = Kept {
                checkpoint,
                note: Note { text, signatures },
                range: self.range.clone(),
            };
            let line = kept.line()?;
            self.file()?.append(&line)?;
            self.last = end.seq;
            self.pending = None;
            if handed {
                self.signer = newest;
                self.handover = Some(end.seq);
                // Nothing that the other pair signs may outlive it.
                sync = true;
            }
            let now = SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default();
            self.shared
                .sealed_at
                .store(now.as_secs(), Ordering::Relaxed);
        }
        if sync || self.synced.elapsed() >= SYNC_EVERY {
            if let Some(file) = &self.file {
                file.sync()?;
            }
            self.synced = Instant::now();
            // One that could be lost with the power is told to nobody.
            self.shared.vouched.send_replace(self.last);
            if let Some(mark) = self.folding.mark {
                snapshot::remove_older(&self.dir, mark.size)?;
            }
        }
        if handed {
            self.tell_public_keys();
        }
        self.shared.sealed.store(self.last, Ordering::Relaxed);
        Ok(())
    }

    /// The file beside the journal file that has the last line that was taken up.
    fn file(&mut self) -> io::Result<&mut Growing> {
        let first_seq = self.in_file;
        match &mut self.file {
            Some(file) if file.first_seq() == first_seq => {}
            other => {
                if let Some(before) = other.take() {
                    before.sync()?;
                }
                *other = Some(Growing::open(&self.dir, first_seq)?);
            }
        }
        self.file
            .as_mut()
            .ok_or_else(|| io::Error::other("no file"))
    }
}

impl Folding {
    /// Looks into a line that tells of a change.
    fn look_into(&mut self, dir: &Path, change: &Change) -> io::Result<()> {
        if self.ended {
            return Ok(());
        }
        let file = match &mut self.open {
            Some((first_seq, file)) if *first_seq == change.file => file,
            other => {
                let file = File::open(medium::file_path(dir, change.file))?;
                &mut other.insert((change.file, file)).1
            }
        };
        let mut line = vec![0; change.length];
        match file.read_exact_at(&mut line, change.offset) {
            Err(error) if error.kind() != io::ErrorKind::UnexpectedEof => return Err(error),
            Ok(()) if hash(&line) == change.hash => {
                self.take(dir, &line, (change.seq, change.hash));
            }
            _ => self.end(change.seq, "it was altered since it was written"),
        }
        Ok(())
    }

    /// Takes note of what a line says, which has this number and hash.
    fn take(&mut self, dir: &Path, line: &[u8], (seq, hash): (Seq, Hash)) {
        if self.ended {
            return;
        }
        if let Err(what) = self.since.take(line) {
            return self.end(seq, what);
        }
        if self.since.len() >= ROWS
            && let Err(error) = self.write(dir, (seq, hash))
        {
            tracing::error!(%error, "the fold of the store cannot be written down");
            self.ended = true;
        }
    }

    /// What cannot be understood ends folding: then a check of the store reads the lines
    /// themselves, and says so.
    fn end(&mut self, seq: Seq, what: &str) {
        tracing::error!(seq, what, "a line of the journal cannot be folded");
        self.ended = true;
    }

    /// A file was closed: writing down is due if the lines since outweigh what would be written.
    fn closes_at_most(&mut self, bytes: u64) {
        self.due |= !self.ended && self.bytes <= bytes && self.lines >= self.bytes.max(1);
    }

    /// Writes down the rows that ought to exist after a line.
    fn write(&mut self, dir: &Path, end: (Seq, Hash)) -> io::Result<()> {
        self.due = false;
        self.fill_gap(dir)?;
        match snapshot::write(dir, self.mark, &self.since, end) {
            Ok((mark, bytes)) => {
                self.mark = Some(mark);
                self.bytes = bytes;
                self.lines = 0;
                self.since = Fold::default();
                Ok(())
            }
            Err(error) => {
                if error.kind() == io::ErrorKind::InvalidData {
                    // The last one was altered. The next is written from the first line on.
                    self.mark = None;
                    self.gap = Some(end);
                    self.since = Fold::default();
                }
                Err(error)
            }
        }
    }

    /// Reads what lines of earlier processes said. The chain is checked, since somebody may have
    /// altered them meanwhile.
    fn fill_gap(&mut self, dir: &Path) -> io::Result<()> {
        let Some((upto, expected)) = self.gap else {
            return Ok(());
        };
        let (from, mut last) = match self.mark {
            Some(mark) => (mark.size, snapshot::head_of(dir, mark)?),
            None => (0, Hash::default()),
        };
        let mut follower = Follower::from(dir, from + 1);
        let broken = |seq: Seq| {
            let what = format!("the chain of the journal is broken at line {seq}");
            io::Error::other(what)
        };
        while let Some(lines) = follower.read(upto, READ_BYTES)? {
            for (seq, line) in lines.iter() {
                let own = Own::parse(line).ok_or_else(|| broken(seq))?;
                if own.seq != seq || own.prev_hash != last {
                    return Err(broken(seq));
                }
                last = hash(line);
                self.since.take(line).map_err(io::Error::other)?;
                if self.since.len() >= ROWS {
                    let (mark, _) = snapshot::write(dir, self.mark, &self.since, (seq, last))?;
                    self.mark = Some(mark);
                    self.since = Fold::default();
                }
            }
        }
        if last != expected {
            return Err(broken(upto));
        }
        self.gap = None;
        Ok(())
    }
}

/// How many bytes there are in the files that begin after a line.
fn bytes_after(dir: &Path, seq: Seq) -> u64 {
    let files = medium::list(dir).unwrap_or_default();
    let after = files.iter().filter(|(first, _)| *first > seq);
    after
        .filter_map(|(_, path)| std::fs::metadata(path).ok())
        .map(|found| found.len())
        .sum()
}
