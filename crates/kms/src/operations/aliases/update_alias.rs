//! UpdateAlias: an existing alias comes to stand for another KMS key.
//!
//! An alias outlives the key behind it, so this is how callers change keys without changing
//! their own configuration. Three resources are touched and each has to be permitted on its
//! own account: the alias, the key it leaves, and the key it joins.
//!
//! AWS: API reference, "UpdateAlias"; developer guide, "Key states of AWS KMS keys", note 10.

use strongroom_model::shapes::UpdateAliasRequest;

use super::{customer_alias, find_target};
use crate::{
    call::{Attempt, Call},
    change::Change,
    uses,
};

/// Points the alias at `target_key_id`.
///
/// The two keys must be interchangeable to whoever uses the alias: same type, same key usage.
/// [`Change::update_alias`] holds that rule. The key being left may be pending deletion, since
/// moving away from it is the point; the key being joined may not. Both facts are rows of
/// [`uses`], so they are not repeated here. An alias that does not exist is never created.
///
/// # Errors
///
/// - `NotFoundException`: the alias or the target key is not in this account and Region.
/// - `KMSInvalidStateException`: the target key's state does not allow it to be joined.
/// - `ValidationException`: the keys are not interchangeable.
/// - `LimitExceededException`: the target has all the aliases it may have.
pub(crate) async fn update_alias(call: &Call<'_>, input: &UpdateAliasRequest) -> Attempt<()> {
    let alias = call.find_alias(&customer_alias(&input.alias_name)?).await?;
    let current = call.find_target_of(&alias).await?;
    let target = find_target(call, &input.target_key_id).await?;

    let alias = call.permit_alias::<_, uses::UpdateAlias>(alias).await?;
    let current = call.permit::<uses::UpdateAliasFrom>(current).await?;
    let target = call.permit::<uses::UpdateAliasTo>(target).await?;

    let (current, target) = (current.usable()?, target.usable()?);
    let (left, joined) = (
        call.alias_set(&current).await?,
        call.alias_set(&target).await?,
    );
    let change = Change::update_alias(&alias, (&current, &left), (&target, &joined), call.now())?;
    call.commit(change).await
}
