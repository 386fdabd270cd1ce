//! ScheduleKeyDeletion: a KMS key will cease to exist after a waiting period.
//!
//! AWS: API reference, "ScheduleKeyDeletion"; developer guide, "Deleting AWS KMS keys".

use strongroom_model::{
    limits,
    shapes::{ScheduleKeyDeletionRequest, ScheduleKeyDeletionResponse},
};

use crate::{
    call::{Attempt, Call},
    change::Change,
    error::KmsError,
    record::Deletion,
    uses,
};

/// Days that a key waits when the request does not say. AWS: "ScheduleKeyDeletion".
const DEFAULT_WINDOW_DAYS: i32 = 30;

/// Schedules the deletion and stops every cryptographic use of the key at once.
///
/// At its deletion date the key is gone with its material, aliases, policy and tags, and
/// nothing can open what it encrypted. A multi-Region primary key that has replicas is pending
/// their deletion first; its waiting period begins when the last of them is gone.
///
/// # Errors
///
/// - `ValidationException`: a waiting period outside 7 to 30 days.
/// - `KMSInvalidStateException`: the key is pending deletion already.
pub(crate) async fn schedule_key_deletion(
    call: &Call<'_>,
    input: &ScheduleKeyDeletionRequest,
) -> Attempt<ScheduleKeyDeletionResponse> {
    let key = call.find_key(&input.key_id).await?;
    let key = call.permit::<uses::ScheduleKeyDeletion>(key)?;
    let window_days = input.pending_window_in_days.unwrap_or(DEFAULT_WINDOW_DAYS);
    let (shortest, longest) = (
        limits::DELETION_WINDOW_MIN_DAYS,
        limits::DELETION_WINDOW_MAX_DAYS,
    );
    if !(shortest..=longest).contains(&window_days) {
        return Err(KmsError::validation(format!(
            "PendingWindowInDays must be between {shortest} and {longest}"
        ))
        .into());
    }
    let key = key.usable()?;

    let mut record = key.record().clone();
    record.enabled = false;
    // A primary key outlives its replicas.
    let replicas = record.multi_region.as_ref();
    let waits = replicas.is_some_and(|relatives| {
        relatives.primary == key.home().region && !relatives.replicas.is_empty()
    });
    let date = (!waits).then(|| call.now().plus_days(window_days.into()));
    record.deletion = date.map(|date| Deletion { date, window_days });
    record.deletion_after_replicas = waits.then_some(window_days);
    let response = ScheduleKeyDeletionResponse {
        key_id: Some(key.arn().text()),
        deletion_date: date,
        key_state: Some(record.state(call.now())),
        pending_window_in_days: Some(window_days),
    };
    call.tell(&response);
    call.commit(Change::key(&key, &record)?).await?;
    Ok(response)
}
