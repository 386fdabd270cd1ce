//! From the parts of a request to its caller, all checks in AWS's order.

use std::sync::Arc;

use strongroom_model::Region;

use super::{Claim, Expectation, Protocol, SignatureError, SignedParts, error::Fault};
use crate::identity::{Caller, CredentialError, CredentialSource, LookUp};

/// Who signed a request, and for which Region.
#[derive(Clone, Debug)]
pub struct Authenticated {
    /// The caller.
    pub caller: Arc<Caller>,
    /// The Region that the signature is scoped to.
    pub region: Region,
}

/// Why a request has no caller.
#[derive(Debug, thiserror::Error)]
pub enum AuthenticationError {
    /// The signature is refused.
    #[error(transparent)]
    Refused(#[from] SignatureError),
    /// The credentials could not be looked up; nothing is known about the signature.
    #[error("the credentials cannot be looked up")]
    Unavailable(#[from] CredentialError),
}

/// Finds the caller of a request.
///
/// An unknown access key costs as much as a known one, and neither that nor an inactive one is
/// told apart; nor is a temporary one without its token, with another one's or with a forged
/// one, nor a token with an access key that is not temporary. A session that has ended is told
/// before the signature is looked at, which tells nothing: whoever has the token knows when it
/// ends.
///
/// # Errors
///
/// With AWS's refusal, or when `credentials` cannot answer.
pub async fn authenticate(
    parts: &SignedParts<'_>,
    protocol: Protocol,
    expected: &Expectation<'_>,
    credentials: &impl CredentialSource,
) -> Result<Authenticated, AuthenticationError> {
    let claim = Claim::parse(parts, protocol)?.check(expected)?;
    let (access_key_id, scope) = claim.signer();
    let region = Region::parse(scope.region).map_err(|_| {
        let text = "Credential should be scoped to a valid region. ";
        SignatureError::new(protocol, Fault::Invalid, text)
    })?;
    let token = claim.session_token();
    let credential = match credentials.look_up(access_key_id, token).await? {
        LookUp::Found(credential) if credential.active => credential,
        LookUp::Found(_) | LookUp::Unknown => return Err(claim.refuse_unknown(parts).into()),
        LookUp::Expired => return Err(SignatureError::expired_session(protocol).into()),
    };
    claim.verify(parts, &credential.secret.key(&scope))?;
    Ok(Authenticated {
        caller: credential.caller,
        region,
    })
}
