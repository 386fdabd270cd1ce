//! DescribeCustomKeyStores: the custom key stores of the account and Region, or one of them.
//!
//! AWS: API reference, "DescribeCustomKeyStores".

use std::sync::Arc;

use strongroom_model::{
    enums::ConnectionStateType,
    shapes::{
        CustomKeyStoresListEntry, DescribeCustomKeyStoresRequest, DescribeCustomKeyStoresResponse,
        XksProxyConfigurationType,
    },
};

use crate::{
    call::{Attempt, Call},
    error::KmsError,
    key_stores::{Names, Secrets},
    paging::Paging,
    record::{KeyStoreKind, KeyStoreRecord},
    uses,
};

/// Lists stores in the order of their ids, with what is known of each but its secrets.
///
/// # Errors
///
/// - `ValidationException`: both an id and a name.
/// - `CustomKeyStoreNotFoundException`: there is no store with that id or name.
/// - `InvalidMarkerException`: the marker was not made by the same listing.
pub(crate) async fn describe_custom_key_stores(
    call: &Call<'_>,
    input: &DescribeCustomKeyStoresRequest,
) -> Attempt<DescribeCustomKeyStoresResponse> {
    call.permit_account::<uses::DescribeCustomKeyStores>()
        .await?;
    let id = match (&input.custom_key_store_id, &input.custom_key_store_name) {
        (Some(_), Some(_)) => {
            return Err(KmsError::validation(
                "You cannot specify CustomKeyStoreId and CustomKeyStoreName in the same request.",
            )
            .into());
        }
        (Some(id), None) => Some(id.clone()),
        (None, Some(name)) => {
            let names = Names::of(call.service(), call.home()).await?;
            let id = names.id_of(name).map(str::to_owned);
            Some(id.ok_or_else(|| KmsError::no_key_store_of_name(name))?)
        }
        (None, None) => None,
    };
    if let Some(id) = id {
        let store = call.find_key_store(&id).await?;
        let stored = Arc::clone(&store.stored);
        return Ok(DescribeCustomKeyStoresResponse {
            custom_key_stores: Some(vec![entry(call, id, &stored.record)?]),
            next_marker: None,
            truncated: Some(false),
        });
    }

    let paging = Paging::new(call, input.limit, 1000, 1000, input.marker.as_deref());
    let page = paging
        .page(&call.home().key_stores(), |_, _: &KeyStoreRecord| true)
        .await?;
    let stores = page
        .rows
        .into_iter()
        .map(|(id, record)| entry(call, id, &record))
        .collect::<Result<_, _>>()?;
    Ok(DescribeCustomKeyStoresResponse {
        custom_key_stores: Some(stores),
        truncated: Some(page.next_marker.is_some()),
        next_marker: page.next_marker,
    })
}

fn entry(
    call: &Call<'_>,
    id: String,
    record: &KeyStoreRecord,
) -> Result<CustomKeyStoresListEntry, KmsError> {
    let state = record.connection.state;
    let mut entry = CustomKeyStoresListEntry {
        cloud_hsm_cluster_id: None,
        connection_error_code: record
            .connection
            .error
            .filter(|_| state == ConnectionStateType::Failed),
        connection_state: Some(state),
        creation_date: Some(record.created),
        custom_key_store_id: None,
        custom_key_store_name: Some(record.name.clone()),
        custom_key_store_type: Some(record.kind.as_type()),
        trust_anchor_certificate: None,
        xks_proxy_configuration: None,
    };
    match &record.kind {
        KeyStoreKind::AwsCloudhsm(config) => {
            entry.cloud_hsm_cluster_id = Some(config.cluster.clone());
            entry.trust_anchor_certificate = Some(config.trust_anchor.clone());
        }
        KeyStoreKind::ExternalKeyStore(config) => {
            let secrets = Secrets::new(call.service(), call.home(), &id);
            entry.xks_proxy_configuration = Some(XksProxyConfigurationType {
                access_key_id: Some(secrets.access_key_id(config)?),
                connectivity: Some(config.connectivity),
                uri_endpoint: Some(config.endpoint.clone()),
                uri_path: Some(config.path.clone()),
                vpc_endpoint_service_name: config.vpc_endpoint_service.clone(),
                vpc_endpoint_service_owner: config.vpc_endpoint_service_owner.clone(),
            });
        }
    }
    entry.custom_key_store_id = Some(id);
    Ok(entry)
}
