//! What is stored of identities. The declared part of each record is what a file says of it.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use strongroom_model::{AccountId, Timestamp};

use crate::record::Record;

/// A policy document, as the text that was put. Two documents are equal when they say the same
/// JSON, however it is written.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Document(pub String);

impl Document {
    /// The document as JSON; null for what is none, which no stored document is.
    #[must_use]
    pub fn value(&self) -> Value {
        serde_json::from_str(&self.0).unwrap_or_default()
    }
}

impl PartialEq for Document {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0 || self.value() == other.value()
    }
}

impl Eq for Document {}

/// A permissions boundary: a document of its own, or a managed policy by its ARN. One text is
/// told from the other by how it begins.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub enum Boundary {
    /// A document.
    Document(Document),
    /// The ARN of a managed policy.
    Policy(String),
}

impl From<String> for Boundary {
    fn from(text: String) -> Self {
        if text.starts_with("arn:") {
            Self::Policy(text)
        } else {
            Self::Document(Document(text))
        }
    }
}

impl From<Boundary> for String {
    fn from(boundary: Boundary) -> Self {
        match boundary {
            Boundary::Document(document) => document.0,
            Boundary::Policy(arn) => arn,
        }
    }
}

/// Where identities are by default.
fn root_path() -> String {
    "/".to_owned()
}

/// How long a session of a role lasts at most, unless the role says otherwise. AWS: IAM API
/// reference, "CreateRole".
fn one_hour() -> u32 {
    3600
}

/// What a user is declared to be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UserDeclaration {
    /// The path, which begins and ends with a slash.
    #[serde(default = "root_path")]
    pub path: String,
    /// The tags.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tags: BTreeMap<String, String>,
    /// The names of the groups that the user is in.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub groups: BTreeSet<String>,
    /// The inline policies by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub policies: BTreeMap<String, Document>,
    /// The ARNs of the managed policies that are attached.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub managed_policies: BTreeSet<String>,
    /// The permissions boundary.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub permissions_boundary: Option<Boundary>,
}

impl Default for UserDeclaration {
    fn default() -> Self {
        Self {
            path: root_path(),
            tags: BTreeMap::new(),
            groups: BTreeSet::new(),
            policies: BTreeMap::new(),
            managed_policies: BTreeSet::new(),
            permissions_boundary: None,
        }
    }
}

/// What a group is declared to be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GroupDeclaration {
    /// The path, which begins and ends with a slash.
    #[serde(default = "root_path")]
    pub path: String,
    /// The inline policies by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub policies: BTreeMap<String, Document>,
    /// The ARNs of the managed policies that are attached.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub managed_policies: BTreeSet<String>,
}

impl Default for GroupDeclaration {
    fn default() -> Self {
        Self {
            path: root_path(),
            policies: BTreeMap::new(),
            managed_policies: BTreeSet::new(),
        }
    }
}

/// What a role is declared to be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RoleDeclaration {
    /// The path, which begins and ends with a slash.
    #[serde(default = "root_path")]
    pub path: String,
    /// The tags.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tags: BTreeMap<String, String>,
    /// The trust policy: who may assume the role.
    pub trust: Document,
    /// The inline policies by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub policies: BTreeMap<String, Document>,
    /// The ARNs of the managed policies that are attached.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub managed_policies: BTreeSet<String>,
    /// The permissions boundary.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub permissions_boundary: Option<Boundary>,
    /// How long a session lasts at most.
    #[serde(default = "one_hour")]
    pub max_session_duration_seconds: u32,
}

impl RoleDeclaration {
    /// A role that has a trust policy and nothing else.
    #[must_use]
    pub fn trusting(trust: Document) -> Self {
        Self {
            path: root_path(),
            tags: BTreeMap::new(),
            trust,
            policies: BTreeMap::new(),
            managed_policies: BTreeSet::new(),
            permissions_boundary: None,
            max_session_duration_seconds: one_hour(),
        }
    }
}

/// What a managed policy is declared to be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PolicyDeclaration {
    /// The path, which begins and ends with a slash. It is part of the ARN and never changes.
    #[serde(default = "root_path")]
    pub path: String,
    /// What it is for.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// What it says: the document of the default version.
    pub document: Document,
}

impl PolicyDeclaration {
    /// A policy that has a document and nothing else.
    #[must_use]
    pub fn saying(document: Document) -> Self {
        Self {
            path: root_path(),
            description: String::new(),
            document,
        }
    }
}

