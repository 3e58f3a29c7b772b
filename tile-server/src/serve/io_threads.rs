//! The threads that connections are served on. Each has connections of its own, so that a request is read, answered and
//! sent without being handed from thread to thread, which costs more than to answer it.

use std::{
    num::NonZeroUsize,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use tokio::{
    runtime::{Builder, Handle},
    sync::oneshot,
};

use super::error::ServeError;

/// All of them; they end when this is dropped, and are not waited for.
pub(super) struct IoThreads(Vec<IoThread>);

struct IoThread {
    handle: Handle,
    n_connections: Arc<AtomicUsize>,
    /// Ends the thread when dropped.
    _stop: oneshot::Sender<()>,
}

/// A connection's place on a thread, given back when dropped.
pub(super) struct IoPlace {
    handle: Handle,
    n_connections: Arc<AtomicUsize>,
}

impl IoThreads {
    /// One for each core. Each may have so many threads beside it that wait for the disk or compute.
    ///
    /// # Errors
    /// When the system has no thread to spare.
    pub(super) fn start(n_blocking: usize) -> Result<Self, ServeError> {
        let n_threads = thread::available_parallelism().map_or(1, NonZeroUsize::get);
        (0..n_threads).map(|_| IoThread::start(n_blocking)).collect::<Result<_, _>>().map(Self)
    }

    /// A place on the thread that has the fewest connections.
    pub(super) fn place(&self) -> IoPlace {
        let n_connections = |thread: &&IoThread| thread.n_connections.load(Ordering::Relaxed);
        let IoThread { handle, n_connections, .. } =
            self.0.iter().min_by_key(n_connections).expect("there is a thread for each core");
        n_connections.fetch_add(1, Ordering::Relaxed);
        IoPlace { handle: handle.clone(), n_connections: Arc::clone(n_connections) }
    }
}

impl IoThread {
    fn start(n_blocking: usize) -> Result<Self, ServeError> {
        let runtime = Builder::new_current_thread()
            .enable_io()
            .enable_time()
            .max_blocking_threads(n_blocking)
            .build()
            .map_err(ServeError::Threads)?;
        let handle = runtime.handle().clone();
        let (stop, stopped) = oneshot::channel::<()>();
        let run = move || {
            // Either way, the server has ended.
            let _ = runtime.block_on(stopped);
            runtime.shutdown_background();
        };
        thread::Builder::new().name("connections".to_owned()).spawn(run).map_err(ServeError::Threads)?;
        Ok(Self { handle, n_connections: Arc::default(), _stop: stop })
    }
}

impl IoPlace {
    /// What runs things on the thread.
    pub(super) fn handle(&self) -> &Handle {
        &self.handle
    }
}

impl Drop for IoPlace {
    fn drop(&mut self) {
        self.n_connections.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_are_spread_over_all_threads() {
        let threads = IoThreads::start(1).unwrap();
        let n_threads = threads.0.len();
        let places: Vec<IoPlace> = (0..3 * n_threads).map(|_| threads.place()).collect();
        let counts =
            || -> Vec<usize> { threads.0.iter().map(|thread| thread.n_connections.load(Ordering::Relaxed)).collect() };
        assert_eq!(counts(), vec![3; n_threads]);
        let names = places.iter().map(|place| {
            let (say, name) = std::sync::mpsc::channel();
            place.handle().spawn(async move { say.send(thread::current().id()).unwrap() });
            name.recv().unwrap()
        });
        assert_eq!(names.collect::<std::collections::HashSet<_>>().len(), n_threads);
        drop(places);
        assert_eq!(counts(), vec![0; n_threads]);
    }
}
