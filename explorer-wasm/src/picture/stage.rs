//! The canvas and its frames: draws when something has changed, and rests otherwise.

use std::{
    cell::{Cell, RefCell},
    pin::pin,
    rc::{Rc, Weak},
};

use explorer_render::{
    Backend, DrawMode, FrameBudget, FrameParams, Pace, Ration, RenderError, RenderOutcome, Renderer, Resolution,
};
use futures_util::future::{Either, select};
use gloo_events::EventListener;
use leptos::prelude::*;
use wasm_bindgen::{JsCast, closure::Closure};
use web_sys::{HtmlCanvasElement, HtmlElement};

use super::{
    PictureFailure, PictureHandle,
    axes::axis_marks,
    canvas::OpeningCanvas,
    density::contours,
    device,
    save::{Shot, Surroundings, Wanted},
};
use crate::{
    bridge::{Scene, TissueLayer},
    platform,
    store::{Store, Tone},
    ui::{LegendModel, PicturePart, Rgb},
};

/// Milliseconds that a frame of moving pictures may take, all together.
const FRAME_MILLIS: f64 = 14.0;

/// How long a picture must rest before it gets the resolution that it did without while it moved.
const SETTLE_MILLIS: f64 = 120.0;

/// How often the device is asked whether it is done with what is awaited.
const POLL_MILLIS: u32 = 16;

/// How far from a dot the pointer may be and still mean it, in CSS pixels.
const PICK_TOLERANCE_PX: f64 = 4.0;

/// Devices lost in a row before the page gives up: each loss may be the browser's answer to what is
/// drawn.
const MOST_LOSSES: u32 = 3;

/// Draws the store's scene on a canvas within `host`.
pub(super) struct Stage {
    pub(super) store: Store,
    handle: PictureHandle,
    host: HtmlElement,
    pub(super) backend: Backend,
    drawing: RefCell<Drawing>,
    pub(super) tissue: RefCell<TissueLayer>,
    /// The frame that is asked for, by the browser's number.
    requested: Cell<Option<i32>>,
    is_settling: Cell<bool>,
    is_picking: Cell<bool>,
    n_frames: Cell<u64>,
    n_losses: Cell<u32>,
    /// When a frame was drawn last.
    drawn_at: Cell<f64>,
    /// Whether the frame that is due let the rest of the page go before it.
    gave_way: Cell<bool>,
    is_over: Cell<bool>,
    callback: RefCell<Option<Closure<dyn FnMut()>>>,
    pub(super) me: Weak<Stage>,
}

struct Drawing {
    canvas: Option<HtmlCanvasElement>,
    renderer: Option<Renderer>,
    budget: FrameBudget,
    shown: Option<FrameParams>,
    /// What the last frame was to show, had there been time for all of it, and since when points are where they are.
    place: Option<(FrameParams, f64)>,
    background: Rgb,
}

impl Stage {
    pub fn new(store: Store, handle: PictureHandle, host: HtmlElement, backend: Backend) -> Rc<Self> {
        let stage = Rc::new_cyclic(|me: &Weak<Self>| Self {
            store,
            handle,
            host,
            backend,
            drawing: RefCell::new(Drawing {
                canvas: None,
                renderer: None,
                budget: FrameBudget::new(FRAME_MILLIS),
                shown: None,
                place: None,
                background: [255; 3],
            }),
            tissue: RefCell::default(),
            requested: Cell::new(None),
            is_settling: Cell::new(false),
            is_picking: Cell::new(false),
            n_frames: Cell::new(0),
            n_losses: Cell::new(0),
            drawn_at: Cell::new(0.0),
            gave_way: Cell::new(false),
            is_over: Cell::new(false),
            callback: RefCell::new(None),
            me: me.clone(),
        });
        let drawn = stage.me.clone();
        let callback = Closure::<dyn FnMut()>::new(move || {
            if let Some(stage) = drawn.upgrade() {
                stage.requested.set(None);
                stage.frame();
            }
        });
        stage.callback.replace(Some(callback));
        stage.read_background();
        stage.build();
        stage
    }

