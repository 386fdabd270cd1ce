//! The keys of identity providers: given with the provider, or fetched and kept for a while.
//!
//! Whose token is to be checked is said by strangers, so what a stranger can cause is bounded: a
//! key set is fetched once an hour, and ahead of time at most every half minute, when a token
//! names a key that the set does not have.

use std::{
    fmt,
    sync::Arc,
    time::{Duration, Instant},
};

use quick_cache::sync::Cache;
use serde::Deserialize;
use strongroom_auth::web_identity::{KeySet, NotVerified, WebIdentityToken};
use strongroom_store::BoxFuture;

use super::StsError;
use crate::identities::{Provider, ProviderKeys};

/// Providers whose keys are kept, at most.
const PROVIDERS: usize = 1024;
/// How long keys are kept before they are fetched again.
const FRESH: Duration = Duration::from_secs(3600);
/// How long keys are kept while they cannot be fetched again.
const STALE: Duration = Duration::from_secs(24 * 3600);
/// How long one waits at least between two attempts to fetch keys.
const PAUSE: Duration = Duration::from_secs(30);

/// Who fetches documents of identity providers.
pub trait KeySetSource: Send + Sync {
    /// The document at an address, which begins with `https://`.
    ///
    /// The whole of it has to come within some seconds and be of bounded size, over TLS with the
    /// certificate checked and without following redirections.
    fn fetch<'a>(&'a self, url: &'a str) -> BoxFuture<'a, Result<Vec<u8>, FetchError>>;
}

/// A document cannot be fetched. The cause is for the log.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{0}")]
pub struct FetchError(pub String);

/// There is nobody to ask.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoKeySets;

impl KeySetSource for NoKeySets {
    fn fetch<'a>(&'a self, _: &'a str) -> BoxFuture<'a, Result<Vec<u8>, FetchError>> {
        Box::pin(async {
            Err(FetchError(
                "identity providers cannot be reached here".into(),
            ))
        })
    }
}

/// The keys that were fetched lately, by the ARN of their provider.
pub(crate) struct KeySets(Cache<String, Arc<tokio::sync::Mutex<Kept>>>);

/// What is known of a provider's keys. Whoever holds the lock fetches, for all who wait.
#[derive(Default)]
struct Kept {
    /// Where they are from; another place is another set.
    place: Option<ProviderKeys>,
    keys: Option<(Instant, Arc<KeySet>)>,
    tried: Option<Instant>,
}

impl fmt::Debug for KeySets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeySets({})", self.0.len())
    }
}

impl KeySets {
    pub(crate) fn new() -> Self {
        Self(Cache::new(PROVIDERS))
    }

    /// Whether a provider wrote a token.
    ///
    /// # Errors
    /// `InvalidIdentityToken`, or `IDPCommunicationError` when its keys cannot be had.
    pub(super) async fn verify(
        &self,
        source: &dyn KeySetSource,
        provider: &Provider,
        token: &WebIdentityToken<'_>,
    ) -> Result<(), StsError> {
        if let ProviderKeys::Given(text) = &provider.keys {
            let keys = KeySet::parse(text.as_bytes())
                .map_err(|error| unavailable(&format_args!("the keys given: {error}")))?;
            return keys.verify(token).map_err(refused);
        }
        let slot = match self.0.get(&provider.arn()) {
            Some(slot) => slot,
            None => {
                let slot = Arc::new(tokio::sync::Mutex::default());
                self.0.insert(provider.arn(), Arc::clone(&slot));
                slot
            }
        };
        let mut kept = slot.lock().await;
        if kept.place.as_ref() != Some(&provider.keys) {
            *kept = Kept {
                place: Some(provider.keys.clone()),
                ..Kept::default()
            };
        }
        let keys = kept.keys(source, provider, FRESH).await?;
        match keys.verify(token) {
            // It may have new keys.
            Err(NotVerified::UnknownKey) => {
                let keys = kept.keys(source, provider, PAUSE).await?;
                keys.verify(token).map_err(refused)
            }
            verified => verified.map_err(refused),
        }
    }
}

