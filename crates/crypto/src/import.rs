//! Key material that comes from outside: wrapping keys, the tokens that belong to them, and the
//! way from wrapped bytes to [`KeyMaterial`].
//!
//! A wrapping key is made for one import. Its private half is stored like key material, under
//! the domain key of its account, until the import or for a day; the token that the caller keeps
//! beside the public half names it and holds no secret, so whoever kept token and wrapped bytes
//! cannot get at the material later.
//!
//! AWS: developer guide, "Importing key material", "Encrypt the key material". RFC 8017 section
//! 7.1 (OAEP), RFC 5649 (AES key wrap with padding), PKCS #11 `CKM_RSA_AES_KEY_WRAP`.

use aws_lc_rs::{
    constant_time::verify_slices_are_equal,
    digest::{SHA256, digest},
    key_wrap::{AES_256, AesKek, KeyWrapPadded},
};
use strongroom_model::{
    AccountId, KeyId, Partition, Plaintext, Region, Timestamp,
    enums::{AlgorithmSpec, EncryptionAlgorithmSpec, KeySpec, WrappingKeySpec},
};
use zeroize::Zeroizing;

use crate::{
    CryptoError, DomainKey, EncryptionKey, Job, KeyMaterial, Random, ServiceKey, framing::Framed,
    kdf, labels, memory::LockedBytes,
};

/// Length of the AES key that wraps the material in the two-step algorithms.
const AES_KEY_BYTES: usize = 32;
/// Length of the id of a wrapping key.
const ID_BYTES: usize = 16;

/// The private half of a wrapping key, in wiped memory.
pub struct WrappingKey {
    spec: WrappingKeySpec,
    private: KeyMaterial,
    ready: EncryptionKey,
}

/// What a stored wrapping key is bound to.
#[derive(Clone, Copy, Debug)]
pub struct WrappingKeyBinding<'a> {
    /// The partition of the Region.
    pub partition: Partition,
    /// The account whose key the material is for.
    pub account: AccountId,
    /// The Region of that key.
    pub region: &'a Region,
    /// The key.
    pub key_id: KeyId,
    /// The wrapping key's own id.
    pub id: [u8; ID_BYTES],
    /// Its spec.
    pub spec: WrappingKeySpec,
}

impl WrappingKeyBinding<'_> {
    fn aad(&self, domain_key_version: u32) -> Vec<u8> {
        Framed::labelled(labels::WRAPPING_KEY)
            .text(self.partition.as_str())
            .display(self.account)
            .text(self.region.as_str())
            .display(self.key_id)
            .fixed(&self.id)
            .text(self.spec.as_str())
            .u32(domain_key_version)
            .finish()
    }
}

impl WrappingKey {
    /// The spec of the material that a wrapping key is made of.
    #[must_use]
    pub fn key_spec(spec: WrappingKeySpec) -> KeySpec {
        key_spec(spec)
    }

    /// A wrapping key of fresh material, which is used for nothing else.
    ///
    /// # Errors
    /// [`CryptoError::Unsuitable`] when the material is of another spec.
    pub fn new(spec: WrappingKeySpec, private: KeyMaterial) -> Result<Self, CryptoError> {
        let ready = EncryptionKey::new(&private, key_spec(spec))?;
        Ok(Self {
            spec,
            private,
            ready,
        })
    }

    /// The public half, as DER SubjectPublicKeyInfo.
    #[must_use]
    pub fn public_key(&self) -> &[u8] {
        self.ready.public_key()
    }

    /// Wraps the private half under its account's domain key, as the record that is stored.
    ///
    /// # Errors
    /// [`CryptoError::RandomUnavailable`].
    pub fn wrap(
        &self,
        domain: &DomainKey,
        binding: &WrappingKeyBinding<'_>,
        random: &Random,
    ) -> Result<Vec<u8>, CryptoError> {
        self.private
            .wrap_as(domain, &binding.aad(domain.version()), random)
    }

