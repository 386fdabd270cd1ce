//! The command line of `strongroom identity`, with the words of `aws iam`.

use std::{collections::BTreeMap, path::PathBuf};

use clap::{Args, Subcommand, ValueEnum};
use strongroom_kms::identities::{Act, Owner, PolicyDeclaration, ProviderDeclaration};
use strongroom_model::AccountId;

use super::document;
use crate::{cli::Folder, commands::Failure, seal_source::SealSource};

/// Where identities are.
#[derive(Debug, Args)]
pub struct Place {
    /// The folder.
    #[command(flatten)]
    pub folder: Folder,
    /// A seal that opens the store; needed when no server runs.
    #[arg(long, env = "STRONGROOM_SEAL", value_name = "SEAL")]
    pub seal: Vec<SealSource>,
}

/// Whose identities are meant.
#[derive(Debug, Args)]
pub struct InAccount {
    /// Where.
    #[command(flatten)]
    pub place: Place,
    /// The account: twelve digits.
    #[arg(long, env = "STRONGROOM_ACCOUNT", value_name = "ID", value_parser = AccountId::parse)]
    pub account: AccountId,
}

/// A user or the root.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub struct UserOrRoot {
    /// The user.
    #[arg(long, value_name = "NAME")]
    user_name: Option<String>,
    /// The root of the account.
    #[arg(long)]
    root: bool,
}

/// A user or a role.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub struct UserOrRole {
    /// The user.
    #[arg(long, value_name = "NAME")]
    user_name: Option<String>,
    /// The role.
    #[arg(long, value_name = "NAME")]
    role_name: Option<String>,
}

impl UserOrRole {
    fn owner(self) -> Owner {
        match (self.user_name, self.role_name) {
            (Some(name), _) => Owner::User(name),
            (None, name) => Owner::Role(name.unwrap_or_default()),
        }
    }
}

/// Whether an access key may be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Status {
    /// It may.
    #[value(name = "Active")]
    Active,
    /// It may not.
    #[value(name = "Inactive")]
    Inactive,
}

/// One tag: `key=value`, or `Key=key,Value=value` as the AWS CLI has it.
#[derive(Clone, Debug)]
pub struct TagArgument(String, String);

impl TagArgument {
    fn parse(text: &str) -> Result<Self, &'static str> {
        let long = text.strip_prefix("Key=");
        let pair = match long.and_then(|rest| rest.split_once(",Value=")) {
            Some(pair) => Some(pair),
            None => text.split_once('='),
        };
        let (key, value) = pair.ok_or("a tag is key=value, or Key=key,Value=value")?;
        Ok(Self(key.to_owned(), value.to_owned()))
    }
}

/// The number of a version, from `v3`.
fn version(text: &str) -> Result<u32, &'static str> {
    let number = text.strip_prefix('v').unwrap_or_default();
    let plain = !number.starts_with('0') && number.bytes().all(|byte| byte.is_ascii_digit());
    let number = number.parse().ok().filter(|_| plain);
    number.ok_or("a version is v and a number: v1, v2, …")
}

fn tags(arguments: Vec<TagArgument>) -> BTreeMap<String, String> {
    arguments
        .into_iter()
        .map(|TagArgument(key, value)| (key, value))
        .collect()
}

/// `strongroom identity`. Documents are given as JSON, or as the name of a file that holds it.
#[derive(Debug, Subcommand)]
pub enum IdentityCommand {
    /// Make the stored identities of the accounts in a file what the file says.
    ///
    /// The file has the format of seeds, without keys. Each identity that differs is one recorded
    /// change; applying the file again changes nothing. What the file does not name stays, unless
    /// --prune is given. An access key without a `secret` is given one, which is printed once.
    Apply {
        /// Where.
        #[command(flatten)]
        place: Place,
        /// Also remove users, groups, roles, providers and access keys of these accounts that
        /// the file does not name.
        #[arg(long)]
        prune: bool,
        /// The file.
        file: PathBuf,
    },
    /// Write the stored identities into a file that `apply` takes. Secrets are never written.
    Export {
        /// Where.
        #[command(flatten)]
        place: Place,
        /// The account; may be given several times [default: all].
        #[arg(long, value_name = "ID", value_parser = AccountId::parse)]
        account: Vec<AccountId>,
        /// The file, which is replaced; - is standard output.
        file: PathBuf,
    },
    /// Tell what `apply` would do, and exit with 1 if that is anything and with 2 if it cannot be
    /// told.
    Diff {
        /// Where.
        #[command(flatten)]
        place: Place,
        /// As `apply --prune`.
        #[arg(long)]
        prune: bool,
        /// The file.
        file: PathBuf,
    },

