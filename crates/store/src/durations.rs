//! How long something took, time after time: a histogram that is counted without a lock.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

/// The upper bounds of the buckets, in microseconds: from what a page in memory takes to what
/// somebody notices.
pub const BOUNDS: [u64; 16] = [
    50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000,
    1_000_000, 2_500_000, 5_000_000,
];

/// How long something took, time after time.
#[derive(Debug, Default)]
pub struct Durations {
    /// The last is for what fits in no bucket.
    counts: [AtomicU64; BOUNDS.len() + 1],
    nanoseconds: AtomicU64,
}

/// What was counted so far.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spread {
    /// How often it took so long, by bucket; the last is for what fits in none.
    pub counts: [u64; BOUNDS.len() + 1],
    /// How long it took all in all.
    pub sum: Duration,
}

impl Durations {
    /// It took so long once more.
    pub fn note(&self, took: Duration) {
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        let bucket = BOUNDS.iter().position(|most| micros <= *most);
        if let Some(count) = self.counts.get(bucket.unwrap_or(BOUNDS.len())) {
            count.fetch_add(1, Ordering::Relaxed);
        }
        let nanoseconds = u64::try_from(took.as_nanos()).unwrap_or(u64::MAX);
        self.nanoseconds.fetch_add(nanoseconds, Ordering::Relaxed);
    }

    /// What was counted so far.
    #[must_use]
    pub fn spread(&self) -> Spread {
        let mut counts = [0; BOUNDS.len() + 1];
        for (count, counter) in counts.iter_mut().zip(&self.counts) {
            *count = counter.load(Ordering::Relaxed);
        }
        Spread {
            counts,
            sum: Duration::from_nanos(self.nanoseconds.load(Ordering::Relaxed)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_falls_into_the_first_bucket_that_holds_it() {
        let durations = Durations::default();
        for micros in [1, 50, 51, 5_000_000, 5_000_001] {
            durations.note(Duration::from_micros(micros));
        }
        let Spread { counts, sum } = durations.spread();
        assert_eq!((counts[0], counts[1], counts[15], counts[16]), (2, 1, 1, 1));
        assert_eq!(counts.iter().sum::<u64>(), 5);
        assert_eq!(sum, Duration::from_micros(10_000_103));
    }
}
