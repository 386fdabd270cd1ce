// Written from model/kms-2014-11-01.json by xtask/src/codegen/wire_encode.rs (`cargo xtask codegen`).
// What differs from the model is a line in model/overlay.toml. Do not edit.

//! Encoders: from an output to the body of the answer.

use strongroom_model::{operations::Output, shapes::*};

use super::super::encode::{Body, SecretBody};

/// Writes the body of the answer, in a buffer that is wiped. Absent members are left
/// out. An operation without an output shape has an empty body.
#[must_use]
pub fn encode(output: &Output) -> SecretBody {
    let mut body = Body::new();
    match output {
        Output::CancelKeyDeletion(response) => {
            write_cancel_key_deletion_response(&mut body, response)
        }
        Output::ConnectCustomKeyStore(response) => {
            write_connect_custom_key_store_response(&mut body, response)
        }
        Output::CreateCustomKeyStore(response) => {
            write_create_custom_key_store_response(&mut body, response)
        }
        Output::CreateGrant(response) => write_create_grant_response(&mut body, response),
        Output::CreateKey(response) => write_create_key_response(&mut body, response),
        Output::Decapsulate(response) => write_decapsulate_response(&mut body, response),
        Output::Decrypt(response) => write_decrypt_response(&mut body, response),
        Output::DeleteCustomKeyStore(response) => {
            write_delete_custom_key_store_response(&mut body, response)
        }
        Output::DeleteImportedKeyMaterial(response) => {
            write_delete_imported_key_material_response(&mut body, response)
        }
        Output::DeriveSharedSecret(response) => {
            write_derive_shared_secret_response(&mut body, response)
        }
        Output::DescribeCustomKeyStores(response) => {
            write_describe_custom_key_stores_response(&mut body, response)
        }
        Output::DescribeKey(response) => write_describe_key_response(&mut body, response),
        Output::DisconnectCustomKeyStore(response) => {
            write_disconnect_custom_key_store_response(&mut body, response)
        }
        Output::Encapsulate(response) => write_encapsulate_response(&mut body, response),
        Output::Encrypt(response) => write_encrypt_response(&mut body, response),
        Output::GenerateDataKey(response) => write_generate_data_key_response(&mut body, response),
        Output::GenerateDataKeyPair(response) => {
            write_generate_data_key_pair_response(&mut body, response)
        }
        Output::GenerateDataKeyPairWithoutPlaintext(response) => {
            write_generate_data_key_pair_without_plaintext_response(&mut body, response)
        }
        Output::GenerateDataKeyWithoutPlaintext(response) => {
            write_generate_data_key_without_plaintext_response(&mut body, response)
        }
        Output::GenerateMac(response) => write_generate_mac_response(&mut body, response),
        Output::GenerateRandom(response) => write_generate_random_response(&mut body, response),
        Output::GetKeyLastUsage(response) => write_get_key_last_usage_response(&mut body, response),
        Output::GetKeyPolicy(response) => write_get_key_policy_response(&mut body, response),
        Output::GetKeyRotationStatus(response) => {
            write_get_key_rotation_status_response(&mut body, response)
        }
        Output::GetParametersForImport(response) => {
            write_get_parameters_for_import_response(&mut body, response)
        }
        Output::GetPublicKey(response) => write_get_public_key_response(&mut body, response),
        Output::ImportKeyMaterial(response) => {
            write_import_key_material_response(&mut body, response)
        }
        Output::ListAliases(response) => write_list_aliases_response(&mut body, response),
        Output::ListGrants(response) => write_list_grants_response(&mut body, response),
        Output::ListKeyPolicies(response) => write_list_key_policies_response(&mut body, response),
        Output::ListKeyRotations(response) => {
            write_list_key_rotations_response(&mut body, response)
        }
        Output::ListKeys(response) => write_list_keys_response(&mut body, response),
        Output::ListResourceTags(response) => {
            write_list_resource_tags_response(&mut body, response)
        }
        Output::ListRetirableGrants(response) => write_list_grants_response(&mut body, response),
        Output::ReEncrypt(response) => write_re_encrypt_response(&mut body, response),
        Output::ReplicateKey(response) => write_replicate_key_response(&mut body, response),
        Output::RotateKeyOnDemand(response) => {
            write_rotate_key_on_demand_response(&mut body, response)
        }
        Output::ScheduleKeyDeletion(response) => {
            write_schedule_key_deletion_response(&mut body, response)
        }
        Output::Sign(response) => write_sign_response(&mut body, response),
        Output::UpdateCustomKeyStore(response) => {
            write_update_custom_key_store_response(&mut body, response)
        }
        Output::Verify(response) => write_verify_response(&mut body, response),
        Output::VerifyMac(response) => write_verify_mac_response(&mut body, response),
        Output::CreateAlias
        | Output::DeleteAlias
        | Output::DisableKey
        | Output::DisableKeyRotation
        | Output::EnableKey
        | Output::EnableKeyRotation
        | Output::PutKeyPolicy
        | Output::RetireGrant
        | Output::RevokeGrant
        | Output::TagResource
        | Output::UntagResource
        | Output::UpdateAlias
        | Output::UpdateKeyDescription
        | Output::UpdatePrimaryRegion => {}
    }
    body.finish()
}

