//! Two Explorers of two datasets in one document, by one visit.
#![cfg(target_arch = "wasm32")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod served;

use std::{cell::RefCell, rc::Rc};

use explorer_core::state::{Theme, ViewSpec};
use explorer_wasm::{
    app::mount,
    host::{DatasetAddress, Embedded, Host, Placement},
};
use gloo_timers::future::TimeoutFuture;
use js_sys::Reflect;
use served::{HOST, serve, tiny_dataset};
use wasm_bindgen::{JsCast, prelude::*};
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};
use web_sys::{HtmlElement, KeyboardEvent, KeyboardEventInit};

wasm_bindgen_test_configure!(run_in_browser);

/// How long anything may take to appear: most of it is a software adapter's first frame.
const PATIENCE_MILLIS: u32 = 30_000;

/// A picture has a size: all that is needed of the page's style.
const STYLE: &str = ".picture { width: 400px; height: 300px } .picture-canvas { width: 100%; height: 100% }";

/// What the document was called before.
const DOCUMENT_TITLE: &str = "a page of somebody else's";

/// The Explorers of a visit.
struct Visit {
    explorers: [Rc<Embedded>; 2],
    /// The document's address before they came.
    address: String,
}

impl Visit {
    fn roots(&self) -> [&HtmlElement; 2] {
        [self.explorers[0].root(), self.explorers[1].root()]
    }

    /// The view of each, as its host knows it.
    fn views(&self) -> [ViewSpec; 2] {
        [0, 1].map(|at| ViewSpec::from_link(&self.explorers[at].link()).view)
    }
}

thread_local! {
    static VISIT: RefCell<Option<Rc<Visit>>> = const { RefCell::new(None) };
}

/// The visit that all tests share: both datasets are open.
async fn visit() -> Rc<Visit> {
    if let Some(visit) = VISIT.with_borrow(Clone::clone) {
        return visit;
    }
    gloo_utils::document().set_title(DOCUMENT_TITLE);
    let address = document_address();
    count_devices();
    let style = gloo_utils::document().create_element("style").unwrap();
    style.set_text_content(Some(STYLE));
    gloo_utils::body().append_child(&style).unwrap();
    let files = [("one", 64), ("two", 65)].into_iter().flat_map(|(id, n_obs)| tiny_dataset(id, n_obs));
    serve(files.collect());
    let explorers = ["one", "two"].map(|id| {
        let root: HtmlElement = gloo_utils::document().create_element("div").unwrap().unchecked_into();
        root.set_attribute("style", "width: 800px; height: 600px").unwrap();
        gloo_utils::body().append_child(&root).unwrap();
        let placement = Placement { base: HOST.to_owned(), link: String::new(), page: format!("{HOST}d/{id}") };
        let host = Rc::new(Embedded::new(root, placement));
        mount(host.clone(), DatasetAddress::of_directory(id, HOST).unwrap()).forget();
        host
    });
    let visit = Rc::new(Visit { explorers, address });
    VISIT.set(Some(Rc::clone(&visit)));
    for (root, title) in visit.roots().into_iter().zip(["Dataset one", "Dataset two"]) {
        wait_for(|| text_of(root, "dataset-title") == title).await;
    }
    visit
}

fn document_address() -> String {
    gloo_utils::window().location().href().unwrap()
}

async fn wait_for(is_so: impl Fn() -> bool) {
    for _ in 0..PATIENCE_MILLIS / 20 {
        if is_so() {
            return;
        }
        TimeoutFuture::new(20).await;
    }
    panic!("waited in vain; the document is {}", gloo_utils::body().inner_text());
}

fn find(root: &HtmlElement, test_id: &str) -> Option<HtmlElement> {
    root.query_selector(&format!("[data-testid='{test_id}']")).unwrap().map(JsCast::unchecked_into)
}

fn text_of(root: &HtmlElement, test_id: &str) -> String {
    find(root, test_id).and_then(|found| found.text_content()).unwrap_or_default()
}

/// A key, pressed while something in this Explorer has the focus.
async fn press(root: &HtmlElement, key: &str) {
    let init = KeyboardEventInit::new();
    init.set_key(key);
    init.set_bubbles(true);
    let focused = find(root, "undo").or_else(|| find(root, "home")).unwrap();
    focused.dispatch_event(&KeyboardEvent::new_with_keyboard_event_init_dict("keydown", &init).unwrap()).unwrap();
    TimeoutFuture::new(0).await;
}

