//! What a host is told.

use std::rc::Rc;

use explorer_core::{
    embed::{
        Cause, DatasetInfo, ErrorCode, Event, HOVER_MILLIS, REST_MILLIS, ResultSummary, SelectionInfo, description_of,
        found_genes, found_markers, json_of, patch_between,
    },
    state::ViewSpec,
};
use gloo_timers::callback::Timeout;
use leptos::prelude::*;

use super::{Embedding, Port};
use crate::{
    store::{CompareStatus, MarkersStatus, Phase, Tone},
    view::effect,
};

impl Embedding {
    /// Tells the host of what happens from now on, once it is there.
    pub(super) fn tell_events(self) {
        self.tell_opening();
        self.tell_placing();
        self.tell_view();
        self.tell_selection_changes();
        self.tell_hover();
        self.tell_results();
        self.tell_failures();
    }

    fn tell_opening(self) {
        let (store, phase) = (self.store, self.store.phase());
        effect(move || {
            let Some(port) = self.port.get() else { return };
            match phase.get() {
                Phase::Opening => {}
                Phase::Ready => {
                    let id = store.peek(|state| state.view.dataset.clone()).unwrap_or_default();
                    if let Some(dataset) = store.with_session(|session| DatasetInfo::of(&id, session)) {
                        port.tell(Event::Ready { dataset });
                    }
                }
                Phase::Failed(error) => {
                    let (code, message) = (ErrorCode::Failed, error.to_string());
                    port.tell(Event::Error { code, message, tile: None, recoverable: error.is_lost() });
                }
            }
        });
    }

    fn tell_placing(self) {
        let placing = self.store.placing();
        Effect::new(move |told: Option<u32>| {
            let told = told.unwrap_or(0);
            let placing = placing.get();
            let Some(port) = self.port.get().filter(|_| placing.n_placed != told) else { return told };
            if placing.n_placed > 0 {
                port.tell(Event::Progress { n: placing.n_placed.into(), total: placing.n_points.into() });
                if placing.n_placed == placing.n_points {
                    port.tell(Event::Load);
                }
            }
            placing.n_placed
        });
    }

    /// Calls `tell` when something has changed and then rested.
    fn once_at_rest<T: PartialEq + Clone + Send + Sync + 'static>(
        self,
        value: Memo<T>,
        tell: impl Fn(&Port, T, T) + 'static,
    ) {
        let tell = Rc::new(tell);
        let told = StoredValue::new_local(None::<T>);
        let pending = StoredValue::new_local(None::<Timeout>);
        effect(move || {
            let now = value.get();
            let Some(port) = self.port.get() else { return };
            // What is there when the host comes is where it begins.
            if told.with_value(Option::is_none) {
                told.set_value(Some(now));
                return;
            }
            let tell = Rc::clone(&tell);
            let rested = move || {
                let Some(before) = told.try_get_value().flatten() else { return };
                if before != now {
                    told.set_value(Some(now.clone()));
                    tell(&port, before, now);
                }
            };
            // This cancels the one before.
            pending.set_value(Some(Timeout::new(REST_MILLIS, rested)));
        });
    }

    fn tell_view(self) {
        let store = self.store;
        let view = store.part(|state| state.view.clone());
        self.once_at_rest(view, move |port, before: ViewSpec, view: ViewSpec| {
            let (patch, link) = (Some(patch_between(&before, &view)), Some(store.link()));
            port.tell(Event::Viewchange { view: Some(json_of(&view)), link, patch, cause: store.cause() });
        });
    }

    fn tell_selection_changes(self) {
        let store = self.store;
        let query = store.part(|state| state.view.analysis.query.clone());
        let numbers = store.numbers();
        let selection = Memo::new(move |_| {
            // Read, not tracked alone: a memo that nobody reads follows nothing.
            query.with(|_| ());
            numbers.get();
            store.peek(|state| store.with_session(|session| description_of(session, state))).unwrap_or_default()
        });
        self.once_at_rest(selection, move |port, before: SelectionInfo, selection| {
            // Opening the dataset selects nothing; somebody may as soon as it is open.
            let is_asked = matches!(store.cause(), Cause::User | Cause::Host) && selection.n != selection.total;
            if before.total == selection.total || is_asked {
                let SelectionInfo { n, total, description } = selection;
                port.tell(Event::Selectionchange { n, total, description, cause: store.cause() });
            }
        });
    }

    fn tell_hover(self) {
        let hover = self.store.part(|state| state.transient.hover.clone());
        let pending = StoredValue::new_local(None::<Timeout>);
        effect(move || {
            let _ = hover.get();
            let Some(port) = self.port.get().filter(|port| port.hears("hover")) else { return };
            if pending.with_value(Option::is_some) {
                return;
            }
            let due = move || {
                pending.set_value(None);
                if let Some(over) = hover.try_get_untracked() {
                    port.tell(Event::Hover { over });
                }
            };
            pending.set_value(Some(Timeout::new(HOVER_MILLIS, due)));
        });
    }

    fn tell_results(self) {
        let (comparing, marking) = (self.store.comparing(), self.store.marking());
        self.tell_result(move || match comparing.get() {
            CompareStatus::Done(result) => Some(Ok(found_genes(&result))),
            CompareStatus::Failed(reason) => Some(Err(reason)),
            CompareStatus::None | CompareStatus::Running(..) => None,
        });
        self.tell_result(move || match marking.get() {
            MarkersStatus::Done(result) => Some(Ok(found_markers(&result))),
            MarkersStatus::Failed(reason) => Some(Err(reason)),
            MarkersStatus::None | MarkersStatus::Running(..) => None,
        });
    }

    /// Tells of every answer once, and of the one that is there whenever the host asks for it.
    fn tell_result(self, answer: impl Fn() -> Option<Result<ResultSummary, String>> + 'static) {
        Effect::new(move |told: Option<_>| {
            let now = (self.asked.get(), answer());
            if let (Some(port), (_, Some(answer))) = (self.port.get(), &now)
                && told.as_ref() != Some(&now)
            {
                port.tell(match answer.clone() {
                    Ok(result) => Event::Result(result),
                    Err(message) => Event::Error { code: ErrorCode::Failed, message, tile: None, recoverable: true },
                });
            }
            now
        });
    }

    fn tell_failures(self) {
        let messages = self.store.messages();
        Effect::new(move |told: Option<u32>| {
            let told = told.unwrap_or(0);
            let Some(port) = self.port.get() else { return told };
            messages.with(|messages| {
                for message in messages.iter().filter(|message| message.id >= told) {
                    let recoverable = match message.tone {
                        Tone::Done | Tone::Warning => continue,
                        Tone::Error => false,
                        Tone::Retry => true,
                    };
                    let (code, message) = (ErrorCode::Failed, message.text.clone());
                    port.tell(Event::Error { code, message, tile: None, recoverable });
                }
                messages.iter().map(|message| message.id + 1).max().unwrap_or(told)
            })
        });
    }
}
