//! Metrics: what this server has done and how it is, for Prometheus and for collectors that speak
//! OTLP.
//!
//! A call is counted with a few additions to fixed places, which threads do not share: nothing is
//! allocated, locked or looked up by name, save that a thread's places are made with the first call
//! that it counts. Everything else is asked of whoever knows it when
//! somebody looks. Labels come from lists in this program, from the names of sinks in the settings
//! and from the ids of custom key stores, which are made here; nothing that a client sends becomes
//! one.

mod decisions;
mod gallery;
mod key_stores;
mod listener;
pub mod otlp;
mod page;
mod process;
mod sheet;
mod store;

use std::{
    array,
    sync::{
        OnceLock,
        atomic::{AtomicI64, AtomicU64, AtomicUsize, Ordering},
    },
    time::{Duration, Instant, SystemTime},
};

use strongroom_model::{errors::ErrorCode, operations::Operation};

pub use decisions::Counted;
pub use gallery::{Counting, Gallery};
pub use key_stores::{KeyStoreCounters, watch_outside};
pub use listener::exhibit;
pub use store::Watched;

use crate::sts::Action;

/// The upper bounds of the buckets of durations, in microseconds.
const BUCKETS: [u64; 12] = [
    500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000,
    2_500_000,
];

/// The codes of STS that no error of KMS has.
const STS_CODES: [&str; 11] = [
    "AccessDenied",
    "IDPCommunicationError",
    "InvalidAction",
    "InvalidIdentityToken",
    "InvalidParameterValue",
    "MalformedPolicyDocument",
    "MalformedQueryString",
    "MissingAction",
    "PackedPolicyTooLarge",
    "ValidationError",
    "Other",
];

/// A success, the errors of KMS, the codes of STS.
const CODES: usize = 1 + ErrorCode::ALL.len() + STS_CODES.len();
/// The operations of KMS, the actions of STS, and what is neither.
const ROWS: usize = Operation::ALL.len() + Action::ALL.len() + 1;

/// What was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Called {
    /// An operation of KMS.
    Kms(Operation),
    /// An action of STS.
    Sts(Action),
    /// Neither.
    Unknown,
}

impl Called {
    fn row(self) -> usize {
        match self {
            Self::Kms(operation) => operation as usize,
            Self::Sts(action) => Operation::ALL.len() + action as usize,
            Self::Unknown => ROWS - 1,
        }
    }

    /// All there are, in the order of rows.
    fn all() -> impl Iterator<Item = Self> {
        let operations = Operation::ALL.iter().copied().map(Self::Kms);
        let actions = Action::ALL.into_iter().map(Self::Sts);
        operations.chain(actions).chain([Self::Unknown])
    }

    fn name(self) -> &'static str {
        match self {
            Self::Kms(operation) => operation.name(),
            Self::Sts(action) => action.name(),
            Self::Unknown => "Unknown",
        }
    }
}

/// How a call ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ending(usize);

impl Ending {
    /// With an answer.
    pub const DONE: Self = Self(0);

    /// With an error of KMS.
    #[must_use]
    pub fn kms(code: ErrorCode) -> Self {
        Self(1 + code as usize)
    }

    /// With an error of STS, which shares a few codes with KMS.
    #[must_use]
    pub fn sts(code: &str) -> Self {
        let shared = ErrorCode::ALL.iter().find(|known| known.name() == code);
        if let Some(code) = shared {
            return Self::kms(*code);
        }
        let own = STS_CODES.iter().position(|known| *known == code);
        Self(1 + ErrorCode::ALL.len() + own.unwrap_or(STS_CODES.len() - 1))
    }

    /// All there are, in order, with their labels `result` and `error_code`.
    fn all() -> impl Iterator<Item = (&'static str, &'static str)> {
        let errors = ErrorCode::ALL.iter().map(|code| code.name());
        let errors = errors.chain(STS_CODES).map(|code| ("error", code));
        std::iter::once(("success", "")).chain(errors)
    }
}

/// What is counted of one operation, on cache lines of its own.
#[derive(Debug)]
#[repr(align(64))]
struct Row {
    /// Calls by how long they took; the last is for those that fit in no bucket.
    durations: [AtomicU64; BUCKETS.len() + 1],
    nanoseconds: AtomicU64,
    endings: [AtomicU64; CODES],
}

impl Row {
    fn new() -> Self {
        Self {
            durations: [const { AtomicU64::new(0) }; BUCKETS.len() + 1],
            nanoseconds: AtomicU64::new(0),
            endings: [const { AtomicU64::new(0) }; CODES],
        }
    }
}

/// What the threads of one shard count, so that they do not take each other's cache lines.
#[derive(Debug)]
#[repr(align(64))]
struct Shard {
    /// Less than none when requests end on other threads than they began on.
    in_flight: AtomicI64,
    /// Made when the first call is counted here: they are large, and few threads serve.
    rows: OnceLock<Box<[Row]>>,
}

impl Shard {
    /// What is counted here of an operation.
    fn row(&self, called: Called) -> Option<&Row> {
        let rows = || (0..ROWS).map(|_| Row::new()).collect();
        self.rows.get_or_init(rows).get(called.row())
    }
}

/// Shards; more threads than these share.
const SHARDS: usize = 8;

thread_local! {
    static SHARD: usize = {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        NEXT.fetch_add(1, Ordering::Relaxed) % SHARDS
    };
}

/// What was counted of one operation, all in all.
struct Sums {
    durations: [u64; BUCKETS.len() + 1],
    nanoseconds: u64,
    endings: [u64; CODES],
}

