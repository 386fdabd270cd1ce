//! Which rows ought to exist, told by the journal, and which ones do.
//!
//! A row proves by its tag that it was written by this service, but not that it is the latest
//! edition, nor that it should exist at all. The records of mutations name every row they wrote
//! or removed, as `"rows":[{"key":…,"version":…,"tag":…}]` with a null tag for a removed one.
//! Folding them gives the one edition of each row that may be there.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;

use super::checkpoint::Checkpoint;
use super::outbox::{OUTBOX_CLEARED, OUTBOX_PREFIX};
use super::reader::{
    ChainFault, ChainFaultKind, ChainSummary, chain_after, from_hex, verify_chain,
};
use super::{Seq, medium, snapshot};
use crate::backend::{Backend, KeyRange, Row, StoreError};
use crate::envelope::RowVersion;

/// Rows read at a time.
const PAGE: usize = 1000;

/// One edition of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RowMark {
    /// Its version.
    pub version: RowVersion,
    /// Its tag.
    pub tag: [u8; 32],
}

/// The newest edition of a row that the journal tells of: its version, and its tag unless that
/// edition removed it.
pub(super) type Edition = (RowVersion, Option<[u8; 32]>);

/// What the journal says of a row that has no tag of its own: the SHA-256 of its value.
#[must_use]
pub fn digest(value: &[u8]) -> [u8; 32] {
    super::state::hash(value)
}

/// The rows that ought to exist, some 150 bytes for each.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fold {
    rows: BTreeMap<Box<[u8]>, Edition>,
    /// The last line that was folded.
    pub last_seq: Seq,
}

impl Fold {
    /// Takes note that `key` was given this edition, or removed if `tag` is none. The highest
    /// version wins, in whatever order they come.
    pub fn note(&mut self, key: &[u8], version: RowVersion, tag: Option<[u8; 32]>) {
        match self.rows.get_mut(key) {
            Some(known) if known.0 >= version => {}
            Some(known) => *known = (version, tag),
            None => {
                self.rows.insert(key.into(), (version, tag));
            }
        }
    }

    /// The edition of `key` that ought to exist; none if it ought not to.
    #[must_use]
    pub fn get(&self, key: &[u8]) -> Option<RowMark> {
        let (version, tag) = *self.rows.get(key)?;
        Some(RowMark { version, tag: tag? })
    }

    /// The edition of a row that has no version and no tag of its own, told by its value: the one
    /// that ought to exist, or else an earlier one than any. Nothing when no record speaks of the
    /// row, as of those that were written before the journal spoke of such rows.
    #[must_use]
    pub fn untagged(&self, key: &[u8], value: &[u8]) -> Option<RowMark> {
        let (version, tag) = *self.rows.get(key)?;
        let found = digest(value);
        let version = if tag == Some(found) { version } else { 0 };
        Some(RowMark {
            version,
            tag: found,
        })
    }

    /// Every row, in the order of keys, with its newest edition.
    pub(super) fn editions(&self) -> impl Iterator<Item = (&[u8], Edition)> {
        self.rows.iter().map(|(key, edition)| (&**key, *edition))
    }

    /// How many rows it has, those that were removed included.
    pub(super) fn len(&self) -> usize {
        self.rows.len()
    }

    /// Takes note of what a line says. Nothing of it is taken if it is not in the known form.
    pub(super) fn take(&mut self, line: &[u8]) -> Result<(), &'static str> {
        #[derive(Deserialize)]
        struct Record<'a> {
            #[serde(borrow, default)]
            rows: Vec<Note<'a>>,
        }
        #[derive(Deserialize)]
        struct Note<'a> {
            #[serde(borrow)]
            key: Cow<'a, str>,
            version: RowVersion,
            #[serde(borrow)]
            tag: Option<Cow<'a, str>>,
        }
        const STRANGE: &str = "its rows are not in the known form";
        let record: Record<'_> = serde_json::from_slice(line).map_err(|_| STRANGE)?;
        let mut rows = Vec::with_capacity(record.rows.len());
        for note in &record.rows {
            let tag = match &note.tag {
                Some(tag) => Some(from_hex(tag).ok_or(STRANGE)?),
                None => None,
            };
            rows.push((note, tag));
        }
        for (note, tag) in rows {
            self.note(note.key.as_bytes(), note.version, tag);
        }
        Ok(())
    }

    /// The newest version of any row, for the floor of the version clock.
    #[must_use]
    pub fn newest_version(&self) -> RowVersion {
        self.rows
            .values()
            .map(|(version, _)| *version)
            .max()
            .unwrap_or(0)
    }
}

