//! Web identities: callers that an OpenID Connect provider vouches for.
//!
//! A [`WebIdentityToken`] is read first, which proves nothing; then its issuer leads to a
//! provider that somebody declared, and that provider's [`KeySet`] says whether the issuer wrote
//! it. Only asymmetric algorithms exist here, so no public key can be taken for a shared secret.
//!
//! RFC 7515 (JWS), RFC 7517 (JWK), RFC 7518 (JWA), RFC 7519 (JWT), RFC 8037 (Ed25519).

mod keys;
#[cfg(test)]
mod tests;
mod token;

pub use keys::{KeySet, KeySetError, NotVerified};
pub use token::{NoToken, WebIdentityToken};
