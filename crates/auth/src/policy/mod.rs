//! Policies: documents that say who may do what. They are read and checked here, once; what they
//! decide together is [`decision`](crate::decision)'s.

mod arn;
pub mod condition;
pub mod document;
pub mod identity;
mod json;
pub mod pattern;
pub mod principal;
mod rewrite;
mod template;
pub mod trust;
mod value;

pub use document::{KeyPolicy, PolicyError, default_key_policy};
pub use identity::{DocumentError, IdentityPolicy};
pub use principal::PrincipalPattern;
pub use rewrite::rewrite_principals;
pub use trust::TrustPolicy;
