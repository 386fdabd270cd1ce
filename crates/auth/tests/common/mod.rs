//! Requests for the tests, and a signer that shares nothing with the verifier but the canonical
//! request, which the vectors pin.
#![allow(dead_code, reason = "each test file uses its part")]

use std::{
    future::Future,
    pin::pin,
    sync::Arc,
    task::{Context, Poll, Waker},
    time::{Duration, SystemTime},
};

use aws_sigv4::sign::v4::{calculate_signature, generate_signing_key};
use strongroom_auth::{
    AccessKeyId, AuthenticationError, Caller, Credential, CredentialError, CredentialSource,
    Expectation, LookUp, Protocol, SignatureError, SignedParts, SigningSecret,
    sigv4::{Authenticated, authenticate, canonical_request},
};
use strongroom_model::{AccountId, Partition, SecretAccessKey, Timestamp};

pub(crate) const SECRET: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
pub(crate) const ACCESS_KEY_ID: &str = "AKIDSTRONGROOM000001";
/// An access key of a session, with its token, and with one by which it has ended.
pub(crate) const SESSION_KEY_ID: &str = "ASIASTRONGROOM000001";
pub(crate) const SESSION_TOKEN: &str = "its-token";
pub(crate) const ENDED_TOKEN: &str = "its-token-of-yesterday";
pub(crate) const REGION: &str = "eu-central-1";
/// 20260102T030405Z
pub(crate) const NOW: Timestamp = Timestamp::from_millis(1_767_323_045_000);

/// A request that owns its parts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Request {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) query: String,
    pub(crate) headers: Vec<(String, Vec<u8>)>,
    pub(crate) body: Vec<u8>,
}

impl Request {
    /// ListKeys as botocore sends it, not signed yet.
    pub(crate) fn list_keys() -> Self {
        let mut request = Self {
            method: "POST".into(),
            path: "/".into(),
            body: b"{}".to_vec(),
            ..Self::default()
        };
        request.add("host", "kms.eu-central-1.example.internal");
        request.add("content-type", "application/x-amz-json-1.1");
        request.add("x-amz-target", "TrentService.ListKeys");
        request.add("x-amz-date", "20260102T030405Z");
        request
    }

    /// GetCallerIdentity as botocore presigns it, not signed yet.
    pub(crate) fn get_caller_identity() -> Self {
        let mut request = Self {
            method: "GET".into(),
            path: "/".into(),
            query: "Action=GetCallerIdentity&Version=2011-06-15".into(),
            ..Self::default()
        };
        request.add("host", "sts.eu-central-1.example.internal");
        request
    }

    pub(crate) fn add(&mut self, name: &str, value: &str) {
        self.headers.push((name.into(), value.into()));
    }

    pub(crate) fn set(&mut self, name: &str, value: &str) {
        self.headers.retain(|(n, _)| n != name);
        self.add(name, value);
    }

