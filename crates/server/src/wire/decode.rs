//! Reading JSON: what the generated decoders call for each kind of member.
//!
//! A body is read in two steps. [`members`] borrows the members of an object without looking
//! into them; then each member is read as its type, straight from the bytes of the body. A
//! wrong type ends the reading at once with a `SerializationException`, a broken constraint is
//! noted and the reading goes on, so every serialization error comes before any constraint.
//!
//! A reader gives `None` when it has noted a violation; the request is then refused as a whole.

use std::borrow::Cow;

use base64::Engine as _;
use strongroom_model::{
    context::EncryptionContext, errors::ErrorCode, secret::Plaintext, time::Timestamp,
};
use zeroize::Zeroizing;

pub(super) use super::json::Json;
use super::{
    base64::base64,
    constraint::{Constraint, Length, Place, Shown, Text, Violations},
    json,
};

/// How deep an unknown member may nest. Known members nest as deep as their types do.
const DEPTH: usize = 128;

/// Why a body is no input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// `SerializationException` or `ValidationException`.
    pub code: ErrorCode,
    /// What the caller hears, if anything.
    pub message: Option<String>,
}

impl Fault {
    /// The body is not JSON, or not the JSON that the operation takes.
    fn serialization(message: Option<&str>) -> Self {
        Self {
            code: ErrorCode::SerializationException,
            message: message.map(str::to_owned),
        }
    }
}

/// The body as an object. An empty one stands for `{}`.
pub(super) fn body(bytes: &[u8]) -> Result<Json<'_>, Fault> {
    if bytes.is_empty() {
        return Ok("{}");
    }
    let text = std::str::from_utf8(bytes).map_err(|_| Fault::serialization(None))?;
    let text = text.trim_matches([' ', '\t', '\n', '\r']);
    if text.starts_with('{') {
        Ok(text)
    } else {
        Err(Fault::serialization(None))
    }
}

/// The members of an object with these names; `None` for those absent or `null`. Members with
/// other names are ignored, and of members with the same name the last one counts.
pub(super) fn members<'a, const N: usize>(
    object: Json<'a>,
    names: &[&str; N],
) -> Result<[Option<Json<'a>>; N], Fault> {
    let mut found = [None; N];
    read_members(object, names, &mut found)?;
    Ok(found)
}

fn read_members<'a>(
    object: Json<'a>,
    names: &[&str],
    found: &mut [Option<Json<'a>>],
) -> Result<(), Fault> {
    if !object.starts_with('{') {
        return Err(unexpected(object, "structure or map"));
    }
    let read = json::members(object, |name, value| {
        let name = unescaped(name).ok()?;
        let member = names.iter().position(|known| *known == name);
        match member.and_then(|member| found.get_mut(member)) {
            Some(slot) => *slot = Some(value).filter(|value| *value != "null"),
            None if is_too_deep(value) => return None,
            None => {}
        }
        Some(())
    });
    read.ok_or_else(|| Fault::serialization(None))
}

/// Whether a value nests deeper than any client has a reason to.
fn is_too_deep(value: Json<'_>) -> bool {
    let (mut depth, mut in_text, mut escaped) = (0usize, false, false);
    for byte in value.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = in_text,
            b'"' => in_text = !in_text,
            b'{' | b'[' if !in_text => depth += 1,
            b'}' | b']' if !in_text => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > DEPTH {
            return true;
        }
    }
    false
}

/// A structure whose members are being read, and where it is in the request.
pub(super) struct Structure<'p, 'v> {
    pub(super) place: Place<'p>,
    pub(super) violations: &'v mut Violations,
}

