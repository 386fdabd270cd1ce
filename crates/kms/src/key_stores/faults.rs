//! What a fault of the outside is to a caller, by what was being done.
//!
//! The same fault is another exception while a store is created, while a key is created, and
//! while a key is used, and it is an error code of a connection. The sentence is the same: one
//! for each cause, stable, and never the words of the other side.
//!
//! AWS: XKS proxy API, "Error codes"; developer guide, "Troubleshooting external key stores" and
//! "Troubleshooting a custom key store".

use strongroom_model::{KeyArn, enums::ConnectionErrorCodeType as Code, errors::ErrorCode as E};

use super::outside::{ClusterFault, ProxyFault};
use crate::error::KmsError;

impl ProxyFault {
    /// While a store is created or changed.
    pub(crate) fn of_store(self) -> KmsError {
        let code = match self {
            Self::IncorrectCredential => E::XksProxyIncorrectAuthenticationCredentialException,
            Self::InvalidUriPath | Self::Unsupported => E::XksProxyInvalidConfigurationException,
            Self::Throttled
            | Self::DependencyTimeout
            | Self::Unreachable
            | Self::TimedOut
            | Self::Tls
            | Self::NoManager => E::XksProxyUriUnreachableException,
            Self::InvalidResponse
            | Self::Internal
            | Self::InvalidState
            | Self::InvalidKeyUsage
            | Self::InvalidCiphertext
            | Self::IntegrityMismatch
            | Self::AccessDenied
            | Self::KeyNotFound => E::XksProxyInvalidResponseException,
        };
        KmsError::new(code, self.sentence())
    }

    /// While a key is created.
    pub(crate) fn of_new_key(self) -> KmsError {
        let code = match self {
            Self::InvalidState | Self::InvalidKeyUsage | Self::Unsupported => {
                E::XksKeyInvalidConfigurationException
            }
            Self::KeyNotFound => E::XksKeyNotFoundException,
            Self::AccessDenied => E::KMSInvalidStateException,
            _ => E::CustomKeyStoreInvalidStateException,
        };
        KmsError::new(code, self.sentence())
    }

    /// While a key is used. Whatever it is, the exception is one, and never that of a ciphertext
    /// which the caller got wrong.
    pub(crate) fn of_use(self) -> KmsError {
        KmsError::new(E::KMSInvalidStateException, self.sentence())
    }

    /// While a store is being connected.
    pub(crate) fn of_connection(self) -> Code {
        match self {
            Self::InvalidResponse
            | Self::InvalidState
            | Self::InvalidKeyUsage
            | Self::InvalidCiphertext
            | Self::IntegrityMismatch
            | Self::KeyNotFound => Code::XksProxyInvalidResponse,
            Self::IncorrectCredential => Code::InvalidCredentials,
            Self::AccessDenied => Code::XksProxyAccessDenied,
            Self::InvalidUriPath | Self::Unsupported => Code::XksProxyInvalidConfiguration,
            Self::Throttled | Self::Unreachable | Self::NoManager => Code::XksProxyNotReachable,
            Self::DependencyTimeout | Self::TimedOut => Code::XksProxyTimedOut,
            Self::Tls => Code::XksProxyInvalidTlsConfiguration,
            Self::Internal => Code::InternalError,
        }
    }

    /// What the XKS proxy API calls it; of what a proxy does not say itself, the name that AWS
    /// gives to it in metrics.
    ///
    /// AWS: developer guide, "XksProxyErrors".
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::InvalidResponse => "InvalidResponse",
            Self::InvalidState => "InvalidStateException",
            Self::InvalidKeyUsage => "InvalidKeyUsageException",
            Self::InvalidCiphertext => "InvalidCiphertextException",
            Self::IntegrityMismatch => "IntegrityMismatch",
            Self::IncorrectCredential => "AuthenticationFailedException",
            Self::AccessDenied => "AccessDeniedException",
            Self::KeyNotFound => "KeyNotFoundException",
            Self::InvalidUriPath => "InvalidUriPathException",
            Self::Unsupported => "UnsupportedOperationException",
            Self::Throttled => "ThrottlingException",
            Self::DependencyTimeout => "DependencyTimeoutException",
            Self::Unreachable => "Unreachable",
            Self::TimedOut => "TimedOut",
            Self::Tls => "Tls",
            Self::Internal => "InternalException",
            Self::NoManager => "NoManager",
        }
    }

    /// Whether trying once more may help.
    #[must_use]
    pub fn may_pass(self) -> bool {
        matches!(
            self,
            Self::Throttled
                | Self::DependencyTimeout
                | Self::Unreachable
                | Self::TimedOut
                | Self::Internal
        )
    }

    fn sentence(self) -> &'static str {
        match self {
            Self::InvalidResponse => {
                "The external key store proxy did not answer as the XKS proxy API says."
            }
            Self::InvalidState => {
                "The external key store proxy rejected the request because the external key or \
                 its key manager is not in a valid state for it."
            }
            Self::InvalidKeyUsage => {
                "The external key store proxy rejected the request because the external key is \
                 not configured for this operation."
            }
            // AWS: developer guide, "Decryption errors".
            Self::InvalidCiphertext => {
                "The external key store proxy rejected the request because the specified \
                 ciphertext or additional authenticated data is corrupted, missing, or otherwise \
                 invalid."
            }
            Self::IntegrityMismatch => {
                "The external key store proxy returned a ciphertext whose data integrity value \
                 does not match."
            }
            Self::IncorrectCredential => {
                "The external key store proxy rejected the request because it does not accept \
                 the proxy authentication credential."
            }
            Self::AccessDenied => "The external key store proxy denied access to the operation.",
            Self::KeyNotFound => {
                "The external key store proxy rejected the request because it could not find the \
                 external key."
            }
            Self::InvalidUriPath => {
                "The external key store proxy rejected the request because its URI path is not \
                 valid."
            }
            Self::Unsupported => {
                "The external key store proxy does not support the requested operation."
            }
            Self::Throttled => {
                "The external key store proxy rejected the request because of its request rate."
            }
            Self::DependencyTimeout => {
                "The external key manager did not respond to the external key store proxy in time."
            }
            Self::Unreachable => "The external key store proxy could not be reached.",
            Self::TimedOut => {
                "The external key store proxy did not respond to the request in time."
            }
            Self::Tls => {
                "A TLS connection to the external key store proxy could not be established."
            }
            Self::Internal => {
                "The external key store proxy failed to fulfil the request because of an internal \
                 error."
            }
            Self::NoManager => {
                "Every external key manager of the external key store proxy is unavailable."
            }
        }
    }
}

