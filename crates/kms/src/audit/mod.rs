//! The audit entry of one call, from the moment the caller is known to the reply.
//!
//! An [`Entry`] is opened when a signature has been checked and closed exactly once, with the
//! outcome. Closing it durably is the only way to make a [`Reply`], so no answer can leave
//! without its record. Members are CloudTrail's.
//!
//! Secrets cannot reach an entry: of requests and responses it has what the table [`recorded`]
//! lists, by writers that are generated from that table, and there is no writer for bytes.
//!
//! AWS: CloudTrail user guide, "CloudTrail record contents"; developer guide, "CloudTrail log
//! entries". What an entry says is on the page `docs/audit.md`.

mod arrival;
mod entry;
mod generated;
mod identity;
mod json;
mod notes;
mod own_event;
pub mod recorded;
mod reply;
mod request_id;
mod secret;
mod service_event;
#[cfg(test)]
mod tests;
mod text;

pub use arrival::{Arrival, TlsDetails};
pub use entry::Entry;
pub(crate) use entry::Outcome;
pub(crate) use notes::Kind;
pub(crate) use own_event::{OwnEvent, housekeeping_event, identity_event, own_event};
pub(crate) use recorded::Told;
pub use reply::Reply;
pub(crate) use reply::{Events, Recorded};
pub use request_id::RequestId;
pub(crate) use service_event::ServiceEvent;
pub(crate) use text::{hex, shortened, spoken_date};

use json::Object;

/// The version of CloudTrail's format that entries follow.
const EVENT_VERSION: &str = "1.11";

/// How a row ended up in a change: its key, its version and its tag, absent when removed.
#[derive(Debug)]
pub(crate) struct RowTrace {
    pub(crate) key: String,
    pub(crate) version: u64,
    pub(crate) tag: Option<[u8; 32]>,
}

fn write_rows(out: &mut Object, rows: &[RowTrace]) {
    if rows.is_empty() {
        return;
    }
    out.list("rows", rows, |object, row| {
        object.text("key", &row.key);
        match &row.tag {
            Some(tag) => object.digest("tag", tag),
            None => object.raw("tag", b"null"),
        }
        object.raw("version", row.version.to_string().as_bytes());
    });
}
