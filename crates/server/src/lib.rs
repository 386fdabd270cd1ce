//! Strongroom: a key management service that speaks the AWS KMS API.

pub mod door;
pub mod http;
pub mod sts;
pub mod tls;
pub mod wire;
