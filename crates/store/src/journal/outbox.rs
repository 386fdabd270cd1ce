//! Records of mutations on their way from the store to the journal.
//!
//! A mutation commits its record as a row `outbox/<id>` together with the rows it changes, so
//! that no acknowledged change can lack its record. From there the record is copied to the
//! journal, and once its line is durable the row is removed. Removals come in batches and note,
//! in the same commit, the line up to which everything is removed; so at the next start only the
//! lines after that one have to be searched for what was copied already.

use bytes::Bytes;

use super::reader::{Own, RawLines};
use super::{EntryBytes, Journal, JournalError, Seq};
use crate::backend::{Backend, COMMIT_OPERATIONS, KeyRange, Row, StoreError, Write};

/// Under this prefix are the records that may not be in the journal yet.
pub const OUTBOX_PREFIX: &[u8] = b"outbox/";
/// The number, big-endian, of the last journal line such that no outbox row is left of it and of
/// those before. Not under the prefix. It only says where to start searching: set back, a start
/// takes longer; set forward, a record may be copied twice.
pub const OUTBOX_CLEARED: &[u8] = b"outbox-cleared";

/// A record of the outbox whose line is durable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SyncedOutbox {
    /// The row's id.
    pub id: u64,
    /// The line's number.
    pub seq: Seq,
}

/// The row key of a record in the outbox. Ids sort as numbers do.
#[must_use]
pub fn outbox_key(id: u64) -> Vec<u8> {
    format!("outbox/{id:016x}").into_bytes()
}

/// The id in the key of an outbox row, which is the row's version too.
fn outbox_id(key: &[u8]) -> Result<u64, StoreError> {
    key.strip_prefix(OUTBOX_PREFIX)
        .and_then(|id| std::str::from_utf8(id).ok())
        .and_then(super::reader::from_hex)
        .map(u64::from_be_bytes)
        .ok_or_else(|| StoreError::corrupt(key, "it is not the key of an outbox record"))
}

impl Journal {
    /// The outbox records whose lines became durable since this was asked last, in the order of
    /// their lines. Whoever takes them removes their rows; [`clear_outbox`](Self::clear_outbox)
    /// does both.
    #[must_use]
    pub fn synced_outbox(&self) -> Vec<SyncedOutbox> {
        self.shared.lock().take_synced_outbox()
    }

    /// Returns when there are outbox rows that can be removed.
    pub async fn outbox_synced(&self) {
        loop {
            let notified = self.shared.outbox.notified();
            if self.shared.lock().has_synced_outbox() {
                return;
            }
            notified.await;
        }
    }

    /// Removes the outbox rows whose lines are durable, in batches, and says how many.
    ///
    /// A background task calls this whenever [`outbox_synced`](Self::outbox_synced) returns.
    ///
    /// # Errors
    ///
    /// What the store says. The rows stay due and the next call tries again.
    pub async fn clear_outbox(&self, backend: &dyn Backend) -> Result<usize, StoreError> {
        self.clear_outbox_with(backend, &[]).await
    }

    /// Like [`clear_outbox`](Self::clear_outbox), writing a few more rows in each commit.
    ///
    /// # Errors
    ///
    /// As [`clear_outbox`](Self::clear_outbox).
    pub async fn clear_outbox_with(
        &self,
        backend: &dyn Backend,
        beside: &[Write],
    ) -> Result<usize, StoreError> {
        // One at a time, so that the note of what is cleared never runs ahead.
        let _turn = self.clearing.lock().await;
        let due = self.synced_outbox();
        let mut cleared = 0;
        for batch in due.chunks(COMMIT_OPERATIONS - 1 - beside.len()) {
            let keys = batch.iter().map(|record| outbox_key(record.id));
            let upto = batch.last().map_or(0, |record| record.seq);
            if let Err(error) = remove(backend, keys, upto, beside).await {
                let left = due.get(cleared..).unwrap_or_default().to_vec();
                self.shared.lock().return_synced_outbox(left);
                return Err(error);
            }
            cleared += batch.len();
        }
        Ok(cleared)
    }

