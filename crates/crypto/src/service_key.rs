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
    /// Seals the secrets of custom key stores.
    KeyStore,
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
            Self::KeyStore => "key-store",
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
            Self::KeyStore,
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

#[cfg(test)]
mod tests {
    use super::*;

    fn integrity(account: &str, region: &str) -> Job {
        Job::Integrity {
            account: AccountId::parse(account).unwrap(),
            region: Region::parse(region).unwrap(),
        }
    }

    fn jobs() -> Vec<Job> {
        vec![
            Job::InstallationIntegrity,
            integrity("111122223333", "eu-west-1"),
            integrity("111122223333", "eu-west-2"),
            integrity("111122223334", "eu-west-1"),
            Job::Marker,
            Job::GrantToken,
            Job::ImportToken,
            Job::SessionSeal,
            Job::SessionSecret,
            Job::MaterialId,
            Job::Header,
            Job::Credential,
            Job::KeyStore,
            Job::AuditSigner,
        ]
    }

    fn generate(job: Job) -> ServiceKey {
        ServiceKey::generate(job, 1, &Random::system()).unwrap()
    }

    #[test]
    fn a_service_key_unwraps_only_for_its_own_job() {
        let random = Random::system();
        let root = RootKey::generate(1, &random).unwrap();
        for own in jobs() {
            let key = generate(own.clone());
            let record = key.wrap(&root, "cluster", &random).unwrap();
            for job in jobs() {
                let back = ServiceKey::unwrap(job.clone(), 1, &root, "cluster", &record);
                assert_eq!(back.is_ok(), job == own, "{own:?} as {job:?}");
            }
            for (version, cluster) in [(2, "cluster"), (1, "other")] {
                assert_eq!(
                    ServiceKey::unwrap(own.clone(), version, &root, cluster, &record).unwrap_err(),
                    CryptoError::Unauthentic
                );
            }
        }
    }

    #[test]
    fn a_job_of_the_installation_is_found_by_its_name() {
        for job in jobs() {
            let of_account = matches!(job, Job::Integrity { .. });
            let found = Job::of_installation(job.name());
            assert_eq!(found, (!of_account).then_some(job));
        }
        assert_eq!(Job::of_installation("anything"), None);
    }

    #[test]
    fn rotating_the_root_key_changes_wraps_and_no_key() {
        let random = Random::system();
        let (old, new) = (
            RootKey::generate(1, &random).unwrap(),
            RootKey::generate(2, &random).unwrap(),
        );
        let job = integrity("111122223333", "eu-west-1");
        let key = generate(job.clone());
        let record = key.wrap(&old, "cluster", &random).unwrap();
        assert_eq!(envelope::wrapping_version(&record), Ok(1));
        let read = ServiceKey::unwrap(job.clone(), 1, &old, "cluster", &record).unwrap();
        let again = read.wrap(&new, "cluster", &random).unwrap();
        assert_eq!(envelope::wrapping_version(&again), Ok(2));
        let read = ServiceKey::unwrap(job, 1, &new, "cluster", &again).unwrap();
        let (before, after) = (
            IntegrityKey::new(key).unwrap(),
            IntegrityKey::new(read).unwrap(),
        );
        assert_eq!(before.tag(b"k", 1, b"v"), after.tag(b"k", 1, b"v"));
    }

    #[test]
    fn a_key_for_another_job_is_refused() {
        assert_eq!(
            MarkerKey::new(generate(Job::Credential)).unwrap_err(),
            CryptoError::WrongJob
        );
        assert_eq!(
            CredentialKey::new(generate(Job::Marker)).unwrap_err(),
            CryptoError::WrongJob
        );
        assert_eq!(
            IntegrityKey::new(generate(Job::Marker)).unwrap_err(),
            CryptoError::WrongJob
        );
        assert_eq!(
            crate::IdentifierKeys::new(generate(Job::Header), generate(Job::MaterialId))
                .unwrap_err(),
            CryptoError::WrongJob
        );
    }

