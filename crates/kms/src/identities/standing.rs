//! What a caller's own side says, compiled once for each revision of the records behind it.

use std::{collections::BTreeSet, sync::Arc};

use quick_cache::sync::Cache;
use strongroom_auth::{
    NamedPolicy, Standing,
    policy::{IdentityPolicy, TrustPolicy},
};
use strongroom_model::AccountId;
use strongroom_store::Revision;

use super::{
    PolicyName, Role, User,
    record::{Boundary, Document, GroupRecord, ManagedPolicyRecord, RoleRecord, UserRecord},
};
use crate::{
    error::KmsError,
    layout::{self, RowKey},
    record::Record,
    service::Service,
    shelves::Stored,
};

/// Users that are kept ready, at most, and roles, groups and managed policies.
const READY: usize = 10_000;

/// The users, roles, groups and managed policies that were looked up lately.
pub(crate) struct Compiled {
    users: Cache<String, Arc<ReadyUser>>,
    roles: Cache<String, Arc<ReadyRole>>,
    groups: Cache<String, (Revision, Arc<[NamedPolicy]>)>,
    managed: Cache<String, ReadyPolicy>,
}

/// A row and the revision that it had.
type Seen<R> = (RowKey<R>, Revision);

/// A user and the revisions of everything that it was made of.
struct ReadyUser {
    revision: Revision,
    groups: Vec<Seen<GroupRecord>>,
    managed: Vec<Seen<ManagedPolicyRecord>>,
    user: Arc<User>,
}

/// The same for a role.
struct ReadyRole {
    revision: Revision,
    managed: Vec<Seen<ManagedPolicyRecord>>,
    role: Arc<Role>,
}

/// The default version of a managed policy.
#[derive(Clone)]
pub(super) struct ReadyPolicy {
    revision: Revision,
    /// Its ARN is this.
    arn: Arc<str>,
    pub(super) policy: NamedPolicy,
}

impl Compiled {
    pub(crate) fn new() -> Self {
        Self {
            users: Cache::new(READY),
            roles: Cache::new(READY),
            groups: Cache::new(READY),
            managed: Cache::new(READY),
        }
    }

    /// The user as its record and those of its groups and managed policies are now. While they
    /// stay the same, it is the very same value.
    pub(crate) async fn user(
        &self,
        service: &Service,
        account: AccountId,
        name: &str,
    ) -> Result<Option<Arc<User>>, KmsError> {
        let row = layout::user(account, name);
        let Some(stored) = service.shelves().get(&row).await? else {
            return Ok(None);
        };
        if stored.record.name != name {
            return Ok(None);
        }
        if let Some(ready) = self.users.get(row.as_str())
            && ready.revision == stored.revision
            && unmoved(service, &ready.groups).await?
            && unmoved(service, &ready.managed).await?
        {
            return Ok(Some(Arc::clone(&ready.user)));
        }
        let ready = Arc::new(self.make_user(service, account, &stored).await?);
        self.users
            .insert(row.as_str().to_owned(), Arc::clone(&ready));
        Ok(Some(Arc::clone(&ready.user)))
    }

    async fn make_user(
        &self,
        service: &Service,
        account: AccountId,
        stored: &Stored<UserRecord>,
    ) -> Result<ReadyUser, KmsError> {
        let record = &stored.record;
        let declared = &record.declared;
        let owner = ["user/", &record.name].concat();
        let mut managed = Vec::new();
        let mut policies = inline(&owner, &declared.policies)?;
        let attached = &declared.managed_policies;
        policies.extend(
            self.attached(service, &owner, attached, &mut managed)
                .await?,
        );
        let mut groups = Vec::with_capacity(declared.groups.len());
        for name in &declared.groups {
            let row = layout::group(account, name);
            let group = service.shelves().get(&row).await?;
            // A group cannot be deleted while it has members, and a Deny of it must not be lost.
            let group = group.ok_or_else(|| {
                KmsError::internal(format_args!("the group {name} of {owner} is not there"))
            })?;
            policies.extend(self.group(&row, &group)?.iter().cloned());
            let attached = &group.record.declared.managed_policies;
            policies.extend(
                self.attached(service, &owner, attached, &mut managed)
                    .await?,
            );
            groups.push((row, group.revision));
        }
        let boundary = declared.permissions_boundary.as_ref();
        let standing = Standing {
            policies,
            boundary: self
                .boundary(service, &owner, boundary, &mut managed)
                .await?,
            session: None,
            tags: tags(&declared.tags),
            session_facts: None,
        };
        Ok(ReadyUser {
            revision: stored.revision,
            groups,
            managed,
            user: Arc::new(User {
                account,
                path: declared.path.as_str().into(),
                name: record.name.as_str().into(),
                unique_id: record.unique_id.as_str().into(),
                standing: Arc::new(standing),
                access_keys: record.access_keys.iter().cloned().collect(),
            }),
        })
    }

