//! What a seed says, read from the tree of its file.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::Value;
use strongroom_auth::AccessKeyId;
use strongroom_kms::identities::{
    Boundary, Declared, Document, GroupDeclaration, PolicyDeclaration, ProviderDeclaration,
    RoleDeclaration, UserDeclaration, check_key_set,
};
use strongroom_kms::seed::{At, Seed, SeededAccessKey, SeededIdentity, SeededKey};
use strongroom_model::{
    AccountId, AliasName, KeyId, Plaintext, Region, SecretAccessKey,
    enums::{KeySpec, KeyUsageType},
};

use super::{
    Purpose, Wrong,
    policy::{self, Kind},
    yaml::{Content, Name, Node},
};

/// Longest description. AWS: API reference, "CreateKey".
const DESCRIPTION_CHARACTERS: usize = 8192;
/// Longest key and value of a tag. AWS: API reference, "Tag".
const TAG_KEY_CHARACTERS: usize = 128;
const TAG_VALUE_CHARACTERS: usize = 256;
/// Days between two automatic rotations. AWS: API reference, "EnableKeyRotation".
const ROTATION_PERIOD_DAYS: std::ops::RangeInclusive<i32> = 90..=2560;
/// Key materials of one key, so that they fit one commit.
const MATERIALS: usize = 64;

/// Where a file is, and what it is read for.
pub(super) struct Place<'a> {
    /// The folder of the file, from which it names others.
    pub(super) folder: &'a Path,
    pub(super) purpose: Purpose,
}

/// Reads a whole seed.
pub(super) fn seed(root: &Node<'_>, place: &Place<'_>) -> Result<Seed, Wrong> {
    let mut seed = Seed::default();
    for (name, value) in mapping(root, "a seed")? {
        match &*name.text {
            "accounts" => {
                for (id, value) in mapping(value, "`accounts`")? {
                    let account = AccountId::parse(&id.text)
                        .map_err(|_| Wrong::at(id.line, "an account id has twelve digits"))?;
                    seed.accounts.push(At {
                        line: id.line,
                        it: account,
                    });
                    read_account(account, value, place, &mut seed)?;
                }
            }
            _ => return unknown(name, "a seed"),
        }
    }
    Ok(seed)
}

fn read_account(
    account: AccountId,
    node: &Node<'_>,
    place: &Place<'_>,
    seed: &mut Seed,
) -> Result<(), Wrong> {
    let purpose = place.purpose;
    let mut groups = Vec::new();
    let mut memberships = Vec::new();
    for (name, value) in mapping(node, "an account")? {
        match &*name.text {
            "root" => {
                for (name, value) in mapping(value, "`root`")? {
                    match &*name.text {
                        "access_keys" => read_access_keys(account, None, value, purpose, seed)?,
                        _ => return unknown(name, "`root`"),
                    }
                }
            }
            "users" => {
                for (user, value) in mapping(value, "`users`")? {
                    memberships.extend(read_user(account, user, value, purpose, seed)?);
                }
            }
            "policies" => {
                for (policy, value) in mapping(value, "`policies`")? {
                    read_policy(account, policy, value, seed)?;
                }
            }
            "groups" => {
                for (group, value) in mapping(value, "`groups`")? {
                    groups.push(group.text.to_string());
                    read_group(account, group, value, seed)?;
                }
            }
            "roles" => {
                for (role, value) in mapping(value, "`roles`")? {
                    read_role(account, role, value, seed)?;
                }
            }
            "oidc_providers" => {
                for provider in sequence(value, "`oidc_providers`")? {
                    read_provider(account, provider, place, seed)?;
                }
            }
            "regions" if purpose == Purpose::Identities => {
                let reason = "keys and their material are no part of a file of identities";
                return Err(Wrong::at(name.line, reason));
            }
            "regions" => {
                for (region, value) in mapping(value, "`regions`")? {
                    read_region(account, region, value, seed)?;
                }
            }
            _ => return unknown(name, "an account"),
        }
    }
    check_managed_policies(account, seed)?;
    match memberships
        .into_iter()
        .find(|(_, group)| !groups.contains(group))
    {
        Some((line, group)) => Err(Wrong::at(
            line,
            format!("the account has no group `{group}`"),
        )),
        None => Ok(()),
    }
}

