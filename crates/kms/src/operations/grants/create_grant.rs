//! CreateGrant: a principal may use a KMS key.
//!
//! AWS: API reference, "CreateGrant"; developer guide, "Creating grants".

use strongroom_model::{
    GrantId,
    shapes::{CreateGrantRequest, CreateGrantResponse},
};

use super::terms;
use crate::{
    call::{Attempt, Call},
    change::Change,
    record::GrantRecord,
    uses,
};

/// Creates the grant, or finds the one that the same request with the same name created before.
///
/// A request without a name always creates one, and so does a known name with anything else
/// changed. Every answer has a new token, and all tokens of a grant are alike in what they do.
/// The state of the key is that of its cryptographic use, save that an unavailable key may be
/// spoken of.
///
/// # Errors
///
/// - `ValidationException`, `InvalidArnException`: see [`terms`].
/// - `DisabledException`, `KMSInvalidStateException`: the key's state.
/// - `LimitExceededException`: the key has all the grants it may have.
/// - `InvalidGrantTokenException`: a token among `GrantTokens` is not ours.
pub(crate) async fn create_grant(
    call: &Call<'_>,
    input: &CreateGrantRequest,
) -> Attempt<CreateGrantResponse> {
    let key = call.find_key(&input.key_id).await?;
    let key = call.permit::<uses::CreateGrant>(key)?;
    let grant = GrantRecord {
        created: call.now(),
        issuer: call.home().account,
        name: input.name.clone(),
        terms: terms(call.service(), key.home(), key.record(), input)?,
    };
    let key = key.usable()?;

    let known = call.find_same_grant(&key, &grant).await?;
    let id = match known {
        Some(id) => id,
        None => GrantId::from_bytes(call.service().custody().random().array()?),
    };
    let response = CreateGrantResponse {
        grant_id: Some(id.to_string()),
        grant_token: Some(call.token_of(&key, id)?),
    };
    call.tell(&response);
    if known.is_none() {
        let sets = call.grant_sets(&key, &grant).await?;
        let change = Change::create_grant(&key, id, &grant, &sets)?;
        call.commit(change).await?;
    } else {
        call.stop_if_dry_run()?;
    }
    Ok(response)
}
