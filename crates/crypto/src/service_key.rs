//! Service keys: random, versioned, one for each job that is not a KMS key's.
//!
//! They are random rather than derived from the root key so that rotating the root key rewrites
//! their wraps and nothing else: no row tag, no marker and no material id changes.

use aws_lc_rs::constant_time::verify_slices_are_equal;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use strongroom_model::{AccountId, Region, SecretAccessKey};

use crate::{
    CryptoError, Random,
    aead::KEY_BYTES,
    envelope,
    framing::{Framed, length},
    kdf, labels,
    memory::LockedBytes,
    root::{RootKey, SubKey},
};

/// What a service key does. A key made for one job is refused for any other.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Job {
    /// Tags the rows of the installation as a whole.
    InstallationIntegrity,
    /// Tags the rows of one account and Region.
    Integrity {
        /// The account.
        account: AccountId,
        /// The Region.
        region: Region,
    },
    /// Seals pagination markers.
    Marker,
    /// Authenticates grant tokens.
    GrantToken,
    /// Authenticates import tokens.
    ImportToken,
    /// Seals session tokens.
    SessionSeal,
    /// Derives the secrets of sessions.
    SessionSecret,
    /// Makes material ids (`K_mid`).
    MaterialId,
    /// Makes the tags of ciphertext headers (`K_hdr`).
    Header,
    /// Seals the secrets of access keys.
    Credential,
    /// Signs audit checkpoints.
    AuditSigner,
}

impl Job {
    /// The name under which it is bound, which is stored and must not change.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::InstallationIntegrity => "installation-integrity",
            Self::Integrity { .. } => "integrity",
            Self::Marker => "marker",
            Self::GrantToken => "grant-token",
            Self::ImportToken => "import-token",
            Self::SessionSeal => "session-seal",
            Self::SessionSecret => "session-secret",
            Self::MaterialId => "material-id",
            Self::Header => "header",
            Self::Credential => "credential",
            Self::AuditSigner => "audit-signer",
        }
    }

    /// The job of that name, if it is done for the installation as a whole.
    #[must_use]
    pub fn of_installation(name: &str) -> Option<Self> {
        [
            Self::InstallationIntegrity,
            Self::Marker,
            Self::GrantToken,
            Self::ImportToken,
            Self::SessionSeal,
            Self::SessionSecret,
            Self::MaterialId,
            Self::Header,
            Self::Credential,
            Self::AuditSigner,
        ]
        .into_iter()
        .find(|job| job.name() == name)
    }

    /// The sub-key of the root key that wraps it.
    fn wrapped_by(&self) -> SubKey {
        match self {
            Self::InstallationIntegrity | Self::Integrity { .. } => SubKey::WrapIntegrity,
            Self::AuditSigner => SubKey::WrapAuditSigner,
            _ => SubKey::WrapServiceKeys,
        }
    }

    fn aad(&self, version: u32, cluster_id: &str, root_key_version: u32) -> Vec<u8> {
        let name = Framed::labelled(labels::SERVICE_KEY)
            .text(cluster_id)
            .text(self.name());
        let scope = match self {
            Self::Integrity { account, region } => name.display(account).text(region.as_str()),
            _ => name.text("").text(""),
        };
        scope.u32(version).u32(root_key_version).finish()
    }
}

/// One version of the key for one job, in locked memory.
pub struct ServiceKey {
    job: Job,
    version: u32,
    key: LockedBytes,
}

impl ServiceKey {
    /// A new key for a job. Versions begin at 1.
    ///
    /// # Errors
    /// [`CryptoError::RandomUnavailable`].
    pub fn generate(job: Job, version: u32, random: &Random) -> Result<Self, CryptoError> {
        Ok(Self {
            job,
            version,
            key: LockedBytes::filled(KEY_BYTES, |key| random.fill(key))?,
        })
    }

    /// What the key is for.
    #[must_use]
    pub fn job(&self) -> &Job {
        &self.job
    }

    /// Which edition this is.
    #[must_use]
    pub fn version(&self) -> u32 {
        self.version
    }

