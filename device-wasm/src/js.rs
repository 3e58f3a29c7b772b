//! What is asked of the browser that no library has.

use gloo_utils::window;
use js_sys::{Array, AsyncIterator, Function, IteratorNext, Object, Promise, Reflect};
use wasm_bindgen::{JsCast, JsValue, prelude::wasm_bindgen};
use wasm_bindgen_futures::JsFuture;
use web_sys::{FileSystemDirectoryHandle, FileSystemHandle};

// Not every browser has these, so web-sys calls them unstable.
#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(catch, js_name = showOpenFilePicker)]
    fn show_open_file_picker(options: &JsValue) -> Result<Promise, JsValue>;

    #[wasm_bindgen(catch, js_name = showDirectoryPicker)]
    fn show_directory_picker() -> Result<Promise, JsValue>;

    #[wasm_bindgen(catch, js_namespace = ["navigator", "locks"], js_name = request)]
    pub fn request_lock(name: &str, options: &JsValue, run: &Function) -> Result<Promise, JsValue>;

    type HandleWithPermission;

    #[wasm_bindgen(method, catch, js_name = queryPermission)]
    fn query_permission(this: &HandleWithPermission, options: &JsValue) -> Result<Promise, JsValue>;

    #[wasm_bindgen(method, catch, js_name = requestPermission)]
    fn request_permission(this: &HandleWithPermission, options: &JsValue) -> Result<Promise, JsValue>;
}

/// An object of these.
pub fn object(entries: &[(&str, JsValue)]) -> Object {
    let object = Object::new();
    for (name, value) in entries {
        // Only frozen objects refuse.
        drop(Reflect::set(&object, &(*name).into(), value));
    }
    object
}

/// A property; `undefined` where there is none.
pub fn get(of: &JsValue, name: &str) -> JsValue {
    Reflect::get(of, &name.into()).unwrap_or(JsValue::UNDEFINED)
}

/// A property that is a text.
pub fn text(of: &JsValue, name: &str) -> Option<String> {
    get(of, name).as_string()
}

/// Whether there is such a property.
pub fn has(of: &JsValue, name: &str) -> bool {
    let value = get(of, name);
    !value.is_undefined() && !value.is_null()
}

/// What a promise resolves to.
pub async fn settled(promise: Result<Promise, JsValue>) -> Result<JsValue, JsValue> {
    JsFuture::from(promise?).await
}

/// Whether an error is a [`web_sys::DomException`], or the like, of this name.
pub fn is_named(error: &JsValue, name: &str) -> bool {
    text(error, "name").is_some_and(|of| of == name)
}

/// What is in a directory, by name.
pub async fn entries(directory: &FileSystemDirectoryHandle) -> Result<Vec<(String, FileSystemHandle)>, JsValue> {
    let iterator: AsyncIterator = directory.entries();
    let mut found = Vec::new();
    loop {
        let next: IteratorNext = settled(iterator.next()).await?.unchecked_into();
        if next.done() {
            return Ok(found);
        }
        let entry: Array = next.value().unchecked_into();
        found.push((entry.get(0).as_string().unwrap_or_default(), entry.get(1).unchecked_into()));
    }
}

/// What the user picked in a dialog of the browser's; `None` where they changed their mind.
async fn picked(asked: Result<Promise, JsValue>) -> Result<Option<JsValue>, JsValue> {
    match settled(asked).await {
        Ok(picked) => Ok(Some(picked)),
        Err(error) if is_named(&error, "AbortError") => Ok(None),
        Err(error) => Err(error),
    }
}

/// A file that the user picks, of types as `showOpenFilePicker` takes them.
pub async fn pick_file(options: &JsValue) -> Result<Option<FileSystemHandle>, JsValue> {
    let files = picked(show_open_file_picker(options)).await?;
    Ok(files.map(|files| files.unchecked_into::<Array>().get(0).unchecked_into()))
}

/// A folder that the user picks.
pub async fn pick_folder() -> Result<Option<FileSystemHandle>, JsValue> {
    Ok(picked(show_directory_picker()).await?.map(JsCast::unchecked_into))
}

/// Whether what a handle leads to may be read without asking.
pub async fn may_read(handle: &FileSystemHandle) -> bool {
    let handle: &HandleWithPermission = handle.unchecked_ref();
    is_granted(handle.query_permission(&object(&[("mode", "read".into())]))).await
}

/// Whether the user lets it be read, who is asked.
pub async fn asked_to_read(handle: &FileSystemHandle) -> bool {
    let handle: &HandleWithPermission = handle.unchecked_ref();
    is_granted(handle.request_permission(&object(&[("mode", "read".into())]))).await
}

async fn is_granted(asked: Result<Promise, JsValue>) -> bool {
    settled(asked).await.ok().and_then(|state| state.as_string()).is_some_and(|state| state == "granted")
}

/// Memory of the device in bytes, of which browsers tell 8 GiB at most, and some nothing.
pub fn device_memory_bytes() -> f64 {
    get(&window().navigator(), "deviceMemory").as_f64().unwrap_or(8.0) * 1024.0 * 1024.0 * 1024.0
}
