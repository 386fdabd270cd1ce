//! Imported key material: from the parameters to the material's end, and a model that judges it.

use std::collections::BTreeMap;

use aws_lc_rs::rsa::{OAEP_SHA256_MGF1SHA256, OaepPublicEncryptingKey, PublicEncryptingKey};
use proptest::prelude::*;
use strongroom_model::{
    Plaintext, Timestamp,
    enums::{
        AlgorithmSpec, ExpirationModelType, ImportState, ImportType, KeyMaterialState, KeyState,
        OriginType, WrappingKeySpec,
    },
    errors::ErrorCode,
    operations::{Input, Output},
    shapes::*,
};

use super::{
    blob, decrypt, describe, disable, encrypt,
    rotation::{materials, rotate},
    schedule,
};
use crate::testing::{Bench, symmetric_key};

pub(super) fn parameters(key: &str) -> Input {
    Input::GetParametersForImport(GetParametersForImportRequest {
        key_id: key.to_owned(),
        wrapping_algorithm: AlgorithmSpec::RsaesOaepSha256,
        wrapping_key_spec: WrappingKeySpec::Rsa2048,
    })
}

async fn external(bench: &Bench) -> String {
    let request = CreateKeyRequest {
        origin: Some(OriginType::External),
        ..symmetric_key()
    };
    bench.key_like(request).await.key_id
}

/// A request for the import of 32 equal bytes, with parameters of its own.
async fn import(bench: &Bench, key: &str, byte: u8) -> ImportKeyMaterialRequest {
    import_of(bench, key, &[byte; 32]).await
}

async fn import_of(bench: &Bench, key: &str, material: &[u8]) -> ImportKeyMaterialRequest {
    let Ok(Output::GetParametersForImport(given)) = bench.call(parameters(key)).await else {
        panic!("no parameters")
    };
    let public = PublicEncryptingKey::from_der(given.public_key.unwrap().expose()).unwrap();
    let public = OaepPublicEncryptingKey::new(public).unwrap();
    let mut wrapped = vec![0; public.ciphertext_size()];
    public
        .encrypt(&OAEP_SHA256_MGF1SHA256, material, &mut wrapped, None)
        .unwrap();
    ImportKeyMaterialRequest {
        encrypted_key_material: Plaintext::new(wrapped),
        expiration_model: Some(ExpirationModelType::KeyMaterialDoesNotExpire),
        import_token: given.import_token.unwrap(),
        import_type: None,
        key_id: key.to_owned(),
        key_material_description: None,
        key_material_id: None,
        valid_to: None,
    }
}

fn until(valid_to: Timestamp, request: ImportKeyMaterialRequest) -> ImportKeyMaterialRequest {
    ImportKeyMaterialRequest {
        expiration_model: None,
        valid_to: Some(valid_to),
        ..request
    }
}

fn as_new(request: ImportKeyMaterialRequest) -> ImportKeyMaterialRequest {
    ImportKeyMaterialRequest {
        import_type: Some(ImportType::NewKeyMaterial),
        ..request
    }
}

async fn put(bench: &Bench, request: ImportKeyMaterialRequest) -> String {
    match bench.call(Input::ImportKeyMaterial(request)).await {
        Ok(Output::ImportKeyMaterial(output)) => output.key_material_id.unwrap(),
        other => panic!("{other:?}"),
    }
}

async fn refused(bench: &Bench, request: ImportKeyMaterialRequest) -> (ErrorCode, String) {
    bench.refused(Input::ImportKeyMaterial(request)).await
}

fn delete(key: &str, material: Option<&str>) -> Input {
    Input::DeleteImportedKeyMaterial(DeleteImportedKeyMaterialRequest {
        key_id: key.to_owned(),
        key_material_id: material.map(str::to_owned),
    })
}

async fn described(bench: &Bench, key: &str) -> KeyMetadata {
    match bench.call(describe(key)).await {
        Ok(Output::DescribeKey(output)) => *output.key_metadata.unwrap(),
        other => panic!("{other:?}"),
    }
}