    pub(crate) fn with_parts<R>(&self, use_them: impl FnOnce(&SignedParts<'_>) -> R) -> R {
        let headers: Vec<(&str, &[u8])> = self
            .headers
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_slice()))
            .collect();
        use_them(&SignedParts {
            method: &self.method,
            path: &self.path,
            query: &self.query,
            headers: &headers,
            body: &self.body,
        })
    }

    /// The signature of this request as it stands.
    pub(crate) fn signature(
        &self,
        time: &str,
        scope: &str,
        signed_headers: &str,
        presigned: bool,
    ) -> String {
        let canonical = self
            .with_parts(|parts| canonical_request(parts, signed_headers, presigned))
            .expect("the signed headers are there");
        let string_to_sign = format!("AWS4-HMAC-SHA256\n{time}\n{scope}\n{}", sha256(&canonical));
        let [date, region, service, _] = scope
            .split('/')
            .collect::<Vec<_>>()
            .try_into()
            .expect("a scope");
        let key = generate_signing_key(SECRET, midnight(date), region, service);
        calculate_signature(key, string_to_sign.as_bytes())
    }

    /// Signs in the header, with the time of `x-amz-date`.
    pub(crate) fn sign(self, service: &str, signed_headers: &str) -> Self {
        let scope = format!("20260102/{REGION}/{service}/aws4_request");
        self.sign_with_scope(&scope, signed_headers)
    }

    pub(crate) fn sign_with_scope(mut self, scope: &str, signed_headers: &str) -> Self {
        let time = self.headers.iter().find(|(name, _)| name == "x-amz-date");
        let time = time.map_or_else(
            || "20260102T030405Z".into(),
            |(_, value)| String::from_utf8(value.clone()).unwrap(),
        );
        let signature = self.signature(&time, scope, signed_headers, false);
        let header = format!(
            "AWS4-HMAC-SHA256 Credential={ACCESS_KEY_ID}/{scope}, \
             SignedHeaders={signed_headers}, Signature={signature}"
        );
        self.set("authorization", &header);
        self
    }

    /// Signs ListKeys the way botocore does.
    pub(crate) fn signed(self) -> Self {
        self.sign("kms", "content-type;host;x-amz-date;x-amz-target")
    }

    /// Signs in the query.
    pub(crate) fn presign(mut self, time: &str, expires: &str, extra: &str) -> Self {
        let scope = format!("20260102/{REGION}/sts/aws4_request");
        self.query = format!(
            "{}&X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential={ACCESS_KEY_ID}%2F{}\
             &X-Amz-Date={time}&X-Amz-Expires={expires}&X-Amz-SignedHeaders=host{extra}",
            self.query,
            scope.replace('/', "%2F")
        );
        let signature = self.signature(time, &scope, "host", true);
        self.query = format!("{}&X-Amz-Signature={signature}", self.query);
        self
    }
}

/// What the front door says to a request at [`NOW`].
pub(crate) fn knock(
    request: &Request,
    protocol: Protocol,
) -> Result<Authenticated, SignatureError> {
    knock_at(request, protocol, NOW, &OneKey::default())
}

pub(crate) fn knock_at(
    request: &Request,
    protocol: Protocol,
    now: Timestamp,
    credentials: &OneKey,
) -> Result<Authenticated, SignatureError> {
    let services: &[&str] = match protocol {
        Protocol::Json => &["kms"],
        Protocol::Query => &["sts"],
    };
    let expected = Expectation {
        now,
        services,
        serves_region: &|region| region == REGION,
    };
    let outcome =
        request.with_parts(|parts| run(authenticate(parts, protocol, &expected, credentials)));
    outcome.map_err(|error| match error {
        AuthenticationError::Refused(refused) => refused,
        AuthenticationError::Unavailable(error) => panic!("{error}"),
    })
}

/// Knows one access key, the root of an account.
pub(crate) struct OneKey {
    pub(crate) active: bool,
}

impl Default for OneKey {
    fn default() -> Self {
        Self { active: true }
    }
}

impl CredentialSource for OneKey {
    async fn look_up(
        &self,
        access_key_id: &str,
        session_token: Option<&str>,
    ) -> Result<LookUp, CredentialError> {
        match (access_key_id, session_token) {
            (ACCESS_KEY_ID, None) | (SESSION_KEY_ID, Some(SESSION_TOKEN)) => {}
            (SESSION_KEY_ID, Some(ENDED_TOKEN)) => return Ok(LookUp::Expired),
            _ => return Ok(LookUp::Unknown),
        }
        Ok(LookUp::Found(Credential {
            caller: Arc::new(Caller::root(
                AccountId::parse("111122223333").unwrap(),
                Partition::Aws,
                AccessKeyId::parse(access_key_id).unwrap(),
            )),
            secret: Arc::new(SigningSecret::new(SecretAccessKey::new(SECRET.into()))),
            active: self.active,
        }))
    }
}

/// Runs a future that never waits.
pub(crate) fn run<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("nothing here waits"),
    }
}

pub(crate) fn sha256(bytes: &[u8]) -> String {
    let hash = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, bytes);
    hash.as_ref()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

fn midnight(date: &str) -> SystemTime {
    let day = jiff::civil::Date::strptime("%Y%m%d", date).unwrap();
    let seconds = day
        .to_zoned(jiff::tz::TimeZone::UTC)
        .unwrap()
        .timestamp()
        .as_second();
    SystemTime::UNIX_EPOCH + Duration::from_secs(seconds.unsigned_abs())
}
