//! An intended write: the rows that change, and the rows that must not have moved meanwhile.
//!
//! The constructors take the permissions that they need as arguments, so a rule that binds
//! several resources sits here and not in an operation.

use serde::Serialize;
use strongroom_model::{AliasName, GrantId, KeyId, Timestamp, limits};
use strongroom_store::Revision;

use crate::{
    audit::ServiceEvent,
    call::{Alias, AliasSet, Authorized, Grant, GrantSets, Key, NewAlias, Permitted},
    error::KmsError,
    layout::{Home, RowKey},
    record::{
        AliasRecord, AliasSetRecord, DueRecord, GrantNameRecord, GrantRecord, GrantSetRecord,
        KeyRecord, Record,
    },
    shelves::Stored,
    specs, uses,
};

/// Rows to write, provided that the rows judged are still as they were.
#[derive(Debug, Default)]
pub(crate) struct Change {
    pub(crate) conditions: Vec<(String, Option<Revision>)>,
    pub(crate) writes: Vec<RowWrite>,
    /// What the change brings about beside the call that asked for it, told in entries of their
    /// own in the same transaction.
    pub(crate) events: Vec<ServiceEvent>,
    /// Keys in other Regions that have to follow, at once when the change is made.
    pub(crate) summoned: Vec<(Home, KeyId)>,
}

/// One row to write.
#[derive(Debug)]
pub(crate) enum RowWrite {
    Put { key: String, payload: Vec<u8> },
    Remove { key: String },
}

impl Change {
    /// The change that writes nothing yet.
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// Requires that a row is still the one that was judged, or still absent.
    pub(crate) fn provided<R>(&mut self, key: &RowKey<R>, judged: Option<Revision>) -> &mut Self {
        self.conditions.push((key.as_str().to_owned(), judged));
        self
    }

    /// Writes a record.
    pub(crate) fn put<R: Record>(
        &mut self,
        key: &RowKey<R>,
        record: &R,
    ) -> Result<&mut Self, KmsError> {
        let payload = to_payload(record)?;
        self.writes.push(RowWrite::Put {
            key: key.as_str().to_owned(),
            payload,
        });
        Ok(self)
    }

    /// Removes a row.
    pub(crate) fn remove<R>(&mut self, key: &RowKey<R>) -> &mut Self {
        self.writes.push(RowWrite::Remove {
            key: key.as_str().to_owned(),
        });
        self
    }

    /// Tells of a service event that the change is.
    pub(crate) fn tell(&mut self, event: ServiceEvent) -> &mut Self {
        self.events.push(event);
        self
    }

    /// Replaces the record of the one key that was judged.
    pub(crate) fn key<U: uses::KeyUse>(
        key: &Authorized<Key, U>,
        record: &KeyRecord,
    ) -> Result<Self, KmsError> {
        let mut change = Self::new();
        change.replace_key(key.home(), key.id(), key.stored(), record)?;
        Ok(change)
    }

    /// Replaces the record of a key, files the key under the dates that the new one names, and has
    /// the key's relatives in other Regions follow.
    pub(crate) fn replace_key(
        &mut self,
        home: &Home,
        id: KeyId,
        judged: &Stored<KeyRecord>,
        record: &KeyRecord,
    ) -> Result<&mut Self, KmsError> {
        let row = home.key(id);
        self.provided(&row, Some(judged.revision));
        self.announce(home, id, &judged.record, record)?;
        let filed = |record: &KeyRecord, wanted| record.appointments().any(|kept| kept == wanted);
        for (what, date) in judged.record.appointments() {
            if !filed(record, (what, date)) {
                self.remove(&home.due(what, date, id));
            }
        }
        for (what, date) in record.appointments() {
            if !filed(&judged.record, (what, date)) {
                self.put(&home.due(what, date, id), &DueRecord {})?;
            }
        }
        self.put(&row, record)
    }

    /// Writes the record of a new key, and files the key under the dates that it names.
    pub(crate) fn put_new_key(
        &mut self,
        home: &Home,
        id: KeyId,
        record: &KeyRecord,
    ) -> Result<&mut Self, KmsError> {
        for (what, date) in record.appointments() {
            self.put(&home.due(what, date, id), &DueRecord {})?;
        }
        self.put(&home.key(id), record)
    }

