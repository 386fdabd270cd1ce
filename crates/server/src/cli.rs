//! The command line.
//!
//! Every flag has an environment variable `STRONGROOM_*`; the settings of `serve` have a key in
//! `strongroom.toml` too. The file gives way to the environment, and the environment to flags.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum, builder::FalseyValueParser};
use strongroom_kms::Rate;
use strongroom_model::{AccountId, Region};

use crate::{
    audit::AuditArgs,
    clock::Ahead,
    commands::identity::cli::{IdentityCommand, Place},
    custom_key_stores::hsm::helper::HelperArgs,
    metrics::otlp::OtlpArgs,
    seal_source::SealSource,
    telemetry::LogFormat,
};

/// Where development and production listen unless they are told otherwise.
pub const DEFAULT_LISTEN: &str = "127.0.0.1:4599";

/// A key management service that speaks the AWS KMS API.
///
/// `strongroom dev` starts a server for development at once: unmodified AWS clients use it with
/// any credentials. For production, `strongroom init` makes a data folder with its seals and
/// `strongroom serve` serves it.
///
/// Exit codes: 0 done, 1 refused or failed (one sentence on standard error says why and what to
/// do), 2 wrong usage.
#[derive(Debug, Parser)]
#[command(name = "strongroom", version, max_term_width = 100, after_help = LOG_HELP)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
    /// How the log is written.
    #[command(flatten)]
    pub log: LogArgs,
}

impl Cli {
    /// Reads the command line of this process.
    ///
    /// # Errors
    /// What is wrong with it, or the help that was asked for; to be printed.
    pub fn read() -> Result<Self, clap::Error> {
        // To describe all commands takes a tenth of the time in which a server starts. Those that
        // start one are tried without the others, which are needed for help and complaints.
        let first = std::env::args_os().nth(1);
        if first.is_some_and(|first| first == "dev" || first == "serve")
            && let Ok(server) = ServerCli::try_parse()
        {
            return Ok(Self {
                command: Command::Server(server.command),
                log: server.log,
            });
        }
        Self::try_parse()
    }
}

/// The part of the command line that starts servers.
#[derive(Debug, Parser)]
#[command(name = "strongroom")]
struct ServerCli {
    #[command(subcommand)]
    command: ServerCommand,
    #[command(flatten)]
    log: LogArgs,
}

/// How the log is written.
#[derive(Debug, Args)]
pub struct LogArgs {
    /// How the log on standard error is written.
    #[arg(
        long,
        global = true,
        env = "STRONGROOM_LOG_FORMAT",
        value_name = "FORMAT"
    )]
    pub log_format: Option<LogFormat>,
}

const LOG_HELP: &str = "The environment variable STRONGROOM_LOG filters the log: a level (error, \
    warn, info, debug, trace), or levels by module such as `info,strongroom_kms=debug`. The \
    default is `warn`, and `info` for serve.";

/// The commands that start a server.
#[derive(Debug, Subcommand)]
pub enum ServerCommand {
    /// Start a server for development: no set-up, any credentials.
    ///
    /// Whoever calls is who they say they are: the access key id of a seed is its owner, twelve
    /// digits are that account's root, and anything else is the root of 000000000000. Keys live
    /// in the data folder, which is made at the first start with a key file of its own. Never
    /// use it for keys that matter.
    Dev(DevArgs),
    /// Serve a data folder that `init` made.
    Serve(ServeArgs),
}

