//! How a stored value is framed, and how it shows that nobody altered it.
//!
//! ```text
//! format u8 = 1 | row version u64 be | integrity key version u32 be | payload | tag 32 bytes
//! ```
//!
//! The tag binds the payload to the logical key of the row and to the row's version, never to
//! a store's prefix or revision (decision 4), so rows can move between stores but not between
//! keys. Every byte is covered: another format number is refused, another integrity key version
//! leads to another key, and everything else is under the tag. That a row was removed, or put
//! back as it once was, cannot be seen in the row; the journal's fold shows it.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use bytes::{BufMut, Bytes, BytesMut};

use crate::backend::StoreError;

/// The edition of a row: larger for every later one, within the whole store. See
/// [`VersionClock`].
pub type RowVersion = u64;

/// The format number that is written. Older ones stay readable for ever.
pub const FORMAT: u8 = 1;
/// Bytes before the payload.
pub const HEADER_BYTES: usize = 1 + 8 + 4;
/// Bytes of the tag.
pub const TAG_BYTES: usize = 32;

/// The key that tags rows. The cryptographic room implements it; this room only asks.
pub trait RowIntegrity {
    /// The tag of a row with this logical key, version and payload.
    fn tag(&self, row_key: &[u8], row_version: RowVersion, payload: &[u8]) -> [u8; TAG_BYTES];

    /// Whether `tag` is the tag of that row, compared in constant time.
    fn verify(
        &self,
        row_key: &[u8],
        row_version: RowVersion,
        payload: &[u8],
        tag: &[u8; TAG_BYTES],
    ) -> bool;
}

/// A value ready to be stored, and what the journal says about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SealedRow {
    /// The framed value.
    pub bytes: Bytes,
    /// The row's version.
    pub version: RowVersion,
    /// The row's tag.
    pub tag: [u8; TAG_BYTES],
}

/// A value that was read and found genuine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenedRow {
    /// What was stored.
    pub payload: Bytes,
    /// The row's version.
    pub version: RowVersion,
    /// The version of the integrity key that tagged it.
    pub integrity_key_version: u32,
    /// The row's tag.
    pub tag: [u8; TAG_BYTES],
}

/// Frames a payload as the row of `row_key`.
pub fn seal_row(
    row_key: &[u8],
    version: RowVersion,
    integrity_key_version: u32,
    integrity: &dyn RowIntegrity,
    payload: &[u8],
) -> SealedRow {
    let tag = integrity.tag(row_key, version, payload);
    let mut bytes = BytesMut::with_capacity(HEADER_BYTES + payload.len() + TAG_BYTES);
    bytes.put_u8(FORMAT);
    bytes.put_u64(version);
    bytes.put_u32(integrity_key_version);
    bytes.put_slice(payload);
    bytes.put_slice(&tag);
    SealedRow {
        bytes: bytes.freeze(),
        version,
        tag,
    }
}

/// Reads a value that was stored as the row of `row_key`. The payload shares its memory.
///
/// # Errors
///
/// [`StoreError::Corrupt`] names the row and what is wrong: too short, an unknown format, an
/// integrity key that does not exist, or a tag that does not belong to this key, version and
/// payload.
pub fn open_row<I: RowIntegrity>(
    row_key: &[u8],
    bytes: &Bytes,
    integrity: &dyn Fn(u32) -> Option<I>,
) -> Result<OpenedRow, StoreError> {
    let corrupt = |what: &str| StoreError::corrupt(row_key, what);
    let (header, rest) = bytes
        .split_first_chunk::<HEADER_BYTES>()
        .ok_or_else(|| corrupt("it is shorter than its header"))?;
    let (payload, tag) = rest
        .split_last_chunk::<TAG_BYTES>()
        .ok_or_else(|| corrupt("it is shorter than its tag"))?;
    let [format, v0, v1, v2, v3, v4, v5, v6, v7, k0, k1, k2, k3] = *header;
    if format != FORMAT {
        return Err(corrupt(&format!("its format {format} is unknown")));
    }
    let version = u64::from_be_bytes([v0, v1, v2, v3, v4, v5, v6, v7]);
    let integrity_key_version = u32::from_be_bytes([k0, k1, k2, k3]);
    let key = integrity(integrity_key_version).ok_or_else(|| {
        corrupt(&format!(
            "its integrity key version {integrity_key_version} does not exist"
        ))
    })?;
    if !key.verify(row_key, version, payload, tag) {
        return Err(corrupt(
            "its tag does not match its key, version and content",
        ));
    }
    Ok(OpenedRow {
        payload: bytes.slice(HEADER_BYTES..HEADER_BYTES + payload.len()),
        version,
        integrity_key_version,
        tag: *tag,
    })
}

