//! What stands on the page: everything that there is to tell, put together when somebody asks.
//!
//! What has not happened yet has no line, except where there is but one.

use std::{
    borrow::Cow,
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, SystemTime},
};

use strongroom_kms::{KeyStoreHealth, vitals::Outlook};
use strongroom_model::{Timestamp, enums::KeyState, errors::ErrorCode};

use super::{
    BUCKETS, Called, Ending, Gallery,
    gallery::Counted,
    key_stores::{Failure, HSM_OPERATIONS, XKS_OPERATIONS},
    process,
    sheet::{
        Buckets,
        Kind::{Counter, Gauge, Histogram},
        Sheet, Value,
    },
};

fn load(counter: &AtomicU64) -> u64 {
    counter.load(Ordering::Relaxed)
}

/// Seconds since 1970.
fn seconds(time: SystemTime) -> f64 {
    let since = time.duration_since(SystemTime::UNIX_EPOCH);
    since.unwrap_or(Duration::ZERO).as_secs_f64()
}

/// Whole seconds from one time to another.
fn between(from: Timestamp, to: Timestamp) -> i64 {
    to.as_millis()
        .saturating_sub(from.as_millis())
        .div_euclid(1000)
}

/// The whole page.
pub(super) async fn collect(gallery: &Gallery) -> Sheet<'_> {
    let mut sheet = Sheet::default();
    calls(&mut sheet, gallery);
    refusals(&mut sheet, gallery);
    throttled(&mut sheet, gallery);
    journal(&mut sheet, gallery);
    store(&mut sheet, gallery);
    health(&mut sheet, gallery).await;
    cryptography(&mut sheet, gallery);
    let outlook = match gallery.service.outlook().await {
        Ok(outlook) => Some(outlook),
        Err(error) => {
            tracing::debug!(%error, "metrics are incomplete");
            None
        }
    };
    let counted = gallery.counted().await;
    keys(&mut sheet, outlook.as_ref(), counted.as_deref());
    custody(&mut sheet, outlook.as_ref(), counted.as_deref());
    key_stores(&mut sheet, gallery, outlook.as_ref(), counted.as_deref());
    outside(&mut sheet, gallery);

    let name = "strongroom_build_info";
    sheet.family(name, Gauge, "What runs here; always 1.");
    let labels = [
        ("version", env!("CARGO_PKG_VERSION").into()),
        ("crypto_backend", "aws-lc-rs".into()),
        ("fips", "false".into()),
    ];
    sheet.point(labels, 1_u64);
    process::write(&mut sheet, seconds(gallery.metrics.started));
    sheet
}

fn calls(sheet: &mut Sheet<'_>, gallery: &Gallery) {
    let metrics = &gallery.metrics;
    sheet.family(
        "strongroom_requests_total",
        Counter,
        "Calls that were answered, by operation and outcome.",
    );
    let rows: Vec<_> = Called::all()
        .map(|called| (called, metrics.sums(called)))
        .collect();
    for (called, row) in &rows {
        for ((result, code), count) in Ending::all().zip(row.endings) {
            if count > 0 {
                let labels = [
                    ("operation", called.name().into()),
                    ("result", result.into()),
                    ("error_code", code.into()),
                ];
                sheet.point(labels, count);
            }
        }
    }

    sheet.family(
        "strongroom_request_duration_seconds",
        Histogram,
        "Time from a request that has arrived whole to its answer, its record in the journal \
         included.",
    );
    for (called, row) in &rows {
        if row.durations.iter().sum::<u64>() > 0 {
            let sum = Duration::from_nanos(row.nanoseconds);
            let buckets = Buckets::new(&BUCKETS, &row.durations, sum);
            let labels = [("operation", called.name().into())];
            sheet.point(labels, Value::Buckets(buckets));
        }
    }

    sheet.single(
        "strongroom_inflight_requests",
        Gauge,
        "Requests that are being answered.",
        metrics.in_flight(),
    );
}

