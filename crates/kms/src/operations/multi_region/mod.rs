//! Multi-Region keys: the same key material under the same key id in several Regions.
//!
//! AWS: developer guide, "Multi-Region keys in AWS KMS".

mod replicate_key;
mod update_primary_region;

pub(crate) use replicate_key::replicate_key;
pub(crate) use update_primary_region::update_primary_region;

use strongroom_model::Region;

use crate::{
    call::{Call, Key},
    error::KmsError,
    record::MultiRegion,
};

/// What the primary knows of its relatives.
///
/// # Errors
/// `UnsupportedOperationException` when the key is a replica, or of a single Region.
fn led_by(key: &Key) -> Result<&MultiRegion, KmsError> {
    match &key.record().multi_region {
        Some(relatives) if relatives.primary == key.home().region => Ok(relatives),
        _ => Err(KmsError::not_primary(&key.arn())),
    }
}

/// A Region that the request names, if keys can be there.
///
/// # Errors
/// `UnsupportedOperationException` when it is of another partition, or not served here.
async fn offered(call: &Call<'_>, name: &str) -> Result<Region, KmsError> {
    let region = Region::parse(name)
        .ok()
        .filter(|region| region.partition() == call.home().region.partition())
        .ok_or_else(|| KmsError::region_not_offered(name))?;
    if !call.service().serves(&region).await? {
        return Err(KmsError::region_not_offered(name));
    }
    Ok(region)
}
