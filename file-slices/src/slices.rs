//! Files of the user's own, read by slices and never as a whole.

use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use js_sys::Uint8Array;
use send_wrapper::SendWrapper;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Blob, DomException, FileReaderSync};

use crate::cached::ReadSlice;

/// Whether a file was found to be no longer the one that was chosen.
#[derive(Clone, Default)]
pub struct Changed(Arc<AtomicBool>);

impl Changed {
    /// Whether it was.
    pub fn is_so(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// It was.
    pub fn note(&self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Reads slices of files at once, as only workers may.
pub struct SliceReader {
    reader: SendWrapper<FileReaderSync>,
    changed: Changed,
}

impl SliceReader {
    /// `changed` tells when the browser refuses bytes, as it does once a file is another.
    pub fn new(changed: Changed) -> Self {
        let reader = FileReaderSync::new().expect("workers have it, and this runs in one");
        Self { reader: SendWrapper::new(reader), changed }
    }

    /// Fills `buf` with the bytes from `offset` on.
    ///
    /// # Errors
    /// When the browser refuses them, or there are not as many.
    pub fn read(&self, blob: &Blob, offset: u64, buf: &mut [u8]) -> io::Result<()> {
        let end = offset + buf.len() as u64;
        let read = blob.slice_with_f64_and_f64(offset as f64, end as f64);
        let read = read.and_then(|slice| self.reader.read_as_array_buffer(&slice));
        let bytes = Uint8Array::new(&read.map_err(|error| self.refused(&error))?.into());
        if bytes.length() as usize != buf.len() {
            self.changed.note();
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        bytes.copy_to(buf);
        Ok(())
    }

    fn refused(&self, error: &JsValue) -> io::Error {
        let error = error.dyn_ref::<DomException>();
        let name = error.map(DomException::name).unwrap_or_default();
        if ["NotReadableError", "NotFoundError"].contains(&name.as_str()) {
            self.changed.note();
        }
        io::Error::other(error.map(DomException::message).unwrap_or_default())
    }
}

/// The bytes of a file.
pub struct Slices {
    blob: SendWrapper<Blob>,
    reader: SliceReader,
}

impl Slices {
    /// Those of `blob`.
    pub fn new(blob: Blob, reader: SliceReader) -> Self {
        Self { blob: SendWrapper::new(blob), reader }
    }
}

impl ReadSlice for Slices {
    fn n_bytes(&self) -> u64 {
        self.blob.size() as u64
    }

    fn read(&self, offset: u64, buf: &mut [u8]) -> io::Result<()> {
        self.reader.read(&self.blob, offset, buf)
    }
}
