//! Seeds: keys, aliases, grants and access keys that a development server has from its first request on.
//!
//! A seed is planted at every start. What is absent is added; what is there and says otherwise
//! is refused, with the line of the file that says it; and what was deleted stays deleted
//! (decision 16). So that a caller may change what a seed planted without spoiling the next
//! start, each declaration is kept beside what it made: one that is still the same asks for
//! nothing any more, whatever became of it through the API.
//!
//! Reading the file is the server's affair; here a seed is already parsed, and every part of it
//! knows its line.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use strongroom_auth::AccessKeyId;
use strongroom_crypto::KeyMaterial;
use strongroom_model::{
    AccountId, AliasName, GrantId, KeyId, Plaintext, Region, SecretAccessKey,
    enums::{KeyManagerType, KeySpec, KeyUsageType, OriginType},
    errors::ErrorCode,
    limits,
    shapes::{CreateGrantRequest, Tag},
};

use crate::{
    call::GrantSets,
    change::Change,
    credentials,
    error::KmsError,
    identities::{Declared, IdentityError},
    installation::InstallationError,
    layout::{self, Home, RowKey},
    multi_region, new_key,
    operations::{grants, tags},
    record::{
        AliasRecord, AliasSetRecord, GrantRecord, KeyRecord, KeyTag, MaterialSet, MultiRegion,
        NewReplicaRecord, NoteRecord, PolicyRecord, Rotation,
    },
    service::Service,
    specs::{self, Family},
};

/// Something that a seed says, and the line on which it does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct At<T> {
    /// The line, counted from 1.
    pub line: usize,
    /// What is said.
    pub it: T,
}

/// A whole seed.
#[derive(Debug, Default)]
pub struct Seed {
    /// The accounts that it names.
    pub accounts: Vec<At<AccountId>>,
    /// The access keys of roots and users.
    pub access_keys: Vec<SeededAccessKey>,
    /// Users, groups, roles and providers.
    pub identities: Vec<SeededIdentity>,
    /// The KMS keys.
    pub keys: Vec<SeededKey>,
}

/// An access key with its secret.
#[derive(Debug)]
pub struct SeededAccessKey {
    /// Where it is declared.
    pub line: usize,
    /// The account that it belongs to.
    pub account: AccountId,
    /// The user that it belongs to; absent for the root.
    pub user: Option<String>,
    /// The public half.
    pub id: AccessKeyId,
    /// The secret half. Seeds give it; another file may leave it to be made.
    pub secret: Option<SecretAccessKey>,
    /// Whether it may be used.
    pub active: bool,
}

/// A user, group, role or provider, as it was declared. It holds no secret.
#[derive(Debug)]
pub struct SeededIdentity {
    /// Where it is declared.
    pub line: usize,
    /// The account that it belongs to.
    pub account: AccountId,
    /// What is declared.
    pub identity: Declared,
}

/// A KMS key.
#[derive(Debug)]
pub struct SeededKey {
    /// Where it is declared.
    pub line: usize,
    /// The account that owns it.
    pub account: AccountId,
    /// The Region in which it is.
    pub region: Region,
    /// The id; it also tells whether the key is a multi-Region key.
    pub id: KeyId,
    /// The description.
    pub description: At<String>,
    /// The key spec.
    pub spec: At<KeySpec>,
    /// The key usage; absent for the only one that keys of the spec have.
    pub usage: Option<At<KeyUsageType>>,
    /// Whether the key is enabled.
    pub enabled: At<bool>,
    /// Whether the key material is from outside (Origin EXTERNAL).
    pub external: bool,
    /// The key materials, oldest first; the last is current. Raw bytes of symmetric and HMAC keys,
    /// PKCS#8 DER of the others. Without any, one is generated, or, for a key of Origin EXTERNAL,
    /// awaited.
    pub material: Vec<At<Plaintext>>,
    /// The period of automatic rotation, which is off without one.
    pub rotation_period_days: Option<At<i32>>,
    /// The tags, in order.
    pub tags: At<Vec<(String, String)>>,
    /// The key policy; absent for the default one.
    pub policy: Option<At<String>>,
    /// The aliases.
    pub aliases: Vec<At<AliasName>>,
    /// The Regions of its replicas, if it is a multi-Region key.
    pub replicas: Vec<At<Region>>,
    /// The grants: each as the request that would create it, with a name.
    pub grants: Vec<At<CreateGrantRequest>>,
}