impl ClusterFault {
    /// Its name, as metrics have it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::NotFound => "NotFound",
            Self::InvalidConfiguration => "InvalidConfiguration",
            Self::IncorrectPassword => "IncorrectPassword",
            Self::NoUser => "NoUser",
            Self::LockedOut => "LockedOut",
            Self::LoggedInElsewhere => "LoggedInElsewhere",
            Self::Unreachable => "Unreachable",
            Self::NoObject => "NoObject",
            Self::InvalidCiphertext => "InvalidCiphertext",
            Self::NoSession => "NoSession",
            Self::Internal => "Internal",
        }
    }

    /// While a store is created or changed.
    pub(crate) fn of_store(self, cluster: &str) -> KmsError {
        match self {
            Self::NotFound => KmsError::no_such_cluster(cluster),
            Self::InvalidConfiguration => KmsError::new(
                E::CloudHsmClusterInvalidConfigurationException,
                format!("{cluster} does not fulfil the requirements of a CloudHSM key store."),
            ),
            _ => KmsError::new(
                E::CloudHsmClusterNotActiveException,
                format!("{cluster} is not active."),
            ),
        }
    }

    /// While a key is created, or random bytes are drawn.
    pub(crate) fn of_new_key(self) -> KmsError {
        match self {
            Self::NoSession => KmsError::internal(self),
            Self::InvalidConfiguration => KmsError::new(
                E::CloudHsmClusterInvalidConfigurationException,
                self.sentence(),
            ),
            _ => KmsError::new(E::CustomKeyStoreInvalidStateException, self.sentence()),
        }
    }

    /// While random bytes are drawn.
    pub(crate) fn of_random(self) -> KmsError {
        match self {
            Self::NoSession => KmsError::internal(self),
            _ => KmsError::new(E::CustomKeyStoreInvalidStateException, self.sentence()),
        }
    }

    /// While a key is used.
    pub(crate) fn of_use(self, key: &KeyArn) -> KmsError {
        match self {
            Self::NoSession => KmsError::internal(self),
            Self::NoObject => KmsError::new(
                E::KMSInvalidStateException,
                format!("The key material of {key} is not in its CloudHSM cluster any more."),
            ),
            _ => KmsError::new(E::KMSInvalidStateException, self.sentence()),
        }
    }

    /// While a store is being connected.
    pub(crate) fn of_connection(self) -> Code {
        match self {
            Self::NotFound => Code::ClusterNotFound,
            Self::IncorrectPassword => Code::InvalidCredentials,
            Self::LockedOut => Code::UserLockedOut,
            Self::NoUser => Code::UserNotFound,
            Self::LoggedInElsewhere => Code::UserLoggedIn,
            Self::Unreachable => Code::NetworkErrors,
            Self::NoObject
            | Self::InvalidCiphertext
            | Self::NoSession
            | Self::InvalidConfiguration
            | Self::Internal => Code::InternalError,
        }
    }

    fn sentence(self) -> &'static str {
        match self {
            Self::NotFound => "The CloudHSM cluster of the key store could not be found.",
            Self::InvalidConfiguration => {
                "The CloudHSM cluster of the key store is not configured as a key store needs it."
            }
            Self::IncorrectPassword | Self::NoUser | Self::LoggedInElsewhere => {
                "The CloudHSM cluster of the key store did not accept the crypto user."
            }
            Self::LockedOut => {
                "The crypto user of the CloudHSM cluster of the key store is locked out."
            }
            Self::Unreachable => "The CloudHSM cluster of the key store could not be reached.",
            Self::NoObject => {
                "The key material is not in the CloudHSM cluster of the key store any more."
            }
            Self::InvalidCiphertext => {
                "The CloudHSM cluster rejected the request because the specified ciphertext or \
                 additional authenticated data is corrupted, missing, or otherwise invalid."
            }
            Self::NoSession => "The CloudHSM cluster of the key store has no free session.",
            Self::Internal => {
                "The CloudHSM cluster of the key store failed to fulfil the request because of an \
                 internal error."
            }
        }
    }
}
