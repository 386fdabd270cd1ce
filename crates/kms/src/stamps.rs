//! Stamps of last uses on their way to the store.
//!
//! A call leaves its stamp in memory, so that no request waits for a write, and maintenance writes
//! the stamps down in batches. What a crash takes with it is at most the last minute or so of them.

use std::{
    collections::HashMap,
    fmt,
    hash::Hash,
    time::{Duration, Instant},
};

use strongroom_model::Timestamp;

use crate::{
    audit::{RequestId, housekeeping_event},
    call::Interruption,
    change::Change,
    each_thread::EachThread,
    error::KmsError,
    service::Service,
};

/// How long stamps stay in memory only.
const INTERVAL: Duration = Duration::from_secs(60);
/// Stamps that are written down before their time.
const MANY: usize = 4096;
/// How often a batch is tried while what it is about moves.
const ATTEMPTS: usize = 4;
/// Threads that keep stamps of their own. What is used all the time is used by all of them at
/// once, and none is to wait for another one's stamp.
const THREADS: usize = 16;

/// A use, and when it was.
pub(crate) trait Stamp: Clone + PartialEq + Send + Sync {
    /// When it was.
    fn at(&self) -> Timestamp;
}

/// The name of something whose last use is kept.
pub(crate) trait Used: Clone + Eq + Hash + Send + Sync {
    /// What is kept of a use.
    type Stamp: Stamp;
    /// What the entry of stamps that are written down is called.
    const EVENT: &'static str;
    /// Stamps in one commit.
    const BATCH: usize;
    /// Stamps that a thread keeps at most; those of further names are lost until these are
    /// written down.
    const MOST: usize;

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
    threads: EachThread<Kept<N>, THREADS>,
    /// When they were last written down; held while they are.
    written: tokio::sync::Mutex<Option<Instant>>,
}

type Kept<N> = HashMap<N, <N as Used>::Stamp, ahash::RandomState>;

impl<N: Used> Default for Stamps<N> {
    fn default() -> Self {
        Self {
            threads: EachThread::default(),
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
    /// Notes a use, unless this thread knows of a later one.
    pub(crate) fn note(&self, name: &N, stamp: &N::Stamp) {
        let mut kept = self.threads.here();
        let full = kept.len() >= N::MOST;
        match kept.get_mut(name) {
            Some(known) if known.at() > stamp.at() => {}
            Some(known) => known.clone_from(stamp),
            None if full => {}
            None => drop(kept.insert(name.clone(), stamp.clone())),
        }
    }

    /// The last use that is not written down yet.
    pub(crate) fn newest(&self, name: &N) -> Option<N::Stamp> {
        let known = self
            .threads
            .all()
            .filter_map(|kept| kept.get(name).cloned());
        known.max_by_key(Stamp::at)
    }

    /// Writes the stamps down, if it is time or there are many.
    pub(crate) async fn write_down(
        &self,
        service: &Service,
        promptness: Promptness,
    ) -> Result<(), KmsError> {
        let mut written = self.written.lock().await;
        let fresh = written.get_or_insert_with(Instant::now).elapsed() < INTERVAL;
        let noted: usize = self.threads.all().map(|kept| kept.len()).sum();
        if noted == 0 || (promptness == Promptness::WhenWorthIt && fresh && noted < MANY) {
            return Ok(());
        }
        let stamps: Vec<(N, N::Stamp)> = self.newest_of_all().into_iter().collect();
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

    /// The last use of everything that was used.
    fn newest_of_all(&self) -> Kept<N> {
        let mut newest = Kept::<N>::default();
        for kept in self.threads.all() {
            for (name, stamp) in &*kept {
                match newest.get(name) {
                    Some(known) if known.at() >= stamp.at() => {}
                    _ => drop(newest.insert(name.clone(), stamp.clone())),
                }
            }
        }
        newest
    }

    /// Forgets what was written down, and what is older than that.
    fn forget(&self, batch: &[(N, N::Stamp)]) {
        for mut kept in self.threads.all() {
            for (name, written) in batch {
                if kept
                    .get(name)
                    .is_some_and(|stamp| stamp.at() <= written.at())
                {
                    kept.remove(name);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Clone, PartialEq, Eq, Hash, Debug)]
    struct Name(u8);

    #[derive(Clone, PartialEq, Debug)]
    struct At(i64);

    impl Stamp for At {
        fn at(&self) -> Timestamp {
            Timestamp::from_millis(self.0)
        }
    }

    impl Used for Name {
        type Stamp = At;
        const EVENT: &'static str = "Test";
        const BATCH: usize = 10;
        const MOST: usize = 2;

        async fn write(
            &self,
            _: &At,
            _: &Service,
            _: Timestamp,
            _: &mut Change,
        ) -> Result<(), KmsError> {
            Ok(())
        }
    }

    fn elsewhere(act: impl FnOnce() + Send) {
        std::thread::scope(|scope| drop(scope.spawn(act).join()));
    }

    #[test]
    fn the_last_use_is_told_whichever_thread_had_it() {
        let stamps = Stamps::<Name>::default();
        let (one, other) = (Name(1), Name(2));
        stamps.note(&one, &At(5));
        elsewhere(|| stamps.note(&one, &At(7)));
        elsewhere(|| stamps.note(&one, &At(6)));
        stamps.note(&one, &At(4));
        stamps.note(&other, &At(1));
        assert_eq!(stamps.newest(&one), Some(At(7)));
        assert_eq!(stamps.newest(&Name(3)), None);
        let all = stamps.newest_of_all();
        assert_eq!(
            (all.get(&one), all.get(&other)),
            (Some(&At(7)), Some(&At(1)))
        );
    }

    #[test]
    fn what_was_written_down_is_forgotten_and_what_came_later_is_not() {
        let stamps = Stamps::<Name>::default();
        stamps.note(&Name(1), &At(5));
        elsewhere(|| stamps.note(&Name(1), &At(6)));
        stamps.note(&Name(2), &At(5));
        elsewhere(|| stamps.note(&Name(2), &At(7)));
        stamps.forget(&[(Name(1), At(6)), (Name(2), At(6))]);
        assert_eq!(stamps.newest(&Name(1)), None);
        assert_eq!(stamps.newest(&Name(2)), Some(At(7)));
    }

    #[test]
    fn a_thread_keeps_no_more_than_it_may() {
        let stamps = Stamps::<Name>::default();
        (1..=3).for_each(|name| stamps.note(&Name(name), &At(1)));
        assert_eq!(stamps.newest(&Name(3)), None);
        stamps.note(&Name(2), &At(2));
        assert_eq!(stamps.newest(&Name(2)), Some(At(2)));
    }
}
