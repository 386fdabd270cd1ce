//! `strongroom dev`: a server for development, with no set-up.

use std::{
    fs::{self, DirBuilder},
    net::{IpAddr, SocketAddr},
    os::unix::fs::DirBuilderExt as _,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use strongroom_auth::{
    Authorizer,
    decision::{Enforced, Open},
};
use strongroom_crypto::{Hardening, Random};
use strongroom_kms::{
    Settings,
    installation::{self, Profile},
    seed::{Seed, SeedError},
};
use strongroom_model::{AccountId, Region};
use strongroom_store::{Backend, DataFolder, Embedded, Journal, Memory, journal::JournalSettings};

use super::{
    Failure,
    house::{self, DEV_KEY_FILE, Exhibition, House, Running},
    print,
};
use crate::{
    cli::DevArgs,
    clock::{self, Ahead, ClockNote, ServiceClock},
    config::{self, CounterConfig, Defaults},
    custom_key_stores,
    door::{Door, Regions, WallClock},
    metrics::{Counted, Metrics, Watched},
    seal_source::{make_key_file, read_key_file},
    seed::{self, Purpose},
    tls,
};

/// The Region of requests that name none.
const DEFAULT_REGION: &str = "us-east-1";
/// How often the service tidies: a passed deletion date shows within a second.
const TIDY_EVERY: Duration = Duration::from_secs(1);

pub(super) fn run(args: DevArgs, hardening: Hardening) -> Result<(), Failure> {
    house::self_test()?;
    if house::may_be_swapped(hardening) {
        tracing::warn!("swap is on and memory cannot be locked: key material may reach a disk");
    }
    // Before anything is made: a seed with a mistake leaves nothing behind.
    let load = |path| seed::load(path, Purpose::Seed);
    let seed = args.seed.as_deref().map(load).transpose()?;
    let counter = config::counter(args.counter.clone(), Defaults::DEV)?;
    let place = Place::enter(&args, counter.audit.journal)?;
    let runtime = house::runtime()?;
    let served = runtime.block_on(serve(place, &args, seed, counter));
    runtime.shutdown_timeout(Duration::from_secs(1));
    served
}

/// Where a development server keeps its data.
struct Place {
    /// The folder of the key file, the administrative socket and the certificate.
    dir: PathBuf,
    backend: Arc<dyn Backend>,
    /// The same, if it is a file.
    store: Option<Arc<Embedded>>,
    journal: Arc<Journal>,
    /// Kept until the server has ended.
    _held: Held,
}

#[expect(dead_code, reason = "held for what happens when it is dropped")]
enum Held {
    /// The lock of the folder.
    Folder(DataFolder),
    /// A folder that is removed at the end; it never holds data.
    Memory(TemporaryDir),
}

impl Place {
    fn enter(args: &DevArgs, settings: JournalSettings) -> Result<Self, Failure> {
        if args.in_memory {
            let temporary = TemporaryDir::make()?;
            make_key_file(&temporary.0.join(DEV_KEY_FILE), &Random::system())?;
            let (journal, _) = Journal::in_memory()?;
            return Ok(Self {
                dir: temporary.0.clone(),
                backend: Arc::new(Memory::new()),
                store: None,
                journal: Arc::new(journal),
                _held: Held::Memory(temporary),
            });
        }
        let path = &args.data_dir;
        if path.join("store.sqlite").exists() && !house::made_by_dev(path) {
            return Err(Failure::new(format_args!(
                "{} was made by `strongroom init`; serve it with `strongroom serve`, or name \
                 another folder with --data-dir",
                path.display()
            )));
        }
        let folder = DataFolder::hold(path)?;
        // Before the store: a store without this file is taken for one of `init`.
        make_key_file(&path.join(DEV_KEY_FILE), &Random::system())?;
        let house = House::open(folder)?;
        let journal = house.journal(settings)?;
        Ok(Self {
            dir: path.canonicalize()?,
            backend: house.backend,
            store: Some(house.store),
            journal,
            _held: Held::Folder(house.folder),
        })
    }
}

async fn serve(
    mut place: Place,
    args: &DevArgs,
    seed: Option<Seed>,
    counter: CounterConfig,
) -> Result<(), Failure> {
    let metrics = Arc::new(Metrics::new());
    let watched = Exhibition::is_wanted(&counter);
    if watched {
        place.backend = Arc::new(Watched::new(place.backend, &metrics));
    }
    let random = Random::system;
    let key = read_key_file(&place.dir.join(DEV_KEY_FILE))?.key()?;
    let sealed = match installation::find(Arc::clone(&place.backend)).await? {
        Some(sealed) => sealed,
        None => {
            let seals = std::slice::from_ref(&key);
            installation::create(Arc::clone(&place.backend), seals, random()).await?
        }
    };
    let unsealed = sealed.unseal(&key, random(), true).await?;
    drop(key);

    let clock = Arc::new(ServiceClock::default());
    let authorizer: Box<dyn Authorizer> = if args.enforce {
        Box::new(Counted::new(Enforced, &metrics))
    } else {
        Box::new(Counted::new(Open, &metrics))
    };
    let settings = Settings {
        managed_services: counter.managed_services,
        sm2_everywhere: counter.sm2_everywhere,
        rsa: counter.rsa,
        authorizer,
        clock: Arc::clone(&clock) as _,
        attestation: house::attestation(counter.attestation_root.as_deref())?,
        domain_key_days: counter.domain_key_days,
        regions: Vec::new(),
        outside: custom_key_stores::outside(
            &counter.key_stores,
            counter.key_store_health,
            watched.then_some(&metrics),
        )?,
        rates: counter.rates,
    };
    let service = unsealed.serve(Arc::clone(&place.journal), settings).await?;
    let profile = Profile {
        development: true,
        account: AccountId::DEVELOPMENT,
        regions: Vec::new(),
    };
    match service.profile().await? {
        Some(there) if there.development => {}
        Some(_) => {
            let place = place.dir.display();
            return Err(Failure::new(format_args!(
                "{place} was made for production; serve it with `strongroom serve`"
            )));
        }
        None => service.set_profile(&profile).await?,
    }

    let kept: ClockNote = service.note(clock::NOTE).await?.unwrap_or_default();
    let kept = Ahead::from_millis(kept.offset_millis)?;
    let offset = args.clock_offset.map_or(kept, |asked| asked.max(kept));
    clock.set_offset(offset);
    if offset != kept {
        let note = ClockNote {
            offset_millis: offset.as_millis(),
        };
        service.set_note(clock::NOTE, &note).await?;
    }
    if let (Some(seed), Some(path)) = (seed, &args.seed) {
        service.plant(&seed).await.map_err(|error| match error {
            SeedError::Refused { line, reason } => {
                Failure::new(format_args!("{}:{line}: {reason}", path.display()))
            }
            SeedError::Installation(error) => Failure::new(error),
        })?;
    }

    let tls = match (&counter.tls, args.tls_self_signed) {
        (Some((certificate, key)), _) => Some((certificate.clone(), key.clone())),
        (None, true) => {
            let made = tls::self_signed(&place.dir, &names(&counter.listen))?;
            Some((made.certificate, made.key))
        }
        (None, false) => None,
    };
    let certificate = tls.as_ref().and_then(|(chain, _)| tls::good_until(chain));
    let config = tls
        .as_ref()
        .map(|(chain, key)| tls::server_config(chain, key))
        .transpose()?;
    let region = Region::parse(DEFAULT_REGION)?;
    let door = if args.enforce {
        Door::enforced(Regions::Any, Arc::new(WallClock))
    } else {
        Door::open(region)
    };
    let listener = house::bind(&counter.listen)?;
    let metrics_listener = counter.metrics_listen.as_deref();
    let metrics_listener = metrics_listener.map(house::bind).transpose()?;
    let greeting = Greeting {
        address: listener.local_addr()?,
        certificate: tls.map(|(certificate, _)| certificate),
        self_signed: args.tls_self_signed,
        dir: &place.dir,
        in_memory: args.in_memory,
        enforce: args.enforce,
    }
    .text();
    Running {
        service,
        journal: place.journal,
        sinks: counter.audit.sinks,
        listener,
        door,
        exhibition: Exhibition {
            metrics,
            listener: metrics_listener,
            otlp: counter.otlp,
            store: place.store,
            certificate,
        },
        tls: config,
        desk_dir: place.dir.clone(),
        clock: Some(clock),
        tidy_every: TIDY_EVERY,
    }
    .until_stopped(|| print(&greeting))
    .await
}

/// The names for a certificate, when the address is more than a local one.
fn names(listen: &str) -> Vec<String> {
    let Some((host, _)) = listen.rsplit_once(':') else {
        return Vec::new();
    };
    let host = host.trim_start_matches('[').trim_end_matches(']');
    let unspecified = host
        .parse()
        .is_ok_and(|address: IpAddr| address.is_unspecified());
    if host.is_empty() || unspecified {
        Vec::new()
    } else {
        vec![host.to_owned()]
    }
}

/// What is printed when the server is open.
struct Greeting<'a> {
    address: SocketAddr,
    certificate: Option<PathBuf>,
    self_signed: bool,
    dir: &'a Path,
    in_memory: bool,
    enforce: bool,
}