/// Whatever managed policies the identities of an account have, it has to have them.
fn check_managed_policies(account: AccountId, seed: &Seed) -> Result<(), Wrong> {
    let own = || seed.identities.iter().filter(|it| it.account == account);
    let known: BTreeSet<String> = own()
        .filter_map(|it| match &it.identity {
            Declared::Policy(name, policy) => {
                let path = &policy.path;
                Some(format!("arn:aws:iam::{account}:policy{path}{name}"))
            }
            _ => None,
        })
        .collect();
    for it in own() {
        let mut used = it.identity.managed_policies();
        if let Some(arn) = used.find(|arn| !known.contains(*arn)) {
            let reason = format!("the account has no policy `{arn}`");
            return Err(Wrong::at(it.line, reason));
        }
    }
    Ok(())
}

fn read_access_keys(
    account: AccountId,
    user: Option<&str>,
    node: &Node<'_>,
    purpose: Purpose,
    seed: &mut Seed,
) -> Result<(), Wrong> {
    for node in sequence(node, "`access_keys`")? {
        let (mut id, mut secret, mut active) = (None, None, true);
        for (name, value) in mapping(node, "an access key")? {
            match &*name.text {
                "id" => {
                    let parsed = AccessKeyId::parse(text(value, "`id`")?);
                    id = Some(parsed.map_err(|error| Wrong::at(value.line, error.to_string()))?);
                }
                "secret" => {
                    let text = text(value, "`secret`")?;
                    if text.is_empty() {
                        return Err(Wrong::at(value.line, "`secret` is empty"));
                    }
                    secret = Some(SecretAccessKey::new(text.to_owned()));
                }
                "status" => {
                    active = match text(value, "`status`")? {
                        "Active" => true,
                        "Inactive" => false,
                        _ => return Err(Wrong::at(value.line, "`status` is Active or Inactive")),
                    };
                }
                _ => return unknown(name, "an access key"),
            }
        }
        let id = id.ok_or_else(|| Wrong::at(node.line, "an access key needs an `id`"))?;
        if secret.is_none() && purpose == Purpose::Seed {
            return Err(Wrong::at(node.line, "an access key needs a `secret`"));
        }
        if seed.access_keys.iter().any(|known| known.id == id) {
            return Err(Wrong::at(
                node.line,
                format!("the access key {id} is there twice"),
            ));
        }
        let (line, user) = (node.line, user.map(str::to_owned));
        seed.access_keys.push(SeededAccessKey {
            line,
            account,
            user,
            id,
            secret,
            active,
        });
    }
    Ok(())
}

/// Reads a user, and gives the groups it says it is in, with their lines.
fn read_user(
    account: AccountId,
    user: &Name<'_>,
    node: &Node<'_>,
    purpose: Purpose,
    seed: &mut Seed,
) -> Result<Vec<(usize, String)>, Wrong> {
    identity_name(user)?;
    let mut declared = UserDeclaration::default();
    let mut memberships = Vec::new();
    for (name, value) in mapping(node, "a user")? {
        match &*name.text {
            "path" => declared.path = path(value)?,
            "tags" => declared.tags = tags(value)?.into_iter().collect(),
            "policies" => declared.policies = policies(value)?,
            "managed_policies" => declared.managed_policies = managed_policies(value)?,
            "permissions_boundary" => declared.permissions_boundary = boundary(value)?,
            "access_keys" => read_access_keys(account, Some(&user.text), value, purpose, seed)?,
            "groups" => {
                for group in sequence(value, "`groups`")? {
                    let name = text(group, "a group")?.to_owned();
                    declared.groups.insert(name.clone());
                    memberships.push((group.line, name));
                }
            }
            _ => return unknown(name, "a user"),
        }
    }
    let identity = Declared::User(user.text.to_string(), declared);
    keep(account, user.line, identity, seed)?;
    Ok(memberships)
}

fn read_policy(
    account: AccountId,
    policy: &Name<'_>,
    node: &Node<'_>,
    seed: &mut Seed,
) -> Result<(), Wrong> {
    identity_name(policy)?;
    let mut declared = PolicyDeclaration::saying(Document(String::new()));
    let mut says = false;
    for (name, value) in mapping(node, "a managed policy")? {
        match &*name.text {
            "path" => declared.path = path(value)?,
            "description" => declared.description = text(value, "`description`")?.to_owned(),
            "document" => {
                declared.document = policy::read(value, Kind::Identity)?;
                says = true;
            }
            _ => return unknown(name, "a managed policy"),
        }
    }
    if !says {
        return Err(Wrong::at(
            policy.line,
            "a managed policy needs a `document`",
        ));
    }
    let identity = Declared::Policy(policy.text.to_string(), declared);
    keep(account, policy.line, identity, seed)
}

