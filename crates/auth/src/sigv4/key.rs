//! Signing keys, and where they are remembered.
//!
//! A signing key is good for one access key on one day in one Region for one service. Deriving
//! it costs four HMACs, more than the rest of a check, so derived keys are kept for a while.

use std::{
    fmt,
    hash::{Hash, Hasher},
    ops::Deref,
    sync::Arc,
};

use aws_lc_rs::{constant_time, hmac};
use quick_cache::{Equivalent, sync::Cache};
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

/// Derived signing keys of the access keys that call most.
///
/// Bounded, and divided into shards so that callers do not wait for each other. A remembered
/// key serves only the secret it was derived from: a changed secret cannot be met by an old
/// key, whatever order things happen in. [`SigningKeyCache::forget`] is there so that keys of a
/// removed access key do not stay in memory.
#[derive(Debug)]
pub struct SigningKeyCache {
    keys: Cache<OwnedName, Arc<RememberedKey>>,
}

/// A signing key, and the secret that it was derived from.
pub struct RememberedKey {
    secret: Arc<SecretAccessKey>,
    key: SigningKey,
}

impl Deref for RememberedKey {
    type Target = SigningKey;

    fn deref(&self) -> &SigningKey {
        &self.key
    }
}

impl SigningKeyCache {
    /// A cache for as many keys.
    #[must_use]
    pub fn new(capacity: usize) -> Self {
        Self {
            keys: Cache::new(capacity),
        }
    }

    /// The signing key of an access key in a scope, remembered or derived.
    #[must_use]
    pub fn key(
        &self,
        access_key_id: &str,
        scope: &Scope<'_>,
        secret: &Arc<SecretAccessKey>,
    ) -> Arc<RememberedKey> {
        let name = Name {
            access_key_id,
            scope: *scope,
        };
        if let Some(remembered) = self.keys.get(&name) {
            let same = Arc::ptr_eq(&remembered.secret, secret) || remembered.secret == *secret;
            if same {
                return remembered;
            }
        }
        let remembered = Arc::new(RememberedKey {
            secret: Arc::clone(secret),
            key: SigningKey::derive(secret, scope),
        });
        self.keys.insert(name.to_owned(), Arc::clone(&remembered));
        remembered
    }

    /// Forgets all keys of an access key, which was deactivated or deleted.
    pub fn forget(&self, access_key_id: &str) {
        self.keys
            .retain(|name, _| *name.access_key_id != *access_key_id);
    }

    /// How many keys are remembered.
    #[must_use]
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Whether no key is remembered.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }
}

impl fmt::Debug for RememberedKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RememberedKey")
    }
}

/// The name of a signing key, as a request spells it.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Name<'a> {
    access_key_id: &'a str,
    scope: Scope<'a>,
}

/// The name of a signing key, as the cache keeps it.
#[derive(Debug)]
struct OwnedName {
    access_key_id: Box<str>,
    date: Box<str>,
    region: Box<str>,
    service: Box<str>,
}

impl Name<'_> {
    fn to_owned(self) -> OwnedName {
        OwnedName {
            access_key_id: self.access_key_id.into(),
            date: self.scope.date.into(),
            region: self.scope.region.into(),
            service: self.scope.service.into(),
        }
    }
}

impl OwnedName {
    fn borrowed(&self) -> Name<'_> {
        Name {
            access_key_id: &self.access_key_id,
            scope: Scope {
                date: &self.date,
                region: &self.region,
                service: &self.service,
            },
        }
    }
}

impl PartialEq for OwnedName {
    fn eq(&self, other: &Self) -> bool {
        self.borrowed() == other.borrowed()
    }
}

impl Eq for OwnedName {}

impl Hash for OwnedName {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.borrowed().hash(state);
    }
}

impl Equivalent<OwnedName> for Name<'_> {
    fn equivalent(&self, key: &OwnedName) -> bool {
        *self == key.borrowed()
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

    fn secret(text: &str) -> Arc<SecretAccessKey> {
        Arc::new(SecretAccessKey::new(text.into()))
    }

    #[test]
    fn a_key_is_derived_once_for_each_scope_and_access_key() {
        let cache = SigningKeyCache::new(100);
        let secret = secret("s");
        let first = cache.key("A", &SCOPE, &secret);
        assert!(Arc::ptr_eq(&first, &cache.key("A", &SCOPE, &secret)));
        for (id, scope) in [
            ("B", SCOPE),
            (
                "A",
                Scope {
                    date: "20260103",
                    ..SCOPE
                },
            ),
            (
                "A",
                Scope {
                    region: "eu-west-1",
                    ..SCOPE
                },
            ),
            (
                "A",
                Scope {
                    service: "sts",
                    ..SCOPE
                },
            ),
        ] {
            assert!(!Arc::ptr_eq(&first, &cache.key(id, &scope, &secret)));
        }
        assert_eq!(cache.len(), 5);
    }

    #[test]
    fn a_remembered_key_serves_only_its_own_secret() {
        let cache = SigningKeyCache::new(100);
        let old = cache.key("A", &SCOPE, &secret("old"));
        let new = cache.key("A", &SCOPE, &secret("new"));
        assert!(!Arc::ptr_eq(&old, &new));
        assert!(Arc::ptr_eq(&new, &cache.key("A", &SCOPE, &secret("new"))));
    }

    #[test]
    fn forgetting_concerns_one_access_key_only() {
        let cache = SigningKeyCache::new(100);
        let secret = secret("s");
        let kept = cache.key("B", &SCOPE, &secret);
        let gone = cache.key("A", &SCOPE, &secret);
        cache.forget("A");
        assert!(Arc::ptr_eq(&kept, &cache.key("B", &SCOPE, &secret)));
        assert!(!Arc::ptr_eq(&gone, &cache.key("A", &SCOPE, &secret)));
    }

    #[test]
    fn the_cache_stays_within_its_bounds() {
        let cache = SigningKeyCache::new(16);
        let secret = secret("s");
        for n in 0..200 {
            drop(cache.key(&format!("AKID{n}"), &SCOPE, &secret));
        }
        assert!(cache.len() <= 32, "{}", cache.len());
    }

    #[test]
    fn neither_keys_nor_caches_print_secrets() {
        let cache = SigningKeyCache::new(4);
        let key = cache.key("A", &SCOPE, &secret("hush"));
        assert_eq!(format!("{key:?}"), "RememberedKey");
        assert_eq!(format!("{:?}", **key), "SigningKey");
        assert!(!format!("{cache:?}").contains("hush"));
    }
}
