//! All seals of a store, as one file.

use aws_lc_rs::constant_time::verify_slices_are_equal;
use serde::{Deserialize, Serialize};

use crate::{
    CryptoError, Random, RootKey, RootKeys, envelope,
    framing::{Framed, hex, read_hex},
    kdf, labels,
    memory::LockedBytes,
    root::SubKey,
    seal::{SealError, SealKey, SealRecord},
};

const FORMAT: u32 = 1;
/// Root keys that one set may still carry besides the active one: a rotation is finished before
/// the next begins.
const PREVIOUS_MAX: usize = 1;

/// Every seal of a store, and the MAC that ties them together.
///
/// It is public text: nothing in it is of use without a seal's key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SealSet {
    format: u32,
    cluster_id: String,
    root_key_version: u32,
    seals: Vec<SealRecord>,
    /// Root keys that some row may still be wrapped by, themselves wrapped by the active one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    previous: Vec<PreviousRoot>,
    mac: String,
}

/// A replaced root key, kept until nothing refers to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct PreviousRoot {
    root_key_version: u32,
    /// A wrap in hex.
    wrapped: String,
}

/// What unsealing gives.
#[derive(Debug)]
pub struct Unsealed {
    /// Which seal opened.
    pub seal_id: String,
    /// The root keys.
    pub roots: RootKeys,
}

impl SealSet {
    /// Seals a new root key.
    ///
    /// # Errors
    /// [`SealError::LastSeal`] without any key, [`SealError::AlreadyAdded`] when two are equal.
    pub fn create(
        cluster_id: &str,
        roots: &RootKeys,
        keys: &[SealKey],
        random: &Random,
    ) -> Result<Self, SealError> {
        let mut set = Self {
            format: FORMAT,
            cluster_id: cluster_id.to_owned(),
            root_key_version: roots.active().version(),
            seals: Vec::new(),
            previous: Vec::new(),
            mac: String::new(),
        };
        for key in keys {
            set.push(roots.active(), key, random)?;
        }
        if set.seals.is_empty() {
            return Err(SealError::LastSeal);
        }
        set.mac = hex(&set.mac_under(roots.active())?);
        Ok(set)
    }

    /// Reads a stored set. Nothing of it is believed before it is unsealed.
    ///
    /// # Errors
    /// [`SealError::UnknownFormat`].
    pub fn from_json(text: &[u8]) -> Result<Self, SealError> {
        let set: Self = serde_json::from_slice(text).map_err(|_| SealError::UnknownFormat)?;
        if set.format == FORMAT && !set.seals.is_empty() && set.previous.len() <= PREVIOUS_MAX {
            Ok(set)
        } else {
            Err(SealError::UnknownFormat)
        }
    }

    /// The set as it is stored.
    ///
    /// # Errors
    /// None in practice: every field is a text, a number or a list of them.
    pub fn to_json(&self) -> Result<String, SealError> {
        serde_json::to_string_pretty(self).map_err(|_| SealError::UnknownFormat)
    }

    /// The installation that the seals belong to.
    #[must_use]
    pub fn cluster_id(&self) -> &str {
        &self.cluster_id
    }

    /// Which edition of the root key is active.
    #[must_use]
    pub fn root_key_version(&self) -> u32 {
        self.root_key_version
    }

    /// The replaced edition that some row may still be wrapped by, during a rotation.
    #[must_use]
    pub fn previous_version(&self) -> Option<u32> {
        self.previous
            .first()
            .map(|previous| previous.root_key_version)
    }

    /// The seals, oldest first.
    #[must_use]
    pub fn seals(&self) -> &[SealRecord] {
        &self.seals
    }

    /// Unseals with the key of any one seal.
    ///
    /// # Errors
    /// [`SealError::WrongSeal`] and [`SealError::NoSealOfKind`] when the key is not one of this
    /// set's; [`SealError::Tampered`], [`SealError::SetTampered`],
    /// [`SealError::ParametersTooWeak`], [`SealError::ParametersTooCostly`] and
    /// [`SealError::UnknownFormat`] when the set is not as it was written.
    pub fn unseal(&self, key: &SealKey) -> Result<Unsealed, SealError> {
        let (record, active) = self.find(key)?.ok_or_else(|| {
            if self.seals.iter().any(|record| record.kind() == key.kind()) {
                SealError::WrongSeal(key.kind())
            } else {
                SealError::NoSealOfKind(key.kind())
            }
        })?;
        if active.version() != self.root_key_version {
            return Err(SealError::SetTampered);
        }
        self.check_mac(&active)?;
        let previous = self
            .previous
            .iter()
            .map(|previous| previous.unwrap(&self.cluster_id, &active))
            .collect::<Result<_, _>>()?;
        Ok(Unsealed {
            seal_id: record.seal_id().to_owned(),
            roots: RootKeys::with_previous(active, previous),
        })
    }

