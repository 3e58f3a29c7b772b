//! What clients take of the server, counted for all of them and for each address.

use std::{
    net::{IpAddr, Ipv6Addr},
    sync::atomic::{AtomicU64, Ordering},
};

use super::limits::Limits;

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Resource {
    /// Open connections.
    Connections,
    /// Requests whose answer has not been taken to its last byte.
    Requests,
    /// Bytes of answers and of bodies of requests in memory.
    Bytes,
    /// Comparisons that are computed.
    Comparisons,
    /// Tables of cells that are made as they are sent.
    Tables,
}

impl Resource {
    /// All of them.
    pub(super) const ALL: [Self; 5] = [Self::Connections, Self::Requests, Self::Bytes, Self::Comparisons, Self::Tables];

    /// Its name in metrics.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Connections => "connections",
            Self::Requests => "requests",
            Self::Bytes => "bytes",
            Self::Comparisons => "comparisons",
            Self::Tables => "tables",
        }
    }
}

/// How much is taken of each resource.
#[derive(Debug, Default)]
pub(super) struct Tally {
    connections: AtomicU64,
    requests: AtomicU64,
    bytes: AtomicU64,
    comparisons: AtomicU64,
    tables: AtomicU64,
}

impl Tally {
    fn count(&self, resource: Resource) -> &AtomicU64 {
        match resource {
            Resource::Connections => &self.connections,
            Resource::Requests => &self.requests,
            Resource::Bytes => &self.bytes,
            Resource::Comparisons => &self.comparisons,
            Resource::Tables => &self.tables,
        }
    }

    /// Adds to what is taken, and says how much that is now.
    pub(super) fn add(&self, resource: Resource, amount: u64) -> u64 {
        self.count(resource).fetch_add(amount, Ordering::Relaxed) + amount
    }

    /// Gives back what was taken.
    pub(super) fn subtract(&self, resource: Resource, amount: u64) {
        self.count(resource).fetch_sub(amount, Ordering::Relaxed);
    }

    /// How much is taken now.
    pub(super) fn of(&self, resource: Resource) -> u64 {
        self.count(resource).load(Ordering::Relaxed)
    }
}

/// What all clients together may take.
pub(super) fn most(limits: &Limits, resource: Resource) -> u64 {
    match resource {
        Resource::Connections => limits.connections,
        Resource::Requests => limits.requests,
        Resource::Bytes => limits.bytes_in_flight,
        Resource::Comparisons => limits.computations,
        Resource::Tables => limits.tables,
    }
}

/// What one address may take: half; of comparisons, which are few, all but one.
pub(super) fn most_of_one(limits: &Limits, resource: Resource) -> u64 {
    let most = most(limits, resource);
    match resource {
        Resource::Connections | Resource::Requests | Resource::Bytes | Resource::Tables => most.div_ceil(2),
        Resource::Comparisons => most.saturating_sub(1).max(1),
    }
}

/// Where all clients together have as much as may be, one that has more than so many times as much as the one that asks is
/// not spared, even where it moves; none where nobody is stopped for others.
pub(super) fn unfair_share(resource: Resource) -> Option<u64> {
    match resource {
        Resource::Connections | Resource::Requests | Resource::Bytes => Some(4),
        // There are few, and who takes one slowly has it for long.
        Resource::Tables => Some(2),
        // When a comparison ends depends on no connection.
        Resource::Comparisons => None,
    }
}

/// Where a client is, as far as it is counted by: its IPv4 address, or the network of its IPv6 address, of which one
/// machine has as many addresses as it likes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct ClientNetwork(IpAddr);

impl From<IpAddr> for ClientNetwork {
    fn from(address: IpAddr) -> Self {
        Self(match address.to_canonical() {
            IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & (u128::MAX << 64))),
            address @ IpAddr::V4(_) => address,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_machine_is_one_client_by_any_of_its_addresses() {
        let network = |address: &str| ClientNetwork::from(address.parse::<IpAddr>().unwrap());
        assert_eq!(network("2001:db8::1"), network("2001:db8::ffff:1"));
        assert_ne!(network("2001:db8::1"), network("2001:db8:0:1::1"));
        assert_eq!(network("::ffff:10.0.0.1"), network("10.0.0.1"));
        assert_ne!(network("10.0.0.1"), network("10.0.0.2"));
    }
}
