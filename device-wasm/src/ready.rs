//! The page of a dataset on this device, until the Explorer can open it.

use futures_channel::oneshot;
use shared_fbs::path::LOOK_MANIFEST;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::spawn_local;
use web_sys::{FileSystemHandle, HtmlElement};

use crate::{
    address, build,
    choose::{self, Field, Picked},
    dom::{button, text_element},
    failure::Failure,
    js, locks, remembered, screen, service_worker,
    source::Source,
    storage,
};

/// Whether the dataset that the address names can be opened, once that is known.
pub async fn ready() -> bool {
    let (key, name) = address::own();
    Field::place(address::hash());
    match service_worker::register().await {
        Ok(registration) => service_worker::give_way(&registration),
        Err(failure) => {
            screen::show_failure(&name, &failure);
            return false;
        }
    }
    locks::share(&locks::of_view(&key)).await;
    if let Some(index) = storage::index_of(&key).await.filter(|index| index.is_complete) {
        service_worker::tell("keep-page", &[]);
        // What is too much does not disturb.
        drop(storage::tidy(&key, &index).await);
        return true;
    }
    let (ready, is_ready) = oneshot::channel();
    spawn_local(async move {
        if let Err(failure) = obtain(&key, &name, ready).await {
            screen::show_failure(&name, &failure);
        }
    });
    is_ready.await.is_ok()
}

/// Builds the dataset here, or waits for the tab that does.
async fn obtain(key: &str, name: &str, ready: build::Ready) -> Result<(), Failure> {
    let lock = locks::of_build(key);
    let held = match locks::try_hold(&lock).await {
        Some(held) => held,
        None => {
            let text = "Another tab is building it; it is shown here once that is done.";
            let text = text_element("p", &[("data-testid", "device-waiting")], text);
            screen::show(&format!("Opening {name}"), &[text]);
            let held = locks::wait_for(&lock).await;
            held.ok_or_else(|| Failure::Told("The browser does not tell when another tab has built it.".to_owned()))?
        }
    };
    // By then it is there, or this tab builds it.
    if storage::index_of(key).await.is_some_and(|index| index.is_complete) {
        screen::hide();
        let _ = ready.send(());
        return Ok(());
    }
    let source = match found(key).await {
        Found::Source(source) => source,
        Found::Handle(handle) => {
            // Another tab may have the file.
            drop(held);
            return ask(key, name, Some(handle), ready).await;
        }
        Found::Nothing => {
            drop(held);
            return ask(key, name, None, ready).await;
        }
    };
    build::build(key, &source, ready).await
}

/// What there is of the source of a dataset.
enum Found {
    /// All: it was chosen on the page before, or an earlier visit remembered it.
    Source(Source),
    /// What leads to it, where the user allows that anew.
    Handle(FileSystemHandle),
    /// Nothing.
    Nothing,
}

async fn found(key: &str) -> Found {
    let chosen = service_worker::ask("give", &[("key", key.into())]).await.ok();
    if let Some(source) = chosen.and_then(|chosen| Source::from_js(&chosen)) {
        return Found::Source(source);
    }
    let remembered = remembered::recall(key).await.unwrap_or(JsValue::UNDEFINED);
    if js::has(&remembered, "address") {
        return Source::from_js(&remembered).map_or(Found::Nothing, Found::Source);
    }
    let Ok(handle) = remembered.dyn_into::<FileSystemHandle>() else { return Found::Nothing };
    if !js::may_read(&handle).await {
        return Found::Handle(handle);
    }
    // It may have been moved.
    Source::from_handle(&handle).await.map_or(Found::Nothing, Found::Source)
}

/// Asks for the file of a dataset that is not on this device, or not whole: a press reads it. Cells of which an earlier
/// visit has got as far are looked at meanwhile; a link may ask for more.
async fn ask(key: &str, name: &str, handle: Option<FileSystemHandle>, ready: build::Ready) -> Result<(), Failure> {
    let index = storage::index_of(key).await.filter(|index| index.files.contains_key(LOOK_MANIFEST));
    if index.is_some() && address::is_of_cells(&address::hash()) {
        let text = "It was not finished when its page was left: its genes are not read.";
        let text = text_element("p", &[("role", "status"), ("data-testid", "device-unfinished")], text);
        screen::hide();
        screen::show_banner(&[screen::name(name), text, read_again("Read them", handle)]);
        // The page waits for it as long as it lives.
        let _ = ready.send(());
    } else {
        let text = format!(
            "This address is of a file on somebody's device, “{name}”. Open your copy of it: it stays on this device."
        );
        let ways = screen::ways(&[&read_again(&format!("Open {name}…"), handle), &screen::home()]);
        screen::show(&format!("Open {name}"), &[text_element("p", &[], &text), ways]);
    }
    std::future::pending().await
}

/// The button that reads a file: what a handle leads to, where the user allows that, or else the one that they choose.
fn read_again(text: &str, handle: Option<FileSystemHandle>) -> HtmlElement {
    let Some(handle) = handle else { return screen::open_another(text) };
    Field::place(address::hash());
    button(text, "device-choose", "primary", move || {
        let handle = handle.clone();
        spawn_local(async move {
            if js::asked_to_read(&handle).await {
                choose::open(Picked::Handle(handle), &address::hash()).await;
            } else {
                // A copy of it may be chosen all the same.
                choose::choose_later(address::hash());
            }
        });
    })
}
