//! Points in time, and the clock as a value.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A point in time, in whole milliseconds since the Unix epoch.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Timestamp(i64);

/// Milliseconds in a day.
const DAY_MILLIS: i64 = 86_400_000;

impl Timestamp {
    /// The point `millis` milliseconds after the epoch.
    #[must_use]
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    /// Milliseconds since the epoch.
    #[must_use]
    pub const fn as_millis(self) -> i64 {
        self.0
    }

    /// The point `days` whole days later.
    #[must_use]
    pub const fn plus_days(self, days: i64) -> Self {
        Self(self.0.saturating_add(days.saturating_mul(DAY_MILLIS)))
    }

    /// The point `millis` milliseconds later.
    #[must_use]
    pub const fn plus_millis(self, millis: i64) -> Self {
        Self(self.0.saturating_add(millis))
    }
}

impl fmt::Display for Timestamp {
    /// Epoch seconds with a millisecond fraction, as the JSON protocol carries time:
    /// `1593622000.191`, or `1593622000` on a whole second.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (seconds, millis) = (self.0.div_euclid(1000), self.0.rem_euclid(1000));
        if self.0 < 0 {
            // Rare and never produced by this service; a float prints it well enough.
            let whole = i32::try_from(seconds).map_or(f64::MIN, f64::from);
            let fraction = i32::try_from(millis).map_or(0.0, f64::from) / 1000.0;
            return write!(f, "{:.3}", whole + fraction);
        }
        if millis == 0 {
            return write!(f, "{seconds}");
        }
        let text = format!("{seconds}.{millis:03}");
        f.write_str(text.trim_end_matches('0'))
    }
}

/// Where the service reads the time. Tests and the development mode hand in their own.
pub trait Clock: Send + Sync {
    /// The present moment.
    fn now(&self) -> Timestamp;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timestamps_print_as_epoch_seconds() {
        let check = |millis, text: &str| {
            assert_eq!(Timestamp::from_millis(millis).to_string(), text);
        };
        check(1_593_622_000_191, "1593622000.191");
        check(1_593_622_000_020, "1593622000.02");
        check(1_593_622_000_000, "1593622000");
        check(-500, "-0.500");
    }

    #[test]
    fn days_are_counted_in_full() {
        assert_eq!(
            Timestamp::from_millis(5).plus_days(7).as_millis(),
            604_800_005
        );
    }
}
