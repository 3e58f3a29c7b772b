//! One line in the log for each request, written when its answer has been sent.

use std::{
    io,
    net::SocketAddr,
    time::{Duration, Instant},
};

use http::{Method, Request, StatusCode};

/// What is known of a request.
pub(super) struct RequestLine {
    method: Method,
    path: String,
    client: SocketAddr,
    status: StatusCode,
    started: Instant,
}

impl RequestLine {
    /// Starts the clock.
    pub(super) fn start<B>(request: &Request<B>, client: SocketAddr) -> Self {
        Self {
            method: request.method().clone(),
            path: request.uri().path().to_owned(),
            client,
            status: StatusCode::OK,
            started: Instant::now(),
        }
    }

    /// Notes what the answer is.
    pub(super) fn answered(&mut self, status: StatusCode) {
        self.status = status;
    }

    /// The time since the request came in.
    pub(super) fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }

    /// Says that the answer breaks off.
    pub(super) fn cut_off(&self, error: &io::Error) {
        tracing::error!(path = self.path, %error, "an answer was cut off");
    }

    /// Writes the line.
    pub(super) fn write(&self, bytes: u64, complete: bool) {
        tracing::info!(
            target: "tile_server::request",
            method = %self.method,
            path = self.path,
            status = self.status.as_u16(),
            bytes,
            millis = self.elapsed().as_micros() as f64 / 1e3,
            complete,
            client = %self.client,
            "request"
        );
    }
}