impl Structure<'_, '_> {
    /// A member that has to be there.
    pub(super) fn required<'a, T>(
        &mut self,
        name: &'static str,
        value: Option<Json<'a>>,
        read: Read<'a, T>,
    ) -> Result<Option<T>, Fault> {
        self.present(name, value, Shown::Null, read)
    }

    /// A member that has to be there and that AWS's own model calls sensitive.
    pub(super) fn required_sensitive<'a, T>(
        &mut self,
        name: &'static str,
        value: Option<Json<'a>>,
        read: Read<'a, T>,
    ) -> Result<Option<T>, Fault> {
        self.present(name, value, Shown::Nothing, read)
    }

    fn present<'a, T>(
        &mut self,
        name: &'static str,
        value: Option<Json<'a>>,
        absent: Shown<'_>,
        read: Read<'a, T>,
    ) -> Result<Option<T>, Fault> {
        if value.is_none() {
            let place = Place::Member(&self.place, name);
            self.violations.add(absent, place, &Constraint::NotNull);
        }
        self.optional(name, value, read)
    }

    /// A member that may be absent.
    pub(super) fn optional<'a, T>(
        &mut self,
        name: &'static str,
        value: Option<Json<'a>>,
        read: Read<'a, T>,
    ) -> Result<Option<T>, Fault> {
        match value {
            Some(value) => read(value, Place::Member(&self.place, name), self.violations),
            None => Ok(None),
        }
    }
}

/// A function that reads a value at a place of the request.
pub(super) type Read<'a, T> = fn(Json<'a>, Place<'_>, &mut Violations) -> Result<Option<T>, Fault>;

/// A text.
pub(super) fn text(
    value: Json<'_>,
    rule: &Text,
    place: Place<'_>,
    violations: &mut Violations,
) -> Result<Option<String>, Fault> {
    let text = string(value)?;
    let kept = keeps(&text, rule, Shown::Value(&text), place, violations);
    Ok(kept.then(|| text.into_owned()))
}

/// A secret text, copied once into a buffer that is wiped; errors do not show it.
pub(super) fn secret_text<T>(
    value: Json<'_>,
    rule: &Text,
    make: fn(String) -> T,
    place: Place<'_>,
    violations: &mut Violations,
) -> Result<Option<T>, Fault> {
    let mut text = secret_string(value)?;
    let kept = keeps(&text, rule, Shown::Nothing, place, violations);
    Ok(kept.then(|| make(std::mem::take(&mut *text))))
}

fn keeps(
    text: &str,
    rule: &Text,
    shown: Shown<'_>,
    place: Place<'_>,
    violations: &mut Violations,
) -> bool {
    let mut kept = true;
    for constraint in rule.broken_by(text) {
        violations.add(shown, place, &constraint);
        kept = false;
    }
    kept
}

/// A value of an enum. `set` is what an error prints.
pub(super) fn enumeration<T>(
    value: Json<'_>,
    parse: fn(&str) -> Option<T>,
    set: &'static str,
    place: Place<'_>,
    violations: &mut Violations,
) -> Result<Option<T>, Fault> {
    let text = string(value)?;
    let parsed = parse(&text);
    if parsed.is_none() {
        violations.add(Shown::Value(&text), place, &Constraint::OneOf(set));
    }
    Ok(parsed)
}

/// Bytes in base64.
pub(super) fn blob(
    value: Json<'_>,
    length: &Length,
    place: Place<'_>,
    violations: &mut Violations,
) -> Result<Option<Vec<u8>>, Fault> {
    let mut bytes = bytes(value)?;
    let kept = fits(&bytes, length, place, violations);
    Ok(kept.then(|| std::mem::take(&mut *bytes)))
}

/// Secret bytes in base64, decoded straight into the buffer that is wiped.
pub(super) fn secret_blob(
    value: Json<'_>,
    length: &Length,
    place: Place<'_>,
    violations: &mut Violations,
) -> Result<Option<Plaintext>, Fault> {
    let bytes = blob(value, length, place, violations)?;
    Ok(bytes.map(Plaintext::new))
}

fn fits(bytes: &[u8], length: &Length, place: Place<'_>, violations: &mut Violations) -> bool {
    let broken = length.broken_by(bytes.len());
    if let Some(constraint) = &broken {
        violations.add(Shown::Nothing, place, constraint);
    }
    broken.is_none()
}