impl Greeting<'_> {
    fn text(&self) -> String {
        let scheme = if self.certificate.is_some() {
            "https"
        } else {
            "http"
        };
        let mut address = self.address;
        if address.ip().is_unspecified() {
            // Nobody connects to an unspecified address.
            let local: IpAddr = if address.is_ipv4() {
                [127, 0, 0, 1].into()
            } else {
                std::net::Ipv6Addr::LOCALHOST.into()
            };
            address.set_ip(local);
        }
        let endpoint = format!("{scheme}://{address}");
        let (id, secret) = if self.enforce {
            ("…", "…")
        } else {
            ("dev", "dev")
        };
        let trusted = self.certificate.as_ref().filter(|_| self.self_signed);
        let bundle = trusted.map(|path| format!(" AWS_CA_BUNDLE={}", shell(path)));
        let bundle = bundle.unwrap_or_default();
        let verify = trusted.map(|path| format!(", verify={:?}", path.display().to_string()));
        let verify = verify.unwrap_or_default();
        let environment = format!(
            "AWS_ACCESS_KEY_ID={id} AWS_SECRET_ACCESS_KEY={secret} AWS_REGION={DEFAULT_REGION}{bundle}"
        );

        let mut text = format!("endpoint: {endpoint}\n");
        let dir = self.dir.display();
        if self.in_memory {
            text += &format!("data folder: none, all is in memory (commands: --data-dir {dir})\n");
        } else {
            text += &format!("data folder: {dir}\n");
        }
        if let Some(certificate) = &self.certificate {
            text += &format!("certificate: {}\n", certificate.display());
        }
        text += &format!(
            "\nAWS CLI:     {environment} aws --endpoint-url {endpoint} kms create-key\n\
             Python:      kms = boto3.client(\"kms\", endpoint_url=\"{endpoint}\", \
             region_name=\"{DEFAULT_REGION}\", aws_access_key_id=\"{id}\", \
             aws_secret_access_key=\"{secret}\"{verify})\n\
             Environment: export {environment} AWS_ENDPOINT_URL_KMS={endpoint} \
             AWS_ENDPOINT_URL_STS={endpoint}\n"
        );
        if self.enforce {
            text += "\nSignatures are verified: use the access keys of the seed.\n";
        }
        text
    }
}

