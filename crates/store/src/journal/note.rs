//! Signed notes, and the keys that sign them. C2SP, "signed-note".
//!
//! A note is a text of lines, an empty line, and one line for each signature:
//! `— <name> <base64(key id || signature)>`. A key id is the first four bytes of
//! `SHA-256(name || 0x0a || kind || public key)`; it finds the key among those that are trusted
//! and proves nothing. A key is told as `<name>+<key id in hex>+<base64(kind || public key)>`.
//!
//! Ed25519 is the kind `0x01`. ML-DSA-65 has no number there, so it is `0xff` and a name of our
//! own, as that page wants it. Both sign the text itself, its last newline included.

use base64::{Engine as _, engine::general_purpose::STANDARD};

use super::{Seq, state::hash};

/// What an ML-DSA-65 key is told by, after the byte 0xff.
const ML_DSA_65: &[u8] = b"strongroom/ml-dsa-65/v1";
/// Bytes of a note at most: two signatures of each of many keys. Ours.
pub(super) const NOTE_BYTES: usize = 64 << 10;

/// How a key signs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NoteKeyKind {
    /// RFC 8032.
    Ed25519,
    /// FIPS 204, with an empty context.
    MlDsa65,
}

impl NoteKeyKind {
    /// The name for people.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Ed25519 => "Ed25519",
            Self::MlDsa65 => "ML-DSA-65",
        }
    }

    fn prefix(self) -> Vec<u8> {
        match self {
            Self::Ed25519 => vec![0x01],
            Self::MlDsa65 => [&[0xff], ML_DSA_65].concat(),
        }
    }

    fn public_key_bytes(self) -> usize {
        match self {
            Self::Ed25519 => 32,
            Self::MlDsa65 => 1952,
        }
    }

    fn signature_bytes(self) -> usize {
        match self {
            Self::Ed25519 => 64,
            Self::MlDsa65 => 3309,
        }
    }
}

/// The public half of a key that signs notes, under the name that it signs for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoteKey {
    /// The name.
    pub name: String,
    /// How it signs.
    pub kind: NoteKeyKind,
    /// The public key: 32 bytes of Ed25519, 1,952 of ML-DSA-65.
    pub public_key: Vec<u8>,
}

impl NoteKey {
    /// The id by which a signature names it.
    #[must_use]
    pub fn id(&self) -> [u8; 4] {
        let prefix = self.kind.prefix();
        let bytes = [self.name.as_bytes(), b"\n", &prefix, &self.public_key].concat();
        let [a, b, c, d, ..] = hash(&bytes);
        [a, b, c, d]
    }

    /// Reads a key as [`Display`](std::fmt::Display) prints it.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let mut parts = text.splitn(3, '+');
        let (Some(name), Some(id), Some(key)) = (parts.next(), parts.next(), parts.next()) else {
            return Err("a key is NAME+ID+KEY");
        };
        if name.is_empty() || name.contains(char::is_whitespace) {
            return Err("it has no name");
        }
        let bytes = STANDARD.decode(key).map_err(|_| "its key is not base64")?;
        let key = [NoteKeyKind::Ed25519, NoteKeyKind::MlDsa65]
            .into_iter()
            .find_map(|kind| {
                let public_key = bytes.strip_prefix(&kind.prefix()[..])?;
                (public_key.len() == kind.public_key_bytes()).then(|| Self {
                    name: name.to_owned(),
                    kind,
                    public_key: public_key.to_vec(),
                })
            })
            .ok_or("it is neither an Ed25519 key nor one of ML-DSA-65")?;
        if hex(&key.id()) != id {
            return Err("its id is not that of its key");
        }
        Ok(key)
    }
}

impl std::fmt::Display for NoteKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let bytes = [&self.kind.prefix()[..], &self.public_key].concat();
        let key = STANDARD.encode(bytes);
        write!(f, "{}+{}+{key}", self.name, hex(&self.id()))
    }
}

/// One signature of a note.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoteSignature {
    /// Who signed.
    pub name: String,
    /// With which key.
    pub key_id: [u8; 4],
    /// The signature.
    pub bytes: Vec<u8>,
}

impl NoteSignature {
    /// A signature that `key` made.
    #[must_use]
    pub fn by(key: &NoteKey, bytes: Vec<u8>) -> Self {
        Self {
            name: key.name.clone(),
            key_id: key.id(),
            bytes,
        }
    }
}

/// A text and its signatures, none of which was checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// The text, its last newline included.
    pub text: String,
    /// Its signatures.
    pub signatures: Vec<NoteSignature>,
}

impl Note {
    /// Reads a note.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(note: &str) -> Result<Self, &'static str> {
        if note.len() > NOTE_BYTES {
            return Err("it is longer than a note");
        }
        let (text, signatures) = note.rsplit_once("\n\n").ok_or("it is not signed")?;
        let signatures = signatures
            .strip_suffix('\n')
            .ok_or("its last line is cut off")?
            .split('\n')
            .map(|line| {
                let (name, encoded) = line.strip_prefix("— ")?.split_once(' ')?;
                let bytes = STANDARD.decode(encoded).ok()?;
                let (key_id, signature) = bytes.split_first_chunk()?;
                Some(NoteSignature {
                    name: name.to_owned(),
                    key_id: *key_id,
                    bytes: signature.to_vec(),
                })
            })
            .collect::<Option<Vec<_>>>()
            .ok_or("a line of its signatures is not one")?;
        let text = format!("{text}\n");
        Ok(Self { text, signatures })
    }
}