fn write_alias_list_entry(body: &mut Body, value: &AliasListEntry) {
    body.open(b'{');
    if let Some(alias_arn) = &value.alias_arn {
        body.member("AliasArn");
        body.text(alias_arn);
    }
    if let Some(alias_name) = &value.alias_name {
        body.member("AliasName");
        body.text(alias_name);
    }
    if let Some(creation_date) = &value.creation_date {
        body.member("CreationDate");
        body.timestamp(*creation_date);
    }
    if let Some(last_updated_date) = &value.last_updated_date {
        body.member("LastUpdatedDate");
        body.timestamp(*last_updated_date);
    }
    if let Some(target_key_id) = &value.target_key_id {
        body.member("TargetKeyId");
        body.text(target_key_id);
    }
    body.close(b'}');
}

fn write_cancel_key_deletion_response(body: &mut Body, value: &CancelKeyDeletionResponse) {
    body.open(b'{');
    if let Some(key_id) = &value.key_id {
        body.member("KeyId");
        body.text(key_id);
    }
    body.close(b'}');
}

fn write_connect_custom_key_store_response(body: &mut Body, _: &ConnectCustomKeyStoreResponse) {
    body.open(b'{');
    body.close(b'}');
}

fn write_create_custom_key_store_response(body: &mut Body, value: &CreateCustomKeyStoreResponse) {
    body.open(b'{');
    if let Some(custom_key_store_id) = &value.custom_key_store_id {
        body.member("CustomKeyStoreId");
        body.text(custom_key_store_id);
    }
    body.close(b'}');
}

fn write_create_grant_response(body: &mut Body, value: &CreateGrantResponse) {
    body.open(b'{');
    if let Some(grant_id) = &value.grant_id {
        body.member("GrantId");
        body.text(grant_id);
    }
    if let Some(grant_token) = &value.grant_token {
        body.member("GrantToken");
        body.text(grant_token.expose());
    }
    body.close(b'}');
}

fn write_create_key_response(body: &mut Body, value: &CreateKeyResponse) {
    body.open(b'{');
    if let Some(key_metadata) = &value.key_metadata {
        body.member("KeyMetadata");
        write_key_metadata(body, key_metadata);
    }
    body.close(b'}');
}

fn write_custom_key_stores_list_entry(body: &mut Body, value: &CustomKeyStoresListEntry) {
    body.open(b'{');
    if let Some(cloud_hsm_cluster_id) = &value.cloud_hsm_cluster_id {
        body.member("CloudHsmClusterId");
        body.text(cloud_hsm_cluster_id);
    }
    if let Some(connection_error_code) = &value.connection_error_code {
        body.member("ConnectionErrorCode");
        body.text(connection_error_code.as_str());
    }
    if let Some(connection_state) = &value.connection_state {
        body.member("ConnectionState");
        body.text(connection_state.as_str());
    }
    if let Some(creation_date) = &value.creation_date {
        body.member("CreationDate");
        body.timestamp(*creation_date);
    }
    if let Some(custom_key_store_id) = &value.custom_key_store_id {
        body.member("CustomKeyStoreId");
        body.text(custom_key_store_id);
    }
    if let Some(custom_key_store_name) = &value.custom_key_store_name {
        body.member("CustomKeyStoreName");
        body.text(custom_key_store_name);
    }
    if let Some(custom_key_store_type) = &value.custom_key_store_type {
        body.member("CustomKeyStoreType");
        body.text(custom_key_store_type.as_str());
    }
    if let Some(trust_anchor_certificate) = &value.trust_anchor_certificate {
        body.member("TrustAnchorCertificate");
        body.text(trust_anchor_certificate);
    }
    if let Some(xks_proxy_configuration) = &value.xks_proxy_configuration {
        body.member("XksProxyConfiguration");
        write_xks_proxy_configuration_type(body, xks_proxy_configuration);
    }
    body.close(b'}');
}

fn write_decapsulate_response(body: &mut Body, value: &DecapsulateResponse) {
    body.open(b'{');
    if let Some(encapsulation_algorithm) = &value.encapsulation_algorithm {
        body.member("EncapsulationAlgorithm");
        body.text(encapsulation_algorithm.as_str());
    }
    if let Some(key_id) = &value.key_id {
        body.member("KeyId");
        body.text(key_id);
    }
    if let Some(shared_secret) = &value.shared_secret {
        body.member("SharedSecret");
        body.secret_blob(shared_secret);
    }
    body.close(b'}');
}

fn write_decrypt_response(body: &mut Body, value: &DecryptResponse) {
    body.open(b'{');
    if let Some(ciphertext_for_recipient) = &value.ciphertext_for_recipient {
        body.member("CiphertextForRecipient");
        body.blob(ciphertext_for_recipient);
    }
    if let Some(encryption_algorithm) = &value.encryption_algorithm {
        body.member("EncryptionAlgorithm");
        body.text(encryption_algorithm.as_str());
    }
    if let Some(key_id) = &value.key_id {
        body.member("KeyId");
        body.text(key_id);
    }
    if let Some(key_material_id) = &value.key_material_id {
        body.member("KeyMaterialId");
        body.text(key_material_id);
    }
    if let Some(plaintext) = &value.plaintext {
        body.member("Plaintext");
        body.secret_blob(plaintext);
    }
    body.close(b'}');
}

fn write_delete_custom_key_store_response(body: &mut Body, _: &DeleteCustomKeyStoreResponse) {
    body.open(b'{');
    body.close(b'}');
}

