//! Wycheproof's vectors, asked of the very calls that this room makes.
//!
//! They are made to find implementations that accept what they must refuse, so what matters most
//! here are the invalid ones.

use aws_lc_rs::{
    constant_time::verify_slices_are_equal,
    key_wrap::{AES_256, AesKek, KeyWrapPadded as _},
};
use strongroom_model::{
    Plaintext,
    enums::{EncryptionAlgorithmSpec, KeySpec, MessageType, SigningAlgorithmSpec},
};
use wycheproof::TestResult;

use crate::{
    AgreementKey, EncapsulationKey, EncryptionKey, KeyMaterial, MacKey, SigningKey, aead, asn1,
    curve::Curve, edwards, encapsulation::MlKem, kdf, ml_dsa::MlDsa, rsa,
};

#[test]
fn aes_256_gcm_seals_and_opens_as_published() {
    let set = wycheproof::aead::TestSet::load(wycheproof::aead::TestName::AesGcm).unwrap();
    let mut seen = (0, 0);
    for group in set.test_groups {
        // 96-bit IVs and 128-bit tags are the only ones of the house.
        if (group.key_size, group.nonce_size, group.tag_size) != (256, 96, 128) {
            continue;
        }
        for test in group.tests {
            let iv = test.nonce[..].try_into().unwrap();
            let mut sealed = [&test.ct[..], &test.tag].concat();
            let opened = aead::open(&test.key, iv, &test.aad, &mut sealed);
            match test.result {
                TestResult::Valid | TestResult::Acceptable => {
                    assert_eq!(opened.unwrap(), &test.pt[..], "{}", test.tc_id);
                    let mut data = test.pt.to_vec();
                    let tag = aead::seal(&test.key, iv, &test.aad, &mut data).unwrap();
                    assert_eq!(data, test.ct[..], "{}", test.tc_id);
                    assert_eq!(tag, test.tag[..], "{}", test.tc_id);
                    seen.0 += 1;
                }
                TestResult::Invalid => {
                    assert!(opened.is_err(), "{}", test.tc_id);
                    seen.1 += 1;
                }
            }
        }
    }
    assert!(seen.0 >= 30 && seen.1 >= 15, "{seen:?}");
}

#[test]
fn hmac_sha_256_gives_the_published_tags() {
    let set = wycheproof::mac::TestSet::load(wycheproof::mac::TestName::HmacSha256).unwrap();
    let mut seen = (0, 0);
    for group in set.test_groups {
        for test in group.tests {
            // Published tags of 128 bits are the first half.
            let tag = kdf::hmac(&test.key, &[&test.msg]);
            let same = verify_slices_are_equal(&tag[..test.tag.len()], &test.tag).is_ok();
            match test.result {
                TestResult::Valid | TestResult::Acceptable => seen.0 += 1,
                TestResult::Invalid => seen.1 += 1,
            }
            assert_eq!(same, test.result != TestResult::Invalid, "{}", test.tc_id);
        }
    }
    assert!(seen.0 >= 50 && seen.1 >= 50, "{seen:?}");
}

#[test]
fn aes_256_kwp_wraps_and_unwraps_as_published() {
    let set =
        wycheproof::keywrap::TestSet::load(wycheproof::keywrap::TestName::AesKeyWrapWithPadding)
            .unwrap();
    let mut seen = (0, 0);
    for group in set.test_groups {
        if group.key_size != 256 {
            continue;
        }
        for test in group.tests {
            let kek = || AesKek::new(&AES_256, &test.key).unwrap();
            let mut out = vec![0; test.pt.len().max(test.ct.len()) + 16];
            match test.result {
                TestResult::Invalid => {
                    assert!(
                        kek().unwrap_with_padding(&test.ct, &mut out).is_err(),
                        "{}",
                        test.tc_id
                    );
                    seen.1 += 1;
                }
                TestResult::Valid | TestResult::Acceptable => {
                    let plain = kek().unwrap_with_padding(&test.ct, &mut out).unwrap();
                    assert_eq!(plain, &test.pt[..], "{}", test.tc_id);
                    let wrapped = kek().wrap_with_padding(&test.pt, &mut out).unwrap();
                    assert_eq!(wrapped, &test.ct[..], "{}", test.tc_id);
                    seen.0 += 1;
                }
            }
        }
    }
    assert!(seen.0 >= 15 && seen.1 >= 30, "{seen:?}");
}

