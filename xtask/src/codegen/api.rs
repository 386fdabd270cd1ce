//! The service model and the overlay read together: what every generator asks.

use std::collections::BTreeSet;

use anyhow::Context as _;
use proc_macro2::{Ident, TokenStream};
use quote::quote;

use super::{
    model::{Kind, Operation, ServiceModel, Shape},
    names::{ident, snake, variant},
    overlay::{Newtype, Overlay, RequiredUnless},
    recorded::Recorded,
};

/// The service as Strongroom speaks it.
pub(crate) struct Api {
    pub(crate) model: ServiceModel,
    pub(crate) overlay: Overlay,
    pub(crate) recorded: Recorded,
}

/// A member of a structure, with all that is known about it.
pub(crate) struct Member<'a> {
    pub(crate) name: &'a str,
    pub(crate) shape: &'a str,
    pub(crate) required: bool,
    /// Whether the overlay makes this one member secret.
    pub(crate) secret: bool,
    pub(crate) required_unless: Option<&'a RequiredUnless>,
    /// The enum whose values an error prints, when it is not the member's own.
    pub(crate) printed_set: Option<&'a str>,
}

impl Member<'_> {
    /// The field of the Rust structure.
    pub(crate) fn field(&self) -> Ident {
        ident(&snake(self.name))
    }
}

impl Api {
    /// Reads the three files.
    pub(crate) fn parse(model: &str, overlay: &str, recorded: &str) -> anyhow::Result<Self> {
        let model: ServiceModel = serde_json::from_str(model).context("the service model")?;
        let overlay: Overlay = toml::from_str(overlay).context("the overlay")?;
        overlay.check(&model)?;
        model.check()?;
        let recorded = toml::from_str(recorded).context("what entries record")?;
        let api = Self {
            model,
            overlay,
            recorded,
        };
        api.recorded.check(&api)?;
        Ok(api)
    }

    pub(crate) fn operations(&self) -> impl Iterator<Item = (&str, &Operation)> {
        self.model.operations.iter()
    }

    #[expect(clippy::expect_used, reason = "parse has checked every reference")]
    pub(crate) fn shape(&self, name: &str) -> &Shape {
        let shape = self.model.shapes.get(name);
        shape.expect("a shape of the model")
    }

    /// The names of all structures that are not exceptions.
    pub(crate) fn structures(&self) -> Vec<&str> {
        self.shapes_where(|shape| shape.kind == Kind::Structure && !shape.exception)
    }

    /// The names of all enums.
    pub(crate) fn enums(&self) -> Vec<&str> {
        self.shapes_where(|shape| !shape.values.is_empty())
    }

    /// The names of the modelled exceptions.
    pub(crate) fn exceptions(&self) -> Vec<&str> {
        self.shapes_where(|shape| shape.exception)
    }

    fn shapes_where(&self, wanted: impl Fn(&Shape) -> bool) -> Vec<&str> {
        let shapes = self.model.shapes.iter();
        shapes
            .filter(|(_, shape)| wanted(shape))
            .map(|(name, _)| name.as_str())
            .collect()
    }

