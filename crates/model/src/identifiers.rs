//! Identifiers. Each is made by parsing, so holding one is proof that it is well formed.

use std::{fmt, ops::Deref, sync::Arc};

/// Why a text is not the identifier it was taken for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidIdentifier {
    /// What the text should have been, for example "a 12-digit account id".
    pub expected: &'static str,
}

impl fmt::Display for InvalidIdentifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "not {}", self.expected)
    }
}

impl std::error::Error for InvalidIdentifier {}

/// The text of an identifier that always has the same length, on the stack.
///
/// ARNs, row keys and audit entries are put together from these, several of each for every
/// call, which formatting would make the larger part of the call.
///
/// It begins where a machine word does, so that words rather than bytes are looked at when it is
/// read as a text.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(align(8))]
pub struct Ascii<const N: usize>([u8; N]);

impl<const N: usize> Deref for Ascii<N> {
    type Target = str;

    fn deref(&self) -> &str {
        // Whoever makes one in this module writes ASCII.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl<const N: usize> fmt::Display for Ascii<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self)
    }
}

impl<const N: usize> fmt::Debug for Ascii<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self)
    }
}

/// A 12-digit AWS account id.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AccountId(u64);

impl AccountId {
    /// Account `000000000000`, whose root is the caller in development mode when the
    /// credentials name nobody.
    pub const DEVELOPMENT: Self = Self(0);

    /// Parses exactly twelve ASCII digits.
    ///
    /// # Errors
    /// When the text is anything else.
    pub fn parse(text: &str) -> Result<Self, InvalidIdentifier> {
        let wrong = InvalidIdentifier {
            expected: "a 12-digit account id",
        };
        if text.len() != 12 || !text.bytes().all(|b| b.is_ascii_digit()) {
            return Err(wrong);
        }
        text.parse().map(Self).map_err(|_| wrong)
    }

    /// The account with these twelve digits, as ciphertext headers carry it.
    ///
    /// # Errors
    /// When the number has more than twelve digits.
    pub fn from_u64(number: u64) -> Result<Self, InvalidIdentifier> {
        if number > 999_999_999_999 {
            return Err(InvalidIdentifier {
                expected: "a 12-digit account id",
            });
        }
        Ok(Self(number))
    }

    /// The twelve digits as a number.
    #[must_use]
    pub fn as_u64(self) -> u64 {
        self.0
    }

    /// The twelve digits as a text.
    #[must_use]
    pub fn text(self) -> Ascii<12> {
        let mut digits = [b'0'; 12];
        let mut rest = self.0;
        for digit in digits.iter_mut().rev() {
            *digit += u8::try_from(rest % 10).unwrap_or_default();
            rest /= 10;
        }
        Ascii(digits)
    }
}

impl fmt::Display for AccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text())
    }
}

impl fmt::Debug for AccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A group of Regions that share an ARN prefix and never share keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Partition {
    /// The commercial Regions.
    Aws,
    /// The Regions in China.
    AwsCn,
    /// The Regions for the government of the United States.
    AwsUsGov,
}

impl Partition {
    /// The second field of an ARN.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Aws => "aws",
            Self::AwsCn => "aws-cn",
            Self::AwsUsGov => "aws-us-gov",
        }
    }

    /// The partition with that ARN field.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Aws, Self::AwsCn, Self::AwsUsGov]
            .into_iter()
            .find(|p| p.as_str() == text)
    }
}

impl fmt::Display for Partition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A Region name: a name space with its own keys, aliases, grants and domain keys.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Region(Arc<str>);

impl Region {
    /// `us-east-1`, the Region of AWS's global endpoints, for which clients of any Region sign.
    #[must_use]
    pub fn of_global_endpoints() -> Self {
        Self("us-east-1".into())
    }

