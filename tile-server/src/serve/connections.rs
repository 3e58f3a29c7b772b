//! Who is connected. Whoever makes no progress is closed in the end, and at once where others need what it takes.

use std::{
    cmp::Reverse,
    collections::HashMap,
    net::SocketAddr,
    sync::{
        Arc, Mutex, MutexGuard, OnceLock, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use tokio::task::AbortHandle;

use super::{
    limits::Limits,
    metrics::Answers,
    progress::{Clock, Progress, millis},
    shares::{ClientNetwork, Resource, Tally, most, most_of_one, unfair_share},
};

/// A client that has not moved for so long gives way where something has run out.
const GIVES_WAY_MILLIS: u64 = 2000;

/// All connections, and what is taken by them.
pub(super) struct Connections {
    limits: Limits,
    clock: Clock,
    total: Tally,
    table: Mutex<Table>,
    answers: Answers,
    refused: Tally,
    closed: [AtomicU64; WhyClosed::ALL.len()],
}

/// Why the server closes a connection by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum WhyClosed {
    /// Nothing has moved for longer than it may.
    Overdue,
    /// Others need what it does not use, or have far less.
    MadeRoom,
}

impl WhyClosed {
    /// All of them, in the order of their numbers.
    pub(super) const ALL: [Self; 2] = [Self::Overdue, Self::MadeRoom];

    /// Its name in metrics.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Overdue => "overdue",
            Self::MadeRoom => "made_room",
        }
    }
}

#[derive(Default)]
struct Table {
    open: HashMap<u64, Arc<Connection>>,
    networks: HashMap<ClientNetwork, Arc<Tally>>,
    next_number: u64,
}

/// One connection.
pub(super) struct Connection {
    all: Arc<Connections>,
    client: SocketAddr,
    of_network: Arc<Tally>,
    /// What drives it; to abort that closes the connection.
    task: OnceLock<AbortHandle>,
    is_closing: AtomicBool,
    requests: Mutex<Requests>,
}

/// The requests of a connection that are under way.
struct Requests {
    under_way: Vec<Arc<Progress>>,
    /// When there was none any more.
    quiet_since: u64,
    has_asked: bool,
}

/// A connection among those that are open; given back when dropped.
pub(super) struct Place {
    connection: Arc<Connection>,
    number: u64,
}

/// What a connection is about, with the milliseconds it has been so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    /// It has never had a request.
    Silent(u64),
    /// It has no request.
    Quiet(u64),
    /// It has requests. How long the client has not moved, for the request where that is longest; and for all of them.
    Asking { one_stalled: Option<u64>, all_stalled: Option<u64> },
}

/// Who need not give way.
#[derive(Clone, Copy)]
enum Spared<'a> {
    Nobody,
    /// Those that have just come, whose first request may be under way.
    Newcomers,
    /// Those of any other network than this.
    Others(&'a Arc<Tally>),
}

impl Standing {
    /// How much a place is used, least first, and for how long it has been so.
    fn use_of_place(self) -> (u8, Reverse<u64>) {
        match self {
            Self::Silent(time) => (0, Reverse(time)),
            Self::Quiet(time) => (1, Reverse(time)),
            Self::Asking { one_stalled: Some(time), .. } => (2, Reverse(time)),
            Self::Asking { one_stalled: None, .. } => (3, Reverse(0)),
        }
    }
}

impl Connections {
    /// None yet.
    pub(super) fn new(limits: Limits) -> Arc<Self> {
        Arc::new(Self {
            limits,
            clock: Clock::start(),
            total: Tally::default(),
            table: Mutex::default(),
            answers: Answers::new(),
            refused: Tally::default(),
            closed: Default::default(),
        })
    }

    /// The answers that were sent.
    pub(super) fn answers(&self) -> &Answers {
        &self.answers
    }

    /// How much of a resource is taken now.
    pub(super) fn in_use(&self, resource: Resource) -> u64 {
        self.total.of(resource)
    }

    /// How often there was not enough of a resource.
    pub(super) fn refused(&self, resource: Resource) -> u64 {
        self.refused.of(resource)
    }

