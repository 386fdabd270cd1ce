//! The door: who is calling, before any room is asked.
//!
//! In `serve` and in `dev --enforce` a signature is checked and its access key looked up. In
//! plain `dev` anybody may come in, and is who they say they are (decision 15).
//!
//! Who is refused here has no name yet, so the refusal is not a matter for the journal:
//! strangers could fill it. It goes to the *door log* instead, a bounded number of lines a
//! second, and the client gets a fixed answer.

use std::{
    borrow::Cow,
    net::IpAddr,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant, SystemTime},
};

use hyper::{Version, header, http::request::Parts};
use strongroom_auth::{
    AuthenticationError, Caller, CredentialSource, Expectation, LookUp, Protocol, SignatureError,
    SignedParts, identity, sigv4,
};
use strongroom_model::{Clock, Region, Timestamp};

use crate::wire::route::TARGET;

/// The Region of the global STS endpoint, which clients of any Region may sign for.
const STS_GLOBAL_REGION: &str = "us-east-1";

/// The Regions that a signature may be scoped to.
#[derive(Clone, Debug)]
pub enum Regions {
    /// Any well-formed name, for development.
    Any,
    /// The Regions that this deployment is configured for.
    Listed(Vec<Region>),
}

impl Regions {
    /// Whether requests for the Region are served.
    #[must_use]
    pub fn serve(&self, name: &str) -> bool {
        match self {
            Self::Any => Region::parse(name).is_ok(),
            Self::Listed(regions) => regions.iter().any(|region| region.as_str() == name),
        }
    }

    /// The Region of requests that name none: the first of those listed, or that of the global
    /// endpoint of STS.
    fn default_region(&self) -> Region {
        let listed = match self {
            Self::Any => None,
            Self::Listed(regions) => regions.first(),
        };
        listed.cloned().unwrap_or_else(Region::of_global_endpoints)
    }
}

/// The clock on the wall, by which signatures are judged. The service clock of development,
/// which can be moved, is another one (decision 12).
#[derive(Clone, Copy, Debug, Default)]
pub struct WallClock;

impl Clock for WallClock {
    fn now(&self) -> Timestamp {
        let since_epoch = SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default();
        Timestamp::from_millis(i64::try_from(since_epoch.as_millis()).unwrap_or(i64::MAX))
    }
}

/// Who comes in, and how that is decided.
pub struct Door {
    lock: Lock,
    log: DoorLog,
}

enum Lock {
    /// Signatures are verified.
    Enforced {
        regions: Regions,
        clock: Arc<dyn Clock>,
    },
    /// Anybody is who they say they are.
    Open { default_region: Region },
}

/// A caller at the counter.
#[derive(Clone, Debug)]
pub struct Admitted {
    /// Who is calling.
    pub caller: Arc<Caller>,
    /// The Region that the request is for.
    pub region: Region,
}

/// Why somebody does not come in.
#[derive(Debug)]
pub enum Refusal {
    /// The signature is not accepted.
    Signature(SignatureError),
    /// Credentials cannot be looked up at present. Clients try again.
    Unavailable,
}

impl Door {
    /// A door that opens to verified signatures only, judged by `clock`.
    #[must_use]
    pub fn enforced(regions: Regions, clock: Arc<dyn Clock>) -> Self {
        Self::new(Lock::Enforced { regions, clock })
    }

    /// A door that is open: nothing is verified. `default_region` is that of requests that name
    /// none. Only for development.
    #[must_use]
    pub fn open(default_region: Region) -> Self {
        Self::new(Lock::Open { default_region })
    }

    fn new(lock: Lock) -> Self {
        Self {
            lock,
            log: DoorLog::new(Instant::now()),
        }
    }

