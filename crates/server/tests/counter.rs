//! The counter with a whole service behind it: requests as bytes in, answers as bytes out.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a panic is how a test fails"
)]

use std::{
    net::SocketAddr,
    sync::Arc,
    time::{Duration, SystemTime},
};

use aws_lc_rs::digest;
use aws_sigv4::sign::v4::{calculate_signature, generate_signing_key};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use data_encoding::HEXLOWER;
use serde_json::{Value, json};
use strongroom::{
    door::{Door, Regions, WallClock},
    http::{Front, HttpLimits, serve},
};
use strongroom_auth::{SignedParts, decision::Open, sigv4::canonical_request};
use strongroom_crypto::{Random, seal::SealKey};
use strongroom_kms::{RsaSettings, Service, Settings, installation};
use strongroom_model::{AccountId, Plaintext, Region};
use strongroom_store::{Backend, Durability, Journal, Memory};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    sync::oneshot,
};

const ACCOUNT: &str = "111122223333";
const REGION: &str = "eu-central-1";

/// A running server. It stops when dropped, with the end of its channel.
struct House {
    address: SocketAddr,
    journal: tempfile::TempDir,
    access_key_id: String,
    secret: String,
    _stop: oneshot::Sender<()>,
}

impl House {
    /// As in development: nobody's signature is checked.
    async fn open() -> Self {
        Self::with(Door::open(Region::parse("us-east-1").unwrap())).await
    }

    /// As in production: signatures are checked, and one Region is served.
    async fn enforced() -> Self {
        let regions = Regions::Listed(vec![Region::parse(REGION).unwrap()]);
        Self::with(Door::enforced(regions, Arc::new(WallClock))).await
    }

    async fn with(door: Door) -> Self {
        let journal = tempfile::tempdir().unwrap();
        let service = service(&journal).await;
        let account = AccountId::parse(ACCOUNT).unwrap();
        let (id, secret) = service.create_root_access_key(account).await.unwrap();

        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let front = Front {
            service,
            door,
            metrics: Arc::default(),
            tls: None,
            limits: HttpLimits::default(),
        };
        let (stop, stopped) = oneshot::channel::<()>();
        tokio::spawn(serve(listener, front, async {
            let _ = stopped.await;
        }));
        Self {
            address,
            journal,
            access_key_id: id.to_string(),
            secret: secret.expose().to_owned(),
            _stop: stop,
        }
    }

    /// Sends a request on a connection of its own.
    async fn send(&self, line: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let mut text = format!("{line} HTTP/1.1\r\nConnection: close\r\n");
        for (name, value) in headers {
            text += &format!("{name}: {value}\r\n");
        }
        text += &format!("Content-Length: {}\r\n\r\n{body}", body.len());
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        stream.write_all(text.as_bytes()).await.unwrap();
        let mut answer = String::new();
        let reading = stream.read_to_string(&mut answer);
        tokio::time::timeout(Duration::from_secs(10), reading)
            .await
            .expect("no answer in ten seconds")
            .unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        Answer {
            head: head.to_owned(),
            body: body.to_owned(),
        }
    }

    /// Makes an unsigned call.
    async fn call(&self, operation: &str, body: &str) -> Answer {
        let target = format!("TrentService.{operation}");
        let headers = [("Host", "h"), ("X-Amz-Target", target.as_str())];
        self.send("POST /", &headers, body).await
    }

    /// Makes a signed call, `late` after it was signed.
    async fn signed(&self, operation: &str, body: &str, late: Duration) -> Answer {
        let target = format!("TrentService.{operation}");
        let time = SystemTime::now() - late;
        let date = basic(time);
        let mut headers = vec![
            ("host", "kms.test"),
            ("x-amz-date", date.as_str()),
            ("x-amz-target", target.as_str()),
        ];
        let list = "host;x-amz-date;x-amz-target";
        let signature = self.signature("POST", "", &headers, body, list, time, "kms");
        let authorization = format!(
            "AWS4-HMAC-SHA256 Credential={}/{}/{REGION}/kms/aws4_request, SignedHeaders={list}, \
             Signature={signature}",
            self.access_key_id,
            &date[..8]
        );
        headers.push(("authorization", &authorization));
        self.send("POST /", &headers, body).await
    }

