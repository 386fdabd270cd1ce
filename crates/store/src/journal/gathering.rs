//! Records that are written together.
//!
//! Calls that are in flight on the same thread want to append within microseconds of each other,
//! so the first of them steps back once, lets the others come, and writes for all of them: one
//! lock, one call to the medium, one word to whoever syncs. A call alone waits for nobody.
//! Threads do not write for each other: waking another one costs more than it saves.

use std::{
    cell::Cell,
    pin::Pin,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll, Waker},
};

use super::{EntryBytes, Journal, JournalError, Seq};

/// Threads that have a gathering of their own; beyond these they share.
const THREADS: usize = 64;

/// How often whoever leads steps back while another thread is writing, before it waits for that
/// one. Meanwhile more records come, and sleeping on a lock costs more than all of them.
const STEPS_BACK: usize = 4;

/// Calls that there is room for at once, when one of a batch has to wait.
const TOGETHER: usize = 8;

/// The records that wait to be written, by the thread that they came on.
#[derive(Debug)]
pub(super) struct Gatherings([Gathering; THREADS]);

impl Default for Gatherings {
    fn default() -> Self {
        Self(std::array::from_fn(|_| Gathering::default()))
    }
}

impl Gatherings {
    /// The one of this thread.
    fn here(&self) -> &Gathering {
        static THREADS_SEEN: AtomicUsize = AtomicUsize::new(0);
        thread_local! {
            static THREAD: Cell<usize> =
                Cell::new(THREADS_SEEN.fetch_add(1, Ordering::Relaxed) % THREADS);
        }
        #[expect(clippy::indexing_slicing, reason = "a remainder is below its divisor")]
        &self.0[THREAD.get()]
    }
}

/// The records of one thread, and whether somebody is about to write them: on cache lines that
/// no other thread takes.
#[derive(Debug, Default)]
#[repr(align(128))]
struct Gathering {
    gathered: Mutex<Gathered>,
}

#[derive(Debug, Default)]
struct Gathered {
    waiting: Batch,
    led: bool,
}

/// Records that are written together.
#[derive(Debug, Default)]
pub(super) struct Batch {
    pub(super) bodies: Vec<EntryBytes>,
    /// They are answered for once they are durable, and not as soon as they are written.
    pub(super) durably: bool,
    /// Where the number of the first is awaited; absent before there is one.
    pub(super) answer: Option<Answer>,
}

/// Tells the calls whose records were written together what came of it. Dropped without having
/// told it, it tells that the journal was closed.
#[derive(Debug)]
pub(super) struct Answer(Arc<Mutex<Outcome>>);

/// What came of records that were written together, and who waits for it.
#[derive(Debug, Default)]
struct Outcome {
    first: Option<Result<Seq, JournalError>>,
    waiting: Vec<Waker>,
}

impl Answer {
    /// Tells the number of the first record, or why none of them has one.
    pub(super) fn give(self, first: Result<Seq, JournalError>) {
        tell(&self.0, first);
    }
}

impl Drop for Answer {
    fn drop(&mut self) {
        tell(&self.0, Err(JournalError::Closed));
    }
}

/// Tells an outcome, unless there is one.
fn tell(outcome: &Mutex<Outcome>, first: Result<Seq, JournalError>) {
    let mut outcome = lock(outcome);
    if outcome.first.is_some() {
        return;
    }
    outcome.first = Some(first);
    let waiting = std::mem::take(&mut outcome.waiting);
    drop(outcome);
    waiting.into_iter().for_each(Waker::wake);
}

/// The number of a record that was given to a batch.
#[derive(Debug)]
pub(super) struct Awaited {
    outcome: Arc<Mutex<Outcome>>,
    /// Its place among the others.
    place: u64,
    /// Where its waker is.
    waits: Option<usize>,
}

impl Future for Awaited {
    type Output = Result<Seq, JournalError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        let mut outcome = lock(&this.outcome);
        if let Some(first) = &outcome.first {
            return Poll::Ready(first.clone().map(|first| first + this.place));
        }
        let waker = context.waker();
        match this.waits.and_then(|at| outcome.waiting.get_mut(at)) {
            Some(known) => known.clone_from(waker),
            None => {
                if outcome.waiting.capacity() == 0 {
                    outcome.waiting.reserve(TOGETHER);
                }
                this.waits = Some(outcome.waiting.len());
                outcome.waiting.push(waker.clone());
            }
        }
        Poll::Pending
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Nothing panics while holding one of these.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Whoever writes for all. It does so when dropped, so that a call that is given up on the way
/// leaves nobody waiting.
struct Leader<'j> {
    journal: &'j Journal,
    gathering: &'j Gathering,
}

impl Journal {
    /// Writes a record together with those of other calls. Its number comes once it is durable,
    /// or once it is written; which of them is told.
    pub(super) async fn gather(&self, body: EntryBytes) -> (Awaited, bool) {
        let gathering = self.gatherings.here();
        let joined = gathering.join(body, || self.answers_durably());
        if joined.leads {
            let leader = Leader {
                journal: self,
                gathering,
            };
            for _ in 0..STEPS_BACK {
                tokio::task::yield_now().await;
                if !self.is_being_written() {
                    break;
                }
            }
            drop(leader);
        }
        (joined.awaited, joined.durably)
    }
}

/// What becomes of a record that joined others.
struct Joined {
    awaited: Awaited,
    durably: bool,
    /// Whoever brought it is to write for all.
    leads: bool,
}

