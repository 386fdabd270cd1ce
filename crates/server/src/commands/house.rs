//! Opening a data folder, and running a server on it: what `dev`, `serve` and the commands of
//! the operator have in common.

use std::{
    io,
    path::{Path, PathBuf},
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, SystemTime},
};

use strongroom_auth::decision::Enforced;
use strongroom_crypto::{AttestationRoots, Hardening, Random};
use strongroom_kms::{
    Attestation, Rates, RsaSettings, Service, Settings,
    installation::{self, InstallationError, Sealed, Unsealed},
    outside::Outside,
};
use strongroom_store::{
    Backend, DataFolder, Durability, Embedded, Journal, journal::JournalSettings,
};
use tokio::{
    net::TcpSocket,
    runtime::{Builder, Runtime},
    signal::unix::{SignalKind, signal},
    sync::watch,
    task::JoinHandle,
};

use super::{Failure, print};
use crate::{
    admin::{Desk, Socket},
    audit::{SinkSettings, Sinks},
    clock::ServiceClock,
    config::{CounterConfig, DOMAIN_KEY_DAYS},
    door::{Door, WallClock},
    http::{self, Front, HttpLimits},
    metrics::{
        self, Gallery, Metrics,
        otlp::{Exporter, OtlpSettings},
    },
    seal_source::{SealSecret, SealSource, SourceError, read_key_file},
};

/// The key file that `dev` keeps in its data folder, which also marks the folder as its own.
pub(super) const DEV_KEY_FILE: &str = "seal.key";
/// Connections that wait to be accepted. A thousand clients may come at once.
const BACKLOG: u32 = 4096;

/// Asks the known answers of cryptography. Nothing secret is touched before they come right.
pub(super) fn self_test() -> Result<(), Failure> {
    strongroom_crypto::self_test().map_err(|failure| {
        Failure::new(format_args!(
            "{failure}; this machine or this build cannot be trusted with keys, and nothing was \
             started"
        ))
    })
}

/// Whether secrets of this process may reach a disk through swap.
pub(super) fn may_be_swapped(hardening: Hardening) -> bool {
    hardening.swap_on && !hardening.all_memory_locked
}

/// The threads of everything but connections, which have their own.
pub(super) fn runtime() -> Result<Runtime, Failure> {
    let runtime = Builder::new_multi_thread()
        .worker_threads(2)
        .thread_name("strongroom")
        .enable_all()
        .build();
    runtime.map_err(|error| Failure::new(format_args!("no threads can be started: {error}")))
}

/// A data folder that is held, and its store.
pub(super) struct House {
    pub(super) folder: DataFolder,
    pub(super) backend: Arc<dyn Backend>,
    /// The same, as the file that it is.
    pub(super) store: Arc<Embedded>,
}

impl House {
    /// Holds a folder that `init` made. Nothing is made here: a mistyped name is told.
    pub(super) fn enter(path: &Path) -> Result<Self, Failure> {
        if !path.join("store.sqlite").exists() {
            return Err(Failure::new(format_args!(
                "there is no store in {}; make one with `strongroom init --data-dir {}`, or name \
                 the right folder with --data-dir",
                path.display(),
                path.display()
            )));
        }
        Self::open(DataFolder::hold(path)?)
    }

    /// Opens the store of a folder, which is made if it is absent.
    pub(super) fn open(folder: DataFolder) -> Result<Self, Failure> {
        let store = Arc::new(Embedded::open(&folder.store_file())?);
        Ok(Self {
            folder,
            backend: Arc::clone(&store) as _,
            store,
        })
    }

    /// Finds the installation in the store.
    pub(super) async fn sealed(&self) -> Result<Sealed, Failure> {
        installation::find(Arc::clone(&self.backend))
            .await?
            .ok_or_else(|| {
                let path = self.folder.path().display();
                Failure::new(format_args!(
                    "{path} was not finished when it was made; remove it and run `strongroom init` \
                 again"
                ))
            })
    }

