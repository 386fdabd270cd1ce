//! Keys of every kind: made, stored, taken in, used, misused.

use aws_lc_rs::digest;
use proptest::prelude::*;
use serde::Deserialize;
use strongroom_model::{
    Plaintext,
    enums::{DataKeyPairSpec, EncryptionAlgorithmSpec, KeySpec, MessageType, SigningAlgorithmSpec},
};

use crate::{
    AgreementKey, CryptoError, DomainKey, EncapsulationKey, EncryptionKey, KeyMaterial, MacKey,
    Random, SigningKey, data_key_pair, framing::read_hex, material::Kind,
};

fn random() -> Random {
    Random::system()
}

fn hex_bytes(text: &str) -> Vec<u8> {
    let mut bytes = vec![0; text.len() / 2];
    assert!(read_hex(text, &mut bytes), "{text}");
    bytes
}

/// Specs whose keys are made in no time.
const QUICK: [KeySpec; 12] = [
    KeySpec::EccNistP256,
    KeySpec::EccNistP384,
    KeySpec::EccNistP521,
    KeySpec::EccSecgP256k1,
    KeySpec::EccNistEdwards25519,
    KeySpec::MlDsa44,
    KeySpec::MlDsa65,
    KeySpec::MlDsa87,
    KeySpec::MlKem512,
    KeySpec::MlKem768,
    KeySpec::MlKem1024,
    KeySpec::Sm2,
];

/// A key of the spec: made for the occasion, or for RSA the published one.
fn key(spec: KeySpec) -> KeyMaterial {
    #[derive(Deserialize)]
    struct File {
        private_key: String,
    }
    let text = match spec {
        KeySpec::Rsa2048 => include_str!("../known_answers/RSA_2048.json"),
        KeySpec::Rsa3072 => include_str!("../known_answers/RSA_3072.json"),
        KeySpec::Rsa4096 => include_str!("../known_answers/RSA_4096.json"),
        spec => return KeyMaterial::generate(spec, &random()).unwrap(),
    };
    let file: File = serde_json::from_str(text).unwrap();
    KeyMaterial::from_bytes(spec, &Plaintext::new(hex_bytes(&file.private_key))).unwrap()
}

/// The algorithms and message types of a signing key, with a message of a fitting length.
fn signing_modes(spec: KeySpec) -> Vec<(SigningAlgorithmSpec, MessageType, usize)> {
    use MessageType::{Digest, ExternalMu, Raw};
    use SigningAlgorithmSpec as S;
    let with_digest = |algorithm, length| vec![(algorithm, Raw, 100), (algorithm, Digest, length)];
    match spec {
        KeySpec::Rsa2048 | KeySpec::Rsa3072 | KeySpec::Rsa4096 => [
            with_digest(S::RsassaPssSha256, 32),
            with_digest(S::RsassaPssSha384, 48),
            with_digest(S::RsassaPssSha512, 64),
            with_digest(S::RsassaPkcs1V15Sha256, 32),
            with_digest(S::RsassaPkcs1V15Sha384, 48),
            with_digest(S::RsassaPkcs1V15Sha512, 64),
        ]
        .concat(),
        KeySpec::EccNistP256 | KeySpec::EccSecgP256k1 => with_digest(S::EcdsaSha256, 32),
        KeySpec::EccNistP384 => with_digest(S::EcdsaSha384, 48),
        KeySpec::EccNistP521 => with_digest(S::EcdsaSha512, 64),
        KeySpec::EccNistEdwards25519 => vec![
            (S::Ed25519Sha512, Raw, 100),
            (S::Ed25519PhSha512, Digest, 64),
        ],
        KeySpec::MlDsa44 | KeySpec::MlDsa65 | KeySpec::MlDsa87 => vec![
            (S::MlDsaShake256, Raw, 100),
            (S::MlDsaShake256, ExternalMu, 64),
        ],
        KeySpec::Sm2 => with_digest(S::Sm2dsa, 32),
        _ => Vec::new(),
    }
}

