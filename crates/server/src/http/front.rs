//! The counter itself: door, service and wire, in the order of one request.
//!
//! `http` has read the request; `auth` finds the caller; the audit entry is opened; `wire`
//! routes and decodes; the service answers and closes the entry; `wire` encodes. Nothing here
//! decides anything about keys.

use std::{io, sync::Arc};

use bytes::Bytes;
use hyper::{header, http::request::Parts};
use strongroom_auth::{Protocol, SignedParts};
use strongroom_kms::{Arrival, Entry, KmsError, Reply, RequestId, Service};
use strongroom_model::errors::ErrorCode;

use super::{Answer, HttpLimits, Request, Responder, listen::listen};
use crate::{
    door::{self, Door, Refusal},
    sts::{self, Action},
    wire::{self, fault::fault, route::route},
};

/// Everything that stands behind one listener.
pub struct Front {
    /// The service that answers.
    pub service: Arc<Service>,
    /// Who comes in.
    pub door: Door,
    /// TLS, when it is offered.
    pub tls: Option<Arc<rustls::ServerConfig>>,
    /// What one client may cost.
    pub limits: HttpLimits,
}

/// Serves the API on `listener` until `shutdown` completes; then takes no more connections,
/// closes those at rest, and gives requests in flight their time to finish.
///
/// # Errors
/// When the listener cannot be used at all. What goes wrong with one connection ends that
/// connection only.
pub async fn serve(
    listener: std::net::TcpListener,
    front: Front,
    shutdown: impl Future<Output = ()>,
) -> io::Result<()> {
    let Front {
        service,
        door,
        tls,
        limits,
    } = front;
    listen(listener, Counter { service, door }, tls, limits, shutdown).await
}

struct Counter {
    service: Arc<Service>,
    door: Door,
}

impl Responder for Counter {
    async fn respond(&self, request: Request) -> Answer {
        let id = request.id;
        let headers = door::signed_headers(&request.head);
        let parts = SignedParts {
            method: request.head.method.as_str(),
            path: request.head.uri.path(),
            query: request.head.uri.query().unwrap_or_default(),
            headers: &headers,
            body: request.body.expose(),
        };
        let protocol = door::protocol_of(&parts);
        let admitted = self
            .door
            .admit(&parts, protocol, self.service.as_ref(), request.source)
            .await;
        let admitted = match admitted {
            Ok(admitted) => admitted,
            Err(refusal) => return refused(&refusal, protocol, id),
        };
        drop(headers);

        let arrival = Arrival {
            request_id: id,
            source: request.source,
            user_agent: user_agent(&request.head),
            host: request.tls.as_ref().and_then(|_| host(&request.head)),
            tls: request.tls.clone(),
        };
        let (key, region) = (&admitted.caller.access_key_id, &admitted.region);
        let service = match protocol {
            Protocol::Json => "kms",
            Protocol::Query => "sts",
        };
        self.service.note_access_key_use(key, region, service);
        let entry = self.service.open(admitted.caller, admitted.region, arrival);
        match protocol {
            Protocol::Json => self.kms(entry, request).await,
            Protocol::Query => self.sts(entry, &request).await,
        }
    }

    async fn ready(&self) -> Result<(), String> {
        self.service.ready().await
    }
}

impl Counter {
    async fn kms(&self, entry: Entry, request: Request) -> Answer {
        let Some(operation) = route(&request.head.headers) else {
            let error = KmsError::silent(ErrorCode::UnknownOperationException);
            return told(&self.service.refuse(entry, None, error).await);
        };
        let decoded = wire::decode(operation, request.body.expose());
        // What is still needed of the body is in the input now; the rest is wiped before a
        // call that may take its time.
        drop(request);
        match decoded {
            Ok(input) => told(&self.service.answer(entry, input).await),
            Err(wire::Fault { code, message }) => {
                let error = match message {
                    Some(message) => KmsError::new(code, message),
                    None => KmsError::silent(code),
                };
                told(&self.service.refuse(entry, Some(operation), error).await)
            }
        }
    }

    async fn sts(&self, entry: Entry, request: &Request) -> Answer {
        let query = request.head.uri.query().unwrap_or_default();
        let id = request.id;
        match sts::action(query, request.body.expose()) {
            Ok(Action::GetCallerIdentity) => match self.service.get_caller_identity(entry).await {
                Ok(identity) => sts::caller_identity(&identity, id),
                Err(error) => sts::failed(&error, id),
            },
            Err(unknown) => {
                let error = KmsError::silent(ErrorCode::UnknownOperationException);
                let reply = self.service.refuse(entry, None, error).await;
                match reply.outcome() {
                    // Something worse happened: the refusal could not be recorded.
                    Err(error) if error.code() != ErrorCode::UnknownOperationException => {
                        sts::failed(error, id)
                    }
                    _ => sts::unknown_action(&unknown, id),
                }
            }
        }
    }
}

/// A reply as the JSON protocol writes it.
fn told(reply: &Reply) -> Answer {
    match reply.outcome() {
        Ok(output) => {
            let body = wire::encode(output);
            if body.is_empty() {
                Answer::json(Bytes::new())
            } else {
                // The body is wiped when hyper has sent it and lets go.
                Answer::json(Bytes::from_owner(body))
            }
        }
        Err(error) => {
            let code = error.code();
            Answer::json_error(code.http_status(), fault(code, error.message()))
        }
    }
}

/// The fixed answer to somebody who has no name yet.
fn refused(refusal: &Refusal, protocol: Protocol, id: RequestId) -> Answer {
    match (refusal, protocol) {
        (Refusal::Signature(error), Protocol::Json) => {
            let code = error.json_code();
            Answer::json_error(error.http_status(), fault(code, Some(error.message())))
                .with_error_type(code.name())
        }
        (Refusal::Signature(error), Protocol::Query) => sts::refused(error, id),
        (Refusal::Unavailable, Protocol::Json) => {
            let code = ErrorCode::ServiceUnavailable;
            let message = "The service is unavailable. Try again later.";
            Answer::json_error(code.http_status(), fault(code, Some(message)))
                .with_error_type(code.name())
        }
        (Refusal::Unavailable, Protocol::Query) => sts::unavailable(id),
    }
}

/// The host that the client asked for: a header in HTTP/1.1, part of the target in HTTP/2.
fn host(head: &Parts) -> Option<String> {
    let header = head.headers.get(header::HOST);
    let target = || head.uri.authority().map(ToString::to_string);
    match header.map(|value| value.to_str()) {
        Some(Ok(host)) => Some(host.to_owned()),
        // Other characters than ASCII are not a host's name.
        Some(Err(_)) => None,
        None => target(),
    }
}

/// The longest `User-Agent` that an audit entry keeps. AWS: CloudTrail user guide, "CloudTrail
/// record contents", cuts it there too.
const USER_AGENT_BYTES: usize = 1024;

fn user_agent(head: &Parts) -> Option<String> {
    let value = head.headers.get(header::USER_AGENT)?.as_bytes();
    let value = value.get(..USER_AGENT_BYTES).unwrap_or(value);
    Some(match std::str::from_utf8(value) {
        Ok(text) => text.to_owned(),
        Err(_) => String::from_utf8_lossy(value).into_owned(),
    })
}
