//! Proofs about a journal: that a record is in it, and that it only grew.
//!
//! A proof is a JSON document that is checked with public keys alone. Its hashes are those of
//! RFC 6962, sections 2.1.1 and 2.1.2, in base64.

use std::{io, path::PathBuf};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::{Deserialize, Serialize};

use super::{
    Hash, Seq,
    checkpoint::{Checkpoint, Kept},
    ledger::Files,
    note::{Note, TrustedKeys},
    reader::{ChainFault, Own, RawLines},
    tree::{
        NodeHashes, consistency_nodes, inclusion_nodes, leaf_hash, root_of_inclusion,
        roots_of_consistency,
    },
};

/// A proof.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Proof {
    /// That a record is among those that a checkpoint vouches for.
    Inclusion {
        /// The record, to the byte.
        line: String,
        /// Its number, counted from 0.
        index: u64,
        /// How many records the checkpoint vouches for.
        size: u64,
        /// The hashes from the leaf to the root.
        hashes: Vec<String>,
        /// The signed checkpoint.
        checkpoint: String,
    },
    /// That the records of one checkpoint are the first of those of another.
    Consistency {
        /// How many records the earlier one vouches for.
        first_size: u64,
        /// How many the later one vouches for.
        size: u64,
        /// The hashes.
        hashes: Vec<String>,
        /// The earlier checkpoint.
        first_checkpoint: String,
        /// The later checkpoint.
        checkpoint: String,
    },
}

/// Why there is no proof, or why one does not hold.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    /// No record is the one that was asked for.
    #[error("there is no such record in the journal")]
    NoRecord,
    /// No checkpoint vouches for the record yet.
    #[error("no checkpoint vouches for record {0} yet")]
    NotSealed(Seq),
    /// There is no checkpoint of that size.
    #[error("there is no checkpoint of {0} records")]
    NoCheckpoint(Seq),
    /// The journal is not the one that the checkpoint vouches for.
    #[error(
        "the records are not those that the checkpoint of {0} records vouches for; \
         `strongroom audit verify` says where they differ"
    )]
    Unsound(Seq),
    /// A file cannot be read.
    #[error("{0}")]
    Unreadable(String),
    /// It is not a proof.
    #[error("it does not have the form of a proof: {0}")]
    Form(&'static str),
    /// A checkpoint in it is not genuine.
    #[error("its checkpoint is forged: {0}")]
    Forged(String),
    /// Its hashes do not lead to the root that was signed.
    #[error("it does not prove what it says: its hashes lead to another root")]
    Wrong,
}

impl From<io::Error> for ProofError {
    fn from(error: io::Error) -> Self {
        Self::Unreadable(error.to_string())
    }
}

impl From<ChainFault> for ProofError {
    fn from(fault: ChainFault) -> Self {
        Self::Unreadable(fault.to_string())
    }
}

/// The newest checkpoint that `wanted` admits, by its size.
fn find_checkpoint(
    files: &Files,
    wanted: impl Fn(Seq) -> bool,
) -> Result<Option<Kept>, ProofError> {
    let mut found = None;
    files.each_checkpoint(|place, _, kept| {
        let kept = kept.map_err(|what| {
            let file = place.file.display();
            ProofError::Unreadable(format!("{file}, line {}: {what}", place.line))
        })?;
        if wanted(kept.checkpoint.size) {
            found = Some(kept);
        }
        Ok::<_, ProofError>(())
    })?;
    Ok(found)
}

fn checkpoint_of(files: &Files, size: Seq) -> Result<Kept, ProofError> {
    find_checkpoint(files, |found| found == size)?.ok_or(ProofError::NoCheckpoint(size))
}

/// Proves that the record that `wanted` tells by its number and line is in the journal, against
/// the checkpoint of `size` records, or the newest.
///
/// # Errors
/// [`ProofError`].
pub fn prove_inclusion(
    files: &Files,
    wanted: impl Fn(Seq, &[u8]) -> bool,
    size: Option<Seq>,
) -> Result<Proof, ProofError> {
    let mut record = None;
    for raw in RawLines::over(files.journal.clone()) {
        let raw = raw?;
        let Some(own) = Own::parse(&raw.bytes) else {
            continue;
        };
        if wanted(own.seq, &raw.bytes) {
            record = Some((own.seq, raw.bytes));
            break;
        }
    }
    let (seq, line) = record.ok_or(ProofError::NoRecord)?;
    let kept = match size {
        Some(size) => checkpoint_of(files, size)?,
        None => find_checkpoint(files, |found| found >= seq)?.ok_or(ProofError::NotSealed(seq))?,
    };
    let (index, size) = (seq - 1, kept.checkpoint.size);
    let nodes = inclusion_nodes(index, size).ok_or(ProofError::NotSealed(seq))?;
    let hashes = hashes_of(files, nodes, size)?;
    let root = root_of_inclusion(leaf_hash(&line), index, size, &hashes);
    if root != Some(kept.checkpoint.root) {
        return Err(ProofError::Unsound(size));
    }
    Ok(Proof::Inclusion {
        line: String::from_utf8(line).map_err(|_| ProofError::Unsound(size))?,
        index,
        size,
        hashes: hashes.iter().map(|hash| STANDARD.encode(hash)).collect(),
        checkpoint: kept.note.to_string(),
    })
}

