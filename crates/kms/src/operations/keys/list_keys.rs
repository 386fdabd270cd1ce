//! ListKeys: the KMS keys of the account and Region.
//!
//! AWS: API reference, "ListKeys".

use strongroom_model::{
    KeyId,
    enums::ResourceOwnerType,
    shapes::{KeyListEntry, ListKeysRequest, ListKeysResponse},
};

use crate::{
    call::{Attempt, Call},
    paging::Paging,
    record::KeyRecord,
    uses,
};

/// Lists keys in ascending order of their ids, in any state, AWS managed ones included.
///
/// No key is shared between accounts here, so a request for shared keys alone gets none.
///
/// # Errors
///
/// - `InvalidMarkerException`: the marker was not made by the same listing.
pub(crate) async fn list_keys(
    call: &Call<'_>,
    input: &ListKeysRequest,
) -> Attempt<ListKeysResponse> {
    call.permit_account::<uses::ListKeys>().await?;
    let owners = input
        .resource_owners
        .as_deref()
        .unwrap_or(&[ResourceOwnerType::SelfOwned]);
    if !owners.contains(&ResourceOwnerType::SelfOwned) {
        return Ok(ListKeysResponse {
            keys: Some(Vec::new()),
            next_marker: None,
            truncated: Some(false),
        });
    }

    let paging = Paging::new(call, input.limit, 100, 1000, input.marker.as_deref()).narrowed_by(
        if owners.len() > 1 {
            "SELF+OTHER_ACCOUNTS_VIA_RAM"
        } else {
            "SELF"
        },
    );
    let now = call.now();
    let page = paging
        .page(&call.home().keys(), |_, key: &KeyRecord| key.alive(now))
        .await?;
    let entry = |name: &str| {
        let id = KeyId::parse(name).ok()?;
        Some(KeyListEntry {
            key_id: Some(id.to_string()),
            key_arn: Some(call.home().key_arn(id).text()),
        })
    };
    Ok(ListKeysResponse {
        keys: Some(
            page.rows
                .iter()
                .filter_map(|(name, _)| entry(name))
                .collect(),
        ),
        truncated: Some(page.next_marker.is_some()),
        next_marker: page.next_marker,
    })
}