    /// Opens the journal.
    pub(super) fn journal(&self, settings: JournalSettings) -> Result<Arc<Journal>, Failure> {
        let journal = Journal::open_as(&self.folder.journal_dir(), settings)?;
        if journal.torn().is_some() {
            tracing::warn!("a line that was being written when the last process ended was cut off");
        }
        Ok(Arc::new(journal))
    }

    /// Opens the store for a command of the operator, with the first seal that opens it.
    pub(super) async fn desk(&self, seals: &[SealSource]) -> Result<(Desk, Arc<Service>), Failure> {
        let path = self.folder.path();
        let unsealed = unseal(self.sealed().await?, path, seals).await?;
        let journal = self.journal(JournalSettings::of(Durability::Strict))?;
        let settings = Settings {
            managed_services: Vec::new(),
            sm2_everywhere: false,
            rsa: RsaSettings::WITHOUT_POOL,
            authorizer: Box::new(Enforced),
            clock: Arc::new(ServiceClock::default()),
            attestation: None,
            domain_key_days: DOMAIN_KEY_DAYS,
            regions: Vec::new(),
            outside: Outside::nothing(),
            rates: Rates::off(),
        };
        let service = unsealed.serve(journal, settings).await?;
        Ok((Desk::new(Arc::clone(&service), None), service))
    }
}

/// What attestation documents are judged by, from the file with their root certificates.
pub(super) fn attestation(root: Option<&Path>) -> Result<Option<Attestation>, Failure> {
    let Some(path) = root else {
        return Ok(None);
    };
    let failed = |cause: &dyn std::fmt::Display| {
        Failure::new(format_args!(
            "the root certificates of attestation documents in {} cannot be used: {cause}",
            path.display()
        ))
    };
    let pem = std::fs::read(path).map_err(|error| failed(&error))?;
    let roots = AttestationRoots::from_pem(&pem).map_err(|error| failed(&error))?;
    Ok(Some(Attestation {
        roots,
        clock: Arc::new(WallClock),
    }))
}

/// Whether `dev` made this folder.
pub(super) fn made_by_dev(path: &Path) -> bool {
    path.join(DEV_KEY_FILE).exists()
}

/// Opens an installation with the first of the seals that opens it.
pub(super) async fn unseal(
    sealed: Sealed,
    data_dir: &Path,
    seals: &[SealSource],
) -> Result<Unsealed, Failure> {
    let place = data_dir.display();
    let development = made_by_dev(data_dir);
    if development && seals.is_empty() {
        let secret = read_key_file(&data_dir.join(DEV_KEY_FILE))?;
        return Ok(sealed
            .unseal(&secret.key()?, Random::system(), true)
            .await?);
    }
    let Some((last, others)) = seals.split_last() else {
        return Err(Failure::new(format_args!(
            "{place} is sealed: give its seal with --seal key-file=PATH or --seal passphrase"
        )));
    };
    for source in others {
        let key = read_key(source, data_dir)?.key()?;
        if sealed.verify(&key).is_ok() {
            return Ok(sealed.unseal(&key, Random::system(), development).await?);
        }
    }
    let key = read_key(last, data_dir)?.key()?;
    // Opened without trying it first, which with a passphrase would take its time twice.
    sealed.unseal(&key, Random::system(), development).await.map_err(|error| match error {
        InstallationError::Seal(error) => Failure::new(format_args!(
            "{last} does not open {place}: {error}. Give the key of one of its seals with --seal; \
             `strongroom seal list --data-dir {place}` names them"
        )),
        error => Failure::new(error),
    })
}

/// Reads the key of a seal. Only the key file of `dev` may be in the data folder.
pub(super) fn read_key(source: &SealSource, data_dir: &Path) -> Result<SealSecret, SourceError> {
    match source {
        SealSource::KeyFile(path) if made_by_dev(data_dir) => read_key_file(path),
        source => source.read(data_dir),
    }
}

