//! Policies: documents that say who may do what. They are read and checked here; what they
//! decide is a later step that builds on [`KeyPolicy`].

pub mod condition;
pub mod document;
mod json;
pub mod pattern;
pub mod principal;

pub use document::{
    KeyPolicy, PolicyError, default_key_policy, lockout_check, root_may_put_policy,
};
pub use principal::PrincipalPattern;
