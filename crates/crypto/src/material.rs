//! Key material: what a KMS key is, at rest and on its way into use.

use strongroom_model::{AccountId, KeyId, Partition, Plaintext, Region, enums::KeySpec};

use crate::{
    CryptoError, DomainKey, EncapsulationKey, IdentifierKeys, MaterialId, Random, SigningKey,
    curve::Curve, edwards, encapsulation::MlKem, envelope, framing::Framed, labels,
    memory::LockedBytes, ml_dsa::MlDsa, rsa::Modulus, sm2,
};

/// The key specs, each with the number under which its materials are stored. The numbers never
/// change; `docs/formats.md` draws what the bytes of each are.
const KINDS: [(u8, KeySpec); 20] = [
    (1, KeySpec::SymmetricDefault),
    (2, KeySpec::Hmac224),
    (3, KeySpec::Hmac256),
    (4, KeySpec::Hmac384),
    (5, KeySpec::Hmac512),
    (6, KeySpec::Rsa2048),
    (7, KeySpec::Rsa3072),
    (8, KeySpec::Rsa4096),
    (9, KeySpec::EccNistP256),
    (10, KeySpec::EccNistP384),
    (11, KeySpec::EccNistP521),
    (12, KeySpec::EccSecgP256k1),
    (13, KeySpec::EccNistEdwards25519),
    (14, KeySpec::MlDsa44),
    (15, KeySpec::MlDsa65),
    (16, KeySpec::MlDsa87),
    (17, KeySpec::MlKem512),
    (18, KeySpec::MlKem768),
    (19, KeySpec::MlKem1024),
    (20, KeySpec::Sm2),
];

fn kind_of(spec: KeySpec) -> Result<u8, CryptoError> {
    KINDS
        .iter()
        .find(|(_, of)| *of == spec)
        .map(|(kind, _)| *kind)
        .ok_or(CryptoError::Unsuitable)
}

fn spec_of(kind: u8) -> Result<KeySpec, CryptoError> {
    KINDS
        .iter()
        .find(|(of, _)| *of == kind)
        .map(|(_, spec)| *spec)
        .ok_or(CryptoError::UnknownFormat)
}

