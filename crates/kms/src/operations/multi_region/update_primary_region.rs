//! UpdatePrimaryRegion: another of the related multi-Region keys comes to lead.
//!
//! AWS: API reference, "UpdatePrimaryRegion"; developer guide, "Change the primary key in a set
//! of multi-Region keys".

use strongroom_model::shapes::UpdatePrimaryRegionRequest;

use super::{led_by, offered};
use crate::{
    call::{Attempt, Call},
    change::Change,
    error::KmsError,
    record::Rotation,
    uses,
};

/// Makes the replica in that Region the primary, and the primary a replica. Ids, ARNs and
/// material stay; rotation goes on from the new primary.
///
/// Both keys have to be permitted and enabled. AWS shows them as Updating for some seconds; here
/// it is done when this returns.
///
/// # Errors
///
/// - `NotFoundException`: there is no replica in that Region.
/// - `DisabledException`, `KMSInvalidStateException`: the state of either key.
/// - `UnsupportedOperationException`: not a primary key; or the Region is not offered, or the
///   key is the primary there already.
pub(crate) async fn update_primary_region(
    call: &Call<'_>,
    input: &UpdatePrimaryRegionRequest,
) -> Attempt<()> {
    let key = call.find_key(&input.key_id).await?;
    let region = offered(call, &input.primary_region).await?;
    let replica = call.find_relative(&key, &region).await?;
    let key = call.permit::<uses::UpdatePrimaryRegionFrom>(key).await?;
    let replica = call.permit::<uses::UpdatePrimaryRegionTo>(replica).await?;

    let (key, replica) = (key.usable()?, replica.usable()?);
    let mut relatives = led_by(&key)?.clone();
    if region == key.home().region {
        return Err(KmsError::primary_already(&key.arn()).into());
    }
    relatives.replicas.retain(|other| *other != region);
    relatives.replicas.push(key.home().region.clone());
    relatives.primary = region;
    let mut record = key.record().clone();
    record.multi_region = Some(relatives);
    record.rotation = record.rotation.map(|rotation| Rotation {
        follows: true,
        ..rotation
    });
    let mut change = Change::key(&key, &record)?;
    change.provided(&replica.home().key(replica.id()), Some(replica.revision()));
    call.commit(change).await
}
