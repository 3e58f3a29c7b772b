//! Choosing a file, and opening its page.

use std::cell::RefCell;

use gloo_events::EventListener;
use gloo_utils::{body, document, window};
use js_sys::Array;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{File, FileSystemHandle, Headers, HtmlInputElement, HtmlMetaElement, RequestInit, Response, Url};

use crate::{
    address, build,
    dom::{append, element},
    failure::Failure,
    js::{self, object},
    question, remembered, screen, service_worker,
    source::Source,
};

/// What the picker offers, by its type.
const TYPES: [(&str, &[&str]); 2] =
    [("application/x-hdf5", &[".h5ad", ".h5", ".h5mu"]), ("application/zip", &[".zip"])];

const PARTIAL_CONTENT: u16 = 206;

/// What the user picked.
pub enum Picked {
    /// A file.
    File(File),
    /// What leads to a file or a folder, on a later visit as well.
    Handle(FileSystemHandle),
}

impl Picked {
    fn name(&self) -> String {
        match self {
            Self::File(file) => file.name(),
            Self::Handle(handle) => handle.name(),
        }
    }

    async fn source(&self) -> Result<Source, JsValue> {
        match self {
            Self::File(file) => Ok(Source::File { file: file.clone() }),
            Self::Handle(handle) => Source::from_handle(handle).await,
        }
    }
}

/// Opens what was dropped in this window: one dataset at a time, so of several the user says which.
pub async fn open_one_of(mut dropped: Vec<Picked>) {
    let names: Vec<String> = dropped.iter().map(Picked::name).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let which = match names.as_slice() {
        [_] => Some(0),
        [] => None,
        several => {
            let title = format!("Open which of the {}?", several.len());
            question::ask(&title, "One dataset is shown at a time; drop the next one once this is open.", several).await
        }
    };
    if let Some(which) = which {
        open(dropped.swap_remove(which), "").await;
    }
}

/// Opens it in this window. `hash` is the view to begin with. A build that goes on here would end with this page, so the user
/// says whether it is to.
pub async fn open(picked: Picked, hash: &str) {
    if let Some(building) = build::under_way() {
        let title = format!("{building} is still being read");
        let text = format!("Opening {} here ends that; what is done of it is not kept.", picked.name());
        let answers = [format!("Go on with {building}"), format!("Open {}", picked.name())];
        if question::ask(&title, &text, &answers.each_ref().map(String::as_str)).await != Some(1) {
            return;
        }
    }
    if let Err(failure) = open_page(&picked, hash).await {
        screen::show_failure(&picked.name(), &failure);
    }
}

async fn open_page(picked: &Picked, hash: &str) -> Result<(), Failure> {
    service_worker::register().await?;
    let source = picked.source().await?;
    let key = source.key().await?;
    if let Picked::Handle(handle) = picked {
        // Without it the next visit asks for the file.
        drop(remembered::keep(&key, handle).await);
    }
    let address = chosen(&source, &key).await? + hash;
    let location = window().location();
    if location.href()? == address {
        location.reload()?;
    } else {
        location.assign(&address)?;
    }
    Ok(())
}

/// Hands a source to the page of its dataset, and gives that page's address.
async fn chosen(source: &Source, key: &str) -> Result<String, JsValue> {
    service_worker::ask("chosen", &[("key", key.into()), ("source", source.to_js())]).await?;
    Ok(address::of(key, &source.name()))
}

/// Opens the file at an address, of this host or of one that the document allows.
pub async fn open_remote(text: &str) {
    let name = match Url::new_with_base(text, &address::base()) {
        Ok(url) => remote_name(&url),
        Err(_) => text.to_owned(),
    };
    if let Err(failure) = open_remote_page(text, &name).await {
        screen::show_failure(&name, &failure);
    }
}

/// The last part of an address's path, or else its host.
fn remote_name(url: &Url) -> String {
    let path = url.pathname();
    let last = path.rsplit('/').next().unwrap_or_default();
    let last = js_sys::decode_uri_component(last).map_or_else(|_| last.to_owned(), String::from);
    if last.is_empty() { url.host() } else { last }
}

