//! Which records hold secrets that a domain key wraps: the one list of them.
//!
//! What is on it is wrapped again when the domain key of its account and Region was rotated, and
//! a version of that key is destroyed once no record on the list refers to it. A record that
//! holds a wrap and is not on the list would be lost then, so a new kind of them begins here.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use strongroom_crypto::{KeyMaterial, MaterialId, wrapping_version};
use strongroom_model::KeyId;
use strongroom_store::{BoxFuture, StoreError};

use crate::{
    change::Change,
    error::KmsError,
    layout::{Home, RowKey, Scope},
    material::binding_of,
    record::{MaterialRecord, Record, WrappingKeyRecord},
    service::Service,
};

/// A kind of record that holds wraps.
pub(crate) struct Holder {
    /// The kind in the row's key: `region/<account>/<Region>/<kind>/…`.
    pub(crate) kind: &'static str,
    /// The wraps in a record's JSON, each in base64.
    wraps: fn(&[u8]) -> Result<Vec<String>, serde_json::Error>,
    /// How the wraps of a row are made anew. Absent where no row lasts for long: the version
    /// under it waits until the row is gone.
    pub(crate) rewrap: Option<Rewrap>,
}

/// Makes the change that has every wrap of a row made anew by the domain key in use, the row
/// given by its name among those of its kind. Nothing when the row is gone.
pub(crate) type Rewrap = for<'a> fn(&'a Service, &'a Home, &'a str) -> Rewrapping<'a>;

type Rewrapping<'a> = BoxFuture<'a, Result<Option<Change>, KmsError>>;

/// Every kind.
pub(crate) const HOLDERS: &[Holder] = &[
    Holder {
        kind: "material",
        wraps: wraps::<MaterialRecord>,
        rewrap: Some(|service, home, name| Box::pin(rewrap_material(service, home, name))),
    },
    // Gone after 24 hours. What it is bound to stands in the token that its owner has.
    Holder {
        kind: "wrapping-key",
        wraps: wraps::<WrappingKeyRecord>,
        rewrap: None,
    },
];

/// A record that holds wraps.
trait Holds: Record {
    /// Each in base64.
    fn wraps(&self) -> Vec<&str>;
}

impl Holds for MaterialRecord {
    fn wraps(&self) -> Vec<&str> {
        self.wrapped.iter().map(String::as_str).collect()
    }
}

impl Holds for WrappingKeyRecord {
    fn wraps(&self) -> Vec<&str> {
        vec![&self.wrapped]
    }
}

/// The kind of holder that a row is, if it is one, and the home whose domain key it is wrapped
/// under.
pub(crate) fn of(row_key: &str) -> Option<(Home, &'static Holder)> {
    let kind = row_key.strip_prefix("region/")?.split('/').nth(2)?;
    let holder = HOLDERS.iter().find(|holder| holder.kind == kind)?;
    match Scope::of(row_key)? {
        Scope::Home(home) => Some((home, holder)),
        Scope::Installation => None,
    }
}

impl Holder {
    /// The versions of the domain key that a record refers to.
    pub(crate) fn versions(&self, row_key: &str, payload: &[u8]) -> Result<Vec<u32>, KmsError> {
        let corrupt = |what: &dyn std::fmt::Display| {
            KmsError::from(StoreError::corrupt(row_key.as_bytes(), what))
        };
        let wraps = (self.wraps)(payload).map_err(|error| corrupt(&error))?;
        let version = |wrap: &String| {
            let wrap = STANDARD.decode(wrap).map_err(|error| corrupt(&error))?;
            wrapping_version(&wrap).map_err(|error| corrupt(&error))
        };
        wraps.iter().map(version).collect()
    }
}

fn wraps<R: Holds>(payload: &[u8]) -> Result<Vec<String>, serde_json::Error> {
    let record: R = serde_json::from_slice(payload)?;
    Ok(record.wraps().into_iter().map(str::to_owned).collect())
}

async fn rewrap_material(
    service: &Service,
    home: &Home,
    name: &str,
) -> Result<Option<Change>, KmsError> {
    let malformed = || KmsError::internal(format_args!("no material is named {name}"));
    let (key, material) = name.split_once('/').ok_or_else(malformed)?;
    let key_id = KeyId::parse(key).map_err(|_| malformed())?;
    let id = MaterialId::parse(material).ok_or_else(malformed)?;
    let row: RowKey<MaterialRecord> = home.materials(key_id).row(material);
    let Some(stored) = service.shelves().get(&row).await? else {
        return Ok(None);
    };
    let Some(wrapped) = &stored.record.wrapped else {
        return Ok(None);
    };
    let Some(key) = service.shelves().get(&home.key(key_id)).await? else {
        return Err(KmsError::internal(format_args!("{name} belongs to no key")));
    };
    let custody = service.custody();
    let domains = custody.domain(home).await?;
    let wrapped = STANDARD.decode(wrapped).map_err(KmsError::internal)?;
    let version = wrapping_version(&wrapped)?;
    let old = domains.get(version).ok_or_else(|| {
        KmsError::internal(format_args!(
            "{name} needs domain key {version}, which is gone"
        ))
    })?;
    let binding = binding_of(home, key_id, &key.record, id, stored.record.sequence);
    let material = KeyMaterial::unwrap(old, &binding, &wrapped)?;
    let again = material.wrap(domains.in_use()?, &binding, custody.random())?;
    let record = MaterialRecord {
        wrapped: Some(STANDARD.encode(again)),
        ..stored.record.clone()
    };
    let mut change = Change::new();
    change
        .provided(&row, Some(stored.revision))
        .put(&row, &record)?;
    Ok(Some(change))
}
