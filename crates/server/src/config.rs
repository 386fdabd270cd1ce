//! The settings of `serve`: a TOML file, the environment, and flags, the later winning.
//!
//! Unknown keys in the file are errors that name the key. Secrets are never in it, only where
//! they are: `seal = "key-file=/etc/strongroom/seal.key"`.
//!
//! ```toml
//! data_dir = "/var/lib/strongroom"
//! seal = ["key-file=/etc/strongroom/seal.key"]   # or one text
//! listen = "127.0.0.1:4599"
//! regions = ["us-east-1"]                        # default: those of init
//! managed_services = ["s3", "ebs"]
//! sm2_everywhere = false
//! danger_allow_swap = false
//! dependency_timeout_millis = 10000
//! key_store_health_seconds = 300
//! attestation_root = "/etc/strongroom/nitro.pem" # default: no attestation document is taken
//!
//! [rsa]
//! at_once = 2
//! ready_2048 = 8
//! ready_3072 = 2
//! ready_4096 = 2
//!
//! [tls]
//! certificate = "/etc/strongroom/tls.pem"
//! key = "/etc/strongroom/tls.key"
//!
//! [audit]
//! durability = "strict"                          # or "relaxed"
//! file_megabytes = 64
//! file_hours = 24
//! checkpoint_seconds = 10
//! checkpoint_entries = 4096
//! reserve_percent = 2
//!
//! [[audit.sink]]                                # see `audit::settings`
//! name = "out"
//! type = "stdout"
//!
//! [custody]
//! domain_key_days = 30
//!
//! [[external_key_store]]                        # and [[hsm_cluster]]: see `custom_key_stores`
//! endpoint = "https://xks.example.com"
//!
//! [metrics]
//! listen = "127.0.0.1:9464"                      # default: nowhere
//! otlp = "http://127.0.0.1:4318"                 # see `metrics::otlp`
//!
//! [request_rates]
//! usual = "aws"                                  # or "off"
//! rates = ["CreateKey=50", "symmetric=20000"]
//!
//! [log]
//! format = "text"                                # or "json"
//! filter = "info"
//! ```

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::OnceLock,
    time::Duration,
};

use serde::Deserialize;
use strongroom_kms::{Rate, RateError, Rates, RsaSettings};
use strongroom_model::Region;
use strongroom_store::Durability;

use crate::{
    audit::{AuditConfig, SinkSettings, settings::AuditTable},
    cli::{AuditDurability, Counter, DEFAULT_LISTEN, ServeArgs, UsualRates},
    custom_key_stores::{HsmCluster, KeyStoreSettings, ProxyEndpoint, SettingsError},
    metrics::otlp::{MetricsTable, OtlpSettings},
    seal_source::SealSource,
    telemetry::LogFormat,
};

/// The file that is read without being named, if it is there.
const DEFAULT_FILE: &str = "strongroom.toml";
/// Bytes of a settings file at most. Ours.
const FILE_BYTES: u64 = 1 << 20;

/// Pairs of RSA keys of one size that are kept ready at most, so that they find a place in locked
/// memory. Ours.
const RSA_READY: u16 = 256;
/// RSA keys that are made at once at most. Ours.
const RSA_AT_ONCE: u16 = 64;

/// What a server does unless it is told otherwise.
#[derive(Clone, Copy, Debug)]
pub struct Defaults {
    /// When calls that change nothing are answered.
    pub durability: Durability,
    /// How RSA keys are made.
    pub rsa: RsaSettings,
    /// How often accounts may call.
    pub rates: UsualRates,
    /// How many percent of the disk calls do not get.
    pub reserve_percent: u8,
}

impl Defaults {
    /// `dev` is quick, and makes nothing that nobody may want.
    pub const DEV: Self = Self {
        durability: Durability::Relaxed,
        rsa: RsaSettings::WITHOUT_POOL,
        rates: UsualRates::Off,
        reserve_percent: 0,
    };
    /// `serve` is safe, and has RSA keys ready.
    pub const SERVE: Self = Self {
        durability: Durability::Strict,
        rsa: RsaSettings {
            at_once: RsaSettings::AT_ONCE,
            ready_2048: 8,
            ready_3072: 2,
            ready_4096: 2,
        },
        rates: UsualRates::Aws,
        reserve_percent: 2,
    };
}

