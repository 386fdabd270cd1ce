//! Ids that follow from names, for what has to be the same in every data folder.

use crate::{framing::Framed, kdf::sha256, labels};

/// The SHA-256 of what names an identity. In development the unique id of an identity is made of
/// it, so that fixtures with such ids stay valid in every data folder.
#[must_use]
pub fn identity_fingerprint(fields: &[&str]) -> [u8; 32] {
    let framed = fields.iter().fold(
        Framed::labelled(labels::IDENTITY_NAME).count(fields.len()),
        |framed, field| framed.text(field),
    );
    sha256(&framed.finish())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fingerprints_tell_fields_apart_and_stay() {
        let one = identity_fingerprint(&["111122223333", "user", "alice"]);
        assert_eq!(
            one,
            identity_fingerprint(&["111122223333", "user", "alice"])
        );
        for other in [
            &["111122223333", "usera", "lice"][..],
            &["111122223333", "role", "alice"],
            &["111122223333", "user"],
        ] {
            assert_ne!(one, identity_fingerprint(other));
        }
    }
}
