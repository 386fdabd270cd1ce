//! Values of conditions that are more than text: numbers, instants, truth, networks.

use std::{
    cmp::Ordering,
    net::{IpAddr, Ipv6Addr},
};

use jiff::{
    Timestamp,
    civil::{Date, DateTime},
    tz::TimeZone,
};

/// A decimal number of any size, compared exactly: 0.d₁d₂d₃… times a power of ten.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Decimal {
    negative: bool,
    /// The power of ten. Of zero, the least there is.
    exponent: i64,
    /// Digits without zeros at either end.
    digits: Box<[u8]>,
}

/// The largest power of ten that is understood.
const LARGEST_EXPONENT: i64 = 1_000_000;

impl Decimal {
    /// Reads `12`, `-0.5`, `1.5e3`.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (negative, text) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        let (mantissa, exponent) = match text.split_once(['e', 'E']) {
            None => (text, 0),
            Some((mantissa, exponent)) => (mantissa, exponent.parse::<i64>().ok()?),
        };
        let (whole, fraction) = match mantissa.split_once('.') {
            None => (mantissa, None),
            Some((whole, fraction)) => (whole, Some(fraction)),
        };
        let number = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        let sound = number(whole) && fraction.is_none_or(number);
        if !sound || exponent.abs() > LARGEST_EXPONENT {
            return None;
        }
        let all = [whole, fraction.unwrap_or_default()].concat();
        let digits = all.trim_start_matches('0');
        let leading = all.len() - digits.len();
        let digits = digits.trim_end_matches('0');
        if digits.is_empty() {
            return Some(Self {
                negative: false,
                exponent: i64::MIN,
                digits: Box::default(),
            });
        }
        let point = i64::try_from(whole.len()).ok()? - i64::try_from(leading).ok()?;
        Some(Self {
            negative,
            exponent: point + exponent,
            digits: digits.as_bytes().into(),
        })
    }
}

impl Ord for Decimal {
    fn cmp(&self, other: &Self) -> Ordering {
        let size = |one: &Self, other: &Self| {
            (one.exponent, &one.digits).cmp(&(other.exponent, &other.digits))
        };
        match (self.negative, other.negative) {
            (false, true) => Ordering::Greater,
            (true, false) => Ordering::Less,
            (false, false) => size(self, other),
            (true, true) => size(other, self),
        }
    }
}

impl PartialOrd for Decimal {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// Reads an instant, in nanoseconds since the epoch: a date, a date with a time and a zone, both
/// by ISO 8601, or seconds since the epoch. A time without a zone is of UTC.
pub(super) fn instant(text: &str) -> Option<i128> {
    let plain = |b: u8| b.is_ascii_digit() || b"-+:.TZ".contains(&b);
    if !text.bytes().all(plain) {
        return None;
    }
    if let Some(instant) = epoch_seconds(text) {
        return Some(instant);
    }
    if let Ok(instant) = text.parse::<Timestamp>() {
        return Some(instant.as_nanosecond());
    }
    let civil = if text.contains('T') {
        text.parse::<DateTime>().ok()?
    } else {
        let month = text.len() == 7;
        let whole = if month {
            [text, "-01"].concat()
        } else {
            text.to_owned()
        };
        whole.parse::<Date>().ok()?.into()
    };
    let zoned = civil.to_zoned(TimeZone::UTC).ok()?;
    Some(zoned.timestamp().as_nanosecond())
}

fn epoch_seconds(text: &str) -> Option<i128> {
    let (negative, text) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let number = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    if !number(whole) || !number(fraction) {
        return None;
    }
    let nanos: String = fraction
        .chars()
        .chain("000000000".chars())
        .take(9)
        .collect();
    let size =
        i128::from(whole.parse::<i64>().ok()?) * 1_000_000_000 + nanos.parse::<i128>().ok()?;
    Some(if negative { -size } else { size })
}

/// Reads `true` or `false` in any case.
pub(super) fn truth(text: &str) -> Option<bool> {
    if text.eq_ignore_ascii_case("true") {
        Some(true)
    } else if text.eq_ignore_ascii_case("false") {
        Some(false)
    } else {
        None
    }
}

/// Reads an address; one of IPv4 written as one of IPv6 is of IPv4.
pub(super) fn address(text: &str) -> Option<IpAddr> {
    text.parse::<IpAddr>()
        .ok()
        .map(|address| address.to_canonical())
}

/// A range of addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Network {
    address: IpAddr,
    prefix: u32,
}

