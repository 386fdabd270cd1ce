//! Request ids.
//!
//! An id is no secret, but it should be unlike any other. Random bytes are drawn for 64 ids at
//! a time, because asking for sixteen costs nearly as much as asking for a thousand.

use std::cell::RefCell;

use strongroom_crypto::{CryptoError, Random};
use strongroom_kms::RequestId;

/// The id of an answer when there is no randomness for another.
pub(super) fn none() -> RequestId {
    RequestId::new([0; BYTES])
}

const BYTES: usize = 16;
const POOL: usize = 64 * BYTES;

struct Pool {
    bytes: [u8; POOL],
    used: usize,
}

thread_local! {
    static RANDOM: RefCell<Pool> = const { RefCell::new(Pool { bytes: [0; POOL], used: POOL }) };
}

/// A new id.
///
/// # Errors
/// When the system has no randomness to give.
pub(super) fn next() -> Result<RequestId, CryptoError> {
    RANDOM.with_borrow_mut(|pool| {
        if let Some(id) = pool.take() {
            return Ok(id);
        }
        Random::system().fill(&mut pool.bytes)?;
        pool.used = 0;
        match pool.take() {
            Some(id) => Ok(id),
            None => Random::system().array().map(RequestId::new),
        }
    })
}

impl Pool {
    fn take(&mut self) -> Option<RequestId> {
        let (bytes, _) = self.bytes.get(self.used..)?.split_first_chunk::<BYTES>()?;
        self.used += BYTES;
        Some(RequestId::new(*bytes))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn ids_are_unlike_each_other_and_version_four() {
        let ids: HashSet<String> = (0..1000).map(|_| next().unwrap().to_string()).collect();
        assert_eq!(ids.len(), 1000);
        assert!(
            ids.iter()
                .all(|id| id.len() == 36 && id.as_bytes()[14] == b'4')
        );
    }
}
