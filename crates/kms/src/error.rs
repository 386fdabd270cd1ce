//! What a caller is told when a call fails, in AWS's words.
//!
//! This is the only translator from the languages of the other rooms into AWS's exceptions. An
//! error has two voices: the code and message that the caller sees, and a cause for the log.
//! Every sentence that AWS words for a failing key, alias or parameter stands here once.

use std::fmt;

use strongroom_auth::policy::PolicyError;
use strongroom_crypto::{AttestationError, CryptoError};
use strongroom_model::{
    AliasArn, AliasName, KeyArn, KeyRefError, Region, enums::KeyState, errors::ErrorCode,
    operations::Operation,
};
use strongroom_store::{JournalError, StoreError};

use crate::custody::CustodyError;

/// A refusal or failure of one call.
#[derive(Debug)]
pub struct KmsError {
    code: ErrorCode,
    message: Option<String>,
    cause: Option<String>,
}

impl KmsError {
    /// An error with the message that the caller sees.
    #[must_use]
    pub fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self {
            code,
            message: Some(message.into()),
            cause: None,
        }
    }

    /// An error that AWS sends without a message.
    #[must_use]
    pub fn silent(code: ErrorCode) -> Self {
        Self {
            code,
            message: None,
            cause: None,
        }
    }

    /// The exception.
    #[must_use]
    pub fn code(&self) -> ErrorCode {
        self.code
    }

    /// The message of the exception; absent where AWS sends none.
    #[must_use]
    pub fn message(&self) -> Option<&str> {
        self.message.as_deref()
    }

    /// What the log should know and the caller should not.
    #[must_use]
    pub fn cause(&self) -> Option<&str> {
        self.cause.as_deref()
    }

    /// A fault of ours. SDKs retry it.
    pub(crate) fn internal(cause: impl fmt::Display) -> Self {
        Self {
            code: ErrorCode::KMSInternalException,
            message: Some("The request could not be completed. Try again.".to_owned()),
            cause: Some(cause.to_string()),
        }
    }

    /// Something that the call depends on has not answered in time. SDKs retry it.
    ///
    /// AWS: the words of the exception in the API reference.
    pub(crate) fn timed_out(cause: impl fmt::Display) -> Self {
        Self {
            code: ErrorCode::DependencyTimeoutException,
            message: Some(
                "The system timed out while trying to fulfill the request. You can retry the \
                 request."
                    .to_owned(),
            ),
            cause: Some(cause.to_string()),
        }
    }

    /// The key is fine and its material cannot be had: what wraps it is damaged or gone. SDKs
    /// retry it, and it succeeds once an operator has seen to it.
    ///
    /// AWS: the words of the exception in the API reference.
    pub(crate) fn key_unavailable(cause: impl fmt::Display) -> Self {
        Self {
            code: ErrorCode::KeyUnavailableException,
            message: Some(
                "The request was rejected because the specified KMS key was not available. You \
                 can retry the request."
                    .to_owned(),
            ),
            cause: Some(cause.to_string()),
        }
    }

    /// A failure on the way to the material of a key.
    pub(crate) fn unavailable(self) -> Self {
        match self.cause {
            Some(cause) if self.code == ErrorCode::KMSInternalException => {
                Self::key_unavailable(cause)
            }
            cause => Self { cause, ..self },
        }
    }

    /// Whether something that the call depends on has not answered in time.
    pub(crate) fn is_time_out(&self) -> bool {
        self.code == ErrorCode::DependencyTimeoutException
    }

    /// The same failure as a caller of the operation knows it: one that does not model
    /// DependencyTimeoutException has KMSInternalException, which every one models.
    pub(crate) fn modelled_by(self, operation: Operation) -> Self {
        match self.cause {
            Some(cause)
                if self.code == ErrorCode::DependencyTimeoutException
                    && !operation.errors().contains(&self.code) =>
            {
                Self::internal(cause)
            }
            cause => Self { cause, ..self },
        }
    }

    /// A failure on the way to something that has to be there: a fault of ours, whatever it is.
    pub(crate) fn broken(self) -> Self {
        if self.is_time_out() {
            self
        } else {
            Self::internal(self)
        }
    }

    /// A parameter rule that is not a constraint of the model: one plain sentence.
    pub(crate) fn validation(message: impl Into<String>) -> Self {
        Self::new(ErrorCode::ValidationException, message)
    }

    pub(crate) fn unsupported(message: impl Into<String>) -> Self {
        Self::new(ErrorCode::UnsupportedOperationException, message)
    }

    /// There is no such key in the account and Region. The text is always the whole ARN.
    pub(crate) fn no_such_key(arn: impl fmt::Display) -> Self {
        Self::new(
            ErrorCode::NotFoundException,
            format!("Key '{arn}' does not exist"),
        )
    }

    pub(crate) fn no_such_alias(arn: impl fmt::Display) -> Self {
        Self::new(
            ErrorCode::NotFoundException,
            format!("Alias {arn} is not found."),
        )
    }

    /// An alias was given to an operation that takes keys only. Decided from syntax alone.
    pub(crate) fn aliases_not_supported() -> Self {
        Self::new(
            ErrorCode::InvalidArnException,
            "Key Aliases are not supported for this operation.",
        )
    }

    pub(crate) fn no_such_grant(id: impl fmt::Display) -> Self {
        Self::new(
            ErrorCode::NotFoundException,
            format!("Grant ID {id} not found"),
        )
    }

    /// A text that can be no grant's id.
    pub(crate) fn invalid_grant_id() -> Self {
        Self::silent(ErrorCode::InvalidGrantIdException)
    }

    /// A text that is no grant token of ours.
    pub(crate) fn invalid_grant_token() -> Self {
        Self::silent(ErrorCode::InvalidGrantTokenException)
    }

    /// A grant cannot name this principal.
    pub(crate) fn invalid_principal(text: &str) -> Self {
        Self::new(
            ErrorCode::InvalidArnException,
            format!("ARN does not refer to a valid principal: {text}"),
        )
    }

    pub(crate) fn grant_context_unsupported() -> Self {
        Self::validation(
            "EncryptionContext is supported only when creating a grant for a symmetric encryption \
             KMS key.",
        )
    }

    pub(crate) fn grant_operation(operation: &str, usage: &str, spec: &str) -> Self {
        Self::validation(format!(
            "Operation {operation} is not valid in a grant for a KMS key with key usage {usage} \
             and key spec {spec}."
        ))
    }

    pub(crate) fn grant_not_named() -> Self {
        Self::validation("Grant token OR (grant ID, key ID) must be specified")
    }

    pub(crate) fn alias_exists(arn: &AliasArn) -> Self {
        Self::new(
            ErrorCode::AlreadyExistsException,
            format!("An alias with the name {arn} already exists"),
        )
    }

    pub(crate) fn alias_prefix_missing() -> Self {
        Self::validation(
            "Alias must start with the prefix \"alias/\". Please see \
             https://docs.aws.amazon.com/kms/latest/developerguide/kms-alias.html",
        )
    }

    /// The alias name begins with the prefix that belongs to AWS managed keys.
    pub(crate) fn alias_reserved() -> Self {
        Self::silent(ErrorCode::NotAuthorizedException)
    }

    pub(crate) fn alias_usage_differs(alias: &AliasName, current: &str, target: &str) -> Self {
        Self::alias_keys_differ(alias, "key usage", current, target)
    }

    pub(crate) fn alias_type_differs(alias: &AliasName, current: &str, target: &str) -> Self {
        Self::alias_keys_differ(alias, "key type", current, target)
    }

    fn alias_keys_differ(alias: &AliasName, what: &str, current: &str, target: &str) -> Self {
        Self::validation(format!(
            "Alias {alias} cannot be changed from a CMK with {what} {current} to a CMK with \
             {what} {target}. The {what} of the current CMK and the new CMK must be the same."
        ))
    }

    /// The account calls more often than it may.
    pub(crate) fn throttled() -> Self {
        Self::new(
            ErrorCode::ThrottlingException,
            "You have exceeded the rate at which you may call KMS. Reduce the frequency of your \
             calls.",
        )
    }

    /// A quota counted per key or per account is used up.
    pub(crate) fn quota(what: &str, quota: u64, usage: u64) -> Self {
        Self::new(
            ErrorCode::LimitExceededException,
            format!(
                "{what} quota for this account in this region is {quota}, current usage is {usage}."
            ),
        )
    }

    pub(crate) fn key_quota(quota: u64, usage: u64) -> Self {
        Self::new(
            ErrorCode::LimitExceededException,
            format!(
                "Key quota for this account in this region is {quota} but the current usage is \
                 {usage}."
            ),
        )
    }

    /// The key's state does not allow the use.
    ///
    /// AWS: developer guide, "Key states of AWS KMS keys".
    pub(crate) fn key_state(arn: &KeyArn, state: KeyState) -> Self {
        let (code, is) = match state {
            KeyState::Disabled => (ErrorCode::DisabledException, "disabled"),
            KeyState::PendingDeletion => (ErrorCode::KMSInvalidStateException, "pending deletion"),
            KeyState::PendingReplicaDeletion => (
                ErrorCode::KMSInvalidStateException,
                "pending replica deletion",
            ),
            KeyState::PendingImport => (ErrorCode::KMSInvalidStateException, "pending import"),
            KeyState::Unavailable => (ErrorCode::KMSInvalidStateException, "unavailable"),
            KeyState::Creating => (ErrorCode::KMSInvalidStateException, "creating"),
            KeyState::Updating => (ErrorCode::KMSInvalidStateException, "updating"),
            KeyState::Enabled => (ErrorCode::KMSInvalidStateException, "enabled"),
        };
        Self::new(code, format!("{arn} is {is}."))
    }

    pub(crate) fn not_pending_deletion(arn: &KeyArn) -> Self {
        Self::new(
            ErrorCode::KMSInvalidStateException,
            format!("{arn} is not pending deletion."),
        )
    }

    pub(crate) fn key_usage(arn: &KeyArn, usage: &str, operation: &str) -> Self {
        Self::new(
            ErrorCode::InvalidKeyUsageException,
            format!("{arn} key usage is {usage} which is not valid for {operation}."),
        )
    }

    pub(crate) fn algorithm(algorithm: &str, key_spec: &str) -> Self {
        Self::new(
            ErrorCode::InvalidKeyUsageException,
            format!("Algorithm {algorithm} is incompatible with key spec {key_spec}."),
        )
    }

    /// Only symmetric encryption keys have data keys.
    pub(crate) fn data_key_under_asymmetric() -> Self {
        Self::new(
            ErrorCode::InvalidKeyUsageException,
            "You cannot generate a data key with an asymmetric CMK",
        )
    }

    /// The operation is for keys of another spec, whatever their usage.
    pub(crate) fn key_spec(arn: &KeyArn, key_spec: &str, operation: &str) -> Self {
        Self::new(
            ErrorCode::InvalidKeyUsageException,
            format!("{arn} key KeySpec is {key_spec} which is not valid for {operation}."),
        )
    }

    /// The Region has no keys, or data key pairs, of that spec.
    pub(crate) fn spec_not_offered(parameter: &str, spec: &str) -> Self {
        Self::unsupported(format!(
            "{parameter} {spec} is not supported in this Region"
        ))
    }

    /// More plaintext than an asymmetric key encrypts at once.
    pub(crate) fn plaintext_too_long(algorithm: &str, key_spec: &str, bytes: usize) -> Self {
        Self::validation(format!(
            "Algorithm {algorithm} and key spec {key_spec} cannot encrypt data larger than {bytes} \
             bytes."
        ))
    }

    pub(crate) fn context_with_asymmetric() -> Self {
        Self::validation(
            "EncryptionContext is not supported when encrypting/decrypting with asymmetric CMKs.",
        )
    }

    /// `with` is `algorithm` or `key spec`, and `name` which.
    pub(crate) fn message_type(message_type: &str, with: &str, name: &str) -> Self {
        Self::validation(format!(
            "Message type {message_type} is incompatible with {with} {name}."
        ))
    }

    pub(crate) fn digest_length(algorithm: &str) -> Self {
        Self::validation(format!(
            "Digest is invalid length for algorithm {algorithm}."
        ))
    }

    /// The one answer to a signature that is not the key's, whatever the cause.
    pub(crate) fn invalid_signature() -> Self {
        Self::silent(ErrorCode::KMSInvalidSignatureException)
    }

    /// The one answer to a MAC that is not the key's, whatever the cause.
    pub(crate) fn invalid_mac() -> Self {
        Self::silent(ErrorCode::KMSInvalidMacException)
    }

    /// The peer's public key is no key of the same curve. AWS says no more than that.
    pub(crate) fn invalid_public_key() -> Self {
        Self::silent(ErrorCode::ValidationException)
    }

    /// The key has no public half.
    pub(crate) fn no_public_key() -> Self {
        Self::silent(ErrorCode::UnsupportedOperationException)
    }

    /// Decrypt or ReEncrypt named a key other than the one that made the ciphertext.
    pub(crate) fn incorrect_key() -> Self {
        Self::new(
            ErrorCode::IncorrectKeyException,
            "The key ID in the request does not identify a CMK that can perform this operation.",
        )
    }

    /// The origin of the key's material does not allow the operation.
    pub(crate) fn origin(arn: &KeyArn, origin: &str) -> Self {
        Self::unsupported(format!(
            "{arn} origin is {origin} which is not valid for this operation."
        ))
    }

    /// The key spec does not allow the operation. AWS sends no message.
    pub(crate) fn spec_unsupported() -> Self {
        Self::silent(ErrorCode::UnsupportedOperationException)
    }

    /// Only the primary of related multi-Region keys has a rotation of its own.
    pub(crate) fn not_primary(arn: &KeyArn) -> Self {
        Self::unsupported(format!("{arn} is not a multi-region primary key."))
    }

    pub(crate) fn primary_already(arn: &KeyArn) -> Self {
        Self::unsupported(format!("{arn} is the multi-region primary key already."))
    }

    pub(crate) fn region_not_offered(name: &str) -> Self {
        Self::unsupported(format!("The Region {name} is not supported."))
    }

    pub(crate) fn no_pending_material(arn: &KeyArn) -> Self {
        Self::new(
            ErrorCode::KMSInvalidStateException,
            format!("No available key material pending rotation for the key: {arn}."),
        )
    }

    pub(crate) fn another_material_pending(arn: &KeyArn, new: &str, pending: &str) -> Self {
        Self::new(
            ErrorCode::KMSInvalidStateException,
            format!(
                "New key material (id: {new}) cannot be imported into KMS key {arn}, because \
                 another key material (id: {pending}) is pending rotation."
            ),
        )
    }

    pub(crate) fn on_demand_rotations_used_up(arn: &KeyArn) -> Self {
        Self::new(
            ErrorCode::LimitExceededException,
            format!(
                "The on-demand rotations limit has been reached for the given keyId. No more \
                 on-demand rotations can be performed for this key: {arn}"
            ),
        )
    }

    /// AWS documents when, but not the words.
    pub(crate) fn automatic_rotation_is_near(arn: &KeyArn) -> Self {
        Self::new(
            ErrorCode::ConflictException,
            format!("An automatic rotation of the key is about to start: {arn}."),
        )
    }

    /// The one answer to a ciphertext that does not open, whatever the cause.
    pub(crate) fn invalid_ciphertext() -> Self {
        Self::silent(ErrorCode::InvalidCiphertextException)
    }

    pub(crate) fn dry_run() -> Self {
        Self::new(
            ErrorCode::DryRunOperationException,
            "The request would have succeeded, but the DryRun option is set.",
        )
    }

    /// Better no answer than one in plaintext.
    pub(crate) fn no_attestation_root() -> Self {
        Self::validation(
            "Recipient is not supported here: no root certificate of attestation documents is \
             configured.",
        )
    }

    pub(crate) fn incomplete_recipient() -> Self {
        Self::validation(
            "Recipient must have both a KeyEncryptionAlgorithm and an AttestationDocument.",
        )
    }

    /// The caller is told no more, whatever is wrong with the document.
    pub(crate) fn not_attested(error: AttestationError) -> Self {
        match error {
            AttestationError::Crypto(error) => error.into(),
            error => Self {
                cause: Some(error.to_string()),
                ..Self::validation("The attestation document in the request is not valid.")
            },
        }
    }

    pub(crate) fn tag(message: &str) -> Self {
        Self::new(ErrorCode::TagException, message)
    }

    /// What a reference that can name no key is answered with.
    ///
    /// `region` is the Region of the request.
    pub(crate) fn key_ref(error: KeyRefError) -> Self {
        let message = match error {
            KeyRefError::NotAnId(text) => format!("Invalid keyId '{text}'"),
            KeyRefError::NotAnIdInArn(text) => format!("Invalid keyId {text}"),
            KeyRefError::OtherRegion(region) => format!("Invalid arn {region}"),
            KeyRefError::NotAnArn(text) => {
                return Self::new(
                    ErrorCode::InvalidArnException,
                    format!("Invalid arn {text}"),
                );
            }
        };
        Self::new(ErrorCode::NotFoundException, message)
    }

    /// The text of a key that no key can be, in the account and Region where it was looked for.
    pub(crate) fn nobody(account: impl fmt::Display, region: &Region, id: &str) -> Self {
        Self::no_such_key(format_args!(
            "arn:{}:kms:{region}:{account}:key/{id}",
            region.partition()
        ))
    }
}

impl fmt::Display for KmsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.message {
            Some(message) => write!(f, "{}: {message}", self.code.name()),
            None => f.write_str(self.code.name()),
        }
    }
}

impl std::error::Error for KmsError {}

impl From<StoreError> for KmsError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::TimedOut(_) | StoreError::Silent => Self::timed_out(error),
            error => Self::internal(error),
        }
    }
}

impl From<CryptoError> for KmsError {
    fn from(error: CryptoError) -> Self {
        Self::internal(error)
    }
}

impl From<PolicyError> for KmsError {
    fn from(error: PolicyError) -> Self {
        Self {
            code: error.code,
            message: error.message,
            cause: Some(error.detail),
        }
    }
}

impl From<CustodyError> for KmsError {
    fn from(error: CustodyError) -> Self {
        match error {
            CustodyError::Store(error) => error.into(),
            error => Self::internal(error),
        }
    }
}

impl From<JournalError> for KmsError {
    fn from(error: JournalError) -> Self {
        match error {
            JournalError::TimedOut { .. } | JournalError::Stalled { .. } => Self::timed_out(error),
            error => Self::internal(error),
        }
    }
}
