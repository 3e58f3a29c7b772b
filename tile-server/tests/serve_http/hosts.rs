//! What requests call the server by.

use tile_server::serve::AllowedHosts;

use crate::support::*;

const FILES: [&str; 3] = ["/healthz", "/api/datasets", "/data/demo/manifest.tsm"];

fn get(server: &TestServer, path: &str, headers: &str) -> Answer {
    server.raw(format!("GET {path} HTTP/1.1\r\n{headers}Connection: close\r\n\r\n").as_bytes())
}

#[test]
fn a_name_that_is_not_the_servers_reads_nothing() {
    let server = TestServer::start_with(|options| options.allowed_hosts = AllowedHosts::Own);
    let port = server.address.port();
    for path in FILES {
        for host in
            ["evil.example".to_owned(), format!("evil.example:{port}"), format!("127.0.0.1.evil.example:{port}")]
        {
            let answer = get(&server, path, &format!("Host: {host}\r\n"));
            assert_eq!(answer.status, 421, "{path} {host}");
            assert!(answer.text().contains("--allow-host"), "{}", answer.text());
            assert_eq!(answer.header("cache-control"), Some("no-store"));
        }
        for host in [format!("127.0.0.1:{port}"), format!("localhost:{port}"), "[::1]".to_owned()] {
            assert_eq!(get(&server, path, &format!("Host: {host}\r\n")).status, 200, "{path} {host}");
        }
        let target = format!("http://evil.example:{port}{path}");
        assert_eq!(get(&server, &target, &format!("Host: localhost:{port}\r\n")).status, 421, "{target}");
    }
}

#[test]
fn names_that_are_allowed_are_answered() {
    let allow = |names: &[&str]| AllowedHosts::parse(&names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>());
    let server =
        TestServer::start_with(|options| options.allowed_hosts = allow(&["cells.example.org", "b.org"]).unwrap());
    assert_eq!(get(&server, "/healthz", "Host: Cells.Example.Org:443\r\n").status, 200);
    assert_eq!(get(&server, "/healthz", "Host: evil.example\r\n").status, 421);
    let server = TestServer::start_with(|options| options.allowed_hosts = allow(&["*"]).unwrap());
    assert_eq!(get(&server, "/healthz", "Host: evil.example\r\n").status, 200);
}

#[test]
fn a_request_names_one_host() {
    let server = TestServer::start();
    for headers in
        ["", "Host: test\r\nHost: test\r\n", "Host: a\r\nHost: b\r\n", "Host: user@test\r\n", "Host: a b\r\n"]
    {
        let answer = get(&server, "/healthz", headers);
        assert_eq!(answer.status, 400, "{headers:?}");
        assert!(answer.text().contains("one host"), "{}", answer.text());
    }
    let old = server.raw(b"GET /healthz HTTP/1.0\r\n\r\n");
    assert_eq!(old.status, 200);
}
