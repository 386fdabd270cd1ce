//! How the journal is kept and where it is sent, as an operator says it.
//!
//! The table `[audit]` of `strongroom.toml`, with flags and variables of the same names. Sinks
//! stand in `[[audit.sink]]`, or as `[[sink]]` in a file of their own:
//!
//! ```toml
//! [[sink]]
//! name = "siem"                               # of its cursor
//! type = "syslog"                             # or "stdout", "webhook"
//! address = "10.0.0.9:6514"
//! protocol = "tls"                            # or "tcp", "udp"
//! ca = "/etc/strongroom/siem-ca.pem"          # default: the system's
//! server_name = "siem.example.com"            # default: the host of the address
//! from_beginning = true                       # default: from the first start with this sink on
//! checkpoints = false                         # default: true, but for stdout
//!
//! [[sink]]
//! name = "collector"
//! type = "webhook"
//! url = "https://collector.example.com/strongroom"
//! secret_file = "/etc/strongroom/collector.secret"
//! ```

use std::{
    fs, io,
    path::{Path, PathBuf},
    time::Duration,
};

use clap::Args;
use serde::Deserialize;
use strongroom_store::{
    Durability,
    journal::{JournalSettings, Pace},
};

use crate::{cli::AuditDurability, custom_key_stores::SettingsError};

/// Bytes of a file of sinks at most. Ours.
const FILE_BYTES: u64 = 1 << 20;
/// Sinks at most. Ours.
const SINKS: usize = 16;
/// How long a sink may take for a batch, unless it is said otherwise.
const TIMEOUT_SECONDS: u16 = 10;

/// The flags of the journal.
#[derive(Clone, Debug, Default, Args)]
pub struct AuditArgs {
    /// Close a file of the journal at this size and begin the next; 1 to 4096 [default: 64].
    #[arg(long, env = "STRONGROOM_AUDIT_FILE_MEGABYTES", value_name = "MB",
          value_parser = clap::value_parser!(u16).range(1..=4096))]
    pub audit_file_megabytes: Option<u16>,
    /// Close a file of the journal that is so old; 0 never does [default: 24].
    #[arg(long, env = "STRONGROOM_AUDIT_FILE_HOURS", value_name = "HOURS",
          value_parser = clap::value_parser!(u16).range(0..=8784))]
    pub audit_file_hours: Option<u16>,
    /// Sign a checkpoint of the journal after so much time, if there are new records
    /// [default: 10].
    #[arg(long, env = "STRONGROOM_AUDIT_CHECKPOINT_SECONDS", value_name = "SECONDS",
          value_parser = clap::value_parser!(u16).range(1..=3600))]
    pub audit_checkpoint_seconds: Option<u16>,
    /// Or after so many records [default: 4096].
    #[arg(long, env = "STRONGROOM_AUDIT_CHECKPOINT_ENTRIES", value_name = "N",
          value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub audit_checkpoint_entries: Option<u32>,
    /// Refuse calls while less than so many percent of the disk are free [default: 2 in serve, 0
    /// in dev].
    #[arg(long, env = "STRONGROOM_AUDIT_RESERVE_PERCENT", value_name = "PERCENT",
          value_parser = clap::value_parser!(u8).range(0..=50))]
    pub audit_reserve_percent: Option<u8>,
    /// A file that says where else records are sent.
    #[arg(long, env = "STRONGROOM_AUDIT_SINKS", value_name = "FILE")]
    pub audit_sinks: Option<PathBuf>,
}

/// The table `[audit]`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AuditTable {
    /// As `--audit-durability`.
    pub durability: Option<AuditDurability>,
    file_megabytes: Option<u16>,
    file_hours: Option<u16>,
    checkpoint_seconds: Option<u16>,
    checkpoint_entries: Option<u32>,
    reserve_percent: Option<u8>,
    /// Where else records are sent.
    #[serde(default)]
    pub sink: Vec<SinkSettings>,
}

impl AuditArgs {
    /// What flags leave open, the file says.
    #[must_use]
    pub fn or(self, table: &AuditTable) -> Self {
        Self {
            audit_file_megabytes: self.audit_file_megabytes.or(table.file_megabytes),
            audit_file_hours: self.audit_file_hours.or(table.file_hours),
            audit_checkpoint_seconds: self.audit_checkpoint_seconds.or(table.checkpoint_seconds),
            audit_checkpoint_entries: self.audit_checkpoint_entries.or(table.checkpoint_entries),
            audit_reserve_percent: self.audit_reserve_percent.or(table.reserve_percent),
            audit_sinks: self.audit_sinks,
        }
    }
}