fn read_group(
    account: AccountId,
    group: &Name<'_>,
    node: &Node<'_>,
    seed: &mut Seed,
) -> Result<(), Wrong> {
    identity_name(group)?;
    let mut declared = GroupDeclaration::default();
    for (name, value) in mapping(node, "a group")? {
        match &*name.text {
            "path" => declared.path = path(value)?,
            "policies" => declared.policies = policies(value)?,
            "managed_policies" => declared.managed_policies = managed_policies(value)?,
            _ => return unknown(name, "a group"),
        }
    }
    let identity = Declared::Group(group.text.to_string(), declared);
    keep(account, group.line, identity, seed)
}

fn read_role(
    account: AccountId,
    role: &Name<'_>,
    node: &Node<'_>,
    seed: &mut Seed,
) -> Result<(), Wrong> {
    identity_name(role)?;
    let mut declared = RoleDeclaration::trusting(Document(String::new()));
    let mut trusted = false;
    for (name, value) in mapping(node, "a role")? {
        match &*name.text {
            "path" => declared.path = path(value)?,
            "tags" => declared.tags = tags(value)?.into_iter().collect(),
            "policies" => declared.policies = policies(value)?,
            "managed_policies" => declared.managed_policies = managed_policies(value)?,
            "permissions_boundary" => declared.permissions_boundary = boundary(value)?,
            "trust" => {
                declared.trust = policy::read(value, Kind::Trust)?;
                trusted = true;
            }
            "max_session_duration_seconds" => {
                // AWS: IAM API reference, "CreateRole": one to twelve hours.
                let seconds = value.to_json().as_u64();
                let seconds = seconds.and_then(|seconds| u32::try_from(seconds).ok());
                let seconds = seconds.filter(|seconds| (3600..=43_200).contains(seconds));
                let reason = "`max_session_duration_seconds` is a number from 3600 to 43200";
                declared.max_session_duration_seconds =
                    seconds.ok_or_else(|| Wrong::at(value.line, reason))?;
            }
            _ => return unknown(name, "a role"),
        }
    }
    if !trusted {
        return Err(Wrong::at(role.line, "a role needs a `trust` policy"));
    }
    let identity = Declared::Role(role.text.to_string(), declared);
    keep(account, role.line, identity, seed)
}

fn read_provider(
    account: AccountId,
    node: &Node<'_>,
    place: &Place<'_>,
    seed: &mut Seed,
) -> Result<(), Wrong> {
    let mut declared = ProviderDeclaration::default();
    let mut url = None;
    for (name, value) in mapping(node, "an OIDC provider")? {
        match &*name.text {
            "url" => {
                let text = text(value, "`url`")?;
                let short = text.strip_prefix("https://").filter(|_| text.len() <= 255);
                let reason = "`url` begins with https:// and has at most 255 characters";
                let short = short.ok_or_else(|| Wrong::at(value.line, reason))?;
                url = Some(short.trim_end_matches('/').to_owned());
            }
            "client_ids" => {
                for id in sequence(value, "`client_ids`")? {
                    declared
                        .client_ids
                        .push(text(id, "a client id")?.to_owned());
                }
            }
            "jwks" if value.is_null() => {}
            "jwks" => {
                mapping(value, "`jwks`")?;
                declared.jwks = Some(key_set(Document(value.to_json_text()), value.line)?);
            }
            "jwks_file" => {
                let path = place.folder.join(text(value, "`jwks_file`")?);
                let content = fs::read_to_string(&path).map_err(|error| {
                    let path = path.display();
                    Wrong::at(value.line, format!("{path} cannot be read: {error}"))
                })?;
                declared.jwks = Some(key_set(Document(content), value.line)?);
            }
            "jwks_url" => declared.jwks_url = Some(text(value, "`jwks_url`")?.to_owned()),
            _ => return unknown(name, "an OIDC provider"),
        }
    }
    let url = url.ok_or_else(|| Wrong::at(node.line, "an OIDC provider needs a `url`"))?;
    keep(
        account,
        node.line,
        Declared::OidcProvider(url, declared),
        seed,
    )
}

fn key_set(document: Document, line: usize) -> Result<Document, Wrong> {
    check_key_set(&document).map_err(|error| Wrong::at(line, error.message()))?;
    Ok(document)
}

fn path(value: &Node<'_>) -> Result<String, Wrong> {
    let path = text(value, "`path`")?;
    let plain = path.bytes().all(|byte| (0x21..=0x7e).contains(&byte));
    if !path.starts_with('/') || !path.ends_with('/') || path.len() > 512 || !plain {
        return Err(Wrong::at(value.line, "`path` begins and ends with a slash"));
    }
    Ok(path.to_owned())
}

