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

/// The threads, which end when this is dropped.
pub(super) struct Threads {
    runtimes: Vec<Handle>,
    next: usize,
    _end: watch::Sender<()>,
}

impl Threads {
    /// Begins as many as there are processors.
    ///
    /// # Errors
    /// When the system has none to give.
    pub(super) fn begin() -> io::Result<Self> {
        let (end, ended) = watch::channel(());
        let runtimes = (0..processors().max(2)).map(|_| begin_one(ended.clone()));
        Ok(Self {
            runtimes: runtimes.collect::<io::Result<_>>()?,
            next: 0,
            _end: end,
        })
    }

    /// Gives a connection to the next one.
    ///
    /// # Errors
    /// When the connection cannot be handed over.
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
        self.next = (self.next + 1) % self.runtimes.len().max(1);
        if let Some(runtime) = self.runtimes.get(self.next) {
            runtime.spawn(async move {
                match TcpStream::from_std(stream) {
                    Ok(stream) => attend(stream).await,
                    Err(error) => tracing::warn!(%error, "a connection cannot be served"),
                }
            });
        }
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