    /// Unwraps a stored record, if it is the wrapping key of that binding.
    ///
    /// # Errors
    /// [`CryptoError::WrongVersion`] when another version of the domain key wrapped it,
    /// [`CryptoError::Unauthentic`] when it is bound to something else or was altered.
    pub fn unwrap(
        domain: &DomainKey,
        binding: &WrappingKeyBinding<'_>,
        record: &[u8],
    ) -> Result<Self, CryptoError> {
        let name = binding.aad(domain.version());
        Self::new(binding.spec, KeyMaterial::unwrap_as(domain, &name, record)?)
    }

    /// Takes the material out of what the caller wrapped for this key.
    ///
    /// # Errors
    /// [`CryptoError::InvalidCiphertext`] when it does not open, whatever the cause;
    /// [`CryptoError::WrongMaterialLength`] or [`CryptoError::InvalidMaterial`] when what is
    /// inside is no material for a key of this spec.
    pub fn import(
        &self,
        algorithm: AlgorithmSpec,
        wrapped: &[u8],
        spec: KeySpec,
    ) -> Result<KeyMaterial, CryptoError> {
        use EncryptionAlgorithmSpec as E;
        let material = match algorithm {
            AlgorithmSpec::RsaesOaepSha1 => self.open(E::RsaesOaepSha1, wrapped),
            AlgorithmSpec::RsaesOaepSha256 => self.open(E::RsaesOaepSha256, wrapped),
            AlgorithmSpec::RsaAesKeyWrapSha1 => self.open_twice(E::RsaesOaepSha1, wrapped),
            AlgorithmSpec::RsaAesKeyWrapSha256 => self.open_twice(E::RsaesOaepSha256, wrapped),
            AlgorithmSpec::Sm2pke => self.open(E::Sm2pke, wrapped),
            AlgorithmSpec::RsaesPkcs1V15 => Err(CryptoError::InvalidCiphertext),
        }?;
        KeyMaterial::from_bytes(spec, &material)
    }

    fn open(
        &self,
        algorithm: EncryptionAlgorithmSpec,
        wrapped: &[u8],
    ) -> Result<Plaintext, CryptoError> {
        self.ready
            .decrypt(algorithm, wrapped)
            .map_err(|_| CryptoError::InvalidCiphertext)
    }

    /// An AES key under this one, followed by the material under the AES key.
    fn open_twice(
        &self,
        algorithm: EncryptionAlgorithmSpec,
        wrapped: &[u8],
    ) -> Result<Plaintext, CryptoError> {
        let invalid = CryptoError::InvalidCiphertext;
        let (key, material) = wrapped
            .split_at_checked(modulus_bytes(self.spec))
            .ok_or(invalid)?;
        let key = self.open(algorithm, key)?;
        if key.len() != AES_KEY_BYTES {
            return Err(invalid);
        }
        let key = AesKek::new(&AES_256, key.expose()).map_err(|_| invalid)?;
        let mut opened = Zeroizing::new(vec![0; material.len()]);
        let opened = key
            .unwrap_with_padding(material, &mut opened)
            .map_err(|_| invalid)?;
        Ok(Plaintext::new(opened.to_vec()))
    }
}

impl std::fmt::Debug for WrappingKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "WrappingKey({})", self.spec.as_str())
    }
}

fn key_spec(spec: WrappingKeySpec) -> KeySpec {
    match spec {
        WrappingKeySpec::Rsa2048 => KeySpec::Rsa2048,
        WrappingKeySpec::Rsa3072 => KeySpec::Rsa3072,
        WrappingKeySpec::Rsa4096 => KeySpec::Rsa4096,
        WrappingKeySpec::Sm2 => KeySpec::Sm2,
    }
}

/// Where the wrapped AES key ends. With an SM2 key there is none.
fn modulus_bytes(spec: WrappingKeySpec) -> usize {
    match spec {
        WrappingKeySpec::Rsa2048 => 256,
        WrappingKeySpec::Rsa3072 => 384,
        WrappingKeySpec::Rsa4096 => 512,
        WrappingKeySpec::Sm2 => usize::MAX,
    }
}

