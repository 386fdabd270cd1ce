//! One request of STS, from its form to its answer.

use std::sync::Arc;

use strongroom_kms::{
    Arrival, Entry, RequestId, Service,
    sts::{AssumeRoleWithWebIdentity, StsError},
};

use super::{
    answer,
    form::Form,
    request::{Action, Request, form, read},
};
use crate::{door::Door, http::Answer};

/// An answer, and what it answers.
#[derive(Debug)]
pub struct Answered {
    /// What goes back to the client.
    pub answer: Answer,
    /// The action, as far as it could be told.
    pub action: Option<Action>,
    /// The code of the error, if it is one.
    pub error: Option<&'static str>,
}

impl Answered {
    fn failed(action: Option<Action>, error: &StsError, id: RequestId) -> Self {
        Self {
            answer: answer::failed(error, id),
            action,
            error: Some(error.code()),
        }
    }

    fn of(action: Option<Action>, answered: Result<Answer, StsError>, id: RequestId) -> Self {
        match answered {
            Ok(answer) => Self {
                answer,
                action,
                error: None,
            },
            Err(error) => Self::failed(action, &error, id),
        }
    }
}

/// A request whose caller is known, by signature or at its word.
pub async fn answer_caller(
    service: &Arc<Service>,
    door: &Door,
    entry: Box<Entry>,
    query: &str,
    body: &[u8],
    id: RequestId,
) -> Answered {
    let (action, decoded) = decoded(query, body);
    let request = match decoded {
        Ok(request) => request,
        Err(error) => {
            let name = action.map(Action::name);
            let error = service.refuse_sts(entry, name, error).await;
            return Answered::failed(action, &error, id);
        }
    };
    let wall = door.now();
    let answered = match request {
        Request::GetCallerIdentity => service
            .get_caller_identity(entry)
            .await
            .map(|identity| answer::caller_identity(&identity, id)),
        Request::AssumeRole(input) => service
            .assume_role(entry, input, wall)
            .await
            .map(|session| answer::role_session(Action::AssumeRole.name(), &session, id)),
        Request::GetSessionToken(input) => service
            .get_session_token(entry, input, wall)
            .await
            .map(|credentials| answer::session_token(&credentials, id)),
        Request::AssumeRoleWithWebIdentity(_) => {
            let name = Some(Action::AssumeRoleWithWebIdentity.name());
            let error = StsError::new(
                "AccessDenied",
                403,
                "AssumeRoleWithWebIdentity is asked for without a signature.",
            );
            Err(service.refuse_sts(entry, name, error).await)
        }
    };
    Answered::of(action, answered, id)
}

/// The action, as far as it can be told, and what it is asked for.
fn decoded(query: &str, body: &[u8]) -> (Option<Action>, Result<Request, StsError>) {
    let form = match form(query, body) {
        Ok(form) => form,
        Err(error) => return (None, Err(error)),
    };
    let action = match Action::of(&form) {
        Ok(action) => action,
        Err(error) => return (None, Err(error)),
    };
    // However its name is spelled; a query that is no form is taken for one that is signed.
    let presigned =
        Form::read(query, b"").map_or(true, |query| query.get("X-Amz-Algorithm").is_some());
    if presigned && action != Action::GetCallerIdentity {
        // Who shows a presigned request to somebody else proves an identity, and gives no more
        // away than that.
        let message = "Presigned requests are answered for GetCallerIdentity only.";
        return (
            Some(action),
            Err(StsError::new("AccessDenied", 403, message)),
        );
    }
    (Some(action), read(action, &form))
}

/// Whether a request without a signature asks for the one action that comes without.
#[must_use]
pub fn is_web_identity(query: &str, body: &[u8]) -> bool {
    Form::read(query, body)
        .is_ok_and(|form| form.get("Action") == Some(Action::AssumeRoleWithWebIdentity.name()))
}

/// A request of somebody for whom an identity provider may vouch. Until it does, what is refused
/// goes to the door log and not to the journal.
pub async fn answer_stranger(
    service: &Arc<Service>,
    door: &Door,
    arrival: Arrival,
    query: &str,
    body: &[u8],
) -> Answered {
    let action = Some(Action::AssumeRoleWithWebIdentity);
    let (id, source) = (arrival.request_id, arrival.source);
    let wall = door.now();
    let verified = match web_identity(query, body) {
        Ok(input) => service.verify_web_identity(input, wall).await,
        Err(error) => Err(error),
    };
    let verified = match verified {
        Ok(verified) => verified,
        Err(error) => {
            door.turned_away(source, error.code(), error.message(), error.cause());
            return Answered::failed(action, &error, id);
        }
    };
    let entry = service.open(verified.caller(), door.default_region(), arrival);
    let name = Action::AssumeRoleWithWebIdentity.name();
    let answered = service
        .assume_role_with_web_identity(entry, verified, wall)
        .await
        .map(|session| answer::role_session(name, &session, id));
    Answered::of(action, answered, id)
}

fn web_identity(query: &str, body: &[u8]) -> Result<AssumeRoleWithWebIdentity, StsError> {
    let form = form(query, body)?;
    match read(Action::of(&form)?, &form)? {
        Request::AssumeRoleWithWebIdentity(input) => Ok(input),
        _ => Err(StsError::new(
            "InvalidAction",
            400,
            "The action is another one.",
        )),
    }
}
