//! The sweeper: tidies what time has already decided.
//!
//! A key whose deletion date has passed is gone the moment it passes, for every caller. What is
//! left of it is removed here, in steps small enough for one commit each, the key itself last;
//! a crash between two steps leaves the rest for the next round.

use strongroom_model::{GrantId, KeyId, Timestamp};

use crate::{
    audit::{OwnEvent, RequestId, housekeeping_event, own_event},
    call::{Interruption, Key},
    change::Change,
    error::KmsError,
    key_stores,
    layout::{self, Home, RowKey},
    multi_region, overdue,
    record::{
        AliasRecord, Appointment, DueRecord, GrantRecord, GrantSetRecord, KeyCountRecord,
        MaterialRecord, TombstoneRecord,
    },
    service::Service,
    shelves::Listed,
};

/// Keys that one round removes at most.
const KEYS_PER_ROUND: usize = 100;
/// Rows that one step removes at most, well below what a commit may hold.
const ROWS_PER_STEP: usize = 50;

/// Grants that one step removes at most: each stands in up to four rows.
const GRANTS_PER_STEP: usize = 25;
/// Steps in which one round removes grants of one key. A key may have fifty thousand of them, and
/// other keys wait meanwhile.
const GRANT_STEPS_PER_ROUND: usize = 40;

/// Writes down what time has decided, as far as one round goes, and tells how many keys and
/// wrapping keys it was about.
///
/// What fails does not keep the rest from being tidied; the first failure is told at the end.
pub(crate) async fn round(service: &Service, now: Timestamp) -> Result<usize, KmsError> {
    let outcomes = [
        remove_keys(service, now).await,
        settle(service, Appointment::Rotation, now).await,
        settle(service, Appointment::Expiry, now).await,
        remove_wrapping_keys(service, now).await,
        multi_region::round(service, now).await,
    ];
    outcomes
        .into_iter()
        .try_fold(0, |sum, outcome| Ok(sum + outcome?))
}

/// Removes what is left of keys whose time is over.
async fn remove_keys(service: &Service, now: Timestamp) -> Result<usize, KmsError> {
    let due: Listed<DueRecord> = service
        .shelves()
        .list(
            &layout::all_due(Appointment::Deletion),
            None,
            KEYS_PER_ROUND,
        )
        .await?;
    let mut removed = 0;
    for (name, _) in due.rows {
        match layout::parse_due(&name) {
            Some((date, home, id)) if date <= now => {
                removed += usize::from(remove(service, &home, id, date, now).await?);
            }
            _ => break,
        }
    }
    Ok(removed)
}

/// Rotates keys and wipes expired material that nobody has asked for since it fell due.
async fn settle(service: &Service, what: Appointment, now: Timestamp) -> Result<usize, KmsError> {
    let due: Listed<DueRecord> = service
        .shelves()
        .list(&layout::all_due(what), None, KEYS_PER_ROUND)
        .await?;
    let mut settled = 0;
    let mut failure = None;
    for (name, _) in due.rows {
        match layout::parse_due(&name) {
            Some((date, home, id)) if date <= now => {
                match overdue::settle(service, &home, id, now).await {
                    Ok(()) => settled += 1,
                    Err(error) => failure = failure.or(Some(error)),
                }
            }
            _ => break,
        }
    }
    failure.map_or(Ok(settled), Err)
}

/// Removes wrapping keys that no import used in time.
async fn remove_wrapping_keys(service: &Service, now: Timestamp) -> Result<usize, KmsError> {
    let due: Listed<DueRecord> = service
        .shelves()
        .list(&layout::all_wrapping_keys_due(), None, ROWS_PER_STEP)
        .await?;
    let mut removed = 0;
    let mut change = Change::new();
    for (name, _) in &due.rows {
        match layout::parse_wrapping_key_due(name) {
            Some((date, home, id, token_id)) if date <= now => {
                change
                    .remove(&home.wrapping_keys(id).row(token_id))
                    .remove(&home.wrapping_key_due(date, id, token_id));
                removed += 1;
            }
            _ => break,
        }
    }
    if removed > 0 {
        let event_id = RequestId::new(service.custody().random().array()?);
        let entry =
            move |rows: &[_]| housekeeping_event("DeleteImportParameters", event_id, now, rows);
        match service.commit_unasked(change, entry).await {
            Ok(()) | Err(Interruption::Moved { .. }) => {}
            Err(Interruption::Refused(error)) => return Err(error),
        }
    }
    Ok(removed)
}

/// Removes a key in this Region whose time is over, so that one can be there again.
pub(crate) async fn end_if_lapsed(
    service: &Service,
    home: &Home,
    id: KeyId,
    now: Timestamp,
) -> Result<(), KmsError> {
    let key = service.shelves().get(&home.key(id)).await?;
    let deletion = key.and_then(|key| key.record.deletion.clone());
    match deletion {
        Some(deletion) if deletion.date <= now => remove(service, home, id, deletion.date, now)
            .await
            .map(|_| ()),
        _ => Ok(()),
    }
}

