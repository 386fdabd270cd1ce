// Written from model/kms-2014-11-01.json by xtask/src/codegen/audit_members.rs (`cargo xtask codegen`).
// What differs from the model is a line in model/overlay.toml. Do not edit.

//! What the entry of each operation records, and nothing else: members that no list in
//! `model/recorded.toml` names have no writer.

use strongroom_model::{
    enums::EncryptionAlgorithmSpec,
    operations::{Input, Operation},
    shapes::*,
};

use super::super::{
    json::Object,
    recorded::{Answer, Row, Told},
    secret::public_half,
};

/// What the entry of an operation records, by the names that it has there.
pub(crate) fn row(operation: Operation) -> &'static Row {
    match operation {
        Operation::CancelKeyDeletion => {
            const {
                &Row {
                    request: &["keyId"],
                    answer: Answer::KeyId,
                    additional: &[],
                }
            }
        }
        Operation::ConnectCustomKeyStore => {
            const {
                &Row {
                    request: &["customKeyStoreId"],
                    answer: Answer::Null,
                    additional: &[
                        "clusterId",
                        "customKeyStoreName",
                        "xksProxyConnectivity",
                        "xksProxyUriEndpoint",
                        "xksProxyUriPath",
                        "xksProxyVpcEndpointServiceName",
                    ],
                }
            }
        }
        Operation::CreateAlias => {
            const {
                &Row {
                    request: &["aliasName", "targetKeyId"],
                    answer: Answer::KeyId,
                    additional: &[],
                }
            }
        }
        Operation::CreateCustomKeyStore => {
            const {
                &Row {
                    request: &[
                        "clusterId",
                        "customKeyStoreName",
                        "customKeyStoreType",
                        "xksProxyAuthenticationCredential",
                        "xksProxyConnectivity",
                        "xksProxyUriEndpoint",
                        "xksProxyUriPath",
                        "xksProxyVpcEndpointServiceName",
                        "xksProxyVpcEndpointServiceOwner",
                    ],
                    answer: Answer::Members(&["customKeyStoreId"]),
                    additional: &[],
                }
            }
        }
        Operation::CreateGrant => {
            const {
                &Row {
                    request: &[
                        "constraints",
                        "granteePrincipal",
                        "granteeServicePrincipal",
                        "keyId",
                        "name",
                        "operations",
                        "retiringPrincipal",
                        "retiringServicePrincipal",
                    ],
                    answer: Answer::Members(&["grantId", "keyId"]),
                    additional: &[],
                }
            }
        }
        Operation::CreateKey => {
            const {
                &Row {
                    request: &[
                        "bypassPolicyLockoutSafetyCheck",
                        "customKeyStoreId",
                        "customerMasterKeySpec",
                        "description",
                        "keySpec",
                        "keyUsage",
                        "multiRegion",
                        "origin",
                        "policy",
                        "tags",
                        "xksKeyId",
                    ],
                    answer: Answer::Members(&["keyMetadata"]),
                    additional: &["backingKey"],
                }
            }
        }
        Operation::Decapsulate => {
            const {
                &Row {
                    request: &["encapsulationAlgorithm", "keyId"],
                    answer: Answer::Null,
                    additional: &[],
                }
            }
        }
        Operation::Decrypt => {
            const {
                &Row {
                    request: &["encryptionAlgorithm", "encryptionContext", "keyId"],
                    answer: Answer::Null,
                    additional: &["customKeyStoreId", "keyMaterialId", "recipient", "xksKeyId"],
                }
            }
        }
        Operation::DeleteAlias => {
            const {
                &Row {
                    request: &["aliasName"],
                    answer: Answer::KeyId,
                    additional: &[],
                }
            }
        }
        Operation::DeleteCustomKeyStore => {
            const {
                &Row {
                    request: &["customKeyStoreId"],
                    answer: Answer::Null,
                    additional: &[
                        "clusterId",
                        "customKeyStoreName",
                        "xksProxyConnectivity",
                        "xksProxyUriEndpoint",
                        "xksProxyUriPath",
                        "xksProxyVpcEndpointServiceName",
                    ],
                }
            }
        }
        Operation::DeleteImportedKeyMaterial => {
            const {
                &Row {
                    request: &["keyId", "keyMaterialId"],
                    answer: Answer::Members(&["keyId", "keyMaterialId"]),
                    additional: &[],
                }
            }
        }
        Operation::DeriveSharedSecret => {
            const {
                &Row {
                    request: &["keyAgreementAlgorithm", "keyId"],
                    answer: Answer::Null,
                    additional: &["recipient"],
                }
            }
        }
        Operation::DescribeCustomKeyStores => {
            const {
                &Row {
                    request: &["customKeyStoreId", "customKeyStoreName", "limit", "marker"],
                    answer: Answer::Null,
                    additional: &[],
                }
            }
        }
        Operation::DescribeKey => {
            const {
                &Row {
                    request: &["keyId"],
                    answer: Answer::Null,
                    additional: &[],
                }
            }
        }
        Operation::DisableKey => {
            const {
                &Row {
                    request: &["keyId"],
                    answer: Answer::KeyId,
                    additional: &[],
                }
            }
        }
        Operation::DisableKeyRotation => {
            const {
                &Row {
                    request: &["keyId"],
                    answer: Answer::KeyId,
                    additional: &[],
                }
            }
        }
        Operation::DisconnectCustomKeyStore => {
            const {
                &Row {
                    request: &["customKeyStoreId"],
                    answer: Answer::Null,
                    additional: &[
                        "clusterId",
                        "customKeyStoreName",
                        "xksProxyConnectivity",
                        "xksProxyUriEndpoint",
                        "xksProxyUriPath",
                        "xksProxyVpcEndpointServiceName",
                    ],
                }
            }
        }
        Operation::EnableKey => {
            const {
                &Row {
                    request: &["keyId"],
                    answer: Answer::KeyId,
                    additional: &[],
                }
            }
        }
        Operation::EnableKeyRotation => {
            const {
                &Row {
                    request: &["keyId", "rotationPeriodInDays"],
                    answer: Answer::KeyId,
                    additional: &[],
                }
            }
        }
        Operation::Encapsulate => {
            const {
                &Row {
                    request: &["encapsulationAlgorithm", "keyId"],
                    answer: Answer::Null,
                    additional: &[],
                }
            }
        }
        Operation::Encrypt => {
            const {
                &Row {
                    request: &["encryptionAlgorithm", "encryptionContext", "keyId"],
                    answer: Answer::Null,
                    additional: &["customKeyStoreId", "keyMaterialId", "xksKeyId"],
                }
            }
        }
        Operation::GenerateDataKey => {
            const {
                &Row {
                    request: &["encryptionContext", "keyId", "keySpec", "numberOfBytes"],
                    answer: Answer::Null,
                    additional: &["customKeyStoreId", "keyMaterialId", "recipient", "xksKeyId"],
                }
            }
        }
        Operation::GenerateDataKeyPair => {
            const {
                &Row {
                    request: &["encryptionContext", "keyId", "keyPairSpec"],
                    answer: Answer::Null,
                    additional: &["keyMaterialId", "recipient"],
                }
            }
        }
        Operation::GenerateDataKeyPairWithoutPlaintext => {
            const {
                &Row {
                    request: &["encryptionContext", "keyId", "keyPairSpec"],
                    answer: Answer::Null,
                    additional: &["keyMaterialId"],
                }
            }
        }
        Operation::GenerateDataKeyWithoutPlaintext => {
            const {
                &Row {
                    request: &["encryptionContext", "keyId", "keySpec", "numberOfBytes"],
                    answer: Answer::Null,
                    additional: &["customKeyStoreId", "keyMaterialId", "xksKeyId"],
                }
            }
        }
        Operation::GenerateMac => {
            const {
                &Row {
                    request: &["keyId", "macAlgorithm"],
                    answer: Answer::Null,
                    additional: &[],
                }
            }
        }
        Operation::GenerateRandom => {
            const {
                &Row {
                    request: &["customKeyStoreId", "numberOfBytes"],
                    answer: Answer::Null,
                    additional: &["recipient"],
                }
            }
        }
        Operation::GetKeyLastUsage => {
            const {
                &Row {
                    request: &["keyId"],
                    answer: Answer::Null,
                    additional: &[],
                }
            }
        }
        Operation::GetKeyPolicy => {
            const {
                &Row {
                    request: &["keyId", "policyName"],
                    answer: Answer::Null,
                    additional: &[],
                }
            }
        }
        Operation::GetKeyRotationStatus => {
            const {
                &Row {
                    request: &["keyId"],
                    answer: Answer::Null,
                    additional: &[],
                }
            }
        }
        Operation::GetParametersForImport => {
            const {
                &Row {
                    request: &["keyId", "wrappingAlgorithm", "wrappingKeySpec"],
                    answer: Answer::Null,
                    additional: &[],
                }
            }
        }
        Operation::GetPublicKey => {
            const {
                &Row {
                    request: &["keyId"],
                    answer: Answer::Null,
                    additional: &[],
                }
            }
        }
        Operation::ImportKeyMaterial => {
            const {
                &Row {
                    request: &[
                        "expirationModel",
                        "importType",
                        "keyId",
                        "keyMaterialDescription",
                        "keyMaterialId",
                        "validTo",
                    ],
                    answer: Answer::Members(&["keyId", "keyMaterialId"]),
                    additional: &[],
                }
            }
        }
        Operation::ListAliases => {
            const {
                &Row {
                    request: &["keyId", "limit", "marker"],
                    answer: Answer::Null,
                    additional: &[],
                }
            }
        }
        Operation::ListGrants => {
            const {
                &Row {
                    request: &[
                        "grantId",
                        "granteePrincipal",
                        "granteeServicePrincipal",
                        "keyId",
                        "limit",
                        "marker",
                    ],
                    answer: Answer::Null,
                    additional: &[],
                }
            }
        }
        Operation::ListKeyPolicies => {
            const {
                &Row {
                    request: &["keyId", "limit", "marker"],
                    answer: Answer::Null,
                    additional: &[],
                }
            }
        }
        Operation::ListKeyRotations => {
            const {
                &Row {
                    request: &["includeKeyMaterial", "keyId", "limit", "marker"],
                    answer: Answer::Null,
                    additional: &[],
                }
            }
        }
        Operation::ListKeys => {
            const {
                &Row {
                    request: &["limit", "marker", "resourceOwners"],
                    answer: Answer::Null,
                    additional: &[],
                }
            }
        }
        Operation::ListResourceTags => {
            const {
                &Row {
                    request: &["keyId", "limit", "marker"],
                    answer: Answer::Null,
                    additional: &[],
                }
            }
        }
        Operation::ListRetirableGrants => {
            const {
                &Row {
                    request: &[
                        "limit",
                        "marker",
                        "retiringPrincipal",
                        "retiringServicePrincipal",
                    ],
                    answer: Answer::Null,
                    additional: &[],
                }
            }
        }
        Operation::PutKeyPolicy => {
            const {
                &Row {
                    request: &[
                        "bypassPolicyLockoutSafetyCheck",
                        "keyId",
                        "policy",
                        "policyName",
                    ],
                    answer: Answer::KeyId,
                    additional: &[],
                }
            }
        }
        Operation::ReEncrypt => {
            const {
                &Row {
                    request: &[
                        "destinationEncryptionAlgorithm",
                        "destinationEncryptionContext",
                        "destinationKeyId",
                        "sourceEncryptionAlgorithm",
                        "sourceEncryptionContext",
                        "sourceKeyId",
                    ],
                    answer: Answer::Null,
                    additional: &["destinationKeyMaterialId", "sourceKeyMaterialId"],
                }
            }
        }
        Operation::ReplicateKey => {
            const {
                &Row {
                    request: &[
                        "bypassPolicyLockoutSafetyCheck",
                        "description",
                        "keyId",
                        "policy",
                        "replicaRegion",
                        "tags",
                    ],
                    answer: Answer::Members(&[
                        "replicaKeyMetadata",
                        "replicaPolicy",
                        "replicaTags",
                    ]),
                    additional: &[],
                }
            }
        }
        Operation::RetireGrant => {
            const {
                &Row {
                    request: &["grantId", "keyId"],
                    answer: Answer::KeyId,
                    additional: &["grantId"],
                }
            }
        }
        Operation::RevokeGrant => {
            const {
                &Row {
                    request: &["grantId", "keyId"],
                    answer: Answer::KeyId,
                    additional: &[],
                }
            }
        }
        Operation::RotateKeyOnDemand => {
            const {
                &Row {
                    request: &["keyId"],
                    answer: Answer::KeyId,
                    additional: &[],
                }
            }
        }
        Operation::ScheduleKeyDeletion => {
            const {
                &Row {
                    request: &["keyId", "pendingWindowInDays"],
                    answer: Answer::Members(&[
                        "deletionDate",
                        "keyId",
                        "keyState",
                        "pendingWindowInDays",
                    ]),
                    additional: &["backingKeys", "clusterId", "customKeyStoreId"],
                }
            }
        }
        Operation::Sign => {
            const {
                &Row {
                    request: &["keyId", "messageType", "signingAlgorithm"],
                    answer: Answer::Null,
                    additional: &[],
                }
            }
        }
        Operation::TagResource => {
            const {
                &Row {
                    request: &["keyId", "tags"],
                    answer: Answer::KeyId,
                    additional: &[],
                }
            }
        }
        Operation::UntagResource => {
            const {
                &Row {
                    request: &["keyId", "tagKeys"],
                    answer: Answer::KeyId,
                    additional: &[],
                }
            }
        }
        Operation::UpdateAlias => {
            const {
                &Row {
                    request: &["aliasName", "targetKeyId"],
                    answer: Answer::KeyId,
                    additional: &[],
                }
            }
        }
        Operation::UpdateCustomKeyStore => {
            const {
                &Row {
                    request: &[
                        "clusterId",
                        "customKeyStoreId",
                        "newCustomKeyStoreName",
                        "xksProxyAuthenticationCredential",
                        "xksProxyConnectivity",
                        "xksProxyUriEndpoint",
                        "xksProxyUriPath",
                        "xksProxyVpcEndpointServiceName",
                        "xksProxyVpcEndpointServiceOwner",
                    ],
                    answer: Answer::Null,
                    additional: &[
                        "clusterId",
                        "customKeyStoreName",
                        "xksProxyConnectivity",
                        "xksProxyUriEndpoint",
                        "xksProxyUriPath",
                        "xksProxyVpcEndpointServiceName",
                    ],
                }
            }
        }
        Operation::UpdateKeyDescription => {
            const {
                &Row {
                    request: &["description", "keyId"],
                    answer: Answer::KeyId,
                    additional: &[],
                }
            }
        }
        Operation::UpdatePrimaryRegion => {
            const {
                &Row {
                    request: &["keyId", "primaryRegion"],
                    answer: Answer::Null,
                    additional: &[],
                }
            }
        }
        Operation::Verify => {
            const {
                &Row {
                    request: &["keyId", "messageType", "signingAlgorithm"],
                    answer: Answer::Null,
                    additional: &[],
                }
            }
        }
        Operation::VerifyMac => {
            const {
                &Row {
                    request: &["keyId", "macAlgorithm"],
                    answer: Answer::Null,
                    additional: &[],
                }
            }
        }
    }
}