/// A whole number from `min` to `max`.
pub(super) fn integer(
    value: Json<'_>,
    (min, max): (i32, i32),
    place: Place<'_>,
    violations: &mut Violations,
) -> Result<Option<i32>, Fault> {
    if !is_number(value) {
        return Err(unexpected(value, "Integer"));
    }
    let number: i32 = value
        .parse()
        .map_err(|_| Fault::serialization(Some("NUMBER_VALUE can not be converted to Integer")))?;
    let broken = if number > max {
        Constraint::ValueAtMost(max)
    } else if number < min {
        Constraint::ValueAtLeast(min)
    } else {
        return Ok(Some(number));
    };
    violations.add(Shown::Value(&number.to_string()), place, &broken);
    Ok(None)
}

/// `true` or `false`.
pub(super) fn boolean(
    value: Json<'_>,
    _: Place<'_>,
    _: &mut Violations,
) -> Result<Option<bool>, Fault> {
    match value {
        "true" => Ok(Some(true)),
        "false" => Ok(Some(false)),
        _ => Err(unexpected(value, "Boolean")),
    }
}

/// Seconds since the epoch, with a fraction or without.
pub(super) fn timestamp(
    value: Json<'_>,
    _: Place<'_>,
    _: &mut Violations,
) -> Result<Option<Timestamp>, Fault> {
    if !is_number(value) {
        return Err(unexpected(value, "Timestamp"));
    }
    let millis = value.parse::<f64>().unwrap_or(f64::NAN) * 1000.0;
    // Everything a calendar reaches. A millisecond is still exact out there.
    if !(-1e15..=1e15).contains(&millis) {
        return Err(Fault::serialization(Some(
            "NUMBER_VALUE can not be converted to Timestamp",
        )));
    }
    #[expect(
        clippy::cast_possible_truncation,
        reason = "rounded, and checked to be far inside i64"
    )]
    let millis = millis.round() as i64;
    Ok(Some(Timestamp::from_millis(millis)))
}

/// An encryption context: an object of text to text.
pub(super) fn context(
    value: Json<'_>,
    _: Place<'_>,
    _: &mut Violations,
) -> Result<Option<EncryptionContext>, Fault> {
    if !value.starts_with('{') {
        return Err(unexpected(value, "structure or map"));
    }
    // The pairs, or the first value that is no text. Either way all of the object is read: that
    // it is not JSON is what comes first.
    let mut pairs = Ok(Vec::new());
    let read = json::members(value, |key, value| {
        let key = unescaped(key).ok()?;
        if let Ok(read) = &mut pairs {
            match string(value) {
                Ok(value) => read.push((key, value)),
                Err(fault) => pairs = Err(fault),
            }
        }
        Some(())
    });
    read.ok_or_else(|| Fault::serialization(None))?;
    pairs.map(|pairs| Some(pairs.into_iter().collect()))
}

/// A list of structures.
pub(super) fn structures<'a, T>(
    value: Json<'a>,
    length: &Length,
    place: Place<'_>,
    violations: &mut Violations,
    read: Read<'a, T>,
) -> Result<Option<Vec<T>>, Fault> {
    let elements = elements(value)?;
    let mut whole = true;
    if let Some(constraint) = length.broken_by(elements.len()) {
        violations.add(Shown::Nothing, place, &constraint);
        whole = false;
    }
    let mut list = Vec::with_capacity(elements.len());
    for (index, element) in elements.into_iter().enumerate() {
        match read(element, Place::Element(&place, index + 1), violations)? {
            Some(element) => list.push(element),
            None => whole = false,
        }
    }
    Ok(whole.then_some(list))
}

/// A list of texts.
pub(super) fn texts(
    value: Json<'_>,
    length: &Length,
    rule: &Text,
    place: Place<'_>,
    violations: &mut Violations,
) -> Result<Option<Vec<String>>, Fault> {
    let texts = strings(value)?;
    let keeps = |text: &Cow<'_, str>| rule.broken_by(text).next().is_none();
    let elements = (!texts.iter().all(keeps)).then(|| rule.of_elements());
    let kept = list_keeps(&texts, length, elements, place, violations);
    Ok(kept.then(|| texts.into_iter().map(Cow::into_owned).collect()))
}

