//! The entry of a call in progress, and the events that it becomes.

use std::{
    fmt,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use strongroom_auth::Caller;
use strongroom_crypto::MaterialId;
use strongroom_model::{
    AccountId, Region, Timestamp,
    errors::ErrorCode,
    operations::{Input, Operation},
    shapes::{CreateKeyRequest, CreateKeyResponse, KeyMetadata, ReplicateKeyRequest},
};
use strongroom_store::EntryBytes;

use super::{
    Arrival, Events, RequestId, RowTrace,
    generated::members::write_request,
    identity,
    json::Object,
    notes::{Kind, Notes, Replica, Resource, members_of},
    recorded::{Answer, Told, read_only, row},
    text::{error_code, shortened},
    write_rows,
};
use crate::{error::KmsError, layout::Home};

/// The largest `requestParameters` and `responseElements`. AWS: CloudTrail user guide,
/// "CloudTrail record contents"; what is larger is left out, and said to be.
const MEMBERS_BYTES: usize = 100 * 1024;
/// The largest `additionalEventData`, by the same page.
const ADDITIONAL_BYTES: usize = 28 * 1024;

/// The audit entry of a call in progress.
pub struct Entry {
    caller: Arc<Caller>,
    region: Region,
    arrival: Arrival,
    /// Whether events of the call may be on their way already that say something else.
    another: AtomicBool,
    opened: Timestamp,
    notes: Mutex<Notes>,
}

impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Entry")
            .field("caller", &self.caller)
            .field("region", &self.region)
            .field("arrival", &self.arrival)
            .field("opened", &self.opened)
            .field("notes", &self.notes)
            .finish_non_exhaustive()
    }
}