/// The AWS services whose managed keys are offered unless it is said otherwise.
///
/// AWS: developer guide, "AWS managed keys"; the aliases that clients meet most.
pub const MANAGED_SERVICES: [&str; 20] = [
    "acm",
    "backup",
    "codecommit",
    "dynamodb",
    "ebs",
    "elasticfilesystem",
    "es",
    "fsx",
    "glue",
    "kinesis",
    "lambda",
    "rds",
    "redshift",
    "s3",
    "secretsmanager",
    "ses",
    "sns",
    "sqs",
    "ssm",
    "xray",
];

/// How many days a domain key wraps before it is replaced, unless it is said otherwise. Ours.
pub const DOMAIN_KEY_DAYS: u16 = 30;
/// What may be said. NIST SP 800-57 part 1, 5.3.6: a key that wraps is used for up to two years.
const DOMAIN_KEY_DAYS_RANGE: std::ops::RangeInclusive<u16> = 1..=730;

/// How often external key store proxies are asked whether they are well, unless it is said
/// otherwise. AWS: every few minutes.
const KEY_STORE_HEALTH: Duration = Duration::from_secs(300);
/// For how long a call may wait for the store or the journal. Ours.
const DEPENDENCY_TIMEOUT_MILLIS: std::ops::RangeInclusive<u32> = 100..=600_000;

/// Why the settings are refused.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("the settings {} cannot be read: {cause}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        cause: io::Error,
    },
    /// The file is not as it should be.
    #[error("{}: {what}", path.display())]
    Wrong {
        /// The file.
        path: PathBuf,
        /// What is wrong, with its line.
        what: String,
    },
    /// Nobody said where the data is.
    #[error(
        "the data folder is not given: use --data-dir DIR, STRONGROOM_DATA_DIR, or `data_dir` in \
         strongroom.toml"
    )]
    NoDataDir,
    /// Nobody said what opens the store.
    #[error(
        "the seal that opens the store is not given: use --seal key-file=PATH or --seal \
         passphrase, STRONGROOM_SEAL, or `seal` in strongroom.toml"
    )]
    NoSeal,
    /// The outside of custom key stores, or what the journal is sent to, is not declared as it
    /// should be.
    #[error(transparent)]
    KeyStores(#[from] SettingsError),
    /// An AWS service cannot have that name.
    #[error("`{0}` is not the name of an AWS service, as in alias/aws/s3")]
    Service(String),
    /// A number of RSA keys is out of bounds.
    #[error("rsa.{name} is {least} to {most}")]
    Rsa {
        /// The setting.
        name: &'static str,
        /// The least that it may be.
        least: u16,
        /// The most that it may be.
        most: u16,
    },
    /// A domain key cannot be replaced that often or that rarely.
    #[error("a domain key is replaced after 1 to 730 days, not {0}: --domain-key-days")]
    DomainKeyDays(u16),
    /// Nobody waits that shortly or that long.
    #[error("a call waits for 100 to 600000 ms, not {0}: --dependency-timeout-millis")]
    DependencyTimeout(u32),
}

/// Where a server listens and how it answers, with every default filled in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CounterConfig {
    /// Where to listen.
    pub listen: String,
    /// Where metrics are shown, if anywhere.
    pub metrics_listen: Option<String>,
    /// Where metrics are sent, if anywhere.
    pub otlp: Option<OtlpSettings>,
    /// The certificate chain and its key, in PEM.
    pub tls: Option<(PathBuf, PathBuf)>,
    /// How the journal is kept, and where else it goes.
    pub audit: AuditConfig,
    /// The AWS services whose managed keys are offered.
    pub managed_services: Vec<String>,
    /// The root certificates of attestation documents, in PEM.
    pub attestation_root: Option<PathBuf>,
    /// Whether keys of spec SM2 exist in every Region.
    pub sm2_everywhere: bool,
    /// How RSA keys are made.
    pub rsa: RsaSettings,
    /// How many days a domain key wraps before it is replaced.
    pub domain_key_days: u16,
    /// How often an account may call.
    pub rates: Rates,
    /// The outside of custom key stores.
    pub key_stores: KeyStoreSettings,
    /// How often external key store proxies are asked whether they are well; zero for never.
    pub key_store_health: Duration,
}

