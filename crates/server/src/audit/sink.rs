//! Workers that carry records from the journal's files to sinks, one for each.

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
    journal::{Follower, Lines, Seq},
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
            let cursor = Cursor::open(data_dir, &sink.name, || {
                if sink.from_beginning {
                    0
                } else {
                    journal.head().0
                }
            });
            let cursor = cursor.map_err(|error| wrong(&error))?;
            let counters = Arc::new(SinkCounters::default());
            counters.delivered.store(cursor.sent, Ordering::Relaxed);
            let worker = Worker {
                name: sink.name.clone(),
                outlet: Outlet::of(sink)?,
                patience: sink.patience(),
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

struct Worker {
    name: String,
    outlet: Outlet,
    patience: Duration,
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
            if follower.next() > newest {
                if *self.stop.borrow() {
                    return;
                }
                tokio::select! {
                    changed = self.newest.changed() => if changed.is_err() { return },
                    _ = self.stop.changed() => {}
                }
                continue;
            }
            let outcome = self.carry(&mut follower, newest).await;
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
                    let from = if failed.before_too {
                        before
                    } else {
                        self.cursor.sent
                    };
                    follower = Follower::from(&self.dir, from + 1);
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
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct CursorFile {
    sent: Seq,
}

impl Cursor {
    fn open(data_dir: &Path, name: &str, first: impl Fn() -> Seq) -> io::Result<Self> {
        let dir = data_dir.join(CURSORS);
        match fs::create_dir(&dir) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
            _ => {}
        }
        let path = dir.join(format!("{name}.cursor"));
        let sent = match fs::read(&path) {
            Ok(text) => {
                let file: CursorFile = serde_json::from_slice(&text)
                    .map_err(|error| io::Error::other(format!("{}: {error}", path.display())))?;
                file.sent
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => first(),
            Err(error) => return Err(error),
        };
        let mut cursor = Self {
            path,
            sent,
            before: sent,
        };
        cursor.advance(sent)?;
        Ok(cursor)
    }

    /// Replaces the file in one step. One that is lost with the power sends a batch again.
    fn advance(&mut self, sent: Seq) -> io::Result<()> {
        let part = self.path.with_extension("part");
        fs::write(&part, serde_json::to_vec(&CursorFile { sent })?)?;
        fs::rename(&part, &self.path)?;
        self.before = self.sent;
        self.sent = sent;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_where_it_was_left() {
        let folder = tempfile::tempdir().unwrap();
        let mut cursor = Cursor::open(folder.path(), "a", || 7).unwrap();
        assert_eq!(cursor.sent, 7);
        cursor.advance(9).unwrap();
        let again = Cursor::open(folder.path(), "a", || 100).unwrap();
        assert_eq!((again.sent, cursor.before), (9, 7));
        fs::write(&again.path, "{").unwrap();
        assert!(Cursor::open(folder.path(), "a", || 0).is_err());
    }
}
