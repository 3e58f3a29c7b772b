//! How far a request and its answer have come, and whose turn it is.

use std::{
    sync::atomic::{AtomicBool, AtomicU64, Ordering},
    time::{Duration, Instant},
};

use super::shares::Resource;

/// So many bytes are progress; single ones every now and then are not.
const STEP_BYTES: u64 = 4096;

/// Time since the server was started, in whole milliseconds, which fit an atomic.
#[derive(Clone, Copy, Debug)]
pub(super) struct Clock(Instant);

impl Clock {
    /// Starts at 0.
    pub(super) fn start() -> Self {
        Self(Instant::now())
    }

    /// The milliseconds since then.
    pub(super) fn millis(self) -> u64 {
        u64::try_from(self.0.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}

/// A duration as the clock counts it.
pub(super) fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

/// Of one request, from its head to the last byte of its answer.
#[derive(Debug)]
pub(super) struct Progress {
    clock: Clock,
    is_servers_turn: AtomicBool,
    /// When the client last did its part.
    client_moved: AtomicU64,
    /// Bytes that have moved since then.
    bytes_since: AtomicU64,
    /// Bytes of it in memory.
    held_bytes: AtomicU64,
    makes_table: AtomicBool,
}

impl Progress {
    /// Of a request that has just come; the server must answer.
    pub(super) fn begin(clock: Clock) -> Self {
        Self {
            clock,
            is_servers_turn: AtomicBool::new(true),
            client_moved: AtomicU64::new(0),
            bytes_since: AtomicU64::new(0),
            held_bytes: AtomicU64::new(0),
            makes_table: AtomicBool::new(false),
        }
    }

    /// The server computes or reads; the client cannot do anything.
    pub(super) fn servers_turn(&self) {
        self.is_servers_turn.store(true, Ordering::Relaxed);
    }

    /// The client must send, or take what there is, from now on.
    pub(super) fn clients_turn(&self) {
        self.client_moved.store(self.clock.millis(), Ordering::Relaxed);
        self.is_servers_turn.store(false, Ordering::Relaxed);
    }

    /// The client has sent or taken so many bytes.
    pub(super) fn moved(&self, bytes: u64) {
        if self.bytes_since.fetch_add(bytes, Ordering::Relaxed) + bytes >= STEP_BYTES {
            self.bytes_since.store(0, Ordering::Relaxed);
            self.client_moved.store(self.clock.millis(), Ordering::Relaxed);
        }
    }

    /// The milliseconds since the client did its part; none while it is the server's turn.
    pub(super) fn stalled(&self, now: u64) -> Option<u64> {
        let is_clients_turn = !self.is_servers_turn.load(Ordering::Relaxed);
        is_clients_turn.then(|| now.saturating_sub(self.client_moved.load(Ordering::Relaxed)))
    }

    /// So many more bytes of it are in memory.
    pub(super) fn hold(&self, bytes: u64) {
        self.held_bytes.fetch_add(bytes, Ordering::Relaxed);
    }

    /// So many fewer bytes of it are in memory.
    pub(super) fn release(&self, bytes: u64) {
        self.held_bytes.fetch_sub(bytes, Ordering::Relaxed);
    }

    /// Its answer is a table that is made as it is sent.
    pub(super) fn begin_table(&self) {
        self.makes_table.store(true, Ordering::Relaxed);
    }

    /// Its table is made.
    pub(super) fn end_table(&self) {
        self.makes_table.store(false, Ordering::Relaxed);
    }

    /// How much of a resource it takes while it is under way.
    pub(super) fn takes(&self, resource: Resource) -> u64 {
        match resource {
            Resource::Requests => 1,
            Resource::Bytes => self.held_bytes(),
            Resource::Tables => self.makes_table.load(Ordering::Relaxed).into(),
            // Those are the connection's.
            Resource::Connections | Resource::Comparisons => 0,
        }
    }

    /// Bytes of it in memory.
    pub(super) fn held_bytes(&self) -> u64 {
        self.held_bytes.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_client_stalls_and_only_while_it_is_its_turn() {
        let progress = Progress::begin(Clock::start());
        assert_eq!(progress.stalled(1000), None);
        progress.clients_turn();
        assert!(progress.stalled(100_000).is_some_and(|stalled| stalled > 90_000));
        progress.servers_turn();
        assert_eq!(progress.stalled(100_000), None);
    }

    #[test]
    fn crumbs_are_no_progress() {
        let progress = Progress::begin(Clock::start());
        progress.clients_turn();
        let moved = || progress.client_moved.load(Ordering::Relaxed);
        progress.client_moved.store(u64::MAX, Ordering::Relaxed);
        progress.moved(STEP_BYTES - 1);
        assert_eq!(moved(), u64::MAX);
        progress.moved(1);
        assert!(moved() < u64::MAX);
    }
}