/// Why a seed was not planted.
#[derive(Debug, thiserror::Error)]
pub enum SeedError {
    /// Something in it cannot be, or contradicts what is there.
    #[error("line {line}: {reason}")]
    Refused {
        /// The line.
        line: usize,
        /// What is wrong with it.
        reason: String,
    },
    /// The store failed.
    #[error(transparent)]
    Installation(#[from] InstallationError),
}

impl From<KmsError> for SeedError {
    fn from(error: KmsError) -> Self {
        Self::Installation(error.into())
    }
}

fn refused(line: usize, reason: impl Into<String>) -> SeedError {
    let reason = reason.into();
    SeedError::Refused { line, reason }
}

/// The part of an error that a caller of the API would hear, at a line of the file.
fn refused_as(line: usize, error: &KmsError) -> SeedError {
    refused(line, error.message().unwrap_or(error.code().name()))
}

impl Service {
    /// Plants a seed and tells how many things were added.
    ///
    /// # Errors
    /// [`SeedError::Refused`] when something in it cannot be, or differs from what is there.
    /// What came before it in the file was added.
    pub async fn plant(&self, seed: &Seed) -> Result<usize, SeedError> {
        let mut added = 0;
        // What is used comes before what uses it.
        let mut identities: Vec<&SeededIdentity> = seed.identities.iter().collect();
        identities.sort_by_key(|it| it.identity.turn());
        for SeededIdentity {
            line,
            account,
            identity,
        } in identities
        {
            let planted = self.plant_declared(*account, identity).await;
            added += usize::from(planted.map_err(|error| match error {
                IdentityError::Refused { message, .. } => refused(*line, message),
                IdentityError::Failed(error) => SeedError::Installation(error),
            })?);
        }
        for access_key in &seed.access_keys {
            added += usize::from(self.plant_access_key(access_key).await?);
        }
        for key in &seed.keys {
            added += self.plant_key(key).await?;
        }
        Ok(added)
    }

    async fn plant_access_key(&self, key: &SeededAccessKey) -> Result<bool, SeedError> {
        let SeededAccessKey {
            line, account, id, ..
        } = key;
        let user = key.user.as_deref();
        let Some(secret) = &key.secret else {
            return Err(refused(*line, "an access key of a seed needs a `secret`"));
        };
        let note = format!("seed/access-key/{id}");
        let declaration = json!({ "account": account, "user": user, "active": key.active });
        let kept: Option<Value> = self.note(&note).await?;
        let as_refused = |error| match error {
            IdentityError::Refused { message, .. } => refused(*line, message),
            IdentityError::Failed(error) => SeedError::Installation(error),
        };
        let owner_is_there = match user {
            None => true,
            Some(name) => self.user(*account, name).await?.is_some(),
        };
        let there = self.shelves().get(&layout::credential(id.as_str())).await?;
        let Some(there) = there else {
            // What was deleted stays deleted.
            if kept.is_some() || !owner_is_there {
                return Ok(false);
            }
            self.put_access_key(*account, user, id, key.active, secret)
                .await
                .map_err(as_refused)?;
            self.set_note(&note, &declaration).await?;
            return Ok(true);
        };
        let differs = |what: &str| {
            Err(refused(
                *line,
                format!("the access key {id} {what} in this data folder"),
            ))
        };
        let record = &there.record;
        if record.account != *account || record.user.as_deref() != user {
            return differs("belongs to somebody else");
        }
        if credentials::open_secret(self, id.as_str(), record)? != *secret {
            return differs("has another secret");
        }
        if kept.as_ref() == Some(&declaration) || !owner_is_there {
            return Ok(false);
        }
        self.adopt_access_key(*account, user, id.as_str())
            .await
            .map_err(as_refused)?;
        if record.active != key.active {
            return differs(if record.active {
                "is active"
            } else {
                "is inactive"
            });
        }
        self.set_note(&note, &declaration).await?;
        Ok(false)
    }