/// How a call ended.
pub(crate) struct Outcome<'o> {
    pub(crate) operation: Operation,
    /// Absent when the request did not decode.
    pub(crate) input: Option<&'o Input>,
    /// Absent when the call succeeded.
    pub(crate) error: Option<&'o KmsError>,
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
            arrival,
            another: AtomicBool::new(false),
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

    pub(crate) fn request_id(&self) -> RequestId {
        self.arrival.request_id
    }

    /// How the request came in.
    pub(crate) fn arrival(&self) -> &Arrival {
        &self.arrival
    }

    /// What the events have in common of a call that concerns another account, too.
    pub(crate) fn shared_event_id(&self) -> String {
        self.request_id().shared().to_string()
    }

    /// The id of the event for that other account.
    pub(crate) fn event_id_for_owner(&self) -> String {
        self.request_id().of_event_for_owner(0).to_string()
    }

    /// When the call began.
    pub(crate) fn opened(&self) -> Timestamp {
        self.opened
    }

    pub(crate) fn event_id(&self) -> RequestId {
        self.ids().of_event()
    }

    /// What the ids of events are made from.
    fn ids(&self) -> RequestId {
        if self.another.load(Ordering::Relaxed) {
            self.request_id().told_again()
        } else {
            self.request_id()
        }
    }

    /// Gives the events of the call other ids from now on, since there may be events already that
    /// say how it ended, and that nobody could wait for.
    pub(crate) fn begin_another(&self) {
        self.another.store(true, Ordering::Relaxed);
    }

    /// Notes a resource that the call touches, and whose it is.
    pub(crate) fn touch(&self, kind: Kind, arn: &Arc<str>, home: &Home) {
        self.notes().touch(kind, arn, home);
    }

    /// Notes why the call was permitted.
    pub(crate) fn permitted_by(&self, ground: &'static str) {
        let mut notes = self.notes();
        if !notes.grounds.contains(&ground) {
            notes.grounds.push(ground);
        }
    }

    /// Notes the material of a key that is used; none for a key that has only one.
    pub(crate) fn used(&self, material: Option<MaterialId>) {
        self.notes().used(material);
    }

    /// Notes something for `additionalEventData`, which has it if the operation's row lists the
    /// name.
    pub(crate) fn add(&self, name: &'static str, value: String) {
        self.notes().add(name, value);
    }

    /// Notes the attested enclave that the answer is for.
    pub(crate) fn hand_to(&self, module_id: &str, image_digest: Option<&[u8]>) {
        self.notes().hand_to(module_id, image_digest);
    }

    /// Notes what the entry is to say of the response, before the change that it tells of is
    /// committed.
    pub(crate) fn tell(&self, response: &impl Told) {
        self.notes().tell(response);
    }

    /// Notes the key that ReplicateKey makes in another Region, where an event tells of it as of
    /// one that CreateKey made.
    pub(crate) fn tell_replica(&self, there: &Home, arn: Arc<str>, replica: &KeyMetadata) {
        let response = CreateKeyResponse {
            key_metadata: Some(Box::new(replica.clone())),
        };
        self.notes().replica = Some(Replica {
            told: members_of(&response, Some(&arn)),
            resource: Resource {
                kind: Kind::Key,
                arn,
                home: there.clone(),
            },
        });
    }

    /// Forgets what an attempt learned that is about to run again from its look-ups.
    pub(crate) fn start_over(&self) {
        *self.notes() = Notes::default();
    }

    fn notes(&self) -> MutexGuard<'_, Notes> {
        // A panic while holding the lock aborts the process; the notes are whole in any case.
        self.notes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The events of a call of the KMS API that ends now. The rows that it wrote are named in
    /// the first.
    pub(crate) fn close(&self, outcome: &Outcome<'_>, rows: &[RowTrace], now: Timestamp) -> Events {
        let Outcome {
            operation,
            input,
            error,
        } = *outcome;
        let notes = self.notes();
        let row = row(operation);
        let elements = match (&row.answer, error) {
            (Answer::Null, _) | (_, Some(_)) => Elements::Null,
            (Answer::KeyId, None) => notes.changed_key().map_or(Elements::Null, Elements::KeyId),
            (Answer::Members(_), None) => {
                notes.told.as_deref().map_or(Elements::Null, Elements::Told)
            }
        };
        let mut owners = Vec::new();
        if !is_denial(error) {
            for resource in &notes.resources {
                let owner = resource.home.account;
                if owner != self.caller.account && !owners.contains(&owner) {
                    owners.push(owner);
                }
            }
        }
        let first = Event {
            id: self.event_id(),
            now,
            name: operation.name(),
            region: &self.region,
            recipient: self.caller.account,
            shared: !owners.is_empty(),
            read_only: read_only(operation),
            input,
            elements,
            additional: row.additional,
            error,
            grounds: &notes.grounds,
            notes: &notes,
        };
        let told = self.write(&first, rows, first.resources());
        let mut further = Vec::new();
        for (number, owner) in (0..).zip(owners) {
            let event = Event {
                id: self.ids().of_event_for_owner(number),
                recipient: owner,
                ..first
            };
            let own = event
                .resources()
                .filter(|resource| resource.home.account == owner);
            further.push(self.write(&event, &[], own));
        }
        if error.is_none() {
            further.extend(self.elsewhere(&first));
        }
        Events::new(told, further)
    }

    /// The event in the other Region of a call that concerns two.
    fn elsewhere(&self, here: &Event<'_>) -> Option<EntryBytes> {
        let id = self.ids().of_event_elsewhere();
        match here.input? {
            Input::ReplicateKey(request) => {
                let replica = here.notes.replica.as_ref()?;
                let input = Input::CreateKey(creation_of_replica(request));
                let event = Event {
                    id,
                    name: Operation::CreateKey.name(),
                    region: &replica.resource.home.region,
                    input: Some(&input),
                    elements: Elements::Told(&replica.told),
                    ..*here
                };
                Some(self.write(&event, &[], std::iter::once(&replica.resource)))
            }
            Input::UpdatePrimaryRegion(request) => {
                let region = Region::parse(&request.primary_region).ok()?;
                let event = Event {
                    id,
                    region: &region,
                    ..*here
                };
                Some(self.write(&event, &[], event.resources()))
            }
            _ => None,
        }
    }

    /// The event of something that is no operation of the KMS API and ends now.
    pub(crate) fn body(
        &self,
        name: &str,
        read_only: bool,
        error: Option<&KmsError>,
        now: Timestamp,
    ) -> EntryBytes {
        let notes = self.notes();
        let event = Event {
            id: self.event_id(),
            now,
            name,
            region: &self.region,
            recipient: self.caller.account,
            shared: false,
            read_only,
            input: None,
            elements: Elements::Null,
            additional: &[],
            error,
            grounds: &notes.grounds,
            notes: &notes,
        };
        self.write(&event, &[], event.resources())
    }

    /// The canonical JSON of an event: members sorted, no white space.
    fn write<'e>(
        &self,
        event: &Event<'_>,
        rows: &[RowTrace],
        resources: impl Iterator<Item = &'e Resource>,
    ) -> EntryBytes {
        let notes = event.notes;
        let mut out = Object::new();
        if notes.has_any(event.additional) {
            out.bounded("additionalEventData", ADDITIONAL_BYTES, |out| {
                notes.write_all(event.additional, out);
            });
        }
        out.word("awsRegion", event.region.as_str());
        if let Some(error) = event.error {
            out.word("errorCode", error_code(error));
            if let Some(message) = error.message() {
                out.text("errorMessage", shortened(message));
            }
        }
        out.word("eventCategory", "Management");
        out.word("eventID", &event.id.text());
        out.word("eventName", event.name);
        out.word("eventSource", source_of(event.name));
        out.time("eventTime", event.now);
        out.word("eventType", "AwsApiCall");
        out.word("eventVersion", super::EVENT_VERSION);
        if !event.grounds.is_empty() {
            out.words("grounds", event.grounds, |ground| ground);
        }
        out.boolean("managementEvent", true);
        out.boolean("readOnly", event.read_only);
        out.word("recipientAccountId", &event.recipient.text());
        out.word("requestID", &self.request_id().text());
        match event.input {
            Some(input) => out.bounded("requestParameters", MEMBERS_BYTES, |out| {
                write_request(out, input, notes.named_key());
            }),
            None => out.raw("requestParameters", b"null"),
        }
        let mut resources = resources.peekable();
        if resources.peek().is_some() {
            out.list("resources", resources, |out, resource| {
                out.text("ARN", &resource.arn);
                out.word("accountId", &resource.home.account.text());
                out.word("type", "AWS::KMS::Key");
            });
        }
        match event.elements {
            Elements::Null => out.raw("responseElements", b"null"),
            Elements::KeyId(arn) => {
                out.object("responseElements", |out| out.text("keyId", arn));
            }
            Elements::Told(members) => {
                out.bounded("responseElements", MEMBERS_BYTES, |out| out.splice(members));
            }
        }
        write_rows(&mut out, rows);
        if event.shared {
            out.word("sharedEventID", &self.request_id().shared().text());
        }
        out.address("sourceIPAddress", self.arrival.source);
        self.write_tls(&mut out);
        if let Some(agent) = &self.arrival.user_agent {
            out.text("userAgent", shortened(agent));
        }
        if event.recipient == self.caller.account {
            identity::with_members(&self.caller, |members| {
                out.object("userIdentity", |out| out.splice(members));
            });
        } else {
            out.object("userIdentity", |out| {
                identity::write_other_account(out, &self.caller);
            });
        }
        out.finish()
    }

    fn write_tls(&self, out: &mut Object) {
        let Some(tls) = &self.arrival.tls else {
            return;
        };
        out.object("tlsDetails", |out| {
            out.text("cipherSuite", &tls.cipher_suite);
            if let Some(host) = &self.arrival.host {
                out.text("clientProvidedHostHeader", shortened(host));
            }
            if let Some(group) = &tls.key_exchange {
                out.text("keyExchange", group);
            }
            out.text("tlsVersion", tls.version);
        });
    }
}

