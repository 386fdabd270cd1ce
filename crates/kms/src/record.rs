//! What is stored, as records. Each is JSON: self-describing, and members that a later version
//! adds are tolerated by an earlier one.

use std::{
    collections::BTreeMap,
    sync::{Arc, OnceLock},
};

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use strongroom_auth::{
    grant::{ContextConstraint, GrantPrincipal, Terms},
    policy::KeyPolicy,
};
use strongroom_crypto::grant_fingerprint;
use strongroom_model::{
    AccountId, AliasName, GrantId, KeyId, Region, Timestamp,
    enums::{
        ConnectionErrorCodeType, ConnectionStateType, KeyLastUsageTrackingOperation,
        KeyManagerType, KeySpec, KeyState, KeyUsageType, OriginType, RotationType,
        XksProxyConnectivityType,
    },
};

/// A record that the shelves keep.
pub(crate) trait Record:
    Clone + Serialize + DeserializeOwned + Send + Sync + 'static
{
}

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
    /// What has to be known of all materials together. Every change of one touches this record.
    #[serde(default, skip_serializing_if = "MaterialSet::says_nothing")]
    pub(crate) materials: MaterialSet,
    /// Automatic rotation, while it is on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) rotation: Option<Rotation>,
    /// On-demand rotations so far; a key has a limited number of them.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub(crate) on_demand_rotations: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) deletion: Option<Deletion>,
    /// A primary key that is to be deleted waits until its last replica is gone; then its waiting
    /// period of so many days begins.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) deletion_after_replicas: Option<i32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) multi_region: Option<MultiRegion>,
    /// The custom key store that the key is in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) key_store: Option<InKeyStore>,
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

/// All materials of a key, as far as a decision at use depends on them, so that none has to look
/// through the rows.
///
/// *Permanent* materials are the current one and those before it: the key is usable only while
/// the bytes of all of them are there. A material that waits for its rotation is not one of them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct MaterialSet {
    /// The highest number that was ever given to a material of the key, if that is not the
    /// current one's.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub(crate) last_sequence: u32,
    /// Permanent materials whose bytes were deleted, expired, or have not been imported yet.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub(crate) missing: u32,
    /// When the first of the permanent materials expires whose bytes are there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) valid_to: Option<Timestamp>,
    /// Imported material that RotateKeyOnDemand will make current.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) pending: Option<PendingMaterial>,
}

/// Imported material that is not current yet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct PendingMaterial {
    /// 64 hexadecimal digits.
    pub(crate) id: String,
    pub(crate) sequence: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) valid_to: Option<Timestamp>,
    /// Regions whose replicas have yet to import it. While there are any, the key cannot rotate
    /// to it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) awaited_in: Vec<Region>,
}

/// Automatic rotation of a key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Rotation {
    pub(crate) period_days: i32,
    /// When the key rotates next. A disabled key lets the date pass and rotates when it is
    /// enabled again.
    pub(crate) next: Timestamp,
    /// The key is a replica: it tells of its primary's rotation and never rotates by itself.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) follows: bool,
}

/// What time does to a key by itself. Each is filed under its date for the sweeper.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Appointment {
    /// The key ceases to exist.
    Deletion,
    /// The key rotates.
    Rotation,
    /// The bytes of a material are wiped.
    Expiry,
}

/// A scheduled deletion.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Deletion {
    /// When the key ceases to exist.
    pub(crate) date: Timestamp,
    pub(crate) window_days: i32,
}

/// What a multi-Region key knows of its relatives.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct MultiRegion {
    pub(crate) primary: Region,
    #[serde(default)]
    pub(crate) replicas: Vec<Region>,
}

/// A replica that was asked for and is on its way into its Region.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct NewReplicaRecord {
    pub(crate) created: Timestamp,
    #[serde(default)]
    pub(crate) description: String,
    pub(crate) policy: String,
    /// The unique ids of those whom the policy names, as in [`PolicyRecord`].
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) policy_principals: BTreeMap<String, String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) tags: Vec<KeyTag>,
}

