//! How many files and connections this process may have open at one time.

/// More than this is never of use.
#[cfg(unix)]
const MOST_DESCRIPTORS: u64 = 1 << 16;

/// Raises the limit on open descriptors as far as the system lets this process, and says what it is then.
#[cfg(unix)]
pub fn raise_descriptor_limit() -> u64 {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    /// What macOS takes where it states no hard limit.
    const OPEN_MAX: u64 = 10_240;
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    // None stands for no limit.
    let now = current.unwrap_or(MOST_DESCRIPTORS);
    let hard = maximum.unwrap_or(MOST_DESCRIPTORS).min(MOST_DESCRIPTORS);
    for wanted in [hard, hard.min(OPEN_MAX)] {
        if wanted > now && setrlimit(Resource::Nofile, Rlimit { current: Some(wanted), maximum }).is_ok() {
            return wanted;
        }
    }
    now
}

/// How many this process may have open now.
#[cfg(unix)]
pub(super) fn descriptor_limit() -> u64 {
    rustix::process::getrlimit(rustix::process::Resource::Nofile).current.unwrap_or(u64::MAX)
}

/// Windows has no such limit that a server would meet.
#[cfg(not(unix))]
pub(super) fn descriptor_limit() -> u64 {
    u64::MAX
}

/// Windows has no such limit that a server would meet.
#[cfg(not(unix))]
pub fn raise_descriptor_limit() -> u64 {
    u64::MAX
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn the_limit_is_never_lowered() {
        let first = raise_descriptor_limit();
        assert!(first > 0);
        assert_eq!(raise_descriptor_limit(), first);
    }
}
