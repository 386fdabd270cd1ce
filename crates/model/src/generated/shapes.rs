// Written from model/kms-2014-11-01.json by xtask/src/codegen/shapes.rs (`cargo xtask codegen`).
// What differs from the model is a line in model/overlay.toml. Do not edit.

//! The structures of inputs and outputs.
//!
//! A required member is a plain field and an optional one an `Option`. Secrets are
//! types, so `Debug` cannot show them; a structure with a secret inside is not `Clone`.
//! Of a blob that is no secret, `Debug` shows the length.

use std::fmt;

use super::enums::*;
use crate::{
    context::EncryptionContext,
    secret::{GrantToken, KeyStorePassword, Plaintext, SecretText},
    time::Timestamp,
};

/// `AliasListEntry` of the service model.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AliasListEntry {
    /// `AliasArn`: 20 to 2048 characters.
    pub alias_arn: Option<String>,
    /// `AliasName`: 1 to 256 characters.
    pub alias_name: Option<String>,
    /// `CreationDate`.
    pub creation_date: Option<Timestamp>,
    /// `LastUpdatedDate`.
    pub last_updated_date: Option<Timestamp>,
    /// `TargetKeyId`: 1 to 2048 characters.
    pub target_key_id: Option<String>,
}

/// The input of CancelKeyDeletion.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CancelKeyDeletionRequest {
    /// `KeyId`: 1 to 2048 characters.
    pub key_id: String,
}

/// The output of CancelKeyDeletion.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CancelKeyDeletionResponse {
    /// `KeyId`: 1 to 2048 characters.
    pub key_id: Option<String>,
}

/// The input of ConnectCustomKeyStore.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConnectCustomKeyStoreRequest {
    /// `CustomKeyStoreId`: 1 to 64 characters.
    pub custom_key_store_id: String,
}

/// The output of ConnectCustomKeyStore.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ConnectCustomKeyStoreResponse {}

/// The input of CreateAlias.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreateAliasRequest {
    /// `AliasName`: 1 to 256 characters.
    pub alias_name: String,
    /// `TargetKeyId`: 1 to 2048 characters.
    pub target_key_id: String,
}

/// The input of CreateCustomKeyStore.
#[derive(Debug, PartialEq, Eq)]
pub struct CreateCustomKeyStoreRequest {
    /// `CloudHsmClusterId`: 19 to 24 characters.
    pub cloud_hsm_cluster_id: Option<String>,
    /// `CustomKeyStoreName`: 1 to 256 characters.
    pub custom_key_store_name: String,
    /// `CustomKeyStoreType`.
    pub custom_key_store_type: Option<CustomKeyStoreType>,
    /// `KeyStorePassword`: 7 to 32 characters.
    pub key_store_password: Option<KeyStorePassword>,
    /// `TrustAnchorCertificate`: 1 to 5000 characters.
    pub trust_anchor_certificate: Option<String>,
    /// `XksProxyAuthenticationCredential`.
    pub xks_proxy_authentication_credential: Option<XksProxyAuthenticationCredentialType>,
    /// `XksProxyConnectivity`.
    pub xks_proxy_connectivity: Option<XksProxyConnectivityType>,
    /// `XksProxyUriEndpoint`: 10 to 128 characters.
    pub xks_proxy_uri_endpoint: Option<String>,
    /// `XksProxyUriPath`: 10 to 128 characters.
    pub xks_proxy_uri_path: Option<String>,
    /// `XksProxyVpcEndpointServiceName`: 20 to 64 characters.
    pub xks_proxy_vpc_endpoint_service_name: Option<String>,
    /// `XksProxyVpcEndpointServiceOwner`: 12 characters.
    pub xks_proxy_vpc_endpoint_service_owner: Option<String>,
}

/// The output of CreateCustomKeyStore.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CreateCustomKeyStoreResponse {
    /// `CustomKeyStoreId`: 1 to 64 characters.
    pub custom_key_store_id: Option<String>,
}

/// The input of CreateGrant.
#[derive(Debug, PartialEq, Eq)]
pub struct CreateGrantRequest {
    /// `Constraints`.
    pub constraints: Option<GrantConstraints>,
    /// `DryRun`.
    pub dry_run: Option<bool>,
    /// `GrantTokens`: 0 to 10 elements.
    pub grant_tokens: Option<Vec<GrantToken>>,
    /// `GranteePrincipal`: 1 to 256 characters.
    pub grantee_principal: Option<String>,
    /// `GranteeServicePrincipal`: 1 to 128 characters.
    pub grantee_service_principal: Option<String>,
    /// `KeyId`: 1 to 2048 characters.
    pub key_id: String,
    /// `Name`: 1 to 256 characters.
    pub name: Option<String>,
    /// `Operations`.
    pub operations: Vec<GrantOperation>,
    /// `RetiringPrincipal`: 1 to 256 characters.
    pub retiring_principal: Option<String>,
    /// `RetiringServicePrincipal`: 1 to 128 characters.
    pub retiring_service_principal: Option<String>,
}

/// The output of CreateGrant.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct CreateGrantResponse {
    /// `GrantId`: 1 to 128 characters.
    pub grant_id: Option<String>,
    /// `GrantToken`: 1 to 8192 characters.
    pub grant_token: Option<GrantToken>,
}

/// The input of CreateKey.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CreateKeyRequest {
    /// `BypassPolicyLockoutSafetyCheck`.
    pub bypass_policy_lockout_safety_check: Option<bool>,
    /// `CustomKeyStoreId`: 1 to 64 characters.
    pub custom_key_store_id: Option<String>,
    /// `CustomerMasterKeySpec`.
    pub customer_master_key_spec: Option<CustomerMasterKeySpec>,
    /// `Description`: 0 to 8192 characters.
    pub description: Option<String>,
    /// `KeySpec`.
    pub key_spec: Option<KeySpec>,
    /// `KeyUsage`.
    pub key_usage: Option<KeyUsageType>,
    /// `MultiRegion`.
    pub multi_region: Option<bool>,
    /// `Origin`.
    pub origin: Option<OriginType>,
    /// `Policy`: 1 to 131072 characters.
    pub policy: Option<String>,
    /// `Tags`.
    pub tags: Option<Vec<Tag>>,
    /// `XksKeyId`: 1 to 128 characters.
    pub xks_key_id: Option<String>,
}

/// The output of CreateKey.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CreateKeyResponse {
    /// `KeyMetadata`.
    pub key_metadata: Option<Box<KeyMetadata>>,
}

/// `CustomKeyStoresListEntry` of the service model.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct CustomKeyStoresListEntry {
    /// `CloudHsmClusterId`: 19 to 24 characters.
    pub cloud_hsm_cluster_id: Option<String>,
    /// `ConnectionErrorCode`.
    pub connection_error_code: Option<ConnectionErrorCodeType>,
    /// `ConnectionState`.
    pub connection_state: Option<ConnectionStateType>,
    /// `CreationDate`.
    pub creation_date: Option<Timestamp>,
    /// `CustomKeyStoreId`: 1 to 64 characters.
    pub custom_key_store_id: Option<String>,
    /// `CustomKeyStoreName`: 1 to 256 characters.
    pub custom_key_store_name: Option<String>,
    /// `CustomKeyStoreType`.
    pub custom_key_store_type: Option<CustomKeyStoreType>,
    /// `TrustAnchorCertificate`: 1 to 5000 characters.
    pub trust_anchor_certificate: Option<String>,
    /// `XksProxyConfiguration`.
    pub xks_proxy_configuration: Option<XksProxyConfigurationType>,
}

/// The input of Decapsulate.
#[derive(PartialEq, Eq)]
pub struct DecapsulateRequest {
    /// `DryRun`.
    pub dry_run: Option<bool>,
    /// `EncapsulationAlgorithm`.
    pub encapsulation_algorithm: EncapsulationAlgorithmSpec,
    /// `GrantTokens`: 0 to 10 elements.
    pub grant_tokens: Option<Vec<GrantToken>>,
    /// `KeyId`: 1 to 2048 characters.
    pub key_id: String,
    /// `SharedSecretCiphertextBlob`: 1 to 6144 bytes.
    pub shared_secret_ciphertext_blob: Vec<u8>,
}

