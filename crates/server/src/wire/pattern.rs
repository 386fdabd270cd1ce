//! Regular expressions of the service model, as automata that the generator worked out.
//!
//! A text is matched as a whole, as Java's `matches` does it, in one pass and without memory:
//! no pattern and no text can make it slow, and there is nothing to compile at start.

/// A regular expression.
pub(crate) struct Pattern {
    /// The expression as AWS writes it; errors quote it.
    pub(crate) text: &'static str,
    /// The places of the expression where it takes a character, and which characters.
    pub(crate) places: &'static [Class],
    /// For each place, the set of places that can come next.
    pub(crate) follow: &'static [u64],
    /// The set of places that a text can begin with.
    pub(crate) first: u64,
    /// The set of places that a text can end with.
    pub(crate) last: u64,
    /// Whether the empty text matches.
    pub(crate) empty: bool,
}

/// `\p{ASCII}`, which key ids are asked to be.
const ANY_ASCII: Class = &[('\0', '\u{7f}')];

/// Ranges of characters.
pub(crate) type Class = &'static [(char, char)];

impl Pattern {
    /// Whether the whole text matches.
    pub(crate) fn matches(&self, text: &str) -> bool {
        // `[…]+` and `[…]*`, as most are.
        let Self { places, follow, .. } = self;
        if let (&[class], &[1], 1, 1) = (*places, *follow, self.first, self.last) {
            return match text {
                "" => self.empty,
                _ if class == ANY_ASCII => text.is_ascii(),
                _ => text.chars().all(|letter| contains(class, letter)),
            };
        }
        let mut possible = self.first;
        let mut complete = self.empty;
        for letter in text.chars() {
            let mut reached = 0;
            let mut next = 0;
            while possible != 0 {
                let place = possible.trailing_zeros() as usize;
                let here = 1 << place;
                possible ^= here;
                if let (Some(class), Some(follow)) =
                    (self.places.get(place), self.follow.get(place))
                    && contains(class, letter)
                {
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

    #[test]
    fn one_class_repeated_takes_as_many_of_its_characters_as_there_are() {
        // [a-cä]+ and [a-cä]*
        for empty in [false, true] {
            let pattern = Pattern {
                text: "",
                places: &[&[('a', 'c'), ('ä', 'ä')]],
                follow: &[1],
                first: 1,
                last: 1,
                empty,
            };
            assert_eq!(pattern.matches(""), empty);
            for (text, expected) in [("a", true), ("cäab", true), ("d", false), ("abd", false)] {
                assert_eq!(pattern.matches(text), expected, "{text}");
            }
        }
    }
}
