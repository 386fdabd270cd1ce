//! Whether expensive calls hold cheap ones up: Encrypt alone, and beside each of the most
//! expensive things that a caller or an operator can ask for.

use std::{
    io,
    path::PathBuf,
    process::{Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use tokio::task::JoinSet;

use crate::{
    child::Server,
    client::Client,
    rounds::{Body, Load},
    sign::Signer,
};

/// Something expensive that is asked for again and again.
#[derive(Clone)]
pub enum Expensive {
    /// An operation, from this many connections at once.
    Call(Load),
    /// A command of the operator at the running server, such as trying a passphrase.
    Command {
        /// The program.
        program: PathBuf,
        /// Its arguments.
        arguments: Vec<String>,
    },
}

/// The time that each call took, in microseconds, while something expensive went on beside it
/// or nothing did.
///
/// # Errors
/// With the first call that fails.
pub async fn latencies(
    server: &Server,
    signer: &Signer,
    load: &Load,
    beside: Option<&Expensive>,
    duration: Duration,
) -> io::Result<Vec<f64>> {
    let over = Arc::new(AtomicBool::new(false));
    let mut expensive = JoinSet::new();
    match beside {
        Some(Expensive::Call(costly)) => {
            for connection in 0..costly.connections {
                let mut client = Client::connect(server.address, signer.clone()).await?;
                let (operation, body) = (costly.operation, Arc::clone(&costly.body));
                let over = Arc::clone(&over);
                expensive.spawn(async move {
                    let mut number = 0;
                    while !over.load(Ordering::Relaxed) {
                        let body = body(connection, number);
                        client.call(operation, body.as_bytes()).await?;
                        number += 1;
                    }
                    io::Result::Ok(())
                });
            }
        }
        Some(Expensive::Command { program, arguments }) => {
            let (program, arguments) = (program.clone(), arguments.clone());
            let over = Arc::clone(&over);
            expensive.spawn_blocking(move || {
                while !over.load(Ordering::Relaxed) {
                    let status = Command::new(&program)
                        .args(&arguments)
                        .stdin(Stdio::null())
                        .stdout(Stdio::null())
                        .status()?;
                    if !status.success() {
                        return Err(io::Error::other(format!("{arguments:?}: {status}")));
                    }
                }
                Ok(())
            });
        }
        None => {}
    }
    let taken = timed(server, signer, load, duration).await;
    over.store(true, Ordering::Relaxed);
    while let Some(outcome) = expensive.join_next().await {
        outcome.map_err(io::Error::other)??;
    }
    taken
}

async fn timed(
    server: &Server,
    signer: &Signer,
    load: &Load,
    duration: Duration,
) -> io::Result<Vec<f64>> {
    let start = Instant::now();
    let mut running = JoinSet::new();
    for connection in 0..load.connections {
        let mut client = Client::connect(server.address, signer.clone()).await?;
        let (operation, body): (_, Body) = (load.operation, Arc::clone(&load.body));
        running.spawn(async move {
            let mut taken = Vec::new();
            for number in 0.. {
                if start.elapsed() >= duration {
                    break;
                }
                let body = body(connection, number);
                let begun = Instant::now();
                client.call(operation, body.as_bytes()).await?;
                taken.push(begun.elapsed().as_secs_f64() * 1e6);
            }
            io::Result::Ok(taken)
        });
    }
    let mut all = Vec::new();
    while let Some(outcome) = running.join_next().await {
        all.extend(outcome.map_err(io::Error::other)??);
    }
    Ok(all)
}

/// The time that ninety-nine of a hundred calls stay below.
#[must_use]
pub fn p99(mut taken: Vec<f64>) -> f64 {
    taken.sort_by(f64::total_cmp);
    let at = taken.len().saturating_sub(1) * 99 / 100;
    taken.get(at).copied().unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_call_of_a_hundred_may_take_longer() {
        let mut taken: Vec<f64> = (1..=100).map(f64::from).collect();
        taken.reverse();
        assert!((p99(taken) - 99.0).abs() < f64::EPSILON);
        assert!(p99(Vec::new()).is_nan());
    }
}
