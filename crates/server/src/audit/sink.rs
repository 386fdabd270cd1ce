//! Workers that carry records from the journal's files to sinks, one for each, and after the
//! records the checkpoints that vouch for them.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use serde::{Deserialize, Serialize};
use strongroom_store::{
    Journal,
    journal::{CheckpointFollower, Follower, Lines, Seq, Told},
};
use tokio::{
    sync::watch,
    task::{JoinHandle, spawn_blocking},
};

use super::{
    settings::{SinkKind, SinkSettings},
    syslog::Syslog,
    webhook::Webhook,
};
use crate::custom_key_stores::SettingsError;

/// Bytes of records in one batch, or one record that is larger.
const BATCH_BYTES: usize = 128 << 10;
/// How long a worker waits after the first failure, and after many.
const BACK_OFF: [Duration; 2] = [Duration::from_millis(200), Duration::from_secs(30)];
/// How long sinks may take for what is left at the end of the process. It stays in the journal.
const LAST_PATIENCE: Duration = Duration::from_secs(2);
/// The folder of the cursors, in the data folder.
const CURSORS: &str = "sinks";

/// What is counted of a sink, for whoever watches.
#[derive(Debug, Default)]
pub struct SinkCounters {
    /// The last record that was delivered.
    delivered: AtomicU64,
    /// The last record that there is.
    newest: AtomicU64,
    /// Deliveries that failed, since the process began.
    failures: AtomicU64,
}

impl SinkCounters {
    /// How many records are waiting.
    #[must_use]
    pub fn lag(&self) -> u64 {
        let newest = self.newest.load(Ordering::Relaxed);
        newest.saturating_sub(self.delivered.load(Ordering::Relaxed))
    }

    /// Deliveries that failed, since the process began.
    #[must_use]
    pub fn failures(&self) -> u64 {
        self.failures.load(Ordering::Relaxed)
    }
}

/// Why a batch was not delivered.
#[derive(Debug)]
pub(super) struct NotDelivered {
    pub(super) what: String,
    /// Whether the batch before may be lost as well.
    pub(super) before_too: bool,
}

impl<E: std::fmt::Display> From<E> for NotDelivered {
    fn from(error: E) -> Self {
        Self {
            what: error.to_string(),
            before_too: false,
        }
    }
}

/// Where a worker puts batches.
enum Outlet {
    Stdout,
    Syslog(Box<Syslog>),
    Webhook(Box<Webhook>),
}

impl Outlet {
    fn of(settings: &SinkSettings) -> Result<Self, SettingsError> {
        Ok(match settings.kind {
            SinkKind::Stdout => Self::Stdout,
            SinkKind::Syslog => Self::Syslog(Box::new(Syslog::new(settings)?)),
            SinkKind::Webhook => Self::Webhook(Box::new(Webhook::new(settings)?)),
        })
    }

    async fn deliver(&mut self, lines: &Arc<Lines>) -> Result<(), NotDelivered> {
        match self {
            Self::Stdout => {
                let lines = Arc::clone(lines);
                spawn_blocking(move || print(&lines)).await??;
                Ok(())
            }
            Self::Syslog(syslog) => syslog.deliver(lines).await,
            Self::Webhook(webhook) => webhook.deliver(lines).await,
        }
    }

    async fn deliver_checkpoint(&mut self, told: Told) -> Result<(), NotDelivered> {
        match self {
            Self::Stdout => {
                spawn_blocking(move || print_line(&told.line)).await??;
                Ok(())
            }
            Self::Syslog(syslog) => syslog.deliver_checkpoint(&told).await,
            Self::Webhook(webhook) => webhook.deliver_checkpoint(told.size, &told.line).await,
        }
    }

    /// Drops what it was in the middle of.
    fn reset(&mut self) {
        match self {
            Self::Stdout => {}
            Self::Syslog(syslog) => syslog.reset(),
            Self::Webhook(webhook) => webhook.reset(),
        }
    }
}

fn print(lines: &Lines) -> io::Result<()> {
    use io::Write as _;
    let mut out = io::stdout().lock();
    for (_, line) in lines.iter() {
        out.write_all(line)?;
        out.write_all(b"\n")?;
    }
    out.flush()
}

