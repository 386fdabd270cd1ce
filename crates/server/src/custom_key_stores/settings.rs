//! What the outside of custom key stores is, as an operator declares it.
//!
//! The two tables stand in `strongroom.toml` or in a file of their own:
//!
//! ```toml
//! [[external_key_store]]
//! endpoint = "https://xks.example.com"        # as callers name it
//! address = "10.0.0.7:8443"                   # where it really is; default: the name, port 443
//! ca = "/etc/strongroom/xks-ca.pem"           # who vouches for it; default: the system's
//! client_certificate = "/etc/strongroom/xks-client.pem"
//! client_key = "/etc/strongroom/xks-client.key"
//! vpc_endpoint_service = "com.amazonaws.vpce.us-east-1.vpce-svc-0123456789abcdef0"
//! timeout_ms = 250
//!
//! [[hsm_cluster]]
//! id = "cluster-1a23b4cdefg"                  # as callers name it
//! module = "/usr/lib/softhsm/libsofthsm2.so"  # a PKCS#11 module
//! token = "strongroom"                        # the label of its token
//! trust_anchor = "/etc/strongroom/hsm-ca.pem" # what TrustAnchorCertificate has to be
//! backup_history = "main"                     # shared by clusters with the same keys
//! sessions = 4
//! iv = "caller"                               # or "device-zeroed"
//! ```

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use serde::Deserialize;

/// Bytes of a settings file at most. Ours.
const FILE_BYTES: u64 = 1 << 20;

/// Why the settings are refused.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// A file cannot be read.
    #[error("{}: {cause}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        cause: io::Error,
    },
    /// Something is not as it should be.
    #[error("{place}: {what}")]
    Wrong {
        /// The file, or the table in it.
        place: String,
        /// What is wrong with it.
        what: String,
    },
}

/// What the outside is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyStoreSettings {
    /// Proxies that are not just where their name says.
    #[serde(default)]
    pub external_key_store: Vec<ProxyEndpoint>,
    /// Clusters. There are no others.
    #[serde(default)]
    pub hsm_cluster: Vec<HsmCluster>,
}

/// An external key store proxy.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProxyEndpoint {
    /// `https://` and a name.
    pub endpoint: String,
    /// Address and port.
    pub address: Option<String>,
    /// Certificates that vouch for it, in PEM.
    pub ca: Option<PathBuf>,
    /// Our own certificate, in PEM.
    pub client_certificate: Option<PathBuf>,
    /// The private key of our own certificate, in PEM.
    pub client_key: Option<PathBuf>,
    /// The VPC endpoint service that leads to it.
    pub vpc_endpoint_service: Option<String>,
    /// How long one request may take, everything included.
    pub timeout_ms: Option<u64>,
}

/// A cluster of hardware modules: a token of a PKCS#11 module.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HsmCluster {
    /// `cluster-` and 11 to 16 characters.
    pub id: String,
    /// The PKCS#11 module.
    pub module: PathBuf,
    /// The label of the token.
    pub token: String,
    /// The certificate that TrustAnchorCertificate has to be, in PEM.
    pub trust_anchor: PathBuf,
    /// The backup history that clusters with the same keys share; default: the id.
    pub backup_history: Option<String>,
    /// Sessions that are used at once.
    pub sessions: Option<usize>,
    /// Who chooses initialization vectors.
    #[serde(default)]
    pub iv: IvSource,
}

/// Who chooses the initialization vectors of AES-GCM.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum IvSource {
    /// We do.
    #[default]
    Caller,
    /// The module does, into a buffer of zeros.
    DeviceZeroed,
}

impl KeyStoreSettings {
    /// Reads a file that holds nothing but these tables.
    ///
    /// # Errors
    /// [`SettingsError`], naming the file.
    pub fn read(path: &Path) -> Result<Self, SettingsError> {
        let failed = |cause| SettingsError::File {
            path: path.to_owned(),
            cause,
        };
        if fs::metadata(path).map_err(failed)?.len() > FILE_BYTES {
            return Err(failed(io::Error::other("it is larger than 1 MiB")));
        }
        let text = fs::read_to_string(path).map_err(failed)?;
        let settings: Self = toml::from_str(&text).map_err(|error| SettingsError::Wrong {
            place: path.display().to_string(),
            what: error.message().trim().to_owned(),
        })?;
        settings.check()?;
        Ok(settings)
    }