impl Kept {
    /// The keys, not older than that unless they cannot be fetched.
    async fn keys(
        &mut self,
        source: &dyn KeySetSource,
        provider: &Provider,
        no_older_than: Duration,
    ) -> Result<Arc<KeySet>, StsError> {
        if let Some((fetched, keys)) = &self.keys
            && fetched.elapsed() < no_older_than
        {
            return Ok(Arc::clone(keys));
        }
        let paused = self.tried.is_some_and(|tried| tried.elapsed() < PAUSE);
        let fetched = if paused {
            Err(FetchError("it was tried a moment ago".to_owned()))
        } else {
            self.tried = Some(Instant::now());
            fetch(source, provider).await
        };
        match (fetched, &self.keys) {
            (Ok(keys), _) => {
                let keys = Arc::new(keys);
                self.keys = Some((Instant::now(), Arc::clone(&keys)));
                Ok(keys)
            }
            (Err(error), Some((fetched, keys))) if fetched.elapsed() < STALE => {
                if !paused {
                    let provider = provider.arn();
                    tracing::warn!(provider, cause = %error, "its keys are kept a while longer");
                }
                Ok(Arc::clone(keys))
            }
            (Err(error), _) => Err(unavailable(&error)),
        }
    }
}

/// The part of a provider's configuration that leads to its keys. OpenID Connect Discovery 1.0,
/// section 3.
#[derive(Deserialize)]
struct Configuration {
    issuer: String,
    jwks_uri: String,
}

async fn fetch(source: &dyn KeySetSource, provider: &Provider) -> Result<KeySet, FetchError> {
    let url = match &provider.keys {
        ProviderKeys::At(url) => url.clone(),
        ProviderKeys::Given(_) | ProviderKeys::Discovered => {
            let issuer = ["https://", &provider.url].concat();
            let place = [
                issuer.trim_end_matches('/'),
                "/.well-known/openid-configuration",
            ];
            let document = source.fetch(&place.concat()).await?;
            let found: Configuration = serde_json::from_slice(&document)
                .map_err(|error| FetchError(format!("its configuration: {error}")))?;
            if found.issuer != issuer {
                let other = found.issuer.escape_debug();
                return Err(FetchError(format!("its configuration is that of {other}")));
            }
            found.jwks_uri
        }
    };
    if !url.starts_with("https://") {
        return Err(FetchError("its keys are not at an address of HTTPS".into()));
    }
    let document = source.fetch(&url).await?;
    KeySet::parse(&document).map_err(|error| FetchError(format!("at {url}: {error}")))
}

fn unavailable(cause: &dyn fmt::Display) -> StsError {
    StsError::new(
        "IDPCommunicationError",
        400,
        "The identity provider could not be reached to verify the incoming identity token.",
    )
    .because(cause)
}

fn refused(cause: NotVerified) -> StsError {
    let message = match cause {
        NotVerified::Algorithm | NotVerified::Signature => "Token signature invalid",
        // AWS writes two spaces there.
        NotVerified::UnknownKey => {
            "Couldn't retrieve verification key from your identity provider,  please reference \
             AssumeRoleWithWebIdentity documentation for requirements"
        }
    };
    StsError::invalid_identity_token(message).because(cause)
}

#[cfg(test)]
mod tests {
    use std::sync::{Mutex, atomic::AtomicBool, atomic::Ordering};

    use strongroom_model::AccountId;

    use super::*;

    const CONFIGURATION: &str = "https://issuer.example/.well-known/openid-configuration";

    /// A provider that can be out of reach, and whose documents can change.
    struct Site {
        asked: Mutex<Vec<String>>,
        keys: Mutex<String>,
        issuer: &'static str,
        down: AtomicBool,
    }

    impl Site {
        fn with(keys: String) -> Self {
            Self {
                asked: Mutex::default(),
                keys: Mutex::new(keys),
                issuer: "https://issuer.example",
                down: AtomicBool::new(false),
            }
        }

        fn asked(&self) -> Vec<String> {
            std::mem::take(&mut *self.asked.lock().unwrap())
        }
    }

    impl KeySetSource for Site {
        fn fetch<'a>(&'a self, url: &'a str) -> BoxFuture<'a, Result<Vec<u8>, FetchError>> {
            self.asked.lock().unwrap().push(url.to_owned());
            let document = match url {
                CONFIGURATION => {
                    let issuer = self.issuer;
                    format!(r#"{{"issuer":"{issuer}","jwks_uri":"https://keys.example/k"}}"#)
                }
                _ => self.keys.lock().unwrap().clone(),
            };
            let down = self.down.load(Ordering::SeqCst);
            Box::pin(async move {
                if down {
                    return Err(FetchError("it is down".to_owned()));
                }
                Ok(document.into_bytes())
            })
        }
    }