async fn state(bench: &Bench, key: &str) -> KeyState {
    described(bench, key).await.key_state.unwrap()
}

async fn rows(bench: &Bench, part: &str) -> Vec<String> {
    let all = strongroom_store::KeyRange::all();
    let rows = bench.backend.scan(all, 1000).await.unwrap().rows;
    rows.iter()
        .map(|row| String::from_utf8_lossy(&row.key).into_owned())
        .filter(|name| name.contains(part) && !name.starts_with("outbox"))
        .collect()
}

#[tokio::test]
async fn the_first_import_enables_the_key_and_uses_the_parameters_up() {
    let bench = Bench::new().await;
    let key = external(&bench).await;
    assert_eq!(described(&bench, &key).await.current_key_material_id, None);
    assert_eq!(described(&bench, &key).await.expiration_model, None);
    let request = import(&bench, &key, 1).await;
    assert_eq!(rows(&bench, "wrapping-key").await.len(), 2);
    let again = ImportKeyMaterialRequest {
        import_token: Plaintext::new(request.import_token.expose().to_vec()),
        encrypted_key_material: Plaintext::new(request.encrypted_key_material.expose().to_vec()),
        key_id: key.clone(),
        ..import(&bench, &key, 1).await
    };
    let id = put(&bench, request).await;
    let key_now = described(&bench, &key).await;
    assert_eq!(key_now.key_state, Some(KeyState::Enabled));
    assert_eq!(key_now.current_key_material_id, Some(id));
    assert_eq!(
        key_now.expiration_model,
        Some(ExpirationModelType::KeyMaterialDoesNotExpire)
    );
    assert_eq!(key_now.valid_to, None);
    let (code, message) = refused(&bench, again).await;
    assert_eq!(code, ErrorCode::InvalidImportTokenException);
    assert_eq!(message, "");
    let made = blob(&bench, &key).await;
    bench.call(decrypt(&made)).await.unwrap();
}

#[tokio::test]
async fn parameters_are_for_one_key_and_one_day() {
    let bench = Bench::new().await;
    let (key, other) = (external(&bench).await, external(&bench).await);
    let request = ImportKeyMaterialRequest {
        key_id: other.clone(),
        ..import(&bench, &key, 1).await
    };
    let (code, _) = refused(&bench, request).await;
    assert_eq!(code, ErrorCode::InvalidImportTokenException);

    let mut request = import(&bench, &key, 1).await;
    let mut token = request.import_token.expose().to_vec();
    for at in 0..token.len() {
        token[at] ^= 1;
        request.import_token = Plaintext::new(token.clone());
        let (code, _) = refused(
            &bench,
            ImportKeyMaterialRequest {
                encrypted_key_material: Plaintext::new(vec![0; 256]),
                import_token: Plaintext::new(token.clone()),
                key_id: key.clone(),
                expiration_model: request.expiration_model,
                import_type: None,
                key_material_description: None,
                key_material_id: None,
                valid_to: None,
            },
        )
        .await;
        assert_eq!(code, ErrorCode::InvalidImportTokenException, "{at}");
        token[at] ^= 1;
    }

    let late = import(&bench, &key, 1).await;
    bench.advance_days(1);
    let (code, _) = refused(&bench, late).await;
    assert_eq!(code, ErrorCode::ExpiredImportTokenException);
    bench.service.maintain().await;
    assert_eq!(rows(&bench, "wrapping-key").await, Vec::<String>::new());
}

#[tokio::test]
async fn what_is_no_material_for_the_key_is_refused() {
    let bench = Bench::new().await;
    let key = external(&bench).await;
    for length in [0, 16, 31, 33, 64] {
        let request = import_of(&bench, &key, &vec![7; length]).await;
        let (code, _) = refused(&bench, request).await;
        assert_eq!(code, ErrorCode::IncorrectKeyMaterialException, "{length}");
    }
    let mut request = import(&bench, &key, 1).await;
    request.encrypted_key_material = Plaintext::new(vec![7; 256]);
    assert_eq!(
        refused(&bench, request).await,
        (ErrorCode::InvalidCiphertextException, String::new())
    );
    assert_eq!(state(&bench, &key).await, KeyState::PendingImport);
}

