//! The audit entry of one call, from the moment the caller is known to the reply.
//!
//! An [`Entry`] is opened when a signature has been checked and closed exactly once, with the
//! outcome. Closing it durably is the only way to make a [`Reply`], so no answer can leave
//! without its record. Members are CloudTrail's; secrets cannot reach an entry by type.
//!
//! AWS: CloudTrail user guide, "CloudTrail record contents".

use std::{
    fmt,
    net::IpAddr,
    sync::{Arc, Mutex, PoisonError},
};

use strongroom_auth::{Caller, Principal};
use strongroom_model::{
    AccountId, KeyId, Region, Timestamp,
    identifiers::Ascii,
    operations::{Operation, Output},
};

use strongroom_store::{EntryBytes, Journal, JournalError, journal::OWN_MEMBERS};

use crate::{error::KmsError, layout::Home, shelves::Committed};

/// The id of one request, a random UUID. It is the `x-amzn-RequestId` of the answer and the
/// `requestID` of the audit entry.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct RequestId([u8; 16]);

impl RequestId {
    /// The id made from 16 random bytes (RFC 9562, version 4).
    #[must_use]
    pub fn new(random: [u8; 16]) -> Self {
        let mut bytes = random;
        let [.., version, _, variant, _, _, _, _, _, _, _] = &mut bytes;
        *version = (*version & 0x0f) | 0x40;
        *variant = (*variant & 0x3f) | 0x80;
        Self(bytes)
    }
}

impl RequestId {
    /// The id of the audit event that tells of the request: another one, made from it, and
    /// unique because it is.
    fn of_event(self) -> Self {
        Self::new(self.0.map(|byte| byte ^ 0x5a))
    }
}

impl RequestId {
    /// Reads an id as it is written.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let id = KeyId::parse(text).ok()?;
        (!id.is_multi_region()).then(|| Self(id.bits()))
    }

    pub(crate) fn bits(self) -> [u8; 16] {
        self.0
    }

    /// The id as it is written: a UUID.
    #[must_use]
    pub fn text(self) -> Ascii<36> {
        // The ids of keys are UUIDs, too.
        KeyId::from_bits(false, self.0).text()
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text())
    }
}

impl fmt::Debug for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// How a request came in.
#[derive(Clone, Debug)]
pub struct Arrival {
    /// The id that the answer will carry.
    pub request_id: RequestId,
    /// The address it came from.
    pub source: IpAddr,
    /// The `User-Agent` header, at most 1 KB of it.
    pub user_agent: Option<String>,
    /// What TLS negotiated; absent on a plain connection.
    pub tls: Option<TlsDetails>,
}

/// What TLS negotiated for the connection of a request.
#[derive(Clone, Debug)]
pub struct TlsDetails {
    /// `TLSv1.3` or `TLSv1.2`.
    pub version: &'static str,
    /// The cipher suite, as IANA names it.
    pub cipher_suite: String,
    /// The key exchange group, as IANA names it.
    pub key_exchange: Option<String>,
}

/// The audit entry of a call in progress.
#[derive(Debug)]
pub struct Entry {
    caller: Arc<Caller>,
    region: Region,
    arrival: Arrival,
    event_id: RequestId,
    opened: Timestamp,
    notes: Mutex<Notes>,
}

/// What a call learns on its way.
#[derive(Debug, Default)]
struct Notes {
    resources: Vec<(String, AccountId)>,
    grounds: Vec<&'static str>,
}

/// How a row ended up in a change: its key, its version and its tag, absent when removed.
#[derive(Debug)]
pub(crate) struct RowTrace {
    pub(crate) key: String,
    pub(crate) version: u64,
    pub(crate) tag: Option<[u8; 32]>,
}

impl Entry {
    pub(crate) fn new(
        caller: Arc<Caller>,
        region: Region,
        arrival: Arrival,
        opened: Timestamp,
    ) -> Self {
        Self {
            caller,
            region,
            event_id: arrival.request_id.of_event(),
            arrival,
            opened,
            notes: Mutex::default(),
        }
    }

