//! Seals: how the root key is kept while the service is not running.
//!
//! Each seal wraps the same root key independently under a 32-byte key from the outside world, so
//! any one of them unseals, and seals can be added and removed without touching anything below.
//! The set of them is authenticated under the root key: a seal that someone dropped or added in
//! the file is noticed as soon as the set is unsealed.
//!
//! A removed seal still knows the root key of its day. Removing one because its key leaked is
//! finished only when the root key has been rotated.
//!
//! ```json
//! {
//!   "format": 1, "cluster_id": "…", "root_key_version": 2,
//!   "seals": [
//!     { "format": 1, "seal_id": "seal-0123456789ab", "type": "passphrase",
//!       "argon2id": { "memory_kib": 65536, "passes": 3, "lanes": 4, "salt": "16 bytes" },
//!       "root_key_version": 2, "check": "16 bytes", "nonce": "12 bytes", "wrapped": "48 bytes" }
//!   ],
//!   "previous": [ { "root_key_version": 1, "wrapped": "66 bytes" } ],
//!   "mac": "32 bytes"
//! }
//! ```
//!
//! Bytes are lower-case hex. With `lp(x) = u32be(len) || x`, `S` the seal's 32-byte key (a key
//! file's content, or what Argon2id makes of the passphrase) and KBKDF as everywhere:
//!
//! ```text
//! name    = lp(seal id) || lp(type) || u32(root key version)
//!           [ || lp("argon2id") || u32(memory) || u32(passes) || u32(lanes) || lp(salt) ]
//! check   = KBKDF(S, "strongroom/seal-check/v1", seal id, 128 bits)
//! wrapped = AES-256-GCM(S, nonce, "strongroom/seal/v1" || lp(cluster id) || name, root key)
//! mac     = HMAC(mac-seal-set, "strongroom/seal-set/v1" || u32(format) || lp(cluster id)
//!           || u32(root key version)
//!           || u32(seals)    || each: u32(format) || lp(name || lp(check) || lp(nonce) || lp(wrapped))
//!           || u32(previous) || each: u32(version) || lp(wrapped))
//! ```
//!
//! where texts in `name` and `mac` are the texts of the record. A `previous` root key is a wrap
//! (see `envelope`) under the active one's `wrap-previous-root`, named
//! `"strongroom/previous-root/v1" || lp(cluster id) || u32(its version) || u32(active version)`.

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
