//! When each key was last used, and by which call.
//!
//! A successful cryptographic call leaves its stamp in memory, so that no request waits for a
//! write. Maintenance writes the stamps down in batches; what a crash takes with it is at most
//! the last minute or so of them. Whoever asks is told of both.
//!
//! AWS: API reference, "GetKeyLastUsage".

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use strongroom_model::{
    KeyId, Timestamp, enums::KeyLastUsageTrackingOperation, operations::Operation,
};

use crate::{
    audit::{Entry, RequestId, housekeeping_event},
    call::Interruption,
    change::Change,
    error::KmsError,
    layout::Home,
    record::LastUseRecord,
    service::Service,
};

/// How long stamps stay in memory only.
const INTERVAL: Duration = Duration::from_secs(60);
/// Stamps that are written down before their time.
const MANY: usize = 4096;
/// Stamps in one commit.
const BATCH: usize = 50;
/// How often a batch is tried whose keys move.
const ATTEMPTS: usize = 4;
/// Parts in which the stamps are kept, so that unrelated calls do not meet.
const SHARDS: usize = 16;

/// A successful use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stamp {
    operation: KeyLastUsageTrackingOperation,
    at: Timestamp,
    event_id: RequestId,
    request_id: RequestId,
}

/// The stamps that are not written down yet.
#[derive(Debug, Default)]
pub(crate) struct LastUses {
    shards: [Mutex<HashMap<Name, Stamp>>; SHARDS],
    /// When they were last written down; held while they are.
    written: tokio::sync::Mutex<Option<Instant>>,
}

type Name = (Home, KeyId);

/// Whether stamps may wait for more of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Promptness {
    WhenWorthIt,
    Now,
}

impl Stamp {
    /// The stamp of a call, if it is of an operation that counts.
    pub(crate) fn of(operation: Operation, entry: &Entry) -> Option<Self> {
        Some(Self {
            operation: tracked(operation)?,
            at: entry.opened(),
            event_id: entry.event_id(),
            request_id: entry.request_id(),
        })
    }

    fn record(&self) -> LastUseRecord {
        LastUseRecord {
            operation: self.operation,
            at: self.at,
            event_id: self.event_id.to_string(),
            request_id: self.request_id.to_string(),
        }
    }
}

/// The operations that AWS calls uses.
fn tracked(operation: Operation) -> Option<KeyLastUsageTrackingOperation> {
    use KeyLastUsageTrackingOperation as T;
    use Operation as O;
    Some(match operation {
        O::Decapsulate => T::Decapsulate,
        O::Decrypt => T::Decrypt,
        O::DeriveSharedSecret => T::DeriveSharedSecret,
        O::Encapsulate => T::Encapsulate,
        O::Encrypt => T::Encrypt,
        O::GenerateDataKey => T::GenerateDataKey,
        O::GenerateDataKeyPair => T::GenerateDataKeyPair,
        O::GenerateDataKeyPairWithoutPlaintext => T::GenerateDataKeyPairWithoutPlaintext,
        O::GenerateDataKeyWithoutPlaintext => T::GenerateDataKeyWithoutPlaintext,
        O::GenerateMac => T::GenerateMac,
        O::ReEncrypt => T::ReEncrypt,
        O::Sign => T::Sign,
        O::Verify => T::Verify,
        O::VerifyMac => T::VerifyMac,
        _ => return None,
    })
}

impl LastUses {
    /// Notes that a call used these keys.
    pub(crate) fn note(&self, keys: Vec<Name>, stamp: &Stamp) {
        for name in keys {
            let mut shard = self.shard(name.1);
            match shard.get_mut(&name) {
                Some(known) if known.at > stamp.at => {}
                Some(known) => *known = *stamp,
                None => drop(shard.insert(name, *stamp)),
            }
        }
    }

    /// The last use of a key, from memory or from the store.
    pub(crate) async fn of(
        &self,
        service: &Service,
        home: &Home,
        id: KeyId,
    ) -> Result<Option<LastUseRecord>, KmsError> {
        let stored = service.shelves().get(&home.last_use(id)).await?;
        let noted = self.shard(id).get(&(home.clone(), id)).copied();
        Ok(match (noted, stored) {
            (Some(noted), Some(stored)) if stored.record.at > noted.at => {
                Some(stored.record.clone())
            }
            (Some(noted), _) => Some(noted.record()),
            (None, stored) => stored.map(|stored| stored.record.clone()),
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
        let mut stamps: Vec<(Name, Stamp)> = Vec::with_capacity(noted);
        for at in 0..SHARDS {
            let shard = self.nth(at);
            stamps.extend(shard.iter().map(|(name, stamp)| (name.clone(), *stamp)));
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
        batch: &[(Name, Stamp)],
    ) -> Result<(), KmsError> {
        let now = service.now();
        for _ in 0..ATTEMPTS {
            let mut change = Change::new();
            for ((home, id), stamp) in batch {
                let key = service.shelves().get(&home.key(*id)).await?;
                // A key that is gone leaves nothing behind.
                if let Some(key) = key.filter(|key| key.record.alive(now)) {
                    change
                        .provided(&home.key(*id), Some(key.revision))
                        .put(&home.last_use(*id), &stamp.record())?;
                }
            }
            if change.writes.is_empty() {
                self.forget(batch);
                return Ok(());
            }
            let event_id = RequestId::new(service.custody().random().array()?);
            let entry =
                move |rows: &[_]| housekeeping_event("RecordKeyLastUsage", event_id, now, rows);
            match service.commit_unasked(change, entry).await {
                Ok(()) => {
                    self.forget(batch);
                    return Ok(());
                }
                Err(Interruption::Moved { .. }) => {}
                Err(Interruption::Refused(error)) => return Err(error),
            }
        }
        // Some key moves all the time. The stamps stay in memory until the next round.
        Ok(())
    }

    fn forget(&self, batch: &[(Name, Stamp)]) {
        for (name, stamp) in batch {
            let mut shard = self.shard(name.1);
            if shard.get(name) == Some(stamp) {
                shard.remove(name);
            }
        }
    }

    fn shard(&self, id: KeyId) -> MutexGuard<'_, HashMap<Name, Stamp>> {
        let [first, ..] = id.bits();
        self.nth(usize::from(first) % SHARDS)
    }

    fn nth(&self, at: usize) -> MutexGuard<'_, HashMap<Name, Stamp>> {
        #[expect(clippy::indexing_slicing, reason = "every caller stays below SHARDS")]
        let shard = &self.shards[at];
        // The map is whole whatever a holder of the lock was doing.
        shard.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
