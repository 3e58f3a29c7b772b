//! The view in the host's address: written when the state rests, as a step of the browser's where it is one of undo,
//! and read when the address changes.

use std::{collections::BTreeSet, rc::Rc};

use explorer_core::{
    embed::Cause,
    format::plural,
    state::{
        Action, History, ViewSpec,
        link::{LONG_LINK_BYTES, ParsedLink},
    },
};
use gloo_timers::callback::Timeout;
use leptos::prelude::*;
use shared_fbs::manifest::SHORT_ID_DIGITS;

use super::{Phase, Store, Tone};
use crate::{host::Host, owner};

/// How long the state rests before it is written: browsers allow few changes of the address a
/// second.
const REST_MILLIS: u32 = 200;

/// Names of a link that are told each by itself.
const MOST_TOLD: usize = 5;

/// Where a view goes in the browser's history.
#[derive(Clone, Copy)]
enum Entry {
    /// In the place of the present one: a camera moved, a sidebar opened.
    Same,
    /// After it: Back leads to the present one.
    New,
}

/// The view as it stands in the address, which names the dataset elsewhere; `content` says what the dataset holds, once
/// it is open.
fn link_text(view: &ViewSpec, content: Option<&str>) -> String {
    let view = ViewSpec { dataset: None, ..view.clone() };
    content.map_or_else(|| view.to_link(), |content| view.to_link_for(content))
}

/// The view of a link, for this dataset.
pub fn view_of_link(link: &str, dataset: &str) -> ParsedLink {
    let mut parsed = ViewSpec::from_link(link);
    parsed.view.dataset = Some(dataset.to_owned());
    parsed
}

impl Store {
    /// Keeps address and state in step from now on. Call within an owner that lives as long as the
    /// Explorer does.
    pub fn follow_address(self, dataset: String) {
        let Some(host) = self.host() else { return };
        let view = self.part(|state| state.view.clone());
        let phase = self.phase();
        // What the dataset holds is known once it is open.
        let text = Memo::new(move |_| {
            let is_open = phase.with(|phase| matches!(phase, Phase::Ready));
            let content = is_open.then(|| self.content()).flatten();
            view.with(|view| link_text(view, content.as_deref()))
        });
        let pending = StoredValue::new_local(None::<Timeout>);
        // What the address held when the Explorer last wrote or read it.
        let known = StoredValue::new(host.link());
        // How many steps had been made by then.
        let n_known = StoredValue::new(self.n_moves());
        let writer = StoredValue::new_local(Rc::clone(&host));
        Effect::new(move |before: Option<String>| {
            let text = text.get();
            if before.is_some_and(|before| before != text) {
                let written = text.clone();
                let write = move || {
                    let Some(host) = writer.try_get_value() else { return };
                    // Somebody else has changed the address, and the Explorer is about to hear of it: what it
                    // would write now would undo that.
                    if known.try_get_value().is_some_and(|known| known == host.link()) {
                        let n_moves = self.n_moves();
                        let is_step = n_moves != n_known.get_value();
                        self.write_address(&*host, &written, if is_step { Entry::New } else { Entry::Same });
                        known.set_value(host.link());
                        n_known.set_value(n_moves);
                    }
                };
                // This cancels the one before.
                pending.set_value(Some(Timeout::new(REST_MILLIS, write)));
            }
            text
        });
        let reader = Rc::clone(&host);
        let listener = host.on_link(Box::new(move || {
            let link = reader.link();
            let parsed = view_of_link(&link, &dataset);
            known.set_value(link);
            self.check_link(&parsed);
            let ParsedLink { view, notices, .. } = parsed;
            self.on_behalf_of(Cause::Link, || self.dispatch(Action::Restore(Box::new(view))));
            // The browser's history has this step.
            n_known.set_value(self.n_moves());
            for notice in notices {
                self.tell(notice.to_string(), Tone::Warning);
            }
        }));
        owner::keep(listener);
    }

    /// The present view as the text of a link.
    pub fn link(self) -> String {
        self.peek(|state| link_text(&state.view, self.content().as_deref()))
    }

    /// The address of a view, to pass on: where the host or the host page says.
    pub fn address_of(self, link: &str) -> String {
        let by_template = self.settings.with_untracked(|settings| settings.address_of(link));
        by_template.or_else(|| Some(self.host()?.address_of(link))).unwrap_or_default()
    }

    /// The beginning of the open dataset's content id, once that is known.
    pub fn content(self) -> Option<String> {
        self.content_id().and_then(|content| Some(content.get(..SHORT_ID_DIGITS)?.to_owned()))
    }

    /// The open dataset's content id, once that is known: while it is being built, it has none.
    pub(super) fn content_id(self) -> Option<String> {
        self.with_manifest(|manifest| manifest.known_content_id().map(str::to_owned)).flatten()
    }

    /// Tells where a link was made for a dataset that held something else than the open one.
    pub(super) fn check_link(self, link: &ParsedLink) {
        if let Some(notice) = self.content().and_then(|content| link.notice_for(&content)) {
            self.tell(notice.to_string(), Tone::Warning);
        }
    }

    /// The view is that of a link from now on, whose names are checked as the dataset's become known; or it is no more.
    pub(super) fn begin_link_check(self, is_of_link: bool) {
        if let Some(inner) = self.inner() {
            inner.told_of_link.replace(is_of_link.then(BTreeSet::new));
        }
    }

    /// Tells what a link asks for that the dataset does not have.
    pub(super) fn check_names(self) {
        let Some(inner) = self.inner() else { return };
        let mut told = inner.told_of_link.borrow_mut();
        let Some(told) = told.as_mut() else { return };
        let unknown = self.peek(|state| self.with_session(|session| session.unknown_names(&state.view)));
        let new = unknown.unwrap_or_default().into_iter().filter(|name| told.insert(name.clone()));
        let new: Vec<String> = new.collect();
        for name in new.iter().take(MOST_TOLD) {
            self.tell(format!("The link asks for {name}, which the dataset does not have."), Tone::Warning);
        }
        if let Some(more) = new.len().checked_sub(MOST_TOLD).filter(|&more| more > 0) {
            let names = plural(more, "name", "names");
            self.tell(format!("The link asks for {names} more that the dataset does not have."), Tone::Warning);
        }
    }

    fn n_moves(self) -> u64 {
        self.history.with_untracked(History::n_moves)
    }

    fn write_address(self, host: &dyn Host, text: &str, entry: Entry) {
        if text.len() > LONG_LINK_BYTES {
            let kilobytes = text.len() / 1000;
            let warning = format!("The link to this view is {kilobytes} kB long, which some programs cut off.");
            self.tell(warning, Tone::Warning);
        }
        match entry {
            Entry::Same => host.write_link(text),
            Entry::New => host.push_link(text),
        }
    }
}
