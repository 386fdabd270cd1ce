//! What an operator does to identities, one act at a time, and what is told of it.
//!
//! Acts, answers and refusals are those of IAM's API of the same name, so that who knows the one
//! knows the other. What a whole file declares is in `declare`.
//!
//! AWS: IAM API reference.

mod group;
mod owned;
mod policy;
mod provider;
mod role;
mod user;

use std::{collections::BTreeMap, fmt};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use strongroom_model::{AccountId, SecretAccessKey, Timestamp};

use super::{
    PARTITION,
    access_key::Wanted,
    declare::{Declared, DeclaredKind},
    error::IdentityError,
    record::{AccountRecord, Boundary, Document, PolicyDeclaration, ProviderDeclaration},
    write::{Identity, Ids, PAGE, Step, Told},
};
use crate::{
    layout::{self, Prefix},
    service::Service,
};

/// Why what has managed policies is not deleted, in IAM's words.
const DETACH_FIRST: &str = "Cannot delete entity, must detach all policies first.";

/// Something to be done to the identities of an account, or asked about them.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "act", rename_all = "kebab-case", deny_unknown_fields)]
#[expect(missing_docs, reason = "acts and their members are IAM's, by name")]
pub enum Act {
    /// Looks after the identities of the account from now on.
    CreateAccount,
    /// Everything of the account, as a file declares it.
    Export,
    /// Makes an identity as it is declared, or tells what that would change.
    Declare {
        identity: Declared,
        dry_run: bool,
    },
    /// The same for an access key; of the root without a user.
    DeclareAccessKey {
        user: Option<String>,
        id: String,
        #[serde(default, with = "optional_secret")]
        secret: Option<SecretAccessKey>,
        active: bool,
        dry_run: bool,
    },
    /// Removes an identity with all that hangs from it.
    Forget {
        kind: DeclaredKind,
        name: String,
    },

    CreateUser {
        name: String,
        path: Option<String>,
        tags: BTreeMap<String, String>,
        permissions_boundary: Option<Boundary>,
    },
    GetUser {
        name: String,
    },
    ListUsers,
    DeleteUser {
        name: String,
    },

    CreateGroup {
        name: String,
        path: Option<String>,
    },
    GetGroup {
        name: String,
    },
    ListGroups,
    DeleteGroup {
        name: String,
    },
    AddUserToGroup {
        user: String,
        group: String,
    },
    RemoveUserFromGroup {
        user: String,
        group: String,
    },
    ListGroupsForUser {
        user: String,
    },

    CreateRole {
        name: String,
        path: Option<String>,
        tags: BTreeMap<String, String>,
        trust: Document,
        permissions_boundary: Option<Boundary>,
        max_session_duration_seconds: Option<u32>,
    },
    GetRole {
        name: String,
    },
    ListRoles,
    DeleteRole {
        name: String,
    },
    UpdateRole {
        name: String,
        max_session_duration_seconds: u32,
    },
    UpdateTrust {
        name: String,
        trust: Document,
    },
    /// Sessions of the role that began before now have ended.
    RevokeSessions {
        name: String,
    },

    PutPolicy {
        owner: Owner,
        name: String,
        document: Document,
    },
    GetPolicy {
        owner: Owner,
        name: String,
    },
    ListPolicies {
        owner: Owner,
    },
    DeletePolicy {
        owner: Owner,
        name: String,
    },
    PutBoundary {
        owner: Owner,
        boundary: Boundary,
    },
    DeleteBoundary {
        owner: Owner,
    },
    Tag {
        owner: Owner,
        tags: BTreeMap<String, String>,
    },
    Untag {
        owner: Owner,
        keys: Vec<String>,
    },
    ListTags {
        owner: Owner,
    },

    CreateManagedPolicy {
        name: String,
        policy: PolicyDeclaration,
    },
    GetManagedPolicy {
        arn: String,
    },
    ListManagedPolicies {
        only_attached: bool,
    },
    DeleteManagedPolicy {
        arn: String,
    },
    CreatePolicyVersion {
        arn: String,
        document: Document,
        set_as_default: bool,
    },
    SetDefaultPolicyVersion {
        arn: String,
        version: u32,
    },
    DeletePolicyVersion {
        arn: String,
        version: u32,
    },
    GetPolicyVersion {
        arn: String,
        version: u32,
    },
    ListPolicyVersions {
        arn: String,
    },
    /// The users, groups and roles that have the policy.
    ListEntitiesForPolicy {
        arn: String,
    },
    AttachPolicy {
        owner: Owner,
        arn: String,
    },
    DetachPolicy {
        owner: Owner,
        arn: String,
    },
    ListAttachedPolicies {
        owner: Owner,
    },