/// Proves that the records of the checkpoint of `first` records are the first of those of the
/// checkpoint of `size` records.
///
/// # Errors
/// [`ProofError`].
pub fn prove_consistency(files: &Files, first: Seq, size: Seq) -> Result<Proof, ProofError> {
    let (old, new) = (checkpoint_of(files, first)?, checkpoint_of(files, size)?);
    let nodes = consistency_nodes(first, size)
        .ok_or(ProofError::Form("the first size is larger than the second"))?;
    let hashes = hashes_of(files, nodes, size)?;
    let expected = (old.checkpoint.root, new.checkpoint.root);
    if roots_of_consistency(first, old.checkpoint.root, size, &hashes) != Some(expected) {
        return Err(ProofError::Unsound(size));
    }
    Ok(Proof::Consistency {
        first_size: first,
        size,
        hashes: hashes.iter().map(|hash| STANDARD.encode(hash)).collect(),
        first_checkpoint: old.note.to_string(),
        checkpoint: new.note.to_string(),
    })
}

/// The hashes of nodes of the tree over the first `size` lines.
fn hashes_of(files: &Files, nodes: Vec<(u64, u64)>, size: Seq) -> Result<Vec<Hash>, ProofError> {
    let mut hashes = NodeHashes::of(nodes);
    let mut lines = RawLines::over(files.journal.clone());
    for seq in 1..=size {
        match lines.next().transpose()? {
            Some(raw) if raw.complete && raw.expected == seq => hashes.push(leaf_hash(&raw.bytes)),
            _ => return Err(ProofError::Unsound(size)),
        }
    }
    Ok(hashes.finish())
}

/// Checks a proof, and gives the checkpoint that it leads to.
///
/// # Errors
/// [`ProofError`].
pub fn check_proof(proof: &Proof, trusted: &TrustedKeys) -> Result<Checkpoint, ProofError> {
    let decode = |hashes: &[String]| {
        hashes
            .iter()
            .map(|hash| STANDARD.decode(hash).ok()?.try_into().ok())
            .collect::<Option<Vec<Hash>>>()
            .ok_or(ProofError::Form("a hash is not 32 bytes in base64"))
    };
    let genuine = |note: &str, size: u64| {
        let note = Note::parse(note).map_err(ProofError::Form)?;
        let checkpoint =
            Checkpoint::parse(&note.text).ok_or(ProofError::Form("its checkpoint is not one"))?;
        trusted.verify(&note).map_err(ProofError::Forged)?;
        if checkpoint.size != size {
            return Err(ProofError::Form("its checkpoint is of another size"));
        }
        Ok(checkpoint)
    };
    match proof {
        Proof::Inclusion {
            line,
            index,
            size,
            hashes,
            checkpoint,
        } => {
            let checkpoint = genuine(checkpoint, *size)?;
            let leaf = leaf_hash(line.as_bytes());
            let root = root_of_inclusion(leaf, *index, *size, &decode(hashes)?);
            if root != Some(checkpoint.root) {
                return Err(ProofError::Wrong);
            }
            Ok(checkpoint)
        }
        Proof::Consistency {
            first_size,
            size,
            hashes,
            first_checkpoint,
            checkpoint,
        } => {
            let first = genuine(first_checkpoint, *first_size)?;
            let checkpoint = genuine(checkpoint, *size)?;
            let roots = roots_of_consistency(*first_size, first.root, *size, &decode(hashes)?);
            if roots != Some((first.root, checkpoint.root)) {
                return Err(ProofError::Wrong);
            }
            Ok(checkpoint)
        }
    }
}

/// The files of a journal in a folder: its own or, of a data folder, `journal` in it.
#[must_use]
pub fn journal_folder(dir: PathBuf) -> PathBuf {
    let inner = dir.join("journal");
    if inner.is_dir() { inner } else { dir }
}