/// Counts of vectors that had to be accepted and that had to be refused, so that a test which
/// asks nothing fails.
#[derive(Debug, Default)]
struct Seen {
    accepted: usize,
    refused: usize,
}

impl Seen {
    /// Compares what happened with what was published. "Acceptable" vectors, which an
    /// implementation may take or refuse, are not counted.
    fn note(&mut self, accepted: bool, result: TestResult, named: &str) {
        match result {
            TestResult::Valid => {
                assert!(accepted, "{named} is valid");
                self.accepted += 1;
            }
            TestResult::Invalid => {
                assert!(!accepted, "{named} is invalid");
                self.refused += 1;
            }
            TestResult::Acceptable => {}
        }
    }

    fn at_least(&self, accepted: usize, refused: usize) {
        assert!(
            self.accepted >= accepted && self.refused >= refused,
            "{self:?}"
        );
    }
}

#[test]
fn hmac_keys_give_the_published_tags() {
    use wycheproof::mac::TestName as N;
    let mut seen = Seen::default();
    for (name, spec, length) in [
        (N::HmacSha224, KeySpec::Hmac224, 28),
        (N::HmacSha256, KeySpec::Hmac256, 32),
        (N::HmacSha384, KeySpec::Hmac384, 48),
        (N::HmacSha512, KeySpec::Hmac512, 64),
    ] {
        let set = wycheproof::mac::TestSet::load(name).unwrap();
        for group in set.test_groups {
            // Keys of other lengths do not exist here.
            if group.key_size != length * 8 {
                continue;
            }
            for test in group.tests {
                let key = Plaintext::new(test.key.to_vec());
                let material = KeyMaterial::from_bytes(spec, &key).unwrap();
                let key = MacKey::new(&material, spec).unwrap();
                let accepted = key.verify(&test.msg, &test.tag).is_ok();
                // A tag that was cut short is refused, though it begins rightly.
                let result = match test.result {
                    TestResult::Valid if group.tag_size < length * 8 => TestResult::Invalid,
                    result => result,
                };
                seen.note(accepted, result, &format!("{name:?} {}", test.tc_id));
            }
        }
    }
    seen.at_least(100, 200);
}

#[test]
fn ecdsa_verifies_as_published() {
    use wycheproof::ecdsa::TestName as N;
    for (name, curve) in [
        (N::EcdsaSecp256r1Sha256, &Curve::P256),
        (N::EcdsaSecp384r1Sha384, &Curve::P384),
        (N::EcdsaSecp521r1Sha512, &Curve::P521),
        (N::EcdsaSecp256k1Sha256, &Curve::P256K1),
    ] {
        let mut seen = Seen::default();
        let set = wycheproof::ecdsa::TestSet::load(name).unwrap();
        for group in set.test_groups {
            let verifier = curve.verifier(&group.key.key).unwrap();
            for test in group.tests {
                let accepted = verifier.verify_sig(&test.msg, &test.sig).is_ok();
                seen.note(accepted, test.result, &format!("{name:?} {}", test.tc_id));
            }
        }
        seen.at_least(100, 100);
    }
}

/// A private key as PKCS#8, for a scalar that stands alone.
fn ec_key(curve: &Curve, scalar: &[u8], width: usize) -> Plaintext {
    let significant = scalar.iter().skip_while(|byte| **byte == 0);
    let significant: Vec<u8> = significant.copied().collect();
    let mut fixed = vec![0; width - significant.len()];
    fixed.extend_from_slice(&significant);
    let length = u8::try_from(width).unwrap();
    let before = [2, 1, 1, 4, length];
    Plaintext::new(
        asn1::private_key_info(curve.algorithm, &[asn1::SEQUENCE], &[&before, &fixed])
            .bytes()
            .to_vec(),
    )
}

