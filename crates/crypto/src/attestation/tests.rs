use std::time::{Duration, SystemTime};

use aws_lc_rs::{
    rand::SystemRandom,
    rsa::{KeySize, OAEP_SHA256_MGF1SHA256, OaepPrivateDecryptingKey, PrivateDecryptingKey},
    signature::{ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair},
};
use coset::{
    CborSerializable as _, CoseSign1Builder, HeaderBuilder, TaggedCborSerializable as _,
    cbor::Value, iana,
};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};

use super::*;

const NOW: i64 = 1_790_000_000_000;

/// A platform that attests: a root, one certificate authority below it, and an enclave.
struct Platform {
    root: CertifiedIssuer<'static, KeyPair>,
    middle: Vec<u8>,
    leaf: Vec<u8>,
    leaf_key: KeyPair,
}

fn parameters(name: &str) -> CertificateParams {
    let mut parameters = CertificateParams::new(Vec::new()).unwrap();
    parameters.distinguished_name.push(DnType::CommonName, name);
    let at = |offset: i64| {
        let seconds = u64::try_from(NOW / 1000 + offset).unwrap();
        (SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)).into()
    };
    parameters.not_before = at(-3600);
    parameters.not_after = at(3600);
    parameters
}

fn authority(name: &str) -> CertificateParams {
    let mut parameters = parameters(name);
    parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    parameters
}

fn key() -> KeyPair {
    KeyPair::generate_for(&rcgen::PKCS_ECDSA_P384_SHA384).unwrap()
}

impl Platform {
    fn new() -> Self {
        let root = CertifiedIssuer::self_signed(authority("root"), key()).unwrap();
        let middle = CertifiedIssuer::signed_by(authority("middle"), key(), &root).unwrap();
        let leaf_key = key();
        let leaf = parameters("enclave").signed_by(&leaf_key, &middle).unwrap();
        Self {
            middle: middle.der().to_vec(),
            root,
            leaf: leaf.der().to_vec(),
            leaf_key,
        }
    }

    fn roots(&self) -> AttestationRoots {
        AttestationRoots::from_pem(self.root.pem().as_bytes()).unwrap()
    }

    fn claims(&self, public_key: &[u8]) -> Vec<(Value, Value)> {
        let text = |text: &str| Value::Text(text.to_owned());
        let bundle = [self.root.der().to_vec(), self.middle.clone()];
        vec![
            (
                text("module_id"),
                text("i-0123456789abcdef0-enc0123456789abcde"),
            ),
            (text("digest"), text("SHA384")),
            (text("timestamp"), Value::Integer(NOW.into())),
            (
                text("pcrs"),
                Value::Map(vec![(0.into(), Value::Bytes(vec![7; 48]))]),
            ),
            (text("certificate"), Value::Bytes(self.leaf.clone())),
            (
                text("cabundle"),
                Value::Array(bundle.into_iter().map(Value::Bytes).collect()),
            ),
            (text("public_key"), Value::Bytes(public_key.to_vec())),
            (text("nonce"), Value::Null),
        ]
    }

    fn sign(&self, claims: Vec<(Value, Value)>) -> coset::CoseSign1 {
        let mut payload = Vec::new();
        coset::cbor::into_writer(&Value::Map(claims), &mut payload).unwrap();
        let key = EcdsaKeyPair::from_pkcs8(
            &ECDSA_P384_SHA384_FIXED_SIGNING,
            self.leaf_key.serialized_der(),
        )
        .unwrap();
        let header = HeaderBuilder::new()
            .algorithm(iana::Algorithm::ES384)
            .build();
        CoseSign1Builder::new()
            .protected(header)
            .payload(payload)
            .create_signature(&[], |bytes| {
                key.sign(&SystemRandom::new(), bytes)
                    .unwrap()
                    .as_ref()
                    .to_vec()
            })
            .build()
    }

    fn document(&self, public_key: &[u8]) -> Vec<u8> {
        self.sign(self.claims(public_key)).to_vec().unwrap()
    }
}

/// A key of the enclave, and its SubjectPublicKeyInfo.
fn enclave_key(size: KeySize) -> (PrivateDecryptingKey, Vec<u8>) {
    use aws_lc_rs::encoding::{AsDer as _, PublicKeyX509Der};

    let key = PrivateDecryptingKey::generate(size).unwrap();
    let der: PublicKeyX509Der<'_> = key.public_key().as_der().unwrap();
    let der = der.as_ref().to_vec();
    (key, der)
}

