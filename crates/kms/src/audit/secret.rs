//! The one sensitive text of the service model that an entry shows.

use strongroom_model::SecretText;

/// The access key id of a proxy's credential, which names the credential as the id of every
/// access key does. The model calls it sensitive together with its secret half;
/// DescribeCustomKeyStores tells it.
pub(super) fn public_half(access_key_id: &SecretText) -> &str {
    access_key_id.expose()
}
