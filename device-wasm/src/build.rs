//! The build of one dataset, as its page sees it.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};

use futures_channel::oneshot;
use futures_util::StreamExt as _;
use gloo_events::{EventListener, EventListenerOptions};
use gloo_utils::window;
use js_sys::Date;
use wasm_bindgen::JsValue;
use web_sys::{FileSystemDirectoryHandle, HtmlElement};

use crate::{
    address,
    builder_worker::{BuilderWorker, Event},
    dom::{button, text_element},
    estimate::Estimate,
    failure::Failure,
    js,
    needs::{self, Resources},
    screen::{self, ProgressView},
    service_worker,
    source::Source,
    storage::{self, Files, Index},
};

thread_local! {
    /// The name of what is being built here.
    static UNDER_WAY: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// What is being built here, if anything is.
pub fn under_way() -> Option<String> {
    UNDER_WAY.with_borrow(Clone::clone)
}

/// What tells the page that the Explorer can open its dataset.
pub type Ready = oneshot::Sender<()>;

/// Has a worker build the dataset, and tells once it can be opened.
///
/// # Errors
/// When there is no dataset; nothing of it is left then.
pub async fn build(key: &str, source: &Source, ready: Ready) -> Result<(), Failure> {
    let is_begun = storage::index_of(key).await.is_some();
    UNDER_WAY.set(Some(source.name()));
    let built = Build::run(key, source, is_begun, ready).await;
    UNDER_WAY.set(None);
    if built.is_err() {
        storage::remove(key).await;
    }
    built
}

struct Build {
    name: String,
    view: ProgressView,
    /// What is said where an earlier visit has begun and not ended it.
    again: Option<HtmlElement>,
    /// None once it was told.
    ready: Option<Ready>,
    /// Whether the user has done something with what is there so far.
    is_used: Rc<Cell<bool>>,
    /// The files that the cells are looked at by.
    look: Files,
}

impl Build {
    async fn run(key: &str, source: &Source, is_begun: bool, ready: Ready) -> Result<(), Failure> {
        let name = source.name();
        let (worker, happened, mut happens) = BuilderWorker::start()?;
        let cancel = button("Cancel", "device-cancel", "", move || {
            // Whoever builds may have ended.
            drop(happened.unbounded_send(Event::Cancelled));
        });
        let view = ProgressView::new(&name, cancel);
        let again = "It was not finished when its page was left, so it is read anew.";
        let again = is_begun.then(|| text_element("p", &[("data-testid", "device-again")], again));
        let is_used = Rc::default();
        let mut build = Self { name, view, again, ready: Some(ready), is_used, look: Files::new() };
        let mut estimate = Estimate::default();
        let mut directory = None;
        let mut needs_no_picture = false;
        build.view.update("reading", &estimate);
        build.show_progress();
        while let Some(event) = happens.next().await {
            match event {
                Event::Started => worker.open(source)?,
                Event::Opened { needed, matrices } => {
                    build.confirm(needed).await?;
                    build.show_progress();
                    estimate = Estimate::new(matrices);
                    build.view.begin();
                    let empty = storage::empty_directory(key).await?;
                    worker.build(&empty, needs_no_picture)?;
                    directory = Some(empty);
                }
                Event::Progress { stage, share } => {
                    estimate.note(&stage, share);
                    build.view.update(&stage, &estimate);
                }
                Event::Look { files } => build.look(files, directory.as_ref()).await?,
                Event::Done { files, title, warnings } => {
                    drop(worker);
                    let n_bytes = Index::size_of(&files);
                    let index = Index { title, n_bytes, files, warnings, ..build.index() };
                    return build.done(index, directory.as_ref()).await;
                }
                Event::Failed { message, lacks_picture: true, .. } => {
                    storage::remove(key).await;
                    build.offer_without_picture(message).await?;
                    needs_no_picture = true;
                    build.show_progress();
                    worker.open(source)?;
                }
                Event::Failed { message, is_full, lacks_picture: false } => {
                    return Err(if is_full { Failure::full(&format!("{message}.")) } else { Failure::Told(message) });
                }
                Event::Broken => return Err(broken()),
                Event::Cancelled => {
                    drop(worker);
                    build.view.cancelled();
                    storage::remove(key).await;
                    window().location().assign(&address::base())?;
                    return Ok(());
                }
            }
        }
        Err(broken())
    }

    fn show_progress(&self) {
        screen::show(&format!("Opening {}", self.name), &self.parts());
    }

    /// What is shown of the build.
    fn parts(&self) -> Vec<HtmlElement> {
        self.again.iter().cloned().chain(self.view.parts()).collect()
    }

    /// What is known of the dataset so far.
    fn index(&self) -> Index {
        Index { name: self.name.clone(), ..Index::default() }
    }

    /// Tells what a build takes that the device may not have; resolves where it is to begin all the same.
    async fn confirm(&self, needed: Resources) -> Result<(), JsValue> {
        let (quota, usage) = storage::estimate().await?;
        let available = Resources { memory_bytes: js::device_memory_bytes(), space_bytes: quota - usage };
        let Some(text) = needs::lacking(needed, available) else { return Ok(()) };
        let (anyway, wants) = button_once("Try it here all the same", "device-anyway");
        let text = text_element("p", &[("data-testid", "device-needs")], &text);
        let ways = screen::ways(&[&anyway, &screen::home()]);
        screen::show(&format!("{} is large", self.name), &[text, screen::command(&self.name), ways]);
        wants.await.map_err(|_| JsValue::from("the button is gone"))
    }

    /// Tells that a file has no picture of its cells; resolves where it is to be opened without one.
    async fn offer_without_picture(&self, message: String) -> Result<(), JsValue> {
        let (without, wants) = button_once("Open it without a picture", "device-without-picture");
        screen::show_failure_or(&self.name, &Failure::Told(message), &[without]);
        wants.await.map_err(|_| JsValue::from("the button is gone"))
    }

    async fn look(&mut self, files: Files, directory: Option<&FileSystemDirectoryHandle>) -> Result<(), JsValue> {
        self.look.clone_from(&files);
        if let Some(directory) = directory {
            storage::write_index(directory, &Index { files, ..self.index() }).await?;
        }
        // A link may ask for genes.
        if address::is_of_cells(&address::hash()) {
            self.show();
        }
        Ok(())
    }

    /// Shows the Explorer, with the progress over it.
    fn show(&mut self) {
        for kind in ["pointerdown", "keydown", "wheel"] {
            let is_used = Rc::clone(&self.is_used);
            let options = EventListenerOptions::run_in_capture_phase();
            EventListener::new_with_options(&window(), kind, options, move |_| is_used.set(true)).forget();
        }
        screen::hide();
        let parts: Vec<_> = [screen::name(&self.name)].into_iter().chain(self.parts()).collect();
        screen::show_banner(&parts);
        self.tell_ready();
    }

    fn tell_ready(&mut self) {
        if let Some(ready) = self.ready.take() {
            // The page waits for it as long as it lives.
            let _ = ready.send(());
        }
    }

    async fn done(mut self, mut index: Index, directory: Option<&FileSystemDirectoryHandle>) -> Result<(), Failure> {
        // Somebody may still read what was only to be looked at.
        let look = std::mem::take(&mut self.look);
        index.files = look.into_iter().chain(index.files).collect();
        complete(index, directory).await?;
        if self.ready.is_some() {
            screen::hide();
            self.tell_ready();
        } else if self.is_used.get() {
            show_whole(&self.name);
        } else {
            window().location().reload()?;
        }
        Ok(())
    }
}

/// A button, and what resolves once it is pressed.
fn button_once(text: &str, test_id: &str) -> (HtmlElement, oneshot::Receiver<()>) {
    let (wanted, wants) = oneshot::channel();
    let mut wanted = Some(wanted);
    let made = button(text, test_id, "", move || {
        // It is pressed once.
        let _ = wanted.take().map(|wanted| wanted.send(()));
    });
    (made, wants)
}

/// Notes that there is all of a dataset, and has the page kept that shows it without a network.
async fn complete(index: Index, directory: Option<&FileSystemDirectoryHandle>) -> Result<(), JsValue> {
    let index = Index { is_complete: true, built: Date::now(), ..index };
    if let Some(directory) = directory {
        storage::write_index(directory, &index).await?;
    }
    // The browser may decline.
    drop(storage::manager().persist());
    service_worker::tell("keep-page", &[]);
    Ok(())
}

/// Offers to open the page anew, now that there is all of the dataset: the address has the view. Who is at work says when.
fn show_whole(name: &str) {
    let text = text_element("p", &[("role", "status")], "All genes are read.");
    let show = button("Show them", "device-show", "primary", || {
        // A page can be loaded again wherever it was loaded.
        drop(window().location().reload());
    });
    screen::show_banner(&[screen::name(name), text, show]);
}

fn broken() -> Failure {
    let text = "The browser had not enough memory for it, or the program failed. The command line shows the same:";
    Failure::Lacking(text.to_owned())
}
