//! Writes `model/src/generated/operations.rs`: the operations, their inputs and outputs.

use proc_macro2::TokenStream;
use quote::quote;

use super::{api::Api, names::ident};

pub(crate) fn generate(api: &Api) -> anyhow::Result<TokenStream> {
    let names: Vec<_> = api.operations().map(|(name, _)| name).collect();
    let idents: Vec<_> = names.iter().map(|name| ident(name)).collect();
    let docs: Vec<_> = names.iter().map(|name| format!(" {name}.")).collect();
    let count = names.len();
    let all_doc = format!(" All {count} operations, in the order of names.");
    let errors = api.operations().map(|(name, operation)| {
        let variant = ident(name);
        let errors = operation.errors.iter().map(|error| ident(&error.shape));
        quote!(Self::#variant => &[#(ErrorCode::#errors,)*])
    });
    let inputs = api.operations().map(|(name, operation)| {
        let (variant, request) = (ident(name), ident(&operation.input.shape));
        let doc = format!(" The input of {name}.");
        quote!(#[doc = #doc] #variant(shapes::#request))
    });
    let outputs = api.operations().map(|(name, operation)| {
        let variant = ident(name);
        let doc = format!(" The output of {name}.");
        match &operation.output {
            Some(output) => {
                let response = ident(&output.shape);
                quote!(#[doc = #doc] #variant(shapes::#response))
            }
            None => {
                let doc = format!(" {name} succeeded; its answer has no body.");
                quote!(#[doc = #doc] #variant)
            }
        }
    });
    let output_operations = api.operations().map(|(name, operation)| {
        let variant = ident(name);
        match operation.output {
            Some(_) => quote!(Self::#variant(_) => Operation::#variant),
            None => quote!(Self::#variant => Operation::#variant),
        }
    });
    let grant_tokens = having(api, "GrantTokens");
    let dry_run = having(api, "DryRun");
    Ok(quote! {
        //! The operations of the service, and one type each for all inputs and all outputs.

        use std::fmt;

        use super::{errors::ErrorCode, shapes};
        use crate::secret::GrantToken;

        /// An operation of the service.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Operation {
            #(#[doc = #docs] #idents,)*
        }

        impl Operation {
            #[doc = #all_doc]
            pub const ALL: &[Self] = &[#(Self::#idents,)*];

            /// AWS's name, as `X-Amz-Target` carries it after the service's prefix.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    #(Self::#idents => #names,)*
                }
            }

            /// The operation with that name, which is case-sensitive.
            #[must_use]
            pub fn parse(name: &str) -> Option<Self> {
                Some(match name {
                    #(#names => Self::#idents,)*
                    _ => return None,
                })
            }

            /// The exceptions that the service model names for the operation. Any operation may
            /// also answer with an error that no operation of the model names.
            #[must_use]
            pub const fn errors(self) -> &'static [ErrorCode] {
                match self {
                    #(#errors,)*
                }
            }
        }

        impl fmt::Display for Operation {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.name())
            }
        }

        /// The input of one call. Secrets in it are wiped when it is dropped.
        #[derive(Debug, PartialEq, Eq)]
        pub enum Input {
            #(#inputs,)*
        }

        impl Input {
            /// The operation that the input belongs to.
            #[must_use]
            pub const fn operation(&self) -> Operation {
                match self {
                    #(Self::#idents(_) => Operation::#idents,)*
                }
            }

            /// The grant tokens that came with the call; none for operations that take none.
            #[must_use]
            pub fn grant_tokens(&self) -> &[GrantToken] {
                match self {
                    #(Self::#grant_tokens(request) => request.grant_tokens.as_deref(),)*
                    _ => None,
                }
                .unwrap_or_default()
            }

            /// Whether the caller only asks if the call would succeed.
            #[must_use]
            pub fn dry_run(&self) -> bool {
                match self {
                    #(Self::#dry_run(request) => request.dry_run,)*
                    _ => None,
                }
                .unwrap_or_default()
            }
        }

        /// The output of one call. An operation without an output shape answers with an empty
        /// body; one whose output shape has no members answers with `{}`.
        #[derive(Debug, PartialEq, Eq)]
        pub enum Output {
            #(#outputs,)*
        }

        impl Output {
            /// The operation that the output belongs to.
            #[must_use]
            pub const fn operation(&self) -> Operation {
                match self {
                    #(#output_operations,)*
                }
            }
        }
    })
}

/// The operations whose input has a member.
fn having(api: &Api, member: &str) -> Vec<proc_macro2::Ident> {
    let operations = api.operations();
    let having = operations.filter(|(_, operation)| {
        let input = api.shape(&operation.input.shape);
        input.members.get(member).is_some()
    });
    having.map(|(name, _)| ident(name)).collect()
}