/// The commands.
#[derive(Debug, Subcommand)]
#[expect(clippy::large_enum_variant, reason = "there is one in a process")]
pub enum Command {
    /// Those that start a server.
    #[command(flatten)]
    Server(ServerCommand),
    /// Make a data folder for production, its seals, and the account's root access key.
    ///
    /// The root access key is printed once, and nowhere else. Any one of the seals opens the
    /// store later; keep their keys apart from the data.
    Init(InitArgs),
    /// List, add, remove and try the seals that open the store.
    Seal {
        /// What to do with them.
        #[command(subcommand)]
        command: SealCommand,
    },
    /// Replace the root key, which the seals protect.
    RootKey {
        /// What to do with it.
        #[command(subcommand)]
        command: RootKeyCommand,
    },
    /// Check the store.
    Store {
        /// What to do with it.
        #[command(subcommand)]
        command: StoreCommand,
    },
    /// Verify the journal, and prove what is in it, offline.
    Audit {
        /// What to do with it.
        #[command(subcommand)]
        command: AuditCommand,
    },
    /// Move or show the clock of a running development server.
    Clock {
        /// What to do with it.
        #[command(subcommand)]
        command: ClockCommand,
    },
    /// Users, groups, roles, access keys and identity providers of an account.
    ///
    /// At the running server of the data folder, or in the folder when none runs. Whatever
    /// changes is recorded and counts before the command returns. Names and answers are those of
    /// `aws iam`.
    Identity {
        /// What to do with them.
        #[command(subcommand)]
        command: IdentityCommand,
    },
    /// Say why a recent call was allowed or denied: each statement, grant and boundary that was
    /// considered, which of them decided, and the smallest change that would have allowed it.
    ///
    /// The running server remembers its recent calls. It tells whoever administers it more than
    /// the caller may know.
    Explain {
        /// The id of the request, which its answer carries as x-amzn-RequestId and its entry in
        /// the journal as requestID.
        request_id: String,
        /// The folder of the running server.
        #[command(flatten)]
        folder: Folder,
    },
    /// Say whether somebody may do something, as things are or under a proposed policy, and why.
    /// Nothing is done and nothing changes.
    ///
    /// At the running server of the data folder, or in the folder when none runs. Exits with 0 if
    /// it is allowed, 1 if it is denied, and 2 if there is no answer.
    Simulate(SimulateArgs),
    /// Read the journal again and list the calls that a proposed key policy would newly deny or
    /// newly allow. Nothing is done and nothing changes.
    ///
    /// At the running server of the data folder, or in the folder when none runs. Calls that
    /// depend on what no entry tells are listed apart. Exits with 0 if nothing would be newly
    /// denied or allowed and every call could be judged, 1 if something would or could not, and
    /// 2 if there is no answer.
    Whatif(WhatIfArgs),
    /// The process of a PKCS#11 module. The server starts it; it is of no use to anybody else.
    #[command(hide = true)]
    Pkcs11Helper(HelperArgs),
}

/// How an answer is printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Output {
    /// For people.
    #[default]
    Text,
    /// One JSON document.
    Json,
}

/// When a call that changes nothing may be answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AuditDurability {
    /// Once its record is on stable storage.
    Strict,
    /// Once its record is written; it is on stable storage within 100 ms.
    Relaxed,
}

/// The rates that accounts are held to unless it is said otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum UsualRates {
    /// Those of AWS.
    Aws,
    /// None.
    Off,
}

