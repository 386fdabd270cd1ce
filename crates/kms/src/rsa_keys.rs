//! RSA keys, which take from a tenth of a second to many seconds to make.
//!
//! They are made on threads that give way, some at once and no more, so that no other call
//! waits for them. A pool keeps pairs ready: it fills after the first use of a size, one pair at a
//! time on a thread of the lowest priority, and every pair leaves it once. What waits in it may
//! wait long, so it is wrapped under a key that stands in locked memory, is stored nowhere and
//! ends with the pool.
//!
//! Decision 23.

use std::{
    fmt,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread,
    time::Duration,
};

use strongroom_crypto::{CryptoError, DomainKey, KeyMaterial, MaterialBinding, MaterialId, Random};
use strongroom_model::{AccountId, KeyId, Partition, Region, enums::KeySpec};
use tokio::sync::Semaphore;

use crate::{
    aside::{aside, only_when_idle},
    error::KmsError,
};

/// How long the pool rests when a pair could not be made.
const REST: Duration = Duration::from_secs(10);

/// How RSA keys are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RsaSettings {
    /// How many are made at once for callers who wait; at least one.
    pub at_once: usize,
    /// How many pairs of 2,048 bits are kept ready.
    pub ready_2048: usize,
    /// How many pairs of 3,072 bits are kept ready.
    pub ready_3072: usize,
    /// How many pairs of 4,096 bits are kept ready.
    pub ready_4096: usize,
}

impl RsaSettings {
    /// How many are made at once unless it is said otherwise.
    pub const AT_ONCE: usize = 1;

    /// Nothing is kept ready.
    pub const WITHOUT_POOL: Self = Self {
        at_once: Self::AT_ONCE,
        ready_2048: 0,
        ready_3072: 0,
        ready_4096: 0,
    };
}

/// How the making of RSA keys goes, for whoever watches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RsaMaking {
    /// The pool, by size.
    pub shelves: Vec<RsaShelf>,
    /// How many keys are being made for callers who wait.
    pub at_work: usize,
    /// How many may be.
    pub at_once: usize,
}

/// The pairs of one size that are ready.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RsaShelf {
    /// The size.
    pub spec: KeySpec,
    /// How many are ready.
    pub ready: usize,
    /// How many are to be; none before the size was asked for.
    pub wanted: usize,
}

/// Where RSA keys come from.
pub(crate) struct RsaKeys {
    random: Random,
    at_once: usize,
    turns: Arc<Semaphore>,
    pool: Arc<Pool>,
}

impl RsaKeys {
    /// # Errors
    /// [`CryptoError::RandomUnavailable`].
    pub(crate) fn new(settings: RsaSettings, random: Random) -> Result<Self, CryptoError> {
        let shelf = |spec, wanted| Shelf {
            spec,
            wanted,
            used: false,
            ready: Vec::new(),
        };
        let shelves = [
            shelf(KeySpec::Rsa2048, settings.ready_2048),
            shelf(KeySpec::Rsa3072, settings.ready_3072),
            shelf(KeySpec::Rsa4096, settings.ready_4096),
        ];
        let at_once = settings.at_once.max(1);
        Ok(Self {
            at_once,
            turns: Arc::new(Semaphore::new(at_once)),
            pool: Arc::new(Pool {
                wrapper: Wrapper {
                    key: DomainKey::generate(1, &random)?,
                    region: Region::parse("pool-local-1")
                        .map_err(|_| CryptoError::UnknownFormat)?,
                },
                state: Mutex::new(State {
                    shelves,
                    filling: false,
                    closed: false,
                }),
                changed: Condvar::new(),
            }),
            random,
        })
    }

    /// How the making of keys goes.
    pub(crate) fn making(&self) -> RsaMaking {
        let state = self.pool.state();
        let shelf = |shelf: &Shelf| RsaShelf {
            spec: shelf.spec,
            ready: shelf.ready.len(),
            wanted: if shelf.used { shelf.wanted } else { 0 },
        };
        RsaMaking {
            shelves: state.shelves.iter().map(shelf).collect(),
            at_work: self.at_once.saturating_sub(self.turns.available_permits()),
            at_once: self.at_once,
        }
    }

    /// Whether keys of this spec are made here.
    pub(crate) fn makes(spec: KeySpec) -> bool {
        matches!(spec, KeySpec::Rsa2048 | KeySpec::Rsa3072 | KeySpec::Rsa4096)
    }

