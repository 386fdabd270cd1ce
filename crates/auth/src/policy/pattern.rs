//! Wildcards: `*` for any run of characters, `?` for exactly one.
//!
//! A pattern is cut at its stars when it is parsed. Matching looks for each piece once, from
//! left to right, and never goes back to an earlier star, so no policy can make a call slow:
//! the work is that of finding each piece in what is left of the text.

use std::borrow::Cow;

/// Whether letters in capitals are the same letters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Case {
    /// `a` and `A` differ.
    Sensitive,
    /// ASCII letters are folded, as in actions.
    Insensitive,
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

/// A run without stars.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Piece {
    text: Box<str>,
    characters: usize,
    plain: bool,
}

impl Pattern {
    /// Parses any text: each is a pattern.
    #[must_use]
    pub fn parse(text: &str, case: Case) -> Self {
        let folded = match case {
            Case::Sensitive => Cow::Borrowed(text),
            Case::Insensitive => Cow::Owned(text.to_ascii_lowercase()),
        };
        let mut pieces = folded.split('*').map(Piece::new);
        let first = pieces.next().unwrap_or_else(|| Piece::new(""));
        let mut middle: Vec<Piece> = pieces.collect();
        let rest = middle.pop().map(|last| {
            middle.retain(|piece| !piece.text.is_empty());
            (middle, last)
        });
        Self { case, first, rest }
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

impl Piece {
    fn new(text: &str) -> Self {
        Self {
            text: text.into(),
            characters: text.chars().count(),
            plain: !text.contains('?'),
        }
    }

    /// What follows the piece, where the text begins with it.
    fn strip_from<'t>(&self, text: &'t str) -> Option<&'t str> {
        if self.plain {
            return text.strip_prefix(&*self.text);
        }
        let mut characters = text.chars();
        for wanted in self.text.chars() {
            let found = characters.next()?;
            if wanted != '?' && wanted != found {
                return None;
            }
        }
        Some(characters.as_str())
    }

    /// What follows the first occurrence of the piece.
    fn find_in<'t>(&self, text: &'t str) -> Option<&'t str> {
        if self.plain {
            return text.split_once(&*self.text).map(|(_, after)| after);
        }
        text.char_indices()
            .find_map(|(at, _)| self.strip_from(text.get(at..)?))
    }

    /// Whether the text ends with the piece.
    fn ends(&self, text: &str) -> bool {
        if self.plain {
            return text.ends_with(&*self.text);
        }
        let start = text.char_indices().rev().take(self.characters).last();
        start
            .and_then(|(at, _)| self.strip_from(text.get(at..)?))
            .is_some_and(str::is_empty)
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

    proptest! {
        #[test]
        fn matching_is_what_the_definition_says(pattern in "[ab*?é]{0,10}", text in "[abé]{0,12}") {
            let characters = |text: &str| text.chars().collect::<Vec<_>>();
            prop_assert_eq!(
                Pattern::parse(&pattern, Case::Sensitive).matches(&text),
                plainly(&characters(&pattern), &characters(&text))
            );
        }
    }
}
