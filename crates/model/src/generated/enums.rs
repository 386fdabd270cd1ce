// Written from model/kms-2014-11-01.json by xtask/src/codegen/enums.rs (`cargo xtask codegen`).
// What differs from the model is a line in model/overlay.toml. Do not edit.

//! The enums of the service model. Each value prints as AWS spells it.

use std::{fmt, marker::PhantomData};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// `AlgorithmSpec` of the service model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum AlgorithmSpec {
    /// `RSAES_PKCS1_V1_5`.
    RsaesPkcs1V15,
    /// `RSAES_OAEP_SHA_1`.
    RsaesOaepSha1,
    /// `RSAES_OAEP_SHA_256`.
    RsaesOaepSha256,
    /// `RSA_AES_KEY_WRAP_SHA_1`.
    RsaAesKeyWrapSha1,
    /// `RSA_AES_KEY_WRAP_SHA_256`.
    RsaAesKeyWrapSha256,
    /// `SM2PKE`.
    Sm2pke,
}

impl AlgorithmSpec {
    /// Every value.
    pub const ALL: &[Self] = &[
        Self::RsaesPkcs1V15,
        Self::RsaesOaepSha1,
        Self::RsaesOaepSha256,
        Self::RsaAesKeyWrapSha1,
        Self::RsaAesKeyWrapSha256,
        Self::Sm2pke,
    ];

    /// The value as AWS spells it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::RsaesPkcs1V15 => "RSAES_PKCS1_V1_5",
            Self::RsaesOaepSha1 => "RSAES_OAEP_SHA_1",
            Self::RsaesOaepSha256 => "RSAES_OAEP_SHA_256",
            Self::RsaAesKeyWrapSha1 => "RSA_AES_KEY_WRAP_SHA_1",
            Self::RsaAesKeyWrapSha256 => "RSA_AES_KEY_WRAP_SHA_256",
            Self::Sm2pke => "SM2PKE",
        }
    }

    /// The value that AWS spells so.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "RSAES_PKCS1_V1_5" => Self::RsaesPkcs1V15,
            "RSAES_OAEP_SHA_1" => Self::RsaesOaepSha1,
            "RSAES_OAEP_SHA_256" => Self::RsaesOaepSha256,
            "RSA_AES_KEY_WRAP_SHA_1" => Self::RsaAesKeyWrapSha1,
            "RSA_AES_KEY_WRAP_SHA_256" => Self::RsaAesKeyWrapSha256,
            "SM2PKE" => Self::Sm2pke,
            _ => return None,
        })
    }
}

impl fmt::Display for AlgorithmSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for AlgorithmSpec {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for AlgorithmSpec {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(Named {
            name: "AlgorithmSpec",
            parse: Self::parse,
            value: PhantomData,
        })
    }
}

/// `ConnectionErrorCodeType` of the service model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ConnectionErrorCodeType {
    /// `INVALID_CREDENTIALS`.
    InvalidCredentials,
    /// `CLUSTER_NOT_FOUND`.
    ClusterNotFound,
    /// `NETWORK_ERRORS`.
    NetworkErrors,
    /// `INTERNAL_ERROR`.
    InternalError,
    /// `INSUFFICIENT_CLOUDHSM_HSMS`.
    InsufficientCloudhsmHsms,
    /// `USER_LOCKED_OUT`.
    UserLockedOut,
    /// `USER_NOT_FOUND`.
    UserNotFound,
    /// `USER_LOGGED_IN`.
    UserLoggedIn,
    /// `SUBNET_NOT_FOUND`.
    SubnetNotFound,
    /// `INSUFFICIENT_FREE_ADDRESSES_IN_SUBNET`.
    InsufficientFreeAddressesInSubnet,
    /// `XKS_PROXY_ACCESS_DENIED`.
    XksProxyAccessDenied,
    /// `XKS_PROXY_NOT_REACHABLE`.
    XksProxyNotReachable,
    /// `XKS_VPC_ENDPOINT_SERVICE_NOT_FOUND`.
    XksVpcEndpointServiceNotFound,
    /// `XKS_PROXY_INVALID_RESPONSE`.
    XksProxyInvalidResponse,
    /// `XKS_PROXY_INVALID_CONFIGURATION`.
    XksProxyInvalidConfiguration,
    /// `XKS_VPC_ENDPOINT_SERVICE_INVALID_CONFIGURATION`.
    XksVpcEndpointServiceInvalidConfiguration,
    /// `XKS_PROXY_TIMED_OUT`.
    XksProxyTimedOut,
    /// `XKS_PROXY_INVALID_TLS_CONFIGURATION`.
    XksProxyInvalidTlsConfiguration,
}

impl ConnectionErrorCodeType {
    /// Every value.
    pub const ALL: &[Self] = &[
        Self::InvalidCredentials,
        Self::ClusterNotFound,
        Self::NetworkErrors,
        Self::InternalError,
        Self::InsufficientCloudhsmHsms,
        Self::UserLockedOut,
        Self::UserNotFound,
        Self::UserLoggedIn,
        Self::SubnetNotFound,
        Self::InsufficientFreeAddressesInSubnet,
        Self::XksProxyAccessDenied,
        Self::XksProxyNotReachable,
        Self::XksVpcEndpointServiceNotFound,
        Self::XksProxyInvalidResponse,
        Self::XksProxyInvalidConfiguration,
        Self::XksVpcEndpointServiceInvalidConfiguration,
        Self::XksProxyTimedOut,
        Self::XksProxyInvalidTlsConfiguration,
    ];

    /// The value as AWS spells it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::InvalidCredentials => "INVALID_CREDENTIALS",
            Self::ClusterNotFound => "CLUSTER_NOT_FOUND",
            Self::NetworkErrors => "NETWORK_ERRORS",
            Self::InternalError => "INTERNAL_ERROR",
            Self::InsufficientCloudhsmHsms => "INSUFFICIENT_CLOUDHSM_HSMS",
            Self::UserLockedOut => "USER_LOCKED_OUT",
            Self::UserNotFound => "USER_NOT_FOUND",
            Self::UserLoggedIn => "USER_LOGGED_IN",
            Self::SubnetNotFound => "SUBNET_NOT_FOUND",
            Self::InsufficientFreeAddressesInSubnet => "INSUFFICIENT_FREE_ADDRESSES_IN_SUBNET",
            Self::XksProxyAccessDenied => "XKS_PROXY_ACCESS_DENIED",
            Self::XksProxyNotReachable => "XKS_PROXY_NOT_REACHABLE",
            Self::XksVpcEndpointServiceNotFound => "XKS_VPC_ENDPOINT_SERVICE_NOT_FOUND",
            Self::XksProxyInvalidResponse => "XKS_PROXY_INVALID_RESPONSE",
            Self::XksProxyInvalidConfiguration => "XKS_PROXY_INVALID_CONFIGURATION",
            Self::XksVpcEndpointServiceInvalidConfiguration => {
                "XKS_VPC_ENDPOINT_SERVICE_INVALID_CONFIGURATION"
            }
            Self::XksProxyTimedOut => "XKS_PROXY_TIMED_OUT",
            Self::XksProxyInvalidTlsConfiguration => "XKS_PROXY_INVALID_TLS_CONFIGURATION",
        }
    }

    /// The value that AWS spells so.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "INVALID_CREDENTIALS" => Self::InvalidCredentials,
            "CLUSTER_NOT_FOUND" => Self::ClusterNotFound,
            "NETWORK_ERRORS" => Self::NetworkErrors,
            "INTERNAL_ERROR" => Self::InternalError,
            "INSUFFICIENT_CLOUDHSM_HSMS" => Self::InsufficientCloudhsmHsms,
            "USER_LOCKED_OUT" => Self::UserLockedOut,
            "USER_NOT_FOUND" => Self::UserNotFound,
            "USER_LOGGED_IN" => Self::UserLoggedIn,
            "SUBNET_NOT_FOUND" => Self::SubnetNotFound,
            "INSUFFICIENT_FREE_ADDRESSES_IN_SUBNET" => Self::InsufficientFreeAddressesInSubnet,
            "XKS_PROXY_ACCESS_DENIED" => Self::XksProxyAccessDenied,
            "XKS_PROXY_NOT_REACHABLE" => Self::XksProxyNotReachable,
            "XKS_VPC_ENDPOINT_SERVICE_NOT_FOUND" => Self::XksVpcEndpointServiceNotFound,
            "XKS_PROXY_INVALID_RESPONSE" => Self::XksProxyInvalidResponse,
            "XKS_PROXY_INVALID_CONFIGURATION" => Self::XksProxyInvalidConfiguration,
            "XKS_VPC_ENDPOINT_SERVICE_INVALID_CONFIGURATION" => {
                Self::XksVpcEndpointServiceInvalidConfiguration
            }
            "XKS_PROXY_TIMED_OUT" => Self::XksProxyTimedOut,
            "XKS_PROXY_INVALID_TLS_CONFIGURATION" => Self::XksProxyInvalidTlsConfiguration,
            _ => return None,
        })
    }
}

