//! What the page is made from, and the counting that takes too long to be done for each page.

use std::{
    path::PathBuf,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, SystemTime},
};

use strongroom_kms::{Service, vitals::Census};
use strongroom_store::{Embedded, Journal};
use tokio::{sync::watch, task::spawn_blocking, time::Instant};

use super::{Metrics, otlp::OtlpCounters};
use crate::audit::SinkCounters;

/// A count that is younger is told again. Ours.
const FRESH: Duration = Duration::from_secs(1);
/// How much longer than it took a count is told again, so that counting is a small part of what
/// the machine does however many keys there are.
const RESTS: u32 = 10;
/// How long a page waits for a count. One that takes longer is on a later page.
const PATIENCE: Duration = Duration::from_millis(250);

/// What the page is made from.
pub struct Gallery {
    /// The counters.
    pub metrics: Arc<Metrics>,
    /// The service, which knows of its keys.
    pub service: Arc<Service>,
    /// The journal.
    pub journal: Arc<Journal>,
    /// Where else the journal goes, by name.
    pub sinks: Vec<(String, Arc<SinkCounters>)>,
    /// The store, if it is a file.
    pub store: Option<Arc<Embedded>>,
    /// Where the store is, if it is a file.
    pub data_dir: Option<PathBuf>,
    /// Until when the certificate of the listener is good, if it has one.
    pub certificate: Option<SystemTime>,
    /// Exports to a collector, if there are any.
    pub exports: Option<Arc<OtlpCounters>>,
    /// Whether the server is stopping.
    pub stopping: Arc<AtomicBool>,
    /// What was counted last.
    pub counting: Arc<Counting>,
}

/// What was counted, and when.
#[derive(Debug)]
pub(super) struct Counted {
    pub(super) census: Census,
    /// Rows of the store, if it is a file.
    pub(super) rows: Option<u64>,
    pub(super) ended: Instant,
    took: Duration,
}

/// Counts in the background, when somebody asks.
#[derive(Debug, Default)]
pub struct Counting {
    newest: watch::Sender<Option<Arc<Counted>>>,
    running: AtomicBool,
    /// What was in the way of the last count, if it failed.
    failure: Mutex<Option<String>>,
}

impl Gallery {
    /// What was counted last, counted anew if that was a while ago.
    pub(super) async fn counted(&self) -> Option<Arc<Counted>> {
        let mut newest = self.counting.newest.subscribe();
        let before = newest.borrow_and_update().clone();
        let fresh = |counted: &Arc<Counted>| {
            counted.ended.elapsed() < FRESH.max(counted.took.saturating_mul(RESTS))
        };
        if before.as_ref().is_some_and(fresh) {
            return before;
        }
        if !self.counting.running.swap(true, Ordering::AcqRel) {
            let counting = Arc::clone(&self.counting);
            let (service, store) = (Arc::clone(&self.service), self.store.clone());
            tokio::spawn(async move {
                counting.count(&service, store).await;
                counting.running.store(false, Ordering::Release);
            });
        }
        // In vain if it takes longer, or fails.
        let _ = tokio::time::timeout(PATIENCE, newest.changed()).await;
        newest.borrow().clone()
    }
}

impl Counting {
    async fn count(&self, service: &Service, store: Option<Arc<Embedded>>) {
        let began = Instant::now();
        let census = match service.census().await {
            Ok(census) => census,
            Err(cause) => {
                let poisoned = PoisonError::into_inner;
                let mut failure = self.failure.lock().unwrap_or_else(poisoned);
                if failure.as_ref() != Some(&cause) {
                    tracing::warn!(cause, "keys cannot be counted");
                    *failure = Some(cause);
                }
                return;
            }
        };
        let rows = match store {
            Some(store) => spawn_blocking(move || store.count().ok())
                .await
                .ok()
                .flatten(),
            None => None,
        };
        self.newest.send_replace(Some(Arc::new(Counted {
            census,
            rows,
            ended: Instant::now(),
            took: began.elapsed(),
        })));
    }
}
