//! The page around a frame: the one origin that it may be of, and how a port to it is opened.

use std::{cell::RefCell, rc::Rc};

use explorer_core::embed::{Hello, Init, MAX_MESSAGE_BYTES};
use gloo_events::EventListener;
use js_sys::{JSON, Object};
use shared_fbs::api::{EMBED_QUERY, HOST_QUERY};
use wasm_bindgen::JsCast;
use web_sys::{MessageEvent, MessagePort, UrlSearchParams, Window};

/// Bytes that make a nonce which nobody guesses.
const NONCE_BYTES: usize = 16;

/// The page around the document, which is in a frame of it.
pub struct Frame {
    parent: Window,
    /// The one origin that is spoken to.
    origin: String,
}

/// What a host hands over.
pub struct Connection {
    /// Its answer.
    pub init: Init,
    /// What all else goes over.
    pub port: MessagePort,
    /// What the bytes of the dataset come over, where the host supplies them.
    pub bytes: Option<MessagePort>,
}

impl Frame {
    /// The page around the document, where the document's query names its origin and that is among `origins`, which have
    /// spaces between them. Whether it is of that origin is seen to by the browser, who delivers to no other.
    pub(super) fn of(query: &UrlSearchParams, origins: &str) -> Option<Self> {
        let [embed, host] = [EMBED_QUERY, HOST_QUERY].map(|name| query.get(name));
        let origin = host.filter(|origin| embed.as_deref() == Some("1") && is_named(origin, origins))?;
        let window = gloo_utils::window();
        let parent = window.parent().ok().flatten().filter(|parent| !Object::is(parent, &window))?;
        Some(Self { parent, origin })
    }

    /// Says hello about a dataset, and calls once the host has answered as it should. What others post is passed over.
    /// Dropping the listener gives up.
    pub fn connect(self, dataset: &str, connected: impl FnOnce(Connection) + 'static) -> Option<EventListener> {
        let nonce = nonce()?;
        let hello = serde_json::to_string(&Hello::new(dataset, &nonce)).ok()?;
        let Self { parent, origin } = self;
        let (expected, sender) = (origin.clone(), parent.clone());
        let connected = Rc::new(RefCell::new(Some(connected)));
        let listener = EventListener::new(&gloo_utils::window(), "message", move |event| {
            let event: &MessageEvent = event.unchecked_ref();
            let is_hosts =
                event.origin() == expected && event.source().is_some_and(|source| Object::is(&source, &sender));
            if let Some(connection) = is_hosts.then(|| connection(event, &nonce)).flatten()
                // A nonce is good for one answer.
                && let Some(connected) = connected.take()
            {
                connected(connection);
            }
        });
        parent.post_message(&JSON::parse(&hello).ok()?, &origin).ok()?;
        Some(listener)
    }
}

/// Whether an origin is one of a list with spaces between them. That of a sandboxed document, `null`, never is.
fn is_named(origin: &str, origins: &str) -> bool {
    origin != "null" && origins.split_ascii_whitespace().any(|named| named == origin)
}

fn connection(event: &MessageEvent, nonce: &str) -> Option<Connection> {
    // What is no JSON has no text.
    let text = JSON::stringify(&event.data()).ok()?.as_string().filter(|text| text.len() <= MAX_MESSAGE_BYTES)?;
    let init: Init = serde_json::from_str(&text).ok()?;
    let port = |at| event.ports().get(at).dyn_into::<MessagePort>().ok();
    init.answers(nonce).then_some(Connection { init, port: port(0)?, bytes: port(1) })
}

/// Hexadecimal digits that nobody guesses; `None` where the browser has no such.
fn nonce() -> Option<String> {
    let mut bytes = [0; NONCE_BYTES];
    let crypto = gloo_utils::window().crypto().ok()?;
    crypto.get_random_values_with_u8_array(&mut bytes).ok()?;
    Some(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

#[cfg(test)]
mod tests {
    use wasm_bindgen_test::wasm_bindgen_test as test;

    use super::*;

    #[test]
    fn an_origin_is_named_whole_or_not_at_all() {
        let named = "https://a.org http://b.org:81";
        for origin in named.split(' ') {
            assert!(is_named(origin, named), "{origin}");
        }
        for origin in ["", "null", "https://a.or", "https://a.org:8443", "http://a.org", "*", named] {
            assert!(!is_named(origin, named), "{origin}");
        }
        assert!(!is_named("null", "null") && !is_named("", ""));
    }

    #[test]
    fn nonces_are_long_and_differ() {
        let [one, other] = [nonce(), nonce()].map(Option::unwrap_or_default);
        assert_eq!(one.len(), 2 * NONCE_BYTES);
        assert_ne!(one, other);
    }
}