impl fmt::Debug for DecapsulateRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DecapsulateRequest")
            .field("dry_run", &self.dry_run)
            .field("encapsulation_algorithm", &self.encapsulation_algorithm)
            .field("grant_tokens", &self.grant_tokens)
            .field("key_id", &self.key_id)
            .field(
                "shared_secret_ciphertext_blob",
                &Length(self.shared_secret_ciphertext_blob.len()),
            )
            .finish()
    }
}

/// The output of Decapsulate.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct DecapsulateResponse {
    /// `EncapsulationAlgorithm`.
    pub encapsulation_algorithm: Option<EncapsulationAlgorithmSpec>,
    /// `KeyId`: 1 to 2048 characters.
    pub key_id: Option<String>,
    /// `SharedSecret`: 1 to 4096 bytes.
    pub shared_secret: Option<Plaintext>,
}

/// The input of Decrypt.
#[derive(Default, PartialEq, Eq)]
pub struct DecryptRequest {
    /// `CiphertextBlob`: 1 to 6144 bytes.
    pub ciphertext_blob: Option<Vec<u8>>,
    /// `DryRun`.
    pub dry_run: Option<bool>,
    /// `DryRunModifiers`.
    pub dry_run_modifiers: Option<Vec<DryRunModifierType>>,
    /// `EncryptionAlgorithm`.
    pub encryption_algorithm: Option<EncryptionAlgorithmSpec>,
    /// `EncryptionContext`.
    pub encryption_context: Option<EncryptionContext>,
    /// `GrantTokens`: 0 to 10 elements.
    pub grant_tokens: Option<Vec<GrantToken>>,
    /// `KeyId`: 1 to 2048 characters.
    pub key_id: Option<String>,
    /// `Recipient`.
    pub recipient: Option<RecipientInfo>,
}

impl fmt::Debug for DecryptRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DecryptRequest")
            .field(
                "ciphertext_blob",
                &self.ciphertext_blob.as_ref().map(|blob| Length(blob.len())),
            )
            .field("dry_run", &self.dry_run)
            .field("dry_run_modifiers", &self.dry_run_modifiers)
            .field("encryption_algorithm", &self.encryption_algorithm)
            .field("encryption_context", &self.encryption_context)
            .field("grant_tokens", &self.grant_tokens)
            .field("key_id", &self.key_id)
            .field("recipient", &self.recipient)
            .finish()
    }
}

/// The output of Decrypt.
#[derive(Default, PartialEq, Eq)]
pub struct DecryptResponse {
    /// `CiphertextForRecipient`: 1 to 6144 bytes.
    pub ciphertext_for_recipient: Option<Vec<u8>>,
    /// `EncryptionAlgorithm`.
    pub encryption_algorithm: Option<EncryptionAlgorithmSpec>,
    /// `KeyId`: 1 to 2048 characters.
    pub key_id: Option<String>,
    /// `KeyMaterialId`: 64 characters.
    pub key_material_id: Option<String>,
    /// `Plaintext`: 1 to 4096 bytes.
    pub plaintext: Option<Plaintext>,
}

impl fmt::Debug for DecryptResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DecryptResponse")
            .field(
                "ciphertext_for_recipient",
                &self
                    .ciphertext_for_recipient
                    .as_ref()
                    .map(|blob| Length(blob.len())),
            )
            .field("encryption_algorithm", &self.encryption_algorithm)
            .field("key_id", &self.key_id)
            .field("key_material_id", &self.key_material_id)
            .field("plaintext", &self.plaintext)
            .finish()
    }
}

/// The input of DeleteAlias.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeleteAliasRequest {
    /// `AliasName`: 1 to 256 characters.
    pub alias_name: String,
}

/// The input of DeleteCustomKeyStore.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeleteCustomKeyStoreRequest {
    /// `CustomKeyStoreId`: 1 to 64 characters.
    pub custom_key_store_id: String,
}

/// The output of DeleteCustomKeyStore.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeleteCustomKeyStoreResponse {}

/// The input of DeleteImportedKeyMaterial.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeleteImportedKeyMaterialRequest {
    /// `KeyId`: 1 to 2048 characters.
    pub key_id: String,
    /// `KeyMaterialId`: 64 characters.
    pub key_material_id: Option<String>,
}

/// The output of DeleteImportedKeyMaterial.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeleteImportedKeyMaterialResponse {
    /// `KeyId`: 1 to 2048 characters.
    pub key_id: Option<String>,
    /// `KeyMaterialId`: 0 to 64 characters.
    pub key_material_id: Option<String>,
}

/// The input of DeriveSharedSecret.
#[derive(PartialEq, Eq)]
pub struct DeriveSharedSecretRequest {
    /// `DryRun`.
    pub dry_run: Option<bool>,
    /// `GrantTokens`: 0 to 10 elements.
    pub grant_tokens: Option<Vec<GrantToken>>,
    /// `KeyAgreementAlgorithm`.
    pub key_agreement_algorithm: KeyAgreementAlgorithmSpec,
    /// `KeyId`: 1 to 2048 characters.
    pub key_id: String,
    /// `PublicKey`: 1 to 8192 bytes.
    pub public_key: Vec<u8>,
    /// `Recipient`.
    pub recipient: Option<RecipientInfo>,
}

impl fmt::Debug for DeriveSharedSecretRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DeriveSharedSecretRequest")
            .field("dry_run", &self.dry_run)
            .field("grant_tokens", &self.grant_tokens)
            .field("key_agreement_algorithm", &self.key_agreement_algorithm)
            .field("key_id", &self.key_id)
            .field("public_key", &Length(self.public_key.len()))
            .field("recipient", &self.recipient)
            .finish()
    }
}

/// The output of DeriveSharedSecret.
#[derive(Default, PartialEq, Eq)]
pub struct DeriveSharedSecretResponse {
    /// `CiphertextForRecipient`: 1 to 6144 bytes.
    pub ciphertext_for_recipient: Option<Vec<u8>>,
    /// `KeyAgreementAlgorithm`.
    pub key_agreement_algorithm: Option<KeyAgreementAlgorithmSpec>,
    /// `KeyId`: 1 to 2048 characters.
    pub key_id: Option<String>,
    /// `KeyOrigin`.
    pub key_origin: Option<OriginType>,
    /// `SharedSecret`: 1 to 4096 bytes.
    pub shared_secret: Option<Plaintext>,
}

impl fmt::Debug for DeriveSharedSecretResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DeriveSharedSecretResponse")
            .field(
                "ciphertext_for_recipient",
                &self
                    .ciphertext_for_recipient
                    .as_ref()
                    .map(|blob| Length(blob.len())),
            )
            .field("key_agreement_algorithm", &self.key_agreement_algorithm)
            .field("key_id", &self.key_id)
            .field("key_origin", &self.key_origin)
            .field("shared_secret", &self.shared_secret)
            .finish()
    }
}

/// The input of DescribeCustomKeyStores.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DescribeCustomKeyStoresRequest {
    /// `CustomKeyStoreId`: 1 to 64 characters.
    pub custom_key_store_id: Option<String>,
    /// `CustomKeyStoreName`: 1 to 256 characters.
    pub custom_key_store_name: Option<String>,
    /// `Limit`: 1 to 1000.
    pub limit: Option<i32>,
    /// `Marker`: 1 to 1024 characters.
    pub marker: Option<String>,
}

/// The output of DescribeCustomKeyStores.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct DescribeCustomKeyStoresResponse {
    /// `CustomKeyStores`.
    pub custom_key_stores: Option<Vec<CustomKeyStoresListEntry>>,
    /// `NextMarker`: 1 to 1024 characters.
    pub next_marker: Option<String>,
    /// `Truncated`.
    pub truncated: Option<bool>,
}

