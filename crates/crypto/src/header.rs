//! The header of a ciphertext: what a blob says about itself without any secret of a key.
//!
//! ```text
//! 0    3  "SRK"
//! 3    1  format = 1
//! 4    1  suite: 1 KBKDF, AES-256-GCM, commitment; 2 and 3 the same inside another layer
//! 5    1  purpose
//! 6    2  flags, bit 0: the key id is a multi-Region one
//! 8    8  account, big-endian
//! 16  16  key id, its 128 bits
//! 32  32  material id
//! 64   8  header tag
//! 72  16  N, derivation nonce
//! 88  12  initialization vector
//! 100 32  commitment
//! 132  n  ciphertext
//! ..  16  tag
//! ```
//!
//! In suites 2 and 3 what follows the commitment is the other layer, drawn in [`crate::layers`].

use aws_lc_rs::constant_time::verify_slices_are_equal;
use strongroom_model::{AccountId, KeyId};

use crate::{
    CryptoError, IdentifierKeys, MaterialId,
    aead::{IV_BYTES, TAG_BYTES},
    layers,
};

/// Bytes in front of the header tag, which the tag is taken over.
pub(crate) const PREFIX_BYTES: usize = 64;
/// Bytes that the derivation is bound to: everything before the commitment.
pub(crate) const HEADER_BYTES: usize = 100;
/// Length of the commitment.
pub(crate) const COMMITMENT_BYTES: usize = 32;
/// How much longer a ciphertext is than its plaintext.
pub const CIPHERTEXT_OVERHEAD_BYTES: usize = HEADER_BYTES + COMMITMENT_BYTES + TAG_BYTES;

const MAGIC_FORMAT: [u8; 4] = [b'S', b'R', b'K', 1];
const FLAG_MULTI_REGION: u16 = 1;

/// How a ciphertext is made. The numbers are part of the format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Suite {
    /// Under key material of ours alone.
    Own = 1,
    /// The same, encrypted once more by an external key manager.
    ExternalKeyStore = 2,
    /// The same, encrypted once more by a hardware security module.
    HardwareModule = 3,
}

impl Suite {
    fn read(number: u8) -> Option<Self> {
        [Self::Own, Self::ExternalKeyStore, Self::HardwareModule]
            .into_iter()
            .find(|suite| *suite as u8 == number)
    }
}

/// What a ciphertext was made for. The numbers are part of the format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// The result of Encrypt or ReEncrypt.
    Encrypt = 1,
    /// The encrypted copy of a data key.
    DataKey = 2,
    /// The encrypted private key of a data key pair.
    DataKeyPairPrivateKey = 3,
}

impl Purpose {
    /// Every purpose.
    pub(crate) const ALL: [Self; 3] = [Self::Encrypt, Self::DataKey, Self::DataKeyPairPrivateKey];

    fn read(number: u8) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|purpose| *purpose as u8 == number)
    }
}

/// What a ciphertext names in clear: where to look for the key that opens it.
///
/// The names are those its maker wrote, but the header tag is a filter and not a proof; only
/// decryption proves them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CiphertextHeader {
    /// How it was made.
    pub suite: Suite,
    /// What it was made for.
    pub purpose: Purpose,
    /// The account that owns the key.
    pub account: AccountId,
    /// The key.
    pub key_id: KeyId,
    /// Which of the key's materials.
    pub material_id: MaterialId,
}

impl CiphertextHeader {
    /// Reads the header of a blob, refusing damaged and foreign ones without any look-up.
    ///
    /// # Errors
    /// [`CryptoError::InvalidCiphertext`] when the blob is too short, of another form, or its
    /// header tag does not match.
    pub fn parse(blob: &[u8], keys: &IdentifierKeys) -> Result<Self, CryptoError> {
        let parts = Parts::split(blob)?;
        let header = Self::from_prefix(parts.prefix)?;
        if header.suite != Suite::Own {
            layers::OuterLayer::read(blob)?;
        }
        verify_slices_are_equal(&keys.header_tag(parts.prefix), parts.header_tag)
            .map_err(|_| CryptoError::InvalidCiphertext)?;
        Ok(header)
    }