/// Writes the recorded members of a request. `key` is the ARN of the key that it was
/// found to name.
pub(crate) fn write_request(out: &mut Object, input: &Input, key: Option<&str>) {
    match input {
        Input::CancelKeyDeletion(value) => {
            out.text("keyId", &value.key_id);
        }
        Input::ConnectCustomKeyStore(value) => {
            out.text("customKeyStoreId", &value.custom_key_store_id);
        }
        Input::CreateAlias(value) => {
            out.text("aliasName", &value.alias_name);
            out.text("targetKeyId", &value.target_key_id);
        }
        Input::CreateCustomKeyStore(value) => {
            if let Some(cloud_hsm_cluster_id) = &value.cloud_hsm_cluster_id {
                out.text("clusterId", cloud_hsm_cluster_id);
            }
            out.text("customKeyStoreName", &value.custom_key_store_name);
            if let Some(custom_key_store_type) = value.custom_key_store_type {
                out.word("customKeyStoreType", custom_key_store_type.as_str());
            }
            if let Some(xks_proxy_authentication_credential) =
                &value.xks_proxy_authentication_credential
            {
                out.object("xksProxyAuthenticationCredential", |out| {
                    write_xks_proxy_authentication_credential_type(
                        out,
                        xks_proxy_authentication_credential,
                    )
                });
            }
            if let Some(xks_proxy_connectivity) = value.xks_proxy_connectivity {
                out.word("xksProxyConnectivity", xks_proxy_connectivity.as_str());
            }
            if let Some(xks_proxy_uri_endpoint) = &value.xks_proxy_uri_endpoint {
                out.text("xksProxyUriEndpoint", xks_proxy_uri_endpoint);
            }
            if let Some(xks_proxy_uri_path) = &value.xks_proxy_uri_path {
                out.text("xksProxyUriPath", xks_proxy_uri_path);
            }
            if let Some(xks_proxy_vpc_endpoint_service_name) =
                &value.xks_proxy_vpc_endpoint_service_name
            {
                out.text(
                    "xksProxyVpcEndpointServiceName",
                    xks_proxy_vpc_endpoint_service_name,
                );
            }
            if let Some(xks_proxy_vpc_endpoint_service_owner) =
                &value.xks_proxy_vpc_endpoint_service_owner
            {
                out.text(
                    "xksProxyVpcEndpointServiceOwner",
                    xks_proxy_vpc_endpoint_service_owner,
                );
            }
        }
        Input::CreateGrant(value) => {
            if let Some(constraints) = &value.constraints {
                out.object("constraints", |out| {
                    write_grant_constraints(out, constraints)
                });
            }
            if let Some(grantee_principal) = &value.grantee_principal {
                out.text("granteePrincipal", grantee_principal);
            }
            if let Some(grantee_service_principal) = &value.grantee_service_principal {
                out.text("granteeServicePrincipal", grantee_service_principal);
            }
            out.text("keyId", &value.key_id);
            if let Some(name) = &value.name {
                out.text("name", name);
            }
            out.words("operations", &value.operations, |word| word.as_str());
            if let Some(retiring_principal) = &value.retiring_principal {
                out.text("retiringPrincipal", retiring_principal);
            }
            if let Some(retiring_service_principal) = &value.retiring_service_principal {
                out.text("retiringServicePrincipal", retiring_service_principal);
            }
        }
        Input::CreateKey(value) => {
            if let Some(bypass_policy_lockout_safety_check) =
                value.bypass_policy_lockout_safety_check
            {
                out.boolean(
                    "bypassPolicyLockoutSafetyCheck",
                    bypass_policy_lockout_safety_check,
                );
            }
            if let Some(custom_key_store_id) = &value.custom_key_store_id {
                out.text("customKeyStoreId", custom_key_store_id);
            }
            if let Some(customer_master_key_spec) = value.customer_master_key_spec {
                out.word("customerMasterKeySpec", customer_master_key_spec.as_str());
            }
            if let Some(description) = &value.description {
                out.text("description", description);
            }
            if let Some(key_spec) = value.key_spec {
                out.word("keySpec", key_spec.as_str());
            }
            if let Some(key_usage) = value.key_usage {
                out.word("keyUsage", key_usage.as_str());
            }
            if let Some(multi_region) = value.multi_region {
                out.boolean("multiRegion", multi_region);
            }
            if let Some(origin) = value.origin {
                out.word("origin", origin.as_str());
            }
            if let Some(policy) = &value.policy {
                out.text("policy", policy);
            }
            if let Some(tags) = &value.tags {
                out.list("tags", tags, write_tag);
            }
            if let Some(xks_key_id) = &value.xks_key_id {
                out.text("xksKeyId", xks_key_id);
            }
        }
        Input::Decapsulate(value) => {
            out.word(
                "encapsulationAlgorithm",
                value.encapsulation_algorithm.as_str(),
            );
            out.text("keyId", &value.key_id);
        }
        Input::Decrypt(value) => {
            out.word(
                "encryptionAlgorithm",
                value
                    .encryption_algorithm
                    .unwrap_or(EncryptionAlgorithmSpec::SymmetricDefault)
                    .as_str(),
            );
            if let Some(encryption_context) = &value.encryption_context {
                out.context("encryptionContext", encryption_context);
            }
            if let Some(key) = key.or(value.key_id.as_deref()) {
                out.text("keyId", key);
            }
        }
        Input::DeleteAlias(value) => {
            out.text("aliasName", &value.alias_name);
        }
        Input::DeleteCustomKeyStore(value) => {
            out.text("customKeyStoreId", &value.custom_key_store_id);
        }
        Input::DeleteImportedKeyMaterial(value) => {
            out.text("keyId", &value.key_id);
            if let Some(key_material_id) = &value.key_material_id {
                out.text("keyMaterialId", key_material_id);
            }
        }
        Input::DeriveSharedSecret(value) => {
            out.word(
                "keyAgreementAlgorithm",
                value.key_agreement_algorithm.as_str(),
            );
            out.text("keyId", &value.key_id);
        }
        Input::DescribeCustomKeyStores(value) => {
            if let Some(custom_key_store_id) = &value.custom_key_store_id {
                out.text("customKeyStoreId", custom_key_store_id);
            }
            if let Some(custom_key_store_name) = &value.custom_key_store_name {
                out.text("customKeyStoreName", custom_key_store_name);
            }
            if let Some(limit) = value.limit {
                out.integer("limit", limit);
            }
            if let Some(marker) = &value.marker {
                out.text("marker", marker);
            }
        }
        Input::DescribeKey(value) => {
            out.text("keyId", &value.key_id);
        }
        Input::DisableKey(value) => {
            out.text("keyId", &value.key_id);
        }
        Input::DisableKeyRotation(value) => {
            out.text("keyId", &value.key_id);
        }
        Input::DisconnectCustomKeyStore(value) => {
            out.text("customKeyStoreId", &value.custom_key_store_id);
        }
        Input::EnableKey(value) => {
            out.text("keyId", &value.key_id);
        }
        Input::EnableKeyRotation(value) => {
            out.text("keyId", &value.key_id);
            if let Some(rotation_period_in_days) = value.rotation_period_in_days {
                out.integer("rotationPeriodInDays", rotation_period_in_days);
            }
        }
        Input::Encapsulate(value) => {
            out.word(
                "encapsulationAlgorithm",
                value.encapsulation_algorithm.as_str(),
            );
            out.text("keyId", &value.key_id);
        }
        Input::Encrypt(value) => {
            out.word(
                "encryptionAlgorithm",
                value
                    .encryption_algorithm
                    .unwrap_or(EncryptionAlgorithmSpec::SymmetricDefault)
                    .as_str(),
            );
            if let Some(encryption_context) = &value.encryption_context {
                out.context("encryptionContext", encryption_context);
            }
            out.text("keyId", &value.key_id);
        }
        Input::GenerateDataKey(value) => {
            if let Some(encryption_context) = &value.encryption_context {
                out.context("encryptionContext", encryption_context);
            }
            out.text("keyId", &value.key_id);
            if let Some(key_spec) = value.key_spec {
                out.word("keySpec", key_spec.as_str());
            }
            if let Some(number_of_bytes) = value.number_of_bytes {
                out.integer("numberOfBytes", number_of_bytes);
            }
        }
        Input::GenerateDataKeyPair(value) => {
            if let Some(encryption_context) = &value.encryption_context {
                out.context("encryptionContext", encryption_context);
            }
            out.text("keyId", &value.key_id);
            out.word("keyPairSpec", value.key_pair_spec.as_str());
        }
        Input::GenerateDataKeyPairWithoutPlaintext(value) => {
            if let Some(encryption_context) = &value.encryption_context {
                out.context("encryptionContext", encryption_context);
            }
            out.text("keyId", &value.key_id);
            out.word("keyPairSpec", value.key_pair_spec.as_str());
        }
        Input::GenerateDataKeyWithoutPlaintext(value) => {
            if let Some(encryption_context) = &value.encryption_context {
                out.context("encryptionContext", encryption_context);
            }
            out.text("keyId", &value.key_id);
            if let Some(key_spec) = value.key_spec {
                out.word("keySpec", key_spec.as_str());
            }
            if let Some(number_of_bytes) = value.number_of_bytes {
                out.integer("numberOfBytes", number_of_bytes);
            }
        }
        Input::GenerateMac(value) => {
            out.text("keyId", &value.key_id);
            out.word("macAlgorithm", value.mac_algorithm.as_str());
        }
        Input::GenerateRandom(value) => {
            if let Some(custom_key_store_id) = &value.custom_key_store_id {
                out.text("customKeyStoreId", custom_key_store_id);
            }
            if let Some(number_of_bytes) = value.number_of_bytes {
                out.integer("numberOfBytes", number_of_bytes);
            }
        }
        Input::GetKeyLastUsage(value) => {
            out.text("keyId", &value.key_id);
        }
        Input::GetKeyPolicy(value) => {
            out.text("keyId", &value.key_id);
            if let Some(policy_name) = &value.policy_name {
                out.text("policyName", policy_name);
            }
        }
        Input::GetKeyRotationStatus(value) => {
            out.text("keyId", &value.key_id);
        }
        Input::GetParametersForImport(value) => {
            out.text("keyId", &value.key_id);
            out.word("wrappingAlgorithm", value.wrapping_algorithm.as_str());
            out.word("wrappingKeySpec", value.wrapping_key_spec.as_str());
        }
        Input::GetPublicKey(value) => {
            out.text("keyId", &value.key_id);
        }
        Input::ImportKeyMaterial(value) => {
            if let Some(expiration_model) = value.expiration_model {
                out.word("expirationModel", expiration_model.as_str());
            }
            if let Some(import_type) = value.import_type {
                out.word("importType", import_type.as_str());
            }
            out.text("keyId", &value.key_id);
            if let Some(key_material_description) = &value.key_material_description {
                out.text("keyMaterialDescription", key_material_description);
            }
            if let Some(key_material_id) = &value.key_material_id {
                out.text("keyMaterialId", key_material_id);
            }
            if let Some(valid_to) = value.valid_to {
                out.date("validTo", valid_to);
            }
        }
        Input::ListAliases(value) => {
            if let Some(key_id) = &value.key_id {
                out.text("keyId", key_id);
            }
            if let Some(limit) = value.limit {
                out.integer("limit", limit);
            }
            if let Some(marker) = &value.marker {
                out.text("marker", marker);
            }
        }
        Input::ListGrants(value) => {
            if let Some(grant_id) = &value.grant_id {
                out.text("grantId", grant_id);
            }
            if let Some(grantee_principal) = &value.grantee_principal {
                out.text("granteePrincipal", grantee_principal);
            }
            if let Some(grantee_service_principal) = &value.grantee_service_principal {
                out.text("granteeServicePrincipal", grantee_service_principal);
            }
            out.text("keyId", &value.key_id);
            if let Some(limit) = value.limit {
                out.integer("limit", limit);
            }
            if let Some(marker) = &value.marker {
                out.text("marker", marker);
            }
        }
        Input::ListKeyPolicies(value) => {
            out.text("keyId", &value.key_id);
            if let Some(limit) = value.limit {
                out.integer("limit", limit);
            }
            if let Some(marker) = &value.marker {
                out.text("marker", marker);
            }
        }
        Input::ListKeyRotations(value) => {
            if let Some(include_key_material) = value.include_key_material {
                out.word("includeKeyMaterial", include_key_material.as_str());
            }
            out.text("keyId", &value.key_id);
            if let Some(limit) = value.limit {
                out.integer("limit", limit);
            }
            if let Some(marker) = &value.marker {
                out.text("marker", marker);
            }
        }
        Input::ListKeys(value) => {
            if let Some(limit) = value.limit {
                out.integer("limit", limit);
            }
            if let Some(marker) = &value.marker {
                out.text("marker", marker);
            }
            if let Some(resource_owners) = &value.resource_owners {
                out.words("resourceOwners", resource_owners, |word| word.as_str());
            }
        }
        Input::ListResourceTags(value) => {
            out.text("keyId", &value.key_id);
            if let Some(limit) = value.limit {
                out.integer("limit", limit);
            }
            if let Some(marker) = &value.marker {
                out.text("marker", marker);
            }
        }
        Input::ListRetirableGrants(value) => {
            if let Some(limit) = value.limit {
                out.integer("limit", limit);
            }
            if let Some(marker) = &value.marker {
                out.text("marker", marker);
            }
            if let Some(retiring_principal) = &value.retiring_principal {
                out.text("retiringPrincipal", retiring_principal);
            }
            if let Some(retiring_service_principal) = &value.retiring_service_principal {
                out.text("retiringServicePrincipal", retiring_service_principal);
            }
        }
        Input::PutKeyPolicy(value) => {
            if let Some(bypass_policy_lockout_safety_check) =
                value.bypass_policy_lockout_safety_check
            {
                out.boolean(
                    "bypassPolicyLockoutSafetyCheck",
                    bypass_policy_lockout_safety_check,
                );
            }
            out.text("keyId", &value.key_id);
            out.text("policy", &value.policy);
            if let Some(policy_name) = &value.policy_name {
                out.text("policyName", policy_name);
            }
        }
        Input::ReEncrypt(value) => {
            out.word(
                "destinationEncryptionAlgorithm",
                value
                    .destination_encryption_algorithm
                    .unwrap_or(EncryptionAlgorithmSpec::SymmetricDefault)
                    .as_str(),
            );
            if let Some(destination_encryption_context) = &value.destination_encryption_context {
                out.context(
                    "destinationEncryptionContext",
                    destination_encryption_context,
                );
            }
            out.text("destinationKeyId", &value.destination_key_id);
            out.word(
                "sourceEncryptionAlgorithm",
                value
                    .source_encryption_algorithm
                    .unwrap_or(EncryptionAlgorithmSpec::SymmetricDefault)
                    .as_str(),
            );
            if let Some(source_encryption_context) = &value.source_encryption_context {
                out.context("sourceEncryptionContext", source_encryption_context);
            }
            if let Some(key) = value.source_key_id.as_deref().or(key) {
                out.text("sourceKeyId", key);
            }
        }
        Input::ReplicateKey(value) => {
            if let Some(bypass_policy_lockout_safety_check) =
                value.bypass_policy_lockout_safety_check
            {
                out.boolean(
                    "bypassPolicyLockoutSafetyCheck",
                    bypass_policy_lockout_safety_check,
                );
            }
            if let Some(description) = &value.description {
                out.text("description", description);
            }
            out.text("keyId", &value.key_id);
            if let Some(policy) = &value.policy {
                out.text("policy", policy);
            }
            out.text("replicaRegion", &value.replica_region);
            if let Some(tags) = &value.tags {
                out.list("tags", tags, write_tag);
            }
        }
        Input::RetireGrant(value) => {
            if let Some(grant_id) = &value.grant_id {
                out.text("grantId", grant_id);
            }
            if let Some(key_id) = &value.key_id {
                out.text("keyId", key_id);
            }
        }
        Input::RevokeGrant(value) => {
            out.text("grantId", &value.grant_id);
            out.text("keyId", &value.key_id);
        }
        Input::RotateKeyOnDemand(value) => {
            out.text("keyId", &value.key_id);
        }
        Input::ScheduleKeyDeletion(value) => {
            out.text("keyId", &value.key_id);
            if let Some(pending_window_in_days) = value.pending_window_in_days {
                out.integer("pendingWindowInDays", pending_window_in_days);
            }
        }
        Input::Sign(value) => {
            out.text("keyId", &value.key_id);
            if let Some(message_type) = value.message_type {
                out.word("messageType", message_type.as_str());
            }
            out.word("signingAlgorithm", value.signing_algorithm.as_str());
        }
        Input::TagResource(value) => {
            out.text("keyId", &value.key_id);
            out.list("tags", &value.tags, write_tag);
        }
        Input::UntagResource(value) => {
            out.text("keyId", &value.key_id);
            out.words("tagKeys", &value.tag_keys, |word| word);
        }
        Input::UpdateAlias(value) => {
            out.text("aliasName", &value.alias_name);
            out.text("targetKeyId", &value.target_key_id);
        }
        Input::UpdateCustomKeyStore(value) => {
            if let Some(cloud_hsm_cluster_id) = &value.cloud_hsm_cluster_id {
                out.text("clusterId", cloud_hsm_cluster_id);
            }
            out.text("customKeyStoreId", &value.custom_key_store_id);
            if let Some(new_custom_key_store_name) = &value.new_custom_key_store_name {
                out.text("newCustomKeyStoreName", new_custom_key_store_name);
            }
            if let Some(xks_proxy_authentication_credential) =
                &value.xks_proxy_authentication_credential
            {
                out.object("xksProxyAuthenticationCredential", |out| {
                    write_xks_proxy_authentication_credential_type(
                        out,
                        xks_proxy_authentication_credential,
                    )
                });
            }
            if let Some(xks_proxy_connectivity) = value.xks_proxy_connectivity {
                out.word("xksProxyConnectivity", xks_proxy_connectivity.as_str());
            }
            if let Some(xks_proxy_uri_endpoint) = &value.xks_proxy_uri_endpoint {
                out.text("xksProxyUriEndpoint", xks_proxy_uri_endpoint);
            }
            if let Some(xks_proxy_uri_path) = &value.xks_proxy_uri_path {
                out.text("xksProxyUriPath", xks_proxy_uri_path);
            }
            if let Some(xks_proxy_vpc_endpoint_service_name) =
                &value.xks_proxy_vpc_endpoint_service_name
            {
                out.text(
                    "xksProxyVpcEndpointServiceName",
                    xks_proxy_vpc_endpoint_service_name,
                );
            }
            if let Some(xks_proxy_vpc_endpoint_service_owner) =
                &value.xks_proxy_vpc_endpoint_service_owner
            {
                out.text(
                    "xksProxyVpcEndpointServiceOwner",
                    xks_proxy_vpc_endpoint_service_owner,
                );
            }
        }
        Input::UpdateKeyDescription(value) => {
            out.text("description", &value.description);
            out.text("keyId", &value.key_id);
        }
        Input::UpdatePrimaryRegion(value) => {
            out.text("keyId", &value.key_id);
            out.text("primaryRegion", &value.primary_region);
        }
        Input::Verify(value) => {
            out.text("keyId", &value.key_id);
            if let Some(message_type) = value.message_type {
                out.word("messageType", message_type.as_str());
            }
            out.word("signingAlgorithm", value.signing_algorithm.as_str());
        }
        Input::VerifyMac(value) => {
            out.text("keyId", &value.key_id);
            out.word("macAlgorithm", value.mac_algorithm.as_str());
        }
    }
}