/// Folds the journal in `dir`, checking its chain on the way.
///
/// # Errors
///
/// The first [`ChainFault`]: a journal that is not sound proves nothing about the store. A torn
/// last line is none of the chain yet and is passed over.
pub fn fold(dir: &Path) -> Result<Fold, ChainFault> {
    let mut fold = Fold::default();
    for line in verify_chain(dir) {
        let line = match line {
            Err(fault) if fault.kind == ChainFaultKind::Torn => break,
            line => line?,
        };
        fold.take(&line.bytes).map_err(|what| ChainFault {
            seq: line.seq,
            file: medium::file_path(dir, line.seq),
            line: 1,
            kind: ChainFaultKind::Unreadable(what.to_owned()),
        })?;
        fold.last_seq = line.seq;
    }
    Ok(fold)
}

/// Like [`fold`], but begins with the fold of which a checkpoint speaks, and tells the last line
/// of it. The chain is checked from there on, up to the checkpoint and behind it.
///
/// The checkpoint must be genuine: check its signatures first.
///
/// # Errors
///
/// As [`fold`]; [`ChainFaultKind::Unreadable`] also if the checkpoint speaks of no fold, or of one
/// that is not there or was altered.
pub fn fold_since(dir: &Path, checkpoint: &Checkpoint) -> Result<(Fold, Seq), ChainFault> {
    let at = |seq: Seq, kind| ChainFault {
        seq,
        file: dir.to_path_buf(),
        line: 1,
        kind,
    };
    let no_fold = || {
        let what = "the checkpoint speaks of no fold".to_owned();
        at(checkpoint.size, ChainFaultKind::Unreadable(what))
    };
    let mark = checkpoint.fold.ok_or_else(no_fold)?;
    let (mut fold, head) = snapshot::read(dir, mark).map_err(|error| ChainFault {
        file: snapshot::file_path(dir, mark.size),
        ..at(mark.size, ChainFaultKind::Unreadable(error.to_string()))
    })?;
    let begun = ChainSummary {
        last_seq: mark.size,
        head,
    };
    let sealed = |seq: Seq, head: [u8; 32]| {
        if seq == checkpoint.size && head != checkpoint.head {
            return Err(at(seq, ChainFaultKind::NotSealed));
        }
        Ok(())
    };
    sealed(mark.size, head)?;
    for line in chain_after(dir, begun) {
        let line = match line {
            Err(fault) if fault.kind == ChainFaultKind::Torn => break,
            line => line?,
        };
        sealed(line.seq, digest(&line.bytes))?;
        fold.take(&line.bytes)
            .map_err(|what| at(line.seq, ChainFaultKind::Unreadable(what.to_owned())))?;
        fold.last_seq = line.seq;
    }
    if fold.last_seq < checkpoint.size {
        return Err(at(fold.last_seq + 1, ChainFaultKind::CutOff));
    }
    Ok((fold, mark.size))
}

/// How a row differs from what the journal says.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// The journal says that it exists, and it does not.
    #[error("it is missing")]
    Missing,
    /// It exists in an edition that no record speaks of.
    #[error("no record speaks of it")]
    Forged,
    /// It was removed, and an earlier edition is back.
    #[error("it was removed and is back")]
    Revived,
    /// An earlier edition is in the place of the latest.
    #[error("it is an earlier edition")]
    RolledBack,
    /// Its own tag does not fit.
    #[error("it is corrupt: {0}")]
    Corrupt(String),
}

/// One row that is not as it ought to be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("row {}: {fault}", crate::backend::key_text(key))]
pub struct Finding {
    /// The row's key.
    pub key: Vec<u8>,
    /// What is wrong.
    pub fault: Fault,
}

/// What a comparison went through.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Compared {
    /// Rows that were read, those of the outbox left out.
    pub rows: u64,
    /// Rows that are not as they ought to be.
    pub findings: u64,
}