fn print_line(line: &[u8]) -> io::Result<()> {
    use io::Write as _;
    let mut out = io::stdout().lock();
    out.write_all(line)?;
    out.flush()
}

/// The sinks of a running server.
#[derive(Debug, Default)]
pub struct Sinks {
    workers: Vec<(String, Arc<SinkCounters>, JoinHandle<()>)>,
    stop: watch::Sender<bool>,
}

impl Sinks {
    /// Begins to send what the journal holds.
    ///
    /// # Errors
    /// When a sink cannot be what the settings say, or the journal is in memory only.
    pub fn start(
        settings: &[SinkSettings],
        journal: &Journal,
        data_dir: &Path,
    ) -> Result<Self, SettingsError> {
        let (stop, stopped) = watch::channel(false);
        let mut workers = Vec::new();
        for sink in settings {
            let wrong = |what: &dyn std::fmt::Display| SettingsError::Wrong {
                place: format!("the audit sink {:?}", sink.name),
                what: what.to_string(),
            };
            let Some(dir) = journal.dir() else {
                return Err(wrong(&"a server in memory has no journal to send"));
            };
            let sealed = journal.sealed();
            let first = match (sink.from_beginning, sink.checkpoints()) {
                (true, _) => 0,
                // What is sent can be verified only behind a checkpoint, which is sent first.
                (false, true) => sealed,
                (false, false) => journal.head().0,
            };
            let cursor = Cursor::open(data_dir, &sink.name, first, sealed);
            let cursor = cursor.map_err(|error| wrong(&error))?;
            let counters = Arc::new(SinkCounters::default());
            counters.delivered.store(cursor.sent, Ordering::Relaxed);
            let worker = Worker {
                name: sink.name.clone(),
                outlet: Outlet::of(sink)?,
                patience: sink.patience(),
                checkpoints: sink
                    .checkpoints()
                    .then(|| Checkpoints::of(dir, &cursor, journal.vouched())),
                dir: dir.to_path_buf(),
                cursor,
                counters: Arc::clone(&counters),
                newest: journal.followed(),
                stop: stopped.clone(),
            };
            workers.push((sink.name.clone(), counters, tokio::spawn(worker.run())));
        }
        Ok(Self { workers, stop })
    }

    /// The name and the counters of each.
    pub fn counters(&self) -> impl Iterator<Item = (&str, &Arc<SinkCounters>)> {
        self.workers
            .iter()
            .map(|(name, counters, _)| (name.as_str(), counters))
    }

    /// Sends what is left, as far as that is quick. The rest is sent by the next process.
    pub async fn finish(self) {
        self.stop.send_replace(true);
        let deadline = tokio::time::Instant::now() + LAST_PATIENCE;
        for (_, _, mut worker) in self.workers {
            if tokio::time::timeout_at(deadline, &mut worker)
                .await
                .is_err()
            {
                worker.abort();
            }
        }
    }
}

/// The checkpoints that a worker carries.
struct Checkpoints {
    follower: CheckpointFollower,
    newest: watch::Receiver<Seq>,
    /// Up to here there are none that were not carried.
    none_until: Seq,
}

impl Checkpoints {
    fn of(dir: &Path, cursor: &Cursor, newest: watch::Receiver<Seq>) -> Self {
        Self {
            follower: CheckpointFollower::after(dir, cursor.vouched),
            newest,
            none_until: 0,
        }
    }

    /// Returns when there may be another one.
    async fn changed(of: Option<&mut Self>) {
        if let Some(checkpoints) = of
            && checkpoints.newest.changed().await.is_ok()
        {
            return;
        }
        // There are none, or no more of them.
        std::future::pending().await
    }
}

struct Worker {
    name: String,
    outlet: Outlet,
    patience: Duration,
    checkpoints: Option<Checkpoints>,
    dir: PathBuf,
    cursor: Cursor,
    counters: Arc<SinkCounters>,
    newest: watch::Receiver<Seq>,
    stop: watch::Receiver<bool>,
}

