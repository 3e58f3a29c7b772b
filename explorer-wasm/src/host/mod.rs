//! The document that an Explorer stands in, behind one port.
//!
//! An address, a title, keys, a clipboard: there is one of each in a document, but there may be several
//! Explorers. Each asks its [`Host`] for them, and nothing else in this crate touches what is the
//! document's own. [`FullPage`] has the document to itself; [`Embedded`] shares it.

mod address;
mod embedded;
mod frame;
mod full_page;
mod keys;

use explorer_core::{
    embed::{Gestures, Settings},
    state::{Platform, Theme},
};
use futures_util::future::LocalBoxFuture;
use gloo_events::EventListener;
use gloo_file::{Blob, ObjectUrl};
use gloo_timers::callback::Timeout;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Event, HtmlAnchorElement, HtmlElement, KeyboardEvent, Url};

pub use address::{DatasetAddress, ForeignOrigin};
pub use embedded::{Embedded, Placement};
pub use frame::{Connection, Frame};
pub use full_page::FullPage;
pub use keys::on_key;

/// The attribute of the element that an Explorer fills. Style sheets find colors and sizes by it.
const ROOT_ATTRIBUTE: &str = "data-tessera";

/// The attribute of the same element that overrides the system's choice between light and dark.
const THEME_ATTRIBUTE: &str = "data-theme";

/// For how long what is saved stays at its address, in milliseconds.
const SAVING_MILLIS: u32 = 60_000;

/// What an address calls the renderer that it asks for.
const RENDERER: &str = "renderer";

/// What an Explorer asks of the document that it stands in.
pub trait Host {
    /// The element that the Explorer fills.
    fn root(&self) -> &HtmlElement;

    /// The address of the directory that the page's own files lie in, ending in `/`.
    fn base(&self) -> &str;

    /// The view that the address holds, as the text of a link; empty where it holds none.
    fn link(&self) -> String;

    /// Puts a view into the address, without a step in the browser's history.
    fn write_link(&self, link: &str);

    /// Puts a view into the address as a step of its own, where the document's history is the Explorer's to write: the
    /// browser's Back leads to the one before.
    fn push_link(&self, link: &str) {
        self.write_link(link);
    }

    /// Calls when somebody else has put a view into the address, as long as the listener lives.
    fn on_link(&self, heard: Box<dyn Fn()>) -> EventListener;

    /// Calls when the browser finds the network again, as long as the listener lives.
    fn on_online(&self, heard: Box<dyn Fn()>) -> EventListener {
        EventListener::new(&gloo_utils::window(), "online", move |_| heard())
    }

    /// Asks for a file of the user's own, to open it in place of what is shown. What asks and opens is no part of this
    /// program.
    fn ask_for_file(&self) {
        if let Ok(event) = Event::new("tessera-open-file") {
            // Nobody can prevent it.
            let _ = gloo_utils::window().dispatch_event(&event);
        }
    }

    /// The whole address of a view, for the user to pass on.
    fn address_of(&self, link: &str) -> String;

    /// Says what the dataset is called.
    fn set_title(&self, title: &str);

    /// The renderer that is asked for, as in `?renderer=webgl2`; `None` leaves the choice to the program.
    fn renderer(&self) -> Option<String> {
        None
    }

    /// Opens another page of the same site in the place of this one, without loading the program again; whether that is
    /// about to be.
    fn open_page(&self, _address: &str) -> bool {
        false
    }

    /// Leaves this page for another one.
    fn go_to(&self, address: &str) {
        // A browser that refuses stays where it is.
        let _ = gloo_utils::window().location().assign(address);
    }

    /// The corpora of gene expression that the dataset is in, or for the list of datasets all: the addresses of their pages,
    /// as seen from the base.
    fn corpora(&self) -> Vec<String> {
        Vec::new()
    }

    /// The picture of the dataset that the document shows until the program draws, if it does.
    fn poster(&self) -> Option<HtmlElement> {
        None
    }

    /// The page around the Explorer, where it is in a frame of one that it may talk to.
    fn frame(&self) -> Option<Frame> {
        None
    }

    /// Whether the Explorer has a page of its own, which begins as the user left it.
    fn is_by_itself(&self) -> bool {
        false
    }

    /// How the Explorer presents itself to begin with: by itself, the wheel is its own.
    fn settings(&self) -> Settings {
        Settings { gestures: Gestures::Greedy, ..Settings::default() }
    }