    /// A key that nobody else has or will have: from the pool, or made now.
    ///
    /// A caller that goes away leaves the making to run to its end, and its turn with it, so that
    /// no more than the bound ever run.
    pub(crate) async fn take(&self, spec: KeySpec) -> Result<KeyMaterial, KmsError> {
        if let Some(ready) = self.pool.take(spec, &self.random)? {
            return Ok(ready);
        }
        let turn = Arc::clone(&self.turns).acquire_owned().await;
        let turn = turn.map_err(KmsError::internal)?;
        // The pool may have caught up while this call waited for its turn.
        if let Some(ready) = self.pool.take(spec, &self.random)? {
            return Ok(ready);
        }
        let random = self.random.clone();
        let making = aside("rsa-key", move || {
            let made = KeyMaterial::generate(spec, &random);
            drop(turn);
            made
        });
        Ok(making.await.map_err(KmsError::internal)??)
    }
}

impl Drop for RsaKeys {
    fn drop(&mut self) {
        self.pool.close();
    }
}

impl fmt::Debug for RsaKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RsaKeys")
    }
}

/// Pairs that are ready, and the thread that makes more of them.
struct Pool {
    wrapper: Wrapper,
    state: Mutex<State>,
    changed: Condvar,
}

struct State {
    shelves: [Shelf; 3],
    /// Whether the thread runs.
    filling: bool,
    closed: bool,
}

/// The pairs of one size.
struct Shelf {
    spec: KeySpec,
    /// How many are to be ready.
    wanted: usize,
    /// Whether anybody has asked for the size yet.
    used: bool,
    /// Wrapped.
    ready: Vec<Vec<u8>>,
}

/// Wraps what waits.
struct Wrapper {
    key: DomainKey,
    /// Any will do: what is wrapped is never stored, and is read by this pool alone.
    region: Region,
}

impl Wrapper {
    fn binding(&self, spec: KeySpec) -> MaterialBinding<'_> {
        MaterialBinding {
            partition: Partition::Aws,
            account: AccountId::DEVELOPMENT,
            region: &self.region,
            key_id: KeyId::from_bits(false, [0; 16]),
            material_id: MaterialId::from_bytes([0; 32]),
            key_spec: spec.as_str(),
            key_usage: "",
            origin: "",
            material_seq: 0,
        }
    }

    fn wrap(
        &self,
        spec: KeySpec,
        made: &KeyMaterial,
        random: &Random,
    ) -> Result<Vec<u8>, CryptoError> {
        made.wrap(&self.key, &self.binding(spec), random)
    }

    fn unwrap(&self, spec: KeySpec, wrapped: &[u8]) -> Result<KeyMaterial, CryptoError> {
        KeyMaterial::unwrap(&self.key, &self.binding(spec), wrapped)
    }
}

impl Shelf {
    fn has_a_gap(&self) -> bool {
        self.used && self.ready.len() < self.wanted
    }

    /// How full it is, in thousandths.
    fn fullness(&self) -> usize {
        let full = self.ready.len().saturating_mul(1000);
        full.checked_div(self.wanted).unwrap_or(usize::MAX)
    }
}

impl Pool {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A ready pair, if there is one. From now on pairs of its size are kept ready.
    fn take(
        self: &Arc<Self>,
        spec: KeySpec,
        random: &Random,
    ) -> Result<Option<KeyMaterial>, CryptoError> {
        let mut state = self.state();
        let wanted = |shelf: &&mut Shelf| shelf.spec == spec && shelf.wanted > 0;
        let Some(shelf) = state.shelves.iter_mut().find(wanted) else {
            return Ok(None);
        };
        shelf.used = true;
        let ready = shelf.ready.pop();
        if !state.filling {
            let (pool, random) = (Arc::clone(self), random.clone());
            let thread = thread::Builder::new().name("rsa-pool".to_owned());
            match thread.spawn(move || pool.fill(&random)) {
                Ok(_) => state.filling = true,
                Err(error) => tracing::warn!(%error, "RSA keys are not made in advance"),
            }
        }
        drop(state);
        self.changed.notify_one();
        ready
            .map(|wrapped| self.wrapper.unwrap(spec, &wrapped))
            .transpose()
    }

    fn close(&self) {
        let mut state = self.state();
        state.closed = true;
        for shelf in &mut state.shelves {
            shelf.ready.clear();
        }
        drop(state);
        self.changed.notify_one();
    }

    /// Makes pairs, one at a time, until the pool is closed.
    fn fill(&self, random: &Random) {
        only_when_idle();
        while let Some(spec) = self.next_gap() {
            let made = KeyMaterial::generate(spec, random)
                .and_then(|made| self.wrapper.wrap(spec, &made, random));
            match made {
                Ok(wrapped) => self.put(spec, wrapped),
                Err(error) => self.rest(error),
            }
        }
    }

