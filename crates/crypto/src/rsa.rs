//! RSA keys of 2048, 3072 and 4096 bits, for signing or for encryption.
//!
//! Stored as PKCS#8 in the library's DER, which is unique for a key. AWS: developer guide, "Key
//! spec reference", and "Importing key material" for what may come in: two primes, and exactly
//! the modulus size of the key spec.

use aws_lc_rs::{
    digest,
    encoding::{AsDer as _, Pkcs8V1Der},
    rand::SystemRandom,
    rsa::{
        KeyPair, KeySize, OAEP_SHA1_MGF1SHA1, OAEP_SHA256_MGF1SHA256, OaepAlgorithm,
        OaepPrivateDecryptingKey, OaepPublicEncryptingKey, PrivateDecryptingKey,
    },
    signature::{self, KeyPair as _, ParsedPublicKey, RsaEncoding, RsaParameters},
};
use strongroom_model::{
    Plaintext,
    enums::{EncryptionAlgorithmSpec, MessageType, SigningAlgorithmSpec},
};
use zeroize::Zeroizing;

use crate::{
    CryptoError,
    asn1::{self, INTEGER, PrivateKeyInfo, Reader, SEQUENCE},
    curve::given_digest,
    memory::LockedBytes,
};

/// rsaEncryption, with the NULL that RFC 8017 asks for.
const ALGORITHM: &[u8] = &[
    0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00,
];

/// A modulus size.
#[derive(Clone, Copy)]
pub(crate) struct Modulus(KeySize);

impl Modulus {
    pub(crate) const RSA_2048: Self = Self(KeySize::Rsa2048);
    pub(crate) const RSA_3072: Self = Self(KeySize::Rsa3072);
    pub(crate) const RSA_4096: Self = Self(KeySize::Rsa4096);

    /// A new private key with the public exponent 65537. Takes from tenths of a second to many
    /// seconds.
    pub(crate) fn generate(self) -> Result<LockedBytes, CryptoError> {
        let pair = KeyPair::generate(self.0).map_err(|_| CryptoError::LibraryFailure)?;
        stored_form(&pair)
    }

    /// The stored form of a private key from outside.
    pub(crate) fn import(self, pkcs8: &[u8]) -> Result<LockedBytes, CryptoError> {
        has_two_primes(pkcs8).ok_or(CryptoError::InvalidMaterial)?;
        stored_form(&self.read(pkcs8)?)
    }

    /// Parses a key. The library finds that p·q = n, that d and its residues fit e and the
    /// primes, and that e is odd and above one; the size is looked at here, bit by bit.
    fn read(self, pkcs8: &[u8]) -> Result<KeyPair, CryptoError> {
        let pair = KeyPair::from_pkcs8(pkcs8).map_err(|_| CryptoError::InvalidMaterial)?;
        let modulus = Reader::only(pair.public_key().as_ref(), SEQUENCE)
            .and_then(|key| Reader::new(key).element(INTEGER))
            .ok_or(CryptoError::LibraryFailure)?;
        // DER puts a zero in front exactly when the highest bit is set.
        if modulus.len() != self.0.len() + 1 || modulus.first() != Some(&0) {
            return Err(CryptoError::InvalidMaterial);
        }
        Ok(pair)
    }
}

fn stored_form(pair: &KeyPair) -> Result<LockedBytes, CryptoError> {
    let pkcs8: Pkcs8V1Der<'_> = pair.as_der().map_err(|_| CryptoError::LibraryFailure)?;
    Ok(LockedBytes::copy_of(pkcs8.as_ref()))
}

/// Whether the key is an `RSAPrivateKey` of two different primes with nothing left out.
///
/// The library also takes keys without primes, whose consistency nobody can check. RFC 8017,
/// section A.1.2.
fn has_two_primes(pkcs8: &[u8]) -> Option<()> {
    let info = PrivateKeyInfo::read(pkcs8, ALGORITHM)?;
    let mut key = Reader::new(Reader::only(info.key, SEQUENCE)?);
    if key.element(INTEGER)? != [0] {
        return None;
    }
    let mut next = || key.element(INTEGER).filter(|number| *number != [0]);
    let [_n, _e, _d, p, q, ..] = [
        next()?,
        next()?,
        next()?,
        next()?,
        next()?,
        next()?,
        next()?,
        next()?,
    ];
    let differ = p != q;
    key.end()?;
    differ.then_some(())
}