impl Told for CreateCustomKeyStoreResponse {
    fn write(&self, out: &mut Object, _key: Option<&str>) {
        let value = self;
        if let Some(custom_key_store_id) = &value.custom_key_store_id {
            out.text("customKeyStoreId", custom_key_store_id);
        }
    }
}

impl Told for CreateGrantResponse {
    fn write(&self, out: &mut Object, key: Option<&str>) {
        let value = self;
        if let Some(grant_id) = &value.grant_id {
            out.text("grantId", grant_id);
        }
        if let Some(key) = key {
            out.text("keyId", key);
        }
    }
}

impl Told for CreateKeyResponse {
    fn write(&self, out: &mut Object, _key: Option<&str>) {
        let value = self;
        if let Some(key_metadata) = &value.key_metadata {
            out.object("keyMetadata", |out| write_key_metadata(out, key_metadata));
        }
    }
}

impl Told for DeleteImportedKeyMaterialResponse {
    fn write(&self, out: &mut Object, _key: Option<&str>) {
        let value = self;
        if let Some(key_id) = &value.key_id {
            out.text("keyId", key_id);
        }
        if let Some(key_material_id) = &value.key_material_id {
            out.text("keyMaterialId", key_material_id);
        }
    }
}

impl Told for ImportKeyMaterialResponse {
    fn write(&self, out: &mut Object, _key: Option<&str>) {
        let value = self;
        if let Some(key_id) = &value.key_id {
            out.text("keyId", key_id);
        }
        if let Some(key_material_id) = &value.key_material_id {
            out.text("keyMaterialId", key_material_id);
        }
    }
}