/// The settings of `serve`, with every default filled in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServeConfig {
    /// The data folder.
    pub data_dir: PathBuf,
    /// Seals, of which one opens.
    pub seals: Vec<SealSource>,
    /// Listener and journal.
    pub counter: CounterConfig,
    /// Regions to serve; empty for those that `init` was given.
    pub regions: Vec<Region>,
    /// Whether to start although secrets may reach a disk.
    pub danger_allow_swap: bool,
    /// How the log is written, if the file says so.
    pub log_format: Option<LogFormat>,
    /// What is logged, if the file says so.
    pub log_filter: Option<String>,
}

/// The file as it is written.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    data_dir: Option<PathBuf>,
    #[serde(default)]
    seal: OneOrMany,
    listen: Option<String>,
    #[serde(default)]
    regions: Vec<Region>,
    managed_services: Option<Vec<String>>,
    attestation_root: Option<PathBuf>,
    sm2_everywhere: Option<bool>,
    danger_allow_swap: Option<bool>,
    dependency_timeout_millis: Option<u32>,
    key_store_health_seconds: Option<u16>,
    #[serde(default)]
    rsa: Rsa,
    tls: Option<Tls>,
    #[serde(default)]
    external_key_store: Vec<ProxyEndpoint>,
    #[serde(default)]
    hsm_cluster: Vec<HsmCluster>,
    #[serde(default)]
    audit: AuditTable,
    #[serde(default)]
    custody: Custody,
    #[serde(default)]
    metrics: MetricsTable,
    #[serde(default)]
    request_rates: RequestRates,
    #[serde(default)]
    log: Log,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Rsa {
    at_once: Option<u16>,
    ready_2048: Option<u16>,
    ready_3072: Option<u16>,
    ready_4096: Option<u16>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Tls {
    certificate: PathBuf,
    key: PathBuf,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Custody {
    domain_key_days: Option<u16>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct RequestRates {
    usual: Option<UsualRates>,
    #[serde(default)]
    rates: Vec<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Log {
    format: Option<LogFormat>,
    filter: Option<String>,
}

/// A seal, or a list of them.
#[derive(Debug, Deserialize)]
#[serde(
    untagged,
    expecting = "a seal is a text such as \"key-file=PATH\", or a list of them"
)]
enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

impl Default for OneOrMany {
    fn default() -> Self {
        Self::Many(Vec::new())
    }
}

impl OneOrMany {
    fn seals(self) -> Result<Vec<SealSource>, &'static str> {
        match self {
            Self::One(text) => Ok(vec![text.parse()?]),
            Self::Many(texts) => texts.iter().map(|text| text.parse()).collect(),
        }
    }
}

/// Puts together the settings of `serve`.
///
/// # Errors
/// [`ConfigError`].
pub fn serve(args: ServeArgs) -> Result<ServeConfig, ConfigError> {
    let (path, file) = match args.config {
        Some(path) => {
            let file = read(&path)?;
            (path, file)
        }
        None => {
            let path = PathBuf::from(DEFAULT_FILE);
            let file = if path.exists() {
                read(&path)?
            } else {
                File::default()
            };
            (path, file)
        }
    };
    let data_dir = args
        .data_dir
        .or(file.data_dir)
        .ok_or(ConfigError::NoDataDir)?;
    let in_file = file.seal.seals().map_err(|what| ConfigError::Wrong {
        path: path.clone(),
        what: format!("seal: {what}"),
    })?;
    let rates = file.request_rates.rates.iter().map(|text| text.parse());
    let rates: Result<Vec<Rate>, RateError> = rates.collect();
    let mut rates = rates.map_err(|error| ConfigError::Wrong {
        path,
        what: format!("request_rates.rates: {error}"),
    })?;
    // Of two that are said of one group, the later counts.
    rates.extend(args.counter.request_rate);
    let seals = if args.seal.is_empty() {
        in_file
    } else {
        args.seal
    };
    if seals.is_empty() {
        return Err(ConfigError::NoSeal);
    }
    let counter = Counter {
        listen: args.counter.listen.or(file.listen),
        metrics_listen: args
            .counter
            .metrics_listen
            .or_else(|| file.metrics.listen.clone()),
        otlp: args.counter.otlp.or(file.metrics),
        audit_durability: args.counter.audit_durability.or(file.audit.durability),
        managed_services: args.counter.managed_services.or(file.managed_services),
        attestation_root: args.counter.attestation_root.or(file.attestation_root),
        sm2_everywhere: args.counter.sm2_everywhere || file.sm2_everywhere.unwrap_or(false),
        rsa_at_once: args.counter.rsa_at_once.or(file.rsa.at_once),
        rsa_ready_2048: args.counter.rsa_ready_2048.or(file.rsa.ready_2048),
        rsa_ready_3072: args.counter.rsa_ready_3072.or(file.rsa.ready_3072),
        rsa_ready_4096: args.counter.rsa_ready_4096.or(file.rsa.ready_4096),
        domain_key_days: args
            .counter
            .domain_key_days
            .or(file.custody.domain_key_days),
        dependency_timeout_millis: args
            .counter
            .dependency_timeout_millis
            .or(file.dependency_timeout_millis),
        key_store_health_seconds: args
            .counter
            .key_store_health_seconds
            .or(file.key_store_health_seconds),
        request_rates: args.counter.request_rates.or(file.request_rates.usual),
        request_rate: rates,
        audit: args.counter.audit.or(&file.audit),
        ..args.counter
    };
    let own_file = counter.key_stores.is_some();
    let own_sinks = counter.audit.audit_sinks.is_some();
    let mut counter = self::counter(counter, Defaults::SERVE)?;
    if !own_file {
        counter.key_stores = KeyStoreSettings {
            external_key_store: file.external_key_store,
            hsm_cluster: file.hsm_cluster,
        };
        counter.key_stores.check()?;
    }
    if !own_sinks {
        SinkSettings::check(&file.audit.sink)?;
        counter.audit.sinks = file.audit.sink;
    }
    counter.tls = counter
        .tls
        .or(file.tls.map(|tls| (tls.certificate, tls.key)));
    Ok(ServeConfig {
        data_dir,
        seals,
        counter,
        regions: if args.region.is_empty() {
            file.regions
        } else {
            args.region
        },
        danger_allow_swap: args.danger_allow_swap || file.danger_allow_swap.unwrap_or(false),
        log_format: file.log.format,
        log_filter: file.log.filter,
    })
}

/// Fills in what a listener's flags leave open.
///
/// # Errors
/// [`ConfigError::Service`], [`ConfigError::Rsa`], [`ConfigError::DomainKeyDays`],
/// [`ConfigError::DependencyTimeout`], [`ConfigError::KeyStores`].
pub fn counter(given: Counter, defaults: Defaults) -> Result<CounterConfig, ConfigError> {
    let rsa = rsa(&given, defaults.rsa)?;
    let managed_services = match given.managed_services {
        None => MANAGED_SERVICES.map(str::to_owned).to_vec(),
        Some(names) => names.into_iter().filter(|name| !name.is_empty()).collect(),
    };
    // What stands in an alias name after alias/aws/.
    let plain = |name: &str| {
        name.len() <= 64
            && name
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"/_-".contains(&b))
    };
    if let Some(wrong) = managed_services.iter().find(|name| !plain(name)) {
        return Err(ConfigError::Service(wrong.clone()));
    }
    let mut rates = match given.request_rates.unwrap_or(defaults.rates) {
        UsualRates::Aws => Rates::aws(),
        UsualRates::Off => Rates::off(),
    };
    for rate in given.request_rate {
        rates.set(rate);
    }
    let domain_key_days = given.domain_key_days.unwrap_or(DOMAIN_KEY_DAYS);
    if !DOMAIN_KEY_DAYS_RANGE.contains(&domain_key_days) {
        return Err(ConfigError::DomainKeyDays(domain_key_days));
    }
    let key_stores = match &given.key_stores {
        Some(path) => KeyStoreSettings::read(path)?,
        None => KeyStoreSettings::default(),
    };
    let durability = match given.audit_durability {
        Some(AuditDurability::Strict) => Durability::Strict,
        Some(AuditDurability::Relaxed) => Durability::Relaxed,
        None => defaults.durability,
    };
    let mut audit = AuditConfig::of(&given.audit, durability, defaults.reserve_percent)?;
    if let Some(millis) = given.dependency_timeout_millis {
        if !DEPENDENCY_TIMEOUT_MILLIS.contains(&millis) {
            return Err(ConfigError::DependencyTimeout(millis));
        }
        audit.journal.patience = Duration::from_millis(millis.into());
    }
    Ok(CounterConfig {
        audit,
        listen: given.listen.unwrap_or_else(|| DEFAULT_LISTEN.to_owned()),
        metrics_listen: given.metrics_listen,
        otlp: OtlpSettings::of(&given.otlp, |name| std::env::var(name).ok())?,
        tls: given.tls_certificate.zip(given.tls_key),
        managed_services,
        attestation_root: given.attestation_root,
        sm2_everywhere: given.sm2_everywhere,
        rsa,
        domain_key_days,
        rates,
        key_stores,
        key_store_health: given
            .key_store_health_seconds
            .map_or(KEY_STORE_HEALTH, |seconds| {
                Duration::from_secs(seconds.into())
            }),
    })
}

