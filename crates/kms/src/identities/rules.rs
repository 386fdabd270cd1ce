//! What identities may be called, say and have.
//!
//! AWS: IAM user guide, "IAM and AWS STS quotas"; IAM API reference, the constraints of each
//! action.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use serde_json::Value;
use strongroom_auth::policy::{
    IdentityPolicy, TrustPolicy,
    identity::{
        GROUP_POLICIES_CHARACTERS, MANAGED_POLICY_CHARACTERS, ROLE_POLICIES_CHARACTERS,
        USER_POLICIES_CHARACTERS, counted_characters,
    },
};

use super::{
    error::IdentityError,
    managed::PolicyName,
    record::{
        Boundary, Document, GroupDeclaration, PolicyDeclaration, ProviderDeclaration,
        RoleDeclaration, UserDeclaration,
    },
};

/// Access keys of a user, and of a root.
pub(super) const ACCESS_KEYS: usize = 2;
/// Groups that a user is in.
const GROUPS: usize = 10;
/// Managed policies that are attached to a user, group or role.
const ATTACHED_POLICIES: usize = 10;
/// Characters of the description of a managed policy. AWS: IAM API reference, "CreatePolicy".
const DESCRIPTION_CHARACTERS: usize = 1000;
/// Tags of a user or role.
const TAGS: usize = 50;
/// Characters of the key and the value of a tag.
const TAG_KEY_CHARACTERS: usize = 128;
const TAG_VALUE_CHARACTERS: usize = 256;
/// Characters of the name of a user or role, and of a group or policy.
const NAME_CHARACTERS: usize = 64;
const LONG_NAME_CHARACTERS: usize = 128;
/// Characters of a path.
const PATH_CHARACTERS: usize = 512;
/// Seconds that a session of a role may last at most.
const SESSION_SECONDS: std::ops::RangeInclusive<u32> = 3600..=43_200;
/// Characters of the URL of a provider, and of an audience.
const URL_CHARACTERS: usize = 255;
/// Audiences of a provider.
const CLIENT_IDS: usize = 100;
/// Bytes of a key set that is given. Ours; some fifty RSA keys fit.
const KEY_SET_BYTES: usize = 32 << 10;

/// Checks an identity policy: a user's, a group's or a role's, or a permissions boundary.
///
/// # Errors
/// With what is wrong with it.
pub fn check_identity_policy(document: &Document) -> Result<(), IdentityError> {
    IdentityPolicy::parse(&document.0)?;
    Ok(())
}

/// Checks a trust policy.
///
/// # Errors
/// With what is wrong with it.
pub fn check_trust_policy(document: &Document) -> Result<(), IdentityError> {
    TrustPolicy::parse(&document.0)?;
    Ok(())
}

/// Checks a JSON Web Key Set as far as its shape goes; its keys are read when they are needed.
///
/// # Errors
/// When it is none.
pub fn check_key_set(document: &Document) -> Result<(), IdentityError> {
    let keys = document.value();
    let listed = keys.get("keys").and_then(Value::as_array);
    if document.0.len() > KEY_SET_BYTES {
        let message = format!("A key set has at most {KEY_SET_BYTES} bytes.");
        return Err(IdentityError::invalid(message));
    }
    if !listed.is_some_and(|keys| keys.iter().all(|key| key.get("kty").is_some())) {
        let message = "The key set is no JSON Web Key Set: an object with a list `keys`.";
        return Err(IdentityError::invalid(message));
    }
    Ok(())
}

fn check_name(what: &str, name: &str, most: usize) -> Result<(), IdentityError> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_+=,.@-".contains(&byte);
    if (1..=most).contains(&name.len()) && name.bytes().all(plain) {
        return Ok(());
    }
    Err(IdentityError::invalid(format!(
        "The name of a {what} has 1 to {most} letters, digits and characters of _+=,.@-"
    )))
}

