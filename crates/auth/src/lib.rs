//! The doorman of Strongroom: who is calling, and may they.
//!
//! [`sigv4`] checks a signature over the plain parts of a request and finds out who signed it;
//! [`identity`] says who that is, and [`web_identity`] whom an identity provider vouches for; [`policy`] reads the documents that say what is allowed and [`grant`] knows
//! what a grant means; [`condition_key`] names what they may ask; and [`decision`] answers. This crate knows no HTTP types, no store and no cipher: credentials,
//! time and randomness are handed in.
//!
//! Whatever cannot be understood is refused, and whatever is not allowed is denied.

pub mod condition_key;
pub mod decision;
mod evaluate;
pub mod explain;
pub mod grant;
pub mod identity;
pub mod policy;
pub mod sigv4;
pub mod web_identity;

pub use condition_key::{ConditionKey, Facts, NoFacts, Values};
pub use decision::{
    Applicant, Authorizer, Decision, Denial, Enforced, GrantCover, GranteeKind, Grounds, Question,
    Resource, ResourceKind, RoleQuestion, decide, decide_role,
};
pub use explain::{Explanation, GrantReport, explain};
pub use identity::{
    AccessKeyId, Caller, Credential, CredentialError, CredentialSource, LookUp, NamedPolicy,
    Principal, SessionFacts, Standing,
};
pub use sigv4::{
    AuthenticationError, Claim, Expectation, Protocol, SignatureError, SignedParts, SigningSecret,
};
