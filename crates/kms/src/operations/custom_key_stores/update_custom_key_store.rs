//! UpdateCustomKeyStore: a store gets another name, or is somewhere else.
//!
//! AWS: API reference, "UpdateCustomKeyStore".

use strongroom_model::{
    enums::{ConnectionStateType, CustomKeyStoreType, XksProxyConnectivityType},
    shapes::{UpdateCustomKeyStoreRequest, UpdateCustomKeyStoreResponse},
};

use super::{Given, check_cluster, check_connectivity, history_of, refuse_others};
use crate::{
    call::{Attempt, Call},
    change::Change,
    error::KmsError,
    key_stores::{Claims, KeyStore, Names, Secrets, outside::ProxyFault},
    record::{CloudHsmConfig, ExternalConfig, KeyStoreKind},
    uses,
};

/// Changes what the request names and nothing else.
///
/// The name of a store, and the path and credential of an external one, may change while it is
/// connected; everything else only while it is disconnected. What is new about an external store
/// is tried before it is kept, unless the store is behind an endpoint service and disconnected.
///
/// # Errors
///
/// - `CustomKeyStoreNotFoundException`: there is no such store.
/// - `CustomKeyStoreInvalidStateException`: it is not in the state for this change.
/// - `CloudHsmClusterNotRelatedException`: the cluster does not share the backup history.
/// - Else those of CreateCustomKeyStore.
pub(crate) async fn update_custom_key_store(
    call: &Call<'_>,
    input: &UpdateCustomKeyStoreRequest,
) -> Attempt<UpdateCustomKeyStoreResponse> {
    let permitted = call.permit_account::<uses::UpdateCustomKeyStore>().await?;
    let (service, home) = (call.service(), call.home());
    let store = call.find_key_store(&input.custom_key_store_id).await?;
    let kind = store.record().kind.as_type();
    let (of_clusters, of_proxies) = (cluster_parameters(input), proxy_parameters(input));
    refuse_others(
        kind,
        match kind {
            CustomKeyStoreType::AwsCloudhsm => &of_proxies,
            CustomKeyStoreType::ExternalKeyStore => &of_clusters,
        },
    )?;
    check_state(&store, input)?;

    let names = Names::of(service, home).await?;
    let mut record = store.record().clone();
    if let Some(name) = &input.new_custom_key_store_name {
        names.check_name(Some(&store.id), name)?;
        record.name.clone_from(name);
    }
    let mut claims = Claims::new(service, home, &store.id);
    claims.give_back(&store.record().kind).await?;
    record.kind = match &store.record().kind {
        KeyStoreKind::ExternalKeyStore(config) => {
            let config = external(call, input, &store, config, &names)?;
            KeyStoreKind::ExternalKeyStore(config)
        }
        KeyStoreKind::AwsCloudhsm(config) => {
            KeyStoreKind::AwsCloudhsm(cluster(call, input, &store, config)?)
        }
    };
    claims.take(&record.kind).await?;
    match &record.kind {
        KeyStoreKind::ExternalKeyStore(config) if of_proxies.iter().any(|(_, given)| *given) => {
            let public = config.connectivity == XksProxyConnectivityType::PublicEndpoint;
            if public || store.is_connected() {
                let proxy = Secrets::of(service, &store).proxy(config)?;
                let healthy = service
                    .outside()
                    .proxies
                    .health(&proxy, &call.about())
                    .await;
                healthy.map_err(ProxyFault::of_store)?;
            }
        }
        KeyStoreKind::AwsCloudhsm(config) if input.cloud_hsm_cluster_id.is_some() => {
            check_cluster(call, config).await?;
        }
        _ => {}
    }

    let change = Change::update_key_store(&permitted, &store, &record, &names, claims)?;
    call.commit(change).await?;
    Ok(UpdateCustomKeyStoreResponse {})
}

