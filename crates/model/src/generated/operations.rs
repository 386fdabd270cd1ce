// Written from model/kms-2014-11-01.json by xtask/src/codegen/operations.rs (`cargo xtask codegen`).
// What differs from the model is a line in model/overlay.toml. Do not edit.

//! The operations of the service, and one type each for all inputs and all outputs.

use std::fmt;

use super::{errors::ErrorCode, shapes};
use crate::secret::GrantToken;

/// An operation of the service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Operation {
    /// CancelKeyDeletion.
    CancelKeyDeletion,
    /// ConnectCustomKeyStore.
    ConnectCustomKeyStore,
    /// CreateAlias.
    CreateAlias,
    /// CreateCustomKeyStore.
    CreateCustomKeyStore,
    /// CreateGrant.
    CreateGrant,
    /// CreateKey.
    CreateKey,
    /// Decapsulate.
    Decapsulate,
    /// Decrypt.
    Decrypt,
    /// DeleteAlias.
    DeleteAlias,
    /// DeleteCustomKeyStore.
    DeleteCustomKeyStore,
    /// DeleteImportedKeyMaterial.
    DeleteImportedKeyMaterial,
    /// DeriveSharedSecret.
    DeriveSharedSecret,
    /// DescribeCustomKeyStores.
    DescribeCustomKeyStores,
    /// DescribeKey.
    DescribeKey,
    /// DisableKey.
    DisableKey,
    /// DisableKeyRotation.
    DisableKeyRotation,
    /// DisconnectCustomKeyStore.
    DisconnectCustomKeyStore,
    /// EnableKey.
    EnableKey,
    /// EnableKeyRotation.
    EnableKeyRotation,
    /// Encapsulate.
    Encapsulate,
    /// Encrypt.
    Encrypt,
    /// GenerateDataKey.
    GenerateDataKey,
    /// GenerateDataKeyPair.
    GenerateDataKeyPair,
    /// GenerateDataKeyPairWithoutPlaintext.
    GenerateDataKeyPairWithoutPlaintext,
    /// GenerateDataKeyWithoutPlaintext.
    GenerateDataKeyWithoutPlaintext,
    /// GenerateMac.
    GenerateMac,
    /// GenerateRandom.
    GenerateRandom,
    /// GetKeyLastUsage.
    GetKeyLastUsage,
    /// GetKeyPolicy.
    GetKeyPolicy,
    /// GetKeyRotationStatus.
    GetKeyRotationStatus,
    /// GetParametersForImport.
    GetParametersForImport,
    /// GetPublicKey.
    GetPublicKey,
    /// ImportKeyMaterial.
    ImportKeyMaterial,
    /// ListAliases.
    ListAliases,
    /// ListGrants.
    ListGrants,
    /// ListKeyPolicies.
    ListKeyPolicies,
    /// ListKeyRotations.
    ListKeyRotations,
    /// ListKeys.
    ListKeys,
    /// ListResourceTags.
    ListResourceTags,
    /// ListRetirableGrants.
    ListRetirableGrants,
    /// PutKeyPolicy.
    PutKeyPolicy,
    /// ReEncrypt.
    ReEncrypt,
    /// ReplicateKey.
    ReplicateKey,
    /// RetireGrant.
    RetireGrant,
    /// RevokeGrant.
    RevokeGrant,
    /// RotateKeyOnDemand.
    RotateKeyOnDemand,
    /// ScheduleKeyDeletion.
    ScheduleKeyDeletion,
    /// Sign.
    Sign,
    /// TagResource.
    TagResource,
    /// UntagResource.
    UntagResource,
    /// UpdateAlias.
    UpdateAlias,
    /// UpdateCustomKeyStore.
    UpdateCustomKeyStore,
    /// UpdateKeyDescription.
    UpdateKeyDescription,
    /// UpdatePrimaryRegion.
    UpdatePrimaryRegion,
    /// Verify.
    Verify,
    /// VerifyMac.
    VerifyMac,
}

impl Operation {
    /// All 56 operations, in the order of names.
    pub const ALL: &[Self] = &[
        Self::CancelKeyDeletion,
        Self::ConnectCustomKeyStore,
        Self::CreateAlias,
        Self::CreateCustomKeyStore,
        Self::CreateGrant,
        Self::CreateKey,
        Self::Decapsulate,
        Self::Decrypt,
        Self::DeleteAlias,
        Self::DeleteCustomKeyStore,
        Self::DeleteImportedKeyMaterial,
        Self::DeriveSharedSecret,
        Self::DescribeCustomKeyStores,
        Self::DescribeKey,
        Self::DisableKey,
        Self::DisableKeyRotation,
        Self::DisconnectCustomKeyStore,
        Self::EnableKey,
        Self::EnableKeyRotation,
        Self::Encapsulate,
        Self::Encrypt,
        Self::GenerateDataKey,
        Self::GenerateDataKeyPair,
        Self::GenerateDataKeyPairWithoutPlaintext,
        Self::GenerateDataKeyWithoutPlaintext,
        Self::GenerateMac,
        Self::GenerateRandom,
        Self::GetKeyLastUsage,
        Self::GetKeyPolicy,
        Self::GetKeyRotationStatus,
        Self::GetParametersForImport,
        Self::GetPublicKey,
        Self::ImportKeyMaterial,
        Self::ListAliases,
        Self::ListGrants,
        Self::ListKeyPolicies,
        Self::ListKeyRotations,
        Self::ListKeys,
        Self::ListResourceTags,
        Self::ListRetirableGrants,
        Self::PutKeyPolicy,
        Self::ReEncrypt,
        Self::ReplicateKey,
        Self::RetireGrant,
        Self::RevokeGrant,
        Self::RotateKeyOnDemand,
        Self::ScheduleKeyDeletion,
        Self::Sign,
        Self::TagResource,
        Self::UntagResource,
        Self::UpdateAlias,
        Self::UpdateCustomKeyStore,
        Self::UpdateKeyDescription,
        Self::UpdatePrimaryRegion,
        Self::Verify,
        Self::VerifyMac,
    ];

