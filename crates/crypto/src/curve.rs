//! Keys on the four curves that the library has: P-256, P-384, P-521 and secp256k1.
//!
//! A key is stored as PKCS#8 around RFC 5915 in one exact form, whatever the form it came in, so
//! that importing the same key again gives the same material. AWS: developer guide, "Importing
//! key material", for what may come in: named curves only; the public point compressed,
//! uncompressed, hybrid or absent.

use aws_lc_rs::{
    agreement::{self, ECDH_P256, ECDH_P384, ECDH_P521},
    digest,
    encoding::{AsBigEndian as _, EcPrivateKeyBin},
    rand::SystemRandom,
    signature::{
        ECDSA_P256_SHA256_ASN1, ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P256K1_SHA256_ASN1,
        ECDSA_P256K1_SHA256_ASN1_SIGNING, ECDSA_P384_SHA384_ASN1, ECDSA_P384_SHA384_ASN1_SIGNING,
        ECDSA_P521_SHA512_ASN1, ECDSA_P521_SHA512_ASN1_SIGNING, EcdsaKeyPair,
        EcdsaSigningAlgorithm, EcdsaVerificationAlgorithm, KeyPair as _, ParsedPublicKey,
    },
};
use strongroom_model::{
    Plaintext,
    enums::{MessageType, SigningAlgorithmSpec},
};

use crate::{
    CryptoError,
    asn1::{self, CONTEXT_0, CONTEXT_1, INTEGER, OCTET_STRING, PrivateKeyInfo, Reader, SEQUENCE},
    memory::LockedBytes,
};

/// All that differs from curve to curve.
pub(crate) struct Curve {
    /// The AlgorithmIdentifier: id-ecPublicKey and the curve's name. RFC 5480, section 2.1.1.
    pub(crate) algorithm: &'static [u8],
    /// The one ECDSA algorithm of the curve. AWS: developer guide, "Key spec reference".
    signing_algorithm: SigningAlgorithmSpec,
    digest: &'static digest::Algorithm,
    signing: &'static EcdsaSigningAlgorithm,
    verification: &'static EcdsaVerificationAlgorithm,
    /// Key agreement, which AWS does not offer on secp256k1.
    agreement: Option<&'static agreement::Algorithm>,
}

/// Bytes of id-ecPublicKey, after which the curve's name follows.
const EC_PUBLIC_KEY_BYTES: usize = 9;

impl Curve {
    pub(crate) const P256: Self = Self {
        algorithm: &[
            0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a,
            0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07,
        ],
        signing_algorithm: SigningAlgorithmSpec::EcdsaSha256,
        digest: &digest::SHA256,
        signing: &ECDSA_P256_SHA256_ASN1_SIGNING,
        verification: &ECDSA_P256_SHA256_ASN1,
        agreement: Some(&ECDH_P256),
    };
    pub(crate) const P384: Self = Self {
        algorithm: &[
            0x30, 0x10, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x05, 0x2b,
            0x81, 0x04, 0x00, 0x22,
        ],
        signing_algorithm: SigningAlgorithmSpec::EcdsaSha384,
        digest: &digest::SHA384,
        signing: &ECDSA_P384_SHA384_ASN1_SIGNING,
        verification: &ECDSA_P384_SHA384_ASN1,
        agreement: Some(&ECDH_P384),
    };
    pub(crate) const P521: Self = Self {
        algorithm: &[
            0x30, 0x10, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x05, 0x2b,
            0x81, 0x04, 0x00, 0x23,
        ],
        signing_algorithm: SigningAlgorithmSpec::EcdsaSha512,
        digest: &digest::SHA512,
        signing: &ECDSA_P521_SHA512_ASN1_SIGNING,
        verification: &ECDSA_P521_SHA512_ASN1,
        agreement: Some(&ECDH_P521),
    };
    pub(crate) const P256K1: Self = Self {
        algorithm: &[
            0x30, 0x10, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x05, 0x2b,
            0x81, 0x04, 0x00, 0x0a,
        ],
        signing_algorithm: SigningAlgorithmSpec::EcdsaSha256,
        digest: &digest::SHA256,
        signing: &ECDSA_P256K1_SHA256_ASN1_SIGNING,
        verification: &ECDSA_P256K1_SHA256_ASN1,
        agreement: None,
    };