/// How the journal is kept, with every default filled in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditConfig {
    /// Its files and checkpoints.
    pub journal: JournalSettings,
    /// Where else it goes.
    pub sinks: Vec<SinkSettings>,
}

impl AuditConfig {
    /// Fills in what was left open.
    ///
    /// # Errors
    /// [`SettingsError`].
    pub fn of(
        given: &AuditArgs,
        durability: Durability,
        reserve_percent: u8,
    ) -> Result<Self, SettingsError> {
        let wrong = |name: &str, what: &str| SettingsError::Wrong {
            place: format!("audit.{name}"),
            what: what.to_owned(),
        };
        let defaults = JournalSettings::of(durability);
        let within = |name, value: Option<u64>, least, most, what| match value {
            Some(value) if !(least..=most).contains(&value) => Err(wrong(name, what)),
            value => Ok(value),
        };
        let megabytes = given.audit_file_megabytes.map(u64::from);
        let megabytes = within("file_megabytes", megabytes, 1, 4096, "it is 1 to 4096")?;
        let hours = given.audit_file_hours.map(u64::from);
        let hours = within("file_hours", hours, 0, 8784, "it is 0 to 8784")?;
        let seconds = given.audit_checkpoint_seconds.map(u64::from);
        let seconds = within("checkpoint_seconds", seconds, 1, 3600, "it is 1 to 3600")?;
        let entries = given.audit_checkpoint_entries.map(u64::from);
        let bound = "it is 1 to 1000000";
        let entries = within("checkpoint_entries", entries, 1, 1_000_000, bound)?;
        let reserve = given.audit_reserve_percent.unwrap_or(reserve_percent);
        within(
            "reserve_percent",
            Some(reserve.into()),
            0,
            50,
            "it is 0 to 50",
        )?;
        let sinks = match &given.audit_sinks {
            Some(path) => SinkSettings::read(path)?,
            None => Vec::new(),
        };
        Ok(Self {
            journal: JournalSettings {
                file_bytes: megabytes.map_or(defaults.file_bytes, |mb| mb << 20),
                file_age: match hours {
                    None => defaults.file_age,
                    Some(0) => None,
                    Some(hours) => Some(Duration::from_hours(hours)),
                },
                pace: Pace {
                    every: seconds.map_or(defaults.pace.every, Duration::from_secs),
                    entries: entries.unwrap_or(defaults.pace.entries),
                },
                reserve_percent: reserve,
                ..defaults
            },
            sinks,
        })
    }
}

/// What kind of place a sink is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SinkKind {
    /// Standard output, as lines of JSON.
    Stdout,
    /// A collector that speaks RFC 5424.
    Syslog,
    /// An HTTP server that takes POST.
    Webhook,
}

/// How syslog is carried.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SyslogProtocol {
    /// RFC 5426.
    Udp,
    /// RFC 6587, with octets counted.
    Tcp,
    /// RFC 5425.
    Tls,
}

/// One sink.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SinkSettings {
    /// Its name, which is that of its cursor.
    pub name: String,
    /// What it is.
    #[serde(rename = "type")]
    pub kind: SinkKind,
    /// Whether it gets the records from before it was declared.
    #[serde(default)]
    pub from_beginning: bool,
    /// Whether it gets checkpoints too.
    pub checkpoints: Option<bool>,
    /// Of syslog: host and port.
    pub address: Option<String>,
    /// Of syslog.
    pub protocol: Option<SyslogProtocol>,
    /// The name in the certificate of a syslog collector.
    pub server_name: Option<String>,
    /// Certificates, in PEM, that vouch for the other side.
    pub ca: Option<PathBuf>,
    /// Of a webhook.
    pub url: Option<String>,
    /// The secret that it shares, in a file.
    pub secret_file: Option<PathBuf>,
    /// How long it may take for a batch.
    pub timeout_seconds: Option<u16>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SinkFile {
    #[serde(default)]
    sink: Vec<SinkSettings>,
}

impl SinkSettings {
    /// Reads a file with these tables alone.
    ///
    /// # Errors
    /// [`SettingsError`].
    pub fn read(path: &Path) -> Result<Vec<Self>, SettingsError> {
        let unreadable = |cause| SettingsError::File {
            path: path.to_owned(),
            cause,
        };
        if fs::metadata(path).map_err(unreadable)?.len() > FILE_BYTES {
            return Err(unreadable(io::Error::other("it is larger than 1 MiB")));
        }
        let text = fs::read_to_string(path).map_err(unreadable)?;
        let file: SinkFile = toml::from_str(&text).map_err(|error| SettingsError::Wrong {
            place: path.display().to_string(),
            what: error.message().trim().to_owned(),
        })?;
        Self::check(&file.sink)?;
        Ok(file.sink)
    }

