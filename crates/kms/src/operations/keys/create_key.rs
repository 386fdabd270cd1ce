//! CreateKey: a new KMS key.
//!
//! AWS: API reference, "CreateKey".

use strongroom_model::{
    KeyId,
    enums::{CustomerMasterKeySpec, KeyManagerType, KeySpec, KeyUsageType, OriginType},
    shapes::{CreateKeyRequest, CreateKeyResponse},
};

use super::{cluster_of, metadata};
use crate::{
    call::{Attempt, Call},
    error::KmsError,
    key_stores::NewKeyPlace,
    new_key,
    operations::{policies, tags},
    permission::Subject,
    record::{KeyRecord, MaterialSet, MultiRegion},
    specs, uses,
};

/// Creates a key in the caller's account and the Region of the request.
///
/// The key is Enabled when this returns; one of Origin EXTERNAL is PendingImport. Its material
/// is on stable storage, wrapped, before the caller hears of the key.
///
/// # Errors
///
/// - `ValidationException`: a usage that the key spec does not have, and similar contradictions.
/// - `UnsupportedOperationException`: a key spec or origin that this Region does not offer.
/// - `MalformedPolicyDocumentException`, `TagException`: see the policies and tags.
/// - `CustomKeyStoreNotFoundException`, `CustomKeyStoreInvalidStateException`: the custom key
///   store that is asked for is not there or not connected.
/// - `XksKeyNotFoundException`, `XksKeyInvalidConfigurationException`,
///   `XksKeyAlreadyInUseException`: the external key.
/// - `LimitExceededException`: the account has all the keys it may have in the Region.
pub(crate) async fn create_key(
    call: &Call<'_>,
    input: &CreateKeyRequest,
) -> Attempt<CreateKeyResponse> {
    call.permit_account::<uses::CreateKey>().await?;
    let new_tags = input.tags.as_deref().unwrap_or_default();
    if !new_tags.is_empty() {
        call.permit_account::<uses::CreateKeyWithTags>().await?;
    }

    let multi_region = input.multi_region.unwrap_or(false);
    let id = KeyId::from_random(multi_region, call.service().custody().random().array()?);
    let region = &call.home().region;
    let (spec, usage) = spec_and_usage(input, |spec| call.service().offers(spec, region))?;
    let origin = origin(input)?;
    let place = NewKeyPlace::choose(call, input, origin, spec, multi_region).await?;
    let mut key_tags = Vec::new();
    tags::put(&mut key_tags, new_tags)?;

    let record = KeyRecord {
        created: call.now(),
        spec,
        usage,
        origin,
        manager: KeyManagerType::Customer,
        description: input.description.clone().unwrap_or_default(),
        enabled: true,
        material: None,
        materials: MaterialSet::default(),
        rotation: None,
        on_demand_rotations: 0,
        deletion: None,
        deletion_after_replicas: None,
        multi_region: multi_region.then(|| MultiRegion {
            primary: call.home().region.clone(),
            replicas: Vec::new(),
        }),
        key_store: place.as_ref().map(NewKeyPlace::record),
        tags: key_tags,
    };
    let policy = match &input.policy {
        Some(text) => {
            let bypass = input.bypass_policy_lockout_safety_check;
            let future = Subject::Future(call.home(), &record);
            policies::accept(call, text, bypass, (call.home(), id), future).await?
        }
        None => new_key::default_policy(call.home()),
    };
    let (record, mut change) = new_key::change(
        call.service(),
        call.home(),
        id,
        record,
        policy,
        Vec::new(),
        call.now(),
    )
    .await?;
    call.touch_new_key(id);
    let mut metadata = metadata(call.home(), id, &record, call.now());
    if let Some(place) = &place {
        metadata.cloud_hsm_cluster_id = cluster_of(place.store().record());
    }
    let response = CreateKeyResponse {
        key_metadata: Some(Box::new(metadata)),
    };
    call.tell(&response);
    match &place {
        None => call.commit(change).await?,
        Some(place) => {
            place.settle(call, id, &record, &mut change).await?;
            let committed = call.commit(change).await;
            place.after(call, id, committed).await?;
        }
    }
    Ok(response)
}

/// The key spec and usage that the request asks for, when this Region has such keys.
fn spec_and_usage(
    input: &CreateKeyRequest,
    offers: impl Fn(KeySpec) -> bool,
) -> Result<(KeySpec, KeyUsageType), KmsError> {
    let spec = match (input.key_spec, input.customer_master_key_spec) {
        (Some(_), Some(_)) => {
            return Err(KmsError::validation(
                "You cannot specify KeySpec and CustomerMasterKeySpec in the same request. \
                 CustomerMasterKeySpec is deprecated.",
            ));
        }
        (Some(spec), None) => spec,
        (None, Some(deprecated)) => current_name(deprecated)?,
        (None, None) => KeySpec::SymmetricDefault,
    };
    let usage = match input.key_usage {
        Some(usage) => usage,
        None if spec == KeySpec::SymmetricDefault => KeyUsageType::EncryptDecrypt,
        None => {
            return Err(KmsError::validation(
                "You must specify a KeyUsage value for all KMS keys except for symmetric \
                 encryption keys.",
            ));
        }
    };
    if specs::algorithms(spec, usage).is_none() {
        return Err(KmsError::validation(format!(
            "KeyUsage {} is not compatible with KeySpec {}",
            usage.as_str(),
            spec.as_str()
        )));
    }
    if !offers(spec) {
        return Err(KmsError::spec_not_offered("KeySpec", spec.as_str()));
    }
    Ok((spec, usage))
}

