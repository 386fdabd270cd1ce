//! Wrapping keys and import tokens: from the offer of parameters to the material that comes back.
//!
//! AWS: developer guide, "Importing key material".

use base64::{Engine as _, engine::general_purpose::STANDARD};
use strongroom_crypto::{
    CryptoError, ImportTarget, ImportTerms, KeyMaterial, WrappingKey, WrappingKeyBinding,
    public_key_hash, wrapping_version,
};
use strongroom_model::{
    Plaintext, Timestamp,
    enums::{AlgorithmSpec, WrappingKeySpec},
    errors::ErrorCode,
    limits,
};
use strongroom_store::StoreError;

use crate::{
    audit::hex,
    call::{Authorized, Key},
    change::Change,
    error::KmsError,
    record::{DueRecord, WrappingKeyRecord},
    service::Service,
    shelves::Stored,
    uses,
};

/// What GetParametersForImport hands out, and the change that keeps the private half.
pub(crate) struct Offer {
    pub(crate) token: Vec<u8>,
    pub(crate) public_key: Vec<u8>,
    pub(crate) valid_to: Timestamp,
    pub(crate) change: Change,
}

/// A wrapping key that a token named.
pub(crate) struct Accepted {
    terms: ImportTerms,
    stored: std::sync::Arc<Stored<WrappingKeyRecord>>,
}

/// Makes a wrapping key for one import into the key.
pub(crate) async fn offer(
    service: &Service,
    key: &Authorized<Key, uses::GetParametersForImport>,
    algorithm: AlgorithmSpec,
    spec: WrappingKeySpec,
    now: Timestamp,
) -> Result<Offer, KmsError> {
    let custody = service.custody();
    let (home, id) = (key.home(), custody.random().array()?);
    let material = service.new_material(WrappingKey::key_spec(spec)).await?;
    let wrapping = WrappingKey::new(spec, material)?;
    let valid_to = now.plus_millis(limits::IMPORT_PARAMETERS_HOURS * 3_600_000);
    let terms = ImportTerms {
        id,
        algorithm,
        spec,
        issued: now,
        valid_to,
        public_key_hash: public_key_hash(wrapping.public_key()),
    };
    let token = custody.import_token().issue(&terms, &target(key))?;
    let domains = custody.domain(home).await?;
    let wrapped = wrapping.wrap(domains.in_use()?, &binding(key, &terms), custody.random())?;

    let mut change = Change::new();
    let token_id = hex(&id);
    let record = WrappingKeyRecord {
        valid_to,
        wrapped: STANDARD.encode(wrapped),
    };
    change.put(&home.wrapping_keys(key.id()).row(&token_id), &record)?;
    change.put(
        &home.wrapping_key_due(valid_to, key.id(), &token_id),
        &DueRecord {},
    )?;
    Ok(Offer {
        token,
        public_key: wrapping.public_key().to_vec(),
        valid_to,
        change,
    })
}

/// Finds the wrapping key that a token names.
///
/// # Errors
/// `InvalidImportTokenException` for what is no token of this key, or was used;
/// `ExpiredImportTokenException` when its time is over.
pub(crate) async fn accept(
    service: &Service,
    key: &Authorized<Key, uses::ImportKeyMaterial>,
    token: &Plaintext,
    now: Timestamp,
) -> Result<Accepted, KmsError> {
    let invalid = || KmsError::silent(ErrorCode::InvalidImportTokenException);
    let terms = service
        .custody()
        .import_token()
        .read(token.expose(), &target(key))
        .map_err(|_| invalid())?;
    if terms.valid_to <= now {
        return Err(KmsError::silent(ErrorCode::ExpiredImportTokenException));
    }
    let row = key.home().wrapping_keys(key.id()).row(&hex(&terms.id));
    let stored = service.shelves().get(&row).await?.ok_or_else(invalid)?;
    Ok(Accepted { terms, stored })
}

impl Accepted {
    /// Takes the material out of what the caller wrapped.
    ///
    /// # Errors
    /// `InvalidCiphertextException` when it does not open, `IncorrectKeyMaterialException` when
    /// what is inside is no material for this key.
    pub(crate) async fn open(
        &self,
        service: &Service,
        key: &Authorized<Key, uses::ImportKeyMaterial>,
        wrapped: &Plaintext,
    ) -> Result<KeyMaterial, KmsError> {
        let row = key.home().wrapping_keys(key.id()).row(&hex(&self.terms.id));
        let corrupt = |what: &dyn std::fmt::Display| {
            KmsError::from(StoreError::corrupt(row.as_str().as_bytes(), what))
        };
        let stored = STANDARD
            .decode(&self.stored.record.wrapped)
            .map_err(|error| corrupt(&error))?;
        let version = wrapping_version(&stored).map_err(|error| corrupt(&error))?;
        let domains = service.custody().domain(key.home()).await?;
        let domain = domains
            .get(version)
            .ok_or_else(|| corrupt(&format_args!("domain key {version} does not exist")))?;
        let wrapping = WrappingKey::unwrap(domain, &binding(key, &self.terms), &stored)
            .map_err(|error| corrupt(&error))?;
        if public_key_hash(wrapping.public_key()) != self.terms.public_key_hash {
            return Err(corrupt(&"it is not the key that the token was issued with"));
        }
        // A private key is examined at length; no other request should wait for that.
        let (algorithm, spec) = (self.terms.algorithm, key.record().spec);
        let wrapped = Plaintext::new(wrapped.expose().to_vec());
        let opened =
            tokio::task::spawn_blocking(move || wrapping.import(algorithm, wrapped.expose(), spec));
        opened
            .await
            .map_err(KmsError::internal)?
            .map_err(|error| match error {
                CryptoError::WrongMaterialLength | CryptoError::InvalidMaterial => {
                    KmsError::silent(ErrorCode::IncorrectKeyMaterialException)
                }
                CryptoError::InvalidCiphertext => KmsError::invalid_ciphertext(),
                error => error.into(),
            })
    }

    /// The wrapping key has done what it was for.
    pub(crate) fn use_up(&self, key: &Key, change: &mut Change) {
        let (home, token_id) = (key.home(), hex(&self.terms.id));
        let row = home.wrapping_keys(key.id()).row(&token_id);
        change
            .provided(&row, Some(self.stored.revision))
            .remove(&row)
            .remove(&home.wrapping_key_due(self.stored.record.valid_to, key.id(), &token_id));
    }
}

fn target(key: &Key) -> ImportTarget<'_> {
    let home = key.home();
    ImportTarget {
        partition: home.region.partition(),
        account: home.account,
        region: &home.region,
        key_id: key.id(),
        created: key.record().created,
    }
}

fn binding<'a>(key: &'a Key, terms: &ImportTerms) -> WrappingKeyBinding<'a> {
    let home = key.home();
    WrappingKeyBinding {
        partition: home.region.partition(),
        account: home.account,
        region: &home.region,
        key_id: key.id(),
        id: terms.id,
        spec: terms.spec,
    }
}
