//! The four verbs of a back end: get, scan, commit, watch.
//!
//! The key space is one ordered map from byte strings to byte strings. Each row remembers the
//! [`Revision`] of its last change, and a commit takes effect only if the rows it was decided
//! on are still at the revisions it names. That is all the concurrency control there is, and it
//! is exactly what etcd offers (mod-revision compares, ranges, watches), so the same code runs
//! on one node and on many. The limits are etcd's for the same reason.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use bytes::Bytes;

pub use crate::history::Watch;

/// A future behind a pointer, so that [`Backend`] can be a trait object.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// A point in the history of a store. It grows with every commit that changed something; the
/// empty store is at 0, and rows never carry 0.
pub type Revision = u64;

/// Longest key, in bytes. Ours; long enough for every logical row key.
pub const KEY_BYTES: usize = 1024;
/// Largest value, in bytes. Ours, so that one value fits etcd's request limit of 1.5 MiB.
pub const VALUE_BYTES: usize = 1 << 20;
/// Preconditions in one commit, and separately writes. etcd: `--max-txn-ops`, 128 by default.
pub const COMMIT_OPERATIONS: usize = 128;
/// Keys and values of one commit together, in bytes. etcd: `--max-request-bytes` is 1.5 MiB by
/// default; the rest is left for its framing.
pub const COMMIT_BYTES: usize = 1_400_000;
/// Rows that one scan returns at most, whatever it asks for.
pub const SCAN_ROWS: usize = 10_000;

/// One row as it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// The key.
    pub key: Vec<u8>,
    /// The value.
    pub value: Bytes,
    /// The revision of the row's last change.
    pub revision: Revision,
}

/// A part of a range, in key order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// The rows.
    pub rows: Vec<Row>,
    /// Whether the range has rows after these.
    pub more: bool,
}

/// The keys from `start` up to, but not including, `end`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyRange {
    start: Vec<u8>,
    end: Option<Vec<u8>>,
}

impl KeyRange {
    /// Every key.
    #[must_use]
    pub const fn all() -> Self {
        Self {
            start: Vec::new(),
            end: None,
        }
    }

    /// The keys that begin with `prefix`.
    #[must_use]
    pub fn prefix(prefix: impl Into<Vec<u8>>) -> Self {
        let start = prefix.into();
        // The first key after all of these: the prefix with its last byte raised, after
        // dropping bytes that cannot be raised. A prefix of 0xff only has no end.
        let mut end = start.clone();
        while let Some(last) = end.pop() {
            if let Some(raised) = last.checked_add(1) {
                end.push(raised);
                break;
            }
        }
        let end = if end.is_empty() { None } else { Some(end) };
        Self { start, end }
    }

    /// The keys from `start` up to, but not including, `end`.
    #[must_use]
    pub fn between(start: impl Into<Vec<u8>>, end: impl Into<Vec<u8>>) -> Self {
        Self {
            start: start.into(),
            end: Some(end.into()),
        }
    }

    /// The same range, continued after `key`, which is not part of it any more. A key that lies
    /// before the range changes nothing, so a forged marker cannot widen a listing.
    #[must_use]
    pub fn after(mut self, key: &[u8]) -> Self {
        if key >= self.start.as_slice() {
            // No key lies between a key and the same key followed by a zero byte.
            self.start = [key, &[0]].concat();
        }
        self
    }

    /// The first key that may be in the range.
    #[must_use]
    pub fn start(&self) -> &[u8] {
        &self.start
    }

    /// The first key after the range; none if it has no end.
    #[must_use]
    pub fn end(&self) -> Option<&[u8]> {
        self.end.as_deref()
    }

    /// Whether no key can be in the range.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.end.as_ref().is_some_and(|end| *end <= self.start)
    }
}

/// What must still be true of a key for a commit to take effect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Precondition {
    /// The key.
    pub key: Vec<u8>,
    /// The revision of its last change; `None` if it must be absent.
    pub expected: Option<Revision>,
}

impl Precondition {
    /// The key has no row.
    #[must_use]
    pub fn absent(key: impl Into<Vec<u8>>) -> Self {
        Self {
            key: key.into(),
            expected: None,
        }
    }

    /// The row was last changed at `revision`.
    #[must_use]
    pub fn unchanged(key: impl Into<Vec<u8>>, revision: Revision) -> Self {
        Self {
            key: key.into(),
            expected: Some(revision),
        }
    }
}

