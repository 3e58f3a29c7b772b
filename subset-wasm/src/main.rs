//! The entry of the worker that writes cells as an AnnData file, or a picture of them as an HTML file.

use std::io::{self, Write};

use explorer_core::session::CellsFile;
use explorer_wasm::worker::{self, MadeFile, Programs, SubsetTask};
use futures_util::future::{FutureExt as _, LocalBoxFuture};
use js_sys::{Array, Uint8Array};
use web_sys::{Blob, BlobPropertyBag};

/// Bytes of a piece of the file.
const PIECE_BYTES: usize = 1 << 20;

/// The media type of HDF5.
const HDF5: &str = "application/x-hdf5";

/// That of a page.
const HTML: &str = "text/html;charset=utf-8";

fn main() {
    console_error_panic_hook::set_once();
    worker::start(Programs { write_subset: Some(write_file), ..Programs::default() });
}

fn write_file(task: SubsetTask) -> LocalBoxFuture<'static, Result<MadeFile, String>> {
    async move {
        let file: CellsFile = serde_json::from_str(&task.additions).map_err(|error| error.to_string())?;
        let mut pieces = Pieces::default();
        let SubsetTask { dataset, cells, additions: _, report } = task;
        let (kind, differences) = match file {
            CellsFile::H5ad(additions) => {
                let report = |share| {
                    report(share);
                    Ok(())
                };
                let written = subset::write(&dataset, cells, &additions, &mut pieces, report).await;
                (HDF5, written.map_err(|error| error.to_string())?.text())
            }
            CellsFile::Html(view) => {
                let html = subset::html(&dataset, &cells, &view).await.map_err(|error| error.to_string())?;
                pieces.next = html.into_bytes();
                (HTML, String::new())
            }
        };
        let file = pieces.into_blob(kind).ok_or_else(|| "The browser has no memory for the file.".to_owned())?;
        Ok(MadeFile { file, differences })
    }
    .boxed_local()
}

/// A file as the browser keeps it, outside the memory of this program.
#[derive(Default)]
struct Pieces {
    pieces: Array,
    next: Vec<u8>,
}

impl Pieces {
    fn hand_over(&mut self) {
        self.pieces.push(&Uint8Array::from(self.next.as_slice()));
        self.next.clear();
    }

    fn into_blob(mut self, kind: &str) -> Option<Blob> {
        self.hand_over();
        let options = BlobPropertyBag::new();
        options.set_type(kind);
        Blob::new_with_u8_array_sequence_and_options(&self.pieces, &options).ok()
    }
}

impl Write for Pieces {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.next.extend_from_slice(bytes);
        if self.next.len() >= PIECE_BYTES {
            self.hand_over();
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
