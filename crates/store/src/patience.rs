//! How long somebody waits for a disk, or for what stands in for one.

use std::{
    future::{Future, poll_fn},
    pin::pin,
    task::Poll,
    time::Duration,
};

/// How long a call waits for the store or the journal, unless it is said otherwise. Ours: short
/// of the time after which AWS's SDKs give up by themselves, 60 seconds.
pub const PATIENCE: Duration = Duration::from_secs(10);

/// What the future gives, or nothing if that takes longer than `limit`.
///
/// A timer is set only for a future that has to wait. One that is not owned by this call, such as
/// a reference to a pinned one, can be waited for further.
pub async fn within<F: Future>(limit: Duration, future: F) -> Option<F::Output> {
    let mut future = pin!(future);
    // On the heap, so that whoever finds everything at hand carries no room for it.
    let mut timer = None;
    poll_fn(|context| {
        if let Poll::Ready(output) = future.as_mut().poll(context) {
            return Poll::Ready(Some(output));
        }
        let timer = timer.get_or_insert_with(|| Box::pin(tokio::time::sleep(limit)));
        timer.as_mut().poll(context).map(|()| None)
    })
    .await
}

#[cfg(test)]
mod tests {
    use std::future::{pending, ready};

    use tokio::sync::oneshot;

    use super::*;

    #[tokio::test]
    async fn what_comes_in_time_is_given_and_nothing_else() {
        assert_eq!(within(Duration::from_secs(9), ready(1)).await, Some(1));
        let (answer, waiting) = oneshot::channel();
        let answering = async {
            tokio::task::yield_now().await;
            answer.send(2).unwrap();
        };
        let (answered, ()) = tokio::join!(within(Duration::from_secs(9), waiting), answering);
        assert_eq!(answered, Some(Ok(2)));
        assert_eq!(
            within(Duration::from_millis(5), pending::<()>()).await,
            None
        );
    }

    #[tokio::test]
    async fn what_came_too_late_can_be_waited_for_further() {
        let (answer, mut waiting) = oneshot::channel();
        assert_eq!(within(Duration::from_millis(5), &mut waiting).await, None);
        answer.send(3).unwrap();
        assert_eq!(waiting.await, Ok(3));
    }
}