    /// List the accounts that have identities here, or access keys of their root.
    ListAccounts {
        /// Where.
        #[command(flatten)]
        place: Place,
    },
    /// Look after the identities of an account from now on: a principal of it that is not known
    /// does not exist. The first identity of an account does the same.
    CreateAccount {
        /// Where.
        #[command(flatten)]
        within: InAccount,
    },

    /// Make a user.
    CreateUser {
        /// Where.
        #[command(flatten)]
        within: InAccount,
        /// The name.
        #[arg(long, value_name = "NAME")]
        user_name: String,
        /// The path, which begins and ends with a slash [default: /].
        #[arg(long, value_name = "PATH")]
        path: Option<String>,
        /// Tags: key=value.
        #[arg(long, value_name = "TAG", num_args = 1.., value_parser = TagArgument::parse)]
        tags: Vec<TagArgument>,
        /// A permissions boundary: the ARN of a managed policy, or a document.
        #[arg(long, value_name = "ARN or DOCUMENT")]
        permissions_boundary: Option<String>,
    },
    /// Show a user.
    GetUser {
        /// Where.
        #[command(flatten)]
        within: InAccount,
        /// The user.
        #[arg(long, value_name = "NAME")]
        user_name: String,
    },
    /// List the users of an account.
    ListUsers {
        /// Where.
        #[command(flatten)]
        within: InAccount,
    },
    /// Delete a user that has no access keys, groups and policies any more.
    DeleteUser {
        /// Where.
        #[command(flatten)]
        within: InAccount,
        /// The user.
        #[arg(long, value_name = "NAME")]
        user_name: String,
    },
    /// Put an inline policy of a user.
    PutUserPolicy {
        /// Where.
        #[command(flatten)]
        within: InAccount,
        /// The user.
        #[arg(long, value_name = "NAME")]
        user_name: String,
        /// The policy.
        #[command(flatten)]
        policy: Policy,
    },
    /// Show an inline policy of a user.
    GetUserPolicy {
        /// Where.
        #[command(flatten)]
        within: InAccount,
        /// The user.
        #[arg(long, value_name = "NAME")]
        user_name: String,
        /// The policy.
        #[arg(long, value_name = "NAME")]
        policy_name: String,
    },
    /// List the inline policies of a user.
    ListUserPolicies {
        /// Where.
        #[command(flatten)]
        within: InAccount,
        /// The user.
        #[arg(long, value_name = "NAME")]
        user_name: String,
    },
    /// Delete an inline policy of a user.
    DeleteUserPolicy {
        /// Where.
        #[command(flatten)]
        within: InAccount,
        /// The user.
        #[arg(long, value_name = "NAME")]
        user_name: String,
        /// The policy.
        #[arg(long, value_name = "NAME")]
        policy_name: String,
    },

    /// Make a group.
    CreateGroup {
        /// Where.
        #[command(flatten)]
        within: InAccount,
        /// The name.
        #[arg(long, value_name = "NAME")]
        group_name: String,
        /// The path, which begins and ends with a slash [default: /].
        #[arg(long, value_name = "PATH")]
        path: Option<String>,
    },
    /// Show a group and its members.
    GetGroup {
        /// Where.
        #[command(flatten)]
        within: InAccount,
        /// The group.
        #[arg(long, value_name = "NAME")]
        group_name: String,
    },
    /// List the groups of an account.
    ListGroups {
        /// Where.
        #[command(flatten)]
        within: InAccount,
    },
    /// Delete a group that has no members and policies any more.
    DeleteGroup {
        /// Where.
        #[command(flatten)]
        within: InAccount,
        /// The group.
        #[arg(long, value_name = "NAME")]
        group_name: String,
    },
    /// Put an inline policy of a group.
    PutGroupPolicy {
        /// Where.
        #[command(flatten)]
        within: InAccount,
        /// The group.
        #[arg(long, value_name = "NAME")]
        group_name: String,
        /// The policy.
        #[command(flatten)]
        policy: Policy,
    },
    /// Show an inline policy of a group.
    GetGroupPolicy {
        /// Where.
        #[command(flatten)]
        within: InAccount,
        /// The group.
        #[arg(long, value_name = "NAME")]
        group_name: String,
        /// The policy.
        #[arg(long, value_name = "NAME")]
        policy_name: String,
    },
    /// List the inline policies of a group.
    ListGroupPolicies {
        /// Where.
        #[command(flatten)]
        within: InAccount,
        /// The group.
        #[arg(long, value_name = "NAME")]
        group_name: String,
    },
    /// Delete an inline policy of a group.
    DeleteGroupPolicy {
        /// Where.
        #[command(flatten)]
        within: InAccount,
        /// The group.
        #[arg(long, value_name = "NAME")]
        group_name: String,
        /// The policy.
        #[arg(long, value_name = "NAME")]
        policy_name: String,
    },
    /// Make a user a member of a group.
    AddUserToGroup {
        /// Where.
        #[command(flatten)]
        within: InAccount,
        /// The user.
        #[arg(long, value_name = "NAME")]
        user_name: String,
        /// The group.
        #[arg(long, value_name = "NAME")]
        group_name: String,
    },
    /// End a user's membership of a group.
    RemoveUserFromGroup {
        /// Where.
        #[command(flatten)]
        within: InAccount,
        /// The user.
        #[arg(long, value_name = "NAME")]
        user_name: String,
        /// The group.
        #[arg(long, value_name = "NAME")]
        group_name: String,
    },
    /// List the groups that a user is in.
    ListGroupsForUser {
        /// Where.
        #[command(flatten)]
        within: InAccount,
        /// The user.
        #[arg(long, value_name = "NAME")]
        user_name: String,
    },

