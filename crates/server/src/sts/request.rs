//! From a form to what an action is asked for, with AWS's words for what is not as its model has
//! it.
//!
//! AWS: API reference of STS, "AssumeRole", "AssumeRoleWithWebIdentity", "GetSessionToken"; the
//! lengths and patterns are those of the service model.

use strongroom_kms::sts::{
    AssumeRole, AssumeRoleWithWebIdentity, GetSessionToken, SecondFactor, SessionTag, StsError,
};
use strongroom_model::SecretText;

use super::form::{Form, MalformedForm};
use crate::wire::{
    constraint::{Constraint, Length, Place, Shown, Text, Violations},
    pattern::Pattern,
};

const VERSION: &str = "2011-06-15";

/// What STS is asked for.
#[derive(Debug)]
pub enum Request {
    /// Who am I?
    GetCallerIdentity,
    /// Temporary credentials of a role.
    AssumeRole(AssumeRole),
    /// The same, for whom an identity provider vouches. It comes without a signature.
    AssumeRoleWithWebIdentity(AssumeRoleWithWebIdentity),
    /// Temporary credentials of the caller itself.
    GetSessionToken(GetSessionToken),
}

/// An action of STS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// See [`Request::GetCallerIdentity`].
    GetCallerIdentity,
    /// See [`Request::AssumeRole`].
    AssumeRole,
    /// See [`Request::AssumeRoleWithWebIdentity`].
    AssumeRoleWithWebIdentity,
    /// See [`Request::GetSessionToken`].
    GetSessionToken,
}

impl Action {
    /// All four.
    pub const ALL: [Self; 4] = [
        Self::GetCallerIdentity,
        Self::AssumeRole,
        Self::AssumeRoleWithWebIdentity,
        Self::GetSessionToken,
    ];

    /// The name, as requests and audit entries have it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::GetCallerIdentity => "GetCallerIdentity",
            Self::AssumeRole => "AssumeRole",
            Self::AssumeRoleWithWebIdentity => "AssumeRoleWithWebIdentity",
            Self::GetSessionToken => "GetSessionToken",
        }
    }

    /// The action that a form asks for. A request need not say which version of the API it
    /// means.
    ///
    /// # Errors
    /// When it asks for anything else.
    pub fn of(form: &Form<'_>) -> Result<Self, StsError> {
        let Some(name) = form.get("Action").filter(|name| !name.is_empty()) else {
            let message = "The request is missing an action.";
            return Err(StsError::new("MissingAction", 400, message));
        };
        let version = form.get("Version").unwrap_or(VERSION);
        let known = Self::ALL.into_iter().find(|action| action.name() == name);
        match known {
            Some(action) if version == VERSION => Ok(action),
            _ => {
                let shown = |text: &str| text.chars().take(SHOWN_CHARACTERS).collect::<String>();
                let (name, version) = (shown(name), shown(version));
                let message = format!("Could not find operation {name} for version {version}");
                Err(StsError::new("InvalidAction", 400, message))
            }
        }
    }
}

/// The longest name that is repeated in an error.
const SHOWN_CHARACTERS: usize = 64;

/// Reads the form of a request.
///
/// # Errors
/// `MalformedQueryString` for what is no form.
pub(super) fn form<'a>(query: &'a str, body: &'a [u8]) -> Result<Form<'a>, StsError> {
    Form::read(query, body).map_err(malformed)
}

fn malformed(_: MalformedForm) -> StsError {
    // AWS: "Common errors"; the status is theirs.
    let message = "The query string contains a syntax error.";
    StsError::new("MalformedQueryString", 404, message)
}

