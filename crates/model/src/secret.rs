//! Secrets as types.
//!
//! Each of these wipes its bytes when dropped, prints only its name, compares in constant time
//! and can be neither copied nor serialised by accident. The one way to the bytes is `expose`,
//! whose callers are listed in `SECURITY.md`.

use std::fmt;

use zeroize::Zeroizing;

/// Compares without revealing, through time, where two texts of one length differ.
fn equal_in_constant_time(a: &[u8], b: &[u8]) -> bool {
    if a.len() != b.len() {
        return false;
    }
    let difference = a.iter().zip(b).fold(0u8, |sum, (x, y)| sum | (x ^ y));
    std::hint::black_box(difference) == 0
}

macro_rules! secret_bytes {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        pub struct $name(Zeroizing<Vec<u8>>);

        impl $name {
            /// Takes ownership of the bytes, which are wiped when this value is dropped.
            #[must_use]
            pub fn new(bytes: Vec<u8>) -> Self {
                Self(Zeroizing::new(bytes))
            }

            /// Lends the secret bytes. Every caller is listed in `SECURITY.md`.
            #[must_use]
            pub fn expose(&self) -> &[u8] {
                &self.0
            }

            /// The number of bytes, which is not secret.
            #[must_use]
            pub fn len(&self) -> usize {
                self.0.len()
            }

            /// Whether there are no bytes.
            #[must_use]
            pub fn is_empty(&self) -> bool {
                self.0.is_empty()
            }
        }

        secret_traits!($name);
    };
}

macro_rules! secret_text {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        pub struct $name(Zeroizing<String>);

        impl $name {
            /// Takes ownership of the text, which is wiped when this value is dropped.
            #[must_use]
            pub fn new(text: String) -> Self {
                Self(Zeroizing::new(text))
            }

            /// Lends the secret text. Every caller is listed in `SECURITY.md`.
            #[must_use]
            pub fn expose(&self) -> &str {
                &self.0
            }

            /// The number of bytes, which is not secret.
            #[must_use]
            pub fn len(&self) -> usize {
                self.0.len()
            }

            /// Whether the text is empty.
            #[must_use]
            pub fn is_empty(&self) -> bool {
                self.0.is_empty()
            }
        }

        secret_traits!($name);
    };
}

macro_rules! secret_traits {
    ($name:ident) => {
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(stringify!($name))
            }
        }

        impl PartialEq for $name {
            fn eq(&self, other: &Self) -> bool {
                equal_in_constant_time(self.expose().as_ref(), other.expose().as_ref())
            }
        }

        impl Eq for $name {}
    };
}

secret_bytes! {
    /// What a caller hands in to be encrypted, or gets back decrypted; also a data key or
    /// random bytes on their way to the caller.
    Plaintext
}

secret_text! {
    /// The secret half of an access key.
    SecretAccessKey
}

secret_text! {
    /// The text that goes with the access key of a session and says what the session is.
    SessionToken
}

secret_text! {
    /// The text that CreateGrant returns and that stands for its grant.
    GrantToken
}

secret_text! {
    /// The password of the crypto user in a custom key store.
    KeyStorePassword
}

secret_text! {
    /// Any other sensitive text of the service model, and the credentials of an external key
    /// store proxy.
    SecretText
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_prints_only_its_name() {
        assert_eq!(
            format!("{:?}", Plaintext::new(b"hush".to_vec())),
            "Plaintext"
        );
        assert_eq!(
            format!("{:?}", Some(SecretText::new("hush".into()))),
            "Some(SecretText)"
        );
    }

    #[test]
    fn secrets_compare_by_content() {
        assert_eq!(Plaintext::new(vec![1, 2]), Plaintext::new(vec![1, 2]));
        assert_ne!(Plaintext::new(vec![1, 2]), Plaintext::new(vec![1, 3]));
        assert_ne!(Plaintext::new(vec![1, 2]), Plaintext::new(vec![1]));
    }
}
