//! What Prometheus reads.

use std::{
    collections::HashMap,
    fs,
    net::{SocketAddr, TcpStream},
};

use tile_server::serve::{AllowedHosts, DatasetAddress, MetricsOptions};

use crate::support::*;

fn measured() -> TestServer {
    TestServer::start_with(|options| {
        let address = SocketAddr::from(([127, 0, 0, 1], 0));
        options.metrics = Some(MetricsOptions { address, allowed_hosts: AllowedHosts::default() });
        let absent = std::env::temp_dir().join("tessera-absent");
        options.datasets.push(DatasetAddress { id: "absent".to_owned(), place: absent.into() });
    })
}

fn scrape(server: &TestServer, request: &str) -> Answer {
    ask(server.metrics.unwrap(), format!("{request}\r\nConnection: close\r\n\r\n").as_bytes())
}

/// The samples by their name and labels.
fn samples(server: &TestServer) -> HashMap<String, f64> {
    let answer = scrape(server, "GET /metrics HTTP/1.1\r\nHost: localhost");
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("content-type"), Some("application/openmetrics-text; version=1.0.0; charset=utf-8"));
    assert!(answer.text().ends_with("# EOF\n"));
    let lines = answer.text().lines().filter(|line| !line.starts_with('#'));
    let samples = lines.map(|line| line.rsplit_once(' ').unwrap());
    samples.map(|(name, value)| (name.to_owned(), value.parse().unwrap())).collect()
}

/// The samples once the answers to these requests are counted, which is a moment after they were read.
fn samples_after(server: &TestServer, n_answers: f64) -> HashMap<String, f64> {
    loop {
        let samples = samples(server);
        let is_of_answers = |(name, _): &(&String, &f64)| name.starts_with("tessera_answers_total{");
        if samples.iter().filter(is_of_answers).map(|(_, value)| value).sum::<f64>() >= n_answers {
            return samples;
        }
    }
}

#[test]
fn answers_are_counted_by_kind_and_status() {
    let server = measured();
    let pack = format!("/data/demo/{OBS}.pack");
    let tiles = server.get(&format!("/data/demo/tiles/{OBS}/0-2"), &[("Accept-Encoding", "zstd")]);
    assert_eq!(server.get(&pack, &[]).status, 200);
    assert_eq!(server.get(&pack, &[("Range", "bytes=0-9")]).status, 206);
    assert_eq!(server.get(&pack, &[("If-None-Match", "*")]).status, 304);
    assert_eq!(server.get("/data/demo/manifest.tsm", &[]).status, 200);
    assert_eq!(server.get("/api/datasets", &[]).status, 200);
    assert_eq!(server.get("/data/absent/manifest.tsm", &[]).status, 500);
    assert_eq!(server.get("/data/none/manifest.tsm", &[]).status, 404);
    let samples = samples_after(&server, 8.0);
    let of =
        |kind: &str, status: &str| samples[&format!("tessera_answers_total{{kind=\"{kind}\",status=\"{status}\"}}")];
    assert_eq!([of("pack", "2xx"), of("pack", "3xx"), of("tiles", "2xx")], [2.0, 1.0, 1.0]);
    assert_eq!(["2xx", "4xx", "5xx"].map(|status| of("manifest", status)), [1.0; 3]);
    assert_eq!([of("description", "2xx"), of("page", "2xx"), of("none", "2xx")], [1.0, 0.0, 0.0]);
    let sent = |kind: &str| samples[&format!("tessera_sent_bytes_total{{kind=\"{kind}\"}}")];
    assert_eq!(sent("tiles"), tiles.body.len() as f64);
    assert_eq!(sent("pack"), fs::metadata(server.file(&format!("{OBS}.pack"))).unwrap().len() as f64 + 10.0);
    assert_eq!(samples["tessera_answer_seconds_count{kind=\"pack\"}"], 3.0);
    assert_eq!(samples["tessera_answer_seconds_bucket{le=\"+Inf\",kind=\"pack\"}"], 3.0);
    assert_eq!(samples["tessera_answers_cut_off_total"], 0.0);
}

#[test]
fn what_is_taken_is_told() {
    let server = measured();
    let _idle = [(); 3].map(|()| server.connect());
    server.get(&format!("/data/demo/{OBS}.pack"), &[]);
    server.get(&format!("/data/demo/{OBS}.pack"), &[]);
    let samples = samples_after(&server, 2.0);
    assert!(samples["tessera_in_use{resource=\"connections\"}"] >= 3.0);
    assert_eq!(samples["tessera_limit{resource=\"connections\"}"], 1024.0);
    assert_eq!(samples["tessera_in_use{resource=\"bytes\"}"], 0.0);
    assert!(samples["tessera_connections_total"] >= 5.0);
    assert_eq!(
        ["ready", "broken", "outdated", "withdrawn"]
            .map(|condition| { samples[&format!("tessera_datasets{{condition=\"{condition}\"}}")] }),
        [1.0, 1.0, 0.0, 0.0]
    );
    assert_eq!(samples["tessera_open_packs"], 1.0);
    assert_eq!(
        ["open", "closed"].map(|found| samples[&format!("tessera_pack_uses_total{{found=\"{found}\"}}")]),
        [1.0; 2]
    );
    assert_eq!(samples[&format!("tessera_build_info{{version=\"{}\"}}", env!("CARGO_PKG_VERSION"))], 1.0);
    if cfg!(target_os = "linux") {
        assert!(samples["process_open_fds"] >= 5.0 && samples["process_open_fds"] < samples["process_max_fds"]);
        assert!(samples["process_resident_memory_bytes"] > 1e6);
    }
}

#[test]
fn connections_that_ask_nothing_leave_room() {
    let server = measured();
    let _silent: Vec<_> = (0..40).map(|_| TcpStream::connect(server.metrics.unwrap()).unwrap()).collect();
    assert_eq!(scrape(&server, "GET /metrics HTTP/1.1\r\nHost: localhost").status, 200);
}

#[test]
fn what_limits_refuse_is_counted() {
    let server = TestServer::start_with(|options| {
        let address = SocketAddr::from(([127, 0, 0, 1], 0));
        options.metrics = Some(MetricsOptions { address, allowed_hosts: AllowedHosts::default() });
        options.limits.requests = 0;
    });
    assert_eq!(server.get("/healthz", &[]).status, 503);
    let samples = samples_after(&server, 1.0);
    assert_eq!(samples["tessera_refused_total{resource=\"requests\"}"], 1.0);
    assert_eq!(samples["tessera_answers_total{kind=\"none\",status=\"5xx\"}"], 1.0);
}

#[test]
fn metrics_are_at_their_own_address_alone() {
    let server = measured();
    assert_eq!(server.get("/metrics", &[]).status, 404);
    for (request, status) in [
        ("GET / HTTP/1.1\r\nHost: localhost", 404),
        ("GET /data/demo/manifest.tsm HTTP/1.1\r\nHost: localhost", 404),
        ("POST /metrics HTTP/1.1\r\nHost: localhost", 405),
        ("GET /metrics HTTP/1.1\r\nHost: evil.example", 421),
        ("GET /metrics HTTP/1.1", 400),
    ] {
        assert_eq!(scrape(&server, request).status, status, "{request}");
    }
    assert_eq!(TestServer::start().metrics, None);
}
