//! How an identity changes: one commit with everything that hangs from it, and the entry that
//! tells of it.

use std::collections::{BTreeMap, BTreeSet};

use strongroom_crypto::identity_fingerprint;
use strongroom_model::{AccountId, Timestamp};

use super::{
    error::IdentityError,
    managed::PolicyName,
    record::{
        AccountRecord, Boundary, GroupDeclaration, GroupRecord, Kind, ProviderDeclaration,
        ProviderRecord, RoleDeclaration, RoleRecord, UniqueIdRecord, UserDeclaration, UserRecord,
    },
    rules,
};
use crate::{
    audit::{RequestId, identity_event},
    call::Interruption,
    change::Change,
    error::KmsError,
    layout::{self, RowKey},
    record::Record,
    service::Service,
};

/// How often a change is made again because a row that it was judged on has moved.
const ATTEMPTS: usize = 16;

/// A kind of record that an identity is.
pub(super) trait Identity: Record + Clone + PartialEq {
    /// What a file says of it.
    type Declared: Clone + PartialEq;
    /// What IAM's sentences call it.
    const NAME: &'static str;
    /// What it is where it has a unique id, and what that begins with.
    const UNIQUE: Option<(Kind, &'static str)>;

    fn row(account: AccountId, name: &str) -> RowKey<Self>;
    fn new(name: &str, unique_id: String, now: Timestamp, declared: Self::Declared) -> Self;
    fn name(&self) -> &str;
    fn unique_id(&self) -> &str;
    fn declared(&self) -> &Self::Declared;
    fn declared_mut(&mut self) -> &mut Self::Declared;
    fn check(name: &str, declared: &Self::Declared) -> Result<(), IdentityError>;
    /// What of a declaration differs, as an operator would name it.
    fn differences(old: &Self::Declared, new: &Self::Declared) -> Vec<String>;

    /// The groups that it is in.
    fn groups(_declared: &Self::Declared) -> BTreeSet<String> {
        BTreeSet::new()
    }

    /// The managed policies that it has, by ARN, and whether each is attached, its boundary, or
    /// both.
    fn managed_policies(_declared: &Self::Declared) -> BTreeMap<&str, Uses> {
        BTreeMap::new()
    }

    /// Becomes what is declared now.
    fn redeclare(
        &mut self,
        declared: &Self::Declared,
        _now: Timestamp,
    ) -> Result<(), IdentityError> {
        *self.declared_mut() = declared.clone();
        Ok(())
    }

    /// The access keys that it has.
    fn access_keys(&self) -> BTreeSet<String> {
        BTreeSet::new()
    }
}

/// How an identity uses a managed policy.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Uses {
    pub(super) attached: bool,
    pub(super) boundary: bool,
}

impl Uses {
    /// The managed policies among those that are attached and a boundary.
    fn of<'d>(
        attached: &'d BTreeSet<String>,
        boundary: Option<&'d Boundary>,
    ) -> BTreeMap<&'d str, Self> {
        let mut all: BTreeMap<&str, Self> = BTreeMap::new();
        for arn in attached {
            all.entry(arn).or_default().attached = true;
        }
        if let Some(Boundary::Policy(arn)) = boundary {
            all.entry(arn).or_default().boundary = true;
        }
        all
    }
}

/// What becomes of an identity.
pub(super) enum Step<R> {
    /// Nothing: it is as it should be.
    Keep,
    /// It is this from now on.
    Put(R),
    /// It is no more.
    Remove,
}

/// How the entry of a change is called, and what it says.
pub(super) struct Told {
    pub(super) event: &'static str,
    /// In the order of the bytes of their names.
    pub(super) parameters: Vec<(&'static str, String)>,
}

impl Told {
    pub(super) fn new(event: &'static str) -> Self {
        Self {
            event,
            parameters: Vec::new(),
        }
    }

    /// Says something more. Whatever the order, the entry has names in the order of their bytes.
    pub(super) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.parameters.push((name, value.into()));
        self.parameters.sort_unstable_by_key(|(name, _)| *name);
        self
    }
}

/// Where unique ids come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ids {
    /// Random ones, so that a name that is used again has another one.
    Random,
    /// Made of the name, for seeds.
    Derived,
}

/// An identity before and after.
pub(super) struct Written<R> {
    pub(super) old: Option<R>,
    pub(super) new: Option<R>,
}

