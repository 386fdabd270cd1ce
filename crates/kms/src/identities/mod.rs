//! Identities: the users, groups, roles and identity providers of the accounts that this
//! installation hosts.
//!
//! They are records of the installation, named by account, kind and name. What a caller's own
//! side says in a decision, its [`Standing`], is compiled once for each revision of the records
//! that it comes from, and whoever asks gets what the records say now: a change counts for every
//! request that comes in after it was made.
//!
//! AWS: IAM user guide, "IAM identities".

mod access_key;
mod access_key_use;
mod act;
mod declare;
mod error;
mod managed;
pub(crate) mod record;
mod rules;
mod standing;
#[cfg(test)]
mod tests;
mod write;

use std::sync::Arc;

use strongroom_auth::{
    NamedPolicy, Standing,
    policy::{PrincipalPattern, TrustPolicy},
};
use strongroom_model::{AccountId, Partition, Timestamp};

pub(crate) use access_key_use::AccessKeyUses;
pub use act::{Act, Owner, Performed};
pub use declare::{Declared, DeclaredKind, Outcome};
pub use error::IdentityError;
pub(crate) use managed::PolicyName;
pub use record::{
    Boundary, Document, GroupDeclaration, Kind, PolicyDeclaration, ProviderDeclaration,
    RoleDeclaration, UserDeclaration,
};
pub use rules::{check_identity_policy, check_key_set, check_trust_policy};
pub(crate) use standing::Compiled;

use crate::{error::KmsError, layout, service::Service};

/// The partition that identities are in. Accounts of other partitions would be other accounts.
pub(crate) const PARTITION: Partition = Partition::Aws;

/// A user, ready to call.
#[derive(Debug)]
pub struct User {
    /// The account.
    pub account: AccountId,
    /// The path, which begins and ends with a slash.
    pub path: Arc<str>,
    /// The name.
    pub name: Arc<str>,
    /// `AIDA…`.
    pub unique_id: Arc<str>,
    /// What its own side says: its policies and those of its groups, boundary and tags.
    pub standing: Arc<Standing>,
    /// The ids of its access keys.
    pub(crate) access_keys: Vec<String>,
}

/// A role, ready to be assumed.
#[derive(Debug)]
pub struct Role {
    /// The account.
    pub account: AccountId,
    /// The path, which begins and ends with a slash.
    pub path: Arc<str>,
    /// The name.
    pub name: Arc<str>,
    /// `AROA…`.
    pub unique_id: Arc<str>,
    /// Who may assume it.
    pub trust: Arc<TrustPolicy>,
    /// How long a session lasts at most.
    pub max_session_duration_seconds: u32,
    /// Sessions that began earlier have ended.
    pub sessions_not_before: Option<Timestamp>,
    /// What the role's own side says: its policies, boundary and tags, and nothing of a session.
    pub standing: Arc<Standing>,
}

impl Role {
    /// The ARN of the role.
    #[must_use]
    pub fn arn(&self) -> String {
        arn(self.account, "role", &self.path, &self.name)
    }
}

/// An OIDC provider that web identities are taken from.
#[derive(Debug)]
pub struct Provider {
    /// The account.
    pub account: AccountId,
    /// The issuer without `https://`.
    pub url: String,
    /// The audiences that tokens may be for.
    pub client_ids: Vec<String>,
    /// Where the keys of the provider are.
    pub keys: ProviderKeys,
}

/// Where the keys are that a provider signs with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProviderKeys {
    /// Here: a JSON Web Key Set.
    Given(String),
    /// At this address.
    At(String),
    /// At the address that the provider's configuration document names.
    Discovered,
}

impl Provider {
    /// The ARN of the provider.
    #[must_use]
    pub fn arn(&self) -> String {
        arn(self.account, "oidc-provider", "/", &self.url)
    }
}

/// The ARN of an identity.
pub(crate) fn arn(account: AccountId, kind: &str, path: &str, name: &str) -> String {
    let partition = PARTITION.as_str();
    [
        "arn:",
        partition,
        ":iam::",
        &account.text(),
        ":",
        kind,
        path,
        name,
    ]
    .concat()
}

/// Looking identities up.
impl Service {
    /// The user with that name, exactly as it is written.
    ///
    /// # Errors
    /// When the store fails, or a stored policy cannot be read.
    pub async fn user(
        &self,
        account: AccountId,
        name: &str,
    ) -> Result<Option<Arc<User>>, KmsError> {
        self.compiled().user(self, account, name).await
    }

    /// The role with that name, exactly as it is written and whatever its path.
    ///
    /// # Errors
    /// When the store fails, or a stored policy cannot be read.
    pub async fn role(
        &self,
        account: AccountId,
        name: &str,
    ) -> Result<Option<Arc<Role>>, KmsError> {
        self.compiled().role(self, account, name).await
    }

