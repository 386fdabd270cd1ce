//! The page that Prometheus reads.
//!
//! Prometheus: "Exposition formats", text format 0.0.4.

use std::{
    fmt::{Display, Write as _},
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, SystemTime},
};

use strongroom_kms::KeyStoreHealth;
use strongroom_model::errors::ErrorCode;

use super::{BUCKETS, Called, Ending, Gallery, process};

/// A page in the making.
#[derive(Default)]
pub(super) struct Page(String);

impl Page {
    pub(super) fn family(&mut self, name: &str, kind: &str, help: &str) {
        let _ = writeln!(self.0, "# HELP {name} {help}\n# TYPE {name} {kind}");
    }

    pub(super) fn sample(&mut self, name: &str, labels: &[(&str, &str)], value: impl Display) {
        self.0.push_str(name);
        let mut before = '{';
        for (label, text) in labels {
            let _ = write!(self.0, "{before}{label}=\"");
            for character in text.chars() {
                match character {
                    '\\' => self.0.push_str("\\\\"),
                    '"' => self.0.push_str("\\\""),
                    '\n' => self.0.push_str("\\n"),
                    other => self.0.push(other),
                }
            }
            self.0.push('"');
            before = ',';
        }
        if before == ',' {
            self.0.push('}');
        }
        let _ = writeln!(self.0, " {value}");
    }

    /// A family of one sample.
    pub(super) fn single(&mut self, name: &str, kind: &str, help: &str, value: impl Display) {
        self.family(name, kind, help);
        self.sample(name, &[], value);
    }
}

fn load(counter: &AtomicU64) -> u64 {
    counter.load(Ordering::Relaxed)
}

/// Seconds since 1970.
fn seconds(time: SystemTime) -> f64 {
    let since = time.duration_since(SystemTime::UNIX_EPOCH);
    since.unwrap_or(Duration::ZERO).as_secs_f64()
}

/// The whole page. What has not happened yet has no line, except where there is but one.
pub(super) fn text(gallery: &Gallery) -> String {
    let mut page = Page::default();
    calls(&mut page, gallery);
    refusals(&mut page, gallery);
    throttled(&mut page, gallery);
    key_stores(&mut page, gallery);
    journal(&mut page, gallery);

    page.single(
        "strongroom_sealed",
        "gauge",
        "Whether the store is sealed. A process that serves has opened it.",
        0,
    );
    let name = "strongroom_build_info";
    page.family(name, "gauge", "What runs here; always 1.");
    let version = env!("CARGO_PKG_VERSION");
    page.sample(
        name,
        &[
            ("version", version),
            ("crypto_backend", "aws-lc-rs"),
            ("fips", "false"),
        ],
        1,
    );
    process::write(&mut page, seconds(gallery.metrics.started));
    page.0
}

fn calls(page: &mut Page, gallery: &Gallery) {
    let metrics = &gallery.metrics;
    let name = "strongroom_requests_total";
    page.family(
        name,
        "counter",
        "Calls that were answered, by operation and outcome.",
    );
    let rows: Vec<_> = Called::all()
        .map(|called| (called, metrics.sums(called)))
        .collect();
    for (called, row) in &rows {
        for ((result, code), count) in Ending::all().zip(row.endings) {
            if count > 0 {
                let labels = [
                    ("operation", called.name()),
                    ("result", result),
                    ("error_code", code),
                ];
                page.sample(name, &labels, count);
            }
        }
    }

    let name = "strongroom_request_duration_seconds";
    page.family(
        name,
        "histogram",
        "Time from a request that has arrived whole to its answer, its record in the journal \
         included.",
    );
    for (called, row) in &rows {
        let total: u64 = row.durations.iter().sum();
        if total == 0 {
            continue;
        }
        let operation = ("operation", called.name());
        let mut so_far = 0;
        for ((_, bound), count) in BUCKETS.iter().zip(row.durations) {
            so_far += count;
            let labels = [operation, ("le", *bound)];
            page.sample(
                "strongroom_request_duration_seconds_bucket",
                &labels,
                so_far,
            );
        }
        let labels = [operation, ("le", "+Inf")];
        page.sample("strongroom_request_duration_seconds_bucket", &labels, total);
        let took = Duration::from_nanos(row.nanoseconds).as_secs_f64();
        page.sample(
            "strongroom_request_duration_seconds_sum",
            &[operation],
            took,
        );
        page.sample(
            "strongroom_request_duration_seconds_count",
            &[operation],
            total,
        );
    }

    page.single(
        "strongroom_inflight_requests",
        "gauge",
        "Requests that are being answered.",
        metrics.in_flight(),
    );
}