    /// The inline policies of a group.
    fn group(
        &self,
        row: &RowKey<GroupRecord>,
        stored: &Stored<GroupRecord>,
    ) -> Result<Arc<[NamedPolicy]>, KmsError> {
        if let Some((revision, policies)) = self.groups.get(row.as_str())
            && revision == stored.revision
        {
            return Ok(policies);
        }
        let owner = ["group/", &stored.record.name].concat();
        let policies: Arc<[NamedPolicy]> = inline(&owner, &stored.record.declared.policies)?.into();
        let kept = (stored.revision, Arc::clone(&policies));
        self.groups.insert(row.as_str().to_owned(), kept);
        Ok(policies)
    }

    /// The role as its record and those of its managed policies are now.
    pub(crate) async fn role(
        &self,
        service: &Service,
        account: AccountId,
        name: &str,
    ) -> Result<Option<Arc<Role>>, KmsError> {
        let row = layout::role(account, name);
        let Some(stored) = service.shelves().get(&row).await? else {
            return Ok(None);
        };
        if stored.record.name != name {
            return Ok(None);
        }
        if let Some(ready) = self.roles.get(row.as_str())
            && ready.revision == stored.revision
            && unmoved(service, &ready.managed).await?
        {
            return Ok(Some(Arc::clone(&ready.role)));
        }
        let ready = Arc::new(self.make_role(service, account, &stored).await?);
        self.roles
            .insert(row.as_str().to_owned(), Arc::clone(&ready));
        Ok(Some(Arc::clone(&ready.role)))
    }

    async fn make_role(
        &self,
        service: &Service,
        account: AccountId,
        stored: &Stored<RoleRecord>,
    ) -> Result<ReadyRole, KmsError> {
        let record = &stored.record;
        let declared = &record.declared;
        let owner = ["role/", &record.name].concat();
        let trust = TrustPolicy::parse(&declared.trust.0).map_err(|error| {
            KmsError::internal(format_args!("the stored trust policy of {owner}: {error}"))
        })?;
        let mut managed = Vec::new();
        let mut policies = inline(&owner, &declared.policies)?;
        let attached = &declared.managed_policies;
        policies.extend(
            self.attached(service, &owner, attached, &mut managed)
                .await?,
        );
        let boundary = declared.permissions_boundary.as_ref();
        let standing = Standing {
            policies,
            boundary: self
                .boundary(service, &owner, boundary, &mut managed)
                .await?,
            session: None,
            tags: tags(&declared.tags),
            session_facts: None,
        };
        Ok(ReadyRole {
            revision: stored.revision,
            managed,
            role: Arc::new(Role {
                account,
                path: declared.path.as_str().into(),
                name: record.name.as_str().into(),
                unique_id: record.unique_id.as_str().into(),
                trust: Arc::new(trust),
                max_session_duration_seconds: declared.max_session_duration_seconds,
                sessions_not_before: record.sessions_not_before,
                standing: Arc::new(standing),
            }),
        })
    }

    /// The managed policies that are attached, whose revisions are noted in `seen`.
    async fn attached(
        &self,
        service: &Service,
        owner: &str,
        arns: &BTreeSet<String>,
        seen: &mut Vec<Seen<ManagedPolicyRecord>>,
    ) -> Result<Vec<NamedPolicy>, KmsError> {
        let mut policies = Vec::with_capacity(arns.len());
        for arn in arns {
            policies.push(self.used(service, owner, arn, seen).await?);
        }
        Ok(policies)
    }