    /// AWS's name, as `X-Amz-Target` carries it after the service's prefix.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::CancelKeyDeletion => "CancelKeyDeletion",
            Self::ConnectCustomKeyStore => "ConnectCustomKeyStore",
            Self::CreateAlias => "CreateAlias",
            Self::CreateCustomKeyStore => "CreateCustomKeyStore",
            Self::CreateGrant => "CreateGrant",
            Self::CreateKey => "CreateKey",
            Self::Decapsulate => "Decapsulate",
            Self::Decrypt => "Decrypt",
            Self::DeleteAlias => "DeleteAlias",
            Self::DeleteCustomKeyStore => "DeleteCustomKeyStore",
            Self::DeleteImportedKeyMaterial => "DeleteImportedKeyMaterial",
            Self::DeriveSharedSecret => "DeriveSharedSecret",
            Self::DescribeCustomKeyStores => "DescribeCustomKeyStores",
            Self::DescribeKey => "DescribeKey",
            Self::DisableKey => "DisableKey",
            Self::DisableKeyRotation => "DisableKeyRotation",
            Self::DisconnectCustomKeyStore => "DisconnectCustomKeyStore",
            Self::EnableKey => "EnableKey",
            Self::EnableKeyRotation => "EnableKeyRotation",
            Self::Encapsulate => "Encapsulate",
            Self::Encrypt => "Encrypt",
            Self::GenerateDataKey => "GenerateDataKey",
            Self::GenerateDataKeyPair => "GenerateDataKeyPair",
            Self::GenerateDataKeyPairWithoutPlaintext => "GenerateDataKeyPairWithoutPlaintext",
            Self::GenerateDataKeyWithoutPlaintext => "GenerateDataKeyWithoutPlaintext",
            Self::GenerateMac => "GenerateMac",
            Self::GenerateRandom => "GenerateRandom",
            Self::GetKeyLastUsage => "GetKeyLastUsage",
            Self::GetKeyPolicy => "GetKeyPolicy",
            Self::GetKeyRotationStatus => "GetKeyRotationStatus",
            Self::GetParametersForImport => "GetParametersForImport",
            Self::GetPublicKey => "GetPublicKey",
            Self::ImportKeyMaterial => "ImportKeyMaterial",
            Self::ListAliases => "ListAliases",
            Self::ListGrants => "ListGrants",
            Self::ListKeyPolicies => "ListKeyPolicies",
            Self::ListKeyRotations => "ListKeyRotations",
            Self::ListKeys => "ListKeys",
            Self::ListResourceTags => "ListResourceTags",
            Self::ListRetirableGrants => "ListRetirableGrants",
            Self::PutKeyPolicy => "PutKeyPolicy",
            Self::ReEncrypt => "ReEncrypt",
            Self::ReplicateKey => "ReplicateKey",
            Self::RetireGrant => "RetireGrant",
            Self::RevokeGrant => "RevokeGrant",
            Self::RotateKeyOnDemand => "RotateKeyOnDemand",
            Self::ScheduleKeyDeletion => "ScheduleKeyDeletion",
            Self::Sign => "Sign",
            Self::TagResource => "TagResource",
            Self::UntagResource => "UntagResource",
            Self::UpdateAlias => "UpdateAlias",
            Self::UpdateCustomKeyStore => "UpdateCustomKeyStore",
            Self::UpdateKeyDescription => "UpdateKeyDescription",
            Self::UpdatePrimaryRegion => "UpdatePrimaryRegion",
            Self::Verify => "Verify",
            Self::VerifyMac => "VerifyMac",
        }
    }

    /// The operation with that name, which is case-sensitive.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "CancelKeyDeletion" => Self::CancelKeyDeletion,
            "ConnectCustomKeyStore" => Self::ConnectCustomKeyStore,
            "CreateAlias" => Self::CreateAlias,
            "CreateCustomKeyStore" => Self::CreateCustomKeyStore,
            "CreateGrant" => Self::CreateGrant,
            "CreateKey" => Self::CreateKey,
            "Decapsulate" => Self::Decapsulate,
            "Decrypt" => Self::Decrypt,
            "DeleteAlias" => Self::DeleteAlias,
            "DeleteCustomKeyStore" => Self::DeleteCustomKeyStore,
            "DeleteImportedKeyMaterial" => Self::DeleteImportedKeyMaterial,
            "DeriveSharedSecret" => Self::DeriveSharedSecret,
            "DescribeCustomKeyStores" => Self::DescribeCustomKeyStores,
            "DescribeKey" => Self::DescribeKey,
            "DisableKey" => Self::DisableKey,
            "DisableKeyRotation" => Self::DisableKeyRotation,
            "DisconnectCustomKeyStore" => Self::DisconnectCustomKeyStore,
            "EnableKey" => Self::EnableKey,
            "EnableKeyRotation" => Self::EnableKeyRotation,
            "Encapsulate" => Self::Encapsulate,
            "Encrypt" => Self::Encrypt,
            "GenerateDataKey" => Self::GenerateDataKey,
            "GenerateDataKeyPair" => Self::GenerateDataKeyPair,
            "GenerateDataKeyPairWithoutPlaintext" => Self::GenerateDataKeyPairWithoutPlaintext,
            "GenerateDataKeyWithoutPlaintext" => Self::GenerateDataKeyWithoutPlaintext,
            "GenerateMac" => Self::GenerateMac,
            "GenerateRandom" => Self::GenerateRandom,
            "GetKeyLastUsage" => Self::GetKeyLastUsage,
            "GetKeyPolicy" => Self::GetKeyPolicy,
            "GetKeyRotationStatus" => Self::GetKeyRotationStatus,
            "GetParametersForImport" => Self::GetParametersForImport,
            "GetPublicKey" => Self::GetPublicKey,
            "ImportKeyMaterial" => Self::ImportKeyMaterial,
            "ListAliases" => Self::ListAliases,
            "ListGrants" => Self::ListGrants,
            "ListKeyPolicies" => Self::ListKeyPolicies,
            "ListKeyRotations" => Self::ListKeyRotations,
            "ListKeys" => Self::ListKeys,
            "ListResourceTags" => Self::ListResourceTags,
            "ListRetirableGrants" => Self::ListRetirableGrants,
            "PutKeyPolicy" => Self::PutKeyPolicy,
            "ReEncrypt" => Self::ReEncrypt,
            "ReplicateKey" => Self::ReplicateKey,
            "RetireGrant" => Self::RetireGrant,
            "RevokeGrant" => Self::RevokeGrant,
            "RotateKeyOnDemand" => Self::RotateKeyOnDemand,
            "ScheduleKeyDeletion" => Self::ScheduleKeyDeletion,
            "Sign" => Self::Sign,
            "TagResource" => Self::TagResource,
            "UntagResource" => Self::UntagResource,
            "UpdateAlias" => Self::UpdateAlias,
            "UpdateCustomKeyStore" => Self::UpdateCustomKeyStore,
            "UpdateKeyDescription" => Self::UpdateKeyDescription,
            "UpdatePrimaryRegion" => Self::UpdatePrimaryRegion,
            "Verify" => Self::Verify,
            "VerifyMac" => Self::VerifyMac,
            _ => return None,
        })
    }

    /// The exceptions that the service model names for the operation. Any operation may
    /// also answer with an error that no operation of the model names.
    #[must_use]
    pub const fn errors(self) -> &'static [ErrorCode] {
        match self {
            Self::CancelKeyDeletion => &[
                ErrorCode::NotFoundException,
                ErrorCode::InvalidArnException,
                ErrorCode::DependencyTimeoutException,
                ErrorCode::KMSInternalException,
                ErrorCode::KMSInvalidStateException,
            ],
            Self::ConnectCustomKeyStore => &[
                ErrorCode::CloudHsmClusterNotActiveException,
                ErrorCode::CustomKeyStoreInvalidStateException,
                ErrorCode::CustomKeyStoreNotFoundException,
                ErrorCode::KMSInternalException,
                ErrorCode::CloudHsmClusterInvalidConfigurationException,
            ],
            Self::CreateAlias => &[
                ErrorCode::DependencyTimeoutException,
                ErrorCode::AlreadyExistsException,
                ErrorCode::NotFoundException,
                ErrorCode::InvalidAliasNameException,
                ErrorCode::KMSInternalException,
                ErrorCode::LimitExceededException,
                ErrorCode::KMSInvalidStateException,
            ],
            Self::CreateCustomKeyStore => &[
                ErrorCode::CloudHsmClusterInUseException,
                ErrorCode::CustomKeyStoreNameInUseException,
                ErrorCode::CloudHsmClusterNotFoundException,
                ErrorCode::KMSInternalException,
                ErrorCode::CloudHsmClusterNotActiveException,
                ErrorCode::IncorrectTrustAnchorException,
                ErrorCode::CloudHsmClusterInvalidConfigurationException,
                ErrorCode::LimitExceededException,
                ErrorCode::XksProxyUriInUseException,
                ErrorCode::XksProxyUriEndpointInUseException,
                ErrorCode::XksProxyUriUnreachableException,
                ErrorCode::XksProxyIncorrectAuthenticationCredentialException,
                ErrorCode::XksProxyVpcEndpointServiceInUseException,
                ErrorCode::XksProxyVpcEndpointServiceNotFoundException,
                ErrorCode::XksProxyVpcEndpointServiceInvalidConfigurationException,
                ErrorCode::XksProxyInvalidResponseException,
                ErrorCode::XksProxyInvalidConfigurationException,
            ],
            Self::CreateGrant => &[
                ErrorCode::NotFoundException,
                ErrorCode::DisabledException,
                ErrorCode::DependencyTimeoutException,
                ErrorCode::InvalidArnException,
                ErrorCode::KMSInternalException,
                ErrorCode::InvalidGrantTokenException,
                ErrorCode::LimitExceededException,
                ErrorCode::KMSInvalidStateException,
                ErrorCode::DryRunOperationException,
            ],
            Self::CreateKey => &[
                ErrorCode::MalformedPolicyDocumentException,
                ErrorCode::DependencyTimeoutException,
                ErrorCode::InvalidArnException,
                ErrorCode::UnsupportedOperationException,
                ErrorCode::KMSInternalException,
                ErrorCode::LimitExceededException,
                ErrorCode::TagException,
                ErrorCode::CustomKeyStoreNotFoundException,
                ErrorCode::CustomKeyStoreInvalidStateException,
                ErrorCode::CloudHsmClusterInvalidConfigurationException,
                ErrorCode::XksKeyInvalidConfigurationException,
                ErrorCode::XksKeyAlreadyInUseException,
                ErrorCode::XksKeyNotFoundException,
            ],
            Self::Decapsulate => &[
                ErrorCode::NotFoundException,
                ErrorCode::DisabledException,
                ErrorCode::KeyUnavailableException,
                ErrorCode::DependencyTimeoutException,
                ErrorCode::InvalidGrantTokenException,
                ErrorCode::InvalidKeyUsageException,
                ErrorCode::InvalidCiphertextException,
                ErrorCode::KMSInternalException,
                ErrorCode::KMSInvalidStateException,
                ErrorCode::DryRunOperationException,
            ],
            Self::Decrypt => &[
                ErrorCode::NotFoundException,
                ErrorCode::DisabledException,
                ErrorCode::InvalidCiphertextException,
                ErrorCode::KeyUnavailableException,
                ErrorCode::IncorrectKeyException,
                ErrorCode::InvalidKeyUsageException,
                ErrorCode::DependencyTimeoutException,
                ErrorCode::InvalidGrantTokenException,
                ErrorCode::KMSInternalException,
                ErrorCode::KMSInvalidStateException,
                ErrorCode::DryRunOperationException,
            ],
            Self::DeleteAlias => &[
                ErrorCode::DependencyTimeoutException,
                ErrorCode::NotFoundException,
                ErrorCode::KMSInternalException,
                ErrorCode::KMSInvalidStateException,
            ],
            Self::DeleteCustomKeyStore => &[
                ErrorCode::CustomKeyStoreHasCMKsException,
                ErrorCode::CustomKeyStoreInvalidStateException,
                ErrorCode::CustomKeyStoreNotFoundException,
                ErrorCode::KMSInternalException,
            ],
            Self::DeleteImportedKeyMaterial => &[
                ErrorCode::InvalidArnException,
                ErrorCode::UnsupportedOperationException,
                ErrorCode::DependencyTimeoutException,
                ErrorCode::NotFoundException,
                ErrorCode::KMSInternalException,
                ErrorCode::KMSInvalidStateException,
            ],
            Self::DeriveSharedSecret => &[
                ErrorCode::NotFoundException,
                ErrorCode::DisabledException,
                ErrorCode::KeyUnavailableException,
                ErrorCode::DependencyTimeoutException,
                ErrorCode::InvalidGrantTokenException,
                ErrorCode::InvalidKeyUsageException,
                ErrorCode::KMSInternalException,
                ErrorCode::KMSInvalidStateException,
                ErrorCode::DryRunOperationException,
            ],
            Self::DescribeCustomKeyStores => &[
                ErrorCode::CustomKeyStoreNotFoundException,
                ErrorCode::InvalidMarkerException,
                ErrorCode::KMSInternalException,
            ],
            Self::DescribeKey => &[
                ErrorCode::NotFoundException,
                ErrorCode::InvalidArnException,
                ErrorCode::DependencyTimeoutException,
                ErrorCode::KMSInternalException,
            ],
            Self::DisableKey => &[
                ErrorCode::NotFoundException,
                ErrorCode::InvalidArnException,
                ErrorCode::DependencyTimeoutException,
                ErrorCode::KMSInternalException,
                ErrorCode::KMSInvalidStateException,
            ],
            Self::DisableKeyRotation => &[
                ErrorCode::NotFoundException,
                ErrorCode::DisabledException,
                ErrorCode::InvalidArnException,
                ErrorCode::DependencyTimeoutException,
                ErrorCode::KMSInternalException,
                ErrorCode::KMSInvalidStateException,
                ErrorCode::UnsupportedOperationException,
            ],
            Self::DisconnectCustomKeyStore => &[
                ErrorCode::CustomKeyStoreInvalidStateException,
                ErrorCode::CustomKeyStoreNotFoundException,
                ErrorCode::KMSInternalException,
            ],
            Self::EnableKey => &[
                ErrorCode::NotFoundException,
                ErrorCode::InvalidArnException,
                ErrorCode::DependencyTimeoutException,
                ErrorCode::KMSInternalException,
                ErrorCode::LimitExceededException,
                ErrorCode::KMSInvalidStateException,
            ],
            Self::EnableKeyRotation => &[
                ErrorCode::NotFoundException,
                ErrorCode::DisabledException,
                ErrorCode::InvalidArnException,
                ErrorCode::DependencyTimeoutException,
                ErrorCode::KMSInternalException,
                ErrorCode::KMSInvalidStateException,
                ErrorCode::UnsupportedOperationException,
            ],
            Self::Encapsulate => &[
                ErrorCode::NotFoundException,
                ErrorCode::DisabledException,
                ErrorCode::KeyUnavailableException,
                ErrorCode::DependencyTimeoutException,
                ErrorCode::InvalidGrantTokenException,
                ErrorCode::InvalidKeyUsageException,
                ErrorCode::KMSInternalException,
                ErrorCode::KMSInvalidStateException,
                ErrorCode::DryRunOperationException,
            ],
            Self::Encrypt => &[
                ErrorCode::NotFoundException,
                ErrorCode::DisabledException,
                ErrorCode::KeyUnavailableException,
                ErrorCode::DependencyTimeoutException,
                ErrorCode::InvalidKeyUsageException,
                ErrorCode::InvalidGrantTokenException,
                ErrorCode::KMSInternalException,
                ErrorCode::KMSInvalidStateException,
                ErrorCode::DryRunOperationException,
            ],
            Self::GenerateDataKey => &[
                ErrorCode::NotFoundException,
                ErrorCode::DisabledException,
                ErrorCode::KeyUnavailableException,
                ErrorCode::DependencyTimeoutException,
                ErrorCode::InvalidKeyUsageException,
                ErrorCode::InvalidGrantTokenException,
                ErrorCode::KMSInternalException,
                ErrorCode::KMSInvalidStateException,
                ErrorCode::DryRunOperationException,
            ],
            Self::GenerateDataKeyPair => &[
                ErrorCode::NotFoundException,
                ErrorCode::DisabledException,
                ErrorCode::KeyUnavailableException,
                ErrorCode::DependencyTimeoutException,
                ErrorCode::InvalidKeyUsageException,
                ErrorCode::InvalidGrantTokenException,
                ErrorCode::KMSInternalException,
                ErrorCode::KMSInvalidStateException,
                ErrorCode::UnsupportedOperationException,
                ErrorCode::DryRunOperationException,
            ],
            Self::GenerateDataKeyPairWithoutPlaintext => &[
                ErrorCode::NotFoundException,
                ErrorCode::DisabledException,
                ErrorCode::KeyUnavailableException,
                ErrorCode::DependencyTimeoutException,
                ErrorCode::InvalidKeyUsageException,
                ErrorCode::InvalidGrantTokenException,
                ErrorCode::KMSInternalException,
                ErrorCode::KMSInvalidStateException,
                ErrorCode::UnsupportedOperationException,
                ErrorCode::DryRunOperationException,
            ],
            Self::GenerateDataKeyWithoutPlaintext => &[
                ErrorCode::NotFoundException,
                ErrorCode::DisabledException,
                ErrorCode::KeyUnavailableException,
                ErrorCode::DependencyTimeoutException,
                ErrorCode::InvalidKeyUsageException,
                ErrorCode::InvalidGrantTokenException,
                ErrorCode::KMSInternalException,
                ErrorCode::KMSInvalidStateException,
                ErrorCode::DryRunOperationException,
            ],
            Self::GenerateMac => &[
                ErrorCode::NotFoundException,
                ErrorCode::DisabledException,
                ErrorCode::KeyUnavailableException,
                ErrorCode::InvalidKeyUsageException,
                ErrorCode::InvalidGrantTokenException,
                ErrorCode::KMSInternalException,
                ErrorCode::KMSInvalidStateException,
                ErrorCode::DryRunOperationException,
            ],
            Self::GenerateRandom => &[
                ErrorCode::DependencyTimeoutException,
                ErrorCode::KMSInternalException,
                ErrorCode::UnsupportedOperationException,
                ErrorCode::CustomKeyStoreNotFoundException,
                ErrorCode::CustomKeyStoreInvalidStateException,
            ],
            Self::GetKeyLastUsage => &[
                ErrorCode::NotFoundException,
                ErrorCode::InvalidArnException,
                ErrorCode::DependencyTimeoutException,
                ErrorCode::KMSInternalException,
            ],
            Self::GetKeyPolicy => &[
                ErrorCode::NotFoundException,
                ErrorCode::InvalidArnException,
                ErrorCode::DependencyTimeoutException,
                ErrorCode::KMSInternalException,
                ErrorCode::KMSInvalidStateException,
            ],
            Self::GetKeyRotationStatus => &[
                ErrorCode::NotFoundException,
                ErrorCode::InvalidArnException,
                ErrorCode::DependencyTimeoutException,
                ErrorCode::KMSInternalException,
                ErrorCode::KMSInvalidStateException,
                ErrorCode::UnsupportedOperationException,
            ],
            Self::GetParametersForImport => &[
                ErrorCode::InvalidArnException,
                ErrorCode::UnsupportedOperationException,
                ErrorCode::DependencyTimeoutException,
                ErrorCode::NotFoundException,
                ErrorCode::KMSInternalException,
                ErrorCode::KMSInvalidStateException,
            ],
            Self::GetPublicKey => &[
                ErrorCode::NotFoundException,
                ErrorCode::DisabledException,
                ErrorCode::KeyUnavailableException,
                ErrorCode::DependencyTimeoutException,
                ErrorCode::UnsupportedOperationException,
                ErrorCode::InvalidArnException,
                ErrorCode::InvalidGrantTokenException,
                ErrorCode::InvalidKeyUsageException,
                ErrorCode::KMSInternalException,
                ErrorCode::KMSInvalidStateException,
            ],
            Self::ImportKeyMaterial => &[
                ErrorCode::InvalidArnException,
                ErrorCode::UnsupportedOperationException,
                ErrorCode::DependencyTimeoutException,
                ErrorCode::NotFoundException,
                ErrorCode::KMSInternalException,
                ErrorCode::KMSInvalidStateException,
                ErrorCode::InvalidCiphertextException,
                ErrorCode::IncorrectKeyMaterialException,
                ErrorCode::ExpiredImportTokenException,
                ErrorCode::InvalidImportTokenException,
            ],
            Self::ListAliases => &[
                ErrorCode::DependencyTimeoutException,
                ErrorCode::InvalidMarkerException,
                ErrorCode::KMSInternalException,
                ErrorCode::InvalidArnException,
                ErrorCode::NotFoundException,
            ],
            Self::ListGrants => &[
                ErrorCode::NotFoundException,
                ErrorCode::DependencyTimeoutException,
                ErrorCode::InvalidMarkerException,
                ErrorCode::InvalidGrantIdException,
                ErrorCode::InvalidArnException,
                ErrorCode::KMSInternalException,
                ErrorCode::KMSInvalidStateException,
            ],
            Self::ListKeyPolicies => &[
                ErrorCode::NotFoundException,
                ErrorCode::InvalidArnException,
                ErrorCode::DependencyTimeoutException,
                ErrorCode::KMSInternalException,
                ErrorCode::KMSInvalidStateException,
            ],
            Self::ListKeyRotations => &[
                ErrorCode::NotFoundException,
                ErrorCode::InvalidArnException,
                ErrorCode::InvalidMarkerException,
                ErrorCode::KMSInternalException,
                ErrorCode::KMSInvalidStateException,
                ErrorCode::UnsupportedOperationException,
            ],
            Self::ListKeys => &[
                ErrorCode::DependencyTimeoutException,
                ErrorCode::KMSInternalException,
                ErrorCode::InvalidMarkerException,
            ],
            Self::ListResourceTags => &[
                ErrorCode::KMSInternalException,
                ErrorCode::NotFoundException,
                ErrorCode::InvalidArnException,
                ErrorCode::InvalidMarkerException,
            ],
            Self::ListRetirableGrants => &[
                ErrorCode::DependencyTimeoutException,
                ErrorCode::InvalidMarkerException,
                ErrorCode::InvalidArnException,
                ErrorCode::NotFoundException,
                ErrorCode::KMSInternalException,
            ],
            Self::PutKeyPolicy => &[
                ErrorCode::NotFoundException,
                ErrorCode::InvalidArnException,
                ErrorCode::MalformedPolicyDocumentException,
                ErrorCode::DependencyTimeoutException,
                ErrorCode::UnsupportedOperationException,
                ErrorCode::KMSInternalException,
                ErrorCode::LimitExceededException,
                ErrorCode::KMSInvalidStateException,
            ],
            Self::ReEncrypt => &[
                ErrorCode::NotFoundException,
                ErrorCode::DisabledException,
                ErrorCode::InvalidCiphertextException,
                ErrorCode::KeyUnavailableException,
                ErrorCode::IncorrectKeyException,
                ErrorCode::DependencyTimeoutException,
                ErrorCode::InvalidKeyUsageException,
                ErrorCode::InvalidGrantTokenException,
                ErrorCode::KMSInternalException,
                ErrorCode::KMSInvalidStateException,
                ErrorCode::DryRunOperationException,
            ],
            Self::ReplicateKey => &[
                ErrorCode::AlreadyExistsException,
                ErrorCode::DisabledException,
                ErrorCode::InvalidArnException,
                ErrorCode::KMSInvalidStateException,
                ErrorCode::KMSInternalException,
                ErrorCode::LimitExceededException,
                ErrorCode::MalformedPolicyDocumentException,
                ErrorCode::NotFoundException,
                ErrorCode::TagException,
                ErrorCode::UnsupportedOperationException,
            ],
            Self::RetireGrant => &[
                ErrorCode::InvalidArnException,
                ErrorCode::InvalidGrantTokenException,
                ErrorCode::InvalidGrantIdException,
                ErrorCode::NotFoundException,
                ErrorCode::DependencyTimeoutException,
                ErrorCode::KMSInternalException,
                ErrorCode::KMSInvalidStateException,
                ErrorCode::DryRunOperationException,
            ],
            Self::RevokeGrant => &[
                ErrorCode::NotFoundException,
                ErrorCode::DependencyTimeoutException,
                ErrorCode::InvalidArnException,
                ErrorCode::InvalidGrantIdException,
                ErrorCode::KMSInternalException,
                ErrorCode::KMSInvalidStateException,
                ErrorCode::DryRunOperationException,
            ],
            Self::RotateKeyOnDemand => &[
                ErrorCode::NotFoundException,
                ErrorCode::DisabledException,
                ErrorCode::InvalidArnException,
                ErrorCode::DependencyTimeoutException,
                ErrorCode::KMSInternalException,
                ErrorCode::KMSInvalidStateException,
                ErrorCode::UnsupportedOperationException,
                ErrorCode::LimitExceededException,
                ErrorCode::ConflictException,
            ],
            Self::ScheduleKeyDeletion => &[
                ErrorCode::NotFoundException,
                ErrorCode::InvalidArnException,
                ErrorCode::DependencyTimeoutException,
                ErrorCode::KMSInternalException,
                ErrorCode::KMSInvalidStateException,
            ],
            Self::Sign => &[
                ErrorCode::NotFoundException,
                ErrorCode::DisabledException,
                ErrorCode::KeyUnavailableException,
                ErrorCode::DependencyTimeoutException,
                ErrorCode::InvalidKeyUsageException,
                ErrorCode::InvalidGrantTokenException,
                ErrorCode::KMSInternalException,
                ErrorCode::KMSInvalidStateException,
                ErrorCode::DryRunOperationException,
            ],
            Self::TagResource => &[
                ErrorCode::KMSInternalException,
                ErrorCode::NotFoundException,
                ErrorCode::InvalidArnException,
                ErrorCode::KMSInvalidStateException,
                ErrorCode::LimitExceededException,
                ErrorCode::TagException,
            ],
            Self::UntagResource => &[
                ErrorCode::KMSInternalException,
                ErrorCode::NotFoundException,
                ErrorCode::InvalidArnException,
                ErrorCode::KMSInvalidStateException,
                ErrorCode::TagException,
            ],
            Self::UpdateAlias => &[
                ErrorCode::DependencyTimeoutException,
                ErrorCode::NotFoundException,
                ErrorCode::KMSInternalException,
                ErrorCode::LimitExceededException,
                ErrorCode::KMSInvalidStateException,
            ],
            Self::UpdateCustomKeyStore => &[
                ErrorCode::CustomKeyStoreNotFoundException,
                ErrorCode::CustomKeyStoreNameInUseException,
                ErrorCode::CloudHsmClusterNotFoundException,
                ErrorCode::CloudHsmClusterNotRelatedException,
                ErrorCode::CustomKeyStoreInvalidStateException,
                ErrorCode::KMSInternalException,
                ErrorCode::CloudHsmClusterNotActiveException,
                ErrorCode::CloudHsmClusterInvalidConfigurationException,
                ErrorCode::XksProxyUriInUseException,
                ErrorCode::XksProxyUriEndpointInUseException,
                ErrorCode::XksProxyUriUnreachableException,
                ErrorCode::XksProxyIncorrectAuthenticationCredentialException,
                ErrorCode::XksProxyVpcEndpointServiceInUseException,
                ErrorCode::XksProxyVpcEndpointServiceNotFoundException,
                ErrorCode::XksProxyVpcEndpointServiceInvalidConfigurationException,
                ErrorCode::XksProxyInvalidResponseException,
                ErrorCode::XksProxyInvalidConfigurationException,
            ],
            Self::UpdateKeyDescription => &[
                ErrorCode::NotFoundException,
                ErrorCode::InvalidArnException,
                ErrorCode::DependencyTimeoutException,
                ErrorCode::KMSInternalException,
                ErrorCode::KMSInvalidStateException,
            ],
            Self::UpdatePrimaryRegion => &[
                ErrorCode::DisabledException,
                ErrorCode::InvalidArnException,
                ErrorCode::KMSInvalidStateException,
                ErrorCode::KMSInternalException,
                ErrorCode::NotFoundException,
                ErrorCode::UnsupportedOperationException,
            ],
            Self::Verify => &[
                ErrorCode::NotFoundException,
                ErrorCode::DisabledException,
                ErrorCode::KeyUnavailableException,
                ErrorCode::DependencyTimeoutException,
                ErrorCode::InvalidKeyUsageException,
                ErrorCode::InvalidGrantTokenException,
                ErrorCode::KMSInternalException,
                ErrorCode::KMSInvalidStateException,
                ErrorCode::KMSInvalidSignatureException,
                ErrorCode::DryRunOperationException,
            ],
            Self::VerifyMac => &[
                ErrorCode::NotFoundException,
                ErrorCode::DisabledException,
                ErrorCode::KeyUnavailableException,
                ErrorCode::InvalidKeyUsageException,
                ErrorCode::InvalidGrantTokenException,
                ErrorCode::KMSInternalException,
                ErrorCode::KMSInvalidMacException,
                ErrorCode::KMSInvalidStateException,
                ErrorCode::DryRunOperationException,
            ],
        }
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The input of one call. Secrets in it are wiped when it is dropped.
#[derive(Debug, PartialEq, Eq)]
pub enum Input {
    /// The input of CancelKeyDeletion.
    CancelKeyDeletion(shapes::CancelKeyDeletionRequest),
    /// The input of ConnectCustomKeyStore.
    ConnectCustomKeyStore(shapes::ConnectCustomKeyStoreRequest),
    /// The input of CreateAlias.
    CreateAlias(shapes::CreateAliasRequest),
    /// The input of CreateCustomKeyStore.
    CreateCustomKeyStore(shapes::CreateCustomKeyStoreRequest),
    /// The input of CreateGrant.
    CreateGrant(shapes::CreateGrantRequest),
    /// The input of CreateKey.
    CreateKey(shapes::CreateKeyRequest),
    /// The input of Decapsulate.
    Decapsulate(shapes::DecapsulateRequest),
    /// The input of Decrypt.
    Decrypt(shapes::DecryptRequest),
    /// The input of DeleteAlias.
    DeleteAlias(shapes::DeleteAliasRequest),
    /// The input of DeleteCustomKeyStore.
    DeleteCustomKeyStore(shapes::DeleteCustomKeyStoreRequest),
    /// The input of DeleteImportedKeyMaterial.
    DeleteImportedKeyMaterial(shapes::DeleteImportedKeyMaterialRequest),
    /// The input of DeriveSharedSecret.
    DeriveSharedSecret(shapes::DeriveSharedSecretRequest),
    /// The input of DescribeCustomKeyStores.
    DescribeCustomKeyStores(shapes::DescribeCustomKeyStoresRequest),
    /// The input of DescribeKey.
    DescribeKey(shapes::DescribeKeyRequest),
    /// The input of DisableKey.
    DisableKey(shapes::DisableKeyRequest),
    /// The input of DisableKeyRotation.
    DisableKeyRotation(shapes::DisableKeyRotationRequest),
    /// The input of DisconnectCustomKeyStore.
    DisconnectCustomKeyStore(shapes::DisconnectCustomKeyStoreRequest),
    /// The input of EnableKey.
    EnableKey(shapes::EnableKeyRequest),
    /// The input of EnableKeyRotation.
    EnableKeyRotation(shapes::EnableKeyRotationRequest),
    /// The input of Encapsulate.
    Encapsulate(shapes::EncapsulateRequest),
    /// The input of Encrypt.
    Encrypt(shapes::EncryptRequest),
    /// The input of GenerateDataKey.
    GenerateDataKey(shapes::GenerateDataKeyRequest),
    /// The input of GenerateDataKeyPair.
    GenerateDataKeyPair(shapes::GenerateDataKeyPairRequest),
    /// The input of GenerateDataKeyPairWithoutPlaintext.
    GenerateDataKeyPairWithoutPlaintext(shapes::GenerateDataKeyPairWithoutPlaintextRequest),
    /// The input of GenerateDataKeyWithoutPlaintext.
    GenerateDataKeyWithoutPlaintext(shapes::GenerateDataKeyWithoutPlaintextRequest),
    /// The input of GenerateMac.
    GenerateMac(shapes::GenerateMacRequest),
    /// The input of GenerateRandom.
    GenerateRandom(shapes::GenerateRandomRequest),
    /// The input of GetKeyLastUsage.
    GetKeyLastUsage(shapes::GetKeyLastUsageRequest),
    /// The input of GetKeyPolicy.
    GetKeyPolicy(shapes::GetKeyPolicyRequest),
    /// The input of GetKeyRotationStatus.
    GetKeyRotationStatus(shapes::GetKeyRotationStatusRequest),
    /// The input of GetParametersForImport.
    GetParametersForImport(shapes::GetParametersForImportRequest),
    /// The input of GetPublicKey.
    GetPublicKey(shapes::GetPublicKeyRequest),
    /// The input of ImportKeyMaterial.
    ImportKeyMaterial(shapes::ImportKeyMaterialRequest),
    /// The input of ListAliases.
    ListAliases(shapes::ListAliasesRequest),
    /// The input of ListGrants.
    ListGrants(shapes::ListGrantsRequest),
    /// The input of ListKeyPolicies.
    ListKeyPolicies(shapes::ListKeyPoliciesRequest),
    /// The input of ListKeyRotations.
    ListKeyRotations(shapes::ListKeyRotationsRequest),
    /// The input of ListKeys.
    ListKeys(shapes::ListKeysRequest),
    /// The input of ListResourceTags.
    ListResourceTags(shapes::ListResourceTagsRequest),
    /// The input of ListRetirableGrants.
    ListRetirableGrants(shapes::ListRetirableGrantsRequest),
    /// The input of PutKeyPolicy.
    PutKeyPolicy(shapes::PutKeyPolicyRequest),
    /// The input of ReEncrypt.
    ReEncrypt(shapes::ReEncryptRequest),
    /// The input of ReplicateKey.
    ReplicateKey(shapes::ReplicateKeyRequest),
    /// The input of RetireGrant.
    RetireGrant(shapes::RetireGrantRequest),
    /// The input of RevokeGrant.
    RevokeGrant(shapes::RevokeGrantRequest),
    /// The input of RotateKeyOnDemand.
    RotateKeyOnDemand(shapes::RotateKeyOnDemandRequest),
    /// The input of ScheduleKeyDeletion.
    ScheduleKeyDeletion(shapes::ScheduleKeyDeletionRequest),
    /// The input of Sign.
    Sign(shapes::SignRequest),
    /// The input of TagResource.
    TagResource(shapes::TagResourceRequest),
    /// The input of UntagResource.
    UntagResource(shapes::UntagResourceRequest),
    /// The input of UpdateAlias.
    UpdateAlias(shapes::UpdateAliasRequest),
    /// The input of UpdateCustomKeyStore.
    UpdateCustomKeyStore(shapes::UpdateCustomKeyStoreRequest),
    /// The input of UpdateKeyDescription.
    UpdateKeyDescription(shapes::UpdateKeyDescriptionRequest),
    /// The input of UpdatePrimaryRegion.
    UpdatePrimaryRegion(shapes::UpdatePrimaryRegionRequest),
    /// The input of Verify.
    Verify(shapes::VerifyRequest),
    /// The input of VerifyMac.
    VerifyMac(shapes::VerifyMacRequest),
}

