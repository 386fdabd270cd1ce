//! Calls that want the same record wait their turn instead of racing.
//!
//! A mutation first runs without waiting. When its commit finds that a row has moved, it queues
//! for that row, first come first served, and runs again from its look-ups. So a thousand
//! concurrent updates of one alias all succeed, and unrelated calls never meet.

use std::{
    collections::{BTreeSet, HashMap},
    sync::{Arc, Mutex, PoisonError},
};

use tokio::sync::{Mutex as Turnstile, OwnedMutexGuard};

/// The rows that somebody waits for at the moment.
#[derive(Debug, Default)]
pub(crate) struct Queues {
    turnstiles: Mutex<HashMap<String, Arc<Turnstile<()>>>>,
}

/// The turns that one call holds.
#[derive(Debug, Default)]
pub(crate) struct Turns {
    rows: BTreeSet<String>,
    held: Vec<(Arc<Turnstile<()>>, OwnedMutexGuard<()>)>,
}

impl Queues {
    /// Waits for a turn at `row` and at every row waited for before.
    ///
    /// All turns are given back and taken again in the order of the rows' names, so that two
    /// calls can never wait for each other.
    pub(crate) async fn wait(&self, turns: &mut Turns, row: String) {
        self.leave(turns);
        turns.rows.insert(row);
        for row in &turns.rows {
            let turnstile = {
                let mut all = self
                    .turnstiles
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner);
                Arc::clone(all.entry(row.clone()).or_default())
            };
            let guard = Arc::clone(&turnstile).lock_owned().await;
            turns.held.push((turnstile, guard));
        }
    }

    /// Gives the turns back, and forgets the rows that nobody waits for any more.
    pub(crate) fn leave(&self, turns: &mut Turns) {
        if turns.held.is_empty() {
            return;
        }
        turns.held.clear();
        let mut all = self
            .turnstiles
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        for row in &turns.rows {
            if all
                .get(row)
                .is_some_and(|turnstile| Arc::strong_count(turnstile) == 1)
            {
                all.remove(row);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn calls_take_their_turns_and_leave_nothing_behind() {
        let queues = Arc::new(Queues::default());
        let busy = Arc::new(Mutex::new(0));
        let mut calls = Vec::new();
        for call in 0..100 {
            let (queues, busy) = (Arc::clone(&queues), Arc::clone(&busy));
            calls.push(tokio::spawn(async move {
                let mut turns = Turns::default();
                let (first, second) = if call % 2 == 0 {
                    ("a", "b")
                } else {
                    ("b", "a")
                };
                queues.wait(&mut turns, first.to_owned()).await;
                queues.wait(&mut turns, second.to_owned()).await;
                *busy.lock().unwrap() += 1;
                tokio::task::yield_now().await;
                assert_eq!(*busy.lock().unwrap(), 1);
                *busy.lock().unwrap() -= 1;
                queues.leave(&mut turns);
            }));
        }
        for call in calls {
            call.await.unwrap();
        }
        assert!(queues.turnstiles.lock().unwrap().is_empty());
    }
}
