//! Seals: how the root key is kept while the service is not running.
//!
//! Each seal wraps the same root key independently under a 32-byte key from the outside world, so
//! any one of them unseals, and seals can be added and removed without touching anything below.
//! The set of them is authenticated under the root key: a seal that someone dropped or added in
//! the file is noticed as soon as the set is unsealed.
//!
//! A removed seal still knows the root key of its day. Removing one because its key leaked is
//! finished only when the root key has been rotated.

mod error;
mod key;
mod passphrase;
mod record;
mod set;

pub use error::SealError;
pub use key::{SealKey, SealKind};
pub use passphrase::Argon2Parameters;
pub use record::SealRecord;
pub use set::{SealSet, Unsealed};