    /// Plants a key with its aliases and tells how many things were added.
    async fn plant_key(&self, key: &SeededKey) -> Result<usize, SeedError> {
        let home = Home {
            account: key.account,
            region: key.region.clone(),
        };
        let wanted = Wanted::of(self, &home, key).await?;
        let note = wanted.note();
        let kept: Option<Value> = self.note(&note).await?;
        let mut added = 0;
        if kept.as_ref() != Some(&wanted.declaration) {
            added += usize::from(self.plant_key_itself(&home, key, &wanted).await?);
        }
        for alias in &key.aliases {
            added += usize::from(self.plant_alias(&home, key.id, alias).await?);
        }
        for grant in &key.grants {
            added += usize::from(self.plant_grant(&home, key.id, grant).await?);
        }
        for region in &key.replicas {
            added += usize::from(self.plant_replica(&home, key.id, region).await?);
        }
        Ok(added)
    }

    async fn plant_key_itself(
        &self,
        home: &Home,
        key: &SeededKey,
        wanted: &Wanted,
    ) -> Result<bool, SeedError> {
        if self.shelves().get(&home.tombstone(key.id)).await?.is_some() {
            return Ok(false);
        }
        let row: RowKey<NoteRecord> = layout::note(&wanted.note());
        let note = NoteRecord {
            value: wanted.declaration.clone(),
        };
        let Some(stored) = self.shelves().get(&home.key(key.id)).await? else {
            let given = materials(key, wanted.record.spec)?;
            let (record, policy) = (wanted.record.clone(), wanted.policy.clone());
            let (_, mut change) =
                new_key::change(self, home, key.id, record, policy, given, self.now())
                    .await
                    .map_err(|error| refused_as(key.line, &error))?;
            change.put(&row, &note)?;
            self.commit_act("SeedKey", change).await?;
            return Ok(true);
        };
        if !stored.record.alive(self.now()) {
            return Ok(false);
        }
        self.compare(home, key, wanted, &stored.record).await?;
        let mut change = Change::new();
        change.put(&row, &note)?;
        self.commit_act("SeedKey", change).await?;
        Ok(false)
    }

    /// Whether a key that is there is as the seed says.
    async fn compare(
        &self,
        home: &Home,
        key: &SeededKey,
        wanted: &Wanted,
        there: &KeyRecord,
    ) -> Result<(), SeedError> {
        let differs = |line, what: &str| {
            let id = key.id;
            Err(refused(
                line,
                format!("the key {id} has {what} in this data folder"),
            ))
        };
        if there.spec != wanted.record.spec {
            return differs(key.spec.line, "another key spec");
        }
        if there.usage != wanted.record.usage {
            let line = key.usage.as_ref().map_or(key.line, |usage| usage.line);
            return differs(line, "another key usage");
        }
        if there.origin != wanted.record.origin {
            return differs(key.line, "another origin");
        }
        if let Some(last) = key.material.last() {
            let current = there.material.as_ref().map(|current| &current.id);
            if current != wanted.materials.last() {
                return differs(last.line, "other key material");
            }
            for (material, id) in key.material.iter().zip(&wanted.materials) {
                let row = home.materials(key.id).row(id);
                if self.shelves().get(&row).await?.is_none() {
                    return differs(material.line, "other key material");
                }
            }
        }
        if there.description != wanted.record.description {
            return differs(key.description.line, "another description");
        }
        if there.enabled != wanted.record.enabled {
            let state = if there.enabled { "enabled" } else { "disabled" };
            let (line, id) = (key.enabled.line, key.id);
            return Err(refused(
                line,
                format!("the key {id} is {state} in this data folder"),
            ));
        }
        let period = |record: &KeyRecord| record.rotation.as_ref().map(|it| it.period_days);
        if period(there) != period(&wanted.record) {
            let line = key
                .rotation_period_days
                .as_ref()
                .map_or(key.line, |period| period.line);
            return differs(line, "another rotation period");
        }
        if !same_tags(&there.tags, &wanted.record.tags) {
            return differs(key.tags.line, "other tags");
        }
        let policy = self.shelves().get(&home.policy(key.id)).await?;
        let same_policy = policy.is_some_and(|there| {
            let parse = |text: &str| serde_json::from_str::<Value>(text).ok();
            parse(&there.record.text) == parse(&wanted.policy.text)
        });
        if !same_policy {
            let line = key.policy.as_ref().map_or(key.line, |policy| policy.line);
            return differs(line, "another key policy");
        }
        Ok(())
    }