/// Reads the parameters of an action.
///
/// # Errors
/// `ValidationError` with everything that is not as the model has it.
pub fn read(action: Action, form: &Form<'_>) -> Result<Request, StsError> {
    let mut reader = Reader {
        form,
        broken: Violations::default(),
    };
    let request = match action {
        Action::GetCallerIdentity => Some(Request::GetCallerIdentity),
        Action::AssumeRole => reader.assume_role()?.map(Request::AssumeRole),
        Action::AssumeRoleWithWebIdentity => reader
            .assume_role_with_web_identity()?
            .map(Request::AssumeRoleWithWebIdentity),
        Action::GetSessionToken => Some(Request::GetSessionToken(reader.get_session_token())),
    };
    reader
        .broken
        .settle(request)
        .map_err(|fault| StsError::new("ValidationError", 400, fault.message.unwrap_or_default()))
}

struct Reader<'f> {
    form: &'f Form<'f>,
    broken: Violations,
}

impl Reader<'_> {
    fn assume_role(&mut self) -> Result<Option<AssumeRole>, StsError> {
        let role_arn = self.required("RoleArn", "roleArn", &ROLE_ARN);
        let session_name = self.required("RoleSessionName", "roleSessionName", &SESSION_NAME);
        let policy_arns = self.policy_arns()?;
        let policy = self.optional("Policy", "policy", &POLICY);
        let duration_seconds = self.seconds(900, 43_200);
        let tags = self.tags()?;
        let transitive_tag_keys = self.transitive_tag_keys()?;
        let external_id = self.optional("ExternalId", "externalId", &EXTERNAL_ID);
        let second_factor = self.second_factor();
        let source_identity = self.optional("SourceIdentity", "sourceIdentity", &SOURCE_IDENTITY);
        let contexts = self.form.list("ProvidedContexts", ["ProviderArn"]);
        let provided_contexts = !contexts.map_err(malformed)?.is_empty();
        let (Some(role_arn), Some(session_name)) = (role_arn, session_name) else {
            return Ok(None);
        };
        Ok(Some(AssumeRole {
            role_arn,
            session_name,
            policy_arns,
            policy,
            duration_seconds,
            tags,
            transitive_tag_keys,
            external_id,
            second_factor,
            source_identity,
            provided_contexts,
        }))
    }

    fn assume_role_with_web_identity(
        &mut self,
    ) -> Result<Option<AssumeRoleWithWebIdentity>, StsError> {
        let role_arn = self.required("RoleArn", "roleArn", &ROLE_ARN);
        let session_name = self.required("RoleSessionName", "roleSessionName", &SESSION_NAME);
        let token = self.secret(
            "WebIdentityToken",
            "webIdentityToken",
            Length {
                min: 4,
                max: 20_000,
            },
        );
        let provider_id = self.optional("ProviderId", "providerId", &PROVIDER_ID);
        let policy_arns = self.policy_arns()?;
        let policy = self.optional("Policy", "policy", &SHORT_POLICY);
        let duration_seconds = self.seconds(900, 43_200);
        let (Some(role_arn), Some(session_name), Some(token)) = (role_arn, session_name, token)
        else {
            return Ok(None);
        };
        Ok(Some(AssumeRoleWithWebIdentity {
            role_arn,
            session_name,
            token,
            provider_id,
            policy_arns,
            policy,
            duration_seconds,
        }))
    }

    fn get_session_token(&mut self) -> GetSessionToken {
        GetSessionToken {
            duration_seconds: self.seconds(900, 129_600),
            second_factor: self.second_factor(),
        }
    }

    fn required(&mut self, name: &str, member: &'static str, rule: &Text) -> Option<String> {
        let value = self.optional(name, member, rule);
        if value.is_none() {
            self.absent(member);
        }
        value
    }

    fn absent(&mut self, member: &'static str) {
        let place = Place::Member(&Place::Request, member);
        self.broken.add(Shown::Null, place, &Constraint::NotNull);
    }

    fn optional(&mut self, name: &str, member: &'static str, rule: &Text) -> Option<String> {
        let value = self.form.get(name)?;
        let place = Place::Member(&Place::Request, member);
        for constraint in rule.broken_by(value) {
            self.broken.add(Shown::Value(value), place, &constraint);
        }
        Some(value.to_owned())
    }

    fn secret(&mut self, name: &str, member: &'static str, length: Length) -> Option<SecretText> {
        let Some(value) = self.form.get(name) else {
            self.absent(member);
            return None;
        };
        if let Some(constraint) = length.broken_by(value.encode_utf16().count()) {
            let place = Place::Member(&Place::Request, member);
            self.broken.add(Shown::Nothing, place, &constraint);
        }
        Some(SecretText::new(value.to_owned()))
    }

    fn seconds(&mut self, min: i32, max: i32) -> Option<i32> {
        let text = self.form.get("DurationSeconds")?;
        let place = Place::Member(&Place::Request, "durationSeconds");
        let Ok(seconds) = text.parse::<i32>() else {
            // AWS's parser answers before its constraints do; this much of it is told alike.
            let constraint = Constraint::Pattern("-?[0-9]+");
            self.broken.add(Shown::Value(text), place, &constraint);
            return None;
        };
        let constraint = if seconds > max {
            Some(Constraint::ValueAtMost(max))
        } else {
            (seconds < min).then_some(Constraint::ValueAtLeast(min))
        };
        if let Some(constraint) = constraint {
            self.broken.add(Shown::Value(text), place, &constraint);
        }
        Some(seconds)
    }

    fn second_factor(&mut self) -> Option<SecondFactor> {
        let serial = self.optional("SerialNumber", "serialNumber", &SERIAL_NUMBER);
        let code = self.optional("TokenCode", "tokenCode", &TOKEN_CODE);
        (serial.is_some() || code.is_some()).then_some(SecondFactor)
    }

    fn policy_arns(&mut self) -> Result<Vec<String>, StsError> {
        let given = self.form.list("PolicyArns", ["arn"]).map_err(malformed)?;
        let list = Place::Member(&Place::Request, "policyArns");
        self.at_most(10, given.len(), list);
        let mut arns = Vec::with_capacity(given.len());
        for (number, [arn]) in (1..).zip(given) {
            let element = Place::Element(&list, number);
            let place = Place::Member(&element, "arn");
            let Some(arn) = arn else {
                self.broken.add(Shown::Null, place, &Constraint::NotNull);
                continue;
            };
            for constraint in ROLE_ARN.broken_by(arn) {
                self.broken.add(Shown::Value(arn), place, &constraint);
            }
            arns.push(arn.to_owned());
        }
        Ok(arns)
    }

    fn tags(&mut self) -> Result<Vec<SessionTag>, StsError> {
        let given = self
            .form
            .list("Tags", ["Key", "Value"])
            .map_err(malformed)?;
        let list = Place::Member(&Place::Request, "tags");
        self.at_most(50, given.len(), list);
        let mut tags = Vec::with_capacity(given.len());
        for (number, [key, value]) in (1..).zip(given) {
            let element = Place::Element(&list, number);
            let key_place = Place::Member(&element, "key");
            let value_place = Place::Member(&element, "value");
            match key {
                Some(key) => self.tag_text(key, key_place, TAG_KEY),
                None => self
                    .broken
                    .add(Shown::Null, key_place, &Constraint::NotNull),
            }
            match value {
                Some(value) => self.tag_text(value, value_place, TAG_VALUE),
                None => self
                    .broken
                    .add(Shown::Null, value_place, &Constraint::NotNull),
            }
            if let (Some(key), Some(value)) = (key, value) {
                tags.push(SessionTag {
                    key: key.into(),
                    value: value.into(),
                });
            }
        }
        Ok(tags)
    }

    fn transitive_tag_keys(&mut self) -> Result<Vec<String>, StsError> {
        let given = self
            .form
            .list("TransitiveTagKeys", [""])
            .map_err(malformed)?;
        let list = Place::Member(&Place::Request, "transitiveTagKeys");
        self.at_most(50, given.len(), list);
        let mut keys = Vec::with_capacity(given.len());
        for (number, [key]) in (1..).zip(given) {
            let key = key.unwrap_or_default();
            self.tag_text(key, Place::Element(&list, number), TAG_KEY);
            keys.push(key.to_owned());
        }
        Ok(keys)
    }

    fn at_most(&mut self, max: usize, count: usize, list: Place<'_>) {
        if count > max {
            self.broken
                .add(Shown::Nothing, list, &Constraint::LengthAtMost(max));
        }
    }

    fn tag_text(&mut self, text: &str, place: Place<'_>, (min, max, pattern): TagRule) {
        let length = Length { min, max };
        if let Some(constraint) = length.broken_by(text.encode_utf16().count()) {
            self.broken.add(Shown::Value(text), place, &constraint);
        }
        if !text.chars().all(is_tag_character) {
            let constraint = Constraint::Pattern(pattern);
            self.broken.add(Shown::Value(text), place, &constraint);
        }
    }
}