/// What both servers have in common.
#[derive(Clone, Debug, Default, Args)]
pub struct Counter {
    /// Where to listen; port 0 takes any [default: 127.0.0.1:4599].
    #[arg(long, env = "STRONGROOM_LISTEN", value_name = "ADDRESS:PORT")]
    pub listen: Option<String>,
    /// Where metrics are shown to Prometheus, at /metrics [default: nowhere].
    #[arg(long, env = "STRONGROOM_METRICS_LISTEN", value_name = "ADDRESS:PORT")]
    pub metrics_listen: Option<String>,
    /// Where else they are sent.
    #[command(flatten)]
    pub otlp: OtlpArgs,
    /// The certificate chain for TLS, in PEM.
    #[arg(
        long,
        env = "STRONGROOM_TLS_CERTIFICATE",
        value_name = "FILE",
        requires = "tls_key"
    )]
    pub tls_certificate: Option<PathBuf>,
    /// The private key of the certificate, in PEM.
    #[arg(
        long,
        env = "STRONGROOM_TLS_KEY",
        value_name = "FILE",
        requires = "tls_certificate"
    )]
    pub tls_key: Option<PathBuf>,
    /// When calls that change nothing are answered: once their record is on stable storage, or
    /// once it is written [default: strict in serve, relaxed in dev].
    #[arg(long, env = "STRONGROOM_AUDIT_DURABILITY", value_name = "WHEN")]
    pub audit_durability: Option<AuditDurability>,
    /// The AWS services whose managed keys (alias/aws/SERVICE) are made on first use.
    #[arg(
        long,
        env = "STRONGROOM_MANAGED_SERVICES",
        value_name = "SERVICE,…",
        value_delimiter = ','
    )]
    pub managed_services: Option<Vec<String>>,
    /// The root certificates, in PEM, that attestation documents of enclaves must lead to
    /// [default: none; requests with a Recipient are refused].
    #[arg(long, env = "STRONGROOM_ATTESTATION_ROOT", value_name = "FILE")]
    pub attestation_root: Option<PathBuf>,
    /// Offer keys of spec SM2 in every Region, and not only in those of China (cn-…).
    #[arg(
        long,
        env = "STRONGROOM_SM2_EVERYWHERE",
        value_parser = FalseyValueParser::new()
    )]
    pub sm2_everywhere: bool,
    /// How many RSA keys are made at once for callers who wait; 1 to 64 [default: as many as half
    /// of the processors].
    #[arg(
        long,
        env = "STRONGROOM_RSA_AT_ONCE",
        value_name = "N",
        value_parser = clap::value_parser!(u16).range(1..=64)
    )]
    pub rsa_at_once: Option<u16>,
    /// How many RSA key pairs of 2,048 bits are kept ready once the first was asked for; 0 to 256
    /// [default: 8 in serve, 0 in dev].
    #[arg(
        long,
        env = "STRONGROOM_RSA_READY_2048",
        value_name = "N",
        value_parser = clap::value_parser!(u16).range(0..=256)
    )]
    pub rsa_ready_2048: Option<u16>,
    /// The same of 3,072 bits [default: 2 in serve, 0 in dev].
    #[arg(
        long,
        env = "STRONGROOM_RSA_READY_3072",
        value_name = "N",
        value_parser = clap::value_parser!(u16).range(0..=256)
    )]
    pub rsa_ready_3072: Option<u16>,
    /// The same of 4,096 bits [default: 2 in serve, 0 in dev].
    #[arg(
        long,
        env = "STRONGROOM_RSA_READY_4096",
        value_name = "N",
        value_parser = clap::value_parser!(u16).range(0..=256)
    )]
    pub rsa_ready_4096: Option<u16>,
    /// How many days a domain key wraps key material before it is replaced [default: 30].
    #[arg(long, env = "STRONGROOM_DOMAIN_KEY_DAYS", value_name = "DAYS")]
    pub domain_key_days: Option<u16>,
    /// How long a call waits for the store or the journal before it is answered
    /// DependencyTimeoutException [default: 10000].
    #[arg(long, env = "STRONGROOM_DEPENDENCY_TIMEOUT_MILLIS", value_name = "MS")]
    pub dependency_timeout_millis: Option<u32>,
    /// How often the proxies of connected external key stores are asked whether they are well; 0
    /// never does [default: 300].
    #[arg(
        long,
        env = "STRONGROOM_KEY_STORE_HEALTH_SECONDS",
        value_name = "SECONDS"
    )]
    pub key_store_health_seconds: Option<u16>,
    /// A file that says where external key store proxies are, and which PKCS#11 tokens are HSM
    /// clusters.
    #[arg(long, env = "STRONGROOM_KEY_STORES", value_name = "FILE")]
    pub key_stores: Option<PathBuf>,
    /// How often an account may call: as often as at AWS, or without limits [default: aws in
    /// serve, off in dev].
    #[arg(long, env = "STRONGROOM_REQUEST_RATES", value_name = "RATES")]
    pub request_rates: Option<UsualRates>,
    /// Calls a second of one group of operations, for each account and Region, as in
    /// CreateKey=50, symmetric=20000 or ListKeys=off.
    #[arg(
        long,
        env = "STRONGROOM_REQUEST_RATE",
        value_name = "GROUP=N,…",
        value_delimiter = ','
    )]
    pub request_rate: Vec<Rate>,
    /// How the journal is kept.
    #[command(flatten)]
    pub audit: AuditArgs,
}