impl fmt::Display for ConnectionErrorCodeType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for ConnectionErrorCodeType {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for ConnectionErrorCodeType {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(Named {
            name: "ConnectionErrorCodeType",
            parse: Self::parse,
            value: PhantomData,
        })
    }
}

/// `ConnectionStateType` of the service model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ConnectionStateType {
    /// `CONNECTED`.
    Connected,
    /// `CONNECTING`.
    Connecting,
    /// `FAILED`.
    Failed,
    /// `DISCONNECTED`.
    Disconnected,
    /// `DISCONNECTING`.
    Disconnecting,
}

impl ConnectionStateType {
    /// Every value.
    pub const ALL: &[Self] = &[
        Self::Connected,
        Self::Connecting,
        Self::Failed,
        Self::Disconnected,
        Self::Disconnecting,
    ];

    /// The value as AWS spells it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Connected => "CONNECTED",
            Self::Connecting => "CONNECTING",
            Self::Failed => "FAILED",
            Self::Disconnected => "DISCONNECTED",
            Self::Disconnecting => "DISCONNECTING",
        }
    }

    /// The value that AWS spells so.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "CONNECTED" => Self::Connected,
            "CONNECTING" => Self::Connecting,
            "FAILED" => Self::Failed,
            "DISCONNECTED" => Self::Disconnected,
            "DISCONNECTING" => Self::Disconnecting,
            _ => return None,
        })
    }
}

impl fmt::Display for ConnectionStateType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for ConnectionStateType {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for ConnectionStateType {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(Named {
            name: "ConnectionStateType",
            parse: Self::parse,
            value: PhantomData,
        })
    }
}

/// `CustomKeyStoreType` of the service model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum CustomKeyStoreType {
    /// `AWS_CLOUDHSM`.
    AwsCloudhsm,
    /// `EXTERNAL_KEY_STORE`.
    ExternalKeyStore,
}

impl CustomKeyStoreType {
    /// Every value.
    pub const ALL: &[Self] = &[Self::AwsCloudhsm, Self::ExternalKeyStore];

    /// The value as AWS spells it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AwsCloudhsm => "AWS_CLOUDHSM",
            Self::ExternalKeyStore => "EXTERNAL_KEY_STORE",
        }
    }

    /// The value that AWS spells so.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "AWS_CLOUDHSM" => Self::AwsCloudhsm,
            "EXTERNAL_KEY_STORE" => Self::ExternalKeyStore,
            _ => return None,
        })
    }
}

impl fmt::Display for CustomKeyStoreType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for CustomKeyStoreType {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for CustomKeyStoreType {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(Named {
            name: "CustomKeyStoreType",
            parse: Self::parse,
            value: PhantomData,
        })
    }
}

/// `CustomerMasterKeySpec` of the service model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum CustomerMasterKeySpec {
    /// `RSA_2048`.
    Rsa2048,
    /// `RSA_3072`.
    Rsa3072,
    /// `RSA_4096`.
    Rsa4096,
    /// `ECC_NIST_P256`.
    EccNistP256,
    /// `ECC_NIST_P384`.
    EccNistP384,
    /// `ECC_NIST_P521`.
    EccNistP521,
    /// `ECC_SECG_P256K1`.
    EccSecgP256k1,
    /// `SYMMETRIC_DEFAULT`.
    SymmetricDefault,
    /// `HMAC_224`.
    Hmac224,
    /// `HMAC_256`.
    Hmac256,
    /// `HMAC_384`.
    Hmac384,
    /// `HMAC_512`.
    Hmac512,
    /// `SM2`.
    Sm2,
}

impl CustomerMasterKeySpec {
    /// Every value.
    pub const ALL: &[Self] = &[
        Self::Rsa2048,
        Self::Rsa3072,
        Self::Rsa4096,
        Self::EccNistP256,
        Self::EccNistP384,
        Self::EccNistP521,
        Self::EccSecgP256k1,
        Self::SymmetricDefault,
        Self::Hmac224,
        Self::Hmac256,
        Self::Hmac384,
        Self::Hmac512,
        Self::Sm2,
    ];

    /// The value as AWS spells it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Rsa2048 => "RSA_2048",
            Self::Rsa3072 => "RSA_3072",
            Self::Rsa4096 => "RSA_4096",
            Self::EccNistP256 => "ECC_NIST_P256",
            Self::EccNistP384 => "ECC_NIST_P384",
            Self::EccNistP521 => "ECC_NIST_P521",
            Self::EccSecgP256k1 => "ECC_SECG_P256K1",
            Self::SymmetricDefault => "SYMMETRIC_DEFAULT",
            Self::Hmac224 => "HMAC_224",
            Self::Hmac256 => "HMAC_256",
            Self::Hmac384 => "HMAC_384",
            Self::Hmac512 => "HMAC_512",
            Self::Sm2 => "SM2",
        }
    }

    /// The value that AWS spells so.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "RSA_2048" => Self::Rsa2048,
            "RSA_3072" => Self::Rsa3072,
            "RSA_4096" => Self::Rsa4096,
            "ECC_NIST_P256" => Self::EccNistP256,
            "ECC_NIST_P384" => Self::EccNistP384,
            "ECC_NIST_P521" => Self::EccNistP521,
            "ECC_SECG_P256K1" => Self::EccSecgP256k1,
            "SYMMETRIC_DEFAULT" => Self::SymmetricDefault,
            "HMAC_224" => Self::Hmac224,
            "HMAC_256" => Self::Hmac256,
            "HMAC_384" => Self::Hmac384,
            "HMAC_512" => Self::Hmac512,
            "SM2" => Self::Sm2,
            _ => return None,
        })
    }
}

impl fmt::Display for CustomerMasterKeySpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for CustomerMasterKeySpec {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for CustomerMasterKeySpec {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(Named {
            name: "CustomerMasterKeySpec",
            parse: Self::parse,
            value: PhantomData,
        })
    }
}

