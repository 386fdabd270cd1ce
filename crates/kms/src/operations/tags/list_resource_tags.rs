//! ListResourceTags: the tags of a KMS key.
//!
//! AWS: API reference, "ListResourceTags".

use strongroom_model::shapes::{ListResourceTagsRequest, ListResourceTagsResponse, Tag};

use crate::{
    call::{Attempt, Call},
    paging::Paging,
    uses,
};

/// Lists the tags in ascending order of their keys.
///
/// # Errors
///
/// - `InvalidMarkerException`: the marker was not made by the same listing.
pub(crate) async fn list_resource_tags(
    call: &Call<'_>,
    input: &ListResourceTagsRequest,
) -> Attempt<ListResourceTagsResponse> {
    let key = call.find_key(&input.key_id).await?;
    let key = call.permit::<uses::ListResourceTags>(key).await?.usable()?;

    let paging = Paging::new(call, input.limit, 50, 50, input.marker.as_deref());
    let listing = key.arn().text();
    let page = paging.slice(&listing, &key.record().tags, |tag| &tag.key)?;
    let entry = |tag: &crate::record::KeyTag| Tag {
        tag_key: tag.key.clone(),
        tag_value: tag.value.clone(),
    };
    Ok(ListResourceTagsResponse {
        tags: Some(page.rows.into_iter().map(entry).collect()),
        truncated: Some(page.next_marker.is_some()),
        next_marker: page.next_marker,
    })
}
