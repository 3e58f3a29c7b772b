//! Datasets in the browser's storage for this page (the origin private file system), each in `device/{key}/`.
//!
//! `index.json` says which of the numbered files is which file of the dataset; the service worker reads it as well.

use std::collections::{BTreeMap, HashSet};

use gloo_timers::future::TimeoutFuture;
use gloo_utils::window;
use serde::{Deserialize, Serialize};
use shared_fbs::path::{DEVICE_ROUTE, LOOK_MANIFEST};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    File, FileSystemDirectoryHandle, FileSystemFileHandle, FileSystemGetDirectoryOptions, FileSystemGetFileOptions,
    FileSystemRemoveOptions, FileSystemWritableFileStream, StorageEstimate, StorageManager, WritableStream,
};

use crate::{
    js::{self, is_named},
    remembered, service_worker,
};

const INDEX: &str = "index.json";

/// How often it is tried to remove what is still open, and the time between.
const ATTEMPTS: usize = 100;
const PAUSE_MILLIS: u32 = 100;

/// Files of a dataset by name: the file that each is, and its length in bytes.
pub type Files = BTreeMap<String, (String, u64)>;

/// What is known of a dataset without opening it.
#[derive(Serialize, Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
pub struct Index {
    /// Whether there is all of it.
    pub is_complete: bool,
    /// The file's name.
    pub name: String,
    /// The dataset's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Bytes of all files.
    pub n_bytes: u64,
    /// Its files.
    pub files: Files,
    /// What was left out or changed of the input, and why.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
    /// When it was completed, in milliseconds since 1970.
    pub built: f64,
}

impl Index {
    /// Bytes of files.
    pub fn size_of(files: &Files) -> u64 {
        files.values().map(|(_, n_bytes)| n_bytes).sum()
    }
}

/// The browser's storage for this page.
pub fn manager() -> StorageManager {
    window().navigator().storage()
}

/// Whether the browser has such storage.
pub fn is_there() -> bool {
    let manager = js::get(&window().navigator(), "storage");
    js::has(&manager, "getDirectory")
}

/// The folder of all datasets.
pub async fn root() -> Result<FileSystemDirectoryHandle, JsValue> {
    let top: FileSystemDirectoryHandle = JsFuture::from(manager().get_directory()).await?.unchecked_into();
    make_directory(&top, DEVICE_ROUTE).await
}

async fn make_directory(parent: &FileSystemDirectoryHandle, name: &str) -> Result<FileSystemDirectoryHandle, JsValue> {
    let create = FileSystemGetDirectoryOptions::new();
    create.set_create(true);
    Ok(JsFuture::from(parent.get_directory_handle_with_options(name, &create)).await?.unchecked_into())
}

/// The folder of a dataset, where there is one.
pub async fn directory(key: &str) -> Result<FileSystemDirectoryHandle, JsValue> {
    Ok(JsFuture::from(root().await?.get_directory_handle(key)).await?.unchecked_into())
}

/// What is known of a dataset.
pub async fn index_of(key: &str) -> Option<Index> {
    read_index(&directory(key).await.ok()?).await
}

async fn read_index(directory: &FileSystemDirectoryHandle) -> Option<Index> {
    let handle: FileSystemFileHandle = JsFuture::from(directory.get_file_handle(INDEX)).await.ok()?.unchecked_into();
    let file: File = JsFuture::from(handle.get_file()).await.ok()?.unchecked_into();
    let text = JsFuture::from(file.text()).await.ok()?.as_string()?;
    serde_json::from_str(&text).ok()
}

/// Notes what there is of a dataset.
pub async fn write_index(directory: &FileSystemDirectoryHandle, index: &Index) -> Result<(), JsValue> {
    let text = serde_json::to_string(index).expect("names and numbers are JSON");
    let stream = writable(directory, INDEX).await?;
    JsFuture::from(stream.write_with_str(&text)?).await?;
    JsFuture::from(stream.unchecked_into::<WritableStream>().close()).await?;
    Ok(())
}

async fn writable(directory: &FileSystemDirectoryHandle, name: &str) -> Result<FileSystemWritableFileStream, JsValue> {
    let create = FileSystemGetFileOptions::new();
    create.set_create(true);
    let handle: FileSystemFileHandle =
        JsFuture::from(directory.get_file_handle_with_options(name, &create)).await?.unchecked_into();
    Ok(JsFuture::from(handle.create_writable()).await?.unchecked_into())
}

/// The empty folder of a dataset that is to be built.
pub async fn empty_directory(key: &str) -> Result<FileSystemDirectoryHandle, JsValue> {
    let root = root().await?;
    remove_directory(&root, key).await;
    make_directory(&root, key).await
}

/// Removes a dataset's folder. A worker that was ended, by a reload for one, keeps its files open for a moment, so this is
/// tried for some seconds.
async fn remove_directory(root: &FileSystemDirectoryHandle, key: &str) {
    let recursive = FileSystemRemoveOptions::new();
    recursive.set_recursive(true);
    for _ in 0..ATTEMPTS {
        match JsFuture::from(root.remove_entry_with_options(key, &recursive)).await {
            Err(error) if !is_named(&error, "NotFoundError") => TimeoutFuture::new(PAUSE_MILLIS).await,
            Ok(_) | Err(_) => return,
        }
    }
}

/// Removes a dataset, and what is known of its file.
pub async fn remove(key: &str) {
    service_worker::tell("forget", &[("key", key.into())]);
    if let Ok(root) = root().await {
        remove_directory(&root, key).await;
    }
    // It may never have been remembered.
    drop(remembered::forget(key).await);
}

/// Removes what a build has left that is no part of a complete dataset.
pub async fn tidy(key: &str, index: &Index) -> Result<(), JsValue> {
    let directory = directory(key).await?;
    // What the cells were looked at by the whole dataset does not need.
    let parts = index.files.iter().filter(|(name, _)| *name != LOOK_MANIFEST);
    let kept: HashSet<&str> = parts.map(|(_, (number, _))| number.as_str()).chain([INDEX]).collect();
    for (name, _) in js::entries(&directory).await? {
        if !kept.contains(name.as_str()) {
            // Another tab may have it open, and the next visit tries again.
            drop(JsFuture::from(directory.remove_entry(&name)).await);
        }
    }
    Ok(())
}

/// The datasets on this device, with their keys, the latest first.
pub async fn all() -> Result<Vec<(String, Index)>, JsValue> {
    let mut found = Vec::new();
    for (key, handle) in js::entries(&root().await?).await? {
        if let Some(index) = read_index(handle.unchecked_ref()).await {
            found.push((key, index));
        }
    }
    found.sort_by(|(_, a), (_, b)| b.built.total_cmp(&a.built));
    Ok(found)
}

/// What there is of storage, and what of it is used, in bytes.
pub async fn estimate() -> Result<(f64, f64), JsValue> {
    let estimate: StorageEstimate = JsFuture::from(manager().estimate()?).await?.unchecked_into();
    Ok((estimate.get_quota().unwrap_or_default(), estimate.get_usage().unwrap_or_default()))
}
