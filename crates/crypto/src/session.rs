//! Sessions: tokens that carry what is known of a session, and the secrets that go with them.
//!
//! Nothing is stored for a session. Its token is sealed claims, which mean nothing to whoever
//! carries them and cannot be made up; its secret is derived from the access key id. Token and
//! access key id belong together: the one does not open under another of the other.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use strongroom_model::{SecretAccessKey, SessionToken};
use zeroize::Zeroizing;

use crate::{
    CryptoError, Job, Random, ServiceKey, envelope, framing::Framed, kdf, labels,
    memory::LockedBytes,
};

/// Bytes of a session's secret: as many as give the forty characters of AWS's.
const SECRET_BYTES: usize = 30;

/// Seals session tokens.
pub struct SessionSealKey {
    version: u32,
    key: LockedBytes,
}

impl SessionSealKey {
    /// Makes such a key of a service key.
    ///
    /// # Errors
    /// [`CryptoError::WrongJob`] when it is for something else.
    pub fn new(key: ServiceKey) -> Result<Self, CryptoError> {
        Ok(Self {
            version: key.version(),
            key: key.into_key_for(&Job::SessionSeal)?,
        })
    }

    /// The version that a token needs.
    ///
    /// # Errors
    /// [`CryptoError::Unauthentic`] when the text is no token.
    pub fn version_of(token: &str) -> Result<u32, CryptoError> {
        envelope::sealing_version(&decode(token)?).map_err(|_| CryptoError::Unauthentic)
    }

    /// The token of a session, good only together with its access key id: base64url without
    /// padding.
    ///
    /// # Errors
    /// [`CryptoError::RandomUnavailable`].
    pub fn seal(
        &self,
        access_key_id: &str,
        claims: &[u8],
        random: &Random,
    ) -> Result<SessionToken, CryptoError> {
        let sealed = envelope::seal(
            &self.key,
            self.version,
            labels::SESSION_TOKEN,
            &self.aad(access_key_id),
            claims,
            random,
        )?;
        Ok(SessionToken::new(URL_SAFE_NO_PAD.encode(sealed)))
    }

    /// The claims in a token that belongs to the access key id.
    ///
    /// # Errors
    /// [`CryptoError::Unauthentic`], whatever the reason; a token is a foreign text.
    pub fn open(
        &self,
        access_key_id: &str,
        token: &str,
    ) -> Result<Zeroizing<Vec<u8>>, CryptoError> {
        envelope::open(
            &self.key,
            self.version,
            labels::SESSION_TOKEN,
            &self.aad(access_key_id),
            &decode(token)?,
        )
        .map_err(|_| CryptoError::Unauthentic)
    }

    fn aad(&self, access_key_id: &str) -> Vec<u8> {
        Framed::labelled(labels::SESSION_TOKEN)
            .u32(self.version)
            .text(access_key_id)
            .finish()
    }
}

impl std::fmt::Debug for SessionSealKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SessionSealKey({})", self.version)
    }
}

fn decode(token: &str) -> Result<Vec<u8>, CryptoError> {
    URL_SAFE_NO_PAD
        .decode(token)
        .map_err(|_| CryptoError::Unauthentic)
}

/// Derives the secrets of sessions.
pub struct SessionSecretKey {
    version: u32,
    key: LockedBytes,
}

impl SessionSecretKey {
    /// Makes such a key of a service key.
    ///
    /// # Errors
    /// [`CryptoError::WrongJob`] when it is for something else.
    pub fn new(key: ServiceKey) -> Result<Self, CryptoError> {
        Ok(Self {
            version: key.version(),
            key: key.into_key_for(&Job::SessionSecret)?,
        })
    }

    /// Which edition this is.
    #[must_use]
    pub fn version(&self) -> u32 {
        self.version
    }

    /// The secret that goes with an access key id: always the same one, in AWS's forty
    /// characters.
    ///
    /// # Errors
    /// When the library fails.
    pub fn secret_of(&self, access_key_id: &str) -> Result<SecretAccessKey, CryptoError> {
        let mut secret = Zeroizing::new([0u8; SECRET_BYTES]);
        let context = Framed::default().text(access_key_id).finish();
        kdf::derive(
            self.key.bytes(),
            labels::SESSION_SECRET,
            &context,
            secret.as_mut_slice(),
        )?;
        let text = base64::engine::general_purpose::STANDARD.encode(secret.as_slice());
        Ok(SecretAccessKey::new(text))
    }
}

