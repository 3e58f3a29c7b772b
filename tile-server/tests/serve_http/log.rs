//! The line that every request leaves in the log.

use std::{
    io::{self, Write},
    sync::{Arc, Mutex},
    thread,
    time::Duration,
};

use crate::support::*;

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Lines {
    /// All lines of a request, once its last one is there.
    fn of_request(&self, id: &str) -> Vec<serde_json::Value> {
        loop {
            let text = String::from_utf8(self.0.lock().unwrap().clone()).unwrap();
            let whole = text.rsplit_once('\n').map_or("", |(lines, _)| lines);
            let lines = whole.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
            let found: Vec<_> = lines.filter(|line| line["request"] == id).collect();
            if found.last().is_some_and(|line| line["message"] == "request") {
                return found;
            }
            thread::sleep(Duration::from_millis(5));
        }
    }

    /// The one line about this path, once it is there.
    fn about(&self, path: &str) -> serde_json::Value {
        loop {
            let text = String::from_utf8(self.0.lock().unwrap().clone()).unwrap();
            let whole = text.rsplit_once('\n').map_or("", |(lines, _)| lines);
            let mut found = whole
                .lines()
                .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap())
                .filter(|line| line["path"] == path);
            if let Some(line) = found.next() {
                assert!(found.next().is_none(), "one line for each request");
                return line;
            }
            thread::sleep(Duration::from_millis(5));
        }
    }
}

#[test]
fn every_request_leaves_one_line() {
    let lines = Lines::default();
    let writer = lines.clone();
    let subscriber = tracing_subscriber::fmt().json().flatten_event(true).with_writer(move || writer.clone()).finish();
    tracing::subscriber::set_global_default(subscriber).unwrap();
    let server = TestServer::start();

    // Paths that no other test asks for, since all share one log.
    let path = format!("/data/demo/tiles/{OBS}/0,0,0,0,1");
    let answer = server.get(&format!("{path}?secret=1"), &[("Accept-Encoding", "zstd")]);
    let line = lines.about(&path);
    assert_eq!(line["method"], "GET");
    assert_eq!(line["status"], 200);
    assert_eq!(line["bytes"], answer.body.len());
    assert_eq!(line["complete"], true);
    assert!(line["millis"].as_f64().unwrap() >= 0.0);
    assert!(line["client"].as_str().unwrap().starts_with("127.0.0.1:"));
    assert_eq!(line["request"], answer.header("x-request-id").unwrap());

    server.head("/no/such/file", &[("X-Request-Id", "of-mine.1")]);
    let line = lines.about("/no/such/file");
    assert_eq!((&line["method"], &line["status"]), (&"HEAD".into(), &404.into()));
    assert_eq!((&line["bytes"], &line["complete"]), (&0.into(), &true.into()));
    assert_eq!(line["request"], "of-mine.1");

    // What is the server's fault is said with the request's name, to its sender and in the log.
    let (path, answer) = (format!("/data/demo/tiles/{BROKEN}/0,0,0"), &[("Accept-Encoding", "identity")]);
    let answer = server.get(&path, answer);
    let id = answer.header("x-request-id").unwrap();
    assert!(answer.status == 500 && answer.text().ends_with(&format!("\nRequest {id}\n")), "{}", answer.text());
    let of_request = lines.of_request(id);
    assert_eq!(of_request.len(), 2);
    assert_eq!((&of_request[0]["level"], &of_request[0]["path"]), (&"ERROR".into(), &path.into()));
    assert!(of_request[0]["message"].as_str().unwrap().starts_with("A tile cannot be inflated"));
}
