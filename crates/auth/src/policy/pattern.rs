//! Wildcards: `*` for any run of characters, `?` for exactly one.
//!
//! A pattern is cut at its stars when it is parsed. Matching looks for each piece once, from
//! left to right, and never goes back to an earlier star, so no policy can make a call slow:
//! the work is that of finding each piece in what is left of the text. A piece with question
//! marks between its characters is looked for in all places at once, 64 of its characters to a
//! step (the algorithm of Baeza-Yates and Gonnet).

use std::borrow::Cow;

/// Whether letters in capitals are the same letters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Case {
    /// `a` and `A` differ.
    Sensitive,
    /// ASCII letters are folded, as in actions.
    Insensitive,
}

/// What a pattern is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Atom {
    /// `*`.
    Run,
    /// `?`.
    One,
    /// This character, which may be a star.
    Char(char),
}

impl From<char> for Atom {
    /// What a character of a policy means.
    fn from(c: char) -> Self {
        match c {
            '*' => Self::Run,
            '?' => Self::One,
            c => Self::Char(c),
        }
    }
}

/// A text with wildcards.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern {
    case: Case,
    /// What must stand at the beginning, or be everything where no star follows.
    first: Piece,
    /// What must follow, in this order and anywhere, and what must stand at the end.
    rest: Option<(Vec<Piece>, Piece)>,
}

impl Pattern {
    /// Parses any text: each is a pattern.
    #[must_use]
    pub fn parse(text: &str, case: Case) -> Self {
        Self::from_atoms(text.chars().map(Atom::from), case)
    }

    /// The pattern of these parts.
    #[must_use]
    pub fn from_atoms(atoms: impl IntoIterator<Item = Atom>, case: Case) -> Self {
        let mut pieces = Vec::new();
        let mut piece = Vec::new();
        for atom in atoms {
            match (atom, case) {
                (Atom::Run, _) => pieces.push(Piece::new(&std::mem::take(&mut piece))),
                (Atom::One, _) => piece.push(None),
                (Atom::Char(c), Case::Sensitive) => piece.push(Some(c)),
                (Atom::Char(c), Case::Insensitive) => piece.push(Some(c.to_ascii_lowercase())),
            }
        }
        let last = Piece::new(&piece);
        let mut pieces = pieces.into_iter();
        let Some(first) = pieces.next() else {
            return Self {
                case,
                first: last,
                rest: None,
            };
        };
        let middle = pieces.filter(|piece| piece.characters > 0).collect();
        Self {
            case,
            first,
            rest: Some((middle, last)),
        }
    }

    /// Whether the whole text fits the pattern.
    #[must_use]
    pub fn matches(&self, text: &str) -> bool {
        let text = match self.case {
            Case::Insensitive if text.bytes().any(|b| b.is_ascii_uppercase()) => {
                Cow::Owned(text.to_ascii_lowercase())
            }
            _ => Cow::Borrowed(text),
        };
        let Some(mut left) = self.first.strip_from(&text) else {
            return false;
        };
        let Some((middle, last)) = &self.rest else {
            return left.is_empty();
        };
        for piece in middle {
            match piece.find_in(left) {
                Some(after) => left = after,
                None => return false,
            }
        }
        last.ends(left)
    }
}

/// A run without stars: question marks, what stands between the first and the last character
/// that is none, and question marks again.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Piece {
    /// Of all parts.
    characters: usize,
    before: usize,
    core: Core,
    after: usize,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Core {
    /// A text, which may be empty.
    Plain(Box<str>),
    /// Characters with question marks among them.
    Mixed(Mixed),
}

impl Piece {
    fn new(characters: &[Option<char>]) -> Self {
        let wild = |c: &&Option<char>| c.is_none();
        let before = characters.iter().take_while(wild).count();
        let after = characters.iter().rev().take_while(wild).count();
        let core = characters
            .get(before..characters.len() - after)
            .unwrap_or_default();
        let plain: Option<String> = core.iter().copied().collect();
        Self {
            characters: characters.len(),
            before,
            after: if core.is_empty() { 0 } else { after },
            core: plain.map_or_else(
                || Core::Mixed(Mixed::new(core)),
                |text| Core::Plain(text.into()),
            ),
        }
    }