/// `DataKeyPairSpec` of the service model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum DataKeyPairSpec {
    /// `RSA_2048`.
    Rsa2048,
    /// `RSA_3072`.
    Rsa3072,
    /// `RSA_4096`.
    Rsa4096,
    /// `ECC_NIST_P256`.
    EccNistP256,
    /// `ECC_NIST_P384`.
    EccNistP384,
    /// `ECC_NIST_P521`.
    EccNistP521,
    /// `ECC_SECG_P256K1`.
    EccSecgP256k1,
    /// `SM2`.
    Sm2,
    /// `ECC_NIST_EDWARDS25519`.
    EccNistEdwards25519,
    /// `ML_KEM_512`.
    MlKem512,
    /// `ML_KEM_768`.
    MlKem768,
    /// `ML_KEM_1024`.
    MlKem1024,
}

impl DataKeyPairSpec {
    /// Every value.
    pub const ALL: &[Self] = &[
        Self::Rsa2048,
        Self::Rsa3072,
        Self::Rsa4096,
        Self::EccNistP256,
        Self::EccNistP384,
        Self::EccNistP521,
        Self::EccSecgP256k1,
        Self::Sm2,
        Self::EccNistEdwards25519,
        Self::MlKem512,
        Self::MlKem768,
        Self::MlKem1024,
    ];

    /// The value as AWS spells it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Rsa2048 => "RSA_2048",
            Self::Rsa3072 => "RSA_3072",
            Self::Rsa4096 => "RSA_4096",
            Self::EccNistP256 => "ECC_NIST_P256",
            Self::EccNistP384 => "ECC_NIST_P384",
            Self::EccNistP521 => "ECC_NIST_P521",
            Self::EccSecgP256k1 => "ECC_SECG_P256K1",
            Self::Sm2 => "SM2",
            Self::EccNistEdwards25519 => "ECC_NIST_EDWARDS25519",
            Self::MlKem512 => "ML_KEM_512",
            Self::MlKem768 => "ML_KEM_768",
            Self::MlKem1024 => "ML_KEM_1024",
        }
    }

    /// The value that AWS spells so.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "RSA_2048" => Self::Rsa2048,
            "RSA_3072" => Self::Rsa3072,
            "RSA_4096" => Self::Rsa4096,
            "ECC_NIST_P256" => Self::EccNistP256,
            "ECC_NIST_P384" => Self::EccNistP384,
            "ECC_NIST_P521" => Self::EccNistP521,
            "ECC_SECG_P256K1" => Self::EccSecgP256k1,
            "SM2" => Self::Sm2,
            "ECC_NIST_EDWARDS25519" => Self::EccNistEdwards25519,
            "ML_KEM_512" => Self::MlKem512,
            "ML_KEM_768" => Self::MlKem768,
            "ML_KEM_1024" => Self::MlKem1024,
            _ => return None,
        })
    }
}

impl fmt::Display for DataKeyPairSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for DataKeyPairSpec {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for DataKeyPairSpec {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(Named {
            name: "DataKeyPairSpec",
            parse: Self::parse,
            value: PhantomData,
        })
    }
}

/// `DataKeySpec` of the service model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum DataKeySpec {
    /// `AES_256`.
    Aes256,
    /// `AES_128`.
    Aes128,
}

impl DataKeySpec {
    /// Every value.
    pub const ALL: &[Self] = &[Self::Aes256, Self::Aes128];

    /// The value as AWS spells it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Aes256 => "AES_256",
            Self::Aes128 => "AES_128",
        }
    }

    /// The value that AWS spells so.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "AES_256" => Self::Aes256,
            "AES_128" => Self::Aes128,
            _ => return None,
        })
    }
}

impl fmt::Display for DataKeySpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for DataKeySpec {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for DataKeySpec {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(Named {
            name: "DataKeySpec",
            parse: Self::parse,
            value: PhantomData,
        })
    }
}

/// `DryRunModifierType` of the service model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum DryRunModifierType {
    /// `IGNORE_CIPHERTEXT`.
    IgnoreCiphertext,
}

impl DryRunModifierType {
    /// Every value.
    pub const ALL: &[Self] = &[Self::IgnoreCiphertext];

    /// The value as AWS spells it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::IgnoreCiphertext => "IGNORE_CIPHERTEXT",
        }
    }

    /// The value that AWS spells so.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "IGNORE_CIPHERTEXT" => Self::IgnoreCiphertext,
            _ => return None,
        })
    }
}

impl fmt::Display for DryRunModifierType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for DryRunModifierType {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for DryRunModifierType {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(Named {
            name: "DryRunModifierType",
            parse: Self::parse,
            value: PhantomData,
        })
    }
}

/// `EncapsulationAlgorithmSpec` of the service model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum EncapsulationAlgorithmSpec {
    /// `ML_KEM`.
    MlKem,
}

impl EncapsulationAlgorithmSpec {
    /// Every value.
    pub const ALL: &[Self] = &[Self::MlKem];

    /// The value as AWS spells it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::MlKem => "ML_KEM",
        }
    }

    /// The value that AWS spells so.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "ML_KEM" => Self::MlKem,
            _ => return None,
        })
    }
}

impl fmt::Display for EncapsulationAlgorithmSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for EncapsulationAlgorithmSpec {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for EncapsulationAlgorithmSpec {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(Named {
            name: "EncapsulationAlgorithmSpec",
            parse: Self::parse,
            value: PhantomData,
        })
    }
}

/// `EncryptionAlgorithmSpec` of the service model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum EncryptionAlgorithmSpec {
    /// `SYMMETRIC_DEFAULT`.
    SymmetricDefault,
    /// `RSAES_OAEP_SHA_1`.
    RsaesOaepSha1,
    /// `RSAES_OAEP_SHA_256`.
    RsaesOaepSha256,
    /// `SM2PKE`.
    Sm2pke,
}

impl EncryptionAlgorithmSpec {
    /// Every value.
    pub const ALL: &[Self] = &[
        Self::SymmetricDefault,
        Self::RsaesOaepSha1,
        Self::RsaesOaepSha256,
        Self::Sm2pke,
    ];

    /// The value as AWS spells it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SymmetricDefault => "SYMMETRIC_DEFAULT",
            Self::RsaesOaepSha1 => "RSAES_OAEP_SHA_1",
            Self::RsaesOaepSha256 => "RSAES_OAEP_SHA_256",
            Self::Sm2pke => "SM2PKE",
        }
    }

    /// The value that AWS spells so.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "SYMMETRIC_DEFAULT" => Self::SymmetricDefault,
            "RSAES_OAEP_SHA_1" => Self::RsaesOaepSha1,
            "RSAES_OAEP_SHA_256" => Self::RsaesOaepSha256,
            "SM2PKE" => Self::Sm2pke,
            _ => return None,
        })
    }
}

impl fmt::Display for EncryptionAlgorithmSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for EncryptionAlgorithmSpec {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for EncryptionAlgorithmSpec {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(Named {
            name: "EncryptionAlgorithmSpec",
            parse: Self::parse,
            value: PhantomData,
        })
    }
}

/// `ExpirationModelType` of the service model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ExpirationModelType {
    /// `KEY_MATERIAL_EXPIRES`.
    KeyMaterialExpires,
    /// `KEY_MATERIAL_DOES_NOT_EXPIRE`.
    KeyMaterialDoesNotExpire,
}

impl ExpirationModelType {
    /// Every value.
    pub const ALL: &[Self] = &[Self::KeyMaterialExpires, Self::KeyMaterialDoesNotExpire];