impl Input {
    /// The operation that the input belongs to.
    #[must_use]
    pub const fn operation(&self) -> Operation {
        match self {
            Self::CancelKeyDeletion(_) => Operation::CancelKeyDeletion,
            Self::ConnectCustomKeyStore(_) => Operation::ConnectCustomKeyStore,
            Self::CreateAlias(_) => Operation::CreateAlias,
            Self::CreateCustomKeyStore(_) => Operation::CreateCustomKeyStore,
            Self::CreateGrant(_) => Operation::CreateGrant,
            Self::CreateKey(_) => Operation::CreateKey,
            Self::Decapsulate(_) => Operation::Decapsulate,
            Self::Decrypt(_) => Operation::Decrypt,
            Self::DeleteAlias(_) => Operation::DeleteAlias,
            Self::DeleteCustomKeyStore(_) => Operation::DeleteCustomKeyStore,
            Self::DeleteImportedKeyMaterial(_) => Operation::DeleteImportedKeyMaterial,
            Self::DeriveSharedSecret(_) => Operation::DeriveSharedSecret,
            Self::DescribeCustomKeyStores(_) => Operation::DescribeCustomKeyStores,
            Self::DescribeKey(_) => Operation::DescribeKey,
            Self::DisableKey(_) => Operation::DisableKey,
            Self::DisableKeyRotation(_) => Operation::DisableKeyRotation,
            Self::DisconnectCustomKeyStore(_) => Operation::DisconnectCustomKeyStore,
            Self::EnableKey(_) => Operation::EnableKey,
            Self::EnableKeyRotation(_) => Operation::EnableKeyRotation,
            Self::Encapsulate(_) => Operation::Encapsulate,
            Self::Encrypt(_) => Operation::Encrypt,
            Self::GenerateDataKey(_) => Operation::GenerateDataKey,
            Self::GenerateDataKeyPair(_) => Operation::GenerateDataKeyPair,
            Self::GenerateDataKeyPairWithoutPlaintext(_) => {
                Operation::GenerateDataKeyPairWithoutPlaintext
            }
            Self::GenerateDataKeyWithoutPlaintext(_) => Operation::GenerateDataKeyWithoutPlaintext,
            Self::GenerateMac(_) => Operation::GenerateMac,
            Self::GenerateRandom(_) => Operation::GenerateRandom,
            Self::GetKeyLastUsage(_) => Operation::GetKeyLastUsage,
            Self::GetKeyPolicy(_) => Operation::GetKeyPolicy,
            Self::GetKeyRotationStatus(_) => Operation::GetKeyRotationStatus,
            Self::GetParametersForImport(_) => Operation::GetParametersForImport,
            Self::GetPublicKey(_) => Operation::GetPublicKey,
            Self::ImportKeyMaterial(_) => Operation::ImportKeyMaterial,
            Self::ListAliases(_) => Operation::ListAliases,
            Self::ListGrants(_) => Operation::ListGrants,
            Self::ListKeyPolicies(_) => Operation::ListKeyPolicies,
            Self::ListKeyRotations(_) => Operation::ListKeyRotations,
            Self::ListKeys(_) => Operation::ListKeys,
            Self::ListResourceTags(_) => Operation::ListResourceTags,
            Self::ListRetirableGrants(_) => Operation::ListRetirableGrants,
            Self::PutKeyPolicy(_) => Operation::PutKeyPolicy,
            Self::ReEncrypt(_) => Operation::ReEncrypt,
            Self::ReplicateKey(_) => Operation::ReplicateKey,
            Self::RetireGrant(_) => Operation::RetireGrant,
            Self::RevokeGrant(_) => Operation::RevokeGrant,
            Self::RotateKeyOnDemand(_) => Operation::RotateKeyOnDemand,
            Self::ScheduleKeyDeletion(_) => Operation::ScheduleKeyDeletion,
            Self::Sign(_) => Operation::Sign,
            Self::TagResource(_) => Operation::TagResource,
            Self::UntagResource(_) => Operation::UntagResource,
            Self::UpdateAlias(_) => Operation::UpdateAlias,
            Self::UpdateCustomKeyStore(_) => Operation::UpdateCustomKeyStore,
            Self::UpdateKeyDescription(_) => Operation::UpdateKeyDescription,
            Self::UpdatePrimaryRegion(_) => Operation::UpdatePrimaryRegion,
            Self::Verify(_) => Operation::Verify,
            Self::VerifyMac(_) => Operation::VerifyMac,
        }
    }