/// `strongroom dev`.
#[derive(Debug, Args)]
pub struct DevArgs {
    /// Listener and journal.
    #[command(flatten)]
    pub counter: Counter,
    /// The data folder; made if absent.
    #[arg(
        long,
        env = "STRONGROOM_DATA_DIR",
        value_name = "DIR",
        default_value = "strongroom-data"
    )]
    pub data_dir: PathBuf,
    /// Keep everything in memory only, and forget it at the end.
    #[arg(
        long,
        env = "STRONGROOM_IN_MEMORY",
        value_parser = FalseyValueParser::new(),
        conflicts_with = "data_dir"
    )]
    pub in_memory: bool,
    /// Keys with given ids and material, aliases, access keys and identities that exist from the
    /// first request on.
    #[arg(long, env = "STRONGROOM_SEED", value_name = "FILE")]
    pub seed: Option<PathBuf>,
    /// Verify signatures and check permissions as in production; only access keys of the seed
    /// come in.
    #[arg(long, env = "STRONGROOM_ENFORCE", value_parser = FalseyValueParser::new())]
    pub enforce: bool,
    /// Start with the service clock this far ahead, as in 7d or 1d12h. It never goes back behind
    /// where it was.
    #[arg(long, env = "STRONGROOM_CLOCK_OFFSET", value_name = "SPAN")]
    pub clock_offset: Option<Ahead>,
    /// Offer TLS with a certificate of our own making, kept in the data folder.
    #[arg(
        long,
        env = "STRONGROOM_TLS_SELF_SIGNED",
        value_parser = FalseyValueParser::new(),
        conflicts_with_all = ["tls_certificate", "tls_key"]
    )]
    pub tls_self_signed: bool,
}

/// `strongroom init`.
#[derive(Debug, Args)]
pub struct InitArgs {
    /// The data folder; made if absent, readable by its owner only.
    #[arg(long, env = "STRONGROOM_DATA_DIR", value_name = "DIR")]
    pub data_dir: PathBuf,
    /// A seal: key-file=PATH (made if absent, outside the data folder), passphrase (asked for),
    /// or passphrase=file:PATH. Given several times, any one of them opens the store.
    #[arg(long, env = "STRONGROOM_SEAL", value_name = "SEAL", required = true)]
    pub seal: Vec<SealSource>,
    /// The account whose root gets an access key: twelve digits.
    #[arg(long, env = "STRONGROOM_ACCOUNT", value_name = "ID", value_parser = AccountId::parse)]
    pub account: AccountId,
    /// A Region to serve; may be given several times. Without any, every Region is served.
    #[arg(
        long,
        env = "STRONGROOM_REGION",
        value_name = "REGION",
        value_delimiter = ',',
        value_parser = Region::parse
    )]
    pub region: Vec<Region>,
    /// How to print the root access key.
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    pub output: Output,
}

/// `strongroom serve`.
#[derive(Debug, Args)]
pub struct ServeArgs {
    /// The file with the settings [default: strongroom.toml in the working directory, if there
    /// is one].
    #[arg(long, env = "STRONGROOM_CONFIG", value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// The data folder that `init` made.
    #[arg(long, env = "STRONGROOM_DATA_DIR", value_name = "DIR")]
    pub data_dir: Option<PathBuf>,
    /// The seal that opens the store: key-file=PATH, passphrase or passphrase=file:PATH. Given
    /// several times, the first one that opens is taken.
    #[arg(long, env = "STRONGROOM_SEAL", value_name = "SEAL")]
    pub seal: Vec<SealSource>,
    /// Listener and journal.
    #[command(flatten)]
    pub counter: Counter,
    /// A Region to serve; may be given several times [default: those that `init` was given].
    #[arg(
        long,
        env = "STRONGROOM_REGION",
        value_name = "REGION",
        value_delimiter = ',',
        value_parser = Region::parse
    )]
    pub region: Vec<Region>,
    /// Start although swap is on and memory cannot be locked, so that secrets may reach a disk.
    #[arg(
        long,
        env = "STRONGROOM_DANGER_ALLOW_SWAP",
        value_parser = FalseyValueParser::new()
    )]
    pub danger_allow_swap: bool,
}

