//! Values that each thread has at hand, in front of what all of them share.
//!
//! Threads that use the same value take turns at its reference count and at the lock of the
//! cache that it is in, and both travel from one processor to the other with every call. So a
//! thread keeps the few values that it uses all the time, each as a copy of its own. Whether a
//! copy still counts is for its owner to say, by the rule that holds for all that it remembers.

use crate::each_thread::EachThread;

/// Threads that keep values of their own.
const THREADS: usize = 16;
/// Values that a thread keeps.
const PLACES: usize = 64;
/// One value is kept of so many that were not at hand: what is used all the time gets in soon,
/// and the rest does not push it out.
const ONE_OF: u32 = 16;

/// Values of one kind, by name.
pub(crate) struct AtHand<N, V>(EachThread<Kept<N, V>, THREADS>);

struct Kept<N, V> {
    passed: u32,
    /// None before something is kept; then as many as there are places.
    places: Vec<Option<(N, V)>>,
}

impl<N, V> Default for AtHand<N, V> {
    fn default() -> Self {
        Self(EachThread::default())
    }
}

impl<N, V> Default for Kept<N, V> {
    fn default() -> Self {
        Self {
            passed: 0,
            places: Vec::new(),
        }
    }
}

impl<N, V> AtHand<N, V> {
    /// What `look` makes of the value that this thread has for a name with this hash, if it has
    /// one: it may be another name's.
    pub(crate) fn find<T>(&self, hash: u64, look: impl FnOnce(&N, &V) -> Option<T>) -> Option<T> {
        let kept = self.0.here();
        let (name, value) = kept.places.get(place(hash))?.as_ref()?;
        look(name, value)
    }

    /// Notes that a value was not at hand, and now and then keeps a copy of it.
    pub(crate) fn missed(&self, hash: u64, copy: impl FnOnce() -> (N, V)) {
        let mut kept = self.0.here();
        kept.passed = kept.passed.wrapping_add(1);
        if kept.passed.is_multiple_of(ONE_OF) {
            kept.places.resize_with(PLACES, || None);
            if let Some(place) = kept.places.get_mut(place(hash)) {
                *place = Some(copy());
            }
        }
    }

    /// Forgets what does not stay, on all threads.
    pub(crate) fn retain(&self, stays: impl Fn(&N, &V) -> bool) {
        for mut kept in self.0.all() {
            for place in &mut kept.places {
                place.take_if(|(name, value)| !stays(name, value));
            }
        }
    }
}

fn place(hash: u64) -> usize {
    // The lower part of a hash is what tables go by, and the neighbourhoods of the shelves.
    usize::try_from(hash >> 32).unwrap_or(0) % PLACES
}

#[cfg(test)]
mod tests {
    use super::*;

    const HASH: u64 = 7 << 32;

    fn found(values: &AtHand<&str, u32>, wanted: &str) -> Option<u32> {
        values.find(HASH, |name, value| (*name == wanted).then_some(*value))
    }

    fn use_often(values: &AtHand<&'static str, u32>, name: &'static str, value: u32) {
        (0..ONE_OF).for_each(|_| values.missed(HASH, || (name, value)));
    }

    #[test]
    fn what_is_used_all_the_time_is_kept_by_the_thread_that_uses_it() {
        let values = AtHand::default();
        assert_eq!(found(&values, "a"), None);
        use_often(&values, "a", 5);
        assert_eq!(found(&values, "a"), Some(5));
        let elsewhere = || std::thread::scope(|scope| scope.spawn(|| found(&values, "a")).join());
        assert_eq!(elsewhere().unwrap(), None);
        // Another name with the same place.
        assert_eq!(found(&values, "b"), None);
        use_often(&values, "b", 6);
        assert_eq!((found(&values, "a"), found(&values, "b")), (None, Some(6)));
    }

    #[test]
    fn what_is_used_now_and_then_pushes_nothing_out() {
        let values = AtHand::default();
        use_often(&values, "a", 5);
        (1..ONE_OF).for_each(|_| values.missed(HASH, || ("b", 6)));
        assert_eq!(found(&values, "a"), Some(5));
    }

    #[test]
    fn what_is_forgotten_is_forgotten_by_all_threads() {
        let values = AtHand::default();
        std::thread::scope(|scope| {
            drop(scope.spawn(|| use_often(&values, "a", 5)).join());
        });
        use_often(&values, "a", 6);
        values.retain(|_, value| *value > 5);
        assert_eq!(found(&values, "a"), Some(6));
        let kept = values
            .0
            .all()
            .map(|kept| kept.places.iter().flatten().count());
        assert_eq!(kept.sum::<usize>(), 1);
    }
}
