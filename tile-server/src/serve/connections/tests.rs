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
fn two_addresses_with_all_connections_leave_room_to_a_third_whatever_they_do() {
    for n_requests in [0, 1] {
        let all = connections(|limits| (limits.connections, limits.requests) = (12, 12));
        let mut places: Vec<Place> =
            [1, 2].into_iter().flat_map(|host| [host; 6]).filter_map(|host| admit(&all, host)).collect();
        let requests: Vec<_> = places
            .iter()
            .flat_map(|place| (0..n_requests).map(|_| place.connection.begin_request().unwrap()))
            .collect();
        assert_eq!((places.len(), requests.len()), (12, 12 * n_requests));
        assert!(all.has_room());
        let newcomer = admit(&all, 3).unwrap();
        assert_eq!(places.iter().filter(|place| is_closing(place)).count(), 1);
        // They come again at once, and take no place of who has not asked yet.
        for host in [1, 2, 1, 2, 1, 2] {
            places.extend(admit(&all, host));
        }
        assert!(!is_closing(&newcomer), "{n_requests}");
        assert!(newcomer.connection.begin_request().is_some());
        assert!(!is_closing(&newcomer));
        drop(requests);
    }
}

#[test]
fn who_has_just_come_is_not_closed_for_others_before_it_could_ask() {
    let all = connections(|limits| (limits.connections, limits.requests) = (3, 3));
    let places = [1, 2, 3].map(|host| admit(&all, host).unwrap());
    assert!(!all.has_room() && admit(&all, 4).is_none());
    let connection = places[1].connection();
    connection.end_request(&connection.begin_request().unwrap());
    assert!(admit(&all, 4).is_some());
    assert_eq!(places.each_ref().map(is_closing), [false, true, false]);
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
fn tables_are_shared_among_addresses_and_who_has_most_gives_way() {
    let all = connections(|limits| (limits.connections, limits.requests, limits.tables) = (32, 32, 8));
    let begin = |host| {
        let place = admit(&all, host).unwrap();
        let request = place.connection.begin_request().unwrap();
        let is_begun = place.connection.begin_table(&request);
        (place, request, is_begun)
    };
    let tables: Vec<_> = [1, 1, 1, 1, 2, 2, 2, 2].map(begin).into();
    assert!(tables.iter().all(|(_, _, is_begun)| *is_begun));
    assert!(!begin(1).2, "it has its half");
    // All of them move.
    let newcomer = begin(3);
    assert!(newcomer.2 && !is_closing(&newcomer.0));
    assert_eq!(tables.iter().filter(|(place, ..)| is_closing(place)).count(), 1);
}

#[test]
fn a_table_gives_way_whose_client_has_stopped() {
    let all = connections(|limits| {
        (limits.connections, limits.requests, limits.tables) = (32, 32, 2);
        limits.stall_time = Duration::ZERO;
    });
    let places = [1, 1, 2].map(|host| admit(&all, host).unwrap());
    let requests = places.each_ref().map(|place| place.connection.begin_request().unwrap());
    assert!(places[1].connection.begin_table(&requests[1]));
    assert!(places[2].connection.begin_table(&requests[2]));
    assert!(!places[0].connection.begin_table(&requests[0]), "the table that its address has is being made");
    // A request without a table has none to give.
    requests[0].clients_turn();
    requests[1].clients_turn();
    let last = admit(&all, 1).unwrap();
    let request = last.connection.begin_request().unwrap();
    assert!(last.connection.begin_table(&request));
    assert_eq!(places.each_ref().map(is_closing), [false, true, false]);
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
        assert!(connection.begin_table(&request));
        connection.end_table(&request);
    }
    for resource in Resource::ALL {
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
