//! What the journal remembers of lines until they are sealed: the hash of each, and where those
//! stand that tell of changes. So the thread that makes checkpoints does not read them back.

use std::collections::VecDeque;

use super::{Hash, Seq, state::Mark};

/// How many lines are remembered at most, in 4 MiB. Whoever seals and is stuck for longer reads
/// them back.
const LINES: usize = 1 << 17;

/// A line that tells of a change of rows, and where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Change {
    pub(super) seq: Seq,
    pub(super) hash: Hash,
    /// The number of the first line of its file.
    pub(super) file: Seq,
    pub(super) offset: u64,
    /// Without its newline.
    pub(super) length: usize,
}

/// Lines that were written and not sealed yet, from one on.
#[derive(Debug, Default)]
pub(super) struct Unsealed {
    first: Seq,
    hashes: VecDeque<Hash>,
    changes: VecDeque<Change>,
}

/// What was remembered of lines, in their order, by whoever seals them.
#[derive(Debug, Default)]
pub(super) struct Remembered {
    pub(super) hashes: Vec<Hash>,
    pub(super) changes: VecDeque<Change>,
}

impl Unsealed {
    /// Forgets every line, and remembers those from `next` on.
    pub(super) fn begin(&mut self, next: Seq) {
        *self = Self {
            first: next,
            ..Self::default()
        };
    }

    /// Whether nothing is remembered.
    #[cfg(test)]
    pub(super) fn is_empty(&self) -> bool {
        self.hashes.is_empty()
    }

    /// The next line was written: where it ends, its length without the newline, and whether it
    /// tells of a change.
    pub(super) fn note(&mut self, end: &Mark, length: usize, change: bool) {
        if self.hashes.len() == LINES {
            self.begin(end.seq);
        }
        self.hashes.push_back(end.hash);
        if change {
            self.changes.push_back(Change {
                seq: end.seq,
                hash: end.hash,
                file: end.file,
                offset: end.length.saturating_sub(length as u64 + 1),
                length,
            });
        }
    }

    /// The lines behind `last` are not there any more, and others come in their place.
    pub(super) fn cut(&mut self, last: Seq) {
        let left = (last + 1).checked_sub(self.first);
        match left.and_then(|left| usize::try_from(left).ok()) {
            Some(left) => {
                self.hashes.truncate(left);
                while self
                    .changes
                    .pop_back_if(|change| change.seq > last)
                    .is_some()
                {}
            }
            None => self.begin(last + 1),
        }
    }

    /// Hands over what is remembered of the lines from `next` up to `upto`. If the first of them
    /// are forgotten nothing is handed over, and the last of those is told.
    pub(super) fn take(&mut self, next: Seq, upto: Seq, into: &mut Remembered) -> Result<(), Seq> {
        if self.first > next {
            return Err(upto.min(self.first - 1));
        }
        let count = (upto + 1).saturating_sub(self.first);
        let count =
            usize::try_from(count).map_or(self.hashes.len(), |count| count.min(self.hashes.len()));
        into.hashes.extend(self.hashes.drain(..count));
        self.first += count as u64;
        let behind = self.first;
        while let Some(change) = self.changes.pop_front_if(|change| change.seq < behind) {
            into.changes.push_back(change);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mark(seq: Seq) -> Mark {
        let mut hash = Hash::default();
        hash[..8].copy_from_slice(&seq.to_be_bytes());
        Mark {
            seq,
            file: 1,
            length: 10 * seq,
            hash,
        }
    }

    /// Notes lines, of which every third tells of a change.
    fn note(unsealed: &mut Unsealed, lines: std::ops::RangeInclusive<Seq>) {
        for seq in lines {
            unsealed.note(&mark(seq), 9, seq.is_multiple_of(3));
        }
    }

    /// The numbers of what is handed over, and those of changes.
    fn take(unsealed: &mut Unsealed, next: Seq, upto: Seq) -> Result<(Vec<Seq>, Vec<Seq>), Seq> {
        let mut remembered = Remembered::default();
        unsealed.take(next, upto, &mut remembered)?;
        let number = |hash: &Hash| Seq::from_be_bytes(hash[..8].try_into().unwrap());
        let hashes = remembered.hashes.iter().map(number).collect();
        let changes = remembered.changes.iter().map(|change| {
            assert_eq!(mark(change.seq).hash, change.hash);
            assert_eq!((change.offset, change.length), (10 * (change.seq - 1), 9));
            change.seq
        });
        Ok((hashes, changes.collect()))
    }

    #[test]
    fn lines_are_handed_over_once_and_as_far_as_they_are_asked_for() {
        let mut unsealed = Unsealed::default();
        unsealed.begin(5);
        assert_eq!(take(&mut unsealed, 2, 4), Err(4));
        assert_eq!(take(&mut unsealed, 2, 9), Err(4));
        note(&mut unsealed, 5..=12);
        assert_eq!(take(&mut unsealed, 2, 9), Err(4));
        assert_eq!(take(&mut unsealed, 5, 7), Ok((vec![5, 6, 7], vec![6])));
        assert_eq!(take(&mut unsealed, 8, 7), Ok((vec![], vec![])));
        assert_eq!(
            take(&mut unsealed, 8, 12),
            Ok((vec![8, 9, 10, 11, 12], vec![9, 12]))
        );
    }

    #[test]
    fn lines_that_are_written_again_take_the_place_of_those_before() {
        let mut unsealed = Unsealed::default();
        unsealed.begin(1);
        note(&mut unsealed, 1..=12);
        assert_eq!(take(&mut unsealed, 1, 2), Ok((vec![1, 2], vec![])));
        unsealed.cut(5);
        note(&mut unsealed, 6..=7);
        let expected = (vec![3, 4, 5, 6, 7], vec![3, 6]);
        assert_eq!(take(&mut unsealed, 3, 7), Ok(expected));
        // Behind the first line that is remembered nothing is left, or not even that one.
        note(&mut unsealed, 8..=9);
        unsealed.cut(7);
        note(&mut unsealed, 8..=8);
        assert_eq!(take(&mut unsealed, 8, 8), Ok((vec![8], vec![])));
        unsealed.begin(12);
        unsealed.cut(9);
        note(&mut unsealed, 10..=12);
        assert_eq!(take(&mut unsealed, 9, 12), Err(9));
        assert_eq!(
            take(&mut unsealed, 10, 12),
            Ok((vec![10, 11, 12], vec![12]))
        );
    }

    #[test]
    fn what_nobody_takes_is_forgotten() {
        let mut unsealed = Unsealed::default();
        unsealed.begin(1);
        let last = LINES as Seq + 2;
        note(&mut unsealed, 1..=last);
        assert_eq!(take(&mut unsealed, 1, last), Err(LINES as Seq));
        let left = vec![last - 1, last];
        let changes = left.iter().copied().filter(|seq| seq.is_multiple_of(3));
        let changes = changes.collect();
        assert_eq!(take(&mut unsealed, last - 1, last), Ok((left, changes)));
    }
}
