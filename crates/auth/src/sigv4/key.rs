//! Signing keys, and where they are remembered.
//!
//! A signing key is good for one access key on one day in one Region for one service. Deriving
//! it costs four HMACs, more than the rest of a check, so derived keys are kept for a while.

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use aws_lc_rs::{constant_time, hmac};
use strongroom_model::SecretAccessKey;
use zeroize::Zeroizing;

use super::scope::{Scope, TERMINATOR};

/// The key that signs requests within one scope. The library wipes it when it is dropped.
pub struct SigningKey(hmac::Key);

impl SigningKey {
    /// Derives the key for a scope from an access key's secret.
    #[must_use]
    pub fn derive(secret: &SecretAccessKey, scope: &Scope<'_>) -> Self {
        let mut first = Zeroizing::new(Vec::with_capacity(4 + secret.len()));
        first.extend_from_slice(b"AWS4");
        first.extend_from_slice(secret.expose().as_bytes());
        let mut key = hmac::Key::new(hmac::HMAC_SHA256, &first);
        for part in [scope.date, scope.region, scope.service, TERMINATOR] {
            let mut next = Zeroizing::new([0u8; 32]);
            // The buffer is as long as the tag, the one thing that could be wrong with it. Were
            // it to fail all the same, the key would be one that no client signs with.
            if hmac::sign_to_buffer(&key, part.as_bytes(), next.as_mut_slice()).is_err() {
                return Self::of_nobody();
            }
            key = hmac::Key::new(hmac::HMAC_SHA256, next.as_slice());
        }
        Self(key)
    }

    /// A key that has no owner, for doing the work of a check whose outcome is already known.
    pub(super) fn of_nobody() -> Self {
        let mut random = Zeroizing::new([0u8; 32]);
        // Without randomness the key is all zeros; nothing that it signs is ever accepted.
        let _ = aws_lc_rs::rand::fill(random.as_mut_slice());
        Self(hmac::Key::new(hmac::HMAC_SHA256, random.as_slice()))
    }

    /// The signature of the text, in lower-case hex.
    pub(super) fn sign(&self, text: &[u8]) -> [u8; 64] {
        super::canonical::hex(hmac::sign(&self.0, text).as_ref())
    }

    /// Whether `signature`, in lower-case hex, is this key's for the text.
    pub(super) fn signed(&self, text: &[u8], signature: &[u8]) -> bool {
        constant_time::verify_slices_are_equal(&self.sign(text), signature).is_ok()
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningKey")
    }
}

/// The secret of an access key, and the last few signing keys that were derived from it.
///
/// They are remembered with the secret and nowhere else, so none can serve another secret, and
/// none outlives its own.
pub struct SigningSecret {
    secret: SecretAccessKey,
    derived: Mutex<Vec<(OwnedScope, Arc<SigningKey>)>>,
}

/// How many signing keys are remembered with a secret: for two Regions and two services around
/// midnight, and nearly always one.
const REMEMBERED: usize = 8;

impl SigningSecret {
    /// A secret from which nothing was derived yet.
    #[must_use]
    pub fn new(secret: SecretAccessKey) -> Self {
        Self {
            secret,
            derived: Mutex::default(),
        }
    }

    /// The same secret, which nobody else has a reference to.
    #[must_use]
    pub fn copy(&self) -> Self {
        Self::new(SecretAccessKey::new(self.secret.expose().to_owned()))
    }

    /// The secret itself.
    #[must_use]
    pub fn secret(&self) -> &SecretAccessKey {
        &self.secret
    }

    /// The signing key for a scope, remembered or derived.
    #[must_use]
    pub fn key(&self, scope: &Scope<'_>) -> Arc<SigningKey> {
        // What is remembered is whole whatever a holder of the lock was doing.
        let mut derived = self.derived.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, key)) = derived.iter().find(|(of, _)| of.is(scope)) {
            return Arc::clone(key);
        }
        let key = Arc::new(SigningKey::derive(&self.secret, scope));
        if derived.len() == REMEMBERED {
            derived.remove(0);
        }
        derived.push((OwnedScope::of(scope), Arc::clone(&key)));
        key
    }
}

impl fmt::Debug for SigningSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningSecret")
    }
}

/// What a remembered key is for.
struct OwnedScope {
    date: Box<str>,
    region: Box<str>,
    service: Box<str>,
}

impl OwnedScope {
    fn of(scope: &Scope<'_>) -> Self {
        Self {
            date: scope.date.into(),
            region: scope.region.into(),
            service: scope.service.into(),
        }
    }

    fn is(&self, scope: &Scope<'_>) -> bool {
        *self.date == *scope.date
            && *self.region == *scope.region
            && *self.service == *scope.service
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCOPE: Scope<'static> = Scope {
        date: "20260102",
        region: "eu-central-1",
        service: "kms",
    };

    fn secret(text: &str) -> SigningSecret {
        SigningSecret::new(SecretAccessKey::new(text.into()))
    }

    #[test]
    fn a_key_is_derived_once_for_each_scope() {
        let secret = secret("s");
        let first = secret.key(&SCOPE);
        let date = "20260103";
        let region = "eu-west-1";
        let service = "sts";
        for scope in [
            Scope { date, ..SCOPE },
            Scope { region, ..SCOPE },
            Scope { service, ..SCOPE },
        ] {
            let other = secret.key(&scope);
            assert!(!Arc::ptr_eq(&first, &other));
            assert_ne!(first.sign(b"t"), other.sign(b"t"));
            assert!(Arc::ptr_eq(&other, &secret.key(&scope)));
        }
        assert!(Arc::ptr_eq(&first, &secret.key(&SCOPE)));
    }

    #[test]
    fn only_the_last_few_keys_are_remembered() {
        let secret = secret("s");
        let first = secret.key(&SCOPE);
        for day in 10..10 + REMEMBERED {
            let date = format!("202602{day}");
            drop(secret.key(&Scope {
                date: &date,
                ..SCOPE
            }));
        }
        let again = secret.key(&SCOPE);
        assert!(!Arc::ptr_eq(&first, &again));
        assert_eq!(first.sign(b"t"), again.sign(b"t"));
        assert_eq!(secret.derived.lock().unwrap().len(), REMEMBERED);
    }

    #[test]
    fn neither_keys_nor_secrets_are_printed() {
        let secret = secret("hush");
        let key = secret.key(&SCOPE);
        assert_eq!(format!("{key:?}"), "SigningKey");
        assert_eq!(format!("{secret:?}"), "SigningSecret");
    }
}