    #[test]
    fn a_row_tag_is_bound_to_key_version_and_payload() {
        let key = IntegrityKey::new(generate(integrity("111122223333", "eu-west-1"))).unwrap();
        let tag = key.tag(b"row", 7, b"payload");
        assert_eq!(key.verify(b"row", 7, b"payload", &tag), Ok(()));
        let other = IntegrityKey::new(generate(integrity("111122223333", "eu-west-1"))).unwrap();
        for (what, refused) in [
            ("row", key.verify(b"rov", 7, b"payload", &tag)),
            ("version", key.verify(b"row", 8, b"payload", &tag)),
            ("payload", key.verify(b"row", 7, b"payloae", &tag)),
            ("border", key.verify(b"rowp", 7, b"ayload", &tag)),
            ("short tag", key.verify(b"row", 7, b"payload", &tag[..31])),
            ("no tag", key.verify(b"row", 7, b"payload", &[])),
            ("key", other.verify(b"row", 7, b"payload", &tag)),
        ] {
            assert_eq!(refused, Err(CryptoError::Unauthentic), "{what}");
        }
        for bit in 0..256 {
            let mut altered = tag;
            altered[bit / 8] ^= 1 << (bit % 8);
            assert!(
                key.verify(b"row", 7, b"payload", &altered).is_err(),
                "{bit}"
            );
        }
    }

    #[test]
    fn a_marker_opens_only_with_its_binding_and_whole() {
        let random = Random::system();
        let key = MarkerKey::new(generate(Job::Marker)).unwrap();
        let marker = key.seal(b"alias/last", b"ListAliases", &random).unwrap();
        assert_eq!(key.open(&marker, b"ListAliases").unwrap(), b"alias/last");
        assert!(!marker.contains('='));
        let other = MarkerKey::new(generate(Job::Marker)).unwrap();
        assert!(other.open(&marker, b"ListAliases").is_err());
        assert!(key.open(&marker, b"ListKeys").is_err());
        for at in 0..marker.len() {
            let mut altered = marker.clone().into_bytes();
            altered[at] = if altered[at] == b'A' { b'B' } else { b'A' };
            let altered = String::from_utf8(altered).unwrap();
            assert!(key.open(&altered, b"ListAliases").is_err(), "{at}");
            assert!(key.open(&marker[..at], b"ListAliases").is_err(), "{at}");
        }
        for foreign in ["", "*", "ä", "AAAA", "invalid marker"] {
            assert_eq!(
                key.open(foreign, b""),
                Err(CryptoError::Unauthentic),
                "{foreign}"
            );
        }
    }

    #[test]
    fn a_credential_opens_only_for_its_access_key_and_account() {
        let random = Random::system();
        let account = AccountId::parse("111122223333").unwrap();
        let key = CredentialKey::new(generate(Job::Credential)).unwrap();
        let secret = SecretAccessKey::new("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY".into());
        let sealed = key.seal(account, "AKIAEXAMPLE", &secret, &random).unwrap();
        assert_eq!(CredentialKey::version_of(&sealed), Ok(1));
        assert_eq!(key.open(account, "AKIAEXAMPLE", &sealed).unwrap(), secret);
        for (account, access_key_id) in [
            (account, "AKIAEXAMPLF"),
            (account, "AKIAEXAMPL"),
            (AccountId::DEVELOPMENT, "AKIAEXAMPLE"),
        ] {
            assert_eq!(
                key.open(account, access_key_id, &sealed).unwrap_err(),
                CryptoError::Unauthentic
            );
        }
        for at in 0..sealed.len() {
            let mut altered = sealed.clone();
            altered[at] ^= 1;
            assert!(key.open(account, "AKIAEXAMPLE", &altered).is_err(), "{at}");
            assert!(
                key.open(account, "AKIAEXAMPLE", &sealed[..at]).is_err(),
                "{at}"
            );
        }
    }

    #[test]
    fn a_value_sealed_by_another_version_names_it() {
        let random = Random::system();
        let key = |version| {
            let key = ServiceKey::generate(Job::Credential, version, &random).unwrap();
            CredentialKey::new(key).unwrap()
        };
        let secret = SecretAccessKey::new("secret".into());
        let sealed = key(1)
            .seal(AccountId::DEVELOPMENT, "AK", &secret, &random)
            .unwrap();
        assert_eq!(
            key(2)
                .open(AccountId::DEVELOPMENT, "AK", &sealed)
                .unwrap_err(),
            CryptoError::WrongVersion {
                needed: 1,
                at_hand: 2
            }
        );
    }

    #[test]
    fn keys_print_what_they_are_for_and_nothing_else() {
        assert_eq!(
            format!("{:?}", generate(Job::Marker)),
            "ServiceKey(marker 1)"
        );
        let marker = MarkerKey::new(generate(Job::Marker)).unwrap();
        assert_eq!(format!("{marker:?}"), "MarkerKey(1)");
    }
}