fn refusals(sheet: &mut Sheet<'_>, gallery: &Gallery) {
    let metrics = &gallery.metrics;
    sheet.family(
        "strongroom_auth_failures_total",
        Counter,
        "Requests that were refused at the door, by reason.",
    );
    for (code, counter) in ErrorCode::ALL.iter().zip(&metrics.refused_at_the_door) {
        let count = load(counter);
        if count > 0 {
            sheet.point([("reason", code.name().into())], count);
        }
    }

    sheet.family(
        "strongroom_authz_decisions_total",
        Counter,
        "Decisions about permission, by effect and what decided.",
    );
    for (effect, source, counter) in metrics.decisions.all() {
        let count = load(counter);
        if count > 0 {
            let labels = [("effect", effect.into()), ("source", source.into())];
            sheet.point(labels, count);
        }
    }
}

fn throttled(sheet: &mut Sheet<'_>, gallery: &Gallery) {
    sheet.family(
        "strongroom_throttled_requests_total",
        Counter,
        "Calls that were refused because their account calls too often, by group of operations.",
    );
    for (scope, count) in gallery.service.throttled() {
        if count > 0 {
            sheet.point([("scope", scope.into())], count);
        }
    }
}

fn journal<'a>(sheet: &mut Sheet<'a>, gallery: &'a Gallery) {
    let sink = |name: &'a String| [("sink", Cow::Borrowed(name.as_str()))];
    sheet.family(
        "strongroom_audit_lag_events",
        Gauge,
        "Records of the journal that a sink does not have yet.",
    );
    for (name, counters) in &gallery.sinks {
        sheet.point(sink(name), counters.lag());
    }
    sheet.family(
        "strongroom_audit_failures_total",
        Counter,
        "Deliveries to a sink that failed.",
    );
    for (name, counters) in &gallery.sinks {
        sheet.point(sink(name), counters.failures());
    }
    let (newest, _) = gallery.journal.head();
    sheet.single(
        "strongroom_audit_records_total",
        Counter,
        "Records that the journal has been given since it was made.",
        newest,
    );
    sheet.single(
        "strongroom_audit_sync_duration_seconds",
        Histogram,
        "Time until records were on stable storage, sync by sync.",
        gallery.journal.syncs(),
    );
    // A journal in memory has no checkpoints.
    if gallery.journal.dir().is_some() {
        sheet.single(
            "strongroom_audit_unsealed_events",
            Gauge,
            "Records that no checkpoint covers yet.",
            newest.saturating_sub(gallery.journal.sealed()),
        );
    }
    if let Some(time) = gallery.journal.sealed_at() {
        sheet.single(
            "strongroom_audit_last_checkpoint_timestamp_seconds",
            Gauge,
            "When this process signed a checkpoint of the journal last.",
            seconds(time),
        );
    }
    sheet.single(
        "strongroom_audit_writable",
        Gauge,
        "Whether the journal takes records. When it does not, calls are refused.",
        gallery.journal.check().is_ok(),
    );
}

fn store(sheet: &mut Sheet<'_>, gallery: &Gallery) {
    let counters = &gallery.metrics.store;
    sheet.family(
        "strongroom_store_txn_duration_seconds",
        Histogram,
        "Time that the store took, by what was asked of it; a commit until it is on stable \
         storage.",
    );
    for (name, durations) in [
        ("get", &counters.gets),
        ("scan", &counters.scans),
        ("commit", &counters.commits),
    ] {
        sheet.point([("op", name.into())], durations.spread());
    }
    sheet.single(
        "strongroom_store_conflicts_total",
        Counter,
        "Commits whose rows had changed meanwhile; the calls run again.",
        load(&counters.conflicts),
    );
    sheet.single(
        "strongroom_store_failures_total",
        Counter,
        "Reads and commits that failed.",
        load(&counters.failures),
    );
    sheet.single(
        "strongroom_store_revision",
        Gauge,
        "Changes that the store was given since it was made.",
        gallery.service.revision(),
    );
    if let Some(size) = gallery.store.as_ref().and_then(|store| store.size().ok()) {
        let name = "strongroom_store_size_bytes";
        sheet.single(name, Gauge, "Bytes of the store.", size.bytes);
        sheet.single(
            "strongroom_store_free_bytes",
            Gauge,
            "Bytes of the store that nothing is in.",
            size.free_bytes,
        );
    }
    let disk = gallery.data_dir.as_ref();
    if let Some(disk) = disk.and_then(|dir| rustix::fs::statvfs(dir).ok()) {
        sheet.single(
            "strongroom_disk_free_bytes",
            Gauge,
            "Bytes that are free on the disk of the data folder, for others than root.",
            disk.f_bavail.saturating_mul(disk.f_frsize),
        );
        sheet.single(
            "strongroom_disk_size_bytes",
            Gauge,
            "Bytes of the disk of the data folder.",
            disk.f_blocks.saturating_mul(disk.f_frsize),
        );
    }
}

