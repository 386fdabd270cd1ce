// Written from model/kms-2014-11-01.json by xtask/src/codegen/wire_decode.rs (`cargo xtask codegen`).
// What differs from the model is a line in model/overlay.toml. Do not edit.

//! Decoders: from the body of a request to its input.

use strongroom_model::{
    enums::*,
    operations::{Input, Operation},
    secret::{GrantToken, KeyStorePassword, Plaintext, SecretText},
    shapes::*,
};

use super::super::{
    constraint::{Length, Place, Text, Violations},
    decode::*,
    pattern::Pattern,
};

/// Reads the body of a request for `operation`.
///
/// Members that the operation does not know are ignored, `null` is the same as absent,
/// and an empty body is the same as `{}`.
///
/// # Errors
///
/// - `SerializationException`: the body is not a JSON object, or a member has another
///   type than the operation takes.
/// - `ValidationException`: constraints are broken; the message lists them all.
pub fn decode(operation: Operation, bytes: &[u8]) -> Result<Input, Fault> {
    let body = body(bytes)?;
    let place = Place::Request;
    let mut violations = Violations::default();
    let input = match operation {
        Operation::CancelKeyDeletion => {
            read_cancel_key_deletion_request(body, place, &mut violations)?
                .map(Input::CancelKeyDeletion)
        }
        Operation::ConnectCustomKeyStore => {
            read_connect_custom_key_store_request(body, place, &mut violations)?
                .map(Input::ConnectCustomKeyStore)
        }
        Operation::CreateAlias => {
            read_create_alias_request(body, place, &mut violations)?.map(Input::CreateAlias)
        }
        Operation::CreateCustomKeyStore => {
            read_create_custom_key_store_request(body, place, &mut violations)?
                .map(Input::CreateCustomKeyStore)
        }
        Operation::CreateGrant => {
            read_create_grant_request(body, place, &mut violations)?.map(Input::CreateGrant)
        }
        Operation::CreateKey => {
            read_create_key_request(body, place, &mut violations)?.map(Input::CreateKey)
        }
        Operation::Decapsulate => {
            read_decapsulate_request(body, place, &mut violations)?.map(Input::Decapsulate)
        }
        Operation::Decrypt => {
            read_decrypt_request(body, place, &mut violations)?.map(Input::Decrypt)
        }
        Operation::DeleteAlias => {
            read_delete_alias_request(body, place, &mut violations)?.map(Input::DeleteAlias)
        }
        Operation::DeleteCustomKeyStore => {
            read_delete_custom_key_store_request(body, place, &mut violations)?
                .map(Input::DeleteCustomKeyStore)
        }
        Operation::DeleteImportedKeyMaterial => {
            read_delete_imported_key_material_request(body, place, &mut violations)?
                .map(Input::DeleteImportedKeyMaterial)
        }
        Operation::DeriveSharedSecret => {
            read_derive_shared_secret_request(body, place, &mut violations)?
                .map(Input::DeriveSharedSecret)
        }
        Operation::DescribeCustomKeyStores => {
            read_describe_custom_key_stores_request(body, place, &mut violations)?
                .map(Input::DescribeCustomKeyStores)
        }
        Operation::DescribeKey => {
            read_describe_key_request(body, place, &mut violations)?.map(Input::DescribeKey)
        }
        Operation::DisableKey => {
            read_disable_key_request(body, place, &mut violations)?.map(Input::DisableKey)
        }
        Operation::DisableKeyRotation => {
            read_disable_key_rotation_request(body, place, &mut violations)?
                .map(Input::DisableKeyRotation)
        }
        Operation::DisconnectCustomKeyStore => {
            read_disconnect_custom_key_store_request(body, place, &mut violations)?
                .map(Input::DisconnectCustomKeyStore)
        }
        Operation::EnableKey => {
            read_enable_key_request(body, place, &mut violations)?.map(Input::EnableKey)
        }
        Operation::EnableKeyRotation => {
            read_enable_key_rotation_request(body, place, &mut violations)?
                .map(Input::EnableKeyRotation)
        }
        Operation::Encapsulate => {
            read_encapsulate_request(body, place, &mut violations)?.map(Input::Encapsulate)
        }
        Operation::Encrypt => {
            read_encrypt_request(body, place, &mut violations)?.map(Input::Encrypt)
        }
        Operation::GenerateDataKey => read_generate_data_key_request(body, place, &mut violations)?
            .map(Input::GenerateDataKey),
        Operation::GenerateDataKeyPair => {
            read_generate_data_key_pair_request(body, place, &mut violations)?
                .map(Input::GenerateDataKeyPair)
        }
        Operation::GenerateDataKeyPairWithoutPlaintext => {
            read_generate_data_key_pair_without_plaintext_request(body, place, &mut violations)?
                .map(Input::GenerateDataKeyPairWithoutPlaintext)
        }
        Operation::GenerateDataKeyWithoutPlaintext => {
            read_generate_data_key_without_plaintext_request(body, place, &mut violations)?
                .map(Input::GenerateDataKeyWithoutPlaintext)
        }
        Operation::GenerateMac => {
            read_generate_mac_request(body, place, &mut violations)?.map(Input::GenerateMac)
        }
        Operation::GenerateRandom => {
            read_generate_random_request(body, place, &mut violations)?.map(Input::GenerateRandom)
        }
        Operation::GetKeyLastUsage => {
            read_get_key_last_usage_request(body, place, &mut violations)?
                .map(Input::GetKeyLastUsage)
        }
        Operation::GetKeyPolicy => {
            read_get_key_policy_request(body, place, &mut violations)?.map(Input::GetKeyPolicy)
        }
        Operation::GetKeyRotationStatus => {
            read_get_key_rotation_status_request(body, place, &mut violations)?
                .map(Input::GetKeyRotationStatus)
        }
        Operation::GetParametersForImport => {
            read_get_parameters_for_import_request(body, place, &mut violations)?
                .map(Input::GetParametersForImport)
        }
        Operation::GetPublicKey => {
            read_get_public_key_request(body, place, &mut violations)?.map(Input::GetPublicKey)
        }
        Operation::ImportKeyMaterial => {
            read_import_key_material_request(body, place, &mut violations)?
                .map(Input::ImportKeyMaterial)
        }
        Operation::ListAliases => {
            read_list_aliases_request(body, place, &mut violations)?.map(Input::ListAliases)
        }
        Operation::ListGrants => {
            read_list_grants_request(body, place, &mut violations)?.map(Input::ListGrants)
        }
        Operation::ListKeyPolicies => read_list_key_policies_request(body, place, &mut violations)?
            .map(Input::ListKeyPolicies),
        Operation::ListKeyRotations => {
            read_list_key_rotations_request(body, place, &mut violations)?
                .map(Input::ListKeyRotations)
        }
        Operation::ListKeys => {
            read_list_keys_request(body, place, &mut violations)?.map(Input::ListKeys)
        }
        Operation::ListResourceTags => {
            read_list_resource_tags_request(body, place, &mut violations)?
                .map(Input::ListResourceTags)
        }
        Operation::ListRetirableGrants => {
            read_list_retirable_grants_request(body, place, &mut violations)?
                .map(Input::ListRetirableGrants)
        }
        Operation::PutKeyPolicy => {
            read_put_key_policy_request(body, place, &mut violations)?.map(Input::PutKeyPolicy)
        }
        Operation::ReEncrypt => {
            read_re_encrypt_request(body, place, &mut violations)?.map(Input::ReEncrypt)
        }
        Operation::ReplicateKey => {
            read_replicate_key_request(body, place, &mut violations)?.map(Input::ReplicateKey)
        }
        Operation::RetireGrant => {
            read_retire_grant_request(body, place, &mut violations)?.map(Input::RetireGrant)
        }
        Operation::RevokeGrant => {
            read_revoke_grant_request(body, place, &mut violations)?.map(Input::RevokeGrant)
        }
        Operation::RotateKeyOnDemand => {
            read_rotate_key_on_demand_request(body, place, &mut violations)?
                .map(Input::RotateKeyOnDemand)
        }
        Operation::ScheduleKeyDeletion => {
            read_schedule_key_deletion_request(body, place, &mut violations)?
                .map(Input::ScheduleKeyDeletion)
        }
        Operation::Sign => read_sign_request(body, place, &mut violations)?.map(Input::Sign),
        Operation::TagResource => {
            read_tag_resource_request(body, place, &mut violations)?.map(Input::TagResource)
        }
        Operation::UntagResource => {
            read_untag_resource_request(body, place, &mut violations)?.map(Input::UntagResource)
        }
        Operation::UpdateAlias => {
            read_update_alias_request(body, place, &mut violations)?.map(Input::UpdateAlias)
        }
        Operation::UpdateCustomKeyStore => {
            read_update_custom_key_store_request(body, place, &mut violations)?
                .map(Input::UpdateCustomKeyStore)
        }
        Operation::UpdateKeyDescription => {
            read_update_key_description_request(body, place, &mut violations)?
                .map(Input::UpdateKeyDescription)
        }
        Operation::UpdatePrimaryRegion => {
            read_update_primary_region_request(body, place, &mut violations)?
                .map(Input::UpdatePrimaryRegion)
        }
        Operation::Verify => read_verify_request(body, place, &mut violations)?.map(Input::Verify),
        Operation::VerifyMac => {
            read_verify_mac_request(body, place, &mut violations)?.map(Input::VerifyMac)
        }
    };
    violations.settle(input)
}

fn read_cancel_key_deletion_request(
    json: Json<'_>,
    place: Place<'_>,
    violations: &mut Violations,
) -> Result<Option<CancelKeyDeletionRequest>, Fault> {
    let [key_id_json] = members(json, &["KeyId"])?;
    let mut at = Structure { place, violations };
    let key_id = at.required("keyId", key_id_json, read_key_id_type)?;
    let Some(key_id) = key_id else {
        return Ok(None);
    };
    Ok(Some(CancelKeyDeletionRequest { key_id }))
}

fn read_connect_custom_key_store_request(
    json: Json<'_>,
    place: Place<'_>,
    violations: &mut Violations,
) -> Result<Option<ConnectCustomKeyStoreRequest>, Fault> {
    let [custom_key_store_id_json] = members(json, &["CustomKeyStoreId"])?;
    let mut at = Structure { place, violations };
    let custom_key_store_id = at.required(
        "customKeyStoreId",
        custom_key_store_id_json,
        read_custom_key_store_id_type,
    )?;
    let Some(custom_key_store_id) = custom_key_store_id else {
        return Ok(None);
    };
    Ok(Some(ConnectCustomKeyStoreRequest {
        custom_key_store_id,
    }))
}

fn read_create_alias_request(
    json: Json<'_>,
    place: Place<'_>,
    violations: &mut Violations,
) -> Result<Option<CreateAliasRequest>, Fault> {
    let [alias_name_json, target_key_id_json] = members(json, &["AliasName", "TargetKeyId"])?;
    let mut at = Structure { place, violations };
    let alias_name = at.required("aliasName", alias_name_json, read_alias_name_type)?;
    let target_key_id = at.required("targetKeyId", target_key_id_json, read_key_id_type)?;
    let (Some(alias_name), Some(target_key_id)) = (alias_name, target_key_id) else {
        return Ok(None);
    };
    Ok(Some(CreateAliasRequest {
        alias_name,
        target_key_id,
    }))
}

fn read_create_custom_key_store_request(
    json: Json<'_>,
    place: Place<'_>,
    violations: &mut Violations,
) -> Result<Option<CreateCustomKeyStoreRequest>, Fault> {
    let [
        cloud_hsm_cluster_id_json,
        custom_key_store_name_json,
        custom_key_store_type_json,
        key_store_password_json,
        trust_anchor_certificate_json,
        xks_proxy_authentication_credential_json,
        xks_proxy_connectivity_json,
        xks_proxy_uri_endpoint_json,
        xks_proxy_uri_path_json,
        xks_proxy_vpc_endpoint_service_name_json,
        xks_proxy_vpc_endpoint_service_owner_json,
    ] = members(
        json,
        &[
            "CloudHsmClusterId",
            "CustomKeyStoreName",
            "CustomKeyStoreType",
            "KeyStorePassword",
            "TrustAnchorCertificate",
            "XksProxyAuthenticationCredential",
            "XksProxyConnectivity",
            "XksProxyUriEndpoint",
            "XksProxyUriPath",
            "XksProxyVpcEndpointServiceName",
            "XksProxyVpcEndpointServiceOwner",
        ],
    )?;
    let mut at = Structure { place, violations };
    let cloud_hsm_cluster_id = at.optional(
        "cloudHsmClusterId",
        cloud_hsm_cluster_id_json,
        read_cloud_hsm_cluster_id_type,
    )?;
    let custom_key_store_name = at.required(
        "customKeyStoreName",
        custom_key_store_name_json,
        read_custom_key_store_name_type,
    )?;
    let custom_key_store_type = at.optional(
        "customKeyStoreType",
        custom_key_store_type_json,
        read_custom_key_store_type,
    )?;
    let key_store_password = at.optional(
        "keyStorePassword",
        key_store_password_json,
        read_key_store_password_type,
    )?;
    let trust_anchor_certificate = at.optional(
        "trustAnchorCertificate",
        trust_anchor_certificate_json,
        read_trust_anchor_certificate_type,
    )?;
    let xks_proxy_authentication_credential = at.optional(
        "xksProxyAuthenticationCredential",
        xks_proxy_authentication_credential_json,
        read_xks_proxy_authentication_credential_type,
    )?;
    let xks_proxy_connectivity = at.optional(
        "xksProxyConnectivity",
        xks_proxy_connectivity_json,
        read_xks_proxy_connectivity_type,
    )?;
    let xks_proxy_uri_endpoint = at.optional(
        "xksProxyUriEndpoint",
        xks_proxy_uri_endpoint_json,
        read_xks_proxy_uri_endpoint_type,
    )?;
    let xks_proxy_uri_path = at.optional(
        "xksProxyUriPath",
        xks_proxy_uri_path_json,
        read_xks_proxy_uri_path_type,
    )?;
    let xks_proxy_vpc_endpoint_service_name = at.optional(
        "xksProxyVpcEndpointServiceName",
        xks_proxy_vpc_endpoint_service_name_json,
        read_xks_proxy_vpc_endpoint_service_name_type,
    )?;
    let xks_proxy_vpc_endpoint_service_owner = at.optional(
        "xksProxyVpcEndpointServiceOwner",
        xks_proxy_vpc_endpoint_service_owner_json,
        read_account_id_type,
    )?;
    let Some(custom_key_store_name) = custom_key_store_name else {
        return Ok(None);
    };
    Ok(Some(CreateCustomKeyStoreRequest {
        cloud_hsm_cluster_id,
        custom_key_store_name,
        custom_key_store_type,
        key_store_password,
        trust_anchor_certificate,
        xks_proxy_authentication_credential,
        xks_proxy_connectivity,
        xks_proxy_uri_endpoint,
        xks_proxy_uri_path,
        xks_proxy_vpc_endpoint_service_name,
        xks_proxy_vpc_endpoint_service_owner,
    }))
}

