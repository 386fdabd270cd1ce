//! Imported key material: KMS keys whose secret its owner made elsewhere and keeps a copy of.
//!
//! AWS: developer guide, "Importing key material for AWS KMS keys".

mod delete_imported_key_material;
mod get_parameters_for_import;
mod import_key_material;

pub(crate) use delete_imported_key_material::delete_imported_key_material;
pub(crate) use get_parameters_for_import::get_parameters_for_import;
pub(crate) use import_key_material::import_key_material;

use strongroom_model::enums::{KeySpec, OriginType};

use crate::{call::Key, error::KmsError};

/// Refuses a key whose material does not come from outside.
fn check_origin(key: &Key) -> Result<(), KmsError> {
    match key.record().origin {
        OriginType::External => Ok(()),
        origin => Err(KmsError::origin(&key.arn(), origin.as_str())),
    }
}

/// Whether material for keys of this spec can be imported.
///
/// AWS: developer guide, "Importing key material", "Supported KMS key types": not for ML-DSA;
/// Ed25519 and ML-KEM are not in its lists either. A key of such a spec can be created with
/// Origin EXTERNAL and waits for ever.
fn importable(spec: KeySpec) -> bool {
    match spec {
        KeySpec::SymmetricDefault
        | KeySpec::Rsa2048
        | KeySpec::Rsa3072
        | KeySpec::Rsa4096
        | KeySpec::EccNistP256
        | KeySpec::EccNistP384
        | KeySpec::EccNistP521
        | KeySpec::EccSecgP256k1
        | KeySpec::Hmac224
        | KeySpec::Hmac256
        | KeySpec::Hmac384
        | KeySpec::Hmac512
        | KeySpec::Sm2 => true,
        KeySpec::EccNistEdwards25519
        | KeySpec::MlDsa44
        | KeySpec::MlDsa65
        | KeySpec::MlDsa87
        | KeySpec::MlKem512
        | KeySpec::MlKem768
        | KeySpec::MlKem1024 => false,
    }
}
