//! Every decoder of foreign bytes, as a function from bytes to nothing that must neither panic
//! nor hang.
//!
//! `cargo test -p strongroom-fuzz` drives each of them with mutated examples for a bounded number
//! of rounds; `fuzz/libfuzzer` drives the same functions with coverage, for as long as one likes.

use std::sync::LazyLock;

use strongroom::sts::{self, Action, Form};
use strongroom_auth::{
    Claim, ConditionKey, Facts, Protocol, SignedParts, Values,
    policy::{
        IdentityPolicy, KeyPolicy, TrustPolicy,
        pattern::{Case, Pattern},
    },
    web_identity::{KeySet, WebIdentityToken},
};
use strongroom_crypto::{
    AgreementKey, CiphertextHeader, EncryptionKey, IdentifierKeys, Job, KeyMaterial, MaterialId,
    Random, ServiceKey, SessionSealKey, seal::SealSet,
};
use strongroom_model::{
    AliasName, KeyId, KeyRef, Plaintext, Region,
    enums::{EncryptionAlgorithmSpec, KeySpec},
    operations::Operation,
};
use strongroom_store::{
    EntryBytes, RowIntegrity,
    envelope::open_row,
    journal::{Checkpoint, Kept, Note, NoteKey, NoteKeyKind, Proof, TrustedKeys, check_proof},
};

/// A decoder under test, with inputs that reach deep into it.
#[derive(Clone, Copy)]
pub struct Target {
    /// Its name.
    pub name: &'static str,
    /// Feeds it with bytes.
    pub run: fn(&[u8]),
    /// Inputs that it understands.
    pub examples: &'static [&'static [u8]],
}

