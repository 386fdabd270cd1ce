//! Randomness as a value, so that a simulation can be replayed from its seed.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use aws_lc_rs::{hmac, rand};

use crate::CryptoError;

/// Where random bytes come from.
///
/// A service is handed one of these and never reaches for another. Clones share their source.
#[derive(Clone)]
pub struct Random(Source);

#[derive(Clone)]
enum Source {
    System,
    Replayed(Arc<Replay>),
}

/// Blocks of `HMAC(seed, counter)`.
struct Replay {
    key: hmac::Key,
    next: AtomicU64,
}

impl Random {
    /// The system's generator, as aws-lc-rs keeps it: seeded by the kernel and reseeded on fork.
    #[must_use]
    pub fn system() -> Self {
        Self(Source::System)
    }

    /// Bytes that follow from a seed, for tests and simulations. Nothing made from these is
    /// secret, so neither `serve` nor `dev` has a way to ask for them.
    #[must_use]
    pub fn replayed(seed: u64) -> Self {
        Self(Source::Replayed(Arc::new(Replay {
            key: hmac::Key::new(hmac::HMAC_SHA256, &seed.to_be_bytes()),
            next: AtomicU64::new(0),
        })))
    }

    /// Fills the buffer, entirely or not at all.
    ///
    /// # Errors
    /// [`CryptoError::RandomUnavailable`] when the system gives no random bytes. There is no
    /// weaker source to fall back to.
    pub fn fill(&self, buffer: &mut [u8]) -> Result<(), CryptoError> {
        match &self.0 {
            Source::System => rand::fill(buffer).map_err(|_| CryptoError::RandomUnavailable),
            Source::Replayed(replay) => {
                for chunk in buffer.chunks_mut(32) {
                    let counter = replay.next.fetch_add(1, Ordering::Relaxed);
                    let block = hmac::sign(&replay.key, &counter.to_be_bytes());
                    for (to, from) in chunk.iter_mut().zip(block.as_ref()) {
                        *to = *from;
                    }
                }
                Ok(())
            }
        }
    }

    /// An array of random bytes, for what is not secret: ids, nonces, salts.
    ///
    /// # Errors
    /// As [`Random::fill`].
    pub fn array<const N: usize>(&self) -> Result<[u8; N], CryptoError> {
        let mut bytes = [0u8; N];
        self.fill(&mut bytes)?;
        Ok(bytes)
    }
}

impl std::fmt::Debug for Random {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self.0 {
            Source::System => "Random(system)",
            Source::Replayed(_) => "Random(replayed)",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_replays_its_bytes_and_another_does_not() {
        let draw = |seed| Random::replayed(seed).array::<75>().unwrap();
        assert_eq!(draw(7), draw(7));
        assert_ne!(draw(7), draw(8));
    }

    #[test]
    fn draws_differ_from_each_other() {
        for random in [Random::system(), Random::replayed(1)] {
            assert_ne!(
                random.array::<32>().unwrap(),
                random.array::<32>().unwrap(),
                "{random:?}"
            );
        }
    }

    #[test]
    fn clones_share_one_source() {
        let random = Random::replayed(1);
        let first = random.clone().array::<16>().unwrap();
        assert_ne!(first, random.array::<16>().unwrap());
    }
}
