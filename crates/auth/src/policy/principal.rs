//! Whom a policy names.
//!
//! AWS: IAM user guide, "AWS JSON policy elements: Principal". The ARN of a principal has no
//! wildcards: a policy names somebody, an account, or everybody.

use strongroom_model::{AccountId, Partition};

/// One principal of a policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PrincipalPattern {
    /// `*`: every authenticated caller of every account.
    Anyone,
    /// An account, by its id or the ARN of its root.
    Account(AccountId),
    /// A user of an account.
    User {
        /// The account.
        account: AccountId,
        /// Path and name, as they follow `user` in the ARN: `/team/alice`.
        path_and_name: Box<str>,
    },
    /// All sessions of a role.
    Role {
        /// The account.
        account: AccountId,
        /// Path and name, as they follow `role` in the ARN: `/team/Dev`.
        path_and_name: Box<str>,
    },
    /// One session of a role.
    Session {
        /// The account.
        account: AccountId,
        /// The role's name, without its path.
        role_name: Box<str>,
        /// The session's name.
        session_name: Box<str>,
    },
    /// A session for a federated user.
    FederatedUser {
        /// The account.
        account: AccountId,
        /// The user's name.
        name: Box<str>,
    },
    /// The unique id of a user or role that was deleted: `AIDA…`, `AROA…`.
    UniqueId(Box<str>),
    /// An AWS service, such as `logs.amazonaws.com`.
    Service(Box<str>),
    /// An identity provider, by its ARN or, for the few that AWS knows itself, its domain. Only
    /// trust policies name them.
    Federated(Box<str>),
}

impl PrincipalPattern {
    /// Parses a principal of the kind `AWS`. Nothing is returned for what is no principal, such
    /// as the ARN of a group.
    #[must_use]
    pub fn parse_aws(text: &str) -> Option<Self> {
        if text == "*" {
            return Some(Self::Anyone);
        }
        if let Ok(account) = AccountId::parse(text) {
            return Some(Self::Account(account));
        }
        if is_unique_id(text) {
            return Some(Self::UniqueId(text.into()));
        }
        let mut fields = text.splitn(6, ':');
        let mut next = || fields.next();
        let ("arn", partition, service, "", account, resource) =
            (next()?, next()?, next()?, next()?, next()?, next()?)
        else {
            return None;
        };
        Partition::parse(partition)?;
        let account = AccountId::parse(account).ok()?;
        if (service, resource) == ("iam", "root") {
            return Some(Self::Account(account));
        }
        let (kind, name) = resource.split_at(resource.find('/')?);
        match (service, kind) {
            ("iam", "user") if is_path_and_name(name) => Some(Self::User {
                account,
                path_and_name: name.into(),
            }),
            ("iam", "role") if is_path_and_name(name) => Some(Self::Role {
                account,
                path_and_name: name.into(),
            }),
            ("sts", "assumed-role") => {
                let (role, session) = name.strip_prefix('/')?.split_once('/')?;
                (is_name(role) && is_name(session)).then(|| Self::Session {
                    account,
                    role_name: role.into(),
                    session_name: session.into(),
                })
            }
            ("sts", "federated-user") => {
                let name = name.strip_prefix('/')?;
                is_name(name).then(|| Self::FederatedUser {
                    account,
                    name: name.into(),
                })
            }
            _ => None,
        }
    }

    /// Parses a principal of the kind `Service`.
    #[must_use]
    pub fn parse_service(text: &str) -> Option<Self> {
        let name = text
            .strip_suffix(".amazonaws.com")
            .or_else(|| text.strip_suffix(".amazonaws.com.cn"))?;
        let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-.".contains(&b);
        (!name.is_empty() && name.bytes().all(plain)).then(|| Self::Service(text.into()))
    }

    /// Parses a principal of the kind `Federated`.
    #[must_use]
    pub fn parse_federated(text: &str) -> Option<Self> {
        let domain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-.".contains(&b);
        let known = match text.strip_prefix("arn:") {
            None => text.contains('.') && text.bytes().all(domain),
            Some(rest) => {
                let mut fields = rest.splitn(5, ':');
                let mut next = || fields.next();
                let (partition, service, region, account, resource) =
                    (next()?, next()?, next()?, next()?, next()?);
                Partition::parse(partition)?;
                AccountId::parse(account).ok()?;
                let name = resource
                    .strip_prefix("oidc-provider/")
                    .or_else(|| resource.strip_prefix("saml-provider/"))?;
                let plain = |b: u8| b.is_ascii_graphic() && !b"*?".contains(&b);
                (service, region) == ("iam", "") && !name.is_empty() && name.bytes().all(plain)
            }
        };
        known.then(|| Self::Federated(text.into()))
    }