    /// Makes a canvas and a renderer for it. A canvas that lost its device is of no more use.
    fn build(&self) {
        let opening = OpeningCanvas::take(self.backend);
        let canvas = opening.canvas.clone();
        {
            let mut drawing = self.drawing.borrow_mut();
            drawing.renderer = None;
            drawing.shown = None;
            if let Some(old) = drawing.canvas.replace(canvas.clone()) {
                old.remove();
            }
        }
        for (name, value) in [
            ("class", "picture-canvas"),
            ("data-testid", "canvas"),
            ("data-state", "loading"),
            ("data-n-drawn", "0"),
            ("data-frame", "0"),
        ] {
            set(&canvas, name, value);
        }
        // The host belongs to this page alone: its first child is the canvas.
        let _ = self.host.prepend_with_node_1(&canvas);
        self.listen_for_loss(&canvas);

        let me = self.me.clone();
        self.store.spawn(async move {
            let made = opening.renderer().await;
            let Some(stage) = me.upgrade() else { return };
            match made {
                Ok(renderer) => {
                    stage.watch(renderer.gpu().lost());
                    set(&canvas, "data-renderer", &renderer.gpu().backend_name().to_lowercase());
                    stage.drawing.borrow_mut().renderer = Some(renderer);
                    stage.store.with_scene(stage.handle.panel, Scene::forget_uploads);
                    stage.load_tissue_again();
                    stage.request();
                }
                Err(error) => stage.give_up(&error),
            }
        });
    }

    /// Another embedding is asked for: what stands there is the former one's, until the first cells of that come.
    pub fn await_embedding(&self) {
        if !self.is_embedding_drawn()
            && let Some(canvas) = &self.drawing.borrow().canvas
        {
            set(canvas, "data-state", "loading");
        }
    }

    fn is_embedding_drawn(&self) -> bool {
        let panel = self.handle.panel;
        self.store.projection(panel) == self.store.projection_asked(panel)
    }

    fn listen_for_loss(&self, canvas: &HtmlCanvasElement) {
        let me = self.me.clone();
        // WebGL2 tells of a lost device by this event alone.
        let lost = EventListener::once(canvas, "webglcontextlost", move |_| {
            if let Some(stage) = me.upgrade() {
                stage.rebuild(&RenderError::DeviceLost { reason: "WebGL2's context is gone".to_owned() });
            }
        });
        // The canvas goes before the page does, and the listener with it.
        lost.forget();
    }

    /// Asks for a frame when the device is lost, which finds that out and begins anew.
    fn watch(&self, lost: impl Future<Output = ()> + 'static) {
        let me = self.me.clone();
        self.store.spawn(async move {
            lost.await;
            if let Some(stage) = me.upgrade() {
                stage.request();
            }
        });
    }

    /// The device is gone: all begins anew from the page's own arrays.
    fn rebuild(&self, error: &RenderError) {
        self.n_losses.set(self.n_losses.get() + 1);
        if self.n_losses.get() > MOST_LOSSES {
            self.give_up(error);
        } else {
            self.build();
        }
    }

    fn give_up(&self, error: &RenderError) {
        self.is_over.set(true);
        if let Some(canvas) = &self.drawing.borrow().canvas {
            set(canvas, "data-state", "error");
        }
        self.handle.failure.set(Some(PictureFailure::new(error)));
    }

    /// Asks for a frame; any number of times before the next one.
    pub fn request(&self) {
        if self.is_over.get() || self.requested.get().is_some() {
            return;
        }
        if let Some(callback) = &*self.callback.borrow() {
            let requested = platform::window().request_animation_frame(callback.as_ref().unchecked_ref());
            self.requested.set(requested.ok());
        }
    }

