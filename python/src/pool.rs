//! Threads of this process. A process that was forked has none of its parent's, so it makes its own.

use std::sync::{Arc, Mutex, PoisonError};

use rayon::{ThreadPool, ThreadPoolBuilder};

static POOL: Mutex<Option<(u32, Arc<ThreadPool>)>> = Mutex::new(None);

/// Runs work on the threads of this process, as many as `TESSERA_THREADS` says or the machine has.
pub fn run<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    match pool() {
        Some(pool) => pool.install(work),
        // The system gives no threads.
        None => work(),
    }
}

fn pool() -> Option<Arc<ThreadPool>> {
    let mut kept = POOL.lock().unwrap_or_else(PoisonError::into_inner);
    let process = std::process::id();
    if let Some((_, pool)) = kept.as_ref().filter(|(of, _)| *of == process) {
        return Some(Arc::clone(pool));
    }
    let n_threads = std::env::var("TESSERA_THREADS").ok().and_then(|threads| threads.parse().ok()).unwrap_or(0);
    let pool =
        ThreadPoolBuilder::new().num_threads(n_threads).thread_name(|number| format!("tessera-{number}")).build();
    let pool = Arc::new(pool.ok()?);
    // The parent's pool has no threads here to wait for, so it is not dropped.
    if let Some(parents) = kept.replace((process, Arc::clone(&pool))) {
        std::mem::forget(parents);
    }
    Some(pool)
}
