//! A store that is watched: how long its verbs take, and how often they fail.
//!
//! It is put around the store only where somebody looks at metrics. The verbs read and write
//! rows, which takes far longer than to count that.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Instant,
};

use strongroom_store::{
    Backend, BoxFuture, Durations, KeyRange, Page, Precondition, Revision, Row, StoreError, Watch,
    Write,
};

use super::Metrics;

/// What is counted of a store.
#[derive(Debug, Default)]
pub(super) struct StoreCounters {
    pub(super) gets: Durations,
    pub(super) scans: Durations,
    pub(super) commits: Durations,
    /// Commits that came too late, and were made again by whoever asked.
    pub(super) conflicts: AtomicU64,
    /// Verbs that failed otherwise.
    pub(super) failures: AtomicU64,
}

impl StoreCounters {
    fn note<T>(&self, durations: &Durations, began: Instant, outcome: &Result<T, StoreError>) {
        durations.note(began.elapsed());
        let counter = match outcome {
            Ok(_) => return,
            Err(StoreError::Conflict { .. }) => &self.conflicts,
            Err(_) => &self.failures,
        };
        counter.fetch_add(1, Ordering::Relaxed);
    }
}

/// A store whose verbs are counted.
pub struct Watched {
    backend: Arc<dyn Backend>,
    metrics: Arc<Metrics>,
}

impl Watched {
    /// Counts what is asked of the store.
    #[must_use]
    pub fn new(backend: Arc<dyn Backend>, metrics: &Arc<Metrics>) -> Self {
        Self {
            backend,
            metrics: Arc::clone(metrics),
        }
    }

    fn counters(&self) -> &StoreCounters {
        &self.metrics.store
    }
}

impl Backend for Watched {
    fn get<'a>(&'a self, key: &'a [u8]) -> BoxFuture<'a, Result<Option<Row>, StoreError>> {
        Box::pin(async move {
            let began = Instant::now();
            let row = self.backend.get(key).await;
            self.counters().note(&self.counters().gets, began, &row);
            row
        })
    }

    fn scan<'a>(
        &'a self,
        range: KeyRange,
        limit: usize,
    ) -> BoxFuture<'a, Result<Page, StoreError>> {
        Box::pin(async move {
            let began = Instant::now();
            let page = self.backend.scan(range, limit).await;
            self.counters().note(&self.counters().scans, began, &page);
            page
        })
    }

    fn commit<'a>(
        &'a self,
        preconditions: Vec<Precondition>,
        writes: Vec<Write>,
    ) -> BoxFuture<'a, Result<Revision, StoreError>> {
        Box::pin(async move {
            let began = Instant::now();
            let revision = self.backend.commit(preconditions, writes).await;
            let counters = self.counters();
            counters.note(&counters.commits, began, &revision);
            revision
        })
    }

    fn watch(&self, after: Revision) -> Result<Watch, StoreError> {
        self.backend.watch(after)
    }

    fn revision(&self) -> Revision {
        self.backend.revision()
    }
}

#[cfg(test)]
mod tests {
    use strongroom_store::Memory;

    use super::*;

    #[tokio::test]
    async fn verbs_are_counted_and_conflicts_told_from_failures() {
        let metrics = Arc::new(Metrics::new());
        let store = Watched::new(Arc::new(Memory::new()), &metrics);
        let put = || vec![Write::put(b"a", "1")];
        store.commit(Vec::new(), put()).await.unwrap();
        let absent = vec![Precondition::absent(b"a")];
        store.commit(absent, put()).await.unwrap_err();
        let empty = vec![Write::put(b"", "1")];
        store.commit(Vec::new(), empty).await.unwrap_err();
        assert!(store.get(b"a").await.unwrap().is_some());
        assert_eq!(store.scan(KeyRange::all(), 9).await.unwrap().rows.len(), 1);
        let total = |durations: &Durations| durations.spread().counts.iter().sum::<u64>();
        let counters = &metrics.store;
        assert_eq!(total(&counters.commits), 3);
        assert_eq!((total(&counters.gets), total(&counters.scans)), (1, 1));
        assert_eq!(counters.conflicts.load(Ordering::Relaxed), 1);
        assert_eq!(counters.failures.load(Ordering::Relaxed), 1);
        assert_eq!(store.revision(), 1);
    }
}
