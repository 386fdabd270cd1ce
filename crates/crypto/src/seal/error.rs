//! Why a seal did not open: the sentences that an operator reads.

use crate::{CryptoError, seal::SealKind};

/// Why something about the seals was refused.
///
/// Unlike [`CryptoError`] this speaks plainly. Who reads it holds the data folder and a seal key
/// already, and has to know which of them is the wrong one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SealError {
    /// The key opens none of the seals of its kind.
    #[error(
        "this {0} opens none of the seals of this store: it belongs to another store, or to a seal that was removed or replaced"
    )]
    WrongSeal(SealKind),
    /// The store has no seal of the kind that was offered.
    #[error("this store has no {0} seal")]
    NoSealOfKind(SealKind),
    /// The key is the right one, and the record was altered or damaged.
    #[error(
        "the record of seal {0} was altered or damaged; restore the seals from a backup, or use another seal"
    )]
    Tampered(String),
    /// The set is not the one that was last written: a seal was dropped, added or altered in it.
    #[error(
        "the set of seals was altered outside Strongroom: a seal was added, dropped or exchanged; restore it from a backup"
    )]
    SetTampered,
    /// A record asks for less work on a passphrase than is safe.
    #[error(
        "seal {0} asks for weaker Argon2id parameters than Strongroom accepts (64 MiB, 3 passes, 4 lanes); its record was altered"
    )]
    ParametersTooWeak(String),
    /// A record asks for more work on a passphrase than any honest one.
    #[error(
        "seal {0} asks for more memory or passes of Argon2id than Strongroom accepts (4 GiB, 64 passes, 64 lanes); its record was altered"
    )]
    ParametersTooCostly(String),
    /// The file of seals is not one that this version reads.
    #[error("the seals are not in a form that this version of Strongroom reads")]
    UnknownFormat,
    /// A key file has another length than 32 bytes.
    #[error("a seal's key file holds exactly 32 bytes; this one holds {0}")]
    KeyFileLength(usize),
    /// A passphrase is empty.
    #[error("a seal's passphrase may not be empty")]
    EmptyPassphrase,
    /// The key to be added opens a seal that exists.
    #[error("this key already opens seal {0}")]
    AlreadyAdded(String),
    /// There is no seal with that id.
    #[error("this store has no seal {0}")]
    NoSuchSeal(String),
    /// A store without seals could never be opened again.
    #[error("the last seal cannot be removed: nothing would open this store any more")]
    LastSeal,
    /// The new root key must be wrapped by every seal, and the key of this one was not given.
    #[error("the key of seal {0} is needed too: a new root key must be wrapped by every seal")]
    SealMissing(String),
    /// A rotation is under way, and its rows have not all been wrapped again.
    #[error("a rotation of the root key is under way; it must be finished first")]
    RotationUnderWay,
    /// The root key at hand is not the one of this set.
    #[error("the root key at hand is not the one of these seals")]
    OtherRootKey,
    /// Something below the seals failed.
    #[error(transparent)]
    Crypto(#[from] CryptoError),
}