    /// Parses 1 to 32 lower-case letters, digits and hyphens, beginning with a letter.
    ///
    /// # Errors
    /// When the text is anything else.
    pub fn parse(text: &str) -> Result<Self, InvalidIdentifier> {
        let well_formed = (1..=32).contains(&text.len())
            && text.starts_with(|c: char| c.is_ascii_lowercase())
            && text
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        if well_formed {
            Ok(Self(text.into()))
        } else {
            Err(InvalidIdentifier {
                expected: "a Region name",
            })
        }
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The partition that the Region belongs to, read off its name.
    #[must_use]
    pub fn partition(&self) -> Partition {
        if self.0.starts_with("cn-") {
            Partition::AwsCn
        } else if self.0.starts_with("us-gov-") {
            Partition::AwsUsGov
        } else {
            Partition::Aws
        }
    }
}

impl fmt::Display for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The id of a KMS key: a UUID, or `mrk-` and 32 hex digits for a multi-Region key.
///
/// Ids are lower case. The same 128 bits with and without `mrk-` are different ids.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct KeyId {
    multi_region: bool,
    bits: [u8; 16],
}

impl KeyId {
    /// Parses the canonical, lower-case form.
    ///
    /// # Errors
    /// When the text is anything else.
    pub fn parse(text: &str) -> Result<Self, InvalidIdentifier> {
        let wrong = InvalidIdentifier {
            expected: "a key id",
        };
        if let Some(digits) = text.strip_prefix("mrk-") {
            let bits = unhex(digits.as_bytes()).ok_or(wrong)?;
            return Ok(Self::from_bits(true, bits));
        }
        let text: &[u8; 36] = text.as_bytes().try_into().map_err(|_| wrong)?;
        let hyphens = [text[8], text[13], text[18], text[23]];
        if hyphens != [b'-'; 4] {
            return Err(wrong);
        }
        let mut digits = [0; 32];
        digits[..8].copy_from_slice(&text[..8]);
        digits[8..12].copy_from_slice(&text[9..13]);
        digits[12..16].copy_from_slice(&text[14..18]);
        digits[16..20].copy_from_slice(&text[19..23]);
        digits[20..].copy_from_slice(&text[24..]);
        let bits = unhex(&digits).ok_or(wrong)?;
        Ok(Self::from_bits(false, bits))
    }

    /// The id with these 128 bits, as ciphertext headers carry it.
    #[must_use]
    pub fn from_bits(multi_region: bool, bits: [u8; 16]) -> Self {
        Self { multi_region, bits }
    }

    /// A new id from 16 random bytes. Single-Region ids carry the version and variant of a
    /// random UUID (RFC 9562, version 4).
    #[must_use]
    pub fn from_random(multi_region: bool, mut bits: [u8; 16]) -> Self {
        if !multi_region {
            let [.., version, _, variant, _, _, _, _, _, _, _] = &mut bits;
            *version = (*version & 0x0f) | 0x40;
            *variant = (*variant & 0x3f) | 0x80;
        }
        Self { multi_region, bits }
    }

    /// Whether the id begins with `mrk-`.
    #[must_use]
    pub fn is_multi_region(self) -> bool {
        self.multi_region
    }

    /// The 128 bits.
    #[must_use]
    pub fn bits(self) -> [u8; 16] {
        self.bits
    }

    /// The id as it is written; both forms have 36 characters.
    #[must_use]
    pub fn text(self) -> Ascii<36> {
        let mut digits = [0; 32];
        let words = digits.as_chunks_mut::<8>().0.iter_mut();
        for (word, bytes) in words.zip(self.bits.as_chunks::<4>().0) {
            *word = hex(*bytes);
        }
        let mut text = [b'-'; 36];
        if self.multi_region {
            text[..4].copy_from_slice(b"mrk-");
            text[4..].copy_from_slice(&digits);
        } else {
            text[..8].copy_from_slice(&digits[..8]);
            text[9..13].copy_from_slice(&digits[8..12]);
            text[14..18].copy_from_slice(&digits[12..16]);
            text[19..23].copy_from_slice(&digits[16..20]);
            text[24..].copy_from_slice(&digits[20..]);
        }
        Ascii(text)
    }
}