    /// The value as AWS spells it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::KeyMaterialExpires => "KEY_MATERIAL_EXPIRES",
            Self::KeyMaterialDoesNotExpire => "KEY_MATERIAL_DOES_NOT_EXPIRE",
        }
    }

    /// The value that AWS spells so.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "KEY_MATERIAL_EXPIRES" => Self::KeyMaterialExpires,
            "KEY_MATERIAL_DOES_NOT_EXPIRE" => Self::KeyMaterialDoesNotExpire,
            _ => return None,
        })
    }
}

impl fmt::Display for ExpirationModelType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for ExpirationModelType {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for ExpirationModelType {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(Named {
            name: "ExpirationModelType",
            parse: Self::parse,
            value: PhantomData,
        })
    }
}

/// `GrantOperation` of the service model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum GrantOperation {
    /// `Decrypt`.
    Decrypt,
    /// `Encrypt`.
    Encrypt,
    /// `GenerateDataKey`.
    GenerateDataKey,
    /// `GenerateDataKeyWithoutPlaintext`.
    GenerateDataKeyWithoutPlaintext,
    /// `ReEncryptFrom`.
    ReEncryptFrom,
    /// `ReEncryptTo`.
    ReEncryptTo,
    /// `Sign`.
    Sign,
    /// `Verify`.
    Verify,
    /// `GetPublicKey`.
    GetPublicKey,
    /// `CreateGrant`.
    CreateGrant,
    /// `RetireGrant`.
    RetireGrant,
    /// `DescribeKey`.
    DescribeKey,
    /// `GenerateDataKeyPair`.
    GenerateDataKeyPair,
    /// `GenerateDataKeyPairWithoutPlaintext`.
    GenerateDataKeyPairWithoutPlaintext,
    /// `GenerateMac`.
    GenerateMac,
    /// `VerifyMac`.
    VerifyMac,
    /// `DeriveSharedSecret`.
    DeriveSharedSecret,
    /// `Encapsulate`.
    Encapsulate,
    /// `Decapsulate`.
    Decapsulate,
}

impl GrantOperation {
    /// Every value.
    pub const ALL: &[Self] = &[
        Self::Decrypt,
        Self::Encrypt,
        Self::GenerateDataKey,
        Self::GenerateDataKeyWithoutPlaintext,
        Self::ReEncryptFrom,
        Self::ReEncryptTo,
        Self::Sign,
        Self::Verify,
        Self::GetPublicKey,
        Self::CreateGrant,
        Self::RetireGrant,
        Self::DescribeKey,
        Self::GenerateDataKeyPair,
        Self::GenerateDataKeyPairWithoutPlaintext,
        Self::GenerateMac,
        Self::VerifyMac,
        Self::DeriveSharedSecret,
        Self::Encapsulate,
        Self::Decapsulate,
    ];

    /// The value as AWS spells it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Decrypt => "Decrypt",
            Self::Encrypt => "Encrypt",
            Self::GenerateDataKey => "GenerateDataKey",
            Self::GenerateDataKeyWithoutPlaintext => "GenerateDataKeyWithoutPlaintext",
            Self::ReEncryptFrom => "ReEncryptFrom",
            Self::ReEncryptTo => "ReEncryptTo",
            Self::Sign => "Sign",
            Self::Verify => "Verify",
            Self::GetPublicKey => "GetPublicKey",
            Self::CreateGrant => "CreateGrant",
            Self::RetireGrant => "RetireGrant",
            Self::DescribeKey => "DescribeKey",
            Self::GenerateDataKeyPair => "GenerateDataKeyPair",
            Self::GenerateDataKeyPairWithoutPlaintext => "GenerateDataKeyPairWithoutPlaintext",
            Self::GenerateMac => "GenerateMac",
            Self::VerifyMac => "VerifyMac",
            Self::DeriveSharedSecret => "DeriveSharedSecret",
            Self::Encapsulate => "Encapsulate",
            Self::Decapsulate => "Decapsulate",
        }
    }

    /// The value that AWS spells so.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "Decrypt" => Self::Decrypt,
            "Encrypt" => Self::Encrypt,
            "GenerateDataKey" => Self::GenerateDataKey,
            "GenerateDataKeyWithoutPlaintext" => Self::GenerateDataKeyWithoutPlaintext,
            "ReEncryptFrom" => Self::ReEncryptFrom,
            "ReEncryptTo" => Self::ReEncryptTo,
            "Sign" => Self::Sign,
            "Verify" => Self::Verify,
            "GetPublicKey" => Self::GetPublicKey,
            "CreateGrant" => Self::CreateGrant,
            "RetireGrant" => Self::RetireGrant,
            "DescribeKey" => Self::DescribeKey,
            "GenerateDataKeyPair" => Self::GenerateDataKeyPair,
            "GenerateDataKeyPairWithoutPlaintext" => Self::GenerateDataKeyPairWithoutPlaintext,
            "GenerateMac" => Self::GenerateMac,
            "VerifyMac" => Self::VerifyMac,
            "DeriveSharedSecret" => Self::DeriveSharedSecret,
            "Encapsulate" => Self::Encapsulate,
            "Decapsulate" => Self::Decapsulate,
            _ => return None,
        })
    }
}

impl fmt::Display for GrantOperation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for GrantOperation {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for GrantOperation {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(Named {
            name: "GrantOperation",
            parse: Self::parse,
            value: PhantomData,
        })
    }
}

/// `ImportState` of the service model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ImportState {
    /// `IMPORTED`.
    Imported,
    /// `PENDING_IMPORT`.
    PendingImport,
}

impl ImportState {
    /// Every value.
    pub const ALL: &[Self] = &[Self::Imported, Self::PendingImport];

    /// The value as AWS spells it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Imported => "IMPORTED",
            Self::PendingImport => "PENDING_IMPORT",
        }
    }

    /// The value that AWS spells so.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "IMPORTED" => Self::Imported,
            "PENDING_IMPORT" => Self::PendingImport,
            _ => return None,
        })
    }
}

impl fmt::Display for ImportState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for ImportState {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for ImportState {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(Named {
            name: "ImportState",
            parse: Self::parse,
            value: PhantomData,
        })
    }
}

/// `ImportType` of the service model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ImportType {
    /// `NEW_KEY_MATERIAL`.
    NewKeyMaterial,
    /// `EXISTING_KEY_MATERIAL`.
    ExistingKeyMaterial,
}

impl ImportType {
    /// Every value.
    pub const ALL: &[Self] = &[Self::NewKeyMaterial, Self::ExistingKeyMaterial];

    /// The value as AWS spells it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NewKeyMaterial => "NEW_KEY_MATERIAL",
            Self::ExistingKeyMaterial => "EXISTING_KEY_MATERIAL",
        }
    }

    /// The value that AWS spells so.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "NEW_KEY_MATERIAL" => Self::NewKeyMaterial,
            "EXISTING_KEY_MATERIAL" => Self::ExistingKeyMaterial,
            _ => return None,
        })
    }
}

impl fmt::Display for ImportType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for ImportType {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for ImportType {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(Named {
            name: "ImportType",
            parse: Self::parse,
            value: PhantomData,
        })
    }
}

/// `IncludeKeyMaterial` of the service model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum IncludeKeyMaterial {
    /// `ALL_KEY_MATERIAL`.
    AllKeyMaterial,
    /// `ROTATIONS_ONLY`.
    RotationsOnly,
}

impl IncludeKeyMaterial {
    /// Every value.
    pub const ALL: &[Self] = &[Self::AllKeyMaterial, Self::RotationsOnly];

