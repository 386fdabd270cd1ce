//! Every label of every derivation and of every sealed record, in one place.
//!
//! A label keeps two uses of one key apart, so no two may be equal and none may be changed once
//! data exists: a new meaning takes a new version. NIST SP 800-108r1, section 4.

/// Defines the labels, and the list that the test walks.
macro_rules! labels {
    ($($(#[$doc:meta])* $name:ident = $text:literal;)*) => {
        $($(#[$doc])* pub(crate) const $name: &str = $text;)*

        #[cfg(test)]
        const ALL: &[&str] = &[$($text),*];
    };
}

labels! {
    /// Root key → the key that wraps domain keys.
    WRAP_DOMAIN = "strongroom/wrap-domain/v1";
    /// Root key → the key that wraps integrity keys.
    WRAP_INTEGRITY = "strongroom/wrap-integrity/v1";
    /// Root key → the key that wraps all other service keys.
    WRAP_SERVICE_KEYS = "strongroom/wrap-service-keys/v1";
    /// Root key → the key that wraps the audit signer.
    WRAP_AUDIT_SIGNER = "strongroom/wrap-audit-signer/v1";
    /// Root key → the key that wraps the root keys it replaces.
    WRAP_PREVIOUS_ROOT = "strongroom/wrap-previous-root/v1";
    /// Root key → the key that authenticates the set of seals.
    MAC_SEAL_SET = "strongroom/mac-seal-set/v1";

    /// Names a wrapped domain key.
    DOMAIN_KEY = "strongroom/dk/v1";
    /// Names wrapped key material.
    KEY_MATERIAL = "strongroom/km/v1";
    /// Names a wrapped wrapping key of an import.
    WRAPPING_KEY = "strongroom/wrapping-key/v1";
    /// Names a wrapped service key.
    SERVICE_KEY = "strongroom/sk/v1";
    /// Names a root key wrapped by its successor.
    PREVIOUS_ROOT = "strongroom/previous-root/v1";
    /// Names a root key wrapped by a seal.
    SEAL = "strongroom/seal/v1";
    /// Seal key → the value that tells a wrong seal key from a damaged record.
    SEAL_CHECK = "strongroom/seal-check/v1";
    /// Opens the bytes that the seal set's MAC is taken over.
    SEAL_SET = "strongroom/seal-set/v1";

    /// The HMAC key under which key material becomes a message root (`KI`).
    MESSAGE_ROOT = "strongroom/ki/v1";
    /// Message root → message key and commitment.
    MESSAGE = "strongroom/msg/v1";
    /// Message root → the key that hedges derivation nonces.
    HEDGE = "strongroom/hedge/v1";

    /// Opens the bytes that a row's integrity tag is taken over.
    ROW_TAG = "strongroom/row/v1";
    /// Service key → the key of one pagination marker.
    MARKER = "strongroom/marker/v1";
    /// Service key → the key of one grant token.
    GRANT_TOKEN = "strongroom/grant-token/v1";
    /// Opens the bytes that the fingerprint of a grant's name and terms is taken over.
    GRANT_NAME = "strongroom/grant-name/v1";
    /// Opens the bytes that the fingerprint of an identity's name is taken over.
    IDENTITY_NAME = "strongroom/identity-name/v1";
    /// Service key → the key of one sealed credential.
    CREDENTIAL = "strongroom/credential/v1";
    /// Service key → the key of one sealed secret of a custom key store.
    KEY_STORE = "strongroom/key-store/v1";
    /// Service key → the key of one session token.
    SESSION_TOKEN = "strongroom/session-token/v1";
    /// Service key → the secret of one session.
    SESSION_SECRET = "strongroom/session-secret/v1";

    /// Audit signer → the seed of its Ed25519 key.
    AUDIT_ED25519 = "strongroom/audit-ed25519/v1";
    /// Audit signer → the seed of its ML-DSA-65 key.
    AUDIT_ML_DSA_65 = "strongroom/audit-ml-dsa-65/v1";

    /// Opens the bytes that an import token is authenticated by.
    IMPORT_TOKEN = "strongroom/import-token/v1";

    /// What the published key for material ids in development is the SHA-256 of.
    DEV_MATERIAL_ID = "strongroom/dev/material-id/v1";
    /// What the published key for header tags in development is the SHA-256 of.
    DEV_HEADER = "strongroom/dev/header/v1";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_distinct_ascii_prefixed_and_versioned() {
        for (at, label) in ALL.iter().enumerate() {
            assert!(label.is_ascii(), "{label}");
            assert!(label.starts_with("strongroom/"), "{label}");
            assert!(label.ends_with("/v1"), "{label}");
            assert!(!ALL[..at].contains(label), "{label} twice");
        }
    }
}