/// The lower-case hex digits of four bytes, all eight of them at once in one machine word.
fn hex(bytes: [u8; 4]) -> [u8; 8] {
    const ONES: u64 = u64::from_be_bytes([1; 8]);
    // Each half of the halves moves to a place of its own, until each digit has a byte.
    let digits = u64::from(u32::from_be_bytes(bytes));
    let digits = (digits | digits << 16) & 0x0000_ffff_0000_ffff;
    let digits = (digits | digits << 8) & 0x00ff_00ff_00ff_00ff;
    let digits = (digits | digits << 4) & 0x0f0f_0f0f_0f0f_0f0f;
    // Six more carries digits above nine, and only those, into the bit that is looked at.
    let letters = ((digits + 6 * ONES) >> 4) & ONES;
    let from_nine_to_a = u64::from(b'a' - b'9' - 1);
    (digits + u64::from(b'0') * ONES + letters * from_nine_to_a).to_be_bytes()
}

/// The bytes that lower-case hex digits stand for, if they are digits and exactly as many.
fn unhex<const N: usize>(digits: &[u8]) -> Option<[u8; N]> {
    const NONE: u8 = 0xff;
    let (pairs, []) = digits.as_chunks::<2>() else {
        return None;
    };
    let pairs: &[[u8; 2]; N] = pairs.try_into().ok()?;
    // All digits are looked at before one is refused, which is faster than looking for the first.
    let mut seen = 0;
    let bytes = pairs.map(|pair| {
        let [high, low] = pair.map(|digit| match digit {
            b'0'..=b'9' => digit - b'0',
            b'a'..=b'f' => digit - b'a' + 10,
            _ => NONE,
        });
        seen |= high | low;
        high << 4 | low
    });
    (seen != NONE).then_some(bytes)
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text())
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The id of a grant: 64 lower-case hex digits.
///
/// AWS: API reference, "CreateGrant". The model allows 128 characters; AWS makes 64.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct GrantId([u8; 32]);

impl GrantId {
    /// Parses exactly 64 lower-case hex digits.
    ///
    /// # Errors
    /// When the text is anything else.
    pub fn parse(text: &str) -> Result<Self, InvalidIdentifier> {
        let wrong = InvalidIdentifier {
            expected: "a grant id (64 lower-case hex digits)",
        };
        unhex(text.as_bytes()).map(Self).ok_or(wrong)
    }

    /// The id with these bytes, as grant tokens carry it. A new id is 32 random bytes.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for GrantId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for GrantId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The name of an alias, always with its `alias/` prefix.
///
/// AWS: API reference, "CreateAlias": `alias/` followed by 1 to 250 letters, digits, slashes,
/// underscores and hyphens. Names are case-sensitive.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AliasName(Arc<str>);

impl AliasName {
    /// Parses a whole alias name.
    ///
    /// # Errors
    /// When the prefix is missing, nothing follows it, or a character is not allowed.
    pub fn parse(text: &str) -> Result<Self, InvalidIdentifier> {
        let wrong = InvalidIdentifier {
            expected: "an alias name",
        };
        let rest = text.strip_prefix("alias/").ok_or(wrong)?;
        let allowed = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'/' | b'_' | b'-');
        if (1..=250).contains(&rest.len()) && rest.bytes().all(allowed) {
            Ok(Self(text.into()))
        } else {
            Err(wrong)
        }
    }

    /// The name, with its prefix.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name of the AWS service, when this is the alias of an AWS managed key.
    #[must_use]
    pub fn aws_service(&self) -> Option<&str> {
        self.0.strip_prefix("alias/aws/")
    }
}

