//! Time: of the wall and of all threads, and as a ratio to a fixed amount of work.

use std::{fs, hint::black_box, time::Instant};

use rustix::time::{ClockId, clock_gettime};

/// Steps of the calibration loop.
const CALIBRATION_STEPS: u64 = 1 << 28;

/// How often something was done, and how long it took each time, in seconds.
#[derive(Clone, Debug, Default)]
pub struct Times {
    wall: Vec<f64>,
    cpu: Vec<f64>,
}

/// Does something `repeats` times; returns what came of the last time.
///
/// # Errors
/// The first error.
///
/// # Panics
/// When `repeats` is 0.
pub fn timed<T, E>(repeats: usize, mut work: impl FnMut() -> Result<T, E>) -> Result<(T, Times), E> {
    let mut times = Times::default();
    let mut result = None;
    for _ in 0..repeats {
        let (started, cpu) = (Instant::now(), process_cpu_seconds());
        result = Some(black_box(work()?));
        times.wall.push(started.elapsed().as_secs_f64());
        times.cpu.push(process_cpu_seconds() - cpu);
    }
    Ok((result.expect("done at least once"), times))
}

/// The seconds that a fixed amount of integer work takes a processor here and now: the unit in which machines compare.
pub fn calibrate() -> f64 {
    let work = || -> Result<u64, std::convert::Infallible> {
        let mut state = black_box(1u64);
        for _ in 0..CALIBRATION_STEPS {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
        }
        Ok(state)
    };
    let Ok((_, times)) = timed(5, work);
    times.cpu_min()
}

impl Times {
    /// The shortest, by the clock on the wall.
    pub fn wall_min(&self) -> f64 {
        self.wall.iter().copied().fold(f64::INFINITY, f64::min)
    }

    /// The one in the middle, by the clock on the wall.
    pub fn wall_median(&self) -> f64 {
        median(&self.wall)
    }

    /// The shortest, in seconds of all threads.
    pub fn cpu_min(&self) -> f64 {
        self.cpu.iter().copied().fold(f64::INFINITY, f64::min)
    }
}

/// The one in the middle; no number where there is none.
pub fn median(times: &[f64]) -> f64 {
    let mut times = times.to_vec();
    times.sort_unstable_by(f64::total_cmp);
    times.get(times.len() / 2).copied().unwrap_or(f64::NAN)
}

/// Seconds that all threads of this process have worked.
pub fn process_cpu_seconds() -> f64 {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 * 1e-9
}

/// How many processes wanted a processor over the last minute, and how many processors there are.
pub fn load() -> String {
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load = load.split(' ').next().unwrap_or_default().to_owned();
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    format!("load {load} on {cores} cores")
}

/// What the processor is called.
pub fn processor() -> String {
    let text = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let field = |name: &str| {
        let line = text.lines().find(|line| line.starts_with(name))?;
        Some(line.split_once(':')?.1.trim().to_owned())
    };
    let name = field("model name").unwrap_or_else(|| std::env::consts::ARCH.to_owned());
    match (field("cpu family"), field("model\t"), field("cpu MHz")) {
        (Some(family), Some(model), Some(mhz)) => {
            format!("{name} (family {family}, model {model}, {mhz} MHz)")
        }
        _ => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_one_of_the_times() {
        assert_eq!(median(&[3.0, 1.0, 2.0]), 2.0);
        assert!(median(&[]).is_nan());
    }

    #[test]
    fn work_takes_time() {
        let ((), times) = timed(3, || Ok::<_, std::convert::Infallible>(())).expect("it cannot fail");
        assert!(times.wall_min() <= times.wall_median());
        assert!(times.cpu_min() >= 0.0);
    }
}
