//! GetKeyLastUsage: when a KMS key was last used, and by which call.
//!
//! AWS: API reference, "GetKeyLastUsage".

use strongroom_model::shapes::{GetKeyLastUsageRequest, GetKeyLastUsageResponse, KeyLastUsageData};

use crate::{
    call::{Attempt, Call},
    uses,
};

/// Tells of the last successful cryptographic call on the key, in every state of the key.
///
/// Dry runs and refused calls do not count; ReEncrypt counts for both of its keys. A use is told
/// from the moment of its reply. It is written down within about a minute; a crash before that
/// takes it back. Keys are tracked from their creation on.
///
/// # Errors
///
/// - `NotFoundException`: there is no such key.
pub(crate) async fn get_key_last_usage(
    call: &Call<'_>,
    input: &GetKeyLastUsageRequest,
) -> Attempt<GetKeyLastUsageResponse> {
    let key = call.find_key(&input.key_id).await?;
    let key = call.permit::<uses::GetKeyLastUsage>(key).await?.usable()?;
    let service = call.service();
    let used = service
        .last_uses()
        .of(service, key.home(), key.id())
        .await?;
    let created = key.record().created;
    Ok(GetKeyLastUsageResponse {
        key_id: Some(key.id().to_string()),
        key_creation_date: Some(created),
        tracking_start_date: Some(created),
        key_last_usage: Some(KeyLastUsageData {
            operation: used.as_ref().map(|used| used.operation),
            timestamp: used.as_ref().map(|used| used.at),
            cloud_trail_event_id: used.as_ref().map(|used| used.event_id.clone()),
            kms_request_id: used.map(|used| used.request_id),
        }),
    })
}
