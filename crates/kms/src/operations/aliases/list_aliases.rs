//! ListAliases: the aliases of the account and Region, or of one key.
//!
//! AWS: API reference, "ListAliases".

use strongroom_model::{
    AliasName,
    shapes::{AliasListEntry, ListAliasesRequest, ListAliasesResponse},
};

use crate::{
    call::{Attempt, Call, Found},
    paging::Paging,
    record::AliasRecord,
    uses,
};

/// Lists aliases in ascending order of their names, those of AWS managed keys included.
///
/// With a key, only its own; the key may be in any state. The list is not filtered by
/// permission: it is the account that is asked.
///
/// # Errors
///
/// - `NotFoundException`: the key is not in this account and Region.
/// - `AccessDeniedException`: the key is said to be another account's.
/// - `InvalidArnException`: an alias was given as the key.
/// - `InvalidMarkerException`: the marker was not made by the same listing.
pub(crate) async fn list_aliases(
    call: &Call<'_>,
    input: &ListAliasesRequest,
) -> Attempt<ListAliasesResponse> {
    let key = match &input.key_id {
        Some(reference) => Some(call.find_key(reference).await?),
        None => None,
    };
    call.permit_account::<uses::ListAliases>().await?;
    let rows = match key {
        Some(Found::Here(key)) if key.home() == call.home() => call.home().key_aliases(key.id()),
        Some(_) => return Err(call.hidden::<uses::ListAliases>().into()),
        None => call.home().aliases(),
    };

    let paging = Paging::new(call, input.limit, 50, 100, input.marker.as_deref());
    let lapsed = call.service().shelves().lapsed(call.now()).await?;
    let page = paging
        .page(&rows, |_, alias: &AliasRecord| {
            !lapsed.contains(call.home(), alias.target)
        })
        .await?;

    let entry = |name: &str, alias: &AliasRecord| {
        let alias_name = AliasName::parse(&format!("alias/{name}")).ok()?;
        Some(AliasListEntry {
            alias_arn: Some(call.home().alias_arn(&alias_name).to_string()),
            alias_name: Some(alias_name.to_string()),
            target_key_id: Some(alias.target.to_string()),
            creation_date: Some(alias.created),
            last_updated_date: Some(alias.updated),
        })
    };
    Ok(ListAliasesResponse {
        aliases: Some(
            page.rows
                .iter()
                .filter_map(|(name, row)| entry(name, row))
                .collect(),
        ),
        truncated: Some(page.next_marker.is_some()),
        next_marker: page.next_marker,
    })
}
