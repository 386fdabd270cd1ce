//! From a passphrase to a seal's key: Argon2id (RFC 9106).

use argon2::{Algorithm, Argon2, Params, Version};
use serde::{Deserialize, Serialize};

use crate::{
    CryptoError, Random,
    aead::KEY_BYTES,
    framing::{Framed, hex, read_hex},
    memory::LockedBytes,
    seal::SealError,
};

/// Length of a salt. RFC 9106, section 4.
const SALT_BYTES: usize = 16;
/// The least that a record may ask for: RFC 9106's second recommended choice. Lower numbers in a
/// record are someone's attempt to make a passphrase cheap to guess.
const FLOOR: (u32, u32, u32) = (64 << 10, 3, 4);
/// The most that a record may ask for, so that an altered one cannot exhaust the machine.
const CEILING: (u32, u32, u32) = (4 << 20, 64, 64);

/// How much work a passphrase costs, and its salt. Stored with the seal and bound to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Argon2Parameters {
    /// Memory in KiB.
    pub memory_kib: u32,
    /// Passes over the memory.
    pub passes: u32,
    /// Lanes.
    pub lanes: u32,
    /// The salt, 32 hex digits.
    pub salt: String,
}

impl Argon2Parameters {
    /// 64 MiB, three passes, four lanes and a new salt.
    pub(super) fn generate(random: &Random) -> Result<Self, CryptoError> {
        let (memory_kib, passes, lanes) = FLOOR;
        Ok(Self {
            memory_kib,
            passes,
            lanes,
            salt: hex(&random.array::<SALT_BYTES>()?),
        })
    }

    /// The key that a passphrase gives. Takes a good part of a second, which is its purpose.
    pub(super) fn derive(
        &self,
        passphrase: &[u8],
        seal_id: &str,
    ) -> Result<LockedBytes, SealError> {
        self.check_bounds(seal_id)?;
        let mut salt = [0u8; SALT_BYTES];
        if !read_hex(&self.salt, &mut salt) {
            return Err(SealError::UnknownFormat);
        }
        let params = Params::new(self.memory_kib, self.passes, self.lanes, Some(KEY_BYTES))
            .map_err(|_| SealError::UnknownFormat)?;
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let key = LockedBytes::filled(KEY_BYTES, |key| {
            argon2
                .hash_password_into(passphrase, &salt, key)
                .map_err(|_| CryptoError::LibraryFailure)
        })?;
        Ok(key)
    }

    fn check_bounds(&self, seal_id: &str) -> Result<(), SealError> {
        let asked = [self.memory_kib, self.passes, self.lanes];
        if asked
            .iter()
            .zip([FLOOR.0, FLOOR.1, FLOOR.2])
            .any(|(n, floor)| *n < floor)
        {
            return Err(SealError::ParametersTooWeak(seal_id.to_owned()));
        }
        if asked
            .iter()
            .zip([CEILING.0, CEILING.1, CEILING.2])
            .any(|(n, most)| *n > most)
        {
            return Err(SealError::ParametersTooCostly(seal_id.to_owned()));
        }
        Ok(())
    }

    /// Adds the parameters to the name that the seal's record is bound to.
    pub(super) fn bind(&self, name: Framed) -> Framed {
        name.text("argon2id")
            .u32(self.memory_kib)
            .u32(self.passes)
            .u32(self.lanes)
            .text(&self.salt)
    }
}
