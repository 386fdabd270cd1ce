//! Key policies. A key has exactly one, and its name is `default`.
//!
//! AWS: developer guide, "Key policies in AWS KMS".

mod get_key_policy;
mod list_key_policies;
mod put_key_policy;

pub(crate) use get_key_policy::get_key_policy;
pub(crate) use list_key_policies::list_key_policies;
pub(crate) use put_key_policy::put_key_policy;

use strongroom_model::KeyId;

use crate::{call::Call, error::KmsError, layout::Home, permission::Subject, record::PolicyRecord};

/// The one policy name that a key has.
const DEFAULT: &str = "default";

/// Reads a policy that a caller wants on a key of its account, which may be yet to come.
///
/// # Errors
///
/// - `LimitExceededException`: longer than 32,768 bytes.
/// - `MalformedPolicyDocumentException`: not a policy, an unknown principal, or the caller could
///   not put another policy afterwards and did not ask to skip that check.
/// - `InvalidArnException`: a principal that is not a principal's ARN.
pub(crate) async fn accept(
    call: &Call<'_>,
    text: &str,
    bypass_lockout_check: Option<bool>,
    (home, key): (&Home, KeyId),
    subject: Subject<'_>,
) -> Result<PolicyRecord, KmsError> {
    let policy = PolicyRecord::read(call.service(), home, text).await?;
    if !bypass_lockout_check.unwrap_or(false) {
        call.check_lockout(&policy, &home.key_arn(key), subject)
            .await?;
    }
    Ok(policy)
}
