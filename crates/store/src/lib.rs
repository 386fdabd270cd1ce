//! The shelves: an ordered key space with optimistic commits, and the journal.
//!
//! A [`Backend`] is four verbs over byte strings in order. [`Memory`] is for tests and for
//! `--in-memory`, [`Embedded`] keeps a single node's data on disk; a distributed one can follow
//! because nothing above the verbs may assume which one it is. Everything hard (records,
//! indexes, listings, uniqueness) lives above.
//!
//! A stored value is framed by [`envelope`], which binds it to its logical key and version, and
//! every change is told by the [`journal`], an append-only chain of lines. The two check each
//! other: a value shows that it was not altered, and the journal shows which values ought to
//! exist.
//!
//! Invariants of absence: no type here knows what a key, an alias or a policy is; no secret
//! passes here in clear; nothing here reads a clock, except [`VersionClock`], which may.

pub mod backend;
pub mod durations;
pub mod embedded;
pub mod envelope;
pub mod folder;
mod history;
pub mod journal;
pub mod memory;
mod patience;
#[cfg(test)]
mod testing;

pub use backend::{
    Backend, BoxFuture, Changes, KeyRange, Page, Precondition, Revision, Row, StoreError,
    Unavailability, Watch, Write,
};
pub use durations::{Durations, Spread};
pub use embedded::{Embedded, OpenError, StoreSize};
pub use envelope::{OpenedRow, RowIntegrity, RowVersion, SealedRow, VersionClock};
pub use folder::{DataFolder, FolderError};
pub use journal::{Durability, EntryBytes, Journal, JournalError};
pub use memory::Memory;
pub use patience::{PATIENCE, within};
