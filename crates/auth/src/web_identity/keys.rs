//! The keys by which an OpenID Connect provider signs, and whether it signed a token.

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, ED25519, RSA_PKCS1_2048_8192_SHA256,
    RSA_PKCS1_2048_8192_SHA384, RSA_PKCS1_2048_8192_SHA512, RSA_PSS_2048_8192_SHA256,
    RSA_PSS_2048_8192_SHA384, RSA_PSS_2048_8192_SHA512, RsaParameters, RsaPublicKeyComponents,
    UnparsedPublicKey, VerificationAlgorithm,
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::Deserialize;

use super::token::WebIdentityToken;

/// Keys of one set at most; the rest is not looked at. Ours: AWS takes 100 of each kind.
const KEYS: usize = 200;

/// How a token may be signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Algorithm {
    Rs256,
    Rs384,
    Rs512,
    Ps256,
    Ps384,
    Ps512,
    Es256,
    Es384,
    EdDsa,
}

impl Algorithm {
    const ALL: [Self; 9] = [
        Self::Rs256,
        Self::Rs384,
        Self::Rs512,
        Self::Ps256,
        Self::Ps384,
        Self::Ps512,
        Self::Es256,
        Self::Es384,
        Self::EdDsa,
    ];

    pub(super) fn parse(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|algorithm| algorithm.name() == name)
    }

    fn name(self) -> &'static str {
        match self {
            Self::Rs256 => "RS256",
            Self::Rs384 => "RS384",
            Self::Rs512 => "RS512",
            Self::Ps256 => "PS256",
            Self::Ps384 => "PS384",
            Self::Ps512 => "PS512",
            Self::Es256 => "ES256",
            Self::Es384 => "ES384",
            Self::EdDsa => "EdDSA",
        }
    }
}

/// The public keys of a provider that can sign tokens.
pub struct KeySet(Vec<Key>);

impl std::fmt::Debug for KeySet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "KeySet({} keys)", self.0.len())
    }
}

struct Key {
    id: Option<Box<str>>,
    /// What the key says it is for; a key that says nothing is for all that fit it.
    algorithm: Option<Algorithm>,
    public: PublicKey,
}

enum PublicKey {
    Rsa { n: Vec<u8>, e: Vec<u8> },
    P256(Vec<u8>),
    P384(Vec<u8>),
    Ed25519(Vec<u8>),
}

/// A text is no JWK set, or holds no key that could sign a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("it is no JWK set with a public key of RSA, P-256, P-384 or Ed25519")]
pub struct KeySetError;

/// Why a token is not known to be its issuer's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotVerified {
    /// Its algorithm is symmetric, `none`, or unknown.
    #[error("the algorithm is not one of RS, PS, ES and EdDSA")]
    Algorithm,
    /// The set has no key by which it could have been signed. A newer set may have it.
    #[error("there is no key for it in the set")]
    UnknownKey,
    /// The signature is another one.
    #[error("the signature is not that of the key")]
    Signature,
}

#[derive(Deserialize)]
struct RawSet {
    keys: Vec<serde_json::Value>,
}

#[derive(Deserialize)]
struct RawKey {
    kty: String,
    kid: Option<Box<str>>,
    #[serde(rename = "use")]
    used_for: Option<String>,
    key_ops: Option<Vec<String>>,
    alg: Option<String>,
    crv: Option<String>,
    n: Option<String>,
    e: Option<String>,
    x: Option<String>,
    y: Option<String>,
}

impl KeySet {
    /// Reads a JWK set. Keys that are for something else, or that are not understood, are left
    /// out, as RFC 7517, section 5 asks; a set of which nothing is left is refused.
    ///
    /// # Errors
    /// [`KeySetError`].
    pub fn parse(json: &[u8]) -> Result<Self, KeySetError> {
        let set: RawSet = serde_json::from_slice(json).map_err(|_| KeySetError)?;
        let keys: Vec<Key> = set
            .keys
            .into_iter()
            .take(KEYS)
            .filter_map(|key| Key::read(serde_json::from_value(key).ok()?))
            .collect();
        if keys.is_empty() {
            return Err(KeySetError);
        }
        Ok(Self(keys))
    }

