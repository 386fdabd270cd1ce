//! The little DER that keys need: reading a private key strictly, writing the one form in which
//! each kind of key is stored and told.
//!
//! The library parses keys too, and checks what they mean. It is lenient where this service must
//! not be (it takes explicit curve parameters, for example, and says nothing of bytes after the
//! key), so whatever comes from outside is read here first. ITU-T X.690; RFC 5208 and RFC 5958
//! for private keys, RFC 5280 for public ones.

use crate::memory::LockedBytes;

pub(crate) const INTEGER: u8 = 0x02;
pub(crate) const BIT_STRING: u8 = 0x03;
pub(crate) const OCTET_STRING: u8 = 0x04;
pub(crate) const SEQUENCE: u8 = 0x30;
/// `[0]`, constructed: attributes of a private key, parameters of an EC private key.
pub(crate) const CONTEXT_0: u8 = 0xa0;
/// `[1]`, constructed: the public key inside an EC private key.
pub(crate) const CONTEXT_1: u8 = 0xa1;
/// `[0]`, primitive: the seed of a post-quantum private key.
pub(crate) const SEED: u8 = 0x80;
/// `[1]`, primitive: the public key of a private key, RFC 5958.
const PUBLIC_KEY: u8 = 0x81;

/// Elements one after another, the next of which is read or the reading fails.
pub(crate) struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// The content of the next element, which must have this tag. Only the shortest spelling of
    /// a length is read, as DER requires.
    pub(crate) fn element(&mut self, tag: u8) -> Option<&'a [u8]> {
        let (found, rest) = self.0.split_first()?;
        let (first, rest) = rest.split_first()?;
        let (length, rest) = match first {
            0..=0x7f => (usize::from(*first), rest),
            0x81 => {
                let (length, rest) = rest.split_first()?;
                (usize::from(*length), rest)
            }
            0x82 => {
                let (length, rest) = rest.split_first_chunk()?;
                (usize::from(u16::from_be_bytes(*length)), rest)
            }
            _ => return None,
        };
        let shortest = match first {
            0x81 => length > 0x7f,
            0x82 => length > 0xff,
            _ => true,
        };
        if *found != tag || !shortest {
            return None;
        }
        let (content, rest) = rest.split_at_checked(length)?;
        self.0 = rest;
        Some(content)
    }

    /// The next element if it has this tag.
    pub(crate) fn optional(&mut self, tag: u8) -> Result<Option<&'a [u8]>, NotDer> {
        if self.0.first() == Some(&tag) {
            self.element(tag).map(Some).ok_or(NotDer)
        } else {
            Ok(None)
        }
    }

    /// Whether the next bytes are these; they are passed over if so.
    pub(crate) fn bytes(&mut self, expected: &[u8]) -> Option<()> {
        self.0 = self.0.strip_prefix(expected)?;
        Some(())
    }

    /// That nothing is left.
    pub(crate) fn end(&self) -> Option<()> {
        self.0.is_empty().then_some(())
    }

    /// The content of one element that is all there is.
    pub(crate) fn only(bytes: &'a [u8], tag: u8) -> Option<&'a [u8]> {
        let mut reader = Self::new(bytes);
        let content = reader.element(tag)?;
        reader.end()?;
        Some(content)
    }
}

/// An element that is there and cannot be read.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct NotDer;

/// What an unencrypted PKCS#8 key carries for one algorithm.
pub(crate) struct PrivateKeyInfo<'a> {
    /// The key in the form of its algorithm.
    pub(crate) key: &'a [u8],
    /// The public key beside it, in version 2 only.
    pub(crate) public_key: Option<&'a [u8]>,
}

