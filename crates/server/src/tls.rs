//! TLS by rustls: certificates, the post-quantum key exchange, and a certificate for development.
//!
//! The key exchange offered first is X25519MLKEM768, so that a recorded connection stays secret
//! from a quantum computer of later years; clients that do not know it get X25519 or a NIST
//! curve. The crypto provider is aws-lc-rs, the library that the rest of the house uses.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, SystemTime},
};

use rcgen::{
    CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair,
    KeyUsagePurpose,
};
use rustls::{
    ServerConfig, ServerConnection,
    crypto::aws_lc_rs::default_provider,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _},
};
use strongroom_kms::TlsDetails;
use x509_cert::{Certificate, der::Decode as _};
use zeroize::Zeroizing;

/// Why TLS cannot be offered. Each says which file to look at.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file cannot be read or written.
    #[error("{path}: {error}")]
    File {
        /// The file.
        path: PathBuf,
        /// What the system says.
        error: io::Error,
    },
    /// A file does not hold what it should.
    #[error("{path}: {what}")]
    Content {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        what: String,
    },
    /// The certificate and the key cannot be used together, or not with TLS.
    #[error("the certificate in {path} and its key cannot be used: {error}")]
    Unusable {
        /// The file with the certificate.
        path: PathBuf,
        /// What rustls says.
        error: rustls::Error,
    },
    /// A name is none that a certificate can carry.
    #[error("no certificate can be made for the names {names}: {error}")]
    Names {
        /// The names.
        names: String,
        /// What the maker of certificates says.
        error: rcgen::Error,
    },
}

/// The configuration of a server with the certificate chain and private key of two PEM files.
///
/// # Errors
/// When a file cannot be read, or holds no certificate or key, or the two do not match.
pub fn server_config(chain: &Path, key: &Path) -> Result<Arc<ServerConfig>, TlsError> {
    let chain_pem = read(chain)?;
    let certificates = CertificateDer::pem_slice_iter(&chain_pem)
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| content(chain, error))?;
    if certificates.is_empty() {
        return Err(content(chain, "there is no certificate in it"));
    }
    let key_pem = read(key)?;
    let private = PrivateKeyDer::from_pem_slice(&key_pem)
        .map_err(|error| content(key, format!("there is no private key in it ({error})")))?;

    let unusable = |error| TlsError::Unusable {
        path: chain.to_owned(),
        error,
    };
    let mut config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(unusable)?
        .with_no_client_auth()
        .with_single_cert(certificates, private)
        .map_err(unusable)?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

/// Until when the certificates in a PEM file are good, all of them; nothing if that cannot be
/// read.
#[must_use]
pub fn good_until(chain: &Path) -> Option<SystemTime> {
    let pem = read(chain).ok()?;
    let certificates: Vec<_> = CertificateDer::pem_slice_iter(&pem)
        .collect::<Result<_, _>>()
        .ok()?;
    first_to_end(&certificates)
}

/// When the first of these certificates ends.
pub(crate) fn first_to_end(certificates: &[CertificateDer<'_>]) -> Option<SystemTime> {
    let ends = certificates.iter().map(|certificate| {
        let read = Certificate::from_der(certificate).ok()?;
        Some(read.tbs_certificate().validity().not_after.to_system_time())
    });
    ends.collect::<Option<Vec<_>>>()?.into_iter().min()
}

fn read(path: &Path) -> Result<Zeroizing<Vec<u8>>, TlsError> {
    fs::read(path)
        .map(Zeroizing::new)
        .map_err(|error| file(path, error))
}

fn file(path: &Path, error: io::Error) -> TlsError {
    TlsError::File {
        path: path.to_owned(),
        error,
    }
}

fn content(path: &Path, what: impl ToString) -> TlsError {
    TlsError::Content {
        path: path.to_owned(),
        what: what.to_string(),
    }
}

/// A certificate of our own making, and the key that belongs to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SelfSigned {
    /// The certificate, which clients are told to trust (`AWS_CA_BUNDLE`).
    pub certificate: PathBuf,
    /// Its private key, readable by the owner only.
    pub key: PathBuf,
}

const CERTIFICATE_FILE: &str = "tls-certificate.pem";
const KEY_FILE: &str = "tls-key.pem";
/// Names that a certificate for development always carries.
const LOCAL_NAMES: [&str; 3] = ["localhost", "127.0.0.1", "::1"];
/// How long a certificate is good for. Some clients refuse more than 398 days.
const VALIDITY: Duration = Duration::from_secs(397 * DAY_SECONDS);
/// A certificate of this age is replaced at the next start.
const RENEWAL_AGE: Duration = Duration::from_secs(365 * DAY_SECONDS);
const DAY_SECONDS: u64 = 24 * 60 * 60;

