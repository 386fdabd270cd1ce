//! What the service does by itself to keys and custom key stores.

use std::fmt;

use strongroom_model::{KeyId, Timestamp};
use strongroom_store::EntryBytes;

use super::{RequestId, RowTrace, identity, json::Object, write_rows};
use crate::layout::Home;

/// Something that the service did by itself to a key, for example rotating it on its date, or to
/// a custom key store: what became of connecting it, which goes on after the call.
///
/// AWS: CloudTrail user guide, "Logging service events"; developer guide, "CloudTrail log
/// entries" of RotateKey, DeleteExpiredKeyMaterial, DeleteKey and SynchronizeMultiRegionKey.
#[derive(Debug)]
pub(crate) struct ServiceEvent {
    name: &'static str,
    id: RequestId,
    at: Timestamp,
    home: Home,
    /// The key that it is about, if it is about one.
    key: Option<KeyId>,
    /// Names in the order of their bytes.
    details: Vec<(&'static str, String)>,
    additional: Vec<(&'static str, String)>,
    answers_key: bool,
}

impl ServiceEvent {
    /// An event about one key, or about something else of the account and Region. `random` makes
    /// its id.
    pub(crate) fn new(
        name: &'static str,
        random: [u8; 16],
        at: Timestamp,
        home: &Home,
        key: Option<KeyId>,
    ) -> Self {
        Self {
            name,
            id: RequestId::new(random),
            at,
            home: home.clone(),
            key,
            details: Vec::new(),
            additional: Vec::new(),
            answers_key: false,
        }
    }

    /// What `serviceEventDetails` say; their names come in the order of their bytes.
    pub(crate) fn with(mut self, name: &'static str, value: impl fmt::Display) -> Self {
        debug_assert!(self.details.last().is_none_or(|(last, _)| *last < name));
        self.details.push((name, value.to_string()));
        self
    }

    /// What `additionalEventData` say; their names come in the order of their bytes.
    pub(crate) fn adding(mut self, name: &'static str, value: impl fmt::Display) -> Self {
        debug_assert!(self.additional.last().is_none_or(|(last, _)| *last < name));
        self.additional.push((name, value.to_string()));
        self
    }

    /// Has `responseElements` name the key.
    pub(crate) fn answering_key(mut self) -> Self {
        self.answers_key = true;
        self
    }

    /// The canonical JSON of the entry.
    pub(crate) fn body(&self, rows: &[RowTrace]) -> EntryBytes {
        let account = &self.home.account.text();
        let key = self.key.map(|key| self.home.key_arn(key).text());
        let mut out = Object::new();
        if !self.additional.is_empty() {
            out.object("additionalEventData", |out| {
                write_pairs(out, &self.additional)
            });
        }
        out.word("awsRegion", self.home.region.as_str());
        out.word("eventCategory", "Management");
        out.word("eventID", &self.id.text());
        out.word("eventName", self.name);
        out.word("eventSource", "kms.amazonaws.com");
        out.time("eventTime", self.at);
        out.word("eventType", "AwsServiceEvent");
        out.word("eventVersion", super::EVENT_VERSION);
        out.boolean("managementEvent", true);
        out.boolean("readOnly", false);
        out.word("recipientAccountId", account);
        out.raw("requestParameters", b"null");
        if let Some(arn) = &key {
            out.list("resources", [arn], |out, arn| {
                out.word("ARN", arn);
                out.word("accountId", account);
                out.word("type", "AWS::KMS::Key");
            });
        }
        match &key {
            Some(arn) if self.answers_key => {
                out.object("responseElements", |out| out.word("keyId", arn));
            }
            _ => out.raw("responseElements", b"null"),
        }
        write_rows(&mut out, rows);
        if !self.details.is_empty() {
            out.object("serviceEventDetails", |out| write_pairs(out, &self.details));
        }
        out.word("sourceIPAddress", identity::INTERNAL);
        out.word("userAgent", identity::INTERNAL);
        out.object("userIdentity", |out| identity::write_service(out, account));
        out.finish()
    }
}

fn write_pairs(out: &mut Object, pairs: &[(&'static str, String)]) {
    for (name, value) in pairs {
        out.text(name, value);
    }
}