    /// Asks for a frame when a picture that rests from now on has settled.
    fn settle(&self) {
        if self.is_settling.replace(true) {
            return;
        }
        let me = self.me.clone();
        self.store.spawn(async move {
            platform::sleep(SETTLE_MILLIS as u32).await;
            if let Some(stage) = me.upgrade() {
                stage.is_settling.set(false);
                stage.request();
            }
        });
    }

    /// Takes the background from the style sheet, after a change of theme.
    pub fn read_background(&self) {
        if let Some(color) = self.style_color("background-color") {
            self.drawing.borrow_mut().background = color;
            self.store.set_background(color);
        }
    }

    /// A color of the picture as the style sheet has it now.
    fn style_color(&self, property: &str) -> Option<Rgb> {
        let style = platform::window().get_computed_style(&self.host).ok().flatten()?;
        rgb(&style.get_property_value(property).ok()?)
    }

    /// Whether what else has changed is shown before the picture: other colors of a picture that rests take long to draw,
    /// and whoever pressed for them wants to see that they did.
    fn gives_way(&self, renderer: &Renderer, budget: &FrameBudget, shown: Option<&FrameParams>, now: f64) -> bool {
        let has_rested = now - self.drawn_at.get() > SETTLE_MILLIS;
        // Asked without painting, which is what would keep the page.
        let is_due = has_rested && !self.gave_way.get() && self.store.is_repaint_due();
        let n_in_view = || shown.map_or(0, |shown| renderer.in_view(shown, shown.prefix).n_points());
        let gives_way = is_due && budget.takes_long(n_in_view());
        self.gave_way.set(gives_way);
        gives_way
    }

    fn frame(&self) {
        let now = platform::now_millis();
        let is_on_its_way = self.handle.flight.advance(now);
        let Some(view) = self.handle.view.get_untracked() else { return };
        let mut drawing = self.drawing.borrow_mut();
        let Drawing { canvas: Some(canvas), renderer: Some(renderer), budget, shown, place, background } =
            &mut *drawing
        else {
            return;
        };
        renderer.poll();
        if self.gives_way(renderer, budget, shown.as_ref(), now) {
            drop(drawing);
            self.request();
            return;
        }
        let uploaded = self.store.with_scene(self.handle.panel, |scene| {
            scene.turn(view.projection());
            let is_stale = scene.is_stale();
            let uploaded = if is_stale { scene.upload(renderer) } else { Ok(()) };
            uploaded.map(|()| ([scene.n_drawable(), scene.n_placed(), scene.n_points()], is_stale))
        });
        let ([n_drawable, n_placed, n_points], is_stale) = match uploaded {
            None => return,
            Some(Ok(numbers)) => numbers,
            Some(Err(error)) => {
                drop(drawing);
                self.give_up(&error);
                return;
            }
        };
        let panel = self.handle.panel;
        let dots = self.store.peek(|state| {
            let shown = state.view.panels.get(panel)?;
            Some((shown.points, shown.tissue.opacity, state.view.panels.count()))
        });
        let Some((style, opacity, n_panels)) = dots else { return };
        budget.set_target(FRAME_MILLIS / n_panels as f64);
        let mut tissue = self.tissue.borrow_mut();
        let is_stale = is_stale || tissue.is_stale();
        let opacity = match tissue.upload(renderer) {
            Ok(true) => opacity,
            Ok(false) => 0.0,
            Err(error) => {
                self.store.tell(format!("The image of the tissue cannot be drawn: {error}."), Tone::Error);
                0.0
            }
        };
        drop(tissue);
        let mut params = view.frame_params(style, n_points, *background, opacity);
        params.highlight = self.handle.highlight.get_untracked();
        params.prefix = n_drawable;
        let since = match place {
            Some((place, since)) if is_same_place(place, &params) => *since,
            _ => now,
        };
        *place = Some((params, since));
        let is_coarse = shown.is_some_and(|shown| shown.viewport != params.viewport);
        let rests = shown.is_some() && since < now && !(is_coarse && now - since < SETTLE_MILLIS);
        if is_coarse && !rests {
            self.settle();
        }
        let pace = if rests { Pace::AtRest } else { Pace::Moving };
        let in_view = renderer.in_view(&params, n_drawable);
        let ration = budget.next(pace, renderer.render_path(&params).completion(), in_view.n_points());
        params.prefix = in_view.prefix(ration.prefix);
        if ration.resolution == Resolution::Half {
            params.viewport = params.viewport.halved();
        }
        // A lost device shows when it is asked to draw.
        if !is_stale && *shown == Some(params) && !renderer.is_lost() {
            return;
        }
        match renderer.render(&params) {
            Ok(RenderOutcome::Drawn { n_added, .. }) => {
                *shown = Some(params);
                self.n_frames.set(self.n_frames.get() + 1);
                self.drawn_at.set(now);
                set(canvas, "data-frame", &self.n_frames.get().to_string());
                set(canvas, "data-n-drawn", &params.prefix.to_string());
                let is_complete = budget.is_complete(in_view.n_points());
                let is_whole = is_complete && n_placed == n_points && self.is_embedding_drawn() && !is_on_its_way;
                let state = match (n_drawable, is_whole) {
                    (0, false) => "loading",
                    (_, false) => "drawing",
                    (_, true) => "ready",
                };
                set(canvas, "data-state", state);
                if is_whole {
                    self.handle.poster.remove();
                    self.n_losses.set(0);
                }
                self.time_frame(renderer.frame_done(), ration.adding(n_added), now);
                if ration.resolution == Resolution::Half {
                    self.settle();
                } else if !is_complete || is_stale {
                    drop(drawing);
                    self.request();
                }
            }
            Ok(RenderOutcome::Skipped) => {
                drop(drawing);
                self.request();
            }
            Err(error @ RenderError::DeviceLost { .. }) => {
                drop(drawing);
                self.rebuild(&error);
            }
            Err(error) => {
                drop(drawing);
                self.store.tell(format!("The picture could not be drawn: {error}."), Tone::Error);
            }
        }
    }

