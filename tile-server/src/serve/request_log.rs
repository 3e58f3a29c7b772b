//! One line in the log for each request, written when its answer has been sent.

use std::{
    borrow::Cow,
    io,
    sync::Arc,
    time::{Duration, Instant},
};

use http::{Method, Request, StatusCode, Uri};

use super::{
    connections::Connection,
    metrics::{AnswerKind, SentAnswer},
    request_id::RequestId,
    responses::Fault,
    secrets::Secrets,
};

/// What is known of a request.
pub(super) struct RequestLine {
    id: RequestId,
    method: Method,
    uri: Uri,
    connection: Arc<Connection>,
    secrets: Arc<Secrets>,
    status: StatusCode,
    kind: AnswerKind,
    started: Instant,
}

impl RequestLine {
    /// Starts the clock.
    pub(super) fn start<B>(request: &Request<B>, connection: &Arc<Connection>, secrets: &Arc<Secrets>) -> Self {
        Self {
            id: RequestId::of(request.headers()),
            method: request.method().clone(),
            uri: request.uri().clone(),
            connection: Arc::clone(connection),
            secrets: Arc::clone(secrets),
            status: StatusCode::OK,
            kind: AnswerKind::default(),
            started: Instant::now(),
        }
    }

    /// The request's name.
    pub(super) fn id(&self) -> &RequestId {
        &self.id
    }

    /// Notes what the answer is.
    pub(super) fn answered(&mut self, status: StatusCode, kind: AnswerKind) {
        self.status = status;
        self.kind = kind;
    }

    /// The time since the request came in.
    pub(super) fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }

    fn path(&self) -> Cow<'_, str> {
        self.secrets.hidden_in_path(self.uri.path())
    }

    /// Says why the server is at fault.
    pub(super) fn fault(&self, Fault(fault): &Fault) {
        tracing::error!(request = %self.id, path = %self.path(), "{}", self.secrets.hidden(fault));
    }

    /// Says that the answer breaks off.
    pub(super) fn cut_off(&self, error: &io::Error) {
        tracing::error!(request = %self.id, path = %self.path(), %error, "an answer was cut off");
    }

    /// Writes the line, and counts the answer.
    pub(super) fn write(&self, n_bytes: u64, is_complete: bool) {
        let (status, kind, time) = (self.status, self.kind, self.elapsed());
        self.connection.answers().count(&SentAnswer { kind, status, n_bytes, time, is_complete });
        tracing::info!(
            target: "tile_server::request",
            request = %self.id,
            method = %self.method,
            path = %self.path(),
            status = status.as_u16(),
            bytes = n_bytes,
            millis = time.as_micros() as f64 / 1e3,
            complete = is_complete,
            client = %self.connection.client(),
            "request"
        );
    }
}