fn write_delete_imported_key_material_response(
    body: &mut Body,
    value: &DeleteImportedKeyMaterialResponse,
) {
    body.open(b'{');
    if let Some(key_id) = &value.key_id {
        body.member("KeyId");
        body.text(key_id);
    }
    if let Some(key_material_id) = &value.key_material_id {
        body.member("KeyMaterialId");
        body.text(key_material_id);
    }
    body.close(b'}');
}

fn write_derive_shared_secret_response(body: &mut Body, value: &DeriveSharedSecretResponse) {
    body.open(b'{');
    if let Some(ciphertext_for_recipient) = &value.ciphertext_for_recipient {
        body.member("CiphertextForRecipient");
        body.blob(ciphertext_for_recipient);
    }
    if let Some(key_agreement_algorithm) = &value.key_agreement_algorithm {
        body.member("KeyAgreementAlgorithm");
        body.text(key_agreement_algorithm.as_str());
    }
    if let Some(key_id) = &value.key_id {
        body.member("KeyId");
        body.text(key_id);
    }
    if let Some(key_origin) = &value.key_origin {
        body.member("KeyOrigin");
        body.text(key_origin.as_str());
    }
    if let Some(shared_secret) = &value.shared_secret {
        body.member("SharedSecret");
        body.secret_blob(shared_secret);
    }
    body.close(b'}');
}

fn write_describe_custom_key_stores_response(
    body: &mut Body,
    value: &DescribeCustomKeyStoresResponse,
) {
    body.open(b'{');
    if let Some(custom_key_stores) = &value.custom_key_stores {
        body.member("CustomKeyStores");
        body.list(custom_key_stores, write_custom_key_stores_list_entry);
    }
    if let Some(next_marker) = &value.next_marker {
        body.member("NextMarker");
        body.text(next_marker);
    }
    if let Some(truncated) = &value.truncated {
        body.member("Truncated");
        body.boolean(*truncated);
    }
    body.close(b'}');
}

fn write_describe_key_response(body: &mut Body, value: &DescribeKeyResponse) {
    body.open(b'{');
    if let Some(key_metadata) = &value.key_metadata {
        body.member("KeyMetadata");
        write_key_metadata(body, key_metadata);
    }
    body.close(b'}');
}

fn write_disconnect_custom_key_store_response(
    body: &mut Body,
    _: &DisconnectCustomKeyStoreResponse,
) {
    body.open(b'{');
    body.close(b'}');
}

fn write_encapsulate_response(body: &mut Body, value: &EncapsulateResponse) {
    body.open(b'{');
    if let Some(encapsulation_algorithm) = &value.encapsulation_algorithm {
        body.member("EncapsulationAlgorithm");
        body.text(encapsulation_algorithm.as_str());
    }
    if let Some(key_id) = &value.key_id {
        body.member("KeyId");
        body.text(key_id);
    }
    if let Some(shared_secret) = &value.shared_secret {
        body.member("SharedSecret");
        body.secret_blob(shared_secret);
    }
    if let Some(shared_secret_ciphertext_blob) = &value.shared_secret_ciphertext_blob {
        body.member("SharedSecretCiphertextBlob");
        body.blob(shared_secret_ciphertext_blob);
    }
    body.close(b'}');
}

fn write_encrypt_response(body: &mut Body, value: &EncryptResponse) {
    body.open(b'{');
    if let Some(ciphertext_blob) = &value.ciphertext_blob {
        body.member("CiphertextBlob");
        body.blob(ciphertext_blob);
    }
    if let Some(encryption_algorithm) = &value.encryption_algorithm {
        body.member("EncryptionAlgorithm");
        body.text(encryption_algorithm.as_str());
    }
    if let Some(key_id) = &value.key_id {
        body.member("KeyId");
        body.text(key_id);
    }
    body.close(b'}');
}

fn write_generate_data_key_pair_response(body: &mut Body, value: &GenerateDataKeyPairResponse) {
    body.open(b'{');
    if let Some(ciphertext_for_recipient) = &value.ciphertext_for_recipient {
        body.member("CiphertextForRecipient");
        body.blob(ciphertext_for_recipient);
    }
    if let Some(key_id) = &value.key_id {
        body.member("KeyId");
        body.text(key_id);
    }
    if let Some(key_material_id) = &value.key_material_id {
        body.member("KeyMaterialId");
        body.text(key_material_id);
    }
    if let Some(key_pair_spec) = &value.key_pair_spec {
        body.member("KeyPairSpec");
        body.text(key_pair_spec.as_str());
    }
    if let Some(private_key_ciphertext_blob) = &value.private_key_ciphertext_blob {
        body.member("PrivateKeyCiphertextBlob");
        body.blob(private_key_ciphertext_blob);
    }
    if let Some(private_key_plaintext) = &value.private_key_plaintext {
        body.member("PrivateKeyPlaintext");
        body.secret_blob(private_key_plaintext);
    }
    if let Some(public_key) = &value.public_key {
        body.member("PublicKey");
        body.blob(public_key);
    }
    body.close(b'}');
}

