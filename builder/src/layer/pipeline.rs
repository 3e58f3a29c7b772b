//! Work on all threads, its results in order.

use rayon::prelude::*;

/// Tasks under way at a time, for every thread: enough that none waits long for the slowest.
const TASKS_PER_THREAD: usize = 4;

/// Runs `work` on every task, on all threads, and hands the results to `take` in the order of the
/// tasks while the next are computed. Some tasks a thread are in memory at a time.
///
/// # Errors
/// The first that either gives; no more tasks are begun then.
pub fn in_order<T: Send, R: Send, E: Send>(
    tasks: impl IntoIterator<Item = T>,
    work: impl Fn(T) -> Result<R, E> + Sync,
    mut take: impl FnMut(R) -> Result<(), E> + Send,
) -> Result<(), E> {
    let at_a_time = rayon::current_num_threads() * TASKS_PER_THREAD;
    let mut tasks = tasks.into_iter();
    let mut done: Vec<R> = Vec::new();
    loop {
        let next: Vec<T> = tasks.by_ref().take(at_a_time).collect();
        if next.is_empty() && done.is_empty() {
            return Ok(());
        }
        let (taken, computed) = rayon::join(
            || done.into_iter().try_for_each(&mut take),
            || next.into_par_iter().with_max_len(1).map(&work).collect::<Result<Vec<R>, E>>(),
        );
        taken?;
        done = computed?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_come_in_order_and_errors_end_it() {
        let mut taken = Vec::new();
        let square = |n: u32| if n == 200 { Err("too many") } else { Ok(n * n) };
        let keep = |n| {
            taken.push(n);
            Ok(())
        };
        assert_eq!(in_order(0..100, square, keep), Ok(()));
        assert!(taken.into_iter().eq((0..100).map(|n| n * n)));
        assert_eq!(in_order(150..300, square, |_| Ok(())), Err("too many"));
        assert_eq!(in_order(0..100, square, |n| if n == 49 { Err("seven") } else { Ok(()) }), Err("seven"));
    }
}