    /// Make a role.
    CreateRole {
        /// Where.
        #[command(flatten)]
        within: InAccount,
        /// The name.
        #[arg(long, value_name = "NAME")]
        role_name: String,
        /// The trust policy: who may assume it.
        #[arg(long, value_name = "DOCUMENT")]
        assume_role_policy_document: String,
        /// The path, which begins and ends with a slash [default: /].
        #[arg(long, value_name = "PATH")]
        path: Option<String>,
        /// Tags: key=value.
        #[arg(long, value_name = "TAG", num_args = 1.., value_parser = TagArgument::parse)]
        tags: Vec<TagArgument>,
        /// A permissions boundary: the ARN of a managed policy, or a document.
        #[arg(long, value_name = "ARN or DOCUMENT")]
        permissions_boundary: Option<String>,
        /// How long a session lasts at most, 3600 to 43200 [default: 3600].
        #[arg(long, value_name = "SECONDS")]
        max_session_duration: Option<u32>,
    },
    /// Show a role.
    GetRole {
        /// Where.
        #[command(flatten)]
        within: InAccount,
        /// The role.
        #[arg(long, value_name = "NAME")]
        role_name: String,
    },
    /// List the roles of an account.
    ListRoles {
        /// Where.
        #[command(flatten)]
        within: InAccount,
    },
    /// Delete a role that has no policies any more. Its sessions end.
    DeleteRole {
        /// Where.
        #[command(flatten)]
        within: InAccount,
        /// The role.
        #[arg(long, value_name = "NAME")]
        role_name: String,
    },
    /// Change how long sessions of a role may last.
    UpdateRole {
        /// Where.
        #[command(flatten)]
        within: InAccount,
        /// The role.
        #[arg(long, value_name = "NAME")]
        role_name: String,
        /// How long a session lasts at most, 3600 to 43200.
        #[arg(long, value_name = "SECONDS")]
        max_session_duration: u32,
    },
    /// Replace the trust policy of a role.
    #[command(visible_alias = "update-assume-role-policy")]
    UpdateTrust {
        /// Where.
        #[command(flatten)]
        within: InAccount,
        /// The role.
        #[arg(long, value_name = "NAME")]
        role_name: String,
        /// The trust policy: who may assume it.
        #[arg(long, value_name = "DOCUMENT")]
        policy_document: String,
    },
    /// End every session of a role that began before now.
    RevokeSessions {
        /// Where.
        #[command(flatten)]
        within: InAccount,
        /// The role.
        #[arg(long, value_name = "NAME")]
        role_name: String,
    },
    /// Put an inline policy of a role.
    PutRolePolicy {
        /// Where.
        #[command(flatten)]
        within: InAccount,
        /// The role.
        #[arg(long, value_name = "NAME")]
        role_name: String,
        /// The policy.
        #[command(flatten)]
        policy: Policy,
    },
    /// Show an inline policy of a role.
    GetRolePolicy {
        /// Where.
        #[command(flatten)]
        within: InAccount,
        /// The role.
        #[arg(long, value_name = "NAME")]
        role_name: String,
        /// The policy.
        #[arg(long, value_name = "NAME")]
        policy_name: String,
    },
    /// List the inline policies of a role.
    ListRolePolicies {
        /// Where.
        #[command(flatten)]
        within: InAccount,
        /// The role.
        #[arg(long, value_name = "NAME")]
        role_name: String,
    },
    /// Delete an inline policy of a role.
    DeleteRolePolicy {
        /// Where.
        #[command(flatten)]
        within: InAccount,
        /// The role.
        #[arg(long, value_name = "NAME")]
        role_name: String,
        /// The policy.
        #[arg(long, value_name = "NAME")]
        policy_name: String,
    },