fn write_generate_data_key_pair_without_plaintext_response(
    body: &mut Body,
    value: &GenerateDataKeyPairWithoutPlaintextResponse,
) {
    body.open(b'{');
    if let Some(key_id) = &value.key_id {
        body.member("KeyId");
        body.text(key_id);
    }
    if let Some(key_material_id) = &value.key_material_id {
        body.member("KeyMaterialId");
        body.text(key_material_id);
    }
    if let Some(key_pair_spec) = &value.key_pair_spec {
        body.member("KeyPairSpec");
        body.text(key_pair_spec.as_str());
    }
    if let Some(private_key_ciphertext_blob) = &value.private_key_ciphertext_blob {
        body.member("PrivateKeyCiphertextBlob");
        body.blob(private_key_ciphertext_blob);
    }
    if let Some(public_key) = &value.public_key {
        body.member("PublicKey");
        body.blob(public_key);
    }
    body.close(b'}');
}

fn write_generate_data_key_response(body: &mut Body, value: &GenerateDataKeyResponse) {
    body.open(b'{');
    if let Some(ciphertext_blob) = &value.ciphertext_blob {
        body.member("CiphertextBlob");
        body.blob(ciphertext_blob);
    }
    if let Some(ciphertext_for_recipient) = &value.ciphertext_for_recipient {
        body.member("CiphertextForRecipient");
        body.blob(ciphertext_for_recipient);
    }
    if let Some(key_id) = &value.key_id {
        body.member("KeyId");
        body.text(key_id);
    }
    if let Some(key_material_id) = &value.key_material_id {
        body.member("KeyMaterialId");
        body.text(key_material_id);
    }
    if let Some(plaintext) = &value.plaintext {
        body.member("Plaintext");
        body.secret_blob(plaintext);
    }
    body.close(b'}');
}

fn write_generate_data_key_without_plaintext_response(
    body: &mut Body,
    value: &GenerateDataKeyWithoutPlaintextResponse,
) {
    body.open(b'{');
    if let Some(ciphertext_blob) = &value.ciphertext_blob {
        body.member("CiphertextBlob");
        body.blob(ciphertext_blob);
    }
    if let Some(key_id) = &value.key_id {
        body.member("KeyId");
        body.text(key_id);
    }
    if let Some(key_material_id) = &value.key_material_id {
        body.member("KeyMaterialId");
        body.text(key_material_id);
    }
    body.close(b'}');
}

fn write_generate_mac_response(body: &mut Body, value: &GenerateMacResponse) {
    body.open(b'{');
    if let Some(key_id) = &value.key_id {
        body.member("KeyId");
        body.text(key_id);
    }
    if let Some(mac) = &value.mac {
        body.member("Mac");
        body.secret_blob(mac);
    }
    if let Some(mac_algorithm) = &value.mac_algorithm {
        body.member("MacAlgorithm");
        body.text(mac_algorithm.as_str());
    }
    body.close(b'}');
}

fn write_generate_random_response(body: &mut Body, value: &GenerateRandomResponse) {
    body.open(b'{');
    if let Some(ciphertext_for_recipient) = &value.ciphertext_for_recipient {
        body.member("CiphertextForRecipient");
        body.blob(ciphertext_for_recipient);
    }
    if let Some(plaintext) = &value.plaintext {
        body.member("Plaintext");
        body.secret_blob(plaintext);
    }
    body.close(b'}');
}

fn write_get_key_last_usage_response(body: &mut Body, value: &GetKeyLastUsageResponse) {
    body.open(b'{');
    if let Some(key_creation_date) = &value.key_creation_date {
        body.member("KeyCreationDate");
        body.timestamp(*key_creation_date);
    }
    if let Some(key_id) = &value.key_id {
        body.member("KeyId");
        body.text(key_id);
    }
    if let Some(key_last_usage) = &value.key_last_usage {
        body.member("KeyLastUsage");
        write_key_last_usage_data(body, key_last_usage);
    }
    if let Some(tracking_start_date) = &value.tracking_start_date {
        body.member("TrackingStartDate");
        body.timestamp(*tracking_start_date);
    }
    body.close(b'}');
}

fn write_get_key_policy_response(body: &mut Body, value: &GetKeyPolicyResponse) {
    body.open(b'{');
    if let Some(policy) = &value.policy {
        body.member("Policy");
        body.text(policy);
    }
    if let Some(policy_name) = &value.policy_name {
        body.member("PolicyName");
        body.text(policy_name);
    }
    body.close(b'}');
}

fn write_get_key_rotation_status_response(body: &mut Body, value: &GetKeyRotationStatusResponse) {
    body.open(b'{');
    if let Some(key_id) = &value.key_id {
        body.member("KeyId");
        body.text(key_id);
    }
    if let Some(key_rotation_enabled) = &value.key_rotation_enabled {
        body.member("KeyRotationEnabled");
        body.boolean(*key_rotation_enabled);
    }
    if let Some(next_rotation_date) = &value.next_rotation_date {
        body.member("NextRotationDate");
        body.timestamp(*next_rotation_date);
    }
    if let Some(on_demand_rotation_start_date) = &value.on_demand_rotation_start_date {
        body.member("OnDemandRotationStartDate");
        body.timestamp(*on_demand_rotation_start_date);
    }
    if let Some(rotation_period_in_days) = &value.rotation_period_in_days {
        body.member("RotationPeriodInDays");
        body.integer(*rotation_period_in_days);
    }
    body.close(b'}');
}

