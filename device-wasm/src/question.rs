//! A question over all else, which does not change what stands below it.

use std::{cell::RefCell, rc::Rc};

use futures_channel::oneshot;
use gloo_events::EventListener;
use gloo_utils::body;
use wasm_bindgen::JsCast;
use web_sys::HtmlDialogElement;

use crate::dom::{append, button, element, text_element};

/// Asks which of some `answers` it is to be; `None` where the user turns away from it, as by Escape.
pub async fn ask(title: &str, text: &str, answers: &[&str]) -> Option<usize> {
    let (answered, answer) = oneshot::channel();
    let answered = Rc::new(RefCell::new(Some(answered)));
    let tell = move |which| {
        // The first answer counts, and whoever asked may be gone.
        let _ = answered.take().map(|answered| answered.send(which));
    };
    let ways = element("div", &[("class", "device-answers")], &[]);
    for (which, of) in answers.iter().enumerate() {
        let tell = tell.clone();
        let of = button(of, &format!("device-answer-{which}"), "", move || tell(Some(which)));
        append(&ways, &of);
    }
    let heading = text_element("h2", &[], title);
    let text = text_element("p", &[], text);
    let attributes = [("class", "dialog device-question"), ("aria-label", title), ("data-testid", "device-question")];
    let dialog: HtmlDialogElement = element("dialog", &attributes, &[&heading, &text, &ways]).unchecked_into();
    append(&body(), &dialog);
    let _closed = EventListener::new(&dialog, "close", move |_| tell(None));
    // It is in the document, and not open yet.
    drop(dialog.show_modal());
    let answer = answer.await.ok().flatten();
    dialog.remove();
    answer
}