    #[expect(
        clippy::too_many_arguments,
        reason = "these are the parts of a signature"
    )]
    fn signature(
        &self,
        method: &str,
        query: &str,
        headers: &[(&str, &str)],
        body: &str,
        list: &str,
        time: SystemTime,
        service: &str,
    ) -> String {
        let headers: Vec<_> = headers.iter().map(|(n, v)| (*n, v.as_bytes())).collect();
        let parts = SignedParts {
            method,
            path: "/",
            query,
            headers: &headers,
            body: body.as_bytes(),
        };
        let canonical = canonical_request(&parts, list, !query.is_empty()).unwrap();
        let hash = HEXLOWER.encode(digest::digest(&digest::SHA256, &canonical).as_ref());
        let date = basic(time);
        let text = format!(
            "AWS4-HMAC-SHA256\n{date}\n{}/{REGION}/{service}/aws4_request\n{hash}",
            &date[..8]
        );
        let key = generate_signing_key(&self.secret, time, REGION, service);
        calculate_signature(key, text.as_bytes())
    }

    /// The lines of the journal. What is beside them, its checkpoints, comes in its own time.
    fn journal(&self) -> String {
        let mut text = String::new();
        for entry in std::fs::read_dir(self.journal.path()).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|ending| ending == "jsonl") {
                text += &std::fs::read_to_string(path).unwrap();
            }
        }
        text
    }
}

async fn service(journal: &tempfile::TempDir) -> Arc<Service> {
    let backend: Arc<dyn Backend> = Arc::new(Memory::new());
    let seal = || SealKey::from_key_file(&Plaintext::new(vec![7; 32])).unwrap();
    let sealed = installation::create(backend, &[seal()], Random::system())
        .await
        .unwrap();
    let unsealed = sealed
        .unseal(&seal(), Random::system(), true)
        .await
        .unwrap();
    let journal = Journal::open(journal.path(), Durability::Relaxed).unwrap();
    let settings = Settings {
        managed_services: Vec::new(),
        sm2_everywhere: false,
        rsa: RsaSettings::WITHOUT_POOL,
        authorizer: Box::new(Open),
        clock: Arc::new(WallClock),
        attestation: None,
        domain_key_days: 30,
        regions: Vec::new(),
        outside: strongroom_kms::outside::Outside::nothing(),
        rates: strongroom_kms::Rates::off(),
    };
    unsealed.serve(Arc::new(journal), settings).await.unwrap()
}

fn basic(time: SystemTime) -> String {
    let time = jiff::Timestamp::try_from(time).unwrap();
    time.strftime("%Y%m%dT%H%M%SZ").to_string()
}

struct Answer {
    head: String,
    body: String,
}

impl Answer {
    fn status(&self) -> &str {
        &self.head[9..12]
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.head
            .lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
    }

    #[track_caller]
    fn ok(&self) -> Value {
        assert_eq!(self.status(), "200", "{}", self.body);
        serde_json::from_str(&self.body).unwrap()
    }

    #[track_caller]
    fn is(&self, status: &str, body: &str) {
        assert_eq!((self.status(), self.body.as_str()), (status, body));
        assert_eq!(self.header("X-Amzn-Requestid").map(str::len), Some(36));
        assert!(self.header("Date").is_some());
    }

    #[track_caller]
    fn has(&self, status: &str, part: &str) {
        assert_eq!(self.status(), status, "{}", self.body);
        assert!(self.body.contains(part), "{}", self.body);
        assert_eq!(self.header("X-Amzn-Requestid").map(str::len), Some(36));
    }
}

#[tokio::test]
async fn a_key_under_an_alias_encrypts_and_decrypts_and_the_alias_moves_with_an_empty_answer() {
    let house = House::open().await;
    let mut keys = Vec::new();
    for _ in 0..2 {
        let made = house.call("CreateKey", "{}").await.ok();
        keys.push(made["KeyMetadata"]["Arn"].as_str().unwrap().to_owned());
    }
    let alias = |target: &str| json!({"AliasName": "alias/a", "TargetKeyId": target}).to_string();
    house
        .call("CreateAlias", &alias(&keys[0]))
        .await
        .is("200", "");
    let plaintext = STANDARD.encode("attack at dawn");
    let body = json!({"KeyId": "alias/a", "Plaintext": plaintext}).to_string();
    let sealed = house.call("Encrypt", &body).await.ok();
    assert_eq!(sealed["KeyId"], keys[0].as_str());

    let moved = house.call("UpdateAlias", &alias(&keys[1])).await;
    moved.is("200", "");
    assert_eq!(moved.header("Content-Length"), Some("0"));

    let body = json!({"CiphertextBlob": sealed["CiphertextBlob"]}).to_string();
    let opened = house.call("Decrypt", &body).await.ok();
    assert_eq!(opened["Plaintext"], plaintext);
    assert_eq!(opened["KeyId"], keys[0].as_str());
    assert!(house.call("ListAliases", "").await.ok()["Truncated"].is_boolean());
}

