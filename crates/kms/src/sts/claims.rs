//! What a session token says, to the byte: `docs/formats.md`, "Sessions".
//!
//! The bytes are sealed, so whoever made them was this installation. They are read as strictly
//! as those of a stranger all the same: a later format is another number.

use strongroom_model::{AccountId, Partition, Timestamp};

/// The number that the format begins with.
const FORMAT: u8 = 1;
const CHAINED: u8 = 0b01;
const UNDECLARED: u8 = 0b10;
/// Elements of a list at most; no request gives as many.
const ELEMENTS: usize = 1024;

/// What is known of a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Claims {
    /// Whose session it is.
    pub(crate) holder: Holder,
    pub(crate) account: AccountId,
    pub(crate) partition: Partition,
    /// The version of the key that its secret is derived from.
    pub(crate) secret_version: u32,
    pub(crate) issued: Timestamp,
    pub(crate) expires: Timestamp,
    /// The name that the session carries through all roles.
    pub(crate) source_identity: Option<Box<str>>,
    /// The session policy, as it was given.
    pub(crate) policy: Option<Box<str>>,
    /// The managed policies that are session policies, too.
    pub(crate) policy_arns: Vec<Box<str>>,
    pub(crate) tags: Vec<Tag>,
    pub(crate) federation: Option<Federation>,
}

/// Whose session it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Holder {
    /// A role's.
    Role {
        unique_id: Box<str>,
        path: Box<str>,
        name: Box<str>,
        session_name: Box<str>,
        /// Whether a session made it: role chaining.
        chained: bool,
        /// Whether the role was taken at its word, in development.
        undeclared: bool,
    },
    /// A user's own.
    User { unique_id: Box<str>, name: Box<str> },
    /// The root's own.
    Root,
}

/// A session tag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Tag {
    pub(crate) key: Box<str>,
    pub(crate) value: Box<str>,
    /// Whether the sessions that this one makes inherit it.
    pub(crate) transitive: bool,
}

/// Who vouched for the caller of a session by web identity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Federation {
    /// The ARN of the provider.
    pub(crate) provider: Box<str>,
    /// Claims of its token, by the condition keys that they are.
    pub(crate) claims: Vec<(Box<str>, Box<str>)>,
}