/// Every bit pattern that differs from the bytes in one place, of at most a few dozen.
fn tampered(bytes: &[u8]) -> Vec<Vec<u8>> {
    let step = (bytes.len() / 24).max(1);
    let mut all: Vec<Vec<u8>> = (0..bytes.len())
        .step_by(step)
        .map(|at| {
            let mut copy = bytes.to_vec();
            copy[at] ^= 0x04;
            copy
        })
        .collect();
    all.push(Vec::new());
    all.push(bytes[..bytes.len() - 1].to_vec());
    all.push([bytes, &[0]].concat());
    all.push(vec![0; bytes.len()]);
    all.push(vec![0xff; bytes.len()]);
    all
}

#[test]
fn a_key_that_goes_out_and_comes_in_again_is_the_same() {
    for spec in KeySpec::ALL {
        let material = key(*spec);
        assert_eq!(material.spec(), *spec);
        let bytes = material.bytes_of(*spec).unwrap().to_vec();
        let back = KeyMaterial::from_bytes(*spec, &material.into_plaintext()).unwrap();
        assert_eq!(back.bytes_of(*spec), Ok(&bytes[..]), "{spec}");
    }
}

#[test]
fn two_keys_of_a_spec_differ() {
    for spec in QUICK
        .iter()
        .chain(&[KeySpec::SymmetricDefault, KeySpec::Hmac224])
    {
        let (one, two) = (key(*spec), key(*spec));
        assert_ne!(one.bytes_of(*spec), two.bytes_of(*spec), "{spec}");
    }
}

#[test]
fn encodings_have_the_lengths_that_aws_gives() {
    // `operations.md` §5.3, and custody §3.3 for private keys. RSA private keys vary a little.
    for (spec, private, public) in [
        (KeySpec::Rsa2048, None, 294),
        (KeySpec::Rsa3072, None, 422),
        (KeySpec::Rsa4096, None, 550),
        (KeySpec::EccNistP256, Some(138), 91),
        (KeySpec::EccNistP384, Some(185), 120),
        (KeySpec::EccNistP521, Some(241), 158),
        (KeySpec::EccSecgP256k1, Some(135), 88),
        (KeySpec::EccNistEdwards25519, Some(48), 44),
        (KeySpec::MlDsa44, Some(54), 1334),
        (KeySpec::MlDsa65, Some(54), 1974),
        (KeySpec::MlDsa87, Some(54), 2614),
        (KeySpec::MlKem512, Some(86), 822),
        (KeySpec::MlKem768, Some(86), 1206),
        (KeySpec::MlKem1024, Some(86), 1590),
        (KeySpec::Sm2, Some(138), 91),
    ] {
        let material = key(spec);
        assert_eq!(material.public_key().unwrap().len(), public, "{spec}");
        if let Some(private) = private {
            assert_eq!(material.bytes_of(spec).unwrap().len(), private, "{spec}");
        }
    }
    for spec in [KeySpec::SymmetricDefault, KeySpec::Hmac256] {
        assert_eq!(key(spec).public_key(), Err(CryptoError::Unsuitable));
    }
}

#[test]
fn every_spec_of_data_key_pairs_gives_a_pair_that_belongs_together() {
    for pair in DataKeyPairSpec::ALL {
        let spec = KeySpec::parse(pair.as_str()).unwrap();
        // One new RSA key will do: the larger ones take seconds.
        if matches!(pair, DataKeyPairSpec::Rsa3072 | DataKeyPairSpec::Rsa4096) {
            continue;
        }
        let (private_key, public_key) = data_key_pair(*pair, &random()).unwrap();
        let material = KeyMaterial::from_bytes(spec, &private_key).unwrap();
        assert_eq!(material.public_key().unwrap(), public_key, "{spec}");
    }
}