    /// Who called.
    #[must_use]
    pub fn caller(&self) -> &Caller {
        &self.caller
    }

    /// The Region of the request.
    #[must_use]
    pub fn region(&self) -> &Region {
        &self.region
    }

    /// How the request came in.
    pub(crate) fn arrival(&self) -> &Arrival {
        &self.arrival
    }

    pub(crate) fn request_id(&self) -> RequestId {
        self.arrival.request_id
    }

    /// When the call began.
    pub(crate) fn opened(&self) -> Timestamp {
        self.opened
    }

    pub(crate) fn event_id(&self) -> RequestId {
        self.event_id
    }

    /// Notes a resource that the call touches.
    pub(crate) fn touch(&self, arn: &str, owner: AccountId) {
        let mut notes = self.notes();
        if notes.resources.iter().all(|(known, _)| known != arn) {
            notes.resources.push((arn.to_owned(), owner));
        }
    }

    /// Notes why the call was permitted.
    pub(crate) fn permitted_by(&self, ground: &'static str) {
        let mut notes = self.notes();
        if !notes.grounds.contains(&ground) {
            notes.grounds.push(ground);
        }
    }

    /// Forgets what an attempt learned that is about to run again from its look-ups.
    pub(crate) fn start_over(&self) {
        *self.notes() = Notes::default();
    }

    fn notes(&self) -> std::sync::MutexGuard<'_, Notes> {
        // A panic while holding the lock aborts the process; the notes are whole in any case.
        self.notes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The canonical JSON of the entry: members sorted, no white space.
    pub(crate) fn body(
        &self,
        event: &str,
        read_only: bool,
        error: Option<&KmsError>,
        rows: &[RowTrace],
    ) -> EntryBytes {
        let mut out = Object::new();
        out.plain("awsRegion", self.region.as_str());
        if let Some(error) = error {
            out.plain("errorCode", error.code().name());
            if let Some(message) = error.message() {
                out.text("errorMessage", shortened(message));
            }
        }
        out.plain("eventCategory", "Management");
        out.plain("eventID", &self.event_id.text());
        out.plain("eventName", event);
        let source = if event == "GetCallerIdentity" {
            "sts.amazonaws.com"
        } else {
            "kms.amazonaws.com"
        };
        out.plain("eventSource", source);
        out.plain("eventTime", &date(self.opened));
        out.plain("eventType", "AwsApiCall");
        out.plain("eventVersion", "1.11");
        let notes = self.notes();
        if !notes.grounds.is_empty() {
            out.texts("grounds", &notes.grounds);
        }
        out.raw("managementEvent", "true");
        out.raw("readOnly", if read_only { "true" } else { "false" });
        out.plain("recipientAccountId", &self.caller.account.text());
        out.plain("requestID", &self.arrival.request_id.text());
        if !notes.resources.is_empty() {
            out.list("resources", &notes.resources, |(arn, owner), object| {
                object.text("ARN", arn);
                object.plain("accountId", &owner.text());
                object.plain("type", "AWS::KMS::Key");
            });
        }
        drop(notes);
        write_rows(&mut out, rows);
        out.plain("sourceIPAddress", &self.arrival.source.to_string());
        if let Some(tls) = &self.arrival.tls {
            out.object("tlsDetails", |object| {
                object.text("cipherSuite", &tls.cipher_suite);
                if let Some(group) = &tls.key_exchange {
                    object.text("keyExchange", group);
                }
                object.text("tlsVersion", tls.version);
            });
        }
        if let Some(agent) = &self.arrival.user_agent {
            out.text("userAgent", shortened(agent));
        }
        out.object("userIdentity", |object| {
            object.plain("accessKeyId", self.caller.access_key_id.as_str());
            object.plain("accountId", &self.caller.account.text());
            object.text("arn", &self.caller.arn());
            object.text("principalId", &self.caller.user_id());
            object.plain("type", identity_type(&self.caller.principal));
        });
        out.finish()
    }
}

