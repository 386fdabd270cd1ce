//! DescribeKey: what AWS tells about a KMS key.
//!
//! AWS: API reference, "DescribeKey".

use strongroom_model::shapes::{DescribeKeyRequest, DescribeKeyResponse};

use super::described;
use crate::{
    call::{Attempt, Call},
    uses,
};

/// Describes the key, in every state, by any of the four forms of reference.
///
/// The first use of `alias/aws/<service>` makes the AWS managed key behind it.
///
/// # Errors
///
/// - `NotFoundException`: there is no such key or alias.
pub(crate) async fn describe_key(
    call: &Call<'_>,
    input: &DescribeKeyRequest,
) -> Attempt<DescribeKeyResponse> {
    let key = call.find_key_or_alias(&input.key_id).await?;
    let key = call.permit::<uses::DescribeKey>(key).await?.usable()?;
    Ok(DescribeKeyResponse {
        key_metadata: Some(Box::new(described(&key, call.now()))),
    })
}