/// What an OIDC provider is declared to be.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProviderDeclaration {
    /// The audiences that tokens may be for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub client_ids: Vec<String>,
    /// The keys that tokens are signed with, as a JSON Web Key Set (RFC 7517).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jwks: Option<Document>,
    /// Where that key set is, if it is not given. Without either, the provider's own
    /// configuration document says it (OpenID Connect Discovery 1.0).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jwks_url: Option<String>,
}

/// An account, as far as it has identities.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct AccountRecord {
    pub(crate) created: Timestamp,
    /// Whether the account's identities are looked after here, so that a principal of it that is
    /// not known does not exist.
    #[serde(default)]
    pub(crate) hosted: bool,
    /// The ids of the root's access keys.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub(crate) access_keys: BTreeSet<String>,
}

/// A user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct UserRecord {
    /// As it was written; the row is named in lower case.
    pub(crate) name: String,
    /// `AIDA…`; another one for each user that ever had the name.
    pub(crate) unique_id: String,
    pub(crate) created: Timestamp,
    /// The ids of its access keys. An access key that is not here does not come in.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub(crate) access_keys: BTreeSet<String>,
    pub(crate) declared: UserDeclaration,
}

/// A group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct GroupRecord {
    pub(crate) name: String,
    /// `AGPA…`.
    pub(crate) unique_id: String,
    pub(crate) created: Timestamp,
    /// How many users are in it. Every change of membership touches the group, so that it cannot
    /// be deleted while somebody joins it.
    #[serde(default)]
    pub(crate) members: u64,
    pub(crate) declared: GroupDeclaration,
}

/// A role.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct RoleRecord {
    pub(crate) name: String,
    /// `AROA…`.
    pub(crate) unique_id: String,
    pub(crate) created: Timestamp,
    /// Sessions that began earlier have ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) sessions_not_before: Option<Timestamp>,
    pub(crate) declared: RoleDeclaration,
}

/// An OIDC provider.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ProviderRecord {
    /// Without `https://`, as ARNs have it.
    pub(crate) url: String,
    pub(crate) created: Timestamp,
    pub(crate) declared: ProviderDeclaration,
}

/// A managed policy with its versions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ManagedPolicyRecord {
    pub(crate) name: String,
    /// `ANPA…`.
    pub(crate) unique_id: String,
    pub(crate) created: Timestamp,
    /// When its versions changed last.
    pub(crate) updated: Timestamp,
    /// How many users, groups and roles it is attached to. Attaching and detaching touch the
    /// policy, so that it cannot be deleted while it is being attached.
    #[serde(default)]
    pub(crate) attachments: u64,
    /// How many users and roles it is the permissions boundary of; counted in the same way.
    #[serde(default)]
    pub(crate) boundaries: u64,
    /// The number of the default version, whose document is the declared one.
    pub(crate) default_version: u32,
    /// When the default version was made.
    pub(crate) default_created: Timestamp,
    /// The number that the last version was given. None is given twice.
    pub(crate) last_version: u32,
    /// The versions that do not count.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) others: BTreeMap<u32, PolicyVersionRecord>,
    pub(crate) declared: PolicyDeclaration,
}

/// A version of a managed policy that is not its default.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct PolicyVersionRecord {
    pub(crate) created: Timestamp,
    pub(crate) document: Document,
}

/// Whom a unique id belongs to, while they exist.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct UniqueIdRecord {
    pub(crate) account: AccountId,
    /// `user`, `group`, `role` or `policy`.
    pub(crate) kind: Kind,
    pub(crate) name: String,
}

/// The kinds of identities that have a unique id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// A user.
    User,
    /// A group.
    Group,
    /// A role.
    Role,
    /// A managed policy.
    Policy,
}

/// The last use of an access key that was written down.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct AccessKeyUseRecord {
    pub(crate) at: Timestamp,
    pub(crate) region: String,
    /// `kms` or `sts`.
    pub(crate) service: String,
}

impl Record for AccountRecord {}
impl Record for UserRecord {}
impl Record for GroupRecord {}
impl Record for RoleRecord {}
impl Record for ProviderRecord {}
impl Record for ManagedPolicyRecord {}
impl Record for UniqueIdRecord {}
impl Record for AccessKeyUseRecord {}
