//! The entry of the worker that builds a dataset from a file of the user's own.
//!
//! It is asked twice. `{file}`, `{files, name}` for a folder by paths, or `{address, nBytes, name}` for a file of a host:
//! can it be built, and what would that take?
//! `{directory, needsNoPicture}`: build it there, or copy it where it is a dataset that was built. All answers are [`Reply`]s, and what they
//! say is what the command line says.

mod built;
mod device_files;
mod folder;
mod progress;
mod remote;
mod reply;

use std::{cell::RefCell, collections::BTreeMap, io, sync::Arc};

use builder::{BuildError, Environment, Needs, Options};
use file_slices::{Cached, Changed, ReadSlice, SliceReader, Slices};
use h5ad::{H5ad, H5adError};
use js_sys::{Array, Reflect};
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use wasm_bindgen_futures::spawn_local;
use web_sys::{DedicatedWorkerGlobalScope, File, FileSystemDirectoryHandle, MessageEvent};

use built::{Built, Place};
use device_files::DeviceFiles;
use folder::Folder;
use progress::Told;
use remote::Remote;
use reply::Reply;

/// Values of a layer that are in memory at a time. A worker has 4 GB at most, and the page and its other workers are
/// beside it.
const VALUES_IN_MEMORY: u64 = 32 << 20;

/// What was opened.
struct Chosen {
    content: Content,
    name: String,
    changed: Changed,
}

enum Content {
    /// What a dataset is built from.
    AnnData(H5ad),
    /// A dataset, which is copied.
    Built(Box<Built>),
}

thread_local! {
    static CHOSEN: RefCell<Option<Chosen>> = const { RefCell::new(None) };
}

fn main() {
    console_error_panic_hook::set_once();
    let scope: DedicatedWorkerGlobalScope = js_sys::global().unchecked_into();
    let on_message = Closure::<dyn Fn(MessageEvent)>::new(|message: MessageEvent| {
        let asked = message.data();
        let part = |name: &str| Reflect::get(&asked, &name.into()).unwrap_or(JsValue::UNDEFINED);
        let changed = Changed::default();
        if let Ok(file) = part("file").dyn_into::<File>() {
            let name = file.name();
            let slices = Slices::new(file.into(), SliceReader::new(changed.clone()));
            open(&name, changed, in_file(&name, slices));
        } else if let Ok(files) = part("files").dyn_into::<Array>() {
            let name = part("name").as_string().unwrap_or_default();
            let folder = Folder::new(by_path(&files), SliceReader::new(changed.clone()));
            open(&name, changed, in_folder(&name, folder));
        } else if let (Some(address), Some(n_bytes)) = (part("address").as_string(), part("nBytes").as_f64()) {
            let name = part("name").as_string().unwrap_or_default();
            let remote = Remote::new(address, n_bytes as u64, changed.clone());
            open(&name, changed, in_file(&name, remote));
        } else if let Ok(directory) = part("directory").dyn_into::<FileSystemDirectoryHandle>() {
            spawn_local(build(directory, part("needsNoPicture").is_truthy()));
        }
    });
    scope.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
    on_message.forget();
    Reply::Started.post();
}

fn options() -> Options {
    Options { values_in_memory: VALUES_IN_MEMORY, ..Options::default() }
}

/// Pairs of a path and a file.
fn by_path(files: &Array) -> BTreeMap<String, File> {
    let pairs = files.iter().map(|pair| Array::from(&pair));
    pairs.filter_map(|pair| Some((pair.get(0).as_string()?, pair.get(1).dyn_into().ok()?))).collect()
}

/// What is in a file: what is read to tell is read once, since it is kept.
fn in_file<R: ReadSlice + Send + Sync + 'static>(name: &str, file: R) -> Result<Content, Reply<'static>> {
    let file = Arc::new(Cached::new(file));
    match Place::in_zip(Arc::clone(&file)) {
        Some(place) => built(name, place),
        None => ann_data(H5ad::from_source(file, name, None)),
    }
}

fn in_folder(name: &str, folder: Folder) -> Result<Content, Reply<'static>> {
    match Place::in_folder(folder) {
        Ok(place) => built(name, place),
        Err(folder) => ann_data(H5ad::from_files(folder, name, None)),
    }
}

fn built(name: &str, place: Place) -> Result<Content, Reply<'static>> {
    let built = Built::open(place).map_err(|reason| Reply::failed_as(format!("{name} {reason}")));
    built.map(|built| Content::Built(Box::new(built)))
}

fn ann_data(read: Result<H5ad, H5adError>) -> Result<Content, Reply<'static>> {
    read.map(Content::AnnData).map_err(|error| Reply::failed(&BuildError::Input(error)))
}

/// Takes what was opened, and tells what it takes to build it. `changed` notes when it changes meanwhile.
fn open(name: &str, changed: Changed, content: Result<Content, Reply<'_>>) {
    match content {
        Ok(content) => {
            match &content {
                Content::AnnData(file) => Reply::opened(file, builder::needs(file, &options())).post(),
                Content::Built(built) => {
                    // What is copied waits in no memory.
                    let needs = Needs { memory_bytes: 0, space_bytes: built.n_bytes };
                    Reply::Opened { needs, matrices: Vec::new() }.post();
                }
            }
            CHOSEN.set(Some(Chosen { content, name: name.to_owned(), changed }));
        }
        Err(failed) => told(failed, name, &changed),
    }
}

async fn build(directory: FileSystemDirectoryHandle, needs_no_picture: bool) {
    let Some(Chosen { content, name, changed }) = CHOSEN.take() else { return };
    let n_files = match &content {
        Content::AnnData(file) => builder::most_files(file),
        Content::Built(built) => built.n_files(),
    };
    let files = match DeviceFiles::open(directory, n_files).await {
        Ok(files) => files,
        Err(error) => {
            let reason = format!("the browser does not let this page write to its storage: {error:?}");
            return Reply::failed_as(reason).post();
        }
    };
    let made = match content {
        Content::AnnData(file) => {
            let environment = Environment { output: &files, scratch: &files, progress: &Told };
            let options = Options { allow_no_embedding: needs_no_picture, ..options() };
            builder::build(file, &name, &options, &environment).map(Some).map_err(|error| Reply::failed(&error))
        }
        Content::Built(built) => built.copy(&files).map(|()| None).map_err(|error| {
            let is_full = error.kind() == io::ErrorKind::StorageFull;
            Reply::Failed { message: format!("{name} cannot be copied: {error}"), is_full, lacks_picture: false }
        }),
    };
    files.close().await;
    match made {
        Ok(manifest) => Reply::Done { files: files.published(), manifest: manifest.as_ref() }.post(),
        Err(failed) => told(failed, &name, &changed),
    }
}

/// Tells why there is no dataset.
fn told(failed: Reply<'_>, name: &str, changed: &Changed) {
    if changed.is_so() {
        return Reply::failed(&BuildError::InputChanged { file: name.to_owned() }).post();
    }
    failed.post();
}
