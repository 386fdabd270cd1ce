//! What server and helper say to each other: frames of JSON, each with its length in front.
//!
//! ```text
//! 0  4  length of the rest, big-endian, at most 64 KiB
//! 4  n  JSON: a request or an answer
//! ```
//!
//! A password and random bytes pass through here. Both ends hold frames in memory that is wiped;
//! base64 is read and written without another copy.

use std::borrow::Cow;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use zeroize::Zeroizing;

/// Bytes of a frame at most. An inner layer of 4,112 bytes fits several times.
pub(super) const FRAME_BYTES: usize = 64 << 10;

/// Something to do.
#[derive(Serialize, Deserialize)]
pub(super) struct Request<'a> {
    /// The answer has the same number.
    pub(super) id: u64,
    #[serde(borrow)]
    pub(super) verb: Verb<'a>,
}

/// What there is to do.
#[derive(Clone, Copy, Serialize, Deserialize)]
pub(super) enum Verb<'a> {
    /// Look for the token and its mechanisms.
    Check,
    /// Log in; `anew` even if somebody is logged in, so that the password is tried.
    LogIn {
        #[serde(borrow)]
        pin: Bytes<'a>,
        anew: bool,
    },
    /// Make an AES key.
    CreateKey {
        label: &'a str,
        #[serde(borrow)]
        id: Bytes<'a>,
    },
    /// Remove a key.
    DeleteKey { label: &'a str },
    /// Encrypt with AES-GCM; an initialization vector of zeros is the module's to choose.
    Encrypt {
        label: &'a str,
        #[serde(borrow)]
        iv: Bytes<'a>,
        #[serde(borrow)]
        data: Bytes<'a>,
        #[serde(borrow)]
        aad: Bytes<'a>,
    },
    /// Decrypt with AES-GCM.
    Decrypt {
        label: &'a str,
        #[serde(borrow)]
        iv: Bytes<'a>,
        #[serde(borrow)]
        data: Bytes<'a>,
        #[serde(borrow)]
        aad: Bytes<'a>,
    },
    /// Draw random bytes.
    Random { length: usize },
}

/// What became of a request.
#[derive(Serialize, Deserialize)]
pub(super) struct Answer {
    pub(super) id: u64,
    pub(super) outcome: Result<Done, Fault>,
}

/// What a request gave.
#[derive(Default, Serialize, Deserialize)]
pub(super) struct Done {
    pub(super) data: Wiped,
    /// The initialization vector that was used.
    pub(super) iv: Wiped,
}

/// Why it gave nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Fault {
    /// The module or its token is not there.
    NotFound,
    /// A mechanism or a right is missing.
    InvalidConfiguration,
    IncorrectPassword,
    LockedOut,
    NoUser,
    LoggedInElsewhere,
    NotLoggedIn,
    NoObject,
    InvalidCiphertext,
    NoSession,
    /// The device failed; the helper ends with this answer, so that the module begins anew.
    Device,
    Internal,
    /// The helper is not there any more. Never sent.
    Gone,
}

/// Bytes in a request: lent on one side, base64 in the frame on the other.
#[derive(Clone, Copy)]
pub(super) enum Bytes<'a> {
    Lent(&'a [u8]),
    Encoded(&'a str),
}

impl<'a> Bytes<'a> {
    pub(super) fn lend(bytes: &'a [u8]) -> Self {
        Self::Lent(bytes)
    }

    /// The bytes, in memory that is wiped.
    pub(super) fn to_wiped(self) -> Option<Zeroizing<Vec<u8>>> {
        match self {
            Self::Lent(bytes) => Some(Zeroizing::new(bytes.to_vec())),
            Self::Encoded(text) => decode(text),
        }
    }
}

impl Serialize for Bytes<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Lent(bytes) => serializer.serialize_str(&Zeroizing::new(STANDARD.encode(bytes))),
            Self::Encoded(text) => serializer.serialize_str(text),
        }
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Bytes<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        <&str>::deserialize(deserializer).map(Self::Encoded)
    }
}

