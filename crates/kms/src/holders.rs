//! Which records hold secrets that a domain key wraps: the one list of them.
//!
//! What is on it is wrapped again when the domain key of its account and Region was rotated, and
//! a version of that key is destroyed once no record on the list refers to it. A record that
//! holds a wrap and is not on the list would be lost then, so a new kind of them begins here.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use strongroom_auth::BoxFuture;
use strongroom_crypto::{DomainKey, KeyMaterial, MaterialId, WrappingKey, wrapping_version};
use strongroom_model::KeyId;
use strongroom_store::StoreError;

use crate::{
    change::Change,
    custody::Versions,
    error::KmsError,
    import,
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
    pub(crate) rewrap: Rewrap,
}

/// Makes the change that has every wrap of a row made anew by the domain key in use, the row
/// given by its name among those of its kind. Nothing when the row is gone.
type Rewrap = for<'a> fn(&'a Service, &'a Home, &'a str) -> Rewrapping<'a>;

type Rewrapping<'a> = BoxFuture<'a, Result<Option<Change>, KmsError>>;

/// Every kind.
pub(crate) const HOLDERS: &[Holder] = &[
    Holder {
        kind: "material",
        wraps: wraps::<MaterialRecord>,
        rewrap: |service, home, name| Box::pin(rewrap_material(service, home, name)),
    },
    Holder {
        kind: "wrapping-key",
        wraps: wraps::<WrappingKeyRecord>,
        rewrap: |service, home, name| Box::pin(rewrap_wrapping_key(service, home, name)),
    },
];

/// A record that holds wraps.
trait Holds: Record {
    /// Each in base64.
    fn wraps(&self) -> Vec<&str>;
}

impl Holds for MaterialRecord {
    fn wraps(&self) -> Vec<&str> {
        self.wrapped.as_deref().into_iter().collect()
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
    let Some(key) = service.shelves().get(&home.key(key_id)).await? else {
        return Err(KmsError::internal(format_args!("{name} belongs to no key")));
    };
    let Some(wrapped) = &stored.record.wrapped else {
        return Ok(None);
    };
    let custody = service.custody();
    let domains = custody.domain(home).await?;
    let (old, wrapped) = opened_by(&domains, name, wrapped)?;
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

async fn rewrap_wrapping_key(
    service: &Service,
    home: &Home,
    name: &str,
) -> Result<Option<Change>, KmsError> {
    let malformed = || KmsError::internal(format_args!("no wrapping key is named {name}"));
    let (key, token_id) = name.split_once('/').ok_or_else(malformed)?;
    let key_id = KeyId::parse(key).map_err(|_| malformed())?;
    let row: RowKey<WrappingKeyRecord> = home.wrapping_keys(key_id).row(token_id);
    let Some(stored) = service.shelves().get(&row).await? else {
        return Ok(None);
    };
    let custody = service.custody();
    let domains = custody.domain(home).await?;
    let (old, wrapped) = opened_by(&domains, name, &stored.record.wrapped)?;
    let binding =
        import::binding_of(home, key_id, token_id, stored.record.spec).ok_or_else(malformed)?;
    let wrapping = WrappingKey::unwrap(old, &binding, &wrapped)?;
    let again = wrapping.wrap(domains.in_use()?, &binding, custody.random())?;
    let record = WrappingKeyRecord {
        wrapped: STANDARD.encode(again),
        ..stored.record.clone()
    };
    let mut change = Change::new();
    change
        .provided(&row, Some(stored.revision))
        .put(&row, &record)?;
    Ok(Some(change))
}

/// The version of the domain key that opens a wrap, and the wrap's bytes.
fn opened_by<'d>(
    domains: &'d Versions<DomainKey>,
    name: &str,
    wrapped: &str,
) -> Result<(&'d DomainKey, Vec<u8>), KmsError> {
    let wrapped = STANDARD.decode(wrapped).map_err(KmsError::internal)?;
    let version = wrapping_version(&wrapped)?;
    let old = domains.get(version).ok_or_else(|| {
        KmsError::internal(format_args!(
            "{name} needs domain key {version}, which is gone"
        ))
    })?;
    Ok((old, wrapped))
}
