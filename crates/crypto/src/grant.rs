//! Grant tokens, and the fingerprint by which the same grant is found again.
//!
//! A token stands for one grant and says which: it is sealed, so that it means nothing to whoever
//! carries it and cannot be made up, and no two tokens of one grant are alike. What it stands for
//! may be gone; only the store knows that.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use strongroom_model::{AccountId, GrantId, GrantToken, KeyId, Region};

use crate::{
    CryptoError, Job, Random, ServiceKey, envelope,
    framing::{Framed, hex},
    kdf::sha256,
    labels,
    memory::LockedBytes,
};

/// Which grant a token stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GrantName {
    /// The account that owns the key.
    pub account: AccountId,
    /// The Region of the key.
    pub region: Region,
    /// The key.
    pub key_id: KeyId,
    /// The grant.
    pub grant_id: GrantId,
}

impl GrantName {
    fn to_bytes(&self) -> Vec<u8> {
        Framed::default()
            .fixed(&self.account.as_u64().to_be_bytes())
            .fixed(&[u8::from(self.key_id.is_multi_region())])
            .fixed(&self.key_id.bits())
            .fixed(self.grant_id.as_bytes())
            .text(self.region.as_str())
            .finish()
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (account, rest) = bytes.split_first_chunk()?;
        let (multi_region, rest) = rest.split_first()?;
        let (key_id, rest) = rest.split_first_chunk()?;
        let (grant_id, rest) = rest.split_first_chunk()?;
        let (length, region) = rest.split_first_chunk()?;
        if usize::try_from(u32::from_be_bytes(*length)) != Ok(region.len()) {
            return None;
        }
        Some(Self {
            account: AccountId::from_u64(u64::from_be_bytes(*account)).ok()?,
            region: Region::parse(std::str::from_utf8(region).ok()?).ok()?,
            key_id: match multi_region {
                0 => KeyId::from_bits(false, *key_id),
                1 => KeyId::from_bits(true, *key_id),
                _ => return None,
            },
            grant_id: GrantId::from_bytes(*grant_id),
        })
    }
}

/// Seals grant tokens.
pub struct GrantTokenKey {
    version: u32,
    key: LockedBytes,
}

impl GrantTokenKey {
    /// Makes a grant token key of a service key.
    ///
    /// # Errors
    /// [`CryptoError::WrongJob`] when it is for something else.
    pub fn new(key: ServiceKey) -> Result<Self, CryptoError> {
        Ok(Self {
            version: key.version(),
            key: key.into_key_for(&Job::GrantToken)?,
        })
    }

    /// The version that a token needs.
    ///
    /// # Errors
    /// [`CryptoError::Unauthentic`] when the text is no token.
    pub fn version_of(token: &GrantToken) -> Result<u32, CryptoError> {
        envelope::sealing_version(&decode(token)?).map_err(|_| CryptoError::Unauthentic)
    }

    /// A new token of a grant: base64url without padding.
    ///
    /// # Errors
    /// [`CryptoError::RandomUnavailable`].
    pub fn seal(&self, grant: &GrantName, random: &Random) -> Result<GrantToken, CryptoError> {
        let sealed = envelope::seal(
            &self.key,
            self.version,
            labels::GRANT_TOKEN,
            &self.aad(),
            &grant.to_bytes(),
            random,
        )?;
        Ok(GrantToken::new(URL_SAFE_NO_PAD.encode(sealed)))
    }

    /// The grant that a token stands for.
    ///
    /// # Errors
    /// [`CryptoError::Unauthentic`], whatever the reason; a token is a foreign text.
    pub fn open(&self, token: &GrantToken) -> Result<GrantName, CryptoError> {
        let name = envelope::open(
            &self.key,
            self.version,
            labels::GRANT_TOKEN,
            &self.aad(),
            &decode(token)?,
        )
        .map_err(|_| CryptoError::Unauthentic)?;
        GrantName::from_bytes(&name).ok_or(CryptoError::Unauthentic)
    }

    fn aad(&self) -> Vec<u8> {
        Framed::labelled(labels::GRANT_TOKEN)
            .u32(self.version)
            .finish()
    }
}

impl std::fmt::Debug for GrantTokenKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "GrantTokenKey({})", self.version)
    }
}

fn decode(token: &GrantToken) -> Result<Vec<u8>, CryptoError> {
    URL_SAFE_NO_PAD
        .decode(token.expose())
        .map_err(|_| CryptoError::Unauthentic)
}

