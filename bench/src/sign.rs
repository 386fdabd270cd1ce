//! Signing requests as botocore does, cheaply: one derived key for the whole run.

use aws_lc_rs::{digest, hmac};
use data_encoding::HEXLOWER;
use jiff::Timestamp;

/// Signs requests of one access key in one Region.
#[derive(Clone)]
pub struct Signer {
    scope: String,
    credential: String,
    key: hmac::Key,
}

/// What botocore signs, no more and no less.
const SIGNED_HEADERS: &str = "content-type;host;x-amz-date;x-amz-target";
const CONTENT_TYPE: &str = "application/x-amz-json-1.1";

impl Signer {
    /// Derives the signing key for the present day. A run over midnight would have to begin
    /// anew, as its requests are refused after that.
    #[must_use]
    pub fn new(access_key_id: &str, secret: &str, region: &str) -> Self {
        let date = Timestamp::now().strftime("%Y%m%d").to_string();
        Self::on(&date, access_key_id, secret, region)
    }

    fn on(date: &str, access_key_id: &str, secret: &str, region: &str) -> Self {
        let scope = format!("{date}/{region}/kms/aws4_request");
        let first = hmac::Key::new(hmac::HMAC_SHA256, format!("AWS4{secret}").as_bytes());
        let key = scope.split('/').fold(first, |key, part| {
            let next = hmac::sign(&key, part.as_bytes());
            hmac::Key::new(hmac::HMAC_SHA256, next.as_ref())
        });
        Self {
            credential: format!("{access_key_id}/{scope}"),
            scope,
            key,
        }
    }

    /// Writes a whole signed request over `request`, which is cleared first.
    pub fn write(&self, request: &mut Vec<u8>, host: &str, operation: &str, body: &[u8]) {
        let time = Timestamp::now().strftime("%Y%m%dT%H%M%SZ").to_string();
        self.write_at(&time, request, host, operation, body);
    }

    fn write_at(
        &self,
        time: &str,
        request: &mut Vec<u8>,
        host: &str,
        operation: &str,
        body: &[u8],
    ) {
        let signature = self.signature(time, host, operation, body);
        let head = format!(
            "POST / HTTP/1.1\r\n\
             Host: {host}\r\n\
             Accept-Encoding: identity\r\n\
             X-Amz-Target: TrentService.{operation}\r\n\
             Content-Type: {CONTENT_TYPE}\r\n\
             User-Agent: Boto3/1.42.0 md/Botocore#1.42.0 ua/2.1 os/linux#6.1 md/arch#x86_64 lang/python#3.13.0 md/pyimpl#CPython cfg/retry-mode#legacy Botocore/1.42.0\r\n\
             X-Amz-Date: {time}\r\n\
             Authorization: AWS4-HMAC-SHA256 Credential={}, SignedHeaders={SIGNED_HEADERS}, Signature={signature}\r\n\
             amz-sdk-invocation-id: 8f0c2ef8-4a4b-4f4f-9d3a-0a4b6c8d9e01\r\n\
             amz-sdk-request: attempt=1\r\n\
             Content-Length: {}\r\n\
             \r\n",
            self.credential,
            body.len(),
        );
        request.clear();
        request.extend_from_slice(head.as_bytes());
        request.extend_from_slice(body);
    }

    fn signature(&self, time: &str, host: &str, operation: &str, body: &[u8]) -> String {
        let sha256 =
            |bytes: &[u8]| HEXLOWER.encode(digest::digest(&digest::SHA256, bytes).as_ref());
        let canonical = format!(
            "POST\n/\n\ncontent-type:{CONTENT_TYPE}\nhost:{host}\nx-amz-date:{time}\n\
             x-amz-target:TrentService.{operation}\n\n{SIGNED_HEADERS}\n{}",
            sha256(body)
        );
        let to_sign = format!(
            "AWS4-HMAC-SHA256\n{time}\n{}\n{}",
            self.scope,
            sha256(canonical.as_bytes())
        );
        HEXLOWER.encode(hmac::sign(&self.key, to_sign.as_bytes()).as_ref())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first vector of the dossier's `authorization.md` §1.7, made with botocore.
    #[test]
    fn signatures_are_botocores() {
        let signer = Signer::on(
            "20260102",
            "AKIDSTRONGROOM000001",
            "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
            "eu-central-1",
        );
        let host = "kms.eu-central-1.example.internal";
        let signature = signer.signature("20260102T030405Z", host, "ListKeys", b"{}");
        assert_eq!(
            signature,
            "21820123ad74fff271072877f864d549501683f2b08603d8396e91dfd1f931b2"
        );
    }
}
