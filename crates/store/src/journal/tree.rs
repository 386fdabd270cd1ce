//! The Merkle tree over the lines of a journal. RFC 6962, section 2.1.
//!
//! The data of a leaf is the hash of a line, as the line behind it names it, so each line is
//! hashed once for both: a leaf is `SHA-256(0x00 || SHA-256(line))`, the line without its newline;
//! a node is `SHA-256(0x01 || left || right)`. The tree is never kept: what is left of the lines
//! so far is a [`Range`], one hash for each full subtree. Proofs are made of the ranges that
//! checkpoints keep, and of the lines between them.

use aws_lc_rs::digest::{SHA256, digest};

use super::Hash;

/// The most full subtrees that a tree of 2^64 leaves can have.
const SUBTREES: usize = 64;

/// The hash of the leaf of a line, whose own hash this is.
#[must_use]
pub fn leaf_hash(line: &Hash) -> Hash {
    let mut bytes = [0; 33];
    let (_, data) = bytes.split_at_mut(1);
    data.copy_from_slice(line);
    array(digest(&SHA256, &bytes).as_ref())
}

/// The hash of the node above two others.
#[must_use]
pub fn node_hash(left: &Hash, right: &Hash) -> Hash {
    let mut bytes = [1; 65];
    let (_, hashes) = bytes.split_at_mut(1);
    let (first, second) = hashes.split_at_mut(32);
    first.copy_from_slice(left);
    second.copy_from_slice(right);
    array(digest(&SHA256, &bytes).as_ref())
}

fn array(digest: &[u8]) -> Hash {
    let mut hash = Hash::default();
    hash.copy_from_slice(digest);
    hash
}

/// What is left of the leaves so far: the hash of each full subtree, the largest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Range {
    size: u64,
    hashes: Vec<Hash>,
}

impl Range {
    /// A range as it was kept; none if there are not as many hashes as the size has subtrees.
    #[must_use]
    pub fn of(size: u64, hashes: Vec<Hash>) -> Option<Self> {
        let subtrees = usize::try_from(size.count_ones()).ok()?;
        (hashes.len() == subtrees && subtrees <= SUBTREES).then_some(Self { size, hashes })
    }

    /// How many leaves there were.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The hashes of the full subtrees, the largest first.
    #[must_use]
    pub fn hashes(&self) -> &[Hash] {
        &self.hashes
    }

    /// The part of it over the leaves from `start` up to the one before `end`, if it has kept
    /// that apart from the others.
    #[must_use]
    pub fn between(&self, start: u64, end: u64) -> Option<Self> {
        let (mut at, mut held) = (0, 0);
        let mut hashes = Vec::new();
        let subtrees = (0..64)
            .rev()
            .map(|bit| self.size & (1 << bit))
            .filter(|size| *size > 0);
        for (size, hash) in subtrees.zip(&self.hashes) {
            if at >= start && at + size <= end {
                hashes.push(*hash);
                held += size;
            }
            at += size;
        }
        let size = end.checked_sub(start)?;
        (held == size).then(|| Self::of(size, hashes)).flatten()
    }

    /// Adds the next leaf.
    pub fn push(&mut self, leaf: Hash) {
        let mut hash = leaf;
        // As many subtrees as the size ends in ones are full now, and become one.
        for _ in 0..self.size.trailing_ones() {
            if let Some(left) = self.hashes.pop() {
                hash = node_hash(&left, &hash);
            }
        }
        self.hashes.push(hash);
        self.size += 1;
    }

    /// The root of the tree of these leaves.
    #[must_use]
    pub fn root(&self) -> Hash {
        let mut subtrees = self.hashes.iter().rev();
        let Some(last) = subtrees.next() else {
            return array(digest(&SHA256, b"").as_ref());
        };
        subtrees.fold(*last, |right, left| node_hash(left, &right))
    }
}

/// The leaves under one node, from the first up to the one before the second.
type Span = (u64, u64);

/// The largest power of two below `size`, which is at least 2.
fn split(size: u64) -> u64 {
    let below = size.saturating_sub(1);
    below.checked_ilog2().map_or(0, |bits| 1 << bits)
}

/// Which nodes prove that the leaf `index` is in a tree of `size` leaves, from the leaf up. None
/// if it is not. RFC 6962, section 2.1.1.
#[must_use]
pub fn inclusion_nodes(index: u64, size: u64) -> Option<Vec<Span>> {
    if index >= size {
        return None;
    }
    let (mut start, mut end) = (0, size);
    let mut nodes = Vec::new();
    while end - start > 1 {
        let middle = start + split(end - start);
        if index < middle {
            nodes.push((middle, end));
            end = middle;
        } else {
            nodes.push((start, middle));
            start = middle;
        }
    }
    nodes.reverse();
    Some(nodes)
}

