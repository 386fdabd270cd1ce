//! Servers as child processes: started, watched through `/proc`, and ended with the run.

use std::{
    fs,
    io::{self, BufRead, BufReader},
    net::SocketAddr,
    path::Path,
    process::{Child, ChildStdout, Command, Stdio},
};

/// A server that is running. It is killed when dropped.
pub struct Server {
    process: Child,
    /// Kept open: a server that writes to a closed pipe would end.
    _stdout: BufReader<ChildStdout>,
    /// Where it listens.
    pub address: SocketAddr,
}

impl Server {
    /// Starts a server and waits until it tells where it listens. Its log goes to `log`.
    ///
    /// # Errors
    /// When it does not start, or ends without having said so.
    pub fn start(command: &mut Command, log: &Path) -> io::Result<Self> {
        let log_file = fs::OpenOptions::new().create(true).append(true).open(log)?;
        let mut process = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log_file)
            .spawn()
            .map_err(|error| {
                let program = command.get_program().to_string_lossy().into_owned();
                io::Error::new(error.kind(), format!("{program}: {error}"))
            })?;
        let Some(stdout) = process.stdout.take() else {
            return Err(io::Error::other("the server has no standard output"));
        };
        let mut stdout = BufReader::new(stdout);
        match endpoint(&mut stdout) {
            Some(address) => Ok(Self {
                process,
                _stdout: stdout,
                address,
            }),
            None => {
                process.kill()?;
                process.wait()?;
                let told = fs::read_to_string(log).unwrap_or_default();
                Err(io::Error::other(format!(
                    "the server did not start: {told}"
                )))
            }
        }
    }

    /// The processor time it has used, in milliseconds, to the kernel's 10 ms.
    ///
    /// # Errors
    /// When the process is gone.
    pub fn cpu_millis(&self) -> io::Result<u32> {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.process.id()))?;
        ticks(&stat)
            .and_then(|ticks| ticks.checked_mul(10))
            .ok_or_else(|| io::Error::other("/proc/PID/stat is not as expected"))
    }

    /// The memory it holds, in KB.
    ///
    /// # Errors
    /// When the process is gone.
    pub fn resident_kilobytes(&self) -> io::Result<u32> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.process.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        line.and_then(|line| line.split_whitespace().next()?.parse().ok())
            .ok_or_else(|| io::Error::other("/proc/PID/status is not as expected"))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself; either way it is gone afterwards.
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

/// The address in the first line that names one.
fn endpoint(lines: &mut impl BufRead) -> Option<SocketAddr> {
    loop {
        let mut line = String::new();
        if lines.read_line(&mut line).ok()? == 0 {
            return None;
        }
        if let Some((_, after)) = line.split_once("http://") {
            let end = after.find(|c: char| c.is_whitespace() || c == '/');
            return after.get(..end.unwrap_or(after.len()))?.parse().ok();
        }
    }
}

/// User and system time in clock ticks, which Linux gives to programs in hundredths of a
/// second. The name of the process, in brackets, may hold anything. Linux: proc_pid_stat(5).
fn ticks(stat: &str) -> Option<u32> {
    let (_, fields) = stat.rsplit_once(')')?;
    let mut fields = fields.split_whitespace().skip(11);
    let user: u32 = fields.next()?.parse().ok()?;
    let system: u32 = fields.next()?.parse().ok()?;
    user.checked_add(system)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn processor_time_is_read_off_its_fields() {
        let stat = "1 (a) b) S 2 3 4 5 6 7 8 9 10 11 250 50 0 0 20 0 1 0 100";
        assert_eq!(ticks(stat), Some(300));
    }

    #[test]
    fn the_endpoint_is_the_first_address_that_is_told() {
        let mut lines = &b"Strongroom 0.1\nendpoint: http://127.0.0.1:4599\nx"[..];
        assert_eq!(
            endpoint(&mut lines),
            Some("127.0.0.1:4599".parse().unwrap())
        );
        assert_eq!(endpoint(&mut &b"nothing\n"[..]), None);
    }
}