fn policies(value: &Node<'_>) -> Result<BTreeMap<String, Document>, Wrong> {
    let mut policies = BTreeMap::new();
    for (name, document) in mapping(value, "`policies`")? {
        identity_name(name)?;
        let document = policy::read(document, Kind::Identity)?;
        policies.insert(name.text.to_string(), document);
    }
    Ok(policies)
}

/// The ARNs of managed policies that are attached.
fn managed_policies(value: &Node<'_>) -> Result<BTreeSet<String>, Wrong> {
    let mut arns = BTreeSet::new();
    for item in sequence(value, "`managed_policies`")? {
        arns.insert(text(item, "the ARN of a managed policy")?.to_owned());
    }
    Ok(arns)
}

/// A document, or the ARN of a managed policy.
fn boundary(value: &Node<'_>) -> Result<Option<Boundary>, Wrong> {
    match &value.content {
        _ if value.is_null() => Ok(None),
        Content::Scalar { text, .. } if text.starts_with("arn:") => {
            Ok(Some(Boundary::Policy(text.to_string())))
        }
        _ => policy::read(value, Kind::Identity).map(|document| Some(Boundary::Document(document))),
    }
}

/// Keeps an identity that is as IAM has it, and there once.
fn keep(account: AccountId, line: usize, identity: Declared, seed: &mut Seed) -> Result<(), Wrong> {
    let checked = identity.check();
    checked.map_err(|error| Wrong::at(line, error.message()))?;
    let twice = seed.identities.iter().any(|other| {
        other.account == account
            && other.identity.kind() == identity.kind()
            && other.identity.name().eq_ignore_ascii_case(identity.name())
    });
    if twice {
        let (kind, name) = (identity.kind().name(), identity.name());
        return Err(Wrong::at(
            line,
            format!("the {kind} `{name}` is there twice"),
        ));
    }
    seed.identities.push(SeededIdentity {
        line,
        account,
        identity,
    });
    Ok(())
}

/// AWS: IAM user guide, "IAM and AWS STS quotas": names of users, groups, roles and policies.
fn identity_name(name: &Name<'_>) -> Result<(), Wrong> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_+=,.@-".contains(&byte);
    if (1..=128).contains(&name.text.len()) && name.text.bytes().all(plain) {
        Ok(())
    } else {
        let reason = "a name has 1 to 128 letters, digits and characters of _+=,.@-";
        Err(Wrong::at(name.line, reason))
    }
}

fn read_region(
    account: AccountId,
    name: &Name<'_>,
    node: &Node<'_>,
    seed: &mut Seed,
) -> Result<(), Wrong> {
    let region =
        Region::parse(&name.text).map_err(|error| Wrong::at(name.line, error.to_string()))?;
    for (name, value) in mapping(node, "a Region")? {
        match &*name.text {
            "keys" => {
                for node in sequence(value, "`keys`")? {
                    let key = read_key(account, &region, node)?;
                    check_unique(&key, seed)?;
                    seed.keys.push(key);
                }
            }
            _ => return unknown(name, "a Region"),
        }
    }
    Ok(())
}

/// Key ids and alias names are there once in an account and Region.
fn check_unique(key: &SeededKey, seed: &Seed) -> Result<(), Wrong> {
    let neighbours = || {
        let same = |other: &&SeededKey| other.account == key.account && other.region == key.region;
        seed.keys.iter().filter(same)
    };
    if neighbours().any(|other| other.id == key.id) {
        return Err(Wrong::at(
            key.line,
            format!("the key {} is there twice", key.id),
        ));
    }
    let mut names: Vec<_> = neighbours()
        .flat_map(|other| other.aliases.iter().map(|alias| &alias.it))
        .collect();
    for alias in &key.aliases {
        if names.contains(&&alias.it) {
            return Err(Wrong::at(
                alias.line,
                format!("{} is there twice", alias.it),
            ));
        }
        names.push(&alias.it);
    }
    Ok(())
}