    /// A new private key.
    pub(crate) fn generate(&self) -> Result<LockedBytes, CryptoError> {
        let pair = EcdsaKeyPair::generate(self.signing).map_err(|_| CryptoError::LibraryFailure)?;
        self.stored_form(&pair)
    }

    /// The stored form of a private key from outside.
    pub(crate) fn import(&self, pkcs8: &[u8]) -> Result<LockedBytes, CryptoError> {
        read_ec_private_key(pkcs8, self.algorithm).ok_or(CryptoError::InvalidMaterial)?;
        // The library finds the scalar in range, and a public point that is there on the curve
        // and belonging to the scalar.
        let pair = EcdsaKeyPair::from_pkcs8(self.signing, pkcs8)
            .map_err(|_| CryptoError::InvalidMaterial)?;
        self.stored_form(&pair)
    }

    /// A public point that verifies.
    pub(crate) fn verifier(&self, point: &[u8]) -> Result<ParsedPublicKey, CryptoError> {
        ParsedPublicKey::new(self.verification, point).map_err(|_| CryptoError::InvalidPublicKey)
    }

    fn stored_form(&self, pair: &EcdsaKeyPair) -> Result<LockedBytes, CryptoError> {
        let scalar: EcPrivateKeyBin<'_> = pair
            .private_key()
            .as_be_bytes()
            .map_err(|_| CryptoError::LibraryFailure)?;
        Ok(asn1::ec_private_key_info(
            self.algorithm,
            scalar.as_ref(),
            pair.public_key().as_ref(),
        ))
    }
}

/// An `ECPrivateKey` as it is written in PKCS#8.
pub(crate) struct EcPrivateKey<'a> {
    pub(crate) scalar: &'a [u8],
    /// The public point in whatever form.
    pub(crate) point: Option<&'a [u8]>,
}

/// Reads PKCS#8 around RFC 5915, for a curve that is named and nothing else.
///
/// Parameters may be repeated inside, and must then be the same name: explicit ones could
/// describe another curve.
pub(crate) fn read_ec_private_key<'a>(
    pkcs8: &'a [u8],
    algorithm: &[u8],
) -> Option<EcPrivateKey<'a>> {
    let info = PrivateKeyInfo::read(pkcs8, algorithm)?;
    let name = Reader::only(algorithm, SEQUENCE)?.get(EC_PUBLIC_KEY_BYTES..)?;
    let mut key = Reader::new(Reader::only(info.key, SEQUENCE)?);
    if key.element(INTEGER)? != [1] {
        return None;
    }
    let scalar = key.element(OCTET_STRING)?;
    let parameters = key.optional(CONTEXT_0).ok()?;
    if parameters.is_some_and(|parameters| parameters != name) {
        return None;
    }
    let point = match key.optional(CONTEXT_1).ok()? {
        Some(bits) => Some(Reader::only(bits, asn1::BIT_STRING)?.strip_prefix(&[0])?),
        None => None,
    };
    key.end()?;
    // RFC 5958 would allow the point outside as well; AWS's form is RFC 5208, which does not.
    info.public_key
        .is_none()
        .then_some(EcPrivateKey { scalar, point })
}

/// A key that signs with ECDSA.
pub(crate) struct EcdsaKey {
    curve: &'static Curve,
    pair: EcdsaKeyPair,
    verifier: ParsedPublicKey,
    public_key: Vec<u8>,
}

impl EcdsaKey {
    pub(crate) fn new(curve: &'static Curve, pkcs8: &[u8]) -> Result<Self, CryptoError> {
        let pair = EcdsaKeyPair::from_pkcs8(curve.signing, pkcs8)
            .map_err(|_| CryptoError::InvalidMaterial)?;
        let point = pair.public_key().as_ref();
        Ok(Self {
            curve,
            verifier: curve.verifier(point)?,
            public_key: asn1::public_key_info(curve.algorithm, point),
            pair,
        })
    }

