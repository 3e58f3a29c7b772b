//! The page of a dataset on this device, until the Explorer can open it.

use futures_channel::oneshot;
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::spawn_local;

use crate::{
    address, build, choose::Field, dom::text_element, failure::Failure, js, locks, remembered, screen, service_worker,
    source::Source, storage,
};

/// Whether the dataset that the address names can be opened, once that is known.
pub async fn ready() -> bool {
    let (key, name) = address::own();
    Field::place(address::hash());
    match service_worker::register().await {
        Ok(registration) => service_worker::give_way(&registration),
        Err(failure) => {
            screen::show_failure(&name, &failure.message());
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
            screen::show_failure(&name, &failure.message());
        }
    });
    is_ready.await.is_ok()
}

/// Builds the dataset here, or waits for the tab that does.
async fn obtain(key: &str, name: &str, ready: build::Ready) -> Result<(), Failure> {
    let lock = locks::of_build(key);
    let _held = match locks::try_hold(&lock).await {
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
    let Some(source) = source_of(key).await else {
        ask_for_file(name);
        return std::future::pending().await;
    };
    match source.built() {
        Some(files) => {
            build::copy(key, &source.name(), files).await?;
            let _ = ready.send(());
            Ok(())
        }
        None => build::build(key, &source, ready).await,
    }
}

/// The source of a dataset: the one that was chosen on the page before, or the one that an earlier visit remembered.
async fn source_of(key: &str) -> Option<Source> {
    let chosen = service_worker::ask("give", &[("key", key.into())]).await.ok();
    if let Some(source) = chosen.and_then(|chosen| Source::from_js(&chosen)) {
        return Some(source);
    }
    let remembered = remembered::recall(key).await.ok()?;
    if js::has(&remembered, "address") {
        return Source::from_js(&remembered);
    }
    let handle = remembered.dyn_into().ok()?;
    if !js::may_read(&handle).await {
        return None;
    }
    Source::from_handle(&handle).await.ok()
}

/// Asks for the file of a dataset that is not on this device.
fn ask_for_file(name: &str) {
    let text = format!(
        "This address is of a file on somebody's device, “{name}”. Open your copy of it: it stays on this device."
    );
    let ways = screen::ways(&[&screen::open_another(&format!("Open {name}…")), &screen::home()]);
    screen::show(&format!("Open {name}"), &[text_element("p", &[], &text), ways]);
}