    /// The account that this principal is or belongs to, where it can be told.
    #[must_use]
    pub fn account(&self) -> Option<AccountId> {
        match self {
            Self::Account(account)
            | Self::User { account, .. }
            | Self::Role { account, .. }
            | Self::Session { account, .. }
            | Self::FederatedUser { account, .. } => Some(*account),
            Self::Anyone | Self::UniqueId(_) | Self::Service(_) | Self::Federated(_) => None,
        }
    }
}

/// Whether a text is a name of IAM: 1 to 64 characters of `[\w+=,.@-]`.
fn is_name(text: &str) -> bool {
    let allowed = |b: u8| b.is_ascii_alphanumeric() || b"_+=,.@-".contains(&b);
    (1..=64).contains(&text.len()) && text.bytes().all(allowed)
}

/// Whether a text is a path of at most 512 printable characters and a name: `/team/alice`.
fn is_path_and_name(text: &str) -> bool {
    let Some((path, name)) = text.rsplit_once('/') else {
        return false;
    };
    let allowed = |b: u8| b.is_ascii_graphic() && !b"*?".contains(&b);
    is_name(name) && path.len() <= 512 && path.bytes().all(allowed)
}

/// Whether a text is the unique id of a user or role.
fn is_unique_id(text: &str) -> bool {
    let rest = text
        .strip_prefix("AIDA")
        .or_else(|| text.strip_prefix("AROA"));
    rest.is_some_and(|rest| {
        (12..=124).contains(&rest.len())
            && rest
                .bytes()
                .all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn principals_are_named_by_id_or_arn() {
        let account = AccountId::parse("111122223333").unwrap();
        let check = |text: &str, expected: PrincipalPattern| {
            assert_eq!(PrincipalPattern::parse_aws(text), Some(expected), "{text}");
        };
        check("*", PrincipalPattern::Anyone);
        check("111122223333", PrincipalPattern::Account(account));
        check(
            "arn:aws:iam::111122223333:root",
            PrincipalPattern::Account(account),
        );
        check(
            "arn:aws-cn:iam::111122223333:root",
            PrincipalPattern::Account(account),
        );
        check(
            "arn:aws:iam::111122223333:user/team/alice",
            PrincipalPattern::User {
                account,
                path_and_name: "/team/alice".into(),
            },
        );
        check(
            "arn:aws:iam::111122223333:role/aws-service-role/x.amazonaws.com/Dev",
            PrincipalPattern::Role {
                account,
                path_and_name: "/aws-service-role/x.amazonaws.com/Dev".into(),
            },
        );
        check(
            "arn:aws:sts::111122223333:assumed-role/Dev/s1",
            PrincipalPattern::Session {
                account,
                role_name: "Dev".into(),
                session_name: "s1".into(),
            },
        );
        check(
            "arn:aws:sts::111122223333:federated-user/bob",
            PrincipalPattern::FederatedUser {
                account,
                name: "bob".into(),
            },
        );
        check(
            "AIDACKCEVSQ6C2EXAMPLE",
            PrincipalPattern::UniqueId("AIDACKCEVSQ6C2EXAMPLE".into()),
        );
    }

    #[test]
    fn other_texts_name_nobody() {
        for text in [
            "",
            "alice",
            "**",
            "1111222233334",
            "arn:aws:iam::111122223333:group/admins",
            "arn:aws:iam::111122223333:user/*",
            "arn:aws:iam::111122223333:role/De?",
            "arn:aws:iam::111122223333:user/",
            "arn:aws:iam::111122223333:user",
            "arn:aws:iam::111122223333:ROOT",
            "arn:aws:iam::1111:root",
            "arn:aws:iam::*:root",
            "arn:aws:iam:eu-west-1:111122223333:root",
            "arn:moon:iam::111122223333:root",
            "arn:aws:s3::111122223333:root",
            "arn:aws:sts::111122223333:assumed-role/Dev",
            "arn:aws:sts::111122223333:assumed-role/team/Dev/s1",
            "arn:aws:iam::111122223333:user/a b",
            "arn:aws:iam::111122223333",
            "AIDA",
        ] {
            assert_eq!(PrincipalPattern::parse_aws(text), None, "{text}");
        }
    }

    #[test]
    fn services_have_a_domain_of_aws() {
        for good in [
            "logs.amazonaws.com",
            "logs.eu-west-1.amazonaws.com",
            "ec2.amazonaws.com.cn",
        ] {
            assert!(PrincipalPattern::parse_service(good).is_some(), "{good}");
        }
        for bad in [
            "",
            "*",
            ".amazonaws.com",
            "logs.example.com",
            "*.amazonaws.com",
        ] {
            assert_eq!(PrincipalPattern::parse_service(bad), None, "{bad}");
        }
    }
}
