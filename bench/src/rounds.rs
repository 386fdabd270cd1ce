//! Load for a while, and what it cost; several rounds, and the middle one.

use std::{
    io,
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::task::JoinSet;

use crate::{child::Server, client::Client, sign::Signer};

/// Makes the body of one request: connection, then number of the request on it.
pub type Body = Arc<dyn Fn(usize, usize) -> String + Send + Sync>;

/// One kind of load.
#[derive(Clone)]
pub struct Load {
    /// The operation that is called.
    pub operation: &'static str,
    /// How many connections call it at once.
    pub connections: usize,
    /// What they send.
    pub body: Body,
}

/// What a round of load came to.
#[derive(Clone, Copy, Debug)]
pub struct Round {
    /// Calls that were answered.
    pub calls: u32,
    /// How long it took.
    pub elapsed: Duration,
    /// Processor time that the server used.
    pub cpu_millis: u32,
}

impl Round {
    /// Calls per second.
    #[must_use]
    pub fn rate(&self) -> f64 {
        f64::from(self.calls) / self.elapsed.as_secs_f64()
    }

    /// Calls per second of the server's processor time.
    #[must_use]
    pub fn per_cpu_second(&self) -> f64 {
        f64::from(self.calls) * 1000.0 / f64::from(self.cpu_millis.max(1))
    }

    /// Microseconds of the server's processor time for each call.
    #[must_use]
    pub fn cpu_micros(&self) -> f64 {
        f64::from(self.cpu_millis) * 1000.0 / f64::from(self.calls.max(1))
    }
}

/// Drives a server for `duration`.
///
/// # Errors
/// With the first call that fails: a benchmark of errors would be none.
pub async fn drive(
    server: &Server,
    signer: &Signer,
    load: &Load,
    duration: Duration,
) -> io::Result<Round> {
    let mut clients = Vec::with_capacity(load.connections);
    for _ in 0..load.connections {
        clients.push(Client::connect(server.address, signer.clone()).await?);
    }
    let cpu_before = server.cpu_millis()?;
    let start = Instant::now();
    let mut running = JoinSet::new();
    for (connection, mut client) in clients.into_iter().enumerate() {
        let (operation, body) = (load.operation, Arc::clone(&load.body));
        running.spawn(async move {
            let mut calls = 0u32;
            for number in 0.. {
                if start.elapsed() >= duration {
                    break;
                }
                client
                    .call(operation, body(connection, number).as_bytes())
                    .await?;
                calls += 1;
            }
            io::Result::Ok(calls)
        });
    }
    let mut calls = 0u32;
    while let Some(outcome) = running.join_next().await {
        calls += outcome.map_err(io::Error::other)??;
    }
    let elapsed = start.elapsed();
    Ok(Round {
        calls,
        elapsed,
        cpu_millis: server.cpu_millis()? - cpu_before,
    })
}

/// The middle of some figures: no single lucky or unlucky round decides.
#[must_use]
pub fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures.get(figures.len() / 2).copied().unwrap_or(f64::NAN)
}

/// The smallest and the largest of some figures.
#[must_use]
pub fn spread(figures: &[f64]) -> (f64, f64) {
    let least = figures.iter().copied().fold(f64::INFINITY, f64::min);
    (
        least,
        figures.iter().copied().fold(f64::NEG_INFINITY, f64::max),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_the_middle() {
        assert!((median(vec![3.0, 1.0, 2.0]) - 2.0).abs() < f64::EPSILON);
        assert!(median(Vec::new()).is_nan());
        assert_eq!(spread(&[3.0, 1.0, 2.0]), (1.0, 3.0));
    }

    #[test]
    fn a_round_is_told_by_time_and_by_processor_time() {
        let round = Round {
            calls: 1000,
            elapsed: Duration::from_secs(2),
            cpu_millis: 500,
        };
        assert!((round.rate() - 500.0).abs() < 1e-9);
        assert!((round.per_cpu_second() - 2000.0).abs() < 1e-9);
        assert!((round.cpu_micros() - 500.0).abs() < 1e-9);
    }
}
