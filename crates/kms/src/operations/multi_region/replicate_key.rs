//! ReplicateKey: a multi-Region key comes to exist in one more Region.
//!
//! AWS: API reference, "ReplicateKey"; developer guide, "Create multi-Region replica keys".

use strongroom_model::{
    Region,
    enums::KeyState,
    errors::ErrorCode,
    shapes::{KeyMetadata, ReplicateKeyRequest, ReplicateKeyResponse, Tag},
};

use super::{led_by, offered};
use crate::{
    call::{Attempt, Call},
    change::Change,
    error::KmsError,
    multi_region, new_key,
    operations::{keys::metadata, policies, tags},
    permission::Subject,
    record::{KeyRecord, NewReplicaRecord},
    sweep, uses,
};

/// Makes a replica of a primary key: same id, material, spec, usage, origin and rotation; with a
/// policy, description, tags, aliases, grants and state of its own.
///
/// The answer tells of a key that is Creating. It can be used when this returns; one of imported
/// material waits for the import of the same material there.
///
/// Three permissions: `kms:ReplicateKey` on the primary; `kms:CreateKey`, and `kms:TagResource`
/// for its tags, in the Region of the replica.
///
/// # Errors
///
/// - `DisabledException`, `KMSInvalidStateException`: the primary's state.
/// - `UnsupportedOperationException`: not a primary key, or a Region that is not offered.
/// - `AlreadyExistsException`: there is such a key in that Region, even if its deletion is
///   scheduled.
/// - `MalformedPolicyDocumentException`, `TagException`: see the policies and tags.
/// - `LimitExceededException`: the account has all the keys it may have in that Region.
pub(crate) async fn replicate_key(
    call: &Call<'_>,
    input: &ReplicateKeyRequest,
) -> Attempt<ReplicateKeyResponse> {
    let key = call.find_key(&input.key_id).await?;
    let key = call.permit::<uses::ReplicateKey>(key).await?;
    // A Region that is none is refused below.
    let region = Region::parse(&input.replica_region);
    let there = key
        .home()
        .at(region.as_ref().unwrap_or(&call.home().region));
    call.permit_replica::<uses::CreateReplica>(&key, &there)
        .await?;
    let new_tags = input.tags.as_deref().unwrap_or_default();
    if !new_tags.is_empty() {
        call.permit_replica::<uses::CreateReplicaWithTags>(&key, &there)
            .await?;
    }
    let region = offered(call, &input.replica_region).await?;
    let (id, arn) = (key.id(), there.key_arn(key.id()));
    let mut key_tags = Vec::new();
    tags::put(&mut key_tags, new_tags)?;
    let policy = match &input.policy {
        Some(text) => {
            let bypass = input.bypass_policy_lockout_safety_check;
            let future = KeyRecord {
                tags: key_tags.clone(),
                ..key.record().clone()
            };
            let future = Subject::Future(&there, &future);
            policies::accept(call, text, bypass, (&there, id), future).await?
        }
        None => new_key::default_policy(&there),
    };

    let key = key.usable()?;
    led_by(&key)?;
    let (service, now) = (call.service(), call.now());
    sweep::end_if_lapsed(service, &there, id, now).await?;
    if region == key.home().region || multi_region::exists(service, &there, id, now).await? {
        return Err(KmsError::new(
            ErrorCode::AlreadyExistsException,
            format!("The key {arn} already exists."),
        )
        .into());
    }
    new_key::check_quota(service, &there, now).await?;

    let wanted = NewReplicaRecord {
        created: now,
        description: input.description.clone().unwrap_or_default(),
        policy: policy.text.clone(),
        policy_principals: policy.principals.clone(),
        tags: key_tags,
    };
    let primary = (key.home(), id, key.stored());
    let (change, record) = Change::replicate(primary, &there, &wanted)?;
    let replica = KeyMetadata {
        enabled: Some(false),
        key_state: Some(KeyState::Creating),
        current_key_material_id: None,
        expiration_model: None,
        valid_to: None,
        ..metadata(&there, id, &wanted.to_key(&record), now)
    };
    call.tell_replica(&there, id, &replica);
    let response = ReplicateKeyResponse {
        replica_key_metadata: Some(Box::new(replica)),
        replica_policy: Some(policy.text),
        replica_tags: input
            .tags
            .clone()
            .filter(|tags: &Vec<Tag>| !tags.is_empty()),
    };
    call.tell(&response);
    call.commit(change).await?;
    Ok(response)
}