/// What material of a key spec is made of. A new key spec does not compile until it says.
pub(crate) enum Kind {
    /// So many random bytes and nothing else. AWS: developer guide, "Key spec reference"; an HMAC
    /// key is as long as its hash (decision 25).
    Raw(usize),
    Rsa(Modulus),
    Curve(&'static Curve),
    Edwards,
    MlDsa(&'static MlDsa),
    MlKem(&'static MlKem),
    Sm2,
}

impl Kind {
    pub(crate) fn of(spec: KeySpec) -> Self {
        match spec {
            KeySpec::SymmetricDefault | KeySpec::Hmac256 => Self::Raw(32),
            KeySpec::Hmac224 => Self::Raw(28),
            KeySpec::Hmac384 => Self::Raw(48),
            KeySpec::Hmac512 => Self::Raw(64),
            KeySpec::Rsa2048 => Self::Rsa(Modulus::RSA_2048),
            KeySpec::Rsa3072 => Self::Rsa(Modulus::RSA_3072),
            KeySpec::Rsa4096 => Self::Rsa(Modulus::RSA_4096),
            KeySpec::EccNistP256 => Self::Curve(&Curve::P256),
            KeySpec::EccNistP384 => Self::Curve(&Curve::P384),
            KeySpec::EccNistP521 => Self::Curve(&Curve::P521),
            KeySpec::EccSecgP256k1 => Self::Curve(&Curve::P256K1),
            KeySpec::EccNistEdwards25519 => Self::Edwards,
            KeySpec::MlDsa44 => Self::MlDsa(&MlDsa::ML_DSA_44),
            KeySpec::MlDsa65 => Self::MlDsa(&MlDsa::ML_DSA_65),
            KeySpec::MlDsa87 => Self::MlDsa(&MlDsa::ML_DSA_87),
            KeySpec::MlKem512 => Self::MlKem(&MlKem::ML_KEM_512),
            KeySpec::MlKem768 => Self::MlKem(&MlKem::ML_KEM_768),
            KeySpec::MlKem1024 => Self::MlKem(&MlKem::ML_KEM_1024),
            KeySpec::Sm2 => Self::Sm2,
        }
    }
}

/// The secret of one KMS key, in locked memory.
///
/// There is no way to its bytes outside this crate: it can be wrapped for storing, named by its
/// [`MaterialId`], and made into a key that does one thing.
pub struct KeyMaterial {
    spec: KeySpec,
    bytes: LockedBytes,
}

/// What a stored material is bound to. Change any of these in the row and it does not unwrap.
///
/// State, policy, aliases and dates are not here, because they change; a row's integrity tag
/// guards those ([`IntegrityKey`](crate::IntegrityKey)).
#[derive(Clone, Copy, Debug)]
pub struct MaterialBinding<'a> {
    /// The partition of the Region.
    pub partition: Partition,
    /// The account that owns the key.
    pub account: AccountId,
    /// The Region whose copy of the key this is.
    pub region: &'a Region,
    /// The key.
    pub key_id: KeyId,
    /// Which of the key's materials.
    pub material_id: MaterialId,
    /// AWS's name of the key spec, so that an HMAC key cannot be turned into another kind.
    pub key_spec: &'a str,
    /// AWS's name of the key usage.
    pub key_usage: &'a str,
    /// AWS's name of the origin.
    pub origin: &'a str,
    /// Which material in the order of rotations.
    pub material_seq: u32,
}

impl MaterialBinding<'_> {
    fn aad(&self, domain_key_version: u32) -> Vec<u8> {
        Framed::labelled(labels::KEY_MATERIAL)
            .text(self.partition.as_str())
            .display(self.account)
            .text(self.region.as_str())
            .display(self.key_id)
            .fixed(self.material_id.as_bytes())
            .text(self.key_spec)
            .text(self.key_usage)
            .text(self.origin)
            .u32(self.material_seq)
            .u32(domain_key_version)
            .finish()
    }
}

impl KeyMaterial {
    /// New material for a key of this spec.
    ///
    /// This blocks, for RSA from tenths of a second to many seconds: which thread waits is the
    /// caller's affair.
    ///
    /// # Errors
    /// [`CryptoError::RandomUnavailable`]; [`CryptoError::LibraryFailure`] when what was made is
    /// not a working key.
    pub fn generate(spec: KeySpec, random: &Random) -> Result<Self, CryptoError> {
        let bytes = match Kind::of(spec) {
            Kind::Raw(length) => LockedBytes::filled(length, |key| random.fill(key))?,
            Kind::Rsa(modulus) => modulus.generate()?,
            Kind::Curve(curve) => curve.generate()?,
            Kind::Edwards => edwards::generate(random)?,
            Kind::MlDsa(size) => size.generate(random)?,
            Kind::MlKem(size) => size.generate(random)?,
            Kind::Sm2 => sm2::generate(random)?,
        };
        let material = Self { spec, bytes };
        if material.is_consistent(random)? {
            Ok(material)
        } else {
            Err(CryptoError::LibraryFailure)
        }
    }

    /// Material from outside, imported or from a seed file: the raw bytes of a symmetric or an
    /// HMAC key, PKCS#8 in DER of any other.
    ///
    /// A key has one form here, whichever form it came in, so the same key always gets the same
    /// [`id`](Self::id).
    ///
    /// # Errors
    /// [`CryptoError::WrongMaterialLength`] when raw bytes are not exactly as many as the spec
    /// requires, [`CryptoError::InvalidMaterial`] when a private key is not a sound one of this
    /// spec.
    pub fn from_bytes(spec: KeySpec, bytes: &Plaintext) -> Result<Self, CryptoError> {
        let material = Self::unproven(spec, bytes)?;
        // What the library does not look at, such as whether the primes are primes, shows here.
        match material.is_consistent(&Random::system()) {
            Ok(true) => Ok(material),
            Ok(false) | Err(CryptoError::LibraryFailure) => Err(CryptoError::InvalidMaterial),
            Err(error) => Err(error),
        }
    }

    /// Material from outside that has the right form and has not been tried.
    pub(crate) fn unproven(spec: KeySpec, bytes: &Plaintext) -> Result<Self, CryptoError> {
        let bytes = bytes.expose();
        let bytes = match Kind::of(spec) {
            Kind::Raw(length) if bytes.len() == length => LockedBytes::copy_of(bytes),
            Kind::Raw(_) => return Err(CryptoError::WrongMaterialLength),
            Kind::Rsa(modulus) => modulus.import(bytes)?,
            Kind::Curve(curve) => curve.import(bytes)?,
            Kind::Edwards => edwards::import(bytes)?,
            Kind::MlDsa(size) => size.import(bytes)?,
            Kind::MlKem(size) => size.import(bytes)?,
            Kind::Sm2 => sm2::import(bytes)?,
        };
        Ok(Self { spec, bytes })
    }

