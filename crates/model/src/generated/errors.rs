// Written from model/kms-2014-11-01.json by xtask/src/codegen/errors.rs (`cargo xtask codegen`).
// What differs from the model is a line in model/overlay.toml. Do not edit.

//! The errors of the service: those that the model names, and the protocol's common ones.

use std::fmt;

/// The name of an error, as the `__type` of an answer carries it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ErrorCode {
    /// `AccessDeniedException`, HTTP status 400, which no operation of the model names.
    AccessDeniedException,
    /// `AlreadyExistsException`, HTTP status 400.
    AlreadyExistsException,
    /// `CloudHsmClusterInUseException`, HTTP status 400.
    CloudHsmClusterInUseException,
    /// `CloudHsmClusterInvalidConfigurationException`, HTTP status 400.
    CloudHsmClusterInvalidConfigurationException,
    /// `CloudHsmClusterNotActiveException`, HTTP status 400.
    CloudHsmClusterNotActiveException,
    /// `CloudHsmClusterNotFoundException`, HTTP status 400.
    CloudHsmClusterNotFoundException,
    /// `CloudHsmClusterNotRelatedException`, HTTP status 400.
    CloudHsmClusterNotRelatedException,
    /// `ConflictException`, HTTP status 400.
    ConflictException,
    /// `CustomKeyStoreHasCMKsException`, HTTP status 400.
    CustomKeyStoreHasCMKsException,
    /// `CustomKeyStoreInvalidStateException`, HTTP status 400.
    CustomKeyStoreInvalidStateException,
    /// `CustomKeyStoreNameInUseException`, HTTP status 400.
    CustomKeyStoreNameInUseException,
    /// `CustomKeyStoreNotFoundException`, HTTP status 400.
    CustomKeyStoreNotFoundException,
    /// `DependencyTimeoutException`, HTTP status 503.
    DependencyTimeoutException,
    /// `DisabledException`, HTTP status 400.
    DisabledException,
    /// `DryRunOperationException`, HTTP status 400.
    DryRunOperationException,
    /// `ExpiredImportTokenException`, HTTP status 400.
    ExpiredImportTokenException,
    /// `ExpiredTokenException`, HTTP status 400, which no operation of the model names.
    ExpiredTokenException,
    /// `IncompleteSignatureException`, HTTP status 400, which no operation of the model names.
    IncompleteSignatureException,
    /// `IncorrectKeyException`, HTTP status 400.
    IncorrectKeyException,
    /// `IncorrectKeyMaterialException`, HTTP status 400.
    IncorrectKeyMaterialException,
    /// `IncorrectTrustAnchorException`, HTTP status 400.
    IncorrectTrustAnchorException,
    /// `InternalFailure`, HTTP status 500, which no operation of the model names.
    InternalFailure,
    /// `InvalidAliasNameException`, HTTP status 400.
    InvalidAliasNameException,
    /// `InvalidArnException`, HTTP status 400.
    InvalidArnException,
    /// `InvalidCiphertextException`, HTTP status 400.
    InvalidCiphertextException,
    /// `InvalidGrantIdException`, HTTP status 400.
    InvalidGrantIdException,
    /// `InvalidGrantTokenException`, HTTP status 400.
    InvalidGrantTokenException,
    /// `InvalidImportTokenException`, HTTP status 400.
    InvalidImportTokenException,
    /// `InvalidKeyUsageException`, HTTP status 400.
    InvalidKeyUsageException,
    /// `InvalidMarkerException`, HTTP status 400.
    InvalidMarkerException,
    /// `InvalidSignatureException`, HTTP status 400, which no operation of the model names.
    InvalidSignatureException,
    /// `KMSInternalException`, HTTP status 500.
    KMSInternalException,
    /// `KMSInvalidMacException`, HTTP status 400.
    KMSInvalidMacException,
    /// `KMSInvalidSignatureException`, HTTP status 400.
    KMSInvalidSignatureException,
    /// `KMSInvalidStateException`, HTTP status 400.
    KMSInvalidStateException,
    /// `KeyUnavailableException`, HTTP status 500.
    KeyUnavailableException,
    /// `LimitExceededException`, HTTP status 400.
    LimitExceededException,
    /// `MalformedPolicyDocumentException`, HTTP status 400.
    MalformedPolicyDocumentException,
    /// `MissingAuthenticationTokenException`, HTTP status 400, which no operation of the model names.
    MissingAuthenticationTokenException,
    /// `NotAuthorizedException`, HTTP status 400, which no operation of the model names.
    NotAuthorizedException,
    /// `NotFoundException`, HTTP status 400.
    NotFoundException,
    /// `SerializationException`, HTTP status 400, which no operation of the model names.
    SerializationException,
    /// `ServiceUnavailable`, HTTP status 503, which no operation of the model names.
    ServiceUnavailable,
    /// `TagException`, HTTP status 400.
    TagException,
    /// `ThrottlingException`, HTTP status 400, which no operation of the model names.
    ThrottlingException,
    /// `UnknownOperationException`, HTTP status 400, which no operation of the model names.
    UnknownOperationException,
    /// `UnrecognizedClientException`, HTTP status 400, which no operation of the model names.
    UnrecognizedClientException,
    /// `UnsupportedOperationException`, HTTP status 400.
    UnsupportedOperationException,
    /// `ValidationException`, HTTP status 400, which no operation of the model names.
    ValidationException,
    /// `XksKeyAlreadyInUseException`, HTTP status 400.
    XksKeyAlreadyInUseException,
    /// `XksKeyInvalidConfigurationException`, HTTP status 400.
    XksKeyInvalidConfigurationException,
    /// `XksKeyNotFoundException`, HTTP status 400.
    XksKeyNotFoundException,
    /// `XksProxyIncorrectAuthenticationCredentialException`, HTTP status 400.
    XksProxyIncorrectAuthenticationCredentialException,
    /// `XksProxyInvalidConfigurationException`, HTTP status 400.
    XksProxyInvalidConfigurationException,
    /// `XksProxyInvalidResponseException`, HTTP status 400.
    XksProxyInvalidResponseException,
    /// `XksProxyUriEndpointInUseException`, HTTP status 400.
    XksProxyUriEndpointInUseException,
    /// `XksProxyUriInUseException`, HTTP status 400.
    XksProxyUriInUseException,
    /// `XksProxyUriUnreachableException`, HTTP status 400.
    XksProxyUriUnreachableException,
    /// `XksProxyVpcEndpointServiceInUseException`, HTTP status 400.
    XksProxyVpcEndpointServiceInUseException,
    /// `XksProxyVpcEndpointServiceInvalidConfigurationException`, HTTP status 400.
    XksProxyVpcEndpointServiceInvalidConfigurationException,
    /// `XksProxyVpcEndpointServiceNotFoundException`, HTTP status 400.
    XksProxyVpcEndpointServiceNotFoundException,
}

