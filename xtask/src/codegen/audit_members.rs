//! Writes `kms/src/audit/generated/members.rs`: the writers of what entries record.
//!
//! A member has a writer if `model/recorded.toml` lists it. There is none for blobs and secrets.

use anyhow::{Context as _, ensure};
use proc_macro2::{Ident, Literal, TokenStream};
use quote::quote;

use super::{
    api::{Api, Member, variant_ident},
    model::Kind,
    names::{ident, path, snake},
    recorded::{OperationRow, StructureRow},
};

pub(crate) fn generate(api: &Api) -> anyhow::Result<TokenStream> {
    let mut rows = Vec::new();
    let mut requests = Vec::new();
    let mut responses = Vec::new();
    for (name, operation) in api.operations() {
        let row = api.recorded.operation.get(name);
        let row = row.with_context(|| format!("{name} has no row"))?;
        let variant = ident(name);
        rows.push(row_of(&variant, row));
        let writes = request_writes(api, &operation.input.shape, row)?;
        requests.push(quote!(Input::#variant(value) => { #(#writes)* }));
        if let Some(output) = operation
            .output
            .as_ref()
            .filter(|_| !row.response.is_empty())
        {
            responses.push(response(api, &output.shape, row)?);
        }
    }
    let mut structures = Vec::new();
    for (name, row) in &api.recorded.structure {
        structures.push(structure(api, name, row)?);
    }
    Ok(quote! {
        //! What the entry of each operation records, and nothing else: members that no list in
        //! `model/recorded.toml` names have no writer.

        use strongroom_model::{
            enums::EncryptionAlgorithmSpec,
            operations::{Input, Operation},
            shapes::*,
        };

        use super::super::{
            json::Object,
            recorded::{Answer, Row, Told},
            secret::public_half,
        };

        /// What the entry of an operation records, by the names that it has there.
        pub(crate) fn row(operation: Operation) -> &'static Row {
            match operation {
                #(#rows)*
            }
        }

        /// Writes the recorded members of a request. `key` is the ARN of the key that it was
        /// found to name.
        pub(crate) fn write_request(out: &mut Object, input: &Input, key: Option<&str>) {
            match input {
                #(#requests)*
            }
        }

        #(#responses)*

        #(#structures)*
    })
}

fn row_of(variant: &Ident, row: &OperationRow) -> TokenStream {
    let mut request: Vec<_> = row.request.iter().map(|member| row.name(member)).collect();
    request.sort();
    let answer = match (row.response.is_empty(), row.key_id) {
        (true, false) => quote!(Answer::Null),
        (true, true) => quote!(Answer::KeyId),
        (false, _) => {
            let names = response_names(row);
            quote!(Answer::Members(&[#(#names),*]))
        }
    };
    let additional = &row.additional;
    quote! {
        Operation::#variant => const {
            &Row {
                request: &[#(#request),*],
                answer: #answer,
                additional: &[#(#additional),*],
            }
        },
    }
}

fn response_names(row: &OperationRow) -> Vec<String> {
    let own = row.key_id.then(|| "keyId".to_owned());
    let mut names: Vec<_> = row
        .response
        .iter()
        .map(|name| path(name))
        .chain(own)
        .collect();
    names.sort();
    names
}

/// The writers of a request's members, in the order in which the names sort.
fn request_writes(api: &Api, shape: &str, row: &OperationRow) -> anyhow::Result<Vec<TokenStream>> {
    let mut writes = Vec::new();
    for member in api.members(shape) {
        if !row.request.iter().any(|name| name == member.name) {
            continue;
        }
        let name = row.name(member.name);
        let field = member.field();
        let write = if let Some(default) = row.default.get(member.name) {
            ensure!(!member.required, "{} is always sent", member.name);
            let (own, value) = (ident(member.shape), variant_ident(default));
            quote! { out.word(#name, value.#field.unwrap_or(#own::#value).as_str()); }
        } else if row.resolved.iter().any(|name| name == member.name) {
            quote! {
                if let Some(key) = key.or(value.#field.as_deref()) {
                    out.text(#name, key);
                }
            }
        } else if row.filled_in.iter().any(|name| name == member.name) {
            quote! {
                if let Some(key) = value.#field.as_deref().or(key) {
                    out.text(#name, key);
                }
            }
        } else {
            member_write(api, &member, &name)?
        };
        writes.push((name, write));
    }
    writes.sort_by(|(a, _), (b, _)| a.cmp(b));
    Ok(writes.into_iter().map(|(_, write)| write).collect())
}

fn response(api: &Api, shape: &str, row: &OperationRow) -> anyhow::Result<TokenStream> {
    let mut writes = Vec::new();
    for member in api.members(shape) {
        if row.response.iter().any(|name| name == member.name) {
            let name = path(member.name);
            let write = member_write(api, &member, &name)?;
            writes.push((name, write));
        }
    }
    let key = ident(if row.key_id { "key" } else { "_key" });
    if row.key_id {
        let write = quote! {
            if let Some(key) = key {
                out.text("keyId", key);
            }
        };
        writes.push(("keyId".to_owned(), write));
    }
    writes.sort_by(|(a, _), (b, _)| a.cmp(b));
    let writes = writes.into_iter().map(|(_, write)| write);
    let own = ident(shape);
    Ok(quote! {
        impl Told for #own {
            fn write(&self, out: &mut Object, #key: Option<&str>) {
                let value = self;
                #(#writes)*
            }
        }
    })
}

fn structure(api: &Api, name: &str, row: &StructureRow) -> anyhow::Result<TokenStream> {
    let mut writes = Vec::new();
    for member in api.members(name) {
        if !row.recorded.iter().any(|name| name == member.name) {
            continue;
        }
        let told = path(member.name);
        let write = if row.public.contains_key(member.name) {
            ensure!(member.required, "a public member is required so far");
            let field = member.field();
            quote! { out.text(#told, public_half(&value.#field)); }
        } else {
            member_write(api, &member, &told)?
        };
        writes.push((told, write));
    }
    writes.sort_by(|(a, _), (b, _)| a.cmp(b));
    let writes = writes.into_iter().map(|(_, write)| write);
    let (own, function) = (ident(name), writer(name));
    Ok(quote! {
        fn #function(out: &mut Object, value: &#own) {
            #(#writes)*
        }
    })
}

fn writer(structure: &str) -> Ident {
    ident(&format!("write_{}", snake(structure)))
}

fn member_write(api: &Api, member: &Member<'_>, name: &str) -> anyhow::Result<TokenStream> {
    let field = member.field();
    let shape = api.shape(member.shape);
    let name = Literal::string(name);
    let place = member.name;
    ensure!(
        !member.secret && !api.is_secret(member.shape),
        "{place} is a secret"
    );
    let write = |reference: TokenStream, copy: TokenStream| -> anyhow::Result<TokenStream> {
        Ok(match shape.kind {
            Kind::String if !shape.values.is_empty() => quote!(out.word(#name, #copy.as_str());),
            Kind::String => quote!(out.text(#name, #reference);),
            Kind::Integer => quote!(out.integer(#name, #copy);),
            Kind::Boolean => quote!(out.boolean(#name, #copy);),
            Kind::Timestamp => quote!(out.date(#name, #copy);),
            Kind::Map => quote!(out.context(#name, #reference);),
            Kind::Structure => {
                let function = writer(member.shape);
                quote!(out.object(#name, |out| #function(out, #reference));)
            }
            Kind::List => {
                let element = api.shape(api.element(member.shape));
                match element.kind {
                    Kind::Structure => {
                        let function = writer(api.element(member.shape));
                        quote!(out.list(#name, #reference, #function);)
                    }
                    Kind::String if !element.values.is_empty() => {
                        quote!(out.words(#name, #reference, |word| word.as_str());)
                    }
                    Kind::String => quote!(out.words(#name, #reference, |word| word);),
                    _ => anyhow::bail!("{place} is a list of something without a writer"),
                }
            }
            Kind::Blob => anyhow::bail!("{place} is a blob"),
        })
    };
    if member.required {
        write(quote!(&value.#field), quote!(value.#field))
    } else {
        let write = write(quote!(#field), quote!(#field))?;
        let copied = matches!(shape.kind, Kind::Integer | Kind::Boolean | Kind::Timestamp)
            || !shape.values.is_empty();
        let source = if copied {
            quote!(value.#field)
        } else {
            quote!(&value.#field)
        };
        Ok(quote! {
            if let Some(#field) = #source {
                #write
            }
        })
    }
}