    async fn plant_alias(
        &self,
        home: &Home,
        target: KeyId,
        alias: &At<AliasName>,
    ) -> Result<bool, SeedError> {
        let Home { account, region } = home;
        let name = &alias.it;
        let note_name = format!("seed/{account}/{region}/{name}");
        let row: RowKey<NoteRecord> = layout::note(&note_name);
        let note = NoteRecord {
            value: json!(target),
        };
        let now = self.now();
        let kept: Option<KeyId> = self.note(&note_name).await?;
        if kept == Some(target) {
            return Ok(false);
        }
        if !self.key_lives(home, target).await? {
            return Ok(false);
        }
        let stored = self.shelves().get(&home.alias(name)).await?;
        let mut change = Change::new();
        change.provided(
            &home.alias(name),
            stored.as_ref().map(|stored| stored.revision),
        );
        if let Some(stored) = &stored {
            let other = stored.record.target;
            if other == target {
                change.put(&row, &note)?;
                self.commit_act("SeedAlias", change).await?;
                return Ok(false);
            }
            if self.key_lives(home, other).await? {
                let reason = format!("{name} stands for the key {other} in this data folder");
                return Err(refused(alias.line, reason));
            }
            change.remove(&home.key_alias(other, name));
        } else if kept.is_some() {
            // It was planted once, for another key, and deleted since.
            return Ok(false);
        }

        let set_row = home.alias_set(target);
        let set = self.shelves().get(&set_row).await?;
        let count = set.as_ref().map_or(0, |set| set.record.count);
        if count >= limits::ALIASES_PER_KEY {
            let quota = limits::ALIASES_PER_KEY;
            let reason = format!("the key {target} has {quota} aliases already, which is the most");
            return Err(refused(alias.line, reason));
        }
        let record = AliasRecord {
            target,
            created: now,
            updated: now,
        };
        change
            .provided(&set_row, set.map(|set| set.revision))
            .put(&set_row, &AliasSetRecord { count: count + 1 })?
            .put(&home.alias(name), &record)?
            .put(&home.key_alias(target, name), &record)?
            .put(&row, &note)?;
        self.commit_act("SeedAlias", change).await?;
        Ok(true)
    }

    /// Plants a grant by the rules of CreateGrant, issued by the account that owns the key. The
    /// state of the key is no matter, unless it is to be deleted.
    /// Plants a replica with the default key policy, unless there is one or was one.
    async fn plant_replica(
        &self,
        home: &Home,
        key: KeyId,
        region: &At<Region>,
    ) -> Result<bool, SeedError> {
        let there = home.at(&region.it);
        let known = multi_region::exists(self, &there, key, self.now()).await?;
        if known || self.shelves().get(&there.tombstone(key)).await?.is_some() {
            return Ok(false);
        }
        let judged = self.shelves().get(&home.key(key)).await?;
        let Some(judged) = judged.filter(|key| key.record.deletion.is_none()) else {
            return Ok(false);
        };
        let wanted = NewReplicaRecord {
            created: self.now(),
            description: String::new(),
            policy: new_key::default_policy(&there).text,
            policy_principals: BTreeMap::new(),
            tags: Vec::new(),
        };
        new_key::check_quota(self, &there, self.now())
            .await
            .map_err(|error| refused_as(region.line, &error))?;
        let (change, _) = Change::replicate((home, key, &judged), &there, &wanted)?;
        self.commit_act("SeedReplica", change).await?;
        multi_region::keep_in_step(self, &there, key, self.now()).await?;
        Ok(true)
    }

