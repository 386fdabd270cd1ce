//! Who signs which checkpoints: the chain of keys that hand over to each other.
//!
//! Checkpoints are signed by one pair of keys until one of them names the next pair. It is signed
//! by the pair that goes, and every later one by the pair that comes, so whoever trusts the first
//! pair is led to all others. Whoever has a file of keys with their terms trusts that file more
//! than any hand-over: a pair that went and was stolen later cannot sign for a time that was not
//! its own.

use std::{io, path::Path};

use super::{
    Seq,
    checkpoint::{Checkpoint, Kept, newest_checkpoint, origin},
    index::CheckpointIndex,
    note::{CheckSignature, Note, NoteKey, Term, TrustedKey, TrustedKeys},
};

/// Follows hand-overs from keys that are trusted.
pub(super) struct Signers<'a> {
    trusted: &'a TrustedKeys,
    /// The sizes of the checkpoints that handed over, and to which keys.
    handed: Vec<(Seq, TrustedKeys)>,
}

impl<'a> Signers<'a> {
    pub(super) fn of(trusted: &'a TrustedKeys) -> Self {
        Self {
            trusted,
            handed: Vec::new(),
        }
    }

    /// Checks who signed a checkpoint, which may be any.
    ///
    /// # Errors
    /// What is wrong.
    pub(super) fn check(&self, note: &Note, checkpoint: &Checkpoint) -> Result<(), String> {
        let installation = &checkpoint.installation;
        if !self.trusted.know(&origin(installation)) {
            return Err(format!("it is of the installation {installation}"));
        }
        let size = checkpoint.size;
        let handed = self.handed.iter().rfind(|(since, _)| *since < size);
        match handed {
            Some((since, keys)) if !self.trusted.decide(size, *since) => {
                keys.verify(note, size).map_err(|what| {
                    format!("{what} of those that the checkpoint of {since} records handed over to")
                })
            }
            _ => self.trusted.verify(note, size),
        }
    }

    /// Checks the next checkpoint, and takes over the keys that it hands over to.
    ///
    /// # Errors
    /// What is wrong.
    pub(super) fn take(&mut self, note: &Note, checkpoint: &Checkpoint) -> Result<(), String> {
        self.check(note, checkpoint)?;
        if checkpoint.next.is_empty() {
            return Ok(());
        }
        let name = origin(&checkpoint.installation);
        if checkpoint.next.iter().any(|key| key.name != name) {
            return Err("it hands over to a key of another name".to_owned());
        }
        let keys = self.trusted.others(checkpoint.next.clone());
        self.handed.push((checkpoint.size, keys));
        Ok(())
    }
}

/// The checkpoints that handed over up to and with this one, the oldest first. Only those are
/// read.
///
/// # Errors
/// When a file cannot be read, or one of them is not there.
pub(super) fn handovers(index: &mut CheckpointIndex, upto: &Kept) -> io::Result<Vec<Kept>> {
    let mut found = Vec::new();
    if !upto.checkpoint.next.is_empty() {
        found.push(upto.clone());
    }
    let mut before = (upto.checkpoint.size, upto.checkpoint.handover);
    while let (size, Some(at)) = before {
        let kept = (at < size).then(|| index.at(at)).transpose()?.flatten();
        let kept = kept.filter(|kept| !kept.checkpoint.next.is_empty());
        let kept = kept.ok_or_else(|| {
            io::Error::other(format!(
                "the checkpoint of {at} records, which handed over to other keys, is not there"
            ))
        })?;
        before = (at, kept.checkpoint.handover);
        found.push(kept);
    }
    found.reverse();
    Ok(found)
}

/// The pairs of keys that sign or have signed the checkpoints in a folder, with their terms.
/// `pairs` are all that there are, the oldest first.
///
/// # Errors
/// When a file cannot be read, or the checkpoints that handed over are not signed by these pairs.
pub fn public_keys(
    dir: &Path,
    pairs: &[Vec<NoteKey>],
    check: CheckSignature,
) -> io::Result<TrustedKeys> {
    let newest = match newest_checkpoint(dir)? {
        Some((_, newest)) => Some(newest.map_err(io::Error::other)?),
        None => None,
    };
    let newest = newest.as_ref();
    let handovers = match newest {
        Some(newest) => handovers(&mut CheckpointIndex::of_folder(dir)?, newest)?,
        None => Vec::new(),
    };
    let signed = |kept: &Kept, pair: &Vec<NoteKey>| {
        let keys = TrustedKeys::new(pair.clone(), check);
        keys.verify(&kept.note, kept.checkpoint.size).is_ok()
    };
    let strange =
        || io::Error::other("a checkpoint that handed over is not signed by the keys there are");
    let mut signing = match handovers.first().or(newest) {
        Some(first) => pairs.iter().find(|pair| signed(first, pair)),
        None => pairs.first(),
    }
    .ok_or_else(strange)?;
    let mut keys = Vec::new();
    let mut first = u64::from(!handovers.is_empty());
    let mut add = |pair: &[NoteKey], term: Term| {
        let trusted = |key: &NoteKey| TrustedKey {
            key: key.clone(),
            term,
        };
        keys.extend(pair.iter().map(trusted));
    };
    for kept in &handovers {
        let next = &kept.checkpoint.next;
        let next = pairs.iter().find(|pair| *pair == next);
        if !signed(kept, signing) {
            return Err(strange());
        }
        let last = kept.checkpoint.size;
        add(
            signing,
            Term {
                first,
                last: Some(last),
            },
        );
        signing = next.ok_or_else(strange)?;
        first = last + 1;
    }
    add(signing, Term { first, last: None });
    Ok(TrustedKeys::with_terms(keys, check))
}
