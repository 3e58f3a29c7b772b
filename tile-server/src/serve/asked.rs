//! What the handlers of requests are told, and how they decline.

use std::sync::Arc;

use http::{Response, request};

use super::{body::Body, exchange::Exchange, file_reading::Patience, limits::Limits};

/// A request to be answered from files.
pub(super) struct Asked<'a> {
    /// The request's head.
    pub(super) request: &'a request::Parts,
    /// Its exchange.
    pub(super) exchange: &'a Arc<Exchange>,
    /// The limits on what it may ask for.
    pub(super) limits: &'a Limits,
    /// Whether this thread may wait for the disk.
    pub(super) patience: Patience,
}

/// Why there is no answer with data.
pub(super) enum Declined {
    /// The thread would have to wait and may not.
    NotAtHand,
    /// This is said instead.
    Answer(Box<Response<Body>>),
}

impl From<Response<Body>> for Declined {
    fn from(response: Response<Body>) -> Self {
        Self::Answer(Box::new(response))
    }
}
