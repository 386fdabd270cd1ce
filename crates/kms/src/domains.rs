//! Rotation of domain keys: a new version by time, the old one destroyed when nothing refers to
//! it (decision 6).
//!
//! Calls wrap under the newest version and read what older ones wrapped; nobody but this, in the
//! background, wraps anything again. A version may go once a whole pass over every record that
//! can hold a wrap met none of it: since the new version was made, no commit could bring back an
//! old one where it was not (`Shelves::commit`). A stop in between loses the pass and nothing
//! else.

use std::collections::HashMap;

use strongroom_model::Timestamp;
use strongroom_store::KeyRange;

use crate::{
    audit::{OwnEvent, RequestId, own_event},
    call::Interruption,
    change::Change,
    error::KmsError,
    holders::{HOLDERS, Holder},
    layout::{self, Home},
    record::RosterRecord,
    service::Service,
    shelves::Listed,
};

/// Domain keys that one round looks at.
const HOMES_PER_ROUND: usize = 100;
/// Records that one round looks at.
const ROWS_PER_ROUND: usize = 400;
/// Records in one commit, well below what one may hold: rows that are wrapped again, each with
/// its condition, and the conditions on rosters.
const ROWS_PER_STEP: usize = 50;

/// Where the rounds are.
#[derive(Default)]
pub(crate) struct Rounds {
    /// The last domain key that was looked at.
    after: Option<String>,
    passes: HashMap<Home, Pass>,
}

/// A pass over the records of one account and Region.
struct Pass {
    /// The version that everything is wrapped under again.
    newest: u32,
    /// Which of [`HOLDERS`], and the last record of that kind that was looked at.
    holder: usize,
    after: Option<Vec<u8>>,
    /// Whether a record was met that refers to an older version.
    met_older: bool,
}

impl Pass {
    fn begin(newest: u32) -> Self {
        Self {
            newest,
            holder: 0,
            after: None,
            met_older: false,
        }
    }
}

/// Looks at some domain keys and does what is due. What fails is left for a later round.
pub(crate) async fn round(
    service: &Service,
    rounds: &mut Rounds,
    now: Timestamp,
) -> Result<(), KmsError> {
    let rosters = layout::domain_rosters();
    let page: Listed<RosterRecord> = service
        .shelves()
        .list(&rosters, rounds.after.as_deref(), HOMES_PER_ROUND)
        .await?;
    let mut budget = ROWS_PER_ROUND;
    let last = page.rows.last().map(|(name, _)| name.clone());
    for (name, roster) in &page.rows {
        let Some(home) = Home::parse(name) else {
            continue;
        };
        let is_due = due(roster, service.domain_key_days(), now);
        if !is_due && roster.versions.len() < 2 {
            // Nothing to do, and no reason to have the key at hand.
            continue;
        }
        if let Err(error) = tend(service, rounds, &home, is_due, &mut budget).await {
            // The others are not to wait for it.
            let (account, region) = (home.account, &home.region);
            tracing::warn!(%account, %region, cause = error.cause(), "a domain key is left as it is");
        }
        if budget == 0 {
            // The same one goes on in the next round.
            return Ok(());
        }
        rounds.after = Some(name.clone());
    }
    rounds.after = last.filter(|_| page.more);
    Ok(())
}

async fn tend(
    service: &Service,
    rounds: &mut Rounds,
    home: &Home,
    is_due: bool,
    budget: &mut usize,
) -> Result<(), KmsError> {
    let (account, region) = (home.account, &home.region);
    if is_due && service.custody().rotate_domain(home).await? {
        tracing::info!(%account, %region, "a new domain key wraps from now on");
    }
    while *budget > 0 && step(service, rounds, home, budget).await? {}
    Ok(())
}

/// Whether the newest version has been in use for long enough.
fn due(roster: &RosterRecord, days: u16, now: Timestamp) -> bool {
    let newest = roster.versions.last();
    newest.is_some_and(|newest| newest.created.plus_days(days.into()) <= now)
}