#[test]
fn ecdh_agrees_as_published() {
    use wycheproof::ecdh::TestName as N;
    for (name, spec, curve, width) in [
        (N::EcdhSecp256r1, KeySpec::EccNistP256, &Curve::P256, 32),
        (N::EcdhSecp384r1, KeySpec::EccNistP384, &Curve::P384, 48),
        (N::EcdhSecp521r1, KeySpec::EccNistP521, &Curve::P521, 66),
    ] {
        let mut seen = Seen::default();
        let set = wycheproof::ecdh::TestSet::load(name).unwrap();
        for group in set.test_groups {
            for test in group.tests {
                let named = format!("{name:?} {} {}", test.tc_id, test.comment);
                let key = ec_key(curve, &test.private_key, width);
                let material = KeyMaterial::from_bytes(spec, &key).expect(&named);
                let key = AgreementKey::new(&material, spec).unwrap();
                let secret = key.derive(&test.public_key);
                if let (Ok(secret), TestResult::Valid | TestResult::Acceptable) =
                    (&secret, test.result)
                {
                    assert_eq!(secret.expose(), &test.shared_secret[..], "{named}");
                }
                seen.note(secret.is_ok(), test.result, &named);
            }
        }
        seen.at_least(100, 10);
    }
}

#[test]
fn ed25519_verifies_as_published() {
    let mut seen = Seen::default();
    let set = wycheproof::eddsa::TestSet::load(wycheproof::eddsa::TestName::Ed25519).unwrap();
    for group in set.test_groups {
        let verifier = edwards::verifier(&group.key.pk).unwrap();
        for test in group.tests {
            let accepted = verifier.verify_sig(&test.msg, &test.sig).is_ok();
            seen.note(accepted, test.result, &format!("Ed25519 {}", test.tc_id));
        }
    }
    seen.at_least(50, 50);
}

#[test]
fn rsa_pkcs1_verifies_as_published() {
    use SigningAlgorithmSpec as S;
    use wycheproof::rsa_pkcs1_verify::TestName as N;
    for (name, algorithm) in [
        (N::Rsa2048Sha256, S::RsassaPkcs1V15Sha256),
        (N::Rsa2048Sha384, S::RsassaPkcs1V15Sha384),
        (N::Rsa2048Sha512, S::RsassaPkcs1V15Sha512),
        (N::Rsa3072Sha256, S::RsassaPkcs1V15Sha256),
        (N::Rsa3072Sha384, S::RsassaPkcs1V15Sha384),
        (N::Rsa3072Sha512, S::RsassaPkcs1V15Sha512),
        (N::Rsa4096Sha256, S::RsassaPkcs1V15Sha256),
        (N::Rsa4096Sha384, S::RsassaPkcs1V15Sha384),
        (N::Rsa4096Sha512, S::RsassaPkcs1V15Sha512),
    ] {
        let mut seen = Seen::default();
        let set = wycheproof::rsa_pkcs1_verify::TestSet::load(name).unwrap();
        for group in set.test_groups {
            let verifier = rsa::verifier(algorithm, &group.der).unwrap();
            for test in group.tests {
                let accepted = verifier.verify_sig(&test.msg, &test.sig).is_ok();
                seen.note(accepted, test.result, &format!("{name:?} {}", test.tc_id));
            }
        }
        seen.at_least(5, 100);
    }
}

#[test]
fn rsa_pss_verifies_as_published_and_only_with_the_salt_of_the_house() {
    use SigningAlgorithmSpec as S;
    use wycheproof::{HashFunction as H, rsa_pss_verify::TestName as N};
    let mut seen = Seen::default();
    for name in [
        N::RsaPss2048Sha256Mgf1SaltLen0,
        N::RsaPss2048Sha256Mgf1SaltLen32,
        N::RsaPss2048Sha256Mgf1Sha1_20,
        N::RsaPss2048Sha384Mgf1SaltLen48,
        N::RsaPss3072Sha256Mgf1SaltLen32,
        N::RsaPss4096Sha256Mgf1SaltLen32,
        N::RsaPss4096Sha384Mgf1SaltLen48,
        N::RsaPss4096Sha512Mgf1SaltLen32,
        N::RsaPss4096Sha512Mgf1SaltLen64,
        N::RsaPssmisc,
    ] {
        let set = wycheproof::rsa_pss_verify::TestSet::load(name).unwrap();
        for group in set.test_groups {
            let (algorithm, salt) = match group.hash {
                H::Sha2_256 => (S::RsassaPssSha256, 32),
                H::Sha2_384 => (S::RsassaPssSha384, 48),
                H::Sha2_512 => (S::RsassaPssSha512, 64),
                _ => continue,
            };
            if group.key_size < 2048 {
                continue;
            }
            let ours = group.mgf_hash == Some(group.hash) && group.salt_size == salt;
            let verifier = rsa::verifier(algorithm, &group.der).unwrap();
            for test in group.tests {
                let accepted = verifier.verify_sig(&test.msg, &test.sig).is_ok();
                // Other salts and other mask functions are refused. What is invalid only for having
                // the salt of the house where its group has none is none of them.
                let result = match test.result {
                    TestResult::Valid | TestResult::Acceptable if !ours => TestResult::Invalid,
                    TestResult::Invalid if !ours => continue,
                    result => result,
                };
                seen.note(accepted, result, &format!("{name:?} {}", test.tc_id));
            }
        }
    }
    seen.at_least(300, 300);
}

