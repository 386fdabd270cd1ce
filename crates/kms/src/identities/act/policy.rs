//! Managed policies and their versions.

use serde_json::{Value, json};
use strongroom_model::{AccountId, Timestamp};

use super::{Act, Owner, date, misplaced, put};
use crate::{
    identities::{
        PolicyName,
        error::IdentityError,
        record::{Boundary, Document, ManagedPolicyRecord},
        write::{Step, Told},
    },
    layout,
    service::Service,
};

impl Service {
    pub(super) async fn act_on_policy(
        &self,
        account: AccountId,
        act: Act,
    ) -> Result<Value, IdentityError> {
        Ok(match act {
            Act::CreateManagedPolicy { name, policy } => {
                let made = self.create(account, &name, policy, "CreatePolicy").await?;
                json!({ "Policy": policy_told(account, &made) })
            }
            Act::GetManagedPolicy { arn } => {
                let policy = self.find_policy(account, &arn).await?;
                json!({ "Policy": policy_told(account, &policy) })
            }
            Act::ListManagedPolicies { only_attached } => {
                let all = self.all_of(&layout::managed_policies(account)).await?;
                let told = all
                    .iter()
                    .filter(|(_, policy)| !only_attached || policy.attachments > 0)
                    .map(|(_, policy)| policy_told(account, policy));
                json!({ "Policies": told.collect::<Vec<_>>() })
            }
            Act::DeleteManagedPolicy { arn } => {
                let policy = self.find_policy(account, &arn).await?;
                let decide = |there: Option<&ManagedPolicyRecord>| {
                    let there = there.ok_or_else(|| IdentityError::unknown(KIND, &arn))?;
                    unused(there)?;
                    if !there.others.is_empty() {
                        return Err(IdentityError::conflict(
                            "This policy has more than one version. Before you delete a policy, \
                             you must delete the policy's versions. The default version is \
                             deleted with the policy.",
                        ));
                    }
                    Ok((Step::Remove, of_policy("DeletePolicy", &arn)))
                };
                self.write_identity(account, &policy.name, decide, |_| Ok(()))
                    .await?;
                json!({})
            }
            Act::CreatePolicyVersion {
                arn,
                document,
                set_as_default,
            } => {
                let now = self.now();
                let told = || {
                    of_policy("CreatePolicyVersion", &arn)
                        .with("setAsDefault", set_as_default.to_string())
                };
                let policy = self
                    .edit_policy(account, &arn, told, |policy| {
                        policy.add_version(document.clone(), set_as_default, now)?;
                        Ok(())
                    })
                    .await?;
                let made = policy
                    .versions()
                    .find(|(number, ..)| *number == policy.last_version);
                let mut told = Value::Null;
                if let Some((number, created, _)) = made {
                    told = version_told(&policy, number, created, None);
                }
                json!({ "PolicyVersion": told })
            }
            Act::SetDefaultPolicyVersion { arn, version } => {
                let now = self.now();
                let told = || of_version("SetDefaultPolicyVersion", &arn, version);
                self.edit_policy(account, &arn, told, |policy| {
                    let known = policy.set_default(version, now);
                    known
                        .then_some(())
                        .ok_or_else(|| IdentityError::unknown_version(&arn, version))
                })
                .await?;
                json!({})
            }
            Act::DeletePolicyVersion { arn, version } => {
                let told = || of_version("DeletePolicyVersion", &arn, version);
                let now = self.now();
                self.edit_policy(account, &arn, told, |policy| {
                    if policy.default_version == version {
                        return Err(IdentityError::conflict(
                            "Cannot delete the default version of a policy.",
                        ));
                    }
                    policy.updated = now;
                    let gone = policy.others.remove(&version);
                    gone.map(|_| ())
                        .ok_or_else(|| IdentityError::unknown_version(&arn, version))
                })
                .await?;
                json!({})
            }
            Act::GetPolicyVersion { arn, version } => {
                let policy = self.find_policy(account, &arn).await?;
                let wanted = policy.versions().find(|(number, ..)| *number == version);
                let (number, created, document) =
                    wanted.ok_or_else(|| IdentityError::unknown_version(&arn, version))?;
                json!({ "PolicyVersion": version_told(&policy, number, created, Some(document)) })
            }
            Act::ListPolicyVersions { arn } => {
                let policy = self.find_policy(account, &arn).await?;
                let mut versions: Vec<_> = policy.versions().collect();
                versions.sort_unstable_by_key(|(number, ..)| std::cmp::Reverse(*number));
                let told = versions
                    .into_iter()
                    .map(|(number, created, _)| version_told(&policy, number, created, None));
                json!({ "Versions": told.collect::<Vec<_>>() })
            }
            Act::ListEntitiesForPolicy { arn } => {
                self.find_policy(account, &arn).await?;
                let mut told = json!({
                    "PolicyUsers": [], "PolicyGroups": [], "PolicyRoles": [],
                });
                for (owner, attached, boundary) in self.users_of_policy(account, &arn).await? {
                    let list = match owner {
                        Owner::User(_) => "PolicyUsers",
                        Owner::Group(_) => "PolicyGroups",
                        Owner::Role(_) => "PolicyRoles",
                    };
                    let usage = match (attached, boundary) {
                        (true, true) => "PermissionsPolicy and PermissionsBoundary",
                        (true, false) => "PermissionsPolicy",
                        (false, _) => "PermissionsBoundary",
                    };
                    let entry = json!({ (owner.member()): owner.name(), "Usage": usage });
                    if let Some(Value::Array(list)) = told.get_mut(list) {
                        list.push(entry);
                    }
                }
                told
            }
            _ => return Err(misplaced()),
        })
    }