    /// Makes an access key; of the root without a user. Its secret is told this once.
    CreateAccessKey {
        user: Option<String>,
    },
    UpdateAccessKey {
        id: String,
        active: bool,
    },
    DeleteAccessKey {
        id: String,
    },
    ListAccessKeys {
        user: Option<String>,
    },
    GetAccessKeyLastUsed {
        id: String,
    },

    CreateOidcProvider {
        url: String,
        provider: ProviderDeclaration,
    },
    UpdateOidcProvider {
        url: String,
        client_ids: Option<Vec<String>>,
        jwks: Option<Document>,
        jwks_url: Option<String>,
    },
    GetOidcProvider {
        url: String,
    },
    ListOidcProviders,
    DeleteOidcProvider {
        url: String,
    },
}

/// Whose policies, tags or boundary are meant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Owner {
    /// A user's.
    User(String),
    /// A group's.
    Group(String),
    /// A role's.
    Role(String),
}

/// What an act came to. A secret is told once, to whoever asked for it.
pub struct Performed {
    /// What is told.
    pub told: Value,
    /// The secret of an access key that was made.
    pub secret: Option<SecretAccessKey>,
}

impl fmt::Debug for Performed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Performed")
            .field("told", &self.told)
            .finish_non_exhaustive()
    }
}

impl From<Value> for Performed {
    fn from(told: Value) -> Self {
        Self { told, secret: None }
    }
}

/// A secret that travels in base64, which passes through wiped memory only: without escapes, the
/// reader borrows it from the line.
mod optional_secret {
    use base64::{Engine as _, engine::general_purpose::STANDARD};
    use serde::{Deserialize as _, Deserializer, Serializer, de::Error as _};
    use strongroom_model::{SecretAccessKey, SecretText};