/// Something that the service did by itself to a key, for example rotating it on its date, or to
/// a custom key store: what became of connecting it, which goes on after the call.
///
/// AWS: CloudTrail user guide, "Logging service events"; developer guide, "CloudTrail log
/// entries" of RotateKey, DeleteExpiredKeyMaterial and DeleteKey.
#[derive(Debug)]
pub(crate) struct ServiceEvent {
    name: &'static str,
    id: RequestId,
    at: Timestamp,
    home: Home,
    /// The key that it is about, if it is about one.
    key: Option<KeyId>,
    /// Names in the order of their bytes. Names and values need no escaping.
    details: Vec<(&'static str, String)>,
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
        }
    }

    /// What `serviceEventDetails` say; their names come in the order of their bytes.
    pub(crate) fn with(mut self, name: &'static str, value: impl fmt::Display) -> Self {
        debug_assert!(self.details.last().is_none_or(|(last, _)| *last < name));
        self.details.push((name, value.to_string()));
        self
    }

    /// The canonical JSON of the entry.
    pub(crate) fn body(&self, rows: &[RowTrace]) -> EntryBytes {
        let account = self.home.account;
        let mut out = Object::new();
        out.plain("awsRegion", self.home.region.as_str());
        out.plain("eventCategory", "Management");
        out.plain("eventID", &self.id.text());
        out.plain("eventName", self.name);
        out.plain("eventSource", "kms.amazonaws.com");
        out.plain("eventTime", &date(self.at));
        out.plain("eventType", "AwsServiceEvent");
        out.plain("eventVersion", "1.11");
        out.raw("managementEvent", "true");
        out.raw("readOnly", "false");
        out.plain("recipientAccountId", &account.text());
        if let Some(key) = self.key {
            let arn = self.home.key_arn(key).text();
            out.list("resources", &[arn], |arn, object| {
                object.plain("ARN", arn);
                object.plain("accountId", &account.text());
                object.plain("type", "AWS::KMS::Key");
            });
        }
        write_rows(&mut out, rows);
        if !self.details.is_empty() {
            out.object("serviceEventDetails", |object| {
                for (name, value) in &self.details {
                    object.plain(name, value);
                }
            });
        }
        out.object("userIdentity", |object| {
            object.plain("accountId", &account.text());
            object.plain("invokedBy", "AWS Internal");
        });
        out.finish()
    }
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

/// Who did something with the installation itself, and what.
#[derive(Clone, Copy, Debug)]
pub(crate) enum OwnEvent<'a> {
    /// An act of the operator, for example adding a seal.
    Operator(&'a str),
    /// What the service does by itself with its own keys.
    Service(&'a str),
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
        out.plain("awsRegion", home.region.as_str());
    }
    out.plain("eventID", &event_id.text());
    out.plain("eventName", name);
    out.plain("eventSource", "strongroom.local");
    out.plain("eventTime", &date(now));
    out.plain("eventType", kind);
    if let Some(home) = home {
        out.plain("recipientAccountId", &home.account.text());
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
    out.plain("eventID", &event_id.text());
    out.plain("eventName", event);
    out.plain("eventSource", "strongroom.local");
    out.plain("eventTime", &date(now));
    out.plain("eventType", "StrongroomOperatorEvent");
    out.plain("recipientAccountId", &account.text());
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

fn write_rows(out: &mut Object, rows: &[RowTrace]) {
    if rows.is_empty() {
        return;
    }
    out.list("rows", rows, |row, object| {
        object.text("key", &row.key);
        match &row.tag {
            Some(tag) => object.plain("tag", &hex(tag)),
            None => object.raw("tag", "null"),
        }
        object.raw("version", &row.version.to_string());
    });
}

/// What CloudTrail calls this kind of caller.
fn identity_type(principal: &Principal) -> &'static str {
    match principal {
        Principal::Root => "Root",
        Principal::User { .. } => "IAMUser",
        Principal::AssumedRole { .. } => "AssumedRole",
    }
}

/// A date and time of day in UTC, to the second: `2026-11-24T03:58:22Z`.
pub(crate) fn date(at: Timestamp) -> String {
    jiff::Timestamp::from_second(at.as_millis().div_euclid(1000))
        .map(|time| time.to_string())
        .unwrap_or_default()
}

/// The first kilobyte of a text, as CloudTrail keeps it.
fn shortened(text: &str) -> &str {
    let end = text.floor_char_boundary(1024);
    text.get(..end).unwrap_or(text)
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    use fmt::Write as _;
    bytes
        .iter()
        .fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
            let _infallible = write!(text, "{byte:02x}");
            text
        })
}

