//! The operator's desk: administrative commands, at the running server or on a folder at rest.
//!
//! A server listens on a Unix socket in its data folder that only its owner can use (mode 0600,
//! in a folder of mode 0700, and the peer's user is checked). One request is one line of JSON,
//! and so is its answer. When no server runs, the command opens the store itself and asks the
//! same [`Desk`] directly, so there is one way in which each command is carried out
//! (decision 10).
//!
//! Keys of seals and secrets of access keys travel in requests. Their bytes are wiped wherever they
//! were. An answer holds a secret only when an access key was made: it is told this once, and the
//! memory that it passes through is wiped as it is given back.

use std::{
    fs::{self, File},
    io::{self, BufRead as _, Read as _, Write as _},
    os::{
        fd::AsRawFd as _,
        unix::{
            ffi::OsStrExt as _,
            fs::{MetadataExt as _, PermissionsExt as _},
            net::UnixStream as Stream,
        },
    },
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use strongroom_crypto::seal::{SealKey, SealKind};
use strongroom_kms::{
    RequestId, Service, aside,
    identities::{Act, Performed},
    permission::{Simulation, WhatIf},
};
use strongroom_model::{AccountId, Clock as _, Timestamp};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{UnixListener, UnixStream},
    runtime::Handle,
};
use zeroize::Zeroizing;

use crate::{
    clock::{self, Ahead, ClockNote, ServiceClock},
    door::WallClock,
    seal_source::SealSecret,
};

/// The name of the socket in the data folder.
const SOCKET: &str = "admin.sock";
/// Bytes of a request at most: an identity with all the policies and tags that it may have.
const REQUEST_BYTES: usize = 512 << 10;
/// Bytes of an answer at most. Ours; the export of ten thousand users fits.
const ANSWER_BYTES: u64 = 64 << 20;
/// How long a client may take to say what it wants, and to take its answer.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long a command waits for its answer. A rotation wraps every domain key again.
const ANSWER_PATIENCE: Duration = Duration::from_secs(600);
/// The longest path that a Unix socket can have. Linux: unix(7).
const SOCKET_PATH_BYTES: usize = 107;

/// What an operator wants.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "command", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Request {
    /// The seals.
    SealList,
    /// One more seal.
    SealAdd {
        /// Its key.
        new: WireSeal,
    },
    /// One seal fewer.
    SealRemove {
        /// Which.
        id: String,
    },
    /// Which seals these keys open.
    SealVerify {
        /// The keys.
        seals: Vec<WireSeal>,
    },
    /// Another root key.
    RootKeyRotate {
        /// The keys of all seals.
        seals: Vec<WireSeal>,
    },
    /// The public keys of what signs checkpoints of the journal.
    AuditPublicKeys,
    /// Other keys that sign checkpoints of the journal.
    AuditSignerRotate,
    /// The service clock forward.
    ClockAdvance {
        /// By how much.
        millis: i64,
    },
    /// The service clock.
    ClockShow,
    /// Why a recent call was allowed or denied.
    Explain {
        /// The id of its request.
        request_id: String,
    },
    /// Whether somebody may do something.
    Simulate {
        /// The question.
        simulation: Box<Simulation>,
    },
    /// What a proposed key policy would have meant for the calls of the past.
    WhatIf {
        /// The policy, its key, and how far to look back.
        what_if: Box<WhatIf>,
    },
    /// The accounts that have identities.
    ListAccounts,
    /// An act on the identities of an account.
    Identity {
        /// The account.
        account: AccountId,
        /// The act.
        act: Act,
    },
}

/// The key of a seal in a request.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WireSeal {
    kind: SealKind,
    #[serde(with = "base64_secret")]
    secret: strongroom_model::Plaintext,
}

impl From<SealSecret> for WireSeal {
    fn from(SealSecret { kind, bytes }: SealSecret) -> Self {
        Self {
            kind,
            secret: bytes,
        }
    }
}

impl WireSeal {
    fn key(self) -> Result<SealKey, String> {
        let secret = SealSecret {
            kind: self.kind,
            bytes: self.secret,
        };
        secret.key().map_err(|error| error.to_string())
    }
}

