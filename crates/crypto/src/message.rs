//! Encrypt and Decrypt: format `SRK` v1, suite 1.
//!
//! Every message has a key of its own, derived from the key material, the header and the
//! encryption context, together with a commitment. AES-GCM alone does not commit to its key: one
//! ciphertext can be crafted to open under two. The commitment is a second output of the same
//! derivation, so a ciphertext opens under exactly one material and one context.

use aws_lc_rs::constant_time::verify_slices_are_equal;
use strongroom_model::{AccountId, EncryptionContext, KeyId, Partition, Plaintext};
use zeroize::Zeroizing;

use crate::{
    CryptoError, IdentifierKeys, KeyMaterial, MaterialId, Random,
    aead::{self, IV_BYTES},
    envelope,
    framing::length,
    header::{
        CIPHERTEXT_OVERHEAD_BYTES, COMMITMENT_BYTES, CiphertextHeader, HEADER_BYTES, Parts, Purpose,
    },
    kdf::{self, sha256},
    labels,
    memory::LockedBytes,
};

/// Length of the derivation nonce.
const NONCE_BYTES: usize = 16;
/// Fresh random bytes that go into each derivation nonce.
const HEDGE_INPUT_BYTES: usize = 32;

/// A symmetric KMS key made ready for messages: what the service keeps in its cache.
///
/// The derivations that every message of one material shares have been done. Both secrets lie in
/// locked memory and are wiped when this value is dropped; the material itself is not kept.
pub struct SymmetricKey {
    account: AccountId,
    key_id: KeyId,
    material_id: MaterialId,
    /// The first 72 bytes of a ciphertext, for each purpose in turn.
    openings: [[u8; 72]; Purpose::ALL.len()],
    /// `KI`, then the hedge key: 32 bytes each.
    secrets: LockedBytes,
}

/// Everything in a message that chance decides.
struct Chance {
    nonce: [u8; NONCE_BYTES],
    iv: [u8; IV_BYTES],
}

impl SymmetricKey {
    /// Makes a key's material ready. The material id follows from the other arguments.
    ///
    /// # Errors
    /// Only if the cryptographic library fails.
    pub fn new(
        material: &KeyMaterial,
        keys: &IdentifierKeys,
        partition: Partition,
        account: AccountId,
        key_id: KeyId,
    ) -> Result<Self, CryptoError> {
        let material_id = material.id(keys, partition, account, key_id);
        let openings = Purpose::ALL.map(|purpose| {
            let prefix = CiphertextHeader {
                purpose,
                account,
                key_id,
                material_id,
            }
            .to_prefix();
            let mut opening = [0u8; 72];
            opening[..64].copy_from_slice(&prefix);
            opening[64..].copy_from_slice(&keys.header_tag(&prefix));
            opening
        });
        Ok(Self {
            account,
            key_id,
            material_id,
            openings,
            secrets: derive_secrets(material, account, key_id)?,
        })
    }

    /// The account that owns the key.
    #[must_use]
    pub fn account(&self) -> AccountId {
        self.account
    }

    /// The key.
    #[must_use]
    pub fn key_id(&self) -> KeyId {
        self.key_id
    }

    /// Which of the key's materials this is.
    #[must_use]
    pub fn material_id(&self) -> MaterialId {
        self.material_id
    }

    /// Encrypts, giving a ciphertext that opens only under this material and this context.
    ///
    /// The result is [`CIPHERTEXT_OVERHEAD_BYTES`] longer than the plaintext. Limits on the
    /// plaintext are AWS's, not the format's, and are the caller's to check.
    ///
    /// # Errors
    /// [`CryptoError::RandomUnavailable`].
    pub fn encrypt(
        &self,
        purpose: Purpose,
        context: &EncryptionContext,
        plaintext: &[u8],
        random: &Random,
    ) -> Result<Vec<u8>, CryptoError> {
        let fresh = Zeroizing::new(random.array::<{ HEDGE_INPUT_BYTES + IV_BYTES }>()?);
        let context_hash = sha256(&context.canonical());
        let chance = self.hedged(self.opening(purpose), &context_hash, plaintext, &fresh);
        self.encrypt_with(self.opening(purpose), &context_hash, plaintext, &chance)
    }

    /// Decrypts what [`SymmetricKey::encrypt`] gave for the same material and context.
    ///
    /// # Errors
    /// [`CryptoError::InvalidCiphertext`], whatever the reason.
    pub fn decrypt(
        &self,
        blob: &[u8],
        context: &EncryptionContext,
    ) -> Result<Plaintext, CryptoError> {
        let parts = Parts::split(blob)?;
        let purpose = CiphertextHeader::from_prefix(parts.prefix)?.purpose;
        // All 72 bytes are known beforehand. Comparing them refuses another key's ciphertext and
        // an altered header before any secret is touched.
        if [&parts.prefix[..], &parts.header_tag[..]].concat() != self.opening(purpose) {
            return Err(CryptoError::InvalidCiphertext);
        }
        let derived = self.message_keys(parts.header, &sha256(&context.canonical()))?;
        let (key, commitment) = derived.split_at(COMMITMENT_BYTES);
        verify_slices_are_equal(commitment, parts.commitment)
            .map_err(|_| CryptoError::InvalidCiphertext)?;
        let mut buffer = Zeroizing::new(parts.sealed.to_vec());
        let length = aead::open(key, parts.iv, parts.aad, &mut buffer)
            .map_err(|_| CryptoError::InvalidCiphertext)?
            .len();
        buffer.truncate(length);
        Ok(Plaintext::new(std::mem::take(&mut *buffer)))
    }

