//! What concerns the installation itself and no KMS key.

use strongroom_model::{AccountId, Timestamp};
use strongroom_store::EntryBytes;

use super::{RequestId, RowTrace, json::Object, text::shortened, write_rows};
use crate::layout::Home;

/// Who did something with the installation itself, and what.
#[derive(Clone, Copy, Debug)]
pub(crate) enum OwnEvent<'a> {
    /// An act of the operator, for example adding a seal.
    Operator(&'a str),
    /// What the service does by itself with its own keys.
    Service(&'a str),
}

/// The entry of what the service does to keep its own house, for example writing down when keys
/// were used last.
pub(crate) fn housekeeping_event(
    event: &str,
    event_id: RequestId,
    now: Timestamp,
    rows: &[RowTrace],
) -> EntryBytes {
    own_event(OwnEvent::Service(event), event_id, now, None, rows)
}

/// The entry of something that concerns the installation and no KMS key; `home` is the account
/// and Region whose own key it is about.
pub(crate) fn own_event(
    event: OwnEvent<'_>,
    event_id: RequestId,
    now: Timestamp,
    home: Option<&Home>,
    rows: &[RowTrace],
) -> EntryBytes {
    let (name, kind) = match event {
        OwnEvent::Operator(name) => (name, "StrongroomOperatorEvent"),
        OwnEvent::Service(name) => (name, "StrongroomServiceEvent"),
    };
    let mut out = Object::new();
    if let Some(home) = home {
        out.word("awsRegion", home.region.as_str());
    }
    out.word("eventID", &event_id.text());
    out.word("eventName", name);
    out.word("eventSource", "strongroom.local");
    out.time("eventTime", now);
    out.word("eventType", kind);
    if let Some(home) = home {
        out.word("recipientAccountId", &home.account.text());
    }
    write_rows(&mut out, rows);
    out.finish()
}

/// The entry of what an operator did to the identities of an account. `parameters` say what was
/// asked, never a secret; their names come in the order of their bytes.
pub(crate) fn identity_event(
    event: &str,
    event_id: RequestId,
    now: Timestamp,
    account: AccountId,
    parameters: &[(&'static str, String)],
    rows: &[RowTrace],
) -> EntryBytes {
    debug_assert!(parameters.is_sorted_by(|(one, _), (other, _)| one < other));
    let mut out = Object::new();
    out.word("eventID", &event_id.text());
    out.word("eventName", event);
    out.word("eventSource", "strongroom.local");
    out.time("eventTime", now);
    out.word("eventType", "StrongroomOperatorEvent");
    out.word("recipientAccountId", &account.text());
    if !parameters.is_empty() {
        out.object("requestParameters", |object| {
            for (name, value) in parameters {
                object.text(name, shortened(value));
            }
        });
    }
    write_rows(&mut out, rows);
    out.finish()
}
