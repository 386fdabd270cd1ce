//! `strongroom serve`: production on one node.

use std::{sync::Arc, time::Duration};

use strongroom_auth::decision::Enforced;
use strongroom_crypto::Hardening;
use strongroom_kms::Settings;

use super::{
    Failure,
    house::{self, Exhibition, House, Running},
    print,
};
use crate::{
    clock::ServiceClock,
    config::ServeConfig,
    custom_key_stores,
    door::{Door, Regions, WallClock},
    metrics::{Counted, Metrics, Watched},
    tls,
};

/// How often the service tidies.
const TIDY_EVERY: Duration = Duration::from_secs(5);

pub(super) fn run(config: ServeConfig, hardening: Hardening) -> Result<(), Failure> {
    house::self_test()?;
    if house::may_be_swapped(hardening) {
        if !config.danger_allow_swap {
            return Err(Failure::new(
                "swap is on and memory cannot be locked, so secrets could reach a disk: turn swap \
                 off, or raise the limit on locked memory (systemd: LimitMEMLOCK=infinity), or \
                 accept the danger with --danger-allow-swap",
            ));
        }
        tracing::warn!("danger_allow_swap: swap is on and secrets may reach a disk");
    }
    if house::made_by_dev(&config.data_dir) {
        return Err(Failure::new(format_args!(
            "{} was made by `strongroom dev` and is not fit for production; make a folder with \
             `strongroom init`",
            config.data_dir.display()
        )));
    }
    let house = House::enter(&config.data_dir)?;
    let runtime = house::runtime()?;
    let served = runtime.block_on(serve(house, config));
    runtime.shutdown_timeout(Duration::from_secs(1));
    served
}

async fn serve(mut house: House, config: ServeConfig) -> Result<(), Failure> {
    let place = house.folder.path().to_owned();
    let metrics = Arc::new(Metrics::new());
    let watched = Exhibition::is_wanted(&config.counter);
    if watched {
        house.backend = Arc::new(Watched::new(house.backend, &metrics));
    }
    let unsealed = house::unseal(house.sealed().await?, &place, &config.seals).await?;
    let seal_id = unsealed.seal_id().to_owned();
    let journal = house.journal(config.counter.audit.journal)?;
    let settings = Settings {
        managed_services: config.counter.managed_services,
        sm2_everywhere: config.counter.sm2_everywhere,
        rsa: config.counter.rsa,
        authorizer: Box::new(Counted::new(Enforced, &metrics)),
        clock: Arc::new(ServiceClock::default()),
        attestation: house::attestation(config.counter.attestation_root.as_deref())?,
        domain_key_days: config.counter.domain_key_days,
        regions: config.regions.clone(),
        outside: custom_key_stores::outside(
            &config.counter.key_stores,
            config.counter.key_store_health,
            watched.then_some(&metrics),
        )?,
        rates: config.counter.rates,
    };
    let service = unsealed.serve(Arc::clone(&journal), settings).await?;
    let profile = service.profile().await?.ok_or_else(|| {
        Failure::new(format_args!(
            "{} was not finished when it was made; remove it and run `strongroom init` again",
            place.display()
        ))
    })?;
    if profile.development {
        return Err(Failure::new(format_args!(
            "{} was made for development; make a folder for production with `strongroom init`",
            place.display()
        )));
    }

    let regions = if config.regions.is_empty() {
        profile.regions
    } else {
        config.regions
    };
    let regions = if regions.is_empty() {
        Regions::Any
    } else {
        Regions::Listed(regions)
    };
    let tls = &config.counter.tls;
    let certificate = tls.as_ref().and_then(|(chain, _)| tls::good_until(chain));
    let tls = tls
        .as_ref()
        .map(|(chain, key)| tls::server_config(chain, key))
        .transpose()?;
    let scheme = if tls.is_some() { "https" } else { "http" };
    let listener = house::bind(&config.counter.listen)?;
    let metrics_listener = config.counter.metrics_listen.as_deref();
    let metrics_listener = metrics_listener.map(house::bind).transpose()?;
    let endpoint = format!("{scheme}://{}", listener.local_addr()?);
    let running = Running {
        service,
        journal,
        sinks: config.counter.audit.sinks,
        listener,
        door: Door::enforced(regions, Arc::new(WallClock)),
        exhibition: Exhibition {
            metrics,
            listener: metrics_listener,
            otlp: config.counter.otlp,
            store: Some(house.store),
            certificate,
        },
        tls,
        desk_dir: place.clone(),
        clock: None,
        tidy_every: TIDY_EVERY,
    };
    running
        .until_stopped(|| {
            tracing::info!(endpoint, seal_id, data_dir = %place.display(), "serving");
            print(&format!(
                "endpoint: {endpoint}\ndata folder: {}\n",
                place.display()
            ));
        })
        .await
}