/// Secret bytes as base64, which passes through wiped memory only: without escapes, the reader
/// borrows it from the line.
mod base64_secret {
    use base64::{Engine as _, engine::general_purpose::STANDARD};
    use serde::{Deserialize as _, Deserializer, Serializer, de::Error as _};
    use strongroom_model::Plaintext;
    use zeroize::Zeroizing;

    pub(super) fn serialize<S: Serializer>(
        secret: &Plaintext,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&Zeroizing::new(STANDARD.encode(secret.expose())))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Plaintext, D::Error> {
        let text = <&str>::deserialize(deserializer)?;
        // The decoder's own words would quote what it read.
        let bytes = STANDARD
            .decode(text)
            .map_err(|_| D::Error::custom("not base64"))?;
        Ok(Plaintext::new(bytes))
    }
}

/// Where administrative commands are carried out.
#[derive(Clone)]
pub struct Desk {
    service: Arc<Service>,
    /// The clock, where it may be moved.
    clock: Option<Arc<ServiceClock>>,
    /// Held while the service tidies, so that two rounds do not do the same work.
    tidying: Arc<tokio::sync::Mutex<()>>,
}

impl Desk {
    /// The desk of a service. Its clock is given in development only.
    #[must_use]
    pub fn new(service: Arc<Service>, clock: Option<Arc<ServiceClock>>) -> Self {
        Self {
            service,
            clock,
            tidying: Arc::default(),
        }
    }

    /// Lets the service tidy once.
    pub async fn tidy(&self) {
        let _turn = self.tidying.lock().await;
        self.service.maintain().await;
    }

    /// Carries out a command.
    ///
    /// # Errors
    /// A sentence for the operator.
    pub async fn perform(&self, request: Request) -> Result<Value, String> {
        let service = &self.service;
        match request {
            Request::SealList => {
                let seals = service.seals().await.map_err(said)?;
                Ok(json!(seals))
            }
            Request::SealAdd { new } => {
                let key = new.key()?;
                let added = self.aside(move |service| async move { service.add_seal(&key).await });
                Ok(json!({ "id": added.await? }))
            }
            Request::SealRemove { id } => {
                service.remove_seal(&id).await.map_err(said)?;
                Ok(json!({ "id": id }))
            }
            Request::SealVerify { seals } => {
                let mut opened = Vec::with_capacity(seals.len());
                for seal in seals {
                    let kind = seal.kind.name();
                    let key = seal.key()?;
                    let verified =
                        self.aside(move |service| async move { service.verify_seal(&key).await });
                    opened.push(json!({ "id": verified.await?, "type": kind }));
                }
                Ok(json!(opened))
            }
            Request::RootKeyRotate { seals } => {
                let keys: Vec<_> = seals
                    .into_iter()
                    .map(WireSeal::key)
                    .collect::<Result<_, _>>()?;
                let rotated =
                    self.aside(move |service| async move { service.rotate_root_key(&keys).await });
                Ok(json!(rotated.await?))
            }
            Request::AuditPublicKeys => {
                let keys = service.audit_keys().map_err(said)?;
                let keys: Vec<_> = keys.keys().iter().map(ToString::to_string).collect();
                Ok(json!(keys))
            }
            Request::AuditSignerRotate => {
                let rotated = service.rotate_audit_signer().await.map_err(said)?;
                Ok(json!(rotated))
            }
            Request::ClockAdvance { millis } => self.advance(millis).await,
            Request::ClockShow => Ok(told(self.clock()?)),
            Request::Explain { request_id } => self.explain(&request_id).await,
            Request::Simulate { simulation } => {
                let simulated = service.simulate(&simulation).await.map_err(said)?;
                Ok(json!(simulated))
            }
            Request::WhatIf { what_if } => {
                let effects = service.what_if(&what_if).await.map_err(said)?;
                Ok(json!(effects))
            }
            Request::ListAccounts => service.list_accounts().await.map_err(said),
            Request::Identity { account, act } => {
                let performed = service.act(account, act).await.map_err(said)?;
                Ok(told_once(performed))
            }
        }
    }

