//! A page of one's own: the document's address, title and keys are the Explorer's.

use explorer_core::embed::{Gestures, Settings, SettingsChange};
use futures_channel::oneshot;
use gloo_events::EventListener;
use shared_fbs::api::{
    BYTES_QUERY, CORPORA_META, CORPUS_ROUTE, DATA_META, DATA_ORIGINS_META, EMBED_ORIGINS_META, EMBED_QUERY,
    EXPRESSION_ROUTE, HOST_META, HOST_QUERY, PLAIN_FILES,
};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{HtmlElement, KeyboardEvent, Location, Url, UrlSearchParams};

use super::{DatasetAddress, ForeignOrigin, Frame, Host, RENDERER, mark};

/// The whole document, for one Explorer.
pub struct FullPage {
    root: HtmlElement,
    base: String,
    /// Fills the document anew, soon, as its address says by then.
    reopen: Option<Box<dyn Fn()>>,
}

impl FullPage {
    /// The document that this runs in.
    pub fn new() -> Self {
        let root = gloo_utils::body();
        mark(&root);
        // What `<base>` says.
        let mut base = gloo_utils::document().base_uri().ok().flatten().unwrap_or_default();
        base.truncate(base.rfind('/').map_or(base.len(), |slash| slash + 1));
        Self { root, base, reopen: None }
    }

    /// The same, which `reopen` fills anew when another page is asked for.
    #[must_use]
    pub fn reopened_by(self, reopen: impl Fn() + 'static) -> Self {
        Self { reopen: Some(Box::new(reopen)), ..self }
    }

    /// The dataset that the address names.
    ///
    /// # Errors
    /// When it is of another origin that the document does not name.
    pub fn dataset(&self) -> Result<Option<DatasetAddress>, ForeignOrigin> {
        if let Some(id) = query().and_then(|query| query.get(BYTES_QUERY)) {
            let host = || query().and_then(|query| query.get(HOST_QUERY)).unwrap_or_default();
            return self.frame().map(|_| Some(DatasetAddress::of_host(id))).ok_or_else(|| ForeignOrigin(host()));
        }
        let location = location();
        let (path, query) = (location.pathname().unwrap_or_default(), location.search().unwrap_or_default());
        let data_origins = content(DATA_ORIGINS_META);
        DatasetAddress::of_page(&path, &query, &self.base, &data_origins, &content(DATA_META))
    }
}

impl FullPage {
    /// The address of the directory of the corpus that the page is of; where it names none, one that has no corpus.
    pub fn corpus(&self) -> String {
        let address = location().href().unwrap_or_default();
        let below = address.strip_prefix(&self.base).unwrap_or_default();
        let path = below.split(['?', '#']).next().unwrap_or_default();
        let id = path.strip_prefix(EXPRESSION_ROUTE).unwrap_or_default().split('/').nth(1).unwrap_or_default();
        // As it stands in the address, percent-encoded.
        format!("{}{CORPUS_ROUTE}/{id}/", self.base)
    }

    /// Whether the page is of a static site, which stays as it is while the page is open.
    pub fn is_of_static_site(&self) -> bool {
        content(HOST_META) == PLAIN_FILES
    }

    /// Ends when the page is in sight: at once, or when its tab is turned to.
    pub async fn in_sight() {
        let document = gloo_utils::document();
        while document.hidden() {
            let (sender, shown) = oneshot::channel();
            let _listener = EventListener::once(&document, "visibilitychange", move |_| {
                // Who waited may have gone.
                let _ = sender.send(());
            });
            if shown.await.is_err() {
                return;
            }
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

    /// In a frame the history is also that of the page around it, whose Back it would take.
    fn push_link(&self, link: &str) {
        if !self.is_by_itself() {
            return self.write_link(link);
        }
        let history = gloo_utils::window().history();
        // A browser that refuses keeps the old address.
        let _ = history.map(|history| history.push_state_with_url(&JsValue::NULL, "", Some(&with_link(link))));
    }

    /// The page's own writing does not come back: `pushState` and `replaceState` raise no event.
    fn on_link(&self, heard: Box<dyn Fn()>) -> EventListener {
        EventListener::new(&gloo_utils::window(), "hashchange", move |_| heard())
    }

    /// Without what says that this is a frame: whoever gets the address opens the page by itself.
    fn address_of(&self, link: &str) -> String {
        let address = location().href().unwrap_or_default();
        let page = page_by_itself(address.split('#').next().unwrap_or_default());
        if link.is_empty() { page } else { format!("{page}#{link}") }
    }

    fn set_title(&self, title: &str) {
        gloo_utils::document().set_title(&format!("{title} – Tessera"));
    }

    fn renderer(&self) -> Option<String> {
        query()?.get(RENDERER)
    }

    fn open_page(&self, address: &str) -> bool {
        let Some(reopen) = self.reopen.as_ref().filter(|_| address.starts_with(&self.base)) else { return false };
        // A browser refuses addresses of other origins.
        let history = gloo_utils::window().history();
        let moved = history.and_then(|history| history.replace_state_with_url(&JsValue::NULL, "", Some(address)));
        if moved.is_ok() {
            reopen();
        }
        moved.is_ok()
    }

    fn corpora(&self) -> Vec<String> {
        content(CORPORA_META).split_whitespace().map(str::to_owned).collect()
    }

    fn poster(&self) -> Option<HtmlElement> {
        let found = self.root.query_selector(":scope > .poster:not([hidden])").ok()??;
        found.dyn_into().ok()
    }

    fn frame(&self) -> Option<Frame> {
        Frame::of(&query()?, &content(EMBED_ORIGINS_META))
    }

    fn is_by_itself(&self) -> bool {
        query().is_none_or(|query| !query.has(EMBED_QUERY))
    }

    fn settings(&self) -> Settings {
        let Some(query) = query().filter(|query| query.has(EMBED_QUERY)) else {
            return Settings { gestures: Gestures::Greedy, ..Settings::default() };
        };
        let named = Settings::NAMES.iter().filter_map(|&name| Some((name.to_owned(), query.get(name)?)));
        let mut settings = Settings::default();
        // Where one is no value, the host hears of it when it asks for the same once more.
        let _ = settings.change(&SettingsChange(named.collect()));
        settings
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

/// What the document's `<meta>` of a name says.
fn content(name: &str) -> String {
    let meta = gloo_utils::document().query_selector(&format!("meta[name={name}]")).ok().flatten();
    meta.and_then(|meta| meta.get_attribute("content")).unwrap_or_default()
}

/// An address without what only the frame of a host's page has in it.
fn page_by_itself(address: &str) -> String {
    let Ok(url) = Url::new(address) else { return address.to_owned() };
    let query = url.search_params();
    if !query.has(EMBED_QUERY) {
        return address.to_owned();
    }
    for name in [EMBED_QUERY, HOST_QUERY, BYTES_QUERY].iter().chain(&Settings::NAMES) {
        query.delete(name);
    }
    url.href()
}

fn query() -> Option<UrlSearchParams> {
    UrlSearchParams::new_with_str(&location().search().ok()?).ok()
}

fn location() -> Location {
    gloo_utils::window().location()
}
