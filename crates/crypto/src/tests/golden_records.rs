//! Records that a second implementation wrote: what is stored today stays readable for ever.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::Value;
use strongroom_model::{
    AccountId, GrantId, GrantToken, KeyId, Partition, Plaintext, Region, SecretAccessKey,
    SecretText, enums::KeySpec,
};

use crate::{
    AuditSigner, CredentialKey, DomainKey, DomainKeyName, GrantName, GrantTokenKey, IdentifierKeys,
    IntegrityKey, Job, KeyMaterial, MarkerKey, MaterialBinding, RootKey, ServiceKey,
    framing::{hex, read_hex},
    grant_fingerprint,
    memory::LockedBytes,
    seal::{SealKey, SealKind, SealSet},
};

/// The fields of `tests/vectors/records-v1.json`.
struct Records(Value);

impl Records {
    fn read() -> Self {
        let text = include_str!("../../tests/vectors/records-v1.json");
        Self(serde_json::from_str(text).expect("the vectors are JSON"))
    }

    fn text(&self, name: &str) -> &str {
        self.0[name].as_str().expect("a text")
    }

    fn number(&self, name: &str) -> u32 {
        let number = self.0[name].as_u64().expect("a number");
        u32::try_from(number).expect("a small number")
    }

    fn bytes(&self, name: &str) -> Vec<u8> {
        bytes(self.text(name))
    }

    fn root(&self) -> RootKey {
        RootKey::from_bytes(
            self.number("root_key_version"),
            LockedBytes::copy_of(&self.bytes("root_key")),
        )
        .expect("a root key has 32 bytes")
    }

    fn account(&self) -> AccountId {
        AccountId::parse(self.text("account")).expect("an account id")
    }

    fn region(&self) -> Region {
        Region::parse(self.text("region")).expect("a Region")
    }

    fn service_key(&self, job: Job, name: &str) -> ServiceKey {
        ServiceKey::unwrap(
            job,
            self.number("service_key_version"),
            &self.root(),
            self.text("cluster_id"),
            &self.bytes(name),
        )
        .expect("the record opens under its name")
    }
}

fn bytes(text: &str) -> Vec<u8> {
    let mut bytes = vec![0; text.len() / 2];
    assert!(read_hex(text, &mut bytes), "{text}");
    bytes
}

#[test]
fn a_domain_key_and_the_material_under_it_are_read() {
    let records = Records::read();
    let region = records.region();
    let name = DomainKeyName {
        cluster_id: records.text("cluster_id"),
        partition: Partition::Aws,
        account: records.account(),
        region: &region,
        version: records.number("domain_key_version"),
    };
    let wrapped = records.bytes("wrapped_domain_key");
    let domain = DomainKey::unwrap(&records.root(), &name, &wrapped).unwrap();
    assert_eq!(hex(domain.key().bytes()), records.text("domain_key"));

    let key_id = KeyId::parse(records.text("key_id")).unwrap();
    let material = KeyMaterial::from_bytes(
        KeySpec::SymmetricDefault,
        &Plaintext::new(records.bytes("key_material")),
    )
    .unwrap();
    let material_id = material.id(
        &IdentifierKeys::development(),
        Partition::Aws,
        records.account(),
        key_id,
    );
    assert_eq!(material_id.to_string(), records.text("material_id"));
    let binding = MaterialBinding {
        partition: Partition::Aws,
        account: records.account(),
        region: &region,
        key_id,
        material_id,
        key_spec: records.text("key_spec"),
        key_usage: records.text("key_usage"),
        origin: records.text("origin"),
        material_seq: records.number("material_seq"),
    };
    let wrapped = records.bytes("wrapped_key_material");
    let material = KeyMaterial::unwrap(&domain, &binding, &wrapped).unwrap();
    assert_eq!(
        hex(material.bytes_of(KeySpec::SymmetricDefault).unwrap()),
        records.text("key_material")
    );
}