    fn vectors() -> serde_json::Value {
        let text = include_str!("../../../auth/tests/vectors/web-identity-v1.json");
        serde_json::from_str(text).unwrap()
    }

    fn provider(keys: ProviderKeys) -> Provider {
        Provider {
            account: AccountId::parse("111122223333").unwrap(),
            url: "issuer.example".to_owned(),
            client_ids: Vec::new(),
            keys,
        }
    }

    async fn verify(
        sets: &KeySets,
        site: &Site,
        keys: ProviderKeys,
        token: &str,
    ) -> Result<(), String> {
        let token = WebIdentityToken::parse(token).unwrap();
        let verified = sets.verify(site, &provider(keys), &token).await;
        verified.map_err(|error| error.code().to_owned())
    }

    #[tokio::test]
    async fn keys_are_where_the_provider_is_declared_to_have_them() {
        let vectors = vectors();
        let (keys, token) = (vectors["keys"].to_string(), &vectors["tokens"]["ES256"]);
        let token = token.as_str().unwrap();
        for (place, asked) in [
            (ProviderKeys::Given(keys.clone()), &[][..]),
            (
                ProviderKeys::At("https://there.example/k".to_owned()),
                &["https://there.example/k"],
            ),
            (
                ProviderKeys::Discovered,
                &[CONFIGURATION, "https://keys.example/k"],
            ),
        ] {
            let (sets, site) = (KeySets::new(), Site::with(keys.clone()));
            for _ in 0..3 {
                assert_eq!(verify(&sets, &site, place.clone(), token).await, Ok(()));
            }
            assert_eq!(site.asked(), asked, "they are kept");
        }
    }

    #[tokio::test]
    async fn another_place_is_another_set() {
        let vectors = vectors();
        let token = vectors["tokens"]["ES256"].as_str().unwrap();
        let (sets, site) = (KeySets::new(), Site::with(vectors["keys"].to_string()));
        for place in ["https://a.example/", "https://b.example/"] {
            let at = ProviderKeys::At(place.to_owned());
            assert_eq!(verify(&sets, &site, at, token).await, Ok(()));
        }
        assert_eq!(site.asked().len(), 2);
    }

    #[tokio::test]
    async fn strangers_cannot_have_keys_fetched_at_will() {
        let vectors = vectors();
        let token = vectors["unknown_key_id"].as_str().unwrap();
        let (sets, site) = (KeySets::new(), Site::with(vectors["keys"].to_string()));
        let place = ProviderKeys::At("https://there.example/k".to_owned());
        for _ in 0..5 {
            let refused = verify(&sets, &site, place.clone(), token).await;
            assert_eq!(refused, Err("InvalidIdentityToken".to_owned()));
        }
        assert_eq!(site.asked().len(), 1);

        let (sets, site) = (KeySets::new(), Site::with(String::new()));
        site.down.store(true, Ordering::SeqCst);
        for _ in 0..5 {
            let refused = verify(&sets, &site, place.clone(), token).await;
            assert_eq!(refused, Err("IDPCommunicationError".to_owned()));
        }
        assert_eq!(site.asked().len(), 1);
    }

    #[tokio::test]
    async fn old_keys_are_kept_while_new_ones_cannot_be_had() {
        let vectors = vectors();
        let source = Site::with(vectors["keys"].to_string());
        let provider = provider(ProviderKeys::At("https://there.example/k".to_owned()));
        let mut kept = Kept::default();
        kept.keys(&source, &provider, FRESH).await.unwrap();
        source.down.store(true, Ordering::SeqCst);
        kept.tried = None;
        assert!(kept.keys(&source, &provider, Duration::ZERO).await.is_ok());
        assert_eq!(source.asked().len(), 2);
    }

    #[tokio::test]
    async fn the_configuration_of_another_issuer_is_none() {
        let vectors = vectors();
        let token = vectors["tokens"]["ES256"].as_str().unwrap();
        let mut site = Site::with(vectors["keys"].to_string());
        site.issuer = "https://other.example";
        let refused = verify(&KeySets::new(), &site, ProviderKeys::Discovered, token).await;
        assert_eq!(refused, Err("IDPCommunicationError".to_owned()));
    }
}