/// Compares a store with a fold, row by row in the order of keys, and reports each difference.
///
/// `judge` reads the edition out of a row and refuses one whose tag does not fit; rows that are
/// no matter of the journal it answers with none. The outbox is left out: reconcile it first.
/// On a store that is being written to, rows that changed after the fold show as
/// [`Fault::Forged`] or [`Fault::Missing`]; whoever compares then has to look at those again.
///
/// # Errors
///
/// [`StoreError`] if the store cannot be read. A row that is corrupt is a finding, not an error.
pub async fn compare(
    fold: &Fold,
    backend: &dyn Backend,
    judge: &(dyn Fn(&Row) -> Result<Option<RowMark>, StoreError> + Sync),
    report: &mut (dyn FnMut(Finding) + Send),
) -> Result<Compared, StoreError> {
    let mut compared = Compared::default();
    let mut report = |compared: &mut Compared, key: &[u8], fault| {
        compared.findings += 1;
        report(Finding {
            key: key.to_vec(),
            fault,
        });
    };
    let mut expected = fold.rows.iter().peekable();
    let mut range = KeyRange::all();
    loop {
        let page = backend.scan(range.clone(), PAGE).await?;
        for row in &page.rows {
            if row.key.starts_with(OUTBOX_PREFIX) || row.key == OUTBOX_CLEARED {
                continue;
            }
            compared.rows += 1;
            while let Some((key, (_, tag))) = expected.next_if(|(key, _)| ***key < *row.key) {
                if tag.is_some() {
                    report(&mut compared, key, Fault::Missing);
                }
            }
            let known = expected.next_if(|(key, _)| ***key == *row.key);
            let fault = match judge(row) {
                Ok(None) => None,
                Ok(Some(mark)) => differs(mark, known.map(|(_, known)| *known)),
                Err(StoreError::Corrupt { what, .. }) => Some(Fault::Corrupt(what)),
                Err(error) => return Err(error),
            };
            if let Some(fault) = fault {
                report(&mut compared, &row.key, fault);
            }
        }
        match page.rows.last() {
            Some(last) if page.more => range = range.after(&last.key),
            _ => break,
        }
    }
    for (key, (_, tag)) in expected {
        if tag.is_some() {
            report(&mut compared, key, Fault::Missing);
        }
    }
    Ok(compared)
}