/// The data folder and how to open it when no server holds it.
#[derive(Debug, Args)]
pub struct Folder {
    /// The data folder.
    #[arg(long, env = "STRONGROOM_DATA_DIR", value_name = "DIR")]
    pub data_dir: PathBuf,
    /// How to print the answer.
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    pub output: Output,
}

/// `strongroom seal`.
#[derive(Debug, Subcommand)]
pub enum SealCommand {
    /// List the seals. Needs no key.
    List {
        /// The folder.
        #[command(flatten)]
        folder: Folder,
    },
    /// Add a seal that opens the same store.
    Add {
        /// The folder.
        #[command(flatten)]
        folder: Folder,
        /// The new seal: key-file=PATH (made if absent), passphrase or passphrase=file:PATH.
        #[arg(long, value_name = "SEAL")]
        new: SealSource,
        /// A seal that opens the store; needed when no server runs.
        #[arg(long, env = "STRONGROOM_SEAL", value_name = "SEAL")]
        seal: Vec<SealSource>,
    },
    /// Remove a seal. Rotate the root key afterwards: who has the removed seal and an old copy
    /// of the store still has this root key.
    Remove {
        /// The folder.
        #[command(flatten)]
        folder: Folder,
        /// The seal to remove, as `seal list` names it.
        #[arg(long, value_name = "ID")]
        id: String,
        /// A seal that opens the store; needed when no server runs.
        #[arg(long, env = "STRONGROOM_SEAL", value_name = "SEAL")]
        seal: Vec<SealSource>,
    },
    /// Try whether keys open their seals. Changes nothing.
    Verify {
        /// The folder.
        #[command(flatten)]
        folder: Folder,
        /// The seals to try.
        #[arg(long, env = "STRONGROOM_SEAL", value_name = "SEAL", required = true)]
        seal: Vec<SealSource>,
    },
}

/// `strongroom root-key`.
#[derive(Debug, Subcommand)]
pub enum RootKeyCommand {
    /// Replace the root key and wrap again what it wrapped. No ciphertext of a caller changes.
    ///
    /// If it is interrupted, the next start finishes it.
    Rotate {
        /// The folder.
        #[command(flatten)]
        folder: Folder,
        /// The keys of all seals: a new root key is wrapped by every one of them.
        #[arg(long, env = "STRONGROOM_SEAL", value_name = "SEAL", required = true)]
        seal: Vec<SealSource>,
    },
}

/// `strongroom store`.
#[derive(Debug, Subcommand)]
pub enum StoreCommand {
    /// Compare every row of the store with the journal, and name each one that is missing,
    /// forged, revived, rolled back or corrupt. Exits with 0 only if there is none.
    ///
    /// Stop the server first.
    Verify {
        /// The folder.
        #[command(flatten)]
        folder: Folder,
        /// A seal that opens the store.
        #[arg(long, env = "STRONGROOM_SEAL", value_name = "SEAL")]
        seal: Vec<SealSource>,
        /// Fold the journal from its first line, and not from the last signed checkpoint.
        #[arg(long)]
        full: bool,
    },
}

/// The files of a journal.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub struct JournalFiles {
    /// The folder of the journal, or the data folder that it is in.
    #[arg(long, value_name = "DIR")]
    pub dir: Option<PathBuf>,
    /// Files of a journal and of its checkpoints, under the names that they were given. They may
    /// begin in the middle, at a file before which there is a checkpoint.
    #[arg(value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// A file of what a sink sent: lines of records and of checkpoints, in any order and some of
    /// them twice, as a collector keeps them. Repeat it for more of them.
    #[arg(long, value_name = "FILE")]
    pub collected: Vec<PathBuf>,
}

