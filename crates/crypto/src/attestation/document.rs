//! The attestation document: a CBOR map inside a COSE_Sign1 structure (RFC 9052, section 4.2).
//!
//! ```text
//! COSE_Sign1 = [ protected: bstr .cbor { 1: -35 }, unprotected: {}, payload: bstr, signature: bstr .size 96 ]
//!
//! payload = {
//!   module_id: text, timestamp: milliseconds, digest: "SHA384",
//!   pcrs or nitrotpm_pcrs: { index => bstr .size (32 / 48 / 64) },
//!   certificate: bstr, cabundle: [ + bstr ],          ; the bundle begins at the root
//!   public_key: bstr / null, user_data: bstr / null, nonce: bstr / null,
//! }
//! ```
//!
//! AWS: AWS Nitro Enclaves, "Attestation document specification" and "Verifying the root of
//! trust", whose limits on sizes are kept here.

use std::{ops::RangeInclusive, time::Duration};

use aws_lc_rs::signature::{ECDSA_P384_SHA384_FIXED, UnparsedPublicKey};
use coset::{CborSerializable as _, CoseSign1, TaggedCborSerializable as _, cbor::Value, iana};
use rustls_pki_types::{CertificateDer, TrustAnchor, UnixTime};
use strongroom_model::Timestamp;
use webpki::{EndEntityCert, KeyUsage};

use super::{AttestationError, Platform};

/// How old a document may be, and how far ahead of our clock.
const VALID_MS: i64 = 5 * 60 * 1000;
/// Platform configuration registers that a document may have.
const REGISTERS: RangeInclusive<usize> = 1..=32;
/// Bytes of one certificate.
const CERTIFICATE_BYTES: RangeInclusive<usize> = 1..=1024;
/// Certificates of a bundle. The specification names no number; chains have four.
const BUNDLE: RangeInclusive<usize> = 1..=16;
/// Bytes of the public key.
const PUBLIC_KEY_BYTES: RangeInclusive<usize> = 1..=1024;
/// Bytes of the module's name. Ours.
const MODULE_ID_BYTES: RangeInclusive<usize> = 1..=256;

/// What a document says, all of it vouched for.
#[derive(Debug)]
pub(super) struct Attested {
    pub(super) module_id: String,
    pub(super) platform: Platform,
    pub(super) registers: Vec<(u8, Vec<u8>)>,
    pub(super) public_key: Option<Vec<u8>>,
}