impl NewReplicaRecord {
    /// The key that will be, before its material has come.
    pub(crate) fn to_key(&self, primary: &KeyRecord) -> KeyRecord {
        KeyRecord {
            created: self.created,
            description: self.description.clone(),
            enabled: true,
            material: None,
            materials: MaterialSet::default(),
            rotation: None,
            deletion: None,
            deletion_after_replicas: None,
            tags: self.tags.clone(),
            ..primary.clone()
        }
    }
}

/// A key in this Region has to get in step with its relatives.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct SummonsRecord {
    /// The Region of the key that leads.
    pub(crate) primary: Region,
}

/// Where in a custom key store a key is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct InKeyStore {
    /// The id of the store.
    pub(crate) id: String,
    /// The key in an external key manager.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) xks_key_id: Option<String>,
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

    /// The state that AWS names, but for a key in a custom key store that is not connected:
    /// [`Key::state`](crate::call::Key::state) knows of that.
    ///
    /// From the instant at which a permanent material expires the key waits for its import,
    /// whether the bytes have been wiped yet or not.
    pub(crate) fn state(&self, now: Timestamp) -> KeyState {
        if self.deletion.is_some() {
            KeyState::PendingDeletion
        } else if self.deletion_after_replicas.is_some() {
            KeyState::PendingReplicaDeletion
        } else if !self.has_all_material(now) {
            KeyState::PendingImport
        } else if self.enabled {
            KeyState::Enabled
        } else {
            KeyState::Disabled
        }
    }

    /// Whether the key has material, and the bytes of all of it that is permanent.
    pub(crate) fn has_all_material(&self, now: Timestamp) -> bool {
        let MaterialSet {
            missing, valid_to, ..
        } = &self.materials;
        self.material.is_some() && *missing == 0 && valid_to.is_none_or(|date| now < date)
    }

    /// Whether time has decided something about the key that has not been written down yet: a
    /// rotation that is due, or material that has expired.
    pub(crate) fn overdue(&self, now: Timestamp) -> bool {
        let due = |date: Option<Timestamp>| date.is_some_and(|date| date <= now);
        due(self.rotates_at()) || due(self.expires_at())
    }

    /// When the key rotates by itself, if nothing keeps it from doing so.
    pub(crate) fn rotates_at(&self) -> Option<Timestamp> {
        let rotation = self.rotation.as_ref()?;
        (self.enabled && self.deletion.is_none() && !rotation.follows).then_some(rotation.next)
    }

    /// When the first of its materials expires, the one that waits for its rotation included.
    pub(crate) fn expires_at(&self) -> Option<Timestamp> {
        let pending = self.materials.pending.as_ref();
        let dates = [
            self.materials.valid_to,
            pending.and_then(|pending| pending.valid_to),
        ];
        dates.into_iter().flatten().min()
    }

    /// The dates at which something happens to the key.
    pub(crate) fn appointments(&self) -> impl Iterator<Item = (Appointment, Timestamp)> {
        let deletion = self.deletion.as_ref().map(|deletion| deletion.date);
        [
            (Appointment::Deletion, deletion),
            (Appointment::Rotation, self.rotates_at()),
            (Appointment::Expiry, self.expires_at()),
        ]
        .into_iter()
        .filter_map(|(what, date)| Some((what, date?)))
    }

    /// The number of the key's next material.
    pub(crate) fn next_sequence(&self) -> u32 {
        let current = self.material.as_ref().map_or(0, |current| current.sequence);
        self.materials.last_sequence.max(current).saturating_add(1)
    }
}

/// One key material, wrapped under a domain key of its account and Region.
///
/// Whether it is the current one, or waits for its rotation, is said in the record of the key.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct MaterialRecord {
    /// Counts the materials of the key from 1, in the order in which they came.
    pub(crate) sequence: u32,
    /// When the material was made, or first imported.
    pub(crate) created: Timestamp,
    /// Base64 of the wrapped bytes drawn in `docs/formats.md`. Absent while imported material is
    /// deleted, expired or, on a replica, not imported yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) wrapped: Option<String>,
    /// How the material became current. Absent for the first one of the key and for one that
    /// waits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) rotated: Option<Rotated>,
    /// Present when the material was imported.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) import: Option<Import>,
}

