//! SM2 keys, for signing, encryption or key agreement: GB/T 32918, as AWS offers it in China.
//!
//! AWS-LC does not have SM2, so this is the `sm2` crate, which nobody has audited; it aims at
//! constant time and promises no more. Where it is offered is for the service to decide
//! (decision 24).
//!
//! A key is stored like one on the other curves. While it is ready its scalar is in a type that
//! wipes itself; copies that the crate makes while it computes are not wiped.

use elliptic_curve::{
    Generate as _,
    rand_core::{TryCryptoRng, TryRng},
};
use sm2::{
    PublicKey, SecretKey,
    dsa::{
        Signature, SigningKey, VerifyingKey,
        signature::{
            RandomizedSigner as _, Verifier as _,
            hazmat::{PrehashVerifier as _, RandomizedPrehashSigner as _},
        },
    },
    pke::{DecryptingKey, EncryptingKey},
};
use strongroom_model::{
    Plaintext,
    enums::{EncryptionAlgorithmSpec, MessageType, SigningAlgorithmSpec},
};
use zeroize::Zeroizing;

use crate::{CryptoError, Random, asn1, curve::read_ec_private_key, memory::LockedBytes};

/// id-ecPublicKey with the curve sm2p256v1, 1.2.156.10197.1.301. GB/T 33560.
const ALGORITHM: &[u8] = &[
    0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x81, 0x1c,
    0xcf, 0x55, 0x01, 0x82, 0x2d,
];
/// The distinguishing identifier of a signer who has none. GB/T 35276, section 10.
const DISTINGUISHING_ID: &str = "1234567812345678";
/// The order of the curve less one, which is no private key: it has no signature.
const ORDER_LESS_ONE: [u8; 32] = [
    0xff, 0xff, 0xff, 0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
    0x72, 0x03, 0xdf, 0x6b, 0x21, 0xc6, 0x05, 0x2b, 0x53, 0xbb, 0xf4, 0x09, 0x39, 0xd5, 0x41, 0x22,
];
/// The longest plaintext. AWS: API reference, "Encrypt".
const PLAINTEXT_BYTES: usize = 1024;

/// A new private key.
pub(crate) fn generate(random: &Random) -> Result<LockedBytes, CryptoError> {
    loop {
        let secret = SecretKey::try_generate_from_rng(&mut Source(random))?;
        if !is_order_less_one(&secret) {
            return Ok(stored_form(&secret));
        }
    }
}

/// The stored form of a private key from outside.
pub(crate) fn import(pkcs8: &[u8]) -> Result<LockedBytes, CryptoError> {
    read(pkcs8).map(|secret| stored_form(&secret))
}

/// Parses a key: the scalar in range, a public point that is there belonging to it.
fn read(pkcs8: &[u8]) -> Result<SecretKey, CryptoError> {
    let parsed = read_ec_private_key(pkcs8, ALGORITHM).ok_or(CryptoError::InvalidMaterial)?;
    let mut scalar = Zeroizing::new([0u8; 32]);
    if parsed.scalar.len() != scalar.len() {
        return Err(CryptoError::InvalidMaterial);
    }
    scalar.copy_from_slice(parsed.scalar);
    let secret = SecretKey::from_slice(&*scalar).map_err(|_| CryptoError::InvalidMaterial)?;
    let belongs = match parsed.point {
        Some(point) => PublicKey::from_sec1_bytes(point)
            .is_ok_and(|public_key| public_key == secret.public_key()),
        None => true,
    };
    if !belongs || is_order_less_one(&secret) {
        return Err(CryptoError::InvalidMaterial);
    }
    Ok(secret)
}

fn is_order_less_one(secret: &SecretKey) -> bool {
    let scalar = Zeroizing::new(secret.to_bytes());
    aws_lc_rs::constant_time::verify_slices_are_equal(&scalar[..], &ORDER_LESS_ONE).is_ok()
}

fn stored_form(secret: &SecretKey) -> LockedBytes {
    let scalar = Zeroizing::new(secret.to_bytes());
    asn1::ec_private_key_info(ALGORITHM, &scalar[..], &secret.public_key().to_sec1_bytes())
}

fn public_key_info(secret: &SecretKey) -> Vec<u8> {
    asn1::public_key_info(ALGORITHM, &secret.public_key().to_sec1_bytes())
}

/// A key that signs with SM2DSA.
pub(crate) struct Sm2SigningKey {
    secret: SecretKey,
    verifier: VerifyingKey,
    public_key: Vec<u8>,
}

impl Sm2SigningKey {
    pub(crate) fn new(pkcs8: &[u8]) -> Result<Self, CryptoError> {
        let secret = read(pkcs8)?;
        Ok(Self {
            verifier: VerifyingKey::new(DISTINGUISHING_ID, secret.public_key())
                .map_err(|_| CryptoError::LibraryFailure)?,
            public_key: public_key_info(&secret),
            secret,
        })
    }

    pub(crate) fn public_key(&self) -> &[u8] {
        &self.public_key
    }