/// What an import token says. Nothing in it is secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportTerms {
    /// The wrapping key.
    pub id: [u8; ID_BYTES],
    /// How the material is to be wrapped.
    pub algorithm: AlgorithmSpec,
    /// The spec of the wrapping key.
    pub spec: WrappingKeySpec,
    /// When the token was issued.
    pub issued: Timestamp,
    /// From when on it is no good.
    pub valid_to: Timestamp,
    /// SHA-256 of the public half, so that token and public key are one set.
    pub public_key_hash: [u8; 32],
}

/// The key that an import token is for.
#[derive(Clone, Copy, Debug)]
pub struct ImportTarget<'a> {
    /// The partition of the Region.
    pub partition: Partition,
    /// The account that owns the key.
    pub account: AccountId,
    /// The Region of the key.
    pub region: &'a Region,
    /// The key.
    pub key_id: KeyId,
    /// When it was created, so that a token does not outlive its key.
    pub created: Timestamp,
}

/// Authenticates import tokens.
///
/// ```text
/// 0    1  format = 1
/// 1    4  version of the service key, big-endian
/// 5   16  id of the wrapping key
/// 21   1  wrapping algorithm
/// 22   1  spec of the wrapping key
/// 23   8  issued, milliseconds since the epoch
/// 31   8  valid to, milliseconds since the epoch
/// 39  32  SHA-256 of the public key
/// 71  32  HMAC of all that and of the key that the token is for
/// ```
pub struct ImportTokenKey {
    version: u32,
    key: LockedBytes,
}

const TOKEN_FORMAT: u8 = 1;
const TOKEN_BODY_BYTES: usize = 71;

impl ImportTokenKey {
    /// Makes an import token key of a service key.
    ///
    /// # Errors
    /// [`CryptoError::WrongJob`] when it is for something else.
    pub fn new(key: ServiceKey) -> Result<Self, CryptoError> {
        Ok(Self {
            version: key.version(),
            key: key.into_key_for(&Job::ImportToken)?,
        })
    }

    /// The token that says these terms, good for this key only.
    ///
    /// # Errors
    /// [`CryptoError::Unsuitable`] for an algorithm that no token is issued for.
    pub fn issue(
        &self,
        terms: &ImportTerms,
        target: &ImportTarget<'_>,
    ) -> Result<Vec<u8>, CryptoError> {
        let algorithm = number_of(&ALGORITHMS, terms.algorithm)?;
        let spec = number_of(&SPECS, terms.spec)?;
        let mut token = Vec::with_capacity(TOKEN_BODY_BYTES + 32);
        token.push(TOKEN_FORMAT);
        token.extend_from_slice(&self.version.to_be_bytes());
        token.extend_from_slice(&terms.id);
        token.extend_from_slice(&[algorithm, spec]);
        token.extend_from_slice(&terms.issued.as_millis().to_be_bytes());
        token.extend_from_slice(&terms.valid_to.as_millis().to_be_bytes());
        token.extend_from_slice(&terms.public_key_hash);
        let mac = self.mac(&token, target);
        token.extend_from_slice(&mac);
        Ok(token)
    }

    /// The terms of a token that was issued for this key.
    ///
    /// # Errors
    /// [`CryptoError::Unauthentic`], whatever the reason; a token is a foreign text.
    pub fn read(
        &self,
        token: &[u8],
        target: &ImportTarget<'_>,
    ) -> Result<ImportTerms, CryptoError> {
        self.parse(token, target).ok_or(CryptoError::Unauthentic)
    }