    async fn plant_grant(
        &self,
        home: &Home,
        key: KeyId,
        grant: &At<CreateGrantRequest>,
    ) -> Result<bool, SeedError> {
        let (request, line) = (&grant.it, grant.line);
        let Some(name) = &request.name else {
            return Err(refused(line, "a grant needs a `name`"));
        };
        let judged = self.shelves().get(&home.key(key)).await?;
        let Some(judged) = judged.filter(|key| key.record.deletion.is_none()) else {
            return Ok(false);
        };
        let not_said = |error: KmsError| match error.code() {
            ErrorCode::InvalidArnException => refused(
                line,
                "the principals of a grant are ARNs of an account's root, a user, a role or a \
                 session that exists",
            ),
            _ => refused_as(line, &error),
        };
        let terms = grants::terms(home, &judged.record, request).map_err(not_said)?;
        let grantee = grants::unique_id(self, &terms.grantee).await;
        let retiring = match &terms.retiring {
            Some(principal) => grants::unique_id(self, principal).await,
            None => Ok(None),
        };
        let record = GrantRecord {
            created: self.now(),
            issuer: home.account,
            name: Some(name.clone()),
            grantee_id: grantee.map_err(not_said)?,
            retiring_id: retiring.map_err(not_said)?,
            terms,
        };
        let declaration = json!(record.fingerprint());
        let Home { account, region } = home;
        let note_name = format!("seed/{account}/{region}/grant/{key}/{name}");
        match self.note::<Value>(&note_name).await? {
            Some(kept) if kept == declaration => return Ok(false),
            Some(_) => {
                let reason = format!("the grant `{name}` says something else in this data folder");
                return Err(refused(line, reason));
            }
            None => {}
        }

        let mut change = Change::new();
        change.provided(&home.key(key), Some(judged.revision));
        change.put(
            &layout::note(&note_name),
            &NoteRecord { value: declaration },
        )?;
        let there = match home.grant_name(key, &record) {
            Some(row) => self.shelves().get(&row).await?.is_some(),
            None => false,
        };
        if !there {
            let id = GrantId::from_bytes(self.custody().random().array().map_err(KmsError::from)?);
            let sets = GrantSets::of(self, home, key, &record).await?;
            change
                .add_grant(home, key, id, &record, &sets)
                .map_err(|error| refused_as(line, &error))?;
        }
        self.commit_act("SeedGrant", change).await?;
        Ok(!there)
    }