/// A listener on the address, with room for a crowd.
pub(super) fn bind(address: &str) -> Result<std::net::TcpListener, Failure> {
    let failed = |error: io::Error| {
        Failure::new(format_args!(
            "cannot listen on {address}: {error}; name another address with --listen (port 0 \
             takes any)"
        ))
    };
    let mut last = io::Error::new(io::ErrorKind::InvalidInput, "it names no address");
    for address in std::net::ToSocketAddrs::to_socket_addrs(address).map_err(failed)? {
        let open = || {
            let socket = if address.is_ipv4() {
                TcpSocket::new_v4()?
            } else {
                TcpSocket::new_v6()?
            };
            socket.set_reuseaddr(true)?;
            socket.bind(address)?;
            socket.listen(BACKLOG)?.into_std()
        };
        match open() {
            Ok(listener) => return Ok(listener),
            Err(error) => last = error,
        }
    }
    Err(failed(last))
}

/// Whether and where metrics are told, and what they are made from besides the service.
pub(super) struct Exhibition {
    pub(super) metrics: Arc<Metrics>,
    /// Where they are shown.
    pub(super) listener: Option<std::net::TcpListener>,
    /// Where they are sent.
    pub(super) otlp: Option<OtlpSettings>,
    /// The store, if it is a file.
    pub(super) store: Option<Arc<Embedded>>,
    /// Until when the certificate of the listener is good, if it has one.
    pub(super) certificate: Option<SystemTime>,
}

/// Metrics that are being told.
struct Exhibited {
    shown: Option<JoinHandle<()>>,
    sent: Option<JoinHandle<()>>,
    /// Tells whoever sends them to send the last.
    stop: watch::Sender<bool>,
    stopping: Arc<AtomicBool>,
}

impl Exhibition {
    /// Whether anybody is told anything.
    pub(super) fn is_wanted(counter: &CounterConfig) -> bool {
        counter.metrics_listen.is_some() || counter.otlp.is_some()
    }

    /// Begins to tell. Nothing is begun where nobody is told.
    fn open(
        self,
        service: &Arc<Service>,
        journal: &Arc<Journal>,
        sinks: &Sinks,
        data_dir: &Path,
    ) -> Result<Exhibited, Failure> {
        let stopping = Arc::new(AtomicBool::new(false));
        let (stop, stopped) = watch::channel(false);
        let exporter = self.otlp.map(|otlp| Exporter::new(otlp, &Random::system()));
        let exporter = exporter.transpose()?;
        let gallery = Arc::new(Gallery {
            metrics: self.metrics,
            journal: Arc::clone(journal),
            service: Arc::clone(service),
            sinks: sinks
                .counters()
                .map(|(name, counters)| (name.to_owned(), Arc::clone(counters)))
                .collect(),
            data_dir: self.store.is_some().then(|| data_dir.to_owned()),
            store: self.store,
            certificate: self.certificate,
            exports: exporter.as_ref().map(Exporter::counters),
            stopping: Arc::clone(&stopping),
            counting: Arc::default(),
        });
        let shown = self.listener.map(|listener| {
            let gallery = Arc::clone(&gallery);
            tokio::spawn(async move {
                if let Err(error) = metrics::exhibit(listener, gallery).await {
                    tracing::error!(%error, "metrics cannot be shown");
                }
            })
        });
        let sent = exporter.map(|exporter| tokio::spawn(exporter.run(gallery, stopped)));
        Ok(Exhibited {
            shown,
            sent,
            stop,
            stopping,
        })
    }
}

impl Exhibited {
    /// Tells what is left to tell, and no more.
    async fn close(self) {
        self.stop.send_replace(true);
        if let Some(sent) = self.sent {
            // A panic of the task was printed when it happened.
            let _ = sent.await;
        }
        if let Some(shown) = self.shown {
            shown.abort();
        }
    }
}

/// What runs until the process is asked to stop.
pub(super) struct Running {
    pub(super) service: Arc<Service>,
    pub(super) journal: Arc<Journal>,
    /// Where else the journal goes.
    pub(super) sinks: Vec<SinkSettings>,
    pub(super) listener: std::net::TcpListener,
    pub(super) door: Door,
    pub(super) exhibition: Exhibition,
    pub(super) tls: Option<Arc<rustls::ServerConfig>>,
    /// The folder of the administrative socket.
    pub(super) desk_dir: PathBuf,
    /// The clock, where it may be moved.
    pub(super) clock: Option<Arc<ServiceClock>>,
    /// How often the service tidies.
    pub(super) tidy_every: Duration,
}

