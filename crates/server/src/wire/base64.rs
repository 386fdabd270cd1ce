//! Base64 with the standard alphabet and padding (RFC 4648, section 4), in as large steps as the
//! processor can take.

use base64::engine::{Engine, general_purpose};

/// How bytes are written and read in base64.
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
pub(super) fn base64() -> &'static impl Engine {
    use std::sync::LazyLock;

    use base64::engine::Simd;

    static ENGINE: LazyLock<Simd> = LazyLock::new(|| Simd::standard(general_purpose::PAD));
    &*ENGINE
}

/// How bytes are written and read in base64.
#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
pub(super) fn base64() -> &'static impl Engine {
    &general_purpose::STANDARD
}
