//! The entry of the worker that builds a dataset from a file of the user's own.
//!
//! It is asked twice. `{file}`, `{files, name}` for a folder by paths, or `{address, nBytes, name}` for a file of a host:
//! can it be built, and what would that take?
//! `{directory}`: build it there. All answers are [`Reply`]s, and what they say is what the command line says.

mod device_files;
mod folder;
mod progress;
mod remote;
mod reply;

use std::{cell::RefCell, collections::BTreeMap};

use builder::{BuildError, Environment, Options};
use file_slices::{Cached, Changed, SliceReader, Slices};
use h5ad::{H5ad, H5adError};
use js_sys::{Array, Object, Reflect};
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use wasm_bindgen_futures::spawn_local;
use web_sys::{DedicatedWorkerGlobalScope, File, FileSystemDirectoryHandle, MessageEvent};

use device_files::DeviceFiles;
use folder::Folder;
use progress::Told;
use remote::Remote;
use reply::Reply;

/// Values of a layer that are in memory at a time. A worker has 4 GB at most, and the page and its other workers are
/// beside it.
const VALUES_IN_MEMORY: u64 = 32 << 20;

/// A file that was opened.
struct Chosen {
    file: H5ad,
    name: String,
    changed: Changed,
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
        if let Ok(file) = part("file").dyn_into::<File>() {
            let name = file.name();
            let slices = |changed| Cached::new(Slices::new(file.into(), SliceReader::new(changed)));
            open(&name, |changed| H5ad::from_source(slices(changed), name.as_str(), None));
        } else if let Ok(files) = part("files").dyn_into::<Array>() {
            let name = part("name").as_string().unwrap_or_default();
            let folder = |changed| Folder::new(by_path(&files), SliceReader::new(changed));
            open(&name, |changed| H5ad::from_files(folder(changed), name.as_str(), None));
        } else if let (Some(address), Some(n_bytes)) = (part("address").as_string(), part("nBytes").as_f64()) {
            let name = part("name").as_string().unwrap_or_default();
            let remote = |changed| Cached::new(Remote::new(address, n_bytes as u64, changed));
            open(&name, |changed| H5ad::from_source(remote(changed), name.as_str(), None));
        } else if let Ok(directory) = part("directory").dyn_into::<FileSystemDirectoryHandle>() {
            spawn_local(build(directory));
        }
    });
    scope.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
    on_message.forget();
    // What comes before this program runs would be lost.
    drop(scope.post_message(&Object::new()));
}

fn options() -> Options {
    Options { values_in_memory: VALUES_IN_MEMORY, ..Options::default() }
}

/// Pairs of a path and a file.
fn by_path(files: &Array) -> BTreeMap<String, File> {
    let pairs = files.iter().map(|pair| Array::from(&pair));
    pairs.filter_map(|pair| Some((pair.get(0).as_string()?, pair.get(1).dyn_into().ok()?))).collect()
}

/// `read` opens the file, and notes when it changes meanwhile.
fn open(name: &str, read: impl FnOnce(Changed) -> Result<H5ad, H5adError>) {
    let changed = Changed::default();
    match read(changed.clone()) {
        Ok(file) => {
            Reply::Opened { needs: builder::needs(&file, &options()), file: &file }.post();
            CHOSEN.set(Some(Chosen { file, name: name.to_owned(), changed }));
        }
        Err(error) => told(&BuildError::Input(error), name, &changed),
    }
}

async fn build(directory: FileSystemDirectoryHandle) {
    let Some(Chosen { file, name, changed }) = CHOSEN.take() else { return };
    let n_files = builder::most_files(&file);
    let files = match DeviceFiles::open(directory, n_files).await {
        Ok(files) => files,
        Err(error) => {
            let message = format!("the browser does not let this page write to its storage: {error:?}");
            return Reply::Failed { message, is_full: false }.post();
        }
    };
    let environment = Environment { output: &files, scratch: &files, progress: &Told };
    let built = builder::build(file, &name, &options(), &environment);
    files.close().await;
    match built {
        Ok(manifest) => Reply::Done { files: files.published(), manifest: &manifest }.post(),
        Err(error) => told(&error, &name, &changed),
    }
}

/// Tells why there is no dataset.
fn told(error: &BuildError, name: &str, changed: &Changed) {
    if changed.is_so() {
        return Reply::failed(&BuildError::InputChanged { file: name.to_owned() }).post();
    }
    Reply::failed(error).post();
}
