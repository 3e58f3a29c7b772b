//! A canvas, and the renderer that is being opened for it: ahead of the picture, since a browser takes as long to open a
//! device and to compile shaders as to load a dataset.

use std::{cell::RefCell, collections::VecDeque};

#[cfg(target_arch = "wasm32")]
use explorer_render::SurfaceTarget;
use explorer_render::{Backend, RenderError, Renderer};
use futures_channel::oneshot;
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::spawn_local;
use web_sys::HtmlCanvasElement;

use crate::platform;

thread_local! {
    /// Those opened ahead, one for each picture that will be shown.
    static AHEAD: RefCell<VecDeque<OpeningCanvas>> = const { RefCell::new(VecDeque::new()) };
}

/// A canvas that is not in the document yet.
pub(super) struct OpeningCanvas {
    pub canvas: HtmlCanvasElement,
    renderer: oneshot::Receiver<Result<Renderer, RenderError>>,
}

/// Begins to open a renderer for the picture that will be shown.
pub fn open_ahead(backend: Backend) {
    AHEAD.with_borrow_mut(|ahead| ahead.push_back(OpeningCanvas::new(backend)));
}

impl OpeningCanvas {
    /// One opened ahead, which serves once; else a new one.
    pub fn take(backend: Backend) -> Self {
        AHEAD.with_borrow_mut(VecDeque::pop_front).unwrap_or_else(|| Self::new(backend))
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "it begins before there is a picture, and writes to nothing of the page's"
    )]
    fn new(backend: Backend) -> Self {
        let document = platform::window().document().expect("a page has a document");
        let canvas = document.create_element("canvas").expect("a canvas can be made");
        let canvas: HtmlCanvasElement = canvas.unchecked_into();
        let (sender, renderer) = oneshot::channel();
        let opened = open(canvas.clone(), backend);
        spawn_local(async move {
            // Who waited may have gone.
            let _ = sender.send(opened.await);
        });
        Self { canvas, renderer }
    }

    /// The renderer, once it is open.
    pub async fn renderer(self) -> Result<Renderer, RenderError> {
        let given_up = |_| Err(RenderError::NoDevice { tried: "the page gave up".to_owned() });
        self.renderer.await.unwrap_or_else(given_up)
    }
}

/// A renderer for a canvas.
#[cfg(target_arch = "wasm32")]
async fn open(canvas: HtmlCanvasElement, backend: Backend) -> Result<Renderer, RenderError> {
    let mut renderer = match backend {
        Backend::WebGpu => match super::document_device().await {
            Ok(gpu) => Renderer::new(&gpu, SurfaceTarget::Canvas(canvas))?,
            Err(error) => without_webgpu(canvas, error).await?,
        },
        Backend::WebGl2 => Renderer::with_own_gpu(SurfaceTarget::Canvas(canvas), backend).await?,
    };
    // What fails here fails in the first frame too, where it is seen to.
    let _ = renderer.warm_up();
    Ok(renderer)
}

/// What draws where WebGPU's device could not be opened.
#[cfg(all(target_arch = "wasm32", feature = "webgl"))]
async fn without_webgpu(canvas: HtmlCanvasElement, _: RenderError) -> Result<Renderer, RenderError> {
    Renderer::with_own_gpu(SurfaceTarget::Canvas(canvas), Backend::WebGl2).await
}

/// This program has nothing else, but the page has another one: it starts anew with that.
#[cfg(all(target_arch = "wasm32", not(feature = "webgl")))]
async fn without_webgpu(_: HtmlCanvasElement, error: RenderError) -> Result<Renderer, RenderError> {
    crate::host::reopen_with_renderer(crate::bridge::WEBGL2);
    Err(error)
}

/// Outside of a browser there is no canvas; the page is compiled there for its lints only.
#[cfg(not(target_arch = "wasm32"))]
async fn open(_: HtmlCanvasElement, _: Backend) -> Result<Renderer, RenderError> {
    Err(RenderError::NoDevice { tried: "there is no canvas outside of a browser".to_owned() })
}