/// `strongroom audit`.
#[derive(Debug, Subcommand)]
pub enum AuditCommand {
    /// Verify a journal from its files and public keys alone, and name the first record that was
    /// altered, is missing, was moved, repeated or cut off. Exits with 0 only if there is none.
    Verify {
        /// The journal.
        #[command(flatten)]
        journal: JournalFiles,
        /// The trusted public keys, as `audit public-keys` printed them.
        #[arg(long, value_name = "FILE", required = true)]
        public_key: Vec<PathBuf>,
        /// A checkpoint that was kept elsewhere; the journal still has to be the one that it saw.
        #[arg(long, value_name = "FILE")]
        checkpoint: Vec<PathBuf>,
        /// How to print the answer.
        #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
        output: Output,
    },
    /// Prove that a record is in the journal, or that the journal of one checkpoint is the
    /// beginning of that of another. The proof is printed.
    #[command(group = clap::ArgGroup::new("what").required(true))]
    Prove {
        /// The folder of the journal, or the data folder that it is in.
        #[arg(long, value_name = "DIR")]
        dir: PathBuf,
        /// The record of this number.
        #[arg(long, value_name = "N", group = "what")]
        seq: Option<u64>,
        /// The record of this request.
        #[arg(long, value_name = "ID", group = "what")]
        request_id: Option<String>,
        /// The record of this event.
        #[arg(long, value_name = "ID", group = "what")]
        event_id: Option<String>,
        /// The sizes of two checkpoints.
        #[arg(long, value_names = ["SIZE1", "SIZE2"], num_args = 2, group = "what")]
        consistency: Option<Vec<u64>>,
        /// Prove it against the checkpoint of this size [default: the newest].
        #[arg(long, value_name = "N", conflicts_with = "consistency")]
        size: Option<u64>,
    },
    /// Check a proof with public keys alone.
    CheckProof {
        /// The proof.
        #[arg(value_name = "FILE")]
        proof: PathBuf,
        /// The trusted public keys, as `audit public-keys` printed them.
        #[arg(long, value_name = "FILE", required = true)]
        public_key: Vec<PathBuf>,
        /// How to print the answer.
        #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
        output: Output,
    },
    /// Make other keys that sign checkpoints. The keys in use hand over to them in a checkpoint,
    /// so whoever trusts the first keys of the installation is led to these.
    RotateSigner {
        /// Where.
        #[command(flatten)]
        folder: Folder,
        /// A seal that opens the store; needed when no server runs.
        #[arg(long, env = "STRONGROOM_SEAL", value_name = "SEAL")]
        seal: Vec<SealSource>,
    },
    /// Print the public keys of what signs checkpoints, one on each line. Behind those of an
    /// installation whose keys were replaced stands which checkpoints they sign, by their sizes.
    PublicKeys {
        /// The data folder.
        #[arg(long, env = "STRONGROOM_DATA_DIR", value_name = "DIR")]
        data_dir: PathBuf,
        /// A seal that opens the store; needed when no server runs.
        #[arg(long, env = "STRONGROOM_SEAL", value_name = "SEAL")]
        seal: Vec<SealSource>,
    },
}

/// `strongroom simulate`.
#[derive(Debug, Args)]
pub struct SimulateArgs {
    /// Where.
    #[command(flatten)]
    pub place: Place,
    /// Who: the ARN of an account's root, a user, a role or a role's session.
    #[arg(long, value_name = "ARN")]
    pub principal: String,
    /// What: an action such as kms:Decrypt. ReEncrypt asks for kms:ReEncryptFrom and
    /// kms:ReEncryptTo.
    #[arg(long, value_name = "ACTION")]
    pub action: String,
    /// To what: the ARN of a key or an alias, or * for what is done to no resource.
    #[arg(long, value_name = "ARN")]
    pub resource: String,
    /// What the request has under a condition key, such as kms:EncryptionContext:app=shop or
    /// aws:SourceIp=192.0.2.1. Given several times with one key, it has several values. What
    /// follows from the principal and the key is filled in; the rest counts as absent.
    #[arg(long, value_name = "KEY=VALUE", num_args = 1.., value_parser = pair)]
    pub context: Vec<(String, String)>,
    /// A key policy in place of the stored one.
    #[arg(long, value_name = "FILE")]
    pub with_policy: Option<PathBuf>,
    /// A policy in place of all identity policies of the principal, those of its groups too.
    #[arg(long, value_name = "FILE")]
    pub with_identity_policy: Option<PathBuf>,
}