impl std::fmt::Display for Note {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(f, "{}", self.text)?;
        for signature in &self.signatures {
            let bytes = [&signature.key_id[..], &signature.bytes].concat();
            writeln!(f, "— {} {}", signature.name, STANDARD.encode(bytes))?;
        }
        Ok(())
    }
}

/// Whether a signature of a text verifies: kind of key, public key, text, signature.
pub type CheckSignature = fn(NoteKeyKind, &[u8], &[u8], &[u8]) -> bool;

/// Which checkpoints a key signs, by their sizes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Term {
    /// The smallest; 0 when nothing is said about it.
    pub first: Seq,
    /// The largest; none while it signs, or when nothing is said about it.
    pub last: Option<Seq>,
}

impl Term {
    fn holds(self, size: Seq) -> bool {
        self.first <= size && self.last.is_none_or(|last| size <= last)
    }

    /// Reads `1-25` or `26-`.
    fn parse(text: &str) -> Option<Self> {
        let (first, last) = text.split_once('-')?;
        let last = match last {
            "" => None,
            last => Some(number(last)?),
        };
        let first = number(first).filter(|first| *first > 0)?;
        last.is_none_or(|last| first <= last)
            .then_some(Self { first, last })
    }
}

/// A key that is trusted, and for which checkpoints.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrustedKey {
    /// The key.
    pub key: NoteKey,
    /// Which checkpoints it signs.
    pub term: Term,
}

impl TrustedKey {
    /// Reads a key, and behind a space its term, as [`Display`](std::fmt::Display) prints them.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let (key, term) = match text.split_once(' ') {
            None => (text, Term::default()),
            Some((key, term)) => {
                let term = Term::parse(term).ok_or("its term is not FIRST-LAST or FIRST-")?;
                (key, term)
            }
        };
        let key = NoteKey::parse(key)?;
        Ok(Self { key, term })
    }
}

impl std::fmt::Display for TrustedKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { key, term } = self;
        match term {
            Term { first: 0, .. } => write!(f, "{key}"),
            Term { first, last: None } => write!(f, "{key} {first}-"),
            Term {
                first,
                last: Some(last),
            } => write!(f, "{key} {first}-{last}"),
        }
    }
}

/// The keys that whoever verifies trusts.
#[derive(Clone, Debug)]
pub struct TrustedKeys {
    keys: Vec<TrustedKey>,
    check: CheckSignature,
}

impl TrustedKeys {
    /// These keys for all checkpoints, and how a signature is checked.
    #[must_use]
    pub fn new(keys: Vec<NoteKey>, check: CheckSignature) -> Self {
        let always = |key| TrustedKey {
            key,
            term: Term::default(),
        };
        Self::with_terms(keys.into_iter().map(always).collect(), check)
    }

    /// These keys, each for its checkpoints.
    #[must_use]
    pub fn with_terms(keys: Vec<TrustedKey>, check: CheckSignature) -> Self {
        Self { keys, check }
    }

    /// Reads a file of keys, one on each line. Empty lines and those that begin with `#` are
    /// passed over.
    ///
    /// # Errors
    /// The line that is not a key, counted from 1, and what is wrong with it; line 0 when there
    /// is no key.
    pub fn parse(text: &str, check: CheckSignature) -> Result<Self, (usize, &'static str)> {
        let mut keys = Vec::new();
        for (at, line) in text.lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            keys.push(TrustedKey::parse(line).map_err(|what| (at + 1, what))?);
        }
        if keys.is_empty() {
            return Err((0, "there is no key in it"));
        }
        Ok(Self { keys, check })
    }

    /// The keys.
    #[must_use]
    pub fn keys(&self) -> &[TrustedKey] {
        &self.keys
    }

    /// Whether one of the keys is of this name.
    #[must_use]
    pub(super) fn know(&self, name: &str) -> bool {
        self.keys.iter().any(|trusted| trusted.key.name == name)
    }

    /// Whether it is said who signs the checkpoint of this size, whatever a hand-over in the
    /// checkpoint of `since` records says.
    pub(super) fn decide(&self, size: Seq, since: Seq) -> bool {
        self.keys.iter().any(|TrustedKey { term, .. }| {
            term.holds(size) && (term.last.is_some() || term.first > since)
        })
    }

    /// Other keys, whose signatures are checked in the same way.
    pub(super) fn others(&self, keys: Vec<NoteKey>) -> Self {
        Self::new(keys, self.check)
    }

    /// Checks the note of a checkpoint of that size: for every kind of key that is trusted, one
    /// of that kind whose term it is has signed it. So a signature cannot be left out either.
    ///
    /// # Errors
    /// What is wrong.
    pub fn verify(&self, note: &Note, size: Seq) -> Result<(), String> {
        for kind in [NoteKeyKind::Ed25519, NoteKeyKind::MlDsa65] {
            let of_kind = |trusted: &&TrustedKey| trusted.key.kind == kind;
            let mut trusted = self.keys.iter().filter(of_kind).peekable();
            if trusted.peek().is_none() {
                continue;
            }
            let mut trusted = trusted.filter(|trusted| trusted.term.holds(size));
            let signed = trusted.any(|TrustedKey { key, .. }| {
                let id = key.id();
                let by_key = |signature: &&NoteSignature| {
                    signature.name == key.name
                        && signature.key_id == id
                        && signature.bytes.len() == kind.signature_bytes()
                };
                note.signatures.iter().filter(by_key).any(|signature| {
                    let text = note.text.as_bytes();
                    (self.check)(kind, &key.public_key, text, &signature.bytes)
                })
            });
            if !signed {
                let kind = kind.name();
                return Err(format!("no trusted {kind} key has signed it"));
            }
        }
        Ok(())
    }
}