/// Whether a text has characters that JSON does not take as they are.
fn needs_escaping(text: &str) -> bool {
    // Without a way out in the middle, so that many bytes are looked at in one step.
    text.bytes().fold(false, |found, byte| {
        found | (byte < 0x20) | (byte == b'"') | (byte == b'\\')
    })
}

/// Room for most entries, so that they are written without moving.
const ENTRY_BYTES: usize = 1536;

/// A JSON object being written, member by member, in the order given.
struct Object {
    bytes: Vec<u8>,
    /// How deep in objects and lists the writer is.
    depth: u32,
    /// Where each of the journal's own members goes, as far as that is known.
    places: [usize; OWN_MEMBERS.len()],
    placed: usize,
}

impl Object {
    fn new() -> Self {
        let mut bytes = Vec::with_capacity(ENTRY_BYTES);
        bytes.push(b'{');
        Self {
            bytes,
            depth: 0,
            places: [0; OWN_MEMBERS.len()],
            placed: 0,
        }
    }

    fn name(&mut self, name: &str) {
        if self.bytes.last() != Some(&b'{') {
            self.bytes.push(b',');
        }
        if self.depth == 0 {
            self.leave_room(|own| own < name);
        }
        self.bytes.push(b'"');
        self.bytes.extend_from_slice(name.as_bytes());
        self.bytes.extend_from_slice(b"\":");
    }

    /// Notes this place for the journal's own members that belong before what comes next.
    fn leave_room(&mut self, belongs: impl Fn(&str) -> bool) {
        while OWN_MEMBERS.get(self.placed).is_some_and(|own| belongs(own)) {
            if let Some(place) = self.places.get_mut(self.placed) {
                *place = self.bytes.len();
            }
            self.placed += 1;
        }
    }

    fn text(&mut self, name: &str, text: &str) {
        self.name(name);
        if needs_escaping(text) {
            // Writing a text into memory as JSON cannot fail.
            let _infallible = serde_json::to_writer(&mut self.bytes, text);
        } else {
            self.quoted(text);
        }
    }

    /// A text that needs no escaping: identifiers and words of our own.
    fn plain(&mut self, name: &str, text: &str) {
        debug_assert!(!needs_escaping(text), "{text}");
        self.name(name);
        self.quoted(text);
    }

    fn quoted(&mut self, text: &str) {
        self.bytes.push(b'"');
        self.bytes.extend_from_slice(text.as_bytes());
        self.bytes.push(b'"');
    }

    fn raw(&mut self, name: &str, json: &str) {
        self.name(name);
        self.bytes.extend_from_slice(json.as_bytes());
    }

    /// A list of texts that need no escaping.
    fn texts(&mut self, name: &str, texts: &[&str]) {
        self.name(name);
        self.bytes.push(b'[');
        for (at, text) in texts.iter().enumerate() {
            if at > 0 {
                self.bytes.push(b',');
            }
            self.quoted(text);
        }
        self.bytes.push(b']');
    }

    fn object(&mut self, name: &str, members: impl FnOnce(&mut Self)) {
        self.name(name);
        self.depth += 1;
        self.bytes.push(b'{');
        members(self);
        self.bytes.push(b'}');
        self.depth -= 1;
    }