    /// Wraps the key under the root key, as the record that is stored.
    ///
    /// # Errors
    /// [`CryptoError::RandomUnavailable`].
    pub fn wrap(
        &self,
        root: &RootKey,
        cluster_id: &str,
        random: &Random,
    ) -> Result<Vec<u8>, CryptoError> {
        envelope::wrap(
            &root.sub_key(self.job.wrapped_by())?,
            root.version(),
            &self.job.aad(self.version, cluster_id, root.version()),
            self.key.bytes(),
            random,
        )
    }

    /// Unwraps a stored record, if it is that version of the key for that job.
    ///
    /// # Errors
    /// [`CryptoError::WrongVersion`] when another version of the root key wrapped it,
    /// [`CryptoError::Unauthentic`] when it has another name or was altered.
    pub fn unwrap(
        job: Job,
        version: u32,
        root: &RootKey,
        cluster_id: &str,
        record: &[u8],
    ) -> Result<Self, CryptoError> {
        let key = envelope::unwrap(
            &root.sub_key(job.wrapped_by())?,
            root.version(),
            &job.aad(version, cluster_id, root.version()),
            record,
        )?;
        if key.bytes().len() != KEY_BYTES {
            return Err(CryptoError::UnknownFormat);
        }
        Ok(Self { job, version, key })
    }

    /// The key, if it is for that job.
    pub(crate) fn into_key_for(self, job: &Job) -> Result<LockedBytes, CryptoError> {
        if self.job == *job {
            Ok(self.key)
        } else {
            Err(CryptoError::WrongJob)
        }
    }
}

impl std::fmt::Debug for ServiceKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ServiceKey({} {})", self.job.name(), self.version)
    }
}

/// Tags the rows of one account and Region, so that nobody with the database but without the
/// root key can alter one or move it to another name.
///
/// What it cannot see is a row that is gone or an old one that is back; the journal says which
/// rows ought to exist.
pub struct IntegrityKey {
    version: u32,
    key: LockedBytes,
}

impl IntegrityKey {
    /// Makes an integrity key of a service key.
    ///
    /// # Errors
    /// [`CryptoError::WrongJob`] when it is for something else.
    pub fn new(key: ServiceKey) -> Result<Self, CryptoError> {
        match key.job {
            Job::InstallationIntegrity | Job::Integrity { .. } => Ok(Self {
                version: key.version,
                key: key.key,
            }),
            _ => Err(CryptoError::WrongJob),
        }
    }

    /// Which edition this is.
    #[must_use]
    pub fn version(&self) -> u32 {
        self.version
    }

    /// The tag of a row: bound to its logical key, its version and its payload.
    #[must_use]
    pub fn tag(&self, row_key: &[u8], row_version: u64, payload: &[u8]) -> [u8; 32] {
        kdf::hmac(
            self.key.bytes(),
            &[
                labels::ROW_TAG.as_bytes(),
                &length(row_key.len()),
                row_key,
                &row_version.to_be_bytes(),
                &length(payload.len()),
                payload,
            ],
        )
    }

    /// Checks a row's tag, in constant time.
    ///
    /// # Errors
    /// [`CryptoError::Unauthentic`] when it is not the tag of this row.
    pub fn verify(
        &self,
        row_key: &[u8],
        row_version: u64,
        payload: &[u8],
        tag: &[u8],
    ) -> Result<(), CryptoError> {
        verify_slices_are_equal(&self.tag(row_key, row_version, payload), tag)
            .map_err(|_| CryptoError::Unauthentic)
    }
}

impl std::fmt::Debug for IntegrityKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "IntegrityKey({})", self.version)
    }
}

/// Seals pagination markers: texts that mean nothing to whoever carries them and that cannot be
/// made up or used for another listing.
pub struct MarkerKey {
    version: u32,
    key: LockedBytes,
}

impl MarkerKey {
    /// Makes a marker key of a service key.
    ///
    /// # Errors
    /// [`CryptoError::WrongJob`] when it is for something else.
    pub fn new(key: ServiceKey) -> Result<Self, CryptoError> {
        Ok(Self {
            version: key.version,
            key: key.into_key_for(&Job::Marker)?,
        })
    }

