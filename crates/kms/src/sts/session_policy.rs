//! Session policies: the ceiling that a request puts over its session.

use std::sync::Arc;

use strongroom_auth::{NamedPolicy, policy::IdentityPolicy};

use super::StsError;

/// The session policies of a request, compiled; none where it gives none.
///
/// # Errors
/// `MalformedPolicyDocument`, and `ValidationError` for a managed policy: identities have inline
/// policies here, so none exists. AWS publishes no text for one that does not.
pub(super) fn compile(
    policy: Option<&str>,
    arns: &[impl AsRef<str>],
) -> Result<Option<Vec<NamedPolicy>>, StsError> {
    if let Some(arn) = arns.first() {
        return Err(StsError::validation(format!(
            "Policy {} does not exist or is not attachable.",
            arn.as_ref()
        )));
    }
    let Some(text) = policy else {
        return Ok(None);
    };
    let policy = IdentityPolicy::parse_session(text)
        .map_err(|error| StsError::malformed_policy(error.message))?;
    Ok(Some(vec![NamedPolicy {
        name: "session/policy".into(),
        policy: Arc::new(policy),
    }]))
}
