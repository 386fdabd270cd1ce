//! Users.

use serde_json::{Value, json};
use strongroom_model::AccountId;

use super::{Act, DETACH_FIRST, boundary_told, date, misplaced, put, tags_told};
use crate::{
    identities::{
        arn,
        error::IdentityError,
        record::{UserDeclaration, UserRecord},
    },
    layout,
    service::Service,
};

impl Service {
    pub(super) async fn act_on_user(
        &self,
        account: AccountId,
        act: Act,
    ) -> Result<Value, IdentityError> {
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
                    } else if !user.declared.managed_policies.is_empty() {
                        Some(DETACH_FIRST)
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
}

pub(super) fn user_told(account: AccountId, user: &UserRecord) -> Value {
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
    let boundary = declared.permissions_boundary.as_ref().map(boundary_told);
    put(&mut told, "PermissionsBoundary", boundary);
    told
}