fn check_path(path: &str) -> Result<(), IdentityError> {
    let plain = |byte: u8| byte.is_ascii_graphic() && !b"*?".contains(&byte);
    let ends = path.starts_with('/') && path.ends_with('/');
    if ends && path.len() <= PATH_CHARACTERS && path.bytes().all(plain) {
        return Ok(());
    }
    Err(IdentityError::invalid(format!(
        "A path begins and ends with a slash and has at most {PATH_CHARACTERS} printable \
         characters, no * or ?"
    )))
}

fn check_tags(tags: &BTreeMap<String, String>) -> Result<(), IdentityError> {
    if tags.len() > TAGS {
        return Err(IdentityError::limit(format!(
            "The number of tags has reached the maximum limit of {TAGS}."
        )));
    }
    let mut seen = HashSet::new();
    for (key, value) in tags {
        let plain = |c: char| c.is_alphanumeric() || c == ' ' || "_.:/=+-@".contains(c);
        if !(1..=TAG_KEY_CHARACTERS).contains(&key.chars().count())
            || value.chars().count() > TAG_VALUE_CHARACTERS
            || !key.chars().chain(value.chars()).all(plain)
        {
            return Err(IdentityError::invalid(format!(
                "The key of a tag has 1 to {TAG_KEY_CHARACTERS} characters and its value at most \
                 {TAG_VALUE_CHARACTERS}: letters, digits, spaces and characters of _.:/=+-@"
            )));
        }
        let folded = key.to_lowercase();
        if folded.starts_with("aws:") {
            let message = "The key of a tag does not begin with aws:";
            return Err(IdentityError::invalid(message));
        }
        if !seen.insert(folded) {
            return Err(IdentityError::invalid(
                "Duplicate tag keys found. Please note that Tag keys are case insensitive.",
            ));
        }
    }
    Ok(())
}

fn check_policies(
    (kind, name): (&str, &str),
    policies: &BTreeMap<String, Document>,
    most: usize,
) -> Result<(), IdentityError> {
    let mut characters = 0;
    for (policy, document) in policies {
        check_name("policy", policy, LONG_NAME_CHARACTERS)?;
        check_identity_policy(document)?;
        characters += counted_characters(&document.0);
    }
    if characters > most {
        return Err(IdentityError::limit(format!(
            "Maximum policy size of {most} bytes exceeded for {kind} {name}"
        )));
    }
    Ok(())
}

fn check_boundary(boundary: Option<&Boundary>) -> Result<(), IdentityError> {
    match boundary {
        None => Ok(()),
        Some(Boundary::Document(document)) => check_managed_document(document),
        Some(Boundary::Policy(arn)) => PolicyName::parse(arn).map(drop),
    }
}

fn check_attached(arns: &BTreeSet<String>, quota: &str) -> Result<(), IdentityError> {
    if arns.len() > ATTACHED_POLICIES {
        return Err(IdentityError::quota(quota, ATTACHED_POLICIES));
    }
    arns.iter()
        .try_for_each(|arn| PolicyName::parse(arn).map(drop))
}

/// Checks the document of a managed policy, or of a boundary that is a document of its own.
pub(super) fn check_managed_document(document: &Document) -> Result<(), IdentityError> {
    check_identity_policy(document)?;
    if counted_characters(&document.0) > MANAGED_POLICY_CHARACTERS {
        return Err(IdentityError::limit(format!(
            "Cannot exceed quota for PolicySize: {MANAGED_POLICY_CHARACTERS}"
        )));
    }
    Ok(())
}

pub(super) fn check_user(name: &str, user: &UserDeclaration) -> Result<(), IdentityError> {
    check_name("user", name, NAME_CHARACTERS)?;
    check_path(&user.path)?;
    check_tags(&user.tags)?;
    check_policies(("user", name), &user.policies, USER_POLICIES_CHARACTERS)?;
    if user.groups.len() > GROUPS {
        return Err(IdentityError::quota("GroupsPerUser", GROUPS));
    }
    check_attached(&user.managed_policies, "PoliciesPerUser")?;
    check_boundary(user.permissions_boundary.as_ref())
}

pub(super) fn check_group(name: &str, group: &GroupDeclaration) -> Result<(), IdentityError> {
    check_name("group", name, LONG_NAME_CHARACTERS)?;
    check_path(&group.path)?;
    check_policies(("group", name), &group.policies, GROUP_POLICIES_CHARACTERS)?;
    check_attached(&group.managed_policies, "PoliciesPerGroup")
}

