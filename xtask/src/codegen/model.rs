//! The service model as its file has it.

use std::{collections::BTreeMap, fmt, marker::PhantomData};

use anyhow::ensure;
use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor},
};

/// The parts of the service model that the generators read.
#[derive(Deserialize)]
pub(crate) struct ServiceModel {
    pub(crate) operations: Ordered<Operation>,
    pub(crate) shapes: BTreeMap<String, Shape>,
}

impl ServiceModel {
    /// Checks that every reference leads somewhere and that every list has elements.
    pub(crate) fn check(&self) -> anyhow::Result<()> {
        let operations = self.operations.iter().map(|(_, operation)| operation);
        let of_operations = operations.flat_map(|operation| {
            let shapes = operation.output.iter().chain(&operation.errors);
            shapes.chain([&operation.input])
        });
        let of_shapes = self.shapes.values().flat_map(|shape| {
            let members = shape.members.iter().map(|(_, target)| target);
            members.chain(&shape.member)
        });
        for Target { shape } in of_operations.chain(of_shapes) {
            ensure!(
                self.shapes.contains_key(shape),
                "the model lacks shape {shape}"
            );
        }
        for (name, shape) in &self.shapes {
            let has_elements = shape.kind != Kind::List || shape.member.is_some();
            ensure!(has_elements, "list {name} has no element shape");
        }
        Ok(())
    }
}

/// One operation of the service.
#[derive(Deserialize)]
pub(crate) struct Operation {
    pub(crate) input: Target,
    pub(crate) output: Option<Target>,
    #[serde(default)]
    pub(crate) errors: Vec<Target>,
}

/// A shape: a type of the service model with its constraints.
#[derive(Deserialize)]
pub(crate) struct Shape {
    #[serde(rename = "type")]
    pub(crate) kind: Kind,
    #[serde(default)]
    pub(crate) members: Ordered<Target>,
    #[serde(default)]
    pub(crate) required: Vec<String>,
    /// The element of a list.
    pub(crate) member: Option<Target>,
    #[serde(default, rename = "enum")]
    pub(crate) values: Vec<String>,
    pub(crate) min: Option<u32>,
    pub(crate) max: Option<u32>,
    pub(crate) pattern: Option<String>,
    #[serde(default)]
    pub(crate) sensitive: bool,
    #[serde(default)]
    pub(crate) exception: bool,
}

/// What kind of value a shape stands for.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Kind {
    Structure,
    List,
    Map,
    String,
    Blob,
    Integer,
    Boolean,
    Timestamp,
}

/// A reference to a shape.
#[derive(Deserialize)]
pub(crate) struct Target {
    pub(crate) shape: String,
}

/// A JSON object whose order is kept: AWS lists violations in the order of the model.
pub(crate) struct Ordered<T>(Vec<(String, T)>);

impl<T> Ordered<T> {
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &T)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value))
    }

    pub(crate) fn get(&self, name: &str) -> Option<&T> {
        self.iter()
            .find_map(|(key, value)| (key == name).then_some(value))
    }
}

impl<T> Default for Ordered<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Ordered<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Entries<T>(PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for Entries<T> {
            type Value = Ordered<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    entries.push(entry);
                }
                Ok(Ordered(entries))
            }
        }

        deserializer.deserialize_map(Entries(PhantomData))
    }
}
