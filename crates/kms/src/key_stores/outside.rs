//! What is asked of the outside: of an external key store proxy, and of a hardware module.
//!
//! Neither trait says how the other side is reached. The answers that are not what was asked for
//! are faults, told apart exactly as far as AWS tells them apart.

use std::{fmt, time::Duration};

use strongroom_crypto::layers::OuterLayer;
use strongroom_model::{KeyStorePassword, Plaintext, Region, SecretAccessKey, SecretText};
use strongroom_store::BoxFuture;

use crate::sts::{KeySetSource, NoKeySets};

/// Who reaches the outside, for the service.
pub struct Outside {
    /// External key store proxies.
    pub proxies: Box<dyn ProxyClient>,
    /// Hardware modules, as clusters.
    pub clusters: Box<dyn ClusterClient>,
    /// Identity providers, for the keys that they sign with.
    pub key_sets: Box<dyn KeySetSource>,
    /// How often the proxies of connected stores are asked whether they are well; zero for never.
    pub health_check_every: Duration,
}

impl Outside {
    /// An outside in which there is nothing: every proxy is out of reach and no cluster exists.
    #[must_use]
    pub fn nothing() -> Self {
        Self {
            proxies: Box::new(Nothing),
            clusters: Box::new(Nothing),
            key_sets: Box::new(NoKeySets),
            health_check_every: Duration::ZERO,
        }
    }
}

impl fmt::Debug for Outside {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Outside")
    }
}

/// What the outside is told about the call that it takes part in.
///
/// AWS: XKS proxy API, `requestMetadata`.
#[derive(Clone, Debug)]
pub struct About {
    /// The id of the request.
    pub request_id: String,
    /// The operation of KMS, as AWS names it.
    pub operation: &'static str,
    /// The ARN of the caller.
    pub principal: String,
    /// The KMS key that is used.
    pub key_arn: Option<String>,
}

/// Where an external key store proxy is, and how requests to it are signed.
pub struct Proxy {
    /// The id of the custom key store whose proxy it is.
    pub store: String,
    /// `https://` and a name.
    pub endpoint: String,
    /// The path in front of every resource, ending in `/kms/xks/v1`.
    pub path: String,
    /// The Region of the signature.
    pub region: Region,
    /// The access key.
    pub access_key_id: SecretText,
    /// Its secret.
    pub secret: SecretAccessKey,
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Proxy({}{})", self.endpoint, self.path)
    }
}

/// What a proxy says of an external key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExternalKey {
    /// Whether it is an AES key of 256 bits.
    pub is_aes_256: bool,
    /// Whether it encrypts and decrypts.
    pub encrypts_and_decrypts: bool,
    /// Whether it is enabled.
    pub is_enabled: bool,
}

/// An outer layer, just made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MadeOuterLayer {
    /// What its maker wants to see again.
    pub metadata: Vec<u8>,
    /// Its initialization vector.
    pub iv: Vec<u8>,
    /// Its tag.
    pub tag: [u8; 16],
    /// The inner layer, encrypted.
    pub ciphertext: Vec<u8>,
}

impl MadeOuterLayer {
    /// The layer, lent.
    #[must_use]
    pub fn as_layer(&self) -> OuterLayer<'_> {
        OuterLayer {
            metadata: &self.metadata,
            iv: &self.iv,
            tag: &self.tag,
            ciphertext: &self.ciphertext,
        }
    }
}

/// Why a proxy did not do what it was asked for.
///
/// AWS: XKS proxy API, "Error codes", with the names that it gives them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProxyFault {
    /// `ValidationException`, or an answer that is none.
    #[error("its answer is not what the XKS proxy API says")]
    InvalidResponse,
    /// `InvalidStateException`.
    #[error("the external key or its store is not in a state to be used")]
    InvalidState,
    /// `InvalidKeyUsageException`.
    #[error("the external key is not for this operation")]
    InvalidKeyUsage,
    /// `InvalidCiphertextException`.
    #[error("the ciphertext, its tag or its associated data is invalid")]
    InvalidCiphertext,
    /// The data integrity value does not fit what came with it.
    #[error("the data integrity value does not fit the ciphertext")]
    IntegrityMismatch,
    /// `AuthenticationFailedException`.
    #[error("it does not accept the credential")]
    IncorrectCredential,
    /// `AccessDeniedException`.
    #[error("it denies access")]
    AccessDenied,
    /// `KeyNotFoundException`.
    #[error("there is no such external key")]
    KeyNotFound,
    /// `InvalidUriPathException`.
    #[error("there is nothing under the path")]
    InvalidUriPath,
    /// `UnsupportedOperationException`.
    #[error("it does not support the operation")]
    Unsupported,
    /// `ThrottlingException`.
    #[error("it is asked too often")]
    Throttled,
    /// `DependencyTimeoutException`.
    #[error("its key manager does not answer in time")]
    DependencyTimeout,
    /// There is no connection.
    #[error("it cannot be reached")]
    Unreachable,
    /// There is no answer in time.
    #[error("it does not answer in time")]
    TimedOut,
    /// TLS was not agreed upon, or the certificate is not the right one.
    #[error("TLS cannot be agreed upon, or its certificate is not accepted")]
    Tls,
    /// `InternalException`.
    #[error("it failed")]
    Internal,
    /// Every key manager behind it is unavailable.
    #[error("every key manager behind it is unavailable")]
    NoManager,
}