/// The input of DescribeKey.
#[derive(Debug, PartialEq, Eq)]
pub struct DescribeKeyRequest {
    /// `GrantTokens`: 0 to 10 elements.
    pub grant_tokens: Option<Vec<GrantToken>>,
    /// `KeyId`: 1 to 2048 characters.
    pub key_id: String,
}

/// The output of DescribeKey.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DescribeKeyResponse {
    /// `KeyMetadata`.
    pub key_metadata: Option<Box<KeyMetadata>>,
}

/// The input of DisableKey.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DisableKeyRequest {
    /// `KeyId`: 1 to 2048 characters.
    pub key_id: String,
}

/// The input of DisableKeyRotation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DisableKeyRotationRequest {
    /// `KeyId`: 1 to 2048 characters.
    pub key_id: String,
}

/// The input of DisconnectCustomKeyStore.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DisconnectCustomKeyStoreRequest {
    /// `CustomKeyStoreId`: 1 to 64 characters.
    pub custom_key_store_id: String,
}

/// The output of DisconnectCustomKeyStore.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DisconnectCustomKeyStoreResponse {}

/// The input of EnableKey.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnableKeyRequest {
    /// `KeyId`: 1 to 2048 characters.
    pub key_id: String,
}

/// The input of EnableKeyRotation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnableKeyRotationRequest {
    /// `KeyId`: 1 to 2048 characters.
    pub key_id: String,
    /// `RotationPeriodInDays`: 90 to 2560.
    pub rotation_period_in_days: Option<i32>,
}

/// The input of Encapsulate.
#[derive(Debug, PartialEq, Eq)]
pub struct EncapsulateRequest {
    /// `DryRun`.
    pub dry_run: Option<bool>,
    /// `EncapsulationAlgorithm`.
    pub encapsulation_algorithm: EncapsulationAlgorithmSpec,
    /// `GrantTokens`: 0 to 10 elements.
    pub grant_tokens: Option<Vec<GrantToken>>,
    /// `KeyId`: 1 to 2048 characters.
    pub key_id: String,
}

/// The output of Encapsulate.
#[derive(Default, PartialEq, Eq)]
pub struct EncapsulateResponse {
    /// `EncapsulationAlgorithm`.
    pub encapsulation_algorithm: Option<EncapsulationAlgorithmSpec>,
    /// `KeyId`: 1 to 2048 characters.
    pub key_id: Option<String>,
    /// `SharedSecret`: 1 to 4096 bytes.
    pub shared_secret: Option<Plaintext>,
    /// `SharedSecretCiphertextBlob`: 1 to 6144 bytes.
    pub shared_secret_ciphertext_blob: Option<Vec<u8>>,
}

impl fmt::Debug for EncapsulateResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EncapsulateResponse")
            .field("encapsulation_algorithm", &self.encapsulation_algorithm)
            .field("key_id", &self.key_id)
            .field("shared_secret", &self.shared_secret)
            .field(
                "shared_secret_ciphertext_blob",
                &self
                    .shared_secret_ciphertext_blob
                    .as_ref()
                    .map(|blob| Length(blob.len())),
            )
            .finish()
    }
}

/// The input of Encrypt.
#[derive(Debug, PartialEq, Eq)]
pub struct EncryptRequest {
    /// `DryRun`.
    pub dry_run: Option<bool>,
    /// `EncryptionAlgorithm`.
    pub encryption_algorithm: Option<EncryptionAlgorithmSpec>,
    /// `EncryptionContext`.
    pub encryption_context: Option<EncryptionContext>,
    /// `GrantTokens`: 0 to 10 elements.
    pub grant_tokens: Option<Vec<GrantToken>>,
    /// `KeyId`: 1 to 2048 characters.
    pub key_id: String,
    /// `Plaintext`: 1 to 4096 bytes.
    pub plaintext: Plaintext,
}

/// The output of Encrypt.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct EncryptResponse {
    /// `CiphertextBlob`: 1 to 6144 bytes.
    pub ciphertext_blob: Option<Vec<u8>>,
    /// `EncryptionAlgorithm`.
    pub encryption_algorithm: Option<EncryptionAlgorithmSpec>,
    /// `KeyId`: 1 to 2048 characters.
    pub key_id: Option<String>,
}

impl fmt::Debug for EncryptResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EncryptResponse")
            .field(
                "ciphertext_blob",
                &self.ciphertext_blob.as_ref().map(|blob| Length(blob.len())),
            )
            .field("encryption_algorithm", &self.encryption_algorithm)
            .field("key_id", &self.key_id)
            .finish()
    }
}

/// The input of GenerateDataKeyPair.
#[derive(Debug, PartialEq, Eq)]
pub struct GenerateDataKeyPairRequest {
    /// `DryRun`.
    pub dry_run: Option<bool>,
    /// `EncryptionContext`.
    pub encryption_context: Option<EncryptionContext>,
    /// `GrantTokens`: 0 to 10 elements.
    pub grant_tokens: Option<Vec<GrantToken>>,
    /// `KeyId`: 1 to 2048 characters.
    pub key_id: String,
    /// `KeyPairSpec`.
    pub key_pair_spec: DataKeyPairSpec,
    /// `Recipient`.
    pub recipient: Option<RecipientInfo>,
}

/// The output of GenerateDataKeyPair.
#[derive(Default, PartialEq, Eq)]
pub struct GenerateDataKeyPairResponse {
    /// `CiphertextForRecipient`: 1 to 6144 bytes.
    pub ciphertext_for_recipient: Option<Vec<u8>>,
    /// `KeyId`: 1 to 2048 characters.
    pub key_id: Option<String>,
    /// `KeyMaterialId`: 64 characters.
    pub key_material_id: Option<String>,
    /// `KeyPairSpec`.
    pub key_pair_spec: Option<DataKeyPairSpec>,
    /// `PrivateKeyCiphertextBlob`: 1 to 6144 bytes.
    pub private_key_ciphertext_blob: Option<Vec<u8>>,
    /// `PrivateKeyPlaintext`: 1 to 4096 bytes.
    pub private_key_plaintext: Option<Plaintext>,
    /// `PublicKey`: 1 to 8192 bytes.
    pub public_key: Option<Vec<u8>>,
}

impl fmt::Debug for GenerateDataKeyPairResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GenerateDataKeyPairResponse")
            .field(
                "ciphertext_for_recipient",
                &self
                    .ciphertext_for_recipient
                    .as_ref()
                    .map(|blob| Length(blob.len())),
            )
            .field("key_id", &self.key_id)
            .field("key_material_id", &self.key_material_id)
            .field("key_pair_spec", &self.key_pair_spec)
            .field(
                "private_key_ciphertext_blob",
                &self
                    .private_key_ciphertext_blob
                    .as_ref()
                    .map(|blob| Length(blob.len())),
            )
            .field("private_key_plaintext", &self.private_key_plaintext)
            .field(
                "public_key",
                &self.public_key.as_ref().map(|blob| Length(blob.len())),
            )
            .finish()
    }
}

/// The input of GenerateDataKeyPairWithoutPlaintext.
#[derive(Debug, PartialEq, Eq)]
pub struct GenerateDataKeyPairWithoutPlaintextRequest {
    /// `DryRun`.
    pub dry_run: Option<bool>,
    /// `EncryptionContext`.
    pub encryption_context: Option<EncryptionContext>,
    /// `GrantTokens`: 0 to 10 elements.
    pub grant_tokens: Option<Vec<GrantToken>>,
    /// `KeyId`: 1 to 2048 characters.
    pub key_id: String,
    /// `KeyPairSpec`.
    pub key_pair_spec: DataKeyPairSpec,
}