/// A path as a shell reads it.
fn shell(path: &Path) -> String {
    let text = path.display().to_string();
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-+@%:,".contains(c);
    if text.chars().all(plain) {
        text
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}

/// A folder of this process alone, removed at its end.
struct TemporaryDir(PathBuf);

impl TemporaryDir {
    fn make() -> Result<Self, Failure> {
        let bits = u64::from_be_bytes(Random::system().array()?);
        let path = std::env::temp_dir().join(format!("strongroom-{bits:016x}"));
        DirBuilder::new().mode(0o700).create(&path)?;
        Ok(Self(path))
    }
}

impl Drop for TemporaryDir {
    fn drop(&mut self) {
        // What is left holds no data.
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn greeting(certificate: Option<&str>, in_memory: bool) -> String {
        Greeting {
            address: "0.0.0.0:4599".parse().unwrap(),
            certificate: certificate.map(PathBuf::from),
            self_signed: true,
            dir: Path::new("/data dir"),
            in_memory,
            enforce: false,
        }
        .text()
    }

    #[test]
    fn the_greeting_names_the_endpoint_the_folder_and_three_lines_to_paste() {
        let text = greeting(None, false);
        assert!(
            text.starts_with("endpoint: http://127.0.0.1:4599\ndata folder: /data dir\n\n"),
            "{text}"
        );
        for start in ["AWS CLI:", "Python:", "Environment:"] {
            assert_eq!(
                text.lines().filter(|line| line.starts_with(start)).count(),
                1,
                "{text}"
            );
        }
        assert!(!text.contains("certificate"));
    }

    #[test]
    fn with_a_certificate_of_our_own_every_line_trusts_it() {
        let text = greeting(Some("/data dir/c.pem"), false);
        assert!(text.contains("\ncertificate: /data dir/c.pem\n"), "{text}");
        assert_eq!(
            text.matches("AWS_CA_BUNDLE='/data dir/c.pem'").count(),
            2,
            "{text}"
        );
        assert!(text.contains("verify=\"/data dir/c.pem\""), "{text}");
    }

    #[test]
    fn a_server_in_memory_says_where_commands_find_it() {
        assert!(greeting(None, true).contains("(commands: --data-dir /data dir)"));
    }

    #[test]
    fn certificates_carry_the_name_that_is_listened_on() {
        assert_eq!(names("kms.test:0"), ["kms.test"]);
        assert_eq!(names("[::1]:0"), ["::1"]);
        assert!(names("0.0.0.0:4599").is_empty());
        assert!(names(":4599").is_empty());
    }
}
