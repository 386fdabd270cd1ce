//! The unsealed keys of the installation, and the rows in which they stand wrapped.
//!
//! Rows under `custody/` carry no row tag: each is sealed by the root key with associated data
//! that says exactly which row it is, so a row that was altered, moved or copied does not open.
//!
//! ```text
//! custody/seals                                         the root keys under every seal
//! custody/service/<job>/<version>                       service keys of the installation
//! custody/integrity/<version>                           tags rows of the installation
//! custody/integrity/<account>/<Region>/<version>        tags rows of an account and Region
//! custody/domain/<account>/<Region>/<version>           wraps key material
//! ```

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
};

use strongroom_crypto::{
    CredentialKey, CryptoError, DomainKey, DomainKeyName, GrantName, GrantTokenKey, IdentifierKeys,
    ImportTokenKey, IntegrityKey, Job, MarkerKey, Random, RootKeys, ServiceKey, wrapping_version,
};
use strongroom_model::GrantToken;
use strongroom_store::{
    Backend, KeyRange, Precondition, Revision, RowIntegrity, StoreError, Write,
};

use crate::layout::{Home, Scope};

/// Where the root keys stand under their seals.
pub(crate) const SEALS: &str = "custody/seals";
/// Where everything that the root key wraps stands.
const ALL: &str = "custody/";

/// Why a key of the installation cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum CustodyError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A wrapped key does not open.
    #[error("{row}: {cause}")]
    Wrapped {
        /// The row that holds it.
        row: String,
        /// What is wrong with it.
        cause: CryptoError,
    },
    /// A cryptographic operation failed.
    #[error(transparent)]
    Crypto(#[from] CryptoError),
}

/// The keys of the installation that are open, in locked memory.
pub(crate) struct Custody {
    backend: Arc<dyn Backend>,
    cluster_id: String,
    roots: RwLock<Arc<RootKeys>>,
    random: Random,
    identifiers: IdentifierKeys,
    marker: MarkerKey,
    credential: CredentialKey,
    grant_tokens: Versions<GrantTokenKey>,
    import_token: ImportTokenKey,
    integrity: RwLock<HashMap<Scope, Arc<Versions<RowTagKey>>>>,
    domains: RwLock<HashMap<Home, Arc<Versions<DomainKey>>>>,
}

/// Every version of a key; the newest is the one in use.
pub(crate) struct Versions<K> {
    by_version: Vec<(u32, K)>,
}

impl<K> Versions<K> {
    pub(crate) fn get(&self, version: u32) -> Option<&K> {
        self.by_version
            .iter()
            .find_map(|(known, key)| (*known == version).then_some(key))
    }

    fn newest(&self) -> Option<(u32, &K)> {
        self.by_version.last().map(|(version, key)| (*version, key))
    }
}

/// The integrity key of a scope, as the shelves ask for it.
pub(crate) struct RowTagKey(IntegrityKey);

impl RowTagKey {
    pub(crate) fn version(&self) -> u32 {
        self.0.version()
    }
}

impl RowIntegrity for RowTagKey {
    fn tag(&self, row_key: &[u8], row_version: u64, payload: &[u8]) -> [u8; 32] {
        self.0.tag(row_key, row_version, payload)
    }

    fn verify(&self, row_key: &[u8], row_version: u64, payload: &[u8], tag: &[u8; 32]) -> bool {
        self.0.verify(row_key, row_version, payload, tag).is_ok()
    }
}

