//! Writes `model/src/generated/errors.rs`: every error code with its HTTP status.

use proc_macro2::TokenStream;
use quote::quote;

use super::{api::Api, names::ident};

pub(crate) fn generate(api: &Api) -> anyhow::Result<TokenStream> {
    let errors = api.errors();
    let modelled = api.exceptions();
    let variants = errors.iter().map(|(name, status)| {
        let variant = ident(name);
        let origin = if modelled.contains(name) {
            ""
        } else {
            ", which no operation of the model names"
        };
        let doc = format!(" `{name}`, HTTP status {status}{origin}.");
        quote!(#[doc = #doc] #variant)
    });
    let idents: Vec<_> = errors.iter().map(|(name, _)| ident(name)).collect();
    let names: Vec<_> = errors.iter().map(|(name, _)| *name).collect();
    let statuses = [500u16, 503].map(|status| {
        let of_status = errors.iter().filter(|(_, s)| *s == status);
        let idents = of_status.map(|(name, _)| ident(name));
        quote!(#(Self::#idents)|* => #status)
    });
    Ok(quote! {
        //! The errors of the service: those that the model names, and the protocol's common ones.

        use std::fmt;

        /// The name of an error, as the `__type` of an answer carries it.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum ErrorCode {
            #(#variants,)*
        }

        impl ErrorCode {
            /// Every error, in the order of names.
            pub const ALL: &[Self] = &[#(Self::#idents,)*];

            /// AWS's name.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    #(Self::#idents => #names,)*
                }
            }

            /// The error with that name.
            #[must_use]
            pub fn parse(name: &str) -> Option<Self> {
                Some(match name {
                    #(#names => Self::#idents,)*
                    _ => return None,
                })
            }

            /// The HTTP status of the answer. KMS says 400 for nearly everything: never 403,
            /// 404, 409 or 429.
            #[must_use]
            pub const fn http_status(self) -> u16 {
                match self {
                    #(#statuses,)*
                    _ => 400,
                }
            }
        }

        impl fmt::Display for ErrorCode {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.name())
            }
        }
    })
}
