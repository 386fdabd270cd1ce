//! Access keys: sealed records, opened when somebody signs with them.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use quick_cache::sync::Cache;
use strongroom_auth::{AccessKeyId, Caller, Credential};
use strongroom_model::{AccountId, Partition, SecretAccessKey, Timestamp};

use crate::{change::Change, error::KmsError, layout, record::CredentialRecord, service::Service};

/// Access keys kept open at most.
const OPEN: usize = 10_000;
/// How long an opened access key is kept.
const KEPT: Duration = Duration::from_secs(60);

/// The access keys that were opened lately.
pub(crate) struct Credentials {
    cache: Cache<String, (Instant, u64, Credential)>,
}

impl Credentials {
    pub(crate) fn new() -> Self {
        Self {
            cache: Cache::new(OPEN),
        }
    }

    /// The access key with this id, or nothing when there is none.
    pub(crate) async fn look_up(
        &self,
        service: &Service,
        access_key_id: &str,
    ) -> Result<Option<Credential>, KmsError> {
        let Ok(id) = AccessKeyId::parse(access_key_id) else {
            return Ok(None);
        };
        let row = layout::credential(id.as_str());
        let Some(stored) = service.shelves().get(&row).await? else {
            return Ok(None);
        };
        if let Some((opened, revision, credential)) = self.cache.get(access_key_id)
            && revision == stored.revision
            && opened.elapsed() < KEPT
        {
            return Ok(Some(credential));
        }
        let record = &stored.record;
        let sealed = STANDARD
            .decode(&record.sealed_secret)
            .map_err(KmsError::internal)?;
        let secret = service
            .custody()
            .credential()
            .open(record.account, access_key_id, &sealed)?;
        let credential = Credential {
            caller: Arc::new(caller(record, id)),
            secret: Arc::new(secret),
            active: record.active,
        };
        let entry = (Instant::now(), stored.revision, credential.clone());
        self.cache.insert(access_key_id.to_owned(), entry);
        Ok(Some(credential))
    }
}

/// Who an access key belongs to.
fn caller(record: &CredentialRecord, id: AccessKeyId) -> Caller {
    match &record.user {
        None => Caller::root(record.account, Partition::Aws, id),
        Some(name) => Caller {
            account: record.account,
            partition: Partition::Aws,
            principal: strongroom_auth::Principal::User {
                path: "/".into(),
                name: name.as_str().into(),
                unique_id: format!("AIDA{}", id.as_str()).into(),
            },
            access_key_id: id,
            standing: Arc::default(),
        },
    }
}

/// The change that stores an access key; its secret is sealed.
pub(crate) fn change(
    service: &Service,
    id: &AccessKeyId,
    account: AccountId,
    user: Option<String>,
    active: bool,
    secret: &SecretAccessKey,
    now: Timestamp,
) -> Result<Change, KmsError> {
    let custody = service.custody();
    let sealed = custody
        .credential()
        .seal(account, id.as_str(), secret, custody.random())?;
    let record = CredentialRecord {
        account,
        user,
        active,
        created: now,
        sealed_secret: STANDARD.encode(sealed),
    };
    let row = layout::credential(id.as_str());
    let mut change = Change::new();
    change.provided(&row, None).put(&row, &record)?;
    Ok(change)
}
