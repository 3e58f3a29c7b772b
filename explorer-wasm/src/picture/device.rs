//! The document's device: one, whatever number of pictures the document shows.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};

use explorer_render::{Backend, Gpu, RenderError};
use futures_util::{
    FutureExt,
    future::{LocalBoxFuture, Shared},
};

/// A device that is being opened, or is open.
type Opening = Shared<LocalBoxFuture<'static, Result<Rc<Gpu>, RenderError>>>;

thread_local! {
    static DEVICE: RefCell<Option<Opening>> = const { RefCell::new(None) };
    static DONE_AT: Cell<f64> = const { Cell::new(0.0) };
}

/// Notes that the device is done with a frame of some picture; returns when it was done with the one before, in milliseconds.
/// It draws one after the other.
pub(super) fn note_done(now: f64) -> f64 {
    DONE_AT.replace(now)
}

/// The document's WebGPU device: the one that is open or being opened, else a new one. A device that is lost is replaced,
/// once for all pictures.
///
/// # Errors
/// [`RenderError::NoDevice`] where the browser has none; the next call asks it again.
pub async fn document_device() -> Result<Rc<Gpu>, RenderError> {
    let opening = DEVICE.with_borrow_mut(|device| {
        let is_over = |opening: &Opening| match opening.peek() {
            Some(Ok(gpu)) => gpu.is_lost(),
            Some(Err(_)) => true,
            None => false,
        };
        match device.take_if(|opening| !is_over(opening)) {
            Some(opening) => device.insert(opening),
            None => device.insert(Gpu::open(Backend::WebGpu).boxed_local().shared()),
        }
        .clone()
    });
    opening.await
}
