//! ListKeyPolicies: the names of a key's policies, which is always one.
//!
//! AWS: API reference, "ListKeyPolicies".

use strongroom_model::shapes::{ListKeyPoliciesRequest, ListKeyPoliciesResponse};

use super::DEFAULT;
use crate::{
    call::{Attempt, Call},
    uses,
};

/// Answers `default`, in every key state. Any marker is tolerated, as AWS models no error for a
/// wrong one.
pub(crate) async fn list_key_policies(
    call: &Call<'_>,
    input: &ListKeyPoliciesRequest,
) -> Attempt<ListKeyPoliciesResponse> {
    let key = call.find_key(&input.key_id).await?;
    call.permit::<uses::ListKeyPolicies>(key).await?.usable()?;
    Ok(ListKeyPoliciesResponse {
        policy_names: Some(vec![DEFAULT.to_owned()]),
        truncated: Some(false),
        next_marker: None,
    })
}