/// How many processors this process may use. Asked once: the system takes its time.
pub(crate) fn processors() -> usize {
    static PROCESSORS: OnceLock<usize> = OnceLock::new();
    *PROCESSORS.get_or_init(|| std::thread::available_parallelism().map_or(2, usize::from))
}

fn rsa(given: &Counter, defaults: RsaSettings) -> Result<RsaSettings, ConfigError> {
    let number = |name, given: Option<u16>, default, least, most| match given {
        None => Ok(default),
        Some(given) if (least..=most).contains(&given) => Ok(usize::from(given)),
        Some(_) => Err(ConfigError::Rsa { name, least, most }),
    };
    let ready = |name, given, default| number(name, given, default, 0, RSA_READY);
    let RsaSettings {
        ready_2048,
        ready_3072,
        ready_4096,
        ..
    } = defaults;
    // The other half is for calls that are not so expensive.
    let at_once = (processors() / 2).clamp(1, usize::from(RSA_AT_ONCE));
    Ok(RsaSettings {
        at_once: number("at_once", given.rsa_at_once, at_once, 1, RSA_AT_ONCE)?,
        ready_2048: ready("ready_2048", given.rsa_ready_2048, ready_2048)?,
        ready_3072: ready("ready_3072", given.rsa_ready_3072, ready_3072)?,
        ready_4096: ready("ready_4096", given.rsa_ready_4096, ready_4096)?,
    })
}

