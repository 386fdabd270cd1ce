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
    AgreementKey, CiphertextHeader, CryptoError, EncapsulationKey, EncryptionKey, KeyMaterial,
    MacKey, MaterialBinding, MaterialId, Purpose, SigningKey, SymmetricKey,
};
use strongroom_model::{
    EncryptionContext, KeyId, Plaintext,
    enums::{EncryptionAlgorithmSpec, KeyUsageType, MessageType, SigningAlgorithmSpec},
};
use strongroom_store::StoreError;

use crate::{
    at_hand::AtHand,
    call::{Authorized, Key},
    error::KmsError,
    key_stores::{Outer, outside::About},
    layout::Home,
    record::{KeyRecord, MaterialRecord},
    service::Service,
    specs::{self, Family},
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
pub(crate) trait Opens: Judges {}

/// A use that signs.
pub(crate) trait Signs: KeyUse {}

/// A use that looks at signatures.
pub(crate) trait Verifies: Judges {}

/// A use that makes MACs.
pub(crate) trait MakesMacs: KeyUse {}

/// A use that looks at MACs.
pub(crate) trait ChecksMacs: Judges {}

/// A use that agrees on a secret with the owner of another key.
pub(crate) trait Agrees: Judges {}

/// A use that makes a secret for the owner of the private key.
pub(crate) trait Encapsulates: KeyUse {}

/// A use that opens such a secret.
pub(crate) trait Decapsulates: Judges {}

/// A use that tells the public half.
pub(crate) trait Publishes: KeyUse {}

/// A use that weighs something of the caller's with the key: a ciphertext, a signature, a
/// peer's public key. A dry run tells whether it would have been refused, so it stops only
/// after the material has spoken.
pub(crate) trait Judges: KeyUse {}

macro_rules! purposes {
    ($($name:ident $purpose:ident)*) => {
        $(impl Seals for uses::$name {
            const PURPOSE: Purpose = Purpose::$purpose;
        })*
    };
}

purposes! {
    Encrypt Encrypt
    ReEncryptTo Encrypt
    GenerateDataKey DataKey
    GenerateDataKeyWithoutPlaintext DataKey
    GenerateDataKeyPair DataKeyPairPrivateKey
    GenerateDataKeyPairWithoutPlaintext DataKeyPairPrivateKey
}

macro_rules! powers {
    ($($name:ident: $($power:ident),+;)*) => {
        $($(impl $power for uses::$name {})+)*
    };
}

powers! {
    Decrypt: Opens, Judges;
    ReEncryptFrom: Opens, Judges;
    Sign: Signs;
    Verify: Verifies, Judges;
    GenerateMac: MakesMacs;
    VerifyMac: ChecksMacs, Judges;
    DeriveSharedSecret: Agrees, Judges;
    Encapsulate: Encapsulates;
    Decapsulate: Decapsulates, Judges;
    GetPublicKey: Publishes;
}

/// A material made ready for what its key spec and usage are for, parsed once.
enum Ready {
    Symmetric(SymmetricKey),
    Encryption(EncryptionKey),
    Signing(SigningKey),
    Mac(Box<MacKey>),
    Agreement(AgreementKey),
    Encapsulation(EncapsulationKey),
}

impl Ready {
    fn new(service: &Service, key: &Key, material: &KeyMaterial) -> Result<Self, CryptoError> {
        let KeyRecord { spec, usage, .. } = *key.record();
        Ok(match (usage, specs::family(spec)) {
            (KeyUsageType::EncryptDecrypt, Family::Symmetric) => {
                let home = key.home();
                Self::Symmetric(SymmetricKey::of_suite(
                    key.record().suite(),
                    material,
                    service.custody().identifiers(),
                    home.region.partition(),
                    home.account,
                    key.id(),
                )?)
            }
            (KeyUsageType::EncryptDecrypt, Family::Hmac | Family::Asymmetric) => {
                Self::Encryption(EncryptionKey::new(material, spec)?)
            }
            (KeyUsageType::SignVerify, _) => Self::Signing(SigningKey::new(material, spec)?),
            (KeyUsageType::GenerateVerifyMac, _) => {
                Self::Mac(Box::new(MacKey::new(material, spec)?))
            }
            (KeyUsageType::KeyAgreement, _) => Self::Agreement(AgreementKey::new(material, spec)?),
            (KeyUsageType::EncapsulateDecapsulate, _) => {
                Self::Encapsulation(EncapsulationKey::new(material, spec)?)
            }
        })
    }
}

/// Unwrapped materials, for a short time.
pub(crate) struct Materials {
    at_hand: AtHand<Name, Arc<Loaded>>,
    cache: Cache<Name, Loaded>,
    hasher: ahash::RandomState,
}

type Name = (Home, MaterialId);

/// A material that was unwrapped, and when.
#[derive(Clone)]
struct Loaded {
    at: Instant,
    ready: Arc<Ready>,
}

impl Loaded {
    fn is_fresh(&self) -> bool {
        self.at.elapsed() < KEPT
    }
}

impl Materials {
    pub(crate) fn new() -> Self {
        Self {
            at_hand: AtHand::default(),
            cache: Cache::new(MATERIALS),
            hasher: ahash::RandomState::new(),
        }
    }

    /// A material that was unwrapped a short time ago.
    fn find(&self, home: &Home, id: MaterialId) -> Option<Arc<Loaded>> {
        let hash = self.hasher.hash_one(id);
        let found = self.at_hand.find(hash, |(in_home, known), loaded| {
            (*known == id && in_home == home && loaded.is_fresh()).then(|| Arc::clone(loaded))
        });
        if found.is_some() {
            return found;
        }
        let name = (home.clone(), id);
        let loaded = Arc::new(self.cache.get(&name).filter(Loaded::is_fresh)?);
        let copy = || (name, Arc::new(Loaded::clone(&loaded)));
        self.at_hand.missed(hash, copy);
        Some(loaded)
    }

    /// Forgets a material whose bytes have been deleted.
    pub(crate) fn forget(&self, home: &Home, id: &str) {
        if let Some(id) = MaterialId::parse(id) {
            let name = (home.clone(), id);
            self.cache.remove(&name);
            self.at_hand.retain(|other, _| *other != name);
        }
    }

    /// Forgets what has been kept long enough. The bytes are wiped when the last call that uses
    /// them ends.
    pub(crate) fn forget_old(&self) {
        self.cache.retain(|_, loaded| loaded.is_fresh());
        self.at_hand.retain(|_, loaded| loaded.is_fresh());
    }
}

/// A material that may be put to use `U`.
pub(crate) struct Material<'s, U> {
    service: &'s Service,
    id: MaterialId,
    loaded: Arc<Loaded>,
    /// What a key in a custom key store has outside.
    outer: Option<Outer<'s>>,
    used_for: PhantomData<fn() -> U>,
}

