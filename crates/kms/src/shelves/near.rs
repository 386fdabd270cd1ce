//! Records that each thread keeps a copy of.
//!
//! Threads that use the same record take turns at its reference count and at the lock of the
//! cache that it is in, and both travel from one processor to the other with every call. So a
//! thread keeps the few records that it uses all the time, each as a copy of its own. Whether a
//! copy still counts is for the shelves to say, by the rule that holds for all they remember.

use std::{
    any::Any,
    cell::RefCell,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use super::Slot;

/// Records that a thread keeps.
const PLACES: usize = 64;
/// One record is kept of so many that were not at hand: what is used all the time gets in soon,
/// and the rest does not push it out.
const ONE_OF: u32 = 16;
/// The largest row whose record is kept.
const ROW_BYTES: u32 = 8 << 10;

/// Where a record would be.
#[derive(Clone, Copy)]
pub(super) struct Place<'n> {
    /// The number of the shelves that it is from.
    pub(super) shelves: u64,
    /// The hash of its name.
    pub(super) hash: u64,
    /// The name of its row.
    pub(super) name: &'n str,
}

struct Kept {
    shelves: u64,
    name: Box<str>,
    slot: Slot,
}

struct Near {
    passed: u32,
    kept: [Option<Kept>; PLACES],
}

thread_local! {
    static NEAR: RefCell<Near> = const {
        RefCell::new(Near {
            passed: 0,
            kept: [const { None }; PLACES],
        })
    };
}

/// A number that no other shelves of this process have.
pub(super) fn next_number() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

/// What this thread keeps of a row, if it `holds`.
pub(super) fn find(
    place: &Place<'_>,
    holds: impl FnOnce(&Slot) -> bool,
) -> Option<Option<Arc<dyn Any + Send + Sync>>> {
    NEAR.with_borrow(|near| {
        let kept = near.kept.get(place.at())?.as_ref()?;
        let found = kept.shelves == place.shelves && *kept.name == *place.name && holds(&kept.slot);
        found.then(|| kept.slot.stored.clone())
    })
}

/// Keeps a copy of what is in a row, now and then.
pub(super) fn keep(place: &Place<'_>, size: u32, copy: impl FnOnce() -> Slot) {
    NEAR.with_borrow_mut(|near| {
        near.passed = near.passed.wrapping_add(1);
        if size <= ROW_BYTES
            && near.passed.is_multiple_of(ONE_OF)
            && let Some(kept) = near.kept.get_mut(place.at())
        {
            *kept = Some(Kept {
                shelves: place.shelves,
                name: place.name.into(),
                slot: copy(),
            });
        }
    });
}

impl Place<'_> {
    fn at(&self) -> usize {
        // The neighbourhoods go by the lower part of the hash.
        usize::try_from(self.hash >> 32).unwrap_or(0) % PLACES
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slot(read_at: u64) -> Slot {
        Slot {
            read_at,
            age: 0,
            size: 1,
            stored: None,
        }
    }

    #[test]
    fn what_is_used_all_the_time_is_kept_and_counts_while_it_holds() {
        let place = Place {
            shelves: next_number(),
            hash: 7 << 32,
            name: "a",
        };
        assert!(find(&place, |_| true).is_none());
        for _ in 0..ONE_OF {
            keep(&place, 1, || slot(5));
        }
        assert!(find(&place, |slot| slot.read_at >= 5).is_some());
        assert!(find(&place, |slot| slot.read_at >= 6).is_none());
        // Another row, and the same row of other shelves, with the same place.
        assert!(find(&Place { name: "b", ..place }, |_| true).is_none());
        let shelves = next_number();
        assert!(find(&Place { shelves, ..place }, |_| true).is_none());
        let there = std::thread::spawn(move || {
            let place = Place { name: "a", ..place };
            find(&place, |_| true).is_none()
        });
        assert!(there.join().unwrap(), "another thread has its own");
    }

    #[test]
    fn a_large_row_is_not_kept() {
        let place = Place {
            shelves: next_number(),
            hash: 0,
            name: "large",
        };
        for _ in 0..2 * ONE_OF {
            keep(&place, ROW_BYTES + 1, || slot(1));
        }
        assert!(find(&place, |_| true).is_none());
    }
}