    /// Connections taken in so far.
    pub(super) fn accepted(&self) -> u64 {
        self.table().next_number
    }

    /// Connections that were closed for this reason.
    pub(super) fn closed(&self, why: WhyClosed) -> u64 {
        self.closed[why as usize].load(Ordering::Relaxed)
    }

    /// Whether a connection can be admitted, if need be in the place of another.
    pub(super) fn has_room(&self) -> bool {
        self.total.of(Resource::Connections) < self.limits.connections
            || self.who_gives_way(Resource::Connections, Spared::Newcomers).is_some()
            || self.heaviest(Resource::Connections, 1).is_some()
    }

    /// Takes a connection in; none where its address has as many as it may, all of them busy, or there is no room and nobody
    /// has far more.
    pub(super) fn admit(self: &Arc<Self>, client: SocketAddr) -> Option<Place> {
        let network = ClientNetwork::from(client.ip());
        let of_network = Arc::clone(self.table().networks.entry(network).or_default());
        let is_admitted = self.take(Resource::Connections, &of_network, 1);
        let mut table = self.table();
        if !is_admitted {
            table.forget(network);
            return None;
        }
        // Another connection of the network may have been the last one in between.
        table.networks.entry(network).or_insert_with(|| Arc::clone(&of_network));
        let requests = Requests { under_way: Vec::new(), quiet_since: self.clock.millis(), has_asked: false };
        let connection = Arc::new(Connection {
            all: Arc::clone(self),
            client,
            of_network,
            task: OnceLock::new(),
            is_closing: AtomicBool::new(false),
            requests: Mutex::new(requests),
        });
        let number = table.next_number;
        table.next_number += 1;
        table.open.insert(number, Arc::clone(&connection));
        Some(Place { connection, number })
    }

    /// Closes the connections on which nothing has moved for longer than it may.
    pub(super) fn close_overdue(&self) {
        let now = self.clock.millis();
        let Limits { first_request_time, idle_time, stall_time, .. } = self.limits;
        let overdue: Vec<Arc<Connection>> = {
            let table = self.table();
            let is_overdue = |connection: &&Arc<Connection>| match connection.standing(now) {
                Standing::Silent(time) => time > millis(first_request_time),
                Standing::Quiet(time) => time > millis(idle_time),
                Standing::Asking { all_stalled, .. } => all_stalled.is_some_and(|time| time > millis(stall_time)),
            };
            table.open.values().filter(is_overdue).cloned().collect()
        };
        for connection in overdue {
            connection.close(WhyClosed::Overdue);
        }
    }

    /// Closes a connection that has no request, if there is one.
    pub(super) fn close_quiet(&self) -> bool {
        self.make_room(Resource::Connections, Spared::Nobody)
    }

    /// Takes some of a resource for a client of this network. Where there is not enough, somebody who does not move gives
    /// way, or else, where that is for the others, somebody of a network that has far more; false where there is nobody.
    fn take(&self, resource: Resource, of_network: &Arc<Tally>, amount: u64) -> bool {
        let all = self.total.add(resource, amount);
        let one = of_network.add(resource, amount);
        // What who gives way has, but for its connection, comes free a moment later; until then a little more is taken than may be.
        let is_taken = if one > most_of_one(&self.limits, resource) {
            self.make_room(resource, Spared::Others(of_network))
        } else if resource == Resource::Connections {
            // A place is taken of those who have most, whether they use it or not: else who opens many again and again
            // leaves none to who has just come.
            all <= most(&self.limits, resource)
                || self.make_room_fairly(resource, one)
                || self.make_room(resource, Spared::Newcomers)
        } else {
            all <= most(&self.limits, resource)
                || self.make_room(resource, Spared::Nobody)
                || self.make_room_fairly(resource, one)
        };
        if !is_taken {
            self.give_back(resource, of_network, amount);
            self.refused.add(resource, 1);
        }
        is_taken
    }

    fn give_back(&self, resource: Resource, of_network: &Tally, amount: u64) {
        self.total.subtract(resource, amount);
        of_network.subtract(resource, amount);
    }

