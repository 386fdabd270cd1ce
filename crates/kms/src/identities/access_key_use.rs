//! When each access key was last used, and for what.
//!
//! As with KMS keys, a call leaves its stamp in memory, so that no request waits for a write, and
//! maintenance writes the stamps down in batches.
//!
//! AWS: IAM API reference, "GetAccessKeyLastUsed".

use strongroom_auth::AccessKeyId;
use strongroom_model::{Region, Timestamp};

use super::record::AccessKeyUseRecord;
use crate::{
    audit::Entry,
    change::Change,
    error::KmsError,
    layout,
    service::Service,
    stamps::{self, Promptness, Stamps, Used},
};

/// A use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Stamp {
    at: Timestamp,
    region: Region,
    service: &'static str,
}

impl stamps::Stamp for Stamp {
    fn at(&self) -> Timestamp {
        self.at
    }
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
pub(crate) struct AccessKeyUses(Stamps<AccessKeyId>);

impl Used for AccessKeyId {
    type Stamp = Stamp;
    const EVENT: &'static str = "RecordAccessKeyLastUsed";
    const BATCH: usize = 100;
    const MOST: usize = 4096;

    async fn write(
        &self,
        stamp: &Stamp,
        service: &Service,
        _: Timestamp,
        change: &mut Change,
    ) -> Result<(), KmsError> {
        let row = layout::credential(self.as_str());
        if let Some(credential) = service.shelves().get(&row).await? {
            change
                .provided(&row, Some(credential.revision))
                .put(&layout::access_key_use(self.as_str()), &stamp.record())?;
        }
        Ok(())
    }
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
        let stamp = Stamp {
            at,
            region: region.clone(),
            service,
        };
        self.0.note(id, &stamp);
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
            .and_then(|id| self.0.newest(&id))
            .map(|stamp| stamp.record());
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
        self.0.write_down(service, promptness).await
    }
}

impl Service {
    /// Notes that an access key signed a request for `service`, `kms` or `sts`. Temporary
    /// credentials, and in development those that nobody declared, leave no trace.
    pub fn note_access_key_use(&self, entry: &Entry, service: &'static str) {
        let id = &entry.caller().access_key_id;
        // An access key of a session is nobody's to look after.
        if !id.is_temporary() {
            self.access_key_uses()
                .note(id, entry.opened(), entry.region(), service);
        }
    }
}