async fn open_remote_page(text: &str, name: &str) -> Result<(), Failure> {
    let base = address::base();
    let url = Url::new_with_base(text, &base)
        .map_err(|_| Failure::Told(format!("“{text}” is no address. It begins with https://, as a rule.")))?;
    let origin = url.origin();
    if origin != Url::new(&base)?.origin() && !allowed_origins().split_whitespace().any(|allowed| allowed == origin) {
        return Err(Failure::Told(format!(
            "This page may not show data of {origin}. Whoever runs it can allow that by the option --data-origin of \
             tile-server serve or export."
        )));
    }
    service_worker::register().await?;
    let request = RequestInit::new();
    let headers = Headers::new()?;
    headers.set("range", "bytes=0-0")?;
    request.set_headers(&headers);
    let answer = JsFuture::from(window().fetch_with_str_and_init(&url.href(), &request)).await?;
    let answer: Response = answer.unchecked_into();
    let header = |name: &str| answer.headers().get(name).ok().flatten();
    let n_bytes = header("content-range").and_then(|range| range.rsplit_once('/')?.1.parse::<f64>().ok());
    let Some(n_bytes) = n_bytes.filter(|n_bytes| answer.status() == PARTIAL_CONTENT && *n_bytes > 0.0) else {
        return Err(Failure::Told(format!(
            "{} does not send parts of files (it answers {} to a request for a range, or keeps Content-Range from \
             scripts). Download the file and open it here.",
            url.host(),
            answer.status()
        )));
    };
    let tag = header("etag").unwrap_or_default();
    let source = Source::Remote { name: name.to_owned(), address: url.href(), n_bytes, tag };
    let key = source.key().await?;
    // Without it the next visit has to come by this address again.
    drop(remembered::keep(&key, &source.to_js()).await);
    let address = chosen(&source, &key).await? + &address::hash();
    window().location().replace(&address)?;
    Ok(())
}

/// Hosts that the document allows data of.
fn allowed_origins() -> String {
    let meta = document().query_selector("meta[name=tessera-data-origins]").ok().flatten();
    meta.map(|meta| meta.unchecked_into::<HtmlMetaElement>().content()).unwrap_or_default()
}

thread_local! {
    static FIELD: RefCell<Option<Field>> = const { RefCell::new(None) };
}

/// The field that asks for a file. It stands in the document, where every browser lets it be pressed.
pub struct Field {
    input: HtmlInputElement,
    _on_change: EventListener,
}

impl Field {
    /// Puts one there, in place of the one before. `hash` is the view to begin with.
    pub fn place(hash: String) {
        let accept: Vec<&str> = TYPES.iter().flat_map(|(_, extensions)| extensions.iter().copied()).collect();
        let attributes = [
            ("type", "file"),
            ("class", "visually-hidden"),
            ("accept", &accept.join(",")),
            ("tabindex", "-1"),
            ("aria-hidden", "true"),
            ("data-testid", "device-file"),
        ];
        let input: HtmlInputElement = element("input", &attributes, &[]).unchecked_into();
        let field = input.clone();
        let on_change = EventListener::new(&input, "change", move |_| {
            if let Some(file) = field.files().and_then(|files| files.get(0)) {
                let hash = hash.clone();
                spawn_local(async move { open(Picked::File(file), &hash).await });
            }
            field.set_value("");
        });
        append(&body(), &input);
        FIELD.set(Some(Self { input, _on_change: on_change }));
    }
}

impl Drop for Field {
    fn drop(&mut self) {
        self.input.remove();
    }
}

/// Asks for a file and opens it. `hash` is the view to begin with.
pub async fn choose(hash: String) {
    if FIELD.with_borrow(Option::is_none) {
        Field::place(hash.clone());
    }
    if !js::has(&window(), "showOpenFilePicker") {
        FIELD.with_borrow(|field| field.as_ref().map(|field| field.input.click()));
        return;
    }
    let accept = object(&TYPES.map(|(kind, extensions)| {
        (kind, extensions.iter().map(|extension| JsValue::from(*extension)).collect::<Array>().into())
    }));
    let types = Array::of1(&object(&[("description", "AnnData".into()), ("accept", accept.into())]));
    open_picked(js::pick_file(&object(&[("types", types.into())])).await, &hash).await;
}

/// The same, from what is no task of its own.
pub fn choose_later(hash: String) {
    spawn_local(choose(hash));
}

/// Whether the browser lets a folder be picked.
pub fn can_choose_folder() -> bool {
    js::has(&window(), "showDirectoryPicker")
}

/// Asks for a folder and opens it.
pub fn choose_folder_later() {
    spawn_local(async { open_picked(js::pick_folder().await, "").await });
}

async fn open_picked(picked: Result<Option<FileSystemHandle>, JsValue>, hash: &str) {
    match picked {
        Ok(Some(handle)) => open(Picked::Handle(handle), hash).await,
        Ok(None) => {}
        Err(error) => screen::show_failure("It", &Failure::from(error)),
    }
}