async fn health(sheet: &mut Sheet<'_>, gallery: &Gallery) {
    sheet.family(
        "strongroom_ready",
        Gauge,
        "Whether a part of the service is well, as /readyz says.",
    );
    for (part, outcome) in gallery.service.health().await.parts() {
        sheet.point([("part", part.into())], outcome.is_ok());
    }
}

fn cryptography(sheet: &mut Sheet<'_>, gallery: &Gallery) {
    sheet.single(
        "strongroom_selftest_ok",
        Gauge,
        "Whether the random number generator and the algorithms that every start needs pass their \
         tests, asked again for this page.",
        gallery.service.test_again().is_ok(),
    );
    sheet.family(
        "strongroom_known_answers",
        Gauge,
        "Whether the known answers of a key spec came before its first use.",
    );
    for (job, spec, came) in strongroom_crypto::known_answers() {
        let labels = [("job", job.into()), ("spec", spec.as_str().into())];
        sheet.point(labels, came);
    }
    let making = gallery.service.rsa_making();
    sheet.family(
        "strongroom_rsa_pool_ready",
        Gauge,
        "RSA key pairs that are ready.",
    );
    for shelf in &making.shelves {
        sheet.point([("spec", shelf.spec.as_str().into())], shelf.ready);
    }
    sheet.family(
        "strongroom_rsa_pool_wanted",
        Gauge,
        "RSA key pairs that are to be ready; none before the size was asked for.",
    );
    for shelf in &making.shelves {
        sheet.point([("spec", shelf.spec.as_str().into())], shelf.wanted);
    }
    sheet.single(
        "strongroom_rsa_keys_in_making",
        Gauge,
        "RSA keys that are being made for callers who wait.",
        making.at_work,
    );
    let memory = strongroom_crypto::memory_status();
    sheet.single(
        "strongroom_locked_memory_secrets",
        Gauge,
        "Secrets of the installation in locked memory.",
        memory.slots_used,
    );
    sheet.single(
        "strongroom_locked_memory_locked",
        Gauge,
        "Whether the system keeps that memory out of swap.",
        memory.locked,
    );
    sheet.single(
        "strongroom_locked_memory_misses_total",
        Counter,
        "Secrets for which there was no room in it.",
        memory.heap_fallbacks,
    );
}

