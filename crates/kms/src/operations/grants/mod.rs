//! Grants: permission to use one KMS key, given to one principal.
//!
//! A grant is kept under its key, under its grantee principal and under its retiring principal.
//! It never changes; it is created and it ends. It is effective, and without effect, the moment
//! that the call returns, so tokens are accepted everywhere and needed nowhere.
//!
//! AWS: developer guide, "Grants in AWS KMS"; API reference, "GrantListEntry".

mod create_grant;
mod list_grants;
mod list_retirable_grants;
mod retire_grant;
mod revoke_grant;

pub(crate) use create_grant::create_grant;
pub(crate) use list_grants::list_grants;
pub(crate) use list_retirable_grants::list_retirable_grants;
pub(crate) use retire_grant::retire_grant;
pub(crate) use revoke_grant::revoke_grant;

use strongroom_auth::{
    grant::{ContextConstraint, GrantPrincipal, Terms},
    policy::PrincipalPattern,
};
use strongroom_model::{
    EncryptionContext, GrantId, KeyId,
    enums::{GrantOperation, KeySpec, KeyUsageType},
    limits,
    shapes::{CreateGrantRequest, GrantConstraints, GrantListEntry},
};

use crate::{
    error::KmsError,
    layout::Home,
    record::{GrantRecord, KeyRecord},
    service::Service,
    specs::{self, Family},
};

/// What the request asks a grant on the key to say, by the rules that the model does not state.
///
/// # Errors
/// - `ValidationException`: not exactly one grantee, operations that make no sense for the key,
///   constraints that it cannot have.
/// - `InvalidArnException`: a principal that a grant cannot name.
pub(crate) fn terms(
    home: &Home,
    key: &KeyRecord,
    request: &CreateGrantRequest,
) -> Result<Terms, KmsError> {
    let constraints = request.constraints.as_ref();
    let source_arn = constraints.and_then(|constraints| constraints.source_arn.clone());
    let principal = |text: &String| {
        GrantPrincipal::parse(text, home.region.partition())
            .map(|(principal, _)| principal)
            .ok_or_else(|| KmsError::invalid_principal(text))
    };
    let retiring = match (
        &request.retiring_principal,
        &request.retiring_service_principal,
    ) {
        (None, None) => None,
        (Some(text), None) => Some(Named::Principal(text)),
        (None, Some(service)) => Some(Named::Service(service)),
        (Some(_), Some(_)) => {
            return Err(KmsError::validation(
                "You cannot specify RetiringPrincipal and RetiringServicePrincipal in the same \
                 request.",
            ));
        }
    };
    let grantee = match (
        &request.grantee_principal,
        &request.grantee_service_principal,
    ) {
        (Some(text), None) => Named::Principal(text),
        (None, Some(service)) if source_arn.is_some() && retiring.is_some() => {
            Named::Service(service)
        }
        (None, Some(_)) => {
            return Err(KmsError::validation(
                "A grant with a GranteeServicePrincipal must have a SourceArn constraint and a \
                 retiring principal.",
            ));
        }
        _ => {
            return Err(KmsError::validation(
                "You must specify exactly one of GranteePrincipal and GranteeServicePrincipal.",
            ));
        }
    };
    let read = |named: Named<'_>| match named {
        Named::Principal(text) => principal(text),
        Named::Service(name) => Ok(GrantPrincipal::Service(name.clone())),
    };
    Ok(Terms {
        grantee: read(grantee)?,
        retiring: retiring.map(read).transpose()?,
        operations: operations(key, &request.operations)?,
        context: constraints.map_or(Ok(None), |constraints| context(key, constraints))?,
        source_arn,
    })
}

/// The unique id of the user or role that a grant names, whoever may have the name later.
///
/// # Errors
/// `InvalidArnException`: nobody has the name.
pub(crate) async fn unique_id(
    service: &Service,
    principal: &GrantPrincipal,
) -> Result<Option<String>, KmsError> {
    let GrantPrincipal::Principal(text) = principal else {
        return Ok(None);
    };
    let unknown = || KmsError::invalid_principal(text);
    let pattern = PrincipalPattern::parse_aws(text).ok_or_else(unknown)?;
    if !service.principal_exists(&pattern).await? {
        return Err(unknown());
    }
    service.unique_id(&pattern).await
}

