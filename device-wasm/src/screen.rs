//! What stands in the page's place, or over it, while a file is opened.

use std::cell::{Cell, RefCell};

use gloo_utils::{body, window};
use js_sys::Date;
use web_sys::HtmlElement;

use crate::{
    address,
    choose::{self, Field},
    dom::{append, button, element, replace_children, set, text_element},
    estimate::Estimate,
    failure::Failure,
    needs,
};

thread_local! {
    static SCREEN: RefCell<Option<HtmlElement>> = const { RefCell::new(None) };
    static BANNER: RefCell<Option<HtmlElement>> = const { RefCell::new(None) };
}

/// Shows a screen in place of all else.
pub fn show(title: &str, parts: &[HtmlElement]) {
    hide();
    let holder =
        element("div", &[("class", "screen-box")], &[&text_element("h1", &[("class", "screen-title")], title)]);
    for part in parts {
        append(&holder, part);
    }
    let class = "screen screen-center device-screen";
    let screen = element("main", &[("class", class), ("data-testid", "device-screen")], &[&holder]);
    append(&body(), &screen);
    SCREEN.set(Some(screen));
}

/// Takes the screen away.
pub fn hide() {
    if let Some(screen) = SCREEN.take() {
        screen.remove();
    }
}

/// What stands over the Explorer while the rest is built.
pub fn show_banner(content: &[HtmlElement]) {
    let banner = BANNER.take().unwrap_or_else(|| {
        let attributes = [("class", "device-banner"), ("data-testid", "device-banner"), ("aria-label", "Progress")];
        let banner = element("aside", &attributes, &[]);
        append(&body(), &banner);
        banner
    });
    replace_children(&banner, content);
    BANNER.set(Some(banner));
}

/// Takes it away.
pub fn hide_banner() {
    if let Some(banner) = BANNER.take() {
        banner.remove();
    }
}

/// A name that gives way where there is no room.
pub fn name(name: &str) -> HtmlElement {
    text_element("strong", &[("class", "ellipsis")], name)
}

/// The way to all datasets.
pub fn home() -> HtmlElement {
    text_element("a", &[("href", &address::base())], "All datasets")
}

/// What to do next.
pub fn ways(ways: &[&HtmlElement]) -> HtmlElement {
    let holder = element("div", &[("class", "screen-ways")], &[]);
    for way in ways {
        append(&holder, way);
    }
    holder
}

/// The button that opens another file in place of this one, with the view of the address.
pub fn open_another(text: &str) -> HtmlElement {
    Field::place(address::hash());
    button(text, "device-choose", "primary", || choose::choose_later(address::hash()))
}

/// The command that shows a file by the command line, and a button that copies it.
pub fn command(name: &str) -> HtmlElement {
    let text = needs::command(name);
    let code = text_element("code", &[("data-testid", "device-command")], &text);
    let copy = button("Copy", "device-copy", "", move || {
        // Who cannot copy it can still read it.
        drop(window().navigator().clipboard().write_text(&text));
    });
    element("div", &[("class", "device-command")], &[&code, &copy])
}

/// Says why a file is not opened.
pub fn show_failure(name: &str, failure: &Failure) {
    show_failure_or(name, failure, &[]);
}

/// Says why a file is not opened, and what else can be done with it.
pub fn show_failure_or(name: &str, failure: &Failure, others: &[HtmlElement]) {
    hide_banner();
    let text = text_element("p", &[("role", "alert"), ("data-testid", "device-error")], &failure.message());
    let command = match failure {
        Failure::Lacking(_) => Some(command(name)),
        Failure::Told(_) | Failure::Browser(_) => None,
    };
    let (another, home) = (open_another("Open a file…"), home());
    let ways = ways(&others.iter().chain([&another, &home]).collect::<Vec<_>>());
    let parts: Vec<_> = [text].into_iter().chain(command).chain([ways]).collect();
    show(&format!("{name} cannot be opened here"), &parts);
}

/// The progress of a build, updated in place: a button that is made anew would lose the focus.
pub struct ProgressView {
    text: HtmlElement,
    bar: HtmlElement,
    inner: HtmlElement,
    cancel: HtmlElement,
    begun: Cell<f64>,
}

impl ProgressView {
    /// Of the build of a file; `cancel` is the button that ends it.
    pub fn new(name: &str, cancel: HtmlElement) -> Self {
        let text = element("p", &[("data-testid", "device-progress")], &[]);
        let inner = element("div", &[("class", "device-bar")], &[]);
        let label = format!("Opening {name}");
        let bar = element("div", &[("class", "progress"), ("role", "progressbar"), ("aria-label", &label)], &[&inner]);
        Self { text, bar, inner, cancel, begun: Cell::new(Date::now()) }
    }

    /// What it consists of.
    pub fn parts(&self) -> [HtmlElement; 3] {
        [self.text.clone(), self.bar.clone(), self.cancel.clone()]
    }

    /// The time that is left follows from the time since this.
    pub fn begin(&self) {
        self.begun.set(Date::now());
    }

    /// Says that it is being given up, which may take a moment.
    pub fn cancelled(&self) {
        set(&self.cancel, "disabled", "");
        self.text.set_text_content(Some("Cancelling…"));
    }

    /// Shows how far a build has come.
    pub fn update(&self, stage: &str, estimate: &Estimate) {
        let percent = (estimate.share() * 100.0).round();
        set(&self.bar, "aria-valuenow", &percent.to_string());
        // The page's policy forbids the attribute, not the property.
        drop(self.inner.style().set_property("width", &format!("{percent}%")));
        self.text.set_text_content(Some(&estimate.text(stage, (Date::now() - self.begun.get()) / 1000.0)));
    }
}
