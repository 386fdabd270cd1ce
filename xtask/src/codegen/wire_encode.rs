//! Writes `server/src/wire/generated/encode.rs`: an encoder for each structure of a response.

use anyhow::ensure;
use proc_macro2::{Ident, TokenStream};
use quote::quote;

use super::{
    api::{Api, Member},
    model::Kind,
    names::{ident, snake},
};

pub(crate) fn generate(api: &Api) -> anyhow::Result<TokenStream> {
    let outputs = api
        .operations()
        .filter_map(|(_, operation)| operation.output.as_ref());
    let structures = api.reachable(outputs.map(|output| output.shape.as_str()));
    let with_body = api.operations().filter_map(|(name, operation)| {
        let output = operation.output.as_ref()?;
        let (variant, write) = (ident(name), writer(&output.shape));
        Some(quote!(Output::#variant(response) => #write(&mut body, response)))
    });
    let without = api
        .operations()
        .filter(|(_, operation)| operation.output.is_none());
    let without = without.map(|(name, _)| ident(name));
    let mut writers = Vec::new();
    for name in &structures {
        writers.push(structure(api, name)?);
    }
    Ok(quote! {
        //! Encoders: from an output to the body of the answer.

        use strongroom_model::{operations::Output, shapes::*};

        use super::super::encode::{Body, SecretBody};

        /// Writes the body of the answer, in a buffer that is wiped. Absent members are left
        /// out. An operation without an output shape has an empty body.
        #[must_use]
        pub fn encode(output: &Output) -> SecretBody {
            let mut body = Body::new();
            match output {
                #(#with_body,)*
                #(Output::#without)|* => {}
            }
            body.finish()
        }

        #(#writers)*
    })
}

fn structure(api: &Api, name: &str) -> anyhow::Result<TokenStream> {
    let (own, function) = (ident(name), writer(name));
    let members = api.members(name);
    let mut writes = Vec::new();
    for member in &members {
        let (field, text) = (member.field(), member.name);
        if member.required {
            let write = member_write(api, member, &Expression::field(&field))?;
            writes.push(quote!(body.member(#text); #write;));
        } else {
            let write = member_write(api, member, &Expression::borrowed(&field))?;
            writes.push(quote! {
                if let Some(#field) = &value.#field {
                    body.member(#text);
                    #write;
                }
            });
        }
    }
    let value = ident(if members.is_empty() { "_" } else { "value" });
    Ok(quote! {
        fn #function(body: &mut Body, #value: &#own) {
            body.open(b'{');
            #(#writes)*
            body.close(b'}');
        }
    })
}

/// The name of a structure's encoder.
fn writer(structure: &str) -> Ident {
    ident(&format!("write_{}", snake(structure)))
}

/// A value that is to be written.
struct Expression {
    /// A reference to it.
    reference: TokenStream,
    /// What its methods are called on.
    receiver: TokenStream,
    /// The value itself, when it is `Copy`.
    copy: TokenStream,
}

impl Expression {
    fn field(name: &Ident) -> Self {
        Self {
            reference: quote!(&value.#name),
            receiver: quote!(value.#name),
            copy: quote!(value.#name),
        }
    }

    fn borrowed(name: &Ident) -> Self {
        Self {
            reference: quote!(#name),
            receiver: quote!(#name),
            copy: quote!(*#name),
        }
    }
}

fn member_write(api: &Api, member: &Member<'_>, value: &Expression) -> anyhow::Result<TokenStream> {
    if member.secret {
        let reference = &value.reference;
        return Ok(quote!(body.secret_blob(#reference)));
    }
    write(api, member.shape, value)
}

fn write(api: &Api, name: &str, value: &Expression) -> anyhow::Result<TokenStream> {
    let shape = api.shape(name);
    let secret = api.is_secret(name);
    let Expression {
        reference,
        receiver,
        copy,
    } = value;
    Ok(match shape.kind {
        Kind::String if secret => quote!(body.text(#receiver.expose())),
        Kind::String if !shape.values.is_empty() => quote!(body.text(#receiver.as_str())),
        Kind::String => quote!(body.text(#reference)),
        Kind::Blob if secret => quote!(body.secret_blob(#reference)),
        Kind::Blob => quote!(body.blob(#reference)),
        Kind::Integer => quote!(body.integer(#copy)),
        Kind::Boolean => quote!(body.boolean(#copy)),
        Kind::Timestamp => quote!(body.timestamp(#copy)),
        Kind::Map => {
            ensure!(
                api.newtype(name).is_some(),
                "map {name} has no type of ours"
            );
            quote!(body.context(#reference))
        }
        Kind::Structure => {
            let function = writer(name);
            quote!(#function(body, #reference))
        }
        Kind::List => {
            let element = api.element(name);
            if api.shape(element).kind == Kind::Structure {
                let function = writer(element);
                quote!(body.list(#reference, #function))
            } else {
                let write = write(api, element, &Expression::borrowed(&ident("element")))?;
                quote!(body.list(#reference, |body, element| #write))
            }
        }
    })
}
