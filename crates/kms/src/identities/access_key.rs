//! Access keys: two for each user, and two for the root of an account.
//!
//! The secret is sealed in the store and told once, when the access key is made.
//!
//! AWS: IAM user guide, "Managing access keys for IAM users".

use serde_json::{Value, json};
use strongroom_auth::{AccessKeyId, identity::generate_secret_access_key};
use strongroom_crypto::CryptoError;
use strongroom_model::{AccountId, SecretAccessKey};

use super::{
    act::{Performed, date},
    declare::Outcome,
    error::IdentityError,
    record::{AccountRecord, UserRecord},
    rules,
    write::{Step, Told},
};
use crate::{
    change::Change, credentials, error::KmsError, layout, record::CredentialRecord,
    service::Service, shelves::Stored,
};

/// An access key that a file declares.
#[derive(Debug)]
pub(super) struct Wanted {
    /// The user that it belongs to; absent for the root.
    pub(super) user: Option<String>,
    pub(super) id: String,
    /// The secret; one is made where none is given.
    pub(super) secret: Option<SecretAccessKey>,
    pub(super) active: bool,
}

impl Service {
    /// Makes an access key of a user, or of the root, and tells its secret.
    pub(super) async fn create_access_key(
        &self,
        account: AccountId,
        user: Option<String>,
    ) -> Result<Performed, IdentityError> {
        let (id, secret) = self.new_access_key()?;
        self.put_access_key(account, user.as_deref(), &id, true, &secret)
            .await?;
        let mut told = self.access_key_told(account, id.as_str()).await?;
        if let Some(members) = told.as_object_mut() {
            members.insert("Status".to_owned(), json!("Active"));
        }
        Ok(Performed {
            told: json!({ "AccessKey": told }),
            secret: Some(secret),
        })
    }

    /// A new id and a new secret.
    pub(crate) fn new_access_key(&self) -> Result<(AccessKeyId, SecretAccessKey), KmsError> {
        let random = self.custody().random();
        // A generator that fails leaves zeros behind; the check below turns that into an error.
        let mut healthy = true;
        let mut fill = |bytes: &mut [u8]| healthy &= random.fill(bytes).is_ok();
        let id = AccessKeyId::generate(&mut fill);
        let secret = generate_secret_access_key(&mut fill);
        if !healthy {
            return Err(CryptoError::RandomUnavailable.into());
        }
        Ok((id, secret))
    }

    /// Stores a new access key with its owner, which must have room for it.
    pub(crate) async fn put_access_key(
        &self,
        account: AccountId,
        user: Option<&str>,
        id: &AccessKeyId,
        active: bool,
        secret: &SecretAccessKey,
    ) -> Result<(), IdentityError> {
        if self
            .shelves()
            .get(&layout::credential(id.as_str()))
            .await?
            .is_some()
        {
            return Err(IdentityError::exists("access key", id.as_str()));
        }
        let now = self.now();
        let owner = user.map(str::to_owned);
        let more = |change: &mut Change| {
            let made = credentials::change(self, id, account, owner.clone(), active, secret, now)?;
            change.conditions.extend(made.conditions);
            change.writes.extend(made.writes);
            Ok(())
        };
        self.change_access_keys(account, user, id.as_str(), "CreateAccessKey", true, more)
            .await
    }

    /// Has an access key that an earlier version left be its owner's, if it is not yet.
    pub(crate) async fn adopt_access_key(
        &self,
        account: AccountId,
        user: Option<&str>,
        id: &str,
    ) -> Result<(), IdentityError> {
        if self.access_key_ids(account, user).await?.contains(id) {
            return Ok(());
        }
        self.change_access_keys(account, user, id, "AdoptAccessKey", true, |_| Ok(()))
            .await
    }

    /// Adds an access key to its owner or takes it away, in one commit with `more`.
    async fn change_access_keys(
        &self,
        account: AccountId,
        user: Option<&str>,
        id: &str,
        event: &'static str,
        add: bool,
        more: impl Fn(&mut Change) -> Result<(), KmsError>,
    ) -> Result<(), IdentityError> {
        let change = |keys: &mut std::collections::BTreeSet<String>| {
            if !add {
                keys.remove(id);
                return Ok(());
            }
            if keys.len() >= rules::ACCESS_KEYS {
                return Err(IdentityError::quota(
                    "AccessKeysPerUser",
                    rules::ACCESS_KEYS,
                ));
            }
            keys.insert(id.to_owned());
            Ok(())
        };
        let told = || Told::new(event).with("accessKeyId", id);
        match user {
            Some(name) => {
                let decide = |there: Option<&UserRecord>| {
                    let mut user = there
                        .cloned()
                        .ok_or_else(|| IdentityError::unknown("user", name))?;
                    change(&mut user.access_keys)?;
                    Ok((Step::Put(user), told().with("userName", name)))
                };
                self.write_identity(account, name, decide, more).await?;
            }
            None => {
                let decide = |record: &mut AccountRecord| {
                    change(&mut record.access_keys)?;
                    Ok(Some(told()))
                };
                self.write_account(account, decide, more).await?;
            }
        }
        Ok(())
    }

    async fn credential(
        &self,
        account: AccountId,
        id: &str,
    ) -> Result<std::sync::Arc<Stored<CredentialRecord>>, IdentityError> {
        let stored = self.shelves().load(&layout::credential(id)).await?;
        stored
            .filter(|stored| stored.record.account == account)
            .ok_or_else(|| IdentityError::unknown("Access Key", id))
    }