/// The output of GenerateDataKeyPairWithoutPlaintext.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct GenerateDataKeyPairWithoutPlaintextResponse {
    /// `KeyId`: 1 to 2048 characters.
    pub key_id: Option<String>,
    /// `KeyMaterialId`: 64 characters.
    pub key_material_id: Option<String>,
    /// `KeyPairSpec`.
    pub key_pair_spec: Option<DataKeyPairSpec>,
    /// `PrivateKeyCiphertextBlob`: 1 to 6144 bytes.
    pub private_key_ciphertext_blob: Option<Vec<u8>>,
    /// `PublicKey`: 1 to 8192 bytes.
    pub public_key: Option<Vec<u8>>,
}

impl fmt::Debug for GenerateDataKeyPairWithoutPlaintextResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GenerateDataKeyPairWithoutPlaintextResponse")
            .field("key_id", &self.key_id)
            .field("key_material_id", &self.key_material_id)
            .field("key_pair_spec", &self.key_pair_spec)
            .field(
                "private_key_ciphertext_blob",
                &self
                    .private_key_ciphertext_blob
                    .as_ref()
                    .map(|blob| Length(blob.len())),
            )
            .field(
                "public_key",
                &self.public_key.as_ref().map(|blob| Length(blob.len())),
            )
            .finish()
    }
}

/// The input of GenerateDataKey.
#[derive(Debug, PartialEq, Eq)]
pub struct GenerateDataKeyRequest {
    /// `DryRun`.
    pub dry_run: Option<bool>,
    /// `EncryptionContext`.
    pub encryption_context: Option<EncryptionContext>,
    /// `GrantTokens`: 0 to 10 elements.
    pub grant_tokens: Option<Vec<GrantToken>>,
    /// `KeyId`: 1 to 2048 characters.
    pub key_id: String,
    /// `KeySpec`.
    pub key_spec: Option<DataKeySpec>,
    /// `NumberOfBytes`: 1 to 1024.
    pub number_of_bytes: Option<i32>,
    /// `Recipient`.
    pub recipient: Option<RecipientInfo>,
}

/// The output of GenerateDataKey.
#[derive(Default, PartialEq, Eq)]
pub struct GenerateDataKeyResponse {
    /// `CiphertextBlob`: 1 to 6144 bytes.
    pub ciphertext_blob: Option<Vec<u8>>,
    /// `CiphertextForRecipient`: 1 to 6144 bytes.
    pub ciphertext_for_recipient: Option<Vec<u8>>,
    /// `KeyId`: 1 to 2048 characters.
    pub key_id: Option<String>,
    /// `KeyMaterialId`: 64 characters.
    pub key_material_id: Option<String>,
    /// `Plaintext`: 1 to 4096 bytes.
    pub plaintext: Option<Plaintext>,
}

impl fmt::Debug for GenerateDataKeyResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GenerateDataKeyResponse")
            .field(
                "ciphertext_blob",
                &self.ciphertext_blob.as_ref().map(|blob| Length(blob.len())),
            )
            .field(
                "ciphertext_for_recipient",
                &self
                    .ciphertext_for_recipient
                    .as_ref()
                    .map(|blob| Length(blob.len())),
            )
            .field("key_id", &self.key_id)
            .field("key_material_id", &self.key_material_id)
            .field("plaintext", &self.plaintext)
            .finish()
    }
}

/// The input of GenerateDataKeyWithoutPlaintext.
#[derive(Debug, PartialEq, Eq)]
pub struct GenerateDataKeyWithoutPlaintextRequest {
    /// `DryRun`.
    pub dry_run: Option<bool>,
    /// `EncryptionContext`.
    pub encryption_context: Option<EncryptionContext>,
    /// `GrantTokens`: 0 to 10 elements.
    pub grant_tokens: Option<Vec<GrantToken>>,
    /// `KeyId`: 1 to 2048 characters.
    pub key_id: String,
    /// `KeySpec`.
    pub key_spec: Option<DataKeySpec>,
    /// `NumberOfBytes`: 1 to 1024.
    pub number_of_bytes: Option<i32>,
}

/// The output of GenerateDataKeyWithoutPlaintext.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct GenerateDataKeyWithoutPlaintextResponse {
    /// `CiphertextBlob`: 1 to 6144 bytes.
    pub ciphertext_blob: Option<Vec<u8>>,
    /// `KeyId`: 1 to 2048 characters.
    pub key_id: Option<String>,
    /// `KeyMaterialId`: 64 characters.
    pub key_material_id: Option<String>,
}

impl fmt::Debug for GenerateDataKeyWithoutPlaintextResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GenerateDataKeyWithoutPlaintextResponse")
            .field(
                "ciphertext_blob",
                &self.ciphertext_blob.as_ref().map(|blob| Length(blob.len())),
            )
            .field("key_id", &self.key_id)
            .field("key_material_id", &self.key_material_id)
            .finish()
    }
}

/// The input of GenerateMac.
#[derive(Debug, PartialEq, Eq)]
pub struct GenerateMacRequest {
    /// `DryRun`.
    pub dry_run: Option<bool>,
    /// `GrantTokens`: 0 to 10 elements.
    pub grant_tokens: Option<Vec<GrantToken>>,
    /// `KeyId`: 1 to 2048 characters.
    pub key_id: String,
    /// `MacAlgorithm`.
    pub mac_algorithm: MacAlgorithmSpec,
    /// `Message`: 1 to 4096 bytes.
    pub message: Plaintext,
}

/// The output of GenerateMac.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct GenerateMacResponse {
    /// `KeyId`: 1 to 2048 characters.
    pub key_id: Option<String>,
    /// `Mac`: 1 to 6144 bytes.
    pub mac: Option<Plaintext>,
    /// `MacAlgorithm`.
    pub mac_algorithm: Option<MacAlgorithmSpec>,
}

/// The input of GenerateRandom.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GenerateRandomRequest {
    /// `CustomKeyStoreId`: 1 to 64 characters.
    pub custom_key_store_id: Option<String>,
    /// `NumberOfBytes`: 1 to 1024.
    pub number_of_bytes: Option<i32>,
    /// `Recipient`.
    pub recipient: Option<RecipientInfo>,
}

/// The output of GenerateRandom.
#[derive(Default, PartialEq, Eq)]
pub struct GenerateRandomResponse {
    /// `CiphertextForRecipient`: 1 to 6144 bytes.
    pub ciphertext_for_recipient: Option<Vec<u8>>,
    /// `Plaintext`: 1 to 4096 bytes.
    pub plaintext: Option<Plaintext>,
}

impl fmt::Debug for GenerateRandomResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GenerateRandomResponse")
            .field(
                "ciphertext_for_recipient",
                &self
                    .ciphertext_for_recipient
                    .as_ref()
                    .map(|blob| Length(blob.len())),
            )
            .field("plaintext", &self.plaintext)
            .finish()
    }
}

/// The input of GetKeyLastUsage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GetKeyLastUsageRequest {
    /// `KeyId`: 1 to 2048 characters.
    pub key_id: String,
}

/// The output of GetKeyLastUsage.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GetKeyLastUsageResponse {
    /// `KeyCreationDate`.
    pub key_creation_date: Option<Timestamp>,
    /// `KeyId`: 1 to 2048 characters.
    pub key_id: Option<String>,
    /// `KeyLastUsage`.
    pub key_last_usage: Option<KeyLastUsageData>,
    /// `TrackingStartDate`.
    pub tracking_start_date: Option<Timestamp>,
}

/// The input of GetKeyPolicy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GetKeyPolicyRequest {
    /// `KeyId`: 1 to 2048 characters.
    pub key_id: String,
    /// `PolicyName`: 1 to 128 characters.
    pub policy_name: Option<String>,
}

/// The output of GetKeyPolicy.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GetKeyPolicyResponse {
    /// `Policy`: 1 to 131072 characters.
    pub policy: Option<String>,
    /// `PolicyName`: 1 to 128 characters.
    pub policy_name: Option<String>,
}

