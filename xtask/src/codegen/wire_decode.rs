//! Writes `server/src/wire/generated/decode.rs`: a decoder for each structure of a request.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{bail, ensure};
use proc_macro2::{Literal, TokenStream};
use quote::quote;

use super::{
    api::{Api, Member},
    model::Kind,
    names::{ident, path, snake},
    pattern::pattern,
};

pub(crate) fn generate(api: &Api) -> anyhow::Result<TokenStream> {
    let inputs = api
        .operations()
        .map(|(_, operation)| operation.input.shape.as_str());
    let structures = api.reachable(inputs);
    let arms = api.operations().map(|(name, operation)| {
        let (variant, read) = (ident(name), ident(&reader_name(&operation.input.shape)));
        quote! {
            Operation::#variant => #read(body, place, &mut violations)?.map(Input::#variant)
        }
    });
    let mut rules = Rules::default();
    let mut structure_readers = Vec::new();
    for name in &structures {
        structure_readers.push(structure(api, name, &mut rules)?);
    }
    let Rules {
        readers: member_readers,
        constants,
    } = rules;
    let (member_readers, constants) = (member_readers.values(), constants.values());
    Ok(quote! {
        //! Decoders: from the body of a request to its input.

        use strongroom_model::{
            enums::*,
            operations::{Input, Operation},
            secret::{GrantToken, KeyStorePassword, Plaintext, SecretText},
            shapes::*,
        };

        use super::super::{
            constraint::{Length, Place, Text, Violations},
            decode::*,
            pattern::Pattern,
        };

        /// Reads the body of a request for `operation`.
        ///
        /// Members that the operation does not know are ignored, `null` is the same as absent,
        /// and an empty body is the same as `{}`.
        ///
        /// # Errors
        ///
        /// - `SerializationException`: the body is not a JSON object, or a member has another
        ///   type than the operation takes.
        /// - `ValidationException`: constraints are broken; the message lists them all.
        pub fn decode(operation: Operation, bytes: &[u8]) -> Result<Input, Fault> {
            let body = body(bytes)?;
            let place = Place::Request;
            let mut violations = Violations::default();
            let input = match operation {
                #(#arms,)*
            };
            violations.settle(input)
        }

        #(#structure_readers)*

        #(#member_readers)*

        #(#constants)*
    })
}

/// The readers of members that are not structures, and the constants they refer to, by name.
#[derive(Default)]
struct Rules {
    readers: BTreeMap<String, TokenStream>,
    constants: BTreeMap<String, TokenStream>,
}

