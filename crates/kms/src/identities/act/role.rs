//! Roles and who may assume them.

use serde_json::{Value, json};
use strongroom_model::AccountId;

use super::{Act, DETACH_FIRST, boundary_told, date, misplaced, named, put, tags_told};
use crate::{
    identities::{
        arn,
        error::IdentityError,
        record::{RoleDeclaration, RoleRecord},
    },
    layout,
    service::Service,
};

impl Service {
    pub(super) async fn act_on_role(
        &self,
        account: AccountId,
        act: Act,
    ) -> Result<Value, IdentityError> {
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
                    if !role.declared.managed_policies.is_empty() {
                        return Some(DETACH_FIRST);
                    }
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
    let boundary = declared.permissions_boundary.as_ref().map(boundary_told);
    put(&mut told, "PermissionsBoundary", boundary);
    let revoked = role.sessions_not_before.map(|at| Value::from(date(at)));
    put(&mut told, "SessionsNotBefore", revoked);
    told
}