/// The input of GetKeyRotationStatus.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GetKeyRotationStatusRequest {
    /// `KeyId`: 1 to 2048 characters.
    pub key_id: String,
}

/// The output of GetKeyRotationStatus.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GetKeyRotationStatusResponse {
    /// `KeyId`: 1 to 2048 characters.
    pub key_id: Option<String>,
    /// `KeyRotationEnabled`.
    pub key_rotation_enabled: Option<bool>,
    /// `NextRotationDate`.
    pub next_rotation_date: Option<Timestamp>,
    /// `OnDemandRotationStartDate`.
    pub on_demand_rotation_start_date: Option<Timestamp>,
    /// `RotationPeriodInDays`: 90 to 2560.
    pub rotation_period_in_days: Option<i32>,
}

/// The input of GetParametersForImport.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GetParametersForImportRequest {
    /// `KeyId`: 1 to 2048 characters.
    pub key_id: String,
    /// `WrappingAlgorithm`.
    pub wrapping_algorithm: AlgorithmSpec,
    /// `WrappingKeySpec`.
    pub wrapping_key_spec: WrappingKeySpec,
}

/// The output of GetParametersForImport.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct GetParametersForImportResponse {
    /// `ImportToken`: 1 to 6144 bytes.
    pub import_token: Option<Plaintext>,
    /// `KeyId`: 1 to 2048 characters.
    pub key_id: Option<String>,
    /// `ParametersValidTo`.
    pub parameters_valid_to: Option<Timestamp>,
    /// `PublicKey`: 1 to 4096 bytes.
    pub public_key: Option<Plaintext>,
}

/// The input of GetPublicKey.
#[derive(Debug, PartialEq, Eq)]
pub struct GetPublicKeyRequest {
    /// `GrantTokens`: 0 to 10 elements.
    pub grant_tokens: Option<Vec<GrantToken>>,
    /// `KeyId`: 1 to 2048 characters.
    pub key_id: String,
}

/// The output of GetPublicKey.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct GetPublicKeyResponse {
    /// `CustomerMasterKeySpec`.
    pub customer_master_key_spec: Option<KeySpec>,
    /// `EncapsulationAlgorithms`.
    pub encapsulation_algorithms: Option<Vec<EncapsulationAlgorithmSpec>>,
    /// `EncryptionAlgorithms`.
    pub encryption_algorithms: Option<Vec<EncryptionAlgorithmSpec>>,
    /// `KeyAgreementAlgorithms`.
    pub key_agreement_algorithms: Option<Vec<KeyAgreementAlgorithmSpec>>,
    /// `KeyId`: 1 to 2048 characters.
    pub key_id: Option<String>,
    /// `KeySpec`.
    pub key_spec: Option<KeySpec>,
    /// `KeyUsage`.
    pub key_usage: Option<KeyUsageType>,
    /// `PublicKey`: 1 to 8192 bytes.
    pub public_key: Option<Vec<u8>>,
    /// `SigningAlgorithms`.
    pub signing_algorithms: Option<Vec<SigningAlgorithmSpec>>,
}

impl fmt::Debug for GetPublicKeyResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GetPublicKeyResponse")
            .field("customer_master_key_spec", &self.customer_master_key_spec)
            .field("encapsulation_algorithms", &self.encapsulation_algorithms)
            .field("encryption_algorithms", &self.encryption_algorithms)
            .field("key_agreement_algorithms", &self.key_agreement_algorithms)
            .field("key_id", &self.key_id)
            .field("key_spec", &self.key_spec)
            .field("key_usage", &self.key_usage)
            .field(
                "public_key",
                &self.public_key.as_ref().map(|blob| Length(blob.len())),
            )
            .field("signing_algorithms", &self.signing_algorithms)
            .finish()
    }
}

/// `GrantConstraints` of the service model.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GrantConstraints {
    /// `EncryptionContextEquals`.
    pub encryption_context_equals: Option<EncryptionContext>,
    /// `EncryptionContextSubset`.
    pub encryption_context_subset: Option<EncryptionContext>,
    /// `SourceArn`: 20 to 512 characters.
    pub source_arn: Option<String>,
}

/// `GrantListEntry` of the service model.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GrantListEntry {
    /// `Constraints`.
    pub constraints: Option<GrantConstraints>,
    /// `CreationDate`.
    pub creation_date: Option<Timestamp>,
    /// `GrantId`: 1 to 128 characters.
    pub grant_id: Option<String>,
    /// `GranteePrincipal`: 1 to 256 characters.
    pub grantee_principal: Option<String>,
    /// `GranteeServicePrincipal`: 1 to 128 characters.
    pub grantee_service_principal: Option<String>,
    /// `IssuingAccount`: 1 to 256 characters.
    pub issuing_account: Option<String>,
    /// `KeyId`: 1 to 2048 characters.
    pub key_id: Option<String>,
    /// `Name`: 1 to 256 characters.
    pub name: Option<String>,
    /// `Operations`.
    pub operations: Option<Vec<GrantOperation>>,
    /// `RetiringPrincipal`: 1 to 256 characters.
    pub retiring_principal: Option<String>,
    /// `RetiringServicePrincipal`: 1 to 128 characters.
    pub retiring_service_principal: Option<String>,
}

/// The input of ImportKeyMaterial.
#[derive(Debug, PartialEq, Eq)]
pub struct ImportKeyMaterialRequest {
    /// `EncryptedKeyMaterial`: 1 to 6144 bytes.
    pub encrypted_key_material: Plaintext,
    /// `ExpirationModel`.
    pub expiration_model: Option<ExpirationModelType>,
    /// `ImportToken`: 1 to 6144 bytes.
    pub import_token: Plaintext,
    /// `ImportType`.
    pub import_type: Option<ImportType>,
    /// `KeyId`: 1 to 2048 characters.
    pub key_id: String,
    /// `KeyMaterialDescription`: 0 to 256 characters.
    pub key_material_description: Option<String>,
    /// `KeyMaterialId`: 64 characters.
    pub key_material_id: Option<String>,
    /// `ValidTo`.
    pub valid_to: Option<Timestamp>,
}

/// The output of ImportKeyMaterial.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ImportKeyMaterialResponse {
    /// `KeyId`: 1 to 2048 characters.
    pub key_id: Option<String>,
    /// `KeyMaterialId`: 64 characters.
    pub key_material_id: Option<String>,
}

/// `KeyLastUsageData` of the service model.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeyLastUsageData {
    /// `CloudTrailEventId`.
    pub cloud_trail_event_id: Option<String>,
    /// `KmsRequestId`.
    pub kms_request_id: Option<String>,
    /// `Operation`.
    pub operation: Option<KeyLastUsageTrackingOperation>,
    /// `Timestamp`.
    pub timestamp: Option<Timestamp>,
}

/// `KeyListEntry` of the service model.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeyListEntry {
    /// `KeyArn`: 20 to 2048 characters.
    pub key_arn: Option<String>,
    /// `KeyId`: 1 to 2048 characters.
    pub key_id: Option<String>,
}

