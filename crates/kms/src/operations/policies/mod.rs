//! Key policies. A key has exactly one, and its name is `default`.
//!
//! AWS: developer guide, "Key policies in AWS KMS".

mod get_key_policy;
mod list_key_policies;
mod put_key_policy;

pub(crate) use get_key_policy::get_key_policy;
pub(crate) use list_key_policies::list_key_policies;
pub(crate) use put_key_policy::put_key_policy;

use strongroom_auth::policy::{KeyPolicy, lockout_check};
use strongroom_model::{KeyArn, errors::ErrorCode, limits};

use crate::{call::Call, error::KmsError};

/// The one policy name that a key has.
const DEFAULT: &str = "default";

/// Checks a policy that a caller wants on a key of its account.
///
/// # Errors
///
/// - `LimitExceededException`: longer than 32,768 bytes.
/// - `MalformedPolicyDocumentException`: not a policy, an unknown principal, or the caller could
///   not put another policy afterwards and did not ask to skip that check.
/// - `InvalidArnException`: a principal that is not a principal's ARN.
pub(crate) fn check(
    call: &Call<'_>,
    key: &KeyArn,
    text: &str,
    bypass_lockout_check: Option<bool>,
) -> Result<(), KmsError> {
    if text.len() > limits::KEY_POLICY_BYTES {
        return Err(KmsError::new(
            ErrorCode::LimitExceededException,
            format!(
                "Policy size must not exceed {} bytes.",
                limits::KEY_POLICY_BYTES
            ),
        ));
    }
    let service = call.service();
    let policy = KeyPolicy::parse(text, &|principal| service.knows_principal(principal))?;
    if !bypass_lockout_check.unwrap_or(false) {
        lockout_check(&policy, call.home().account, key)?;
    }
    Ok(())
}