/// `strongroom whatif`.
#[derive(Debug, Args)]
pub struct WhatIfArgs {
    /// Where.
    #[command(flatten)]
    pub place: Place,
    /// The proposed key policy.
    #[arg(long, value_name = "FILE")]
    pub policy: PathBuf,
    /// The key: its ARN, or its id if the journal mentions one key of that id.
    #[arg(long, value_name = "KEY")]
    pub key: String,
    /// How far to look back: 7d, 12h, 90m, or 1d12h.
    #[arg(long, value_name = "SPAN", default_value = "7d")]
    pub since: Ahead,
}

fn pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key.to_owned(), value.to_owned())),
        _ => Err("give a condition key and a value: kms:EncryptionContext:app=shop".to_owned()),
    }
}

/// `strongroom clock`.
#[derive(Debug, Subcommand)]
pub enum ClockCommand {
    /// Move the clock forward; what is due by then has happened when this returns.
    Advance {
        /// By how much: 8d, 2h, 15m, 90s, or 1d12h.
        span: Ahead,
        /// The folder of the running server.
        #[command(flatten)]
        folder: Folder,
    },
    /// Show the clock.
    Show {
        /// The folder of the running server.
        #[command(flatten)]
        folder: Folder,
    },
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_command_and_flag_has_a_help_text() {
        fn check(command: &clap::Command) {
            assert!(command.get_about().is_some(), "{}", command.get_name());
            for argument in command.get_arguments() {
                assert!(
                    argument.get_help().is_some(),
                    "{} {}",
                    command.get_name(),
                    argument.get_id()
                );
            }
            command.get_subcommands().for_each(check);
        }
        check(&Cli::command());
    }

