//! Every key spec: what its keys may be used for, and by which algorithms.
//!
//! One table. A usage that a spec has is one list of algorithms in its row, so a usage without
//! algorithms, or an algorithm without a usage, cannot be written. The order inside a list is the
//! one in which AWS returns it; clients take the first.
//!
//! AWS: developer guide, "Key spec reference".

use strongroom_model::{
    Partition, Region,
    enums::{
        DataKeyPairSpec, EncapsulationAlgorithmSpec as Encapsulation,
        EncryptionAlgorithmSpec as Encryption, KeyAgreementAlgorithmSpec as Agreement, KeySpec,
        KeyUsageType, MacAlgorithmSpec as Mac, MessageType, SigningAlgorithmSpec as Signing,
    },
};

/// The algorithms of one usage of one key spec.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Algorithms {
    /// Of keys with usage `ENCRYPT_DECRYPT`.
    Encryption(&'static [Encryption]),
    /// Of keys with usage `SIGN_VERIFY`.
    Signing(&'static [Signing]),
    /// Of keys with usage `GENERATE_VERIFY_MAC`.
    Mac(&'static [Mac]),
    /// Of keys with usage `KEY_AGREEMENT`.
    Agreement(&'static [Agreement]),
    /// Of keys with usage `ENCAPSULATE_DECAPSULATE`.
    Encapsulation(&'static [Encapsulation]),
}

impl Algorithms {
    /// The usage whose algorithms these are.
    #[must_use]
    pub const fn usage(self) -> KeyUsageType {
        match self {
            Self::Encryption(_) => KeyUsageType::EncryptDecrypt,
            Self::Signing(_) => KeyUsageType::SignVerify,
            Self::Mac(_) => KeyUsageType::GenerateVerifyMac,
            Self::Agreement(_) => KeyUsageType::KeyAgreement,
            Self::Encapsulation(_) => KeyUsageType::EncapsulateDecapsulate,
        }
    }

    /// AWS's names of the algorithms.
    #[must_use]
    pub fn names(self) -> Vec<&'static str> {
        match self {
            Self::Encryption(all) => all.iter().map(|one| one.as_str()).collect(),
            Self::Signing(all) => all.iter().map(|one| one.as_str()).collect(),
            Self::Mac(all) => all.iter().map(|one| one.as_str()).collect(),
            Self::Agreement(all) => all.iter().map(|one| one.as_str()).collect(),
            Self::Encapsulation(all) => all.iter().map(|one| one.as_str()).collect(),
        }
    }
}

/// The types of key that UpdateAlias tells apart.
///
/// AWS: API reference, "UpdateAlias": both symmetric, both asymmetric, or both HMAC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// Symmetric encryption keys.
    Symmetric,
    /// HMAC keys.
    Hmac,
    /// Keys with a private and a public half.
    Asymmetric,
}

impl Family {
    /// The word that errors use.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Symmetric => "SYMMETRIC",
            Self::Hmac => "HMAC",
            Self::Asymmetric => "ASYMMETRIC",
        }
    }
}

const OAEP: Algorithms =
    Algorithms::Encryption(&[Encryption::RsaesOaepSha1, Encryption::RsaesOaepSha256]);
const RSA_SIGNATURES: Algorithms = Algorithms::Signing(&[
    Signing::RsassaPkcs1V15Sha256,
    Signing::RsassaPkcs1V15Sha384,
    Signing::RsassaPkcs1V15Sha512,
    Signing::RsassaPssSha256,
    Signing::RsassaPssSha384,
    Signing::RsassaPssSha512,
]);
const ECDH: Algorithms = Algorithms::Agreement(&[Agreement::Ecdh]);
const ML_DSA: Algorithms = Algorithms::Signing(&[Signing::MlDsaShake256]);
const ML_KEM: Algorithms = Algorithms::Encapsulation(&[Encapsulation::MlKem]);