fn write_get_parameters_for_import_response(
    body: &mut Body,
    value: &GetParametersForImportResponse,
) {
    body.open(b'{');
    if let Some(import_token) = &value.import_token {
        body.member("ImportToken");
        body.secret_blob(import_token);
    }
    if let Some(key_id) = &value.key_id {
        body.member("KeyId");
        body.text(key_id);
    }
    if let Some(parameters_valid_to) = &value.parameters_valid_to {
        body.member("ParametersValidTo");
        body.timestamp(*parameters_valid_to);
    }
    if let Some(public_key) = &value.public_key {
        body.member("PublicKey");
        body.secret_blob(public_key);
    }
    body.close(b'}');
}

fn write_get_public_key_response(body: &mut Body, value: &GetPublicKeyResponse) {
    body.open(b'{');
    if let Some(customer_master_key_spec) = &value.customer_master_key_spec {
        body.member("CustomerMasterKeySpec");
        body.text(customer_master_key_spec.as_str());
    }
    if let Some(encapsulation_algorithms) = &value.encapsulation_algorithms {
        body.member("EncapsulationAlgorithms");
        body.list(encapsulation_algorithms, |body, element| {
            body.text(element.as_str())
        });
    }
    if let Some(encryption_algorithms) = &value.encryption_algorithms {
        body.member("EncryptionAlgorithms");
        body.list(encryption_algorithms, |body, element| {
            body.text(element.as_str())
        });
    }
    if let Some(key_agreement_algorithms) = &value.key_agreement_algorithms {
        body.member("KeyAgreementAlgorithms");
        body.list(key_agreement_algorithms, |body, element| {
            body.text(element.as_str())
        });
    }
    if let Some(key_id) = &value.key_id {
        body.member("KeyId");
        body.text(key_id);
    }
    if let Some(key_spec) = &value.key_spec {
        body.member("KeySpec");
        body.text(key_spec.as_str());
    }
    if let Some(key_usage) = &value.key_usage {
        body.member("KeyUsage");
        body.text(key_usage.as_str());
    }
    if let Some(public_key) = &value.public_key {
        body.member("PublicKey");
        body.blob(public_key);
    }
    if let Some(signing_algorithms) = &value.signing_algorithms {
        body.member("SigningAlgorithms");
        body.list(signing_algorithms, |body, element| {
            body.text(element.as_str())
        });
    }
    body.close(b'}');
}

fn write_grant_constraints(body: &mut Body, value: &GrantConstraints) {
    body.open(b'{');
    if let Some(encryption_context_equals) = &value.encryption_context_equals {
        body.member("EncryptionContextEquals");
        body.context(encryption_context_equals);
    }
    if let Some(encryption_context_subset) = &value.encryption_context_subset {
        body.member("EncryptionContextSubset");
        body.context(encryption_context_subset);
    }
    if let Some(source_arn) = &value.source_arn {
        body.member("SourceArn");
        body.text(source_arn);
    }
    body.close(b'}');
}

fn write_grant_list_entry(body: &mut Body, value: &GrantListEntry) {
    body.open(b'{');
    if let Some(constraints) = &value.constraints {
        body.member("Constraints");
        write_grant_constraints(body, constraints);
    }
    if let Some(creation_date) = &value.creation_date {
        body.member("CreationDate");
        body.timestamp(*creation_date);
    }
    if let Some(grant_id) = &value.grant_id {
        body.member("GrantId");
        body.text(grant_id);
    }
    if let Some(grantee_principal) = &value.grantee_principal {
        body.member("GranteePrincipal");
        body.text(grantee_principal);
    }
    if let Some(grantee_service_principal) = &value.grantee_service_principal {
        body.member("GranteeServicePrincipal");
        body.text(grantee_service_principal);
    }
    if let Some(issuing_account) = &value.issuing_account {
        body.member("IssuingAccount");
        body.text(issuing_account);
    }
    if let Some(key_id) = &value.key_id {
        body.member("KeyId");
        body.text(key_id);
    }
    if let Some(name) = &value.name {
        body.member("Name");
        body.text(name);
    }
    if let Some(operations) = &value.operations {
        body.member("Operations");
        body.list(operations, |body, element| body.text(element.as_str()));
    }
    if let Some(retiring_principal) = &value.retiring_principal {
        body.member("RetiringPrincipal");
        body.text(retiring_principal);
    }
    if let Some(retiring_service_principal) = &value.retiring_service_principal {
        body.member("RetiringServicePrincipal");
        body.text(retiring_service_principal);
    }
    body.close(b'}');
}

fn write_import_key_material_response(body: &mut Body, value: &ImportKeyMaterialResponse) {
    body.open(b'{');
    if let Some(key_id) = &value.key_id {
        body.member("KeyId");
        body.text(key_id);
    }
    if let Some(key_material_id) = &value.key_material_id {
        body.member("KeyMaterialId");
        body.text(key_material_id);
    }
    body.close(b'}');
}

fn write_key_last_usage_data(body: &mut Body, value: &KeyLastUsageData) {
    body.open(b'{');
    if let Some(cloud_trail_event_id) = &value.cloud_trail_event_id {
        body.member("CloudTrailEventId");
        body.text(cloud_trail_event_id);
    }
    if let Some(kms_request_id) = &value.kms_request_id {
        body.member("KmsRequestId");
        body.text(kms_request_id);
    }
    if let Some(operation) = &value.operation {
        body.member("Operation");
        body.text(operation.as_str());
    }
    if let Some(timestamp) = &value.timestamp {
        body.member("Timestamp");
        body.timestamp(*timestamp);
    }
    body.close(b'}');
}

