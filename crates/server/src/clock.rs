//! The service clock: the time of everything that is stored.
//!
//! It is the clock on the wall plus an offset. In production the offset is zero; in development
//! it can be moved forward while the server runs, so that a week's waiting period passes in a
//! second. Signatures, certificates and the `Date` header never follow it (decision 12).

use std::{
    fmt,
    str::FromStr,
    sync::atomic::{AtomicI64, Ordering},
};

use serde::{Deserialize, Serialize};
use strongroom_model::{Clock, Timestamp};

use crate::door::WallClock;

/// The note of the installation that keeps the offset.
pub const NOTE: &str = "clock";
/// The farthest that the service clock may be ahead: a hundred years, so that no date that is
/// computed from it leaves the range of dates.
const FARTHEST_MILLIS: i64 = 100 * 365 * DAY_MILLIS;
const DAY_MILLIS: i64 = 86_400_000;

/// What is kept of the clock between starts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClockNote {
    /// How far the service clock is ahead of the wall clock.
    pub offset_millis: i64,
}

/// The wall clock plus an offset.
#[derive(Debug, Default)]
pub struct ServiceClock {
    offset_millis: AtomicI64,
}

impl ServiceClock {
    /// How far it is ahead of the wall clock.
    #[must_use]
    pub fn offset(&self) -> Ahead {
        Ahead {
            millis: self.offset_millis.load(Ordering::SeqCst),
        }
    }

    /// Moves it so that it is this far ahead.
    pub fn set_offset(&self, offset: Ahead) {
        self.offset_millis.store(offset.millis, Ordering::SeqCst);
    }
}

impl Clock for ServiceClock {
    fn now(&self) -> Timestamp {
        WallClock
            .now()
            .plus_millis(self.offset_millis.load(Ordering::SeqCst))
    }
}

/// A span of time by which the service clock is, or is to be moved, ahead: `8d`, `90s`, `15m`,
/// `2h`, or several together as in `1d12h`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ahead {
    millis: i64,
}

impl Ahead {
    /// From milliseconds, as the note and the admin socket carry it.
    ///
    /// # Errors
    /// When it is negative or more than a hundred years.
    pub fn from_millis(millis: i64) -> Result<Self, AheadError> {
        if (0..=FARTHEST_MILLIS).contains(&millis) {
            Ok(Self { millis })
        } else {
            Err(AheadError::TooFar)
        }
    }

    /// Milliseconds.
    #[must_use]
    pub fn as_millis(self) -> i64 {
        self.millis
    }

    /// Both spans together.
    ///
    /// # Errors
    /// When that is more than a hundred years.
    pub fn plus(self, other: Self) -> Result<Self, AheadError> {
        Self::from_millis(self.millis.saturating_add(other.millis))
    }
}

/// Why a text is not a span of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AheadError {
    /// It is not of that form.
    #[error("not a span of time such as 8d, 2h, 15m, 90s or 1d12h")]
    Malformed,
    /// It is too long.
    #[error("the service clock can be at most 100 years ahead")]
    TooFar,
}

impl FromStr for Ahead {
    type Err = AheadError;

    fn from_str(text: &str) -> Result<Self, AheadError> {
        let mut rest = text;
        let mut total = 0_i64;
        if rest.is_empty() {
            return Err(AheadError::Malformed);
        }
        while !rest.is_empty() {
            let digits = rest
                .find(|c: char| !c.is_ascii_digit())
                .ok_or(AheadError::Malformed)?;
            let (number, after) = rest.split_at(digits);
            let mut letters = after.chars();
            let unit = match letters.next() {
                Some('d') => DAY_MILLIS,
                Some('h') => 3_600_000,
                Some('m') => 60_000,
                Some('s') => 1000,
                _ => return Err(AheadError::Malformed),
            };
            if number.is_empty() {
                return Err(AheadError::Malformed);
            }
            // Digits that are not a number are too many of them.
            let number: i64 = number.parse().map_err(|_| AheadError::TooFar)?;
            total = total.saturating_add(number.saturating_mul(unit));
            rest = letters.as_str();
        }
        Self::from_millis(total)
    }
}

impl fmt::Display for Ahead {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.millis / 1000;
        if seconds == 0 {
            return f.write_str("0s");
        }
        let parts = [
            (seconds / 86_400, 'd'),
            (seconds / 3600 % 24, 'h'),
            (seconds / 60 % 60, 'm'),
            (seconds % 60, 's'),
        ];
        parts
            .into_iter()
            .filter(|(number, _)| *number > 0)
            .try_for_each(|(number, unit)| write!(f, "{number}{unit}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_read_and_printed_alike() {
        for text in ["8d", "90d", "15m", "2h", "1d12h", "1d2h3m4s", "0s"] {
            assert_eq!(text.parse::<Ahead>().unwrap().to_string(), text);
        }
        assert_eq!("90s".parse::<Ahead>().unwrap().to_string(), "1m30s");
        assert_eq!("7d".parse::<Ahead>().unwrap().as_millis(), 604_800_000);
    }

    #[test]
    fn other_texts_are_no_spans() {
        for text in ["", "d", "8", "-1d", "8 d", "8w", "1.5d", "8d "] {
            assert_eq!(text.parse::<Ahead>(), Err(AheadError::Malformed), "{text}");
        }
        for text in ["36501d", "99999999999999999999d", "9223372036854775807d"] {
            assert_eq!(text.parse::<Ahead>(), Err(AheadError::TooFar), "{text}");
        }
    }

    #[test]
    fn the_service_clock_is_the_wall_clock_plus_its_offset() {
        let clock = ServiceClock::default();
        let before = WallClock.now();
        assert!(clock.now() >= before);
        clock.set_offset("7d".parse().unwrap());
        let ahead = clock.now().as_millis() - before.as_millis();
        assert!((604_800_000..604_860_000).contains(&ahead), "{ahead}");
    }
}
