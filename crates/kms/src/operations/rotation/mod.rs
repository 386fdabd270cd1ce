//! Rotation: a KMS key goes on with new key material.
//!
//! AWS: developer guide, "Rotating AWS KMS keys".

mod disable_key_rotation;
mod enable_key_rotation;
mod get_key_rotation_status;
mod list_key_rotations;
mod rotate_key_on_demand;

pub(crate) use disable_key_rotation::disable_key_rotation;
pub(crate) use enable_key_rotation::enable_key_rotation;
pub(crate) use get_key_rotation_status::get_key_rotation_status;
pub(crate) use list_key_rotations::list_key_rotations;
pub(crate) use rotate_key_on_demand::rotate_key_on_demand;

use strongroom_model::enums::{KeySpec, OriginType};

use crate::{call::Key, error::KmsError};

/// Whether keys of this spec ever have a second material.
fn has_rotations(key: &Key) -> bool {
    key.record().spec == KeySpec::SymmetricDefault
}

/// Refuses a key whose material is not AWS KMS's own to replace.
fn check_origin(key: &Key) -> Result<(), KmsError> {
    match key.record().origin {
        OriginType::AwsKms => Ok(()),
        origin => Err(KmsError::origin(&key.arn(), origin.as_str())),
    }
}

/// Refuses a replica: its primary leads.
fn check_primary(key: &Key) -> Result<(), KmsError> {
    let relatives = key.record().multi_region.as_ref();
    if relatives.is_none_or(|relatives| relatives.primary == key.home().region) {
        Ok(())
    } else {
        Err(KmsError::not_primary(&key.arn()))
    }
}