/// One intended change. A commit names each key at most once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Write {
    /// The key gets this value, whether it had one or not.
    Put {
        /// The key.
        key: Vec<u8>,
        /// The value.
        value: Bytes,
    },
    /// The key has no row afterwards, whether it had one or not.
    Delete {
        /// The key.
        key: Vec<u8>,
    },
}

impl Write {
    /// Gives `key` this value.
    #[must_use]
    pub fn put(key: impl Into<Vec<u8>>, value: impl Into<Bytes>) -> Self {
        Self::Put {
            key: key.into(),
            value: value.into(),
        }
    }

    /// Removes the row of `key`.
    #[must_use]
    pub fn delete(key: impl Into<Vec<u8>>) -> Self {
        Self::Delete { key: key.into() }
    }

    /// The key that changes.
    #[must_use]
    pub fn key(&self) -> &[u8] {
        match self {
            Self::Put { key, .. } | Self::Delete { key } => key,
        }
    }
}

/// What one commit changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Changes {
    /// The revision of that commit.
    pub revision: Revision,
    /// The keys with their new values; `None` where the row was removed.
    pub changes: Vec<(Vec<u8>, Option<Bytes>)>,
}

/// Why a store cannot serve now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unavailability {
    /// There is no space left. Nothing of the commit is there.
    Full,
    /// The medium takes no writes. Nothing of the commit is there.
    ReadOnly,
    /// The medium or the service behind it failed. Nothing of the commit is there.
    Failed,
    /// The medium failed at the very moment of committing, and it could not be established
    /// whether the commit is on stable storage. It is not visible now, but it may be after a
    /// restart: all of it or nothing of it. Whoever retries must be able to bear both.
    Uncertain,
}

/// Why a verb failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// A precondition does not hold any more; nothing was changed. Look again and decide anew.
    #[error("the row {} was changed meanwhile", key_text(key))]
    Conflict {
        /// The first key whose precondition failed.
        key: Vec<u8>,
    },
    /// The store cannot serve now. A later try may succeed.
    #[error("the store is unavailable: {cause}")]
    Unavailable {
        /// What kind of failure it is, and what became of the commit.
        kind: Unavailability,
        /// What the medium said.
        cause: String,
    },
    /// Something that was stored is not what was written.
    #[error("the row {} is corrupt: {what}", key_text(key))]
    Corrupt {
        /// The key; empty if the damage is not in one row.
        key: Vec<u8>,
        /// What is wrong.
        what: String,
    },
    /// The history before the wanted revision is not kept any more. Read anew, and watch from
    /// there.
    #[error("the history from this revision on is not kept any more")]
    Compacted,
    /// The commit or key is larger than a store takes. A mistake of the program.
    #[error("the commit is outside the limits of the store: {what}")]
    Limit {
        /// Which limit.
        what: &'static str,
    },
    /// The store has not answered in time. What it was asked for may yet happen: all of it or
    /// nothing of it. No back end says this of itself; whoever waits for one does.
    #[error("the store has not answered within {} ms", _0.as_millis())]
    TimedOut(Duration),
    /// Nothing was asked of the store, because it does not answer what it was asked before.
    #[error("the store was asked nothing, since it does not answer what it was asked before")]
    Silent,
    /// The store was closed.
    #[error("the store is closed")]
    Closed,
}

impl StoreError {
    /// A failure of the given kind.
    pub fn unavailable(kind: Unavailability, cause: impl std::fmt::Display) -> Self {
        Self::Unavailable {
            kind,
            cause: cause.to_string(),
        }
    }

    /// Damage found in the row of `key`.
    pub fn corrupt(key: &[u8], what: impl std::fmt::Display) -> Self {
        Self::Corrupt {
            key: key.to_vec(),
            what: what.to_string(),
        }
    }
}

/// A key as an operator can read it: printable where it is text, escaped where it is not.
#[must_use]
pub fn key_text(key: &[u8]) -> String {
    format!("`{}`", key.escape_ascii())
}