/// The self-signed certificate in `folder`, for the local names and `names`.
///
/// The one that is there is kept as long as it has the same names and is not a year old, so
/// that clients that trust it go on doing so after a restart.
///
/// # Errors
/// When a file cannot be written or a name cannot stand in a certificate.
pub fn self_signed(folder: &Path, names: &[String]) -> Result<SelfSigned, TlsError> {
    let files = SelfSigned {
        certificate: folder.join(CERTIFICATE_FILE),
        key: folder.join(KEY_FILE),
    };
    let mut all: Vec<String> = LOCAL_NAMES.map(str::to_owned).to_vec();
    for name in names {
        if !all.contains(name) {
            all.push(name.clone());
        }
    }
    // Text before the first dashed line is no part of a PEM file (RFC 7468, section 2), so the
    // file itself can say whom it is for.
    let heading = format!("Strongroom, self-signed, for {}\n", all.join(" "));
    if !still_good(&files, &heading) {
        make(&files, &heading, all)?;
    }
    Ok(files)
}

fn still_good(files: &SelfSigned, heading: &str) -> bool {
    let young = fs::metadata(&files.certificate)
        .and_then(|metadata| metadata.modified())
        .is_ok_and(|made| made.elapsed().is_ok_and(|age| age < RENEWAL_AGE));
    young
        && files.key.exists()
        && fs::read_to_string(&files.certificate).is_ok_and(|pem| pem.starts_with(heading))
        && server_config(&files.certificate, &files.key).is_ok()
}

fn make(files: &SelfSigned, heading: &str, names: Vec<String>) -> Result<(), TlsError> {
    let shown = names.join(" ");
    let wrong_names = |error| TlsError::Names {
        names: shown.clone(),
        error,
    };
    let mut params = CertificateParams::new(names).map_err(wrong_names)?;
    params.distinguished_name = DistinguishedName::new();
    params
        .distinguished_name
        .push(DnType::CommonName, "Strongroom development server");
    params.is_ca = IsCa::ExplicitNoCa;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params.use_authority_key_identifier_extension = true;
    let now = SystemTime::now();
    // A client whose clock is a little behind is no reason to fail.
    params.not_before = (now - Duration::from_secs(DAY_SECONDS)).into();
    params.not_after = (now + VALIDITY).into();

    let key = KeyPair::generate().map_err(wrong_names)?;
    let certificate = params.self_signed(&key).map_err(wrong_names)?;
    // The key first: a certificate without its key would be taken for broken, not for absent.
    write_private(&files.key, Zeroizing::new(key.serialize_pem()).as_bytes())?;
    fs::write(
        &files.certificate,
        format!("{heading}{}", certificate.pem()),
    )
    .map_err(|error| file(&files.certificate, error))
}

/// Writes a file that only its owner can read, from its first byte on.
fn write_private(path: &Path, bytes: &[u8]) -> Result<(), TlsError> {
    use std::io::Write as _;
    // An older file may be open to others; a new one is not.
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(file(path, error)),
        _ => {}
    }
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
        .open(path)
        .and_then(|mut open| open.write_all(bytes))
        .map_err(|error| file(path, error))
}

/// What was negotiated, as audit entries tell it. Absent before the handshake is over.
pub(crate) fn details(connection: &ServerConnection) -> Option<TlsDetails> {
    let version = match connection.protocol_version()? {
        rustls::ProtocolVersion::TLSv1_3 => "TLSv1.3",
        rustls::ProtocolVersion::TLSv1_2 => "TLSv1.2",
        _ => return None,
    };
    let suite = connection.negotiated_cipher_suite()?.suite();
    // rustls tells suites of TLS 1.3 apart by a prefix that IANA does not have.
    let cipher_suite = suite.as_str()?.replacen("TLS13_", "TLS_", 1);
    let key_exchange = connection
        .negotiated_key_exchange_group()
        .and_then(|group| group.name().as_str())
        .map(str::to_owned);
    Some(TlsDetails {
        version,
        cipher_suite,
        key_exchange,
    })
}

#[cfg(test)]
mod tests {
    use rustls::{
        ClientConfig, ClientConnection, NamedGroup, RootCertStore, crypto::CryptoProvider,
    };

    use super::*;

    fn folder() -> tempfile::TempDir {
        tempfile::tempdir().unwrap()
    }

