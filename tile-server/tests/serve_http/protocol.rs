//! HTTP/1.1 with one connection for many requests, and HTTP/2 without TLS.

use std::io::{BufRead, BufReader, Read, Write};

use bytes::Bytes;
use http_body_util::{BodyExt, Empty};
use hyper_util::rt::{TokioExecutor, TokioIo};

use crate::support::*;

#[test]
fn one_connection_answers_many_requests_in_order() {
    let server = TestServer::start();
    let mut stream = server.connect();
    let request = |path: &str| format!("GET {path} HTTP/1.1\r\nHost: test\r\n\r\n");
    // Sent at once: the second waits for the first.
    let both = request("/healthz") + &request("/data/demo/manifest.tsm");
    stream.write_all(both.as_bytes()).unwrap();
    let mut reader = BufReader::new(stream);
    for expected in ["ok\n", "first"] {
        let mut length = 0;
        loop {
            let mut line = String::new();
            reader.read_line(&mut line).unwrap();
            if let Some(value) = line.strip_prefix("content-length: ") {
                length = value.trim().parse().unwrap();
            }
            if line == "\r\n" {
                break;
            }
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body).unwrap();
        assert_eq!(body, expected.as_bytes());
    }
}

#[test]
fn http_2_answers_requests_side_by_side() {
    let server = TestServer::start();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let stream = tokio::net::TcpStream::connect(server.address).await.unwrap();
        let (sender, connection) =
            hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
        tokio::spawn(connection);
        let ask = |path: String, range: Option<&'static str>| {
            let mut sender = sender.clone();
            async move {
                let mut request = http::Request::get(format!("http://test{path}"));
                if let Some(range) = range {
                    request = request.header("range", range);
                }
                let request = request.body(Empty::<Bytes>::new()).unwrap();
                let (head, body) = sender.send_request(request).await.unwrap().into_parts();
                (head.status.as_u16(), body.collect().await.unwrap().to_bytes())
            }
        };
        let (pack, part, health) = tokio::join!(
            ask(format!("/data/demo/{POINTS}.pack"), None),
            ask(format!("/data/demo/{OBS}.pack"), Some("bytes=1-3")),
            ask("/healthz".to_owned(), None),
        );
        assert!(pack.0 == 200 && pack.1 == noise(POINTS_BYTES));
        assert_eq!((part.0, &*part.1), (206, &frame(0)[1..4]));
        assert_eq!((health.0, &*health.1), (200, &b"ok\n"[..]));
    });
}
