//! Writes `model/src/generated/shapes.rs`: the structures of inputs and outputs.

use proc_macro2::TokenStream;
use quote::quote;

use super::{
    api::{Api, Member},
    model::Kind,
    names::ident,
};

pub(crate) fn generate(api: &Api) -> anyhow::Result<TokenStream> {
    let structures = api.structures();
    let items = structures.iter().map(|name| one(api, name));
    Ok(quote! {
        //! The structures of inputs and outputs.
        //!
        //! A required member is a plain field and an optional one an `Option`. Secrets are
        //! types, so `Debug` cannot show them; a structure with a secret inside is not `Clone`.
        //! Of a blob that is no secret, `Debug` shows the length.

        use std::fmt;

        use super::enums::*;
        use crate::{
            context::EncryptionContext,
            secret::{GrantToken, KeyStorePassword, Plaintext, SecretText},
            time::Timestamp,
        };

        #(#items)*

        /// Shows the length of a blob in place of its bytes, which no log should hold.
        struct Length(usize);

        impl fmt::Debug for Length {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{} bytes", self.0)
            }
        }
    })
}

fn one(api: &Api, name: &str) -> TokenStream {
    let own = ident(name);
    let members = api.members(name);
    let is_plain_blob = |member: &Member<'_>| {
        api.shape(member.shape).kind == Kind::Blob && !member.secret && !api.is_secret(member.shape)
    };
    let shows_length = members.iter().any(is_plain_blob);
    let mut derives = Vec::new();
    if !api.holds_secret(name) {
        derives.push("Clone");
    }
    if !shows_length {
        derives.push("Debug");
    }
    // A default is offered where it cannot invent a required value. The one exception is
    // KeyMetadata with its 27 members, all but one of which are often absent.
    let only_optional = members.iter().all(|member| !member.required);
    if only_optional || name == "KeyMetadata" {
        derives.push("Default");
    }
    derives.extend(["PartialEq", "Eq"]);
    let derives = derives.into_iter().map(ident);
    let fields = members.iter().map(|member| {
        let field = member.field();
        let value = api.member_type(member);
        let value = if member.required {
            value
        } else {
            quote!(Option<#value>)
        };
        let doc = member_doc(api, member);
        quote!(#[doc = #doc] pub #field: #value)
    });
    let doc = structure_doc(api, name);
    let debug = shows_length.then(|| {
        let shown = members.iter().map(|member| {
            let field = member.field();
            let text = field.to_string();
            let value = match (is_plain_blob(member), member.required) {
                (false, _) => quote!(&self.#field),
                (true, true) => quote!(&Length(self.#field.len())),
                (true, false) => quote!(&self.#field.as_ref().map(|blob| Length(blob.len()))),
            };
            quote!(.field(#text, #value))
        });
        quote! {
            impl fmt::Debug for #own {
                fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                    f.debug_struct(#name)#(#shown)*.finish()
                }
            }
        }
    });
    quote! {
        #[doc = #doc]
        #[derive(#(#derives),*)]
        pub struct #own {
            #(#fields,)*
        }

        #debug
    }
}

fn structure_doc(api: &Api, name: &str) -> String {
    for (operation, shapes) in api.operations() {
        if shapes.input.shape == name {
            return format!(" The input of {operation}.");
        }
        if shapes.output.as_ref().is_some_and(|o| o.shape == name) {
            return format!(" The output of {operation}.");
        }
    }
    format!(" `{name}` of the service model.")
}

fn member_doc(api: &Api, member: &Member<'_>) -> String {
    let shape = api.shape(member.shape);
    let unit = match shape.kind {
        Kind::String => " characters",
        Kind::Blob => " bytes",
        Kind::List => " elements",
        _ => "",
    };
    let range = match (shape.min, shape.max) {
        (Some(min), Some(max)) if min == max => format!(": {min}{unit}"),
        (Some(min), Some(max)) => format!(": {min} to {max}{unit}"),
        (None, Some(max)) => format!(": at most {max}{unit}"),
        (Some(min), None) => format!(": at least {min}{unit}"),
        (None, None) => String::new(),
    };
    format!(" `{}`{range}.", member.name)
}