/// A decimal number without signs or zeros in front.
pub(super) fn number(text: &str) -> Option<u64> {
    let number: u64 = text.parse().ok()?;
    (number.to_string() == text).then_some(number)
}

/// Lower-case hexadecimal digits.
pub(super) fn hex(bytes: &[u8]) -> String {
    let mut text = Vec::with_capacity(2 * bytes.len());
    super::entry::push_hex(bytes, &mut text);
    String::from_utf8(text).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The key and the note of the documentation of C2SP's signed notes and of Go's
    /// `golang.org/x/mod/sumdb/note`.
    #[test]
    fn published_keys_and_notes_are_read_and_printed() {
        let text = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
        let key = NoteKey::parse(text).unwrap();
        assert_eq!((key.kind, key.public_key.len()), (NoteKeyKind::Ed25519, 32));
        assert_eq!(key.to_string(), text);
        let note = "If you think cryptography is the answer to your problem,\n\
                    then you don't know what your problem is.\n\n\
                    — PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";
        let read = Note::parse(note).unwrap();
        assert_eq!(read.signatures[0].key_id, key.id());
        assert_eq!(read.to_string(), note);
        let check: CheckSignature = |kind, key, text, signature| {
            use aws_lc_rs::signature::{ED25519, UnparsedPublicKey};
            let key = UnparsedPublicKey::new(&ED25519, key);
            kind == NoteKeyKind::Ed25519 && key.verify(text, signature).is_ok()
        };
        let trusted = TrustedKeys::new(vec![key], check);
        assert_eq!(trusted.verify(&read, 1), Ok(()));
        let forged = Note {
            text: read.text.replace("answer", "answers"),
            ..read.clone()
        };
        assert!(trusted.verify(&forged, 1).is_err());
        let unsigned = Note {
            signatures: Vec::new(),
            ..read
        };
        assert_eq!(
            trusted.verify(&unsigned, 1),
            Err("no trusted Ed25519 key has signed it".to_owned())
        );
    }

    #[test]
    fn every_kind_that_is_trusted_has_to_sign() {
        let key = |kind: NoteKeyKind| NoteKey {
            name: "log".to_owned(),
            kind,
            public_key: vec![7; kind.public_key_bytes()],
        };
        let (ed, ml) = (key(NoteKeyKind::Ed25519), key(NoteKeyKind::MlDsa65));
        for key in [&ed, &ml] {
            assert_eq!(NoteKey::parse(&key.to_string()).as_ref(), Ok(key));
        }
        let check: CheckSignature = |_, _, _, _| true;
        let both = TrustedKeys::new(vec![ed.clone(), ml.clone()], check);
        let mut note = Note {
            text: "x\n".to_owned(),
            signatures: vec![NoteSignature::by(&ed, vec![0; 64])],
        };
        assert_eq!(
            both.verify(&note, 1),
            Err("no trusted ML-DSA-65 key has signed it".to_owned())
        );
        note.signatures.push(NoteSignature::by(&ml, vec![0; 3309]));
        assert_eq!(both.verify(&note, 1), Ok(()));
        assert_eq!(Note::parse(&note.to_string()), Ok(note));
    }

    #[test]
    fn what_is_no_key_is_refused() {
        let good = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
        for bad in [
            "",
            "PeterNeumann",
            &good.replace("c74f20a3", "c74f20a4"),
            &good.replace("PeterNeumann", "Peter"),
            &good.replace("+ARpc", "+AR"),
            &good.replace("ARpc", "Ahpc"),
        ] {
            assert!(NoteKey::parse(bad).is_err(), "{bad}");
        }
        let check: CheckSignature = |_, _, _, _| false;
        assert_eq!(TrustedKeys::parse("# none\n\n", check).unwrap_err().0, 0);
        let file = format!("# keys\n{good}\nx\n");
        assert_eq!(TrustedKeys::parse(&file, check).unwrap_err().0, 3);
    }
}