/// What keys of a spec may be used for. The table; a spec without a row does not compile.
#[must_use]
pub const fn of(spec: KeySpec) -> &'static [Algorithms] {
    use Algorithms as A;
    match spec {
        KeySpec::SymmetricDefault => &[A::Encryption(&[Encryption::SymmetricDefault])],
        KeySpec::Rsa2048 | KeySpec::Rsa3072 | KeySpec::Rsa4096 => &[OAEP, RSA_SIGNATURES],
        KeySpec::EccNistP256 => &[A::Signing(&[Signing::EcdsaSha256]), ECDH],
        KeySpec::EccNistP384 => &[A::Signing(&[Signing::EcdsaSha384]), ECDH],
        KeySpec::EccNistP521 => &[A::Signing(&[Signing::EcdsaSha512]), ECDH],
        KeySpec::EccSecgP256k1 => &[A::Signing(&[Signing::EcdsaSha256])],
        KeySpec::EccNistEdwards25519 => &[A::Signing(&[
            Signing::Ed25519Sha512,
            Signing::Ed25519PhSha512,
        ])],
        KeySpec::MlDsa44 | KeySpec::MlDsa65 | KeySpec::MlDsa87 => &[ML_DSA],
        KeySpec::MlKem512 | KeySpec::MlKem768 | KeySpec::MlKem1024 => &[ML_KEM],
        KeySpec::Hmac224 => &[A::Mac(&[Mac::HmacSha224])],
        KeySpec::Hmac256 => &[A::Mac(&[Mac::HmacSha256])],
        KeySpec::Hmac384 => &[A::Mac(&[Mac::HmacSha384])],
        KeySpec::Hmac512 => &[A::Mac(&[Mac::HmacSha512])],
        KeySpec::Sm2 => &[
            A::Encryption(&[Encryption::Sm2pke]),
            A::Signing(&[Signing::Sm2dsa]),
            ECDH,
        ],
    }
}

/// The type of key that a spec is of.
#[must_use]
pub const fn family(spec: KeySpec) -> Family {
    match spec {
        KeySpec::SymmetricDefault => Family::Symmetric,
        KeySpec::Hmac224 | KeySpec::Hmac256 | KeySpec::Hmac384 | KeySpec::Hmac512 => Family::Hmac,
        KeySpec::Rsa2048
        | KeySpec::Rsa3072
        | KeySpec::Rsa4096
        | KeySpec::EccNistP256
        | KeySpec::EccNistP384
        | KeySpec::EccNistP521
        | KeySpec::EccSecgP256k1
        | KeySpec::EccNistEdwards25519
        | KeySpec::MlDsa44
        | KeySpec::MlDsa65
        | KeySpec::MlDsa87
        | KeySpec::MlKem512
        | KeySpec::MlKem768
        | KeySpec::MlKem1024
        | KeySpec::Sm2 => Family::Asymmetric,
    }
}

/// The algorithms of a usage, if keys of the spec may have it.
#[must_use]
pub fn algorithms(spec: KeySpec, usage: KeyUsageType) -> Option<Algorithms> {
    of(spec).iter().copied().find(|list| list.usage() == usage)
}

/// The usage of a key of which it is not said: the only one that its spec has.
#[must_use]
pub fn only_usage(spec: KeySpec) -> Option<KeyUsageType> {
    match of(spec) {
        [only] => Some(only.usage()),
        _ => None,
    }
}

/// Whether a key encrypts by this algorithm.
#[must_use]
pub fn encrypts_by(spec: KeySpec, algorithm: Encryption) -> bool {
    let list = algorithms(spec, KeyUsageType::EncryptDecrypt);
    matches!(list, Some(Algorithms::Encryption(all)) if all.contains(&algorithm))
}

/// Whether a key signs by this algorithm.
#[must_use]
pub fn signs_by(spec: KeySpec, algorithm: Signing) -> bool {
    let list = algorithms(spec, KeyUsageType::SignVerify);
    matches!(list, Some(Algorithms::Signing(all)) if all.contains(&algorithm))
}

