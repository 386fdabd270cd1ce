//! The server's end: one helper process, and the requests that wait for its answers.

use std::{
    collections::HashMap,
    io,
    os::{fd::OwnedFd, unix::net::UnixStream as Pair},
    process::{Command, Stdio},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{
        UnixStream,
        unix::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::{mpsc, oneshot},
    task::JoinHandle,
};
use zeroize::Zeroizing;

use super::{
    super::{HsmCluster, IvSource},
    protocol::{self, Answer, Done, Fault, Request, Verb},
};

/// How long a module may take for one request. Ours.
const PATIENCE: Duration = Duration::from_secs(10);
/// Sessions that are used at once unless the settings say otherwise. Ours.
const SESSIONS: usize = 4;
/// Frames that wait to be written. Ours.
const FRAMES: usize = 64;
/// What begins the names of our own environment variables, which are not the module's business.
const OWN_VARIABLES: &str = "STRONGROOM_";

type Frame = Zeroizing<Vec<u8>>;
type Waiting = Mutex<Option<HashMap<u64, oneshot::Sender<Result<Done, Fault>>>>>;

/// A helper process. When this is dropped the socket closes, and with it the process ends.
pub(super) struct Process {
    next: AtomicU64,
    /// Absent once the process is gone.
    waiting: Arc<Waiting>,
    frames: mpsc::Sender<Frame>,
    reading: JoinHandle<()>,
    writing: JoinHandle<()>,
}

impl Process {
    /// Starts the process of a cluster: this very program, with a hidden command.
    pub(super) fn start(cluster: &HsmCluster) -> io::Result<Self> {
        let (ours, theirs) = Pair::pair()?;
        let mut command = Command::new(std::env::current_exe()?);
        command
            .arg("pkcs11-helper")
            .arg("--module")
            .arg(&cluster.module)
            .arg("--token")
            .arg(&cluster.token)
            .arg("--sessions")
            .arg(cluster.sessions.unwrap_or(SESSIONS).to_string())
            .stdin(Stdio::from(OwnedFd::from(theirs)))
            .stdout(Stdio::null());
        if cluster.iv == IvSource::DeviceZeroed {
            command.arg("--device-iv");
        }
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with(OWN_VARIABLES) {
                command.env_remove(name);
            }
        }
        let mut child = command.spawn()?;
        let id = cluster.id.clone();
        std::thread::Builder::new()
            .name("pkcs11-helper".to_owned())
            .spawn(move || {
                if let Ok(status) = child.wait()
                    && !status.success()
                {
                    tracing::warn!(cluster = id, %status, "the process of a PKCS#11 module ended");
                }
            })?;
        // The command holds the other end until here; from now on only the process has it.
        drop(command);

        ours.set_nonblocking(true)?;
        let (reader, writer) = UnixStream::from_std(ours)?.into_split();
        let waiting: Arc<Waiting> = Arc::new(Mutex::new(Some(HashMap::new())));
        let (frames, to_write) = mpsc::channel(FRAMES);
        let reading = tokio::spawn(read_answers(reader, Arc::clone(&waiting)));
        let writing = tokio::spawn(write_frames(writer, to_write));
        Ok(Self {
            next: AtomicU64::new(0),
            waiting,
            frames,
            reading,
            writing,
        })
    }

    /// Whether the process has ended, or is out of step with us.
    pub(super) fn is_gone(&self) -> bool {
        let waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.is_none()
    }

    /// Asks for one thing and waits for the answer. A module that does not answer in time is
    /// given up, and its process with it.
    pub(super) async fn ask(&self, verb: Verb<'_>) -> Result<Done, Fault> {
        let id = self.next.fetch_add(1, Ordering::Relaxed);
        let frame = protocol::frame(&Request { id, verb }).ok_or(Fault::Internal)?;
        let (sender, receiver) = oneshot::channel();
        {
            let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
            let waiting = waiting.as_mut().ok_or(Fault::Gone)?;
            waiting.insert(id, sender);
        }
        let exchange = async {
            self.frames.send(frame).await.map_err(|_| Fault::Gone)?;
            receiver.await.unwrap_or(Err(Fault::Gone))
        };
        match tokio::time::timeout(PATIENCE, exchange).await {
            Ok(outcome) => outcome,
            Err(_) => {
                self.give_up();
                Err(Fault::Device)
            }
        }
    }

    fn give_up(&self) {
        self.reading.abort();
        self.writing.abort();
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        *waiting = None;
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.give_up();
    }
}

/// Writes frames one after another. Whoever asked may go away in the middle of one; half a frame
/// would put both ends out of step.
async fn write_frames(mut writer: OwnedWriteHalf, mut frames: mpsc::Receiver<Frame>) {
    while let Some(frame) = frames.recv().await {
        if writer.write_all(&frame).await.is_err() {
            break;
        }
    }
}

/// Hands each answer to whoever waits for it, until the other end closes.
async fn read_answers(mut reader: OwnedReadHalf, waiting: Arc<Waiting>) {
    while let Some(answer) = read_answer(&mut reader).await {
        let mut waiting = waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let asked = waiting.as_mut().and_then(|all| all.remove(&answer.id));
        if let Some(sender) = asked {
            // Whoever asked may have gone.
            let _ = sender.send(answer.outcome);
        }
    }
    // Those who still wait hear that nobody answers.
    *waiting.lock().unwrap_or_else(PoisonError::into_inner) = None;
}

async fn read_answer(reader: &mut OwnedReadHalf) -> Option<Answer> {
    let mut head = [0; 4];
    reader.read_exact(&mut head).await.ok()?;
    let mut body = Zeroizing::new(vec![0; protocol::length_of(head)?]);
    reader.read_exact(&mut body).await.ok()?;
    serde_json::from_slice(&body).ok()
}