    /// A new alias for `target`.
    ///
    /// # Errors
    /// `AlreadyExistsException` when the name is taken, `LimitExceededException` when the key
    /// has all the aliases it may have.
    pub(crate) fn create_alias(
        alias: &Permitted<NewAlias, uses::CreateAlias>,
        target: &Authorized<Key, uses::CreateAliasTo>,
        set: &AliasSet,
        now: Timestamp,
    ) -> Result<Self, KmsError> {
        if alias.taken() {
            return Err(KmsError::alias_exists(&alias.arn()));
        }
        let home = target.home();
        let name = alias.name();
        let record = AliasRecord {
            target: target.id(),
            created: now,
            updated: now,
        };
        let mut change = Self::new();
        change.judge(target);
        change.provided(&home.alias(name), alias.revision());
        change.remove_leftover(home, alias);
        change.join(home, set, name)?;
        change.put(&home.alias(name), &record)?;
        change.put(&home.key_alias(target.id(), name), &record)?;
        Ok(change)
    }

    /// The alias moves from `current` to `target`.
    ///
    /// The two keys must be interchangeable to whoever uses the alias: same key usage and same
    /// key type. Otherwise someone else's Encrypt would begin to fail because of a call they
    /// never saw.
    ///
    /// # Errors
    /// `ValidationException` when they are not interchangeable, `LimitExceededException` when
    /// the target has all the aliases it may have.
    pub(crate) fn update_alias(
        alias: &Permitted<Alias, uses::UpdateAlias>,
        current: (&Authorized<Key, uses::UpdateAliasFrom>, &AliasSet),
        target: (&Authorized<Key, uses::UpdateAliasTo>, &AliasSet),
        now: Timestamp,
    ) -> Result<Self, KmsError> {
        let ((current, left), (target, joined)) = (current, target);
        let name = alias.name();
        interchangeable(name, current.record(), target.record())?;

        let home = target.home();
        let record = AliasRecord {
            target: target.id(),
            created: alias.record().created,
            updated: now,
        };
        let mut change = Self::new();
        change.judge(target);
        change.provided(&home.alias(name), Some(alias.revision()));
        change.put(&home.alias(name), &record)?;
        if current.id() != target.id() {
            change.judge(current);
            change.leave(home, left, name)?;
            change.join(home, joined, name)?;
            change.remove(&home.key_alias(current.id(), name));
        }
        change.put(&home.key_alias(target.id(), name), &record)?;
        Ok(change)
    }

    /// The alias ceases to be.
    pub(crate) fn delete_alias(
        alias: &Permitted<Alias, uses::DeleteAlias>,
        current: &Authorized<Key, uses::DeleteAliasFrom>,
        set: &AliasSet,
    ) -> Result<Self, KmsError> {
        let home = current.home();
        let name = alias.name();
        let mut change = Self::new();
        change.provided(&home.alias(name), Some(alias.revision()));
        change.leave(home, set, name)?;
        change.remove(&home.alias(name));
        change.remove(&home.key_alias(current.id(), name));
        Ok(change)
    }

    /// A new grant on the key.
    ///
    /// # Errors
    /// `LimitExceededException` when the key has all the grants it may have.
    pub(crate) fn create_grant(
        key: &Authorized<Key, uses::CreateGrant>,
        id: GrantId,
        grant: &GrantRecord,
        sets: &GrantSets,
    ) -> Result<Self, KmsError> {
        let mut change = Self::new();
        change.judge(key);
        change.add_grant(key.home(), key.id(), id, grant, sets)?;
        Ok(change)
    }

    /// Adds every row of a grant on a key that was judged otherwise.
    pub(crate) fn add_grant(
        &mut self,
        home: &Home,
        key: KeyId,
        id: GrantId,
        grant: &GrantRecord,
        sets: &GrantSets,
    ) -> Result<(), KmsError> {
        let (quota, count) = (limits::GRANTS_PER_KEY, sets.of_key.count());
        if count >= quota {
            return Err(KmsError::quota("Grants per key", quota, count));
        }
        for row in home.grant_rows(key, id, grant) {
            self.put(&row, grant)?;
        }
        if let Some(name) = home.grant_name(key, grant) {
            self.provided(&name, None)
                .put(&name, &GrantNameRecord { grant: id })?;
        }
        self.resize_grants(home, key, grant, sets, |count| count.saturating_add(1))
    }

    /// The grant ends, because somebody who looks after the key says so.
    pub(crate) fn revoke_grant(
        key: &Authorized<Key, uses::RevokeGrant>,
        grant: &Grant,
        sets: &GrantSets,
    ) -> Result<Self, KmsError> {
        Self::end_grant(key, grant, sets)
    }

