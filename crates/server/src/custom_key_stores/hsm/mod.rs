//! CloudHSM key stores: any PKCS#11 token as a cluster of hardware modules.
//!
//! The vendor's module runs in a process of its own, one for each cluster, so that its crash does
//! not take the server along and its memory is not ours. The server talks to that process over a
//! socket pair (`protocol`); [`helper`] is the other end.
//!
//! One PKCS#11 user is logged in for the whole process. When the module has forgotten that, or
//! the process was started anew, the server logs in once more and asks again, once. After the
//! password was refused nobody tries it again until the store is connected anew: some tokens lock
//! a user after a few wrong passwords.

pub mod helper;
mod process;
mod protocol;

use std::{
    collections::HashMap,
    fs,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use rustls::pki_types::{CertificateDer, pem::PemObject as _};
use strongroom_crypto::{Random, layers::OuterLayer};
use strongroom_kms::outside::{Cluster, ClusterClient, ClusterFault, MadeOuterLayer};
use strongroom_model::Plaintext;
use strongroom_store::BoxFuture;

use self::{
    process::Process,
    protocol::{Bytes, Done, Fault, Verb},
};
use super::{HsmCluster, IvSource, SettingsError};

/// Bytes of a tag. PKCS#11, `CKM_AES_GCM` with 128 bits.
const TAG_BYTES: usize = 16;

/// How often it is looked whether a process that is left has ended what it was doing. Ours.
const LOOK_AGAIN: Duration = Duration::from_millis(20);
/// How long that is waited for. Ours.
const AT_MOST: Duration = Duration::from_secs(60);

/// The clusters that there are.
pub struct Clusters {
    by_id: HashMap<String, Module>,
    random: Random,
}

/// One cluster and the process that speaks with its token.
struct Module {
    settings: HsmCluster,
    trust_anchor: CertificateDer<'static>,
    process: tokio::sync::Mutex<Option<Arc<Process>>>,
    /// Counts the times that somebody logged in; whoever waited for one need not do it again.
    log_ins: AtomicU64,
    logging_in: tokio::sync::Mutex<()>,
    /// Why nobody may log in again without being asked to.
    refused: Mutex<Option<ClusterFault>>,
}

impl Clusters {
    /// The clusters that the settings name. No module is loaded yet.
    ///
    /// # Errors
    /// When the certificate of a cluster cannot be read.
    pub fn new(settings: &[HsmCluster]) -> Result<Self, SettingsError> {
        let mut by_id = HashMap::new();
        for cluster in settings {
            let path = &cluster.trust_anchor;
            let pem = fs::read(path).map_err(|cause| SettingsError::File {
                path: path.clone(),
                cause,
            })?;
            let trust_anchor =
                CertificateDer::from_pem_slice(&pem).map_err(|error| SettingsError::Wrong {
                    place: path.display().to_string(),
                    what: format!("there is no certificate in it ({error})"),
                })?;
            by_id.insert(
                cluster.id.clone(),
                Module {
                    settings: cluster.clone(),
                    trust_anchor,
                    process: tokio::sync::Mutex::default(),
                    log_ins: AtomicU64::new(0),
                    logging_in: tokio::sync::Mutex::default(),
                    refused: Mutex::default(),
                },
            );
        }
        Ok(Self {
            by_id,
            random: Random::system(),
        })
    }

    fn module(&self, cluster: &str) -> Result<&Module, ClusterFault> {
        self.by_id.get(cluster).ok_or(ClusterFault::NotFound)
    }

    async fn ask_as_user(&self, cluster: &Cluster, verb: Verb<'_>) -> Result<Done, ClusterFault> {
        self.module(&cluster.id)?.ask_as_user(cluster, verb).await
    }
}

impl Module {
    /// The process of the cluster, started if there is none.
    async fn process(&self) -> Result<Arc<Process>, Fault> {
        let mut process = self.process.lock().await;
        if let Some(running) = process.as_ref().filter(|process| !process.is_gone()) {
            return Ok(Arc::clone(running));
        }
        let started = Process::start(&self.settings).map_err(|error| {
            tracing::warn!(
                cluster = self.settings.id,
                %error,
                "the process of a PKCS#11 module cannot be started"
            );
            Fault::Gone
        })?;
        let started = Arc::new(started);
        *process = Some(Arc::clone(&started));
        Ok(started)
    }

    async fn ask(&self, verb: Verb<'_>) -> Result<Done, Fault> {
        let outcome = self.process().await?.ask(verb).await;
        if let Err(fault) = &outcome {
            let cluster = &self.settings.id;
            tracing::warn!(cluster, ?fault, "a PKCS#11 module refused a request");
        }
        outcome
    }

    async fn ask_as_user(&self, cluster: &Cluster, verb: Verb<'_>) -> Result<Done, ClusterFault> {
        let seen = self.log_ins.load(Ordering::Acquire);
        match self.ask(verb).await {
            // The module has forgotten who is logged in, or it is another process.
            Err(Fault::NotLoggedIn | Fault::Gone) => {
                self.log_in_again(cluster, seen).await?;
                self.ask(verb).await.map_err(Fault::into_cluster_fault)
            }
            outcome => outcome.map_err(Fault::into_cluster_fault),
        }
    }

    /// Logs in unless somebody else just did.
    async fn log_in_again(&self, cluster: &Cluster, seen: u64) -> Result<(), ClusterFault> {
        let _turn = self.logging_in.lock().await;
        if self.log_ins.load(Ordering::Acquire) != seen {
            return Ok(());
        }
        if let Some(fault) = *self.refused.lock().unwrap_or_else(PoisonError::into_inner) {
            return Err(fault);
        }
        self.log_in(cluster, false).await
    }

    async fn log_in(&self, cluster: &Cluster, anew: bool) -> Result<(), ClusterFault> {
        let verb = Verb::LogIn {
            pin: Bytes::lend(cluster.password.expose().as_bytes()),
            anew,
        };
        let outcome = self.ask(verb).await.map_err(Fault::into_cluster_fault);
        let refused = match outcome {
            Err(
                fault @ (ClusterFault::IncorrectPassword
                | ClusterFault::LockedOut
                | ClusterFault::NoUser),
            ) => Some(fault),
            _ => None,
        };
        *self.refused.lock().unwrap_or_else(PoisonError::into_inner) = refused;
        outcome?;
        self.log_ins.fetch_add(1, Ordering::AcqRel);
        Ok(())
    }
}

impl ClusterClient for Clusters {
    fn history(&self, cluster: &str) -> Option<String> {
        let module = self.by_id.get(cluster)?;
        Some(module.settings.history().to_owned())
    }

    fn is_trust_anchor(&self, cluster: &str, certificate: &str) -> bool {
        let Some(module) = self.by_id.get(cluster) else {
            return false;
        };
        CertificateDer::from_pem_slice(certificate.as_bytes())
            .is_ok_and(|certificate| certificate == module.trust_anchor)
    }

    fn check<'a>(&'a self, cluster: &'a str) -> BoxFuture<'a, Result<(), ClusterFault>> {
        Box::pin(async move {
            let checked = self.module(cluster)?.ask(Verb::Check).await;
            checked.map(drop).map_err(Fault::into_cluster_fault)
        })
    }

    fn log_in<'a>(&'a self, cluster: &'a Cluster) -> BoxFuture<'a, Result<(), ClusterFault>> {
        Box::pin(async move {
            let module = self.module(&cluster.id)?;
            module
                .ask(Verb::Check)
                .await
                .map_err(Fault::into_cluster_fault)?;
            let _turn = module.logging_in.lock().await;
            module.log_in(cluster, true).await
        })
    }

    fn log_out<'a>(&'a self, cluster: &'a str) -> BoxFuture<'a, ()> {
        Box::pin(async move {
            // With the process its sessions go, and whatever it held in memory.
            let Ok(module) = self.module(cluster) else {
                return;
            };
            let process = module.process.lock().await.take();
            // Whoever asks it something has it as long; nobody can begin to.
            let ending = async {
                while process
                    .as_ref()
                    .is_some_and(|process| Arc::strong_count(process) > 1)
                {
                    tokio::time::sleep(LOOK_AGAIN).await;
                }
            };
            // One that does not come to an end is ended by going away from it.
            let _ended = tokio::time::timeout(AT_MOST, ending).await;
        })
    }

    fn create_key<'a>(
        &'a self,
        cluster: &'a Cluster,
        label: &'a str,
        id: &'a [u8],
    ) -> BoxFuture<'a, Result<(), ClusterFault>> {
        Box::pin(async move {
            let id = Bytes::lend(id);
            let verb = Verb::CreateKey { label, id };
            self.ask_as_user(cluster, verb).await.map(drop)
        })
    }

    fn delete_key<'a>(
        &'a self,
        cluster: &'a Cluster,
        label: &'a str,
    ) -> BoxFuture<'a, Result<(), ClusterFault>> {
        Box::pin(async move {
            let outcome = self.ask_as_user(cluster, Verb::DeleteKey { label }).await;
            match outcome {
                Ok(_) | Err(ClusterFault::NoObject) => Ok(()),
                Err(fault) => Err(fault),
            }
        })
    }

    fn encrypt<'a>(
        &'a self,
        cluster: &'a Cluster,
        label: &'a str,
        inner: &'a [u8],
        aad: &'a [u8],
    ) -> BoxFuture<'a, Result<MadeOuterLayer, ClusterFault>> {
        Box::pin(async move {
            let iv: [u8; 12] = match self.module(&cluster.id)?.settings.iv {
                IvSource::Caller => self.random.array().map_err(|_| ClusterFault::Internal)?,
                IvSource::DeviceZeroed => [0; 12],
            };
            let verb = Verb::Encrypt {
                label,
                iv: Bytes::lend(&iv),
                data: Bytes::lend(inner),
                aad: Bytes::lend(aad),
            };
            let done = self.ask_as_user(cluster, verb).await?;
            let sealed = done.data.as_slice();
            let (ciphertext, tag) = sealed
                .len()
                .checked_sub(TAG_BYTES)
                .and_then(|length| sealed.split_at_checked(length))
                .ok_or(ClusterFault::Internal)?;
            Ok(MadeOuterLayer {
                metadata: Vec::new(),
                iv: done.iv.as_slice().to_vec(),
                tag: tag.try_into().map_err(|_| ClusterFault::Internal)?,
                ciphertext: ciphertext.to_vec(),
            })
        })
    }

    fn decrypt<'a>(
        &'a self,
        cluster: &'a Cluster,
        label: &'a str,
        outer: OuterLayer<'a>,
        aad: &'a [u8],
    ) -> BoxFuture<'a, Result<Vec<u8>, ClusterFault>> {
        Box::pin(async move {
            if !outer.metadata.is_empty() {
                return Err(ClusterFault::InvalidCiphertext);
            }
            let sealed = [outer.ciphertext, outer.tag].concat();
            let verb = Verb::Decrypt {
                label,
                iv: Bytes::lend(outer.iv),
                data: Bytes::lend(&sealed),
                aad: Bytes::lend(aad),
            };
            let done = self.ask_as_user(cluster, verb).await?;
            Ok(done.data.as_slice().to_vec())
        })
    }

    fn random<'a>(
        &'a self,
        cluster: &'a Cluster,
        length: usize,
    ) -> BoxFuture<'a, Result<Plaintext, ClusterFault>> {
        Box::pin(async move {
            let done = self.ask_as_user(cluster, Verb::Random { length }).await?;
            if done.data.as_slice().len() != length {
                return Err(ClusterFault::Internal);
            }
            Ok(Plaintext::new(done.data.as_slice().to_vec()))
        })
    }
}

impl Fault {
    fn into_cluster_fault(self) -> ClusterFault {
        match self {
            Self::NotFound => ClusterFault::NotFound,
            Self::InvalidConfiguration => ClusterFault::InvalidConfiguration,
            Self::IncorrectPassword => ClusterFault::IncorrectPassword,
            Self::LockedOut => ClusterFault::LockedOut,
            Self::NoUser => ClusterFault::NoUser,
            Self::LoggedInElsewhere => ClusterFault::LoggedInElsewhere,
            Self::NoObject => ClusterFault::NoObject,
            Self::InvalidCiphertext => ClusterFault::InvalidCiphertext,
            Self::NoSession => ClusterFault::NoSession,
            Self::NotLoggedIn | Self::Internal => ClusterFault::Internal,
            Self::Device | Self::Gone => ClusterFault::Unreachable,
        }
    }
}