fn read_create_grant_request(
    json: Json<'_>,
    place: Place<'_>,
    violations: &mut Violations,
) -> Result<Option<CreateGrantRequest>, Fault> {
    let [
        constraints_json,
        dry_run_json,
        grant_tokens_json,
        grantee_principal_json,
        grantee_service_principal_json,
        key_id_json,
        name_json,
        operations_json,
        retiring_principal_json,
        retiring_service_principal_json,
    ] = members(
        json,
        &[
            "Constraints",
            "DryRun",
            "GrantTokens",
            "GranteePrincipal",
            "GranteeServicePrincipal",
            "KeyId",
            "Name",
            "Operations",
            "RetiringPrincipal",
            "RetiringServicePrincipal",
        ],
    )?;
    let mut at = Structure { place, violations };
    let constraints = at.optional("constraints", constraints_json, read_grant_constraints)?;
    let dry_run = at.optional("dryRun", dry_run_json, boolean)?;
    let grant_tokens = at.optional("grantTokens", grant_tokens_json, read_grant_token_list)?;
    let grantee_principal = at.optional(
        "granteePrincipal",
        grantee_principal_json,
        read_principal_id_type,
    )?;
    let grantee_service_principal = at.optional(
        "granteeServicePrincipal",
        grantee_service_principal_json,
        read_service_principal_type,
    )?;
    let key_id = at.required("keyId", key_id_json, read_key_id_type)?;
    let name = at.optional("name", name_json, read_grant_name_type)?;
    let operations = at.required("operations", operations_json, read_grant_operation_list)?;
    let retiring_principal = at.optional(
        "retiringPrincipal",
        retiring_principal_json,
        read_principal_id_type,
    )?;
    let retiring_service_principal = at.optional(
        "retiringServicePrincipal",
        retiring_service_principal_json,
        read_service_principal_type,
    )?;
    let (Some(key_id), Some(operations)) = (key_id, operations) else {
        return Ok(None);
    };
    Ok(Some(CreateGrantRequest {
        constraints,
        dry_run,
        grant_tokens,
        grantee_principal,
        grantee_service_principal,
        key_id,
        name,
        operations,
        retiring_principal,
        retiring_service_principal,
    }))
}

fn read_create_key_request(
    json: Json<'_>,
    place: Place<'_>,
    violations: &mut Violations,
) -> Result<Option<CreateKeyRequest>, Fault> {
    let [
        bypass_policy_lockout_safety_check_json,
        custom_key_store_id_json,
        customer_master_key_spec_json,
        description_json,
        key_spec_json,
        key_usage_json,
        multi_region_json,
        origin_json,
        policy_json,
        tags_json,
        xks_key_id_json,
    ] = members(
        json,
        &[
            "BypassPolicyLockoutSafetyCheck",
            "CustomKeyStoreId",
            "CustomerMasterKeySpec",
            "Description",
            "KeySpec",
            "KeyUsage",
            "MultiRegion",
            "Origin",
            "Policy",
            "Tags",
            "XksKeyId",
        ],
    )?;
    let mut at = Structure { place, violations };
    let bypass_policy_lockout_safety_check = at.optional(
        "bypassPolicyLockoutSafetyCheck",
        bypass_policy_lockout_safety_check_json,
        boolean,
    )?;
    let custom_key_store_id = at.optional(
        "customKeyStoreId",
        custom_key_store_id_json,
        read_custom_key_store_id_type,
    )?;
    let customer_master_key_spec = at.optional(
        "customerMasterKeySpec",
        customer_master_key_spec_json,
        read_customer_master_key_spec,
    )?;
    let description = at.optional("description", description_json, read_description_type)?;
    let key_spec = at.optional("keySpec", key_spec_json, read_key_spec)?;
    let key_usage = at.optional("keyUsage", key_usage_json, read_key_usage_type)?;
    let multi_region = at.optional("multiRegion", multi_region_json, boolean)?;
    let origin = at.optional("origin", origin_json, read_origin_type)?;
    let policy = at.optional("policy", policy_json, read_policy_type)?;
    let tags = at.optional("tags", tags_json, read_tag_list)?;
    let xks_key_id = at.optional("xksKeyId", xks_key_id_json, read_xks_key_id_type)?;
    Ok(Some(CreateKeyRequest {
        bypass_policy_lockout_safety_check,
        custom_key_store_id,
        customer_master_key_spec,
        description,
        key_spec,
        key_usage,
        multi_region,
        origin,
        policy,
        tags,
        xks_key_id,
    }))
}

fn read_decapsulate_request(
    json: Json<'_>,
    place: Place<'_>,
    violations: &mut Violations,
) -> Result<Option<DecapsulateRequest>, Fault> {
    let [
        dry_run_json,
        encapsulation_algorithm_json,
        grant_tokens_json,
        key_id_json,
        shared_secret_ciphertext_blob_json,
    ] = members(
        json,
        &[
            "DryRun",
            "EncapsulationAlgorithm",
            "GrantTokens",
            "KeyId",
            "SharedSecretCiphertextBlob",
        ],
    )?;
    let mut at = Structure { place, violations };
    let dry_run = at.optional("dryRun", dry_run_json, boolean)?;
    let encapsulation_algorithm = at.required(
        "encapsulationAlgorithm",
        encapsulation_algorithm_json,
        read_encapsulation_algorithm_spec,
    )?;
    let grant_tokens = at.optional("grantTokens", grant_tokens_json, read_grant_token_list)?;
    let key_id = at.required("keyId", key_id_json, read_key_id_type)?;
    let shared_secret_ciphertext_blob = at.required(
        "sharedSecretCiphertextBlob",
        shared_secret_ciphertext_blob_json,
        read_ciphertext_type,
    )?;
    let (Some(encapsulation_algorithm), Some(key_id), Some(shared_secret_ciphertext_blob)) = (
        encapsulation_algorithm,
        key_id,
        shared_secret_ciphertext_blob,
    ) else {
        return Ok(None);
    };
    Ok(Some(DecapsulateRequest {
        dry_run,
        encapsulation_algorithm,
        grant_tokens,
        key_id,
        shared_secret_ciphertext_blob,
    }))
}

fn read_decrypt_request(
    json: Json<'_>,
    place: Place<'_>,
    violations: &mut Violations,
) -> Result<Option<DecryptRequest>, Fault> {
    let [
        ciphertext_blob_json,
        dry_run_json,
        dry_run_modifiers_json,
        encryption_algorithm_json,
        encryption_context_json,
        grant_tokens_json,
        key_id_json,
        recipient_json,
    ] = members(
        json,
        &[
            "CiphertextBlob",
            "DryRun",
            "DryRunModifiers",
            "EncryptionAlgorithm",
            "EncryptionContext",
            "GrantTokens",
            "KeyId",
            "Recipient",
        ],
    )?;
    let mut at = Structure { place, violations };
    let ciphertext_blob = if ciphertext_is_ignored(dry_run_json, dry_run_modifiers_json) {
        at.optional("ciphertextBlob", ciphertext_blob_json, read_ciphertext_type)?
    } else {
        at.required("ciphertextBlob", ciphertext_blob_json, read_ciphertext_type)?
    };
    let dry_run = at.optional("dryRun", dry_run_json, boolean)?;
    let dry_run_modifiers = at.optional(
        "dryRunModifiers",
        dry_run_modifiers_json,
        read_dry_run_modifier_list,
    )?;
    let encryption_algorithm = at.optional(
        "encryptionAlgorithm",
        encryption_algorithm_json,
        read_encryption_algorithm_spec,
    )?;
    let encryption_context = at.optional("encryptionContext", encryption_context_json, context)?;
    let grant_tokens = at.optional("grantTokens", grant_tokens_json, read_grant_token_list)?;
    let key_id = at.optional("keyId", key_id_json, read_key_id_type)?;
    let recipient = at.optional("recipient", recipient_json, read_recipient_info)?;
    Ok(Some(DecryptRequest {
        ciphertext_blob,
        dry_run,
        dry_run_modifiers,
        encryption_algorithm,
        encryption_context,
        grant_tokens,
        key_id,
        recipient,
    }))
}

fn read_delete_alias_request(
    json: Json<'_>,
    place: Place<'_>,
    violations: &mut Violations,
) -> Result<Option<DeleteAliasRequest>, Fault> {
    let [alias_name_json] = members(json, &["AliasName"])?;
    let mut at = Structure { place, violations };
    let alias_name = at.required("aliasName", alias_name_json, read_alias_name_type)?;
    let Some(alias_name) = alias_name else {
        return Ok(None);
    };
    Ok(Some(DeleteAliasRequest { alias_name }))
}

fn read_delete_custom_key_store_request(
    json: Json<'_>,
    place: Place<'_>,
    violations: &mut Violations,
) -> Result<Option<DeleteCustomKeyStoreRequest>, Fault> {
    let [custom_key_store_id_json] = members(json, &["CustomKeyStoreId"])?;
    let mut at = Structure { place, violations };
    let custom_key_store_id = at.required(
        "customKeyStoreId",
        custom_key_store_id_json,
        read_custom_key_store_id_type,
    )?;
    let Some(custom_key_store_id) = custom_key_store_id else {
        return Ok(None);
    };
    Ok(Some(DeleteCustomKeyStoreRequest {
        custom_key_store_id,
    }))
}

fn read_delete_imported_key_material_request(
    json: Json<'_>,
    place: Place<'_>,
    violations: &mut Violations,
) -> Result<Option<DeleteImportedKeyMaterialRequest>, Fault> {
    let [key_id_json, key_material_id_json] = members(json, &["KeyId", "KeyMaterialId"])?;
    let mut at = Structure { place, violations };
    let key_id = at.required("keyId", key_id_json, read_key_id_type)?;
    let key_material_id = at.optional(
        "keyMaterialId",
        key_material_id_json,
        read_backing_key_id_type,
    )?;
    let Some(key_id) = key_id else {
        return Ok(None);
    };
    Ok(Some(DeleteImportedKeyMaterialRequest {
        key_id,
        key_material_id,
    }))
}

fn read_derive_shared_secret_request(
    json: Json<'_>,
    place: Place<'_>,
    violations: &mut Violations,
) -> Result<Option<DeriveSharedSecretRequest>, Fault> {
    let [
        dry_run_json,
        grant_tokens_json,
        key_agreement_algorithm_json,
        key_id_json,
        public_key_json,
        recipient_json,
    ] = members(
        json,
        &[
            "DryRun",
            "GrantTokens",
            "KeyAgreementAlgorithm",
            "KeyId",
            "PublicKey",
            "Recipient",
        ],
    )?;
    let mut at = Structure { place, violations };
    let dry_run = at.optional("dryRun", dry_run_json, boolean)?;
    let grant_tokens = at.optional("grantTokens", grant_tokens_json, read_grant_token_list)?;
    let key_agreement_algorithm = at.required(
        "keyAgreementAlgorithm",
        key_agreement_algorithm_json,
        read_key_agreement_algorithm_spec,
    )?;
    let key_id = at.required("keyId", key_id_json, read_key_id_type)?;
    let public_key = at.required("publicKey", public_key_json, read_public_key_type)?;
    let recipient = at.optional("recipient", recipient_json, read_recipient_info)?;
    let (Some(key_agreement_algorithm), Some(key_id), Some(public_key)) =
        (key_agreement_algorithm, key_id, public_key)
    else {
        return Ok(None);
    };
    Ok(Some(DeriveSharedSecretRequest {
        dry_run,
        grant_tokens,
        key_agreement_algorithm,
        key_id,
        public_key,
        recipient,
    }))
}

fn read_describe_custom_key_stores_request(
    json: Json<'_>,
    place: Place<'_>,
    violations: &mut Violations,
) -> Result<Option<DescribeCustomKeyStoresRequest>, Fault> {
    let [
        custom_key_store_id_json,
        custom_key_store_name_json,
        limit_json,
        marker_json,
    ] = members(
        json,
        &["CustomKeyStoreId", "CustomKeyStoreName", "Limit", "Marker"],
    )?;
    let mut at = Structure { place, violations };
    let custom_key_store_id = at.optional(
        "customKeyStoreId",
        custom_key_store_id_json,
        read_custom_key_store_id_type,
    )?;
    let custom_key_store_name = at.optional(
        "customKeyStoreName",
        custom_key_store_name_json,
        read_custom_key_store_name_type,
    )?;
    let limit = at.optional("limit", limit_json, read_limit_type)?;
    let marker = at.optional("marker", marker_json, read_marker_type)?;
    Ok(Some(DescribeCustomKeyStoresRequest {
        custom_key_store_id,
        custom_key_store_name,
        limit,
        marker,
    }))
}

fn read_describe_key_request(
    json: Json<'_>,
    place: Place<'_>,
    violations: &mut Violations,
) -> Result<Option<DescribeKeyRequest>, Fault> {
    let [grant_tokens_json, key_id_json] = members(json, &["GrantTokens", "KeyId"])?;
    let mut at = Structure { place, violations };
    let grant_tokens = at.optional("grantTokens", grant_tokens_json, read_grant_token_list)?;
    let key_id = at.required("keyId", key_id_json, read_key_id_type)?;
    let Some(key_id) = key_id else {
        return Ok(None);
    };
    Ok(Some(DescribeKeyRequest {
        grant_tokens,
        key_id,
    }))
}

fn read_disable_key_request(
    json: Json<'_>,
    place: Place<'_>,
    violations: &mut Violations,
) -> Result<Option<DisableKeyRequest>, Fault> {
    let [key_id_json] = members(json, &["KeyId"])?;
    let mut at = Structure { place, violations };
    let key_id = at.required("keyId", key_id_json, read_key_id_type)?;
    let Some(key_id) = key_id else {
        return Ok(None);
    };
    Ok(Some(DisableKeyRequest { key_id }))
}