    /// Make a managed policy.
    CreatePolicy {
        /// Where.
        #[command(flatten)]
        within: InAccount,
        /// The name.
        #[arg(long, value_name = "NAME")]
        policy_name: String,
        /// The document: JSON, or the name of a file.
        #[arg(long, value_name = "DOCUMENT")]
        policy_document: String,
        /// The path, which begins and ends with a slash [default: /].
        #[arg(long, value_name = "PATH")]
        path: Option<String>,
        /// What it is for.
        #[arg(long, value_name = "TEXT")]
        description: Option<String>,
    },
    /// Show a managed policy; `get-policy-version` shows what it says.
    GetPolicy {
        /// Where.
        #[command(flatten)]
        within: InAccount,
        /// The policy.
        #[arg(long, value_name = "ARN")]
        policy_arn: String,
    },
    /// List the managed policies of an account.
    ListPolicies {
        /// Where.
        #[command(flatten)]
        within: InAccount,
        /// Only those that are attached to somebody.
        #[arg(long)]
        only_attached: bool,
    },
    /// Delete a managed policy that is attached nowhere and has no other versions any more.
    DeletePolicy {
        /// Where.
        #[command(flatten)]
        within: InAccount,
        /// The policy.
        #[arg(long, value_name = "ARN")]
        policy_arn: String,
    },
    /// Give a managed policy another version.
    CreatePolicyVersion {
        /// Where.
        #[command(flatten)]
        within: InAccount,
        /// The policy.
        #[arg(long, value_name = "ARN")]
        policy_arn: String,
        /// The document: JSON, or the name of a file.
        #[arg(long, value_name = "DOCUMENT")]
        policy_document: String,
        /// Have it count from now on.
        #[arg(long)]
        set_as_default: bool,
    },
    /// Have another version of a managed policy count.
    SetDefaultPolicyVersion {
        /// Where.
        #[command(flatten)]
        within: InAccount,
        /// The policy.
        #[arg(long, value_name = "ARN")]
        policy_arn: String,
        /// The version: v1, v2, …
        #[arg(long, value_name = "VERSION", value_parser = version)]
        version_id: u32,
    },
    /// Delete a version of a managed policy that does not count.
    DeletePolicyVersion {
        /// Where.
        #[command(flatten)]
        within: InAccount,
        /// The policy.
        #[arg(long, value_name = "ARN")]
        policy_arn: String,
        /// The version: v1, v2, …
        #[arg(long, value_name = "VERSION", value_parser = version)]
        version_id: u32,
    },
    /// Show a version of a managed policy with its document.
    GetPolicyVersion {
        /// Where.
        #[command(flatten)]
        within: InAccount,
        /// The policy.
        #[arg(long, value_name = "ARN")]
        policy_arn: String,
        /// The version: v1, v2, …
        #[arg(long, value_name = "VERSION", value_parser = version)]
        version_id: u32,
    },
    /// List the versions of a managed policy.
    ListPolicyVersions {
        /// Where.
        #[command(flatten)]
        within: InAccount,
        /// The policy.
        #[arg(long, value_name = "ARN")]
        policy_arn: String,
    },
    /// List the users, groups and roles that have a managed policy.
    ListEntitiesForPolicy {
        /// Where.
        #[command(flatten)]
        within: InAccount,
        /// The policy.
        #[arg(long, value_name = "ARN")]
        policy_arn: String,
    },
    /// Attach a managed policy to a user.
    AttachUserPolicy {
        /// Where.
        #[command(flatten)]
        within: InAccount,
        /// The user.
        #[arg(long, value_name = "NAME")]
        user_name: String,
        /// The policy.
        #[arg(long, value_name = "ARN")]
        policy_arn: String,
    },
    /// Detach a managed policy from a user.
    DetachUserPolicy {
        /// Where.
        #[command(flatten)]
        within: InAccount,
        /// The user.
        #[arg(long, value_name = "NAME")]
        user_name: String,
        /// The policy.
        #[arg(long, value_name = "ARN")]
        policy_arn: String,
    },
    /// List the managed policies that are attached to a user.
    ListAttachedUserPolicies {
        /// Where.
        #[command(flatten)]
        within: InAccount,
        /// The user.
        #[arg(long, value_name = "NAME")]
        user_name: String,
    },
    /// Attach a managed policy to a group.
    AttachGroupPolicy {
        /// Where.
        #[command(flatten)]
        within: InAccount,
        /// The group.
        #[arg(long, value_name = "NAME")]
        group_name: String,
        /// The policy.
        #[arg(long, value_name = "ARN")]
        policy_arn: String,
    },
    /// Detach a managed policy from a group.
    DetachGroupPolicy {
        /// Where.
        #[command(flatten)]
        within: InAccount,
        /// The group.
        #[arg(long, value_name = "NAME")]
        group_name: String,
        /// The policy.
        #[arg(long, value_name = "ARN")]
        policy_arn: String,
    },
    /// List the managed policies that are attached to a group.
    ListAttachedGroupPolicies {
        /// Where.
        #[command(flatten)]
        within: InAccount,
        /// The group.
        #[arg(long, value_name = "NAME")]
        group_name: String,
    },
    /// Attach a managed policy to a role.
    AttachRolePolicy {
        /// Where.
        #[command(flatten)]
        within: InAccount,
        /// The role.
        #[arg(long, value_name = "NAME")]
        role_name: String,
        /// The policy.
        #[arg(long, value_name = "ARN")]
        policy_arn: String,
    },
    /// Detach a managed policy from a role.
    DetachRolePolicy {
        /// Where.
        #[command(flatten)]
        within: InAccount,
        /// The role.
        #[arg(long, value_name = "NAME")]
        role_name: String,
        /// The policy.
        #[arg(long, value_name = "ARN")]
        policy_arn: String,
    },
    /// List the managed policies that are attached to a role.
    ListAttachedRolePolicies {
        /// Where.
        #[command(flatten)]
        within: InAccount,
        /// The role.
        #[arg(long, value_name = "NAME")]
        role_name: String,
    },