/// A list of secret texts, none of which an error shows.
pub(super) fn secret_texts<T>(
    value: Json<'_>,
    length: &Length,
    rule: &Text,
    make: fn(String) -> T,
    place: Place<'_>,
    violations: &mut Violations,
) -> Result<Option<Vec<T>>, Fault> {
    let texts = elements(value)?.into_iter().map(secret_string);
    let texts = texts.collect::<Result<Vec<_>, _>>()?;
    let all_keep = texts
        .iter()
        .all(|text| rule.broken_by(text).next().is_none());
    let elements = (!all_keep).then(|| rule.of_elements());
    let broken = length.broken_by(texts.len()).into_iter().chain(elements);
    let mut kept = true;
    for constraint in broken {
        violations.add(Shown::Nothing, place, &constraint);
        kept = false;
    }
    let take = |mut text: Zeroizing<String>| make(std::mem::take(&mut *text));
    Ok(kept.then(|| texts.into_iter().map(take).collect()))
}

/// A list of values of an enum. `set` is what an error prints.
pub(super) fn enumerations<T>(
    value: Json<'_>,
    length: &Length,
    parse: fn(&str) -> Option<T>,
    set: &'static str,
    place: Place<'_>,
    violations: &mut Violations,
) -> Result<Option<Vec<T>>, Fault> {
    let texts = strings(value)?;
    let values: Option<Vec<T>> = texts.iter().map(|text| parse(text)).collect();
    let elements = match values {
        Some(_) => None,
        None => Some(Constraint::Elements(Constraint::OneOf(set).to_string())),
    };
    let kept = list_keeps(&texts, length, elements, place, violations);
    Ok(values.filter(|_| kept))
}

/// Notes what a list breaks: its length, then what is asked of its elements.
fn list_keeps(
    texts: &[Cow<'_, str>],
    length: &Length,
    elements: Option<Constraint>,
    place: Place<'_>,
    violations: &mut Violations,
) -> bool {
    let mut kept = true;
    for constraint in length.broken_by(texts.len()).into_iter().chain(elements) {
        let shown = format!("[{}]", texts.join(", "));
        violations.add(Shown::Value(&shown), place, &constraint);
        kept = false;
    }
    kept
}

/// Whether a Decrypt or ReEncrypt only asks about permissions, so that the ciphertext may be
/// absent: a dry run with the modifier `IGNORE_CIPHERTEXT`.
pub(super) fn ciphertext_is_ignored(
    dry_run: Option<Json<'_>>,
    modifiers: Option<Json<'_>>,
) -> bool {
    let modifiers = modifiers.map(strings).and_then(Result::ok);
    let named = modifiers.is_some_and(|all| all.iter().any(|one| one == "IGNORE_CIPHERTEXT"));
    dry_run == Some("true") && named
}

/// The elements of a list, not yet read.
fn elements(value: Json<'_>) -> Result<Vec<Json<'_>>, Fault> {
    if !value.starts_with('[') {
        return Err(unexpected(value, "list"));
    }
    let mut elements = Vec::new();
    let read = json::elements(value, |element| elements.push(element));
    read.map(|()| elements)
        .ok_or_else(|| Fault::serialization(None))
}

fn strings(list: Json<'_>) -> Result<Vec<Cow<'_, str>>, Fault> {
    elements(list)?.into_iter().map(string).collect()
}

/// A string, borrowed from the body unless it has escapes.
fn string(value: Json<'_>) -> Result<Cow<'_, str>, Fault> {
    unescaped(quoted(value, "String")?)
}

/// The text that stands between the quotes of a string.
fn unescaped(quoted: &str) -> Result<Cow<'_, str>, Fault> {
    if has_escapes(quoted) {
        let mut text = secret_unescaped(quoted)?;
        Ok(Cow::Owned(std::mem::take(&mut *text)))
    } else {
        Ok(Cow::Borrowed(quoted))
    }
}

fn has_escapes(quoted: &str) -> bool {
    quoted.as_bytes().contains(&b'\\')
}

/// A string in a buffer of its own, which is wiped.
fn secret_string(value: Json<'_>) -> Result<Zeroizing<String>, Fault> {
    let quoted = quoted(value, "String")?;
    if has_escapes(quoted) {
        secret_unescaped(quoted)
    } else {
        Ok(Zeroizing::new(quoted.to_owned()))
    }
}

/// The bytes that a string holds in base64, with the standard alphabet and padding.
fn bytes(value: Json<'_>) -> Result<Zeroizing<Vec<u8>>, Fault> {
    let quoted = quoted(value, "Blob")?;
    let unescaped = has_escapes(quoted)
        .then(|| secret_unescaped(quoted))
        .transpose()?;
    let text = unescaped.as_ref().map_or(quoted, |text| text.as_str());
    // Large enough for all that follows, so the bytes never move.
    let mut bytes = Zeroizing::new(Vec::with_capacity(text.len() / 4 * 3 + 3));
    let capacity = bytes.capacity();
    let decoded = base64().decode_vec(text, &mut bytes);
    debug_assert_eq!(bytes.capacity(), capacity);
    match decoded {
        Ok(()) => Ok(bytes),
        Err(_) => Err(Fault::serialization(None)),
    }
}

/// What stands between the quotes of a string.
fn quoted<'a>(value: Json<'a>, expected: &str) -> Result<&'a str, Fault> {
    let inside = value.strip_prefix('"').and_then(|v| v.strip_suffix('"'));
    inside.ok_or_else(|| unexpected(value, expected))
}

/// The text that a string with escapes stands for. The buffer is as large as the string, which
/// is never shorter than its text, so it does not grow and leaves no copy behind.
fn secret_unescaped(quoted: &str) -> Result<Zeroizing<String>, Fault> {
    let broken = || Fault::serialization(None);
    let mut text = Zeroizing::new(String::with_capacity(quoted.len()));
    let capacity = text.capacity();
    let mut rest = quoted;
    while let Some((plain, escape)) = rest.split_once('\\') {
        text.push_str(plain);
        let mut letters = escape.chars();
        let letter = match letters.next().ok_or_else(broken)? {
            'b' => '\u{8}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'u' => {
                let (letter, after) = code_point(letters.as_str()).ok_or_else(broken)?;
                text.push(letter);
                rest = after;
                continue;
            }
            itself @ ('"' | '\\' | '/') => itself,
            _ => return Err(broken()),
        };
        text.push(letter);
        rest = letters.as_str();
    }
    text.push_str(rest);
    debug_assert_eq!(text.capacity(), capacity);
    Ok(text)
}