/// Which nodes prove that a tree of `size` leaves begins with the tree of the first `first`. None
/// if it cannot. RFC 6962, section 2.1.2.
#[must_use]
pub fn consistency_nodes(first: u64, size: u64) -> Option<Vec<Span>> {
    if first == 0 || first > size {
        return None;
    }
    let (mut start, mut end) = (0, size);
    let mut nodes = Vec::new();
    while first != end {
        let middle = start + split(end - start);
        if first <= middle {
            nodes.push((middle, end));
            end = middle;
        } else {
            nodes.push((start, middle));
            start = middle;
        }
    }
    // The tree of the first leaves is known to whoever checks, if it is a node as it is.
    if start > 0 {
        nodes.push((start, end));
    }
    nodes.reverse();
    Some(nodes)
}

/// The root of a tree of `size` leaves that has `leaf` at `index`, told by a proof; none if the
/// proof does not have the form of one.
#[must_use]
pub fn root_of_inclusion(leaf: Hash, index: u64, size: u64, proof: &[Hash]) -> Option<Hash> {
    let nodes = inclusion_nodes(index, size)?;
    if nodes.len() != proof.len() {
        return None;
    }
    let mut hash = leaf;
    for ((start, _), other) in nodes.iter().zip(proof) {
        hash = if *start > index {
            node_hash(&hash, other)
        } else {
            node_hash(other, &hash)
        };
    }
    Some(hash)
}