impl std::fmt::Debug for Target {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

/// Every target.
pub const TARGETS: &[Target] = &[
    Target {
        name: "request",
        run: request,
        examples: &[
            br#"0{"KeyId":"alias/a","Plaintext":"aGVsbG8=","EncryptionContext":{"a":"b"}}"#,
            br#"5{"Tags":[{"TagKey":"a","TagValue":"b"}],"MultiRegion":true,"Limit":50}"#,
            br#"9{"CiphertextBlob":"U1JLAQEBAAA=","GrantTokens":["a"],"DryRun":null}"#,
            b"7",
        ],
    },
    Target {
        name: "authorization",
        run: authorization,
        examples: &[
            b"AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/kms/aws4_request, \
              SignedHeaders=host;x-amz-date;x-amz-target, Signature=5d672d79c15b13162d9279b0855cfba6",
        ],
    },
    Target {
        name: "query",
        run: query,
        examples: &[
            b"X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=A%2F20150830%2Fus-east-1%2Fsts%2F\
              aws4_request&X-Amz-Date=20150830T123600Z&X-Amz-Expires=60&X-Amz-SignedHeaders=host&\
              X-Amz-Signature=00",
        ],
    },
    Target {
        name: "sts_form",
        run: sts_form,
        examples: &[
            b"Action=AssumeRole&Version=2011-06-15&RoleArn=arn%3Aaws%3Aiam%3A%3A111122223333%3Arole%2FDev&\
              RoleSessionName=s1&DurationSeconds=900&Tags.member.1.Key=a&Tags.member.1.Value=b&\
              TransitiveTagKeys.member.1=a&PolicyArns.member.1.arn=arn&ExternalId=a+b&Policy=%7B%7D",
            b"Action=AssumeRoleWithWebIdentity&WebIdentityToken=a.b.c&RoleArn=x&RoleSessionName=y",
            b"Action=GetSessionToken&DurationSeconds=900&TokenCode=123456",
        ],
    },
    Target {
        name: "session_token",
        run: session_token,
        examples: &[
            b"AQAAAAEAAQIDBAUGBwgJCgsMDQ4PZGVmZ2hpamtsbW5vwxaC2HFZgwmUoTfjjEIni3wr7jpH2EiFCIfKUcw3MH25",
            b"AQAAAAE",
        ],
    },
    Target {
        name: "web_identity",
        run: web_identity,
        examples: &[
            b"eyJhbGciOiJSUzI1NiIsImtpZCI6InJzYSJ9.eyJpc3MiOiJodHRwczovL2lzc3Vlci5leGFtcGxlIiwic3ViIjoidSIsImF1ZCI6ImEiLCJleHAiOjIwMDAwMDAwMDB9.AAAA",
            br#"{"keys":[{"kty":"OKP","crv":"Ed25519","kid":"rsa","x":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}]}"#,
        ],
    },
    Target {
        name: "key_policy",
        run: key_policy,
        examples: &[
            br#"{"Version":"2012-10-17","Id":"k","Statement":[{"Sid":"s","Effect":"Allow","Principal":{"AWS":["arn:aws:iam::111122223333:root","*"]},"Action":"kms:*","Resource":"*","Condition":{"ForAnyValue:StringLike":{"aws:TagKeys":["a*"]}}}]}"#,
        ],
    },
    Target {
        name: "identity_policy",
        run: identity_policy,
        examples: &[
            br#"{"Version":"2012-10-17","Statement":[{"Sid":"s","Effect":"Allow","Action":["kms:*"],"Resource":"arn:aws:kms:*:*:alias/${aws:username, 'x'}-*","Condition":{"DateLessThan":{"aws:CurrentTime":"2026-01-02"},"NumericEquals":{"a:b":1.5},"IpAddress":{"aws:SourceIp":"10.0.0.0/8"}}}]}"#,
        ],
    },
    Target {
        name: "trust_policy",
        run: trust_policy,
        examples: &[
            br#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Federated":"arn:aws:iam::111122223333:oidc-provider/id.example.com","AWS":"111122223333"},"Action":"sts:AssumeRoleWithWebIdentity","Condition":{"StringEquals":{"id.example.com:sub":"a"}}}]}"#,
        ],
    },
    Target {
        name: "ciphertext",
        run: ciphertext,
        examples: &[&[
            0x53, 0x52, 0x4b, 1, 1, 1, 0, 0, 0, 0, 0, 0x19, 0xdf, 0x66, 0x90, 0xe5, 0x12, 0x34,
            0xab, 0xcd, 0x12, 0xab, 0x34, 0xcd, 0x56, 0xef, 0x12, 0x34, 0x56, 0x78, 0x90, 0xab,
        ]],
    },
    Target {
        name: "identifiers",
        run: identifiers,
        examples: &[
            b"arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab",
            b"arn:aws:kms:us-east-1:111122223333:alias/a",
            b"mrk-1234abcd12ab34cd56ef1234567890ab",
        ],
    },
    Target {
        name: "stored_row",
        run: stored_row,
        examples: &[&[1; 64]],
    },
    Target {
        name: "journal_entry",
        run: journal_entry,
        examples: &[br#"{"a":1,"b":{"c":[true,null,"\u00e4"]},"z":"end"}"#],
    },
    Target {
        name: "checkpoint",
        run: checkpoint,
        examples: &[
            br#"{"note":"strongroom/journal/c\n3\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\ninstallation c\nhead 0000000000000000000000000000000000000000000000000000000000000000\nprevious 2\ntime 2026-11-25T22:30:00Z\nfold 2 0000000000000000000000000000000000000000000000000000000000000000\nhandover 1\nnext PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW\n\n\u2014 strongroom/journal/c AQIDBAUG\n","range":["AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=","AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="]}"#,
        ],
    },
    Target {
        name: "trusted_keys",
        run: trusted_keys,
        examples: &[
            b"# keys\nPeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW 1-25\n",
            b"PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW 26-\n",
        ],
    },
    Target {
        name: "proof",
        run: proof,
        examples: &[
            br#"{"kind":"inclusion","line":"{}","index":1,"size":3,"hashes":["AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="],"checkpoint":"strongroom/journal/c\n3\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\ninstallation c\nhead 0000000000000000000000000000000000000000000000000000000000000000\nprevious 2\ntime t\n\n\u2014 c AQIDBAUG\n","handovers":["x"]}"#,
            br#"{"kind":"consistency","first_size":18446744073709551615,"size":3,"hashes":[],"first_checkpoint":"","checkpoint":""}"#,
        ],
    },
    Target {
        name: "seals",
        run: seals,
        examples: &[
            br#"{"format":1,"cluster_id":"c","root_key_version":1,"seals":[],"mac":"00"}"#,
        ],
    },
    Target {
        name: "private_key",
        run: private_key,
        examples: &[
            &[0x10, 0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20, 0x07, 0x07, 0x07, 0x07, 0x07, 0x07, 0x07, 0x07, 0x07, 0x07, 0x07, 0x07, 0x07, 0x07, 0x07, 0x07, 0x07, 0x07, 0x07, 0x07, 0x07, 0x07, 0x07, 0x07, 0x07, 0x07, 0x07, 0x07, 0x07, 0x07, 0x07, 0x07],
            &[0x03, 0x30, 0x41, 0x02, 0x01, 0x00, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x04, 0x27, 0x30, 0x25, 0x02, 0x01, 0x01, 0x04, 0x20, 0x07, 0x07, 0x07, 0x07, 0x07, 0x07, 0x07, 0x07, 0x07, 0x07, 0x07, 0x07, 0x07, 0x07, 0x07, 0x07, 0x07, 0x07, 0x07, 0x07, 0x07, 0x07, 0x07, 0x07, 0x07, 0x07, 0x07, 0x07, 0x07, 0x07, 0x07, 0x07],
        ],
    },
    Target {
        name: "public_key",
        run: public_key,
        examples: &[&[0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00, 0x04, 0x6b, 0x17, 0xd1, 0xf2, 0xe1, 0x2c, 0x42, 0x47, 0xf8, 0xbc, 0xe6, 0xe5, 0x63, 0xa4, 0x40, 0xf2, 0x77, 0x03, 0x7d, 0x81, 0x2d, 0xeb, 0x33, 0xa0, 0xf4, 0xa1, 0x39, 0x45, 0xd8, 0x98, 0xc2, 0x96, 0x4f, 0xe3, 0x42, 0xe2, 0xfe, 0x1a, 0x7f, 0x9b, 0x8e, 0xe7, 0xeb, 0x4a, 0x7c, 0x0f, 0x9e, 0x16, 0x2b, 0xce, 0x33, 0x57, 0x6b, 0x31, 0x5e, 0xce, 0xcb, 0xb6, 0x40, 0x68, 0x37, 0xbf, 0x51, 0xf5]],
    },
    Target {
        name: "pattern",
        run: pattern,
        examples: &[b"a*b?c\0aXbYc", b"***************b\0aaaaaaaaaaaaaaaaaaaaaaaaaa"],
    },
];

/// The body of a request; the first byte chooses the operation.
fn request(bytes: &[u8]) {
    let Some((choice, body)) = bytes.split_first() else {
        return;
    };
    let at = usize::from(*choice) % Operation::ALL.len();
    if let Some(operation) = Operation::ALL.get(at) {
        let _decoded = strongroom::wire::decode(*operation, body);
    }
}

fn authorization(bytes: &[u8]) {
    let headers: &[(&str, &[u8])] = &[
        ("host", b"localhost"),
        ("x-amz-date", b"20150830T123600Z"),
        ("x-amz-target", b"TrentService.ListKeys"),
        ("authorization", bytes),
    ];
    let parts = SignedParts {
        method: "POST",
        path: "/",
        query: "",
        headers,
        body: b"{}",
    };
    let _claim = Claim::parse(&parts, Protocol::Json);
}

fn query(bytes: &[u8]) {
    let Ok(query) = std::str::from_utf8(bytes) else {
        return;
    };
    let headers: &[(&str, &[u8])] = &[("host", b"localhost")];
    let parts = SignedParts {
        method: "GET",
        path: "/",
        query,
        headers,
        body: b"",
    };
    let _claim = Claim::parse(&parts, Protocol::Query);
}

fn sts_form(bytes: &[u8]) {
    let Ok(form) = Form::read("", bytes) else {
        return;
    };
    if let Ok(action) = Action::of(&form) {
        let _request = sts::read(action, &form);
    }
}

fn session_token(bytes: &[u8]) {
    static KEY: LazyLock<Option<SessionSealKey>> = LazyLock::new(|| {
        let key = ServiceKey::generate(Job::SessionSeal, 1, &Random::replayed(1)).ok()?;
        SessionSealKey::new(key).ok()
    });
    if let (Ok(token), Some(key)) = (std::str::from_utf8(bytes), &*KEY) {
        let _version = SessionSealKey::version_of(token);
        assert!(key.open("ASIASESSION000000001", token).is_err());
    }
}

fn web_identity(bytes: &[u8]) {
    static KEYS: LazyLock<Option<KeySet>> = LazyLock::new(|| {
        let key = br#"{"keys":[{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}"#;
        KeySet::parse(key).ok()
    });
    if let (Ok(text), Some(keys)) = (std::str::from_utf8(bytes), &*KEYS)
        && let Ok(token) = WebIdentityToken::parse(text)
    {
        assert!(keys.verify(&token).is_err());
        let _ = (token.conditions(), token.session_tags(), token.begins());
    }
    let _keys = KeySet::parse(bytes);
}

fn key_policy(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    let _policy = KeyPolicy::parse(text, &|_| true);
}

/// A policy of a caller, which is then asked.
fn identity_policy(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    if let Ok(policy) = IdentityPolicy::parse(text) {
        for condition in policy.statements.iter().flat_map(|one| &one.conditions) {
            let _holds = condition.holds(&Echo(text));
        }
    }
}

/// A request that has the same text under every key.
struct Echo<'a>(&'a str);

impl Facts for Echo<'_> {
    fn values<'f>(&'f self, _: &ConditionKey) -> Values<'f> {
        Values::of(Some(self.0))
    }
}