    /// Derivation nonce and initialization vector for one message.
    ///
    /// The nonce mixes fresh randomness with the request under a key of its own, so a generator
    /// that repeats itself, as in a cloned virtual machine, reveals only that two requests were
    /// identical.
    fn hedged(
        &self,
        opening: &[u8; 72],
        context_hash: &[u8; 32],
        plaintext: &[u8],
        fresh: &[u8; HEDGE_INPUT_BYTES + IV_BYTES],
    ) -> Chance {
        let (_, hedge_key) = self.secrets.bytes().split_at(32);
        let (hedge_input, iv) = fresh.split_at(HEDGE_INPUT_BYTES);
        let mixed = kdf::hmac(
            hedge_key,
            &[hedge_input, opening, context_hash, &sha256(plaintext)],
        );
        let mut chance = Chance {
            nonce: [0; NONCE_BYTES],
            iv: [0; IV_BYTES],
        };
        chance.nonce.copy_from_slice(&mixed[..NONCE_BYTES]);
        chance.iv.copy_from_slice(iv);
        chance
    }

    /// Encryption with nothing left to chance.
    fn encrypt_with(
        &self,
        opening: &[u8; 72],
        context_hash: &[u8; 32],
        plaintext: &[u8],
        chance: &Chance,
    ) -> Result<Vec<u8>, CryptoError> {
        let mut aad = [0u8; HEADER_BYTES + COMMITMENT_BYTES];
        aad[..72].copy_from_slice(opening);
        aad[72..88].copy_from_slice(&chance.nonce);
        aad[88..100].copy_from_slice(&chance.iv);
        let mut header = [0u8; HEADER_BYTES];
        header.copy_from_slice(&aad[..HEADER_BYTES]);
        let derived = self.message_keys(&header, context_hash)?;
        let (key, commitment) = derived.split_at(COMMITMENT_BYTES);
        aad[HEADER_BYTES..].copy_from_slice(commitment);

        let mut blob = Vec::with_capacity(CIPHERTEXT_OVERHEAD_BYTES + plaintext.len());
        blob.extend_from_slice(&aad);
        envelope::seal_onto(&mut blob, key, &chance.iv, &aad, plaintext)?;
        Ok(blob)
    }

    /// The message key and, after it, the commitment.
    fn message_keys(
        &self,
        header: &[u8; HEADER_BYTES],
        context_hash: &[u8; 32],
    ) -> Result<Zeroizing<[u8; 64]>, CryptoError> {
        let (message_root, _) = self.secrets.bytes().split_at(32);
        let mut context = [0u8; HEADER_BYTES + 32];
        context[..HEADER_BYTES].copy_from_slice(header);
        context[HEADER_BYTES..].copy_from_slice(context_hash);
        let mut derived = Zeroizing::new([0u8; 64]);
        kdf::derive(message_root, labels::MESSAGE, &context, &mut *derived)?;
        Ok(derived)
    }

    fn opening(&self, purpose: Purpose) -> &[u8; 72] {
        let [encrypt, data_key, private_key] = &self.openings;
        match purpose {
            Purpose::Encrypt => encrypt,
            Purpose::DataKey => data_key,
            Purpose::DataKeyPairPrivateKey => private_key,
        }
    }
}

/// `KI` and the hedge key, side by side in one place of locked memory.
///
/// Nothing but `KI` is derived from the material directly: an HMAC key imported with the same 32
/// bytes must not become an oracle for message keys.
fn derive_secrets(
    material: &KeyMaterial,
    account: AccountId,
    key_id: KeyId,
) -> Result<LockedBytes, CryptoError> {
    let (account, key_id) = (account.to_string(), key_id.to_string());
    LockedBytes::filled(64, |secrets| {
        let (message_root, hedge_key) = secrets.split_at_mut(32);
        message_root.copy_from_slice(&kdf::hmac(
            labels::MESSAGE_ROOT.as_bytes(),
            &[
                &length(account.len()),
                account.as_bytes(),
                &length(key_id.len()),
                key_id.as_bytes(),
                material.symmetric_bytes(),
            ],
        ));
        kdf::derive(message_root, labels::HEDGE, b"", hedge_key)
    })
}

impl std::fmt::Debug for SymmetricKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SymmetricKey({} {})", self.account, self.key_id)
    }
}
