//! Signatures and MACs.
//!
//! AWS: developer guide, "Digital signing with the new asymmetric keys feature", "HMAC keys".

mod generate_mac;
mod sign;
mod verify;
mod verify_mac;

pub(crate) use generate_mac::generate_mac;
pub(crate) use sign::sign;
pub(crate) use verify::verify;
pub(crate) use verify_mac::verify_mac;

use strongroom_model::{
    Plaintext,
    enums::{MacAlgorithmSpec, MessageType, SigningAlgorithmSpec},
};

use crate::{
    call::{Authorized, Key},
    error::KmsError,
    specs::{self, MessageRule},
    uses::KeyUse,
};

/// Refuses an algorithm that the key does not sign by, then a message that the algorithm does not
/// take. The algorithm comes first, as AWS was measured to do.
fn check_message<U: KeyUse>(
    key: &Authorized<Key, U>,
    algorithm: SigningAlgorithmSpec,
    message_type: MessageType,
    message: &Plaintext,
) -> Result<(), KmsError> {
    let spec = key.record().spec.as_str();
    if !specs::signs_by(key.record().spec, algorithm) {
        return Err(KmsError::algorithm(algorithm.as_str(), spec));
    }
    let refused = |with, name| Err(KmsError::message_type(message_type.as_str(), with, name));
    match specs::message_rule(algorithm, message_type) {
        MessageRule::Whole => Ok(()),
        MessageRule::Bytes(length) if message.len() == length => Ok(()),
        MessageRule::Bytes(_) => Err(KmsError::digest_length(algorithm.as_str())),
        MessageRule::NotByAlgorithm => refused("algorithm", algorithm.as_str()),
        MessageRule::NotByKeySpec => refused("key spec", spec),
    }
}

/// Refuses an algorithm that the key does not make MACs by.
fn check_mac_algorithm<U: KeyUse>(
    key: &Authorized<Key, U>,
    algorithm: MacAlgorithmSpec,
) -> Result<(), KmsError> {
    let spec = key.record().spec;
    if specs::makes_macs_by(spec, algorithm) {
        Ok(())
    } else {
        Err(KmsError::algorithm(algorithm.as_str(), spec.as_str()))
    }
}