    /// Finds out who is calling.
    ///
    /// # Errors
    /// With what the client is to be told. The door log has it already.
    pub async fn admit(
        &self,
        parts: &SignedParts<'_>,
        protocol: Protocol,
        credentials: &impl CredentialSource,
        source: IpAddr,
    ) -> Result<Admitted, Refusal> {
        let outcome = match &self.lock {
            Lock::Enforced { regions, clock } => {
                verify(parts, protocol, regions, clock.now(), credentials).await
            }
            Lock::Open { default_region } => {
                believe(parts, protocol, default_region, credentials).await
            }
        };
        outcome.map_err(|error| {
            self.log.refused(source, &error);
            match error {
                AuthenticationError::Refused(error) => Refusal::Signature(error),
                AuthenticationError::Unavailable(_) => Refusal::Unavailable,
            }
        })
    }

    /// The clock on the wall, by which signatures are judged.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        match &self.lock {
            Lock::Enforced { clock, .. } => clock.now(),
            Lock::Open { .. } => WallClock.now(),
        }
    }

    /// The Region of requests that name none, because they come without a signature.
    #[must_use]
    pub fn default_region(&self) -> Region {
        match &self.lock {
            Lock::Open { default_region } => default_region.clone(),
            Lock::Enforced { regions, .. } => regions.default_region(),
        }
    }

    /// Notes that somebody without a signature was refused.
    pub fn turned_away(&self, source: IpAddr, code: &str, message: &str, cause: Option<&str>) {
        if let Some(untold) = self.log.take(Instant::now()) {
            tracing::info!(
                target: "strongroom::door",
                %source,
                code,
                cause,
                untold,
                "refused at the door: {message}"
            );
        }
    }
}

async fn verify(
    parts: &SignedParts<'_>,
    protocol: Protocol,
    regions: &Regions,
    now: Timestamp,
    credentials: &impl CredentialSource,
) -> Result<Admitted, AuthenticationError> {
    let (service, serves_region): (_, &(dyn Fn(&str) -> bool + Sync)) = match protocol {
        Protocol::Json => ("kms", &|region| regions.serve(region)),
        Protocol::Query => ("sts", &|region| {
            region == STS_GLOBAL_REGION || regions.serve(region)
        }),
    };
    let expected = Expectation {
        now,
        services: &[service],
        serves_region,
    };
    let authenticated = sigv4::authenticate(parts, protocol, &expected, credentials).await?;
    Ok(Admitted {
        caller: authenticated.caller,
        region: authenticated.region,
    })
}

/// Takes a request at its word: the access key id and Region that it names, if it names any.
async fn believe(
    parts: &SignedParts<'_>,
    protocol: Protocol,
    default_region: &Region,
    credentials: &impl CredentialSource,
) -> Result<Admitted, AuthenticationError> {
    let claim = Claimed::read(parts);
    let region = claim
        .region
        .and_then(|name| Region::parse(&name).ok())
        .unwrap_or_else(|| default_region.clone());
    let access_key_id = claim.access_key_id.unwrap_or_default();
    let token = session_token(parts);
    let known = if access_key_id.is_empty() {
        LookUp::Unknown
    } else {
        credentials
            .look_up(&access_key_id, token.as_deref())
            .await?
    };
    let caller = match known {
        LookUp::Found(credential) => credential.caller,
        LookUp::Unknown => Arc::new(identity::development_caller(
            &access_key_id,
            region.partition(),
        )),
        // Clients ask for other credentials when they hear of it, which wants to be tried out.
        LookUp::Expired => return Err(SignatureError::expired_session(protocol).into()),
    };
    Ok(Admitted { caller, region })
}

/// What a request says about who sent it, read leniently. Nothing of it is proven.
#[derive(Default)]
struct Claimed<'a> {
    access_key_id: Option<Cow<'a, str>>,
    region: Option<Cow<'a, str>>,
    service: Option<Cow<'a, str>>,
}