    /// A marker that holds `position` and is good only together with `binding`: the operation,
    /// the account, the Region and whatever else the listing was asked for.
    ///
    /// The text is base64url without padding.
    ///
    /// # Errors
    /// [`CryptoError::RandomUnavailable`].
    pub fn seal(
        &self,
        position: &[u8],
        binding: &[u8],
        random: &Random,
    ) -> Result<String, CryptoError> {
        let sealed = envelope::seal(
            &self.key,
            self.version,
            labels::MARKER,
            &marker_aad(self.version, binding),
            position,
            random,
        )?;
        Ok(URL_SAFE_NO_PAD.encode(sealed))
    }

    /// The position in a marker that was sealed with the same binding.
    ///
    /// # Errors
    /// [`CryptoError::Unauthentic`], whatever the reason; a marker is a foreign text.
    pub fn open(&self, marker: &str, binding: &[u8]) -> Result<Vec<u8>, CryptoError> {
        let sealed = URL_SAFE_NO_PAD
            .decode(marker)
            .map_err(|_| CryptoError::Unauthentic)?;
        envelope::open(
            &self.key,
            self.version,
            labels::MARKER,
            &marker_aad(self.version, binding),
            &sealed,
        )
        .map(|mut position| std::mem::take(&mut *position))
        .map_err(|_| CryptoError::Unauthentic)
    }
}

fn marker_aad(version: u32, binding: &[u8]) -> Vec<u8> {
    Framed::labelled(labels::MARKER)
        .u32(version)
        .bytes(binding)
        .finish()
}

impl std::fmt::Debug for MarkerKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "MarkerKey({})", self.version)
    }
}

/// Seals the secrets of access keys, each bound to its access key id and account.
pub struct CredentialKey {
    version: u32,
    key: LockedBytes,
}

impl CredentialKey {
    /// Makes a credential key of a service key.
    ///
    /// # Errors
    /// [`CryptoError::WrongJob`] when it is for something else.
    pub fn new(key: ServiceKey) -> Result<Self, CryptoError> {
        Ok(Self {
            version: key.version,
            key: key.into_key_for(&Job::Credential)?,
        })
    }

    /// Which edition this is.
    #[must_use]
    pub fn version(&self) -> u32 {
        self.version
    }

    /// The version that a sealed secret needs.
    ///
    /// # Errors
    /// [`CryptoError::UnknownFormat`] when the bytes are not a sealed secret.
    pub fn version_of(sealed: &[u8]) -> Result<u32, CryptoError> {
        envelope::sealing_version(sealed)
    }

    /// Seals the secret of an access key, as the record that is stored.
    ///
    /// # Errors
    /// [`CryptoError::RandomUnavailable`].
    pub fn seal(
        &self,
        account: AccountId,
        access_key_id: &str,
        secret: &SecretAccessKey,
        random: &Random,
    ) -> Result<Vec<u8>, CryptoError> {
        envelope::seal(
            &self.key,
            self.version,
            labels::CREDENTIAL,
            &credential_aad(self.version, account, access_key_id),
            secret.expose().as_bytes(),
            random,
        )
    }

    /// Opens a sealed secret, if it belongs to that access key.
    ///
    /// # Errors
    /// [`CryptoError::WrongVersion`] when another version sealed it,
    /// [`CryptoError::Unauthentic`] when it belongs to another access key or was altered.
    pub fn open(
        &self,
        account: AccountId,
        access_key_id: &str,
        sealed: &[u8],
    ) -> Result<SecretAccessKey, CryptoError> {
        let mut bytes = envelope::open(
            &self.key,
            self.version,
            labels::CREDENTIAL,
            &credential_aad(self.version, account, access_key_id),
            sealed,
        )?;
        match String::from_utf8(std::mem::take(&mut *bytes)) {
            Ok(text) => Ok(SecretAccessKey::new(text)),
            Err(error) => {
                *bytes = error.into_bytes();
                Err(CryptoError::UnknownFormat)
            }
        }
    }
}

fn credential_aad(version: u32, account: AccountId, access_key_id: &str) -> Vec<u8> {
    Framed::labelled(labels::CREDENTIAL)
        .u32(version)
        .display(account)
        .text(access_key_id)
        .finish()
}

impl std::fmt::Debug for CredentialKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "CredentialKey({})", self.version)
    }
}
