//! `cargo run --release -p strongroom-bench`: what Strongroom costs, in ratios.
//!
//! Children are started on the loopback interface: the bare server, which is this program with
//! another command, and the server under test. Rounds of the two take turns, so that whatever
//! else the machine does falls on both.

use std::{
    error::Error,
    fs, io,
    net::SocketAddr,
    path::{Path, PathBuf},
    process::Command,
    sync::Arc,
    time::{Duration, Instant},
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use clap::{Parser, Subcommand};
use serde_json::{Value, json};
use strongroom_bench::{
    bare,
    child::Server,
    client::Client,
    crowd::{Expensive, latencies, p99},
    doorman,
    rounds::{Body, Load, Round, drive, median, spread},
    sign::Signer,
};
use tokio::task::JoinSet;

type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

const ACCOUNT: &str = "111122223333";
const REGION: &str = "us-east-1";

/// Measures Strongroom against a bare HTTP server.
#[derive(Parser)]
struct Arguments {
    /// The server under test.
    #[arg(long, default_value = "target/release/strongroom")]
    bin: PathBuf,
    /// Where stores are made, on the disk whose syncs are to be measured. Emptied first.
    #[arg(long, default_value = "target/bench")]
    dir: PathBuf,
    /// Seconds of each round.
    #[arg(long, default_value_t = 2)]
    seconds: u64,
    /// Rounds of each measurement.
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// Keys with 50 aliases each in the large account of the listing measurement.
    #[arg(long, default_value_t = 2000)]
    keys: usize,
    /// Only these measurements, for example `start,encrypt`.
    #[arg(long, value_delimiter = ',')]
    only: Vec<String>,
    #[command(subcommand)]
    command: Option<Child>,
}

#[derive(Subcommand)]
enum Child {
    /// Runs the bare server until it is ended.
    Bare {
        /// Where it listens.
        #[arg(default_value = "127.0.0.1:0")]
        listen: SocketAddr,
    },
}

fn main() -> Outcome<()> {
    let arguments = Arguments::parse();
    if let Some(Child::Bare { listen }) = arguments.command {
        return Ok(bare::run(listen)?);
    }
    // One thread drives: it leaves the other core to the server.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(measure(&arguments))
}

async fn measure(arguments: &Arguments) -> Outcome<()> {
    let begun = Instant::now();
    say(format_args!(
        "{:<44} {:>12} {:>12} {:>8}  {}",
        "", "strongroom", "beside it", "ratio", "wanted"
    ));
    let wanted = |name: &str| arguments.only.is_empty() || arguments.only.iter().any(|n| n == name);
    if wanted("decision") {
        let micros = doorman::decision(arguments.rounds)?;
        limit(
            "decision: 20 statements, 5 policies, 100 grants",
            micros,
            5.0,
        );
    }
    if wanted("signature") {
        let micros = doorman::signature(arguments.rounds)?;
        limit("signature check, remembered key", micros, 2.0);
    }
    let serverless = |name: &String| name == "decision" || name == "signature";
    if !arguments.only.is_empty() && arguments.only.iter().all(serverless) {
        return Ok(());
    }
    let bench = Bench::new(arguments)?;
    if wanted("start") {
        bench.start_and_rest().await?;
    }
    if wanted("encrypt") {
        bench.encrypt().await?;
    }
    if wanted("aliases") {
        bench.update_alias().await?;
    }
    if wanted("listing") {
        bench.list_aliases().await?;
    }
    if wanted("audit") {
        bench.audit().await?;
    }
    if wanted("crowd") {
        bench.crowd().await?;
    }
    say(format_args!("({} s)", begun.elapsed().as_secs()));
    Ok(())
}

/// Standard output is what this program is for.
#[expect(clippy::print_stdout, reason = "the figures go to standard output")]
fn say(line: std::fmt::Arguments<'_>) {
    println!("{line}");
}

/// One line of the result.
fn report(what: &str, ours: String, theirs: String, ratio: f64, wanted: &str, met: bool) {
    let verdict = if met { "ok" } else { "MISSED" };
    say(format_args!(
        "{what:<44} {ours:>12} {theirs:>12} {ratio:>8.2}  {wanted} {verdict}"
    ));
}

/// One line of something that has nothing beside it but a limit, in microseconds of CPU.
fn limit(what: &str, micros: f64, most: f64) {
    report(
        what,
        format!("{micros:.2} us"),
        "-".to_owned(),
        micros / most,
        &format!("<= {most} us CPU"),
        micros <= most,
    );
}

struct Bench<'a> {
    arguments: &'a Arguments,
    dir: PathBuf,
    log: PathBuf,
}