/// One event of a call: who is told of it, and what.
#[derive(Clone, Copy)]
struct Event<'e> {
    id: RequestId,
    now: Timestamp,
    name: &'e str,
    region: &'e Region,
    /// The account that is told.
    recipient: AccountId,
    /// Whether other accounts are told of the same call.
    shared: bool,
    read_only: bool,
    input: Option<&'e Input>,
    elements: Elements<'e>,
    /// The names that `additionalEventData` may have.
    additional: &'static [&'static str],
    error: Option<&'e KmsError>,
    grounds: &'e [&'static str],
    notes: &'e Notes,
}

/// What `responseElements` say.
#[derive(Clone, Copy)]
enum Elements<'e> {
    Null,
    KeyId(&'e str),
    Told(&'e [u8]),
}

impl<'e> Event<'e> {
    /// The resources in the Region of the event.
    fn resources(&self) -> impl Iterator<Item = &'e Resource> + use<'e> {
        let region = self.region;
        let resources = self.notes.resources.iter();
        resources.filter(move |resource| resource.home.region == *region)
    }
}

/// Whether the caller was denied. Of that only its own account is told.
fn is_denial(error: Option<&KmsError>) -> bool {
    error.is_some_and(|error| error.code() == ErrorCode::AccessDeniedException)
}

fn source_of(event: &str) -> &'static str {
    match event {
        "GetCallerIdentity" | "AssumeRole" | "AssumeRoleWithWebIdentity" | "GetSessionToken" => {
            "sts.amazonaws.com"
        }
        _ => "kms.amazonaws.com",
    }
}

/// What CreateKey would have been asked for, for a replica: the members that ReplicateKey shares
/// with it.
fn creation_of_replica(request: &ReplicateKeyRequest) -> CreateKeyRequest {
    CreateKeyRequest {
        bypass_policy_lockout_safety_check: request.bypass_policy_lockout_safety_check,
        description: request.description.clone(),
        multi_region: Some(true),
        policy: request.policy.clone(),
        tags: request.tags.clone(),
        ..CreateKeyRequest::default()
    }
}