#[test]
fn signatures_verify_and_nothing_else_does() {
    for spec in KeySpec::ALL {
        let modes = signing_modes(*spec);
        let material = key(*spec);
        if modes.is_empty() {
            let refused = SigningKey::new(&material, *spec).unwrap_err();
            assert_eq!(refused, CryptoError::Unsuitable, "{spec}");
            continue;
        }
        let signer = SigningKey::new(&material, *spec).unwrap();
        assert_eq!(signer.public_key(), material.public_key().unwrap());
        for (algorithm, kind, length) in modes {
            let named = format!("{spec} {algorithm} {kind}");
            let message = vec![0x5a; length];
            let signature = signer.sign(algorithm, kind, &message, &random()).unwrap();
            assert!(
                signer.verify(algorithm, kind, &message, &signature).is_ok(),
                "{named}"
            );
            let mut other = message.clone();
            other[7] ^= 1;
            assert_eq!(
                signer.verify(algorithm, kind, &other, &signature),
                Err(CryptoError::InvalidSignature),
                "{named}"
            );
            for wrong in tampered(&signature) {
                assert_eq!(
                    signer.verify(algorithm, kind, &message, &wrong),
                    Err(CryptoError::InvalidSignature),
                    "{named}"
                );
            }
        }
    }
}

#[test]
fn a_signature_is_of_the_length_that_aws_gives() {
    for (spec, length) in [
        (KeySpec::Rsa2048, 256),
        (KeySpec::Rsa3072, 384),
        (KeySpec::Rsa4096, 512),
        (KeySpec::EccNistEdwards25519, 64),
        (KeySpec::MlDsa44, 2420),
        (KeySpec::MlDsa65, 3309),
        (KeySpec::MlDsa87, 4627),
    ] {
        let signer = SigningKey::new(&key(spec), spec).unwrap();
        for (algorithm, kind, message) in signing_modes(spec) {
            let message = vec![1; message];
            let signature = signer.sign(algorithm, kind, &message, &random()).unwrap();
            assert_eq!(signature.len(), length, "{spec} {algorithm}");
        }
    }
}

#[test]
fn a_key_signs_with_its_own_algorithms_and_message_types_only() {
    for spec in KeySpec::ALL {
        let modes = signing_modes(*spec);
        if modes.is_empty() {
            continue;
        }
        let signer = SigningKey::new(&key(*spec), *spec).unwrap();
        for algorithm in SigningAlgorithmSpec::ALL {
            for kind in MessageType::ALL {
                for length in [31, 32, 48, 63, 64, 65] {
                    let message = vec![3; length];
                    let fits = modes.iter().any(|(allowed, of, needed)| {
                        (allowed, of) == (algorithm, kind)
                            && (*of == MessageType::Raw || *needed == length)
                    });
                    let named = format!("{spec} {algorithm} {kind} {length}");
                    let signature = signer.sign(*algorithm, *kind, &message, &random());
                    assert_eq!(signature.is_ok(), fits, "{named}");
                    if !fits {
                        assert_eq!(signature, Err(CryptoError::Unsuitable), "{named}");
                        assert_eq!(
                            signer.verify(*algorithm, *kind, &message, &[0; 64]),
                            Err(CryptoError::Unsuitable),
                            "{named}"
                        );
                    }
                }
            }
        }
    }
}

/// `operations.md` §3.6: the message type at Verify need not be the one at Sign.
#[test]
fn a_message_and_its_digest_have_the_same_signatures() {
    let message = b"signed as a message, verified as a digest";
    for (spec, algorithm, hash) in [
        (
            KeySpec::EccNistP256,
            SigningAlgorithmSpec::EcdsaSha256,
            &digest::SHA256,
        ),
        (
            KeySpec::EccNistP521,
            SigningAlgorithmSpec::EcdsaSha512,
            &digest::SHA512,
        ),
        (
            KeySpec::EccSecgP256k1,
            SigningAlgorithmSpec::EcdsaSha256,
            &digest::SHA256,
        ),
        (
            KeySpec::Rsa2048,
            SigningAlgorithmSpec::RsassaPssSha384,
            &digest::SHA384,
        ),
        (
            KeySpec::Rsa2048,
            SigningAlgorithmSpec::RsassaPkcs1V15Sha512,
            &digest::SHA512,
        ),
    ] {
        let signer = SigningKey::new(&key(spec), spec).unwrap();
        let hashed = digest::digest(hash, message);
        let forms = [
            (MessageType::Raw, &message[..]),
            (MessageType::Digest, hashed.as_ref()),
        ];
        for (signed_as, signed) in forms {
            let signature = signer
                .sign(algorithm, signed_as, signed, &random())
                .unwrap();
            for (verified_as, verified) in forms {
                assert!(
                    signer
                        .verify(algorithm, verified_as, verified, &signature)
                        .is_ok(),
                    "{spec} {algorithm} {signed_as} {verified_as}"
                );
            }
        }
    }
}