fn refusals(page: &mut Page, gallery: &Gallery) {
    let metrics = &gallery.metrics;
    let name = "strongroom_auth_failures_total";
    page.family(
        name,
        "counter",
        "Requests that were refused at the door, by reason.",
    );
    for (code, counter) in ErrorCode::ALL.iter().zip(&metrics.refused_at_the_door) {
        let count = load(counter);
        if count > 0 {
            page.sample(name, &[("reason", code.name())], count);
        }
    }

    let name = "strongroom_authz_decisions_total";
    page.family(
        name,
        "counter",
        "Decisions about permission, by effect and what decided.",
    );
    for (effect, source, counter) in metrics.decisions.all() {
        let count = load(counter);
        if count > 0 {
            page.sample(name, &[("effect", effect), ("source", source)], count);
        }
    }
}

fn throttled(page: &mut Page, gallery: &Gallery) {
    let name = "strongroom_throttled_requests_total";
    page.family(
        name,
        "counter",
        "Calls that were refused because their account calls too often, by group of operations.",
    );
    for (scope, count) in gallery.service.throttled() {
        if count > 0 {
            page.sample(name, &[("scope", scope)], count);
        }
    }
}

fn key_stores(page: &mut Page, gallery: &Gallery) {
    let name = "strongroom_external_key_stores";
    page.family(
        name,
        "gauge",
        "Connected external key stores, by what their proxies said when they were asked last.",
    );
    let KeyStoreHealth { well, unwell } = gallery.service.key_store_health();
    for (health, stores) in [("well", well), ("unwell", unwell)] {
        page.sample(name, &[("health", health)], stores);
    }
}

fn journal(page: &mut Page, gallery: &Gallery) {
    let name = "strongroom_audit_lag_events";
    page.family(
        name,
        "gauge",
        "Records of the journal that a sink does not have yet.",
    );
    for (sink, counters) in &gallery.sinks {
        page.sample(name, &[("sink", sink)], counters.lag());
    }
    let name = "strongroom_audit_failures_total";
    page.family(name, "counter", "Deliveries to a sink that failed.");
    for (sink, counters) in &gallery.sinks {
        page.sample(name, &[("sink", sink)], counters.failures());
    }
    let (newest, _) = gallery.journal.head();
    page.single(
        "strongroom_audit_records_total",
        "counter",
        "Records that the journal has been given since it was made.",
        newest,
    );
    // A journal in memory has no checkpoints.
    if gallery.journal.dir().is_some() {
        page.single(
            "strongroom_audit_unsealed_events",
            "gauge",
            "Records that no checkpoint covers yet.",
            newest.saturating_sub(gallery.journal.sealed()),
        );
    }
    if let Some(time) = gallery.journal.sealed_at() {
        page.single(
            "strongroom_audit_last_checkpoint_timestamp_seconds",
            "gauge",
            "When this process signed a checkpoint of the journal last.",
            seconds(time),
        );
    }
    page.single(
        "strongroom_audit_writable",
        "gauge",
        "Whether the journal takes records. When it does not, calls are refused.",
        u8::from(gallery.journal.check().is_ok()),
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_are_written_as_prometheus_reads_them() {
        let mut page = Page::default();
        page.single("a_total", "counter", "A.", 7);
        page.sample("b", &[("x", "plain"), ("y", "a\"b\\c\nd")], 0.25);
        let expected = "# HELP a_total A.\n# TYPE a_total counter\na_total 7\n\
                        b{x=\"plain\",y=\"a\\\"b\\\\c\\nd\"} 0.25\n";
        assert_eq!(page.0, expected);
    }
}