fn keys(sheet: &mut Sheet<'_>, outlook: Option<&Outlook>, counted: Option<&Counted>) {
    if let Some(outlook) = outlook {
        for (name, help, date) in [
            (
                "strongroom_next_deletion_seconds_min",
                "Seconds until the next key ceases to exist.",
                outlook.next_deletion,
            ),
            (
                "strongroom_next_rotation_seconds_min",
                "Seconds until the next key rotates.",
                outlook.next_rotation,
            ),
            (
                "strongroom_material_expiry_seconds_min",
                "Seconds until the next imported key material expires.",
                outlook.next_expiry,
            ),
        ] {
            if let Some(date) = date {
                sheet.single(name, Gauge, help, between(outlook.now, date));
            }
        }
    }
    let Some(Counted {
        census,
        rows,
        ended,
        ..
    }) = counted
    else {
        return;
    };
    let name = "strongroom_keys";
    sheet.family(name, Gauge, "KMS keys, by what they are.");
    for (kind, count) in &census.keys {
        let labels = [
            ("state", kind.state.as_str().into()),
            ("spec", kind.spec.as_str().into()),
            ("origin", kind.origin.as_str().into()),
        ];
        sheet.point(labels, *count);
    }
    let pending = census
        .keys
        .iter()
        .filter(|(kind, _)| kind.state == KeyState::PendingDeletion);
    sheet.single(
        "strongroom_pending_deletion_keys",
        Gauge,
        "KMS keys that wait for their deletion.",
        pending.map(|(_, count)| count).sum::<u64>(),
    );
    if let (Some(outlook), Some(oldest)) = (outlook, census.oldest_key) {
        sheet.single(
            "strongroom_key_age_seconds_max",
            Gauge,
            "Age of the oldest KMS key.",
            between(oldest, outlook.now),
        );
    }
    if let Some(rows) = rows {
        let name = "strongroom_store_rows";
        sheet.single(name, Gauge, "Rows of the store.", *rows);
    }
    sheet.single(
        "strongroom_census_duration_seconds",
        Gauge,
        "How long it took to count the keys.",
        census.took.as_secs_f64(),
    );
    sheet.single(
        "strongroom_census_age_seconds",
        Gauge,
        "How long ago the keys were counted.",
        ended.elapsed().as_secs_f64(),
    );
}

fn custody(sheet: &mut Sheet<'_>, outlook: Option<&Outlook>, counted: Option<&Counted>) {
    let Some(outlook) = outlook else {
        return;
    };
    sheet.family(
        "strongroom_seals",
        Gauge,
        "Seals of the installation, each of which opens it.",
    );
    let mut kinds: Vec<_> = outlook.seals.iter().map(|seal| seal.kind).collect();
    kinds.sort_unstable();
    kinds.dedup();
    for kind in kinds {
        let of_kind = outlook.seals.iter().filter(|seal| seal.kind == kind);
        sheet.point([("type", kind.into())], of_kind.count());
    }
    if let Some(since) = outlook.root_key_since {
        sheet.single(
            "strongroom_root_key_age_seconds",
            Gauge,
            "Age of the root key.",
            between(since, outlook.now),
        );
    }
    let Some(Counted { census, .. }) = counted else {
        return;
    };
    sheet.single(
        "strongroom_domain_keys",
        Gauge,
        "Domain keys, one for each account and Region with keys.",
        census.domain_keys,
    );
    if let Some(oldest) = census.oldest_domain_key {
        sheet.single(
            "strongroom_domain_key_age_seconds_max",
            Gauge,
            "Age of the domain key that was not replaced for longest.",
            between(oldest, outlook.now),
        );
    }
    sheet.family(
        "strongroom_rewrap_pending",
        Gauge,
        "Domain keys with older versions that something is still wrapped under.",
    );
    sheet.point([("level", "domain".into())], census.domain_keys_waiting);
}

fn key_stores<'a>(
    sheet: &mut Sheet<'a>,
    gallery: &Gallery,
    outlook: Option<&Outlook>,
    counted: Option<&Counted>,
) {
    let store = |id: &str| ("store", Cow::from(id.to_owned()));
    sheet.family(
        "strongroom_external_key_stores",
        Gauge,
        "Connected external key stores, by what their proxies said when they were asked last.",
    );
    let KeyStoreHealth { well, unwell } = gallery.service.key_store_health();
    for (health, stores) in [("well", well), ("unwell", unwell)] {
        sheet.point([("health", health.into())], stores);
    }
    sheet.family(
        "strongroom_custom_key_store_state",
        Gauge,
        "Custom key stores, each with the state that it is in; always 1.",
    );
    let stores = counted.map(|counted| counted.census.key_stores.as_slice());
    let stores = stores.unwrap_or_default();
    for standing in stores {
        let labels = [
            store(&standing.id),
            ("type", standing.kind.as_str().into()),
            ("state", standing.state.as_str().into()),
        ];
        sheet.point(labels, 1_u64);
    }
    sheet.family(
        "strongroom_xks_credential_age_seconds",
        Gauge,
        "Age of the credential to the proxy of an external key store.",
    );
    if let Some(outlook) = outlook {
        for standing in stores {
            if let Some(since) = standing.credential_since {
                sheet.point([store(&standing.id)], between(since, outlook.now));
            }
        }
    }
    sheet.family(
        "strongroom_custom_key_store_throttled_total",
        Counter,
        "Calls that were refused because a custom key store is asked too often.",
    );
    for (id, count) in gallery.service.throttled_key_stores() {
        sheet.point([store(&id)], count);
    }
}

