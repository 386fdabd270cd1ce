//! The program under test: commands that end, and servers that run.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};

use serde_json::Value;
use tempfile::TempDir;

/// What a command said when it had ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Ended {
    /// The command did what it should.
    #[track_caller]
    pub(crate) fn done(self) -> Self {
        assert_eq!(self.code, 0, "{self:?}");
        assert_eq!(self.err, "", "{self:?}");
        self
    }

    /// The command refused, in one line that contains all of these.
    #[track_caller]
    pub(crate) fn refused(self, parts: &[&str]) -> Self {
        assert_eq!(self.code, 1, "{self:?}");
        assert!(self.err.starts_with("strongroom: "), "{self:?}");
        assert_eq!(self.err.trim_end().lines().count(), 1, "{self:?}");
        for part in parts {
            assert!(self.err.contains(part), "{part}: {self:?}");
        }
        self
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap()
    }
}

/// A folder of a test's own, in which the program runs.
pub(crate) struct Site {
    folder: TempDir,
}

impl Site {
    pub(crate) fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
        }
    }

    /// A site with the data folder `data`, sealed with `seal.key`.
    pub(crate) fn initialised() -> Self {
        let site = Self::new();
        let init = "init --data-dir data --seal key-file=seal.key --account 111122223333 \
                    --output json";
        site.run(init).done();
        site
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path(name), text).unwrap();
    }

    /// A file that only its owner can read.
    pub(crate) fn write_private(&self, name: &str, text: &str) {
        use std::os::unix::fs::PermissionsExt as _;
        self.write(name, text);
        let private = std::fs::Permissions::from_mode(0o600);
        std::fs::set_permissions(self.path(name), private).unwrap();
    }

    fn command(&self, line: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_strongroom"));
        command
            .args(line.split_whitespace())
            .current_dir(self.folder.path());
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("STRONGROOM_")) {
            command.env_remove(name);
        }
        command.stdin(Stdio::null());
        command
    }

    /// Runs a command to its end.
    pub(crate) fn run(&self, line: &str) -> Ended {
        self.run_in(line, &[])
    }

    /// Runs a command in an environment.
    pub(crate) fn run_in(&self, line: &str, environment: &[(&str, &str)]) -> Ended {
        let mut command = self.command(line);
        let output = command.envs(environment.iter().copied()).output().unwrap();
        Ended {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// Starts a server and waits until it says where it listens.
    #[track_caller]
    pub(crate) fn start(&self, line: &str) -> Server {
        self.start_in(line, &[])
    }

    #[track_caller]
    pub(crate) fn start_in(&self, line: &str, environment: &[(&str, &str)]) -> Server {
        let mut command = self.command(line);
        command.envs(environment.iter().copied());
        command.env("STRONGROOM_LISTEN", "127.0.0.1:0");
        let mut process = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut out = BufReader::new(process.stdout.take().unwrap());
        let mut first = String::new();
        out.read_line(&mut first).unwrap();
        let Some((_, address)) = first.trim().split_once("://") else {
            let mut err = String::new();
            process
                .stderr
                .take()
                .unwrap()
                .read_to_string(&mut err)
                .unwrap();
            panic!("{line}: {first}{err}");
        };
        Server {
            address: address.to_owned(),
            process,
            _out: out,
        }
    }

    /// Starts a development server on the data folder `dev`.
    #[track_caller]
    pub(crate) fn dev(&self, more: &str) -> Server {
        self.start(&format!("dev --data-dir dev {more}"))
    }

    /// Starts a production server on the data folder `data`.
    #[track_caller]
    pub(crate) fn serve(&self) -> Server {
        self.start("serve --data-dir data --seal key-file=seal.key")
    }

    pub(crate) fn exists(&self, name: impl AsRef<Path>) -> bool {
        self.folder.path().join(name).exists()
    }
}

/// A server that runs. It is killed when dropped.
pub(crate) struct Server {
    pub(crate) address: String,
    process: Child,
    /// Kept open: a pipe that is closed would tell the server that nobody listens.
    _out: BufReader<std::process::ChildStdout>,
}

impl Server {
    /// Calls an operation without a signature, and gives the status and the body.
    pub(crate) fn call(&self, operation: &str, body: &str) -> (u16, Value) {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        stream
            .set_read_timeout(Some(Duration::from_secs(20)))
            .unwrap();
        write!(
            stream,
            "POST / HTTP/1.1\r\nHost: {}\r\nX-Amz-Target: TrentService.{operation}\r\n\
             Content-Type: application/x-amz-json-1.1\r\nContent-Length: {}\r\n\
             Authorization: AWS4-HMAC-SHA256 Credential=111122223333/20260101/us-east-1/kms/aws4_request\r\n\
             Connection: close\r\n\r\n{body}",
            self.address,
            body.len(),
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        let body = if body.is_empty() {
            Value::Null
        } else {
            serde_json::from_str(body).unwrap()
        };
        (status, body)
    }

    /// Calls an operation that succeeds.
    #[track_caller]
    pub(crate) fn done(&self, operation: &str, body: &str) -> Value {
        let (status, answer) = self.call(operation, body);
        assert_eq!(status, 200, "{operation}: {answer}");
        answer
    }

    /// Calls an operation that is refused with this code.
    #[track_caller]
    pub(crate) fn refused(&self, operation: &str, body: &str, code: &str) {
        let (status, answer) = self.call(operation, body);
        assert_ne!(status, 200, "{operation}: {answer}");
        assert_eq!(answer["__type"], code, "{operation}: {answer}");
    }

    /// The id of a new key.
    #[track_caller]
    pub(crate) fn key(&self) -> String {
        let created = self.done("CreateKey", "{}");
        created["KeyMetadata"]["KeyId"].as_str().unwrap().to_owned()
    }

    /// Sends SIGTERM; the server must drain and exit with 0.
    #[track_caller]
    pub(crate) fn stop(mut self) {
        let id = self.process.id().to_string();
        assert!(
            Command::new("kill")
                .args(["-TERM", &id])
                .status()
                .unwrap()
                .success()
        );
        let status = self.process.wait().unwrap();
        assert_eq!(status.code(), Some(0), "{status}");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself.
        drop(self.process.kill());
        drop(self.process.wait());
    }
}
