//! What each thread has of its own, so that threads neither wait for each other nor take each
//! other's cache lines.

use std::sync::{
    Mutex, MutexGuard, PoisonError,
    atomic::{AtomicUsize, Ordering},
};

/// A value for each of `N` threads; more threads than these share.
#[derive(Debug)]
pub(crate) struct EachThread<T, const N: usize>([Place<T>; N]);

/// Processors fetch two cache lines at a time.
#[derive(Debug, Default)]
#[repr(align(128))]
struct Place<T>(Mutex<T>);

impl<T: Default, const N: usize> Default for EachThread<T, N> {
    fn default() -> Self {
        Self(std::array::from_fn(|_| Place::default()))
    }
}

impl<T, const N: usize> EachThread<T, N> {
    /// The value of this thread.
    pub(crate) fn here(&self) -> MutexGuard<'_, T> {
        static THREADS: AtomicUsize = AtomicUsize::new(0);
        thread_local! {
            static THREAD: usize = THREADS.fetch_add(1, Ordering::Relaxed);
        }
        #[expect(clippy::indexing_slicing, reason = "a remainder is below its divisor")]
        let place = &self.0[THREAD.with(|thread| *thread) % N];
        place.lock()
    }

    /// The values of all threads, one after the other.
    pub(crate) fn all(&self) -> impl Iterator<Item = MutexGuard<'_, T>> {
        self.0.iter().map(Place::lock)
    }
}

impl<T> Place<T> {
    fn lock(&self) -> MutexGuard<'_, T> {
        // Whatever is kept here is whole, whatever a holder of the lock was doing.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thread_has_its_own_and_everybody_sees_all() {
        let values = EachThread::<u32, 64>::default();
        *values.here() += 1;
        std::thread::scope(|scope| {
            scope.spawn(|| *values.here() += 10);
        });
        *values.here() += 1;
        assert_eq!(*values.here(), 2);
        assert_eq!(values.all().map(|value| *value).sum::<u32>(), 12);
    }
}