    /// Checks what the form alone does not say.
    ///
    /// # Errors
    /// [`SettingsError::Wrong`], naming the endpoint or cluster.
    pub fn check(&self) -> Result<(), SettingsError> {
        let wrong = |place: &str, what: &str| {
            Err(SettingsError::Wrong {
                place: place.to_owned(),
                what: what.to_owned(),
            })
        };
        let mut endpoints = Vec::new();
        for proxy in &self.external_key_store {
            let name = proxy.endpoint.as_str();
            let host = name.strip_prefix("https://").unwrap_or_default();
            let plain = |b: u8| b.is_ascii_alphanumeric() || b".-".contains(&b);
            if host.is_empty() || !host.bytes().all(plain) {
                return wrong(
                    name,
                    "an endpoint is https:// and a name, without port and path",
                );
            }
            if proxy.client_certificate.is_some() != proxy.client_key.is_some() {
                return wrong(
                    name,
                    "client_certificate and client_key are given together or not at all",
                );
            }
            if proxy
                .timeout_ms
                .is_some_and(|ms| !(1..=60_000).contains(&ms))
            {
                return wrong(name, "timeout_ms is between 1 and 60000");
            }
            if endpoints.contains(&host.to_ascii_lowercase()) {
                return wrong(name, "it is given twice");
            }
            endpoints.push(host.to_ascii_lowercase());
        }
        let mut clusters = Vec::new();
        for cluster in &self.hsm_cluster {
            let name = cluster.id.as_str();
            let rest = name.strip_prefix("cluster-").unwrap_or_default();
            let plain = |b: u8| b.is_ascii_alphabetic() || (b'2'..=b'7').contains(&b);
            if !(11..=16).contains(&rest.len()) || !rest.bytes().all(plain) {
                return wrong(
                    name,
                    "a cluster id is cluster- and 11 to 16 letters and digits from 2 to 7",
                );
            }
            let history = cluster.history();
            let plain = |b: u8| b.is_ascii_alphanumeric() || b"-_.".contains(&b);
            if history.is_empty() || history.len() > 64 || !history.bytes().all(plain) {
                return wrong(
                    name,
                    "backup_history is up to 64 letters, digits, hyphens, underscores and dots",
                );
            }
            if cluster.sessions.is_some_and(|n| !(1..=64).contains(&n)) {
                return wrong(name, "sessions is between 1 and 64");
            }
            if clusters.contains(&name) {
                return wrong(name, "it is given twice");
            }
            clusters.push(name);
        }
        Ok(())
    }
}

impl HsmCluster {
    /// The backup history that the cluster shares with its relatives.
    pub(super) fn history(&self) -> &str {
        self.backup_history.as_deref().unwrap_or(&self.id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(toml: &str) -> Result<KeyStoreSettings, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key-stores.toml");
        fs::write(&path, toml).unwrap();
        KeyStoreSettings::read(&path).map_err(|error| error.to_string())
    }

    #[test]
    fn the_tables_are_read() {
        let settings = read(
            r#"
            [[external_key_store]]
            endpoint = "https://xks.example.com"
            address = "127.0.0.1:8443"
            timeout_ms = 250
            [[hsm_cluster]]
            id = "cluster-abcdefghijk"
            module = "/m.so"
            token = "t"
            trust_anchor = "/a.pem"
            iv = "device-zeroed"
            "#,
        )
        .unwrap();
        let proxy = &settings.external_key_store[0];
        assert_eq!(proxy.address.as_deref(), Some("127.0.0.1:8443"));
        let cluster = &settings.hsm_cluster[0];
        assert_eq!(cluster.history(), "cluster-abcdefghijk");
        assert_eq!(cluster.iv, IvSource::DeviceZeroed);
        assert_eq!(read("").unwrap(), KeyStoreSettings::default());
    }

    #[test]
    fn mistakes_are_named() {
        let check = |toml: &str, expected: &str| {
            let error = read(toml).unwrap_err();
            assert!(error.contains(expected), "{error}");
        };
        let proxy =
            |rest: &str| format!("[[external_key_store]]\nendpoint = 'https://a.b'\n{rest}");
        let cluster = |rest: &str| {
            format!(
                "[[hsm_cluster]]\nid = 'cluster-abcdefghijk'\nmodule = 'm'\ntoken = 't'\n\
                 trust_anchor = 'a'\n{rest}"
            )
        };
        check("[[proxy]]", "unknown field `proxy`");
        check(&proxy("adress = 'x'"), "unknown field `adress`");
        check(&proxy("client_key = 'k'"), "given together");
        check(&proxy("timeout_ms = 0"), "timeout_ms");
        check(
            &(proxy("") + "[[external_key_store]]\nendpoint = 'https://A.B'"),
            "given twice",
        );
        check(
            "[[external_key_store]]\nendpoint = 'https://a.b:8443'",
            "without port",
        );
        check(&cluster("sessions = 0"), "sessions");
        check(&cluster("backup_history = 'a/b'"), "backup_history");
        check(&cluster("iv = 'mine'"), "unknown variant `mine`");
        check(&(cluster("") + &cluster("")), "given twice");
        check(
            "[[hsm_cluster]]\nid = 'cluster-1'\nmodule = 'm'\ntoken = 't'\ntrust_anchor = 'a'",
            "a cluster id is",
        );
    }
}
