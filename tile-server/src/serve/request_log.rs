//! One line in the log for each request, written when its answer has been sent.

use std::{
    io,
    net::SocketAddr,
    pin::Pin,
    task::{Context, Poll, ready},
    time::{Duration, Instant},
};

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode, header};
use hyper::body::{Body as HttpBody, Frame, SizeHint};
use tokio::time::{Sleep, sleep};

use super::body::Body;

/// What is known of a request when it comes in.
pub(super) struct RequestLine {
    method: Method,
    path: String,
    client: Option<SocketAddr>,
    started: Instant,
}

impl RequestLine {
    /// Starts the clock.
    pub(super) fn start<B>(request: &Request<B>, client: Option<SocketAddr>) -> Self {
        Self {
            method: request.method().clone(),
            path: request.uri().path().to_owned(),
            client,
            started: Instant::now(),
        }
    }

    /// Follows the answer until its last byte, which must be sent within `transfer_time`.
    pub(super) fn follow(self, response: Response<Body>, transfer_time: Duration) -> Response<SentBody> {
        let status = response.status();
        let length =
            response.headers().get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
        response.map(|body| SentBody {
            body,
            deadline: Box::pin(sleep(transfer_time)),
            line: self,
            status,
            length,
            bytes: 0,
            ended: false,
        })
    }
}

/// A body that counts what it gives, ends at its deadline, and writes the log when it is let go of.
pub(super) struct SentBody {
    body: Body,
    deadline: Pin<Box<Sleep>>,
    line: RequestLine,
    status: StatusCode,
    /// The length stated to the client.
    length: Option<u64>,
    bytes: u64,
    ended: bool,
}

impl HttpBody for SentBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        if self.deadline.as_mut().poll(context).is_ready() {
            return Poll::Ready(Some(Err(io::Error::new(
                io::ErrorKind::TimedOut,
                "the answer took longer than a transfer may",
            ))));
        }
        let frame = ready!(Pin::new(&mut self.body).poll_frame(context));
        match &frame {
            Some(Ok(frame)) => self.bytes += frame.data_ref().map_or(0, |data| data.len() as u64),
            Some(Err(error)) => {
                tracing::error!(path = self.line.path, %error, "an answer was cut off");
            }
            None => self.ended = true,
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for SentBody {
    fn drop(&mut self) {
        // A body of known length is let go of as soon as its last byte is taken.
        let complete = self.ended || self.body.is_end_stream() || self.length == Some(self.bytes);
        let elapsed = self.line.started.elapsed();
        tracing::info!(
            target: "tile_server::request",
            method = %self.line.method,
            path = self.line.path,
            status = self.status.as_u16(),
            bytes = self.bytes,
            millis = elapsed.as_micros() as f64 / 1e3,
            complete,
            client = self.line.client.map(tracing::field::display),
            "request"
        );
    }
}
