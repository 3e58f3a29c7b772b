//! What the system says of this process, under the names that Prometheus gives it. Linux alone says all of it.

use std::{
    fs,
    time::{SystemTime, UNIX_EPOCH},
};

use prometheus_client::{
    metrics::gauge::Gauge,
    registry::{Registry, Unit},
};

use super::set;
use crate::serve::descriptors::descriptor_limit;

/// What changes of it.
#[derive(Default)]
pub(super) struct Process {
    open_descriptors: Gauge,
    resident_bytes: Gauge,
}

impl Process {
    /// Makes it known.
    pub(super) fn register(registry: &mut Registry) -> Self {
        let process = Self::default();
        let (limit, started) = (Gauge::<i64>::default(), Gauge::<i64>::default());
        set(&limit, descriptor_limit());
        set(&started, SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs()));
        let registry = registry.sub_registry_with_prefix("process");
        registry.register("open_fds", "Open file descriptors", process.open_descriptors.clone());
        registry.register("max_fds", "File descriptors that may be open", limit);
        registry.register_with_unit("resident_memory", "Memory in use", Unit::Bytes, process.resident_bytes.clone());
        registry.register_with_unit("start_time", "When it began to serve, since 1970", Unit::Seconds, started);
        process
    }

    /// Looks at it now. What the system does not say is 0.
    pub(super) fn look(&self) {
        set(&self.open_descriptors, fs::read_dir("/proc/self/fd").map_or(0, |list| list.count() as u64));
        set(&self.resident_bytes, resident_bytes().unwrap_or(0));
    }
}

#[cfg(unix)]
fn resident_bytes() -> Option<u64> {
    let statm = fs::read_to_string("/proc/self/statm").ok()?;
    let n_pages: u64 = statm.split(' ').nth(1)?.parse().ok()?;
    Some(n_pages * rustix::param::page_size() as u64)
}

#[cfg(not(unix))]
fn resident_bytes() -> Option<u64> {
    None
}