    /// What follows the piece, where the text begins with it.
    fn strip_from<'t>(&self, text: &'t str) -> Option<&'t str> {
        let text = skip(text, self.before)?;
        let left = match &self.core {
            Core::Plain(core) => text.strip_prefix(&**core)?,
            Core::Mixed(core) => core.strip_from(text)?,
        };
        skip(left, self.after)
    }

    /// What follows the first occurrence of the piece.
    fn find_in<'t>(&self, text: &'t str) -> Option<&'t str> {
        let text = skip(text, self.before)?;
        let left = match &self.core {
            Core::Plain(core) => text.split_once(&**core)?.1,
            Core::Mixed(core) => core.find_in(text)?,
        };
        skip(left, self.after)
    }

    /// Whether the text ends with the piece.
    fn ends(&self, text: &str) -> bool {
        if let (Core::Plain(core), 0, 0) = (&self.core, self.before, self.after) {
            return text.ends_with(&**core);
        }
        let start = text.char_indices().rev().take(self.characters).last();
        start
            .and_then(|(at, _)| self.strip_from(text.get(at..)?))
            .is_some_and(str::is_empty)
    }
}

/// The text without its first characters.
fn skip(text: &str, characters: usize) -> Option<&str> {
    let mut left = text.chars();
    for _ in 0..characters {
        left.next()?;
    }
    Some(left.as_str())
}

/// Characters and question marks, with what it takes to look for them everywhere at once: for
/// each character, a bit for every place in which it fits.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Mixed {
    characters: Box<[Option<char>]>,
    /// By character, for binary search.
    fits: Vec<(char, Places)>,
    /// Where every character fits.
    wild: Places,
}

/// A bit for each place in a piece, 64 to a word.
type Places = Box<[u64]>;

impl Mixed {
    fn new(characters: &[Option<char>]) -> Self {
        let words = characters.len().div_ceil(64);
        let places = |wanted: Option<char>| {
            let mut places = vec![0u64; words];
            for (place, chunk) in places.iter_mut().zip(characters.chunks(64)) {
                for (bit, c) in chunk.iter().enumerate() {
                    if c.is_none() || *c == wanted {
                        *place |= 1 << bit;
                    }
                }
            }
            places.into_boxed_slice()
        };
        let mut distinct: Vec<char> = characters.iter().copied().flatten().collect();
        distinct.sort_unstable();
        distinct.dedup();
        Self {
            characters: characters.into(),
            fits: distinct.into_iter().map(|c| (c, places(Some(c)))).collect(),
            wild: places(None),
        }
    }