impl Worker {
    async fn run(mut self) {
        let mut before = self.cursor.sent;
        let mut back_off = BACK_OFF[0];
        let mut follower = Follower::from(&self.dir, self.cursor.sent + 1);
        loop {
            let newest = *self.newest.borrow_and_update();
            self.counters.newest.store(newest, Ordering::Relaxed);
            let vouched = self.carry_checkpoint().await;
            if matches!(vouched, Ok(false)) && follower.next() > newest {
                if *self.stop.borrow() {
                    return;
                }
                tokio::select! {
                    changed = self.newest.changed() => if changed.is_err() { return },
                    () = Checkpoints::changed(self.checkpoints.as_mut()) => {}
                    _ = self.stop.changed() => {}
                }
                continue;
            }
            let outcome = match vouched {
                Ok(false) => self.carry(&mut follower, newest).await,
                Ok(true) => Ok(()),
                Err(failed) => Err(failed),
            };
            match outcome {
                Ok(()) => {
                    before = self.cursor.before;
                    back_off = BACK_OFF[0];
                }
                Err(failed) => {
                    let sink = &self.name;
                    let what = failed.what;
                    self.counters.failures.fetch_add(1, Ordering::Relaxed);
                    tracing::warn!(sink, what, "records could not be sent; it is tried again");
                    self.outlet.reset();
                    let (from, vouched) = if failed.before_too {
                        (before, self.cursor.vouched_before)
                    } else {
                        (self.cursor.sent, self.cursor.vouched)
                    };
                    follower = Follower::from(&self.dir, from + 1);
                    if let Some(checkpoints) = &mut self.checkpoints {
                        checkpoints.follower = CheckpointFollower::after(&self.dir, vouched);
                        checkpoints.none_until = 0;
                    }
                    if *self.stop.borrow() {
                        return;
                    }
                    tokio::select! {
                        () = tokio::time::sleep(back_off) => {}
                        _ = self.stop.changed() => {}
                    }
                    back_off = back_off.saturating_mul(2).min(BACK_OFF[1]);
                }
            }
        }
    }

    /// Carries the next checkpoint whose records were delivered, and tells whether there was one.
    async fn carry_checkpoint(&mut self) -> Result<bool, NotDelivered> {
        let Some(checkpoints) = &mut self.checkpoints else {
            return Ok(false);
        };
        let upto = (*checkpoints.newest.borrow_and_update()).min(self.cursor.sent);
        if upto <= checkpoints.none_until {
            return Ok(false);
        }
        let nowhere = CheckpointFollower::after(Path::new(""), 0);
        let mut reading = std::mem::replace(&mut checkpoints.follower, nowhere);
        let (reading, told) = spawn_blocking(move || {
            let told = reading.next(upto);
            (reading, told)
        })
        .await?;
        checkpoints.follower = reading;
        let Some(told) = told? else {
            checkpoints.none_until = upto;
            return Ok(false);
        };
        let size = told.size;
        let delivery = self.outlet.deliver_checkpoint(told);
        match tokio::time::timeout(self.patience, delivery).await {
            Ok(delivered) => delivered?,
            Err(_) => return Err(NotDelivered::from("it takes too long")),
        }
        self.cursor.vouch(size)?;
        Ok(true)
    }

    /// Carries the next batch, and notes that.
    async fn carry(&mut self, follower: &mut Follower, newest: Seq) -> Result<(), NotDelivered> {
        let nothing = Follower::from(&self.dir, u64::MAX);
        let mut reading = std::mem::replace(follower, nothing);
        let (reading, lines) = spawn_blocking(move || {
            let lines = reading.read(newest, BATCH_BYTES);
            (reading, lines)
        })
        .await?;
        *follower = reading;
        let Some(lines) = lines? else {
            return Ok(());
        };
        let lines = Arc::new(lines);
        match tokio::time::timeout(self.patience, self.outlet.deliver(&lines)).await {
            Ok(delivered) => delivered?,
            Err(_) => return Err(NotDelivered::from("it takes too long")),
        }
        self.cursor.advance(follower.next() - 1)?;
        self.counters
            .delivered
            .store(self.cursor.sent, Ordering::Relaxed);
        Ok(())
    }
}

