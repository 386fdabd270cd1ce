//! What users, groups and roles have alike: inline policies, boundaries and tags.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use strongroom_model::AccountId;

use super::{Act, Owner, misplaced, tags_told};
use crate::{
    identities::{
        PolicyName,
        error::IdentityError,
        record::{
            Boundary, Document, GroupDeclaration, GroupRecord, RoleDeclaration, RoleRecord,
            UserDeclaration, UserRecord,
        },
        write::Told,
    },
    service::Service,
};

impl Service {
    pub(super) async fn act_on_owner(
        &self,
        account: AccountId,
        act: Act,
    ) -> Result<Value, IdentityError> {
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
            Act::AttachPolicy { owner, arn } => {
                if !PolicyName::parse(&arn)?.is_in(account) {
                    return Err(IdentityError::not_attachable(&arn));
                }
                let event =
                    owner.event("AttachUserPolicy", "AttachGroupPolicy", "AttachRolePolicy");
                let told = || owner.told(event).with("policyArn", &arn);
                self.edit_owner(account, &owner, told, |its| {
                    its.managed_policies.insert(arn.clone());
                    Ok(())
                })
                .await?;
                json!({})
            }
            Act::DetachPolicy { owner, arn } => {
                PolicyName::parse(&arn)?;
                self.detach(account, &owner, &arn).await?;
                json!({})
            }
            Act::ListAttachedPolicies { owner } => {
                let attached = self.owned(account, &owner).await?.managed_policies;
                let told = attached.iter().map(|arn| {
                    let name = PolicyName::parse(arn).map(|policy| policy.name);
                    json!({ "PolicyName": name.unwrap_or_default(), "PolicyArn": arn })
                });
                json!({ "AttachedPolicies": told.collect::<Vec<_>>() })
            }
            Act::PutBoundary { owner, boundary } => {
                let told = || {
                    owner.told(owner.event(
                        "PutUserPermissionsBoundary",
                        "",
                        "PutRolePermissionsBoundary",
                    ))
                };
                self.edit_owner(account, &owner, told, |its| {
                    *its.boundary()? = Some(boundary.clone());
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

    pub(super) async fn detach(
        &self,
        account: AccountId,
        owner: &Owner,
        arn: &str,
    ) -> Result<(), IdentityError> {
        let event = owner.event("DetachUserPolicy", "DetachGroupPolicy", "DetachRolePolicy");
        let told = || owner.told(event).with("policyArn", arn);
        self.edit_owner(account, owner, told, |its| {
            if its.managed_policies.remove(arn) {
                Ok(())
            } else {
                Err(IdentityError::unknown("managed policy", arn))
            }
        })
        .await
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
                    user.declared.managed_policies = its.managed_policies;
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
                    group.declared.managed_policies = its.managed_policies;
                    Ok(())
                };
                self.edit(account, name, told, edit).await?;
            }
            Owner::Role(name) => {
                let edit = |role: &mut RoleRecord| {
                    let mut its = Owned::of_role(&role.declared);
                    edit(&mut its)?;
                    role.declared.policies = its.policies;
                    role.declared.managed_policies = its.managed_policies;
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
}

/// What users, groups and roles have alike; absent what a kind cannot have.
struct Owned {
    policies: BTreeMap<String, Document>,
    managed_policies: BTreeSet<String>,
    tags: Option<BTreeMap<String, String>>,
    boundary: Option<Option<Boundary>>,
}

impl Owned {
    fn of_user(user: &UserDeclaration) -> Self {
        Self {
            policies: user.policies.clone(),
            managed_policies: user.managed_policies.clone(),
            tags: Some(user.tags.clone()),
            boundary: Some(user.permissions_boundary.clone()),
        }
    }

    fn of_group(group: &GroupDeclaration) -> Self {
        Self {
            policies: group.policies.clone(),
            managed_policies: group.managed_policies.clone(),
            tags: None,
            boundary: None,
        }
    }

    fn of_role(role: &RoleDeclaration) -> Self {
        Self {
            policies: role.policies.clone(),
            managed_policies: role.managed_policies.clone(),
            tags: Some(role.tags.clone()),
            boundary: Some(role.permissions_boundary.clone()),
        }
    }

    fn tags(&mut self) -> Result<&mut BTreeMap<String, String>, IdentityError> {
        let groups = || IdentityError::invalid("Groups have no tags");
        self.tags.as_mut().ok_or_else(groups)
    }

    fn boundary(&mut self) -> Result<&mut Option<Boundary>, IdentityError> {
        let groups = || IdentityError::invalid("Groups have no permissions boundary");
        self.boundary.as_mut().ok_or_else(groups)
    }
}

impl Owner {
    pub(super) fn name(&self) -> &str {
        match self {
            Self::User(name) | Self::Group(name) | Self::Role(name) => name,
        }
    }

    /// What IAM calls the member with its name.
    pub(super) fn member(&self) -> &'static str {
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

fn no_policy(name: &str) -> IdentityError {
    IdentityError::unknown("policy", name)
}