/// Bytes that are wiped when they are dropped.
#[derive(Default)]
pub(super) struct Wiped(Zeroizing<Vec<u8>>);

impl Wiped {
    pub(super) fn new(bytes: Vec<u8>) -> Self {
        Self(Zeroizing::new(bytes))
    }

    pub(super) fn as_slice(&self) -> &[u8] {
        &self.0
    }
}

impl Serialize for Wiped {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Bytes::lend(&self.0).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Wiped {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // Without escapes, which base64 has none of, the reader lends the text of the frame.
        let text = Cow::from(<&str>::deserialize(deserializer)?);
        let bytes = decode(&text).ok_or_else(|| D::Error::custom("it is not base64"))?;
        Ok(Self(bytes))
    }
}

fn decode(text: &str) -> Option<Zeroizing<Vec<u8>>> {
    // The room is there from the beginning: a vector that grew would leave a copy behind.
    let mut bytes = Zeroizing::new(Vec::with_capacity(text.len() / 4 * 3 + 3));
    STANDARD.decode_vec(text, &mut bytes).ok()?;
    Some(bytes)
}

/// A frame with its length in front.
pub(super) fn frame(message: &impl Serialize) -> Option<Zeroizing<Vec<u8>>> {
    let mut frame = Zeroizing::new(Vec::with_capacity(FRAME_BYTES));
    frame.extend_from_slice(&[0; 4]);
    serde_json::to_writer(&mut *frame, message).ok()?;
    let length = frame.len().checked_sub(4)?;
    if length > FRAME_BYTES {
        return None;
    }
    let length = u32::try_from(length).ok()?.to_be_bytes();
    frame.first_chunk_mut::<4>()?.copy_from_slice(&length);
    Some(frame)
}

/// The length that a frame says it has, if it keeps the bound.
pub(super) fn length_of(head: [u8; 4]) -> Option<usize> {
    usize::try_from(u32::from_be_bytes(head))
        .ok()
        .filter(|length| *length <= FRAME_BYTES)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_framed_reads_back() {
        let verb = Verb::Encrypt {
            label: "arn:aws:kms:us-east-1:111122223333:key/1",
            iv: Bytes::lend(&[1; 12]),
            data: Bytes::lend(b"inner"),
            aad: Bytes::lend(b""),
        };
        let frame = frame(&Request { id: 7, verb }).unwrap();
        let (head, body) = frame.split_first_chunk::<4>().unwrap();
        assert_eq!(length_of(*head), Some(body.len()));
        let request: Request<'_> = serde_json::from_slice(body).unwrap();
        let Verb::Encrypt { iv, data, aad, .. } = request.verb else {
            panic!("another verb");
        };
        assert_eq!(request.id, 7);
        assert_eq!(*iv.to_wiped().unwrap(), [1; 12]);
        assert_eq!(*data.to_wiped().unwrap(), *b"inner");
        assert_eq!(*aad.to_wiped().unwrap(), *b"");
    }

    #[test]
    fn an_answer_reads_back() {
        for outcome in [
            Ok(Done {
                data: Wiped::new(b"data".to_vec()),
                iv: Wiped::default(),
            }),
            Err(Fault::NoSession),
        ] {
            let answer = Answer { id: 1, outcome };
            let frame = frame(&answer).unwrap();
            let back: Answer = serde_json::from_slice(frame.get(4..).unwrap()).unwrap();
            match (answer.outcome, back.outcome) {
                (Ok(sent), Ok(got)) => assert_eq!(sent.data.as_slice(), got.data.as_slice()),
                (Err(sent), Err(got)) => assert_eq!(sent, got),
                _ => panic!("another outcome"),
            }
        }
    }

    #[test]
    fn a_frame_that_is_too_long_is_neither_written_nor_read() {
        let data = vec![0; FRAME_BYTES];
        let verb = Verb::LogIn {
            pin: Bytes::lend(&data),
            anew: true,
        };
        assert!(frame(&Request { id: 1, verb }).is_none());
        assert_eq!(length_of([0xff; 4]), None);
    }
}