    fn parse(&self, token: &[u8], target: &ImportTarget<'_>) -> Option<ImportTerms> {
        let (body, mac) = token.split_at_checked(TOKEN_BODY_BYTES)?;
        verify_slices_are_equal(&self.mac(body, target), mac).ok()?;
        let (&[TOKEN_FORMAT], rest) = body.split_first_chunk()? else {
            return None;
        };
        let (version, rest) = rest.split_first_chunk()?;
        if u32::from_be_bytes(*version) != self.version {
            return None;
        }
        let (id, rest) = rest.split_first_chunk()?;
        let ([algorithm, spec], rest) = rest.split_first_chunk()?;
        let (issued, rest) = rest.split_first_chunk()?;
        let (valid_to, rest) = rest.split_first_chunk()?;
        let time = |bytes: &[u8; 8]| Timestamp::from_millis(i64::from_be_bytes(*bytes));
        Some(ImportTerms {
            id: *id,
            algorithm: named(&ALGORITHMS, *algorithm)?,
            spec: named(&SPECS, *spec)?,
            issued: time(issued),
            valid_to: time(valid_to),
            public_key_hash: rest.try_into().ok()?,
        })
    }

    fn mac(&self, body: &[u8], target: &ImportTarget<'_>) -> [u8; 32] {
        let message = Framed::labelled(labels::IMPORT_TOKEN)
            .bytes(body)
            .text(target.partition.as_str())
            .display(target.account)
            .text(target.region.as_str())
            .display(target.key_id)
            .fixed(&target.created.as_millis().to_be_bytes())
            .finish();
        kdf::hmac(self.key.bytes(), &[&message])
    }
}

impl std::fmt::Debug for ImportTokenKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ImportTokenKey({})", self.version)
    }
}

/// The SHA-256 of a public key, as import tokens carry it.
#[must_use]
pub fn public_key_hash(public_key: &[u8]) -> [u8; 32] {
    let mut hash = [0; 32];
    hash.copy_from_slice(digest(&SHA256, public_key).as_ref());
    hash
}

/// The numbers by which tokens name algorithms. They do not change.
const ALGORITHMS: [(u8, AlgorithmSpec); 5] = [
    (1, AlgorithmSpec::RsaesOaepSha1),
    (2, AlgorithmSpec::RsaesOaepSha256),
    (3, AlgorithmSpec::RsaAesKeyWrapSha1),
    (4, AlgorithmSpec::RsaAesKeyWrapSha256),
    (5, AlgorithmSpec::Sm2pke),
];

/// The numbers by which tokens name the specs of wrapping keys. They do not change.
const SPECS: [(u8, WrappingKeySpec); 4] = [
    (1, WrappingKeySpec::Rsa2048),
    (2, WrappingKeySpec::Rsa3072),
    (3, WrappingKeySpec::Rsa4096),
    (4, WrappingKeySpec::Sm2),
];

fn number_of<T: Copy + PartialEq>(numbers: &[(u8, T)], name: T) -> Result<u8, CryptoError> {
    numbers
        .iter()
        .find_map(|(number, known)| (*known == name).then_some(*number))
        .ok_or(CryptoError::Unsuitable)
}