impl Rules {
    fn length(&mut self, api: &Api, name: &str) -> TokenStream {
        let shape = api.shape(name);
        if shape.min.is_none() && shape.max.is_none() {
            return quote!(Length::ANY);
        }
        let min = Literal::u32_unsuffixed(shape.min.unwrap_or(0));
        let max = shape.max.map_or(quote!(usize::MAX), |max| {
            let max = Literal::u32_unsuffixed(max);
            quote!(#max)
        });
        quote!(Length { min: #min, max: #max })
    }

    /// What is asked of a text, as a constant named after its shape.
    fn text(&mut self, api: &Api, name: &str) -> anyhow::Result<TokenStream> {
        let constant = snake(name).to_uppercase();
        let own = ident(&constant);
        if !self.constants.contains_key(&constant) {
            let length = self.length(api, name);
            let mut added = api.overlay.pattern.iter();
            let added = added
                .find(|line| line.shape == name)
                .map(|line| &line.pattern);
            let expression = api.shape(name).pattern.as_ref().or(added);
            let pattern = expression.map(|text| pattern(text)).transpose()?;
            let pattern = match pattern {
                Some(pattern) => quote!(Some(&#pattern)),
                None => quote!(None),
            };
            let value = quote!(const #own: Text = Text { length: #length, pattern: #pattern };);
            self.constants.insert(constant, value);
        }
        Ok(quote!(&#own))
    }

    /// The values of an enum as an error prints them, as a constant.
    fn set(&mut self, api: &Api, name: &str) -> TokenStream {
        let constant = format!("{}_SET", snake(name).to_uppercase());
        let own = ident(&constant);
        let text = format!("[{}]", api.printed_values(name).join(", "));
        let value = quote!(const #own: &str = #text;);
        self.constants.insert(constant, value);
        quote!(#own)
    }
}

fn structure(api: &Api, name: &str, rules: &mut Rules) -> anyhow::Result<TokenStream> {
    let (own, function) = (ident(name), ident(&reader_name(name)));
    let members = api.members(name);
    let names: Vec<_> = members.iter().map(|member| member.name).collect();
    let fields: Vec<_> = members.iter().map(Member::field).collect();
    let found: Vec<_> = fields
        .iter()
        .map(|field| ident(&format!("{field}_json")))
        .collect();
    let mut reads = Vec::new();
    for (member, (field, json)) in members.iter().zip(fields.iter().zip(&found)) {
        let place = path(member.name);
        let reader = reader(api, member, rules)?;
        // Secrets of AWS's own model are absent in other words than those of the overlay.
        let required = ident(if api.shape(member.shape).sensitive {
            "required_sensitive"
        } else {
            "required"
        });
        if let Some(line) = member.required_unless {
            let function = ident(&line.function);
            let given = line
                .given
                .iter()
                .map(|name| ident(&format!("{}_json", snake(name))));
            reads.push(quote! {
                let #field = if #function(#(#given),*) {
                    at.optional(#place, #json, #reader)?
                } else {
                    at.#required(#place, #json, #reader)?
                };
            });
        } else if member.required {
            reads.push(quote!(let #field = at.#required(#place, #json, #reader)?;));
        } else {
            reads.push(quote!(let #field = at.optional(#place, #json, #reader)?;));
        }
    }
    let required: BTreeSet<_> = members
        .iter()
        .filter(|member| member.required)
        .map(Member::field)
        .collect();
    let present = (!required.is_empty()).then(|| {
        let required: Vec<_> = required.iter().collect();
        let (pattern, value) = match required[..] {
            [one] => (quote!(Some(#one)), quote!(#one)),
            _ => (quote!((#(Some(#required)),*)), quote!((#(#required),*))),
        };
        quote!(let #pattern = #value else { return Ok(None); };)
    });
    Ok(quote! {
        fn #function(
            json: Json<'_>,
            place: Place<'_>,
            violations: &mut Violations,
        ) -> Result<Option<#own>, Fault> {
            let [#(#found),*] = members(json, &[#(#names),*])?;
            let mut at = Structure { place, violations };
            #(#reads)*
            #present
            Ok(Some(#own { #(#fields),* }))
        }
    })
}

/// The name of the function that reads a shape.
fn reader_name(shape: &str) -> String {
    format!("read_{}", snake(shape))
}

/// The function that reads a member.
fn reader(api: &Api, member: &Member<'_>, rules: &mut Rules) -> anyhow::Result<TokenStream> {
    let name = member.shape;
    let shape = api.shape(name);
    let secret = member.secret || api.is_secret(name);
    let mut reader = reader_name(name);
    let read = match shape.kind {
        Kind::Boolean => return Ok(quote!(boolean)),
        Kind::Timestamp => return Ok(quote!(timestamp)),
        Kind::Structure => {
            let function = ident(&reader);
            return Ok(quote!(#function));
        }
        Kind::Map => {
            ensure!(
                api.newtype(name).is_some(),
                "map {name} has no type of ours"
            );
            return Ok(quote!(context));
        }
        Kind::Integer => {
            let literal = |limit: u32| Literal::u32_unsuffixed(limit);
            let (min, max) = (shape.min.map(literal), shape.max.map(literal));
            let min = min.map_or(quote!(i32::MIN), |min| quote!(#min));
            let max = max.map_or(quote!(i32::MAX), |max| quote!(#max));
            quote!(integer(value, (#min, #max), place, violations))
        }
        Kind::Blob => {
            let length = rules.length(api, name);
            if secret && !shape.sensitive {
                reader.push_str("_as_secret");
            }
            let function = ident(if secret { "secret_blob" } else { "blob" });
            quote!(#function(value, &#length, place, violations))
        }
        Kind::String if !shape.values.is_empty() => {
            let own = ident(name);
            let set = rules.set(api, member.printed_set.unwrap_or(name));
            if let Some(other) = member.printed_set {
                reader = format!("{reader}_as_{}", snake(other));
            }
            quote!(enumeration(value, #own::parse, #set, place, violations))
        }
        Kind::String => {
            let rule = rules.text(api, name)?;
            if secret {
                let own = api.rust_type(name);
                quote!(secret_text(value, #rule, #own::new, place, violations))
            } else {
                quote!(text(value, #rule, place, violations))
            }
        }
        Kind::List => list(api, name, rules)?,
    };
    let function = ident(&reader);
    let value = api.member_type(member);
    rules.readers.entry(reader).or_insert_with(|| {
        quote! {
            fn #function(
                value: Json<'_>,
                place: Place<'_>,
                violations: &mut Violations,
            ) -> Result<Option<#value>, Fault> {
                #read
            }
        }
    });
    Ok(quote!(#function))
}

fn list(api: &Api, name: &str, rules: &mut Rules) -> anyhow::Result<TokenStream> {
    let length = rules.length(api, name);
    let element = api.element(name);
    let shape = api.shape(element);
    Ok(match shape.kind {
        Kind::Structure => {
            let function = ident(&reader_name(element));
            quote!(structures(value, &#length, place, violations, #function))
        }
        Kind::String if !shape.values.is_empty() => {
            let (own, set) = (ident(element), rules.set(api, element));
            quote!(enumerations(value, &#length, #own::parse, #set, place, violations))
        }
        Kind::String => {
            let rule = rules.text(api, element)?;
            if api.is_secret(element) {
                let own = api.rust_type(element);
                quote!(secret_texts(value, &#length, #rule, #own::new, place, violations))
            } else {
                quote!(texts(value, &#length, #rule, place, violations))
            }
        }
        other => bail!("list {name} of {other:?} in a request"),
    })
}