/// The SHA-256, in hex, of a grant's name and everything else that CreateGrant was asked for: two
/// requests have the same one exactly when all their fields are equal.
#[must_use]
pub fn grant_fingerprint(fields: &[&[u8]]) -> String {
    let framed = fields.iter().fold(
        Framed::labelled(labels::GRANT_NAME).count(fields.len()),
        |framed, field| framed.bytes(field),
    );
    hex(&sha256(&framed.finish()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn key() -> GrantTokenKey {
        let key = ServiceKey::generate(Job::GrantToken, 1, &Random::system()).unwrap();
        GrantTokenKey::new(key).unwrap()
    }

    fn name() -> GrantName {
        GrantName {
            account: AccountId::parse("111122223333").unwrap(),
            region: Region::parse("eu-west-1").unwrap(),
            key_id: KeyId::parse("1234abcd-12ab-34cd-56ef-1234567890ab").unwrap(),
            grant_id: GrantId::from_bytes([9; 32]),
        }
    }

    proptest! {
        #[test]
        fn a_token_names_its_grant_and_no_two_are_alike(
            account in 0..=999_999_999_999_u64,
            region in "[a-z][a-z0-9-]{0,31}",
            multi_region: bool,
            key_id: [u8; 16],
            grant_id: [u8; 32],
        ) {
            let name = GrantName {
                account: AccountId::from_u64(account).unwrap(),
                region: Region::parse(&region).unwrap(),
                key_id: KeyId::from_bits(multi_region, key_id),
                grant_id: GrantId::from_bytes(grant_id),
            };
            let (key, random) = (key(), Random::system());
            let (one, other) = (key.seal(&name, &random).unwrap(), key.seal(&name, &random).unwrap());
            prop_assert!(one != other);
            prop_assert_eq!(key.open(&one).unwrap(), name.clone());
            prop_assert_eq!(key.open(&other).unwrap(), name);
            let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
            prop_assert!(one.expose().bytes().all(plain));
        }

        #[test]
        fn any_other_text_is_no_token(text in "[ -~]{0,300}") {
            prop_assert_eq!(key().open(&GrantToken::new(text)), Err(CryptoError::Unauthentic));
        }

        #[test]
        fn fingerprints_tell_fields_apart(one: Vec<Vec<u8>>, other: Vec<Vec<u8>>) {
            let of = |fields: &[Vec<u8>]| {
                grant_fingerprint(&fields.iter().map(Vec::as_slice).collect::<Vec<_>>())
            };
            prop_assert_eq!(of(&one) == of(&other), one == other);
            let mut moved = one.clone();
            if let [first, second, ..] = moved.as_mut_slice() {
                first.append(second);
                prop_assert_eq!(of(&one) == of(&moved), one == moved);
            }
        }
    }

    #[test]
    fn an_altered_or_cut_token_is_refused() {
        let key = key();
        let token = key.seal(&name(), &Random::system()).unwrap();
        let text = token.expose();
        let check = |altered: &str| {
            let token = GrantToken::new(altered.to_owned());
            assert_eq!(key.open(&token), Err(CryptoError::Unauthentic), "{altered}");
        };
        for at in 0..text.len() {
            let mut altered = text.as_bytes().to_vec();
            altered[at] = if altered[at] == b'A' { b'B' } else { b'A' };
            check(std::str::from_utf8(&altered).unwrap());
            check(&text[..at]);
        }
        check(&format!("{text}="));
        check(&format!("{text}A"));
    }

    #[test]
    fn a_token_of_another_key_or_job_is_refused() {
        let (other, key, random) = (key(), key(), Random::system());
        let token = key.seal(&name(), &random).unwrap();
        assert_eq!(GrantTokenKey::version_of(&token), Ok(1));
        assert_eq!(other.open(&token), Err(CryptoError::Unauthentic));
        let marker = ServiceKey::generate(Job::Marker, 1, &random).unwrap();
        assert_eq!(
            GrantTokenKey::new(marker).unwrap_err(),
            CryptoError::WrongJob
        );
        let newer = ServiceKey::generate(Job::GrantToken, 2, &random).unwrap();
        let newer = GrantTokenKey::new(newer).unwrap();
        assert_eq!(newer.open(&token), Err(CryptoError::Unauthentic));
    }
}