fn current_name(deprecated: CustomerMasterKeySpec) -> Result<KeySpec, KmsError> {
    KeySpec::parse(deprecated.as_str())
        .ok_or_else(|| KmsError::internal("a deprecated key spec without a current name"))
}

/// The origin that the request asks for, which a custom key store goes with or not.
fn origin(input: &CreateKeyRequest) -> Result<OriginType, KmsError> {
    let origin = input.origin.unwrap_or(OriginType::AwsKms);
    let in_store = matches!(
        origin,
        OriginType::AwsCloudhsm | OriginType::ExternalKeyStore
    );
    let name = origin.as_str();
    if input.custom_key_store_id.is_some() && !in_store {
        return Err(KmsError::validation(format!(
            "CustomKeyStoreId is not valid for Origin {name}."
        )));
    }
    if input.custom_key_store_id.is_none() && in_store {
        return Err(KmsError::validation(format!(
            "CustomKeyStoreId is required for Origin {name}."
        )));
    }
    let external = origin == OriginType::ExternalKeyStore;
    if input.xks_key_id.is_some() && !external {
        return Err(KmsError::validation(
            "XksKeyId is valid only for Origin EXTERNAL_KEY_STORE.",
        ));
    }
    if input.xks_key_id.is_none() && external {
        return Err(KmsError::validation(
            "XksKeyId is required for Origin EXTERNAL_KEY_STORE.",
        ));
    }
    Ok(origin)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request() -> CreateKeyRequest {
        CreateKeyRequest {
            bypass_policy_lockout_safety_check: None,
            custom_key_store_id: None,
            customer_master_key_spec: None,
            description: None,
            key_spec: None,
            key_usage: None,
            multi_region: None,
            origin: None,
            policy: None,
            tags: None,
            xks_key_id: None,
        }
    }

    fn refused(input: &CreateKeyRequest) -> String {
        spec_and_usage(input, |_| true).unwrap_err().to_string()
    }

    #[test]
    fn nothing_asked_for_is_a_symmetric_encryption_key() {
        let spec = spec_and_usage(&request(), |_| true).unwrap();
        assert_eq!(
            spec,
            (KeySpec::SymmetricDefault, KeyUsageType::EncryptDecrypt)
        );
    }

    #[test]
    fn only_symmetric_keys_have_a_default_usage() {
        let input = CreateKeyRequest {
            key_spec: Some(KeySpec::Rsa2048),
            ..request()
        };
        assert_eq!(
            refused(&input),
            "ValidationException: You must specify a KeyUsage value for all KMS keys except for \
             symmetric encryption keys."
        );
    }

    #[test]
    fn a_usage_has_to_fit_the_key_spec() {
        let input = CreateKeyRequest {
            key_spec: Some(KeySpec::Rsa2048),
            key_usage: Some(KeyUsageType::KeyAgreement),
            ..request()
        };
        assert_eq!(
            refused(&input),
            "ValidationException: KeyUsage KEY_AGREEMENT is not compatible with KeySpec RSA_2048"
        );
    }

    #[test]
    fn the_region_is_asked_last() {
        let input = CreateKeyRequest {
            key_spec: Some(KeySpec::Sm2),
            key_usage: Some(KeyUsageType::SignVerify),
            ..request()
        };
        let outside = |spec| spec != KeySpec::Sm2;
        assert_eq!(
            spec_and_usage(&input, outside).unwrap_err().to_string(),
            "UnsupportedOperationException: KeySpec SM2 is not supported in this Region"
        );
        assert!(spec_and_usage(&input, |_| true).is_ok());
        let input = CreateKeyRequest {
            key_usage: Some(KeyUsageType::GenerateVerifyMac),
            ..input
        };
        let error = spec_and_usage(&input, outside).unwrap_err().to_string();
        assert!(error.starts_with("ValidationException"), "{error}");
    }

    #[test]
    fn the_deprecated_twin_of_key_spec_is_taken_alone_only() {
        let alone = CreateKeyRequest {
            customer_master_key_spec: Some(CustomerMasterKeySpec::SymmetricDefault),
            ..request()
        };
        assert!(spec_and_usage(&alone, |_| true).is_ok());
        let both = CreateKeyRequest {
            key_spec: Some(KeySpec::SymmetricDefault),
            ..alone
        };
        assert!(refused(&both).contains("CustomerMasterKeySpec is deprecated."));
    }
}
