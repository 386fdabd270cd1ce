//! Strongroom: a key management service that speaks the AWS KMS API.

pub mod wire;