    /// Whether one of the keys signed the token: the one that it names, or any that fits if it
    /// names none.
    ///
    /// # Errors
    /// With what is wrong.
    pub fn verify(&self, token: &WebIdentityToken<'_>) -> Result<(), NotVerified> {
        let algorithm = token.algorithm.ok_or(NotVerified::Algorithm)?;
        let mut fitting = self
            .0
            .iter()
            .filter(|key| token.key_id.is_none() || key.id == token.key_id)
            .filter(|key| key.fits(algorithm))
            .peekable();
        if fitting.peek().is_none() {
            return Err(NotVerified::UnknownKey);
        }
        let message = token.signed.as_bytes();
        if fitting.any(|key| key.public.signed(algorithm, message, &token.signature)) {
            Ok(())
        } else {
            Err(NotVerified::Signature)
        }
    }
}

impl Key {
    fn read(raw: RawKey) -> Option<Self> {
        if raw.used_for.is_some_and(|used_for| used_for != "sig") {
            return None;
        }
        if raw
            .key_ops
            .is_some_and(|ops| ops.iter().all(|op| op != "verify"))
        {
            return None;
        }
        let algorithm = match raw.alg {
            None => None,
            Some(name) => Some(Algorithm::parse(&name)?),
        };
        let bytes = |text: Option<String>| URL_SAFE_NO_PAD.decode(text?).ok();
        let public = match (raw.kty.as_str(), raw.crv.as_deref()) {
            ("RSA", _) => PublicKey::Rsa {
                n: without_leading_zeros(bytes(raw.n)?),
                e: without_leading_zeros(bytes(raw.e)?),
            },
            ("EC", Some("P-256")) => PublicKey::P256(point(bytes(raw.x)?, bytes(raw.y)?, 32)?),
            ("EC", Some("P-384")) => PublicKey::P384(point(bytes(raw.x)?, bytes(raw.y)?, 48)?),
            ("OKP", Some("Ed25519")) => PublicKey::Ed25519(bytes(raw.x).filter(|x| x.len() == 32)?),
            _ => return None,
        };
        Some(Self {
            id: raw.kid,
            algorithm,
            public,
        })
    }

    fn fits(&self, wanted: Algorithm) -> bool {
        use Algorithm as A;
        let kind = match wanted {
            A::Rs256 | A::Rs384 | A::Rs512 | A::Ps256 | A::Ps384 | A::Ps512 => {
                matches!(self.public, PublicKey::Rsa { .. })
            }
            A::Es256 => matches!(self.public, PublicKey::P256(_)),
            A::Es384 => matches!(self.public, PublicKey::P384(_)),
            A::EdDsa => matches!(self.public, PublicKey::Ed25519(_)),
        };
        kind && self.algorithm.is_none_or(|own| own == wanted)
    }
}

impl PublicKey {
    fn signed(&self, algorithm: Algorithm, message: &[u8], signature: &[u8]) -> bool {
        let by = |algorithm: &'static dyn VerificationAlgorithm, key: &[u8]| {
            UnparsedPublicKey::new(algorithm, key).verify(message, signature)
        };
        let verified = match self {
            Self::Rsa { n, e } => match rsa(algorithm) {
                Some(parameters) => {
                    RsaPublicKeyComponents { n, e }.verify(parameters, message, signature)
                }
                None => return false,
            },
            Self::P256(point) => by(&ECDSA_P256_SHA256_FIXED, point),
            Self::P384(point) => by(&ECDSA_P384_SHA384_FIXED, point),
            Self::Ed25519(key) => by(&ED25519, key),
        };
        verified.is_ok()
    }
}

/// How RSA signs; keys below 2048 bits are refused by the library.
fn rsa(algorithm: Algorithm) -> Option<&'static RsaParameters> {
    match algorithm {
        Algorithm::Rs256 => Some(&RSA_PKCS1_2048_8192_SHA256),
        Algorithm::Rs384 => Some(&RSA_PKCS1_2048_8192_SHA384),
        Algorithm::Rs512 => Some(&RSA_PKCS1_2048_8192_SHA512),
        Algorithm::Ps256 => Some(&RSA_PSS_2048_8192_SHA256),
        Algorithm::Ps384 => Some(&RSA_PSS_2048_8192_SHA384),
        Algorithm::Ps512 => Some(&RSA_PSS_2048_8192_SHA512),
        Algorithm::Es256 | Algorithm::Es384 | Algorithm::EdDsa => None,
    }
}

/// An uncompressed point. Both coordinates have the length of the field (RFC 7518, section
/// 6.2.1.2); whether it lies on the curve is the library's to say.
fn point(x: Vec<u8>, y: Vec<u8>, length: usize) -> Option<Vec<u8>> {
    (x.len() == length && y.len() == length).then(|| [vec![4], x, y].concat())
}

fn without_leading_zeros(number: Vec<u8>) -> Vec<u8> {
    number.into_iter().skip_while(|byte| *byte == 0).collect()
}
