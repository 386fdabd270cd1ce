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
