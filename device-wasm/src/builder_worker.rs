//! The worker that builds datasets (`builder-wasm`), and what it says.

use std::cell::RefCell;

use futures_channel::mpsc::{UnboundedReceiver, UnboundedSender, unbounded};
use gloo_events::EventListener;
use gloo_timers::callback::Interval;
use js_sys::Array;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{FileSystemDirectoryHandle, MessageEvent, Worker, WorkerOptions, WorkerType};

use crate::{
    js::{self, object},
    needs::Resources,
    service_worker,
    source::Source,
    storage::Files,
};

/// A service worker that nobody talks to is ended, and with it goes the file that a reload would need.
const ALIVE_MILLIS: u32 = 15_000;

thread_local! {
    static SCRIPT: RefCell<String> = const { RefCell::new(String::new()) };
}

/// The address of the worker's first script.
pub fn set_script(address: String) {
    SCRIPT.set(address);
}

/// What happens while one builds.
pub enum Event {
    /// It runs, and takes a source.
    Started,
    /// The file is one that can be built, as far as its structure tells.
    Opened {
        /// What it takes.
        needed: Resources,
        /// Its matrices, with their numbers of entries.
        matrices: Vec<(String, f64)>,
    },
    /// How far a stage has come.
    Progress {
        /// Its name.
        stage: String,
        /// From 0 to 1.
        share: f64,
    },
    /// The cells can be looked at.
    Look {
        /// The files so far.
        files: Files,
    },
    /// The dataset is complete.
    Done {
        /// Its files.
        files: Files,
        /// Its own name.
        title: Option<String>,
        /// What was left out or changed of the input, and why.
        warnings: Vec<String>,
    },
    /// There is no dataset.
    Failed {
        /// Why not, as the command line says it.
        message: String,
        /// Whether there was no room for it.
        is_full: bool,
        /// Whether there would be one without a picture of the cells.
        lacks_picture: bool,
    },
    /// The worker is no more.
    Broken,
    /// The user wants no more of it.
    Cancelled,
}

impl Event {
    /// `None` for what no worker of this version says.
    fn from_js(told: &JsValue) -> Option<Self> {
        let list = |name: &str| js::get(told, name).dyn_into::<Array>().unwrap_or_default();
        let number = |name: &str| js::get(told, name).as_f64().unwrap_or_default();
        let message = |name: &str| js::text(told, name).unwrap_or_default();
        let files = || js_files(&js::get(told, "files"));
        let event = match message("kind").as_str() {
            "started" => Self::Started,
            "opened" => {
                let pairs = list("matrices").into_iter().map(JsCast::unchecked_into::<Array>);
                let matrices = pairs.filter_map(|pair| Some((pair.get(0).as_string()?, pair.get(1).as_f64()?)));
                let needed = Resources { memory_bytes: number("memoryBytes"), space_bytes: number("spaceBytes") };
                Self::Opened { needed, matrices: matrices.collect() }
            }
            "progress" => Self::Progress { stage: message("stage"), share: number("share") },
            "look" => Self::Look { files: files() },
            "done" => Self::Done {
                files: files(),
                title: js::text(told, "title"),
                warnings: list("warnings").iter().filter_map(|warning| warning.as_string()).collect(),
            },
            "failed" => Self::Failed {
                message: message("message"),
                is_full: js::get(told, "isFull").is_truthy(),
                lacks_picture: js::get(told, "lacksPicture").is_truthy(),
            },
            _ => return None,
        };
        Some(event)
    }
}

/// The files of an answer, by name.
fn js_files(files: &JsValue) -> Files {
    let Some(files) = files.dyn_ref::<js_sys::Object>() else { return Files::new() };
    let entries = js_sys::Object::entries(files).into_iter().map(JsCast::unchecked_into::<Array>);
    let entries = entries.filter_map(|entry| {
        let place: Array = entry.get(1).dyn_into().ok()?;
        Some((entry.get(0).as_string()?, (place.get(0).as_string()?, place.get(1).as_f64()? as u64)))
    });
    entries.collect()
}

/// A worker that builds one dataset; it ends when this is dropped.
pub struct BuilderWorker {
    worker: Worker,
    _listeners: [EventListener; 2],
    _alive: Interval,
}

impl BuilderWorker {
    /// Starts one; what happens comes out of the second.
    ///
    /// # Errors
    /// When the browser starts no worker.
    pub fn start() -> Result<(Self, UnboundedSender<Event>, UnboundedReceiver<Event>), JsValue> {
        let options = WorkerOptions::new();
        options.set_type(WorkerType::Module);
        let worker = Worker::new_with_options(&SCRIPT.with_borrow(Clone::clone), &options)?;
        let (happened, happens) = unbounded();
        // Who listens may be gone.
        let send = |happened: &UnboundedSender<Event>, event| drop(happened.unbounded_send(event));
        let to_build = happened.clone();
        let on_message = EventListener::new(&worker, "message", move |event| {
            let event: &MessageEvent = event.unchecked_ref();
            send(&to_build, Event::from_js(&event.data()).unwrap_or(Event::Broken));
        });
        let to_build = happened.clone();
        let on_error = EventListener::new(&worker, "error", move |_| send(&to_build, Event::Broken));
        let alive = Interval::new(ALIVE_MILLIS, || service_worker::tell("alive", &[]));
        Ok((Self { worker, _listeners: [on_message, on_error], _alive: alive }, happened, happens))
    }

    /// Has it open a source.
    pub fn open(&self, source: &Source) -> Result<(), JsValue> {
        self.worker.post_message(&source.to_js())
    }

    /// Has it build what it has opened, without a picture of the cells where there is none and none is needed.
    pub fn build(&self, directory: &FileSystemDirectoryHandle, needs_no_picture: bool) -> Result<(), JsValue> {
        let parts = [("directory", directory.into()), ("needsNoPicture", needs_no_picture.into())];
        self.worker.post_message(&object(&parts))
    }
}

impl Drop for BuilderWorker {
    fn drop(&mut self) {
        self.worker.terminate();
    }
}
