//! DisconnectCustomKeyStore: the keys of a store are of no use for now.
//!
//! AWS: API reference, "DisconnectCustomKeyStore".

use strongroom_model::{
    enums::ConnectionStateType,
    shapes::{DisconnectCustomKeyStoreRequest, DisconnectCustomKeyStoreResponse},
};

use crate::{
    call::{Attempt, Call},
    change::Change,
    error::KmsError,
    record::{Connection, KeyStoreKind},
    uses,
};

/// Disconnects the store. When this returns its keys are Unavailable, and an attempt to connect
/// that is under way comes to nothing.
///
/// # Errors
///
/// - `CustomKeyStoreNotFoundException`: there is no such store.
/// - `CustomKeyStoreInvalidStateException`: it is disconnected.
pub(crate) async fn disconnect_custom_key_store(
    call: &Call<'_>,
    input: &DisconnectCustomKeyStoreRequest,
) -> Attempt<DisconnectCustomKeyStoreResponse> {
    call.permit_account::<uses::DisconnectCustomKeyStore>()
        .await?;
    let store = call.find_key_store(&input.custom_key_store_id).await?;
    let state = store.state();
    if matches!(
        state,
        ConnectionStateType::Disconnected | ConnectionStateType::Disconnecting
    ) {
        return Err(KmsError::key_store_state(&store.id, state).into());
    }
    let change = Change::key_store_connection(&store, Connection::disconnected())?;
    call.commit(change).await?;
    if let KeyStoreKind::AwsCloudhsm(config) = &store.record().kind {
        let clusters = &call.service().outside().clusters;
        clusters.log_out(&config.cluster).await;
    }
    Ok(DisconnectCustomKeyStoreResponse {})
}
