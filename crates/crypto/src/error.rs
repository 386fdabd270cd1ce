//! What can go wrong in this room, told as briefly as is useful.

/// Why an operation of this room gave no result.
///
/// Nearly mute on purpose. A failed decryption has one answer whatever the cause, because a
/// caller who could tell a wrong context from a damaged tag would have learned something about
/// a key. What is told apart is what an operator, not a caller, has to act on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CryptoError {
    /// A ciphertext is not one that this key, in this context, has made.
    #[error("the ciphertext cannot be opened")]
    InvalidCiphertext,
    /// A stored record, tag or token is not the one that its name says, or was altered.
    #[error("a stored record does not match its name or its key")]
    Unauthentic,
    /// A stored record is not of a form that this version reads.
    #[error("a stored record has an unknown form")]
    UnknownFormat,
    /// A stored record is wrapped by another version of the key than the one at hand.
    #[error("a stored record needs version {needed} of the key above it, not {at_hand}")]
    WrongVersion {
        /// The version that the record names.
        needed: u32,
        /// The version that was handed in.
        at_hand: u32,
    },
    /// A service key was offered for a job that is not its own.
    #[error("a service key was offered for another key's job")]
    WrongJob,
    /// Key material does not have the length that its kind requires.
    #[error("key material of the wrong length")]
    WrongMaterialLength,
    /// Key material from outside is not a sound key of the kind that it was offered as.
    #[error("key material is not a key of its key spec")]
    InvalidMaterial,
    /// A public key is not one that the key at hand can agree with.
    #[error("a public key is not one of the curve at hand")]
    InvalidPublicKey,
    /// A signature or a message authentication code is not this key's for this message.
    #[error("the signature does not verify")]
    InvalidSignature,
    /// Key, algorithm and input do not fit together.
    #[error("a key was offered for what it cannot do")]
    Unsuitable,
    /// An algorithm gave a wrong known answer when it was first used, and is not used again.
    #[error("an algorithm failed its self-test")]
    SelfTestFailed,
    /// Something is longer than its format can carry.
    #[error("too long to be sealed")]
    TooLong,
    /// The system's random number generator did not answer. Nothing may be encrypted until it
    /// does.
    #[error("the random number generator failed")]
    RandomUnavailable,
    /// The cryptographic library refused an operation that cannot fail on sound hardware.
    #[error("the cryptographic library failed")]
    LibraryFailure,
}
