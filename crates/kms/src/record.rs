//! What is stored, as records. Each is JSON: self-describing, and members that a later version
//! adds are tolerated by an earlier one.

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use strongroom_auth::grant::{ContextConstraint, GrantPrincipal, Terms};
use strongroom_crypto::grant_fingerprint;
use strongroom_model::{
    AccountId, AliasName, GrantId, KeyId, Region, Timestamp,
    enums::{KeyManagerType, KeySpec, KeyState, KeyUsageType, OriginType},
};

/// A record that the shelves keep.
pub(crate) trait Record: Serialize + DeserializeOwned + Send + Sync + 'static {}

/// A KMS key without its material, policy and aliases, which are records of their own so that
/// unrelated calls do not conflict.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct KeyRecord {
    pub(crate) created: Timestamp,
    pub(crate) spec: KeySpec,
    pub(crate) usage: KeyUsageType,
    pub(crate) origin: OriginType,
    pub(crate) manager: KeyManagerType,
    #[serde(default)]
    pub(crate) description: String,
    /// What EnableKey and DisableKey last said. The state follows from it and the rest.
    pub(crate) enabled: bool,
    /// The material that encrypts. Absent until key material is imported.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) material: Option<CurrentMaterial>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) deletion: Option<Deletion>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) multi_region: Option<MultiRegion>,
    /// Sorted by the bytes of their keys.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) tags: Vec<KeyTag>,
}

/// Which of a key's materials is current.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct CurrentMaterial {
    /// 64 hexadecimal digits.
    pub(crate) id: String,
    /// Counts the materials of the key from 1.
    pub(crate) sequence: u32,
}

/// A scheduled deletion.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Deletion {
    /// When the key ceases to exist.
    pub(crate) date: Timestamp,
    pub(crate) window_days: i32,
}

/// What a multi-Region key knows of its relatives.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct MultiRegion {
    pub(crate) primary: Region,
    #[serde(default)]
    pub(crate) replicas: Vec<Region>,
}

/// One tag of a key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct KeyTag {
    pub(crate) key: String,
    pub(crate) value: String,
}

impl KeyRecord {
    /// Whether the key still exists: the one rule for a key and everything that hangs from it.
    ///
    /// From the deletion date on the key answers NotFound, its aliases can be created again and
    /// quotas ignore it; the sweeper tidies later.
    pub(crate) fn alive(&self, now: Timestamp) -> bool {
        self.deletion
            .as_ref()
            .is_none_or(|deletion| now < deletion.date)
    }

    /// The state that AWS names.
    pub(crate) fn state(&self) -> KeyState {
        if self.deletion.is_some() {
            KeyState::PendingDeletion
        } else if self.material.is_none() {
            KeyState::PendingImport
        } else if self.enabled {
            KeyState::Enabled
        } else {
            KeyState::Disabled
        }
    }
}

/// One key material, wrapped under a domain key of its account and Region.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct MaterialRecord {
    pub(crate) sequence: u32,
    pub(crate) created: Timestamp,
    /// Base64 of the wrapped bytes drawn in `docs/formats.md`.
    pub(crate) wrapped: String,
}

/// The key policy, as the text that was put.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct PolicyRecord {
    pub(crate) text: String,
}

/// An alias. The same record stands once under its name and once under its key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct AliasRecord {
    pub(crate) target: KeyId,
    pub(crate) created: Timestamp,
    pub(crate) updated: Timestamp,
}

/// The set of a key's aliases. Every change of membership touches it, so that a commit can be
/// conditional on the whole set.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct AliasSetRecord {
    /// Aliases that count against the quota; those of AWS managed keys do not.
    pub(crate) count: u64,
}

/// A grant. It never changes: it is created, and it ends. The same record stands under its key,
/// under its grantee principal and under its retiring principal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct GrantRecord {
    pub(crate) created: Timestamp,
    /// The account whose principal created it.
    pub(crate) issuer: AccountId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) name: Option<String>,
    #[serde(flatten)]
    pub(crate) terms: Terms,
}

impl GrantRecord {
    /// What two requests for the same named grant have in common, drawn in `docs/formats.md`. A
    /// grant without a name is the same as no other.
    pub(crate) fn fingerprint(&self) -> Option<String> {
        let Terms {
            grantee,
            retiring,
            operations,
            context,
            source_arn,
        } = &self.terms;
        let name = self.name.as_ref()?;
        let kind = |principal: &GrantPrincipal| match principal {
            GrantPrincipal::Principal(_) => "principal",
            GrantPrincipal::Service(_) => "service",
        };
        let constraint = context.as_ref().map_or("", |context| match context {
            ContextConstraint::Equals(_) => "equals",
            ContextConstraint::Subset(_) => "subset",
        });
        let pairs = context.as_ref().map(|context| context.pairs().canonical());
        let mut operations: Vec<_> = operations.iter().map(|it| it.as_str()).collect();
        operations.sort_unstable();
        let (issuer, operations) = (self.issuer.to_string(), operations.join(","));
        let texts: [&str; 8] = [
            &issuer,
            name,
            kind(grantee),
            grantee.as_str(),
            retiring.as_ref().map_or("", kind),
            retiring.as_ref().map_or("", GrantPrincipal::as_str),
            &operations,
            constraint,
        ];
        let mut fields: Vec<&[u8]> = texts.iter().map(|text| text.as_bytes()).collect();
        fields.push(pairs.as_deref().unwrap_or_default());
        fields.push(source_arn.as_deref().unwrap_or_default().as_bytes());
        Some(grant_fingerprint(&fields))
    }
}

/// The set of a key's grants, or of those of one grantee principal. Every change of membership
/// touches it, so that a commit can be conditional on the whole set, and whoever keeps a copy of
/// the set can see that it is stale.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct GrantSetRecord {
    pub(crate) count: u64,
}

/// Which grant has this name and these terms.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct GrantNameRecord {
    pub(crate) grant: GrantId,
}

/// One of the shards in which the keys of an account and Region are counted.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct KeyCountRecord {
    pub(crate) count: u64,
}

/// A key whose deletion date is known, filed under that date for the sweeper.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct DueRecord {}

/// A key that once was. Seeds do not revive it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct TombstoneRecord {
    pub(crate) deleted: Timestamp,
}

/// An access key and its sealed secret.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct CredentialRecord {
    pub(crate) account: AccountId,
    /// The user that the key belongs to; absent for the root of the account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) user: Option<String>,
    pub(crate) active: bool,
    pub(crate) created: Timestamp,
    /// The secret access key, sealed.
    pub(crate) sealed_secret: String,
}

/// Anything else that belongs to the installation, by name.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct NoteRecord {
    pub(crate) value: serde_json::Value,
}

impl Record for KeyRecord {}
impl Record for MaterialRecord {}
impl Record for PolicyRecord {}
impl Record for AliasRecord {}
impl Record for AliasSetRecord {}
impl Record for GrantRecord {}
impl Record for GrantSetRecord {}
impl Record for GrantNameRecord {}
impl Record for KeyCountRecord {}
impl Record for DueRecord {}
impl Record for TombstoneRecord {}
impl Record for CredentialRecord {}
impl Record for NoteRecord {}

/// The name of an alias without its `alias/` prefix, as rows are filed under it.
pub(crate) fn alias_file_name(name: &AliasName) -> &str {
    name.as_str().strip_prefix("alias/").unwrap_or_default()
}