    /// Why each use in a recent call was allowed or denied.
    async fn explain(&self, text: &str) -> Result<Value, String> {
        let id = RequestId::parse(text).ok_or_else(|| {
            format!("{text} is not the id of a request, which answers carry as x-amzn-RequestId")
        })?;
        if !self.service.asks_policies() {
            return Err(
                "this server asks no policies, so that there is nothing to explain: start \
                        `strongroom dev` with --enforce"
                    .to_owned(),
            );
        }
        match self.service.explain(&id).await.map_err(said)? {
            Some(uses) => Ok(json!({ "requestId": text, "uses": uses })),
            None => Err(format!(
                "{text} is not among the recent calls: since it was started, the server remembers \
                 some thousands that were denied something and a few hundred that were not; \
                 `strongroom simulate` puts a question anew"
            )),
        }
    }

    /// Does what tries the keys of seals on a thread that gives way to those who answer calls: a
    /// passphrase takes a tenth of a second of work. It runs to its end in any case.
    async fn aside<T, E, F>(
        &self,
        work: impl FnOnce(Arc<Service>) -> F + Send + 'static,
    ) -> Result<T, String>
    where
        T: Send + 'static,
        E: std::fmt::Display + Send + 'static,
        F: Future<Output = Result<T, E>>,
    {
        let (service, runtime) = (Arc::clone(&self.service), Handle::current());
        aside("seal", move || runtime.block_on(work(service)))
            .await
            .map_err(said)?
            .map_err(said)
    }

    fn clock(&self) -> Result<&ServiceClock, String> {
        self.clock.as_deref().ok_or_else(|| {
            "the clock can be moved in development only, and this is a production server".to_owned()
        })
    }

    /// Moves the clock; the offset is on stable storage before it counts, and everything that
    /// is due by then is done before this returns.
    async fn advance(&self, millis: i64) -> Result<Value, String> {
        let clock = self.clock()?;
        let span = Ahead::from_millis(millis).map_err(said)?;
        let offset = clock.offset().plus(span).map_err(said)?;
        let note = ClockNote {
            offset_millis: offset.as_millis(),
        };
        self.service
            .set_note(clock::NOTE, &note)
            .await
            .map_err(said)?;
        clock.set_offset(offset);
        self.tidy().await;
        Ok(told(clock))
    }
}

/// What an act came to, with the secret of the access key that it made.
fn told_once(performed: Performed) -> Value {
    let Performed { mut told, secret } = performed;
    let Some(secret) = secret else {
        return told;
    };
    let place = match told.get_mut("AccessKey") {
        Some(key) => key.as_object_mut(),
        None => told.as_object_mut(),
    };
    if let Some(members) = place {
        members.insert("SecretAccessKey".to_owned(), secret.expose().into());
    }
    told
}

fn told(clock: &ServiceClock) -> Value {
    let date = |time: Timestamp| {
        let seconds = time.as_millis().div_euclid(1000);
        jiff::Timestamp::from_second(seconds)
            .map(|time| time.to_string())
            .unwrap_or_default()
    };
    json!({
        "ahead": clock.offset().to_string(),
        "service_clock": date(clock.now()),
        "wall_clock": date(WallClock.now()),
    })
}

fn said(error: impl std::fmt::Display) -> String {
    error.to_string()
}

/// The socket, open until this is dropped.
pub struct Socket {
    listener: UnixListener,
    path: PathBuf,
    owner: u32,
}

