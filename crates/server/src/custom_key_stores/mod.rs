//! The outside of custom key stores: external key store proxies over HTTPS, and hardware modules
//! over PKCS#11.
//!
//! What is asked of them is said in `strongroom_kms::outside`; here is how they are reached.

pub mod hsm;
mod settings;
mod xks;

use std::{sync::Arc, time::Duration};

use strongroom_kms::outside::Outside;

pub use settings::{HsmCluster, IvSource, KeyStoreSettings, ProxyEndpoint, SettingsError};
pub(crate) use xks::client_tls;

use crate::metrics::{Metrics, watch_outside};

/// Who reaches the outside, as the settings say, and is counted where somebody looks at that.
///
/// # Errors
/// When a file that the settings name cannot be used.
pub fn outside(
    settings: &KeyStoreSettings,
    health_check_every: Duration,
    metrics: Option<&Arc<Metrics>>,
) -> Result<Outside, SettingsError> {
    let proxies = xks::Proxies::new(&settings.external_key_store, metrics.cloned())?;
    let outside = Outside {
        proxies: Box::new(proxies),
        clusters: Box::new(hsm::Clusters::new(&settings.hsm_cluster)?),
        key_sets: Box::new(crate::sts::ProviderDocuments::default()),
        health_check_every,
    };
    Ok(match metrics {
        Some(metrics) => watch_outside(outside, metrics),
        None => outside,
    })
}

/// The wall clock, by which requests to a proxy are signed.
fn wall_clock() -> Arc<dyn strongroom_model::Clock> {
    Arc::new(crate::door::WallClock)
}