impl Running {
    /// Serves until SIGTERM or SIGINT, then lets requests in flight finish. A second signal ends
    /// the process as soon as the journal is safe. `announce` is called when everything is open.
    pub(super) async fn until_stopped(self, announce: impl FnOnce()) -> Result<(), Failure> {
        let mut terminate = signal(SignalKind::terminate())?;
        let mut interrupt = signal(SignalKind::interrupt())?;
        let desk = Desk::new(Arc::clone(&self.service), self.clock);
        let socket = Socket::open(&self.desk_dir).map_err(|error| {
            let place = self.desk_dir.display();
            Failure::new(format_args!(
                "the administrative socket in {place} cannot be opened: {error}"
            ))
        })?;

        let sinks = Sinks::start(&self.sinks, &self.journal, &self.desk_dir)?;
        let metrics = Arc::clone(&self.exhibition.metrics);
        let shown_at = self.exhibition.listener.as_ref();
        let shown_at = shown_at
            .map(std::net::TcpListener::local_addr)
            .transpose()?;
        let exhibited =
            self.exhibition
                .open(&self.service, &self.journal, &sinks, &self.desk_dir)?;

        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        let flushed = Arc::clone(&self.journal);
        let stopping = Arc::clone(&exhibited.stopping);
        let signals = tokio::spawn(async move {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
            stopping.store(true, Ordering::Relaxed);
            tracing::info!("stopping: requests in flight are finished first");
            let _ = stop.send(());
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
            let _ = flushed.flush().await;
            std::process::exit(1);
        });
        let tidied = desk.clone();
        let tidying = tokio::spawn(async move {
            // Not at once: the first request is waiting.
            let first = tokio::time::Instant::now() + self.tidy_every;
            let mut ticks = tokio::time::interval_at(first, self.tidy_every);
            ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
            loop {
                ticks.tick().await;
                tidied.tidy().await;
            }
        });

        let service = Arc::clone(&self.service);
        let front = Front {
            service: self.service,
            door: self.door,
            metrics,
            tls: self.tls,
            limits: HttpLimits::default().within_open_files(),
        };
        let serving = http::serve(self.listener, front, async {
            let _ = stopped.await;
        });
        if let Some(address) = shown_at {
            print(&format!("metrics: http://{address}/metrics\n"));
        }
        announce();
        let mut serving = pin!(serving);
        let served = tokio::select! {
            served = &mut serving => served,
            () = socket.attend(&desk) => Ok(()),
        };
        tidying.abort();
        exhibited.close().await;
        drop(socket);
        service.finish().await;
        let flushed = self.journal.flush().await;
        if let Err(error) = self.journal.checkpoint().await {
            tracing::warn!(%error, "the last records have no checkpoint; the next start makes it");
        }
        sinks.finish().await;
        signals.abort();
        served.map_err(|error| Failure::new(format_args!("serving failed: {error}")))?;
        flushed?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_may_be_swapped_only_where_swap_is_on_and_nothing_is_locked() {
        let check = |swap_on, all_memory_locked, expected| {
            let hardening = Hardening {
                swap_on,
                all_memory_locked,
                ..Hardening::default()
            };
            assert_eq!(may_be_swapped(hardening), expected);
        };
        check(true, false, true);
        check(true, true, false);
        check(false, false, false);
        check(false, true, false);
    }

    #[tokio::test]
    async fn an_address_that_is_taken_or_none_is_named() {
        let taken = bind("127.0.0.1:0").unwrap();
        let address = taken.local_addr().unwrap().to_string();
        for address in [address.as_str(), "nonsense", "127.0.0.1:99999"] {
            let refused = bind(address).unwrap_err();
            assert!(refused.sentence.contains(address), "{refused:?}");
            assert!(refused.sentence.contains("--listen"), "{refused:?}");
        }
    }
}
