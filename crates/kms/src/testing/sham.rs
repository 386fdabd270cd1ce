//! An outside that does what it is asked for without any cryptography.

use strongroom_crypto::layers::OuterLayer;
use strongroom_store::BoxFuture;

use crate::outside::{About, ExternalKey, MadeOuterLayer, Outside, Proxy, ProxyClient, ProxyFault};

pub(super) fn outside() -> Outside {
    Outside {
        proxies: Box::new(Sham),
        clusters: Outside::nothing().clusters,
        key_sets: Outside::nothing().key_sets,
        health_check_every: std::time::Duration::ZERO,
    }
}

/// A proxy whose keys turn bits around.
struct Sham;

const METADATA: &[u8] = b"sham";
const TAG: [u8; 16] = [7; 16];

fn turned(bytes: &[u8]) -> Vec<u8> {
    bytes.iter().map(|byte| !byte).collect()
}

impl ProxyClient for Sham {
    fn endpoint_of_service(&self, _: &str) -> Option<String> {
        None
    }

    fn health<'a>(&'a self, _: &'a Proxy, _: &'a About) -> BoxFuture<'a, Result<(), ProxyFault>> {
        Box::pin(async { Ok(()) })
    }

    fn key_metadata<'a>(
        &'a self,
        _: &'a Proxy,
        _: &'a str,
        _: &'a About,
    ) -> BoxFuture<'a, Result<ExternalKey, ProxyFault>> {
        Box::pin(async {
            Ok(ExternalKey {
                is_aes_256: true,
                encrypts_and_decrypts: true,
                is_enabled: true,
            })
        })
    }

    fn encrypt<'a>(
        &'a self,
        _: &'a Proxy,
        _: &'a str,
        _: &'a About,
        inner: &'a [u8],
        _: &'a [u8],
    ) -> BoxFuture<'a, Result<MadeOuterLayer, ProxyFault>> {
        Box::pin(async {
            Ok(MadeOuterLayer {
                metadata: METADATA.to_vec(),
                iv: vec![1; 12],
                tag: TAG,
                ciphertext: turned(inner),
            })
        })
    }

    fn decrypt<'a>(
        &'a self,
        _: &'a Proxy,
        _: &'a str,
        _: &'a About,
        outer: OuterLayer<'a>,
        _: &'a [u8],
    ) -> BoxFuture<'a, Result<Vec<u8>, ProxyFault>> {
        Box::pin(async move {
            if outer.metadata != METADATA || *outer.tag != TAG {
                return Err(ProxyFault::InvalidCiphertext);
            }
            Ok(turned(outer.ciphertext))
        })
    }
}