fn read_key(account: AccountId, region: &Region, node: &Node<'_>) -> Result<SeededKey, Wrong> {
    let line = node.line;
    let mut id = None;
    let mut multi_region: Option<At<bool>> = None;
    let mut key = SeededKey {
        line,
        account,
        region: region.clone(),
        id: KeyId::from_bits(false, [0; 16]),
        description: At {
            line,
            it: String::new(),
        },
        spec: At {
            line,
            it: KeySpec::SymmetricDefault,
        },
        usage: None,
        enabled: At { line, it: true },
        external: false,
        material: Vec::new(),
        rotation_period_days: None,
        tags: At {
            line,
            it: Vec::new(),
        },
        policy: None,
        aliases: Vec::new(),
        replicas: Vec::new(),
        grants: Vec::new(),
    };
    let mut grants: &[Node<'_>] = &[];
    for (name, value) in mapping(node, "a key")? {
        let line = value.line;
        match &*name.text {
            "id" => {
                let parsed = KeyId::parse(text(value, "`id`")?);
                let reason = "not a key id: a UUID, or mrk- and 32 digits of a multi-Region key, \
                              in lower case";
                id = Some(parsed.map_err(|_| Wrong::at(line, reason))?);
            }
            "description" => {
                let it = text(value, "`description`")?.to_owned();
                if it.chars().count() > DESCRIPTION_CHARACTERS {
                    return Err(Wrong::at(line, "`description` has at most 8192 characters"));
                }
                key.description = At { line, it };
            }
            "key_spec" => {
                let it = KeySpec::parse(text(value, "`key_spec`")?);
                let reason = "`key_spec` is one that AWS names, such as RSA_2048";
                let it = it.ok_or_else(|| Wrong::at(line, reason))?;
                key.spec = At { line, it };
            }
            "key_usage" => {
                let it = KeyUsageType::parse(text(value, "`key_usage`")?);
                let reason = "`key_usage` is one that AWS names, such as SIGN_VERIFY";
                let it = it.ok_or_else(|| Wrong::at(line, reason))?;
                key.usage = Some(At { line, it });
            }
            "origin" => match text(value, "`origin`")? {
                "AWS_KMS" => key.external = false,
                "EXTERNAL" => key.external = true,
                _ => return not_yet(line, "an origin other than AWS_KMS and EXTERNAL"),
            },
            "multi_region" => {
                multi_region = Some(At {
                    line,
                    it: truth(value, "`multi_region`")?,
                });
            }
            "enabled" => {
                key.enabled = At {
                    line,
                    it: truth(value, "`enabled`")?,
                }
            }
            "key_material" => key.material = materials(value)?,
            "tags" => {
                key.tags = At {
                    line,
                    it: tags(value)?,
                }
            }
            "policy" if value.is_null() => {}
            "policy" => {
                mapping(value, "`policy`")?;
                key.policy = Some(At {
                    line,
                    it: value.to_json_text(),
                });
            }
            "aliases" => {
                for alias in sequence(value, "`aliases`")? {
                    key.aliases.push(At {
                        line: alias.line,
                        it: alias_name(alias)?,
                    });
                }
            }
            "rotation_period_in_days" if value.is_null() => {}
            "rotation_period_in_days" => {
                let days = value
                    .to_json()
                    .as_i64()
                    .and_then(|days| days.try_into().ok());
                let days = days.filter(|days| ROTATION_PERIOD_DAYS.contains(days));
                let reason = "`rotation_period_in_days` is a number from 90 to 2560";
                let it = days.ok_or_else(|| Wrong::at(line, reason))?;
                key.rotation_period_days = Some(At { line, it });
            }
            "replicas" => {
                for replica in sequence(value, "`replicas`")? {
                    let name = text(replica, "a Region")?;
                    let it = Region::parse(name)
                        .map_err(|error| Wrong::at(replica.line, error.to_string()))?;
                    let known = key.replicas.iter().any(|other| other.it == it);
                    if known || it == key.region {
                        let reason = "a multi-Region key is in a Region once";
                        return Err(Wrong::at(replica.line, reason));
                    }
                    let line = replica.line;
                    key.replicas.push(At { line, it });
                }
            }
            "grants" => grants = sequence(value, "`grants`")?,
            _ => return unknown(name, "a key"),
        }
    }
    key.id = id.ok_or_else(|| Wrong::at(line, "a key needs an `id`"))?;
    for grant in grants {
        let grant = super::grant::read(key.id, grant)?;
        if key
            .grants
            .iter()
            .any(|other| other.it.name == grant.it.name)
        {
            let reason = "a grant of this name is there twice";
            return Err(Wrong::at(grant.line, reason));
        }
        key.grants.push(grant);
    }
    if let Some(replica) = key.replicas.first()
        && !key.id.is_multi_region()
    {
        let reason = "only a key whose id begins with mrk- has `replicas`";
        return Err(Wrong::at(replica.line, reason));
    }
    match multi_region {
        Some(At { line, it }) if it != key.id.is_multi_region() => {
            let reason = "the id of a multi-Region key, and of no other, begins with mrk-";
            return Err(Wrong::at(line, reason));
        }
        None if key.id.is_multi_region() => {
            return Err(Wrong::at(
                line,
                "a key whose id begins with mrk- has `multi_region: true`",
            ));
        }
        _ => {}
    }
    Ok(key)
}

fn materials(node: &Node<'_>) -> Result<Vec<At<Plaintext>>, Wrong> {
    if node.is_null() {
        return Ok(Vec::new());
    }
    let items = sequence(node, "`key_material`")?;
    if items.len() > MATERIALS {
        return Err(Wrong::at(
            node.line,
            format!("`key_material` has at most {MATERIALS} items"),
        ));
    }
    let read = |item: &Node<'_>| {
        let line = item.line;
        // The decoder's own words would quote what it read.
        let bytes = STANDARD
            .decode(text(item, "key material")?)
            .map(Plaintext::new)
            .map_err(|_| Wrong::at(line, "key material is base64"))?;
        Ok(At { line, it: bytes })
    };
    items.iter().map(read).collect()
}