impl Service {
    /// Changes the identity with a name, as `decide` says when it is shown what there is.
    ///
    /// `more` adds rows that belong to the same commit.
    pub(super) async fn write_identity<R: Identity>(
        &self,
        account: AccountId,
        name: &str,
        decide: impl Fn(Option<&R>) -> Result<(Step<R>, Told), IdentityError>,
        more: impl Fn(&mut Change) -> Result<(), KmsError>,
    ) -> Result<Written<R>, IdentityError> {
        let row = R::row(account, name);
        for _ in 0..ATTEMPTS {
            let stored = self.shelves().load(&row).await?;
            let there = stored.as_ref().map(|stored| &stored.record);
            let known = there.filter(|record| record.name() == name);
            let (step, told) = decide(known)?;
            if let (Some(other), None, Step::Put(_)) = (there, known, &step) {
                return Err(IdentityError::exists(R::NAME, other.name()));
            }
            let new = match step {
                Step::Keep => {
                    let old = known.cloned();
                    return Ok(Written {
                        new: old.clone(),
                        old,
                    });
                }
                Step::Put(record) => Some(record),
                Step::Remove => None,
            };
            let mut change = Change::new();
            change.provided(&row, stored.as_ref().map(|stored| stored.revision));
            match &new {
                Some(record) => {
                    R::check(name, record.declared())?;
                    self.host(&mut change, account).await?;
                    change.put(&row, record)?;
                }
                None => {
                    change.remove(&row);
                }
            }
            self.file_unique_id(&mut change, account, known, new.as_ref())?;
            self.move_groups(&mut change, account, known, new.as_ref())
                .await?;
            self.move_managed_policies(&mut change, account, known, new.as_ref())
                .await?;
            if new.is_none() {
                for id in known.map(R::access_keys).unwrap_or_default() {
                    change
                        .remove(&layout::credential(&id))
                        .remove(&layout::access_key_use(&id));
                }
            }
            more(&mut change)?;
            if self.commit_identity(account, told, change).await? {
                return Ok(Written {
                    old: known.cloned(),
                    new,
                });
            }
        }
        let cause = format!("{} moved {ATTEMPTS} times", row.as_str());
        Err(KmsError::internal(cause).into())
    }

    /// Changes what the record of an account says, as `decide` says, in one commit with `more`.
    pub(super) async fn write_account(
        &self,
        account: AccountId,
        decide: impl Fn(&mut AccountRecord) -> Result<Option<Told>, IdentityError>,
        more: impl Fn(&mut Change) -> Result<(), KmsError>,
    ) -> Result<AccountRecord, IdentityError> {
        let row = layout::account(account);
        for _ in 0..ATTEMPTS {
            let stored = self.shelves().load(&row).await?;
            let mut record = match &stored {
                Some(stored) => stored.record.clone(),
                None => self.new_account(account).await?,
            };
            let Some(told) = decide(&mut record)? else {
                return Ok(record);
            };
            let mut change = Change::new();
            change
                .provided(&row, stored.map(|stored| stored.revision))
                .put(&row, &record)?;
            more(&mut change)?;
            if self.commit_identity(account, told, change).await? {
                return Ok(record);
            }
        }
        let cause = format!("{} moved {ATTEMPTS} times", row.as_str());
        Err(KmsError::internal(cause).into())
    }

    /// The record of an account that has none yet. Access keys that an earlier version made for
    /// its root are found by looking at all of them, this once.
    pub(super) async fn new_account(&self, account: AccountId) -> Result<AccountRecord, KmsError> {
        let mut record = AccountRecord {
            created: self.now(),
            ..AccountRecord::default()
        };
        let mut after = None;
        loop {
            let page = self
                .shelves()
                .list(&layout::credentials(), after.as_deref(), PAGE)
                .await?;
            for (id, credential) in &page.rows {
                if credential.account == account && credential.user.is_none() {
                    record.access_keys.insert(id.clone());
                }
            }
            match page.rows.last() {
                Some((id, _)) if page.more => after = Some(id.clone()),
                _ => return Ok(record),
            }
        }
    }

    /// Has the account be one that is hosted here.
    async fn host(&self, change: &mut Change, account: AccountId) -> Result<(), KmsError> {
        let row = layout::account(account);
        let stored = self.shelves().load(&row).await?;
        let mut record = match &stored {
            Some(stored) if stored.record.hosted => return Ok(()),
            Some(stored) => stored.record.clone(),
            None => self.new_account(account).await?,
        };
        record.hosted = true;
        change
            .provided(&row, stored.map(|stored| stored.revision))
            .put(&row, &record)?;
        Ok(())
    }