impl Gathering {
    /// Adds a record. The first of a batch decides when it is answered for.
    fn join(&self, body: EntryBytes, durably: impl FnOnce() -> bool) -> Joined {
        let mut gathered = lock(&self.gathered);
        let leads = !std::mem::replace(&mut gathered.led, true);
        let batch = &mut gathered.waiting;
        let outcome = match &batch.answer {
            Some(Answer(outcome)) => Arc::clone(outcome),
            None => {
                let outcome = Arc::default();
                batch.durably = durably();
                batch.answer = Some(Answer(Arc::clone(&outcome)));
                outcome
            }
        };
        let place = batch.bodies.len() as u64;
        batch.bodies.push(body);
        Joined {
            awaited: Awaited {
                outcome,
                place,
                waits: None,
            },
            durably: batch.durably,
            leads,
        }
    }

    /// Takes what is to be written next, and leaves what was written before, for its memory. When
    /// there is nothing, the next record finds a new leader.
    fn exchange(&self, batch: &mut Batch) {
        batch.bodies.clear();
        let mut gathered = lock(&self.gathered);
        std::mem::swap(&mut gathered.waiting, batch);
        gathered.led = !batch.bodies.is_empty();
    }
}

impl Drop for Leader<'_> {
    fn drop(&mut self) {
        let mut batch = Batch::default();
        loop {
            self.gathering.exchange(&mut batch);
            if batch.bodies.is_empty() {
                return;
            }
            self.journal.write_batch(&mut batch);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{pin::pin, task::Wake};

    use super::*;

    fn body(number: u64) -> EntryBytes {
        EntryBytes::from_canonical(format!("{{\"n\":{number}}}")).unwrap()
    }

    /// Counts how often it was woken.
    #[derive(Default)]
    struct Woken(AtomicUsize);

    impl Wake for Woken {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }

    fn join(gathering: &Gathering, number: u64) -> Joined {
        gathering.join(body(number), || false)
    }

    fn taken(gathering: &Gathering) -> Batch {
        let mut batch = Batch::default();
        gathering.exchange(&mut batch);
        batch
    }

    #[test]
    fn each_call_of_a_batch_is_told_its_own_number() {
        let gathering = Gathering::default();
        let joined: Vec<_> = (0..20).map(|number| join(&gathering, number)).collect();
        let leads = joined.iter().filter(|joined| joined.leads);
        assert!(joined[0].leads && leads.count() == 1);
        let mut calls: Vec<_> = joined.into_iter().map(|joined| joined.awaited).collect();
        let batch = taken(&gathering);
        assert_eq!(batch.bodies, (0..20).map(body).collect::<Vec<_>>());
        // What comes now has a number of another batch, and somebody else is not to lead it.
        let later = join(&gathering, 20);
        assert!(!later.leads);

        let (first, other) = (Arc::new(Woken::default()), Arc::new(Woken::default()));
        let wakers = [
            Waker::from(Arc::clone(&first)),
            Waker::from(Arc::clone(&other)),
        ];
        let poll = |call: &mut Awaited, waker: usize| {
            pin!(call).poll(&mut Context::from_waker(&wakers[waker]))
        };
        for call in &mut calls[1..] {
            assert_eq!(poll(call, 0), Poll::Pending);
        }
        // Only whoever looked last is woken, and nobody minds a call that was given up.
        assert_eq!(poll(&mut calls[1], 1), Poll::Pending);
        drop(calls.pop());
        batch.answer.unwrap().give(Ok(100));
        assert_eq!(first.0.load(Ordering::SeqCst), 18);
        assert_eq!(other.0.load(Ordering::SeqCst), 1);
        for (number, call) in (100..).zip(&mut calls) {
            assert_eq!(poll(call, 0), Poll::Ready(Ok(number)));
        }
        let batch = taken(&gathering);
        batch.answer.unwrap().give(Err(JournalError::Closed));
        let mut later = later.awaited;
        assert_eq!(poll(&mut later, 0), Poll::Ready(Err(JournalError::Closed)));
        // Then there is nothing to write, and the next call leads again.
        assert!(taken(&gathering).bodies.is_empty());
        assert!(join(&gathering, 21).leads);
    }

    #[test]
    fn whoever_waits_for_an_answer_that_does_not_come_hears_that_it_is_over() {
        let gathering = Gathering::default();
        let mut call = join(&gathering, 0).awaited;
        drop(taken(&gathering));
        let mut context = Context::from_waker(Waker::noop());
        let heard = pin!(&mut call).poll(&mut context);
        assert_eq!(heard, Poll::Ready(Err(JournalError::Closed)));
    }

    #[test]
    fn the_first_of_a_batch_decides_when_it_is_answered() {
        let gathering = Gathering::default();
        for durably in [true, false] {
            let first = gathering.join(body(0), || durably);
            let second = gathering.join(body(1), || panic!("it was decided"));
            assert_eq!((first.durably, second.durably), (durably, durably));
            assert_eq!(taken(&gathering).durably, durably);
        }
    }

    #[test]
    fn what_was_written_leaves_its_memory_to_what_comes() {
        let gathering = Gathering::default();
        let mut memory = None;
        for round in 0..4 {
            for number in 0..5 {
                join(&gathering, number);
            }
            let mut batch = taken(&gathering);
            let at = batch.bodies.as_ptr();
            assert!(memory.is_none_or(|memory| memory == at), "{round}");
            memory = Some(at);
            gathering.exchange(&mut batch);
        }
    }
}
