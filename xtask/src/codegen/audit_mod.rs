//! Writes `kms/src/audit/generated/mod.rs`.

use proc_macro2::TokenStream;
use quote::quote;

use super::api::Api;

pub(crate) fn generate(_api: &Api) -> anyhow::Result<TokenStream> {
    Ok(quote! {
        //! What the entry of each operation records.

        pub(super) mod members;
    })
}