/// A store of rows in key order.
///
/// What is read is what was committed: a row seen by [`get`](Self::get) or [`scan`](Self::scan)
/// is on stable storage, and a commit that was answered is seen by every later read, on every
/// node that shares the store.
pub trait Backend: Send + Sync + 'static {
    /// The row of `key`, if it has one.
    ///
    /// # Errors
    ///
    /// [`StoreError::Unavailable`], [`StoreError::Corrupt`], [`StoreError::Closed`].
    fn get<'a>(&'a self, key: &'a [u8]) -> BoxFuture<'a, Result<Option<Row>, StoreError>>;

    /// The first `limit` rows of a range, in key order, as of one moment.
    ///
    /// The cost is that of the rows returned, whatever the range holds. A limit above
    /// [`SCAN_ROWS`] counts as that; a limit of 0 returns no rows and tells in `more` whether
    /// there are any.
    ///
    /// # Errors
    ///
    /// [`StoreError::Unavailable`], [`StoreError::Corrupt`], [`StoreError::Closed`].
    fn scan<'a>(&'a self, range: KeyRange, limit: usize)
    -> BoxFuture<'a, Result<Page, StoreError>>;

    /// Applies all writes at once, provided that all preconditions hold.
    ///
    /// The answer comes after the change is on stable storage. A commit that changes nothing
    /// (no writes, or deletes of absent keys only) makes no new revision. Dropping the future
    /// does not withdraw a commit that is under way.
    ///
    /// # Errors
    ///
    /// [`StoreError::Conflict`] names the first precondition that does not hold;
    /// [`StoreError::Limit`] if the commit is too large or names a key twice; with either,
    /// nothing was changed. [`StoreError::Unavailable`] says by its kind whether that is
    /// certain.
    fn commit<'a>(
        &'a self,
        preconditions: Vec<Precondition>,
        writes: Vec<Write>,
    ) -> BoxFuture<'a, Result<Revision, StoreError>>;

    /// Every change later than the revision `after`, in order, from now on without end.
    ///
    /// Read at revision `r`, then watch after `r`: no change is missed and none comes twice.
    ///
    /// # Errors
    ///
    /// [`StoreError::Compacted`] if the history since then is not kept any more.
    fn watch(&self, after: Revision) -> Result<Watch, StoreError>;

    /// The newest revision that is visible here.
    fn revision(&self) -> Revision;
}

/// Checks a commit against the limits, the same for every back end.
pub(crate) fn check_limits(
    preconditions: &[Precondition],
    writes: &[Write],
) -> Result<(), StoreError> {
    let limit = |what| Err(StoreError::Limit { what });
    if preconditions.len() > COMMIT_OPERATIONS {
        return limit("more than 128 preconditions");
    }
    if writes.len() > COMMIT_OPERATIONS {
        return limit("more than 128 writes");
    }
    let mut total = 0_usize;
    let mut keys: Vec<&[u8]> = Vec::with_capacity(writes.len());
    for write in writes {
        keys.push(write.key());
        total = total.saturating_add(write.key().len());
        if let Write::Put { value, .. } = write {
            if value.len() > VALUE_BYTES {
                return limit("a value larger than 1 MiB");
            }
            total = total.saturating_add(value.len());
        }
    }
    let named = preconditions.iter().map(|p| p.key.as_slice());
    if named.chain(keys.iter().copied()).any(|key| key.is_empty()) {
        return limit("an empty key");
    }
    let named = preconditions.iter().map(|p| p.key.as_slice());
    if named
        .chain(keys.iter().copied())
        .any(|key| key.len() > KEY_BYTES)
    {
        return limit("a key longer than 1 KiB");
    }
    if total > COMMIT_BYTES {
        return limit("more than 1,400,000 bytes");
    }
    keys.sort_unstable();
    if keys.windows(2).any(|pair| pair.first() == pair.last()) {
        return limit("a key written twice");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_ends_before_the_next_key_without_it() {
        let check = |prefix: &[u8], end: Option<&[u8]>| {
            assert_eq!(KeyRange::prefix(prefix).end(), end);
        };
        check(b"alias/", Some(b"alias0"));
        check(b"a\xff", Some(b"b"));
        check(b"\xff\xff", None);
        check(b"", None);
    }

    #[test]
    fn a_continued_range_never_widens() {
        let range = KeyRange::prefix(b"b".to_vec());
        assert_eq!(range.clone().after(b"a"), range);
        assert_eq!(range.clone().after(b"b1").start(), b"b1\0");
        assert!(range.after(b"c").is_empty());
    }

    #[test]
    fn keys_print_readably_in_errors() {
        let error = StoreError::Conflict {
            key: b"alias/\xff".to_vec(),
        };
        assert_eq!(
            error.to_string(),
            "the row `alias/\\xff` was changed meanwhile"
        );
    }
}