impl std::fmt::Debug for SessionSecretKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SessionSecretKey({})", self.version)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ID: &str = "ASIASESSION000000001";

    fn service_key(job: Job, version: u32) -> ServiceKey {
        ServiceKey::generate(job, version, &Random::system()).unwrap()
    }

    fn key() -> SessionSealKey {
        SessionSealKey::new(service_key(Job::SessionSeal, 1)).unwrap()
    }

    proptest! {
        #[test]
        fn a_token_opens_for_its_own_access_key_and_no_two_are_alike(claims: Vec<u8>) {
            let (key, random) = (key(), Random::system());
            let one = key.seal(ID, &claims, &random).unwrap();
            let other = key.seal(ID, &claims, &random).unwrap();
            prop_assert!(one != other);
            prop_assert_eq!(&*key.open(ID, one.expose()).unwrap(), &claims);
            prop_assert_eq!(
                key.open("ASIASESSION000000002", one.expose()),
                Err(CryptoError::Unauthentic)
            );
            let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
            prop_assert!(one.expose().bytes().all(plain));
        }

        #[test]
        fn any_other_text_is_no_token(text in "[ -~]{0,300}") {
            prop_assert_eq!(key().open(ID, &text), Err(CryptoError::Unauthentic));
        }
    }

    #[test]
    fn an_altered_or_cut_token_is_refused() {
        let key = key();
        let token = key
            .seal(ID, b"claims of a session", &Random::system())
            .unwrap();
        let text = token.expose();
        for at in 0..text.len() {
            let mut altered = text.as_bytes().to_vec();
            altered[at] = if altered[at] == b'A' { b'B' } else { b'A' };
            let altered = String::from_utf8(altered).unwrap();
            assert_eq!(
                key.open(ID, &altered),
                Err(CryptoError::Unauthentic),
                "{at}"
            );
            assert_eq!(
                key.open(ID, &text[..at]),
                Err(CryptoError::Unauthentic),
                "{at}"
            );
        }
        assert!(key.open(ID, &format!("{text}A")).is_err());
    }

    #[test]
    fn a_token_of_another_key_job_or_version_is_refused() {
        let (other, key, random) = (key(), key(), Random::system());
        let token = key.seal(ID, b"claims", &random).unwrap();
        assert_eq!(SessionSealKey::version_of(token.expose()), Ok(1));
        assert!(SessionSealKey::version_of("AAAA").is_err());
        assert!(other.open(ID, token.expose()).is_err());
        let newer = SessionSealKey::new(service_key(Job::SessionSeal, 2)).unwrap();
        assert!(newer.open(ID, token.expose()).is_err());
        for job in [Job::SessionSecret, Job::Marker] {
            let wrong = SessionSealKey::new(service_key(job, 1));
            assert_eq!(wrong.unwrap_err(), CryptoError::WrongJob);
        }
        let wrong = SessionSecretKey::new(service_key(Job::SessionSeal, 1));
        assert_eq!(wrong.unwrap_err(), CryptoError::WrongJob);
    }

    /// What `tests/session.py` wrote, a second implementation of `docs/formats.md`.
    #[test]
    fn tokens_and_secrets_are_those_of_the_published_format() {
        let text = include_str!("../tests/vectors/session-v1.json");
        let vector: serde_json::Value = serde_json::from_str(text).unwrap();
        let text = |name: &str| vector[name].as_str().unwrap();
        let number = |name: &str| u32::try_from(vector[name].as_u64().unwrap()).unwrap();
        let bytes = |name: &str| {
            let mut bytes = vec![0; text(name).len() / 2];
            assert!(crate::framing::read_hex(text(name), &mut bytes));
            bytes
        };
        let id = text("access_key_id");
        let seal = SessionSealKey {
            version: number("session_seal_version"),
            key: LockedBytes::copy_of(&bytes("session_seal_key")),
        };
        let claims = seal.open(id, text("token")).unwrap();
        assert_eq!(*claims, bytes("claims"));
        let secret = SessionSecretKey {
            version: number("session_secret_version"),
            key: LockedBytes::copy_of(&bytes("session_secret_key")),
        };
        let secret = secret.secret_of(id).unwrap();
        assert_eq!(secret.expose(), text("secret_access_key"));
    }

    #[test]
    fn a_secret_follows_from_its_access_key_id_and_looks_like_one_of_aws() {
        let key = SessionSecretKey::new(service_key(Job::SessionSecret, 1)).unwrap();
        let secret = key.secret_of(ID).unwrap();
        assert_eq!(secret.len(), 40);
        assert_eq!(secret, key.secret_of(ID).unwrap());
        assert_ne!(secret, key.secret_of("ASIASESSION000000002").unwrap());
        let other = SessionSecretKey::new(service_key(Job::SessionSecret, 1)).unwrap();
        assert_ne!(secret, other.secret_of(ID).unwrap());
        assert_eq!(
            format!("{key:?} {secret:?}"),
            "SessionSecretKey(1) SecretAccessKey"
        );
    }
}