    /// The structures that requests are made of, or those that responses are made of.
    pub(crate) fn reachable<'a>(
        &'a self,
        roots: impl Iterator<Item = &'a str>,
    ) -> BTreeSet<&'a str> {
        let mut found = BTreeSet::new();
        let mut open: Vec<&str> = roots.collect();
        while let Some(name) = open.pop() {
            let shape = self.shape(name);
            if shape.kind == Kind::Structure && !found.insert(name) {
                continue;
            }
            open.extend(self.members(name).iter().map(|member| member.shape));
            open.extend(shape.member.iter().map(|target| target.shape.as_str()));
        }
        found
    }

    /// The members of a structure, in the order of the model.
    pub(crate) fn members<'a>(&'a self, structure: &'a str) -> Vec<Member<'a>> {
        let shape = self.shape(structure);
        let overlay = &self.overlay;
        let members = shape.members.iter().map(|(name, target)| {
            let here = |s: &str, m: &str| s == structure && m == name;
            let mut others = overlay.member_shape.iter();
            let other = others.find(|line| here(&line.structure, &line.member));
            let mut secrets = overlay.secret_member.iter();
            let mut unless = overlay.required_unless.iter();
            let mut printed = overlay.printed_set.iter();
            Member {
                name,
                shape: other.map_or(&target.shape, |line| &line.shape),
                required: shape.required.iter().any(|required| required == name),
                secret: secrets.any(|line| here(&line.structure, &line.member)),
                required_unless: unless.find(|line| here(&line.structure, &line.member)),
                printed_set: printed
                    .find(|line| here(&line.structure, &line.member))
                    .map(|line| line.shape.as_str()),
            }
        });
        members.collect()
    }

    /// Our own type for a shape, if it has one.
    pub(crate) fn newtype(&self, shape: &str) -> Option<&Newtype> {
        self.overlay.newtype.iter().find(|line| line.shape == shape)
    }

    /// The Rust type of a member, without the `Option` of an optional one.
    pub(crate) fn member_type(&self, member: &Member<'_>) -> TokenStream {
        match member.shape {
            _ if member.secret => quote!(Plaintext),
            // Larger than all else that an answer may have together, which every call would
            // have to carry room for.
            "KeyMetadata" => quote!(Box<KeyMetadata>),
            shape => self.rust_type(shape),
        }
    }

    /// The Rust type of a shape.
    pub(crate) fn rust_type(&self, name: &str) -> TokenStream {
        let shape = self.shape(name);
        if let Some(newtype) = self.newtype(name) {
            let own = ident(&newtype.rust);
            return quote!(#own);
        }
        match shape.kind {
            Kind::String if !shape.values.is_empty() => {
                let own = ident(name);
                quote!(#own)
            }
            Kind::String if shape.sensitive => quote!(SecretText),
            Kind::String => quote!(String),
            Kind::Blob if shape.sensitive => quote!(Plaintext),
            Kind::Blob => quote!(Vec<u8>),
            Kind::Integer => quote!(i32),
            Kind::Boolean => quote!(bool),
            Kind::Timestamp => quote!(Timestamp),
            Kind::Map => quote!(BTreeMap<String, String>),
            Kind::List => {
                let element = self.rust_type(self.element(name));
                quote!(Vec<#element>)
            }
            Kind::Structure => {
                let own = ident(name);
                quote!(#own)
            }
        }
    }

    /// The shape of a list's elements.
    #[expect(
        clippy::expect_used,
        reason = "parse has checked that lists have elements"
    )]
    pub(crate) fn element(&self, list: &str) -> &str {
        let element = self.shape(list).member.as_ref();
        &element.expect("a list has an element shape").shape
    }

    /// Whether a value of the shape is a secret in itself.
    pub(crate) fn is_secret(&self, name: &str) -> bool {
        let shape = self.shape(name);
        shape.sensitive || self.newtype(name).is_some_and(|newtype| newtype.secret)
    }

    /// Whether a secret is anywhere inside the shape.
    pub(crate) fn holds_secret(&self, name: &str) -> bool {
        let shape = self.shape(name);
        self.is_secret(name)
            || match shape.kind {
                Kind::List => self.holds_secret(self.element(name)),
                Kind::Structure => {
                    let members = self.members(name);
                    let mut members = members.iter();
                    members.any(|member| member.secret || self.holds_secret(member.shape))
                }
                _ => false,
            }
    }

    /// The values of an enum in the order in which errors print them.
    pub(crate) fn printed_values(&self, name: &str) -> Vec<&str> {
        let modelled = self.shape(name).values.iter().map(String::as_str);
        let mut orders = self.overlay.enum_order.iter();
        let Some(line) = orders.find(|line| line.shape == name) else {
            return modelled.collect();
        };
        let first: Vec<&str> = line.order.iter().map(String::as_str).collect();
        let rest = modelled.filter(|value| !first.contains(value));
        first.iter().copied().chain(rest).collect()
    }

    /// All values of an enum, those that only the overlay knows last.
    pub(crate) fn values(&self, name: &str) -> Vec<&str> {
        let modelled = self.shape(name).values.iter().map(String::as_str);
        let accepted = self.overlay.accepted_value.iter();
        let accepted = accepted.filter(|line| line.shape == name);
        modelled
            .chain(accepted.map(|line| line.value.as_str()))
            .collect()
    }

    /// All errors with their status, sorted by name.
    pub(crate) fn errors(&self) -> Vec<(&str, u16)> {
        let lines = self.overlay.error.iter();
        let mut errors: Vec<(&str, u16)> = lines
            .map(|line| (line.name.as_str(), line.status))
            .collect();
        for name in self.exceptions() {
            if !errors.iter().any(|(known, _)| *known == name) {
                errors.push((name, 400));
            }
        }
        errors.sort_unstable();
        errors
    }
}

/// The variant of an enum value.
pub(crate) fn variant_ident(value: &str) -> Ident {
    ident(&variant(value))
}