    /// Detaches a managed policy from everything, and removes it with all of its versions. A
    /// boundary is not taken from anybody.
    pub(in crate::identities) async fn forget_policy(
        &self,
        account: AccountId,
        name: &str,
    ) -> Result<(), IdentityError> {
        let policy: ManagedPolicyRecord = self.find_identity(account, name).await?;
        let arn = policy.arn(account);
        for (owner, attached, _) in self.users_of_policy(account, &arn).await? {
            if attached {
                self.detach(account, &owner, &arn).await?;
            }
        }
        let decide = |there: Option<&ManagedPolicyRecord>| {
            let there = there.ok_or_else(|| IdentityError::unknown(KIND, &arn))?;
            unused(there)?;
            Ok((Step::Remove, of_policy("DeletePolicy", &arn)))
        };
        self.write_identity(account, name, decide, |_| Ok(()))
            .await?;
        Ok(())
    }

    /// Who has a managed policy: attached, as a boundary, or both.
    async fn users_of_policy(
        &self,
        account: AccountId,
        arn: &str,
    ) -> Result<Vec<(Owner, bool, bool)>, IdentityError> {
        let bounds = |boundary: &Option<Boundary>| matches!(boundary, Some(Boundary::Policy(own)) if own == arn);
        let mut all = Vec::new();
        for (_, user) in self.all_of(&layout::users(account)).await? {
            let its = &user.declared;
            let boundary = bounds(&its.permissions_boundary);
            let attached = its.managed_policies.contains(arn);
            all.push((Owner::User(user.name), attached, boundary));
        }
        for (_, group) in self.all_of(&layout::groups(account)).await? {
            let attached = group.declared.managed_policies.contains(arn);
            all.push((Owner::Group(group.name), attached, false));
        }
        for (_, role) in self.all_of(&layout::roles(account)).await? {
            let its = &role.declared;
            let boundary = bounds(&its.permissions_boundary);
            let attached = its.managed_policies.contains(arn);
            all.push((Owner::Role(role.name), attached, boundary));
        }
        all.retain(|(_, attached, boundary)| *attached || *boundary);
        Ok(all)
    }

    /// The managed policy of the account that an ARN names.
    async fn find_policy(
        &self,
        account: AccountId,
        arn: &str,
    ) -> Result<ManagedPolicyRecord, IdentityError> {
        let name = PolicyName::parse(arn)?;
        let stored = match name.row(account) {
            Some(row) => self.shelves().get(&row).await?,
            None => None,
        };
        let record = stored.map(|stored| stored.record.clone());
        record
            .filter(|record| name.is_of(record))
            .ok_or_else(|| IdentityError::unknown(KIND, arn))
    }

    async fn edit_policy(
        &self,
        account: AccountId,
        arn: &str,
        told: impl Fn() -> Told,
        edit: impl Fn(&mut ManagedPolicyRecord) -> Result<(), IdentityError>,
    ) -> Result<ManagedPolicyRecord, IdentityError> {
        let policy = self.find_policy(account, arn).await?;
        self.edit(account, &policy.name, told, edit).await
    }
}

const KIND: &str = "managed policy";

/// Refuses to lose a policy that somebody has.
fn unused(policy: &ManagedPolicyRecord) -> Result<(), IdentityError> {
    if policy.attachments > 0 || policy.boundaries > 0 {
        let message = "Cannot delete a policy attached to entities.";
        return Err(IdentityError::conflict(message));
    }
    Ok(())
}

fn of_policy(event: &'static str, arn: &str) -> Told {
    Told::new(event).with("policyArn", arn)
}

fn of_version(event: &'static str, arn: &str, version: u32) -> Told {
    of_policy(event, arn).with("versionId", format!("v{version}"))
}

fn policy_told(account: AccountId, policy: &ManagedPolicyRecord) -> Value {
    let declared = &policy.declared;
    let mut told = json!({
        "PolicyName": policy.name,
        "PolicyId": policy.unique_id,
        "Arn": policy.arn(account),
        "Path": declared.path,
        "DefaultVersionId": format!("v{}", policy.default_version),
        "AttachmentCount": policy.attachments,
        "PermissionsBoundaryUsageCount": policy.boundaries,
        "IsAttachable": true,
        "CreateDate": date(policy.created),
        "UpdateDate": date(policy.updated),
    });
    let description = &declared.description;
    let description = (!description.is_empty()).then(|| description.as_str().into());
    put(&mut told, "Description", description);
    told
}

fn version_told(
    policy: &ManagedPolicyRecord,
    number: u32,
    created: Timestamp,
    document: Option<&Document>,
) -> Value {
    let mut told = json!({
        "VersionId": format!("v{number}"),
        "IsDefaultVersion": number == policy.default_version,
        "CreateDate": date(created),
    });
    put(&mut told, "Document", document.map(Document::value));
    told
}