#[test]
fn keys_encrypt_up_to_their_limit_and_ciphertexts_that_were_touched_do_not_open() {
    use EncryptionAlgorithmSpec as E;
    // AWS: API reference, "Encrypt".
    for (spec, algorithm, most) in [
        (KeySpec::Rsa2048, E::RsaesOaepSha1, 214),
        (KeySpec::Rsa2048, E::RsaesOaepSha256, 190),
        (KeySpec::Rsa3072, E::RsaesOaepSha1, 342),
        (KeySpec::Rsa3072, E::RsaesOaepSha256, 318),
        (KeySpec::Rsa4096, E::RsaesOaepSha1, 470),
        (KeySpec::Rsa4096, E::RsaesOaepSha256, 446),
        (KeySpec::Sm2, E::Sm2pke, 1024),
    ] {
        let cipher = EncryptionKey::new(&key(spec), spec).unwrap();
        for length in [1, 2, 31, most] {
            let plaintext = vec![0xa5; length];
            let seal = || cipher.encrypt(algorithm, &plaintext, &random()).unwrap();
            let ciphertext = seal();
            assert_ne!(ciphertext, seal(), "{spec} {algorithm}");
            let opened = cipher.decrypt(algorithm, &ciphertext).unwrap();
            assert_eq!(opened.expose(), plaintext, "{spec} {algorithm} {length}");
            for wrong in tampered(&ciphertext) {
                assert_eq!(
                    cipher.decrypt(algorithm, &wrong),
                    Err(CryptoError::InvalidCiphertext),
                    "{spec} {algorithm}"
                );
            }
        }
        assert_eq!(
            cipher.encrypt(algorithm, &vec![0; most + 1], &random()),
            Err(CryptoError::TooLong)
        );
        for other in E::ALL {
            let of_the_key = match spec {
                KeySpec::Sm2 => *other == E::Sm2pke,
                _ => matches!(other, E::RsaesOaepSha1 | E::RsaesOaepSha256),
            };
            if !of_the_key {
                let refused = cipher.encrypt(*other, b"x", &random());
                assert_eq!(refused, Err(CryptoError::Unsuitable), "{spec} {other}");
                let refused = cipher.decrypt(*other, &[0; 256]);
                assert_eq!(refused, Err(CryptoError::Unsuitable), "{spec} {other}");
            }
        }
    }
}

#[test]
fn one_hash_of_oaep_does_not_open_what_the_other_sealed() {
    use EncryptionAlgorithmSpec as E;
    let cipher = EncryptionKey::new(&key(KeySpec::Rsa2048), KeySpec::Rsa2048).unwrap();
    let sealed = cipher.encrypt(E::RsaesOaepSha1, b"x", &random()).unwrap();
    assert_eq!(
        cipher.decrypt(E::RsaesOaepSha256, &sealed),
        Err(CryptoError::InvalidCiphertext)
    );
}

