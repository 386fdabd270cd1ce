//! ConnectCustomKeyStore: the keys of a store are to be of use.
//!
//! AWS: API reference, "ConnectCustomKeyStore".

use strongroom_model::{
    enums::ConnectionStateType,
    shapes::{ConnectCustomKeyStoreRequest, ConnectCustomKeyStoreResponse},
};

use crate::{
    call::{Attempt, Call},
    change::Change,
    error::KmsError,
    record::Connection,
    uses,
};

/// Begins to connect the store; DescribeCustomKeyStores tells what became of it. A store that is
/// connected, or being connected, stays so.
///
/// # Errors
///
/// - `CustomKeyStoreNotFoundException`: there is no such store.
/// - `CustomKeyStoreInvalidStateException`: the last attempt failed; disconnect it first.
pub(crate) async fn connect_custom_key_store(
    call: &Call<'_>,
    input: &ConnectCustomKeyStoreRequest,
) -> Attempt<ConnectCustomKeyStoreResponse> {
    call.permit_account::<uses::ConnectCustomKeyStore>().await?;
    let store = call.find_key_store(&input.custom_key_store_id).await?;
    match store.state() {
        ConnectionStateType::Connected | ConnectionStateType::Connecting => {}
        ConnectionStateType::Disconnected => {
            let connection = Connection {
                state: ConnectionStateType::Connecting,
                error: None,
            };
            let change = Change::key_store_connection(&store, connection)?;
            call.commit(change).await?;
            call.service().connections().ask(&store);
        }
        state @ (ConnectionStateType::Failed | ConnectionStateType::Disconnecting) => {
            return Err(KmsError::key_store_state(&store.id, state).into());
        }
    }
    Ok(ConnectCustomKeyStoreResponse {})
}
