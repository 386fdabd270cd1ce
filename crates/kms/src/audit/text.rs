//! Texts of entries: dates, digits, and what is cut short.

use std::{fmt::Write as _, io::Write as _, net::IpAddr};

use jiff::{civil::DateTime, tz::Offset};
use strongroom_model::{Timestamp, errors::ErrorCode};

use crate::error::KmsError;

/// The longest user agent, error code and error message that an entry keeps. AWS: CloudTrail
/// user guide, "CloudTrail record contents".
const SHORT_BYTES: usize = 1024;

/// The first kilobyte of a text, as CloudTrail keeps it.
pub(crate) fn shortened(text: &str) -> &str {
    let end = text.floor_char_boundary(SHORT_BYTES);
    text.get(..end).unwrap_or(text)
}

/// What CloudTrail calls an error: by its name, save that a denial is `AccessDenied`.
pub(super) fn error_code(error: &KmsError) -> &'static str {
    match error.code() {
        ErrorCode::AccessDeniedException => "AccessDenied",
        code => code.name(),
    }
}

/// Writes a date and time of day in UTC, to the second: `2026-11-24T03:58:22Z`.
pub(super) fn push_time(out: &mut Vec<u8>, at: Timestamp) {
    let time = civil(at);
    let [century, year] = [
        time.year().rem_euclid(10_000) / 100,
        time.year().rem_euclid(100),
    ];
    push_two(out, century);
    push_two(out, year);
    for (before, part) in [
        (b'-', time.month()),
        (b'-', time.day()),
        (b'T', time.hour()),
        (b':', time.minute()),
        (b':', time.second()),
    ] {
        out.push(before);
        push_two(out, part.into());
    }
    out.push(b'Z');
}

/// Writes a date as requests and responses have it in entries: `May 21, 2025, 5:47:45 AM`.
pub(super) fn push_date(out: &mut Vec<u8>, at: Timestamp) {
    const MONTHS: [&str; 12] = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ];
    let time = civil(at);
    let month = usize::try_from(time.month() - 1).ok();
    let month = month.and_then(|month| MONTHS.get(month)).unwrap_or(&"");
    let hour = match time.hour().rem_euclid(12) {
        0 => 12,
        hour => hour,
    };
    let half = if time.hour() < 12 { "AM" } else { "PM" };
    let (day, year, minute, second) = (time.day(), time.year(), time.minute(), time.second());
    let text = format!("{month} {day}, {year}, {hour}:{minute:02}:{second:02} {half}");
    out.extend_from_slice(text.as_bytes());
}

/// A date as requests and responses have it in entries.
pub(crate) fn spoken_date(at: Timestamp) -> String {
    let mut out = Vec::new();
    push_date(&mut out, at);
    String::from_utf8_lossy(&out).into_owned()
}

fn civil(at: Timestamp) -> DateTime {
    let second = at.as_millis().div_euclid(1000);
    Offset::UTC.to_datetime(jiff::Timestamp::from_second(second).unwrap_or_default())
}

fn push_two(out: &mut Vec<u8>, number: i16) {
    let digit = |digit: i16| b'0' + u8::try_from(digit).unwrap_or(0);
    out.extend_from_slice(&[digit(number / 10), digit(number % 10)]);
}

/// Writes an IP address: `192.0.2.1`, `2001:db8::1`.
pub(super) fn push_address(out: &mut Vec<u8>, address: IpAddr) {
    match address {
        IpAddr::V4(address) => {
            for (at, octet) in address.octets().into_iter().enumerate() {
                if at > 0 {
                    out.push(b'.');
                }
                push_octet(out, octet);
            }
        }
        IpAddr::V6(address) => {
            // Writing into memory cannot fail.
            let _infallible = write!(out, "{address}");
        }
    }
}

fn push_octet(out: &mut Vec<u8>, octet: u8) {
    let digits = [
        b'0' + octet / 100,
        b'0' + octet / 10 % 10,
        b'0' + octet % 10,
    ];
    let zeros = usize::from(octet < 100) + usize::from(octet < 10);
    out.extend_from_slice(digits.get(zeros..).unwrap_or_default());
}

/// Writes a digest as lower-case hexadecimal digits.
pub(super) fn push_hex(out: &mut Vec<u8>, digest: &[u8; 32]) {
    let digit = |nibble: u8| {
        if nibble < 10 {
            b'0' + nibble
        } else {
            b'a' - 10 + nibble
        }
    };
    // In one piece, since every call that encrypts has one.
    let mut digits = [0; 64];
    for (pair, byte) in digits.chunks_exact_mut(2).zip(digest) {
        pair.copy_from_slice(&[digit(byte >> 4), digit(byte & 15)]);
    }
    out.extend_from_slice(&digits);
}

/// Bytes as lower-case hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
            let _infallible = write!(text, "{byte:02x}");
            text
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_written_as_cloudtrail_writes_them() {
        let check = |seconds: i64, time: &str, date: &str| {
            let at = Timestamp::from_millis(seconds * 1000 + 999);
            let (mut a, mut b) = (Vec::new(), Vec::new());
            push_time(&mut a, at);
            push_date(&mut b, at);
            assert_eq!(String::from_utf8(a).unwrap(), time);
            assert_eq!(String::from_utf8(b).unwrap(), date);
        };
        check(0, "1970-01-01T00:00:00Z", "Jan 1, 1970, 12:00:00 AM");
        check(
            1_747_806_465,
            "2025-05-21T05:47:45Z",
            "May 21, 2025, 5:47:45 AM",
        );
        check(
            1_798_761_599,
            "2026-12-31T23:59:59Z",
            "Dec 31, 2026, 11:59:59 PM",
        );
        check(
            1_798_718_700,
            "2026-12-31T12:05:00Z",
            "Dec 31, 2026, 12:05:00 PM",
        );
    }

    #[test]
    fn addresses_are_written_as_everybody_writes_them() {
        let check = |address: IpAddr| {
            let mut out = Vec::new();
            push_address(&mut out, address);
            assert_eq!(String::from_utf8(out).unwrap(), address.to_string());
        };
        for octet in 0..=255 {
            check(IpAddr::from([octet, 0, 255 - octet, 7]));
        }
        check("::ffff:192.0.2.1".parse().unwrap());
        check("2001:db8::1".parse().unwrap());
    }

    #[test]
    fn a_text_is_cut_between_characters() {
        let text = "ä".repeat(600);
        assert_eq!(shortened(&text).len(), 1024);
        let text = format!("x{text}");
        assert_eq!(shortened(&text).len(), 1023);
    }

    #[test]
    fn hexadecimal_digits_are_small() {
        let mut out = Vec::new();
        let mut digest = [0x9f; 32];
        digest[0] = 0x0a;
        push_hex(&mut out, &digest);
        assert_eq!(String::from_utf8(out).unwrap(), hex(&digest));
        assert_eq!(hex(&[0x09, 0xaf]), "09af");
    }
}