    fn make_room(&self, resource: Resource, spared: Spared<'_>) -> bool {
        self.who_gives_way(resource, spared).is_some_and(|connection| connection.close(WhyClosed::MadeRoom))
    }

    /// The connection that can be spared most: silent ones go before quiet ones, those before others, and the longest
    /// first.
    fn who_gives_way(&self, resource: Resource, spared: Spared<'_>) -> Option<Arc<Connection>> {
        let now = self.clock.millis();
        let grace = GIVES_WAY_MILLIS.min(millis(self.limits.stall_time));
        let table = self.table();
        let may_go = |connection: &&Arc<Connection>| {
            let is_spared = match spared {
                Spared::Nobody => false,
                Spared::Newcomers => matches!(connection.standing(now), Standing::Silent(time) if time < grace),
                Spared::Others(network) => !Arc::ptr_eq(network, &connection.of_network),
            };
            !is_spared && !connection.is_closing.load(Ordering::Relaxed)
        };
        let priority = |connection: &Arc<Connection>| match (connection.standing(now), resource) {
            (standing @ (Standing::Silent(_) | Standing::Quiet(_)), Resource::Connections) => {
                Some(standing.use_of_place())
            }
            // When a comparison ends depends on no connection.
            (_, Resource::Comparisons)
            | (Standing::Silent(_) | Standing::Quiet(_), Resource::Requests | Resource::Bytes | Resource::Tables) => {
                None
            }
            (Standing::Asking { one_stalled, .. }, _) => {
                let has_some = resource == Resource::Connections || connection.takes(resource) > 0;
                one_stalled.filter(|&time| time >= grace && has_some).map(|time| (2, Reverse(time)))
            }
        };
        let candidates = table.open.values().filter(may_go);
        let ranked = candidates.filter_map(|connection| Some((priority(connection)?, connection)));
        ranked.min_by_key(|&(priority, _)| priority).map(|(_, connection)| Arc::clone(connection))
    }

    /// Closes the connection that has the most of a resource, of the network that has the most, where that is far more than
    /// `own`, what the network has for which it is asked. Otherwise a few that take their answers slowly, but take
    /// them, could leave nothing to anybody.
    fn make_room_fairly(&self, resource: Resource, own: u64) -> bool {
        self.heaviest(resource, own).is_some_and(|connection| connection.close(WhyClosed::MadeRoom))
    }

