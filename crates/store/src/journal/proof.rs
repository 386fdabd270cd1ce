//! Proofs about a journal: that a record is in it, and that it only grew.
//!
//! A proof is a JSON document that is checked with public keys alone. Its hashes are those of
//! RFC 6962, sections 2.1.1 and 2.1.2, in base64; the data of a leaf is the hash of a line.

use std::{
    io,
    path::{Path, PathBuf},
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::{Deserialize, Serialize};

use super::{
    Hash, Seq,
    checkpoint::{Checkpoint, Kept},
    follow::Follower,
    index::CheckpointIndex,
    medium,
    note::{Note, TrustedKeys},
    reader::{ChainFault, Own, RawLines},
    signers::{Signers, handovers},
    state::hash,
    tree::{
        consistency_nodes, inclusion_nodes, leaf_hash, root_of_inclusion, roots_of_consistency,
    },
};

/// Bytes of the journal that are read at a time.
const READ_BYTES: usize = 128 << 10;

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
        /// The checkpoints before it that handed over to other keys, the oldest first.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        handovers: Vec<String>,
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
        /// The checkpoints before it that handed over to other keys, the oldest first.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        handovers: Vec<String>,
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

/// Which record is to be proven.
#[derive(Clone, Copy)]
pub enum Wanted<'a> {
    /// The one of this number. What is read for it does not grow with the journal.
    Number(Seq),
    /// The one that this says of, the files read from the newest back, each from its beginning.
    Line(&'a dyn Fn(&[u8]) -> bool),
}

/// Proves that a record is in the journal in a folder, against the checkpoint of `size` records,
/// or the newest.
///
/// # Errors
/// [`ProofError`].
pub fn prove_inclusion(
    dir: &Path,
    wanted: Wanted<'_>,
    size: Option<Seq>,
) -> Result<Proof, ProofError> {
    let (seq, line) = match wanted {
        Wanted::Number(seq) => (seq, line_of(dir, seq)?),
        Wanted::Line(is) => find_line(dir, is)?,
    };
    let mut index = CheckpointIndex::of_folder(dir)?;
    let kept = match size {
        Some(size) => checkpoint_of(&mut index, size)?,
        None => index.newest()?.ok_or(ProofError::NotSealed(seq))?,
    };
    let at = seq.saturating_sub(1);
    let size = kept.checkpoint.size;
    let nodes = inclusion_nodes(at, size).ok_or(ProofError::NotSealed(seq))?;
    let hashes = hashes_of(dir, &mut index, &kept, nodes)?;
    let root = root_of_inclusion(leaf_hash(&hash(&line)), at, size, &hashes);
    if root != Some(kept.checkpoint.root) {
        return Err(ProofError::Unsound(size));
    }
    Ok(Proof::Inclusion {
        line: String::from_utf8(line).map_err(|_| ProofError::Unsound(size))?,
        index: at,
        size,
        hashes: hashes.iter().map(|hash| STANDARD.encode(hash)).collect(),
        checkpoint: kept.note.to_string(),
        handovers: handed(&mut index, &kept)?,
    })
}

/// Proves that the records of the checkpoint of `first` records are the first of those of the
/// checkpoint of `size` records. Most of it stands in the checkpoints.
///
/// # Errors
/// [`ProofError`].
pub fn prove_consistency(dir: &Path, first: Seq, size: Seq) -> Result<Proof, ProofError> {
    let mut index = CheckpointIndex::of_folder(dir)?;
    let old = checkpoint_of(&mut index, first)?;
    let new = checkpoint_of(&mut index, size)?;
    let nodes = consistency_nodes(first, size)
        .ok_or(ProofError::Form("the first size is larger than the second"))?;
    let hashes = hashes_of(dir, &mut index, &new, nodes)?;
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
        handovers: handed(&mut index, &new)?,
    })
}

fn checkpoint_of(index: &mut CheckpointIndex, size: Seq) -> Result<Kept, ProofError> {
    index.at(size)?.ok_or(ProofError::NoCheckpoint(size))
}

/// The notes that handed over before a checkpoint.
fn handed(index: &mut CheckpointIndex, kept: &Kept) -> Result<Vec<String>, ProofError> {
    let handovers = handovers(index, kept)?.into_iter();
    let before = handovers.filter(|handover| handover.checkpoint.size < kept.checkpoint.size);
    Ok(before.map(|handover| handover.note.to_string()).collect())
}

