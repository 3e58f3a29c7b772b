//! Threads that wait for the disk of one dataset.
//!
//! A file system that does not answer keeps its threads for good, since nothing ends a read. So a dataset has few of all
//! that there are, and others go on.

use std::{io, sync::Arc, time::Duration};

use tokio::{
    sync::Semaphore,
    task::{JoinError, spawn_blocking},
    time::timeout,
};

/// How many threads wait at one time for the files of one dataset.
pub(super) const PER_DATASET: usize = 32;

/// The threads of one dataset.
#[derive(Clone)]
pub(super) struct DiskThreads(Arc<Semaphore>);

/// Why there is no outcome.
#[derive(Debug, thiserror::Error)]
pub(super) enum DiskError {
    /// It took longer than it may.
    #[error("the disk does not answer in time")]
    Late,
    /// The work has panicked.
    #[error(transparent)]
    Panicked(JoinError),
}

impl Default for DiskThreads {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(PER_DATASET)))
    }
}

impl DiskThreads {
    /// What the work comes to on a thread that may wait.
    ///
    /// # Errors
    /// When no thread was free, or the work was not done, in this time.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        time: Duration,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, DiskError> {
        let threads = Arc::clone(&self.0);
        let outcome = timeout(time, async {
            let thread = threads.acquire_owned().await;
            spawn_blocking(move || {
                let outcome = work();
                // Given back when the work is done, which may be long after anybody waits for it.
                drop(thread);
                outcome
            })
            .await
        });
        outcome.await.map_err(|_| DiskError::Late)?.map_err(DiskError::Panicked)
    }
}

impl From<DiskError> for io::Error {
    fn from(error: DiskError) -> Self {
        let kind = match &error {
            DiskError::Late => io::ErrorKind::TimedOut,
            DiskError::Panicked(_) => io::ErrorKind::Other,
        };
        Self::new(kind, error)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[tokio::test]
    async fn work_that_hangs_takes_no_more_threads_than_it_may() {
        let threads = DiskThreads::default();
        let (release, wait) = mpsc::channel::<()>();
        let wait = Arc::new(std::sync::Mutex::new(wait));
        let soon = Duration::from_millis(20);
        for _ in 0..PER_DATASET {
            let wait = Arc::clone(&wait);
            let outcome = threads.run(soon, move || wait.lock().unwrap().recv().is_ok()).await;
            assert!(matches!(outcome, Err(DiskError::Late)));
        }
        assert!(matches!(threads.run(soon, || ()).await, Err(DiskError::Late)), "all of them hang");
        assert!(DiskThreads::default().run(Duration::from_secs(60), || ()).await.is_ok(), "others do not");
        drop(release);
        assert!(threads.run(Duration::from_secs(60), || ()).await.is_ok());
        let outcome = threads.run(Duration::from_secs(60), || panic!("as told")).await;
        assert!(matches!(outcome, Err(DiskError::Panicked(_))));
    }
}