#[test]
fn rsa_oaep_decrypts_as_published() {
    use EncryptionAlgorithmSpec as E;
    use wycheproof::{HashFunction as H, rsa_oaep::TestName as N};
    let mut seen = Seen::default();
    for name in [
        N::Rsa2048Sha1Mgf1Sha1,
        N::Rsa2048Sha256Mgf1Sha1,
        N::Rsa2048Sha256Mgf1Sha256,
        N::Rsa3072Sha256Mgf1Sha256,
        N::Rsa4096Sha256Mgf1Sha256,
        N::RsaMisc,
    ] {
        let set = wycheproof::rsa_oaep::TestSet::load(name).unwrap();
        for group in set.test_groups {
            let algorithm = match group.hash {
                H::Sha1 => E::RsaesOaepSha1,
                H::Sha2_256 => E::RsaesOaepSha256,
                _ => continue,
            };
            let spec = match group.key_size {
                2048 => KeySpec::Rsa2048,
                3072 => KeySpec::Rsa3072,
                4096 => KeySpec::Rsa4096,
                _ => continue,
            };
            let key = Plaintext::new(group.pkcs8.to_vec());
            let material = KeyMaterial::from_bytes(spec, &key).unwrap();
            let key = EncryptionKey::new(&material, spec).unwrap();
            for test in group.tests {
                let named = format!("{name:?} {}", test.tc_id);
                // The label is always empty here, and both hashes are one.
                let ours = test.label.is_empty() && group.mgf_hash == group.hash;
                let result = match test.result {
                    TestResult::Valid | TestResult::Acceptable if !ours => TestResult::Invalid,
                    result => result,
                };
                let opened = key.decrypt(algorithm, &test.ct);
                if let (Ok(opened), TestResult::Valid) = (&opened, result) {
                    assert_eq!(opened.expose(), &test.pt[..], "{named}");
                }
                seen.note(opened.is_ok(), result, &named);
            }
        }
    }
    seen.at_least(50, 100);
}

#[test]
fn ml_dsa_verifies_as_published() {
    use wycheproof::mldsa_verify::TestName as N;
    for (name, size) in [
        (N::MlDsa44Verify, &MlDsa::ML_DSA_44),
        (N::MlDsa65Verify, &MlDsa::ML_DSA_65),
        (N::MlDsa87Verify, &MlDsa::ML_DSA_87),
    ] {
        let mut seen = Seen::default();
        let set = wycheproof::mldsa_verify::TestSet::load(name).unwrap();
        for group in set.test_groups {
            let verifier = size.verifier(&group.pubkey).ok();
            for test in group.tests {
                let accepted = verifier
                    .as_ref()
                    .is_some_and(|key| key.verify_sig(&test.msg, &test.sig).is_ok());
                // The context string is always empty here.
                let result = match test.result {
                    TestResult::Valid if test.ctx.is_some_and(|context| !context.is_empty()) => {
                        TestResult::Invalid
                    }
                    result => result,
                };
                seen.note(accepted, result, &format!("{name:?} {}", test.tc_id));
            }
        }
        seen.at_least(10, 20);
    }
}