impl<'a> Claimed<'a> {
    /// Reads the `Authorization` header, or the query of a presigned request. A credential that
    /// is cut short still names its access key.
    fn read(parts: &SignedParts<'a>) -> Self {
        let header = parts
            .headers
            .iter()
            .find(|(name, _)| *name == "authorization")
            .and_then(|(_, value)| std::str::from_utf8(value).ok());
        let credential = match header {
            Some(header) => header
                .split_once("Credential=")
                .and_then(|(_, after)| after.split([',', ' ']).next())
                .map(Cow::Borrowed),
            None => parameter(parts.query, "X-Amz-Credential"),
        };
        match credential {
            None => Self::default(),
            Some(Cow::Borrowed(text)) => Self::cut(text, Cow::Borrowed),
            Some(Cow::Owned(text)) => Self::cut(&text, |part| Cow::Owned(part.to_owned())),
        }
    }

    fn cut<'t>(credential: &'t str, keep: impl Fn(&'t str) -> Cow<'a, str>) -> Self {
        let mut parts = credential.splitn(5, '/').map(keep);
        let (access_key_id, _date) = (parts.next(), parts.next());
        let (region, service) = (parts.next(), parts.next());
        Self {
            access_key_id,
            region,
            service,
        }
    }
}

/// The first value of a query parameter, decoded as the signature check decodes it.
fn parameter<'a>(query: &'a str, name: &str) -> Option<Cow<'a, str>> {
    query.split('&').find_map(|pair| {
        let (key, value) = pair.split_once('=')?;
        if sigv4::percent_decode(key).as_ref() != name.as_bytes() {
            return None;
        }
        match sigv4::percent_decode(value) {
            Cow::Borrowed(_) => Some(Cow::Borrowed(value)),
            Cow::Owned(bytes) => String::from_utf8(bytes).ok().map(Cow::Owned),
        }
    })
}

/// The session token that a request came with, in a header or, presigned, in its query.
fn session_token<'a>(parts: &SignedParts<'a>) -> Option<Cow<'a, str>> {
    let header = parts
        .headers
        .iter()
        .find(|(name, _)| *name == "x-amz-security-token")
        .and_then(|(_, value)| std::str::from_utf8(value).ok());
    match header {
        Some(token) => Some(Cow::Borrowed(token)),
        None => parameter(parts.query, "X-Amz-Security-Token"),
    }
}

/// Whether a request says anything about a signature.
#[must_use]
pub fn is_signed(parts: &SignedParts<'_>) -> bool {
    parts
        .headers
        .iter()
        .any(|(name, _)| *name == "authorization")
        || ["X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Signature"]
            .iter()
            .any(|name| parameter(parts.query, name).is_some())
}

/// Which protocol a request speaks.
///
/// A target means KMS. Without one, the service in the signature's scope decides, and without a
/// signature the form of the body: STS is asked with forms and query strings.
#[must_use]
pub fn protocol_of(parts: &SignedParts<'_>) -> Protocol {
    let header = |wanted: &str| parts.headers.iter().find(|(name, _)| *name == wanted);
    if header(TARGET).is_some() {
        return Protocol::Json;
    }
    match Claimed::read(parts).service.as_deref() {
        Some("sts") => return Protocol::Query,
        Some("kms") => return Protocol::Json,
        _ => {}
    }
    let form = header("content-type").is_some_and(|(_, value)| {
        const FORM: &[u8] = b"application/x-www-form-urlencoded";
        value
            .get(..FORM.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(FORM))
    });
    if form || !parts.query.is_empty() {
        Protocol::Query
    } else {
        Protocol::Json
    }
}

/// The headers as a signature covers them.
///
/// HTTP/2 has no `host` header; `:authority` is what the client signed in its place.
#[must_use]
pub fn signed_headers(head: &Parts) -> Vec<(&str, &[u8])> {
    let mut headers = Vec::with_capacity(head.headers.len() + 1);
    if head.version == Version::HTTP_2
        && !head.headers.contains_key(header::HOST)
        && let Some(authority) = head.uri.authority()
    {
        headers.push(("host", authority.as_str().as_bytes()));
    }
    headers.extend(
        head.headers
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_bytes())),
    );
    headers
}