/// Whether a key makes MACs by this algorithm.
#[must_use]
pub fn makes_macs_by(spec: KeySpec, algorithm: Mac) -> bool {
    let list = algorithms(spec, KeyUsageType::GenerateVerifyMac);
    matches!(list, Some(Algorithms::Mac(all)) if all.contains(&algorithm))
}

/// The most bytes that a key encrypts by an algorithm of its own; absent when the model's own
/// limit is the only one.
///
/// For RSA the modulus, less two hashes and two bytes (RFC 8017, 7.1.1).
///
/// AWS: API reference, "Encrypt".
#[must_use]
pub const fn plaintext_bytes(spec: KeySpec, algorithm: Encryption) -> Option<usize> {
    let hash = match algorithm {
        Encryption::SymmetricDefault => return None,
        Encryption::Sm2pke => return Some(1024),
        Encryption::RsaesOaepSha1 => 20,
        Encryption::RsaesOaepSha256 => 32,
    };
    let modulus = match spec {
        KeySpec::Rsa2048 => 256,
        KeySpec::Rsa3072 => 384,
        KeySpec::Rsa4096 => 512,
        _ => return None,
    };
    Some(modulus - 2 * hash - 2)
}

/// What an algorithm makes of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MessageRule {
    /// The message is any bytes.
    Whole,
    /// The message is a digest, or a μ, of exactly so many bytes.
    Bytes(usize),
    /// The algorithm takes no message of that type.
    NotByAlgorithm,
    /// Keys of that spec take no message of that type. AWS says it so of ML-DSA.
    NotByKeySpec,
}

/// What a message of a type has to be for an algorithm.
///
/// AWS: API reference, "Sign", `MessageType`; developer guide, "ML-DSA".
#[must_use]
pub const fn message_rule(algorithm: Signing, message_type: MessageType) -> MessageRule {
    use MessageRule as Rule;
    use Signing as S;
    let digest = match algorithm {
        S::RsassaPssSha256 | S::RsassaPkcs1V15Sha256 | S::EcdsaSha256 | S::Sm2dsa => 32,
        S::RsassaPssSha384 | S::RsassaPkcs1V15Sha384 | S::EcdsaSha384 => 48,
        S::RsassaPssSha512 | S::RsassaPkcs1V15Sha512 | S::EcdsaSha512 => 64,
        S::Ed25519Sha512 => {
            return match message_type {
                MessageType::Raw => Rule::Whole,
                MessageType::Digest | MessageType::ExternalMu => Rule::NotByAlgorithm,
            };
        }
        S::Ed25519PhSha512 => {
            return match message_type {
                MessageType::Digest => Rule::Bytes(64),
                MessageType::Raw | MessageType::ExternalMu => Rule::NotByAlgorithm,
            };
        }
        S::MlDsaShake256 => {
            return match message_type {
                MessageType::Raw => Rule::Whole,
                MessageType::ExternalMu => Rule::Bytes(64),
                MessageType::Digest => Rule::NotByKeySpec,
            };
        }
        // No key signs by it.
        S::SymmetricDefault => return Rule::NotByAlgorithm,
    };
    match message_type {
        MessageType::Raw => Rule::Whole,
        MessageType::Digest => Rule::Bytes(digest),
        MessageType::ExternalMu => Rule::NotByAlgorithm,
    }
}

/// Whether keys of the spec exist in the Region. Those of SM2 are for Regions in China, and for
/// installations that are set to have them everywhere (decision 24).
#[must_use]
pub fn offered(spec: KeySpec, region: &Region, sm2_everywhere: bool) -> bool {
    spec != KeySpec::Sm2 || sm2_everywhere || region.partition() == Partition::AwsCn
}

