//! PutKeyPolicy: replaces the key policy of a KMS key.
//!
//! AWS: API reference, "PutKeyPolicy".

use strongroom_model::shapes::PutKeyPolicyRequest;

use super::{DEFAULT, accept};
use crate::{
    call::{Attempt, Call},
    change::Change,
    error::KmsError,
    permission::Subject,
    uses,
};

/// Replaces the policy as a whole, in every key state.
///
/// # Errors
///
/// - `MalformedPolicyDocumentException`, `LimitExceededException`: see [`accept`].
/// - `UnsupportedOperationException`: a policy name other than `default`.
pub(crate) async fn put_key_policy(call: &Call<'_>, input: &PutKeyPolicyRequest) -> Attempt<()> {
    let key = call.find_key(&input.key_id).await?;
    let key = call.permit::<uses::PutKeyPolicy>(key).await?.usable()?;
    match input.policy_name.as_deref().unwrap_or(DEFAULT) {
        DEFAULT => {}
        "AWS_RAM" => {
            return Err(KmsError::validation(
                "The AWS_RAM policy can only be managed by the RAM service.",
            )
            .into());
        }
        _ => return Err(KmsError::unsupported("No such policy exists").into()),
    }
    let policy = accept(
        call,
        &input.policy,
        input.bypass_policy_lockout_safety_check,
        (key.home(), key.id()),
        Subject::Key(&key),
    )
    .await?;

    let row = key.home().policy(key.id());
    let mut change = Change::new();
    change
        .provided(&key.home().key(key.id()), Some(key.revision()))
        .put(&row, &policy)?;
    call.commit(change).await
}