    /// Waits until a pair is missing; the emptiest shelf comes first.
    fn next_gap(&self) -> Option<KeySpec> {
        let mut state = self.state();
        loop {
            if state.closed {
                return None;
            }
            let gaps = state.shelves.iter().filter(|shelf| shelf.has_a_gap());
            if let Some(shelf) = gaps.min_by_key(|shelf| shelf.fullness()) {
                return Some(shelf.spec);
            }
            state = self
                .changed
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn put(&self, spec: KeySpec, wrapped: Vec<u8>) {
        let mut state = self.state();
        if state.closed {
            return;
        }
        if let Some(shelf) = state.shelves.iter_mut().find(|shelf| shelf.spec == spec) {
            shelf.ready.push(wrapped);
        }
    }

    fn rest(&self, error: CryptoError) {
        tracing::warn!(%error, "an RSA key could not be made in advance");
        let state = self.state();
        let rested = self
            .changed
            .wait_timeout_while(state, REST, |state| !state.closed);
        drop(rested.unwrap_or_else(PoisonError::into_inner));
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;

    impl RsaKeys {
        fn ready(&self, spec: KeySpec) -> usize {
            let state = self.pool.state();
            let shelf = state.shelves.iter().find(|shelf| shelf.spec == spec);
            shelf.map_or(0, |shelf| shelf.ready.len())
        }

        fn wait_until_ready(&self, spec: KeySpec, count: usize) {
            let start = Instant::now();
            while self.ready(spec) < count {
                assert!(start.elapsed() < Duration::from_secs(60), "never ready");
                thread::sleep(Duration::from_millis(5));
            }
        }
    }

    const TWO_READY: RsaSettings = RsaSettings {
        ready_2048: 2,
        ..RsaSettings::WITHOUT_POOL
    };

    #[tokio::test]
    async fn the_pool_fills_after_the_first_use_of_a_size_and_of_no_other() {
        let keys = RsaKeys::new(
            RsaSettings {
                ready_4096: 2,
                ..TWO_READY
            },
            Random::system(),
        )
        .unwrap();
        assert_eq!(keys.ready(KeySpec::Rsa2048), 0);
        assert!(!keys.pool.state().filling);
        drop(keys.take(KeySpec::Rsa2048).await.unwrap());
        keys.wait_until_ready(KeySpec::Rsa2048, 2);
        assert_eq!(keys.ready(KeySpec::Rsa4096), 0);
        drop(keys.take(KeySpec::Rsa2048).await.unwrap());
        keys.wait_until_ready(KeySpec::Rsa2048, 2);
    }

    #[tokio::test]
    async fn without_a_pool_nothing_is_made_in_advance() {
        let keys = RsaKeys::new(RsaSettings::WITHOUT_POOL, Random::system()).unwrap();
        drop(keys.take(KeySpec::Rsa2048).await.unwrap());
        assert!(!keys.pool.state().filling);
        assert_eq!(keys.ready(KeySpec::Rsa2048), 0);
    }

    #[tokio::test]
    async fn a_pool_that_is_closed_keeps_nothing_and_its_thread_ends() {
        let keys = RsaKeys::new(TWO_READY, Random::system()).unwrap();
        drop(keys.take(KeySpec::Rsa2048).await.unwrap());
        keys.wait_until_ready(KeySpec::Rsa2048, 2);
        let pool = Arc::downgrade(&keys.pool);
        drop(keys);
        let start = Instant::now();
        // The thread held the only other reference.
        while pool.strong_count() > 0 {
            assert!(
                start.elapsed() < Duration::from_secs(60),
                "the thread runs on"
            );
            thread::sleep(Duration::from_millis(5));
        }
    }

    #[tokio::test]
    async fn no_more_are_made_at_once_than_the_bound_allows() {
        let settings = RsaSettings {
            at_once: 1,
            ..RsaSettings::WITHOUT_POOL
        };
        let keys = Arc::new(RsaKeys::new(settings, Random::system()).unwrap());
        let turn = Arc::clone(&keys.turns).acquire_owned().await.unwrap();
        let waiting = tokio::spawn({
            let keys = Arc::clone(&keys);
            async move { keys.take(KeySpec::Rsa2048).await.map(drop) }
        });
        tokio::time::sleep(Duration::from_millis(50)).await;
        assert!(!waiting.is_finished());
        drop(turn);
        waiting.await.unwrap().unwrap();
    }
}
