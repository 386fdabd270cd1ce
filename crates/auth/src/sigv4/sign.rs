//! Signing: what this house sends to others that check Signature Version 4.
//!
//! The one such other is an external key store proxy. The canonical request is the very one that
//! verification hashes.

use aws_lc_rs::digest;
use strongroom_model::{SecretAccessKey, Timestamp};

use super::{
    Scope, SignedParts, SigningKey,
    canonical::{Sha256, hex, put_canonical_request},
    scope::TERMINATOR,
    time::BasicTime,
    verify::ALGORITHM,
};

/// Headers that are signed, beside those of the request that the signature needs.
const SIGNED_HEADERS: &str = "host;x-amz-date";

/// Who signs, and for what.
#[derive(Clone, Copy, Debug)]
pub struct Signer<'a> {
    /// The access key.
    pub access_key_id: &'a str,
    /// Its secret.
    pub secret: &'a SecretAccessKey,
    /// The Region in the scope.
    pub region: &'a str,
    /// The service in the scope.
    pub service: &'a str,
}

/// The two headers that make a request a signed one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signature {
    /// `X-Amz-Date`.
    pub date: String,
    /// `Authorization`.
    pub authorization: String,
}

impl Signer<'_> {
    /// Signs a request to `host`, whose headers `Host` and `X-Amz-Date` are covered with its
    /// method, path and body. It has no query.
    ///
    /// Returns nothing when the time is none that the format can tell, or the path does not
    /// begin at the root.
    #[must_use]
    pub fn sign(
        &self,
        method: &str,
        host: &str,
        path: &str,
        body: &[u8],
        at: Timestamp,
    ) -> Option<Signature> {
        let time = BasicTime::from_timestamp(at)?;
        let headers = [
            ("host", host.as_bytes()),
            ("x-amz-date", time.as_bytes().as_slice()),
        ];
        let parts = SignedParts {
            method,
            path,
            query: "",
            headers: &headers,
            body,
        };
        let payload = hex(digest::digest(&digest::SHA256, body).as_ref());
        let mut request = Sha256::new();
        put_canonical_request(&mut request, &parts, SIGNED_HEADERS, &payload, false).ok()?;
        let hash = hex(request.finish().as_ref());

        let scope = Scope {
            date: time.date(),
            region: self.region,
            service: self.service,
        };
        let named = format!(
            "{}/{}/{}/{TERMINATOR}",
            scope.date, scope.region, scope.service
        );
        let key = SigningKey::derive(self.secret, &scope);
        let string_to_sign = [
            ALGORITHM.as_bytes(),
            b"\n",
            time.as_bytes(),
            b"\n",
            named.as_bytes(),
            b"\n",
            &hash,
        ];
        let signature = key.sign(&string_to_sign.concat());
        let signature = std::str::from_utf8(&signature).ok()?;
        Some(Signature {
            date: time.to_string(),
            authorization: format!(
                "{ALGORITHM} Credential={}/{named}, SignedHeaders={SIGNED_HEADERS}, \
                 Signature={signature}",
                self.access_key_id
            ),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sigv4::{Claim, Expectation, Protocol};

    #[test]
    fn what_is_signed_is_what_verification_accepts_and_nothing_else() {
        let secret = SecretAccessKey::new("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY".to_owned());
        let signer = Signer {
            access_key_id: "BETWEENTWENTYANDTHIRTY",
            secret: &secret,
            region: "us-east-1",
            service: "kms-xks-proxy",
        };
        let at = Timestamp::from_millis(1_764_000_000_000);
        let (path, body) = ("/example/kms/xks/v1/keys/a-b_c.d/encrypt", br#"{"a":1}"#);
        let signature = signer
            .sign("POST", "xks.example.com", path, body, at)
            .unwrap();
        assert_eq!(signature.date, "20251124T160000Z");

        let verified = |path: &str, host: &str, body: &[u8]| {
            let headers = [
                ("host", host.as_bytes()),
                ("x-amz-date", signature.date.as_bytes()),
                ("authorization", signature.authorization.as_bytes()),
            ];
            let parts = SignedParts {
                method: "POST",
                path,
                query: "",
                headers: &headers,
                body,
            };
            let expected = Expectation {
                now: at,
                services: &["kms-xks-proxy"],
                serves_region: &|region| region == "us-east-1",
            };
            let claim = Claim::parse(&parts, Protocol::Query).unwrap();
            let checked = claim.check(&expected).unwrap();
            let (_, scope) = checked.signer();
            checked
                .verify(&parts, &SigningKey::derive(&secret, &scope))
                .is_ok()
        };
        assert!(verified(path, "xks.example.com", body));
        assert!(!verified(path, "xks.example.net", body));
        assert!(!verified(
            "/example/kms/xks/v1/health",
            "xks.example.com",
            body
        ));
        assert!(!verified(path, "xks.example.com", br#"{"a":2}"#));
    }
}