    pub(crate) fn public_key(&self) -> &[u8] {
        &self.public_key
    }

    /// The one algorithm of the key.
    pub(crate) fn algorithm(&self) -> SigningAlgorithmSpec {
        self.curve.signing_algorithm
    }

    pub(crate) fn sign(
        &self,
        algorithm: SigningAlgorithmSpec,
        message_type: MessageType,
        message: &[u8],
    ) -> Result<Vec<u8>, CryptoError> {
        let signature = match self.input(algorithm, message_type, message)? {
            Some(digest) => self.pair.sign_digest(&digest),
            None => self.pair.sign(&SystemRandom::new(), message),
        };
        signature
            .map(|signature| signature.as_ref().to_vec())
            .map_err(|_| CryptoError::LibraryFailure)
    }

    pub(crate) fn verify(
        &self,
        algorithm: SigningAlgorithmSpec,
        message_type: MessageType,
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), CryptoError> {
        match self.input(algorithm, message_type, message)? {
            Some(digest) => self.verifier.verify_digest_sig(&digest, signature),
            None => self.verifier.verify_sig(message, signature),
        }
        .map_err(|_| CryptoError::InvalidSignature)
    }

    /// The digest, if that is what was handed in.
    fn input(
        &self,
        algorithm: SigningAlgorithmSpec,
        message_type: MessageType,
        message: &[u8],
    ) -> Result<Option<digest::Digest>, CryptoError> {
        if algorithm != self.curve.signing_algorithm {
            return Err(CryptoError::Unsuitable);
        }
        given_digest(message_type, message, self.curve.digest)
    }
}

/// The digest that a message of type DIGEST is; none for RAW, whose hashing is the library's.
pub(crate) fn given_digest(
    message_type: MessageType,
    message: &[u8],
    algorithm: &'static digest::Algorithm,
) -> Result<Option<digest::Digest>, CryptoError> {
    match message_type {
        MessageType::Raw => Ok(None),
        MessageType::Digest => digest::Digest::import_less_safe(message, algorithm)
            .map(Some)
            .map_err(|_| CryptoError::Unsuitable),
        MessageType::ExternalMu => Err(CryptoError::Unsuitable),
    }
}

/// A key that agrees on secrets with ECDH.
pub(crate) struct EcdhKey {
    curve: &'static Curve,
    private: agreement::PrivateKey,
    algorithm: &'static agreement::Algorithm,
    public_key: Vec<u8>,
}

impl EcdhKey {
    pub(crate) fn new(curve: &'static Curve, pkcs8: &[u8]) -> Result<Self, CryptoError> {
        let algorithm = curve.agreement.ok_or(CryptoError::Unsuitable)?;
        let private = agreement::PrivateKey::from_private_key_der(algorithm, pkcs8)
            .map_err(|_| CryptoError::InvalidMaterial)?;
        let point = private
            .compute_public_key()
            .map_err(|_| CryptoError::LibraryFailure)?;
        Ok(Self {
            curve,
            public_key: asn1::public_key_info(curve.algorithm, point.as_ref()),
            private,
            algorithm,
        })
    }

    pub(crate) fn public_key(&self) -> &[u8] {
        &self.public_key
    }

    /// The x-coordinate of the shared point, as wide as the field.
    pub(crate) fn derive(&self, peer: &[u8]) -> Result<Plaintext, CryptoError> {
        // The library also takes bare points and explicit parameters, which AWS does not.
        let point = asn1::read_public_key_info(peer, self.curve.algorithm)
            .ok_or(CryptoError::InvalidPublicKey)?;
        agreement::agree(
            &self.private,
            agreement::UnparsedPublicKey::new(self.algorithm, point),
            CryptoError::InvalidPublicKey,
            |secret| Ok(Plaintext::new(secret.to_vec())),
        )
    }
}
