//! What it costs to find out who is calling, and whether they may: no server, one thread, by the
//! processor time that the system counts for it.

use std::{error::Error, fs, hint::black_box, sync::Arc};

use serde_json::{Value, json};
use strongroom_auth::{
    AccessKeyId, Caller, Claim, ConditionKey, Decision, Expectation, Facts, NamedPolicy, Principal,
    Protocol, Question, Resource, ResourceKind, SignedParts, SigningSecret, Standing, Values,
    decide,
    grant::{ContextConstraint, GrantPrincipal, Terms, best_cover},
    policy::{IdentityPolicy, KeyPolicy},
};
use strongroom_model::{
    AccountId, EncryptionContext, Partition, SecretAccessKey, Timestamp, enums::GrantOperation,
};

use crate::rounds::median;

type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

const ACCOUNT: &str = "111122223333";
const KEY: &str = "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";
const REPEATS: u32 = 20_000;

/// Nanoseconds that this thread has computed.
fn cpu_nanos() -> Outcome<u64> {
    let text = fs::read_to_string("/proc/thread-self/schedstat")?;
    let first = text.split(' ').next().unwrap_or_default();
    Ok(first.parse()?)
}

/// Microseconds of one piece of work, by rounds.
fn micros(rounds: usize, mut work: impl FnMut() -> bool) -> Outcome<f64> {
    let mut all = Vec::new();
    // The first round warms up.
    for round in 0..=rounds {
        let begun = cpu_nanos()?;
        for _ in 0..REPEATS {
            if !work() {
                return Err("the work that is measured fails".into());
            }
        }
        let nanos = u32::try_from(cpu_nanos()? - begun)?;
        if round > 0 {
            all.push(f64::from(nanos) / f64::from(REPEATS) / 1000.0);
        }
    }
    Ok(median(all))
}

/// What is known of an Encrypt from the office.
struct Office;

impl Facts for Office {
    fn values<'f>(&'f self, key: &ConditionKey) -> Values<'f> {
        match key {
            ConditionKey::SourceIp => Values::One("10.1.2.3".into()),
            ConditionKey::SecureTransport => Values::boolean(true),
            ConditionKey::EncryptionContext(key) if **key == *"department" => {
                Values::One("finance".into())
            }
            _ => Values::Absent,
        }
    }
}

fn statement(number: usize, rest: Value) -> Value {
    let mut statement = json!({
        "Sid": format!("S{number}"),
        "Effect": "Allow",
        "Action": ["kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey*"],
        "Resource": "*",
    });
    if let (Value::Object(all), Value::Object(rest)) = (&mut statement, rest) {
        all.extend(rest);
    }
    statement
}

/// Twenty statements, of which one denies plain HTTP and the last one delegates to the account.
fn key_policy() -> Outcome<KeyPolicy> {
    let other = |number| {
        let role = format!("arn:aws:iam::{ACCOUNT}:role/app-{number}");
        let condition = json!({"StringEquals": {"kms:EncryptionContext:department": "finance"}});
        statement(
            number,
            json!({"Principal": {"AWS": role}, "Condition": condition}),
        )
    };
    let plain = json!({
        "Effect": "Deny",
        "Principal": "*",
        "Action": "kms:*",
        "Condition": {"Bool": {"aws:SecureTransport": false}},
    });
    let account = json!({"Principal": {"AWS": ACCOUNT}, "Action": "kms:*"});
    let mut statements: Vec<Value> = (0..18).map(other).collect();
    statements.extend([statement(18, plain), statement(19, account)]);
    let document = json!({"Version": "2012-10-17", "Statement": statements});
    Ok(KeyPolicy::parse(&document.to_string(), &|_| true)?)
}

/// Five policies of two statements, of which the last one allows Encrypt from the office.
fn caller() -> Outcome<Caller> {
    let mut policies = Vec::new();
    for number in 0..5 {
        let network = if number == 4 {
            "10.0.0.0/8"
        } else {
            "198.51.100.0/24"
        };
        let keys = json!({
            "Resource": format!("arn:aws:kms:*:{ACCOUNT}:key/*"),
            "Condition": {"IpAddress": {"aws:SourceIp": ["192.0.2.0/24", network]}},
        });
        let others = json!({"Action": "s3:*", "Resource": "arn:aws:s3:::bucket/*"});
        let statements = [statement(1, others), statement(2, keys)];
        let document = json!({"Version": "2012-10-17", "Statement": statements});
        policies.push(NamedPolicy {
            name: format!("user/alice/{number}").into(),
            policy: Arc::new(IdentityPolicy::parse(&document.to_string())?),
        });
    }
    let id = AccessKeyId::parse("AKIDSTRONGROOM000001")?;
    let root = Caller::root(AccountId::parse(ACCOUNT)?, Partition::Aws, id);
    Ok(Caller {
        principal: Principal::User {
            path: "/".into(),
            name: "alice".into(),
            unique_id: "AIDAEXAMPLE".into(),
        },
        standing: Arc::new(Standing {
            policies,
            ..Standing::default()
        }),
        ..root
    })
}

