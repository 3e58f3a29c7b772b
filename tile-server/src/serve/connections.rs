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
    shares::{ClientNetwork, Resource, Tally, most, most_of_one},
};

/// A client that has not moved for so long gives way where something has run out.
const GIVES_WAY_MILLIS: u64 = 2000;

/// Where all clients together have as much as may be, one that has so many times as much as the one that asks is not
/// spared, even where it moves.
const UNFAIR_SHARE: u64 = 4;

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
            || self.who_gives_way(Resource::Connections, None).is_some()
    }

    /// Takes a connection in; none where its address has as many as it may, all of them busy.
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
        self.make_room(Resource::Connections, None)
    }

    /// Takes some of a resource for a client of this network. Where there is not enough, somebody who does not move gives
    /// way, or else, where that is for the others, somebody of a network that has far more; false where there is nobody.
    fn take(&self, resource: Resource, of_network: &Arc<Tally>, amount: u64) -> bool {
        let all = self.total.add(resource, amount);
        let one = of_network.add(resource, amount);
        // Requests and bytes of who gives way come free a moment later; until then a little more is taken than may be.
        let is_taken = if one > most_of_one(&self.limits, resource) {
            self.make_room(resource, Some(of_network))
        } else {
            all <= most(&self.limits, resource)
                || self.make_room(resource, None)
                || (matches!(resource, Resource::Requests | Resource::Bytes) && self.make_room_fairly(resource, one))
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

    fn make_room(&self, resource: Resource, of_network: Option<&Arc<Tally>>) -> bool {
        self.who_gives_way(resource, of_network).is_some_and(|connection| connection.close(WhyClosed::MadeRoom))
    }

    /// The connection that can be spared most: silent ones go before quiet ones, those before others, and the longest
    /// first.
    fn who_gives_way(&self, resource: Resource, of_network: Option<&Arc<Tally>>) -> Option<Arc<Connection>> {
        let now = self.clock.millis();
        let grace = GIVES_WAY_MILLIS.min(millis(self.limits.stall_time));
        let table = self.table();
        let may_go = |connection: &&Arc<Connection>| {
            of_network.is_none_or(|network| Arc::ptr_eq(network, &connection.of_network))
                && !connection.is_closing.load(Ordering::Relaxed)
        };
        let priority = |connection: &Arc<Connection>| match (connection.standing(now), resource) {
            (Standing::Silent(time), Resource::Connections) => Some((0, Reverse(time))),
            (Standing::Quiet(time), Resource::Connections) => Some((1, Reverse(time))),
            // When a comparison ends depends on no connection.
            (_, Resource::Comparisons)
            | (Standing::Silent(_) | Standing::Quiet(_), Resource::Requests | Resource::Bytes) => None,
            (Standing::Asking { one_stalled, .. }, _) => {
                let holds_some = resource != Resource::Bytes || connection.holds_bytes();
                one_stalled.filter(|&time| time >= grace && holds_some).map(|time| (2, Reverse(time)))
            }
        };
        let candidates = table.open.values().filter(may_go);
        let ranked = candidates.filter_map(|connection| Some((priority(connection)?, connection)));
        ranked.min_by_key(|&(priority, _)| priority).map(|(_, connection)| Arc::clone(connection))
    }

    /// Closes the connection with the most requests of the network that has the most of a resource, where that is far more
    /// than `own`, what the network has for which it is asked. Otherwise a few that take their answers slowly, but take
    /// them, could leave nothing to anybody.
    fn make_room_fairly(&self, resource: Resource, own: u64) -> bool {
        let heaviest = {
            let table = self.table();
            let networks = table.networks.values().filter(|network| network.of(resource) > UNFAIR_SHARE * own);
            let connection = networks.max_by_key(|network| network.of(resource)).and_then(|network| {
                let connections = table.open.values().filter(|connection| {
                    Arc::ptr_eq(network, &connection.of_network) && !connection.is_closing.load(Ordering::Relaxed)
                });
                connections.max_by_key(|connection| connection.requests().under_way.len())
            });
            connection.cloned()
        };
        heaviest.is_some_and(|connection| connection.close(WhyClosed::MadeRoom))
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Table {
    /// Counts a network no longer that has no connection, nor a comparison that outlives its connection.
    fn forget(&mut self, network: ClientNetwork) {
        let has_none = |tally: &Arc<Tally>| {
            [Resource::Connections, Resource::Comparisons].into_iter().all(|resource| tally.of(resource) == 0)
        };
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
        self.give_back(Resource::Comparisons, 1);
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

    fn holds_bytes(&self) -> bool {
        self.requests().under_way.iter().any(|progress| progress.held_bytes() > 0)
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
mod tests {
    use std::time::Duration;

    use super::*;

    fn connections(adapt: impl FnOnce(&mut Limits)) -> Arc<Connections> {
        let mut limits = Limits { connections: 4, requests: 4, bytes_in_flight: 100, ..Limits::default() };
        adapt(&mut limits);
        Connections::new(limits)
    }

    fn admit(all: &Arc<Connections>, host: u8) -> Option<Place> {
        all.admit(SocketAddr::from(([10, 0, 0, host], 1)))
    }

    fn is_closing(place: &Place) -> bool {
        place.connection.is_closing.load(Ordering::Relaxed)
    }

    #[test]
    fn the_silent_go_before_the_quiet_and_those_before_the_busy() {
        let all = connections(|limits| (limits.connections, limits.requests) = (6, 8));
        let busy = admit(&all, 1).unwrap();
        let request = busy.connection.begin_request().unwrap();
        let quiet = admit(&all, 1).unwrap();
        let connection = quiet.connection();
        connection.end_request(&connection.begin_request().unwrap());
        let silent = admit(&all, 1).unwrap();
        // The network's half is taken.
        let fourth = admit(&all, 1).unwrap();
        assert_eq!([&busy, &quiet, &silent].map(is_closing), [false, false, true]);
        drop(silent);
        let fourth_request = fourth.connection.begin_request().unwrap();
        let fifth = admit(&all, 1).unwrap();
        assert_eq!([&busy, &quiet, &fourth].map(is_closing), [false, true, false]);
        drop(quiet);
        let fifth_request = fifth.connection.begin_request().unwrap();
        assert!(admit(&all, 1).is_none(), "all of its connections are busy");
        assert!(admit(&all, 2).is_some(), "another network has its own half");
        drop((request, fourth_request, fifth_request));
    }

    #[test]
    fn requests_give_way_only_when_the_client_has_stopped() {
        let all = connections(|limits| limits.stall_time = Duration::ZERO);
        let [stalled, other] = [admit(&all, 1).unwrap(), admit(&all, 1).unwrap()];
        let requests = [(); 2].map(|()| stalled.connection.begin_request().unwrap());
        assert!(other.connection.begin_request().is_none(), "the server has not answered yet");
        assert!(!is_closing(&stalled));
        requests[0].clients_turn();
        assert!(other.connection.begin_request().is_some());
        assert!(is_closing(&stalled) && !is_closing(&other));
        assert!(other.connection.begin_request().is_none(), "nobody else can be spared");
    }

    #[test]
    fn who_has_far_less_is_served_even_where_all_others_move() {
        let all = connections(|limits| (limits.connections, limits.requests) = (16, 16));
        let places: Vec<Place> = [1, 1, 2, 2].into_iter().map(|host| admit(&all, host).unwrap()).collect();
        let begin = |place: &Place| place.connection.begin_request();
        let requests: Vec<_> = [0, 0, 0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3, 3, 3]
            .into_iter()
            .map(|at: usize| begin(&places[at]).unwrap())
            .collect();
        let newcomer = admit(&all, 3).unwrap();
        assert!(begin(&newcomer).is_some());
        let closing: Vec<bool> = places.iter().map(is_closing).collect();
        assert!(closing == [true, false, false, false] || closing == [false, false, false, true], "{closing:?}");
        assert!(!is_closing(&newcomer));
        assert!(begin(&places[1]).is_none(), "it has its half");
        drop(requests);
    }

    #[test]
    fn bytes_are_had_of_who_holds_some() {
        let all = connections(|limits| limits.stall_time = Duration::ZERO);
        let [idle, holding] = [(); 2].map(|()| admit(&all, 1).unwrap());
        let idle_request = idle.connection.begin_request().unwrap();
        idle_request.clients_turn();
        let request = holding.connection.begin_request().unwrap();
        assert!(holding.connection.take(Resource::Bytes, 50));
        assert!(!idle.connection.take(Resource::Bytes, 1));
        request.hold(50);
        request.clients_turn();
        assert!(idle.connection.take(Resource::Bytes, 1));
        assert!(is_closing(&holding) && !is_closing(&idle));
    }

    #[test]
    fn one_comparison_is_left_to_others_even_by_who_leaves_theirs_behind() {
        let all = connections(|limits| limits.computations = 3);
        let place = admit(&all, 1).unwrap();
        let gone = Arc::clone(place.connection());
        assert!(gone.begin_comparison());
        // The comparison goes on.
        drop(place);
        let [same, other] = [1, 2].map(|host| admit(&all, host).unwrap());
        assert!(same.connection.begin_comparison());
        assert!(!same.connection.begin_comparison(), "the last one is for others");
        assert!(other.connection.begin_comparison());
        assert!(!other.connection.begin_comparison(), "there is none left");
        gone.end_comparison();
        assert!(same.connection.begin_comparison());
    }

    #[test]
    fn all_is_given_back() {
        let all = connections(|_| {});
        for host in [1, 1, 2] {
            let place = admit(&all, host).unwrap();
            let connection = place.connection();
            let request = connection.begin_request().unwrap();
            assert!(connection.take(Resource::Bytes, 10));
            connection.give_back(Resource::Bytes, 10);
            connection.end_request(&request);
            assert!(connection.begin_comparison());
            connection.end_comparison();
        }
        for resource in [Resource::Connections, Resource::Requests, Resource::Bytes, Resource::Comparisons] {
            assert_eq!(all.total.of(resource), 0, "{resource:?}");
        }
        assert!(all.table().networks.is_empty() && all.table().open.is_empty());
    }

    #[test]
    fn who_does_not_move_is_closed_in_the_end() {
        let all = connections(|limits| {
            limits.connections = 8;
            limits.requests = 8;
            limits.first_request_time = Duration::from_millis(20);
            limits.stall_time = Duration::from_millis(20);
        });
        let places = [(); 4].map(|()| admit(&all, 1).unwrap());
        let [_silent, quiet, half, stalled] = &places;
        quiet.connection.end_request(&quiet.connection.begin_request().unwrap());
        let requests = [half, half, stalled].map(|place| place.connection.begin_request().unwrap());
        requests[0].clients_turn();
        requests[2].clients_turn();
        all.close_overdue();
        assert_eq!(places.each_ref().map(is_closing), [false; 4]);
        std::thread::sleep(Duration::from_millis(50));
        all.close_overdue();
        assert_eq!(places.each_ref().map(is_closing), [true, false, false, true]);
    }
}
