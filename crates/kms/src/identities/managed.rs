//! Managed policies: documents of an account, with versions, that are attached to its users,
//! groups and roles, are their boundaries, and are session policies.
//!
//! AWS: IAM user guide, "Managed policies and inline policies" and "Versioning IAM policies".

use strongroom_model::{AccountId, Timestamp};

use super::{
    arn,
    error::IdentityError,
    record::{Document, Kind, ManagedPolicyRecord, PolicyDeclaration, PolicyVersionRecord},
    rules,
    write::{Identity, differs},
};
use crate::layout::{self, RowKey};

/// Versions of a managed policy. AWS: "IAM and AWS STS quotas".
pub(super) const VERSIONS: usize = 5;

/// The managed policy that an ARN names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PolicyName<'a> {
    /// Nothing for those of AWS, of which there are none here.
    account: Option<AccountId>,
    /// The path, which begins and ends with a slash.
    path: &'a str,
    pub(super) name: &'a str,
}

impl<'a> PolicyName<'a> {
    /// Reads an ARN.
    pub(crate) fn parse(arn: &'a str) -> Result<Self, IdentityError> {
        Self::read(arn).ok_or_else(|| IdentityError::invalid_arn(arn))
    }

    fn read(arn: &'a str) -> Option<Self> {
        let prefix = ["arn:", super::PARTITION.as_str(), ":iam::"].concat();
        let (account, rest) = arn.strip_prefix(&*prefix)?.split_once(":policy")?;
        let account = match account {
            "aws" => None,
            digits => Some(AccountId::parse(digits).ok()?),
        };
        let (path, name) = rest.split_at_checked(rest.rfind('/')? + 1)?;
        (path.starts_with('/') && !name.is_empty()).then_some(Self {
            account,
            path,
            name,
        })
    }

    /// Where the policy is, if it is one of the account.
    pub(super) fn row(&self, account: AccountId) -> Option<RowKey<ManagedPolicyRecord>> {
        (self.account == Some(account)).then(|| layout::managed_policy(account, self.name))
    }

    /// Where the policy is, in whichever account.
    pub(super) fn row_anywhere(&self) -> Option<RowKey<ManagedPolicyRecord>> {
        Some(layout::managed_policy(self.account?, self.name))
    }

    /// Whether the policy is one of the account.
    pub(crate) fn is_in(&self, account: AccountId) -> bool {
        self.account == Some(account)
    }

    /// Whether a record is that of the policy: path and name are exactly these.
    pub(super) fn is_of(&self, record: &ManagedPolicyRecord) -> bool {
        record.name == self.name && record.declared.path == self.path
    }
}

impl ManagedPolicyRecord {
    /// The ARN.
    pub(crate) fn arn(&self, account: AccountId) -> String {
        arn(account, "policy", &self.declared.path, &self.name)
    }

    /// Every version by its number, with its date and its document.
    pub(super) fn versions(&self) -> impl Iterator<Item = (u32, Timestamp, &Document)> {
        let default = (
            self.default_version,
            self.default_created,
            &self.declared.document,
        );
        let others = self.others.iter();
        std::iter::once(default)
            .chain(others.map(|(number, it)| (*number, it.created, &it.document)))
    }

    /// Gives it one more version, which counts from now on or does not, and tells its number.
    pub(super) fn add_version(
        &mut self,
        document: Document,
        counts: bool,
        now: Timestamp,
    ) -> Result<u32, IdentityError> {
        if self.others.len() + 1 >= VERSIONS {
            return Err(IdentityError::limit(format!(
                "A managed policy can have up to {VERSIONS} versions. Before you create a new \
                 version, you must delete an existing version."
            )));
        }
        rules::check_managed_document(&document)?;
        let number = self.last_version.saturating_add(1);
        let version = PolicyVersionRecord {
            created: now,
            document,
        };
        self.others.insert(number, version);
        self.last_version = number;
        self.updated = now;
        if counts {
            self.set_default(number, now);
        }
        Ok(number)
    }

    /// Has another version count, and tells whether it has it.
    pub(super) fn set_default(&mut self, number: u32, now: Timestamp) -> bool {
        if number == self.default_version {
            return true;
        }
        let Some(version) = self.others.remove(&number) else {
            return false;
        };
        let before = PolicyVersionRecord {
            created: std::mem::replace(&mut self.default_created, version.created),
            document: std::mem::replace(&mut self.declared.document, version.document),
        };
        self.others.insert(self.default_version, before);
        self.default_version = number;
        self.updated = now;
        true
    }
}