fn finance() -> EncryptionContext {
    let pairs = [("department".to_owned(), "finance".to_owned())];
    pairs.into_iter().collect()
}

/// A hundred grants with constraints, the last one to the caller.
fn grants() -> Outcome<Vec<Terms>> {
    let grant = |number| {
        let name = if number == 99 {
            "alice".to_owned()
        } else {
            format!("user-{number}")
        };
        let arn = format!("arn:aws:iam::{ACCOUNT}:user/{name}");
        let (grantee, _) = GrantPrincipal::parse(&arn, Partition::Aws).ok_or("no principal")?;
        Ok(Terms {
            grantee,
            retiring: None,
            operations: vec![GrantOperation::Decrypt, GrantOperation::Encrypt],
            context: Some(ContextConstraint::Subset(finance())),
            source_arn: None,
        })
    };
    (0..100).map(grant).collect()
}

/// Microseconds of one decision about Encrypt: a key policy of 20 statements, five identity
/// policies, and which of 100 grants covers it.
///
/// # Errors
/// When the decision is not the expected one.
pub fn decision(rounds: usize) -> Outcome<f64> {
    let (policy, caller, grants, context) = (key_policy()?, caller()?, grants()?, finance());
    micros(rounds, || {
        let question = Question {
            caller: &caller,
            action: "kms:Encrypt",
            resource: Resource {
                owner: caller.account,
                arn: KEY,
                kind: ResourceKind::Key,
                aws_managed: false,
            },
            cross_account_allowed: true,
            named_by_ciphertext: false,
            facts: &Office,
            key_policy: Some(&policy),
            grant: best_cover(&grants, &caller, GrantOperation::Encrypt, &context),
        };
        matches!(decide(black_box(&question)), Decision::Allow(_))
    })
}

/// Microseconds of one check of a signature on Encrypt as boto3 sends it, with the signing key
/// remembered. The signature is not the right one; finding that out takes as long as finding
/// that it is.
///
/// # Errors
/// When the request cannot be read.
pub fn signature(rounds: usize) -> Outcome<f64> {
    let body = [b'a'; 245];
    let headers: [(&str, &[u8]); 10] = [
        ("host", b"kms.eu-central-1.example.internal"),
        ("accept-encoding", b"identity"),
        ("x-amz-target", b"TrentService.Encrypt"),
        ("content-type", b"application/x-amz-json-1.1"),
        (
            "user-agent",
            b"Boto3/1.40.0 md/Botocore#1.40.0 ua/2.1 os/linux#6.1 md/arch#x86_64",
        ),
        ("x-amz-date", b"20260102T030405Z"),
        (
            "authorization",
            b"AWS4-HMAC-SHA256 Credential=AKIDSTRONGROOM000001/20260102/eu-central-1/kms/\
              aws4_request, SignedHeaders=content-type;host;x-amz-date;x-amz-target, \
              Signature=4fdbd6d1a9c18f8c86b0d72ff4fa1f8a62b8c7b04deb08eb58bbbeca56df9ea9",
        ),
        (
            "amz-sdk-invocation-id",
            b"6ba7b810-9dad-11d1-80b4-00c04fd430c8",
        ),
        ("amz-sdk-request", b"attempt=1"),
        ("content-length", b"245"),
    ];
    let parts = SignedParts {
        method: "POST",
        path: "/",
        query: "",
        headers: &headers,
        body: &body,
    };
    let expected = Expectation {
        now: Timestamp::from_millis(1_767_323_045_000),
        services: &["kms"],
        serves_region: &|region| region == "eu-central-1",
    };
    let secret = SecretAccessKey::new("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY".into());
    let secret = SigningSecret::new(secret);
    let refused = || {
        let claim = Claim::parse(black_box(&parts), Protocol::Json).ok()?;
        let claim = claim.check(&expected).ok()?;
        let (_, scope) = claim.signer();
        let key = secret.key(&scope);
        claim.verify(&parts, &key).err()
    };
    micros(rounds, || black_box(refused()).is_some())
}
