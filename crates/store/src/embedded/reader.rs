//! Reads, on connections of their own.
//!
//! A point read takes some 15 microseconds, less than handing it to another thread would, so it
//! runs where it is asked for. No connection is held across an await.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use rusqlite::{Connection, OptionalExtension, Params};

use super::{StoreSize, schema, store_error};
use crate::backend::{KeyRange, Page, Row, SCAN_ROWS, StoreError};

/// Connections that stay open while nobody reads. More are opened while more read at once.
const IDLE_CONNECTIONS: usize = 4;

const GET: &str = "SELECT key, value, revision FROM rows WHERE key = ?1";
const COUNT: &str = "SELECT count(*) FROM rows";
const SCAN: &str = "SELECT key, value, revision FROM rows
    WHERE key >= ?1 AND key < ?2 ORDER BY key LIMIT ?3";
const SCAN_TO_THE_END: &str = "SELECT key, value, revision FROM rows
    WHERE key >= ?1 ORDER BY key LIMIT ?2";

/// A pool of reading connections to one file.
pub(super) struct Readers {
    path: PathBuf,
    idle: Mutex<Vec<Connection>>,
}

impl Readers {
    pub(super) fn new(path: &Path) -> Self {
        Self {
            path: path.to_path_buf(),
            idle: Mutex::default(),
        }
    }

    pub(super) fn get(&self, key: &[u8]) -> Result<Option<Row>, StoreError> {
        self.with(key, |connection| {
            connection
                .prepare_cached(GET)?
                .query_row([key], row)
                .optional()
        })
    }

    pub(super) fn scan(&self, range: &KeyRange, limit: usize) -> Result<Page, StoreError> {
        if range.is_empty() {
            return Ok(Page::default());
        }
        let limit = limit.min(SCAN_ROWS);
        // One row more than wanted tells whether there are more.
        let asked = i64::try_from(limit + 1).unwrap_or(i64::MAX);
        let start = range.start();
        let mut rows = self.with(start, |connection| match range.end() {
            Some(end) => collect(connection, SCAN, (start, end, asked)),
            None => collect(connection, SCAN_TO_THE_END, (start, asked)),
        })?;
        let more = rows.len() > limit;
        rows.truncate(limit);
        Ok(Page { rows, more })
    }

    pub(super) fn size(&self) -> Result<StoreSize, StoreError> {
        self.with(&[], |connection| {
            let pragma = |name: &str| -> rusqlite::Result<u64> {
                let value: i64 = connection.pragma_query_value(None, name, |row| row.get(0))?;
                Ok(u64::try_from(value).unwrap_or(0))
            };
            let page = pragma("page_size")?;
            Ok(StoreSize {
                bytes: pragma("page_count")?.saturating_mul(page),
                free_bytes: pragma("freelist_count")?.saturating_mul(page),
            })
        })
    }

    pub(super) fn count(&self) -> Result<u64, StoreError> {
        self.with(&[], |connection| {
            let count: i64 = connection.query_row(COUNT, [], |row| row.get(0))?;
            Ok(u64::try_from(count).unwrap_or(0))
        })
    }

    fn with<T>(
        &self,
        key: &[u8],
        read: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, StoreError> {
        let failed = |error: rusqlite::Error| store_error(key, &error);
        let pooled = self.idle().pop();
        let connection = match pooled {
            Some(connection) => connection,
            None => schema::open_reader(&self.path).map_err(failed)?,
        };
        // A connection that failed is not used again; a fresh one costs little.
        let read = read(&connection).map_err(failed)?;
        let mut idle = self.idle();
        if idle.len() < IDLE_CONNECTIONS {
            idle.push(connection);
        }
        Ok(read)
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Connection>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn collect(connection: &Connection, sql: &str, params: impl Params) -> rusqlite::Result<Vec<Row>> {
    connection
        .prepare_cached(sql)?
        .query_map(params, row)?
        .collect()
}

fn row(row: &rusqlite::Row<'_>) -> rusqlite::Result<Row> {
    Ok(Row {
        key: row.get_ref(0)?.as_blob()?.to_vec(),
        value: Bytes::copy_from_slice(row.get_ref(1)?.as_blob()?),
        revision: row.get(2)?,
    })
}

#[cfg(test)]
mod tests {
    use rusqlite::StatementStatus;

    use super::*;
    use crate::testing::Scratch;

    /// A page must cost its own size whatever the table holds: found through the index, in its
    /// order, with nothing sorted and nothing passed over.
    #[test]
    fn every_read_is_a_walk_along_the_index() {
        let folder = Scratch::new();
        let path = folder.path().join("store.sqlite");
        let (connection, _) = schema::open_or_create(&path).unwrap();
        let plan = |sql: &str| -> Vec<String> {
            let mut explain = connection
                .prepare(&format!("EXPLAIN QUERY PLAN {sql}"))
                .unwrap();
            let nothing = rusqlite::params_from_iter((0..explain.parameter_count()).map(|_| 0));
            let details = explain.query_map(nothing, |row| row.get("detail")).unwrap();
            details.map(Result::unwrap).collect()
        };
        assert_eq!(plan(GET), ["SEARCH rows USING INDEX rows_by_key (key=?)"]);
        assert_eq!(
            plan(SCAN),
            ["SEARCH rows USING INDEX rows_by_key (key>? AND key<?)"]
        );
        assert_eq!(
            plan(SCAN_TO_THE_END),
            ["SEARCH rows USING INDEX rows_by_key (key>?)"]
        );
    }

    #[test]
    fn a_read_is_compiled_once() {
        let folder = Scratch::new();
        let path = folder.path().join("store.sqlite");
        drop(schema::open_or_create(&path).unwrap());
        let connection = schema::open_reader(&path).unwrap();
        for limit in 1..4 {
            let range = (b"a".as_slice(), b"b".as_slice(), limit);
            assert_eq!(collect(&connection, SCAN, range).unwrap(), []);
            let open = (b"a".as_slice(), limit);
            assert_eq!(collect(&connection, SCAN_TO_THE_END, open).unwrap(), []);
        }
        for sql in [GET, SCAN, SCAN_TO_THE_END] {
            let statement = connection.prepare_cached(sql).unwrap();
            assert_eq!(statement.get_status(StatementStatus::RePrepare), 0, "{sql}");
        }
    }
}
