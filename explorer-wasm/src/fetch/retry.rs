//! Asking again, with growing pauses.

use web_sys::AbortSignal;

use super::{
    FetchError,
    http::{Body, Request},
};
use crate::platform;

/// Pauses between attempts, about; one more attempt than pauses. Where one request in twenty fails,
/// one in 160 000 fails as often as this.
const PAUSES_MILLIS: [f64; 3] = [250.0, 1000.0, 4000.0];

/// Attempts that may fall silent before the server is given up: each has taken long.
const MOST_SILENCES: usize = 3;

/// Answers that may break off before another route is tried, where there is one: the browser tells a tile
/// that it cannot inflate and a connection that was cut by the same words.
const MOST_BREAKS: usize = 2;

/// Sends a request, again when it fails in a way that may pass.
pub(super) async fn send(request: &Request, signal: Option<&AbortSignal>) -> Result<Body, FetchError> {
    send_until(request, signal, usize::MAX).await
}

/// The same where another route leads to the answer, which is soon taken when the answer breaks off.
pub(super) async fn send_or_turn(request: &Request, signal: Option<&AbortSignal>) -> Result<Body, FetchError> {
    send_until(request, signal, MOST_BREAKS).await
}

async fn send_until(request: &Request, signal: Option<&AbortSignal>, most_breaks: usize) -> Result<Body, FetchError> {
    let (mut n_silences, mut n_breaks) = (0, 0);
    for pause_millis in PAUSES_MILLIS {
        let answer = request.send(signal).await;
        n_silences += usize::from(matches!(answer, Err(FetchError::Stalled)));
        n_breaks += usize::from(matches!(answer, Err(FetchError::Body)));
        match answer {
            Err(error) if error.is_passing() && n_silences < MOST_SILENCES && n_breaks < most_breaks => {
                platform::sleep(spread(pause_millis, js_sys::Math::random())).await;
            }
            done => return done,
        }
    }
    request.send(signal).await
}

/// Half of the pause to one and a half of it, so that the many whom one failure met do not come back
/// all at once.
fn spread(pause_millis: f64, random: f64) -> u32 {
    (pause_millis * (0.5 + random)) as u32
}

#[cfg(test)]
mod tests {
    use wasm_bindgen_test::wasm_bindgen_test as test;

    use super::*;

    #[test]
    fn pauses_are_spread_about_their_length() {
        assert_eq!([0.0, 0.5, 0.999].map(|random| spread(1000.0, random)), [500, 1000, 1499]);
    }
}
