//! CreateCustomKeyStore: a place outside for the other half of KMS keys.
//!
//! AWS: API reference, "CreateCustomKeyStore".

use strongroom_model::{
    enums::{ConnectionStateType, CustomKeyStoreType, XksProxyConnectivityType},
    shapes::{CreateCustomKeyStoreRequest, CreateCustomKeyStoreResponse},
};

use super::{check_cluster, check_connectivity, history_of, needed, refuse_others};
use crate::{
    call::{Attempt, Call},
    change::Change,
    error::KmsError,
    key_stores::{self, Claims, Names, Secrets, outside::ProxyFault},
    record::{CloudHsmConfig, ExternalConfig, KeyStoreKind, SealedCredential},
    uses,
};

/// Creates a store that is not connected. The secrets are sealed and never told again.
///
/// A proxy with a public endpoint is asked whether it is well; one behind an endpoint service is
/// asked only when the store is connected. Asking again for a store that is just so, and is
/// disconnected, gives the one that is there.
///
/// # Errors
///
/// - `ValidationException`: parameters that are missing, or that belong to the other type.
/// - `CustomKeyStoreNameInUseException`, `XksProxyUriInUseException`,
///   `XksProxyUriEndpointInUseException`, `XksProxyVpcEndpointServiceInUseException`,
///   `CloudHsmClusterInUseException`: another store has it.
/// - `LimitExceededException`: the account has ten stores in the Region.
/// - `XksProxy…Exception`: what the proxy answered, or that it did not.
/// - `CloudHsmCluster…Exception`, `IncorrectTrustAnchorException`: the cluster.
pub(crate) async fn create_custom_key_store(
    call: &Call<'_>,
    input: &CreateCustomKeyStoreRequest,
) -> Attempt<CreateCustomKeyStoreResponse> {
    let permitted = call.permit_account::<uses::CreateCustomKeyStore>().await?;
    let (service, home) = (call.service(), call.home());
    let kind = kind(call, input)?;
    let name = &input.custom_key_store_name;

    let names = Names::of(service, home).await?;
    if let Some(id) = same_as(call, input, &names, &kind).await? {
        let response = CreateCustomKeyStoreResponse {
            custom_key_store_id: Some(id),
        };
        call.tell(&response);
        return Ok(response);
    }
    names.check_name(None, name)?;
    names.check_quota()?;
    let id = key_stores::new_id(service.custody().random())?;
    let mut claims = Claims::new(service, home, &id);
    let secrets = Secrets::new(service, home, &id);
    let kind = match kind {
        KeyStoreKind::ExternalKeyStore(mut config) => {
            names.check_uri(None, &config)?;
            check_connectivity(call, &config)?;
            let credential = input.xks_proxy_authentication_credential.as_ref();
            let credential =
                credential.ok_or_else(|| KmsError::internal("the credential was checked"))?;
            config.credential = secrets.seal_credential(credential)?;
            let kind = KeyStoreKind::ExternalKeyStore(config.clone());
            claims.take(&kind).await?;
            if config.connectivity == XksProxyConnectivityType::PublicEndpoint {
                let proxy = secrets.proxy_with(&config, credential);
                let healthy = service
                    .outside()
                    .proxies
                    .health(&proxy, &call.about())
                    .await;
                healthy.map_err(ProxyFault::of_store)?;
            }
            kind
        }
        KeyStoreKind::AwsCloudhsm(mut config) => {
            let password = input.key_store_password.as_ref();
            let password =
                password.ok_or_else(|| KmsError::internal("the password was checked"))?;
            config.sealed_password = secrets.seal_password(password)?;
            let kind = KeyStoreKind::AwsCloudhsm(config.clone());
            claims.take(&kind).await?;
            check_cluster(call, &config).await?;
            kind
        }
    };

    let record = key_stores::new_record(name, kind, call.now());
    let change = Change::create_key_store(&permitted, &id, &record, &names, claims)?;
    let response = CreateCustomKeyStoreResponse {
        custom_key_store_id: Some(id),
    };
    call.tell(&response);
    call.commit(change).await?;
    Ok(response)
}