    /// Files a new unique id, and takes one away that is nobody's any more.
    fn file_unique_id<R: Identity>(
        &self,
        change: &mut Change,
        account: AccountId,
        old: Option<&R>,
        new: Option<&R>,
    ) -> Result<(), IdentityError> {
        let Some((kind, _)) = R::UNIQUE else {
            return Ok(());
        };
        let (old_id, new_id) = (old.map(R::unique_id), new.map(R::unique_id));
        if old_id == new_id {
            return Ok(());
        }
        if let Some(id) = old_id {
            change.remove(&layout::unique_id(id));
        }
        if let Some(record) = new {
            let row = layout::unique_id(record.unique_id());
            let filed = UniqueIdRecord {
                account,
                kind,
                name: record.name().to_owned(),
            };
            change.provided(&row, None).put(&row, &filed)?;
        }
        Ok(())
    }

    /// Counts members of groups that are joined and left. Only a group that is there can be
    /// joined, and it stays while the commit is made.
    async fn move_groups<R: Identity>(
        &self,
        change: &mut Change,
        account: AccountId,
        old: Option<&R>,
        new: Option<&R>,
    ) -> Result<(), IdentityError> {
        let of = |record: Option<&R>| {
            record
                .map(|record| R::groups(record.declared()))
                .unwrap_or_default()
        };
        let (old, new) = (of(old), of(new));
        for name in old.symmetric_difference(&new) {
            let row = layout::group(account, name);
            let stored = self.shelves().load(&row).await?;
            let Some(stored) = stored.filter(|group| group.record.name == *name) else {
                return Err(IdentityError::unknown("group", name));
            };
            let mut group = stored.record.clone();
            group.members = if new.contains(name) {
                group.members.saturating_add(1)
            } else {
                group.members.saturating_sub(1)
            };
            change
                .provided(&row, Some(stored.revision))
                .put(&row, &group)?;
        }
        Ok(())
    }

    /// Counts where managed policies are attached and boundaries. Only one that is there can be
    /// used, and it stays while the commit is made.
    async fn move_managed_policies<R: Identity>(
        &self,
        change: &mut Change,
        account: AccountId,
        old: Option<&R>,
        new: Option<&R>,
    ) -> Result<(), IdentityError> {
        let (old, new) = (old.map(R::declared), new.map(R::declared));
        let (old, new) = (
            old.map(R::managed_policies).unwrap_or_default(),
            new.map(R::managed_policies).unwrap_or_default(),
        );
        let arns: BTreeSet<&str> = old.keys().chain(new.keys()).copied().collect();
        for arn in arns {
            let before = old.get(arn).copied().unwrap_or_default();
            let after = new.get(arn).copied().unwrap_or_default();
            if before == after {
                continue;
            }
            let name = PolicyName::parse(arn)?;
            let stored = match name.row(account) {
                Some(row) => self.shelves().load(&row).await?.map(|stored| (row, stored)),
                None => None,
            };
            let Some((row, stored)) = stored.filter(|(_, stored)| name.is_of(&stored.record))
            else {
                return Err(IdentityError::not_attachable(arn));
            };
            let mut policy = stored.record.clone();
            count(&mut policy.attachments, before.attached, after.attached);
            count(&mut policy.boundaries, before.boundary, after.boundary);
            change
                .provided(&row, Some(stored.revision))
                .put(&row, &policy)?;
        }
        Ok(())
    }

    /// Commits a change of identities with the entry that tells of it, and says whether it was
    /// made; it is not when a row that it was judged on has moved. Once it was made, it counts.
    async fn commit_identity(
        &self,
        account: AccountId,
        told: Told,
        change: Change,
    ) -> Result<bool, IdentityError> {
        let event_id = RequestId::new(self.custody().random().array().map_err(KmsError::from)?);
        let now = self.now();
        let Told { event, parameters } = told;
        let entry =
            move |rows: &[_]| identity_event(event, event_id, now, account, &parameters, rows);
        match self.commit_unasked(change, entry).await {
            Ok(()) => Ok(true),
            Err(Interruption::Moved { .. }) => Ok(false),
            Err(Interruption::Refused(error)) => Err(error.into()),
        }
    }