impl ErrorCode {
    /// Every error, in the order of names.
    pub const ALL: &[Self] = &[
        Self::AccessDeniedException,
        Self::AlreadyExistsException,
        Self::CloudHsmClusterInUseException,
        Self::CloudHsmClusterInvalidConfigurationException,
        Self::CloudHsmClusterNotActiveException,
        Self::CloudHsmClusterNotFoundException,
        Self::CloudHsmClusterNotRelatedException,
        Self::ConflictException,
        Self::CustomKeyStoreHasCMKsException,
        Self::CustomKeyStoreInvalidStateException,
        Self::CustomKeyStoreNameInUseException,
        Self::CustomKeyStoreNotFoundException,
        Self::DependencyTimeoutException,
        Self::DisabledException,
        Self::DryRunOperationException,
        Self::ExpiredImportTokenException,
        Self::ExpiredTokenException,
        Self::IncompleteSignatureException,
        Self::IncorrectKeyException,
        Self::IncorrectKeyMaterialException,
        Self::IncorrectTrustAnchorException,
        Self::InternalFailure,
        Self::InvalidAliasNameException,
        Self::InvalidArnException,
        Self::InvalidCiphertextException,
        Self::InvalidGrantIdException,
        Self::InvalidGrantTokenException,
        Self::InvalidImportTokenException,
        Self::InvalidKeyUsageException,
        Self::InvalidMarkerException,
        Self::InvalidSignatureException,
        Self::KMSInternalException,
        Self::KMSInvalidMacException,
        Self::KMSInvalidSignatureException,
        Self::KMSInvalidStateException,
        Self::KeyUnavailableException,
        Self::LimitExceededException,
        Self::MalformedPolicyDocumentException,
        Self::MissingAuthenticationTokenException,
        Self::NotAuthorizedException,
        Self::NotFoundException,
        Self::SerializationException,
        Self::ServiceUnavailable,
        Self::TagException,
        Self::ThrottlingException,
        Self::UnknownOperationException,
        Self::UnrecognizedClientException,
        Self::UnsupportedOperationException,
        Self::ValidationException,
        Self::XksKeyAlreadyInUseException,
        Self::XksKeyInvalidConfigurationException,
        Self::XksKeyNotFoundException,
        Self::XksProxyIncorrectAuthenticationCredentialException,
        Self::XksProxyInvalidConfigurationException,
        Self::XksProxyInvalidResponseException,
        Self::XksProxyUriEndpointInUseException,
        Self::XksProxyUriInUseException,
        Self::XksProxyUriUnreachableException,
        Self::XksProxyVpcEndpointServiceInUseException,
        Self::XksProxyVpcEndpointServiceInvalidConfigurationException,
        Self::XksProxyVpcEndpointServiceNotFoundException,
    ];