/// What is asked of external key store proxies.
///
/// Every answer comes within the patience of KMS, 250 ms, or is a fault.
pub trait ProxyClient: Send + Sync {
    /// The endpoint that a VPC endpoint service leads to, if the service is known.
    fn endpoint_of_service(&self, vpc_endpoint_service: &str) -> Option<String>;

    /// Whether the proxy and at least one key manager behind it are well.
    fn health<'a>(
        &'a self,
        proxy: &'a Proxy,
        about: &'a About,
    ) -> BoxFuture<'a, Result<(), ProxyFault>>;

    /// What an external key is.
    fn key_metadata<'a>(
        &'a self,
        proxy: &'a Proxy,
        key: &'a str,
        about: &'a About,
    ) -> BoxFuture<'a, Result<ExternalKey, ProxyFault>>;

    /// Encrypts an inner layer. The integrity of the answer has been checked.
    fn encrypt<'a>(
        &'a self,
        proxy: &'a Proxy,
        key: &'a str,
        about: &'a About,
        inner: &'a [u8],
        aad: &'a [u8],
    ) -> BoxFuture<'a, Result<MadeOuterLayer, ProxyFault>>;

    /// Decrypts an outer layer, giving the inner one.
    fn decrypt<'a>(
        &'a self,
        proxy: &'a Proxy,
        key: &'a str,
        about: &'a About,
        outer: OuterLayer<'a>,
        aad: &'a [u8],
    ) -> BoxFuture<'a, Result<Vec<u8>, ProxyFault>>;
}

/// A cluster of hardware modules, and the password of the user in it.
pub struct Cluster {
    /// The id of the custom key store whose cluster it is.
    pub store: String,
    /// `cluster-…`.
    pub id: String,
    /// The password.
    pub password: KeyStorePassword,
}

impl fmt::Debug for Cluster {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Cluster({})", self.id)
    }
}

/// Why a cluster did not do what it was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ClusterFault {
    /// There is no such cluster, or its token is not there.
    #[error("there is no such cluster")]
    NotFound,
    /// It cannot be used as it is set up.
    #[error("the cluster cannot be used as it is set up")]
    InvalidConfiguration,
    /// The password is wrong.
    #[error("the password is wrong")]
    IncorrectPassword,
    /// The user is locked out.
    #[error("the user is locked out")]
    LockedOut,
    /// The user has not been set up.
    #[error("the user has not been set up")]
    NoUser,
    /// Somebody else is logged in as the user.
    #[error("somebody else is logged in as the user")]
    LoggedInElsewhere,
    /// The module does not answer, or has gone.
    #[error("the module does not answer")]
    Unreachable,
    /// The object of a key is not there any more.
    #[error("the object of the key is not there")]
    NoObject,
    /// The module refuses to decrypt.
    #[error("the ciphertext or its associated data is invalid")]
    InvalidCiphertext,
    /// There is no free session.
    #[error("no session is free")]
    NoSession,
    /// The module failed.
    #[error("the module failed")]
    Internal,
}

/// What is asked of clusters of hardware modules.
pub trait ClusterClient: Send + Sync {
    /// The backup history that a cluster shares with its relatives, if there is such a cluster.
    fn history(&self, cluster: &str) -> Option<String>;

    /// Whether this certificate, in PEM, is the trust anchor of the cluster.
    fn is_trust_anchor(&self, cluster: &str, certificate: &str) -> bool;

    /// Whether the cluster is there and fit for use. Nobody is logged in.
    fn check<'a>(&'a self, cluster: &'a str) -> BoxFuture<'a, Result<(), ClusterFault>>;

    /// Logs in, anew if somebody is.
    fn log_in<'a>(&'a self, cluster: &'a Cluster) -> BoxFuture<'a, Result<(), ClusterFault>>;

    /// Logs out.
    fn log_out<'a>(&'a self, cluster: &'a str) -> BoxFuture<'a, ()>;