impl Claims {
    /// The bytes.
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let (kind, unique_id, path, name, session_name, flags) = match &self.holder {
            Holder::Role {
                unique_id,
                path,
                name,
                session_name,
                chained,
                undeclared,
            } => {
                let flag = |set: bool, bit: u8| if set { bit } else { 0 };
                let flags = flag(*chained, CHAINED) | flag(*undeclared, UNDECLARED);
                (1, &**unique_id, &**path, &**name, &**session_name, flags)
            }
            Holder::User { unique_id, name } => (2, &**unique_id, "", &**name, "", 0),
            Holder::Root => (3, "", "", "", "", 0),
        };
        let mut out = Vec::with_capacity(512);
        out.extend_from_slice(&[FORMAT, kind, flags]);
        out.extend_from_slice(&self.secret_version.to_be_bytes());
        out.extend_from_slice(&self.account.as_u64().to_be_bytes());
        put_time(&mut out, self.issued);
        put_time(&mut out, self.expires);
        put(&mut out, self.partition.as_str());
        for text in [unique_id, path, name, session_name] {
            put(&mut out, text);
        }
        put(
            &mut out,
            self.source_identity.as_deref().unwrap_or_default(),
        );
        put(&mut out, self.policy.as_deref().unwrap_or_default());
        put_count(&mut out, self.policy_arns.len());
        for arn in &self.policy_arns {
            put(&mut out, arn);
        }
        put_count(&mut out, self.tags.len());
        for tag in &self.tags {
            out.push(u8::from(tag.transitive));
            put(&mut out, &tag.key);
            put(&mut out, &tag.value);
        }
        let (provider, claims) = match &self.federation {
            Some(federation) => (&*federation.provider, federation.claims.as_slice()),
            None => ("", &[][..]),
        };
        put(&mut out, provider);
        put_count(&mut out, claims.len());
        for (name, value) in claims {
            put(&mut out, name);
            put(&mut out, value);
        }
        out
    }

    /// Reads the bytes; nothing is returned for any others.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let mut reader = Reader(bytes);
        let [format, kind, flags] = reader.array()?;
        if format != FORMAT || flags & !(CHAINED | UNDECLARED) != 0 {
            return None;
        }
        let secret_version = u32::from_be_bytes(reader.array()?);
        let account = AccountId::from_u64(u64::from_be_bytes(reader.array()?)).ok()?;
        let (issued, expires) = (reader.time()?, reader.time()?);
        let partition = Partition::parse(&reader.text()?)?;
        let (unique_id, path) = (reader.text()?, reader.text()?);
        let (name, session_name) = (reader.text()?, reader.text()?);
        let holder = match kind {
            1 => Holder::Role {
                unique_id,
                path,
                name,
                session_name,
                chained: flags & CHAINED != 0,
                undeclared: flags & UNDECLARED != 0,
            },
            2 if path.is_empty() && session_name.is_empty() && flags == 0 => {
                Holder::User { unique_id, name }
            }
            3 if [&unique_id, &path, &name, &session_name]
                .iter()
                .all(|t| t.is_empty())
                && flags == 0 =>
            {
                Holder::Root
            }
            _ => return None,
        };
        let given = |text: Box<str>| (!text.is_empty()).then_some(text);
        let source_identity = given(reader.text()?);
        let policy = given(reader.text()?);
        let policy_arns = reader.list(Reader::text)?;
        let tags = reader.list(|reader| {
            let transitive = match reader.array()? {
                [0] => false,
                [1] => true,
                _ => return None,
            };
            let (key, value) = (reader.text()?, reader.text()?);
            Some(Tag {
                key,
                value,
                transitive,
            })
        })?;
        let provider = reader.text()?;
        let claims = reader.list(|reader| Some((reader.text()?, reader.text()?)))?;
        let federation = match given(provider) {
            Some(provider) => Some(Federation { provider, claims }),
            None if claims.is_empty() => None,
            None => return None,
        };
        reader.0.is_empty().then_some(Self {
            holder,
            account,
            partition,
            secret_version,
            issued,
            expires,
            source_identity,
            policy,
            policy_arns,
            tags,
            federation,
        })
    }

    /// The bytes of what a request put into the session: what AWS calls the packed size.
    pub(crate) fn packed(&self) -> Packed {
        let length = |text: &str| 4 + text.len();
        let policies = self.policy.iter().chain(&self.policy_arns);
        let tags = self.tags.iter();
        Packed {
            policies: policies.map(|text| length(text)).sum(),
            tags: tags
                .map(|tag| 1 + length(&tag.key) + length(&tag.value))
                .sum(),
        }
    }
}

/// How many bytes session policies and session tags take in a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Packed {
    pub(crate) policies: usize,
    pub(crate) tags: usize,
}

impl Packed {
    /// The bytes that they may take together, so that a token fits into the header that every
    /// proxy takes. Ours: AWS's packing is not published.
    pub(crate) const LIMIT: usize = 4096;

    /// Percent of the limit, rounded up.
    pub(crate) fn percent(bytes: usize) -> usize {
        (bytes.saturating_mul(100)).div_ceil(Self::LIMIT)
    }
}

fn put(out: &mut Vec<u8>, text: &str) {
    put_count(out, text.len());
    out.extend_from_slice(text.as_bytes());
}

/// A length as four bytes; none here comes near the end of them.
fn put_count(out: &mut Vec<u8>, count: usize) {
    out.extend_from_slice(&u32::try_from(count).unwrap_or(u32::MAX).to_be_bytes());
}

fn put_time(out: &mut Vec<u8>, at: Timestamp) {
    out.extend_from_slice(&at.as_millis().to_be_bytes());
}

/// What is left to be read.
struct Reader<'b>(&'b [u8]);