    /// A unique id for a new identity.
    pub(super) fn new_unique_id<R: Identity>(
        &self,
        account: AccountId,
        name: &str,
        ids: Ids,
    ) -> Result<String, KmsError> {
        let Some((_, prefix)) = R::UNIQUE else {
            return Ok(String::new());
        };
        let bytes: [u8; 32] = match ids {
            Ids::Random => self.custody().random().array()?,
            Ids::Derived => identity_fingerprint(&[&account.text(), R::NAME, name]),
        };
        Ok(unique_id(prefix, &bytes))
    }
}

/// Counts one more where there was none, and one less where there is none any more.
fn count(number: &mut u64, before: bool, after: bool) {
    match (before, after) {
        (false, true) => *number = number.saturating_add(1),
        (true, false) => *number = number.saturating_sub(1),
        _ => {}
    }
}

/// Records of one page of a listing.
pub(super) const PAGE: usize = 500;

/// A unique id as AWS's look: a prefix and seventeen characters of A–Z and 2–7.
fn unique_id(prefix: &str, bytes: &[u8; 32]) -> String {
    const ALPHABET: [u8; 32] = *b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let letter = |byte: &u8| {
        let letter = ALPHABET.get(usize::from(byte % 32)).copied();
        char::from(letter.unwrap_or(b'A'))
    };
    prefix
        .chars()
        .chain(bytes.iter().take(17).map(letter))
        .collect()
}

/// The names of what two maps have differently, each with a prefix.
fn differing<V: PartialEq>(
    what: &str,
    old: &BTreeMap<String, V>,
    new: &BTreeMap<String, V>,
    differences: &mut Vec<String>,
) {
    let names: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    for name in names {
        if old.get(name) != new.get(name) {
            differences.push(format!("{what}/{name}"));
        }
    }
}

pub(super) fn differs<V: PartialEq>(what: &str, old: &V, new: &V, differences: &mut Vec<String>) {
    if old != new {
        differences.push(what.to_owned());
    }
}

