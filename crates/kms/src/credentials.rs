//! Access keys: sealed records, opened when somebody signs with them.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use quick_cache::sync::Cache;
use strongroom_auth::{AccessKeyId, Caller, Credential, Principal, SigningSecret};
use strongroom_model::{AccountId, SecretAccessKey, Timestamp};
use strongroom_store::Revision;

use crate::{
    at_hand::AtHand,
    change::Change,
    error::KmsError,
    identities::{PARTITION, User},
    layout,
    record::CredentialRecord,
    service::Service,
    shelves::Stored,
};

/// Access keys kept open at most.
const OPEN: usize = 10_000;
/// How long an opened access key is kept.
const KEPT: Duration = Duration::from_secs(60);

/// The access keys that were opened lately.
pub(crate) struct Credentials {
    at_hand: AtHand<String, Opened>,
    cache: Cache<String, Opened>,
    hasher: ahash::RandomState,
}

/// An access key that was opened, and what it was made of.
#[derive(Clone)]
struct Opened {
    at: Instant,
    revision: Revision,
    /// Its user, as it was then; none for the root.
    user: Option<Arc<User>>,
    credential: Credential,
}

impl Opened {
    fn is_fresh(&self) -> bool {
        self.at.elapsed() < KEPT
    }

    /// A copy whose parts nobody else refers to.
    fn copy(&self) -> Self {
        let Credential {
            caller,
            secret,
            active,
        } = &self.credential;
        Self {
            credential: Credential {
                caller: Arc::new(Caller::clone(caller)),
                secret: Arc::new(secret.copy()),
                active: *active,
            },
            ..self.clone()
        }
    }
}

impl Credentials {
    pub(crate) fn new() -> Self {
        Self {
            at_hand: AtHand::default(),
            cache: Cache::new(OPEN),
            hasher: ahash::RandomState::new(),
        }
    }

    /// The access key with this id, or nothing when there is none. What it says of its owner is
    /// what the records say now.
    pub(crate) async fn look_up(
        &self,
        service: &Service,
        access_key_id: &str,
    ) -> Result<Option<Credential>, KmsError> {
        if !AccessKeyId::is_one(access_key_id) {
            return Ok(None);
        }
        let row = layout::credential(access_key_id);
        let Some(stored) = service.shelves().get(&row).await? else {
            return Ok(None);
        };
        let record = &stored.record;
        let user = match &record.user {
            None => None,
            // Without its user, or with another of the same name, an access key is nobody's.
            Some(name) => match service.user(record.account, name).await? {
                Some(user) if user.access_keys.iter().any(|own| own == access_key_id) => Some(user),
                _ => return Ok(None),
            },
        };
        let holds = |opened: &Opened| {
            opened.revision == stored.revision
                && opened.is_fresh()
                && same(opened.user.as_ref(), user.as_ref())
        };
        let hash = self.hasher.hash_one(access_key_id);
        let found = self.at_hand.find(hash, |id, opened| {
            (*id == *access_key_id && holds(opened)).then(|| opened.credential.clone())
        });
        if found.is_some() {
            return Ok(found);
        }
        let opened = match self.cache.get(access_key_id).filter(holds) {
            Some(opened) => opened,
            None => {
                let opened = open(service, access_key_id, &stored, user)?;
                self.cache.insert(access_key_id.to_owned(), opened.clone());
                opened
            }
        };
        let copy = || (access_key_id.to_owned(), opened.copy());
        self.at_hand.missed(hash, copy);
        Ok(Some(opened.credential))
    }

    /// Forgets what has been kept long enough.
    pub(crate) fn forget_old(&self) {
        self.at_hand.retain(|_, opened| opened.is_fresh());
        self.cache.retain(|_, opened| opened.is_fresh());
    }
}

/// Opens an access key.
fn open(
    service: &Service,
    id: &str,
    stored: &Stored<CredentialRecord>,
    user: Option<Arc<User>>,
) -> Result<Opened, KmsError> {
    let record = &stored.record;
    let secret = open_secret(service, id, record)?;
    let id = AccessKeyId::parse(id).map_err(KmsError::internal)?;
    Ok(Opened {
        at: Instant::now(),
        revision: stored.revision,
        credential: Credential {
            caller: Arc::new(caller(record.account, user.as_deref(), id)),
            secret: Arc::new(SigningSecret::new(secret)),
            active: record.active,
        },
        user,
    })
}

/// The secret of an access key.
pub(crate) fn open_secret(
    service: &Service,
    id: &str,
    record: &CredentialRecord,
) -> Result<SecretAccessKey, KmsError> {
    let sealed = STANDARD
        .decode(&record.sealed_secret)
        .map_err(KmsError::internal)?;
    let custody = service.custody();
    Ok(custody.credential().open(record.account, id, &sealed)?)
}

/// Whether a user is the very same that it was: a user that was looked up stays one value until
/// something about it changes.
fn same(one: Option<&Arc<User>>, other: Option<&Arc<User>>) -> bool {
    match (one, other) {
        (None, None) => true,
        (Some(one), Some(other)) => Arc::ptr_eq(one, other),
        _ => false,
    }
}

/// Who calls with an access key.
fn caller(account: AccountId, user: Option<&User>, id: AccessKeyId) -> Caller {
    match user {
        None => Caller::root(account, PARTITION, id),
        Some(user) => Caller {
            account,
            partition: PARTITION,
            principal: Principal::User {
                path: Arc::clone(&user.path),
                name: Arc::clone(&user.name),
                unique_id: Arc::clone(&user.unique_id),
            },
            access_key_id: id,
            standing: Arc::clone(&user.standing),
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
