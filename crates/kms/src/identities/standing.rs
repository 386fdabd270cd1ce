//! What a caller's own side says, compiled once for each revision of the records behind it.

use std::sync::Arc;

use quick_cache::sync::Cache;
use strongroom_auth::{
    NamedPolicy, Standing,
    policy::{IdentityPolicy, TrustPolicy},
};
use strongroom_model::AccountId;
use strongroom_store::Revision;

use super::{
    Role, User,
    record::{Document, GroupRecord, RoleRecord, UserRecord},
};
use crate::{
    error::KmsError,
    layout::{self, RowKey},
    service::Service,
    shelves::Stored,
};

/// Users and roles that are kept ready, at most, and groups.
const READY: usize = 10_000;

/// The users, roles and groups that were looked up lately.
pub(crate) struct Compiled {
    users: Cache<String, Arc<ReadyUser>>,
    roles: Cache<String, (Revision, Arc<Role>)>,
    groups: Cache<String, (Revision, Arc<[NamedPolicy]>)>,
}

/// A user and the revisions of everything that it was made of.
struct ReadyUser {
    revision: Revision,
    groups: Vec<(RowKey<GroupRecord>, Revision)>,
    user: Arc<User>,
}

impl Compiled {
    pub(crate) fn new() -> Self {
        Self {
            users: Cache::new(READY),
            roles: Cache::new(READY),
            groups: Cache::new(READY),
        }
    }

    /// The user as its record and those of its groups are now. While they stay the same, it is
    /// the very same value.
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
        let mut policies = inline(&owner, &declared.policies)?;
        let mut groups = Vec::with_capacity(declared.groups.len());
        for name in &declared.groups {
            let row = layout::group(account, name);
            let group = service.shelves().get(&row).await?;
            // A group cannot be deleted while it has members, and a Deny of it must not be lost.
            let group = group.ok_or_else(|| {
                KmsError::internal(format_args!("the group {name} of {owner} is not there"))
            })?;
            policies.extend(self.group(&row, &group)?.iter().cloned());
            groups.push((row, group.revision));
        }
        let standing = Standing {
            policies,
            boundary: boundary(&owner, declared.permissions_boundary.as_ref())?,
            session: None,
            tags: tags(&declared.tags),
            session_facts: None,
        };
        Ok(ReadyUser {
            revision: stored.revision,
            groups,
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

    /// The policies of a group.
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

    /// The role as its record is now.
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
        if let Some((revision, role)) = self.roles.get(row.as_str())
            && revision == stored.revision
        {
            return Ok(Some(role));
        }
        let role = Arc::new(make_role(account, &stored.record)?);
        let kept = (stored.revision, Arc::clone(&role));
        self.roles.insert(row.as_str().to_owned(), kept);
        Ok(Some(role))
    }
}

/// Whether groups are as they were.
async fn unmoved(
    service: &Service,
    groups: &[(RowKey<GroupRecord>, Revision)],
) -> Result<bool, KmsError> {
    for (row, revision) in groups {
        let stored = service.shelves().get(row).await?;
        if stored.map(|stored| stored.revision) != Some(*revision) {
            return Ok(false);
        }
    }
    Ok(true)
}

fn make_role(account: AccountId, record: &RoleRecord) -> Result<Role, KmsError> {
    let declared = &record.declared;
    let owner = ["role/", &record.name].concat();
    let trust = TrustPolicy::parse(&declared.trust.0).map_err(|error| {
        KmsError::internal(format_args!("the stored trust policy of {owner}: {error}"))
    })?;
    let standing = Standing {
        policies: inline(&owner, &declared.policies)?,
        boundary: boundary(&owner, declared.permissions_boundary.as_ref())?,
        session: None,
        tags: tags(&declared.tags),
        session_facts: None,
    };
    Ok(Role {
        account,
        path: declared.path.as_str().into(),
        name: record.name.as_str().into(),
        unique_id: record.unique_id.as_str().into(),
        trust: Arc::new(trust),
        max_session_duration_seconds: declared.max_session_duration_seconds,
        sessions_not_before: record.sessions_not_before,
        standing: Arc::new(standing),
    })
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

fn boundary(owner: &str, document: Option<&Document>) -> Result<Option<NamedPolicy>, KmsError> {
    document
        .map(|document| named([owner, "/permissions-boundary"].concat(), document))
        .transpose()
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
