//! What a call learns on its way, for its entry.

use std::sync::Arc;

use strongroom_crypto::MaterialId;

use super::{json::Object, recorded::Told, text::hex};
use crate::layout::Home;

/// What a call learns on its way.
#[derive(Debug, Default)]
pub(super) struct Notes {
    pub(super) resources: Vec<Resource>,
    pub(super) grounds: Vec<&'static str>,
    /// The materials that were used, in the order of their use; those of keys that have only one
    /// have no id to tell.
    materials: [Option<MaterialId>; 2],
    materials_used: usize,
    /// What else may be in `additionalEventData`.
    others: Vec<(&'static str, String)>,
    recipient: Option<(String, Option<Vec<u8>>)>,
    /// The recorded members of the response.
    pub(super) told: Option<Vec<u8>>,
    pub(super) replica: Option<Replica>,
}

/// What a resource is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Key,
    Alias,
}

/// A key or an alias that the call touches.
#[derive(Debug)]
pub(super) struct Resource {
    pub(super) kind: Kind,
    pub(super) arn: Arc<str>,
    pub(super) home: Home,
}

/// The key that ReplicateKey made in another Region.
#[derive(Debug)]
pub(super) struct Replica {
    pub(super) resource: Resource,
    /// The recorded members of the response that CreateKey would have given.
    pub(super) told: Vec<u8>,
}

impl Notes {
    pub(super) fn touch(&mut self, kind: Kind, arn: &Arc<str>, home: &Home) {
        if self.resources.iter().all(|known| known.arn != *arn) {
            // Nearly every call touches one.
            self.resources.reserve_exact(1);
            self.resources.push(Resource {
                kind,
                arn: Arc::clone(arn),
                home: home.clone(),
            });
        }
    }

    pub(super) fn used(&mut self, material: Option<MaterialId>) {
        if let Some(place) = self.materials.get_mut(self.materials_used) {
            *place = material;
            self.materials_used += 1;
        }
    }

    pub(super) fn add(&mut self, name: &'static str, value: String) {
        self.others.retain(|(known, _)| *known != name);
        self.others.push((name, value));
    }

    pub(super) fn hand_to(&mut self, module_id: &str, image_digest: Option<&[u8]>) {
        self.recipient = Some((module_id.to_owned(), image_digest.map(<[u8]>::to_vec)));
    }

    pub(super) fn tell(&mut self, response: &impl Told) {
        self.told = Some(members_of(response, self.changed_key()));
    }

    /// The ARN of the first key: what the request named.
    pub(super) fn named_key(&self) -> Option<&str> {
        self.keys().next().map(|key| &*key.arn)
    }

    /// The ARN of the last key: what a change is about, after everything that led to it.
    pub(super) fn changed_key(&self) -> Option<&str> {
        self.keys().next_back().map(|key| &*key.arn)
    }

    fn keys(&self) -> impl DoubleEndedIterator<Item = &Resource> {
        let resources = self.resources.iter();
        resources.filter(|resource| resource.kind == Kind::Key)
    }

    /// Whether there is anything of what an operation may have in `additionalEventData`.
    pub(super) fn has_any(&self, wanted: &[&str]) -> bool {
        wanted.iter().any(|name| match *name {
            RECIPIENT => self.recipient.is_some(),
            name => self.material(name).is_some() || self.other(name).is_some(),
        })
    }

    /// Writes what an operation may have in `additionalEventData`; the names are sorted.
    pub(super) fn write_all(&self, wanted: &[&str], out: &mut Object) {
        for name in wanted {
            if *name == RECIPIENT {
                if let Some((module_id, image_digest)) = &self.recipient {
                    out.object(name, |out| {
                        write_recipient(out, module_id, image_digest.as_deref())
                    });
                }
            } else if let Some(material) = self.material(name) {
                out.digest(name, material.as_bytes());
            } else if let Some(text) = self.other(name) {
                out.text(name, text);
            }
        }
    }

    fn material(&self, name: &str) -> Option<&MaterialId> {
        let [first, second] = &self.materials;
        match name {
            "keyMaterialId" | "sourceKeyMaterialId" => first.as_ref(),
            "destinationKeyMaterialId" => second.as_ref(),
            _ => None,
        }
    }

    fn other(&self, name: &str) -> Option<&str> {
        let mut others = self.others.iter();
        let found = others.find(|(known, _)| *known == name)?;
        Some(&found.1)
    }
}

const RECIPIENT: &str = "recipient";

/// An attested enclave: which it is and what runs in it, and nothing else of its document.
fn write_recipient(out: &mut Object, module_id: &str, image_digest: Option<&[u8]>) {
    if let Some(digest) = image_digest {
        out.word("attestationDocumentEnclaveImageDigest", &hex(digest));
    }
    out.text("attestationDocumentModuleId", module_id);
}

/// The recorded members of a response.
pub(super) fn members_of(response: &impl Told, key: Option<&str>) -> Vec<u8> {
    let mut out = Object::part();
    response.write(&mut out, key);
    out.into_members()
}