/// `KeyMetadata` of the service model.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeyMetadata {
    /// `AWSAccountId`.
    pub aws_account_id: Option<String>,
    /// `Arn`: 20 to 2048 characters.
    pub arn: Option<String>,
    /// `CloudHsmClusterId`: 19 to 24 characters.
    pub cloud_hsm_cluster_id: Option<String>,
    /// `CreationDate`.
    pub creation_date: Option<Timestamp>,
    /// `CurrentKeyMaterialId`: 64 characters.
    pub current_key_material_id: Option<String>,
    /// `CustomKeyStoreId`: 1 to 64 characters.
    pub custom_key_store_id: Option<String>,
    /// `CustomerMasterKeySpec`.
    pub customer_master_key_spec: Option<KeySpec>,
    /// `DeletionDate`.
    pub deletion_date: Option<Timestamp>,
    /// `Description`: 0 to 8192 characters.
    pub description: Option<String>,
    /// `Enabled`.
    pub enabled: Option<bool>,
    /// `EncapsulationAlgorithms`.
    pub encapsulation_algorithms: Option<Vec<EncapsulationAlgorithmSpec>>,
    /// `EncryptionAlgorithms`.
    pub encryption_algorithms: Option<Vec<EncryptionAlgorithmSpec>>,
    /// `ExpirationModel`.
    pub expiration_model: Option<ExpirationModelType>,
    /// `KeyAgreementAlgorithms`.
    pub key_agreement_algorithms: Option<Vec<KeyAgreementAlgorithmSpec>>,
    /// `KeyId`: 1 to 2048 characters.
    pub key_id: String,
    /// `KeyManager`.
    pub key_manager: Option<KeyManagerType>,
    /// `KeySpec`.
    pub key_spec: Option<KeySpec>,
    /// `KeyState`.
    pub key_state: Option<KeyState>,
    /// `KeyUsage`.
    pub key_usage: Option<KeyUsageType>,
    /// `MacAlgorithms`.
    pub mac_algorithms: Option<Vec<MacAlgorithmSpec>>,
    /// `MultiRegion`.
    pub multi_region: Option<bool>,
    /// `MultiRegionConfiguration`.
    pub multi_region_configuration: Option<MultiRegionConfiguration>,
    /// `Origin`.
    pub origin: Option<OriginType>,
    /// `PendingDeletionWindowInDays`: 1 to 365.
    pub pending_deletion_window_in_days: Option<i32>,
    /// `SigningAlgorithms`.
    pub signing_algorithms: Option<Vec<SigningAlgorithmSpec>>,
    /// `ValidTo`.
    pub valid_to: Option<Timestamp>,
    /// `XksKeyConfiguration`.
    pub xks_key_configuration: Option<XksKeyConfigurationType>,
}

/// The input of ListAliases.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListAliasesRequest {
    /// `KeyId`: 1 to 2048 characters.
    pub key_id: Option<String>,
    /// `Limit`: 1 to 1000.
    pub limit: Option<i32>,
    /// `Marker`: 1 to 1024 characters.
    pub marker: Option<String>,
}

/// The output of ListAliases.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListAliasesResponse {
    /// `Aliases`.
    pub aliases: Option<Vec<AliasListEntry>>,
    /// `NextMarker`: 1 to 1024 characters.
    pub next_marker: Option<String>,
    /// `Truncated`.
    pub truncated: Option<bool>,
}

/// The input of ListGrants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListGrantsRequest {
    /// `GrantId`: 1 to 128 characters.
    pub grant_id: Option<String>,
    /// `GranteePrincipal`: 1 to 256 characters.
    pub grantee_principal: Option<String>,
    /// `GranteeServicePrincipal`: 1 to 128 characters.
    pub grantee_service_principal: Option<String>,
    /// `KeyId`: 1 to 2048 characters.
    pub key_id: String,
    /// `Limit`: 1 to 1000.
    pub limit: Option<i32>,
    /// `Marker`: 1 to 1024 characters.
    pub marker: Option<String>,
}

/// The output of ListGrants.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListGrantsResponse {
    /// `Grants`.
    pub grants: Option<Vec<GrantListEntry>>,
    /// `NextMarker`: 1 to 1024 characters.
    pub next_marker: Option<String>,
    /// `Truncated`.
    pub truncated: Option<bool>,
}

/// The input of ListKeyPolicies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListKeyPoliciesRequest {
    /// `KeyId`: 1 to 2048 characters.
    pub key_id: String,
    /// `Limit`: 1 to 1000.
    pub limit: Option<i32>,
    /// `Marker`: 1 to 1024 characters.
    pub marker: Option<String>,
}

/// The output of ListKeyPolicies.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListKeyPoliciesResponse {
    /// `NextMarker`: 1 to 1024 characters.
    pub next_marker: Option<String>,
    /// `PolicyNames`.
    pub policy_names: Option<Vec<String>>,
    /// `Truncated`.
    pub truncated: Option<bool>,
}

/// The input of ListKeyRotations.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListKeyRotationsRequest {
    /// `IncludeKeyMaterial`.
    pub include_key_material: Option<IncludeKeyMaterial>,
    /// `KeyId`: 1 to 2048 characters.
    pub key_id: String,
    /// `Limit`: 1 to 1000.
    pub limit: Option<i32>,
    /// `Marker`: 1 to 1024 characters.
    pub marker: Option<String>,
}

/// The output of ListKeyRotations.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListKeyRotationsResponse {
    /// `NextMarker`: 1 to 1024 characters.
    pub next_marker: Option<String>,
    /// `Rotations`.
    pub rotations: Option<Vec<RotationsListEntry>>,
    /// `Truncated`.
    pub truncated: Option<bool>,
}

/// The input of ListKeys.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListKeysRequest {
    /// `Limit`: 1 to 1000.
    pub limit: Option<i32>,
    /// `Marker`: 1 to 1024 characters.
    pub marker: Option<String>,
    /// `ResourceOwners`: 1 to 2 elements.
    pub resource_owners: Option<Vec<ResourceOwnerType>>,
}

/// The output of ListKeys.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListKeysResponse {
    /// `Keys`.
    pub keys: Option<Vec<KeyListEntry>>,
    /// `NextMarker`: 1 to 1024 characters.
    pub next_marker: Option<String>,
    /// `Truncated`.
    pub truncated: Option<bool>,
}

/// The input of ListResourceTags.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListResourceTagsRequest {
    /// `KeyId`: 1 to 2048 characters.
    pub key_id: String,
    /// `Limit`: 1 to 1000.
    pub limit: Option<i32>,
    /// `Marker`: 1 to 1024 characters.
    pub marker: Option<String>,
}

/// The output of ListResourceTags.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListResourceTagsResponse {
    /// `NextMarker`: 1 to 1024 characters.
    pub next_marker: Option<String>,
    /// `Tags`.
    pub tags: Option<Vec<Tag>>,
    /// `Truncated`.
    pub truncated: Option<bool>,
}

/// The input of ListRetirableGrants.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListRetirableGrantsRequest {
    /// `Limit`: 1 to 1000.
    pub limit: Option<i32>,
    /// `Marker`: 1 to 1024 characters.
    pub marker: Option<String>,
    /// `RetiringPrincipal`: 1 to 256 characters.
    pub retiring_principal: Option<String>,
    /// `RetiringServicePrincipal`: 1 to 128 characters.
    pub retiring_service_principal: Option<String>,
}

/// `MultiRegionConfiguration` of the service model.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MultiRegionConfiguration {
    /// `MultiRegionKeyType`.
    pub multi_region_key_type: Option<MultiRegionKeyType>,
    /// `PrimaryKey`.
    pub primary_key: Option<MultiRegionKey>,
    /// `ReplicaKeys`.
    pub replica_keys: Option<Vec<MultiRegionKey>>,
}

/// `MultiRegionKey` of the service model.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MultiRegionKey {
    /// `Arn`: 20 to 2048 characters.
    pub arn: Option<String>,
    /// `Region`: 1 to 32 characters.
    pub region: Option<String>,
}

/// The input of PutKeyPolicy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PutKeyPolicyRequest {
    /// `BypassPolicyLockoutSafetyCheck`.
    pub bypass_policy_lockout_safety_check: Option<bool>,
    /// `KeyId`: 1 to 2048 characters.
    pub key_id: String,
    /// `Policy`: 1 to 131072 characters.
    pub policy: String,
    /// `PolicyName`: 1 to 128 characters.
    pub policy_name: Option<String>,
}