    /// The grant tokens that came with the call; none for operations that take none.
    #[must_use]
    pub fn grant_tokens(&self) -> &[GrantToken] {
        match self {
            Self::CreateGrant(request) => request.grant_tokens.as_deref(),
            Self::Decapsulate(request) => request.grant_tokens.as_deref(),
            Self::Decrypt(request) => request.grant_tokens.as_deref(),
            Self::DeriveSharedSecret(request) => request.grant_tokens.as_deref(),
            Self::DescribeKey(request) => request.grant_tokens.as_deref(),
            Self::Encapsulate(request) => request.grant_tokens.as_deref(),
            Self::Encrypt(request) => request.grant_tokens.as_deref(),
            Self::GenerateDataKey(request) => request.grant_tokens.as_deref(),
            Self::GenerateDataKeyPair(request) => request.grant_tokens.as_deref(),
            Self::GenerateDataKeyPairWithoutPlaintext(request) => request.grant_tokens.as_deref(),
            Self::GenerateDataKeyWithoutPlaintext(request) => request.grant_tokens.as_deref(),
            Self::GenerateMac(request) => request.grant_tokens.as_deref(),
            Self::GetPublicKey(request) => request.grant_tokens.as_deref(),
            Self::ReEncrypt(request) => request.grant_tokens.as_deref(),
            Self::Sign(request) => request.grant_tokens.as_deref(),
            Self::Verify(request) => request.grant_tokens.as_deref(),
            Self::VerifyMac(request) => request.grant_tokens.as_deref(),
            _ => None,
        }
        .unwrap_or_default()
    }