impl Custody {
    /// Opens the service keys of an installation that was unsealed, making those that a new or
    /// older installation lacks.
    ///
    /// With `published_identifiers` material ids and header tags use the published constants, so
    /// that ciphertexts made under a seed are the same everywhere.
    pub(crate) async fn open(
        backend: Arc<dyn Backend>,
        cluster_id: String,
        roots: RootKeys,
        random: Random,
        published_identifiers: bool,
    ) -> Result<Self, CustodyError> {
        let opener = Opener {
            backend: &backend,
            cluster_id: &cluster_id,
            roots: &roots,
            random: &random,
        };
        let identifiers = if published_identifiers {
            IdentifierKeys::development()
        } else {
            let (_, material_id) = opener.service(Job::MaterialId).await?;
            let (_, header) = opener.service(Job::Header).await?;
            IdentifierKeys::new(material_id, header)?
        };
        let marker = MarkerKey::new(opener.service(Job::Marker).await?.1)?;
        let credential = CredentialKey::new(opener.service(Job::Credential).await?.1)?;
        let grant_tokens = opener.services(&Job::GrantToken).await?;
        let grant_tokens = Versions {
            by_version: grant_tokens
                .into_iter()
                .map(|(version, key)| Ok((version, GrantTokenKey::new(key)?)))
                .collect::<Result<_, CryptoError>>()?,
        };
        let import_token = ImportTokenKey::new(opener.service(Job::ImportToken).await?.1)?;
        Ok(Self {
            backend,
            cluster_id,
            roots: RwLock::new(Arc::new(roots)),
            random,
            identifiers,
            marker,
            credential,
            grant_tokens,
            import_token,
            integrity: RwLock::default(),
            domains: RwLock::default(),
        })
    }

    pub(crate) fn random(&self) -> &Random {
        &self.random
    }

    pub(crate) fn identifiers(&self) -> &IdentifierKeys {
        &self.identifiers
    }

    pub(crate) fn marker(&self) -> &MarkerKey {
        &self.marker
    }

    pub(crate) fn credential(&self) -> &CredentialKey {
        &self.credential
    }

    /// A new token of a grant.
    pub(crate) fn seal_grant_token(&self, grant: &GrantName) -> Result<GrantToken, CustodyError> {
        let key = self.grant_tokens.in_use()?;
        Ok(key.seal(grant, &self.random)?)
    }

    /// The grant that a token stands for, which may be gone; an error for any other text.
    pub(crate) fn open_grant_token(&self, token: &GrantToken) -> Result<GrantName, CryptoError> {
        let version = GrantTokenKey::version_of(token)?;
        let key = self.grant_tokens.get(version);
        key.ok_or(CryptoError::Unauthentic)?.open(token)
    }

    pub(crate) fn import_token(&self) -> &ImportTokenKey {
        &self.import_token
    }