/// Lines that the door log writes in a second at most.
const LINES_PER_SECOND: u32 = 5;

/// Who was turned away, in bounded lines without secrets.
struct DoorLog(Mutex<Budget>);

struct Budget {
    second: Instant,
    lines: u32,
    /// Refusals that no line tells of since the last one that does.
    untold: u64,
}

impl DoorLog {
    fn new(now: Instant) -> Self {
        Self(Mutex::new(Budget {
            second: now,
            lines: 0,
            untold: 0,
        }))
    }

    fn refused(&self, source: IpAddr, error: &AuthenticationError) {
        let Some(untold) = self.take(Instant::now()) else {
            return;
        };
        match error {
            AuthenticationError::Refused(error) => tracing::info!(
                target: "strongroom::door",
                %source,
                code = error.query_code(),
                untold,
                "refused at the door: {}",
                error.message()
            ),
            AuthenticationError::Unavailable(error) => tracing::warn!(
                target: "strongroom::door",
                %source,
                untold,
                "refused at the door: {error}: {}",
                error.0
            ),
        }
    }

    /// Whether there is a line left in this second, and how many refusals went untold before.
    fn take(&self, now: Instant) -> Option<u64> {
        let mut budget = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if now.saturating_duration_since(budget.second) >= Duration::from_secs(1) {
            budget.second = now;
            budget.lines = 0;
        }
        if budget.lines >= LINES_PER_SECOND {
            budget.untold = budget.untold.saturating_add(1);
            return None;
        }
        budget.lines += 1;
        Some(std::mem::take(&mut budget.untold))
    }
}

#[cfg(test)]
mod tests {
    use strongroom_auth::{AccessKeyId, Credential, CredentialError, SigningSecret};
    use strongroom_model::{AccountId, Partition, SecretAccessKey};

    use super::*;

    const SECRET: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
    const KEY_ID: &str = "AKIDSTRONGROOM000001";
    const HERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

    /// One access key, the root's of 111122223333.
    struct OneKey;

    impl CredentialSource for OneKey {
        async fn look_up(
            &self,
            access_key_id: &str,
            session_token: Option<&str>,
        ) -> Result<LookUp, CredentialError> {
            if session_token == Some("ended") {
                return Ok(LookUp::Expired);
            }
            let known = access_key_id == KEY_ID && session_token != Some("forged");
            let credential = known.then(|| Credential {
                caller: Arc::new(Caller::root(
                    AccountId::parse("111122223333").unwrap(),
                    Partition::Aws,
                    AccessKeyId::parse(KEY_ID).unwrap(),
                )),
                secret: Arc::new(SigningSecret::new(SecretAccessKey::new(SECRET.to_owned()))),
                active: true,
            });
            Ok(credential.map_or(LookUp::Unknown, LookUp::Found))
        }
    }

    struct Fixed(i64);

    impl Clock for Fixed {
        fn now(&self) -> Timestamp {
            Timestamp::from_millis(self.0)
        }
    }

    /// 2026-01-02T03:04:05Z, the time of the dossier's vectors.
    const VECTOR_TIME: Fixed = Fixed(1_767_323_045_000);

    /// The first vector of `authorization.md` §1.7.
    const VECTOR: [(&str, &str); 5] = [
        ("host", "kms.eu-central-1.example.internal"),
        ("content-type", "application/x-amz-json-1.1"),
        ("x-amz-target", "TrentService.ListKeys"),
        ("x-amz-date", "20260102T030405Z"),
        (
            "authorization",
            "AWS4-HMAC-SHA256 Credential=AKIDSTRONGROOM000001/20260102/eu-central-1/kms/\
             aws4_request, SignedHeaders=content-type;host;x-amz-date;x-amz-target, \
             Signature=21820123ad74fff271072877f864d549501683f2b08603d8396e91dfd1f931b2",
        ),
    ];

