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
/// that is under way comes to nothing. The cluster of a CloudHSM key store is left after that:
/// what it is doing comes to its end first, and the store is DISCONNECTING as long.
///
/// # Errors
///
/// - `CustomKeyStoreNotFoundException`: there is no such store.
/// - `CustomKeyStoreInvalidStateException`: it is disconnected, or being disconnected.
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
    let connection = match &store.record().kind {
        KeyStoreKind::ExternalKeyStore(_) => Connection::disconnected(),
        KeyStoreKind::AwsCloudhsm(_) => Connection {
            state: ConnectionStateType::Disconnecting,
            error: None,
        },
    };
    let leaves = connection.state == ConnectionStateType::Disconnecting;
    let change = Change::key_store_connection(&store, connection)?;
    call.commit(change).await?;
    if leaves {
        call.service().connections().ask(&store);
    }
    Ok(DisconnectCustomKeyStoreResponse {})
}