    #[expect(clippy::ref_option, reason = "serde hands in a reference")]
    pub(super) fn serialize<S: Serializer>(
        secret: &Option<SecretAccessKey>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        match secret {
            Some(secret) => {
                let encoded = SecretText::new(STANDARD.encode(secret.expose()));
                serializer.serialize_some(encoded.expose())
            }
            None => serializer.serialize_none(),
        }
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<SecretAccessKey>, D::Error> {
        let Some(text) = Option::<&str>::deserialize(deserializer)? else {
            return Ok(None);
        };
        // The decoder's own words would quote what it read.
        let bytes = STANDARD
            .decode(text)
            .map_err(|_| D::Error::custom("not base64"))?;
        let text = String::from_utf8(bytes).map_err(|_| D::Error::custom("not a text"))?;
        Ok(Some(SecretAccessKey::new(text)))
    }
}

impl Service {
    /// Carries out an act of the operator. What it changes counts before this returns.
    ///
    /// # Errors
    /// [`IdentityError::Refused`] as IAM refuses.
    pub async fn act(&self, account: AccountId, act: Act) -> Result<Performed, IdentityError> {
        Ok(match act {
            Act::CreateAccount => {
                let record = self.create_account(account).await?;
                json!({ "Account": account_told(account, &record) }).into()
            }
            Act::Export => self.export(account).await?.into(),
            Act::Declare { identity, dry_run } => {
                let outcome = self
                    .declare(account, &identity, Ids::Random, dry_run)
                    .await?;
                json!(outcome).into()
            }
            Act::DeclareAccessKey {
                user,
                id,
                secret,
                active,
                dry_run,
            } => {
                let key = Wanted {
                    user,
                    id,
                    secret,
                    active,
                };
                self.declare_access_key(account, key, dry_run).await?
            }
            Act::Forget { kind, name } => {
                self.forget_identity(account, kind, &name).await?;
                json!({}).into()
            }
            Act::CreateUser { .. }
            | Act::GetUser { .. }
            | Act::ListUsers
            | Act::DeleteUser { .. } => self.act_on_user(account, act).await?.into(),
            Act::CreateGroup { .. }
            | Act::GetGroup { .. }
            | Act::ListGroups
            | Act::DeleteGroup { .. }
            | Act::AddUserToGroup { .. }
            | Act::RemoveUserFromGroup { .. }
            | Act::ListGroupsForUser { .. } => self.act_on_group(account, act).await?.into(),
            Act::CreateRole { .. }
            | Act::GetRole { .. }
            | Act::ListRoles
            | Act::DeleteRole { .. }
            | Act::UpdateRole { .. }
            | Act::UpdateTrust { .. }
            | Act::RevokeSessions { .. } => self.act_on_role(account, act).await?.into(),
            Act::PutPolicy { .. }
            | Act::GetPolicy { .. }
            | Act::ListPolicies { .. }
            | Act::DeletePolicy { .. }
            | Act::AttachPolicy { .. }
            | Act::DetachPolicy { .. }
            | Act::ListAttachedPolicies { .. }
            | Act::PutBoundary { .. }
            | Act::DeleteBoundary { .. }
            | Act::Tag { .. }
            | Act::Untag { .. }
            | Act::ListTags { .. } => self.act_on_owner(account, act).await?.into(),
            Act::CreateManagedPolicy { .. }
            | Act::GetManagedPolicy { .. }
            | Act::ListManagedPolicies { .. }
            | Act::DeleteManagedPolicy { .. }
            | Act::CreatePolicyVersion { .. }
            | Act::SetDefaultPolicyVersion { .. }
            | Act::DeletePolicyVersion { .. }
            | Act::GetPolicyVersion { .. }
            | Act::ListPolicyVersions { .. }
            | Act::ListEntitiesForPolicy { .. } => self.act_on_policy(account, act).await?.into(),
            Act::CreateAccessKey { user } => self.create_access_key(account, user).await?,
            Act::UpdateAccessKey { id, active } => {
                self.update_access_key(account, &id, active).await?;
                json!({}).into()
            }
            Act::DeleteAccessKey { id } => {
                self.delete_access_key(account, &id).await?;
                json!({}).into()
            }
            Act::ListAccessKeys { user } => self
                .list_access_keys(account, user.as_deref())
                .await?
                .into(),
            Act::GetAccessKeyLastUsed { id } => {
                self.access_key_last_used(account, &id).await?.into()
            }
            Act::CreateOidcProvider { .. }
            | Act::UpdateOidcProvider { .. }
            | Act::GetOidcProvider { .. }
            | Act::ListOidcProviders
            | Act::DeleteOidcProvider { .. } => self.act_on_provider(account, act).await?.into(),
        })
    }

    /// The accounts that have identities here, or access keys of their root.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn list_accounts(&self) -> Result<Value, IdentityError> {
        let accounts: Vec<(String, AccountRecord)> = self.all_of(&layout::accounts()).await?;
        let told = accounts
            .iter()
            .filter_map(|(id, record)| Some(account_told(AccountId::parse(id).ok()?, record)));
        Ok(json!({ "Accounts": told.collect::<Vec<_>>() }))
    }

    pub(in crate::identities) async fn create_account(
        &self,
        account: AccountId,
    ) -> Result<AccountRecord, IdentityError> {
        let hosted = |record: &mut AccountRecord| {
            let known = std::mem::replace(&mut record.hosted, true);
            Ok((!known).then(|| Told::new("CreateAccount")))
        };
        self.write_account(account, hosted, |_| Ok(())).await
    }

    /// Every record of a listing, with its name in it.
    pub(in crate::identities) async fn all_of<R: crate::record::Record>(
        &self,
        prefix: &Prefix<R>,
    ) -> Result<Vec<(String, R)>, IdentityError> {
        let mut all: Vec<(String, R)> = Vec::new();
        loop {
            let after = all.last().map(|(name, _)| name.clone());
            let page = self.shelves().list(prefix, after.as_deref(), PAGE).await?;
            all.extend(page.rows);
            if !page.more {
                return Ok(all);
            }
        }
    }

    /// The identity with that name.
    pub(in crate::identities) async fn find_identity<R: Identity>(
        &self,
        account: AccountId,
        name: &str,
    ) -> Result<R, IdentityError> {
        let stored = self.shelves().get(&R::row(account, name)).await?;
        let record = stored.map(|stored| stored.record.clone());
        let record = record.filter(|record| record.name() == name);
        record.ok_or_else(|| IdentityError::unknown(R::NAME, name))
    }