/// The key spec whose keys are pairs of that spec.
#[must_use]
pub const fn of_pair(pair: DataKeyPairSpec) -> KeySpec {
    match pair {
        DataKeyPairSpec::Rsa2048 => KeySpec::Rsa2048,
        DataKeyPairSpec::Rsa3072 => KeySpec::Rsa3072,
        DataKeyPairSpec::Rsa4096 => KeySpec::Rsa4096,
        DataKeyPairSpec::EccNistP256 => KeySpec::EccNistP256,
        DataKeyPairSpec::EccNistP384 => KeySpec::EccNistP384,
        DataKeyPairSpec::EccNistP521 => KeySpec::EccNistP521,
        DataKeyPairSpec::EccSecgP256k1 => KeySpec::EccSecgP256k1,
        DataKeyPairSpec::EccNistEdwards25519 => KeySpec::EccNistEdwards25519,
        DataKeyPairSpec::MlKem512 => KeySpec::MlKem512,
        DataKeyPairSpec::MlKem768 => KeySpec::MlKem768,
        DataKeyPairSpec::MlKem1024 => KeySpec::MlKem1024,
        DataKeyPairSpec::Sm2 => KeySpec::Sm2,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_spec_has_a_usage_twice_or_a_usage_without_algorithms() {
        for spec in KeySpec::ALL {
            let rows = of(*spec);
            assert!(!rows.is_empty(), "{}", spec.as_str());
            for row in rows {
                assert!(!row.names().is_empty(), "{}", spec.as_str());
                let same = rows.iter().filter(|other| other.usage() == row.usage());
                assert_eq!(same.count(), 1, "{}", spec.as_str());
            }
        }
    }

    #[test]
    fn every_algorithm_belongs_to_a_key_spec() {
        for algorithm in Encryption::ALL {
            let has = |spec: &&KeySpec| encrypts_by(**spec, *algorithm);
            assert!(KeySpec::ALL.iter().any(|spec| has(&spec)), "{algorithm}");
        }
        for algorithm in Signing::ALL {
            let someone = KeySpec::ALL.iter().any(|spec| signs_by(*spec, *algorithm));
            // The model lists it, and no key signs by it.
            assert_eq!(
                someone,
                *algorithm != Signing::SymmetricDefault,
                "{algorithm}"
            );
        }
        for algorithm in Mac::ALL {
            let has = |spec: &KeySpec| makes_macs_by(*spec, *algorithm);
            assert_eq!(
                KeySpec::ALL.iter().filter(|spec| has(spec)).count(),
                1,
                "{algorithm}"
            );
        }
    }

    #[test]
    fn the_first_algorithm_of_an_rsa_key_is_the_one_that_sigstore_takes() {
        let Some(Algorithms::Signing([first, ..])) =
            algorithms(KeySpec::Rsa2048, KeyUsageType::SignVerify)
        else {
            panic!("an RSA key signs");
        };
        assert_eq!(*first, Signing::RsassaPkcs1V15Sha256);
    }

    #[test]
    fn the_sizes_of_oaep_are_those_that_aws_tells() {
        let check = |spec, sha_1, sha_256| {
            assert_eq!(
                plaintext_bytes(spec, Encryption::RsaesOaepSha1),
                Some(sha_1)
            );
            assert_eq!(
                plaintext_bytes(spec, Encryption::RsaesOaepSha256),
                Some(sha_256)
            );
        };
        check(KeySpec::Rsa2048, 214, 190);
        check(KeySpec::Rsa3072, 342, 318);
        check(KeySpec::Rsa4096, 470, 446);
    }

    #[test]
    fn sm2_is_for_china_unless_the_installation_says_otherwise() {
        let check = |region, everywhere, expected| {
            let region = Region::parse(region).unwrap();
            assert_eq!(offered(KeySpec::Sm2, &region, everywhere), expected);
            assert!(offered(KeySpec::EccNistP256, &region, everywhere));
        };
        check("us-east-1", false, false);
        check("us-east-1", true, true);
        check("cn-north-1", false, true);
    }

    #[test]
    fn a_pair_is_named_as_the_keys_it_is_made_of() {
        for pair in DataKeyPairSpec::ALL {
            assert_eq!(of_pair(*pair).as_str(), pair.as_str());
        }
    }
}