/// The counters of one server.
#[derive(Debug)]
pub struct Metrics {
    shards: [Shard; SHARDS],
    refused_at_the_door: [AtomicU64; ErrorCode::ALL.len()],
    decisions: decisions::Decisions,
    store: store::StoreCounters,
    key_stores: KeyStoreCounters,
    started: SystemTime,
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

impl Metrics {
    /// Counters that begin at nothing.
    #[must_use]
    pub fn new() -> Self {
        Self {
            shards: array::from_fn(|_| Shard {
                in_flight: AtomicI64::new(0),
                rows: OnceLock::new(),
            }),
            refused_at_the_door: [const { AtomicU64::new(0) }; ErrorCode::ALL.len()],
            decisions: decisions::Decisions::default(),
            store: store::StoreCounters::default(),
            key_stores: KeyStoreCounters::default(),
            started: SystemTime::now(),
        }
    }

    /// What is counted of custom key stores.
    #[must_use]
    pub fn key_stores(&self) -> &KeyStoreCounters {
        &self.key_stores
    }

    /// A request has come in.
    #[must_use]
    pub fn begin(&self) -> InFlight<'_> {
        self.pass(1);
        InFlight {
            metrics: self,
            began: Instant::now(),
        }
    }

    fn shard(&self) -> Option<&Shard> {
        self.shards.get(SHARD.with(|shard| *shard))
    }

    fn pass(&self, requests: i64) {
        if let Some(shard) = self.shard() {
            shard.in_flight.fetch_add(requests, Ordering::Relaxed);
        }
    }

    /// Requests that are being answered.
    fn in_flight(&self) -> i64 {
        let each = |shard: &Shard| shard.in_flight.load(Ordering::Relaxed);
        self.shards.iter().map(each).sum()
    }

    fn sums(&self, called: Called) -> Sums {
        let mut sums = Sums {
            durations: [0; BUCKETS.len() + 1],
            nanoseconds: 0,
            endings: [0; CODES],
        };
        let add = |sums: &mut [u64], counters: &[AtomicU64]| {
            for (sum, counter) in sums.iter_mut().zip(counters) {
                *sum += counter.load(Ordering::Relaxed);
            }
        };
        for rows in self.shards.iter().filter_map(|shard| shard.rows.get()) {
            if let Some(row) = rows.get(called.row()) {
                add(&mut sums.durations, &row.durations);
                add(&mut sums.endings, &row.endings);
                sums.nanoseconds += row.nanoseconds.load(Ordering::Relaxed);
            }
        }
        sums
    }

    /// Somebody was refused who has no name yet.
    pub fn refused_at_the_door(&self, code: ErrorCode) {
        count(&self.refused_at_the_door, code as usize);
    }

    fn note(&self, called: Called, ending: Ending, took: Duration) {
        let Some(row) = self.shard().and_then(|shard| shard.row(called)) else {
            return;
        };
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        let bucket = BUCKETS.iter().position(|most| micros <= *most);
        count(&row.durations, bucket.unwrap_or(BUCKETS.len()));
        let nanoseconds = u64::try_from(took.as_nanos()).unwrap_or(u64::MAX);
        row.nanoseconds.fetch_add(nanoseconds, Ordering::Relaxed);
        count(&row.endings, ending.0);
    }
}

/// A request that is being answered; one that is given up is not counted as a call.
#[derive(Debug)]
pub struct InFlight<'a> {
    metrics: &'a Metrics,
    began: Instant,
}

impl InFlight<'_> {
    /// It has been answered.
    pub fn end(self, called: Called, ending: Ending) {
        self.metrics.note(called, ending, self.began.elapsed());
    }
}

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        self.metrics.pass(-1);
    }
}

fn count(counters: &[AtomicU64], at: usize) {
    if let Some(counter) = counters.get(at) {
        counter.fetch_add(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_and_every_ending_is_found_at_its_own_number() {
        for (at, called) in Called::all().enumerate() {
            assert_eq!(called.row(), at, "{called:?}");
        }
        assert_eq!(Called::all().count(), ROWS);
        assert_eq!(Ending::all().count(), CODES);
        let labels: Vec<_> = Ending::all().collect();
        assert_eq!(labels[Ending::DONE.0], ("success", ""));
        for code in ErrorCode::ALL {
            assert_eq!(labels[Ending::kms(*code).0], ("error", code.name()));
        }
        for code in STS_CODES {
            assert_eq!(labels[Ending::sts(code).0], ("error", code));
        }
        assert_eq!(
            labels[Ending::sts("ServiceUnavailable").0].1,
            "ServiceUnavailable"
        );
        assert_eq!(labels[Ending::sts("NoSuchCode").0].1, "Other");
    }

    #[test]
    fn durations_fall_into_the_first_bucket_that_holds_them() {
        let metrics = Metrics::new();
        for micros in [1, 500, 501, 2_500_000, 2_500_001] {
            metrics.note(Called::Unknown, Ending::DONE, Duration::from_micros(micros));
        }
        let sums = metrics.sums(Called::Unknown);
        assert_eq!(sums.durations, [2, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1]);
    }

    #[test]
    fn a_request_is_in_flight_until_it_ends_or_is_given_up() {
        let metrics = Metrics::new();
        let (one, two) = (metrics.begin(), metrics.begin());
        assert_eq!(metrics.in_flight(), 2);
        one.end(Called::Kms(Operation::Encrypt), Ending::DONE);
        drop(two);
        assert_eq!(metrics.in_flight(), 0);
    }
}
