//! What the entry of each operation records, as a table.
//!
//! The table is `model/recorded.toml`. The writers are generated from it, so what it does not
//! list is not recorded; blobs and secrets it cannot list.

use strongroom_model::operations::Operation;

use super::{generated::members, json::Object};

/// What the entry of an operation records, by the names that it has there.
#[derive(Debug)]
pub struct Row {
    /// The members of `requestParameters`, as far as the caller sent them.
    pub request: &'static [&'static str],
    /// The members of `responseElements` when the call succeeded.
    pub answer: Answer,
    /// The members of `additionalEventData`, as far as they apply.
    pub additional: &'static [&'static str],
}

/// What `responseElements` say of a call that succeeded.
#[derive(Debug)]
pub enum Answer {
    /// Nothing: they are null.
    Null,
    /// The ARN of the key that the call changed.
    KeyId,
    /// Members of the response.
    Members(&'static [&'static str]),
}

/// The row of an operation.
#[must_use]
pub fn row(operation: Operation) -> &'static Row {
    members::row(operation)
}

/// A response of which an entry records something.
pub(crate) trait Told {
    /// Writes the recorded members. `key` is the ARN of the key that the call changed.
    fn write(&self, out: &mut Object, key: Option<&str>);
}

/// Whether CloudTrail calls the operation read-only.
///
/// AWS: developer guide, "CloudTrail log entries": cryptographic operations and everything that
/// gets, lists or describes.
#[must_use]
pub fn read_only(operation: Operation) -> bool {
    use Operation as O;
    match operation {
        O::CancelKeyDeletion
        | O::ConnectCustomKeyStore
        | O::CreateAlias
        | O::CreateCustomKeyStore
        | O::CreateGrant
        | O::CreateKey
        | O::DeleteAlias
        | O::DeleteCustomKeyStore
        | O::DeleteImportedKeyMaterial
        | O::DisableKey
        | O::DisableKeyRotation
        | O::DisconnectCustomKeyStore
        | O::EnableKey
        | O::EnableKeyRotation
        | O::ImportKeyMaterial
        | O::PutKeyPolicy
        | O::ReplicateKey
        | O::RetireGrant
        | O::RevokeGrant
        | O::RotateKeyOnDemand
        | O::ScheduleKeyDeletion
        | O::TagResource
        | O::UntagResource
        | O::UpdateAlias
        | O::UpdateCustomKeyStore
        | O::UpdateKeyDescription
        | O::UpdatePrimaryRegion => false,
        O::Decapsulate
        | O::Decrypt
        | O::DeriveSharedSecret
        | O::DescribeCustomKeyStores
        | O::DescribeKey
        | O::Encapsulate
        | O::Encrypt
        | O::GenerateDataKey
        | O::GenerateDataKeyPair
        | O::GenerateDataKeyPairWithoutPlaintext
        | O::GenerateDataKeyWithoutPlaintext
        | O::GenerateMac
        | O::GenerateRandom
        | O::GetKeyLastUsage
        | O::GetKeyPolicy
        | O::GetKeyRotationStatus
        | O::GetParametersForImport
        | O::GetPublicKey
        | O::ListAliases
        | O::ListGrants
        | O::ListKeyPolicies
        | O::ListKeyRotations
        | O::ListKeys
        | O::ListResourceTags
        | O::ListRetirableGrants
        | O::ReEncrypt
        | O::Sign
        | O::Verify
        | O::VerifyMac => true,
    }
}