impl Socket {
    /// Opens the socket in a data folder that this process holds. One that a process left
    /// behind is replaced.
    ///
    /// # Errors
    /// What the system says.
    pub fn open(data_dir: &Path) -> io::Result<Self> {
        let path = data_dir.join(SOCKET);
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let short = ShortPath::of(data_dir)?;
        let listener = UnixListener::bind(&short.path)?;
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600))?;
        let owner = fs::metadata(&path)?.uid();
        Ok(Self {
            listener,
            path,
            owner,
        })
    }

    /// Answers one client after another, for ever.
    pub async fn attend(&self, desk: &Desk) {
        loop {
            match self.listener.accept().await {
                Ok((stream, _)) => {
                    let served = self.serve_one(stream, desk).await;
                    if let Err(error) = served {
                        tracing::debug!(%error, "an administrative client left early");
                    }
                }
                Err(error) => {
                    tracing::warn!(%error, "no administrative client can be accepted at present");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            }
        }
    }

    async fn serve_one(&self, mut stream: UnixStream, desk: &Desk) -> io::Result<()> {
        let peer = stream.peer_cred()?.uid();
        if peer != self.owner && peer != 0 {
            tracing::warn!(
                peer,
                "another user was refused at the administrative socket"
            );
            return Ok(());
        }
        let answer = match tokio::time::timeout(PATIENCE, read_line(&mut stream)).await {
            Err(_) => return Ok(()),
            Ok(line) => match serde_json::from_slice(&line?) {
                Ok(request) => desk.perform(request).await,
                Err(_) => Err(
                    "this server does not know that command; use the strongroom of the \
                               same version"
                        .to_owned(),
                ),
            },
        };
        let answer = match answer {
            Ok(value) => json!({ "ok": value }),
            Err(sentence) => json!({ "error": sentence }),
        };
        let line = format!("{answer}\n");
        tokio::time::timeout(PATIENCE, stream.write_all(line.as_bytes())).await??;
        Ok(())
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        // The next start removes it otherwise.
        let _ = fs::remove_file(&self.path);
    }
}

/// Reads one line into memory that does not move and is wiped.
async fn read_line(stream: &mut UnixStream) -> io::Result<Zeroizing<Vec<u8>>> {
    let mut line = Zeroizing::new(vec![0; REQUEST_BYTES]);
    let mut length = 0;
    loop {
        let room = line.get_mut(length..).unwrap_or_default();
        let read = if room.is_empty() {
            0
        } else {
            stream.read(room).await?
        };
        let end = line
            .get(length..length + read)
            .and_then(|new| new.iter().position(|byte| *byte == b'\n'));
        if let Some(end) = end {
            line.truncate(length + end);
            return Ok(line);
        }
        if read == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        length += read;
    }
}

/// Whether there is a socket in the folder; a server may or may not be behind it.
#[must_use]
pub fn is_socket(data_dir: &Path) -> bool {
    data_dir.join(SOCKET).exists()
}

