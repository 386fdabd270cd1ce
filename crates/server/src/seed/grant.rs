//! Grants in a seed file: what the service model asks of each member of CreateGrant.
//!
//! What a grant may say on its key is checked when it is planted, by the rules of CreateGrant.

use strongroom_kms::seed::At;
use strongroom_model::{
    AccountId, EncryptionContext, KeyId,
    enums::GrantOperation,
    shapes::{CreateGrantRequest, GrantConstraints},
};

use super::{
    Wrong,
    read::{mapping, sequence, text, unknown},
    yaml::Node,
};

/// Characters of a principal, and of the name of a grant. AWS: API reference, "CreateGrant".
const NAME_CHARACTERS: usize = 256;
/// Characters of the name of an AWS service. AWS: API reference, "CreateGrant".
const SERVICE_CHARACTERS: usize = 128;
/// Characters of a source ARN, at least and at most. AWS: API reference, "GrantConstraints".
const SOURCE_CHARACTERS: std::ops::RangeInclusive<usize> = 20..=512;

/// Reads one grant of a key, as the request that would create it.
pub(super) fn read(key: KeyId, node: &Node<'_>) -> Result<At<CreateGrantRequest>, Wrong> {
    let mut grant = CreateGrantRequest {
        constraints: None,
        dry_run: None,
        grant_tokens: None,
        grantee_principal: None,
        grantee_service_principal: None,
        key_id: key.to_string(),
        name: None,
        operations: Vec::new(),
        retiring_principal: None,
        retiring_service_principal: None,
    };
    for (name, value) in mapping(node, "a grant")? {
        match &*name.text {
            "name" => grant.name = Some(grant_name(value)?),
            "grantee_principal" => grant.grantee_principal = Some(principal(value)?),
            "retiring_principal" => grant.retiring_principal = Some(principal(value)?),
            "grantee_service_principal" => {
                grant.grantee_service_principal = Some(service(value)?);
            }
            "retiring_service_principal" => {
                grant.retiring_service_principal = Some(service(value)?);
            }
            "operations" => {
                for item in sequence(value, "`operations`")? {
                    let operation = GrantOperation::parse(text(item, "an operation")?);
                    let reason = "not an operation that a grant can list";
                    let operation = operation.ok_or_else(|| Wrong::at(item.line, reason))?;
                    grant.operations.push(operation);
                }
            }
            "constraints" => grant.constraints = Some(constraints(value)?),
            _ => return unknown(name, "a grant"),
        }
    }
    if grant.name.is_none() {
        let reason = "a grant needs a `name`, by which a second start knows it again";
        return Err(Wrong::at(node.line, reason));
    }
    Ok(At {
        line: node.line,
        it: grant,
    })
}

fn constraints(node: &Node<'_>) -> Result<GrantConstraints, Wrong> {
    let mut constraints = GrantConstraints::default();
    for (name, value) in mapping(node, "`constraints`")? {
        match &*name.text {
            "encryption_context_equals" => {
                constraints.encryption_context_equals = Some(pairs(value)?);
            }
            "encryption_context_subset" => {
                constraints.encryption_context_subset = Some(pairs(value)?);
            }
            "source_arn" => constraints.source_arn = Some(source_arn(value)?),
            _ => return unknown(name, "a constraint"),
        }
    }
    Ok(constraints)
}

fn pairs(node: &Node<'_>) -> Result<EncryptionContext, Wrong> {
    mapping(node, "an encryption context")?
        .iter()
        .map(|(key, value)| {
            let value = text(value, "the value of an encryption context")?;
            Ok((key.text.to_string(), value.to_owned()))
        })
        .collect()
}

fn grant_name(node: &Node<'_>) -> Result<String, Wrong> {
    let name = text(node, "the name of a grant")?;
    let allowed = |b: u8| b.is_ascii_alphanumeric() || b":/_-".contains(&b);
    if (1..=NAME_CHARACTERS).contains(&name.len()) && name.bytes().all(allowed) {
        return Ok(name.to_owned());
    }
    let reason = "the name of a grant is 1 to 256 letters, digits and characters of :/_-";
    Err(Wrong::at(node.line, reason))
}

fn principal(node: &Node<'_>) -> Result<String, Wrong> {
    let principal = text(node, "a principal")?;
    if (1..=NAME_CHARACTERS).contains(&principal.len()) {
        return Ok(principal.to_owned());
    }
    Err(Wrong::at(node.line, "a principal has 1 to 256 characters"))
}

fn service(node: &Node<'_>) -> Result<String, Wrong> {
    let service = text(node, "an AWS service")?;
    let label = |label: &str| {
        let allowed = |b: u8| b.is_ascii_alphanumeric() || b == b'-';
        !label.is_empty() && label.bytes().all(allowed)
    };
    let labels = service.split('.').count();
    if service.len() <= SERVICE_CHARACTERS && labels >= 3 && service.split('.').all(label) {
        return Ok(service.to_owned());
    }
    let reason = "an AWS service is named as in logs.amazonaws.com, in at most 128 characters";
    Err(Wrong::at(node.line, reason))
}

fn source_arn(node: &Node<'_>) -> Result<String, Wrong> {
    let arn = text(node, "`source_arn`")?;
    let fields: Vec<_> = arn.splitn(6, ':').collect();
    let plain = |text: &str| {
        let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        text.bytes().all(allowed)
    };
    let well_formed = match fields.as_slice() {
        ["arn", partition, service, region, account, resource] => {
            partition.starts_with("aws")
                && [partition, service, region].iter().all(|text| plain(text))
                && !service.is_empty()
                && AccountId::parse(account).is_ok()
                && !resource.is_empty()
        }
        _ => false,
    };
    if well_formed && SOURCE_CHARACTERS.contains(&arn.chars().count()) {
        return Ok(arn.to_owned());
    }
    let reason = "`source_arn` is an ARN with an account, of 20 to 512 characters";
    Err(Wrong::at(node.line, reason))
}