    /// The value as AWS spells it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AllKeyMaterial => "ALL_KEY_MATERIAL",
            Self::RotationsOnly => "ROTATIONS_ONLY",
        }
    }

    /// The value that AWS spells so.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "ALL_KEY_MATERIAL" => Self::AllKeyMaterial,
            "ROTATIONS_ONLY" => Self::RotationsOnly,
            _ => return None,
        })
    }
}

impl fmt::Display for IncludeKeyMaterial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for IncludeKeyMaterial {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for IncludeKeyMaterial {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(Named {
            name: "IncludeKeyMaterial",
            parse: Self::parse,
            value: PhantomData,
        })
    }
}

/// `KeyAgreementAlgorithmSpec` of the service model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum KeyAgreementAlgorithmSpec {
    /// `ECDH`.
    Ecdh,
}

impl KeyAgreementAlgorithmSpec {
    /// Every value.
    pub const ALL: &[Self] = &[Self::Ecdh];

    /// The value as AWS spells it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ecdh => "ECDH",
        }
    }

    /// The value that AWS spells so.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "ECDH" => Self::Ecdh,
            _ => return None,
        })
    }
}

impl fmt::Display for KeyAgreementAlgorithmSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for KeyAgreementAlgorithmSpec {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for KeyAgreementAlgorithmSpec {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(Named {
            name: "KeyAgreementAlgorithmSpec",
            parse: Self::parse,
            value: PhantomData,
        })
    }
}

/// `KeyEncryptionMechanism` of the service model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum KeyEncryptionMechanism {
    /// `RSAES_OAEP_SHA_256`.
    RsaesOaepSha256,
}

impl KeyEncryptionMechanism {
    /// Every value.
    pub const ALL: &[Self] = &[Self::RsaesOaepSha256];

    /// The value as AWS spells it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::RsaesOaepSha256 => "RSAES_OAEP_SHA_256",
        }
    }

    /// The value that AWS spells so.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "RSAES_OAEP_SHA_256" => Self::RsaesOaepSha256,
            _ => return None,
        })
    }
}

impl fmt::Display for KeyEncryptionMechanism {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for KeyEncryptionMechanism {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for KeyEncryptionMechanism {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(Named {
            name: "KeyEncryptionMechanism",
            parse: Self::parse,
            value: PhantomData,
        })
    }
}

/// `KeyLastUsageTrackingOperation` of the service model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum KeyLastUsageTrackingOperation {
    /// `Decrypt`.
    Decrypt,
    /// `DeriveSharedSecret`.
    DeriveSharedSecret,
    /// `Encrypt`.
    Encrypt,
    /// `GenerateDataKey`.
    GenerateDataKey,
    /// `GenerateDataKeyPair`.
    GenerateDataKeyPair,
    /// `GenerateDataKeyPairWithoutPlaintext`.
    GenerateDataKeyPairWithoutPlaintext,
    /// `GenerateDataKeyWithoutPlaintext`.
    GenerateDataKeyWithoutPlaintext,
    /// `GenerateMac`.
    GenerateMac,
    /// `ReEncrypt`.
    ReEncrypt,
    /// `Sign`.
    Sign,
    /// `Verify`.
    Verify,
    /// `VerifyMac`.
    VerifyMac,
    /// `Encapsulate`.
    Encapsulate,
    /// `Decapsulate`.
    Decapsulate,
}

impl KeyLastUsageTrackingOperation {
    /// Every value.
    pub const ALL: &[Self] = &[
        Self::Decrypt,
        Self::DeriveSharedSecret,
        Self::Encrypt,
        Self::GenerateDataKey,
        Self::GenerateDataKeyPair,
        Self::GenerateDataKeyPairWithoutPlaintext,
        Self::GenerateDataKeyWithoutPlaintext,
        Self::GenerateMac,
        Self::ReEncrypt,
        Self::Sign,
        Self::Verify,
        Self::VerifyMac,
        Self::Encapsulate,
        Self::Decapsulate,
    ];

    /// The value as AWS spells it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Decrypt => "Decrypt",
            Self::DeriveSharedSecret => "DeriveSharedSecret",
            Self::Encrypt => "Encrypt",
            Self::GenerateDataKey => "GenerateDataKey",
            Self::GenerateDataKeyPair => "GenerateDataKeyPair",
            Self::GenerateDataKeyPairWithoutPlaintext => "GenerateDataKeyPairWithoutPlaintext",
            Self::GenerateDataKeyWithoutPlaintext => "GenerateDataKeyWithoutPlaintext",
            Self::GenerateMac => "GenerateMac",
            Self::ReEncrypt => "ReEncrypt",
            Self::Sign => "Sign",
            Self::Verify => "Verify",
            Self::VerifyMac => "VerifyMac",
            Self::Encapsulate => "Encapsulate",
            Self::Decapsulate => "Decapsulate",
        }
    }

    /// The value that AWS spells so.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "Decrypt" => Self::Decrypt,
            "DeriveSharedSecret" => Self::DeriveSharedSecret,
            "Encrypt" => Self::Encrypt,
            "GenerateDataKey" => Self::GenerateDataKey,
            "GenerateDataKeyPair" => Self::GenerateDataKeyPair,
            "GenerateDataKeyPairWithoutPlaintext" => Self::GenerateDataKeyPairWithoutPlaintext,
            "GenerateDataKeyWithoutPlaintext" => Self::GenerateDataKeyWithoutPlaintext,
            "GenerateMac" => Self::GenerateMac,
            "ReEncrypt" => Self::ReEncrypt,
            "Sign" => Self::Sign,
            "Verify" => Self::Verify,
            "VerifyMac" => Self::VerifyMac,
            "Encapsulate" => Self::Encapsulate,
            "Decapsulate" => Self::Decapsulate,
            _ => return None,
        })
    }
}

impl fmt::Display for KeyLastUsageTrackingOperation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for KeyLastUsageTrackingOperation {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for KeyLastUsageTrackingOperation {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(Named {
            name: "KeyLastUsageTrackingOperation",
            parse: Self::parse,
            value: PhantomData,
        })
    }
}

/// `KeyManagerType` of the service model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum KeyManagerType {
    /// `AWS`.
    Aws,
    /// `CUSTOMER`.
    Customer,
}

impl KeyManagerType {
    /// Every value.
    pub const ALL: &[Self] = &[Self::Aws, Self::Customer];

    /// The value as AWS spells it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Aws => "AWS",
            Self::Customer => "CUSTOMER",
        }
    }

    /// The value that AWS spells so.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "AWS" => Self::Aws,
            "CUSTOMER" => Self::Customer,
            _ => return None,
        })
    }
}

impl fmt::Display for KeyManagerType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for KeyManagerType {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for KeyManagerType {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(Named {
            name: "KeyManagerType",
            parse: Self::parse,
            value: PhantomData,
        })
    }
}

/// `KeyMaterialState` of the service model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum KeyMaterialState {
    /// `NON_CURRENT`.
    NonCurrent,
    /// `CURRENT`.
    Current,
    /// `PENDING_ROTATION`.
    PendingRotation,
    /// `PENDING_MULTI_REGION_IMPORT_AND_ROTATION`.
    PendingMultiRegionImportAndRotation,
}

impl KeyMaterialState {
    /// Every value.
    pub const ALL: &[Self] = &[
        Self::NonCurrent,
        Self::Current,
        Self::PendingRotation,
        Self::PendingMultiRegionImportAndRotation,
    ];