/// The roots of the trees of `first` and of `size` leaves, told by a proof and by the root of the
/// first; none if the proof does not have the form of one.
#[must_use]
pub fn roots_of_consistency(
    first: u64,
    first_root: Hash,
    size: u64,
    proof: &[Hash],
) -> Option<(Hash, Hash)> {
    let nodes = consistency_nodes(first, size)?;
    if nodes.len() != proof.len() {
        return None;
    }
    let mut parts = nodes.iter().zip(proof);
    // Where the first tree is a node as it is, the proof begins beside it; else it begins with
    // the smallest node that ends where the first tree does.
    let whole = first.is_power_of_two();
    let (mut old, mut new) = if whole || first == size {
        (first_root, first_root)
    } else {
        let (_, seed) = parts.next()?;
        (*seed, *seed)
    };
    for ((start, _), hash) in parts {
        if *start >= first {
            new = node_hash(&new, hash);
        } else {
            old = node_hash(hash, &old);
            new = node_hash(hash, &new);
        }
    }
    Some((old, new))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::journal::reader::from_hex;

    /// RFC 6962 word for word.
    fn naive(leaves: &[Hash]) -> Hash {
        match leaves {
            [] => array(digest(&SHA256, b"").as_ref()),
            [leaf] => *leaf,
            leaves => {
                let mut k = 1;
                while 2 * k < leaves.len() {
                    k *= 2;
                }
                node_hash(&naive(&leaves[..k]), &naive(&leaves[k..]))
            }
        }
    }

    /// A leaf of any data, as RFC 6962 has it.
    fn leaf(data: &[u8]) -> Hash {
        array(digest(&SHA256, &[&[0], data].concat()).as_ref())
    }

    fn leaves(count: u64) -> Vec<Hash> {
        (0..count).map(|n| leaf(&n.to_be_bytes())).collect()
    }

    fn hashes(leaves: &[Hash], nodes: Vec<Span>) -> Vec<Hash> {
        let under = |(start, end): (u64, u64)| {
            let place = |at| usize::try_from(at).unwrap();
            naive(&leaves[place(start)..place(end)])
        };
        nodes.into_iter().map(under).collect()
    }

    /// The entries and roots of the tests of the certificate-transparency project.
    #[test]
    fn published_trees_have_their_published_roots() {
        let entries: [&[u8]; 8] = [
            b"",
            &[0x00],
            &[0x10],
            &[0x20, 0x21],
            &[0x30, 0x31],
            &[0x40, 0x41, 0x42, 0x43],
            &[0x50, 0x51, 0x52, 0x53, 0x54, 0x55, 0x56, 0x57],
            &[
                0x60, 0x61, 0x62, 0x63, 0x64, 0x65, 0x66, 0x67, 0x68, 0x69, 0x6a, 0x6b, 0x6c, 0x6d,
                0x6e, 0x6f,
            ],
        ];
        let roots = [
            "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
            "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
            "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
            "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
            "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
            "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
            "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
        ];
        let mut range = Range::default();
        assert_eq!(
            Some(range.root()),
            from_hex("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
        );
        for (entry, root) in entries.iter().zip(roots) {
            range.push(leaf(entry));
            assert_eq!(Some(range.root()), from_hex(root));
        }
    }

    #[test]
    fn the_leaf_of_a_line_is_that_of_its_hash() {
        // `printf line | openssl dgst -sha256 -binary`, and of that with a zero before it.
        let line = crate::journal::state::hash(b"line");
        assert_eq!(leaf_hash(&line), leaf(&line));
        assert_eq!(
            Some(leaf_hash(&line)),
            from_hex("89758855fe102f51e299118fd690135c0d4f3ae1183080bd111dcd39316cc673")
        );
    }

    #[test]
    fn a_range_has_the_root_of_all_its_leaves_and_can_be_kept() {
        let all = leaves(300);
        let mut range = Range::default();
        for (count, leaf) in all.iter().enumerate() {
            assert_eq!(range.root(), naive(&all[..count]));
            let kept = Range::of(range.size(), range.hashes().to_vec());
            assert_eq!(kept.as_ref(), Some(&range));
            assert_eq!(Range::of(range.size() + 1, vec![Hash::default(); 12]), None);
            range.push(*leaf);
        }
    }

    #[test]
    fn a_part_of_a_range_is_told_where_it_was_kept_apart() {
        let all = leaves(40);
        let part = |start: usize, end: usize| naive(&all[start..end]);
        let mut range = Range::default();
        for size in 1..=40_usize {
            range.push(all[size - 1]);
            let mut bounds = vec![0];
            for bit in (0..6).rev().filter(|bit| size & (1 << bit) > 0) {
                bounds.push(bounds[bounds.len() - 1] + (1 << bit));
            }
            for start in 0..=40_usize {
                for end in 0..=40_usize {
                    let found = range.between(start as u64, end as u64);
                    let kept = bounds.contains(&start) && bounds.contains(&end);
                    if start < end {
                        assert_eq!(found.is_some(), kept, "{start} to {end} of {size}");
                        let root = found.map(|found| found.root());
                        assert!(root.is_none_or(|root| root == part(start, end)));
                    }
                }
            }
        }
    }

    #[test]
    fn every_leaf_of_every_small_tree_is_proven() {
        for size in 1..=33 {
            let all = leaves(size);
            let root = naive(&all);
            for index in 0..size {
                let leaf = all[usize::try_from(index).unwrap()];
                let proof = hashes(&all, inclusion_nodes(index, size).unwrap());
                assert_eq!(root_of_inclusion(leaf, index, size, &proof), Some(root));
                let mut other = leaf;
                other[0] ^= 1;
                assert_ne!(root_of_inclusion(other, index, size, &proof), Some(root));
                if size > 1 {
                    let elsewhere = (index + 1) % size;
                    assert_ne!(root_of_inclusion(leaf, elsewhere, size, &proof), Some(root));
                    assert_eq!(root_of_inclusion(leaf, index, size, &proof[1..]), None);
                }
            }
            assert_eq!(inclusion_nodes(size, size), None);
        }
    }

    #[test]
    fn every_beginning_of_every_small_tree_is_proven() {
        for size in 1..=33 {
            let all = leaves(size);
            let root = naive(&all);
            for first in 1..=size {
                let old = naive(&all[..usize::try_from(first).unwrap()]);
                let proof = hashes(&all, consistency_nodes(first, size).unwrap());
                let roots = roots_of_consistency(first, old, size, &proof);
                assert_eq!(roots, Some((old, root)), "{first} of {size}");
                let mut altered = proof.clone();
                for at in 0..proof.len() {
                    altered[at][5] ^= 1;
                    let roots = roots_of_consistency(first, old, size, &altered);
                    assert_ne!(roots, Some((old, root)), "{first} of {size}");
                    altered[at][5] ^= 1;
                }
            }
            assert_eq!(consistency_nodes(0, size), None);
            assert_eq!(consistency_nodes(size + 1, size), None);
        }
    }

    proptest! {
        #[test]
        fn proofs_hold_in_trees_of_any_size(size in 1u64..2000, index in 0u64..2000, first in 1u64..2000) {
            let all = leaves(size);
            let root = naive(&all);
            let index = index % size;
            let first = first % size + 1;
            let proof = hashes(&all, inclusion_nodes(index, size).unwrap());
            let leaf = all[usize::try_from(index).unwrap()];
            prop_assert_eq!(root_of_inclusion(leaf, index, size, &proof), Some(root));
            let old = naive(&all[..usize::try_from(first).unwrap()]);
            let proof = hashes(&all, consistency_nodes(first, size).unwrap());
            prop_assert_eq!(roots_of_consistency(first, old, size, &proof), Some((old, root)));
        }
    }
}