#[test]
fn service_keys_and_what_they_sealed_are_read() {
    let records = Records::read();
    let integrity = Job::Integrity {
        account: records.account(),
        region: records.region(),
    };
    let integrity = records.service_key(integrity, "wrapped_integrity_key");
    let tag = IntegrityKey::new(integrity).unwrap().tag(
        records.text("row_key").as_bytes(),
        u64::from(records.number("row_version")),
        records.text("row_payload").as_bytes(),
    );
    assert_eq!(hex(&tag), records.text("row_tag"));

    let marker = records.service_key(Job::Marker, "wrapped_marker_key");
    let position = MarkerKey::new(marker)
        .unwrap()
        .open(
            records.text("marker"),
            records.text("marker_binding").as_bytes(),
        )
        .unwrap();
    assert_eq!(position, records.text("marker_position").as_bytes());

    let tokens = records.service_key(Job::GrantToken, "wrapped_grant_token_key");
    let token = GrantToken::new(records.text("grant_token").to_owned());
    let expected = GrantName {
        account: records.account(),
        region: records.region(),
        key_id: KeyId::parse(records.text("key_id")).unwrap(),
        grant_id: GrantId::parse(records.text("grant_id")).unwrap(),
    };
    let tokens = GrantTokenKey::new(tokens).unwrap();
    assert_eq!(tokens.open(&token).unwrap(), expected);
    let fields: Vec<_> = records.text("grant_fields").split(' ').collect();
    let fields: Vec<_> = fields.iter().map(|field| field.as_bytes()).collect();
    assert_eq!(
        grant_fingerprint(&fields),
        records.text("grant_fingerprint")
    );

    let credential = records.service_key(Job::Credential, "wrapped_credential_key");
    let secret = CredentialKey::new(credential)
        .unwrap()
        .open(
            records.account(),
            records.text("access_key_id"),
            &records.bytes("sealed_credential"),
        )
        .unwrap();
    let expected = records.text("secret_access_key").to_owned();
    assert_eq!(secret, SecretAccessKey::new(expected));

    let signer = records.service_key(Job::AuditSigner, "wrapped_audit_signer");
    checkpoint_of(&AuditSigner::new(signer).unwrap());
}

/// The note of `checkpoint-v1.json`, which another implementation signed with these keys.
fn checkpoint_of(signer: &AuditSigner) {
    let text = include_str!("../../tests/vectors/checkpoint-v1.json");
    let vector: Value = serde_json::from_str(text).unwrap();
    let note = vector["note"].as_str().unwrap();
    let (text, signatures) = note.split_once("\n\n").unwrap();
    let text = format!("{text}\n");
    let decode = |text: &str| STANDARD.decode(text).unwrap();
    let signatures: Vec<_> = signatures
        .lines()
        .map(|line| decode(line.rsplit_once(' ').unwrap().1)[4..].to_vec())
        .collect();
    let keys: Vec<_> = vector["public_keys"]
        .as_array()
        .unwrap()
        .iter()
        .map(|key| decode(key.as_str().unwrap().splitn(3, '+').nth(2).unwrap()))
        .collect();
    let public = signer.public_keys();
    assert_eq!(keys[0], [&[1], &public.ed25519[..]].concat());
    let ml_dsa = [b"\xffstrongroom/ml-dsa-65/v1", &public.ml_dsa_65[..]].concat();
    assert_eq!(keys[1], ml_dsa);
    let text = text.as_bytes();
    assert_eq!(signer.sign(text).unwrap().ed25519, signatures[0]);
    assert!(AuditSigner::verifies_ml_dsa_65(
        &public.ml_dsa_65,
        text,
        &signatures[1]
    ));
}

#[test]
fn a_set_of_seals_opens_by_key_file_and_by_passphrase() {
    let set = SealSet::from_json(include_bytes!("../../tests/vectors/seal-set-v1.json")).unwrap();
    let key_file = Plaintext::new((65..97).collect());
    // Typed with a combining mark; the record was made with the composed letter.
    let passphrase = SecretText::new("Zu\u{308}rich, correct horse".to_owned());
    for (key, kind, seal_id) in [
        (
            SealKey::from_key_file(&key_file).unwrap(),
            SealKind::KeyFile,
            "seal-000000000001",
        ),
        (
            SealKey::from_passphrase(&passphrase).unwrap(),
            SealKind::Passphrase,
            "seal-000000000002",
        ),
    ] {
        assert_eq!(key.kind(), kind);
        let unsealed = set.unseal(&key).unwrap();
        assert_eq!(unsealed.seal_id, seal_id);
        let expected: Vec<u8> = (33..65).collect();
        assert_eq!(unsealed.roots.active().version(), 2);
        assert_eq!(unsealed.roots.active().bytes(), expected);
        let replaced: Vec<u8> = (1..33).collect();
        assert_eq!(unsealed.roots.get(1).unwrap().bytes(), replaced);
    }
}
