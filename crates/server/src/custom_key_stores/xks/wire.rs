//! The bodies of the XKS proxy API.
//!
//! Unknown members of an answer are passed over; what is missing, of another type or outside of
//! the bounds that the specification sets makes it no answer.
//!
//! AWS: XKS proxy API specification, version 1, "API".

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use strongroom_crypto::layers::{self, METADATA_BYTES, OuterLayer};
use strongroom_kms::outside::{About, ExternalKey, MadeOuterLayer, ProxyFault};
use zeroize::Zeroizing;

const ALGORITHM: &str = "AES_GCM";
const INTEGRITY_ALGORITHM: &str = "SHA_256";
/// Key managers that a proxy may tell of. AWS: XKS proxy API, "GetHealthStatus".
const FLEET: std::ops::RangeInclusive<usize> = 1..=10;
/// Usages that a proxy may tell of. AWS: XKS proxy API, "GetKeyMetadata".
const USAGES: usize = 10;
/// Bytes of a proxy's own message that go to the log.
const LOGGED: usize = 512;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct RequestMetadata<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    aws_principal_arn: Option<&'a str>,
    kms_operation: &'a str,
    kms_request_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    kms_key_arn: Option<&'a str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Request<'a> {
    request_metadata: RequestMetadata<'a>,
    #[serde(flatten)]
    cryptography: Option<Cryptography<'a>>,
}