    /// AWS's name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::AccessDeniedException => "AccessDeniedException",
            Self::AlreadyExistsException => "AlreadyExistsException",
            Self::CloudHsmClusterInUseException => "CloudHsmClusterInUseException",
            Self::CloudHsmClusterInvalidConfigurationException => {
                "CloudHsmClusterInvalidConfigurationException"
            }
            Self::CloudHsmClusterNotActiveException => "CloudHsmClusterNotActiveException",
            Self::CloudHsmClusterNotFoundException => "CloudHsmClusterNotFoundException",
            Self::CloudHsmClusterNotRelatedException => "CloudHsmClusterNotRelatedException",
            Self::ConflictException => "ConflictException",
            Self::CustomKeyStoreHasCMKsException => "CustomKeyStoreHasCMKsException",
            Self::CustomKeyStoreInvalidStateException => "CustomKeyStoreInvalidStateException",
            Self::CustomKeyStoreNameInUseException => "CustomKeyStoreNameInUseException",
            Self::CustomKeyStoreNotFoundException => "CustomKeyStoreNotFoundException",
            Self::DependencyTimeoutException => "DependencyTimeoutException",
            Self::DisabledException => "DisabledException",
            Self::DryRunOperationException => "DryRunOperationException",
            Self::ExpiredImportTokenException => "ExpiredImportTokenException",
            Self::ExpiredTokenException => "ExpiredTokenException",
            Self::IncompleteSignatureException => "IncompleteSignatureException",
            Self::IncorrectKeyException => "IncorrectKeyException",
            Self::IncorrectKeyMaterialException => "IncorrectKeyMaterialException",
            Self::IncorrectTrustAnchorException => "IncorrectTrustAnchorException",
            Self::InternalFailure => "InternalFailure",
            Self::InvalidAliasNameException => "InvalidAliasNameException",
            Self::InvalidArnException => "InvalidArnException",
            Self::InvalidCiphertextException => "InvalidCiphertextException",
            Self::InvalidGrantIdException => "InvalidGrantIdException",
            Self::InvalidGrantTokenException => "InvalidGrantTokenException",
            Self::InvalidImportTokenException => "InvalidImportTokenException",
            Self::InvalidKeyUsageException => "InvalidKeyUsageException",
            Self::InvalidMarkerException => "InvalidMarkerException",
            Self::InvalidSignatureException => "InvalidSignatureException",
            Self::KMSInternalException => "KMSInternalException",
            Self::KMSInvalidMacException => "KMSInvalidMacException",
            Self::KMSInvalidSignatureException => "KMSInvalidSignatureException",
            Self::KMSInvalidStateException => "KMSInvalidStateException",
            Self::KeyUnavailableException => "KeyUnavailableException",
            Self::LimitExceededException => "LimitExceededException",
            Self::MalformedPolicyDocumentException => "MalformedPolicyDocumentException",
            Self::MissingAuthenticationTokenException => "MissingAuthenticationTokenException",
            Self::NotAuthorizedException => "NotAuthorizedException",
            Self::NotFoundException => "NotFoundException",
            Self::SerializationException => "SerializationException",
            Self::ServiceUnavailable => "ServiceUnavailable",
            Self::TagException => "TagException",
            Self::ThrottlingException => "ThrottlingException",
            Self::UnknownOperationException => "UnknownOperationException",
            Self::UnrecognizedClientException => "UnrecognizedClientException",
            Self::UnsupportedOperationException => "UnsupportedOperationException",
            Self::ValidationException => "ValidationException",
            Self::XksKeyAlreadyInUseException => "XksKeyAlreadyInUseException",
            Self::XksKeyInvalidConfigurationException => "XksKeyInvalidConfigurationException",
            Self::XksKeyNotFoundException => "XksKeyNotFoundException",
            Self::XksProxyIncorrectAuthenticationCredentialException => {
                "XksProxyIncorrectAuthenticationCredentialException"
            }
            Self::XksProxyInvalidConfigurationException => "XksProxyInvalidConfigurationException",
            Self::XksProxyInvalidResponseException => "XksProxyInvalidResponseException",
            Self::XksProxyUriEndpointInUseException => "XksProxyUriEndpointInUseException",
            Self::XksProxyUriInUseException => "XksProxyUriInUseException",
            Self::XksProxyUriUnreachableException => "XksProxyUriUnreachableException",
            Self::XksProxyVpcEndpointServiceInUseException => {
                "XksProxyVpcEndpointServiceInUseException"
            }
            Self::XksProxyVpcEndpointServiceInvalidConfigurationException => {
                "XksProxyVpcEndpointServiceInvalidConfigurationException"
            }
            Self::XksProxyVpcEndpointServiceNotFoundException => {
                "XksProxyVpcEndpointServiceNotFoundException"
            }
        }
    }

    /// The error with that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "AccessDeniedException" => Self::AccessDeniedException,
            "AlreadyExistsException" => Self::AlreadyExistsException,
            "CloudHsmClusterInUseException" => Self::CloudHsmClusterInUseException,
            "CloudHsmClusterInvalidConfigurationException" => {
                Self::CloudHsmClusterInvalidConfigurationException
            }
            "CloudHsmClusterNotActiveException" => Self::CloudHsmClusterNotActiveException,
            "CloudHsmClusterNotFoundException" => Self::CloudHsmClusterNotFoundException,
            "CloudHsmClusterNotRelatedException" => Self::CloudHsmClusterNotRelatedException,
            "ConflictException" => Self::ConflictException,
            "CustomKeyStoreHasCMKsException" => Self::CustomKeyStoreHasCMKsException,
            "CustomKeyStoreInvalidStateException" => Self::CustomKeyStoreInvalidStateException,
            "CustomKeyStoreNameInUseException" => Self::CustomKeyStoreNameInUseException,
            "CustomKeyStoreNotFoundException" => Self::CustomKeyStoreNotFoundException,
            "DependencyTimeoutException" => Self::DependencyTimeoutException,
            "DisabledException" => Self::DisabledException,
            "DryRunOperationException" => Self::DryRunOperationException,
            "ExpiredImportTokenException" => Self::ExpiredImportTokenException,
            "ExpiredTokenException" => Self::ExpiredTokenException,
            "IncompleteSignatureException" => Self::IncompleteSignatureException,
            "IncorrectKeyException" => Self::IncorrectKeyException,
            "IncorrectKeyMaterialException" => Self::IncorrectKeyMaterialException,
            "IncorrectTrustAnchorException" => Self::IncorrectTrustAnchorException,
            "InternalFailure" => Self::InternalFailure,
            "InvalidAliasNameException" => Self::InvalidAliasNameException,
            "InvalidArnException" => Self::InvalidArnException,
            "InvalidCiphertextException" => Self::InvalidCiphertextException,
            "InvalidGrantIdException" => Self::InvalidGrantIdException,
            "InvalidGrantTokenException" => Self::InvalidGrantTokenException,
            "InvalidImportTokenException" => Self::InvalidImportTokenException,
            "InvalidKeyUsageException" => Self::InvalidKeyUsageException,
            "InvalidMarkerException" => Self::InvalidMarkerException,
            "InvalidSignatureException" => Self::InvalidSignatureException,
            "KMSInternalException" => Self::KMSInternalException,
            "KMSInvalidMacException" => Self::KMSInvalidMacException,
            "KMSInvalidSignatureException" => Self::KMSInvalidSignatureException,
            "KMSInvalidStateException" => Self::KMSInvalidStateException,
            "KeyUnavailableException" => Self::KeyUnavailableException,
            "LimitExceededException" => Self::LimitExceededException,
            "MalformedPolicyDocumentException" => Self::MalformedPolicyDocumentException,
            "MissingAuthenticationTokenException" => Self::MissingAuthenticationTokenException,
            "NotAuthorizedException" => Self::NotAuthorizedException,
            "NotFoundException" => Self::NotFoundException,
            "SerializationException" => Self::SerializationException,
            "ServiceUnavailable" => Self::ServiceUnavailable,
            "TagException" => Self::TagException,
            "ThrottlingException" => Self::ThrottlingException,
            "UnknownOperationException" => Self::UnknownOperationException,
            "UnrecognizedClientException" => Self::UnrecognizedClientException,
            "UnsupportedOperationException" => Self::UnsupportedOperationException,
            "ValidationException" => Self::ValidationException,
            "XksKeyAlreadyInUseException" => Self::XksKeyAlreadyInUseException,
            "XksKeyInvalidConfigurationException" => Self::XksKeyInvalidConfigurationException,
            "XksKeyNotFoundException" => Self::XksKeyNotFoundException,
            "XksProxyIncorrectAuthenticationCredentialException" => {
                Self::XksProxyIncorrectAuthenticationCredentialException
            }
            "XksProxyInvalidConfigurationException" => Self::XksProxyInvalidConfigurationException,
            "XksProxyInvalidResponseException" => Self::XksProxyInvalidResponseException,
            "XksProxyUriEndpointInUseException" => Self::XksProxyUriEndpointInUseException,
            "XksProxyUriInUseException" => Self::XksProxyUriInUseException,
            "XksProxyUriUnreachableException" => Self::XksProxyUriUnreachableException,
            "XksProxyVpcEndpointServiceInUseException" => {
                Self::XksProxyVpcEndpointServiceInUseException
            }
            "XksProxyVpcEndpointServiceInvalidConfigurationException" => {
                Self::XksProxyVpcEndpointServiceInvalidConfigurationException
            }
            "XksProxyVpcEndpointServiceNotFoundException" => {
                Self::XksProxyVpcEndpointServiceNotFoundException
            }
            _ => return None,
        })
    }

    /// The HTTP status of the answer. KMS says 400 for nearly everything: never 403,
    /// 404, 409 or 429.
    #[must_use]
    pub const fn http_status(self) -> u16 {
        match self {
            Self::InternalFailure | Self::KMSInternalException | Self::KeyUnavailableException => {
                500u16
            }
            Self::DependencyTimeoutException | Self::ServiceUnavailable => 503u16,
            _ => 400,
        }
    }
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
