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

use super::outbox::{OUTBOX_CLEARED, OUTBOX_PREFIX};
use super::reader::{ChainFault, ChainFaultKind, from_hex, verify_chain};
use super::{Seq, medium};
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

/// The rows that ought to exist, some 150 bytes for each.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fold {
    rows: BTreeMap<Box<[u8]>, (RowVersion, Option<[u8; 32]>)>,
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
    let mut fold = Fold::default();
    for line in verify_chain(dir) {
        let line = match line {
            Err(fault) if fault.kind == ChainFaultKind::Torn => break,
            line => line?,
        };
        let strange = || ChainFault {
            seq: line.seq,
            file: medium::file_path(dir, line.seq),
            line: 1,
            kind: ChainFaultKind::Unreadable("its rows are not in the known form".to_owned()),
        };
        let record: Record<'_> = serde_json::from_slice(&line.bytes).map_err(|_| strange())?;
        for note in record.rows {
            let tag = match note.tag {
                Some(tag) => Some(from_hex(&tag).ok_or_else(strange)?),
                None => None,
            };
            fold.note(note.key.as_bytes(), note.version, tag);
        }
        fold.last_seq = line.seq;
    }
    Ok(fold)
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
