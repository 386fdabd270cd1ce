//! Records that are written together.
//!
//! With relaxed durability an append only has to be written before it returns. Calls that are
//! in flight on the same threads reach that point within microseconds of each other, so the
//! first of them steps back once, lets the others come, and writes for all of them: one lock,
//! one call to the medium. A call alone waits for nobody.

use std::sync::{Mutex, PoisonError};

use tokio::sync::oneshot;

use super::{EntryBytes, Journal, JournalError, Seq};

/// The records that wait to be written, and whether somebody is about to do it.
#[derive(Debug, Default)]
pub(super) struct Gathering {
    gathered: Mutex<Gathered>,
}

#[derive(Debug, Default)]
struct Gathered {
    waiting: Vec<(EntryBytes, Answer)>,
    led: bool,
}

type Answer = oneshot::Sender<Result<Seq, JournalError>>;

/// Whoever writes for all. It does so when dropped, so that a call that is given up on the way
/// leaves nobody waiting.
struct Leader<'j>(&'j Journal);

impl Journal {
    /// Writes a record together with those of other calls, and returns its number.
    pub(super) async fn gather(&self, body: EntryBytes) -> Result<Seq, JournalError> {
        let (answer, written) = oneshot::channel();
        if self.gathering.join(body, answer) {
            let leader = Leader(self);
            tokio::task::yield_now().await;
            drop(leader);
        }
        written.await.unwrap_or(Err(JournalError::Closed))
    }
}

impl Gathering {
    /// Adds a record, and tells whether the caller is to lead.
    fn join(&self, body: EntryBytes, answer: Answer) -> bool {
        let mut gathered = self.lock();
        gathered.waiting.push((body, answer));
        !std::mem::replace(&mut gathered.led, true)
    }

    /// What is to be written next; when there is nothing, the next record finds a new leader.
    fn take(&self) -> Vec<(EntryBytes, Answer)> {
        let mut gathered = self.lock();
        gathered.led = !gathered.waiting.is_empty();
        std::mem::take(&mut gathered.waiting)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Gathered> {
        // Nothing panics while holding it.
        self.gathered.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Leader<'_> {
    fn drop(&mut self) {
        loop {
            let batch = self.0.gathering.take();
            if batch.is_empty() {
                return;
            }
            let (bodies, answers): (Vec<_>, Vec<_>) = batch.into_iter().unzip();
            match self.0.write_many(bodies) {
                Ok(first) => {
                    for (seq, answer) in (first..).zip(answers) {
                        // Whoever does not wait any more does not need the answer.
                        let _ = answer.send(Ok(seq));
                    }
                }
                Err(error) => {
                    for answer in answers {
                        let _ = answer.send(Err(error.clone()));
                    }
                }
            }
        }
    }
}