fn tags(node: &Node<'_>) -> Result<Vec<(String, String)>, Wrong> {
    let mut tags = Vec::new();
    for (name, value) in mapping(node, "`tags`")? {
        if !(1..=TAG_KEY_CHARACTERS).contains(&name.text.chars().count()) {
            return Err(Wrong::at(
                name.line,
                "the key of a tag has 1 to 128 characters",
            ));
        }
        let value_text = text(value, "the value of a tag")?;
        if value_text.chars().count() > TAG_VALUE_CHARACTERS {
            return Err(Wrong::at(
                value.line,
                "the value of a tag has at most 256 characters",
            ));
        }
        tags.push((name.text.to_string(), value_text.to_owned()));
    }
    Ok(tags)
}

fn alias_name(node: &Node<'_>) -> Result<AliasName, Wrong> {
    let name = AliasName::parse(text(node, "an alias")?).map_err(|_| {
        let reason = "an alias is alias/ and 1 to 250 letters, digits and characters of /_-";
        Wrong::at(node.line, reason)
    })?;
    if name.as_str().starts_with("alias/aws/") {
        let reason = "names that begin with alias/aws/ belong to AWS managed keys";
        return Err(Wrong::at(node.line, reason));
    }
    Ok(name)
}

pub(super) fn mapping<'n, 'a>(
    node: &'n Node<'a>,
    what: &str,
) -> Result<&'n [(Name<'a>, Node<'a>)], Wrong> {
    match &node.content {
        Content::Mapping(members) => Ok(members),
        // A heading with nothing under it.
        _ if node.is_null() => Ok(&[]),
        _ => Err(Wrong::at(
            node.line,
            format!("{what} is a mapping, not {}", node.kind()),
        )),
    }
}

pub(super) fn sequence<'n, 'a>(node: &'n Node<'a>, what: &str) -> Result<&'n [Node<'a>], Wrong> {
    match &node.content {
        Content::Sequence(items) => Ok(items),
        _ if node.is_null() => Ok(&[]),
        _ => Err(Wrong::at(
            node.line,
            format!("{what} is a list, not {}", node.kind()),
        )),
    }
}

/// A text. What looks like a number is one too: ids and tags often do.
pub(super) fn text<'n>(node: &'n Node<'_>, what: &str) -> Result<&'n str, Wrong> {
    match &node.content {
        Content::Scalar { text, .. } if !node.is_null() && node.kind() != "true or false" => {
            Ok(text)
        }
        _ => Err(Wrong::at(
            node.line,
            format!("{what} is a text, not {}", node.kind()),
        )),
    }
}

fn truth(node: &Node<'_>, what: &str) -> Result<bool, Wrong> {
    match node.to_json() {
        Value::Bool(it) => Ok(it),
        _ => Err(Wrong::at(
            node.line,
            format!("{what} is true or false, not {}", node.kind()),
        )),
    }
}

pub(super) fn unknown<T>(name: &Name<'_>, what: &str) -> Result<T, Wrong> {
    Err(Wrong::at(
        name.line,
        format!("{what} has no member `{}`", name.text),
    ))
}

fn not_yet<T>(line: usize, what: &str) -> Result<T, Wrong> {
    Err(Wrong::at(
        line,
        format!("{what} is not supported by this version of Strongroom"),
    ))
}

#[cfg(test)]
mod tests {
    use super::{super::parse as parse_for, *};

    /// Reads a seed in a folder that has the key set which the example names.
    fn parse(text: &str) -> Result<Seed, Wrong> {
        parse_as(text, Purpose::Seed)
    }

    fn parse_as(text: &str, purpose: Purpose) -> Result<Seed, Wrong> {
        let folder = tempfile::tempdir().unwrap();
        fs::write(
            folder.path().join("jwks.json"),
            r#"{"keys":[{"kty":"EC"}]}"#,
        )
        .unwrap();
        parse_for(text, folder.path(), purpose)
    }