impl<'a> Bench<'a> {
    fn new(arguments: &'a Arguments) -> Outcome<Self> {
        if !arguments.bin.exists() {
            let bin = arguments.bin.display();
            return Err(format!("{bin} is not there; build it with: cargo build --release").into());
        }
        let dir = arguments.dir.clone();
        match fs::remove_dir_all(&dir) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error.into()),
            _ => {}
        }
        fs::create_dir_all(&dir)?;
        Ok(Self {
            arguments,
            log: dir.join("servers.log"),
            dir,
        })
    }

    fn bare(&self) -> Outcome<Server> {
        let mut command = Command::new(std::env::current_exe()?);
        Ok(Server::start(command.arg("bare"), &self.log)?)
    }

    fn dev(&self, place: &[&str]) -> Outcome<Server> {
        let mut command = Command::new(&self.arguments.bin);
        command.args(["dev", "--listen", "127.0.0.1:0"]).args(place);
        Ok(Server::start(&mut command, &self.log)?)
    }

    /// A new store, sealed with a key file, and its root's access key.
    fn init(&self, name: &str) -> Outcome<(PathBuf, String, Signer)> {
        let store = self.dir.join(name);
        let seal = format!(
            "key-file={}",
            self.dir.join(format!("{name}.key")).display()
        );
        let output = Command::new(&self.arguments.bin)
            .args([
                "init",
                "--account",
                ACCOUNT,
                "--region",
                REGION,
                "--output",
                "json",
            ])
            .args(["--seal", &seal, "--data-dir"])
            .arg(&store)
            .output()?;
        if !output.status.success() {
            return Err(format!("init: {}", String::from_utf8_lossy(&output.stderr)).into());
        }
        let credentials: Value = serde_json::from_slice(&output.stdout)?;
        let text = |name: &str| {
            credentials
                .get(name)
                .and_then(Value::as_str)
                .unwrap_or_default()
        };
        let signer = Signer::new(text("access_key_id"), text("secret_access_key"), REGION);
        Ok((store, seal, signer))
    }

    fn serve(&self, store: &Path, seal: &str, durability: &str) -> Outcome<Server> {
        let mut command = Command::new(&self.arguments.bin);
        command
            .args([
                "serve",
                "--listen",
                "127.0.0.1:0",
                "--seal",
                seal,
                "--data-dir",
            ])
            .arg(store)
            .env("STRONGROOM_AUDIT_DURABILITY", durability)
            .env("STRONGROOM_REQUEST_RATES", "off");
        Ok(Server::start(&mut command, &self.log)?)
    }

    fn round(&self) -> Duration {
        Duration::from_secs(self.arguments.seconds)
    }

    /// From the start of the process to its first answer; and what it holds while it rests.
    async fn start_and_rest(&self) -> Outcome<()> {
        let store = self.dir.join("dev").display().to_string();
        let place = ["--data-dir", store.as_str()];
        let signer = Signer::new(ACCOUNT, "anything", REGION);
        {
            let server = self.dev(&place)?;
            let mut client = Client::connect(server.address, signer.clone()).await?;
            let key = new_key(&mut client).await?;
            let alias = json!({"AliasName": "alias/bench", "TargetKeyId": key});
            client.json("CreateAlias", &alias).await?;
        }
        let body = encrypt_body("alias/bench", 0, 0);
        let first_answer = async |start: &dyn Fn() -> Outcome<Server>| {
            let begun = Instant::now();
            let server = start()?;
            let mut client = Client::connect(server.address, signer.clone()).await?;
            client.call("Encrypt", body.as_bytes()).await?;
            let millis = begun.elapsed().as_secs_f64() * 1000.0;
            Outcome::Ok((millis, server))
        };
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        for _ in 0..15 {
            theirs.push(first_answer(&|| self.bare()).await?.0);
            ours.push(first_answer(&|| self.dev(&place)).await?.0);
        }
        let (ours, theirs) = (median(ours), median(theirs));
        report(
            "start of dev to first answer",
            format!("{ours:.1} ms"),
            format!("{theirs:.1} ms"),
            ours / theirs,
            "<= 3",
            ours / theirs <= 3.0,
        );

        let (_, server) = first_answer(&|| self.dev(&place)).await?;
        let (_, bare) = first_answer(&|| self.bare()).await?;
        tokio::time::sleep(Duration::from_secs(1)).await;
        let megabytes =
            |server: &Server| io::Result::Ok(f64::from(server.resident_kilobytes()?) / 1024.0);
        let (ours, theirs) = (megabytes(&server)?, megabytes(&bare)?);
        report(
            "memory of dev at rest",
            format!("{ours:.1} MB"),
            format!("{theirs:.1} MB"),
            ours / theirs,
            "<= 20 MB",
            ours <= 20.0,
        );
        Ok(())
    }

    /// Calls of Encrypt that a second of processor time is good for.
    async fn encrypt(&self) -> Outcome<()> {
        let (store, seal, signer) = self.init("encrypt")?;
        let server = self.serve(&store, &seal, "relaxed")?;
        let bare = self.bare()?;
        let mut client = Client::connect(server.address, signer.clone()).await?;
        let key = new_key(&mut client).await?;
        let body: Body = Arc::new(move |connection, number| encrypt_body(&key, connection, number));
        let load = Load {
            operation: "Encrypt",
            connections: 16,
            body,
        };
        // Caches fill and pages are touched before anything counts.
        let warm = Duration::from_millis(500);
        drive(&bare, &signer, &load, warm).await?;
        drive(&server, &signer, &load, warm).await?;
        let (mut ours, mut theirs, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..self.arguments.rounds {
            let bare_round = drive(&bare, &signer, &load, self.round()).await?;
            let round = drive(&server, &signer, &load, self.round()).await?;
            ratios.push(round.per_cpu_second() / bare_round.per_cpu_second());
            ours.push(round.per_cpu_second());
            theirs.push(bare_round.per_cpu_second());
        }
        let rounds: Vec<String> = ratios.iter().map(|ratio| format!("{ratio:.2}")).collect();
        let ratio = median(ratios);
        report(
            "Encrypt at 16 connections, per CPU second",
            format!("{:.0}", median(ours)),
            format!("{:.0}", median(theirs)),
            ratio,
            &format!(">= 0.4 (rounds {})", rounds.join(" ")),
            ratio >= 0.4,
        );
        Ok(())
    }

    /// What it costs that the record of every call is on the disk before its answer, and that the
    /// journal is sealed.
    async fn audit(&self) -> Outcome<()> {
        let (store, seal, signer) = self.init("audit-strict")?;
        let strict = self.serve(&store, &seal, "strict")?;
        let (other, other_seal, other_signer) = self.init("audit-relaxed")?;
        let relaxed = self.serve(&other, &other_seal, "relaxed")?;
        let load = async |server: &Server, signer: &Signer| {
            let mut client = Client::connect(server.address, signer.clone()).await?;
            let key = new_key(&mut client).await?;
            let load = Load {
                operation: "Encrypt",
                connections: 64,
                body: Arc::new(move |connection, number| encrypt_body(&key, connection, number)),
            };
            drive(server, signer, &load, Duration::from_millis(500)).await?;
            Outcome::Ok(load)
        };
        let strict_load = load(&strict, &signer).await?;
        let relaxed_load = load(&relaxed, &other_signer).await?;
        let (mut ours, mut theirs, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..self.arguments.rounds {
            let loose = drive(&relaxed, &other_signer, &relaxed_load, self.round()).await?;
            let tight = drive(&strict, &signer, &strict_load, self.round()).await?;
            ratios.push(tight.rate() / loose.rate());
            ours.push(tight.rate());
            theirs.push(loose.rate());
        }
        let (least, most) = spread(&ratios);
        let ratio = median(ratios);
        report(
            "Encrypt at 64 connections, strict and relaxed",
            format!("{:.0}/s", median(ours)),
            format!("{:.0}/s", median(theirs)),
            ratio,
            &format!(">= 0.6 (rounds {least:.2} to {most:.2})"),
            ratio >= 0.6,
        );
        Ok(())
    }

    /// Changes that are on the disk before they are answered, one after the other and together.
    async fn update_alias(&self) -> Outcome<()> {
        const CONNECTIONS: usize = 64;
        let (store, seal, signer) = self.init("aliases")?;
        let server = self.serve(&store, &seal, "strict")?;
        let mut making = JoinSet::new();
        for connection in 0..CONNECTIONS {
            let (address, signer) = (server.address, signer.clone());
            making.spawn(async move {
                let mut client = Client::connect(address, signer).await?;
                let pair = [new_key(&mut client).await?, new_key(&mut client).await?];
                let [key, _] = &pair;
                let alias = format!("alias/bench-{connection}");
                let body = json!({"AliasName": alias, "TargetKeyId": key});
                client.json("CreateAlias", &body).await?;
                Outcome::Ok((connection, pair))
            });
        }
        let mut pairs = vec![[const { String::new() }; 2]; CONNECTIONS];
        while let Some(made) = making.join_next().await {
            let (connection, pair) = made??;
            if let Some(place) = pairs.get_mut(connection) {
                *place = pair;
            }
        }
        let body: Body = Arc::new(move |connection, number| {
            let target = pairs
                .get(connection)
                .and_then(|pair| pair.get((number + 1) % 2))
                .map_or("", String::as_str);
            let alias = format!("alias/bench-{connection}");
            json!({"AliasName": alias, "TargetKeyId": target}).to_string()
        });
        let load = |connections| Load {
            operation: "UpdateAlias",
            connections,
            body: Arc::clone(&body),
        };
        let (mut together, mut alone, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..self.arguments.rounds.min(3) {
            let one = drive(&server, &signer, &load(1), self.round()).await?;
            let many = drive(&server, &signer, &load(CONNECTIONS), self.round()).await?;
            ratios.push(many.rate() / one.rate());
            alone.push(one.rate());
            together.push(many.rate());
        }
        let (least, most) = spread(&ratios);
        let ratio = median(ratios);
        report(
            "durable UpdateAlias at 64 connections and 1",
            format!("{:.0}/s", median(together)),
            format!("{:.0}/s", median(alone)),
            ratio,
            &format!(">= 4 (rounds {least:.1} to {most:.1})"),
            ratio >= 4.0,
        );
        Ok(())
    }

    /// The slowest calls of Encrypt beside the most expensive things that there are to ask for.
    async fn crowd(&self) -> Outcome<()> {
        let (store, seal, signer) = self.init("crowd")?;
        let server = self.serve(&store, &seal, "relaxed")?;
        let mut client = Client::connect(server.address, signer.clone()).await?;
        let key = new_key(&mut client).await?;
        let spec = json!({"KeySpec": "ML_DSA_87", "KeyUsage": "SIGN_VERIFY"});
        let answer = client.json("CreateKey", &spec).await?;
        let signing = answer.pointer("/KeyMetadata/Arn").and_then(Value::as_str);
        let message = STANDARD.encode([7; 4096]);
        let sign =
            json!({"KeyId": signing, "Message": message, "SigningAlgorithm": "ML_DSA_SHAKE_256"});
        let pair = json!({"KeyId": key, "KeyPairSpec": "RSA_4096"});
        let call = |operation, body: Value| {
            let body = body.to_string();
            Expensive::Call(Load {
                operation,
                connections: 2,
                body: Arc::new(move |_, _| body.clone()),
            })
        };
        let expensive = [
            ("RSA-4096 pairs", call("GenerateDataKeyPair", pair)),
            ("ML-DSA-87 signatures of 4 KB", call("Sign", sign)),
            ("a passphrase (Argon2id)", self.passphrase(&store, &seal)?),
        ];
        let load = Load {
            operation: "Encrypt",
            connections: 16,
            body: Arc::new(move |connection, number| encrypt_body(&key, connection, number)),
        };
        let slowest = async |beside| {
            let taken = latencies(&server, &signer, &load, beside, self.round()).await?;
            Outcome::Ok(p99(taken))
        };
        slowest(None).await?;
        for (what, beside) in &expensive {
            let (mut crowded, mut alone, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
            for _ in 0..self.arguments.rounds.min(5) {
                let quiet = slowest(None).await?;
                let busy = slowest(Some(beside)).await?;
                ratios.push(busy / quiet);
                crowded.push(busy);
                alone.push(quiet);
            }
            let (least, most) = spread(&ratios);
            let ratio = median(ratios);
            report(
                &format!("p99 of Encrypt beside {what}"),
                format!("{:.0} us", median(crowded)),
                format!("{:.0} us", median(alone)),
                ratio,
                &format!("<= 3 (rounds {least:.1} to {most:.1})"),
                ratio <= 3.0,
            );
        }
        Ok(())
    }

    /// Gives the running server's store a passphrase, which the operator then tries again and
    /// again.
    fn passphrase(&self, store: &Path, seal: &str) -> Outcome<Expensive> {
        let words = self.dir.join("crowd.words");
        fs::write(&words, "correct horse battery staple\n")?;
        fs::set_permissions(&words, std::os::unix::fs::PermissionsExt::from_mode(0o600))?;
        let phrase = format!("passphrase=file:{}", words.display());
        let folder = store.display().to_string();
        let output = Command::new(&self.arguments.bin)
            .args(["seal", "add", "--data-dir", &folder, "--seal", seal])
            .args(["--new", &phrase])
            .output()?;
        if !output.status.success() {
            return Err(format!("seal add: {}", String::from_utf8_lossy(&output.stderr)).into());
        }
        let arguments = ["seal", "verify", "--data-dir", &folder, "--seal", &phrase];
        Ok(Expensive::Command {
            program: self.arguments.bin.clone(),
            arguments: arguments.map(str::to_owned).to_vec(),
        })
    }

    /// What a page of 100 aliases costs in a small account and in a large one.
    async fn list_aliases(&self) -> Outcome<()> {
        const SMALL: &str = "111111111111";
        const LARGE: &str = "222222222222";
        let server = self.dev(&["--in-memory"])?;
        let signer = |account| Signer::new(account, "anything", REGION);
        let few = populate(&server, &signer(SMALL), 2).await?;
        let many = populate(&server, &signer(LARGE), self.arguments.keys).await?;

        let page: Body = Arc::new(|_, _| json!({"Limit": 100}).to_string());
        let marker = marker_in_the_middle(&server, &signer(LARGE), many).await?;
        let later: Body = Arc::new(move |_, _| json!({"Limit": 100, "Marker": marker}).to_string());
        let load = |body: &Body| Load {
            operation: "ListAliases",
            connections: 4,
            body: Arc::clone(body),
        };
        let (mut small, mut first, mut middle) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..self.arguments.rounds.min(3) {
            let cost = async |account, body: &Body| {
                drive(&server, &signer(account), &load(body), self.round() / 2)
                    .await
                    .map(|round: Round| round.cpu_micros())
            };
            small.push(cost(SMALL, &page).await?);
            first.push(cost(LARGE, &page).await?);
            middle.push(cost(LARGE, &later).await?);
        }
        let small = median(small);
        for (which, cost) in [("first", median(first)), ("middle", median(middle))] {
            report(
                &format!("{which} page of {many} aliases and of {few}"),
                format!("{cost:.0} us"),
                format!("{small:.0} us"),
                cost / small,
                "flat (<= 1.3)",
                cost / small <= 1.3,
            );
        }
        Ok(())
    }
}

async fn new_key(client: &mut Client) -> Outcome<String> {
    let answer = client.json("CreateKey", &json!({})).await?;
    let id = answer.pointer("/KeyMetadata/Arn").and_then(Value::as_str);
    id.map(str::to_owned)
        .ok_or_else(|| format!("CreateKey answered {answer}").into())
}

/// A call of Encrypt as applications make it: 32 bytes, a context of two pairs.
fn encrypt_body(key: &str, connection: usize, number: usize) -> String {
    let plaintext = STANDARD.encode(format!("{connection:08}{number:024}"));
    format!(
        "{{\"KeyId\": \"{key}\", \"Plaintext\": \"{plaintext}\", \
         \"EncryptionContext\": {{\"app\": \"bench\", \"tenant\": \"{connection:04}\"}}}}"
    )
}

/// Makes as many keys with fifty aliases each, and tells how many aliases there are then.
async fn populate(server: &Server, signer: &Signer, keys: usize) -> Outcome<usize> {
    const ALIASES: usize = 50;
    const WORKERS: usize = 8;
    let mut making = JoinSet::new();
    for worker in 0..WORKERS {
        let (address, signer) = (server.address, signer.clone());
        making.spawn(async move {
            let mut client = Client::connect(address, signer).await?;
            for number in (worker..keys).step_by(WORKERS) {
                let key = new_key(&mut client).await?;
                for alias in 0..ALIASES {
                    let name = format!("alias/team-{number:05}/{alias:02}");
                    let body = json!({"AliasName": name, "TargetKeyId": key}).to_string();
                    client.call("CreateAlias", body.as_bytes()).await?;
                }
            }
            Outcome::Ok(())
        });
    }
    while let Some(made) = making.join_next().await {
        made??;
    }
    Ok(keys * ALIASES)
}

/// The marker of a page that has half of the aliases before it.
async fn marker_in_the_middle(server: &Server, signer: &Signer, aliases: usize) -> Outcome<Value> {
    let mut client = Client::connect(server.address, signer.clone()).await?;
    let mut marker = Value::Null;
    for _ in 0..(aliases / 200).max(1) {
        let body = json!({"Limit": 100, "Marker": marker});
        let answer = client.json("ListAliases", &body).await?;
        match answer.get("NextMarker") {
            Some(next) => marker = next.clone(),
            None => break,
        }
    }
    Ok(marker)
}