#[test]
fn both_sides_agree_on_one_secret_as_wide_as_the_field() {
    for (spec, width) in [
        (KeySpec::EccNistP256, 32),
        (KeySpec::EccNistP384, 48),
        (KeySpec::EccNistP521, 66),
        (KeySpec::Sm2, 32),
    ] {
        let side = || AgreementKey::new(&key(spec), spec).unwrap();
        let (here, there) = (side(), side());
        let secret = here.derive(there.public_key()).unwrap();
        assert_eq!(secret.len(), width, "{spec}");
        assert_eq!(secret, there.derive(here.public_key()).unwrap(), "{spec}");
        assert_ne!(secret, here.derive(side().public_key()).unwrap(), "{spec}");
    }
}

#[test]
fn what_is_no_public_key_of_the_curve_is_refused() {
    let agree = |spec| AgreementKey::new(&key(spec), spec).unwrap();
    let p256 = agree(KeySpec::EccNistP256);
    let good = p256.public_key();
    let point = &good[good.len() - 65..];
    let mut off_curve = good.to_vec();
    *off_curve.last_mut().unwrap() ^= 1;
    let mut infinity = good[..good.len() - 65].to_vec();
    infinity.push(0);
    infinity[1] -= 64;
    infinity[24] -= 64;
    for (fault, peer) in [
        ("nothing", Vec::new()),
        ("a bare point", point.to_vec()),
        ("a byte after it", [good, &[0]].concat()),
        ("a byte missing", good[..90].to_vec()),
        ("a point off the curve", off_curve),
        ("the point at infinity", infinity),
        (
            "a point of P-384",
            agree(KeySpec::EccNistP384).public_key().to_vec(),
        ),
        ("a point of SM2", agree(KeySpec::Sm2).public_key().to_vec()),
        ("an RSA key", key(KeySpec::Rsa2048).public_key().unwrap()),
        ("text", b"not a key at all".to_vec()),
    ] {
        assert_eq!(
            p256.derive(&peer),
            Err(CryptoError::InvalidPublicKey),
            "{fault}"
        );
    }
    let sm2 = agree(KeySpec::Sm2);
    let mut off_curve = sm2.public_key().to_vec();
    *off_curve.last_mut().unwrap() ^= 1;
    for peer in [good.to_vec(), off_curve, Vec::new()] {
        assert_eq!(sm2.derive(&peer), Err(CryptoError::InvalidPublicKey));
    }
}

#[test]
fn encapsulated_secrets_come_back_and_foreign_ciphertexts_give_noise() {
    for (spec, length) in [
        (KeySpec::MlKem512, 768),
        (KeySpec::MlKem768, 1088),
        (KeySpec::MlKem1024, 1568),
    ] {
        let kem = EncapsulationKey::new(&key(spec), spec).unwrap();
        let (ciphertext, secret) = kem.encapsulate(&random()).unwrap();
        assert_eq!((ciphertext.len(), secret.len()), (length, 32), "{spec}");
        assert_eq!(kem.decapsulate(&ciphertext).unwrap(), secret);
        let (another, another_secret) = kem.encapsulate(&random()).unwrap();
        assert_ne!(ciphertext, another);
        assert_ne!(secret, another_secret);

        for wrong in tampered(&ciphertext) {
            let opened = kem.decapsulate(&wrong);
            if wrong.len() == length {
                // Implicit rejection: the same noise every time.
                let noise = opened.unwrap();
                assert_ne!(noise, secret, "{spec}");
                assert_eq!(kem.decapsulate(&wrong).unwrap(), noise, "{spec}");
            } else {
                assert_eq!(opened, Err(CryptoError::InvalidCiphertext), "{spec}");
            }
        }
    }
}

#[test]
fn a_replayed_source_replays_what_is_drawn_from_it() {
    for spec in [
        KeySpec::EccNistEdwards25519,
        KeySpec::MlDsa65,
        KeySpec::MlKem768,
        KeySpec::Sm2,
        KeySpec::Hmac512,
    ] {
        let made = |seed| {
            let material = KeyMaterial::generate(spec, &Random::replayed(seed)).unwrap();
            material.bytes_of(spec).unwrap().to_vec()
        };
        assert_eq!(made(1), made(1), "{spec}");
        assert_ne!(made(1), made(2), "{spec}");
    }
    let kem = EncapsulationKey::new(&key(KeySpec::MlKem512), KeySpec::MlKem512).unwrap();
    let drawn = || kem.encapsulate(&Random::replayed(1)).unwrap();
    assert_eq!(drawn(), drawn());
}