impl fmt::Display for AliasName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for AliasName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Records carry identifiers as their texts.
macro_rules! serde_as_text {
    ($name:ident) => {
        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
                Self::parse(&text).map_err(serde::de::Error::custom)
            }
        }
    };
}

serde_as_text!(AccountId);
serde_as_text!(Region);
serde_as_text!(KeyId);
serde_as_text!(AliasName);
serde_as_text!(GrantId);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn key_ids_print_as_they_were_parsed() {
        for text in [
            "1234abcd-12ab-34cd-56ef-1234567890ab",
            "mrk-1234abcd12ab34cd56ef1234567890ab",
        ] {
            let id = KeyId::parse(text).unwrap();
            assert_eq!(id.to_string(), text);
            assert_eq!(KeyId::from_bits(id.is_multi_region(), id.bits()), id);
        }
    }

    #[test]
    fn other_texts_are_not_key_ids() {
        for text in [
            "",
            "foo",
            "1234ABCD-12ab-34cd-56ef-1234567890ab",
            "1234abcd12ab34cd56ef1234567890ab",
            "mrk-1234",
            "mrk-1234abcd-12ab-34cd-56ef-1234567890ab",
            "1234abcd-12ab-34cd-56ef-1234567890abc",
            "1234abcd-12ab-34cd-56ef1-234567890ab",
        ] {
            assert!(KeyId::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn every_byte_has_its_two_digits() {
        for byte in 0..=255 {
            let id = KeyId::from_bits(true, [byte; 16]).to_string();
            assert_eq!(id, format!("mrk-{}", format!("{byte:02x}").repeat(16)));
            assert_eq!(KeyId::parse(&id).unwrap().bits(), [byte; 16]);
        }
    }

    #[test]
    fn random_ids_are_version_four_uuids() {
        let id = KeyId::from_random(false, [0xff; 16]).to_string();
        assert_eq!(id, "ffffffff-ffff-4fff-bfff-ffffffffffff");
    }

    #[test]
    fn accounts_keep_their_leading_zeros() {
        assert_eq!(
            AccountId::parse("000000000042").unwrap().to_string(),
            "000000000042"
        );
        assert_eq!(
            &*AccountId::from_u64(999_999_999_999).unwrap().text(),
            "999999999999"
        );
        assert!(AccountId::parse("42").is_err());
        assert!(AccountId::parse("+00000000042").is_err());
        assert!(AccountId::from_u64(1_000_000_000_000).is_err());
    }

    #[test]
    fn alias_names_need_a_prefix_a_name_and_plain_characters() {
        for good in ["alias/a", "alias/my-alias_/", "alias/a/b/c", "alias/aws/s3"] {
            assert_eq!(AliasName::parse(good).unwrap().as_str(), good);
        }
        for bad in [
            "alias/",
            "a",
            "alias/a:b",
            "alias/a b",
            "Alias/a",
            "alias/ä",
        ] {
            assert!(AliasName::parse(bad).is_err(), "{bad}");
        }
        assert_eq!(
            AliasName::parse("alias/aws/s3").unwrap().aws_service(),
            Some("s3")
        );
    }

    #[test]
    fn grant_ids_have_one_spelling() {
        let text = "0123456789abcdef".repeat(4);
        let id = GrantId::parse(&text).unwrap();
        assert_eq!(id.to_string(), text);
        assert_eq!(GrantId::from_bytes(*id.as_bytes()), id);
        for bad in [
            "",
            &text[1..],
            &format!("{text}0"),
            &format!("{text}00"),
            &text.to_ascii_uppercase(),
            &text.replace('f', "g"),
        ] {
            assert!(GrantId::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn partitions_follow_region_names() {
        let partition = |name| Region::parse(name).unwrap().partition();
        assert_eq!(partition("eu-west-1"), Partition::Aws);
        assert_eq!(partition("cn-north-1"), Partition::AwsCn);
        assert_eq!(partition("us-gov-west-1"), Partition::AwsUsGov);
    }
}
