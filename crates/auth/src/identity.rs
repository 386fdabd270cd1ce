//! Callers: who signed a request, and what AWS calls them.

use std::{fmt, future::Future, sync::Arc};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use strongroom_model::{
    AccountId, Partition, SecretAccessKey, Timestamp, identifiers::InvalidIdentifier,
};
use zeroize::Zeroizing;

use crate::{policy::IdentityPolicy, sigv4::SigningSecret};

/// Who is calling.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// The account that the caller belongs to.
    pub account: AccountId,
    /// The partition whose ARNs name the caller.
    pub partition: Partition,
    /// Who in the account it is.
    pub principal: Principal,
    /// The access key that signed.
    pub access_key_id: AccessKeyId,
    /// What the caller's own side says: a snapshot, taken when the request came in.
    pub standing: Arc<Standing>,
}

/// The caller's own side of every decision. Of the default, nothing is allowed by policy.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// A user's inline and managed policies and those of its groups, or a role's.
    pub policies: Vec<NamedPolicy>,
    /// The ceiling of a user or role.
    pub boundary: Option<NamedPolicy>,
    /// The session policies that a session was made with, of which one has to allow. None where
    /// there is no such ceiling.
    pub session: Option<Vec<NamedPolicy>>,
    /// The tags of the user or role, with those of the session laid over them.
    pub tags: Vec<(Box<str>, Box<str>)>,
    /// What temporary credentials say of themselves.
    pub session_facts: Option<SessionFacts>,
}

/// A policy and what an explanation calls it, such as `user/alice/use-keys`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedPolicy {
    /// The name.
    pub name: Arc<str>,
    /// The policy, which may be shared by many.
    pub policy: Arc<IdentityPolicy>,
}

/// What temporary credentials say of themselves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionFacts {
    /// When they were made.
    pub issued: Timestamp,
    /// When they end.
    pub expires: Timestamp,
    /// The provider that vouched for the caller, for a session by web identity.
    pub federated_provider: Option<Box<str>>,
    /// The name that the session carries through all roles.
    pub source_identity: Option<Box<str>>,
    /// Claims of the token of a session by web identity, by the condition keys that they are.
    pub claims: Vec<(Box<str>, Box<str>)>,
    /// The keys of the tags that the next session inherits.
    pub transitive_tag_keys: Vec<Box<str>>,
    /// Whether the caller proved a second factor for them.
    pub mfa: bool,
}

/// Who in an account is calling.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Principal {
    /// The account itself.
    Root,
    /// A user.
    User {
        /// The path, which begins and ends with a slash.
        path: Arc<str>,
        /// The name.
        name: Arc<str>,
        /// The id that stays behind when the name is used again: `AIDA…`.
        unique_id: Arc<str>,
    },
    /// A session of a role.
    AssumedRole {
        /// The path of the role, which begins and ends with a slash.
        role_path: Arc<str>,
        /// The name of the role.
        role_name: Arc<str>,
        /// The unique id of the role: `AROA…`.
        role_id: Arc<str>,
        /// The name of the session.
        session_name: Arc<str>,
    },
}

impl Caller {
    /// The root of an account, called with this access key.
    #[must_use]
    pub fn root(account: AccountId, partition: Partition, access_key_id: AccessKeyId) -> Self {
        Self {
            account,
            partition,
            principal: Principal::Root,
            access_key_id,
            standing: Arc::default(),
        }
    }

    /// The caller's ARN, as messages, audit entries and GetCallerIdentity have it.
    ///
    /// Sessions are known to STS, and their ARN has no path.
    #[must_use]
    pub fn arn(&self) -> String {
        let partition = self.partition.as_str();
        let account = &self.account.text();
        match &self.principal {
            Principal::Root => ["arn:", partition, ":iam::", account, ":root"].concat(),
            Principal::User { path, name, .. } => {
                ["arn:", partition, ":iam::", account, ":user", path, name].concat()
            }
            Principal::AssumedRole {
                role_name,
                session_name,
                ..
            } => [
                "arn:",
                partition,
                ":sts::",
                account,
                ":assumed-role/",
                role_name,
                "/",
                session_name,
            ]
            .concat(),
        }
    }

    /// What GetCallerIdentity calls `UserId`: for the root, the account id.
    #[must_use]
    pub fn user_id(&self) -> String {
        match &self.principal {
            Principal::Root => (*self.account.text()).to_owned(),
            Principal::User { unique_id, .. } => unique_id.to_string(),
            Principal::AssumedRole {
                role_id,
                session_name,
                ..
            } => format!("{role_id}:{session_name}"),
        }
    }