fn read_disable_key_rotation_request(
    json: Json<'_>,
    place: Place<'_>,
    violations: &mut Violations,
) -> Result<Option<DisableKeyRotationRequest>, Fault> {
    let [key_id_json] = members(json, &["KeyId"])?;
    let mut at = Structure { place, violations };
    let key_id = at.required("keyId", key_id_json, read_key_id_type)?;
    let Some(key_id) = key_id else {
        return Ok(None);
    };
    Ok(Some(DisableKeyRotationRequest { key_id }))
}

fn read_disconnect_custom_key_store_request(
    json: Json<'_>,
    place: Place<'_>,
    violations: &mut Violations,
) -> Result<Option<DisconnectCustomKeyStoreRequest>, Fault> {
    let [custom_key_store_id_json] = members(json, &["CustomKeyStoreId"])?;
    let mut at = Structure { place, violations };
    let custom_key_store_id = at.required(
        "customKeyStoreId",
        custom_key_store_id_json,
        read_custom_key_store_id_type,
    )?;
    let Some(custom_key_store_id) = custom_key_store_id else {
        return Ok(None);
    };
    Ok(Some(DisconnectCustomKeyStoreRequest {
        custom_key_store_id,
    }))
}

fn read_enable_key_request(
    json: Json<'_>,
    place: Place<'_>,
    violations: &mut Violations,
) -> Result<Option<EnableKeyRequest>, Fault> {
    let [key_id_json] = members(json, &["KeyId"])?;
    let mut at = Structure { place, violations };
    let key_id = at.required("keyId", key_id_json, read_key_id_type)?;
    let Some(key_id) = key_id else {
        return Ok(None);
    };
    Ok(Some(EnableKeyRequest { key_id }))
}

fn read_enable_key_rotation_request(
    json: Json<'_>,
    place: Place<'_>,
    violations: &mut Violations,
) -> Result<Option<EnableKeyRotationRequest>, Fault> {
    let [key_id_json, rotation_period_in_days_json] =
        members(json, &["KeyId", "RotationPeriodInDays"])?;
    let mut at = Structure { place, violations };
    let key_id = at.required("keyId", key_id_json, read_key_id_type)?;
    let rotation_period_in_days = at.optional(
        "rotationPeriodInDays",
        rotation_period_in_days_json,
        read_rotation_period_in_days_type,
    )?;
    let Some(key_id) = key_id else {
        return Ok(None);
    };
    Ok(Some(EnableKeyRotationRequest {
        key_id,
        rotation_period_in_days,
    }))
}

fn read_encapsulate_request(
    json: Json<'_>,
    place: Place<'_>,
    violations: &mut Violations,
) -> Result<Option<EncapsulateRequest>, Fault> {
    let [
        dry_run_json,
        encapsulation_algorithm_json,
        grant_tokens_json,
        key_id_json,
    ] = members(
        json,
        &["DryRun", "EncapsulationAlgorithm", "GrantTokens", "KeyId"],
    )?;
    let mut at = Structure { place, violations };
    let dry_run = at.optional("dryRun", dry_run_json, boolean)?;
    let encapsulation_algorithm = at.required(
        "encapsulationAlgorithm",
        encapsulation_algorithm_json,
        read_encapsulation_algorithm_spec,
    )?;
    let grant_tokens = at.optional("grantTokens", grant_tokens_json, read_grant_token_list)?;
    let key_id = at.required("keyId", key_id_json, read_key_id_type)?;
    let (Some(encapsulation_algorithm), Some(key_id)) = (encapsulation_algorithm, key_id) else {
        return Ok(None);
    };
    Ok(Some(EncapsulateRequest {
        dry_run,
        encapsulation_algorithm,
        grant_tokens,
        key_id,
    }))
}

fn read_encrypt_request(
    json: Json<'_>,
    place: Place<'_>,
    violations: &mut Violations,
) -> Result<Option<EncryptRequest>, Fault> {
    let [
        dry_run_json,
        encryption_algorithm_json,
        encryption_context_json,
        grant_tokens_json,
        key_id_json,
        plaintext_json,
    ] = members(
        json,
        &[
            "DryRun",
            "EncryptionAlgorithm",
            "EncryptionContext",
            "GrantTokens",
            "KeyId",
            "Plaintext",
        ],
    )?;
    let mut at = Structure { place, violations };
    let dry_run = at.optional("dryRun", dry_run_json, boolean)?;
    let encryption_algorithm = at.optional(
        "encryptionAlgorithm",
        encryption_algorithm_json,
        read_encryption_algorithm_spec,
    )?;
    let encryption_context = at.optional("encryptionContext", encryption_context_json, context)?;
    let grant_tokens = at.optional("grantTokens", grant_tokens_json, read_grant_token_list)?;
    let key_id = at.required("keyId", key_id_json, read_key_id_type)?;
    let plaintext = at.required_sensitive("plaintext", plaintext_json, read_plaintext_type)?;
    let (Some(key_id), Some(plaintext)) = (key_id, plaintext) else {
        return Ok(None);
    };
    Ok(Some(EncryptRequest {
        dry_run,
        encryption_algorithm,
        encryption_context,
        grant_tokens,
        key_id,
        plaintext,
    }))
}

fn read_generate_data_key_pair_request(
    json: Json<'_>,
    place: Place<'_>,
    violations: &mut Violations,
) -> Result<Option<GenerateDataKeyPairRequest>, Fault> {
    let [
        dry_run_json,
        encryption_context_json,
        grant_tokens_json,
        key_id_json,
        key_pair_spec_json,
        recipient_json,
    ] = members(
        json,
        &[
            "DryRun",
            "EncryptionContext",
            "GrantTokens",
            "KeyId",
            "KeyPairSpec",
            "Recipient",
        ],
    )?;
    let mut at = Structure { place, violations };
    let dry_run = at.optional("dryRun", dry_run_json, boolean)?;
    let encryption_context = at.optional("encryptionContext", encryption_context_json, context)?;
    let grant_tokens = at.optional("grantTokens", grant_tokens_json, read_grant_token_list)?;
    let key_id = at.required("keyId", key_id_json, read_key_id_type)?;
    let key_pair_spec = at.required("keyPairSpec", key_pair_spec_json, read_data_key_pair_spec)?;
    let recipient = at.optional("recipient", recipient_json, read_recipient_info)?;
    let (Some(key_id), Some(key_pair_spec)) = (key_id, key_pair_spec) else {
        return Ok(None);
    };
    Ok(Some(GenerateDataKeyPairRequest {
        dry_run,
        encryption_context,
        grant_tokens,
        key_id,
        key_pair_spec,
        recipient,
    }))
}

fn read_generate_data_key_pair_without_plaintext_request(
    json: Json<'_>,
    place: Place<'_>,
    violations: &mut Violations,
) -> Result<Option<GenerateDataKeyPairWithoutPlaintextRequest>, Fault> {
    let [
        dry_run_json,
        encryption_context_json,
        grant_tokens_json,
        key_id_json,
        key_pair_spec_json,
    ] = members(
        json,
        &[
            "DryRun",
            "EncryptionContext",
            "GrantTokens",
            "KeyId",
            "KeyPairSpec",
        ],
    )?;
    let mut at = Structure { place, violations };
    let dry_run = at.optional("dryRun", dry_run_json, boolean)?;
    let encryption_context = at.optional("encryptionContext", encryption_context_json, context)?;
    let grant_tokens = at.optional("grantTokens", grant_tokens_json, read_grant_token_list)?;
    let key_id = at.required("keyId", key_id_json, read_key_id_type)?;
    let key_pair_spec = at.required("keyPairSpec", key_pair_spec_json, read_data_key_pair_spec)?;
    let (Some(key_id), Some(key_pair_spec)) = (key_id, key_pair_spec) else {
        return Ok(None);
    };
    Ok(Some(GenerateDataKeyPairWithoutPlaintextRequest {
        dry_run,
        encryption_context,
        grant_tokens,
        key_id,
        key_pair_spec,
    }))
}

fn read_generate_data_key_request(
    json: Json<'_>,
    place: Place<'_>,
    violations: &mut Violations,
) -> Result<Option<GenerateDataKeyRequest>, Fault> {
    let [
        dry_run_json,
        encryption_context_json,
        grant_tokens_json,
        key_id_json,
        key_spec_json,
        number_of_bytes_json,
        recipient_json,
    ] = members(
        json,
        &[
            "DryRun",
            "EncryptionContext",
            "GrantTokens",
            "KeyId",
            "KeySpec",
            "NumberOfBytes",
            "Recipient",
        ],
    )?;
    let mut at = Structure { place, violations };
    let dry_run = at.optional("dryRun", dry_run_json, boolean)?;
    let encryption_context = at.optional("encryptionContext", encryption_context_json, context)?;
    let grant_tokens = at.optional("grantTokens", grant_tokens_json, read_grant_token_list)?;
    let key_id = at.required("keyId", key_id_json, read_key_id_type)?;
    let key_spec = at.optional("keySpec", key_spec_json, read_data_key_spec_as_key_spec)?;
    let number_of_bytes = at.optional(
        "numberOfBytes",
        number_of_bytes_json,
        read_number_of_bytes_type,
    )?;
    let recipient = at.optional("recipient", recipient_json, read_recipient_info)?;
    let Some(key_id) = key_id else {
        return Ok(None);
    };
    Ok(Some(GenerateDataKeyRequest {
        dry_run,
        encryption_context,
        grant_tokens,
        key_id,
        key_spec,
        number_of_bytes,
        recipient,
    }))
}

fn read_generate_data_key_without_plaintext_request(
    json: Json<'_>,
    place: Place<'_>,
    violations: &mut Violations,
) -> Result<Option<GenerateDataKeyWithoutPlaintextRequest>, Fault> {
    let [
        dry_run_json,
        encryption_context_json,
        grant_tokens_json,
        key_id_json,
        key_spec_json,
        number_of_bytes_json,
    ] = members(
        json,
        &[
            "DryRun",
            "EncryptionContext",
            "GrantTokens",
            "KeyId",
            "KeySpec",
            "NumberOfBytes",
        ],
    )?;
    let mut at = Structure { place, violations };
    let dry_run = at.optional("dryRun", dry_run_json, boolean)?;
    let encryption_context = at.optional("encryptionContext", encryption_context_json, context)?;
    let grant_tokens = at.optional("grantTokens", grant_tokens_json, read_grant_token_list)?;
    let key_id = at.required("keyId", key_id_json, read_key_id_type)?;
    let key_spec = at.optional("keySpec", key_spec_json, read_data_key_spec_as_key_spec)?;
    let number_of_bytes = at.optional(
        "numberOfBytes",
        number_of_bytes_json,
        read_number_of_bytes_type,
    )?;
    let Some(key_id) = key_id else {
        return Ok(None);
    };
    Ok(Some(GenerateDataKeyWithoutPlaintextRequest {
        dry_run,
        encryption_context,
        grant_tokens,
        key_id,
        key_spec,
        number_of_bytes,
    }))
}

fn read_generate_mac_request(
    json: Json<'_>,
    place: Place<'_>,
    violations: &mut Violations,
) -> Result<Option<GenerateMacRequest>, Fault> {
    let [
        dry_run_json,
        grant_tokens_json,
        key_id_json,
        mac_algorithm_json,
        message_json,
    ] = members(
        json,
        &["DryRun", "GrantTokens", "KeyId", "MacAlgorithm", "Message"],
    )?;
    let mut at = Structure { place, violations };
    let dry_run = at.optional("dryRun", dry_run_json, boolean)?;
    let grant_tokens = at.optional("grantTokens", grant_tokens_json, read_grant_token_list)?;
    let key_id = at.required("keyId", key_id_json, read_key_id_type)?;
    let mac_algorithm = at.required("macAlgorithm", mac_algorithm_json, read_mac_algorithm_spec)?;
    let message = at.required_sensitive("message", message_json, read_plaintext_type)?;
    let (Some(key_id), Some(mac_algorithm), Some(message)) = (key_id, mac_algorithm, message)
    else {
        return Ok(None);
    };
    Ok(Some(GenerateMacRequest {
        dry_run,
        grant_tokens,
        key_id,
        mac_algorithm,
        message,
    }))
}

fn read_generate_random_request(
    json: Json<'_>,
    place: Place<'_>,
    violations: &mut Violations,
) -> Result<Option<GenerateRandomRequest>, Fault> {
    let [
        custom_key_store_id_json,
        number_of_bytes_json,
        recipient_json,
    ] = members(json, &["CustomKeyStoreId", "NumberOfBytes", "Recipient"])?;
    let mut at = Structure { place, violations };
    let custom_key_store_id = at.optional(
        "customKeyStoreId",
        custom_key_store_id_json,
        read_custom_key_store_id_type,
    )?;
    let number_of_bytes = at.optional(
        "numberOfBytes",
        number_of_bytes_json,
        read_number_of_bytes_type,
    )?;
    let recipient = at.optional("recipient", recipient_json, read_recipient_info)?;
    Ok(Some(GenerateRandomRequest {
        custom_key_store_id,
        number_of_bytes,
        recipient,
    }))
}

fn read_get_key_last_usage_request(
    json: Json<'_>,
    place: Place<'_>,
    violations: &mut Violations,
) -> Result<Option<GetKeyLastUsageRequest>, Fault> {
    let [key_id_json] = members(json, &["KeyId"])?;
    let mut at = Structure { place, violations };
    let key_id = at.required("keyId", key_id_json, read_key_id_type)?;
    let Some(key_id) = key_id else {
        return Ok(None);
    };
    Ok(Some(GetKeyLastUsageRequest { key_id }))
}

fn read_get_key_policy_request(
    json: Json<'_>,
    place: Place<'_>,
    violations: &mut Violations,
) -> Result<Option<GetKeyPolicyRequest>, Fault> {
    let [key_id_json, policy_name_json] = members(json, &["KeyId", "PolicyName"])?;
    let mut at = Structure { place, violations };
    let key_id = at.required("keyId", key_id_json, read_key_id_type)?;
    let policy_name = at.optional("policyName", policy_name_json, read_policy_name_type)?;
    let Some(key_id) = key_id else {
        return Ok(None);
    };
    Ok(Some(GetKeyPolicyRequest {
        key_id,
        policy_name,
    }))
}

fn read_get_key_rotation_status_request(
    json: Json<'_>,
    place: Place<'_>,
    violations: &mut Violations,
) -> Result<Option<GetKeyRotationStatusRequest>, Fault> {
    let [key_id_json] = members(json, &["KeyId"])?;
    let mut at = Structure { place, violations };
    let key_id = at.required("keyId", key_id_json, read_key_id_type)?;
    let Some(key_id) = key_id else {
        return Ok(None);
    };
    Ok(Some(GetKeyRotationStatusRequest { key_id }))
}

