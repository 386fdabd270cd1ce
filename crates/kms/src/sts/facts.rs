//! What is known of a request to STS, for the conditions of policies.

use std::borrow::Cow;

use strongroom_auth::{ConditionKey, Facts, Values, condition_key::fold};
use strongroom_model::{AccountId, Timestamp};

use super::SessionTag;
use crate::audit::Entry;

/// A request for a session of a role.
pub(super) struct RequestFacts<'a> {
    pub(super) entry: &'a Entry,
    pub(super) now: Timestamp,
    /// The account of the role.
    pub(super) owner: AccountId,
    pub(super) session_name: &'a str,
    pub(super) duration_seconds: Option<i32>,
    pub(super) external_id: Option<&'a str>,
    pub(super) source_identity: Option<&'a str>,
    pub(super) tags: &'a [SessionTag],
    pub(super) transitive_tag_keys: &'a [String],
    /// The tags of the role.
    pub(super) role_tags: &'a [(Box<str>, Box<str>)],
    /// Who vouches for the caller, and what it says of it.
    pub(super) provider: Option<&'a str>,
    /// By the condition keys that they are.
    pub(super) claims: &'a [(Box<str>, Box<str>)],
}

impl Facts for RequestFacts<'_> {
    fn values<'f>(&'f self, key: &ConditionKey) -> Values<'f> {
        use ConditionKey as K;
        let arrival = self.entry.arrival();
        match key {
            K::ExternalId => Values::of(self.external_id),
            K::RoleSessionName => Values::of(Some(self.session_name)),
            K::RequestedSourceIdentity => Values::of(self.source_identity),
            K::DurationSeconds => Values::of(self.duration_seconds.map(|s| s.to_string())),
            K::TransitiveTagKeys => self
                .transitive_tag_keys
                .iter()
                .map(|key| Cow::from(key.as_str()))
                .collect(),
            K::TagKeys => self.tags.iter().map(|tag| Cow::from(&*tag.key)).collect(),
            K::RequestTag(folded) => self
                .tags
                .iter()
                .filter(|tag| fold(&tag.key) == **folded)
                .map(|tag| Cow::from(&*tag.value))
                .collect(),
            K::ResourceTag(folded) => self
                .role_tags
                .iter()
                .filter(|(key, _)| fold(key) == **folded)
                .map(|(_, value)| Cow::from(&**value))
                .collect(),
            K::FederatedProvider => Values::of(self.provider),
            K::Other(name) => self
                .claims
                .iter()
                .filter(|(known, _)| known == name)
                .map(|(_, value)| Cow::from(&**value))
                .collect(),
            K::SourceIp => Values::One(arrival.source.to_string().into()),
            K::SecureTransport => Values::boolean(arrival.tls.is_some()),
            K::UserAgent => Values::of(arrival.user_agent.as_deref()),
            K::CurrentTime | K::EpochTime => {
                Values::One((self.now.as_millis().div_euclid(1000)).to_string().into())
            }
            K::RequestedRegion => Values::of(Some(self.entry.region().as_str())),
            K::ResourceAccount => Values::One(self.owner.to_string().into()),
            K::PrincipalIsAwsService | K::ViaAwsService => Values::boolean(false),
            _ => Values::Absent,
        }
    }
}
