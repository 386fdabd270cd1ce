//! ListGrants: the grants on a KMS key.
//!
//! AWS: API reference, "ListGrants".

use strongroom_auth::grant::GrantPrincipal;
use strongroom_model::{
    GrantId,
    shapes::{ListGrantsRequest, ListGrantsResponse},
};

use super::{entry, grant_id};
use crate::{
    call::{Attempt, Call},
    error::KmsError,
    paging::Paging,
    record::GrantRecord,
    uses,
};

/// Lists the grants in ascending order of their ids, in every state of the key; with a filter,
/// the one of that id, or those of that grantee principal. What matches nothing lists nothing.
///
/// # Errors
///
/// - `InvalidGrantIdException`: what no grant can have as its id.
/// - `InvalidMarkerException`: the marker was not made by the same listing.
/// - `ValidationException`: the filter for AWS services, which only they may use.
pub(crate) async fn list_grants(
    call: &Call<'_>,
    input: &ListGrantsRequest,
) -> Attempt<ListGrantsResponse> {
    let key = call.find_key(&input.key_id).await?;
    let key = call.permit::<uses::ListGrants>(key).await?.usable()?;
    if input.grantee_service_principal.is_some() {
        return Err(KmsError::validation(
            "GranteeServicePrincipal can be specified only by an AWS service.",
        )
        .into());
    }
    let id = input.grant_id.as_deref().map(grant_id).transpose()?;
    let grantee = input.grantee_principal.as_deref();
    let wanted = |grant: &GrantRecord| match (grantee, &grant.terms.grantee) {
        (None, _) => true,
        (Some(text), GrantPrincipal::Principal(principal)) => text == principal,
        (Some(_), GrantPrincipal::Service(_)) => false,
    };

    let (home, key_id) = (key.home(), key.id());
    let paging = Paging::new(call, input.limit, 50, 100, input.marker.as_deref());
    let (grants, next_marker) = if let Some(id) = id {
        let row = home.grant(key_id, id);
        let stored = call.service().shelves().get(&row).await?;
        let one: Vec<_> = stored
            .iter()
            .map(|stored| &stored.record)
            .filter(|grant| wanted(grant))
            .collect();
        let page = paging.slice(row.as_str(), &one, |_| "")?;
        let mut listed = Vec::new();
        for grant in &page.rows {
            listed.push(entry(call.service(), home, key_id, id, grant).await?);
        }
        (listed, page.next_marker)
    } else {
        let rows = match grantee {
            Some(grantee) => home.grants_to(key_id, grantee),
            None => home.grants(key_id),
        };
        let page = paging.page(&rows, |_, grant| wanted(grant)).await?;
        let mut listed = Vec::with_capacity(page.rows.len());
        for (name, grant) in &page.rows {
            if let Ok(id) = GrantId::parse(name) {
                listed.push(entry(call.service(), home, key_id, id, grant).await?);
            }
        }
        (listed, page.next_marker)
    };
    Ok(ListGrantsResponse {
        grants: Some(grants),
        truncated: Some(next_marker.is_some()),
        next_marker,
    })
}