fn read_get_parameters_for_import_request(
    json: Json<'_>,
    place: Place<'_>,
    violations: &mut Violations,
) -> Result<Option<GetParametersForImportRequest>, Fault> {
    let [key_id_json, wrapping_algorithm_json, wrapping_key_spec_json] =
        members(json, &["KeyId", "WrappingAlgorithm", "WrappingKeySpec"])?;
    let mut at = Structure { place, violations };
    let key_id = at.required("keyId", key_id_json, read_key_id_type)?;
    let wrapping_algorithm = at.required(
        "wrappingAlgorithm",
        wrapping_algorithm_json,
        read_algorithm_spec,
    )?;
    let wrapping_key_spec = at.required(
        "wrappingKeySpec",
        wrapping_key_spec_json,
        read_wrapping_key_spec,
    )?;
    let (Some(key_id), Some(wrapping_algorithm), Some(wrapping_key_spec)) =
        (key_id, wrapping_algorithm, wrapping_key_spec)
    else {
        return Ok(None);
    };
    Ok(Some(GetParametersForImportRequest {
        key_id,
        wrapping_algorithm,
        wrapping_key_spec,
    }))
}

fn read_get_public_key_request(
    json: Json<'_>,
    place: Place<'_>,
    violations: &mut Violations,
) -> Result<Option<GetPublicKeyRequest>, Fault> {
    let [grant_tokens_json, key_id_json] = members(json, &["GrantTokens", "KeyId"])?;
    let mut at = Structure { place, violations };
    let grant_tokens = at.optional("grantTokens", grant_tokens_json, read_grant_token_list)?;
    let key_id = at.required("keyId", key_id_json, read_key_id_type)?;
    let Some(key_id) = key_id else {
        return Ok(None);
    };
    Ok(Some(GetPublicKeyRequest {
        grant_tokens,
        key_id,
    }))
}

fn read_grant_constraints(
    json: Json<'_>,
    place: Place<'_>,
    violations: &mut Violations,
) -> Result<Option<GrantConstraints>, Fault> {
    let [
        encryption_context_equals_json,
        encryption_context_subset_json,
        source_arn_json,
    ] = members(
        json,
        &[
            "EncryptionContextEquals",
            "EncryptionContextSubset",
            "SourceArn",
        ],
    )?;
    let mut at = Structure { place, violations };
    let encryption_context_equals = at.optional(
        "encryptionContextEquals",
        encryption_context_equals_json,
        context,
    )?;
    let encryption_context_subset = at.optional(
        "encryptionContextSubset",
        encryption_context_subset_json,
        context,
    )?;
    let source_arn = at.optional(
        "sourceArn",
        source_arn_json,
        read_grant_constraint_source_arn_type,
    )?;
    Ok(Some(GrantConstraints {
        encryption_context_equals,
        encryption_context_subset,
        source_arn,
    }))
}

fn read_import_key_material_request(
    json: Json<'_>,
    place: Place<'_>,
    violations: &mut Violations,
) -> Result<Option<ImportKeyMaterialRequest>, Fault> {
    let [
        encrypted_key_material_json,
        expiration_model_json,
        import_token_json,
        import_type_json,
        key_id_json,
        key_material_description_json,
        key_material_id_json,
        valid_to_json,
    ] = members(
        json,
        &[
            "EncryptedKeyMaterial",
            "ExpirationModel",
            "ImportToken",
            "ImportType",
            "KeyId",
            "KeyMaterialDescription",
            "KeyMaterialId",
            "ValidTo",
        ],
    )?;
    let mut at = Structure { place, violations };
    let encrypted_key_material = at.required(
        "encryptedKeyMaterial",
        encrypted_key_material_json,
        read_ciphertext_type_as_secret,
    )?;
    let expiration_model = at.optional(
        "expirationModel",
        expiration_model_json,
        read_expiration_model_type,
    )?;
    let import_token = at.required(
        "importToken",
        import_token_json,
        read_ciphertext_type_as_secret,
    )?;
    let import_type = at.optional("importType", import_type_json, read_import_type)?;
    let key_id = at.required("keyId", key_id_json, read_key_id_type)?;
    let key_material_description = at.optional(
        "keyMaterialDescription",
        key_material_description_json,
        read_key_material_description_type,
    )?;
    let key_material_id = at.optional(
        "keyMaterialId",
        key_material_id_json,
        read_backing_key_id_type,
    )?;
    let valid_to = at.optional("validTo", valid_to_json, timestamp)?;
    let (Some(encrypted_key_material), Some(import_token), Some(key_id)) =
        (encrypted_key_material, import_token, key_id)
    else {
        return Ok(None);
    };
    Ok(Some(ImportKeyMaterialRequest {
        encrypted_key_material,
        expiration_model,
        import_token,
        import_type,
        key_id,
        key_material_description,
        key_material_id,
        valid_to,
    }))
}

fn read_list_aliases_request(
    json: Json<'_>,
    place: Place<'_>,
    violations: &mut Violations,
) -> Result<Option<ListAliasesRequest>, Fault> {
    let [key_id_json, limit_json, marker_json] = members(json, &["KeyId", "Limit", "Marker"])?;
    let mut at = Structure { place, violations };
    let key_id = at.optional("keyId", key_id_json, read_key_id_type)?;
    let limit = at.optional("limit", limit_json, read_limit_type)?;
    let marker = at.optional("marker", marker_json, read_marker_type)?;
    Ok(Some(ListAliasesRequest {
        key_id,
        limit,
        marker,
    }))
}

fn read_list_grants_request(
    json: Json<'_>,
    place: Place<'_>,
    violations: &mut Violations,
) -> Result<Option<ListGrantsRequest>, Fault> {
    let [
        grant_id_json,
        grantee_principal_json,
        grantee_service_principal_json,
        key_id_json,
        limit_json,
        marker_json,
    ] = members(
        json,
        &[
            "GrantId",
            "GranteePrincipal",
            "GranteeServicePrincipal",
            "KeyId",
            "Limit",
            "Marker",
        ],
    )?;
    let mut at = Structure { place, violations };
    let grant_id = at.optional("grantId", grant_id_json, read_grant_id_type)?;
    let grantee_principal = at.optional(
        "granteePrincipal",
        grantee_principal_json,
        read_principal_id_type,
    )?;
    let grantee_service_principal = at.optional(
        "granteeServicePrincipal",
        grantee_service_principal_json,
        read_service_principal_type,
    )?;
    let key_id = at.required("keyId", key_id_json, read_key_id_type)?;
    let limit = at.optional("limit", limit_json, read_limit_type)?;
    let marker = at.optional("marker", marker_json, read_marker_type)?;
    let Some(key_id) = key_id else {
        return Ok(None);
    };
    Ok(Some(ListGrantsRequest {
        grant_id,
        grantee_principal,
        grantee_service_principal,
        key_id,
        limit,
        marker,
    }))
}

fn read_list_key_policies_request(
    json: Json<'_>,
    place: Place<'_>,
    violations: &mut Violations,
) -> Result<Option<ListKeyPoliciesRequest>, Fault> {
    let [key_id_json, limit_json, marker_json] = members(json, &["KeyId", "Limit", "Marker"])?;
    let mut at = Structure { place, violations };
    let key_id = at.required("keyId", key_id_json, read_key_id_type)?;
    let limit = at.optional("limit", limit_json, read_limit_type)?;
    let marker = at.optional("marker", marker_json, read_marker_type)?;
    let Some(key_id) = key_id else {
        return Ok(None);
    };
    Ok(Some(ListKeyPoliciesRequest {
        key_id,
        limit,
        marker,
    }))
}

fn read_list_key_rotations_request(
    json: Json<'_>,
    place: Place<'_>,
    violations: &mut Violations,
) -> Result<Option<ListKeyRotationsRequest>, Fault> {
    let [
        include_key_material_json,
        key_id_json,
        limit_json,
        marker_json,
    ] = members(json, &["IncludeKeyMaterial", "KeyId", "Limit", "Marker"])?;
    let mut at = Structure { place, violations };
    let include_key_material = at.optional(
        "includeKeyMaterial",
        include_key_material_json,
        read_include_key_material,
    )?;
    let key_id = at.required("keyId", key_id_json, read_key_id_type)?;
    let limit = at.optional("limit", limit_json, read_limit_type)?;
    let marker = at.optional("marker", marker_json, read_marker_type)?;
    let Some(key_id) = key_id else {
        return Ok(None);
    };
    Ok(Some(ListKeyRotationsRequest {
        include_key_material,
        key_id,
        limit,
        marker,
    }))
}

fn read_list_keys_request(
    json: Json<'_>,
    place: Place<'_>,
    violations: &mut Violations,
) -> Result<Option<ListKeysRequest>, Fault> {
    let [limit_json, marker_json, resource_owners_json] =
        members(json, &["Limit", "Marker", "ResourceOwners"])?;
    let mut at = Structure { place, violations };
    let limit = at.optional("limit", limit_json, read_limit_type)?;
    let marker = at.optional("marker", marker_json, read_marker_type)?;
    let resource_owners = at.optional(
        "resourceOwners",
        resource_owners_json,
        read_resource_owners_list,
    )?;
    Ok(Some(ListKeysRequest {
        limit,
        marker,
        resource_owners,
    }))
}

fn read_list_resource_tags_request(
    json: Json<'_>,
    place: Place<'_>,
    violations: &mut Violations,
) -> Result<Option<ListResourceTagsRequest>, Fault> {
    let [key_id_json, limit_json, marker_json] = members(json, &["KeyId", "Limit", "Marker"])?;
    let mut at = Structure { place, violations };
    let key_id = at.required("keyId", key_id_json, read_key_id_type)?;
    let limit = at.optional("limit", limit_json, read_limit_type)?;
    let marker = at.optional("marker", marker_json, read_marker_type)?;
    let Some(key_id) = key_id else {
        return Ok(None);
    };
    Ok(Some(ListResourceTagsRequest {
        key_id,
        limit,
        marker,
    }))
}

fn read_list_retirable_grants_request(
    json: Json<'_>,
    place: Place<'_>,
    violations: &mut Violations,
) -> Result<Option<ListRetirableGrantsRequest>, Fault> {
    let [
        limit_json,
        marker_json,
        retiring_principal_json,
        retiring_service_principal_json,
    ] = members(
        json,
        &[
            "Limit",
            "Marker",
            "RetiringPrincipal",
            "RetiringServicePrincipal",
        ],
    )?;
    let mut at = Structure { place, violations };
    let limit = at.optional("limit", limit_json, read_limit_type)?;
    let marker = at.optional("marker", marker_json, read_marker_type)?;
    let retiring_principal = at.optional(
        "retiringPrincipal",
        retiring_principal_json,
        read_principal_id_type,
    )?;
    let retiring_service_principal = at.optional(
        "retiringServicePrincipal",
        retiring_service_principal_json,
        read_service_principal_type,
    )?;
    Ok(Some(ListRetirableGrantsRequest {
        limit,
        marker,
        retiring_principal,
        retiring_service_principal,
    }))
}

fn read_put_key_policy_request(
    json: Json<'_>,
    place: Place<'_>,
    violations: &mut Violations,
) -> Result<Option<PutKeyPolicyRequest>, Fault> {
    let [
        bypass_policy_lockout_safety_check_json,
        key_id_json,
        policy_json,
        policy_name_json,
    ] = members(
        json,
        &[
            "BypassPolicyLockoutSafetyCheck",
            "KeyId",
            "Policy",
            "PolicyName",
        ],
    )?;
    let mut at = Structure { place, violations };
    let bypass_policy_lockout_safety_check = at.optional(
        "bypassPolicyLockoutSafetyCheck",
        bypass_policy_lockout_safety_check_json,
        boolean,
    )?;
    let key_id = at.required("keyId", key_id_json, read_key_id_type)?;
    let policy = at.required("policy", policy_json, read_policy_type)?;
    let policy_name = at.optional("policyName", policy_name_json, read_policy_name_type)?;
    let (Some(key_id), Some(policy)) = (key_id, policy) else {
        return Ok(None);
    };
    Ok(Some(PutKeyPolicyRequest {
        bypass_policy_lockout_safety_check,
        key_id,
        policy,
        policy_name,
    }))
}

fn read_re_encrypt_request(
    json: Json<'_>,
    place: Place<'_>,
    violations: &mut Violations,
) -> Result<Option<ReEncryptRequest>, Fault> {
    let [
        ciphertext_blob_json,
        destination_encryption_algorithm_json,
        destination_encryption_context_json,
        destination_key_id_json,
        dry_run_json,
        dry_run_modifiers_json,
        grant_tokens_json,
        source_encryption_algorithm_json,
        source_encryption_context_json,
        source_key_id_json,
    ] = members(
        json,
        &[
            "CiphertextBlob",
            "DestinationEncryptionAlgorithm",
            "DestinationEncryptionContext",
            "DestinationKeyId",
            "DryRun",
            "DryRunModifiers",
            "GrantTokens",
            "SourceEncryptionAlgorithm",
            "SourceEncryptionContext",
            "SourceKeyId",
        ],
    )?;
    let mut at = Structure { place, violations };
    let ciphertext_blob = if ciphertext_is_ignored(dry_run_json, dry_run_modifiers_json) {
        at.optional("ciphertextBlob", ciphertext_blob_json, read_ciphertext_type)?
    } else {
        at.required("ciphertextBlob", ciphertext_blob_json, read_ciphertext_type)?
    };
    let destination_encryption_algorithm = at.optional(
        "destinationEncryptionAlgorithm",
        destination_encryption_algorithm_json,
        read_encryption_algorithm_spec,
    )?;
    let destination_encryption_context = at.optional(
        "destinationEncryptionContext",
        destination_encryption_context_json,
        context,
    )?;
    let destination_key_id = at.required(
        "destinationKeyId",
        destination_key_id_json,
        read_key_id_type,
    )?;
    let dry_run = at.optional("dryRun", dry_run_json, boolean)?;
    let dry_run_modifiers = at.optional(
        "dryRunModifiers",
        dry_run_modifiers_json,
        read_dry_run_modifier_list,
    )?;
    let grant_tokens = at.optional("grantTokens", grant_tokens_json, read_grant_token_list)?;
    let source_encryption_algorithm = at.optional(
        "sourceEncryptionAlgorithm",
        source_encryption_algorithm_json,
        read_encryption_algorithm_spec,
    )?;
    let source_encryption_context = at.optional(
        "sourceEncryptionContext",
        source_encryption_context_json,
        context,
    )?;
    let source_key_id = at.optional("sourceKeyId", source_key_id_json, read_key_id_type)?;
    let Some(destination_key_id) = destination_key_id else {
        return Ok(None);
    };
    Ok(Some(ReEncryptRequest {
        ciphertext_blob,
        destination_encryption_algorithm,
        destination_encryption_context,
        destination_key_id,
        dry_run,
        dry_run_modifiers,
        grant_tokens,
        source_encryption_algorithm,
        source_encryption_context,
        source_key_id,
    }))
}

