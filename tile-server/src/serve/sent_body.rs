//! A body as it is sent: within what may be in memory at one time, watched until its last byte, and then said in the log.

use std::{
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};

use bytes::Buf;
use http::{Response, header};
use hyper::body::{Body as HttpBody, Frame, SizeHint};
use tokio::time::{Sleep, sleep};

use super::{
    body::Body,
    exchange::{Exchange, HeldBytes, Piece},
    piece_buffers::PIECE_BYTES,
    request_log::RequestLine,
};

/// How long to wait until room for a piece is looked for again.
const ROOM_PAUSE: Duration = Duration::from_millis(20);

/// A body that is sent as the answer of an exchange.
pub(super) struct SentBody {
    body: Body,
    /// None where there was no room for the request.
    exchange: Option<Arc<Exchange>>,
    /// Room for the piece that is being read.
    room: Option<HeldBytes>,
    /// Ready when room may be looked for again.
    pause: Option<Pin<Box<Sleep>>>,
    transfer_time: Duration,
    line: RequestLine,
    /// The length stated to the client.
    length: Option<u64>,
    n_sent: u64,
    has_ended: bool,
}

impl SentBody {
    /// Follows this answer, whose last byte must be read within `transfer_time`.
    pub(super) fn of(
        response: Response<Body>,
        exchange: Option<Arc<Exchange>>,
        mut line: RequestLine,
        transfer_time: Duration,
    ) -> Response<Self> {
        let kind = exchange.as_ref().map(|exchange| exchange.kind()).unwrap_or_default();
        line.answered(response.status(), kind);
        let length = response.headers().get(header::CONTENT_LENGTH);
        let length = length.and_then(|length| length.to_str().ok()?.parse().ok());
        if let Some(exchange) = &exchange {
            exchange.progress().clients_turn();
        }
        response.map(|body| Self {
            body,
            exchange,
            room: None,
            pause: None,
            transfer_time,
            line,
            length,
            n_sent: 0,
            has_ended: false,
        })
    }

    fn poll_piece(&mut self, context: &mut Context<'_>) -> Poll<Option<io::Result<Piece>>> {
        let reading = match &mut self.body {
            Body::Whole(bytes, held) => {
                let piece = Piece::new(std::mem::take(bytes), self.exchange.clone(), held.take());
                return Poll::Ready(piece.has_remaining().then_some(Ok(piece)));
            }
            Body::Read(reading) => reading,
        };
        if self.line.elapsed() > self.transfer_time {
            let why = "the answer took longer than a transfer may";
            return Poll::Ready(Some(Err(io::Error::new(io::ErrorKind::TimedOut, why))));
        }
        if let (None, Some(exchange)) = (&self.room, &self.exchange) {
            while self.room.is_none() {
                if let Some(pause) = &mut self.pause {
                    ready!(pause.as_mut().poll(context));
                    self.pause = None;
                }
                self.room = exchange.hold(PIECE_BYTES);
                if self.room.is_none() {
                    self.pause = Some(Box::pin(sleep(ROOM_PAUSE)));
                }
            }
        }
        let outcome = ready!(reading.poll_piece(context));
        let mut room = self.room.take();
        Poll::Ready(outcome.map(|piece| {
            let bytes = piece?;
            if let Some(room) = &mut room {
                room.shrink_to(bytes.len());
            }
            Ok(Piece::new(bytes, self.exchange.clone(), room))
        }))
    }
}

impl HttpBody for SentBody {
    type Data = Piece;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Piece>, io::Error>>> {
        let outcome = self.poll_piece(context);
        if let Some(exchange) = &self.exchange {
            let progress = exchange.progress();
            if outcome.is_pending() { progress.servers_turn() } else { progress.clients_turn() }
        }
        outcome.map(|piece| match piece {
            Some(Ok(piece)) => {
                self.n_sent += piece.remaining() as u64;
                Some(Ok(Frame::data(piece)))
            }
            Some(Err(error)) => {
                self.line.cut_off(&error);
                Some(Err(error))
            }
            None => {
                self.has_ended = true;
                None
            }
        })
    }

    fn is_end_stream(&self) -> bool {
        match &self.body {
            Body::Whole(bytes, _) => bytes.is_empty(),
            Body::Read(_) => false,
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.body {
            Body::Whole(bytes, _) => SizeHint::with_exact(bytes.len() as u64),
            Body::Read(_) => SizeHint::default(),
        }
    }
}

impl Drop for SentBody {
    fn drop(&mut self) {
        // A body of known length is let go of as soon as its last byte is taken.
        let is_complete = self.has_ended || self.is_end_stream() || self.length == Some(self.n_sent);
        self.line.write(self.n_sent, is_complete);
    }
}