    async fn boundary(
        &self,
        service: &Service,
        owner: &str,
        boundary: Option<&Boundary>,
        seen: &mut Vec<Seen<ManagedPolicyRecord>>,
    ) -> Result<Option<NamedPolicy>, KmsError> {
        Ok(match boundary {
            None => None,
            Some(Boundary::Document(document)) => {
                Some(named([owner, "/permissions-boundary"].concat(), document)?)
            }
            Some(Boundary::Policy(arn)) => Some(self.used(service, owner, arn, seen).await?),
        })
    }

    /// A managed policy that is used. It cannot be deleted meanwhile, and a Deny of it must not be
    /// lost.
    async fn used(
        &self,
        service: &Service,
        owner: &str,
        arn: &str,
        seen: &mut Vec<Seen<ManagedPolicyRecord>>,
    ) -> Result<NamedPolicy, KmsError> {
        let absent =
            || KmsError::internal(format_args!("the policy {arn} of {owner} is not there"));
        let row = policy_row(arn).ok_or_else(absent)?;
        let ready = self.managed(service, arn).await?.ok_or_else(absent)?;
        seen.push((row, ready.revision));
        Ok(ready.policy)
    }

    /// The default version of a managed policy, as its record is now. While it stays the same, it
    /// is the very same value.
    pub(super) async fn managed(
        &self,
        service: &Service,
        arn: &str,
    ) -> Result<Option<ReadyPolicy>, KmsError> {
        let Some(row) = policy_row(arn) else {
            return Ok(None);
        };
        let Some(stored) = service.shelves().get(&row).await? else {
            return Ok(None);
        };
        if let Some(ready) = self.managed.get(row.as_str())
            && ready.revision == stored.revision
        {
            return Ok((*ready.arn == *arn).then_some(ready));
        }
        let record = &stored.record;
        if !PolicyName::parse(arn).is_ok_and(|name| name.is_of(record)) {
            return Ok(None);
        }
        let known = format!("policy/{} v{}", record.name, record.default_version);
        let ready = ReadyPolicy {
            revision: stored.revision,
            arn: arn.into(),
            policy: named(known, &record.declared.document)?,
        };
        self.managed.insert(row.as_str().to_owned(), ready.clone());
        Ok(Some(ready))
    }
}

fn policy_row(arn: &str) -> Option<RowKey<ManagedPolicyRecord>> {
    PolicyName::parse(arn).ok()?.row_anywhere()
}

/// Whether records are as they were.
async fn unmoved<R: Record>(service: &Service, seen: &[Seen<R>]) -> Result<bool, KmsError> {
    for (row, revision) in seen {
        let stored = service.shelves().get(row).await?;
        if stored.map(|stored| stored.revision) != Some(*revision) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// The inline policies of an owner, named as explanations name them: `user/alice/use-keys`.
fn inline<'a>(
    owner: &str,
    policies: impl IntoIterator<Item = (&'a String, &'a Document)>,
) -> Result<Vec<NamedPolicy>, KmsError> {
    policies
        .into_iter()
        .map(|(name, document)| named([owner, "/", name].concat(), document))
        .collect()
}

/// A stored policy was read before it was stored. One that cannot be read now must not count as
/// one that says nothing.
fn named(name: String, document: &Document) -> Result<NamedPolicy, KmsError> {
    let policy = IdentityPolicy::parse(&document.0)
        .map_err(|error| KmsError::internal(format_args!("the stored policy {name}: {error}")))?;
    Ok(NamedPolicy {
        name: name.into(),
        policy: Arc::new(policy),
    })
}

fn tags<'a>(tags: impl IntoIterator<Item = (&'a String, &'a String)>) -> Vec<(Box<str>, Box<str>)> {
    tags.into_iter()
        .map(|(key, value)| (key.as_str().into(), value.as_str().into()))
        .collect()
}