fn read_recipient_info(
    json: Json<'_>,
    place: Place<'_>,
    violations: &mut Violations,
) -> Result<Option<RecipientInfo>, Fault> {
    let [attestation_document_json, key_encryption_algorithm_json] =
        members(json, &["AttestationDocument", "KeyEncryptionAlgorithm"])?;
    let mut at = Structure { place, violations };
    let attestation_document = at.optional(
        "attestationDocument",
        attestation_document_json,
        read_attestation_document_type,
    )?;
    let key_encryption_algorithm = at.optional(
        "keyEncryptionAlgorithm",
        key_encryption_algorithm_json,
        read_key_encryption_mechanism,
    )?;
    Ok(Some(RecipientInfo {
        attestation_document,
        key_encryption_algorithm,
    }))
}

fn read_replicate_key_request(
    json: Json<'_>,
    place: Place<'_>,
    violations: &mut Violations,
) -> Result<Option<ReplicateKeyRequest>, Fault> {
    let [
        bypass_policy_lockout_safety_check_json,
        description_json,
        key_id_json,
        policy_json,
        replica_region_json,
        tags_json,
    ] = members(
        json,
        &[
            "BypassPolicyLockoutSafetyCheck",
            "Description",
            "KeyId",
            "Policy",
            "ReplicaRegion",
            "Tags",
        ],
    )?;
    let mut at = Structure { place, violations };
    let bypass_policy_lockout_safety_check = at.optional(
        "bypassPolicyLockoutSafetyCheck",
        bypass_policy_lockout_safety_check_json,
        boolean,
    )?;
    let description = at.optional("description", description_json, read_description_type)?;
    let key_id = at.required("keyId", key_id_json, read_key_id_type)?;
    let policy = at.optional("policy", policy_json, read_policy_type)?;
    let replica_region = at.required("replicaRegion", replica_region_json, read_region_type)?;
    let tags = at.optional("tags", tags_json, read_tag_list)?;
    let (Some(key_id), Some(replica_region)) = (key_id, replica_region) else {
        return Ok(None);
    };
    Ok(Some(ReplicateKeyRequest {
        bypass_policy_lockout_safety_check,
        description,
        key_id,
        policy,
        replica_region,
        tags,
    }))
}

fn read_retire_grant_request(
    json: Json<'_>,
    place: Place<'_>,
    violations: &mut Violations,
) -> Result<Option<RetireGrantRequest>, Fault> {
    let [dry_run_json, grant_id_json, grant_token_json, key_id_json] =
        members(json, &["DryRun", "GrantId", "GrantToken", "KeyId"])?;
    let mut at = Structure { place, violations };
    let dry_run = at.optional("dryRun", dry_run_json, boolean)?;
    let grant_id = at.optional("grantId", grant_id_json, read_grant_id_type)?;
    let grant_token = at.optional("grantToken", grant_token_json, read_grant_token_type)?;
    let key_id = at.optional("keyId", key_id_json, read_key_id_type)?;
    Ok(Some(RetireGrantRequest {
        dry_run,
        grant_id,
        grant_token,
        key_id,
    }))
}

fn read_revoke_grant_request(
    json: Json<'_>,
    place: Place<'_>,
    violations: &mut Violations,
) -> Result<Option<RevokeGrantRequest>, Fault> {
    let [dry_run_json, grant_id_json, key_id_json] =
        members(json, &["DryRun", "GrantId", "KeyId"])?;
    let mut at = Structure { place, violations };
    let dry_run = at.optional("dryRun", dry_run_json, boolean)?;
    let grant_id = at.required("grantId", grant_id_json, read_grant_id_type)?;
    let key_id = at.required("keyId", key_id_json, read_key_id_type)?;
    let (Some(grant_id), Some(key_id)) = (grant_id, key_id) else {
        return Ok(None);
    };
    Ok(Some(RevokeGrantRequest {
        dry_run,
        grant_id,
        key_id,
    }))
}

fn read_rotate_key_on_demand_request(
    json: Json<'_>,
    place: Place<'_>,
    violations: &mut Violations,
) -> Result<Option<RotateKeyOnDemandRequest>, Fault> {
    let [key_id_json] = members(json, &["KeyId"])?;
    let mut at = Structure { place, violations };
    let key_id = at.required("keyId", key_id_json, read_key_id_type)?;
    let Some(key_id) = key_id else {
        return Ok(None);
    };
    Ok(Some(RotateKeyOnDemandRequest { key_id }))
}

fn read_schedule_key_deletion_request(
    json: Json<'_>,
    place: Place<'_>,
    violations: &mut Violations,
) -> Result<Option<ScheduleKeyDeletionRequest>, Fault> {
    let [key_id_json, pending_window_in_days_json] =
        members(json, &["KeyId", "PendingWindowInDays"])?;
    let mut at = Structure { place, violations };
    let key_id = at.required("keyId", key_id_json, read_key_id_type)?;
    let pending_window_in_days = at.optional(
        "pendingWindowInDays",
        pending_window_in_days_json,
        read_pending_window_in_days_type,
    )?;
    let Some(key_id) = key_id else {
        return Ok(None);
    };
    Ok(Some(ScheduleKeyDeletionRequest {
        key_id,
        pending_window_in_days,
    }))
}

fn read_sign_request(
    json: Json<'_>,
    place: Place<'_>,
    violations: &mut Violations,
) -> Result<Option<SignRequest>, Fault> {
    let [
        dry_run_json,
        grant_tokens_json,
        key_id_json,
        message_json,
        message_type_json,
        signing_algorithm_json,
    ] = members(
        json,
        &[
            "DryRun",
            "GrantTokens",
            "KeyId",
            "Message",
            "MessageType",
            "SigningAlgorithm",
        ],
    )?;
    let mut at = Structure { place, violations };
    let dry_run = at.optional("dryRun", dry_run_json, boolean)?;
    let grant_tokens = at.optional("grantTokens", grant_tokens_json, read_grant_token_list)?;
    let key_id = at.required("keyId", key_id_json, read_key_id_type)?;
    let message = at.required_sensitive("message", message_json, read_plaintext_type)?;
    let message_type = at.optional("messageType", message_type_json, read_message_type)?;
    let signing_algorithm = at.required(
        "signingAlgorithm",
        signing_algorithm_json,
        read_signing_algorithm_spec,
    )?;
    let (Some(key_id), Some(message), Some(signing_algorithm)) =
        (key_id, message, signing_algorithm)
    else {
        return Ok(None);
    };
    Ok(Some(SignRequest {
        dry_run,
        grant_tokens,
        key_id,
        message,
        message_type,
        signing_algorithm,
    }))
}

fn read_tag(
    json: Json<'_>,
    place: Place<'_>,
    violations: &mut Violations,
) -> Result<Option<Tag>, Fault> {
    let [tag_key_json, tag_value_json] = members(json, &["TagKey", "TagValue"])?;
    let mut at = Structure { place, violations };
    let tag_key = at.required("tagKey", tag_key_json, read_tag_key_type)?;
    let tag_value = at.required("tagValue", tag_value_json, read_tag_value_type)?;
    let (Some(tag_key), Some(tag_value)) = (tag_key, tag_value) else {
        return Ok(None);
    };
    Ok(Some(Tag { tag_key, tag_value }))
}

fn read_tag_resource_request(
    json: Json<'_>,
    place: Place<'_>,
    violations: &mut Violations,
) -> Result<Option<TagResourceRequest>, Fault> {
    let [key_id_json, tags_json] = members(json, &["KeyId", "Tags"])?;
    let mut at = Structure { place, violations };
    let key_id = at.required("keyId", key_id_json, read_key_id_type)?;
    let tags = at.required("tags", tags_json, read_tag_list)?;
    let (Some(key_id), Some(tags)) = (key_id, tags) else {
        return Ok(None);
    };
    Ok(Some(TagResourceRequest { key_id, tags }))
}

fn read_untag_resource_request(
    json: Json<'_>,
    place: Place<'_>,
    violations: &mut Violations,
) -> Result<Option<UntagResourceRequest>, Fault> {
    let [key_id_json, tag_keys_json] = members(json, &["KeyId", "TagKeys"])?;
    let mut at = Structure { place, violations };
    let key_id = at.required("keyId", key_id_json, read_key_id_type)?;
    let tag_keys = at.required("tagKeys", tag_keys_json, read_tag_key_list)?;
    let (Some(key_id), Some(tag_keys)) = (key_id, tag_keys) else {
        return Ok(None);
    };
    Ok(Some(UntagResourceRequest { key_id, tag_keys }))
}

fn read_update_alias_request(
    json: Json<'_>,
    place: Place<'_>,
    violations: &mut Violations,
) -> Result<Option<UpdateAliasRequest>, Fault> {
    let [alias_name_json, target_key_id_json] = members(json, &["AliasName", "TargetKeyId"])?;
    let mut at = Structure { place, violations };
    let alias_name = at.required("aliasName", alias_name_json, read_alias_name_type)?;
    let target_key_id = at.required("targetKeyId", target_key_id_json, read_key_id_type)?;
    let (Some(alias_name), Some(target_key_id)) = (alias_name, target_key_id) else {
        return Ok(None);
    };
    Ok(Some(UpdateAliasRequest {
        alias_name,
        target_key_id,
    }))
}

fn read_update_custom_key_store_request(
    json: Json<'_>,
    place: Place<'_>,
    violations: &mut Violations,
) -> Result<Option<UpdateCustomKeyStoreRequest>, Fault> {
    let [
        cloud_hsm_cluster_id_json,
        custom_key_store_id_json,
        key_store_password_json,
        new_custom_key_store_name_json,
        xks_proxy_authentication_credential_json,
        xks_proxy_connectivity_json,
        xks_proxy_uri_endpoint_json,
        xks_proxy_uri_path_json,
        xks_proxy_vpc_endpoint_service_name_json,
        xks_proxy_vpc_endpoint_service_owner_json,
    ] = members(
        json,
        &[
            "CloudHsmClusterId",
            "CustomKeyStoreId",
            "KeyStorePassword",
            "NewCustomKeyStoreName",
            "XksProxyAuthenticationCredential",
            "XksProxyConnectivity",
            "XksProxyUriEndpoint",
            "XksProxyUriPath",
            "XksProxyVpcEndpointServiceName",
            "XksProxyVpcEndpointServiceOwner",
        ],
    )?;
    let mut at = Structure { place, violations };
    let cloud_hsm_cluster_id = at.optional(
        "cloudHsmClusterId",
        cloud_hsm_cluster_id_json,
        read_cloud_hsm_cluster_id_type,
    )?;
    let custom_key_store_id = at.required(
        "customKeyStoreId",
        custom_key_store_id_json,
        read_custom_key_store_id_type,
    )?;
    let key_store_password = at.optional(
        "keyStorePassword",
        key_store_password_json,
        read_key_store_password_type,
    )?;
    let new_custom_key_store_name = at.optional(
        "newCustomKeyStoreName",
        new_custom_key_store_name_json,
        read_custom_key_store_name_type,
    )?;
    let xks_proxy_authentication_credential = at.optional(
        "xksProxyAuthenticationCredential",
        xks_proxy_authentication_credential_json,
        read_xks_proxy_authentication_credential_type,
    )?;
    let xks_proxy_connectivity = at.optional(
        "xksProxyConnectivity",
        xks_proxy_connectivity_json,
        read_xks_proxy_connectivity_type,
    )?;
    let xks_proxy_uri_endpoint = at.optional(
        "xksProxyUriEndpoint",
        xks_proxy_uri_endpoint_json,
        read_xks_proxy_uri_endpoint_type,
    )?;
    let xks_proxy_uri_path = at.optional(
        "xksProxyUriPath",
        xks_proxy_uri_path_json,
        read_xks_proxy_uri_path_type,
    )?;
    let xks_proxy_vpc_endpoint_service_name = at.optional(
        "xksProxyVpcEndpointServiceName",
        xks_proxy_vpc_endpoint_service_name_json,
        read_xks_proxy_vpc_endpoint_service_name_type,
    )?;
    let xks_proxy_vpc_endpoint_service_owner = at.optional(
        "xksProxyVpcEndpointServiceOwner",
        xks_proxy_vpc_endpoint_service_owner_json,
        read_account_id_type,
    )?;
    let Some(custom_key_store_id) = custom_key_store_id else {
        return Ok(None);
    };
    Ok(Some(UpdateCustomKeyStoreRequest {
        cloud_hsm_cluster_id,
        custom_key_store_id,
        key_store_password,
        new_custom_key_store_name,
        xks_proxy_authentication_credential,
        xks_proxy_connectivity,
        xks_proxy_uri_endpoint,
        xks_proxy_uri_path,
        xks_proxy_vpc_endpoint_service_name,
        xks_proxy_vpc_endpoint_service_owner,
    }))
}

fn read_update_key_description_request(
    json: Json<'_>,
    place: Place<'_>,
    violations: &mut Violations,
) -> Result<Option<UpdateKeyDescriptionRequest>, Fault> {
    let [description_json, key_id_json] = members(json, &["Description", "KeyId"])?;
    let mut at = Structure { place, violations };
    let description = at.required("description", description_json, read_description_type)?;
    let key_id = at.required("keyId", key_id_json, read_key_id_type)?;
    let (Some(description), Some(key_id)) = (description, key_id) else {
        return Ok(None);
    };
    Ok(Some(UpdateKeyDescriptionRequest {
        description,
        key_id,
    }))
}

fn read_update_primary_region_request(
    json: Json<'_>,
    place: Place<'_>,
    violations: &mut Violations,
) -> Result<Option<UpdatePrimaryRegionRequest>, Fault> {
    let [key_id_json, primary_region_json] = members(json, &["KeyId", "PrimaryRegion"])?;
    let mut at = Structure { place, violations };
    let key_id = at.required("keyId", key_id_json, read_key_id_type)?;
    let primary_region = at.required("primaryRegion", primary_region_json, read_region_type)?;
    let (Some(key_id), Some(primary_region)) = (key_id, primary_region) else {
        return Ok(None);
    };
    Ok(Some(UpdatePrimaryRegionRequest {
        key_id,
        primary_region,
    }))
}