impl Told for ReplicateKeyResponse {
    fn write(&self, out: &mut Object, _key: Option<&str>) {
        let value = self;
        if let Some(replica_key_metadata) = &value.replica_key_metadata {
            out.object("replicaKeyMetadata", |out| {
                write_key_metadata(out, replica_key_metadata)
            });
        }
        if let Some(replica_policy) = &value.replica_policy {
            out.text("replicaPolicy", replica_policy);
        }
        if let Some(replica_tags) = &value.replica_tags {
            out.list("replicaTags", replica_tags, write_tag);
        }
    }
}

impl Told for ScheduleKeyDeletionResponse {
    fn write(&self, out: &mut Object, _key: Option<&str>) {
        let value = self;
        if let Some(deletion_date) = value.deletion_date {
            out.date("deletionDate", deletion_date);
        }
        if let Some(key_id) = &value.key_id {
            out.text("keyId", key_id);
        }
        if let Some(key_state) = value.key_state {
            out.word("keyState", key_state.as_str());
        }
        if let Some(pending_window_in_days) = value.pending_window_in_days {
            out.integer("pendingWindowInDays", pending_window_in_days);
        }
    }
}

fn write_grant_constraints(out: &mut Object, value: &GrantConstraints) {
    if let Some(encryption_context_equals) = &value.encryption_context_equals {
        out.context("encryptionContextEquals", encryption_context_equals);
    }
    if let Some(encryption_context_subset) = &value.encryption_context_subset {
        out.context("encryptionContextSubset", encryption_context_subset);
    }
    if let Some(source_arn) = &value.source_arn {
        out.text("sourceArn", source_arn);
    }
}