pub(super) fn check_role(name: &str, role: &RoleDeclaration) -> Result<(), IdentityError> {
    check_name("role", name, NAME_CHARACTERS)?;
    check_path(&role.path)?;
    check_tags(&role.tags)?;
    check_trust_policy(&role.trust)?;
    check_policies(("role", name), &role.policies, ROLE_POLICIES_CHARACTERS)?;
    check_attached(&role.managed_policies, "PoliciesPerRole")?;
    if !SESSION_SECONDS.contains(&role.max_session_duration_seconds) {
        return Err(IdentityError::invalid(
            "A session of a role lasts at most 3600 to 43200 seconds",
        ));
    }
    check_boundary(role.permissions_boundary.as_ref())
}

pub(super) fn check_policy(name: &str, policy: &PolicyDeclaration) -> Result<(), IdentityError> {
    check_name("policy", name, LONG_NAME_CHARACTERS)?;
    check_path(&policy.path)?;
    if policy.description.chars().count() > DESCRIPTION_CHARACTERS {
        return Err(IdentityError::invalid(format!(
            "The description of a policy has at most {DESCRIPTION_CHARACTERS} characters"
        )));
    }
    check_managed_document(&policy.document)
}

/// Checks a provider; its URL is without `https://`.
pub(super) fn check_provider(
    url: &str,
    provider: &ProviderDeclaration,
) -> Result<(), IdentityError> {
    let plain = |byte: u8| byte.is_ascii_graphic() && !b"*?#|".contains(&byte);
    let has_host = url.split('/').next().is_some_and(|host| !host.is_empty());
    if !has_host || url.len() > URL_CHARACTERS || !url.bytes().all(plain) {
        return Err(IdentityError::invalid(format!(
            "The URL of a provider begins with https:// and has at most {URL_CHARACTERS} \
             characters"
        )));
    }
    if provider.client_ids.len() > CLIENT_IDS {
        return Err(IdentityError::quota(
            "ClientIdsPerOpenIdConnectProvider",
            CLIENT_IDS,
        ));
    }
    let fits = |id: &String| (1..=URL_CHARACTERS).contains(&id.len());
    if !provider.client_ids.iter().all(fits) {
        return Err(IdentityError::invalid(
            "A client id has 1 to 255 characters",
        ));
    }
    if let Some(document) = &provider.jwks {
        check_key_set(document)?;
    }
    let reachable = |url: &String| {
        let near = ["http://127.0.0.1", "http://localhost", "http://[::1]"];
        url.starts_with("https://") || near.iter().any(|start| url.starts_with(start))
    };
    if !provider.jwks_url.iter().all(reachable) {
        return Err(IdentityError::invalid(
            "The address of a key set begins with https://, or is on this machine",
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(outcome: Result<(), IdentityError>) -> String {
        outcome.unwrap_err().to_string()
    }

    fn allow(bytes: usize) -> Document {
        let padding = "x".repeat(bytes);
        Document(format!(
            r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Allow","Action":"kms:*","Resource":"{padding}"}}}}"#
        ))
    }

    #[test]
    fn names_paths_and_tags_are_iams() {
        let user = UserDeclaration::default();
        for name in ["alice", "a+=,.@-_9", &"x".repeat(64)] {
            check_user(name, &user).unwrap();
        }
        for name in ["", "a b", "a/b", "é", "a:b", &"x".repeat(65)] {
            assert!(
                refused(check_user(name, &user)).contains("1 to 64"),
                "{name}"
            );
        }
        for path in ["/", "/a/", "/a/b/"] {
            let user = UserDeclaration {
                path: path.to_owned(),
                ..UserDeclaration::default()
            };
            check_user("alice", &user).unwrap();
        }
        for path in ["", "a", "/a", "a/", "/a b/", "/*/"] {
            let user = UserDeclaration {
                path: path.to_owned(),
                ..UserDeclaration::default()
            };
            assert!(
                refused(check_user("alice", &user)).contains("slash"),
                "{path}"
            );
        }
        let tagged = |tags: &[(&str, &str)]| UserDeclaration {
            tags: tags
                .iter()
                .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
                .collect(),
            ..UserDeclaration::default()
        };
        check_user("alice", &tagged(&[("team", "red"), ("cost center", "")])).unwrap();
        assert!(
            refused(check_user("a", &tagged(&[("Team", "a"), ("team", "b")])))
                .contains("insensitive")
        );
        assert!(refused(check_user("a", &tagged(&[("aws:x", "a")]))).contains("aws:"));
        assert!(refused(check_user("a", &tagged(&[("", "a")]))).contains("1 to 128"));
        let many: Vec<String> = (0..51).map(|n| n.to_string()).collect();
        let many: Vec<(&str, &str)> = many.iter().map(|n| (n.as_str(), "v")).collect();
        assert!(refused(check_user("a", &tagged(&many))).contains("limit of 50"));
    }

    #[test]
    fn inline_policies_have_a_total_without_white_space() {
        let overhead = counted_characters(&allow(0).0);
        let user = |documents: Vec<Document>| UserDeclaration {
            policies: documents
                .into_iter()
                .enumerate()
                .map(|(at, document)| (format!("p{at}"), document))
                .collect(),
            ..UserDeclaration::default()
        };
        check_user("a", &user(vec![allow(2048 - overhead)])).unwrap();
        let spaced = Document(allow(2048 - overhead).0.replace(':', ": "));
        check_user("a", &user(vec![spaced])).unwrap();
        let told = refused(check_user("a", &user(vec![allow(2049 - overhead)])));
        assert_eq!(
            told,
            "LimitExceeded: Maximum policy size of 2048 bytes exceeded for user a"
        );
        let two = vec![allow(1024 - overhead), allow(1025 - overhead)];
        assert!(refused(check_user("a", &user(two))).contains("2048"));
    }

    #[test]
    fn documents_are_refused_with_the_reason() {
        let with = |text: &str| UserDeclaration {
            permissions_boundary: Some(Boundary::Document(Document(text.to_owned()))),
            ..UserDeclaration::default()
        };
        let told = refused(check_user("a", &with("{}")));
        assert_eq!(
            told,
            "MalformedPolicyDocument: Syntax errors in policy: there is no statement."
        );
        let role = RoleDeclaration {
            max_session_duration_seconds: 60,
            ..RoleDeclaration::trusting(Document(
                r#"{"Statement":{"Effect":"Allow","Principal":{"AWS":"111122223333"},"Action":"sts:AssumeRole"}}"#.to_owned(),
            ))
        };
        assert!(refused(check_role("r", &role)).contains("3600 to 43200"));
        let untrusted = RoleDeclaration::trusting(allow(1));
        assert!(refused(check_role("r", &untrusted)).contains("no principal"));
    }

    #[test]
    fn providers_have_a_url_audiences_and_a_key_set() {
        let provider = |jwks: Option<&str>, jwks_url: Option<&str>| ProviderDeclaration {
            client_ids: vec!["sts.amazonaws.com".to_owned()],
            jwks: jwks.map(|text| Document(text.to_owned())),
            jwks_url: jwks_url.map(str::to_owned),
        };
        let good = provider(Some(r#"{"keys":[{"kty":"EC"}]}"#), None);
        check_provider("issuer.example/a", &good).unwrap();
        check_provider("issuer.example", &provider(None, Some("https://x/jwks"))).unwrap();
        check_provider(
            "issuer.example",
            &provider(None, Some("http://127.0.0.1:1/jwks")),
        )
        .unwrap();
        check_provider("issuer.example", &provider(None, None)).unwrap();
        for (url, wrong) in [
            ("", provider(None, None)),
            ("/x", provider(None, None)),
            ("a b", provider(None, None)),
            ("issuer.example", provider(Some("{}"), None)),
            ("issuer.example", provider(Some(r#"{"keys":[1]}"#), None)),
            ("issuer.example", provider(None, Some("http://x/jwks"))),
        ] {
            refused(check_provider(url, &wrong));
        }
    }
}
