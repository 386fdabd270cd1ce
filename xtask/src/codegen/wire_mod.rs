//! Writes `server/src/wire/generated/mod.rs`.

use proc_macro2::TokenStream;
use quote::quote;

use super::api::Api;

pub(crate) fn generate(_api: &Api) -> anyhow::Result<TokenStream> {
    Ok(quote! {
        //! Decoders and encoders of all operations.

        pub(crate) mod decode;
        pub(crate) mod encode;
    })
}