/// A rotation that took place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Rotated {
    pub(crate) date: Timestamp,
    pub(crate) kind: RotationType,
}

/// What an import said besides the material.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Import {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) description: Option<String>,
    /// When the material expires; absent when it does not, and while its bytes are not there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) valid_to: Option<Timestamp>,
}

impl Rotation {
    /// Rotation every so many days from now on.
    pub(crate) fn every(period_days: i32, now: Timestamp) -> Self {
        Self {
            period_days,
            next: now.plus_days(period_days.into()),
            follows: false,
        }
    }

    /// The schedule once the rotation that was due has happened: it goes on from its dates and
    /// leaves out those that have passed meanwhile.
    pub(crate) fn after(&self, now: Timestamp) -> Self {
        let period = Timestamp::default()
            .plus_days(self.period_days.into())
            .as_millis()
            .max(1);
        let late = now.as_millis().saturating_sub(self.next.as_millis());
        let periods = late.div_euclid(period).saturating_add(1);
        Self {
            next: self.next.plus_millis(periods.saturating_mul(period)),
            ..self.clone()
        }
    }
}

impl MaterialRecord {
    /// Whether the bytes are there and may be used.
    pub(crate) fn present(&self, now: Timestamp) -> bool {
        self.wrapped.is_some() && self.valid_to().is_none_or(|date| now < date)
    }

    /// When the material expires.
    pub(crate) fn valid_to(&self) -> Option<Timestamp> {
        self.import.as_ref().and_then(|import| import.valid_to)
    }
}

/// The private half of a wrapping key that GetParametersForImport made: until an import uses it,
/// for 24 hours at most.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct WrappingKeyRecord {
    /// When the parameters cease to be valid.
    pub(crate) valid_to: Timestamp,
    /// Base64 of the wrapped bytes drawn in `docs/formats.md`.
    pub(crate) wrapped: String,
}

/// The last successful cryptographic use of a key that was written down.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct LastUseRecord {
    pub(crate) operation: KeyLastUsageTrackingOperation,
    pub(crate) at: Timestamp,
    /// The audit event that tells of the use.
    pub(crate) event_id: String,
    pub(crate) request_id: String,
}

/// The key policy, as the text that was put.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct PolicyRecord {
    pub(crate) text: String,
    /// The unique ids of the users and roles that the text names, by their ARNs, as they were when
    /// it was put. Whoever has the name later is somebody else.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) principals: BTreeMap<String, String>,
    /// The policy, compiled when it is first asked.
    #[serde(skip)]
    pub(crate) compiled: OnceLock<Option<Arc<KeyPolicy>>>,
}

impl PolicyRecord {
    /// A policy that names nobody by a name that could be used again.
    pub(crate) fn new(text: String) -> Self {
        Self {
            text,
            principals: BTreeMap::new(),
            compiled: OnceLock::new(),
        }
    }
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
    /// The unique id of the user or role that is the grantee, as it was when the grant was
    /// created. Whoever has the name later is somebody else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) grantee_id: Option<String>,
    /// The same of the retiring principal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) retiring_id: Option<String>,
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

/// Something that falls due, filed under its date for the sweeper: the deletion, rotation or
/// expiry of a key, or the end of a wrapping key.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct DueRecord {}

/// A key that once was. Seeds do not revive it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct TombstoneRecord {
    pub(crate) deleted: Timestamp,
}

/// A custom key store.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct KeyStoreRecord {
    pub(crate) created: Timestamp,
    pub(crate) name: String,
    #[serde(flatten)]
    pub(crate) kind: KeyStoreKind,
    pub(crate) connection: Connection,
}

/// What kind of custom key store it is, and where it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum KeyStoreKind {
    #[serde(rename = "external_key_store")]
    ExternalKeyStore(ExternalConfig),
    #[serde(rename = "aws_cloudhsm")]
    AwsCloudhsm(CloudHsmConfig),
}

