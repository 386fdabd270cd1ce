//! Making a session: its access key id, secret and token.

use strongroom_auth::AccessKeyId;
use strongroom_model::Timestamp;

use super::{
    Credentials, StsError,
    claims::{Claims, Packed},
};
use crate::{error::KmsError, service::Service};

/// Makes the credentials of a session, whose claims are complete but for its secret and dates.
/// `wall` is the clock on the wall, by which the caller is told when they end.
///
/// # Errors
/// `PackedPolicyTooLarge` when what the request put into the session has no room.
pub(super) fn issue(
    service: &Service,
    mut claims: Claims,
    lifetime_seconds: i64,
    wall: Timestamp,
) -> Result<(Credentials, Option<usize>), StsError> {
    let percent = packed_percent(&claims)?;
    let custody = service.custody();
    let random: [u8; 16] = custody.random().array().map_err(KmsError::from)?;
    let id = AccessKeyId::generate_temporary(&mut |bytes| {
        for (to, from) in bytes.iter_mut().zip(random) {
            *to = from;
        }
    });
    let lifetime_millis = lifetime_seconds.saturating_mul(1000);
    claims.issued = service.now();
    claims.expires = claims.issued.plus_millis(lifetime_millis);
    let (version, secret) = custody
        .session_secret(id.as_str())
        .map_err(KmsError::from)?;
    claims.secret_version = version;
    let token = custody
        .seal_session(id.as_str(), &claims.to_bytes())
        .map_err(KmsError::from)?;
    let credentials = Credentials {
        access_key_id: id.as_str().to_owned(),
        secret,
        token,
        expires: wall.plus_millis(lifetime_millis),
    };
    Ok((credentials, percent))
}

/// How much of the room is used by session policies and tags, if there are any.
fn packed_percent(claims: &Claims) -> Result<Option<usize>, StsError> {
    let packed = claims.packed();
    let bytes = packed.policies + packed.tags;
    let percent = Packed::percent(bytes);
    if bytes <= Packed::LIMIT {
        return Ok((bytes > 0).then_some(percent));
    }
    Err(StsError::packed_policy_too_large(if packed.policies == 0 {
        format!("Packed size of session tags consumes {percent}% of allotted space.")
    } else {
        format!("Packed policy consumes {percent}% of allotted space, please use smaller policy.")
    }))
}
