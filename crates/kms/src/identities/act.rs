//! What an operator does to identities, one act at a time, and what is told of it.
//!
//! Acts, answers and refusals are those of IAM's API of the same name, so that who knows the one
//! knows the other. What a whole file declares is in `declare`.
//!
//! AWS: IAM API reference.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use strongroom_model::{AccountId, SecretAccessKey, Timestamp};

use super::{
    PARTITION, arn,
    declare::{Declared, DeclaredKind},
    error::IdentityError,
    record::{
        AccountRecord, Document, GroupDeclaration, GroupRecord, ProviderDeclaration,
        ProviderRecord, RoleDeclaration, RoleRecord, UserDeclaration, UserRecord,
    },
    write::{Identity, Ids, PAGE, Step, Told},
};
use crate::{
    layout::{self, Prefix},
    service::Service,
};

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
        permissions_boundary: Option<Document>,
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
        permissions_boundary: Option<Document>,
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
        document: Document,
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
                let key = super::access_key::Wanted {
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
            | Act::PutBoundary { .. }
            | Act::DeleteBoundary { .. }
            | Act::Tag { .. }
            | Act::Untag { .. }
            | Act::ListTags { .. } => self.act_on_owner(account, act).await?.into(),
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

    pub(super) async fn create_account(
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
    pub(super) async fn all_of<R: crate::record::Record>(
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
    pub(super) async fn find_identity<R: Identity>(
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

    async fn act_on_user(&self, account: AccountId, act: Act) -> Result<Value, IdentityError> {
        Ok(match act {
            Act::CreateUser {
                name,
                path,
                tags,
                permissions_boundary,
            } => {
                let mut declared = UserDeclaration {
                    tags,
                    permissions_boundary,
                    ..UserDeclaration::default()
                };
                if let Some(path) = path {
                    declared.path = path;
                }
                let user = self.create(account, &name, declared, "CreateUser").await?;
                json!({ "User": user_told(account, &user) })
            }
            Act::GetUser { name } => {
                let user = self.find_identity(account, &name).await?;
                json!({ "User": user_told(account, &user) })
            }
            Act::ListUsers => {
                let users = self.all_of(&layout::users(account)).await?;
                let told = users.iter().map(|(_, user)| user_told(account, user));
                json!({ "Users": told.collect::<Vec<_>>() })
            }
            Act::DeleteUser { name } => {
                let in_the_way = |user: &UserRecord| {
                    if !user.access_keys.is_empty() {
                        Some("Cannot delete entity, must delete access keys first.")
                    } else if !user.declared.groups.is_empty() {
                        Some("Cannot delete entity, must remove users from group first.")
                    } else if !user.declared.policies.is_empty() {
                        Some("Cannot delete entity, must delete policies first.")
                    } else {
                        None
                    }
                };
                self.delete(account, &name, "DeleteUser", in_the_way)
                    .await?;
                json!({})
            }
            _ => return Err(misplaced()),
        })
    }

    async fn act_on_group(&self, account: AccountId, act: Act) -> Result<Value, IdentityError> {
        Ok(match act {
            Act::CreateGroup { name, path } => {
                let mut declared = GroupDeclaration::default();
                if let Some(path) = path {
                    declared.path = path;
                }
                let group = self.create(account, &name, declared, "CreateGroup").await?;
                json!({ "Group": group_told(account, &group) })
            }
            Act::GetGroup { name } => {
                let group: GroupRecord = self.find_identity(account, &name).await?;
                let users = self.all_of(&layout::users(account)).await?;
                let members = users
                    .iter()
                    .filter(|(_, user)| user.declared.groups.contains(&name))
                    .map(|(_, user)| user_told(account, user));
                json!({
                    "Group": group_told(account, &group),
                    "Users": members.collect::<Vec<_>>(),
                })
            }
            Act::ListGroups => {
                let groups = self.all_of(&layout::groups(account)).await?;
                let told = groups.iter().map(|(_, group)| group_told(account, group));
                json!({ "Groups": told.collect::<Vec<_>>() })
            }
            Act::DeleteGroup { name } => {
                let in_the_way = |group: &GroupRecord| {
                    if group.members > 0 {
                        Some("Cannot delete entity, must remove users from group first.")
                    } else if !group.declared.policies.is_empty() {
                        Some("Cannot delete entity, must delete policies first.")
                    } else {
                        None
                    }
                };
                self.delete(account, &name, "DeleteGroup", in_the_way)
                    .await?;
                json!({})
            }
            Act::AddUserToGroup { user, group } => {
                let told =
                    || named::<UserRecord>("AddUserToGroup", &user).with("groupName", &group);
                self.find_identity::<GroupRecord>(account, &group).await?;
                self.edit(account, &user, told, |record: &mut UserRecord| {
                    record.declared.groups.insert(group.clone());
                    Ok(())
                })
                .await?;
                json!({})
            }
            Act::RemoveUserFromGroup { user, group } => {
                let told =
                    || named::<UserRecord>("RemoveUserFromGroup", &user).with("groupName", &group);
                self.find_identity::<GroupRecord>(account, &group).await?;
                self.edit(account, &user, told, |record: &mut UserRecord| {
                    if !record.declared.groups.remove(&group) {
                        return Err(IdentityError::unknown("user", &user));
                    }
                    Ok(())
                })
                .await?;
                json!({})
            }
            Act::ListGroupsForUser { user } => {
                let user: UserRecord = self.find_identity(account, &user).await?;
                let mut told = Vec::new();
                for name in &user.declared.groups {
                    let group: GroupRecord = self.find_identity(account, name).await?;
                    told.push(group_told(account, &group));
                }
                json!({ "Groups": told })
            }
            _ => return Err(misplaced()),
        })
    }

    async fn act_on_role(&self, account: AccountId, act: Act) -> Result<Value, IdentityError> {
        Ok(match act {
            Act::CreateRole {
                name,
                path,
                tags,
                trust,
                permissions_boundary,
                max_session_duration_seconds,
            } => {
                let mut declared = RoleDeclaration {
                    tags,
                    permissions_boundary,
                    ..RoleDeclaration::trusting(trust)
                };
                if let Some(path) = path {
                    declared.path = path;
                }
                if let Some(seconds) = max_session_duration_seconds {
                    declared.max_session_duration_seconds = seconds;
                }
                let role = self.create(account, &name, declared, "CreateRole").await?;
                json!({ "Role": role_told(account, &role) })
            }
            Act::GetRole { name } => {
                let role = self.find_identity(account, &name).await?;
                json!({ "Role": role_told(account, &role) })
            }
            Act::ListRoles => {
                let roles = self.all_of(&layout::roles(account)).await?;
                let told = roles.iter().map(|(_, role)| role_told(account, role));
                json!({ "Roles": told.collect::<Vec<_>>() })
            }
            Act::DeleteRole { name } => {
                let in_the_way = |role: &RoleRecord| {
                    let policies = !role.declared.policies.is_empty();
                    policies.then_some("Cannot delete entity, must delete policies first.")
                };
                self.delete(account, &name, "DeleteRole", in_the_way)
                    .await?;
                json!({})
            }
            Act::UpdateRole {
                name,
                max_session_duration_seconds,
            } => {
                let told = || named::<RoleRecord>("UpdateRole", &name);
                self.edit(account, &name, told, |role: &mut RoleRecord| {
                    role.declared.max_session_duration_seconds = max_session_duration_seconds;
                    Ok(())
                })
                .await?;
                json!({})
            }
            Act::UpdateTrust { name, trust } => {
                let told = || named::<RoleRecord>("UpdateAssumeRolePolicy", &name);
                self.edit(account, &name, told, |role: &mut RoleRecord| {
                    role.declared.trust = trust.clone();
                    Ok(())
                })
                .await?;
                json!({})
            }
            Act::RevokeSessions { name } => {
                let told = || named::<RoleRecord>("RevokeRoleSessions", &name);
                let now = self.now();
                self.edit(account, &name, told, |role: &mut RoleRecord| {
                    role.sessions_not_before = Some(now);
                    Ok(())
                })
                .await?;
                json!({})
            }
            _ => return Err(misplaced()),
        })
    }

    async fn act_on_owner(&self, account: AccountId, act: Act) -> Result<Value, IdentityError> {
        Ok(match act {
            Act::PutPolicy {
                owner,
                name,
                document,
            } => {
                let event = owner.event("PutUserPolicy", "PutGroupPolicy", "PutRolePolicy");
                let told = || owner.told(event).with("policyName", &name);
                self.edit_owner(account, &owner, told, |its| {
                    its.policies.insert(name.clone(), document.clone());
                    Ok(())
                })
                .await?;
                json!({})
            }
            Act::GetPolicy { owner, name } => {
                let policies = self.owned(account, &owner).await?.policies;
                let document = policies.get(&name).ok_or_else(|| no_policy(&name))?;
                json!({
                    (owner.member()): owner.name(),
                    "PolicyName": name,
                    "PolicyDocument": document.value(),
                })
            }
            Act::ListPolicies { owner } => {
                let policies = self.owned(account, &owner).await?.policies;
                json!({ "PolicyNames": policies.keys().collect::<Vec<_>>() })
            }
            Act::DeletePolicy { owner, name } => {
                let event =
                    owner.event("DeleteUserPolicy", "DeleteGroupPolicy", "DeleteRolePolicy");
                let told = || owner.told(event).with("policyName", &name);
                self.edit_owner(account, &owner, told, |its| {
                    its.policies
                        .remove(&name)
                        .map(|_| ())
                        .ok_or_else(|| no_policy(&name))
                })
                .await?;
                json!({})
            }
            Act::PutBoundary { owner, document } => {
                let told = || {
                    owner.told(owner.event(
                        "PutUserPermissionsBoundary",
                        "",
                        "PutRolePermissionsBoundary",
                    ))
                };
                self.edit_owner(account, &owner, told, |its| {
                    *its.boundary()? = Some(document.clone());
                    Ok(())
                })
                .await?;
                json!({})
            }
            Act::DeleteBoundary { owner } => {
                let told = || {
                    owner.told(owner.event(
                        "DeleteUserPermissionsBoundary",
                        "",
                        "DeleteRolePermissionsBoundary",
                    ))
                };
                self.edit_owner(account, &owner, told, |its| {
                    let boundary = its.boundary()?.take();
                    boundary
                        .map(|_| ())
                        .ok_or_else(|| IdentityError::unknown("permissions boundary", "policy"))
                })
                .await?;
                json!({})
            }
            Act::Tag { owner, tags } => {
                let told = || {
                    owner.told(owner.event("TagUser", "", "TagRole")).with(
                        "tagKeys",
                        tags.keys()
                            .map(String::as_str)
                            .collect::<Vec<_>>()
                            .join(","),
                    )
                };
                self.edit_owner(account, &owner, told, |its| {
                    let there = its.tags()?;
                    for (key, value) in &tags {
                        // Keys do not tell cases apart; the new writing stays.
                        there.retain(|known, _| known.to_lowercase() != key.to_lowercase());
                        there.insert(key.clone(), value.clone());
                    }
                    Ok(())
                })
                .await?;
                json!({})
            }
            Act::Untag { owner, keys } => {
                let told = || {
                    owner
                        .told(owner.event("UntagUser", "", "UntagRole"))
                        .with("tagKeys", keys.join(","))
                };
                let gone: BTreeSet<String> = keys.iter().map(|key| key.to_lowercase()).collect();
                self.edit_owner(account, &owner, told, |its| {
                    its.tags()?
                        .retain(|known, _| !gone.contains(&known.to_lowercase()));
                    Ok(())
                })
                .await?;
                json!({})
            }
            Act::ListTags { owner } => {
                let mut its = self.owned(account, &owner).await?;
                json!({ "Tags": tags_told(its.tags()?) })
            }
            _ => return Err(misplaced()),
        })
    }

    /// Changes what users, groups and roles have alike.
    async fn edit_owner(
        &self,
        account: AccountId,
        owner: &Owner,
        told: impl Fn() -> Told,
        edit: impl Fn(&mut Owned) -> Result<(), IdentityError>,
    ) -> Result<(), IdentityError> {
        match owner {
            Owner::User(name) => {
                let edit = |user: &mut UserRecord| {
                    let mut its = Owned::of_user(&user.declared);
                    edit(&mut its)?;
                    user.declared.policies = its.policies;
                    user.declared.tags = its.tags.unwrap_or_default();
                    user.declared.permissions_boundary = its.boundary.flatten();
                    Ok(())
                };
                self.edit(account, name, told, edit).await?;
            }
            Owner::Group(name) => {
                let edit = |group: &mut GroupRecord| {
                    let mut its = Owned::of_group(&group.declared);
                    edit(&mut its)?;
                    group.declared.policies = its.policies;
                    Ok(())
                };
                self.edit(account, name, told, edit).await?;
            }
            Owner::Role(name) => {
                let edit = |role: &mut RoleRecord| {
                    let mut its = Owned::of_role(&role.declared);
                    edit(&mut its)?;
                    role.declared.policies = its.policies;
                    role.declared.tags = its.tags.unwrap_or_default();
                    role.declared.permissions_boundary = its.boundary.flatten();
                    Ok(())
                };
                self.edit(account, name, told, edit).await?;
            }
        }
        Ok(())
    }

    async fn owned(&self, account: AccountId, owner: &Owner) -> Result<Owned, IdentityError> {
        Ok(match owner {
            Owner::User(name) => {
                let user: UserRecord = self.find_identity(account, name).await?;
                Owned::of_user(&user.declared)
            }
            Owner::Group(name) => {
                let group: GroupRecord = self.find_identity(account, name).await?;
                Owned::of_group(&group.declared)
            }
            Owner::Role(name) => {
                let role: RoleRecord = self.find_identity(account, name).await?;
                Owned::of_role(&role.declared)
            }
        })
    }

    async fn act_on_provider(&self, account: AccountId, act: Act) -> Result<Value, IdentityError> {
        Ok(match act {
            Act::CreateOidcProvider { url, provider } => {
                let url = without_scheme(&url)?;
                let created: ProviderRecord = self
                    .create(account, url, provider, "CreateOpenIDConnectProvider")
                    .await?;
                json!({ "OpenIDConnectProviderArn": provider_arn(account, &created) })
            }
            Act::UpdateOidcProvider {
                url,
                client_ids,
                jwks,
                jwks_url,
            } => {
                let url = without_scheme(&url)?;
                let told = || named::<ProviderRecord>("UpdateOpenIDConnectProvider", url);
                self.edit(account, url, told, |provider: &mut ProviderRecord| {
                    let declared = &mut provider.declared;
                    if let Some(ids) = &client_ids {
                        declared.client_ids.clone_from(ids);
                    }
                    if jwks.is_some() || jwks_url.is_some() {
                        declared.jwks.clone_from(&jwks);
                        declared.jwks_url.clone_from(&jwks_url);
                    }
                    Ok(())
                })
                .await?;
                json!({})
            }
            Act::GetOidcProvider { url } => {
                let url = without_scheme(&url)?;
                let provider: ProviderRecord = self.find_identity(account, url).await?;
                let mut told = json!({
                    "OpenIDConnectProviderArn": provider_arn(account, &provider),
                    "Url": provider.url,
                    "ClientIDList": provider.declared.client_ids,
                    "CreateDate": date(provider.created),
                });
                put(
                    &mut told,
                    "JwksUrl",
                    provider.declared.jwks_url.map(Value::from),
                );
                put(
                    &mut told,
                    "Jwks",
                    provider.declared.jwks.map(|keys| keys.value()),
                );
                told
            }
            Act::ListOidcProviders => {
                let all = self.all_of(&layout::oidc_providers(account)).await?;
                let arns = all
                    .iter()
                    .map(|(_, it)| json!({ "Arn": provider_arn(account, it) }));
                json!({ "OpenIDConnectProviderList": arns.collect::<Vec<_>>() })
            }
            Act::DeleteOidcProvider { url } => {
                let url = without_scheme(&url)?;
                self.delete(
                    account,
                    url,
                    "DeleteOpenIDConnectProvider",
                    |_: &ProviderRecord| None,
                )
                .await?;
                json!({})
            }
            _ => return Err(misplaced()),
        })
    }
}

/// What users, groups and roles have alike; absent what a kind cannot have.
struct Owned {
    policies: BTreeMap<String, Document>,
    tags: Option<BTreeMap<String, String>>,
    boundary: Option<Option<Document>>,
}

impl Owned {
    fn of_user(user: &UserDeclaration) -> Self {
        Self {
            policies: user.policies.clone(),
            tags: Some(user.tags.clone()),
            boundary: Some(user.permissions_boundary.clone()),
        }
    }

    fn of_group(group: &GroupDeclaration) -> Self {
        Self {
            policies: group.policies.clone(),
            tags: None,
            boundary: None,
        }
    }

    fn of_role(role: &RoleDeclaration) -> Self {
        Self {
            policies: role.policies.clone(),
            tags: Some(role.tags.clone()),
            boundary: Some(role.permissions_boundary.clone()),
        }
    }

    fn tags(&mut self) -> Result<&mut BTreeMap<String, String>, IdentityError> {
        let groups = || IdentityError::invalid("Groups have no tags");
        self.tags.as_mut().ok_or_else(groups)
    }

    fn boundary(&mut self) -> Result<&mut Option<Document>, IdentityError> {
        let groups = || IdentityError::invalid("Groups have no permissions boundary");
        self.boundary.as_mut().ok_or_else(groups)
    }
}

impl Owner {
    fn name(&self) -> &str {
        match self {
            Self::User(name) | Self::Group(name) | Self::Role(name) => name,
        }
    }

    /// What IAM calls the member with its name.
    fn member(&self) -> &'static str {
        match self {
            Self::User(_) => "UserName",
            Self::Group(_) => "GroupName",
            Self::Role(_) => "RoleName",
        }
    }

    fn event(&self, user: &'static str, group: &'static str, role: &'static str) -> &'static str {
        match self {
            Self::User(_) => user,
            Self::Group(_) => group,
            Self::Role(_) => role,
        }
    }

    fn told(&self, event: &'static str) -> Told {
        let told = Told::new(event);
        match self {
            Self::User(name) => told.with("userName", name),
            Self::Group(name) => told.with("groupName", name),
            Self::Role(name) => told.with("roleName", name),
        }
    }
}

/// The entry of an act on an identity, with its name.
pub(super) fn named<R: Identity>(event: &'static str, name: &str) -> Told {
    let member = match R::NAME {
        "user" => "userName",
        "group" => "groupName",
        "role" => "roleName",
        _ => "url",
    };
    Told::new(event).with(member, name)
}

fn no_policy(name: &str) -> IdentityError {
    IdentityError::unknown("policy", name)
}

/// Acts are handed on by what they are about.
fn misplaced() -> IdentityError {
    crate::error::KmsError::internal("an act was handed to the wrong place").into()
}

fn without_scheme(url: &str) -> Result<&str, IdentityError> {
    let refused = || IdentityError::invalid("The URL of a provider begins with https://");
    url.strip_prefix("https://")
        .map(|url| url.trim_end_matches('/'))
        .ok_or_else(refused)
}

/// A date as IAM prints it.
pub(super) fn date(at: Timestamp) -> String {
    jiff::Timestamp::from_second(at.as_millis().div_euclid(1000))
        .map(|time| time.to_string())
        .unwrap_or_default()
}

fn put(told: &mut Value, name: &str, value: Option<Value>) {
    if let (Some(value), Some(members)) = (value, told.as_object_mut()) {
        members.insert(name.to_owned(), value);
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

fn user_told(account: AccountId, user: &UserRecord) -> Value {
    let declared = &user.declared;
    let mut told = json!({
        "Path": declared.path,
        "UserName": user.name,
        "UserId": user.unique_id,
        "Arn": arn(account, "user", &declared.path, &user.name),
        "CreateDate": date(user.created),
    });
    let tags = (!declared.tags.is_empty()).then(|| tags_told(&declared.tags));
    put(&mut told, "Tags", tags);
    let boundary = declared.permissions_boundary.as_ref().map(Document::value);
    put(&mut told, "PermissionsBoundary", boundary);
    told
}

fn group_told(account: AccountId, group: &GroupRecord) -> Value {
    json!({
        "Path": group.declared.path,
        "GroupName": group.name,
        "GroupId": group.unique_id,
        "Arn": arn(account, "group", &group.declared.path, &group.name),
        "CreateDate": date(group.created),
    })
}

fn role_told(account: AccountId, role: &RoleRecord) -> Value {
    let declared = &role.declared;
    let mut told = json!({
        "Path": declared.path,
        "RoleName": role.name,
        "RoleId": role.unique_id,
        "Arn": arn(account, "role", &declared.path, &role.name),
        "CreateDate": date(role.created),
        "AssumeRolePolicyDocument": declared.trust.value(),
        "MaxSessionDuration": declared.max_session_duration_seconds,
    });
    let tags = (!declared.tags.is_empty()).then(|| tags_told(&declared.tags));
    put(&mut told, "Tags", tags);
    let boundary = declared.permissions_boundary.as_ref().map(Document::value);
    put(&mut told, "PermissionsBoundary", boundary);
    let revoked = role.sessions_not_before.map(|at| Value::from(date(at)));
    put(&mut told, "SessionsNotBefore", revoked);
    told
}

fn provider_arn(account: AccountId, provider: &ProviderRecord) -> String {
    arn(account, "oidc-provider", "/", &provider.url)
}