    /// Whether the account itself is calling.
    #[must_use]
    pub fn is_root(&self) -> bool {
        self.principal == Principal::Root
    }
}

/// The caller of an unsigned or unchecked request in development mode, where no seed declares
/// the access key.
///
/// A 12-digit access key id is that account's root; anything else is the root of
/// `000000000000` (decision 15). Short ids such as `test` are customary here and kept; one with
/// other characters is replaced, since it ends up in audit entries.
#[must_use]
pub fn development_caller(access_key_id: &str, partition: Partition) -> Caller {
    let account = AccountId::parse(access_key_id).unwrap_or(AccountId::DEVELOPMENT);
    let printable = (1..=AccessKeyId::LONGEST).contains(&access_key_id.len())
        && access_key_id.bytes().all(AccessKeyId::allows);
    let id = if printable {
        access_key_id
    } else {
        "ANONYMOUS"
    };
    let id = AccessKeyId(id.into());
    Caller::root(account, partition, id)
}

/// The public half of an access key: 16 to 128 letters, digits and underscores (decision 17).
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AccessKeyId(Arc<str>);

impl AccessKeyId {
    const LONGEST: usize = 128;
    /// How the ids of temporary credentials begin. AWS: IAM user guide, "IAM identifiers".
    const TEMPORARY: &'static str = "ASIA";

    fn allows(byte: u8) -> bool {
        byte.is_ascii_alphanumeric() || byte == b'_'
    }

    /// Parses an access key id, as identities declare it.
    ///
    /// # Errors
    /// When the text is too short, too long or has other characters.
    pub fn parse(text: &str) -> Result<Self, InvalidIdentifier> {
        if Self::is_one(text) {
            Ok(Self(text.into()))
        } else {
            Err(InvalidIdentifier {
                expected: "an access key id (16 to 128 letters, digits and underscores)",
            })
        }
    }

    /// Whether a text has the form of an access key id.
    #[must_use]
    pub fn is_one(text: &str) -> bool {
        (16..=Self::LONGEST).contains(&text.len()) && text.bytes().all(Self::allows)
    }

    /// A new id that looks like AWS's: `AKIA` and sixteen characters of A–Z and 2–7.
    #[must_use]
    pub fn generate(random: &mut dyn FnMut(&mut [u8])) -> Self {
        Self::generate_with("AKIA", random)
    }

    /// A new id of temporary credentials: `ASIA` and sixteen characters of A–Z and 2–7.
    #[must_use]
    pub fn generate_temporary(random: &mut dyn FnMut(&mut [u8])) -> Self {
        Self::generate_with(Self::TEMPORARY, random)
    }

    /// Whether the id is one of temporary credentials, which need a session token.
    #[must_use]
    pub fn is_temporary(&self) -> bool {
        self.0.starts_with(Self::TEMPORARY)
    }

