//! The part of AWS STS that is spoken here: who is calling, and temporary credentials.
//!
//! Nothing is stored for a session. Its token carries what is known of it, sealed
//! (`claims`); its secret follows from its access key id. What a session may do is the role's
//! at the time of each call: `sessions` looks the role up whenever the session comes in, so a
//! role that is changed or deleted is so for all of its sessions from that moment on.
//!
//! Sessions are judged by the service clock. The date that their callers are told is one of the
//! clock on the wall, by which clients judge when to ask for other credentials; outside
//! development the two clocks are one.

mod assume_role;
mod claims;
mod error;
mod facts;
mod issue;
mod key_sets;
mod session_policy;
mod sessions;
#[cfg(test)]
mod tests;
mod told;
mod web_identity;

use strongroom_model::{SecretAccessKey, SecretText, SessionToken, Timestamp};

pub use error::StsError;
pub(crate) use key_sets::KeySets;
pub use key_sets::{FetchError, KeySetSource, NoKeySets};
pub(crate) use sessions::Sessions;
pub use web_identity::{VerifiedWebIdentity, WebIdentity};

/// What AssumeRole is asked for.
#[derive(Debug)]
pub struct AssumeRole {
    /// The role.
    pub role_arn: String,
    /// The name of the session.
    pub session_name: String,
    /// Managed policies that are session policies.
    pub policy_arns: Vec<String>,
    /// A session policy.
    pub policy: Option<String>,
    /// How long the session lasts.
    pub duration_seconds: Option<i32>,
    /// Tags of the session.
    pub tags: Vec<SessionTag>,
    /// The keys of the tags that the sessions made by this one inherit.
    pub transitive_tag_keys: Vec<String>,
    /// What the owner of the role and the caller agreed on.
    pub external_id: Option<String>,
    /// A second factor.
    pub second_factor: Option<SecondFactor>,
    /// The name that the session carries through all roles.
    pub source_identity: Option<String>,
    /// Whether there are contexts of other providers, which are not known here.
    pub provided_contexts: bool,
}

/// What AssumeRoleWithWebIdentity is asked for.
#[derive(Debug)]
pub struct AssumeRoleWithWebIdentity {
    /// The role.
    pub role_arn: String,
    /// The name of the session.
    pub session_name: String,
    /// The token of the identity provider.
    pub token: SecretText,
    /// An identity provider of OAuth 2.0, which are not known here.
    pub provider_id: Option<String>,
    /// Managed policies that are session policies.
    pub policy_arns: Vec<String>,
    /// A session policy.
    pub policy: Option<String>,
    /// How long the session lasts.
    pub duration_seconds: Option<i32>,
}

/// What GetSessionToken is asked for.
#[derive(Debug)]
pub struct GetSessionToken {
    /// How long the session lasts.
    pub duration_seconds: Option<i32>,
    /// A second factor.
    pub second_factor: Option<SecondFactor>,
}

/// A session tag as a request has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionTag {
    /// The key.
    pub key: Box<str>,
    /// The value.
    pub value: Box<str>,
}

/// A second factor is named. There are no devices here, so nothing of it is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SecondFactor;

/// Temporary credentials.
#[derive(Debug)]
pub struct Credentials {
    /// The access key id: `ASIA…`.
    pub access_key_id: String,
    /// Its secret.
    pub secret: SecretAccessKey,
    /// What has to come with it.
    pub token: SessionToken,
    /// When they end, by the clock on the wall.
    pub expires: Timestamp,
}

/// A session of a role, as the answer to AssumeRole tells of it.
#[derive(Debug)]
pub struct RoleSession {
    /// Its credentials.
    pub credentials: Credentials,
    /// `AROA…:session`.
    pub assumed_role_id: String,
    /// `arn:aws:sts::…:assumed-role/…`.
    pub arn: String,
    /// How much of the room for session policies and tags is used, if there are any.
    pub packed_policy_percent: Option<usize>,
    /// The name that the session carries through all roles.
    pub source_identity: Option<String>,
    /// Whom an identity provider vouched for.
    pub web_identity: Option<WebIdentity>,
}