    /// Whether sinks can be what is said.
    ///
    /// # Errors
    /// [`SettingsError::Wrong`], with the first that cannot.
    pub fn check(sinks: &[Self]) -> Result<(), SettingsError> {
        for (at, sink) in sinks.iter().enumerate() {
            let wrong = |what: &str| {
                Err(SettingsError::Wrong {
                    place: format!("the audit sink {:?}", sink.name),
                    what: what.to_owned(),
                })
            };
            let plain = |c: char| c.is_ascii_alphanumeric() || "-_".contains(c);
            if sink.name.is_empty() || sink.name.len() > 64 || !sink.name.chars().all(plain) {
                return wrong("a name is 1 to 64 letters, digits, hyphens and underscores");
            }
            if at >= SINKS {
                return wrong("there are 16 sinks at most");
            }
            if sinks.iter().take(at).any(|other| other.name == sink.name) {
                return wrong("there are two of this name");
            }
            let of_syslog =
                sink.address.is_some() || sink.protocol.is_some() || sink.server_name.is_some();
            let of_webhook = sink.url.is_some() || sink.secret_file.is_some();
            match sink.kind {
                SinkKind::Stdout if of_syslog || of_webhook || sink.ca.is_some() => {
                    return wrong("stdout has a name and nothing else");
                }
                SinkKind::Syslog if of_webhook => {
                    return wrong("`url` and `secret_file` are of webhooks");
                }
                SinkKind::Syslog if sink.address.is_none() => {
                    return wrong("syslog needs an `address`, host and port");
                }
                SinkKind::Webhook if of_syslog => {
                    return wrong("`address`, `protocol` and `server_name` are of syslog");
                }
                SinkKind::Webhook if sink.url.is_none() || sink.secret_file.is_none() => {
                    return wrong("a webhook needs a `url` and a `secret_file`");
                }
                _ => {}
            }
            if sink.timeout_seconds == Some(0) {
                return wrong("`timeout_seconds` is at least 1");
            }
        }
        Ok(())
    }

    /// Whether it gets checkpoints too: unless it is said otherwise, whatever is elsewhere does.
    #[must_use]
    pub fn checkpoints(&self) -> bool {
        self.checkpoints.unwrap_or(self.kind != SinkKind::Stdout)
    }

    /// How long it may take for a batch.
    #[must_use]
    pub fn patience(&self) -> Duration {
        Duration::from_secs(self.timeout_seconds.unwrap_or(TIMEOUT_SECONDS).into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sinks_are_read_and_mistakes_in_them_are_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("sinks.toml");
        let read = |toml: &str| {
            fs::write(&path, toml).unwrap();
            SinkSettings::read(&path).map_err(|error| error.to_string())
        };
        let good = "[[sink]]\nname='a'\ntype='stdout'\n[[sink]]\nname='b'\ntype='syslog'\n\
                    address='h:1'\nprotocol='tls'\n[[sink]]\nname='c'\ntype='webhook'\n\
                    url='https://h/'\nsecret_file='/s'\nfrom_beginning=true\n";
        let sinks = read(good).unwrap();
        assert_eq!(sinks.len(), 3);
        assert_eq!(sinks[1].protocol, Some(SyslogProtocol::Tls));
        assert!(sinks[2].from_beginning);
        for (toml, expected) in [
            ("[[sink]]\nname='a b'\ntype='stdout'", "a name is 1 to 64"),
            (
                "[[sink]]\nname='a'\ntype='kafka'",
                "unknown variant `kafka`",
            ),
            ("[[sink]]\nname='a'\ntype='stdout'\nurl='x'", "nothing else"),
            ("[[sink]]\nname='a'\ntype='syslog'", "needs an `address`"),
            (
                "[[sink]]\nname='a'\ntype='webhook'\nurl='x'",
                "`secret_file`",
            ),
            (
                "[[sink]]\nname='a'\ntype='stdout'\nx=1",
                "unknown field `x`",
            ),
            (
                "[[sink]]\nname='a'\ntype='stdout'\n[[sink]]\nname='a'\ntype='stdout'",
                "two of this name",
            ),
        ] {
            let error = read(toml).unwrap_err();
            assert!(error.contains(expected), "{error}");
        }
    }
}