    /// The value as AWS spells it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NonCurrent => "NON_CURRENT",
            Self::Current => "CURRENT",
            Self::PendingRotation => "PENDING_ROTATION",
            Self::PendingMultiRegionImportAndRotation => "PENDING_MULTI_REGION_IMPORT_AND_ROTATION",
        }
    }

    /// The value that AWS spells so.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "NON_CURRENT" => Self::NonCurrent,
            "CURRENT" => Self::Current,
            "PENDING_ROTATION" => Self::PendingRotation,
            "PENDING_MULTI_REGION_IMPORT_AND_ROTATION" => Self::PendingMultiRegionImportAndRotation,
            _ => return None,
        })
    }
}

impl fmt::Display for KeyMaterialState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for KeyMaterialState {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for KeyMaterialState {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(Named {
            name: "KeyMaterialState",
            parse: Self::parse,
            value: PhantomData,
        })
    }
}

/// `KeySpec` of the service model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum KeySpec {
    /// `RSA_2048`.
    Rsa2048,
    /// `RSA_3072`.
    Rsa3072,
    /// `RSA_4096`.
    Rsa4096,
    /// `ECC_NIST_P256`.
    EccNistP256,
    /// `ECC_NIST_P384`.
    EccNistP384,
    /// `ECC_NIST_P521`.
    EccNistP521,
    /// `ECC_SECG_P256K1`.
    EccSecgP256k1,
    /// `SYMMETRIC_DEFAULT`.
    SymmetricDefault,
    /// `HMAC_224`.
    Hmac224,
    /// `HMAC_256`.
    Hmac256,
    /// `HMAC_384`.
    Hmac384,
    /// `HMAC_512`.
    Hmac512,
    /// `SM2`.
    Sm2,
    /// `ML_DSA_44`.
    MlDsa44,
    /// `ML_DSA_65`.
    MlDsa65,
    /// `ML_DSA_87`.
    MlDsa87,
    /// `ECC_NIST_EDWARDS25519`.
    EccNistEdwards25519,
    /// `ML_KEM_512`.
    MlKem512,
    /// `ML_KEM_768`.
    MlKem768,
    /// `ML_KEM_1024`.
    MlKem1024,
}

impl KeySpec {
    /// Every value.
    pub const ALL: &[Self] = &[
        Self::Rsa2048,
        Self::Rsa3072,
        Self::Rsa4096,
        Self::EccNistP256,
        Self::EccNistP384,
        Self::EccNistP521,
        Self::EccSecgP256k1,
        Self::SymmetricDefault,
        Self::Hmac224,
        Self::Hmac256,
        Self::Hmac384,
        Self::Hmac512,
        Self::Sm2,
        Self::MlDsa44,
        Self::MlDsa65,
        Self::MlDsa87,
        Self::EccNistEdwards25519,
        Self::MlKem512,
        Self::MlKem768,
        Self::MlKem1024,
    ];

    /// The value as AWS spells it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Rsa2048 => "RSA_2048",
            Self::Rsa3072 => "RSA_3072",
            Self::Rsa4096 => "RSA_4096",
            Self::EccNistP256 => "ECC_NIST_P256",
            Self::EccNistP384 => "ECC_NIST_P384",
            Self::EccNistP521 => "ECC_NIST_P521",
            Self::EccSecgP256k1 => "ECC_SECG_P256K1",
            Self::SymmetricDefault => "SYMMETRIC_DEFAULT",
            Self::Hmac224 => "HMAC_224",
            Self::Hmac256 => "HMAC_256",
            Self::Hmac384 => "HMAC_384",
            Self::Hmac512 => "HMAC_512",
            Self::Sm2 => "SM2",
            Self::MlDsa44 => "ML_DSA_44",
            Self::MlDsa65 => "ML_DSA_65",
            Self::MlDsa87 => "ML_DSA_87",
            Self::EccNistEdwards25519 => "ECC_NIST_EDWARDS25519",
            Self::MlKem512 => "ML_KEM_512",
            Self::MlKem768 => "ML_KEM_768",
            Self::MlKem1024 => "ML_KEM_1024",
        }
    }

    /// The value that AWS spells so.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "RSA_2048" => Self::Rsa2048,
            "RSA_3072" => Self::Rsa3072,
            "RSA_4096" => Self::Rsa4096,
            "ECC_NIST_P256" => Self::EccNistP256,
            "ECC_NIST_P384" => Self::EccNistP384,
            "ECC_NIST_P521" => Self::EccNistP521,
            "ECC_SECG_P256K1" => Self::EccSecgP256k1,
            "SYMMETRIC_DEFAULT" => Self::SymmetricDefault,
            "HMAC_224" => Self::Hmac224,
            "HMAC_256" => Self::Hmac256,
            "HMAC_384" => Self::Hmac384,
            "HMAC_512" => Self::Hmac512,
            "SM2" => Self::Sm2,
            "ML_DSA_44" => Self::MlDsa44,
            "ML_DSA_65" => Self::MlDsa65,
            "ML_DSA_87" => Self::MlDsa87,
            "ECC_NIST_EDWARDS25519" => Self::EccNistEdwards25519,
            "ML_KEM_512" => Self::MlKem512,
            "ML_KEM_768" => Self::MlKem768,
            "ML_KEM_1024" => Self::MlKem1024,
            _ => return None,
        })
    }
}

impl fmt::Display for KeySpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for KeySpec {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for KeySpec {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(Named {
            name: "KeySpec",
            parse: Self::parse,
            value: PhantomData,
        })
    }
}

/// `KeyState` of the service model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum KeyState {
    /// `Creating`.
    Creating,
    /// `Enabled`.
    Enabled,
    /// `Disabled`.
    Disabled,
    /// `PendingDeletion`.
    PendingDeletion,
    /// `PendingImport`.
    PendingImport,
    /// `PendingReplicaDeletion`.
    PendingReplicaDeletion,
    /// `Unavailable`.
    Unavailable,
    /// `Updating`.
    Updating,
}

impl KeyState {
    /// Every value.
    pub const ALL: &[Self] = &[
        Self::Creating,
        Self::Enabled,
        Self::Disabled,
        Self::PendingDeletion,
        Self::PendingImport,
        Self::PendingReplicaDeletion,
        Self::Unavailable,
        Self::Updating,
    ];

    /// The value as AWS spells it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Creating => "Creating",
            Self::Enabled => "Enabled",
            Self::Disabled => "Disabled",
            Self::PendingDeletion => "PendingDeletion",
            Self::PendingImport => "PendingImport",
            Self::PendingReplicaDeletion => "PendingReplicaDeletion",
            Self::Unavailable => "Unavailable",
            Self::Updating => "Updating",
        }
    }

    /// The value that AWS spells so.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "Creating" => Self::Creating,
            "Enabled" => Self::Enabled,
            "Disabled" => Self::Disabled,
            "PendingDeletion" => Self::PendingDeletion,
            "PendingImport" => Self::PendingImport,
            "PendingReplicaDeletion" => Self::PendingReplicaDeletion,
            "Unavailable" => Self::Unavailable,
            "Updating" => Self::Updating,
            _ => return None,
        })
    }
}

impl fmt::Display for KeyState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for KeyState {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for KeyState {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(Named {
            name: "KeyState",
            parse: Self::parse,
            value: PhantomData,
        })
    }
}

/// `KeyUsageType` of the service model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum KeyUsageType {
    /// `SIGN_VERIFY`.
    SignVerify,
    /// `ENCRYPT_DECRYPT`.
    EncryptDecrypt,
    /// `GENERATE_VERIFY_MAC`.
    GenerateVerifyMac,
    /// `KEY_AGREEMENT`.
    KeyAgreement,
    /// `ENCAPSULATE_DECAPSULATE`.
    EncapsulateDecapsulate,
}