fn is_left_closed(root: &HtmlElement) -> bool {
    root.query_selector(".shell.left-closed").unwrap().is_some()
}

#[wasm_bindgen_test]
async fn each_has_a_dataset_of_its_own() {
    let visit = visit().await;
    let [one, two] = visit.roots();
    wait_for(|| text_of(one, "count-text") == "64 of 64 cells").await;
    wait_for(|| text_of(two, "count-text") == "65 of 65 cells").await;
}

#[wasm_bindgen_test]
async fn a_key_is_heard_where_it_is_pressed() {
    let visit = visit().await;
    let [one, two] = visit.roots();
    press(one, "[").await;
    wait_for(|| is_left_closed(one)).await;
    assert!(!is_left_closed(two), "the other Explorer heard it too");
    press(one, "[").await;
    wait_for(|| !is_left_closed(one)).await;
}

#[wasm_bindgen_test]
async fn a_theme_is_of_one_explorer() {
    let visit = visit().await;
    let [one, two] = visit.roots();
    press(two, "t").await;
    wait_for(|| two.get_attribute("data-theme").as_deref() == Some("light")).await;
    assert_eq!(one.get_attribute("data-theme"), None);
    let document = gloo_utils::document().document_element().unwrap();
    assert!(!document.has_attribute("data-theme") && !gloo_utils::body().has_attribute("data-theme"));
    // Each host hears of the view of its own Explorer, after a rest.
    wait_for(|| visit.views()[1].layout.theme == Theme::Light).await;
    assert_eq!(visit.views()[0].layout.theme, Theme::System);
}

#[wasm_bindgen_test]
async fn a_view_from_outside_reaches_one_explorer() {
    let visit = visit().await;
    let [one, two] = visit.roots();
    visit.explorers[0].set_link("right=0");
    wait_for(|| one.query_selector(".shell.right-closed").unwrap().is_some()).await;
    assert!(two.query_selector(".shell.right-closed").unwrap().is_none());
    visit.explorers[0].set_link("");
    wait_for(|| one.query_selector(".shell.right-closed").unwrap().is_none()).await;
}

#[wasm_bindgen_test]
async fn the_document_keeps_its_title_and_address() {
    let visit = visit().await;
    assert_eq!(gloo_utils::document().title(), DOCUMENT_TITLE);
    assert_eq!(document_address(), visit.address);
    let names = visit.roots().map(|root| root.get_attribute("aria-label"));
    assert_eq!(names, ["Dataset one", "Dataset two"].map(|name| Some(name.to_owned())));
}

#[wasm_bindgen_test]
async fn no_two_elements_have_one_id() {
    visit().await;
    let found = gloo_utils::document().query_selector_all("[id]").unwrap();
    let mut ids: Vec<String> = (0..found.length())
        .map(|at| found.get(at).unwrap().unchecked_into::<HtmlElement>().id())
        .filter(|id| !id.is_empty())
        .collect();
    ids.sort();
    let n_elements = ids.len();
    ids.dedup();
    assert_eq!(ids.len(), n_elements, "{ids:?}");
}

#[wasm_bindgen_test]
async fn both_pictures_are_drawn_by_one_device() {
    let visit = visit().await;
    let state = |root: &HtmlElement| find(root, "canvas").and_then(|canvas| canvas.get_attribute("data-state"));
    for root in visit.roots() {
        wait_for(|| state(root).as_deref() == Some("ready")).await;
    }
    assert_eq!(most_devices(), 1);
}

/// Counts the devices that are open at a time, of those opened from now on. The software adapter may lose one, which is
/// then replaced.
fn count_devices() {
    js_sys::Function::new_no_args(
        "globalThis.mostDevices = 0;
         if (!globalThis.GPUAdapter) return;
         let nDevices = 0;
         const open = GPUAdapter.prototype.requestDevice;
         GPUAdapter.prototype.requestDevice = async function (...asked) {
           const device = await open.apply(this, asked);
           nDevices += 1;
           globalThis.mostDevices = Math.max(globalThis.mostDevices, nDevices);
           device.lost.then(() => { nDevices -= 1; });
           return device;
         };",
    )
    .call0(&JsValue::NULL)
    .unwrap();
}

/// The most devices that were open at a time.
fn most_devices() -> u32 {
    Reflect::get(&js_sys::global(), &"mostDevices".into()).unwrap().as_f64().unwrap() as u32
}
