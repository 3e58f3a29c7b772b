//! A request and its answer, which are counted until the last byte of the answer has been taken.

use std::{
    io::IoSlice,
    sync::{
        Arc,
        atomic::{AtomicU8, Ordering},
    },
};

use bytes::{Buf, Bytes};

use super::{connections::Connection, metrics::AnswerKind, progress::Progress, shares::Resource};

/// A request under way. It ends when the last piece of its answer is let go of.
pub(super) struct Exchange {
    connection: Arc<Connection>,
    progress: Arc<Progress>,
    kind: AtomicU8,
}

impl Exchange {
    /// Begins a request of this connection; none where there are as many as may be.
    pub(super) fn begin(connection: &Arc<Connection>) -> Option<Arc<Self>> {
        let progress = connection.begin_request()?;
        Some(Arc::new(Self { connection: Arc::clone(connection), progress, kind: AtomicU8::default() }))
    }

    /// How far it has come.
    pub(super) fn progress(&self) -> &Progress {
        &self.progress
    }

    /// What it is answered with, once that is known.
    pub(super) fn kind(&self) -> AnswerKind {
        AnswerKind::of_number(self.kind.load(Ordering::Relaxed))
    }

    /// Says what it is answered with.
    pub(super) fn is_about(&self, kind: AnswerKind) {
        self.kind.store(kind.number(), Ordering::Relaxed);
    }

    /// Room for so many bytes in memory; none where there is not enough.
    pub(super) fn hold(self: &Arc<Self>, bytes: usize) -> Option<HeldBytes> {
        let mut held = HeldBytes { exchange: Arc::clone(self), bytes: 0 };
        held.grow(bytes).then_some(held)
    }

    /// A place among the tables that are made; none where there are as many as may be.
    pub(super) fn make_table(&self) -> Option<TablePlace> {
        let (connection, progress) = (&self.connection, &self.progress);
        let place = || TablePlace { connection: Arc::clone(connection), progress: Arc::clone(progress) };
        connection.begin_table(progress).then(place)
    }

    /// A place among the comparisons that are computed; none where there are as many as may be.
    pub(super) fn compute(&self) -> Option<ComputePlace> {
        self.connection.begin_comparison().then(|| ComputePlace(Arc::clone(&self.connection)))
    }
}

/// A place among the comparisons that are computed; given back when dropped. It may outlive its request, as the work may.
pub(super) struct ComputePlace(Arc<Connection>);

impl Drop for ComputePlace {
    fn drop(&mut self) {
        self.0.end_comparison();
    }
}

/// A place among the tables that are made; given back when dropped. It may outlive its request where a disk hangs.
pub(super) struct TablePlace {
    connection: Arc<Connection>,
    progress: Arc<Progress>,
}

impl Drop for TablePlace {
    fn drop(&mut self) {
        self.connection.end_table(&self.progress);
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        self.connection.end_request(&self.progress);
    }
}

/// Room for some bytes in memory; given back when dropped.
pub(super) struct HeldBytes {
    exchange: Arc<Exchange>,
    bytes: u64,
}

impl HeldBytes {
    /// Makes room for more; false, and as before, where there is not enough.
    pub(super) fn grow(&mut self, bytes: usize) -> bool {
        let Exchange { connection, progress, kind: _ } = &*self.exchange;
        let is_taken = connection.take(Resource::Bytes, bytes as u64);
        if is_taken {
            progress.hold(bytes as u64);
            self.bytes += bytes as u64;
        }
        is_taken
    }

    /// Gives back what is more than this.
    pub(super) fn shrink_to(&mut self, bytes: usize) {
        let Exchange { connection, progress, kind: _ } = &*self.exchange;
        let more = self.bytes.saturating_sub(bytes as u64);
        connection.give_back(Resource::Bytes, more);
        progress.release(more);
        self.bytes -= more;
    }
}

impl Drop for HeldBytes {
    fn drop(&mut self) {
        self.shrink_to(0);
    }
}

/// Bytes of an answer on their way to the client, which say when they have moved.
pub(super) struct Piece {
    bytes: Bytes,
    exchange: Option<Arc<Exchange>>,
    /// Where they are in memory for this answer only.
    _held: Option<HeldBytes>,
}

impl Piece {
    /// These bytes of an answer, which is that of an exchange unless there was no room for the request.
    pub(super) fn new(bytes: Bytes, exchange: Option<Arc<Exchange>>, held: Option<HeldBytes>) -> Self {
        Self { bytes, exchange, _held: held }
    }
}

impl Buf for Piece {
    fn remaining(&self) -> usize {
        self.bytes.remaining()
    }

    fn chunk(&self) -> &[u8] {
        self.bytes.chunk()
    }

    fn chunks_vectored<'a>(&'a self, slices: &mut [IoSlice<'a>]) -> usize {
        self.bytes.chunks_vectored(slices)
    }

    /// This many have gone to the system, which takes no more than the client is about to take.
    fn advance(&mut self, count: usize) {
        if let Some(exchange) = &self.exchange {
            exchange.progress.moved(count as u64);
        }
        self.bytes.advance(count);
    }
}
