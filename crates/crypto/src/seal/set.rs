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

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use strongroom_model::{Plaintext, SecretText};

    use super::*;
    use crate::seal::SealKind;

    const CLUSTER: &str = "cluster";

    fn key_file(byte: u8) -> SealKey {
        SealKey::from_key_file(&Plaintext::new(vec![byte; 32])).unwrap()
    }

    fn passphrase(text: &str) -> SealKey {
        SealKey::from_passphrase(&SecretText::new(text.into())).unwrap()
    }

    fn roots() -> RootKeys {
        RootKeys::new(RootKey::generate(1, &Random::system()).unwrap())
    }

    fn set_of(roots: &RootKeys, keys: &[SealKey]) -> SealSet {
        SealSet::create(CLUSTER, roots, keys, &Random::system()).unwrap()
    }

    fn value(set: &SealSet) -> Value {
        serde_json::from_str(&set.to_json().unwrap()).unwrap()
    }

    fn read(value: &Value) -> Result<SealSet, SealError> {
        SealSet::from_json(value.to_string().as_bytes())
    }

    #[test]
    fn any_one_seal_gives_the_root_key() {
        let roots = roots();
        let set = set_of(&roots, &[key_file(1), key_file(2)]);
        let set = SealSet::from_json(set.to_json().unwrap().as_bytes()).unwrap();
        assert_eq!(set.cluster_id(), CLUSTER);
        for (byte, record) in [1, 2].into_iter().zip(set.seals()) {
            let unsealed = set.unseal(&key_file(byte)).unwrap();
            assert_eq!(unsealed.seal_id, record.seal_id());
            assert_eq!(unsealed.roots.active().bytes(), roots.active().bytes());
            assert_eq!(set.verify(&key_file(byte)).unwrap(), record.seal_id());
        }
    }

    #[test]
    fn a_wrong_key_is_told_from_a_damaged_record() {
        let set = set_of(&roots(), &[key_file(1)]);
        assert_eq!(
            set.unseal(&key_file(2)).unwrap_err(),
            SealError::WrongSeal(SealKind::KeyFile)
        );
        assert_eq!(
            set.unseal(&passphrase("x")).unwrap_err(),
            SealError::NoSealOfKind(SealKind::Passphrase)
        );
        let seal_id = set.seals()[0].seal_id().to_owned();
        for field in ["wrapped", "nonce"] {
            let mut value = value(&set);
            let text = value["seals"][0][field].as_str().unwrap();
            let first = if text.starts_with('0') { "1" } else { "0" };
            value["seals"][0][field] = json!(format!("{first}{}", &text[1..]));
            assert_eq!(
                read(&value).unwrap().unseal(&key_file(1)).unwrap_err(),
                SealError::Tampered(seal_id.clone()),
                "{field}"
            );
        }
    }

    #[test]
    fn every_field_of_a_set_is_watched() {
        let roots = roots();
        let (set, _) = set_of(&roots, &[key_file(1), key_file(2)])
            .begin_rotation(&roots, &[key_file(1), key_file(2)], &Random::system())
            .unwrap();
        let whole = value(&set);
        assert!(read(&whole).unwrap().unseal(&key_file(1)).is_ok());

        let mut altered = 0;
        let mut pointers = Vec::new();
        leaves(&whole, String::new(), &mut pointers);
        for pointer in pointers {
            let mut value = whole.clone();
            let leaf = value.pointer_mut(&pointer).unwrap();
            *leaf = match &*leaf {
                Value::Number(number) => json!(number.as_u64().unwrap() + 1),
                Value::String(text) if text == "key-file" => json!("passphrase"),
                Value::String(text) => {
                    let last = if text.ends_with('0') { "1" } else { "0" };
                    json!(format!("{}{last}", &text[..text.len() - 1]))
                }
                other => panic!("{pointer} is {other}"),
            };
            // One seal's key may be read as another's, but never may both open.
            let opens = |byte| read(&value).is_ok_and(|set| set.unseal(&key_file(byte)).is_ok());
            assert!(!opens(1) && !opens(2), "{pointer}");
            altered += 1;
        }
        assert_eq!(altered, 3 + 2 * 7 + 2 + 1, "fields were missed");
    }

    fn leaves(value: &Value, at: String, into: &mut Vec<String>) {
        match value {
            Value::Object(fields) => {
                for (name, field) in fields {
                    leaves(field, format!("{at}/{name}"), into);
                }
            }
            Value::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    leaves(item, format!("{at}/{index}"), into);
                }
            }
            _ => into.push(at),
        }
    }

    #[test]
    fn a_seal_dropped_added_moved_or_brought_from_elsewhere_is_noticed() {
        let roots = roots();
        let whole = value(&set_of(&roots, &[key_file(1), key_file(2)]));
        let stranger = value(&set_of(&self::roots(), &[key_file(3)]));
        let with = |change: &dyn Fn(&mut Vec<Value>)| {
            let mut value = whole.clone();
            change(value["seals"].as_array_mut().unwrap());
            read(&value).unwrap().unseal(&key_file(1)).unwrap_err()
        };
        assert_eq!(with(&|seals| drop(seals.pop())), SealError::SetTampered);
        assert_eq!(with(&|seals| seals.swap(0, 1)), SealError::SetTampered);
        assert_eq!(
            with(&|seals| seals.push(stranger["seals"][0].clone())),
            SealError::SetTampered
        );
        assert_eq!(
            with(&|seals| seals.push(seals[0].clone())),
            SealError::SetTampered
        );
        // The stranger's own seal opens a stranger's root key, which is not this set's.
        let mut value = whole.clone();
        value["seals"][1] = stranger["seals"][0].clone();
        assert_eq!(
            read(&value).unwrap().unseal(&key_file(3)).unwrap_err(),
            SealError::SetTampered
        );
    }

    #[test]
    fn unknown_fields_and_forms_are_refused() {
        let whole = value(&set_of(&roots(), &[key_file(1)]));
        for (pointer, name) in [("", "extra"), ("/seals/0", "extra")] {
            let mut value = whole.clone();
            value.pointer_mut(pointer).unwrap()[name] = json!(1);
            assert_eq!(read(&value).unwrap_err(), SealError::UnknownFormat);
        }
        let mut empty = whole.clone();
        empty["seals"] = json!([]);
        assert_eq!(read(&empty).unwrap_err(), SealError::UnknownFormat);
        assert_eq!(
            SealSet::from_json(b"").unwrap_err(),
            SealError::UnknownFormat
        );
    }

    #[test]
    fn seals_are_added_and_removed_but_never_the_last() {
        let random = Random::system();
        let roots = roots();
        let mut set = set_of(&roots, &[key_file(1)]);
        let first = set.seals()[0].seal_id().to_owned();
        let second = set.add(&roots, &key_file(2), &random).unwrap();
        assert_eq!(set.verify(&key_file(1)).unwrap(), first);
        assert_eq!(set.verify(&key_file(2)).unwrap(), second);
        assert_eq!(
            set.add(&roots, &key_file(2), &random).unwrap_err(),
            SealError::AlreadyAdded(second.clone())
        );

        set.remove(&roots, &first).unwrap();
        assert_eq!(
            set.unseal(&key_file(1)).unwrap_err(),
            SealError::WrongSeal(SealKind::KeyFile)
        );
        assert_eq!(
            set.remove(&roots, &first).unwrap_err(),
            SealError::NoSuchSeal(first)
        );
        assert_eq!(
            set.remove(&roots, &second).unwrap_err(),
            SealError::LastSeal
        );
        assert_eq!(set.verify(&key_file(2)).unwrap(), second);
    }

    #[test]
    fn a_set_is_changed_only_with_its_own_root_key_and_as_it_was_written() {
        let random = Random::system();
        let roots = roots();
        let mut set = set_of(&roots, &[key_file(1), key_file(2)]);
        let first = set.seals()[0].seal_id().to_owned();
        let stranger = self::roots();
        assert_eq!(
            set.add(&stranger, &key_file(3), &random).unwrap_err(),
            SealError::SetTampered
        );
        assert_eq!(
            set.remove(&stranger, &first).unwrap_err(),
            SealError::SetTampered
        );
        let later = RootKeys::new(RootKey::generate(2, &random).unwrap());
        assert_eq!(
            set.add(&later, &key_file(3), &random).unwrap_err(),
            SealError::OtherRootKey
        );
        let mut dropped = value(&set);
        dropped["seals"].as_array_mut().unwrap().pop();
        let mut dropped = read(&dropped).unwrap();
        assert_eq!(
            dropped.add(&roots, &key_file(3), &random).unwrap_err(),
            SealError::SetTampered
        );
    }

    #[test]
    fn a_rotation_wraps_the_new_root_key_by_every_seal_and_keeps_the_old_one_readable() {
        let random = Random::system();
        let old = roots();
        let keys = [key_file(1), key_file(2)];
        let set = set_of(&old, &keys);
        let (mut next, mut new) = set.begin_rotation(&old, &keys, &random).unwrap();
        assert_eq!(new.active().version(), 2);
        assert_ne!(new.active().bytes(), old.active().bytes());
        assert_eq!(next.previous_version(), Some(1));

        // After a restart, from the stored text, with either seal.
        for key in &keys {
            let stored = SealSet::from_json(next.to_json().unwrap().as_bytes()).unwrap();
            let unsealed = stored.unseal(key).unwrap().roots;
            assert_eq!(unsealed.active().bytes(), new.active().bytes());
            assert_eq!(unsealed.get(1).unwrap().bytes(), old.active().bytes());
        }
        // Seals keep their ids.
        let ids = |set: &SealSet| -> Vec<String> {
            set.seals()
                .iter()
                .map(|seal| seal.seal_id().to_owned())
                .collect()
        };
        assert_eq!(ids(&set), ids(&next));
        assert_eq!(
            next.begin_rotation(&new, &keys, &random).unwrap_err(),
            SealError::RotationUnderWay
        );

        next.finish_rotation(&mut new).unwrap();
        assert_eq!(next.previous_version(), None);
        assert!(new.get(1).is_err());
        assert!(next.unseal(&keys[0]).unwrap().roots.get(1).is_err());
        assert!(next.begin_rotation(&new, &keys, &random).is_ok());
    }

    #[test]
    fn a_rotation_needs_the_key_of_every_seal() {
        let old = roots();
        let set = set_of(&old, &[key_file(1), key_file(2)]);
        let missing = set.seals()[1].seal_id().to_owned();
        assert_eq!(
            set.begin_rotation(&old, &[key_file(1)], &Random::system())
                .unwrap_err(),
            SealError::SealMissing(missing)
        );
    }

    #[test]
    fn a_store_is_not_sealed_without_a_key_or_twice_with_one() {
        let random = Random::system();
        assert_eq!(
            SealSet::create(CLUSTER, &roots(), &[], &random).unwrap_err(),
            SealError::LastSeal
        );
        assert!(matches!(
            SealSet::create(CLUSTER, &roots(), &[key_file(1), key_file(1)], &random),
            Err(SealError::AlreadyAdded(_))
        ));
    }

    #[test]
    fn a_passphrase_unseals_beside_a_key_file_and_only_the_right_one() {
        let roots = roots();
        let set = set_of(&roots, &[key_file(1), passphrase("correct horse")]);
        let record = &set.seals()[1];
        assert_eq!(record.kind(), SealKind::Passphrase);
        let parameters = record.argon2id().unwrap();
        assert_eq!(
            (parameters.memory_kib, parameters.passes, parameters.lanes),
            (65_536, 3, 4)
        );
        let unsealed = set.unseal(&passphrase("correct horse")).unwrap();
        assert_eq!(unsealed.roots.active().bytes(), roots.active().bytes());
        assert_eq!(
            set.unseal(&passphrase("correct horsf")).unwrap_err(),
            SealError::WrongSeal(SealKind::Passphrase)
        );
    }

    #[test]
    fn weaker_and_costlier_parameters_are_refused_before_any_work() {
        let set = set_of(&roots(), &[passphrase("correct horse")]);
        let seal_id = set.seals()[0].seal_id().to_owned();
        for (field, weak, costly) in [
            ("memory_kib", 65_535, (4 << 20) + 1),
            ("passes", 2, 65),
            ("lanes", 3, 65),
        ] {
            for (number, refusal) in [
                (weak, SealError::ParametersTooWeak(seal_id.clone())),
                (costly, SealError::ParametersTooCostly(seal_id.clone())),
            ] {
                let mut value = value(&set);
                value["seals"][0]["argon2id"][field] = json!(number);
                assert_eq!(
                    read(&value)
                        .unwrap()
                        .unseal(&passphrase("correct horse"))
                        .unwrap_err(),
                    refusal,
                    "{field}"
                );
            }
        }
        // Within the bounds an altered number gives another key.
        let mut value = value(&set);
        value["seals"][0]["argon2id"]["passes"] = json!(4);
        assert_eq!(
            read(&value)
                .unwrap()
                .unseal(&passphrase("correct horse"))
                .unwrap_err(),
            SealError::WrongSeal(SealKind::Passphrase)
        );
    }

    #[test]
    fn nothing_stored_contains_a_secret() {
        let roots = roots();
        let text = set_of(&roots, &[key_file(0xab)]).to_json().unwrap();
        assert!(!text.contains(&hex(roots.active().bytes())));
        assert!(!text.contains(&hex(&[0xab; 8])));
    }
}