impl Network {
    /// Reads `10.0.0.0/8`, `2001:db8::/32`, or one address.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (address, prefix) = match text.split_once('/') {
            None => (text, None),
            Some((address, prefix)) => (address, Some(prefix)),
        };
        let address: IpAddr = address.parse().ok()?;
        let longest = if address.is_ipv4() { 32 } else { 128 };
        let prefix = match prefix {
            None => longest,
            Some(text) if text.bytes().all(|b| b.is_ascii_digit()) => text.parse::<u32>().ok()?,
            Some(_) => return None,
        };
        if prefix > longest {
            return None;
        }
        // `::ffff:10.0.0.0/104` is 10.0.0.0/8.
        match (address.to_canonical(), prefix.checked_sub(96)) {
            (IpAddr::V4(mapped), Some(rest)) if address.is_ipv6() => Some(Self {
                address: mapped.into(),
                prefix: rest,
            }),
            _ => Some(Self { address, prefix }),
        }
    }

    /// Whether an address is one of these.
    pub(super) fn contains(&self, address: IpAddr) -> bool {
        let differs = match (self.address, address) {
            (IpAddr::V4(own), IpAddr::V4(other)) => (own.to_bits() ^ other.to_bits())
                .checked_shr(32 - self.prefix)
                .map_or(0, u128::from),
            (IpAddr::V6(own), IpAddr::V6(other)) => bits(own, other, self.prefix),
            _ => return false,
        };
        differs == 0
    }
}

/// Where two addresses differ in their first bits.
fn bits(one: Ipv6Addr, other: Ipv6Addr, prefix: u32) -> u128 {
    (one.to_bits() ^ other.to_bits())
        .checked_shr(128 - prefix)
        .unwrap_or(0)
}

/// Whether two texts are the same but for the case of letters, by Unicode's simple folding.
pub(super) fn same_letters(one: &str, other: &str) -> bool {
    one.chars().map(folded).eq(other.chars().map(folded))
}

