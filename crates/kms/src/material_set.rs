//! All materials of a key, for the operations that change one of them.
//!
//! Every such change writes the key's record too, on the condition that it has not moved, so the
//! rows that are read after it are those that it speaks of. A row that is written anew must be
//! the one that was read as well: its bytes may have been wrapped again meanwhile.

use strongroom_model::{KeyId, Timestamp};
use strongroom_store::Revision;

use crate::{
    change::Change,
    error::KmsError,
    layout::Home,
    record::{KeyRecord, MaterialRecord, MaterialSet},
    service::Service,
};

/// Rows read at a time.
const PAGE: usize = 256;

/// The materials of one key by their ids, in the order in which they came.
pub(crate) struct MaterialRows(Vec<MaterialRow>);

struct MaterialRow {
    id: String,
    record: MaterialRecord,
    /// Of the row as it was read; none for one that is new.
    judged: Option<Revision>,
}

impl MaterialRows {
    /// Reads them. The key's record has to be read before.
    pub(crate) async fn read(service: &Service, home: &Home, id: KeyId) -> Result<Self, KmsError> {
        let prefix = home.materials(id);
        let mut rows: Vec<MaterialRow> = Vec::new();
        loop {
            let after = rows.last().map(|row| row.id.clone());
            let page = service
                .shelves()
                .list_stored(&prefix, after.as_deref(), PAGE)
                .await?;
            let ended = !page.more || page.rows.is_empty();
            rows.extend(page.rows.into_iter().map(|(id, stored)| MaterialRow {
                id,
                record: stored.record,
                judged: Some(stored.revision),
            }));
            if ended {
                break;
            }
        }
        rows.sort_by_key(|row| row.record.sequence);
        Ok(Self(rows))
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &MaterialRecord)> {
        self.0.iter().map(|row| (row.id.as_str(), &row.record))
    }

    pub(crate) fn get(&self, material_id: &str) -> Option<&MaterialRecord> {
        self.iter()
            .find_map(|(id, row)| (id == material_id).then_some(row))
    }

    /// A material that has expired and whose bytes are still there.
    pub(crate) fn expired(&self, now: Timestamp) -> Option<String> {
        self.iter()
            .find(|(_, row)| row.wrapped.is_some() && !row.present(now))
            .map(|(id, _)| id.to_owned())
    }

    /// Puts a material, a new one or another edition of one that is there.
    pub(crate) fn put(
        &mut self,
        home: &Home,
        id: KeyId,
        material_id: &str,
        record: MaterialRecord,
        change: &mut Change,
    ) -> Result<(), KmsError> {
        let known = self.0.iter().find(|row| row.id == material_id);
        let judged = known.and_then(|known| known.judged);
        let row = home.materials(id).row(material_id);
        change.provided(&row, judged).put(&row, &record)?;
        self.0.retain(|known| known.id != material_id);
        self.0.push(MaterialRow {
            id: material_id.to_owned(),
            record,
            judged,
        });
        self.0.sort_by_key(|row| row.record.sequence);
        Ok(())
    }

    /// Removes the bytes of a material. What is left of a permanent one is its row, by which the
    /// same material will be known again; one that waited for its rotation leaves nothing.
    pub(crate) fn wipe(
        &mut self,
        home: &Home,
        id: KeyId,
        record: &mut KeyRecord,
        material_id: &str,
        change: &mut Change,
    ) -> Result<(), KmsError> {
        let pending = record.materials.pending.as_ref();
        if pending.is_some_and(|pending| pending.id == material_id) {
            record.materials.pending = None;
            self.0.retain(|known| known.id != material_id);
            change.remove(&home.materials(id).row(material_id));
            return Ok(());
        }
        let Some(row) = self.get(material_id) else {
            return Ok(());
        };
        let mut row = row.clone();
        row.wrapped = None;
        if let Some(import) = &mut row.import {
            import.valid_to = None;
        }
        self.put(home, id, material_id, row, change)
    }

    /// Removes the materials that another set does not have.
    pub(crate) fn remove_all_but(
        &mut self,
        home: &Home,
        id: KeyId,
        kept: &Self,
        change: &mut Change,
    ) {
        self.0.retain(|row| {
            let keep = kept.get(&row.id).is_some();
            if !keep {
                change.remove(&home.materials(id).row(&row.id));
            }
            keep
        });
    }

    /// Brings the key's record up to date with its materials.
    pub(crate) fn summarize(&self, record: &mut KeyRecord) {
        let pending = record.materials.pending.take();
        let is_pending = |id: &str| pending.as_ref().is_some_and(|pending| pending.id == id);
        let permanent = || {
            self.iter()
                .filter(|(id, _)| !is_pending(id))
                .map(|(_, row)| row)
        };
        let missing = permanent().filter(|row| row.wrapped.is_none()).count();
        let newest = self.iter().map(|(_, row)| row.sequence).max().unwrap_or(0);
        record.materials = MaterialSet {
            last_sequence: record.materials.last_sequence.max(newest),
            missing: u32::try_from(missing).unwrap_or(u32::MAX),
            valid_to: permanent()
                .filter(|row| row.wrapped.is_some())
                .filter_map(MaterialRecord::valid_to)
                .min(),
            pending,
        };
    }
}