    /// The first 64 bytes of a ciphertext with this header.
    pub(crate) fn to_prefix(self) -> [u8; PREFIX_BYTES] {
        let mut prefix = [0u8; PREFIX_BYTES];
        let flags = if self.key_id.is_multi_region() {
            FLAG_MULTI_REGION
        } else {
            0
        };
        prefix[..4].copy_from_slice(&MAGIC_FORMAT);
        prefix[4] = self.suite as u8;
        prefix[5] = self.purpose as u8;
        prefix[6..8].copy_from_slice(&flags.to_be_bytes());
        prefix[8..16].copy_from_slice(&self.account.as_u64().to_be_bytes());
        prefix[16..32].copy_from_slice(&self.key_id.bits());
        prefix[32..].copy_from_slice(self.material_id.as_bytes());
        prefix
    }

    /// The header that the first 64 bytes of a ciphertext spell.
    pub(crate) fn from_prefix(prefix: &[u8; PREFIX_BYTES]) -> Result<Self, CryptoError> {
        let mut account = [0u8; 8];
        let mut key_id = [0u8; 16];
        let mut material_id = [0u8; 32];
        account.copy_from_slice(&prefix[8..16]);
        key_id.copy_from_slice(&prefix[16..32]);
        material_id.copy_from_slice(&prefix[32..]);
        let multi_region = match u16::from_be_bytes([prefix[6], prefix[7]]) {
            0 => false,
            FLAG_MULTI_REGION => true,
            _ => return Err(CryptoError::InvalidCiphertext),
        };
        if prefix[..4] != MAGIC_FORMAT {
            return Err(CryptoError::InvalidCiphertext);
        }
        Ok(Self {
            suite: Suite::read(prefix[4]).ok_or(CryptoError::InvalidCiphertext)?,
            purpose: Purpose::read(prefix[5]).ok_or(CryptoError::InvalidCiphertext)?,
            account: AccountId::from_u64(u64::from_be_bytes(account))
                .map_err(|_| CryptoError::InvalidCiphertext)?,
            key_id: KeyId::from_bits(multi_region, key_id),
            material_id: MaterialId::from_bytes(material_id),
        })
    }
}

/// A blob cut into its fields, none of them believed yet.
pub(crate) struct Parts<'a> {
    pub(crate) prefix: &'a [u8; PREFIX_BYTES],
    pub(crate) header_tag: &'a [u8; 8],
    pub(crate) iv: &'a [u8; IV_BYTES],
    pub(crate) header: &'a [u8; HEADER_BYTES],
    pub(crate) commitment: &'a [u8; COMMITMENT_BYTES],
    /// Header and commitment: what the cipher authenticates.
    pub(crate) aad: &'a [u8],
    /// Ciphertext and tag.
    pub(crate) sealed: &'a [u8],
}

impl<'a> Parts<'a> {
    pub(crate) fn split(blob: &'a [u8]) -> Result<Self, CryptoError> {
        Self::cut(blob).ok_or(CryptoError::InvalidCiphertext)
    }

    fn cut(blob: &'a [u8]) -> Option<Self> {
        let (aad, sealed) = blob.split_at_checked(HEADER_BYTES + COMMITMENT_BYTES)?;
        let (prefix, rest) = aad.split_first_chunk()?;
        let (header_tag, rest) = rest.split_first_chunk()?;
        let (_nonce, rest) = rest.split_first_chunk::<16>()?;
        let iv = rest.first_chunk()?;
        let (header, commitment) = aad.split_first_chunk()?;
        (sealed.len() >= TAG_BYTES).then_some(Self {
            prefix,
            header_tag,
            iv,
            header,
            commitment: commitment.first_chunk()?,
            aad,
            sealed,
        })
    }
}
