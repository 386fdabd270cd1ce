//! The JSON 1.1 protocol: from a request's body to an [`Input`] and from an [`Output`] to the
//! body of the answer.
//!
//! What each operation takes and gives is generated from the service model; how a text, a blob
//! or a number is read, checked and written is here. Reading ends in one of three ways: an input
//! that keeps every constraint of the model, a `SerializationException` for a body that is not
//! the JSON that the operation takes, or one `ValidationException` that lists every constraint
//! that was broken, in AWS's words.
//!
//! Secrets on their way through are copied once, into a buffer that is wiped: a plaintext goes
//! from the base64 text of the request straight into its [`Plaintext`], and an answer is written
//! into a [`SecretBody`].
//!
//! [`Input`]: strongroom_model::operations::Input
//! [`Output`]: strongroom_model::operations::Output
//! [`Plaintext`]: strongroom_model::Plaintext

mod base64;
pub(crate) mod constraint;
mod decode;
mod encode;
pub mod fault;
mod generated;
mod json;
pub(crate) mod pattern;
pub mod route;
#[cfg(test)]
mod tests;

pub use decode::Fault;
pub use encode::SecretBody;
pub use generated::{decode::decode, encode::encode};