fn write_key_list_entry(body: &mut Body, value: &KeyListEntry) {
    body.open(b'{');
    if let Some(key_arn) = &value.key_arn {
        body.member("KeyArn");
        body.text(key_arn);
    }
    if let Some(key_id) = &value.key_id {
        body.member("KeyId");
        body.text(key_id);
    }
    body.close(b'}');
}

fn write_key_metadata(body: &mut Body, value: &KeyMetadata) {
    body.open(b'{');
    if let Some(aws_account_id) = &value.aws_account_id {
        body.member("AWSAccountId");
        body.text(aws_account_id);
    }
    if let Some(arn) = &value.arn {
        body.member("Arn");
        body.text(arn);
    }
    if let Some(cloud_hsm_cluster_id) = &value.cloud_hsm_cluster_id {
        body.member("CloudHsmClusterId");
        body.text(cloud_hsm_cluster_id);
    }
    if let Some(creation_date) = &value.creation_date {
        body.member("CreationDate");
        body.timestamp(*creation_date);
    }
    if let Some(current_key_material_id) = &value.current_key_material_id {
        body.member("CurrentKeyMaterialId");
        body.text(current_key_material_id);
    }
    if let Some(custom_key_store_id) = &value.custom_key_store_id {
        body.member("CustomKeyStoreId");
        body.text(custom_key_store_id);
    }
    if let Some(customer_master_key_spec) = &value.customer_master_key_spec {
        body.member("CustomerMasterKeySpec");
        body.text(customer_master_key_spec.as_str());
    }
    if let Some(deletion_date) = &value.deletion_date {
        body.member("DeletionDate");
        body.timestamp(*deletion_date);
    }
    if let Some(description) = &value.description {
        body.member("Description");
        body.text(description);
    }
    if let Some(enabled) = &value.enabled {
        body.member("Enabled");
        body.boolean(*enabled);
    }
    if let Some(encapsulation_algorithms) = &value.encapsulation_algorithms {
        body.member("EncapsulationAlgorithms");
        body.list(encapsulation_algorithms, |body, element| {
            body.text(element.as_str())
        });
    }
    if let Some(encryption_algorithms) = &value.encryption_algorithms {
        body.member("EncryptionAlgorithms");
        body.list(encryption_algorithms, |body, element| {
            body.text(element.as_str())
        });
    }
    if let Some(expiration_model) = &value.expiration_model {
        body.member("ExpirationModel");
        body.text(expiration_model.as_str());
    }
    if let Some(key_agreement_algorithms) = &value.key_agreement_algorithms {
        body.member("KeyAgreementAlgorithms");
        body.list(key_agreement_algorithms, |body, element| {
            body.text(element.as_str())
        });
    }
    body.member("KeyId");
    body.text(&value.key_id);
    if let Some(key_manager) = &value.key_manager {
        body.member("KeyManager");
        body.text(key_manager.as_str());
    }
    if let Some(key_spec) = &value.key_spec {
        body.member("KeySpec");
        body.text(key_spec.as_str());
    }
    if let Some(key_state) = &value.key_state {
        body.member("KeyState");
        body.text(key_state.as_str());
    }
    if let Some(key_usage) = &value.key_usage {
        body.member("KeyUsage");
        body.text(key_usage.as_str());
    }
    if let Some(mac_algorithms) = &value.mac_algorithms {
        body.member("MacAlgorithms");
        body.list(mac_algorithms, |body, element| body.text(element.as_str()));
    }
    if let Some(multi_region) = &value.multi_region {
        body.member("MultiRegion");
        body.boolean(*multi_region);
    }
    if let Some(multi_region_configuration) = &value.multi_region_configuration {
        body.member("MultiRegionConfiguration");
        write_multi_region_configuration(body, multi_region_configuration);
    }
    if let Some(origin) = &value.origin {
        body.member("Origin");
        body.text(origin.as_str());
    }
    if let Some(pending_deletion_window_in_days) = &value.pending_deletion_window_in_days {
        body.member("PendingDeletionWindowInDays");
        body.integer(*pending_deletion_window_in_days);
    }
    if let Some(signing_algorithms) = &value.signing_algorithms {
        body.member("SigningAlgorithms");
        body.list(signing_algorithms, |body, element| {
            body.text(element.as_str())
        });
    }
    if let Some(valid_to) = &value.valid_to {
        body.member("ValidTo");
        body.timestamp(*valid_to);
    }
    if let Some(xks_key_configuration) = &value.xks_key_configuration {
        body.member("XksKeyConfiguration");
        write_xks_key_configuration_type(body, xks_key_configuration);
    }
    body.close(b'}');
}

fn write_list_aliases_response(body: &mut Body, value: &ListAliasesResponse) {
    body.open(b'{');
    if let Some(aliases) = &value.aliases {
        body.member("Aliases");
        body.list(aliases, write_alias_list_entry);
    }
    if let Some(next_marker) = &value.next_marker {
        body.member("NextMarker");
        body.text(next_marker);
    }
    if let Some(truncated) = &value.truncated {
        body.member("Truncated");
        body.boolean(*truncated);
    }
    body.close(b'}');
}