    /// Learns how long the device took for a frame: it may have begun when it was done with the one before.
    fn time_frame(&self, done: impl Future<Output = ()> + 'static, ration: Ration, began: f64) {
        let me = self.me.clone();
        self.store.spawn(async move {
            done.await;
            if let Some(stage) = me.upgrade() {
                let now = platform::now_millis();
                let before = device::note_done(now);
                stage.drawing.borrow_mut().budget.record(ration, now - began.max(before));
            }
        });
    }

    /// Draws what is shown once more, whole however little of it the last frame had, with its labels and its legend, as a
    /// file. Nothing is pointed at in it.
    pub fn take(&self, wanted: Wanted) {
        let options = wanted.options.clone();
        let mut drawing = self.drawing.borrow_mut();
        let Drawing { renderer: Some(renderer), place: Some((whole, _)), .. } = &mut *drawing else {
            return wanted.give(None);
        };
        let colors = self.store.with_session(|session| session.saved_colors(options.ground, whole.background));
        let Some(colors) = colors else { return wanted.give(None) };
        let params = FrameParams {
            highlight: None,
            background: colors.background,
            unselected: colors.unselected,
            viewport: whole.viewport.enlarged(options.scale),
            ..*whole
        };
        let has = |part| options.parts.contains(&part);
        let around = Surroundings {
            legend: if has(PicturePart::Legend) { colors.legend } else { LegendModel::Plain },
            background: params.background,
            text: colors.text,
            ratio: params.viewport.device_pixel_ratio,
        };
        let view = self.handle.view.get_untracked();
        let axes = view.and_then(|view| axis_marks(self.store, self.handle.panel, &view));
        let shot = Shot {
            size: [0; 2],
            rgba: Vec::new(),
            head: if wanted.has_heads() { self.handle.head(self.store) } else { String::new() },
            labels: if has(PicturePart::Labels) { self.handle.labels.in_sight() } else { Vec::new() },
            contours: view.map(|view| contours(self.store, self.handle.panel, view)).unwrap_or_default(),
            axes: axes.unwrap_or_default(),
        };
        renderer.set_lut(&colors.table);
        let captured = renderer.capture(&params);
        // The screen's own colors, with the next frame.
        self.store.with_scene(self.handle.panel, Scene::forget_colors);
        self.request();
        let (store, me) = (self.store, self.me.clone());
        self.store.spawn(async move {
            let image = match captured {
                Ok(image) => polled(me, image).await,
                Err(error) => Some(Err(error)),
            };
            let is_encoded = match (image, store.host()) {
                (Some(Ok(image)), Some(host)) => {
                    let shot = Shot { size: [image.width, image.height], rgba: image.rgba, ..shot };
                    wanted.add(&*host, &around, shot).is_ok()
                }
                _ => false,
            };
            if !is_encoded {
                wanted.give(None);
            }
        });
    }