/// One of the six algorithms: name, padding for signing, parameters for verifying, hash.
type Row = (
    SigningAlgorithmSpec,
    &'static dyn RsaEncoding,
    &'static RsaParameters,
    &'static digest::Algorithm,
);

/// Every size takes all six. The salt of PSS is as long as the hash, when it is made and when it
/// is checked.
static SIGNING: [Row; 6] = [
    (
        SigningAlgorithmSpec::RsassaPssSha256,
        &signature::RSA_PSS_SHA256,
        &signature::RSA_PSS_2048_8192_SHA256,
        &digest::SHA256,
    ),
    (
        SigningAlgorithmSpec::RsassaPssSha384,
        &signature::RSA_PSS_SHA384,
        &signature::RSA_PSS_2048_8192_SHA384,
        &digest::SHA384,
    ),
    (
        SigningAlgorithmSpec::RsassaPssSha512,
        &signature::RSA_PSS_SHA512,
        &signature::RSA_PSS_2048_8192_SHA512,
        &digest::SHA512,
    ),
    (
        SigningAlgorithmSpec::RsassaPkcs1V15Sha256,
        &signature::RSA_PKCS1_SHA256,
        &signature::RSA_PKCS1_2048_8192_SHA256,
        &digest::SHA256,
    ),
    (
        SigningAlgorithmSpec::RsassaPkcs1V15Sha384,
        &signature::RSA_PKCS1_SHA384,
        &signature::RSA_PKCS1_2048_8192_SHA384,
        &digest::SHA384,
    ),
    (
        SigningAlgorithmSpec::RsassaPkcs1V15Sha512,
        &signature::RSA_PKCS1_SHA512,
        &signature::RSA_PKCS1_2048_8192_SHA512,
        &digest::SHA512,
    ),
];

/// A public key, as SubjectPublicKeyInfo, that verifies with one algorithm.
pub(crate) fn verifier(
    algorithm: SigningAlgorithmSpec,
    public_key: &[u8],
) -> Result<ParsedPublicKey, CryptoError> {
    let (_, _, parameters, _) = SIGNING
        .iter()
        .find(|row| row.0 == algorithm)
        .ok_or(CryptoError::Unsuitable)?;
    ParsedPublicKey::new(*parameters, public_key).map_err(|_| CryptoError::InvalidPublicKey)
}

/// A key that signs with either padding.
pub(crate) struct RsaSigningKey {
    pair: KeyPair,
    verifiers: Vec<(&'static Row, ParsedPublicKey)>,
    public_key: Vec<u8>,
}

impl RsaSigningKey {
    pub(crate) fn new(modulus: Modulus, pkcs8: &[u8]) -> Result<Self, CryptoError> {
        let pair = modulus.read(pkcs8)?;
        let public_key = asn1::public_key_info(ALGORITHM, pair.public_key().as_ref());
        let verifiers = SIGNING
            .iter()
            .map(|row| Ok((row, verifier(row.0, &public_key)?)))
            .collect::<Result<_, CryptoError>>()?;
        Ok(Self {
            pair,
            verifiers,
            public_key,
        })
    }

    pub(crate) fn public_key(&self) -> &[u8] {
        &self.public_key
    }

    pub(crate) fn sign(
        &self,
        algorithm: SigningAlgorithmSpec,
        message_type: MessageType,
        message: &[u8],
    ) -> Result<Vec<u8>, CryptoError> {
        let ((_, padding, _, hash), _) = self.row(algorithm)?;
        let mut signature = vec![0; self.pair.public_modulus_len()];
        match given_digest(message_type, message, hash)? {
            Some(digest) => self.pair.sign_digest(*padding, &digest, &mut signature),
            None => self
                .pair
                .sign(*padding, &SystemRandom::new(), message, &mut signature),
        }
        .map_err(|_| CryptoError::LibraryFailure)?;
        Ok(signature)
    }

