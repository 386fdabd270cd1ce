//! Stamps of last uses on their way to the store.
//!
//! A call leaves its stamp in memory, so that no request waits for a write, and maintenance writes
//! the stamps down in batches. What a crash takes with it is at most the last minute or so of them.

use std::{
    collections::HashMap,
    fmt,
    hash::Hash,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use strongroom_model::Timestamp;

use crate::{
    audit::{RequestId, housekeeping_event},
    call::Interruption,
    change::Change,
    error::KmsError,
    service::Service,
};

/// How long stamps stay in memory only.
const INTERVAL: Duration = Duration::from_secs(60);
/// Stamps that are written down before their time.
const MANY: usize = 4096;
/// How often a batch is tried while what it is about moves.
const ATTEMPTS: usize = 4;
/// Parts in which the stamps are kept, so that unrelated calls do not meet.
pub(crate) const SHARDS: usize = 16;

/// The name of something whose last use is kept.
pub(crate) trait Used: Clone + Eq + Hash + Send + Sync {
    /// What is kept of a use.
    type Stamp: Clone + PartialEq + Send + Sync;
    /// What the entry of stamps that are written down is called.
    const EVENT: &'static str;
    /// Stamps in one commit.
    const BATCH: usize;

    /// A number that differs between names, to spread them by.
    fn spread(&self) -> usize;

    /// Adds a stamp to a change, under the condition that what was used stays as it is. What is
    /// gone leaves nothing behind.
    fn write(
        &self,
        stamp: &Self::Stamp,
        service: &Service,
        now: Timestamp,
        change: &mut Change,
    ) -> impl Future<Output = Result<(), KmsError>> + Send;
}

/// Whether stamps may wait for more of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Promptness {
    WhenWorthIt,
    Now,
}

/// The stamps that are not written down yet.
pub(crate) struct Stamps<N: Used> {
    shards: [Shard<N>; SHARDS],
    /// When they were last written down; held while they are.
    written: tokio::sync::Mutex<Option<Instant>>,
}

type Shard<N> = Mutex<HashMap<N, <N as Used>::Stamp>>;

impl<N: Used> Default for Stamps<N> {
    fn default() -> Self {
        Self {
            shards: std::array::from_fn(|_| Mutex::default()),
            written: tokio::sync::Mutex::default(),
        }
    }
}

impl<N: Used> fmt::Debug for Stamps<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stamps").finish_non_exhaustive()
    }
}

impl<N: Used> Stamps<N> {
    /// The part in which the stamp of a name is, if it has one.
    pub(crate) fn around(&self, name: &N) -> MutexGuard<'_, HashMap<N, N::Stamp>> {
        self.nth(name.spread() % SHARDS)
    }

    /// Writes the stamps down, if it is time or there are many.
    pub(crate) async fn write_down(
        &self,
        service: &Service,
        promptness: Promptness,
    ) -> Result<(), KmsError> {
        let mut written = self.written.lock().await;
        let fresh = written.get_or_insert_with(Instant::now).elapsed() < INTERVAL;
        let noted: usize = (0..SHARDS).map(|at| self.nth(at).len()).sum();
        if noted == 0 || (promptness == Promptness::WhenWorthIt && fresh && noted < MANY) {
            return Ok(());
        }
        let mut stamps: Vec<(N, N::Stamp)> = Vec::with_capacity(noted);
        for at in 0..SHARDS {
            let shard = self.nth(at);
            stamps.extend(
                shard
                    .iter()
                    .map(|(name, stamp)| (name.clone(), stamp.clone())),
            );
        }
        for batch in stamps.chunks(N::BATCH) {
            self.write_batch(service, batch).await?;
        }
        *written = Some(Instant::now());
        Ok(())
    }

    /// Writes some stamps down and forgets them, unless they are newer by now.
    async fn write_batch(
        &self,
        service: &Service,
        batch: &[(N, N::Stamp)],
    ) -> Result<(), KmsError> {
        let now = service.now();
        for _ in 0..ATTEMPTS {
            let mut change = Change::new();
            for (name, stamp) in batch {
                name.write(stamp, service, now, &mut change).await?;
            }
            if change.writes.is_empty() {
                self.forget(batch);
                return Ok(());
            }
            let event_id = RequestId::new(service.custody().random().array()?);
            let entry = move |rows: &[_]| housekeeping_event(N::EVENT, event_id, now, rows);
            match service.commit_unasked(change, entry).await {
                Ok(()) => {
                    self.forget(batch);
                    return Ok(());
                }
                Err(Interruption::Moved { .. }) => {}
                Err(Interruption::Refused(error)) => return Err(error),
            }
        }
        // Something moves all the time. The stamps stay in memory until the next round.
        Ok(())
    }

    fn forget(&self, batch: &[(N, N::Stamp)]) {
        for (name, stamp) in batch {
            let mut shard = self.around(name);
            if shard.get(name) == Some(stamp) {
                shard.remove(name);
            }
        }
    }

    fn nth(&self, at: usize) -> MutexGuard<'_, HashMap<N, N::Stamp>> {
        #[expect(clippy::indexing_slicing, reason = "every caller stays below SHARDS")]
        let shard = &self.shards[at];
        // The map is whole whatever a holder of the lock was doing.
        shard.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