#[test]
fn ml_dsa_keys_grow_from_their_seeds_and_verify_by_message_and_by_mu() {
    use wycheproof::mldsa_sign::TestName as N;
    for (name, spec, size) in [
        (N::MlDsa44SignSeed, KeySpec::MlDsa44, &MlDsa::ML_DSA_44),
        (N::MlDsa65SignSeed, KeySpec::MlDsa65, &MlDsa::ML_DSA_65),
        (N::MlDsa87SignSeed, KeySpec::MlDsa87, &MlDsa::ML_DSA_87),
    ] {
        let (mut messages, mut representatives) = (0, 0);
        let set = wycheproof::mldsa_sign::TestSet::load(name).unwrap();
        for group in set.test_groups {
            let seed = group.privseed.unwrap();
            let pkcs8 = asn1::private_key_info(&size.algorithm, &[asn1::SEED], &[&seed]);
            let pkcs8 = Plaintext::new(pkcs8.bytes().to_vec());
            let Ok(material) = KeyMaterial::from_bytes(spec, &pkcs8) else {
                assert_ne!(seed.len(), 32);
                continue;
            };
            let key = SigningKey::new(&material, spec).unwrap();
            let public_key = group.pubkey.unwrap();
            assert!(key.public_key().ends_with(&public_key), "{name:?}");
            for test in group.tests {
                if test.result != TestResult::Valid {
                    continue;
                }
                let algorithm = SigningAlgorithmSpec::MlDsaShake256;
                let verify = |kind, message: &[u8]| {
                    let verified = key.verify(algorithm, kind, message, &test.sig);
                    assert_eq!(verified, Ok(()), "{name:?} {} {kind}", test.tc_id);
                };
                if let Some(mu) = &test.mu {
                    verify(MessageType::ExternalMu, mu);
                    representatives += 1;
                }
                let no_context = test.ctx.as_ref().is_none_or(|context| context.is_empty());
                if let (Some(message), true) = (&test.msg, no_context) {
                    verify(MessageType::Raw, message);
                    messages += 1;
                }
            }
        }
        assert!(
            messages >= 10 && representatives >= 1,
            "{name:?} {messages} {representatives}"
        );
    }
}

/// The files about encapsulating to somebody else's key, and about keys in expanded form, ask for
/// what this service does not do.
#[test]
fn ml_kem_keys_grow_from_their_seeds_and_decapsulate_as_published() {
    use wycheproof::mlkem::TestName as N;
    for (names, spec, size) in [
        (
            [N::MlKem512, N::MlKem512KeyGenSeed],
            KeySpec::MlKem512,
            &MlKem::ML_KEM_512,
        ),
        (
            [N::MlKem768, N::MlKem768KeyGenSeed],
            KeySpec::MlKem768,
            &MlKem::ML_KEM_768,
        ),
        (
            [N::MlKem1024, N::MlKem1024KeyGenSeed],
            KeySpec::MlKem1024,
            &MlKem::ML_KEM_1024,
        ),
    ] {
        let mut seen = Seen::default();
        for name in names {
            let set = wycheproof::mlkem::TestSet::load(name).unwrap();
            for test in set.test_groups.into_iter().flat_map(|group| group.tests) {
                let named = format!("{name:?} {}", test.tc_id);
                let seed = test.seed.unwrap();
                let pkcs8 = asn1::private_key_info(&size.algorithm, &[asn1::SEED], &[&seed]);
                let pkcs8 = Plaintext::new(pkcs8.bytes().to_vec());
                let material = KeyMaterial::from_bytes(spec, &pkcs8);
                let key = material.and_then(|material| EncapsulationKey::new(&material, spec));
                if let (Ok(key), Some(public_key)) = (&key, &test.encaps_key) {
                    assert!(key.public_key().ends_with(public_key), "{named}");
                }
                let accepted = match (&key, &test.ct, &test.shared_secret) {
                    (Ok(key), Some(ciphertext), Some(secret)) => key
                        .decapsulate(ciphertext)
                        .is_ok_and(|found| found.expose() == &secret[..]),
                    (Ok(key), Some(ciphertext), None) => key.decapsulate(ciphertext).is_ok(),
                    (key, _, _) => key.is_ok(),
                };
                seen.note(accepted, test.result, &named);
            }
        }
        seen.at_least(20, 1);
    }
}
