//! Matching ARNs part by part: a wildcard does not run over a colon, but in the last part.

use strongroom_model::pieces::fields;

use super::pattern::{Atom, Case, Pattern};

/// The six parts of an ARN; the last one may have colons of its own.
pub(super) fn parts(arn: &str) -> Option<[&str; 6]> {
    fields(arn, b':')
}

/// An ARN with wildcards.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ArnPattern([Pattern; 6]);

impl ArnPattern {
    /// The pattern, or nothing for what has fewer than six parts.
    pub(super) fn from_atoms(atoms: &[Atom]) -> Option<Self> {
        let mut fields = atoms.splitn(6, |atom| *atom == Atom::Char(':'));
        let mut next = || {
            let field = fields.next()?;
            Some(Pattern::from_atoms(field.iter().copied(), Case::Sensitive))
        };
        let parts = [next()?, next()?, next()?, next()?, next()?, next()?];
        Some(Self(parts))
    }

    pub(super) fn matches(&self, arn: &[&str; 6]) -> bool {
        let mut pairs = self.0.iter().zip(arn);
        pairs.all(|(pattern, part)| pattern.matches(part))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wildcards_stay_within_their_part() {
        let check = |pattern: &str, arn: &str, expected: bool| {
            let atoms: Vec<Atom> = pattern.chars().map(Atom::from).collect();
            let matches = ArnPattern::from_atoms(&atoms)
                .zip(parts(arn))
                .is_some_and(|(pattern, parts)| pattern.matches(&parts));
            assert_eq!(matches, expected, "{pattern} {arn}");
        };
        check("arn:aws:iam::1:user/*", "arn:aws:iam::1:user/a/b:c", true);
        check("arn:*:iam:*:?:*", "arn:aws:iam::1:user/a", true);
        check("arn:aws:iam:*:user/a", "arn:aws:iam::1:user/a", false);
        check("arn:aws:*", "arn:aws:iam::1:user/a", false);
        check("*", "arn:aws:iam::1:user/a", false);
        check("arn:aws:iam::1:*", "alice", false);
        check("arn:aws:IAM::1:*", "arn:aws:iam::1:user/a", false);
    }
}
