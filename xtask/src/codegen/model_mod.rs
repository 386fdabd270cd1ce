//! Writes `model/src/generated/mod.rs`.

use proc_macro2::TokenStream;
use quote::quote;

use super::api::Api;

pub(crate) fn generate(_api: &Api) -> anyhow::Result<TokenStream> {
    Ok(quote! {
        //! What the service model says, as Rust: operations, their inputs and outputs, enums and errors.

        pub mod enums;
        pub mod errors;
        pub mod operations;
        pub mod shapes;
    })
}
