//! How long calls wait for the store, and what becomes of a commit that nobody waits for any
//! more.
//!
//! A store that does not answer has not refused: what it was asked for may yet happen. So a
//! commit that was waited for in vain is *late*, not lost. It goes on in a task of its own, with
//! everything that has to follow it: no cache may serve what it replaced, and the journal is told
//! of it. While one is late nothing more is asked of the store, so that what waits for it is
//! bounded by the calls that were in flight when it fell silent.

use std::{
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use strongroom_store::{StoreError, within};

/// How long the store is waited for, and how many commits of it are late.
#[derive(Clone, Debug)]
pub(crate) struct Patience {
    limit: Duration,
    late: Arc<AtomicUsize>,
}

/// A commit that is under way, with all that has to follow it.
type UnderWay<T, E> = Pin<Box<dyn Future<Output = Result<T, E>> + Send>>;

impl Patience {
    pub(crate) fn new(limit: Duration) -> Self {
        Self {
            limit,
            late: Arc::default(),
        }
    }

    /// What a read gives.
    ///
    /// # Errors
    /// Those of the read; [`StoreError::TimedOut`].
    pub(crate) async fn read<T>(
        &self,
        read: impl Future<Output = Result<T, StoreError>>,
    ) -> Result<T, StoreError> {
        let read = within(self.limit, read).await;
        read.unwrap_or(Err(StoreError::TimedOut(self.limit)))
    }

    /// What a commit gives. If that takes too long, `landed` is handed what it gives in the end.
    ///
    /// # Errors
    /// Those of the commit; [`StoreError::TimedOut`] when its outcome is not known yet;
    /// [`StoreError::Silent`] when it was not begun.
    pub(crate) async fn commit<T: Send + 'static, E: From<StoreError> + Send + 'static>(
        &self,
        commit: impl Future<Output = Result<T, E>> + Send + 'static,
        landed: impl FnOnce(T) + Send + 'static,
    ) -> Result<T, E> {
        self.check()?;
        let mut commit: UnderWay<T, E> = Box::pin(commit);
        match within(self.limit, &mut commit).await {
            Some(outcome) => outcome,
            None => {
                self.follow(commit, landed);
                Err(StoreError::TimedOut(self.limit).into())
            }
        }
    }

    /// Whether the store is worth asking.
    ///
    /// # Errors
    /// [`StoreError::Silent`] while a commit is late.
    pub(crate) fn check(&self) -> Result<(), StoreError> {
        match self.late.load(Ordering::Acquire) {
            0 => Ok(()),
            _ => Err(StoreError::Silent),
        }
    }

    fn follow<T: Send + 'static, E: Send + 'static>(
        &self,
        commit: UnderWay<T, E>,
        landed: impl FnOnce(T) + Send + 'static,
    ) {
        let (late, since) = (Arc::clone(&self.late), Instant::now());
        if late.fetch_add(1, Ordering::AcqRel) == 0 {
            let waited_ms = self.limit.as_millis();
            tracing::error!(waited_ms, "the store does not answer; changes are refused");
        }
        tokio::spawn(async move {
            let outcome = commit.await;
            let happened = outcome.is_ok();
            if let Ok(outcome) = outcome {
                landed(outcome);
            }
            let late_ms = since.elapsed().as_millis();
            tracing::warn!(happened, late_ms, "a commit that was waited for has ended");
            if late.fetch_sub(1, Ordering::AcqRel) == 1 {
                tracing::info!("the store answers again");
            }
        });
    }
}