/// Least and greatest length, and the pattern as AWS writes it.
type TagRule = (usize, usize, &'static str);

const TAG_KEY: TagRule = (1, 128, r"[\p{L}\p{Z}\p{N}_.:/=+\-@]+");
const TAG_VALUE: TagRule = (0, 256, r"[\p{L}\p{Z}\p{N}_.:/=+\-@]*");

/// `[\p{L}\p{Z}\p{N}_.:/=+\-@]`. Rust's letters include the marks that are part of words in some
/// scripts, which AWS's do not.
fn is_tag_character(c: char) -> bool {
    c.is_alphanumeric()
        || matches!(c, '_' | '.' | ':' | '/' | '=' | '+' | '-' | '@')
        // Unicode, general category Z.
        || matches!(
            c,
            ' ' | '\u{a0}' | '\u{1680}' | '\u{2000}'..='\u{200a}' | '\u{2028}' | '\u{2029}'
                | '\u{202f}' | '\u{205f}' | '\u{3000}'
        )
}

/// A rule of the model: a length, and one class of characters, each as often as one likes.
macro_rules! texts {
    ($($name:ident = $min:literal ..= $max:expr, $pattern:literal, $class:expr;)*) => {
        $(static $name: Text = {
            static CLASS: &[(char, char)] = $class;
            static PATTERN: Pattern = Pattern {
                text: $pattern,
                places: &[CLASS],
                follow: &[1],
                first: 1,
                last: 1,
                empty: true,
            };
            Text {
                length: Length { min: $min, max: $max },
                pattern: Some(&PATTERN),
            }
        };)*
    };
}

texts! {
    ROLE_ARN = 20..=2048,
        r"[\u0009\u000A\u000D\u0020-\u007E\u0085\u00A0-\uD7FF\uE000-\uFFFD\u10000-\u10FFFF]+",
        &[
            ('\t', '\n'), ('\r', '\r'), (' ', '~'), ('\u{85}', '\u{85}'),
            ('\u{a0}', '\u{d7ff}'), ('\u{e000}', '\u{fffd}'), ('\u{10000}', '\u{10ffff}'),
        ];
    SESSION_NAME = 2..=64, r"[\w+=,.@-]*", NAME;
    SOURCE_IDENTITY = 2..=64, r"[\w+=,.@-]*", NAME;
    EXTERNAL_ID = 2..=1224, r"[\w+=,.@:\/-]*",
        &[('a', 'z'), ('A', 'Z'), ('0', ':'), ('_', '_'), ('+', '-'), ('.', '/'), ('=', '='), ('@', '@')];
    SERIAL_NUMBER = 9..=256, r"[\w+=/:,.@-]*",
        &[('a', 'z'), ('A', 'Z'), ('0', ':'), ('_', '_'), ('+', '-'), ('.', '/'), ('=', '='), ('@', '@')];
    TOKEN_CODE = 6..=6, r"[\d]*", &[('0', '9')];
    SHORT_POLICY = 1..=2048, r"[\u0009\u000A\u000D\u0020-\u00FF]+", LATIN;
    POLICY = 1..=usize::MAX, r"[\u0009\u000A\u000D\u0020-\u00FF]+", LATIN;
}

/// `[\u0009\u000A\u000D\u0020-\u00FF]`.
const LATIN: &[(char, char)] = &[('\t', '\n'), ('\r', '\r'), (' ', '\u{ff}')];

/// `[\w+=,.@-]`.
const NAME: &[(char, char)] = &[
    ('a', 'z'),
    ('A', 'Z'),
    ('0', '9'),
    ('_', '_'),
    ('+', '.'),
    ('=', '='),
    ('@', '@'),
];

static PROVIDER_ID: Text = Text {
    length: Length { min: 4, max: 2048 },
    pattern: None,
};

#[cfg(test)]
mod tests {
    use super::*;

    fn request(text: &str) -> Result<Request, StsError> {
        let form = form("", text.as_bytes())?;
        read(Action::of(&form)?, &form)
    }

    fn refused(text: &str) -> (String, u16, String) {
        let error = request(text).unwrap_err();
        (
            error.code().to_owned(),
            error.status(),
            error.message().to_owned(),
        )
    }

    const ROLE: &str = "RoleArn=arn:aws:iam::111122223333:role/Dev";

    #[test]
    fn the_action_is_read_from_the_form_or_the_query() {
        let action = |query: &str, body: &[u8]| Action::of(&form(query, body).unwrap());
        let identity = Action::GetCallerIdentity;
        for (query, body) in [
            ("", "Action=GetCallerIdentity&Version=2011-06-15"),
            ("", "Version=2011-06-15&Action=GetCallerIdentity"),
            ("", "Action=GetCallerIdentity"),
            ("Action=GetCaller%49dentity&X-Amz-Expires=60", ""),
            ("Action=x", "Action=GetCallerIdentity"),
        ] {
            assert_eq!(
                action(query, body.as_bytes()).unwrap(),
                identity,
                "{query} {body}"
            );
        }
    }

    #[test]
    fn other_actions_are_named_in_the_refusal() {
        let check = |text: &str, code: &str, status: u16, message: &str| {
            let expected = (code.to_owned(), status, message.to_owned());
            assert_eq!(refused(text), expected, "{text}");
        };
        let missing = "The request is missing an action.";
        check("", "MissingAction", 400, missing);
        check("Action=", "MissingAction", 400, missing);
        let unknown = "Could not find operation GetFederationToken for version 2011-06-15";
        check("Action=GetFederationToken", "InvalidAction", 400, unknown);
        let old = "Could not find operation AssumeRole for version 2010-01-01";
        check(
            "Action=AssumeRole&Version=2010-01-01",
            "InvalidAction",
            400,
            old,
        );
        let syntax = "The query string contains a syntax error.";
        check("Action=%", "MalformedQueryString", 404, syntax);
        let broken = format!("Action=AssumeRole&{ROLE}&RoleSessionName=s1&Tags.member.x.Key=a");
        check(&broken, "MalformedQueryString", 404, syntax);
    }

    #[test]
    fn everything_that_assume_role_takes_is_read() {
        let text = format!(
            "Action=AssumeRole&{ROLE}&RoleSessionName=s1&DurationSeconds=900&Policy=%7B%7D&\
             PolicyArns.member.1.arn=arn:aws:iam::111122223333:policy/P&ExternalId=a:b&\
             Tags.member.1.Key=team&Tags.member.1.Value=&TransitiveTagKeys.member.1=team&\
             SourceIdentity=alice&SerialNumber=arn:aws:iam::1:mfa/a&TokenCode=123456"
        );
        let Ok(Request::AssumeRole(read)) = request(&text) else {
            panic!("it is a whole request");
        };
        assert_eq!(read.session_name, "s1");
        assert_eq!(read.duration_seconds, Some(900));
        assert_eq!(read.policy.as_deref(), Some("{}"));
        assert_eq!(read.policy_arns, ["arn:aws:iam::111122223333:policy/P"]);
        assert_eq!(read.external_id.as_deref(), Some("a:b"));
        let tag = SessionTag {
            key: "team".into(),
            value: "".into(),
        };
        assert_eq!(read.tags, [tag]);
        assert_eq!(read.transitive_tag_keys, ["team"]);
        assert_eq!(read.source_identity.as_deref(), Some("alice"));
        assert!(read.second_factor.is_some());
        assert!(!read.provided_contexts);
    }

    #[test]
    fn what_the_model_does_not_take_is_told_in_the_words_of_aws() {
        let check = |rest: &str, expected: &str| {
            let (code, status, message) = refused(&format!("Action={rest}"));
            assert_eq!((code.as_str(), status), ("ValidationError", 400));
            let count = expected.matches("failed to satisfy").count();
            let errors = if count == 1 { "error" } else { "errors" };
            let expected = format!("{count} validation {errors} detected: {expected}");
            assert_eq!(message, expected);
        };
        let constraint = "failed to satisfy constraint: Member must";
        check(
            "AssumeRole",
            &format!(
                "Value null at 'roleArn' {constraint} not be null; \
                 Value null at 'roleSessionName' {constraint} not be null"
            ),
        );
        let good = format!("AssumeRole&{ROLE}&RoleSessionName=s1");
        check(
            "AssumeRole&RoleArn=short&RoleSessionName=s1",
            &format!(
                "Value 'short' at 'roleArn' {constraint} have length greater than or equal to 20"
            ),
        );
        check(
            &format!("AssumeRole&{ROLE}&RoleSessionName=a+b"),
            &format!(
                "Value 'a b' at 'roleSessionName' {constraint} satisfy regular expression \
                 pattern: [\\w+=,.@-]*"
            ),
        );
        check(
            &format!("{good}&DurationSeconds=899"),
            &format!(
                "Value '899' at 'durationSeconds' {constraint} have value greater than or equal \
                 to 900"
            ),
        );
        check(
            &format!("{good}&DurationSeconds=43201"),
            &format!(
                "Value '43201' at 'durationSeconds' {constraint} have value less than or equal \
                 to 43200"
            ),
        );
        check(
            &format!("{good}&ExternalId=a"),
            &format!(
                "Value 'a' at 'externalId' {constraint} have length greater than or equal to 2"
            ),
        );
        check(
            &format!("{good}&Tags.member.1.Value=x"),
            &format!("Value null at 'tags.1.member.key' {constraint} not be null"),
        );
        check(
            &format!("{good}&Tags.member.1.Key=a*&Tags.member.1.Value=x"),
            &format!(
                "Value 'a*' at 'tags.1.member.key' {constraint} satisfy regular expression \
                 pattern: [\\p{{L}}\\p{{Z}}\\p{{N}}_.:/=+\\-@]+"
            ),
        );
        // A token is a secret of somebody, and is never repeated.
        check(
            &format!("AssumeRoleWithWebIdentity&{ROLE}&RoleSessionName=s1&WebIdentityToken=abc"),
            &format!(
                "Value at 'webIdentityToken' {constraint} have length greater than or equal to 4"
            ),
        );
        let long = "x".repeat(2049);
        let (_, _, message) = refused(&format!(
            "Action=AssumeRoleWithWebIdentity&{ROLE}&RoleSessionName=s1&WebIdentityToken=abcd&\
             Policy={long}"
        ));
        assert!(
            message.ends_with("have length less than or equal to 2048"),
            "{message}"
        );
        let tags: String = (1..=51)
            .map(|n| format!("&Tags.member.{n}.Key=k{n}&Tags.member.{n}.Value=v"))
            .collect();
        check(
            &format!("{good}{tags}"),
            &format!("Value at 'tags' {constraint} have length less than or equal to 50"),
        );
        check(
            "GetSessionToken&DurationSeconds=soon",
            &format!(
                "Value 'soon' at 'durationSeconds' {constraint} satisfy regular expression \
                 pattern: -?[0-9]+"
            ),
        );
    }
}
