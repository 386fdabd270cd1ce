//! Where metrics are sent, as an operator says it.
//!
//! ```toml
//! [metrics]
//! otlp = "http://127.0.0.1:4318"                 # /v1/metrics follows by itself
//! otlp_interval_seconds = 60
//! otlp_timeout_seconds = 10
//! otlp_headers = "/etc/strongroom/otlp.headers"  # a file of lines, `Name: value`
//! otlp_ca = "/etc/strongroom/collector-ca.pem"   # default: the system's
//! otlp_attributes = { "deployment.environment.name" = "production" }
//! ```
//!
//! What is left open is taken from the variables that OpenTelemetry's own SDKs read, so that a
//! server sends its metrics where everything else on the machine does. A mistake in those is a
//! warning and no more: they are not ours.
//!
//! OpenTelemetry: "OpenTelemetry Protocol Exporter", "Environment Variable Specification".

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
    time::Duration,
};

use clap::Args;
use hyper::{
    HeaderMap,
    header::{HeaderName, HeaderValue},
};
use serde::Deserialize;

use crate::custom_key_stores::SettingsError;

/// Bytes of a file of headers at most. Ours.
const FILE_BYTES: u64 = 64 << 10;
/// How often metrics are sent, and how long that may take, unless it is said otherwise.
/// OpenTelemetry: `OTEL_METRIC_EXPORT_INTERVAL`, `OTEL_EXPORTER_OTLP_TIMEOUT`.
const INTERVAL: Duration = Duration::from_secs(60);
const TIMEOUT: Duration = Duration::from_secs(10);
/// Where a collector takes metrics. OTLP specification, "OTLP/HTTP Request".
const PATH: &str = "v1/metrics";

/// The flags of OTLP.
#[derive(Clone, Debug, Default, Args)]
pub struct OtlpArgs {
    /// Send metrics to a collector that speaks OTLP over HTTP, as in http://127.0.0.1:4318
    /// [default: what OTEL_EXPORTER_OTLP_ENDPOINT says, else nowhere].
    #[arg(long, env = "STRONGROOM_METRICS_OTLP", value_name = "URL")]
    pub metrics_otlp: Option<String>,
    /// How often they are sent; 1 to 3600 [default: 60].
    #[arg(long, env = "STRONGROOM_METRICS_OTLP_INTERVAL_SECONDS", value_name = "SECONDS",
          value_parser = clap::value_parser!(u16).range(1..=3600))]
    pub metrics_otlp_interval_seconds: Option<u16>,
    /// How long the collector may take for them; 1 to 300 [default: 10].
    #[arg(long, env = "STRONGROOM_METRICS_OTLP_TIMEOUT_SECONDS", value_name = "SECONDS",
          value_parser = clap::value_parser!(u16).range(1..=300))]
    pub metrics_otlp_timeout_seconds: Option<u16>,
    /// A file with headers to send along, each a line such as `Authorization: Bearer …`.
    #[arg(long, env = "STRONGROOM_METRICS_OTLP_HEADERS", value_name = "FILE")]
    pub metrics_otlp_headers: Option<PathBuf>,
    /// Certificates, in PEM, that vouch for the collector [default: the system's].
    #[arg(long, env = "STRONGROOM_METRICS_OTLP_CA", value_name = "FILE")]
    pub metrics_otlp_ca: Option<PathBuf>,
    /// What else the collector is told of this server, repeated or with commas.
    #[arg(
        long,
        env = "STRONGROOM_METRICS_OTLP_ATTRIBUTES",
        value_name = "NAME=VALUE,…",
        value_delimiter = ','
    )]
    pub metrics_otlp_attributes: Vec<String>,
}

/// The table `[metrics]`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MetricsTable {
    /// As `--metrics-listen`.
    pub listen: Option<String>,
    otlp: Option<String>,
    otlp_interval_seconds: Option<u16>,
    otlp_timeout_seconds: Option<u16>,
    otlp_headers: Option<PathBuf>,
    otlp_ca: Option<PathBuf>,
    #[serde(default)]
    otlp_attributes: BTreeMap<String, String>,
}