/// Looks at some records of an account and Region, and says whether there is more to do at once.
async fn step(
    service: &Service,
    rounds: &mut Rounds,
    home: &Home,
    budget: &mut usize,
) -> Result<bool, KmsError> {
    let domains = service.custody().domain(home).await?;
    if domains.count() < 2 {
        rounds.passes.remove(home);
        return Ok(false);
    }
    let newest = domains.newest();
    let pass = rounds
        .passes
        .entry(home.clone())
        .or_insert_with(|| Pass::begin(newest));
    if pass.newest != newest {
        *pass = Pass::begin(newest);
    }
    let Some(holder) = HOLDERS.get(pass.holder) else {
        let clean = !pass.met_older;
        *pass = Pass::begin(newest);
        if clean
            && service
                .custody()
                .destroy_older_domains(home, &domains)
                .await?
        {
            rounds.passes.remove(home);
            let (account, region) = (home.account, &home.region);
            tracing::info!(%account, %region, "older versions of a domain key are destroyed");
        }
        // What was wrapped again is looked at once more, in the next round.
        return Ok(false);
    };

    let prefix = home.under(holder.kind);
    let mut range = KeyRange::prefix(prefix.as_str());
    if let Some(after) = &pass.after {
        range = range.after(after);
    }
    let limit = ROWS_PER_STEP.min(*budget);
    let page = service.shelves().backend().scan(range, limit).await?;
    let mut change = Change::new();
    for row in &page.rows {
        *budget -= 1;
        let key = String::from_utf8_lossy(&row.key);
        match look(service, home, holder, &key, &row.value, newest).await {
            Ok(Looked::Newest) => {}
            Ok(Looked::Waits) => pass.met_older = true,
            Ok(Looked::Older(again)) => {
                pass.met_older = true;
                change.conditions.extend(again.conditions);
                change.writes.extend(again.writes);
            }
            Err(error) => {
                // It may refer to an older version, so no such version may go.
                pass.met_older = true;
                let cause = error.cause();
                tracing::warn!(%key, cause, "a record cannot be wrapped again");
            }
        }
    }
    match page.rows.last() {
        Some(last) if page.more => pass.after = Some(last.key.clone()),
        _ => {
            pass.holder += 1;
            pass.after = None;
        }
    }
    if !change.writes.is_empty() {
        commit(service, home, change).await?;
    }
    Ok(true)
}

/// What a record is wrapped under.
enum Looked {
    Newest,
    /// Something older; the change wraps it again.
    Older(Change),
    /// Something older, and it will soon be gone.
    Waits,
}

async fn look(
    service: &Service,
    home: &Home,
    holder: &Holder,
    key: &str,
    value: &bytes::Bytes,
    newest: u32,
) -> Result<Looked, KmsError> {
    let payload = service.shelves().verify(key, value).await?;
    let versions = holder.versions(key, &payload)?;
    if versions.iter().all(|version| *version == newest) {
        return Ok(Looked::Newest);
    }
    let prefix = home.under(holder.kind);
    let name = key.strip_prefix(&prefix).unwrap_or_default();
    let Some(rewrap) = holder.rewrap else {
        return Ok(Looked::Waits);
    };
    let again = rewrap(service, home, name).await?;
    // A row that is gone meanwhile refers to nothing any more.
    Ok(again.map_or(Looked::Newest, Looked::Older))
}

/// Commits records that were wrapped again. If one of them moved meanwhile, all are left for the
/// next pass.
async fn commit(service: &Service, home: &Home, change: Change) -> Result<(), KmsError> {
    let event_id = RequestId::new(service.custody().random().array()?);
    let event = OwnEvent::Service("RewrapKeyMaterial");
    let entry = |rows: &[_]| own_event(event, event_id, service.now(), Some(home), rows);
    match service.shelves().commit(change, entry).await {
        Ok(committed) => {
            service.record_committed(committed).await;
            Ok(())
        }
        Err(Interruption::Moved { .. }) => Ok(()),
        Err(Interruption::Refused(error)) => Err(error),
    }
}