    /// Makes the object of a key: AES with 256 bits, not to be extracted.
    fn create_key<'a>(
        &'a self,
        cluster: &'a Cluster,
        label: &'a str,
        id: &'a [u8],
    ) -> BoxFuture<'a, Result<(), ClusterFault>>;

    /// Removes the object of a key. That it is not there is no fault.
    fn delete_key<'a>(
        &'a self,
        cluster: &'a Cluster,
        label: &'a str,
    ) -> BoxFuture<'a, Result<(), ClusterFault>>;

    /// Encrypts an inner layer.
    fn encrypt<'a>(
        &'a self,
        cluster: &'a Cluster,
        label: &'a str,
        inner: &'a [u8],
        aad: &'a [u8],
    ) -> BoxFuture<'a, Result<MadeOuterLayer, ClusterFault>>;

    /// Decrypts an outer layer, giving the inner one.
    fn decrypt<'a>(
        &'a self,
        cluster: &'a Cluster,
        label: &'a str,
        outer: OuterLayer<'a>,
        aad: &'a [u8],
    ) -> BoxFuture<'a, Result<Vec<u8>, ClusterFault>>;

    /// Random bytes of the module's own.
    fn random<'a>(
        &'a self,
        cluster: &'a Cluster,
        length: usize,
    ) -> BoxFuture<'a, Result<Plaintext, ClusterFault>>;
}

/// Nobody, who answers for an outside that is empty.
struct Nothing;

fn unreachable<'a, T: Send + 'a>() -> BoxFuture<'a, Result<T, ProxyFault>> {
    Box::pin(async { Err(ProxyFault::Unreachable) })
}

fn no_cluster<'a, T: Send + 'a>() -> BoxFuture<'a, Result<T, ClusterFault>> {
    Box::pin(async { Err(ClusterFault::NotFound) })
}

impl ProxyClient for Nothing {
    fn endpoint_of_service(&self, _: &str) -> Option<String> {
        None
    }

    fn health<'a>(&'a self, _: &'a Proxy, _: &'a About) -> BoxFuture<'a, Result<(), ProxyFault>> {
        unreachable()
    }

    fn key_metadata<'a>(
        &'a self,
        _: &'a Proxy,
        _: &'a str,
        _: &'a About,
    ) -> BoxFuture<'a, Result<ExternalKey, ProxyFault>> {
        unreachable()
    }

    fn encrypt<'a>(
        &'a self,
        _: &'a Proxy,
        _: &'a str,
        _: &'a About,
        _: &'a [u8],
        _: &'a [u8],
    ) -> BoxFuture<'a, Result<MadeOuterLayer, ProxyFault>> {
        unreachable()
    }

    fn decrypt<'a>(
        &'a self,
        _: &'a Proxy,
        _: &'a str,
        _: &'a About,
        _: OuterLayer<'a>,
        _: &'a [u8],
    ) -> BoxFuture<'a, Result<Vec<u8>, ProxyFault>> {
        unreachable()
    }
}

impl ClusterClient for Nothing {
    fn history(&self, _: &str) -> Option<String> {
        None
    }

    fn is_trust_anchor(&self, _: &str, _: &str) -> bool {
        false
    }

    fn check<'a>(&'a self, _: &'a str) -> BoxFuture<'a, Result<(), ClusterFault>> {
        no_cluster()
    }

    fn log_in<'a>(&'a self, _: &'a Cluster) -> BoxFuture<'a, Result<(), ClusterFault>> {
        no_cluster()
    }

    fn log_out<'a>(&'a self, _: &'a str) -> BoxFuture<'a, ()> {
        Box::pin(async {})
    }

    fn create_key<'a>(
        &'a self,
        _: &'a Cluster,
        _: &'a str,
        _: &'a [u8],
    ) -> BoxFuture<'a, Result<(), ClusterFault>> {
        no_cluster()
    }

    fn delete_key<'a>(
        &'a self,
        _: &'a Cluster,
        _: &'a str,
    ) -> BoxFuture<'a, Result<(), ClusterFault>> {
        no_cluster()
    }

    fn encrypt<'a>(
        &'a self,
        _: &'a Cluster,
        _: &'a str,
        _: &'a [u8],
        _: &'a [u8],
    ) -> BoxFuture<'a, Result<MadeOuterLayer, ClusterFault>> {
        no_cluster()
    }

    fn decrypt<'a>(
        &'a self,
        _: &'a Cluster,
        _: &'a str,
        _: OuterLayer<'a>,
        _: &'a [u8],
    ) -> BoxFuture<'a, Result<Vec<u8>, ClusterFault>> {
        no_cluster()
    }

    fn random<'a>(
        &'a self,
        _: &'a Cluster,
        _: usize,
    ) -> BoxFuture<'a, Result<Plaintext, ClusterFault>> {
        no_cluster()
    }
}