fn differs(found: RowMark, known: Option<(RowVersion, Option<[u8; 32]>)>) -> Option<Fault> {
    match known {
        Some((version, Some(tag))) if found.version == version && found.tag == tag => None,
        Some((version, Some(_))) if found.version < version => Some(Fault::RolledBack),
        Some((version, None)) if found.version <= version => Some(Fault::Revived),
        _ => Some(Fault::Forged),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::backend::Write;
    use crate::journal::{Durability, EntryBytes, Journal};
    use crate::memory::Memory;
    use crate::testing::Scratch;

    fn tag(byte: u8) -> [u8; 32] {
        [byte; 32]
    }

    fn hex(byte: u8) -> String {
        format!("{byte:02x}").repeat(32)
    }

    /// Rows in these tests are a version and the byte that their tag is made of; the byte 0xff
    /// stands for a tag that does not fit, and the key `note` is no matter of the journal.
    fn judge(row: &Row) -> Result<Option<RowMark>, StoreError> {
        match (&row.key[..], &row.value[..]) {
            (b"note", _) => Ok(None),
            (key, [_, 0xff]) => Err(StoreError::corrupt(key, "its tag")),
            (_, [version, byte]) => Ok(Some(RowMark {
                version: u64::from(*version),
                tag: tag(*byte),
            })),
            (key, _) => Err(StoreError::corrupt(key, "its length")),
        }
    }

    async fn put(store: &Memory, key: &str, version: u8, byte: u8) {
        let write = Write::put(key, vec![version, byte]);
        store.commit(Vec::new(), vec![write]).await.unwrap();
    }

    async fn findings(fold: &Fold, store: &Memory) -> Vec<String> {
        let mut findings = Vec::new();
        let mut report = |finding: Finding| findings.push(finding.to_string());
        let compared = compare(fold, store, &judge, &mut report).await.unwrap();
        assert_eq!(compared.findings, findings.len() as u64);
        findings
    }

    #[tokio::test]
    async fn the_journal_folds_to_the_rows_that_ought_to_exist() {
        let folder = Scratch::new();
        let journal = Journal::open(folder.path(), Durability::Strict).unwrap();
        let rows = |rows: serde_json::Value| {
            EntryBytes::from_value(&json!({ "eventName": "x", "rows": rows })).unwrap()
        };
        let lines = [
            rows(
                json!([{"key": "a", "version": 1, "tag": hex(1)}, {"key": "b", "version": 2, "tag": hex(2)}]),
            ),
            EntryBytes::from_value(&json!({"eventName": "Encrypt"})).unwrap(),
            rows(json!([{"key": "a", "version": 5, "tag": hex(5)}])),
            // Copied late: an older edition never wins.
            rows(json!([{"key": "a", "version": 3, "tag": hex(3)}])),
            rows(
                json!([{"key": "b", "version": 6, "tag": null}, {"key": "é\"", "version": 7, "tag": hex(7)}]),
            ),
        ];
        for line in lines {
            journal.append(line).await.unwrap();
        }
        let fold = fold(folder.path()).unwrap();
        let mark = |version, byte| {
            Some(RowMark {
                version,
                tag: tag(byte),
            })
        };
        assert_eq!(fold.get(b"a"), mark(5, 5));
        assert_eq!(fold.get(b"b"), None);
        assert_eq!(fold.get("é\"".as_bytes()), mark(7, 7));
        assert_eq!(fold.get(b"c"), None);
        assert_eq!((fold.last_seq, fold.newest_version()), (5, 7));
    }

    #[tokio::test]
    async fn a_journal_that_is_not_sound_folds_to_nothing() {
        let check = async |change: fn(String) -> String, expected: ChainFaultKind| {
            let folder = Scratch::new();
            let journal = Journal::open(folder.path(), Durability::Strict).unwrap();
            for version in 1..4 {
                let rows = json!({"rows": [{"key": "a", "version": version, "tag": hex(1)}]});
                journal
                    .append(EntryBytes::from_value(&rows).unwrap())
                    .await
                    .unwrap();
            }
            drop(journal);
            let path = medium::file_path(folder.path(), 1);
            let text = std::fs::read_to_string(&path).unwrap();
            std::fs::write(&path, change(text)).unwrap();
            assert_eq!(fold(folder.path()).unwrap_err().kind, expected);
        };
        check(|text| text.replace(":2}", ":9}"), ChainFaultKind::Altered).await;
        let unknown = "its rows are not in the known form".to_owned();
        check(
            |text| text.replace(&hex(1), "x"),
            ChainFaultKind::Unreadable(unknown),
        )
        .await;
    }

    #[tokio::test]
    async fn each_row_that_differs_is_named_with_what_was_done_to_it() {
        let store = Memory::new();
        let mut fold = Fold::default();
        for (key, version) in [("good", 1), ("lost", 1), ("old", 5), ("zlost", 1)] {
            fold.note(key.as_bytes(), version, Some(tag(1)));
        }
        for key in ["gone", "revived", "reused"] {
            fold.note(key.as_bytes(), 5, None);
        }
        for key in ["damaged", "other"] {
            fold.note(key.as_bytes(), 5, Some(tag(1)));
        }
        put(&store, "good", 1, 1).await;
        put(&store, "old", 3, 3).await;
        put(&store, "revived", 3, 3).await;
        put(&store, "reused", 9, 3).await;
        put(&store, "other", 5, 2).await;
        put(&store, "damaged", 5, 0xff).await;
        put(&store, "strange", 1, 1).await;
        put(&store, "note", 0, 0).await;
        put(&store, "outbox/0000000000000001", 0, 0).await;
        put(&store, "outbox-cleared", 0, 0).await;
        assert_eq!(
            findings(&fold, &store).await,
            [
                "row `damaged`: it is corrupt: its tag",
                "row `lost`: it is missing",
                "row `old`: it is an earlier edition",
                "row `other`: no record speaks of it",
                "row `reused`: no record speaks of it",
                "row `revived`: it was removed and is back",
                "row `strange`: no record speaks of it",
                "row `zlost`: it is missing",
            ]
        );
    }

    #[tokio::test]
    async fn a_store_of_many_pages_is_compared_to_its_end() {
        let store = Memory::new();
        let mut fold = Fold::default();
        for number in 0..2500 {
            let key = format!("row/{number:05}");
            fold.note(key.as_bytes(), 1, Some(tag(1)));
            put(&store, &key, 1, 1).await;
        }
        assert!(findings(&fold, &store).await.is_empty());
        for key in ["row/00000", "row/00999", "row/01000", "row/02499"] {
            store
                .commit(Vec::new(), vec![Write::delete(key)])
                .await
                .unwrap();
        }
        assert_eq!(findings(&fold, &store).await.len(), 4);
    }
}
