//! GetKeyPolicy: the key policy of a KMS key.
//!
//! AWS: API reference, "GetKeyPolicy".

use strongroom_model::{
    errors::ErrorCode,
    shapes::{GetKeyPolicyRequest, GetKeyPolicyResponse},
};

use super::DEFAULT;
use crate::{
    call::{Attempt, Call},
    error::KmsError,
    uses,
};

/// Returns the policy as the text that was put, in every key state. Accounts are told by the ARN
/// of their root, and users and roles that are gone by their unique ids.
///
/// # Errors
///
/// - `NotFoundException`: a policy name other than `default`.
pub(crate) async fn get_key_policy(
    call: &Call<'_>,
    input: &GetKeyPolicyRequest,
) -> Attempt<GetKeyPolicyResponse> {
    let key = call.find_key(&input.key_id).await?;
    let key = call.permit::<uses::GetKeyPolicy>(key).await?.usable()?;
    let no_such_policy = || KmsError::new(ErrorCode::NotFoundException, "No such policy exists");
    if input.policy_name.as_deref().unwrap_or(DEFAULT) != DEFAULT {
        return Err(no_such_policy().into());
    }
    let row = key.home().policy(key.id());
    let policy = call
        .service()
        .shelves()
        .get(&row)
        .await?
        .ok_or_else(no_such_policy)?;
    Ok(GetKeyPolicyResponse {
        policy: Some(policy.record.shown(call.service()).await?),
        policy_name: Some(DEFAULT.to_owned()),
    })
}