fn trust_policy(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    let _policy = TrustPolicy::parse(text);
}

fn ciphertext(bytes: &[u8]) {
    let _header = CiphertextHeader::parse(bytes, &IdentifierKeys::development());
}

fn identifiers(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    if let Ok(id) = KeyId::parse(text) {
        assert_eq!(id.to_string(), text);
    }
    if let Ok(name) = AliasName::parse(text) {
        assert_eq!(name.as_str(), text);
    }
    if let Ok(region) = Region::parse("us-east-1") {
        let _reference = KeyRef::parse(text, &region);
    }
    let _material = MaterialId::parse(text);
}

/// A key whose tags are never right, so that a forged row can never open.
struct NoKey;

impl RowIntegrity for NoKey {
    fn tag(&self, _: &[u8], _: u64, _: &[u8]) -> [u8; 32] {
        [0; 32]
    }

    fn verify(&self, _: &[u8], _: u64, _: &[u8], _: &[u8; 32]) -> bool {
        false
    }
}

fn stored_row(bytes: &[u8]) {
    let value = bytes::Bytes::copy_from_slice(bytes);
    assert!(open_row(b"note/x", &value, &|_| Some(NoKey)).is_err());
}

fn journal_entry(bytes: &[u8]) {
    let _entry = EntryBytes::from_canonical(bytes.to_vec());
}