    /// The connection that has the most of a resource, of the network that has the most; of connections themselves, the one
    /// that can be spared most. None where no network has far more than `own`.
    fn heaviest(&self, resource: Resource, own: u64) -> Option<Arc<Connection>> {
        let unfair_share = unfair_share(resource)?;
        let now = self.clock.millis();
        let table = self.table();
        let networks = table.networks.values().filter(|network| network.of(resource) > unfair_share * own);
        let network = networks.max_by_key(|network| network.of(resource))?;
        let connections = table.open.values().filter(|connection| {
            Arc::ptr_eq(network, &connection.of_network) && !connection.is_closing.load(Ordering::Relaxed)
        });
        let heaviest = if resource == Resource::Connections {
            connections.min_by_key(|connection| connection.standing(now).use_of_place())
        } else {
            connections.max_by_key(|connection| connection.takes(resource))
        };
        heaviest.cloned()
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Table {
    /// Counts a network no longer that has no connection, nor what outlives its connection.
    fn forget(&mut self, network: ClientNetwork) {
        let lasting = [Resource::Connections, Resource::Comparisons, Resource::Tables];
        let has_none = |tally: &Arc<Tally>| lasting.into_iter().all(|resource| tally.of(resource) == 0);
        if self.networks.get(&network).is_some_and(has_none) {
            self.networks.remove(&network);
        }
    }
}

impl Connection {
    /// Who is at the other end.
    pub(super) fn client(&self) -> SocketAddr {
        self.client
    }

    /// The answers that were sent on all connections.
    pub(super) fn answers(&self) -> &Answers {
        &self.all.answers
    }

    /// Says what drives the connection.
    pub(super) fn is_driven_by(&self, task: AbortHandle) {
        let task = self.task.get_or_init(|| task);
        if self.is_closing.load(Ordering::SeqCst) {
            task.abort();
        }
    }

    /// Begins a request; none where there are as many as may be.
    pub(super) fn begin_request(&self) -> Option<Arc<Progress>> {
        if !self.take(Resource::Requests, 1) {
            return None;
        }
        let progress = Arc::new(Progress::begin(self.all.clock));
        let mut requests = self.requests();
        requests.has_asked = true;
        requests.under_way.push(Arc::clone(&progress));
        Some(progress)
    }

    /// Ends a request that was begun.
    pub(super) fn end_request(&self, progress: &Arc<Progress>) {
        self.give_back(Resource::Requests, 1);
        let mut requests = self.requests();
        if let Some(at) = requests.under_way.iter().position(|other| Arc::ptr_eq(other, progress)) {
            requests.under_way.swap_remove(at);
        }
        requests.quiet_since = self.all.clock.millis();
    }

    /// Begins a comparison; false where as many are computed as may be.
    pub(super) fn begin_comparison(&self) -> bool {
        self.take(Resource::Comparisons, 1)
    }

    /// Ends a comparison that was begun. The connection may have ended before.
    pub(super) fn end_comparison(&self) {
        self.end_lasting(Resource::Comparisons);
    }

    /// Begins the table that answers a request; false where as many are made as may be.
    pub(super) fn begin_table(&self, request: &Progress) -> bool {
        let is_begun = self.take(Resource::Tables, 1);
        if is_begun {
            request.begin_table();
        }
        is_begun
    }

    /// Ends a table that was begun. The connection may have ended before.
    pub(super) fn end_table(&self, request: &Progress) {
        request.end_table();
        self.end_lasting(Resource::Tables);
    }

    fn end_lasting(&self, resource: Resource) {
        self.give_back(resource, 1);
        self.all.table().forget(self.client.ip().into());
    }

    /// Takes some of a resource; false where there is not enough.
    pub(super) fn take(&self, resource: Resource, amount: u64) -> bool {
        self.all.take(resource, &self.of_network, amount)
    }

    /// Gives back what was taken.
    pub(super) fn give_back(&self, resource: Resource, amount: u64) {
        self.all.give_back(resource, &self.of_network, amount);
    }

    /// Closes the connection and frees its place, unless that has been done before.
    fn close(&self, why: WhyClosed) -> bool {
        if !self.leave() {
            return false;
        }
        self.all.closed[why as usize].fetch_add(1, Ordering::Relaxed);
        tracing::debug!(client = %self.client, ?why, "a connection is closed");
        if let Some(task) = self.task.get() {
            task.abort();
        }
        true
    }

    /// Gives the place back; false where that has been done before.
    fn leave(&self) -> bool {
        let is_first = !self.is_closing.swap(true, Ordering::SeqCst);
        if is_first {
            self.give_back(Resource::Connections, 1);
        }
        is_first
    }

    fn standing(&self, now: u64) -> Standing {
        let requests = self.requests();
        if requests.under_way.is_empty() {
            let time = now.saturating_sub(requests.quiet_since);
            return if requests.has_asked { Standing::Quiet(time) } else { Standing::Silent(time) };
        }
        let stalled = || requests.under_way.iter().map(|progress| progress.stalled(now));
        Standing::Asking {
            one_stalled: stalled().flatten().max(),
            // None is less than any.
            all_stalled: stalled().min().flatten(),
        }
    }

    /// How much of a resource its requests take that are under way.
    fn takes(&self, resource: Resource) -> u64 {
        self.requests().under_way.iter().map(|progress| progress.takes(resource)).sum()
    }

    fn requests(&self) -> MutexGuard<'_, Requests> {
        self.requests.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Place {
    /// The connection that has it.
    pub(super) fn connection(&self) -> &Arc<Connection> {
        &self.connection
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.connection.leave();
        let mut table = self.connection.all.table();
        table.open.remove(&self.number);
        table.forget(self.connection.client.ip().into());
    }
}

#[cfg(test)]
mod tests;
