//! Key material, for one use of its key and for nothing else.
//!
//! AWS: cryptographic details guide, "Encrypt", "Decrypt".

use std::{
    marker::PhantomData,
    sync::Arc,
    time::{Duration, Instant},
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use quick_cache::sync::Cache;
use strongroom_crypto::{
    CiphertextHeader, KeyMaterial, MaterialBinding, MaterialId, Purpose, SymmetricKey,
};
use strongroom_model::{EncryptionContext, Plaintext};
use strongroom_store::StoreError;

use crate::{
    call::{Authorized, Key},
    error::KmsError,
    layout::Home,
    record::{KeyRecord, MaterialRecord},
    service::Service,
    shelves::Stored,
    uses::{self, KeyUse},
};

/// Unwrapped materials kept at hand at most.
const MATERIALS: usize = 10_000;
/// How long an unwrapped material is kept.
const KEPT: Duration = Duration::from_secs(60);

/// A use that encrypts.
pub(crate) trait Seals: KeyUse {
    /// What the ciphertext says it was made by.
    const PURPOSE: Purpose;
}

/// A use that decrypts.
pub(crate) trait Opens: KeyUse {}

impl Seals for uses::Encrypt {
    const PURPOSE: Purpose = Purpose::Encrypt;
}

impl Seals for uses::ReEncryptTo {
    const PURPOSE: Purpose = Purpose::Encrypt;
}

impl Seals for uses::GenerateDataKey {
    const PURPOSE: Purpose = Purpose::DataKey;
}

impl Seals for uses::GenerateDataKeyWithoutPlaintext {
    const PURPOSE: Purpose = Purpose::DataKey;
}

impl Opens for uses::Decrypt {}
impl Opens for uses::ReEncryptFrom {}

/// Unwrapped materials, for a short time.
pub(crate) struct Materials {
    cache: Cache<(Home, MaterialId), (Instant, Arc<SymmetricKey>)>,
}

impl Materials {
    pub(crate) fn new() -> Self {
        Self {
            cache: Cache::new(MATERIALS),
        }
    }

    /// Forgets what has been kept long enough. The bytes are wiped when the last call that uses
    /// them ends.
    pub(crate) fn forget_old(&self) {
        self.cache.retain(|_, (loaded, _)| loaded.elapsed() < KEPT);
    }
}

/// A material that may be put to use `U`.
pub(crate) struct Material<'s, U> {
    service: &'s Service,
    key: Arc<SymmetricKey>,
    used_for: PhantomData<fn() -> U>,
}

impl<'s, U: KeyUse> Material<'s, U> {
    /// The material that the key encrypts with now.
    pub(crate) async fn current(
        service: &'s Service,
        key: &Authorized<Key, U>,
    ) -> Result<Self, KmsError> {
        // A key whose state lets it encrypt has material.
        let id = key
            .record()
            .material
            .as_ref()
            .and_then(|current| MaterialId::parse(&current.id))
            .ok_or_else(|| KmsError::internal("an enabled key has no current material"))?;
        let found = load(service, key, id).await?;
        let key = found.ok_or_else(|| KmsError::internal("the current material is missing"))?;
        Ok(Self {
            service,
            key,
            used_for: PhantomData,
        })
    }

    /// The material that a ciphertext names.
    ///
    /// # Errors
    /// `InvalidCiphertextException` when the key has no such material.
    pub(crate) async fn named(
        service: &'s Service,
        key: &Authorized<Key, U>,
        ciphertext: &CiphertextHeader,
    ) -> Result<Self, KmsError> {
        let found = load(service, key, ciphertext.material_id).await?;
        let key = found.ok_or_else(KmsError::invalid_ciphertext)?;
        Ok(Self {
            service,
            key,
            used_for: PhantomData,
        })
    }

    /// The id of the material, as 64 hexadecimal digits.
    pub(crate) fn id(&self) -> String {
        self.key.material_id().to_string()
    }
}