impl OtlpArgs {
    /// What flags leave open, the file says.
    #[must_use]
    pub fn or(self, table: MetricsTable) -> Self {
        let attribute = |(name, value): (String, String)| format!("{name}={value}");
        let attributes = table.otlp_attributes.into_iter().map(attribute);
        let interval = self.metrics_otlp_interval_seconds;
        let timeout = self.metrics_otlp_timeout_seconds;
        Self {
            metrics_otlp: self.metrics_otlp.or(table.otlp),
            metrics_otlp_interval_seconds: interval.or(table.otlp_interval_seconds),
            metrics_otlp_timeout_seconds: timeout.or(table.otlp_timeout_seconds),
            metrics_otlp_headers: self.metrics_otlp_headers.or(table.otlp_headers),
            metrics_otlp_ca: self.metrics_otlp_ca.or(table.otlp_ca),
            // Of two that are said of one name, the later counts.
            metrics_otlp_attributes: attributes.chain(self.metrics_otlp_attributes).collect(),
        }
    }
}

/// Where metrics are sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OtlpSettings {
    /// The whole URL.
    pub url: String,
    /// How often.
    pub interval: Duration,
    /// How long the collector may take.
    pub timeout: Duration,
    /// Headers to send along; their values may be secret.
    pub headers: HeaderMap,
    /// Certificates that vouch for the collector.
    pub ca: Option<PathBuf>,
    /// What the collector is told of this server, besides its metrics.
    pub attributes: BTreeMap<String, String>,
}

impl OtlpSettings {
    /// Fills in what was left open, from `variables` first. Nothing if metrics are not to be
    /// sent.
    ///
    /// # Errors
    /// [`SettingsError`], when what was said in words of our own cannot be.
    pub fn of(
        given: &OtlpArgs,
        variables: impl Fn(&str) -> Option<String>,
    ) -> Result<Option<Self>, SettingsError> {
        // A variable that is empty is one that is not set, as OpenTelemetry has it.
        let variable = |name: &str| variables(name).filter(|value| !value.trim().is_empty());
        // What is said of metrics wins over what is said of every signal.
        let standard = |name: &str| {
            variable(&format!("OTEL_EXPORTER_OTLP_METRICS_{name}"))
                .or_else(|| variable(&format!("OTEL_EXPORTER_OTLP_{name}")))
        };
        let url = match &given.metrics_otlp {
            Some(base) => Some(with_path(base)),
            None => standard_url(&variable, &standard),
        };
        let Some(url) = url else {
            return Ok(None);
        };
        let seconds = |name: &str, seconds: Option<u16>, most: u16| match seconds {
            Some(seconds) if !(1..=most).contains(&seconds) => Err(SettingsError::Wrong {
                place: format!("metrics.{name}"),
                what: format!("it is 1 to {most}"),
            }),
            seconds => Ok(seconds.map(|seconds| Duration::from_secs(seconds.into()))),
        };
        let interval = given.metrics_otlp_interval_seconds;
        let interval = seconds("otlp_interval_seconds", interval, 3600)?;
        let timeout = given.metrics_otlp_timeout_seconds;
        let timeout = seconds("otlp_timeout_seconds", timeout, 300)?;
        let millis = |text: Option<String>| {
            let millis: u64 = text?.trim().parse().ok()?;
            (millis > 0).then(|| Duration::from_millis(millis))
        };
        let mut headers = HeaderMap::new();
        for pair in pairs(&standard("HEADERS").unwrap_or_default()) {
            match header(&pair.0, &pair.1) {
                Some((name, value)) => drop(headers.insert(name, value)),
                None => tracing::warn!(
                    name = pair.0,
                    "a header of OTEL_EXPORTER_OTLP_HEADERS is none and is left out"
                ),
            }
        }
        if let Some(path) = &given.metrics_otlp_headers {
            headers.extend(read_headers(path)?);
        }
        let mut attributes: BTreeMap<String, String> =
            pairs(&variable("OTEL_RESOURCE_ATTRIBUTES").unwrap_or_default())
                .into_iter()
                .collect();
        if let Some(name) = variable("OTEL_SERVICE_NAME") {
            attributes.insert("service.name".to_owned(), name);
        }
        for text in &given.metrics_otlp_attributes {
            let Some((name, value)) = text.split_once('=').filter(|(name, _)| !name.is_empty())
            else {
                return Err(SettingsError::Wrong {
                    place: "metrics.otlp_attributes".to_owned(),
                    what: format!("{text:?} is not NAME=VALUE"),
                });
            };
            attributes.insert(name.to_owned(), value.to_owned());
        }
        Ok(Some(Self {
            url,
            interval: interval
                .or_else(|| millis(variable("OTEL_METRIC_EXPORT_INTERVAL")))
                .unwrap_or(INTERVAL),
            timeout: timeout
                .or_else(|| millis(standard("TIMEOUT")))
                .unwrap_or(TIMEOUT),
            headers,
            ca: given
                .metrics_otlp_ca
                .clone()
                .or_else(|| standard("CERTIFICATE").map(PathBuf::from)),
            attributes,
        }))
    }
}