#[tokio::test]
async fn what_cannot_be_understood_is_refused_in_the_words_of_the_protocol() {
    let house = House::open().await;
    let unknown = r#"{"__type":"UnknownOperationException"}"#;
    house.call("Nothing", "{}").await.is("400", unknown);
    house
        .send("POST /", &[("Host", "h")], "{}")
        .await
        .is("400", unknown);
    house
        .call("ListKeys", "[")
        .await
        .has("400", r#"{"__type":"SerializationException""#);
    house.call("DescribeKey", "{}").await.is(
        "400",
        r#"{"__type":"ValidationException","message":"1 validation error detected: Value null at 'keyId' failed to satisfy constraint: Member must not be null"}"#,
    );
    house
        .call("DescribeKey", r#"{"KeyId": "alias/none"}"#)
        .await
        .is(
            "400",
            r#"{"__type":"NotFoundException","message":"Alias arn:aws:kms:us-east-1:000000000000:alias/none is not found."}"#,
        );
    let none = r#"{"__type":"InvalidCiphertextException"}"#;
    let blob = json!({"CiphertextBlob": STANDARD.encode([0; 200])}).to_string();
    house.call("Decrypt", &blob).await.is("400", none);
}

#[tokio::test]
async fn refusals_of_known_callers_are_in_the_journal_and_those_of_strangers_are_not() {
    let house = House::open().await;
    house.call("Nothing", "{}").await;
    assert!(house.journal().contains("UnknownOperationException"));

    let house = House::enforced().await;
    let before = house.journal();
    house.call("ListKeys", "{}").await;
    house.call("Nothing", "{}").await;
    assert_eq!(house.journal(), before);
}

#[tokio::test]
async fn with_signatures_enforced_only_a_fresh_and_true_one_comes_in() {
    let house = House::enforced().await;
    let none = Duration::ZERO;
    house.signed("ListKeys", "{}", none).await.ok();
    house
        .signed("Nothing", "{}", none)
        .await
        .is("400", r#"{"__type":"UnknownOperationException"}"#);

    let missing = house.call("ListKeys", "{}").await;
    missing.is(
        "400",
        r#"{"__type":"MissingAuthenticationTokenException","message":"Missing Authentication Token"}"#,
    );
    let name = "MissingAuthenticationTokenException";
    assert_eq!(missing.header("X-Amzn-Errortype"), Some(name));

    let late = house
        .signed("ListKeys", "{}", Duration::from_secs(600))
        .await;
    late.has(
        "400",
        r#"{"__type":"InvalidSignatureException","message":"Signature expired: "#,
    );

    let mut stranger = House::enforced().await;
    stranger.address = house.address;
    stranger
        .signed("ListKeys", "{}", none)
        .await
        .has("400", "UnrecognizedClientException");
    stranger.access_key_id = house.access_key_id.clone();
    stranger
        .signed("ListKeys", "{}", none)
        .await
        .has("400", "The request signature we calculated does not match");
}

#[tokio::test]
async fn sts_tells_callers_who_they_are() {
    let form = (
        "Content-Type",
        "application/x-www-form-urlencoded; charset=utf-8",
    );
    let body = "Action=GetCallerIdentity&Version=2011-06-15";
    let root = format!("<Arn>arn:aws:iam::{ACCOUNT}:root</Arn>");

    let house = House::open().await;
    let scope = format!("AWS4-HMAC-SHA256 Credential={ACCOUNT}/20260101/{REGION}/sts/aws4_request");
    let answer = house
        .send("POST /", &[form, ("Authorization", &scope)], body)
        .await;
    answer.has("200", &root);
    assert_eq!(answer.header("Content-Type"), Some("text/xml"));
    let id = answer.header("X-Amzn-Requestid").unwrap();
    assert!(
        answer
            .body
            .contains(&format!("<RequestId>{id}</RequestId>"))
    );
    house
        .send("POST /", &[form], "Action=GetFederationToken")
        .await
        .has("400", "<Code>InvalidAction</Code>");

    let house = House::enforced().await;
    house
        .send("POST /", &[form], body)
        .await
        .has("403", "<Code>MissingAuthenticationToken</Code>");

    let time = SystemTime::now();
    let date = basic(time);
    let query = format!(
        "{body}&X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential={}%2F{}%2F{REGION}%2Fsts%2F\
         aws4_request&X-Amz-Date={date}&X-Amz-Expires=60&X-Amz-SignedHeaders=host",
        house.access_key_id,
        &date[..8]
    );
    let host = [("host", "sts.test")];
    let signature = house.signature("GET", &query, &host, "", "host", time, "sts");
    let get = |signature: &str| format!("GET /?{query}&X-Amz-Signature={signature}");
    house
        .send(&get(&signature), &host, "")
        .await
        .has("200", &root);
    house
        .send(&get(&"0".repeat(64)), &host, "")
        .await
        .has("403", "<Code>SignatureDoesNotMatch</Code>");
}

#[tokio::test]
async fn the_service_is_ready_when_its_store_answers() {
    let house = House::enforced().await;
    house
        .send("GET /readyz", &[], "")
        .await
        .is("200", r#"{"status":"ready"}"#);
}