#[test]
fn material_makes_ready_keys_of_its_own_spec_and_job_only() {
    for spec in KeySpec::ALL {
        let material = key(*spec);
        for offered in KeySpec::ALL {
            let kind = Kind::of(*offered);
            let same = spec == offered;
            let check = |ready: Result<(), CryptoError>, does: bool, what: &str| {
                let expected = if same && does {
                    Ok(())
                } else {
                    Err(CryptoError::Unsuitable)
                };
                assert_eq!(ready, expected, "{spec} as {offered}, {what}");
            };
            check(
                SigningKey::new(&material, *offered).map(drop),
                !matches!(kind, Kind::Raw(_) | Kind::MlKem(_)),
                "signing",
            );
            check(
                EncryptionKey::new(&material, *offered).map(drop),
                matches!(kind, Kind::Rsa(_) | Kind::Sm2),
                "encryption",
            );
            check(
                AgreementKey::new(&material, *offered).map(drop),
                matches!(kind, Kind::Sm2)
                    || (matches!(kind, Kind::Curve(_)) && *offered != KeySpec::EccSecgP256k1),
                "agreement",
            );
            check(
                EncapsulationKey::new(&material, *offered).map(drop),
                matches!(kind, Kind::MlKem(_)),
                "encapsulation",
            );
            check(
                MacKey::new(&material, *offered).map(drop),
                matches!(kind, Kind::Raw(_)) && *offered != KeySpec::SymmetricDefault,
                "MAC",
            );
        }
    }
}

#[test]
fn an_hmac_key_is_exactly_as_long_as_its_hash() {
    for (spec, length) in [
        (KeySpec::SymmetricDefault, 32),
        (KeySpec::Hmac224, 28),
        (KeySpec::Hmac256, 32),
        (KeySpec::Hmac384, 48),
        (KeySpec::Hmac512, 64),
    ] {
        for wrong in [0, 16, length - 1, length + 1, 128] {
            assert_eq!(
                KeyMaterial::from_bytes(spec, &Plaintext::new(vec![1; wrong])).unwrap_err(),
                CryptoError::WrongMaterialLength,
                "{spec} {wrong}"
            );
        }
        assert!(KeyMaterial::from_bytes(spec, &Plaintext::new(vec![1; length])).is_ok());
    }
}

#[test]
fn every_kind_of_material_is_wrapped_and_unwrapped() {
    use strongroom_model::{AccountId, KeyId, Partition, Region};
    let region = Region::parse("eu-west-1").unwrap();
    let domain = DomainKey::generate(1, &random()).unwrap();
    for spec in KeySpec::ALL {
        let material = key(*spec);
        let binding = crate::MaterialBinding {
            partition: Partition::Aws,
            account: AccountId::DEVELOPMENT,
            region: &region,
            key_id: KeyId::parse("1234abcd-12ab-34cd-56ef-1234567890ab").unwrap(),
            material_id: crate::MaterialId::from_bytes([9; 32]),
            key_spec: spec.as_str(),
            key_usage: "SIGN_VERIFY",
            origin: "AWS_KMS",
            material_seq: 1,
        };
        let record = material.wrap(&domain, &binding, &random()).unwrap();
        let back = KeyMaterial::unwrap(&domain, &binding, &record).unwrap();
        assert_eq!(back.spec(), *spec);
        assert_eq!(back.bytes_of(*spec), material.bytes_of(*spec), "{spec}");
    }
}

/// `tests/vectors/foreign-keys-v1.json`, written by `tests/foreign_keys.py`.
#[derive(Deserialize)]
struct ForeignKeys {
    accepted: Vec<ForeignKey>,
    refused: Vec<ForeignKey>,
}