/// An external key store proxy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ExternalConfig {
    pub(crate) connectivity: XksProxyConnectivityType,
    pub(crate) endpoint: String,
    pub(crate) path: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) vpc_endpoint_service: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) vpc_endpoint_service_owner: Option<String>,
    pub(crate) credential: SealedCredential,
}

/// The credential of a proxy: base64 of two sealed values.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SealedCredential {
    pub(crate) access_key_id: String,
    pub(crate) secret_access_key: String,
    /// When it was given; absent in records from before this was noted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) since: Option<Timestamp>,
}

/// A cluster of hardware modules.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct CloudHsmConfig {
    pub(crate) cluster: String,
    /// The backup history that the cluster shares with its relatives.
    pub(crate) history: String,
    /// A certificate, in PEM.
    pub(crate) trust_anchor: String,
    /// Base64 of the sealed password.
    pub(crate) sealed_password: String,
}

/// Whether a store is connected.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Connection {
    pub(crate) state: ConnectionStateType,
    /// Why the last attempt failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) error: Option<ConnectionErrorCodeType>,
}

impl Connection {
    pub(crate) fn disconnected() -> Self {
        Self {
            state: ConnectionStateType::Disconnected,
            error: None,
        }
    }
}

/// The custom key stores of an account and Region, by what has to be unique among them.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct KeyStoreSetRecord {
    /// By id.
    pub(crate) stores: BTreeMap<String, KeyStoreNames>,
}

/// What has to be unique of a custom key store.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct KeyStoreNames {
    pub(crate) name: String,
    /// Endpoint and path of the proxy, the endpoint in lower case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) uri: Option<String>,
}

/// The keys in a custom key store. Every change of membership touches it.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct KeyStoreKeysRecord {
    /// Keys in any state.
    pub(crate) count: u64,
}

/// Which KMS key an external key of a store belongs to.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct ExternalKeyRecord {
    pub(crate) key: KeyId,
}

/// What stores of different accounts or Regions share, or must not.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct ClaimRecord {
    /// How an endpoint is reached.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) connectivity: Option<XksProxyConnectivityType>,
    /// The stores that hold it, as account, Region and id.
    pub(crate) holders: Vec<String>,
}

/// A store that is being connected.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct ConnectingRecord {}

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

/// Which versions of a key of the installation ought to exist, oldest first.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct RosterRecord {
    pub(crate) versions: Vec<RosterVersion>,
}

/// One version of a key of the installation.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct RosterVersion {
    pub(crate) version: u32,
    /// When it was made, or first seen by a Strongroom that keeps rosters.
    pub(crate) created: Timestamp,
}

/// Anything else that belongs to the installation, by name.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct NoteRecord {
    pub(crate) value: serde_json::Value,
}

impl Record for KeyRecord {}
impl Record for MaterialRecord {}
impl Record for WrappingKeyRecord {}
impl Record for LastUseRecord {}
impl Record for PolicyRecord {}
impl Record for AliasRecord {}
impl Record for AliasSetRecord {}
impl Record for GrantRecord {}
impl Record for GrantSetRecord {}
impl Record for GrantNameRecord {}
impl Record for KeyCountRecord {}
impl Record for DueRecord {}
impl Record for TombstoneRecord {}
impl Record for KeyStoreRecord {}
impl Record for KeyStoreSetRecord {}
impl Record for KeyStoreKeysRecord {}
impl Record for ExternalKeyRecord {}
impl Record for ClaimRecord {}
impl Record for ConnectingRecord {}
impl Record for CredentialRecord {}
impl Record for RosterRecord {}
impl Record for NewReplicaRecord {}
impl Record for NoteRecord {}
impl Record for SummonsRecord {}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde hands in a reference"
)]
fn is_zero(number: &u32) -> bool {
    *number == 0
}

impl MaterialSet {
    fn says_nothing(&self) -> bool {
        *self == Self::default()
    }
}

/// The name of an alias without its `alias/` prefix, as rows are filed under it.
pub(crate) fn alias_file_name(name: &AliasName) -> &str {
    name.as_str().strip_prefix("alias/").unwrap_or_default()
}
