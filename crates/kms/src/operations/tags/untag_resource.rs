//! UntagResource: removes tags from a KMS key.
//!
//! AWS: API reference, "UntagResource".

use strongroom_model::shapes::UntagResourceRequest;

use crate::{
    call::{Attempt, Call},
    change::Change,
    uses,
};

/// Removes the tags with these keys. Keys that the KMS key does not have are ignored.
///
/// # Errors
///
/// - `KMSInvalidStateException`: the key is pending deletion.
pub(crate) async fn untag_resource(call: &Call<'_>, input: &UntagResourceRequest) -> Attempt<()> {
    let key = call.find_key(&input.key_id).await?;
    let key = call.permit::<uses::UntagResource>(key).await?.usable()?;
    let mut record = key.record().clone();
    record.tags.retain(|tag| !input.tag_keys.contains(&tag.key));
    call.commit(Change::key(&key, &record)?).await
}