    fn generate_with(prefix: &str, random: &mut dyn FnMut(&mut [u8])) -> Self {
        const ALPHABET: [u8; 32] = *b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
        let mut bytes = [0u8; 16];
        random(&mut bytes);
        let characters = bytes.map(|byte| {
            let letter = ALPHABET.get(usize::from(byte % 32)).copied();
            char::from(letter.unwrap_or(b'A'))
        });
        let id: String = prefix.chars().chain(characters).collect();
        Self(id.into())
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for AccessKeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for AccessKeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A new secret of 240 random bits, in AWS's forty characters.
#[must_use]
pub fn generate_secret_access_key(random: &mut dyn FnMut(&mut [u8])) -> SecretAccessKey {
    let mut bytes = Zeroizing::new([0u8; 30]);
    random(bytes.as_mut_slice());
    SecretAccessKey::new(STANDARD.encode(bytes.as_slice()))
}

/// An access key with its secret and its owner.
#[derive(Clone, Debug)]
pub struct Credential {
    /// Whom the access key belongs to.
    pub caller: Arc<Caller>,
    /// The secret that signs.
    pub secret: Arc<SigningSecret>,
    /// Whether the access key may be used.
    pub active: bool,
}

/// The credentials cannot be looked up at present. The cause is for the log.
#[derive(Debug, thiserror::Error)]
#[error("the credential store cannot answer")]
pub struct CredentialError(#[from] pub Box<dyn std::error::Error + Send + Sync>);

/// What is known of an access key and the session token that came with it.
#[derive(Clone, Debug)]
pub enum LookUp {
    /// They belong together: an access key without a token, or that of a session with its own.
    Found(Credential),
    /// There is no such access key, or token and access key do not belong together.
    Unknown,
    /// They belong together, and the session has ended.
    Expired,
}

impl LookUp {
    /// The access key, if it may come in.
    #[must_use]
    pub fn found(self) -> Option<Credential> {
        match self {
            Self::Found(credential) => Some(credential),
            Self::Unknown | Self::Expired => None,
        }
    }
}

/// Where access keys are looked up.
pub trait CredentialSource: Send + Sync {
    /// The access key with this id and, for a session, the token that it came with.
    fn look_up(
        &self,
        access_key_id: &str,
        session_token: Option<&str>,
    ) -> impl Future<Output = Result<LookUp, CredentialError>> + Send;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn caller(principal: Principal, partition: Partition) -> Caller {
        Caller {
            account: AccountId::parse("111122223333").unwrap(),
            partition,
            principal,
            access_key_id: AccessKeyId::parse("AKIDSTRONGROOM000001").unwrap(),
            standing: Arc::default(),
        }
    }

    #[test]
    fn callers_are_named_as_aws_names_them() {
        let check = |principal: Principal, arn: &str, user_id: &str| {
            let caller = caller(principal, Partition::Aws);
            assert_eq!(caller.arn(), arn);
            assert_eq!(caller.user_id(), user_id);
        };
        check(
            Principal::Root,
            "arn:aws:iam::111122223333:root",
            "111122223333",
        );
        check(
            Principal::User {
                path: "/team/".into(),
                name: "alice".into(),
                unique_id: "AIDAEXAMPLE".into(),
            },
            "arn:aws:iam::111122223333:user/team/alice",
            "AIDAEXAMPLE",
        );
        check(
            Principal::AssumedRole {
                role_path: "/team/".into(),
                role_name: "Dev".into(),
                role_id: "AROAEXAMPLE".into(),
                session_name: "s1".into(),
            },
            "arn:aws:sts::111122223333:assumed-role/Dev/s1",
            "AROAEXAMPLE:s1",
        );
        let root = caller(Principal::Root, Partition::AwsCn);
        assert_eq!(root.arn(), "arn:aws-cn:iam::111122223333:root");
    }

    #[test]
    fn only_the_root_is_the_root() {
        assert!(caller(Principal::Root, Partition::Aws).is_root());
        let user = Principal::User {
            path: "/".into(),
            name: "root".into(),
            unique_id: "AIDA".into(),
        };
        assert!(!caller(user, Partition::Aws).is_root());
    }

    #[test]
    fn access_key_ids_have_sixteen_to_a_hundred_and_twenty_eight_plain_characters() {
        for good in ["A".repeat(16), "a_9".repeat(40), "Z".repeat(128)] {
            assert_eq!(AccessKeyId::parse(&good).unwrap().as_str(), good);
        }
        for bad in [
            "A".repeat(15),
            "A".repeat(129),
            "AKID/AAAAAAAAAAAAAAA".into(),
            "AKIDAAAAAAAAAAAÄ".into(),
            String::new(),
        ] {
            assert!(AccessKeyId::parse(&bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn generated_credentials_look_like_aws_and_use_all_their_randomness() {
        let mut next = 0u8;
        let mut count = |bytes: &mut [u8]| {
            for byte in bytes {
                *byte = next;
                next = next.wrapping_add(7);
            }
        };
        let id = AccessKeyId::generate(&mut count);
        assert_eq!(id.as_str(), "AKIAAHOV4DKRY7GNU3CJ");
        assert_eq!(AccessKeyId::parse(id.as_str()).unwrap(), id);
        let secret = generate_secret_access_key(&mut count);
        assert_eq!(secret.len(), 40);
        assert_ne!(secret, generate_secret_access_key(&mut count));
    }

    #[test]
    fn in_development_twelve_digits_are_an_account_and_anything_else_the_default_one() {
        let check = |id: &str, account: &str, shown: &str| {
            let caller = development_caller(id, Partition::Aws);
            assert!(caller.is_root());
            assert_eq!(caller.account.to_string(), account, "{id}");
            assert_eq!(caller.access_key_id.as_str(), shown, "{id}");
        };
        check("111122223333", "111122223333", "111122223333");
        check(
            "AKIAIOSFODNN7EXAMPLE",
            "000000000000",
            "AKIAIOSFODNN7EXAMPLE",
        );
        check("1111222233334", "000000000000", "1111222233334");
        check("test", "000000000000", "test");
        check("", "000000000000", "ANONYMOUS");
        check("a\nb", "000000000000", "ANONYMOUS");
    }
}