impl<'s, U: KeyUse> Material<'s, U> {
    /// The material that the key is used with now.
    ///
    /// # Errors
    /// `KeyUnavailableException` when the material is there and cannot be had.
    pub(crate) async fn current(
        service: &'s Service,
        key: &Authorized<Key, U>,
        about: impl FnOnce() -> About,
    ) -> Result<Self, KmsError> {
        let outer = Outer::of(service, key, about);
        // A key whose state lets it be used has material.
        let id = key
            .record()
            .material
            .as_ref()
            .and_then(|current| MaterialId::parse(&current.id))
            .ok_or_else(|| KmsError::internal("an enabled key has no current material"))?;
        let found = load(service, key, id)
            .await
            .map_err(KmsError::unavailable)?;
        let missing = || KmsError::key_unavailable("the current material is missing");
        let loaded = found.ok_or_else(missing)?;
        Ok(Self {
            service,
            id,
            loaded,
            outer,
            used_for: PhantomData,
        })
    }

    /// The material that a ciphertext names.
    ///
    /// # Errors
    /// `InvalidCiphertextException` when the key has no such material;
    /// `KeyUnavailableException` when it cannot be had.
    pub(crate) async fn named(
        service: &'s Service,
        key: &Authorized<Key, U>,
        ciphertext: &CiphertextHeader,
        about: impl FnOnce() -> About,
    ) -> Result<Self, KmsError> {
        if ciphertext.suite != key.record().suite() {
            return Err(KmsError::invalid_ciphertext());
        }
        let outer = Outer::of(service, key, about);
        let id = ciphertext.material_id;
        let found = load(service, key, id)
            .await
            .map_err(KmsError::unavailable)?;
        Ok(Self {
            service,
            id,
            loaded: found.ok_or_else(KmsError::invalid_ciphertext)?,
            outer,
            used_for: PhantomData,
        })
    }

    /// The id of the material, as 64 hexadecimal digits. AWS tells it of symmetric encryption
    /// keys only, since no others have several.
    pub(crate) fn id(&self) -> Option<String> {
        self.material_id().map(|id| id.to_string())
    }

