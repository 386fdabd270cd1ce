//! The end of a call: its events are recorded, and only then is there a reply.

use strongroom_model::{KeyId, operations::Output};
use strongroom_store::{EntryBytes, Journal, JournalError};

use super::{Entry, RequestId};
use crate::{error::KmsError, layout::Home, shelves::Committed};

/// The events of one call, each a line of the journal: nearly always one. Another account whose
/// keys were used has one of its own, and so has the other Region of a call that concerns two.
pub(crate) struct Events {
    first: EntryBytes,
    further: Vec<EntryBytes>,
}

impl Events {
    pub(super) fn new(first: EntryBytes, further: Vec<EntryBytes>) -> Self {
        Self { first, further }
    }
}

impl Events {
    /// The event of a call, and the one for another account that it concerns.
    pub(crate) fn of_accounts(first: EntryBytes, other: Option<EntryBytes>) -> Self {
        Self::new(first, other.into_iter().collect())
    }
}

impl From<EntryBytes> for Events {
    fn from(first: EntryBytes) -> Self {
        Self::new(first, Vec::new())
    }
}

impl IntoIterator for Events {
    type Item = EntryBytes;
    type IntoIter = std::iter::Chain<std::iter::Once<EntryBytes>, std::vec::IntoIter<EntryBytes>>;

    fn into_iter(self) -> Self::IntoIter {
        std::iter::once(self.first).chain(self.further)
    }
}

/// What leaves: the outcome of a call whose entry has been closed.
#[derive(Debug)]
pub struct Reply {
    request_id: RequestId,
    outcome: Result<Output, KmsError>,
}

/// Proof that the entry of a call is recorded as durably as the journal promises. Without one
/// there is no reply.
pub(crate) struct Recorded(());

impl Recorded {
    /// Appends the events of a call to the journal. They are on their way together, so that one
    /// sync serves them all.
    ///
    /// # Errors
    /// When the journal does not take all of them. One of several may be there then, as the line
    /// of a call may be whose answer a crash kept back.
    pub(crate) async fn append(
        journal: &Journal,
        events: impl Into<Events>,
    ) -> Result<Self, JournalError> {
        let Events { first, further } = events.into();
        if further.is_empty() {
            journal.append(first).await?;
        } else {
            // On the heap: calls with one event carry no room for this.
            Box::pin(append_all(journal, first, further.into_iter())).await?;
        }
        Ok(Self(()))
    }

    /// The entry is safe already, in the transaction of the change that it tells of. If the
    /// journal cannot take it now, it will at the next start.
    ///
    /// Beside the proof come the keys in other Regions that have to follow the change.
    pub(crate) fn committed(journal: &Journal, committed: Committed) -> (Self, Vec<(Home, KeyId)>) {
        let summoned = committed.copy_to(journal);
        (Self(()), summoned)
    }
}

impl Reply {
    /// Made by the service when the entry is recorded. When it could not be, that is the outcome.
    pub(crate) fn closed(
        entry: &Entry,
        outcome: Result<Output, KmsError>,
        recorded: Result<Recorded, KmsError>,
    ) -> Self {
        Self {
            request_id: entry.request_id(),
            outcome: match recorded {
                Ok(Recorded(())) => outcome,
                Err(error) => Err(error),
            },
        }
    }

    /// The id of the request.
    #[must_use]
    pub fn request_id(&self) -> &RequestId {
        &self.request_id
    }

    /// The output of the operation, or the error that the caller is told.
    ///
    /// # Errors
    /// When the call was refused or failed.
    pub fn outcome(&self) -> Result<&Output, &KmsError> {
        self.outcome.as_ref()
    }

    #[cfg(test)]
    pub(crate) fn into_outcome(self) -> Result<Output, KmsError> {
        self.outcome
    }
}

async fn append_all(
    journal: &Journal,
    event: EntryBytes,
    mut further: std::vec::IntoIter<EntryBytes>,
) -> Result<(), JournalError> {
    let rest = async {
        match further.next() {
            Some(next) => Box::pin(append_all(journal, next, further)).await,
            None => Ok(()),
        }
    };
    // In this order, so that the line for the caller is the first.
    let (first, rest) = tokio::join!(biased; journal.append(event), rest);
    first.map(drop).and(rest)
}
