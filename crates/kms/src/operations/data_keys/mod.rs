//! Data keys and random bytes.
//!
//! AWS: developer guide, "Data keys".

mod generate_data_key;
mod generate_data_key_without_plaintext;
mod generate_random;

pub(crate) use generate_data_key::generate_data_key;
pub(crate) use generate_data_key_without_plaintext::generate_data_key_without_plaintext;
pub(crate) use generate_random::generate_random;

use strongroom_model::enums::DataKeySpec;

use crate::error::KmsError;

/// The length in bytes that a request for a data key asks for, by name or by number.
fn length(spec: Option<DataKeySpec>, number_of_bytes: Option<i32>) -> Result<usize, KmsError> {
    let length = match (spec, number_of_bytes) {
        (Some(DataKeySpec::Aes256), None) => Some(32),
        (Some(DataKeySpec::Aes128), None) => Some(16),
        (None, Some(bytes)) => usize::try_from(bytes).ok(),
        _ => None,
    };
    length.ok_or_else(|| KmsError::validation("Please specify either number of bytes or key spec."))
}