    /// Finds the cell under the pointer and tells what it is; while one search is under way, others
    /// are passed over.
    pub fn pick(&self, at_px: [f64; 2], tell: impl FnOnce(Option<u32>) + 'static) {
        if self.is_picking.replace(true) {
            return;
        }
        let mut drawing = self.drawing.borrow_mut();
        let Drawing { renderer: Some(renderer), shown: Some(shown), .. } = &mut *drawing else {
            self.is_picking.set(false);
            return;
        };
        let by_gpu =
            renderer.render_path(shown) == explorer_render::RenderPath::Splat && shown.mode == DrawMode::Points;
        if !by_gpu {
            let picked = self.store.with_scene(self.handle.panel, |scene| scene.pick(shown, at_px)).flatten();
            drop(drawing);
            self.is_picking.set(false);
            tell(picked);
            return;
        }
        let picked = renderer.pick(at_px, PICK_TOLERANCE_PX);
        let me = self.me.clone();
        self.store.spawn(async move {
            let picked = picked.await;
            if let Some(stage) = me.upgrade() {
                stage.is_picking.set(false);
                tell(picked);
            }
        });
    }
}

impl Drop for Stage {
    /// What the browser would call goes with the stage.
    fn drop(&mut self) {
        if let Some(requested) = self.requested.get() {
            // Fails for no number.
            let _ = platform::window().cancel_animation_frame(requested);
        }
    }
}

/// What is awaited of the device, or `None` when the stage goes. WebGL2 tells only when it is asked, and there may be no
/// frame for a long time.
async fn polled<T>(stage: Weak<Stage>, awaited: impl Future<Output = T>) -> Option<T> {
    let polling = async {
        while let Some(stage) = stage.upgrade() {
            if let Some(renderer) = &stage.drawing.borrow().renderer {
                renderer.poll();
            }
            drop(stage);
            platform::sleep(POLL_MILLIS).await;
        }
    };
    match select(pin!(awaited), pin!(polling)).await {
        Either::Left((found, _)) => Some(found),
        Either::Right(((), _)) => None,
    }
}

/// Whether both frames have every point in the same place.
fn is_same_place(a: &FrameParams, b: &FrameParams) -> bool {
    a.camera == b.camera && a.viewport == b.viewport && a.point_diameter_px == b.point_diameter_px
}

fn set(canvas: &HtmlCanvasElement, name: &str, value: &str) {
    // Fails only for names that no attribute can have.
    let _ = canvas.set_attribute(name, value);
}

/// A computed color (`rgb(14, 17, 19)`) as bytes.
fn rgb(color: &str) -> Option<Rgb> {
    let numbers = color.strip_prefix("rgb(")?.strip_suffix(')')?;
    let mut channels = numbers.split(',').map(|channel| channel.trim().parse::<u8>());
    let mut next = || channels.next()?.ok();
    Some([next()?, next()?, next()?])
}
