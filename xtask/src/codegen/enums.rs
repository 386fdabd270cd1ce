//! Writes `model/src/generated/enums.rs`.

use proc_macro2::TokenStream;
use quote::quote;

use super::{
    api::{Api, variant_ident},
    names::ident,
};

pub(crate) fn generate(api: &Api) -> anyhow::Result<TokenStream> {
    let enums = api.enums().into_iter().map(|name| one(api, name));
    Ok(quote! {
        //! The enums of the service model. Each value prints as AWS spells it.

        use std::{fmt, marker::PhantomData};

        use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

        #(#enums)*

        /// Reads a text and looks it up, for `Deserialize`.
        struct Named<T> {
            name: &'static str,
            parse: fn(&str) -> Option<T>,
            value: PhantomData<T>,
        }

        impl<T> de::Visitor<'_> for Named<T> {
            type Value = T;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "a value of {}", self.name)
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<T, E> {
                (self.parse)(text).ok_or_else(|| E::invalid_value(de::Unexpected::Str(text), &self))
            }
        }
    })
}

fn one(api: &Api, name: &str) -> TokenStream {
    let values = api.values(name);
    let own = ident(name);
    let idents: Vec<_> = values.iter().map(|value| variant_ident(value)).collect();
    let docs = values.iter().map(|value| {
        let modelled = api.shape(name).values.iter().any(|known| known == value);
        if modelled {
            format!(" `{value}`.")
        } else {
            format!(" `{value}`, which AWS accepts here and only refuses later.")
        }
    });
    let doc = format!(" `{name}` of the service model.");
    quote! {
        #[doc = #doc]
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum #own {
            #(#[doc = #docs] #idents,)*
        }

        impl #own {
            /// Every value.
            pub const ALL: &[Self] = &[#(Self::#idents,)*];

            /// The value as AWS spells it.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    #(Self::#idents => #values,)*
                }
            }

            /// The value that AWS spells so.
            #[must_use]
            pub fn parse(text: &str) -> Option<Self> {
                Some(match text {
                    #(#values => Self::#idents,)*
                    _ => return None,
                })
            }
        }

        impl fmt::Display for #own {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl Serialize for #own {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> Deserialize<'de> for #own {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                deserializer.deserialize_str(Named {
                    name: #name,
                    parse: Self::parse,
                    value: PhantomData,
                })
            }
        }
    }
}
