//! Secrets shared with somebody else: key agreement and key encapsulation.
//!
//! AWS: developer guide, "Deriving shared secrets", "ML-KEM".

mod decapsulate;
mod derive_shared_secret;
mod encapsulate;

pub(crate) use decapsulate::decapsulate;
pub(crate) use derive_shared_secret::derive_shared_secret;
pub(crate) use encapsulate::encapsulate;
