//! What an answer that has come does to who waits for it: it is read out, and takes the focus.

use explorer_core::{
    screen::takes_text,
    state::{ResultPanel, TestMode},
};
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::HtmlInputElement;

use crate::{
    store::{CompareStatus, InquiryStatus, MarkersStatus, PlotStatus, Store},
    ui::focus,
    view::view,
};

/// What was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Asked {
    Comparison(TestMode),
    Markers,
    Plot,
    Inquiry,
}

/// Reads out what was asked once it is answered, and gives the answer the focus, unless something is being typed, or only
/// the test of a comparison was changed, in the answer itself. What a link has open when the page begins was not waited for.
#[component]
pub fn Announcement(store: Store) -> impl IntoView {
    let asked = store.part(|state| {
        state.view.layout.result.as_ref().map(|result| match result {
            ResultPanel::Comparison(comparison) => (comparison.title(), Asked::Comparison(comparison.mode)),
            ResultPanel::Markers(markers) => (format!("Markers of {}", markers.column), Asked::Markers),
            // The same whatever is changed about it: who changes a plot keeps the focus where it is.
            ResultPanel::Plot(_) => ("Plot".to_owned(), Asked::Plot),
            ResultPanel::Inquiry(inquiry) => (inquiry.title(str::to_owned), Asked::Inquiry),
        })
    });
    let (comparing, marking) = (store.comparing(), store.marking());
    let (plotting, asking) = (store.plotting(), store.asking());
    let is_answered = Memo::new(move |_| {
        asked.with(|asked| match asked {
            Some((_, Asked::Comparison(_))) => comparing.with(|status| matches!(status, CompareStatus::Done(_))),
            Some((_, Asked::Markers)) => marking.with(|status| matches!(status, MarkersStatus::Done(_))),
            Some((_, Asked::Plot)) => plotting.with(|status| matches!(status, PlotStatus::Done(_))),
            Some((_, Asked::Inquiry)) => asking.with(|status| matches!(status, InquiryStatus::Done(_))),
            None => false,
        })
    });
    let (is_awaited, takes_focus) = (StoredValue::new(false), StoredValue::new(false));
    let text = RwSignal::new(String::new());
    Effect::new(move |before: Option<Option<(String, Asked)>>| {
        let now = asked.get();
        if let Some(before) = before.filter(|before| *before != now) {
            is_awaited.set_value(now.is_some());
            takes_focus.set_value(!is_another_test(before.as_ref(), now.as_ref()));
            text.set(String::new());
        }
        if let (true, true, Some((title, _))) = (is_answered.get(), is_awaited.get_value(), &now) {
            is_awaited.set_value(false);
            text.set(format!("{title}: the result is here."));
            if takes_focus.get_value() {
                take_focus(store);
            }
        }
        now
    });
    view! { <p class="visually-hidden" role="status" data-testid="announcement">{text}</p> }
}

/// Whether the same sets are compared by another test of cells.
fn is_another_test(before: Option<&(String, Asked)>, now: Option<&(String, Asked)>) -> bool {
    let (Some((of, Asked::Comparison(test))), Some((title, Asked::Comparison(other)))) = (before, now) else {
        return false;
    };
    of == title && ![test, other].contains(&&TestMode::Samples)
}

fn take_focus(store: Store) {
    let Some(host) = store.host() else { return };
    store.alive().next_frame(move || {
        let is_typing = document().active_element().is_some_and(|active| {
            let kind = active.dyn_ref::<HtmlInputElement>().map(HtmlInputElement::type_).unwrap_or_default();
            takes_text(&active.tag_name(), &kind)
        });
        if !is_typing {
            focus(host.root().query_selector("section.de").ok().flatten());
        }
    });
}