/// The input of ReEncrypt.
#[derive(PartialEq, Eq)]
pub struct ReEncryptRequest {
    /// `CiphertextBlob`: 1 to 6144 bytes.
    pub ciphertext_blob: Option<Vec<u8>>,
    /// `DestinationEncryptionAlgorithm`.
    pub destination_encryption_algorithm: Option<EncryptionAlgorithmSpec>,
    /// `DestinationEncryptionContext`.
    pub destination_encryption_context: Option<EncryptionContext>,
    /// `DestinationKeyId`: 1 to 2048 characters.
    pub destination_key_id: String,
    /// `DryRun`.
    pub dry_run: Option<bool>,
    /// `DryRunModifiers`.
    pub dry_run_modifiers: Option<Vec<DryRunModifierType>>,
    /// `GrantTokens`: 0 to 10 elements.
    pub grant_tokens: Option<Vec<GrantToken>>,
    /// `SourceEncryptionAlgorithm`.
    pub source_encryption_algorithm: Option<EncryptionAlgorithmSpec>,
    /// `SourceEncryptionContext`.
    pub source_encryption_context: Option<EncryptionContext>,
    /// `SourceKeyId`: 1 to 2048 characters.
    pub source_key_id: Option<String>,
}

impl fmt::Debug for ReEncryptRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReEncryptRequest")
            .field(
                "ciphertext_blob",
                &self.ciphertext_blob.as_ref().map(|blob| Length(blob.len())),
            )
            .field(
                "destination_encryption_algorithm",
                &self.destination_encryption_algorithm,
            )
            .field(
                "destination_encryption_context",
                &self.destination_encryption_context,
            )
            .field("destination_key_id", &self.destination_key_id)
            .field("dry_run", &self.dry_run)
            .field("dry_run_modifiers", &self.dry_run_modifiers)
            .field("grant_tokens", &self.grant_tokens)
            .field(
                "source_encryption_algorithm",
                &self.source_encryption_algorithm,
            )
            .field("source_encryption_context", &self.source_encryption_context)
            .field("source_key_id", &self.source_key_id)
            .finish()
    }
}

/// The output of ReEncrypt.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct ReEncryptResponse {
    /// `CiphertextBlob`: 1 to 6144 bytes.
    pub ciphertext_blob: Option<Vec<u8>>,
    /// `DestinationEncryptionAlgorithm`.
    pub destination_encryption_algorithm: Option<EncryptionAlgorithmSpec>,
    /// `DestinationKeyMaterialId`: 64 characters.
    pub destination_key_material_id: Option<String>,
    /// `KeyId`: 1 to 2048 characters.
    pub key_id: Option<String>,
    /// `SourceEncryptionAlgorithm`.
    pub source_encryption_algorithm: Option<EncryptionAlgorithmSpec>,
    /// `SourceKeyId`: 1 to 2048 characters.
    pub source_key_id: Option<String>,
    /// `SourceKeyMaterialId`: 64 characters.
    pub source_key_material_id: Option<String>,
}

impl fmt::Debug for ReEncryptResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReEncryptResponse")
            .field(
                "ciphertext_blob",
                &self.ciphertext_blob.as_ref().map(|blob| Length(blob.len())),
            )
            .field(
                "destination_encryption_algorithm",
                &self.destination_encryption_algorithm,
            )
            .field(
                "destination_key_material_id",
                &self.destination_key_material_id,
            )
            .field("key_id", &self.key_id)
            .field(
                "source_encryption_algorithm",
                &self.source_encryption_algorithm,
            )
            .field("source_key_id", &self.source_key_id)
            .field("source_key_material_id", &self.source_key_material_id)
            .finish()
    }
}

/// `RecipientInfo` of the service model.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct RecipientInfo {
    /// `AttestationDocument`: 1 to 262144 bytes.
    pub attestation_document: Option<Vec<u8>>,
    /// `KeyEncryptionAlgorithm`.
    pub key_encryption_algorithm: Option<KeyEncryptionMechanism>,
}

impl fmt::Debug for RecipientInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RecipientInfo")
            .field(
                "attestation_document",
                &self
                    .attestation_document
                    .as_ref()
                    .map(|blob| Length(blob.len())),
            )
            .field("key_encryption_algorithm", &self.key_encryption_algorithm)
            .finish()
    }
}

/// The input of ReplicateKey.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReplicateKeyRequest {
    /// `BypassPolicyLockoutSafetyCheck`.
    pub bypass_policy_lockout_safety_check: Option<bool>,
    /// `Description`: 0 to 8192 characters.
    pub description: Option<String>,
    /// `KeyId`: 1 to 2048 characters.
    pub key_id: String,
    /// `Policy`: 1 to 131072 characters.
    pub policy: Option<String>,
    /// `ReplicaRegion`: 1 to 32 characters.
    pub replica_region: String,
    /// `Tags`.
    pub tags: Option<Vec<Tag>>,
}

/// The output of ReplicateKey.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReplicateKeyResponse {
    /// `ReplicaKeyMetadata`.
    pub replica_key_metadata: Option<Box<KeyMetadata>>,
    /// `ReplicaPolicy`: 1 to 131072 characters.
    pub replica_policy: Option<String>,
    /// `ReplicaTags`.
    pub replica_tags: Option<Vec<Tag>>,
}

/// The input of RetireGrant.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct RetireGrantRequest {
    /// `DryRun`.
    pub dry_run: Option<bool>,
    /// `GrantId`: 1 to 128 characters.
    pub grant_id: Option<String>,
    /// `GrantToken`: 1 to 8192 characters.
    pub grant_token: Option<GrantToken>,
    /// `KeyId`: 1 to 2048 characters.
    pub key_id: Option<String>,
}

/// The input of RevokeGrant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RevokeGrantRequest {
    /// `DryRun`.
    pub dry_run: Option<bool>,
    /// `GrantId`: 1 to 128 characters.
    pub grant_id: String,
    /// `KeyId`: 1 to 2048 characters.
    pub key_id: String,
}

/// The input of RotateKeyOnDemand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RotateKeyOnDemandRequest {
    /// `KeyId`: 1 to 2048 characters.
    pub key_id: String,
}

/// The output of RotateKeyOnDemand.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RotateKeyOnDemandResponse {
    /// `KeyId`: 1 to 2048 characters.
    pub key_id: Option<String>,
}

/// `RotationsListEntry` of the service model.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RotationsListEntry {
    /// `ExpirationModel`.
    pub expiration_model: Option<ExpirationModelType>,
    /// `ImportState`.
    pub import_state: Option<ImportState>,
    /// `KeyId`: 1 to 2048 characters.
    pub key_id: Option<String>,
    /// `KeyMaterialDescription`: 0 to 256 characters.
    pub key_material_description: Option<String>,
    /// `KeyMaterialId`: 64 characters.
    pub key_material_id: Option<String>,
    /// `KeyMaterialState`.
    pub key_material_state: Option<KeyMaterialState>,
    /// `RotationDate`.
    pub rotation_date: Option<Timestamp>,
    /// `RotationType`.
    pub rotation_type: Option<RotationType>,
    /// `ValidTo`.
    pub valid_to: Option<Timestamp>,
}

/// The input of ScheduleKeyDeletion.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScheduleKeyDeletionRequest {
    /// `KeyId`: 1 to 2048 characters.
    pub key_id: String,
    /// `PendingWindowInDays`: 1 to 365.
    pub pending_window_in_days: Option<i32>,
}

/// The output of ScheduleKeyDeletion.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ScheduleKeyDeletionResponse {
    /// `DeletionDate`.
    pub deletion_date: Option<Timestamp>,
    /// `KeyId`: 1 to 2048 characters.
    pub key_id: Option<String>,
    /// `KeyState`.
    pub key_state: Option<KeyState>,
    /// `PendingWindowInDays`: 1 to 365.
    pub pending_window_in_days: Option<i32>,
}