/// A line of a file of checkpoints; what is read prints as it was read.
fn checkpoint(bytes: &[u8]) {
    if let Ok(kept) = Kept::parse(bytes) {
        assert_eq!(Note::parse(&kept.note.to_string()).as_ref(), Ok(&kept.note));
    }
    if let Ok(text) = std::str::from_utf8(bytes) {
        if let Ok(note) = Note::parse(text) {
            assert_eq!(note.to_string(), text);
        }
        if let Some(checkpoint) = Checkpoint::parse(text) {
            assert_eq!(Checkpoint::parse(&checkpoint.text()), Some(checkpoint));
        }
    }
}

/// No signature is genuine, so that a forged proof can never hold.
fn never(_: NoteKeyKind, _: &[u8], _: &[u8], _: &[u8]) -> bool {
    false
}

fn trusted_keys(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    if let Ok(trusted) = TrustedKeys::parse(text, never) {
        let printed: String = trusted
            .keys()
            .iter()
            .map(|key| format!("{key}\n"))
            .collect();
        let again = TrustedKeys::parse(&printed, never).map(|again| again.keys().to_vec());
        assert_eq!(again.as_deref(), Ok(trusted.keys()));
    }
}

/// A proof, once with signatures that are never genuine, and once with any, so that its hashes
/// are looked at.
fn proof(bytes: &[u8]) {
    let key = |kind, length| NoteKey {
        name: "c".to_owned(),
        kind,
        public_key: vec![0; length],
    };
    let keys = vec![key(NoteKeyKind::Ed25519, 32)];
    if let Ok(proof) = serde_json::from_slice::<Proof>(bytes) {
        assert!(check_proof(&proof, &TrustedKeys::new(keys, never)).is_err());
        let _holds = check_proof(&proof, &TrustedKeys::new(Vec::new(), never));
    }
}

fn seals(bytes: &[u8]) {
    let _set = SealSet::from_json(bytes);
}

/// A wildcard pattern and a text, with a zero byte between them.
fn pattern(bytes: &[u8]) {
    let Ok(both) = std::str::from_utf8(bytes) else {
        return;
    };
    if let Some((pattern, text)) = both.split_once('\0') {
        let _matches = Pattern::parse(pattern, Case::Sensitive).matches(text);
    }
}

/// Key material as it is imported; the first byte chooses the key spec.
fn private_key(bytes: &[u8]) {
    let Some((choice, key)) = bytes.split_first() else {
        return;
    };
    let at = usize::from(*choice) % KeySpec::ALL.len();
    if let Some(spec) = KeySpec::ALL.get(at) {
        let _material = KeyMaterial::from_bytes(*spec, &Plaintext::new(key.to_vec()));
    }
}

/// A stranger's public key, and a stranger's ciphertext, for curves of both libraries.
fn public_key(bytes: &[u8]) {
    static KEYS: LazyLock<Vec<AgreementKey>> = LazyLock::new(|| {
        [KeySpec::EccNistP256, KeySpec::Sm2]
            .into_iter()
            .filter_map(|spec| {
                let material = KeyMaterial::generate(spec, &Random::system()).ok()?;
                AgreementKey::new(&material, spec).ok()
            })
            .collect()
    });
    static SM2: LazyLock<Option<EncryptionKey>> = LazyLock::new(|| {
        let material = KeyMaterial::generate(KeySpec::Sm2, &Random::system()).ok()?;
        EncryptionKey::new(&material, KeySpec::Sm2).ok()
    });
    for key in KEYS.iter() {
        let _secret = key.derive(bytes);
    }
    if let Some(key) = SM2.as_ref() {
        let _plaintext = key.decrypt(EncryptionAlgorithmSpec::Sm2pke, bytes);
    }
}
