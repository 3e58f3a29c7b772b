//! Asking again, with growing pauses.

use web_sys::AbortSignal;

use super::{
    FetchError,
    http::{Body, Request},
};
use crate::platform;

/// Pauses between attempts; one more attempt than pauses.
const PAUSES_MILLIS: [i32; 2] = [300, 1200];

/// Sends a request, again when it fails in a way that may pass.
pub(super) async fn send(request: &Request, signal: Option<&AbortSignal>) -> Result<Body, FetchError> {
    for pause_millis in PAUSES_MILLIS {
        match request.send(signal).await {
            Err(error) if error.is_passing() => platform::sleep(pause_millis).await,
            done => return done,
        }
    }
    request.send(signal).await
}
