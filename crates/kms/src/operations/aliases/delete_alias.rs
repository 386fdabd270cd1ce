//! DeleteAlias: a name ceases to stand for a KMS key. The key is not touched.
//!
//! AWS: API reference, "DeleteAlias".

use strongroom_model::shapes::DeleteAliasRequest;

use super::customer_alias;
use crate::{
    call::{Attempt, Call},
    change::Change,
    uses,
};

/// Deletes the alias, whatever the state of its key. The name can be used again at once, with a
/// key of any type.
///
/// # Errors
///
/// - `NotFoundException`: there is no such alias in this account and Region.
/// - `NotAuthorizedException`: the name belongs to an AWS managed key.
pub(crate) async fn delete_alias(call: &Call<'_>, input: &DeleteAliasRequest) -> Attempt<()> {
    let alias = call.find_alias(&customer_alias(&input.alias_name)?).await?;
    let current = call.find_target_of(&alias).await?;

    let alias = call.permit_alias::<_, uses::DeleteAlias>(alias).await?;
    let current = call
        .permit::<uses::DeleteAliasFrom>(current)
        .await?
        .usable()?;

    let set = call.alias_set(&current).await?;
    call.commit(Change::delete_alias(&alias, &current, &set)?)
        .await
}
