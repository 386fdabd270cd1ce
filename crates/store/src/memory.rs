//! The back end that forgets: for tests and for `strongroom dev --in-memory`.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;

use crate::backend::{
    Backend, BoxFuture, Changes, KeyRange, Page, Precondition, Revision, Row, SCAN_ROWS,
    StoreError, Watch, Write, check_limits,
};
use crate::history::History;

/// A store in memory. It keeps every promise of [`Backend`] but durability.
pub struct Memory {
    rows: Mutex<BTreeMap<Vec<u8>, (Bytes, Revision)>>,
    history: History,
}

impl Memory {
    /// An empty store at revision 0.
    #[must_use]
    pub fn new() -> Self {
        Self {
            rows: Mutex::default(),
            history: History::starting_at(0),
        }
    }

    fn rows(&self) -> MutexGuard<'_, BTreeMap<Vec<u8>, (Bytes, Revision)>> {
        // No panic can happen between the writes of one commit.
        self.rows.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn page(&self, range: &KeyRange, limit: usize) -> Page {
        if range.is_empty() {
            return Page::default();
        }
        let limit = limit.min(SCAN_ROWS);
        let end = range.end().map_or(Bound::Unbounded, Bound::Excluded);
        let rows = self.rows();
        let mut found = rows.range::<[u8], _>((Bound::Included(range.start()), end));
        let page = found
            .by_ref()
            .take(limit)
            .map(|(key, (value, revision))| Row {
                key: key.clone(),
                value: value.clone(),
                revision: *revision,
            })
            .collect();
        Page {
            rows: page,
            more: found.next().is_some(),
        }
    }

    fn apply(
        &self,
        preconditions: Vec<Precondition>,
        writes: Vec<Write>,
    ) -> Result<Revision, StoreError> {
        check_limits(&preconditions, &writes)?;
        let mut rows = self.rows();
        for condition in preconditions {
            if rows.get(&condition.key).map(|(_, revision)| *revision) != condition.expected {
                return Err(StoreError::Conflict { key: condition.key });
            }
        }
        let newest = self.history.newest();
        let revision = newest + 1;
        let mut changes = Vec::with_capacity(writes.len());
        for write in writes {
            match write {
                Write::Put { key, value } => {
                    rows.insert(key.clone(), (value.clone(), revision));
                    changes.push((key, Some(value)));
                }
                Write::Delete { key } => {
                    if rows.remove(&key).is_some() {
                        changes.push((key, None));
                    }
                }
            }
        }
        if changes.is_empty() {
            return Ok(newest);
        }
        // Under the lock of the rows, so that revisions are published in order.
        self.history.publish(Changes { revision, changes });
        Ok(revision)
    }
}

impl Default for Memory {
    fn default() -> Self {
        Self::new()
    }
}

impl Backend for Memory {
    fn get<'a>(&'a self, key: &'a [u8]) -> BoxFuture<'a, Result<Option<Row>, StoreError>> {
        Box::pin(async move {
            Ok(self.rows().get(key).map(|(value, revision)| Row {
                key: key.to_vec(),
                value: value.clone(),
                revision: *revision,
            }))
        })
    }

    fn scan<'a>(
        &'a self,
        range: KeyRange,
        limit: usize,
    ) -> BoxFuture<'a, Result<Page, StoreError>> {
        Box::pin(async move { Ok(self.page(&range, limit)) })
    }

    fn commit<'a>(
        &'a self,
        preconditions: Vec<Precondition>,
        writes: Vec<Write>,
    ) -> BoxFuture<'a, Result<Revision, StoreError>> {
        Box::pin(async move { self.apply(preconditions, writes) })
    }

    fn watch(&self, after: Revision) -> Result<Watch, StoreError> {
        self.history.watch(after)
    }

    fn revision(&self) -> Revision {
        self.history.newest()
    }
}