impl<T: RowIntegrity + ?Sized> RowIntegrity for std::sync::Arc<T> {
    fn tag(&self, row_key: &[u8], row_version: RowVersion, payload: &[u8]) -> [u8; TAG_BYTES] {
        (**self).tag(row_key, row_version, payload)
    }

    fn verify(
        &self,
        row_key: &[u8],
        row_version: RowVersion,
        payload: &[u8],
        tag: &[u8; TAG_BYTES],
    ) -> bool {
        (**self).verify(row_key, row_version, payload, tag)
    }
}

impl<T: RowIntegrity + ?Sized> RowIntegrity for &T {
    fn tag(&self, row_key: &[u8], row_version: RowVersion, payload: &[u8]) -> [u8; TAG_BYTES] {
        (**self).tag(row_key, row_version, payload)
    }

    fn verify(
        &self,
        row_key: &[u8],
        row_version: RowVersion,
        payload: &[u8],
        tag: &[u8; TAG_BYTES],
    ) -> bool {
        (**self).verify(row_key, row_version, payload, tag)
    }
}

/// Gives out row versions: microseconds since the epoch, but always more than the last one.
///
/// Versions only have to grow, so that of two editions of a row the later one is known. Time is
/// used because it also grows while nobody remembers the last version, and a floor read from
/// the store at start covers a wall clock that was set back. They stay below 2^53 until the
/// year 2255, so they are exact as JSON numbers in the journal.
#[derive(Debug, Default)]
pub struct VersionClock {
    last: AtomicU64,
}