    /// Put the permissions boundary of a user or role.
    PutBoundary {
        /// Where.
        #[command(flatten)]
        within: InAccount,
        /// Whose.
        #[command(flatten)]
        owner: UserOrRole,
        /// The boundary: the ARN of a managed policy, or a document.
        #[arg(long, value_name = "ARN or DOCUMENT")]
        permissions_boundary: String,
    },
    /// Delete the permissions boundary of a user or role.
    DeleteBoundary {
        /// Where.
        #[command(flatten)]
        within: InAccount,
        /// Whose.
        #[command(flatten)]
        owner: UserOrRole,
    },
    /// Add tags to a user or role, or replace their values.
    Tag {
        /// Where.
        #[command(flatten)]
        within: InAccount,
        /// Whose.
        #[command(flatten)]
        owner: UserOrRole,
        /// The tags: key=value.
        #[arg(
            long,
            value_name = "TAG",
            num_args = 1..,
            required = true,
            value_parser = TagArgument::parse
        )]
        tags: Vec<TagArgument>,
    },
    /// Remove tags from a user or role.
    Untag {
        /// Where.
        #[command(flatten)]
        within: InAccount,
        /// Whose.
        #[command(flatten)]
        owner: UserOrRole,
        /// The keys of the tags.
        #[arg(long, value_name = "KEY", num_args = 1.., required = true)]
        tag_keys: Vec<String>,
    },
    /// List the tags of a user or role.
    ListTags {
        /// Where.
        #[command(flatten)]
        within: InAccount,
        /// Whose.
        #[command(flatten)]
        owner: UserOrRole,
    },

    /// Make an access key, and print its secret: this once, and nowhere else.
    CreateAccessKey {
        /// Where.
        #[command(flatten)]
        within: InAccount,
        /// Whose.
        #[command(flatten)]
        owner: UserOrRoot,
    },
    /// Make an access key active or inactive.
    UpdateAccessKey {
        /// Where.
        #[command(flatten)]
        within: InAccount,
        /// The access key.
        #[arg(long, value_name = "ID")]
        access_key_id: String,
        /// Whether it may be used.
        #[arg(long, value_enum, value_name = "STATUS")]
        status: Status,
    },
    /// Delete an access key.
    DeleteAccessKey {
        /// Where.
        #[command(flatten)]
        within: InAccount,
        /// The access key.
        #[arg(long, value_name = "ID")]
        access_key_id: String,
    },
    /// List the access keys of a user, or of the root.
    ListAccessKeys {
        /// Where.
        #[command(flatten)]
        within: InAccount,
        /// Whose.
        #[command(flatten)]
        owner: UserOrRoot,
    },
    /// Tell when an access key was last used, and for what.
    GetAccessKeyLastUsed {
        /// Where.
        #[command(flatten)]
        within: InAccount,
        /// The access key.
        #[arg(long, value_name = "ID")]
        access_key_id: String,
    },

    /// Make an OIDC provider, from which web identities are taken.
    #[command(visible_alias = "create-open-id-connect-provider")]
    CreateOidcProvider {
        /// Where.
        #[command(flatten)]
        within: InAccount,
        /// The issuer: https://…
        #[arg(long, value_name = "URL")]
        url: String,
        /// The audiences that tokens may be for.
        #[arg(long, value_name = "ID", num_args = 1.., required = true)]
        client_id_list: Vec<String>,
        /// The keys of the provider.
        #[command(flatten)]
        keys: KeySet,
    },
    /// Change the audiences or the keys of an OIDC provider.
    UpdateOidcProvider {
        /// Where.
        #[command(flatten)]
        within: InAccount,
        /// The issuer: https://…
        #[arg(long, value_name = "URL")]
        url: String,
        /// The audiences that tokens may be for.
        #[arg(long, value_name = "ID", num_args = 1..)]
        client_id_list: Vec<String>,
        /// The keys of the provider.
        #[command(flatten)]
        keys: KeySet,
    },
    /// Show an OIDC provider.
    GetOidcProvider {
        /// Where.
        #[command(flatten)]
        within: InAccount,
        /// The issuer: https://…
        #[arg(long, value_name = "URL")]
        url: String,
    },
    /// List the OIDC providers of an account.
    ListOidcProviders {
        /// Where.
        #[command(flatten)]
        within: InAccount,
    },
    /// Delete an OIDC provider.
    DeleteOidcProvider {
        /// Where.
        #[command(flatten)]
        within: InAccount,
        /// The issuer: https://…
        #[arg(long, value_name = "URL")]
        url: String,
    },
}

