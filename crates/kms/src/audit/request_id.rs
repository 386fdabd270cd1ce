//! The ids of requests and of the events that tell of them.

use std::fmt;

use strongroom_model::{KeyId, identifiers::Ascii};

/// The id of one request, a random UUID. It is the `x-amzn-RequestId` of the answer and the
/// `requestID` of the audit entry.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct RequestId([u8; 16]);

impl RequestId {
    /// The id made from 16 random bytes (RFC 9562, version 4).
    #[must_use]
    pub fn new(random: [u8; 16]) -> Self {
        let mut bytes = random;
        let [.., version, _, variant, _, _, _, _, _, _, _] = &mut bytes;
        *version = (*version & 0x0f) | 0x40;
        *variant = (*variant & 0x3f) | 0x80;
        Self(bytes)
    }

    /// Reads an id as it is written.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let id = KeyId::parse(text).ok()?;
        (!id.is_multi_region()).then(|| Self(id.bits()))
    }

    /// The id of the audit event that tells of the request: another one, made from it, and
    /// unique because it is.
    pub(super) fn of_event(self) -> Self {
        self.other(0x5a)
    }

    /// What the events have in common that tell the caller's account and the owners of keys of
    /// the same call.
    pub(super) fn shared(self) -> Self {
        self.other(0xc3)
    }

    /// The id of the event in the other Region of a call that concerns two.
    pub(super) fn of_event_elsewhere(self) -> Self {
        self.other(0x3c)
    }

    /// The id of the event for an owner of keys that another account used.
    pub(super) fn of_event_for_owner(self, number: u8) -> Self {
        self.other(0xa5 ^ number)
    }

    /// The id that a second telling of the same request goes by, from which the ids of its events
    /// are made.
    pub(super) fn told_again(self) -> Self {
        self.other(0x96)
    }

    fn other(self, mask: u8) -> Self {
        Self::new(self.0.map(|byte| byte ^ mask))
    }

    /// The id as it is written: a UUID.
    #[must_use]
    pub fn text(self) -> Ascii<36> {
        // The ids of keys are UUIDs, too.
        KeyId::from_bits(false, self.0).text()
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text())
    }
}

impl fmt::Debug for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn the_ids_that_are_made_from_one_are_all_different() {
        let id = RequestId::new([7; 16]);
        let mut all = HashSet::from([id, id.of_event(), id.shared(), id.of_event_elsewhere()]);
        all.extend([id.of_event_for_owner(0), id.of_event_for_owner(1)]);
        let again = id.told_again();
        all.extend([again.of_event(), again.of_event_elsewhere()]);
        all.extend([again.of_event_for_owner(0), again.of_event_for_owner(1)]);
        assert_eq!(all.len(), 10);
        assert!(all.iter().all(|id| id.text().as_bytes()[14] == b'4'));
    }
}