    pub(crate) fn roots(&self) -> Arc<RootKeys> {
        Arc::clone(&self.roots.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Takes over the root keys that a rotation made.
    pub(crate) fn set_roots(&self, roots: RootKeys) {
        *self.roots.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(roots);
    }

    /// The integrity keys of a scope; the first one is made when it is asked for.
    pub(crate) async fn integrity(
        &self,
        scope: &Scope,
    ) -> Result<Arc<Versions<RowTagKey>>, CustodyError> {
        if let Some(known) = read(&self.integrity, scope) {
            return Ok(known);
        }
        let roots = self.roots();
        let job = match scope {
            Scope::Installation => Job::InstallationIntegrity,
            Scope::Home(Home { account, region }) => Job::Integrity {
                account: *account,
                region: region.clone(),
            },
        };
        let keys = self.opener(&roots).services(&job).await?;
        let tags = keys
            .into_iter()
            .map(|(version, key)| Ok((version, RowTagKey(IntegrityKey::new(key)?))))
            .collect::<Result<_, CryptoError>>()?;
        Ok(remember(&self.integrity, scope, tags))
    }

    /// The domain keys of an account and Region; the first one is made when it is asked for.
    pub(crate) async fn domain(
        &self,
        home: &Home,
    ) -> Result<Arc<Versions<DomainKey>>, CustodyError> {
        if let Some(known) = read(&self.domains, home) {
            return Ok(known);
        }
        let roots = self.roots();
        let keys = self.opener(&roots).domain(home).await?;
        Ok(remember(&self.domains, home, keys))
    }

    fn opener<'a>(&'a self, roots: &'a RootKeys) -> Opener<'a> {
        Opener {
            backend: &self.backend,
            cluster_id: &self.cluster_id,
            roots,
            random: &self.random,
        }
    }

    /// Wraps again, under the active root key, every key that an older one still wraps, and
    /// tells how many there were. A crash in the middle leaves the rest for the next run.
    pub(crate) async fn rewrap(&self) -> Result<usize, CustodyError> {
        let roots = self.roots();
        let opener = self.opener(&roots);
        let mut rewrapped = 0;
        let mut range = KeyRange::prefix(ALL);
        loop {
            let page = self.backend.scan(range.clone(), 256).await?;
            for row in &page.rows {
                let key = String::from_utf8_lossy(&row.key).into_owned();
                if key != SEALS && opener.rewrap(&key, &row.value, row.revision).await? {
                    rewrapped += 1;
                }
            }
            match page.rows.last() {
                Some(last) if page.more => range = range.after(&last.key),
                _ => return Ok(rewrapped),
            }
        }
    }
}

impl<K> Versions<K> {
    /// The key in use. There is always one: the first is made when it is asked for.
    pub(crate) fn in_use(&self) -> Result<&K, CustodyError> {
        let (_, key) = self.newest().ok_or(CryptoError::UnknownFormat)?;
        Ok(key)
    }
}

fn read<N: std::hash::Hash + Eq, K>(
    all: &RwLock<HashMap<N, Arc<Versions<K>>>>,
    name: &N,
) -> Option<Arc<Versions<K>>> {
    all.read()
        .unwrap_or_else(PoisonError::into_inner)
        .get(name)
        .map(Arc::clone)
}

fn remember<N: std::hash::Hash + Eq + Clone, K>(
    all: &RwLock<HashMap<N, Arc<Versions<K>>>>,
    name: &N,
    by_version: Vec<(u32, K)>,
) -> Arc<Versions<K>> {
    let keys = Arc::new(Versions { by_version });
    let mut all = all.write().unwrap_or_else(PoisonError::into_inner);
    all.insert(name.clone(), Arc::clone(&keys));
    keys
}

/// What is needed to open wrapped keys.
struct Opener<'a> {
    backend: &'a Arc<dyn Backend>,
    cluster_id: &'a str,
    roots: &'a RootKeys,
    random: &'a Random,
}

impl Opener<'_> {
    async fn service(&self, job: Job) -> Result<(u32, ServiceKey), CustodyError> {
        let newest = self.services(&job).await?.pop();
        newest.ok_or(CustodyError::Crypto(CryptoError::UnknownFormat))
    }

    /// Every version of the key for a job, oldest first, at least one.
    async fn services(&self, job: &Job) -> Result<Vec<(u32, ServiceKey)>, CustodyError> {
        let prefix = service_prefix(job);
        let open = |version, root: u32, wrapped: &[u8]| {
            let root = self.roots.get(root)?;
            ServiceKey::unwrap(job.clone(), version, root, self.cluster_id, wrapped)
        };
        let make = || {
            let key = ServiceKey::generate(job.clone(), 1, self.random)?;
            key.wrap(self.roots.active(), self.cluster_id, self.random)
        };
        self.versions(&prefix, open, make).await
    }

    async fn domain(&self, home: &Home) -> Result<Vec<(u32, DomainKey)>, CustodyError> {
        let prefix = domain_prefix(home);
        let open = |version, root: u32, wrapped: &[u8]| {
            let name = self.domain_name(home, version);
            DomainKey::unwrap(self.roots.get(root)?, &name, wrapped)
        };
        let make = || {
            let key = DomainKey::generate(1, self.random)?;
            key.wrap(self.roots.active(), &self.domain_name(home, 1), self.random)
        };
        self.versions(&prefix, open, make).await
    }

    fn domain_name<'a>(&'a self, home: &'a Home, version: u32) -> DomainKeyName<'a> {
        DomainKeyName {
            cluster_id: self.cluster_id,
            partition: home.region.partition(),
            account: home.account,
            region: &home.region,
            version,
        }
    }