    /// Makes an identity that is not there yet.
    async fn create<R: Identity>(
        &self,
        account: AccountId,
        name: &str,
        declared: R::Declared,
        event: &'static str,
    ) -> Result<R, IdentityError> {
        R::check(name, &declared)?;
        let unique_id = self.new_unique_id::<R>(account, name, Ids::Random)?;
        let now = self.now();
        let decide = |there: Option<&R>| match there {
            Some(_) => Err(IdentityError::exists(R::NAME, name)),
            None => {
                let record = R::new(name, unique_id.clone(), now, declared.clone());
                Ok((Step::Put(record), named::<R>(event, name)))
            }
        };
        let written = self
            .write_identity(account, name, decide, |_| Ok(()))
            .await?;
        written
            .new
            .ok_or_else(|| IdentityError::unknown(R::NAME, name))
    }

    /// Changes an identity that is there.
    async fn edit<R: Identity>(
        &self,
        account: AccountId,
        name: &str,
        told: impl Fn() -> Told,
        edit: impl Fn(&mut R) -> Result<(), IdentityError>,
    ) -> Result<R, IdentityError> {
        let decide = |there: Option<&R>| {
            let there = there.ok_or_else(|| IdentityError::unknown(R::NAME, name))?;
            let mut record = there.clone();
            edit(&mut record)?;
            let step = if record == *there {
                Step::Keep
            } else {
                Step::Put(record)
            };
            Ok((step, told()))
        };
        let written = self
            .write_identity(account, name, decide, |_| Ok(()))
            .await?;
        written
            .new
            .ok_or_else(|| IdentityError::unknown(R::NAME, name))
    }

    /// Removes an identity from which nothing hangs any more.
    async fn delete<R: Identity>(
        &self,
        account: AccountId,
        name: &str,
        event: &'static str,
        in_the_way: impl Fn(&R) -> Option<&'static str>,
    ) -> Result<(), IdentityError> {
        let decide = |there: Option<&R>| {
            let there = there.ok_or_else(|| IdentityError::unknown(R::NAME, name))?;
            match in_the_way(there) {
                Some(what) => Err(IdentityError::conflict(what)),
                None => Ok((Step::Remove, named::<R>(event, name))),
            }
        };
        self.write_identity(account, name, decide, |_| Ok(()))
            .await?;
        Ok(())
    }
}

/// The entry of an act on an identity, with its name.
pub(in crate::identities) fn named<R: Identity>(event: &'static str, name: &str) -> Told {
    let member = match R::NAME {
        "user" => "userName",
        "group" => "groupName",
        "role" => "roleName",
        "managed policy" => "policyName",
        _ => "url",
    };
    Told::new(event).with(member, name)
}

/// Acts are handed on by what they are about.
fn misplaced() -> IdentityError {
    crate::error::KmsError::internal("an act was handed to the wrong place").into()
}

/// A date as IAM prints it.
pub(in crate::identities) fn date(at: Timestamp) -> String {
    jiff::Timestamp::from_second(at.as_millis().div_euclid(1000))
        .map(|time| time.to_string())
        .unwrap_or_default()
}

fn put(told: &mut Value, name: &str, value: Option<Value>) {
    if let (Some(value), Some(members)) = (value, told.as_object_mut()) {
        members.insert(name.to_owned(), value);
    }
}

/// A permissions boundary as IAM tells it; one that is a document of its own, as that.
fn boundary_told(boundary: &Boundary) -> Value {
    match boundary {
        Boundary::Document(document) => document.value(),
        Boundary::Policy(arn) => json!({
            "PermissionsBoundaryType": "Policy",
            "PermissionsBoundaryArn": arn,
        }),
    }
}

fn tags_told(tags: &BTreeMap<String, String>) -> Value {
    let told = tags
        .iter()
        .map(|(key, value)| json!({ "Key": key, "Value": value }));
    Value::Array(told.collect())
}

fn account_told(account: AccountId, record: &AccountRecord) -> Value {
    json!({
        "AccountId": account,
        "Arn": format!("arn:{PARTITION}:iam::{account}:root"),
        "Hosted": record.hosted,
        "CreateDate": date(record.created),
    })
}