impl Identity for UserRecord {
    type Declared = UserDeclaration;
    const NAME: &'static str = "user";
    const UNIQUE: Option<(Kind, &'static str)> = Some((Kind::User, "AIDA"));

    fn row(account: AccountId, name: &str) -> RowKey<Self> {
        layout::user(account, name)
    }

    fn new(name: &str, unique_id: String, now: Timestamp, declared: UserDeclaration) -> Self {
        Self {
            name: name.to_owned(),
            unique_id,
            created: now,
            access_keys: BTreeSet::new(),
            declared,
        }
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn unique_id(&self) -> &str {
        &self.unique_id
    }

    fn declared(&self) -> &UserDeclaration {
        &self.declared
    }

    fn declared_mut(&mut self) -> &mut UserDeclaration {
        &mut self.declared
    }

    fn check(name: &str, declared: &UserDeclaration) -> Result<(), IdentityError> {
        rules::check_user(name, declared)
    }

    fn managed_policies(declared: &UserDeclaration) -> BTreeMap<&str, Uses> {
        Uses::of(
            &declared.managed_policies,
            declared.permissions_boundary.as_ref(),
        )
    }

    fn differences(old: &UserDeclaration, new: &UserDeclaration) -> Vec<String> {
        let mut all = Vec::new();
        differs("path", &old.path, &new.path, &mut all);
        differing("tags", &old.tags, &new.tags, &mut all);
        for group in old.groups.symmetric_difference(&new.groups) {
            all.push(format!("groups/{group}"));
        }
        differing("policies", &old.policies, &new.policies, &mut all);
        for arn in old
            .managed_policies
            .symmetric_difference(&new.managed_policies)
        {
            all.push(format!("managed_policies/{arn}"));
        }
        let (one, other) = (&old.permissions_boundary, &new.permissions_boundary);
        differs("permissions_boundary", one, other, &mut all);
        all
    }

    fn groups(declared: &UserDeclaration) -> BTreeSet<String> {
        declared.groups.clone()
    }

    fn access_keys(&self) -> BTreeSet<String> {
        self.access_keys.clone()
    }
}

impl Identity for GroupRecord {
    type Declared = GroupDeclaration;
    const NAME: &'static str = "group";
    const UNIQUE: Option<(Kind, &'static str)> = Some((Kind::Group, "AGPA"));

    fn row(account: AccountId, name: &str) -> RowKey<Self> {
        layout::group(account, name)
    }

    fn new(name: &str, unique_id: String, now: Timestamp, declared: GroupDeclaration) -> Self {
        Self {
            name: name.to_owned(),
            unique_id,
            created: now,
            members: 0,
            declared,
        }
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn unique_id(&self) -> &str {
        &self.unique_id
    }

    fn declared(&self) -> &GroupDeclaration {
        &self.declared
    }

    fn declared_mut(&mut self) -> &mut GroupDeclaration {
        &mut self.declared
    }

    fn check(name: &str, declared: &GroupDeclaration) -> Result<(), IdentityError> {
        rules::check_group(name, declared)
    }

    fn managed_policies(declared: &GroupDeclaration) -> BTreeMap<&str, Uses> {
        Uses::of(&declared.managed_policies, None)
    }

    fn differences(old: &GroupDeclaration, new: &GroupDeclaration) -> Vec<String> {
        let mut all = Vec::new();
        differs("path", &old.path, &new.path, &mut all);
        differing("policies", &old.policies, &new.policies, &mut all);
        for arn in old
            .managed_policies
            .symmetric_difference(&new.managed_policies)
        {
            all.push(format!("managed_policies/{arn}"));
        }
        all
    }
}

impl Identity for RoleRecord {
    type Declared = RoleDeclaration;
    const NAME: &'static str = "role";
    const UNIQUE: Option<(Kind, &'static str)> = Some((Kind::Role, "AROA"));

    fn row(account: AccountId, name: &str) -> RowKey<Self> {
        layout::role(account, name)
    }

    fn new(name: &str, unique_id: String, now: Timestamp, declared: RoleDeclaration) -> Self {
        Self {
            name: name.to_owned(),
            unique_id,
            created: now,
            sessions_not_before: None,
            declared,
        }
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn unique_id(&self) -> &str {
        &self.unique_id
    }

    fn declared(&self) -> &RoleDeclaration {
        &self.declared
    }

    fn declared_mut(&mut self) -> &mut RoleDeclaration {
        &mut self.declared
    }

    fn check(name: &str, declared: &RoleDeclaration) -> Result<(), IdentityError> {
        rules::check_role(name, declared)
    }

    fn managed_policies(declared: &RoleDeclaration) -> BTreeMap<&str, Uses> {
        Uses::of(
            &declared.managed_policies,
            declared.permissions_boundary.as_ref(),
        )
    }

    fn differences(old: &RoleDeclaration, new: &RoleDeclaration) -> Vec<String> {
        let mut all = Vec::new();
        differs("path", &old.path, &new.path, &mut all);
        differing("tags", &old.tags, &new.tags, &mut all);
        differs("trust", &old.trust, &new.trust, &mut all);
        differing("policies", &old.policies, &new.policies, &mut all);
        for arn in old
            .managed_policies
            .symmetric_difference(&new.managed_policies)
        {
            all.push(format!("managed_policies/{arn}"));
        }
        let (one, other) = (&old.permissions_boundary, &new.permissions_boundary);
        differs("permissions_boundary", one, other, &mut all);
        let (one, other) = (
            old.max_session_duration_seconds,
            new.max_session_duration_seconds,
        );
        differs("max_session_duration_seconds", &one, &other, &mut all);
        all
    }
}

impl Identity for ProviderRecord {
    type Declared = ProviderDeclaration;
    const NAME: &'static str = "OpenIDConnect Provider";
    const UNIQUE: Option<(Kind, &'static str)> = None;

    fn row(account: AccountId, name: &str) -> RowKey<Self> {
        layout::oidc_provider(account, name)
    }

    fn new(name: &str, _: String, now: Timestamp, declared: ProviderDeclaration) -> Self {
        Self {
            url: name.to_owned(),
            created: now,
            declared,
        }
    }

    fn name(&self) -> &str {
        &self.url
    }

    fn unique_id(&self) -> &str {
        ""
    }

    fn declared(&self) -> &ProviderDeclaration {
        &self.declared
    }

    fn declared_mut(&mut self) -> &mut ProviderDeclaration {
        &mut self.declared
    }

    fn check(name: &str, declared: &ProviderDeclaration) -> Result<(), IdentityError> {
        rules::check_provider(name, declared)
    }

    fn differences(old: &ProviderDeclaration, new: &ProviderDeclaration) -> Vec<String> {
        let mut all = Vec::new();
        differs("client_ids", &old.client_ids, &new.client_ids, &mut all);
        differs("jwks", &old.jwks, &new.jwks, &mut all);
        differs("jwks_url", &old.jwks_url, &new.jwks_url, &mut all);
        all
    }
}
