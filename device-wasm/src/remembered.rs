//! Handles of files and addresses of those of hosts, which the next visit may read again where the user still allows that.

use gloo_utils::window;
use js_sys::Promise;
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use wasm_bindgen_futures::JsFuture;
use web_sys::{IdbDatabase, IdbObjectStore, IdbRequest, IdbTransactionMode};

const DATABASE: &str = "tessera-device";
const STORE: &str = "handles";

/// Whether the browser has a database.
pub fn is_possible() -> bool {
    window().indexed_db().is_ok_and(|factory| factory.is_some())
}

/// Keeps what leads to the file of a dataset.
pub async fn keep(key: &str, value: &JsValue) -> Result<(), JsValue> {
    let store = store(IdbTransactionMode::Readwrite).await?;
    answer(&store.put_with_key(value, &key.into())?).await.map(drop)
}

/// What leads to the file of a dataset; `undefined` where nothing does.
pub async fn recall(key: &str) -> Result<JsValue, JsValue> {
    let store = store(IdbTransactionMode::Readonly).await?;
    answer(&store.get(&key.into())?).await
}

/// Forgets it.
pub async fn forget(key: &str) -> Result<(), JsValue> {
    let store = store(IdbTransactionMode::Readwrite).await?;
    answer(&store.delete(&key.into())?).await.map(drop)
}

async fn store(mode: IdbTransactionMode) -> Result<IdbObjectStore, JsValue> {
    let factory = window().indexed_db()?.ok_or("this browser has no database")?;
    let opening = factory.open_with_u32(DATABASE, 1)?;
    let request = opening.clone();
    let create = Closure::once_into_js(move || {
        let database: Option<IdbDatabase> = request.result().ok().map(JsCast::unchecked_into);
        // Where this fails, no transaction finds the store.
        drop(database.map(|database| database.create_object_store(STORE)));
    });
    opening.set_onupgradeneeded(Some(create.unchecked_ref()));
    let database: IdbDatabase = answer(&opening).await?.unchecked_into();
    database.transaction_with_str_and_mode(STORE, mode)?.object_store(STORE)
}

async fn answer(request: &IdbRequest) -> Result<JsValue, JsValue> {
    let answered = Promise::new(&mut |resolve, reject| {
        request.set_onsuccess(Some(&resolve));
        request.set_onerror(Some(&reject));
    });
    match JsFuture::from(answered).await {
        Ok(_) => request.result(),
        Err(_) => Err(request.error()?.map_or(JsValue::UNDEFINED, Into::into)),
    }
}
