//! Identities as a file declares them: made so, told as they are, and planted by seeds.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use strongroom_model::AccountId;

use super::{
    act::named,
    error::IdentityError,
    record::{
        Boundary, Document, GroupDeclaration, GroupRecord, ManagedPolicyRecord, PolicyDeclaration,
        ProviderDeclaration, ProviderRecord, RoleDeclaration, RoleRecord, UserDeclaration,
        UserRecord,
    },
    write::{Identity, Ids, Step, Told},
};
use crate::{change::Change, error::KmsError, layout, record::NoteRecord, service::Service};

/// An identity as a file declares it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Declared {
    /// A user with its name.
    User(String, UserDeclaration),
    /// A group with its name.
    Group(String, GroupDeclaration),
    /// A role with its name.
    Role(String, RoleDeclaration),
    /// A managed policy with its name.
    Policy(String, PolicyDeclaration),
    /// An OIDC provider with its URL, without `https://`.
    OidcProvider(String, ProviderDeclaration),
}

/// The kinds of things that a file declares.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DeclaredKind {
    /// A user.
    User,
    /// A group.
    Group,
    /// A role.
    Role,
    /// A managed policy.
    Policy,
    /// An OIDC provider.
    OidcProvider,
    /// An access key, by its id.
    AccessKey,
}

impl DeclaredKind {
    /// What a file and a refusal call it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Group => "group",
            Self::Role => "role",
            Self::Policy => "policy",
            Self::OidcProvider => "oidc-provider",
            Self::AccessKey => "access-key",
        }
    }
}

impl Declared {
    /// What kind of identity it is.
    #[must_use]
    pub fn kind(&self) -> DeclaredKind {
        match self {
            Self::User(..) => DeclaredKind::User,
            Self::Group(..) => DeclaredKind::Group,
            Self::Role(..) => DeclaredKind::Role,
            Self::Policy(..) => DeclaredKind::Policy,
            Self::OidcProvider(..) => DeclaredKind::OidcProvider,
        }
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::User(name, _)
            | Self::Group(name, _)
            | Self::Role(name, _)
            | Self::Policy(name, _)
            | Self::OidcProvider(name, _) => name,
        }
    }

    /// Its turn among the others: whatever is used comes before what uses it.
    #[must_use]
    pub fn turn(&self) -> u8 {
        match self {
            Self::Policy(..) => 0,
            Self::Group(..) => 1,
            Self::User(..) | Self::Role(..) | Self::OidcProvider(..) => 2,
        }
    }

    /// The managed policies that it has, by ARN.
    pub fn managed_policies(&self) -> impl Iterator<Item = &str> {
        let (attached, boundary) = match self {
            Self::User(_, user) => (
                Some(&user.managed_policies),
                user.permissions_boundary.as_ref(),
            ),
            Self::Group(_, group) => (Some(&group.managed_policies), None),
            Self::Role(_, role) => (
                Some(&role.managed_policies),
                role.permissions_boundary.as_ref(),
            ),
            Self::Policy(..) | Self::OidcProvider(..) => (None, None),
        };
        let boundary = match boundary {
            Some(Boundary::Policy(arn)) => Some(arn.as_str()),
            Some(Boundary::Document(_)) | None => None,
        };
        let attached = attached.into_iter().flatten().map(String::as_str);
        attached.chain(boundary)
    }

    /// Checks it by the rules for its kind, but for what depends on other identities.
    ///
    /// # Errors
    /// With what is wrong with it.
    pub fn check(&self) -> Result<(), IdentityError> {
        match self {
            Self::User(name, user) => UserRecord::check(name, user),
            Self::Group(name, group) => GroupRecord::check(name, group),
            Self::Role(name, role) => RoleRecord::check(name, role),
            Self::Policy(name, policy) => ManagedPolicyRecord::check(name, policy),
            Self::OidcProvider(url, provider) => ProviderRecord::check(url, provider),
        }
    }
}

/// What became of a declaration, or would.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", content = "what", rename_all = "kebab-case")]
pub enum Outcome {
    /// It was not there.
    Created,
    /// It was different in this.
    Changed(Vec<String>),
    /// It was so already.
    Unchanged,
}

/// How a declaration is carried out.
struct How<'a> {
    ids: Ids,
    dry_run: bool,
    more: &'a (dyn Fn(&mut Change) -> Result<(), KmsError> + Sync),
    /// Access keys that a new user has from an earlier version.
    access_keys: BTreeSet<String>,
}

