//! Metrics for a collector that speaks OTLP: the same as on the page for Prometheus, sent now
//! and then, in protobuf over HTTP.
//!
//! Every value is one since the process began, so a message that is lost costs its moment and no
//! more. There is never more than one on its way: what could not be sent until the next is due is
//! dropped for that one. So memory is bounded whatever the collector does, and no call waits.
//!
//! OpenTelemetry: "OTLP Specification", sections "OTLP/HTTP" and "Retry-After".

mod message;
mod settings;

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, SystemTime},
};

use bytes::Bytes;
use hyper::{
    HeaderMap, StatusCode,
    header::{self, HeaderValue},
};
use prost::Message as _;
use strongroom_crypto::Random;
use strongroom_kms::RequestId;
use tokio::{
    sync::watch,
    time::{Instant, MissedTickBehavior, interval_at, sleep_until, timeout},
};

use super::{Gallery, page};
use crate::{
    custom_key_stores::SettingsError,
    outgoing::{Answered, Recipient},
};
pub use settings::{MetricsTable, OtlpArgs, OtlpSettings};

/// Bytes of an answer that are read. Ours.
const ANSWER_BYTES: usize = 64 << 10;
/// How long after a failure it is tried again: at first, and after many of them.
const BACK_OFF: [Duration; 2] = [Duration::from_secs(1), Duration::from_secs(30)];
/// How long the last message may take when the server stops.
const LAST_PATIENCE: Duration = Duration::from_secs(2);

/// What is counted of exports.
#[derive(Debug, Default)]
pub struct OtlpCounters {
    taken: AtomicU64,
    failed: AtomicU64,
    refused: AtomicU64,
}

impl OtlpCounters {
    /// Each outcome by its name: taken; failed and perhaps tried again; refused for good.
    pub(super) fn all(&self) -> [(&'static str, u64); 3] {
        let load = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        [
            ("success", load(&self.taken)),
            ("failure", load(&self.failed)),
            ("refused", load(&self.refused)),
        ]
    }
}

/// Sends metrics to a collector.
pub struct Exporter {
    recipient: Recipient,
    settings: OtlpSettings,
    resource: Vec<(String, String)>,
    counters: Arc<OtlpCounters>,
    /// Whether the last message was not taken, and that was said.
    failing: bool,
}

/// Why a message was not taken.
enum NotTaken {
    /// It may be taken later, not before so much time.
    Later(String, Option<Duration>),
    /// It will never be.
    Never(String),
}

impl Exporter {
    /// Sends nothing yet.
    ///
    /// # Errors
    /// When the settings cannot be.
    pub fn new(settings: OtlpSettings, random: &Random) -> Result<Self, SettingsError> {
        let place = "metrics.otlp";
        let recipient = Recipient::at(&settings.url, settings.ca.as_deref(), ANSWER_BYTES, place)?;
        let mut resource = settings.attributes.clone();
        let mut unless_said = |name: &str, value: &str| {
            let said = resource.entry(name.to_owned());
            said.or_insert_with(|| value.to_owned());
        };
        unless_said("service.name", "strongroom");
        unless_said("service.version", env!("CARGO_PKG_VERSION"));
        // OpenTelemetry asks for an id of the process that no other one has.
        if let Ok(bits) = random.array() {
            unless_said("service.instance.id", &RequestId::new(bits).to_string());
        }
        let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
        if !host.trim().is_empty() {
            unless_said("host.name", host.trim());
        }
        Ok(Self {
            recipient,
            settings,
            resource: resource.into_iter().collect(),
            counters: Arc::default(),
            failing: false,
        })
    }

    /// What is counted of it.
    #[must_use]
    pub fn counters(&self) -> Arc<OtlpCounters> {
        Arc::clone(&self.counters)
    }