/// What the request asks for, without its secrets, once it asks for one type of store and all of
/// it.
fn kind(call: &Call<'_>, input: &CreateCustomKeyStoreRequest) -> Result<KeyStoreKind, KmsError> {
    let kind = input
        .custom_key_store_type
        .unwrap_or(CustomKeyStoreType::AwsCloudhsm);
    match kind {
        CustomKeyStoreType::AwsCloudhsm => {
            refuse_others(
                kind,
                &[
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
                ],
            )?;
            let cluster = needed(
                kind,
                "CloudHsmClusterId",
                input.cloud_hsm_cluster_id.as_ref(),
            )?;
            needed(kind, "KeyStorePassword", input.key_store_password.as_ref())?;
            let trust_anchor = needed(
                kind,
                "TrustAnchorCertificate",
                input.trust_anchor_certificate.as_ref(),
            )?;
            Ok(KeyStoreKind::AwsCloudhsm(CloudHsmConfig {
                cluster: cluster.clone(),
                history: history_of(call, cluster)?,
                trust_anchor: trust_anchor.clone(),
                sealed_password: String::new(),
            }))
        }
        CustomKeyStoreType::ExternalKeyStore => {
            refuse_others(
                kind,
                &[
                    ("CloudHsmClusterId", input.cloud_hsm_cluster_id.is_some()),
                    (
                        "TrustAnchorCertificate",
                        input.trust_anchor_certificate.is_some(),
                    ),
                    ("KeyStorePassword", input.key_store_password.is_some()),
                ],
            )?;
            let endpoint = needed(
                kind,
                "XksProxyUriEndpoint",
                input.xks_proxy_uri_endpoint.as_ref(),
            )?;
            let path = needed(kind, "XksProxyUriPath", input.xks_proxy_uri_path.as_ref())?;
            needed(
                kind,
                "XksProxyAuthenticationCredential",
                input.xks_proxy_authentication_credential.as_ref(),
            )?;
            let connectivity = needed(
                kind,
                "XksProxyConnectivity",
                input.xks_proxy_connectivity.as_ref(),
            )?;
            Ok(KeyStoreKind::ExternalKeyStore(ExternalConfig {
                connectivity: *connectivity,
                endpoint: endpoint.clone(),
                path: path.clone(),
                vpc_endpoint_service: input.xks_proxy_vpc_endpoint_service_name.clone(),
                vpc_endpoint_service_owner: input.xks_proxy_vpc_endpoint_service_owner.clone(),
                credential: SealedCredential {
                    access_key_id: String::new(),
                    secret_access_key: String::new(),
                    since: None,
                },
            }))
        }
    }
}

/// The store that is all that the request asks for, and disconnected.
async fn same_as(
    call: &Call<'_>,
    input: &CreateCustomKeyStoreRequest,
    names: &Names,
    asked: &KeyStoreKind,
) -> Result<Option<String>, KmsError> {
    let Some(id) = names.id_of(&input.custom_key_store_name) else {
        return Ok(None);
    };
    let store = call.find_key_store(id).await?;
    if store.state() != ConnectionStateType::Disconnected {
        return Ok(None);
    }
    let secrets = Secrets::of(call.service(), &store);
    let same = match (asked, &store.record().kind) {
        (KeyStoreKind::ExternalKeyStore(asked), KeyStoreKind::ExternalKeyStore(kept)) => {
            let asked = ExternalConfig {
                credential: kept.credential.clone(),
                ..asked.clone()
            };
            match &input.xks_proxy_authentication_credential {
                Some(credential) => asked == *kept && secrets.is_credential(kept, credential)?,
                None => false,
            }
        }
        (KeyStoreKind::AwsCloudhsm(asked), KeyStoreKind::AwsCloudhsm(kept)) => {
            let asked = CloudHsmConfig {
                sealed_password: kept.sealed_password.clone(),
                ..asked.clone()
            };
            match &input.key_store_password {
                Some(password) => asked == *kept && secrets.is_password(kept, password)?,
                None => false,
            }
        }
        _ => false,
    };
    Ok(same.then(|| id.to_owned()))
}