    /// The seed of the documentation, as far as this version goes.
    const EXAMPLE: &str = r#"accounts:
  "111122223333":
    root:
      access_keys:
        - { id: AKIAROOT111122223333, secret: root-secret-for-tests-only-0000000000000 }
    users:
      alice:
        path: /
        tags: { team: red }
        access_keys:
          - { id: AKIAALICE000000000001, secret: alice-secret, status: Inactive }
        policies:
          use-keys:
            Version: "2012-10-17"
            Statement:
              - { Effect: Allow, Action: ["kms:Encrypt", "kms:Decrypt"], Resource: "*" }
        permissions_boundary: null
        groups: [auditors]
    groups:
      auditors:
        policies:
          look: { Version: "2012-10-17", Statement: [{ Effect: Allow, Action: "kms:List*", Resource: "*" }] }
    roles:
      deployer:
        trust:
          Version: "2012-10-17"
          Statement:
            - { Effect: Allow, Principal: { AWS: "arn:aws:iam::111122223333:user/alice" }, Action: "sts:AssumeRole" }
        max_session_duration_seconds: 3600
    oidc_providers:
      - { url: "https://issuer.example", client_ids: ["sts.amazonaws.com"], jwks_file: jwks.json }
    regions:
      us-east-1:
        keys:
          - id: 1234abcd-12ab-34cd-56ef-1234567890ab
            description: The key of the documentation example
            key_spec: SYMMETRIC_DEFAULT
            key_usage: ENCRYPT_DECRYPT
            origin: AWS_KMS
            multi_region: false
            enabled: true
            rotation_period_in_days: null
            key_material:
              - MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=
            tags: { project: alpha }
            policy: null
            aliases: [alias/ExampleAlias]
            grants:
              - name: workers
                grantee_principal: arn:aws:iam::111122223333:user/bob
                retiring_service_principal: logs.amazonaws.com
                operations: [Encrypt, Decrypt]
                constraints:
                  encryption_context_subset: { Department: IT }
                  source_arn: arn:aws:s3:us-east-1:111122223333:bucket
          - id: mrk-1234abcd12ab34cd56ef1234567890ab
            multi_region: true
            replicas: []
            aliases: [alias/global]
          - id: 0987dcba-09fe-87dc-65ba-ab0987654321
            key_spec: ECC_NIST_P256
            key_usage: SIGN_VERIFY
            aliases: [alias/signer]
"#;

    #[test]
    fn the_example_of_the_documentation_is_read() {
        let seed = parse(EXAMPLE).unwrap();
        let [root, alice] = seed.access_keys.as_slice() else {
            panic!("{seed:?}")
        };
        assert_eq!((root.user.as_deref(), root.active), (None, true));
        assert_eq!(
            (alice.user.as_deref(), alice.active),
            (Some("alice"), false)
        );
        assert_eq!(alice.line, 11);
        let kinds: Vec<_> = seed
            .identities
            .iter()
            .map(|it| (it.identity.kind().name(), it.identity.name()))
            .collect();
        let expected = [
            ("user", "alice"),
            ("group", "auditors"),
            ("role", "deployer"),
            ("oidc-provider", "issuer.example"),
        ];
        assert_eq!(kinds, expected);
        let [key, global, signer] = seed.keys.as_slice() else {
            panic!("{seed:?}")
        };
        assert_eq!(key.id.to_string(), "1234abcd-12ab-34cd-56ef-1234567890ab");
        assert_eq!(key.description.it, "The key of the documentation example");
        let material = key.material.first().unwrap();
        assert_eq!(material.it.expose(), b"01234567890123456789012345678901");
        assert_eq!(key.tags.it, [("project".to_owned(), "alpha".to_owned())]);
        assert_eq!(
            key.aliases.first().unwrap().it.as_str(),
            "alias/ExampleAlias"
        );
        assert!(global.id.is_multi_region());
        assert_eq!(global.spec.it, KeySpec::SymmetricDefault);
        assert!(global.usage.is_none());
        assert_eq!(signer.spec.it, KeySpec::EccNistP256);
        let usage = signer.usage.as_ref().map(|usage| usage.it);
        assert_eq!(usage, Some(KeyUsageType::SignVerify));
        let grant = &key.grants.first().unwrap().it;
        assert_eq!(grant.name.as_deref(), Some("workers"));
        assert_eq!(grant.operations.len(), 2);
        let constraints = grant.constraints.as_ref().unwrap();
        let subset = constraints.encryption_context_subset.as_ref().unwrap();
        assert_eq!(subset.get("Department"), Some("IT"));
    }