fn write_list_grants_response(body: &mut Body, value: &ListGrantsResponse) {
    body.open(b'{');
    if let Some(grants) = &value.grants {
        body.member("Grants");
        body.list(grants, write_grant_list_entry);
    }
    if let Some(next_marker) = &value.next_marker {
        body.member("NextMarker");
        body.text(next_marker);
    }
    if let Some(truncated) = &value.truncated {
        body.member("Truncated");
        body.boolean(*truncated);
    }
    body.close(b'}');
}

fn write_list_key_policies_response(body: &mut Body, value: &ListKeyPoliciesResponse) {
    body.open(b'{');
    if let Some(next_marker) = &value.next_marker {
        body.member("NextMarker");
        body.text(next_marker);
    }
    if let Some(policy_names) = &value.policy_names {
        body.member("PolicyNames");
        body.list(policy_names, |body, element| body.text(element));
    }
    if let Some(truncated) = &value.truncated {
        body.member("Truncated");
        body.boolean(*truncated);
    }
    body.close(b'}');
}

fn write_list_key_rotations_response(body: &mut Body, value: &ListKeyRotationsResponse) {
    body.open(b'{');
    if let Some(next_marker) = &value.next_marker {
        body.member("NextMarker");
        body.text(next_marker);
    }
    if let Some(rotations) = &value.rotations {
        body.member("Rotations");
        body.list(rotations, write_rotations_list_entry);
    }
    if let Some(truncated) = &value.truncated {
        body.member("Truncated");
        body.boolean(*truncated);
    }
    body.close(b'}');
}

fn write_list_keys_response(body: &mut Body, value: &ListKeysResponse) {
    body.open(b'{');
    if let Some(keys) = &value.keys {
        body.member("Keys");
        body.list(keys, write_key_list_entry);
    }
    if let Some(next_marker) = &value.next_marker {
        body.member("NextMarker");
        body.text(next_marker);
    }
    if let Some(truncated) = &value.truncated {
        body.member("Truncated");
        body.boolean(*truncated);
    }
    body.close(b'}');
}

fn write_list_resource_tags_response(body: &mut Body, value: &ListResourceTagsResponse) {
    body.open(b'{');
    if let Some(next_marker) = &value.next_marker {
        body.member("NextMarker");
        body.text(next_marker);
    }
    if let Some(tags) = &value.tags {
        body.member("Tags");
        body.list(tags, write_tag);
    }
    if let Some(truncated) = &value.truncated {
        body.member("Truncated");
        body.boolean(*truncated);
    }
    body.close(b'}');
}

fn write_multi_region_configuration(body: &mut Body, value: &MultiRegionConfiguration) {
    body.open(b'{');
    if let Some(multi_region_key_type) = &value.multi_region_key_type {
        body.member("MultiRegionKeyType");
        body.text(multi_region_key_type.as_str());
    }
    if let Some(primary_key) = &value.primary_key {
        body.member("PrimaryKey");
        write_multi_region_key(body, primary_key);
    }
    if let Some(replica_keys) = &value.replica_keys {
        body.member("ReplicaKeys");
        body.list(replica_keys, write_multi_region_key);
    }
    body.close(b'}');
}

fn write_multi_region_key(body: &mut Body, value: &MultiRegionKey) {
    body.open(b'{');
    if let Some(arn) = &value.arn {
        body.member("Arn");
        body.text(arn);
    }
    if let Some(region) = &value.region {
        body.member("Region");
        body.text(region);
    }
    body.close(b'}');
}

fn write_re_encrypt_response(body: &mut Body, value: &ReEncryptResponse) {
    body.open(b'{');
    if let Some(ciphertext_blob) = &value.ciphertext_blob {
        body.member("CiphertextBlob");
        body.blob(ciphertext_blob);
    }
    if let Some(destination_encryption_algorithm) = &value.destination_encryption_algorithm {
        body.member("DestinationEncryptionAlgorithm");
        body.text(destination_encryption_algorithm.as_str());
    }
    if let Some(destination_key_material_id) = &value.destination_key_material_id {
        body.member("DestinationKeyMaterialId");
        body.text(destination_key_material_id);
    }
    if let Some(key_id) = &value.key_id {
        body.member("KeyId");
        body.text(key_id);
    }
    if let Some(source_encryption_algorithm) = &value.source_encryption_algorithm {
        body.member("SourceEncryptionAlgorithm");
        body.text(source_encryption_algorithm.as_str());
    }
    if let Some(source_key_id) = &value.source_key_id {
        body.member("SourceKeyId");
        body.text(source_key_id);
    }
    if let Some(source_key_material_id) = &value.source_key_material_id {
        body.member("SourceKeyMaterialId");
        body.text(source_key_material_id);
    }
    body.close(b'}');
}

fn write_replicate_key_response(body: &mut Body, value: &ReplicateKeyResponse) {
    body.open(b'{');
    if let Some(replica_key_metadata) = &value.replica_key_metadata {
        body.member("ReplicaKeyMetadata");
        write_key_metadata(body, replica_key_metadata);
    }
    if let Some(replica_policy) = &value.replica_policy {
        body.member("ReplicaPolicy");
        body.text(replica_policy);
    }
    if let Some(replica_tags) = &value.replica_tags {
        body.member("ReplicaTags");
        body.list(replica_tags, write_tag);
    }
    body.close(b'}');
}

fn write_rotate_key_on_demand_response(body: &mut Body, value: &RotateKeyOnDemandResponse) {
    body.open(b'{');
    if let Some(key_id) = &value.key_id {
        body.member("KeyId");
        body.text(key_id);
    }
    body.close(b'}');
}