fn read_verify_mac_request(
    json: Json<'_>,
    place: Place<'_>,
    violations: &mut Violations,
) -> Result<Option<VerifyMacRequest>, Fault> {
    let [
        dry_run_json,
        grant_tokens_json,
        key_id_json,
        mac_json,
        mac_algorithm_json,
        message_json,
    ] = members(
        json,
        &[
            "DryRun",
            "GrantTokens",
            "KeyId",
            "Mac",
            "MacAlgorithm",
            "Message",
        ],
    )?;
    let mut at = Structure { place, violations };
    let dry_run = at.optional("dryRun", dry_run_json, boolean)?;
    let grant_tokens = at.optional("grantTokens", grant_tokens_json, read_grant_token_list)?;
    let key_id = at.required("keyId", key_id_json, read_key_id_type)?;
    let mac = at.required("mac", mac_json, read_ciphertext_type_as_secret)?;
    let mac_algorithm = at.required("macAlgorithm", mac_algorithm_json, read_mac_algorithm_spec)?;
    let message = at.required_sensitive("message", message_json, read_plaintext_type)?;
    let (Some(key_id), Some(mac), Some(mac_algorithm), Some(message)) =
        (key_id, mac, mac_algorithm, message)
    else {
        return Ok(None);
    };
    Ok(Some(VerifyMacRequest {
        dry_run,
        grant_tokens,
        key_id,
        mac,
        mac_algorithm,
        message,
    }))
}

fn read_verify_request(
    json: Json<'_>,
    place: Place<'_>,
    violations: &mut Violations,
) -> Result<Option<VerifyRequest>, Fault> {
    let [
        dry_run_json,
        grant_tokens_json,
        key_id_json,
        message_json,
        message_type_json,
        signature_json,
        signing_algorithm_json,
    ] = members(
        json,
        &[
            "DryRun",
            "GrantTokens",
            "KeyId",
            "Message",
            "MessageType",
            "Signature",
            "SigningAlgorithm",
        ],
    )?;
    let mut at = Structure { place, violations };
    let dry_run = at.optional("dryRun", dry_run_json, boolean)?;
    let grant_tokens = at.optional("grantTokens", grant_tokens_json, read_grant_token_list)?;
    let key_id = at.required("keyId", key_id_json, read_key_id_type)?;
    let message = at.required_sensitive("message", message_json, read_plaintext_type)?;
    let message_type = at.optional("messageType", message_type_json, read_message_type)?;
    let signature = at.required("signature", signature_json, read_ciphertext_type)?;
    let signing_algorithm = at.required(
        "signingAlgorithm",
        signing_algorithm_json,
        read_signing_algorithm_spec,
    )?;
    let (Some(key_id), Some(message), Some(signature), Some(signing_algorithm)) =
        (key_id, message, signature, signing_algorithm)
    else {
        return Ok(None);
    };
    Ok(Some(VerifyRequest {
        dry_run,
        grant_tokens,
        key_id,
        message,
        message_type,
        signature,
        signing_algorithm,
    }))
}

fn read_xks_proxy_authentication_credential_type(
    json: Json<'_>,
    place: Place<'_>,
    violations: &mut Violations,
) -> Result<Option<XksProxyAuthenticationCredentialType>, Fault> {
    let [access_key_id_json, raw_secret_access_key_json] =
        members(json, &["AccessKeyId", "RawSecretAccessKey"])?;
    let mut at = Structure { place, violations };
    let access_key_id = at.required_sensitive(
        "accessKeyId",
        access_key_id_json,
        read_xks_proxy_authentication_access_key_id_type,
    )?;
    let raw_secret_access_key = at.required_sensitive(
        "rawSecretAccessKey",
        raw_secret_access_key_json,
        read_xks_proxy_authentication_raw_secret_access_key_type,
    )?;
    let (Some(access_key_id), Some(raw_secret_access_key)) = (access_key_id, raw_secret_access_key)
    else {
        return Ok(None);
    };
    Ok(Some(XksProxyAuthenticationCredentialType {
        access_key_id,
        raw_secret_access_key,
    }))
}

fn read_account_id_type(
    value: Json<'_>,
    place: Place<'_>,
    violations: &mut Violations,
) -> Result<Option<String>, Fault> {
    text(value, &ACCOUNT_ID_TYPE, place, violations)
}

fn read_algorithm_spec(
    value: Json<'_>,
    place: Place<'_>,
    violations: &mut Violations,
) -> Result<Option<AlgorithmSpec>, Fault> {
    enumeration(
        value,
        AlgorithmSpec::parse,
        ALGORITHM_SPEC_SET,
        place,
        violations,
    )
}

fn read_alias_name_type(
    value: Json<'_>,
    place: Place<'_>,
    violations: &mut Violations,
) -> Result<Option<String>, Fault> {
    text(value, &ALIAS_NAME_TYPE, place, violations)
}

fn read_attestation_document_type(
    value: Json<'_>,
    place: Place<'_>,
    violations: &mut Violations,
) -> Result<Option<Vec<u8>>, Fault> {
    blob(
        value,
        &Length {
            min: 1,
            max: 262144,
        },
        place,
        violations,
    )
}

fn read_backing_key_id_type(
    value: Json<'_>,
    place: Place<'_>,
    violations: &mut Violations,
) -> Result<Option<String>, Fault> {
    text(value, &BACKING_KEY_ID_TYPE, place, violations)
}

fn read_ciphertext_type(
    value: Json<'_>,
    place: Place<'_>,
    violations: &mut Violations,
) -> Result<Option<Vec<u8>>, Fault> {
    blob(value, &Length { min: 1, max: 6144 }, place, violations)
}

fn read_ciphertext_type_as_secret(
    value: Json<'_>,
    place: Place<'_>,
    violations: &mut Violations,
) -> Result<Option<Plaintext>, Fault> {
    secret_blob(value, &Length { min: 1, max: 6144 }, place, violations)
}

fn read_cloud_hsm_cluster_id_type(
    value: Json<'_>,
    place: Place<'_>,
    violations: &mut Violations,
) -> Result<Option<String>, Fault> {
    text(value, &CLOUD_HSM_CLUSTER_ID_TYPE, place, violations)
}

fn read_custom_key_store_id_type(
    value: Json<'_>,
    place: Place<'_>,
    violations: &mut Violations,
) -> Result<Option<String>, Fault> {
    text(value, &CUSTOM_KEY_STORE_ID_TYPE, place, violations)
}

fn read_custom_key_store_name_type(
    value: Json<'_>,
    place: Place<'_>,
    violations: &mut Violations,
) -> Result<Option<String>, Fault> {
    text(value, &CUSTOM_KEY_STORE_NAME_TYPE, place, violations)
}

fn read_custom_key_store_type(
    value: Json<'_>,
    place: Place<'_>,
    violations: &mut Violations,
) -> Result<Option<CustomKeyStoreType>, Fault> {
    enumeration(
        value,
        CustomKeyStoreType::parse,
        CUSTOM_KEY_STORE_TYPE_SET,
        place,
        violations,
    )
}

fn read_customer_master_key_spec(
    value: Json<'_>,
    place: Place<'_>,
    violations: &mut Violations,
) -> Result<Option<CustomerMasterKeySpec>, Fault> {
    enumeration(
        value,
        CustomerMasterKeySpec::parse,
        CUSTOMER_MASTER_KEY_SPEC_SET,
        place,
        violations,
    )
}

fn read_data_key_pair_spec(
    value: Json<'_>,
    place: Place<'_>,
    violations: &mut Violations,
) -> Result<Option<DataKeyPairSpec>, Fault> {
    enumeration(
        value,
        DataKeyPairSpec::parse,
        DATA_KEY_PAIR_SPEC_SET,
        place,
        violations,
    )
}

fn read_data_key_spec_as_key_spec(
    value: Json<'_>,
    place: Place<'_>,
    violations: &mut Violations,
) -> Result<Option<DataKeySpec>, Fault> {
    enumeration(value, DataKeySpec::parse, KEY_SPEC_SET, place, violations)
}

fn read_description_type(
    value: Json<'_>,
    place: Place<'_>,
    violations: &mut Violations,
) -> Result<Option<String>, Fault> {
    text(value, &DESCRIPTION_TYPE, place, violations)
}

fn read_dry_run_modifier_list(
    value: Json<'_>,
    place: Place<'_>,
    violations: &mut Violations,
) -> Result<Option<Vec<DryRunModifierType>>, Fault> {
    enumerations(
        value,
        &Length::ANY,
        DryRunModifierType::parse,
        DRY_RUN_MODIFIER_TYPE_SET,
        place,
        violations,
    )
}

fn read_encapsulation_algorithm_spec(
    value: Json<'_>,
    place: Place<'_>,
    violations: &mut Violations,
) -> Result<Option<EncapsulationAlgorithmSpec>, Fault> {
    enumeration(
        value,
        EncapsulationAlgorithmSpec::parse,
        ENCAPSULATION_ALGORITHM_SPEC_SET,
        place,
        violations,
    )
}

fn read_encryption_algorithm_spec(
    value: Json<'_>,
    place: Place<'_>,
    violations: &mut Violations,
) -> Result<Option<EncryptionAlgorithmSpec>, Fault> {
    enumeration(
        value,
        EncryptionAlgorithmSpec::parse,
        ENCRYPTION_ALGORITHM_SPEC_SET,
        place,
        violations,
    )
}

fn read_expiration_model_type(
    value: Json<'_>,
    place: Place<'_>,
    violations: &mut Violations,
) -> Result<Option<ExpirationModelType>, Fault> {
    enumeration(
        value,
        ExpirationModelType::parse,
        EXPIRATION_MODEL_TYPE_SET,
        place,
        violations,
    )
}

fn read_grant_constraint_source_arn_type(
    value: Json<'_>,
    place: Place<'_>,
    violations: &mut Violations,
) -> Result<Option<String>, Fault> {
    text(value, &GRANT_CONSTRAINT_SOURCE_ARN_TYPE, place, violations)
}

fn read_grant_id_type(
    value: Json<'_>,
    place: Place<'_>,
    violations: &mut Violations,
) -> Result<Option<String>, Fault> {
    text(value, &GRANT_ID_TYPE, place, violations)
}

fn read_grant_name_type(
    value: Json<'_>,
    place: Place<'_>,
    violations: &mut Violations,
) -> Result<Option<String>, Fault> {
    text(value, &GRANT_NAME_TYPE, place, violations)
}

fn read_grant_operation_list(
    value: Json<'_>,
    place: Place<'_>,
    violations: &mut Violations,
) -> Result<Option<Vec<GrantOperation>>, Fault> {
    enumerations(
        value,
        &Length::ANY,
        GrantOperation::parse,
        GRANT_OPERATION_SET,
        place,
        violations,
    )
}

fn read_grant_token_list(
    value: Json<'_>,
    place: Place<'_>,
    violations: &mut Violations,
) -> Result<Option<Vec<GrantToken>>, Fault> {
    secret_texts(
        value,
        &Length { min: 0, max: 10 },
        &GRANT_TOKEN_TYPE,
        GrantToken::new,
        place,
        violations,
    )
}

fn read_grant_token_type(
    value: Json<'_>,
    place: Place<'_>,
    violations: &mut Violations,
) -> Result<Option<GrantToken>, Fault> {
    secret_text(value, &GRANT_TOKEN_TYPE, GrantToken::new, place, violations)
}

fn read_import_type(
    value: Json<'_>,
    place: Place<'_>,
    violations: &mut Violations,
) -> Result<Option<ImportType>, Fault> {
    enumeration(value, ImportType::parse, IMPORT_TYPE_SET, place, violations)
}

fn read_include_key_material(
    value: Json<'_>,
    place: Place<'_>,
    violations: &mut Violations,
) -> Result<Option<IncludeKeyMaterial>, Fault> {
    enumeration(
        value,
        IncludeKeyMaterial::parse,
        INCLUDE_KEY_MATERIAL_SET,
        place,
        violations,
    )
}

fn read_key_agreement_algorithm_spec(
    value: Json<'_>,
    place: Place<'_>,
    violations: &mut Violations,
) -> Result<Option<KeyAgreementAlgorithmSpec>, Fault> {
    enumeration(
        value,
        KeyAgreementAlgorithmSpec::parse,
        KEY_AGREEMENT_ALGORITHM_SPEC_SET,
        place,
        violations,
    )
}

fn read_key_encryption_mechanism(
    value: Json<'_>,
    place: Place<'_>,
    violations: &mut Violations,
) -> Result<Option<KeyEncryptionMechanism>, Fault> {
    enumeration(
        value,
        KeyEncryptionMechanism::parse,
        KEY_ENCRYPTION_MECHANISM_SET,
        place,
        violations,
    )
}

fn read_key_id_type(
    value: Json<'_>,
    place: Place<'_>,
    violations: &mut Violations,
) -> Result<Option<String>, Fault> {
    text(value, &KEY_ID_TYPE, place, violations)
}

fn read_key_material_description_type(
    value: Json<'_>,
    place: Place<'_>,
    violations: &mut Violations,
) -> Result<Option<String>, Fault> {
    text(value, &KEY_MATERIAL_DESCRIPTION_TYPE, place, violations)
}

fn read_key_spec(
    value: Json<'_>,
    place: Place<'_>,
    violations: &mut Violations,
) -> Result<Option<KeySpec>, Fault> {
    enumeration(value, KeySpec::parse, KEY_SPEC_SET, place, violations)
}

fn read_key_store_password_type(
    value: Json<'_>,
    place: Place<'_>,
    violations: &mut Violations,
) -> Result<Option<KeyStorePassword>, Fault> {
    secret_text(
        value,
        &KEY_STORE_PASSWORD_TYPE,
        KeyStorePassword::new,
        place,
        violations,
    )
}

fn read_key_usage_type(
    value: Json<'_>,
    place: Place<'_>,
    violations: &mut Violations,
) -> Result<Option<KeyUsageType>, Fault> {
    enumeration(
        value,
        KeyUsageType::parse,
        KEY_USAGE_TYPE_SET,
        place,
        violations,
    )
}

fn read_limit_type(
    value: Json<'_>,
    place: Place<'_>,
    violations: &mut Violations,
) -> Result<Option<i32>, Fault> {
    integer(value, (1, 1000), place, violations)
}

fn read_mac_algorithm_spec(
    value: Json<'_>,
    place: Place<'_>,
    violations: &mut Violations,
) -> Result<Option<MacAlgorithmSpec>, Fault> {
    enumeration(
        value,
        MacAlgorithmSpec::parse,
        MAC_ALGORITHM_SPEC_SET,
        place,
        violations,
    )
}