    fn bytes<'a>(headers: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a [u8])> {
        headers
            .iter()
            .map(|(name, value)| (*name, value.as_bytes()))
            .collect()
    }

    fn parts<'a>(
        headers: &'a [(&'a str, &'a [u8])],
        query: &'a str,
        body: &'a [u8],
    ) -> SignedParts<'a> {
        SignedParts {
            method: "POST",
            path: "/",
            query,
            headers,
            body,
        }
    }

    fn listed(names: &[&str]) -> Regions {
        Regions::Listed(
            names
                .iter()
                .map(|name| Region::parse(name).unwrap())
                .collect(),
        )
    }

    #[tokio::test]
    async fn a_verified_signature_comes_in_and_a_changed_body_does_not() {
        let door = Door::enforced(listed(&["eu-central-1"]), Arc::new(VECTOR_TIME));
        let headers = bytes(&VECTOR);
        let admit = async |body: &[u8]| {
            let parts = parts(&headers, "", body);
            door.admit(&parts, protocol_of(&parts), &OneKey, HERE).await
        };
        let admitted = admit(b"{}").await.unwrap();
        assert_eq!(admitted.region.as_str(), "eu-central-1");
        assert_eq!(admitted.caller.arn(), "arn:aws:iam::111122223333:root");
        let Err(Refusal::Signature(error)) = admit(b"{ }").await else {
            panic!("a changed body was taken for the signed one");
        };
        assert_eq!(error.query_code(), "SignatureDoesNotMatch");
    }

    #[tokio::test]
    async fn a_region_that_is_not_served_is_refused() {
        let door = Door::enforced(listed(&["eu-west-1"]), Arc::new(VECTOR_TIME));
        let headers = bytes(&VECTOR);
        let parts = parts(&headers, "", b"{}");
        let refused = door.admit(&parts, Protocol::Json, &OneKey, HERE).await;
        let Err(Refusal::Signature(error)) = refused else {
            panic!("the Region is not served");
        };
        assert!(error.message().contains("valid region"));
    }

    #[tokio::test]
    async fn an_open_door_takes_requests_at_their_word() {
        let door = Door::open(Region::parse("us-east-1").unwrap());
        let check = async |headers: &[(&str, &str)], query: &str, arn: &str, region: &str| {
            let headers = bytes(headers);
            let parts = parts(&headers, query, b"");
            let admitted = door
                .admit(&parts, Protocol::Json, &OneKey, HERE)
                .await
                .unwrap();
            assert_eq!(admitted.caller.arn(), arn, "{headers:?}");
            assert_eq!(admitted.region.as_str(), region, "{headers:?}");
        };
        let nobody = "arn:aws:iam::000000000000:root";
        check(&[], "", nobody, "us-east-1").await;
        check(&[("authorization", "Bearer x")], "", nobody, "us-east-1").await;
        check(
            &[("authorization", "AWS4-HMAC-SHA256 Credential=test/20260101/eu-west-1/kms/aws4_request, SignedHeaders=host, Signature=0")],
            "",
            nobody,
            "eu-west-1",
        )
        .await;
        check(
            &[(
                "authorization",
                "AWS4-HMAC-SHA256 Credential=444455556666/x/EU/kms/aws4_request",
            )],
            "",
            "arn:aws:iam::444455556666:root",
            "us-east-1",
        )
        .await;
        check(
            &[("authorization", "Credential=444455556666")],
            "",
            "arn:aws:iam::444455556666:root",
            "us-east-1",
        )
        .await;
        check(
            &[("authorization", "AWS4-HMAC-SHA256 Credential=AKIDSTRONGROOM000001/20260101/cn-north-1/kms/aws4_request")],
            "",
            "arn:aws:iam::111122223333:root",
            "cn-north-1",
        )
        .await;
        check(
            &[],
            "Action=GetCallerIdentity&X-Amz-Credential=444455556666%2F20260101%2Feu-west-1%2Fsts%2Faws4_request",
            "arn:aws:iam::444455556666:root",
            "eu-west-1",
        )
        .await;
    }

    #[tokio::test]
    async fn an_open_door_tells_a_session_that_has_ended_and_takes_no_other_token_amiss() {
        let door = Door::open(Region::parse("us-east-1").unwrap());
        let authorization =
            "AWS4-HMAC-SHA256 Credential=AKIDSTRONGROOM000001/20260101/eu-west-1/kms/aws4_request";
        let admit = async |headers: &[(&str, &str)], query: &str| {
            let headers = bytes(headers);
            let parts = parts(&headers, query, b"");
            let admitted = door.admit(&parts, Protocol::Json, &OneKey, HERE).await;
            admitted.map(|admitted| admitted.caller.arn())
        };
        let with = |token| {
            [
                ("authorization", authorization),
                ("x-amz-security-token", token),
            ]
        };
        let own = admit(&with("its own"), "").await.unwrap();
        assert_eq!(own, "arn:aws:iam::111122223333:root");
        let nobody = admit(&with("forged"), "").await.unwrap();
        assert_eq!(nobody, "arn:aws:iam::000000000000:root");
        let query = "X-Amz-Credential=AKIDSTRONGROOM000001%2F1%2Feu-west-1%2Fsts%2Faws4_request&\
                     X-Amz-Security-Token=ended";
        for refused in [admit(&with("ended"), "").await, admit(&[], query).await] {
            let Err(Refusal::Signature(error)) = refused else {
                panic!("the session has ended");
            };
            assert_eq!(error.query_code(), "ExpiredToken");
        }
    }

    #[test]
    fn a_request_is_signed_that_says_anything_about_a_signature() {
        let check = |headers: &[(&str, &str)], query: &str, expected: bool| {
            let headers = bytes(headers);
            assert_eq!(is_signed(&parts(&headers, query, b"")), expected, "{query}");
        };
        check(&[], "", false);
        check(&[], "Action=AssumeRoleWithWebIdentity", false);
        check(&[("authorization", "Bearer x")], "", true);
        check(&[], "X-Amz-Signature=0", true);
        check(&[], "X-Amz-%43redential=a", true);
    }

    #[test]
    fn protocols_are_told_apart_by_target_then_scope_then_form() {
        let check = |headers: &[(&str, &str)], query: &str, expected: Protocol| {
            let headers = bytes(headers);
            assert_eq!(
                protocol_of(&parts(&headers, query, b"")),
                expected,
                "{headers:?}"
            );
        };
        let scoped = |service: &str| {
            format!(
                "AWS4-HMAC-SHA256 Credential=a/20260101/eu-west-1/{service}/aws4_request, SignedHeaders=host"
            )
        };
        let (sts, kms) = (scoped("sts"), scoped("kms"));
        let form = (
            "content-type",
            "application/x-www-form-urlencoded; charset=utf-8",
        );
        check(&[], "", Protocol::Json);
        check(&[form], "", Protocol::Query);
        check(&[], "Action=GetCallerIdentity", Protocol::Query);
        check(&[("authorization", &sts)], "", Protocol::Query);
        check(&[form, ("authorization", &kms)], "", Protocol::Json);
        check(
            &[("x-amz-target", "x"), ("authorization", &sts)],
            "",
            Protocol::Json,
        );
        check(
            &[],
            "X-Amz-Credential=a%2F1%2Fr%2Fsts%2Faws4_request",
            Protocol::Query,
        );
    }

    #[test]
    fn the_door_log_is_bounded_and_counts_what_it_leaves_out() {
        let start = Instant::now();
        let log = DoorLog::new(start);
        let told = (0..100).filter(|_| log.take(start).is_some()).count();
        assert_eq!(told, 5);
        assert_eq!(log.take(start + Duration::from_secs(1)), Some(95));
        assert_eq!(log.take(start + Duration::from_secs(1)), Some(0));
    }
}