impl VersionClock {
    /// A clock that has given out nothing yet.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            last: AtomicU64::new(0),
        }
    }

    /// A version greater than every one given out before and than every floor set before.
    pub fn next(&self) -> RowVersion {
        let now = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .map_or(0, |since| u64::try_from(since.as_micros()).unwrap_or(0));
        self.next_at(now)
    }

    fn next_at(&self, now_micros: u64) -> RowVersion {
        let step = |last: u64| Some(now_micros.max(last.saturating_add(1)));
        match self
            .last
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, step)
        {
            Ok(last) | Err(last) => now_micros.max(last.saturating_add(1)),
        }
    }

    /// Makes every later version greater than `version`. Called at start with the newest version
    /// that the store and the journal know.
    pub fn raise_floor(&self, version: RowVersion) {
        self.last.fetch_max(version, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::hmac;

    use super::*;

    /// HMAC-SHA-256 over lengths and contents, as a stand-in with known answers.
    struct Key(hmac::Key);

    impl Key {
        fn new(byte: u8) -> Self {
            Self(hmac::Key::new(hmac::HMAC_SHA256, &[byte; 32]))
        }

        fn message(row_key: &[u8], version: RowVersion, payload: &[u8]) -> Vec<u8> {
            let length = u64::try_from(row_key.len()).unwrap();
            [
                &length.to_be_bytes()[..],
                row_key,
                &version.to_be_bytes(),
                payload,
            ]
            .concat()
        }
    }

    impl RowIntegrity for Key {
        fn tag(&self, row_key: &[u8], version: RowVersion, payload: &[u8]) -> [u8; TAG_BYTES] {
            let tag = hmac::sign(&self.0, &Self::message(row_key, version, payload));
            tag.as_ref().try_into().unwrap()
        }

        fn verify(
            &self,
            row_key: &[u8],
            version: RowVersion,
            payload: &[u8],
            tag: &[u8; TAG_BYTES],
        ) -> bool {
            hmac::verify(&self.0, &Self::message(row_key, version, payload), tag).is_ok()
        }
    }

    /// Versions 1 and 2 of the integrity key exist.
    fn keys(version: u32) -> Option<Key> {
        (1..=2)
            .contains(&version)
            .then(|| Key::new(u8::try_from(version).unwrap()))
    }

    fn sealed() -> SealedRow {
        seal_row(
            b"alias/a",
            0x0102_0304_0506_0708,
            2,
            &Key::new(2),
            b"payload",
        )
    }

    fn what(row_key: &[u8], bytes: &[u8]) -> String {
        match open_row(row_key, &Bytes::copy_from_slice(bytes), &keys) {
            Err(StoreError::Corrupt { key, what }) => {
                assert_eq!(key, row_key);
                what
            }
            other => panic!("{other:?}"),
        }
    }

    fn hex(bytes: &[u8]) -> String {
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    #[test]
    fn the_format_is_drawn_to_the_byte() {
        let row = sealed();
        let (framed, tag) = row.bytes.split_at(HEADER_BYTES + 7);
        assert_eq!(
            hex(framed),
            "01".to_owned() + "0102030405060708" + "00000002" + "7061796c6f6164"
        );
        assert_eq!(tag, row.tag);
        assert_eq!(hex(tag), GOLDEN_TAG);
        let empty = seal_row(b"k", 1, 1, &Key::new(1), b"");
        assert_eq!(empty.bytes.len(), HEADER_BYTES + TAG_BYTES);
    }

    /// From `hmac.new(b"\x02" * 32, len(key) || key || version || payload, sha256)`, Python.
    const GOLDEN_TAG: &str = "cc2e264505350d7a7c02bf053972a4b65ac8a256d3640e6f7db990ed960015c2";

    #[test]
    fn what_was_sealed_opens_without_a_copy() {
        let row = sealed();
        let opened = open_row(b"alias/a", &row.bytes, &keys).unwrap();
        assert_eq!(&opened.payload[..], b"payload");
        assert_eq!(opened.payload.as_ptr(), row.bytes[HEADER_BYTES..].as_ptr());
        assert_eq!((opened.version, opened.tag), (row.version, row.tag));
        assert_eq!(opened.integrity_key_version, 2);
    }

    #[test]
    fn every_flipped_bit_is_found() {
        let row = sealed();
        for index in 0..row.bytes.len() {
            for bit in 0..8 {
                let mut bytes = row.bytes.to_vec();
                bytes[index] ^= 1 << bit;
                let expected = match index {
                    0 => "its format ",
                    9..13 if bytes[9..13] != [0, 0, 0, 1] => "its integrity key version ",
                    _ => "its tag does not match",
                };
                assert!(
                    what(b"alias/a", &bytes).starts_with(expected),
                    "byte {index}"
                );
            }
        }
    }

    #[test]
    fn a_row_under_another_key_is_found() {
        let found = what(b"alias/b", &sealed().bytes);
        assert_eq!(found, "its tag does not match its key, version and content");
    }

    #[test]
    fn a_truncated_row_is_found_wherever_it_ends() {
        let row = sealed();
        for length in 0..row.bytes.len() {
            let expected = match length {
                0..HEADER_BYTES => "it is shorter than its header",
                HEADER_BYTES..45 => "it is shorter than its tag",
                _ => "its tag does not match its key, version and content",
            };
            assert_eq!(what(b"alias/a", &row.bytes[..length]), expected);
        }
    }

    #[test]
    fn versions_only_grow() {
        let clock = VersionClock::new();
        assert_eq!(clock.next_at(1000), 1000);
        assert_eq!(clock.next_at(1000), 1001);
        assert_eq!(clock.next_at(5), 1002);
        clock.raise_floor(5000);
        clock.raise_floor(10);
        assert_eq!(clock.next_at(2000), 5001);
        assert_eq!(clock.next_at(6000), 6000);
        let year_2020 = 1_577_836_800_000_000;
        assert!(clock.next() > year_2020);
    }

    #[test]
    fn no_version_is_given_out_twice() {
        let clock = VersionClock::new();
        let take = || (0..1000).map(|_| clock.next()).collect::<Vec<_>>();
        let mut all = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..4).map(|_| scope.spawn(take)).collect();
            let taken = threads.into_iter().map(|thread| thread.join().unwrap());
            taken.flatten().collect::<Vec<_>>()
        });
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), 4000);
    }
}
