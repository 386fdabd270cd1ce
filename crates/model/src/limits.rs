//! Limits, each with its source. Sizes are bytes and times are as the name says.

/// Aliases that one key may have. AWS: developer guide, "Resource quotas".
pub const ALIASES_PER_KEY: u64 = 50;
/// Grants that one key may have. AWS: developer guide, "Resource quotas".
pub const GRANTS_PER_KEY: u64 = 50_000;
/// Pairs in an encryption context constraint of a grant. AWS: API reference, "GrantConstraints".
pub const GRANT_CONTEXT_PAIRS: usize = 8;
/// Characters in each value of such a constraint. AWS: API reference, "GrantConstraints".
pub const GRANT_CONTEXT_VALUE_CHARACTERS: usize = 384;
/// KMS keys in one account and Region. AWS: developer guide, "Resource quotas".
pub const KEYS_PER_ACCOUNT: u64 = 100_000;
/// Custom key stores in one account and Region. AWS: developer guide, "Resource quotas".
pub const KEY_STORES_PER_ACCOUNT: usize = 10;
/// Tags on one key. AWS: developer guide, "Resource quotas" and "Tagging keys".
pub const TAGS_PER_KEY: usize = 50;
/// Size of a key policy document. AWS: developer guide, "Resource quotas".
pub const KEY_POLICY_BYTES: usize = 32_768;
/// Plaintext that a symmetric key encrypts. AWS: API reference, "Encrypt".
pub const PLAINTEXT_BYTES: usize = 4096;
/// Keys and values of an encryption context together. AWS documents none; ours.
pub const ENCRYPTION_CONTEXT_BYTES: usize = 8192;
/// Shortest waiting period before a key is deleted, in days. AWS: "ScheduleKeyDeletion".
pub const DELETION_WINDOW_MIN_DAYS: i32 = 7;
/// Longest waiting period before a key is deleted, in days. AWS: "ScheduleKeyDeletion".
pub const DELETION_WINDOW_MAX_DAYS: i32 = 30;
/// On-demand rotations in the life of a key. AWS: developer guide, "Resource quotas".
pub const ON_DEMAND_ROTATIONS_PER_KEY: u32 = 25;
/// How long imported material may be valid, in days. AWS: "ImportKeyMaterial", `ValidTo`.
pub const IMPORTED_MATERIAL_MAX_DAYS: i64 = 365;
/// How long the parameters of an import are valid, in hours. AWS: "GetParametersForImport".
pub const IMPORT_PARAMETERS_HOURS: i64 = 24;
/// Body of a request. The largest legal one is an attestation document of 262,144 bytes in
/// base64 with the other members; ours.
pub const REQUEST_BODY_BYTES: usize = 1 << 20;
