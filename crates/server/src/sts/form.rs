//! Forms: the parameters of a request of the query protocol, read strictly.
//!
//! A name or value with a broken escape, bytes that are no text, or a parameter that comes twice
//! is refused: what is not understood may be what a condition of a policy hangs on.

use std::{borrow::Cow, collections::HashMap};

/// Parameters of one request at most: fifty tags take a hundred. Ours.
const PARAMETERS: usize = 512;
/// The highest number of an element of a list. AWS takes fifty tags.
const ELEMENTS: usize = 200;

/// The parameters of a request.
pub struct Form<'a>(HashMap<Cow<'a, str>, Cow<'a, str>>);

impl std::fmt::Debug for Form<'_> {
    /// Values may be secrets of somebody.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Form({} parameters)", self.0.len())
    }
}

/// The text is no form that is understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("it is no form of names and values, each once")]
pub struct MalformedForm;

impl<'a> Form<'a> {
    /// Reads the parameters of a body, or of the query when there is no body.
    ///
    /// # Errors
    /// [`MalformedForm`].
    pub fn read(query: &'a str, body: &'a [u8]) -> Result<Self, MalformedForm> {
        let body = std::str::from_utf8(body).map_err(|_| MalformedForm)?;
        let text = if body.is_empty() { query } else { body };
        let mut parameters = HashMap::new();
        for pair in text.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let known = parameters.insert(decoded(name)?, decoded(value)?);
            if known.is_some() || parameters.len() > PARAMETERS {
                return Err(MalformedForm);
            }
        }
        Ok(Self(parameters))
    }

    /// The value of a parameter.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(AsRef::as_ref)
    }

    /// The elements of a list, in the order of their numbers: `Name.member.1`, and with a
    /// `field` `Name.member.1.Field`. Each is given its fields, of which some may be absent. A
    /// list without elements, which clients write as `Name=`, has none.
    ///
    /// # Errors
    /// [`MalformedForm`] for a number that is none, or that is too high.
    pub fn list<const N: usize>(
        &self,
        name: &str,
        fields: [&str; N],
    ) -> Result<Vec<[Option<&str>; N]>, MalformedForm> {
        let mut found: Vec<(usize, [Option<&str>; N])> = Vec::new();
        for (parameter, value) in &self.0 {
            let Some(rest) = parameter
                .strip_prefix(name)
                .and_then(|rest| rest.strip_prefix(".member."))
            else {
                continue;
            };
            let (number, field) = rest.split_once('.').unwrap_or((rest, ""));
            let number: usize = number.parse().map_err(|_| MalformedForm)?;
            if !(1..=ELEMENTS).contains(&number) {
                return Err(MalformedForm);
            }
            let element = match found.iter_mut().find(|(known, _)| *known == number) {
                Some((_, element)) => element,
                None => {
                    found.push((number, [None; N]));
                    &mut found.last_mut().ok_or(MalformedForm)?.1
                }
            };
            for (at, known) in element.iter_mut().zip(fields) {
                if field == known {
                    *at = Some(value);
                }
            }
        }
        found.sort_unstable_by_key(|(number, _)| *number);
        Ok(found.into_iter().map(|(_, element)| element).collect())
    }
}

/// A name or value: plus signs are spaces, and the rest is percent-encoded.
fn decoded(text: &str) -> Result<Cow<'_, str>, MalformedForm> {
    if !text.contains(['+', '%']) {
        return Ok(Cow::Borrowed(text));
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let high = rest.next().and_then(digit).ok_or(MalformedForm)?;
                let low = rest.next().and_then(digit).ok_or(MalformedForm)?;
                (high << 4) | low
            }
            other => other,
        });
    }
    match String::from_utf8(bytes) {
        Ok(text) => Ok(Cow::Owned(text)),
        Err(_) => Err(MalformedForm),
    }
}

fn digit(byte: u8) -> Option<u8> {
    match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        b'A'..=b'F' => Some(byte - b'A' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(text: &str) -> Result<Form<'_>, MalformedForm> {
        Form::read("", text.as_bytes())
    }

    #[test]
    fn parameters_are_decoded_and_each_comes_once() {
        let form = read("Action=A+b&Policy=%7B%22a%22%3A%20%C3%A4%7D&Empty=&Bare&&").unwrap();
        assert_eq!(form.get("Action"), Some("A b"));
        assert_eq!(form.get("Policy"), Some("{\"a\": ä}"));
        assert_eq!(form.get("Empty"), Some(""));
        assert_eq!(form.get("Bare"), Some(""));
        assert_eq!(form.get("action"), None);
        for text in [
            "a=1&a=2",
            "a=1&%61=2",
            "a=%",
            "a=%4",
            "a=%4g",
            "a=%ff",
            "%zz=1",
            "a=%+1",
        ] {
            assert_eq!(read(text).unwrap_err(), MalformedForm, "{text}");
        }
        assert_eq!(Form::read("", b"a=\xff").unwrap_err(), MalformedForm);
        let many: String = (0..513).map(|n| format!("p{n}=&")).collect();
        assert_eq!(read(&many).unwrap_err(), MalformedForm);
    }

    #[test]
    fn the_query_counts_where_there_is_no_body() {
        assert_eq!(Form::read("a=1", b"").unwrap().get("a"), Some("1"));
        assert_eq!(Form::read("a=1", b"b=1").unwrap().get("a"), None);
    }

    #[test]
    fn lists_come_in_the_order_of_their_numbers() {
        let form = read(
            "Tags.member.10.Key=z&Tags.member.2.Value=b&Tags.member.2.Key=a&Tags.member.10.Value=\
             &TransitiveTagKeys.member.1=a&PolicyArns=",
        )
        .unwrap();
        assert_eq!(
            form.list("Tags", ["Key", "Value"]).unwrap(),
            [[Some("a"), Some("b")], [Some("z"), Some("")]]
        );
        assert_eq!(form.list("TransitiveTagKeys", [""]).unwrap(), [[Some("a")]]);
        assert!(form.list("PolicyArns", ["arn"]).unwrap().is_empty());
        assert!(form.list("Tag", ["Key"]).unwrap().is_empty());
        for text in [
            "T.member.x=1",
            "T.member.=1",
            "T.member.0=1",
            "T.member.201=1",
        ] {
            let form = read(text).unwrap();
            assert_eq!(form.list("T", [""]).unwrap_err(), MalformedForm, "{text}");
        }
    }

    #[test]
    fn values_are_not_printed() {
        assert_eq!(
            format!("{:?}", read("WebIdentityToken=x").unwrap()),
            "Form(1 parameters)"
        );
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(body: Vec<u8>, query: String) {
            if let Ok(form) = Form::read(&query, &body) {
                let _ = form.list("Tags", ["Key", "Value"]);
            }
        }

        #[test]
        fn what_was_encoded_is_read(name in "[a-zA-Z.0-9]{1,20}", value: String) {
            let encoded: String = value.bytes().map(|byte| format!("%{byte:02X}")).collect();
            let text = format!("{name}={encoded}");
            let form = read(&text).unwrap();
            prop_assert_eq!(form.get(&name), Some(value.as_str()));
        }
    }
}