    /// The id of the material, if AWS tells it.
    pub(crate) fn material_id(&self) -> Option<MaterialId> {
        matches!(*self.loaded.ready, Ready::Symmetric(_)).then_some(self.id)
    }

    /// The key's usage is weighed before its material is had, so this is a fault of ours.
    fn misfit(&self) -> KmsError {
        KmsError::internal(format_args!("material {} is for another use", self.id))
    }
}

impl<U: Seals> Material<'_, U> {
    /// Encrypts; under a symmetric key, bound to the context.
    ///
    /// # Errors
    /// `KMSInvalidStateException` when the key is in a custom key store and its outside fails.
    pub(crate) async fn seal(
        &self,
        algorithm: EncryptionAlgorithmSpec,
        plaintext: &Plaintext,
        context: Option<&EncryptionContext>,
    ) -> Result<Vec<u8>, KmsError> {
        let random = self.service.custody().random();
        let plaintext = plaintext.expose();
        match &*self.loaded.ready {
            Ready::Symmetric(key) => {
                let context = context.unwrap_or(EMPTY_CONTEXT);
                let message = key.encrypt(U::PURPOSE, context, plaintext, random)?;
                match &self.outer {
                    Some(outer) => outer.enclose(&message, context).await,
                    None => Ok(message),
                }
            }
            Ready::Encryption(key) => Ok(key.encrypt(algorithm, plaintext, random)?),
            _ => Err(self.misfit()),
        }
    }
}

impl<U: Opens> Material<'_, U> {
    /// Decrypts what was made under this material and context.
    ///
    /// # Errors
    /// `InvalidCiphertextException`, whatever the cause; `KMSInvalidStateException` when the key
    /// is in a custom key store and its outside fails or refuses.
    pub(crate) async fn open(
        &self,
        algorithm: EncryptionAlgorithmSpec,
        blob: &[u8],
        context: Option<&EncryptionContext>,
    ) -> Result<Plaintext, KmsError> {
        let opened = match &*self.loaded.ready {
            Ready::Symmetric(key) => {
                let context = context.unwrap_or(EMPTY_CONTEXT);
                match &self.outer {
                    Some(outer) => key.decrypt(&outer.open(blob, context).await?, context),
                    None => key.decrypt(blob, context),
                }
            }
            Ready::Encryption(key) => key.decrypt(algorithm, blob),
            _ => return Err(self.misfit()),
        };
        opened.map_err(|_| KmsError::invalid_ciphertext())
    }
}

impl<U: Signs> Material<'_, U> {
    /// Signs a message, or what the caller made of it.
    pub(crate) fn sign(
        &self,
        algorithm: SigningAlgorithmSpec,
        message_type: MessageType,
        message: &Plaintext,
    ) -> Result<Vec<u8>, KmsError> {
        let Ready::Signing(key) = &*self.loaded.ready else {
            return Err(self.misfit());
        };
        let random = self.service.custody().random();
        Ok(key.sign(algorithm, message_type, message.expose(), random)?)
    }
}

impl<U: Verifies> Material<'_, U> {
    /// # Errors
    /// `KMSInvalidSignatureException`, whatever the cause.
    pub(crate) fn verify(
        &self,
        algorithm: SigningAlgorithmSpec,
        message_type: MessageType,
        message: &Plaintext,
        signature: &[u8],
    ) -> Result<(), KmsError> {
        let Ready::Signing(key) = &*self.loaded.ready else {
            return Err(self.misfit());
        };
        key.verify(algorithm, message_type, message.expose(), signature)
            .map_err(|_| KmsError::invalid_signature())
    }
}

impl<U: MakesMacs> Material<'_, U> {
    /// The MAC of a message, at its full length.
    pub(crate) fn mac(&self, message: &Plaintext) -> Result<Plaintext, KmsError> {
        let Ready::Mac(key) = &*self.loaded.ready else {
            return Err(self.misfit());
        };
        Ok(Plaintext::new(key.generate(message.expose())))
    }
}

impl<U: ChecksMacs> Material<'_, U> {
    /// # Errors
    /// `KMSInvalidMacException`, whatever the cause.
    pub(crate) fn verify_mac(&self, message: &Plaintext, mac: &Plaintext) -> Result<(), KmsError> {
        let Ready::Mac(key) = &*self.loaded.ready else {
            return Err(self.misfit());
        };
        key.verify(message.expose(), mac.expose())
            .map_err(|_| KmsError::invalid_mac())
    }
}

