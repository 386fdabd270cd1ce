//! The service: what each operation of AWS KMS does.
//!
//! A request comes in decoded, with its caller known and its audit entry open; it leaves as a
//! [`Reply`], which only a closed entry can make. In between it walks through three gates whose
//! order is AWS's: *find*, *permit*, *usable* (see `call`). Everything that decides is a type or
//! a table row: [`uses`] says what each operation may do to a key in each state, `change` holds
//! the rules that bind several resources, `error` holds AWS's sentences.
//!
//! Nothing here knows HTTP, a back end's name or a cipher.

mod addressee;
mod aside;
mod at_hand;
mod audit;
mod call;
mod change;
mod credentials;
mod custody;
mod domains;
mod each_thread;
mod error;
mod holders;
pub mod identities;
mod import;
pub mod installation;
mod keeper;
mod key_stores;
mod last_use;
mod layout;
mod managed;
mod material;
mod material_set;
mod multi_region;
mod new_key;
mod notary;
mod operations;
mod overdue;
mod paging;
mod patience;
pub mod permission;
mod queue;
mod rates;
mod record;
mod rotation;
mod rsa_keys;
pub mod seed;
mod service;
mod shelves;
pub mod specs;
mod stamps;
pub mod sts;
mod sweep;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
pub mod uses;
mod verify;
pub mod vitals;

pub use addressee::Attestation;
pub use aside::aside;
pub use audit::{Arrival, Entry, Reply, RequestId, TlsDetails, recorded};
pub use custody::CustodyError;
pub use error::KmsError;
pub use key_stores::{KeyStoreHealth, outside};
pub use notary::{AuditSignerRotation, verifies as verifies_checkpoint};
pub use rates::{Rate, RateError, RateGroup, Rates};
pub use rsa_keys::{RsaMaking, RsaSettings, RsaShelf};
pub use service::{CallerIdentity, Service, Settings};
pub use verify::RowKind;