    /// Sends what there is to tell, now and then, and once more when it is to stop.
    pub async fn run(mut self, gallery: Arc<Gallery>, mut stop: watch::Receiver<bool>) {
        let every = self.settings.interval;
        let mut ticks = interval_at(Instant::now() + every, every);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                _ = ticks.tick() => {}
                _ = stop.wait_for(|stop| *stop) => break,
            }
            let until = Instant::now() + every;
            tokio::select! {
                () = self.export(&gallery, until) => {}
                _ = stop.wait_for(|stop| *stop) => break,
            }
        }
        // What it was in the middle of is told by the last message too.
        self.recipient.reset();
        let last = self.export(&gallery, Instant::now());
        let _ = timeout(LAST_PATIENCE, last).await;
    }

    /// Sends a message, again and again until then if it may be taken later.
    async fn export(&mut self, gallery: &Gallery, until: Instant) {
        let span = message::Span::new(gallery.metrics.started, SystemTime::now());
        let sheet = page::collect(gallery).await;
        let body = message::request(&sheet, &self.resource, span).encode_to_vec();
        drop(sheet);
        let body = Bytes::from(body);
        let mut back_off = BACK_OFF[0];
        loop {
            let failed = match self.send(body.clone()).await {
                Ok(()) => {
                    self.counters.taken.fetch_add(1, Ordering::Relaxed);
                    if std::mem::take(&mut self.failing) {
                        tracing::info!("the collector takes metrics again");
                    }
                    return;
                }
                Err(failed) => failed,
            };
            self.recipient.reset();
            let (counter, what) = match &failed {
                NotTaken::Later(what, _) => (&self.counters.failed, what),
                NotTaken::Never(what) => (&self.counters.refused, what),
            };
            counter.fetch_add(1, Ordering::Relaxed);
            if !std::mem::replace(&mut self.failing, true) {
                let url = &self.settings.url;
                tracing::warn!(url, what, "metrics could not be sent; later ones are tried");
            }
            let NotTaken::Later(_, at_least) = failed else {
                return;
            };
            let wait = at_least.unwrap_or_else(|| jittered(back_off));
            let again = Instant::now() + wait;
            if again >= until {
                return;
            }
            sleep_until(again).await;
            back_off = back_off.saturating_mul(2).min(BACK_OFF[1]);
        }
    }

    async fn send(&mut self, body: Bytes) -> Result<(), NotTaken> {
        let mut headers: HeaderMap = self.settings.headers.clone();
        let protobuf = HeaderValue::from_static("application/x-protobuf");
        headers.insert(header::CONTENT_TYPE, protobuf);
        let asking = self.recipient.post(headers, body);
        let answer = match timeout(self.settings.timeout, asking).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(error)) => return Err(NotTaken::Later(error.to_string(), None)),
            Err(_) => return Err(NotTaken::Later("it takes too long".to_owned(), None)),
        };
        judged(&answer)
    }
}

/// What an answer means.
fn judged(answer: &Answered) -> Result<(), NotTaken> {
    let status = answer.status;
    if status.is_success() {
        let body = answer.body.clone().unwrap_or_default();
        let read = message::ExportMetricsServiceResponse::decode(body);
        if let Ok(Some(partly)) = read.map(|read| read.partial_success)
            && partly.rejected_data_points > 0
        {
            // It must not be sent again.
            return Err(NotTaken::Never(format!(
                "it rejected {} values: {}",
                partly.rejected_data_points, partly.error_message
            )));
        }
        return Ok(());
    }
    let what = format!("it answered {status}");
    match status {
        StatusCode::TOO_MANY_REQUESTS
        | StatusCode::BAD_GATEWAY
        | StatusCode::SERVICE_UNAVAILABLE
        | StatusCode::GATEWAY_TIMEOUT => {
            let after = answer.headers.get(header::RETRY_AFTER);
            // A date is not waited for; it says no more than that it is later.
            let seconds = after.and_then(|after| after.to_str().ok()?.trim().parse().ok());
            Err(NotTaken::Later(what, seconds.map(Duration::from_secs)))
        }
        _ => Err(NotTaken::Never(what)),
    }
}

/// A time that is a little shorter or longer, so that servers that failed together do not come
/// back together.
fn jittered(time: Duration) -> Duration {
    let [byte] = Random::system().array().unwrap_or([128]);
    // From a half to one and a half.
    time.saturating_mul(128 + u32::from(byte)) / 256
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, retry_after: Option<&str>, body: &[u8]) -> Answered {
        let mut headers = HeaderMap::new();
        if let Some(after) = retry_after {
            headers.insert(header::RETRY_AFTER, after.parse().unwrap());
        }
        Answered {
            status: StatusCode::from_u16(status).unwrap(),
            headers,
            body: Some(Bytes::copy_from_slice(body)),
        }
    }

    #[test]
    fn only_what_the_specification_names_is_tried_again() {
        assert!(judged(&answer(200, None, b"")).is_ok());
        // A body that is none is no reason to send everything again.
        assert!(judged(&answer(200, None, b"{}")).is_ok());
        for status in [429, 502, 503, 504] {
            let judged = judged(&answer(status, None, b""));
            assert!(matches!(judged, Err(NotTaken::Later(_, None))), "{status}");
        }
        for status in [301, 400, 401, 404, 413, 500, 501] {
            let judged = judged(&answer(status, Some("1"), b""));
            assert!(matches!(judged, Err(NotTaken::Never(_))), "{status}");
        }
        let after = |value| match judged(&answer(503, Some(value), b"")) {
            Err(NotTaken::Later(_, after)) => after,
            _ => panic!("not later"),
        };
        assert_eq!(after("7"), Some(Duration::from_secs(7)));
        assert_eq!(after("Thu, 26 Nov 2026 01:00:00 GMT"), None);
    }

    #[test]
    fn values_that_were_rejected_are_not_sent_again() {
        let partly = message::ExportMetricsServiceResponse {
            partial_success: Some(message::ExportMetricsPartialSuccess {
                rejected_data_points: 3,
                error_message: "too many".to_owned(),
            }),
        };
        let judged = judged(&answer(200, None, &partly.encode_to_vec()));
        let Err(NotTaken::Never(what)) = judged else {
            panic!("it was taken");
        };
        assert_eq!(what, "it rejected 3 values: too many");
    }

    #[test]
    fn waits_differ_within_bounds() {
        let second = Duration::from_secs(1);
        for _ in 0..100 {
            let wait = jittered(second);
            assert!(wait >= second / 2 && wait < second * 3 / 2, "{wait:?}");
        }
    }
}