    #[test]
    fn no_secret_is_kept_with_an_identity() {
        let seed = parse(EXAMPLE).unwrap();
        for identity in &seed.identities {
            assert!(!format!("{identity:?}").contains("secret"), "{identity:?}");
        }
    }

    /// The example with one line replaced must be refused at that line, and without quoting
    /// what stands there.
    #[test]
    fn every_mistake_is_refused_with_its_line_and_reason() {
        let check = |old: &str, new: &str, reason: &str| {
            assert_eq!(EXAMPLE.matches(old).count(), 1, "{old}");
            let line = 1 + EXAMPLE.split(old).next().unwrap().matches('\n').count();
            let wrong = parse(&EXAMPLE.replacen(old, new, 1)).unwrap_err();
            assert_eq!(wrong.line, line, "{new}: {wrong:?}");
            assert!(wrong.reason.contains(reason), "{new}: {wrong:?}");
            assert!(!wrong.reason.contains("hush"), "{wrong:?}");
        };
        check("  \"111122223333\":", "  \"1111\":", "twelve digits");
        check(
            "            tags: { project",
            "            labels: { project",
            "no member `labels`",
        );
        check(
            "            enabled: true",
            "            enabled: perhaps",
            "true or false",
        );
        check(
            "            enabled: true",
            "            enabled: [hush]",
            "not a list",
        );
        check(
            "              - MDEy",
            "              - hush MDEy",
            "base64",
        );
        check(
            "description: The",
            "description: {a: b} #",
            "`description` is a text",
        );
        check(
            "[alias/ExampleAlias]",
            "[ExampleAlias]",
            "an alias is alias/",
        );
        check(
            "[alias/ExampleAlias]",
            "[alias/aws/s3]",
            "belong to AWS managed keys",
        );
        check(
            "[alias/global]",
            "[alias/ExampleAlias]",
            "alias/ExampleAlias is there twice",
        );
        check(
            "key_spec: SYMMETRIC_DEFAULT",
            "key_spec: RSA_1024",
            "such as RSA_2048",
        );
        check(
            "key_usage: ENCRYPT_DECRYPT",
            "key_usage: hush",
            "such as SIGN_VERIFY",
        );
        check("origin: AWS_KMS", "origin: AWS_CLOUDHSM", "not supported");
        check(
            "rotation_period_in_days: null",
            "rotation_period_in_days: 89",
            "from 90 to 2560",
        );
        check("replicas: []", "replicas: [us-east-1]", "in a Region once");
        check("replicas: []", "replicas: [\"US EAST\"]", "Region");
        check(
            "multi_region: false",
            "replicas: [eu-west-1]",
            "begins with mrk-",
        );
        check(
            "multi_region: false",
            "multi_region: true",
            "begins with mrk-",
        );
        check("id: 1234abcd-12ab", "id: 1234ABCD-12ab", "not a key id");
        check("status: Inactive", "status: Gone", "Active or Inactive");
        check("- name: workers", "- label: hush", "no member `label`");
        check(
            "- name: workers",
            "- name: hush hush",
            "the name of a grant",
        );
        check("[Encrypt, Decrypt]", "[Encrypt, Hush]", "an operation");
        check(
            "encryption_context_subset:",
            "encryption_context_superset:",
            "no member `encryption_context_superset`",
        );
        check(
            "{ Department: IT }",
            "[hush]",
            "an encryption context is a mapping",
        );
        check("logs.amazonaws.com", "hush", "logs.amazonaws.com");
        check(
            "arn:aws:s3:us-east-1:111122223333:bucket",
            "arn:aws:s3:::bucket-of-hush-hush",
            "an ARN with an account",
        );
        check(
            "secret: alice-secret",
            "secrets: hush",
            "no member `secrets`",
        );
        check(
            "AKIAALICE000000000001",
            "AKIAROOT111122223333",
            "is there twice",
        );
        check("id: AKIAALICE000000000001", "id: short", "access key id");
        check(
            "groups: [auditors]",
            "groups: [nobody]",
            "no group `nobody`",
        );
        check("path: /", "path: team", "slash");
        check(
            "Resource: \"*\" }\n        permissions",
            "Resource: [] }\n        permissions",
            "`Resource`",
        );
        check("Principal: {", "Resource: {", "no member `Resource`");
        check("seconds: 3600", "seconds: 60", "3600 to 43200");
        check("\"https://issuer", "\"http://issuer", "https://");
        check("      us-east-1:", "      US EAST:", "a Region name");
    }
}