    /// Copies the outbox records that the journal lacks, each exactly once and in the order of
    /// their ids, makes the journal durable, and removes the rows. Returns how many were copied.
    ///
    /// To be called at start, before anything else is appended.
    ///
    /// # Errors
    ///
    /// [`JournalError`]. Nothing was lost or doubled; the next start tries again.
    pub async fn reconcile(&self, backend: &dyn Backend) -> Result<usize, JournalError> {
        self.reconcile_with(backend, &|row| Ok(row.value.clone()))
            .await
    }

    /// Like [`reconcile`](Self::reconcile), where the rows hold more than the record: `open`
    /// takes the record out of a row and refuses a row that is not genuine.
    ///
    /// # Errors
    ///
    /// As [`reconcile`](Self::reconcile).
    pub async fn reconcile_with(
        &self,
        backend: &dyn Backend,
        open: &(dyn Fn(&Row) -> Result<Bytes, StoreError> + Sync),
    ) -> Result<usize, JournalError> {
        let waiting = rows_of_outbox(backend).await?;
        if waiting.is_empty() {
            return Ok(0);
        }
        let present = self.present(backend).await?;
        let mut copied = 0;
        for row in &waiting {
            let id = outbox_id(&row.key)?;
            if present.contains(&id) {
                continue;
            }
            let body = EntryBytes::from_canonical(open(row)?)
                .map_err(|error| StoreError::corrupt(&row.key, error))?;
            self.append_outbox(id, body);
            copied += 1;
        }
        self.check_medium()?;
        // Lines of the last process may be in the file and not yet durable.
        let segment = self.shared.lock().segment();
        segment.sync().map_err(super::state::unavailable)?;
        self.flush().await?;
        let (upto, _) = self.head();
        for batch in waiting.chunks(COMMIT_OPERATIONS - 1) {
            let last = batch.last().map(|row| &row.key) == waiting.last().map(|row| &row.key);
            let keys = batch.iter().map(|row| row.key.clone());
            remove(backend, keys, if last { upto } else { 0 }, &[]).await?;
        }
        // Their rows are gone already.
        let _ = self.synced_outbox();
        Ok(copied)
    }

    /// The ids that are in the journal after the line up to which the outbox was cleared.
    async fn present(
        &self,
        backend: &dyn Backend,
    ) -> Result<std::collections::HashSet<u64>, JournalError> {
        let cleared = match backend.get(OUTBOX_CLEARED).await? {
            Some(row) => <[u8; 8]>::try_from(&row.value[..])
                .map(u64::from_be_bytes)
                .map_err(|_| StoreError::corrupt(OUTBOX_CLEARED, "it is not a line's number"))?,
            None => 0,
        };
        let mut present = std::collections::HashSet::new();
        let Some(dir) = &self.dir else {
            return Ok(present);
        };
        for line in RawLines::of(dir, cleared + 1) {
            if let Some(Own {
                outbox: Some(id), ..
            }) = Own::parse(&line?.bytes)
            {
                present.insert(id);
            }
        }
        Ok(present)
    }
}

/// The greatest id in the outbox.
///
/// # Errors
///
/// What the store says.
pub async fn newest_in_outbox(backend: &dyn Backend) -> Result<Option<u64>, StoreError> {
    let rows = rows_of_outbox(backend).await?;
    rows.last().map(|row| outbox_id(&row.key)).transpose()
}

async fn rows_of_outbox(backend: &dyn Backend) -> Result<Vec<Row>, StoreError> {
    let mut rows: Vec<Row> = Vec::new();
    let mut range = KeyRange::prefix(OUTBOX_PREFIX);
    loop {
        let page = backend.scan(range.clone(), 1000).await?;
        rows.extend(page.rows);
        match rows.last() {
            Some(last) if page.more => range = range.after(&last.key),
            _ => return Ok(rows),
        }
    }
}

/// Removes rows, and notes that everything up to a line is removed unless that is line 0.
async fn remove(
    backend: &dyn Backend,
    keys: impl Iterator<Item = Vec<u8>> + Send,
    upto: Seq,
    beside: &[Write],
) -> Result<(), StoreError> {
    let mut writes: Vec<Write> = keys.map(Write::delete).collect();
    writes.extend_from_slice(beside);
    if upto > 0 {
        let number = Bytes::copy_from_slice(&upto.to_be_bytes());
        writes.push(Write::put(OUTBOX_CLEARED, number));
    }
    backend.commit(Vec::new(), writes).await.map(drop)
}
