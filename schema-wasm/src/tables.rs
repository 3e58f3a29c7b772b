//! The tables of terms and genes, fetched when a rule first needs one.

use std::borrow::Cow;

use js_sys::{ArrayBuffer, Uint8Array};
use schema::reference::Tables;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{XmlHttpRequest, XmlHttpRequestResponseType};

const OK: u16 = 200;

/// Tables in a folder of the page.
pub struct Fetched {
    /// Its address, with a slash at the end.
    folder: String,
}

impl Fetched {
    /// Those of the folder at an address.
    pub fn new(folder: String) -> Self {
        Self { folder }
    }

    /// Asks and waits, as only workers may.
    fn ask(&self, file: &str) -> Result<Option<Vec<u8>>, JsValue> {
        let request = XmlHttpRequest::new()?;
        request.open_with_async("GET", &format!("{}{file}", self.folder), false)?;
        request.set_response_type(XmlHttpRequestResponseType::Arraybuffer);
        request.send()?;
        let body = request.response()?.dyn_into::<ArrayBuffer>().ok();
        Ok(body.filter(|_| request.status() == Ok(OK)).map(|body| Uint8Array::new(&body).to_vec()))
    }
}

impl Tables for Fetched {
    fn bytes(&self, file: &str) -> Option<Cow<'static, [u8]>> {
        // One that does not come is listed as missing.
        self.ask(file).ok().flatten().map(Cow::Owned)
    }
}