fn refused(document: &[u8], roots: &AttestationRoots, now: i64) -> AttestationError {
    AttestedRecipient::verify(document, roots, Timestamp::from_millis(now)).unwrap_err()
}

#[test]
fn only_the_enclave_reads_what_is_enclosed_to_it() {
    let platform = Platform::new();
    let (private, public) = enclave_key(KeySize::Rsa2048);
    let recipient = AttestedRecipient::verify(
        &platform.document(&public),
        &platform.roots(),
        Timestamp::from_millis(NOW),
    )
    .unwrap();
    assert_eq!(
        recipient.module_id(),
        "i-0123456789abcdef0-enc0123456789abcde"
    );
    assert_eq!(recipient.image_digest(), Some([7; 48].as_slice()));

    let secret = b"0123456789abcdef0123456789abcdef+";
    let message = recipient
        .enclose(&Plaintext::new(secret.to_vec()), &Random::system())
        .unwrap();
    assert_eq!(open(&message, private), secret);
}

/// Opens a message as an enclave does: OAEP around the content key, then AES-256-CBC.
fn open(message: &[u8], private: PrivateDecryptingKey) -> Vec<u8> {
    use aws_lc_rs::{
        cipher::{AES_256, DecryptionContext, PaddedBlockDecryptingKey, UnboundCipherKey},
        iv::FixedLength,
    };
    use cms::{content_info::ContentInfo, enveloped_data::*};
    use der::{Decode as _, asn1::OctetString};

    let info = ContentInfo::from_der(message).unwrap();
    assert_eq!(info.content_type.to_string(), "1.2.840.113549.1.7.3");
    let enveloped: EnvelopedData = info.content.decode_as().unwrap();
    let RecipientInfo::Ktri(recipient) = enveloped.recip_infos.0.get(0).unwrap() else {
        panic!("not a key transport");
    };
    assert_eq!(
        recipient.key_enc_alg.oid.to_string(),
        "1.2.840.113549.1.1.7"
    );
    let mut key = vec![0; 512];
    let key = OaepPrivateDecryptingKey::new(private)
        .unwrap()
        .decrypt(
            &OAEP_SHA256_MGF1SHA256,
            recipient.enc_key.as_bytes(),
            &mut key,
            None,
        )
        .unwrap();
    let content = enveloped.encrypted_content;
    assert_eq!(
        content.content_enc_alg.oid.to_string(),
        "2.16.840.1.101.3.4.1.42"
    );
    let iv: OctetString = content
        .content_enc_alg
        .parameters
        .unwrap()
        .decode_as()
        .unwrap();
    let iv: [u8; 16] = iv.as_bytes().try_into().unwrap();
    let cipher = UnboundCipherKey::new(&AES_256, key).unwrap();
    let mut text = content.encrypted_content.unwrap().as_bytes().to_vec();
    PaddedBlockDecryptingKey::cbc_pkcs7(cipher)
        .unwrap()
        .decrypt(&mut text, DecryptionContext::Iv128(FixedLength::from(iv)))
        .unwrap()
        .to_vec()
}

#[test]
fn the_tag_of_a_signed_structure_may_stand_before_it() {
    let platform = Platform::new();
    let (_, public) = enclave_key(KeySize::Rsa2048);
    let tagged = platform
        .sign(platform.claims(&public))
        .to_tagged_vec()
        .unwrap();
    let now = Timestamp::from_millis(NOW);
    AttestedRecipient::verify(&tagged, &platform.roots(), now).unwrap();
}

#[test]
fn another_root_is_not_trusted() {
    let (ours, theirs) = (Platform::new(), Platform::new());
    let (_, public) = enclave_key(KeySize::Rsa2048);
    let error = refused(&theirs.document(&public), &ours.roots(), NOW);
    assert_eq!(error, AttestationError::Untrusted);
}

#[test]
fn a_leaf_of_one_enclave_does_not_vouch_for_another() {
    let (ours, theirs) = (Platform::new(), Platform::new());
    let (_, public) = enclave_key(KeySize::Rsa2048);
    let mixed = theirs.sign(ours.claims(&public)).to_vec().unwrap();
    let error = refused(&mixed, &ours.roots(), NOW);
    assert_eq!(error, AttestationError::WrongSignature);
}