fn write_key_metadata(out: &mut Object, value: &KeyMetadata) {
    if let Some(aws_account_id) = &value.aws_account_id {
        out.text("aWSAccountId", aws_account_id);
    }
    if let Some(arn) = &value.arn {
        out.text("arn", arn);
    }
    if let Some(cloud_hsm_cluster_id) = &value.cloud_hsm_cluster_id {
        out.text("cloudHsmClusterId", cloud_hsm_cluster_id);
    }
    if let Some(creation_date) = value.creation_date {
        out.date("creationDate", creation_date);
    }
    if let Some(current_key_material_id) = &value.current_key_material_id {
        out.text("currentKeyMaterialId", current_key_material_id);
    }
    if let Some(custom_key_store_id) = &value.custom_key_store_id {
        out.text("customKeyStoreId", custom_key_store_id);
    }
    if let Some(customer_master_key_spec) = value.customer_master_key_spec {
        out.word("customerMasterKeySpec", customer_master_key_spec.as_str());
    }
    if let Some(deletion_date) = value.deletion_date {
        out.date("deletionDate", deletion_date);
    }
    if let Some(description) = &value.description {
        out.text("description", description);
    }
    if let Some(enabled) = value.enabled {
        out.boolean("enabled", enabled);
    }
    if let Some(encapsulation_algorithms) = &value.encapsulation_algorithms {
        out.words(
            "encapsulationAlgorithms",
            encapsulation_algorithms,
            |word| word.as_str(),
        );
    }
    if let Some(encryption_algorithms) = &value.encryption_algorithms {
        out.words("encryptionAlgorithms", encryption_algorithms, |word| {
            word.as_str()
        });
    }
    if let Some(expiration_model) = value.expiration_model {
        out.word("expirationModel", expiration_model.as_str());
    }
    if let Some(key_agreement_algorithms) = &value.key_agreement_algorithms {
        out.words("keyAgreementAlgorithms", key_agreement_algorithms, |word| {
            word.as_str()
        });
    }
    out.text("keyId", &value.key_id);
    if let Some(key_manager) = value.key_manager {
        out.word("keyManager", key_manager.as_str());
    }
    if let Some(key_spec) = value.key_spec {
        out.word("keySpec", key_spec.as_str());
    }
    if let Some(key_state) = value.key_state {
        out.word("keyState", key_state.as_str());
    }
    if let Some(key_usage) = value.key_usage {
        out.word("keyUsage", key_usage.as_str());
    }
    if let Some(mac_algorithms) = &value.mac_algorithms {
        out.words("macAlgorithms", mac_algorithms, |word| word.as_str());
    }
    if let Some(multi_region) = value.multi_region {
        out.boolean("multiRegion", multi_region);
    }
    if let Some(multi_region_configuration) = &value.multi_region_configuration {
        out.object("multiRegionConfiguration", |out| {
            write_multi_region_configuration(out, multi_region_configuration)
        });
    }
    if let Some(origin) = value.origin {
        out.word("origin", origin.as_str());
    }
    if let Some(pending_deletion_window_in_days) = value.pending_deletion_window_in_days {
        out.integer(
            "pendingDeletionWindowInDays",
            pending_deletion_window_in_days,
        );
    }
    if let Some(signing_algorithms) = &value.signing_algorithms {
        out.words("signingAlgorithms", signing_algorithms, |word| {
            word.as_str()
        });
    }
    if let Some(valid_to) = value.valid_to {
        out.date("validTo", valid_to);
    }
    if let Some(xks_key_configuration) = &value.xks_key_configuration {
        out.object("xksKeyConfiguration", |out| {
            write_xks_key_configuration_type(out, xks_key_configuration)
        });
    }
}

