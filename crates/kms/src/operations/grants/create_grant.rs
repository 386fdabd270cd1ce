//! CreateGrant: a principal may use a KMS key.
//!
//! AWS: API reference, "CreateGrant"; developer guide, "Creating grants".

use strongroom_model::{
    GrantId,
    shapes::{CreateGrantRequest, CreateGrantResponse},
};

use super::{terms, unique_id};
use crate::{
    call::{Attempt, Call, Found},
    change::Change,
    error::KmsError,
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
    let terms = match &key {
        Found::Here(key) => terms(key.home(), key.record(), input),
        // Refused at once.
        _ => Err(KmsError::internal(
            "the terms of a grant on a key that is not there",
        )),
    };
    let key = call
        .permit_grant::<uses::CreateGrant>(key, terms.as_ref().ok())
        .await?;
    let terms = terms?;
    let grant = GrantRecord {
        created: call.now(),
        issuer: call.home().account,
        name: input.name.clone(),
        grantee_id: unique_id(call.service(), &terms.grantee).await?,
        retiring_id: match &terms.retiring {
            Some(principal) => unique_id(call.service(), principal).await?,
            None => None,
        },
        terms,
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
