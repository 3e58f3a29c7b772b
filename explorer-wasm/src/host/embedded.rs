//! An element of a document that is somebody else's.

use std::cell::RefCell;

use gloo_events::EventListener;
use wasm_bindgen::JsCast;
use web_sys::{Event, HtmlElement, KeyboardEvent, Node};

use super::{Host, mark};

/// The event on the root element that tells of a view which came from outside.
const LINK_EVENT: &str = "tessera-link";

/// An element for one Explorer among others.
///
/// The view lies here in place of the document's address, and the dataset's title names the element in
/// place of the document. Keys are the Explorer's when they are pressed inside of it, or nowhere in
/// particular while the pointer is over it.
pub struct Embedded {
    root: HtmlElement,
    placement: Placement,
    link: RefCell<String>,
}

/// Where an embedded Explorer stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Placement {
    /// The address of the directory that the Explorer's files lie in, ending in `/`.
    pub base: String,
    /// The view to begin with, as the text of a link; empty for the dataset's own.
    pub link: String,
    /// The address that a link to a view begins with, without `#`.
    pub page: String,
}

impl Embedded {
    /// Takes an element, which should have a size.
    pub fn new(root: HtmlElement, placement: Placement) -> Self {
        mark(&root);
        // Fails only for names that no attribute can have.
        let _ = root.set_attribute("role", "region");
        let link = RefCell::new(placement.link.clone());
        Self { root, placement, link }
    }

    /// Shows another view, given as the text of a link.
    pub fn set_link(&self, link: &str) {
        self.link.replace(link.to_owned());
        if let Ok(event) = Event::new(LINK_EVENT) {
            // Says whether a listener prevented what follows, which is nothing.
            let _ = self.root.dispatch_event(&event);
        }
    }
}

impl Host for Embedded {
    fn root(&self) -> &HtmlElement {
        &self.root
    }

    fn base(&self) -> &str {
        &self.placement.base
    }

    fn link(&self) -> String {
        self.link.borrow().clone()
    }

    fn write_link(&self, link: &str) {
        self.link.replace(link.to_owned());
    }

    fn on_link(&self, heard: Box<dyn Fn()>) -> EventListener {
        EventListener::new(&self.root, LINK_EVENT, move |_| heard())
    }

    fn address_of(&self, link: &str) -> String {
        let page = &self.placement.page;
        if link.is_empty() { page.clone() } else { format!("{page}#{link}") }
    }

    fn set_title(&self, title: &str) {
        // Fails only for names that no attribute can have.
        let _ = self.root.set_attribute("aria-label", title);
    }

    fn is_meant(&self, press: &KeyboardEvent) -> bool {
        let Some(target) = press.target().and_then(|target| target.dyn_into::<Node>().ok()) else { return false };
        self.root.contains(Some(&target)) || (is_document(&target) && self.root.matches(":hover").unwrap_or(false))
    }
}

/// Whether an element is none in particular: the body, or what holds it.
fn is_document(node: &Node) -> bool {
    node.contains(Some(&gloo_utils::body()))
}
