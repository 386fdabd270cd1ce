//! AWS STS over the query protocol: forms in, XML out, on the listener of KMS.
//!
//! The AWS CLI and Terraform ask who they are before anything else; the default credential chains
//! of AWS's SDKs assume roles; systems that use a presigned request as a proof of identity ask
//! for GetCallerIdentity and nothing else.
//!
//! AWS: STS API reference, and its "Common errors".

mod answer;
mod counter;
mod form;
mod key_sets;
mod request;

pub use answer::{refused, unavailable};
pub use counter::{Answered, answer_caller, answer_stranger, is_web_identity};
pub use form::{Form, MalformedForm};
pub use key_sets::ProviderDocuments;
pub use request::{Action, Request, read};
