//! Groups and who is in them.

use serde_json::{Value, json};
use strongroom_model::AccountId;

use super::{Act, DETACH_FIRST, date, misplaced, named, user::user_told};
use crate::{
    identities::{
        arn,
        error::IdentityError,
        record::{GroupDeclaration, GroupRecord, UserRecord},
    },
    layout,
    service::Service,
};

impl Service {
    pub(super) async fn act_on_group(
        &self,
        account: AccountId,
        act: Act,
    ) -> Result<Value, IdentityError> {
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
                    } else if !group.declared.managed_policies.is_empty() {
                        Some(DETACH_FIRST)
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
