//! The recent changes of a store, kept in memory so that watchers can follow.
//!
//! A watcher reads at its own pace from a shared, bounded queue. One that falls too far behind,
//! or that asks for a time before the process started, hears [`StoreError::Compacted`] and reads
//! anew; a commit never waits for a watcher.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

use crate::backend::{Changes, Revision, StoreError};

/// Commits that are kept.
const KEPT_COMMITS: usize = 4096;
/// Bytes of keys and values that are kept.
const KEPT_BYTES: usize = 1 << 20;

/// What writers publish to and watchers read from.
pub(crate) struct History {
    queue: Arc<Mutex<Queue>>,
    newest: watch::Sender<Revision>,
}

/// The kept changes, oldest first.
struct Queue {
    /// Every change up to this revision is gone.
    compacted: Revision,
    kept: VecDeque<Arc<Changes>>,
    bytes: usize,
}

impl History {
    /// A history that knows nothing before `revision`.
    pub(crate) fn starting_at(revision: Revision) -> Self {
        Self {
            queue: Arc::new(Mutex::new(Queue {
                compacted: revision,
                kept: VecDeque::new(),
                bytes: 0,
            })),
            newest: watch::Sender::new(revision),
        }
    }

    /// The newest revision that was published.
    pub(crate) fn newest(&self) -> Revision {
        *self.newest.borrow()
    }

    /// Makes one commit's changes known. Called in order of revision.
    pub(crate) fn publish(&self, changes: Changes) {
        let revision = changes.revision;
        {
            let mut queue = lock(&self.queue);
            queue.bytes += size(&changes);
            queue.kept.push_back(Arc::new(changes));
            while queue.kept.len() > KEPT_COMMITS || queue.bytes > KEPT_BYTES {
                let Some(dropped) = queue.kept.pop_front() else {
                    break;
                };
                queue.bytes -= size(&dropped);
                queue.compacted = dropped.revision;
            }
        }
        self.newest.send_replace(revision);
    }

    /// A watcher of every change later than `after`.
    pub(crate) fn watch(&self, after: Revision) -> Result<Watch, StoreError> {
        if after < lock(&self.queue).compacted {
            return Err(StoreError::Compacted);
        }
        Ok(Watch {
            queue: Arc::clone(&self.queue),
            newest: self.newest.subscribe(),
            seen: after,
        })
    }
}

/// Follows the changes of a store in order. See [`Backend::watch`](crate::Backend::watch).
pub struct Watch {
    queue: Arc<Mutex<Queue>>,
    newest: watch::Receiver<Revision>,
    seen: Revision,
}

impl Watch {
    /// The next change, as soon as there is one. Dropping the future loses nothing.
    ///
    /// # Errors
    ///
    /// [`StoreError::Compacted`] if this watcher fell so far behind that changes are lost to it;
    /// [`StoreError::Closed`] after the store was closed and all changes were delivered.
    pub async fn next(&mut self) -> Result<Changes, StoreError> {
        loop {
            // Before looking, so that what is published while looking wakes the wait below.
            self.newest.borrow_and_update();
            if let Some(changes) = self.kept()? {
                self.seen = changes.revision;
                return Ok(Changes::clone(&changes));
            }
            if self.newest.changed().await.is_err() {
                return match self.kept()? {
                    Some(changes) => {
                        self.seen = changes.revision;
                        Ok(Changes::clone(&changes))
                    }
                    None => Err(StoreError::Closed),
                };
            }
        }
    }

    /// The first kept change that was not seen.
    fn kept(&self) -> Result<Option<Arc<Changes>>, StoreError> {
        let queue = lock(&self.queue);
        if self.seen < queue.compacted {
            return Err(StoreError::Compacted);
        }
        let at = queue
            .kept
            .partition_point(|changes| changes.revision <= self.seen);
        Ok(queue.kept.get(at).map(Arc::clone))
    }
}

fn lock(queue: &Mutex<Queue>) -> MutexGuard<'_, Queue> {
    // Nothing panics while holding it, and the queue is whole after every statement.
    queue.lock().unwrap_or_else(PoisonError::into_inner)
}

fn size(changes: &Changes) -> usize {
    let one = |(key, value): &(Vec<u8>, Option<bytes::Bytes>)| {
        key.len() + value.as_ref().map_or(0, bytes::Bytes::len) + 64
    };
    changes.changes.iter().map(one).sum()
}
