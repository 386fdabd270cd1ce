//! RevokeGrant: a grant ends because those who look after the key say so.
//!
//! AWS: API reference, "RevokeGrant"; developer guide, "Retiring and revoking grants".

use strongroom_model::shapes::RevokeGrantRequest;

use super::grant_id;
use crate::{
    call::{Attempt, Call, Found},
    change::Change,
    error::KmsError,
    uses,
};

/// Ends the grant, in every state of the key. Grants that its grantee created stay.
///
/// # Errors
///
/// - `InvalidGrantIdException`: what no grant can have as its id.
/// - `NotFoundException`: the key has no such grant, or not any more.
pub(crate) async fn revoke_grant(call: &Call<'_>, input: &RevokeGrantRequest) -> Attempt<()> {
    let key = call.find_key(&input.key_id).await?;
    let id = grant_id(&input.grant_id)?;
    let grant = call.find_grant(&key, id).await?;
    let key = call.permit::<uses::RevokeGrant>(key).await?.usable()?;
    // Whoever may revoke grants of another account's key may know which there are.
    let Found::Here(grant) = grant else {
        return Err(KmsError::no_such_grant(id).into());
    };

    let sets = call.grant_sets(&key, grant.record()).await?;
    call.commit(Change::revoke_grant(&key, &grant, &sets)?)
        .await
}