/// The URL that the variables of OpenTelemetry lead to, if metrics are to be sent.
fn standard_url(
    variable: &impl Fn(&str) -> Option<String>,
    standard: &impl Fn(&str) -> Option<String>,
) -> Option<String> {
    let off = variable("OTEL_SDK_DISABLED").is_some_and(|is| is.eq_ignore_ascii_case("true"));
    let exporters = variable("OTEL_METRICS_EXPORTER");
    let other = exporters.is_some_and(|names| !names.split(',').any(|name| name.trim() == "otlp"));
    if off || other {
        return None;
    }
    let url = match variable("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT") {
        // It is the whole URL.
        Some(url) => url,
        None => with_path(&variable("OTEL_EXPORTER_OTLP_ENDPOINT")?),
    };
    match standard("PROTOCOL").as_deref().map(str::trim) {
        None | Some("http/protobuf") => Some(url),
        Some(protocol) => {
            tracing::warn!(
                protocol,
                "metrics are not sent to the endpoint of OTEL_EXPORTER_OTLP_ENDPOINT: only \
                 http/protobuf is spoken"
            );
            None
        }
    }
}

/// The URL at which a collector takes metrics.
fn with_path(base: &str) -> String {
    let base = base.trim().trim_end_matches('/');
    if base.ends_with(&format!("/{PATH}")) {
        base.to_owned()
    } else {
        format!("{base}/{PATH}")
    }
}

/// Reads `name=value,name=value`, values percent-encoded. What is not of that form is left out.
///
/// W3C: "Baggage", without properties, as OpenTelemetry has it.
fn pairs(text: &str) -> Vec<(String, String)> {
    let pair = |pair: &str| {
        let (name, value) = pair.split_once('=')?;
        let (name, value) = (decoded(name.trim()), decoded(value.trim()));
        (!name.is_empty()).then_some((name, value))
    };
    text.split(',').filter_map(pair).collect()
}

fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let hex = after.get(..2).and_then(|hex| std::str::from_utf8(hex).ok());
        let byte = hex.and_then(|hex| u8::from_str_radix(hex, 16).ok());
        match (first, byte) {
            (b'%', Some(byte)) => {
                bytes.push(byte);
                rest = after.get(2..).unwrap_or_default();
            }
            _ => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// A header whose value nobody prints.
fn header(name: &str, value: &str) -> Option<(HeaderName, HeaderValue)> {
    let name = HeaderName::try_from(name).ok()?;
    let mut value = HeaderValue::try_from(value).ok()?;
    value.set_sensitive(true);
    Some((name, value))
}

fn read_headers(path: &Path) -> Result<HeaderMap, SettingsError> {
    let unreadable = |cause| SettingsError::File {
        path: path.to_owned(),
        cause,
    };
    if fs::metadata(path).map_err(unreadable)?.len() > FILE_BYTES {
        return Err(unreadable(io::Error::other("it is larger than 64 KiB")));
    }
    let text = fs::read_to_string(path).map_err(unreadable)?;
    let mut headers = HeaderMap::new();
    for (at, line) in text.lines().enumerate() {
        if line.trim().is_empty() {
            continue;
        }
        let parts = line.split_once(':');
        let read = parts.and_then(|(name, value)| header(name.trim(), value.trim()));
        let Some((name, value)) = read else {
            return Err(SettingsError::Wrong {
                place: path.display().to_string(),
                // Not the line itself: it may hold a secret.
                what: format!("line {} is not a header, `Name: value`", at + 1),
            });
        };
        headers.insert(name, value);
    }
    Ok(headers)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(given: &OtlpArgs, variables: &[(&str, &str)]) -> Option<OtlpSettings> {
        let variables: BTreeMap<_, _> = variables.iter().copied().collect();
        let look = |name: &str| variables.get(name).map(|value| (*value).to_owned());
        OtlpSettings::of(given, look).unwrap()
    }

    #[test]
    fn nothing_is_sent_unless_somebody_says_where() {
        let none = OtlpArgs::default();
        let endpoint = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://c:4318/");
        assert_eq!(of(&none, &[]), None);
        assert_eq!(of(&none, &[("OTEL_SERVICE_NAME", "x")]), None);
        assert_eq!(of(&none, &[("OTEL_EXPORTER_OTLP_ENDPOINT", "")]), None);
        for off in [
            ("OTEL_SDK_DISABLED", "TRUE"),
            ("OTEL_METRICS_EXPORTER", "none"),
            ("OTEL_METRICS_EXPORTER", "prometheus"),
            ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"),
            ("OTEL_EXPORTER_OTLP_METRICS_PROTOCOL", "http/json"),
        ] {
            assert_eq!(of(&none, &[endpoint, off]), None, "{off:?}");
        }
        let exporter = ("OTEL_METRICS_EXPORTER", "console,otlp");
        let settings = of(&none, &[endpoint, exporter]).unwrap();
        assert_eq!(settings.url, "http://c:4318/v1/metrics");
        assert_eq!(settings.interval, Duration::from_secs(60));
        assert_eq!(settings.timeout, Duration::from_secs(10));
    }

    #[test]
    fn variables_of_metrics_win_over_those_of_every_signal_and_ours_over_both() {
        let variables = [
            ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://all:4318"),
            ("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", "http://metrics/in"),
            (
                "OTEL_EXPORTER_OTLP_HEADERS",
                "api-key=a%20b, x=1,broken,y y=2",
            ),
            ("OTEL_EXPORTER_OTLP_TIMEOUT", "2500"),
            ("OTEL_EXPORTER_OTLP_METRICS_TIMEOUT", "1500"),
            ("OTEL_METRIC_EXPORT_INTERVAL", "5000"),
            ("OTEL_RESOURCE_ATTRIBUTES", "service.name=a,zone=eu%2D1"),
            ("OTEL_SERVICE_NAME", "vault"),
            ("OTEL_EXPORTER_OTLP_CERTIFICATE", "/ca.pem"),
        ];
        let settings = of(&OtlpArgs::default(), &variables).unwrap();
        assert_eq!(settings.url, "http://metrics/in");
        assert_eq!(settings.headers.len(), 2);
        assert_eq!(settings.headers["api-key"], "a b");
        assert!(!format!("{settings:?}").contains("a b"));
        assert_eq!(settings.timeout, Duration::from_millis(1500));
        assert_eq!(settings.interval, Duration::from_secs(5));
        assert_eq!(settings.ca, Some("/ca.pem".into()));
        assert_eq!(settings.attributes["service.name"], "vault");
        assert_eq!(settings.attributes["zone"], "eu-1");

        let given = OtlpArgs {
            metrics_otlp: Some("https://own/v1/metrics".to_owned()),
            metrics_otlp_interval_seconds: Some(7),
            metrics_otlp_attributes: vec!["zone=us=1".to_owned()],
            ..OtlpArgs::default()
        };
        let settings = of(&given, &variables).unwrap();
        assert_eq!(settings.url, "https://own/v1/metrics");
        assert_eq!(settings.interval, Duration::from_secs(7));
        assert_eq!(settings.attributes["zone"], "us=1");
    }

    #[test]
    fn a_file_of_headers_is_read_and_a_line_that_is_none_is_named_but_not_told() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("headers");
        fs::write(&path, "Authorization: Bearer s3cret\n\nx-scope:a:b\n").unwrap();
        let headers = read_headers(&path).unwrap();
        assert_eq!(headers["authorization"], "Bearer s3cret");
        assert_eq!(headers["x-scope"], "a:b");
        fs::write(&path, "x: y\ns3cret\n").unwrap();
        let error = read_headers(&path).unwrap_err().to_string();
        assert!(error.contains("line 2 is not a header"), "{error}");
        assert!(!error.contains("s3cret"), "{error}");
    }
}
