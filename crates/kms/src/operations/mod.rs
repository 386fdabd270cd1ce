//! The operations, one file each, named as AWS names them, inside their families.
//!
//! A file holds the page's promise, one function and its tests. Nothing here names a back end, a
//! header, a policy document's grammar or a cipher.

pub(crate) mod agreement;
pub(crate) mod aliases;
pub(crate) mod custom_key_stores;
pub(crate) mod data_keys;
pub(crate) mod encryption;
pub(crate) mod grants;
pub(crate) mod imports;
pub(crate) mod keys;
pub(crate) mod multi_region;
pub(crate) mod policies;
pub(crate) mod rotation;
pub(crate) mod signing;
pub(crate) mod tags;
