//! ListRetirableGrants: the grants that a principal may retire.
//!
//! AWS: API reference, "ListRetirableGrants".

use strongroom_auth::grant::GrantPrincipal;
use strongroom_model::shapes::{ListGrantsResponse, ListRetirableGrantsRequest};

use super::entry;
use crate::{
    call::{Attempt, Call},
    error::KmsError,
    layout::parse_retirable,
    paging::Paging,
    record::GrantRecord,
    uses,
};

/// Lists the grants that name exactly this retiring principal, on keys of any account in the
/// Region, ordered by account, key and grant id. The principal is one of the caller's account,
/// or an AWS service: of a service's grants only those on the account's own keys are listed.
///
/// # Errors
///
/// - `ValidationException`: not exactly one retiring principal.
/// - `InvalidArnException`: a principal that a grant cannot name.
/// - `AccessDeniedException`: a principal of another account.
/// - `InvalidMarkerException`: the marker was not made by the same listing.
pub(crate) async fn list_retirable_grants(
    call: &Call<'_>,
    input: &ListRetirableGrantsRequest,
) -> Attempt<ListGrantsResponse> {
    let home = call.home();
    let principal = match (&input.retiring_principal, &input.retiring_service_principal) {
        (Some(text), None) => GrantPrincipal::parse(text, home.region.partition())
            .map(|(principal, _)| principal)
            .ok_or_else(|| KmsError::invalid_principal(text))?,
        (None, Some(service)) => GrantPrincipal::Service(service.clone()),
        _ => {
            return Err(KmsError::validation(
                "You must specify exactly one of RetiringPrincipal and RetiringServicePrincipal.",
            )
            .into());
        }
    };
    call.permit_account::<uses::ListRetirableGrants>().await?;
    if principal
        .account()
        .is_some_and(|account| account != home.account)
    {
        return Err(call.hidden::<uses::ListRetirableGrants>().into());
    }

    let paging = Paging::new(call, input.limit, 50, 100, input.marker.as_deref());
    let lapsed = call.service().shelves().lapsed(call.now()).await?;
    let named = |name: &str| parse_retirable(name, &home.region);
    let page = paging
        .page(&home.retirable(&principal), |name, _: &GrantRecord| {
            named(name).is_some_and(|(home, key, _)| !lapsed.contains(&home, key))
        })
        .await?;
    let mut listed = Vec::with_capacity(page.rows.len());
    for (name, grant) in &page.rows {
        if let Some((home, key, id)) = named(name) {
            listed.push(entry(call.service(), &home, key, id, grant).await?);
        }
    }
    Ok(ListGrantsResponse {
        grants: Some(listed),
        truncated: Some(page.next_marker.is_some()),
        next_marker: page.next_marker,
    })
}