    /// Whether the halves of an asymmetric key fit: what one makes, the other understands.
    ///
    /// The pairwise consistency test of FIPS 140-3, before a key is stored. A key for encryption
    /// or agreement is tried by signing, which uses the same numbers.
    fn is_consistent(&self, random: &Random) -> Result<bool, CryptoError> {
        match Kind::of(self.spec) {
            Kind::Raw(_) => Ok(true),
            Kind::MlKem(_) => {
                let key = EncapsulationKey::new(self, self.spec)?;
                let (ciphertext, secret) = key.encapsulate(random)?;
                Ok(key.decapsulate(&ciphertext)? == secret)
            }
            _ => SigningKey::new(self, self.spec)?.is_consistent(random),
        }
    }

    /// The public key of asymmetric material, as DER SubjectPublicKeyInfo.
    ///
    /// # Errors
    /// [`CryptoError::Unsuitable`] when there is none.
    pub fn public_key(&self) -> Result<Vec<u8>, CryptoError> {
        match Kind::of(self.spec) {
            Kind::Raw(_) => Err(CryptoError::Unsuitable),
            Kind::MlKem(_) => {
                EncapsulationKey::new(self, self.spec).map(|key| key.public_key().to_vec())
            }
            _ => SigningKey::new(self, self.spec).map(|key| key.public_key().to_vec()),
        }
    }

    /// What kind of key this is the material of.
    #[must_use]
    pub fn spec(&self) -> KeySpec {
        self.spec
    }

    /// The id under which this material of this key is known for ever.
    #[must_use]
    pub fn id(
        &self,
        keys: &IdentifierKeys,
        partition: Partition,
        account: AccountId,
        key_id: KeyId,
    ) -> MaterialId {
        keys.material_id(partition, account, key_id, self.bytes.bytes())
    }

    /// Wraps the material under its account's domain key, as the record that is stored.
    ///
    /// # Errors
    /// [`CryptoError::RandomUnavailable`].
    pub fn wrap(
        &self,
        domain: &DomainKey,
        binding: &MaterialBinding<'_>,
        random: &Random,
    ) -> Result<Vec<u8>, CryptoError> {
        self.wrap_as(domain, &binding.aad(domain.version()), random)
    }

    /// Wraps the material under a name of another kind.
    pub(crate) fn wrap_as(
        &self,
        domain: &DomainKey,
        name: &[u8],
        random: &Random,
    ) -> Result<Vec<u8>, CryptoError> {
        let bytes = self.bytes.bytes();
        let length = u16::try_from(bytes.len()).map_err(|_| CryptoError::TooLong)?;
        let framed = LockedBytes::joined(&[&[kind_of(self.spec)?], &length.to_be_bytes(), bytes]);
        envelope::wrap(domain.key(), domain.version(), name, framed.bytes(), random)
    }

    /// Unwraps a stored record, if it is the material of that binding.
    ///
    /// # Errors
    /// [`CryptoError::WrongVersion`] when another version of the domain key wrapped it,
    /// [`CryptoError::Unauthentic`] when it is bound to something else or was altered.
    pub fn unwrap(
        domain: &DomainKey,
        binding: &MaterialBinding<'_>,
        record: &[u8],
    ) -> Result<Self, CryptoError> {
        Self::unwrap_as(domain, &binding.aad(domain.version()), record)
    }

    /// Unwraps a record with a name of another kind.
    pub(crate) fn unwrap_as(
        domain: &DomainKey,
        name: &[u8],
        record: &[u8],
    ) -> Result<Self, CryptoError> {
        let framed = envelope::unwrap(domain.key(), domain.version(), name, record)?;
        let ([kind, high, low], bytes) = framed
            .bytes()
            .split_first_chunk()
            .ok_or(CryptoError::UnknownFormat)?;
        if usize::from(u16::from_be_bytes([*high, *low])) != bytes.len() {
            return Err(CryptoError::UnknownFormat);
        }
        let spec = spec_of(*kind)?;
        if matches!(Kind::of(spec), Kind::Raw(length) if length != bytes.len()) {
            return Err(CryptoError::UnknownFormat);
        }
        Ok(Self {
            spec,
            bytes: LockedBytes::copy_of(bytes),
        })
    }