/// What was asked of the outside of custom key stores.
fn outside(sheet: &mut Sheet<'_>, gallery: &Gallery) {
    let counters = &gallery.metrics.key_stores;
    let store = |id: &String| ("store", Cow::from(id.clone()));
    let xks = counters.xks();
    sheet.family(
        "strongroom_xks_duration_seconds",
        Histogram,
        "Time that the proxies of external key stores took, failures included.",
    );
    for (id, counted) in &*xks {
        for (asked, durations) in XKS_OPERATIONS.into_iter().zip(&counted.durations) {
            let spread = durations.spread();
            if spread.counts.iter().any(|count| *count > 0) {
                sheet.point([store(id), ("xks_operation", asked.into())], spread);
            }
        }
    }
    sheet.family(
        "strongroom_xks_errors_total",
        Counter,
        "Failures of the proxies of external key stores.",
    );
    for (id, counted) in &*xks {
        for (failure, count) in &counted.failures {
            let labels = [
                store(id),
                ("operation", failure.operation.into()),
                ("xks_operation", failure.asked.into()),
                ("error_type", error_type(failure).into()),
                ("exception", failure.exception.into()),
            ];
            sheet.point(labels, *count);
        }
    }
    sheet.family(
        "strongroom_xks_cert_expiry_timestamp_seconds",
        Gauge,
        "Until when the certificate of the proxy of an external key store is good.",
    );
    for (id, counted) in &*xks {
        if let Some(not_after) = counters.certificate(&counted.host) {
            sheet.point([store(id)], seconds(not_after));
        }
    }
    sheet.family(
        "strongroom_xks_ekm_state",
        Gauge,
        "External key managers behind a proxy, by what it said of them when it was asked last.",
    );
    for (id, counted) in &*xks {
        for (state, count) in counters.managers(&counted.host) {
            sheet.point([store(id), ("state", state.into())], count);
        }
    }
    drop(xks);

    let hsm = counters.hsm();
    sheet.family(
        "strongroom_hsm_duration_seconds",
        Histogram,
        "Time that hardware modules took, failures included.",
    );
    for (id, counted) in &*hsm {
        for (asked, durations) in HSM_OPERATIONS.into_iter().zip(&counted.durations) {
            let spread = durations.spread();
            if spread.counts.iter().any(|count| *count > 0) {
                sheet.point([store(id), ("hsm_operation", asked.into())], spread);
            }
        }
    }
    sheet.family(
        "strongroom_hsm_errors_total",
        Counter,
        "Failures of hardware modules.",
    );
    for (id, counted) in &*hsm {
        for (failure, count) in &counted.failures {
            let labels = [
                store(id),
                ("hsm_operation", failure.asked.into()),
                ("error_type", error_type(failure).into()),
                ("exception", failure.exception.into()),
            ];
            sheet.point(labels, *count);
        }
    }
    drop(hsm);

    if let Some(not_after) = gallery.certificate {
        sheet.single(
            "strongroom_tls_cert_expiry_timestamp_seconds",
            Gauge,
            "Until when the certificate of the listener is good.",
            seconds(not_after),
        );
    }
    if let Some(exports) = &gallery.exports {
        sheet.family(
            "strongroom_otlp_exports_total",
            Counter,
            "Exports of metrics to a collector, by outcome.",
        );
        for (result, count) in exports.all() {
            sheet.point([("result", result.into())], count);
        }
    }
}

fn error_type(failure: &Failure) -> &'static str {
    if failure.retryable {
        "retryable"
    } else {
        "non-retryable"
    }
}