    /// Opens one seal for the sake of knowing that it opens, and tells which.
    ///
    /// # Errors
    /// As [`SealSet::unseal`].
    pub fn verify(&self, key: &SealKey) -> Result<String, SealError> {
        self.unseal(key).map(|unsealed| unsealed.seal_id)
    }

    /// Adds a seal and tells its id.
    ///
    /// # Errors
    /// [`SealError::AlreadyAdded`]; [`SealError::OtherRootKey`] and [`SealError::SetTampered`]
    /// when the root keys are not those of this set as it stands.
    pub fn add(
        &mut self,
        roots: &RootKeys,
        key: &SealKey,
        random: &Random,
    ) -> Result<String, SealError> {
        self.check_mac(roots.active())?;
        let mut next = self.clone();
        let seal_id = next.push(roots.active(), key, random)?;
        next.mac = hex(&next.mac_under(roots.active())?);
        *self = next;
        Ok(seal_id)
    }

    /// Removes a seal. Whoever has its key and an old copy of the set still has this root key:
    /// rotate it afterwards.
    ///
    /// # Errors
    /// [`SealError::NoSuchSeal`], [`SealError::LastSeal`]; [`SealError::OtherRootKey`] and
    /// [`SealError::SetTampered`] as in [`SealSet::add`].
    pub fn remove(&mut self, roots: &RootKeys, seal_id: &str) -> Result<(), SealError> {
        self.check_mac(roots.active())?;
        let mut next = self.clone();
        next.seals.retain(|record| record.seal_id() != seal_id);
        if next.seals.len() == self.seals.len() {
            return Err(SealError::NoSuchSeal(seal_id.to_owned()));
        }
        if next.seals.is_empty() {
            return Err(SealError::LastSeal);
        }
        next.mac = hex(&next.mac_under(roots.active())?);
        *self = next;
        Ok(())
    }

    /// Begins a rotation: makes the next version of the root key and wraps it by every seal.
    ///
    /// The replaced version stays readable through the new set, so that a stopped rotation goes
    /// on after a restart. When no record needs it any more, [`SealSet::finish_rotation`] drops
    /// it. Nothing is lost if the new set is never stored: the old one is unchanged.
    ///
    /// # Errors
    /// [`SealError::SealMissing`] when a seal's key is not among `keys`: a seal that kept the old
    /// version would open nothing later. [`SealError::RotationUnderWay`] before the last one is
    /// finished; [`SealError::OtherRootKey`] and [`SealError::SetTampered`] as in
    /// [`SealSet::add`].
    pub fn begin_rotation(
        &self,
        roots: &RootKeys,
        keys: &[SealKey],
        random: &Random,
    ) -> Result<(Self, RootKeys), SealError> {
        self.check_mac(roots.active())?;
        if !self.previous.is_empty() {
            return Err(SealError::RotationUnderWay);
        }
        let version = self
            .root_key_version
            .checked_add(1)
            .ok_or(CryptoError::TooLong)?;
        let active = RootKey::generate(version, random)?;
        let mut seals = Vec::with_capacity(self.seals.len());
        for record in &self.seals {
            let key = self
                .key_of(record, keys)?
                .ok_or_else(|| SealError::SealMissing(record.seal_id().to_owned()))?;
            let wrapped = SealRecord::wrap(
                &self.cluster_id,
                Some(record.seal_id()),
                &active,
                key,
                random,
            )?;
            seals.push(wrapped);
        }
        let replaced = RootKey::from_bytes(
            roots.active().version(),
            LockedBytes::copy_of(roots.active().bytes()),
        )?;
        let mut next = Self {
            root_key_version: version,
            seals,
            previous: vec![PreviousRoot::wrap(
                &self.cluster_id,
                &replaced,
                &active,
                random,
            )?],
            ..self.clone()
        };
        next.mac = hex(&next.mac_under(&active)?);
        Ok((next, RootKeys::with_previous(active, vec![replaced])))
    }

