//! Which condition keys each use has, as a table.
//!
//! A *topic* is one condition key of KMS, or one family of them that has its key, tag or register
//! in its name. A policy may ask about any topic in any statement; it gets an answer where the
//! row of the use lists the topic, and otherwise hears that the key is absent. What is true of
//! every request, such as `aws:SourceIp`, is in no row.
//!
//! AWS: service authorization reference, "Actions defined by AWS Key Management Service"; developer
//! guide, "AWS KMS condition keys". The whole table is printed to `docs/condition-keys.md`.

use crate::uses;

/// A set of topics.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Topics(u64);

impl Topics {
    /// The set without topics.
    pub const NONE: Self = Self(0);

    /// Both sets together.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// This set but for what is in the other.
    #[must_use]
    pub const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// Whether the topic is in the set.
    #[must_use]
    pub const fn contains(self, topic: Topic) -> bool {
        self.0 & topic.set().0 != 0
    }

    /// The topics in the order in which they are declared.
    pub fn iter(self) -> impl Iterator<Item = Topic> {
        Topic::ALL
            .iter()
            .copied()
            .filter(move |topic| self.contains(*topic))
    }
}

macro_rules! topics {
    ($( $(#[$doc:meta])* $name:ident $keys:literal )*) => {
        /// What a policy may ask about a request to KMS.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Topic {
            $( $(#[$doc])* $name, )*
        }

        impl Topic {
            /// Every topic.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// The condition keys, as policies write them.
            #[must_use]
            pub const fn keys(self) -> &'static str {
                match self {
                    $(Self::$name => $keys,)*
                }
            }

            /// The set of this topic alone.
            #[must_use]
            pub const fn set(self) -> Topics {
                Topics(1 << self as u64)
            }
        }
    };
}

topics! {
    /// The caller's account.
    CallerAccount "kms:CallerAccount"
    /// The key spec.
    KeySpec "kms:KeySpec, kms:CustomerMasterKeySpec"
    /// The key usage.
    KeyUsage "kms:KeyUsage, kms:CustomerMasterKeyUsage"
    /// Where the key material comes from.
    KeyOrigin "kms:KeyOrigin"
    /// Whether it is a multi-Region key.
    MultiRegion "kms:MultiRegion"
    /// Which kind of multi-Region key it is.
    MultiRegionKeyType "kms:MultiRegionKeyType"
    /// The aliases of the key.
    ResourceAliases "kms:ResourceAliases"
    /// The tags of the key.
    ResourceTag "aws:ResourceTag/*key*"
    /// The AWS service that calls for somebody, which none does here.
    ViaService "kms:ViaService"
    /// The alias by which the request names the key.
    RequestAlias "kms:RequestAlias"
    /// The encryption context.
    EncryptionContext "kms:EncryptionContext:*key*, kms:EncryptionContextKeys"
    /// How data are encrypted.
    EncryptionAlgorithm "kms:EncryptionAlgorithm"
    /// Which kind of key pair is asked for.
    DataKeyPairSpec "kms:DataKeyPairSpec"
    /// How a message is signed.
    SigningAlgorithm "kms:SigningAlgorithm"
    /// Whether a message or its digest is signed.
    MessageType "kms:MessageType"
    /// How a MAC is made.
    MacAlgorithm "kms:MacAlgorithm"
    /// How a secret is agreed on.
    KeyAgreementAlgorithm "kms:KeyAgreementAlgorithm"
    /// Whether ReEncrypt ends where it begins.
    ReEncryptOnSameKey "kms:ReEncryptOnSameKey"
    /// What an enclave proves to be.
    RecipientAttestation "kms:RecipientAttestation:ImageSha384, kms:RecipientAttestation:PCR*n*, kms:RecipientAttestation:NitroTPMPCR*n*"
    /// Whether the check against a lockout is to be skipped.
    BypassPolicyLockoutSafetyCheck "kms:BypassPolicyLockoutSafetyCheck"
    /// Whether imported key material expires.
    ExpirationModel "kms:ExpirationModel"
    /// When imported key material expires.
    ValidTo "kms:ValidTo"
    /// How key material is wrapped for its import.
    WrappingAlgorithm "kms:WrappingAlgorithm"
    /// Under which kind of key it is wrapped.
    WrappingKeySpec "kms:WrappingKeySpec"
    /// What kind of constraint a grant has.
    GrantConstraintType "kms:GrantConstraintType"
    /// For which resource an AWS service may use a grant.
    GrantConstraintSourceArn "kms:GrantConstraintSourceArn"
    /// Whether an AWS service asks for a grant, which none does here.
    GrantIsForAWSResource "kms:GrantIsForAWSResource"
    /// What a grant allows.
    GrantOperations "kms:GrantOperations"
    /// To whom a grant is given.
    GranteePrincipal "kms:GranteePrincipal"
    /// To which AWS service a grant is given.
    GranteeServicePrincipal "kms:GranteeServicePrincipal"
    /// Who may retire a grant.
    RetiringPrincipal "kms:RetiringPrincipal"
    /// Which AWS service may retire a grant.
    RetiringServicePrincipal "kms:RetiringServicePrincipal"
    /// The Region of the new primary key.
    PrimaryRegion "kms:PrimaryRegion"
    /// The Region of the new replica.
    ReplicaRegion "kms:ReplicaRegion"
    /// How often the key is to rotate.
    RotationPeriodInDays "kms:RotationPeriodInDays"
    /// How long a deletion waits.
    ScheduleKeyDeletionPendingWindowInDays "kms:ScheduleKeyDeletionPendingWindowInDays"
    /// For how long the key has not been used.
    TrailingDaysWithoutKeyUsage "kms:TrailingDaysWithoutKeyUsage"
    /// The tags in the request.
    RequestTag "aws:RequestTag/*key*"
    /// The keys of the tags in the request.
    TagKeys "aws:TagKeys"
}

/// What is known of every key that a request is about.
pub const OF_KEYS: Topics = Topic::CallerAccount
    .set()
    .and(PROPERTIES)
    .and(Topic::ResourceAliases.set())
    .and(Topic::ResourceTag.set())
    .and(Topic::ViaService.set());

/// What is known of a key even before it exists.
const PROPERTIES: Topics = Topic::KeySpec
    .set()
    .and(Topic::KeyUsage.set())
    .and(Topic::KeyOrigin.set())
    .and(Topic::MultiRegion.set())
    .and(Topic::MultiRegionKeyType.set());

/// A use with its row of the table. Every use of a key or of the account has one; a use of an
/// alias has none, since no condition key of KMS applies to it.
pub trait Asks: 'static {
    /// What policies may ask about the use.
    const TOPICS: Topics;
}

macro_rules! rows {
    ($all:ident $common:expr; $( $name:ident [$($topic:ident)*] )*) => {
        $(
            impl Asks for uses::$name {
                const TOPICS: Topics = $common $(.and(Topic::$topic.set()))*;
            }
        )*

        /// The uses with what policies may ask about them, in the order of the table.
        pub const $all: &[(&str, Topics)] = &[$((stringify!($name), <uses::$name as Asks>::TOPICS)),*];
    };
}

rows! { KEY_USE_TOPICS OF_KEYS;
    Encrypt                             [RequestAlias EncryptionContext EncryptionAlgorithm]
    Decrypt                             [RequestAlias EncryptionContext EncryptionAlgorithm RecipientAttestation]
    ReEncryptFrom                       [RequestAlias EncryptionContext EncryptionAlgorithm ReEncryptOnSameKey]
    ReEncryptTo                         [RequestAlias EncryptionContext EncryptionAlgorithm ReEncryptOnSameKey]
    GenerateDataKey                     [RequestAlias EncryptionContext EncryptionAlgorithm RecipientAttestation]
    GenerateDataKeyWithoutPlaintext     [RequestAlias EncryptionContext EncryptionAlgorithm]
    GenerateDataKeyPair                 [RequestAlias EncryptionContext EncryptionAlgorithm DataKeyPairSpec RecipientAttestation]
    GenerateDataKeyPairWithoutPlaintext [RequestAlias EncryptionContext EncryptionAlgorithm DataKeyPairSpec]
    Sign                                [RequestAlias SigningAlgorithm MessageType]
    Verify                              [RequestAlias SigningAlgorithm MessageType]
    GenerateMac                         [RequestAlias MacAlgorithm]
    VerifyMac                           [RequestAlias MacAlgorithm]
    DeriveSharedSecret                  [RequestAlias KeyAgreementAlgorithm RecipientAttestation]
    Encapsulate                         [RequestAlias]
    Decapsulate                         [RequestAlias]
    GetPublicKey                        [RequestAlias]
    DescribeKey                         [RequestAlias]
    UpdateKeyDescription                []
    EnableKey                           []
    DisableKey                          [TrailingDaysWithoutKeyUsage]
    ScheduleKeyDeletion                 [ScheduleKeyDeletionPendingWindowInDays TrailingDaysWithoutKeyUsage]
    CancelKeyDeletion                   []
    GetKeyLastUsage                     []
    EnableKeyRotation                   [RotationPeriodInDays]
    DisableKeyRotation                  []
    GetKeyRotationStatus                []
    ListKeyRotations                    []
    RotateKeyOnDemand                   []
    ReplicateKey                        [ReplicaRegion]
    UpdatePrimaryRegionFrom             [PrimaryRegion]
    UpdatePrimaryRegionTo               [PrimaryRegion]
    GetParametersForImport              [WrappingAlgorithm WrappingKeySpec]
    ImportKeyMaterial                   [ExpirationModel ValidTo]
    DeleteImportedKeyMaterial           []
    GetKeyPolicy                        []
    PutKeyPolicy                        [BypassPolicyLockoutSafetyCheck]
    ListKeyPolicies                     []
    TagResource                         [RequestTag TagKeys]
    UntagResource                       [TagKeys]
    ListResourceTags                    []
    CreateGrant                         [EncryptionContext GrantConstraintType GrantConstraintSourceArn GrantIsForAWSResource GrantOperations GranteePrincipal GranteeServicePrincipal RetiringPrincipal RetiringServicePrincipal]
    ListGrants                          [GrantIsForAWSResource]
    RevokeGrant                         [GrantIsForAWSResource]
    RetireGrant                         [EncryptionContext GrantConstraintType]
    CreateAliasTo                       []
    UpdateAliasFrom                     []
    UpdateAliasTo                       []
    DeleteAliasFrom                     []
}

rows! { ACCOUNT_USE_TOPICS Topics::NONE;
    CreateKey                [CallerAccount KeySpec KeyUsage KeyOrigin MultiRegion MultiRegionKeyType ViaService BypassPolicyLockoutSafetyCheck RequestTag TagKeys]
    CreateKeyWithTags        [CallerAccount KeySpec KeyUsage KeyOrigin MultiRegion MultiRegionKeyType ViaService RequestTag TagKeys]
    CreateReplica            [CallerAccount KeySpec KeyUsage KeyOrigin MultiRegion MultiRegionKeyType ViaService BypassPolicyLockoutSafetyCheck RequestTag TagKeys]
    CreateReplicaWithTags    [CallerAccount KeySpec KeyUsage KeyOrigin MultiRegion MultiRegionKeyType ViaService RequestTag TagKeys]
    ListKeys                 []
    ListAliases              []
    ListRetirableGrants      []
    GenerateRandom           [RecipientAttestation]
    CreateCustomKeyStore     [CallerAccount]
    ConnectCustomKeyStore    [CallerAccount]
    DisconnectCustomKeyStore [CallerAccount]
    UpdateCustomKeyStore     [CallerAccount]
    DeleteCustomKeyStore     [CallerAccount]
    DescribeCustomKeyStores  [CallerAccount]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::uses::{ACCOUNT_USES, KEY_USES};

    #[test]
    fn every_use_has_its_row() {
        let keys: Vec<_> = KEY_USES.iter().map(|row| row.name).collect();
        let rows: Vec<_> = KEY_USE_TOPICS.iter().map(|(name, _)| *name).collect();
        assert_eq!(rows, keys);
        let account: Vec<_> = ACCOUNT_USES.iter().map(|(name, _)| *name).collect();
        let rows: Vec<_> = ACCOUNT_USE_TOPICS.iter().map(|(name, _)| *name).collect();
        assert_eq!(rows, account);
    }

    #[test]
    fn a_topic_is_in_the_sets_that_name_it() {
        assert!(Topic::ALL.len() <= 64);
        let encrypt = <uses::Encrypt as Asks>::TOPICS;
        for topic in Topic::ALL {
            assert_eq!(
                Topics::NONE.and(topic.set()).iter().collect::<Vec<_>>(),
                [*topic]
            );
            assert!(!Topics::NONE.contains(*topic));
        }
        assert!(encrypt.contains(Topic::EncryptionContext) && encrypt.contains(Topic::KeySpec));
        assert!(!encrypt.contains(Topic::RecipientAttestation));
    }
}