fn read_marker_type(
    value: Json<'_>,
    place: Place<'_>,
    violations: &mut Violations,
) -> Result<Option<String>, Fault> {
    text(value, &MARKER_TYPE, place, violations)
}

fn read_message_type(
    value: Json<'_>,
    place: Place<'_>,
    violations: &mut Violations,
) -> Result<Option<MessageType>, Fault> {
    enumeration(
        value,
        MessageType::parse,
        MESSAGE_TYPE_SET,
        place,
        violations,
    )
}

fn read_number_of_bytes_type(
    value: Json<'_>,
    place: Place<'_>,
    violations: &mut Violations,
) -> Result<Option<i32>, Fault> {
    integer(value, (1, 1024), place, violations)
}

fn read_origin_type(
    value: Json<'_>,
    place: Place<'_>,
    violations: &mut Violations,
) -> Result<Option<OriginType>, Fault> {
    enumeration(value, OriginType::parse, ORIGIN_TYPE_SET, place, violations)
}

fn read_pending_window_in_days_type(
    value: Json<'_>,
    place: Place<'_>,
    violations: &mut Violations,
) -> Result<Option<i32>, Fault> {
    integer(value, (1, 365), place, violations)
}

fn read_plaintext_type(
    value: Json<'_>,
    place: Place<'_>,
    violations: &mut Violations,
) -> Result<Option<Plaintext>, Fault> {
    secret_blob(value, &Length { min: 1, max: 4096 }, place, violations)
}

fn read_policy_name_type(
    value: Json<'_>,
    place: Place<'_>,
    violations: &mut Violations,
) -> Result<Option<String>, Fault> {
    text(value, &POLICY_NAME_TYPE, place, violations)
}

fn read_policy_type(
    value: Json<'_>,
    place: Place<'_>,
    violations: &mut Violations,
) -> Result<Option<String>, Fault> {
    text(value, &POLICY_TYPE, place, violations)
}

fn read_principal_id_type(
    value: Json<'_>,
    place: Place<'_>,
    violations: &mut Violations,
) -> Result<Option<String>, Fault> {
    text(value, &PRINCIPAL_ID_TYPE, place, violations)
}

fn read_public_key_type(
    value: Json<'_>,
    place: Place<'_>,
    violations: &mut Violations,
) -> Result<Option<Vec<u8>>, Fault> {
    blob(value, &Length { min: 1, max: 8192 }, place, violations)
}

fn read_region_type(
    value: Json<'_>,
    place: Place<'_>,
    violations: &mut Violations,
) -> Result<Option<String>, Fault> {
    text(value, &REGION_TYPE, place, violations)
}

fn read_resource_owners_list(
    value: Json<'_>,
    place: Place<'_>,
    violations: &mut Violations,
) -> Result<Option<Vec<ResourceOwnerType>>, Fault> {
    enumerations(
        value,
        &Length { min: 1, max: 2 },
        ResourceOwnerType::parse,
        RESOURCE_OWNER_TYPE_SET,
        place,
        violations,
    )
}

fn read_rotation_period_in_days_type(
    value: Json<'_>,
    place: Place<'_>,
    violations: &mut Violations,
) -> Result<Option<i32>, Fault> {
    integer(value, (90, 2560), place, violations)
}

fn read_service_principal_type(
    value: Json<'_>,
    place: Place<'_>,
    violations: &mut Violations,
) -> Result<Option<String>, Fault> {
    text(value, &SERVICE_PRINCIPAL_TYPE, place, violations)
}

fn read_signing_algorithm_spec(
    value: Json<'_>,
    place: Place<'_>,
    violations: &mut Violations,
) -> Result<Option<SigningAlgorithmSpec>, Fault> {
    enumeration(
        value,
        SigningAlgorithmSpec::parse,
        SIGNING_ALGORITHM_SPEC_SET,
        place,
        violations,
    )
}

fn read_tag_key_list(
    value: Json<'_>,
    place: Place<'_>,
    violations: &mut Violations,
) -> Result<Option<Vec<String>>, Fault> {
    texts(value, &Length::ANY, &TAG_KEY_TYPE, place, violations)
}

fn read_tag_key_type(
    value: Json<'_>,
    place: Place<'_>,
    violations: &mut Violations,
) -> Result<Option<String>, Fault> {
    text(value, &TAG_KEY_TYPE, place, violations)
}

fn read_tag_list(
    value: Json<'_>,
    place: Place<'_>,
    violations: &mut Violations,
) -> Result<Option<Vec<Tag>>, Fault> {
    structures(value, &Length::ANY, place, violations, read_tag)
}

fn read_tag_value_type(
    value: Json<'_>,
    place: Place<'_>,
    violations: &mut Violations,
) -> Result<Option<String>, Fault> {
    text(value, &TAG_VALUE_TYPE, place, violations)
}

fn read_trust_anchor_certificate_type(
    value: Json<'_>,
    place: Place<'_>,
    violations: &mut Violations,
) -> Result<Option<String>, Fault> {
    text(value, &TRUST_ANCHOR_CERTIFICATE_TYPE, place, violations)
}

fn read_wrapping_key_spec(
    value: Json<'_>,
    place: Place<'_>,
    violations: &mut Violations,
) -> Result<Option<WrappingKeySpec>, Fault> {
    enumeration(
        value,
        WrappingKeySpec::parse,
        WRAPPING_KEY_SPEC_SET,
        place,
        violations,
    )
}

fn read_xks_key_id_type(
    value: Json<'_>,
    place: Place<'_>,
    violations: &mut Violations,
) -> Result<Option<String>, Fault> {
    text(value, &XKS_KEY_ID_TYPE, place, violations)
}

fn read_xks_proxy_authentication_access_key_id_type(
    value: Json<'_>,
    place: Place<'_>,
    violations: &mut Violations,
) -> Result<Option<SecretText>, Fault> {
    secret_text(
        value,
        &XKS_PROXY_AUTHENTICATION_ACCESS_KEY_ID_TYPE,
        SecretText::new,
        place,
        violations,
    )
}

fn read_xks_proxy_authentication_raw_secret_access_key_type(
    value: Json<'_>,
    place: Place<'_>,
    violations: &mut Violations,
) -> Result<Option<SecretText>, Fault> {
    secret_text(
        value,
        &XKS_PROXY_AUTHENTICATION_RAW_SECRET_ACCESS_KEY_TYPE,
        SecretText::new,
        place,
        violations,
    )
}

fn read_xks_proxy_connectivity_type(
    value: Json<'_>,
    place: Place<'_>,
    violations: &mut Violations,
) -> Result<Option<XksProxyConnectivityType>, Fault> {
    enumeration(
        value,
        XksProxyConnectivityType::parse,
        XKS_PROXY_CONNECTIVITY_TYPE_SET,
        place,
        violations,
    )
}

fn read_xks_proxy_uri_endpoint_type(
    value: Json<'_>,
    place: Place<'_>,
    violations: &mut Violations,
) -> Result<Option<String>, Fault> {
    text(value, &XKS_PROXY_URI_ENDPOINT_TYPE, place, violations)
}

fn read_xks_proxy_uri_path_type(
    value: Json<'_>,
    place: Place<'_>,
    violations: &mut Violations,
) -> Result<Option<String>, Fault> {
    text(value, &XKS_PROXY_URI_PATH_TYPE, place, violations)
}

fn read_xks_proxy_vpc_endpoint_service_name_type(
    value: Json<'_>,
    place: Place<'_>,
    violations: &mut Violations,
) -> Result<Option<String>, Fault> {
    text(
        value,
        &XKS_PROXY_VPC_ENDPOINT_SERVICE_NAME_TYPE,
        place,
        violations,
    )
}

const ACCOUNT_ID_TYPE: Text = Text {
    length: Length { min: 12, max: 12 },
    pattern: Some(&Pattern {
        text: "[0-9]{12}",
        places: &[
            &[('0', '9')],
            &[('0', '9')],
            &[('0', '9')],
            &[('0', '9')],
            &[('0', '9')],
            &[('0', '9')],
            &[('0', '9')],
            &[('0', '9')],
            &[('0', '9')],
            &[('0', '9')],
            &[('0', '9')],
            &[('0', '9')],
        ],
        follow: &[2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 0],
        first: 1,
        last: 2048,
        empty: false,
    }),
};

const ALGORITHM_SPEC_SET: &str = "[RSAES_PKCS1_V1_5, RSAES_OAEP_SHA_1, RSAES_OAEP_SHA_256, RSA_AES_KEY_WRAP_SHA_1, RSA_AES_KEY_WRAP_SHA_256, SM2PKE]";

const ALIAS_NAME_TYPE: Text = Text {
    length: Length { min: 1, max: 256 },
    pattern: Some(&Pattern {
        text: "^[a-zA-Z0-9:/_-]+$",
        places: &[&[
            ('a', 'z'),
            ('A', 'Z'),
            ('0', '9'),
            (':', ':'),
            ('/', '/'),
            ('_', '_'),
            ('-', '-'),
        ]],
        follow: &[1],
        first: 1,
        last: 1,
        empty: false,
    }),
};

const BACKING_KEY_ID_TYPE: Text = Text {
    length: Length { min: 64, max: 64 },
    pattern: Some(&Pattern {
        text: "^[a-f0-9]+$",
        places: &[&[('a', 'f'), ('0', '9')]],
        follow: &[1],
        first: 1,
        last: 1,
        empty: false,
    }),
};

const CLOUD_HSM_CLUSTER_ID_TYPE: Text = Text {
    length: Length { min: 19, max: 24 },
    pattern: Some(&Pattern {
        text: "cluster-[2-7a-zA-Z]{11,16}",
        places: &[
            &[('c', 'c')],
            &[('l', 'l')],
            &[('u', 'u')],
            &[('s', 's')],
            &[('t', 't')],
            &[('e', 'e')],
            &[('r', 'r')],
            &[('-', '-')],
            &[('2', '7'), ('a', 'z'), ('A', 'Z')],
            &[('2', '7'), ('a', 'z'), ('A', 'Z')],
            &[('2', '7'), ('a', 'z'), ('A', 'Z')],
            &[('2', '7'), ('a', 'z'), ('A', 'Z')],
            &[('2', '7'), ('a', 'z'), ('A', 'Z')],
            &[('2', '7'), ('a', 'z'), ('A', 'Z')],
            &[('2', '7'), ('a', 'z'), ('A', 'Z')],
            &[('2', '7'), ('a', 'z'), ('A', 'Z')],
            &[('2', '7'), ('a', 'z'), ('A', 'Z')],
            &[('2', '7'), ('a', 'z'), ('A', 'Z')],
            &[('2', '7'), ('a', 'z'), ('A', 'Z')],
            &[('2', '7'), ('a', 'z'), ('A', 'Z')],
            &[('2', '7'), ('a', 'z'), ('A', 'Z')],
            &[('2', '7'), ('a', 'z'), ('A', 'Z')],
            &[('2', '7'), ('a', 'z'), ('A', 'Z')],
            &[('2', '7'), ('a', 'z'), ('A', 'Z')],
        ],
        follow: &[
            2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384, 32768, 65536,
            131072, 262144, 16252928, 15728640, 14680064, 12582912, 8388608, 0,
        ],
        first: 1,
        last: 16515072,
        empty: false,
    }),
};

const CUSTOMER_MASTER_KEY_SPEC_SET: &str = "[RSA_2048, RSA_3072, RSA_4096, ECC_NIST_P256, ECC_NIST_P384, ECC_NIST_P521, ECC_SECG_P256K1, SYMMETRIC_DEFAULT, HMAC_224, HMAC_256, HMAC_384, HMAC_512, SM2]";

const CUSTOM_KEY_STORE_ID_TYPE: Text = Text {
    length: Length { min: 1, max: 64 },
    pattern: None,
};

const CUSTOM_KEY_STORE_NAME_TYPE: Text = Text {
    length: Length { min: 1, max: 256 },
    pattern: None,
};

const CUSTOM_KEY_STORE_TYPE_SET: &str = "[AWS_CLOUDHSM, EXTERNAL_KEY_STORE]";

const DATA_KEY_PAIR_SPEC_SET: &str = "[RSA_2048, RSA_3072, RSA_4096, ECC_NIST_P256, ECC_NIST_P384, ECC_NIST_P521, ECC_SECG_P256K1, SM2, ECC_NIST_EDWARDS25519, ML_KEM_512, ML_KEM_768, ML_KEM_1024]";

const DESCRIPTION_TYPE: Text = Text {
    length: Length { min: 0, max: 8192 },
    pattern: None,
};

const DRY_RUN_MODIFIER_TYPE_SET: &str = "[IGNORE_CIPHERTEXT]";

const ENCAPSULATION_ALGORITHM_SPEC_SET: &str = "[ML_KEM]";

const ENCRYPTION_ALGORITHM_SPEC_SET: &str =
    "[RSAES_OAEP_SHA_1, RSAES_OAEP_SHA_256, SM2PKE, SYMMETRIC_DEFAULT]";

const EXPIRATION_MODEL_TYPE_SET: &str = "[KEY_MATERIAL_EXPIRES, KEY_MATERIAL_DOES_NOT_EXPIRE]";

const GRANT_CONSTRAINT_SOURCE_ARN_TYPE: Text = Text {
    length: Length { min: 20, max: 512 },
    pattern: Some(&Pattern {
        text: "^arn:aws[a-z0-9-]*:[a-z0-9-]+:[a-z0-9-]*:[0-9]{12}:.+$",
        places: &[
            &[('a', 'a')],
            &[('r', 'r')],
            &[('n', 'n')],
            &[(':', ':')],
            &[('a', 'a')],
            &[('w', 'w')],
            &[('s', 's')],
            &[('a', 'z'), ('0', '9'), ('-', '-')],
            &[(':', ':')],
            &[('a', 'z'), ('0', '9'), ('-', '-')],
            &[(':', ':')],
            &[('a', 'z'), ('0', '9'), ('-', '-')],
            &[(':', ':')],
            &[('0', '9')],
            &[('0', '9')],
            &[('0', '9')],
            &[('0', '9')],
            &[('0', '9')],
            &[('0', '9')],
            &[('0', '9')],
            &[('0', '9')],
            &[('0', '9')],
            &[('0', '9')],
            &[('0', '9')],
            &[('0', '9')],
            &[(':', ':')],
            &[
                ('\0', '\t'),
                ('\u{b}', '\u{c}'),
                ('\u{e}', '\u{84}'),
                ('\u{86}', '‧'),
                ('\u{202a}', '\u{10ffff}'),
            ],
        ],
        follow: &[
            2, 4, 8, 16, 32, 64, 384, 384, 512, 1536, 6144, 6144, 8192, 16384, 32768, 65536,
            131072, 262144, 524288, 1048576, 2097152, 4194304, 8388608, 16777216, 33554432,
            67108864, 67108864,
        ],
        first: 1,
        last: 67108864,
        empty: false,
    }),
};