    fn list<T>(&mut self, name: &str, items: &[T], members: impl Fn(&T, &mut Self)) {
        self.name(name);
        self.depth += 1;
        self.bytes.push(b'[');
        for (at, item) in items.iter().enumerate() {
            self.bytes
                .extend_from_slice(if at == 0 { b"{" } else { b",{" });
            members(item, self);
            self.bytes.push(b'}');
        }
        self.bytes.push(b']');
        self.depth -= 1;
    }

    fn finish(mut self) -> EntryBytes {
        self.leave_room(|_| true);
        self.bytes.push(b'}');
        EntryBytes::written(self.bytes, self.places)
    }
}

/// What leaves: the outcome of a call whose entry has been closed.
#[derive(Debug)]
pub struct Reply {
    request_id: RequestId,
    outcome: Result<Output, KmsError>,
}

/// Proof that the entry of a call is recorded as durably as the journal promises. Without one
/// there is no reply.
pub(crate) struct Recorded(());

impl Recorded {
    /// Appends an entry to the journal.
    ///
    /// # Errors
    /// When the journal does not take it; nothing of it is there then.
    pub(crate) async fn append(journal: &Journal, body: EntryBytes) -> Result<Self, JournalError> {
        journal.append(body).await?;
        Ok(Self(()))
    }

    /// The entry is safe already, in the transaction of the change that it tells of. If the
    /// journal cannot take it now, it will at the next start.
    ///
    /// Beside the proof come the keys in other Regions that have to follow the change.
    pub(crate) fn committed(journal: &Journal, committed: Committed) -> (Self, Vec<(Home, KeyId)>) {
        let summoned = committed.copy_to(journal);
        (Self(()), summoned)
    }
}

impl Reply {
    /// Made by the service when the entry is recorded. When it could not be, that is the outcome.
    pub(crate) fn closed(
        entry: &Entry,
        outcome: Result<Output, KmsError>,
        recorded: Result<Recorded, KmsError>,
    ) -> Self {
        Self {
            request_id: entry.request_id(),
            outcome: match recorded {
                Ok(Recorded(())) => outcome,
                Err(error) => Err(error),
            },
        }
    }

    /// The call is refused because its entry could not be closed.
    pub(crate) fn lost(request_id: RequestId, error: KmsError) -> Self {
        Self {
            request_id,
            outcome: Err(error),
        }
    }

    /// The id of the request.
    #[must_use]
    pub fn request_id(&self) -> &RequestId {
        &self.request_id
    }

    /// The output of the operation, or the error that the caller is told.
    ///
    /// # Errors
    /// When the call was refused or failed.
    pub fn outcome(&self) -> Result<&Output, &KmsError> {
        self.outcome.as_ref()
    }

    #[cfg(test)]
    pub(crate) fn into_outcome(self) -> Result<Output, KmsError> {
        self.outcome
    }
}

/// Whether the operation writes to the store, so that it has to run to its end. CloudTrail calls
/// GetParametersForImport read-only although it leaves a wrapping key behind.
pub(crate) fn writes(operation: Operation) -> bool {
    !read_only(operation) || operation == Operation::GetParametersForImport
}