/// An inline policy.
#[derive(Debug, Args)]
pub struct Policy {
    /// The policy.
    #[arg(long, value_name = "NAME")]
    policy_name: String,
    /// The document: JSON, or the name of a file.
    #[arg(long, value_name = "DOCUMENT")]
    policy_document: String,
}

/// The keys of a provider. Without any, its configuration document is asked.
#[derive(Debug, Args)]
#[group(multiple = false)]
pub struct KeySet {
    /// A file with its JSON Web Key Set.
    #[arg(long, value_name = "FILE")]
    jwks_file: Option<PathBuf>,
    /// Where its JSON Web Key Set is.
    #[arg(long, value_name = "URL")]
    jwks_url: Option<String>,
}

impl KeySet {
    fn read(
        self,
    ) -> Result<(Option<strongroom_kms::identities::Document>, Option<String>), Failure> {
        let document = self
            .jwks_file
            .as_deref()
            .map(document::of_file)
            .transpose()?;
        Ok((document, self.jwks_url))
    }
}

/// A command that is one act in one account.
pub(super) struct Single {
    pub(super) place: Place,
    pub(super) account: AccountId,
    pub(super) act: Act,
}

/// What a command line asks for.
pub(super) enum Asked {
    Apply {
        place: Place,
        prune: bool,
        file: PathBuf,
    },
    Diff {
        place: Place,
        prune: bool,
        file: PathBuf,
    },
    Export {
        place: Place,
        accounts: Vec<AccountId>,
        file: PathBuf,
    },
    ListAccounts {
        place: Place,
    },
    Single(Box<Single>),
}