#[tokio::test]
async fn material_that_expires_is_unusable_from_that_instant_and_wiped_by_the_sweeper() {
    let bench = Bench::new().await;
    let key = external(&bench).await;
    let valid_to = bench.now().plus_days(10);
    let id = put(&bench, until(valid_to, import(&bench, &key, 1).await)).await;
    assert_eq!(described(&bench, &key).await.valid_to, Some(valid_to));
    let made = blob(&bench, &key).await;

    bench.advance_days(10);
    bench.advance_millis(-1);
    bench.call(decrypt(&made)).await.unwrap();
    bench.advance_millis(1);
    let arn = format!("arn:aws:kms:us-east-1:111122223333:key/{key}");
    assert_eq!(
        bench.refused(decrypt(&made)).await,
        (
            ErrorCode::KMSInvalidStateException,
            format!("{arn} is pending import.")
        )
    );
    let key_now = described(&bench, &key).await;
    assert_eq!(key_now.key_state, Some(KeyState::PendingImport));
    assert_eq!(key_now.current_key_material_id, Some(id.clone()));
    assert_eq!(key_now.expiration_model, None);
    assert_eq!(key_now.valid_to, None);

    bench.service.maintain().await;
    let journal = bench.journal();
    let event = journal
        .lines()
        .find(|line| line.contains(r#""eventName":"DeleteExpiredKeyMaterial""#))
        .unwrap();
    let details = format!(r#""serviceEventDetails":{{"keyId":"{key}","keyMaterialId":"{id}"}}"#);
    assert!(event.contains(&details), "{event}");
    let [listed] = &materials(&bench, &key).await[..] else {
        panic!()
    };
    assert_eq!(listed.import_state, Some(ImportState::PendingImport));
    assert_eq!(rows(&bench, "due-expiry").await, Vec::<String>::new());

    // Other material is not taken in its place; the same is.
    let (code, _) = refused(&bench, import(&bench, &key, 2).await).await;
    assert_eq!(code, ErrorCode::IncorrectKeyMaterialException);
    let (code, _) = refused(&bench, as_new(import(&bench, &key, 1).await)).await;
    assert_eq!(code, ErrorCode::IncorrectKeyMaterialException);
    assert_eq!(put(&bench, import(&bench, &key, 1).await).await, id);
    bench.call(decrypt(&made)).await.unwrap();
}

#[tokio::test]
async fn the_sweeper_wipes_what_nobody_asks_for() {
    let bench = Bench::new().await;
    let key = external(&bench).await;
    let valid_to = bench.now().plus_days(1);
    put(&bench, until(valid_to, import(&bench, &key, 1).await)).await;
    bench.advance_days(2);
    bench.service.maintain().await;
    assert!(bench.journal().contains("DeleteExpiredKeyMaterial"));
}

#[tokio::test]
async fn further_material_waits_for_its_rotation() {
    let bench = Bench::new().await;
    let key = external(&bench).await;
    let arn = format!("arn:aws:kms:us-east-1:111122223333:key/{key}");
    let (code, message) = bench.refused(rotate(&key)).await;
    assert_eq!(code, ErrorCode::KMSInvalidStateException);
    assert_eq!(message, format!("{arn} is pending import."));
    let first = put(&bench, import(&bench, &key, 1).await).await;
    let (code, message) = bench.refused(rotate(&key)).await;
    assert_eq!(code, ErrorCode::KMSInvalidStateException);
    assert_eq!(
        message,
        format!("No available key material pending rotation for the key: {arn}.")
    );
    let before = blob(&bench, &key).await;

    let mut request = as_new(import(&bench, &key, 2).await);
    request.key_material_description = Some("the second".to_owned());
    let second = put(&bench, request).await;
    assert_eq!(
        described(&bench, &key).await.current_key_material_id,
        Some(first.clone())
    );
    let listed = materials(&bench, &key).await;
    assert_eq!(
        listed[0].key_material_state,
        Some(KeyMaterialState::Current)
    );
    assert_eq!(
        listed[1].key_material_state,
        Some(KeyMaterialState::PendingRotation)
    );
    assert_eq!(
        listed[1].key_material_description.as_deref(),
        Some("the second")
    );

    let third = as_new(import(&bench, &key, 3).await);
    let (code, message) = refused(&bench, third).await;
    assert_eq!(code, ErrorCode::KMSInvalidStateException);
    assert!(
        message.starts_with("New key material (id: ")
            && message.ends_with(&format!(
                ") cannot be imported into KMS key {arn}, because another key material (id: \
                 {second}) is pending rotation."
            )),
        "{message}"
    );

    bench.call(rotate(&key)).await.unwrap();
    assert_eq!(
        described(&bench, &key).await.current_key_material_id,
        Some(second.clone())
    );
    let journal = bench.journal();
    let event = journal
        .lines()
        .find(|line| line.contains(r#""eventName":"RotateKey""#))
        .unwrap();
    assert!(event.contains(r#""keyOrigin":"EXTERNAL""#), "{event}");
    assert!(event.contains(r#""rotationType":"ON_DEMAND""#), "{event}");
    bench.call(decrypt(&before)).await.unwrap();

    // Losing any of them stops all of it.
    bench.call(delete(&key, Some(&first))).await.unwrap();
    assert_eq!(state(&bench, &key).await, KeyState::PendingImport);
    let (code, _) = bench.refused(encrypt(&key)).await;
    assert_eq!(code, ErrorCode::KMSInvalidStateException);
    put(&bench, import(&bench, &key, 1).await).await;
    bench.call(encrypt(&key)).await.unwrap();
    bench.call(decrypt(&before)).await.unwrap();
}

#[tokio::test]
async fn a_disabled_key_that_lacks_nothing_stays_disabled() {
    let bench = Bench::new().await;
    let key = external(&bench).await;
    put(&bench, import(&bench, &key, 1).await).await;
    bench.call(disable(&key)).await.unwrap();
    put(&bench, import(&bench, &key, 1).await).await;
    assert_eq!(state(&bench, &key).await, KeyState::Disabled);
    bench.call(delete(&key, None)).await.unwrap();
    assert_eq!(state(&bench, &key).await, KeyState::PendingImport);
    put(&bench, import(&bench, &key, 1).await).await;
    assert_eq!(state(&bench, &key).await, KeyState::Enabled);
}

#[tokio::test]
async fn a_key_pending_deletion_can_lose_material_and_not_get_any() {
    let bench = Bench::new().await;
    let key = external(&bench).await;
    put(&bench, import(&bench, &key, 1).await).await;
    let request = import(&bench, &key, 1).await;
    bench.call(schedule(&key, 7)).await.unwrap();
    bench.call(delete(&key, None)).await.unwrap();
    assert_eq!(state(&bench, &key).await, KeyState::PendingDeletion);
    let (code, _) = refused(&bench, request).await;
    assert_eq!(code, ErrorCode::KMSInvalidStateException);
    // Nothing of it is left at the end.
    bench.advance_days(7);
    bench.service.maintain().await;
    let tombstone = format!("region/111122223333/us-east-1/tombstone/{key}");
    assert_eq!(rows(&bench, &key).await, vec![tombstone]);
}

#[tokio::test]
async fn a_thousand_bytes_of_a_token_or_of_nothing_are_no_token() {
    let bench = Bench::new().await;
    let key = external(&bench).await;
    for length in [1, 71, 72, 102, 103, 104, 1000] {
        let request = ImportKeyMaterialRequest {
            import_token: Plaintext::new(vec![1; length]),
            ..import(&bench, &key, 1).await
        };
        let (code, _) = refused(&bench, request).await;
        assert_eq!(code, ErrorCode::InvalidImportTokenException, "{length}");
    }
}

// --- A model that judges every answer ------------------------------------------------------------

#[derive(Clone, Debug)]
enum Step {
    /// Import material number `.0`, as new or existing or by default, valid for so many days.
    Import(u8, Option<ImportType>, Option<i64>),
    Rotate,
    /// Delete material number `.0`, or the current one.
    Delete(Option<u8>),
    AdvanceDays(i64),
    Disable,
    Enable,
    Encrypt,
    Sweep,
}

fn step() -> impl Strategy<Value = Step> {
    let kind = prop_oneof![
        2 => Just(None),
        2 => Just(Some(ImportType::NewKeyMaterial)),
        1 => Just(Some(ImportType::ExistingKeyMaterial)),
    ];
    let days = prop_oneof![2 => Just(None), 1 => (1i64..30).prop_map(Some)];
    prop_oneof![
        5 => (0u8..4, kind, days).prop_map(|(at, kind, days)| Step::Import(at, kind, days)),
        3 => Just(Step::Rotate),
        2 => proptest::option::of(0u8..4).prop_map(Step::Delete),
        2 => (1i64..20).prop_map(Step::AdvanceDays),
        1 => Just(Step::Disable),
        1 => Just(Step::Enable),
        2 => Just(Step::Encrypt),
        1 => Just(Step::Sweep),
    ]
}

/// What AWS says of a key with imported material, without rows, caches and sweepers.
#[derive(Default)]
struct Model {
    day: i64,
    disabled: bool,
    /// Permanent materials: the last day of each, or none if its bytes are not there.
    permanent: BTreeMap<u8, Option<i64>>,
    current: Option<u8>,
    pending: Option<(u8, i64)>,
}

const FOR_EVER: i64 = i64::MAX;

impl Model {
    fn pass_time(&mut self) {
        let day = self.day;
        for end in self.permanent.values_mut() {
            *end = end.filter(|end| day < *end);
        }
        self.pending = self.pending.filter(|(_, end)| day < *end);
    }

    fn state(&self) -> KeyState {
        if self.current.is_none() || self.permanent.values().any(Option::is_none) {
            KeyState::PendingImport
        } else if self.disabled {
            KeyState::Disabled
        } else {
            KeyState::Enabled
        }
    }

    fn refusal(&self) -> Option<ErrorCode> {
        match self.state() {
            KeyState::PendingImport => Some(ErrorCode::KMSInvalidStateException),
            KeyState::Disabled => Some(ErrorCode::DisabledException),
            _ => None,
        }
    }

    fn import(&mut self, at: u8, kind: Option<ImportType>, days: Option<i64>) -> Option<ErrorCode> {
        let end = days.map_or(FOR_EVER, |days| self.day + days);
        let is_pending = self.pending.is_some_and(|(pending, _)| pending == at);
        let known = self.permanent.contains_key(&at) || is_pending;
        let first = self.permanent.is_empty();
        let new = match kind {
            Some(kind) => kind == ImportType::NewKeyMaterial,
            None => first,
        };
        if new == known {
            return Some(ErrorCode::IncorrectKeyMaterialException);
        }
        let was = self.state();
        if is_pending {
            self.pending = Some((at, end));
        } else if known || first {
            self.permanent.insert(at, Some(end));
            self.current = self.current.or(Some(at));
        } else if self.pending.is_some() {
            return Some(ErrorCode::KMSInvalidStateException);
        } else {
            self.pending = Some((at, end));
        }
        if was == KeyState::PendingImport {
            let disabled = std::mem::take(&mut self.disabled);
            if self.state() == KeyState::PendingImport {
                self.disabled = disabled;
            }
        }
        None
    }

    fn apply(&mut self, step: &Step) -> Option<ErrorCode> {
        match step {
            Step::Import(at, kind, days) => return self.import(*at, *kind, *days),
            Step::Rotate => {
                if let Some(refusal) = self.refusal() {
                    return Some(refusal);
                }
                let Some((at, end)) = self.pending.take() else {
                    return Some(ErrorCode::KMSInvalidStateException);
                };
                self.permanent.insert(at, Some(end));
                self.current = Some(at);
            }
            Step::Delete(named) => {
                let at = named.or(self.current)?;
                if self.pending.is_some_and(|(pending, _)| pending == at) {
                    self.pending = None;
                } else if let Some(end) = self.permanent.get_mut(&at) {
                    *end = None;
                } else {
                    return Some(ErrorCode::NotFoundException);
                }
            }
            Step::AdvanceDays(days) => {
                self.day += days;
                self.pass_time();
            }
            Step::Disable | Step::Enable => {
                if self.state() == KeyState::PendingImport {
                    return Some(ErrorCode::KMSInvalidStateException);
                }
                self.disabled = matches!(step, Step::Disable);
            }
            Step::Encrypt => return self.refusal(),
            Step::Sweep => {}
        }
        None
    }
}

/// The key under test, and the ids of materials as far as they are known.
struct Subject {
    bench: Bench,
    key: String,
    ids: BTreeMap<u8, String>,
    made: BTreeMap<u8, Vec<u8>>,
}

impl Subject {
    async fn apply(&mut self, step: &Step, model: &Model) -> Option<ErrorCode> {
        let bench = &self.bench;
        let input = match step {
            Step::Import(at, kind, days) => {
                let request = import(bench, &self.key, *at + 1).await;
                let mut request = match days {
                    Some(days) => until(bench.now().plus_days(*days), request),
                    None => request,
                };
                request.import_type = *kind;
                Input::ImportKeyMaterial(request)
            }
            Step::Rotate => rotate(&self.key),
            Step::Delete(None) => delete(&self.key, None),
            Step::Delete(Some(at)) => {
                let unknown = format!("{at:064x}");
                delete(&self.key, Some(self.ids.get(at).unwrap_or(&unknown)))
            }
            Step::AdvanceDays(days) => {
                bench.advance_days(*days);
                return None;
            }
            Step::Sweep => {
                bench.service.maintain().await;
                return None;
            }
            Step::Disable => disable(&self.key),
            Step::Enable => Input::EnableKey(EnableKeyRequest {
                key_id: self.key.clone(),
            }),
            Step::Encrypt => encrypt(&self.key),
        };
        match (bench.call(input).await, step) {
            (Ok(Output::ImportKeyMaterial(output)), Step::Import(at, ..)) => {
                let id = output.key_material_id.unwrap();
                let known = self.ids.entry(*at).or_insert_with(|| id.clone());
                assert_eq!(*known, id);
                None
            }
            (Ok(Output::Encrypt(output)), _) => {
                let current = model.current.unwrap();
                self.made.insert(current, output.ciphertext_blob.unwrap());
                None
            }
            (Ok(_), _) => None,
            (Err(error), _) => Some(error.code()),
        }
    }

    async fn check(&self, model: &Model) {
        let key = described(&self.bench, &self.key).await;
        assert_eq!(key.key_state, Some(model.state()));
        let current = model.current.and_then(|at| self.ids.get(&at));
        assert_eq!(key.current_key_material_id.as_ref(), current);
        let listed = materials(&self.bench, &self.key).await;
        assert_eq!(
            listed.len(),
            model.permanent.len() + usize::from(model.pending.is_some())
        );
        for (at, blob) in &self.made {
            let outcome = self.bench.call(decrypt(blob)).await;
            match (outcome, model.refusal()) {
                (Ok(Output::Decrypt(output)), None) => {
                    assert_eq!(output.key_material_id.as_ref(), self.ids.get(at));
                }
                (Err(error), Some(refusal)) => assert_eq!(error.code(), refusal),
                (outcome, refusal) => panic!("{outcome:?}, {refusal:?}"),
            }
        }
    }
}

proptest! {
    // Each import makes an RSA key, which is slow.
    #![proptest_config(ProptestConfig { cases: 12, max_shrink_iters: 60, ..ProptestConfig::default() })]

    #[test]
    fn imports_and_rotations_are_as_the_model_says(steps in prop::collection::vec(step(), 1..14)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let bench = Bench::new().await;
            let key = external(&bench).await;
            let mut subject = Subject { bench, key, ids: BTreeMap::new(), made: BTreeMap::new() };
            let mut model = Model::default();
            for step in &steps {
                let heard = subject.apply(step, &model).await;
                let expected = model.apply(step);
                assert_eq!(heard, expected, "{step:?} of {steps:?}");
                subject.check(&model).await;
            }
        });
    }
}