impl Service {
    /// Makes an identity as it is declared, or tells what that would change.
    pub(super) async fn declare(
        &self,
        account: AccountId,
        identity: &Declared,
        ids: Ids,
        dry_run: bool,
    ) -> Result<Outcome, IdentityError> {
        let how = How {
            ids,
            dry_run,
            more: &|_| Ok(()),
            access_keys: BTreeSet::new(),
        };
        self.declare_how(account, identity, &how).await
    }

    async fn declare_how(
        &self,
        account: AccountId,
        identity: &Declared,
        how: &How<'_>,
    ) -> Result<Outcome, IdentityError> {
        match identity {
            Declared::User(name, user) => {
                let events = ("CreateUser", "UpdateUser");
                let adopt = |user: &mut UserRecord| {
                    user.access_keys.extend(how.access_keys.iter().cloned());
                };
                self.declare_one(account, name, user, how, events, adopt)
                    .await
            }
            Declared::Group(name, group) => {
                let events = ("CreateGroup", "UpdateGroup");
                self.declare_one(account, name, group, how, events, |_: &mut GroupRecord| ())
                    .await
            }
            Declared::Role(name, role) => {
                let events = ("CreateRole", "UpdateRole");
                self.declare_one(account, name, role, how, events, |_: &mut RoleRecord| ())
                    .await
            }
            Declared::Policy(name, policy) => {
                let events = ("CreatePolicy", "UpdatePolicy");
                let adopt = |_: &mut ManagedPolicyRecord| ();
                self.declare_one(account, name, policy, how, events, adopt)
                    .await
            }
            Declared::OidcProvider(url, provider) => {
                let events = ("CreateOpenIDConnectProvider", "UpdateOpenIDConnectProvider");
                self.declare_one(
                    account,
                    url,
                    provider,
                    how,
                    events,
                    |_: &mut ProviderRecord| (),
                )
                .await
            }
        }
    }

    async fn declare_one<R: Identity>(
        &self,
        account: AccountId,
        name: &str,
        declared: &R::Declared,
        how: &How<'_>,
        (create, update): (&'static str, &'static str),
        adopt: impl Fn(&mut R),
    ) -> Result<Outcome, IdentityError> {
        R::check(name, declared)?;
        let unique_id = self.new_unique_id::<R>(account, name, how.ids)?;
        let now = self.now();
        let outcome = |there: Option<&R>| match there {
            None => Outcome::Created,
            Some(there) => {
                let differences = R::differences(there.declared(), declared);
                if differences.is_empty() {
                    Outcome::Unchanged
                } else {
                    Outcome::Changed(differences)
                }
            }
        };
        if how.dry_run {
            let stored = self.shelves().load(&R::row(account, name)).await?;
            let there = stored.as_ref().map(|stored| &stored.record);
            return Ok(outcome(there.filter(|record| record.name() == name)));
        }
        let decide = |there: Option<&R>| {
            Ok(match (there, outcome(there)) {
                (Some(there), Outcome::Changed(what)) => {
                    let mut record = there.clone();
                    record.redeclare(declared, now)?;
                    let told = named::<R>(update, name).with("changed", what.join(","));
                    (Step::Put(record), told)
                }
                (Some(_), _) => (Step::Keep, Told::new(update)),
                (None, _) => {
                    let mut record = R::new(name, unique_id.clone(), now, declared.clone());
                    adopt(&mut record);
                    (Step::Put(record), named::<R>(create, name))
                }
            })
        };
        let written = self.write_identity(account, name, decide, how.more).await?;
        Ok(outcome(written.old.as_ref()))
    }

    /// Removes an identity with all that hangs from it.
    pub(super) async fn forget_identity(
        &self,
        account: AccountId,
        kind: DeclaredKind,
        name: &str,
    ) -> Result<(), IdentityError> {
        match kind {
            DeclaredKind::User => self.forget::<UserRecord>(account, name, "DeleteUser").await,
            DeclaredKind::Group => {
                // Its members leave it first.
                let users = self.all_of(&layout::users(account)).await?;
                for (_, user) in users {
                    if user.declared.groups.contains(name) {
                        let act = super::act::Act::RemoveUserFromGroup {
                            user: user.name,
                            group: name.to_owned(),
                        };
                        Box::pin(self.act(account, act)).await?;
                    }
                }
                self.forget::<GroupRecord>(account, name, "DeleteGroup")
                    .await
            }
            DeclaredKind::Role => self.forget::<RoleRecord>(account, name, "DeleteRole").await,
            DeclaredKind::Policy => self.forget_policy(account, name).await,
            DeclaredKind::OidcProvider => {
                self.forget::<ProviderRecord>(account, name, "DeleteOpenIDConnectProvider")
                    .await
            }
            DeclaredKind::AccessKey => self.delete_access_key(account, name).await,
        }
    }

