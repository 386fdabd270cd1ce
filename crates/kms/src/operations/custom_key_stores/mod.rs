//! Custom key stores: where KMS keys have half of themselves outside.
//!
//! All of these operations are permitted by identity policies alone, on the resource `*`.
//!
//! AWS: developer guide, "Custom key stores".

mod connect_custom_key_store;
mod create_custom_key_store;
mod delete_custom_key_store;
mod describe_custom_key_stores;
mod disconnect_custom_key_store;
mod update_custom_key_store;

pub(crate) use connect_custom_key_store::connect_custom_key_store;
pub(crate) use create_custom_key_store::create_custom_key_store;
pub(crate) use delete_custom_key_store::delete_custom_key_store;
pub(crate) use describe_custom_key_stores::describe_custom_key_stores;
pub(crate) use disconnect_custom_key_store::disconnect_custom_key_store;
pub(crate) use update_custom_key_store::update_custom_key_store;

use strongroom_model::enums::{CustomKeyStoreType, XksProxyConnectivityType};

use crate::{
    call::Call,
    error::KmsError,
    record::{CloudHsmConfig, ExternalConfig},
};

/// A parameter by its name, and whether the request has it.
type Given = (&'static str, bool);

/// Refuses parameters that belong to the other type of store.
fn refuse_others(kind: CustomKeyStoreType, others: &[Given]) -> Result<(), KmsError> {
    match others.iter().find(|(_, given)| *given) {
        Some((name, _)) => Err(KmsError::parameter_of_other_kind(name, kind.as_str())),
        None => Ok(()),
    }
}

/// A parameter that this type of store cannot be without.
fn needed<'a, T>(
    kind: CustomKeyStoreType,
    name: &str,
    given: Option<&'a T>,
) -> Result<&'a T, KmsError> {
    given.ok_or_else(|| KmsError::parameter_missing(name, kind.as_str()))
}

/// Checks how a proxy is to be reached: by its public name, or through an endpoint service that
/// is known and leads to it.
fn check_connectivity(call: &Call<'_>, config: &ExternalConfig) -> Result<(), KmsError> {
    let service = config.vpc_endpoint_service.as_deref();
    match (config.connectivity, service) {
        (XksProxyConnectivityType::PublicEndpoint, None) => {
            if config.vpc_endpoint_service_owner.is_some() {
                return Err(KmsError::validation(
                    "XksProxyVpcEndpointServiceOwner is not valid for XksProxyConnectivity \
                     PUBLIC_ENDPOINT.",
                ));
            }
            Ok(())
        }
        (XksProxyConnectivityType::PublicEndpoint, Some(_)) => Err(KmsError::validation(
            "XksProxyVpcEndpointServiceName is not valid for XksProxyConnectivity \
             PUBLIC_ENDPOINT.",
        )),
        (XksProxyConnectivityType::VpcEndpointService, None) => Err(KmsError::validation(
            "XksProxyVpcEndpointServiceName is required for XksProxyConnectivity \
             VPC_ENDPOINT_SERVICE.",
        )),
        (XksProxyConnectivityType::VpcEndpointService, Some(service)) => {
            let outside = call.service().outside();
            match outside.proxies.endpoint_of_service(service) {
                None => Err(KmsError::no_such_endpoint_service(service)),
                Some(endpoint) if endpoint.eq_ignore_ascii_case(&config.endpoint) => Ok(()),
                Some(_) => Err(KmsError::endpoint_service_is_elsewhere(
                    service,
                    &config.endpoint,
                )),
            }
        }
    }
}

/// The backup history of a cluster.
///
/// # Errors
/// `CloudHsmClusterNotFoundException` when there is no such cluster.
fn history_of(call: &Call<'_>, cluster: &str) -> Result<String, KmsError> {
    let outside = call.service().outside();
    let history = outside.clusters.history(cluster);
    history.ok_or_else(|| KmsError::no_such_cluster(cluster))
}

/// Checks that a cluster is there and fit for use, and that the certificate is its own.
async fn check_cluster(call: &Call<'_>, config: &CloudHsmConfig) -> Result<(), KmsError> {
    let clusters = &call.service().outside().clusters;
    let checked = clusters.check(&config.cluster).await;
    checked.map_err(|fault| fault.of_store(&config.cluster))?;
    if !clusters.is_trust_anchor(&config.cluster, &config.trust_anchor) {
        return Err(KmsError::wrong_trust_anchor(&config.cluster));
    }
    Ok(())
}
