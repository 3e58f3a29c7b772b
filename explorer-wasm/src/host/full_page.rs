//! A page of one's own: the document's address, title and keys are the Explorer's.

use gloo_events::EventListener;
use wasm_bindgen::JsValue;
use web_sys::{HtmlElement, KeyboardEvent, Location, UrlSearchParams};

use super::{DatasetAddress, ForeignOrigin, Host, RENDERER, mark};

/// Where the document lists the other origins whose data it may show.
const DATA_ORIGINS: &str = "meta[name=tessera-data-origins]";

/// Where a document of a static site names the directory of its dataset, as seen from `<base>`.
const DATA: &str = "meta[name=tessera-data]";

/// The whole document, for one Explorer.
pub struct FullPage {
    root: HtmlElement,
    base: String,
}

impl FullPage {
    /// The document that this runs in.
    pub fn new() -> Self {
        let root = gloo_utils::body();
        mark(&root);
        // What `<base>` says.
        let mut base = gloo_utils::document().base_uri().ok().flatten().unwrap_or_default();
        base.truncate(base.rfind('/').map_or(base.len(), |slash| slash + 1));
        Self { root, base }
    }

    /// The dataset that the address names.
    ///
    /// # Errors
    /// When it is of another origin that the document does not name.
    pub fn dataset(&self) -> Result<Option<DatasetAddress>, ForeignOrigin> {
        let location = location();
        let (path, query) = (location.pathname().unwrap_or_default(), location.search().unwrap_or_default());
        let content = |selector: &str| {
            let meta = gloo_utils::document().query_selector(selector).ok().flatten();
            meta.and_then(|meta| meta.get_attribute("content")).unwrap_or_default()
        };
        DatasetAddress::of_page(&path, &query, &self.base, &content(DATA_ORIGINS), &content(DATA))
    }
}

impl FullPage {
    /// Writes the link as a step of its own, which the browser's Back takes back. The page's own writing does not come
    /// back: `pushState` raises no event.
    pub fn push_link(&self, link: &str) {
        if let Ok(history) = gloo_utils::window().history() {
            // A browser that refuses keeps the old address.
            let _ = history.push_state_with_url(&JsValue::NULL, "", Some(&with_link(link)));
        }
    }
}

impl Default for FullPage {
    fn default() -> Self {
        Self::new()
    }
}

impl Host for FullPage {
    fn root(&self) -> &HtmlElement {
        &self.root
    }

    fn base(&self) -> &str {
        &self.base
    }

    /// What stands after `#`.
    fn link(&self) -> String {
        let hash = location().hash().unwrap_or_default();
        hash.strip_prefix('#').unwrap_or(&hash).to_owned()
    }

    fn write_link(&self, link: &str) {
        let history = gloo_utils::window().history();
        // A browser that refuses (too many changes, a page opened from a file) keeps the old address.
        let _ = history.map(|history| history.replace_state_with_url(&JsValue::NULL, "", Some(&with_link(link))));
    }

    /// The page's own writing does not come back: `replaceState` raises no event.
    fn on_link(&self, heard: Box<dyn Fn()>) -> EventListener {
        EventListener::new(&gloo_utils::window(), "hashchange", move |_| heard())
    }

    fn address_of(&self, link: &str) -> String {
        let address = location().href().unwrap_or_default();
        let page = address.split('#').next().unwrap_or_default();
        if link.is_empty() { page.to_owned() } else { format!("{page}#{link}") }
    }

    fn set_title(&self, title: &str) {
        gloo_utils::document().set_title(&format!("{title} – Tessera"));
    }

    fn renderer(&self) -> Option<String> {
        let query = location().search().ok()?;
        UrlSearchParams::new_with_str(&query).ok()?.get(RENDERER)
    }

    fn is_meant(&self, _press: &KeyboardEvent) -> bool {
        true
    }
}

/// The page's path with this link.
fn with_link(link: &str) -> String {
    let location = location();
    let path = location.pathname().unwrap_or_default() + &location.search().unwrap_or_default();
    if link.is_empty() { path } else { format!("{path}#{link}") }
}

fn location() -> Location {
    gloo_utils::window().location()
}