    async fn forget<R: Identity>(
        &self,
        account: AccountId,
        name: &str,
        event: &'static str,
    ) -> Result<(), IdentityError> {
        let decide = |there: Option<&R>| match there {
            Some(_) => Ok((Step::Remove, named::<R>(event, name))),
            None => Err(IdentityError::unknown(R::NAME, name)),
        };
        self.write_identity(account, name, decide, |_| Ok(()))
            .await?;
        Ok(())
    }

    /// Everything of an account, as a file declares it and without a secret.
    pub(super) async fn export(&self, account: AccountId) -> Result<Value, IdentityError> {
        let mut told = Map::new();
        let root = self.access_keys_declared(account, None).await?;
        if !root.is_empty() {
            told.insert("root".to_owned(), json!({ "access_keys": root }));
        }
        let mut users = Map::new();
        for (_, user) in self.all_of(&layout::users(account)).await? {
            let mut declared = declared_value(json!(user.declared));
            let keys = self.access_keys_declared(account, Some(&user.name)).await?;
            if let Some(members) = declared.as_object_mut().filter(|_| !keys.is_empty()) {
                members.insert("access_keys".to_owned(), json!(keys));
            }
            users.insert(user.name, declared);
        }
        let groups = self.all_of(&layout::groups(account)).await?;
        let groups: Map<_, _> = groups
            .into_iter()
            .map(|(_, group)| (group.name, declared_value(json!(group.declared))))
            .collect();
        let roles = self.all_of(&layout::roles(account)).await?;
        let roles: Map<_, _> = roles
            .into_iter()
            .map(|(_, role)| (role.name, declared_value(json!(role.declared))))
            .collect();
        let policies = self.all_of(&layout::managed_policies(account)).await?;
        let policies: Map<_, _> = policies
            .into_iter()
            .map(|(_, policy)| (policy.name, declared_value(json!(policy.declared))))
            .collect();
        for (name, all) in [
            ("policies", policies),
            ("users", users),
            ("groups", groups),
            ("roles", roles),
        ] {
            if !all.is_empty() {
                told.insert(name.to_owned(), Value::Object(all));
            }
        }
        let providers = self.all_of(&layout::oidc_providers(account)).await?;
        let providers: Vec<Value> = providers
            .into_iter()
            .map(|(_, provider)| {
                let mut declared = declared_value(json!(provider.declared));
                if let Some(members) = declared.as_object_mut() {
                    let url = ["https://", &provider.url].concat();
                    members.insert("url".to_owned(), url.into());
                }
                declared
            })
            .collect();
        if !providers.is_empty() {
            told.insert("oidc_providers".to_owned(), Value::Array(providers));
        }
        Ok(Value::Object(told))
    }

    async fn access_keys_declared(
        &self,
        account: AccountId,
        user: Option<&str>,
    ) -> Result<Vec<Value>, IdentityError> {
        let mut told = Vec::new();
        for id in self.access_key_ids(account, user).await? {
            let stored = self.shelves().get(&layout::credential(&id)).await?;
            let mut key = json!({ "id": id });
            if stored.is_some_and(|stored| !stored.record.active)
                && let Some(members) = key.as_object_mut()
            {
                members.insert("status".to_owned(), "Inactive".into());
            }
            told.push(key);
        }
        Ok(told)
    }

    /// Plants an identity of a seed, and tells whether it was added.
    ///
    /// # Errors
    /// When it is there and says something else.
    pub(crate) async fn plant_declared(
        &self,
        account: AccountId,
        identity: &Declared,
    ) -> Result<bool, IdentityError> {
        let (kind, name) = (identity.kind().name(), identity.name());
        let note = planted_note(account, kind, name);
        let declaration = json!(identity);
        let stored = self.shelves().get(&layout::note(&note)).await?;
        let kept = stored.as_ref().map(|stored| &stored.record.value);
        if kept == Some(&declaration) {
            return Ok(false);
        }
        let there = self.declare(account, identity, Ids::Derived, true).await?;
        let row = layout::note(&note);
        let value = NoteRecord { value: declaration };
        match there {
            // It was planted once, and deleted since.
            Outcome::Created if kept.is_some() => Ok(false),
            Outcome::Created => {
                let how = How {
                    ids: Ids::Derived,
                    dry_run: false,
                    more: &|change| change.put(&row, &value).map(|_| ()),
                    access_keys: BTreeSet::new(),
                };
                self.declare_how(account, identity, &how).await?;
                Ok(true)
            }
            Outcome::Unchanged => {
                self.set_note(&note, &value.value).await?;
                Ok(false)
            }
            Outcome::Changed(_) => Err(IdentityError::conflict(&format!(
                "the {kind} `{name}` is declared differently in this data folder"
            ))),
        }
    }