fn cluster_parameters(input: &UpdateCustomKeyStoreRequest) -> [Given; 2] {
    [
        ("CloudHsmClusterId", input.cloud_hsm_cluster_id.is_some()),
        ("KeyStorePassword", input.key_store_password.is_some()),
    ]
}

fn proxy_parameters(input: &UpdateCustomKeyStoreRequest) -> [Given; 6] {
    [
        (
            "XksProxyUriEndpoint",
            input.xks_proxy_uri_endpoint.is_some(),
        ),
        ("XksProxyUriPath", input.xks_proxy_uri_path.is_some()),
        (
            "XksProxyVpcEndpointServiceName",
            input.xks_proxy_vpc_endpoint_service_name.is_some(),
        ),
        (
            "XksProxyVpcEndpointServiceOwner",
            input.xks_proxy_vpc_endpoint_service_owner.is_some(),
        ),
        (
            "XksProxyAuthenticationCredential",
            input.xks_proxy_authentication_credential.is_some(),
        ),
        (
            "XksProxyConnectivity",
            input.xks_proxy_connectivity.is_some(),
        ),
    ]
}

/// Whether the store is in the state for what is to change.
fn check_state(store: &KeyStore, input: &UpdateCustomKeyStoreRequest) -> Result<(), KmsError> {
    let only_while_disconnected = input.cloud_hsm_cluster_id.is_some()
        || input.key_store_password.is_some()
        || input.xks_proxy_uri_endpoint.is_some()
        || input.xks_proxy_connectivity.is_some()
        || input.xks_proxy_vpc_endpoint_service_name.is_some()
        || input.xks_proxy_vpc_endpoint_service_owner.is_some();
    match store.state() {
        ConnectionStateType::Disconnected => Ok(()),
        ConnectionStateType::Connected if !only_while_disconnected => Ok(()),
        state => Err(KmsError::key_store_state(&store.id, state)),
    }
}

/// What an external store is to be.
fn external(
    call: &Call<'_>,
    input: &UpdateCustomKeyStoreRequest,
    store: &KeyStore,
    config: &ExternalConfig,
    names: &Names,
) -> Result<ExternalConfig, KmsError> {
    let mut config = config.clone();
    if let Some(endpoint) = &input.xks_proxy_uri_endpoint {
        config.endpoint.clone_from(endpoint);
    }
    if let Some(path) = &input.xks_proxy_uri_path {
        config.path.clone_from(path);
    }
    if let Some(connectivity) = input.xks_proxy_connectivity {
        config.connectivity = connectivity;
        if connectivity == XksProxyConnectivityType::PublicEndpoint {
            config.vpc_endpoint_service = None;
            config.vpc_endpoint_service_owner = None;
        }
    }
    if let Some(service) = &input.xks_proxy_vpc_endpoint_service_name {
        config.vpc_endpoint_service = Some(service.clone());
    }
    if let Some(owner) = &input.xks_proxy_vpc_endpoint_service_owner {
        config.vpc_endpoint_service_owner = Some(owner.clone());
    }
    if let Some(credential) = &input.xks_proxy_authentication_credential {
        config.credential = Secrets::of(call.service(), store).seal_credential(credential)?;
    }
    names.check_uri(Some(&store.id), &config)?;
    check_connectivity(call, &config)?;
    Ok(config)
}

/// What a CloudHSM store is to be.
fn cluster(
    call: &Call<'_>,
    input: &UpdateCustomKeyStoreRequest,
    store: &KeyStore,
    config: &CloudHsmConfig,
) -> Result<CloudHsmConfig, KmsError> {
    let mut config = config.clone();
    if let Some(cluster) = &input.cloud_hsm_cluster_id {
        if history_of(call, cluster)? != config.history {
            return Err(KmsError::cluster_not_related(cluster));
        }
        config.cluster.clone_from(cluster);
    }
    if let Some(password) = &input.key_store_password {
        config.sealed_password = Secrets::of(call.service(), store).seal_password(password)?;
    }
    Ok(config)
}