/// Reads a document, checks its certificates, its signature and its age.
pub(super) fn verify(
    document: &[u8],
    anchors: &[TrustAnchor<'_>],
    now: Timestamp,
) -> Result<Attested, AttestationError> {
    // Platforms write the structure bare; RFC 9052 allows its tag.
    let signed = CoseSign1::from_slice(document)
        .or_else(|_| CoseSign1::from_tagged_slice(document))
        .map_err(|_| AttestationError::UnknownForm("it is no COSE_Sign1 structure"))?;
    let es384 = coset::Algorithm::Assigned(iana::Algorithm::ES384);
    if signed.protected.header.alg.as_ref() != Some(&es384) {
        return Err(AttestationError::UnknownForm("it is not signed by ES384"));
    }
    let payload = signed
        .payload
        .as_deref()
        .ok_or(AttestationError::UnknownForm("it has no payload"))?;
    let claims = Claims::read(payload)?;

    let certificate = CertificateDer::from(claims.certificate.as_slice());
    let leaf = EndEntityCert::try_from(&certificate).map_err(|_| AttestationError::Untrusted)?;
    chain(&leaf, &claims.bundle, anchors, now)?;
    let key = leaf.subject_public_key_info();
    let key = UnparsedPublicKey::new(&ECDSA_P384_SHA384_FIXED, key.as_ref());
    signed
        .verify_signature(&[], |signature, bytes| key.verify(bytes, signature))
        .map_err(|_| AttestationError::WrongSignature)?;

    let age = now.as_millis().saturating_sub(claims.timestamp);
    if !(-VALID_MS..=VALID_MS).contains(&age) {
        return Err(AttestationError::Stale);
    }
    Ok(claims.attested)
}

/// Whether the leaf's certificates lead to a root that is trusted, at this time.
fn chain(
    leaf: &EndEntityCert<'_>,
    bundle: &[Vec<u8>],
    anchors: &[TrustAnchor<'_>],
    now: Timestamp,
) -> Result<(), AttestationError> {
    let intermediates: Vec<_> = bundle
        .iter()
        .map(|certificate| CertificateDer::from(certificate.as_slice()))
        .collect();
    let now = u64::try_from(now.as_millis()).map_err(|_| AttestationError::Untrusted)?;
    leaf.verify_for_usage(
        &[webpki::aws_lc_rs::ECDSA_P384_SHA384],
        anchors,
        &intermediates,
        UnixTime::since_unix_epoch(Duration::from_millis(now)),
        // Certificates of enclaves name no extended usage; one that does must name this one.
        KeyUsage::client_auth(),
        None,
        None,
    )
    .map_err(|_| AttestationError::Untrusted)?;
    Ok(())
}

/// The payload as it was read, nothing of it checked against a key.
struct Claims {
    timestamp: i64,
    certificate: Vec<u8>,
    bundle: Vec<Vec<u8>>,
    attested: Attested,
}

impl Claims {
    fn read(payload: &[u8]) -> Result<Self, AttestationError> {
        let mut rest = payload;
        let map = coset::cbor::from_reader(&mut rest)
            .map_err(|_| AttestationError::UnknownForm("its payload is no CBOR"))?;
        let Value::Map(map) = map else {
            return Err(AttestationError::UnknownForm("its payload is no map"));
        };
        if !rest.is_empty() {
            return Err(AttestationError::UnknownForm("bytes follow its payload"));
        }
        let mut fields = Fields(map);
        let wrong = AttestationError::UnknownForm;

        let module_id = fields
            .take("module_id")?
            .and_then(|value| value.into_text().ok())
            .filter(|text| MODULE_ID_BYTES.contains(&text.len()))
            .ok_or(wrong("module_id"))?;
        let digest = fields.take("digest")?;
        if digest.as_ref().and_then(Value::as_text) != Some("SHA384") {
            return Err(wrong("digest"));
        }
        let timestamp = fields
            .take("timestamp")?
            .and_then(|value| value.into_integer().ok())
            .and_then(|number| i64::try_from(number).ok())
            .filter(|number| *number > 0)
            .ok_or(wrong("timestamp"))?;
        let enclave = fields.take("pcrs")?;
        let (platform, registers) = match enclave {
            Some(registers) => (Platform::Enclave, Some(registers)),
            None => (Platform::NitroTpm, fields.take("nitrotpm_pcrs")?),
        };
        let registers = registers
            .and_then(|value| value.into_map().ok())
            .filter(|map| REGISTERS.contains(&map.len()))
            .and_then(|map| map.into_iter().map(register).collect::<Option<Vec<_>>>())
            .ok_or(wrong("pcrs"))?;
        let certificate = fields
            .take("certificate")?
            .and_then(|value| bytes_within(value, CERTIFICATE_BYTES))
            .ok_or(wrong("certificate"))?;
        let bundle = fields
            .take("cabundle")?
            .and_then(|value| value.into_array().ok())
            .filter(|bundle| BUNDLE.contains(&bundle.len()))
            .and_then(|bundle| {
                let certificates = bundle.into_iter();
                certificates
                    .map(|value| bytes_within(value, CERTIFICATE_BYTES))
                    .collect::<Option<Vec<_>>>()
            })
            .ok_or(wrong("cabundle"))?;
        let public_key = match fields.take("public_key")? {
            None | Some(Value::Null) => None,
            Some(value) => Some(bytes_within(value, PUBLIC_KEY_BYTES).ok_or(wrong("public_key"))?),
        };
        Ok(Self {
            timestamp,
            certificate,
            bundle,
            attested: Attested {
                module_id,
                platform,
                registers,
                public_key,
            },
        })
    }
}

/// The members of a payload, each to be taken once.
struct Fields(Vec<(Value, Value)>);

impl Fields {
    /// Takes the member of that name. A name that stands twice is refused, since two readers
    /// could disagree on it.
    fn take(&mut self, name: &'static str) -> Result<Option<Value>, AttestationError> {
        let named = |(key, _): &(Value, Value)| key.as_text() == Some(name);
        let Some(at) = self.0.iter().position(named) else {
            return Ok(None);
        };
        let (_, value) = self.0.swap_remove(at);
        if self.0.iter().any(named) {
            return Err(AttestationError::UnknownForm(name));
        }
        Ok(Some(value))
    }
}

/// One platform configuration register: its index and its measurement.
fn register((index, value): (Value, Value)) -> Option<(u8, Vec<u8>)> {
    let index = u8::try_from(index.into_integer().ok()?).ok()?;
    let value = value.into_bytes().ok()?;
    (index < 32 && matches!(value.len(), 32 | 48 | 64)).then_some((index, value))
}

fn bytes_within(value: Value, allowed: RangeInclusive<usize>) -> Option<Vec<u8>> {
    value
        .into_bytes()
        .ok()
        .filter(|bytes| allowed.contains(&bytes.len()))
}