    /// The grant ends, because somebody whom it concerns says so.
    pub(crate) fn retire_grant(
        key: &Authorized<Key, uses::RetireGrant>,
        grant: &Grant,
        sets: &GrantSets,
    ) -> Result<Self, KmsError> {
        Self::end_grant(key, grant, sets)
    }

    fn end_grant(key: &Key, grant: &Grant, sets: &GrantSets) -> Result<Self, KmsError> {
        let (home, record) = (key.home(), grant.record());
        let mut change = Self::new();
        change.provided(&home.grant(key.id(), grant.id()), Some(grant.revision()));
        change.remove_grant(home, key.id(), grant.id(), record);
        change.resize_grants(home, key.id(), record, sets, |count| {
            count.saturating_sub(1)
        })?;
        Ok(change)
    }

    /// Removes every row of a grant; the sets are not touched.
    pub(crate) fn remove_grant(
        &mut self,
        home: &Home,
        key: KeyId,
        id: GrantId,
        grant: &GrantRecord,
    ) {
        for row in home.grant_rows(key, id, grant) {
            self.remove(&row);
        }
        if let Some(name) = home.grant_name(key, grant) {
            self.remove(&name);
        }
    }

    fn resize_grants(
        &mut self,
        home: &Home,
        key: KeyId,
        grant: &GrantRecord,
        sets: &GrantSets,
        resized: impl Fn(u64) -> u64,
    ) -> Result<(), KmsError> {
        let of_grantee = home.grantee_sets(key).row(grant.terms.grantee.as_str());
        for (row, set) in [
            (home.grant_set(key), &sets.of_key),
            (of_grantee, &sets.of_grantee),
        ] {
            self.provided(&row, set.revision());
            match resized(set.count()) {
                0 => self.remove(&row),
                count => self.put(&row, &GrantSetRecord { count })?,
            };
        }
        Ok(())
    }

    fn judge<U: uses::KeyUse>(&mut self, key: &Authorized<Key, U>) {
        self.provided(&key.home().key(key.id()), Some(key.revision()));
    }

    /// An alias whose key has lapsed is no alias any more; what is left of it goes.
    fn remove_leftover(&mut self, home: &Home, alias: &NewAlias) {
        if let Some(gone) = alias.leftover_target() {
            self.remove(&home.key_alias(gone, alias.name()));
        }
    }

    fn join(&mut self, home: &Home, set: &AliasSet, name: &AliasName) -> Result<(), KmsError> {
        if name.aws_service().is_some() {
            return Ok(());
        }
        let count = set.count();
        if count >= limits::ALIASES_PER_KEY {
            return Err(KmsError::quota(
                "Aliases per key",
                limits::ALIASES_PER_KEY,
                count,
            ));
        }
        self.resize(home, set, count + 1)
    }

    fn leave(&mut self, home: &Home, set: &AliasSet, name: &AliasName) -> Result<(), KmsError> {
        if name.aws_service().is_some() {
            return Ok(());
        }
        self.resize(home, set, set.count().saturating_sub(1))
    }

    fn resize(&mut self, home: &Home, set: &AliasSet, count: u64) -> Result<(), KmsError> {
        let row = home.alias_set(set.key_id);
        self.provided(&row, set.revision());
        self.put(&row, &AliasSetRecord { count })?;
        Ok(())
    }
}

/// The rule that binds the two keys of UpdateAlias.
fn interchangeable(
    alias: &AliasName,
    current: &KeyRecord,
    target: &KeyRecord,
) -> Result<(), KmsError> {
    if current.usage != target.usage {
        let usage = |key: &KeyRecord| key.usage.as_str();
        return Err(KmsError::alias_usage_differs(
            alias,
            usage(current),
            usage(target),
        ));
    }
    let (from, to) = (specs::family(current.spec), specs::family(target.spec));
    if from != to {
        return Err(KmsError::alias_type_differs(
            alias,
            from.as_str(),
            to.as_str(),
        ));
    }
    Ok(())
}

/// The JSON of a record. Records are made of texts and numbers, which always serialise.
pub(crate) fn to_payload(record: &impl Serialize) -> Result<Vec<u8>, KmsError> {
    serde_json::to_vec(record).map_err(KmsError::internal)
}

impl AliasSet {
    fn count(&self) -> u64 {
        self.stored.as_ref().map_or(0, |stored| stored.record.count)
    }

    fn revision(&self) -> Option<Revision> {
        self.stored
            .as_ref()
            .map(|stored: &std::sync::Arc<Stored<AliasSetRecord>>| stored.revision)
    }
}