    /// Whether the caller only asks if the call would succeed.
    #[must_use]
    pub fn dry_run(&self) -> bool {
        match self {
            Self::CreateGrant(request) => request.dry_run,
            Self::Decapsulate(request) => request.dry_run,
            Self::Decrypt(request) => request.dry_run,
            Self::DeriveSharedSecret(request) => request.dry_run,
            Self::Encapsulate(request) => request.dry_run,
            Self::Encrypt(request) => request.dry_run,
            Self::GenerateDataKey(request) => request.dry_run,
            Self::GenerateDataKeyPair(request) => request.dry_run,
            Self::GenerateDataKeyPairWithoutPlaintext(request) => request.dry_run,
            Self::GenerateDataKeyWithoutPlaintext(request) => request.dry_run,
            Self::GenerateMac(request) => request.dry_run,
            Self::ReEncrypt(request) => request.dry_run,
            Self::RetireGrant(request) => request.dry_run,
            Self::RevokeGrant(request) => request.dry_run,
            Self::Sign(request) => request.dry_run,
            Self::Verify(request) => request.dry_run,
            Self::VerifyMac(request) => request.dry_run,
            _ => None,
        }
        .unwrap_or_default()
    }
}

/// The output of one call. An operation without an output shape answers with an empty
/// body; one whose output shape has no members answers with `{}`.
#[derive(Debug, PartialEq, Eq)]
pub enum Output {
    /// The output of CancelKeyDeletion.
    CancelKeyDeletion(shapes::CancelKeyDeletionResponse),
    /// The output of ConnectCustomKeyStore.
    ConnectCustomKeyStore(shapes::ConnectCustomKeyStoreResponse),
    /// CreateAlias succeeded; its answer has no body.
    CreateAlias,
    /// The output of CreateCustomKeyStore.
    CreateCustomKeyStore(shapes::CreateCustomKeyStoreResponse),
    /// The output of CreateGrant.
    CreateGrant(shapes::CreateGrantResponse),
    /// The output of CreateKey.
    CreateKey(shapes::CreateKeyResponse),
    /// The output of Decapsulate.
    Decapsulate(shapes::DecapsulateResponse),
    /// The output of Decrypt.
    Decrypt(shapes::DecryptResponse),
    /// DeleteAlias succeeded; its answer has no body.
    DeleteAlias,
    /// The output of DeleteCustomKeyStore.
    DeleteCustomKeyStore(shapes::DeleteCustomKeyStoreResponse),
    /// The output of DeleteImportedKeyMaterial.
    DeleteImportedKeyMaterial(shapes::DeleteImportedKeyMaterialResponse),
    /// The output of DeriveSharedSecret.
    DeriveSharedSecret(shapes::DeriveSharedSecretResponse),
    /// The output of DescribeCustomKeyStores.
    DescribeCustomKeyStores(shapes::DescribeCustomKeyStoresResponse),
    /// The output of DescribeKey.
    DescribeKey(shapes::DescribeKeyResponse),
    /// DisableKey succeeded; its answer has no body.
    DisableKey,
    /// DisableKeyRotation succeeded; its answer has no body.
    DisableKeyRotation,
    /// The output of DisconnectCustomKeyStore.
    DisconnectCustomKeyStore(shapes::DisconnectCustomKeyStoreResponse),
    /// EnableKey succeeded; its answer has no body.
    EnableKey,
    /// EnableKeyRotation succeeded; its answer has no body.
    EnableKeyRotation,
    /// The output of Encapsulate.
    Encapsulate(shapes::EncapsulateResponse),
    /// The output of Encrypt.
    Encrypt(shapes::EncryptResponse),
    /// The output of GenerateDataKey.
    GenerateDataKey(shapes::GenerateDataKeyResponse),
    /// The output of GenerateDataKeyPair.
    GenerateDataKeyPair(shapes::GenerateDataKeyPairResponse),
    /// The output of GenerateDataKeyPairWithoutPlaintext.
    GenerateDataKeyPairWithoutPlaintext(shapes::GenerateDataKeyPairWithoutPlaintextResponse),
    /// The output of GenerateDataKeyWithoutPlaintext.
    GenerateDataKeyWithoutPlaintext(shapes::GenerateDataKeyWithoutPlaintextResponse),
    /// The output of GenerateMac.
    GenerateMac(shapes::GenerateMacResponse),
    /// The output of GenerateRandom.
    GenerateRandom(shapes::GenerateRandomResponse),
    /// The output of GetKeyLastUsage.
    GetKeyLastUsage(shapes::GetKeyLastUsageResponse),
    /// The output of GetKeyPolicy.
    GetKeyPolicy(shapes::GetKeyPolicyResponse),
    /// The output of GetKeyRotationStatus.
    GetKeyRotationStatus(shapes::GetKeyRotationStatusResponse),
    /// The output of GetParametersForImport.
    GetParametersForImport(shapes::GetParametersForImportResponse),
    /// The output of GetPublicKey.
    GetPublicKey(shapes::GetPublicKeyResponse),
    /// The output of ImportKeyMaterial.
    ImportKeyMaterial(shapes::ImportKeyMaterialResponse),
    /// The output of ListAliases.
    ListAliases(shapes::ListAliasesResponse),
    /// The output of ListGrants.
    ListGrants(shapes::ListGrantsResponse),
    /// The output of ListKeyPolicies.
    ListKeyPolicies(shapes::ListKeyPoliciesResponse),
    /// The output of ListKeyRotations.
    ListKeyRotations(shapes::ListKeyRotationsResponse),
    /// The output of ListKeys.
    ListKeys(shapes::ListKeysResponse),
    /// The output of ListResourceTags.
    ListResourceTags(shapes::ListResourceTagsResponse),
    /// The output of ListRetirableGrants.
    ListRetirableGrants(shapes::ListGrantsResponse),
    /// PutKeyPolicy succeeded; its answer has no body.
    PutKeyPolicy,
    /// The output of ReEncrypt.
    ReEncrypt(shapes::ReEncryptResponse),
    /// The output of ReplicateKey.
    ReplicateKey(shapes::ReplicateKeyResponse),
    /// RetireGrant succeeded; its answer has no body.
    RetireGrant,
    /// RevokeGrant succeeded; its answer has no body.
    RevokeGrant,
    /// The output of RotateKeyOnDemand.
    RotateKeyOnDemand(shapes::RotateKeyOnDemandResponse),
    /// The output of ScheduleKeyDeletion.
    ScheduleKeyDeletion(shapes::ScheduleKeyDeletionResponse),
    /// The output of Sign.
    Sign(shapes::SignResponse),
    /// TagResource succeeded; its answer has no body.
    TagResource,
    /// UntagResource succeeded; its answer has no body.
    UntagResource,
    /// UpdateAlias succeeded; its answer has no body.
    UpdateAlias,
    /// The output of UpdateCustomKeyStore.
    UpdateCustomKeyStore(shapes::UpdateCustomKeyStoreResponse),
    /// UpdateKeyDescription succeeded; its answer has no body.
    UpdateKeyDescription,
    /// UpdatePrimaryRegion succeeded; its answer has no body.
    UpdatePrimaryRegion,
    /// The output of Verify.
    Verify(shapes::VerifyResponse),
    /// The output of VerifyMac.
    VerifyMac(shapes::VerifyMacResponse),
}