impl<'a> PrivateKeyInfo<'a> {
    /// Reads a key whose AlgorithmIdentifier is exactly this one, parameters included.
    ///
    /// An encrypted key has no version in front and is refused by that; bytes after the key, and
    /// members that RFC 5958 does not know, are refused too. Attributes are allowed and say
    /// nothing.
    pub(crate) fn read(bytes: &'a [u8], algorithm: &[u8]) -> Option<Self> {
        let mut info = Reader::new(Reader::only(bytes, SEQUENCE)?);
        let version = info.element(INTEGER)?;
        info.bytes(algorithm)?;
        let key = info.element(OCTET_STRING)?;
        info.optional(CONTEXT_0).ok()?;
        let public_key = match version {
            [0] => None,
            [1] => match info.optional(PUBLIC_KEY).ok()? {
                // The first byte counts unused bits, of which a key has none.
                Some(bits) => Some(bits.strip_prefix(&[0])?),
                None => None,
            },
            _ => return None,
        };
        info.end()?;
        Some(Self { key, public_key })
    }
}

/// Tag and length of an element whose content has `length` bytes.
fn heading(tag: u8, length: usize) -> Vec<u8> {
    let [.., high, low] = length.to_be_bytes();
    match length {
        0..=0x7f => vec![tag, low],
        0x80..=0xff => vec![tag, 0x81, low],
        // Nothing written here has more than 65,535 bytes.
        _ => vec![tag, 0x82, high, low],
    }
}

/// What stands around a secret: everything in front of it, the elements innermost last, and what
/// follows it inside all of them.
struct Around {
    before: Vec<u8>,
    length: usize,
}

impl Around {
    /// Around content of so many bytes there is nothing yet.
    fn content(length: usize) -> Self {
        Self {
            before: Vec::new(),
            length,
        }
    }

    /// Puts these bytes in front.
    fn after(mut self, bytes: &[u8]) -> Self {
        self.length += bytes.len();
        self.before.splice(..0, bytes.iter().copied());
        self
    }

    /// Makes all of it the content of one element.
    fn inside(self, tag: u8) -> Self {
        let heading = heading(tag, self.length);
        self.after(&heading)
    }
}

/// `PrivateKeyInfo`, version 1, around a key given in parts, in locked memory.
///
/// The tags name the elements that hold the key, outermost first, inside the OCTET STRING that
/// every such key has.
pub(crate) fn private_key_info(algorithm: &[u8], tags: &[u8], key: &[&[u8]]) -> LockedBytes {
    let mut around = Around::content(key.iter().map(|part| part.len()).sum());
    for tag in tags.iter().rev() {
        around = around.inside(*tag);
    }
    let around = around
        .inside(OCTET_STRING)
        .after(algorithm)
        .after(&[INTEGER, 1, 0])
        .inside(SEQUENCE);
    let mut parts = vec![&around.before[..]];
    parts.extend_from_slice(key);
    LockedBytes::joined(&parts)
}

/// `PrivateKeyInfo` around an `ECPrivateKey` without parameters and with the public point, as
/// OpenSSL writes it. RFC 5915, section 3.
pub(crate) fn ec_private_key_info(algorithm: &[u8], scalar: &[u8], point: &[u8]) -> LockedBytes {
    let before = [&[INTEGER, 1, 1][..], &heading(OCTET_STRING, scalar.len())].concat();
    let public = Around::content(point.len())
        .after(&[0])
        .inside(BIT_STRING)
        .inside(CONTEXT_1);
    private_key_info(
        algorithm,
        &[SEQUENCE],
        &[&before, scalar, &public.before, point],
    )
}

/// `SubjectPublicKeyInfo`.
pub(crate) fn public_key_info(algorithm: &[u8], key: &[u8]) -> Vec<u8> {
    let mut info = Around::content(key.len())
        .after(&[0])
        .inside(BIT_STRING)
        .after(algorithm)
        .inside(SEQUENCE)
        .before;
    info.extend_from_slice(key);
    info
}

