//! Session policies: the ceiling that a request puts over its session.

use std::sync::Arc;

use strongroom_auth::{
    NamedPolicy,
    policy::{IdentityPolicy, identity::SESSION_POLICY_CHARACTERS},
};
use strongroom_model::AccountId;

use super::StsError;
use crate::{identities::PolicyName, service::Service};

/// The session policy that a request spells out, compiled; none where it spells out none.
///
/// # Errors
/// `MalformedPolicyDocument`.
pub(super) fn compile(policy: Option<&str>) -> Result<Option<Vec<NamedPolicy>>, StsError> {
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

/// Checks the session policies of a request for a role of the account: the one that it spells out
/// and the managed ones that it names. In open development the latter are taken at their word, as
/// roles are.
///
/// # Errors
/// `MalformedPolicyDocument`; `PackedPolicyTooLarge` when policy and ARNs have more characters
/// together than AWS takes; `ValidationError` for what is no managed policy of the account, of
/// which AWS publishes no text.
pub(super) async fn check(
    service: &Service,
    account: AccountId,
    policy: Option<&str>,
    arns: &[String],
) -> Result<(), StsError> {
    compile(policy)?;
    let texts = policy.into_iter().chain(arns.iter().map(String::as_str));
    let characters: usize = texts.map(|text| text.chars().count()).sum();
    if characters > SESSION_POLICY_CHARACTERS {
        let percent = (characters.saturating_mul(100)).div_ceil(SESSION_POLICY_CHARACTERS);
        return Err(StsError::packed_policy_too_large(format!(
            "Packed policy consumes {percent}% of allotted space, please use smaller policy."
        )));
    }
    let open = service.authorizer().is_open();
    for arn in arns {
        let here = PolicyName::parse(arn).is_ok_and(|name| open || name.is_in(account));
        let found = [arn.as_str().into()];
        if !here || !(open || service.managed_policies(&found).await?.is_some()) {
            return Err(StsError::validation(format!(
                "Policy {arn} does not exist or is not attachable."
            )));
        }
    }
    Ok(())
}
