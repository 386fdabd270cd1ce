//! What the audit entry of a call of STS says beside what every entry says.
//!
//! Secrets and session tokens are in neither half of it.
//!
//! AWS: CloudTrail user guide, "CloudTrail record contents"; IAM user guide, "Logging IAM and AWS
//! STS API calls with AWS CloudTrail".

use serde_json::{Map, Value, json};
use strongroom_model::{AccountId, Timestamp};
use strongroom_store::{EntryBytes, journal::EntryError};

use super::{
    AssumeRole, AssumeRoleWithWebIdentity, Credentials, GetSessionToken, RoleSession, StsError,
};
use crate::audit::{Entry, shortened};

/// What the events of one call tell.
#[derive(Default)]
pub(super) struct Told {
    pub(super) request: Value,
    pub(super) response: Value,
    /// The role that was asked for, and its account.
    pub(super) role: Option<(String, AccountId)>,
    /// Who called, where it is nobody with an access key.
    pub(super) identity: Option<Value>,
}

impl Told {
    /// The events: one for the caller, and for a role of another account that was assumed one
    /// for its owner.
    pub(super) fn events(
        &self,
        entry: &Entry,
        name: &str,
        error: Option<&StsError>,
        now: Timestamp,
    ) -> Result<(EntryBytes, Option<EntryBytes>), EntryError> {
        let mut event = self.event(entry, name, error, now);
        let caller = entry.caller();
        let owner = match &self.role {
            Some((_, owner)) if error.is_none() && self.identity.is_none() => *owner,
            _ => caller.account,
        };
        if owner == caller.account {
            return Ok((written(event)?, None));
        }
        event.insert("sharedEventID".into(), entry.shared_event_id().into());
        let mut other = event.clone();
        other.insert("eventID".into(), entry.event_id_for_owner().into());
        other.insert("recipientAccountId".into(), owner.to_string().into());
        let identity = json!({
            "accountId": caller.account.to_string(),
            "principalId": caller.user_id(),
            "type": "AWSAccount",
        });
        other.insert("userIdentity".into(), identity);
        Ok((written(event)?, Some(written(other)?)))
    }

    fn event(
        &self,
        entry: &Entry,
        name: &str,
        error: Option<&StsError>,
        now: Timestamp,
    ) -> Map<String, Value> {
        let body = entry.body(name, true, None, now);
        let mut event: Map<String, Value> =
            serde_json::from_slice(body.as_bytes()).unwrap_or_default();
        event.insert("eventSource".into(), "sts.amazonaws.com".into());
        if let Some(error) = error {
            event.insert("errorCode".into(), error.code().into());
            event.insert("errorMessage".into(), shortened(error.message()).into());
        }
        event.insert("requestParameters".into(), self.request.clone());
        event.insert("responseElements".into(), self.response.clone());
        if let Some((arn, owner)) = &self.role {
            let resource = json!({
                "ARN": arn,
                "accountId": owner.to_string(),
                "type": "AWS::IAM::Role",
            });
            event.insert("resources".into(), Value::Array(vec![resource]));
        }
        if let Some(identity) = &self.identity {
            event.insert("userIdentity".into(), identity.clone());
        }
        event
    }
}

fn written(event: Map<String, Value>) -> Result<EntryBytes, EntryError> {
    EntryBytes::from_value(&Value::Object(event))
}

/// Leaves out what a request did not give.
fn given<const N: usize>(members: [(&str, Option<Value>); N]) -> Value {
    let given = members
        .into_iter()
        .filter_map(|(name, value)| Some((name.to_owned(), value?)));
    Value::Object(given.collect())
}

fn arns(arns: &[String]) -> Option<Value> {
    let list: Vec<Value> = arns.iter().map(|arn| json!({ "arn": arn })).collect();
    (!list.is_empty()).then_some(Value::Array(list))
}

pub(super) fn assume_role(input: &AssumeRole) -> Value {
    let tags: Vec<Value> = input
        .tags
        .iter()
        .map(|tag| json!({ "key": tag.key, "value": tag.value }))
        .collect();
    let keys = &input.transitive_tag_keys;
    given([
        ("durationSeconds", input.duration_seconds.map(Into::into)),
        ("externalId", input.external_id.as_deref().map(Into::into)),
        ("policy", input.policy.as_deref().map(Into::into)),
        ("policyArns", arns(&input.policy_arns)),
        ("roleArn", Some(input.role_arn.as_str().into())),
        ("roleSessionName", Some(input.session_name.as_str().into())),
        (
            "sourceIdentity",
            input.source_identity.as_deref().map(Into::into),
        ),
        ("tags", (!tags.is_empty()).then_some(Value::Array(tags))),
        ("transitiveTagKeys", (!keys.is_empty()).then(|| json!(keys))),
    ])
}

pub(super) fn assume_role_with_web_identity(input: &AssumeRoleWithWebIdentity) -> Value {
    given([
        ("durationSeconds", input.duration_seconds.map(Into::into)),
        ("policy", input.policy.as_deref().map(Into::into)),
        ("policyArns", arns(&input.policy_arns)),
        ("providerId", input.provider_id.as_deref().map(Into::into)),
        ("roleArn", Some(input.role_arn.as_str().into())),
        ("roleSessionName", Some(input.session_name.as_str().into())),
    ])
}

pub(super) fn get_session_token(input: &GetSessionToken) -> Value {
    given([("durationSeconds", input.duration_seconds.map(Into::into))])
}

pub(super) fn credentials(credentials: &Credentials) -> Value {
    json!({
        "accessKeyId": credentials.access_key_id,
        "expiration": crate::audit::spoken_date(credentials.expires),
    })
}

pub(super) fn role_session(session: &RoleSession) -> Value {
    let web = session.web_identity.as_ref();
    given([
        (
            "assumedRoleUser",
            Some(json!({ "arn": session.arn, "assumedRoleId": session.assumed_role_id })),
        ),
        ("audience", web.map(|web| web.audience.as_str().into())),
        ("credentials", Some(credentials(&session.credentials))),
        (
            "packedPolicySize",
            session.packed_policy_percent.map(Into::into),
        ),
        ("provider", web.map(|web| web.provider.as_str().into())),
        (
            "sourceIdentity",
            session.source_identity.as_deref().map(Into::into),
        ),
        (
            "subjectFromWebIdentityToken",
            web.map(|web| web.subject.as_str().into()),
        ),
    ])
}
