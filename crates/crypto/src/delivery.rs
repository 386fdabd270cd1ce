//! Authenticates what is delivered to a webhook.

use strongroom_model::SecretText;

use crate::{framing::hex, kdf, memory::LockedBytes};

/// The secret that a webhook shares with this server.
pub struct DeliveryKey(LockedBytes);

impl DeliveryKey {
    /// Takes the secret over, as it is: its bytes are the HMAC key.
    #[must_use]
    pub fn new(secret: &SecretText) -> Self {
        Self(LockedBytes::copy_of(secret.expose().as_bytes()))
    }

    /// HMAC-SHA-256 over the time, a full stop and the body, in hexadecimal.
    #[must_use]
    pub fn sign(&self, time: &str, body: &[u8]) -> String {
        hex(&kdf::hmac(self.0.bytes(), &[time.as_bytes(), b".", body]))
    }
}

impl std::fmt::Debug for DeliveryKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("DeliveryKey")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The key and the text of RFC 4231, test case 2, with a time in front; computed with Python.
    #[test]
    fn the_signature_is_the_hmac_of_time_and_body() {
        let key = DeliveryKey::new(&SecretText::new("Jefe".to_owned()));
        assert_eq!(key.sign("1", b"what do ya want for nothing?"), EXPECTED);
        assert_ne!(key.sign("2", b"what do ya want for nothing?"), EXPECTED);
    }

    const EXPECTED: &str = "a9049465ce89cfb8e9aac62333abda66f80e3403f51f57f6bae3c3a4485eca38";
}
