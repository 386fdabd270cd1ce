//! When each access key was last used, and for what.
//!
//! As with KMS keys, a call leaves its stamp in memory, so that no request waits for a write, and
//! maintenance writes the stamps down in batches.
//!
//! AWS: IAM API reference, "GetAccessKeyLastUsed".

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use strongroom_auth::AccessKeyId;
use strongroom_model::{Region, Timestamp};

use super::record::AccessKeyUseRecord;
use crate::{
    audit::{RequestId, housekeeping_event},
    call::Interruption,
    change::Change,
    error::KmsError,
    last_use::Promptness,
    layout,
    service::Service,
};

/// How long stamps stay in memory only.
const INTERVAL: Duration = Duration::from_secs(60);
/// Stamps that are written down before their time.
const MANY: usize = 4096;
/// Stamps that are kept at most; further access keys wait until those are written down.
const MOST: usize = 16_384;
/// Stamps in one commit.
const BATCH: usize = 100;
/// How often a batch is tried whose access keys move.
const ATTEMPTS: usize = 4;
/// Parts in which the stamps are kept, so that unrelated calls do not meet.
const SHARDS: usize = 16;

/// A use.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Stamp {
    at: Timestamp,
    region: Region,
    service: &'static str,
}

impl Stamp {
    fn record(&self) -> AccessKeyUseRecord {
        AccessKeyUseRecord {
            at: self.at,
            region: self.region.to_string(),
            service: self.service.to_owned(),
        }
    }
}

/// The stamps that are not written down yet.
#[derive(Debug, Default)]
pub(crate) struct AccessKeyUses {
    shards: [Mutex<HashMap<AccessKeyId, Stamp>>; SHARDS],
    /// When they were last written down; held while they are.
    written: tokio::sync::Mutex<Option<Instant>>,
}

impl AccessKeyUses {
    /// Notes that an access key signed a request.
    pub(crate) fn note(
        &self,
        id: &AccessKeyId,
        at: Timestamp,
        region: &Region,
        service: &'static str,
    ) {
        let mut shard = self.shard(id.as_str());
        let full = shard.len() >= MOST / SHARDS;
        match shard.get_mut(id) {
            Some(known) if known.at >= at => {}
            Some(known) => {
                known.at = at;
                known.service = service;
                if known.region != *region {
                    known.region = region.clone();
                }
            }
            None if full => {}
            None => {
                let stamp = Stamp {
                    at,
                    region: region.clone(),
                    service,
                };
                shard.insert(id.clone(), stamp);
            }
        }
    }

    /// The last use of an access key, from memory or from the store.
    pub(crate) async fn of(
        &self,
        service: &Service,
        id: &str,
    ) -> Result<Option<AccessKeyUseRecord>, KmsError> {
        let stored = service.shelves().get(&layout::access_key_use(id)).await?;
        let stored = stored.map(|stored| stored.record.clone());
        let noted = AccessKeyId::parse(id)
            .ok()
            .and_then(|id| self.shard(id.as_str()).get(&id).map(Stamp::record));
        Ok(match (noted, stored) {
            (Some(noted), Some(stored)) if stored.at > noted.at => Some(stored),
            (Some(noted), _) => Some(noted),
            (None, stored) => stored,
        })
    }

    /// Writes the stamps down, if it is time or there are many.
    pub(crate) async fn write_down(
        &self,
        service: &Service,
        promptness: Promptness,
    ) -> Result<(), KmsError> {
        let mut written = self.written.lock().await;
        let fresh = written.get_or_insert_with(Instant::now).elapsed() < INTERVAL;
        let noted: usize = (0..SHARDS).map(|at| self.nth(at).len()).sum();
        if noted == 0 || (promptness == Promptness::WhenWorthIt && fresh && noted < MANY) {
            return Ok(());
        }
        let mut stamps: Vec<(AccessKeyId, Stamp)> = Vec::with_capacity(noted);
        for at in 0..SHARDS {
            let shard = self.nth(at);
            stamps.extend(shard.iter().map(|(id, stamp)| (id.clone(), stamp.clone())));
        }
        for batch in stamps.chunks(BATCH) {
            self.write_batch(service, batch).await?;
        }
        *written = Some(Instant::now());
        Ok(())
    }

    /// Writes some stamps down and forgets them, unless they are newer by now.
    async fn write_batch(
        &self,
        service: &Service,
        batch: &[(AccessKeyId, Stamp)],
    ) -> Result<(), KmsError> {
        let now = service.now();
        for _ in 0..ATTEMPTS {
            let mut change = Change::new();
            for (id, stamp) in batch {
                let row = layout::credential(id.as_str());
                // An access key that is not one of ours, or gone, leaves nothing behind.
                if let Some(credential) = service.shelves().get(&row).await? {
                    let used = layout::access_key_use(id.as_str());
                    change
                        .provided(&row, Some(credential.revision))
                        .put(&used, &stamp.record())?;
                }
            }
            if change.writes.is_empty() {
                self.forget(batch);
                return Ok(());
            }
            let event_id = RequestId::new(service.custody().random().array()?);
            let entry = move |rows: &[_]| {
                housekeeping_event("RecordAccessKeyLastUsed", event_id, now, rows)
            };
            match service.commit_unasked(change, entry).await {
                Ok(()) => {
                    self.forget(batch);
                    return Ok(());
                }
                Err(Interruption::Moved { .. }) => {}
                Err(Interruption::Refused(error)) => return Err(error),
            }
        }
        // Some access key moves all the time. The stamps stay in memory until the next round.
        Ok(())
    }

    fn forget(&self, batch: &[(AccessKeyId, Stamp)]) {
        for (id, stamp) in batch {
            let mut shard = self.shard(id.as_str());
            if shard.get(id) == Some(stamp) {
                shard.remove(id);
            }
        }
    }

    fn shard(&self, id: &str) -> MutexGuard<'_, HashMap<AccessKeyId, Stamp>> {
        // The last characters of ids differ most.
        let sum = id.bytes().rev().take(4).fold(0usize, |sum, byte| {
            sum.wrapping_mul(31).wrapping_add(usize::from(byte))
        });
        self.nth(sum % SHARDS)
    }

    fn nth(&self, at: usize) -> MutexGuard<'_, HashMap<AccessKeyId, Stamp>> {
        #[expect(clippy::indexing_slicing, reason = "every caller stays below SHARDS")]
        let shard = &self.shards[at];
        // The map is whole whatever a holder of the lock was doing.
        shard.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Service {
    /// Notes that an access key signed a request for `service`, `kms` or `sts`. Temporary
    /// credentials, and in development those that nobody declared, leave no trace.
    pub fn note_access_key_use(&self, id: &AccessKeyId, region: &Region, service: &'static str) {
        self.access_key_uses().note(id, self.now(), region, service);
    }
}