    async fn key_lives(&self, home: &Home, id: KeyId) -> Result<bool, SeedError> {
        let key = self.shelves().get(&home.key(id)).await?;
        Ok(key.is_some_and(|key| key.record.alive(self.now())))
    }
}

/// The key spec and usage that are declared, by the rules of CreateKey.
fn spec_and_usage(
    service: &Service,
    home: &Home,
    key: &SeededKey,
) -> Result<(KeySpec, KeyUsageType), SeedError> {
    let spec = key.spec.it;
    if !service.offers(spec, &home.region) {
        let reason = format!("the Region has no keys of spec {spec}, unless sm2_everywhere is set");
        return Err(refused(key.spec.line, reason));
    }
    let Some(usage) = &key.usage else {
        return match specs::only_usage(spec) {
            Some(only) => Ok((spec, only)),
            None => {
                let usages: Vec<_> = specs::of(spec)
                    .iter()
                    .map(|list| list.usage().as_str())
                    .collect();
                let reason = format!(
                    "a key of spec {spec} needs a `key_usage`: {}",
                    usages.join(" or ")
                );
                Err(refused(key.spec.line, reason))
            }
        };
    };
    if specs::algorithms(spec, usage.it).is_none() {
        let reason = format!("keys of spec {spec} do not have the usage {}", usage.it);
        return Err(refused(usage.line, reason));
    }
    Ok((spec, usage.it))
}

/// The key materials that are declared, in locked memory.
fn materials(key: &SeededKey, spec: KeySpec) -> Result<Vec<KeyMaterial>, SeedError> {
    if specs::family(spec) != Family::Symmetric
        && let [_, second, ..] = key.material.as_slice()
    {
        let reason = "only symmetric encryption keys have more than one key material";
        return Err(refused(second.line, reason));
    }
    let read = |material: &At<Plaintext>| {
        KeyMaterial::from_bytes(spec, &material.it).map_err(|_| {
            let form = match specs::family(spec) {
                Family::Symmetric => "32 bytes, in base64",
                Family::Hmac => "as many bytes as the MAC, in base64",
                Family::Asymmetric => "a private key of that spec, PKCS#8 in DER, in base64",
            };
            let reason = format!("the key material of a key of spec {spec} is {form}");
            refused(material.line, reason)
        })
    };
    key.material.iter().map(read).collect()
}

/// Tags have no order that a seed could contradict.
fn same_tags(there: &[KeyTag], wanted: &[KeyTag]) -> bool {
    there.len() == wanted.len() && wanted.iter().all(|tag| there.contains(tag))
}

/// What a declared key comes to.
struct Wanted {
    record: KeyRecord,
    policy: PolicyRecord,
    /// The ids of the materials, oldest first.
    materials: Vec<String>,
    /// The declaration without anything secret.
    declaration: Value,
    note: String,
}

impl Wanted {
    /// Checks a declaration by the rules of CreateKey.
    async fn of(service: &Service, home: &Home, key: &SeededKey) -> Result<Self, SeedError> {
        let (spec, usage) = spec_and_usage(service, home, key)?;
        let custody = service.custody();
        let partition = home.region.partition();
        let mut ids = Vec::with_capacity(key.material.len());
        for (declared, material) in key.material.iter().zip(materials(key, spec)?) {
            let id = material
                .id(custody.identifiers(), partition, home.account, key.id)
                .to_string();
            if ids.contains(&id) {
                return Err(refused(declared.line, "this key material is there twice"));
            }
            ids.push(id);
        }

        let mut key_tags = Vec::new();
        let new_tags: Vec<Tag> = key
            .tags
            .it
            .iter()
            .map(|(key, value)| Tag {
                tag_key: key.clone(),
                tag_value: value.clone(),
            })
            .collect();
        tags::put(&mut key_tags, &new_tags).map_err(|error| refused_as(key.tags.line, &error))?;

        let policy = match &key.policy {
            None => new_key::default_policy(home),
            Some(policy) => {
                if policy.it.len() > limits::KEY_POLICY_BYTES {
                    let most = limits::KEY_POLICY_BYTES;
                    let reason = format!("a key policy has at most {most} bytes");
                    return Err(refused(policy.line, reason));
                }
                PolicyRecord::read(service, home, &policy.it)
                    .await
                    .map_err(|error| refused_as(policy.line, &error))?
            }
        };

        let origin = if key.external {
            OriginType::External
        } else {
            OriginType::AwsKms
        };
        let record = KeyRecord {
            created: service.now(),
            spec,
            usage,
            origin,
            manager: KeyManagerType::Customer,
            description: key.description.it.clone(),
            enabled: key.enabled.it,
            material: None,
            materials: MaterialSet::default(),
            rotation: match &key.rotation_period_days {
                Some(period) if key.external => {
                    let reason = "imported key material does not rotate by itself";
                    return Err(refused(period.line, reason));
                }
                Some(period) if specs::family(spec) != Family::Symmetric => {
                    return Err(refused(period.line, "only symmetric keys rotate"));
                }
                Some(period) => Some(Rotation::every(period.it, service.now())),
                None => None,
            },
            on_demand_rotations: 0,
            deletion: None,
            deletion_after_replicas: None,
            key_store: None,
            multi_region: key.id.is_multi_region().then(|| MultiRegion {
                primary: home.region.clone(),
                replicas: Vec::new(),
            }),
            tags: key_tags,
        };
        let mut declaration = json!({
            "description": record.description,
            "enabled": record.enabled,
            "origin": record.origin,
            "tags": record.tags,
            "policy": key.policy.as_ref().map(|policy| &policy.it),
            "material": ids,
        });
        // Declarations of symmetric keys were kept without these, and are to stay the same.
        if spec != KeySpec::SymmetricDefault
            && let Some(declaration) = declaration.as_object_mut()
        {
            declaration.insert("spec".to_owned(), json!(spec));
            declaration.insert("usage".to_owned(), json!(usage));
        }
        // A member of its own only where it says something, so that what was planted before
        // there was rotation is still the same.
        if let (Some(period), Some(members)) =
            (&key.rotation_period_days, declaration.as_object_mut())
        {
            members.insert("rotation_period_in_days".to_owned(), json!(period.it));
        }
        let note = format!("seed/{}/{}/key/{}", home.account, home.region, key.id);
        Ok(Self {
            record,
            policy,
            materials: ids,
            declaration,
            note,
        })
    }

    fn note(&self) -> String {
        self.note.clone()
    }
}