/// The record of a number.
fn line_of(dir: &Path, seq: Seq) -> Result<Vec<u8>, ProofError> {
    let first = medium::list(dir)?.first().map_or(1, |(first, _)| *first);
    if seq < first {
        return Err(ProofError::NoRecord);
    }
    // A number beyond the last is told like a file that cannot be read.
    let lines = Follower::from(dir, seq)
        .read(seq, 1)
        .map_err(|_| ProofError::NoRecord)?
        .ok_or(ProofError::NoRecord)?;
    let mut lines = lines.iter();
    let (_, line) = lines.next().ok_or(ProofError::NoRecord)?;
    Ok(line.to_vec())
}

/// The record that is meant. Most are asked for soon after they were written.
fn find_line(dir: &Path, is: &dyn Fn(&[u8]) -> bool) -> Result<(Seq, Vec<u8>), ProofError> {
    for file in medium::list(dir)?.into_iter().rev() {
        for raw in RawLines::over(vec![file]) {
            let raw = raw?;
            if is(&raw.bytes)
                && let Some(own) = Own::parse(&raw.bytes)
            {
                return Ok((own.seq, raw.bytes));
            }
        }
    }
    Err(ProofError::NoRecord)
}

/// The hashes of nodes of the tree of a checkpoint. Checkpoints hold the hashes of the subtrees
/// that were full when they were made, so of each node only the lines behind the last checkpoint
/// within it are read.
fn hashes_of(
    dir: &Path,
    index: &mut CheckpointIndex,
    kept: &Kept,
    nodes: Vec<(u64, u64)>,
) -> Result<Vec<Hash>, ProofError> {
    nodes
        .into_iter()
        .map(|(start, end)| hash_of(dir, index, kept, (start, end)))
        .collect()
}

fn hash_of(
    dir: &Path,
    index: &mut CheckpointIndex,
    kept: &Kept,
    (start, end): (u64, u64),
) -> Result<Hash, ProofError> {
    let beyond = index.smallest_from(end)?;
    for known in [Some(kept), beyond.as_ref()].into_iter().flatten() {
        if let Some(range) = known.range.between(start, end) {
            return Ok(range.root());
        }
    }
    let within = index.largest_upto(end.saturating_sub(1))?;
    let mut range = within
        .and_then(|within| within.range.between(start, within.checkpoint.size))
        .unwrap_or_default();
    let unsound = ProofError::Unsound(kept.checkpoint.size);
    let mut follower = Follower::from(dir, start + range.size() + 1);
    while let Some(lines) = follower
        .read(end, READ_BYTES)
        .map_err(|_| unsound.clone())?
    {
        for (_, line) in lines.iter() {
            range.push(leaf_hash(&hash(line)));
        }
    }
    Ok(range.root())
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
    match proof {
        Proof::Inclusion {
            line,
            index,
            size,
            hashes,
            checkpoint,
            handovers,
        } => {
            let checkpoint = genuine(checkpoint, *size, handovers, trusted)?;
            let leaf = leaf_hash(&hash(line.as_bytes()));
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
            handovers,
        } => {
            let first = genuine(first_checkpoint, *first_size, handovers, trusted)?;
            let checkpoint = genuine(checkpoint, *size, handovers, trusted)?;
            let roots = roots_of_consistency(*first_size, first.root, *size, &decode(hashes)?);
            if roots != Some((first.root, checkpoint.root)) {
                return Err(ProofError::Wrong);
            }
            Ok(checkpoint)
        }
    }
}

/// A checkpoint of a proof, signed by keys that are trusted, or by those that they handed over to.
fn genuine(
    note: &str,
    size: Seq,
    handovers: &[String],
    trusted: &TrustedKeys,
) -> Result<Checkpoint, ProofError> {
    let parse = |note: &str| {
        let note = Note::parse(note).map_err(ProofError::Form)?;
        let checkpoint =
            Checkpoint::parse(&note.text).ok_or(ProofError::Form("its checkpoint is not one"))?;
        Ok::<_, ProofError>((note, checkpoint))
    };
    let (note, checkpoint) = parse(note)?;
    if checkpoint.size != size {
        return Err(ProofError::Form("its checkpoint is of another size"));
    }
    if trusted.verify(&note, size).is_ok() {
        return Ok(checkpoint);
    }
    let mut signers = Signers::of(trusted);
    for handover in handovers {
        let (note, handover) = parse(handover)?;
        if handover.size < size {
            signers.take(&note, &handover).map_err(ProofError::Forged)?;
        }
    }
    signers
        .check(&note, &checkpoint)
        .map_err(ProofError::Forged)?;
    Ok(checkpoint)
}

/// The files of a journal in a folder: its own or, of a data folder, `journal` in it.
#[must_use]
pub fn journal_folder(dir: PathBuf) -> PathBuf {
    let inner = dir.join("journal");
    if inner.is_dir() { inner } else { dir }
}