/// Reads a command line; documents are read from their files.
pub(super) fn asked(command: IdentityCommand) -> Result<Asked, Failure> {
    use IdentityCommand as C;
    let policy = |owner: Owner, policy: Policy| {
        Ok::<_, Failure>(Act::PutPolicy {
            owner,
            name: policy.policy_name,
            document: document::given(&policy.policy_document)?,
        })
    };
    let (within, act) = match command {
        C::Apply { place, prune, file } => return Ok(Asked::Apply { place, prune, file }),
        C::Diff { place, prune, file } => return Ok(Asked::Diff { place, prune, file }),
        C::Export {
            place,
            account,
            file,
        } => {
            return Ok(Asked::Export {
                place,
                accounts: account,
                file,
            });
        }
        C::ListAccounts { place } => return Ok(Asked::ListAccounts { place }),
        C::CreateAccount { within } => (within, Act::CreateAccount),
        C::CreateUser {
            within,
            user_name,
            path,
            tags: given,
            permissions_boundary,
        } => {
            let boundary = permissions_boundary
                .as_deref()
                .map(document::boundary)
                .transpose()?;
            let act = Act::CreateUser {
                name: user_name,
                path,
                tags: tags(given),
                permissions_boundary: boundary,
            };
            (within, act)
        }
        C::GetUser { within, user_name } => (within, Act::GetUser { name: user_name }),
        C::ListUsers { within } => (within, Act::ListUsers),
        C::DeleteUser { within, user_name } => (within, Act::DeleteUser { name: user_name }),
        C::PutUserPolicy {
            within,
            user_name,
            policy: given,
        } => (within, policy(Owner::User(user_name), given)?),
        C::GetUserPolicy {
            within,
            user_name,
            policy_name,
        } => (
            within,
            Act::GetPolicy {
                owner: Owner::User(user_name),
                name: policy_name,
            },
        ),
        C::ListUserPolicies { within, user_name } => (
            within,
            Act::ListPolicies {
                owner: Owner::User(user_name),
            },
        ),
        C::DeleteUserPolicy {
            within,
            user_name,
            policy_name,
        } => (
            within,
            Act::DeletePolicy {
                owner: Owner::User(user_name),
                name: policy_name,
            },
        ),
        C::CreateGroup {
            within,
            group_name,
            path,
        } => (
            within,
            Act::CreateGroup {
                name: group_name,
                path,
            },
        ),
        C::GetGroup { within, group_name } => (within, Act::GetGroup { name: group_name }),
        C::ListGroups { within } => (within, Act::ListGroups),
        C::DeleteGroup { within, group_name } => (within, Act::DeleteGroup { name: group_name }),
        C::PutGroupPolicy {
            within,
            group_name,
            policy: given,
        } => (within, policy(Owner::Group(group_name), given)?),
        C::GetGroupPolicy {
            within,
            group_name,
            policy_name,
        } => (
            within,
            Act::GetPolicy {
                owner: Owner::Group(group_name),
                name: policy_name,
            },
        ),
        C::ListGroupPolicies { within, group_name } => (
            within,
            Act::ListPolicies {
                owner: Owner::Group(group_name),
            },
        ),
        C::DeleteGroupPolicy {
            within,
            group_name,
            policy_name,
        } => (
            within,
            Act::DeletePolicy {
                owner: Owner::Group(group_name),
                name: policy_name,
            },
        ),
        C::AddUserToGroup {
            within,
            user_name,
            group_name,
        } => (
            within,
            Act::AddUserToGroup {
                user: user_name,
                group: group_name,
            },
        ),
        C::RemoveUserFromGroup {
            within,
            user_name,
            group_name,
        } => (
            within,
            Act::RemoveUserFromGroup {
                user: user_name,
                group: group_name,
            },
        ),
        C::ListGroupsForUser { within, user_name } => {
            (within, Act::ListGroupsForUser { user: user_name })
        }
        C::CreateRole {
            within,
            role_name,
            assume_role_policy_document,
            path,
            tags: given,
            permissions_boundary,
            max_session_duration,
        } => {
            let boundary = permissions_boundary
                .as_deref()
                .map(document::boundary)
                .transpose()?;
            let act = Act::CreateRole {
                name: role_name,
                path,
                tags: tags(given),
                trust: document::given(&assume_role_policy_document)?,
                permissions_boundary: boundary,
                max_session_duration_seconds: max_session_duration,
            };
            (within, act)
        }
        C::GetRole { within, role_name } => (within, Act::GetRole { name: role_name }),
        C::ListRoles { within } => (within, Act::ListRoles),
        C::DeleteRole { within, role_name } => (within, Act::DeleteRole { name: role_name }),
        C::UpdateRole {
            within,
            role_name,
            max_session_duration,
        } => {
            let act = Act::UpdateRole {
                name: role_name,
                max_session_duration_seconds: max_session_duration,
            };
            (within, act)
        }
        C::UpdateTrust {
            within,
            role_name,
            policy_document,
        } => {
            let trust = document::given(&policy_document)?;
            (
                within,
                Act::UpdateTrust {
                    name: role_name,
                    trust,
                },
            )
        }
        C::RevokeSessions { within, role_name } => {
            (within, Act::RevokeSessions { name: role_name })
        }
        C::PutRolePolicy {
            within,
            role_name,
            policy: given,
        } => (within, policy(Owner::Role(role_name), given)?),
        C::GetRolePolicy {
            within,
            role_name,
            policy_name,
        } => (
            within,
            Act::GetPolicy {
                owner: Owner::Role(role_name),
                name: policy_name,
            },
        ),
        C::ListRolePolicies { within, role_name } => (
            within,
            Act::ListPolicies {
                owner: Owner::Role(role_name),
            },
        ),
        C::DeleteRolePolicy {
            within,
            role_name,
            policy_name,
        } => (
            within,
            Act::DeletePolicy {
                owner: Owner::Role(role_name),
                name: policy_name,
            },
        ),
        C::CreatePolicy {
            within,
            policy_name,
            policy_document,
            path,
            description,
        } => {
            let mut policy = PolicyDeclaration::saying(document::given(&policy_document)?);
            policy.description = description.unwrap_or_default();
            if let Some(path) = path {
                policy.path = path;
            }
            (
                within,
                Act::CreateManagedPolicy {
                    name: policy_name,
                    policy,
                },
            )
        }
        C::GetPolicy {
            within,
            policy_arn: arn,
        } => (within, Act::GetManagedPolicy { arn }),
        C::ListPolicies {
            within,
            only_attached,
        } => (within, Act::ListManagedPolicies { only_attached }),
        C::DeletePolicy {
            within,
            policy_arn: arn,
        } => (within, Act::DeleteManagedPolicy { arn }),
        C::CreatePolicyVersion {
            within,
            policy_arn: arn,
            policy_document,
            set_as_default,
        } => {
            let document = document::given(&policy_document)?;
            (
                within,
                Act::CreatePolicyVersion {
                    arn,
                    document,
                    set_as_default,
                },
            )
        }
        C::SetDefaultPolicyVersion {
            within,
            policy_arn: arn,
            version_id: version,
        } => (within, Act::SetDefaultPolicyVersion { arn, version }),
        C::DeletePolicyVersion {
            within,
            policy_arn: arn,
            version_id: version,
        } => (within, Act::DeletePolicyVersion { arn, version }),
        C::GetPolicyVersion {
            within,
            policy_arn: arn,
            version_id: version,
        } => (within, Act::GetPolicyVersion { arn, version }),
        C::ListPolicyVersions {
            within,
            policy_arn: arn,
        } => (within, Act::ListPolicyVersions { arn }),
        C::ListEntitiesForPolicy {
            within,
            policy_arn: arn,
        } => (within, Act::ListEntitiesForPolicy { arn }),
        C::AttachUserPolicy {
            within,
            user_name,
            policy_arn: arn,
        } => {
            let owner = Owner::User(user_name);
            (within, Act::AttachPolicy { owner, arn })
        }
        C::DetachUserPolicy {
            within,
            user_name,
            policy_arn: arn,
        } => {
            let owner = Owner::User(user_name);
            (within, Act::DetachPolicy { owner, arn })
        }
        C::ListAttachedUserPolicies { within, user_name } => {
            let owner = Owner::User(user_name);
            (within, Act::ListAttachedPolicies { owner })
        }
        C::AttachGroupPolicy {
            within,
            group_name,
            policy_arn: arn,
        } => {
            let owner = Owner::Group(group_name);
            (within, Act::AttachPolicy { owner, arn })
        }
        C::DetachGroupPolicy {
            within,
            group_name,
            policy_arn: arn,
        } => {
            let owner = Owner::Group(group_name);
            (within, Act::DetachPolicy { owner, arn })
        }
        C::ListAttachedGroupPolicies { within, group_name } => {
            let owner = Owner::Group(group_name);
            (within, Act::ListAttachedPolicies { owner })
        }
        C::AttachRolePolicy {
            within,
            role_name,
            policy_arn: arn,
        } => {
            let owner = Owner::Role(role_name);
            (within, Act::AttachPolicy { owner, arn })
        }
        C::DetachRolePolicy {
            within,
            role_name,
            policy_arn: arn,
        } => {
            let owner = Owner::Role(role_name);
            (within, Act::DetachPolicy { owner, arn })
        }
        C::ListAttachedRolePolicies { within, role_name } => {
            let owner = Owner::Role(role_name);
            (within, Act::ListAttachedPolicies { owner })
        }
        C::PutBoundary {
            within,
            owner,
            permissions_boundary,
        } => {
            let boundary = document::boundary(&permissions_boundary)?;
            (
                within,
                Act::PutBoundary {
                    owner: owner.owner(),
                    boundary,
                },
            )
        }
        C::DeleteBoundary { within, owner } => (
            within,
            Act::DeleteBoundary {
                owner: owner.owner(),
            },
        ),
        C::Tag {
            within,
            owner,
            tags: given,
        } => (
            within,
            Act::Tag {
                owner: owner.owner(),
                tags: tags(given),
            },
        ),
        C::Untag {
            within,
            owner,
            tag_keys,
        } => (
            within,
            Act::Untag {
                owner: owner.owner(),
                keys: tag_keys,
            },
        ),
        C::ListTags { within, owner } => (
            within,
            Act::ListTags {
                owner: owner.owner(),
            },
        ),
        C::CreateAccessKey { within, owner } => (
            within,
            Act::CreateAccessKey {
                user: owner.user_name,
            },
        ),
        C::UpdateAccessKey {
            within,
            access_key_id,
            status,
        } => {
            let active = status == Status::Active;
            (
                within,
                Act::UpdateAccessKey {
                    id: access_key_id,
                    active,
                },
            )
        }
        C::DeleteAccessKey {
            within,
            access_key_id,
        } => (within, Act::DeleteAccessKey { id: access_key_id }),
        C::ListAccessKeys { within, owner } => (
            within,
            Act::ListAccessKeys {
                user: owner.user_name,
            },
        ),
        C::GetAccessKeyLastUsed {
            within,
            access_key_id,
        } => (within, Act::GetAccessKeyLastUsed { id: access_key_id }),
        C::CreateOidcProvider {
            within,
            url,
            client_id_list,
            keys,
        } => {
            let (jwks, jwks_url) = keys.read()?;
            let provider = ProviderDeclaration {
                client_ids: client_id_list,
                jwks,
                jwks_url,
            };
            (within, Act::CreateOidcProvider { url, provider })
        }
        C::UpdateOidcProvider {
            within,
            url,
            client_id_list,
            keys,
        } => {
            let (jwks, jwks_url) = keys.read()?;
            let client_ids = (!client_id_list.is_empty()).then_some(client_id_list);
            (
                within,
                Act::UpdateOidcProvider {
                    url,
                    client_ids,
                    jwks,
                    jwks_url,
                },
            )
        }
        C::GetOidcProvider { within, url } => (within, Act::GetOidcProvider { url }),
        C::ListOidcProviders { within } => (within, Act::ListOidcProviders),
        C::DeleteOidcProvider { within, url } => (within, Act::DeleteOidcProvider { url }),
    };
    let InAccount { place, account } = within;
    Ok(Asked::Single(Box::new(Single {
        place,
        account,
        act,
    })))
}