    /// Whether the document has the whole screen.
    fn is_full_screen(&self) -> bool {
        gloo_utils::document().fullscreen_element().is_some()
    }

    /// Whether a key that was pressed in the document is meant for this Explorer.
    fn is_meant(&self, press: &KeyboardEvent) -> bool;

    /// Puts a text into the clipboard.
    fn copy(&self, text: String) -> LocalBoxFuture<'static, Result<(), CopyRefused>> {
        Box::pin(copy(text))
    }

    /// Offers content as a file of the user's.
    fn save_file(&self, name: &str, content: &Blob) {
        save_file(name, content);
    }

    /// The texts that the browser keeps for this site whose keys begin so, with their keys; none where it keeps nothing.
    fn kept(&self, prefix: &str) -> Vec<(String, String)> {
        let Some(storage) = local_storage() else { return Vec::new() };
        let keys = (0..storage.length().unwrap_or(0)).filter_map(|at| storage.key(at).ok().flatten());
        let keys: Vec<String> = keys.filter(|key| key.starts_with(prefix)).collect();
        keys.into_iter().filter_map(|key| storage.get_item(&key).ok().flatten().map(|text| (key, text))).collect()
    }

    /// Lets the browser keep a text until another visit, or no longer.
    ///
    /// # Errors
    /// When it keeps nothing, or has no room.
    fn keep(&self, key: &str, text: Option<&str>) -> Result<(), KeepRefused> {
        let storage = local_storage().ok_or(KeepRefused::NoStorage)?;
        match text {
            Some(text) => storage.set_item(key, text),
            None => storage.remove_item(key),
        }
        .map_err(|_: JsValue| KeepRefused::NoRoom)
    }

    /// Chooses light or dark for the Explorer alone.
    fn set_theme(&self, theme: Theme) {
        let root = self.root();
        // Both fail only for names that no attribute can have.
        let _ = match theme {
            Theme::System => root.remove_attribute(THEME_ATTRIBUTE),
            Theme::Light => root.set_attribute(THEME_ATTRIBUTE, "light"),
            Theme::Dark => root.set_attribute(THEME_ATTRIBUTE, "dark"),
        };
    }
}

/// The browser did not let the page write into the clipboard.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the browser did not allow copying")]
pub struct CopyRefused;

/// The browser did not keep a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeepRefused {
    /// It keeps nothing of this page, by its settings or because the page is in a frame of another site.
    #[error("the browser keeps nothing of this page")]
    NoStorage,
    /// What it keeps of this site leaves no room.
    #[error("the browser has no room for the text")]
    NoRoom,
}

fn local_storage() -> Option<web_sys::Storage> {
    gloo_utils::window().local_storage().ok().flatten()
}

/// Whose keys the user has.
pub fn platform_of_user() -> Platform {
    let agent = gloo_utils::window().navigator().user_agent().unwrap_or_default();
    if agent.contains("Mac") || agent.contains("iPad") || agent.contains("iPhone") {
        Platform::Mac
    } else {
        Platform::Other
    }
}

/// Opens the document anew, so that its first script starts the program with that renderer.
#[cfg_attr(feature = "webgl", expect(dead_code, reason = "a program with both renderers changes over by itself"))]
pub(crate) fn reopen_with_renderer(renderer: &str) {
    let location = gloo_utils::window().location();
    let address = location.href().and_then(|address| Url::new(&address));
    // A browser that refuses shows that nothing can be drawn.
    let _ = address.and_then(|address| {
        address.search_params().set(RENDERER, renderer);
        location.replace(&address.href())
    });
}

/// Gives an element the Explorer's colors and sizes.
fn mark(root: &HtmlElement) {
    // Fails only for names that no attribute can have.
    let _ = root.set_attribute(ROOT_ATTRIBUTE, "");
}

async fn copy(text: String) -> Result<(), CopyRefused> {
    let copied = gloo_utils::window().navigator().clipboard().write_text(&text);
    JsFuture::from(copied).await.map(drop).map_err(|_: JsValue| CopyRefused)
}

fn save_file(name: &str, content: &Blob) {
    if let Ok(link) = gloo_utils::document().create_element("a") {
        let url = ObjectUrl::from(content.clone());
        let link: HtmlAnchorElement = link.unchecked_into();
        link.set_href(&url);
        link.set_download(name);
        link.click();
        // Not every browser has taken the content when the click returns; the address must live until it has.
        Timeout::new(SAVING_MILLIS, move || drop(url)).forget();
    }
}
