//! DeleteCustomKeyStore: a store that holds no keys goes.
//!
//! AWS: API reference, "DeleteCustomKeyStore".

use strongroom_model::{
    enums::ConnectionStateType,
    shapes::{DeleteCustomKeyStoreRequest, DeleteCustomKeyStoreResponse},
};

use crate::{
    call::{Attempt, Call},
    change::Change,
    error::KmsError,
    key_stores::{Claims, Names, StoreKeys},
    uses,
};

/// Deletes the store and its secrets. Nothing changes outside.
///
/// # Errors
///
/// - `CustomKeyStoreNotFoundException`: there is no such store.
/// - `CustomKeyStoreInvalidStateException`: it is not disconnected.
/// - `CustomKeyStoreHasCMKsException`: it holds KMS keys, those pending deletion among them.
pub(crate) async fn delete_custom_key_store(
    call: &Call<'_>,
    input: &DeleteCustomKeyStoreRequest,
) -> Attempt<DeleteCustomKeyStoreResponse> {
    let permitted = call.permit_account::<uses::DeleteCustomKeyStore>().await?;
    let (service, home) = (call.service(), call.home());
    let store = call.find_key_store(&input.custom_key_store_id).await?;
    if store.state() != ConnectionStateType::Disconnected {
        return Err(KmsError::key_store_state(&store.id, store.state()).into());
    }
    let keys = StoreKeys::of(service, &store).await?;
    let names = Names::of(service, home).await?;
    let mut claims = Claims::new(service, home, &store.id);
    claims.give_back(&store.record().kind).await?;
    let change = Change::delete_key_store(&permitted, &store, &keys, &names, claims)?;
    call.commit(change).await?;
    Ok(DeleteCustomKeyStoreResponse {})
}