const GRANT_ID_TYPE: Text = Text {
    length: Length { min: 1, max: 128 },
    pattern: None,
};

const GRANT_NAME_TYPE: Text = Text {
    length: Length { min: 1, max: 256 },
    pattern: Some(&Pattern {
        text: "^[a-zA-Z0-9:/_-]+$",
        places: &[&[
            ('a', 'z'),
            ('A', 'Z'),
            ('0', '9'),
            (':', ':'),
            ('/', '/'),
            ('_', '_'),
            ('-', '-'),
        ]],
        follow: &[1],
        first: 1,
        last: 1,
        empty: false,
    }),
};

const GRANT_OPERATION_SET: &str = "[Decrypt, Encrypt, GenerateDataKey, GenerateDataKeyWithoutPlaintext, ReEncryptFrom, ReEncryptTo, Sign, Verify, GetPublicKey, CreateGrant, RetireGrant, DescribeKey, GenerateDataKeyPair, GenerateDataKeyPairWithoutPlaintext, GenerateMac, VerifyMac, DeriveSharedSecret, Encapsulate, Decapsulate]";

const GRANT_TOKEN_TYPE: Text = Text {
    length: Length { min: 1, max: 8192 },
    pattern: None,
};

const IMPORT_TYPE_SET: &str = "[NEW_KEY_MATERIAL, EXISTING_KEY_MATERIAL]";

const INCLUDE_KEY_MATERIAL_SET: &str = "[ALL_KEY_MATERIAL, ROTATIONS_ONLY]";

const KEY_AGREEMENT_ALGORITHM_SPEC_SET: &str = "[ECDH]";

const KEY_ENCRYPTION_MECHANISM_SET: &str = "[RSAES_OAEP_SHA_256]";

const KEY_ID_TYPE: Text = Text {
    length: Length { min: 1, max: 2048 },
    pattern: Some(&Pattern {
        text: "^\\p{ASCII}+$",
        places: &[&[('\0', '\u{7f}')]],
        follow: &[1],
        first: 1,
        last: 1,
        empty: false,
    }),
};

const KEY_MATERIAL_DESCRIPTION_TYPE: Text = Text {
    length: Length { min: 0, max: 256 },
    pattern: Some(&Pattern {
        text: "^[a-zA-Z0-9:/_\\s.-]+$",
        places: &[&[
            ('a', 'z'),
            ('A', 'Z'),
            ('0', '9'),
            (':', ':'),
            ('/', '/'),
            ('_', '_'),
            ('\t', '\r'),
            (' ', ' '),
            ('.', '.'),
            ('-', '-'),
        ]],
        follow: &[1],
        first: 1,
        last: 1,
        empty: false,
    }),
};

const KEY_SPEC_SET: &str = "[RSA_2048, ECC_NIST_P384, ECC_NIST_P256, ECC_NIST_P521, HMAC_384, RSA_3072, ECC_SECG_P256K1, RSA_4096, SYMMETRIC_DEFAULT, HMAC_256, HMAC_224, HMAC_512, SM2, ML_DSA_44, ML_DSA_65, ML_DSA_87, ECC_NIST_EDWARDS25519, ML_KEM_512, ML_KEM_768, ML_KEM_1024]";

const KEY_STORE_PASSWORD_TYPE: Text = Text {
    length: Length { min: 7, max: 32 },
    pattern: None,
};

const KEY_USAGE_TYPE_SET: &str =
    "[SIGN_VERIFY, ENCRYPT_DECRYPT, GENERATE_VERIFY_MAC, KEY_AGREEMENT, ENCAPSULATE_DECAPSULATE]";

const MAC_ALGORITHM_SPEC_SET: &str = "[HMAC_SHA_384, HMAC_SHA_256, HMAC_SHA_224, HMAC_SHA_512]";

const MARKER_TYPE: Text = Text {
    length: Length { min: 1, max: 1024 },
    pattern: Some(&Pattern {
        text: "[\\u0020-\\u00FF]*",
        places: &[&[(' ', 'ÿ')]],
        follow: &[1],
        first: 1,
        last: 1,
        empty: true,
    }),
};

const MESSAGE_TYPE_SET: &str = "[RAW, DIGEST, EXTERNAL_MU]";

const ORIGIN_TYPE_SET: &str = "[AWS_KMS, EXTERNAL, AWS_CLOUDHSM, EXTERNAL_KEY_STORE]";

const POLICY_NAME_TYPE: Text = Text {
    length: Length { min: 1, max: 128 },
    pattern: Some(&Pattern {
        text: "[\\w]+",
        places: &[&[('a', 'z'), ('A', 'Z'), ('0', '9'), ('_', '_')]],
        follow: &[1],
        first: 1,
        last: 1,
        empty: false,
    }),
};

const POLICY_TYPE: Text = Text {
    length: Length {
        min: 1,
        max: 131072,
    },
    pattern: Some(&Pattern {
        text: "[\\u0009\\u000A\\u000D\\u0020-\\u00FF]+",
        places: &[&[('\t', '\t'), ('\n', '\n'), ('\r', '\r'), (' ', 'ÿ')]],
        follow: &[1],
        first: 1,
        last: 1,
        empty: false,
    }),
};

const PRINCIPAL_ID_TYPE: Text = Text {
    length: Length { min: 1, max: 256 },
    pattern: Some(&Pattern {
        text: "^[\\w+=,.@:/-]+$",
        places: &[&[
            ('a', 'z'),
            ('A', 'Z'),
            ('0', '9'),
            ('_', '_'),
            ('+', '+'),
            ('=', '='),
            (',', ','),
            ('.', '.'),
            ('@', '@'),
            (':', ':'),
            ('/', '/'),
            ('-', '-'),
        ]],
        follow: &[1],
        first: 1,
        last: 1,
        empty: false,
    }),
};

const REGION_TYPE: Text = Text {
    length: Length { min: 1, max: 32 },
    pattern: Some(&Pattern {
        text: "^([a-z]+-){2,3}\\d+$",
        places: &[
            &[('a', 'z')],
            &[('-', '-')],
            &[('a', 'z')],
            &[('-', '-')],
            &[('a', 'z')],
            &[('-', '-')],
            &[('0', '9')],
        ],
        follow: &[3, 4, 12, 80, 48, 64, 64],
        first: 1,
        last: 64,
        empty: false,
    }),
};

const RESOURCE_OWNER_TYPE_SET: &str = "[SELF, OTHER_ACCOUNTS_VIA_RAM]";

const SERVICE_PRINCIPAL_TYPE: Text = Text {
    length: Length { min: 1, max: 128 },
    pattern: Some(&Pattern {
        text: "^([A-Za-z0-9\\-]+)\\.([A-Za-z0-9\\-]+)(\\.[A-Za-z0-9\\-]+)+$",
        places: &[
            &[('A', 'Z'), ('a', 'z'), ('0', '9'), ('-', '-')],
            &[('.', '.')],
            &[('A', 'Z'), ('a', 'z'), ('0', '9'), ('-', '-')],
            &[('.', '.')],
            &[('A', 'Z'), ('a', 'z'), ('0', '9'), ('-', '-')],
        ],
        follow: &[3, 4, 12, 16, 24],
        first: 1,
        last: 16,
        empty: false,
    }),
};

const SIGNING_ALGORITHM_SPEC_SET: &str = "[RSASSA_PSS_SHA_256, RSASSA_PSS_SHA_384, RSASSA_PSS_SHA_512, RSASSA_PKCS1_V1_5_SHA_256, RSASSA_PKCS1_V1_5_SHA_384, RSASSA_PKCS1_V1_5_SHA_512, ECDSA_SHA_256, ECDSA_SHA_384, ECDSA_SHA_512, ED25519_SHA_512, ED25519_PH_SHA_512, SM2DSA, ML_DSA_SHAKE_256]";

const TAG_KEY_TYPE: Text = Text {
    length: Length { min: 1, max: 128 },
    pattern: None,
};

const TAG_VALUE_TYPE: Text = Text {
    length: Length { min: 0, max: 256 },
    pattern: None,
};

const TRUST_ANCHOR_CERTIFICATE_TYPE: Text = Text {
    length: Length { min: 1, max: 5000 },
    pattern: None,
};

const WRAPPING_KEY_SPEC_SET: &str = "[RSA_2048, RSA_3072, RSA_4096, SM2]";

const XKS_KEY_ID_TYPE: Text = Text {
    length: Length { min: 1, max: 128 },
    pattern: Some(&Pattern {
        text: "^[a-zA-Z0-9-_.]+$",
        places: &[&[
            ('a', 'z'),
            ('A', 'Z'),
            ('0', '9'),
            ('-', '-'),
            ('_', '_'),
            ('.', '.'),
        ]],
        follow: &[1],
        first: 1,
        last: 1,
        empty: false,
    }),
};

const XKS_PROXY_AUTHENTICATION_ACCESS_KEY_ID_TYPE: Text = Text {
    length: Length { min: 20, max: 30 },
    pattern: Some(&Pattern {
        text: "^[A-Z2-7]+$",
        places: &[&[('A', 'Z'), ('2', '7')]],
        follow: &[1],
        first: 1,
        last: 1,
        empty: false,
    }),
};

const XKS_PROXY_AUTHENTICATION_RAW_SECRET_ACCESS_KEY_TYPE: Text = Text {
    length: Length { min: 43, max: 64 },
    pattern: Some(&Pattern {
        text: "^[a-zA-Z0-9\\/+=]+$",
        places: &[&[
            ('a', 'z'),
            ('A', 'Z'),
            ('0', '9'),
            ('/', '/'),
            ('+', '+'),
            ('=', '='),
        ]],
        follow: &[1],
        first: 1,
        last: 1,
        empty: false,
    }),
};

const XKS_PROXY_CONNECTIVITY_TYPE_SET: &str = "[PUBLIC_ENDPOINT, VPC_ENDPOINT_SERVICE]";

const XKS_PROXY_URI_ENDPOINT_TYPE: Text = Text {
    length: Length { min: 10, max: 128 },
    pattern: Some(&Pattern {
        text: "^https://[a-zA-Z0-9.-]+$",
        places: &[
            &[('h', 'h')],
            &[('t', 't')],
            &[('t', 't')],
            &[('p', 'p')],
            &[('s', 's')],
            &[(':', ':')],
            &[('/', '/')],
            &[('/', '/')],
            &[('a', 'z'), ('A', 'Z'), ('0', '9'), ('.', '.'), ('-', '-')],
        ],
        follow: &[2, 4, 8, 16, 32, 64, 128, 256, 256],
        first: 1,
        last: 256,
        empty: false,
    }),
};

const XKS_PROXY_URI_PATH_TYPE: Text = Text {
    length: Length { min: 10, max: 128 },
    pattern: Some(&Pattern {
        text: "^(/[a-zA-Z0-9\\/_-]+/kms/xks/v\\d{1,2})$|^(/kms/xks/v\\d{1,2})$",
        places: &[
            &[('/', '/')],
            &[
                ('a', 'z'),
                ('A', 'Z'),
                ('0', '9'),
                ('/', '/'),
                ('_', '_'),
                ('-', '-'),
            ],
            &[('/', '/')],
            &[('k', 'k')],
            &[('m', 'm')],
            &[('s', 's')],
            &[('/', '/')],
            &[('x', 'x')],
            &[('k', 'k')],
            &[('s', 's')],
            &[('/', '/')],
            &[('v', 'v')],
            &[('0', '9')],
            &[('0', '9')],
            &[('/', '/')],
            &[('k', 'k')],
            &[('m', 'm')],
            &[('s', 's')],
            &[('/', '/')],
            &[('x', 'x')],
            &[('k', 'k')],
            &[('s', 's')],
            &[('/', '/')],
            &[('v', 'v')],
            &[('0', '9')],
            &[('0', '9')],
        ],
        follow: &[
            2, 6, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 0, 32768, 65536, 131072,
            262144, 524288, 1048576, 2097152, 4194304, 8388608, 16777216, 33554432, 0,
        ],
        first: 16385,
        last: 50343936,
        empty: false,
    }),
};

const XKS_PROXY_VPC_ENDPOINT_SERVICE_NAME_TYPE: Text = Text {
    length: Length { min: 20, max: 64 },
    pattern: Some(&Pattern {
        text: "^(com|eu)\\.amazonaws\\.vpce\\.([a-z]+-){2,3}\\d+\\.vpce-svc-[0-9a-z]+$",
        places: &[
            &[('c', 'c')],
            &[('o', 'o')],
            &[('m', 'm')],
            &[('e', 'e')],
            &[('u', 'u')],
            &[('.', '.')],
            &[('a', 'a')],
            &[('m', 'm')],
            &[('a', 'a')],
            &[('z', 'z')],
            &[('o', 'o')],
            &[('n', 'n')],
            &[('a', 'a')],
            &[('w', 'w')],
            &[('s', 's')],
            &[('.', '.')],
            &[('v', 'v')],
            &[('p', 'p')],
            &[('c', 'c')],
            &[('e', 'e')],
            &[('.', '.')],
            &[('a', 'z')],
            &[('-', '-')],
            &[('a', 'z')],
            &[('-', '-')],
            &[('a', 'z')],
            &[('-', '-')],
            &[('0', '9')],
            &[('.', '.')],
            &[('v', 'v')],
            &[('p', 'p')],
            &[('c', 'c')],
            &[('e', 'e')],
            &[('-', '-')],
            &[('s', 's')],
            &[('v', 'v')],
            &[('c', 'c')],
            &[('-', '-')],
            &[('0', '9'), ('a', 'z')],
        ],
        follow: &[
            2,
            4,
            32,
            16,
            32,
            64,
            128,
            256,
            512,
            1024,
            2048,
            4096,
            8192,
            16384,
            32768,
            65536,
            131072,
            262144,
            524288,
            1048576,
            2097152,
            6291456,
            8388608,
            25165824,
            167772160,
            100663296,
            134217728,
            402653184,
            536870912,
            1073741824,
            2147483648,
            4294967296,
            8589934592,
            17179869184,
            34359738368,
            68719476736,
            137438953472,
            274877906944,
            274877906944,
        ],
        first: 9,
        last: 274877906944,
        empty: false,
    }),
};