/// The input of Sign.
#[derive(Debug, PartialEq, Eq)]
pub struct SignRequest {
    /// `DryRun`.
    pub dry_run: Option<bool>,
    /// `GrantTokens`: 0 to 10 elements.
    pub grant_tokens: Option<Vec<GrantToken>>,
    /// `KeyId`: 1 to 2048 characters.
    pub key_id: String,
    /// `Message`: 1 to 4096 bytes.
    pub message: Plaintext,
    /// `MessageType`.
    pub message_type: Option<MessageType>,
    /// `SigningAlgorithm`.
    pub signing_algorithm: SigningAlgorithmSpec,
}

/// The output of Sign.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct SignResponse {
    /// `KeyId`: 1 to 2048 characters.
    pub key_id: Option<String>,
    /// `Signature`: 1 to 6144 bytes.
    pub signature: Option<Vec<u8>>,
    /// `SigningAlgorithm`.
    pub signing_algorithm: Option<SigningAlgorithmSpec>,
}

impl fmt::Debug for SignResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignResponse")
            .field("key_id", &self.key_id)
            .field(
                "signature",
                &self.signature.as_ref().map(|blob| Length(blob.len())),
            )
            .field("signing_algorithm", &self.signing_algorithm)
            .finish()
    }
}

/// `Tag` of the service model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tag {
    /// `TagKey`: 1 to 128 characters.
    pub tag_key: String,
    /// `TagValue`: 0 to 256 characters.
    pub tag_value: String,
}

/// The input of TagResource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TagResourceRequest {
    /// `KeyId`: 1 to 2048 characters.
    pub key_id: String,
    /// `Tags`.
    pub tags: Vec<Tag>,
}

/// The input of UntagResource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UntagResourceRequest {
    /// `KeyId`: 1 to 2048 characters.
    pub key_id: String,
    /// `TagKeys`.
    pub tag_keys: Vec<String>,
}

/// The input of UpdateAlias.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UpdateAliasRequest {
    /// `AliasName`: 1 to 256 characters.
    pub alias_name: String,
    /// `TargetKeyId`: 1 to 2048 characters.
    pub target_key_id: String,
}

/// The input of UpdateCustomKeyStore.
#[derive(Debug, PartialEq, Eq)]
pub struct UpdateCustomKeyStoreRequest {
    /// `CloudHsmClusterId`: 19 to 24 characters.
    pub cloud_hsm_cluster_id: Option<String>,
    /// `CustomKeyStoreId`: 1 to 64 characters.
    pub custom_key_store_id: String,
    /// `KeyStorePassword`: 7 to 32 characters.
    pub key_store_password: Option<KeyStorePassword>,
    /// `NewCustomKeyStoreName`: 1 to 256 characters.
    pub new_custom_key_store_name: Option<String>,
    /// `XksProxyAuthenticationCredential`.
    pub xks_proxy_authentication_credential: Option<XksProxyAuthenticationCredentialType>,
    /// `XksProxyConnectivity`.
    pub xks_proxy_connectivity: Option<XksProxyConnectivityType>,
    /// `XksProxyUriEndpoint`: 10 to 128 characters.
    pub xks_proxy_uri_endpoint: Option<String>,
    /// `XksProxyUriPath`: 10 to 128 characters.
    pub xks_proxy_uri_path: Option<String>,
    /// `XksProxyVpcEndpointServiceName`: 20 to 64 characters.
    pub xks_proxy_vpc_endpoint_service_name: Option<String>,
    /// `XksProxyVpcEndpointServiceOwner`: 12 characters.
    pub xks_proxy_vpc_endpoint_service_owner: Option<String>,
}

/// The output of UpdateCustomKeyStore.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UpdateCustomKeyStoreResponse {}

/// The input of UpdateKeyDescription.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UpdateKeyDescriptionRequest {
    /// `Description`: 0 to 8192 characters.
    pub description: String,
    /// `KeyId`: 1 to 2048 characters.
    pub key_id: String,
}

/// The input of UpdatePrimaryRegion.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UpdatePrimaryRegionRequest {
    /// `KeyId`: 1 to 2048 characters.
    pub key_id: String,
    /// `PrimaryRegion`: 1 to 32 characters.
    pub primary_region: String,
}

/// The input of VerifyMac.
#[derive(Debug, PartialEq, Eq)]
pub struct VerifyMacRequest {
    /// `DryRun`.
    pub dry_run: Option<bool>,
    /// `GrantTokens`: 0 to 10 elements.
    pub grant_tokens: Option<Vec<GrantToken>>,
    /// `KeyId`: 1 to 2048 characters.
    pub key_id: String,
    /// `Mac`: 1 to 6144 bytes.
    pub mac: Plaintext,
    /// `MacAlgorithm`.
    pub mac_algorithm: MacAlgorithmSpec,
    /// `Message`: 1 to 4096 bytes.
    pub message: Plaintext,
}

/// The output of VerifyMac.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VerifyMacResponse {
    /// `KeyId`: 1 to 2048 characters.
    pub key_id: Option<String>,
    /// `MacAlgorithm`.
    pub mac_algorithm: Option<MacAlgorithmSpec>,
    /// `MacValid`.
    pub mac_valid: Option<bool>,
}

/// The input of Verify.
#[derive(PartialEq, Eq)]
pub struct VerifyRequest {
    /// `DryRun`.
    pub dry_run: Option<bool>,
    /// `GrantTokens`: 0 to 10 elements.
    pub grant_tokens: Option<Vec<GrantToken>>,
    /// `KeyId`: 1 to 2048 characters.
    pub key_id: String,
    /// `Message`: 1 to 4096 bytes.
    pub message: Plaintext,
    /// `MessageType`.
    pub message_type: Option<MessageType>,
    /// `Signature`: 1 to 6144 bytes.
    pub signature: Vec<u8>,
    /// `SigningAlgorithm`.
    pub signing_algorithm: SigningAlgorithmSpec,
}

impl fmt::Debug for VerifyRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VerifyRequest")
            .field("dry_run", &self.dry_run)
            .field("grant_tokens", &self.grant_tokens)
            .field("key_id", &self.key_id)
            .field("message", &self.message)
            .field("message_type", &self.message_type)
            .field("signature", &Length(self.signature.len()))
            .field("signing_algorithm", &self.signing_algorithm)
            .finish()
    }
}

/// The output of Verify.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VerifyResponse {
    /// `KeyId`: 1 to 2048 characters.
    pub key_id: Option<String>,
    /// `SignatureValid`.
    pub signature_valid: Option<bool>,
    /// `SigningAlgorithm`.
    pub signing_algorithm: Option<SigningAlgorithmSpec>,
}

/// `XksKeyConfigurationType` of the service model.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct XksKeyConfigurationType {
    /// `Id`: 1 to 128 characters.
    pub id: Option<String>,
}

/// `XksProxyAuthenticationCredentialType` of the service model.
#[derive(Debug, PartialEq, Eq)]
pub struct XksProxyAuthenticationCredentialType {
    /// `AccessKeyId`: 20 to 30 characters.
    pub access_key_id: SecretText,
    /// `RawSecretAccessKey`: 43 to 64 characters.
    pub raw_secret_access_key: SecretText,
}

/// `XksProxyConfigurationType` of the service model.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct XksProxyConfigurationType {
    /// `AccessKeyId`: 20 to 30 characters.
    pub access_key_id: Option<SecretText>,
    /// `Connectivity`.
    pub connectivity: Option<XksProxyConnectivityType>,
    /// `UriEndpoint`: 10 to 128 characters.
    pub uri_endpoint: Option<String>,
    /// `UriPath`: 10 to 128 characters.
    pub uri_path: Option<String>,
    /// `VpcEndpointServiceName`: 20 to 64 characters.
    pub vpc_endpoint_service_name: Option<String>,
    /// `VpcEndpointServiceOwner`: 12 characters.
    pub vpc_endpoint_service_owner: Option<String>,
}

/// Shows the length of a blob in place of its bytes, which no log should hold.
struct Length(usize);

impl fmt::Debug for Length {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes", self.0)
    }
}