impl KeyUsageType {
    /// Every value.
    pub const ALL: &[Self] = &[
        Self::SignVerify,
        Self::EncryptDecrypt,
        Self::GenerateVerifyMac,
        Self::KeyAgreement,
        Self::EncapsulateDecapsulate,
    ];

    /// The value as AWS spells it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SignVerify => "SIGN_VERIFY",
            Self::EncryptDecrypt => "ENCRYPT_DECRYPT",
            Self::GenerateVerifyMac => "GENERATE_VERIFY_MAC",
            Self::KeyAgreement => "KEY_AGREEMENT",
            Self::EncapsulateDecapsulate => "ENCAPSULATE_DECAPSULATE",
        }
    }

    /// The value that AWS spells so.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "SIGN_VERIFY" => Self::SignVerify,
            "ENCRYPT_DECRYPT" => Self::EncryptDecrypt,
            "GENERATE_VERIFY_MAC" => Self::GenerateVerifyMac,
            "KEY_AGREEMENT" => Self::KeyAgreement,
            "ENCAPSULATE_DECAPSULATE" => Self::EncapsulateDecapsulate,
            _ => return None,
        })
    }
}

impl fmt::Display for KeyUsageType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for KeyUsageType {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for KeyUsageType {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(Named {
            name: "KeyUsageType",
            parse: Self::parse,
            value: PhantomData,
        })
    }
}

/// `MacAlgorithmSpec` of the service model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum MacAlgorithmSpec {
    /// `HMAC_SHA_224`.
    HmacSha224,
    /// `HMAC_SHA_256`.
    HmacSha256,
    /// `HMAC_SHA_384`.
    HmacSha384,
    /// `HMAC_SHA_512`.
    HmacSha512,
}

impl MacAlgorithmSpec {
    /// Every value.
    pub const ALL: &[Self] = &[
        Self::HmacSha224,
        Self::HmacSha256,
        Self::HmacSha384,
        Self::HmacSha512,
    ];

    /// The value as AWS spells it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::HmacSha224 => "HMAC_SHA_224",
            Self::HmacSha256 => "HMAC_SHA_256",
            Self::HmacSha384 => "HMAC_SHA_384",
            Self::HmacSha512 => "HMAC_SHA_512",
        }
    }

    /// The value that AWS spells so.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "HMAC_SHA_224" => Self::HmacSha224,
            "HMAC_SHA_256" => Self::HmacSha256,
            "HMAC_SHA_384" => Self::HmacSha384,
            "HMAC_SHA_512" => Self::HmacSha512,
            _ => return None,
        })
    }
}

impl fmt::Display for MacAlgorithmSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for MacAlgorithmSpec {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for MacAlgorithmSpec {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(Named {
            name: "MacAlgorithmSpec",
            parse: Self::parse,
            value: PhantomData,
        })
    }
}

/// `MessageType` of the service model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum MessageType {
    /// `RAW`.
    Raw,
    /// `DIGEST`.
    Digest,
    /// `EXTERNAL_MU`.
    ExternalMu,
}

impl MessageType {
    /// Every value.
    pub const ALL: &[Self] = &[Self::Raw, Self::Digest, Self::ExternalMu];

    /// The value as AWS spells it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Raw => "RAW",
            Self::Digest => "DIGEST",
            Self::ExternalMu => "EXTERNAL_MU",
        }
    }

    /// The value that AWS spells so.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "RAW" => Self::Raw,
            "DIGEST" => Self::Digest,
            "EXTERNAL_MU" => Self::ExternalMu,
            _ => return None,
        })
    }
}

impl fmt::Display for MessageType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for MessageType {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for MessageType {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(Named {
            name: "MessageType",
            parse: Self::parse,
            value: PhantomData,
        })
    }
}

/// `MultiRegionKeyType` of the service model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum MultiRegionKeyType {
    /// `PRIMARY`.
    Primary,
    /// `REPLICA`.
    Replica,
}

impl MultiRegionKeyType {
    /// Every value.
    pub const ALL: &[Self] = &[Self::Primary, Self::Replica];

    /// The value as AWS spells it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Primary => "PRIMARY",
            Self::Replica => "REPLICA",
        }
    }

    /// The value that AWS spells so.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "PRIMARY" => Self::Primary,
            "REPLICA" => Self::Replica,
            _ => return None,
        })
    }
}

impl fmt::Display for MultiRegionKeyType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for MultiRegionKeyType {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for MultiRegionKeyType {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(Named {
            name: "MultiRegionKeyType",
            parse: Self::parse,
            value: PhantomData,
        })
    }
}

/// `OriginType` of the service model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum OriginType {
    /// `AWS_KMS`.
    AwsKms,
    /// `EXTERNAL`.
    External,
    /// `AWS_CLOUDHSM`.
    AwsCloudhsm,
    /// `EXTERNAL_KEY_STORE`.
    ExternalKeyStore,
}

impl OriginType {
    /// Every value.
    pub const ALL: &[Self] = &[
        Self::AwsKms,
        Self::External,
        Self::AwsCloudhsm,
        Self::ExternalKeyStore,
    ];

    /// The value as AWS spells it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AwsKms => "AWS_KMS",
            Self::External => "EXTERNAL",
            Self::AwsCloudhsm => "AWS_CLOUDHSM",
            Self::ExternalKeyStore => "EXTERNAL_KEY_STORE",
        }
    }

    /// The value that AWS spells so.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "AWS_KMS" => Self::AwsKms,
            "EXTERNAL" => Self::External,
            "AWS_CLOUDHSM" => Self::AwsCloudhsm,
            "EXTERNAL_KEY_STORE" => Self::ExternalKeyStore,
            _ => return None,
        })
    }
}

impl fmt::Display for OriginType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for OriginType {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for OriginType {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(Named {
            name: "OriginType",
            parse: Self::parse,
            value: PhantomData,
        })
    }
}

/// `ResourceOwnerType` of the service model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ResourceOwnerType {
    /// `SELF`.
    SelfOwned,
    /// `OTHER_ACCOUNTS_VIA_RAM`.
    OtherAccountsViaRam,
}

impl ResourceOwnerType {
    /// Every value.
    pub const ALL: &[Self] = &[Self::SelfOwned, Self::OtherAccountsViaRam];

    /// The value as AWS spells it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SelfOwned => "SELF",
            Self::OtherAccountsViaRam => "OTHER_ACCOUNTS_VIA_RAM",
        }
    }

    /// The value that AWS spells so.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "SELF" => Self::SelfOwned,
            "OTHER_ACCOUNTS_VIA_RAM" => Self::OtherAccountsViaRam,
            _ => return None,
        })
    }
}

impl fmt::Display for ResourceOwnerType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for ResourceOwnerType {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for ResourceOwnerType {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(Named {
            name: "ResourceOwnerType",
            parse: Self::parse,
            value: PhantomData,
        })
    }
}

/// `RotationType` of the service model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum RotationType {
    /// `AUTOMATIC`.
    Automatic,
    /// `ON_DEMAND`.
    OnDemand,
}

impl RotationType {
    /// Every value.
    pub const ALL: &[Self] = &[Self::Automatic, Self::OnDemand];

    /// The value as AWS spells it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Automatic => "AUTOMATIC",
            Self::OnDemand => "ON_DEMAND",
        }
    }

    /// The value that AWS spells so.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "AUTOMATIC" => Self::Automatic,
            "ON_DEMAND" => Self::OnDemand,
            _ => return None,
        })
    }
}