fn named<T: Copy>(numbers: &[(u8, T)], number: u8) -> Option<T> {
    numbers
        .iter()
        .find_map(|(known, name)| (*known == number).then_some(*name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn region() -> Region {
        Region::parse("eu-west-1").unwrap()
    }

    fn target(region: &Region) -> ImportTarget<'_> {
        ImportTarget {
            partition: Partition::Aws,
            account: AccountId::parse("111122223333").unwrap(),
            region,
            key_id: KeyId::parse("1234abcd-12ab-34cd-56ef-1234567890ab").unwrap(),
            created: Timestamp::from_millis(1_764_000_000_000),
        }
    }

    fn terms() -> ImportTerms {
        ImportTerms {
            id: [7; 16],
            algorithm: AlgorithmSpec::RsaAesKeyWrapSha256,
            spec: WrappingKeySpec::Rsa3072,
            issued: Timestamp::from_millis(1_764_000_001_000),
            valid_to: Timestamp::from_millis(1_764_086_401_000),
            public_key_hash: public_key_hash(b"a public key"),
        }
    }

    fn token_key() -> ImportTokenKey {
        ImportTokenKey {
            version: 3,
            key: LockedBytes::copy_of(&[9; 32]),
        }
    }

    /// Made by a second implementation, in Python, from the drawing in `docs/formats.md`.
    const TOKEN: &str = "01000000030707070707070707070707070707070704020000019ab697ebe80000019abbbe47e80b7348fa038970c48ec07cd73b6257f39ec810f60f16ee73b62e3c6e2610abc61c670556ea3a53e9cc095495e227bd9f226ebeb022703903fd233a90ccf98fdc";

    #[test]
    fn a_token_is_as_it_is_drawn() {
        let region = region();
        let token = token_key().issue(&terms(), &target(&region)).unwrap();
        assert_eq!(crate::framing::hex(&token), TOKEN);
    }

    #[test]
    fn a_token_is_good_for_its_key_only() {
        let (here, there) = (region(), Region::parse("eu-west-2").unwrap());
        let target = target(&here);
        let key = token_key();
        let token = key.issue(&terms(), &target).unwrap();
        assert_eq!(key.read(&token, &target), Ok(terms()));
        for other in [
            ImportTarget {
                partition: Partition::AwsCn,
                ..target
            },
            ImportTarget {
                account: AccountId::DEVELOPMENT,
                ..target
            },
            ImportTarget {
                region: &there,
                ..target
            },
            ImportTarget {
                key_id: KeyId::parse("1234abcd-12ab-34cd-56ef-1234567890ac").unwrap(),
                ..target
            },
            ImportTarget {
                created: target.created.plus_millis(1),
                ..target
            },
        ] {
            assert_eq!(key.read(&token, &other), Err(CryptoError::Unauthentic));
        }
        let other = ImportTokenKey {
            version: 3,
            key: LockedBytes::copy_of(&[8; 32]),
        };
        assert_eq!(other.read(&token, &target), Err(CryptoError::Unauthentic));
    }

    #[test]
    fn a_token_altered_cut_or_lengthened_anywhere_is_refused() {
        let region = region();
        let (key, target) = (token_key(), target(&region));
        let token = key.issue(&terms(), &target).unwrap();
        for at in 0..token.len() {
            let mut altered = token.clone();
            altered[at] ^= 0x10;
            assert!(key.read(&altered, &target).is_err(), "{at}");
            assert!(key.read(&token[..at], &target).is_err(), "{at}");
        }
        let longer = [&token[..], &[0]].concat();
        assert!(key.read(&longer, &target).is_err());
    }

    #[test]
    fn every_algorithm_that_is_offered_has_a_number_of_its_own() {
        for algorithm in AlgorithmSpec::ALL {
            let number = number_of(&ALGORITHMS, *algorithm);
            match algorithm {
                AlgorithmSpec::RsaesPkcs1V15 => assert!(number.is_err()),
                _ => assert_eq!(named(&ALGORITHMS, number.unwrap()), Some(*algorithm)),
            }
        }
        for spec in WrappingKeySpec::ALL {
            let number = number_of(&SPECS, *spec).unwrap();
            assert_eq!(named(&SPECS, number), Some(*spec));
        }
    }

    fn generated(spec: WrappingKeySpec) -> WrappingKey {
        let material = KeyMaterial::generate(key_spec(spec), &Random::system()).unwrap();
        WrappingKey::new(spec, material).unwrap()
    }

    fn wrapped_by(key: &WrappingKey, algorithm: EncryptionAlgorithmSpec, bytes: &[u8]) -> Vec<u8> {
        key.ready
            .encrypt(algorithm, bytes, &Random::system())
            .unwrap()
    }

    fn key_wrap(kek: &[u8], bytes: &[u8]) -> Vec<u8> {
        let mut out = vec![0; bytes.len() + 15];
        AesKek::new(&AES_256, kek)
            .unwrap()
            .wrap_with_padding(bytes, &mut out)
            .unwrap()
            .to_vec()
    }

    #[test]
    fn material_comes_out_of_every_wrapping() {
        use EncryptionAlgorithmSpec as E;
        let key = generated(WrappingKeySpec::Rsa2048);
        let sm2 = generated(WrappingKeySpec::Sm2);
        let (raw, kek) = ([5; 32], [6; 32]);
        let twice = |oaep| [wrapped_by(&key, oaep, &kek), key_wrap(&kek, &raw)].concat();
        let expected =
            KeyMaterial::from_bytes(KeySpec::SymmetricDefault, &Plaintext::new(raw.to_vec()))
                .unwrap();
        for (key, algorithm, wrapped) in [
            (
                &key,
                AlgorithmSpec::RsaesOaepSha1,
                wrapped_by(&key, E::RsaesOaepSha1, &raw),
            ),
            (
                &key,
                AlgorithmSpec::RsaesOaepSha256,
                wrapped_by(&key, E::RsaesOaepSha256, &raw),
            ),
            (
                &key,
                AlgorithmSpec::RsaAesKeyWrapSha1,
                twice(E::RsaesOaepSha1),
            ),
            (
                &key,
                AlgorithmSpec::RsaAesKeyWrapSha256,
                twice(E::RsaesOaepSha256),
            ),
            (
                &sm2,
                AlgorithmSpec::Sm2pke,
                wrapped_by(&sm2, E::Sm2pke, &raw),
            ),
        ] {
            let spec = KeySpec::SymmetricDefault;
            let material = key.import(algorithm, &wrapped, spec).unwrap();
            assert_eq!(
                material.bytes_of(spec).unwrap(),
                expected.bytes_of(spec).unwrap(),
                "{algorithm:?}"
            );
            // Another algorithm does not open it, and neither do fewer or other bytes.
            for other in AlgorithmSpec::ALL
                .iter()
                .filter(|other| **other != algorithm)
            {
                assert_eq!(
                    key.import(*other, &wrapped, spec).unwrap_err(),
                    CryptoError::InvalidCiphertext,
                    "{other:?}"
                );
            }
            for at in (0..wrapped.len()).step_by(7) {
                let mut altered = wrapped.clone();
                altered[at] ^= 1;
                for wrong in [&altered[..], &wrapped[..at]] {
                    assert_eq!(
                        key.import(algorithm, wrong, spec).unwrap_err(),
                        CryptoError::InvalidCiphertext
                    );
                }
            }
        }
    }

    #[test]
    fn an_aes_key_of_another_length_is_refused() {
        let key = generated(WrappingKeySpec::Rsa2048);
        let wrapped = [
            wrapped_by(&key, EncryptionAlgorithmSpec::RsaesOaepSha256, &[6; 16]),
            key_wrap(&[6; 32], &[5; 32]),
        ]
        .concat();
        let algorithm = AlgorithmSpec::RsaAesKeyWrapSha256;
        assert_eq!(
            key.import(algorithm, &wrapped, KeySpec::SymmetricDefault)
                .unwrap_err(),
            CryptoError::InvalidCiphertext
        );
    }

    #[test]
    fn a_wrapping_key_unwraps_only_under_its_binding() {
        let random = Random::system();
        let (here, there) = (region(), Region::parse("eu-west-2").unwrap());
        let binding = WrappingKeyBinding {
            partition: Partition::Aws,
            account: AccountId::parse("111122223333").unwrap(),
            region: &here,
            key_id: KeyId::parse("1234abcd-12ab-34cd-56ef-1234567890ab").unwrap(),
            id: [7; 16],
            spec: WrappingKeySpec::Sm2,
        };
        let domain = DomainKey::generate(1, &random).unwrap();
        let key = generated(WrappingKeySpec::Sm2);
        let record = key.wrap(&domain, &binding, &random).unwrap();
        let back = WrappingKey::unwrap(&domain, &binding, &record).unwrap();
        assert_eq!(back.public_key(), key.public_key());
        for wrong in [
            WrappingKeyBinding {
                region: &there,
                ..binding
            },
            WrappingKeyBinding {
                account: AccountId::DEVELOPMENT,
                ..binding
            },
            WrappingKeyBinding {
                id: [8; 16],
                ..binding
            },
            WrappingKeyBinding {
                spec: WrappingKeySpec::Rsa2048,
                ..binding
            },
        ] {
            assert_eq!(
                WrappingKey::unwrap(&domain, &wrong, &record).unwrap_err(),
                CryptoError::Unauthentic
            );
        }
    }
}
