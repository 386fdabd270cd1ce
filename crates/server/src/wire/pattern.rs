//! Regular expressions of the service model, as automata that the generator worked out.
//!
//! A text is matched as a whole, as Java's `matches` does it, in one pass and without memory:
//! no pattern and no text can make it slow, and there is nothing to compile at start.

/// A regular expression.
pub(super) struct Pattern {
    /// The expression as AWS writes it; errors quote it.
    pub(super) text: &'static str,
    /// The places of the expression where it takes a character, and which characters.
    pub(super) places: &'static [Class],
    /// For each place, the set of places that can come next.
    pub(super) follow: &'static [u64],
    /// The set of places that a text can begin with.
    pub(super) first: u64,
    /// The set of places that a text can end with.
    pub(super) last: u64,
    /// Whether the empty text matches.
    pub(super) empty: bool,
}

/// Ranges of characters.
pub(super) type Class = &'static [(char, char)];

impl Pattern {
    /// Whether the whole text matches.
    pub(super) fn matches(&self, text: &str) -> bool {
        let mut possible = self.first;
        let mut complete = self.empty;
        for letter in text.chars() {
            let mut reached = 0;
            let mut next = 0;
            let places = self.places.iter().zip(self.follow);
            for (place, (class, follow)) in places.enumerate() {
                let here = 1 << place;
                if possible & here != 0 && contains(class, letter) {
                    reached |= here;
                    next |= follow;
                }
            }
            if reached == 0 {
                return false;
            }
            complete = reached & self.last != 0;
            possible = next;
        }
        complete
    }
}

fn contains(class: Class, letter: char) -> bool {
    let mut ranges = class.iter();
    ranges.any(|(from, to)| (*from..=*to).contains(&letter))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_matches_as_a_whole() {
        // a(b|c)*
        let pattern = Pattern {
            text: "a(b|c)*",
            places: &[&[('a', 'a')], &[('b', 'b')], &[('c', 'c')]],
            follow: &[0b110, 0b110, 0b110],
            first: 0b001,
            last: 0b111,
            empty: false,
        };
        for text in ["a", "ab", "acbc"] {
            assert!(pattern.matches(text), "{text}");
        }
        for text in ["", "b", "aa", "abx", "xab"] {
            assert!(!pattern.matches(text), "{text}");
        }
    }
}