    pub(crate) fn verify(
        &self,
        algorithm: SigningAlgorithmSpec,
        message_type: MessageType,
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), CryptoError> {
        let ((_, _, _, hash), verifier) = self.row(algorithm)?;
        match given_digest(message_type, message, hash)? {
            Some(digest) => verifier.verify_digest_sig(&digest, signature),
            None => verifier.verify_sig(message, signature),
        }
        .map_err(|_| CryptoError::InvalidSignature)
    }

    fn row(
        &self,
        algorithm: SigningAlgorithmSpec,
    ) -> Result<(&'static Row, &ParsedPublicKey), CryptoError> {
        self.verifiers
            .iter()
            .find(|(row, _)| row.0 == algorithm)
            .map(|(row, verifier)| (*row, verifier))
            .ok_or(CryptoError::Unsuitable)
    }
}

/// A key that encrypts and decrypts with OAEP.
pub(crate) struct RsaEncryptionKey {
    private: OaepPrivateDecryptingKey,
    public: OaepPublicEncryptingKey,
    public_key: Vec<u8>,
}

impl RsaEncryptionKey {
    pub(crate) fn new(modulus: Modulus, pkcs8: &[u8]) -> Result<Self, CryptoError> {
        let pair = modulus.read(pkcs8)?;
        let private =
            PrivateDecryptingKey::from_pkcs8(pkcs8).map_err(|_| CryptoError::InvalidMaterial)?;
        let public = OaepPublicEncryptingKey::new(private.public_key())
            .map_err(|_| CryptoError::LibraryFailure)?;
        Ok(Self {
            public_key: asn1::public_key_info(ALGORITHM, pair.public_key().as_ref()),
            private: OaepPrivateDecryptingKey::new(private)
                .map_err(|_| CryptoError::LibraryFailure)?,
            public,
        })
    }

    pub(crate) fn public_key(&self) -> &[u8] {
        &self.public_key
    }

    pub(crate) fn encrypt(
        &self,
        algorithm: EncryptionAlgorithmSpec,
        plaintext: &[u8],
    ) -> Result<Vec<u8>, CryptoError> {
        let algorithm = oaep(algorithm)?;
        if plaintext.len() > self.public.max_plaintext_size(algorithm) {
            return Err(CryptoError::TooLong);
        }
        let mut ciphertext = vec![0; self.public.ciphertext_size()];
        let length = self
            .public
            .encrypt(algorithm, plaintext, &mut ciphertext, None)
            .map_err(|_| CryptoError::LibraryFailure)?
            .len();
        ciphertext.truncate(length);
        Ok(ciphertext)
    }

    pub(crate) fn decrypt(
        &self,
        algorithm: EncryptionAlgorithmSpec,
        ciphertext: &[u8],
    ) -> Result<Plaintext, CryptoError> {
        let algorithm = oaep(algorithm)?;
        // Wiped to its end when it is dropped, however much of it the plaintext fills.
        let mut plaintext = Zeroizing::new(vec![0; self.private.min_output_size()]);
        let length = self
            .private
            .decrypt(algorithm, ciphertext, &mut plaintext, None)
            .map_err(|_| CryptoError::InvalidCiphertext)?
            .len();
        plaintext.truncate(length);
        Ok(Plaintext::new(std::mem::take(&mut *plaintext)))
    }
}

/// OAEP with one hash in both places and an empty label. AWS: developer guide, "Key spec
/// reference".
fn oaep(algorithm: EncryptionAlgorithmSpec) -> Result<&'static OaepAlgorithm, CryptoError> {
    match algorithm {
        EncryptionAlgorithmSpec::RsaesOaepSha1 => Ok(&OAEP_SHA1_MGF1SHA1),
        EncryptionAlgorithmSpec::RsaesOaepSha256 => Ok(&OAEP_SHA256_MGF1SHA256),
        _ => Err(CryptoError::Unsuitable),
    }
}
