//! Every way in which an operation touches a resource, as a table row.
//!
//! A *use* is the unit of permission, because the operation is too coarse: UpdateAlias uses two
//! keys differently, and ReEncrypt asks for two actions that are not operations. A row creates
//! the type; without the type no key can be had. The cells say what the state of the key does to
//! the use; a missing cell does not compile.
//!
//! AWS: developer guide, "Key states of AWS KMS keys"; service authorization reference, "Actions
//! defined by AWS Key Management Service". The whole table is printed to `docs/key-states.md`.

use strongroom_model::enums::{KeyState, KeyUsageType};

use crate::permission::topics::Asks;

/// What a key state does to a use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cell {
    /// The use goes on.
    Allow,
    /// The use is refused with the error that the state names.
    Refuse,
    /// The use is refused because the key is not pending deletion.
    NotPending,
}

/// Whose keys a use may reach.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// Keys of the caller's own account only.
    OwnAccount,
    /// Keys of any account, named by ARN.
    AnyAccount,
}

/// Whether a grant may permit a use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grants {
    /// A grant that lists the action permits it.
    Count,
    /// Only policies permit it.
    DoNotCount,
}

/// The key usage that a use needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Needs {
    /// The use is of keys of any usage.
    AnyUsage,
    /// The use is cryptographic and of keys with usage `ENCRYPT_DECRYPT`.
    EncryptDecrypt,
    /// Of keys with usage `SIGN_VERIFY`.
    SignVerify,
    /// Of keys with usage `GENERATE_VERIFY_MAC`.
    GenerateVerifyMac,
    /// Of keys with usage `KEY_AGREEMENT`.
    KeyAgreement,
    /// Of keys with usage `ENCAPSULATE_DECAPSULATE`.
    EncapsulateDecapsulate,
}

impl Needs {
    /// The one usage that will do; absent when any will.
    #[must_use]
    pub const fn usage(self) -> Option<KeyUsageType> {
        match self {
            Self::AnyUsage => None,
            Self::EncryptDecrypt => Some(KeyUsageType::EncryptDecrypt),
            Self::SignVerify => Some(KeyUsageType::SignVerify),
            Self::GenerateVerifyMac => Some(KeyUsageType::GenerateVerifyMac),
            Self::KeyAgreement => Some(KeyUsageType::KeyAgreement),
            Self::EncapsulateDecapsulate => Some(KeyUsageType::EncapsulateDecapsulate),
        }
    }

    /// Whether a key of that usage will do.
    #[must_use]
    pub fn satisfied_by(self, usage: KeyUsageType) -> bool {
        self.usage().is_none_or(|needed| needed == usage)
    }
}

/// The key states in the order of the table's columns.
pub const STATES: [KeyState; 8] = [
    KeyState::Enabled,
    KeyState::Disabled,
    KeyState::PendingImport,
    KeyState::PendingDeletion,
    KeyState::PendingReplicaDeletion,
    KeyState::Unavailable,
    KeyState::Creating,
    KeyState::Updating,
];

/// One row of the table, as a value.
#[derive(Clone, Copy, Debug)]
pub struct KeyUseRow {
    /// The name of the use.
    pub name: &'static str,
    /// The action that policies speak of.
    pub action: &'static str,
    /// Whose keys it may reach.
    pub reach: Reach,
    /// Whether grants count.
    pub grants: Grants,
    /// The key usage it needs.
    pub needs: Needs,
    /// What each of [`STATES`] does to it.
    pub cells: [Cell; STATES.len()],
}

impl KeyUseRow {
    /// What this state does to the use.
    #[must_use]
    pub fn cell(&self, state: KeyState) -> Cell {
        STATES
            .iter()
            .zip(self.cells)
            .find_map(|(column, cell)| (*column == state).then_some(cell))
            .unwrap_or(Cell::Refuse)
    }
}

/// A use of a KMS key. Implemented by the rows of the table and by nothing else.
pub trait KeyUse: Asks {
    /// The row.
    const ROW: KeyUseRow;
}