#[derive(Deserialize)]
struct ForeignKey {
    spec: KeySpec,
    what: String,
    given: String,
    #[serde(default)]
    stored: String,
}

impl ForeignKeys {
    fn read() -> Self {
        serde_json::from_str(include_str!("../../tests/vectors/foreign-keys-v1.json")).unwrap()
    }
}

#[test]
fn sound_keys_from_outside_come_in_whatever_their_form_and_are_stored_in_one() {
    for foreign in ForeignKeys::read().accepted {
        let given = Plaintext::new(hex_bytes(&foreign.given));
        let named = format!("{} {}", foreign.spec, foreign.what);
        let material = KeyMaterial::from_bytes(foreign.spec, &given).expect(&named);
        let stored = hex_bytes(&foreign.stored);
        assert_eq!(material.bytes_of(foreign.spec), Ok(&stored[..]), "{named}");
    }
}

#[test]
fn unsound_keys_from_outside_are_refused_and_without_words() {
    for foreign in ForeignKeys::read().refused {
        let given = Plaintext::new(hex_bytes(&foreign.given));
        assert_eq!(
            KeyMaterial::from_bytes(foreign.spec, &given).unwrap_err(),
            CryptoError::InvalidMaterial,
            "{} {}",
            foreign.spec,
            foreign.what
        );
    }
}

#[test]
fn a_key_cut_short_or_of_another_spec_never_comes_in() {
    for spec in QUICK {
        let bytes = key(spec).bytes_of(spec).unwrap().to_vec();
        for length in 0..bytes.len() {
            let cut = Plaintext::new(bytes[..length].to_vec());
            assert_eq!(
                KeyMaterial::from_bytes(spec, &cut).unwrap_err(),
                CryptoError::InvalidMaterial,
                "{spec} {length}"
            );
        }
        for other in KeySpec::ALL {
            // Raw material has no form, only a length.
            if *other != spec && !matches!(Kind::of(*other), Kind::Raw(_)) {
                let whole = Plaintext::new(bytes.clone());
                assert!(KeyMaterial::from_bytes(*other, &whole).is_err(), "{other}");
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_message_is_signed_and_verified(
        message in prop::collection::vec(any::<u8>(), 0..4096),
        at in 0..QUICK.len(),
    ) {
        let spec = QUICK[at];
        for (algorithm, kind, _) in signing_modes(spec) {
            if kind != MessageType::Raw {
                continue;
            }
            let signer = SigningKey::new(&key(spec), spec).unwrap();
            let signature = signer.sign(algorithm, kind, &message, &random()).unwrap();
            prop_assert!(signer.verify(algorithm, kind, &message, &signature).is_ok());
            let longer = [&message[..], &[0]].concat();
            prop_assert!(signer.verify(algorithm, kind, &longer, &signature).is_err());
        }
    }

    #[test]
    fn any_short_plaintext_is_encrypted_and_decrypted(
        plaintext in prop::collection::vec(any::<u8>(), 1..1024),
    ) {
        let sm2 = EncryptionKey::new(&key(KeySpec::Sm2), KeySpec::Sm2).unwrap();
        let algorithm = EncryptionAlgorithmSpec::Sm2pke;
        let sealed = sm2.encrypt(algorithm, &plaintext, &random()).unwrap();
        let opened = sm2.decrypt(algorithm, &sealed).unwrap();
        prop_assert_eq!(opened.expose(), &plaintext[..]);
    }

    #[test]
    fn any_bytes_are_refused_without_a_panic(
        bytes in prop::collection::vec(any::<u8>(), 0..300),
        at in 0..QUICK.len(),
    ) {
        let spec = QUICK[at];
        prop_assert!(KeyMaterial::from_bytes(spec, &Plaintext::new(bytes.clone())).is_err());
        if spec == KeySpec::Sm2 {
            let cipher = EncryptionKey::new(&key(spec), spec).unwrap();
            prop_assert!(cipher.decrypt(EncryptionAlgorithmSpec::Sm2pke, &bytes).is_err());
        }
    }
}