impl fmt::Display for RotationType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for RotationType {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for RotationType {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(Named {
            name: "RotationType",
            parse: Self::parse,
            value: PhantomData,
        })
    }
}

/// `SigningAlgorithmSpec` of the service model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum SigningAlgorithmSpec {
    /// `RSASSA_PSS_SHA_256`.
    RsassaPssSha256,
    /// `RSASSA_PSS_SHA_384`.
    RsassaPssSha384,
    /// `RSASSA_PSS_SHA_512`.
    RsassaPssSha512,
    /// `RSASSA_PKCS1_V1_5_SHA_256`.
    RsassaPkcs1V15Sha256,
    /// `RSASSA_PKCS1_V1_5_SHA_384`.
    RsassaPkcs1V15Sha384,
    /// `RSASSA_PKCS1_V1_5_SHA_512`.
    RsassaPkcs1V15Sha512,
    /// `ECDSA_SHA_256`.
    EcdsaSha256,
    /// `ECDSA_SHA_384`.
    EcdsaSha384,
    /// `ECDSA_SHA_512`.
    EcdsaSha512,
    /// `SM2DSA`.
    Sm2dsa,
    /// `ML_DSA_SHAKE_256`.
    MlDsaShake256,
    /// `ED25519_SHA_512`.
    Ed25519Sha512,
    /// `ED25519_PH_SHA_512`.
    Ed25519PhSha512,
    /// `SYMMETRIC_DEFAULT`, which AWS accepts here and only refuses later.
    SymmetricDefault,
}

impl SigningAlgorithmSpec {
    /// Every value.
    pub const ALL: &[Self] = &[
        Self::RsassaPssSha256,
        Self::RsassaPssSha384,
        Self::RsassaPssSha512,
        Self::RsassaPkcs1V15Sha256,
        Self::RsassaPkcs1V15Sha384,
        Self::RsassaPkcs1V15Sha512,
        Self::EcdsaSha256,
        Self::EcdsaSha384,
        Self::EcdsaSha512,
        Self::Sm2dsa,
        Self::MlDsaShake256,
        Self::Ed25519Sha512,
        Self::Ed25519PhSha512,
        Self::SymmetricDefault,
    ];

    /// The value as AWS spells it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::RsassaPssSha256 => "RSASSA_PSS_SHA_256",
            Self::RsassaPssSha384 => "RSASSA_PSS_SHA_384",
            Self::RsassaPssSha512 => "RSASSA_PSS_SHA_512",
            Self::RsassaPkcs1V15Sha256 => "RSASSA_PKCS1_V1_5_SHA_256",
            Self::RsassaPkcs1V15Sha384 => "RSASSA_PKCS1_V1_5_SHA_384",
            Self::RsassaPkcs1V15Sha512 => "RSASSA_PKCS1_V1_5_SHA_512",
            Self::EcdsaSha256 => "ECDSA_SHA_256",
            Self::EcdsaSha384 => "ECDSA_SHA_384",
            Self::EcdsaSha512 => "ECDSA_SHA_512",
            Self::Sm2dsa => "SM2DSA",
            Self::MlDsaShake256 => "ML_DSA_SHAKE_256",
            Self::Ed25519Sha512 => "ED25519_SHA_512",
            Self::Ed25519PhSha512 => "ED25519_PH_SHA_512",
            Self::SymmetricDefault => "SYMMETRIC_DEFAULT",
        }
    }

    /// The value that AWS spells so.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "RSASSA_PSS_SHA_256" => Self::RsassaPssSha256,
            "RSASSA_PSS_SHA_384" => Self::RsassaPssSha384,
            "RSASSA_PSS_SHA_512" => Self::RsassaPssSha512,
            "RSASSA_PKCS1_V1_5_SHA_256" => Self::RsassaPkcs1V15Sha256,
            "RSASSA_PKCS1_V1_5_SHA_384" => Self::RsassaPkcs1V15Sha384,
            "RSASSA_PKCS1_V1_5_SHA_512" => Self::RsassaPkcs1V15Sha512,
            "ECDSA_SHA_256" => Self::EcdsaSha256,
            "ECDSA_SHA_384" => Self::EcdsaSha384,
            "ECDSA_SHA_512" => Self::EcdsaSha512,
            "SM2DSA" => Self::Sm2dsa,
            "ML_DSA_SHAKE_256" => Self::MlDsaShake256,
            "ED25519_SHA_512" => Self::Ed25519Sha512,
            "ED25519_PH_SHA_512" => Self::Ed25519PhSha512,
            "SYMMETRIC_DEFAULT" => Self::SymmetricDefault,
            _ => return None,
        })
    }
}

impl fmt::Display for SigningAlgorithmSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for SigningAlgorithmSpec {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for SigningAlgorithmSpec {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(Named {
            name: "SigningAlgorithmSpec",
            parse: Self::parse,
            value: PhantomData,
        })
    }
}

/// `WrappingKeySpec` of the service model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum WrappingKeySpec {
    /// `RSA_2048`.
    Rsa2048,
    /// `RSA_3072`.
    Rsa3072,
    /// `RSA_4096`.
    Rsa4096,
    /// `SM2`.
    Sm2,
}

impl WrappingKeySpec {
    /// Every value.
    pub const ALL: &[Self] = &[Self::Rsa2048, Self::Rsa3072, Self::Rsa4096, Self::Sm2];

    /// The value as AWS spells it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Rsa2048 => "RSA_2048",
            Self::Rsa3072 => "RSA_3072",
            Self::Rsa4096 => "RSA_4096",
            Self::Sm2 => "SM2",
        }
    }

    /// The value that AWS spells so.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "RSA_2048" => Self::Rsa2048,
            "RSA_3072" => Self::Rsa3072,
            "RSA_4096" => Self::Rsa4096,
            "SM2" => Self::Sm2,
            _ => return None,
        })
    }
}

impl fmt::Display for WrappingKeySpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for WrappingKeySpec {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for WrappingKeySpec {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(Named {
            name: "WrappingKeySpec",
            parse: Self::parse,
            value: PhantomData,
        })
    }
}

/// `XksProxyConnectivityType` of the service model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum XksProxyConnectivityType {
    /// `PUBLIC_ENDPOINT`.
    PublicEndpoint,
    /// `VPC_ENDPOINT_SERVICE`.
    VpcEndpointService,
}

impl XksProxyConnectivityType {
    /// Every value.
    pub const ALL: &[Self] = &[Self::PublicEndpoint, Self::VpcEndpointService];

    /// The value as AWS spells it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::PublicEndpoint => "PUBLIC_ENDPOINT",
            Self::VpcEndpointService => "VPC_ENDPOINT_SERVICE",
        }
    }

    /// The value that AWS spells so.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "PUBLIC_ENDPOINT" => Self::PublicEndpoint,
            "VPC_ENDPOINT_SERVICE" => Self::VpcEndpointService,
            _ => return None,
        })
    }
}

impl fmt::Display for XksProxyConnectivityType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for XksProxyConnectivityType {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for XksProxyConnectivityType {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(Named {
            name: "XksProxyConnectivityType",
            parse: Self::parse,
            value: PhantomData,
        })
    }
}

/// Reads a text and looks it up, for `Deserialize`.
struct Named<T> {
    name: &'static str,
    parse: fn(&str) -> Option<T>,
    value: PhantomData<T>,
}

impl<T> de::Visitor<'_> for Named<T> {
    type Value = T;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a value of {}", self.name)
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<T, E> {
        (self.parse)(text).ok_or_else(|| E::invalid_value(de::Unexpected::Str(text), &self))
    }
}
