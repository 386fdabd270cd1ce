//! Encrypt and Decrypt: format `SRK` v1, suite 1, which is also the inner layer of the others.
//!
//! Every message has a key of its own, derived from the key material, the header and the
//! encryption context, together with a commitment. AES-GCM alone does not commit to its key: one
//! ciphertext can be crafted to open under two. The commitment is a second output of the same
//! derivation, so a ciphertext opens under exactly one material and one context.

use aws_lc_rs::constant_time::verify_slices_are_equal;
use strongroom_model::{AccountId, EncryptionContext, KeyId, Partition, Plaintext, enums::KeySpec};
use zeroize::Zeroizing;

use crate::{
    CryptoError, IdentifierKeys, KeyMaterial, MaterialId, Random,
    aead::{self, IV_BYTES},
    envelope,
    framing::length,
    header::{
        CIPHERTEXT_OVERHEAD_BYTES, COMMITMENT_BYTES, CiphertextHeader, HEADER_BYTES, Parts,
        Purpose, Suite,
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
    ///
    /// Kept as bytes rather than as prepared HMAC states: the library copies such a state at
    /// every use, which costs as much as preparing it, and twenty times the locked memory.
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
        Self::of_suite(Suite::Own, material, keys, partition, account, key_id)
    }

    /// The same for a key whose ciphertexts are of that suite. In suites other than
    /// [`Suite::Own`] what this key encrypts is the inner layer, see [`crate::layers`].
    ///
    /// # Errors
    /// Only if the cryptographic library fails.
    pub fn of_suite(
        suite: Suite,
        material: &KeyMaterial,
        keys: &IdentifierKeys,
        partition: Partition,
        account: AccountId,
        key_id: KeyId,
    ) -> Result<Self, CryptoError> {
        let material_id = material.id(keys, partition, account, key_id);
        let openings = Purpose::ALL.map(|purpose| {
            let prefix = CiphertextHeader {
                suite,
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
        let context_hash = kdf::context_hash(context);
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
        if !parts.header.starts_with(self.opening(purpose)) {
            return Err(CryptoError::InvalidCiphertext);
        }
        let derived = self.message_keys(parts.header, &kdf::context_hash(context))?;
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
        let derived = Zeroizing::new(kdf::hmac(
            labels::MESSAGE_ROOT.as_bytes(),
            &[
                &length(account.len()),
                account.as_bytes(),
                &length(key_id.len()),
                key_id.as_bytes(),
                material.bytes_of(KeySpec::SymmetricDefault)?,
            ],
        ));
        message_root.copy_from_slice(&*derived);
        kdf::derive(message_root, labels::HEDGE, b"", hedge_key)
    })
}

impl std::fmt::Debug for SymmetricKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SymmetricKey({} {})", self.account, self.key_id)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;
    use serde::Deserialize;

    use super::*;
    use crate::framing::{hex, read_hex};

    /// A row of `tests/vectors/srk-v1.json`, which a second implementation wrote.
    #[derive(Deserialize)]
    struct Vector {
        name: String,
        partition: String,
        account: String,
        key_id: String,
        key_material: String,
        material_id: String,
        purpose: u8,
        nonce: String,
        iv: String,
        encryption_context: BTreeMap<String, String>,
        canonical_context: String,
        plaintext: String,
        header: String,
        message_root: String,
        message_key: String,
        commitment: String,
        ciphertext: String,
    }

    fn vectors() -> Vec<Vector> {
        serde_json::from_str(include_str!("../tests/vectors/srk-v1.json")).unwrap()
    }

    fn bytes(text: &str) -> Vec<u8> {
        let mut bytes = vec![0; text.len() / 2];
        assert!(read_hex(text, &mut bytes), "{text}");
        bytes
    }

    fn context<const N: usize>(pairs: [(&str, &str); N]) -> EncryptionContext {
        pairs
            .into_iter()
            .map(|(key, value)| (key.to_owned(), value.to_owned()))
            .collect()
    }

    fn key_of(material: u8, account: &str, key_id: &str) -> SymmetricKey {
        SymmetricKey::new(
            &KeyMaterial::from_bytes(
                KeySpec::SymmetricDefault,
                &Plaintext::new(vec![material; 32]),
            )
            .unwrap(),
            &IdentifierKeys::development(),
            Partition::Aws,
            AccountId::parse(account).unwrap(),
            KeyId::parse(key_id).unwrap(),
        )
        .unwrap()
    }

    fn key() -> SymmetricKey {
        key_of(7, "111122223333", "1234abcd-12ab-34cd-56ef-1234567890ab")
    }

    fn refused(key: &SymmetricKey, blob: &[u8], context: &EncryptionContext) -> bool {
        key.decrypt(blob, context) == Err(CryptoError::InvalidCiphertext)
    }

    #[test]
    fn every_vector_comes_out_to_the_byte() {
        for vector in vectors() {
            let keys = IdentifierKeys::development();
            let key = SymmetricKey::new(
                &KeyMaterial::from_bytes(
                    KeySpec::SymmetricDefault,
                    &Plaintext::new(bytes(&vector.key_material)),
                )
                .unwrap(),
                &keys,
                Partition::parse(&vector.partition).unwrap(),
                AccountId::parse(&vector.account).unwrap(),
                KeyId::parse(&vector.key_id).unwrap(),
            )
            .unwrap();
            let name = &vector.name;
            assert_eq!(key.material_id().to_string(), vector.material_id, "{name}");
            assert_eq!(
                hex(&key.secrets.bytes()[..32]),
                vector.message_root,
                "{name}"
            );

            let context: EncryptionContext = vector.encryption_context.into_iter().collect();
            assert_eq!(
                hex(&context.canonical()),
                vector.canonical_context,
                "{name}"
            );

            let context_hash = sha256(&context.canonical());
            let header = bytes(&vector.header);
            let derived = key
                .message_keys(header[..].try_into().unwrap(), &context_hash)
                .unwrap();
            assert_eq!(hex(&derived[..32]), vector.message_key, "{name}");
            assert_eq!(hex(&derived[32..]), vector.commitment, "{name}");

            let purpose = Purpose::ALL[usize::from(vector.purpose) - 1];
            let chance = Chance {
                nonce: bytes(&vector.nonce).try_into().unwrap(),
                iv: bytes(&vector.iv).try_into().unwrap(),
            };
            let plaintext = bytes(&vector.plaintext);
            let blob = key
                .encrypt_with(key.opening(purpose), &context_hash, &plaintext, &chance)
                .unwrap();
            assert_eq!(hex(&blob[..HEADER_BYTES]), vector.header, "{name}");
            assert_eq!(hex(&blob), vector.ciphertext, "{name}");
            assert_eq!(blob.len(), plaintext.len() + CIPHERTEXT_OVERHEAD_BYTES);

            let header = CiphertextHeader::parse(&blob, &keys).unwrap();
            assert_eq!(header.purpose, purpose, "{name}");
            assert_eq!(header.account, key.account(), "{name}");
            assert_eq!(header.key_id, key.key_id(), "{name}");
            assert_eq!(header.material_id, key.material_id(), "{name}");
            assert_eq!(
                key.decrypt(&blob, &context).unwrap(),
                Plaintext::new(plaintext)
            );
        }
    }

    #[test]
    fn the_first_vector_is_the_published_one() {
        let vector = vectors().remove(0);
        let blob = bytes(&vector.ciphertext);
        assert_eq!(blob.len(), 160);
        assert_eq!(
            hex(&sha256(&blob)),
            "429aade43f5860ed9765c02114bb72e82e29628cbaa31d2ccb21df44eef510c5"
        );
        assert_eq!(
            vector.material_id,
            "1fced1ca66ef69d22b3c7172b174178646e0886af8f0799b9262d567cfa8f7a7"
        );
        assert_eq!(
            hex(&blob[HEADER_BYTES + COMMITMENT_BYTES..]),
            "b844c5bcc7115980fe4d947e247429ff75c921387f1daf372748bb79"
        );
    }

    #[test]
    fn what_was_encrypted_is_decrypted_for_every_purpose_and_length() {
        let (key, random) = (key(), Random::system());
        let context = context([("a", "b")]);
        for purpose in Purpose::ALL {
            for length in [0, 1, 15, 16, 17, 4096] {
                let plaintext = vec![0x5a; length];
                let blob = key.encrypt(purpose, &context, &plaintext, &random).unwrap();
                let header = CiphertextHeader::parse(&blob, &IdentifierKeys::development());
                assert_eq!(header.unwrap().purpose, purpose);
                assert_eq!(key.decrypt(&blob, &context).unwrap().expose(), plaintext);
            }
        }
    }

    #[test]
    fn a_flipped_bit_anywhere_is_refused() {
        let (key, context) = (key(), context([("a", "b")]));
        let blob = key
            .encrypt(Purpose::Encrypt, &context, b"plaintext", &Random::system())
            .unwrap();
        for at in 0..blob.len() {
            for bit in 0..8 {
                let mut altered = blob.clone();
                altered[at] ^= 1 << bit;
                assert!(refused(&key, &altered, &context), "byte {at}, bit {bit}");
                let header = CiphertextHeader::parse(&altered, &IdentifierKeys::development());
                assert_eq!(header.is_err(), at < 72, "byte {at}, bit {bit}");
            }
        }
    }

    #[test]
    fn a_blob_cut_short_or_made_longer_is_refused() {
        let (key, context) = (key(), EncryptionContext::default());
        let blob = key
            .encrypt(Purpose::Encrypt, &context, b"plaintext", &Random::system())
            .unwrap();
        for length in 0..blob.len() {
            assert!(refused(&key, &blob[..length], &context), "{length} bytes");
            let header = CiphertextHeader::parse(&blob[..length], &IdentifierKeys::development());
            assert_eq!(header.is_err(), length < CIPHERTEXT_OVERHEAD_BYTES);
        }
        assert!(refused(&key, &[&blob[..], &[0]].concat(), &context));
    }

    #[test]
    fn another_context_is_refused() {
        let key = key();
        let right = context([("Department", "Engineering"), ("Project", "Alpha")]);
        let blob = key
            .encrypt(Purpose::Encrypt, &right, b"plaintext", &Random::system())
            .unwrap();
        for wrong in [
            EncryptionContext::default(),
            context([("Department", "Engineering")]),
            context([("Department", "Engineering"), ("Project", "alpha")]),
            context([("department", "Engineering"), ("Project", "Alpha")]),
            context([("Department", "Alpha"), ("Project", "Engineering")]),
            context([("Department", "EngineeringProject"), ("", "Alpha")]),
            context([
                ("Department", "Engineering"),
                ("Project", "Alpha"),
                ("", ""),
            ]),
        ] {
            assert!(refused(&key, &blob, &wrong), "{wrong:?}");
        }
        assert!(key.decrypt(&blob, &right).is_ok());
    }

    #[test]
    fn another_material_account_or_key_is_refused_even_with_its_own_header() {
        let (right, none) = (key(), EncryptionContext::default());
        let blob = right
            .encrypt(Purpose::Encrypt, &none, b"plaintext", &Random::system())
            .unwrap();
        for wrong in [
            key_of(8, "111122223333", "1234abcd-12ab-34cd-56ef-1234567890ab"),
            key_of(7, "111122223334", "1234abcd-12ab-34cd-56ef-1234567890ab"),
            key_of(7, "111122223333", "1234abcd-12ab-34cd-56ef-1234567890ac"),
            key_of(7, "111122223333", "mrk-1234abcd12ab34cd56ef1234567890ab"),
        ] {
            assert!(refused(&wrong, &blob, &none), "{wrong:?}");
            // With its own opening grafted on, the derivation still tells them apart.
            let mut grafted = blob.clone();
            grafted[..72].copy_from_slice(wrong.opening(Purpose::Encrypt));
            assert!(refused(&wrong, &grafted, &none), "{wrong:?}");
        }
        // Nor does a ciphertext change its purpose.
        let mut grafted = blob.clone();
        grafted[..72].copy_from_slice(right.opening(Purpose::DataKey));
        assert!(refused(&right, &grafted, &none));
    }

    #[test]
    fn another_installation_does_not_take_the_header_for_its_own() {
        let random = Random::system();
        let service_key = |job| crate::ServiceKey::generate(job, 1, &random).unwrap();
        let elsewhere = IdentifierKeys::new(
            service_key(crate::Job::MaterialId),
            service_key(crate::Job::Header),
        )
        .unwrap();
        let blob = key()
            .encrypt(
                Purpose::Encrypt,
                &EncryptionContext::default(),
                b"x",
                &random,
            )
            .unwrap();
        assert_eq!(
            CiphertextHeader::parse(&blob, &elsewhere),
            Err(CryptoError::InvalidCiphertext)
        );
    }

    #[test]
    fn a_generator_that_repeats_itself_reveals_only_equal_requests() {
        let (key, none) = (key(), EncryptionContext::default());
        let encrypt = |plaintext: &[u8], context: &EncryptionContext| {
            key.encrypt(Purpose::Encrypt, context, plaintext, &Random::replayed(1))
                .unwrap()
        };
        let (one, two) = (encrypt(b"one", &none), encrypt(b"two", &none));
        assert_eq!(one, encrypt(b"one", &none));
        assert_ne!(one[72..88], two[72..88], "derivation nonces");
        assert_ne!(one[100..132], two[100..132], "so the keys differ too");
        assert_ne!(one[72..88], encrypt(b"one", &context([("a", "b")]))[72..88]);
    }

    #[test]
    fn two_ciphertexts_of_one_plaintext_share_nothing_after_the_opening() {
        let (key, none, random) = (key(), EncryptionContext::default(), Random::system());
        let encrypt = || {
            key.encrypt(Purpose::Encrypt, &none, b"same", &random)
                .unwrap()
        };
        let (first, second) = (encrypt(), encrypt());
        assert_eq!(first[..72], second[..72]);
        for field in [72..88, 88..100, 100..132, 132..152] {
            assert_ne!(first[field.clone()], second[field.clone()], "{field:?}");
        }
    }

    fn any_context() -> impl Strategy<Value = BTreeMap<String, String>> {
        proptest::collection::btree_map(".{0,6}", ".{0,6}", 0..4)
    }

    proptest! {
        #[test]
        fn what_is_encrypted_opens_only_under_its_context(
            plaintext in proptest::collection::vec(any::<u8>(), 1..200),
            right in any_context(),
            other in any_context(),
        ) {
            let (key, random) = (key(), Random::system());
            let equal = right == other;
            let right: EncryptionContext = right.into_iter().collect();
            let other: EncryptionContext = other.into_iter().collect();
            let blob = key.encrypt(Purpose::Encrypt, &right, &plaintext, &random).unwrap();
            let opened = key.decrypt(&blob, &right);
            prop_assert_eq!(opened, Ok(Plaintext::new(plaintext)));
            prop_assert_eq!(key.decrypt(&blob, &other).is_ok(), equal);
        }

        #[test]
        fn foreign_bytes_never_open_and_never_panic(
            mut blob in proptest::collection::vec(any::<u8>(), 0..300),
            own_opening in any::<bool>(),
        ) {
            let key = key();
            if own_opening && blob.len() >= 72 {
                blob[..72].copy_from_slice(key.opening(Purpose::Encrypt));
            }
            prop_assert!(refused(&key, &blob, &EncryptionContext::default()));
        }
    }
}
