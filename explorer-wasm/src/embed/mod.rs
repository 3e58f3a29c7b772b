//! The Explorer in a frame of a host's page: the port to the host, its requests, and what it is told.
//!
//! The protocol is `explorer_core::embed`'s; here are the browser's side of it and the store's.

// A new request or state of a job must be thought of everywhere: no match passes over what it does not know.
#![warn(clippy::wildcard_enum_match_arm)]

mod events;
mod port;
mod requests;

use std::rc::Rc;

use explorer_core::{
    embed::{Cause, Event},
    state::{Action, Command, link::ParsedLink},
};
use leptos::prelude::*;

use crate::{
    fetch,
    host::Connection,
    owner,
    picture::PictureHandle,
    store::{Store, view_of_link},
};
use port::Port;

/// What the style sheet calls what a host gives by [`Style`](explorer_core::embed::Style).
const TOKENS: [&str; 3] = ["--accent", "--font", "--radius"];

/// Says hello to the page around the frame, if the Explorer is in one that it may talk to, and does what that asks for as
/// long as the owner lives. What comes back carries out commands, those aside that the host takes over.
pub fn speak(store: Store, picture: PictureHandle, run: Callback<Command>) -> Callback<Command> {
    let Some(frame) = store.host().and_then(|host| host.frame()) else { return run };
    let embedding = Embedding { store, picture, run, port: RwSignal::new_local(None), asked: RwSignal::new(0) };
    let dataset = store.peek(|state| state.view.dataset.clone()).unwrap_or_default();
    let listener = frame.connect(&dataset, move |connection| embedding.connected(connection));
    let Some(listener) = listener else { return run };
    owner::keep(listener);
    embedding.tell_events();
    Callback::new(move |command| {
        if command != Command::CopyLink || !embedding.share() {
            run.run(command);
        }
    })
}

/// The Explorer as its host page has it.
#[derive(Clone, Copy)]
struct Embedding {
    store: Store,
    picture: PictureHandle,
    /// Carries out a command as its button does.
    run: Callback<Command>,
    port: RwSignal<Option<Rc<Port>>, LocalStorage>,
    /// Counts questions of the host's whose answer is an event.
    asked: RwSignal<u32>,
}

impl Embedding {
    /// Asks the host for a link to the view, where it makes them; whether it does.
    fn share(self) -> bool {
        let port = self.port.get_untracked().filter(|port| port.hears("share"));
        if let Some(port) = &port {
            let link = self.store.link();
            port.tell(Event::Share { url: self.store.address_of(&link), link });
        }
        port.is_some()
    }

    fn connected(self, Connection { init, port, bytes }: Connection) {
        if let Some(bytes) = bytes {
            fetch::read_from_host(bytes);
        }
        // What the host says of itself must not keep it from being heard.
        let settings = self.store.configure(&init.settings);
        if let Some(host) = self.store.host() {
            let style = host.root().style();
            let values = [init.style.accent, init.style.font, init.style.radius];
            for (token, value) in TOKENS.into_iter().zip(values) {
                if let Some(value) = value {
                    // A value that is none leaves what there was.
                    let _ = style.set_property(token, &value);
                }
            }
        }
        if let Some(link) = init.view {
            let dataset = self.store.peek(|state| state.view.dataset.clone()).unwrap_or_default();
            let ParsedLink { view, .. } = view_of_link(&link, &dataset);
            self.store.on_behalf_of(Cause::Restore, || self.store.dispatch(Action::Restore(Box::new(view))));
        }
        let port = Port::open(port, move |port, message| {
            // A task may have kept the port while the Explorer went.
            if !self.store.alive().is_over() {
                self.carry_out(port, message);
            }
        });
        port.listen(init.listen);
        if let Err(failure) = settings {
            port.tell(Event::Error { code: failure.code, message: failure.message, tile: None, recoverable: false });
        }
        self.port.set(Some(port));
    }
}