    fn client(files: &SelfSigned, provider: CryptoProvider) -> ClientConnection {
        let mut roots = RootCertStore::empty();
        roots
            .add(CertificateDer::from_pem_file(&files.certificate).unwrap())
            .unwrap();
        let config = ClientConfig::builder_with_provider(Arc::new(provider))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        ClientConnection::new(Arc::new(config), "localhost".try_into().unwrap()).unwrap()
    }

    /// Shakes hands in memory and gives what the server saw.
    fn shake_hands(mut client: ClientConnection, config: Arc<ServerConfig>) -> TlsDetails {
        let mut server = ServerConnection::new(config).unwrap();
        let mut wire = Vec::new();
        while client.is_handshaking() || server.is_handshaking() {
            wire.clear();
            while client.wants_write() {
                client.write_tls(&mut wire).unwrap();
            }
            let mut bytes = wire.as_slice();
            while !bytes.is_empty() {
                server.read_tls(&mut bytes).unwrap();
                server.process_new_packets().unwrap();
            }
            wire.clear();
            while server.wants_write() {
                server.write_tls(&mut wire).unwrap();
            }
            let mut bytes = wire.as_slice();
            while !bytes.is_empty() {
                client.read_tls(&mut bytes).unwrap();
                client.process_new_packets().unwrap();
            }
        }
        details(&server).unwrap()
    }

    fn without_post_quantum() -> CryptoProvider {
        let mut provider = default_provider();
        provider
            .kx_groups
            .retain(|group| group.name() != NamedGroup::X25519MLKEM768);
        provider
    }

    #[test]
    fn the_post_quantum_exchange_is_offered_first_and_older_clients_still_connect() {
        let first = default_provider().kx_groups.first().unwrap().name();
        assert_eq!(first, NamedGroup::X25519MLKEM768);

        let folder = folder();
        let files = self_signed(folder.path(), &[]).unwrap();
        let config = server_config(&files.certificate, &files.key).unwrap();

        let modern = shake_hands(client(&files, default_provider()), Arc::clone(&config));
        assert_eq!(modern.key_exchange.as_deref(), Some("X25519MLKEM768"));
        assert_eq!(modern.version, "TLSv1.3");
        assert!(modern.cipher_suite.starts_with("TLS_AES_"), "{modern:?}");

        let older = shake_hands(client(&files, without_post_quantum()), config);
        assert_eq!(older.key_exchange.as_deref(), Some("X25519"));
    }

    #[test]
    fn a_self_signed_certificate_is_kept_until_its_names_change() {
        let folder = folder();
        let read = |files: &SelfSigned| fs::read_to_string(&files.certificate).unwrap();
        let files = self_signed(folder.path(), &[]).unwrap();
        let first = read(&files);
        self_signed(folder.path(), &[]).unwrap();
        assert_eq!(read(&files), first);
        self_signed(folder.path(), &["kms.test".to_owned()]).unwrap();
        let second = read(&files);
        assert_ne!(second, first);
        assert!(
            second.starts_with("Strongroom, self-signed, for localhost 127.0.0.1 ::1 kms.test\n")
        );
        fs::remove_file(&files.key).unwrap();
        self_signed(folder.path(), &["kms.test".to_owned()]).unwrap();
        assert!(files.key.exists());
    }

    #[cfg(unix)]
    #[test]
    fn only_the_owner_can_read_the_key() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = folder();
        fs::write(folder.path().join(KEY_FILE), "open to all").unwrap();
        let files = self_signed(folder.path(), &[]).unwrap();
        let mode = fs::metadata(&files.key).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn files_that_hold_no_certificate_or_key_are_named() {
        let folder = folder();
        let files = self_signed(folder.path(), &[]).unwrap();
        let wrong = folder.path().join("wrong.pem");
        let check = |chain: &Path, key: &Path, expected: &str| {
            let error = server_config(chain, key).unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        };
        check(&wrong, &files.key, "wrong.pem");
        fs::write(&wrong, "nothing").unwrap();
        check(
            &wrong,
            &files.key,
            "wrong.pem: there is no certificate in it",
        );
        check(
            &files.certificate,
            &wrong,
            "wrong.pem: there is no private key in it",
        );
        let other = tempfile::tempdir().unwrap();
        let others = self_signed(other.path(), &[]).unwrap();
        check(&files.certificate, &others.key, "cannot be used");
    }

    #[test]
    fn names_that_are_no_names_are_refused() {
        let folder = folder();
        assert!(self_signed(folder.path(), &["käse".to_owned()]).is_err());
    }
}
