//! The entry of the worker that writes cells as an AnnData file.

use std::io::{self, Write};

use explorer_core::session::SubsetAdditions;
use explorer_wasm::worker::{self, Programs, SubsetTask};
use futures_util::future::{FutureExt as _, LocalBoxFuture};
use js_sys::{Array, Uint8Array};
use web_sys::{Blob, BlobPropertyBag};

/// Bytes of a piece of the file.
const PIECE_BYTES: usize = 1 << 20;

/// The media type of HDF5.
const HDF5: &str = "application/x-hdf5";

fn main() {
    console_error_panic_hook::set_once();
    worker::start(Programs { write_subset: Some(write_subset), ..Programs::default() });
}

fn write_subset(task: SubsetTask) -> LocalBoxFuture<'static, Result<Blob, String>> {
    async move {
        let additions: SubsetAdditions = serde_json::from_str(&task.additions).map_err(|error| error.to_string())?;
        let mut pieces = Pieces::default();
        let SubsetTask { dataset, cells, additions: _, report } = task;
        subset::write(&dataset, cells, &additions, &mut pieces, |share| {
            report(share);
            Ok(())
        })
        .await
        .map_err(|error| error.to_string())?;
        pieces.into_blob().ok_or_else(|| "The browser has no memory for the file.".to_owned())
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

    fn into_blob(mut self) -> Option<Blob> {
        self.hand_over();
        let options = BlobPropertyBag::new();
        options.set_type(HDF5);
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