impl Identity for ManagedPolicyRecord {
    type Declared = PolicyDeclaration;
    const NAME: &'static str = "managed policy";
    const UNIQUE: Option<(Kind, &'static str)> = Some((Kind::Policy, "ANPA"));

    fn row(account: AccountId, name: &str) -> RowKey<Self> {
        layout::managed_policy(account, name)
    }

    fn new(name: &str, unique_id: String, now: Timestamp, declared: PolicyDeclaration) -> Self {
        Self {
            name: name.to_owned(),
            unique_id,
            created: now,
            updated: now,
            attachments: 0,
            boundaries: 0,
            default_version: 1,
            default_created: now,
            last_version: 1,
            others: std::collections::BTreeMap::new(),
            declared,
        }
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn unique_id(&self) -> &str {
        &self.unique_id
    }

    fn declared(&self) -> &PolicyDeclaration {
        &self.declared
    }

    fn declared_mut(&mut self) -> &mut PolicyDeclaration {
        &mut self.declared
    }

    fn check(name: &str, declared: &PolicyDeclaration) -> Result<(), IdentityError> {
        rules::check_policy(name, declared)
    }

    fn differences(old: &PolicyDeclaration, new: &PolicyDeclaration) -> Vec<String> {
        let mut all = Vec::new();
        differs("path", &old.path, &new.path, &mut all);
        differs("description", &old.description, &new.description, &mut all);
        differs("document", &old.document, &new.document, &mut all);
        all
    }

    /// Another document is another version. Where there is no room for it, the oldest one that
    /// does not count goes.
    fn redeclare(
        &mut self,
        declared: &PolicyDeclaration,
        now: Timestamp,
    ) -> Result<(), IdentityError> {
        if self.declared.path != declared.path {
            return Err(IdentityError::invalid(format!(
                "The path of the policy {} is part of its ARN and cannot be changed",
                self.name
            )));
        }
        self.declared.description.clone_from(&declared.description);
        if self.declared.document == declared.document {
            return Ok(());
        }
        if self.others.len() + 1 >= VERSIONS {
            self.others.pop_first();
        }
        self.add_version(declared.document.clone(), true, now)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_arn_names_account_path_and_name() {
        let account = AccountId::parse("111122223333").unwrap();
        let parsed = PolicyName::parse("arn:aws:iam::111122223333:policy/team/a/Narrow").unwrap();
        assert_eq!((parsed.path, parsed.name), ("/team/a/", "Narrow"));
        assert!(parsed.is_in(account) && parsed.row(account).is_some());
        let of_aws = PolicyName::parse("arn:aws:iam::aws:policy/AdministratorAccess").unwrap();
        assert!(!of_aws.is_in(account) && of_aws.row_anywhere().is_none());
        for wrong in [
            "",
            "Narrow",
            "arn:aws:iam::111122223333:policy",
            "arn:aws:iam::111122223333:policy/",
            "arn:aws:iam::111122223333:policyNarrow",
            "arn:aws:iam::111122223333:role/Narrow",
            "arn:aws:iam::1111:policy/Narrow",
            "arn:aws:kms::111122223333:policy/Narrow",
        ] {
            let told = PolicyName::parse(wrong).unwrap_err().to_string();
            assert_eq!(told, format!("InvalidInput: ARN {wrong} is not valid."));
        }
    }

    #[test]
    fn a_new_document_is_a_new_version_and_the_oldest_makes_room() {
        let document = |n: u32| {
            Document(format!(
                r#"{{"Statement":[{{"Effect":"Allow","Action":"kms:{n}","Resource":"*"}}]}}"#
            ))
        };
        let at = Timestamp::from_millis(0);
        let first = PolicyDeclaration::saying(document(1));
        let mut record = ManagedPolicyRecord::new("P", "ANPA".to_owned(), at, first);
        for number in 2..=7 {
            record
                .redeclare(&PolicyDeclaration::saying(document(number)), at)
                .unwrap();
            assert_eq!(record.default_version, number);
            assert_eq!(record.declared.document, document(number));
        }
        let numbers: Vec<u32> = record.versions().map(|(number, ..)| number).collect();
        assert_eq!(numbers, [7, 3, 4, 5, 6]);
        assert!(record.set_default(4, at) && !record.set_default(1, at));
        assert_eq!(record.declared.document, document(4));
        let told = record.add_version(document(8), false, at).unwrap_err();
        assert!(
            told.to_string()
                .starts_with("LimitExceeded: A managed policy can have up to 5")
        );
    }
}