/// Removes what is left of a key, and tells whether that was all.
async fn remove(
    service: &Service,
    home: &Home,
    id: KeyId,
    date: Timestamp,
    now: Timestamp,
) -> Result<bool, KmsError> {
    let due = home.due(Appointment::Deletion, date, id);
    let key = service.shelves().get(&home.key(id)).await?;
    let Some(key) = key.filter(|key| !key.record.alive(now)) else {
        // The deletion was cancelled, or the key is gone already; only the note is left.
        let mut change = Change::new();
        change.remove(&due);
        return tidy(service, home, change).await;
    };
    while remove_aliases(service, home, id).await? {}
    while remove_materials(service, home, id).await? {}
    for step in 0.. {
        if step == GRANT_STEPS_PER_ROUND {
            return Ok(false);
        }
        if !remove_grants(service, home, id).await? {
            break;
        }
    }
    while remove_grantee_sets(service, home, id).await? {}

    let mut change = Change::new();
    change
        .provided(&home.key(id), Some(key.revision))
        .remove(&home.key(id))
        .remove(&home.policy(id))
        .remove(&home.alias_set(id))
        .remove(&home.grant_set(id))
        .remove(&home.last_use(id));
    for (what, date) in key.record.appointments() {
        change.remove(&home.due(what, date, id));
    }
    change.put(&home.tombstone(id), &TombstoneRecord { deleted: now })?;
    if let Some(relatives) = &key.record.multi_region
        && relatives.primary != home.region
    {
        // The primary forgets this replica, and may have waited for it to go.
        change.summon(&home.at(&relatives.primary), id, &relatives.primary)?;
    }
    uncount(service, home, id, &mut change).await?;
    let gone = Key::new(service, home, id, key, now).await?;
    let notes = key_stores::leave(service, &gone, &mut change).await?;
    let event = service.event("DeleteKey", home, id)?.answering_key();
    let event = notes
        .into_iter()
        .fold(event, |event, (name, value)| event.adding(name, value));
    // If the count moved meanwhile, the next round ends what this one began.
    service.commit_event(change, event).await
}

/// Removes some of the key's aliases and tells whether there may be more. An alias that was
/// created again for another key is left alone.
async fn remove_aliases(service: &Service, home: &Home, id: KeyId) -> Result<bool, KmsError> {
    let names: Listed<AliasRecord> = service
        .shelves()
        .list(&home.key_aliases(id), None, ROWS_PER_STEP)
        .await?;
    if names.rows.is_empty() {
        return Ok(false);
    }
    let mut change = Change::new();
    for (name, _) in &names.rows {
        change.remove(&home.key_aliases(id).row(name));
        let alias: RowKey<AliasRecord> = home.aliases().row(name);
        if let Some(stored) = service.shelves().get(&alias).await?
            && stored.record.target == id
        {
            change
                .provided(&alias, Some(stored.revision))
                .remove(&alias);
        }
    }
    tidy(service, home, change).await?;
    Ok(true)
}

/// Removes some of the key's materials and tells whether there may be more.
async fn remove_materials(service: &Service, home: &Home, id: KeyId) -> Result<bool, KmsError> {
    let materials: Listed<MaterialRecord> = service
        .shelves()
        .list(&home.materials(id), None, ROWS_PER_STEP)
        .await?;
    if materials.rows.is_empty() {
        return Ok(false);
    }
    let mut change = Change::new();
    for (name, _) in &materials.rows {
        change.remove(&home.materials(id).row(name));
    }
    tidy(service, home, change).await?;
    Ok(true)
}

/// Removes some of the key's grants and tells whether there may be more.
async fn remove_grants(service: &Service, home: &Home, id: KeyId) -> Result<bool, KmsError> {
    let rows = home.grants(id);
    let grants: Listed<GrantRecord> = service.shelves().list(&rows, None, GRANTS_PER_STEP).await?;
    if grants.rows.is_empty() {
        return Ok(false);
    }
    let mut change = Change::new();
    for (name, grant) in &grants.rows {
        match GrantId::parse(name) {
            Ok(grant_id) => change.remove_grant(home, id, grant_id, grant),
            Err(_) => drop(change.remove(&rows.row(name))),
        }
    }
    tidy(service, home, change).await?;
    Ok(true)
}

/// Removes the counts of some of the key's grantees and tells whether there may be more.
async fn remove_grantee_sets(service: &Service, home: &Home, id: KeyId) -> Result<bool, KmsError> {
    let rows = home.grantee_sets(id);
    let sets: Listed<GrantSetRecord> = service.shelves().list(&rows, None, ROWS_PER_STEP).await?;
    if sets.rows.is_empty() {
        return Ok(false);
    }
    let mut change = Change::new();
    for (name, _) in &sets.rows {
        change.remove(&rows.row(name));
    }
    tidy(service, home, change).await?;
    Ok(true)
}

async fn uncount(
    service: &Service,
    home: &Home,
    id: KeyId,
    change: &mut Change,
) -> Result<(), KmsError> {
    let row = home.key_count(Home::key_count_shard(id));
    if let Some(stored) = service.shelves().get(&row).await? {
        let count = stored.record.count.saturating_sub(1);
        change
            .provided(&row, Some(stored.revision))
            .put(&row, &KeyCountRecord { count })?;
    }
    Ok(())
}

/// Commits a step on the way to a key's end, and tells whether it was made. AWS has one event for
/// the whole, DeleteKey, which the last step is.
async fn tidy(service: &Service, home: &Home, change: Change) -> Result<bool, KmsError> {
    let event_id = RequestId::new(service.custody().random().array()?);
    let (home, now) = (home.clone(), service.now());
    let entry = move |rows: &[_]| {
        let event = OwnEvent::Service("TidyDeletedKey");
        own_event(event, event_id, now, Some(&home), rows)
    };
    match service.commit_unasked(change, entry).await {
        Ok(()) => Ok(true),
        Err(Interruption::Moved { .. }) => Ok(false),
        Err(Interruption::Refused(error)) => Err(error),
    }
}