    #[test]
    fn documented_command_lines_are_understood() {
        for line in [
            "dev",
            "dev --listen 127.0.0.1:0 --data-dir d --seed s.yaml --enforce --clock-offset 7d",
            "dev --in-memory --tls-self-signed",
            "dev --tls-certificate c.pem --tls-key k.pem",
            "init --data-dir d --seal key-file=k --seal passphrase --account 111122223333 \
             --region us-east-1 --region eu-west-1 --output json",
            "serve",
            "serve --data-dir d --seal key-file=k --listen [::1]:0 --region us-east-1 \
             --audit-durability relaxed --managed-services s3,ebs",
            "seal list --data-dir d --output json",
            "seal add --data-dir d --new passphrase=file:p --seal key-file=k",
            "seal remove --data-dir d --id seal-0123",
            "seal verify --data-dir d --seal key-file=k",
            "root-key rotate --data-dir d --seal key-file=k --seal passphrase=file:p",
            "store verify --data-dir d --seal key-file=k --full",
            "audit verify --dir d --public-key k --checkpoint c --output json",
            "audit verify 0000000000000001.jsonl 0000000000000001.checkpoints --public-key k",
            "audit prove --dir d --seq 7 --size 9",
            "audit prove --dir d --request-id r",
            "audit prove --dir d --event-id e",
            "audit prove --dir d --consistency 1 2",
            "audit check-proof p --public-key k --public-key l",
            "audit public-keys --data-dir d --seal key-file=k",
            "audit rotate-signer --data-dir d --seal key-file=k --output json",
            "clock advance 8d --data-dir d",
            "clock show --data-dir d --log-format json",
            "whatif --policy p.json --key k --since 7d --data-dir d --output json",
            "whatif --policy p.json --key k --data-dir d --seal key-file=k",
            "explain 00000000-0000-4000-8000-000000000000 --data-dir d --output json",
            "simulate --data-dir d --principal p --action kms:Decrypt --resource r --context a=b \
             c=d=e --context f= --with-policy p.json",
            "simulate --data-dir d --seal key-file=k --principal p --action kms:ListKeys \
             --resource * --with-identity-policy p.json --output json",
            "identity apply --data-dir d --seal key-file=k --prune f.yaml",
            "identity diff --data-dir d f.yaml",
            "identity export --data-dir d --account 111122223333 f.yaml",
            "identity create-user --data-dir d --account 111122223333 --user-name alice \
             --path /team/ --tags team=red Key=cost,Value=1",
            "identity put-user-policy --data-dir d --account 111122223333 --user-name alice \
             --policy-name p --policy-document file://p.json",
            "identity create-access-key --data-dir d --account 111122223333 --user-name alice \
             --output json",
            "identity create-access-key --data-dir d --account 111122223333 --root",
            "identity update-access-key --data-dir d --account 111122223333 --access-key-id \
             AKIAALICE000000000001 --status Inactive",
            "identity put-boundary --data-dir d --account 111122223333 --role-name r \
             --permissions-boundary b.json",
            "identity create-policy --data-dir d --account 111122223333 --policy-name p \
             --policy-document file://p.json --description looks",
            "identity set-default-policy-version --data-dir d --account 111122223333 \
             --policy-arn arn:aws:iam::111122223333:policy/p --version-id v2",
            "identity attach-group-policy --data-dir d --account 111122223333 --group-name g \
             --policy-arn arn:aws:iam::111122223333:policy/p",
            "identity create-role --data-dir d --account 111122223333 --role-name r \
             --assume-role-policy-document t.json --max-session-duration 7200",
            "identity update-trust --data-dir d --account 111122223333 --role-name r \
             --policy-document t.json",
            "identity create-oidc-provider --data-dir d --account 111122223333 --url https://i \
             --client-id-list a b --jwks-file k.json",
        ] {
            let words = std::iter::once("strongroom").chain(line.split_whitespace());
            let cli = Cli::try_parse_from(words.clone());
            let cli = cli.unwrap_or_else(|error| panic!("{line}: {error}"));
            // Those that start a server are understood the same way without the others.
            let server = ServerCli::try_parse_from(words);
            match cli.command {
                Command::Server(command) => {
                    assert_eq!(
                        format!("{command:?}"),
                        format!("{:?}", server.unwrap().command)
                    );
                }
                _ => assert!(server.is_err(), "{line}"),
            }
        }
        for line in [
            "dev --in-memory --data-dir d",
            "dev --tls-certificate c.pem",
            "dev --tls-self-signed --tls-certificate c.pem --tls-key k.pem",
            "init --data-dir d --account 111122223333",
            "init --data-dir d --seal key-file=k --account 1",
            "root-key rotate --data-dir d",
            "audit verify --dir d",
            "audit verify --public-key k",
            "audit verify --dir d f --public-key k",
            "audit prove --dir d",
            "audit prove --dir d --seq 1 --event-id e",
            "audit prove --dir d --consistency 1",
            "serve --audit-reserve-percent 51",
            "clock advance --data-dir d",
            "clock advance soon --data-dir d",
            "explain --data-dir d",
            "whatif --policy p.json --data-dir d",
            "whatif --policy p.json --key k --since soon --data-dir d",
            "simulate --data-dir d --principal p --action a",
            "simulate --data-dir d --principal p --action a --resource r --context key",
            "identity create-user --data-dir d --user-name alice",
            "identity create-access-key --data-dir d --account 111122223333",
            "identity create-access-key --data-dir d --account 111122223333 --root --user-name a",
            "identity tag --data-dir d --account 111122223333 --tags a=b",
            "identity update-access-key --data-dir d --account 111122223333 --access-key-id \
             AKIAALICE000000000001 --status Gone",
        ] {
            let words = std::iter::once("strongroom").chain(line.split_whitespace());
            assert!(Cli::try_parse_from(words).is_err(), "{line}");
        }
    }
}