/// The character behind `\u`, which takes two escapes outside the basic plane, and what follows
/// it. Half a pair is no character.
fn code_point(digits: &str) -> Option<(char, &str)> {
    let unit = |text: &str| u32::from_str_radix(text, 16).ok();
    let (first, rest) = digits.split_at_checked(4)?;
    let first = unit(first)?;
    if !(0xd800..0xdc00).contains(&first) {
        return Some((char::from_u32(first)?, rest));
    }
    let (second, rest) = rest.strip_prefix("\\u")?.split_at_checked(4)?;
    let second = unit(second)?;
    if !(0xdc00..0xe000).contains(&second) {
        return None;
    }
    let letter = 0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00);
    Some((char::from_u32(letter)?, rest))
}

fn is_number(value: Json<'_>) -> bool {
    value.starts_with(|c: char| c == '-' || c.is_ascii_digit())
}

/// What AWS says of a value of the wrong type.
fn unexpected(value: Json<'_>, expected: &str) -> Fault {
    let article = if expected == "String" { "a " } else { "" };
    let found = match value.as_bytes().first() {
        Some(b'{') => {
            let message = "Start of structure or map found where not expected.";
            return Fault::serialization(Some(message));
        }
        Some(b'[') => {
            let message = "Start of list found where not expected.";
            return Fault::serialization(Some(message));
        }
        Some(b'"') => "STRING_VALUE",
        Some(b't') => "TRUE_VALUE",
        Some(b'f') => "FALSE_VALUE",
        Some(b'n') => "NULL_VALUE",
        _ => "NUMBER_VALUE",
    };
    let message = format!("{found} can not be converted to {article}{expected}");
    Fault::serialization(Some(&message))
}
