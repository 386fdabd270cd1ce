//! The threads that connections are served on.
//!
//! Each has a runtime of its own, and a connection stays with the thread that it was given to:
//! what it touches stays near one processor, and no thread is woken to take work from another.
//! The runtime that accepts connections has nothing to do with them otherwise.

use std::{io, thread};

use tokio::{
    net::TcpStream,
    runtime::{Builder, Handle},
    sync::watch,
};

use crate::config::processors;

/// The threads, which end when this is dropped. As many as there are processors, each begun when
/// a connection comes that is to be its first.
pub(super) struct Threads {
    runtimes: Vec<Handle>,
    next: usize,
    end: watch::Sender<()>,
}

impl Threads {
    pub(super) fn new() -> Self {
        Self {
            runtimes: Vec::new(),
            next: 0,
            end: watch::Sender::new(()),
        }
    }

    /// Gives a connection to the next one.
    ///
    /// # Errors
    /// When the system has no thread to give, or the connection cannot be handed over.
    pub(super) fn give<F>(
        &mut self,
        stream: TcpStream,
        attend: impl FnOnce(TcpStream) -> F + Send + 'static,
    ) -> io::Result<()>
    where
        F: Future<Output = ()> + Send,
    {
        // The descriptor is watched by the runtime that serves it.
        let stream = stream.into_std()?;
        let most = processors().max(2);
        if self.next == self.runtimes.len() {
            self.runtimes.push(begin_one(self.end.subscribe())?);
        }
        if let Some(runtime) = self.runtimes.get(self.next) {
            runtime.spawn(async move {
                match TcpStream::from_std(stream) {
                    Ok(stream) => attend(stream).await,
                    Err(error) => tracing::warn!(%error, "a connection cannot be served"),
                }
            });
        }
        self.next = (self.next + 1) % most;
        Ok(())
    }
}

fn begin_one(mut ended: watch::Receiver<()>) -> io::Result<Handle> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let handle = runtime.handle().clone();
    thread::Builder::new()
        .name("strongroom".to_owned())
        .spawn(move || {
            runtime.block_on(async {
                // Nothing is ever sent.
                let _gone = ended.changed().await;
            });
        })?;
    Ok(handle)
}