impl<U: Seals> Material<'_, U> {
    /// Encrypts, bound to the context.
    pub(crate) fn seal(
        &self,
        plaintext: &Plaintext,
        context: Option<&EncryptionContext>,
    ) -> Result<Vec<u8>, KmsError> {
        let random = self.service.custody().random();
        let context = context.unwrap_or(EMPTY_CONTEXT);
        Ok(self
            .key
            .encrypt(U::PURPOSE, context, plaintext.expose(), random)?)
    }
}

impl<U: Opens> Material<'_, U> {
    /// Decrypts what was made under this material and context.
    ///
    /// # Errors
    /// `InvalidCiphertextException`, whatever the cause.
    pub(crate) fn open(
        &self,
        blob: &[u8],
        context: Option<&EncryptionContext>,
    ) -> Result<Plaintext, KmsError> {
        let context = context.unwrap_or(EMPTY_CONTEXT);
        self.key
            .decrypt(blob, context)
            .map_err(|_| KmsError::invalid_ciphertext())
    }
}

/// The context of a request that has none.
static EMPTY: EncryptionContext = EncryptionContext::empty();
const EMPTY_CONTEXT: &EncryptionContext = &EMPTY;

async fn load<U>(
    service: &Service,
    key: &Authorized<Key, U>,
    id: MaterialId,
) -> Result<Option<Arc<SymmetricKey>>, KmsError> {
    let name = (key.home().clone(), id);
    let cache = &service.materials().cache;
    if let Some((loaded, ready)) = cache.get(&name)
        && loaded.elapsed() < KEPT
    {
        return Ok(Some(ready));
    }
    let home = key.home();
    let row = home.materials(key.id()).row(&id.to_string());
    let Some(stored) = service.shelves().get(&row).await? else {
        return Ok(None);
    };
    let material = unwrap(service, key, id, &stored).await?;
    let identifiers = service.custody().identifiers();
    let partition = home.region.partition();
    let ready = Arc::new(SymmetricKey::new(
        &material,
        identifiers,
        partition,
        home.account,
        key.id(),
    )?);
    cache.insert(name, (Instant::now(), Arc::clone(&ready)));
    Ok(Some(ready))
}

async fn unwrap(
    service: &Service,
    key: &Key,
    id: MaterialId,
    stored: &Stored<MaterialRecord>,
) -> Result<KeyMaterial, KmsError> {
    let home = key.home();
    let row = home.materials(key.id()).row(&id.to_string());
    let corrupt = |what: &dyn std::fmt::Display| {
        KmsError::from(StoreError::corrupt(row.as_str().as_bytes(), what))
    };
    let wrapped = STANDARD
        .decode(&stored.record.wrapped)
        .map_err(|error| corrupt(&error))?;
    let version = strongroom_crypto::wrapping_version(&wrapped).map_err(|error| corrupt(&error))?;
    let domains = service.custody().domain(home).await?;
    let domain = domains
        .get(version)
        .ok_or_else(|| corrupt(&format_args!("domain key {version} does not exist")))?;
    let binding = binding(home, key, id, stored.record.sequence);
    KeyMaterial::unwrap(domain, &binding, &wrapped).map_err(|error| corrupt(&error))
}

fn binding<'a>(home: &'a Home, key: &'a Key, id: MaterialId, sequence: u32) -> MaterialBinding<'a> {
    binding_of(home, key.id(), key.record(), id, sequence)
}

/// What a wrapped material is bound to.
pub(crate) fn binding_of<'a>(
    home: &'a Home,
    key_id: strongroom_model::KeyId,
    record: &'a KeyRecord,
    material_id: MaterialId,
    material_seq: u32,
) -> MaterialBinding<'a> {
    MaterialBinding {
        partition: home.region.partition(),
        account: home.account,
        region: &home.region,
        key_id,
        material_id,
        key_spec: record.spec.as_str(),
        key_usage: record.usage.as_str(),
        origin: record.origin.as_str(),
        material_seq,
    }
}
