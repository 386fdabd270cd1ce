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
    metrics::{Called, Ending, Metrics},
    sts,
    wire::{self, fault::fault, route::route},
};

/// Everything that stands behind one listener.
pub struct Front {
    /// The service that answers.
    pub service: Arc<Service>,
    /// Who comes in.
    pub door: Door,
    /// Where calls are counted.
    pub metrics: Arc<Metrics>,
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
        metrics,
        tls,
        limits,
    } = front;
    let counter = Counter {
        service,
        door,
        metrics,
    };
    listen(listener, counter, tls, limits, shutdown).await
}

struct Counter {
    service: Arc<Service>,
    door: Door,
    metrics: Arc<Metrics>,
}

impl Responder for Counter {
    async fn respond(&self, request: Box<Request>) -> Answer {
        let in_flight = self.metrics.begin();
        let (answer, call) = self.attend(request).await;
        if let Some((called, ending)) = call {
            in_flight.end(called, ending);
        }
        answer
    }

    async fn ready(&self) -> Result<(), String> {
        self.service.ready().await
    }
}

/// What was asked for and how it ended; nothing for somebody who did not come in.
type Attended = Option<(Called, Ending)>;

impl Counter {
    /// Answers a request, and says what to count of it.
    async fn attend(&self, request: Box<Request>) -> (Answer, Attended) {
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
        if protocol == Protocol::Query
            && !door::is_signed(&parts)
            && sts::is_web_identity(parts.query, parts.body)
        {
            let arrival = arrival(&request);
            let Self { service, door, .. } = self;
            let answered =
                sts::answer_stranger(service, door, arrival, parts.query, parts.body).await;
            return attended(answered);
        }
        let admitted = self
            .door
            .admit(&parts, protocol, self.service.as_ref(), request.source)
            .await;
        let admitted = match admitted {
            Ok(admitted) => admitted,
            Err(refusal) => {
                self.metrics.refused_at_the_door(match &refusal {
                    Refusal::Signature(error) => error.json_code(),
                    Refusal::Unavailable => ErrorCode::ServiceUnavailable,
                });
                return (refused(&refusal, protocol, id), None);
            }
        };
        drop(headers);

        let arrival = arrival(&request);
        let entry = self.service.open(admitted.caller, admitted.region, arrival);
        match protocol {
            Protocol::Json => {
                self.service.note_access_key_use(&entry, "kms");
                let (answer, called, ending) = self.kms(entry, request).await;
                (answer, Some((called, ending)))
            }
            Protocol::Query => {
                self.service.note_access_key_use(&entry, "sts");
                let query = request.head.uri.query().unwrap_or_default();
                let (Self { service, door, .. }, body) = (self, request.body.expose());
                attended(sts::answer_caller(service, door, entry, query, body, id).await)
            }
        }
    }

    async fn kms(&self, entry: Box<Entry>, mut request: Box<Request>) -> (Answer, Called, Ending) {
        let Some(operation) = route(&request.head.headers) else {
            let error = KmsError::silent(ErrorCode::UnknownOperationException);
            let reply = self.service.refuse(entry, None, error).await;
            return (told(&reply), Called::Unknown, ending(&reply));
        };
        let decoded = wire::decode(operation, request.body.expose());
        let mut headers = std::mem::take(&mut request.head.headers);
        headers.clear();
        // What is still needed of the body is in the input now; the rest is wiped before a
        // call that may take its time.
        drop(request);
        let reply = match decoded {
            Ok(input) => self.service.answer(entry, input).await,
            Err(wire::Fault { code, message }) => {
                let error = match message {
                    Some(message) => KmsError::new(code, message),
                    None => KmsError::silent(code),
                };
                self.service.refuse(entry, Some(operation), error).await
            }
        };
        let answer = told(&reply).in_place_of(headers);
        (answer, Called::Kms(operation), ending(&reply))
    }
}

/// What to count of a call of STS.
fn attended(answered: sts::Answered) -> (Answer, Attended) {
    let called = answered.action.map_or(Called::Unknown, Called::Sts);
    let ending = answered.error.map_or(Ending::DONE, Ending::sts);
    (answered.answer, Some((called, ending)))
}

fn ending(reply: &Reply) -> Ending {
    let error = reply.outcome().err();
    error.map_or(Ending::DONE, |error| Ending::kms(error.code()))
}

/// How a request came in.
fn arrival(request: &Request) -> Arrival {
    Arrival {
        request_id: request.id,
        source: request.source,
        user_agent: user_agent(&request.head),
        host: request.tls.as_ref().and_then(|_| host(&request.head)),
        tls: request.tls.clone(),
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