    /// The bytes, for making a ready key of this spec.
    pub(crate) fn bytes_of(&self, spec: KeySpec) -> Result<&[u8], CryptoError> {
        if self.spec == spec {
            Ok(self.bytes.bytes())
        } else {
            Err(CryptoError::Unsuitable)
        }
    }

    /// Gives the material away, as a data key pair's private half.
    pub(crate) fn into_plaintext(self) -> Plaintext {
        Plaintext::new(self.bytes.bytes().to_vec())
    }
}

impl std::fmt::Debug for KeyMaterial {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "KeyMaterial({})", self.spec)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn region(name: &str) -> Region {
        Region::parse(name).unwrap()
    }

    fn binding(region: &Region) -> MaterialBinding<'_> {
        MaterialBinding {
            partition: Partition::Aws,
            account: AccountId::parse("111122223333").unwrap(),
            region,
            key_id: KeyId::parse("1234abcd-12ab-34cd-56ef-1234567890ab").unwrap(),
            material_id: MaterialId::from_bytes([9; 32]),
            key_spec: "SYMMETRIC_DEFAULT",
            key_usage: "ENCRYPT_DECRYPT",
            origin: "AWS_KMS",
            material_seq: 3,
        }
    }

    #[test]
    fn material_unwraps_only_under_the_binding_it_was_wrapped_for() {
        let random = Random::system();
        let (here, there) = (region("eu-west-1"), region("eu-west-2"));
        let bound = binding(&here);
        let domain = DomainKey::generate(1, &random).unwrap();
        let material = KeyMaterial::generate(KeySpec::SymmetricDefault, &random).unwrap();
        let record = material.wrap(&domain, &bound, &random).unwrap();
        let back = KeyMaterial::unwrap(&domain, &bound, &record).unwrap();
        assert_eq!(back.bytes.bytes(), material.bytes.bytes());

        let mut one_bit = [9; 32];
        one_bit[31] ^= 1;
        for (field, wrong) in [
            (
                "partition",
                MaterialBinding {
                    partition: Partition::AwsCn,
                    ..bound
                },
            ),
            (
                "account",
                MaterialBinding {
                    account: AccountId::DEVELOPMENT,
                    ..bound
                },
            ),
            (
                "Region",
                MaterialBinding {
                    region: &there,
                    ..bound
                },
            ),
            (
                "key id",
                MaterialBinding {
                    key_id: KeyId::parse("mrk-1234abcd12ab34cd56ef1234567890ab").unwrap(),
                    ..bound
                },
            ),
            (
                "material id",
                MaterialBinding {
                    material_id: MaterialId::from_bytes(one_bit),
                    ..bound
                },
            ),
            (
                "key spec",
                MaterialBinding {
                    key_spec: "HMAC_256",
                    ..bound
                },
            ),
            (
                "key usage",
                MaterialBinding {
                    key_usage: "GENERATE_VERIFY_MAC",
                    ..bound
                },
            ),
            (
                "origin",
                MaterialBinding {
                    origin: "EXTERNAL",
                    ..bound
                },
            ),
            (
                "sequence",
                MaterialBinding {
                    material_seq: 4,
                    ..bound
                },
            ),
        ] {
            let refused = KeyMaterial::unwrap(&domain, &wrong, &record).unwrap_err();
            assert_eq!(refused, CryptoError::Unauthentic, "{field}");
        }
    }

    #[test]
    fn texts_of_a_binding_cannot_flow_into_each_other() {
        let random = Random::system();
        let here = region("eu-west-1");
        let bound = binding(&here);
        let domain = DomainKey::generate(1, &random).unwrap();
        let record = KeyMaterial::generate(KeySpec::SymmetricDefault, &random)
            .unwrap()
            .wrap(&domain, &bound, &random)
            .unwrap();
        let shifted = MaterialBinding {
            key_spec: "SYMMETRIC_DEFAULTE",
            key_usage: "NCRYPT_DECRYPT",
            ..bound
        };
        assert!(KeyMaterial::unwrap(&domain, &shifted, &record).is_err());
    }

    #[test]
    fn material_needs_the_domain_key_that_wrapped_it() {
        let random = Random::system();
        let here = region("eu-west-1");
        let bound = binding(&here);
        let wrap = |domain: &DomainKey| {
            KeyMaterial::generate(KeySpec::SymmetricDefault, &random)
                .unwrap()
                .wrap(domain, &bound, &random)
                .unwrap()
        };
        let (first, second) = (
            DomainKey::generate(1, &random).unwrap(),
            DomainKey::generate(2, &random).unwrap(),
        );
        assert_eq!(
            KeyMaterial::unwrap(&second, &bound, &wrap(&first)).unwrap_err(),
            CryptoError::WrongVersion {
                needed: 1,
                at_hand: 2
            }
        );
        let elsewhere = DomainKey::generate(1, &random).unwrap();
        assert_eq!(
            KeyMaterial::unwrap(&elsewhere, &bound, &wrap(&first)).unwrap_err(),
            CryptoError::Unauthentic
        );
    }

    #[test]
    fn a_record_altered_or_cut_anywhere_is_refused() {
        let random = Random::system();
        let here = region("eu-west-1");
        let bound = binding(&here);
        let domain = DomainKey::generate(1, &random).unwrap();
        let record = KeyMaterial::generate(KeySpec::SymmetricDefault, &random)
            .unwrap()
            .wrap(&domain, &bound, &random)
            .unwrap();
        assert_eq!(record.len(), 1 + 1 + 4 + 12 + (1 + 2 + 32) + 16);
        for at in 0..record.len() {
            let mut altered = record.clone();
            altered[at] ^= 0x80;
            assert!(
                KeyMaterial::unwrap(&domain, &bound, &altered).is_err(),
                "{at}"
            );
            assert!(
                KeyMaterial::unwrap(&domain, &bound, &record[..at]).is_err(),
                "{at}"
            );
        }
    }

    /// What is stored under a number has to be read under it for ever, and every key spec has one.
    #[test]
    fn the_numbers_of_kinds_are_those_of_the_formats() {
        let formats = include_str!("../../../docs/formats.md");
        let table = formats.split_once("### Key material").unwrap().1;
        let mut drawn = Vec::new();
        for line in table.lines().skip_while(|line| !line.starts_with("| 1 |")) {
            let mut cells = line.split(" | ");
            let (Some(numbers), Some(specs)) = (cells.next(), cells.next()) else {
                break;
            };
            let numbers = numbers.trim_start_matches("| ").split(", ");
            drawn.extend(numbers.zip(specs.split(", ")));
        }
        let kinds: Vec<_> = KINDS
            .iter()
            .map(|(kind, spec)| (kind.to_string(), spec.as_str()))
            .collect();
        let kinds: Vec<_> = kinds
            .iter()
            .map(|(kind, spec)| (&kind[..], *spec))
            .collect();
        assert_eq!(drawn, kinds);
        for spec in KeySpec::ALL {
            assert_eq!(spec_of(kind_of(*spec).unwrap()), Ok(*spec));
        }
    }

    #[test]
    fn symmetric_material_is_exactly_32_bytes() {
        for length in [0, 31, 33, 64] {
            assert_eq!(
                KeyMaterial::from_bytes(
                    KeySpec::SymmetricDefault,
                    &Plaintext::new(vec![1; length])
                )
                .unwrap_err(),
                CryptoError::WrongMaterialLength
            );
        }
    }

    #[test]
    fn the_material_id_depends_on_the_key_and_the_material_but_on_no_region() {
        let keys = IdentifierKeys::development();
        let material = |byte| {
            KeyMaterial::from_bytes(KeySpec::SymmetricDefault, &Plaintext::new(vec![byte; 32]))
                .unwrap()
        };
        let account = AccountId::parse("111122223333").unwrap();
        let id = |byte, key_id: &str| {
            let key_id = KeyId::parse(key_id).unwrap();
            material(byte).id(&keys, Partition::Aws, account, key_id)
        };
        let key_id = "1234abcd-12ab-34cd-56ef-1234567890ab";
        assert_eq!(id(1, key_id), id(1, key_id));
        assert_ne!(id(1, key_id), id(2, key_id));
        assert_ne!(id(1, key_id), id(1, "1234abcd-12ab-34cd-56ef-1234567890ac"));
        let text = id(1, key_id).to_string();
        assert_eq!(MaterialId::parse(&text), Some(id(1, key_id)));
        assert_eq!(MaterialId::parse(&text.to_uppercase()), None);
    }

    #[test]
    fn material_prints_only_its_kind() {
        let material =
            KeyMaterial::from_bytes(KeySpec::SymmetricDefault, &Plaintext::new(vec![b'A'; 32]))
                .unwrap();
        assert_eq!(format!("{material:?}"), "KeyMaterial(SYMMETRIC_DEFAULT)");
    }
}