macro_rules! key_uses {
    ($( $(#[$doc:meta])* $name:ident $action:literal $reach:ident $grants:ident $needs:ident
        [$($cell:ident)*] )*) => {
        $(
            $(#[$doc])*
            #[derive(Debug)]
            pub enum $name {}

            impl KeyUse for $name {
                const ROW: KeyUseRow = KeyUseRow {
                    name: stringify!($name),
                    action: $action,
                    reach: Reach::$reach,
                    grants: Grants::$grants,
                    needs: Needs::$needs,
                    cells: [$(Cell::$cell),*],
                };
            }
        )*

        /// Every use of a key, in the order of the table.
        pub const KEY_USES: &[KeyUseRow] = &[$(<$name as KeyUse>::ROW),*];
    };
}

key_uses! {
    //                                                              Enabled Disabled PendingImport PendingDeletion PendingReplicaDeletion Unavailable Creating Updating
    /// Encrypt: the key that encrypts.
    Encrypt "kms:Encrypt" AnyAccount Count EncryptDecrypt           [Allow Refuse Refuse Refuse Refuse Refuse Refuse Allow]
    /// Decrypt: the key that made the ciphertext.
    Decrypt "kms:Decrypt" AnyAccount Count EncryptDecrypt           [Allow Refuse Refuse Refuse Refuse Refuse Refuse Allow]
    /// ReEncrypt: the key that made the ciphertext.
    ReEncryptFrom "kms:ReEncryptFrom" AnyAccount Count EncryptDecrypt [Allow Refuse Refuse Refuse Refuse Refuse Refuse Allow]
    /// ReEncrypt: the key that encrypts anew.
    ReEncryptTo "kms:ReEncryptTo" AnyAccount Count EncryptDecrypt   [Allow Refuse Refuse Refuse Refuse Refuse Refuse Allow]
    /// GenerateDataKey: the key that encrypts the data key.
    GenerateDataKey "kms:GenerateDataKey" AnyAccount Count EncryptDecrypt [Allow Refuse Refuse Refuse Refuse Refuse Refuse Allow]
    /// GenerateDataKeyWithoutPlaintext: the key that encrypts the data key.
    GenerateDataKeyWithoutPlaintext "kms:GenerateDataKeyWithoutPlaintext" AnyAccount Count EncryptDecrypt [Allow Refuse Refuse Refuse Refuse Refuse Refuse Allow]
    /// GenerateDataKeyPair: the key that encrypts the private key.
    GenerateDataKeyPair "kms:GenerateDataKeyPair" AnyAccount Count EncryptDecrypt [Allow Refuse Refuse Refuse Refuse Refuse Refuse Allow]
    /// GenerateDataKeyPairWithoutPlaintext: the key that encrypts the private key.
    GenerateDataKeyPairWithoutPlaintext "kms:GenerateDataKeyPairWithoutPlaintext" AnyAccount Count EncryptDecrypt [Allow Refuse Refuse Refuse Refuse Refuse Refuse Allow]
    /// Sign.
    Sign "kms:Sign" AnyAccount Count SignVerify                     [Allow Refuse Refuse Refuse Refuse Refuse Refuse Allow]
    /// Verify.
    Verify "kms:Verify" AnyAccount Count SignVerify                 [Allow Refuse Refuse Refuse Refuse Refuse Refuse Allow]
    /// GenerateMac.
    GenerateMac "kms:GenerateMac" AnyAccount Count GenerateVerifyMac [Allow Refuse Refuse Refuse Refuse Refuse Refuse Allow]
    /// VerifyMac.
    VerifyMac "kms:VerifyMac" AnyAccount Count GenerateVerifyMac    [Allow Refuse Refuse Refuse Refuse Refuse Refuse Allow]
    /// DeriveSharedSecret.
    DeriveSharedSecret "kms:DeriveSharedSecret" AnyAccount Count KeyAgreement [Allow Refuse Refuse Refuse Refuse Refuse Refuse Allow]
    /// Encapsulate.
    Encapsulate "kms:Encapsulate" AnyAccount Count EncapsulateDecapsulate [Allow Refuse Refuse Refuse Refuse Refuse Refuse Allow]
    /// Decapsulate.
    Decapsulate "kms:Decapsulate" AnyAccount Count EncapsulateDecapsulate [Allow Refuse Refuse Refuse Refuse Refuse Refuse Allow]
    /// GetPublicKey. AWS's page refuses a disabled key and its service answers (decision 25).
    GetPublicKey "kms:GetPublicKey" AnyAccount Count AnyUsage       [Allow Allow Refuse Refuse Refuse Refuse Refuse Allow]
    /// DescribeKey.
    DescribeKey "kms:DescribeKey" AnyAccount Count AnyUsage         [Allow Allow Allow Allow Allow Allow Allow Allow]
    /// UpdateKeyDescription.
    UpdateKeyDescription "kms:UpdateKeyDescription" OwnAccount DoNotCount AnyUsage [Allow Allow Allow Refuse Refuse Allow Allow Allow]
    /// EnableKey.
    EnableKey "kms:EnableKey" OwnAccount DoNotCount AnyUsage        [Allow Allow Refuse Refuse Refuse Allow Refuse Refuse]
    /// DisableKey.
    DisableKey "kms:DisableKey" OwnAccount DoNotCount AnyUsage      [Allow Allow Refuse Refuse Refuse Allow Refuse Refuse]
    /// ScheduleKeyDeletion.
    ScheduleKeyDeletion "kms:ScheduleKeyDeletion" OwnAccount DoNotCount AnyUsage [Allow Allow Allow Refuse Refuse Allow Allow Refuse]
    /// CancelKeyDeletion.
    CancelKeyDeletion "kms:CancelKeyDeletion" OwnAccount DoNotCount AnyUsage [NotPending NotPending NotPending Allow Allow NotPending NotPending NotPending]
    /// GetKeyLastUsage.
    GetKeyLastUsage "kms:GetKeyLastUsage" OwnAccount DoNotCount AnyUsage [Allow Allow Allow Allow Allow Allow Allow Allow]
    /// EnableKeyRotation. That imported material does not rotate by itself is told even while
    /// the key waits for it.
    EnableKeyRotation "kms:EnableKeyRotation" OwnAccount DoNotCount AnyUsage [Allow Refuse Allow Refuse Refuse Allow Refuse Allow]
    /// DisableKeyRotation. As EnableKeyRotation.
    DisableKeyRotation "kms:DisableKeyRotation" OwnAccount DoNotCount AnyUsage [Allow Refuse Allow Refuse Refuse Allow Refuse Allow]
    /// GetKeyRotationStatus.
    GetKeyRotationStatus "kms:GetKeyRotationStatus" AnyAccount DoNotCount AnyUsage [Allow Allow Allow Allow Allow Allow Allow Allow]
    /// ListKeyRotations.
    ListKeyRotations "kms:ListKeyRotations" OwnAccount DoNotCount AnyUsage [Allow Allow Allow Allow Allow Allow Allow Allow]
    /// RotateKeyOnDemand. A key store's keys are refused for their origin.
    RotateKeyOnDemand "kms:RotateKeyOnDemand" OwnAccount DoNotCount AnyUsage [Allow Refuse Refuse Refuse Refuse Allow Refuse Allow]
    /// ReplicateKey: the primary key.
    ReplicateKey "kms:ReplicateKey" OwnAccount DoNotCount AnyUsage  [Allow Refuse Refuse Refuse Refuse Refuse Refuse Refuse]
    /// UpdatePrimaryRegion: the key that ceases to be the primary.
    UpdatePrimaryRegionFrom "kms:UpdatePrimaryRegion" OwnAccount DoNotCount AnyUsage [Allow Refuse Refuse Refuse Refuse Refuse Refuse Allow]
    /// UpdatePrimaryRegion: the replica that becomes the primary.
    UpdatePrimaryRegionTo "kms:UpdatePrimaryRegion" OwnAccount DoNotCount AnyUsage [Allow Refuse Refuse Refuse Refuse Refuse Refuse Allow]
    /// GetParametersForImport.
    GetParametersForImport "kms:GetParametersForImport" OwnAccount DoNotCount AnyUsage [Allow Allow Allow Refuse Refuse Allow Refuse Refuse]
    /// ImportKeyMaterial.
    ImportKeyMaterial "kms:ImportKeyMaterial" OwnAccount DoNotCount AnyUsage [Allow Allow Allow Refuse Refuse Allow Refuse Allow]
    /// DeleteImportedKeyMaterial.
    DeleteImportedKeyMaterial "kms:DeleteImportedKeyMaterial" OwnAccount DoNotCount AnyUsage [Allow Allow Allow Allow Allow Allow Refuse Refuse]
    /// GetKeyPolicy.
    GetKeyPolicy "kms:GetKeyPolicy" OwnAccount DoNotCount AnyUsage  [Allow Allow Allow Allow Allow Allow Allow Allow]
    /// PutKeyPolicy.
    PutKeyPolicy "kms:PutKeyPolicy" OwnAccount DoNotCount AnyUsage  [Allow Allow Allow Allow Allow Allow Allow Allow]
    /// ListKeyPolicies.
    ListKeyPolicies "kms:ListKeyPolicies" OwnAccount DoNotCount AnyUsage [Allow Allow Allow Allow Allow Allow Allow Allow]
    /// TagResource.
    TagResource "kms:TagResource" OwnAccount DoNotCount AnyUsage    [Allow Allow Allow Refuse Refuse Allow Allow Allow]
    /// UntagResource.
    UntagResource "kms:UntagResource" OwnAccount DoNotCount AnyUsage [Allow Allow Allow Refuse Refuse Allow Allow Allow]
    /// ListResourceTags.
    ListResourceTags "kms:ListResourceTags" OwnAccount DoNotCount AnyUsage [Allow Allow Allow Allow Allow Allow Allow Allow]
    /// CreateGrant.
    CreateGrant "kms:CreateGrant" AnyAccount Count AnyUsage         [Allow Refuse Refuse Refuse Refuse Allow Refuse Allow]
    /// ListGrants.
    ListGrants "kms:ListGrants" AnyAccount DoNotCount AnyUsage      [Allow Allow Allow Allow Allow Allow Allow Allow]
    /// RevokeGrant.
    RevokeGrant "kms:RevokeGrant" AnyAccount DoNotCount AnyUsage    [Allow Allow Allow Allow Allow Allow Allow Allow]
    /// RetireGrant. The grant says who may, and identity policies; the key policy has no say.
    RetireGrant "kms:RetireGrant" AnyAccount Count AnyUsage         [Allow Allow Allow Allow Allow Allow Allow Allow]
    /// CreateAlias: the key that the alias will stand for.
    CreateAliasTo "kms:CreateAlias" OwnAccount DoNotCount AnyUsage  [Allow Allow Allow Refuse Refuse Allow Allow Allow]
    /// UpdateAlias: the key that the alias leaves. Moving away from it may be the point.
    UpdateAliasFrom "kms:UpdateAlias" OwnAccount DoNotCount AnyUsage [Allow Allow Allow Allow Allow Allow Allow Allow]
    /// UpdateAlias: the key that the alias joins.
    UpdateAliasTo "kms:UpdateAlias" OwnAccount DoNotCount AnyUsage  [Allow Allow Allow Refuse Refuse Allow Allow Allow]
    /// DeleteAlias: the key that the alias leaves.
    DeleteAliasFrom "kms:DeleteAlias" OwnAccount DoNotCount AnyUsage [Allow Allow Allow Allow Allow Allow Allow Allow]
}

/// A use of an alias. It is decided by identity policies alone.
pub trait AliasUse: 'static {
    /// The action that policies speak of.
    const ACTION: &'static str;
}

/// A use of the account and Region as a whole.
pub trait AccountUse: Asks {
    /// The action that policies speak of.
    const ACTION: &'static str;
    /// What policies have to name: `*`, or the keys to be, `key/*`, as a part of their ARN.
    const RESOURCE: &'static str;
}

macro_rules! plain_uses {
    ($kind:ident as $all:ident: $( $(#[$doc:meta])* $name:ident $action:literal $($resource:literal)? )*) => {
        $(
            $(#[$doc])*
            #[derive(Debug)]
            pub enum $name {}

            impl $kind for $name {
                const ACTION: &'static str = $action;
                $(const RESOURCE: &'static str = $resource;)?
            }
        )*

        /// The name and action of every use of this kind.
        pub const $all: &[(&str, &str)] = &[$((stringify!($name), $action)),*];
    };
}

plain_uses! { AliasUse as ALIAS_USES:
    /// CreateAlias: the alias to be.
    CreateAlias "kms:CreateAlias"
    /// UpdateAlias: the alias.
    UpdateAlias "kms:UpdateAlias"
    /// DeleteAlias: the alias.
    DeleteAlias "kms:DeleteAlias"
}

plain_uses! { AccountUse as ACCOUNT_USES:
    /// CreateKey.
    CreateKey "kms:CreateKey" "*"
    /// CreateKey with tags.
    CreateKeyWithTags "kms:TagResource" "key/*"
    /// ReplicateKey: the replica to be.
    CreateReplica "kms:CreateKey" "*"
    /// ReplicateKey with tags.
    CreateReplicaWithTags "kms:TagResource" "key/*"
    /// ListKeys.
    ListKeys "kms:ListKeys" "*"
    /// ListAliases.
    ListAliases "kms:ListAliases" "*"
    /// ListRetirableGrants.
    ListRetirableGrants "kms:ListRetirableGrants" "*"
    /// GenerateRandom.
    GenerateRandom "kms:GenerateRandom" "*"
    /// CreateCustomKeyStore.
    CreateCustomKeyStore "kms:CreateCustomKeyStore" "*"
    /// ConnectCustomKeyStore.
    ConnectCustomKeyStore "kms:ConnectCustomKeyStore" "*"
    /// DisconnectCustomKeyStore.
    DisconnectCustomKeyStore "kms:DisconnectCustomKeyStore" "*"
    /// UpdateCustomKeyStore.
    UpdateCustomKeyStore "kms:UpdateCustomKeyStore" "*"
    /// DeleteCustomKeyStore.
    DeleteCustomKeyStore "kms:DeleteCustomKeyStore" "*"
    /// DescribeCustomKeyStores.
    DescribeCustomKeyStores "kms:DescribeCustomKeyStores" "*"
}