#[derive(Default, Serialize)]
#[serde(rename_all = "camelCase")]
struct Cryptography<'a> {
    encryption_algorithm: &'a str,
    additional_authenticated_data: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    plaintext: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ciphertext_data_integrity_value_algorithm: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ciphertext: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    initialization_vector: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    authentication_tag: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ciphertext_metadata: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Health {
    xks_proxy_fleet_size: u64,
    #[serde(rename = "xksProxyVendor")]
    _proxy_vendor: String,
    #[serde(rename = "xksProxyModel")]
    _proxy_model: String,
    #[serde(rename = "ekmVendor")]
    _manager_vendor: String,
    ekm_fleet_details: Vec<Manager>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Manager {
    #[serde(rename = "id")]
    _id: String,
    #[serde(rename = "model")]
    _model: String,
    health_status: HealthStatus,
}

#[derive(Deserialize, PartialEq, Eq)]
#[serde(rename_all = "UPPERCASE")]
enum HealthStatus {
    Active,
    Degraded,
    Unavailable,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct KeyMetadata {
    key_spec: String,
    key_usage: Vec<String>,
    key_status: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Encrypted {
    ciphertext: String,
    initialization_vector: String,
    authentication_tag: String,
    ciphertext_metadata: Option<String>,
    ciphertext_data_integrity_value: String,
}

#[derive(Deserialize)]
struct Decrypted {
    plaintext: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ErrorBody {
    error_name: String,
    error_message: Option<String>,
}

type Body = Zeroizing<Vec<u8>>;

fn to_body(request: &Request<'_>) -> Result<Body, ProxyFault> {
    serde_json::to_vec(request)
        .map(Zeroizing::new)
        .map_err(|_| ProxyFault::Internal)
}

pub(super) fn health_request(about: &About) -> Result<Body, ProxyFault> {
    to_body(&Request {
        request_metadata: RequestMetadata {
            aws_principal_arn: None,
            kms_operation: about.operation,
            kms_request_id: &about.request_id,
            kms_key_arn: None,
        },
        cryptography: None,
    })
}

pub(super) fn metadata_request(about: &About) -> Result<Body, ProxyFault> {
    to_body(&Request {
        request_metadata: RequestMetadata {
            aws_principal_arn: Some(&about.principal),
            kms_operation: about.operation,
            kms_request_id: &about.request_id,
            kms_key_arn: None,
        },
        cryptography: None,
    })
}

pub(super) fn encrypt_request(about: &About, inner: &[u8], aad: &[u8]) -> Result<Body, ProxyFault> {
    cryptographic(
        about,
        Cryptography {
            encryption_algorithm: ALGORITHM,
            additional_authenticated_data: STANDARD.encode(aad),
            plaintext: Some(STANDARD.encode(inner)),
            ciphertext_data_integrity_value_algorithm: Some(INTEGRITY_ALGORITHM),
            ..Cryptography::default()
        },
    )
}

pub(super) fn decrypt_request(
    about: &About,
    outer: &OuterLayer<'_>,
    aad: &[u8],
) -> Result<Body, ProxyFault> {
    let metadata = (!outer.metadata.is_empty()).then(|| STANDARD.encode(outer.metadata));
    cryptographic(
        about,
        Cryptography {
            encryption_algorithm: ALGORITHM,
            additional_authenticated_data: STANDARD.encode(aad),
            ciphertext: Some(STANDARD.encode(outer.ciphertext)),
            initialization_vector: Some(STANDARD.encode(outer.iv)),
            authentication_tag: Some(STANDARD.encode(outer.tag)),
            ciphertext_metadata: metadata,
            ..Cryptography::default()
        },
    )
}

fn cryptographic(about: &About, cryptography: Cryptography<'_>) -> Result<Body, ProxyFault> {
    to_body(&Request {
        request_metadata: RequestMetadata {
            aws_principal_arn: Some(&about.principal),
            kms_operation: about.operation,
            kms_request_id: &about.request_id,
            kms_key_arn: about.key_arn.as_deref(),
        },
        cryptography: Some(cryptography),
    })
}

fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, ProxyFault> {
    serde_json::from_slice(body).map_err(|error| {
        tracing::debug!(%error, "an external key store proxy answered something else");
        ProxyFault::InvalidResponse
    })
}

fn bytes(text: &str) -> Result<Vec<u8>, ProxyFault> {
    STANDARD
        .decode(text)
        .map_err(|_| ProxyFault::InvalidResponse)
}

/// How many key managers are behind a proxy, by state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Managers {
    active: u64,
    degraded: u64,
    unavailable: u64,
}

impl Managers {
    pub(super) fn states(self) -> [u64; 3] {
        [self.active, self.degraded, self.unavailable]
    }

    /// Whether one of them can be used.
    pub(super) fn any(self) -> Result<(), ProxyFault> {
        if self.active + self.degraded == 0 {
            return Err(ProxyFault::NoManager);
        }
        Ok(())
    }
}

pub(super) fn read_health(body: &[u8]) -> Result<Managers, ProxyFault> {
    let health: Health = read(body)?;
    let managers = health.ekm_fleet_details;
    if health.xks_proxy_fleet_size == 0 || !FLEET.contains(&managers.len()) {
        return Err(ProxyFault::InvalidResponse);
    }
    let mut counted = Managers::default();
    for manager in &managers {
        match manager.health_status {
            HealthStatus::Active => counted.active += 1,
            HealthStatus::Degraded => counted.degraded += 1,
            HealthStatus::Unavailable => counted.unavailable += 1,
        }
    }
    Ok(counted)
}

pub(super) fn read_metadata(body: &[u8]) -> Result<ExternalKey, ProxyFault> {
    let key: KeyMetadata = read(body)?;
    if key.key_usage.len() > USAGES {
        return Err(ProxyFault::InvalidResponse);
    }
    let has = |usage: &str| key.key_usage.iter().any(|other| other == usage);
    let is_enabled = match key.key_status.as_str() {
        "ENABLED" => true,
        "DISABLED" => false,
        _ => return Err(ProxyFault::InvalidResponse),
    };
    Ok(ExternalKey {
        is_aes_256: key.key_spec == "AES_256",
        encrypts_and_decrypts: has("ENCRYPT") && has("DECRYPT"),
        is_enabled,
    })
}

/// Reads an outer layer, and checks it against its own data integrity value.
pub(super) fn read_encrypted(
    body: &[u8],
    length: usize,
    aad: &[u8],
) -> Result<MadeOuterLayer, ProxyFault> {
    let encrypted: Encrypted = read(body)?;
    let tag = bytes(&encrypted.authentication_tag)?;
    let outer = MadeOuterLayer {
        metadata: bytes(encrypted.ciphertext_metadata.as_deref().unwrap_or_default())?,
        iv: bytes(&encrypted.initialization_vector)?,
        tag: tag.try_into().map_err(|_| ProxyFault::InvalidResponse)?,
        ciphertext: bytes(&encrypted.ciphertext)?,
    };
    if outer.ciphertext.len() != length
        || !matches!(outer.iv.len(), 12 | 16)
        || outer.metadata.len() > METADATA_BYTES
    {
        return Err(ProxyFault::InvalidResponse);
    }
    let value = bytes(&encrypted.ciphertext_data_integrity_value)?;
    if value != layers::integrity_value(aad, &outer.as_layer()) {
        return Err(ProxyFault::IntegrityMismatch);
    }
    Ok(outer)
}

pub(super) fn read_decrypted(body: &[u8], length: usize) -> Result<Vec<u8>, ProxyFault> {
    let decrypted: Decrypted = read(body)?;
    let inner = bytes(&decrypted.plaintext)?;
    if inner.len() != length {
        return Err(ProxyFault::InvalidResponse);
    }
    Ok(inner)
}

/// What an answer with another status says. The name decides; a name that is not in the
/// specification, or an answer without one, is none.
pub(super) fn fault(host: &str, status: u16, body: &[u8]) -> ProxyFault {
    let Ok(error) = serde_json::from_slice::<ErrorBody>(body) else {
        return ProxyFault::InvalidResponse;
    };
    let message = error.error_message.unwrap_or_default();
    let end = message.floor_char_boundary(LOGGED);
    tracing::warn!(
        host,
        status,
        name = error.error_name,
        message = message.get(..end).unwrap_or_default(),
        "an external key store proxy refused a request"
    );
    match error.error_name.as_str() {
        "InvalidStateException" => ProxyFault::InvalidState,
        "InvalidCiphertextException" => ProxyFault::InvalidCiphertext,
        "InvalidKeyUsageException" => ProxyFault::InvalidKeyUsage,
        "AuthenticationFailedException" => ProxyFault::IncorrectCredential,
        "AccessDeniedException" => ProxyFault::AccessDenied,
        "KeyNotFoundException" => ProxyFault::KeyNotFound,
        "InvalidUriPathException" => ProxyFault::InvalidUriPath,
        "ThrottlingException" => ProxyFault::Throttled,
        "InternalException" => ProxyFault::Internal,
        "UnsupportedOperationException" => ProxyFault::Unsupported,
        "DependencyTimeoutException" => ProxyFault::DependencyTimeout,
        _ => ProxyFault::InvalidResponse,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    fn about() -> About {
        About {
            request_id: "r".to_owned(),
            operation: "Encrypt",
            principal: "arn:aws:iam::111122223333:root".to_owned(),
            key_arn: Some("arn:key".to_owned()),
        }
    }

    fn sent(body: &Body) -> Value {
        serde_json::from_slice(body).unwrap()
    }

    #[test]
    fn requests_are_written_as_the_specification_says() {
        let whole = json!({
            "awsPrincipalArn": "arn:aws:iam::111122223333:root",
            "kmsKeyArn": "arn:key", "kmsOperation": "Encrypt", "kmsRequestId": "r",
        });
        assert_eq!(
            sent(&health_request(&about()).unwrap()),
            json!({ "requestMetadata": { "kmsOperation": "Encrypt", "kmsRequestId": "r" } })
        );
        assert_eq!(
            sent(&encrypt_request(&about(), b"in", b"aad").unwrap()),
            json!({
                "requestMetadata": whole, "encryptionAlgorithm": "AES_GCM", "plaintext": "aW4=",
                "additionalAuthenticatedData": "YWFk",
                "ciphertextDataIntegrityValueAlgorithm": "SHA_256",
            })
        );
        let outer = OuterLayer {
            metadata: b"",
            iv: &[0; 12],
            tag: &[0; 16],
            ciphertext: b"in",
        };
        assert_eq!(
            sent(&decrypt_request(&about(), &outer, b"aad").unwrap()),
            json!({
                "requestMetadata": whole, "encryptionAlgorithm": "AES_GCM", "ciphertext": "aW4=",
                "additionalAuthenticatedData": "YWFk",
                "initializationVector": "AAAAAAAAAAAAAAAA",
                "authenticationTag": "AAAAAAAAAAAAAAAAAAAAAA==",
            })
        );
    }

    fn encrypted(change: impl FnOnce(&mut Value)) -> Result<MadeOuterLayer, ProxyFault> {
        let mut outer = MadeOuterLayer {
            metadata: b"m".to_vec(),
            iv: vec![1; 12],
            tag: [2; 16],
            ciphertext: b"xyz".to_vec(),
        };
        let value = layers::integrity_value(b"aad", &outer.as_layer());
        outer.metadata = b"m".to_vec();
        let mut answer = json!({
            "ciphertext": STANDARD.encode(b"xyz"),
            "initializationVector": STANDARD.encode([1; 12]),
            "authenticationTag": STANDARD.encode([2; 16]),
            "ciphertextMetadata": STANDARD.encode(b"m"),
            "ciphertextDataIntegrityValue": STANDARD.encode(value),
            "more": 1,
        });
        change(&mut answer);
        read_encrypted(&serde_json::to_vec(&answer).unwrap(), 3, b"aad")
    }

    #[test]
    fn an_outer_layer_is_taken_only_whole_and_unaltered() {
        assert_eq!(encrypted(|_| {}).unwrap().iv, [1; 12]);
        let check = |member: &str, value: Value, expected: ProxyFault| {
            let fault = encrypted(|answer| answer[member] = value.clone()).unwrap_err();
            assert_eq!(fault, expected, "{member}: {value}");
        };
        use ProxyFault::{IntegrityMismatch, InvalidResponse};
        check(
            "ciphertext",
            json!(STANDARD.encode(b"xyZ")),
            IntegrityMismatch,
        );
        check("ciphertext", json!(STANDARD.encode(b"xy")), InvalidResponse);
        check("ciphertext", json!("???"), InvalidResponse);
        check("ciphertext", json!(1), InvalidResponse);
        check("ciphertextMetadata", json!(null), IntegrityMismatch);
        check(
            "ciphertextMetadata",
            json!(STANDARD.encode([0; 21])),
            InvalidResponse,
        );
        check(
            "initializationVector",
            json!(STANDARD.encode([1; 13])),
            InvalidResponse,
        );
        check(
            "authenticationTag",
            json!(STANDARD.encode([1; 12])),
            InvalidResponse,
        );
        check("ciphertextDataIntegrityValue", json!(null), InvalidResponse);
        check("ciphertextDataIntegrityValue", json!(""), IntegrityMismatch);
    }

    #[test]
    fn health_needs_one_manager_that_is_there() {
        let health = |size: u64, states: &[&str]| {
            let managers: Vec<_> = states
                .iter()
                .map(|state| json!({ "id": "i", "model": "m", "healthStatus": state }))
                .collect();
            let body = json!({
                "xksProxyFleetSize": size, "xksProxyVendor": "v", "xksProxyModel": "m",
                "ekmVendor": "e", "ekmFleetDetails": managers,
            });
            read_health(&serde_json::to_vec(&body).unwrap())
        };
        let well = health(1, &["ACTIVE"]).unwrap();
        assert_eq!((well.states(), well.any()), ([1, 0, 0], Ok(())));
        let degraded = health(2, &["UNAVAILABLE", "DEGRADED"]).unwrap();
        assert_eq!((degraded.states(), degraded.any()), ([0, 1, 1], Ok(())));
        let gone = health(2, &["UNAVAILABLE", "UNAVAILABLE"]).unwrap();
        assert_eq!(gone.any(), Err(ProxyFault::NoManager));
        for (size, states) in [(0, vec!["ACTIVE"]), (1, vec![]), (1, vec!["WELL"])] {
            assert_eq!(health(size, &states), Err(ProxyFault::InvalidResponse));
        }
        assert_eq!(health(1, &["ACTIVE"; 11]), Err(ProxyFault::InvalidResponse));
    }

    proptest! {
        #[test]
        fn any_bytes_are_an_answer_or_a_fault(bytes: Vec<u8>, text in "\\{.{0,80}\\}") {
            for body in [bytes.as_slice(), text.as_bytes()] {
                let _ = read_health(body);
                let _ = read_metadata(body);
                let _ = read_encrypted(body, 17, b"aad");
                let _ = read_decrypted(body, 17);
                let _ = fault("h", 500, body);
            }
        }
    }

    #[test]
    fn an_error_is_told_by_its_name_and_by_nothing_else() {
        let named = |name: &str| {
            let body = json!({ "errorName": name, "errorMessage": "do not show this" });
            fault("h", 400, &serde_json::to_vec(&body).unwrap())
        };
        assert_eq!(named("KeyNotFoundException"), ProxyFault::KeyNotFound);
        assert_eq!(named("ValidationException"), ProxyFault::InvalidResponse);
        assert_eq!(named("SomethingElse"), ProxyFault::InvalidResponse);
        for body in [&b""[..], b"<html>", b"{}", b"[]"] {
            assert_eq!(fault("h", 503, body), ProxyFault::InvalidResponse);
        }
    }
}
