//! How much of the machine clients may take: time, size and number.

use std::time::Duration;

/// Limits on time, size and number. One client address may take at most half of what is counted for all, and all but one
/// of the comparisons, so that no address stops the server for the others; an IPv6 network of 64 bits counts as one
/// address.
#[derive(Clone, Debug)]
pub struct Limits {
    /// From the moment a connection is accepted until the head of its first request is there.
    pub first_request_time: Duration,
    /// A connection without a request for so long is closed, whatever else it says: a PING is no progress.
    pub idle_time: Duration,
    /// A connection whose client takes nothing of any answer for so long, and sends nothing of any request, is closed.
    pub stall_time: Duration,
    /// Until the head of an answer is there, and for each later read of a file; then it is 503 or cut off.
    pub answer_time: Duration,
    /// How long the start of the server, and the list of datasets, wait for one whose disk does not answer.
    pub look_time: Duration,
    /// A manifest that was looked at no longer ago than this is not looked at again where it is asked for.
    pub look_again: Duration,
    /// Between two looks at what lies on another host.
    pub remote_period: Duration,
    /// Until the last piece of an answer is read; then it is cut off. Should allow for the largest pack over the
    /// slowest line.
    pub transfer_time: Duration,
    /// What requests in flight are given when the server stops.
    pub drain_time: Duration,
    /// Connections at one time. A further one takes the place of one that has no request, those that never had one
    /// first; without such a one it waits.
    pub connections: u64,
    /// Requests at one time, until the last byte of the answer has been taken. A further one takes the place of a
    /// connection whose client has stopped; without such a one it is 503.
    pub requests: u64,
    /// Bytes of answers and of bodies of requests in memory at one time. What would be further waits.
    pub bytes_in_flight: u64,
    /// Packs kept open at one time; the least used ones are closed.
    pub open_packs: usize,
    /// The headers of a request, at least 8192.
    pub header_bytes: usize,
    /// The bytes of the frames of the tiles in one request; their number has a limit in the format.
    pub tile_bytes_per_request: u64,
    /// Comparisons computed at one time; further ones are 503 at once. With 0, none is.
    pub computations: u64,
    /// Tables of cells made at one time, each of which holds the columns of some hundred thousand cells. A further one takes
    /// the place of one whose client has stopped; without such a one it is 503.
    pub tables: u64,
    /// From the last byte of a comparison's body until its answer is there; then it is stopped and is 503.
    pub compute_time: Duration,
    /// Until the last byte of a body is there; then it is 408.
    pub body_time: Duration,
    /// The body of one request, however many cells the dataset has. Should be below a quarter of `bytes_in_flight`.
    pub body_bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            first_request_time: Duration::from_secs(10),
            idle_time: Duration::from_secs(75),
            stall_time: Duration::from_secs(30),
            answer_time: Duration::from_secs(30),
            look_time: Duration::from_secs(5),
            look_again: Duration::from_millis(100),
            remote_period: Duration::from_secs(30),
            transfer_time: Duration::from_secs(60 * 60),
            drain_time: Duration::from_secs(5),
            connections: 1024,
            requests: 1024,
            bytes_in_flight: 64 << 20,
            open_packs: 1024,
            header_bytes: 32 << 10,
            tile_bytes_per_request: 64 << 20,
            computations: 4,
            tables: 8,
            compute_time: Duration::from_secs(30),
            body_time: Duration::from_secs(30),
            body_bytes: 16 << 20,
        }
    }
}

impl Limits {
    /// The same for a process that may have so many descriptors open: half of them are for connections and a quarter
    /// for packs. The rest is for what computes, and for other files.
    #[must_use]
    pub fn within_descriptors(self, descriptors: u64) -> Self {
        let open_packs = usize::try_from(descriptors / 4).unwrap_or(usize::MAX).clamp(1, self.open_packs);
        Self { connections: (descriptors / 2).clamp(1, self.connections), open_packs, ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_descriptors_lower_what_keeps_some() {
        let limits = |descriptors| {
            let limits = Limits::default().within_descriptors(descriptors);
            (limits.connections, limits.open_packs)
        };
        assert_eq!(limits(u64::MAX), (1024, 1024));
        assert_eq!(limits(1024), (512, 256));
        assert_eq!(limits(0), (1, 1));
    }
}
