//! Works out, for each regular expression of the model, the automaton that matches it.
//!
//! The expressions are few and simple, so this understands just what they use: literals,
//! escapes, classes, groups, alternatives and repetition. Each place in an expression where a
//! character is taken becomes a state (Glushkov's construction), and 64 states are enough for
//! all of them once `{11,16}` is written out. Classes mean what they mean in Java: `\w`, `\d`
//! and `\s` are ASCII. `^` and `$` say nothing, since a text is matched as a whole.

use anyhow::{Context as _, bail, ensure};
use proc_macro2::{Literal, TokenStream};
use quote::quote;

type Range = (char, char);

/// An expression as a tree.
#[derive(Clone, Debug)]
enum Node {
    Empty,
    Class(Vec<Range>),
    Sequence(Vec<Node>),
    Either(Vec<Node>),
    /// At least so many times, and at most so many, if there is a limit.
    Repeat(Box<Node>, u32, Option<u32>),
}

/// The automaton of an expression; sets of places are bits.
#[derive(Default)]
struct Automaton {
    places: Vec<Vec<Range>>,
    follow: Vec<u64>,
}

/// What a part of an expression may begin and end with, and whether it may be empty.
#[derive(Clone, Copy)]
struct Ends {
    first: u64,
    last: u64,
    empty: bool,
}

impl Ends {
    const NOTHING: Self = Self {
        first: 0,
        last: 0,
        empty: true,
    };
}