    /// Makes an access key active or inactive.
    pub(super) async fn update_access_key(
        &self,
        account: AccountId,
        id: &str,
        active: bool,
    ) -> Result<(), IdentityError> {
        let stored = self.credential(account, id).await?;
        if stored.record.active == active {
            return Ok(());
        }
        let owner = stored.record.user.clone();
        // The record of the owner is written along, so that the access key cannot come back when
        // the owner is deleted meanwhile.
        let row = layout::credential(id);
        let more = |change: &mut Change| {
            let record = CredentialRecord {
                active,
                ..stored.record.clone()
            };
            change
                .provided(&row, Some(stored.revision))
                .put(&row, &record)?;
            Ok(())
        };
        let status = if active { "Active" } else { "Inactive" };
        let told = || {
            Told::new("UpdateAccessKey")
                .with("accessKeyId", id)
                .with("status", status)
        };
        match owner {
            Some(name) => {
                let decide = |there: Option<&UserRecord>| {
                    let user = there
                        .filter(|user| user.access_keys.contains(id))
                        .cloned()
                        .ok_or_else(|| IdentityError::unknown("Access Key", id))?;
                    Ok((Step::Put(user), told().with("userName", &name)))
                };
                self.write_identity(account, &name, decide, more).await?;
            }
            None => {
                let decide = |_: &mut AccountRecord| Ok(Some(told()));
                self.write_account(account, decide, more).await?;
            }
        }
        Ok(())
    }

    /// Removes an access key.
    pub(super) async fn delete_access_key(
        &self,
        account: AccountId,
        id: &str,
    ) -> Result<(), IdentityError> {
        let stored = self.credential(account, id).await?;
        let more = |change: &mut Change| {
            change
                .remove(&layout::credential(id))
                .remove(&layout::access_key_use(id));
            Ok(())
        };
        let user = stored.record.user.as_deref();
        self.change_access_keys(account, user, id, "DeleteAccessKey", false, more)
            .await
    }

    /// The ids of the access keys of a user, or of the root.
    pub(super) async fn access_key_ids(
        &self,
        account: AccountId,
        user: Option<&str>,
    ) -> Result<std::collections::BTreeSet<String>, IdentityError> {
        match user {
            Some(name) => {
                let user: UserRecord = self.find_identity(account, name).await?;
                Ok(user.access_keys)
            }
            None => {
                let stored = self.shelves().get(&layout::account(account)).await?;
                Ok(match stored {
                    Some(stored) => stored.record.access_keys.clone(),
                    None => self.new_account(account).await?.access_keys,
                })
            }
        }
    }

    pub(super) async fn list_access_keys(
        &self,
        account: AccountId,
        user: Option<&str>,
    ) -> Result<Value, IdentityError> {
        let mut told = Vec::new();
        for id in self.access_key_ids(account, user).await? {
            told.push(self.access_key_told(account, &id).await?);
        }
        Ok(json!({ "AccessKeyMetadata": told }))
    }

    async fn access_key_told(&self, account: AccountId, id: &str) -> Result<Value, IdentityError> {
        let stored = self.credential(account, id).await?;
        let record = &stored.record;
        let status = if record.active { "Active" } else { "Inactive" };
        Ok(json!({
            "UserName": record.user.as_deref().unwrap_or("<root>"),
            "AccessKeyId": id,
            "Status": status,
            "CreateDate": date(record.created),
        }))
    }

    pub(super) async fn access_key_last_used(
        &self,
        account: AccountId,
        id: &str,
    ) -> Result<Value, IdentityError> {
        let stored = self.credential(account, id).await?;
        let used = match self.access_key_uses().of(self, id).await? {
            None => json!({ "ServiceName": "N/A", "Region": "N/A" }),
            Some(used) => json!({
                "LastUsedDate": date(used.at),
                "ServiceName": used.service,
                "Region": used.region,
            }),
        };
        Ok(json!({
            "UserName": stored.record.user.as_deref().unwrap_or("<root>"),
            "AccessKeyLastUsed": used,
        }))
    }

    /// Makes an access key as a file declares it, or tells what that would change. What a file
    /// does not name stays.
    pub(super) async fn declare_access_key(
        &self,
        account: AccountId,
        wanted: Wanted,
        dry_run: bool,
    ) -> Result<Performed, IdentityError> {
        let Wanted {
            user,
            id,
            secret,
            active,
        } = wanted;
        let id =
            AccessKeyId::parse(&id).map_err(|error| IdentityError::invalid(error.to_string()))?;
        let there = self
            .shelves()
            .load(&layout::credential(id.as_str()))
            .await?;
        let Some(there) = there else {
            if dry_run {
                return Ok(json!(Outcome::Created).into());
            }
            let made = match secret {
                Some(secret) => {
                    self.put_access_key(account, user.as_deref(), &id, active, &secret)
                        .await?;
                    None
                }
                None => {
                    let (_, secret) = self.new_access_key()?;
                    self.put_access_key(account, user.as_deref(), &id, active, &secret)
                        .await?;
                    Some(secret)
                }
            };
            return Ok(Performed {
                told: json!(Outcome::Created),
                secret: made,
            });
        };
        let record = &there.record;
        if record.account != account || record.user != user {
            return Err(IdentityError::conflict(&format!(
                "the access key {id} belongs to somebody else"
            )));
        }
        if let Some(secret) = secret
            && secret != credentials::open_secret(self, id.as_str(), record)?
        {
            return Err(IdentityError::conflict(&format!(
                "the access key {id} has another secret, and a secret cannot be changed: delete \
                 the access key first"
            )));
        }
        if record.active == active {
            return Ok(json!(Outcome::Unchanged).into());
        }
        if !dry_run {
            self.update_access_key(account, id.as_str(), active).await?;
        }
        Ok(json!(Outcome::Changed(vec!["status".to_owned()])).into())
    }
}