    /// A signature in DER. The nonce follows from key and digest, hedged with random bytes.
    pub(crate) fn sign(
        &self,
        algorithm: SigningAlgorithmSpec,
        message_type: MessageType,
        message: &[u8],
        random: &Random,
    ) -> Result<Vec<u8>, CryptoError> {
        let signer = SigningKey::new(DISTINGUISHING_ID, &self.secret)
            .map_err(|_| CryptoError::LibraryFailure)?;
        if is_digest(algorithm, message_type, message)? {
            signer.sign_prehash_with_rng(&mut Source(random), message)
        } else {
            signer.try_sign_with_rng(&mut Source(random), message)
        }
        .map(|signature: Signature| signature.to_der().to_vec())
        .map_err(|_| CryptoError::LibraryFailure)
    }

    pub(crate) fn verify(
        &self,
        algorithm: SigningAlgorithmSpec,
        message_type: MessageType,
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), CryptoError> {
        let is_digest = is_digest(algorithm, message_type, message)?;
        let signature =
            Signature::from_der(signature).map_err(|_| CryptoError::InvalidSignature)?;
        if is_digest {
            self.verifier.verify_prehash(message, &signature)
        } else {
            self.verifier.verify(message, &signature)
        }
        .map_err(|_| CryptoError::InvalidSignature)
    }
}

/// Whether the message is its SM3 digest already, with the signer's identity hashed in front.
fn is_digest(
    algorithm: SigningAlgorithmSpec,
    message_type: MessageType,
    message: &[u8],
) -> Result<bool, CryptoError> {
    match (algorithm, message_type) {
        (SigningAlgorithmSpec::Sm2dsa, MessageType::Raw) => Ok(false),
        (SigningAlgorithmSpec::Sm2dsa, MessageType::Digest) if message.len() == 32 => Ok(true),
        _ => Err(CryptoError::Unsuitable),
    }
}

/// A key that encrypts and decrypts with SM2PKE, ciphertexts in DER: C1, C3, C2.
pub(crate) struct Sm2EncryptionKey {
    secret: SecretKey,
    encrypting: EncryptingKey,
    public_key: Vec<u8>,
}

impl Sm2EncryptionKey {
    pub(crate) fn new(pkcs8: &[u8]) -> Result<Self, CryptoError> {
        let secret = read(pkcs8)?;
        Ok(Self {
            encrypting: EncryptingKey::new(secret.public_key()),
            public_key: public_key_info(&secret),
            secret,
        })
    }

    pub(crate) fn public_key(&self) -> &[u8] {
        &self.public_key
    }

    pub(crate) fn encrypt(
        &self,
        algorithm: EncryptionAlgorithmSpec,
        plaintext: &[u8],
        random: &Random,
    ) -> Result<Vec<u8>, CryptoError> {
        is_sm2pke(algorithm)?;
        if plaintext.is_empty() {
            return Err(CryptoError::Unsuitable);
        }
        if plaintext.len() > PLAINTEXT_BYTES {
            return Err(CryptoError::TooLong);
        }
        self.encrypting
            .encrypt_der(&mut Source(random), plaintext)
            .map_err(|_| CryptoError::LibraryFailure)
    }

    pub(crate) fn decrypt(
        &self,
        algorithm: EncryptionAlgorithmSpec,
        ciphertext: &[u8],
    ) -> Result<Plaintext, CryptoError> {
        is_sm2pke(algorithm)?;
        let plaintext = DecryptingKey::new(self.secret.clone())
            .decrypt_der(ciphertext)
            .map(Plaintext::new)
            .map_err(|_| CryptoError::InvalidCiphertext)?;
        if plaintext.is_empty() {
            return Err(CryptoError::InvalidCiphertext);
        }
        Ok(plaintext)
    }
}

fn is_sm2pke(algorithm: EncryptionAlgorithmSpec) -> Result<(), CryptoError> {
    if algorithm == EncryptionAlgorithmSpec::Sm2pke {
        Ok(())
    } else {
        Err(CryptoError::Unsuitable)
    }
}

/// A key that agrees on secrets with ECDH on the SM2 curve.
pub(crate) struct Sm2AgreementKey {
    secret: SecretKey,
    public_key: Vec<u8>,
}

impl Sm2AgreementKey {
    pub(crate) fn new(pkcs8: &[u8]) -> Result<Self, CryptoError> {
        let secret = read(pkcs8)?;
        Ok(Self {
            public_key: public_key_info(&secret),
            secret,
        })
    }

    pub(crate) fn public_key(&self) -> &[u8] {
        &self.public_key
    }

    /// The x-coordinate of the shared point.
    pub(crate) fn derive(&self, peer: &[u8]) -> Result<Plaintext, CryptoError> {
        let point = asn1::read_public_key_info(peer, ALGORITHM)
            .and_then(|point| PublicKey::from_sec1_bytes(point).ok())
            .ok_or(CryptoError::InvalidPublicKey)?;
        let shared = self.secret.diffie_hellman(&point);
        Ok(Plaintext::new(shared.raw_secret_bytes().to_vec()))
    }
}

/// Our source of random bytes, as the crate wants it.
struct Source<'a>(&'a Random);

impl TryRng for Source<'_> {
    type Error = CryptoError;

    fn try_next_u32(&mut self) -> Result<u32, CryptoError> {
        self.0.array().map(u32::from_le_bytes)
    }

    fn try_next_u64(&mut self) -> Result<u64, CryptoError> {
        self.0.array().map(u64::from_le_bytes)
    }

    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), CryptoError> {
        self.0.fill(out)
    }
}

impl TryCryptoRng for Source<'_> {}