    /// Ends a rotation, dropping the replaced version. What is still wrapped by it is lost, so
    /// the caller must have wrapped everything again.
    ///
    /// # Errors
    /// [`SealError::OtherRootKey`] and [`SealError::SetTampered`] as in [`SealSet::add`].
    pub fn finish_rotation(&mut self, roots: &mut RootKeys) -> Result<(), SealError> {
        self.check_mac(roots.active())?;
        let mut next = self.clone();
        next.previous.clear();
        next.mac = hex(&next.mac_under(roots.active())?);
        *self = next;
        roots.forget_previous();
        Ok(())
    }

    /// The seal that a key opens, and the root key in it.
    fn find(&self, key: &SealKey) -> Result<Option<(&SealRecord, RootKey)>, SealError> {
        for record in &self.seals {
            if let Some(root) = record.open(&self.cluster_id, key)? {
                return Ok(Some((record, root)));
            }
        }
        Ok(None)
    }

    /// The key that opens a seal.
    fn key_of<'a>(
        &self,
        record: &SealRecord,
        keys: &'a [SealKey],
    ) -> Result<Option<&'a SealKey>, SealError> {
        for key in keys {
            if record.open(&self.cluster_id, key)?.is_some() {
                return Ok(Some(key));
            }
        }
        Ok(None)
    }

    fn push(
        &mut self,
        root: &RootKey,
        key: &SealKey,
        random: &Random,
    ) -> Result<String, SealError> {
        if let Some((record, _)) = self.find(key)? {
            return Err(SealError::AlreadyAdded(record.seal_id().to_owned()));
        }
        let record = SealRecord::wrap(&self.cluster_id, None, root, key, random)?;
        let seal_id = record.seal_id().to_owned();
        self.seals.push(record);
        Ok(seal_id)
    }

    /// Checks that this is the set that was last written under that root key.
    fn check_mac(&self, root: &RootKey) -> Result<(), SealError> {
        if root.version() != self.root_key_version {
            return Err(SealError::OtherRootKey);
        }
        let mut mac = [0u8; 32];
        if !read_hex(&self.mac, &mut mac) {
            return Err(SealError::SetTampered);
        }
        verify_slices_are_equal(&self.mac_under(root)?, &mac).map_err(|_| SealError::SetTampered)
    }

    fn mac_under(&self, root: &RootKey) -> Result<[u8; 32], CryptoError> {
        let set = Framed::labelled(labels::SEAL_SET)
            .u32(self.format)
            .text(&self.cluster_id)
            .u32(self.root_key_version)
            .count(self.seals.len());
        let set = self.seals.iter().fold(set, |set, record| record.bind(set));
        let set = self
            .previous
            .iter()
            .fold(set.count(self.previous.len()), |set, previous| {
                set.u32(previous.root_key_version).text(&previous.wrapped)
            });
        let key = root.sub_key(SubKey::MacSealSet)?;
        Ok(kdf::hmac(key.bytes(), &[&set.finish()]))
    }
}

impl PreviousRoot {
    fn wrap(
        cluster_id: &str,
        replaced: &RootKey,
        active: &RootKey,
        random: &Random,
    ) -> Result<Self, CryptoError> {
        let record = envelope::wrap(
            &active.sub_key(SubKey::WrapPreviousRoot)?,
            active.version(),
            &previous_aad(cluster_id, replaced.version(), active.version()),
            replaced.bytes(),
            random,
        )?;
        Ok(Self {
            root_key_version: replaced.version(),
            wrapped: hex(&record),
        })
    }

    fn unwrap(&self, cluster_id: &str, active: &RootKey) -> Result<RootKey, CryptoError> {
        let mut record = vec![0u8; self.wrapped.len() / 2];
        if !read_hex(&self.wrapped, &mut record) {
            return Err(CryptoError::UnknownFormat);
        }
        let bytes = envelope::unwrap(
            &active.sub_key(SubKey::WrapPreviousRoot)?,
            active.version(),
            &previous_aad(cluster_id, self.root_key_version, active.version()),
            &record,
        )?;
        RootKey::from_bytes(self.root_key_version, bytes)
    }
}

fn previous_aad(cluster_id: &str, replaced: u32, active: u32) -> Vec<u8> {
    Framed::labelled(labels::PREVIOUS_ROOT)
        .text(cluster_id)
        .u32(replaced)
        .u32(active)
        .finish()
}