    /// Makes identities of the notes that earlier versions kept of what a seed declares.
    pub(crate) async fn take_over_noted_identities(&self) -> Result<(), KmsError> {
        let notes = self.all_of(&layout::notes("identity/")).await;
        let mut notes = notes.map_err(failed)?;
        if notes.is_empty() {
            return Ok(());
        }
        // Groups come before their members.
        notes.sort_by_key(|(name, _)| !name.contains("/group/"));
        let mut access_keys: BTreeMap<(AccountId, String), BTreeSet<String>> = BTreeMap::new();
        for (id, record) in self.all_of(&layout::credentials()).await.map_err(failed)? {
            if let Some(user) = record.user {
                access_keys
                    .entry((record.account, user))
                    .or_default()
                    .insert(id);
            }
        }
        for (name, note) in notes {
            let Some((account, identity)) = noted(&name, &note.value) else {
                tracing::warn!(
                    note = name,
                    "an identity of an earlier version is not understood"
                );
                continue;
            };
            let (kind, its) = (identity.kind().name(), identity.name().to_owned());
            let old = layout::note(&format!("identity/{name}"));
            let row = layout::note(&planted_note(account, kind, &its));
            let value = NoteRecord {
                value: json!(identity),
            };
            let how = How {
                ids: Ids::Derived,
                dry_run: false,
                more: &|change| change.remove(&old).put(&row, &value).map(|_| ()),
                access_keys: access_keys.remove(&(account, its)).unwrap_or_default(),
            };
            match self.declare_how(account, &identity, &how).await {
                Ok(_) => {}
                // The next start with the seed tells what is wrong, with its line.
                Err(IdentityError::Refused { code, message }) => {
                    tracing::warn!(note = name, code, message, "an identity was left out");
                }
                Err(error) => return Err(failed(error)),
            }
        }
        Ok(())
    }
}

fn failed(error: IdentityError) -> KmsError {
    KmsError::internal(error)
}

/// The note that keeps what a seed declared of an identity.
fn planted_note(account: AccountId, kind: &str, name: &str) -> String {
    format!("seed/identity/{account}/{kind}/{name}")
}

/// What an earlier version noted of an identity, by the rest of the note's name:
/// `<account>/<kind>/<name>`.
fn noted(name: &str, value: &Value) -> Option<(AccountId, Declared)> {
    let mut parts = name.splitn(3, '/');
    let account = AccountId::parse(parts.next()?).ok()?;
    let (kind, name) = (parts.next()?, parts.next()?.to_owned());
    let mut members = value.as_object()?.clone();
    // The key set was in a file that was not read.
    members.remove("jwks_file");
    let text = |value: &Value| Value::String(value.to_string());
    for name in ["trust", "permissions_boundary"] {
        if let Some(document) = members.get_mut(name) {
            *document = text(document);
        }
    }
    if let Some(Value::Object(policies)) = members.get_mut("policies") {
        for document in policies.values_mut() {
            *document = text(document);
        }
    }
    if let Some(Value::Object(tags)) = members.get_mut("tags") {
        // What looked like a number was one.
        for tag in tags.values_mut().filter(|tag| !tag.is_string()) {
            *tag = text(tag);
        }
    }
    let declared = Value::Object(members);
    let declared = match kind {
        "user" => Declared::User(name, serde_json::from_value(declared).ok()?),
        "group" => Declared::Group(name, serde_json::from_value(declared).ok()?),
        "role" => Declared::Role(name, serde_json::from_value(declared).ok()?),
        "oidc-provider" => {
            let url = name
                .strip_prefix("https://")?
                .trim_end_matches('/')
                .to_owned();
            Declared::OidcProvider(url, serde_json::from_value(declared).ok()?)
        }
        _ => return None,
    };
    Some((account, declared))
}

/// A declaration as a file says it: documents are JSON, and the default path goes without saying.
fn declared_value(mut declared: Value) -> Value {
    let document = |value: &mut Value| {
        if let Value::String(text) = value
            && !text.starts_with("arn:")
        {
            *value = Document(std::mem::take(text)).value();
        }
    };
    let Some(members) = declared.as_object_mut() else {
        return declared;
    };
    if members.get("path").is_some_and(|path| path == "/") {
        members.remove("path");
    }
    for name in ["document", "trust", "permissions_boundary", "jwks"] {
        if let Some(value) = members.get_mut(name) {
            document(value);
        }
    }
    if let Some(Value::Object(policies)) = members.get_mut("policies") {
        policies.values_mut().for_each(document);
    }
    declared
}