fn write_rotations_list_entry(body: &mut Body, value: &RotationsListEntry) {
    body.open(b'{');
    if let Some(expiration_model) = &value.expiration_model {
        body.member("ExpirationModel");
        body.text(expiration_model.as_str());
    }
    if let Some(import_state) = &value.import_state {
        body.member("ImportState");
        body.text(import_state.as_str());
    }
    if let Some(key_id) = &value.key_id {
        body.member("KeyId");
        body.text(key_id);
    }
    if let Some(key_material_description) = &value.key_material_description {
        body.member("KeyMaterialDescription");
        body.text(key_material_description);
    }
    if let Some(key_material_id) = &value.key_material_id {
        body.member("KeyMaterialId");
        body.text(key_material_id);
    }
    if let Some(key_material_state) = &value.key_material_state {
        body.member("KeyMaterialState");
        body.text(key_material_state.as_str());
    }
    if let Some(rotation_date) = &value.rotation_date {
        body.member("RotationDate");
        body.timestamp(*rotation_date);
    }
    if let Some(rotation_type) = &value.rotation_type {
        body.member("RotationType");
        body.text(rotation_type.as_str());
    }
    if let Some(valid_to) = &value.valid_to {
        body.member("ValidTo");
        body.timestamp(*valid_to);
    }
    body.close(b'}');
}

fn write_schedule_key_deletion_response(body: &mut Body, value: &ScheduleKeyDeletionResponse) {
    body.open(b'{');
    if let Some(deletion_date) = &value.deletion_date {
        body.member("DeletionDate");
        body.timestamp(*deletion_date);
    }
    if let Some(key_id) = &value.key_id {
        body.member("KeyId");
        body.text(key_id);
    }
    if let Some(key_state) = &value.key_state {
        body.member("KeyState");
        body.text(key_state.as_str());
    }
    if let Some(pending_window_in_days) = &value.pending_window_in_days {
        body.member("PendingWindowInDays");
        body.integer(*pending_window_in_days);
    }
    body.close(b'}');
}

fn write_sign_response(body: &mut Body, value: &SignResponse) {
    body.open(b'{');
    if let Some(key_id) = &value.key_id {
        body.member("KeyId");
        body.text(key_id);
    }
    if let Some(signature) = &value.signature {
        body.member("Signature");
        body.blob(signature);
    }
    if let Some(signing_algorithm) = &value.signing_algorithm {
        body.member("SigningAlgorithm");
        body.text(signing_algorithm.as_str());
    }
    body.close(b'}');
}

fn write_tag(body: &mut Body, value: &Tag) {
    body.open(b'{');
    body.member("TagKey");
    body.text(&value.tag_key);
    body.member("TagValue");
    body.text(&value.tag_value);
    body.close(b'}');
}

fn write_update_custom_key_store_response(body: &mut Body, _: &UpdateCustomKeyStoreResponse) {
    body.open(b'{');
    body.close(b'}');
}

fn write_verify_mac_response(body: &mut Body, value: &VerifyMacResponse) {
    body.open(b'{');
    if let Some(key_id) = &value.key_id {
        body.member("KeyId");
        body.text(key_id);
    }
    if let Some(mac_algorithm) = &value.mac_algorithm {
        body.member("MacAlgorithm");
        body.text(mac_algorithm.as_str());
    }
    if let Some(mac_valid) = &value.mac_valid {
        body.member("MacValid");
        body.boolean(*mac_valid);
    }
    body.close(b'}');
}

fn write_verify_response(body: &mut Body, value: &VerifyResponse) {
    body.open(b'{');
    if let Some(key_id) = &value.key_id {
        body.member("KeyId");
        body.text(key_id);
    }
    if let Some(signature_valid) = &value.signature_valid {
        body.member("SignatureValid");
        body.boolean(*signature_valid);
    }
    if let Some(signing_algorithm) = &value.signing_algorithm {
        body.member("SigningAlgorithm");
        body.text(signing_algorithm.as_str());
    }
    body.close(b'}');
}

fn write_xks_key_configuration_type(body: &mut Body, value: &XksKeyConfigurationType) {
    body.open(b'{');
    if let Some(id) = &value.id {
        body.member("Id");
        body.text(id);
    }
    body.close(b'}');
}

fn write_xks_proxy_configuration_type(body: &mut Body, value: &XksProxyConfigurationType) {
    body.open(b'{');
    if let Some(access_key_id) = &value.access_key_id {
        body.member("AccessKeyId");
        body.text(access_key_id.expose());
    }
    if let Some(connectivity) = &value.connectivity {
        body.member("Connectivity");
        body.text(connectivity.as_str());
    }
    if let Some(uri_endpoint) = &value.uri_endpoint {
        body.member("UriEndpoint");
        body.text(uri_endpoint);
    }
    if let Some(uri_path) = &value.uri_path {
        body.member("UriPath");
        body.text(uri_path);
    }
    if let Some(vpc_endpoint_service_name) = &value.vpc_endpoint_service_name {
        body.member("VpcEndpointServiceName");
        body.text(vpc_endpoint_service_name);
    }
    if let Some(vpc_endpoint_service_owner) = &value.vpc_endpoint_service_owner {
        body.member("VpcEndpointServiceOwner");
        body.text(vpc_endpoint_service_owner);
    }
    body.close(b'}');
}