    /// The default versions of managed policies, or nothing when one of them is not there.
    ///
    /// # Errors
    /// When the store fails, or a stored policy cannot be read.
    pub(crate) async fn managed_policies(
        &self,
        arns: &[Box<str>],
    ) -> Result<Option<Vec<NamedPolicy>>, KmsError> {
        let mut all = Vec::new();
        for arn in arns {
            match self.compiled().managed(self, arn).await? {
                Some(ready) => all.push(ready.policy),
                None => return Ok(None),
            }
        }
        Ok(Some(all))
    }

    /// The OIDC provider with that URL, given without `https://`.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn oidc_provider(
        &self,
        account: AccountId,
        url: &str,
    ) -> Result<Option<Provider>, KmsError> {
        let stored = self
            .shelves()
            .get(&layout::oidc_provider(account, url))
            .await?;
        Ok(stored.map(|stored| {
            let declared = &stored.record.declared;
            let keys = match (&declared.jwks, &declared.jwks_url) {
                (Some(document), _) => ProviderKeys::Given(document.0.clone()),
                (None, Some(url)) => ProviderKeys::At(url.clone()),
                (None, None) => ProviderKeys::Discovered,
            };
            Provider {
                account,
                url: stored.record.url.clone(),
                client_ids: declared.client_ids.clone(),
                keys,
            }
        }))
    }

    /// Whether the identities of the account are looked after here: it has some, had some, or was
    /// declared.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn hosts(&self, account: AccountId) -> Result<bool, KmsError> {
        let stored = self.shelves().get(&layout::account(account)).await?;
        Ok(stored.is_some_and(|stored| stored.record.hosted))
    }

    /// Whether a principal that a policy or a grant names may be one. Whoever belongs to an
    /// account that is not hosted here is taken at their word.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn principal_exists(&self, principal: &PrincipalPattern) -> Result<bool, KmsError> {
        match principal {
            PrincipalPattern::Anyone
            | PrincipalPattern::Account(_)
            | PrincipalPattern::FederatedUser { .. }
            | PrincipalPattern::Service(_)
            | PrincipalPattern::Federated(_) => Ok(true),
            PrincipalPattern::UniqueId(id) => Ok(self.principal_with_id(id).await?.is_some()),
            PrincipalPattern::User { account, .. }
            | PrincipalPattern::Role { account, .. }
            | PrincipalPattern::Session { account, .. } => {
                Ok(!self.hosts(*account).await? || self.unique_id(principal).await?.is_some())
            }
        }
    }

    /// The unique id of the user or role that a principal names; of a session, that of its role.
    /// Nothing for others, and for whom is not known here.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn unique_id(
        &self,
        principal: &PrincipalPattern,
    ) -> Result<Option<String>, KmsError> {
        Ok(match principal {
            PrincipalPattern::User {
                account,
                path_and_name,
            } => {
                let (path, name) = split(path_and_name);
                let user = self.shelves().get(&layout::user(*account, name)).await?;
                user.filter(|it| it.record.name == name && it.record.declared.path == path)
                    .map(|it| it.record.unique_id.clone())
            }
            PrincipalPattern::Role {
                account,
                path_and_name,
            } => {
                let (path, name) = split(path_and_name);
                let role = self.shelves().get(&layout::role(*account, name)).await?;
                role.filter(|it| it.record.name == name && it.record.declared.path == path)
                    .map(|it| it.record.unique_id.clone())
            }
            PrincipalPattern::Session {
                account, role_name, ..
            } => {
                let row = layout::role(*account, role_name);
                let role = self.shelves().get(&row).await?;
                role.filter(|it| it.record.name == **role_name)
                    .map(|it| it.record.unique_id.clone())
            }
            _ => None,
        })
    }

    /// The user or role with that unique id: a [`PrincipalPattern::User`] or
    /// [`PrincipalPattern::Role`]. Nothing once it was deleted.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn principal_with_id(
        &self,
        unique_id: &str,
    ) -> Result<Option<PrincipalPattern>, KmsError> {
        let Some(stored) = self.shelves().get(&layout::unique_id(unique_id)).await? else {
            return Ok(None);
        };
        let (account, name) = (stored.record.account, &stored.record.name);
        let named = |path: &str| [path, name].concat().into_boxed_str();
        Ok(match stored.record.kind {
            Kind::User => {
                let user = self.shelves().get(&layout::user(account, name)).await?;
                user.map(|user| PrincipalPattern::User {
                    account,
                    path_and_name: named(&user.record.declared.path),
                })
            }
            Kind::Role => {
                let role = self.shelves().get(&layout::role(account, name)).await?;
                role.map(|role| PrincipalPattern::Role {
                    account,
                    path_and_name: named(&role.record.declared.path),
                })
            }
            Kind::Group | Kind::Policy => None,
        })
    }
}

/// The path and the name, from how they stand in an ARN together: `/team/alice`.
fn split(path_and_name: &str) -> (&str, &str) {
    let at = path_and_name.rfind('/').map_or(0, |slash| slash + 1);
    path_and_name.split_at(at)
}
