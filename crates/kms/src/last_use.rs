//! When each key was last used, and by which call.
//!
//! A successful cryptographic call leaves its stamp in memory, so that no request waits for a
//! write. Maintenance writes the stamps down in batches; what a crash takes with it is at most
//! the last minute or so of them. Whoever asks is told of both.
//!
//! AWS: API reference, "GetKeyLastUsage".

use strongroom_model::{
    KeyId, Timestamp, enums::KeyLastUsageTrackingOperation, operations::Operation,
};

pub(crate) use crate::stamps::Promptness;
use crate::{
    audit::{Entry, RequestId},
    change::Change,
    error::KmsError,
    layout::Home,
    record::LastUseRecord,
    service::Service,
    stamps::{self, Stamps, Used},
};

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
pub(crate) struct LastUses(Stamps<Name>);

type Name = (Home, KeyId);

impl Used for Name {
    type Stamp = Stamp;
    const EVENT: &'static str = "RecordKeyLastUsage";
    const BATCH: usize = 50;
    const MOST: usize = usize::MAX;

    async fn write(
        &self,
        stamp: &Stamp,
        service: &Service,
        now: Timestamp,
        change: &mut Change,
    ) -> Result<(), KmsError> {
        let (home, id) = (&self.0, self.1);
        let key = service.shelves().get(&home.key(id)).await?;
        if let Some(key) = key.filter(|key| key.record.alive(now)) {
            change
                .provided(&home.key(id), Some(key.revision))
                .put(&home.last_use(id), &stamp.record())?;
        }
        Ok(())
    }
}

impl stamps::Stamp for Stamp {
    fn at(&self) -> Timestamp {
        self.at
    }
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
    pub(crate) fn note(&self, keys: &[Name], stamp: &Stamp) {
        keys.iter().for_each(|name| self.0.note(name, stamp));
    }

    /// The last use of a key, from memory or from the store.
    pub(crate) async fn of(
        &self,
        service: &Service,
        home: &Home,
        id: KeyId,
    ) -> Result<Option<LastUseRecord>, KmsError> {
        let stored = service.shelves().get(&home.last_use(id)).await?;
        let name = (home.clone(), id);
        let noted = self.0.newest(&name);
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
        self.0.write_down(service, promptness).await
    }
}
