//! A file of another host as the reader sees it: read by ranges, never as a whole. The page's policy says from which hosts.

use std::io;

use file_slices::{Changed, ReadSlice};
use js_sys::{ArrayBuffer, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{XmlHttpRequest, XmlHttpRequestResponseType};

const PARTIAL_CONTENT: u16 = 206;

/// A file by its address.
pub struct Remote {
    address: String,
    n_bytes: u64,
    changed: Changed,
}

impl Remote {
    /// The file at an address, which had so many bytes when it was first asked for.
    pub fn new(address: String, n_bytes: u64, changed: Changed) -> Self {
        Self { address, n_bytes, changed }
    }

    /// Asks and waits, as only workers may.
    fn ask(&self, offset: u64, end: u64) -> Result<XmlHttpRequest, JsValue> {
        let request = XmlHttpRequest::new()?;
        request.open_with_async("GET", &self.address, false)?;
        request.set_response_type(XmlHttpRequestResponseType::Arraybuffer);
        request.set_request_header("range", &format!("bytes={offset}-{}", end - 1))?;
        request.send()?;
        Ok(request)
    }
}

impl ReadSlice for Remote {
    fn n_bytes(&self) -> u64 {
        self.n_bytes
    }

    fn read(&self, offset: u64, buf: &mut [u8]) -> io::Result<()> {
        let end = offset + buf.len() as u64;
        let request = self.ask(offset, end).map_err(|_| io::Error::other("the host does not answer"))?;
        let status = request.status().unwrap_or_default();
        if status != PARTIAL_CONTENT {
            return Err(io::Error::other(format!("the host answers a request for a range with status {status}")));
        }
        let range = request.get_response_header("content-range").ok().flatten();
        let total = range.and_then(|range| range.rsplit_once('/')?.1.parse().ok());
        let bytes = request.response().ok().and_then(|body| body.dyn_into::<ArrayBuffer>().ok());
        let bytes = Uint8Array::new(&bytes.map_or(JsValue::NULL, Into::into));
        // A host may keep its headers from scripts.
        if total.is_some_and(|total: u64| total != self.n_bytes) || bytes.length() as usize != buf.len() {
            self.changed.note();
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        bytes.copy_to(buf);
        Ok(())
    }
}