impl Output {
    /// The operation that the output belongs to.
    #[must_use]
    pub const fn operation(&self) -> Operation {
        match self {
            Self::CancelKeyDeletion(_) => Operation::CancelKeyDeletion,
            Self::ConnectCustomKeyStore(_) => Operation::ConnectCustomKeyStore,
            Self::CreateAlias => Operation::CreateAlias,
            Self::CreateCustomKeyStore(_) => Operation::CreateCustomKeyStore,
            Self::CreateGrant(_) => Operation::CreateGrant,
            Self::CreateKey(_) => Operation::CreateKey,
            Self::Decapsulate(_) => Operation::Decapsulate,
            Self::Decrypt(_) => Operation::Decrypt,
            Self::DeleteAlias => Operation::DeleteAlias,
            Self::DeleteCustomKeyStore(_) => Operation::DeleteCustomKeyStore,
            Self::DeleteImportedKeyMaterial(_) => Operation::DeleteImportedKeyMaterial,
            Self::DeriveSharedSecret(_) => Operation::DeriveSharedSecret,
            Self::DescribeCustomKeyStores(_) => Operation::DescribeCustomKeyStores,
            Self::DescribeKey(_) => Operation::DescribeKey,
            Self::DisableKey => Operation::DisableKey,
            Self::DisableKeyRotation => Operation::DisableKeyRotation,
            Self::DisconnectCustomKeyStore(_) => Operation::DisconnectCustomKeyStore,
            Self::EnableKey => Operation::EnableKey,
            Self::EnableKeyRotation => Operation::EnableKeyRotation,
            Self::Encapsulate(_) => Operation::Encapsulate,
            Self::Encrypt(_) => Operation::Encrypt,
            Self::GenerateDataKey(_) => Operation::GenerateDataKey,
            Self::GenerateDataKeyPair(_) => Operation::GenerateDataKeyPair,
            Self::GenerateDataKeyPairWithoutPlaintext(_) => {
                Operation::GenerateDataKeyPairWithoutPlaintext
            }
            Self::GenerateDataKeyWithoutPlaintext(_) => Operation::GenerateDataKeyWithoutPlaintext,
            Self::GenerateMac(_) => Operation::GenerateMac,
            Self::GenerateRandom(_) => Operation::GenerateRandom,
            Self::GetKeyLastUsage(_) => Operation::GetKeyLastUsage,
            Self::GetKeyPolicy(_) => Operation::GetKeyPolicy,
            Self::GetKeyRotationStatus(_) => Operation::GetKeyRotationStatus,
            Self::GetParametersForImport(_) => Operation::GetParametersForImport,
            Self::GetPublicKey(_) => Operation::GetPublicKey,
            Self::ImportKeyMaterial(_) => Operation::ImportKeyMaterial,
            Self::ListAliases(_) => Operation::ListAliases,
            Self::ListGrants(_) => Operation::ListGrants,
            Self::ListKeyPolicies(_) => Operation::ListKeyPolicies,
            Self::ListKeyRotations(_) => Operation::ListKeyRotations,
            Self::ListKeys(_) => Operation::ListKeys,
            Self::ListResourceTags(_) => Operation::ListResourceTags,
            Self::ListRetirableGrants(_) => Operation::ListRetirableGrants,
            Self::PutKeyPolicy => Operation::PutKeyPolicy,
            Self::ReEncrypt(_) => Operation::ReEncrypt,
            Self::ReplicateKey(_) => Operation::ReplicateKey,
            Self::RetireGrant => Operation::RetireGrant,
            Self::RevokeGrant => Operation::RevokeGrant,
            Self::RotateKeyOnDemand(_) => Operation::RotateKeyOnDemand,
            Self::ScheduleKeyDeletion(_) => Operation::ScheduleKeyDeletion,
            Self::Sign(_) => Operation::Sign,
            Self::TagResource => Operation::TagResource,
            Self::UntagResource => Operation::UntagResource,
            Self::UpdateAlias => Operation::UpdateAlias,
            Self::UpdateCustomKeyStore(_) => Operation::UpdateCustomKeyStore,
            Self::UpdateKeyDescription => Operation::UpdateKeyDescription,
            Self::UpdatePrimaryRegion => Operation::UpdatePrimaryRegion,
            Self::Verify(_) => Operation::Verify,
            Self::VerifyMac(_) => Operation::VerifyMac,
        }
    }
}