/// The form of a letter that all its cases share, where that is one character.
fn folded(c: char) -> char {
    fn single(mut characters: impl Iterator<Item = char>, otherwise: char) -> char {
        match (characters.next(), characters.next()) {
            (Some(only), None) => only,
            _ => otherwise,
        }
    }
    let capital = single(c.to_uppercase(), c);
    single(capital.to_lowercase(), capital)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_compared_exactly() {
        let check = |one: &str, other: &str, expected: Ordering| {
            let parse = |text| Decimal::parse(text).unwrap();
            assert_eq!(parse(one).cmp(&parse(other)), expected, "{one} {other}");
            assert_eq!(parse(other).cmp(&parse(one)), expected.reverse());
        };
        for (one, other) in [
            ("1", "1.0"),
            ("0", "-0.000"),
            ("100", "1e2"),
            ("0.1e1", "01"),
            ("+5", "5"),
            ("120", "1.2E2"),
            ("0.0012", "12e-4"),
        ] {
            check(one, other, Ordering::Equal);
        }
        for (one, other) in [
            ("9007199254740992", "9007199254740993"),
            ("0.1", "0.10000000000000000000001"),
            ("-2", "-1"),
            ("-1", "0"),
            ("0", "1e-9"),
            ("9", "10"),
            ("99", "100"),
            ("1.09", "1.1"),
            ("-0.5", "0.25"),
            ("1e300", "1e400"),
        ] {
            check(one, other, Ordering::Less);
        }
        for text in [
            "",
            "-",
            "a",
            "1.",
            ".5",
            "1,5",
            "1e",
            "0x10",
            "1 ",
            "1e9999999",
            "NaN",
            "--1",
        ] {
            assert_eq!(Decimal::parse(text), None, "{text}");
        }
    }

    #[test]
    fn instants_have_many_forms() {
        const SECOND: i128 = 1_000_000_000;
        let check = |text: &str, expected: Option<i128>| {
            assert_eq!(instant(text), expected, "{text}");
        };
        let noon = 1_767_355_200 * SECOND;
        for text in [
            "2026-01-02T12:00:00Z",
            "2026-01-02T12:00:00.000Z",
            "2026-01-02T13:00:00+01:00",
            "2026-01-02T12:00Z",
            "2026-01-02T12:00:00",
            "20260102T120000Z",
            "1767355200",
            "1767355200.0",
        ] {
            check(text, Some(noon));
        }
        check("2026-01-02", Some(1_767_312_000 * SECOND));
        check("2026-01", Some(1_767_225_600 * SECOND));
        check("1767355200.5", Some(noon + SECOND / 2));
        check("-1.5", Some(-1_500_000_000));
        check("0", Some(0));
        for text in [
            "",
            "now",
            "2026-13-01",
            "2026-01-02T25:00:00Z",
            "2026-02-30",
            "T",
            "1.",
            "-",
        ] {
            check(text, None);
        }
    }

    #[test]
    fn truth_is_told_in_any_case() {
        assert_eq!(truth("True"), Some(true));
        assert_eq!(truth("FALSE"), Some(false));
        assert_eq!(truth("1"), None);
        assert_eq!(truth(""), None);
    }

    #[test]
    fn networks_have_a_prefix_of_their_addresses() {
        let check = |network: &str, one: &str, expected: bool| {
            let contains = Network::parse(network)
                .zip(address(one))
                .is_some_and(|(network, one)| network.contains(one));
            assert_eq!(contains, expected, "{network} {one}");
        };
        check("10.0.0.0/8", "10.1.2.3", true);
        check("10.9.9.9/8", "10.1.2.3", true);
        check("10.0.0.0/8", "11.0.0.0", false);
        check("0.0.0.0/0", "192.0.2.1", true);
        check("192.0.2.1", "192.0.2.1", true);
        check("192.0.2.1/32", "192.0.2.2", false);
        check("192.0.2.0/31", "192.0.2.1", true);
        check("2001:db8::/32", "2001:db8:1::1", true);
        check("2001:db8::/32", "2001:db9::1", false);
        check("2001:db8::1", "2001:db8::1", true);
        check("2001:db8::1", "2001:db8::2", false);
        check("::/0", "2001:db8::1", true);
        check("::/0", "192.0.2.1", false);
        check("10.0.0.0/8", "::ffff:10.1.2.3", true);
        check("::ffff:10.0.0.0/104", "10.1.2.3", true);
        check("::ffff:10.0.0.0/104", "11.1.2.3", false);
        for text in [
            "",
            "10.0.0.0/33",
            "10.0.0.0/+8",
            "10.0.0.0/",
            "10.0.0/8",
            "::/129",
            "x/1",
        ] {
            assert_eq!(Network::parse(text), None, "{text}");
        }
    }

    #[test]
    fn letters_are_the_same_in_every_case() {
        for (one, other) in [("aBc", "AbC"), ("ÄÖ", "äö"), ("ΣΑΣ", "σας"), ("", "")] {
            assert!(same_letters(one, other), "{one} {other}");
        }
        for (one, other) in [("a", "b"), ("a", "aa"), ("ß", "ss")] {
            assert!(!same_letters(one, other), "{one} {other}");
        }
    }
}