/// A principal as the request names it.
enum Named<'a> {
    Principal(&'a String),
    Service(&'a String),
}

/// The operations in the order of the request, each once.
fn operations(key: &KeyRecord, asked: &[GrantOperation]) -> Result<Vec<GrantOperation>, KmsError> {
    if asked.is_empty() {
        return Err(KmsError::validation(
            "You must specify at least one grant operation.",
        ));
    }
    let mut operations = Vec::with_capacity(asked.len());
    for operation in asked {
        if !makes_sense(*operation, key.usage, specs::family(key.spec)) {
            let (usage, spec) = (key.usage.as_str(), key.spec.as_str());
            return Err(KmsError::grant_operation(operation.as_str(), usage, spec));
        }
        if !operations.contains(operation) {
            operations.push(*operation);
        }
    }
    Ok(operations)
}

/// Whether a grant for a key of this kind may list the operation.
///
/// AWS: developer guide, "Grant operations".
fn makes_sense(operation: GrantOperation, usage: KeyUsageType, family: Family) -> bool {
    use GrantOperation as O;
    let encrypts = usage == KeyUsageType::EncryptDecrypt;
    match operation {
        O::CreateGrant | O::DescribeKey | O::RetireGrant => true,
        O::Encrypt | O::Decrypt | O::ReEncryptFrom | O::ReEncryptTo => encrypts,
        O::GenerateDataKey
        | O::GenerateDataKeyWithoutPlaintext
        | O::GenerateDataKeyPair
        | O::GenerateDataKeyPairWithoutPlaintext => encrypts && family == Family::Symmetric,
        O::Sign | O::Verify => usage == KeyUsageType::SignVerify,
        O::GenerateMac | O::VerifyMac => usage == KeyUsageType::GenerateVerifyMac,
        O::DeriveSharedSecret => usage == KeyUsageType::KeyAgreement,
        O::Encapsulate | O::Decapsulate => usage == KeyUsageType::EncapsulateDecapsulate,
        O::GetPublicKey => family == Family::Asymmetric,
    }
}

fn context(
    key: &KeyRecord,
    constraints: &GrantConstraints,
) -> Result<Option<ContextConstraint>, KmsError> {
    let constraint = match (
        &constraints.encryption_context_equals,
        &constraints.encryption_context_subset,
    ) {
        (None, None) => return Ok(None),
        (Some(pairs), None) => ContextConstraint::Equals(pairs.clone()),
        (None, Some(pairs)) => ContextConstraint::Subset(pairs.clone()),
        (Some(_), Some(_)) => {
            return Err(KmsError::validation(
                "A grant can have only one encryption context constraint.",
            ));
        }
    };
    if key.spec != KeySpec::SymmetricDefault {
        return Err(KmsError::grant_context_unsupported());
    }
    check_pairs(constraint.pairs())?;
    Ok(Some(constraint))
}

/// A constraint without pairs is refused: as `Subset` it would be none, and as `Equals` it would
/// be one that callers take for none.
fn check_pairs(pairs: &EncryptionContext) -> Result<(), KmsError> {
    let most = limits::GRANT_CONTEXT_PAIRS;
    if !(1..=most).contains(&pairs.iter().len()) {
        return Err(KmsError::validation(format!(
            "An encryption context constraint must have 1 to {most} encryption context pairs."
        )));
    }
    let longest = limits::GRANT_CONTEXT_VALUE_CHARACTERS;
    if pairs
        .iter()
        .any(|(_, value)| value.chars().count() > longest)
    {
        return Err(KmsError::validation(format!(
            "An encryption context value in a constraint must not have more than {longest} \
             characters."
        )));
    }
    let bytes = limits::ENCRYPTION_CONTEXT_BYTES;
    if pairs.size_bytes() > bytes {
        return Err(KmsError::validation(format!(
            "The encryption context must not be larger than {bytes} bytes."
        )));
    }
    Ok(())
}

/// Reads the id of a grant.
fn grant_id(text: &str) -> Result<GrantId, KmsError> {
    GrantId::parse(text).map_err(|_| KmsError::invalid_grant_id())
}

/// What the listings tell of a grant on a key of `home`. A user or role that is gone is told by
/// its unique id.
async fn entry(
    service: &Service,
    home: &Home,
    key: KeyId,
    id: GrantId,
    grant: &GrantRecord,
) -> Result<GrantListEntry, KmsError> {
    let GrantRecord {
        created,
        issuer,
        name,
        terms,
        grantee_id,
        retiring_id,
    } = grant;
    let (context, source_arn) = (&terms.context, &terms.source_arn);
    let constraints = GrantConstraints {
        encryption_context_equals: match context {
            Some(ContextConstraint::Equals(pairs)) => Some(pairs.clone()),
            _ => None,
        },
        encryption_context_subset: match context {
            Some(ContextConstraint::Subset(pairs)) => Some(pairs.clone()),
            _ => None,
        },
        source_arn: source_arn.clone(),
    };
    let constrained = context.is_some() || source_arn.is_some();
    let (mut grantee_principal, grantee_service_principal) = apart(Some(&terms.grantee));
    let (mut retiring_principal, retiring_service_principal) = apart(terms.retiring.as_ref());
    for (shown, id) in [
        (&mut grantee_principal, grantee_id),
        (&mut retiring_principal, retiring_id),
    ] {
        if let (Some(shown), Some(id)) = (shown, id)
            && let Some(pattern) = PrincipalPattern::parse_aws(shown)
            && service.unique_id(&pattern).await?.as_ref() != Some(id)
        {
            shown.clone_from(id);
        }
    }
    let partition = home.region.partition();
    Ok(GrantListEntry {
        constraints: constrained.then_some(constraints),
        creation_date: Some(*created),
        grant_id: Some(id.to_string()),
        grantee_principal,
        grantee_service_principal,
        issuing_account: Some(format!("arn:{partition}:iam::{issuer}:root")),
        key_id: Some(home.key_arn(key).to_string()),
        name: Some(name.clone().unwrap_or_default()),
        operations: Some(terms.operations.clone()),
        retiring_principal,
        retiring_service_principal,
    })
}

/// A principal and an AWS service, of which one is there at most.
fn apart(principal: Option<&GrantPrincipal>) -> (Option<String>, Option<String>) {
    match principal {
        None => (None, None),
        Some(GrantPrincipal::Principal(text)) => (Some(text.clone()), None),
        Some(GrantPrincipal::Service(name)) => (None, Some(name.clone())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_of_key_has_its_grant_operations() {
        use GrantOperation as O;
        const FOR_ALL: [O; 3] = [O::CreateGrant, O::DescribeKey, O::RetireGrant];
        let check = |usage, family, own: &[O]| {
            for operation in O::ALL {
                let expected = own.contains(operation) || FOR_ALL.contains(operation);
                let made = makes_sense(*operation, usage, family);
                assert_eq!(
                    made, expected,
                    "{operation:?} with {usage:?} and {family:?}"
                );
            }
        };
        let encrypt = [O::Encrypt, O::Decrypt, O::ReEncryptFrom, O::ReEncryptTo];
        let data_keys = [
            O::GenerateDataKey,
            O::GenerateDataKeyWithoutPlaintext,
            O::GenerateDataKeyPair,
            O::GenerateDataKeyPairWithoutPlaintext,
        ];
        let public = [O::GetPublicKey];
        let symmetric = [encrypt, data_keys].concat();
        check(KeyUsageType::EncryptDecrypt, Family::Symmetric, &symmetric);
        let rsa = [&encrypt[..], &public].concat();
        check(KeyUsageType::EncryptDecrypt, Family::Asymmetric, &rsa);
        let sign = [O::Sign, O::Verify, O::GetPublicKey];
        check(KeyUsageType::SignVerify, Family::Asymmetric, &sign);
        let mac = [O::GenerateMac, O::VerifyMac];
        check(KeyUsageType::GenerateVerifyMac, Family::Hmac, &mac);
        let agree = [O::DeriveSharedSecret, O::GetPublicKey];
        check(KeyUsageType::KeyAgreement, Family::Asymmetric, &agree);
        let kem = [O::Encapsulate, O::Decapsulate, O::GetPublicKey];
        check(
            KeyUsageType::EncapsulateDecapsulate,
            Family::Asymmetric,
            &kem,
        );
    }
}