fn write_multi_region_configuration(out: &mut Object, value: &MultiRegionConfiguration) {
    if let Some(multi_region_key_type) = value.multi_region_key_type {
        out.word("multiRegionKeyType", multi_region_key_type.as_str());
    }
    if let Some(primary_key) = &value.primary_key {
        out.object("primaryKey", |out| write_multi_region_key(out, primary_key));
    }
    if let Some(replica_keys) = &value.replica_keys {
        out.list("replicaKeys", replica_keys, write_multi_region_key);
    }
}

fn write_multi_region_key(out: &mut Object, value: &MultiRegionKey) {
    if let Some(arn) = &value.arn {
        out.text("arn", arn);
    }
    if let Some(region) = &value.region {
        out.text("region", region);
    }
}

fn write_tag(out: &mut Object, value: &Tag) {
    out.text("tagKey", &value.tag_key);
    out.text("tagValue", &value.tag_value);
}

fn write_xks_key_configuration_type(out: &mut Object, value: &XksKeyConfigurationType) {
    if let Some(id) = &value.id {
        out.text("id", id);
    }
}

fn write_xks_proxy_authentication_credential_type(
    out: &mut Object,
    value: &XksProxyAuthenticationCredentialType,
) {
    out.text("accessKeyId", public_half(&value.access_key_id));
}