/// How far a sink has come, on disk.
#[derive(Debug)]
struct Cursor {
    path: PathBuf,
    /// The last record that was delivered.
    sent: Seq,
    /// The last one before the last batch.
    before: Seq,
    /// How many records the last checkpoint vouches for that was delivered.
    vouched: Seq,
    /// The same of the one before.
    vouched_before: Seq,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct CursorFile {
    sent: Seq,
    /// Absent in cursors from before there were checkpoints in sinks.
    #[serde(default)]
    vouched: Option<Seq>,
}

impl Cursor {
    /// The cursor as it was left; for a new sink one behind the record `first`. `sealed` is the
    /// newest checkpoint: of those that were never counted, none before it is delivered.
    fn open(data_dir: &Path, name: &str, first: Seq, sealed: Seq) -> io::Result<Self> {
        let dir = data_dir.join(CURSORS);
        match fs::create_dir(&dir) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
            _ => {}
        }
        let path = dir.join(format!("{name}.cursor"));
        let file = match fs::read(&path) {
            Ok(text) => serde_json::from_slice(&text)
                .map_err(|error| io::Error::other(format!("{}: {error}", path.display())))?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => CursorFile {
                sent: first,
                vouched: (first == 0).then_some(0),
            },
            Err(error) => return Err(error),
        };
        let newest = sealed.saturating_sub(1).min(file.sent);
        let vouched = file.vouched.unwrap_or(newest);
        let cursor = Self {
            path,
            sent: file.sent,
            before: file.sent,
            vouched,
            vouched_before: vouched,
        };
        cursor.write()?;
        Ok(cursor)
    }

    /// Records up to this one were delivered.
    fn advance(&mut self, sent: Seq) -> io::Result<()> {
        let before = std::mem::replace(&mut self.sent, sent);
        let written = self.write();
        match written {
            Ok(()) => self.before = before,
            // They will be delivered once more.
            Err(_) => self.sent = before,
        }
        written
    }

    /// The checkpoint of so many records was delivered.
    fn vouch(&mut self, size: Seq) -> io::Result<()> {
        let before = std::mem::replace(&mut self.vouched, size);
        let written = self.write();
        match written {
            Ok(()) => self.vouched_before = before,
            Err(_) => self.vouched = before,
        }
        written
    }

    fn write(&self) -> io::Result<()> {
        let part = self.path.with_extension("part");
        let file = CursorFile {
            sent: self.sent,
            vouched: Some(self.vouched),
        };
        fs::write(&part, serde_json::to_vec(&file).map_err(io::Error::other)?)?;
        fs::rename(&part, &self.path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_where_it_was_left() {
        let folder = tempfile::tempdir().unwrap();
        let open = |first, sealed| Cursor::open(folder.path(), "a", first, sealed);
        let mut cursor = open(7, 7).unwrap();
        // The checkpoint that the records follow is the first to be delivered.
        assert_eq!((cursor.sent, cursor.vouched), (7, 6));
        cursor.advance(9).unwrap();
        cursor.vouch(8).unwrap();
        assert_eq!((cursor.before, cursor.vouched_before), (7, 6));
        let again = open(100, 100).unwrap();
        assert_eq!((again.sent, again.vouched), (9, 8));
        fs::write(&again.path, "{").unwrap();
        assert!(open(0, 0).is_err());
    }

    #[test]
    fn a_cursor_from_before_checkpoints_goes_on_with_the_newest() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(CURSORS).join("a.cursor");
        fs::create_dir(folder.path().join(CURSORS)).unwrap();
        let open = |sealed| {
            fs::write(&path, "{\"sent\":50}").unwrap();
            Cursor::open(folder.path(), "a", 0, sealed).unwrap().vouched
        };
        assert_eq!(open(40), 39);
        // Those that are still to come are delivered behind their records.
        assert_eq!(open(60), 50);
        let beginning = Cursor::open(folder.path(), "b", 0, 60).unwrap();
        assert_eq!((beginning.sent, beginning.vouched), (0, 0));
    }
}
