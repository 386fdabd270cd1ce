//! The reserve: space on the disk that calls do not get, so that whoever looks after the machine
//! still can, and what was promised can still be written.

use std::{
    path::PathBuf,
    sync::atomic::{AtomicBool, AtomicU64, Ordering},
    time::Instant,
};

use super::JournalError;

/// How often the disk is asked.
const LOOK_EVERY_MILLIS: u64 = 500;

/// Watches the free space of the disk that a folder is on.
#[derive(Debug)]
pub(super) struct Space {
    dir: PathBuf,
    /// Of a hundred parts of the disk, how many are the reserve.
    reserve: u8,
    began: Instant,
    /// When to look again, in milliseconds since the beginning.
    next_look: AtomicU64,
    low: AtomicBool,
}

impl Space {
    /// For the disk of a folder; none if nothing is reserved.
    pub(super) fn of(dir: PathBuf, reserve: u8) -> Option<Self> {
        (reserve > 0).then(|| Self {
            dir,
            reserve,
            began: Instant::now(),
            next_look: AtomicU64::new(0),
            low: AtomicBool::new(false),
        })
    }

    /// Whether a call may be recorded.
    ///
    /// # Errors
    /// [`JournalError::Reserve`] while there is less space than the reserve.
    pub(super) fn check(&self) -> Result<(), JournalError> {
        let now = u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX);
        let due = self.next_look.load(Ordering::Relaxed);
        if now >= due {
            let next = now.saturating_add(LOOK_EVERY_MILLIS);
            let order = Ordering::Relaxed;
            let mine = self.next_look.compare_exchange(due, next, order, order);
            if mine.is_ok() {
                self.look();
            }
        }
        if self.low.load(Ordering::Relaxed) {
            return Err(JournalError::Reserve {
                percent: self.reserve,
            });
        }
        Ok(())
    }

    fn look(&self) {
        // A disk that does not say how full it is takes records until it refuses one.
        let Ok(disk) = rustix::fs::statvfs(&self.dir) else {
            return;
        };
        let left = u128::from(disk.f_bavail) * 100;
        let low = left < u128::from(disk.f_blocks) * u128::from(self.reserve);
        if self.low.swap(low, Ordering::Relaxed) != low {
            if low {
                tracing::error!(
                    reserve_percent = self.reserve,
                    "the disk of the journal is nearly full; calls are refused until there is space"
                );
            } else {
                tracing::info!("the disk of the journal has space again");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Scratch;

    #[test]
    fn calls_are_refused_below_the_reserve_and_only_there() {
        let scratch = Scratch::new();
        let dir = || scratch.path().to_path_buf();
        assert!(Space::of(dir(), 0).is_none());
        // No disk has all of itself left once there is a folder on it.
        let all = Space::of(dir(), 100).unwrap();
        assert_eq!(all.check(), Err(JournalError::Reserve { percent: 100 }));
        let disk = rustix::fs::statvfs(scratch.path()).unwrap();
        if disk.f_bavail * 100 > disk.f_blocks {
            assert_eq!(Space::of(dir(), 1).unwrap().check(), Ok(()));
        }
        let nowhere = Space::of(dir().join("gone"), 100).unwrap();
        assert_eq!(nowhere.check(), Ok(()));
    }
}