    fn strip_from<'t>(&self, text: &'t str) -> Option<&'t str> {
        let mut left = text.chars();
        for wanted in &self.characters {
            let found = left.next()?;
            if wanted.is_some_and(|wanted| wanted != found) {
                return None;
            }
        }
        Some(left.as_str())
    }

    /// Keeps, for each place in the piece, whether the text so far ends with the piece up to
    /// there.
    fn find_in<'t>(&self, text: &'t str) -> Option<&'t str> {
        let (mut one, mut many);
        let reached: &mut [u64] = if self.wild.len() == 1 {
            one = [0u64];
            &mut one
        } else {
            many = vec![0u64; self.wild.len()];
            &mut many
        };
        let last = 1u64 << ((self.characters.len() - 1) % 64);
        let mut left = text.chars();
        while let Some(found) = left.next() {
            let known = self.fits.binary_search_by_key(&found, |(c, _)| *c);
            let fits = known.ok().and_then(|at| self.fits.get(at));
            let fits = fits.map_or(&self.wild, |(_, places)| places);
            // The piece may begin at every character.
            let mut carry = 1;
            for (word, fits) in reached.iter_mut().zip(fits) {
                let next = *word >> 63;
                *word = (*word << 1 | carry) & fits;
                carry = next;
            }
            if reached.last().is_some_and(|word| word & last != 0) {
                return Some(left.as_str());
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use proptest::prelude::*;

    use super::*;

    /// The definition, tried in all ways.
    fn plainly(pattern: &[char], text: &[char]) -> bool {
        match (pattern, text) {
            ([], []) => true,
            (['*', rest @ ..], _) => {
                (0..=text.len()).any(|skipped| plainly(rest, &text[skipped..]))
            }
            (['?', pattern @ ..], [_, text @ ..]) => plainly(pattern, text),
            ([wanted, pattern @ ..], [found, text @ ..]) => {
                wanted == found && plainly(pattern, text)
            }
            _ => false,
        }
    }

    #[test]
    fn stars_are_runs_and_question_marks_single_characters() {
        let check = |pattern: &str, text: &str, expected: bool| {
            let matches = Pattern::parse(pattern, Case::Sensitive).matches(text);
            assert_eq!(matches, expected, "{pattern} {text}");
        };
        check("", "", true);
        check("", "a", false);
        check("*", "", true);
        check("**", "abc", true);
        check("a*a", "a", false);
        check("a*a", "aa", true);
        check("a?c", "abc", true);
        check("a?c", "ac", false);
        check("a?c", "aéc", true);
        check("*?", "", false);
        check("*ab*ba*", "aba", false);
        check("*ab*ba*", "abba", true);
        check("*.?b", "x.y.zb", true);
        check("key/*", "Key/1", false);
    }

    #[test]
    fn actions_are_matched_in_any_case() {
        let pattern = Pattern::parse("KMS:ReEncrypt*", Case::Insensitive);
        assert!(pattern.matches("kms:ReEncryptTo"));
        assert!(pattern.matches("kms:reencryptfrom"));
        assert!(!pattern.matches("kms:Encrypt"));
    }

    #[test]
    fn many_stars_cost_little() {
        let pattern = Pattern::parse(&"a*".repeat(500).replace("a*a*", "a*?a*"), Case::Sensitive);
        let text = "a".repeat(20_000) + "b";
        let start = Instant::now();
        for _ in 0..10 {
            assert!(pattern.matches(&text));
            assert!(!Pattern::parse("*a*a*a*a*a*a*a*a*a*a*c", Case::Sensitive).matches(&text));
        }
        assert!(start.elapsed() < Duration::from_secs(2));
    }

    #[test]
    fn many_question_marks_cost_little() {
        let text = "a".repeat(8000);
        let pattern = format!("*{}b*", "a?".repeat(4000));
        let start = Instant::now();
        for _ in 0..20 {
            assert!(!Pattern::parse(&pattern, Case::Sensitive).matches(&text));
        }
        assert!(start.elapsed() < Duration::from_secs(2));
    }

    #[test]
    fn pieces_longer_than_a_word_are_found() {
        let piece = "ab?".repeat(50);
        let check = |text: String, expected: bool| {
            let pattern = Pattern::parse(&format!("x*{piece}c*y"), Case::Sensitive);
            assert_eq!(pattern.matches(&text), expected, "{text}");
        };
        let found = "abz".repeat(50);
        check(format!("x{found}cy"), true);
        check(format!("xabzab{found}c{found}y"), true);
        check(format!("x{found}y"), false);
        check(format!("x{}cy", "abz".repeat(49)), false);
    }

    #[test]
    fn a_star_that_is_a_character_is_no_wildcard() {
        let atoms = [Atom::Char('*'), Atom::Run, Atom::Char('?'), Atom::One];
        let pattern = Pattern::from_atoms(atoms, Case::Sensitive);
        assert!(pattern.matches("*abc?d"));
        assert!(!pattern.matches("abc?d"));
        assert!(!pattern.matches("*abcxd"));
    }

    proptest! {
        #[test]
        fn matching_is_what_the_definition_says(pattern in "[ab*?é]{0,12}", text in "[abé]{0,12}") {
            let characters = |text: &str| text.chars().collect::<Vec<_>>();
            prop_assert_eq!(
                Pattern::parse(&pattern, Case::Sensitive).matches(&text),
                plainly(&characters(&pattern), &characters(&text))
            );
        }
    }
}