impl<U: Agrees> Material<'_, U> {
    /// The secret that the owner of the peer's key derives too.
    ///
    /// # Errors
    /// `ValidationException` without a message, for anything but a key of the same curve.
    pub(crate) fn derive(&self, peer: &[u8]) -> Result<Plaintext, KmsError> {
        let Ready::Agreement(key) = &*self.loaded.ready else {
            return Err(self.misfit());
        };
        key.derive(peer).map_err(|_| KmsError::invalid_public_key())
    }
}

impl<U: Encapsulates> Material<'_, U> {
    /// A new secret, encapsulated and in plaintext.
    pub(crate) fn encapsulate(&self) -> Result<(Vec<u8>, Plaintext), KmsError> {
        let Ready::Encapsulation(key) = &*self.loaded.ready else {
            return Err(self.misfit());
        };
        Ok(key.encapsulate(self.service.custody().random())?)
    }
}

impl<U: Decapsulates> Material<'_, U> {
    /// The secret in a ciphertext of the right length, which is never refused: what was not made
    /// under this key gives a secret that nobody has (FIPS 203, 6.3).
    ///
    /// # Errors
    /// `InvalidCiphertextException` for another length.
    pub(crate) fn decapsulate(&self, ciphertext: &[u8]) -> Result<Plaintext, KmsError> {
        let Ready::Encapsulation(key) = &*self.loaded.ready else {
            return Err(self.misfit());
        };
        key.decapsulate(ciphertext)
            .map_err(|_| KmsError::invalid_ciphertext())
    }
}

impl<U: Publishes> Material<'_, U> {
    /// The public half, as a DER SubjectPublicKeyInfo; absent when the key has none.
    pub(crate) fn public_key(&self) -> Option<&[u8]> {
        Some(match &*self.loaded.ready {
            Ready::Encryption(key) => key.public_key(),
            Ready::Signing(key) => key.public_key(),
            Ready::Agreement(key) => key.public_key(),
            Ready::Encapsulation(key) => key.public_key(),
            Ready::Symmetric(_) | Ready::Mac(_) => return None,
        })
    }
}

/// The context of a request that has none.
static EMPTY: EncryptionContext = EncryptionContext::empty();
const EMPTY_CONTEXT: &EncryptionContext = &EMPTY;

async fn load<U>(
    service: &Service,
    key: &Authorized<Key, U>,
    id: MaterialId,
) -> Result<Option<Arc<Loaded>>, KmsError> {
    let (home, materials) = (key.home(), service.materials());
    if let Some(loaded) = materials.find(home, id) {
        return Ok(Some(loaded));
    }
    let row = home.materials(key.id()).row(&id.to_string());
    let Some(stored) = service.shelves().get(&row).await? else {
        return Ok(None);
    };
    if stored.record.wrapped.is_none() {
        // Not while the key may be used: it waits for the import of what is missing.
        return Ok(None);
    }
    let material = unwrap(service, home, key.id(), key.record(), id, &stored.record).await?;
    let loaded = Loaded {
        at: Instant::now(),
        ready: Arc::new(Ready::new(service, key, &material)?),
    };
    materials.cache.insert((home.clone(), id), loaded.clone());
    Ok(Some(Arc::new(loaded)))
}

/// Unwraps a stored material of the key.
pub(crate) async fn unwrap(
    service: &Service,
    home: &Home,
    key_id: KeyId,
    record: &KeyRecord,
    id: MaterialId,
    stored: &MaterialRecord,
) -> Result<KeyMaterial, KmsError> {
    let row = home.materials(key_id).row(&id.to_string());
    let corrupt = |what: &dyn std::fmt::Display| {
        KmsError::from(StoreError::corrupt(row.as_str().as_bytes(), what))
    };
    let wrapped = stored.wrapped.as_deref().unwrap_or_default();
    let wrapped = STANDARD.decode(wrapped).map_err(|error| corrupt(&error))?;
    let version = strongroom_crypto::wrapping_version(&wrapped).map_err(|error| corrupt(&error))?;
    let domains = service.custody().domain(home).await?;
    let domain = domains
        .get(version)
        .ok_or_else(|| corrupt(&format_args!("domain key {version} does not exist")))?;
    let binding = binding_of(home, key_id, record, id, stored.sequence);
    KeyMaterial::unwrap(domain, &binding, &wrapped).map_err(|error| corrupt(&error))
}

/// What a wrapped material is bound to.
pub(crate) fn binding_of<'a>(
    home: &'a Home,
    key_id: KeyId,
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