/// Asks the server that holds a data folder. Nothing when none runs there.
///
/// # Errors
/// The sentence that the server answers, or why it could not be asked.
pub fn ask(data_dir: &Path, request: &Request) -> Result<Option<Value>, String> {
    let stream = match connect(data_dir) {
        Ok(stream) => stream,
        Err(error) => match error.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused => return Ok(None),
            _ => return Err(unreachable(data_dir, &error)),
        },
    };
    let answer = exchange(stream, request).map_err(|error| unreachable(data_dir, &error))?;
    match answer {
        Answer::Ok(value) => Ok(Some(value)),
        Answer::Error(sentence) => Err(sentence),
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Answer {
    Ok(Value),
    Error(String),
}

fn unreachable(data_dir: &Path, error: &io::Error) -> String {
    format!(
        "the server of {} cannot be asked: {error}",
        data_dir.display()
    )
}

fn connect(data_dir: &Path) -> io::Result<Stream> {
    let short = ShortPath::of(data_dir)?;
    Stream::connect(&short.path)
}

fn exchange(mut stream: Stream, request: &Request) -> io::Result<Answer> {
    stream.set_write_timeout(Some(PATIENCE))?;
    stream.set_read_timeout(Some(ANSWER_PATIENCE))?;
    let mut line = Zeroizing::new(Vec::with_capacity(REQUEST_BYTES));
    serde_json::to_writer(&mut *line, request)?;
    line.push(b'\n');
    if line.len() > REQUEST_BYTES {
        return Err(io::Error::other("the request is too large"));
    }
    stream.write_all(&line)?;
    let mut answer = Vec::new();
    io::BufReader::new(stream)
        .take(ANSWER_BYTES)
        .read_until(b'\n', &mut answer)?;
    if answer.is_empty() {
        return Err(io::Error::other("it ended without an answer"));
    }
    Ok(serde_json::from_slice(&answer)?)
}

/// A name of the socket that is short enough, whatever the folder's is.
struct ShortPath {
    path: PathBuf,
    /// Held open while the path leads through it.
    _folder: Option<File>,
}

impl ShortPath {
    fn of(data_dir: &Path) -> io::Result<Self> {
        let path = data_dir.join(SOCKET);
        if path.as_os_str().as_bytes().len() <= SOCKET_PATH_BYTES {
            return Ok(Self {
                path,
                _folder: None,
            });
        }
        // Linux: proc_pid_fd(5). The link leads to the folder itself.
        let folder = File::open(data_dir)?;
        let path = PathBuf::from(format!("/proc/self/fd/{}", folder.as_raw_fd())).join(SOCKET);
        Ok(Self {
            path,
            _folder: Some(folder),
        })
    }
}

#[cfg(test)]
mod tests {
    use strongroom_model::Plaintext;

    use super::*;

    fn seal() -> WireSeal {
        WireSeal {
            kind: SealKind::Passphrase,
            secret: Plaintext::new(b"hush \"\n\xc3\xa4".to_vec()),
        }
    }

    #[test]
    fn requests_read_as_they_were_written() {
        let request = Request::RootKeyRotate {
            seals: vec![seal(), seal()],
        };
        let line = serde_json::to_string(&request).unwrap();
        assert!(!line.contains('\n'));
        let Request::RootKeyRotate { seals } = serde_json::from_str(&line).unwrap() else {
            panic!("{line}");
        };
        assert_eq!(seals.len(), 2);
        assert_eq!(seals.first().unwrap().secret, seal().secret);
    }

    #[test]
    fn a_request_prints_no_secret() {
        let printed = format!("{:?}", Request::SealAdd { new: seal() });
        assert!(
            !printed.contains("hush") && !printed.contains("aHVza"),
            "{printed}"
        );
    }

    #[test]
    fn requests_that_nobody_makes_are_refused() {
        for line in [
            "",
            "{}",
            r#"{"command":"seal-remove","id":"a","more":1}"#,
            r#"{"command":"open-sesame"}"#,
            r#"{"command":"seal-add","new":{"kind":"passphrase","secret":"?"}}"#,
            r#"{"command":"seal-add","new":{"kind":"tpm","secret":""}}"#,
        ] {
            assert!(serde_json::from_str::<Request>(line).is_err(), "{line}");
        }
    }

    #[test]
    fn nobody_answers_where_no_server_runs() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(ask(folder.path(), &Request::SealList), Ok(None));
        let deep = folder.path().join("d".repeat(120));
        fs::create_dir(&deep).unwrap();
        assert_eq!(ask(&deep, &Request::SealList), Ok(None));
    }

    /// A listener on a socket that answers every line with one of its own.
    async fn exchange_over(folder: &Path) -> Value {
        let socket = Socket::open(folder).unwrap();
        let mode = fs::metadata(folder.join(SOCKET)).unwrap().mode();
        assert_eq!(mode & 0o777, 0o600);
        let path = folder.to_owned();
        let client = tokio::task::spawn_blocking(move || ask(&path, &Request::ClockShow));
        let (mut stream, _) = socket.listener.accept().await.unwrap();
        let line = read_line(&mut stream).await.unwrap();
        assert_eq!(line.as_slice(), br#"{"command":"clock-show"}"#);
        stream.write_all(b"{\"ok\":7}\n").await.unwrap();
        client.await.unwrap().unwrap().unwrap()
    }

    #[tokio::test]
    async fn folders_with_long_names_have_a_socket_too() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(exchange_over(folder.path()).await, json!(7));
        let deep = folder.path().join("d".repeat(120)).join("e".repeat(120));
        fs::create_dir_all(&deep).unwrap();
        assert_eq!(exchange_over(&deep).await, json!(7));
        assert!(!deep.join(SOCKET).exists());
    }

    #[tokio::test]
    async fn a_line_that_is_too_long_is_not_read_to_its_end() {
        let (mut client, mut server) = UnixStream::pair().unwrap();
        let flood = tokio::spawn(async move {
            let _ = client.write_all(&vec![b'x'; REQUEST_BYTES + 1]).await;
            client
        });
        assert!(read_line(&mut server).await.is_err());
        drop(server);
        flood.await.unwrap();
    }
}
