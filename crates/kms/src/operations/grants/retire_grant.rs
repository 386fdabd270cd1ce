//! RetireGrant: a grant ends because those whom it concerns are done with it.
//!
//! AWS: API reference, "RetireGrant"; developer guide, "Retiring and revoking grants".

use strongroom_model::shapes::RetireGrantRequest;

use super::grant_id;
use crate::{
    call::{Attempt, Call},
    change::Change,
    error::KmsError,
};

/// Ends the grant that a token stands for, or that key and grant id name, in every state of the
/// key. Its retiring principal may, its grantee if it lists RetireGrant, and the accounts that
/// issued it or own the key.
///
/// # Errors
///
/// - `ValidationException`: not exactly one of the two ways to name a grant.
/// - `InvalidGrantTokenException`, `InvalidGrantIdException`: what stands for no grant.
/// - `NotFoundException`: there is no such grant, or not any more.
/// - `AccessDeniedException`: the caller is none of those who may.
pub(crate) async fn retire_grant(call: &Call<'_>, input: &RetireGrantRequest) -> Attempt<()> {
    let (key, id) = match (&input.grant_token, &input.key_id, &input.grant_id) {
        (Some(token), None, None) => {
            let name = call.open_token(token)?;
            (call.find_key_of_grant(&name).await?, name.grant_id)
        }
        (None, Some(key), Some(id)) => {
            let key = call.find_key(key).await?;
            (key, grant_id(id)?)
        }
        _ => return Err(KmsError::grant_not_named().into()),
    };
    let grant = call.find_grant(&key, id).await?;
    let (key, grant) = call.permit_retirement(key, grant).await?;
    let key = key.usable()?;

    let sets = call.grant_sets(&key, grant.record()).await?;
    call.commit(Change::retire_grant(&key, &grant, &sets)?)
        .await
}
