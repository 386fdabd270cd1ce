//! The times that signatures carry: `20260102T030405Z`, or an RFC 2822 date in `Date`.

use std::fmt;

use strongroom_model::Timestamp;

/// Days before the first of each month in a year that is not a leap year.
const DAYS_BEFORE_MONTH: [i64; 12] = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334];

/// A whole second in ISO 8601 basic format, kept as the text that is signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct BasicTime([u8; 16]);

impl BasicTime {
    /// Parses `YYYYMMDDTHHMMSSZ` and nothing else.
    pub(super) fn parse(text: &[u8]) -> Option<(Self, Timestamp)> {
        let exact: &[u8; 16] = text.try_into().ok()?;
        let [
            y1,
            y2,
            y3,
            y4,
            mo1,
            mo2,
            d1,
            d2,
            b'T',
            h1,
            h2,
            mi1,
            mi2,
            s1,
            s2,
            b'Z',
        ] = *exact
        else {
            return None;
        };
        let number = |digits: &[u8]| {
            digits.iter().try_fold(0i64, |sum, digit| {
                digit
                    .is_ascii_digit()
                    .then(|| sum * 10 + i64::from(digit - b'0'))
            })
        };
        let (year, month, day) = (
            number(&[y1, y2, y3, y4])?,
            number(&[mo1, mo2])?,
            number(&[d1, d2])?,
        );
        let (hour, minute, second) = (number(&[h1, h2])?, number(&[mi1, mi2])?, number(&[s1, s2])?);
        if hour > 23 || minute > 59 || second > 59 {
            return None;
        }
        let seconds = days_since_epoch(year, month, day)? * 86_400 + hour * 3600 + minute * 60;
        let at = Timestamp::from_millis((seconds + second) * 1000);
        Some((Self(*exact), at))
    }

    /// Parses an RFC 2822 date, as HTTP's `Date` header has it.
    pub(super) fn parse_http_date(text: &str) -> Option<(Self, Timestamp)> {
        let zoned = jiff::fmt::rfc2822::parse(text).ok()?;
        let at = Timestamp::from_millis(zoned.timestamp().as_second().checked_mul(1000)?);
        Some((Self::from_timestamp(at)?, at))
    }

    /// The second that a point in time falls into, for the years 0 to 9999.
    pub(super) fn from_timestamp(at: Timestamp) -> Option<Self> {
        let utc = jiff::Timestamp::from_millisecond(at.as_millis()).ok()?;
        let utc = utc.to_zoned(jiff::tz::TimeZone::UTC);
        let text = format!(
            "{:04}{:02}{:02}T{:02}{:02}{:02}Z",
            utc.year(),
            utc.month(),
            utc.day(),
            utc.hour(),
            utc.minute(),
            utc.second()
        );
        text.as_bytes().try_into().ok().map(Self)
    }

    /// All sixteen characters.
    pub(super) fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }

    /// The eight digits of the date.
    pub(super) fn date(&self) -> &str {
        let text = std::str::from_utf8(&self.0).unwrap_or_default();
        text.get(..8).unwrap_or_default()
    }
}

impl fmt::Display for BasicTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(std::str::from_utf8(&self.0).unwrap_or_default())
    }
}

/// Prints a point in time in basic format, for messages.
pub(super) fn basic(at: Timestamp) -> String {
    BasicTime::from_timestamp(at).map_or_else(|| at.to_string(), |time| time.to_string())
}

/// Days from the first of January 1970 to a date of the Gregorian calendar, or nothing when
/// there is no such date.
fn days_since_epoch(year: i64, month: i64, day: i64) -> Option<i64> {
    let leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    let index = usize::try_from(month.checked_sub(1)?).ok()?;
    let before = DAYS_BEFORE_MONTH.get(index)?;
    let length = DAYS_BEFORE_MONTH.get(index + 1).unwrap_or(&365) - before;
    let leap_day = i64::from(leap && month == 2);
    if day < 1 || day > length + leap_day {
        return None;
    }
    // Leap days in all years before this one, counted from year 1.
    let past = year - 1;
    let leap_days = past.div_euclid(4) - past.div_euclid(100) + past.div_euclid(400);
    let in_year = before + i64::from(leap && month > 2) + day - 1;
    // The first of January 1970 is day 719,162 by this count.
    Some(past * 365 + leap_days + in_year - 719_162)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn basic_times_are_read_to_the_second() {
        let check = |text: &str, seconds: i64| {
            let (time, at) = BasicTime::parse(text.as_bytes()).unwrap();
            assert_eq!(at, Timestamp::from_millis(seconds * 1000), "{text}");
            assert_eq!(time.to_string(), text);
            assert_eq!(BasicTime::from_timestamp(at).unwrap().to_string(), text);
        };
        check("19700101T000000Z", 0);
        check("20150830T123600Z", 1_440_938_160);
        check("20240229T235959Z", 1_709_251_199);
        check("20260102T030405Z", 1_767_323_045);
        check("00010101T000000Z", -62_135_596_800);
    }

    #[test]
    fn what_is_no_date_is_refused() {
        for text in [
            "",
            "20260102",
            "20260102T030405",
            "20260102t030405Z",
            "20260102T030405z",
            "2026-01-02T03:04:05Z",
            "20261302T030405Z",
            "20260002T030405Z",
            "20260230T030405Z",
            "20250229T030405Z",
            "19000229T030405Z",
            "20260102T240405Z",
            "20260102T036005Z",
            "20260102T030460Z",
            "+0260102T030405Z",
        ] {
            assert!(BasicTime::parse(text.as_bytes()).is_none(), "{text}");
        }
    }

    #[test]
    fn an_http_date_is_signed_in_basic_format() {
        let (time, at) = BasicTime::parse_http_date("Fri, 02 Jan 2026 03:04:05 GMT").unwrap();
        assert_eq!(time.to_string(), "20260102T030405Z");
        assert_eq!(at, Timestamp::from_millis(1_767_323_045_000));
        assert_eq!(time.date(), "20260102");
        assert!(BasicTime::parse_http_date("tomorrow").is_none());
    }

    #[test]
    fn every_day_of_four_centuries_agrees_with_the_calendar_library() {
        let mut day = jiff::civil::date(1900, 1, 1);
        let mut expected = day
            .to_zoned(jiff::tz::TimeZone::UTC)
            .unwrap()
            .timestamp()
            .as_second()
            / 86_400;
        while day.year() < 2301 {
            let (y, m, d) = (
                i64::from(day.year()),
                i64::from(day.month()),
                i64::from(day.day()),
            );
            assert_eq!(days_since_epoch(y, m, d), Some(expected), "{day}");
            day = day.tomorrow().unwrap();
            expected += 1;
        }
    }
}
