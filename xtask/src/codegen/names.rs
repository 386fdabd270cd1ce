//! From AWS's names to Rust's.

use proc_macro2::{Ident, Span};

/// An identifier from a text that is one.
pub(crate) fn ident(text: &str) -> Ident {
    Ident::new(text, Span::call_site())
}

/// `AWSAccountId` becomes `aws_account_id`.
pub(crate) fn snake(name: &str) -> String {
    let mut text = String::new();
    let mut previous: Option<char> = None;
    let mut letters = name.chars().peekable();
    while let Some(letter) = letters.next() {
        let after_lower = previous.is_some_and(|previous| !previous.is_uppercase());
        let before_lower = letters.peek().is_some_and(|next| next.is_lowercase());
        if letter.is_uppercase() && (after_lower || previous.is_some() && before_lower) {
            text.push('_');
        }
        text.push(letter.to_ascii_lowercase());
        previous = Some(letter);
    }
    text
}

/// `RSASSA_PKCS1_V1_5_SHA_256` becomes `RsassaPkcs1V15Sha256`; a value that is already in
/// camel case, such as `PendingDeletion`, stays. `SELF`, the owner in ListKeys, becomes
/// `SelfOwned`, since `Self` is Rust's.
pub(crate) fn variant(value: &str) -> String {
    let shouted = !value.chars().any(char::is_lowercase);
    let words = value.split('_').map(|word| {
        let (first, rest) = word.split_at(word.len().min(1));
        if shouted {
            format!("{first}{}", rest.to_lowercase())
        } else {
            word.to_owned()
        }
    });
    let name: String = words.collect();
    if name == "Self" {
        return "SelfOwned".to_owned();
    }
    name
}

/// `KeyId` becomes `keyId`, as AWS's constraint errors spell paths.
pub(crate) fn path(name: &str) -> String {
    let (first, rest) = name.split_at(name.len().min(1));
    format!("{}{rest}", first.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_in_snake_case_with_acronyms_kept_together() {
        for (name, expected) in [
            ("KeyId", "key_id"),
            ("AWSAccountId", "aws_account_id"),
            (
                "XksProxyVpcEndpointServiceName",
                "xks_proxy_vpc_endpoint_service_name",
            ),
            ("DryRun", "dry_run"),
        ] {
            assert_eq!(snake(name), expected);
        }
    }

    #[test]
    fn enum_values_become_camel_case() {
        for (value, expected) in [
            ("RSASSA_PKCS1_V1_5_SHA_256", "RsassaPkcs1V15Sha256"),
            ("ECC_SECG_P256K1", "EccSecgP256k1"),
            ("AWS", "Aws"),
            ("SELF", "SelfOwned"),
            ("PendingReplicaDeletion", "PendingReplicaDeletion"),
        ] {
            assert_eq!(variant(value), expected);
        }
    }
}