/// The key inside a `SubjectPublicKeyInfo` of exactly this algorithm.
pub(crate) fn read_public_key_info<'a>(bytes: &'a [u8], algorithm: &[u8]) -> Option<&'a [u8]> {
    let mut info = Reader::new(Reader::only(bytes, SEQUENCE)?);
    info.bytes(algorithm)?;
    let bits = info.element(BIT_STRING)?;
    info.end()?;
    bits.strip_prefix(&[0])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ALGORITHM: &[u8] = &[0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70];

    #[test]
    fn lengths_have_one_spelling() {
        assert_eq!(Reader::only(&[4, 1, 9], OCTET_STRING), Some(&[9][..]));
        for (fault, bytes) in [
            ("long form of a short length", &[4, 0x81, 1, 9][..]),
            ("two bytes for a short length", &[4, 0x82, 0, 1, 9]),
            ("indefinite length", &[4, 0x80, 9, 0, 0]),
            ("three bytes of length", &[4, 0x83, 0, 0, 1, 9]),
            ("another tag", &[5, 1, 9]),
            ("content that is not there", &[4, 2, 9]),
            ("no length", &[4]),
            ("nothing", &[]),
            ("a byte too much", &[4, 1, 9, 0]),
        ] {
            assert_eq!(Reader::only(bytes, OCTET_STRING), None, "{fault}");
        }
    }

    #[test]
    fn a_private_key_is_read_only_in_its_exact_form() {
        let plain = private_key_info(ALGORITHM, &[OCTET_STRING], &[&[7; 32]]);
        let plain = plain.bytes();
        assert_eq!(plain.len(), 48);
        let info = PrivateKeyInfo::read(plain, ALGORITHM).unwrap();
        assert_eq!(Reader::only(info.key, OCTET_STRING), Some(&[7; 32][..]));
        assert!(info.public_key.is_none());

        let version_two = |unused| {
            let mut bytes = plain.to_vec();
            bytes[1] += 4;
            bytes[4] = 1;
            bytes.extend_from_slice(&[PUBLIC_KEY, 2, unused, 5]);
            bytes
        };
        let with_public = version_two(0);
        let info = PrivateKeyInfo::read(&with_public, ALGORITHM).unwrap();
        assert_eq!(info.public_key, Some(&[5][..]));

        let mut with_attributes = plain.to_vec();
        with_attributes[1] += 2;
        with_attributes.extend_from_slice(&[CONTEXT_0, 0]);
        assert!(PrivateKeyInfo::read(&with_attributes, ALGORITHM).is_some());

        let mut public_in_version_one = with_public.clone();
        public_in_version_one[4] = 0;
        let mut version_three = plain.to_vec();
        version_three[4] = 2;
        let mut trailing = plain.to_vec();
        trailing.push(0);
        let encrypted = [&[0x30, 14][..], ALGORITHM, &[OCTET_STRING, 5], &[1; 5]].concat();
        for (fault, bytes) in [
            ("a public key in version 1", public_in_version_one),
            ("unused bits in the public key", version_two(1)),
            ("version 3", version_three),
            ("a byte after the key", trailing),
            ("an encrypted key", encrypted),
        ] {
            assert!(PrivateKeyInfo::read(&bytes, ALGORITHM).is_none(), "{fault}");
        }
        assert!(PrivateKeyInfo::read(plain, &[0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x71]).is_none());
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(key in prop::collection::vec(any::<u8>(), 0..700)) {
            let info = public_key_info(ALGORITHM, &key);
            prop_assert_eq!(read_public_key_info(&info, ALGORITHM), Some(&key[..]));
            let info = private_key_info(ALGORITHM, &[], &[&key]);
            let read = PrivateKeyInfo::read(info.bytes(), ALGORITHM).map(|info| info.key);
            prop_assert_eq!(read, Some(&key[..]));
        }

        #[test]
        fn any_bytes_are_read_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..99)) {
            let _ = PrivateKeyInfo::read(&bytes, ALGORITHM);
            let _ = read_public_key_info(&bytes, ALGORITHM);
        }
    }
}
