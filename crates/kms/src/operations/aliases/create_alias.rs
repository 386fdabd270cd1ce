//! CreateAlias: a name for a KMS key.
//!
//! AWS: API reference, "CreateAlias"; developer guide, "Controlling access to aliases".

use strongroom_model::shapes::CreateAliasRequest;

use super::{customer_alias, find_target};
use crate::{
    call::{Attempt, Call},
    change::Change,
    uses,
};

/// Creates the alias, standing for `target_key_id`.
///
/// Not idempotent: a name that exists is refused even if it stands for the same key. Two
/// resources have to be permitted, the alias to be and the key.
///
/// # Errors
///
/// - `ValidationException`, `NotAuthorizedException`: the name is not one a customer may choose.
/// - `NotFoundException`: the target key is not in this account and Region.
/// - `KMSInvalidStateException`: the target key is pending deletion.
/// - `AlreadyExistsException`: the name is taken.
/// - `LimitExceededException`: the key has all the aliases it may have.
pub(crate) async fn create_alias(call: &Call<'_>, input: &CreateAliasRequest) -> Attempt<()> {
    let name = customer_alias(&input.alias_name)?;
    let target = find_target(call, &input.target_key_id).await?;
    let alias = call.find_new_alias(&name).await?;

    let alias = call.permit_alias::<_, uses::CreateAlias>(alias).await?;
    let target = call.permit::<uses::CreateAliasTo>(target).await?.usable()?;

    let set = call.alias_set(&target).await?;
    call.commit(Change::create_alias(&alias, &target, &set, call.now())?)
        .await
}