/// Whether CloudTrail calls the operation read-only.
///
/// AWS: developer guide, "CloudTrail log entries": cryptographic operations and everything that
/// gets, lists or describes.
pub(crate) fn read_only(operation: Operation) -> bool {
    use Operation as O;
    match operation {
        O::CancelKeyDeletion
        | O::ConnectCustomKeyStore
        | O::CreateAlias
        | O::CreateCustomKeyStore
        | O::CreateGrant
        | O::CreateKey
        | O::DeleteAlias
        | O::DeleteCustomKeyStore
        | O::DeleteImportedKeyMaterial
        | O::DisableKey
        | O::DisableKeyRotation
        | O::DisconnectCustomKeyStore
        | O::EnableKey
        | O::EnableKeyRotation
        | O::ImportKeyMaterial
        | O::PutKeyPolicy
        | O::ReplicateKey
        | O::RetireGrant
        | O::RevokeGrant
        | O::RotateKeyOnDemand
        | O::ScheduleKeyDeletion
        | O::TagResource
        | O::UntagResource
        | O::UpdateAlias
        | O::UpdateCustomKeyStore
        | O::UpdateKeyDescription
        | O::UpdatePrimaryRegion => false,
        O::Decapsulate
        | O::Decrypt
        | O::DeriveSharedSecret
        | O::DescribeCustomKeyStores
        | O::DescribeKey
        | O::Encapsulate
        | O::Encrypt
        | O::GenerateDataKey
        | O::GenerateDataKeyPair
        | O::GenerateDataKeyPairWithoutPlaintext
        | O::GenerateDataKeyWithoutPlaintext
        | O::GenerateMac
        | O::GenerateRandom
        | O::GetKeyLastUsage
        | O::GetKeyPolicy
        | O::GetKeyRotationStatus
        | O::GetParametersForImport
        | O::GetPublicKey
        | O::ListAliases
        | O::ListGrants
        | O::ListKeyPolicies
        | O::ListKeyRotations
        | O::ListKeys
        | O::ListResourceTags
        | O::ListRetirableGrants
        | O::ReEncrypt
        | O::Sign
        | O::Verify
        | O::VerifyMac => true,
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv6Addr;

    use strongroom_auth::AccessKeyId;
    use strongroom_model::Partition;

    use super::*;

    fn entry(user_agent: &str) -> Entry {
        let account = AccountId::parse("111122223333").unwrap();
        let id = AccessKeyId::parse("AKIDSTRONGROOM000001").unwrap();
        let arrival = Arrival {
            request_id: RequestId::new([7; 16]),
            source: Ipv6Addr::LOCALHOST.into(),
            user_agent: Some(user_agent.to_owned()),
            tls: None,
        };
        let caller = Caller::root(account, Partition::Aws, id);
        let region = Region::parse("us-east-1").unwrap();
        Entry::new(
            Arc::new(caller),
            region,
            arrival,
            Timestamp::from_millis(999),
        )
    }

    #[test]
    fn an_entry_is_the_canonical_form_of_what_it_says() {
        let entry = entry("a client");
        let key = "arn:aws:kms:us-east-1:111122223333:key/1";
        for _ in 0..2 {
            entry.touch(key, entry.caller().account);
            entry.permitted_by("key policy");
        }
        let expected = serde_json::json!({
            "awsRegion": "us-east-1",
            "eventCategory": "Management",
            "eventID": "5d5d5d5d-5d5d-4d5d-9d5d-5d5d5d5d5d5d",
            "eventName": "Encrypt",
            "eventSource": "kms.amazonaws.com",
            "eventTime": "1970-01-01T00:00:00Z",
            "eventType": "AwsApiCall",
            "eventVersion": "1.11",
            "grounds": ["key policy"],
            "managementEvent": true,
            "readOnly": true,
            "recipientAccountId": "111122223333",
            "requestID": "07070707-0707-4707-8707-070707070707",
            "resources": [{"ARN": key, "accountId": "111122223333", "type": "AWS::KMS::Key"}],
            "sourceIPAddress": "::1",
            "userAgent": "a client",
            "userIdentity": {
                "accessKeyId": "AKIDSTRONGROOM000001",
                "accountId": "111122223333",
                "arn": "arn:aws:iam::111122223333:root",
                "principalId": "111122223333",
                "type": "Root",
            },
        });
        let written = entry.body("Encrypt", true, None, &[]);
        assert_eq!(written, EntryBytes::from_value(&expected).unwrap());
    }

    #[test]
    fn what_strangers_send_is_escaped() {
        for text in ["\"", "\\", "\n\u{1}", "ä\u{7f}", "}{,"] {
            let body = entry(text).body("Encrypt", true, None, &[]);
            let read: serde_json::Value = serde_json::from_slice(body.as_bytes()).unwrap();
            assert_eq!(read["userAgent"], text);
        }
    }
}