    /// Opens every version under a prefix. When there is none the first is made; when somebody
    /// else makes it at the same time, theirs is taken.
    async fn versions<K>(
        &self,
        prefix: &str,
        open: impl Fn(u32, u32, &[u8]) -> Result<K, CryptoError>,
        make: impl Fn() -> Result<Vec<u8>, CryptoError>,
    ) -> Result<Vec<(u32, K)>, CustodyError> {
        loop {
            let page = self.backend.scan(KeyRange::prefix(prefix), 1000).await?;
            let mut keys = Vec::with_capacity(page.rows.len());
            for row in page.rows {
                let name = String::from_utf8_lossy(&row.key).into_owned();
                let version = name.strip_prefix(prefix).and_then(|text| text.parse().ok());
                // A deeper prefix, such as that of another scope, is not a version of this key.
                let Some(version) = version else { continue };
                let key = wrapping_version(&row.value)
                    .and_then(|root| open(version, root, &row.value))
                    .map_err(|cause| CustodyError::Wrapped { row: name, cause })?;
                keys.push((version, key));
            }
            if !keys.is_empty() {
                return Ok(keys);
            }
            let row = format!("{prefix}{:010}", 1);
            let absent = vec![Precondition::absent(row.as_bytes())];
            match self
                .backend
                .commit(absent, vec![Write::put(row, make()?)])
                .await
            {
                Ok(_) | Err(StoreError::Conflict { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Wraps one key anew if the active root key does not wrap it yet.
    async fn rewrap(
        &self,
        row: &str,
        wrapped: &[u8],
        revision: Revision,
    ) -> Result<bool, CustodyError> {
        let failed = |cause| CustodyError::Wrapped {
            row: row.to_owned(),
            cause,
        };
        let root = wrapping_version(wrapped).map_err(failed)?;
        let active = self.roots.active();
        if root == active.version() {
            return Ok(false);
        }
        let old = self.roots.get(root).map_err(failed)?;
        let name = parse_row(row)
            .ok_or(CryptoError::UnknownFormat)
            .map_err(failed)?;
        let new = match &name {
            Wrapped::Service(job, version) => {
                ServiceKey::unwrap(job.clone(), *version, old, self.cluster_id, wrapped)
                    .and_then(|key| key.wrap(active, self.cluster_id, self.random))
            }
            Wrapped::Domain(home, version) => {
                let name = self.domain_name(home, *version);
                DomainKey::unwrap(old, &name, wrapped)
                    .and_then(|key| key.wrap(active, &name, self.random))
            }
        }
        .map_err(failed)?;
        let unchanged = vec![Precondition::unchanged(row.as_bytes(), revision)];
        self.backend
            .commit(unchanged, vec![Write::put(row.as_bytes(), new)])
            .await?;
        Ok(true)
    }
}

/// What a row under `custody/` holds.
enum Wrapped {
    Service(Job, u32),
    Domain(Home, u32),
}

fn service_prefix(job: &Job) -> String {
    match job {
        Job::InstallationIntegrity => "custody/integrity/".to_owned(),
        Job::Integrity { account, region } => format!("custody/integrity/{account}/{region}/"),
        job => format!("custody/service/{}/", job.name()),
    }
}

fn domain_prefix(home: &Home) -> String {
    format!("custody/domain/{}/{}/", home.account, home.region)
}

fn parse_row(row: &str) -> Option<Wrapped> {
    let parts: Vec<&str> = row.split('/').collect();
    let home = |account: &str, region: &str| {
        Some(Home {
            account: strongroom_model::AccountId::parse(account).ok()?,
            region: strongroom_model::Region::parse(region).ok()?,
        })
    };
    match parts.as_slice() {
        ["custody", "service", job, version] => Some(Wrapped::Service(
            Job::of_installation(job)?,
            version.parse().ok()?,
        )),
        ["custody", "integrity", version] => Some(Wrapped::Service(
            Job::InstallationIntegrity,
            version.parse().ok()?,
        )),
        ["custody", "integrity", account, region, version] => {
            let Home { account, region } = home(account, region)?;
            Some(Wrapped::Service(
                Job::Integrity { account, region },
                version.parse().ok()?,
            ))
        }
        ["custody", "domain", account, region, version] => Some(Wrapped::Domain(
            home(account, region)?,
            version.parse().ok()?,
        )),
        _ => None,
    }
}
