//! A short, bounded fuzz of every target: examples mutated by a fixed generator, so that a
//! failure comes back.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    reason = "a test fails where it goes wrong"
)]

use strongroom_fuzz::TARGETS;

/// Inputs tried for each target.
const ROUNDS: u32 = 100_000;
/// No input is longer.
const LONGEST: usize = 2048;

/// The splitmix64 generator: small, fixed, and good enough to choose mutations.
struct Choices(u64);

impl Choices {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.next() % (limit.max(1) as u64)).unwrap()
    }
}

fn mutated(examples: &[&[u8]], choices: &mut Choices) -> Vec<u8> {
    const INTERESTING: &[&[u8]] = &[
        b"\"", b"\\u0000", b"{", b"}", b"[", b"null", b"-1", b"1e99", b"\xff", b"\0", b"%", b"/",
    ];
    let mut bytes = examples[choices.below(examples.len())].to_vec();
    for _ in 0..=choices.below(6) {
        let at = choices.below(bytes.len() + 1);
        match choices.below(6) {
            0 if at < bytes.len() => bytes[at] ^= 1 << choices.below(8),
            1 if at < bytes.len() => drop(bytes.remove(at)),
            2 => bytes.truncate(at),
            3 => {
                let piece = INTERESTING[choices.below(INTERESTING.len())];
                drop(bytes.splice(at..at, piece.iter().copied()));
            }
            4 => {
                let from = choices.below(bytes.len() + 1).min(at);
                let copy = bytes[from..at].to_vec();
                bytes.splice(at..at, copy);
            }
            _ => bytes.insert(at, choices.next() as u8),
        }
    }
    bytes.truncate(LONGEST);
    bytes
}

#[test]
fn no_decoder_panics_on_mutated_input() {
    for target in TARGETS {
        target
            .examples
            .iter()
            .for_each(|example| (target.run)(example));
        (target.run)(b"");
        let mut choices = Choices(1);
        for _ in 0..ROUNDS {
            (target.run)(&mutated(target.examples, &mut choices));
        }
    }
}