impl Reader<'_> {
    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (array, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*array)
    }

    fn count(&mut self) -> Option<usize> {
        usize::try_from(u32::from_be_bytes(self.array()?)).ok()
    }

    fn text(&mut self) -> Option<Box<str>> {
        let length = self.count()?;
        let (text, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(std::str::from_utf8(text).ok()?.into())
    }

    fn time(&mut self) -> Option<Timestamp> {
        Some(Timestamp::from_millis(i64::from_be_bytes(self.array()?)))
    }

    fn list<T>(&mut self, mut element: impl FnMut(&mut Self) -> Option<T>) -> Option<Vec<T>> {
        let count = self.count().filter(|count| *count <= ELEMENTS)?;
        (0..count).map(|_| element(self)).collect()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn claims() -> Claims {
        Claims {
            holder: Holder::Role {
                unique_id: "AROAEXAMPLEROLEID0001".into(),
                path: "/team/".into(),
                name: "Dev".into(),
                session_name: "s1".into(),
                chained: true,
                undeclared: false,
            },
            account: AccountId::parse("111122223333").unwrap(),
            partition: Partition::Aws,
            secret_version: 2,
            issued: Timestamp::from_millis(1_767_323_045_000),
            expires: Timestamp::from_millis(1_767_326_645_000),
            source_identity: Some("alice".into()),
            policy: Some(r#"{"Version":"2012-10-17","Statement":[]}"#.into()),
            policy_arns: vec!["arn:aws:iam::111122223333:policy/Narrow".into()],
            tags: vec![
                Tag {
                    key: "team".into(),
                    value: "red".into(),
                    transitive: false,
                },
                Tag {
                    key: "cost".into(),
                    value: "".into(),
                    transitive: true,
                },
            ],
            federation: Some(Federation {
                provider: "arn:aws:iam::111122223333:oidc-provider/issuer.example".into(),
                claims: vec![("issuer.example:sub".into(), "user-1".into())],
            }),
        }
    }

    fn others() -> Vec<Claims> {
        let bare = |holder| Claims {
            holder,
            source_identity: None,
            policy: None,
            policy_arns: Vec::new(),
            tags: Vec::new(),
            federation: None,
            ..claims()
        };
        vec![
            bare(Holder::Root),
            bare(Holder::User {
                unique_id: "AIDAEXAMPLE".into(),
                name: "alice".into(),
            }),
            bare(Holder::Role {
                unique_id: "AROA".into(),
                path: "/".into(),
                name: "a".into(),
                session_name: "b".into(),
                chained: false,
                undeclared: true,
            }),
        ]
    }

    /// What `crates/crypto/tests/session.py` wrote, a second implementation.
    #[test]
    fn the_bytes_are_those_of_the_published_format() {
        let vector = include_str!("../../../crypto/tests/vectors/session-v1.json");
        let vector: serde_json::Value = serde_json::from_str(vector).unwrap();
        let expected = vector["claims"].as_str().unwrap();
        assert_eq!(crate::audit::hex(&claims().to_bytes()), expected);
    }

    #[test]
    fn what_was_written_is_read_and_nothing_else() {
        for claims in others().into_iter().chain([claims()]) {
            let bytes = claims.to_bytes();
            assert_eq!(Claims::from_bytes(&bytes), Some(claims));
            for length in 0..bytes.len() {
                assert_eq!(Claims::from_bytes(&bytes[..length]), None, "{length}");
            }
            let longer = [bytes.as_slice(), &[0]].concat();
            assert_eq!(Claims::from_bytes(&longer), None);
            for (at, value) in [(0, 2), (1, 0), (1, 4), (2, 4)] {
                let mut other = bytes.clone();
                other[at] = value;
                assert_eq!(Claims::from_bytes(&other), None, "{at}");
            }
        }
    }

    #[test]
    fn the_packed_size_counts_what_a_request_gave() {
        let packed = claims().packed();
        assert_eq!(
            packed,
            Packed {
                policies: 43 + 43,
                tags: 16 + 13
            }
        );
        assert_eq!(
            others()[0].packed(),
            Packed {
                policies: 0,
                tags: 0
            }
        );
        assert_eq!(Packed::percent(0), 0);
        assert_eq!(Packed::percent(1), 1);
        assert_eq!(Packed::percent(Packed::LIMIT), 100);
        assert_eq!(Packed::percent(Packed::LIMIT + 1), 101);
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes: Vec<u8>) {
            if let Some(claims) = Claims::from_bytes(&bytes) {
                prop_assert_eq!(claims.to_bytes(), bytes);
            }
        }

        #[test]
        fn a_changed_byte_is_other_claims_or_none(at in 0..400_usize, to: u8) {
            let mut bytes = claims().to_bytes();
            let at = at % bytes.len();
            bytes[at] = to;
            if let Some(read) = Claims::from_bytes(&bytes) {
                prop_assert_eq!(read.to_bytes(), bytes);
            }
        }
    }
}