#[test]
fn every_altered_byte_and_every_cut_is_refused() {
    let platform = Platform::new();
    let (_, public) = enclave_key(KeySize::Rsa2048);
    let document = platform.document(&public);
    let roots = platform.roots();
    for at in (0..document.len()).step_by(7) {
        let mut altered = document.clone();
        altered[at] ^= 1;
        refused(&altered, &roots, NOW);
        refused(&document[..at], &roots, NOW);
    }
    let mut longer = document;
    longer.push(0);
    refused(&longer, &roots, NOW);
}

#[test]
fn a_document_is_of_the_last_five_minutes() {
    let platform = Platform::new();
    let (_, public) = enclave_key(KeySize::Rsa2048);
    let document = platform.document(&public);
    let roots = platform.roots();
    let five_minutes = 300_000;
    let verify =
        |now| AttestedRecipient::verify(&document, &roots, Timestamp::from_millis(now)).map(|_| ());
    assert_eq!(verify(NOW + five_minutes), Ok(()));
    assert_eq!(verify(NOW + five_minutes + 1), Err(AttestationError::Stale));
    assert_eq!(verify(NOW - five_minutes - 1), Err(AttestationError::Stale));
    // The certificates are of that hour only.
    assert_eq!(verify(NOW + 7_200_000), Err(AttestationError::Untrusted));
}

#[test]
fn a_document_without_a_fit_key_gets_no_answer() {
    let platform = Platform::new();
    let roots = platform.roots();
    let none = AttestationError::NoPublicKey;
    assert_eq!(refused(&platform.document(b"no key"), &roots, NOW), none);
    // A key for signatures is none that can be encrypted to.
    let elliptic = key();
    let elliptic = rcgen::PublicKeyData::subject_public_key_info(&elliptic);
    assert_eq!(refused(&platform.document(&elliptic), &roots, NOW), none);
    let mut claims = platform.claims(b"");
    claims.retain(|(name, _)| name.as_text() != Some("public_key"));
    let document = platform.sign(claims).to_vec().unwrap();
    assert_eq!(refused(&document, &roots, NOW), none);
}

#[test]
fn what_a_document_must_say_it_must_say_once_and_in_bounds() {
    let platform = Platform::new();
    let (_, public) = enclave_key(KeySize::Rsa2048);
    let check = |name: &'static str, value: Option<Value>| {
        let mut claims = platform.claims(&public);
        claims.retain(|(key, _)| key.as_text() != Some(name));
        claims.extend(value.map(|value| (Value::Text(name.to_owned()), value)));
        let document = platform.sign(claims).to_vec().unwrap();
        let error = refused(&document, &platform.roots(), NOW);
        assert_eq!(error, AttestationError::UnknownForm(name));
    };
    check("module_id", None);
    check("module_id", Some(Value::Text(String::new())));
    check("digest", Some(Value::Text("SHA256".to_owned())));
    check("timestamp", Some(Value::Integer(0.into())));
    check("timestamp", Some(Value::Text("now".to_owned())));
    check("pcrs", None);
    check("pcrs", Some(Value::Map(Vec::new())));
    let short = Value::Map(vec![(0.into(), Value::Bytes(vec![1; 31]))]);
    check("pcrs", Some(short));
    let beyond = Value::Map(vec![(32.into(), Value::Bytes(vec![1; 48]))]);
    check("pcrs", Some(beyond));
    check("certificate", None);
    check("certificate", Some(Value::Bytes(vec![1; 1025])));
    check("cabundle", Some(Value::Array(Vec::new())));
    check("public_key", Some(Value::Bytes(Vec::new())));

    let mut twice = platform.claims(&public);
    twice.push((Value::Text("public_key".to_owned()), Value::Bytes(vec![1])));
    let document = platform.sign(twice).to_vec().unwrap();
    let error = refused(&document, &platform.roots(), NOW);
    assert_eq!(error, AttestationError::UnknownForm("public_key"));
}

#[test]
fn roots_are_certificates_in_pem() {
    let unreadable = |pem: &str| AttestationRoots::from_pem(pem.as_bytes()).unwrap_err();
    assert_eq!(unreadable(""), AttestationError::UnreadableRoot);
    let damaged = Platform::new().root.pem().replace("MII", "MIJ");
    assert_eq!(unreadable(&damaged), AttestationError::UnreadableRoot);
}