/// The value of a `Pattern` for an expression.
pub(crate) fn pattern(expression: &str) -> anyhow::Result<TokenStream> {
    let context = || format!("pattern {expression}");
    let (automaton, ends) = automaton(expression).with_context(context)?;
    let places = automaton.places.iter().map(|class| {
        let ranges = class.iter().map(|(from, to)| quote!((#from, #to)));
        quote!(&[#(#ranges),*])
    });
    let set = |places: u64| Literal::u64_unsuffixed(places);
    let follow = automaton.follow.iter().map(|places| set(*places));
    let (first, last, empty) = (set(ends.first), set(ends.last), ends.empty);
    Ok(quote! {
        Pattern {
            text: #expression,
            places: &[#(#places),*],
            follow: &[#(#follow),*],
            first: #first,
            last: #last,
            empty: #empty,
        }
    })
}

fn automaton(expression: &str) -> anyhow::Result<(Automaton, Ends)> {
    let mut parser = Parser {
        rest: expression.chars().collect(),
        at: 0,
    };
    let tree = parser.either()?;
    ensure!(parser.at == parser.rest.len(), "an unopened group");
    let mut automaton = Automaton::default();
    let ends = automaton.add(&tree)?;
    Ok((automaton, ends))
}

impl Automaton {
    fn add(&mut self, node: &Node) -> anyhow::Result<Ends> {
        match node {
            Node::Empty => Ok(Ends::NOTHING),
            Node::Class(ranges) => {
                ensure!(self.places.len() < 64, "more than 64 places");
                let here = 1 << self.places.len();
                self.places.push(ranges.clone());
                self.follow.push(0);
                Ok(Ends {
                    first: here,
                    last: here,
                    empty: false,
                })
            }
            Node::Sequence(nodes) => nodes.iter().try_fold(Ends::NOTHING, |before, node| {
                let next = self.add(node)?;
                Ok(self.join(before, next))
            }),
            Node::Either(nodes) => {
                let mut all = Ends {
                    empty: false,
                    ..Ends::NOTHING
                };
                for node in nodes {
                    let one = self.add(node)?;
                    all.first |= one.first;
                    all.last |= one.last;
                    all.empty |= one.empty;
                }
                Ok(all)
            }
            Node::Repeat(node, min, max) => self.repeat(node, *min, *max),
        }
    }

    fn join(&mut self, before: Ends, next: Ends) -> Ends {
        self.link(before.last, next.first);
        Ends {
            first: before.first | if before.empty { next.first } else { 0 },
            last: next.last | if next.empty { before.last } else { 0 },
            empty: before.empty && next.empty,
        }
    }

    fn link(&mut self, from: u64, to: u64) {
        for (place, follow) in self.follow.iter_mut().enumerate() {
            if from & (1 << place) != 0 {
                *follow |= to;
            }
        }
    }

    /// Writes a repetition out: as often as it has to be, then optional ones up to the limit.
    fn repeat(&mut self, node: &Node, min: u32, max: Option<u32>) -> anyhow::Result<Ends> {
        let mut all = Ends::NOTHING;
        // Without a limit the last copy loops, so there has to be one.
        let copies = max.unwrap_or_else(|| min.max(1));
        for copy in 0..copies {
            let mut one = self.add(node)?;
            if max.is_none() && copy + 1 == copies {
                self.link(one.last, one.first);
            }
            one.empty |= copy >= min;
            all = self.join(all, one);
        }
        Ok(all)
    }
}

struct Parser {
    rest: Vec<char>,
    at: usize,
}

impl Parser {
    fn peek(&self) -> Option<char> {
        self.rest.get(self.at).copied()
    }

    fn take(&mut self) -> anyhow::Result<char> {
        let next = self.peek().context("the expression ends too early")?;
        self.at += 1;
        Ok(next)
    }

    fn takes(&mut self, wanted: char) -> bool {
        let found = self.peek() == Some(wanted);
        self.at += usize::from(found);
        found
    }

    fn either(&mut self) -> anyhow::Result<Node> {
        let mut nodes = vec![self.sequence()?];
        while self.takes('|') {
            nodes.push(self.sequence()?);
        }
        Ok(Node::Either(nodes))
    }

    fn sequence(&mut self) -> anyhow::Result<Node> {
        let mut nodes = Vec::new();
        while !matches!(self.peek(), None | Some('|' | ')')) {
            let node = self.one()?;
            nodes.push(self.repeated(node)?);
        }
        Ok(Node::Sequence(nodes))
    }

    fn one(&mut self) -> anyhow::Result<Node> {
        Ok(match self.take()? {
            '^' | '$' => Node::Empty,
            '(' => {
                ensure!(self.peek() != Some('?'), "a special group");
                let node = self.either()?;
                ensure!(self.takes(')'), "a group without its end");
                node
            }
            '[' => Node::Class(self.class()?),
            '\\' => Node::Class(self.escape()?),
            // Everything but Java's line terminators.
            '.' => Node::Class(vec![
                ('\0', '\u{9}'),
                ('\u{b}', '\u{c}'),
                ('\u{e}', '\u{84}'),
                ('\u{86}', '\u{2027}'),
                ('\u{202a}', char::MAX),
            ]),
            special @ ('*' | '+' | '?' | '{') => bail!("{special} repeats nothing"),
            letter => Node::Class(vec![(letter, letter)]),
        })
    }

    fn repeated(&mut self, node: Node) -> anyhow::Result<Node> {
        let (min, max) = match self.peek() {
            Some('*') => (0, None),
            Some('+') => (1, None),
            Some('?') => (0, Some(1)),
            Some('{') => {
                self.at += 1;
                let min = self.number()?;
                let max = if self.takes(',') { self.number()? } else { min };
                ensure!(self.peek() == Some('}'), "a repetition without its end");
                (min, Some(max))
            }
            _ => return Ok(node),
        };
        self.at += 1;
        let greedy = !matches!(self.peek(), Some('?' | '+' | '*'));
        ensure!(greedy, "a reluctant or possessive repetition");
        Ok(Node::Repeat(Box::new(node), min, max))
    }

    fn number(&mut self) -> anyhow::Result<u32> {
        let mut digits = String::new();
        while let Some(digit) = self.peek().filter(char::is_ascii_digit) {
            digits.push(digit);
            self.at += 1;
        }
        digits.parse().context("a number")
    }

    fn class(&mut self) -> anyhow::Result<Vec<Range>> {
        ensure!(self.peek() != Some('^'), "a negated class");
        let mut ranges = Vec::new();
        while !self.takes(']') {
            let from = self.class_part()?;
            let ends_range = self.rest.get(self.at + 1).is_some_and(|c| *c != ']');
            match from[..] {
                [(from, to)] if from == to && self.peek() == Some('-') && ends_range => {
                    self.at += 1;
                    match self.class_part()?[..] {
                        [(last, same)] if last == same && from <= last => {
                            ranges.push((from, last));
                        }
                        _ => bail!("a range without its end"),
                    }
                }
                _ => ranges.extend(from),
            }
        }
        Ok(ranges)
    }

    fn class_part(&mut self) -> anyhow::Result<Vec<Range>> {
        match self.take()? {
            '\\' => self.escape(),
            special @ ('[' | '&') => bail!("{special} in a class"),
            letter => Ok(vec![(letter, letter)]),
        }
    }

    fn escape(&mut self) -> anyhow::Result<Vec<Range>> {
        Ok(match self.take()? {
            'd' => vec![('0', '9')],
            'w' => vec![('a', 'z'), ('A', 'Z'), ('0', '9'), ('_', '_')],
            's' => vec![('\t', '\r'), (' ', ' ')],
            'u' => {
                let mut code = 0;
                for _ in 0..4 {
                    let digit = self.take()?.to_digit(16).context("a hexadecimal digit")?;
                    code = code * 16 + digit;
                }
                let letter = char::from_u32(code).context("a character")?;
                vec![(letter, letter)]
            }
            'p' => {
                for letter in "{ASCII}".chars() {
                    ensure!(self.takes(letter), "a property other than ASCII");
                }
                vec![('\0', '\u{7f}')]
            }
            letter if letter.is_ascii_alphanumeric() => bail!("escape \\{letter}"),
            letter => vec![(letter, letter)],
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(expression: &str, text: &str) -> bool {
        let (automaton, ends) = automaton(expression).unwrap();
        let mut possible = ends.first;
        let mut complete = ends.empty;
        for letter in text.chars() {
            let (mut reached, mut next) = (0, 0);
            for (place, class) in automaton.places.iter().enumerate() {
                let taken = class
                    .iter()
                    .any(|(from, to)| (*from..=*to).contains(&letter));
                if possible & (1 << place) != 0 && taken {
                    reached |= 1 << place;
                    next |= automaton.follow[place];
                }
            }
            complete = reached & ends.last != 0;
            possible = next;
        }
        complete
    }

    fn check(expression: &str, yes: &[&str], no: &[&str]) {
        for text in yes {
            assert!(matches(expression, text), "{expression} matches {text:?}");
        }
        for text in no {
            assert!(
                !matches(expression, text),
                "{expression} does not match {text:?}"
            );
        }
    }

    #[test]
    fn classes_mean_what_they_mean_in_java() {
        check(r"[\w]+", &["default", "a_9"], &["", "ä", "a-b"]);
        check(r"^[a-zA-Z0-9-_.]+$", &["a-b_c.d"], &["", "a b", "a\n"]);
        check(r"^[\w+=,.@:/-]+$", &["a-b/c@d"], &["a b", "ä"]);
        check(r"[\u0020-\u00FF]*", &["", "ÿ ~"], &["\t", "Ā"]);
        check(
            r"[\u0009\u000A\u000D\u0020-\u00FF]+",
            &["\t\r\n{}"],
            &["", "\u{b}"],
        );
        check(r"^[a-zA-Z0-9:/_\s.-]+$", &["a b\u{b}c"], &["", "a\u{a0}b"]);
        check(r"^\p{ASCII}+$", &["\0 ~\u{7f}"], &["", "é"]);
        check(
            r"^.+$",
            &["x\u{85}"; 0],
            &["", "a\nb", "a\u{85}", "\u{2028}"],
        );
    }

    #[test]
    fn repetitions_are_counted() {
        check(
            r"[0-9]{12}",
            &["012345678901"],
            &["", "01234567890", "0123456789012"],
        );
        check(
            "cluster-[2-7a-zA-Z]{11,16}",
            &["cluster-abcdefghijk", "cluster-abcdefghijklmnop"],
            &[
                "cluster-abcdefghij",
                "cluster-abcdefghijklmnopq",
                "cluster-0bcdefghijk",
            ],
        );
        let region = r"^([a-z]+-){2,3}\d+$";
        check(
            region,
            &["us-east-1", "us-gov-west-12"],
            &["us-1", "us-east-", "a-b-c-d-1"],
        );
    }

    #[test]
    fn groups_and_alternatives_nest() {
        check(
            r"^(/[a-zA-Z0-9\/_-]+/kms/xks/v\d{1,2})$|^(/kms/xks/v\d{1,2})$",
            &["/kms/xks/v1", "/a/b/kms/xks/v12", "//kms/xks/kms/xks/v1"],
            &["/kms/xks/v", "/kms/xks/v123", "kms/xks/v1", "//kms/xks/v1/"],
        );
        check(
            r"^([A-Za-z0-9\-]+)\.([A-Za-z0-9\-]+)(\.[A-Za-z0-9\-]+)+$",
            &["a.b.c", "ec2.eu-west-1.amazonaws.com"],
            &["a.b", "a..c", "a.b.c."],
        );
        check(
            r"^(com|eu)\.amazonaws\.vpce\.([a-z]+-){2,3}\d+\.vpce-svc-[0-9a-z]+$",
            &[
                "com.amazonaws.vpce.us-east-1.vpce-svc-0a",
                "eu.amazonaws.vpce.a-b-1.vpce-svc-z",
            ],
            &[
                "de.amazonaws.vpce.us-east-1.vpce-svc-0a",
                "com.amazonaws.vpce.us-1.vpce-svc-0",
            ],
        );
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        for expression in [
            "(?!a)b", "[^a]", r"\bword", "a+?", "a{2", "(a", "a)", "[a&&b]",
        ] {
            assert!(automaton(expression).is_err(), "{expression}");
        }
    }
}