fn read(path: &Path) -> Result<File, ConfigError> {
    let unreadable = |cause| ConfigError::Unreadable {
        path: path.to_owned(),
        cause,
    };
    if fs::metadata(path).map_err(unreadable)?.len() > FILE_BYTES {
        return Err(unreadable(io::Error::other("it is larger than 1 MiB")));
    }
    let text = fs::read_to_string(path).map_err(unreadable)?;
    toml::from_str(&text).map_err(|error| {
        let line = error.span().map(|span| {
            let before = text.get(..span.start).unwrap_or_default();
            format!("line {}: ", before.matches('\n').count() + 1)
        });
        ConfigError::Wrong {
            path: path.to_owned(),
            what: line.unwrap_or_default() + error.message().trim(),
        }
    })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use clap::Parser as _;
    use strongroom_store::journal::{JournalSettings, Pace};

    use super::*;
    use crate::{
        audit::settings::SinkKind,
        cli::{Cli, Command, ServerCommand},
    };

    fn settings(toml: &str, flags: &str) -> Result<ServeConfig, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("s.toml");
        fs::write(&path, toml).unwrap();
        let words = ["strongroom", "serve", "--config", path.to_str().unwrap()];
        let words = words.into_iter().chain(flags.split_whitespace());
        let Command::Server(ServerCommand::Serve(args)) =
            Cli::try_parse_from(words).unwrap().command
        else {
            panic!("not serve");
        };
        serve(args).map_err(|error| error.to_string())
    }

    const WHOLE: &str = r#"
        data_dir = "/data"
        seal = ["key-file=/k", "passphrase"]
        listen = "127.0.0.1:1"
        regions = ["us-east-1"]
        managed_services = ["s3"]
        attestation_root = "/root.pem"
        sm2_everywhere = true
        danger_allow_swap = true
        dependency_timeout_millis = 2500
        key_store_health_seconds = 60
        [rsa]
        at_once = 1
        ready_2048 = 3
        ready_3072 = 0
        ready_4096 = 256
        [tls]
        certificate = "/c"
        key = "/tk"
        [[external_key_store]]
        endpoint = "https://xks.example.com"
        [audit]
        durability = "relaxed"
        file_megabytes = 8
        file_hours = 0
        checkpoint_seconds = 3
        checkpoint_entries = 100
        reserve_percent = 5
        [[audit.sink]]
        name = "out"
        type = "stdout"
        [custody]
        domain_key_days = 90
        [metrics]
        listen = "127.0.0.1:3"
        otlp = "http://127.0.0.1:4318"
        otlp_interval_seconds = 5
        otlp_timeout_seconds = 3
        otlp_ca = "/oca.pem"
        otlp_attributes = { zone = "a" }
        [request_rates]
        usual = "off"
        rates = ["CreateKey=50"]
        [log]
        format = "json"
        filter = "debug"
    "#;

    #[test]
    fn everything_can_stand_in_the_file() {
        let config = settings(WHOLE, "").unwrap();
        let seals = ["key-file=/k", "passphrase"].map(|seal| seal.parse().unwrap());
        let mut rates = Rates::off();
        rates.set("CreateKey=50".parse().unwrap());
        let expected = ServeConfig {
            data_dir: "/data".into(),
            seals: seals.to_vec(),
            counter: CounterConfig {
                listen: "127.0.0.1:1".into(),
                metrics_listen: Some("127.0.0.1:3".into()),
                otlp: Some(OtlpSettings {
                    url: "http://127.0.0.1:4318/v1/metrics".into(),
                    interval: Duration::from_secs(5),
                    timeout: Duration::from_secs(3),
                    headers: hyper::HeaderMap::new(),
                    ca: Some("/oca.pem".into()),
                    attributes: [("zone".into(), "a".into())].into(),
                }),
                tls: Some(("/c".into(), "/tk".into())),
                audit: AuditConfig {
                    journal: JournalSettings {
                        durability: Durability::Relaxed,
                        file_bytes: 8 << 20,
                        file_age: None,
                        pace: Pace {
                            every: Duration::from_secs(3),
                            entries: 100,
                        },
                        reserve_percent: 5,
                        patience: Duration::from_millis(2500),
                    },
                    sinks: vec![SinkSettings {
                        name: "out".into(),
                        kind: SinkKind::Stdout,
                        from_beginning: false,
                        checkpoints: None,
                        address: None,
                        protocol: None,
                        server_name: None,
                        ca: None,
                        url: None,
                        secret_file: None,
                        timeout_seconds: None,
                    }],
                },
                managed_services: vec!["s3".into()],
                attestation_root: Some("/root.pem".into()),
                sm2_everywhere: true,
                rsa: RsaSettings {
                    at_once: 1,
                    ready_2048: 3,
                    ready_3072: 0,
                    ready_4096: 256,
                },
                domain_key_days: 90,
                rates,
                key_stores: KeyStoreSettings {
                    external_key_store: vec![ProxyEndpoint {
                        endpoint: "https://xks.example.com".into(),
                        address: None,
                        ca: None,
                        client_certificate: None,
                        client_key: None,
                        vpc_endpoint_service: None,
                        timeout_ms: None,
                    }],
                    hsm_cluster: Vec::new(),
                },
                key_store_health: Duration::from_secs(60),
            },
            regions: vec![Region::parse("us-east-1").unwrap()],
            danger_allow_swap: true,
            log_format: Some(LogFormat::Json),
            log_filter: Some("debug".into()),
        };
        assert_eq!(config, expected);
    }

    #[test]
    fn flags_win_over_the_file() {
        let flags = "--data-dir /other --seal passphrase=file:/p --listen [::1]:2 \
                     --region eu-west-1,eu-west-2 --managed-services ebs,rds \
                     --audit-durability strict --tls-certificate /c2 --tls-key /k2 \
                     --rsa-at-once 4 --rsa-ready-2048 0 --domain-key-days 7 \
                     --audit-reserve-percent 1 --audit-checkpoint-seconds 60 \
                     --dependency-timeout-millis 100";
        let config = settings(WHOLE, flags).unwrap();
        assert_eq!(config.data_dir, PathBuf::from("/other"));
        assert_eq!(config.seals, ["passphrase=file:/p".parse().unwrap()]);
        assert_eq!(config.counter.listen, "[::1]:2");
        assert_eq!(config.counter.tls, Some(("/c2".into(), "/k2".into())));
        assert_eq!(config.counter.audit.journal.durability, Durability::Strict);
        assert_eq!(config.counter.managed_services, ["ebs", "rds"]);
        assert_eq!(config.counter.domain_key_days, 7);
        let journal = config.counter.audit.journal;
        assert_eq!(
            (journal.reserve_percent, journal.pace.every.as_secs()),
            (1, 60)
        );
        assert_eq!(journal.patience, Duration::from_millis(100));
        assert_eq!(
            (journal.file_bytes, config.counter.audit.sinks.len()),
            (8 << 20, 1)
        );
        assert_eq!(config.regions.len(), 2);
        let flags = "--request-rates aws --request-rate CreateKey=7,ListKeys=off";
        let mut rates = Rates::aws();
        for rate in ["CreateKey=7", "ListKeys=off"] {
            rates.set(rate.parse().unwrap());
        }
        assert_eq!(settings(WHOLE, flags).unwrap().counter.rates, rates);
        let RsaSettings {
            at_once,
            ready_2048,
            ready_4096,
            ..
        } = config.counter.rsa;
        assert_eq!((at_once, ready_2048, ready_4096), (4, 0, 256));
    }

    #[test]
    fn without_a_word_serve_is_strict_and_local() {
        let config = settings("", "--data-dir /d --seal key-file=/k").unwrap();
        assert_eq!(config.counter.listen, DEFAULT_LISTEN);
        assert_eq!(config.counter.audit.journal.durability, Durability::Strict);
        assert_eq!(config.counter.domain_key_days, 30);
        assert_eq!(config.counter.key_store_health, Duration::from_secs(300));
        assert_eq!(config.counter.rates, Rates::aws());
        assert!(!config.danger_allow_swap);
        assert!(!config.counter.sm2_everywhere);
        assert_eq!(config.counter.rsa, Defaults::SERVE.rsa);
        assert!(config.regions.is_empty());
        assert!(config.counter.managed_services.contains(&"s3".to_owned()));
    }

    #[test]
    fn mistakes_in_the_file_are_named() {
        let check = |toml: &str, expected: &str| {
            let error = settings(toml, "--data-dir /d --seal key-file=/k").unwrap_err();
            assert!(error.contains(expected), "{error}");
        };
        check("listn = 'x'", "line 1: unknown field `listn`");
        check(
            "listen = 'x'\n[audit]\ndurabilty = 'strict'",
            "line 3: unknown field `durabilty`",
        );
        check("[audit]\ndurability = 'lax'", "unknown variant `lax`");
        check(
            "dependency_timeout_millis = 99",
            "a call waits for 100 to 600000 ms, not 99: --dependency-timeout-millis",
        );
        check(
            "[audit]\nreserve_percent = 51",
            "audit.reserve_percent: it is 0 to 50",
        );
        check(
            "[audit]\nfile_megabytes = 0",
            "audit.file_megabytes: it is 1 to 4096",
        );
        check(
            "[[audit.sink]]\nname = 'a'\ntype = 'syslog'",
            "the audit sink \"a\": syslog needs an `address`",
        );
        check("[tls]\ncertificate = 'c'", "missing field `key`");
        check("[metrics]\nlisten_on = 'x'", "unknown field `listen_on`");
        check(
            "[metrics]\notlp = 'http://h'\notlp_interval_seconds = 0",
            "metrics.otlp_interval_seconds: it is 1 to 3600",
        );
        check("regions = ['US']", "Region name");
        for days in ["0", "731"] {
            let toml = format!("[custody]\ndomain_key_days = {days}");
            check(&toml, "after 1 to 730 days");
        }
        check("[request_rates]\nusual = 'no'", "unknown variant `no`");
        check(
            "[request_rates]\nrates = ['Encrypt=1']",
            "request_rates.rates: there is no group of operations `Encrypt`",
        );
        check("seal = 'tpm'", "a seal is key-file=PATH");
        check("seal = 7", "a seal is a text");
        check("listen = ", "line 1: ");
        check(
            "managed_services = ['s 3']",
            "not the name of an AWS service",
        );
        check("[rsa]\nat_once = 0", "rsa.at_once is 1 to 64");
        check("[rsa]\nready_3072 = 257", "rsa.ready_3072 is 0 to 256");
        check("[rsa]\nready = 1", "line 2: unknown field `ready`");
    }

    #[test]
    fn what_is_needed_and_not_given_is_named() {
        let error = settings("", "--seal key-file=/k").unwrap_err();
        assert!(
            error.contains("--data-dir") && error.contains("STRONGROOM_DATA_DIR"),
            "{error}"
        );
        let error = settings("data_dir = '/d'", "").unwrap_err();
        assert!(
            error.contains("--seal") && error.contains("STRONGROOM_SEAL"),
            "{error}"
        );
    }
}
