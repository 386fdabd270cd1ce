//! TagResource: adds tags to a KMS key, or gives known ones a new value.
//!
//! AWS: API reference, "TagResource".

use strongroom_model::shapes::TagResourceRequest;

use crate::{
    call::{Attempt, Call},
    change::Change,
    uses,
};

/// Puts the tags. Keys are compared exactly; a key that is there gets the new value.
///
/// # Errors
///
/// - `TagException`: a key comes twice, is reserved for AWS, or there would be over 50 tags.
/// - `KMSInvalidStateException`: the key is pending deletion.
pub(crate) async fn tag_resource(call: &Call<'_>, input: &TagResourceRequest) -> Attempt<()> {
    let key = call.find_key(&input.key_id).await?;
    let key = call.permit::<uses::TagResource>(key).await?.usable()?;
    let mut record = key.record().clone();
    super::put(&mut record.tags, &input.tags)?;
    call.commit(Change::key(&key, &record)?).await
}
